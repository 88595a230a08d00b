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
 * Among equals FIFO runs until it sleeps or yields; RR also when its time slice (sched_rr_timeslice) is used up: then it
 * goes to the end of its list. A task that is preempted by a better one keeps its place at the head.
 *
 * Several CPUs. "The highest priority runs" is meant of the machine: with n CPUs the n best tasks that may run there
 * run. A queue alone cannot promise that, and waiting for the balancer would be too late, so tasks are moved at the
 * moments at which the order changes:
 *
 *	wakeup	select_task_rq_rt(): does a better one run there? To the CPU that runs the least important.
 *	push	a task waits here behind a better one: RT_PUSH, to a CPU that runs something less important
 *	pull	what runs here gets less important: RT_PULL, look at all CPUs on which somebody waits (rto_mask)
 *
 *	CPU 0	prio 10 runs, 20 waits ----push---->	CPU 1 runs a fair task: 20 goes there
 *	CPU 1	prio 20 sleeps, a fair task is next ----pull----> from CPU 0, where 30 waits
 *
 * Both take two queues' locks, and may drop the own one for that. So they are done last, before the lock is released:
 * rq->balance_work says what, rt_balance_work() does it, after the switch and after a change of priority.
 *
 * Throttling. A real-time task that loops would own its CPU for ever, and nobody could stop it, the shell being a fair
 * task. So real-time tasks get sysctl_sched_rt_runtime of each sysctl_sched_rt_period on each CPU, 0.95 s of 1 s; then
 * the class is passed over until the period ends:
 *
 *	rt_time   ______/|          /|		a timer at the end of each period takes the runtime off rt_time;
 *	         /       |_________/ |___	below the limit the class is picked again
 *	              throttled
 *	         |<--- period --->|
 *
 * While throttled its tasks are not counted in rq->nr_running: the CPU looks for other work, and others may pull them.
 *
 * Priority inheritance. prio is what a task runs at, normal_prio what its policy gives it. Everything here looks at prio
 * only, and keeps each task in the list in which it was put, so that who holds a lock may be lent a better one.
 *
 * Invariants [rq->lock]
 *   R1  Bit i is set if and only if queue[i] is not empty; highest_prio is the first set bit.
 *   R2  rt_nr_running is the number of tasks in the lists, rt_nr_migratory of those with more than one CPU to choose from.
 *   R3  This CPU's bit in rto_mask is set if and only if there are two tasks or more and one of them may go elsewhere.
 *   R4  The tasks are counted in rq->nr_running if and only if rt_queued; rt_throttled implies !rt_queued.
 *
 * Locking: rq->lock. rto_mask and highest_prio are also read without it, as hints: who acts on them takes the lock and
 * looks again.
 *
 * Linux (kernel/sched/rt.c) finds the CPU with the least important task in an index (cpupri) instead of looking at
 * each, pulls with interrupts to the loaded CPUs, and can lend unused runtime between CPUs and to groups.
 */
#include <primer/jiffies.h>
#include <primer/printk.h>
#include <primer/time.h>

#include "sched.h"

unsigned int sysctl_sched_rt_period = 1000000;
int sysctl_sched_rt_runtime = 950000;
int sched_rr_timeslice = RR_TIMESLICE;

static inline struct task_struct *rt_task_of(struct sched_rt_entity *rt_se)
{
	return container_of(rt_se, struct task_struct, rt);
}

/* ---- the lists ---------------------------------------------------------------------------------------------------- */

static void rt_list_add(struct rt_rq *rt_rq, struct task_struct *p, bool head)
{
	struct list_head *queue = &rt_rq->active.queue[p->prio];

	if (head)
		list_add(&p->rt.run_list, queue);
	else
		list_add_tail(&p->rt.run_list, queue);
	__set_bit(p->prio, rt_rq->active.bitmap);
	p->rt.on_list = 1;
	if (p->prio < rt_rq->highest_prio)
		WRITE_ONCE(rt_rq->highest_prio, p->prio);
}

/* By the list and not by p->prio: that may have changed since it was put there. */
static void rt_list_del(struct rt_rq *rt_rq, struct task_struct *p)
{
	struct list_head *prev = p->rt.run_list.prev;

	list_del_init(&p->rt.run_list);
	if (list_empty(prev)) {
		/* Nobody is left, so what stands before us is the head itself. */
		__clear_bit(prev - rt_rq->active.queue, rt_rq->active.bitmap);
		WRITE_ONCE(rt_rq->highest_prio, (int)find_first_bit(rt_rq->active.bitmap, MAX_RT_PRIO + 1));
	}
	p->rt.on_list = 0;
}

