/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/sync.c - sync, fsync, fdatasync: wait until what was written would survive the power going off.
 *
 * What a filesystem in memory can promise is promised already. One on a device has ->fsync for a file and ->sync_fs
 * for all. A file that has no fsync (a pipe, a terminal) gives -EINVAL.
 */
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/syscalls.h>

#include "internal.h"

int vfs_fsync_range(struct file *file, loff_t start, loff_t end, int datasync)
{
	if (!file->f_op->fsync)
		return -EINVAL;
	return file->f_op->fsync(file, start, end, datasync);
}

int vfs_fsync(struct file *file, int datasync)
{
	return vfs_fsync_range(file, 0, S64_MAX, datasync);
}

static long do_fsync(unsigned int fd, int datasync)
{
	struct fd f = fdget(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = vfs_fsync(f.file, datasync);
	fdput(f);
	return err;
}

SYSCALL_DEFINE1(fsync, unsigned int, fd)
{
	return do_fsync(fd, 0);
}

SYSCALL_DEFINE1(fdatasync, unsigned int, fd)
{
	return do_fsync(fd, 1);
}

static void sync_one(struct super_block *sb, void *arg)
{
	if (!sb_rdonly(sb) && sb->s_op->sync_fs)
		sb->s_op->sync_fs(sb, *(int *)arg);
}

/* Start everything first, then wait for each. */
SYSCALL_DEFINE0(sync)
{
	int nowait = 0, wait = 1;

	iterate_supers(sync_one, &nowait);
	iterate_supers(sync_one, &wait);
	return 0;
}

SYSCALL_DEFINE1(syncfs, unsigned int, fd)
{
	struct fd f = fdget(fd);
	struct super_block *sb;
	int wait = 1;

	if (!f.file)
		return -EBADF;
	sb = f.file->f_path.dentry->d_sb;
	down_read(&sb->s_umount);
	sync_one(sb, &wait);
	up_read(&sb->s_umount);
	fdput(f);
	return 0;
}
