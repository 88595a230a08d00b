/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/inode.c - the life of an inode, its owner at birth, and its times.
 *
 * An inode is a file as such. Who uses it counts in i_count: each positive dentry one, a filesystem that is working
 * with it another. Names are counted in i_nlink. Both reach zero independently: a removed file lives on while it is
 * open, and an unused file exists although no inode in memory says so.
 *
 *	new_inode() --> filled by the filesystem --> d_instantiate() ... dput() --> iput() --> evict --> free_inode
 *	  i_count 1                                  (the dentry's now)             0          contents gone
 *
 * The last iput() evicts: pages dropped, off the superblock's list, memory back. A filesystem on a device would
 * rather keep the inode to save the reading; it will want a hash and an LRU list here, as the dentry cache has.
 *
 * Slab objects keep their locks and lists initialised between lives (inode_init_once is the caches' constructor),
 * which spares a hundred stores for each new file.
 *
 * Locking. i_lock covers the state, the list of names and the times; i_rwsem what the operations change (see fs.h).
 *
 * Linux (fs/inode.c) has the hash, the LRU and writeback lists; its relatime is the default, as here.
 */
#include <primer/cdev.h>
#include <primer/cred.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/pagemap.h>
#include <primer/pipe_fs_i.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/timekeeping.h>

#include "internal.h"

static struct kmem_cache *inode_cache __ro_after_init;
static atomic_long_t nr_inodes;
static atomic_t last_ino;

static int no_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

/* Sockets found by name, and whatever has no operations: can be opened by nobody. */
static const struct file_operations no_open_fops = { .open = no_open };
static const struct inode_operations empty_iops = { };
static const struct address_space_operations empty_aops = { };

/* Numbers for files that have none of their own. 0 means "no entry" to some programs. */
unsigned int get_next_ino(void)
{
	unsigned int ino = atomic_inc_return(&last_ino);

	return ino ? ino : (unsigned int)atomic_inc_return(&last_ino);
}

long get_nr_inodes(void)
{
	return atomic_long_read(&nr_inodes);
}

void inode_init_once(struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	spin_lock_init(&inode->i_lock, LOCK_RANK_INODE_LOCK);
	init_rwsem(&inode->i_rwsem, LOCK_RANK_INODE);
	address_space_init_once(&inode->i_data);
	INIT_LIST_HEAD(&inode->i_sb_list);
	INIT_HLIST_HEAD(&inode->i_dentry);
}

static void init_once(void *inode)
{
	inode_init_once(inode);
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode;

	if (sb->s_op && sb->s_op->alloc_inode)
		inode = sb->s_op->alloc_inode(sb);
	else
		inode = kmem_cache_alloc(inode_cache, GFP_KERNEL);
	if (!inode)
		return NULL;
	inode->i_mode = 0;
	inode->i_flags = 0;
	inode->i_uid = 0;
	inode->i_gid = 0;
	inode->i_op = &empty_iops;
	inode->i_sb = sb;
	inode->i_mapping = &inode->i_data;
	inode->i_ino = 0;
	inode->i_nlink = 1;
	inode->i_rdev = 0;
	inode->i_size = 0;
	inode->i_blkbits = sb->s_blocksize_bits;
	inode->i_blocks = 0;
	inode->i_state = 0;
	atomic_set(&inode->i_count, 1);
	atomic_set(&inode->i_writecount, 0);
	inode->i_fop = &no_open_fops;
	inode->i_link = NULL;
	inode->i_generation = 0;
	inode->i_private = NULL;
	inode->i_data.host = inode;
	inode->i_data.a_ops = &empty_aops;
	inode->i_data.gfp_mask = GFP_HIGHUSER_MOVABLE;
	inode->i_data.flags = 0;
	inode->i_data.private_data = NULL;
	atomic_long_inc(&nr_inodes);
	spin_lock(&sb->s_inode_list_lock);
	list_add(&inode->i_sb_list, &sb->s_inodes);
	spin_unlock(&sb->s_inode_list_lock);
	return inode;
}

void clear_inode(struct inode *inode)
{
	BUG_ON(inode->i_data.nrpages);
	BUG_ON(!hlist_empty(&inode->i_dentry));
	inode->i_state = I_FREEING | I_CLEAR;
}

static void evict(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;

	spin_lock(&sb->s_inode_list_lock);
	list_del_init(&inode->i_sb_list);
	spin_unlock(&sb->s_inode_list_lock);
	if (sb->s_op && sb->s_op->evict_inode) {
		sb->s_op->evict_inode(inode);
	} else {
		truncate_inode_pages(&inode->i_data, 0);
		clear_inode(inode);
	}
	atomic_long_dec(&nr_inodes);
	if (sb->s_op && sb->s_op->free_inode)
		sb->s_op->free_inode(inode);
	else
		kmem_cache_free(inode_cache, inode);
}

void iput(struct inode *inode)
{
	if (!inode || !atomic_dec_and_test(&inode->i_count))
		return;
	might_sleep();
	inode->i_state |= I_FREEING;	/* nobody can find it any more: no lock needed */
	evict(inode);
}

struct inode *igrab(struct inode *inode)
{
	return atomic_inc_not_zero(&inode->i_count) ? inode : NULL;
}

void set_nlink(struct inode *inode, unsigned int nlink)	{ inode->i_nlink = nlink; }
void inc_nlink(struct inode *inode)			{ inode->i_nlink++; }
void clear_nlink(struct inode *inode)			{ inode->i_nlink = 0; }
void drop_nlink(struct inode *inode)
{
	WARN_ON(inode->i_nlink == 0);
	inode->i_nlink--;
}

/* ---- owner, rights, kind ----------------------------------------------------------------------------------------- */

/*
 * A directory with the set-group-id bit hands its group on, to directories the bit as well. A file with that bit and
 * execution for the group is only for members of the group to make.
 */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	inode->i_uid = current_fsuid();
	if (dir && dir->i_mode & S_ISGID) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && !in_group_p(inode->i_gid) &&
			 !capable(CAP_FSETID))
			mode &= ~S_ISGID;
	} else {
		inode->i_gid = current_fsgid();
	}
	inode->i_mode = mode;
}

