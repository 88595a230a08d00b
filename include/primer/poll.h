/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/poll.h - how a file tells what can be done with it without waiting, and where to wait for a change.
 *
 * ->poll() names each queue whose wakeups may change its answer by poll_wait(), then returns the answer. The caller decides what
 * naming means: poll() and select() queue the task there, epoll a callback; a NULL table only asks.
 */
#ifndef PRIMER_POLL_H
#define PRIMER_POLL_H

#include <primer/wait.h>

#define EPOLLIN		0x0001u		/* reading gives bytes, or the end */
#define EPOLLPRI	0x0002u
#define EPOLLOUT	0x0004u		/* writing takes bytes */
#define EPOLLERR	0x0008u		/* always asked for */
#define EPOLLHUP	0x0010u		/* always asked for: the other side is gone */
#define EPOLLNVAL	0x0020u
#define EPOLLRDNORM	0x0040u
#define EPOLLRDBAND	0x0080u
#define EPOLLWRNORM	0x0100u
#define EPOLLWRBAND	0x0200u
#define EPOLLMSG	0x0400u
#define EPOLLRDHUP	0x2000u

/* What a file without ->poll answers: files of filesystems are always ready. */
#define DEFAULT_POLLMASK	(EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

struct file;

typedef struct poll_table_struct {
	/* Queue for wakeups of @wq; NULL: not any more, an answer is there already. */
	void (*_qproc)(struct file *file, wait_queue_head_t *wq, struct poll_table_struct *pt);
	unsigned int _key;		/* events that are of interest */
} poll_table;

static inline void poll_wait(struct file *file, wait_queue_head_t *wq, poll_table *pt)
{
	if (pt && pt->_qproc && wq)
		pt->_qproc(file, wq, pt);
}

#endif
