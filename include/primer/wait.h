/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/wait.h - queues of tasks that wait for something to become true.
 *
 *	waiter					waker
 *	wait_event(wq, x):			x = 1;
 *	    prepare_to_wait	(queue, state)	wake_up(&wq);
 *	    if (x) leave
 *	    schedule()
 *
 * The waiter queues itself and sets its state first and looks at x afterwards; the waker changes x first and looks at
 * the queue afterwards. Whoever comes second sees the other, so no wakeup is lost. See sched/wait.c for the argument.
 *
 * An entry's func is called under the queue's lock for each wakeup; default_wake_function wakes the task. Exclusive
 * entries stand behind all others, and a wakeup that may wake n of them stops after n.
 */
#ifndef PRIMER_WAIT_H
#define PRIMER_WAIT_H

#include <primer/list.h>
#include <primer/spinlock.h>
#include <primer/sched.h>

struct wait_queue_entry;
/* Returns > 0: woke somebody; 0: did not; < 0: stop here. Context: queue's lock held, interrupts off. */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *wq_entry, unsigned int mode, int flags, void *key);

#define WQ_FLAG_EXCLUSIVE	0x01
#define WQ_FLAG_WOKEN		0x02
#define WQ_FLAG_BOOKMARK	0x04
#define WQ_FLAG_CUSTOM		0x08
#define WQ_FLAG_DONE		0x10

/* [the queue's lock] from queueing to removal */
struct wait_queue_entry {
	unsigned int flags;			/* WQ_FLAG_* */
	void *private;				/* the task, for the usual functions */
	wait_queue_func_t func;
	struct list_head entry;
};
typedef struct wait_queue_entry wait_queue_entry_t;

struct wait_queue_head {
	spinlock_t lock;			/* guards head and the entries; rank LOCK_RANK_WAIT */
	struct list_head head;
};
typedef struct wait_queue_head wait_queue_head_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(name, ...) { \
	.lock = __SPIN_LOCK_UNLOCKED(name.lock, LOCK_RANK_WAIT), .head = LIST_HEAD_INIT(name.head) }
#define DECLARE_WAIT_QUEUE_HEAD(name)	struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) \
	struct wait_queue_head name; init_waitqueue_head(&name)
#define init_waitqueue_head(wq) do { \
	struct wait_queue_head *__wq = (wq); \
	spin_lock_init(&__wq->lock, LOCK_RANK_WAIT); \
	INIT_LIST_HEAD(&__wq->head); } while (0)

#define __WAITQUEUE_INITIALIZER(name, tsk)                                               \
	{                                                                                \
		.private = (tsk), .func = default_wake_function, .entry = { NULL, NULL } \
	}
#define DECLARE_WAITQUEUE(name, tsk)		struct wait_queue_entry name = __WAITQUEUE_INITIALIZER(name, tsk)
#define DEFINE_WAIT_FUNC(name, function) \
	struct wait_queue_entry name = { .private = current, .func = function, .entry = LIST_HEAD_INIT((name).entry) }
#define DEFINE_WAIT(name)			DEFINE_WAIT_FUNC(name, autoremove_wake_function)

/*
 * The functions of entries: wake the task; the same and leave the queue if that woke it; the same and set
 * WQ_FLAG_WOKEN.
 */
int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
int woken_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);

static inline void init_waitqueue_entry(struct wait_queue_entry *e, struct task_struct *p)
{
	e->flags = 0;
	e->private = p;
	e->func = default_wake_function;
}

static inline void init_waitqueue_func_entry(struct wait_queue_entry *e, wait_queue_func_t func)
{
	e->flags = 0;
	e->private = NULL;
	e->func = func;
}

/*
 * waitqueue_active - is anybody queued? Without the lock: the caller's change of the condition must be ordered before
 * this look by a full barrier, or a waiter can be missed. wq_has_sleeper has that barrier.
 */
static inline bool waitqueue_active(struct wait_queue_head *wq)	{ return !list_empty(&wq->head); }
static inline bool wq_has_sleeper(struct wait_queue_head *wq)
{
	smp_mb();	/* pairs with set_current_state() in prepare_to_wait() */
	return waitqueue_active(wq);
}

/* The caller holds wq->lock. */

static inline void __add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	list_add(&e->entry, &wq->head);
}

static inline void __add_wait_queue_entry_tail(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	list_add_tail(&e->entry, &wq->head);
}

static inline void __remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
	list_del(&e->entry);
}

/* Queue and leave; the task's state is the caller's affair. Context: any. */
void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e);
void add_wait_queue_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e);
void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *e);

/* Queue @e if it is not queued, and set current's state; finish_wait undoes both. Context: task. */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e, int state);
void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e, int state);
/* The same for a wait that signals may end: -ERESTARTSYS, and not queued, when one is pending. */
long prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e, int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e);
void init_wait_entry(struct wait_queue_entry *e, int flags);

