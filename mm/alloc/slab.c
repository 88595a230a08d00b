/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/slab.c - objects out of pages: the two paths, fast and slow, of allocating and freeing.
 *
 * The problem. The kernel makes and drops small objects all the time, in tasks and in interrupts, on all CPUs. Pages
 * are too large, and a general heap would search, split and merge. But most objects are of a few types, and freed ones
 * are soon wanted again by the same CPU.
 *
 * The idea (after Linux's SLUB). A cache serves one size. It takes blocks of pages, "slabs", and cuts each into
 * objects. Free objects are linked through themselves, so that no memory is spent on bookkeeping; what must be known of
 * a slab is in the struct page of its first page:
 *
 *	struct page			slab: 2^order pages
 *	freelist  ---------------+	+-------+-------+-------+-------+-------+
 *	inuse = 3, objects = 5   +----->| free  | used  | used  | free  | used  |
 *	frozen                  	|   o-----------------------> o->NULL   |
 *					+-------+-------+-------+-------+-------+
 *
 * Each CPU owns one slab of each cache: the slab is frozen, and its freelist has moved into the CPU's kmem_cache_cpu.
 * Allocating is popping that list; freeing an object of the own slab is pushing it; both with interrupts off and no
 * lock. A slab is in exactly one of these states:
 *
 *	        new                                  last free object allocated, CPU lets go
 *	PAGES -------> FROZEN (some CPU's) ---------------------------------------> FULL (on no list)
 *	  ^              ^                                                            |
 *	  | all free,    | taken as CPU slab                                          | an object is freed
 *	  | enough       |                                                            v
 *	  '------------ PARTIAL (node's list) <----------------------------------------
 *
 * A full slab is on no list: nobody needs to find it; when one of its objects is freed, the object's address leads to
 * it.
 *
 * Invariants:
 *   S1  a free object is on exactly one list: the CPU's freelist (its slab is that CPU's), or its page's freelist.
 *   S2  page->inuse counts objects that are not on page->freelist; those on a CPU's freelist count as in use.
 *   S3  a slab is on the partial list if and only if it is not frozen and its page->freelist is not empty.
 *   S4  of a cache with debugging no slab is ever frozen, so both fast paths always miss, and every operation passes
 *       the checks.
 *
 * A free to another CPU's slab goes to page->freelist; the owner fetches these when its own list is empty.
 *
 * Locking. kmem_cache_cpu: its CPU, interrupts off, because interrupt handlers allocate too. Everything else of a slab:
 * the node's list_lock. Nothing sleeps inside; new pages are allocated with the lock dropped and interrupts as the
 * caller had them.
 *
 * Linux (mm/slub.c) replaces list_lock in the common slow cases by a double-word compare-and-exchange on the struct
 * page, and keeps a CPU list of partial slabs. Its fast path is a lockless compare-and-exchange with a transaction
 * number, where ours turns interrupts off: on one CPU both are about as long.
 */
#include <primer/build_bug.h>
#include <primer/fault_inject.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/string.h>

#include "internal.h"
#include "slab_internal.h"

static void (*slab_call_rcu)(void *head, void (*func)(void *head));	/* [written once at boot] */

void slab_set_call_rcu(void (*call)(void *head, void (*func)(void *head)))
{
	slab_call_rcu = call;
}

static __always_inline struct kmem_cache_node *get_node(struct kmem_cache *s, const struct page *page)
{
	return &s->node[page_to_nid(page)];
}

void slab_init_node(struct kmem_cache *s)
{
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		spin_lock_init(&s->node[nid].list_lock, LOCK_RANK_SLAB_NODE);
		INIT_LIST_HEAD(&s->node[nid].partial);
	}
}

/* ---- slabs come and go ------------------------------------------------------------------------------------------- */

static void account_slab(struct kmem_cache *s, long pages)
{
	mod_kernel_pages(s->flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE : NR_SLAB_UNRECLAIMABLE, pages);
}

static struct page *alloc_slab_pages(struct kmem_cache *s, gfp_t gfp)
{
	struct page *page = NULL;

	gfp = (gfp & ~__GFP_ZERO) | s->allocflags;
	if (s->order > s->min_order)		/* large slabs are a wish */
		page = alloc_pages((gfp | __GFP_NOWARN | __GFP_NORETRY) & ~(__GFP_NOFAIL | __GFP_DIRECT_RECLAIM),
				   s->order);
	if (!page)
		page = alloc_pages(gfp, s->order > s->min_order ? s->min_order : s->order);
	return page;
}

