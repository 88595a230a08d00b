/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/super.c - kinds of filesystems and their instances.
 *
 * A file_system_type is a kind ("tmpfs"), known from registration on. A super_block is an instance: one tree of files
 * with a root. mount(2) asks the kind for an instance; the same instance may be mounted in several places.
 *
 *	file_systems --> ramfs --> tmpfs --> devtmpfs
 *	                              |
 *	super_blocks -->  sb  -->  sb  -->  sb		one for each mount of tmpfs, one in all for devtmpfs
 *	                  | s_root
 *	               dentries, inodes
 *
 * Two counts. s_active: users who need it to work (mounts); the last one shuts it down. s_count: who needs only the
 * structure to exist; all active users together are one of them. Shutting down takes s_umount for writing, so whoever
 * holds it for reading and sees SB_BORN and s_root has a live instance.
 *
 * Life: alloc_super() -> fill_super() -> SB_BORN, in use -> last deactivate_super() -> kill_sb() ->
 * generic_shutdown_super() -> put_super()
 *
 * Linux has in addition freezing, shrinkers for each instance, and a context object that carries mount options
 * piecemeal.
 */
#include <primer/fs.h>
#include <primer/idr.h>
#include <primer/mutex.h>
#include <primer/pagemap.h>
#include <primer/printk.h>
#include <primer/rwlock.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "internal.h"

static struct file_system_type *file_systems;		/* [file_systems_lock] */
static DEFINE_SPINLOCK(file_systems_lock, LOCK_RANK_SB_LOCK);	/* task context */

static LIST_HEAD(super_blocks);				/* [sb_lock] */
static DEFINE_SPINLOCK(sb_lock, LOCK_RANK_SB_LOCK);	/* super_blocks, s_count, unnamed_dev_ida; task context */

/* Minor numbers of instances without a device: what stat() shows as st_dev. 0 is used up by "no device". */
static DEFINE_IDA(unnamed_dev_ida);			/* [sb_lock] */

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

static struct file_system_type **find_filesystem(const char *name)
{
	struct file_system_type **p;

	for (p = &file_systems; *p; p = &(*p)->next) {
		if (!strcmp((*p)->name, name))
			break;
	}
	return p;
}

int register_filesystem(struct file_system_type *fs)
{
	struct file_system_type **p;
	int err = 0;

	spin_lock(&file_systems_lock);
	p = find_filesystem(fs->name);
	if (*p)
		err = -EBUSY;
	else
		*p = fs;
	spin_unlock(&file_systems_lock);
	return err;
}

int unregister_filesystem(struct file_system_type *fs)
{
	struct file_system_type **p;
	int err = -EINVAL;

	spin_lock(&file_systems_lock);
	p = find_filesystem(fs->name);
	if (*p == fs) {
		*p = fs->next;
		fs->next = NULL;
		err = 0;
	}
	spin_unlock(&file_systems_lock);
	return err;
}

struct file_system_type *get_fs_type(const char *name)
{
	struct file_system_type *fs;

	spin_lock(&file_systems_lock);
	fs = *find_filesystem(name);
	spin_unlock(&file_systems_lock);
	return fs;
}

struct file_system_type *fs_type_nth(unsigned int n)
{
	struct file_system_type *fs;

	spin_lock(&file_systems_lock);
	for (fs = file_systems; fs && n; fs = fs->next)
		n--;
	spin_unlock(&file_systems_lock);
	return fs;
}

/* ---- instances --------------------------------------------------------------------------------------------------- */

int get_anon_bdev(dev_t *dev)
{
	int minor;

	spin_lock(&sb_lock);
	minor = ida_alloc_range(&unnamed_dev_ida, 1, MINORMASK, GFP_ATOMIC);
	spin_unlock(&sb_lock);
	if (minor < 0)
		return minor == -ENOSPC ? -EMFILE : minor;
	*dev = MKDEV(0, minor);
	return 0;
}

void free_anon_bdev(dev_t dev)
{
	spin_lock(&sb_lock);
	ida_free(&unnamed_dev_ida, MINOR(dev));
	spin_unlock(&sb_lock);
}

/* A new instance with s_umount held for writing, one active reference, not yet filled. */
static struct super_block *alloc_super(struct file_system_type *type, int flags)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	init_rwsem(&sb->s_umount, LOCK_RANK_SB_UMOUNT);
	down_write_nested(&sb->s_umount, 1);		/* nobody else knows it: cannot wait */
	mutex_init(&sb->s_vfs_rename_mutex, LOCK_RANK_RENAME_MUTEX);
	spin_lock_init(&sb->s_inode_list_lock, LOCK_RANK_INODE_HASH);
	INIT_LIST_HEAD(&sb->s_inodes);
	INIT_LIST_HEAD(&sb->s_mounts);
	sb->s_flags = flags;
	sb->s_count = 1;
	atomic_set(&sb->s_active, 1);
	sb->s_type = type;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_time_gran = 1;
	strscpy(sb->s_id, type->name, sizeof(sb->s_id));
	spin_lock(&sb_lock);
	list_add_tail(&sb->s_list, &super_blocks);
	spin_unlock(&sb_lock);
	return sb;
}

