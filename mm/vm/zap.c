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
 * When a whole address space ends (fullmm), nobody is left to use a cached copy, and a page's reference can go with its
 * entry: of a forked child most pages are the parent's too, one locked instruction is all that each costs, and only
 * those that nobody else has enter the bundle. Tables still wait for the flush, because the CPU may walk them ahead of
 * need.
 *
 * The cost is in proportion to what is mapped: whole levels without a table are stepped over, and the walk through a
 * table ends with its last used entry (pt_entries, see pgalloc.c), not with its last slot. The same count tells when
 * the table itself goes: no second pass looks for empty tables.
 *
 * Invariants:
 *   Z1  No table is freed between the clearing of its entry and the flush, nor a page, unless its address space has no
 *       user.
 *   Z2  A table goes only if mmap_lock is held for writing or the mm has no users (free_tables): T2 in pgalloc.c.
 *   Z3  The dirty bit of a file's page is moved to the page before its entry is forgotten. Clearing is an exchange,
 *       because a CPU may set the bit until that very moment.
 *   Z4  When a zap of a range returns, no CPU uses a translation that was there when it began; not even one whose entry
 *       somebody else had cleared before, but not flushed yet:
 *
 *		madvise on CPU 0	madvise, or munmap, on CPU 1		CPU 2
 *		entry := 0		finds 0, nothing to flush, returns
 *					new page at the same address		writes to the old page, through its TLB
 *		flush									the write is lost
 *
 *       So those who are not alone (all but the holder of mmap_lock for writing) count themselves in tlb_flush_pending
 *       from before their first entry until after the flush; and whoever sees others there flushes everything himself.
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
	if (!free_tables)
		atomic_inc(&mm->tlb_flush_pending);	/* a full barrier: before the first entry. Z4 */
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
	if (tlb->fullmm)
		free_unref_pages(tlb->pages, tlb->nr);
	else
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

	if (tlb->start < tlb->end)	/* else no entry was cleared since the last flush, and nothing collected */
		tlb_flush_mmu(tlb);
	if (unlikely(atomic_read(&tlb->mm->tlb_flush_pending) > !tlb->free_tables))
		flush_tlb_mm(tlb->mm);	/* Z4 */
	if (!tlb->free_tables)
		atomic_dec(&tlb->mm->tlb_flush_pending);
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
 *
 * Written for the long run of used entries: what only an empty one needs, the question whether any are left, is asked
 * there, and everything that can be counted from the pointer is not counted. @full: the address space ends. @anon: the
 * area has no object, so its pages are anonymous without a look at them.
 */
static __always_inline unsigned long __zap_ptes(struct mmu_gather *tlb, struct vm_area_struct *vma, struct page *table,
						unsigned long addr, unsigned long end, const bool full, const bool anon)
{
	pte_t *first = (pte_t *)page_address(table) + pte_index(addr), *stop = first + ((end - addr) >> PAGE_SHIFT);
	pte_t *pte;
	unsigned long total = table->pt_entries, empty = 0, files = 0, others = 0, used;
	const unsigned long no_page = vm_no_page_mask(vma);
	const long entry = page_entry();

	for (pte = first; pte != stop; pte++) {
		struct page *page;
		pte_t old = *pte;

		if (pte_none(old)) {
			if ((unsigned long)(pte - first) - empty == total)
				break;
			empty++;
			continue;
		}
		if (full)
			set_pte(pte, __pte(0));		/* no CPU uses it: nothing changes it between load and store */
		else
			old = ptep_get_and_clear(pte);
		if (unlikely(pte_val(old) & no_page)) {
			others++;
			continue;
		}
		page = pte_page(old);
		if (!anon && !PageAnon(page)) {
			files++;
			if (pte_dirty(old))
				set_page_dirty(page);
		}
		if (full) {
			if (likely(!page_remove_rmap_put_testzero(page, entry)))
				continue;
		} else {
			page_remove_rmap(page);
		}
		if (unlikely(!tlb_remove_page(tlb, page))) {
			pte++;
			stop = NULL;			/* not at the end */
			break;
		}
	}
	used = (unsigned long)(pte - first) - empty;
	if (used) {
		tlb_cover(tlb, addr, addr + ((unsigned long)(pte - first) << PAGE_SHIFT));
		table->pt_entries = total - used;
		tlb->rss[MM_FILEPAGES] -= files;
		tlb->rss[MM_ANONPAGES] -= used - files - others;
	}
	return stop ? end : addr + ((unsigned long)(pte - first) << PAGE_SHIFT);
}

static unsigned long zap_ptes(struct mmu_gather *tlb, struct vm_area_struct *vma, struct page *table,
			      unsigned long addr, unsigned long end)
{
	return __zap_ptes(tlb, vma, table, addr, end, false, false);
}

static unsigned long zap_ptes_full(struct mmu_gather *tlb, struct vm_area_struct *vma, struct page *table,
				   unsigned long addr, unsigned long end)
{
	if (vma_is_anonymous(vma))
		return __zap_ptes(tlb, vma, table, addr, end, true, true);
	return __zap_ptes(tlb, vma, table, addr, end, true, false);
}

static unsigned long zap_pte_range(struct mmu_gather *tlb, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr,
				   unsigned long end)
{
	struct page *table = pmd_page(*pmd);
	unsigned long first = addr;
	bool empty;

	spin_lock(&table->ptl);
	if (tlb->fullmm)
		addr = zap_ptes_full(tlb, vma, table, addr, end);
	else
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
 * The usual case, a few pages in one table that has others too, or nothing at all: true when it is done, and no table
 * on the way is empty. If one is, the walk over all levels takes it out. (It may have been made for a fault that then
 * got no memory.)
 */
static __always_inline bool zap_within_table(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long addr,
					     unsigned long end)
{
	pgd_t *pgd = pgd_offset_pgd(tlb->mm->pgd, addr);
	struct page *table;
	unsigned long left;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	if (pgd_none(*pgd))
		return true;
	pud = pud_offset(pgd, addr);
	if (pud_none(*pud))
		return table_page_of(pud)->pt_entries;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		return table_page_of(pmd)->pt_entries;
	table = pmd_page(*pmd);
	/*
	 * What is empty stays so: nobody fills an entry while mmap_lock is held for writing. Otherwise it may be empty
	 * for a moment only (F4 in fault.c, madvise_cold()), and what it was comes back: there the lock is needed to look.
	 */
	for (pte = pte_offset_kernel(pmd, addr); tlb->free_tables && pte_none(*pte); pte++) {
		addr += PAGE_SIZE;
		if (addr == end)
			return READ_ONCE(table->pt_entries);
	}
	do {
		spin_lock(&table->ptl);
		if (tlb->fullmm)
			addr = zap_ptes_full(tlb, vma, table, addr, end);
		else
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
