/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/zap.c - take translations out of a process's page tables and give the pages back.
 *
 * The problem. Between the moment an entry is cleared and the moment every CPU has forgotten its cached copy (TLB), the
 * process can still read and write the page. If the page has a new owner by then, that is somebody else's memory. A
 * flush for every page would be right, and far too slow.
 *
 * The idea. Collect first, flush once, free last:
 *
 *	unmap_page_range()              tlb_finish_mmu()
 *	  entry := 0, page ---> bundle      flush [start, end) on all CPUs, then put every page of the bundle
 *	  table empty?     ---> tables      and free the tables
 *
 * A bundle holds 16 pages on the caller's stack, and 512 once it has a page for pointers (taken without waiting: if
 * there is none, the small bundle is flushed more often). When it is full in the middle of a table, the walk stops,
 * flushes outside the table's lock, and goes on where it was.
 *
 * The cost is in proportion to what is mapped: whole levels without a table are stepped over, and the walk through a
 * table ends with its last used entry (pt_entries, see pgalloc.c), not with its last slot. The same count tells when
 * the table itself goes: no second pass looks for empty tables.
 *
 * Invariants:
 *   Z1  No page and no table is freed between the clearing of its entry and the flush.
 *   Z2  A table goes only if mmap_lock is held for writing or the mm has no users (free_tables): T2 in pgalloc.c.
 *   Z3  The dirty bit of a file's page is moved to the page before its entry is forgotten. Clearing is an exchange,
 *       because a CPU may set the bit until that very moment.
 *
 * Locking: each table's ptl around its entries, mm->page_table_lock around the levels above. Linux: mm/mmu_gather.c,
 * mm/memory.c.
 */
#include "internal.h"

#include <primer/pagemap.h>
#include <primer/tlb.h>

static void tlb_reset_range(struct mmu_gather *tlb)
{
	tlb->start = ULONG_MAX;
	tlb->end = 0;
	tlb->freed_tables = false;
}

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool free_tables, bool fullmm)
{
	tlb->mm = mm;
	tlb->free_tables = free_tables;
	tlb->fullmm = fullmm;
	tlb->nr = 0;
	tlb->max = MMU_GATHER_BUNDLE;
	tlb->pages = tlb->local;
	INIT_LIST_HEAD(&tlb->tables);
	tlb->rss[MM_FILEPAGES] = tlb->rss[MM_ANONPAGES] = tlb->rss[MM_SWAPENTS] = tlb->rss[MM_SHMEMPAGES] = 0;
	tlb_reset_range(tlb);
}

/* Z1: forget on every CPU, then free. */
static void tlb_flush_mmu(struct mmu_gather *tlb)
{
	struct page *page, *next;

	if (tlb->start < tlb->end) {
		if (tlb->fullmm)
			flush_tlb_mm(tlb->mm);
		else
			flush_tlb_mm_range(tlb->mm, tlb->start, tlb->end, tlb->freed_tables);
		tlb_reset_range(tlb);
	}
	release_pages(tlb->pages, tlb->nr);
	tlb->nr = 0;
	list_for_each_entry_safe(page, next, &tlb->tables, lru) {
		list_del(&page->lru);
		table_free(page);
	}
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	int i;

	tlb_flush_mmu(tlb);
	if (tlb->pages != tlb->local)
		free_page((unsigned long)tlb->pages);
	if (!(tlb->rss[MM_FILEPAGES] | tlb->rss[MM_ANONPAGES]))
		return;
	update_hiwater_rss(tlb->mm);
	for (i = 0; i < NR_MM_COUNTERS; i++)
		if (tlb->rss[i])
			add_mm_counter(tlb->mm, i, tlb->rss[i]);
}

/* Put @page into the bundle; false: it is full now, flush before the next one. */
static bool tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	tlb->pages[tlb->nr++] = page;
	if (likely(tlb->nr < tlb->max))
		return true;
	if (tlb->pages == tlb->local) {
		struct page **more = (struct page **)__get_free_page(GFP_NOWAIT | __GFP_NOWARN);

		if (more) {
			memcpy(more, tlb->local, sizeof(tlb->local));
			tlb->pages = more;
			tlb->max = PAGE_SIZE / sizeof(*more);
			return true;
		}
	}
	return false;
}

static __always_inline void tlb_cover(struct mmu_gather *tlb, unsigned long addr, unsigned long end)
{
	if (addr < tlb->start)
		tlb->start = addr;
	if (end > tlb->end)
		tlb->end = end;
}

/*
 * *@entry points to @table: if it is empty, take it out of the table that @entry stands in. A last-level table may just
 * be looked at from another address space's side (zap_mapped_range()); its lock, taken inside page_table_lock, says so.
 */
static void tlb_remove_table(struct mmu_gather *tlb, unsigned long *entry, struct page *table, unsigned long addr,
			     bool last_level)
{
	struct mm_struct *mm = tlb->mm;

	spin_lock(&mm->page_table_lock);
	if (last_level)
		spin_lock_nested(&table->ptl, 1);
	WRITE_ONCE(*entry, 0);
	table_page_of(entry)->pt_entries--;
	if (last_level)
		spin_unlock(&table->ptl);
	spin_unlock(&mm->page_table_lock);
	atomic_long_sub(PAGE_SIZE, &mm->pgtables_bytes);
	tlb->freed_tables = true;
	tlb_cover(tlb, addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE);
	list_add(&table->lru, &tlb->tables);
}

/*
 * Entries of one last-level table, which is locked. Returns where to go on: @end, or less when the bundle is full.
 */
