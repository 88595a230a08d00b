/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/kernel/irq/fake_irq.h - a line without hardware: its controller writes down what it is told, one letter an operation. */
#ifndef TESTS_FAKE_IRQ_H
#define TESTS_FAKE_IRQ_H

#include <kunit/test.h>
#include <primer/interrupt.h>
#include <primer/irq.h>
#include <asm/irqflags.h>

#define FAKE_LOG_SIZE	64

struct fake_irq {
	struct irq_chip chip;
	unsigned int irq;
	struct irq_desc *desc;
	unsigned int len;
	char log[FAKE_LOG_SIZE];	/* M mask, U unmask, A ack, X mask+ack, E eoi, R retrigger, T type, H handler, h its end */
	bool silent;			/* write nothing down */
};

/* fake_irq_create - a line with flow @handle; gone when the case ends. */
struct fake_irq *fake_irq_create(struct kunit *test, irq_flow_handler_t handle);
void fake_log(struct fake_irq *f, char what);
/* fake_said - what has been written down since the last time. */
const char *fake_said(struct fake_irq *f);
/* fake_raise - the line interrupts: as the entry code does it. */
void fake_raise(struct fake_irq *f);

/* A handler that logs H and answers IRQ_HANDLED; dev_id is the fake_irq. */
irqreturn_t fake_handler(int irq, void *dev_id);

#endif
