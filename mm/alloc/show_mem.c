/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/show_mem.c - what memory looks like, on the log, when it is short.
 *
 * The report answers three questions, from the top: who has the pages (anonymous memory, files, slab, page tables),
 * how far below its marks each zone is, and whether what is free is in pieces large enough. A request for 4 pages in a
 * row that failed with "40*4kB (U) 0*8kB 0*16kB" failed for want of a row, not of memory.
 *
 * The (U) behind a number is Linux's: blocks whose users cannot be moved. All blocks are such here. Marks of a zone
 * are in kB, and so is lowmem_reserve in pages: what each zone keeps from requests that could use a higher one.
 *
 * It runs when nothing can be allocated, perhaps with locks held: it takes none and reads numbers that move.
 */
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/printk.h>
#include <primer/smp.h>

#define K(pages)	((pages) << (PAGE_SHIFT - 10))

static unsigned long pcp_pages(const struct zone *zone)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->count);
	return sum;
}

static void show_uses(void)
{
	unsigned long shmem = kernel_pages(NR_SHMEM), anon = kernel_pages(NR_ANON_MAPPED) + shmem, free = 0, pcp = 0;
	unsigned long file = max(kernel_pages(NR_FILE_PAGES), shmem) - shmem;
	struct zone *zone;

	for_each_populated_zone(zone) {
		free += READ_ONCE(zone->nr_free);
		pcp += pcp_pages(zone);
	}
	pr_warn("Mem-Info:\n");
	pr_warn("active_anon:0 inactive_anon:%lu isolated_anon:0\n", anon);
	pr_warn(" active_file:0 inactive_file:0 isolated_file:0\n");
	pr_warn(" unevictable:%lu dirty:0 writeback:0\n", file);
	pr_warn(" slab_reclaimable:%lu slab_unreclaimable:%lu\n", kernel_pages(NR_SLAB_RECLAIMABLE),
		kernel_pages(NR_SLAB_UNRECLAIMABLE));
	pr_warn(" shmem:%lu pagetables:%lu bounce:0\n", shmem, kernel_pages(NR_PAGETABLE));
	pr_warn(" free:%lu free_pcp:%lu free_cma:0\n", free, pcp);
	pr_warn("Node 0 active_anon:0kB inactive_anon:%lukB active_file:0kB inactive_file:0kB unevictable:%lukB "
		"shmem:%lukB kernel_stack:%lukB pagetables:%lukB\n", K(anon), K(file), K(shmem),
		K(kernel_pages(NR_KERNEL_STACK)), K(kernel_pages(NR_PAGETABLE)));
}

static void show_zone(struct zone *zone)
{
	unsigned int i;

	pr_warn("Node %d %s free:%lukB min:%lukB low:%lukB high:%lukB present:%lukB managed:%lukB free_pcp:%lukB\n",
		zone->zone_pgdat->node_id, zone->name, K(READ_ONCE(zone->nr_free)), K(min_wmark_pages(zone)),
		K(low_wmark_pages(zone)), K(high_wmark_pages(zone)), K(zone->present_pages),
		K(zone_managed_pages(zone)), K(pcp_pages(zone)));
	pr_warn("lowmem_reserve[]:");
	for (i = 0; i < MAX_NR_ZONES; i++)
		pr_cont(" %ld", zone->lowmem_reserve[i]);
	pr_cont("\n");
}

static void show_free_lists(struct zone *zone)
{
	unsigned int order;

	pr_warn("Node %d %s: ", zone->zone_pgdat->node_id, zone->name);
	for (order = 0; order < MAX_ORDER; order++) {
		unsigned long nr = READ_ONCE(zone->free_area[order].nr_free);

		pr_cont("%lu*%lukB %s", nr, K(1UL) << order, nr ? "(U) " : "");
	}
	pr_cont("= %lukB\n", K(READ_ONCE(zone->nr_free)));
}

void show_mem(void)
{
	unsigned long present = 0;
	struct zone *zone;

	show_uses();
	for_each_populated_zone(zone) {
		show_zone(zone);
		present += zone->present_pages;
	}
	for_each_populated_zone(zone)
		show_free_lists(zone);
	pr_warn("%lu total pagecache pages\n", kernel_pages(NR_FILE_PAGES));
	pr_warn("%lu pages RAM\n", present);
	pr_warn("%lu pages reserved\n", present - totalram_pages());
}
