/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/completion.h - wait until somebody says that a thing is done. */
#ifndef PRIMER_COMPLETION_H
#define PRIMER_COMPLETION_H

#include <primer/wait.h>

/* Zones: [W] wait.lock. */
struct completion {
	unsigned int done;		/* [W] complete() calls not yet consumed; UINT_MAX after complete_all() */
	struct wait_queue_head wait;	/* its lock guards both fields; rank LOCK_RANK_WAIT */
};

#define COMPLETION_INITIALIZER(work)	{ .done = 0, .wait = __WAIT_QUEUE_HEAD_INITIALIZER((work).wait) }
#define DECLARE_COMPLETION(work)	struct completion work = COMPLETION_INITIALIZER(work)
#define DECLARE_COMPLETION_ONSTACK(work) DECLARE_COMPLETION(work)

#define init_completion(x)	do { (x)->done = 0; init_waitqueue_head(&(x)->wait); } while (0)
/* reinit_completion - ready for another use. Only when nobody waits and no complete() is under way. */
static inline void reinit_completion(struct completion *x)	{ x->done = 0; }

/*
 * wait_for_completion - sleep until @x has been completed, and consume one completion
 *
 * The _interruptible and _killable forms return 0, or -ERESTARTSYS with nothing consumed when a signal (a fatal one)
 * came first. Context: task; may sleep; no spinning lock held.
 */
void wait_for_completion(struct completion *x);
int __must_check wait_for_completion_interruptible(struct completion *x);
int __must_check wait_for_completion_killable(struct completion *x);

/*
 * wait_for_completion_timeout - for at most @timeout jiffies: the jiffies left, at least 1; 0: the time is up, nothing consumed
 *
 * A completion that comes together with the end of the time wins. _interruptible: or -ERESTARTSYS.
 */
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
long wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout);

/* try_wait_for_completion - consume a completion if there is one: true. Context: any. */
bool try_wait_for_completion(struct completion *x);
/* completion_done - is there one to consume? When it is true, no complete() is still inside @x. Context: any. */
bool completion_done(struct completion *x);

/*
 * complete - allow exactly one waiter, present or future, to go on. complete_all - all of them, for ever.
 *
 * Context: any, hard interrupts included. When it returns, @x may already be gone: see "Who frees it" in
 * kernel/sync/completion.c.
 */
void complete(struct completion *x);
void complete_all(struct completion *x);

#endif