/* A slab with all objects free and linked in ascending order; on no list, not frozen. NULL without memory. */
static struct page *new_slab(struct kmem_cache *s, gfp_t gfp)
{
	struct page *page = alloc_slab_pages(s, gfp);
	unsigned int i, n;

	if (!page)
		return NULL;
	n = objects_in(s, compound_order(page));
	__SetPageSlab(page);
	page->slab_cache = s;
	page->counters = 0;
	page->objects = n;
	if (cache_debug(s) && (s->flags & SLAB_POISON))
		memset(page_address(page), 0x5a, page_size(page));
	for (i = 0; i < n; i++) {
		void *object = nth_object(s, page, i);

		if (cache_debug(s))
			slab_debug_init_object(s, page, object);
		if (s->ctor)
			s->ctor(object);
		set_freepointer(s, object, i + 1 < n ? (char *)object + s->size : NULL);
	}
	page->freelist = nth_object(s, page, 0);
	kasan_poison_slab(s, page);
	account_slab(s, 1L << compound_order(page));
	return page;
}

static void free_slab_pages(struct page *page)
{
	__ClearPageSlab(page);
	page->slab_cache = NULL;
	__free_pages(page, compound_order(page));
}

/* After a grace period; the cache may be gone. @head lies in the struct page. */
static void free_slab_rcu(void *head)
{
	free_slab_pages(container_of(head, struct page, slab_list));
}

static void discard_slab(struct kmem_cache *s, struct page *page)
{
	static_assert(sizeof_field(struct page, slab_list) >= 2 * sizeof(void *), "call_rcu needs two words");

	account_slab(s, -(1L << compound_order(page)));
	if ((s->flags & SLAB_TYPESAFE_BY_RCU) && slab_call_rcu)
		slab_call_rcu(&page->slab_list, free_slab_rcu);
	else
		free_slab_pages(page);
}

static void count_slab(struct kmem_cache_node *n, struct page *page, int sign)
{
	lockdep_assert_held(&n->list_lock);
	n->nr_slabs += sign;
	n->total_objects += sign * (int)page->objects;
}

static void add_partial(struct kmem_cache_node *n, struct page *page, bool tail)
{
	lockdep_assert_held(&n->list_lock);
	if (tail)
		list_add_tail(&page->slab_list, &n->partial);
	else
		list_add(&page->slab_list, &n->partial);
	n->nr_partial++;
}

static void del_partial(struct kmem_cache_node *n, struct page *page)
{
	lockdep_assert_held(&n->list_lock);
	list_del(&page->slab_list);
	n->nr_partial--;
}

/* ---- allocating: the slow path ----------------------------------------------------------------------------------- */

/*
 * Make @page, which is on no list, the CPU's slab: all its free objects move to the CPU's list (S2). [list_lock,
 * interrupts off]
 */
static void freeze_slab(struct kmem_cache_cpu *c, struct page *page)
{
	page->frozen = 1;
	c->page = page;
	c->freelist = page->freelist;
	page->freelist = NULL;
	page->inuse = page->objects;
}

static __always_inline void *pop_object(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	void *object = c->freelist;

	c->freelist = get_freepointer(s, object);
	return object;
}

/* Fill the CPU's list from slabs that exist: what others freed to its own slab, else a partial slab. */
static bool refill_cpu_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct kmem_cache_node *n = &s->node[numa_node_id()];
	struct page *page = c->page;
	bool found = true;

	spin_lock(&n->list_lock);
	if (page && page->freelist) {
		freeze_slab(c, page);
	} else {
		if (page)
			page->frozen = 0;		/* full */
		c->page = NULL;
		page = list_first_entry_or_null(&n->partial, struct page, slab_list);
		if (page) {
			del_partial(n, page);
			freeze_slab(c, page);
		}
		found = page;
	}
	spin_unlock(&n->list_lock);
	return found;
}

/*
 * One object of a cache with debugging, straight from a partial slab (S4). An object that fails its checks is lost with
 * its slab's others.
 */
static void *alloc_debug_object(struct kmem_cache *s, struct page *fresh, unsigned long addr)
{
	struct kmem_cache_node *n = &s->node[numa_node_id()];
	void *object = NULL;
	struct page *page;

	spin_lock(&n->list_lock);
	if (fresh) {
		count_slab(n, fresh, 1);
		add_partial(n, fresh, false);
	}
	while (!object && (page = list_first_entry_or_null(&n->partial, struct page, slab_list)) != NULL) {
		object = page->freelist;
		if (!slab_debug_alloc(s, page, object, addr)) {
			object = NULL;
			page->freelist = NULL;
			page->inuse = page->objects;
		} else {
			page->freelist = get_freepointer(s, object);
			page->inuse++;
		}
		if (!page->freelist)
			del_partial(n, page);
	}
	spin_unlock(&n->list_lock);
	return object;
}

