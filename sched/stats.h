/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/stats.h - what the scheduler remembers of itself: how long tasks ran, waited and slept. Private to this room.
 *
 * Two books are kept.
 *
 *	sched_info	always: how often a task got a CPU, and how long it had waited for it
 *	statistics	while sched_schedstats is 1: sums, counts and maxima of waits, sleeps and slices
 *
 * A task's time is cut at the moments at which its place changes; each function below is called at one of them.
 *
 *	 enqueue     switch to it    switch away, still runnable    switch to it   switch away, asleep    enqueue
 *	    |  waits     |     runs     |           waits               |   runs         |    sleeps         |
 *	    +------------+--------------+-------------------------------+----------------+-------------------+
 *	 last_queued  last_arrival   last_queued                     last_arrival     sleep_start or block_start
 *
 * All of it: rq->lock of the task's queue, whose clock has been updated. The second book costs a test of one word while it is closed.
 * Formats of what is shown: stats.c and fs/proc/sched_debug.c. Linux: kernel/sched/stats.h.
 */
#ifndef SCHED_STATS_H
#define SCHED_STATS_H

#include <primer/trace.h>

/* 1: "statistics" is kept. /proc/sys/kernel/sched_schedstats; schedstats=enable on the command line. */
extern int sysctl_sched_schedstats;

/* A plain read and one bit of it: two instructions, as in trace_event_enabled(). */
#define schedstat_enabled()	unlikely(sysctl_sched_schedstats & 1)
#define schedstat_inc(var)	do { if (schedstat_enabled()) (var)++; } while (0)

/* ---- sched_info ----------------------------------------------------------------------------------------------------------- */

/* @p waits for a CPU from now on, if it did not already. */
static __always_inline void sched_info_queued(struct rq *rq, struct task_struct *p)
{
	if (!p->sched_info.last_queued)
		p->sched_info.last_queued = rq_clock(rq);
}

/* @p waits no more: it got a CPU, or left the queue. Returns how long it had waited, ns. */
static __always_inline u64 sched_info_waited(struct rq *rq, struct task_struct *p)
{
	u64 waited;

	if (!p->sched_info.last_queued)
		return 0;
	waited = rq_clock(rq) - p->sched_info.last_queued;
	p->sched_info.last_queued = 0;
	p->sched_info.run_delay += waited;
	rq->rq_sched_info.run_delay += waited;
	return waited;
}

static __always_inline void sched_info_dequeued(struct rq *rq, struct task_struct *p)
{
	sched_info_waited(rq, p);
}

/* The CPU changes over. The idle task has no book: that it runs means that nobody waits. */
static __always_inline void sched_info_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (prev != rq->idle) {
		rq->rq_cpu_time += rq_clock(rq) - prev->sched_info.last_arrival;
		if (prev->on_rq)
			sched_info_queued(rq, prev);
	}
	if (next != rq->idle) {
		sched_info_waited(rq, next);
		next->sched_info.last_arrival = rq_clock(rq);
		next->sched_info.pcount++;
		rq->rq_sched_info.pcount++;
	}
}

/* ---- statistics -----------------------------------------------------------------------------------------------------------
 *
 * Entities of the fair class. All of it out of line: what is not done must not cost registers.
 */

/* @se came to the queue: it waits, unless it is the one that runs (@curr); @wakeup: its sleep is over. */
void __update_stats_enqueue(struct rq *rq, struct sched_entity *se, bool curr, bool wakeup);
/* @se leaves the queue; @sleep: it goes to sleep in its task's state. */
void __update_stats_dequeue(struct rq *rq, struct sched_entity *se, bool curr, bool sleep);
/* @se was picked; before prev_sum_exec_runtime is set. @load: the queue's weight. It was put back. */
void __update_stats_picked(struct rq *rq, struct sched_entity *se, unsigned long load);
void __update_stats_put(struct rq *rq, struct sched_entity *se);
/* @se was charged for @delta_exec ns. */
void __update_stats_ran(struct sched_entity *se, u64 delta_exec);
/* @p wakes up and will be put on @cpu. Before it is; preemption disabled. */
void __ttwu_stat(struct task_struct *p, int cpu, int wake_flags);

#define SCHEDSTAT(call)		do { if (schedstat_enabled()) __##call; } while (0)
#define update_stats_enqueue(rq, se, curr, wakeup)	SCHEDSTAT(update_stats_enqueue(rq, se, curr, wakeup))
#define update_stats_dequeue(rq, se, curr, sleep)	SCHEDSTAT(update_stats_dequeue(rq, se, curr, sleep))
#define update_stats_picked(rq, se, load)		SCHEDSTAT(update_stats_picked(rq, se, load))
#define update_stats_put(rq, se)			SCHEDSTAT(update_stats_put(rq, se))
#define update_stats_ran(se, delta_exec)		SCHEDSTAT(update_stats_ran(se, delta_exec))
#define ttwu_stat(p, cpu, wake_flags)			SCHEDSTAT(ttwu_stat(p, cpu, wake_flags))

#endif
