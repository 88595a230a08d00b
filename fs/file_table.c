/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/file_table.c - struct file: one opening of a file, from open() to the last close().
 *
 * An opening has a mode, a position and the driver's data; descriptors, mappings and running calls hold references to
 * it. The last fput() ends it: the driver's release(), write access back, the place put.
 *
 *	alloc_empty_file() --> do_dentry_open() (open.c) --> FMODE_OPENED ... fput() -> fput() -> __fput()
 *
 * __fput() runs in the task that dropped the last reference, at that moment, and may sleep. So no fput() under a lock
 * that spins, nor under one that a release() might need. Linux puts it off until the task returns to user mode
 * (task_work), which allows more.
 *
 * There may be as many openings as a tenth of memory can hold, then -ENFILE; CAP_SYS_ADMIN may exceed it.
 */
#include <primer/cred.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/string.h>

#include "internal.h"

static struct kmem_cache *filp_cache __ro_after_init;
static atomic_long_t nr_files;
static long max_files __ro_after_init;		/* /proc/sys/fs/file-max */

long get_nr_files(void)
{
	return atomic_long_read(&nr_files);
}

struct file *alloc_empty_file(int flags)
{
	struct file *file;

	if (unlikely(atomic_long_read(&nr_files) >= max_files && !capable(CAP_SYS_ADMIN))) {
		pr_info_ratelimited("VFS: file-max limit %ld reached\n", max_files);
		return ERR_PTR(-ENFILE);
	}
	file = kmem_cache_alloc(filp_cache, GFP_KERNEL);
	if (unlikely(!file))
		return ERR_PTR(-ENOMEM);
	file->f_mode = OPEN_FMODE(flags);
	file->f_flags = flags;
	file->f_op = NULL;
	file->f_inode = NULL;
	file->f_mapping = NULL;
	file->f_pos = 0;
	file->f_version = 0;
	file->f_path = (struct path){ NULL, NULL };
	file->private_data = NULL;
	file->f_cred = get_cred(current_cred());
	file->f_wb_err = 0;
	/* Last: who still has the address of a file that was freed here may take it for that, and a reference (__fget()). */
	atomic_long_set_release(&file->f_count, 1);
	atomic_long_inc(&nr_files);
	return file;
}

static void file_free(struct file *file)
{
	put_cred(file->f_cred);
	atomic_long_dec(&nr_files);
	kmem_cache_free(filp_cache, file);
}

void __fput(struct file *file)
{
	struct inode *inode = file->f_inode;

	might_sleep();
	if (likely(file->f_mode & FMODE_OPENED)) {
		if (file->f_op->release)
			file->f_op->release(inode, file);
		if (file->f_mode & FMODE_WRITER) {
			put_write_access(inode);
			mnt_drop_write(file->f_path.mnt);
		}
		path_put(&file->f_path);
	}
	file_free(file);
}

void fput(struct file *file)
{
	if (atomic_long_dec_and_test(&file->f_count))
		__fput(file);
}

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name, int flags,
			       const struct file_operations *fops)
{
	struct qstr this = QSTR_INIT(name, strlen(name));
	struct file *file = alloc_empty_file(flags);

	if (IS_ERR(file))
		return file;
	file->f_path.dentry = d_alloc_pseudo(mnt->mnt_sb, &this);
	if (!file->f_path.dentry) {
		fput(file);
		return ERR_PTR(-ENOMEM);
	}
	file->f_path.mnt = mntget(mnt);
	d_instantiate(file->f_path.dentry, inode);
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	file->f_op = fops;
	if (file->f_mode & FMODE_READ && (fops->read || fops->read_iter))
		file->f_mode |= FMODE_CAN_READ;
	if (file->f_mode & FMODE_WRITE && (fops->write || fops->write_iter))
		file->f_mode |= FMODE_CAN_WRITE;
	file->f_mode |= FMODE_OPENED;
	return file;
}

static void file_init_once(void *p)
{
	struct file *file = p;

	atomic_long_set(&file->f_count, 0);
	spin_lock_init(&file->f_lock, LOCK_RANK_SPINNING_LEAF);
	mutex_init(&file->f_pos_lock, LOCK_RANK_FILE_POS);
}

void __init files_cache_init(void)
{
	unsigned long kib = totalram_pages() * (PAGE_SIZE / 1024);

	max_files = max_t(long, kib / 10, 8192);
	filp_cache = kmem_cache_create("filp", sizeof(struct file), 0, SLAB_PANIC | SLAB_HWCACHE_ALIGN | SLAB_TYPESAFE_BY_RCU,
				       file_init_once);
}
