/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/libfs.c - operations that several filesystems share because there is nothing special about them.
 *
 * For filesystems that live in memory a dentry is the directory entry: what is not in the cache does not exist, so
 * lookup has nothing to ask and remembers the absence.
 */
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/pagemap.h>
#include <primer/uio.h>
#include <asm/uaccess.h>

#include "internal.h"

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	d_add(dentry, NULL);
	return NULL;
}

int simple_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err = setattr_prepare(dentry, attr);

	if (err)
		return err;
	if (attr->ia_valid & ATTR_SIZE) {
		loff_t old = inode->i_size;

		i_size_write(inode, attr->ia_size);
		if (attr->ia_size < old)
			truncate_pagecache(inode->i_mapping, attr->ia_size);
	}
	setattr_copy(inode, attr);
	return 0;
}

int simple_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	generic_fillattr(inode, stat);
	stat->blocks = inode->i_mapping->nrpages << (PAGE_SHIFT - 9);
	return 0;
}

const char *simple_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	return inode->i_link;
}

const struct inode_operations simple_symlink_inode_operations = {
	.get_link = simple_get_link,
	.getattr = simple_getattr,
};

int simple_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	return 0;
}

ssize_t generic_read_dir(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return -EISDIR;
}

int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *ppos, const void *from, size_t available)
{
	loff_t pos = *ppos;
	size_t left;

	if (pos < 0)
		return -EINVAL;
	if ((u64)pos >= available || !count)
		return 0;
	count = min_t(u64, count, available - pos);
	left = copy_to_user(to, from + pos, count);
	if (left == count)
		return -EFAULT;
	count -= left;
	*ppos = pos + count;
	return count;
}
