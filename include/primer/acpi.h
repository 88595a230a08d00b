/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/acpi.h - what the firmware's tables say about this machine, and the few things that only ACPI can do.
 *
 * Reading goes on in setup_arch(), before there is memory to allocate; everything marked [boot] is final when that
 * returns. The formats of the tables are in acpi_tables.h. The theory is in drivers/acpi/tables.c.
 */
#ifndef PRIMER_ACPI_H
#define PRIMER_ACPI_H

#include <primer/acpi_tables.h>
#include <primer/compiler.h>
#include <primer/types.h>

/* ---- boot -------------------------------------------------------------------------------------------------------- */

/*
 * acpi_boot_init - find the tables and tell everybody concerned what they say about CPUs, interrupts and timers
 *
 * CPUs go to smp_register_lapic(), I/O APICs to ioapic_register(), lines of the ISA bus that are wired elsewhere to
 * ioapic_override(), the registers' address to register_lapic_address(). Without ACPI, or without a MADT, an MP table
 * is looked for and read to the same ends. Whatever is malformed is named in the log and left out.
 *
 * Context: setup_arch(), boot CPU, as soon as early_memremap() works; before setup_per_cpu_areas().
 */
void acpi_boot_init(void);

extern bool acpi_disabled;		/* [boot] acpi=off, or no usable tables */
extern bool acpi_noirq;			/* [boot] acpi=noirq: the MADT is not used */
extern bool acpi_lapic;			/* [boot] the MADT named the CPUs */
extern bool acpi_ioapic;		/* [boot] the MADT named an I/O APIC */
extern bool smp_found_config;		/* [boot] CPUs are known, by the MADT or by an MP table */
extern bool pic_mode;			/* [boot] MP table: the 8259s are wired past the local APIC (IMCR) */
extern bool acpi_pcat_compat;		/* [boot] there are two 8259s as well */

/* ---- for timers -------------------------------------------------------------------------------------------------- */

extern u32 pmtmr_ioport;		/* [boot] the power management timer's port; 0: none */
extern bool pmtmr_32bit;		/* [boot] it counts 32 bits, not 24 */
extern u64 hpet_address;		/* [boot] physical; 0: none */
extern u8 hpet_blockid;			/* [boot] */
extern u16 hpet_min_tick;		/* [boot] smallest period without lost interrupts, in its clocks */
extern u8 acpi_rtc_century;		/* [boot] index of the century in CMOS memory; 0: not kept */

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/*
 * acpi_get_table - the @instance'th (from 1) table of that @signature, mapped, checksum and length verified
 *
 * 0, or -ENODEV: no such table; -ENOMEM: cannot be mapped. "DSDT" and "FACS" are found as well, although the FADT names
 * them. Give it back with acpi_put_table(). Context: boot, or a task that may sleep.
 */
int acpi_get_table(const char *signature, u32 instance, struct acpi_table_header **table);
void acpi_put_table(struct acpi_table_header *table);

extern struct acpi_table_fadt acpi_gbl_FADT;	/* [boot] zeros where the firmware's is shorter, or missing */

/* Memory-mapped PCI configuration space, from the MCFG. [boot] */
#define MAX_PCI_MMCFG	8
extern struct acpi_mcfg_allocation pci_mmcfg_list[MAX_PCI_MMCFG];
extern unsigned int pci_mmcfg_count;

/* Memory and CPUs by distance, from the SRAT. Nodes are numbered in the order in which their domains appear. [boot] */
#define MAX_NUMNODES		64
#define NR_NODE_MEMBLKS		32
struct numa_memblk { u64 start, end; int nid; };		/* end is exclusive */
extern struct numa_memblk numa_memblks[NR_NODE_MEMBLKS];
extern unsigned int nr_numa_memblks, nr_numa_nodes;
int acpi_apicid_to_node(u32 apicid);	/* the node of that CPU, or -1 when the SRAT does not say */

/* ---- power ------------------------------------------------------------------------------------------------------- */

/* acpi_power_button_presses - how often the power button was pressed since boot. Context: any. */
unsigned int acpi_power_button_presses(void);

#endif
