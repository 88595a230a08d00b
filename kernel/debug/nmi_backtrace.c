/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/nmi_backtrace.c - where is every CPU, and stop there.
 *
 * The problem. When one CPU panics, the others must stop: they may be part of the reason, and whatever they do from here on only covers the
 * tracks. Where each of them was is half of the story. A CPU that hangs with interrupts off does not answer to an ordinary
 * interrupt.
 *
 * The idea. A non-maskable interrupt reaches every CPU, wherever it is. Its handler says where, and in a panic never returns.
 *
 *	the panicking CPU					CPU n
 *	for each other CPU, one after the other:
 *	  its bit into asked; NMI  ---------------------------->	anything, interrupts on or off
 *	  wait until the bit is gone, for ten seconds at most		print registers and backtrace
 *	  								clear the bit; halt for ever
 *
 * One after the other, so that the reports do not mix. Nothing is waited for without a limit, and a CPU that does not answer is named.
 * Of one that was only asked where it is, the bit is taken back then, and kept in late: an NMI that comes after all is no
 * riddle. Of one that is to stop it stays, as its NMI may still come.
 * A CPU that has nothing to do gets one line. The text goes into the log's ring, which bears NMIs; the panicking CPU shows it afterwards.
 *
 * Who is stopped inside the log lets go of it: nobody else's report waits for a CPU that will not go on.
 *
 * A stopped CPU is no longer online, so that nobody waits for it any more: not even a TLB shootdown on the way to the end.
 *
 * Locking: none, for a CPU that is asked may hold any lock. The bits of asked are changed by atomic operations.
 *
 * Linux: lib/nmi_backtrace.c, and arch/x86/kernel/smp.c, which stops with an ordinary interrupt first.
 */
#include <primer/atomic.h>
#include <primer/cpumask.h>
#include <primer/delay.h>
#include <primer/init.h>
#include <primer/kdebug.h>
#include <primer/nmi.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <asm/apic.h>
#include <asm/irq_vectors.h>
#include <asm/irqflags.h>
#include <asm/nmi.h>

#define ANSWER_LIMIT_US		10000000	/* a virtual CPU may not be running just now */

static cpumask_t asked;			/* atomic bits: set by who asks, cleared by who has answered */
static cpumask_t late;			/* atomic bits: asked in vain. One NMI may still come */
static bool stop_after;			/* written before the first bit */

static int nmi_backtrace_handler(unsigned int type, struct pt_regs *regs)
{
	unsigned int cpu = raw_smp_processor_id();

	if (!cpumask_test_cpu(cpu, &asked))
		return cpumask_test_and_clear_cpu(cpu, &late) ? NMI_HANDLED : NMI_DONE;
	if (system_state <= SYSTEM_RUNNING) {
		if (is_idle_task(current) && !user_mode(regs)) {
			pr_warn("NMI backtrace for cpu %u skipped: idling at %pS\n", cpu, (void *)regs->ip);
		} else {
			pr_warn("NMI backtrace for cpu %u\n", cpu);
			show_regs(regs);
		}
	}
	if (stop_after) {
		printk_abandon();		/* what this has interrupted will not go on: nobody may wait for it */
		set_cpu_online(cpu, false);
	}
	cpumask_clear_cpu(cpu, &asked);		/* locked: what was printed comes before it */
	while (stop_after) {
		local_irq_disable();
		halt();
	}
	return NMI_HANDLED;
}

static bool ask_cpu(unsigned int cpu)
{
	unsigned long flags;
	unsigned int us;
	bool gave_up;

	local_irq_save(flags);		/* no asker of this CPU between the bit and its NMI */
	/* Asked by another CPU already: that NMI answers both. Who is to stop is sent one in any case. */
	if (!cpumask_test_and_set_cpu(cpu, &asked) || stop_after)
		default_send_IPI_single(cpu, NMI_VECTOR);
	local_irq_restore(flags);
	for (us = 0; cpumask_test_cpu(cpu, &asked) && us < ANSWER_LIMIT_US; us += 10) {
		touch_nmi_watchdog();		/* who waits here is no lockup */
		udelay(10);
	}
	gave_up = cpumask_test_cpu(cpu, &asked);
	if (gave_up)
		cpumask_set_cpu(cpu, &late);
	if (stop_after ? !cpumask_test_cpu(cpu, &asked) : !cpumask_test_and_clear_cpu(cpu, &asked)) {
		if (gave_up)			/* else that bit is another asker's */
			cpumask_clear_cpu(cpu, &late);
		return true;
	}
	pr_emerg("CPU%u does not answer to an NMI\n", cpu);
	return false;
}

bool trigger_single_cpu_backtrace(unsigned int cpu)
{
	if (cpu == (unsigned int)raw_smp_processor_id()) {
		dump_stack();
		return true;
	}
	return apic_enabled && cpu_online(cpu) && ask_cpu(cpu);
}

void trigger_all_cpu_backtrace(void)
{
	unsigned int cpu;

	pr_info("Sending NMI from CPU %d to the others:\n", raw_smp_processor_id());
	for_each_online_cpu(cpu)
		trigger_single_cpu_backtrace(cpu);
}

/* panic_stop_cpus_hook: interrupts off, any lock held by anybody. An orderly end of the machine comes here too, and prints nothing. */
static void stop_other_cpus(void)
{
	unsigned int cpu, me = raw_smp_processor_id();

	if (!apic_enabled || num_online_cpus() == 1)
		return;
	stop_after = true;
	smp_mb();
	for_each_online_cpu(cpu)
		if (cpu != me)
			ask_cpu(cpu);
}

/* rcu_cpu_backtrace_hook. */
static void rcu_backtrace(unsigned int cpu)
{
	if (cpu != (unsigned int)raw_smp_processor_id())
		pr_warn("Sending NMI from CPU %d to CPUs %u:\n", raw_smp_processor_id(), cpu);
	trigger_single_cpu_backtrace(cpu);
}

static struct nmiaction backtrace_action = { .handler = nmi_backtrace_handler, .name = "arch_bt" };

static int __init nmi_backtrace_init(void)
{
	register_nmi_handler(NMI_LOCAL, &backtrace_action);
	panic_stop_cpus_hook = stop_other_cpus;
	rcu_cpu_backtrace_hook = rcu_backtrace;
	return 0;
}
early_initcall(nmi_backtrace_init);
