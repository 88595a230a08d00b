/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/mm.h - pages: from number to record to address and back, references, totals; the memory part of the
 * boot.
 *
 *	physical address --PFN_DOWN()--> pfn --pfn_to_page()--> struct page --page_address()--> direct map address
 *	                 <--PFN_PHYS()--     <--page_to_pfn()--             <--virt_to_page()--
 */
#ifndef PRIMER_MM_H
#define PRIMER_MM_H

#include <primer/bug.h>
#include <primer/gfp.h>
#include <primer/mm_types.h>
#include <primer/page-flags.h>
#include <primer/vmstat.h>
#include <asm/page.h>

struct seq_buf;

/* ---- the same page by another name ------------------------------------------------------------------------------- */

#define vmemmap			((struct page *)VMEMMAP_START)
#define pfn_to_page(pfn)	(vmemmap + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - vmemmap))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))
#define phys_to_page(pa)	pfn_to_page(PFN_DOWN(pa))

/*
 * virt_to_page - @va is in the direct map (or in the kernel image). virt_to_head_page: of a compound page, the first.
 */
#define virt_to_page(va)	pfn_to_page(virt_to_pfn(va))
#define virt_to_head_page(va)	compound_head(virt_to_page(va))
#define page_address(page)	((void *)(PAGE_OFFSET + (page_to_pfn(page) << PAGE_SHIFT)))
#define page_to_virt(page)	page_address(page)

/*
 * pfn_valid - is there a struct page for @pfn? Its page may still not be RAM. virt_addr_valid: is @va in the direct
 * map, of RAM?
 */
bool pfn_valid(unsigned long pfn);
bool virt_addr_valid(const void *va);

extern unsigned long max_pfn;			/* first pfn behind all RAM */
extern unsigned long max_low_pfn;		/* the same: all memory is mapped */

/* kmap and its kin: every page has an address already. */
static __always_inline void *kmap(struct page *page)			{ return page_address(page); }
static __always_inline void kunmap(struct page *page)			{ (void)page; }
static __always_inline void *kmap_atomic(struct page *page)		{ return page_address(page); }
static __always_inline void kunmap_atomic(void *addr)			{ (void)addr; }
static __always_inline void *kmap_local_page(struct page *page)		{ return page_address(page); }
static __always_inline void kunmap_local(const void *addr)		{ (void)addr; }
static __always_inline void clear_highpage(struct page *page)		{ clear_page(page_address(page)); }
static __always_inline void copy_highpage(struct page *to, struct page *from)
{
	copy_page(page_address(to), page_address(from));
}

/* ---- compound pages ---------------------------------------------------------------------------------------------- */

static __always_inline unsigned int compound_order(const struct page *head)
{
	return PageHead(head) ? head[1].compound_order : 0;
}
static __always_inline unsigned long compound_nr(const struct page *head)	{ return 1UL << compound_order(head); }
static __always_inline size_t page_size(const struct page *head) { return PAGE_SIZE << compound_order(head); }

/* ---- references -------------------------------------------------------------------------------------------------- */

static __always_inline int page_ref_count(const struct page *page) { return atomic_read(&page->_refcount); }
static __always_inline int page_count(const struct page *page) { return page_ref_count(compound_head(page)); }
static __always_inline void set_page_count(struct page *page, int v)		{ atomic_set(&page->_refcount, v); }
static __always_inline void init_page_count(struct page *page)			{ set_page_count(page, 1); }
static __always_inline void page_ref_add(struct page *page, int nr)		{ atomic_add(nr, &page->_refcount); }
static __always_inline void page_ref_sub(struct page *page, int nr)		{ atomic_sub(nr, &page->_refcount); }
static __always_inline void page_ref_inc(struct page *page)			{ atomic_inc(&page->_refcount); }
static __always_inline int page_ref_dec_and_test(struct page *page) { return atomic_dec_and_test(&page->_refcount); }
static __always_inline int page_ref_sub_and_test(struct page *page, int nr)
{
	return atomic_sub_and_test(nr, &page->_refcount);
}
/* page_ref_freeze - if there are exactly @count references, make it none, so that nobody can take one more. */
static __always_inline bool page_ref_freeze(struct page *page, int count)
{
	return atomic_cmpxchg(&page->_refcount, count, 0) == count;
}
static __always_inline void page_ref_unfreeze(struct page *page, int count)
{
	atomic_set_release(&page->_refcount, count);
}

/*
 * put_page_testzero - drop a reference; true: it was the last, and freeing is the caller's. get_page_unless_zero: only
 * of a live page.
 */
