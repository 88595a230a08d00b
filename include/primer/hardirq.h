/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/hardirq.h - the brackets around every interrupt handler.
 *
 * irq_enter() makes in_irq() true; irq_exit() ends that and serves the softirqs that were raised, if nothing outer is going to. A CPU
 * that idles has stopped its tick, and RCU does not watch it: an interrupt there first says that it may read under RCU and brings the
 * clock up to date; at its end it may program the next timer. The rooms of RCU and time do that through the hooks below, and only then.
 */
#ifndef PRIMER_HARDIRQ_H
#define PRIMER_HARDIRQ_H

#include <primer/compiler.h>
#include <primer/preempt.h>
#include <asm/hardirq.h>

/*
 * irq_idle_flags - why an interrupt on this CPU has more to do than usual: IRQ_IDLE_TICKLESS, it idles without tick, set and cleared
 * by kernel/time; IRQ_IDLE_RCU, it idles and RCU does not wait for it, by kernel/rcu. [owner CPU, interrupts off]
 * tick_irq_enter_hook, tick_irq_exit_hook, rcu_irq_enter_hook, rcu_irq_exit_hook - called by the outermost interrupt on such a CPU, in
 * hard interrupt context, interrupts off. [set once at boot, before any CPU sets the flag]
 */
#define IRQ_IDLE_TICKLESS	1
#define IRQ_IDLE_RCU		2
DECLARE_PER_CPU(u8, irq_idle_flags);
extern void (*tick_irq_enter_hook)(void);
extern void (*tick_irq_exit_hook)(void);
extern void (*rcu_irq_enter_hook)(void);
extern void (*rcu_irq_exit_hook)(void);
void irq_enter_idle(void);
void irq_exit_idle(void);

/* invoke_softirq - softirqs are pending at the end of an interrupt: serve them, or leave them to ksoftirqd. In kernel/irq/softirq.c. */
void invoke_softirq(void);

/* Context: interrupts off, at the very beginning and end of an interrupt. */
static __always_inline void irq_enter(void)
{
	preempt_count_add(HARDIRQ_OFFSET);
	if (unlikely(this_cpu_read(irq_idle_flags)) && (preempt_count() & (HARDIRQ_MASK | SOFTIRQ_MASK)) == HARDIRQ_OFFSET)
		irq_enter_idle();
}

static __always_inline void irq_exit(void)
{
	preempt_count_sub(HARDIRQ_OFFSET);
	if (unlikely(local_softirq_pending()) && !in_interrupt())
		invoke_softirq();
	if (unlikely(this_cpu_read(irq_idle_flags)) && !in_interrupt())
		irq_exit_idle();
}

/* nmi_enter, nmi_exit - the same for NMIs, which may come inside all others. */
#define nmi_enter()	preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET)
#define nmi_exit()	preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET)

#endif
