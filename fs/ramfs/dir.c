/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/ramfs/dir.c - directories in memory: the dentry cache, with an order.
 *
 * The dentry is the directory entry. It stays in memory because it has one reference more than its users take: the
 * pin, taken when the name is made and dropped when it is removed.
 *
 * Reading a directory. getdents stops when the buffer is full and goes on later, while names come and go. A position
 * must therefore not be "the 17th entry". Each new entry gets the next number of its directory, which is never used
 * again; its position is that number (plus 2, for "." and ".."). The entries hang in a radix tree by number:
 *
 *	next_entry = 5		entries:  0 "bin"   2 "etc"   3 "lib"   4 "tmp"		(1 was removed)
 *	position		          2         4         5         6
 *
 * Going on at position p is: the next entry with a number of at least p - 2. Nothing appears twice and nothing is
 * left out. An entry keeps its number when it is renamed within its directory: a program that renames what it reads
 * sees each once. An opening reads only entries that were there when it was made, or rewound: a program that makes a
 * file for each that it reads comes to an end.
 *
 * Locking. The tree is changed under the directory's i_rwsem for writing, read under it for reading.
 *
 * Linux links the dentries in a list and puts a marker of its own into it for each open directory; newer kernels use
 * a tree as here.
 */
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <uapi/dirent.h>

#include "internal.h"

static void touch_dir(struct inode *dir)
{
	dir->i_mtime = dir->i_ctime = current_time(dir);
}

static unsigned long entry_number(const struct dentry *dentry)	{ return (unsigned long)dentry->d_fsdata; }

/* Give @dentry a number in @dir. */
static int add_entry(struct inode *dir, struct dentry *dentry)
{
	struct ramfs_inode *ri = RAMFS_I(dir);
	int err = radix_tree_insert(&ri->entries, ri->next_entry, dentry);

	if (unlikely(err))
		return -ENOSPC;
	dentry->d_fsdata = (void *)ri->next_entry++;
	return 0;
}

static void remove_entry(struct inode *dir, struct dentry *dentry)
{
	radix_tree_delete(&RAMFS_I(dir)->entries, entry_number(dentry));
}

static void replace_entry(struct inode *dir, unsigned long number, struct dentry *dentry)
{
	struct radix_tree_root *entries = &RAMFS_I(dir)->entries;

	radix_tree_replace_slot(entries, radix_tree_lookup_slot(entries, number), dentry);
	dentry->d_fsdata = (void *)number;
}

static bool is_empty(const struct inode *dir)
{
	return radix_tree_empty(&RAMFS_I(dir)->entries);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* The common end: @inode (whose reference goes to the dentry) gets the name, at the time of its last change. */
static int add_inode(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	int err = add_entry(dir, dentry);

	if (unlikely(err)) {
		iput(inode);
		return err;
	}
	d_instantiate(dentry, inode);
	dget(dentry);			/* the pin */
	dir->i_mtime = dir->i_ctime = inode->i_ctime;
	return 0;
}

static int ramfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode = ramfs_get_inode(dir->i_sb, dir, mode, dev);

	return inode ? add_inode(dir, dentry, inode) : -ENOSPC;
}

static int ramfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return ramfs_mknod(dir, dentry, mode, 0);
}

static int ramfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = ramfs_mknod(dir, dentry, mode | S_IFDIR, 0);

	if (!err)
		inc_nlink(dir);		/* the new one's ".." */
	return err;
}

static int ramfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *inode = ramfs_get_inode(dir->i_sb, dir, S_IFLNK | S_IRWXUGO, 0);

	if (!inode)
		return -ENOSPC;
	inode->i_link = kstrdup(target, GFP_KERNEL);
	if (!inode->i_link) {
		iput(inode);
		return -ENOSPC;
	}
	inode->i_size = strlen(target);
	return add_inode(dir, dentry, inode);
}

static int ramfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);
	int err;

	if (unlikely(ramfs_memory_low()))	/* a name is memory, too */
		return -ENOSPC;
	ihold(inode);
	inode->i_ctime = current_time(inode);
	err = add_inode(dir, dentry, inode);
	if (!err)
		inc_nlink(inode);
	return err;
}

static int ramfs_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = ramfs_get_inode(dir->i_sb, dir, mode, 0);

	if (!inode)
		return -ENOSPC;
	clear_nlink(inode);
	d_instantiate(dentry, inode);
	return 0;
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

