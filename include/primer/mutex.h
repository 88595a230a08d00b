/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/mutex.h - mutual exclusion by sleeping: for sections that are long or sleep themselves.
 *
 * One task holds it, and only that task lets it go; not recursive; a holder does not exit. Context: task, no spinning
 * lock held, for all of these (mutex_trylock too: interrupt handlers have no task to be the owner).
 *
 * Uncontended lock and unlock are one locked instruction each. See kernel/sync/mutex.c.
 */
#ifndef PRIMER_MUTEX_H
#define PRIMER_MUTEX_H

#include <primer/list.h>
#include <primer/osq_lock.h>
#include <primer/spinlock_types.h>

struct mutex {
	atomic_long_t owner;			/* atomic: task_struct address | MUTEX_FLAG_* */
	spinlock_t wait_lock;			/* guards wait_list; rank LOCK_RANK_SLEEPLOCK_WAIT */
	struct optimistic_spin_queue osq;	/* spinners */
	struct list_head wait_list;		/* [wait_lock] struct mutex_waiter, first come first */
	LOCKDEP_MAP_FIELD
#ifdef CONFIG_DEBUG
	unsigned long acquired;			/* [the mutex] how often */
	unsigned long passed_max;		/* [the mutex] most that got in past a waiter that had asked for a handoff */
#endif
};

#define __MUTEX_INITIALIZER(lname, ...) { \
	.owner = ATOMIC_LONG_INIT(0), \
	.wait_lock = __SPIN_LOCK_UNLOCKED(lname.wait_lock, LOCK_RANK_SLEEPLOCK_WAIT), \
	.osq = OSQ_LOCK_UNLOCKED, \
	.wait_list = LIST_HEAD_INIT(lname.wait_list), \
	__LOCKDEP_MAP_SLEEP(lname, __LOCK_RANK(__VA_ARGS__)) }
#define DEFINE_MUTEX(x, ...)	struct mutex x = __MUTEX_INITIALIZER(x, ##__VA_ARGS__)

void __mutex_init(struct mutex *lock, const char *name, unsigned int rank);
#define mutex_init(lock, ...) do { \
	static const char __lock_name[] __maybe_unused = #lock; \
	__mutex_init((lock), __lock_name, __LOCK_RANK(__VA_ARGS__)); } while (0)

/* mutex_lock - sleep until it is ours. mutex_lock_nested: inside another of the same rank. */
void mutex_lock(struct mutex *lock);
void mutex_lock_nested(struct mutex *lock, unsigned int subclass);
/* 0, or -EINTR without the lock when a signal (killable: a fatal one) arrives first. */
int __must_check mutex_lock_interruptible(struct mutex *lock);
int __must_check mutex_lock_killable(struct mutex *lock);
/* mutex_trylock - true: it was free and is ours. */
bool mutex_trylock(struct mutex *lock);
/*
 * mutex_unlock - by its owner. Others may have the lock, and give it back, before this returns; it still looks at its list of waiters
 * then. So a mutex inside an object must not be freed by who got it last, unless RCU defers that, or nobody else can be unlocking.
 */
void mutex_unlock(struct mutex *lock);

#define MUTEX_FLAGS		0x07UL

/* The first in wait_list is passed by at most MUTEX_PASSES + CPUs - 1 acquisitions: kernel/sync/mutex.c, "How often". */
#define MUTEX_PASSES		64

static inline bool mutex_is_locked(struct mutex *lock)	{ return atomic_long_read(&lock->owner) & ~MUTEX_FLAGS; }

#endif
