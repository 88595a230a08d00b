/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/core.c - schedule(), the switch, and waking up.
 *
 * The problem. A CPU runs one task; many want it, and most of them wait for something. The scheduler must always know which tasks
 * are runnable, choose one, change over, and never lose the news that a waiting task may go on.
 *
 * The idea. Each CPU has a run queue (struct rq) of its runnable tasks, the running one included. What order they run in is the
 * business of the classes (sched.h): rt, fair, idle, asked in this order. The core does the rest:
 *
 *	               set_current_state(); schedule()
 *	  running  ---------------------------------------->  asleep: on_rq = 0
 *	   ^    |                                                |
 *	   |    | preempted, or schedule() with state RUNNING    | try_to_wake_up()
 *	   |    v                                                v
 *	  queued, on_rq = 1  <------------------------------  state = WAKING -> RUNNING
 *
 * Two words of a task say where it is. on_rq: 1 while it is on a run queue [that queue's lock]. on_cpu: 1 while a CPU uses its
 * stack; set by __schedule() of the CPU that is about to run it, cleared with release semantics after that CPU has left
 * its stack. A task that went to sleep is on_rq = 0 and still on_cpu = 1 for a moment: who wakes it must wait for the second, or two CPUs
 * would run on one stack.
 *
 * Who may do what
 *   p->state		p itself, before it sleeps; a waker, with p->pi_lock held
 *   p->on_rq, p's place	the lock of the queue that task_cpu(p) names. Whoever wants that lock for a given p takes it, looks
 *			again whether p is still there, and starts over if not: __task_rq_lock()
 *   task_cpu(p)	changes only while p is not queued: under pi_lock by a waker, or under its rq->lock with on_rq = MIGRATING
 *   p->cpus_mask	pi_lock and rq->lock to change, either to read
 *   order		pi_lock, then rq->lock; two run queues by CPU number
 *
 * The lost wakeup. Sleeper and waker each write one word and read the other's:
 *
 *	sleeper						waker
 *	S1  state = TASK_INTERRUPTIBLE			W1  condition = true
 *	    full barrier (set_current_state)		    full barrier (try_to_wake_up)
 *	S2  if (condition) don't sleep			W2  if (!(state & mask)) nothing to do
 *	S3  schedule(): dequeue if state still set
 *
 * If S2 read the condition as false, then W1 comes after S2 in the one order that the two barriers give, so S1 comes before W2,
 * and the waker sees the state. (It may see it before the sleeper reaches S3: then on_rq is still 1, the waker only sets the
 * state back to RUNNING, and S3 finds nothing to do.) S3 reads the state under rq->lock, after a full barrier, so that the two
 * cannot both decide that the other one will act.
 *
 * try_to_wake_up() reads three words of a task that another CPU may be putting to sleep at this moment, in an order that
 * matters: state, then on_rq, then on_cpu.
 *	- on_rq after state: __schedule() of p ran "on_rq = 0" after p's state was set; reading them the other way round could
 *	  combine the old on_rq = 0 of an earlier sleep with the new state, and enqueue a task that is queued.
 *	- on_cpu after on_rq: on_cpu = 1 was set under the lock under which on_rq had become 1. Who reads on_rq == 0 and then
 *	  on_cpu == 0 knows that the CPU has left p's stack, and its acquire pairs with finish_task()'s release.
 *
 * The switch. A kernel thread has no address space and borrows that of the task before it (active_mm), counted in mm_count.
 * rq->lock is taken by the old task and released by the new one, in finish_task_switch(): a task that is not running is always
 * inside context_switch(), with preempt_count PREEMPT_DISABLE_OFFSET and interrupts off. A new task starts at schedule_tail().
 *
 * Linux (kernel/sched/core.c) queues remote wakeups to the other CPU's interrupt, moves running tasks with a stop class, and has
 * a deadline class.
 */
#include <primer/init.h>
#include <primer/mmu_context.h>
#include <primer/printk.h>
#include <primer/sprintf.h>
#include <asm/tsc.h>
#include <asm/uaccess.h>

#include "sched.h"

DEFINE_PER_CPU_ALIGNED(struct rq, runqueues);

const struct sched_class *const sched_classes[NR_SCHED_CLASSES] = { &rt_sched_class, &fair_sched_class, &idle_sched_class };

static void drop_nothing(struct mm_struct *mm)			{ }
static void free_nothing(struct task_struct *p)			{ }
void (*finish_task_mmdrop)(struct mm_struct *mm) __ro_after_init = drop_nothing;
void (*free_task_hook)(struct task_struct *p) __ro_after_init = free_nothing;
void (*smp_send_reschedule_hook)(int cpu) __ro_after_init;

void __put_task_struct(struct task_struct *p)
{
	free_task_hook(p);
}

/* ---- run queue locks and clock --------------------------------------------------------------------------------------- */

struct rq *__task_rq_lock(struct task_struct *p)
{
	struct rq *rq;

	lockdep_assert_held(&p->pi_lock);
	for (;;) {
		rq = task_rq(p);
		rq_lock(rq);
		if (likely(rq == task_rq(p) && !task_on_rq_migrating(p)))
			return rq;
		rq_unlock(rq);
		while (unlikely(task_on_rq_migrating(p)))
			cpu_relax();
	}
}

struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags)
{
	struct rq *rq;

	spin_lock_irqsave(&p->pi_lock, *flags);
	rq = __task_rq_lock(p);
	return rq;
}

