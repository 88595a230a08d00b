/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/rbtree.c - red-black trees.
 *
 * The problem. An ordered set in which insertion, removal and "the next one" take O(log n) at worst, with no allocation
 * and no more than three words a member: the run queue of the scheduler, the areas of an address space, the timers.
 *
 * The idea. A binary search tree whose nodes are red or black, such that
 *
 *	T1	a node sorts behind everything in its left subtree and before everything in its right one;
 *	T2	the root is black;
 *	T3	a red node has no red child;
 *	T4	every way from the root to a missing child passes the same number of black nodes, the black height h.
 *
 * By T3 and T4 the longest way (red and black in turn) is at most twice the shortest (all black). A subtree of black
 * height h holds at least 2^h - 1 nodes, so h <= log2(n + 1), and no way is longer than 2 log2(n + 1).
 *
 * A missing child counts as black. Two consequences that the code uses:
 *
 *	T5	a node with exactly one child is black, and the child is a red leaf (any other child would give the two
 *		sides different black heights);
 *	T6	a black node other than the root has a sibling.
 *
 * The only change of shape is the rotation, which keeps T1 because the subtrees stay in their order:
 *
 *	        |                          |
 *	      node                         up
 *	     /    \      rotate(node,     /  \
 *	    a      up      LEFT)       node   c
 *	          /  \    ------->     /  \
 *	         b    c               a    b
 *
 * "up" also takes over the colour of "node", and "node" gets a colour that the caller names. So, seen from above, the
 * place keeps its colour; every case below needs just that.
 *
 * Each case exists in two mirror images. The code is written once, for a side; the compiler makes both, because every
 * function that takes a side is inlined with a constant one.
 *
 * Drawings: CAPITALS are black, small letters red, (x) may be either.
 *
 * Locking: the user's. Stores to child pointers go through WRITE_ONCE, so a lockless walk down sees whole pointers; it
 * may miss nodes while the tree turns under it, and must be confirmed (Linux's latched trees build on the same).
 *
 * Linux (lib/rbtree.c) has the same interface, and its cases are these; the proof comes from Cormen et al.,
 * Introduction to Algorithms, chapter 13, where node NIL stands for our NULL.
 */
#include <primer/rbtree.h>
#include <primer/rbtree_augmented.h>

enum side { LEFT, RIGHT };
enum colour { RED = 0, BLACK = 1 };	/* bit 0 of __rb_parent_color; rb_link_node() makes red nodes by storing 0 */

static __always_inline bool is_black(const struct rb_node *node)
{
	return node->__rb_parent_color & BLACK;
}

static __always_inline bool is_red_child(const struct rb_node *node)
{
	return node && !is_black(node);
}

static __always_inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->__rb_parent_color = (unsigned long)parent | (node->__rb_parent_color & BLACK);
}

static __always_inline void set_parent_colour(struct rb_node *node, struct rb_node *parent, enum colour colour)
{
	node->__rb_parent_color = (unsigned long)parent | colour;
}

static __always_inline void set_colour(struct rb_node *node, enum colour colour)
{
	node->__rb_parent_color = (node->__rb_parent_color & ~(unsigned long)BLACK) | colour;
}

static __always_inline enum side other(enum side side)
{
	return side == LEFT ? RIGHT : LEFT;
}

static __always_inline struct rb_node *get_child(const struct rb_node *node, enum side side)
{
	return side == LEFT ? node->rb_left : node->rb_right;
}

static __always_inline void set_child(struct rb_node *node, enum side side, struct rb_node *child)
{
	if (side == LEFT)
		WRITE_ONCE(node->rb_left, child);
	else
		WRITE_ONCE(node->rb_right, child);
}

/* Whatever points down at @old, child of @parent, points at @new. */
static __always_inline void replace_below(struct rb_node *old, struct rb_node *new, struct rb_node *parent,
					  struct rb_root *root)
{
	if (!parent)
		WRITE_ONCE(root->rb_node, new);
	else if (parent->rb_left == old)
		WRITE_ONCE(parent->rb_left, new);
	else
		WRITE_ONCE(parent->rb_right, new);
}

