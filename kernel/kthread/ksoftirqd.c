/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/ksoftirqd.c - a thread on each CPU for the softirqs that would not end.
 *
 * kernel/irq/softirq.c serves softirqs at the end of an interrupt, ahead of every task, and only up to a bound. What is beyond it, and what
 * a task raises outside any interrupt, is served here, by a task like any other: the scheduler sees to it that the others
 * get their share.
 *
 * The thread of CPU 0 exists before the first driver, those of the others when these run. Until then what is left over waits for
 * the next interrupt.
 *
 * The lost wakeup: the thread looks at the pending word and sleeps with interrupts off in between? No: it sets its state first,
 * looks, and then schedules; a raise after the look wakes it by its state. The pending word is this CPU's own, and whoever sets it does
 * so on this CPU.
 */
#include <primer/cpumask.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kthread.h>
#include <primer/percpu.h>
#include <primer/sched.h>
#include <asm/irqflags.h>

static DEFINE_PER_CPU(struct task_struct *, ksoftirqd);		/* [written once, before the hook can find it] */

static bool wakeup_softirqd(void)
{
	struct task_struct *t = this_cpu_read(ksoftirqd);

	if (!t)
		return false;
	if (t->state != TASK_RUNNING)
		wake_up_process(t);
	return true;
}

static int run_ksoftirqd(void *unused)
{
	(void)unused;
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!local_softirq_pending())
			schedule();
		__set_current_state(TASK_RUNNING);
		local_irq_disable();
		if (local_softirq_pending())
			__do_softirq();
		local_irq_enable();
		cond_resched();
	}
	return 0;
}

static int __init spawn(unsigned int cpu)
{
	struct task_struct *t = kthread_create_on_cpu(run_ksoftirqd, NULL, cpu, "ksoftirqd/%u");

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	per_cpu(ksoftirqd, cpu) = t;
	wake_up_process(t);
	return 0;
}

static int __init spawn_ksoftirqd(void)
{
	int ret = spawn(0);

	wakeup_softirqd_hook = wakeup_softirqd;
	return ret;
}
early_initcall(spawn_ksoftirqd);

static int __init spawn_other_ksoftirqds(void)
{
	unsigned int cpu;
	int ret = 0;

	for_each_online_cpu(cpu) {
		if (!per_cpu(ksoftirqd, cpu))
			ret = ret ?: spawn(cpu);
	}
	return ret;
}
core_initcall(spawn_other_ksoftirqds);
