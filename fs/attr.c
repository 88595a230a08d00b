/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/attr.c - changing what a file is said to be: mode, owner, times, size.
 *
 * All of chmod, chown, utimensat, truncate and the side effects of write and open end in notify_change() with a
 * struct iattr that says which fields change. It checks (setattr_prepare), lets the filesystem store (->setattr), all
 * under the inode's i_rwsem.
 *
 * Two rules are easily forgotten. Whoever changes the owner or writes to a file takes the set-user-id and
 * set-group-id bits away (unless he has CAP_FSETID): nobody may lend his rights to contents that are not his. And a
 * time may be set to "now" by whoever may write, but to any other value only by the owner.
 *
 * Linux (fs/attr.c, fs/open.c, fs/utimes.c) has delegations, idmapped mounts and security hooks in between.
 */
#include <primer/cred.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/pagemap.h>
#include <primer/signal.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>

#include "internal.h"

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static bool chown_ok(const struct inode *inode, uid_t uid)
{
	if (current_fsuid() == inode->i_uid && uid == inode->i_uid)
		return true;
	return capable(CAP_CHOWN);
}

static bool chgrp_ok(const struct inode *inode, gid_t gid)
{
	if (current_fsuid() == inode->i_uid && (gid == inode->i_gid || in_group_p(gid)))
		return true;
	return capable(CAP_CHOWN);
}

int inode_newsize_ok(const struct inode *inode, loff_t size)
{
	if (inode->i_size < size) {
		unsigned long limit = rlimit(RLIMIT_FSIZE);

		if (limit != RLIM_INFINITY && (unsigned long)size > limit) {
			send_sig(SIGXFSZ, current, 0);
			return -EFBIG;
		}
		if (size > inode->i_sb->s_maxbytes)
			return -EFBIG;
	}
	return 0;
}

