/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/zones.c - nodes and zones: which memory is good for whom, how much must stay free, and how that is shown.
 *
 * The problem. Old devices reach only the first 16 MiB, many reach only the first 4 GiB. If ordinary allocations eat
 * that memory first, a driver fails on a machine with gigabytes free. And if anybody may take the last page, then
 * whoever wants to free memory (which needs a little memory) cannot.
 *
 * Zones.		DMA 0 - 16 MiB	|	DMA32 - 4 GiB	|	NORMAL, the rest
 * A request names the highest zone that it can use and takes from there downwards: an ordinary one reaches the DMA zone
 * last.
 *
 * Three marks in each zone, in pages:
 *
 *	free	|-----------------------------------------------|
 *		0	    min		  low		 high
 *		 reserve for those |		    |
 *		 who free memory   | reclaim by one-  | reclaim in the background works until here
 *				     self begins      | ... and is woken here
 *
 * min for the whole machine grows with the square root of its memory, since the need for a reserve grows slower than
 * memory: min_free_kbytes = 4 * sqrt(kilobytes); 512 MiB keep 2896 KiB. Each zone gets its share. low and high follow
 * at a quarter of min each, and at least at a thousandth of the zone.
 *
 * lowmem_reserve[i] of a zone is what is kept in it from requests that could as well use zone i: a 256th (DMA, DMA32)
 * of the memory between, so that the low zones are not filled by those who had a choice.
 *
 * Locking: all of it is written at boot; managed_pages is atomic.
 *
 * Linux (mm/page_alloc.c) has the same rules; besides, it boosts marks against fragmentation and lets sysctl change
 * them.
 */
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/math64.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/printk.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/vmalloc.h>

#include "internal.h"

struct pglist_data node_data[MAX_NUMNODES];
unsigned long max_pfn __ro_after_init;
unsigned long max_low_pfn __ro_after_init;

static DEFINE_PER_CPU(struct per_cpu_pages[MAX_NR_ZONES], zone_pagesets);

static const char *const zone_names[MAX_NR_ZONES] = { "DMA", "DMA32", "Normal" };
static const unsigned long zone_limits[MAX_NR_ZONES + 1] = { 0, MAX_DMA_PFN, MAX_DMA32_PFN, ~0UL };

/* A zone keeps 1/n of the memory above it from those who could use that; the top zone has nobody above. */
static const unsigned int lowmem_reserve_ratio[MAX_NR_ZONES] = { 256, 256, 32 };
static unsigned long min_free_kbytes;

/* ---- making zones ------------------------------------------------------------------------------------------------ */

static void __init init_zone(struct pglist_data *pgdat, enum zone_type type)
{
	struct zone *zone = &pgdat->node_zones[type];
	const struct memblock_region *r;
	unsigned long first = ~0UL, last = 0;
	unsigned int order;

	zone->name = zone_names[type];
	zone->zone_pgdat = pgdat;
	zone->pageset = &zone_pagesets[type];
	spin_lock_init(&zone->lock, LOCK_RANK_ZONE);
	for (order = 0; order < MAX_ORDER; order++)
		INIT_LIST_HEAD(&zone->free_area[order].free_list);

	for_each_memblock_region(r, &memblock.memory) {
		unsigned long lo = max((unsigned long)PFN_UP(r->base), zone_limits[type]);
		unsigned long hi = min((unsigned long)PFN_DOWN(r->base + r->size), zone_limits[type + 1]);

		if (lo >= hi)
			continue;
		first = min(first, lo);
		last = max(last, hi);
		zone->present_pages += hi - lo;
	}
	if (zone->present_pages) {
		zone->zone_start_pfn = first;
		zone->spanned_pages = last - first;
	}
}

/* Highest zone first; a request limited to zone n enters the list where the zones up to n begin. */
static void __init build_zonelist(struct pglist_data *pgdat)
{
	int type, n = 0;

	for (type = MAX_NR_ZONES - 1; type >= 0; type--) {
		pgdat->zonelist_start[type] = n;
		if (populated_zone(&pgdat->node_zones[type]))
			pgdat->zonelist[n++] = &pgdat->node_zones[type];
	}
	pgdat->zonelist[n] = NULL;
}

static void __init print_zones(struct pglist_data *pgdat)
{
	const struct memblock_region *r;
	struct zone *zone;

	pr_info("Zone ranges:\n");
	for_each_zone(zone) {
		if (populated_zone(zone))
			pr_info("  %-8s [mem %#018llx-%#018llx]\n", zone->name, PFN_PHYS(zone->zone_start_pfn),
				PFN_PHYS(zone_end_pfn(zone)) - 1);
		else
			pr_info("  %-8s empty\n", zone->name);
	}
	pr_info("Early memory node ranges\n");
	for_each_memblock_region(r, &memblock.memory)
		pr_info("  node %3d: [mem %#018llx-%#018llx]\n", pgdat->node_id, r->base, r->base + r->size - 1);
	pr_info("Initmem setup node %d [mem %#018llx-%#018llx]\n", pgdat->node_id, PFN_PHYS(pgdat->node_start_pfn),
		PFN_PHYS(pgdat->node_start_pfn + pgdat->node_spanned_pages) - 1);
}

void __init free_area_init(void)
{
	struct pglist_data *pgdat = NODE_DATA(0);
	int type;

	pgdat->node_start_pfn = PFN_UP(memblock_start_of_DRAM());
	pgdat->node_spanned_pages = PFN_DOWN(memblock_end_of_DRAM()) - pgdat->node_start_pfn;
	for (type = 0; type < MAX_NR_ZONES; type++) {
		init_zone(pgdat, type);
		pgdat->node_present_pages += pgdat->node_zones[type].present_pages;
	}
	build_zonelist(pgdat);
	print_zones(pgdat);
	sparse_init();
}

