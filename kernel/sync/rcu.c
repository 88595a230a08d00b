/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/rcu.c - waiting for grace periods and for callbacks.
 *
 * synchronize_rcu() is call_rcu() with a callback that completes; the waiter sleeps. It takes some milliseconds: the tick of
 * each busy CPU has to come by.
 *
 * Expedited. Whoever cannot wait pays with an interrupt for each busy CPU. If the interrupt finds preemptible code, that is a quiescent
 * state by itself; else it asks for a reschedule, and the end of the section becomes a context switch:
 *
 *	waiter			CPU 1 (idle)	CPU 2 (preemptible)	CPU 3 (in a reader)
 *	snapshot of each	even: done
 *	IPI to the rest  ------------------->	count, done	------>	need_resched
 *	look at the counts						... reader ends: switch: count
 *	all moved: return
 *
 * Nobody waits for an interrupt to be taken, only for the counts: a CPU that has interrupts off for ever would take the waiter with it.
 * When the counts do not move for as long as a stall may last, the CPUs that are missing are named, with their stacks (kernel/rcu/stall.c).
 *
 * Requests share their work: a waiter that had to wait for the mutex finds that a whole expedited grace period has run since it came,
 * and is done.
 *
 * rcu_barrier() waits for callbacks, not for readers: a module of code that is about to be unloaded, a cache that is destroyed. It queues
 * one callback of its own behind all others on each CPU that has any, and waits for all of these: a CPU's callbacks are called in
 * order. CPUs that have none are left alone, asleep.
 *
 * With one CPU online nothing has to be waited for: this task may sleep, so it is in no section, and there is nobody else. That is also
 * why it works before there is a scheduler.
 *
 * Locking: exp_mutex and barrier_mutex, each a leaf.
 *
 * Linux: kernel/rcu/tree.c, kernel/rcu/tree_exp.h, where the expedited grace period goes through the tree as well.
 */
#include <primer/completion.h>
#include <primer/cpumask.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/kstrtox.h>
#include <primer/mutex.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/trace.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>

#define EXP_SPIN_NS	20000		/* most sections are over in far less; then sleep a tick at a time */

bool rcu_expedited __read_mostly;

static int __init expedited_setup(char *val)
{
	int on;

	if (kstrtoint(val, 10, &on))
		return 0;
	rcu_expedited = on;
	return 1;
}
__setup("rcupdate.rcu_expedited=", expedited_setup);

struct rcu_synchronize {
	struct rcu_head head;
	struct completion done;
};

static void wakeme_after_rcu(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_synchronize, head)->done);
}

static void check_caller(void)
{
	might_sleep();
	RCU_LOCKDEP_WARN(this_cpu_read(rcu_read_depth), "Illegal synchronize_rcu() in RCU read-side critical section");
}

void synchronize_rcu(void)
{
	struct rcu_synchronize wait;

	check_caller();
	if (num_online_cpus() == 1)
		return;
	if (rcu_expedited || system_state < SYSTEM_SCHEDULING) {
		synchronize_rcu_expedited();
		return;
	}
	init_completion(&wait.done);
	call_rcu(&wait.head, wakeme_after_rcu);
	rcu_request_gp();		/* at once, not at the next tick */
	wait_for_completion(&wait.done);
}

void cond_synchronize_rcu(unsigned long cookie)
{
	if (!poll_state_synchronize_rcu(cookie))
		synchronize_rcu();
}

/* ---- expedited ------------------------------------------------------------------------------------------------------- */

static DEFINE_MUTEX(exp_mutex, LOCK_RANK_SLEEPING_LEAF);	/* one expedited grace period at a time */
static unsigned long exp_seq;		/* [exp_mutex writes] odd: one runs */
static struct rcu_snapshot exp_snap[NR_CPUS];	/* [exp_mutex] */
static void rcu_exp_handler(void *unused);
/* [exp_mutex] One that is still on its way asks for the next grace period as well as for the one it was sent for. */
static call_single_data_t exp_csd[NR_CPUS] = { [0 ... NR_CPUS - 1] = { .func = rcu_exp_handler } };

/* On a CPU that is waited for. Hard interrupt. */
static void rcu_exp_handler(void *unused)
{
	if (preempt_count() == HARDIRQ_OFFSET) {
		rcu_qs();
		return;
	}
	/* A reader, perhaps. When preemption is allowed again, it will be a switch. */
	set_tsk_thread_flag(current, TIF_NEED_RESCHED);
	set_preempt_need_resched();
}

