/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/namei_change.c - making and removing names: mkdir, mknod, symlink, link, unlink, rmdir.
 *
 * All have one form. Walk to the directory of the last component; make sure that the mount may be written to; take
 * the directory's i_rwsem, under which names neither come nor go; look the last component up; check rights
 * (may_create, may_delete); let the filesystem do it; bring the dentry in line.
 *
 *	 walk            mnt_want_write     i_rwsem(dir)       vfs_mkdir(), vfs_unlink() ...
 *	"a/b/c" -> a/b ---------------> ------------> lookup c ----------------------------> undone in reverse order
 *
 * What goes is locked too (vfs_unlink, vfs_rmdir), after its directory: a name can be given to a file (link), or made
 * in a directory (mkdir), and something can be mounted there, only under that lock, so that "the directory is empty"
 * stays true until it is gone.
 *
 * The vfs_ functions are what other parts of the kernel call, the do_ functions what the system calls and init_
 * functions share; these consume the names that they are given.
 *
 * Linux (fs/namei.c) has delegations to break, security hooks and quota in these places.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/syscalls.h>

#include "internal.h"

/* ---- making ------------------------------------------------------------------------------------------------------ */

struct dentry *filename_create(int dfd, struct filename *name, struct path *path, unsigned int lookup_flags)
{
	struct dentry *dentry;
	struct qstr last;
	int type, err, err_write;
	bool want_dir = lookup_flags & LOOKUP_DIRECTORY;

	err = filename_parentat(dfd, name, 0, path, &last, &type);
	if (err)
		return ERR_PTR(err);
	if (type != LAST_NORM) {
		err = -EEXIST;			/* ".", "..", "/" exist */
		goto out_path;
	}
	err_write = mnt_want_write(path->mnt);
	inode_lock_nested(d_inode(path->dentry), I_MUTEX_PARENT);
	dentry = __lookup_hash(&last, path->dentry, LOOKUP_CREATE | LOOKUP_EXCL);
	if (IS_ERR(dentry)) {
		err = PTR_ERR(dentry);
		goto out_unlock;
	}
	err = -EEXIST;
	if (d_is_positive(dentry))
		goto out_dentry;
	err = -ENOENT;				/* "new/" is the name of a directory */
	if (last.name[last.len] && !want_dir)
		goto out_dentry;
	err = err_write;
	if (err)
		goto out_dentry;
	putname(name);
	return dentry;

out_dentry:
	dput(dentry);
out_unlock:
	inode_unlock(d_inode(path->dentry));
	if (!err_write)
		mnt_drop_write(path->mnt);
out_path:
	path_put(path);
	putname(name);
	return ERR_PTR(err);
}

struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int lookup_flags)
{
	return filename_create(dfd, getname_kernel(name), path, lookup_flags);
}

void done_path_create(struct path *path, struct dentry *dentry)
{
	dput(dentry);
	inode_unlock(d_inode(path->dentry));
	mnt_drop_write(path->mnt);
	path_put(path);
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->mkdir)
		return -EPERM;
	return dir->i_op->mkdir(dir, dentry, mode & (S_IRWXUGO | S_ISVTX));
}

long do_mkdirat(int dfd, struct filename *name, umode_t mode)
{
	struct path path;
	struct dentry *dentry = filename_create(dfd, name, &path, LOOKUP_DIRECTORY);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = vfs_mkdir(d_inode(path.dentry), dentry, mode & ~current_umask());
	done_path_create(&path, dentry);
	return err;
}

SYSCALL_DEFINE3(mkdirat, int, dfd, const char __user *, pathname, umode_t, mode)
{
	return do_mkdirat(dfd, getname(pathname), mode);
}

SYSCALL_DEFINE2(mkdir, const char __user *, pathname, umode_t, mode)
{
	return do_mkdirat(AT_FDCWD, getname(pathname), mode);
}

int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	/* Device 0:0 is what overlays put over a file that is hidden: harmless, and anybody's. */
	if ((S_ISBLK(mode) || (S_ISCHR(mode) && dev)) && !capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->i_op->mknod)
		return -EPERM;
	return dir->i_op->mknod(dir, dentry, mode, dev);
}