static struct task_struct *best_task(struct rt_rq *rt_rq)
{
	return rt_task_of(list_first_entry(&rt_rq->active.queue[rt_rq->highest_prio], struct sched_rt_entity, run_list));
}

/* @p may have to wait from now on, and may go to @nr_cpus CPUs: next_prio is never worse than the best of these. */
static void note_waiting(struct rt_rq *rt_rq, const struct task_struct *p, unsigned int nr_cpus)
{
	if (nr_cpus > 1 && p->prio < rt_rq->next_prio)
		WRITE_ONCE(rt_rq->next_prio, p->prio);
}

/* R3 */
static void update_overload(struct rq *rq)
{
	struct rt_rq *rt_rq = &rq->rt;
	bool overloaded = rt_rq->rt_nr_migratory && rt_rq->rt_nr_running > 1;

	if (likely(overloaded == rt_rq->overloaded) || !rq->online)
		return;
	rt_rq->overloaded = overloaded;
	/* A full barrier: who sees the bit sees the task, or waits for our lock. Pairs with pull_rt_task(). */
	if (overloaded)
		set_bit(cpu_of(rq), def_root_domain.rto_mask.bits);
	else
		clear_bit(cpu_of(rq), def_root_domain.rto_mask.bits);
}

/* ---- throttling --------------------------------------------------------------------------------------------------- */

static inline u64 rt_period(void)	{ return (u64)READ_ONCE(sysctl_sched_rt_period) * NSEC_PER_USEC; }

/* R4 */
static void rt_rq_dequeue(struct rq *rq)
{
	if (!rq->rt.rt_queued)
		return;
	sub_nr_running(rq, rq->rt.rt_nr_running);
	rq->rt.rt_queued = false;
}

static void rt_rq_enqueue(struct rq *rq)
{
	if (rq->rt.rt_queued || rq->rt.rt_throttled || !rq->rt.rt_nr_running)
		return;
	add_nr_running(rq, rq->rt.rt_nr_running);
	rq->rt.rt_queued = true;
}

static void update_curr_rt(struct rq *rq);

/* The end of a period. Hard interrupt, of any CPU. */
static enum hrtimer_restart sched_rt_period_timer(struct hrtimer *timer)
{
	struct rq *rq = container_of(timer, struct rq, rt.rt_period_timer);
	struct rt_rq *rt_rq = &rq->rt;
	u64 runtime = rt_runtime(), periods;
	bool throttled, idle;

	rq_lock(rq);
	periods = hrtimer_forward_now(timer, rt_period());
	update_rq_clock(rq);
	update_curr_rt(rq);		/* a debt is charged before these periods are taken off it */
	throttled = rt_rq->rt_throttled;
	if (runtime == U64_MAX)
		rt_rq->rt_time = 0;
	else
		rt_rq->rt_time -= min(rt_rq->rt_time, periods * runtime);
	if (throttled && rt_rq->rt_time < runtime) {
		rt_rq->rt_throttled = false;
		rt_rq_enqueue(rq);
		if (rt_rq->highest_prio < rq->curr->prio)
			resched_curr(rq);
	}
	idle = !rt_rq->rt_time && !rt_rq->rt_nr_running;
	if (idle)
		rt_rq->rt_period_active = false;
	rq_unlock(rq);
	if (throttled)
		pr_warn_once("sched: RT throttling activated\n");
	return idle ? HRTIMER_NORESTART : HRTIMER_RESTART;
}

/* The running task has run for @delta ns more. */
static void account_rt_time(struct rq *rq, u64 delta)
{
	struct rt_rq *rt_rq = &rq->rt;
	u64 runtime = rt_runtime();

	if (unlikely(runtime == U64_MAX))
		return;
	if (unlikely(!rt_rq->rt_period_active)) {
		rt_rq->rt_period_active = true;
		hrtimer_start(&rt_rq->rt_period_timer, (ktime_t)rt_period(), HRTIMER_MODE_REL_PINNED);
	}
	rt_rq->rt_time += delta;
	if (unlikely(rt_rq->rt_time > runtime)) {
		if (!rt_rq->rt_throttled) {
			rt_rq->rt_throttled = true;
			rt_rq_dequeue(rq);
		}
		resched_curr(rq);		/* also who came into this class while it was throttled */
	}
}