static u64 exp_missing(const cpumask_t *busy)
{
	unsigned int cpu;
	u64 missing = 0;

	for_each_cpu(cpu, busy) {
		if (!rcu_cpu_quiet(cpu, &exp_snap[cpu]))
			missing |= 1ULL << cpu;
	}
	return missing;
}

static void exp_wait(const cpumask_t *busy)
{
	unsigned long start = jiffies, stall = start + rcu_jiffies_till_stall_check();
	u64 spin_until = sched_clock() + EXP_SPIN_NS, missing;
	unsigned int cpu;

	for_each_cpu(cpu, busy) {
		while (!rcu_cpu_quiet(cpu, &exp_snap[cpu])) {
			if (sched_clock() < spin_until) {
				cpu_relax();
				continue;
			}
			schedule_timeout_uninterruptible(1);
			/* The requests may have been used up by switches that were under way. */
			for (missing = exp_missing(busy); missing; missing &= missing - 1)
				smp_call_function_single_async(__builtin_ctzl(missing), &exp_csd[__builtin_ctzl(missing)]);
			if (time_after_eq(jiffies, stall)) {
				rcu_exp_stall(exp_missing(busy), jiffies - start, exp_seq);
				stall = jiffies + 3 * rcu_jiffies_till_stall_check() + 3;
			}
		}
	}
}

static void exp_grace_period(void)
{
	cpumask_t busy = CPU_MASK_NONE;
	unsigned int cpu;

	smp_mb();	/* what was taken out before the samples: pairs with the CPUs' own, see kernel/rcu/tree.c "Order" */
	preempt_disable();
	for_each_online_cpu(cpu) {
		if (cpu != (unsigned int)smp_processor_id() && rcu_cpu_snapshot(cpu, &exp_snap[cpu]))
			cpumask_set_cpu(cpu, &busy);
	}
	/* This CPU: whoever may sleep was no reader when it came here. */
	for_each_cpu(cpu, &busy)
		smp_call_function_single_async((int)cpu, &exp_csd[cpu]);
	preempt_enable();
	exp_wait(&busy);
	smp_mb();	/* the looks before whatever the caller frees */
}

void synchronize_rcu_expedited(void)
{
	unsigned long want;

	check_caller();
	if (num_online_cpus() == 1)
		return;
	smp_mb();	/* the caller's change before the look at exp_seq */
	want = (READ_ONCE(exp_seq) + 3) & ~1UL;
	mutex_lock(&exp_mutex);
	if ((long)(exp_seq - want) < 0) {
		WRITE_ONCE(exp_seq, exp_seq + 1);
		trace_rcu_exp_grace_period(exp_seq, "start");
		exp_grace_period();
		trace_rcu_exp_grace_period(exp_seq, "end");
		WRITE_ONCE(exp_seq, exp_seq + 1);
		rcu_stats.expedited++;
	}
	mutex_unlock(&exp_mutex);
}

/* ---- rcu_barrier ----------------------------------------------------------------------------------------------------- */

static DEFINE_MUTEX(barrier_mutex, LOCK_RANK_SLEEPING_LEAF);	/* one at a time: the heads below */
static DEFINE_PER_CPU(struct rcu_head, barrier_head);		/* [barrier_mutex] */
static atomic_t barrier_left;					/* callbacks of ours that have not been called, and the caller */
static struct completion barrier_done;				/* [barrier_mutex] */

static void barrier_callback(struct rcu_head *head)
{
	if (atomic_dec_and_test(&barrier_left))
		complete(&barrier_done);
}

/* On each CPU that has callbacks; interrupts off. */
static void barrier_entrain(void *unused)
{
	atomic_inc(&barrier_left);
	call_rcu(this_cpu_ptr(&barrier_head), barrier_callback);
}

void rcu_barrier(void)
{
	unsigned int cpu;

	check_caller();
	mutex_lock(&barrier_mutex);
	init_completion(&barrier_done);
	atomic_set(&barrier_left, 1);	/* so that it does not end while we are still asking */
	smp_mb();	/* callbacks that the caller knows of before the look at the counts */
	for_each_online_cpu(cpu) {
		if (rcu_n_cbs(cpu))
			smp_call_function_single((int)cpu, barrier_entrain, NULL, 1);
	}
	/* Where nothing was queued, a grace period has nothing to bring. */
	if (atomic_read(&barrier_left) > 1)
		rcu_request_gp();
	if (!atomic_dec_and_test(&barrier_left))
		wait_for_completion(&barrier_done);
	mutex_unlock(&barrier_mutex);
}