int setattr_prepare(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	unsigned int ia_valid = attr->ia_valid;

	if (ia_valid & ATTR_SIZE) {
		int err = inode_newsize_ok(inode, attr->ia_size);

		if (err)
			return err;
	}
	if (ia_valid & ATTR_FORCE)
		return 0;
	if (ia_valid & ATTR_UID && !chown_ok(inode, attr->ia_uid))
		return -EPERM;
	if (ia_valid & ATTR_GID && !chgrp_ok(inode, attr->ia_gid))
		return -EPERM;
	if (ia_valid & ATTR_MODE) {
		gid_t gid = ia_valid & ATTR_GID ? attr->ia_gid : inode->i_gid;

		if (!inode_owner_or_capable(inode))
			return -EPERM;
		if (!in_group_p(gid) && !capable(CAP_FSETID))
			attr->ia_mode &= ~S_ISGID;
	}
	if (ia_valid & (ATTR_MTIME_SET | ATTR_ATIME_SET | ATTR_TIMES_SET) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	unsigned int ia_valid = attr->ia_valid;

	if (ia_valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (ia_valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	spin_lock(&inode->i_lock);
	if (ia_valid & ATTR_ATIME)
		inode->i_atime = attr->ia_atime;
	if (ia_valid & ATTR_MTIME)
		inode->i_mtime = attr->ia_mtime;
	if (ia_valid & ATTR_CTIME)
		inode->i_ctime = attr->ia_ctime;
	spin_unlock(&inode->i_lock);
	if (ia_valid & ATTR_MODE) {
		umode_t mode = attr->ia_mode;

		if (!in_group_p(inode->i_gid) && !capable(CAP_FSETID))
			mode &= ~S_ISGID;
		inode->i_mode = mode;
	}
}

/* Which of the set-id bits must go when the contents or the owner change. */
static unsigned int kill_bits(const struct inode *inode)
{
	unsigned int kill = 0;

	if (inode->i_mode & S_ISUID)
		kill |= ATTR_KILL_SUID;
	if ((inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		kill |= ATTR_KILL_SGID;
	return kill;
}

int notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct timespec64 now;

	lockdep_assert_held(&inode->i_rwsem);
	if (attr->ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_TIMES_SET) &&
	    (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	if (attr->ia_valid & ATTR_TOUCH) {
		if (IS_IMMUTABLE(inode))
			return -EPERM;
		if (!inode_owner_or_capable(inode)) {
			int err = inode_permission(inode, MAY_WRITE);

			if (err)
				return err;
		}
	}
	now = current_time(inode);
	attr->ia_ctime = now;
	if (!(attr->ia_valid & ATTR_ATIME_SET))
		attr->ia_atime = now;
	if (!(attr->ia_valid & ATTR_MTIME_SET))
		attr->ia_mtime = now;
	if (attr->ia_valid & (ATTR_KILL_SUID | ATTR_KILL_SGID)) {
		if (!(attr->ia_valid & ATTR_MODE)) {
			attr->ia_mode = inode->i_mode;
			attr->ia_valid |= ATTR_MODE;
		}
		if (attr->ia_valid & ATTR_KILL_SUID)
			attr->ia_mode &= ~S_ISUID;
		if (attr->ia_valid & ATTR_KILL_SGID)
			attr->ia_mode &= ~S_ISGID;
		attr->ia_valid &= ~(ATTR_KILL_SUID | ATTR_KILL_SGID);
	}
	if (inode->i_op->setattr)
		return inode->i_op->setattr(dentry, attr);
	return simple_setattr(dentry, attr);
}

int file_remove_privs(struct file *file)
{
	struct inode *inode = file->f_inode;
	unsigned int kill;
	struct iattr attr;

	if (likely(!(inode->i_mode & (S_ISUID | S_ISGID))) || !S_ISREG(inode->i_mode))
		return 0;
	kill = kill_bits(inode);
	if (!kill || capable(CAP_FSETID))
		return 0;
	attr.ia_valid = ATTR_FORCE | kill;
	return notify_change(file->f_path.dentry, &attr);
}

/* ---- mode and owner ---------------------------------------------------------------------------------------------- */

int chmod_common(const struct path *path, umode_t mode)
{
	struct inode *inode = d_inode(path->dentry);
	struct iattr attr;
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	inode_lock(inode);
	attr.ia_mode = (mode & S_IALLUGO) | (inode->i_mode & ~S_IALLUGO);
	attr.ia_valid = ATTR_MODE | ATTR_CTIME;
	err = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return err;
}

int chown_common(const struct path *path, uid_t user, gid_t group)
{
	struct inode *inode = d_inode(path->dentry);
	struct iattr attr = { .ia_valid = ATTR_CTIME };
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	if (user != (uid_t)-1) {
		attr.ia_valid |= ATTR_UID;
		attr.ia_uid = user;
	}
	if (group != (gid_t)-1) {
		attr.ia_valid |= ATTR_GID;
		attr.ia_gid = group;
	}
	inode_lock(inode);
	if (!S_ISDIR(inode->i_mode))
		attr.ia_valid |= kill_bits(inode);
	err = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return err;
}

static long do_fchmodat(int dfd, const char __user *filename, umode_t mode)
{
	struct path path;
	int err = user_path_at(dfd, filename, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = chmod_common(&path, mode);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(chmod, const char __user *, filename, umode_t, mode)
{
	return do_fchmodat(AT_FDCWD, filename, mode);
}

SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, filename, umode_t, mode)
{
	return do_fchmodat(dfd, filename, mode);
}

SYSCALL_DEFINE2(fchmod, unsigned int, fd, umode_t, mode)
{
	struct fd f = fdget(fd);
	int err = -EBADF;

	if (f.file) {
		err = chmod_common(&f.file->f_path, mode);
		fdput(f);
	}
	return err;
}

static long do_fchownat(int dfd, const char __user *filename, uid_t user, gid_t group, int flag)
{
	unsigned int lookup_flags = flag & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (flag & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flag & AT_EMPTY_PATH)
		lookup_flags |= LOOKUP_EMPTY;
	err = user_path_at(dfd, filename, lookup_flags, &path);
	if (err)
		return err;
	err = chown_common(&path, user, group);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE3(chown, const char __user *, filename, uid_t, user, gid_t, group)
{
	return do_fchownat(AT_FDCWD, filename, user, group, 0);
}

SYSCALL_DEFINE3(lchown, const char __user *, filename, uid_t, user, gid_t, group)
{
	return do_fchownat(AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW);
}

SYSCALL_DEFINE5(fchownat, int, dfd, const char __user *, filename, uid_t, user, gid_t, group, int, flag)
{
	return do_fchownat(dfd, filename, user, group, flag);
}

SYSCALL_DEFINE3(fchown, unsigned int, fd, uid_t, user, gid_t, group)
{
	struct fd f = fdget(fd);
	int err = -EBADF;

	if (f.file) {
		err = chown_common(&f.file->f_path, user, group);
		fdput(f);
	}
	return err;
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

static bool nsec_valid(long nsec)
{
	return nsec == UTIME_OMIT || nsec == UTIME_NOW || (nsec >= 0 && nsec < NSEC_PER_SEC);
}

/* @times: access and change time, or NULL for now. */
int vfs_utimes(const struct path *path, const struct timespec64 *times)
{
	struct inode *inode = d_inode(path->dentry);
	struct iattr attr;
	int err;

	if (times && (!nsec_valid(times[0].tv_nsec) || !nsec_valid(times[1].tv_nsec)))
		return -EINVAL;
	if (times && times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW)
		times = NULL;
	err = mnt_want_write(path->mnt);
	if (err)
		return err;
	attr.ia_valid = ATTR_CTIME | ATTR_MTIME | ATTR_ATIME;
	if (times) {
		if (times[0].tv_nsec == UTIME_OMIT)
			attr.ia_valid &= ~ATTR_ATIME;
		else if (times[0].tv_nsec != UTIME_NOW)
			attr.ia_valid |= ATTR_ATIME_SET;
		if (times[1].tv_nsec == UTIME_OMIT)
			attr.ia_valid &= ~ATTR_MTIME;
		else if (times[1].tv_nsec != UTIME_NOW)
			attr.ia_valid |= ATTR_MTIME_SET;
		attr.ia_atime = times[0];
		attr.ia_mtime = times[1];
		attr.ia_valid |= ATTR_TIMES_SET;	/* one of them is not "now": only the owner may */
	} else {
		attr.ia_valid |= ATTR_TOUCH;
	}
	inode_lock(inode);
	err = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	mnt_drop_write(path->mnt);
	return err;
}

SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, filename, const struct timespec64 __user *, utimes, int,
		flags)
{
	unsigned int lookup_flags = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct timespec64 times[2];
	struct path path;
	int err;

	if (utimes) {
		if (copy_from_user(times, utimes, sizeof(times)))
			return -EFAULT;
		if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
			return 0;
	}
	if (!filename && dfd != AT_FDCWD) {
		struct fd f;

		if (flags)
			return -EINVAL;
		f = fdget(dfd);
		if (!f.file)
			return -EBADF;
		err = vfs_utimes(&f.file->f_path, utimes ? times : NULL);
		fdput(f);
		return err;
	}
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup_flags |= LOOKUP_EMPTY;
	err = user_path_at(dfd, filename, lookup_flags, &path);
	if (err)
		return err;
	err = vfs_utimes(&path, utimes ? times : NULL);
	path_put(&path);
	return err;
}

/* ---- size -------------------------------------------------------------------------------------------------------- */

int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs, struct file *filp)
{
	struct inode *inode = d_inode(dentry);
	struct iattr attr;
	int err;

	if (length < 0)
		return -EINVAL;
	attr.ia_size = length;
	attr.ia_valid = ATTR_SIZE | ATTR_MTIME | ATTR_CTIME | time_attrs;
	attr.ia_file = filp;
	if (filp)
		attr.ia_valid |= ATTR_FILE;
	inode_lock(inode);
	/* As with a write: whoever may change the contents takes the bits away, without being the owner. */
	if (!capable(CAP_FSETID) && kill_bits(inode))
		attr.ia_valid |= kill_bits(inode) | ATTR_FORCE;
	err = notify_change(dentry, &attr);
	inode_unlock(inode);
	return err;
}

long vfs_truncate(const struct path *path, loff_t length)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	err = mnt_want_write(path->mnt);
	if (err)
		return err;
	err = inode_permission(inode, MAY_WRITE);
	if (!err && IS_APPEND(inode))
		err = -EPERM;
	if (!err)
		err = get_write_access(inode);
	if (!err) {
		err = do_truncate(path->dentry, length, 0, NULL);
		put_write_access(inode);
	}
	mnt_drop_write(path->mnt);
	return err;
}

SYSCALL_DEFINE2(truncate, const char __user *, filename, long, length)
{
	struct path path;
	long err;

	if (length < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, filename, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = vfs_truncate(&path, length);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(ftruncate, unsigned int, fd, long, length)
{
	struct fd f;
	int err;

	if (length < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	err = -EINVAL;
	if (!S_ISREG(f.file->f_inode->i_mode) || !(f.file->f_mode & FMODE_WRITE))
		goto out;
	err = -EPERM;
	if (IS_APPEND(f.file->f_inode))
		goto out;
	err = do_truncate(f.file->f_path.dentry, length, ATTR_MTIME | ATTR_CTIME, f.file);
out:
	fdput(f);
	return err;
}
