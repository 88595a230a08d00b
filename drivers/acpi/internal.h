/* SPDX-License-Identifier: GPL-2.0-only */
/* drivers/acpi/internal.h - what the files of this folder share. Parsers here are pure: bytes in, calls or numbers out. */
#ifndef DRIVERS_ACPI_INTERNAL_H
#define DRIVERS_ACPI_INTERNAL_H

#include <primer/acpi.h>

/* ---- tables.c: bytes at physical addresses, and the list of tables ----------------------------------------------- */

/* A range that can be memory: not empty, no wrap, within the CPU's physical addresses. */
bool acpi_range_ok(u64 phys, u64 size);
/* Map for reading, at any time of the boot; at most ACPI_MAP_MAX bytes before slabs exist. NULL: cannot. */
#define ACPI_MAP_MAX	(63 * 4096UL)
void *acpi_map(u64 phys, u64 size);
void acpi_unmap(void *p, u64 size);
u8 acpi_checksum(const void *p, u32 length);	/* the sum of all bytes, modulo 256 */

/* NULL for a sound header of a table with @length bytes behind it, else what is wrong with it. Does not sum up. */
const char *acpi_check_header(const struct acpi_table_header *h, u64 phys);
/* NULL for a root pointer that may be believed, of which @avail bytes are there. */
const char *acpi_check_rsdp(const struct acpi_table_rsdp *rsdp, u32 avail);
/* What can be printed of a field of @n characters, for %s; @buf has n + 1 bytes. */
char *acpi_printable(char *buf, const char *field, unsigned int n);

bool acpi_tables_init(void);			/* false: no usable root */
/* acpi_add_table - a table that only another one points to. */
bool acpi_add_table(u64 phys);

/* A walk over subtables: @p at the first, @end behind the table. NULL, and a complaint, at the first unsound one. */
const struct acpi_subtable_header *acpi_next_subtable(const void *p, const void *end, const char *table);

/* ---- madt.c, mptable.c: CPUs and interrupt lines ----------------------------------------------------------------- */

/* Where the facts go: to the rest of the kernel (boot.c), or to a test. All members are set. */
struct apic_sink {
	void (*lapic_address)(void *arg, u64 phys);
	void (*lapic)(void *arg, u32 apicid, bool enabled);
	void (*ioapic)(void *arg, u8 id, u64 phys, u32 gsi_base);
	void (*override)(void *arg, u8 bus_irq, u32 gsi, u16 inti_flags);
	unsigned int (*pins)(void *arg, u64 phys);	/* how many pins that I/O APIC has: MP tables do not say */
};

/* madt_parse - tell @sink what the MADT of @length bytes says; the number of usable CPUs in it. */
unsigned int madt_parse(const struct acpi_table_madt *madt, u32 length, const struct apic_sink *sink, void *arg);
/* madt_has - does any sound entry of that type exist? */
bool madt_has(const struct acpi_table_madt *madt, u32 length, u8 type);

struct mpf_intel {
	char signature[4];			/* "_MP_" */
	u32 physptr;				/* the configuration table; 0: there is none */
	u8 length;				/* in units of 16 bytes: 1 */
	u8 specification;
	u8 checksum;
	u8 feature1;				/* not 0: that default configuration */
	u8 feature2;				/* bit 7: IMCR */
	u8 feature3, feature4, feature5;
} __packed;

const char *mp_check_pointer(const struct mpf_intel *mpf);
/* mp_parse - the same as madt_parse for the MP configuration table, @avail bytes of which can be read. */
unsigned int mp_parse(const void *table, u32 avail, const struct apic_sink *sink, void *arg);
bool mptable_init(const struct apic_sink *sink);

/* ---- fadt.c: fixed hardware -------------------------------------------------------------------------------------- */

/* Ports; 0: not there. */
struct acpi_ports {
	u16 pm1a_status, pm1b_status, pm1a_enable, pm1b_enable, pm1a_control, pm1b_control;
	u16 pm1_event_length, pm1_control_length;	/* bytes of each block */
	u16 pm_timer;
	u16 gpe0, gpe1;
	u8 gpe0_length, gpe1_length;
};
extern struct acpi_ports acpi_ports;		/* [boot] */

/* fadt_decode - a FADT of @length bytes, of whatever version, as @fadt and @ports; 64-bit fields win. */
void fadt_decode(const void *table, u32 length, struct acpi_table_fadt *fadt, struct acpi_ports *ports);
void acpi_fadt_init(void);

/* ---- the others -------------------------------------------------------------------------------------------------- */

void hpet_parse(const struct acpi_table_header *t, u32 length, u64 *address, u8 *blockid, u16 *min_tick);
unsigned int mcfg_parse(const struct acpi_table_header *t, u32 length, struct acpi_mcfg_allocation *list,
			unsigned int max);
void srat_parse(const struct acpi_table_header *t, u32 length);

/* aml_find_sleep_type - the two SLP_TYP values of the object @name ("_S5_") in @length bytes of AML; false: not there */
bool aml_find_sleep_type(const u8 *aml, u32 length, const char *name, u8 *typ_a, u8 *typ_b);

/* sleep.c */
void acpi_reboot_init(void);
/* event.c: the SCI is requested, the power button heard. After acpi_enable(). */
void acpi_event_init(void);

#endif
