/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/page_alloc.c - the page allocator: blocks of 2^n pages by the buddy method, single pages from per-CPU
 * stores.
 *
 * The problem. Everybody wants pages: mostly one, sometimes eight side by side. Memory must not crumble until no eight
 * are left together, and the common case, one page, must cost next to nothing on every CPU at once.
 *
 * The idea, first half: buddies (Knowlton 1965). Free memory is kept in blocks of 2^n pages, aligned to their size,
 * with a list for each n. Two blocks of order n that together form an aligned block of order n + 1 are buddies; their
 * numbers differ in bit n only:
 *
 *	order 2	|           8..11           |
 *	order 1	|    8..9     |   10..11    |		buddy of 8 at order 1 is 8 ^ 2 = 10
 *	order 0	|  8   |  9   |  10  |  11  |		buddy of 8 at order 0 is 8 ^ 1 = 9
 *
 * To allocate: take a block of the smallest order that has one, and halve it until it fits; the upper halves become
 * free blocks. To free: as long as the buddy is free as a whole, take it off its list and go on with the block twice as
 * large. Both take at most MAX_ORDER - 1 steps, and no search: whether the buddy is free is written in its struct page.
 *
 *	page 9 freed, while 8 and 10..11 are free:	9 + 8 -> 8..9,  8..9 + 10..11 -> 8..11,  12..15 in use: stop
 *
 * Second half: stores. Each CPU keeps a stack of free single pages of each zone. Allocating or freeing one page is a
 * few instructions with interrupts off, no lock, and finds the page still in this CPU's cache. An empty stack is
 * refilled with a batch, a full one gives a batch back, under the zone's lock. Pages in a store do not merge; they are
 * few.
 *
 * What the record says (struct page):
 *	free block		first page: PG_buddy, private = order, lru in a list	others: nothing
 *	page in a store		lru.next = next in the stack
 *	allocated block		first page: _refcount = 1; __GFP_COMP: PG_head, and tails lead to it
 *	reserved		all zero
 *
 * Invariants, under zone->lock:
 *   B1  a free block's first page lies at a multiple of its size; blocks do not overlap.
 *   B2  no two free blocks are buddies of the same order (they would have been merged), except at the highest order.
 *   B3  zone->nr_free = sum over orders of nr_free << order.
 *   B4  records of a whole block of 4 MiB exist if one does (sparse.c), and zones begin and end at multiples of it,
 *       where they meet: so looking at a buddy's record needs no check.
 *
 * Getting none. Marks (zones.c) hold back a reserve. First every zone is tried down to its low mark; then the
 * background reclaimer is woken and the min mark counts, lower still for those who cannot wait; then, if the caller may
 * sleep, the registered reclaim and OOM hooks work. What remains is NULL and a report.
 *
 *	who asks				down to				then
 *	GFP_KERNEL, GFP_USER			min				a process is killed; NULL when there is none
 *	the same, more than 8 pages		min				NULL
 *	__GFP_NORETRY, __GFP_RETRY_MAYFAIL	min				NULL
 *	GFP_NOWAIT				min				NULL at once
 *	GFP_ATOMIC				3/8 of min			NULL at once
 *	a process that is being killed		half of min			NULL: it unwinds, and is gone
 *	__GFP_MEMALLOC, PF_MEMALLOC		nothing				NULL
 *
 * Locking. The store: its CPU with interrupts off. Lists: zone->lock, interrupts off, taken inside nearly every other
 * lock.
 *
 * Linux (mm/page_alloc.c) sorts blocks also by whether their users can be moved, so that large blocks can be made
 * later; it compacts memory, and has a store for small orders too.
 */
#include <primer/err.h>
#include <primer/fault_inject.h>
#include <primer/init.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/seq_buf.h>
#include <primer/smp.h>
#include <primer/slab.h>

#include "internal.h"

static struct page_alloc_hooks hooks;		/* [written once at boot] mm/vm's */

