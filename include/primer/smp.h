/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/smp.h - which CPU is this, and have others do something.
 *
 * A function that is sent to other CPUs runs there in a hard interrupt, soon: it must not sleep, and must not wait for a lock that
 * is ever taken with interrupts on. Requests to one CPU are served in the order in which they were sent.
 *
 * Whoever waits for others must itself be interruptible: two CPUs that wait for one another with interrupts off would wait for ever.
 * So all calls with @wait, and those to many, are made with interrupts on and not from a hard interrupt; DEBUG builds check it.
 * While one CPU is online they cost a comparison.
 */
#ifndef PRIMER_SMP_H
#define PRIMER_SMP_H

#include <primer/cpumask.h>
#include <primer/preempt.h>
#include <asm/processor.h>

typedef void (*smp_call_func_t)(void *info);

/* smp_processor_id - the number of this CPU; stays true only while preemption is disabled. */
#define smp_processor_id()	raw_smp_processor_id()
#define get_cpu()		({ preempt_disable(); smp_processor_id(); })
#define put_cpu()		preempt_enable()

/*
 * A request to one CPU. The caller's memory until the flag is clear: it is set when the request is queued and cleared just before
 * (asynchronous) or after (waited for) @func runs. [smp_call.c]
 */
struct __call_single_data {
	struct __call_single_data *next;
	unsigned int flags;			/* CSD_* */
	smp_call_func_t func;
	void *info;
} __aligned(32);
typedef struct __call_single_data call_single_data_t;

/*
 * smp_call_function_single - run @func(@info) on @cpu; @wait: until it has returned there
 *
 * On the own CPU it is a plain call with interrupts off. Returns 0, or -ENXIO when @cpu is not online.
 */
int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait);

/*
 * smp_call_function_single_async - run csd->func(csd->info) on @cpu, soon, without waiting
 *
 * -EBUSY when @csd is still on its way, -ENXIO when @cpu is not online. Context: any but NMI, interrupts off or on.
 */
int smp_call_function_single_async(int cpu, call_single_data_t *csd);

/* smp_call_function_many - @func on all online CPUs of @mask but the caller's. Context: preemption disabled. */
void smp_call_function_many(const cpumask_t *mask, smp_call_func_t func, void *info, bool wait);
/* smp_call_function - the same for all others. */
void smp_call_function(smp_call_func_t func, void *info, int wait);

/* on_each_cpu - @func on all CPUs, this one (interrupts off) included. on_each_cpu_cond_mask - on those of @mask for which @cond. */
void on_each_cpu(smp_call_func_t func, void *info, int wait);
void on_each_cpu_mask(const cpumask_t *mask, smp_call_func_t func, void *info, bool wait);
void on_each_cpu_cond_mask(bool (*cond)(int cpu, void *info), smp_call_func_t func, void *info, bool wait, const cpumask_t *mask);

/* smp_setup_processor_id, boot_cpu_init - the boot CPU is number 0, and possible, present, online and active. */
void boot_cpu_init(void);

/* setup_max_cpus - how many CPUs the command line wants to see running. [immutable after time_init(): without local timers there are no others] */
extern unsigned int setup_max_cpus;

/* smp_init - wake the other present CPUs, up to setup_max_cpus, and wait until they are online. PID 1, before the initcalls. */
void smp_init(void);

#endif
