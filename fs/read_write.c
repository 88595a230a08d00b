/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/read_write.c - moving bytes through an open file: read, write and their variants, lseek.
 *
 * There are two kinds of files. Those with read_iter (write_iter) take their bytes from, or bring them to, any
 * memory: files of filesystems, pipes. Those with read (write) know a user buffer only: small devices. All calls end
 * in one of the two:
 *
 *	read pread         -- one user buffer ----\
 *	readv preadv(2)    -- several ------------- > struct iov_iter --> ->read_iter(kiocb, iter)
 *	kernel_read sendfile - kernel memory -----/
 *	                                          \--> ->read(buf, count, pos), for each user buffer
 *
 * The position. pread brings its own; read uses f_pos, under f_pos_lock if the opening is shared (fdget_pos()).
 * Whoever moves bytes advances it, and leaves it alone when the call fails. A file without a position (FMODE_STREAM)
 * gets a NULL pointer.
 *
 * At most MAX_RW_COUNT bytes move in one call, so that every result fits an int.
 *
 * Linux (fs/read_write.c) adds security hooks, fsnotify, and freezing of the filesystem.
 */
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/pagemap.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/syscalls.h>
#include <primer/uio.h>
#include <asm/uaccess.h>

#include "internal.h"

/* ---- lseek ------------------------------------------------------------------------------------------------------- */

loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize)
{
	if (offset < 0 || offset > maxsize)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

/* SEEK_DATA and SEEK_HOLE see one run of data up to @eof and a hole behind it: allowed, and true enough. */
loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t maxsize, loff_t eof)
{
	loff_t pos;

	switch (whence) {
	case SEEK_END:
		if (__builtin_add_overflow(offset, eof, &offset))
			return -EINVAL;
		break;
	case SEEK_CUR:
		if (!offset)
			return file->f_pos;
		spin_lock(&file->f_lock);	/* two relative seeks through one shared opening both count */
		if (__builtin_add_overflow(offset, file->f_pos, &offset))
			pos = -EINVAL;
		else
			pos = vfs_setpos(file, offset, maxsize);
		spin_unlock(&file->f_lock);
		return pos;
	case SEEK_DATA:
		if ((u64)offset >= (u64)eof)
			return -ENXIO;
		break;
	case SEEK_HOLE:
		if ((u64)offset >= (u64)eof)
			return -ENXIO;
		offset = eof;
		break;
	}
	return vfs_setpos(file, offset, maxsize);
}

loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file->f_mapping->host;

	return generic_file_llseek_size(file, offset, whence, inode->i_sb->s_maxbytes, i_size_read(inode));
}

loff_t no_llseek(struct file *file, loff_t offset, int whence)		{ return -ESPIPE; }
loff_t noop_llseek(struct file *file, loff_t offset, int whence)	{ return file->f_pos; }
loff_t no_seek_end_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return generic_file_llseek_size(file, offset, whence, S64_MAX, 0);
}
loff_t default_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek_size(file, offset, whence, S64_MAX, i_size_read(file->f_inode));
}

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	if (!(file->f_mode & FMODE_LSEEK))
		return -ESPIPE;
	return file->f_op->llseek(file, offset, whence);
}

SYSCALL_DEFINE3(lseek, unsigned int, fd, long, offset, unsigned int, whence)
{
	struct fd f = fdget_pos(fd);
	loff_t ret = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (whence <= SEEK_MAX)
		ret = vfs_llseek(f.file, offset, whence);
	fdput_pos(f);
	return ret;
}

/* ---- one transfer ------------------------------------------------------------------------------------------------ */

/* Is [*pos, *pos + count) a range of positions? */
static __always_inline int check_range(const loff_t *pos, size_t count)
{
	return pos && unlikely((*pos | (loff_t)(*pos + count)) < 0) ? -EINVAL : 0;	/* count < 2^63: access_ok() */
}

static void init_sync_kiocb(struct kiocb *kiocb, struct file *file, const loff_t *pos)
{
	kiocb->ki_filp = file;
	kiocb->ki_pos = pos ? *pos : 0;
	kiocb->ki_flags = file->f_flags & O_APPEND ? IOCB_APPEND : 0;
	if (file->f_flags & (O_DSYNC | __O_SYNC))
		kiocb->ki_flags |= IOCB_DSYNC | (file->f_flags & __O_SYNC ? IOCB_SYNC : 0);
}

static ssize_t call_read_iter(struct file *file, struct iov_iter *iter, loff_t *pos)
{
	struct kiocb kiocb;
	ssize_t ret;

	init_sync_kiocb(&kiocb, file, pos);
	ret = file->f_op->read_iter(&kiocb, iter);
	if (ret > 0 && pos)
		*pos = kiocb.ki_pos;
	return ret;
}

