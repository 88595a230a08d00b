/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/boot.c - the facts go where they are needed.
 *
 * The order at boot is forced by who needs what first. The number of CPUs decides how much per-CPU memory is set up, so
 * all this happens in setup_arch(), when memory can be seen but not yet allocated:
 *
 *	acpi_tables_init	RSDP, XSDT: the list of sound tables
 *	acpi_fadt_init		timer port, line of the ACPI interrupt; DSDT joins the list
 *	MADT			CPUs, I/O APICs, overrides --+--> smp_register_lapic, ioapic_register, ioapic_override
 *	MP table		the same, without a MADT   --'    register_lapic_address
 *	HPET, MCFG, SRAT	recorded for the drivers
 *
 * Nothing here is needed to boot: without any table the machine has one CPU and the two 8259s.
 *
 * The ACPI interrupt (SCI) needs care. All lines of the ISA bus are edge triggered unless an override says otherwise,
 * but the SCI is level triggered and active low unless an override says otherwise.
 *
 * Linux: arch/x86/kernel/acpi/boot.c.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/resource.h>
#include <primer/sprintf.h>
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/io_apic.h>
#include <asm/smp.h>
#include "internal.h"

bool acpi_disabled, acpi_noirq;
bool acpi_lapic, acpi_ioapic, smp_found_config, pic_mode, acpi_pcat_compat;
u64 hpet_address;
u8 hpet_blockid;
u16 hpet_min_tick;
struct acpi_mcfg_allocation pci_mmcfg_list[MAX_PCI_MMCFG];
unsigned int pci_mmcfg_count;

static bool sci_override __initdata;		/* the tables said how the SCI is wired */

/* ---- CPUs and interrupt lines ------------------------------------------------------------------------------------ */

static void __init boot_lapic_address(void *arg, u64 phys)
{
	register_lapic_address(phys);
}

static void __init boot_lapic(void *arg, u32 apicid, bool enabled)
{
	smp_register_lapic(apicid, enabled);
}

static void __init boot_ioapic(void *arg, u8 id, u64 phys, u32 gsi_base)
{
	if (!ioapic_register(id, phys, gsi_base))
		acpi_ioapic = true;
}

static void __init boot_override(void *arg, u8 bus_irq, u32 gsi, u16 flags)
{
	if (!acpi_disabled && acpi_gbl_FADT.header.length && bus_irq == acpi_gbl_FADT.sci_interrupt) {
		sci_override = true;
		if ((flags & MP_IRQPOL_MASK) == MP_IRQPOL_DEFAULT)
			flags |= MP_IRQPOL_ACTIVE_LOW;
		if ((flags & MP_IRQTRIG_MASK) == MP_IRQTRIG_DEFAULT)
			flags |= MP_IRQTRIG_LEVEL;
	}
	ioapic_override(bus_irq, gsi, flags);
}

/* Register 1 of an I/O APIC: its highest pin in bits 16 to 23. 24 when that cannot be read. */
static unsigned int __init boot_pins(void *arg, u64 phys)
{
	void __iomem *regs = acpi_range_ok(phys, 0x20) ? early_ioremap(phys, 0x20) : NULL;
	u32 version = 0;

	if (regs) {
		writel(1, regs);
		version = readl(regs + 0x10);
		early_iounmap(regs, 0x20);
	}
	return version && version != ~0U ? (version >> 16 & 0xff) + 1 : 24;
}

static const struct apic_sink boot_sink __initconst = {
	.lapic_address = boot_lapic_address, .lapic = boot_lapic, .ioapic = boot_ioapic, .override = boot_override,
	.pins = boot_pins,
};