/* As drawn: @node goes down to @side and becomes @colour; its child on the other side takes its place and colour. */
static __always_inline void rotate(struct rb_node *node, enum side side, enum colour colour, struct rb_root *root,
				   void (*augment)(struct rb_node *old, struct rb_node *new))
{
	struct rb_node *up = get_child(node, other(side)), *inner = get_child(up, side);

	set_child(node, other(side), inner);
	if (inner)
		set_parent(inner, node);
	set_child(up, side, node);
	replace_below(node, up, rb_parent(node), root);
	up->__rb_parent_color = node->__rb_parent_color;
	set_parent_colour(node, up, colour);
	augment(node, up);
}

/*
 * Insertion, the end: @node and its parent p are red, the parent's sibling U on the other @side of g is black or
 * missing.
 *
 * Case I3: node is on the inner side. Turn p down, and what was node is now the parent of a red node on the outer side.
 *
 *	      G               G
 *	     / \             / \
 *	    p   U   -->     n   U
 *	     \             /
 *	      n           p
 *
 * Case I4: node is on the outer side. Turn g down and make it red; p takes its place and its black.
 *
 *	      G               P
 *	     / \             / \
 *	    p   U   -->     n   g
 *	   /                     \
 *	  n                       U
 *
 * T3 holds: the only red nodes here are n and g, below a black one. T4 holds: every way down passes one black node (P)
 * where it passed one (G), U on its own way besides. Nothing changed as seen from above, so the tree is right.
 */
static __always_inline void insert_turn(struct rb_node *node, struct rb_node *parent, struct rb_node *gparent,
					enum side side, struct rb_root *root,
					void (*augment)(struct rb_node *old, struct rb_node *new))
{
	if (get_child(parent, other(side)) == node)
		rotate(parent, side, RED, root, augment);
	rotate(gparent, other(side), RED, root, augment);
}

/*
 * Insertion. A new node is a red leaf: T4 holds from the start, and T2 or T3 may fail, but only at the new node.
 *
 * Loop invariant: @node is red; T1 and T4 hold; T3 holds except, perhaps, between @node and its parent; T2 holds
 * except, perhaps, that @node is the root.
 *
 * Case I0: node is the root. Make it black: every way gains one black node, T4 stays.
 * Case I1: the parent is black. Nothing is wrong.
 * Case I2: parent and uncle are red, so the grandparent is black (T3). Move its black down to both:
 *
 *	      G               g
 *	     / \             / \
 *	    p   u   -->     P   U
 *	   /               /
 *	  n               n
 *
 *	Every way keeps its count; g may now clash with its own parent: go on with g. The loop climbs two levels.
 * Cases I3, I4: the uncle is black. At most two rotations, and done: see insert_turn().
 */
static __always_inline void insert_fix(struct rb_node *node, struct rb_root *root,
				       void (*augment)(struct rb_node *old, struct rb_node *new))
{
	for (;;) {
		struct rb_node *parent = rb_parent(node), *gparent, *uncle;

		if (!parent) {				/* I0 */
			set_parent_colour(node, NULL, BLACK);
			return;
		}
		if (is_black(parent))			/* I1 */
			return;

		gparent = rb_parent(parent);		/* there is one: the root is black, the parent red */
		uncle = gparent->rb_left == parent ? gparent->rb_right : gparent->rb_left;
		if (!is_red_child(uncle)) {		/* I3, I4 */
			if (gparent->rb_left == parent)
				insert_turn(node, parent, gparent, LEFT, root, augment);
			else
				insert_turn(node, parent, gparent, RIGHT, root, augment);
			return;
		}
		set_colour(parent, BLACK);		/* I2 */
		set_colour(uncle, BLACK);
		set_colour(gparent, RED);
		node = gparent;
	}
}

