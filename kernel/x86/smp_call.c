/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/smp_call.c - have a function run on other CPUs.
 *
 * The problem. Some things only a CPU itself can do: forget its cached translations, give back its store of pages. Whoever needs
 * it done on all must make every CPU do it, and mostly must know that it is done.
 *
 * The idea. Each CPU has a list of requests that anybody may push to, and one interrupt vector that says "look at your list".
 *
 *	CPU 2's call_single_queue --> [ func info LOCK ] --> [ func info LOCK ]		pushed by cmpxchg of the head
 *	                                from CPU 0		from CPU 3
 *
 *	sender						CPU 2
 *	wait until csd is not LOCKed; fill it; LOCK
 *	push; was the list empty?
 *	  yes: send the interrupt ------------------>	take the whole list by exchanging its head with NULL
 *	  no: somebody else's is on its way		reverse it (the head is the newest), run one after the other
 *	wait: until LOCK is clear   <---------------	func(info); clear LOCK
 *
 * Why is one interrupt enough? Whoever pushes to an empty list sends one; whoever pushes to one that is not empty comes before the
 * exchange that empties it, which is still to come, for the interrupt of the first has not done it yet. The push is a locked
 * instruction, so everything before it is seen by the function.
 *
 * Who owns a request. Its memory is the sender's, and must not be filled again while it is LOCKed. When the sender waits, that is
 * until the function has returned, so it may lie on the stack. Else LOCK is cleared before the function runs, so that the function may
 * send the same request again. A sender to many uses one request for each target, from its own per-CPU array.
 *
 * Deadlock. A waits for B while B waits for A: both must be interruptible, so waiting with interrupts off is a bug, and reported.
 * Preemption is off, so that the per-CPU requests stay this CPU's; a handler or softirq on top of us, that wants to send a request
 * of its own, uses smp_call_function_single_async() and its own memory.
 *
 * Linux (kernel/smp.c) also wakes idle CPUs that poll without an interrupt, and queues remote wakeups here.
 */
#include <primer/bug.h>
#include <primer/errno.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/smp.h>
#include <asm/apic.h>
#include <asm/cmpxchg.h>
#include <asm/hardirq.h>
#include <asm/irq_vectors.h>
#include <asm/irqflags.h>
#include <asm/smp.h>

#define CSD_FLAG_LOCK	1U		/* on its way */
#define CSD_SYNC	2U		/* the sender waits: unlock after the function, not before */

/* What this CPU has been asked to do, newest first. Pushed to by anyone, emptied by the owner. */
static DEFINE_PER_CPU_ALIGNED(call_single_data_t *, call_single_queue);

/* Requests of this CPU to others: one to any, one to each. [owner CPU, preemption off; LOCK belongs to the target] */
static DEFINE_PER_CPU_ALIGNED(call_single_data_t, csd_single);
static DEFINE_PER_CPU_ALIGNED(call_single_data_t[NR_CPUS], csd_many);

static void csd_lock_wait(call_single_data_t *csd)
{
	while (smp_load_acquire(&csd->flags) & CSD_FLAG_LOCK)		/* pairs with csd_unlock() */
		cpu_relax();
}

static void csd_lock(call_single_data_t *csd, unsigned int flags)
{
	csd_lock_wait(csd);
	csd->flags = CSD_FLAG_LOCK | flags;
}

static void csd_unlock(call_single_data_t *csd)
{
	smp_store_release(&csd->flags, 0);
}

/* Push; true if the list was empty, so that an interrupt is needed. */
static bool csd_push(int cpu, call_single_data_t *csd)
{
	call_single_data_t **head = per_cpu_ptr(&call_single_queue, cpu), *first = READ_ONCE(*head);

	do {
		csd->next = first;
	} while (!try_cmpxchg(head, &first, csd));
	return !first;
}

/* Interrupts off. A function that we run may cause requests to ourselves only by way of another interrupt. */
static void flush_smp_call_function_queue(void)
{
	call_single_data_t *csd = xchg(this_cpu_ptr(&call_single_queue), NULL), *next, *oldest = NULL;

	for (; csd; csd = next) {
		next = csd->next;
		csd->next = oldest;
		oldest = csd;
	}
	for (csd = oldest; csd; csd = next) {
		smp_call_func_t func = csd->func;
		void *info = csd->info;

		next = csd->next;		/* the sender may reuse it from the unlock on */
		if (csd->flags & CSD_SYNC) {
			func(info);
			csd_unlock(csd);
		} else {
			csd_unlock(csd);
			func(info);
		}
	}
}

