/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rtmutex.h - the mutex whose owner runs at the priority of the best task that it keeps waiting.
 *
 * For what real-time tasks share with others: a waiter waits for the owner's section, never for tasks of a priority
 * between the two. One task holds it, and only that task lets it go; not recursive. Context: task, interrupts enabled,
 * no spinning lock held, for all of these.
 *
 * Uncontended lock and unlock are one locked instruction each. Waiters get it in order of priority, and of arrival
 * among equals; all that are not real-time are equals. See kernel/sync/rtmutex.c.
 */
#ifndef PRIMER_RTMUTEX_H
#define PRIMER_RTMUTEX_H

#include <primer/atomic.h>
#include <primer/lockdep.h>
#include <primer/rbtree.h>
#include <primer/spinlock_types.h>

struct task_struct;

#define RT_MUTEX_HAS_WAITERS	1UL

struct rt_mutex {
	/* atomic: task_struct address | RT_MUTEX_HAS_WAITERS; with that bit set, changed under wait_lock only */
	atomic_long_t owner;
	spinlock_t wait_lock;			/* guards waiters; interrupts off; rank LOCK_RANK_SLEEPLOCK_WAIT */
	struct rb_root_cached waiters;		/* [wait_lock] struct rt_mutex_waiter by priority */
	LOCKDEP_MAP_FIELD
};

#define __RT_MUTEX_INITIALIZER(lname, ...) { \
	.owner = ATOMIC_LONG_INIT(0), \
	.wait_lock = __SPIN_LOCK_UNLOCKED(lname.wait_lock, LOCK_RANK_SLEEPLOCK_WAIT), \
	.waiters = RB_ROOT_CACHED, \
	__LOCKDEP_MAP_SLEEP(lname, __LOCK_RANK(__VA_ARGS__)) }
#define DEFINE_RT_MUTEX(x, ...)	struct rt_mutex x = __RT_MUTEX_INITIALIZER(x, ##__VA_ARGS__)

void __rt_mutex_init(struct rt_mutex *lock, const char *name, unsigned int rank);
#define rt_mutex_init(lock, ...) do { \
	static const char __lock_name[] __maybe_unused = #lock; \
	__rt_mutex_init((lock), __lock_name, __LOCK_RANK(__VA_ARGS__)); } while (0)

/* rt_mutex_lock - sleep until it is ours. A circle of owners that wait for one another is reported, and lasts. */
void rt_mutex_lock(struct rt_mutex *lock);
void rt_mutex_lock_nested(struct rt_mutex *lock, unsigned int subclass);
/*
 * rt_mutex_lock_interruptible - 0, or without the lock: -EINTR, a signal came first; -EDEADLK, its owner waits, perhaps
 * through others, for what current holds
 *
 * rt_mutex_timed_lock: the same, and -ETIMEDOUT after @timeout jiffies.
 */
int __must_check rt_mutex_lock_interruptible(struct rt_mutex *lock);
int __must_check rt_mutex_timed_lock(struct rt_mutex *lock, long timeout);
/* rt_mutex_trylock - true: it was free, for nobody better to take, and is ours. */
bool rt_mutex_trylock(struct rt_mutex *lock);
void rt_mutex_unlock(struct rt_mutex *lock);

/* rt_mutex_owner - who has it at this moment, or NULL. A hint unless it is current. */
static inline struct task_struct *rt_mutex_owner(struct rt_mutex *lock)
{
	return (struct task_struct *)(atomic_long_read(&lock->owner) & ~RT_MUTEX_HAS_WAITERS);
}
static inline bool rt_mutex_is_locked(struct rt_mutex *lock)	{ return rt_mutex_owner(lock); }

#endif
