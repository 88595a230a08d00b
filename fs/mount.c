/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/mount.c - mount(2) and umount2(2): what the flags ask for, done on the tree of namespace.c.
 *
 * mount(2) is five calls in one, told apart by its flags, in this order:
 *
 *	MS_REMOUNT | MS_BIND	change the flags of this mount
 *	MS_REMOUNT		change the options of the filesystem
 *	MS_BIND			show a directory (with MS_REC: and what is mounted below it) in a second place
 *	MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE	how mounts spread to other namespaces: there is one
 *	MS_MOVE			move a mount to another place
 *	none			mount a new instance of a filesystem
 *
 * All need CAP_SYS_ADMIN. The place is looked up first, without locks; once namespace_sem is held, whatever has been
 * mounted there in the meantime is stepped onto, so that mounts stack in the order in which they arrive.
 *
 * Linux (fs/namespace.c, fs/fsopen.c) also has the file-descriptor forms (fsopen, move_mount, mount_setattr) and
 * MNT_EXPIRE.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>
#include <uapi/mount.h>

#include "internal.h"
#include "mount.h"

/* What belongs to the mount and not to the filesystem. */
static unsigned int mount_flags(unsigned long flags)
{
	unsigned int mnt_flags = 0;

	if (!(flags & MS_NOATIME) && !(flags & MS_STRICTATIME))
		mnt_flags |= MNT_RELATIME;
	if (flags & MS_NOSUID)
		mnt_flags |= MNT_NOSUID;
	if (flags & MS_NODEV)
		mnt_flags |= MNT_NODEV;
	if (flags & MS_NOEXEC)
		mnt_flags |= MNT_NOEXEC;
	if (flags & MS_NOATIME)
		mnt_flags |= MNT_NOATIME;
	if (flags & MS_NODIRATIME)
		mnt_flags |= MNT_NODIRATIME;
	if (flags & MS_RDONLY)
		mnt_flags |= MNT_READONLY;
	if (flags & MS_NOSYMFOLLOW)
		mnt_flags |= MNT_NOSYMFOLLOW;
	return mnt_flags;
}

#define MS_OF_SUPER	(MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_SILENT)

/* With namespace_sem held for writing: go to what is on top of @path by now. */
static void lock_mountpoint(struct path *path)
{
	down_write(&namespace_sem);
	follow_down(path);
}

static bool is_mount_root(const struct path *path)
{
	return path->dentry == path->mnt->mnt_root;
}

static void set_mount_flags(struct mount *mnt, unsigned int mnt_flags)
{
	write_seqlock(&mount_lock);
	mnt->mnt.mnt_flags = mnt_flags | (mnt->mnt.mnt_flags & MNT_INTERNAL);
	write_sequnlock(&mount_lock);
}

static int do_remount_bind(struct path *path, unsigned int mnt_flags)
{
	struct mount *mnt = real_mount(path->mnt);
	int err = 0;

	if (!is_mount_root(path) || !mnt->attached)
		return -EINVAL;
	if (mnt_flags & MNT_READONLY && !(mnt->mnt.mnt_flags & MNT_READONLY))
		err = mnt_make_readonly(mnt);
	if (!err)
		set_mount_flags(mnt, mnt_flags);
	return err;
}

static int do_remount(struct path *path, unsigned long sb_flags, unsigned int mnt_flags, void *data)
{
	struct super_block *sb = path->mnt->mnt_sb;
	struct mount *mnt = real_mount(path->mnt);
	int err;

	if (!is_mount_root(path) || !mnt->attached)
		return -EINVAL;
	down_write(&sb->s_umount);
	err = reconfigure_super(sb, sb_flags, data);
	if (!err)
		set_mount_flags(mnt, mnt_flags);	/* MNT_READONLY too: the filesystem has no writer any more */
	up_write(&sb->s_umount);
	return err;
}

/* Take @mnt and everything mounted below it out of the tree, leaves first, busy or not. [namespace_sem] */
static void umount_tree(struct mount *mnt, struct list_head *detached)
{
	struct mount *leaf;

	do {
		leaf = mnt;
		while (!list_empty(&leaf->mnt_mounts))
			leaf = list_first_entry(&leaf->mnt_mounts, struct mount, mnt_child);
		detach_mount(leaf, INT_MAX, detached);
	} while (leaf != mnt);
}

/*
 * A copy of every mount below @from (which is shown by @top), hung at the same place below @top. Not of @skip, the
 * first of the copies: where that hangs below @from itself, the copying would have no end. [namespace_sem]
 */