/* How far below the marks an attempt may go. */
#define ALLOC_WMARK_MIN		0x00		/* the zone's index of watermarks */
#define ALLOC_WMARK_LOW		0x01
#define ALLOC_WMARK_MASK	0x03
#define ALLOC_NO_WATERMARKS	0x04		/* the last page too */
#define ALLOC_OOM		0x08	/* half of min: a process that is being killed to free its memory */
#define ALLOC_HIGH		0x20		/* half of min */
#define ALLOC_HARDER		0x10		/* and a quarter less */

#define FREE_AT_ONCE		64		/* pages freed with interrupts off */

/* ---- the buddy lists --------------------------------------------------------------------------------------------- */

static __always_inline void add_block(struct zone *zone, struct page *page, unsigned int order)
{
	page->private = order;
	__SetPageBuddy(page);
	list_add(&page->lru, &zone->free_area[order].free_list);
	zone->free_area[order].nr_free++;
}

static __always_inline void del_block(struct zone *zone, struct page *page, unsigned int order)
{
	list_del(&page->lru);
	__ClearPageBuddy(page);
	zone->free_area[order].nr_free--;
}

/* Is @page the first page of a free block of exactly @order? */
static __always_inline bool is_free_block(const struct page *page, unsigned int order)
{
	return PageBuddy(page) && page->private == order;
}

/*
 * Put the block at @page back, merged with its buddies as far as they are free. Loop invariant: the block of @order at
 * @pfn is free as a whole and on no list.
 */
static void free_block(struct zone *zone, struct page *page, unsigned long pfn, unsigned int order)
{
	lockdep_assert_held(&zone->lock);
	zone->nr_free += 1UL << order;
	while (order < MAX_ORDER - 1) {
		unsigned long buddy_pfn = pfn ^ (1UL << order);
		struct page *buddy = page + (long)(buddy_pfn - pfn);

		if (!is_free_block(buddy, order))
			break;
		del_block(zone, buddy, order);
		page += (long)((pfn & buddy_pfn) - pfn);
		pfn &= buddy_pfn;
		order++;
	}
	add_block(zone, page, order);
}

/* Take a block of @order out of the lists, halving a larger one if need be. NULL: there is none. */
static struct page *take_block(struct zone *zone, unsigned int order)
{
	unsigned int o;

	lockdep_assert_held(&zone->lock);
	for (o = order; o < MAX_ORDER; o++) {
		struct page *page = list_first_entry_or_null(&zone->free_area[o].free_list, struct page, lru);

		if (!page)
			continue;
		del_block(zone, page, o);
		zone->nr_free -= 1UL << order;
		while (o > order) {
			o--;
			add_block(zone, page + (1UL << o), o);		/* the upper half stays free */
		}
		return page;
	}
	return NULL;
}

/* ---- this CPU's store of single pages ---------------------------------------------------------------------------- */

static __always_inline struct page *next_in_store(struct page *page)	{ return (struct page *)page->lru.next; }

static __always_inline void push_store(struct per_cpu_pages *pcp, struct page *page)
{
	page->lru.next = (struct list_head *)pcp->list;
	pcp->list = page;
	pcp->count++;
}

static __always_inline struct page *pop_store(struct per_cpu_pages *pcp)
{
	struct page *page = pcp->list;

	if (likely(page)) {
		pcp->list = next_in_store(page);
		pcp->count--;
	}
	return page;
}

/* The same on behalf of a caller: counted. */
static __always_inline struct page *take_from_store(struct per_cpu_pages *pcp)
{
	struct page *page = pop_store(pcp);

	if (likely(page))
		pcp->allocs++;
	return page;
}

static void refill_store(struct zone *zone, struct per_cpu_pages *pcp)
{
	int n;

	lockdep_assert_irqs_disabled();
	spin_lock(&zone->lock);
	for (n = 0; n < zone->pageset_batch; n++) {
		struct page *page = take_block(zone, 0);

		if (!page)
			break;
		push_store(pcp, page);
	}
	spin_unlock(&zone->lock);
}

