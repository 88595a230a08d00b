/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/idr.c - small numbers for many objects.
 *
 * The problem. Give out the lowest free number at or above some start, find the object of a number without a lock, take
 * numbers back; with a hundred thousand of them in use, giving out one more must not look at each.
 *
 * The idea. A radix tree whose tag 0 has another rule: bit i of a node says that everything below slot i is in use.
 *
 *	I1  in a leaf, the FULL bit of a slot is set if and only if its id is in use;
 *	I2  in any other node, it is set if and only if the FULL word of the child is all ones. A slot without a
 *	    child is wholly free, and a new node's words are all zero, so nothing has to be set up;
 *	I3  root->tagged says the same of the whole tree (of the item, when the tree is a single one at id 0).
 *
 * Finding a free id is then a walk down along clear bits: at each node the first clear bit at or after the id's digit.
 * When the node has none, the search goes on behind the node, from the top: by I2 that costs one level for each level
 * it fails on, since a full subtree is never entered except on the way to the start itself.
 *
 *	node, shift 6   FULL = 1 1 1 0 0 ...      ids 0..191 are in use: enter slot 3
 *	  +-> leaf 3    FULL = 1 1 0 1 0 ...      the lowest free id is 3 * 64 + 2
 *
 * An id whose pointer is NULL must not look like an empty slot, which would let its node be freed. A private item
 * stands for it, and every reader translates.
 *
 * Ids end at INT_MAX, so the tree has at most six levels, and the node whose slots reach beyond a word never occurs.
 *
 * Readers: as in radix_tree.c. The order in idr_alloc() is: count, then pointer. FULL bits are the updater's only.
 *
 * An ida is an idr without pointers. Linux's keeps 1024 ids in a bitmap at each leaf; ours takes eight bytes for an id,
 * and no code. Linux: lib/idr.c, where the tag means "has a free slot below", which needs setting up in new nodes.
 */
#include <primer/err.h>
#include <primer/errno.h>
#include <primer/idr.h>
#include <primer/kernel.h>

#include "radix_tree_node.h"

#define FULL	0		/* the tag */

/* Stored for NULL. Aligned, so that its address is an item. */
static const long reserved __aligned(8);
#define RESERVED	((void *)&reserved)

static __always_inline void *to_stored(void *ptr)
{
	return ptr ? ptr : RESERVED;
}

static __always_inline void *from_stored(void *item)
{
	return item == RESERVED ? NULL : item;
}

/* Moves *@id to the lowest free id at or above it. Returns 0, or -ENOSPC when that is above @max. */
static int find_free(const struct radix_tree_root *root, unsigned long *idp, unsigned long max)
{
	unsigned long id = *idp;

	for (;;) {
		void *entry = root->rnode;

		if (!entry_is_node(entry)) {
			if (entry && id == 0)
				id = 1;
			break;
		}
		if (id > node_span(entry_to_node(entry)))
			break;				/* above the tree, all is free */
		while (entry_is_node(entry)) {
			struct radix_tree_node *node = entry_to_node(entry);
			unsigned int offset = node_offset(node, id);
			u64 free = ~node->tags[FULL] & (~0UL << offset);

			if (!free) {
				id = (id | node_span(node)) + 1;
				break;
			}
			if ((unsigned int)__builtin_ctzl(free) != offset) {
				offset = __builtin_ctzl(free);
				id = (id & ~node_span(node)) | (unsigned long)offset << node->shift;
			}
			entry = node->slots[offset];
			if (!node->shift || !entry)
				goto found;
		}
		if (id > max)
			return -ENOSPC;
	}
found:
	if (id > max)
		return -ENOSPC;
	*idp = id;
	return 0;
}

/* I1, I2, I3 after the slot at @offset of @node (NULL: the root) came into use. */
static void mark_full(struct radix_tree_root *root, struct radix_tree_node *node, unsigned int offset)
{
	while (node) {
		node->tags[FULL] |= BIT(offset);
		if (node->tags[FULL] != ~0ULL)
			return;
		offset = node->offset;
		node = node->parent;
	}
	root->tagged = 1U << FULL;
}