static ssize_t call_write_iter(struct file *file, struct iov_iter *iter, loff_t *pos)
{
	struct kiocb kiocb;
	ssize_t ret;

	init_sync_kiocb(&kiocb, file, pos);
	ret = file->f_op->write_iter(&kiocb, iter);
	if (ret > 0 && pos)
		*pos = kiocb.ki_pos;
	return ret;
}

/* Out of line, so that the short path of small devices needs no stack for the iterator. */
static noinline ssize_t read_through_iter(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;

	iov_iter_ubuf(&iter, ITER_DEST, buf, count);
	return call_read_iter(file, &iter, pos);
}

static noinline ssize_t write_through_iter(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;

	iov_iter_ubuf(&iter, ITER_SOURCE, (void __user *)buf, count);
	return call_write_iter(file, &iter, pos);
}

/*
 * May @file be used in the direction of @want (FMODE_READ or _WRITE, with the FMODE_CAN_ of the same), with this
 * buffer and position?
 */
static __always_inline int check_transfer(struct file *file, fmode_t want, const void __user *buf, size_t count,
					  const loff_t *pos)
{
	if (unlikely((file->f_mode & want) != want))
		return file->f_mode & want & (FMODE_READ | FMODE_WRITE) ? -EINVAL : -EBADF;
	if (unlikely(!access_ok(buf, count)))
		return -EFAULT;
	return check_range(pos, count);
}

static __always_inline ssize_t __vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	int err = check_transfer(file, FMODE_READ | FMODE_CAN_READ, buf, count, pos);

	if (unlikely(err))
		return err;
	if (count > MAX_RW_COUNT)
		count = MAX_RW_COUNT;
	if (file->f_op->read)
		return file->f_op->read(file, buf, count, pos);
	return read_through_iter(file, buf, count, pos);
}

static __always_inline ssize_t __vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	int err = check_transfer(file, FMODE_WRITE | FMODE_CAN_WRITE, buf, count, pos);

	if (unlikely(err))
		return err;
	if (count > MAX_RW_COUNT)
		count = MAX_RW_COUNT;
	if (file->f_op->write)
		return file->f_op->write(file, buf, count, pos);
	return write_through_iter(file, buf, count, pos);
}

ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return __vfs_read(file, buf, count, pos);
}

ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	return __vfs_write(file, buf, count, pos);
}

ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_op->read_iter)
		return -EINVAL;
	iov_iter_kvec(&iter, ITER_DEST, buf, min_t(size_t, count, MAX_RW_COUNT));
	return call_read_iter(file, &iter, pos);
}

ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos)
{
	struct iov_iter iter;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!file->f_op->write_iter)
		return -EINVAL;
	iov_iter_kvec(&iter, ITER_SOURCE, (void *)buf, min_t(size_t, count, MAX_RW_COUNT));
	return call_write_iter(file, &iter, pos);
}

ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos)
{
	ssize_t done = 0;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_READ))
		return -EINVAL;
	if (file->f_op->read_iter)
		return call_read_iter(file, iter, pos);
	/* A device that knows user buffers only: one call for each piece, until one is short. */
	while (iov_iter_count(iter)) {
		void __user *buf = iter->iter_type == ITER_UBUF ? iter->ubuf : iter->iov->iov_base;
		size_t left = iter->iter_type == ITER_UBUF ? iter->count : iter->iov->iov_len - iter->iov_offset;
		ssize_t n;

		if (iter->iter_type == ITER_KVEC)
			return -EINVAL;
		n = left ? file->f_op->read(file, buf + iter->iov_offset, left, pos) : 0;
		if (n < 0)
			return done ? done : n;
		done += n;
		iov_iter_advance(iter, n);
		if ((size_t)n != left)
			break;
	}
	return done;
}

ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos)
{
	ssize_t done = 0;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_WRITE))
		return -EINVAL;
	if (file->f_op->write_iter)
		return call_write_iter(file, iter, pos);
	while (iov_iter_count(iter)) {
		const void __user *buf = iter->iter_type == ITER_UBUF ? iter->ubuf : iter->iov->iov_base;
		size_t left = iter->iter_type == ITER_UBUF ? iter->count : iter->iov->iov_len - iter->iov_offset;
		ssize_t n;

		if (iter->iter_type == ITER_KVEC)
			return -EINVAL;
		n = left ? file->f_op->write(file, buf + iter->iov_offset, left, pos) : 0;
		if (n < 0)
			return done ? done : n;
		done += n;
		iov_iter_advance(iter, n);
		if ((size_t)n != left)
			break;
	}
	return done;
}

