/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/mmap.c - the system calls of mm/vm: from numbers and descriptors to areas.
 *
 * Only what concerns the caller's arguments is here: descriptors become files, byte offsets become pages, and results
 * go to user memory. The meaning is in mm/vm, in a file named after each call.
 */
#include <primer/err.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/gfp.h>
#include <primer/sched.h>
#include <primer/syscalls.h>
#include <primer/vm.h>
#include <asm/uaccess.h>
#include <uapi/mman.h>

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long, flags, unsigned long,
		fd, unsigned long, off)
{
	struct file *file = NULL;
	unsigned long ret;

	if (offset_in_page(off))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
	}
	if (flags & MAP_HUGETLB) {
		if (file)
			fput(file);
		return file ? -EINVAL : -ENOMEM;	/* there is no filesystem of huge pages, and no pool */
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

SYSCALL_DEFINE5(mremap, unsigned long, addr, unsigned long, old_len, unsigned long, new_len, unsigned long, flags,
		unsigned long, new_addr)
{
	return do_mremap(addr, old_len, new_len, flags, new_addr);
}

SYSCALL_DEFINE3(madvise, unsigned long, start, size_t, len, int, behavior)
{
	return do_madvise(start, len, behavior);
}

SYSCALL_DEFINE3(msync, unsigned long, start, size_t, len, int, flags)
{
	return do_msync(start, len, flags);
}

/* A page full of answers at a time: the copy to user memory may fault, so mmap_lock is not held there. */
SYSCALL_DEFINE3(mincore, unsigned long, start, size_t, len, unsigned char __user *, vec)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages = (len >> PAGE_SHIFT) + !!offset_in_page(len);
	unsigned char *buf;
	long n = 0;

	if (offset_in_page(start))
		return -EINVAL;
	if (!access_ok((void __user *)start, len))
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	buf = (unsigned char *)__get_free_page(GFP_KERNEL);
	if (!buf)
		return -EAGAIN;
	while (pages) {
		mmap_read_lock(mm);
		n = do_mincore(start, min(pages, PAGE_SIZE), buf);
		mmap_read_unlock(mm);
		if (n < 0)
			break;
		if (copy_to_user(vec, buf, n)) {
			n = -EFAULT;
			break;
		}
		pages -= n;
		vec += n;
		start += n << PAGE_SHIFT;
		n = 0;
	}
	free_page((unsigned long)buf);
	return n;
}

SYSCALL_DEFINE2(mlock, unsigned long, start, size_t, len)
{
	return do_mlock(start, len, VM_LOCKED);
}

SYSCALL_DEFINE3(mlock2, unsigned long, start, size_t, len, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(start, len, VM_LOCKED | (flags & MLOCK_ONFAULT ? VM_LOCKONFAULT : 0));
}

SYSCALL_DEFINE2(munlock, unsigned long, start, size_t, len)
{
	return do_munlock(start, len);
}

SYSCALL_DEFINE1(mlockall, int, flags)
{
	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return do_mlockall(flags);
}

SYSCALL_DEFINE0(munlockall)
{
	return do_mlockall(0);
}
