/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/acpi_tables.h - the formats of ACPI tables, as in the ACPI specification 6.3, chapter 5. (Linux:
 * acpi/actbl*.h)
 *
 * All numbers are little-endian and nothing is aligned: every structure is packed.
 */
#ifndef PRIMER_ACPI_TABLES_H
#define PRIMER_ACPI_TABLES_H

#include <primer/build_bug.h>
#include <primer/compiler.h>
#include <primer/types.h>

#define ACPI_SIG_RSDP		"RSD PTR "
#define ACPI_SIG_RSDT		"RSDT"
#define ACPI_SIG_XSDT		"XSDT"
#define ACPI_SIG_FADT		"FACP"
#define ACPI_SIG_FACS		"FACS"
#define ACPI_SIG_DSDT		"DSDT"
#define ACPI_SIG_SSDT		"SSDT"
#define ACPI_SIG_MADT		"APIC"
#define ACPI_SIG_HPET		"HPET"
#define ACPI_SIG_MCFG		"MCFG"
#define ACPI_SIG_SRAT		"SRAT"

/* The root: 20 bytes in ACPI 1.0, 36 since. Each checksum makes its bytes add up to 0 modulo 256. */
struct acpi_table_rsdp {
	char signature[8];
	u8 checksum;			/* of the first 20 bytes */
	char oem_id[6];
	u8 revision;			/* 0: only the 20 bytes are there */
	u32 rsdt_physical_address;
	u32 length;
	u64 xsdt_physical_address;
	u8 extended_checksum;		/* of all @length bytes */
	u8 reserved[3];
} __packed;
#define ACPI_RSDP_V1_SIZE	20
static_assert(sizeof(struct acpi_table_rsdp) == 36, "RSDP");

/* What every table but RSDP and FACS begins with. */
struct acpi_table_header {
	char signature[4];
	u32 length;			/* bytes, this header included */
	u8 revision;
	u8 checksum;
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	char asl_compiler_id[4];
	u32 asl_compiler_revision;
} __packed;
static_assert(sizeof(struct acpi_table_header) == 36, "table header");

/* A register: in memory, among the ports, ... */
struct acpi_generic_address {
	u8 space_id;			/* ACPI_ADR_SPACE_* */
	u8 bit_width, bit_offset, access_width;
	u64 address;
} __packed;
#define ACPI_ADR_SPACE_SYSTEM_MEMORY	0
#define ACPI_ADR_SPACE_SYSTEM_IO	1
#define ACPI_ADR_SPACE_PCI_CONFIG	2

/* Fixed hardware: where the registers are that need no AML. */
struct acpi_table_fadt {
	struct acpi_table_header header;
	u32 facs, dsdt;			/* physical */
	u8 model;
	u8 preferred_profile;
	u16 sci_interrupt;		/* as an 8259 line, where there is an 8259 */
	u32 smi_command;		/* port; 0: the machine is always in ACPI mode */
	u8 acpi_enable, acpi_disable, s4_bios_request, pstate_control;
	u32 pm1a_event_block, pm1b_event_block;
	u32 pm1a_control_block, pm1b_control_block;
	u32 pm2_control_block, pm_timer_block, gpe0_block, gpe1_block;
	u8 pm1_event_length, pm1_control_length, pm2_control_length, pm_timer_length;
	u8 gpe0_block_length, gpe1_block_length, gpe1_base, cst_control;
	u16 c2_latency, c3_latency, flush_size, flush_stride;
	u8 duty_offset, duty_width, day_alarm, month_alarm;
	u8 century;			/* CMOS index */
	u16 boot_flags;			/* ACPI_FADT_LEGACY_DEVICES ... */
	u8 reserved;
	u32 flags;			/* ACPI_FADT_* */
	struct acpi_generic_address reset_register;
	u8 reset_value;
	u16 arm_boot_flags;
	u8 minor_revision;
	u64 Xfacs, Xdsdt;
	struct acpi_generic_address xpm1a_event_block, xpm1b_event_block, xpm1a_control_block, xpm1b_control_block,
		xpm2_control_block, xpm_timer_block, xgpe0_block, xgpe1_block;
	struct acpi_generic_address sleep_control, sleep_status;
	u64 hypervisor_id;
} __packed;
static_assert(sizeof(struct acpi_table_fadt) == 276, "FADT");
#define ACPI_FADT_V1_SIZE		116	/* up to and including @flags */

/* boot_flags */
#define ACPI_FADT_LEGACY_DEVICES	(1 << 0)
#define ACPI_FADT_8042			(1 << 1)
#define ACPI_FADT_NO_VGA		(1 << 2)
/* flags */
#define ACPI_FADT_POWER_BUTTON		(1 << 4)	/* set: the button is no fixed feature */
#define ACPI_FADT_FIXED_RTC		(1 << 6)
#define ACPI_FADT_32BIT_TIMER		(1 << 8)
#define ACPI_FADT_RESET_REGISTER	(1 << 10)
#define ACPI_FADT_HW_REDUCED		(1 << 20)