/* ---- the system calls -------------------------------------------------------------------------------------------- */

static __always_inline loff_t *file_ppos(struct file *file)
{
	return file->f_mode & FMODE_STREAM ? NULL : &file->f_pos;
}

SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
{
	struct fd f = fdget_pos(fd);
	ssize_t ret;

	if (unlikely(!f.file))
		return -EBADF;
	ret = __vfs_read(f.file, buf, count, file_ppos(f.file));
	fdput_pos(f);
	return ret;
}

SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf, size_t, count)
{
	struct fd f = fdget_pos(fd);
	ssize_t ret;

	if (unlikely(!f.file))
		return -EBADF;
	ret = __vfs_write(f.file, buf, count, file_ppos(f.file));
	fdput_pos(f);
	return ret;
}

SYSCALL_DEFINE4(pread64, unsigned int, fd, char __user *, buf, size_t, count, long, offset)
{
	loff_t pos = offset;
	struct fd f;
	ssize_t ret = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & FMODE_PREAD)
		ret = vfs_read(f.file, buf, count, &pos);
	fdput(f);
	return ret;
}

SYSCALL_DEFINE4(pwrite64, unsigned int, fd, const char __user *, buf, size_t, count, long, offset)
{
	loff_t pos = offset;
	struct fd f;
	ssize_t ret = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & FMODE_PWRITE)
		ret = vfs_write(f.file, buf, count, &pos);
	fdput(f);
	return ret;
}

static ssize_t do_iter(struct file *file, bool source, const struct iovec __user *vec, unsigned long vlen, loff_t *pos)
{
	struct iovec fast[UIO_FASTIOV], *iov;
	struct iov_iter iter;
	ssize_t ret;
	int err;

	if (!(file->f_mode & (source ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	if (!(file->f_mode & (source ? FMODE_CAN_WRITE : FMODE_CAN_READ)))
		return -EINVAL;
	ret = import_iovec(source, vec, vlen, fast, &iov, &iter);
	if (ret > 0) {
		err = check_range(pos, ret);
		if (err)
			ret = err;
		else
			ret = source ? vfs_iter_write(file, &iter, pos) : vfs_iter_read(file, &iter, pos);
	}
	kfree(iov);
	return ret;
}

static ssize_t do_vec(unsigned int fd, bool source, const struct iovec __user *vec, unsigned long vlen)
{
	struct fd f = fdget_pos(fd);
	ssize_t ret;

	if (!f.file)
		return -EBADF;
	ret = do_iter(f.file, source, vec, vlen, file_ppos(f.file));
	fdput_pos(f);
	return ret;
}

static ssize_t do_pvec(unsigned int fd, bool source, const struct iovec __user *vec, unsigned long vlen, loff_t pos)
{
	struct fd f;
	ssize_t ret = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & (source ? FMODE_PWRITE : FMODE_PREAD))
		ret = do_iter(f.file, source, vec, vlen, &pos);
	fdput(f);
	return ret;
}

SYSCALL_DEFINE3(readv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_vec(fd, ITER_DEST, vec, vlen);
}

SYSCALL_DEFINE3(writev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_vec(fd, ITER_SOURCE, vec, vlen);
}

/* The position comes in two halves for 32-bit programs; here the first holds all of it. */
SYSCALL_DEFINE5(preadv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen, unsigned long, pos_l,
		unsigned long, pos_h)
{
	return do_pvec(fd, ITER_DEST, vec, vlen, pos_l);
}

SYSCALL_DEFINE5(pwritev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen, unsigned long, pos_l,
		unsigned long, pos_h)
{
	return do_pvec(fd, ITER_SOURCE, vec, vlen, pos_l);
}

/*
 * The RWF_ flags ask for what this page cache does not do; without any, the calls are preadv and pwritev, or readv
 * for -1.
 */
SYSCALL_DEFINE6(preadv2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen, unsigned long, pos_l,
		unsigned long, pos_h, int, flags)
{
	if (flags)
		return -EOPNOTSUPP;
	return (long)pos_l == -1 ? do_vec(fd, ITER_DEST, vec, vlen) : do_pvec(fd, ITER_DEST, vec, vlen, pos_l);
}

SYSCALL_DEFINE6(pwritev2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen, unsigned long,
		pos_l, unsigned long, pos_h, int, flags)
{
	if (flags)
		return -EOPNOTSUPP;
	return (long)pos_l == -1 ? do_vec(fd, ITER_SOURCE, vec, vlen) : do_pvec(fd, ITER_SOURCE, vec, vlen, pos_l);
}
