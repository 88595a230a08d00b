/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/osq_lock.h - the queue of tasks that spin for a sleeping lock: only its head looks at the lock. */
#ifndef PRIMER_OSQ_LOCK_H
#define PRIMER_OSQ_LOCK_H

#include <primer/atomic.h>

/* One per sleeping lock. atomic: the CPU number + 1 of the last spinner, 0: nobody */
struct optimistic_spin_queue {
	atomic_t tail;
};

#define OSQ_LOCK_UNLOCKED	{ ATOMIC_INIT(0) }
static inline void osq_lock_init(struct optimistic_spin_queue *q)		{ atomic_set(&q->tail, 0); }
static inline bool osq_is_locked(const struct optimistic_spin_queue *q)	{ return atomic_read(&q->tail) != 0; }

/*
 * osq_lock - become the head of the spinners; false: we ought to give way (need_resched()) and are out of the queue
 * again
 *
 * Context: task, preemption disabled from before osq_lock() until after osq_unlock().
 */
bool osq_lock(struct optimistic_spin_queue *q);
void osq_unlock(struct optimistic_spin_queue *q);

#endif