/*
 * Removal, one step of putting T4 right: the ways through the child of @parent on @side (which is black or missing) are
 * one black node short. Returns the subtree that is short now, or NULL when none is.
 *
 * By T6 there is a sibling s. n is the short child, l and r the sibling's children, l on the side of n.
 *
 * Case R1: the sibling is red, so the parent is black. Turn the parent down and make it red. n is as short as before,
 * but its sibling is now L, black: one of the cases below applies, and with a red parent R2 ends the work.
 *
 *	    P                 S
 *	   / \               / \
 *	  N   s     -->     p   R
 *	     / \           / \
 *	    L   R         N   L
 *
 * Case R2: sibling and both its children are black. Make the sibling red: now both sides of the parent are short by
 * one. A red parent becomes black, which gives each side its node back, and all is right. A black one is itself short.
 *
 *	   (p)               (p)
 *	   / \               / \
 *	  N   S     -->     N   s
 *	     / \               / \
 *	    L   R             L   R
 *
 * Case R3: the sibling's inner child l is red, the outer one black. Turn the sibling down; l takes its place and its
 * black, s becomes red. The ways below keep their counts, and the outer child of the new sibling is red: case R4.
 *
 *	   (p)               (p)
 *	   / \               / \
 *	  N   S     -->     N   L
 *	     / \                 \
 *	    l   R                 s
 *	                           \
 *	                            R
 *
 * Case R4: the sibling's outer child r is red. Turn the parent down, s takes its place and colour; parent and r become
 * black. The ways through n have gained P; those through l pass P instead of S; those through r pass R instead of S.
 *
 *	   (p)               (s)
 *	   / \               / \
 *	  N   S     -->     P   R
 *	     / \           / \
 *	   (l)  r         N  (l)
 */
static __always_inline struct rb_node *erase_step(struct rb_node *parent, enum side side, struct rb_root *root,
						  void (*augment)(struct rb_node *old, struct rb_node *new))
{
	struct rb_node *sibling = get_child(parent, other(side));

	if (!is_black(sibling)) {					/* R1 */
		rotate(parent, side, RED, root, augment);
		sibling = get_child(parent, other(side));
	}
	if (!is_red_child(get_child(sibling, other(side)))) {
		if (!is_red_child(get_child(sibling, side))) {		/* R2 */
			set_colour(sibling, RED);
			if (is_black(parent))
				return parent;
			set_colour(parent, BLACK);
			return NULL;
		}
		rotate(sibling, other(side), RED, root, augment);	/* R3 */
		sibling = get_child(parent, other(side));
	}
	set_colour(get_child(sibling, other(side)), BLACK);		/* R4 */
	rotate(parent, side, BLACK, root, augment);
	return NULL;
}

/*
 * Removal, the colours: a black leaf below @parent is gone.
 *
 * Loop invariant: T1, T2, T3 hold, and T4 but for this: the ways through @node (NULL at first), a child of @parent, are
 * one black node short. Short at the root means every way is: T4 holds. Three rotations at most, and the climb through
 * R2, one level a step.
 */
static __always_inline void erase_fix(struct rb_node *parent, struct rb_root *root,
				      void (*augment)(struct rb_node *old, struct rb_node *new))
{
	struct rb_node *node = NULL;

	while (parent) {
		/* At first node is NULL; its sibling is not (T6), so the comparison finds the right side. */
		if (parent->rb_left == node)
			node = erase_step(parent, LEFT, root, augment);
		else
			node = erase_step(parent, RIGHT, root, augment);
		if (!node)
			return;
		parent = rb_parent(node);
	}
}

/*
 * Removal, the shape.
 *
 * Case E1: at most one child. It moves up. If there is one, it is a red leaf below a black node (T5): it takes over the
 * black, and nothing is wrong. If there is none and the node was black, the parent is short on that side.
 *
 *	   (p)        (p)
 *	    |          |
 *	    N   -->    C
 *	     \
 *	      c
 *
 * Case E2: two children, and the right one has no left child: it is the successor s. It takes the place and the colour
 * of the node, with its left subtree. Case E3: two children, and the successor is the leftmost node of the right
 * subtree. Its right child moves up to where it was; then as E2.
 *
 *	     (n)              (s)
 *	     / \              / \
 *	    a   (y)   -->    a   (y)
 *	        / \              / \
 *	      (s)  b            c   b
 *	        \
 *	         c
 *
 * In E2 and E3 what is missing, as to colours, is the successor at its old place, where it had at most a right child:
 * the same two possibilities as in E1.
 *
 * The summaries: the successor gets the node's (copy), everything from its old place up to it is recomputed, and then
 * everything from it up to the root. After that they are true for the new shape, as rotate() expects.
 */
