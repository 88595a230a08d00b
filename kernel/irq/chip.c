/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/chip.c - the flows: in which order a line is masked, acknowledged and served.
 *
 * The problem. "Run the handler when it interrupts" is simple; when may the controller send the next one? That depends on how the line
 * signals, and a wrong order loses interrupts or repeats them for ever.
 *
 *	level	the line stays asserted until the handler has satisfied the device. Told too early that all is well, the controller
 *		sends it again at once; so the acknowledgement comes last, or the line is masked meanwhile. Nothing can be lost:
 *		what is still wanted is still asserted.
 *	edge	the line blips. A blip while the handler runs must not be lost: acknowledge first, so that the next can come,
 *		and remember it if it does. Nothing can repeat by itself.
 *
 * The flows:
 *
 *	handle_level_irq	mask+ack; handlers; unmask				8259
 *	handle_fasteoi_irq	handlers; eoi						I/O APIC, level: the APIC holds it off until the EOI
 *	handle_edge_irq		ack; handlers; again if it came meanwhile		I/O APIC and MSI, edge
 *	handle_percpu_irq	ack; handlers; eoi; no lock				a line that each CPU has for itself
 *	handle_simple_irq	handlers						no hardware
 *
 * Edge, in detail: the same line can come on another CPU while the first still runs its handlers (it was acknowledged, and may
 * have been moved). The second only sets PENDING and masks the line; the first sees that, unmasks, and goes round again:
 *
 *	CPU 0						CPU 1
 *	ack, INPROGRESS, unlock
 *	  handlers run					blip: lock, INPROGRESS is set:
 *							  PENDING, mask, ack, unlock
 *	lock, clear INPROGRESS
 *	PENDING: unmask, INPROGRESS, handlers again
 *
 * Lazy disabling. disable_irq() only marks the line. Usually nothing comes while it is disabled, and two accesses to a slow chip are saved;
 * if something does come, the flow masks the line then and marks it PENDING, and enable_irq() has it sent again.
 *
 * Invariants, under desc->lock:
 *   F1  at most one CPU runs the handlers of a line: the one that set INPROGRESS (not for percpu lines).
 *   F2  IRQS_MASKED says what the chip was told last.
 *   F3  an edge that was acknowledged is either served or PENDING; PENDING ends in handlers or in a retrigger.
 *
 * Locking. desc->lock, dropped while handlers run (handle_irq_event).
 *
 * Linux (kernel/irq/chip.c) has also flows for cascaded controllers, threaded handlers with one-shot masking, and wakeup from suspend.
 */
#include <primer/errno.h>
#include <primer/kernel_stat.h>
#include <primer/printk.h>

#include "internals.h"

/* ---- what a chip is told ------------------------------------------------------------------------------------------ */

void mask_irq(struct irq_desc *desc)
{
	if (desc->istate & IRQS_MASKED)
		return;
	if (desc->irq_data.chip->irq_mask) {
		desc->irq_data.chip->irq_mask(&desc->irq_data);
		desc->istate |= IRQS_MASKED;
	}
}

void unmask_irq(struct irq_desc *desc)
{
	if (!(desc->istate & IRQS_MASKED))
		return;
	desc->istate &= ~IRQS_MASKED;
	if (desc->irq_data.chip->irq_unmask)
		desc->irq_data.chip->irq_unmask(&desc->irq_data);
}

static void mask_ack_irq(struct irq_desc *desc)
{
	struct irq_chip *chip = desc->irq_data.chip;

	if (chip->irq_mask_ack) {
		chip->irq_mask_ack(&desc->irq_data);
		desc->istate |= IRQS_MASKED;
		return;
	}
	mask_irq(desc);
	if (chip->irq_ack)
		chip->irq_ack(&desc->irq_data);
}

