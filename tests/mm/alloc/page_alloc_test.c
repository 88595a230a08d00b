/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/alloc/page_alloc_test.c - the buddy allocator: its invariants walked, its promises tried at random.
 *
 * Every page of an allocated block carries the block's number in its first and last word. A page that is handed out
 * twice loses one of the two, whatever the order of events.
 */
#include <kunit/test.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/slab.h>
#include <primer/string.h>

#include "prng.h"

#define BLOCKS		400
#define OPERATIONS	100000

struct block {
	struct page *page;		/* NULL: none */
	unsigned int order;
	u64 stamp;
};

struct free_counts {
	unsigned long nr[MAX_NR_ZONES][MAX_ORDER];
};

static void count_free(struct free_counts *c)
{
	struct zone *zone;
	unsigned int o;

	drain_local_pages();
	memset(c, 0, sizeof(*c));
	for_each_populated_zone(zone)
		for (o = 0; o < MAX_ORDER; o++)
			c->nr[zone_idx(zone)][o] = zone->free_area[o].nr_free;
}

/* B1, B2, B3 of page_alloc.c. Returns a text for the first one that does not hold, or NULL. */
static const char *check_zone(struct zone *zone)
{
	unsigned long flags, sum = 0, blocks;
	const char *bad = NULL;
	struct page *page;
	unsigned int o;

	spin_lock_irqsave(&zone->lock, flags);
	for (o = 0; o < MAX_ORDER && !bad; o++) {
		blocks = 0;
		list_for_each_entry(page, &zone->free_area[o].free_list, lru) {
			unsigned long pfn = page_to_pfn(page);
			struct page *buddy = pfn_to_page(pfn ^ (1UL << o));

			blocks++;
			if (!PageBuddy(page) || page->private != o)
				bad = "a block on a free list is not marked so";
			else if (pfn & ((1UL << o) - 1))
				bad = "B1: a free block is not aligned";
			else if (page_zone(page) != zone)
				bad = "a free block is on another zone's list";
			else if (o < MAX_ORDER - 1 && PageBuddy(buddy) && buddy->private == o)
				bad = "B2: two free buddies were not merged";
			else if (page_ref_count(page))
				bad = "a free block has references";
		}
		if (blocks != zone->free_area[o].nr_free)
			bad = "nr_free of an order is wrong";
		sum += blocks << o;
	}
	if (!bad && sum != zone->nr_free)
		bad = "B3: nr_free of the zone is wrong";
	spin_unlock_irqrestore(&zone->lock, flags);
	return bad;
}

static void check_invariants(struct kunit *test)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		const char *bad = check_zone(zone);

		KUNIT_ASSERT_TRUE_MSG(test, !bad, "zone %s: %s", zone->name, bad);
	}
}

static void stamp(struct block *b)
{
	for (unsigned long i = 0; i < 1UL << b->order; i++) {
		u64 *p = page_address(b->page + i);

		p[0] = p[511] = b->stamp + i;
	}
}

static bool stamp_intact(const struct block *b)
{
	for (unsigned long i = 0; i < 1UL << b->order; i++) {
		u64 *p = page_address(b->page + i);

		if (p[0] != b->stamp + i || p[511] != b->stamp + i)
			return false;
	}
	return true;
}

static void free_block(struct kunit *test, struct block *b)
{
	KUNIT_EXPECT_TRUE(test, stamp_intact(b));
	__free_pages(b->page, b->order);
	b->page = NULL;
}

