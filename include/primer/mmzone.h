/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/mmzone.h - nodes, zones and free lists: the data of the page allocator. The theory is in
 * mm/alloc/page_alloc.c.
 */
#ifndef PRIMER_MMZONE_H
#define PRIMER_MMZONE_H

#include <primer/list.h>
#include <primer/mm.h>
#include <primer/spinlock.h>

#define MAX_ORDER		11		/* free lists for blocks of order 0 .. 10: up to 4 MiB */
#define MAX_ORDER_NR_PAGES	(1UL << (MAX_ORDER - 1))
#define MAX_NUMNODES		1
#define PAGE_ALLOC_COSTLY_ORDER	3

enum zone_type {
	ZONE_DMA,		/* below 16 MiB: old devices */
	ZONE_DMA32,		/* below 4 GiB */
	ZONE_NORMAL,
	MAX_NR_ZONES
};

#define MAX_DMA_PFN		(16UL << (20 - PAGE_SHIFT))
#define MAX_DMA32_PFN		(1UL << (32 - PAGE_SHIFT))

enum zone_watermarks {
	WMARK_MIN,		/* below: only for those who will free memory */
	WMARK_LOW,		/* below: the background reclaimer is woken */
	WMARK_HIGH,		/* it works until here */
	NR_WMARK
};

struct free_area {
	struct list_head free_list;	/* first pages of free blocks of this order */
	unsigned long nr_free;		/* blocks */
};

/* A CPU's own store of free single pages of one zone. [owner CPU, interrupts off] */
struct per_cpu_pages {
	struct page *list;		/* linked by lru.next, last in first out */
	int count;
	unsigned long allocs, frees;	/* pages that this CPU took and gave since boot, those of blocks too */
};

struct zone {
	/* Immutable after boot, but for managed_pages */
	unsigned long _watermark[NR_WMARK];	/* pages */
	long lowmem_reserve[MAX_NR_ZONES];	/* pages kept from requests that could also use zone [i] */
	struct per_cpu_pages __percpu *pageset;
	int pageset_high;			/* a CPU's own store beyond this gives a batch back */
	int pageset_batch;			/* pages moved at once between zone and store */
	struct pglist_data *zone_pgdat;
	const char *name;
	unsigned long zone_start_pfn;
	unsigned long spanned_pages;		/* to the end, holes included */
	unsigned long present_pages;		/* RAM */
	atomic_long_t managed_pages;		/* RAM that the allocator got */

	spinlock_t lock ____cacheline_aligned;	/* [irq] the free lists; rank LOCK_RANK_ZONE */
	unsigned long nr_free;			/* [lock] pages in the lists; others read it as a hint */
	struct free_area free_area[MAX_ORDER];	/* [lock] */
};

struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	struct zone *zonelist[MAX_NR_ZONES * MAX_NUMNODES + 1];	/* populated zones, highest first; NULL ends */
	unsigned char zonelist_start[MAX_NR_ZONES];	/* where requests limited to zone [i] begin */
	int node_id;
	unsigned long node_start_pfn, node_present_pages, node_spanned_pages;
};
typedef struct pglist_data pg_data_t;

extern struct pglist_data node_data[MAX_NUMNODES];
#define NODE_DATA(nid)		(&node_data[nid])

#define min_wmark_pages(z)	((z)->_watermark[WMARK_MIN])
#define low_wmark_pages(z)	((z)->_watermark[WMARK_LOW])
#define high_wmark_pages(z)	((z)->_watermark[WMARK_HIGH])
static inline unsigned long zone_managed_pages(const struct zone *z)	{ return atomic_long_read(&z->managed_pages); }
static inline unsigned long zone_end_pfn(const struct zone *z)		{ return z->zone_start_pfn + z->spanned_pages; }
static inline bool populated_zone(const struct zone *z)			{ return z->present_pages; }
#define zone_idx(z)		((enum zone_type)((z) - (z)->zone_pgdat->node_zones))

#define for_each_online_pgdat(pgdat) \
	for ((pgdat) = node_data; (pgdat) < node_data + MAX_NUMNODES; (pgdat)++)
#define for_each_zone(z) \
	for (int __n = 0; __n < MAX_NUMNODES; __n++) \
		for ((z) = NODE_DATA(__n)->node_zones; (z) < NODE_DATA(__n)->node_zones + MAX_NR_ZONES; (z)++)
#define for_each_populated_zone(z)	for_each_zone(z) if (!populated_zone(z)) { } else

/*
 * Which node and zone a page belongs to follows from its number, so that struct pages need no initialisation. With more
 * than one node, page_to_nid() would look the section up.
 */
static __always_inline int pfn_to_nid(unsigned long pfn)	{ (void)pfn; return 0; }
static __always_inline int page_to_nid(const struct page *page)	{ (void)page; return 0; }
static __always_inline int numa_node_id(void)			{ return 0; }
static __always_inline enum zone_type pfn_zonenum(unsigned long pfn)
{
	return pfn >= MAX_DMA32_PFN ? ZONE_NORMAL : pfn >= MAX_DMA_PFN ? ZONE_DMA32 : ZONE_DMA;
}
static __always_inline struct zone *page_zone(const struct page *page)
{
	return &NODE_DATA(page_to_nid(page))->node_zones[pfn_zonenum(page_to_pfn(page))];
}

/* ---- sections: which parts of vmemmap exist ---------------------------------------------------------------------- */

#define SECTION_SIZE_BITS	27		/* 128 MiB; their struct pages fill one 2 MiB page in plain builds */
#define PFN_SECTION_SHIFT	(SECTION_SIZE_BITS - PAGE_SHIFT)
#define PAGES_PER_SECTION	(1UL << PFN_SECTION_SHIFT)
#define pfn_to_section_nr(pfn)	((pfn) >> PFN_SECTION_SHIFT)
#define section_nr_to_pfn(nr)	((unsigned long)(nr) << PFN_SECTION_SHIFT)

/* Bit n: the n-th block of MAX_ORDER_NR_PAGES of the section has struct pages. */
struct mem_section {
	u32 block_map;
};

/*
 * sparse_init - allocate and map the struct pages of all RAM. Boot, by free_area_init(). Returns bytes of struct pages.
 */
unsigned long sparse_init(void);

/* memblock's hand-over to the allocator: a free block, its struct pages all zero. Boot. */
void __free_pages_core(unsigned long pfn, unsigned int order);
/* page_alloc_init - per-CPU page sets and watermarks, when all of memblock's pages have been handed over. Boot. */
void page_alloc_init_late(void);

/* Is @free in zone @z enough for a block of @order below mark @mark for a request whose best zone is @highest? */
bool zone_watermark_ok(struct zone *z, unsigned int order, unsigned long mark, enum zone_type highest);
/* zonelist_watermark_ok - is there a zone that could serve a request of @gfp and stay above its mark @mark? */
bool zonelist_watermark_ok(gfp_t gfp, unsigned int order, enum zone_watermarks mark);

#endif
