/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/rcu/cblist.h - a CPU's callbacks, in the order of call_rcu(), cut into segments by what they wait for.
 *
 *	oldest                                                          newest
 *	| DONE            | WAIT              | NEXT_READY        | NEXT          |
 *	  may be called     wait for the        for the one         not yet told
 *	                    grace period that   after that          which
 *	                    runs, or is next
 *
 * A callback only ever moves to the left, together with its neighbours, by whole segments: moving a thousand is as cheap as moving one.
 * seg[i].gp_seq says, for WAIT and NEXT_READY, at which value of rcu_state.gp_seq the wait is over.
 *
 * Invariants
 *   C1  seg[WAIT].gp_seq < seg[NEXT_READY].gp_seq when both have callbacks; NEXT_READY has none when WAIT has none.
 *   C2  len counts all callbacks that were queued and have not returned, those that are being called included.
 *
 * Context of all: the CPU whose list it is, interrupts off; but len, which anybody reads.
 */
#ifndef KERNEL_RCU_CBLIST_H
#define KERNEL_RCU_CBLIST_H

#include <primer/compiler.h>
#include <primer/rcupdate.h>
#include <primer/types.h>

enum { RCU_DONE, RCU_WAIT, RCU_NEXT_READY, RCU_NEXT, RCU_NR_SEGMENTS };

struct rcu_segment {
	struct rcu_head *head;		/* NULL: none */
	struct rcu_head **tail;		/* where the next one is hung; meaningless while head is NULL */
	unsigned long gp_seq;
};

struct rcu_cblist {
	struct rcu_segment seg[RCU_NR_SEGMENTS];
	unsigned long len;		/* [owner CPU writes] C2 */
};

static __always_inline void rcu_cblist_enqueue(struct rcu_cblist *l, struct rcu_head *head)
{
	struct rcu_segment *s = &l->seg[RCU_NEXT];

	head->next = NULL;
	if (s->head)
		*s->tail = head;
	else
		s->head = head;
	s->tail = &head->next;
	WRITE_ONCE(l->len, l->len + 1);
}

static __always_inline bool rcu_cblist_ready(const struct rcu_cblist *l)	{ return l->seg[RCU_DONE].head; }
/* Do callbacks wait for a grace period, assigned or not? */
static __always_inline bool rcu_cblist_pending(const struct rcu_cblist *l)
{
	return l->seg[RCU_WAIT].head || l->seg[RCU_NEXT].head;
}

/* rcu_cblist_advance - grace periods up to @completed have ended: what waited for them is done. */
void rcu_cblist_advance(struct rcu_cblist *l, unsigned long completed);

/*
 * rcu_cblist_accelerate - what is in NEXT may be called when @gp_seq is reached: give it a place. False: there was nothing, or no
 * place, because two other grace periods are waited for already; then it stays in NEXT. @gp_seq is never less than it was before.
 */
bool rcu_cblist_accelerate(struct rcu_cblist *l, unsigned long gp_seq);

/*
 * rcu_cblist_take - DONE, as a list ended by NULL, moves to *@taken. They still count in len.
 * rcu_cblist_put_back - what is left of that, from rest->head on, is the head of DONE again.
 */
void rcu_cblist_take(struct rcu_cblist *l, struct rcu_segment *taken);
void rcu_cblist_put_back(struct rcu_cblist *l, struct rcu_segment *rest);

#endif
