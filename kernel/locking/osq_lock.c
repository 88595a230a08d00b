/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/osq_lock.c - the line of tasks that spin for a mutex or rwsem whose owner is running.
 *
 * The problem. Spinning for a lock whose owner runs on another CPU is cheaper than sleeping, but if ten tasks do it
 * they fight over one cache line. They should stand in line, with only the head looking at the lock. Unlike a
 * spinlock's waiter, one of these may have to give up: it is told to reschedule, and must leave from the middle of
 * the line.
 *
 * The idea. An MCS queue as in qspinlock.c, doubly linked so that one can step out. A task spins with preemption
 * disabled, so one node per CPU is enough. To leave, with A <- B <- C and B leaving:
 *
 *	1. A.next: B -> NULL	by cmpxchg. Fails if A is just handing over to B: then B has the lock after all. From
 *				now on A, if it unlocks, waits in osq_wait_next() until somebody is linked behind it.
 *	2. find C		osq_wait_next(): C if it has linked itself, or nobody if B is the tail and can be cut
 *	3. A.next = C, C.prev = A
 *
 * C may be leaving at the same moment: it does step 1 on B (B.next: C -> NULL), and B's step 2 waits until C is gone
 * and its successor is linked, or B is the tail again. So neighbours cannot leave at the same time; the one in front
 * waits for the other.
 *
 * [node: owner CPU, preemption disabled; next, prev: as above; locked: set by the node in front]
 */
#include <primer/osq_lock.h>
#include <primer/percpu.h>
#include <primer/sched.h>
#include <primer/smp.h>

struct optimistic_spin_node {
	struct optimistic_spin_node *next, *prev;
	int locked;			/* 1: we are the head */
	int cpu;			/* number + 1 */
};

static DEFINE_PER_CPU_ALIGNED(struct optimistic_spin_node, osq_node);

static struct optimistic_spin_node *decode_cpu(int cpu_plus_1)
{
	return per_cpu_ptr(&osq_node, cpu_plus_1 - 1);
}

/*
 * The node that stands behind @node, unlinked from it, or NULL when there is none. @prev: the node in front of @node
 * when that leaves from the middle: it becomes the tail if nobody is behind.
 */
static struct optimistic_spin_node *osq_wait_next(struct optimistic_spin_queue *q, struct optimistic_spin_node *node,
						  struct optimistic_spin_node *prev)
{
	int self = smp_processor_id() + 1, old = prev ? prev->cpu : 0;
	struct optimistic_spin_node *next;

	for (;; cpu_relax()) {
		/* Nobody behind us, and nobody can come: the tail is no longer ours. */
		if (atomic_read(&q->tail) == self && atomic_cmpxchg_acquire(&q->tail, self, old) == self)
			return NULL;
		/* Take the link by exchange: whoever is behind us and wants to leave needs it too (its step 1). */
		if (READ_ONCE(node->next)) {
			next = xchg(&node->next, NULL);
			if (next)
				return next;
		}
	}
}

bool osq_lock(struct optimistic_spin_queue *q)
{
	struct optimistic_spin_node *node = this_cpu_ptr(&osq_node), *prev, *next, *expected;
	int self = smp_processor_id() + 1, old;

	node->locked = 0;
	node->next = NULL;
	node->cpu = self;

	old = atomic_xchg(&q->tail, self);
	if (!old)
		return true;

	prev = decode_cpu(old);
	node->prev = prev;
	/* our prev before we can be found by it; pairs with the exchange of next in osq_wait_next() */
	smp_wmb();
	WRITE_ONCE(prev->next, node);

	while (!smp_load_acquire(&node->locked)) {
		if (need_resched())
			goto leave;
		cpu_relax();
	}
	return true;

leave:
	for (;;) {
		/* Step 1. prev may itself leave and be replaced while we try. */
		expected = node;
		if (READ_ONCE(prev->next) == node && try_cmpxchg(&prev->next, &expected, NULL))
			break;
		/*
		 * Handed to us in this very moment: we are the head. Pairs with the store in osq_unlock() or in the
		 * leaver before us.
		 */
		if (smp_load_acquire(&node->locked))
			return true;
		cpu_relax();
		prev = READ_ONCE(node->prev);
	}

	/* Step 2, step 3. */
	next = osq_wait_next(q, node, prev);
	if (next) {
		WRITE_ONCE(next->prev, prev);
		WRITE_ONCE(prev->next, next);
	}
	return false;
}

void osq_unlock(struct optimistic_spin_queue *q)
{
	struct optimistic_spin_node *node, *next;
	int self = smp_processor_id() + 1;

	/* Nobody behind us: the usual case. */
	if (likely(atomic_cmpxchg_release(&q->tail, self, 0) == self))
		return;

	node = this_cpu_ptr(&osq_node);
	next = xchg(&node->next, NULL);
	if (!next)
		next = osq_wait_next(q, node, NULL);
	if (next)
		smp_store_release(&next->locked, 1);	/* pairs with the load in osq_lock() */
}
