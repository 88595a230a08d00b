/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/fadt.c - the Fixed ACPI Description Table: power and events that need no interpreter.
 *
 * Most of ACPI is programs in the firmware's own language. A few registers are so basic that the specification fixes
 * their layout and the table only says at which ports they are:
 *
 *	PM1 event	status, enable		power button, timer overflow, alarm; each half may be in two chips, "a" and "b"
 *	PM1 control	SCI_EN, SLP_TYP, SLP_EN	who owns the events; sleeping and switching off
 *	PM timer	24 or 32 bits		counts at 3579545 Hz
 *	GPE0, GPE1	status, enable		events that mean what the AML says
 *	reset		one byte		written there, the machine resets
 *
 * The table has grown with each version of the specification: 116 bytes in 1.0, 276 in 6.x. Here a short one is
 * completed with zeros, so that a field that is not there reads as "no such thing". Since 2.0 most addresses are there
 * twice, as a 32-bit port and as a register description with 64 bits; the latter wins unless it is empty or not a port.
 *
 * Linux (drivers/acpi/acpica/tbfadt.c) does the same, and complains more about the ways in which the two can differ.
 * Reference: ACPI specification 6.3, 5.2.9 and 4.8.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include "internal.h"

struct acpi_table_fadt acpi_gbl_FADT;
struct acpi_ports acpi_ports;
u32 pmtmr_ioport;
bool pmtmr_32bit;
u8 acpi_rtc_century;

/* The port of a block of @need bytes, from its two descriptions; 0: none that can be used. */
static u16 block_port(u32 port, const struct acpi_generic_address *x, unsigned int need, const char *name)
{
	u64 at = port;

	if (x->address && x->space_id == ACPI_ADR_SPACE_SYSTEM_IO)
		at = x->address;
	else if (x->address && !at)
		pr_warn("FADT: %s is not a range of ports: not used\n", name);
	if (!at || !need)
		return 0;
	if (at > 0xffff || at + need > 0x10000) {
		pr_warn("FADT: %s: there is no port %#llx\n", name, at);
		return 0;
	}
	return at;
}

void fadt_decode(const void *table, u32 length, struct acpi_table_fadt *f, struct acpi_ports *p)
{
	unsigned int half;

	memset(f, 0, sizeof(*f));
	memset(p, 0, sizeof(*p));
	if (length < ACPI_FADT_V1_SIZE) {
		pr_warn("FADT: %u bytes are too short: not used\n", length);
		return;
	}
	memcpy(f, table, min_t(u32, length, sizeof(*f)));
	if (f->flags & ACPI_FADT_HW_REDUCED) {
		pr_info("FADT: hardware-reduced: there are no fixed registers\n");
		return;
	}

	/* The event block is two registers, status and enable, of the same size: 4 bytes at least. */
	half = f->pm1_event_length / 2;
	p->pm1a_status = block_port(f->pm1a_event_block, &f->xpm1a_event_block, f->pm1_event_length, "PM1a event block");
	p->pm1b_status = block_port(f->pm1b_event_block, &f->xpm1b_event_block, f->pm1_event_length, "PM1b event block");
	if (half < 2 || half > 32)
		p->pm1a_status = p->pm1b_status = 0;
	if (p->pm1a_status)
		p->pm1a_enable = p->pm1a_status + half;
	if (p->pm1b_status)
		p->pm1b_enable = p->pm1b_status + half;
	p->pm1_event_length = f->pm1_event_length;

	p->pm1a_control = block_port(f->pm1a_control_block, &f->xpm1a_control_block, 2, "PM1a control block");
	p->pm1b_control = block_port(f->pm1b_control_block, &f->xpm1b_control_block, 2, "PM1b control block");
	p->pm1_control_length = f->pm1_control_length;
	if (f->pm_timer_length >= 4 || (!f->pm_timer_length && f->xpm_timer_block.address))
		p->pm_timer = block_port(f->pm_timer_block, &f->xpm_timer_block, 4, "PM timer");
	p->gpe0 = block_port(f->gpe0_block, &f->xgpe0_block, f->gpe0_block_length, "GPE0 block");
	p->gpe1 = block_port(f->gpe1_block, &f->xgpe1_block, f->gpe1_block_length, "GPE1 block");
	p->gpe0_length = f->gpe0_block_length;
	p->gpe1_length = f->gpe1_block_length;
}

void __init acpi_fadt_init(void)
{
	struct acpi_table_header *t;
	u64 dsdt, facs;

	if (acpi_get_table(ACPI_SIG_FADT, 1, &t)) {
		pr_warn("no FADT: no power management\n");
		return;
	}
	fadt_decode(t, t->length, &acpi_gbl_FADT, &acpi_ports);
	acpi_put_table(t);

	dsdt = acpi_gbl_FADT.Xdsdt ? acpi_gbl_FADT.Xdsdt : acpi_gbl_FADT.dsdt;
	facs = acpi_gbl_FADT.Xfacs ? acpi_gbl_FADT.Xfacs : acpi_gbl_FADT.facs;
	if (dsdt)
		acpi_add_table(dsdt);
	if (facs)
		acpi_add_table(facs);

	pmtmr_ioport = acpi_ports.pm_timer;
	pmtmr_32bit = acpi_gbl_FADT.flags & ACPI_FADT_32BIT_TIMER;
	acpi_rtc_century = acpi_gbl_FADT.century < 128 ? acpi_gbl_FADT.century : 0;
	if (pmtmr_ioport)
		pr_info("PM-Timer IO Port: %#x\n", pmtmr_ioport);
}
