/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/radix_tree.c - a sparse array of pointers, with tags.
 *
 * The problem. The page cache asks "page 4711 of this file?" at every read and fault, and "the next dirty page?" when
 * it writes back; most files have one page, some have millions. Readers should need no lock.
 *
 * The idea. The index is cut into digits of 6 bits. A node has 64 slots, one for each value of a digit; the digit
 * chooses the slot, the slot holds the node for the next digit, or at the bottom the item. The tree is only as tall as
 * its largest index demands, and an index that has no node on its way is free of cost:
 *
 *	root                         index 4160 = 1 . 1 . 0
 *	 |
 *	 +-> node, shift 12          slot 1
 *	       +-> node, shift 6     slot 1
 *	             +-> node, 0     slot 0: the item
 *
 *	an index up to 63 takes one level, up to 4095 two, up to 262143 three; index 0 alone takes none: the item is
 *	in the root itself, so a file of one page has no node.
 *
 * A slot holds NULL, an item or a node; a node's address carries binary 10 in the two low bits, which an item may not.
 *
 * Invariants, whenever the caller's lock is free:
 *   R1  node->count is the number of slots that are not NULL, and it is not 0.
 *   R2  the top node has something in a slot other than 0 (else the tree is one level lower).
 *   R3  bit i of node->tags[t] is set if and only if something below slot i has tag t; root->tagged likewise for all.
 *   R4  shift, offset and what the slots reach are right before a node is published.
 *
 * Tags. R3 makes "next dirty page" a walk that enters only subtrees where there is one. Setting sets the bit on each
 * level of the way down; clearing clears upwards as long as a node's whole word became 0.
 *
 * Readers without the lock. A node's shift never changes, so a reader that holds a node knows what its slots mean,
 * even when the tree has become taller or lower meanwhile: growing puts a new node above, shrinking takes away a top
 * node whose slot 0 stays as it was. Pointers are published with a release and read with an acquire. A node that goes
 * away is handed to free(), which waits for a grace period. Walks (radix_tree_find) never use parent pointers, which
 * do change: when a node has nothing more, they begin again at the root, behind it.
 *
 * Memory. lib/ does not allocate; the kernel registers an allocator once, and a test may give a root its own.
 *
 * Linux: lib/xarray.c and lib/radix-tree.c. There entries of several indices (huge pages) and shadow entries are
 * counted apart, and insertion can be preloaded; a caller of ours that gets -ENOMEM under its lock drops it, waits,
 * and tries again.
 */
#include <primer/errno.h>
#include <primer/kernel.h>
#include <primer/radix_tree.h>
#include <primer/string.h>

#include "radix_tree_node.h"

static struct radix_tree_node *alloc_nothing(gfp_t gfp)
{
	return NULL;
}

static void free_nothing(struct radix_tree_node *node) { }

static const struct radix_tree_ops no_ops = { .alloc = alloc_nothing, .free = free_nothing };

/* Written once, during boot. */
static const struct radix_tree_ops *registered_ops __read_mostly = &no_ops;

void radix_tree_register_ops(const struct radix_tree_ops *ops)
{
	registered_ops = ops;
}

static struct radix_tree_node *alloc_node(struct radix_tree_root *root, gfp_t gfp, unsigned int shift)
{
	struct radix_tree_node *node = (root->ops ? root->ops : registered_ops)->alloc(gfp);

	if (node) {
		memset(node, 0, sizeof(*node));
		node->shift = shift;
	}
	return node;
}

static void free_node(struct radix_tree_root *root, struct radix_tree_node *node)
{
	(root->ops ? root->ops : registered_ops)->free(node);
}

void **radix_tree_slot(const struct radix_tree_root *root, unsigned long index, struct radix_tree_node **nodep)
{
	struct radix_tree_node *node = NULL;
	void **slot = (void **)&root->rnode;
	void *entry = load_entry(slot);

	if (!entry_is_node(entry)) {
		*nodep = NULL;
		return entry && index == 0 ? slot : NULL;
	}
	if (index > node_span(entry_to_node(entry)))
		return NULL;
	while (entry_is_node(entry)) {
		node = entry_to_node(entry);
		slot = &node->slots[node_offset(node, index)];
		if (!node->shift)
			break;
		entry = load_entry(slot);
		if (!entry)
			return NULL;
	}
	*nodep = node;
	return slot;
}

