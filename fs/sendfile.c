/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/sendfile.c - copies between two open files without a stop in user memory: sendfile and copy_file_range.
 *
 * The bytes go through one page of kernel memory: read a page, write a page. Source and target advance by what was
 * written, so that a full target loses nothing: the source position is set back to match.
 *
 * Linux passes references to pages through a pipe inside the kernel (splice), which spares the second copy.
 */
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/gfp.h>
#include <primer/signal.h>
#include <primer/syscalls.h>
#include <primer/uio.h>
#include <asm/uaccess.h>

#include "internal.h"

#define COPY_CHUNK	PAGE_SIZE

/* Devices without read_iter or write_iter know user buffers only, so they cannot take part. */
static ssize_t copy_between(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos, size_t count)
{
	char *page = (char *)__get_free_page(GFP_KERNEL);
	ssize_t done = 0, n = 0;

	if (!page)
		return -ENOMEM;
	while ((size_t)done < count) {
		size_t want = min_t(size_t, COPY_CHUNK, count - done);
		loff_t before = *in_pos;
		ssize_t written;

		n = kernel_read(in, page, want, in_pos);
		if (n <= 0)
			break;
		written = kernel_write(out, page, n, out_pos);
		if (written != n)
			*in_pos = before + (written > 0 ? written : 0);
		if (written < 0) {
			n = written;
			break;
		}
		done += written;
		if (written != n || (size_t)n < want)
			break;		/* a short read: more may have to be waited for, in another call */
		if (signal_pending(current)) {
			n = -ERESTARTSYS;
			break;
		}
	}
	free_pages((unsigned long)page, 0);
	return done ? done : n;
}

static ssize_t do_sendfile(int out_fd, int in_fd, loff_t *ppos, size_t count)
{
	struct fd in = fdget(in_fd), out;
	loff_t in_pos, out_pos;
	ssize_t ret = -EBADF;

	if (!in.file)
		return -EBADF;
	if (!(in.file->f_mode & FMODE_READ))
		goto out_in;
	ret = -ESPIPE;
	if (ppos && !(in.file->f_mode & FMODE_PREAD))
		goto out_in;
	in_pos = ppos ? *ppos : in.file->f_pos;
	ret = -EINVAL;
	/* Only what can be read again: what comes out of a stream could not be put back when the write fails. */
	if (in_pos < 0 || !in.file->f_op->read_iter || !S_ISREG(in.file->f_inode->i_mode))
		goto out_in;
	out = fdget(out_fd);
	ret = -EBADF;
	if (!out.file)
		goto out_in;
	if (!(out.file->f_mode & FMODE_WRITE))
		goto out_out;
	ret = -EINVAL;
	if (!out.file->f_op->write_iter || out.file->f_flags & O_APPEND)
		goto out_out;
	out_pos = out.file->f_pos;
	ret = copy_between(in.file, &in_pos, out.file, &out_pos, min_t(size_t, count, MAX_RW_COUNT));
	if (ret > 0) {
		if (ppos)
			*ppos = in_pos;
		else
			in.file->f_pos = in_pos;
		out.file->f_pos = out_pos;
	}
out_out:
	fdput(out);
out_in:
	fdput(in);
	return ret;
}

SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, loff_t __user *, offset, size_t, count)
{
	loff_t pos;
	ssize_t ret;

	if (!offset)
		return do_sendfile(out_fd, in_fd, NULL, count);
	if (get_user(pos, offset))
		return -EFAULT;
	ret = do_sendfile(out_fd, in_fd, &pos, count);
	if (put_user(pos, offset))
		return -EFAULT;
	return ret;
}

static bool ranges_overlap(loff_t a, loff_t b, size_t len)
{
	return a < b ? b - a < (loff_t)len : a - b < (loff_t)len;
}

static ssize_t do_copy_file_range(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos, size_t len)
{
	struct inode *from = in->f_inode, *to = out->f_inode;

	if (S_ISDIR(from->i_mode) || S_ISDIR(to->i_mode))
		return -EISDIR;
	if (!S_ISREG(from->i_mode) || !S_ISREG(to->i_mode))
		return -EINVAL;
	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE) || out->f_flags & O_APPEND)
		return -EBADF;
	if (*in_pos < 0 || *out_pos < 0)
		return -EINVAL;
	if ((loff_t)len < 0 || *in_pos > S64_MAX - (loff_t)len || *out_pos > S64_MAX - (loff_t)len)
		return -EOVERFLOW;
	if (*in_pos >= i_size_read(from))
		return 0;
	len = min_t(u64, len, i_size_read(from) - *in_pos);
	if (from == to && ranges_overlap(*in_pos, *out_pos, len))
		return -EINVAL;
	if (!in->f_op->read_iter || !out->f_op->write_iter)
		return -EINVAL;
	return copy_between(in, in_pos, out, out_pos, min_t(size_t, len, MAX_RW_COUNT));
}

SYSCALL_DEFINE6(copy_file_range, int, fd_in, loff_t __user *, off_in, int, fd_out, loff_t __user *, off_out, size_t,
		len, unsigned int, flags)
{
	loff_t in_pos, out_pos;
	struct fd in, out;
	ssize_t ret = -EBADF;

	in = fdget(fd_in);
	if (!in.file)
		return -EBADF;
	out = fdget(fd_out);
	if (!out.file)
		goto out_in;
	ret = -EFAULT;
	in_pos = in.file->f_pos;
	if (off_in && get_user(in_pos, off_in))
		goto out_both;
	out_pos = out.file->f_pos;
	if (off_out && get_user(out_pos, off_out))
		goto out_both;
	ret = flags ? -EINVAL : do_copy_file_range(in.file, &in_pos, out.file, &out_pos, len);
	if (ret > 0) {
		if (!off_in)
			in.file->f_pos = in_pos;
		else if (put_user(in_pos, off_in))
			ret = -EFAULT;
		if (!off_out)
			out.file->f_pos = out_pos;
		else if (put_user(out_pos, off_out))
			ret = -EFAULT;
	}
out_both:
	fdput(out);
out_in:
	fdput(in);
	return ret;
}
