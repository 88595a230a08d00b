/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/stat.c - what is known about a file: the stat family, readlink, statfs.
 *
 *	name or descriptor --> struct path --vfs_getattr()--> struct kstat --> the user's struct stat or statx
 *
 * The kernel's own record (kstat) is wider than any of the formats, so that a filesystem fills one thing whatever the
 * program asked. glibc asks for everything with newfstatat; "" with AT_EMPTY_PATH is its fstat.
 *
 * Times, mode and owner are read without the inode's lock: a stat beside a change sees the old or the new, of each
 * field.
 */
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>
#include <uapi/statfs.h>

#include "internal.h"
#include "mount.h"

void generic_fillattr(struct inode *inode, struct kstat *stat)
{
	stat->dev = inode->i_sb->s_dev;
	stat->ino = inode->i_ino;
	stat->mode = inode->i_mode;
	stat->nlink = inode->i_nlink;
	stat->uid = inode->i_uid;
	stat->gid = inode->i_gid;
	stat->rdev = inode->i_rdev;
	stat->size = i_size_read(inode);
	stat->atime = inode->i_atime;
	stat->mtime = inode->i_mtime;
	stat->ctime = inode->i_ctime;
	stat->blksize = 1U << inode->i_blkbits;
	stat->blocks = inode->i_blocks;
}

int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	stat->result_mask = STATX_BASIC_STATS;
	stat->attributes = 0;
	stat->attributes_mask = 0;
	stat->mnt_id = 0;
	stat->btime = (struct timespec64){ 0, 0 };
	if (inode->i_op->getattr)
		return inode->i_op->getattr(path, stat, request_mask, query_flags);
	generic_fillattr(inode, stat);
	return 0;
}

static int vfs_fstat(unsigned int fd, struct kstat *stat)
{
	struct fd f = fdget_raw(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = vfs_getattr(&f.file->f_path, stat, STATX_BASIC_STATS, 0);
	fdput(f);
	return err;
}

static int vfs_statx(int dfd, const char __user *filename, int flags, struct kstat *stat, u32 request_mask)
{
	unsigned int lookup_flags = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup_flags |= LOOKUP_EMPTY;
	err = user_path_at(dfd, filename, lookup_flags, &path);
	if (err)
		return err;
	err = vfs_getattr(&path, stat, request_mask, flags);
	stat->mnt_id = real_mount(path.mnt)->mnt_id;
	stat->result_mask |= STATX_MNT_ID;
	if (path.mnt->mnt_root == path.dentry)
		stat->attributes |= STATX_ATTR_MOUNT_ROOT;
	stat->attributes_mask |= STATX_ATTR_MOUNT_ROOT;
	path_put(&path);
	return err;
}

/* Field by field into user memory would open and close it each time: fill a copy, move it once. */
static long cp_new_stat(const struct kstat *stat, struct stat __user *statbuf)
{
	struct stat tmp = {
		.st_dev = new_encode_dev(stat->dev),
		.st_ino = stat->ino,
		.st_nlink = stat->nlink,
		.st_mode = stat->mode,
		.st_uid = stat->uid,
		.st_gid = stat->gid,
		.st_rdev = new_encode_dev(stat->rdev),
		.st_size = stat->size,
		.st_blksize = stat->blksize,
		.st_blocks = stat->blocks,
		.st_atime = stat->atime.tv_sec,
		.st_atime_nsec = stat->atime.tv_nsec,
		.st_mtime = stat->mtime.tv_sec,
		.st_mtime_nsec = stat->mtime.tv_nsec,
		.st_ctime = stat->ctime.tv_sec,
		.st_ctime_nsec = stat->ctime.tv_nsec,
	};

	return copy_to_user(statbuf, &tmp, sizeof(tmp)) ? -EFAULT : 0;
}

static long do_newfstatat(int dfd, const char __user *filename, struct stat __user *statbuf, int flag)
{
	struct kstat stat;
	int err;

	/* fstat(fd) as glibc spells it: do not copy an empty name from user memory and walk it. */
	if (flag & AT_EMPTY_PATH && dfd >= 0) {
		char c = 0;

		err = filename ? get_user(c, filename) : 0;
		if (err)
			return err;
		if (!c) {
			err = flag & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH) ? -EINVAL
											      : vfs_fstat(dfd, &stat);
			return err ? err : cp_new_stat(&stat, statbuf);
		}
	}
	if (flag & AT_STATX_SYNC_TYPE)
		return -EINVAL;
	err = vfs_statx(dfd, filename, flag, &stat, STATX_BASIC_STATS);
	return err ? err : cp_new_stat(&stat, statbuf);
}

