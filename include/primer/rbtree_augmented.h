/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rbtree_augmented.h - red-black trees in which each node carries a summary of its subtree.
 *
 * With "the largest gap below me" in every node, the first gap that is large enough is found in O(log n). Such a
 * summary must follow every change of shape; the tree says where through three callbacks:
 *
 *	propagate(node, stop)	recompute from @node upwards, and stop before @stop (NULL: the root), or earlier where
 *				a summary comes out as it was: nothing above can change then
 *	copy(old, new)		@new takes the place of @old, with its children: give it the same summary
 *	rotate(old, new)	@new was a child of @old and is now its parent: @new covers what @old covered, so it
 *				inherits the summary of @old, and that of @old is recomputed from its children
 *
 * On insertion the user first walks down and updates the summaries on the path as if the node were there (or links it
 * and calls propagate from the parent), sets the node's own, and then calls rb_insert_augmented(). Removal does
 * everything by itself.
 */
#ifndef PRIMER_RBTREE_AUGMENTED_H
#define PRIMER_RBTREE_AUGMENTED_H

#include <primer/rbtree.h>

struct rb_augment_callbacks {
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	void (*copy)(struct rb_node *old, struct rb_node *new);
	void (*rotate)(struct rb_node *old, struct rb_node *new);
};

void rb_insert_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment);

static inline void rb_insert_augmented_cached(struct rb_node *node, struct rb_root_cached *root, bool newleft,
					      const struct rb_augment_callbacks *augment)
{
	if (newleft)
		root->rb_leftmost = node;
	rb_insert_augmented(node, &root->rb_root, augment);
}

static inline void rb_erase_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					     const struct rb_augment_callbacks *augment)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase_augmented(node, &root->rb_root, augment);
}

/*
 * RB_DECLARE_CALLBACKS - define the three callbacks as @RBNAME from one function
 *
 * @RBCOMPUTE(node, exit) stores the summary of @node, computed from its own value and its children's summaries, in
 * @RBAUGMENTED, and returns whether @exit is set and it was that already.
 */
#define RB_DECLARE_CALLBACKS(RBSTATIC, RBNAME, RBSTRUCT, RBFIELD, RBAUGMENTED, RBCOMPUTE) \
static inline void RBNAME ## _propagate(struct rb_node *rb, struct rb_node *stop) \
{ \
	while (rb != stop) { \
		RBSTRUCT *node = rb_entry(rb, RBSTRUCT, RBFIELD); \
		if (RBCOMPUTE(node, true)) \
			break; \
		rb = rb_parent(&node->RBFIELD); \
	} \
} \
static inline void RBNAME ## _copy(struct rb_node *rb_old, struct rb_node *rb_new) \
{ \
	RBSTRUCT *old = rb_entry(rb_old, RBSTRUCT, RBFIELD); \
	RBSTRUCT *new = rb_entry(rb_new, RBSTRUCT, RBFIELD); \
	new->RBAUGMENTED = old->RBAUGMENTED; \
} \
static void RBNAME ## _rotate(struct rb_node *rb_old, struct rb_node *rb_new) \
{ \
	RBSTRUCT *old = rb_entry(rb_old, RBSTRUCT, RBFIELD); \
	RBSTRUCT *new = rb_entry(rb_new, RBSTRUCT, RBFIELD); \
	new->RBAUGMENTED = old->RBAUGMENTED; \
	RBCOMPUTE(old, false); \
} \
RBSTATIC const struct rb_augment_callbacks RBNAME = { \
	.propagate = RBNAME ## _propagate, \
	.copy = RBNAME ## _copy, \
	.rotate = RBNAME ## _rotate \
}

/* RB_DECLARE_CALLBACKS_MAX - the summary is the largest @RBCOMPUTE(node), of type @RBTYPE, in the subtree */
#define RB_DECLARE_CALLBACKS_MAX(RBSTATIC, RBNAME, RBSTRUCT, RBFIELD, RBTYPE, RBAUGMENTED, RBCOMPUTE) \
static inline bool RBNAME ## _compute_max(RBSTRUCT *node, bool exit) \
{ \
	RBSTRUCT *child; \
	RBTYPE max = RBCOMPUTE(node); \
	if (node->RBFIELD.rb_left) { \
		child = rb_entry(node->RBFIELD.rb_left, RBSTRUCT, RBFIELD); \
		if (child->RBAUGMENTED > max) \
			max = child->RBAUGMENTED; \
	} \
	if (node->RBFIELD.rb_right) { \
		child = rb_entry(node->RBFIELD.rb_right, RBSTRUCT, RBFIELD); \
		if (child->RBAUGMENTED > max) \
			max = child->RBAUGMENTED; \
	} \
	if (exit && node->RBAUGMENTED == max) \
		return true; \
	node->RBAUGMENTED = max; \
	return false; \
} \
RB_DECLARE_CALLBACKS(RBSTATIC, RBNAME, RBSTRUCT, RBFIELD, RBAUGMENTED, RBNAME ## _compute_max)

#endif
