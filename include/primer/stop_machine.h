/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/stop_machine.h - run a function on a CPU, in a task, instead of whatever runs there.
 *
 * Each CPU has a task "migration/N" of the stop class (sched/stop_task.c), which preempts everything. Functions run in it one after
 * the other, with preemption disabled: what was running on that CPU is off its stack, queued, and stays so until the function
 * returns. They must not sleep.
 */
#ifndef PRIMER_STOP_MACHINE_H
#define PRIMER_STOP_MACHINE_H

#include <primer/list.h>

struct completion;

typedef int (*cpu_stop_fn_t)(void *arg);

/* A request. [stopper->lock while queued] */
struct cpu_stop_work {
	struct list_head list;
	cpu_stop_fn_t fn;
	void *arg;
	int ret;			/* what @fn returned */
	struct completion *done;	/* NULL: nobody waits */
};

/* stop_one_cpu - run @fn(@arg) on @cpu and wait; returns its value, or -ENOENT if @cpu has no stop task. Context: task; may sleep. */
int stop_one_cpu(unsigned int cpu, cpu_stop_fn_t fn, void *arg);

/*
 * stop_one_cpu_nowait - the same without waiting; @work belongs to the stop task until @fn has begun
 *
 * False, and nothing is done, if @cpu has no stop task. Context: any but NMI, no lock of rank CPU_STOP or below held.
 */
bool stop_one_cpu_nowait(unsigned int cpu, cpu_stop_fn_t fn, void *arg, struct cpu_stop_work *work);

#endif
