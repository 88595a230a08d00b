/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/uio.h - a cursor over the memory that a read fills or a write empties, whosever it is.
 *
 * read(), readv(), kernel_read() and sendfile() differ only in where the bytes go. struct iov_iter hides that, so
 * that a filesystem has one way to move data. A copy advances the iterator by what it could move; a fault in user
 * memory ends it early, and the caller sees a short count.
 */
#ifndef PRIMER_UIO_H
#define PRIMER_UIO_H

#include <primer/compiler.h>
#include <primer/types.h>
#include <uapi/uio.h>

struct page;

#define MAX_RW_COUNT	(0x7fffffffUL & ~4095UL)	/* bytes that one read or write moves at most: fits an int */

struct kvec {
	void *iov_base;
	size_t iov_len;
};

enum iter_type {
	ITER_UBUF,		/* one piece of user memory */
	ITER_IOVEC,		/* several */
	ITER_KVEC,		/* one piece of kernel memory */
};

/* Owned by the task that does the transfer. */
struct iov_iter {
	u8 iter_type;			/* enum iter_type */
	bool data_source;		/* the bytes are read from here (a write) */
	size_t iov_offset;		/* done of the present piece */
	size_t count;			/* bytes left in all */
	union {
		void __user *ubuf;
		void *kbuf;
		const struct iovec *iov;	/* the present piece */
	};
	unsigned long nr_segs;		/* ITER_IOVEC: pieces left */
};

#define ITER_DEST	false
#define ITER_SOURCE	true

static __always_inline size_t iov_iter_count(const struct iov_iter *i)	{ return i->count; }

/* iov_iter_truncate - end after @count bytes at most. iov_iter_reexpand - and undo that. */
static inline void iov_iter_truncate(struct iov_iter *i, u64 count)
{
	if (i->count > count)
		i->count = count;
}
static inline void iov_iter_reexpand(struct iov_iter *i, size_t count)	{ i->count = count; }

static __always_inline void iov_iter_ubuf(struct iov_iter *i, bool source, void __user *buf, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_UBUF, .data_source = source, .count = count, .ubuf = buf };
}

static __always_inline void iov_iter_kvec(struct iov_iter *i, bool source, void *buf, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_KVEC, .data_source = source, .count = count, .kbuf = buf };
}

/* The pieces must have passed import_iovec(). */
static inline void iov_iter_init(struct iov_iter *i, bool source, const struct iovec *iov, unsigned long nr_segs,
				 size_t count)
{
	*i = (struct iov_iter){
		.iter_type = ITER_IOVEC, .data_source = source, .count = count, .iov = iov, .nr_segs = nr_segs,
	};
}

/*
 * copy_to_iter, copy_from_iter - move up to @bytes between kernel memory at @addr and the iterator; return bytes moved
 *
 * Fewer than asked only at the iterator's end or at a fault. iov_iter_zero() writes zeroes. copy_page_*() address
 * byte @offset of @page. Context: task; may sleep (user memory may fault); no spinning lock held.
 */
size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i);
size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i);
size_t iov_iter_zero(size_t bytes, struct iov_iter *i);
size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
/* iov_iter_advance - skip @bytes, at most what is left. */
void iov_iter_advance(struct iov_iter *i, size_t bytes);

/*
 * import_iovec - take the array of readv() or writev() from user memory and prepare @i
 * @fast: room for UIO_FASTIOV pieces; *@iovp is NULL afterwards, or memory that the caller must kfree()
 *
 * Returns the number of bytes in all (at most MAX_RW_COUNT: what is beyond is cut off), or -EINVAL (too many pieces, a
 * negative length), -EFAULT, -ENOMEM.
 */
ssize_t import_iovec(bool source, const struct iovec __user *uvec, unsigned long nr_segs, struct iovec *fast,
		     struct iovec **iovp, struct iov_iter *i);

#endif