static int clone_children(const struct path *from, struct mount *top, const struct mount *skip)
{
	struct mount *child;

	list_for_each_entry(child, &real_mount(from->mnt)->mnt_mounts, mnt_child) {
		struct path root = { &child->mnt, child->mnt.mnt_root }, mp = { &top->mnt, child->mnt_mountpoint };
		struct mount *copy;
		int err;

		if (child == skip || !is_subdir(child->mnt_mountpoint, from->dentry))
			continue;
		copy = clone_mount(&root);
		if (!copy)
			return -ENOMEM;
		err = attach_mount(copy, &mp);
		if (err) {
			mntput(&copy->mnt);
			return err;
		}
		err = clone_children(&root, copy, skip);
		if (err)
			return err;
	}
	return 0;
}

static int do_bind(struct path *path, const char *old_name, bool recurse)
{
	LIST_HEAD(detached);
	struct path old;
	struct mount *mnt;
	int err;

	if (!old_name || !*old_name)
		return -EINVAL;
	err = kern_path(old_name, LOOKUP_FOLLOW, &old);
	if (err)
		return err;
	lock_mountpoint(path);
	err = -EINVAL;
	if (!real_mount(old.mnt)->attached)
		goto out;
	err = -ENOMEM;
	mnt = clone_mount(&old);
	if (!mnt)
		goto out;
	err = attach_mount(mnt, path);
	if (err) {
		mntput(&mnt->mnt);
	} else if (recurse) {
		err = clone_children(&old, mnt, mnt);
		if (err)
			umount_tree(mnt, &detached);
	}
out:
	up_write(&namespace_sem);
	put_detached(&detached);
	path_put(&old);
	return err;
}

static int do_move_mount(struct path *path, const char *old_name)
{
	struct path old, from = { };
	struct mount *mnt, *p;
	int err;

	if (!old_name || !*old_name)
		return -EINVAL;
	err = kern_path(old_name, LOOKUP_FOLLOW, &old);
	if (err)
		return err;
	lock_mountpoint(path);
	mnt = real_mount(old.mnt);
	err = -EINVAL;
	if (!is_mount_root(&old) || !mnt->attached || !mnt_has_parent(mnt) || !real_mount(path->mnt)->attached)
		goto out;
	if (S_ISDIR(d_inode(path->dentry)->i_mode) != S_ISDIR(d_inode(old.dentry)->i_mode))
		goto out;
	err = -ELOOP;
	for (p = real_mount(path->mnt); mnt_has_parent(p); p = p->mnt_parent) {
		if (p == mnt)
			goto out;
	}
	err = move_mount(mnt, path);
	if (!err)
		from = mnt->mnt_was;
out:
	up_write(&namespace_sem);
	if (from.mnt)
		path_put(&from);
	path_put(&old);
	return err;
}

static int do_new_mount(struct path *path, const char *fstype, unsigned long sb_flags, unsigned int mnt_flags,
			const char *name, void *data)
{
	struct file_system_type *type;
	struct vfsmount *mnt;
	int err;

	if (!fstype)
		return -EINVAL;
	type = get_fs_type(fstype);
	if (!type)
		return -ENODEV;
	mnt = vfs_kern_mount(type, sb_flags, name, data);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	mnt->mnt_flags = mnt_flags;
	lock_mountpoint(path);
	if (mnt->mnt_sb == path->mnt->mnt_sb && is_mount_root(path) && path->dentry == mnt->mnt_root)
		err = -EBUSY;			/* the same filesystem on top of itself */
	else if (mnt->mnt_sb->s_flags & SB_NOUSER)
		err = -EINVAL;
	else
		err = attach_mount(real_mount(mnt), path);
	up_write(&namespace_sem);
	if (err)
		mntput(mnt);
	return err;
}

int path_mount(const char *dev_name, struct path *path, const char *type_page, unsigned long flags, void *data_page)
{
	unsigned int mnt_flags;
	unsigned long sb_flags;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	mnt_flags = mount_flags(flags);
	/* A remount that says nothing about access times keeps what there is. */
	if (flags & MS_REMOUNT && !(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME))) {
		mnt_flags &= ~(MNT_RELATIME | MNT_NOATIME | MNT_NODIRATIME);
		mnt_flags |= path->mnt->mnt_flags & (MNT_RELATIME | MNT_NOATIME | MNT_NODIRATIME);
	}
	sb_flags = flags & MS_OF_SUPER;
	if ((flags & (MS_REMOUNT | MS_BIND)) == (MS_REMOUNT | MS_BIND))
		return do_remount_bind(path, mnt_flags);
	if (flags & MS_REMOUNT)
		return do_remount(path, sb_flags, mnt_flags, data_page);
	if (flags & MS_BIND)
		return do_bind(path, dev_name, flags & MS_REC);
	if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return is_mount_root(path) && (flags & MS_PRIVATE) ? 0 : -EINVAL;
	if (flags & MS_MOVE)
		return do_move_mount(path, dev_name);
	return do_new_mount(path, type_page, sb_flags, mnt_flags, dev_name, data_page);
}