void task_rq_unlock(struct rq *rq, struct task_struct *p, unsigned long *flags)
{
	rq_unlock(rq);
	spin_unlock_irqrestore(&p->pi_lock, *flags);
}

/* The clock stands still between two calls: everything in one critical section happens at one time. */
void update_rq_clock(struct rq *rq)
{
	s64 delta;

	lockdep_assert_held(&rq->lock);
	delta = sched_clock() - rq->clock;
	if (unlikely(delta < 0))		/* another CPU's TSC was ahead of ours */
		return;
	rq->clock += delta;
	rq->clock_task += delta;
}

/* ---- on and off the queue ---------------------------------------------------------------------------------------------- */

static inline void enqueue_task(struct rq *rq, struct task_struct *p, int flags)
{
	if (!(flags & ENQUEUE_NOCLOCK))
		update_rq_clock(rq);
	p->sched_class->enqueue_task(rq, p, flags);
}

static inline void dequeue_task(struct rq *rq, struct task_struct *p, int flags)
{
	if (!(flags & DEQUEUE_NOCLOCK))
		update_rq_clock(rq);
	p->sched_class->dequeue_task(rq, p, flags);
}

void activate_task(struct rq *rq, struct task_struct *p, int flags)
{
	enqueue_task(rq, p, flags);
	p->on_rq = TASK_ON_RQ_QUEUED;
}

void deactivate_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->on_rq = (flags & DEQUEUE_SLEEP) ? 0 : TASK_ON_RQ_MIGRATING;
	dequeue_task(rq, p, flags);
}

/* ---- asking for a reschedule -------------------------------------------------------------------------------------------- */

/*
 * Make rq's CPU call schedule() soon: at the next preempt_enable(), interrupt return or return to user mode. An idle CPU that polls
 * the flag needs no interrupt.
 */
void resched_curr(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	int cpu = cpu_of(rq);

	lockdep_assert_held(&rq->lock);
	if (test_tsk_need_resched(curr))
		return;
	if (cpu == smp_processor_id()) {
		set_tsk_need_resched(curr);
		set_preempt_need_resched();
		return;
	}
	/* A full barrier between setting the one flag and reading the other; pairs with the idle loop's. */
	set_tsk_need_resched(curr);
	smp_mb__after_atomic();
	if (!test_tsk_thread_flag(curr, TIF_POLLING_NRFLAG) && smp_send_reschedule_hook)
		smp_send_reschedule_hook(cpu);
}