/*
 * Interrupts are off on entry and on exit, but not while pages are allocated: this may then be another CPU, or an
 * interrupt may have brought a slab, so the new one goes to the CPU only if that still has none.
 */
static void *alloc_object(struct kmem_cache *s, gfp_t gfp, unsigned long addr, unsigned long flags)
{
	struct page *page = NULL;

	for (;;) {
		struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);
		struct kmem_cache_node *n;

		if (cache_debug(s)) {
			void *object = alloc_debug_object(s, page, addr);

			if (object)
				return object;
		} else if (page) {
			n = get_node(s, page);
			spin_lock(&n->list_lock);
			count_slab(n, page, 1);
			if (!c->page)
				freeze_slab(c, page);
			else
				add_partial(n, page, false);
			spin_unlock(&n->list_lock);
		}
		if (!cache_debug(s) && (c->freelist || refill_cpu_slab(s, c)))
			return pop_object(s, c);

		local_irq_restore(flags);
		page = new_slab(s, gfp);
		local_irq_save(flags);
		if (!page)
			return NULL;
	}
}

/*
 * The CPU's list is empty. Interrupts are off; the caller's @flags are restored here, so that the fast path can end in
 * a jump.
 */
static noinline void *alloc_slow(struct kmem_cache *s, gfp_t gfp, unsigned long addr, unsigned long flags)
{
	void *object = alloc_object(s, gfp, addr, flags);

	local_irq_restore(flags);
	if ((gfp & __GFP_ZERO) && object)
		__memset(object, 0, s->object_size);
	return object;
}

/* ---- the fast paths ---------------------------------------------------------------------------------------------- */

/*
 * The CPU's words are read and written through GS, each with one instruction, instead of computing their address first.
 */
static __always_inline void *slab_alloc(struct kmem_cache *s, gfp_t gfp, unsigned long addr)
{
	unsigned long flags;
	void *object;

	might_sleep_if(gfpflags_allow_blocking(gfp));
	if (should_failslab(gfp))
		return NULL;
	local_irq_save(flags);
	object = this_cpu_read(s->cpu_slab->freelist);
	if (unlikely(!object))
		return alloc_slow(s, gfp, addr, flags);
	this_cpu_write(s->cpu_slab->freelist, get_freepointer(s, object));
	local_irq_restore(flags);
	if (unlikely(gfp & __GFP_ZERO))
		return __memset(object, 0, s->object_size);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	void *object = slab_alloc(s, gfp, _RET_IP_);

	kasan_slab_alloc(s, object, s->object_size);
	return object;
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *object = slab_alloc(s, gfp, _RET_IP_);

	kasan_slab_alloc(s, object, s->object_size);
	return object;
}

#ifdef CONFIG_KASAN
void *kmem_cache_alloc_trace(struct kmem_cache *s, gfp_t gfp, size_t size)
{
	void *object = slab_alloc(s, gfp, _RET_IP_);

	kasan_slab_alloc(s, object, size);
	return object;
}
#endif

void *__kmalloc(size_t size, gfp_t gfp)
{
	struct kmem_cache *s;
	void *object;

	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE || (gfp & (__GFP_DMA | __GFP_DMA32))))
		return kmalloc_large(size, gfp);
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	s = kmalloc_caches[kmalloc_index(size)];
	object = slab_alloc(s, gfp, _RET_IP_);
	kasan_slab_alloc(s, object, size);
	return object;
}

static void free_object(struct kmem_cache *s, struct page *page, void *object, unsigned long addr)
{
	struct kmem_cache_node *n = get_node(s, page);
	bool was_full, discard = false;

	spin_lock(&n->list_lock);
	if (cache_debug(s) && !slab_debug_free(s, page, object, addr)) {
		spin_unlock(&n->list_lock);
		return;
	}
	was_full = !page->freelist;
	set_freepointer(s, object, page->freelist);
	page->freelist = object;
	page->inuse--;
	if (!page->frozen) {
		/* Without grace periods, memory that stays of one type must stay altogether. */
		discard = !page->inuse && n->nr_partial >= s->min_partial &&
			  (!(s->flags & SLAB_TYPESAFE_BY_RCU) || slab_call_rcu);
		if (discard) {
			if (!was_full)
				del_partial(n, page);
			count_slab(n, page, -1);
		} else if (was_full) {
			add_partial(n, page, true);
		}
	}
	spin_unlock(&n->list_lock);
	if (discard)
		discard_slab(s, page);
}

