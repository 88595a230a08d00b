/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/tables.c - the firmware's tables: found, judged, listed.
 *
 * The problem. How many CPUs are there? Where does the interrupt controller sit, which wire of the ISA bus goes where,
 * how is the power switched off? No two boards agree, and the hardware itself does not tell. The firmware knows,
 * because it was written for the board, and leaves its knowledge in memory as a tree of tables (ACPI: Advanced
 * Configuration and Power Interface):
 *
 *	RSDP --+--> RSDT: 32-bit addresses --+--> APIC (MADT)	CPUs, I/O APICs, wires			madt.c
 *	       '--> XSDT: 64-bit addresses --+--> FACP (FADT)	ports for power and events		fadt.c
 *	                                     |      |--> DSDT	programs for an interpreter (AML)	aml.c
 *	                                     |      '--> FACS	waking up, the lock shared with SMM
 *	                                     |--> HPET, MCFG	a timer, PCI configuration		misc.c
 *	                                     '--> SRAT		which memory is near which CPU		srat.c
 *
 * Every table but the root and the FACS begins with the same 36 bytes: a signature of four letters, the length, a
 * checksum.
 *
 * The idea. Firmware has bugs, and what is written here is believed by code that programs hardware. So each table is
 * judged once, as a whole, before anybody reads it: its range can be memory, its length covers at least its header, and
 * its bytes add up to 0 modulo 256. Those that pass go into a list; all others are named in the log and do not exist.
 * The same holds one level down: a table that consists of records is walked by acpi_next_subtable(), which hands out a
 * record only if all of it lies in front of the table's end.
 *
 * Where is the root? The loader may say (PVH gives the address, Multiboot2 a copy); otherwise it starts on a 16-byte
 * boundary in the first KiB of the BIOS's extended data area or in the BIOS's read-only memory, and its own two
 * checksums tell it from chance.
 *
 *	00040e	segment of the EBDA	09fc00 (mostly)	EBDA		0e0000-0fffff	BIOS
 *
 * Mapping. Tables lie where the firmware likes, seldom in memory that we own. Before there is vmalloc they are seen
 * through the windows of early_memremap(), 63 pages at a time, so sums are taken in pieces; later through memremap(). A
 * table that lies in memory that the map calls usable is reserved, or it would be overwritten.
 *
 * Invariants:
 *   T1  a table in the list has had its checksum verified over its whole length (the FACS has none, its signature is all).
 *   T2  the same address is listed once.
 *   T3  no byte behind a table's length, or in front of its start, is ever read.
 *
 * Locking: none. The list is written by the boot CPU before there is another; it does not change any more.
 *
 * Linux (drivers/acpi/acpica) has the reference implementation of the whole specification, 100,000 lines of it an
 * interpreter for AML. It can also replace tables from the initrd. Reference: ACPI specification 6.3, chapter 5.2.
 */
#define pr_fmt(fmt) "ACPI: " fmt
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include "internal.h"

#define ACPI_MAX_TABLES		64
#define ACPI_MAX_TABLE_SIZE	(4 * SZ_1M)	/* the largest in the wild are DSDTs of half a MiB */
#define FACS_MIN_SIZE		64
#define EBDA_SEGMENT		0x40e		/* the BIOS data area's word that says where the EBDA is */
#define BIOS_START		0xe0000
#define BIOS_END		0x100000

struct acpi_table_desc {
	u64 address;
	u32 length;
	char signature[4];
};

static struct acpi_table_desc acpi_tables[ACPI_MAX_TABLES];	/* [boot] */
static unsigned int acpi_table_count;				/* [boot] */
static u64 rsdp_override __initdata;				/* acpi_rsdp= */
static bool rsdt_forced __initdata;				/* acpi=rsdt */

/* ---- memory ------------------------------------------------------------------------------------------------------ */

bool acpi_range_ok(u64 phys, u64 size)
{
	return phys && size && phys + size > phys && !((phys + size - 1) >> boot_cpu_data.phys_bits);
}

static bool in_early_window(const void *p)
{
	return (unsigned long)p >= __fix_to_virt(FIX_BTMAP_BEGIN) && (unsigned long)p < FIXADDR_TOP;
}

