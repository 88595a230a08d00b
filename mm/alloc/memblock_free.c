/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/memblock_free.c - the hand-over: memblock's free pages become the page allocator's, and the books are
 * checked.
 *
 * Every page of RAM ends in one of two columns. "free" is what the walk over the gaps between reservations gave away,
 * whole pages only. "reserved" is counted from the other side: for each region of RAM, the pages that a reservation
 * touches, or that the region itself covers only in part. Each page that appears in neither or in both would be lost,
 * or owned twice; the two columns are computed by different code, so that a mistake in one shows as a difference:
 *
 *	present (pages of RAM) = free + reserved
 *
 * Nothing is written to the records of single pages: a block of 4 MiB is one list insertion, and all-zero records mean
 * what they should (primer/mm_types.h). Handing over 512 MiB takes some hundred list operations.
 *
 * Linux (mm/memblock.c, mm/page_alloc.c) marks reserved pages with PG_reserved one by one.
 */
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/log2.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/printk.h>

#include "internal.h"

/* Pages that lie in [base, end) as a whole. */
static unsigned long whole_pages(phys_addr_t base, phys_addr_t end)
{
	unsigned long first = PFN_UP(base), last = PFN_DOWN(end);

	return first < last ? last - first : 0;
}

/* The largest blocks that are aligned to their size. */
unsigned long free_pfn_range(unsigned long start, unsigned long end)
{
	unsigned long pfn = start;

	while (pfn < end) {
		unsigned int order = pfn ? min_t(unsigned int, MAX_ORDER - 1, __builtin_ctzl(pfn)) : MAX_ORDER - 1;

		while (pfn + (1UL << order) > end)
			order--;
		__free_pages_core(pfn, order);
		pfn += 1UL << order;
	}
	return end > start ? end - start : 0;
}

/*
 * Pages of whole-page RAM that some reservation touches. Reservations are sorted: two that touch one page count it
 * once.
 */
static unsigned long __init reserved_pages(void)
{
	const struct memblock_region *mem, *res;
	unsigned long sum = 0;

	for_each_memblock_region(mem, &memblock.memory) {
		unsigned long lo = PFN_UP(mem->base), hi = PFN_DOWN(mem->base + mem->size), next = lo;

		for_each_memblock_region(res, &memblock.reserved) {
			unsigned long from = max(next, (unsigned long)PFN_DOWN(res->base));
			unsigned long to = min(hi, (unsigned long)PFN_UP(res->base + res->size));

			if (from < to) {
				sum += to - from;
				next = to;
			}
		}
	}
	return sum;
}

#define K(pages)		((pages) << (PAGE_SHIFT - 10))
#define kbytes(from, to)	((unsigned long)((to) - (from)) >> 10)

void __init memblock_free_all(void)
{
	const struct memblock_region *mem;
	unsigned long present = 0, free = 0, reserved = reserved_pages();
	phys_addr_t start, end;
	u64 i;

	memblock_dump_all();
	for_each_memblock_region(mem, &memblock.memory)
		present += whole_pages(mem->base, mem->base + mem->size);
	for_each_free_mem_range(i, &start, &end)
		free += free_pfn_range(PFN_UP(start), PFN_DOWN(end));

	WARN(present != free + reserved, "memblock: %lu pages of RAM, but %lu free + %lu reserved\n", present, free,
	     reserved);
	page_alloc_init_late();
	pr_info("Memory: %luK/%luK available (%luK kernel code, %luK rwdata, %luK rodata, %luK init, %luK bss, "
		"%luK reserved, 0K cma-reserved)\n",
		K(free), K(present), kbytes(_text, _etext), kbytes(_sdata, _edata),
		kbytes(__start_rodata, __end_rodata), kbytes(__init_begin, __init_end), kbytes(__bss_start, __bss_stop),
		K(reserved));
}
