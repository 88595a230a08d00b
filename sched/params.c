/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/params.c - changing how a task is scheduled while it runs, waits or sleeps: nice, policy, CPUs.
 *
 * The problem. A task's priority decides where it stands in its queue, and its weight is part of the queue's sums. It
 * may be queued, even running, on another CPU while somebody changes them.
 *
 * The idea. One pattern for all: with pi_lock and rq->lock held, take the task out of whatever structure it is in,
 * change it, put it back in, and see whether the change calls for a reschedule:
 *
 *	queued	 -> dequeue_task(SAVE)  ... change ...  enqueue_task(RESTORE)
 *	running	 -> put_prev_task()	... change ...  set_next_task()
 *	then	 -> switched_from/switched_to if the class is another one, else prio_changed
 *
 * Nobody sees the moment between, because both locks are held all the time.
 */
#include <primer/err.h>
#include <asm/tsc.h>

#include "sched.h"

struct saved_place {
	bool queued, running;
};

static struct saved_place take_out(struct rq *rq, struct task_struct *p)
{
	struct saved_place was = { task_on_rq_queued(p), task_current(rq, p) };

	if (was.queued)
		p->sched_class->dequeue_task(rq, p, DEQUEUE_SAVE | DEQUEUE_MOVE);
	if (was.running)
		put_prev_task(rq, p);
	return was;
}

static void put_back(struct rq *rq, struct task_struct *p, struct saved_place was, int flags)
{
	if (was.queued)
		p->sched_class->enqueue_task(rq, p, ENQUEUE_RESTORE | ENQUEUE_MOVE | flags);
	if (was.running)
		set_next_task(rq, p);
	sched_check(rq);
}

static int normal_prio(int policy, int rt_priority, int static_prio)
{
	return rt_policy(policy) ? MAX_RT_PRIO - 1 - rt_priority : static_prio;
}

/* What @p runs at: its own priority, or the better one that it is lent. Nice is not lent. */
static int effective_prio(const struct task_struct *p, const struct task_struct *pi_task)
{
	int lent = pi_task ? READ_ONCE(pi_task->prio) : MAX_PRIO;

	return rt_prio(lent) && lent < p->normal_prio ? lent : p->normal_prio;
}

/* After a change of priority or class, with @p back in its place. */
static void prio_has_changed(struct rq *rq, struct task_struct *p, const struct sched_class *prev_class, int oldprio)
{
	if (prev_class != p->sched_class) {
		if (prev_class->switched_from)
			prev_class->switched_from(rq, p);
		p->sched_class->switched_to(rq, p);
	} else if (oldprio != p->prio) {
		p->sched_class->prio_changed(rq, p, oldprio);
	}
	rt_balance_work(rq);
}

void set_user_nice(struct task_struct *p, long nice)
{
	struct saved_place was;
	unsigned long flags;
	struct rq *rq;
	int old_prio;

	if (nice < MIN_NICE || nice > MAX_NICE)
		return;
	rq = task_rq_lock(p, &flags);
	update_rq_clock(rq);
	if (task_nice(p) == nice)
		goto unlock;
	/* A real-time task only remembers it, for the day it becomes a normal one again. */
	if (task_has_rt_policy(p)) {
		p->static_prio = NICE_TO_PRIO(nice);
		goto unlock;
	}
	was = take_out(rq, p);
	p->static_prio = NICE_TO_PRIO(nice);
	set_load_weight(p);
	old_prio = p->prio;
	p->normal_prio = p->static_prio;
	/* Who is lent a real-time priority keeps it, and its class. */
	p->prio = effective_prio(p, p->pi_top_task);
	put_back(rq, p, was, 0);
	if (p->prio != old_prio)
		p->sched_class->prio_changed(rq, p, old_prio);
unlock:
	task_rq_unlock(rq, p, &flags);
}

int sched_checkattr(const struct sched_attr *attr)
{
	int policy = attr->sched_policy;

	if (!valid_policy(policy) || (attr->sched_flags & ~(u64)SCHED_FLAG_ALL))
		return -EINVAL;
	if (attr->sched_priority > MAX_RT_PRIO - 1 || rt_policy(policy) != (attr->sched_priority != 0))
		return -EINVAL;
	return (attr->sched_flags & SCHED_FLAG_UTIL_CLAMP) ? -EOPNOTSUPP : 0;
}

/* Is there anything to do beyond the mark? A dequeue and enqueue for nothing would cost the task its place among its equals. */
static bool attr_changes(const struct task_struct *p, const struct sched_attr *attr)
{
	if (p->policy != attr->sched_policy)
		return true;
	if (fair_policy(p->policy))
		return attr->sched_nice != task_nice(p);
	return rt_policy(p->policy) && attr->sched_priority != p->rt_priority;
}

