/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/fcntl.c - fcntl(2), ioctl(2), umask(2): knobs of a descriptor and of an opening.
 *
 * FD_CLOEXEC belongs to the descriptor; the O_ flags belong to the opening, and all descriptors made from it by dup
 * or fork see them change. Of these only O_APPEND, O_NONBLOCK, O_NOATIME, O_DIRECT and FASYNC can be changed
 * afterwards.
 *
 * A command that is not known here gets -EINVAL, as on Linux; among these are the record locks (F_SETLK and its kin),
 * which a kernel without them cannot pretend to hold. ioctl's answer to whoever does not implement a command is
 * -ENOTTY: "not a terminal" is how isatty() asks.
 */
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/pipe_fs_i.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>
#include <uapi/ioctls.h>

#include "internal.h"

#define SETFL_MASK	(O_APPEND | O_NONBLOCK | O_NDELAY | O_DIRECT | O_NOATIME | FASYNC)

static int setfl(struct file *file, unsigned int arg)
{
	struct inode *inode = file->f_inode;

	if ((arg ^ file->f_flags) & O_APPEND && IS_APPEND(inode))
		return -EPERM;
	if (arg & O_NOATIME && !(file->f_flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	/* Of a pipe it asks for packets; elsewhere for a way around the page cache, which no filesystem here has. */
	if (arg & O_DIRECT && !S_ISFIFO(inode->i_mode))
		return -EINVAL;
	if (file->f_op->check_flags) {
		int err = file->f_op->check_flags(arg);

		if (err)
			return err;
	}
	spin_lock(&file->f_lock);
	file->f_flags = (arg & SETFL_MASK) | (file->f_flags & ~SETFL_MASK);
	spin_unlock(&file->f_lock);
	return 0;
}

static long do_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg, struct file *file)
{
	switch (cmd) {
	case F_DUPFD:
		return f_dupfd(arg, file, 0);
	case F_DUPFD_CLOEXEC:
		return f_dupfd(arg, file, O_CLOEXEC);
	case F_GETFD:
		return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->f_flags;
	case F_SETFL:
		return setfl(file, arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(file, cmd, arg);
	default:
		return -EINVAL;
	}
}

/* Commands that do not touch what the file holds: allowed with O_PATH. */
static bool fcntl_allowed_for_path(unsigned int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD || cmd == F_GETFL;
}

SYSCALL_DEFINE3(fcntl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget_raw(fd);
	long err = -EBADF;

	if (!f.file)
		return -EBADF;
	if (!(f.file->f_mode & FMODE_PATH) || fcntl_allowed_for_path(cmd))
		err = do_fcntl(fd, cmd, arg, f.file);
	fdput(f);
	return err;
}

/* ---- ioctl ------------------------------------------------------------------------------------------------------- */

long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long err;

	if (!file->f_op->unlocked_ioctl)
		return -ENOTTY;
	err = file->f_op->unlocked_ioctl(file, cmd, arg);
	return err == -ENOIOCTLCMD ? -ENOTTY : err;
}

static long ioctl_fionbio(struct file *file, int __user *argp)
{
	int on;

	if (get_user(on, argp))
		return -EFAULT;
	spin_lock(&file->f_lock);
	if (on)
		file->f_flags |= O_NONBLOCK;
	else
		file->f_flags &= ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
	return 0;
}

static long do_vfs_ioctl(struct file *file, unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct inode *inode = file->f_inode;

	switch (cmd) {
	case FIOCLEX:
		set_close_on_exec(fd, 1);
		return 0;
	case FIONCLEX:
		set_close_on_exec(fd, 0);
		return 0;
	case FIONBIO:
		return ioctl_fionbio(file, (int __user *)arg);
	case FIOQSIZE: {
		loff_t size = i_size_read(inode);

		if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode) && !S_ISLNK(inode->i_mode))
			return -ENOTTY;
		return put_user(size, (loff_t __user *)arg);
	}
	case FIGETBSZ:
		return put_user((int)inode->i_sb->s_blocksize, (int __user *)arg);
	case FIONREAD:
		if (S_ISREG(inode->i_mode))
			return put_user((int)(i_size_read(inode) - file->f_pos), (int __user *)arg);
		break;
	}
	return vfs_ioctl(file, cmd, arg);
}

SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget(fd);
	long err;

	if (!f.file)
		return -EBADF;
	err = do_vfs_ioctl(f.file, fd, cmd, arg);
	fdput(f);
	return err;
}

SYSCALL_DEFINE1(umask, int, mask)
{
	struct fs_struct *fs = current->fs;
	int old;

	spin_lock(&fs->lock);
	old = fs->umask;
	fs->umask = mask & S_IRWXUGO;
	spin_unlock(&fs->lock);
	return old;
}
