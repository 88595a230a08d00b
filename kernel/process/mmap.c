/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/mmap.c - the system calls of mm/vm: from numbers and descriptors to areas.
 *
 * Only what concerns the caller's arguments is here: descriptors become files, byte offsets become pages. The meaning
 * is in mm/vm/mmap.c and mm/vm/mprotect.c.
 */
#include <primer/err.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/syscalls.h>
#include <primer/vm.h>
#include <uapi/mman.h>

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long, flags, unsigned long,
		fd, unsigned long, off)
{
	struct file *file = NULL;
	unsigned long ret;

	if (offset_in_page(off))
		return -EINVAL;
	if (flags & MAP_HUGETLB)
		return -ENOMEM;		/* there is no pool of huge pages */
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
	}
	ret = vm_mmap_pgoff(file, addr, len, prot, flags, off >> PAGE_SHIFT);
	if (file)
		fput(file);
	return ret;
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	return vm_munmap(addr, len);
}

SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot)
{
	return do_mprotect(start, len, prot);
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	return mm_brk(brk);
}
