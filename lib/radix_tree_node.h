/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/radix_tree_node.h - how radix_tree.c stores entries, for idr.c, which builds on the same nodes.
 */
#ifndef LIB_RADIX_TREE_NODE_H
#define LIB_RADIX_TREE_NODE_H

#include <primer/kernel.h>
#include <primer/radix_tree.h>

/* An entry is NULL, an item, or a node, which is marked by 10 in its two low bits. */
#define NODE_MARK	2UL
#define MARK_MASK	3UL

static __always_inline bool entry_is_node(const void *entry)
{
	return ((unsigned long)entry & MARK_MASK) == NODE_MARK;
}

static __always_inline struct radix_tree_node *entry_to_node(const void *entry)
{
	return (struct radix_tree_node *)((unsigned long)entry & ~MARK_MASK);
}

static __always_inline void *node_to_entry(const struct radix_tree_node *node)
{
	return (void *)((unsigned long)node | NODE_MARK);
}

/* Pairs with publish(): whoever sees an entry sees what was stored in the node or the item before it was put there. */
static __always_inline void *load_entry(void *const *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static __always_inline void publish(void **slot, void *entry)
{
	__atomic_store_n(slot, entry, __ATOMIC_RELEASE);	/* pairs with load_entry() */
}

/* The indices below @node are its base + 0 .. node_span(). */
static __always_inline unsigned long node_span(const struct radix_tree_node *node)
{
	/* Two shifts: the top node of the tallest tree has shift 60, and 60 + 6 is more than a word. */
	return ((RADIX_TREE_MAP_SIZE << node->shift) >> node->shift) == RADIX_TREE_MAP_SIZE ?
		(RADIX_TREE_MAP_SIZE << node->shift) - 1 : ~0UL;
}

static __always_inline unsigned int node_offset(const struct radix_tree_node *node, unsigned long index)
{
	return (index >> node->shift) & RADIX_TREE_MAP_MASK;
}

/*
 * What a tag bit in a node says. In a radix tree: something below this slot has the tag. In an idr, where tag 0 is
 * FULL: everything below this slot is in use. The two differ in when a node's tag rises to its parent.
 */
enum tag_rule { TAG_ANY, TAG_ALL };

/*
 * radix_tree_create - make the way down to @index
 *
 * Stores the slot and its node (NULL for the root). The slot may be empty; then the caller fills it and counts it in
 * the node, or calls radix_tree_prune(). Returns 0 or -ENOMEM, with no empty nodes left behind.
 */
int radix_tree_create(struct radix_tree_root *root, unsigned long index, gfp_t gfp, enum tag_rule rule,
		      struct radix_tree_node **nodep, void ***slotp);

/* radix_tree_prune - free @node and its ancestors as far as they are empty, and lower a tree that is too tall */
void radix_tree_prune(struct radix_tree_root *root, struct radix_tree_node *node);

/* radix_tree_slot - the slot of @index and its node, or NULL when there is no way down to it */
void **radix_tree_slot(const struct radix_tree_root *root, unsigned long index, struct radix_tree_node **nodep);

#endif
