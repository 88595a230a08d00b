/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/slab_common.c - caches: how they are made, sized and shown; kmalloc on top of them.
 *
 * The problem of size. A slab of one page holds five objects of 700 bytes and wastes a seventh of it; four pages hold
 * 23 and waste a 57th. But large blocks of pages are hard to get when memory is short, and a slab is freed only when
 * all its objects are.
 *
 * The rule. Take the smallest order at which a slab holds enough objects that CPUs do not come to the node's list all
 * the time (4 for one CPU, growing with the logarithm of their number) and wastes at most a 16th of itself; if no order
 * up to 3 does, ask for less: an 8th, a 4th, then fewer objects. When pages of that order cannot be had, a slab is made
 * of the smallest order that holds one object.
 *
 * kmalloc. General caches of sizes 2^n, and 96 and 192 because many structures are a little more than a power of two;
 * at most a third of an object is wasted up to 256 bytes, half beyond. Above 8 KiB whole pages are taken. kfree() tells
 * the two apart by the page's PG_slab. An object whose size is a power of two is aligned to it.
 *
 * The first cache. A struct kmem_cache is itself an object of a cache; that one is static. Each cache needs a word per
 * CPU, which dynamic per-CPU memory gives without needing slabs (percpu.c): so there is no circle.
 *
 * Locking: slab_list_lock covers the list of caches. A cache is otherwise immutable.
 *
 * Linux (mm/slab_common.c) also merges caches of equal size and flags, and names them in sysfs.
 */
#include <primer/bitops.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/seq_buf.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/vmalloc.h>

#include "internal.h"
#include "slab_internal.h"

#define MAX_WISHED_ORDER	3
#define MIN_PARTIAL		5
#define MAX_PARTIAL		10

DEFINE_SPINLOCK(slab_list_lock, LOCK_RANK_SLAB_LIST);		/* slab_caches; task context */
LIST_HEAD(slab_caches);

struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES] __ro_after_init;
static struct kmem_cache kmem_cache_cache = { .name = "kmem_cache" };	/* of struct kmem_cache */
static bool slab_up __ro_after_init;

static const struct {
	const char *name;
	unsigned int size;
} kmalloc_info[NR_KMALLOC_CACHES] = {
	[1] = { "kmalloc-96", 96 },
	[2] = { "kmalloc-192", 192 },
	[3] = { "kmalloc-8", 8 },
	[4] = { "kmalloc-16", 16 },
	[5] = { "kmalloc-32", 32 },
	[6] = { "kmalloc-64", 64 },
	[7] = { "kmalloc-128", 128 },
	[8] = { "kmalloc-256", 256 },
	[9] = { "kmalloc-512", 512 },
	[10] = { "kmalloc-1k", 1024 },
	[11] = { "kmalloc-2k", 2048 },
	[12] = { "kmalloc-4k", 4096 },
	[13] = { "kmalloc-8k", 8192 },
};

bool slab_is_available(void)
{
	return slab_up;
}

/* ---- making a cache ---------------------------------------------------------------------------------------------- */

/*
 * The smallest order at which a slab of @size objects holds @objects and wastes at most 1/@fraction. Above
 * MAX_WISHED_ORDER: none.
 */
