/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/wakeup.c - a task becomes runnable: out of its sleep, or for the first time.
 *
 * The problem. A task that waits for something goes to sleep; somebody else makes that something true, on another CPU
 * or in an interrupt, at any moment: also while the first is between looking and sleeping. The news must not be lost,
 * and the task must not end up on two queues.
 *
 * The lost wakeup. Sleeper and waker each write one word and read the other's:
 *
 *	sleeper						waker
 *	S1  state = TASK_INTERRUPTIBLE			W1  condition = true
 *	    full barrier (set_current_state)		    full barrier (try_to_wake_up)
 *	S2  if (condition) don't sleep			W2  if (!(state & mask)) nothing to do
 *	S3  schedule(): dequeue if state still set
 *
 * If S2 read the condition as false, then W1 comes after S2 in the one order that the two barriers give, so S1 comes
 * before W2, and the waker sees the state. (It may see it before the sleeper reaches S3: then on_rq is still 1, the
 * waker only sets the state back to RUNNING, and S3 finds nothing to do.) S3 reads the state under rq->lock, after a
 * full barrier, so that the two cannot both decide that the other one will act.
 *
 * try_to_wake_up() reads three words of a task that another CPU may be putting to sleep at this moment, in an order
 * that matters: state, then on_rq, then on_cpu.
 *	- on_rq after state: __schedule() of p ran "on_rq = 0" after p's state was set; reading them the other way
 *	  round could combine the old on_rq = 0 of an earlier sleep with the new state, and enqueue a task that is
 *	  queued.
 *	- on_cpu after on_rq: on_cpu = 1 was set under the lock under which on_rq had become 1. Who reads on_rq == 0
 *	  and then on_cpu == 0 knows that the CPU has left p's stack, and its acquire pairs with finish_task()'s
 *	  release.
 *
 * Where it wakes up is the class's choice among the CPUs that it may use; its state is WAKING from the moment at
 * which the waker takes charge of it until it is on a queue.
 *
 * Locking: p->pi_lock, interrupts off, over all of a wakeup; the lock of the new queue inside.
 *
 * Linux queues wakeups for remote CPUs to that CPU's interrupt, so that it need not fetch the other's queue.
 */
#include <primer/printk.h>

#include "sched.h"

/* ---- where to ---------------------------------------------------------------------------------------------------- */

/*
 * A CPU for @p when the one wanted will not do: its own node of the search is any active CPU that it may use, else
 * any at all.
 */
static int select_fallback_rq(struct task_struct *p)
{
	unsigned int cpu = cpumask_any_and(&p->cpus_mask, cpu_active_mask);

	if (cpu >= nr_cpu_ids)
		cpu = cpumask_any_and(&p->cpus_mask, cpu_online_mask);
	if (cpu >= nr_cpu_ids) {
		/* Every CPU that it may use is gone. Better there than nowhere. */
		p->cpus_mask = *cpu_possible_mask;
		cpu = cpumask_any(cpu_active_mask);
		if (p->mm)
			pr_info_ratelimited("process %d (%s) no longer affine to its CPUs\n", p->pid, p->comm);
	}
	return cpu;
}

static int select_task_rq(struct task_struct *p, int cpu, int flags)
{
	lockdep_assert_held(&p->pi_lock);
	if (p->nr_cpus_allowed > 1)
		cpu = p->sched_class->select_task_rq(p, cpu, flags);
	else
		cpu = cpumask_any(&p->cpus_mask);
	if (unlikely(!cpumask_test_cpu(cpu, &p->cpus_mask) || !cpu_online(cpu)))
		cpu = select_fallback_rq(p);
	return cpu;
}

void set_task_cpu(struct task_struct *p, unsigned int new_cpu)
{
	WARN_ON_ONCE(p->state != TASK_RUNNING && p->state != TASK_WAKING && !p->on_rq);
	if (task_cpu(p) != new_cpu) {
		if (p->sched_class->migrate_task_rq)
			p->sched_class->migrate_task_rq(p, new_cpu);
		p->se.nr_migrations++;
		trace_sched_migrate_task(p, task_cpu(p), new_cpu);
	}
	__set_task_cpu(p, new_cpu);
}

