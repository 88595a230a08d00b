/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/radix_tree.h - a sparse array of pointers, indexed by an unsigned long, with tags.
 *
 * The page cache keeps a file's pages here by page number; idr.h keeps objects by id. The theory is in
 * lib/radix_tree.c.
 *
 * An item is a pointer whose low two bits are not binary 10 (any pointer to something aligned to 4 is one; a small
 * number can be stored as a value entry). NULL means "nothing here".
 *
 * Locking: everything that changes a tree needs the caller's lock. lookup, lookup_slot, find, gang_lookup and tag_get
 * may run beside one changer under rcu_read_lock(), if the registered free() delays the reuse of nodes by a grace
 * period.
 *
 * Memory: the tree allocates nodes through struct radix_tree_ops. The kernel registers one for all; a root may have
 * its own.
 */
#ifndef PRIMER_RADIX_TREE_H
#define PRIMER_RADIX_TREE_H

#include <primer/compiler.h>
#include <primer/types.h>

#define RADIX_TREE_MAP_SHIFT	6
#define RADIX_TREE_MAP_SIZE	(1UL << RADIX_TREE_MAP_SHIFT)
#define RADIX_TREE_MAP_MASK	(RADIX_TREE_MAP_SIZE - 1)
#define RADIX_TREE_MAX_TAGS	3

struct radix_tree_node {
	u8 shift;			/* set at birth: a slot covers 1 << shift indices */
	u8 offset;			/* set at birth: our slot in the parent */
	u8 count;			/* slots in use */
	struct radix_tree_node *parent;	/* NULL at the top */
	union {
		void *rcu[2];		/* for free(): room for a struct rcu_head once nobody looks up any more */
		struct radix_tree_node *next;	/* while on a list of nodes to be freed */
	};
	void *slots[RADIX_TREE_MAP_SIZE];
	u64 tags[RADIX_TREE_MAX_TAGS];	/* bit i: something below slot i has the tag */
};

/*
 * Where nodes come from and go to.
 *
 * alloc: sizeof(struct radix_tree_node) bytes, zeroed or not, or NULL; @gfp is what the tree's user said.
 * free: may be called with the user's lock held; concurrent readers may still be in the node until a grace period ends.
 */
struct radix_tree_ops {
	struct radix_tree_node *(*alloc)(gfp_t gfp);
	void (*free)(struct radix_tree_node *node);
};

struct radix_tree_root {
	gfp_t gfp_mask;			/* immutable */
	u32 tagged;			/* bit t: something in the tree has tag t */
	void *rnode;			/* [RCU] NULL, the item of index 0, or the top node */
	const struct radix_tree_ops *ops;	/* immutable; NULL: the registered ones */
};

/*
 * radix_tree_register_ops - from now on, roots without ops of their own use @ops
 *
 * Called once, when the slab allocator is up. Before, such a tree cannot grow beyond index 0: insertion gives -ENOMEM.
 */
void radix_tree_register_ops(const struct radix_tree_ops *ops);

#define RADIX_TREE_INIT(mask)	{ .gfp_mask = (mask) }
#define RADIX_TREE(name, mask)	struct radix_tree_root name = RADIX_TREE_INIT(mask)

static inline void INIT_RADIX_TREE(struct radix_tree_root *root, gfp_t gfp_mask)
{
	*root = (struct radix_tree_root)RADIX_TREE_INIT(gfp_mask);
}

/* Value entries: a small number in the place of a pointer (bit 0 set). */
static inline void *xa_mk_value(unsigned long v)		{ return (void *)((v << 1) | 1); }
static inline unsigned long xa_to_value(const void *entry)	{ return (unsigned long)entry >> 1; }
static inline bool xa_is_value(const void *entry)		{ return (unsigned long)entry & 1; }

static inline bool radix_tree_empty(const struct radix_tree_root *root)	{ return !READ_ONCE(root->rnode); }

/* radix_tree_insert - 0, -EEXIST when the index is taken, -ENOMEM with the tree's contents as they were */
int radix_tree_insert(struct radix_tree_root *root, unsigned long index, void *item);
void *radix_tree_lookup(const struct radix_tree_root *root, unsigned long index);
/* radix_tree_lookup_slot - where the item is stored, or NULL; valid until the tree changes shape */
void **radix_tree_lookup_slot(const struct radix_tree_root *root, unsigned long index);
/* radix_tree_replace_slot - exchange the item in a slot found by lookup_slot for another, not NULL; tags stay */
void radix_tree_replace_slot(struct radix_tree_root *root, void **slot, void *item);
/* radix_tree_delete - remove and return the item, with its tags; NULL when there was none */
void *radix_tree_delete(struct radix_tree_root *root, unsigned long index);
/* radix_tree_delete_item - the same, but only if it is @item (when @item is not NULL) */
void *radix_tree_delete_item(struct radix_tree_root *root, unsigned long index, void *item);

/*
 * radix_tree_find - the item with the lowest index from *@index to @max; stores its index. NULL when there is none.
 * radix_tree_find_tag - the same among the items with @tag.
 */
void *radix_tree_find(const struct radix_tree_root *root, unsigned long *index, unsigned long max);
void *radix_tree_find_tag(const struct radix_tree_root *root, unsigned long *index, unsigned long max,
			  unsigned int tag);

/* Walk all items from *@index (which is updated) to @max. The body may delete the item it is shown. */
#define radix_tree_for_each(root, item, index, max) \
	for ((item) = radix_tree_find(root, &(index), max); (item); \
	     (item) = (index)++ < (max) ? radix_tree_find(root, &(index), max) : NULL)
#define radix_tree_for_each_tagged(root, item, index, max, tag) \
	for ((item) = radix_tree_find_tag(root, &(index), max, tag); (item); \
	     (item) = (index)++ < (max) ? radix_tree_find_tag(root, &(index), max, tag) : NULL)

/* radix_tree_next_hole - the lowest index from @index to @max without an item; @max + 1 (it may wrap to 0) for none */
unsigned long radix_tree_next_hole(const struct radix_tree_root *root, unsigned long index, unsigned long max);

/* radix_tree_gang_lookup - up to @max_items items from @first_index up, in order; returns how many */
unsigned int radix_tree_gang_lookup(const struct radix_tree_root *root, void **results, unsigned long first_index,
				    unsigned int max_items);
unsigned int radix_tree_gang_lookup_tag(const struct radix_tree_root *root, void **results, unsigned long first_index,
					unsigned int max_items, unsigned int tag);

/* Tags belong to items. Set and clear return the item, or NULL (and do nothing) when there is none. */
void *radix_tree_tag_set(struct radix_tree_root *root, unsigned long index, unsigned int tag);
void *radix_tree_tag_clear(struct radix_tree_root *root, unsigned long index, unsigned int tag);
bool radix_tree_tag_get(const struct radix_tree_root *root, unsigned long index, unsigned int tag);
static inline bool radix_tree_tagged(const struct radix_tree_root *root, unsigned int tag)
{
	return READ_ONCE(root->tagged) & (1U << tag);
}

/* radix_tree_destroy - give back all nodes; what the items point at is the caller's */
void radix_tree_destroy(struct radix_tree_root *root);

#endif
