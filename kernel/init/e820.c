/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/e820.c - the firmware's memory map, made trustworthy.
 *
 * The problem. The map comes from firmware, named after the BIOS call that first gave it (int 15h, AX=E820h). Its entries may be
 * unsorted, may overlap with different opinions, may be empty or wrap around the end of the address space.
 *
 * The idea. Sweep over all edges (starts and ends) in order of address and keep, between two edges, the most restrictive type
 * of the entries open there: a byte that anybody calls reserved is reserved. Neighbours of one type become one entry.
 *
 *	in	|---- RAM --------------|
 *		         |-- reserved --|--|
 *	out	|- RAM --|-- reserved ------|
 *
 * The order of restriction is the order of the type numbers, except that RAM (1) is the least: larger numbers win.
 * The map has at most E820_MAX_ENTRIES entries, so a quadratic sweep is soon done.
 *
 * The result is printed in Linux's words, and its RAM goes to memblock in whole pages; the map itself stays for /proc/iomem.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/memblock.h>
#include <primer/printk.h>
#include <primer/sort.h>
#include <primer/string.h>
#include <asm/page.h>
#include <asm/setup.h>
#include "init.h"

static u64 mem_limit __initdata = ~0ULL;	/* mem= */

static int __init early_mem(char *arg)
{
	char *end;
	u64 limit = memparse(arg, &end);

	if (end == arg || *end || limit < SZ_1M) {
		pr_warn("mem=%s: a size of at least 1M is needed, such as mem=64M; ignored\n", arg);
		return -EINVAL;
	}
	mem_limit = limit;
	return 0;
}
early_param("mem", early_mem);

static const char *__init e820_type_name(u32 type)
{
	switch (type) {
	case E820_TYPE_RAM:		return "usable";
	case E820_TYPE_RESERVED:	return "reserved";
	case E820_TYPE_ACPI:		return "ACPI data";
	case E820_TYPE_NVS:		return "ACPI NVS";
	case E820_TYPE_UNUSABLE:	return "unusable";
	case E820_TYPE_PMEM:		return "persistent (type 7)";
	default:			return "reserved (unknown type)";
	}
}

static int __init cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The table as it should be; too many pieces (only overlaps make more) are cut with a warning. */
static void __init e820_sanitize(void)
{
	static u64 edges[2 * E820_MAX_ENTRIES] __initdata;
	static struct e820_entry out[E820_MAX_ENTRIES] __initdata;
	const struct e820_entry *in = boot_params.e820_table;
	u32 n = boot_params.e820_entries, nr_edges = 0, nr_out = 0;

	for (u32 i = 0; i < n; i++) {
		if (!in[i].size || in[i].addr + in[i].size < in[i].addr)
			continue;
		edges[nr_edges++] = in[i].addr;
		edges[nr_edges++] = in[i].addr + in[i].size;
	}
	sort(edges, nr_edges, sizeof(edges[0]), cmp_u64, NULL);

	for (u32 e = 0; e + 1 < nr_edges; e++) {
		u64 start = edges[e], end = edges[e + 1];
		u32 type = 0;

		if (start == end)
			continue;
		for (u32 i = 0; i < n; i++)
			if (in[i].size && in[i].addr <= start && in[i].addr + in[i].size >= end)
				type = max(type, in[i].type);
		if (!type)
			continue;
		if (nr_out && out[nr_out - 1].type == type && out[nr_out - 1].addr + out[nr_out - 1].size == start) {
			out[nr_out - 1].size += end - start;
		} else if (nr_out < E820_MAX_ENTRIES) {
			out[nr_out++] = (struct e820_entry){ .addr = start, .size = end - start, .type = type };
		} else {
			boot_params.e820_overflow = true;
			break;
		}
	}
	memcpy(boot_params.e820_table, out, nr_out * sizeof(out[0]));
	boot_params.e820_entries = nr_out;
}

void __init e820__memory_setup(void)
{
	e820_sanitize();
	if (boot_params.e820_overflow)
		pr_warn("e820: more than %d memory ranges; the rest is not used\n", E820_MAX_ENTRIES);
	pr_info("BIOS-provided physical RAM map:\n");
	for (u32 i = 0; i < boot_params.e820_entries; i++) {
		const struct e820_entry *e = &boot_params.e820_table[i];

		pr_info("BIOS-e820: [mem %#018llx-%#018llx] %s\n", e->addr, e->addr + e->size - 1, e820_type_name(e->type));
	}
}

u64 __init e820__end_of_ram(void)
{
	u64 end = 0;

	for (u32 i = 0; i < boot_params.e820_entries; i++)
		if (boot_params.e820_table[i].type == E820_TYPE_RAM)
			end = boot_params.e820_table[i].addr + boot_params.e820_table[i].size;
	return end;
}

/* RAM in whole pages; a page with a byte that is not RAM is none. ACPI tables are not free, but we want to read them. */
void __init e820__memblock_setup(void)
{
	for (u32 i = 0; i < boot_params.e820_entries; i++) {
		const struct e820_entry *e = &boot_params.e820_table[i];
		u64 start = PFN_PHYS(PFN_UP(e->addr)), end = PFN_PHYS(PFN_DOWN(e->addr + e->size));

		if (e->type == E820_TYPE_RAM && end > start)
			memblock_add(start, end - start);
		else if (e->type == E820_TYPE_ACPI || e->type == E820_TYPE_NVS)
			memblock_add_mapped(ALIGN_DOWN(e->addr, PAGE_SIZE), PAGE_ALIGN(e->addr + e->size) - ALIGN_DOWN(e->addr, PAGE_SIZE));
	}
	if (mem_limit != ~0ULL)
		memblock_enforce_memory_limit(mem_limit);
}