void resched_cpu(int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	local_irq_save(flags);
	rq_lock(rq);
	if (cpu_online(cpu))
		resched_curr(rq);
	rq_unlock(rq);
	local_irq_restore(flags);
}

void check_preempt_curr(struct rq *rq, struct task_struct *p, int flags)
{
	const struct sched_class *class = rq->curr->sched_class;

	if (p->sched_class == class)
		class->check_preempt_curr(rq, p, flags);
	else if (sched_class_above(p->sched_class, class))
		resched_curr(rq);
}

void kick_process(struct task_struct *p)
{
	preempt_disable();
	if (task_cpu(p) != (unsigned int)smp_processor_id() && task_curr(p) && smp_send_reschedule_hook)
		smp_send_reschedule_hook(task_cpu(p));
	preempt_enable();
}

/* ---- waking up ----------------------------------------------------------------------------------------------------------- */

/* A CPU for @p when the one wanted will not do: its own node of the search is any active CPU that it may use, else any at all. */
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
	}
	__set_task_cpu(p, new_cpu);
}

static void ttwu_do_wakeup(struct rq *rq, struct task_struct *p, int wake_flags)
{
	check_preempt_curr(rq, p, wake_flags);
	WRITE_ONCE(p->state, TASK_RUNNING);
}

static void ttwu_do_activate(struct rq *rq, struct task_struct *p, int wake_flags)
{
	int en_flags = ENQUEUE_WAKEUP | ENQUEUE_NOCLOCK;

	if (p->sched_contributes_to_load)
		rq->nr_uninterruptible--;
	if (wake_flags & WF_MIGRATED)
		en_flags |= ENQUEUE_MIGRATED;
	rq->ttwu_count++;
	activate_task(rq, p, en_flags);
	ttwu_do_wakeup(rq, p, wake_flags);
}

/* p is still queued (it has not reached its schedule() yet, or was preempted on the way there): its state is all that must change. */
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
		 * We woke ourselves, between set_current_state() and schedule(). Nobody else can be enqueuing us: on_rq is 1. So
		 * no lock; a waker elsewhere at the same time also just stores RUNNING.
		 */
		if (!(p->state & state))
			goto out;
		success = 1;
		WRITE_ONCE(p->state, TASK_RUNNING);
		goto out;
	}

	local_irq_save(flags);
	do_spin_lock(&p->pi_lock);
	smp_mb__after_spinlock();		/* W1 before W2: pairs with set_current_state() */
	if (!(p->state & state))
		goto unlock;
	success = 1;

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
	 * Somebody has it on a list already: their wakeup is still to come, so it comes after what we did. The exchange is a
	 * full barrier also when it fails, and pairs with the one in wake_up_q().
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

/* ---- new tasks ------------------------------------------------------------------------------------------------------------- */

static void __sched_fork(struct task_struct *p)
{
	p->on_rq = 0;
	p->on_cpu = 0;
	memset(&p->se, 0, sizeof(p->se));
	INIT_LIST_HEAD(&p->se.group_node);
	RB_CLEAR_NODE(&p->se.run_node);
	memset(&p->rt, 0, sizeof(p->rt));
	INIT_LIST_HEAD(&p->rt.run_list);
	p->rt.time_slice = RR_TIMESLICE;
	p->wake_q.next = NULL;
	p->in_iowait = 0;
	p->sched_contributes_to_load = 0;
	p->nvcsw = p->nivcsw = 0;
	p->utime = p->stime = 0;
}