static unsigned int slab_order(unsigned int size, unsigned int objects, unsigned int fraction)
{
	unsigned int order;

	for (order = get_order((unsigned long)objects * size); order <= MAX_WISHED_ORDER; order++) {
		unsigned long bytes = PAGE_SIZE << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

static unsigned int calculate_order(unsigned int size)
{
	unsigned int objects = 4 * (fls(nr_cpu_ids) + 1), most = (PAGE_SIZE << MAX_WISHED_ORDER) / size, fraction;

	for (objects = min(objects, most); objects > 1; objects--)
		for (fraction = 16; fraction >= 4; fraction /= 2) {
			unsigned int order = slab_order(size, objects, fraction);

			if (order <= MAX_WISHED_ORDER)
				return order;
		}
	return get_order(size);
}

static unsigned int calculate_alignment(unsigned int flags, unsigned int align, unsigned int size)
{
	if (flags & SLAB_HWCACHE_ALIGN) {
		unsigned int line = 64;

		/* Several small objects may share a line, if none crosses one. */
		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return ALIGN(max_t(unsigned int, align, ARCH_KMALLOC_MINALIGN), (unsigned int)sizeof(void *));
}

static void init_layout(struct kmem_cache *s)
{
	unsigned int size = kasan_cache_layout(s, slab_debug_layout(s));

	s->size = ALIGN(size, s->align);
	s->order = calculate_order(s->size);
	s->min_order = get_order(s->size);
	s->min_partial = clamp_t(unsigned int, ilog2(s->size) / 2, MIN_PARTIAL, MAX_PARTIAL);
	s->allocflags = __GFP_COMP;
	if (s->flags & SLAB_CACHE_DMA)
		s->allocflags |= __GFP_DMA;
	if (s->flags & SLAB_CACHE_DMA32)
		s->allocflags |= __GFP_DMA32;
	if (s->flags & SLAB_RECLAIM_ACCOUNT)
		s->allocflags |= __GFP_RECLAIMABLE;
}

static int init_cache(struct kmem_cache *s, const char *name, unsigned int size, unsigned int align, unsigned int flags,
		      void (*ctor)(void *))
{
	s->name = name;
	s->object_size = size;
	s->ctor = ctor;
	s->align = calculate_alignment(flags, align, size);
	s->flags = slab_debug_flags(size, flags, name, ctor);
	init_layout(s);
	slab_init_node(s);
	s->cpu_slab = __alloc_percpu(sizeof(struct kmem_cache_cpu), 2 * sizeof(void *));
	if (!s->cpu_slab)
		return -ENOMEM;
	spin_lock(&slab_list_lock);
	list_add_tail(&s->list, &slab_caches);
	spin_unlock(&slab_list_lock);
	return 0;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
				     void (*ctor)(void *))
{
	struct kmem_cache *s;

	if (WARN_ON(!name || !size || size > KMALLOC_MAX_SIZE || (align && !is_power_of_2(align))))
		return NULL;
	s = kmem_cache_zalloc(&kmem_cache_cache, GFP_KERNEL);
	if (s && init_cache(s, name, size, align, flags, ctor)) {
		kmem_cache_free(&kmem_cache_cache, s);
		s = NULL;
	}
	if (!s && (flags & SLAB_PANIC))
		panic("kmem_cache_create: Failed to create slab '%s'. Error %d\n", name, -ENOMEM);
	return s;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	if (!s)
		return;
	might_sleep();
	kmem_cache_shrink(s);		/* each CPU its own: somebody may be shrinking all caches */
	if (s->node[0].nr_slabs) {
		struct page *page;

		list_for_each_entry(page, &s->node[0].partial, slab_list)
			slab_debug_list_objects(s, page, "Objects remaining on kmem_cache_destroy()");
		pr_err("kmem_cache_destroy %s: Slab cache still has objects\n", s->name);
		dump_stack();
		return;
	}
	spin_lock(&slab_list_lock);
	list_del(&s->list);
	spin_unlock(&slab_list_lock);
	free_percpu(s->cpu_slab);
	kmem_cache_free(&kmem_cache_cache, s);
}

unsigned int kmem_cache_size(const struct kmem_cache *s)	{ return s->object_size; }
const char *kmem_cache_name(const struct kmem_cache *s)		{ return s->name; }

void __init kmem_cache_init(void)
{
	unsigned int i;

	if (init_cache(&kmem_cache_cache, "kmem_cache", sizeof(struct kmem_cache), 0, SLAB_HWCACHE_ALIGN, NULL))
		panic("kmem_cache_init: no per-CPU memory");
	for (i = 1; i < NR_KMALLOC_CACHES; i++) {
		unsigned int size = kmalloc_info[i].size;
		unsigned int align = is_power_of_2(size) ? size : 0;

		kmalloc_caches[i] = kmem_cache_create(kmalloc_info[i].name, size, align, SLAB_PANIC, NULL);
	}
	slab_up = true;
	pr_info("SLUB: HWalign=64, Order=0-%d, MinObjects=%u, CPUs=%u, Nodes=%d\n", MAX_WISHED_ORDER,
		4 * (fls(nr_cpu_ids) + 1), nr_cpu_ids, MAX_NUMNODES);
}

/* ---- kmalloc beyond its caches, and around them ------------------------------------------------------------------ */

void *kmalloc_large(size_t size, gfp_t gfp)
{
	unsigned int order;
	struct page *page;

	if (unlikely(size > KMALLOC_MAX_SIZE)) {
		WARN_ONCE(!(gfp & __GFP_NOWARN) && size != SIZE_MAX, "kmalloc: %zu bytes are more than %lu\n", size,
			  KMALLOC_MAX_SIZE);
		return NULL;
	}
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	order = get_order(size);
	page = alloc_pages(gfp | __GFP_COMP, order);
	if (!page)
		return NULL;
	mod_kernel_pages(NR_SLAB_UNRECLAIMABLE, 1L << order);
	kasan_kmalloc_large(page_address(page), size);
	return page_address(page);
}

static size_t size_of_block(const void *p)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	page = virt_to_head_page(p);
	return PageSlab(page) ? page->slab_cache->object_size : page_size(page);
}

/* Who asks for the size means to use all of it. */
size_t ksize(const void *p)
{
	size_t size = size_of_block(p);

	if (size)
		kasan_krealloc(p, size);
	return size;
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	size_t old = size_of_block(p);
	void *new;

	if (!size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (old >= size) {
		kasan_krealloc(p, size);
		return (void *)p;
	}
	new = kmalloc(size, gfp);
	if (new && old) {
		__memcpy(new, p, old);		/* the block's slack too, which was not the user's to copy */
		kfree(p);
	}
	return new;
}

void *krealloc_array(const void *p, size_t n, size_t size, gfp_t gfp)
{
	return krealloc(p, array_size(n, size), gfp);
}

void kfree_sensitive(const void *p)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	memzero_explicit((void *)p, ksize(p));
	kfree(p);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, size > PAGE_SIZE ? gfp | __GFP_NOWARN | __GFP_NORETRY : gfp);

	if (p || size <= PAGE_SIZE || size > (1UL << 40))
		return p;
	return __vmalloc(size, gfp);
}

void kvfree(const void *p)
{
	if (is_vmalloc_addr(p))
		vfree(p);
	else
		kfree(p);
}

/* ---- what is known of an address, and /proc/slabinfo ------------------------------------------------------------- */

bool kmem_dump_obj(const void *object)
{
	struct kmem_cache *s;
	struct page *page;
	unsigned int i;

	if (!virt_addr_valid(object))
		return false;
	page = virt_to_head_page(object);
	if (!PageSlab(page))
		return false;
	s = page->slab_cache;
	i = ((char *)object - (char *)page_address(page)) / s->size;
	pr_alert("slab %s start %px pointer offset %ld size %u\n", s->name, nth_object(s, page, i),
		 (long)((char *)object - (char *)nth_object(s, page, i)), s->object_size);
	slab_debug_print_tracks(s, nth_object(s, page, i));
	return true;
}

static void slabinfo_show_cache(struct seq_buf *m, struct kmem_cache *s)
{
	struct kmem_cache_node *n = &s->node[0];
	unsigned long flags, free = 0, objects, slabs;
	struct page *page;

	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry(page, &n->partial, slab_list)
		free += page->objects - page->inuse;
	objects = n->total_objects;
	slabs = n->nr_slabs;
	spin_unlock_irqrestore(&n->list_lock, flags);

	seq_buf_printf(m, "%-17s %6lu %6lu %6u %4u %4u", s->name, objects - free, objects, s->size,
		       objects_in(s, s->order), 1U << s->order);
	seq_buf_printf(m, " : tunables %4u %4u %4u : slabdata %6lu %6lu %6lu\n", 0, 0, 0, slabs, slabs, 0UL);
}

unsigned long kmem_cache_shrink_all(void)
{
	unsigned long pages = 0;
	struct kmem_cache *s;

	spin_lock(&slab_list_lock);
	list_for_each_entry(s, &slab_caches, list)
		pages += kmem_cache_shrink(s);
	spin_unlock(&slab_list_lock);
	return pages;
}

void slabinfo_show(struct seq_buf *m)
{
	struct kmem_cache *s;

	seq_buf_puts(m, "slabinfo - version: 2.1\n"
		     "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		     " : tunables <limit> <batchcount> <sharedfactor>"
		     " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	spin_lock(&slab_list_lock);
	list_for_each_entry(s, &slab_caches, list)
		slabinfo_show_cache(m, s);
	spin_unlock(&slab_list_lock);
}
