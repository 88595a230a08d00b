/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/madt.c - the Multiple APIC Description Table: who can take interrupts, and over which wires they come.
 *
 * After its head the table is a row of records, each with a type and a length:
 *
 *	head   | 0: a CPU | 0: a CPU | 1: an I/O APIC | 2: ISA line 0 is on pin 2 | 4: LINT1 is NMI |
 *	address|  APIC id |  APIC id |  address, base |
 *
 * "Global system interrupts" number the pins of all I/O APICs in one row: an I/O APIC with base 24 has pin 0 as number
 * 24. The sixteen lines of the ISA bus are the pins 0 to 15, edge triggered and active high, except where an override
 * record says otherwise. The usual ones on a PC: the timer on pin 2, the ACPI interrupt active high but level
 * triggered.
 *
 * A record may be longer than we know (a later version added to it) but not shorter; those of unknown types are skipped
 * by their length. With both forms of a CPU there, the 8-bit and the 32-bit (x2APIC), each CPU counts once.
 *
 * Nothing is kept here: who asks lends functions (struct apic_sink), one for each kind of fact. At boot that is boot.c,
 * on the only CPU that runs, so there is no lock; a test lends functions of its own.
 *
 * Linux (arch/x86/kernel/acpi/boot.c) walks the table once for each type, and knows of corrections for boards by name.
 * Reference: ACPI specification 6.3, 5.2.12.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/bitmap.h>
#include <primer/bitops.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <asm/io_apic.h>
#include "internal.h"

#define MAX_LOCAL_APIC	256		/* ids of 8 bits; 255 is the broadcast */

/* What a sound record of that type has at least; 0: not ours. */
static unsigned int record_size(u8 type)
{
	switch (type) {
	case ACPI_MADT_TYPE_LOCAL_APIC:			return sizeof(struct acpi_madt_local_apic);
	case ACPI_MADT_TYPE_IO_APIC:			return sizeof(struct acpi_madt_io_apic);
	case ACPI_MADT_TYPE_INTERRUPT_OVERRIDE:		return sizeof(struct acpi_madt_interrupt_override);
	case ACPI_MADT_TYPE_NMI_SOURCE:			return sizeof(struct acpi_madt_nmi_source);
	case ACPI_MADT_TYPE_LOCAL_APIC_NMI:		return sizeof(struct acpi_madt_local_apic_nmi);
	case ACPI_MADT_TYPE_LOCAL_APIC_OVERRIDE:	return sizeof(struct acpi_madt_local_apic_override);
	case ACPI_MADT_TYPE_LOCAL_X2APIC:		return sizeof(struct acpi_madt_local_x2apic);
	case ACPI_MADT_TYPE_LOCAL_X2APIC_NMI:		return sizeof(struct acpi_madt_local_x2apic_nmi);
	default:					return 0;
	}
}

static const char *polarity(u16 flags)
{
	static const char *const names[] = { "dfl", "high", "res", "low" };

	return names[flags & MP_IRQPOL_MASK];
}

static const char *trigger(u16 flags)
{
	static const char *const names[] = { "dfl", "edge", "res", "level" };

	return names[(flags & MP_IRQTRIG_MASK) >> 2];
}

struct madt_walk {
	const struct apic_sink *sink;
	void *arg;
	unsigned int cpus;
	DECLARE_BITMAP(seen, MAX_LOCAL_APIC);
};

static void found_cpu(struct madt_walk *w, u32 apicid, u32 flags)
{
	bool enabled = flags & ACPI_MADT_ENABLED;

	if (apicid >= MAX_LOCAL_APIC - 1) {
		/* Spare records have the id 255 (or all ones) and are not enabled. */
		if (enabled)
			pr_warn("LAPIC id %#x needs an x2APIC: CPU ignored\n", apicid);
		return;
	}
	if (enabled && __test_and_set_bit(apicid, w->seen))
		return;
	w->cpus += enabled;
	w->sink->lapic(w->arg, apicid, enabled);
}

