/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/bottom_half.h - hold softirqs off on this CPU.
 *
 * The softirq field of preempt_count counts local_bh_disable() in steps of two, so that its lowest bit can say "a
 * softirq is being served". Nests. Preemption is off too meanwhile.
 */
#ifndef PRIMER_BOTTOM_HALF_H
#define PRIMER_BOTTOM_HALF_H

#include <primer/preempt.h>
#include <asm/hardirq.h>

void do_softirq(void);		/* kernel/irq/softirq.c: the end of every such section may call it */

/* Context: task or softirq, interrupts on. local_bh_enable() serves what was raised meanwhile; so it must not be called with
 * interrupts off, nor with a lock held that a softirq takes. */
static __always_inline void local_bh_disable(void)
{
	preempt_count_add(SOFTIRQ_DISABLE_OFFSET);
}

static __always_inline void local_bh_enable(void)
{
	/* Keep one preempt_disable() level, so that its end is the one place where a reschedule is looked for. */
	preempt_count_sub(SOFTIRQ_DISABLE_OFFSET - PREEMPT_OFFSET);
	if (unlikely(local_softirq_pending()))
		do_softirq();
	preempt_enable();
}

#endif