int irq_startup(struct irq_desc *desc)
{
	struct irq_chip *chip = desc->irq_data.chip;
	int ret = 0;

	lockdep_assert_held(&desc->lock);
	desc->depth = 0;
	desc->istate &= ~(IRQS_DISABLED | IRQS_PENDING | IRQS_REPLAY);
	if (!(desc->istate & IRQS_NOBALANCING))
		irq_do_set_affinity(desc, &desc->irq_data.affinity);
	if (chip->irq_startup) {
		ret = chip->irq_startup(&desc->irq_data);
		desc->istate &= ~IRQS_MASKED;
	} else {
		unmask_irq(desc);
	}
	desc->istate |= IRQS_STARTED;
	return ret;
}

void irq_shutdown(struct irq_desc *desc)
{
	lockdep_assert_held(&desc->lock);
	desc->depth = 1;
	desc->istate |= IRQS_DISABLED;
	if (desc->irq_data.chip->irq_shutdown) {
		desc->irq_data.chip->irq_shutdown(&desc->irq_data);
		desc->istate |= IRQS_MASKED;
	} else {
		mask_irq(desc);
	}
	desc->istate &= ~(IRQS_STARTED | IRQS_PENDING);
}

void __disable_irq(struct irq_desc *desc)
{
	if (!desc->depth++)
		desc->istate |= IRQS_DISABLED;
}

/* F3: what came while the line was disabled and cannot come by itself again. A level line does. */
static void check_irq_resend(struct irq_desc *desc)
{
	struct irq_chip *chip = desc->irq_data.chip;

	if (!(desc->istate & IRQS_PENDING) || desc->irq_data.type & IRQ_TYPE_LEVEL_MASK)
		return;
	desc->istate &= ~IRQS_PENDING;
	if (desc->istate & IRQS_REPLAY || !chip->irq_retrigger)
		return;
	desc->istate |= chip->irq_retrigger(&desc->irq_data) ? IRQS_REPLAY : IRQS_PENDING;
}

void __enable_irq(struct irq_desc *desc)
{
	switch (desc->depth) {
	case 0:
		WARN(1, "Unbalanced enable for IRQ %u\n", desc->irq_data.irq);
		return;
	case 1:
		if (!desc->action)
			return;		/* nobody uses it: the first request will */
		if (!(desc->istate & IRQS_STARTED)) {
			irq_startup(desc);
			return;
		}
		if (desc->istate & IRQS_SPURIOUS_DISABLED)
			return;
		desc->depth = 0;
		desc->istate &= ~IRQS_DISABLED;
		unmask_irq(desc);
		check_irq_resend(desc);
		return;
	default:
		desc->depth--;
	}
}

/* ---- the flows ----------------------------------------------------------------------------------------------------- */

static __always_inline void count_irq(struct irq_desc *desc)
{
	__asm__ volatile("incl %%gs:(%0)" :: "r"(desc->kstat_irqs) : "memory", "cc");
}

static __always_inline bool irq_can_handle(const struct irq_desc *desc)
{
	return likely(desc->action && !(desc->istate & IRQS_DISABLED));
}

void handle_simple_irq(struct irq_desc *desc)
{
	lock_desc(desc);
	if (!(desc->istate & IRQS_INPROGRESS)) {
		count_irq(desc);
		if (irq_can_handle(desc))
			handle_irq_event(desc);
		else
			desc->istate |= IRQS_PENDING;
	}
	unlock_desc(desc);
}

void handle_level_irq(struct irq_desc *desc)
{
	lock_desc(desc);
	mask_ack_irq(desc);
	if (desc->istate & IRQS_INPROGRESS)
		goto out;
	desc->istate &= ~IRQS_REPLAY;
	count_irq(desc);
	if (!irq_can_handle(desc)) {
		/* It stays masked; enable_irq() lets it through, and it is still asserted. */
		desc->istate |= IRQS_PENDING;
		goto out;
	}
	handle_irq_event(desc);
	if (!(desc->istate & IRQS_DISABLED))
		unmask_irq(desc);
out:
	unlock_desc(desc);
}

