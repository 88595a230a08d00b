/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/pipe.c - the ring of a pipe: bytes in at one end, out at the other, and who sleeps meanwhile.
 *
 * The problem. Two processes run at different speeds. The faster one has to wait, must be woken when there is something to do for
 * it and not for every byte, and must learn when the other one is gone. With many at each end, a wakeup should reach one of them.
 *
 * The idea. A ring of pages. The writer fills at head, the reader empties at tail; both counters only grow, so that full and empty
 * differ without a spare slot:
 *
 *	            tail                     head
 *	             v                        v
 *	bufs   [    ][  ####][########][###   ][      ][      ]		head - tail = 3 slots in use
 *	              ^offset            ^a small write may still be appended here
 *
 *	empty: head == tail		full: head - tail == ring_size
 *
 * Waking. A reader wakes writers only if the pipe was full when it began, a writer wakes readers only if it was empty: whoever
 * came to sleep, did so in that state. Sleepers are exclusive, so one of them wakes; if there is more to do when he is done, he
 * wakes the next one of his kind himself. So n sleepers cost n wakeups and not n^2.
 *
 *	reader	lock, empty, unlock, sleep on rd_wait		writer	lock, was empty, fill, unlock, wake one of rd_wait
 *
 * No wakeup is lost: the sleeper queues itself before it looks at head and tail the last time (wait_event), the waker changes them
 * before it looks at the queue.
 *
 * Invariants, under pipe->mutex:
 *   P1  head - tail <= ring_size; exactly the slots tail .. head - 1 have a page, and each has len > 0 there.
 *   P2  a write of at most PIPE_BUF bytes goes in whole, with nobody's bytes in between.
 *   P3  with no reader a write raises SIGPIPE and fails with EPIPE; with no writer a read of the empty pipe is the end: 0.
 *
 * Locking: pipe->mutex around everything, user copies too (a page fault may happen inside: the mutex stands above mmap_lock).
 * Sleeping happens without it.
 *
 * Linux (fs/pipe.c) also moves pages into and out of pipes (splice), limits pages by user, and carries notifications.
 */
#include <primer/cred.h>
#include <primer/fs.h>
#include <primer/kernel.h>
#include <primer/log2.h>
#include <primer/mm.h>
#include <primer/pipe_fs_i.h>
#include <primer/poll.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/uio.h>
#include <asm/uaccess.h>
#include <uapi/capability.h>
#include <uapi/fcntl.h>
#include <uapi/ioctls.h>

/* Without CAP_SYS_RESOURCE a pipe grows to this. /proc/sys/fs/pipe-max-size on Linux. */
#define PIPE_MAX_SIZE	(1U << 20)

/* ---- pages ------------------------------------------------------------------------------------------------------------------ */

static struct page *get_pipe_page(struct pipe_inode_info *pipe)
{
	for (int i = 0; i < 2; i++) {
		struct page *page = pipe->tmp_page[i];

		if (page) {
			pipe->tmp_page[i] = NULL;
			return page;
		}
	}
	return alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT);
}

/* An emptied page is kept for the next write: it is still in this CPU's cache. */
static void put_pipe_page(struct pipe_inode_info *pipe, struct page *page)
{
	for (int i = 0; i < 2; i++) {
		if (!pipe->tmp_page[i]) {
			pipe->tmp_page[i] = page;
			return;
		}
	}
	put_page(page);
}

static struct pipe_buffer *pipe_slot(const struct pipe_inode_info *pipe, unsigned int counter)
{
	return &pipe->bufs[counter & (pipe->ring_size - 1)];
}

struct pipe_inode_info *alloc_pipe_info(void)
{
	struct pipe_inode_info *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL_ACCOUNT);

	if (!pipe)
		return NULL;
	pipe->bufs = kcalloc(PIPE_DEF_BUFFERS, sizeof(*pipe->bufs), GFP_KERNEL_ACCOUNT);
	if (!pipe->bufs) {
		kfree(pipe);
		return NULL;
	}
	pipe->ring_size = PIPE_DEF_BUFFERS;
	mutex_init(&pipe->mutex, LOCK_RANK_PIPE);
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	pipe->r_counter = pipe->w_counter = 1;
	return pipe;
}

