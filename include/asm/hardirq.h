/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/hardirq.h - what each CPU counts of the interrupts that have no number (the lower lines of /proc/interrupts), its
 * pending softirqs, and the registers that the current interrupt found.
 */
#ifndef ASM_HARDIRQ_H
#define ASM_HARDIRQ_H

#include <primer/types.h>
#include <asm/percpu.h>

/* [owner CPU; read by anyone for /proc] */
typedef struct {
	u16 __softirq_pending;			/* bit n: softirq n is wanted. [owner CPU, interrupts off] */
	unsigned int __nmi_count;		/* NMI */
	unsigned int apic_timer_irqs;		/* LOC */
	unsigned int irq_spurious_count;	/* SPU */
	unsigned int irq_resched_count;		/* RES */
	unsigned int irq_call_count;		/* CAL: calls of functions, TLB flushes among them */
	unsigned int irq_tlb_count;		/* TLB: flushes that another CPU asked for */
	unsigned int x86_platform_ipis;		/* PLT */
	unsigned int irq_err_count;		/* ERR: errors that the APIC reported, and vectors that nobody owns */
} __aligned(64) irq_cpustat_t;

DECLARE_PER_CPU_ALIGNED(irq_cpustat_t, irq_stat);

/* inc_irq_stat - count one interrupt of a kind on this CPU: one instruction. */
#define inc_irq_stat(member)		this_cpu_inc(irq_stat.member)
#define irq_stat_read(member, cpu)	READ_ONCE(per_cpu(irq_stat, cpu).member)

/*
 * local_softirq_pending - the set of softirqs wanted on this CPU; set_ overwrites it, or_ adds to it
 *
 * Context: interrupts off for set_ (a bit set by an interrupt meanwhile would be lost).
 */
#define local_softirq_pending()		this_cpu_read(irq_stat.__softirq_pending)
#define set_softirq_pending(x)		this_cpu_write(irq_stat.__softirq_pending, (x))
#define or_softirq_pending(x)		this_cpu_or(irq_stat.__softirq_pending, (x))

struct pt_regs;
DECLARE_PER_CPU(struct pt_regs *, __irq_regs);

/* get_irq_regs - the registers that the interrupt being served found; NULL outside. set_irq_regs returns the former ones. */
static __always_inline struct pt_regs *get_irq_regs(void)	{ return this_cpu_read(__irq_regs); }
static __always_inline struct pt_regs *set_irq_regs(struct pt_regs *regs)
{
	struct pt_regs *old = this_cpu_read(__irq_regs);

	this_cpu_write(__irq_regs, regs);
	return old;
}

#endif
