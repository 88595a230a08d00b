/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/mmap.c - files in address spaces: what mm/vm asks of an open file.
 *
 * mm/vm keeps files as opaque references. What it needs of them stands in struct vm_file_operations, filled in here:
 * references, the right to map, the pages.
 *
 *	mmap(fd)  --> may_map: modes, noexec --> the file's own ->mmap sets vma->vm_ops
 *	a fault   --> vm_ops->fault: the page of the cache, locked until it is in the page tables
 *
 * Pages behind the end of the file do not exist: SIGBUS. The size is looked at again when the page is locked, because
 * truncation sets the size first, then unmaps, then locks and removes pages: either we see the new size, or it finds
 * our page mapped.
 *
 * Shared anonymous memory (MAP_SHARED | MAP_ANONYMOUS, a shared mapping of /dev/zero) is a file without a name in a
 * filesystem in memory.
 *
 * Linux: mm/filemap.c, mm/shmem.c; it maps neighbouring pages that are in the cache along with the one that faulted.
 */
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/pagemap.h>
#include <primer/ramfs.h>
#include <primer/vm.h>
#include <uapi/mman.h>

#include "internal.h"

static vm_fault_t filemap_fault(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct address_space *mapping = file->f_mapping;

	for (;;) {
		struct page *page;

		if (unlikely(vmf->pgoff >= (u64)(i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT))
			return VM_FAULT_SIGBUS;
		page = read_mapping_page(mapping, vmf->pgoff, file);
		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
		lock_page(page);
		if (likely(page->mapping == mapping &&
			   vmf->pgoff < (u64)(i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT)) {
			vmf->page = page;
			return VM_FAULT_LOCKED;
		}
		unlock_page(page);
		put_page(page);
	}
}

const struct vm_operations_struct generic_file_vm_ops = {
	.fault = filemap_fault,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!file->f_mapping->a_ops->readpage)
		return -ENODEV;
	file_accessed(file);
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}

static void vm_get_file(struct file *file)	{ get_file(file); }
static void vm_put_file(struct file *file)	{ fput(file); }

static struct address_space *vm_mapping(struct file *file)
{
	return file->f_mapping;
}

static struct file *vm_shmem_file(unsigned long len)
{
	return shmem_kernel_file_setup("dev/zero", len);
}

/* A shared area that may store needs a file opened for writing; any area needs one that can be read. */
static int vm_may_map(struct file *file, unsigned long prot, unsigned long flags, unsigned long *vm_flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & ~(MAP_TYPE | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | MAP_DENYWRITE |
			      MAP_EXECUTABLE | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE |
			      MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB))
			return -EOPNOTSUPP;
		fallthrough;
	case MAP_SHARED:
		if (prot & PROT_WRITE && !(file->f_mode & FMODE_WRITE))
			return -EACCES;
		if (IS_APPEND(file->f_inode) && file->f_mode & FMODE_WRITE)
			return -EACCES;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!(file->f_mode & FMODE_WRITE))
			*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (file->f_path.mnt->mnt_flags & MNT_NOEXEC) {
		if (prot & PROT_EXEC)
			return -EPERM;
		*vm_flags &= ~VM_MAYEXEC;
	}
	if (!file->f_op->mmap)
		return -ENODEV;
	return *vm_flags & VM_GROWSDOWN ? -EINVAL : 0;
}

static int vm_call_mmap(struct file *file, struct vm_area_struct *vma)
{
	return file->f_op->mmap(file, vma);
}

/* One more process executes it: it was executed before, so nobody has it open for writing. */
static void vm_get_exe(struct file *file)
{
	WARN_ON_ONCE(deny_write_access(file));
	get_file(file);
}

static const struct vm_file_operations vm_file_ops = {
	.get = vm_get_file,
	.put = vm_put_file,
	.get_exe = vm_get_exe,
	.put_exe = exec_file_release,
	.mapping = vm_mapping,
	.shmem_file = vm_shmem_file,
	.may_map = vm_may_map,
	.mmap = vm_call_mmap,
};

void __init vm_files_init(void)
{
	vm_set_file_operations(&vm_file_ops);
}