void *acpi_map(u64 phys, u64 size)
{
	if (!acpi_range_ok(phys, size))
		return NULL;
	if (!slab_is_available())
		return early_memremap(phys, size);
	/* Half in RAM and half outside would be a mistake that ioremap complains about. */
	if (memblock_overlaps_region(&memblock.memory, phys, size) && !memblock_is_region_memory(phys, size))
		return NULL;
	return memremap(phys, size, MEMREMAP_WB);
}

void acpi_unmap(void *p, u64 size)
{
	if (!p)
		return;
	if (in_early_window(p))
		early_memunmap(p, size);
	else
		memunmap(p);
}

u8 acpi_checksum(const void *p, u32 length)
{
	const u8 *bytes = p;
	u8 sum = 0;

	while (length--)
		sum += *bytes++;
	return sum;
}

/* The sum of a physical range, a window at a time. False: cannot be read. */
static bool __init sum_range(u64 phys, u32 length, u8 *sum)
{
	*sum = 0;
	while (length) {
		u32 n = min_t(u32, length, ACPI_MAP_MAX);
		void *p = acpi_map(phys, n);

		if (!p)
			return false;
		*sum += acpi_checksum(p, n);
		acpi_unmap(p, n);
		phys += n;
		length -= n;
	}
	return true;
}

/* ---- judging ----------------------------------------------------------------------------------------------------- */

char *acpi_printable(char *buf, const char *field, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		buf[i] = isprint((unsigned char)field[i]) ? field[i] : field[i] ? '?' : ' ';
	buf[n] = '\0';
	return buf;
}

const char *acpi_check_header(const struct acpi_table_header *h, u64 phys)
{
	for (unsigned int i = 0; i < sizeof(h->signature); i++)
		if (!isalnum((unsigned char)h->signature[i]) && h->signature[i] != '_')
			return "no signature";
	if (h->length < (memcmp(h->signature, ACPI_SIG_FACS, 4) ? sizeof(*h) : FACS_MIN_SIZE))
		return "shorter than its header";
	if (h->length > ACPI_MAX_TABLE_SIZE)
		return "impossibly long";
	if (!acpi_range_ok(phys, h->length))
		return "reaches beyond physical memory";
	return NULL;
}

const char *acpi_check_rsdp(const struct acpi_table_rsdp *rsdp, u32 avail)
{
	if (avail < ACPI_RSDP_V1_SIZE)
		return "too short";
	if (memcmp(rsdp->signature, ACPI_SIG_RSDP, 8))
		return "no signature";
	if (acpi_checksum(rsdp, ACPI_RSDP_V1_SIZE))
		return "incorrect checksum";
	if (rsdp->revision < 2)
		return NULL;
	if (avail < sizeof(*rsdp) || rsdp->length < sizeof(*rsdp) || rsdp->length > avail)
		return "incorrect length";
	return acpi_checksum(rsdp, rsdp->length) ? "incorrect extended checksum" : NULL;
}

