/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/kasan.h - the address sanitizer's side towards boot, memory's owners and tests.
 *
 * One byte of shadow for each 8 bytes of kernel address space says which of them may be accessed. The theory is in
 * mm/alloc/kasan.c. In builds without KASAN everything here is empty.
 */
#ifndef PRIMER_KASAN_H
#define PRIMER_KASAN_H

#include <primer/types.h>

struct page;
struct vm_struct;

#ifdef CONFIG_KASAN

/*
 * kasan_early_init - map a shadow for every address, so that instrumented code may run. Boot, the first call of all.
 * kasan_map_early_shadow - the same in swapper_pg_dir. kasan_init - the real shadow; from here on mistakes are
 * reported. Boot, when swapper_pg_dir is in use and memblock knows all memory.
 */
void kasan_early_init(void);
void kasan_map_early_shadow(void);
void kasan_init(void);

/*
 * kasan_alloc_pages, kasan_free_pages - 2^@order pages were taken out of, or are about to go into, the page allocator;
 * kasan_free_boot_pages: for the first time
 * kasan_unpoison_range - [@p, @p + @size), 8-byte aligned, may be accessed; kasan_poison_stack - a dead stack may not
 */
void kasan_alloc_pages(struct page *page, unsigned int order);
void kasan_free_pages(struct page *page, unsigned int order);
void kasan_free_boot_pages(struct page *page, unsigned int order);
void kasan_unpoison_range(const void *p, size_t size);
void kasan_poison_stack(const void *stack);

/*
 * kasan_alloc_vm_area - give an area of vmalloc space a shadow; false without memory. May sleep.
 * kasan_vmalloc - only the first @size bytes of it may be accessed. kasan_free_vm_area - it is unmapped.
 * kasan_release_vm_area - addresses [@start, @end) are free again, in a gap of [@gap_start, @gap_end): pages of shadow
 * that speak of the gap only are taken out, and put on *@list. Context: whoever keeps the gap from being used.
 * kasan_free_shadow - free such a list, of areas within [@start, @end).
 */
bool kasan_alloc_vm_area(const struct vm_struct *vm);
void kasan_vmalloc(const struct vm_struct *vm, size_t size);
void kasan_free_vm_area(const struct vm_struct *vm);
void kasan_release_vm_area(unsigned long start, unsigned long end, unsigned long gap_start, unsigned long gap_end,
			   void **list);
void kasan_free_shadow(void *list, unsigned long start, unsigned long end);

/*
 * kasan_ptdump_entry - what a walk over all tables shall take the entry @val for: a table of the shared shadow stands
 * for 512 GiB and more of the same page, and is given as one large page
 */
unsigned long kasan_ptdump_entry(unsigned long val);

/* kasan_quarantine_flush - really free all objects that wait there; returns whether there was one. Any but NMI. */
bool kasan_quarantine_flush(void);

/* kasan_report_count - accesses found wrong since boot, printed or not. */
unsigned long kasan_report_count(void);

#else

static inline void kasan_early_init(void)				{ }
static inline void kasan_map_early_shadow(void)				{ }
static inline void kasan_init(void)					{ }
static inline void kasan_alloc_pages(struct page *page, unsigned int order)	{ (void)page; (void)order; }
static inline void kasan_free_pages(struct page *page, unsigned int order)	{ (void)page; (void)order; }
static inline void kasan_free_boot_pages(struct page *page, unsigned int order)	{ (void)page; (void)order; }
static inline void kasan_unpoison_range(const void *p, size_t size)	{ (void)p; (void)size; }
static inline void kasan_poison_stack(const void *stack)		{ (void)stack; }
static inline bool kasan_alloc_vm_area(const struct vm_struct *vm)	{ (void)vm; return true; }
static inline void kasan_vmalloc(const struct vm_struct *vm, size_t size)	{ (void)vm; (void)size; }
static inline void kasan_free_vm_area(const struct vm_struct *vm)	{ (void)vm; }
static inline void kasan_release_vm_area(unsigned long start, unsigned long end, unsigned long gap_start,
					 unsigned long gap_end, void **list)
{
	(void)start; (void)end; (void)gap_start; (void)gap_end; (void)list;
}
static inline void kasan_free_shadow(void *list, unsigned long start, unsigned long end)
{
	(void)list; (void)start; (void)end;
}
static inline unsigned long kasan_ptdump_entry(unsigned long val)	{ return val; }
static inline bool kasan_quarantine_flush(void)				{ return false; }
static inline unsigned long kasan_report_count(void)			{ return 0; }

#endif

#endif