static int may_mknod(umode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
	case 0:			/* means S_IFREG */
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

/* @dev: in the form that programs use. */
long do_mknodat(int dfd, struct filename *name, umode_t mode, unsigned int dev)
{
	struct dentry *dentry;
	struct path path;
	int err = may_mknod(mode);

	if (err) {
		putname(name);
		return err;
	}
	dentry = filename_create(dfd, name, &path, 0);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	mode &= ~current_umask();
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
		err = vfs_create(d_inode(path.dentry), dentry, mode, true);
		break;
	case S_IFCHR:
	case S_IFBLK:
		err = vfs_mknod(d_inode(path.dentry), dentry, mode, new_decode_dev(dev));
		break;
	default:
		err = vfs_mknod(d_inode(path.dentry), dentry, mode, 0);
		break;
	}
	done_path_create(&path, dentry);
	return err;
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, filename, umode_t, mode, unsigned int, dev)
{
	return do_mknodat(dfd, getname(filename), mode, dev);
}

SYSCALL_DEFINE3(mknod, const char __user *, filename, umode_t, mode, unsigned int, dev)
{
	return do_mknodat(AT_FDCWD, getname(filename), mode, dev);
}

int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->symlink)
		return -EPERM;
	return dir->i_op->symlink(dir, dentry, target);
}

long do_symlinkat(struct filename *from, int newdfd, struct filename *to)
{
	struct dentry *dentry;
	struct path path;
	int err;

	if (IS_ERR(from)) {
		putname(to);
		return PTR_ERR(from);
	}
	dentry = filename_create(newdfd, to, &path, 0);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = vfs_symlink(d_inode(path.dentry), dentry, from->name);
		done_path_create(&path, dentry);
	}
	putname(from);
	return err;
}

SYSCALL_DEFINE3(symlinkat, const char __user *, oldname, int, newdfd, const char __user *, newname)
{
	return do_symlinkat(getname(oldname), newdfd, getname(newname));
}

SYSCALL_DEFINE2(symlink, const char __user *, oldname, const char __user *, newname)
{
	return do_symlinkat(getname(oldname), AT_FDCWD, getname(newname));
}

/* The file's own lock keeps the count of names from reaching zero between the look and the new name. */
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);
	int err;

	if (!inode)
		return -ENOENT;
	err = may_create(dir, dentry);
	if (err)
		return err;
	if (dir->i_sb != inode->i_sb)
		return -EXDEV;
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode) || !dir->i_op->link || S_ISDIR(inode->i_mode))
		return -EPERM;
	inode_lock_nested(inode, I_MUTEX_CHILD);
	/* What has lost its last name stays without; what never had one may get one. */
	err = inode->i_nlink || inode->i_state & I_LINKABLE ? dir->i_op->link(old, dir, dentry) : -ENOENT;
	if (!err && inode->i_state & I_LINKABLE) {
		spin_lock(&inode->i_lock);
		inode->i_state &= ~I_LINKABLE;
		spin_unlock(&inode->i_lock);
	}
	inode_unlock(inode);
	return err;
}

long do_linkat(int olddfd, struct filename *old, int newdfd, struct filename *new, int flags)
{
	unsigned int how = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct path old_path, new_path;
	struct dentry *dentry;
	int err = -EINVAL;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		goto out_names;
	err = -ENOENT;
	if (flags & AT_EMPTY_PATH) {
		if (!capable(CAP_DAC_READ_SEARCH))
			goto out_names;
		how |= LOOKUP_EMPTY;
	}
	err = filename_lookup(olddfd, old, how, &old_path, NULL);
	if (err) {
		putname(new);
		return err;
	}
	dentry = filename_create(newdfd, new, &new_path, 0);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = -EXDEV;
		if (old_path.mnt == new_path.mnt)
			err = vfs_link(old_path.dentry, d_inode(new_path.dentry), dentry);
		done_path_create(&new_path, dentry);
	}
	path_put(&old_path);
	return err;
out_names:
	putname(old);
	putname(new);
	return err;
}

SYSCALL_DEFINE5(linkat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname, int,
		flags)
{
	return do_linkat(olddfd, getname_flags(oldname, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), newdfd,
			 getname(newname), flags);
}