static void mark_free(struct radix_tree_root *root, struct radix_tree_node *node, unsigned int offset)
{
	root->tagged = 0;
	while (node && node->tags[FULL] & BIT(offset)) {
		node->tags[FULL] &= ~BIT(offset);
		offset = node->offset;
		node = node->parent;
	}
}

int idr_alloc_u32(struct idr *idr, void *ptr, u32 *nextid, unsigned long max, gfp_t gfp)
{
	struct radix_tree_root *root = &idr->idr_rt;
	struct radix_tree_node *node;
	unsigned long id = *nextid;
	void **slot;
	int err;

	max = min(max, (unsigned long)INT_MAX);
	err = find_free(root, &id, max);
	if (err)
		return err;
	err = radix_tree_create(root, id, gfp, TAG_ALL, &node, &slot);
	if (err)
		return err;
	if (node)
		node->count++;
	mark_full(root, node, id & RADIX_TREE_MAP_MASK);
	*nextid = id;
	publish(slot, to_stored(ptr));
	return 0;
}

int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = start;
	int err;

	if (start < 0)
		return -EINVAL;
	err = idr_alloc_u32(idr, ptr, &id, end > 0 ? end - 1 : INT_MAX, gfp);
	return err ? err : (int)id;
}

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	unsigned int max = end > 0 ? end - 1 : INT_MAX;
	u32 id = idr->idr_next;
	int err;

	if (start < 0)
		return -EINVAL;
	if (id < (u32)start)
		id = start;
	err = idr_alloc_u32(idr, ptr, &id, max, gfp);
	if (err == -ENOSPC && id > (u32)start) {
		id = start;
		err = idr_alloc_u32(idr, ptr, &id, max, gfp);
	}
	if (err)
		return err;
	WRITE_ONCE(idr->idr_next, id + 1);
	return id;
}

void *idr_find(const struct idr *idr, unsigned long id)
{
	return from_stored(radix_tree_lookup(&idr->idr_rt, id));
}

void *idr_remove(struct idr *idr, unsigned long id)
{
	struct radix_tree_root *root = &idr->idr_rt;
	struct radix_tree_node *node;
	void **slot = radix_tree_slot(root, id, &node);
	void *old = slot ? *slot : NULL;

	if (!old)
		return NULL;
	mark_free(root, node, id & RADIX_TREE_MAP_MASK);
	publish(slot, NULL);
	if (node) {
		node->count--;
		radix_tree_prune(root, node);
	}
	return from_stored(old);
}

void *idr_replace(struct idr *idr, void *ptr, unsigned long id)
{
	void **slot = radix_tree_lookup_slot(&idr->idr_rt, id);
	void *old;

	if (!slot)
		return ERR_PTR(-ENOENT);
	old = *slot;
	publish(slot, to_stored(ptr));
	return from_stored(old);
}

int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data)
{
	unsigned long id = 0;
	void *item;
	int ret;

	radix_tree_for_each(&idr->idr_rt, item, id, INT_MAX) {
		ret = fn(id, from_stored(item), data);
		if (ret)
			return ret;
	}
	return 0;
}

void *idr_get_next_ul(struct idr *idr, unsigned long *nextid)
{
	unsigned long id = *nextid;
	void *item;

	radix_tree_for_each(&idr->idr_rt, item, id, INT_MAX) {
		if (item != RESERVED) {
			*nextid = id;
			return item;
		}
	}
	return NULL;
}

void *idr_get_next(struct idr *idr, int *nextid)
{
	unsigned long id = *nextid;
	void *item;

	if (*nextid < 0)
		return NULL;			/* an iterator that stepped past INT_MAX */
	item = idr_get_next_ul(idr, &id);
	if (item)
		*nextid = id;
	return item;
}

void idr_destroy(struct idr *idr)
{
	radix_tree_destroy(&idr->idr_rt);
	idr->idr_next = 0;
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	u32 id = min;
	int err;

	if ((int)min < 0)
		return -ENOSPC;
	if (max < min)
		return -EINVAL;
	err = idr_alloc_u32(&ida->idr, NULL, &id, max, gfp);
	return err ? err : (int)id;
}

void ida_free(struct ida *ida, unsigned int id)
{
	idr_remove(&ida->idr, id);
}

void ida_destroy(struct ida *ida)
{
	idr_destroy(&ida->idr);
}
