/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/iov_iter.c - move bytes between kernel memory and whatever memory a read or write was asked for.
 *
 * The problem. The bytes of a read go to one user buffer (read), to several (readv), or to kernel memory
 * (kernel_read). A filesystem that distinguished them would have three of everything.
 *
 * The idea. A cursor that knows what kind of memory it walks. All that differs is the one step "move n bytes at the
 * cursor"; the loop over pieces is the same for all:
 *
 *	ITER_IOVEC	iov -> [ base, len ][ base, len ][ base, len ]	nr_segs = 3
 *			         ^iov_offset
 *	ITER_UBUF	ubuf -> one piece of user memory, ITER_KVEC	kbuf -> one of kernel memory
 *
 * Invariants.
 *   I1  count is the number of bytes that can still be moved; iov_offset + count <= total of the pieces from the
 *       present one.
 *   I2  A step moves the cursor by exactly the bytes that arrived. A short step means a fault, and the cursor stands
 *       at it.
 *
 * Locking. None: an iterator belongs to one transfer.
 *
 * Linux (lib/iov_iter.c) has more kinds of memory: pages of a pipe (splice), of a block transfer (bvec), of the page
 * cache.
 */
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/uio.h>
#include <asm/uaccess.h>

/* Steps: move @len bytes between the piece and @mem; return how many could NOT be moved. */
typedef size_t (*step_fn)(void *piece, void *mem, size_t len);

/*
 * user_from may not use copy_from_user(): that fills what it could not read with zeroes, over the file's old
 * contents.
 */
static __always_inline size_t user_to(void *piece, void *mem, size_t len) { return copy_to_user(piece, mem, len); }
static __always_inline size_t user_from(void *piece, void *mem, size_t len)
{
	return access_ok(piece, len) ? __copy_user(mem, piece, len) : len;
}
static __always_inline size_t user_zero(void *piece, void *mem, size_t len)	{ return clear_user(piece, len); }

static __always_inline size_t kernel_to(void *piece, void *mem, size_t len)
{
	memcpy(piece, mem, len);
	return 0;
}
static __always_inline size_t kernel_from(void *piece, void *mem, size_t len)
{
	memcpy(mem, piece, len);
	return 0;
}
static __always_inline size_t kernel_zero(void *piece, void *mem, size_t len)
{
	memset(piece, 0, len);
	return 0;
}

/* The loop, inlined into each of the functions below with its two steps. */
static __always_inline size_t iterate(struct iov_iter *i, size_t bytes, void *mem, step_fn user, step_fn kernel)
{
	size_t done = 0;

	if (bytes > i->count)
		bytes = i->count;
	if (likely(i->iter_type != ITER_IOVEC)) {
		if (i->iter_type == ITER_UBUF)
			done = bytes - user(i->ubuf + i->iov_offset, mem, bytes);
		else
			done = bytes - kernel(i->kbuf + i->iov_offset, mem, bytes);
		i->iov_offset += done;
		i->count -= done;
		return done;
	}
	while (done < bytes) {
		size_t len = min_t(size_t, bytes - done, i->iov->iov_len - i->iov_offset);
		size_t left = len ? user(i->iov->iov_base + i->iov_offset, mem + done, len) : 0;

		done += len - left;
		i->iov_offset += len - left;
		if (left)
			break;
		if (i->iov_offset == i->iov->iov_len && i->nr_segs > 1) {
			i->iov++;
			i->nr_segs--;
			i->iov_offset = 0;
		}
	}
	i->count -= done;
	return done;
}

size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i)
{
	return iterate(i, bytes, (void *)addr, user_to, kernel_to);
}

size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i)
{
	return iterate(i, bytes, addr, user_from, kernel_from);
}

size_t iov_iter_zero(size_t bytes, struct iov_iter *i)
{
	return iterate(i, bytes, NULL, user_zero, kernel_zero);
}

size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return copy_to_iter(page_address(page) + offset, bytes, i);
}

size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return copy_from_iter(page_address(page) + offset, bytes, i);
}

void iov_iter_advance(struct iov_iter *i, size_t bytes)
{
	if (bytes > i->count)
		bytes = i->count;
	i->count -= bytes;
	i->iov_offset += bytes;
	if (i->iter_type != ITER_IOVEC)
		return;
	while (i->nr_segs > 1 && i->iov_offset >= i->iov->iov_len) {
		i->iov_offset -= i->iov->iov_len;
		i->iov++;
		i->nr_segs--;
	}
}

/*
 * The lengths are checked against the type's sign and the addresses against TASK_SIZE before any byte moves, so that
 * a bad second piece fails the call as a whole, as POSIX wants.
 */
static ssize_t check_pieces(struct iovec *iov, unsigned long nr_segs)
{
	size_t total = 0;

	for (unsigned long seg = 0; seg < nr_segs; seg++) {
		ssize_t len = (ssize_t)iov[seg].iov_len;

		if (len < 0)
			return -EINVAL;
		if (!access_ok(iov[seg].iov_base, len))
			return -EFAULT;
		if ((size_t)len > MAX_RW_COUNT - total) {
			len = MAX_RW_COUNT - total;
			iov[seg].iov_len = len;
		}
		total += len;
	}
	return total;
}

ssize_t import_iovec(bool source, const struct iovec __user *uvec, unsigned long nr_segs, struct iovec *fast,
		     struct iovec **iovp, struct iov_iter *i)
{
	struct iovec *iov = fast;
	ssize_t total;

	*iovp = NULL;
	if (nr_segs > UIO_MAXIOV)
		return -EINVAL;
	if (nr_segs > UIO_FASTIOV) {
		iov = kmalloc(nr_segs * sizeof(*iov), GFP_KERNEL);
		if (!iov)
			return -ENOMEM;
	}
	if (copy_from_user(iov, uvec, nr_segs * sizeof(*iov)))
		total = -EFAULT;
	else
		total = check_pieces(iov, nr_segs);
	if (total < 0) {
		if (iov != fast)
			kfree(iov);
		return total;
	}
	if (iov != fast)
		*iovp = iov;
	if (nr_segs == 1)
		iov_iter_ubuf(i, source, iov->iov_base, total);
	else
		iov_iter_init(i, source, iov, nr_segs, total);
	return total;
}