/*
 * Put nodes on top until @index fits. The old contents go below slot 0, and what the root knew of their tags goes into
 * bit 0 of the new node.
 */
static int grow(struct radix_tree_root *root, unsigned long index, gfp_t gfp, enum tag_rule rule)
{
	for (;;) {
		struct radix_tree_node *top = entry_is_node(root->rnode) ? entry_to_node(root->rnode) : NULL;
		struct radix_tree_node *node;
		unsigned int shift;

		if (top ? index <= node_span(top) : index == 0)
			return 0;

		shift = top ? top->shift + RADIX_TREE_MAP_SHIFT : 0;
		if (!root->rnode) {
			/* Nothing to put below: make it as tall as it must be at once. */
			while (shift + RADIX_TREE_MAP_SHIFT < 64 && index >> (shift + RADIX_TREE_MAP_SHIFT))
				shift += RADIX_TREE_MAP_SHIFT;
		}
		node = alloc_node(root, gfp, shift);
		if (!node)
			return -ENOMEM;
		if (root->rnode) {
			node->slots[0] = root->rnode;
			node->count = 1;
			for (unsigned int t = 0; t < RADIX_TREE_MAX_TAGS; t++)
				node->tags[t] = root->tagged >> t & 1;
		}
		if (rule == TAG_ALL)
			root->tagged = 0;	/* the new node has 63 empty slots */
		if (top)
			top->parent = node;
		publish(&root->rnode, node_to_entry(node));
	}
}

int radix_tree_create(struct radix_tree_root *root, unsigned long index, gfp_t gfp, enum tag_rule rule,
		      struct radix_tree_node **nodep, void ***slotp)
{
	struct radix_tree_node *node = NULL;
	void **slot = &root->rnode;

	if (grow(root, index, gfp, rule))
		goto nomem;
	while (entry_is_node(*slot)) {
		struct radix_tree_node *child;

		node = entry_to_node(*slot);
		slot = &node->slots[node_offset(node, index)];
		if (!node->shift)
			break;
		if (*slot)
			continue;
		child = alloc_node(root, gfp, node->shift - RADIX_TREE_MAP_SHIFT);
		if (!child)
			goto nomem;
		child->parent = node;
		child->offset = node_offset(node, index);
		publish(slot, node_to_entry(child));
		node->count++;
	}
	*nodep = node;
	*slotp = slot;
	return 0;

nomem:
	/* Wherever the way ended, the empty nodes are those just made, and a top that is too tall is too. */
	if (!node && entry_is_node(root->rnode))
		node = entry_to_node(root->rnode);
	radix_tree_prune(root, node);
	return -ENOMEM;
}

void radix_tree_prune(struct radix_tree_root *root, struct radix_tree_node *node)
{
	while (node && !node->count) {
		struct radix_tree_node *parent = node->parent;

		if (parent) {
			publish(&parent->slots[node->offset], NULL);
			parent->count--;
		} else {
			publish(&root->rnode, NULL);
			root->tagged = 0;
		}
		free_node(root, node);
		node = parent;
	}

	/*
	 * R2. The contents of slot 0 move up; their tags, bit 0 of each word, are what the root has to know. A reader
	 * in the old top still finds slot 0 there.
	 */
	while (entry_is_node(root->rnode)) {
		struct radix_tree_node *top = entry_to_node(root->rnode);
		void *entry = top->slots[0];

		if (top->count != 1 || !entry)
			break;
		if (top->shift)
			entry_to_node(entry)->parent = NULL;
		root->tagged = 0;
		for (unsigned int t = 0; t < RADIX_TREE_MAX_TAGS; t++)
			root->tagged |= (top->tags[t] & 1) << t;
		publish(&root->rnode, entry);
		free_node(root, top);
	}
}

int radix_tree_insert(struct radix_tree_root *root, unsigned long index, void *item)
{
	struct radix_tree_node *node;
	void **slot;
	int err = radix_tree_create(root, index, root->gfp_mask, TAG_ANY, &node, &slot);

	if (err)
		return err;
	if (*slot)
		return -EEXIST;		/* nothing was made: the way was there */
	if (node)
		node->count++;
	publish(slot, item);
	return 0;
}