/* PM1 registers. Status and enable have the same bits; a status bit is cleared by writing 1 to it. */
#define ACPI_PM1_TIMER			(1 << 0)
#define ACPI_PM1_GLOBAL_LOCK		(1 << 5)
#define ACPI_PM1_POWER_BUTTON		(1 << 8)
#define ACPI_PM1_SLEEP_BUTTON		(1 << 9)
#define ACPI_PM1_RTC			(1 << 10)
#define ACPI_PM1_WAKE			(1 << 15)	/* status only */
#define ACPI_PM1_CNT_SCI_ENABLE		(1 << 0)
#define ACPI_PM1_CNT_SLEEP_TYPE_SHIFT	10
#define ACPI_PM1_CNT_SLEEP_TYPE_MASK	0x1c00
#define ACPI_PM1_CNT_SLEEP_ENABLE	(1 << 13)

/* What MADT and SRAT are made of, after their heads. */
struct acpi_subtable_header {
	u8 type;
	u8 length;			/* bytes, this header included */
} __packed;

struct acpi_table_madt {
	struct acpi_table_header header;
	u32 address;			/* of the local APIC's registers */
	u32 flags;
} __packed;
#define ACPI_MADT_PCAT_COMPAT		(1 << 0)

enum acpi_madt_type {
	ACPI_MADT_TYPE_LOCAL_APIC = 0, ACPI_MADT_TYPE_IO_APIC = 1, ACPI_MADT_TYPE_INTERRUPT_OVERRIDE = 2,
	ACPI_MADT_TYPE_NMI_SOURCE = 3, ACPI_MADT_TYPE_LOCAL_APIC_NMI = 4, ACPI_MADT_TYPE_LOCAL_APIC_OVERRIDE = 5,
	ACPI_MADT_TYPE_LOCAL_X2APIC = 9, ACPI_MADT_TYPE_LOCAL_X2APIC_NMI = 10,
};

struct acpi_madt_local_apic {
	struct acpi_subtable_header header;
	u8 processor_id;		/* names the CPU in AML */
	u8 id;				/* the local APIC's */
	u32 lapic_flags;
} __packed;
#define ACPI_MADT_ENABLED		(1 << 0)

struct acpi_madt_io_apic {
	struct acpi_subtable_header header;
	u8 id, reserved;
	u32 address;			/* physical */
	u32 global_irq_base;		/* the number of its pin 0 */
} __packed;

struct acpi_madt_interrupt_override {
	struct acpi_subtable_header header;
	u8 bus;				/* 0: ISA */
	u8 source_irq;
	u32 global_irq;
	u16 inti_flags;			/* MP_IRQPOL_*, MP_IRQTRIG_* */
} __packed;

struct acpi_madt_nmi_source {
	struct acpi_subtable_header header;
	u16 inti_flags;
	u32 global_irq;
} __packed;

struct acpi_madt_local_apic_nmi {
	struct acpi_subtable_header header;
	u8 processor_id;		/* 0xff: all */
	u16 inti_flags;
	u8 lint;
} __packed;

struct acpi_madt_local_apic_override {
	struct acpi_subtable_header header;
	u16 reserved;
	u64 address;
} __packed;

struct acpi_madt_local_x2apic {
	struct acpi_subtable_header header;
	u16 reserved;
	u32 local_apic_id;
	u32 lapic_flags;
	u32 uid;
} __packed;

struct acpi_madt_local_x2apic_nmi {
	struct acpi_subtable_header header;
	u16 inti_flags;
	u32 uid;			/* 0xffffffff: all */
	u8 lint;
	u8 reserved[3];
} __packed;

struct acpi_table_hpet {
	struct acpi_table_header header;
	u32 id;				/* the low half of the capability register */
	struct acpi_generic_address address;
	u8 sequence;
	u16 minimum_tick;
	u8 flags;
} __packed;

struct acpi_table_mcfg {
	struct acpi_table_header header;
	u8 reserved[8];
} __packed;

struct acpi_mcfg_allocation {
	u64 address;			/* of bus 0, even if start_bus_number is another; 1 MiB a bus */
	u16 pci_segment;
	u8 start_bus_number, end_bus_number;
	u32 reserved;
} __packed;

struct acpi_table_srat {
	struct acpi_table_header header;
	u32 table_revision;
	u64 reserved;
} __packed;

enum acpi_srat_type {
	ACPI_SRAT_TYPE_CPU_AFFINITY = 0, ACPI_SRAT_TYPE_MEMORY_AFFINITY = 1, ACPI_SRAT_TYPE_X2APIC_CPU_AFFINITY = 2,
};

struct acpi_srat_cpu_affinity {
	struct acpi_subtable_header header;
	u8 proximity_domain_lo;
	u8 apic_id;
	u32 flags;			/* bit 0: enabled */
	u8 local_sapic_eid;
	u8 proximity_domain_hi[3];	/* meaningful from table revision 2 on */
	u32 clock_domain;
} __packed;

struct acpi_srat_mem_affinity {
	struct acpi_subtable_header header;
	u32 proximity_domain;
	u16 reserved;
	u64 base_address, length;
	u32 reserved1;
	u32 flags;			/* bit 0: enabled; bit 1: hot-pluggable */
	u64 reserved2;
} __packed;

struct acpi_srat_x2apic_cpu_affinity {
	struct acpi_subtable_header header;
	u16 reserved;
	u32 proximity_domain;
	u32 apic_id;
	u32 flags;
	u32 clock_domain;
	u32 reserved2;
} __packed;
#define ACPI_SRAT_ENABLED		(1 << 0)
#define ACPI_SRAT_MEM_HOT_PLUGGABLE	(1 << 1)

#endif
