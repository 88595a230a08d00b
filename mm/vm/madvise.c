/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/madvise.c - what a program knows about its memory, and the kernel cannot guess.
 *
 * The problem. An allocator keeps address space that it does not use just now; a database reads a file at random; a
 * library's secret must not be in the child of a fork. Each could be had by mapping anew, at the price of losing the
 * place.
 *
 * The idea. One call, three kinds of advice:
 *
 *	flags of the area	NORMAL RANDOM SEQUENTIAL	how to read ahead
 *	(split and merged,	DONTFORK DOFORK			fork leaves it out
 *	mmap_lock for		WIPEONFORK KEEPONFORK		the child finds zeroes
 *	writing)		DONTDUMP DODUMP			not in a core dump
 *	pages, at once		DONTNEED FREE			give them back: the next access finds zeroes, or the file
 *	(mmap_lock for		REMOVE				the same for a shared file: a hole in it
 *	reading)		COLD PAGEOUT			not used soon: the accessed bits are cleared
 *				WILLNEED			used soon: nothing to do while all files are in memory
 *	not here: -EINVAL	HUGEPAGE NOHUGEPAGE MERGEABLE UNMERGEABLE	no huge pages, no merging of equal ones
 *
 * MADV_FREE allows the kernel to drop the pages until they are written again; when it does so is not said. Linux waits
 * until memory is short; here they go at once.
 *
 * A range with holes is treated as far as it is mapped, and the call says -ENOMEM at the end. Memory that is locked or
 * a device's is not given back: -EINVAL.
 *
 * Locking: as above. MADV_REMOVE drops mmap_lock around the file's own work, because the file's locks come first
 * (LOCK_RANK_INODE), and looks the areas up again. Linux: mm/madvise.c.
 */
#include "internal.h"

#include <primer/tlb.h>
#include <uapi/mman.h>

/* Does the advice change the area, rather than its pages? */
static bool is_flag_advice(int behavior)
{
	switch (behavior) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
		return true;
	default:
		return false;
	}
}

static bool is_page_advice(int behavior)
{
	switch (behavior) {
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return true;
	default:
		return false;
	}
}

/* ---- flags ------------------------------------------------------------------------------------------------------- */

/* The flags of @vma after @behavior, in *@flags; 0 or -EINVAL. */
static int advised_flags(const struct vm_area_struct *vma, int behavior, unsigned long *flags)
{
	unsigned long new = vma->vm_flags;

	switch (behavior) {
	case MADV_NORMAL:
		new &= ~(VM_RAND_READ | VM_SEQ_READ);
		break;
	case MADV_RANDOM:
		new = (new & ~VM_SEQ_READ) | VM_RAND_READ;
		break;
	case MADV_SEQUENTIAL:
		new = (new & ~VM_RAND_READ) | VM_SEQ_READ;
		break;
	case MADV_DONTFORK:
		new |= VM_DONTCOPY;
		break;
	case MADV_DOFORK:
		if (new & VM_IO)
			return -EINVAL;
		new &= ~VM_DONTCOPY;
		break;
	case MADV_WIPEONFORK:
		if (vma->vm_file || (new & VM_SHARED))
			return -EINVAL;
		new |= VM_WIPEONFORK;
		break;
	case MADV_KEEPONFORK:
		new &= ~VM_WIPEONFORK;
		break;
	case MADV_DONTDUMP:
		new |= VM_DONTDUMP;
		break;
	case MADV_DODUMP:
		if (new & VM_SPECIAL)
			return -EINVAL;
		new &= ~VM_DONTDUMP;
		break;
	}
	*flags = new;
	return 0;
}

