/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/idle.c - how a CPU waits for work.
 *
 * HLT stops the CPU until an interrupt. So whoever has work for it must send one, and the CPU must take it: that may cost more than the
 * work.
 *
 * MONITOR and MWAIT stop it until a cache line is written. Watched is the line of current's thread_info.flags: a wakeup sets
 * TIF_NEED_RESCHED there anyway, and that alone is enough (TIF_POLLING_NRFLAG stays set while we wait: see sched/idle.c).
 *
 *	CPU 0 idles				CPU 1 wakes a task for it
 *	MONITOR flags
 *	NEED_RESCHED? no
 *	MWAIT				<----	sets NEED_RESCHED: the write ends the wait
 *
 * A write between MONITOR and MWAIT makes MWAIT return at once, so the look in between loses nothing.
 *
 * Under a hypervisor HLT is taken: it gives the CPU back, while MWAIT either traps as well or, in an emulator, spins. idle=mwait takes it
 * all the same, idle=halt and idle=nomwait never.
 *
 * Some processors miss a write to a line that is in their cache when MONITOR comes (erratum AAI65 of the Xeon 5500 series is one): so it
 * is flushed first.
 *
 * Context: the idle task, interrupts off. Intel SDM vol. 3, 8.10.4 (MONITOR/MWAIT), vol. 2 for both instructions.
 * Linux: arch/x86/kernel/process.c, which leaves the choice of deeper sleep states to drivers/cpuidle.
 */
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/string.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/irqflags.h>
#include <asm/mwait.h>

bool idle_mwait __ro_after_init;
static enum { IDLE_AUTO, IDLE_HALT, IDLE_MWAIT } wanted __initdata;

static int __init idle_setup(char *val)
{
	if (!strcmp(val, "halt") || !strcmp(val, "nomwait"))
		wanted = IDLE_HALT;
	else if (!strcmp(val, "mwait"))
		wanted = IDLE_MWAIT;
	else
		return -1;
	return 0;
}
early_param("idle", idle_setup);

void arch_cpu_idle(void)
{
	const volatile void *flags = &current->thread_info.flags;

	if (!idle_mwait) {
		safe_halt();
		return;
	}
	smp_mb();
	clflush(flags);
	smp_mb();
	__monitor(flags);
	if (need_resched())
		local_irq_enable();
	else
		__sti_mwait();
}

static int __init select_idle_routine(void)
{
	if (!boot_cpu_has(X86_FEATURE_MWAIT)) {
		if (wanted == IDLE_MWAIT)
			pr_warn("process: idle=mwait: this CPU has no MWAIT\n");
		return 0;
	}
	idle_mwait = wanted == IDLE_MWAIT || (wanted == IDLE_AUTO && !boot_cpu_has(X86_FEATURE_HYPERVISOR));
	if (idle_mwait)
		pr_info("process: using mwait in idle threads\n");
	return 0;
}
early_initcall(select_idle_routine);