void free_pipe_info(struct pipe_inode_info *pipe)
{
	for (unsigned int c = pipe->tail; c != pipe->head; c++)
		put_page(pipe_slot(pipe, c)->page);
	for (int i = 0; i < 2; i++)
		if (pipe->tmp_page[i])
			put_page(pipe->tmp_page[i]);
	kfree(pipe->bufs);
	kfree(pipe);
}

/* ---- hints, read without the mutex by those who are about to sleep or to be woken --------------------------------------------- */

/*
 * Head and tail of one moment. An old one beside a new one would show a full or an empty pipe that never was, and who goes to sleep on
 * that is woken by nobody: the other side wakes only when the pipe stops being full, or empty.
 */
static void pipe_ends(const struct pipe_inode_info *pipe, unsigned int *head, unsigned int *tail)
{
	u64 both = READ_ONCE(pipe->head_tail);

	*head = (u32)both;
	*tail = (u32)(both >> 32);
}

static bool pipe_readable(const struct pipe_inode_info *pipe)
{
	unsigned int head, tail;

	pipe_ends(pipe, &head, &tail);
	return !pipe_empty(head, tail) || !READ_ONCE(pipe->writers);
}

static bool pipe_writable(const struct pipe_inode_info *pipe)
{
	unsigned int head, tail;

	pipe_ends(pipe, &head, &tail);
	return !pipe_full(head, tail, READ_ONCE(pipe->ring_size)) || !READ_ONCE(pipe->readers);
}

static void wake_readers(struct pipe_inode_info *pipe)
{
	wake_up_interruptible_sync_poll(&pipe->rd_wait, EPOLLIN | EPOLLRDNORM);
}