static __always_inline bool put_page_testzero(struct page *page)
{
#ifdef CONFIG_DEBUG
	WARN(page_ref_count(page) <= 0, "put_page: page %#lx has %d references: freed twice?\n", page_to_pfn(page),
	     page_ref_count(page));
#endif
	return page_ref_dec_and_test(page);
}
static __always_inline bool get_page_unless_zero(struct page *page) { return atomic_inc_not_zero(&page->_refcount); }

/* __put_page - free @page, the head of a block whose last reference is gone. */
void __put_page(struct page *page);

/*
 * get_page - one more reference; the caller has one, or holds what keeps one. put_page - one less; the last frees.
 * Context: any but NMI.
 */
static __always_inline void get_page(struct page *page)
{
	page_ref_inc(compound_head(page));
}

static __always_inline void put_page(struct page *page)
{
	page = compound_head(page);
	if (put_page_testzero(page))
		__put_page(page);
}

/*
 * release_pages - drop a reference to each of @nr pages. free_unref_pages - free @nr single pages whose last reference
 * is gone. Both use the array up. Context: any but NMI.
 */
void release_pages(struct page **pages, int nr);
void free_unref_pages(struct page **pages, int nr);

/* Page table entries that map the page. */
static __always_inline int page_mapcount(const struct page *page) { return atomic_read(&page->_mapcount); }
static __always_inline bool page_mapped(const struct page *page)		{ return page_mapcount(page) > 0; }

static __always_inline unsigned long page_private(const struct page *page)	{ return page->private; }
static __always_inline void set_page_private(struct page *page, unsigned long v) { page->private = v; }
static __always_inline struct address_space *page_mapping(struct page *page)
{
	unsigned long m = (unsigned long)compound_head(page)->mapping;

	return m & PAGE_MAPPING_ANON ? NULL : (struct address_space *)m;
}
static __always_inline bool trylock_page(struct page *page) { return !test_and_set_bit_lock(PG_locked, &page->flags); }

/* ---- totals ------------------------------------------------------------------------------------------------------ */

/* Pages that the allocator manages, free or not; pages free in all zones (without the per-CPU caches). */
unsigned long totalram_pages(void);
unsigned long nr_free_pages(void);
/* nr_free_buffer_pages, si_mem_available - an estimate of what can be had without reclaim ("MemAvailable"), pages. */
unsigned long si_mem_available(void);

/* Texts of /proc/buddyinfo, /proc/zoneinfo. Context: task. */
void buddyinfo_show(struct seq_buf *m);
void zoneinfo_show(struct seq_buf *m);
/*
 * /proc/page_owner, in DEBUG builds with page_owner=on. page_owner_next - the first page from @pfn on whose owner is
 * known; ~0UL: none. page_owner_print - the text about page @pfn, into @buf; returns its length.
 */
#define PAGE_OWNER_TEXT		1024
unsigned long page_owner_next(unsigned long pfn);
int page_owner_print(char *buf, size_t size, unsigned long pfn);
/* show_mem - the state of all zones on the log, as Linux prints it when memory is short. Context: any but NMI. */
void show_mem(void);

/* ---- boot, in this order ----------------------------------------------------------------------------------------- */

/*
 * init_mem_mapping - build the final kernel page tables and load them
 *
 * Needs memblock filled, boot_cpu_data, and the boot stub's map of the first 4 GiB. From here on: RAM (all of
 * memblock.memory and .mapped) in the direct map; image text RX, rodata R, data RW, nothing W and X; identity map gone;
 * the fixmap and early_ioremap() work.
 */
void init_mem_mapping(void);

/* free_area_init - make the zones, and struct pages for all RAM. Nothing is free yet. Prints "Zone ranges:". */
void free_area_init(void);

/*
 * mem_init - what start_kernel calls when per-CPU areas exist: memblock_free_all(), kmem_cache_init(), vmalloc_init().
 */
void mem_init(void);

/* radix_tree_init - radix trees and idrs get their nodes from a slab cache. Boot, once, after mem_init(). */
void radix_tree_init(void);
/* radix_tree_node_alloc, radix_tree_node_free - a node of that cache; NULL without memory. For who lends lib/ another way to free. */
struct radix_tree_node *radix_tree_node_alloc(gfp_t gfp);
void radix_tree_node_free(struct radix_tree_node *node);

/*
 * free_reserved_area - give [@start, @end), addresses in the direct map or the image, to the allocator; returns pages.
 * @s: for the log, or NULL.
 */
unsigned long free_reserved_area(void *start, void *end, const char *s);
/*
 * free_initmem - boot code and data become free memory. free_initrd_mem - so does the initrd at direct-map [@start,
 * @end).
 */
void free_initmem(void);
void free_initrd_mem(unsigned long start, unsigned long end);
/* mark_rodata_ro - __ro_after_init data becomes read-only. */
void mark_rodata_ro(void);

#endif