static void shrink_store(struct zone *zone, struct per_cpu_pages *pcp, int n)
{
	struct page *page;

	lockdep_assert_irqs_disabled();
	spin_lock(&zone->lock);
	while (n-- > 0 && (page = pop_store(pcp)) != NULL)
		free_block(zone, page, page_to_pfn(page), 0);
	spin_unlock(&zone->lock);
}

void drain_local_pages(void)
{
	unsigned long flags;
	struct zone *zone;

	for_each_populated_zone(zone) {
		struct per_cpu_pages *pcp;

		local_irq_save(flags);
		pcp = this_cpu_ptr(zone->pageset);
		if (pcp->count)
			shrink_store(zone, pcp, pcp->count);
		local_irq_restore(flags);
	}
}

static void drain_this_cpu(void *unused)
{
	drain_local_pages();
}

/* Another CPU's store is that CPU's alone: so each is asked to empty its own. */
void drain_all_pages(void)
{
	on_each_cpu(drain_this_cpu, NULL, 1);
}

/* ---- a page on its way out --------------------------------------------------------------------------------------- */

static void prep_compound(struct page *page, unsigned int order)
{
	unsigned long i;

	__SetPageHead(page);
	for (i = 1; i < 1UL << order; i++)
		WRITE_ONCE(page[i].compound_head, (unsigned long)page | 1);
	page[1].compound_order = order;
}

static __always_inline void prep_page(struct page *page, unsigned int order, gfp_t gfp, unsigned long caller)
{
	page->mapping = NULL;
	page->private = 0;
	set_page_count(page, 1);
	kasan_alloc_pages(page, order);
	page_debug_alloc(page, order, caller);
	page_owner_alloc(page, order, gfp);
	if (gfp & __GFP_ZERO)
		for (unsigned long i = 0; i < 1UL << order; i++)
			clear_page(page_address(page + i));
	if (order && (gfp & __GFP_COMP))
		prep_compound(page, order);
}

/* ---- allocation -------------------------------------------------------------------------------------------------- */

static __always_inline enum zone_type gfp_zone(gfp_t gfp)
{
	if (likely(!(gfp & (__GFP_DMA | __GFP_DMA32))))
		return ZONE_NORMAL;
	return gfp & __GFP_DMA ? ZONE_DMA : ZONE_DMA32;
}

static bool watermark_ok(const struct zone *zone, unsigned int order, unsigned long mark, enum zone_type highest,
			 unsigned int alloc_flags)
{
	long free = READ_ONCE(zone->nr_free) - ((1L << order) - 1), min = mark;
	unsigned int o;

	if (alloc_flags & ALLOC_HIGH)
		min -= min / 2;
	if (alloc_flags & ALLOC_OOM)
		min -= min / 2;
	else if (alloc_flags & ALLOC_HARDER)
		min -= min / 4;
	if (free <= min + zone->lowmem_reserve[highest])
		return false;
	for (o = order; o < MAX_ORDER; o++)
		if (zone->free_area[o].nr_free)
			return true;
	return false;
}

bool zone_watermark_ok(struct zone *zone, unsigned int order, unsigned long mark, enum zone_type highest)
{
	return watermark_ok(zone, order, mark, highest, 0);
}

bool zonelist_watermark_ok(gfp_t gfp, unsigned int order, enum zone_watermarks mark)
{
	enum zone_type highest = gfp_zone(gfp);
	struct pglist_data *pgdat = NODE_DATA(numa_node_id());
	struct zone **z;

	for (z = &pgdat->zonelist[pgdat->zonelist_start[highest]]; *z; z++)
		if (watermark_ok(*z, order, (*z)->_watermark[mark], highest, 0))
			return true;
	return false;
}