void sysvec_call_function(struct pt_regs *regs)
{
	inc_irq_stat(irq_call_count);
	flush_smp_call_function_queue();
}

void sysvec_call_function_single(struct pt_regs *regs)
{
	inc_irq_stat(irq_call_count);
	flush_smp_call_function_queue();
}

/* Nobody may wait for others with interrupts off; a report that is being written has other sorrows. */
static void check_may_wait(void)
{
	WARN_ON_ONCE((irqs_disabled() || !in_task()) && !oops_in_progress);
}

static void call_locally(smp_call_func_t func, void *info)
{
	unsigned long flags;

	local_irq_save(flags);
	func(info);
	local_irq_restore(flags);
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
{
	call_single_data_t on_stack = { .flags = 0 }, *csd = &on_stack;
	int err = 0;

	if ((int)get_cpu() == cpu) {
		call_locally(func, info);
	} else if ((unsigned int)cpu >= nr_cpu_ids || !cpu_online(cpu)) {
		err = -ENXIO;
	} else {
		check_may_wait();
		if (!wait)
			csd = this_cpu_ptr(&csd_single);
		csd_lock(csd, wait ? CSD_SYNC : 0);
		csd->func = func;
		csd->info = info;
		if (csd_push(cpu, csd))
			default_send_IPI_single(cpu, CALL_FUNCTION_SINGLE_VECTOR);
		if (wait)
			csd_lock_wait(csd);
	}
	put_cpu();
	return err;
}

int smp_call_function_single_async(int cpu, call_single_data_t *csd)
{
	unsigned long flags;

	if ((unsigned int)cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENXIO;
	local_irq_save(flags);
	if (csd->flags & CSD_FLAG_LOCK) {
		local_irq_restore(flags);
		return -EBUSY;
	}
	if (cpu == raw_smp_processor_id()) {
		csd->func(csd->info);
	} else {
		csd->flags = CSD_FLAG_LOCK;
		if (csd_push(cpu, csd))
			default_send_IPI_single(cpu, CALL_FUNCTION_SINGLE_VECTOR);
	}
	local_irq_restore(flags);
	return 0;
}

/* @cond: NULL, or asked for each. */
static void call_many_cond(const cpumask_t *mask, smp_call_func_t func, void *info, bool wait, bool (*cond)(int cpu, void *info))
{
	call_single_data_t *requests = *this_cpu_ptr(&csd_many);
	cpumask_t called, to_interrupt = CPU_MASK_NONE;
	unsigned int cpu;

	cpumask_and(&called, mask, cpu_online_mask);
	called.bits[0] &= ~(1UL << raw_smp_processor_id());
	if (likely(cpumask_empty(&called)))
		return;
	check_may_wait();
	for_each_cpu(cpu, &called) {
		call_single_data_t *csd = &requests[cpu];

		if (cond && !cond(cpu, info)) {
			called.bits[0] &= ~(1UL << cpu);
			continue;
		}
		csd_lock(csd, wait ? CSD_SYNC : 0);
		csd->func = func;
		csd->info = info;
		if (csd_push(cpu, csd))
			to_interrupt.bits[0] |= 1UL << cpu;
	}
	if (!cpumask_empty(&to_interrupt))
		default_send_IPI_mask(&to_interrupt, CALL_FUNCTION_VECTOR);
	if (wait)
		for_each_cpu(cpu, &called)
			csd_lock_wait(&requests[cpu]);
}

void smp_call_function_many(const cpumask_t *mask, smp_call_func_t func, void *info, bool wait)
{
	call_many_cond(mask, func, info, wait, NULL);
}

void smp_call_function(smp_call_func_t func, void *info, int wait)
{
	preempt_disable();
	call_many_cond(cpu_online_mask, func, info, wait, NULL);
	preempt_enable();
}

void on_each_cpu_cond_mask(bool (*cond)(int cpu, void *info), smp_call_func_t func, void *info, bool wait, const cpumask_t *mask)
{
	int cpu = get_cpu();

	call_many_cond(mask, func, info, wait, cond);
	if (cpumask_test_cpu(cpu, mask) && (!cond || cond(cpu, info)))
		call_locally(func, info);
	put_cpu();
}

void on_each_cpu_mask(const cpumask_t *mask, smp_call_func_t func, void *info, bool wait)
{
	on_each_cpu_cond_mask(NULL, func, info, wait, mask);
}

void on_each_cpu(smp_call_func_t func, void *info, int wait)
{
	on_each_cpu_cond_mask(NULL, func, info, wait, cpu_online_mask);
}
