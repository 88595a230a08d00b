/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/irqchip/pic.c - the two 8259A interrupt controllers of the PC, told to be quiet.
 *
 * The BIOS leaves them delivering IRQ 0 to 7 at vectors 8 to 15: in protected mode these are exceptions, and a timer tick
 * would look like a double fault. So they are programmed first of all to deliver at 0x30 and above (Linux's
 * ISA_IRQ_VECTOR), and then every line is masked. A line that drops before it is acknowledged still arrives, as "spurious", at
 * the vector of the controller's line 7: these have stubs like any other vector.
 *
 * Reference: Intel 8259A data sheet: initialization command words.
 */
#include <primer/init.h>
#include <primer/irqchip.h>
#include <primer/printk.h>
#include <asm/io.h>

#define PIC_MASTER_CMD		0x20
#define PIC_MASTER_IMR		0x21
#define PIC_SLAVE_CMD		0xa0
#define PIC_SLAVE_IMR		0xa1
#define ISA_IRQ_VECTOR(irq)	(0x30 + (irq))

static void __init pic_write(u8 val, u16 port)
{
	outb(val, port);
	io_delay();
}

void __init init_IRQ(void)
{
	pic_write(0xff, PIC_MASTER_IMR);
	pic_write(0xff, PIC_SLAVE_IMR);

	pic_write(0x11, PIC_MASTER_CMD);		/* ICW1: cascade, edge triggered, ICW4 follows */
	pic_write(ISA_IRQ_VECTOR(0), PIC_MASTER_IMR);	/* ICW2: vector of line 0 */
	pic_write(1 << 2, PIC_MASTER_IMR);		/* ICW3: the slave is on line 2 */
	pic_write(0x01, PIC_MASTER_IMR);		/* ICW4: 8086 mode, explicit end of interrupt */

	pic_write(0x11, PIC_SLAVE_CMD);
	pic_write(ISA_IRQ_VECTOR(8), PIC_SLAVE_IMR);
	pic_write(2, PIC_SLAVE_IMR);			/* ICW3: I am on line 2 */
	pic_write(0x01, PIC_SLAVE_IMR);

	pic_write(0xff, PIC_MASTER_IMR);
	pic_write(0xff, PIC_SLAVE_IMR);
}
