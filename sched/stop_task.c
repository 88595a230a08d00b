/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/stop_task.c - the class above all others: one task a CPU, before which everything else on that CPU stands still.
 *
 * The problem. To take a running task off its CPU, somebody must run on that CPU instead of it, at once, whatever priority the
 * task has. A real-time task of priority 99 would still be in the way of another one.
 *
 * The idea. A class that is asked first, with a single task: "migration/N" (kernel/kthread/stop_machine.c). It runs as soon as it is
 * awake, is never preempted, sleeps when it has done what it was asked, and has no share, slice or priority to keep account of.
 *
 * Locking: rq->lock. rq->stop is written once, before the task is first woken.
 *
 * Linux: kernel/sched/stop_task.c, whose task also empties a CPU that is to be switched off.
 */
#include "sched.h"

static void enqueue_task_stop(struct rq *rq, struct task_struct *p, int flags)		{ add_nr_running(rq, 1); }
static void dequeue_task_stop(struct rq *rq, struct task_struct *p, int flags)		{ sub_nr_running(rq, 1); }
static void check_preempt_curr_stop(struct rq *rq, struct task_struct *p, int flags)	{ }
static void task_tick_stop(struct rq *rq, struct task_struct *curr, int queued)		{ }
static int select_task_rq_stop(struct task_struct *p, int cpu, int flags)		{ return task_cpu(p); }
static u64 get_rr_interval_stop(struct rq *rq, struct task_struct *p)		{ return 0; }

static void set_next_task_stop(struct rq *rq, struct task_struct *stop)
{
	stop->se.exec_start = rq_clock_task(rq);
}

static struct task_struct *pick_next_task_stop(struct rq *rq)
{
	if (!rq->stop || !task_on_rq_queued(rq->stop))
		return NULL;
	set_next_task_stop(rq, rq->stop);
	return rq->stop;
}

static void update_curr_stop(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 now = rq_clock_task(rq);

	if (curr == rq->stop && (s64)(now - curr->se.exec_start) > 0) {
		curr->se.sum_exec_runtime += now - curr->se.exec_start;
		curr->se.exec_start = now;
	}
}

static void put_prev_task_stop(struct rq *rq, struct task_struct *prev)	{ update_curr_stop(rq); }

/* It yields to nobody, and stays what it is. */
static void yield_task_stop(struct rq *rq)						{ BUG(); }
static void never_task(struct rq *rq, struct task_struct *p)				{ BUG(); }
static void never_prio(struct rq *rq, struct task_struct *p, int oldprio)		{ BUG(); }

const struct sched_class stop_sched_class = {
	.rank			= 0,
	.enqueue_task		= enqueue_task_stop,
	.dequeue_task		= dequeue_task_stop,
	.yield_task		= yield_task_stop,
	.check_preempt_curr	= check_preempt_curr_stop,
	.pick_next_task		= pick_next_task_stop,
	.put_prev_task		= put_prev_task_stop,
	.set_next_task		= set_next_task_stop,
	.select_task_rq		= select_task_rq_stop,
	.task_tick		= task_tick_stop,
	.switched_to		= never_task,
	.prio_changed		= never_prio,
	.get_rr_interval	= get_rr_interval_stop,
	.update_curr		= update_curr_stop,
};

void sched_set_stop_task(int cpu, struct task_struct *stop)
{
	struct rq *rq;
	unsigned long flags;

	/* What /proc and ps say of it: real-time, the highest priority there is. */
	sched_setscheduler_nocheck(stop, SCHED_FIFO, MAX_RT_PRIO - 1);
	rq = task_rq_lock(stop, &flags);
	BUG_ON(task_on_rq_queued(stop));	/* it sleeps, not yet started: on no queue, so the class can simply change */
	stop->sched_class = &stop_sched_class;
	task_rq_unlock(rq, stop, &flags);
	cpu_rq(cpu)->stop = stop;
}
