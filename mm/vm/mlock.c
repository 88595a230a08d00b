/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/mlock.c - memory that is there, and stays: mlock, mlock2, mlockall, and MAP_POPULATE.
 *
 * The problem. A program that must answer in time cannot afford a fault that waits for a disk, and one that holds a
 * secret does not want it written to one.
 *
 * The idea. An area with VM_LOCKED keeps its pages: they are faulted in at once, and nothing takes them away but
 * unmapping and truncation. VM_LOCKONFAULT beside it means: keep what the program touches, but do not fetch the rest.
 *
 *	mlock(a, n)	areas of the range: split, VM_LOCKED, merged	[mmap_lock for writing]
 *			then fault the range in				[mmap_lock for reading, page by page]
 *	mlockall	MCL_CURRENT: all areas; MCL_FUTURE: mm->def_flags, which every new area takes its flags from
 *
 * As many bytes as RLIMIT_MEMLOCK says may be locked, more with CAP_IPC_LOCK. locked_vm is the number of pages in
 * VM_LOCKED areas (M2 in mmap.c), touched or not. Locks do not nest, and are not inherited: not by fork(), whose child
 * has areas without VM_LOCKED, nor by execve(), which begins a new address space.
 *
 * To fault in is to access as the program would: private areas that may be written are written to, so that the copy is
 * made now; all others are read. An area without rights cannot be, so locking it fails (-ENOMEM) and yet leaves it
 * locked: so it is on Linux, where the order is the same.
 *
 * A long range gives the lock back when somebody waits for it, so that munmap() in another thread does not wait for all
 * of it; a task that has been killed stops.
 *
 * Locking: mmap_lock. Linux: mm/mlock.c, and populate in mm/gup.c. There a locked page is on a list of its own, where
 * reclaim does not look.
 */
#include "internal.h"

#include <primer/cred.h>
#include <primer/mman.h>
#include <primer/signal.h>
#include <uapi/mman.h>
#include <uapi/resource.h>

#define VM_LOCK_BITS	(VM_LOCKED | VM_LOCKONFAULT)

bool can_do_mlock(void)
{
	return rlimit(RLIMIT_MEMLOCK) || capable(CAP_IPC_LOCK);
}

bool may_lock_pages(struct mm_struct *mm, unsigned long pages)
{
	return mm->locked_vm + pages <= rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT || capable(CAP_IPC_LOCK);
}

/* ---- faulting in ------------------------------------------------------------------------------------------------- */

/* The access that makes a page of @vma present for good; false: there is none. */
static bool populate_access(const struct vm_area_struct *vma, unsigned int *flags)
{
	*flags = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? FAULT_FLAG_WRITE : 0;
	return !(vma->vm_flags & (VM_IO | VM_PFNMAP)) && vma_permits(vma, *flags);
}

static int populate_page(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	vm_fault_t fault;

	if (unlikely(fatal_signal_pending(current)))
		return -EINTR;
	fault = handle_mm_fault(vma, addr, flags, NULL);
	if (likely(!(fault & VM_FAULT_ERROR)))
		return 0;
	return fault & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
}

int populate_vma_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned int flags;
	int err = 0;

	if (vma->vm_flags & VM_LOCKONFAULT)
		return 0;
	if (!populate_access(vma, &flags))
		return -EFAULT;
	for (; start < end && !err; start += PAGE_SIZE)
		err = populate_page(vma, start, flags);
	return err;
}

int __mm_populate(unsigned long start, unsigned long len, bool ignore_errors)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + len, stop;
	struct vm_area_struct *vma;
	unsigned int flags;
	int err = 0;

	while (start < end) {
		mmap_read_lock(mm);
		vma = find_vma_intersection(mm, start, end);
		if (!vma) {
			mmap_read_unlock(mm);
			return 0;
		}
		if (start < vma->vm_start)
			start = vma->vm_start;
		stop = min(end, vma->vm_end);
		err = 0;
		if ((vma->vm_flags & (VM_LOCKONFAULT | VM_IO | VM_PFNMAP)))
			start = stop;
		else if (!populate_access(vma, &flags))
			err = -EFAULT;
		while (start < stop && !err) {
			err = populate_page(vma, start, flags);
			start += PAGE_SIZE;
			if (rwsem_is_contended(&mm->mmap_lock))
				break;
		}
		mmap_read_unlock(mm);
		if (unlikely(err)) {
			if (!ignore_errors || err == -EINTR)
				return err;
			start = stop;
		}
	}
	return 0;
}

