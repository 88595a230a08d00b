/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/misc.c - HPET and MCFG: two tables that each give an address.
 *
 * HPET: the registers of the High Precision Event Timer, in memory. MCFG: PCI configuration space as memory, 4 KiB for
 * each function, 1 MiB for each bus, in as many pieces as the machine has PCI segments.
 *
 * Linux: arch/x86/kernel/acpi/boot.c, drivers/acpi/pci_mcfg.c. Reference: IA-PC HPET specification 1.0a, 3.2.4; PCI
 * Firmware specification 3.0, 4.1.2.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include "internal.h"

#define MCFG_BUS_SIZE	0x100000ULL

void hpet_parse(const struct acpi_table_header *t, u32 length, u64 *address, u8 *blockid, u16 *min_tick)
{
	const struct acpi_table_hpet *h = (const void *)t;

	*address = 0;
	if (length < sizeof(*h)) {
		pr_warn("HPET: %u bytes are too short: ignored\n", length);
		return;
	}
	if (h->address.space_id != ACPI_ADR_SPACE_SYSTEM_MEMORY) {
		pr_warn("HPET timers must be located in memory.\n");
		return;
	}
	/* A block of 1 KiB, aligned to it. */
	if (!acpi_range_ok(h->address.address, 0x400) || h->address.address & 0x3ff) {
		pr_warn("HPET id: %#x base: %#llx is invalid\n", h->id, h->address.address);
		return;
	}
	*address = h->address.address;
	*blockid = h->sequence;
	*min_tick = h->minimum_tick;
	pr_info("HPET id: %#x base: %#llx\n", h->id, *address);
}

unsigned int mcfg_parse(const struct acpi_table_header *t, u32 length, struct acpi_mcfg_allocation *list, unsigned int max)
{
	const u8 *p = (const u8 *)t + sizeof(struct acpi_table_mcfg), *end = (const u8 *)t + length;
	unsigned int n = 0;

	if (length < sizeof(struct acpi_table_mcfg)) {
		pr_warn("MCFG: %u bytes are too short: ignored\n", length);
		return 0;
	}
	for (; end - p >= (long)sizeof(*list); p += sizeof(*list)) {
		struct acpi_mcfg_allocation a;
		u64 start;

		memcpy(&a, p, sizeof(a));
		start = a.address + a.start_bus_number * MCFG_BUS_SIZE;
		if (a.end_bus_number < a.start_bus_number || a.address % MCFG_BUS_SIZE ||
		    !acpi_range_ok(start, (a.end_bus_number - a.start_bus_number + 1) * MCFG_BUS_SIZE)) {
			pr_warn("MCFG: segment %u, buses %02x-%02x at %#llx: ignored\n", a.pci_segment, a.start_bus_number,
				a.end_bus_number, a.address);
			continue;
		}
		if (n == max) {
			pr_warn("MCFG: more than %u segments\n", max);
			break;
		}
		list[n++] = a;
	}
	if (end != p && n < max)
		pr_warn("MCFG: %ld bytes behind the last entry\n", end - p);
	return n;
}
