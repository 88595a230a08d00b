/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/qspinlock.c - the queued spinlock: what happens when the lock was not free.
 *
 * The problem. If every waiter hammers the lock word, each release makes all their caches fetch the line, and who
 * wins is chance. A queue in which each waiter spins on a word of its own (Mellor-Crummey and Scott, "Algorithms for
 * scalable synchronization", 1991) cures both, but an MCS lock is a pointer wide, and needs a node even for the
 * commonest case of one waiter.
 *
 * The idea. A spinlock's holder cannot be preempted, so a CPU waits for at most one lock in each of four contexts:
 * task, softirq, hard interrupt, NMI. Four nodes per CPU are therefore enough, and "CPU and context" in 16 bits does
 * what the pointer did. The first waiter needs no node at all: it sets the pending byte and spins on the lock word
 * itself. The word is written (tail, pending, locked):
 *
 *	             fast              :    first waiter              :        queue
 *	(0,0,0) --------> (0,0,1)      :                              :
 *	   ^                 | another :                              :
 *	   |  unlock         +---------:---> (0,1,1) --> (0,1,0) ---> :  (n,x,y)  others get a node and stand in line
 *	   +-----------------+         :     holder        |          :     |
 *	                               :     lets go       v          :     v  head of the line sees (n,0,0)
 *	                               :                (0,0,1)       :  (n,0,1), or (0,0,1) when it was also the last
 *
 * Invariants.
 *   Q1  The locked byte is 0 whenever somebody sets it, and the setter is alone: an uncontended locker uses cmpxchg
 *       from all zero; the pending waiter is unique, and it and the queue's head never see locked == 0 with the right
 *       to go at once, because the head waits until pending is 0 as well.
 *   Q2  While the tail is not 0 no new CPU sets pending, and while pending is set or the tail is not 0 nobody takes
 *       the fast path. So CPUs enter in the order pending, then queue: FIFO.
 *   Q3  A node is on the queue from xchg_tail() until its owner, at the head, has taken the lock and has passed the
 *       headship on.
 *
 * Order. Every path ends in a load with acquire semantics, or a locked instruction, that read the 0 which the last
 * holder's arch_spin_unlock() stored with release: what was done under the lock is seen under the lock.
 *
 * Linux (kernel/locking/qspinlock.c, whose design this follows) adds paravirtual waiting, which halts a virtual CPU.
 */
#include <primer/percpu.h>
#include <primer/smp.h>
#include <primer/spinlock.h>

#define MAX_NODES	4		/* task, softirq, hardirq, NMI */
#define PENDING_LOOPS	512

struct mcs_node {
	struct mcs_node *next;
	int locked;			/* 1: the CPU in front has passed the headship to us */
	int count;			/* of node 0: how many of this CPU's nodes are in use [owner CPU] */
};

/*
 * Each node is written by its CPU; next by the CPU that queues behind, locked by the one in front. One cache line in
 * all.
 */
static DEFINE_PER_CPU_ALIGNED(struct mcs_node[MAX_NODES], qnodes);

static __always_inline u32 encode_tail(unsigned int cpu, unsigned int idx)
{
	return (cpu + 1) << _Q_TAIL_CPU_OFFSET | idx << _Q_TAIL_IDX_OFFSET;
}

static __always_inline struct mcs_node *decode_tail(u32 tail)
{
	unsigned int cpu = (tail >> _Q_TAIL_CPU_OFFSET) - 1;
	unsigned int idx = tail >> _Q_TAIL_IDX_OFFSET & (MAX_NODES - 1);

	return &per_cpu_ptr(&qnodes[0], cpu)[idx];
}

static __always_inline bool trylock_word(struct qspinlock *lock)
{
	u32 zero = 0;

	return READ_ONCE(lock->val) == 0 && try_cmpxchg_acquire(&lock->val, &zero, _Q_LOCKED_VAL);
}

/* Wait in line with a node of our own. Context: preemption disabled. */
static void queue_and_wait(struct qspinlock *lock)
{
	struct mcs_node *base = this_cpu_ptr(&qnodes[0]), *node, *next;
	unsigned int idx = base->count++;
	u32 tail, val;
	u16 old;

	/*
	 * A fifth level cannot come from locks in handlers, only from a machine check or the like inside an NMI: no
	 * node is left, so barge. It is not fair, but it ends.
	 */
	if (unlikely(idx >= MAX_NODES)) {
		while (!trylock_word(lock))
			cpu_relax();
		goto release;
	}

	node = base + idx;
	tail = encode_tail(smp_processor_id(), idx);
	/* An interrupt that comes now must see the new count before we write to the node it would otherwise use. */
	barrier();
	node->locked = 0;
	node->next = NULL;

	/* The node's line may have cost a miss; perhaps the lock is free by now. */
	if (trylock_word(lock))
		goto release;

	/* The node is initialised before others can find it: the exchange is a full barrier. */
	old = xchg(&lock->tail, (u16)(tail >> _Q_TAIL_IDX_OFFSET));
	if (old) {
		struct mcs_node *prev = decode_tail((u32)old << _Q_TAIL_IDX_OFFSET);

		WRITE_ONCE(prev->next, node);
		while (!smp_load_acquire(&node->locked))	/* pairs with the release of the headship below */
			cpu_relax();
	}

	/* We are the head: the next turn is ours, once holder and pending waiter are through (Q1). */
	while ((val = smp_load_acquire(&lock->val)) & (_Q_LOCKED_MASK | _Q_PENDING_MASK))
		cpu_relax();

	/*
	 * Alone in line: take the lock and clear the tail in one step. It fails when somebody joined the line just
	 * now, or a CPU that looked before we queued sets pending for a moment; then we are not alone or must not
	 * clear more than ours.
	 */
	if ((val & _Q_TAIL_MASK) == tail && try_cmpxchg(&lock->val, &val, _Q_LOCKED_VAL))
		goto release;

	WRITE_ONCE(lock->locked, 1);
	while (!(next = READ_ONCE(node->next)))		/* has swapped the tail, is about to link itself */
		cpu_relax();
	smp_store_release(&next->locked, 1);
release:
	this_cpu_ptr(&qnodes[0])->count--;
}

void queued_spin_lock_slowpath(struct qspinlock *lock, u32 val)
{
	if (lock_is_planted(lock))
		return;
	if (lock_is_unfair(lock)) {		/* who happens to look when it is free has it */
		while (!trylock_word(lock))
			cpu_relax();
		return;
	}
	/* (0,1,0): the pending waiter is about to take the lock. It takes an instant; pending is then ours to try. */
	if (val == _Q_PENDING_VAL) {
		int loops = PENDING_LOOPS;

		while ((val = READ_ONCE(lock->val)) == _Q_PENDING_VAL && --loops)
			cpu_relax();
	}

	if (!(val & ~_Q_LOCKED_MASK)) {
		val = __atomic_fetch_or(&lock->val, _Q_PENDING_VAL, __ATOMIC_ACQUIRE);
		if (likely(!(val & ~_Q_LOCKED_MASK))) {
			/* (0,0,*) -> (0,1,*): we are the pending waiter. */
			while (smp_load_acquire(&lock->locked))
				cpu_relax();
			WRITE_ONCE(lock->locked_pending, _Q_LOCKED_VAL);	/* (*,1,0) -> (*,0,1) */
			return;
		}
		/* Somebody was faster. If the pending bit was our doing, take it back. */
		if (!(val & _Q_PENDING_MASK))
			WRITE_ONCE(lock->pending, 0);
	}
	queue_and_wait(lock);
}