/* ---- waking up --------------------------------------------------------------------------------------------------- */

static void ttwu_do_wakeup(struct rq *rq, struct task_struct *p, int wake_flags)
{
	check_preempt_curr(rq, p, wake_flags);
	WRITE_ONCE(p->state, TASK_RUNNING);
	trace_sched_wakeup(p, cpu_of(rq));
	if (p->sched_class->task_woken)
		p->sched_class->task_woken(rq, p);
}

static void ttwu_do_activate(struct rq *rq, struct task_struct *p, int wake_flags)
{
	int en_flags = ENQUEUE_WAKEUP;

	if (p->sched_contributes_to_load)
		rq->nr_uninterruptible--;
	if (wake_flags & WF_MIGRATED)
		en_flags |= ENQUEUE_MIGRATED;
	activate_task(rq, p, en_flags);
	ttwu_do_wakeup(rq, p, wake_flags);
}

/*
 * p is still queued (it has not reached its schedule() yet, or was preempted on the way there): its state is all that
 * must change.
 */
static bool ttwu_runnable(struct task_struct *p, int wake_flags)
{
	struct rq *rq = __task_rq_lock(p);
	bool queued = task_on_rq_queued(p);

	if (queued) {
		update_rq_clock(rq);
		ttwu_do_wakeup(rq, p, wake_flags);
	}
	rq_unlock(rq);
	return queued;
}

int try_to_wake_up(struct task_struct *p, unsigned int state, int wake_flags)
{
	unsigned long flags;
	int cpu, success = 0;
	struct rq *rq;

	preempt_disable();
	if (p == current) {
		/*
		 * We woke ourselves, between set_current_state() and schedule(). Nobody else can be enqueuing us:
		 * on_rq is 1. So no lock; a waker elsewhere at the same time also just stores RUNNING.
		 */
		if (!(p->state & state))
			goto out;
		success = 1;
		trace_sched_waking(p, task_cpu(p));
		WRITE_ONCE(p->state, TASK_RUNNING);
		trace_sched_wakeup(p, task_cpu(p));
		goto out;
	}

	local_irq_save(flags);
	do_spin_lock(&p->pi_lock);
	smp_mb__after_spinlock();		/* W1 before W2: pairs with set_current_state() */
	if (!(p->state & state))
		goto unlock;
	success = 1;
	trace_sched_waking(p, task_cpu(p));

	smp_rmb();				/* state before on_rq: pairs with __schedule()'s lock and barrier */
	if (READ_ONCE(p->on_rq) && ttwu_runnable(p, wake_flags))
		goto unlock;

	/* p is off its queue, and nobody but us (pi_lock) can put it on one. */
	smp_rmb();				/* on_rq before on_cpu */
	WRITE_ONCE(p->state, TASK_WAKING);
	while (smp_load_acquire(&p->on_cpu))	/* pairs with finish_task() */
		cpu_relax();

	if (p->in_iowait)
		atomic_dec(&task_rq(p)->nr_iowait);
	cpu = select_task_rq(p, p->wake_cpu, wake_flags);
	if (task_cpu(p) != (unsigned int)cpu) {
		wake_flags |= WF_MIGRATED;
		set_task_cpu(p, cpu);
	}

	ttwu_stat(p, cpu, wake_flags);

	rq = cpu_rq(cpu);
	rq_lock(rq);
	update_rq_clock(rq);
	ttwu_do_activate(rq, p, wake_flags);
	rq_unlock(rq);
unlock:
	do_spin_unlock(&p->pi_lock);
	local_irq_restore(flags);
out:
	preempt_enable();
	return success;
}

int wake_up_process(struct task_struct *p)
{
	return try_to_wake_up(p, TASK_NORMAL, 0);
}

int wake_up_state(struct task_struct *p, unsigned int state)
{
	return try_to_wake_up(p, state, 0);
}

void wake_q_add(struct wake_q_head *head, struct task_struct *p)
{
	struct wake_q_node *node = &p->wake_q, *old = NULL;

	/*
	 * Somebody has it on a list already: their wakeup is still to come, so it comes after what we did. The
	 * exchange is a full barrier also when it fails, and pairs with the one in wake_up_q().
	 */
	if (!try_cmpxchg(&node->next, &old, WAKE_Q_TAIL))
		return;
	get_task_struct(p);
	*head->lastp = node;
	head->lastp = &node->next;
}

