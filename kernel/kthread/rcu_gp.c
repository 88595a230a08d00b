/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/rcu_gp.c - "rcu_sched": the thread that begins and ends grace periods.
 *
 * What a grace period is, and why this ends it, is in kernel/rcu/tree.c. Here is only the order of the turns and the waiting in between:
 *
 *	sleep until somebody has asked
 *	begin; CPUs that idle are done at once, and so is this one
 *	while a CPU is missing
 *		sleep until the last one reports (its softirq wakes us), two ticks at most
 *		look for those that have gone idle meanwhile
 *		one that has been missing for RESCHED_AFTER: ask it for a reschedule
 *		a CPU has a flood of callbacks: look at once, ask at once, and again each tick; in the next grace period too
 *		one that has been missing for many seconds: complain (kernel/rcu/stall.c)
 *	end; at their next tick the CPUs that have callbacks see it
 *
 * On a machine with one CPU, or one whose others idle, a grace period is over before the thread sleeps once.
 *
 * Nobody is woken by a machine at rest: without callbacks there are no grace periods.
 *
 * The lost wakeup: the thread sets its state first and looks afterwards; who asks writes first and wakes afterwards.
 *
 * Locking: none here. The functions of kernel/rcu/tree.c take the locks of the nodes, one after the other.
 *
 * Linux: rcu_gp_kthread() in kernel/rcu/tree.c. How long it sleeps between two looks can be set there, and depends on
 * the number of CPUs; and it asks a CPU that is late in steps, by a flag for its loops first, by an interrupt at last.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/printk.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/sleep.h>

#define NEXT_FQS	2		/* ticks between two looks */
#define RESCHED_AFTER	(HZ / 10)

static struct task_struct *rcu_gp_kthread_task;		/* [written once, before the hook can find it] */

static void wake_rcu_gp_kthread(void)
{
	wake_up_process(rcu_gp_kthread_task);
}

static void wait_for_request(void)
{
	for (;;) {
		set_current_state(TASK_IDLE);
		if (rcu_gp_wanted())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* True: pressed meanwhile. */
static bool wait_for_reports(long ticks)
{
	bool pressed;

	set_current_state(TASK_IDLE);
	pressed = rcu_gp_pressed();
	if (!pressed && !rcu_gp_done())
		schedule_timeout(ticks);
	__set_current_state(TASK_RUNNING);
	return rcu_gp_pressed() || pressed;
}

static int rcu_gp_kthread(void *unused)
{
	/* In the last grace period: the callbacks that came in it wait for this one. */
	bool pressed = false;

	for (;;) {
		unsigned long begin;
		bool hurry;

		wait_for_request();
		rcu_gp_init();
		begin = jiffies;
		hurry = rcu_gp_pressed() || pressed;
		pressed = false;
		while (!rcu_gp_done()) {
			u64 missing;

			if (wait_for_reports(hurry ? 1 : NEXT_FQS))
				hurry = pressed = true;
			if (rcu_gp_done())
				break;
			missing = rcu_gp_force_qs();
			if (hurry || time_after(jiffies, begin + RESCHED_AFTER)) {
				for (; missing; missing &= missing - 1)
					resched_cpu(__builtin_ctzll(missing));
			}
			rcu_check_stall_gp();
		}
		rcu_gp_cleanup();
	}
	return 0;
}

static int __init rcu_spawn_gp_kthread(void)
{
	struct task_struct *t = kthread_create(rcu_gp_kthread, NULL, "rcu_sched");

	if (IS_ERR(t)) {
		pr_err("rcu: no memory for rcu_sched: callbacks will never be called\n");
		return (int)PTR_ERR(t);
	}
	/* Who asks for a grace period can wake it before it looks for the first time: nobody asks in vain. */
	rcu_gp_kthread_task = t;
	rcu_gp_kthread_wake_hook = wake_rcu_gp_kthread;
	wake_up_process(t);
	return 0;
}
early_initcall(rcu_spawn_gp_kthread);
