/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/irq/manage.c - drivers take lines, share them, hold them off, and give them back.
 *
 * A line has a list of users (irqaction). The first starts the controller's side, the last shuts it down. Users of one line must agree:
 * all say IRQF_SHARED, with the same trigger and the same idea of per-CPU or not.
 *
 * Three promises are delicate, because the handler may be running on another CPU right now:
 *
 *   M1  after disable_irq() the handler does not run;
 *   M2  after free_irq() it does not run, and its data may go;
 *   M3  before request_irq() returns it may run.
 *
 * M1 and M2 are "mark, then wait": set the state (or unlink the action) under desc->lock, then wait for INPROGRESS to
 * disappear. A CPU that takes the lock later sees the mark; one that had taken it before is seen by us:
 *
 *	free_irq()				CPU 1, interrupt
 *						lock: INPROGRESS; unlock
 *	lock; unlink action; unlock		  reads the action that is being unlinked, runs it
 *	wait: INPROGRESS?			  ...
 *						lock; clear INPROGRESS; unlock
 *	lock; not in progress: nobody can have seen the action after we unlinked it. unlock; free
 *
 * The waiter must look under the lock at the end, or a CPU between "INPROGRESS cleared" and "lock dropped" could still be writing the line.
 *
 * Whoever waits spins: handlers are short. Therefore a handler must not wait for its own line, nor for a lock that a waiter holds.
 *
 * Affinity. affinity is what was asked for; effective_affinity is the one CPU of it that the controller sends to: the online one
 * that serves the fewest lines.
 *
 * Linux (kernel/irq/manage.c) has threaded handlers and a mutex for each line around slow chips; per-CPU device IDs; wakeup from sleep.
 */
#include <primer/errno.h>
#include <primer/printk.h>
#include <primer/slab.h>

#include "internals.h"

/* ---- waiting --------------------------------------------------------------------------------------------------------- */

static void wait_for_handlers(struct irq_desc *desc)
{
	bool running;

	do {
		unsigned long flags;

		while (READ_ONCE(desc->istate) & IRQS_INPROGRESS)
			cpu_relax();
		spin_lock_irqsave(&desc->lock, flags);
		running = desc->istate & IRQS_INPROGRESS;
		spin_unlock_irqrestore(&desc->lock, flags);
	} while (running);
}

void synchronize_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	might_sleep();
	if (desc)
		wait_for_handlers(desc);
}

/* ---- holding off ----------------------------------------------------------------------------------------------------- */

