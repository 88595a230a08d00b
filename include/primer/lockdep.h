/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/lockdep.h - the judge of all locks. In plain builds every line of it compiles to nothing.
 *
 * In DEBUG builds each task carries the stack of locks it holds, and a graph remembers which class of lock was ever
 * taken inside which other, and in what context. Each new fact is checked against the graph, so that a deadlock is
 * reported by a run in which it did not happen: see kernel/locking/lockdep.c. Reports have the words of Linux's.
 *
 * Class. What is judged is not the single lock but its class: all locks initialised at one place. The key of a class
 * is the address of the name that this place gives them; a static lock with a static initialiser is a class of its
 * own, whose key is its address. The _nested forms take a lock as class (key, subclass).
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

/* How a lock is taken, and what it is: flags of lock_acquire(). */
#define LOCK_TRY		1	/* trylock: cannot wait, so order does not matter */
#define LOCK_READ		2	/* shared */
#define LOCK_NESTED		4	/* the caller vouches for the order among locks of one rank; each has a subclass of its own */
#define LOCK_SLEEP		8	/* waiting for it sleeps */
#define LOCK_STATIC		16	/* initialised by a static initialiser */
#define LOCK_SUBCLASS_SHIFT	5
#define LOCK_SUBCLASS(n)	(LOCK_NESTED | ((n) & 7) << LOCK_SUBCLASS_SHIFT)
#define SINGLE_DEPTH_NESTING	1

#ifdef CONFIG_DEBUG

#define MAX_LOCK_DEPTH		24

struct held_lock {
	const void *lock;
	const char *name;
	unsigned long ip;		/* where it was taken */
	u64 chain_key;			/* of the locks held from the bottom of this context up to this one */
	u64 since;			/* sched_clock() when it was ours (or waited for) */
	u16 class;			/* index */
	u16 context;			/* bits of preempt_count(): task, softirq, hardirq */
	u8 rank;
	u8 flags;			/* LOCK_* */
	bool irqs_off;			/* when it was taken */
	bool contended;
	bool bounced;			/* another CPU took it last */
};

