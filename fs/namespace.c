/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/namespace.c - the tree of mounts: how several filesystems become one tree of names.
 *
 * A mount lays the root of one filesystem over a directory of another. Neither filesystem changes; the dentry that is
 * covered gets a flag (DCACHE_MOUNTED) so that a walk knows to look, and (mount, dentry) leads through a hash to the
 * mount on top:
 *
 *	rootfs  /        mount 1, root dentry of ramfs
 *	         dev     DCACHE_MOUNTED ---- hash(mount 1, dev) ----> mount 2, root dentry of devtmpfs
 *	                                                                null, console, ...
 *	up:   mount 2's mnt_parent, mnt_mountpoint say where ".." of its root leads
 *
 * The same dentry may be covered in one mount and not in another (a bind mount shows it a second time); mounts on the
 * same place stack, the newest on top.
 *
 * References. Each user of a place holds one (struct path), each child mount one on its parent and on its mountpoint,
 * and the tree itself one on each mount in it. umount(2) takes a mount out if nobody but the tree and the caller has
 * any; with MNT_DETACH it takes it out anyway, and the last user ends it.
 *
 * Locking. namespace_sem, for writing: whoever changes the tree. mount_lock, written inside it around the changes:
 * walks look under mount_lock alone, and take their reference there, so that a mount found is a mount that stays.
 * Covering a directory also needs its i_rwsem, under which it can be seen not to be removed meanwhile.
 *
 * There is one tree for all. Linux (fs/namespace.c) has one for each namespace, propagation between them, and
 * references counted for each CPU.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/ramfs.h>
#include <primer/slab.h>
#include <primer/string.h>

#include "internal.h"
#include "mount.h"

#define MOUNT_HASH_BITS	6

DECLARE_RWSEM(namespace_sem, LOCK_RANK_NAMESPACE);
DEFINE_SEQLOCK(mount_lock, LOCK_RANK_MOUNT_LOCK);

static struct kmem_cache *mnt_cache __ro_after_init;
static struct hlist_head mount_hashtable[1 << MOUNT_HASH_BITS];	/* [namespace_sem, mount_lock] */
static LIST_HEAD(mount_list);					/* [namespace_sem] the tree, parents before children */
static atomic_t last_mnt_id;

static struct hlist_head *m_hash(const struct vfsmount *mnt, const struct dentry *dentry)
{
	return &mount_hashtable[hash_long((unsigned long)mnt / 64 + (unsigned long)dentry, MOUNT_HASH_BITS)];
}

/* ---- a mount by itself ------------------------------------------------------------------------------------------- */

/* A mount of @root (whose reference, and an active one of its superblock, become the mount's). */
static struct mount *alloc_mount(const char *name, struct dentry *root)
{
	struct mount *mnt = kmem_cache_zalloc(mnt_cache, GFP_KERNEL);

	if (!mnt)
		return NULL;
	mnt->mnt_devname = kstrdup(name ? name : "none", GFP_KERNEL);
	if (!mnt->mnt_devname) {
		kmem_cache_free(mnt_cache, mnt);
		return NULL;
	}
	mnt->mnt_id = atomic_inc_return(&last_mnt_id);
	atomic_set(&mnt->mnt_count, 1);
	INIT_HLIST_NODE(&mnt->mnt_hash);
	INIT_LIST_HEAD(&mnt->mnt_mounts);
	INIT_LIST_HEAD(&mnt->mnt_child);
	INIT_LIST_HEAD(&mnt->mnt_list);
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = root;
	mnt->mnt.mnt_root = root;
	mnt->mnt.mnt_sb = root->d_sb;
	mnt->mnt.mnt_flags = MNT_RELATIME;
	write_seqlock(&mount_lock);
	list_add_tail(&mnt->mnt_instance, &root->d_sb->s_mounts);
	write_sequnlock(&mount_lock);
	return mnt;
}

struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *name, void *data)
{
	struct dentry *root;
	struct super_block *sb;
	struct mount *mnt;

	if (!type)
		return ERR_PTR(-ENODEV);
	root = type->mount(type, flags, name, data);
	if (IS_ERR(root))
		return ERR_CAST(root);
	sb = root->d_sb;
	mnt = alloc_mount(name, root);
	if (!mnt) {
		dput(root);
		deactivate_locked_super(sb);
		return ERR_PTR(-ENOMEM);
	}
	up_write(&sb->s_umount);
	return &mnt->mnt;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct vfsmount *mnt = vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL);

	if (!IS_ERR(mnt))
		mnt->mnt_flags |= MNT_INTERNAL;
	return mnt;
}

void kern_unmount(struct vfsmount *mnt)
{
	if (!IS_ERR_OR_NULL(mnt))
		mntput(mnt);
}

struct vfsmount *mntget(struct vfsmount *mnt)
{
	if (mnt)
		atomic_inc(&real_mount(mnt)->mnt_count);
	return mnt;
}

static noinline void cleanup_mnt(struct mount *mnt)
{
	struct super_block *sb = mnt->mnt.mnt_sb;

	might_sleep();
	WARN_ON(atomic_read(&mnt->mnt_writers));
	write_seqlock(&mount_lock);
	list_del(&mnt->mnt_instance);
	write_sequnlock(&mount_lock);
	dput(mnt->mnt.mnt_root);
	deactivate_super(sb);
	kfree(mnt->mnt_devname);
	kmem_cache_free(mnt_cache, mnt);
}

/* A mount in the tree has the tree's reference, so zero means: out of the tree, and found by nobody any more. */
void mntput(struct vfsmount *mnt)
{
	if (mnt && atomic_dec_and_test(&real_mount(mnt)->mnt_count))
		cleanup_mnt(real_mount(mnt));
}

bool __mnt_is_readonly(const struct vfsmount *mnt)
{
	return READ_ONCE(mnt->mnt_flags) & MNT_READONLY || sb_rdonly(mnt->mnt_sb);
}

/*
 * The count is raised before the flag is read; whoever sets the flag reads the count afterwards (mnt_make_readonly(),
 * sb_make_readonly()). One of the two sees the other. The locked increment is the full barrier of this side.
 */
int mnt_want_write(struct vfsmount *mnt)
{
	struct mount *m = real_mount(mnt);
	bool readonly;

	atomic_inc(&m->mnt_writers);
	if (likely(!__mnt_is_readonly(mnt)))
		return 0;
	/* Perhaps somebody is trying to make it so, and cannot. */
	read_seqlock_excl(&mount_lock);
	readonly = __mnt_is_readonly(mnt);
	read_sequnlock_excl(&mount_lock);
	if (!readonly)
		return 0;
	atomic_dec(&m->mnt_writers);
	return -EROFS;
}

void mnt_drop_write(struct vfsmount *mnt)
{
	atomic_dec(&real_mount(mnt)->mnt_writers);
}

int mnt_make_readonly(struct mount *mnt)
{
	int err = 0;

	write_seqlock(&mount_lock);
	mnt->mnt.mnt_flags |= MNT_READONLY;
	smp_mb();			/* pairs with the atomic_inc() in mnt_want_write() */
	if (atomic_read(&mnt->mnt_writers)) {
		mnt->mnt.mnt_flags &= ~MNT_READONLY;
		err = -EBUSY;
	}
	write_sequnlock(&mount_lock);
	return err;
}

int sb_make_readonly(struct super_block *sb)
{
	struct mount *mnt;
	int err = 0;

	lockdep_assert_held(&sb->s_umount);
	write_seqlock(&mount_lock);
	WRITE_ONCE(sb->s_flags, sb->s_flags | SB_RDONLY);
	smp_mb();			/* pairs with the atomic_inc() in mnt_want_write() */
	list_for_each_entry(mnt, &sb->s_mounts, mnt_instance) {
		if (atomic_read(&mnt->mnt_writers))
			err = -EBUSY;
	}
	if (err)
		WRITE_ONCE(sb->s_flags, sb->s_flags & ~(unsigned long)SB_RDONLY);
	write_sequnlock(&mount_lock);
	return err;
}

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

