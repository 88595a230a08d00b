/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/event.c - the ACPI interrupt (SCI), and the one event that we understand: the power button.
 *
 * The line is level triggered and shared: it stays active until the cause has been cleared. So the handler does what
 * every handler of such a line must: look whether it was us (status AND enable), clear the status by writing ones to
 * it, and say whether anything was ours. Several causes may be pending; one look takes all of them.
 *
 *	PM1 status	1 . . 1 . 1	what happened
 *	PM1 enable	1 . . . . .	what we asked to hear of
 *	                '-----------	ours: cleared, counted, named in the log
 *
 * Everything else that could pull the line is disabled: general-purpose events mean what the AML says, and nobody here
 * reads that.
 *
 * A press of the power button is recorded and logged; what to do about it is the business of programs.
 *
 * Locking: the registers are written by the handler, which does not run twice at a time, and by init before it is
 * installed.
 *
 * Linux (drivers/acpi/acpica/evsci.c, evxfevnt.c, button.c) turns it into a key press on an input device, and systemd
 * powers off. Reference: ACPI specification 6.3, 4.8.3.1.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/atomic.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <asm/io.h>
#include <asm/io_apic.h>
#include "internal.h"

static u16 pm1_enabled;				/* [init] bits of PM1 enable that we have set */
static atomic_t power_button_presses = ATOMIC_INIT(0);

unsigned int acpi_power_button_presses(void)
{
	return atomic_read(&power_button_presses);
}

static u16 read_pm1(u16 a, u16 b)
{
	return inw(a) | (b ? inw(b) : 0);
}

static void write_pm1(u16 a, u16 b, u16 v)
{
	outw(v, a);
	if (b)
		outw(v, b);
}

static irqreturn_t acpi_irq(int irq, void *dev_id)
{
	u16 ours = read_pm1(acpi_ports.pm1a_status, acpi_ports.pm1b_status) & pm1_enabled;

	if (!ours)
		return IRQ_NONE;
	write_pm1(acpi_ports.pm1a_status, acpi_ports.pm1b_status, ours);
	if (ours & ACPI_PM1_POWER_BUTTON) {
		atomic_inc(&power_button_presses);
		pr_info("button/power PWRF: power button pressed\n");
	}
	if (ours & ACPI_PM1_SLEEP_BUTTON)
		pr_info("button/sleep SLPF: sleep button pressed\n");
	return IRQ_HANDLED;
}

/* Off, and what they have recorded forgotten: status is the first half of the block, enable the second. */
static void __init silence_gpe(u16 block, u8 length)
{
	for (unsigned int i = 0; i < length / 2; i++) {
		outb(0, block + length / 2 + i);
		outb(0xff, block + i);
	}
}

void __init acpi_event_init(void)
{
	unsigned int sci = acpi_gbl_FADT.sci_interrupt;
	int irq = sci, err;

	if (!acpi_ports.pm1a_status)
		return;
	silence_gpe(acpi_ports.gpe0, acpi_ports.gpe0 ? acpi_ports.gpe0_length : 0);
	silence_gpe(acpi_ports.gpe1, acpi_ports.gpe1 ? acpi_ports.gpe1_length : 0);
	write_pm1(acpi_ports.pm1a_enable, acpi_ports.pm1b_enable, 0);
	write_pm1(acpi_ports.pm1a_status, acpi_ports.pm1b_status, 0xffff);

	/* A number of the ISA bus is where the tables said; a higher one is a pin. */
	if (sci >= 16)
		irq = acpi_register_gsi(sci, MP_IRQPOL_ACTIVE_LOW | MP_IRQTRIG_LEVEL);
	pm1_enabled = acpi_gbl_FADT.flags & ACPI_FADT_POWER_BUTTON ? 0 : ACPI_PM1_POWER_BUTTON;
	err = irq < 0 ? irq : request_irq(irq, acpi_irq, IRQF_SHARED, "acpi", &acpi_ports);
	if (err) {
		pr_err("SCI (IRQ%u) allocation failed (error %d)\n", sci, err);
		return;
	}
	write_pm1(acpi_ports.pm1a_enable, acpi_ports.pm1b_enable, pm1_enabled);
	if (pm1_enabled & ACPI_PM1_POWER_BUTTON)
		pr_info("Power Button [PWRF]\n");
}