SYSCALL_DEFINE4(newfstatat, int, dfd, const char __user *, filename, struct stat __user *, statbuf, int, flag)
{
	return do_newfstatat(dfd, filename, statbuf, flag);
}

SYSCALL_DEFINE2(stat, const char __user *, filename, struct stat __user *, statbuf)
{
	return do_newfstatat(AT_FDCWD, filename, statbuf, 0);
}

SYSCALL_DEFINE2(lstat, const char __user *, filename, struct stat __user *, statbuf)
{
	return do_newfstatat(AT_FDCWD, filename, statbuf, AT_SYMLINK_NOFOLLOW);
}

SYSCALL_DEFINE2(fstat, unsigned int, fd, struct stat __user *, statbuf)
{
	struct kstat stat;
	int err = vfs_fstat(fd, &stat);

	return err ? err : cp_new_stat(&stat, statbuf);
}

static struct statx_timestamp statx_time(const struct timespec64 *ts)
{
	return (struct statx_timestamp){ .tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec };
}

SYSCALL_DEFINE5(statx, int, dfd, const char __user *, filename, unsigned int, flags, unsigned int, mask,
		struct statx __user *, buffer)
{
	struct kstat stat;
	struct statx tmp;
	int err;

	if (mask & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	err = vfs_statx(dfd, filename, flags, &stat, mask);
	if (err)
		return err;
	tmp = (struct statx){
		.stx_mask = stat.result_mask,
		.stx_blksize = stat.blksize,
		.stx_attributes = stat.attributes,
		.stx_nlink = stat.nlink,
		.stx_uid = stat.uid,
		.stx_gid = stat.gid,
		.stx_mode = stat.mode,
		.stx_ino = stat.ino,
		.stx_size = stat.size,
		.stx_blocks = stat.blocks,
		.stx_attributes_mask = stat.attributes_mask,
		.stx_atime = statx_time(&stat.atime),
		.stx_btime = statx_time(&stat.btime),
		.stx_ctime = statx_time(&stat.ctime),
		.stx_mtime = statx_time(&stat.mtime),
		.stx_rdev_major = MAJOR(stat.rdev),
		.stx_rdev_minor = MINOR(stat.rdev),
		.stx_dev_major = MAJOR(stat.dev),
		.stx_dev_minor = MINOR(stat.dev),
		.stx_mnt_id = stat.mnt_id,
	};
	return copy_to_user(buffer, &tmp, sizeof(tmp)) ? -EFAULT : 0;
}

/* ---- readlink ---------------------------------------------------------------------------------------------------- */

/* @path is a symlink. The text is cut to @bufsiz without a word; it has no terminating zero. */
static long read_link_text(const struct path *path, char __user *buf, int bufsiz)
{
	struct inode *inode = d_inode(path->dentry);
	struct delayed_call done = { };
	const char *text = inode->i_link;
	long len;

	touch_atime(path);
	if (!text)
		text = inode->i_op->get_link(path->dentry, inode, &done);
	if (IS_ERR(text))
		return PTR_ERR(text);
	len = strlen(text);
	if (len > bufsiz)
		len = bufsiz;
	if (copy_to_user(buf, text, len))
		len = -EFAULT;
	do_delayed_call(&done);
	return len;
}

static long do_readlinkat(int dfd, const char __user *pathname, char __user *buf, int bufsiz)
{
	struct filename *name;
	struct path path;
	bool empty;
	long err;

	if (bufsiz <= 0)
		return -EINVAL;
	name = getname_flags(pathname, LOOKUP_EMPTY);
	empty = !IS_ERR(name) && !*name->name;
	err = filename_lookup(dfd, name, LOOKUP_EMPTY, &path, NULL);
	if (err)
		return err;
	if (S_ISLNK(d_inode(path.dentry)->i_mode))
		err = read_link_text(&path, buf, bufsiz);
	else
		err = empty ? -ENOENT : -EINVAL;
	path_put(&path);
	return err;
}

SYSCALL_DEFINE4(readlinkat, int, dfd, const char __user *, pathname, char __user *, buf, int, bufsiz)
{
	return do_readlinkat(dfd, pathname, buf, bufsiz);
}

SYSCALL_DEFINE3(readlink, const char __user *, path, char __user *, buf, int, bufsiz)
{
	return do_readlinkat(AT_FDCWD, path, buf, bufsiz);
}

/* ---- statfs ------------------------------------------------------------------------------------------------------ */

static long statfs_flags(const struct vfsmount *mnt)
{
	static const struct { unsigned int mnt, st; } map[] = {
		{ MNT_READONLY, ST_RDONLY }, { MNT_NOSUID, ST_NOSUID }, { MNT_NODEV, ST_NODEV },
		{ MNT_NOEXEC, ST_NOEXEC },
		{ MNT_NOATIME, ST_NOATIME }, { MNT_NODIRATIME, ST_NODIRATIME }, { MNT_RELATIME, ST_RELATIME },
	};
	long flags = ST_VALID;

	for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
		if (mnt->mnt_flags & map[i].mnt)
			flags |= map[i].st;
	}
	if (sb_rdonly(mnt->mnt_sb))
		flags |= ST_RDONLY;
	return flags;
}