/* Under mount_lock or namespace_sem. */
static struct mount *__lookup_mnt(const struct path *path)
{
	struct mount *mnt;

	hlist_for_each_entry(mnt, m_hash(path->mnt, path->dentry), mnt_hash) {
		if (&mnt->mnt_parent->mnt == path->mnt && mnt->mnt_mountpoint == path->dentry)
			return mnt;
	}
	return NULL;
}

struct vfsmount *lookup_mnt(const struct path *path)
{
	struct mount *mnt;

	read_seqlock_excl(&mount_lock);
	mnt = __lookup_mnt(path);
	if (mnt)
		mntget(&mnt->mnt);
	read_sequnlock_excl(&mount_lock);
	return mnt ? &mnt->mnt : NULL;
}

bool choose_mountpoint(const struct path *path, const struct path *root, struct path *up)
{
	struct mount *m = real_mount(path->mnt);
	bool found = false;

	read_seqlock_excl(&mount_lock);
	while (mnt_has_parent(m)) {
		struct dentry *mountpoint = m->mnt_mountpoint;

		m = m->mnt_parent;
		if (root && root->dentry == mountpoint && root->mnt == &m->mnt)
			break;
		if (mountpoint != m->mnt.mnt_root || !root) {
			*up = (struct path){ &m->mnt, mountpoint };
			path_get(up);
			found = true;
			break;
		}
	}
	read_sequnlock_excl(&mount_lock);
	return found;
}

/*
 * Mark @mp as covered, so that it cannot be removed, if @mnt may be put there: directories cover directories, files
 * cover files. [namespace_sem]
 */
static int cover(const struct mount *mnt, const struct path *mp)
{
	struct dentry *dentry = mp->dentry;
	struct inode *inode = d_inode(dentry);
	int err = 0;

	if (!real_mount(mp->mnt)->attached)
		return -EINVAL;
	if (S_ISDIR(inode->i_mode) != S_ISDIR(d_inode(mnt->mnt.mnt_root)->i_mode))
		return -ENOTDIR;
	inode_lock(inode);
	if (d_unlinked(dentry)) {
		err = -ENOENT;
	} else {
		spin_lock(&dentry->d_lock);
		dentry->d_flags |= DCACHE_MOUNTED;
		spin_unlock(&dentry->d_lock);
	}
	inode_unlock(inode);
	return err;
}

/* Put @mnt on @mp, which is covered. Becomes the tree's: the references that @mp has. [namespace_sem, mount_lock] */
static void hook(struct mount *mnt, const struct path *mp)
{
	struct mount *parent = real_mount(mp->mnt);

	mnt->mnt_parent = parent;
	mnt->mnt_mountpoint = mp->dentry;
	hlist_add_head(&mnt->mnt_hash, m_hash(mp->mnt, mp->dentry));
	list_add_tail(&mnt->mnt_child, &parent->mnt_mounts);
	mnt->attached = true;
}

/* Take @mnt from its place, whose references are then in mnt_was. [namespace_sem, mount_lock] */
static void unhook(struct mount *mnt)
{
	mnt->mnt_was = (struct path){ &mnt->mnt_parent->mnt, mnt->mnt_mountpoint };
	hlist_del_init(&mnt->mnt_hash);
	list_del_init(&mnt->mnt_child);
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = mnt->mnt.mnt_root;
	mnt->attached = false;
}

/*
 * Put @mnt on @mp, and take the reference that the caller has as the tree's. 0 or -errno. Context: namespace_sem held
 * for writing.
 */
int attach_mount(struct mount *mnt, const struct path *mp)
{
	int err = cover(mnt, mp);

	if (err)
		return err;
	path_get(mp);
	write_seqlock(&mount_lock);
	hook(mnt, mp);
	write_sequnlock(&mount_lock);
	list_add_tail(&mnt->mnt_list, &mount_list);
	return 0;
}

