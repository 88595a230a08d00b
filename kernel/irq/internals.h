/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/irq/internals.h - what the files of this room share; private to it. */
#ifndef KERNEL_IRQ_INTERNALS_H
#define KERNEL_IRQ_INTERNALS_H

#include <primer/irq.h>

/* All with desc->lock held. chip.c: mask and unmask keep IRQS_MASKED, so that the chip hears of a change only. */
void mask_irq(struct irq_desc *desc);
void unmask_irq(struct irq_desc *desc);
int irq_startup(struct irq_desc *desc);
void irq_shutdown(struct irq_desc *desc);
int irq_do_set_affinity(struct irq_desc *desc, const cpumask_t *mask);
int __irq_set_trigger(struct irq_desc *desc, unsigned int type);
void __disable_irq(struct irq_desc *desc);
void __enable_irq(struct irq_desc *desc);

/* In hard interrupts preemption is off anyway: the lock alone. */
static __always_inline void lock_desc(struct irq_desc *desc)	{ do_spin_lock(&desc->lock); }
static __always_inline void unlock_desc(struct irq_desc *desc)	{ do_spin_unlock(&desc->lock); }

/* handle.c: run the handlers; drops and retakes desc->lock. _percpu: takes no lock and judges nothing. */
void handle_irq_event(struct irq_desc *desc);
void handle_irq_event_percpu(struct irq_desc *desc);

/* spurious.c: judge what the handlers said. Context: the handlers' CPU, INPROGRESS set. note_unhandled: nobody took it; judge: enough of
 * them have been counted. */
#define IRQS_JUDGED	100000		/* so many are looked at together */
void note_unhandled(struct irq_desc *desc);
void judge_irq(struct irq_desc *desc);

static __always_inline void note_interrupt(struct irq_desc *desc, irqreturn_t ret)
{
	if (unlikely(ret == IRQ_NONE))
		note_unhandled(desc);
	if (unlikely(++desc->irq_count >= IRQS_JUDGED))
		judge_irq(desc);
}

/* softirq.c: serve what is pending, also ahead of an awake ksoftirqd. Context: task, interrupts and softirqs on. */
void do_softirq_now(void);

/* tasklet.c: softirq_init()'s part. */
void tasklet_init(void);

#endif
