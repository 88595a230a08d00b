/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/mincore.c - mincore(2): which pages of a range could be had without waiting for a device?
 *
 * The entry says it when it is there: 1. Where it is not, anonymous memory is not there (0), and a page of a file is
 * if the page cache has it. That tells what others do with the file, so it is told only to those who might write to
 * it; the others hear that everything is in memory.
 *
 * Locking: mmap_lock for reading; each table's ptl. Linux: mm/mincore.c.
 */
#include "internal.h"

#include <primer/pagemap.h>

/* @pages pages from @addr on, for which no entry exists. */
static void mincore_unmapped(struct vm_area_struct *vma, unsigned long addr, unsigned long pages, unsigned char *vec)
{
	struct address_space *mapping = vma->vm_file ? vm_file_ops->mapping(vma->vm_file) : NULL;
	pgoff_t index = linear_page_index(vma, addr);

	for (; pages; pages--, index++) {
		struct page *page = mapping && !vma_is_anonymous(vma) ? find_get_page(mapping, index) : NULL;

		*vec++ = page && PageUptodate(page);
		if (page)
			put_page(page);
	}
}

/* Entries of one table; those that are missing are marked, to be asked for when the lock is gone. */
#define MISSING	2

static void mincore_table(pmd_t *pmd, unsigned long addr, unsigned long pages, unsigned char *vec)
{
	spinlock_t *ptl;
	pte_t *pte = pte_offset_map_lock(pmd, addr, &ptl);

	for (; pages; pages--, pte++)
		*vec++ = pte_none(*pte) ? MISSING : 1;
	spin_unlock(ptl);
}

long do_mincore(unsigned long addr, unsigned long pages, unsigned char *vec)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, addr);
	unsigned long next, end, i;

	if (!vma)
		return -ENOMEM;
	end = min(vma->vm_end, addr + (pages << PAGE_SHIFT));
	pages = (end - addr) >> PAGE_SHIFT;
	if (!vma_is_anonymous(vma) && !(vma->vm_file && vm_file_ops->may_mincore(vma->vm_file))) {
		memset(vec, 1, pages);
		return pages;
	}
	for (; addr != end; addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
		unsigned long n;

		next = pmd_addr_end(addr, end);
		n = (next - addr) >> PAGE_SHIFT;
		if (!pmd || pmd_none(*pmd)) {
			mincore_unmapped(vma, addr, n, vec);
		} else {
			mincore_table(pmd, addr, n, vec);
			for (i = 0; i < n; i++)
				if (vec[i] == MISSING)
					mincore_unmapped(vma, addr + (i << PAGE_SHIFT), 1, vec + i);
		}
		vec += n;
	}
	return pages;
}