/* An object that does not lie in the CPU's slab comes back. Interrupts are off; @flags are restored here. */
static noinline void free_slow(struct kmem_cache *s, struct page *page, void *object, unsigned long addr,
			       unsigned long flags)
{
	free_object(s, page, object, addr);
	local_irq_restore(flags);
}

static __always_inline void slab_free(struct kmem_cache *s, struct page *page, void *object, unsigned long addr)
{
	unsigned long flags;

	local_irq_save(flags);
	if (unlikely(page != this_cpu_read(s->cpu_slab->page))) {
		free_slow(s, page, object, addr, flags);
		return;
	}
	set_freepointer(s, object, this_cpu_read(s->cpu_slab->freelist));
	this_cpu_write(s->cpu_slab->freelist, object);
	local_irq_restore(flags);
}

/*
 * The slab that @x lies in. Objects are in the direct map, so the test for image addresses that virt_to_page() makes is
 * not needed.
 */
static __always_inline struct page *object_to_page(const void *x)
{
	return compound_head(pfn_to_page(((unsigned long)x - PAGE_OFFSET) >> PAGE_SHIFT));
}

void kmem_cache_free(struct kmem_cache *s, void *x)
{
	struct page *page = object_to_page(x);

#ifdef CONFIG_DEBUG
	if (!PageSlab(page) || page->slab_cache != s) {
		slab_debug_wrong_cache(s, page, x);
		return;
	}
#endif
	if (kasan_slab_free(s, page, x, _RET_IP_))
		return;
	slab_free(s, page, x, _RET_IP_);
}

void slab_free_quarantined(struct kmem_cache *s, void *object)
{
	slab_free(s, object_to_page(object), object, _RET_IP_);
}

/* Whole pages from kmalloc_large(). */
static noinline void free_large(struct page *page, const void *p)
{
	unsigned int order = compound_order(page);

	if (WARN(page_ref_count(page) <= 0, "kfree: %px was not allocated by kmalloc, or is free already\n", p))
		return;
	mod_kernel_pages(NR_SLAB_UNRECLAIMABLE, -(1L << order));
	__free_pages(page, order);
}

void kfree(const void *p)
{
	struct page *page;

	if (unlikely(ZERO_OR_NULL_PTR(p)))
		return;
#ifdef CONFIG_DEBUG
	if (WARN(!virt_addr_valid(p), "kfree: %px was not allocated by kmalloc\n", p))
		return;
#endif
	page = object_to_page(p);
	if (unlikely(!PageSlab(page))) {
		if (!kasan_kfree_large(page, p, _RET_IP_))
			free_large(page, p);
		return;
	}
	if (kasan_slab_free(page->slab_cache, page, (void *)p, _RET_IP_))
		return;
	slab_free(page->slab_cache, page, (void *)p, _RET_IP_);
}

/* ---- tidying up -------------------------------------------------------------------------------------------------- */

/* Take this CPU's slab of the cache @arg away from it, with its free objects. Interrupts off. */
static void flush_this_cpu(void *arg)
{
	struct kmem_cache *s = arg;
	struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);
	struct page *page = c->page;
	struct kmem_cache_node *n;
	unsigned long flags;

	if (!page)
		return;
	n = get_node(s, page);
	spin_lock_irqsave(&n->list_lock, flags);
	while (c->freelist) {
		void *object = pop_object(s, c);

		set_freepointer(s, object, page->freelist);
		page->freelist = object;
		page->inuse--;
	}
	page->frozen = 0;
	c->page = NULL;
	if (page->freelist)
		add_partial(n, page, true);
	spin_unlock_irqrestore(&n->list_lock, flags);
}

/* Give all empty slabs of the partial lists back; returns pages. */
static unsigned long slab_free_empty(struct kmem_cache *s)
{
	struct kmem_cache_node *n = &s->node[0];
	struct page *page, *next;
	unsigned long flags, pages = 0;
	LIST_HEAD(empty);

	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry_safe(page, next, &n->partial, slab_list) {
		if (page->inuse)
			continue;
		del_partial(n, page);
		count_slab(n, page, -1);
		list_add(&page->slab_list, &empty);
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	list_for_each_entry_safe(page, next, &empty, slab_list) {
		pages += 1UL << compound_order(page);
		discard_slab(s, page);
	}
	return pages;
}

unsigned long kmem_cache_shrink(struct kmem_cache *s)
{
	kasan_cache_shrink(s);
	on_each_cpu(flush_this_cpu, s, 1);
	return slab_free_empty(s);
}
