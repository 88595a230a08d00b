/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/msync.c - msync(2): what was stored through shared mappings goes to the device.
 *
 * A store through a mapping changes the page cache itself, so read() sees it at once; only the way to the device is
 * left. MS_SYNC walks it and waits: each shared file area of the range has its bytes written back by the file's own
 * fsync. MS_ASYNC has nothing to do, since whoever writes dirty pages back does so in time. MS_INVALIDATE, meant for
 * systems where a mapping and the file could differ, only refuses (-EBUSY) to look at locked memory.
 *
 * The rest of a range with a hole is treated too, and the call says -ENOMEM at the end; MS_ASYNC alone ends there.
 *
 * Locking: mmap_lock for reading, dropped around the write, because the file's locks come first (LOCK_RANK_INODE).
 * Linux: mm/msync.c.
 */
#include "internal.h"

#include <uapi/mman.h>

int do_msync(unsigned long start, size_t len, int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long end, stop;
	int hole = 0, err;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || offset_in_page(start))
		return -EINVAL;
	if ((flags & MS_ASYNC) && (flags & MS_SYNC))
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -ENOMEM;
	if (end == start)
		return 0;
	mmap_read_lock(mm);
	for (vma = find_vma(mm, start); vma; vma = find_vma(mm, start)) {
		struct file *file = vma->vm_file;
		loff_t from;

		if (start < vma->vm_start) {
			if (flags == MS_ASYNC || vma->vm_start >= end)
				break;
			hole = -ENOMEM;
			start = vma->vm_start;
		}
		if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED)) {
			mmap_read_unlock(mm);
			return -EBUSY;
		}
		stop = min(end, vma->vm_end);
		from = (loff_t)(start - vma->vm_start) + ((loff_t)vma->vm_pgoff << PAGE_SHIFT);
		if ((flags & MS_SYNC) && file && (vma->vm_flags & VM_SHARED)) {
			vma_get_file(file);
			mmap_read_unlock(mm);
			err = vm_file_ops->fsync(file, from, from + (stop - start) - 1);
			vma_put_file(file);
			if (err)
				return err;
			mmap_read_lock(mm);
		}
		start = stop;
		if (start >= end) {
			mmap_read_unlock(mm);
			return hole;
		}
	}
	mmap_read_unlock(mm);
	return -ENOMEM;
}
