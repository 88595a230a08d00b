/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/semaphore.h - a count of permits that tasks sleep for.
 *
 * down() takes one, up() returns one; whoever calls up() need not have called down(). Waiters are served first come,
 * first served, and a permit given to a waiter cannot be taken by a newcomer.
 */
#ifndef PRIMER_SEMAPHORE_H
#define PRIMER_SEMAPHORE_H

#include <primer/list.h>
#include <primer/spinlock.h>

struct semaphore {
	spinlock_t lock;		/* guards the rest; rank LOCK_RANK_SLEEPLOCK_WAIT */
	unsigned int count;		/* free permits: 0 while anybody waits */
	struct list_head wait_list;	/* struct semaphore_waiter */
};

#define __SEMAPHORE_INITIALIZER(name, n) { \
	.lock = __SPIN_LOCK_UNLOCKED(name.lock, LOCK_RANK_SLEEPLOCK_WAIT), \
	.count = (n), .wait_list = LIST_HEAD_INIT(name.wait_list) }
#define DEFINE_SEMAPHORE(name)	struct semaphore name = __SEMAPHORE_INITIALIZER(name, 1)

static inline void sema_init(struct semaphore *sem, int val)
{
	spin_lock_init(&sem->lock, LOCK_RANK_SLEEPLOCK_WAIT);
	sem->count = val;
	INIT_LIST_HEAD(&sem->wait_list);
}

/* Context: task; may sleep. The int forms return 0, or -EINTR without a permit. */
void down(struct semaphore *sem);
int __must_check down_interruptible(struct semaphore *sem);
int __must_check down_killable(struct semaphore *sem);
/* down_trylock - take a permit if one is free; returns 0 when taken, 1 when not (Linux's sense). Context: any. */
int __must_check down_trylock(struct semaphore *sem);
/* up - return a permit. Context: any, hard interrupts included. */
void up(struct semaphore *sem);

#endif
