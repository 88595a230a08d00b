/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/slab_debug.c - catching those who write beside their objects, use freed ones, or free them twice.
 *
 * The problem. Such a mistake shows somewhere else, long after: in the object next door, or in the list of free
 * objects.
 *
 * The idea. Give each object guard bytes and a memory of its own, and look at them when it is allocated and when it is
 * freed:
 *
 *	| left red zone | object ............ | right red zone | link | alloc record | free record | ... left red zone |
 *	|<red_left_pad->|<----object_size---->|<--- >= 8 ----->|      |
 *	                |<-------------- inuse --------------->|
 *
 *	state		red zones	object			link
 *	allocated	cc cc ..	the user's		not in use
 *	free		bb bb ..	6b 6b .. 6b a5		next free object
 *
 *   - the red zones say whether an object is allocated or free: an object freed twice is found by its zone being bb
 *     already;
 *   - other bytes in a red zone are writes beyond the object;
 *   - a free object that is not 6b..6b a5 was written to after it was freed;
 *   - the records say who allocated and who freed it last.
 *
 * A constructed object, and one that RCU readers may still look at, cannot be filled when it is freed; red zones stay.
 *
 * Switched on by slub_debug=FZPU[,cache...] (F checks, Z red zones, P poison, U user records; cache names may end in
 * '*'), or by the flags of a cache; in DEBUG builds without the address sanitizer (kasan.c) for all caches. What is wrong is reported in Linux's format, with the cache's name
 * first. The object is then put right (alloc) or kept out of circulation (free), and the machine goes on.
 *
 * Objects of 4096 bytes and more get checks only: their alignment would double the size.
 *
 * Locking: list_lock of the object's node is held throughout, interrupts off.
 */
#include <primer/glob.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/tsc.h>

#include "slab_internal.h"

#define SLUB_RED_INACTIVE	0xbb
#define SLUB_RED_ACTIVE		0xcc
#define POISON_FREE		0x6b
#define POISON_END		0xa5

enum track_item { TRACK_ALLOC, TRACK_FREE };

/* One record behind an object. */
struct track {
	unsigned long addr;		/* 0: never */
	u64 when_ns;
	int cpu, pid;
};

static unsigned int global_debug __ro_after_init = SLAB_DEBUG_DEFAULT;
static char debug_caches[64] __ro_after_init;	/* names or patterns, comma separated; empty: all */

/* slub_debug[=[FZPU-]][,name[,name...]] */
static int __init setup_slub_debug(char *str)
{
	unsigned int flags = 0;
	char *p = str;

	if (*p == '=')
		p++;
	for (; *p && *p != ','; p++) {
		switch (*p | 0x20) {
		case 'f': flags |= SLAB_CONSISTENCY_CHECKS; break;
		case 'z': flags |= SLAB_RED_ZONE; break;
		case 'p': flags |= SLAB_POISON; break;
		case 'u': flags |= SLAB_STORE_USER; break;
		case '-': break;
		default: pr_err("slub_debug option '%c' unknown. skipped\n", *p);
		}
	}
	if (!flags && (p == str || p[-1] != '-'))
		flags = SLAB_DEBUG_FLAGS;
	global_debug = flags;
	if (*p == ',')
		strscpy(debug_caches, p + 1, sizeof(debug_caches));
	return 0;
}
early_param("slub_debug", setup_slub_debug);

static atomic_long_t nr_errors;

unsigned long slab_error_count(void)
{
	return atomic_long_read(&nr_errors);
}

static bool cache_selected(const char *name)
{
	const char *p = debug_caches;
	char pattern[32];

	if (!*p)
		return true;
	while (*p) {
		const char *end = strchrnul(p, ',');

		strscpy(pattern, p, min_t(size_t, sizeof(pattern), end - p + 1));
		if (glob_match(pattern, name))
			return true;
		p = *end ? end + 1 : end;
	}
	return false;
}

unsigned int slab_debug_flags(unsigned int object_size, unsigned int flags, const char *name, void (*ctor)(void *))
{
	if (cache_selected(name))
		flags |= global_debug;
	if (object_size >= PAGE_SIZE)
		flags &= ~(SLAB_DEBUG_FLAGS & ~SLAB_CONSISTENCY_CHECKS);
	if ((flags & SLAB_POISON) && !ctor && !(flags & SLAB_TYPESAFE_BY_RCU))
		flags |= __OBJECT_POISON;
	return flags;
}