void wake_up_q(struct wake_q_head *head)
{
	struct wake_q_node *node = head->first;

	while (node != WAKE_Q_TAIL) {
		struct task_struct *p = container_of(node, struct task_struct, wake_q);

		node = node->next;
		/* From here on it can be put on a list again; the wakeup's barrier comes after. */
		WRITE_ONCE(p->wake_q.next, NULL);
		wake_up_process(p);
		put_task_struct(p);
	}
}

/* ---- new tasks --------------------------------------------------------------------------------------------------- */

void __sched_fork(struct task_struct *p)
{
	p->on_rq = 0;
	p->on_cpu = 0;
	memset(&p->se, 0, sizeof(p->se));
	INIT_LIST_HEAD(&p->se.group_node);
	RB_CLEAR_NODE(&p->se.run_node);
	memset(&p->sched_info, 0, sizeof(p->sched_info));
	memset(&p->rt, 0, sizeof(p->rt));
	INIT_LIST_HEAD(&p->rt.run_list);
	p->rt.time_slice = READ_ONCE(sched_rr_timeslice);
	p->wake_q.next = NULL;
	p->pi_waiters = RB_ROOT_CACHED;
	p->pi_blocked_on = NULL;
	p->pi_top_task = NULL;
	p->in_iowait = 0;
	p->sched_contributes_to_load = 0;
	p->nvcsw = p->nivcsw = 0;
	p->last_switch_count = 0;
	p->utime = p->stime = p->prev_utime = p->prev_stime = 0;
}

void sched_fork(unsigned long clone_flags, struct task_struct *p)
{
	unsigned long flags;

	__sched_fork(p);
	/* Visible to wakers by nothing; TASK_NEW also keeps a stray wakeup from putting it on a queue too early. */
	p->state = TASK_NEW;

	/* Copied without a lock, perhaps while somebody changed them: once more, so that they fit each other. */
	spin_lock_irqsave(&current->pi_lock, flags);
	p->policy = current->policy;
	p->static_prio = current->static_prio;
	p->normal_prio = current->normal_prio;
	p->rt_priority = current->rt_priority;
	p->sched_reset_on_fork = current->sched_reset_on_fork;
	spin_unlock_irqrestore(&current->pi_lock, flags);
	p->nr_cpus_allowed = cpumask_weight(&p->cpus_mask);

	p->prio = p->normal_prio;		/* not what current has borrowed */
	if (unlikely(p->sched_reset_on_fork)) {
		if (task_has_rt_policy(p)) {
			p->policy = SCHED_NORMAL;
			p->static_prio = NICE_TO_PRIO(0);
			p->rt_priority = 0;
		} else if (p->static_prio < NICE_TO_PRIO(0)) {
			p->static_prio = NICE_TO_PRIO(0);
		}
		p->prio = p->normal_prio = p->static_prio;
		p->sched_reset_on_fork = 0;
	}
	p->sched_class = rt_prio(p->prio) ? &rt_sched_class : &fair_sched_class;
	set_load_weight(p);

	local_irq_save(flags);
	do_spin_lock(&p->pi_lock);
	__set_task_cpu(p, smp_processor_id());
	do_spin_unlock(&p->pi_lock);
	if (p->sched_class->task_fork)
		p->sched_class->task_fork(p);
	local_irq_restore(flags);
}

void wake_up_new_task(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq;

	spin_lock_irqsave(&p->pi_lock, flags);
	WRITE_ONCE(p->state, TASK_RUNNING);
	/* cpus_mask may have changed since sched_fork(), and the CPU may have gone. */
	p->recent_used_cpu = task_cpu(p);
	__set_task_cpu(p, select_task_rq(p, task_cpu(p), WF_FORK));

	rq = __task_rq_lock(p);
	update_rq_clock(rq);
	activate_task(rq, p, 0);
	trace_sched_wakeup_new(p, cpu_of(rq));
	check_preempt_curr(rq, p, WF_FORK);
	if (p->sched_class->task_woken)
		p->sched_class->task_woken(rq, p);
	rq_unlock(rq);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}
