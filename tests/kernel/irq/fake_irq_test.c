/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/kernel/irq/fake_irq_test.c - see fake_irq.h. */
#include <primer/gfp.h>
#include <primer/string.h>

#include "fake_irq.h"

static struct fake_irq *fake_of(struct irq_data *data)	{ return data->chip_data; }

void fake_log(struct fake_irq *f, char what)
{
	if (!f->silent && f->len < FAKE_LOG_SIZE - 1)
		f->log[f->len++] = what;
}

static void fake_mask(struct irq_data *d)	{ fake_log(fake_of(d), 'M'); }
static void fake_unmask(struct irq_data *d)	{ fake_log(fake_of(d), 'U'); }
static void fake_ack(struct irq_data *d)		{ fake_log(fake_of(d), 'A'); }
static void fake_mask_ack(struct irq_data *d)	{ fake_log(fake_of(d), 'X'); }
static void fake_eoi(struct irq_data *d)		{ fake_log(fake_of(d), 'E'); }

static int fake_set_type(struct irq_data *d, unsigned int type)
{
	fake_log(fake_of(d), 'T');
	return type == IRQ_TYPE_EDGE_FALLING ? -EINVAL : 0;
}

static bool fake_retrigger(struct irq_data *d)
{
	fake_log(fake_of(d), 'R');
	return true;
}

static int fake_set_affinity(struct irq_data *d, const cpumask_t *dest, bool force)
{
	cpumask_and(&d->effective_affinity, dest, cpu_online_mask);
	return 0;
}

const char *fake_said(struct fake_irq *f)
{
	f->log[f->len] = '\0';
	f->len = 0;
	return f->log;
}

void fake_raise(struct fake_irq *f)
{
	unsigned long flags;

	local_irq_save(flags);
	irq_enter();
	generic_handle_irq(f->irq);
	irq_exit();
	local_irq_restore(flags);
}

irqreturn_t fake_handler(int irq, void *dev_id)
{
	fake_log(dev_id, 'H');
	return IRQ_HANDLED;
}

static void fake_release(void *arg)
{
	struct fake_irq *f = arg;

	while (f->desc->action)
		free_irq(f->irq, f->desc->action->dev_id);
	irq_desc_release(f->irq);
}

struct fake_irq *fake_irq_create(struct kunit *test, irq_flow_handler_t handle)
{
	struct fake_irq *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int irq = irq_alloc_number(200);

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_GE(test, irq, 200);
	f->irq = irq;
	f->desc = irq_to_desc(irq);
	f->chip = (struct irq_chip){
		.name = "fake",
		.irq_mask = fake_mask,
		.irq_unmask = fake_unmask,
		.irq_ack = fake_ack,
		.irq_mask_ack = fake_mask_ack,
		.irq_eoi = fake_eoi,
		.irq_set_type = fake_set_type,
		.irq_retrigger = fake_retrigger,
		.irq_set_affinity = fake_set_affinity,
	};
	irq_set_chip_data(irq, f);
	irq_set_chip_and_handler_name(irq, &f->chip, handle, "test");
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, fake_release, f), 0);
	return f;
}
