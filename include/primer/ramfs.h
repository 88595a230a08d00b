/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/ramfs.h - filesystems in memory, for those that build on them. */
#ifndef PRIMER_RAMFS_H
#define PRIMER_RAMFS_H

#include <primer/types.h>

struct file;
struct super_block;
struct vm_area_struct;

/* ramfs_fill_super - make @sb an empty filesystem in memory; @data: options ("mode=755"). 0 or -errno. */
int ramfs_fill_super(struct super_block *sb, void *data, int silent);
/* ramfs_kill_sb - the opposite, for file_system_type.kill_sb */
void ramfs_kill_sb(struct super_block *sb);

/* init_rootfs - register rootfs, ramfs and tmpfs; from mnt_init() */
void init_rootfs(void);

/*
 * shmem_kernel_file_setup - a file of @size zero bytes without a name in any directory (@name is for /proc/PID/maps);
 * promised memory (mman.h) as a whole, or with VM_NORESERVE in @vm_flags page by page; ERR_PTR, -ENOMEM: refused
 * shmem_zero_setup - for the mmap() of /dev/zero: make the shared area @vma one of such a file. 0 or -errno
 * Context: task, from device_initcall on; may sleep.
 */
struct file *shmem_kernel_file_setup(const char *name, loff_t size, unsigned long vm_flags);
int shmem_zero_setup(struct vm_area_struct *vma);

#endif
