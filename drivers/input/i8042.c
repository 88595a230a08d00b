/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/input/i8042.c - the keyboard controller.
 *
 * The IBM AT had a small computer of its own for the keyboard, an Intel 8042; every PC has had one since, or a piece of
 * its chip set that behaves like one. Two ports, with four meanings:
 *
 *	0x60	read: a byte from the keyboard (or mouse, or an answer)		write: a byte to the keyboard, or an argument
 *	0x64	read: status							write: a command to the controller
 *
 *	status	bit 0	OBF	there is a byte to be read at 0x60
 *		bit 1	IBF	the last byte written has not been taken yet: wait
 *		bit 5	AUX	the byte to be read is from the mouse
 *	control	bit 0		interrupt 1 when the keyboard sends
 *		bit 4		keyboard switched off	bit 5: mouse switched off
 *		bit 6		translate the keyboard's set 2 to set 1
 *
 * The controller has other duties as well: emergency_restart() pulses the processor's reset line with it.
 *
 * Waits are bounded, because there may be no controller: then both ports read as ff. The mouse's port stays off.
 *
 * Locking: i8042_lock, between the handler and the last flush(), which may meet on two CPUs: a byte that one sees in the
 * status must not be read by the other. All before that happens once, at boot, when there is no handler yet.
 *
 * Linux (drivers/input/serio/i8042.c) tests the chip and has a table of a thousand laptops whose controllers are not
 * quite.
 */
#define pr_fmt(fmt) "i8042: " fmt
#include <primer/delay.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/printk.h>
#include <primer/spinlock.h>
#include <asm/io.h>
#include "input.h"

#define I8042_DATA		0x60
#define I8042_STATUS		0x64
#define I8042_COMMAND		0x64
#define STR_OBF			0x01
#define STR_IBF			0x02
#define STR_AUXDATA		0x20
#define CMD_READ_CTR		0x20
#define CMD_WRITE_CTR		0x60
#define CMD_AUX_DISABLE		0xa7
#define CMD_KBD_DISABLE		0xad
#define CMD_KBD_ENABLE		0xae
#define CTR_KBDINT		0x01
#define CTR_AUXINT		0x02
#define CTR_KBDDIS		0x10
#define CTR_AUXDIS		0x20
#define CTR_XLATE		0x40
#define KBD_ENABLE		0xf4		/* to the keyboard: send what is typed */
#define KBD_ACK			0xfa
#define I8042_KBD_IRQ		1
#define WAIT_US			20000

static DEFINE_SPINLOCK(i8042_lock, LOCK_RANK_DRIVER);	/* [irq] from a look at the status to the read of the byte */

/* Until the status has @bits as in @want; false: not in 20 ms. */
static bool __init wait_status(u8 bits, u8 want)
{
	for (unsigned int us = 0; us < WAIT_US; us += 10) {
		if ((inb(I8042_STATUS) & bits) == want)
			return true;
		udelay(10);
	}
	return false;
}

static bool __init write_byte(u16 port, u8 v)
{
	if (!wait_status(STR_IBF, 0))
		return false;
	outb(v, port);
	return true;
}

static int __init read_byte(void)
{
	return wait_status(STR_OBF, STR_OBF) ? inb(I8042_DATA) : -ETIMEDOUT;
}

/* Throw away what has been typed so far. False: it never ends, there is no controller. */
static bool __init flush(void)
{
	for (int i = 0; i < 32; i++) {
		if (!(inb(I8042_STATUS) & STR_OBF))
			return true;
		inb(I8042_DATA);
		udelay(10);
	}
	return false;
}

static bool __init controller_init(void)
{
	int ctr;

	if (inb(I8042_STATUS) == 0xff || !flush())
		return false;
	/* Both devices quiet, so that the next byte is the answer. */
	if (!write_byte(I8042_COMMAND, CMD_KBD_DISABLE) || !write_byte(I8042_COMMAND, CMD_AUX_DISABLE) || !flush())
		return false;
	if (!write_byte(I8042_COMMAND, CMD_READ_CTR))
		return false;
	ctr = read_byte();
	if (ctr < 0)
		return false;
	ctr &= ~(CTR_KBDDIS | CTR_AUXINT);
	ctr |= CTR_KBDINT | CTR_XLATE | CTR_AUXDIS;
	return write_byte(I8042_COMMAND, CMD_WRITE_CTR) && write_byte(I8042_DATA, ctr) &&
	       write_byte(I8042_COMMAND, CMD_KBD_ENABLE);
}

static const char i8042_id[] = "i8042";		/* tells our handler from others of the line */

static irqreturn_t i8042_interrupt(int irq, void *dev_id)
{
	unsigned long flags;
	u8 status, data = 0;

	spin_lock_irqsave(&i8042_lock, flags);
	status = inb(I8042_STATUS);
	if (status & STR_OBF)
		data = inb(I8042_DATA);
	spin_unlock_irqrestore(&i8042_lock, flags);
	if (!(status & STR_OBF))
		return IRQ_NONE;
	if (!(status & STR_AUXDATA))
		kbd_input(data);
	return IRQ_HANDLED;
}

static int __init i8042_init(void)
{
	unsigned long flags;
	bool keyboard;

	if (!controller_init()) {
		pr_info("No controller found\n");
		return 0;
	}
	keyboard = write_byte(I8042_DATA, KBD_ENABLE) && read_byte() == KBD_ACK;
	pr_info("PNP: PS/2 Controller at 0x60,0x64 irq 1%s\n", keyboard ? "" : ", no keyboard answers");
	/* Without one as well: it may be plugged in later. */
	if (request_irq(I8042_KBD_IRQ, i8042_interrupt, IRQF_SHARED, i8042_id, (void *)i8042_id)) {
		pr_warn("no interrupt %d: no keyboard\n", I8042_KBD_IRQ);
		return 0;
	}
	/* A byte that came before the line was open has raised it already: an edge that nobody saw. */
	spin_lock_irqsave(&i8042_lock, flags);
	flush();
	spin_unlock_irqrestore(&i8042_lock, flags);
	return 0;
}
device_initcall(i8042_init);