bool inode_owner_or_capable(const struct inode *inode)
{
	return current_fsuid() == inode->i_uid || capable(CAP_FOWNER);
}

void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev)
{
	inode->i_mode = mode;
	if (S_ISCHR(mode)) {
		inode->i_fop = &def_chr_fops;
		inode->i_rdev = rdev;
	} else if (S_ISFIFO(mode)) {
		inode->i_fop = &pipefifo_fops;
	} else {
		inode->i_fop = &no_open_fops;
		if (S_ISBLK(mode))
			inode->i_rdev = rdev;
	}
}

void lock_two_nondirectories(struct inode *a, struct inode *b)
{
	if (a && S_ISDIR(a->i_mode))
		a = NULL;
	if (b && (S_ISDIR(b->i_mode) || a == b))
		b = NULL;
	if (a > b)
		swap(a, b);		/* by address; NULL first */
	if (a)
		inode_lock_nested(a, I_MUTEX_NORMAL);
	if (b)
		inode_lock_nested(b, I_MUTEX_NONDIR2);
}

void unlock_two_nondirectories(struct inode *a, struct inode *b)
{
	if (a && !S_ISDIR(a->i_mode))
		inode_unlock(a);
	if (b && !S_ISDIR(b->i_mode) && a != b)
		inode_unlock(b);
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

struct timespec64 current_time(const struct inode *inode)
{
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	return now;
}

/*
 * relatime: a read moves the access time only if it is not younger than the last change, or older than a day. So "was
 * it read since it was written?" can be answered, and most reads write nothing.
 */
static bool relatime_need_update(const struct inode *inode)
{
	if (timespec64_compare(&inode->i_mtime, &inode->i_atime) >= 0 ||
	    timespec64_compare(&inode->i_ctime, &inode->i_atime) >= 0)
		return true;
	return ktime_get_real_seconds() - inode->i_atime.tv_sec >= 24 * 60 * 60;
}

void touch_atime(const struct path *path)
{
	struct inode *inode = path->dentry->d_inode;
	unsigned int mnt_flags = path->mnt->mnt_flags;
	struct timespec64 now;

	if (IS_NOATIME(inode) || mnt_flags & MNT_NOATIME || inode->i_sb->s_flags & (SB_RDONLY | SB_NOATIME))
		return;
	if (S_ISDIR(inode->i_mode) && (mnt_flags & MNT_NODIRATIME || inode->i_sb->s_flags & SB_NODIRATIME))
		return;
	if (mnt_flags & MNT_RELATIME && !relatime_need_update(inode))
		return;
	now = current_time(inode);
	if (timespec64_equal(&inode->i_atime, &now))
		return;
	if (mnt_want_write(path->mnt))
		return;
	if (inode->i_op->update_time) {
		inode->i_op->update_time(inode, &now, ATTR_ATIME);
	} else {
		spin_lock(&inode->i_lock);
		inode->i_atime = now;
		spin_unlock(&inode->i_lock);
	}
	mnt_drop_write(path->mnt);
}

int file_update_time(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct timespec64 now;

	if (inode->i_flags & S_NOCMTIME)
		return 0;
	now = current_time(inode);
	if (timespec64_equal(&inode->i_mtime, &now) && timespec64_equal(&inode->i_ctime, &now))
		return 0;
	if (inode->i_op->update_time)
		return inode->i_op->update_time(inode, &now, ATTR_MTIME | ATTR_CTIME);
	spin_lock(&inode->i_lock);
	inode->i_mtime = inode->i_ctime = now;
	spin_unlock(&inode->i_lock);
	return 0;
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

void __init inode_init(void)
{
	inode_cache =
		kmem_cache_create("inode_cache", sizeof(struct inode), 0, SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, init_once);
}
