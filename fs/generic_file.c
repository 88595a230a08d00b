/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/generic_file.c - reading and writing files through the page cache: the operations that filesystems put into
 * their tables.
 *
 * mm/vm/filemap.c moves the bytes and knows nothing of inodes. Here is what is around it: where a write may go
 * (O_APPEND, the limits of the process and of the filesystem), who else must wait (i_rwsem), and what changes besides
 * the bytes (times, set-id bits).
 *
 *	write(2) -> generic_file_write_iter
 *	              i_rwsem, generic_write_checks, file_remove_privs, file_update_time
 *	                generic_perform_write -> a_ops->write_begin, copy, a_ops->write_end
 *
 * Reads take no lock: see C3 in filemap.c. Two writes do not mix, since both hold i_rwsem.
 *
 * Linux has direct I/O and freezing in the same places (mm/filemap.c).
 */
#include <primer/fs.h>
#include <primer/pagemap.h>
#include <primer/signal.h>
#include <primer/uio.h>

#include "internal.h"

ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct file *file = iocb->ki_filp;
	struct address_space *mapping = file->f_mapping;
	ssize_t ret;

	if (!iov_iter_count(iter))
		return 0;
	ret = filemap_read(mapping, file, &iocb->ki_pos, iter, &mapping->host->i_size, !mapping->a_ops->writepage);
	file_accessed(file);
	return ret;
}

/*
 * Where the write begins and how long it may be: at the end for O_APPEND; not beyond RLIMIT_FSIZE (SIGXFSZ, unless
 * something fits); not beyond what the filesystem can hold. Returns the bytes left to write, 0, or -EFBIG.
 */
ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	unsigned long limit = rlimit(RLIMIT_FSIZE);
	loff_t max = inode->i_sb->s_maxbytes;

	if (!iov_iter_count(from))
		return 0;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = i_size_read(inode);
	if (limit != RLIM_INFINITY) {
		if ((unsigned long)iocb->ki_pos >= limit) {
			send_sig(SIGXFSZ, current, 0);
			return -EFBIG;
		}
		iov_iter_truncate(from, limit - iocb->ki_pos);
	}
	if (iocb->ki_pos >= max)
		return -EFBIG;
	iov_iter_truncate(from, max - iocb->ki_pos);
	return iov_iter_count(from);
}

ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file->f_mapping->host;
	ssize_t ret;
	int err;

	inode_lock(inode);
	ret = generic_write_checks(iocb, from);
	if (ret > 0) {
		err = file_remove_privs(file);
		if (!err)
			err = file_update_time(file);
		ret = err ? err : generic_perform_write(file, file->f_mapping, from, iocb->ki_pos);
	}
	inode_unlock(inode);
	if (ret > 0) {
		iocb->ki_pos += ret;
		if (iocb->ki_flags & IOCB_DSYNC) {
			err = vfs_fsync_range(file, iocb->ki_pos - ret, iocb->ki_pos - 1,
					      !(iocb->ki_flags & IOCB_SYNC));
			if (err)
				return err;
		}
	}
	return ret;
}