void sched_fork(unsigned long clone_flags, struct task_struct *p)
{
	unsigned long flags;

	__sched_fork(p);
	/* Visible to wakers by nothing; TASK_NEW also keeps a stray wakeup from putting it on a queue too early. */
	p->state = TASK_NEW;

	p->prio = current->normal_prio;
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
	set_load_weight(p, false);

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
	activate_task(rq, p, ENQUEUE_NOCLOCK);
	check_preempt_curr(rq, p, WF_FORK);
	rq_unlock(rq);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

/* ---- the switch -------------------------------------------------------------------------------------------------------------- */

/*
 * The first thing that happens on next's side. @prev is who ran before on this CPU, which is not who we switched to when we
 * left. Called with preemption disabled, rq->lock held, interrupts off; returns with the lock dropped and interrupts on.
 */
static void finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct mm_struct *mm = rq->prev_mm;
	long prev_state;

	rq->prev_mm = NULL;
	/* Read before on_cpu is cleared: from then on prev may be woken, run elsewhere, and die. */
	prev_state = prev->state;
	smp_store_release(&prev->on_cpu, 0);	/* finish_task(): its stack is free. Pairs with try_to_wake_up() */

	/* The lock was taken by prev; for the checker it changes hands. */
	lock_acquire(&rq->lock, rq->lock.name, rq->lock.rank, 0, _THIS_IP_);
	rq_unlock_irq(rq);

	if (mm)
		finish_task_mmdrop(mm);
	if (unlikely(prev_state == TASK_DEAD))
		put_task_struct(prev);
}

void schedule_tail(struct task_struct *prev)
{
	finish_task_switch(prev);
	preempt_enable();
	if (current->set_child_tid && put_user(current->pid, current->set_child_tid)) {
		/* The address was the program's own to give; a bad one is its own loss. */
	}
}

static __always_inline void context_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	WRITE_ONCE(next->on_cpu, 1);

	/*
	 *	to kernel	borrow prev's tables; one more user if they are a process's, or take over prev's own loan
	 *	to user		load next's; what prev had borrowed is given back when we are off its tables
	 */
	if (!next->mm) {
		next->active_mm = prev->active_mm;
		if (prev->mm)
			atomic_inc(&prev->active_mm->mm_count);
		else
			prev->active_mm = NULL;
	} else {
		switch_mm_irqs_off(prev->active_mm, next->mm, next);
		if (!prev->mm) {
			rq->prev_mm = prev->active_mm;
			prev->active_mm = NULL;
		}
	}

	lock_release(&rq->lock, _THIS_IP_);
	switch_to(prev, next, prev);
	barrier();
	finish_task_switch(prev);
}

/* ---- schedule ------------------------------------------------------------------------------------------------------------------ */

static struct task_struct *pick_next_task(struct rq *rq, struct task_struct *prev)
{
	const struct sched_class *class;
	struct task_struct *p;
	int i;

	put_prev_task(rq, prev);
	/* Nearly always everybody is a fair task: ask that class first and only. */
	if (likely(rq->nr_running == rq->cfs.h_nr_running)) {
		p = fair_sched_class.pick_next_task(rq);
		return p ? p : idle_sched_class.pick_next_task(rq);
	}
	for_each_class(class, i) {
		p = class->pick_next_task(rq);
		if (p)
			return p;
	}
	BUG();		/* the idle class always has one */
}

static noinline void __schedule_bug(struct task_struct *prev)
{
	pr_err("BUG: scheduling while atomic: %s/%d/0x%08x\n", prev->comm, prev->pid, preempt_count());
	debug_show_held_locks(prev);
	dump_stack();
	add_taint(TAINT_WARN);
	preempt_count_set(PREEMPT_DISABLE_OFFSET);
}

/*
 * Choose who runs next and switch to it. @preempt: current was pushed off, so its state does not count: it may have set one
 * and not yet have looked at its condition (between S1 and S2).
 *
 * Context: preempt_count is PREEMPT_DISABLE_OFFSET, interrupts on; returns the same way, perhaps much later and on another CPU.
 */
