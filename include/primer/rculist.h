/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rculist.h - lists that are read while they change.
 *
 * The changer holds its lock and uses the _rcu forms; readers hold rcu_read_lock() and nothing else. What makes it work:
 *
 *	adding		the new entry's links are right before the one store that makes it reachable, a release
 *	removing	the entry leaves the chain, but its own ->next stays: who stands on it walks on as if it were still there
 *	freeing		after a grace period, when nobody stands on it
 *
 *	before	A -> B -> C		a reader is at B
 *	del B	A ------> C
 *		     B -> C		and comes to C all the same
 *
 * Readers only go forward: ->prev is the changer's. An entry that was removed must not be added anywhere before a grace period has passed,
 * or a reader would walk on in the wrong list. A reader may see an entry that is gone, and miss one that has just come.
 */
#ifndef PRIMER_RCULIST_H
#define PRIMER_RCULIST_H

#include <primer/list.h>
#include <primer/rcupdate.h>

/* ---- circular lists -------------------------------------------------------------------------------------------------- */

static inline void __list_add_rcu(struct list_head *new, struct list_head *prev, struct list_head *next)
{
	new->next = next;
	new->prev = prev;
	rcu_assign_pointer(prev->next, new);
	next->prev = new;
}

static inline void list_add_rcu(struct list_head *new, struct list_head *head)
{
	__list_add_rcu(new, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *new, struct list_head *head)
{
	__list_add_rcu(new, head->prev, head);
}

/* list_del_rcu - take @entry out; it may be freed, or used again, after a grace period. */
static inline void list_del_rcu(struct list_head *entry)
{
	__list_del_entry(entry);
	entry->prev = LIST_POISON2;
}

/* list_replace_rcu - @new stands where @old stood; readers see the one or the other. */
static inline void list_replace_rcu(struct list_head *old, struct list_head *new)
{
	new->next = old->next;
	new->prev = old->prev;
	rcu_assign_pointer(new->prev->next, new);
	new->next->prev = new;
	old->prev = LIST_POISON2;
}

#define list_entry_rcu(ptr, type, member)	container_of(rcu_dereference_raw(ptr), type, member)

/* list_first_or_null_rcu - for a reader "empty?" and "the first" must be one look. */
#define list_first_or_null_rcu(head, type, member) ({ \
	struct list_head *__head = (head), *__first = rcu_dereference_raw(__head->next); \
	__first != __head ? container_of(__first, type, member) : NULL; })

#define __list_check_rcu(cond) \
	RCU_LOCKDEP_WARN(!(cond) && !rcu_read_lock_any_held(), "RCU-list traversed in non-reader section")

/* list_for_each_entry_rcu - the optional last argument: a condition that takes the place of rcu_read_lock(): a lock is held. */
#define list_for_each_entry_rcu(pos, head, member, cond...) \
	for (({ __list_check_rcu(cond + 0); }), pos = list_entry_rcu((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))

/* Behind @pos, which the caller has kept from being freed and from being removed. */
#define list_for_each_entry_continue_rcu(pos, head, member) \
	for (pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))

/* ---- lists with a head of one word ----------------------------------------------------------------------------------- */

static inline void hlist_add_head_rcu(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	n->pprev = &h->first;
	rcu_assign_pointer(h->first, n);
	if (first)
		first->pprev = &n->next;
}

static inline void hlist_add_before_rcu(struct hlist_node *n, struct hlist_node *next)
{
	n->pprev = next->pprev;
	n->next = next;
	rcu_assign_pointer(*n->pprev, n);
	next->pprev = &n->next;
}

static inline void hlist_add_behind_rcu(struct hlist_node *n, struct hlist_node *prev)
{
	n->next = prev->next;
	n->pprev = &prev->next;
	rcu_assign_pointer(prev->next, n);
	if (n->next)
		n->next->pprev = &n->next;
}

static inline void hlist_del_rcu(struct hlist_node *n)
{
	__hlist_del(n);
	WRITE_ONCE(n->pprev, LIST_POISON2);
}

/* hlist_del_init_rcu - the same, and hlist_unhashed(@n) becomes true. Readers still walk on by ->next. */
static inline void hlist_del_init_rcu(struct hlist_node *n)
{
	if (!hlist_unhashed(n)) {
		__hlist_del(n);
		WRITE_ONCE(n->pprev, NULL);
	}
}

static inline void hlist_replace_rcu(struct hlist_node *old, struct hlist_node *new)
{
	struct hlist_node *next = old->next;

	new->next = next;
	new->pprev = old->pprev;
	rcu_assign_pointer(*new->pprev, new);
	if (next)
		next->pprev = &new->next;
	WRITE_ONCE(old->pprev, LIST_POISON2);
}

static __always_inline struct hlist_node *hlist_first_rcu(const struct hlist_head *head)
{
	return rcu_dereference_raw(head->first);
}

static __always_inline struct hlist_node *hlist_next_rcu(const struct hlist_node *node)
{
	return rcu_dereference_raw(node->next);
}

#define hlist_for_each_entry_rcu(pos, head, member, cond...) \
	for (({ __list_check_rcu(cond + 0); }), pos = hlist_entry_safe(hlist_first_rcu(head), __typeof__(*pos), member); \
	     pos; \
	     pos = hlist_entry_safe(hlist_next_rcu(&pos->member), __typeof__(*pos), member))

#endif