SYSCALL_DEFINE2(link, const char __user *, oldname, const char __user *, newname)
{
	return do_linkat(AT_FDCWD, getname(oldname), AT_FDCWD, getname(newname), 0);
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

/* The victim's lock is the caller's: vfs_rename() has taken it already when a directory is replaced. */
int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	int err = may_delete(dir, dentry, true);

	if (err)
		return err;
	if (!dir->i_op->rmdir)
		return -EPERM;
	dget(dentry);
	inode_lock_nested(inode, I_MUTEX_CHILD);
	err = d_mountpoint(dentry) ? -EBUSY : dir->i_op->rmdir(dir, dentry);
	if (!err) {
		shrink_dcache_parent(dentry);
		inode->i_flags |= S_DEAD;
		d_delete(dentry);
	}
	inode_unlock(inode);
	dput(dentry);
	return err;
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	int err = may_delete(dir, dentry, false);

	if (err)
		return err;
	if (!dir->i_op->unlink)
		return -EPERM;
	inode_lock_nested(inode, I_MUTEX_CHILD);
	err = d_mountpoint(dentry) ? -EBUSY : dir->i_op->unlink(dir, dentry);
	if (!err)
		d_delete(dentry);
	inode_unlock(inode);
	return err;
}

/*
 * The common part of rmdir and unlink: the walk, the locks and the lookup. On success *@path and the dentry returned
 * are to be given to end_remove().
 */
static struct dentry *start_remove(struct path *path, const struct qstr *last)
{
	struct dentry *dentry;
	int err = mnt_want_write(path->mnt);

	if (err)
		return ERR_PTR(err);
	inode_lock_nested(d_inode(path->dentry), I_MUTEX_PARENT);
	dentry = __lookup_hash(last, path->dentry, 0);
	if (!IS_ERR(dentry))
		return dentry;
	inode_unlock(d_inode(path->dentry));
	mnt_drop_write(path->mnt);
	return dentry;
}

static void end_remove(struct path *path, struct dentry *dentry)
{
	dput(dentry);
	inode_unlock(d_inode(path->dentry));
	mnt_drop_write(path->mnt);
}

long do_rmdir(int dfd, struct filename *name)
{
	struct dentry *dentry;
	struct qstr last;
	struct path path;
	int type, err;

	err = filename_parentat(dfd, name, 0, &path, &last, &type);
	if (err)
		return err;
	if (type != LAST_NORM) {
		err = type == LAST_DOTDOT ? -ENOTEMPTY : type == LAST_DOT ? -EINVAL : -EBUSY;
		goto out;
	}
	dentry = start_remove(&path, &last);
	err = PTR_ERR_OR_ZERO(dentry);
	if (err)
		goto out;
	err = d_is_negative(dentry) ? -ENOENT : vfs_rmdir(d_inode(path.dentry), dentry);
	end_remove(&path, dentry);
out:
	path_put(&path);
	putname(name);
	return err;
}

/* The inode is kept until the directory's lock is free again: dropping a large file's pages takes its time. */
long do_unlinkat(int dfd, struct filename *name)
{
	struct inode *inode = NULL;
	struct dentry *dentry;
	struct qstr last;
	struct path path;
	int type, err;

	err = filename_parentat(dfd, name, 0, &path, &last, &type);
	if (err)
		return err;
	err = -EISDIR;
	if (type != LAST_NORM)
		goto out;
	dentry = start_remove(&path, &last);
	err = PTR_ERR_OR_ZERO(dentry);
	if (err)
		goto out;
	if (d_is_negative(dentry)) {
		err = -ENOENT;
	} else if (last.name[last.len]) {
		err = S_ISDIR(d_inode(dentry)->i_mode) ? -EISDIR : -ENOTDIR;
	} else {
		inode = d_inode(dentry);
		ihold(inode);
		err = vfs_unlink(d_inode(path.dentry), dentry);
	}
	end_remove(&path, dentry);
	iput(inode);
out:
	path_put(&path);
	putname(name);
	return err;
}

SYSCALL_DEFINE1(rmdir, const char __user *, pathname)
{
	return do_rmdir(AT_FDCWD, getname(pathname));
}

SYSCALL_DEFINE1(unlink, const char __user *, pathname)
{
	return do_unlinkat(AT_FDCWD, getname(pathname));
}

SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, pathname, int, flag)
{
	if (flag & ~AT_REMOVEDIR)
		return -EINVAL;
	if (flag & AT_REMOVEDIR)
		return do_rmdir(dfd, getname(pathname));
	return do_unlinkat(dfd, getname(pathname));
}