unsigned int slab_debug_layout(struct kmem_cache *s)
{
	unsigned int size = ALIGN(s->object_size, 8u);

	if ((s->flags & SLAB_RED_ZONE) && size == s->object_size)
		size += 8;
	s->inuse = size;
	/* The link may lie in the object only if a free object's bytes are nobody's. */
	s->offset = 0;
	if ((s->flags & (__OBJECT_POISON | SLAB_TYPESAFE_BY_RCU)) || s->ctor) {
		s->offset = size;
		size += sizeof(void *);
	}
	if (s->flags & SLAB_STORE_USER)
		size += 2 * sizeof(struct track);
	s->red_left_pad = 0;
	if (s->flags & SLAB_RED_ZONE) {
		s->red_left_pad = ALIGN(8u, s->align);
		size += s->red_left_pad;
	}
	return size;
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

static struct track *get_track(const struct kmem_cache *s, void *object, enum track_item item)
{
	unsigned int offset = s->inuse + (s->offset ? sizeof(void *) : 0);

	return (struct track *)((char *)object + offset) + item;
}

static void set_track(struct kmem_cache *s, void *object, enum track_item item, unsigned long addr)
{
	if (s->flags & SLAB_STORE_USER)
		*get_track(s, object, item) = (struct track){
			.addr = addr, .when_ns = sched_clock(), .cpu = raw_smp_processor_id(), .pid = current->pid };
}

static void print_track(const char *what, const struct track *t)
{
	if (t->addr)
		pr_err("INFO: %s in %pS age=%llums cpu=%d pid=%d\n", what, (void *)t->addr,
		       (sched_clock() - t->when_ns) / 1000000, t->cpu, t->pid);
}

void slab_debug_print_tracks(struct kmem_cache *s, void *object)
{
	if (!(s->flags & SLAB_STORE_USER))
		return;
	print_track("Allocated", get_track(s, object, TRACK_ALLOC));
	print_track("Freed", get_track(s, object, TRACK_FREE));
}

static void slab_bug(struct kmem_cache *s, const char *what)
{
	atomic_long_inc(&nr_errors);
	pr_err("=============================================================================\n");
	pr_err("BUG %s (%s): %s\n", s->name, print_tainted(), what);
	pr_err("-----------------------------------------------------------------------------\n\n");
	add_taint(TAINT_BAD_PAGE);
}

static void print_slab(struct page *page)
{
	pr_err("INFO: Slab %px objects=%u used=%u fp=%px flags=%#lx\n", page, page->objects, page->inuse,
	       page->freelist, page->flags);
}

static void print_object(struct kmem_cache *s, struct page *page, void *object)
{
	char *base = page_address(page), *p = object;

	slab_debug_print_tracks(s, object);
	print_slab(page);
	pr_err("INFO: Object %px @offset=%ld fp=%px\n\n", p, (long)(p - base), get_freepointer(s, object));
	if (s->red_left_pad)
		print_hex_dump_bytes(KERN_ERR, "Redzone  ", p - min(s->red_left_pad, 16u), min(s->red_left_pad, 16u));
	print_hex_dump_bytes(KERN_ERR, "Object   ", p, min(s->object_size, 128u));
	if (s->inuse > s->object_size)
		print_hex_dump_bytes(KERN_ERR, "Redzone  ", p + s->object_size, s->inuse - s->object_size);
	dump_stack();
}

static void object_bug(struct kmem_cache *s, struct page *page, void *object, const char *what)
{
	slab_bug(s, what);
	print_object(s, page, object);
}

void slab_debug_wrong_cache(struct kmem_cache *s, struct page *page, void *object)
{
	pr_err("cache_from_obj: Wrong slab cache. %s but object %px is from %s\n", s->name, object,
	       PageSlab(page) ? page->slab_cache->name : "no cache");
	if (PageSlab(page))
		slab_debug_print_tracks(page->slab_cache, object);
	add_taint(TAINT_BAD_PAGE);
	dump_stack();
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

/* [start, start + len) must be all @value; what is not is reported as @what, and put right. */
static bool check_bytes(struct kmem_cache *s, struct page *page, void *object, const char *what, u8 *start, u8 value,
			size_t len)
{
	u8 *bad = memchr_inv(start, value, len), *end = start + len;

	if (!bad)
		return true;
	while (end > bad && end[-1] == value)
		end--;
	slab_bug(s, what);
	pr_err("INFO: %px-%px @offset=%ld. First byte %#x instead of %#x\n", bad, end - 1,
	       (long)(bad - (u8 *)page_address(page)), *bad, value);
	print_object(s, page, object);
	pr_err("FIX %s: Restoring %s %px-%px=%#x\n", s->name, what, bad, end - 1, value);
	memset(bad, value, end - bad);
	return false;
}

/* Red zones as @state wants them; and the fill, if the object is free. */
static bool check_object(struct kmem_cache *s, struct page *page, void *object, u8 state)
{
	u8 *p = object;

	if (s->flags & SLAB_RED_ZONE) {
		if (!check_bytes(s, page, object, "Left Redzone overwritten", p - s->red_left_pad, state,
				 s->red_left_pad) ||
		    !check_bytes(s, page, object, "Right Redzone overwritten", p + s->object_size, state,
				 s->inuse - s->object_size))
			return false;
	}
	if (state == SLUB_RED_INACTIVE && (s->flags & __OBJECT_POISON)) {
		if (!check_bytes(s, page, object, "Poison overwritten", p, POISON_FREE, s->object_size - 1) ||
		    !check_bytes(s, page, object, "Poison overwritten", p + s->object_size - 1, POISON_END, 1))
			return false;
	}
	return true;
}

static void mark_object(struct kmem_cache *s, void *object, u8 state)
{
	u8 *p = object;

	if (s->flags & SLAB_RED_ZONE) {
		memset(p - s->red_left_pad, state, s->red_left_pad);
		memset(p + s->object_size, state, s->inuse - s->object_size);
	}
	if (state == SLUB_RED_INACTIVE && (s->flags & __OBJECT_POISON)) {
		memset(p, POISON_FREE, s->object_size - 1);
		p[s->object_size - 1] = POISON_END;
	}
}

void slab_debug_init_object(struct kmem_cache *s, struct page *page, void *object)
{
	mark_object(s, object, SLUB_RED_INACTIVE);
	if (s->flags & SLAB_STORE_USER)
		memset(get_track(s, object, TRACK_ALLOC), 0, 2 * sizeof(struct track));
}

/* Does @object begin where an object of the slab begins? */
static bool valid_object(struct kmem_cache *s, struct page *page, void *object)
{
	unsigned long offset = (char *)object - (char *)nth_object(s, page, 0);

	return offset % s->size == 0 && offset / s->size < page->objects;
}

static bool on_freelist(struct kmem_cache *s, struct page *page, void *object)
{
	void *p = page->freelist;
	unsigned int n = 0;

	for (; p && n <= page->objects; p = get_freepointer(s, p), n++) {
		if (p == object)
			return true;
		if (!valid_object(s, page, p)) {
			slab_bug(s, "Freechain corrupt");
			print_slab(page);
			return false;
		}
	}
	return false;
}

bool slab_debug_alloc(struct kmem_cache *s, struct page *page, void *object, unsigned long addr)
{
	void *next;

	if (!valid_object(s, page, object)) {
		slab_bug(s, "Freelist Pointer check fails");
		print_slab(page);
		return false;
	}
	check_object(s, page, object, SLUB_RED_INACTIVE);
	next = get_freepointer(s, object);
	if (next && !valid_object(s, page, next)) {
		object_bug(s, page, object, "Freepointer corrupt");
		return false;
	}
	set_track(s, object, TRACK_ALLOC, addr);
	mark_object(s, object, SLUB_RED_ACTIVE);
	return true;
}

bool slab_debug_free(struct kmem_cache *s, struct page *page, void *object, unsigned long addr)
{
	char text[64];

	if (!valid_object(s, page, object)) {
		scnprintf(text, sizeof(text), "Invalid object pointer 0x%px", object);
		slab_bug(s, text);
		print_slab(page);
		dump_stack();
		return false;
	}
	if ((s->flags & SLAB_RED_ZONE) ? ((u8 *)object)[-1] == SLUB_RED_INACTIVE : on_freelist(s, page, object)) {
		object_bug(s, page, object, "Object already free");
		return false;
	}
	check_object(s, page, object, SLUB_RED_ACTIVE);
	set_track(s, object, TRACK_FREE, addr);
	mark_object(s, object, SLUB_RED_INACTIVE);
	return true;
}

/* Objects of @page that are still allocated, for kmem_cache_destroy(). */
void slab_debug_list_objects(struct kmem_cache *s, struct page *page, const char *text)
{
	unsigned int i;

	slab_bug(s, text);
	print_slab(page);
	for (i = 0; i < page->objects; i++) {
		void *object = nth_object(s, page, i);

		if (on_freelist(s, page, object))
			continue;
		pr_err("INFO: Object %px @offset=%ld\n", object, (long)((char *)object - (char *)page_address(page)));
		slab_debug_print_tracks(s, object);
	}
}