static void __schedule(bool preempt)
{
	struct task_struct *prev = current, *next;
	struct rq *rq = this_rq();
	unsigned long *switch_count;
	long prev_state;

	if (unlikely(*end_of_stack(prev) != STACK_END_MAGIC))
		panic("corrupted stack end detected inside scheduler\n");
	if (unlikely(preempt_count() != PREEMPT_DISABLE_OFFSET))
		__schedule_bug(prev);

	local_irq_disable();
	rq_lock(rq);
	smp_mb__after_spinlock();		/* S1 before the read of state here: pairs with try_to_wake_up() */
	update_rq_clock(rq);

	switch_count = &prev->nivcsw;
	prev_state = prev->state;
	if (!preempt && prev_state) {
		if (signal_pending_state(prev_state, prev)) {
			WRITE_ONCE(prev->state, TASK_RUNNING);
		} else {
			prev->sched_contributes_to_load = (prev_state & TASK_UNINTERRUPTIBLE) && !(prev_state & TASK_NOLOAD);
			if (prev->sched_contributes_to_load)
				rq->nr_uninterruptible++;
			/*
			 * on_rq = 0 is stored after the state was set, with rq->lock's barrier in between: what try_to_wake_up() relies
			 * on when it reads them in the opposite order.
			 */
			deactivate_task(rq, prev, DEQUEUE_SLEEP | DEQUEUE_NOCLOCK);
			if (prev->in_iowait)
				atomic_inc(&rq->nr_iowait);
		}
		switch_count = &prev->nvcsw;
	}

	next = pick_next_task(rq, prev);
	clear_tsk_need_resched(prev);
	clear_preempt_need_resched();

	if (likely(prev != next)) {
		rq->nr_switches++;
		++*switch_count;
		WRITE_ONCE(rq->curr, next);
		context_switch(rq, prev, next);	/* drops the lock */
	} else {
		rq_unlock_irq(rq);
	}
}

void schedule(void)
{
	do {
		preempt_disable();
		__schedule(false);
		sched_preempt_enable_no_resched();
	} while (need_resched());
}

void schedule_preempt_disabled(void)
{
	sched_preempt_enable_no_resched();
	schedule();
	preempt_disable();
}

/* The idle task has preemption disabled all its life, and never sleeps. */
void schedule_idle(void)
{
	do {
		__schedule(false);
	} while (need_resched());
}

static void preempt_schedule_common(void)
{
	do {
		preempt_disable();
		__schedule(true);
		preempt_enable_no_resched();
		/* A request may have come between the switch back to us and the enable: the flag is the truth. */
	} while (need_resched());
}

void preempt_schedule(void)
{
	if (likely(!preemptible()))
		return;
	preempt_schedule_common();
}

void preempt_schedule_irq(void)
{
	BUG_ON(preempt_count() || !irqs_disabled());
	do {
		preempt_disable();
		local_irq_enable();
		__schedule(true);
		local_irq_disable();
		preempt_enable_no_resched();
	} while (need_resched());
}

/* With a preemptible kernel a reschedule that is wanted has happened, but for code that has kept interrupts off meanwhile. */
int cond_resched(void)
{
	if (likely(this_cpu_read(__preempt_count) != 0) || irqs_disabled())
		return 0;
	preempt_schedule_common();
	return 1;
}

void yield(void)
{
	struct rq *rq;

	set_current_state(TASK_RUNNING);
	preempt_disable();
	local_irq_disable();
	rq = this_rq();
	rq_lock(rq);
	current->sched_class->yield_task(rq);
	rq_unlock_irq(rq);
	sched_preempt_enable_no_resched();
	schedule();
}

void io_schedule(void)
{
	unsigned int old = current->in_iowait;

	current->in_iowait = 1;
	schedule();
	current->in_iowait = old;
}

void set_special_state(unsigned int state)
{
	unsigned long flags;

	/* A waker between its look at our old state and its store of RUNNING holds pi_lock: we come after it. */
	spin_lock_irqsave(&current->pi_lock, flags);
	WRITE_ONCE(current->state, state);
	spin_unlock_irqrestore(&current->pi_lock, flags);
}

