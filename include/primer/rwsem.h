/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rwsem.h - many readers or one writer, sleeping.
 *
 * Waiters are served in order, all readers at the front together; a waiter that was passed over for too long gets the
 * lock handed. Not recursive, for readers neither: a writer may wait between two read sections of one task. Each is
 * released by the task that took it. Context: task, may sleep, no spinning lock held; the trylocks never sleep. See
 * kernel/sync/rwsem.c.
 */
#ifndef PRIMER_RWSEM_H
#define PRIMER_RWSEM_H

#include <primer/list.h>
#include <primer/osq_lock.h>
#include <primer/spinlock_types.h>

struct rw_semaphore {
	atomic_long_t count;			/* atomic: RWSEM_* of kernel/sync/rwsem.c */
	/* the writing task; or the reader that came last | RWSEM_READER_OWNED: a hint */
	atomic_long_t owner;
	struct optimistic_spin_queue osq;	/* writers that spin */
	spinlock_t wait_lock;			/* guards wait_list; rank LOCK_RANK_SLEEPLOCK_WAIT */
	struct list_head wait_list;
	LOCKDEP_MAP_FIELD
};

#define __RWSEM_INITIALIZER(lname, ...) { \
	.count = ATOMIC_LONG_INIT(0), .owner = ATOMIC_LONG_INIT(0), .osq = OSQ_LOCK_UNLOCKED, \
	.wait_lock = __SPIN_LOCK_UNLOCKED(lname.wait_lock, LOCK_RANK_SLEEPLOCK_WAIT), \
	.wait_list = LIST_HEAD_INIT(lname.wait_list), \
	__LOCKDEP_MAP_SLEEP(lname, __LOCK_RANK(__VA_ARGS__)) }
#define DECLARE_RWSEM(name, ...)	struct rw_semaphore name = __RWSEM_INITIALIZER(name, ##__VA_ARGS__)

void __init_rwsem(struct rw_semaphore *sem, const char *name, unsigned int rank);
#define init_rwsem(sem, ...) do { \
	static const char __lock_name[] __maybe_unused = #sem; \
	__init_rwsem((sem), __lock_name, __LOCK_RANK(__VA_ARGS__)); } while (0)

void down_read(struct rw_semaphore *sem);
void down_read_nested(struct rw_semaphore *sem, int subclass);
void down_write(struct rw_semaphore *sem);
void down_write_nested(struct rw_semaphore *sem, int subclass);
/* 0, or -EINTR without the lock. */
int __must_check down_read_interruptible(struct rw_semaphore *sem);
int __must_check down_read_killable(struct rw_semaphore *sem);
int __must_check down_write_killable(struct rw_semaphore *sem);
/* 1: taken. 0: not. */
int down_read_trylock(struct rw_semaphore *sem);
int down_write_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
/* downgrade_write - the writer becomes a reader, with nobody between; waiting readers get in too. */
void downgrade_write(struct rw_semaphore *sem);

static inline bool rwsem_is_locked(struct rw_semaphore *sem)	{ return atomic_long_read(&sem->count) & ~6L; }
/* rwsem_is_contended - somebody waits: a hint for long holders. */
static inline bool rwsem_is_contended(struct rw_semaphore *sem)	{ return !list_empty(&sem->wait_list); }

#endif