static void random_blocks(struct kunit *test, struct block *blocks, struct prng *r)
{
	static const gfp_t kinds[] = {
		GFP_KERNEL, GFP_KERNEL, GFP_ATOMIC, GFP_KERNEL | __GFP_COMP,
		GFP_KERNEL | __GFP_ZERO, GFP_DMA, GFP_DMA32,
	};
	unsigned long got = 0;
	int i;

	for (i = 0; i < OPERATIONS; i++) {
		struct block *b = &blocks[prng_below(r, BLOCKS)];
		gfp_t gfp = kinds[prng_below(r, ARRAY_SIZE(kinds))] | __GFP_NOWARN;

		if (b->page) {
			free_block(test, b);
			continue;
		}
		b->order = prng_below(r, 4) ? 0 : prng_below(r, prng_below(r, 16) ? 4 : 8);
		b->stamp = (u64)i << 32;
		b->page = alloc_pages(gfp, b->order);
		if (!b->page)
			continue;
		got++;
		KUNIT_ASSERT_EQ(test, page_to_pfn(b->page) & ((1UL << b->order) - 1), 0UL);
		KUNIT_ASSERT_EQ(test, page_count(b->page), 1);
		if (gfp & __GFP_DMA)
			KUNIT_ASSERT_LE(test, page_to_pfn(b->page) + (1UL << b->order), MAX_DMA_PFN);
		if (gfp & __GFP_ZERO)
			KUNIT_ASSERT_NULL(test, memchr_inv(page_address(b->page), 0, PAGE_SIZE << b->order));
		if ((gfp & __GFP_COMP) && b->order)
			KUNIT_ASSERT_PTR_EQ(test, compound_head(b->page + (1 << b->order) - 1), b->page);
		stamp(b);
		if (i % 1000 == 0)
			check_invariants(test);
	}
	KUNIT_EXPECT_GT(test, got, OPERATIONS / 3UL);
	for (i = 0; i < BLOCKS; i++)
		if (blocks[i].page)
			free_block(test, &blocks[i]);
	check_invariants(test);
}

/* In a round in which nobody else took or gave a page (kernel threads may come and go), all is as before. What we lose shows in each. */
static void random_test(struct kunit *test)
{
	struct block *blocks = kunit_kzalloc(test, BLOCKS * sizeof(*blocks), GFP_KERNEL);
	struct free_counts *before = kunit_kmalloc(test, sizeof(*before), GFP_KERNEL);
	struct free_counts *after = kunit_kmalloc(test, sizeof(*after), GFP_KERNEL);
	unsigned long free_before = 0;
	struct prng r;

	KUNIT_ASSERT_TRUE(test, blocks && before && after);
	prng_init(test, &r);
	for (int round = 0; round < 12; round++) {
		memset(blocks, 0, BLOCKS * sizeof(*blocks));
		count_free(before);
		free_before = nr_free_pages();
		random_blocks(test, blocks, &r);
		count_free(after);
		if (nr_free_pages() == free_before && !memcmp(before, after, sizeof(*before)))
			break;
	}
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free_before);
	KUNIT_EXPECT_MEMEQ(test, before, after, sizeof(*before));
}

/* How many more pages are free than were? Exact in a round in which nobody else takes or gives one: hence ROUNDS. */
#define ROUNDS	10

static long gained(unsigned long free)
{
	return (long)(nr_free_pages() - free);
}

