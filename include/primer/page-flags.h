/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/page-flags.h - the bits of page->flags, and their tests.
 *
 * Each flag X gets PageX(), SetPageX() and ClearPageX(), which are atomic, and __SetPageX(), __ClearPageX() for whoever
 * is the only one to know the page. Flags of a compound page live in its head, except Reserved and Buddy, which concern
 * one page.
 */
#ifndef PRIMER_PAGE_FLAGS_H
#define PRIMER_PAGE_FLAGS_H

#include <primer/bitops.h>
#include <primer/mm_types.h>

enum pageflags {
	PG_locked,		/* its contents are being changed: lock_page() */
	PG_referenced,
	PG_uptodate,		/* its contents are the file's */
	PG_dirty,		/* its contents are newer than the file's */
	PG_lru,
	PG_active,
	PG_workingset,
	PG_waiters,		/* somebody waits for PG_locked or PG_writeback */
	PG_error,
	PG_slab,		/* belongs to mm/alloc/slab.c */
	PG_owner_priv_1,
	PG_arch_1,
	PG_reserved,
	PG_private,
	PG_private_2,
	PG_writeback,
	PG_head,		/* first page of a compound page */
	PG_mappedtodisk,
	PG_reclaim,
	PG_swapbacked,		/* anonymous, or shared anonymous memory */
	PG_unevictable,
	PG_mlocked,
	PG_buddy,		/* first page of a free block [zone->lock] */
	PG_table,		/* a page table */
	PG_poisoned,		/* DEBUG: free, and filled with PAGE_POISON */
	__NR_PAGEFLAGS,
};

/*
 * Must be clear in a page that is freed: whoever set one of them has forgotten the page. PG_private_2 and later are
 * checked too; PG_referenced, PG_uptodate, PG_dirty, PG_swapbacked and the like just end with the page.
 */
#define PAGE_FLAGS_CHECK_AT_FREE \
	(1UL << PG_locked | 1UL << PG_lru | 1UL << PG_active | 1UL << PG_slab | 1UL << PG_reserved | \
	 1UL << PG_private | 1UL << PG_private_2 | 1UL << PG_writeback | 1UL << PG_unevictable | \
	 1UL << PG_mlocked | 1UL << PG_buddy | 1UL << PG_table | 1UL << PG_poisoned)
#define PAGE_FLAGS_MASK		((1UL << __NR_PAGEFLAGS) - 1)

#define __PAGEFLAG(name, bit) \
static __always_inline bool Page##name(const struct page *page)		{ return test_bit(bit, &page->flags); } \
static __always_inline void SetPage##name(struct page *page)		{ set_bit(bit, &page->flags); } \
static __always_inline void ClearPage##name(struct page *page)		{ clear_bit(bit, &page->flags); } \
static __always_inline void __SetPage##name(struct page *page)		{ __set_bit(bit, &page->flags); } \
static __always_inline void __ClearPage##name(struct page *page)	{ __clear_bit(bit, &page->flags); } \
static __always_inline bool TestSetPage##name(struct page *page) { return test_and_set_bit(bit, &page->flags); } \
static __always_inline bool TestClearPage##name(struct page *page) { return test_and_clear_bit(bit, &page->flags); }

__PAGEFLAG(Locked, PG_locked)
__PAGEFLAG(Referenced, PG_referenced)
__PAGEFLAG(Uptodate, PG_uptodate)
__PAGEFLAG(Dirty, PG_dirty)
__PAGEFLAG(LRU, PG_lru)
__PAGEFLAG(Active, PG_active)
__PAGEFLAG(Waiters, PG_waiters)
__PAGEFLAG(Error, PG_error)
__PAGEFLAG(Slab, PG_slab)
__PAGEFLAG(Reserved, PG_reserved)
__PAGEFLAG(Private, PG_private)
__PAGEFLAG(Writeback, PG_writeback)
__PAGEFLAG(Head, PG_head)
__PAGEFLAG(Reclaim, PG_reclaim)
__PAGEFLAG(SwapBacked, PG_swapbacked)
__PAGEFLAG(Unevictable, PG_unevictable)
__PAGEFLAG(Mlocked, PG_mlocked)
__PAGEFLAG(Buddy, PG_buddy)
__PAGEFLAG(Table, PG_table)

/* compound_head - the first page of the compound page that @page is part of; @page itself when it is single. */
static __always_inline struct page *compound_head(const struct page *page)
{
	unsigned long head = READ_ONCE(page->compound_head);

	return head & 1 ? (struct page *)(head - 1) : (struct page *)page;
}

static __always_inline bool PageTail(const struct page *page)		{ return READ_ONCE(page->compound_head) & 1; }
static __always_inline bool PageCompound(const struct page *page)	{ return PageHead(page) || PageTail(page); }

#define PAGE_MAPPING_ANON	1UL	/* bit 0 of page->mapping: the rest is a struct anon_vma */
static __always_inline bool PageAnon(const struct page *page)
{
	return (unsigned long)page->mapping & PAGE_MAPPING_ANON;
}

#endif