static int madvise_flags(struct vm_area_struct *vma, struct vm_area_struct **pprev, unsigned long start,
			 unsigned long end, int behavior)
{
	unsigned long flags;
	int err = advised_flags(vma, behavior, &flags);

	*pprev = vma;
	if (err || flags == vma->vm_flags)
		return err;
	vma = vma_modify_flags(vma, start, end, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma) == -ENOMEM ? -EAGAIN : PTR_ERR(vma);	/* try again; -ENOMEM means a hole */
	*pprev = vma;
	return 0;
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

static bool may_lose_pages(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_LOCKED | VM_PFNMAP));
}

static int madvise_dontneed(struct vm_area_struct *vma, unsigned long start, unsigned long end, int behavior)
{
	if (!may_lose_pages(vma) || (behavior == MADV_FREE && !vma_is_anonymous(vma)))
		return -EINVAL;
	zap_page_range(vma, start, end - start);
	return 0;
}

/* Clear the accessed bits. Nobody waits for other CPUs to forget theirs: it is a hint. */
static int madvise_cold(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long addr, next;

	if (!may_lose_pages(vma))
		return -EINVAL;
	for (addr = start; addr != end; addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
		spinlock_t *ptl;
		pte_t *pte;

		next = pmd ? pmd_addr_end(addr, end) : pud_addr_end(addr, end);
		if (!pmd || pmd_none(*pmd))
			continue;
		for (pte = pte_offset_map_lock(pmd, addr, &ptl); addr != next; addr += PAGE_SIZE, pte++)
			if (pte_present(*pte) && pte_young(*pte))
				set_pte(pte, pte_mkold(ptep_get_and_clear(pte)));
		spin_unlock(ptl);
	}
	return 0;
}

/* Returns with mmap_lock dropped and taken again. */
static int madvise_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct file *file = vma->vm_file;
	loff_t offset;
	int err;

	if ((vma->vm_flags & VM_LOCKED) || !file)
		return -EINVAL;
	if ((vma->vm_flags & (VM_SHARED | VM_WRITE)) != (VM_SHARED | VM_WRITE))
		return -EACCES;
	offset = (loff_t)(start - vma->vm_start) + ((loff_t)vma->vm_pgoff << PAGE_SHIFT);
	vma_get_file(file);
	mmap_read_unlock(mm);
	err = vm_file_ops->punch_hole(file, offset, end - start);
	vma_put_file(file);
	mmap_read_lock(mm);
	return err;
}

static int madvise_pages(struct vm_area_struct *vma, unsigned long start, unsigned long end, int behavior)
{
	switch (behavior) {
	case MADV_DONTNEED:
	case MADV_FREE:
		return madvise_dontneed(vma, start, end, behavior);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return madvise_cold(vma, start, end);
	case MADV_REMOVE:
		return madvise_remove(vma, start, end);
	default:
		return 0;
	}
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int madvise_range(struct mm_struct *mm, unsigned long start, unsigned long end, int behavior, bool flags)
{
	struct vm_area_struct *vma, *prev;
	int hole = 0, err;

	vma = find_vma(mm, start);
	while (vma) {
		unsigned long next;

		if (start < vma->vm_start) {
			hole = -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				break;
		}
		next = min(vma->vm_end, end);
		if (flags) {
			err = madvise_flags(vma, &prev, start, next, behavior);
			next = max(next, prev->vm_end);
		} else {
			err = madvise_pages(vma, start, next, behavior);
		}
		if (err)
			return err;
		start = next;
		if (start >= end)
			return hole;
		vma = find_vma(mm, start);
	}
	return -ENOMEM;
}

int do_madvise(unsigned long start, size_t len, int behavior)
{
	struct mm_struct *mm = current->mm;
	bool flags = is_flag_advice(behavior);
	unsigned long end;
	int err;

	if (!flags && !is_page_advice(behavior))
		return -EINVAL;
	if (offset_in_page(start) || (len && !PAGE_ALIGN(len)))
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (!flags)
		mmap_read_lock(mm);
	else if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = madvise_range(mm, start, end, behavior, flags);
	if (flags)
		mmap_write_unlock(mm);
	else
		mmap_read_unlock(mm);
	return err;
}