static void found_override(struct madt_walk *w, const struct acpi_madt_interrupt_override *r)
{
	if (r->bus || r->source_irq >= 16) {
		pr_warn("INT_SRC_OVR (bus %u bus_irq %u global_irq %u): not a line of the ISA bus: ignored\n", r->bus,
			r->source_irq, r->global_irq);
		return;
	}
	pr_info("INT_SRC_OVR (bus %u bus_irq %u global_irq %u %s %s)\n", r->bus, r->source_irq, r->global_irq,
		polarity(r->inti_flags), trigger(r->inti_flags));
	w->sink->override(w->arg, r->source_irq, r->global_irq, r->inti_flags);
}

/* A local APIC has two pins of its own; the machine's NMI is expected on the second. */
static void found_lapic_nmi(u32 cpu, u16 flags, u8 lint)
{
	pr_info("LAPIC_NMI (acpi_id[0x%02x] %s %s lint[0x%x])\n", cpu, polarity(flags), trigger(flags), lint);
	if (lint != 1)
		pr_warn("NMI not connected to LINT 1!\n");
}

static void one_record(struct madt_walk *w, const struct acpi_subtable_header *h)
{
	/* Each cast is covered by record_size(). */
	switch (h->type) {
	case ACPI_MADT_TYPE_LOCAL_APIC: {
		const struct acpi_madt_local_apic *r = (const void *)h;

		found_cpu(w, r->id, r->lapic_flags);
		break;
	}
	case ACPI_MADT_TYPE_LOCAL_X2APIC: {
		const struct acpi_madt_local_x2apic *r = (const void *)h;

		found_cpu(w, r->local_apic_id, r->lapic_flags);
		break;
	}
	case ACPI_MADT_TYPE_IO_APIC: {
		const struct acpi_madt_io_apic *r = (const void *)h;

		w->sink->ioapic(w->arg, r->id, r->address, r->global_irq_base);
		break;
	}
	case ACPI_MADT_TYPE_INTERRUPT_OVERRIDE:
		found_override(w, (const void *)h);
		break;
	case ACPI_MADT_TYPE_NMI_SOURCE: {
		const struct acpi_madt_nmi_source *r = (const void *)h;

		pr_info("NMI_SRC (%s %s global_irq %u)\n", polarity(r->inti_flags), trigger(r->inti_flags), r->global_irq);
		break;
	}
	case ACPI_MADT_TYPE_LOCAL_APIC_NMI: {
		const struct acpi_madt_local_apic_nmi *r = (const void *)h;

		found_lapic_nmi(r->processor_id, r->inti_flags, r->lint);
		break;
	}
	case ACPI_MADT_TYPE_LOCAL_X2APIC_NMI: {
		const struct acpi_madt_local_x2apic_nmi *r = (const void *)h;

		found_lapic_nmi(r->uid, r->inti_flags, r->lint);
		break;
	}
	case ACPI_MADT_TYPE_LOCAL_APIC_OVERRIDE: {
		const struct acpi_madt_local_apic_override *r = (const void *)h;

		w->sink->lapic_address(w->arg, r->address);
		break;
	}
	}
}

/* All sound records, in order; @type: only those, -1: all. Returns how many. */
static unsigned int walk(const struct acpi_table_madt *madt, u32 length, struct madt_walk *w, int type)
{
	const u8 *p = (const u8 *)(madt + 1), *end = (const u8 *)madt + length;
	const struct acpi_subtable_header *h;
	unsigned int n = 0;

	if (length < sizeof(*madt))
		return 0;
	for (; (h = acpi_next_subtable(p, end, ACPI_SIG_MADT)); p += h->length) {
		if (type >= 0 && h->type != type)
			continue;
		if (h->length < record_size(h->type)) {
			if (w)
				pr_warn("%s: entry of type %u with a length of %u is too short: ignored\n", ACPI_SIG_MADT, h->type,
					h->length);
			continue;
		}
		n++;
		if (w)
			one_record(w, h);
	}
	return n;
}

bool madt_has(const struct acpi_table_madt *madt, u32 length, u8 type)
{
	return walk(madt, length, NULL, type);
}

unsigned int madt_parse(const struct acpi_table_madt *madt, u32 length, const struct apic_sink *sink, void *arg)
{
	struct madt_walk w = { .sink = sink, .arg = arg };

	if (length < sizeof(*madt)) {
		pr_warn("%s: %u bytes are too short: ignored\n", ACPI_SIG_MADT, length);
		return 0;
	}
	sink->lapic_address(arg, madt->address);
	walk(madt, length, &w, -1);
	return w.cpus;
}
