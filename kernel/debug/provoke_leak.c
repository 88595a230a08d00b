/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/provoke_leak.c - planted leaks of the preempt count: a switch with it raised, functions that return with it raised.
 *
 * Whoever calls a function that somebody else wrote compares the count before and after. It names the function, puts the count
 * right, and goes on: so does the machine after each of these.
 *
 *	SCHEDULE_ATOMIC		a task calls schedule() with preemption off	sched/core.c
 *	SOFTIRQ_LEAK		a softirq					kernel/irq/softirq.c
 *	WORK_LEAK		a work item					kernel/kthread/workqueue_pool.c
 *	TIMER_LEAK		a timer						kernel/time/timer.c
 *
 * What a system call leaks is in provoke_syscall.c.
 *
 * Context of all: PID 1 at the end of the boot, no lock held. Each returns when its function has been called.
 *
 * LKDTM has no such faults.
 */
#include <primer/compiler.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/preempt.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/timer.h>
#include <primer/workqueue.h>

#include "provoke_internal.h"

static bool softirq_has_run;

void provoke_SCHEDULE_ATOMIC(void)
{
	preempt_disable();
	schedule();		/* comes back with the count put right */
	barrier();		/* a call, and no jump: the report shall show us */
}

static void leaky_softirq(struct softirq_action *action)
{
	preempt_disable();
	WRITE_ONCE(softirq_has_run, true);
}

/* IRQ_POLL's number is borrowed: nothing uses it. */
void provoke_SOFTIRQ_LEAK(void)
{
	open_softirq(IRQ_POLL_SOFTIRQ, leaky_softirq);
	raise_softirq(IRQ_POLL_SOFTIRQ);
	while (!READ_ONCE(softirq_has_run))
		msleep(1);
}

static void leaky_work(struct work_struct *work)	{ preempt_disable(); }

void provoke_WORK_LEAK(void)
{
	static DECLARE_WORK(work, leaky_work);

	schedule_work(&work);
	flush_work(&work);
}

static void leaky_timer(struct timer_list *timer)	{ preempt_disable(); }

void provoke_TIMER_LEAK(void)
{
	static DEFINE_TIMER(timer, leaky_timer);

	mod_timer(&timer, jiffies + 1);
	while (timer_pending(&timer))
		msleep(1);
	del_timer_sync(&timer);
}