/*
 * __wake_up - wake the waiters whose state is in @mode: all that are not exclusive, and @nr exclusive ones (0: all)
 *
 * Context: any. A full barrier against the waiter's look at the condition, when it wakes anybody. The _locked form:
 * wq->lock held; _sync: the waker is about to sleep, so do not preempt it. @key goes to the entries' func (poll
 * masks).
 */
void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, void *key);
void __wake_up_sync_key(struct wait_queue_head *wq, unsigned int mode, void *key);
void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr);
void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode, void *key);

#define wake_up(wq)				__wake_up((wq), TASK_NORMAL, 1, NULL)
#define wake_up_nr(wq, nr)			__wake_up((wq), TASK_NORMAL, (nr), NULL)
#define wake_up_all(wq)				__wake_up((wq), TASK_NORMAL, 0, NULL)
#define wake_up_locked(wq)			__wake_up_locked((wq), TASK_NORMAL, 1)
#define wake_up_all_locked(wq)			__wake_up_locked((wq), TASK_NORMAL, 0)
#define wake_up_interruptible(wq)		__wake_up((wq), TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(wq, nr)	__wake_up((wq), TASK_INTERRUPTIBLE, (nr), NULL)
#define wake_up_interruptible_all(wq)		__wake_up((wq), TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_interruptible_sync(wq)		__wake_up_sync_key((wq), TASK_INTERRUPTIBLE, NULL)

/* Poll events travel as the key. */
#define poll_to_key(m)				((void *)(unsigned long)(m))
#define key_to_poll(m)				((u32)(unsigned long)(void *)(m))
#define wake_up_poll(wq, m)			__wake_up((wq), TASK_NORMAL, 1, poll_to_key(m))
#define wake_up_interruptible_poll(wq, m)	__wake_up((wq), TASK_INTERRUPTIBLE, 1, poll_to_key(m))
#define wake_up_interruptible_sync_poll(wq, m)	__wake_up_sync_key((wq), TASK_INTERRUPTIBLE, poll_to_key(m))

#define ___wait_is_interruptible(state)		((state) & (TASK_INTERRUPTIBLE | TASK_WAKEKILL))

/* The loop itself. @exclusive: 0 or WQ_FLAG_EXCLUSIVE; @cmd: how to sleep. */
#define ___wait_event(wq, condition, state, exclusive, cmd) ({ \
	struct wait_queue_entry __wq_entry; \
	long __ret = 0; \
	init_wait_entry(&__wq_entry, (exclusive)); \
	for (;;) { \
		long __int = prepare_to_wait_event(&(wq), &__wq_entry, (state)); \
		if (condition) \
			break; \
		if (___wait_is_interruptible(state) && __int) { \
			__ret = __int; \
			break; \
		} \
		cmd; \
	} \
	finish_wait(&(wq), &__wq_entry); \
	__ret; })

/*
 * wait_event - sleep until @condition is true; it is evaluated again after each wakeup of @wq, any number of times
 *
 * The _interruptible and _killable forms return 0, or -ERESTARTSYS when a signal (a fatal one) came first.
 * Context: task; may sleep.
 */
#define wait_event(wq, condition) do { \
	might_sleep(); \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, schedule()); \
} while (0)

#define wait_event_interruptible(wq, condition) ({ \
	long __wret = 0; \
	might_sleep(); \
	if (!(condition)) \
		__wret = ___wait_event(wq, condition, TASK_INTERRUPTIBLE, 0, schedule()); \
	(int)__wret; })

#define wait_event_killable(wq, condition) ({ \
	long __wret = 0; \
	might_sleep(); \
	if (!(condition)) \
		__wret = ___wait_event(wq, condition, TASK_KILLABLE, 0, schedule()); \
	(int)__wret; })

#define wait_event_interruptible_exclusive(wq, condition) ({ \
	long __wret = 0; \
	might_sleep(); \
	if (!(condition)) \
		__wret = ___wait_event(wq, condition, TASK_INTERRUPTIBLE, WQ_FLAG_EXCLUSIVE, schedule()); \
	(int)__wret; })

/* wait_event_idle - for a kernel thread with nothing to do: does not count as load. */
#define wait_event_idle(wq, condition) do { \
	might_sleep(); \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_IDLE, 0, schedule()); \
} while (0)

/*
 * wait_event_lock_irq - @condition is guarded by @lock, held with interrupts off on entry and exit, dropped while
 * asleep.
 */
#define wait_event_lock_irq(wq, condition, lock) do { \
	if (!(condition)) \
		(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, \
			spin_unlock_irq(&(lock)); schedule(); spin_lock_irq(&(lock))); \
} while (0)

#endif
