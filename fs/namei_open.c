/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/namei_open.c - the end of a walk in open(2): find the last component, or make it, and open what is there.
 *
 *	link_path_walk --> open_last ---- found (or made) ----> step_into --> a symlink: walk its text, and again
 *	                       |                                     |
 *	                       +-- O_CREAT, not there: create        +--> do_open: rights, truncation, the driver's open
 *
 * Looking up and creating are one step under the directory's i_rwsem: of two tasks that open the same new name, one
 * makes it and the other finds it, and with O_EXCL the other gets -EEXIST. A name that is in the cache and exists is
 * opened without that lock.
 *
 * A file that this very open() made may be opened in any mode, whatever its own mode says: open("lock", O_CREAT |
 * O_RDWR, 0) works.
 *
 * Linux (fs/namei.c) also has ->atomic_open for network filesystems, and leases and delegations to break.
 */
#include <primer/cred.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>

#include "internal.h"

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->create)
		return -EACCES;
	return dir->i_op->create(dir, dentry, (mode & S_IALLUGO) | S_IFREG, excl);
}

/* Rights to what was found. */
static int may_open(const struct path *path, int acc_mode, int flag)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	switch (inode->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc_mode & MAY_WRITE)
			return -EISDIR;
		if (acc_mode & MAY_EXEC && acc_mode & MAY_OPEN && !(acc_mode & MAY_CHDIR))
			return -EACCES;		/* execve of a directory */
		break;
	case S_IFBLK:
	case S_IFCHR:
		if (path->mnt->mnt_flags & MNT_NODEV)
			return -EACCES;
		fallthrough;
	case S_IFIFO:
	case S_IFSOCK:
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFREG:
		if (acc_mode & MAY_EXEC && path->mnt->mnt_flags & MNT_NOEXEC)
			return -EACCES;
		break;
	}
	err = inode_permission(inode, MAY_OPEN | acc_mode);
	if (err)
		return err;
	if (IS_APPEND(inode)) {
		if ((flag & O_ACCMODE) != O_RDONLY && !(flag & O_APPEND))
			return -EPERM;
		if (flag & O_TRUNC)
			return -EPERM;
	}
	if (flag & O_NOATIME && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

/*
 * The last component under the directory's i_rwsem: the dentry, positive, or negative when it is not to be made, or
 * ERR_PTR.
 * @writable: 0, or why nothing may be made here.
 */
static struct dentry *lookup_open(struct nameidata *nd, struct file *file, const struct open_flags *op, int writable)
{
	struct inode *dir = nd->inode;
	struct dentry *dentry = __lookup_hash(&nd->last, nd->path.dentry, nd->flags);
	umode_t mode;
	int err;

	if (IS_ERR(dentry) || d_is_positive(dentry) || !(op->open_flag & O_CREAT))
		return dentry;
	mode = op->mode & ~current_umask();
	err = writable;
	if (!err)
		err = vfs_create(dir, dentry, mode, op->open_flag & O_EXCL);
	if (err) {
		dput(dentry);
		return ERR_PTR(err);
	}
	file->f_mode |= FMODE_CREATED;
	return dentry;
}

/* Step onto the last component. Returns the text of a symlink to walk, NULL, or ERR_PTR. */
static const char *open_last(struct nameidata *nd, struct file *file, const struct open_flags *op)
{
	bool slash = nd->last_type == LAST_NORM && nd->last.name[nd->last.len];
	struct dentry *dentry;

	nd->flags |= op->intent;
	if (nd->last_type != LAST_NORM) {
		if (nd->depth)
			put_link(nd);
		return handle_dots(nd, nd->last_type);
	}
	if (slash) {
		if (op->open_flag & O_CREAT)
			return ERR_PTR(-EISDIR);
		nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	}
	dentry = lookup_fast(nd);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	if (dentry && d_is_negative(dentry) && op->open_flag & O_CREAT) {
		dput(dentry);
		dentry = NULL;
	}
	if (unlikely(!dentry)) {
		int writable = op->open_flag & O_CREAT ? mnt_want_write(nd->path.mnt) : -EROFS;

		inode_lock(nd->inode);
		dentry = lookup_open(nd, file, op, writable);
		inode_unlock(nd->inode);
		if (!writable)
			mnt_drop_write(nd->path.mnt);
		if (IS_ERR(dentry))
			return ERR_CAST(dentry);
	}
	if (nd->depth)
		put_link(nd);
	return step_into(nd, WALK_TRAILING, dentry);
}

static int handle_truncate(struct file *file)
{
	struct inode *inode = file->f_inode;
	int err = get_write_access(inode);

	if (err)
		return err;
	err = do_truncate(file->f_path.dentry, 0, ATTR_MTIME | ATTR_CTIME | ATTR_OPEN, file);
	put_write_access(inode);
	return err;
}

/* nd->path is what shall be opened. */
static int do_open(struct nameidata *nd, struct file *file, const struct open_flags *op)
{
	int open_flag = op->open_flag, acc_mode = op->acc_mode, err;
	bool truncate = false;

	if (open_flag & O_CREAT) {
		if (open_flag & O_EXCL && !(file->f_mode & FMODE_CREATED))
			return -EEXIST;
		if (S_ISDIR(nd->inode->i_mode))
			return -EISDIR;
	}
	if (nd->flags & LOOKUP_DIRECTORY && !S_ISDIR(nd->inode->i_mode))
		return -ENOTDIR;
	if (file->f_mode & FMODE_CREATED) {
		open_flag &= ~O_TRUNC;
		acc_mode = 0;
	} else if (S_ISREG(nd->inode->i_mode) && open_flag & O_TRUNC) {
		err = mnt_want_write(nd->path.mnt);
		if (err)
			return err;
		truncate = true;
	}
	err = may_open(&nd->path, acc_mode, open_flag);
	if (!err)
		err = vfs_open(&nd->path, file);
	if (!err && truncate)
		err = handle_truncate(file);
	if (truncate)
		mnt_drop_write(nd->path.mnt);
	return err;
}

/* O_PATH: the place, whatever it is; no rights to it are needed. */
static int do_o_path(struct nameidata *nd, unsigned int flags, struct file *file)
{
	struct path path;
	int err = path_lookupat(nd, flags, &path);

	if (!err) {
		err = vfs_open(&path, file);
		path_put(&path);
	}
	return err;
}

/* O_TMPFILE: a file without a name in the directory that the path names. With O_EXCL it can never get one. */
static int do_tmpfile(struct nameidata *nd, unsigned int flags, const struct open_flags *op, struct file *file)
{
	static const struct qstr name = QSTR_INIT("/", 1);
	struct dentry *child;
	struct path path;
	struct inode *dir;
	int err = path_lookupat(nd, flags | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = mnt_want_write(path.mnt);
	if (err)
		goto out;
	dir = d_inode(path.dentry);
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (!err && !dir->i_op->tmpfile)
		err = -EOPNOTSUPP;
	if (err)
		goto out_write;
	child = d_alloc(path.dentry, &name);
	err = child ? dir->i_op->tmpfile(dir, child, op->mode & ~current_umask()) : -ENOMEM;
	if (!err) {
		file->f_mode |= FMODE_CREATED;
		err = vfs_open(&(struct path){ path.mnt, child }, file);
	}
	if (!err && !(op->open_flag & O_EXCL)) {
		struct inode *inode = d_inode(child);

		spin_lock(&inode->i_lock);
		inode->i_state |= I_LINKABLE;
		spin_unlock(&inode->i_lock);
	}
	dput(child);
out_write:
	mnt_drop_write(path.mnt);
out:
	path_put(&path);
	return err;
}

static struct file *path_openat(struct nameidata *nd, const struct open_flags *op, unsigned int flags)
{
	struct file *file = alloc_empty_file(op->open_flag);
	int err;

	if (IS_ERR(file))
		return file;
	if (unlikely(op->open_flag & __O_TMPFILE)) {
		err = do_tmpfile(nd, flags, op, file);
	} else if (unlikely(op->open_flag & O_PATH)) {
		err = do_o_path(nd, flags, file);
	} else {
		const char *s = path_init(nd, flags);

		while (!(err = link_path_walk(s, nd)) && (s = open_last(nd, file, op)) != NULL)
			;
		if (!err)
			err = do_open(nd, file, op);
		terminate_walk(nd);
	}
	if (likely(!err))
		return file;
	fput(file);
	return ERR_PTR(err);
}

struct file *do_filp_open(int dfd, struct filename *pathname, const struct open_flags *op)
{
	struct nameidata nd;

	set_nameidata(&nd, dfd, pathname, NULL);
	return path_openat(&nd, op, op->lookup_flags);
}

struct file *do_file_open_root(const struct path *root, const char *name, const struct open_flags *op)
{
	struct filename *filename = getname_kernel(name);
	struct nameidata nd;
	struct file *file;

	if (IS_ERR(filename))
		return ERR_CAST(filename);
	set_nameidata(&nd, -1, filename, root);
	file = path_openat(&nd, op, op->lookup_flags);
	putname(filename);
	return file;
}