int sched_setattr_nocheck(struct task_struct *p, const struct sched_attr *attr, int oldpolicy)
{
	int policy = attr->sched_policy, oldprio, err = sched_checkattr(attr);
	const struct sched_class *prev_class;
	struct saved_place was;
	unsigned long flags;
	struct rq *rq;

	if (err)
		return err;
	rq = task_rq_lock(p, &flags);
	update_rq_clock(rq);
	if (p == rq->idle || p == rq->stop)
		err = -EINVAL;
	else if (oldpolicy >= 0 && oldpolicy != (int)p->policy)
		err = -EAGAIN;
	if (err)
		goto unlock;
	p->sched_reset_on_fork = !!(attr->sched_flags & SCHED_FLAG_RESET_ON_FORK);
	/* Parameters that shall stay are of one class, so that shall stay as well. */
	if (!attr_changes(p, attr) || (attr->sched_flags & SCHED_FLAG_KEEP_PARAMS))
		goto unlock;

	oldprio = p->prio;
	prev_class = p->sched_class;
	was = take_out(rq, p);

	p->policy = policy;
	if (fair_policy(policy))
		p->static_prio = NICE_TO_PRIO(attr->sched_nice);
	p->rt_priority = attr->sched_priority;
	p->normal_prio = normal_prio(policy, p->rt_priority, p->static_prio);
	p->prio = effective_prio(p, p->pi_top_task);
	p->sched_class = rt_prio(p->prio) ? &rt_sched_class : &fair_sched_class;
	set_load_weight(p);

	/* Made less important, it was first among its new equals. */
	put_back(rq, p, was, oldprio < p->prio ? ENQUEUE_HEAD : 0);
	prio_has_changed(rq, p, prev_class, oldprio);
	task_rq_unlock(rq, p, &flags);
	if (unlikely(READ_ONCE(p->pi_blocked_on)) && rt_mutex_adjust_pi_hook)
		rt_mutex_adjust_pi_hook(p);
	return 0;
unlock:
	task_rq_unlock(rq, p, &flags);
	return err;
}

void (*rt_mutex_adjust_pi_hook)(struct task_struct *p) __ro_after_init;

/*
 * The same without a change of policy: what the task is lent comes and goes. The class follows the priority, the policy and
 * normal_prio say what the task is by itself. pi_lock is enough to compare, since it takes both locks to change.
 */
void rt_mutex_setprio(struct task_struct *p, struct task_struct *pi_task)
{
	const struct sched_class *prev_class;
	int oldprio, prio = effective_prio(p, pi_task);
	struct saved_place was;
	struct rq *rq;

	lockdep_assert_held(&p->pi_lock);
	if (p->pi_top_task == pi_task && p->prio == prio)
		return;
	rq = __task_rq_lock(p);
	p->pi_top_task = pi_task;
	if (p->prio == prio)
		goto unlock;
	update_rq_clock(rq);
	oldprio = p->prio;
	prev_class = p->sched_class;
	was = take_out(rq, p);
	p->prio = prio;
	p->sched_class = rt_prio(prio) ? &rt_sched_class : &fair_sched_class;
	put_back(rq, p, was, oldprio < prio ? ENQUEUE_HEAD : 0);
	prio_has_changed(rq, p, prev_class, oldprio);
unlock:
	rq_unlock(rq);
}

int sched_setscheduler_nocheck(struct task_struct *p, int policy, int rt_priority)
{
	struct sched_attr attr = {
		.sched_policy	= policy & ~SCHED_RESET_ON_FORK,
		.sched_flags	= (policy & SCHED_RESET_ON_FORK) ? SCHED_FLAG_RESET_ON_FORK : 0,
		.sched_nice	= task_nice(p),
		.sched_priority	= rt_priority,
	};

	return sched_setattr_nocheck(p, &attr, -1);
}

u64 sched_rr_interval_ns(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	u64 ns = p->sched_class->get_rr_interval(rq, p);

	task_rq_unlock(rq, p, &flags);
	return ns;
}

/* ---- affinity ---------------------------------------------------------------------------------------------------- */

void do_set_cpus_allowed(struct task_struct *p, const cpumask_t *mask)
{
	if (p->sched_class->set_cpus_allowed)
		p->sched_class->set_cpus_allowed(p, mask);
	cpumask_copy(&p->cpus_mask, mask);
	p->nr_cpus_allowed = cpumask_weight(mask);
}

/*
 * Returns the lock of the new queue instead of the old one's. Context: pi_lock and rq->lock held, p queued and not
 * running.
 */
static struct rq *move_queued_task(struct rq *rq, struct task_struct *p, int new_cpu)
{
	deactivate_task(rq, p, 0);	/* on_rq = MIGRATING: others wait for us in __task_rq_lock() */
	set_task_cpu(p, new_cpu);
	rq_unlock(rq);