int do_mount(const char *dev_name, const char *dir_name, const char *type_page, unsigned long flags, void *data_page)
{
	struct path path;
	int err = kern_path(dir_name, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = path_mount(dev_name, &path, type_page, flags, data_page);
	path_put(&path);
	return err;
}

/* ---- unmounting -------------------------------------------------------------------------------------------------- */

/* "umount /" means: make it read-only, as a shutdown script does. */
static int do_umount_root(struct super_block *sb)
{
	int err = 0;

	down_write(&sb->s_umount);
	if (!sb_rdonly(sb))
		err = reconfigure_super(sb, sb->s_flags | SB_RDONLY, NULL);
	up_write(&sb->s_umount);
	return err;
}

/* The references of a mount that is not in use: the tree's, and the caller's path. */
#define UMOUNT_REFS	2

static int do_umount(struct mount *mnt, int flags)
{
	LIST_HEAD(detached);
	int err = -EINVAL;

	if (&mnt->mnt == current->fs->root.mnt && !(flags & MNT_DETACH))
		return do_umount_root(mnt->mnt.mnt_sb);
	down_write(&namespace_sem);
	if (mnt->attached && mnt_has_parent(mnt)) {
		if (flags & MNT_DETACH) {
			umount_tree(mnt, &detached);
			err = 0;
		} else {
			err = list_empty(&mnt->mnt_mounts) ? detach_mount(mnt, UMOUNT_REFS, &detached) : -EBUSY;
		}
	}
	up_write(&namespace_sem);
	put_detached(&detached);
	return err;
}

int path_umount(struct path *path, int flags)
{
	int err = -EINVAL;

	if (!capable(CAP_SYS_ADMIN))
		err = -EPERM;
	else if (is_mount_root(path) && real_mount(path->mnt)->attached)
		err = do_umount(real_mount(path->mnt), flags);
	path_put(path);
	return err;
}

SYSCALL_DEFINE2(umount2, char __user *, name, int, flags)
{
	unsigned int lookup_flags = flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, lookup_flags, &path);
	return err ? err : path_umount(&path, flags);
}

/* ---- mount(2) ---------------------------------------------------------------------------------------------------- */

/* Up to a page of options, of which the end may not be mapped. NULL for NULL. */
static char *copy_mount_options(const void __user *data)
{
	size_t size, left;
	char *copy;

	if (!data)
		return NULL;
	copy = kzalloc(PAGE_SIZE, GFP_KERNEL);	/* zeroes end the options where the copy stops */
	if (!copy)
		return ERR_PTR(-ENOMEM);
	size = min_t(unsigned long, PAGE_SIZE, TASK_SIZE - (unsigned long)data);
	left = copy_from_user(copy, data, size);
	if (left == size) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	copy[PAGE_SIZE - 1] = 0;
	return copy;
}

static char *copy_mount_string(const void __user *data)
{
	char *copy;
	long len;

	if (!data)
		return NULL;
	copy = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(copy, data, PATH_MAX);
	if (len < 0 || len == PATH_MAX) {
		kfree(copy);
		return ERR_PTR(len < 0 ? len : -EINVAL);
	}
	return copy;
}

SYSCALL_DEFINE5(mount, char __user *, dev_name, char __user *, dir_name, char __user *, type, unsigned long, flags,
		void __user *, data)
{
	char *kernel_type, *kernel_dev, *options;
	struct path path;
	long ret;

	kernel_type = copy_mount_string(type);
	if (IS_ERR(kernel_type))
		return PTR_ERR(kernel_type);
	ret = PTR_ERR(kernel_dev = copy_mount_string(dev_name));
	if (IS_ERR(kernel_dev))
		goto out_type;
	ret = PTR_ERR(options = copy_mount_options(data));
	if (IS_ERR(options))
		goto out_dev;
	ret = user_path_at(AT_FDCWD, dir_name, LOOKUP_FOLLOW, &path);
	if (!ret) {
		ret = path_mount(kernel_dev, &path, kernel_type, flags, options);
		path_put(&path);
	}
	kfree(options);
out_dev:
	kfree(kernel_dev);
out_type:
	kfree(kernel_type);
	return ret;
}
