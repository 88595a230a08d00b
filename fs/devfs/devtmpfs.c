/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/devfs/devtmpfs.c - /dev, filled by the drivers themselves.
 *
 * A driver knows best which devices it has found. It says devtmpfs_create_node("null", S_IFCHR | 0666, MKDEV(1, 3)),
 * and the node is there in every mount of devtmpfs: there is one instance, mounted by the kernel for its own use from
 * the beginning, and mount(2) shows that same instance in other places. Programs may add and remove names as in any
 * directory in memory.
 *
 *	driver --devtmpfs_create_node--> the one instance <-- mount -t devtmpfs dev /dev
 *
 * Locking. As for any names: the directories' i_rwsem.
 *
 * Linux (drivers/base/devtmpfs.c) lets a kernel thread do this, because drivers may be probed by a task with another
 * root.
 */
#include <primer/dcache.h>
#include <primer/devtmpfs.h>
#include <primer/fs.h>
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/mount.h>
#include <primer/namei.h>
#include <primer/printk.h>
#include <primer/ramfs.h>
#include <primer/string.h>
#include <uapi/mount.h>

static struct vfsmount *dev_mnt __ro_after_init;	/* the kernel's own mount: in no tree */

static struct dentry *devtmpfs_mount_type(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return mount_single(type, flags, data, ramfs_fill_super);
}

static struct file_system_type devtmpfs_type = {
	.name = "devtmpfs",
	.mount = devtmpfs_mount_type,
	.kill_sb = ramfs_kill_sb,
};

/* The dentry for one component below @dir, whose i_rwsem is held; directories are made. */
static struct dentry *make_dir(struct dentry *dir, const char *name, int len)
{
	struct dentry *dentry = lookup_one_len(name, dir, len);
	int err;

	if (IS_ERR(dentry) || d_is_positive(dentry))
		return dentry;
	err = vfs_mkdir(d_inode(dir), dentry, 0755);
	if (!err)
		return dentry;
	dput(dentry);
	return ERR_PTR(err);
}

/* The directory of @name, with a reference; *@last is its last component. @make: directories on the way are made. */
static struct dentry *walk_to_dir(const char *name, const char **last, bool make)
{
	struct dentry *dir = dget(dev_mnt->mnt_root);
	const char *slash;

	while ((slash = strchr(name, '/'))) {
		struct dentry *next;

		inode_lock(d_inode(dir));
		next = make ? make_dir(dir, name, slash - name) : lookup_one_len(name, dir, slash - name);
		inode_unlock(d_inode(dir));
		dput(dir);
		if (IS_ERR(next))
			return next;
		if (d_is_negative(next) || !S_ISDIR(d_inode(next)->i_mode)) {
			dput(next);
			return ERR_PTR(-ENOENT);
		}
		dir = next;
		name = slash + 1;
	}
	*last = name;
	return dir;
}

int devtmpfs_create_node(const char *name, umode_t mode, dev_t dev)
{
	struct dentry *dir, *dentry;
	const char *last;
	int err;

	if (!dev_mnt)
		return -ENODEV;
	dir = walk_to_dir(name, &last, true);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	dentry = lookup_one_len(last, dir, strlen(last));
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = vfs_mknod(d_inode(dir), dentry, mode, dev);
		dput(dentry);
	}
	inode_unlock(d_inode(dir));
	dput(dir);
	return err;
}

int devtmpfs_delete_node(const char *name)
{
	struct dentry *dir, *dentry;
	const char *last;
	int err;

	if (!dev_mnt)
		return -ENODEV;
	dir = walk_to_dir(name, &last, false);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	dentry = lookup_one_len(last, dir, strlen(last));
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = d_is_negative(dentry) ? -ENOENT : vfs_unlink(d_inode(dir), dentry);
		dput(dentry);
	}
	inode_unlock(d_inode(dir));
	dput(dir);
	return err;
}

int devtmpfs_mount(const char *path)
{
	int err = do_mount("devtmpfs", path, "devtmpfs", MS_SILENT, NULL);

	if (err)
		pr_info("devtmpfs: error mounting %i\n", err);
	else
		pr_info("devtmpfs: mounted\n");
	return err;
}

static int __init devtmpfs_init(void)
{
	int err = register_filesystem(&devtmpfs_type);

	if (err)
		return err;
	dev_mnt = kern_mount(&devtmpfs_type);
	if (IS_ERR(dev_mnt)) {
		err = PTR_ERR(dev_mnt);
		dev_mnt = NULL;
		pr_err("devtmpfs: unable to create devtmpfs %i\n", err);
		return err;
	}
	pr_info("devtmpfs: initialized\n");
	return 0;
}
core_initcall(devtmpfs_init);
