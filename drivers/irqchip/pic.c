/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/irqchip/pic.c - the two 8259A interrupt controllers of the PC.
 *
 * Each has eight lines. The second's output is line 2 of the first ("cascade"), so there are fifteen, in this order of priority:
 *
 *	master   0 timer   1 keyboard   2 <-+   3 4 serial   5   6 floppy   7 printer
 *	slave                      8 RTC  9 10 11  12 mouse  13  14 15 disk
 *
 * The BIOS leaves them delivering IRQ 0 to 7 at vectors 8 to 15: in protected mode these are exceptions, and a timer tick
 * would look like a double fault. So they are programmed first of all to deliver at ISA_IRQ_VECTOR (0x30) and above, and every line is
 * masked. That is all they are needed for when there is an I/O APIC. Without one, they deliver the interrupts, through the local APIC's
 * LINT0 or, if there is none of these either, straight to the CPU's INTR pin.
 *
 * A line is served masked: mask, acknowledge, handler, unmask (handle_level_irq). The acknowledgement names the line ("specific EOI"): on the
 * slave the line, on the master the cascade.
 *
 * Spurious interrupts. A line that drops between the request and the CPU's question for the vector is answered with line 7 of that
 * controller, and is not in service. It must not be acknowledged, or another line's service would end. Line 7 of the slave that is
 * spurious has still put the cascade into service at the master.
 *
 * Reference: Intel 8259A data sheet: initialization command words, OCW3.
 */
#include <primer/init.h>
#include <primer/irq.h>
#include <primer/printk.h>
#include <asm/i8259.h>
#include <asm/io.h>

#define PIC_MASTER_CMD		0x20
#define PIC_MASTER_IMR		0x21
#define PIC_SLAVE_CMD		0xa0
#define PIC_SLAVE_IMR		0xa1
#define PIC_CASCADE_IR		2
#define PIC_SPECIFIC_EOI	0x60	/* + line */
#define PIC_READ_ISR		0x0b
#define PIC_READ_IRR		0x0a

static u16 cached_irq_mask = 0xffff;		/* what the two mask registers hold. [i8259A_lock] */
static DEFINE_SPINLOCK(i8259A_lock, LOCK_RANK_IRQ_CHIP);	/* the controllers' ports; interrupts off, under a desc->lock */

static void pic_write(u8 val, u16 port)
{
	outb(val, port);
	io_delay();
}

static void write_mask(unsigned int irq)
{
	if (irq & 8)
		outb(cached_irq_mask >> 8, PIC_SLAVE_IMR);
	else
		outb(cached_irq_mask & 0xff, PIC_MASTER_IMR);
}

static void set_masked(unsigned int irq, bool masked)
{
	unsigned long flags;

	spin_lock_irqsave(&i8259A_lock, flags);
	if (masked)
		cached_irq_mask |= 1U << irq;
	else
		cached_irq_mask &= ~(1U << irq);
	write_mask(irq);
	spin_unlock_irqrestore(&i8259A_lock, flags);
}

static void mask_8259A_irq(struct irq_data *data)	{ set_masked(data->irq, true); }
static void unmask_8259A_irq(struct irq_data *data)	{ set_masked(data->irq, false); }

/* Is the line really in service? */
static bool irq_is_real(unsigned int irq)
{
	u16 port = irq & 8 ? PIC_SLAVE_CMD : PIC_MASTER_CMD;
	u8 in_service;

	outb(PIC_READ_ISR, port);
	in_service = inb(port);
	outb(PIC_READ_IRR, port);
	return in_service >> (irq & 7) & 1;
}

static void mask_and_ack_8259A(struct irq_data *data)
{
	unsigned int irq = data->irq;
	unsigned long flags;
	bool real;

	spin_lock_irqsave(&i8259A_lock, flags);
	/* Only line 7 can be a lie, and asking costs three port accesses. */
	real = (irq & 7) != 7 || irq_is_real(irq);
	cached_irq_mask |= 1U << irq;
	write_mask(irq);
	if (real && irq & 8)
		outb(PIC_SPECIFIC_EOI + (irq & 7), PIC_SLAVE_CMD);
	if (irq & 8)
		outb(PIC_SPECIFIC_EOI + PIC_CASCADE_IR, PIC_MASTER_CMD);
	else if (real)
		outb(PIC_SPECIFIC_EOI + irq, PIC_MASTER_CMD);
	spin_unlock_irqrestore(&i8259A_lock, flags);
	if (!real) {
		inc_irq_stat(irq_err_count);
		pr_info_once("spurious 8259A interrupt: IRQ%u.\n", irq);
	}
}

static struct irq_chip i8259A_chip = {
	.name = "XT-PIC",
	.irq_mask = mask_8259A_irq,
	.irq_unmask = unmask_8259A_irq,
	.irq_mask_ack = mask_and_ack_8259A,
};

static void __init program(u16 cmd, u16 imr, u8 vector, u8 cascade)
{
	pic_write(0x11, cmd);		/* ICW1: cascade, edge triggered, ICW4 follows */
	pic_write(vector, imr);		/* ICW2: vector of line 0 */
	pic_write(cascade, imr);	/* ICW3: master: which line has a slave; slave: its own number */
	pic_write(0x01, imr);		/* ICW4: 8086 mode, explicit end of interrupt */
}

void i8259_mask_all(void)
{
	cached_irq_mask = 0xffff;
	outb(0xff, PIC_MASTER_IMR);
	outb(0xff, PIC_SLAVE_IMR);
}

void __init init_8259A(void)
{
	i8259_mask_all();
	program(PIC_MASTER_CMD, PIC_MASTER_IMR, ISA_IRQ_VECTOR(0), 1 << PIC_CASCADE_IR);
	program(PIC_SLAVE_CMD, PIC_SLAVE_IMR, ISA_IRQ_VECTOR(8), PIC_CASCADE_IR);
	i8259_mask_all();
}

void __init i8259_setup_irqs(void)
{
	for (unsigned int irq = 0; irq < NR_ISA_IRQS; irq++) {
		if (irq == PIC_CASCADE_IR)
			continue;
		assign_irq_vector(irq);
		irq_set_chip_and_handler_name(irq, &i8259A_chip, handle_level_irq, NULL);
	}
	/* Never requested, always open: what the slave has goes through it. */
	set_masked(PIC_CASCADE_IR, false);
}
