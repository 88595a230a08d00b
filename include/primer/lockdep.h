/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/lockdep.h - the judge of all locks. In plain builds every line of it compiles to nothing.
 *
 * In DEBUG builds each task carries the stack of locks it holds. Taking a lock checks it against that stack: a lock
 * held already is recursion, and one whose rank (lock_ranks.h) stands above that of a held lock is taken out of
 * order. Either gets one warning with the names of both locks, and checking goes on.
 *
 * What identifies a lock is its address. Its name, which is also the key of its class, is a string that exists once
 * for each place that initialises such a lock; a statically defined lock is a class of its own.
 */
#ifndef PRIMER_LOCKDEP_H
#define PRIMER_LOCKDEP_H

#include <primer/bug.h>
#include <primer/compiler.h>
#include <primer/lock_ranks.h>
#include <primer/types.h>

struct task_struct;

/* The optional last argument of a lock's initialiser: its rank, or LOCK_RANK_NONE when left out. */
#define __LOCK_RANK_PICK(lock, rank, ...)	rank
#define __LOCK_RANK(...)	__LOCK_RANK_PICK(0, ##__VA_ARGS__, LOCK_RANK_NONE, 0)

/* How a lock is taken: flags of lock_acquire(). */
#define LOCK_TRY		1	/* trylock: cannot wait, so order does not matter */
#define LOCK_READ		2	/* shared */
#define LOCK_NESTED		4	/* the caller vouches for the order among locks of one rank */

#ifdef CONFIG_DEBUG

#define MAX_LOCK_DEPTH		24

struct held_lock {
	const void *lock;
	const char *name;
	unsigned long ip;		/* where it was taken */
	u16 context;			/* bits of preempt_count(): task, softirq, hardirq or NMI */
	u8 rank;
	u8 flags;
};

/* Inside locks that do not pack these themselves (spinlock_t does). [immutable after the lock's initialisation] */
struct lockdep_map {
	const char *name;
	u8 rank;
};
#define __LOCKDEP_MAP(lname, lrank)	.dep_map = { .name = #lname, .rank = (lrank) },
#define LOCKDEP_MAP_FIELD		struct lockdep_map dep_map;
#define lockdep_init_map(map, n, r)	do { (map)->name = (n); (map)->rank = (r); } while (0)

/* Cleared by the first report that makes later ones worthless, and by panic. */
extern int debug_locks;

/*
 * lock_acquire, lock_release - current takes, or lets go of, the lock at @lock
 * lock_is_held - does current hold it?
 *
 * Context: any. lock_acquire() is called before the lock is waited for, so that a deadlock is reported before it
 * happens.
 */
void lock_acquire(const void *lock, const char *name, unsigned int rank, unsigned int flags, unsigned long ip);
void lock_release(const void *lock, unsigned long ip);
bool lock_is_held(const void *lock);

/* debug_show_held_locks - list on the log what @task holds. debug_check_no_locks_held - current must hold nothing. */
void debug_show_held_locks(struct task_struct *task);
void debug_check_no_locks_held(void);

#define lock_map_acquire(l, f)		lock_acquire((l), (l)->dep_map.name, (l)->dep_map.rank, (f), _RET_IP_)
#define lock_map_release(l)		lock_release((l), _RET_IP_)

#define lockdep_assert_held(l)		WARN_ON(debug_locks && !lock_is_held(l))
#define lockdep_assert_not_held(l)	WARN_ON(debug_locks && lock_is_held(l))
#define lockdep_assert_irqs_disabled()	WARN_ON_ONCE(debug_locks && !irqs_disabled())
#define lockdep_assert_irqs_enabled()	WARN_ON_ONCE(debug_locks && irqs_disabled())

/*
 * might_sleep - the caller is about to do what can sleep: report it if it may not
 *
 * First line of every function that can sleep, so that the mistake shows at once and not only when the wait happens.
 */
void __might_sleep(const char *file, int line);
#define might_sleep()			__might_sleep(__FILE__, __LINE__)

#else

#define __LOCKDEP_MAP(lname, lrank)
#define LOCKDEP_MAP_FIELD
#define lockdep_init_map(map, n, r)		do { } while (0)
#define lock_acquire(lock, name, rank, flags, ip)	do { } while (0)
#define lock_release(lock, ip)			do { } while (0)
#define lock_map_acquire(l, f)			do { } while (0)
#define lock_map_release(l)			do { } while (0)
static inline void debug_show_held_locks(struct task_struct *task)	{ }
static inline void debug_check_no_locks_held(void)			{ }
#define lockdep_assert_held(l)			do { (void)(l); } while (0)
#define lockdep_assert_not_held(l)		do { (void)(l); } while (0)
#define lockdep_assert_irqs_disabled()		do { } while (0)
#define lockdep_assert_irqs_enabled()		do { } while (0)
#define might_sleep()				do { } while (0)

#endif

#define lockdep_assert_held_write(l)	lockdep_assert_held(l)
#define lockdep_assert_held_read(l)	lockdep_assert_held(l)
#define might_sleep_if(cond)		do { if (cond) might_sleep(); } while (0)
#define might_lock(l)			might_sleep()

#endif
