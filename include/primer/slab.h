/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/slab.h - objects: memory smaller than a page, and kmalloc for any size.
 *
 * A cache hands out objects of one size and type. kmalloc() picks one of the general caches by size: 8, 16, 32, 64, 96,
 * 128, 192, 256, 512 ... 8192 bytes; beyond that it takes whole pages. The theory is in mm/alloc/slab.c.
 *
 * Context of every allocation: as its gfp_t says (primer/gfp.h); of every free: any but NMI.
 */
#ifndef PRIMER_SLAB_H
#define PRIMER_SLAB_H

#include <stdarg.h>

#include <primer/gfp.h>
#include <primer/log2.h>
#include <primer/overflow.h>

struct kmem_cache;
struct seq_buf;

/*
 * Flags of kmem_cache_create(); numbers are Linux's. The first four cost speed: slub_debug= and DEBUG builds set them.
 */
#define SLAB_CONSISTENCY_CHECKS	0x00000100U	/* check the object and its slab at each alloc and free */
#define SLAB_RED_ZONE		0x00000400U	/* guard bytes around each object */
#define SLAB_POISON		0x00000800U	/* free objects are filled; checked at the next allocation */
#define SLAB_STORE_USER		0x00010000U	/* remember who allocated and freed */
#define SLAB_HWCACHE_ALIGN	0x00002000U	/* objects do not share cache lines without need */
#define SLAB_CACHE_DMA		0x00004000U	/* pages below 16 MiB */
#define SLAB_CACHE_DMA32	0x00008000U
#define SLAB_PANIC		0x00040000U	/* creation cannot fail */
#define SLAB_RECLAIM_ACCOUNT	0x00020000U	/* counted as reclaimable */
/*
 * Pages of the cache are freed only after an RCU grace period. Objects are not: inside rcu_read_lock() an object that
 * was found may be freed and be handed out anew as the same type, so a reader locks it and looks again whether it is
 * the one it wanted.
 */
#define SLAB_TYPESAFE_BY_RCU	0x00080000U
#define SLAB_ACCOUNT		0x04000000U

#define KMALLOC_MIN_SIZE	8
#define KMALLOC_SHIFT_HIGH	13
#define KMALLOC_MAX_CACHE_SIZE	(1UL << KMALLOC_SHIFT_HIGH)
#define KMALLOC_MAX_SIZE	(1UL << 22)		/* the largest block of pages */
#define ARCH_KMALLOC_MINALIGN	8
#define ZERO_SIZE_PTR		((void *)16)		/* kmalloc(0): may be freed, may not be touched */
#define ZERO_OR_NULL_PTR(x)	((unsigned long)(x) <= (unsigned long)ZERO_SIZE_PTR)

/* ---- caches ------------------------------------------------------------------------------------------------------ */

/*
 * kmem_cache_create - a cache of objects of @size bytes
 * @align: 0 or a power of two, bytes; @ctor: called once for each object when its page is added, and not again at each
 * allocation: the user frees objects in the constructed state.
 *
 * Returns NULL without memory (with SLAB_PANIC: panics). @name is not copied. Context: task; may sleep.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
				     void (*ctor)(void *));

/*
 * kmem_cache_destroy - all objects have been freed (otherwise it reports and the cache stays). NULL is allowed. May
 * sleep.
 */
void kmem_cache_destroy(struct kmem_cache *s);

/* KMEM_CACHE - a cache for struct @type, named so, aligned as the compiler wants it. */
#define KMEM_CACHE(type, flags) \
	kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), (flags), NULL)

/* kmem_cache_alloc - an object or NULL; contents undefined, or as the constructor (and the last user) left it. */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp) __malloc;
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node) __malloc;
/* kmem_cache_free - @x came from @s. */
void kmem_cache_free(struct kmem_cache *s, void *x);
unsigned int kmem_cache_size(const struct kmem_cache *s);
const char *kmem_cache_name(const struct kmem_cache *s);

static __always_inline void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

/* kmem_cache_shrink - give empty slabs back to the page allocator; returns how many pages. */
unsigned long kmem_cache_shrink(struct kmem_cache *s);
/* kmem_cache_shrink_all - the same for every cache. Context: task. */
unsigned long kmem_cache_shrink_all(void);

/* ---- kmalloc ----------------------------------------------------------------------------------------------------- */

#define NR_KMALLOC_CACHES	(KMALLOC_SHIFT_HIGH + 1)
extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES];

/*
 * kmalloc_index - which general cache serves @size (1 .. KMALLOC_MAX_CACHE_SIZE): n for 2^n bytes; 1 for 96, 2 for 192.
 */
static __always_inline unsigned int kmalloc_index(size_t size)
{
	if (size <= KMALLOC_MIN_SIZE)
		return 3;
	if (size > 64 && size <= 96)
		return 1;
	if (size > 128 && size <= 192)
		return 2;
	return ilog2(size - 1) + 1;
}