void __init mem_init(void)
{
	page_owner_init();
	memblock_free_all();
	kmem_cache_init();
	vmalloc_init();
}

/* ---- marks and reserves ------------------------------------------------------------------------------------------ */

/* A batch is a thousandth of the zone, at most a quarter MiB; one less than a power of two, which spreads colours. */
static void zone_set_pageset(struct zone *zone)
{
	unsigned long batch = min(zone_managed_pages(zone) / 1024, SZ_1M / PAGE_SIZE) / 4;

	if (batch < 1)
		batch = 1;
	batch += batch / 2;
	zone->pageset_batch = max_t(int, 1, (1 << (63 - __builtin_clzl(batch))) - 1);
	zone->pageset_high = 6 * zone->pageset_batch;
}

static void setup_lowmem_reserve(struct pglist_data *pgdat)
{
	int i, j;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long above = 0;

		for (j = i + 1; j < MAX_NR_ZONES; j++) {
			above += zone_managed_pages(&pgdat->node_zones[j]);
			pgdat->node_zones[i].lowmem_reserve[j] = above / lowmem_reserve_ratio[i];
		}
	}
}

void setup_per_zone_wmarks(void)
{
	unsigned long managed = totalram_pages(), kbytes = managed << (PAGE_SHIFT - 10);
	unsigned long pages_min;
	struct zone *zone;

	min_free_kbytes = clamp_t(unsigned long, int_sqrt(kbytes * 16), 128, 262144);
	pages_min = min_free_kbytes >> (PAGE_SHIFT - 10);
	for_each_populated_zone(zone) {
		unsigned long min = pages_min * zone_managed_pages(zone) / managed;
		unsigned long step = max(min / 4, zone_managed_pages(zone) / 1000);

		zone->_watermark[WMARK_MIN] = min;
		zone->_watermark[WMARK_LOW] = min + step;
		zone->_watermark[WMARK_HIGH] = min + 2 * step;
	}
}

void __init page_alloc_init_late(void)
{
	struct pglist_data *pgdat;
	struct zone *zone;

	for_each_populated_zone(zone)
		zone_set_pageset(zone);
	for_each_online_pgdat(pgdat)
		setup_lowmem_reserve(pgdat);
	setup_per_zone_wmarks();
	pr_info("Built %d zonelists, mobility grouping off.  Total pages: %lu\n", MAX_NUMNODES, totalram_pages());
}

/* ---- totals ------------------------------------------------------------------------------------------------------ */

unsigned long totalram_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		sum += zone_managed_pages(zone);
	return sum;
}

/* Pages in the CPUs' own stores; other CPUs' change under our eyes. */
static unsigned long pageset_pages(const struct zone *zone)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->count);
	return sum;
}

unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		sum += READ_ONCE(zone->nr_free) + pageset_pages(zone);
	return sum;
}

unsigned long si_mem_available(void)
{
	unsigned long free = nr_free_pages(), kept = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		kept += high_wmark_pages(zone);
	free += kernel_pages(NR_SLAB_RECLAIMABLE) / 2;
	return free > kept ? free - kept : 0;
}

/* ---- /proc ------------------------------------------------------------------------------------------------------- */

void buddyinfo_show(struct seq_buf *m)
{
	struct zone *zone;
	unsigned int order;

	for_each_populated_zone(zone) {
		seq_buf_printf(m, "Node %d, zone %8s ", zone->zone_pgdat->node_id, zone->name);
		for (order = 0; order < MAX_ORDER; order++)
			seq_buf_printf(m, "%6lu ", READ_ONCE(zone->free_area[order].nr_free));
		seq_buf_putc(m, '\n');
	}
}

static void zoneinfo_show_zone(struct seq_buf *m, struct zone *zone, bool first)
{
	unsigned int cpu, i;

	seq_buf_printf(m, "Node %d, zone %8s\n", zone->zone_pgdat->node_id, zone->name);
	if (first) {
		seq_buf_puts(m, "  per-node stats\n");
		vmstat_node_show(m, "      %-12s %lu\n");
	}
	seq_buf_printf(m, "  pages free     %lu\n        min      %lu\n        low      %lu\n        high     %lu\n"
		       "        spanned  %lu\n        present  %lu\n        managed  %lu\n        protection: (",
		       READ_ONCE(zone->nr_free), min_wmark_pages(zone), low_wmark_pages(zone), high_wmark_pages(zone),
		       zone->spanned_pages, zone->present_pages, zone_managed_pages(zone));
	for (i = 0; i < MAX_NR_ZONES; i++)
		seq_buf_printf(m, "%s%ld", i ? ", " : "", zone->lowmem_reserve[i]);
	seq_buf_printf(m, ")\n      nr_free_pages %lu\n  pagesets\n", READ_ONCE(zone->nr_free));
	for_each_online_cpu(cpu)
		seq_buf_printf(m, "    cpu: %u\n              count: %d\n              high:  %d\n"
			       "              batch: %d\n", cpu, READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->count),
			       zone->pageset_high, zone->pageset_batch);
	seq_buf_printf(m, "  vm stats threshold: 0\n  node_unreclaimable:  0\n  start_pfn:           %lu\n", zone->zone_start_pfn);
}

void zoneinfo_show(struct seq_buf *m)
{
	struct zone *zone;
	bool first = true;

	for_each_populated_zone(zone) {
		zoneinfo_show_zone(m, zone, first);
		first = false;
	}
}