static void wake_writers(struct pipe_inode_info *pipe)
{
	wake_up_interruptible_sync_poll(&pipe->wr_wait, EPOLLOUT | EPOLLWRNORM);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------ */

/* Empty the buffer at the tail as far as @to has room. Returns bytes, or -EFAULT; *@packet: the read ends here. [mutex] */
static ssize_t read_buffer(struct pipe_inode_info *pipe, struct iov_iter *to, bool *packet)
{
	struct pipe_buffer *buf = pipe_slot(pipe, pipe->tail);
	size_t want = min_t(size_t, buf->len, iov_iter_count(to));
	size_t done = copy_page_to_iter(buf->page, buf->offset, want, to);

	if (done < want && !done)
		return -EFAULT;
	buf->offset += done;
	buf->len -= done;
	*packet = buf->packet;
	if (buf->packet)
		buf->len = 0;		/* the rest of a packet is lost */
	if (!buf->len) {
		put_pipe_page(pipe, buf->page);
		buf->page = NULL;
		WRITE_ONCE(pipe->tail, pipe->tail + 1);
	}
	return done;
}

static ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool was_full, wake_next = false, packet = false;
	ssize_t ret = 0;

	if (!iov_iter_count(to))
		return 0;
	mutex_lock(&pipe->mutex);
	was_full = pipe_full(pipe->head, pipe->tail, pipe->ring_size);
	for (;;) {
		if (!pipe_empty(pipe->head, pipe->tail)) {
			ssize_t done = read_buffer(pipe, to, &packet);

			if (done < 0) {
				if (!ret)
					ret = done;
				break;
			}
			ret += done;
			if (packet || !iov_iter_count(to))
				break;
			continue;
		}
		if (!pipe->writers || ret)
			break;
		if (file->f_flags & O_NONBLOCK || iocb->ki_flags & IOCB_NOWAIT) {
			ret = -EAGAIN;
			break;
		}
		mutex_unlock(&pipe->mutex);
		/* It was full, and this reader emptied it without taking a byte: possible only with a packet of nothing. */
		if (was_full)
			wake_writers(pipe);
		if (wait_event_interruptible_exclusive(pipe->rd_wait, pipe_readable(pipe)) < 0)
			return -ERESTARTSYS;
		mutex_lock(&pipe->mutex);
		was_full = pipe_full(pipe->head, pipe->tail, pipe->ring_size);
		wake_next = true;
	}
	if (pipe_empty(pipe->head, pipe->tail))
		wake_next = false;
	mutex_unlock(&pipe->mutex);
	if (was_full)
		wake_writers(pipe);
	if (wake_next)
		wake_readers(pipe);
	if (ret > 0)
		file_accessed(file);
	return ret;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------- */

static bool is_packetized(const struct file *file)	{ return file->f_flags & O_DIRECT; }

/*
 * Append the odd bytes of a write - what is more than whole pages - to the last buffer, if they fit: many small writes then share
 * a page. Returns bytes, 0 when they do not fit, or -EFAULT. [mutex]
 */
static ssize_t append_to_last(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t odd = iov_iter_count(from) & (PAGE_SIZE - 1);
	struct pipe_buffer *buf = pipe_slot(pipe, pipe->head - 1);
	unsigned int end = buf->offset + buf->len;
	size_t done;

	if (!odd || buf->packet || end + odd > PAGE_SIZE)
		return 0;
	done = copy_page_from_iter(buf->page, end, odd, from);
	if (done < odd)
		return -EFAULT;
	buf->len += done;
	return done;
}

/* Fill the slot at the head. Returns bytes, -ENOMEM or -EFAULT. [mutex, not full] */
static ssize_t write_buffer(struct pipe_inode_info *pipe, struct iov_iter *from, bool packet)
{
	struct page *page = get_pipe_page(pipe);
	size_t want, done;

	if (!page)
		return -ENOMEM;
	want = min_t(size_t, iov_iter_count(from), PAGE_SIZE);
	done = copy_page_from_iter(page, 0, want, from);
	if (done < want) {
		put_pipe_page(pipe, page);
		return -EFAULT;
	}
	*pipe_slot(pipe, pipe->head) = (struct pipe_buffer){ .page = page, .len = done, .packet = packet };
	WRITE_ONCE(pipe->head, pipe->head + 1);
	return done;
}

static ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool was_empty, wake_next = false;
	ssize_t ret = 0, done;

	if (!iov_iter_count(from))
		return 0;
	mutex_lock(&pipe->mutex);
	was_empty = pipe_empty(pipe->head, pipe->tail);
	if (!was_empty && pipe->readers) {
		ret = append_to_last(pipe, from);
		if (ret < 0 || !iov_iter_count(from))
			goto out;
	}
	for (;;) {
		if (!pipe->readers) {
			send_sig(SIGPIPE, current, 0);
			if (!ret)
				ret = -EPIPE;
			break;
		}
		if (!pipe_full(pipe->head, pipe->tail, pipe->ring_size)) {
			done = write_buffer(pipe, from, is_packetized(file));
			if (done < 0) {
				if (!ret)
					ret = done;
				break;
			}
			ret += done;
			if (!iov_iter_count(from))
				break;
			continue;
		}
		if (file->f_flags & O_NONBLOCK || iocb->ki_flags & IOCB_NOWAIT) {
			if (!ret)
				ret = -EAGAIN;
			break;
		}
		if (signal_pending(current)) {
			if (!ret)
				ret = -ERESTARTSYS;
			break;
		}
		mutex_unlock(&pipe->mutex);
		if (was_empty)
			wake_readers(pipe);
		wait_event_interruptible_exclusive(pipe->wr_wait, pipe_writable(pipe));
		mutex_lock(&pipe->mutex);
		was_empty = pipe_empty(pipe->head, pipe->tail);
		wake_next = true;
	}
out:
	if (pipe_full(pipe->head, pipe->tail, pipe->ring_size))
		wake_next = false;
	mutex_unlock(&pipe->mutex);
	if (was_empty)
		wake_readers(pipe);
	if (wake_next)
		wake_writers(pipe);
	if (ret > 0) {
		int err = file_update_time(file);

		if (err)
			ret = err;
	}
	return ret;
}

