/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rmap.h - how many page table entries map a page, and whose contents it has.
 *
 * page->_mapcount counts the entries, over all address spaces. page->mapping says whose the contents are:
 *
 *	NULL				nobody's
 *	bit 0 set			anonymous: a private page of processes; index is the page number of its address
 *	else				the object's (struct address_space): a page of a file
 *
 * Each entry also holds a reference to its page. The two counts lie side by side, so that fork and exit, which do
 * nothing else with most pages, change both with one locked instruction:
 *
 *	page->_counts	63        _refcount        32 31       _mapcount         0
 *			+----------------------------+---------------------------+
 *	PAGE_ENTRY	|             1              |             1             |
 *
 * No carry crosses the middle: a page has at least as many references as entries, and neither count is ever negative.
 * Pages with entries are single pages, never part of a compound one.
 *
 * Context of the functions that change the count: the entry's table is locked.
 */
#ifndef PRIMER_RMAP_H
#define PRIMER_RMAP_H

#include <primer/atomic.h>
#include <primer/build_bug.h>
#include <primer/mm.h>

#define PAGE_ENTRY	((1L << 32) + 1)

static_assert(offsetof(struct page, _refcount) == offsetof(struct page, _mapcount) + 4);
static_assert(offsetof(struct page, _counts) == offsetof(struct page, _mapcount));

/* linear_page_index - the page of @vma's object behind @address; for anonymous areas, the page number of the address */
static __always_inline pgoff_t linear_page_index(const struct vm_area_struct *vma, unsigned long address)
{
	return ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

/* page_add_new_anon_rmap - @page, fresh and nobody else's, becomes the page at @address of @vma */
static __always_inline void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long address)
{
	page->mapping = (struct address_space *)((unsigned long)vma->anon_vma + PAGE_MAPPING_ANON);
	page->index = linear_page_index(vma, address);
	atomic_set(&page->_mapcount, 1);
	mod_kernel_pages(NR_ANON_MAPPED, 1);	/* until it is freed: page_alloc.c */
}

/*
 * page_add_file_rmap - one more entry maps a page of a file; the reference is the caller's. page_dup_rmap - one more
 * entry maps a page that has one (fork), with its reference.
 */
static __always_inline void page_add_file_rmap(struct page *page)	{ atomic_inc(&page->_mapcount); }
static __always_inline void page_dup_rmap(struct page *page, long entry) { atomic64_add(entry, &page->_counts); }

/*
 * page_remove_rmap - one entry less; its reference stays, to be dropped after the flush. page_remove_rmap_put_testzero
 * - with its reference; true: it was the last, and freeing is the caller's. An anonymous page stays one until it is
 * freed: whoever has dropped its reference must not write to its record.
 *
 * @entry of the functions that loops over many entries call: page_entry(), the constant in a register.
 */
static __always_inline long page_entry(void)
{
	long entry = PAGE_ENTRY;

	OPTIMIZER_HIDE_VAR(entry);
	return entry;
}

static __always_inline void page_remove_rmap(struct page *page)		{ atomic_dec(&page->_mapcount); }
static __always_inline bool page_remove_rmap_put_testzero(struct page *page, long entry)
{
	return atomic64_sub_and_test(entry, &page->_counts);
}

/*
 * page_is_sole - has @page one entry and one reference? With the entry's table locked, nobody can come to have another
 * then.
 */
static __always_inline bool page_is_sole(const struct page *page)
{
	return atomic64_read(&page->_counts) == PAGE_ENTRY;
}

/* mm_counter_of - the counter of an address space that a mapped @page belongs to */
static __always_inline int mm_counter_of(const struct page *page)
{
	return PageAnon(page) ? MM_ANONPAGES : MM_FILEPAGES;
}

#endif