static void refcount_test(struct kunit *test)
{
	static const long wanted[4] = { 0, 4, 3, 4 };
	struct page *page;
	unsigned long free;
	bool tail = false;
	long seen[4];

	for (int round = 0; round < ROUNDS; round++) {
		page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
		KUNIT_ASSERT_NOT_NULL(test, page);
		drain_local_pages();
		free = nr_free_pages();
		get_page(page + 3);				/* a tail's reference is the head's */
		KUNIT_EXPECT_EQ(test, page_count(page), 2);
		__free_pages(page, 2);
		seen[0] = gained(free);
		put_page(page + 1);
		seen[1] = gained(free);
		tail = PageTail(page + 1);

		/* A block that is not compound: whoever holds the first page keeps that page alone. */
		page = alloc_pages(GFP_KERNEL, 2);
		KUNIT_ASSERT_NOT_NULL(test, page);
		free = nr_free_pages();
		get_page(page);
		__free_pages(page, 2);
		seen[2] = gained(free);
		put_page(page);
		seen[3] = gained(free);
		if (!tail && !memcmp(seen, wanted, sizeof(seen)))
			break;
	}
	for (int i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ_MSG(test, seen[i], wanted[i], "step %d", i);
	KUNIT_EXPECT_FALSE(test, tail);
}

static void exact_test(struct kunit *test)
{
	long taken = 0, left = 0;

	for (int round = 0; round < ROUNDS; round++) {
		unsigned long free = nr_free_pages();
		void *p = alloc_pages_exact(5 * PAGE_SIZE + 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		taken = -gained(free);
		memset(p, 0x77, 6 * PAGE_SIZE);
		free_pages_exact(p, 5 * PAGE_SIZE + 1);
		left = -gained(free);
		if (taken == 6 && !left)
			break;
	}
	KUNIT_EXPECT_EQ(test, taken, 6L);
	KUNIT_EXPECT_EQ(test, left, 0L);
}

/* Take pages until there are none: every request is refused with NULL, and all come back. */
static void exhaust_test(struct kunit *test)
{
	struct page *list, *page;
	unsigned long free = 0, n;

	for (int round = 0; round < ROUNDS; round++) {
		list = NULL;
		n = 0;
		kasan_quarantine_flush();		/* exhaustion would */
		drain_local_pages();
		free = nr_free_pages();
		while ((page = alloc_page(GFP_ATOMIC | __GFP_NOWARN)) != NULL) {
			page->index = (unsigned long)list;
			list = page;
			n++;
		}
		KUNIT_EXPECT_GT(test, n, free * 9 / 10);
		KUNIT_EXPECT_NULL(test, alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 3));
		/* Whoever frees memory gets what is left. */
		page = alloc_page(GFP_ATOMIC | __GFP_NOWARN | __GFP_MEMALLOC);
		KUNIT_EXPECT_NOT_NULL(test, page);
		if (page)
			put_page(page);
		while (list) {
			page = list;
			list = (struct page *)page->index;
			page->index = 0;
			put_page(page);
		}
		drain_local_pages();
		if (nr_free_pages() == free)
			break;
	}
	KUNIT_EXPECT_EQ(test, nr_free_pages(), free);
	check_invariants(test);
}

static void accounting_test(struct kunit *test)
{
	struct zone *zone;
	unsigned long pfn, n = 0;

	for_each_populated_zone(zone) {
		KUNIT_EXPECT_LE(test, zone_managed_pages(zone), zone->present_pages);
		KUNIT_EXPECT_LE(test, zone->present_pages, zone->spanned_pages);
		KUNIT_EXPECT_LT(test, min_wmark_pages(zone), low_wmark_pages(zone));
		for (pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone); pfn += 511)
			if (pfn_valid(pfn) && page_zone(pfn_to_page(pfn)) == zone)
				n++;
	}
	KUNIT_EXPECT_GT(test, n, 0UL);
	KUNIT_EXPECT_FALSE(test, pfn_valid(~0UL >> PAGE_SHIFT));
	KUNIT_EXPECT_FALSE(test, virt_addr_valid((void *)VMALLOC_START));
	KUNIT_EXPECT_FALSE(test, virt_addr_valid(NULL));
}

static struct kunit_case page_alloc_cases[] = {
	KUNIT_CASE_NAMED(random_test,
			 "page_alloc: 100000 random operations: no overlap, aligned, and all merges again"),
	KUNIT_CASE_NAMED(refcount_test, "page_alloc: the last reference frees"),
	KUNIT_CASE_NAMED(exact_test, "page_alloc: alloc_pages_exact gives back what it does not need"),
	KUNIT_CASE_NAMED(exhaust_test, "page_alloc: exhaustion is NULL, and everything comes back"),
	KUNIT_CASE_NAMED(accounting_test, "page_alloc: zones' sizes and marks are in order"),
	{}
};

static struct kunit_suite page_alloc_suite = { .name = "page_alloc", .test_cases = page_alloc_cases };
kunit_test_suite(page_alloc_suite);