/* Inside locks that do not pack these themselves (spinlock_t does). [immutable after the lock's initialisation] */
struct lockdep_map {
	const char *name;
	u8 rank;
	u8 flags;			/* LOCK_SLEEP, LOCK_STATIC */
};
#define __LOCKDEP_MAP_FLAGS(lname, lrank, f)	\
	.dep_map = { .name = #lname, .rank = (lrank), .flags = LOCK_STATIC | (f) },
#define __LOCKDEP_MAP(lname, lrank)		__LOCKDEP_MAP_FLAGS(lname, lrank, 0)
#define __LOCKDEP_MAP_SLEEP(lname, lrank)	__LOCKDEP_MAP_FLAGS(lname, lrank, LOCK_SLEEP)
#define LOCKDEP_MAP_FIELD			struct lockdep_map dep_map;
/* For locks that sleep; @n is the key of the class. */
#define lockdep_init_map(map, n, r) \
	do { (map)->name = (n); (map)->rank = (r); (map)->flags = LOCK_SLEEP; } while (0)

/*
 * lock_planted - the lock under torture in which a bug is planted; lock_is_planted: is it @l, and is it time? For tests
 * that must find the bug. [the test, before and after its threads run]
 */
extern const void *lock_planted;
bool __lock_is_planted(void);
#define lock_is_planted(l)	(unlikely(READ_ONCE(lock_planted) == (const void *)(l)) && __lock_is_planted())

/* lock_unfair - the spinlock whose waiters do not stand in line; lock_is_unfair: is it @l? For a test, as lock_planted is */
extern const void *lock_unfair;
#define lock_is_unfair(l)	unlikely(READ_ONCE(lock_unfair) == (const void *)(l))

/* Cleared when the checker's own tables are full: from then on nothing is checked. Nor is anything in a panic. */
extern int debug_locks;
void debug_locks_off(void);

/*
 * lock_acquire, lock_release - current takes, or lets go of, the lock at @lock
 * lock_contended, lock_acquired - between the two: it has to wait; it has got it. For /proc/lock_stat
 * lock_downgraded - it holds it for reading from now on
 * lock_set_subclass - it is @subclass's from now on: the lock outside it has been released
 * lock_is_held - does current hold it? lock_is_held_type: 0: for writing, 1: for reading, -1: either
 *
 * Context: any. lock_acquire() is called before the lock is waited for, so that a deadlock is reported before it
 * happens.
 */
void lock_acquire(const void *lock, const char *name, unsigned int rank, unsigned int flags, unsigned long ip);
void lock_release_named(const void *lock, const char *name, unsigned long ip);
#define lock_release(lock, ip)		lock_release_named((lock), NULL, (ip))
void lock_contended(const void *lock);
void lock_acquired(const void *lock);
void lock_downgraded(const void *lock);
void lock_set_subclass(const void *lock, unsigned int subclass);
bool lock_is_held(const void *lock);
#define lockdep_is_held(l)		lock_is_held(l)
int lock_is_held_type(const void *lock, int read);

/*
 * lockdep_capture - copy into @buf, of @size bytes, the reports that current causes (they are also logged); NULL: end
 *
 * For tests that cause them. Returns the number of reports since the last call; those of RCU are in the text, not in the number.
 */
unsigned int lockdep_capture(char *buf, size_t size);
/* lockdep_printk - a line of a report, or a piece of one, on the log; and for the test that captures it. Context: any. */
void lockdep_printk(const char *fmt, ...) __printf(1, 2);

/* The texts of /proc/lockdep, lockdep_chains, lockdep_stats and lock_stat; lock_stat_clear: count from 0 again. */
struct seq_buf;
void lockdep_show(struct seq_buf *s);
void lockdep_chains_show(struct seq_buf *s);
void lockdep_stats_show(struct seq_buf *s);
void lock_stat_show(struct seq_buf *s);
void lock_stat_clear(void);

/*
 * debug_show_held_locks - list on the log what @task holds. debug_check_no_locks_held - current must hold nothing.
 * lockdep_sys_exit - the same where a system call ends; what is held is reported once, and forgotten
 */
void debug_show_held_locks(struct task_struct *task);
void debug_check_no_locks_held(void);
void lockdep_sys_exit(void);

#define lock_map_acquire(l, f) \
	lock_acquire((l), (l)->dep_map.name, (l)->dep_map.rank, (l)->dep_map.flags | (f), _RET_IP_)
#define lock_map_release(l)		lock_release_named((l), (l)->dep_map.name, _RET_IP_)
/* For code that is inline in whoever takes the lock: 0 stands for the place of the call. */
#define lock_map_acquire_here(l, f) \
	lock_acquire((l), (l)->dep_map.name, (l)->dep_map.rank, (l)->dep_map.flags | (f), 0)
#define lock_map_release_here(l)	lock_release_named((l), (l)->dep_map.name, 0)

#define lockdep_assert_held(l)		WARN_ON(debug_locks && !lock_is_held(l))
#define lockdep_assert_held_write(l)	WARN_ON(debug_locks && !lock_is_held_type((l), 0))
#define lockdep_assert_held_read(l)	WARN_ON(debug_locks && !lock_is_held_type((l), 1))
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

#define lock_is_planted(l)		false
#define lock_is_unfair(l)		false
#define __LOCKDEP_MAP(lname, lrank)
#define __LOCKDEP_MAP_SLEEP(lname, lrank)
#define LOCKDEP_MAP_FIELD
static inline void debug_locks_off(void)	{ }
#define lockdep_init_map(map, n, r)		do { } while (0)
#define lock_acquire(lock, name, rank, flags, ip)	do { } while (0)
#define lock_release(lock, ip)			do { } while (0)
#define lock_contended(lock)			do { } while (0)
#define lock_acquired(lock)			do { } while (0)
#define lock_downgraded(lock)			do { } while (0)
#define lock_set_subclass(lock, s)		do { } while (0)
#define lock_map_acquire(l, f)			do { } while (0)
#define lock_map_release(l)			do { } while (0)
#define lock_map_acquire_here(l, f)		do { } while (0)
#define lock_map_release_here(l)		do { } while (0)
static inline void debug_show_held_locks(struct task_struct *task)	{ }
static inline void debug_check_no_locks_held(void)			{ }
static inline void lockdep_sys_exit(void)				{ }
#define lockdep_assert_held(l)			do { (void)(l); } while (0)
#define lockdep_assert_held_write(l)		do { (void)(l); } while (0)
#define lockdep_assert_held_read(l)		do { (void)(l); } while (0)
#define lockdep_assert_not_held(l)		do { (void)(l); } while (0)
#define lockdep_assert_irqs_disabled()		do { } while (0)
#define lockdep_assert_irqs_enabled()		do { } while (0)
#define might_sleep()				do { } while (0)

#endif

#define might_sleep_if(cond)		do { if (cond) might_sleep(); } while (0)
#define might_lock(l)			might_sleep()

#endif