/* The dentry's flag stays as long as something is mounted on it in any mount. [namespace_sem] */
static void update_mounted_flag(struct dentry *dentry)
{
	struct mount *mnt;

	list_for_each_entry(mnt, &mount_list, mnt_list) {
		if (mnt_has_parent(mnt) && mnt->mnt_mountpoint == dentry)
			return;
	}
	spin_lock(&dentry->d_lock);
	dentry->d_flags &= ~DCACHE_MOUNTED;
	spin_unlock(&dentry->d_lock);
}

/*
 * Move @mnt to @mp. All that can fail is done first, and no walk sees it nowhere. The references to the old place are
 * the caller's to put, from mnt_was. 0 or -errno. [namespace_sem]
 */
int move_mount(struct mount *mnt, const struct path *mp)
{
	int err = cover(mnt, mp);

	if (err)
		return err;
	path_get(mp);
	write_seqlock(&mount_lock);
	unhook(mnt);
	hook(mnt, mp);
	write_sequnlock(&mount_lock);
	list_move_tail(&mnt->mnt_list, &mount_list);
	update_mounted_flag(mnt->mnt_was.dentry);
	return 0;
}

/*
 * Take @mnt from its parent and put it on the list @detached, for put_detached() when namespace_sem is free again.
 * -EBUSY if it has more than @max_refs references: under mount_lock no walk can arrive. [namespace_sem]
 */
int detach_mount(struct mount *mnt, int max_refs, struct list_head *detached)
{
	write_seqlock(&mount_lock);
	if (atomic_read(&mnt->mnt_count) > max_refs) {
		write_sequnlock(&mount_lock);
		return -EBUSY;
	}
	unhook(mnt);
	write_sequnlock(&mount_lock);
	list_move(&mnt->mnt_list, detached);
	update_mounted_flag(mnt->mnt_was.dentry);
	return 0;
}

/* Give up the tree's references: to each mount, to its parent and to the place. May sleep. */
void put_detached(struct list_head *detached)
{
	struct mount *mnt, *next;

	list_for_each_entry_safe(mnt, next, detached, mnt_list) {
		list_del_init(&mnt->mnt_list);
		path_put(&mnt->mnt_was);
		mntput(&mnt->mnt);
	}
}

/* A new mount of the directory tree at @path: what MS_BIND mounts. */
struct mount *clone_mount(const struct path *path)
{
	struct mount *old = real_mount(path->mnt), *mnt;

	mnt = alloc_mount(old->mnt_devname, path->dentry);
	if (!mnt)
		return NULL;
	dget(path->dentry);
	atomic_inc(&old->mnt.mnt_sb->s_active);
	mnt->mnt.mnt_flags = old->mnt.mnt_flags & ~MNT_INTERNAL;
	return mnt;
}

int for_each_mount(int (*fn)(const struct mount_info *info, void *arg), void *arg)
{
	struct mount *mnt;
	int ret = 0;

	down_read(&namespace_sem);
	list_for_each_entry(mnt, &mount_list, mnt_list) {
		struct mount_info info = {
			.mnt = &mnt->mnt,
			.devname = mnt->mnt_devname,
			.mountpoint = { &mnt->mnt_parent->mnt, mnt->mnt_mountpoint },
			.id = mnt->mnt_id,
			.parent_id = mnt->mnt_parent->mnt_id,
		};

		ret = fn(&info, arg);
		if (ret)
			break;
	}
	up_read(&namespace_sem);
	return ret;
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

/* The first mount: the root of the tree, and where init_task stands. It is never unmounted. */
static void __init init_mount_tree(void)
{
	struct vfsmount *mnt = vfs_kern_mount(get_fs_type("rootfs"), 0, "rootfs", NULL);
	struct path root;

	if (IS_ERR(mnt))
		panic("Can't create rootfs");
	real_mount(mnt)->attached = true;
	list_add(&real_mount(mnt)->mnt_list, &mount_list);
	root = (struct path){ mnt, mnt->mnt_root };
	set_fs_pwd(current->fs, &root);
	set_fs_root(current->fs, &root);
}

void __init mnt_init(void)
{
	mnt_cache = KMEM_CACHE(mount, SLAB_PANIC | SLAB_HWCACHE_ALIGN);
	init_rootfs();
	init_mount_tree();
}
