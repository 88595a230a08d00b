/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/ksoftirqd.c - a thread on each CPU for the softirqs that would not end.
 *
 * kernel/irq/softirq.c serves softirqs at the end of an interrupt, ahead of every task, and only up to a bound. What is beyond it, and what
 * a task raises outside any interrupt, is served here, by a task like any other: the scheduler sees to it that the others
 * get their share.
 *
 * The threads are made before the first driver. Until then what is left over waits for the next interrupt.
 *
 * The lost wakeup: smpboot.c sets the state, then asks should_run(); a raise after the question wakes the thread by its
 * state. The pending word is this CPU's own, and whoever sets it does so on this CPU.
 *
 * Locking: none. The pending word is read and taken with interrupts off.
 *
 * Linux: run_ksoftirqd() in kernel/softirq.c, which also hands the tasklets of a CPU that is switched off to another.
 */
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/percpu.h>
#include <primer/sched.h>
#include <primer/smpboot.h>
#include <asm/irqflags.h>

/* True: it runs, or will, and serves what is pending. */
static bool wakeup_softirqd(void)
{
	struct task_struct *t = this_cpu_read(ksoftirqd);

	if (!t)
		return false;
	if (t->state != TASK_RUNNING)
		wake_up_process(t);
	return true;
}

static int ksoftirqd_should_run(unsigned int cpu)
{
	return local_softirq_pending() != 0;
}

static void run_ksoftirqd(unsigned int cpu)
{
	local_irq_disable();
	if (local_softirq_pending())
		__do_softirq();		/* on this thread's own stack, which is as good as empty */
	local_irq_enable();		/* who was woken meanwhile runs at the next preempt_enable(), in smpboot.c */
}

static struct smp_hotplug_thread softirq_threads = {
	.store			= &ksoftirqd,
	.thread_should_run	= ksoftirqd_should_run,
	.thread_fn		= run_ksoftirqd,
	.thread_comm		= "ksoftirqd/%u",
};

static int __init spawn_ksoftirqd(void)
{
	int err = smpboot_register_percpu_thread(&softirq_threads);

	wakeup_softirqd_hook = wakeup_softirqd;
	return err;
}
early_initcall(spawn_ksoftirqd);
