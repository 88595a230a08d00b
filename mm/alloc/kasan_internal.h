/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/alloc/kasan_internal.h - what the files of the address sanitizer share. The theory is in kasan.c. */
#ifndef MM_ALLOC_KASAN_INTERNAL_H
#define MM_ALLOC_KASAN_INTERNAL_H

#include <primer/compiler.h>
#include <primer/types.h>
#include <asm/page.h>

#define KASAN_SHADOW_OFFSET	0xdffffc0000000000UL	/* the Makefile tells the compiler the same number */
#define KASAN_GRANULE_SHIFT	3
#define KASAN_GRANULE		(1UL << KASAN_GRANULE_SHIFT)
#define KASAN_MEM_START		0xffff800000000000UL	/* the first address that has a shadow */

/* What a shadow byte says when it is not 0 (all 8 bytes) or 1..7 (the first so many). Linux's numbers, and gcc's. */
#define KASAN_FREE_PAGE		0xff
#define KASAN_PAGE_REDZONE	0xfe	/* behind a kmalloc of whole pages */
#define KASAN_KMALLOC_REDZONE	0xfc
#define KASAN_KMALLOC_FREE	0xfb
#define KASAN_GLOBAL_REDZONE	0xf9
#define KASAN_VMALLOC_INVALID	0xf8
#define KASAN_STACK_LEFT	0xf1	/* the compiler's own code writes these four */
#define KASAN_STACK_MID		0xf2
#define KASAN_STACK_RIGHT	0xf3
#define KASAN_STACK_PARTIAL	0xf4

static __always_inline u8 *kasan_mem_to_shadow(const void *p)
{
	return (u8 *)(((unsigned long)p >> KASAN_GRANULE_SHIFT) + KASAN_SHADOW_OFFSET);
}
static __always_inline void *kasan_shadow_to_mem(const u8 *shadow)
{
	return (void *)(((unsigned long)shadow - KASAN_SHADOW_OFFSET) << KASAN_GRANULE_SHIFT);
}

/* What is known of an object, in the red zone behind it. [whoever owns the object: its user, then the quarantine] */
struct kasan_meta {
	u32 alloc_stack, free_stack;	/* for kasan_print_stack(); 0: not recorded */
	int alloc_pid, free_pid;
	void *next;			/* [quarantine lock] the next object in the quarantine */
};

struct kmem_cache;

/* ---- kasan.c: every address of [@p, @p + @size) gets @value; both are multiples of 8 ---- */
void kasan_poison(const void *p, size_t size, u8 value);
/* [@p, @p + @size) is accessible, and nothing else of its last granule. @p is a multiple of 8. */
void kasan_unpoison(const void *p, size_t size);
/* The first byte in the range that may not be accessed, or 0. */
unsigned long kasan_first_bad(unsigned long addr, size_t size);

/* ---- kasan_init.c ---- */
extern bool kasan_ready;		/* [written once at boot] */

/* ---- kasan.c: the constructors that gcc makes for files with variables; boot, once the shadow is there ---- */
void kasan_register_globals(void);

/* ---- kasan_quarantine.c ---- */
void kasan_quarantine_put(struct kmem_cache *s, void *object);
void kasan_quarantine_remove_cache(struct kmem_cache *s);
/* The limit, bytes: boot, from the size of memory. */
void kasan_quarantine_init(unsigned long memory);

/* ---- kasan_depot.c ---- */
void kasan_depot_init(unsigned long memory);
/* Remember the stack of the caller's caller; equal stacks are kept once. Returns a handle, or 0: no room. */
u32 kasan_save_stack(void);
void kasan_print_stack(u32 handle);

/* ---- kasan_report.c; @ip: the code that made the access ---- */
void kasan_report(unsigned long addr, size_t size, bool write, unsigned long ip);
void kasan_report_invalid_free(void *object, unsigned long ip);

/* ---- slab.c, slab_common.c ---- */
struct kasan_meta *kasan_get_meta(struct kmem_cache *s, void *object);
/* The object that @addr lies in or near, and its cache; NULL: no object that is the sanitizer's. */
void *kasan_find_object(unsigned long addr, struct kmem_cache **s);

#endif