void do_task_dead(void)
{
	set_special_state(TASK_DEAD);
	local_irq_disable();
	preempt_count_set(PREEMPT_DISABLE_OFFSET);
	__schedule(false);
	BUG();
}

unsigned long wait_task_inactive(struct task_struct *p, long match_state)
{
	for (;;) {
		unsigned long flags, ncsw = 0;
		bool running, queued;
		struct rq *rq;

		while (task_running(task_rq(p), p)) {
			if (match_state && READ_ONCE(p->state) != match_state)
				return 0;
			cpu_relax();
		}
		rq = task_rq_lock(p, &flags);
		running = task_running(rq, p);
		queued = task_on_rq_queued(p);
		if (!match_state || p->state == match_state)
			ncsw = p->nvcsw | 1UL << 63;
		task_rq_unlock(rq, p, &flags);

		if (!ncsw)
			return 0;
		if (!running && !queued)
			return ncsw;
		/* It was preempted on its way to sleep, or is about to be switched out: let it. */
		yield();
	}
}

/* ---- the tick, and start-up ------------------------------------------------------------------------------------------------ */

void scheduler_tick(void)
{
	struct rq *rq = this_rq();
	struct task_struct *curr = rq->curr;

	rq_lock(rq);
	update_rq_clock(rq);
	curr->sched_class->task_tick(rq, curr, 0);
	rq_unlock(rq);
}

struct task_struct *idle_task(int cpu)		{ return cpu_rq(cpu)->idle; }
bool task_curr(const struct task_struct *p)	{ return READ_ONCE(cpu_curr(task_cpu(p))) == p; }

bool idle_cpu(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->curr) == rq->idle && !READ_ONCE(rq->nr_running);
}

unsigned int nr_running(void)
{
	unsigned int cpu, sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(cpu_rq(cpu)->nr_running);
	return sum;
}

unsigned long long nr_context_switches(void)
{
	unsigned long long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(cpu_rq(cpu)->nr_switches);
	return sum;
}

char task_state_to_char(struct task_struct *p)
{
	static const char letters[] = "RSDTtXZPI";
	unsigned int state = READ_ONCE(p->state);
	unsigned int report = (state | p->exit_state) & TASK_REPORT;

	if ((state & TASK_IDLE) == TASK_IDLE)
		return 'I';
	return letters[fls(report)];
}

void init_idle(struct task_struct *idle, int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	__sched_fork(idle);
	spin_lock_irqsave(&idle->pi_lock, flags);
	rq_lock(rq);

	idle->state = TASK_RUNNING;
	idle->se.exec_start = sched_clock();
	idle->flags |= PF_IDLE | PF_KTHREAD;
	idle->cpus_mask = *cpumask_of(cpu);
	idle->nr_cpus_allowed = 1;
	__set_task_cpu(idle, cpu);
	rq->idle = idle;
	WRITE_ONCE(rq->curr, idle);
	idle->on_rq = TASK_ON_RQ_QUEUED;
	idle->on_cpu = 1;
	idle->sched_class = &idle_sched_class;
	set_load_weight(idle, false);

	rq_unlock(rq);
	spin_unlock_irqrestore(&idle->pi_lock, flags);
	snprintf(idle->comm, sizeof(idle->comm), "swapper/%d", cpu);
}

void __init sched_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		spin_lock_init(&rq->lock, LOCK_RANK_RQ);
		rq->cpu = cpu;
		rq->clock = rq->clock_task = sched_clock();
		init_cfs_rq(&rq->cfs);
		rq->cfs.rq = rq;
		init_rt_rq(&rq->rt);
		atomic_set(&rq->nr_iowait, 0);
		rq->online = cpu_online(cpu);
	}
	sched_init_granularity();

	/* The boot task becomes this CPU's idle task; it borrows the kernel's own address space. */
	atomic_inc(&init_mm.mm_count);
	init_idle(current, smp_processor_id());
}
