/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/rcu/callback.c - call_rcu(): what shall happen after a grace period, and when it does.
 *
 * The problem. Whoever takes something out of a structure mostly holds a spinlock, or is in an interrupt: it cannot wait. And
 * if a program closes ten thousand files, ten thousand grace periods would not do.
 *
 * The idea. call_rcu() hangs the object itself on a list of this CPU: no lock, no allocation, some twenty instructions. Everything else
 * is done for many at a time: the tick sees that there are callbacks and raises RCU_SOFTIRQ; that asks for one grace period for all of
 * them (cblist.c), and calls those whose grace period is over.
 *
 * How many at a time. A callback frees a dozen objects' worth of memory or only one; a million of them in one go would keep the CPU in a
 * softirq for a second. So a batch is RCU_BLIMIT, or an eighth of what is there if that is more: a flood is worked off geometrically
 * faster than it comes. But no number says how long it takes. So after every RCU_LOOK_EVERY callbacks a batch looks whether RCU_RESCHED_NS
 * are over, and, when RCU_BLIMIT have been called, whether a task wants the CPU; then it leaves. What is left goes back where it was taken from:
 *
 *	DONE  a b c d e f g	take: DONE is empty, the caller has a ... g
 *	called  a b c		time is over
 *	DONE  d e f g ...	put back, before what may have come meanwhile
 *
 * Between batches the softirq's own bound applies, behind which ksoftirqd competes as a task.
 *
 * A flood must also not wait long for its grace period: what it has taken out is memory that nobody can use. Each time the list has grown by
 * RCU_QHIMARK, the tick has the grace-period thread pressed: it looks at once, and asks CPUs that are missing for a reschedule at once.
 * The tick and not call_rcu(), which costs the same in a flood as ever. And in such a flood tasks that want the CPU do not end a batch, only
 * the time does: most probably they are those that make it.
 *
 * Order on one CPU is kept, which is what rcu_barrier() builds on.
 *
 * A CPU with callbacks keeps its tick while it idles (rcu_needs_cpu()): some milliseconds, until they are called.
 *
 * Locking: the list is its CPU's own, interrupts off. call_rcu() takes no lock and wakes nobody, so it may be called under any lock.
 *
 * Linux can also have callbacks called by threads on other CPUs (rcu_nocbs), and collects kfree_rcu()'s objects in pages.
 */
#include <primer/bug.h>
#include <primer/interrupt.h>
#include <primer/kernel.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/trace.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>

#include "internal.h"

#define RCU_BLIMIT		64UL
#define RCU_FLOOD_SHIFT		3
#define RCU_LOOK_EVERY		32UL
#define RCU_RESCHED_NS		3000000ULL
#define RCU_QHIMARK		10000UL
#define KFREE_OFFSET_LIMIT	4096UL		/* a "function" below is the offset of the rcu_head in what kfree_rcu() frees */

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	unsigned long flags;

	head->func = func;
	local_irq_save(flags);
	rcu_cblist_enqueue(&this_cpu_ptr(&rcu_data)->cblist, head);
	local_irq_restore(flags);
}

bool rcu_advance_cbs(struct rcu_node *leaf, struct rcu_data *rdp)
{
	unsigned long want;

	lockdep_assert_held(&leaf->lock);
	rcu_cblist_advance(&rdp->cblist, leaf->gp_seq);
	if (!rdp->cblist.seg[RCU_NEXT].head)
		return false;
	smp_mb();	/* what was taken out, before the look at gp_seq: pairs with rcu_gp_init() */
	want = rcu_seq_snap(READ_ONCE(rcu_state.gp_seq));
	if (!rcu_cblist_accelerate(&rdp->cblist, want))
		return false;
	trace_rcu_grace_period(want, "AccWaitCB");
	return rcu_start_this_gp(leaf, want);
}

static __always_inline void reclaim(struct rcu_head *head)
{
	unsigned long offset = (unsigned long)head->func;
	rcu_callback_t func = head->func;

	if (offset < KFREE_OFFSET_LIMIT) {
		kvfree((char *)head - offset);
		return;
	}
	head->func = NULL;	/* one that is queued twice shows: a call of nothing */
	func(head);
}

/* May the batch go on, after @nr? The clock starts with the first question: most batches end before it. */
static bool may_go_on(const struct rcu_data *rdp, unsigned long nr, u64 *end)
{
	u64 now;

	if (nr >= RCU_BLIMIT && READ_ONCE(rdp->cblist.len) <= RCU_QHIMARK && need_resched())
		return false;
	now = sched_clock();
	if (!*end)
		*end = now + RCU_RESCHED_NS;
	return now < *end;
}

void rcu_do_batch(struct rcu_data *rdp)
{
	unsigned long flags, limit, nr = 0;
	struct rcu_segment taken;
	u64 end = 0;

	local_irq_save(flags);
	limit = max(rdp->cblist.len >> RCU_FLOOD_SHIFT, RCU_BLIMIT);
	rcu_cblist_take(&rdp->cblist, &taken);
	local_irq_restore(flags);

	trace_rcu_batch_start(READ_ONCE(rdp->cblist.len), limit);
	while (taken.head && nr < limit) {
		struct rcu_head *head = taken.head;

		taken.head = head->next;
		reclaim(head);
		if (!(++nr % RCU_LOOK_EVERY) && !may_go_on(rdp, nr, &end))
			break;
	}
	trace_rcu_batch_end(nr);

	/* Only now: rcu_barrier() must not take a callback that is being called for one that has returned. */
	local_irq_save(flags);
	rcu_cblist_put_back(&rdp->cblist, &taken);
	WRITE_ONCE(rdp->cblist.len, rdp->cblist.len - nr);
	rdp->len_pressed = min(rdp->len_pressed, rdp->cblist.len);
	rcu_stats.invoked += nr;
	if (rcu_cblist_ready(&rdp->cblist))
		__raise_softirq_irqoff(RCU_SOFTIRQ);
	local_irq_restore(flags);
}

bool rcu_cbs_flood(const struct rcu_data *rdp)
{
	return rdp->cblist.len > rdp->len_pressed + RCU_QHIMARK && rcu_cblist_pending(&rdp->cblist);
}

unsigned long rcu_n_cbs(unsigned int cpu)
{
	return READ_ONCE(per_cpu(rcu_data, cpu).cblist.len);
}

bool rcu_needs_cpu(void)
{
	return this_cpu_ptr(&rcu_data)->cblist.len;
}
