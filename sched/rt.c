/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/rt.c - real-time tasks: the highest priority runs, always.
 *
 * The problem. A task that must react in time cannot be fair; whoever asks for this (and may) goes before all fair
 * tasks.
 *
 * The idea. 100 priorities, 0 the highest (user programs count the other way: sched_priority 99 is prio 0), each with
 * a list, and a bit for each list that is not empty. Finding the best is finding the first bit: constant time,
 * however many tasks.
 *
 *	bitmap  0 0 1 0 ... 1 ... 1			bit 100 is always set: the search never fails
 *	            |       |
 *	queue[2] -> A, B    queue[50] -> C		A runs; it stays at the head of its list while it does
 *
 * Among equals FIFO runs until it sleeps or yields; RR also when its time slice (RR_TIMESLICE) is used up: then it
 * goes to the end of its list. A task that is preempted by a better one keeps its place at the head.
 *
 * All state is guarded by rq->lock.
 */
#include "sched.h"

static inline struct task_struct *rt_task_of(struct sched_rt_entity *rt_se)
{
	return container_of(rt_se, struct task_struct, rt);
}

static void rt_list_add(struct rt_rq *rt_rq, struct task_struct *p, bool head)
{
	struct list_head *queue = &rt_rq->active.queue[p->prio];

	if (head)
		list_add(&p->rt.run_list, queue);
	else
		list_add_tail(&p->rt.run_list, queue);
	__set_bit(p->prio, rt_rq->active.bitmap);
	p->rt.on_list = 1;
}

/* By the list and not by p->prio: that may have changed since it was put there. */
static void rt_list_del(struct rt_rq *rt_rq, struct task_struct *p)
{
	struct list_head *prev = p->rt.run_list.prev;

	list_del_init(&p->rt.run_list);
	if (list_empty(prev)) {
		/* Nobody is left, so what stands before us is the head itself. */
		__clear_bit(prev - rt_rq->active.queue, rt_rq->active.bitmap);
	}
	p->rt.on_list = 0;
}

static void update_curr_rt(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	u64 now = rq_clock_task(rq), delta_exec;

	if (curr->sched_class != &rt_sched_class)
		return;
	delta_exec = now - curr->se.exec_start;
	if (unlikely((s64)delta_exec <= 0))
		return;
	curr->se.sum_exec_runtime += delta_exec;
	curr->se.exec_start = now;
}

static void enqueue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	if (flags & ENQUEUE_WAKEUP)
		p->rt.timeout = 0;
	rt_list_add(&rq->rt, p, flags & ENQUEUE_HEAD);
	p->rt.on_rq = 1;
	rq->rt.rt_nr_running++;
	rq->rt.rr_nr_running += p->policy == SCHED_RR;
	add_nr_running(rq, 1);
}

static void dequeue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	update_curr_rt(rq);
	rt_list_del(&rq->rt, p);
	p->rt.on_rq = 0;
	rq->rt.rt_nr_running--;
	rq->rt.rr_nr_running -= p->policy == SCHED_RR;
	sub_nr_running(rq, 1);
}

static void requeue_task_rt(struct rq *rq, struct task_struct *p)
{
	if (p->rt.on_list)
		list_move_tail(&p->rt.run_list, &rq->rt.active.queue[p->prio]);
}

static void yield_task_rt(struct rq *rq)
{
	requeue_task_rt(rq, rq->curr);
}

static void check_preempt_curr_rt(struct rq *rq, struct task_struct *p, int flags)
{
	if (p->prio < rq->curr->prio)
		resched_curr(rq);
}

static void set_next_task_rt(struct rq *rq, struct task_struct *p)
{
	p->se.exec_start = rq_clock_task(rq);
	p->se.prev_sum_exec_runtime = p->se.sum_exec_runtime;
}

static struct task_struct *pick_next_task_rt(struct rq *rq)
{
	struct rt_prio_array *array = &rq->rt.active;
	struct task_struct *p;
	unsigned long idx;

	if (!rq->rt.rt_nr_running)
		return NULL;
	idx = find_first_bit(array->bitmap, MAX_RT_PRIO + 1);
	BUG_ON(idx >= MAX_RT_PRIO);
	p = rt_task_of(list_first_entry(&array->queue[idx], struct sched_rt_entity, run_list));
	set_next_task_rt(rq, p);
	return p;
}

static void put_prev_task_rt(struct rq *rq, struct task_struct *p)
{
	update_curr_rt(rq);
}

static int select_task_rq_rt(struct task_struct *p, int prev_cpu, int flags)
{
	int cpu = -1;

	/* Behind an equal or a better one it would wait, while another CPU may be free. */
	if (smp_send_reschedule_hook && READ_ONCE(cpu_curr(prev_cpu))->prio <= p->prio)
		cpu = select_idle_cpu(p, prev_cpu);
	return cpu >= 0 ? cpu : prev_cpu;
}

static void task_tick_rt(struct rq *rq, struct task_struct *p, int queued)
{
	update_curr_rt(rq);
	if (p->policy != SCHED_RR)
		return;
	if (--p->rt.time_slice)
		return;
	p->rt.time_slice = RR_TIMESLICE;
	if (p->rt.run_list.prev != p->rt.run_list.next) {	/* not alone */
		requeue_task_rt(rq, p);
		resched_curr(rq);
	}
}

static void switched_to_rt(struct rq *rq, struct task_struct *p)
{
	if (task_on_rq_queued(p) && rq->curr != p && p->prio < rq->curr->prio)
		resched_curr(rq);
}

static void prio_changed_rt(struct rq *rq, struct task_struct *p, int oldprio)
{
	if (!task_on_rq_queued(p))
		return;
	if (rq->curr == p) {
		if (oldprio < p->prio)
			resched_curr(rq);
	} else if (p->prio < rq->curr->prio) {
		resched_curr(rq);
	}
}

static unsigned int get_rr_interval_rt(struct rq *rq, struct task_struct *p)
{
	return p->policy == SCHED_RR ? RR_TIMESLICE * 1000000 : 0;
}

const struct sched_class rt_sched_class = {
	.rank			= 1,
	.enqueue_task		= enqueue_task_rt,
	.dequeue_task		= dequeue_task_rt,
	.yield_task		= yield_task_rt,
	.check_preempt_curr	= check_preempt_curr_rt,
	.pick_next_task		= pick_next_task_rt,
	.put_prev_task		= put_prev_task_rt,
	.set_next_task		= set_next_task_rt,
	.select_task_rq		= select_task_rq_rt,
	.task_tick		= task_tick_rt,
	.switched_to		= switched_to_rt,
	.prio_changed		= prio_changed_rt,
	.get_rr_interval	= get_rr_interval_rt,
	.update_curr		= update_curr_rt,
};

void init_rt_rq(struct rt_rq *rt_rq)
{
	bitmap_zero(rt_rq->active.bitmap, MAX_RT_PRIO + 1);
	__set_bit(MAX_RT_PRIO, rt_rq->active.bitmap);
	for (int i = 0; i < MAX_RT_PRIO; i++)
		INIT_LIST_HEAD(&rt_rq->active.queue[i]);
}