/* ---- the areas --------------------------------------------------------------------------------------------------- */

/* Give [@start, @end) of @vma the flags @newflags; *@pprev: the area that has them now. */
static int mlock_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, unsigned long start,
		       unsigned long end, unsigned long newflags)
{
	unsigned long oldflags = vma->vm_flags, pages = (end - start) >> PAGE_SHIFT;
	struct mm_struct *mm = vma->vm_mm;

	*pprev = vma;
	/* Devices have no pages that could go. */
	if (newflags == oldflags || (oldflags & VM_SPECIAL))
		return 0;
	vma = vma_modify_flags(vma, start, end, newflags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	*pprev = vma;
	if (!(newflags & VM_LOCKED))
		mm->locked_vm -= pages;
	else if (!(oldflags & VM_LOCKED))
		mm->locked_vm += pages;
	return 0;
}

/* @bits: what of VM_LOCK_BITS the areas of [@start, @start + @len) shall have. Up to the first hole. */
static int apply_vma_lock_flags(struct mm_struct *mm, unsigned long start, size_t len, unsigned long bits)
{
	unsigned long end = start + len, next;
	struct vm_area_struct *vma, *prev;
	int err;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	vma = vma_lookup(mm, start);
	for (;;) {
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
		next = min(vma->vm_end, end);
		err = mlock_fixup(vma, &prev, start, next, (vma->vm_flags & ~VM_LOCK_BITS) | bits);
		if (err)
			return err;
		start = max(next, prev->vm_end);
		if (start >= end)
			return 0;
		vma = prev->vm_next;
	}
}

/* Pages of [@start, @start + @len) that are locked already: they are not counted twice. */
static unsigned long count_locked(struct mm_struct *mm, unsigned long start, size_t len)
{
	unsigned long end = start + len, pages = 0;
	struct vm_area_struct *vma;

	if (end < start)
		end = TASK_SIZE;
	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma->vm_next)
		if (vma->vm_flags & VM_LOCKED)
			pages += (min(end, vma->vm_end) - max(start, vma->vm_start)) >> PAGE_SHIFT;
	return pages;
}

/* ---- the calls --------------------------------------------------------------------------------------------------- */

int do_mlock(unsigned long start, size_t len, unsigned long vm_flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages;
	int err = -ENOMEM;

	if (!can_do_mlock())
		return -EPERM;
	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	pages = len >> PAGE_SHIFT;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (may_lock_pages(mm, pages) || may_lock_pages(mm, pages - count_locked(mm, start, len)))
		err = apply_vma_lock_flags(mm, start, len, vm_flags);
	mmap_write_unlock(mm);
	if (err)
		return err;
	err = __mm_populate(start, len, false);
	if (err == -EFAULT)
		return -ENOMEM;
	return err == -ENOMEM ? -EAGAIN : err;
}

int do_munlock(unsigned long start, size_t len)
{
	struct mm_struct *mm = current->mm;
	int err;

	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = apply_vma_lock_flags(mm, start, len, 0);
	mmap_write_unlock(mm);
	return err;
}

/* An area that cannot be split off for want of memory stays as it was; there is nothing to split here. */
static void apply_mlockall_flags(struct mm_struct *mm, int flags)
{
	struct vm_area_struct *vma, *prev;
	unsigned long bits = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);

	mm->def_flags &= ~VM_LOCK_BITS;
	if (flags & MCL_FUTURE)
		mm->def_flags |= bits;
	if (flags && !(flags & MCL_CURRENT))
		return;
	if (!flags)
		bits = 0;
	for (vma = mm->mmap; vma; vma = prev->vm_next)
		if (mlock_fixup(vma, &prev, vma->vm_start, vma->vm_end, (vma->vm_flags & ~VM_LOCK_BITS) | bits))
			prev = vma;
}

int do_mlockall(int flags)
{
	struct mm_struct *mm = current->mm;
	int err = 0;

	if (flags && !can_do_mlock())
		return -EPERM;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if ((flags & MCL_CURRENT) && mm->total_vm > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT && !capable(CAP_IPC_LOCK))
		err = -ENOMEM;
	else
		apply_mlockall_flags(mm, flags);
	mmap_write_unlock(mm);
	if (!err && (flags & MCL_CURRENT))
		mm_populate(0, TASK_SIZE);
	return err;
}