/* One attempt: each zone from the request's highest down. Pages in this CPU's store are past the marks already. */
static struct page *get_page_from_freelist(gfp_t gfp, unsigned int order, unsigned int alloc_flags)
{
	enum zone_type highest = gfp_zone(gfp);
	struct pglist_data *pgdat = NODE_DATA(numa_node_id());
	struct zone **z, *zone;

	for (z = &pgdat->zonelist[pgdat->zonelist_start[highest]]; (zone = *z) != NULL; z++) {
		unsigned long mark = zone->_watermark[alloc_flags & ALLOC_WMARK_MASK], flags;
		struct page *page = NULL;
		bool ok = (alloc_flags & ALLOC_NO_WATERMARKS) || watermark_ok(zone, order, mark, highest, alloc_flags);

		local_irq_save(flags);
		if (order == 0) {
			struct per_cpu_pages *pcp = this_cpu_ptr(zone->pageset);

			if (!pcp->list && ok)
				refill_store(zone, pcp);
			page = take_from_store(pcp);
		} else if (ok) {
			spin_lock(&zone->lock);
			page = take_block(zone, order);
			spin_unlock(&zone->lock);
			if (page)
				this_cpu_add(zone->pageset->allocs, 1UL << order);
		}
		local_irq_restore(flags);
		if (page)
			return page;
	}
	return NULL;
}

static unsigned int gfp_to_alloc_flags(gfp_t gfp)
{
	unsigned int flags = ALLOC_WMARK_MIN;

	if (gfp & __GFP_HIGH)
		flags |= ALLOC_HIGH;
	if (gfp & __GFP_ATOMIC)
		flags |= ALLOC_HARDER;
	if (gfp & __GFP_NOMEMALLOC)
		return flags;
	if ((gfp & __GFP_MEMALLOC) || (in_task() && (current->flags & PF_MEMALLOC)))
		flags |= ALLOC_NO_WATERMARKS;
	else if (in_task() && test_thread_flag(TIF_MEMDIE))
		flags |= ALLOC_OOM;
	return flags;
}

static void wake_reclaimers(gfp_t gfp, unsigned int order)
{
	struct pglist_data *pgdat = NODE_DATA(numa_node_id());
	struct zone **z;

	if (!hooks.wake || !(gfp & __GFP_KSWAPD_RECLAIM))
		return;
	for (z = &pgdat->zonelist[pgdat->zonelist_start[gfp_zone(gfp)]]; *z; z++)
		hooks.wake(*z, order);
}

bool reclaim_spare_pages(gfp_t gfp, unsigned int order)
{
	bool progress = hooks.reclaim && hooks.reclaim(gfp, order);

	kasan_quarantine_flush();
	if (drain_thread_stacks() + kmem_cache_shrink_all())
		progress = true;
	drain_all_pages();
	return progress;
}

/*
 * May somebody die for this? Not for a large block, whose want is mostly one of order and not of memory; not for who
 * said that he can do without; not for who dies himself: what he frees is what everybody waits for.
 */
static bool may_kill(gfp_t gfp, unsigned int order)
{
	return !(gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL)) && order <= PAGE_ALLOC_COSTLY_ORDER &&
	       !test_thread_flag(TIF_MEMDIE);
}

/*
 * Reclaim and try again, for as long as that makes progress. Each round looks anew at what current may take: it may
 * have become the one that is killed. May sleep.
 */
static struct page *alloc_with_reclaim(gfp_t gfp, unsigned int order)
{
	struct page *page;

	count_vm_event(ALLOCSTALL);
	for (;;) {
		bool progress = reclaim_spare_pages(gfp, order);

		page = get_page_from_freelist(gfp, order, gfp_to_alloc_flags(gfp));
		if (page)
			return page;
		if (!progress && may_kill(gfp, order))
			progress = hooks.oom && hooks.oom(gfp, order);
		if ((!progress || (gfp & __GFP_NORETRY)) && !(gfp & __GFP_NOFAIL))
			return NULL;
	}
}

