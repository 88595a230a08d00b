/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/timerqueue.c - a red-black tree of points of time that remembers the earliest.
 *
 * The problem. Timers come and go in any order, and one question is asked after each change: when is the next one? A
 * sorted list makes insertion slow, a heap makes it slow to take out a timer from the middle, and most timers are
 * taken out before they expire.
 *
 * The idea. A balanced tree ordered by time, with a pointer to its leftmost node: insert and remove cost O(log n), and
 * the next one is a load.
 *
 * Invariants: an in-order walk never goes back in time; rb_leftmost is the first node of that walk, or NULL when there
 * is none; a node that is not queued is its own parent (RB_EMPTY_NODE), so that timerqueue_node_queued() can tell.
 *
 * Locking: the user's.
 *
 * A node that is queued, or taken out, twice is a mistake of the user's that would ruin the tree for all others. It is
 * reported, and the queue stays as it is.
 *
 * Linux: lib/timerqueue.c, which reports the mistake and goes on with it.
 */
#include <primer/bug.h>
#include <primer/timerqueue.h>

static bool earlier(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct timerqueue_node, node)->expires <
	       rb_entry((struct rb_node *)b, struct timerqueue_node, node)->expires;
}

bool timerqueue_add(struct timerqueue_head *head, struct timerqueue_node *node)
{
	if (WARN_ON_ONCE(timerqueue_node_queued(node)))
		return false;
	return rb_add_cached(&node->node, &head->rb_root, earlier) != NULL;
}

bool timerqueue_del(struct timerqueue_head *head, struct timerqueue_node *node)
{
	if (!WARN_ON_ONCE(!timerqueue_node_queued(node))) {
		rb_erase_cached(&node->node, &head->rb_root);
		RB_CLEAR_NODE(&node->node);
	}
	return !RB_EMPTY_ROOT(&head->rb_root.rb_root);
}

struct timerqueue_node *timerqueue_iterate_next(struct timerqueue_node *node)
{
	struct rb_node *next = rb_next(&node->node);

	return rb_entry_safe(next, struct timerqueue_node, node);
}
