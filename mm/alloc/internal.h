/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/alloc/internal.h - what the files of mm/alloc share among themselves. */
#ifndef MM_ALLOC_INTERNAL_H
#define MM_ALLOC_INTERNAL_H

#include <primer/mmzone.h>
#include <primer/types.h>

/* fixmap.c: make the fixmap's page table, in swapper_pg_dir. Report early_ioremap() mappings that are left. */
void fixmap_init(void);
void early_ioremap_check(void);

/*
 * page_debug.c: checks of DEBUG builds, empty in plain ones.
 *
 * page_debug_free: fill the pages with PAGE_POISON; page_debug_alloc: see that the pattern is intact, and note the
 * owner. page_owner_*: the same for page_owner.c, if it is on. should_fail_alloc_page: see fault_inject.c.
 */
#define PAGE_POISON		0xaa
#ifdef CONFIG_DEBUG
void page_debug_free(struct page *page, unsigned int order);
void page_debug_alloc(struct page *page, unsigned int order, unsigned long caller);
void page_owner_init(void);
void __page_owner_alloc(struct page *page, unsigned int order, gfp_t gfp);
void __page_owner_free(struct page *page, unsigned int order);
void __page_owner_split(struct page *page, unsigned int order);
extern bool page_owner_on;
static inline void page_owner_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	if (unlikely(page_owner_on))
		__page_owner_alloc(page, order, gfp);
}
static inline void page_owner_free(struct page *page, unsigned int order)
{
	if (unlikely(page_owner_on))
		__page_owner_free(page, order);
}
static inline void page_owner_split(struct page *page, unsigned int order)
{
	if (unlikely(page_owner_on))
		__page_owner_split(page, order);
}
#else
static inline void page_debug_free(struct page *page, unsigned int order) { (void)page; (void)order; }
static inline void page_debug_alloc(struct page *page, unsigned int order, unsigned long caller)
{
	(void)page; (void)order; (void)caller;
}
static inline void page_owner_init(void) { }
static inline void page_owner_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	(void)page; (void)order; (void)gfp;
}
static inline void page_owner_free(struct page *page, unsigned int order) { (void)page; (void)order; }
static inline void page_owner_split(struct page *page, unsigned int order) { (void)page; (void)order; }
#endif

/* bad_page - report a page that is not as it must be when it is freed or allocated. It is not used any more. */
void bad_page(struct page *page, const char *reason);

/* warn_alloc - "page allocation failure", at a limited rate. */
void warn_alloc(gfp_t gfp, unsigned int order);

/* memblock_free.c: give pages [start, end), which no record describes yet, to the allocator; returns how many. */
unsigned long free_pfn_range(unsigned long start, unsigned long end);

/* zones.c: recompute watermarks and reserves from managed_pages. */
void setup_per_zone_wmarks(void);

/* thread_stack.c: give the stacks that this CPU keeps to the page allocator; returns pages. Task. */
unsigned long drain_thread_stacks(void);

/* vmalloc.c: pages at addresses aligned to @align, for @caller; @flags: VM_* of vmalloc.h. Task; may sleep. */
void *__vmalloc_area(unsigned long size, unsigned long align, gfp_t gfp, unsigned long flags, const void *caller);

#endif
