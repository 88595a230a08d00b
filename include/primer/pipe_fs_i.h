/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/pipe_fs_i.h - a pipe: a ring of pages between those who write and those who read.
 *
 * The theory is in fs/pipe.c; how a pipe gets its descriptors, or a FIFO its name, in fs/pipefs.c.
 */
#ifndef PRIMER_PIPE_FS_I_H
#define PRIMER_PIPE_FS_I_H

#include <primer/mutex.h>
#include <primer/wait.h>

struct file;
struct inode;
struct page;

#define PIPE_DEF_BUFFERS	16		/* pages of a new pipe: 64 KiB */
#define PIPE_MIN_DEF_BUFFERS	2
#define PIPE_BUF		4096		/* bytes that are written whole or not at all (POSIX) */

struct pipe_buffer {
	struct page *page;			/* with a reference; NULL: the slot is free */
	unsigned int offset, len;		/* bytes of the page that are still to be read */
	bool packet;				/* O_DIRECT: a read ends with this buffer */
};

/* Counters head and tail only grow; slot of counter c is bufs[c & (ring_size - 1)]. All [mutex] unless said. */
struct pipe_inode_info {
	struct mutex mutex;			/* rank LOCK_RANK_PIPE */
	wait_queue_head_t rd_wait, wr_wait;	/* exclusive: readers of an empty pipe, writers of a full one */
	union {
		u64 head_tail;			/* both, of one moment: read without the mutex as a hint */
		struct {
			unsigned int head;	/* next slot to be filled */
			unsigned int tail;	/* next slot to be emptied */
		};
	};
	unsigned int ring_size;			/* slots, a power of two */
	unsigned int readers, writers;		/* openings in each direction; read without the mutex as a hint */
	unsigned int r_counter, w_counter;	/* openings there have ever been: a FIFO's open() waits for a change */
	unsigned int files;			/* [inode->i_lock] openings in all; the last one frees this record */
	struct page *tmp_page[2];		/* emptied pages, for the next write */
	struct pipe_buffer *bufs;
};

static inline bool pipe_empty(unsigned int head, unsigned int tail)	{ return head == tail; }
static inline bool pipe_full(unsigned int head, unsigned int tail, unsigned int limit)
{
	return head - tail >= limit;
}

/* alloc_pipe_info - an empty pipe without openings, or NULL. free_pipe_info - and what is still in it. */
struct pipe_inode_info *alloc_pipe_info(void);
void free_pipe_info(struct pipe_inode_info *pipe);
/* put_pipe_info - an opening of @inode is gone. */
void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe);

extern const struct file_operations pipefifo_fops;
/* fifo_open - open(2) of a FIFO, or of a pipe by way of /proc; waits for the other side as POSIX says. */
int fifo_open(struct inode *inode, struct file *file);

/* pipe_fcntl - F_SETPIPE_SZ, F_GETPIPE_SZ. -EBADF: @file is no pipe. */
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg);
/* is_pipe - does @file belong to a pipe? */
bool is_pipe(const struct file *file);

#endif