/* ---- queueing ----------------------------------------------------------------------------------------------------- */

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
	update_stats_ran(&curr->se, delta_exec);
	trace_sched_stat_runtime(curr, delta_exec, 0);
	account_rt_time(rq, delta_exec);
}

static void enqueue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	if (flags & ENQUEUE_WAKEUP)
		p->rt.timeout = 0;
	rt_list_add(&rq->rt, p, flags & ENQUEUE_HEAD);
	p->rt.on_rq = 1;
	rq->rt.rt_nr_running++;
	rq->rt.rt_nr_migratory += p->nr_cpus_allowed > 1;
	note_waiting(&rq->rt, p, p->nr_cpus_allowed);
	if (rq->rt.rt_queued)
		add_nr_running(rq, 1);
	else
		rt_rq_enqueue(rq);
	update_overload(rq);
}

static void dequeue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	update_curr_rt(rq);
	rt_list_del(&rq->rt, p);
	p->rt.on_rq = 0;
	rq->rt.rt_nr_running--;
	rq->rt.rt_nr_migratory -= p->nr_cpus_allowed > 1;
	if (rq->rt.rt_queued) {
		sub_nr_running(rq, 1);
		rq->rt.rt_queued = rq->rt.rt_nr_running != 0;
	}
	update_overload(rq);
}

/* Its set of CPUs changes while it is queued: R2. */
static void set_cpus_allowed_rt(struct task_struct *p, const cpumask_t *mask)
{
	struct rq *rq = task_rq(p);

	if (!p->rt.on_rq)
		return;
	lockdep_assert_held(&rq->lock);
	rq->rt.rt_nr_migratory -= p->nr_cpus_allowed > 1;
	rq->rt.rt_nr_migratory += cpumask_weight(mask) > 1;
	note_waiting(&rq->rt, p, cpumask_weight(mask));
	update_overload(rq);
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
	/* Whoever waits behind it may find a place elsewhere. */
	if (unlikely(rq->rt.overloaded))
		rq->balance_work |= RT_PUSH;
}

static struct task_struct *pick_next_task_rt(struct rq *rq)
{
	struct task_struct *p;

	if (!rq->rt.rt_queued)
		return NULL;
	BUG_ON(rq->rt.highest_prio >= MAX_RT_PRIO);
	p = best_task(&rq->rt);
	set_next_task_rt(rq, p);
	return p;
}

static void put_prev_task_rt(struct rq *rq, struct task_struct *p)
{
	update_curr_rt(rq);
	if (p->rt.on_rq)
		note_waiting(&rq->rt, p, p->nr_cpus_allowed);
}

/* ---- where to ----------------------------------------------------------------------------------------------------- */

/*
 * How little it matters what @cpu runs: -1 not to be used, 0..99 that real-time priority, 100 fair tasks, 101 nothing. A hint.
 */
static int cpu_unimportance(int cpu, const cpumask_t *idle)
{
	const struct rq *rq = cpu_rq(cpu);
	int prio = READ_ONCE(rq->rt.highest_prio);

	if (READ_ONCE(rq->rt.rt_throttled))
		return -1;
	return prio == MAX_RT_PRIO && cpumask_test_cpu(cpu, idle) ? MAX_RT_PRIO + 1 : prio;
}

/*
 * The CPU, of those that @p may use, on which the least important task runs, if that is less important than @p; -1: all
 * are at least as important. Among equals where it was, then here, then near where it was.
 */
static int find_lowest_cpu(struct task_struct *p)
{
	int lowest = p->prio, prev = task_cpu(p), here = raw_smp_processor_id();
	cpumask_t idle = idle_cpus_mask(), found = CPU_MASK_NONE, near;
	unsigned int cpu;

	for_each_cpu_and(cpu, &p->cpus_mask, cpu_active_mask) {
		int n = cpu_unimportance(cpu, &idle);

		if (n < lowest || n == p->prio)
			continue;
		if (n > lowest) {
			lowest = n;
			found = CPU_MASK_NONE;
		}
		found.bits[0] |= 1UL << cpu;
	}
	if (cpumask_empty(&found))
		return -1;
	if (cpumask_test_cpu(prev, &found))
		return prev;
	if (cpumask_test_cpu(here, &found))
		return here;
	cpumask_and(&near, &found, &cpu_rq(prev)->llc_mask);
	return cpumask_first(cpumask_empty(&near) ? &found : &near);
}

