/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/spurious.c - an interrupt that nobody handles is switched off.
 *
 * The problem. A device asserts a level line, and no handler knows how to quieten it: it is broken, or wired to another line than the
 * tables say. The moment that the line is unmasked it comes again, and the CPU does nothing else any more.
 *
 * The idea. Count. Of each 100,000 interrupts of a line, if all but 100 were answered IRQ_NONE by everybody, the line is taken for
 * broken: it is reported, with the handlers that did not care, and disabled until someone requests it anew. A line that now and then has
 * nobody to answer (two devices that shared an edge, a device that changed its mind) never comes near: unhandled ones that are
 * more than 100 ms apart start a new count.
 *
 * The price of a normal interrupt is one increment and one comparison. "noirqdebug" on the command line switches the judgement off.
 *
 * Locking. The counters belong to whoever has set INPROGRESS; the sentence takes desc->lock.
 *
 * Linux (kernel/irq/spurious.c) may also ask the handlers of all other lines whether the interrupt was theirs (irqfixup), and can then
 * poll a line that it has switched off (irqpoll).
 */
#include <primer/init.h>
#include <primer/printk.h>
#include <asm/tsc.h>

#include "internals.h"

#define IRQS_UNHANDLED_MAX	99900	/* more than this without a taker: disabled */
#define NOT_A_STORM_NS		100000000ULL

static bool noirqdebug __read_mostly;

static int __init noirqdebug_setup(char *str)
{
	(void)str;
	noirqdebug = true;
	pr_info("IRQ lockup detection disabled\n");
	return 1;
}
__setup("noirqdebug", noirqdebug_setup);

static void report_bad_irq(struct irq_desc *desc)
{
	struct irqaction *action;

	pr_err("irq %u: nobody cared\n", desc->irq_data.irq);
	dump_stack();
	pr_err("handlers:\n");
	for (action = desc->action; action; action = action->next)
		pr_err("[<%px>] %pS\n", (void *)action->handler, (void *)action->handler);
}

void judge_irq(struct irq_desc *desc)
{
	desc->irq_count = 0;
	if (desc->irqs_unhandled > IRQS_UNHANDLED_MAX) {
		report_bad_irq(desc);
		pr_emerg("Disabling IRQ #%u\n", desc->irq_data.irq);
		lock_desc(desc);
		desc->istate |= IRQS_SPURIOUS_DISABLED | IRQS_DISABLED;
		desc->depth++;
		mask_irq(desc);
		unlock_desc(desc);
	}
	desc->irqs_unhandled = 0;
}

void note_unhandled(struct irq_desc *desc)
{
	u64 now;

	if (noirqdebug)
		return;
	now = sched_clock();
	if (now - desc->last_unhandled > NOT_A_STORM_NS)
		desc->irqs_unhandled = 1;
	else
		desc->irqs_unhandled++;
	desc->last_unhandled = now;
}
