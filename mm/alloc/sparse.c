/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/sparse.c - struct pages for the RAM there is, and none for holes.
 *
 * The problem. pfn_to_page() is everywhere and must cost next to nothing: an addition. That wants one array indexed by
 * page number. But physical memory has holes (a PC has one below 4 GiB), and an array that covers a hole of some GiB
 * wastes 64 bytes for each page that does not exist.
 *
 * The idea. The array is virtual. It starts at VMEMMAP_START and would cover all physical memory; real memory is mapped
 * only behind the parts that describe RAM. The granule is the largest block of the buddy allocator, 4 MiB, whose 1024
 * records fill 64 KiB. So the records of a whole block exist or none does, and the buddy of any free block can be
 * looked at without asking first whether it has a record: it lies in the same 4 MiB.
 *
 *	physical	|#### RAM ####|........ hole ........|###### RAM ######|
 *	vmemmap		|records      |    nothing mapped    |records          |
 *	section		|  128 MiB  |  128 MiB  |  128 MiB  |  128 MiB  |	block_map: 32 bits, one for 4 MiB
 *
 * A section whose 32 blocks all have RAM gets its records in one 2 MiB page (plain builds); others in single pages.
 *
 * All memory behind records is zeroed when it is mapped, and all-zero means "reserved": so no loop over the pages
 * follows. This zeroing is the one part of the boot that grows with the size of memory.
 *
 * Locking: immutable after boot.
 *
 * Linux (mm/sparse.c, mm/sparse-vmemmap.c) tracks subsections of 2 MiB, keeps per-section usage for hot-plug, and
 * initialises each record.
 */
#include <primer/build_bug.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/panic.h>
#include <primer/pgtable.h>
#include <primer/string.h>

#ifndef CONFIG_DEBUG
static_assert(sizeof(struct page) == 64, "a section's records fill one 2 MiB page");
#endif

#define BLOCKS_PER_SECTION	(PAGES_PER_SECTION / MAX_ORDER_NR_PAGES)
#define BLOCK_RECORDS_SIZE	(MAX_ORDER_NR_PAGES * sizeof(struct page))
#define ALL_BLOCKS		((u32)GENMASK(BLOCKS_PER_SECTION - 1, 0))

static struct mem_section *mem_sections __ro_after_init;
static unsigned long nr_sections __ro_after_init;

bool pfn_valid(unsigned long pfn)
{
	unsigned long nr = pfn_to_section_nr(pfn), block = (pfn & (PAGES_PER_SECTION - 1)) / MAX_ORDER_NR_PAGES;

	return nr < nr_sections && (mem_sections[nr].block_map >> block & 1);
}

bool virt_addr_valid(const void *va)
{
	unsigned long addr = (unsigned long)va;

	return addr >= PAGE_OFFSET && addr < PAGE_OFFSET_END && pfn_valid((addr - PAGE_OFFSET) >> PAGE_SHIFT);
}

/* Back [start, end) of vmemmap with zeroed memory. */
static void __init map_records(struct page *start, struct page *end, unsigned long align)
{
	unsigned long size = (char *)end - (char *)start;
	void *mem = memblock_alloc_raw(size, align);

	if (!mem && align > PAGE_SIZE)
		mem = memblock_alloc_raw(size, PAGE_SIZE);
	if (!mem)
		panic("Cannot allocate %lu bytes of page records: not enough memory", size);
	__memset(mem, 0, size);
	if (map_kernel_range((unsigned long)start, (unsigned long)end, __pa(mem), PAGE_KERNEL, PG_LEVEL_2M))
		panic("Cannot allocate page tables: not enough memory");
}

static void __init mark_blocks(unsigned long pfn, unsigned long end)
{
	for (pfn = ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES); pfn < end; pfn += MAX_ORDER_NR_PAGES)
		mem_sections[pfn_to_section_nr(pfn)].block_map |=
			1U << (pfn & (PAGES_PER_SECTION - 1)) / MAX_ORDER_NR_PAGES;
}

/* Map the records of one section: in one piece, or each run of blocks for itself. */
static unsigned long __init map_section(unsigned long nr)
{
	struct page *first = pfn_to_page(section_nr_to_pfn(nr));
	u32 map = mem_sections[nr].block_map;
	unsigned long bytes = 0;

	if (map == ALL_BLOCKS) {
		map_records(first, first + PAGES_PER_SECTION, PMD_SIZE);
		return PAGES_PER_SECTION * sizeof(struct page);
	}
	while (map) {
		unsigned int from = __builtin_ctz(map), n = 1;

		while (from + n < BLOCKS_PER_SECTION && (map >> (from + n) & 1))
			n++;
		map_records(first + from * MAX_ORDER_NR_PAGES, first + (from + n) * MAX_ORDER_NR_PAGES, PAGE_SIZE);
		map &= ~(u32)GENMASK(from + n - 1, from);
		bytes += n * BLOCK_RECORDS_SIZE;
	}
	return bytes;
}

unsigned long __init sparse_init(void)
{
	const struct memblock_region *r;
	unsigned long nr, bytes = 0;

	nr_sections = DIV_ROUND_UP(PFN_UP(memblock_end_of_DRAM()), PAGES_PER_SECTION);
	mem_sections = memblock_alloc_or_panic(nr_sections * sizeof(mem_sections[0]), 0);
	for_each_memblock_region(r, &memblock.memory)
		mark_blocks(PFN_UP(r->base), PFN_DOWN(r->base + r->size));
	for (nr = 0; nr < nr_sections; nr++)
		bytes += map_section(nr);
	return bytes;
}
