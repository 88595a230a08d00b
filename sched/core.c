/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/core.c - schedule() and the switch.
 *
 * The problem. A CPU runs one task; many want it, and most of them wait for something. The scheduler must always know
 * which tasks are runnable, choose one, and change over.
 *
 * The idea. Each CPU has a run queue (struct rq) of its runnable tasks, the running one included. What order they run
 * in is the business of the classes (sched.h): stop, rt, fair, idle, asked in this order. The core does the rest:
 *
 *	               set_current_state(); schedule()
 *	  running  ---------------------------------------->  asleep: on_rq = 0
 *	   ^    |                                                |
 *	   |    | preempted, or schedule() with state RUNNING    | try_to_wake_up()
 *	   |    v                                                v
 *	  queued, on_rq = 1  <------------------------------  state = WAKING -> RUNNING
 *
 * In full, with the lock under which each step is made. "runs" and "waits" are both p->state = RUNNING; what tells them apart is rq->curr:
 *
 *	from		to		by					under
 *	(fork)		NEW		sched_fork()				nobody else knows of it
 *	NEW		waits		wake_up_new_task()			pi_lock, rq->lock
 *	waits		runs		__schedule() picks it			rq->lock
 *	runs		waits		__schedule(): preempted, or it yields	rq->lock
 *	waits		waits elsewhere	balancer, affinity, push, pull		both rq->locks, in turn or together
 *	runs		"will sleep"	set_current_state()			none: its own word, and a full barrier
 *	"will sleep"	waits		preemption: its state does not count	rq->lock
 *	"will sleep"	runs		try_to_wake_up(): not yet asleep	pi_lock, rq->lock (itself: none)
 *	"will sleep"	runs		it sees its condition: finish_wait()	none: its own word
 *	"will sleep"	runs		__schedule(): a signal waits for it	rq->lock
 *	"will sleep"	asleep		__schedule(): off the queue		rq->lock
 *	asleep		WAKING		try_to_wake_up()			pi_lock
 *	WAKING		waits		the same, on the queue that was chosen	pi_lock, then rq->lock of that queue
 *	runs		stopped, parked	set_special_state(), then as above	pi_lock
 *	runs		DEAD		do_task_dead()				pi_lock, then rq->lock for good
 *
 * Two words of a task say where it is. on_rq: 1 while it is on a run queue [that queue's lock]. on_cpu: 1 while a CPU
 * uses its stack; set by __schedule() of the CPU that is about to run it, cleared with release semantics after that
 * CPU has left its stack. A task that went to sleep is on_rq = 0 and still on_cpu = 1 for a moment: who wakes it
 * (wakeup.c) must wait for the second, or two CPUs would run on one stack.
 *
 * Who may do what
 *   p->state		p itself, before it sleeps; a waker, with p->pi_lock held
 *   p->on_rq, its place	the lock of the queue that task_cpu(p) names. Whoever wants it for a given p takes it,
 *			looks again whether p is still there, and starts over if not: __task_rq_lock()
 *   task_cpu(p)	changes only while p is not queued: under pi_lock by a waker, or under its rq->lock with on_rq =
 *			MIGRATING
 *   p->cpus_mask	pi_lock and rq->lock to change, either to read
 *   order		pi_lock, then rq->lock; two run queues by CPU number
 *
 * When a CPU is taken away. resched_curr() only asks, by a flag. It is answered at the first of
 *   preempt_enable()		that ends the last section without preemption: spin_unlock() is one
 *   an interrupt's return	to the kernel, if it was preemptible: preempt_schedule_irq(); kernel/entry/entry_64.asm
 *   the return to user mode	after an interrupt or a system call: exit_to_user_mode(); kernel/entry/common.c
 *   schedule()		if it comes by itself
 * So who is wanted waits for no longer than the longest section with preemption or interrupts off, wherever the task that runs may be.
 * One gap is left. Who wakes a task with interrupts off and then turns them on, and holds no lock around both (raise_softirq() and
 * queue_work() do so), leaves a flag that nobody looks at before the next preempt_enable() or interrupt: at the latest, the tick.
 * Hence no cond_resched(), which other kernels have in long loops.
 *
 * The switch. A kernel thread has no address space and borrows that of the task before it (active_mm), counted in
 * mm_count. rq->lock is taken by the old task and released by the new one, in finish_task_switch(): a task that is
 * not running is always inside context_switch(), with preempt_count PREEMPT_DISABLE_OFFSET and interrupts off. A new
 * task starts at schedule_tail().
 *
 * Linux (kernel/sched/core.c) also has a deadline class.
 */
#include <primer/init.h>
#include <primer/kernel_stat.h>
#include <primer/mmu_context.h>
#include <primer/printk.h>
#include <primer/rcutree.h>
#include <primer/sched/loadavg.h>
#include <primer/sprintf.h>
#include <primer/tick.h>
#include <asm/tsc.h>
#include <asm/uaccess.h>

#include "sched.h"

DEFINE_PER_CPU_ALIGNED(struct rq, runqueues);

const struct sched_class *const sched_classes[NR_SCHED_CLASSES] = {&stop_sched_class, &rt_sched_class,
								   &fair_sched_class, &idle_sched_class};

static void drop_nothing(struct mm_struct *mm)			{ }
static void free_nothing(struct task_struct *p)			{ }
void (*finish_task_mmdrop)(struct mm_struct *mm) __ro_after_init = drop_nothing;
void (*free_task_hook)(struct task_struct *p) __ro_after_init = free_nothing;
void (*smp_send_reschedule_hook)(int cpu) __ro_after_init;
int (*stop_one_cpu_hook)(unsigned int cpu, int (*fn)(void *arg), void *arg) __ro_after_init;
void (*wq_worker_sleeping_hook)(struct task_struct *p) __ro_after_init;		/* set before there is a worker */
void (*wq_worker_running_hook)(struct task_struct *p) __ro_after_init;

void __put_task_struct(struct task_struct *p)
{
	free_task_hook(p);
}

/* ---- run queue locks --------------------------------------------------------------------------------------------- */

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

/* ---- asking for a reschedule ------------------------------------------------------------------------------------- */

/*
 * Make rq's CPU call schedule() soon: at the next preempt_enable(), interrupt return or return to user mode. An idle
 * CPU that polls the flag needs no interrupt.
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

/* ---- the switch -------------------------------------------------------------------------------------------------- */

/*
 * The first thing that happens on next's side. @prev is who ran before on this CPU, which is not who we switched to
 * when we left. Called with preemption disabled, rq->lock held, interrupts off; returns with the lock dropped and
 * interrupts on.
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
	rt_balance_work(rq);
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
	 *	to kernel	borrow prev's tables: one more user if they are a process's, else take over its loan
	 *	to user		load next's; what prev had borrowed is given back when we are off its tables
	 */
	if (!next->mm) {
		enter_lazy_tlb(prev->active_mm, next);
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

/* ---- schedule ---------------------------------------------------------------------------------------------------- */

static struct task_struct *pick_next_task(struct rq *rq, struct task_struct *prev)
{
	const struct sched_class *class;
	struct task_struct *p;
	int i;

	/* What runs here gets less important: is a real-time task waiting elsewhere that is better than what is left? */
	if (unlikely(prev->sched_class == &rt_sched_class) && rt_overloaded() && rq->rt.highest_prio > prev->prio)
		pull_rt_task(rq);
	if (!rq->nr_running && smp_send_reschedule_hook)
		newidle_balance(rq);
	/* Nobody but prev can run. */
	if (rq->nr_running == 1 && task_on_rq_queued(prev) && prev->sched_class == &fair_sched_class)
		return keep_task_fair(rq, prev);
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
 * Choose who runs next and switch to it. @preempt: current was pushed off, so its state does not count: it may have
 * set one and not yet have looked at its condition (between S1 and S2).
 *
 * Context: preempt_count is PREEMPT_DISABLE_OFFSET, interrupts on; returns the same way, perhaps much later and on
 * another CPU.
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
	rcu_note_context_switch(preempt);	/* before rq_lock, whose barrier it needs */
	rq_lock(rq);
	smp_mb__after_spinlock();		/* S1 before the read of state here: pairs with try_to_wake_up() */
	update_rq_clock(rq);
	schedstat_inc(rq->sched_count);

	switch_count = &prev->nivcsw;
	prev_state = prev->state;
	if (!preempt && prev_state) {
		if (signal_pending_state(prev_state, prev)) {
			WRITE_ONCE(prev->state, TASK_RUNNING);
		} else {
			prev->sched_contributes_to_load =
				(prev_state & TASK_UNINTERRUPTIBLE) && !(prev_state & TASK_NOLOAD);
			if (prev->sched_contributes_to_load)
				rq->nr_uninterruptible++;
			/*
			 * on_rq = 0 is stored after the state was set, with rq->lock's barrier in between: what
			 * try_to_wake_up() relies on when it reads them in the opposite order.
			 */
			deactivate_task(rq, prev, DEQUEUE_SLEEP);
			if (prev->in_iowait)
				atomic_inc(&rq->nr_iowait);
		}
		switch_count = &prev->nvcsw;
	}

	next = pick_next_task(rq, prev);
	sched_check(rq);
	clear_tsk_need_resched(prev);
	clear_preempt_need_resched();

	if (likely(prev != next)) {
		rq->nr_switches++;
		++*switch_count;
		WRITE_ONCE(rq->curr, next);
		sched_info_switch(rq, prev, next);
		trace_sched_switch(preempt, prev, next);
		context_switch(rq, prev, next);	/* drops the lock */
	} else {
		rt_balance_work(rq);
		rq_unlock_irq(rq);
	}
}

void schedule(void)
{
	/* A worker that sleeps lets its pool start another one; one that is preempted does not. */
	if (unlikely(current->flags & PF_WQ_WORKER) && current->state)
		wq_worker_sleeping_hook(current);
	do {
		preempt_disable();
		__schedule(false);
		sched_preempt_enable_no_resched();
	} while (need_resched());
	if (unlikely(current->flags & PF_WQ_WORKER))
		wq_worker_running_hook(current);
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

void yield(void)
{
	struct rq *rq;

	set_current_state(TASK_RUNNING);
	preempt_disable();
	local_irq_disable();
	rq = this_rq();
	rq_lock(rq);
	schedstat_inc(rq->yld_count);
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
	/* Preempted with this state already set, it would be put away twice: finish_task_switch() looks at the state alone. */
	preempt_disable();
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

/* ---- the tick, and start-up -------------------------------------------------------------------------------------- */

void scheduler_tick(void)
{
	struct rq *rq = this_rq();
	struct task_struct *curr = rq->curr;

	rq_lock(rq);
	update_rq_clock(rq);
	curr->sched_class->task_tick(rq, curr, 0);
	if (rq->sd)
		__rq_load_step(rq);
	sched_check(rq);
	rq_unlock(rq);
	if (rq->sd)
		trigger_load_balance(rq);
}

/*
 * What a tick means here. Where it hit the running task, in user mode or not, is all that anybody knows of how its time
 * divides: task_cputime().
 */
static void sched_tick(bool user)
{
	struct task_struct *curr = current;

	if (!is_idle_task(curr)) {
		if (user) {
			curr->utime += TICK_NSEC;
			this_cpu_inc(kstat.ticks[curr->static_prio > DEFAULT_PRIO ? CPUTIME_NICE : CPUTIME_USER]);
		} else {
			curr->stime += TICK_NSEC;
			this_cpu_inc(kstat.ticks[in_serving_softirq() ? CPUTIME_SOFTIRQ : CPUTIME_SYSTEM]);
		}
	}
	rcu_sched_clock_irq(user);
	scheduler_tick();
	calc_global_load();
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

unsigned int nr_iowait(void)
{
	unsigned int cpu;
	int sum = 0;

	for_each_possible_cpu(cpu)
		sum += atomic_read(&cpu_rq(cpu)->nr_iowait);
	return max(sum, 0);		/* one may have gone from one CPU to another meanwhile */
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
	set_load_weight(idle);

	rq_unlock(rq);
	spin_unlock_irqrestore(&idle->pi_lock, flags);
	snprintf(idle->comm, sizeof(idle->comm), "swapper/%d", cpu);
}

void sched_cpu_starting(unsigned int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	rq_lock(rq);
	rq->online = true;
	sched_idle_set(cpu);
	rq_unlock(rq);
}

void __init sched_init_smp(void)
{
	sched_init_domains();
	sched_init_granularity();
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
	balance_init();
	sched_tick_hook = sched_tick;

	/* The boot task becomes this CPU's idle task; it borrows the kernel's own address space. */
	atomic_inc(&init_mm.mm_count);
	init_idle(current, smp_processor_id());
}
