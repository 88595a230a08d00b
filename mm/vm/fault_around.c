/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/fault_around.c - one fault on a file's page, and its neighbours in the cache are mapped along with it.
 *
 * The problem. A program whose file is in memory faults once for every page of it that it touches, and most of each
 * fault is getting there: the trap, the area, the walk, two locks. The pages themselves are ready.
 *
 * The idea. Whoever reads a page of a file will probably want the ones beside it. A read fault looks at the aligned
 * window of FAULT_AROUND_BYTES around its address, and maps whatever of it is in the cache and up to date, with the
 * table locked once:
 *
 *	table      |....|....|..window of 16 entries..|....|	window: aligned by address; cut off at the
 *	before      -    -    m  -  -  -  -  -  -  m    -	ends of the area
 *	cache                 x  x  -  x  X  x  x  x  x  		X: the page that faulted
 *	after       -    -    m  n  -  n  N  n  n  m    -
 *
 * Nothing is read and nothing sleeps for a neighbour. If the page itself is not among those that were mapped, the fault
 * goes on in the ordinary way.
 *
 * Invariants:
 *   A1  An entry is set only while its page is in the cache: tree_lock is held over the look and the entry. Whoever
 *       takes a page out of the cache does it under that lock and unmaps it from everybody afterwards
 *       (truncate_pagecache), under the lock of each table: ours, which we hold too. So no entry for a page that has
 *       left the cache survives.
 *   A2  Pages that are locked are left out: somebody is filling them, or taking them out.
 *   A3  A neighbour gets the entry that a read fault on it would give it, so that a store to it still faults wherever
 *       it would have.
 *
 * A store does not look around: in a private area it copies one page, and in a shared one it marks one dirty.
 *
 * Locking: the table's lock, tree_lock inside it. Linux: do_fault_around() in mm/memory.c, filemap_map_pages() in
 * mm/filemap.c, where vm.fault_around_bytes is a file in debugfs.
 */
#include "internal.h"

#include <primer/oom.h>
#include <primer/pagemap.h>

#define FAULT_AROUND_BYTES	65536UL
#define FAULT_AROUND_PAGES	(FAULT_AROUND_BYTES >> PAGE_SHIFT)

/* The page may be mapped without waiting for anybody: A2. */
static __always_inline bool page_is_ready(const struct page *page)
{
	return (page->flags & (1UL << PG_uptodate | 1UL << PG_locked)) == 1UL << PG_uptodate;
}

vm_fault_t filemap_map_pages(struct vm_fault *vmf, struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *pages[FAULT_AROUND_PAGES], *table = pmd_page(*vmf->pmd);
	const bool ask_before_store = vma->vm_ops->page_mkwrite;
	unsigned long mapped = 0;
	unsigned int n, i;
	pte_t *here = pte_offset_kernel(vmf->pmd, vmf->address);

	spin_lock(&table->ptl);
	if (unlikely(READ_ONCE(vma->vm_mm->oom_flags) & 1UL << MMF_UNSTABLE)) {	/* F6 in fault.c */
		spin_unlock(&table->ptl);
		return 0;
	}
	spin_lock(&mapping->tree_lock);
	n = radix_tree_gang_lookup(&mapping->i_pages, (void **)pages, start, min(end - start + 1, FAULT_AROUND_PAGES));
	for (i = 0; i < n && pages[i]->index <= end; i++) {
		struct page *page = pages[i];
		pte_t *pte = here + (long)(page->index - vmf->pgoff), entry;

		if (!pte_none(*pte) || !page_is_ready(page))
			continue;
		entry = mk_pte(page, vma->vm_page_prot);
		set_pte(pte, ask_before_store ? pte_wrprotect(entry) : entry);	/* A3, as in install_page() */
		page_dup_rmap(page, PAGE_ENTRY);
		mapped++;
	}
	spin_unlock(&mapping->tree_lock);
	table->pt_entries += mapped;
	if (mapped)
		add_mm_counter(vma->vm_mm, MM_FILEPAGES, mapped);
	n = pte_none(*here);
	spin_unlock(&table->ptl);
	return n ? 0 : VM_FAULT_NOPAGE;
}

vm_fault_t do_fault_around(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = max(vmf->address & ~(FAULT_AROUND_BYTES - 1), vma->vm_start);
	unsigned long end = min((vmf->address | (FAULT_AROUND_BYTES - 1)) + 1, vma->vm_end);

	/* The window is smaller than a table and aligned to its own size, so it never reaches into another one. */
	BUILD_BUG_ON(PMD_SIZE % FAULT_AROUND_BYTES);
	return vma->vm_ops->map_pages(vmf, linear_page_index(vma, start), linear_page_index(vma, end) - 1);
}
