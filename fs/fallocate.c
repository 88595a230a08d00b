/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/fallocate.c - room in a file, made or taken back without writing: fallocate(2), and MADV_REMOVE behind it.
 *
 * What can be said without knowing the filesystem is checked here: which modes go together, that the file was opened
 * for writing, and that the range is one of a file. The filesystem says -EOPNOTSUPP to what it cannot do.
 *
 * Locking: none here. The filesystem takes inode->i_rwsem, and looks at the file's size under it.
 *
 * Linux: vfs_fallocate() in fs/open.c, which also refuses active swap files, waits for a frozen filesystem, and tells
 * those who watch the file (fsnotify).
 */
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/syscalls.h>
#include <uapi/falloc.h>

#define FALLOC_MODES	(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE | \
			 FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE)

static int check_mode(int mode)
{
	if (mode & ~FALLOC_MODES)
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && (mode & FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_COLLAPSE_RANGE) && (mode & ~FALLOC_FL_COLLAPSE_RANGE))
		return -EINVAL;
	if ((mode & FALLOC_FL_INSERT_RANGE) && (mode & ~FALLOC_FL_INSERT_RANGE))
		return -EINVAL;
	if ((mode & FALLOC_FL_UNSHARE_RANGE) && (mode & ~(FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE)))
		return -EINVAL;
	return 0;
}

int vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	int err;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	err = check_mode(mode);
	if (err)
		return err;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if ((mode & ~FALLOC_FL_KEEP_SIZE) && IS_APPEND(inode))
		return -EPERM;
	if (IS_IMMUTABLE(inode))
		return -EPERM;
	if (S_ISFIFO(inode->i_mode))
		return -ESPIPE;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return -ENODEV;
	if (len > inode->i_sb->s_maxbytes || offset > inode->i_sb->s_maxbytes - len)
		return -EFBIG;
	return file->f_op->fallocate ? file->f_op->fallocate(file, mode, offset, len) : -EOPNOTSUPP;
}

SYSCALL_DEFINE4(fallocate, int, fd, int, mode, loff_t, offset, loff_t, len)
{
	struct fd f = fdget(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = vfs_fallocate(f.file, mode, offset, len);
	fdput(f);
	return err;
}