void handle_fasteoi_irq(struct irq_desc *desc)
{
	lock_desc(desc);
	if (desc->istate & IRQS_INPROGRESS)
		goto out;
	desc->istate &= ~IRQS_REPLAY;
	count_irq(desc);
	if (!irq_can_handle(desc)) {
		desc->istate |= IRQS_PENDING;
		mask_irq(desc);
		goto out;
	}
	handle_irq_event(desc);
out:
	desc->irq_data.chip->irq_eoi(&desc->irq_data);
	unlock_desc(desc);
}

void handle_edge_irq(struct irq_desc *desc)
{
	lock_desc(desc);
	desc->istate &= ~IRQS_REPLAY;
	if (unlikely(desc->istate & IRQS_INPROGRESS || !irq_can_handle(desc))) {
		desc->istate |= IRQS_PENDING;
		mask_ack_irq(desc);
		goto out;
	}
	count_irq(desc);
	desc->irq_data.chip->irq_ack(&desc->irq_data);
	do {
		if (unlikely(!desc->action)) {		/* freed by who held the lock between two rounds */
			mask_irq(desc);
			break;
		}
		/* Who set PENDING has masked the line. */
		if (unlikely(desc->istate & IRQS_PENDING))
			unmask_irq(desc);
		handle_irq_event(desc);
	} while (unlikely((desc->istate & (IRQS_PENDING | IRQS_DISABLED)) == IRQS_PENDING));
out:
	unlock_desc(desc);
}

void handle_percpu_irq(struct irq_desc *desc)
{
	struct irq_chip *chip = desc->irq_data.chip;

	count_irq(desc);
	if (chip->irq_ack)
		chip->irq_ack(&desc->irq_data);
	handle_irq_event_percpu(desc);
	if (chip->irq_eoi)
		chip->irq_eoi(&desc->irq_data);
}

void handle_bad_irq(struct irq_desc *desc)
{
	count_irq(desc);
	inc_irq_stat(irq_err_count);
	pr_crit_ratelimited("unexpected IRQ trap at vector %02x\n", desc->irq_data.vector);
	if (desc->irq_data.chip->irq_eoi)
		desc->irq_data.chip->irq_eoi(&desc->irq_data);
	else if (desc->irq_data.chip->irq_ack)
		desc->irq_data.chip->irq_ack(&desc->irq_data);
}

/* ---- what a controller sets ---------------------------------------------------------------------------------------- */

int irq_set_chip_and_handler_name(unsigned int irq, struct irq_chip *chip, irq_flow_handler_t handle, const char *name)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	if (chip)
		desc->irq_data.chip = chip;
	desc->handle_irq = handle;
	desc->name = name;
	spin_unlock_irqrestore(&desc->lock, flags);
	return 0;
}

void irq_set_handler(unsigned int irq, irq_flow_handler_t handle, const char *name)
{
	irq_set_chip_and_handler_name(irq, NULL, handle, name);
}

void irq_set_chip_data(unsigned int irq, void *data)
{
	struct irq_desc *desc = irq_to_desc(irq);

	if (desc)
		desc->irq_data.chip_data = data;
}

int __irq_set_trigger(struct irq_desc *desc, unsigned int type)
{
	struct irq_chip *chip = desc->irq_data.chip;
	int ret = 0;

	lockdep_assert_held(&desc->lock);
	type &= IRQ_TYPE_SENSE_MASK;
	/* Without the operation the line is as it is wired. */
	if (chip->irq_set_type)
		ret = chip->irq_set_type(&desc->irq_data, type);
	if (!ret)
		desc->irq_data.type = type;
	return ret;
}

int irq_set_type(unsigned int irq, unsigned int type)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int ret;

	if (!desc)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	ret = __irq_set_trigger(desc, type);
	spin_unlock_irqrestore(&desc->lock, flags);
	return ret;
}
