/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/wait.c - wait queues.
 *
 * The problem. Many tasks may wait for the same thing, whoever makes it true does not know them, and the news may
 * come at any moment, also between a waiter's look at the condition and its going to sleep.
 *
 * The idea. A list with a spinlock. The waiter first puts itself on the list and sets its state, then looks; the
 * waker first makes the condition true, then walks the list. Case by case, with q for "on the list, state set" and c
 * for the condition:
 *
 *	waiter: q, then reads c				waker: c, then reads q
 *	  (1) waiter reads c true	-> does not sleep.
 *	  (2) waiter reads c false	-> its read came before the waker's store of c; q came before that read, and the
 *					   waker's walk comes after its store: the walk finds the waiter. Its wakeup
 *					   either finds it asleep, or still running with its state set, and then the
 *					   state goes back to RUNNING and schedule() returns at once.
 *
 * "Came before" needs two full barriers: set_current_state() between q and the read of c, and on the other side the
 * queue's lock and the one in try_to_wake_up(). A waker that looks at the list without the lock (waitqueue_active)
 * needs a barrier of its own.
 *
 * Exclusive waiters. When only one of n waiters can go on (one connection to accept), waking all makes n - 1 of them
 * go back to sleep. Such waiters queue at the tail with WQ_FLAG_EXCLUSIVE, and a wakeup stops after as many of them
 * as it was told:
 *
 *	head -> n3 -> n2 -> n1 -> x1 -> x2 -> x3		wake_up(): n3 n2 n1 x1
 *
 * If an exclusive waiter leaves because of a signal, a wakeup may have been meant for it that another one should get:
 * prepare_to_wait_event() takes it off the list under the lock, so that a waker either sees it gone, or has woken it
 * before, in which case the waiter looks at the condition once more before it reports the signal.
 *
 * Locking: the queue's lock, interrupts off; funcs are called under it and take p->pi_lock and rq->lock.
 */
#include <primer/err.h>
#include <primer/wait.h>

#include "sched.h"

static int __wake_up_common(struct wait_queue_head *wq, unsigned int mode, int nr, int wake_flags, void *key)
{
	struct wait_queue_entry *e, *next;

	lockdep_assert_held(&wq->lock);
	list_for_each_entry_safe(e, next, &wq->head, entry) {
		unsigned int flags = e->flags;		/* e may be gone when func returns */
		int ret = e->func(e, mode, wake_flags, key);

		if (ret < 0)
			break;
		if (ret && (flags & WQ_FLAG_EXCLUSIVE) && !--nr)
			break;
	}
	return nr;
}

static void wake_up_common_lock(struct wait_queue_head *wq, unsigned int mode, int nr, int wake_flags, void *key)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	__wake_up_common(wq, mode, nr, wake_flags, key);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, void *key)
{
	wake_up_common_lock(wq, mode, nr, 0, key);
}

void __wake_up_sync_key(struct wait_queue_head *wq, unsigned int mode, void *key)
{
	wake_up_common_lock(wq, mode, 1, WF_SYNC, key);
}

void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr)
{
	__wake_up_common(wq, mode, nr, 0, NULL);
}

void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode, void *key)
{
	__wake_up_common(wq, mode, 1, 0, key);
}

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	__add_wait_queue(wq, e);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	__add_wait_queue_entry_tail(wq, e);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	__remove_wait_queue(wq, e);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&e->entry))
		__add_wait_queue(wq, e);
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	unsigned long flags;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&e->entry))
		__add_wait_queue_entry_tail(wq, e);
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

long prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	unsigned long flags;
	long ret = 0;

	spin_lock_irqsave(&wq->lock, flags);
	if (signal_pending_state(state, current)) {
		list_del_init(&e->entry);
		ret = -ERESTARTSYS;
	} else {
		if (list_empty(&e->entry)) {
			if (e->flags & WQ_FLAG_EXCLUSIVE)
				__add_wait_queue_entry_tail(wq, e);
			else
				__add_wait_queue(wq, e);
		}
		set_current_state(state);
	}
	spin_unlock_irqrestore(&wq->lock, flags);
	return ret;
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	/*
	 * The usual case: autoremove_wake_function() took us off, and is done with the entry, which often lives on
	 * our stack: list_empty_careful() pairs with list_del_init_careful() there.
	 */
	if (!list_empty_careful(&e->entry)) {
		spin_lock_irqsave(&wq->lock, flags);
		list_del_init(&e->entry);
		spin_unlock_irqrestore(&wq->lock, flags);
	}
}

void init_wait_entry(struct wait_queue_entry *e, int flags)
{
	e->flags = flags;
	e->private = current;
	e->func = autoremove_wake_function;
	INIT_LIST_HEAD(&e->entry);
}

int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int wake_flags, void *key)
{
	return try_to_wake_up(e->private, mode, wake_flags);
}

int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int wake_flags, void *key)
{
	int ret = default_wake_function(e, mode, wake_flags, key);

	if (ret)
		list_del_init_careful(&e->entry);
	return ret;
}

int woken_wake_function(struct wait_queue_entry *e, unsigned int mode, int wake_flags, void *key)
{
	/* the condition before WOKEN; pairs with the waiter's barrier after it clears the flag */
	smp_mb();
	e->flags |= WQ_FLAG_WOKEN;
	return default_wake_function(e, mode, wake_flags, key);
}