static noinline struct page *alloc_pages_slow(gfp_t gfp, unsigned int order)
{
	unsigned int alloc_flags = gfp_to_alloc_flags(gfp);
	struct page *page;

	if (WARN_ON_ONCE(order >= MAX_ORDER && !(gfp & __GFP_NOWARN)) || order >= MAX_ORDER)
		return NULL;
	page = get_page_from_freelist(gfp, order, ALLOC_WMARK_LOW);
	if (likely(page))
		return page;

	wake_reclaimers(gfp, order);
	page = get_page_from_freelist(gfp, order, alloc_flags);
	/* Whoever frees memory, or may not sleep, does not wait for others to do so. */
	if (!page && gfpflags_allow_blocking(gfp) && !(alloc_flags & ALLOC_NO_WATERMARKS))
		page = alloc_with_reclaim(gfp, order);
	if (!page && kasan_quarantine_flush())
		page = get_page_from_freelist(gfp, order, alloc_flags);
	if (!page)
		warn_alloc(gfp, order);
	return page;
}

/*
 * The fast path: one page off this CPU's store of the best zone. Everything else, a limited request, a larger block, an
 * empty store, is the slow path's.
 */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid)
{
	struct page *page = NULL;

	might_sleep_if(gfpflags_allow_blocking(gfp));
	if (should_fail_alloc_page(gfp, order))
		return NULL;
	if (likely(order == 0 && !(gfp & (__GFP_DMA | __GFP_DMA32)))) {
		struct zone *zone = NODE_DATA(0)->zonelist[0];
		unsigned long flags;

		local_irq_save(flags);
		page = take_from_store(this_cpu_ptr(zone->pageset));
		local_irq_restore(flags);
	}
	if (unlikely(!page)) {
		page = alloc_pages_slow(gfp, order);
		if (!page)
			return NULL;
	}
	prep_page(page, order, gfp, _RET_IP_);
	return page;
}

unsigned int alloc_pages_bulk_array(gfp_t gfp, unsigned int nr, struct page **array)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!array[i])
			array[i] = alloc_page(gfp);
		if (!array[i])
			break;
	}
	return i;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)page_address(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}

/* ---- freeing ----------------------------------------------------------------------------------------------------- */

/*
 * What a page must look like when its last reference is gone. Not so: report it and leak it, which is safer than to
 * hand it out.
 */
static __always_inline bool page_is_bad(const struct page *page)
{
	return unlikely((page->flags & PAGE_FLAGS_CHECK_AT_FREE) | (unsigned int)page_mapcount(page));
}

static noinline __cold void report_bad_free(struct page *page)
{
	bad_page(page, page_mapcount(page) ? "nonzero mapcount" : "PAGE_FLAGS_CHECK_AT_FREE flag(s) set");
}

/* Undo prep_compound(). The first tail's record is all zero again, as those of other blocks' tails are. */
static void destroy_compound(struct page *page, unsigned int order)
{
	unsigned long i;

	page[1].compound_order = 0;
	for (i = 1; i < 1UL << order; i++)
		WRITE_ONCE(page[i].compound_head, 0);
}

static __always_inline void prep_free(struct page *page, unsigned int order)
{
	page->flags = 0;
	/* A page that was a process's is counted as such to its end: the many places where an entry goes need not look. */
	mod_kernel_pages(NR_ANON_MAPPED, -((long)page->mapping & (long)PAGE_MAPPING_ANON));
	page->mapping = NULL;
	page_debug_free(page, order);
	page_owner_free(page, order);
	kasan_free_pages(page, order);
}

/* A good page, whose last reference is gone. Interrupts are off. */
static __always_inline void free_to_store(struct page *page)
{
	struct zone *zone = page_zone(page);
	struct per_cpu_pages *pcp;

	prep_free(page, 0);
	pcp = this_cpu_ptr(zone->pageset);
	push_store(pcp, page);
	pcp->frees++;
	if (unlikely(pcp->count > zone->pageset_high))
		shrink_store(zone, pcp, zone->pageset_batch);
}

