/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/rcu/idle.c - CPUs that sleep are not asked.
 *
 * The problem. A grace period waits for every CPU. One that idles has no tick that would report for it; waking it, only to hear that it
 * was asleep, would undo what the idle loop is for.
 *
 * The idea. Each CPU has a counter, dynticks: odd while it may have readers, even while it idles. The idle loop adds one before it halts and
 * one after. An interrupt on an idle CPU may well read: irq_enter() and irq_exit() add one each for it. Whoever wants to know looks:
 *
 *	dynticks	5	6	     7       8		9
 *	CPU	   task  | halted  | interrupt | halted  |  task
 *	                     ^ even: quiescent now	^ changed since: was quiescent in between
 *
 * Order. The addition is a locked one, a full barrier. On the way in: what readers did before comes before the even value. On the way
 * out: the odd value comes before what the next reader reads. So who finds it even can be sure that the CPU's next reader sees everything
 * that was done before the look.
 *
 * The flag. Interrupts that do not hit an idle CPU should not pay. irq_enter() tests one byte, which kernel/irq has for the tick's sake
 * already; IRQ_IDLE_RCU is a bit of it, set exactly while dynticks is the idle loop's to change, with interrupts off around both.
 *
 * Not covered: NMIs on an idle CPU, and interrupts that are served without irq_enter() (SYSVEC_SIMPLE). Their handlers do not read
 * under RCU; in DEBUG builds rcu_read_lock() says so if one does.
 *
 * Linux (kernel/rcu/tree.c, dynticks) counts nesting as well, because there user mode can be such a state (nohz_full).
 */
#include <primer/hardirq.h>
#include <primer/init.h>
#include <asm/irqflags.h>

#include "internal.h"

static __always_inline void dynticks_inc(void)
{
	atomic_add_return(1, &this_cpu_ptr(&rcu_data)->dynticks);	/* full barrier */
}

void rcu_idle_enter(void)
{
	lockdep_assert_irqs_disabled();
	this_cpu_or(irq_idle_flags, IRQ_IDLE_RCU);
	dynticks_inc();
}

void rcu_idle_exit(void)
{
	unsigned long flags;

	local_irq_save(flags);
	dynticks_inc();
	this_cpu_and(irq_idle_flags, (u8)~IRQ_IDLE_RCU);
	local_irq_restore(flags);
}

static void rcu_irq(void)
{
	dynticks_inc();
}

#ifdef CONFIG_DEBUG
bool rcu_is_watching(void)
{
	return atomic_read(&this_cpu_ptr(&rcu_data)->dynticks) & 1;
}
#endif

void __init rcu_idle_init(void)
{
	rcu_irq_enter_hook = rcu_irq;
	rcu_irq_exit_hook = rcu_irq;
}