void **radix_tree_lookup_slot(const struct radix_tree_root *root, unsigned long index)
{
	struct radix_tree_node *node;
	void **slot = radix_tree_slot(root, index, &node);

	return slot && load_entry(slot) ? slot : NULL;
}

/* The hot path: what is a node is decided by the entry that was read, so each entry is read once. */
void *radix_tree_lookup(const struct radix_tree_root *root, unsigned long index)
{
	void *entry = load_entry(&root->rnode);

	if (!entry_is_node(entry))
		return index == 0 ? entry : NULL;
	if (index > node_span(entry_to_node(entry)))
		return NULL;
	do {
		const struct radix_tree_node *node = entry_to_node(entry);

		entry = load_entry(&node->slots[node_offset(node, index)]);
	} while (entry_is_node(entry));
	return entry;
}

void radix_tree_replace_slot(struct radix_tree_root *root, void **slot, void *item)
{
	publish(slot, item);
}

/* Clear tag @t of the slot at @offset of @node (NULL: of the root), and of everything above that has no other. */
static void clear_tag_upwards(struct radix_tree_root *root, struct radix_tree_node *node, unsigned int offset,
			      unsigned int t)
{
	while (node) {
		if (!(node->tags[t] & BIT(offset)))
			return;
		node->tags[t] &= ~BIT(offset);
		if (node->tags[t])
			return;
		offset = node->offset;
		node = node->parent;
	}
	root->tagged &= ~(1U << t);
}

void *radix_tree_delete_item(struct radix_tree_root *root, unsigned long index, void *item)
{
	struct radix_tree_node *node;
	void **slot = radix_tree_slot(root, index, &node);
	void *old = slot ? *slot : NULL;

	if (!old || (item && old != item))
		return NULL;
	for (unsigned int t = 0; t < RADIX_TREE_MAX_TAGS; t++)
		clear_tag_upwards(root, node, index & RADIX_TREE_MAP_MASK, t);
	publish(slot, NULL);
	if (node) {
		node->count--;
		radix_tree_prune(root, node);
	}
	return old;
}

void *radix_tree_delete(struct radix_tree_root *root, unsigned long index)
{
	return radix_tree_delete_item(root, index, NULL);
}

void *radix_tree_tag_set(struct radix_tree_root *root, unsigned long index, unsigned int tag)
{
	struct radix_tree_node *node;
	void *item = radix_tree_lookup(root, index);

	if (!item)
		return NULL;
	root->tagged |= 1U << tag;
	for (void *entry = root->rnode; entry_is_node(entry); entry = node->slots[node_offset(node, index)]) {
		node = entry_to_node(entry);
		node->tags[tag] |= BIT(node_offset(node, index));
	}
	return item;
}

void *radix_tree_tag_clear(struct radix_tree_root *root, unsigned long index, unsigned int tag)
{
	struct radix_tree_node *node;
	void **slot = radix_tree_slot(root, index, &node);

	if (!slot || !*slot)
		return NULL;
	clear_tag_upwards(root, node, index & RADIX_TREE_MAP_MASK, tag);
	return *slot;
}

bool radix_tree_tag_get(const struct radix_tree_root *root, unsigned long index, unsigned int tag)
{
	struct radix_tree_node *node;
	void **slot;

	if (!radix_tree_tagged(root, tag))
		return false;
	slot = radix_tree_slot(root, index, &node);
	if (!slot || !load_entry(slot))
		return false;
	return !node || READ_ONCE(node->tags[tag]) & BIT(index & RADIX_TREE_MAP_MASK);
}

#define NO_TAG	RADIX_TREE_MAX_TAGS

/* The first slot of @node, at or after @offset, with something (with @tag) in it; RADIX_TREE_MAP_SIZE for none. */
static unsigned int next_slot(const struct radix_tree_node *node, unsigned int offset, unsigned int tag)
{
	if (tag != NO_TAG && offset < RADIX_TREE_MAP_SIZE) {
		u64 tags = READ_ONCE(node->tags[tag]) & (~0UL << offset);

		return tags ? (unsigned int)__builtin_ctzl(tags) : RADIX_TREE_MAP_SIZE;
	}
	while (offset < RADIX_TREE_MAP_SIZE && !READ_ONCE(node->slots[offset]))
		offset++;
	return offset;
}

