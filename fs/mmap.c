/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/mmap.c - files in address spaces: what mm/vm asks of an open file.
 *
 * mm/vm keeps files as opaque references. What it needs of them stands in struct vm_file_operations, filled in here:
 * references, the right to map, the pages.
 *
 *	mmap(fd)  --> may_map: modes, noexec --> the file's own ->mmap sets vma->vm_ops
 *	a fault   --> vm_ops->map_pages: what is in the cache around it (mm/vm/fault_around.c)
 *	          --> vm_ops->fault: the page of the cache, locked until it is in the page tables
 *
 * Pages behind the end of the file do not exist: SIGBUS. The size is looked at again when the page is locked, because
 * truncation sets the size first, then unmaps, then locks and removes pages: either we see the new size, or it finds
 * our page mapped.
 *
 * Shared anonymous memory (MAP_SHARED | MAP_ANONYMOUS, a shared mapping of /dev/zero) is a file without a name in a
 * filesystem in memory.
 *
 * Linux: mm/filemap.c, mm/shmem.c.
 */
#include <primer/cred.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/pagemap.h>
#include <primer/ramfs.h>
#include <primer/vm.h>
#include <uapi/falloc.h>
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

/* What is already in the cache, up to the end of the file as it is now. */
static vm_fault_t file_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	pgoff_t pages = (u64)(i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (unlikely(vmf->pgoff >= pages))
		return 0;
	return filemap_map_pages(vmf, mapping, start, min(end, pages - 1));
}

const struct vm_operations_struct generic_file_vm_ops = {
	.fault = filemap_fault,
	.map_pages = file_map_pages,
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

static struct file *vm_shmem_file(unsigned long len, unsigned long vm_flags)
{
	return shmem_kernel_file_setup("dev/zero", len, vm_flags);
}

/* Only for those who might write to it is it no secret what is in memory of a file. */
static bool vm_may_mincore(struct file *file)
{
	struct inode *inode = file_inode(file);

	return current_fsuid() == inode->i_uid || capable(CAP_FOWNER) || !inode_permission(inode, MAY_WRITE);
}

static int vm_fsync(struct file *file, loff_t start, loff_t end)
{
	return vfs_fsync_range(file, start, end, 1);
}

static int vm_punch_hole(struct file *file, loff_t start, loff_t len)
{
	return vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, len);
}

/* A shared area that may store needs a file opened for writing; any area needs one that can be read. */
static int vm_may_map(struct file *file, unsigned long prot, unsigned long flags, unsigned long *vm_flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & ~(MAP_TYPE | MAP_FIXED | MAP_32BIT | MAP_ANONYMOUS | MAP_DENYWRITE |
			      MAP_EXECUTABLE | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE |
			      MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_HUGE_2MB | MAP_HUGE_1GB))
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
	.may_mincore = vm_may_mincore,
	.fsync = vm_fsync,
	.punch_hole = vm_punch_hole,
};

void __init vm_files_init(void)
{
	vm_set_file_operations(&vm_file_ops);
}
