/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/alloc/slab_internal.h - the structures of the object caches, for slab*.c only. The theory is in slab.c. */
#ifndef MM_ALLOC_SLAB_INTERNAL_H
#define MM_ALLOC_SLAB_INTERNAL_H

#include <primer/list.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/slab.h>
#include <primer/spinlock.h>

/* [owner CPU, interrupts off] A CPU's slab. Of a cache with debugging, both are always NULL. */
struct kmem_cache_cpu {
	void *freelist;			/* its free objects, for this CPU alone */
	struct page *page;		/* the slab they lie in */
};

struct kmem_cache_node {
	spinlock_t list_lock;		/* [irq] lists; freelist, inuse, frozen of all slabs; LOCK_RANK_SLAB_NODE */
	unsigned long nr_partial;	/* [list_lock] */
	struct list_head partial;	/* [list_lock] slabs with free objects that no CPU has, by slab_list */
	unsigned long nr_slabs;		/* [list_lock] */
	unsigned long total_objects;	/* [list_lock] of all slabs, free or not */
};

/* Immutable after creation, but for the parts that have their own rule. */
struct kmem_cache {
	struct kmem_cache_cpu __percpu *cpu_slab;
	unsigned int offset;		/* of the link in a free object */
	unsigned int object_size;	/* what the user asked for */
	unsigned int size;		/* distance between objects */
	unsigned int flags;		/* SLAB_* */
	unsigned int inuse;		/* offset of what follows the object (and its right red zone) */
	unsigned int red_left_pad;	/* bytes before each object */
	unsigned int align;
	unsigned char order, min_order;	/* of a slab's pages: as wished, and the least that holds one object */
	unsigned int min_partial;	/* empty slabs are kept while fewer partial ones are there */
	gfp_t allocflags;
	void (*ctor)(void *object);
	const char *name;
	struct list_head list;		/* [slab_list_lock] */
#ifdef CONFIG_KASAN
	unsigned int kasan_meta;	/* offset of the address sanitizer's record; 0: not one of its caches */
#endif
	struct kmem_cache_node node[MAX_NUMNODES];
};

#define SLAB_DEBUG_FLAGS	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
#define __OBJECT_POISON		0x80000000U	/* free objects of this cache may be and are filled */

static __always_inline bool cache_debug(const struct kmem_cache *s) { return unlikely(s->flags & SLAB_DEBUG_FLAGS); }

/* The link from a free object to the next free one of the same list. */
static __always_inline void *get_freepointer(const struct kmem_cache *s, const void *object)
{
	return *(void **)((char *)object + s->offset);
}
static __always_inline void set_freepointer(const struct kmem_cache *s, void *object, void *next)
{
	*(void **)((char *)object + s->offset) = next;
}

static __always_inline unsigned int objects_in(const struct kmem_cache *s, unsigned int order)
{
	return (PAGE_SIZE << order) / s->size;
}

/* Object number @i of the slab at @page. */
static __always_inline void *nth_object(const struct kmem_cache *s, const struct page *page, unsigned int i)
{
	return (char *)page_address(page) + s->red_left_pad + (size_t)i * s->size;
}

/* ---- slab_common.c ----------------------------------------------------------------------------------------------- */
extern struct list_head slab_caches;
extern spinlock_t slab_list_lock;

/* ---- slab.c ------------------------------------------------------------------------------------------------------ */
/* slab_free_quarantined - an object that the address sanitizer has kept back: now it is free. */
void slab_free_quarantined(struct kmem_cache *s, void *object);
void slab_init_node(struct kmem_cache *s);

/* ---- kasan.c ----------------------------------------------------------------------------------------------------- */
#ifdef CONFIG_KASAN
#define SLAB_DEBUG_DEFAULT	0U	/* the address sanitizer sees the same mistakes, and sooner */

/* kasan_cache_layout - room for the record behind @size bytes; returns the new bytes per object, unaligned. */
unsigned int kasan_cache_layout(struct kmem_cache *s, unsigned int size);
/* A new slab; an object goes out, @size bytes of it wanted; @size bytes of one that is out are wanted now. */
void kasan_poison_slab(struct kmem_cache *s, struct page *page);
void kasan_slab_alloc(struct kmem_cache *s, void *object, size_t size);
void kasan_krealloc(const void *p, size_t size);
/* An object comes back. True: it was kept back, or must not be freed: the caller leaves it alone. */
bool kasan_slab_free(struct kmem_cache *s, struct page *page, void *object, unsigned long ip);
/* The same for blocks of whole pages. */
void kasan_kmalloc_large(const void *p, size_t size);
bool kasan_kfree_large(const struct page *page, const void *p, unsigned long ip);
/* kasan_cache_shrink - free what is kept back of the cache's objects. */
void kasan_cache_shrink(struct kmem_cache *s);
#else
#ifdef CONFIG_DEBUG
#define SLAB_DEBUG_DEFAULT	SLAB_DEBUG_FLAGS
#else
#define SLAB_DEBUG_DEFAULT	0U
#endif

static __always_inline unsigned int kasan_cache_layout(struct kmem_cache *s, unsigned int size)
{
	(void)s;
	return size;
}
static __always_inline void kasan_poison_slab(struct kmem_cache *s, struct page *page)	{ (void)s; (void)page; }
static __always_inline void kasan_slab_alloc(struct kmem_cache *s, void *object, size_t size)
{
	(void)s; (void)object; (void)size;
}
static __always_inline void kasan_krealloc(const void *p, size_t size)			{ (void)p; (void)size; }
static __always_inline bool kasan_slab_free(struct kmem_cache *s, struct page *page, void *object, unsigned long ip)
{
	(void)s; (void)page; (void)object; (void)ip;
	return false;
}
static __always_inline void kasan_kmalloc_large(const void *p, size_t size)		{ (void)p; (void)size; }
static __always_inline bool kasan_kfree_large(const struct page *page, const void *p, unsigned long ip)
{
	(void)page; (void)p; (void)ip;
	return false;
}
static __always_inline void kasan_cache_shrink(struct kmem_cache *s)			{ (void)s; }
#endif

/* ---- slab_debug.c; called only for caches with SLAB_DEBUG_FLAGS -------------------------------------------------- */

/* slab_debug_flags - what slub_debug= (or a DEBUG build) adds to the flags of a cache. */
unsigned int slab_debug_flags(unsigned int object_size, unsigned int flags, const char *name, void (*ctor)(void *));
/*
 * slab_debug_layout - where red zones, link and records go; fills s->inuse, offset, red_left_pad; returns bytes per
 * object, unaligned.
 */
unsigned int slab_debug_layout(struct kmem_cache *s);
void slab_debug_init_object(struct kmem_cache *s, struct page *page, void *object);
/*
 * An object is about to be given out, or comes back. False: something is wrong with it, reported; leave it alone.
 * [list_lock]
 */
bool slab_debug_alloc(struct kmem_cache *s, struct page *page, void *object, unsigned long addr);
bool slab_debug_free(struct kmem_cache *s, struct page *page, void *object, unsigned long addr);
void slab_debug_wrong_cache(struct kmem_cache *s, struct page *page, void *object);
void slab_debug_list_objects(struct kmem_cache *s, struct page *page, const char *text);
void slab_debug_print_tracks(struct kmem_cache *s, void *object);

#endif
