/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/kthread/srcu.c - sleepable RCU: readers are counted, because a context switch says nothing about them.
 *
 * The problem. RCU's readers must not sleep, for a context switch is what shows that they are gone. A reader that calls a notifier, waits
 * for a page, or takes a mutex needs something else; but still no lock, and no cache line shared by all readers.
 *
 * The idea. Each CPU counts readers in and readers out, in two sets of counters. Readers that begin use the set that idx names. Who waits
 * turns idx round and waits until the other set has as many out as in; new readers do not disturb it.
 *
 *	idx = 0				idx = 1
 *	readers A, B in set 0		C, D count in set 1; A, B leave set 0; it becomes even: A and B are gone
 *
 * Why sums over CPUs are enough. A reader may leave on another CPU than it came: one CPU's difference means nothing, the sum
 * does. It is not read at one moment: the outs are summed first, then the ins. A reader that comes and goes in between is seen in both or
 * only in the ins, which is harmless: too many ins, and we look again. If they are equal, then at the moment between the two sums nobody
 * was inside who had been counted in before it.
 *
 * Why wait twice. A reader fetches idx, and is switched out before it counts. Meanwhile idx is turned twice: it then counts into the set
 * that somebody is about to wait for, or has just waited for. So a grace period first waits for the set that is not in use, whose late ones
 * it would otherwise meet, then turns idx, then waits for the set that was in use:
 *
 *	wait(idx ^ 1);  idx ^= 1;  wait(the old idx)
 *
 * A reader that counts late into a set that has just been found even began after the pointers were changed, so it sees the new ones: the
 * barriers in srcu_read_lock() and wait_for_readers() pair.
 *
 * Callbacks wait in a list until a worker takes all of them, waits for one grace period, and calls them.
 *
 * Locking: mutex, for the length of a grace period (it sleeps under it); lock, interrupts off, for the list of callbacks.
 *
 * Linux (kernel/rcu/srcutree.c) has a tree of nodes here too, and a state machine driven by delayed work instead of a sleeper.
 */
#include <primer/bug.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/srcu.h>
#include <asm/tsc.h>

#define SPIN_NS		10000		/* most sections are shorter; then look once a tick */

static void srcu_work(struct work_struct *work);

int init_srcu_struct(struct srcu_struct *ss)
{
	ss->sda = alloc_percpu(struct srcu_data);
	if (!ss->sda)
		return -ENOMEM;
	ss->idx = 0;
	ss->gp_seq = 0;
	mutex_init(&ss->mutex, LOCK_RANK_SRCU);
	spin_lock_init(&ss->lock, LOCK_RANK_SRCU_CB);
	ss->head = NULL;
	ss->tail = &ss->head;
	ss->pending = 0;
	INIT_WORK(&ss->work, srcu_work);
	return 0;
}

static bool readers_gone(struct srcu_struct *ss, unsigned int idx)
{
	unsigned long in = 0, out = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		out += READ_ONCE(per_cpu_ptr(ss->sda, cpu)->unlock_count[idx]);
	smp_mb();	/* outs before ins; pairs with both barriers of the readers */
	for_each_possible_cpu(cpu)
		in += READ_ONCE(per_cpu_ptr(ss->sda, cpu)->lock_count[idx]);
	return in == out;
}

#ifdef CONFIG_DEBUG
/* One who is inside was counted in before it asks, and not out: the sums cannot be equal in its set. */
bool srcu_read_lock_held(struct srcu_struct *ss)
{
	return !debug_rcu_enabled() || !readers_gone(ss, 0) || !readers_gone(ss, 1);
}
#endif

void cleanup_srcu_struct(struct srcu_struct *ss)
{
	srcu_barrier(ss);
	flush_work(&ss->work);
	if (WARN_ON(!readers_gone(ss, 0) || !readers_gone(ss, 1)))
		return;		/* a leak is better than a reader that counts into freed memory */
	free_percpu(ss->sda);
	ss->sda = NULL;
}

static void wait_for_readers(struct srcu_struct *ss, unsigned int idx)
{
	u64 until = sched_clock() + SPIN_NS;

	while (!readers_gone(ss, idx)) {
		if (sched_clock() < until)
			cpu_relax();
		else
			schedule_timeout_uninterruptible(1);
	}
}

void synchronize_srcu(struct srcu_struct *ss)
{
	unsigned long want;

	might_sleep();
	smp_mb();	/* the caller's change before the look at gp_seq */
	want = (READ_ONCE(ss->gp_seq) + 3) & ~1UL;
	mutex_lock(&ss->mutex);
	if ((long)(ss->gp_seq - want) < 0) {
		unsigned int idx = ss->idx & 1;

		WRITE_ONCE(ss->gp_seq, ss->gp_seq + 1);
		smp_mb();
		wait_for_readers(ss, idx ^ 1);
		WRITE_ONCE(ss->idx, ss->idx + 1);
		smp_mb();	/* new readers see the new idx, or are counted in the old set when we sum it up */
		wait_for_readers(ss, idx);
		smp_mb();	/* their reads before what the caller frees */
		WRITE_ONCE(ss->gp_seq, ss->gp_seq + 1);
	}
	mutex_unlock(&ss->mutex);
}

void synchronize_srcu_expedited(struct srcu_struct *ss)
{
	synchronize_srcu(ss);		/* it spins first anyway */
}

/* ---- callbacks ------------------------------------------------------------------------------------------------------- */

void call_srcu(struct srcu_struct *ss, struct rcu_head *head, rcu_callback_t func)
{
	unsigned long flags;

	head->next = NULL;
	head->func = func;
	spin_lock_irqsave(&ss->lock, flags);
	*ss->tail = head;
	ss->tail = &head->next;
	ss->pending++;
	spin_unlock_irqrestore(&ss->lock, flags);
	schedule_work(&ss->work);
}

static void srcu_work(struct work_struct *work)
{
	struct srcu_struct *ss = container_of(work, struct srcu_struct, work);
	struct rcu_head *head, *next;
	unsigned long n = 0;

	spin_lock_irq(&ss->lock);
	head = ss->head;
	ss->head = NULL;
	ss->tail = &ss->head;
	spin_unlock_irq(&ss->lock);
	if (!head)
		return;
	synchronize_srcu(ss);
	for (; head; head = next, n++) {
		next = head->next;
		head->func(head);
	}
	spin_lock_irq(&ss->lock);
	ss->pending -= n;
	spin_unlock_irq(&ss->lock);
}

struct srcu_barrier {
	struct rcu_head head;
	struct completion done;
};

static void srcu_barrier_done(struct rcu_head *head)
{
	complete(&container_of(head, struct srcu_barrier, head)->done);
}

/* The list is one, and called in order. */
void srcu_barrier(struct srcu_struct *ss)
{
	struct srcu_barrier b;

	might_sleep();
	if (!READ_ONCE(ss->pending))
		return;
	init_completion(&b.done);
	call_srcu(ss, &b.head, srcu_barrier_done);
	wait_for_completion(&b.done);
}
