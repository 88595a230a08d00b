/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/ramfs/shmem.c - files in memory without a name: shared anonymous memory.
 *
 * Processes that share anonymous memory share a file that nobody can open: it lives in a ramfs that is mounted
 * nowhere, has no name there (i_nlink 0), and goes with its last mapping.
 *
 * A shared mapping of /dev/zero is the same thing: the device's mmap() exchanges the file for a fresh one.
 *
 * Whoever maps such memory is promised all of it at once (overcommit.c of mm/vm), or with MAP_NORESERVE each page when
 * it is made; the promise ends with the file, or with the page.
 *
 * Linux (mm/shmem.c) can swap it, and offers it to programs as memfd.
 */
#include <primer/init.h>
#include <primer/mman.h>
#include <primer/mount.h>
#include <primer/pagemap.h>
#include <primer/vm.h>

#include "internal.h"

static struct vfsmount *shm_mnt __ro_after_init;

struct file *shmem_kernel_file_setup(const char *name, loff_t size, unsigned long vm_flags)
{
	unsigned long pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct inode *inode;
	struct file *file;

	if (size < 0 || size > MAX_LFS_FILESIZE - (loff_t)PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	if (!shm_mnt)
		return ERR_PTR(-ENODEV);
	if (vm_flags & VM_NORESERVE)
		pages = 0;
	if (pages && vm_enough_memory(NULL, pages))
		return ERR_PTR(-ENOMEM);
	inode = ramfs_get_inode(shm_mnt->mnt_sb, NULL, S_IFREG | S_IRWXUGO, 0);
	if (!inode) {
		vm_unacct_memory(pages);
		return ERR_PTR(-ENOSPC);
	}
	RAMFS_I(inode)->promised = pages;
	RAMFS_I(inode)->promise_pages = vm_flags & VM_NORESERVE;
	inode->i_size = size;
	clear_nlink(inode);
	file = alloc_file_pseudo(inode, shm_mnt, name, O_RDWR, &ramfs_file_operations);
	if (IS_ERR(file))
		iput(inode);
	return file;
}

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct file *file = shmem_kernel_file_setup("dev/zero", vma->vm_end - vma->vm_start, vma->vm_flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(vma->vm_file);
	vma->vm_file = file;
	vma->vm_pgoff = 0;
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}

static int __init shmem_init(void)
{
	struct vfsmount *mnt = kern_mount(get_fs_type("ramfs"));

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	shm_mnt = mnt;
	return 0;
}
core_initcall(shmem_init);
