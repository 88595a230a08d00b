/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/handle.c - the handlers of a line are called.
 *
 * Several devices may share a line, and the controller cannot tell which of them it was. So each handler is asked; it looks at its device
 * and answers IRQ_HANDLED or IRQ_NONE. A shared line is a level one: as long as one of the devices wants something it comes again,
 * so asking each of them once is enough.
 *
 * Handlers run with interrupts off: one at a time on each CPU, and short. A CPU that served interrupts inside interrupts would need
 * as many stacks as there are priorities, and a handler that is interrupted holds its device's lock all the longer.
 *
 * desc->lock is dropped meanwhile: a handler may disable its own line, and other CPUs that see the same line must be able
 * to notice that it is INPROGRESS and leave. The list of actions is safe without the lock, because free_irq() unlinks an
 * action under it, and then waits for INPROGRESS to go before it frees (synchronize_irq()).
 *
 * Linux (kernel/irq/handle.c) also has handlers that answer IRQ_WAKE_THREAD: the rest is done by a thread of theirs.
 */
#include <primer/bug.h>
#include <primer/printk.h>
#include <primer/trace.h>
#include <asm/irqflags.h>

#include "internals.h"

static __always_inline irqreturn_t run_handlers(struct irq_desc *desc)
{
	unsigned int irq = desc->irq_data.irq;
	struct irqaction *action;
	irqreturn_t ret = IRQ_NONE;

	for (action = READ_ONCE(desc->action); action; action = READ_ONCE(action->next)) {
		irqreturn_t res;

		trace_irq_handler_entry(irq, action->name);
		res = action->handler(irq, action->dev_id);
		trace_irq_handler_exit(irq, res);
		ret |= res;
		if (WARN(!irqs_disabled(), "irq %u handler %pS enabled interrupts\n", irq, (void *)action->handler))
			local_irq_disable();
	}
	return ret;
}

void handle_irq_event_percpu(struct irq_desc *desc)
{
	run_handlers(desc);
}

void handle_irq_event(struct irq_desc *desc)
{
	desc->istate = (desc->istate & ~IRQS_PENDING) | IRQS_INPROGRESS;
	unlock_desc(desc);
	note_interrupt(desc, run_handlers(desc));
	lock_desc(desc);
	desc->istate &= ~IRQS_INPROGRESS;
}
