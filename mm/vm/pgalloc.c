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
 * A table that goes is empty (T1), which is what a new one has to be; and every fork takes back what an exit has given.
 * So each CPU keeps a few: taking one costs a few instructions, where an ordinary page would first have to be filled
 * with zeroes, 512 stores. Top tables are kept apart: theirs is the upper half, which is the same in all of them.
 *
 *	table_free() ---> this CPU's store, at most TABLE_STORE tables ---> table_alloc()
 *	                        | full, or memory is short (pgtable_store_drain)
 *	                        v
 *	                  page allocator
 *
 * The store belongs to its CPU, with preemption off; tables come and go in tasks only, but for the last mmdrop() in the
 * scheduler, which runs with preemption off anyway.
 *
 * Linux (mm/memory.c, arch/x86/mm/pgtable.c; it had such stores, "quicklists", up to 5.4) counts nothing and frees
 * tables in a pass of its own after unmapping, by the addresses of the neighbouring areas.
 */
#include "internal.h"

#include <primer/percpu.h>

#define TABLE_STORE	16	/* most tables that a CPU keeps */
#define PGD_STORE	4

/* A stack of page tables without an owner, ready for use, linked by lru.next. [its CPU, preemption off] */
struct table_store {
	struct page *list;
	unsigned int count;
};

static DEFINE_PER_CPU(struct table_store, table_store);
static DEFINE_PER_CPU(struct table_store, pgd_store);

static __always_inline struct page *store_pop(struct table_store __percpu *stores)
{
	struct table_store *store;
	struct page *page;

	preempt_disable();
	store = this_cpu_ptr(stores);
	page = store->list;
	if (likely(page)) {
		store->list = (struct page *)page->lru.next;
		store->count--;
	}
	preempt_enable();
	return page;
}

/* False: the store is full. */
static __always_inline bool store_push(struct table_store __percpu *stores, struct page *page, unsigned int most)
{
	struct table_store *store;
	bool room;

	preempt_disable();
	store = this_cpu_ptr(stores);
	room = store->count < most;
	if (likely(room)) {
		page->lru.next = (struct list_head *)store->list;
		store->list = page;
		store->count++;
	}
	preempt_enable();
	return room;
}

static void table_page_free(struct page *page)
{
	__ClearPageTable(page);
	page->pt_mm = NULL;
	__free_page(page);
}

unsigned long pgtable_store_drain(void)
{
	unsigned long freed = 0;
	struct page *page;

	for (; (page = store_pop(&table_store)) || (page = store_pop(&pgd_store)); freed++)
		table_page_free(page);
	return freed;
}

/* An empty table, counting from zero. */
static struct page *table_alloc(struct mm_struct *mm)
{
	struct page *page = store_pop(&table_store);

	if (unlikely(!page)) {
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (unlikely(!page))
			return NULL;
		__SetPageTable(page);
		page->pt_entries = 0;
		spin_lock_init(&page->ptl, LOCK_RANK_PTL);
	}
	page->pt_mm = mm;
	mod_kernel_pages(NR_PAGETABLE, 1);
	return page;
}

void table_free(struct page *page)
{
	mod_kernel_pages(NR_PAGETABLE, -1);
	if (unlikely(!store_push(&table_store, page, TABLE_STORE)))
		table_page_free(page);
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
	struct page *page = store_pop(&pgd_store);
	pgd_t *pgd;

	if (unlikely(!page)) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return NULL;
		__SetPageTable(page);
		page->pt_entries = 0;
		pgd = page_address(page);
		memset(pgd, 0, PAGE_SIZE / 2);
		memcpy(pgd + PTRS_PER_TABLE / 2, swapper_pg_dir + PTRS_PER_TABLE / 2, PAGE_SIZE / 2);
	}
	page->pt_mm = mm;
	mod_kernel_pages(NR_PAGETABLE, 1);
	return page_address(page);
}

/* Context: any; the last reference to the mm may be dropped by the scheduler. */
void pgd_free(struct mm_struct *mm)
{
	struct page *page = virt_to_page(mm->pgd);

	if (WARN_ONCE(page->pt_entries, "mm: top table still has %lu entries\n", page->pt_entries))
		return;
	mod_kernel_pages(NR_PAGETABLE, -1);
	if (unlikely(!store_push(&pgd_store, page, PGD_STORE)))
		table_page_free(page);
}