static __always_inline void erase(struct rb_node *node, struct rb_root *root,
				  const struct rb_augment_callbacks *augment)
{
	struct rb_node *left = node->rb_left, *right = node->rb_right, *parent = rb_parent(node);
	struct rb_node *child, *above;		/* the child that moved up, or NULL, and its parent */
	bool lost_black;

	if (!left || !right) {						/* E1 */
		child = left ? left : right;
		above = parent;
		lost_black = is_black(node);
		replace_below(node, child, parent, root);
		augment->propagate(parent, NULL);
	} else {
		struct rb_node *succ = right;

		if (!succ->rb_left) {					/* E2 */
			child = succ->rb_right;
			above = succ;
			augment->copy(node, succ);
		} else {						/* E3 */
			do {
				above = succ;
				succ = succ->rb_left;
			} while (succ->rb_left);
			child = succ->rb_right;
			set_child(above, LEFT, child);
			set_child(succ, RIGHT, right);
			set_parent(right, succ);
			augment->copy(node, succ);
			augment->propagate(above, succ);
		}
		lost_black = is_black(succ);
		set_child(succ, LEFT, left);
		set_parent(left, succ);
		replace_below(node, succ, parent, root);
		succ->__rb_parent_color = node->__rb_parent_color;
		augment->propagate(succ, NULL);
	}

	if (child)
		set_parent_colour(child, above, BLACK);
	else if (lost_black)
		erase_fix(above, root, augment->rotate);
}

/* Callbacks for trees without summaries; they vanish when inlined. */
static __always_inline void no_propagate(struct rb_node *node, struct rb_node *stop) { }
static __always_inline void no_copy(struct rb_node *old, struct rb_node *new) { }
static __always_inline void no_rotate(struct rb_node *old, struct rb_node *new) { }

static const struct rb_augment_callbacks no_augment = {
	.propagate = no_propagate,
	.copy = no_copy,
	.rotate = no_rotate,
};

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert_fix(node, root, no_rotate);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, &no_augment);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment)
{
	insert_fix(node, root, augment->rotate);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root, const struct rb_augment_callbacks *augment)
{
	erase(node, root, augment);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root)
{
	*new = *victim;
	if (new->rb_left)
		set_parent(new->rb_left, new);
	if (new->rb_right)
		set_parent(new->rb_right, new);
	replace_below(victim, new, rb_parent(victim), root);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

/*
 * The next in order is the leftmost of the right subtree; without one, it is the nearest ancestor that has us on its
 * left. A walk over the whole tree goes down and up each link once: n calls take O(n).
 */
struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->rb_right) {
		node = node->rb_right;
		while (node->rb_left)
			node = node->rb_left;
		return (struct rb_node *)node;
	}
	while ((parent = rb_parent(node)) && parent->rb_right == node)
		node = parent;
	return parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->rb_left) {
		node = node->rb_left;
		while (node->rb_right)
			node = node->rb_right;
		return (struct rb_node *)node;
	}
	while ((parent = rb_parent(node)) && parent->rb_left == node)
		node = parent;
	return parent;
}

static struct rb_node *leftmost_leaf(struct rb_node *node)
{
	while (node->rb_left || node->rb_right)
		node = node->rb_left ? node->rb_left : node->rb_right;
	return node;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return root->rb_node ? leftmost_leaf(root->rb_node) : NULL;
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent;

	if (!node)
		return NULL;
	parent = rb_parent(node);
	if (parent && node == parent->rb_left && parent->rb_right)
		return leftmost_leaf(parent->rb_right);
	return parent;
}
