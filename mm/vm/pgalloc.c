/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/pgalloc.c - the page tables of a process: made one by one, when a fault needs them.
 *
 * The problem. An address space of 128 TiB would need 256 GiB of tables if they were all there. A process touches
 * little of it.
 *
 * The idea. A table is made when the first entry goes into it, and given back when its last entry goes. To know when
 * that is without looking at 512 entries, every table page counts its used entries in its struct page:
 *
 *	mm->pgd                 PML4: upper half copied from swapper_pg_dir, shared with everyone, never freed
 *	   |
 *	   +--> PDPT  (pt_entries 1)                             mm->page_table_lock
 *	          +--> PD  (pt_entries 2)                        mm->page_table_lock
 *	                +--> PT  (pt_entries 37)                 its own ptl, in its struct page
 *	                +--> PT  (pt_entries 1)
 *
 * Invariants:
 *   T1  pt_entries of a table is the number of its entries that are not zero. Checked when a table is freed.
 *   T2  A table is only freed by unmapping (zap.c) with mmap_lock held for writing, or when the mm has no user left;
 *       whoever holds it for reading may therefore follow an entry without a lock, once the entry has been seen set.
 *   T3  The stores that fill a new table are visible before the entry that points to it: x86 keeps the order of stores,
 *       and page_table_lock keeps the compiler's.
 *
 * Two faults may need the same table at once. Both allocate, outside the lock because that may sleep; the second to
 * take the lock finds the entry set and gives its page back.
 *
 * The last-level lock is per table (Linux: split page table locks), so that threads that fault in different 2 MiB
 * regions do not meet. The levels above change so rarely that one lock for all of them will do.
 *
 * Linux (mm/memory.c, arch/x86/mm/pgtable.c) counts nothing and frees tables in a pass of its own after unmapping, by
 * the addresses of the neighbouring areas.
 */
#include "internal.h"

/* A zeroed page as a table, counting from zero. */
static struct page *table_alloc(struct mm_struct *mm)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (likely(page)) {
		__SetPageTable(page);
		page->pt_mm = mm;
		page->pt_entries = 0;
		spin_lock_init(&page->ptl, LOCK_RANK_PTL);
		mod_kernel_pages(NR_PAGETABLE, 1);
	}
	return page;
}

void table_free(struct page *page)
{
	__ClearPageTable(page);
	page->pt_mm = NULL;
	mod_kernel_pages(NR_PAGETABLE, -1);
	__free_page(page);
}

/*
 * Hang @page under *@entry, an entry of any level, unless somebody was quicker.
 */
static void table_install(struct mm_struct *mm, unsigned long *entry, struct page *page)
{
	spin_lock(&mm->page_table_lock);
	if (likely(!*entry)) {
		table_page_of(entry)->pt_entries++;
		WRITE_ONCE(*entry, (unsigned long)page_to_pfn(page) << PAGE_SHIFT | _PAGE_TABLE);
		atomic_long_add(PAGE_SIZE, &mm->pgtables_bytes);
		page = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (unlikely(page))
		table_free(page);
}

static int table_fill(struct mm_struct *mm, unsigned long *entry)
{
	struct page *page = table_alloc(mm);

	if (unlikely(!page))
		return -ENOMEM;
	table_install(mm, entry, page);
	return 0;
}

int __pte_alloc(struct mm_struct *mm, pmd_t *pmd)
{
	return table_fill(mm, &pmd->pmd);
}

pmd_t *mm_alloc_pmd(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, addr);
	pud_t *pud;

	if (unlikely(pgd_none(*pgd)) && table_fill(mm, &pgd->pgd))
		return NULL;
	pud = pud_offset(pgd, addr);
	if (unlikely(pud_none(*pud)) && table_fill(mm, &pud->pud))
		return NULL;
	return pmd_offset(pud, addr);
}

pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset_pgd(mm->pgd, addr);
	pud_t *pud;

	if (pgd_none(*pgd))
		return NULL;
	pud = pud_offset(pgd, addr);
	return pud_none(*pud) ? NULL : pmd_offset(pud, addr);
}

/* The upper half is complete from boot on (memory-layout in docs/), so that a copy never has to follow it later. */
pgd_t *pgd_alloc(struct mm_struct *mm)
{
	struct page *page = alloc_page(GFP_KERNEL);
	pgd_t *pgd;

	if (!page)
		return NULL;
	__SetPageTable(page);
	page->pt_mm = mm;
	page->pt_entries = 0;
	mod_kernel_pages(NR_PAGETABLE, 1);
	pgd = page_address(page);
	memset(pgd, 0, PAGE_SIZE / 2);
	memcpy(pgd + PTRS_PER_TABLE / 2, swapper_pg_dir + PTRS_PER_TABLE / 2, PAGE_SIZE / 2);
	return pgd;
}

/* Context: any; the last reference to the mm may be dropped by the scheduler. */
void pgd_free(struct mm_struct *mm)
{
	struct page *page = virt_to_page(mm->pgd);

	if (WARN_ONCE(page->pt_entries, "mm: top table still has %lu entries\n", page->pt_entries))
		return;
	table_free(page);
}