static unsigned long zap_ptes(struct mmu_gather *tlb, struct vm_area_struct *vma, struct page *table,
			      unsigned long addr, unsigned long end)
{
	pte_t *pte = (pte_t *)page_address(table) + pte_index(addr);
	unsigned long left = table->pt_entries;

	for (; left && addr < end; pte++, addr += PAGE_SIZE) {
		struct page *page;
		pte_t old;

		if (pte_none(*pte))
			continue;
		old = ptep_get_and_clear(pte);
		left--;
		tlb_cover(tlb, addr, addr + PAGE_SIZE);
		page = vm_normal_page(vma, old);
		if (!page)
			continue;
		tlb->rss[mm_counter_of(page)]--;
		if (!PageAnon(page) && pte_dirty(old))
			set_page_dirty(page);
		page_remove_rmap(page);
		if (unlikely(!tlb_remove_page(tlb, page))) {
			table->pt_entries = left;
			return addr + PAGE_SIZE;
		}
	}
	table->pt_entries = left;
	return end;
}

static unsigned long zap_pte_range(struct mmu_gather *tlb, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr,
				   unsigned long end)
{
	struct page *table = pmd_page(*pmd);
	unsigned long first = addr;
	bool empty;

	spin_lock(&table->ptl);
	addr = zap_ptes(tlb, vma, table, addr, end);
	empty = !table->pt_entries;
	spin_unlock(&table->ptl);
	if (empty && tlb->free_tables) {
		tlb_remove_table(tlb, &pmd->pmd, table, first, true);
		addr = end;
	}
	return addr;
}

static void zap_pmd_range(struct mmu_gather *tlb, struct vm_area_struct *vma, pud_t *pud, unsigned long addr,
			  unsigned long end)
{
	struct page *table = virt_to_page((void *)pmd_offset(pud, 0));
	pmd_t *pmd = pmd_offset(pud, addr);
	unsigned long first = addr, next;

	do {
		next = pmd_addr_end(addr, end);
		while (!pmd_none(*pmd) && addr != next) {
			addr = zap_pte_range(tlb, vma, pmd, addr, next);
			if (unlikely(tlb->nr == tlb->max))
				tlb_flush_mmu(tlb);
		}
	} while (pmd++, addr = next, addr != end);
	if (tlb->free_tables && !table->pt_entries)
		tlb_remove_table(tlb, &pud->pud, table, first, false);
}

static void zap_pud_range(struct mmu_gather *tlb, struct vm_area_struct *vma, pgd_t *pgd, unsigned long addr,
			  unsigned long end)
{
	struct page *table = virt_to_page((void *)pud_offset(pgd, 0));
	pud_t *pud = pud_offset(pgd, addr);
	unsigned long first = addr, next;

	do {
		next = pud_addr_end(addr, end);
		if (!pud_none(*pud))
			zap_pmd_range(tlb, vma, pud, addr, next);
	} while (pud++, addr = next, addr != end);
	if (tlb->free_tables && !table->pt_entries)
		tlb_remove_table(tlb, &pgd->pgd, table, first, false);
}

/*
 * The usual case, a few pages in one table that has others too: true when it is done, and no table has become empty. If
 * one has, the walk over all levels finds it.
 */
static bool zap_within_table(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	pmd_t *pmd = mm_find_pmd(tlb->mm, addr);
	struct page *table;
	unsigned long left;

	if (!pmd || pmd_none(*pmd))
		return false;
	table = pmd_page(*pmd);
	do {
		spin_lock(&table->ptl);
		addr = zap_ptes(tlb, vma, table, addr, end);
		left = table->pt_entries;
		spin_unlock(&table->ptl);
		if (unlikely(tlb->nr == tlb->max))
			tlb_flush_mmu(tlb);
	} while (left && addr != end);
	return left;
}

void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	pgd_t *pgd = pgd_offset_pgd(tlb->mm->pgd, addr);
	unsigned long next;

	if (addr >> PMD_SHIFT == (end - 1) >> PMD_SHIFT && zap_within_table(tlb, vma, addr, end))
		return;
	do {
		next = pgd_addr_end(addr, end);
		if (!pgd_none(*pgd))
			zap_pud_range(tlb, vma, pgd, addr, next);
	} while (pgd++, addr = next, addr != end);
}

/* The tables stay: mmap_lock may be held for reading only, and a fault may be on its way into one of them. */
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long size)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm, false, false);
	unmap_page_range(&tlb, vma, start, start + size);
	tlb_finish_mmu(&tlb);
}

/*
 * From outside: the file behind @vma shrinks, and no mmap_lock is held, only the lock of the file's tree of areas. It
 * keeps @vma and its mm there, but neighbours in the same tables may be unmapped meanwhile and take a table with them.
 * page_table_lock holds the tables above still, and is let go only when the last-level table is locked.
 */
void zap_mapped_range(struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_gather tlb;
	unsigned long next;

	tlb_gather_mmu(&tlb, mm, false, false);
	while (addr != end) {
		struct page *table;
		pmd_t *pmd;

		next = pmd_addr_end(addr, end);
		spin_lock(&mm->page_table_lock);
		pmd = mm_find_pmd(mm, addr);
		if (!pmd || pmd_none(*pmd)) {
			spin_unlock(&mm->page_table_lock);
			addr = next;
			continue;
		}
		table = pmd_page(*pmd);
		spin_lock_nested(&table->ptl, 1);
		spin_unlock(&mm->page_table_lock);
		addr = zap_ptes(&tlb, vma, table, addr, next);
		spin_unlock(&table->ptl);
		if (tlb.nr == tlb.max)
			tlb_flush_mmu(&tlb);
	}
	tlb_finish_mmu(&tlb);
}