const struct acpi_subtable_header *acpi_next_subtable(const void *p, const void *end, const char *table)
{
	const struct acpi_subtable_header *h = p;
	unsigned long left = (const u8 *)end - (const u8 *)p;

	if (!left)
		return NULL;
	if (left >= sizeof(*h) && h->length >= sizeof(*h) && h->length <= left)
		return h;
	if (left >= sizeof(*h))
		pr_warn("%s: entry of type %u with a length of %u, %lu bytes are left: the rest is ignored\n", table, h->type,
			h->length, left);
	else
		pr_warn("%s: %lu byte behind the last entry\n", table, left);
	return NULL;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static void __init print_table(const struct acpi_table_header *h, u64 phys)
{
	char sig[5], oem[7], id[9], compiler[5];

	acpi_printable(sig, h->signature, 4);
	if (!memcmp(h->signature, ACPI_SIG_FACS, 4)) {
		pr_info("%s 0x%016llX %06X\n", sig, phys, h->length);
		return;
	}
	pr_info("%s 0x%016llX %06X (v%02d %-6s %-8s %08X %-4s %08X)\n", sig, phys, h->length, h->revision,
		acpi_printable(oem, h->oem_id, 6), acpi_printable(id, h->oem_table_id, 8), h->oem_revision,
		acpi_printable(compiler, h->asl_compiler_id, 4), h->asl_compiler_revision);
}

/* Read and judge the table at @phys; its header is copied to @h. */
static bool __init judge_table(u64 phys, struct acpi_table_header *h)
{
	void *p = acpi_map(phys, sizeof(*h));
	const char *wrong;
	char sig[5];
	u8 sum;

	if (!p) {
		pr_warn("table at 0x%016llX: no memory there: ignored\n", phys);
		return false;
	}
	memcpy(h, p, sizeof(*h));
	acpi_unmap(p, sizeof(*h));
	acpi_printable(sig, h->signature, 4);
	wrong = acpi_check_header(h, phys);
	if (wrong) {
		pr_warn("%s 0x%016llX %06X: %s: ignored\n", sig, phys, h->length, wrong);
		return false;
	}
	if (!memcmp(h->signature, ACPI_SIG_FACS, 4))
		return true;
	if (!sum_range(phys, h->length, &sum)) {
		pr_warn("%s 0x%016llX %06X: cannot be read: ignored\n", sig, phys, h->length);
		return false;
	}
	if (sum) {
		pr_warn("%s 0x%016llX %06X: Incorrect checksum in table [%s] - 0x%02X, should be 0x%02X: ignored\n", sig, phys,
			h->length, sig, h->checksum, (u8)(h->checksum - sum));
		return false;
	}
	return true;
}

bool __init acpi_add_table(u64 phys)
{
	struct acpi_table_header h;

	for (unsigned int i = 0; i < acpi_table_count; i++)
		if (acpi_tables[i].address == phys)
			return false;
	if (!judge_table(phys, &h))
		return false;
	if (acpi_table_count == ACPI_MAX_TABLES) {
		pr_warn("more than %d tables: the one at 0x%016llX is ignored\n", ACPI_MAX_TABLES, phys);
		return false;
	}
	print_table(&h, phys);
	/* In RAM that the firmware's map calls free? Nobody else may have it. */
	if (memblock_overlaps_region(&memblock.memory, phys, h.length))
		memblock_reserve(phys, h.length);
	acpi_tables[acpi_table_count] = (struct acpi_table_desc){ .address = phys, .length = h.length };
	memcpy(acpi_tables[acpi_table_count++].signature, h.signature, 4);
	return true;
}

/* The addresses in an RSDT or XSDT. */
static bool __init add_root(u64 phys, const char *signature, unsigned int entry_size)
{
	struct acpi_table_header h;
	unsigned int count;
	u8 *p;

	if (!judge_table(phys, &h))
		return false;
	if (memcmp(h.signature, signature, 4)) {
		pr_warn("%s 0x%016llX: its signature says something else: ignored\n", signature, phys);
		return false;
	}
	print_table(&h, phys);
	count = (h.length - sizeof(h)) / entry_size;
	if (count > ACPI_MAX_TABLES) {
		pr_warn("%s: %u entries, only %d are used\n", signature, count, ACPI_MAX_TABLES);
		count = ACPI_MAX_TABLES;
	}
	if (!count)
		return true;
	p = acpi_map(phys + sizeof(h), count * entry_size);
	for (unsigned int i = 0; p && i < count; i++) {
		u64 address = 0;

		memcpy(&address, p + i * entry_size, entry_size);
		if (address)
			acpi_add_table(address);
		else
			pr_warn("%s: entry %u is empty\n", signature, i);
	}
	acpi_unmap(p, count * entry_size);
	return true;
}

int acpi_get_table(const char *signature, u32 instance, struct acpi_table_header **table)
{
	for (unsigned int i = 0; i < acpi_table_count; i++) {
		const struct acpi_table_desc *t = &acpi_tables[i];
		struct acpi_table_header *h;

		if (memcmp(t->signature, signature, 4) || --instance)
			continue;
		h = acpi_map(t->address, t->length);
		if (!h)
			return -ENOMEM;
		/* Whoever uses the header's length must get the one that was judged. */
		if (h->length != t->length) {
			acpi_unmap(h, t->length);
			return -ENODEV;
		}
		*table = h;
		return 0;
	}
	return -ENODEV;
}

void acpi_put_table(struct acpi_table_header *table)
{
	if (table)
		acpi_unmap(table, table->length);
}

/* ---- the root ---------------------------------------------------------------------------------------------------- */

/* The root pointer in [@start, @end): physical address, or 0. */
static u64 __init scan_for_rsdp(u64 start, u64 end)
{
	const u8 *p = acpi_map(start, end - start);
	u64 found = 0;

	for (u64 at = 0; p && at + ACPI_RSDP_V1_SIZE <= end - start; at += 16)
		if (!memcmp(p + at, ACPI_SIG_RSDP, 8) &&
		    !acpi_check_rsdp((const void *)(p + at), min_t(u64, end - start - at, sizeof(struct acpi_table_rsdp)))) {
			found = start + at;
			break;
		}
	acpi_unmap((void *)p, end - start);
	return found;
}

static u64 __init find_rsdp(void)
{
	const u16 *word = acpi_map(EBDA_SEGMENT, sizeof(*word));
	u64 ebda = word ? (u64)*word << 4 : 0, found = 0;

	acpi_unmap((void *)word, sizeof(*word));
	if (ebda > 0x400 && ebda < 0xa0000)
		found = scan_for_rsdp(ebda, ebda + SZ_1K);
	return found ? found : scan_for_rsdp(BIOS_START, BIOS_END);
}

static bool __init read_rsdp(u64 phys, struct acpi_table_rsdp *rsdp)
{
	const char *wrong = "no memory there";
	u32 size = ACPI_RSDP_V1_SIZE;
	void *p;

	memset(rsdp, 0, sizeof(*rsdp));
	/* The short form may be all that there is. */
	for (int pass = 0; pass < 2; pass++) {
		p = acpi_map(phys, size);
		if (!p)
			break;
		memcpy(rsdp, p, size);
		acpi_unmap(p, size);
		if (rsdp->revision < 2)
			break;
		size = sizeof(*rsdp);
	}
	if (p)
		wrong = acpi_check_rsdp(rsdp, size);
	if (wrong)
		pr_warn("RSDP 0x%016llX: %s: ignored\n", phys, wrong);
	return !wrong;
}

/* In the order of who knows best: the user, the loader, a search. */
static bool __init get_rsdp(struct acpi_table_rsdp *rsdp, u64 *phys)
{
	if (rsdp_override) {
		*phys = rsdp_override;
		return read_rsdp(*phys, rsdp);
	}
	*phys = boot_params.rsdp_addr;
	if (*phys && read_rsdp(*phys, rsdp))
		return true;
	*phys = 0;
	if (boot_params.rsdp_copy_size) {
		const char *wrong = acpi_check_rsdp((const void *)boot_params.rsdp_copy, boot_params.rsdp_copy_size);

		memset(rsdp, 0, sizeof(*rsdp));
		memcpy(rsdp, boot_params.rsdp_copy, min_t(u32, boot_params.rsdp_copy_size, sizeof(*rsdp)));
		if (!wrong)
			return true;
		pr_warn("RSDP from the loader: %s: ignored\n", wrong);
	}
	*phys = find_rsdp();
	return *phys && read_rsdp(*phys, rsdp);
}

bool __init acpi_tables_init(void)
{
	struct acpi_table_rsdp rsdp;
	char oem[7];
	u64 phys;

	if (!get_rsdp(&rsdp, &phys))
		return false;
	pr_info("RSDP 0x%016llX %06X (v%02d %-6s)\n", phys, rsdp.revision < 2 ? ACPI_RSDP_V1_SIZE : rsdp.length, rsdp.revision,
		acpi_printable(oem, rsdp.oem_id, 6));
	if (rsdp.revision >= 2 && rsdp.xsdt_physical_address && !rsdt_forced &&
	    add_root(rsdp.xsdt_physical_address, ACPI_SIG_XSDT, 8))
		return true;
	return add_root(rsdp.rsdt_physical_address, ACPI_SIG_RSDT, 4);
}

static int __init setup_acpi_rsdp(char *arg)
{
	return kstrtoull(arg, 16, &rsdp_override);
}
early_param("acpi_rsdp", setup_acpi_rsdp);

/* acpi=off: no tables. acpi=noirq: not for interrupts. acpi=rsdt: the table with 32-bit addresses. */
static int __init parse_acpi(char *arg)
{
	if (!strcmp(arg, "off"))
		acpi_disabled = true;
	else if (!strcmp(arg, "noirq"))
		acpi_noirq = true;
	else if (!strcmp(arg, "rsdt"))
		rsdt_forced = true;
	else
		return -EINVAL;
	return 0;
}
early_param("acpi", parse_acpi);