void disable_irq_nosync(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	__disable_irq(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

void disable_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
	synchronize_irq(irq);
}

void enable_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	__enable_irq(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

/* ---- affinity -------------------------------------------------------------------------------------------------------- */

int irq_do_set_affinity(struct irq_desc *desc, const cpumask_t *mask)
{
	struct irq_data *data = &desc->irq_data;
	int ret;

	lockdep_assert_held(&desc->lock);
	if (!data->chip->irq_set_affinity)
		return -EIO;
	if (!cpumask_intersects(mask, cpu_online_mask))
		return -EINVAL;
	ret = data->chip->irq_set_affinity(data, mask, false);
	if (!ret)
		data->affinity = *mask;
	return ret;
}

bool irq_can_set_affinity(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	return desc && !(desc->istate & IRQS_NOBALANCING) && desc->irq_data.chip->irq_set_affinity;
}

int irq_set_affinity(unsigned int irq, const cpumask_t *mask)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int ret;

	if (!desc)
		return -EINVAL;
	if (!irq_can_set_affinity(irq))
		return -EIO;
	spin_lock_irqsave(&desc->lock, flags);
	ret = irq_do_set_affinity(desc, mask);
	spin_unlock_irqrestore(&desc->lock, flags);
	return ret;
}

/* ---- users ----------------------------------------------------------------------------------------------------------- */

/* May @new stand beside @old on a line? */
static bool may_share(const struct irq_desc *desc, const struct irqaction *old, const struct irqaction *new)
{
	unsigned int type = new->flags & IRQF_TRIGGER_MASK;

	return old->flags & new->flags & IRQF_SHARED && !((old->flags ^ new->flags) & IRQF_PERCPU) &&
	       (!type || !desc->irq_data.type || type == desc->irq_data.type);
}

/* The first user: trigger and state as he wants them. */
static int first_user(struct irq_desc *desc, const struct irqaction *new)
{
	int ret;

	if (new->flags & IRQF_TRIGGER_MASK) {
		ret = __irq_set_trigger(desc, new->flags & IRQF_TRIGGER_MASK);
		if (ret) {
			pr_err("Setting trigger mode %lu for irq %u failed (%d)\n", new->flags & IRQF_TRIGGER_MASK, new->irq, ret);
			return ret;
		}
	}
	desc->istate &= ~(IRQS_SPURIOUS_DISABLED | IRQS_NOBALANCING | IRQS_STARTED);
	if (new->flags & (IRQF_NOBALANCING | IRQF_PERCPU))
		desc->istate |= IRQS_NOBALANCING;
	desc->irq_count = desc->irqs_unhandled = 0;
	return 0;
}

static int setup_irq_locked(struct irq_desc *desc, struct irqaction *new)
{
	struct irqaction **p = &desc->action;
	bool shared = *p;
	int ret = 0;

	if (desc->istate & IRQS_NOREQUEST || desc->handle_irq == handle_bad_irq)
		return -EINVAL;
	if (shared && !may_share(desc, *p, new)) {
		if (!(new->flags & IRQF_PROBE_SHARED))
			pr_err("genirq: Flags mismatch irq %u. %08lx (%s) vs. %08lx (%s)\n", new->irq, new->flags, new->name,
			       (*p)->flags, (*p)->name);
		return -EBUSY;
	}
	if (!shared)
		ret = first_user(desc, new);
	if (ret)
		return ret;
	while (*p)
		p = &(*p)->next;
	smp_store_release(p, new);		/* pairs with the READ_ONCE()s of the walk in handle.c */
	if (!shared) {
		if (!(new->flags & IRQF_NO_AUTOEN))
			ret = irq_startup(desc);
	} else if (desc->istate & IRQS_SPURIOUS_DISABLED) {
		/* Perhaps it was the new one's all the time. */
		desc->istate &= ~IRQS_SPURIOUS_DISABLED;
		__enable_irq(desc);
	}
	if (ret)
		*p = NULL;
	return ret;
}

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *dev_id)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *action;
	unsigned long irqflags;
	int ret;

	/* A shared action is found again by its dev_id; one that starts disabled would hold off its neighbours. */
	if (!desc || !handler || (flags & IRQF_SHARED && (!dev_id || flags & IRQF_NO_AUTOEN)))
		return -EINVAL;
	action = kzalloc(sizeof(*action), GFP_KERNEL);
	if (!action)
		return -ENOMEM;
	*action = (struct irqaction){ .handler = handler, .dev_id = dev_id, .irq = irq, .flags = flags, .name = name };
	spin_lock_irqsave(&desc->lock, irqflags);
	ret = setup_irq_locked(desc, action);
	spin_unlock_irqrestore(&desc->lock, irqflags);
	if (ret)
		kfree(action);
	return ret;
}

const void *free_irq(unsigned int irq, void *dev_id)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction **p, *action;
	const char *name;
	unsigned long flags;

	might_sleep();
	if (WARN(in_interrupt(), "Trying to free IRQ %u from IRQ context!\n", irq) || !desc)
		return NULL;
	spin_lock_irqsave(&desc->lock, flags);
	for (p = &desc->action; *p && (*p)->dev_id != dev_id; p = &(*p)->next)
		;
	action = *p;
	if (action) {
		WRITE_ONCE(*p, action->next);
		if (!desc->action)
			irq_shutdown(desc);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	if (WARN(!action, "Trying to free already-free IRQ %u\n", irq))
		return NULL;
	wait_for_handlers(desc);
	name = action->name;
	kfree(action);
	return name;
}
