/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/timerqueue.h - points of time in order, the next one at hand. The theory is in lib/timerqueue.c.
 *
 * The user locks; nothing allocates.
 */
#ifndef PRIMER_TIMERQUEUE_H
#define PRIMER_TIMERQUEUE_H

#include <primer/rbtree.h>
#include <primer/types.h>

struct timerqueue_node {
	struct rb_node node;
	ktime_t expires;		/* unchanged while the node is queued */
};

struct timerqueue_head {
	struct rb_root_cached rb_root;
};

/*
 * timerqueue_add - queue @node; true when it is now the next to expire. Equal times expire in order of insertion.
 *
 * A node that is queued already is reported and left where it is, as is in timerqueue_del() one that is not queued.
 */
bool timerqueue_add(struct timerqueue_head *head, struct timerqueue_node *node);
/* timerqueue_del - take @node out; true when others are left */
bool timerqueue_del(struct timerqueue_head *head, struct timerqueue_node *node);
/* timerqueue_iterate_next - the one after @node, or NULL */
struct timerqueue_node *timerqueue_iterate_next(struct timerqueue_node *node);

/* timerqueue_getnext - the one that expires first, or NULL */
static inline struct timerqueue_node *timerqueue_getnext(struct timerqueue_head *head)
{
	struct rb_node *leftmost = rb_first_cached(&head->rb_root);

	return rb_entry_safe(leftmost, struct timerqueue_node, node);
}

static inline void timerqueue_init(struct timerqueue_node *node)	{ RB_CLEAR_NODE(&node->node); }
static inline bool timerqueue_node_queued(struct timerqueue_node *node)	{ return !RB_EMPTY_NODE(&node->node); }
static inline void timerqueue_init_head(struct timerqueue_head *head)	{ head->rb_root = RB_ROOT_CACHED; }

#endif