/* ---- asking ---------------------------------------------------------------------------------------------------------------------- */

static unsigned int pipe_poll(struct file *file, poll_table *wait)
{
	struct pipe_inode_info *pipe = file->private_data;
	unsigned int mask = 0, head, tail;

	if (file->f_mode & FMODE_READ)
		poll_wait(file, &pipe->rd_wait, wait);
	if (file->f_mode & FMODE_WRITE)
		poll_wait(file, &pipe->wr_wait, wait);
	pipe_ends(pipe, &head, &tail);
	if (file->f_mode & FMODE_READ) {
		if (!pipe_empty(head, tail))
			mask |= EPOLLIN | EPOLLRDNORM;
		/* A FIFO that never had a writer since this reader opened it has not ended. */
		if (!READ_ONCE(pipe->writers) && file->f_version != pipe->w_counter)
			mask |= EPOLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (!pipe_full(head, tail, READ_ONCE(pipe->ring_size)))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!READ_ONCE(pipe->readers))
			mask |= EPOLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = file->private_data;
	int bytes = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	mutex_lock(&pipe->mutex);
	for (unsigned int c = pipe->tail; c != pipe->head; c++)
		bytes += pipe_slot(pipe, c)->len;
	mutex_unlock(&pipe->mutex);
	return put_user(bytes, (int __user *)arg);
}

/* ---- size ------------------------------------------------------------------------------------------------------------------------- */

/* Give @pipe a ring of @slots, a power of two, and move what is in it. -EBUSY: more is in it than would fit. */
static long resize_ring(struct pipe_inode_info *pipe, unsigned int slots)
{
	struct pipe_buffer *bufs = kcalloc(slots, sizeof(*bufs), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	unsigned int used;

	if (!bufs)
		return -ENOMEM;
	mutex_lock(&pipe->mutex);
	used = pipe->head - pipe->tail;
	if (used > slots) {
		mutex_unlock(&pipe->mutex);
		kfree(bufs);
		return -EBUSY;
	}
	for (unsigned int i = 0; i < used; i++)
		bufs[i] = *pipe_slot(pipe, pipe->tail + i);
	swap(bufs, pipe->bufs);
	WRITE_ONCE(pipe->head_tail, (u64)used);		/* tail 0 */
	WRITE_ONCE(pipe->ring_size, slots);
	mutex_unlock(&pipe->mutex);
	kfree(bufs);
	/* Who looks without the mutex may pair these ends with the old size, and go to sleep: it looks again. */
	if (used < slots)
		wake_up_interruptible_all(&pipe->wr_wait);
	return 0;
}

long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe;
	unsigned long size;
	long err;

	if (!is_pipe(file))
		return -EBADF;
	pipe = file->private_data;
	if (cmd == F_GETPIPE_SZ)
		return (long)READ_ONCE(pipe->ring_size) << PAGE_SHIFT;
	if (arg > 1UL << 31)
		return -EINVAL;
	size = roundup_pow_of_two(max_t(unsigned long, arg, PAGE_SIZE));
	if (size > PIPE_MAX_SIZE && size >> PAGE_SHIFT > READ_ONCE(pipe->ring_size) && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	err = resize_ring(pipe, size >> PAGE_SHIFT);
	return err ? err : (long)size;
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------------ */

static int pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ)
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
	if (file->f_mode & FMODE_WRITE)
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
	/* One side is empty now: all of the other have to learn that. */
	if (!pipe->readers != !pipe->writers) {
		wake_up_interruptible_all(&pipe->rd_wait);
		wake_up_interruptible_all(&pipe->wr_wait);
	}
	mutex_unlock(&pipe->mutex);
	put_pipe_info(inode, pipe);
	return 0;
}

const struct file_operations pipefifo_fops = {
	.open = fifo_open,
	.llseek = no_llseek,
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.unlocked_ioctl = pipe_ioctl,
	.release = pipe_release,
};
