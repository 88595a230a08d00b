/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/rcu/cblist.c - the segments of a CPU's callbacks move on.
 *
 * Why more than one segment waits. A callback that is queued while a grace period runs cannot use that one: it may have begun before the
 * pointer was taken out of its structure, and CPUs that have reported already may have found it since. It needs the next. So at
 * any time callbacks wait for two different grace periods, the running one and the next, and nothing can be known about more:
 *
 *	gp_seq			grace period n		grace period n+1
 *	                    |======================||======================|
 *	call_rcu() here  ^       wait for n
 *	                       ^                        wait for n+1
 *
 * The moves, each of a constant number of pointers, whatever the number of callbacks:
 *
 *	advance		WAIT -> DONE, NEXT_READY -> WAIT (and -> DONE, if that one has ended too)
 *	accelerate	NEXT -> the end of WAIT or NEXT_READY
 *	take		DONE -> the caller, who calls as many as he may
 *	put_back	the rest -> the head of DONE, so that the order stays
 *
 * The list itself is drawn in cblist.h, with its invariants. Locking: none, it is its own CPU's, interrupts off.
 *
 * Linux (kernel/rcu/rcu_segcblist.c) keeps one list with four tails, and a length for each segment.
 */
#include "cblist.h"

/* Append all of @from to @to. */
static void splice(struct rcu_segment *to, struct rcu_segment *from)
{
	if (!from->head)
		return;
	if (to->head)
		*to->tail = from->head;
	else
		to->head = from->head;
	to->tail = from->tail;
	from->head = NULL;
}

void rcu_cblist_advance(struct rcu_cblist *l, unsigned long completed)
{
	struct rcu_segment *wait = &l->seg[RCU_WAIT], *ready = &l->seg[RCU_NEXT_READY];

	for (int i = 0; i < 2 && wait->head && (long)(completed - wait->gp_seq) >= 0; i++) {
		splice(&l->seg[RCU_DONE], wait);
		splice(wait, ready);		/* C1 */
		wait->gp_seq = ready->gp_seq;
	}
}

bool rcu_cblist_accelerate(struct rcu_cblist *l, unsigned long gp_seq)
{
	struct rcu_segment *wait = &l->seg[RCU_WAIT], *ready = &l->seg[RCU_NEXT_READY], *to;

	if (!l->seg[RCU_NEXT].head)
		return false;
	if (!ready->head)
		to = !wait->head || wait->gp_seq == gp_seq ? wait : ready;
	else if (ready->gp_seq == gp_seq)
		to = ready;
	else
		return false;
	splice(to, &l->seg[RCU_NEXT]);
	to->gp_seq = gp_seq;
	return true;
}

void rcu_cblist_take(struct rcu_cblist *l, struct rcu_segment *taken)
{
	taken->head = NULL;
	splice(taken, &l->seg[RCU_DONE]);
}

void rcu_cblist_put_back(struct rcu_cblist *l, struct rcu_segment *rest)
{
	splice(rest, &l->seg[RCU_DONE]);	/* what came meanwhile is younger */
	splice(&l->seg[RCU_DONE], rest);
}