static int select_task_rq_rt(struct task_struct *p, int prev_cpu, int flags)
{
	const struct rq *rq = cpu_rq(prev_cpu);
	const struct task_struct *curr = READ_ONCE(rq->curr);	/* RCU keeps it: interrupts are off */
	int cpu;

	/* It would preempt what runs there, with its own data still near: but not one of us that can go nowhere else. */
	if (!smp_send_reschedule_hook || (READ_ONCE(rq->rt.highest_prio) > p->prio && !READ_ONCE(rq->rt.rt_throttled) &&
					  !(rt_prio(READ_ONCE(curr->prio)) && READ_ONCE(curr->nr_cpus_allowed) == 1)))
		return prev_cpu;
	cpu = find_lowest_cpu(p);
	return cpu >= 0 ? cpu : prev_cpu;
}

/* ---- push and pull ------------------------------------------------------------------------------------------------ */

/* The best task that waits in @rq and may run on @cpu (-1: anywhere else); NULL: none. Both locks, or @rq's. */
static struct task_struct *pick_pushable(struct rq *rq, int cpu)
{
	struct rt_prio_array *array = &rq->rt.active;
	struct sched_rt_entity *rt_se;
	unsigned long idx;

	if (!rq->rt.rt_nr_migratory)
		return NULL;
	for (idx = rq->rt.highest_prio; idx < MAX_RT_PRIO; idx = find_next_bit(array->bitmap, MAX_RT_PRIO + 1, idx + 1)) {
		list_for_each_entry(rt_se, &array->queue[idx], run_list) {
			struct task_struct *p = rt_task_of(rt_se);

			if (p != rq->curr && !task_running(rq, p) && p->nr_cpus_allowed > 1 &&
			    (cpu < 0 || cpumask_test_cpu(cpu, &p->cpus_mask)))
				return p;
		}
	}
	return NULL;
}

/* Both locks held. */
static void move_rt_task(struct rq *from, struct rq *to, struct task_struct *p)
{
	update_rq_clock(from);
	update_rq_clock(to);
	deactivate_task(from, p, 0);
	set_task_cpu(p, cpu_of(to));
	activate_task(to, p, 0);
}

/*
 * Move the best task that waits to where it can run; false when there is none or no place. The lock may be dropped for
 * a moment: then all that was known is looked at again. A pointer to the task is compared, not followed, until that has
 * been done.
 */
static bool push_rt_task(struct rq *rq)
{
	struct task_struct *p = pick_pushable(rq, -1);
	struct rq *lowest;
	bool dropped;
	int cpu;

	if (!p)
		return false;
	/* It will run here at once. */
	if (p->prio < rq->curr->prio && !rq->rt.rt_throttled) {
		resched_curr(rq);
		return false;
	}
	cpu = find_lowest_cpu(p);
	if (cpu < 0 || cpu == cpu_of(rq))
		return false;
	lowest = cpu_rq(cpu);
	dropped = double_lock_balance(rq, lowest);
	if (dropped && (pick_pushable(rq, -1) != p || !cpumask_test_cpu(cpu, &p->cpus_mask))) {
		double_unlock_balance(rq, lowest);
		return true;			/* look again */
	}
	if (lowest->rt.highest_prio <= p->prio || lowest->rt.rt_throttled || !lowest->online) {
		double_unlock_balance(rq, lowest);
		return true;
	}
	move_rt_task(rq, lowest, p);
	resched_curr(lowest);
	double_unlock_balance(rq, lowest);
	return true;
}

#define PUSH_TRIES	8	/* who pushes and is overtaken each time leaves it to those who overtake */

static void push_rt_tasks(struct rq *rq)
{
	for (int i = 0; i < PUSH_TRIES && rq->rt.overloaded && push_rt_task(rq); i++)
		;
}