	rq = cpu_rq(new_cpu);
	rq_lock(rq);
	update_rq_clock(rq);
	activate_task(rq, p, 0);
	check_preempt_curr(rq, p, 0);
	return rq;
}

/* Runs as the stop task of the CPU on which the task was running: so the task is not running now. */
static int migration_cpu_stop(void *data)
{
	struct task_struct *p = data;
	unsigned long flags;
	unsigned int dest;
	struct rq *rq;

	rq = task_rq_lock(p, &flags);
	dest = cpumask_any_and(&p->cpus_mask, cpu_active_mask);
	/* Meanwhile it may have gone elsewhere by itself, or to sleep: then its next wakeup minds the mask, which may be another by now. */
	if (rq == this_rq() && task_on_rq_queued(p) && !cpumask_test_cpu(task_cpu(p), &p->cpus_mask) && dest < nr_cpu_ids) {
		update_rq_clock(rq);
		rq = move_queued_task(rq, p, dest);
	}
	task_rq_unlock(rq, p, &flags);
	return 0;
}

/*
 * A task that waits in a queue moves at once; one that sleeps, when it wakes. One that is running on a CPU that it may no longer
 * use cannot be taken off its stack by anybody but the scheduler of that CPU: so that CPU's stop task preempts it, and moves it
 * while it waits.
 */
static int __set_cpus_allowed_ptr(struct task_struct *p, const cpumask_t *mask, bool check)
{
	const cpumask_t *valid = (p->flags & PF_KTHREAD) ? cpu_online_mask : cpu_active_mask;
	unsigned long flags;
	unsigned int dest;
	struct rq *rq;
	int ret = 0;

	rq = task_rq_lock(p, &flags);
	update_rq_clock(rq);
	/* The flag comes under pi_lock, with the mask that it guards. */
	if (check && (p->flags & PF_NO_SETAFFINITY)) {
		ret = -EINVAL;
		goto unlock;
	}
	if (cpumask_equal(&p->cpus_mask, mask))
		goto unlock;
	dest = cpumask_any_and(valid, mask);
	if (dest >= nr_cpu_ids) {
		ret = -EINVAL;
		goto unlock;
	}
	do_set_cpus_allowed(p, mask);
	if (cpumask_test_cpu(task_cpu(p), mask))
		goto unlock;
	if (task_running(rq, p) && stop_one_cpu_hook) {
		get_task_struct(p);
		task_rq_unlock(rq, p, &flags);
		stop_one_cpu_hook(cpu_of(rq), migration_cpu_stop, p);
		put_task_struct(p);
		return 0;
	}
	if (task_on_rq_queued(p) && !task_running(rq, p))
		rq = move_queued_task(rq, p, dest);
unlock:
	task_rq_unlock(rq, p, &flags);
	return ret;
}

int set_cpus_allowed_ptr(struct task_struct *p, const cpumask_t *mask)		{ return __set_cpus_allowed_ptr(p, mask, false); }
int set_cpus_allowed_user(struct task_struct *p, const cpumask_t *mask)		{ return __set_cpus_allowed_ptr(p, mask, true); }

/* ---- CPU time ---------------------------------------------------------------------------------------------------- */

/* What @p has run, up to this moment. [rq->lock] */
static u64 sched_runtime(struct rq *rq, struct task_struct *p)
{
	if (task_current(rq, p) && task_on_rq_queued(p)) {
		update_rq_clock(rq);
		p->sched_class->update_curr(rq);
	}
	return p->se.sum_exec_runtime;
}

u64 task_sched_runtime(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	u64 ns = sched_runtime(rq, p);

	task_rq_unlock(rq, p, &flags);
	return ns;
}

/*
 * The tick samples where a task is, in user mode or in the kernel (p->utime, p->stime); the scheduler measures how
 * long it ran. The sum is the scheduler's, the ratio the tick's; without a sample all of it counts as user time.
 * Each sample changes the ratio for all that went before; but a time that was told once must not become less. So what
 * was told is remembered, and only what has come since is divided as the ratio of all asks for.
 */
void task_cputime(struct task_struct *p, u64 *utime, u64 *stime)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	u64 rtime = sched_runtime(rq, p), ut = READ_ONCE(p->utime), st = READ_ONCE(p->stime), sys = 0;

	if (rtime > p->prev_utime + p->prev_stime) {
		if (st)
			sys = ut ? mul_u64_u64_div_u64(rtime, st, st + ut) : rtime;
		sys = clamp_t(u64, sys, p->prev_stime, rtime - p->prev_utime);
		p->prev_stime = sys;
		p->prev_utime = rtime - sys;
	}
	*utime = p->prev_utime;
	*stime = p->prev_stime;
	task_rq_unlock(rq, p, &flags);
}