int vfs_statfs(const struct path *path, struct kstatfs *buf)
{
	struct super_block *sb = path->dentry->d_sb;
	int err;

	if (!sb->s_op->statfs)
		return -ENOSYS;
	memset(buf, 0, sizeof(*buf));
	err = sb->s_op->statfs(path->dentry, buf);
	if (err)
		return err;
	if (!buf->f_frsize)
		buf->f_frsize = buf->f_bsize;
	buf->f_flags = statfs_flags(path->mnt);
	return 0;
}

static long cp_statfs(const struct kstatfs *st, struct statfs __user *p)
{
	struct statfs buf = {
		.f_type = st->f_type,
		.f_bsize = st->f_bsize,
		.f_blocks = st->f_blocks,
		.f_bfree = st->f_bfree,
		.f_bavail = st->f_bavail,
		.f_files = st->f_files,
		.f_ffree = st->f_ffree,
		.f_fsid = { { (int)st->f_fsid, (int)(st->f_fsid >> 32) } },
		.f_namelen = st->f_namelen,
		.f_frsize = st->f_frsize,
		.f_flags = st->f_flags,
	};

	return copy_to_user(p, &buf, sizeof(buf)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(statfs, const char __user *, pathname, struct statfs __user *, buf)
{
	struct kstatfs st;
	struct path path;
	int err = user_path_at(AT_FDCWD, pathname, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = vfs_statfs(&path, &st);
	path_put(&path);
	return err ? err : cp_statfs(&st, buf);
}

SYSCALL_DEFINE2(fstatfs, unsigned int, fd, struct statfs __user *, buf)
{
	struct fd f = fdget_raw(fd);
	struct kstatfs st;
	int err;

	if (!f.file)
		return -EBADF;
	err = vfs_statfs(&f.file->f_path, &st);
	fdput(f);
	return err ? err : cp_statfs(&st, buf);
}