void *__kmalloc(size_t size, gfp_t gfp) __malloc;
void *kmalloc_large(size_t size, gfp_t gfp) __malloc;

/* kmem_cache_alloc_trace - an object of which only @size bytes are wanted: of interest to the address sanitizer only */
#ifdef CONFIG_KASAN
void *kmem_cache_alloc_trace(struct kmem_cache *s, gfp_t gfp, size_t size) __malloc;
#else
static __always_inline __malloc void *kmem_cache_alloc_trace(struct kmem_cache *s, gfp_t gfp, size_t size)
{
	(void)size;
	return kmem_cache_alloc(s, gfp);
}
#endif

/* kmalloc - @size bytes or NULL, aligned to 8, and to @size when that is a power of two. */
static __always_inline __malloc void *kmalloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && size && !(gfp & (__GFP_DMA | __GFP_DMA32))) {
		if (size > KMALLOC_MAX_CACHE_SIZE)
			return kmalloc_large(size, gfp);
		return kmem_cache_alloc_trace(kmalloc_caches[kmalloc_index(size)], gfp, size);
	}
	return __kmalloc(size, gfp);
}

static __always_inline void *kzalloc(size_t size, gfp_t gfp)	{ return kmalloc(size, gfp | __GFP_ZERO); }

/* Arrays: a product that overflows is NULL, not a small buffer. */
static __always_inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc(array_size(n, size), gfp);
}
static __always_inline void *kcalloc(size_t n, size_t size, gfp_t gfp) { return kzalloc(array_size(n, size), gfp); }
static __always_inline void *kmalloc_node(size_t size, gfp_t gfp, int node) { (void)node; return kmalloc(size, gfp); }
static __always_inline void *kzalloc_node(size_t size, gfp_t gfp, int node) { (void)node; return kzalloc(size, gfp); }

/*
 * kfree - give back what kmalloc() and its kin, or any cache, returned. NULL is allowed. kfree_sensitive zeroes it
 * first.
 */
void kfree(const void *p);
void kfree_sensitive(const void *p);
#define kzfree(p)	kfree_sensitive(p)

/* krealloc - @p with @size bytes, moved if necessary; NULL leaves @p as it was. @p NULL: kmalloc; @size 0: kfree. */
void *krealloc(const void *p, size_t size, gfp_t gfp) __must_check;
void *krealloc_array(const void *p, size_t n, size_t size, gfp_t gfp) __must_check;
/* ksize - how many bytes may be used at @p: at least what was asked for. */
size_t ksize(const void *p);

/*
 * kvmalloc - kmalloc(), or for large sizes that have no contiguous pages, vmalloc(). kvfree frees either. Task context.
 */
void *kvmalloc(size_t size, gfp_t gfp) __malloc;
static __always_inline void *kvzalloc(size_t size, gfp_t gfp) { return kvmalloc(size, gfp | __GFP_ZERO); }
static __always_inline void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc(array_size(n, size), gfp);
}
static __always_inline void *kvcalloc(size_t n, size_t size, gfp_t gfp) { return kvzalloc(array_size(n, size), gfp); }
void kvfree(const void *p);

/*
 * Copies: of a string, of at most @max characters of one (always terminated), of memory; NULL without memory or for
 * NULL.
 */
char *kstrdup(const char *s, gfp_t gfp) __malloc;
char *kstrndup(const char *s, size_t max, gfp_t gfp) __malloc;
void *kmemdup(const void *src, size_t len, gfp_t gfp) __malloc;
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp) __malloc;
/* kasprintf - text of the format in memory of its own, or NULL. */
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3) __malloc;
char *kvasprintf(gfp_t gfp, const char *fmt, va_list args) __printf(2, 0) __malloc;

/* ---- for start_kernel, /proc and reports ------------------------------------------------------------------------- */

/* slab_is_available - kmem_cache_init() is done: kmalloc works. */
bool slab_is_available(void);
/* kmem_cache_init - boot, once, when pages can be allocated. */
void kmem_cache_init(void);

/* slabinfo_show - the text of /proc/slabinfo. Context: task. */
void slabinfo_show(struct seq_buf *m);

/* slab_error_count - mistakes that caches with debugging have reported since boot. */
unsigned long slab_error_count(void);

/*
 * kmem_dump_obj - if @object is or lies in a slab object or a vmalloc area, say so on the log in one line: for oops
 * reports.
 * Returns false when it knows nothing. Context: any.
 */
bool kmem_dump_obj(const void *object);

/*
 * slab_set_call_rcu - kernel/rcu lends its call_rcu() for SLAB_TYPESAFE_BY_RCU; until then such pages are freed at
 * once, which is right as long as one CPU boots. @head is the first of two words that the callee may use.
 */
void slab_set_call_rcu(void (*call)(void *head, void (*func)(void *head)));

#endif