void pull_rt_task(struct rq *this_rq)
{
	cpumask_t from = def_root_domain.rto_mask;
	bool pulled = false;
	unsigned int cpu;

	lockdep_assert_held(&this_rq->lock);
	if (this_rq->rt.rt_throttled)
		return;
	smp_rmb();				/* the mask before the queues: pairs with update_overload() */
	for_each_cpu(cpu, &from) {
		struct rq *src = cpu_rq(cpu);
		struct task_struct *p;

		/* Not worth a lock that its CPU needs itself. */
		if (src == this_rq || READ_ONCE(src->rt.next_prio) >= this_rq->rt.highest_prio)
			continue;
		double_lock_balance(this_rq, src);
		p = pick_pushable(src, cpu_of(this_rq));
		/* Better than the running one there: it is about to run there. */
		if (p && p->prio < this_rq->rt.highest_prio && (p->prio >= src->curr->prio || src->rt.rt_throttled)) {
			move_rt_task(src, this_rq, p);
			pulled = true;
		}
		double_unlock_balance(this_rq, src);
	}
	if (pulled)
		resched_curr(this_rq);
}

void __rt_balance_work(struct rq *rq)
{
	unsigned int work = rq->balance_work;
	struct task_struct *p;

	rq->balance_work = 0;
	if (!smp_send_reschedule_hook)
		return;
	if (work & RT_PULL && rt_overloaded())
		pull_rt_task(rq);
	if (work & RT_PUSH) {
		push_rt_tasks(rq);
		p = pick_pushable(rq, -1);
		WRITE_ONCE(rq->rt.next_prio, p ? p->prio : MAX_RT_PRIO);
	}
}

/* Chosen without locks, it may have come behind one that was quicker. */
static void task_woken_rt(struct rq *rq, struct task_struct *p)
{
	if (rq->rt.overloaded && smp_send_reschedule_hook && !task_running(rq, p) && !test_tsk_need_resched(rq->curr) &&
	    p->nr_cpus_allowed > 1 && rq->curr->prio <= p->prio)
		push_rt_tasks(rq);
}

/* ---- the tick, and changes ---------------------------------------------------------------------------------------- */

static void task_tick_rt(struct rq *rq, struct task_struct *p, int queued)
{
	update_curr_rt(rq);
	p->rt.timeout++;			/* since it woke last; who judges it: RLIMIT_RTTIME */
	if (p->policy != SCHED_RR)
		return;
	if (--p->rt.time_slice)
		return;
	p->rt.time_slice = READ_ONCE(sched_rr_timeslice);
	if (p->rt.run_list.prev != p->rt.run_list.next) {	/* not alone */
		requeue_task_rt(rq, p);
		resched_curr(rq);
	}
}

/* The last one here: who waits elsewhere may come. */
static void switched_from_rt(struct rq *rq, struct task_struct *p)
{
	if (task_on_rq_queued(p) && !rq->rt.rt_nr_running)
		rq->balance_work |= RT_PULL;
}

static void switched_to_rt(struct rq *rq, struct task_struct *p)
{
	if (!task_on_rq_queued(p) || rq->curr == p)
		return;
	if (p->prio < rq->curr->prio)
		resched_curr(rq);
	else if (rq->rt.overloaded)
		rq->balance_work |= RT_PUSH;
}

static void prio_changed_rt(struct rq *rq, struct task_struct *p, int oldprio)
{
	if (!task_on_rq_queued(p))
		return;
	if (rq->curr == p) {
		if (oldprio >= p->prio)
			return;
		rq->balance_work |= RT_PULL;
		if (p->prio > rq->rt.highest_prio)
			resched_curr(rq);
	} else if (p->prio < rq->curr->prio) {
		resched_curr(rq);
	} else if (rq->rt.overloaded) {
		rq->balance_work |= RT_PUSH;	/* it may be better than what runs elsewhere */
	}
}

static u64 get_rr_interval_rt(struct rq *rq, struct task_struct *p)
{
	return p->policy == SCHED_RR ? (u64)READ_ONCE(sched_rr_timeslice) * TICK_NSEC : 0;
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
	.task_woken		= task_woken_rt,
	.set_cpus_allowed	= set_cpus_allowed_rt,
	.task_tick		= task_tick_rt,
	.switched_from		= switched_from_rt,
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
	rt_rq->highest_prio = rt_rq->next_prio = MAX_RT_PRIO;
	hrtimer_init(&rt_rq->rt_period_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	rt_rq->rt_period_timer.function = sched_rt_period_timer;
}