/*
 * The first item at or after *@index (with @tag), and its leaf node, NULL when it is in the root.
 *
 * Invariant: nothing that is looked for lies between the caller's *@index and ours. Going down, the index moves to the
 * start of the slot taken; when a node has no more, it moves behind the node and the walk begins again at the root.
 */
static void *find_from(const struct radix_tree_root *root, unsigned long *index, unsigned long max, unsigned int tag,
		       struct radix_tree_node **leaf)
{
	struct radix_tree_node *node;
	unsigned long i = *index;
	unsigned int offset;
	void *entry;

restart:
	if (i > max || (tag != NO_TAG && !radix_tree_tagged(root, tag)))
		return NULL;
	*leaf = NULL;
	entry = load_entry(&root->rnode);
	if (entry_is_node(entry) && i > node_span(entry_to_node(entry)))
		return NULL;
	if (!entry_is_node(entry) && i)
		return NULL;
	while (entry_is_node(entry)) {
		node = entry_to_node(entry);
		offset = next_slot(node, node_offset(node, i), tag);
		if (offset == RADIX_TREE_MAP_SIZE) {
			i |= node_span(node);
			if (++i == 0)
				return NULL;
			goto restart;
		}
		if (offset != node_offset(node, i)) {
			i &= ~node_span(node);
			i |= (unsigned long)offset << node->shift;
		}
		entry = load_entry(&node->slots[offset]);
		if (!entry)
			goto restart;		/* removed since next_slot() looked */
		*leaf = node;
	}
	if (i > max)
		return NULL;
	*index = i;
	return entry;
}

void *radix_tree_find(const struct radix_tree_root *root, unsigned long *index, unsigned long max)
{
	struct radix_tree_node *leaf;

	return find_from(root, index, max, NO_TAG, &leaf);
}

void *radix_tree_find_tag(const struct radix_tree_root *root, unsigned long *index, unsigned long max,
			  unsigned int tag)
{
	struct radix_tree_node *leaf;

	return find_from(root, index, max, tag, &leaf);
}

/* One walk down for each leaf, then along its slots. */
static unsigned int gang_lookup(const struct radix_tree_root *root, void **results, unsigned long index,
				unsigned int max_items, unsigned int tag)
{
	unsigned int n = 0;

	while (n < max_items) {
		struct radix_tree_node *leaf;
		unsigned int offset;
		void *item = find_from(root, &index, ~0UL, tag, &leaf);

		if (!item)
			break;
		results[n++] = item;
		if (!leaf)
			break;
		offset = index & RADIX_TREE_MAP_MASK;
		while (n < max_items && (offset = next_slot(leaf, offset + 1, tag)) < RADIX_TREE_MAP_SIZE) {
			item = load_entry(&leaf->slots[offset]);
			if (item)
				results[n++] = item;
		}
		index |= RADIX_TREE_MAP_MASK;
		if (++index == 0)
			break;
	}
	return n;
}

unsigned int radix_tree_gang_lookup(const struct radix_tree_root *root, void **results, unsigned long first_index,
				    unsigned int max_items)
{
	return gang_lookup(root, results, first_index, max_items, NO_TAG);
}

unsigned int radix_tree_gang_lookup_tag(const struct radix_tree_root *root, void **results, unsigned long first_index,
					unsigned int max_items, unsigned int tag)
{
	return gang_lookup(root, results, first_index, max_items, tag);
}

unsigned long radix_tree_next_hole(const struct radix_tree_root *root, unsigned long index, unsigned long max)
{
	while (index <= max && radix_tree_lookup(root, index)) {
		if (++index == 0)
			break;
	}
	return index;
}

/*
 * Leaves first, without recursion: ->count, not needed any more, becomes the position in a node where the walk goes on
 * when it comes back from below.
 */
void radix_tree_destroy(struct radix_tree_root *root)
{
	struct radix_tree_node *node = entry_is_node(root->rnode) ? entry_to_node(root->rnode) : NULL;

	root->rnode = NULL;
	root->tagged = 0;
	if (node)
		node->count = 0;
	while (node) {
		struct radix_tree_node *next;

		if (node->shift && node->count < RADIX_TREE_MAP_SIZE) {
			void *entry = node->slots[node->count++];

			if (entry) {
				node = entry_to_node(entry);
				node->count = 0;
			}
			continue;
		}
		next = node->parent;
		free_node(root, node);
		node = next;
	}
}