static void free_single(struct page *page)
{
	unsigned long flags;

	if (page_is_bad(page)) {
		report_bad_free(page);
		return;
	}
	local_irq_save(flags);
	free_to_store(page);
	local_irq_restore(flags);
}

static void free_large(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	if (page_is_bad(page)) {
		report_bad_free(page);
		return;
	}
	if (PageHead(page)) {
		WARN_ON_ONCE(page[1].compound_order != order);
		destroy_compound(page, order);
	}
	prep_free(page, order);
	spin_lock_irqsave(&zone->lock, flags);
	free_block(zone, page, page_to_pfn(page), order);
	this_cpu_add(zone->pageset->frees, 1UL << order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

static __always_inline void free_unreferenced(struct page *page, unsigned int order)
{
	if (likely(order == 0))
		free_single(page);
	else
		free_large(page, order);
}

void __put_page(struct page *page)
{
	free_unreferenced(page, compound_order(page));
}

/*
 * If somebody else still holds a reference to the first page of a block that is not compound, his put_page() will free
 * that page alone, as he knows nothing of the others: so they are freed here.
 */
void __free_pages(struct page *page, unsigned int order)
{
	bool head = PageHead(page);

	if (put_page_testzero(page))
		free_unreferenced(page, order);
	else if (!head)
		while (order-- > 0)
			free_unreferenced(page + (1UL << order), order);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}

/*
 * The pages go to the stores one by one, but with interrupts turned off and the counters brought up to date once for
 * many. FREE_AT_ONCE bounds the time without interrupts.
 */
void free_unref_pages(struct page **pages, int nr)
{
	unsigned long flags;

	while (nr) {
		int n = min(nr, FREE_AT_ONCE);

		local_irq_save(flags);
		for (nr -= n; n; n--) {
			struct page *page = *pages++;

			if (page_is_bad(page))
				report_bad_free(page);
			else
				free_to_store(page);
		}
		local_irq_restore(flags);
	}
}

/* Most pages that a process gives back are another's too, or the cache's: only the others are worth a second look. */
void release_pages(struct page **pages, int nr)
{
	int i, unref = 0;

	for (i = 0; i < nr; i++) {
		struct page *page = compound_head(pages[i]);

		if (!put_page_testzero(page))
			continue;
		if (unlikely(PageHead(page)))
			__put_page(page);
		else
			pages[unref++] = page;
	}
	free_unref_pages(pages, unref);
}

void split_page(struct page *page, unsigned int order)
{
	unsigned long i;

	BUG_ON(PageCompound(page) || !page_count(page));
	for (i = 1; i < 1UL << order; i++)
		set_page_count(page + i, 1);
	page_owner_split(page, order);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	struct page *page = alloc_pages(gfp & ~__GFP_COMP, order);
	unsigned long i;

	if (!page)
		return NULL;
	split_page(page, order);
	for (i = PFN_UP(size); i < 1UL << order; i++)
		__free_page(page + i);
	return page_address(page);
}

void free_pages_exact(void *virt, size_t size)
{
	unsigned long i;

	for (i = 0; i < PFN_UP(size); i++)
		free_page((unsigned long)virt + i * PAGE_SIZE);
}

/* ---- memory that becomes ours at boot ---------------------------------------------------------------------------- */

void __free_pages_core(unsigned long pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);
	struct zone *zone = page_zone(page);
	unsigned long flags;

	atomic_long_add(1L << order, &zone->managed_pages);
	kasan_free_boot_pages(page, order);
	spin_lock_irqsave(&zone->lock, flags);
	free_block(zone, page, pfn, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void set_page_alloc_hooks(const struct page_alloc_hooks *h)
{
	hooks = *h;
}

