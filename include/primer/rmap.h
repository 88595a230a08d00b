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
 * Context of the functions that change the count: the entry's table is locked.
 */
#ifndef PRIMER_RMAP_H
#define PRIMER_RMAP_H

#include <primer/atomic.h>
#include <primer/mm.h>

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
}

/* page_add_file_rmap - one more entry maps a page of a file; page_dup_rmap - of any page (fork). */
static __always_inline void page_add_file_rmap(struct page *page)	{ atomic_inc(&page->_mapcount); }
static __always_inline void page_dup_rmap(struct page *page)		{ atomic_inc(&page->_mapcount); }

/* page_remove_rmap - one entry less; true when it was the last. An anonymous page is nobody's then. */
static __always_inline bool page_remove_rmap(struct page *page)
{
	if (!atomic_dec_and_test(&page->_mapcount))
		return false;
	if (PageAnon(page))
		page->mapping = NULL;
	return true;
}

/* mm_counter_of - the counter of an address space that a mapped @page belongs to */
static __always_inline int mm_counter_of(const struct page *page)
{
	return PageAnon(page) ? MM_ANONPAGES : MM_FILEPAGES;
}

#endif