static void __init process_madt(void)
{
	struct acpi_table_header *t;

	if (acpi_noirq || acpi_get_table(ACPI_SIG_MADT, 1, &t))
		return;
	if (madt_has((void *)t, t->length, ACPI_MADT_TYPE_LOCAL_APIC) ||
	    madt_has((void *)t, t->length, ACPI_MADT_TYPE_LOCAL_X2APIC)) {
		acpi_pcat_compat = ((struct acpi_table_madt *)t)->flags & ACPI_MADT_PCAT_COMPAT;
		acpi_lapic = madt_parse((void *)t, t->length, &boot_sink, NULL);
		if (acpi_lapic && acpi_ioapic && acpi_gbl_FADT.header.length && !sci_override && acpi_gbl_FADT.sci_interrupt < 16)
			ioapic_override(acpi_gbl_FADT.sci_interrupt, acpi_gbl_FADT.sci_interrupt,
					MP_IRQPOL_ACTIVE_LOW | MP_IRQTRIG_LEVEL);
	} else {
		pr_warn("the MADT names no CPU: ignored\n");
	}
	acpi_put_table(t);
	if (acpi_lapic) {
		smp_found_config = true;
		printk(KERN_INFO "Using ACPI (MADT) for SMP configuration information\n");
	}
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static void __init process_others(void)
{
	struct acpi_table_header *t;

	if (!acpi_get_table(ACPI_SIG_HPET, 1, &t)) {
		hpet_parse(t, t->length, &hpet_address, &hpet_blockid, &hpet_min_tick);
		acpi_put_table(t);
	}
	if (!acpi_get_table(ACPI_SIG_MCFG, 1, &t)) {
		pci_mmcfg_count = mcfg_parse(t, t->length, pci_mmcfg_list, MAX_PCI_MMCFG);
		acpi_put_table(t);
	}
	if (!acpi_get_table(ACPI_SIG_SRAT, 1, &t)) {
		srat_parse(t, t->length);
		acpi_put_table(t);
	}
}

void __init acpi_boot_init(void)
{
	if (acpi_disabled) {
		pr_info("Disabled by acpi=off\n");
	} else if (!acpi_tables_init()) {
		acpi_disabled = true;
		pr_warn("A valid RSDP was not found\n");
	} else {
		acpi_fadt_init();
		process_madt();
		process_others();
	}
	if (!smp_found_config)
		smp_found_config = mptable_init(&boot_sink);
	acpi_reboot_init();
}

/* What the tables say belongs to somebody is shown, and not given to anybody else. */
static int __init acpi_reserve_resources(void)
{
	static char names[MAX_PCI_MMCFG][40];
	static struct resource mmcfg[MAX_PCI_MMCFG], hpet = { .name = "HPET 0", .flags = IORESOURCE_MEM };
	const struct acpi_ports *p = &acpi_ports;
	const struct { u16 start; u16 size; const char *name; } ports[] = {
		{ p->pm1a_status, p->pm1_event_length, "ACPI PM1a_EVT_BLK" },
		{ p->pm1b_status, p->pm1_event_length, "ACPI PM1b_EVT_BLK" },
		{ p->pm1a_control, p->pm1_control_length, "ACPI PM1a_CNT_BLK" },
		{ p->pm1b_control, p->pm1_control_length, "ACPI PM1b_CNT_BLK" },
		{ p->pm_timer, 4, "ACPI PM_TMR" },
		{ p->gpe0, p->gpe0_length, "ACPI GPE0_BLK" },
		{ p->gpe1, p->gpe1_length, "ACPI GPE1_BLK" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i].start && ports[i].size)
			request_region(ports[i].start, ports[i].size, ports[i].name);
	for (unsigned int i = 0; i < pci_mmcfg_count; i++) {
		const struct acpi_mcfg_allocation *a = &pci_mmcfg_list[i];

		snprintf(names[i], sizeof(names[i]), "PCI MMCONFIG %04x [bus %02x-%02x]", a->pci_segment, a->start_bus_number,
			 a->end_bus_number);
		mmcfg[i] = (struct resource){ .name = names[i], .flags = IORESOURCE_MEM | IORESOURCE_BUSY,
			.start = a->address + ((u64)a->start_bus_number << 20),
			.end = a->address + (((u64)a->end_bus_number + 1) << 20) - 1 };
		pr_info("PCI: MMCONFIG for domain %04x [bus %02x-%02x] at [mem %#llx-%#llx]\n", a->pci_segment,
			a->start_bus_number, a->end_bus_number, mmcfg[i].start, mmcfg[i].end);
		insert_resource(&iomem_resource, &mmcfg[i]);
	}
	if (hpet_address) {
		hpet.start = hpet_address;
		hpet.end = hpet_address + 0x3ff;
		insert_resource(&iomem_resource, &hpet);
	}
	return 0;
}
subsys_initcall(acpi_reserve_resources);