void put_super(struct super_block *sb)
{
	bool last;

	spin_lock(&sb_lock);
	last = !--sb->s_count;
	if (last)
		list_del(&sb->s_list);
	spin_unlock(&sb_lock);
	if (last)
		kfree_rcu(sb, s_rcu);
}

void generic_shutdown_super(struct super_block *sb)
{
	lockdep_assert_held(&sb->s_umount);
	if (sb->s_root) {
		shrink_dcache_for_umount(sb, false);
		if (sb->s_op && sb->s_op->sync_fs)
			sb->s_op->sync_fs(sb, 1);
	}
	sb->s_flags &= ~SB_ACTIVE;
	if (sb->s_op && sb->s_op->put_super)
		sb->s_op->put_super(sb);
	WARN(!list_empty(&sb->s_inodes), "VFS: Busy inodes after unmount of %s (%s)\n", sb->s_id, sb->s_type->name);
}

void kill_anon_super(struct super_block *sb)
{
	dev_t dev = sb->s_dev;

	generic_shutdown_super(sb);
	if (dev)
		free_anon_bdev(dev);
}

void kill_litter_super(struct super_block *sb)
{
	if (sb->s_root)
		shrink_dcache_for_umount(sb, true);
	kill_anon_super(sb);
}

void deactivate_locked_super(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->s_active)) {
		up_write(&sb->s_umount);
		return;
	}
	sb->s_type->kill_sb(sb);
	sb->s_flags &= ~SB_BORN;
	up_write(&sb->s_umount);
	put_super(sb);
}

void deactivate_super(struct super_block *sb)
{
	if (atomic_add_unless(&sb->s_active, -1, 1))
		return;
	might_sleep();
	down_write(&sb->s_umount);
	deactivate_locked_super(sb);
}

static struct dentry *fill_new_super(struct file_system_type *type, int flags, void *data,
				     int (*fill_super)(struct super_block *sb, void *data, int silent))
{
	struct super_block *sb = alloc_super(type, flags);
	int err;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	err = get_anon_bdev(&sb->s_dev);
	if (!err)
		err = fill_super(sb, data, flags & SB_SILENT ? 1 : 0);
	if (err) {
		deactivate_locked_super(sb);
		return ERR_PTR(err);
	}
	sb->s_flags |= SB_ACTIVE | SB_BORN;
	return dget(sb->s_root);
}

struct dentry *mount_nodev(struct file_system_type *type, int flags, void *data,
			   int (*fill_super)(struct super_block *sb, void *data, int silent))
{
	return fill_new_super(type, flags, data, fill_super);
}

/* The instance of @type that exists, with an active reference, or NULL. */
static struct super_block *find_single(struct file_system_type *type)
{
	struct super_block *sb;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		if (sb->s_type == type && atomic_inc_not_zero(&sb->s_active)) {
			spin_unlock(&sb_lock);
			return sb;
		}
	}
	spin_unlock(&sb_lock);
	return NULL;
}

struct dentry *mount_single(struct file_system_type *type, int flags, void *data,
			    int (*fill_super)(struct super_block *sb, void *data, int silent))
{
	static DEFINE_MUTEX(single_mutex, LOCK_RANK_SB_SINGLE);	/* one maker at a time */
	struct super_block *sb;
	struct dentry *root;

	mutex_lock(&single_mutex);
	sb = find_single(type);
	if (sb) {
		down_write(&sb->s_umount);
		root = dget(sb->s_root);
	} else {
		root = fill_new_super(type, flags, data, fill_super);
	}
	mutex_unlock(&single_mutex);
	return root;
}

int reconfigure_super(struct super_block *sb, int flags, void *data)
{
	unsigned long was = sb->s_flags & SB_RDONLY;
	int err = 0;

	if (flags & SB_RDONLY && !was)
		err = sb_make_readonly(sb);
	if (!err && sb->s_op->remount_fs)
		err = sb->s_op->remount_fs(sb, &flags, data);
	WRITE_ONCE(sb->s_flags, (sb->s_flags & ~(unsigned long)SB_RDONLY) | (err ? was : flags & SB_RDONLY));
	return err;
}

void iterate_supers(void (*fn)(struct super_block *sb, void *arg), void *arg)
{
	struct super_block *sb, *prev = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		sb->s_count++;			/* keeps our place in the list */
		spin_unlock(&sb_lock);
		down_read(&sb->s_umount);
		if (sb->s_root && (sb->s_flags & SB_BORN))
			fn(sb, arg);
		up_read(&sb->s_umount);
		if (prev)
			put_super(prev);
		prev = sb;
		spin_lock(&sb_lock);
	}
	spin_unlock(&sb_lock);
	if (prev)
		put_super(prev);
}