static int ramfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	remove_entry(dir, dentry);
	touch_dir(dir);
	inode->i_ctime = dir->i_ctime;
	drop_nlink(inode);
	dput(dentry);			/* the pin */
	return 0;
}

static int ramfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!is_empty(d_inode(dentry)))
		return -ENOTEMPTY;
	drop_nlink(d_inode(dentry));	/* its "." */
	drop_nlink(dir);		/* its ".." */
	return ramfs_unlink(dir, dentry);
}

/* ---- moving ------------------------------------------------------------------------------------------------------ */

static int exchange(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new)
{
	unsigned long old_number = entry_number(old), new_number = entry_number(new);
	bool old_is_dir = S_ISDIR(d_inode(old)->i_mode), new_is_dir = S_ISDIR(d_inode(new)->i_mode);

	replace_entry(old_dir, old_number, new);
	replace_entry(new_dir, new_number, old);
	if (old_dir != new_dir && old_is_dir != new_is_dir) {
		drop_nlink(old_is_dir ? old_dir : new_dir);
		inc_nlink(old_is_dir ? new_dir : old_dir);
	}
	return 0;
}

/* Nothing fails after the new entry is made. */
static int ramfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
			unsigned int flags)
{
	struct inode *source = d_inode(old), *target = d_inode(new);
	bool is_dir = S_ISDIR(source->i_mode);
	int err;

	if (flags & RENAME_EXCHANGE) {
		exchange(old_dir, old, new_dir, new);
		target->i_ctime = current_time(target);
		goto out;
	}
	if (target && S_ISDIR(target->i_mode) && !is_empty(target))
		return -ENOTEMPTY;
	if (old_dir != new_dir) {
		unsigned long number = entry_number(old);

		err = add_entry(new_dir, old);
		if (err)
			return err;
		radix_tree_delete(&RAMFS_I(old_dir)->entries, number);
		if (is_dir) {
			drop_nlink(old_dir);
			inc_nlink(new_dir);
		}
	}
	if (target) {
		if (is_dir)
			ramfs_rmdir(new_dir, new);
		else
			ramfs_unlink(new_dir, new);
	}
out:
	touch_dir(old_dir);
	touch_dir(new_dir);
	source->i_ctime = old_dir->i_ctime;
	return 0;
}

const struct inode_operations ramfs_dir_inode_operations = {
	.lookup = simple_lookup,
	.create = ramfs_create,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.symlink = ramfs_symlink,
	.mkdir = ramfs_mkdir,
	.rmdir = ramfs_rmdir,
	.mknod = ramfs_mknod,
	.tmpfile = ramfs_tmpfile,
	.rename = ramfs_rename,
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* private_data: entries with this number and higher came after the opening or the last rewind. */
static int ramfs_dir_open(struct inode *inode, struct file *file)
{
	file->private_data = (void *)READ_ONCE(RAMFS_I(inode)->next_entry);
	return 0;
}

static loff_t ramfs_dir_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence != SEEK_SET && (whence != SEEK_CUR || __builtin_add_overflow(offset, file->f_pos, &offset)))
		return -EINVAL;
	if (!offset)
		ramfs_dir_open(file->f_inode, file);
	return vfs_setpos(file, offset, S64_MAX);
}

static int ramfs_readdir(struct file *file, struct dir_context *ctx)
{
	struct ramfs_inode *ri = RAMFS_I(file->f_inode);
	unsigned long limit = (unsigned long)file->private_data, number;
	struct dentry *dentry;

	if (!dir_emit_dots(file, ctx) || !limit)
		return 0;
	number = ctx->pos - 2;
	radix_tree_for_each(&ri->entries, dentry, number, limit - 1) {
		const struct inode *inode = dentry->d_inode;

		ctx->pos = number + 2;
		if (!dir_emit(ctx, dentry->d_name.name, dentry->d_name.len, inode->i_ino, inode->i_mode >> 12))
			return 0;
		ctx->pos = number + 3;
	}
	return 0;
}

const struct file_operations ramfs_dir_operations = {
	.open = ramfs_dir_open,
	.llseek = ramfs_dir_llseek,
	.read = generic_read_dir,
	.iterate_shared = ramfs_readdir,
	.fsync = noop_fsync,
};
