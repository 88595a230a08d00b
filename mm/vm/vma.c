/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/vma.c - the areas of an address space: finding, linking, splitting and merging them.
 *
 * The problem. A process has from a dozen to 65,530 areas. A fault asks "which one covers this address?", thousands of
 * times a second; mmap asks "where is a hole of this size?"; and mprotect and munmap cut areas into pieces that should
 * grow together again when they are alike, or the number of areas would only ever rise.
 *
 * The idea. The areas never overlap, so that one order serves all questions. They hang in a red-black tree by address,
 * and in a list in the same order; each tree node also bounds the holes in front of the areas of its subtree:
 *
 *	mm_rb                         [ C ]  rb_subtree_gap >= gap C, of B, of D
 *	                             /     \
 *	                         [ B ]     [ D ]
 *	                         /
 *	                     [ A ]
 *	mmap -> A <-> B <-> C <-> D        gap X = start of X (with its guard gap, if a stack) - end of the one before
 *
 * find_vma() first looks at the area that was found last (mmap_cache): faults come in runs.
 *
 * A bound, not the largest hole itself: a hole that grows raises the bounds above it, as far as they are too low, and a
 * hole that shrinks changes nothing. Most changes are of the second kind (mmap puts an area into a hole), or undo one
 * (munmap finds the bounds as high as they were before), so that hardly any node is touched, where exact summaries
 * would have to be computed anew up to the root, twice. The price is paid by the search: a bound may promise what is no
 * longer there. Whoever has searched a subtree in vain lowers its bound to the truth (vma_gap_repair), so that nobody
 * is led astray twice: a change leaves at most the O(log n) nodes above it too high, and each is visited in vain once.
 *
 * Invariants (validate_mm() walks them):
 *   V1  Areas are not empty, page aligned, do not overlap; list and tree hold the same ones in the same order.
 *   V2  rb_subtree_gap is at least the gap of the node's own area, and at least the bounds of both children. A gap
 *       depends on an area's own start and on the end of the one before it: who moves a start up raises that area's,
 *       who moves an end down raises the next one's; highest_vm_end follows the last area's end.
 *   V3  map_count is their number; mmap_cache is NULL or one of them.
 *
 * Splitting keeps the area and makes a new one for the other part. Merging is the reverse; the range R to be merged
 * follows P (prev) and may be followed by N. It is either a hole (mmap, brk), or all or a part of an area X whose flags
 * are about to change (mprotect). An area that has what R will have is drawn in the same letter, "-" is a hole:
 *
 *	     before        after                                before        after
 *	1    PPPP--NNNN    PPPPPPPPPP   P and N grow together   5  PPPPXXXX    PPPPPPPP    X is all of R
 *	2    PPPP------    PPPPPP----   P grows                 6  XXXXNNNN    NNNNNNNN
 *	3    ----- -NNN    ----NNNNNN   N grows                 7  PPPPXXxx    PPPPPPxx    X keeps its tail
 *	4    PPPPXXNNNN    PPPPPPPPPP   over X                  8  xxXXNNNN    xxNNNNNN    X keeps its head
 *
 * Every case is a sequence of four moves, each of which leaves V1 and V2 true: take an area out, move an end up or down
 * over free space, move a start. X is taken out or shortened before P or N grows over its place.
 *
 * An area of a file also hangs in the file's tree of areas (rmap.c), by its pages. Whoever moves a bound holds that
 * tree's lock over the whole move, so that a truncation sees every page in some area.
 *
 * Locking: mmap_lock for writing, but for find_vma (reading) and for expand_stack, which see; i_mmap_rwsem inside it.
 *
 * Linux 5.10 (mm/mmap.c) works the same way; its merge also weighs anon_vma chains and userfaultfd. Linux 6.1 replaced
 * tree and list by a maple tree, a B-tree that readers can walk under RCU.
 */
#define pr_fmt(fmt) "mm: " fmt

#include "internal.h"

#include <primer/mman.h>
#include <primer/rbtree_augmented.h>
#include <primer/slab.h>

static struct kmem_cache *vm_area_cachep;	/* immutable after vma_init() */

/* ---- the tree and its summaries ---- */

static unsigned long vma_gap(const struct vm_area_struct *vma)
{
	unsigned long start = vm_start_gap(vma), prev_end = vma->vm_prev ? vma->vm_prev->vm_end : 0;

	return start > prev_end ? start - prev_end : 0;
}

static __always_inline struct vm_area_struct *node_vma(struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, vm_rb);
}

/*
 * There is a hole of @gap in front of the area of @node: V2 for it and all above. A bound that suffices has sufficient
 * ones above.
 */
static __always_inline void raise_gaps(struct rb_node *node, unsigned long gap)
{
	for (; node && node_vma(node)->rb_subtree_gap < gap; node = rb_parent(node))
		node_vma(node)->rb_subtree_gap = gap;
}

void vma_gap_repair(struct vm_area_struct *vma)
{
	struct rb_node *left = vma->vm_rb.rb_left, *right = vma->vm_rb.rb_right;
	unsigned long gap = vma_gap(vma);

	if (left)
		gap = max(gap, node_vma(left)->rb_subtree_gap);
	if (right)
		gap = max(gap, node_vma(right)->rb_subtree_gap);
	vma->rb_subtree_gap = gap;
}

/*
 * The tree changes its shape. Who comes to stand above others takes over their bound; who comes to stand below keeps
 * his, which covers all that he covers now; and losing somebody leaves a bound a bound.
 */
static void gap_take_over(struct rb_node *old, struct rb_node *new)
{
	node_vma(new)->rb_subtree_gap = node_vma(old)->rb_subtree_gap;
}

static void gap_keep(struct rb_node *node, struct rb_node *stop)
{
}

static const struct rb_augment_callbacks vma_gap_callbacks = {
	.propagate = gap_keep,
	.copy = gap_take_over,
	.rotate = gap_take_over,
};

/* The end of @vma has changed. */
static void vma_end_changed(struct vm_area_struct *vma)
{
	if (vma->vm_next)
		raise_gaps(&vma->vm_next->vm_rb, vma_gap(vma->vm_next));
	else
		vma->vm_mm->highest_vm_end = vma->vm_end;
}

void vma_set_start(struct vm_area_struct *vma, unsigned long start)
{
	vma->vm_pgoff += (long)(start - vma->vm_start) >> PAGE_SHIFT;
	vma->vm_start = start;
	raise_gaps(&vma->vm_rb, vma_gap(vma));
}

void vma_set_end(struct vm_area_struct *vma, unsigned long end)
{
	vma->vm_end = end;
	vma_end_changed(vma);
}

int find_vma_links(struct mm_struct *mm, unsigned long addr, unsigned long end, struct vm_area_struct **pprev,
		   struct rb_node ***rb_link, struct rb_node **rb_parent)
{
	struct rb_node **link = &mm->mm_rb.rb_node, *parent = NULL, *prev = NULL;

	while (*link) {
		struct vm_area_struct *vma = rb_entry(*link, struct vm_area_struct, vm_rb);

		parent = *link;
		if (vma->vm_end > addr) {
			if (vma->vm_start < end)
				return -ENOMEM;
			link = &parent->rb_left;
		} else {
			prev = parent;
			link = &parent->rb_right;
		}
	}
	*pprev = rb_entry_safe(prev, struct vm_area_struct, vm_rb);
	*rb_link = link;
	*rb_parent = parent;
	return 0;
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev, struct rb_node **rb_link,
	      struct rb_node *rb_parent)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;

	vma->vm_prev = prev;
	vma->vm_next = next;
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	if (next)
		next->vm_prev = vma;
	else
		mm->highest_vm_end = vma->vm_end;
	rb_link_node(&vma->vm_rb, rb_parent, rb_link);
	vma->rb_subtree_gap = vma_gap(vma);
	raise_gaps(rb_parent, vma->rb_subtree_gap);
	rb_insert_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_callbacks);
	mm->map_count++;
	mm->mmap_cache = vma;		/* the one most likely to be used next */
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;

	rb_erase_augmented(&vma->vm_rb, &mm->mm_rb, &vma_gap_callbacks);
	if (prev)
		prev->vm_next = next;
	else
		mm->mmap = next;
	if (next) {
		next->vm_prev = prev;
		raise_gaps(&next->vm_rb, vma_gap(next));
	} else {
		mm->highest_vm_end = prev ? prev->vm_end : 0;
	}
	if (mm->mmap_cache == vma)
		mm->mmap_cache = NULL;
	mm->map_count--;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->mmap_cache);
	struct rb_node *node;

	if (likely(vma && vma->vm_start <= addr && addr < vma->vm_end))
		return vma;
	vma = NULL;
	for (node = mm->mm_rb.rb_node; node; ) {
		struct vm_area_struct *here = rb_entry(node, struct vm_area_struct, vm_rb);

		if (here->vm_end > addr) {
			vma = here;
			if (here->vm_start <= addr)
				break;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (vma)
		WRITE_ONCE(mm->mmap_cache, vma);
	return vma;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr, struct vm_area_struct **pprev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (vma)
		*pprev = vma->vm_prev;
	else
		*pprev = rb_entry_safe(rb_last(&mm->mm_rb), struct vm_area_struct, vm_rb);
	return vma;
}

/* ---- life of an area ---- */

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

	if (likely(vma)) {
		*vma = (struct vm_area_struct){ .vm_mm = mm };	/* of known length, unlike a memset() */
		INIT_LIST_HEAD(&vma->anon_vma_chain);
	}
	return vma;
}

struct vm_area_struct *vm_area_dup(struct vm_area_struct *orig)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

	if (vma) {
		*vma = *orig;
		INIT_LIST_HEAD(&vma->anon_vma_chain);
		vma->vm_next = vma->vm_prev = NULL;
	}
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	kmem_cache_free(vm_area_cachep, vma);
}

int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link, *parent;
	struct vm_area_struct *prev;

	if (find_vma_links(mm, vma->vm_start, vma->vm_end, &prev, &link, &parent))
		return -ENOMEM;
	if ((vma->vm_flags & VM_ACCOUNT) && vm_enough_memory(mm, vma_pages(vma)))
		return -ENOMEM;
	if (!vma->vm_file && vma_is_anonymous(vma))
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	vma_link(mm, vma, prev, link, parent);
	return 0;
}

/* ---- splitting ---- */

/* mmap_lock for writing; the caller has looked at map_count. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, int new_below)
{
	struct rb_node **link, *parent;
	struct vm_area_struct *new, *prev;
	struct address_space *mapping;
	int err;

	if (vma->vm_ops && vma->vm_ops->may_split) {
		err = vma->vm_ops->may_split(vma, addr);
		if (err)
			return err;
	}
	new = vm_area_dup(vma);
	if (!new)
		return -ENOMEM;
	if (new_below) {
		new->vm_end = addr;
	} else {
		new->vm_start = addr;
		new->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	}
	if (new->vm_file)
		vma_get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);

	mapping = i_mmap_lock_file(vma->vm_file);
	i_mmap_remove(mapping, vma);
	if (new_below)
		vma_set_start(vma, addr);
	else
		vma_set_end(vma, addr);
	err = find_vma_links(mm, new->vm_start, new->vm_end, &prev, &link, &parent);
	BUG_ON(err);
	vma_link(mm, new, prev, link, parent);
	i_mmap_insert(mapping, vma);
	i_mmap_insert(mapping, new);
	i_mmap_unlock(mapping);
	return 0;
}

/* ---- merging ---- */

/* Could @vma be extended by something with these properties? Its object must not count its areas (->close). */
static bool vma_is_alike(const struct vm_area_struct *vma, unsigned long vm_flags, const struct file *file)
{
	return !((vma->vm_flags ^ vm_flags) & ~VM_SOFTDIRTY) && vma->vm_file == file &&
	       !(vma->vm_ops && vma->vm_ops->close);
}

/* @vma, already out of the tree, has gone into a neighbour: the file reference that both held is one too many. */
static void vma_absorbed(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		vma_put_file(vma->vm_file);
	vm_area_free(vma);
}

struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev, unsigned long addr,
				 unsigned long end, unsigned long vm_flags, struct file *file, pgoff_t pgoff)
{
	struct vm_area_struct *after = prev ? prev->vm_next : mm->mmap, *x = NULL, *next, *gone[2] = { NULL, NULL },
			      *keep;
	struct address_space *mapping;
	bool with_prev, with_next;
	int i;

	if (vm_flags & VM_SPECIAL)
		return NULL;
	/* R is a tail of prev (8), else a hole (1-3), or all or the head of the area after prev (4-7). */
	if (prev && prev->vm_end > addr)
		x = prev;
	else if (after && after->vm_start < end)
		x = after;
	next = x && x == after ? x->vm_next : after;

	with_prev = prev && prev->vm_end == addr && vma_is_alike(prev, vm_flags, file) &&
		    prev->vm_pgoff + vma_pages(prev) == pgoff;
	with_next = next && next->vm_start == end && (!x || x->vm_end == end) && vma_is_alike(next, vm_flags, file) &&
		    next->vm_pgoff == pgoff + ((end - addr) >> PAGE_SHIFT);
	if (!with_prev && !with_next)
		return NULL;

	keep = with_prev ? prev : next;
	mapping = i_mmap_lock_file(file);
	i_mmap_remove(mapping, keep);
	if (x && x->vm_start == addr && x->vm_end == end) {		/* 4, 5, 6 */
		gone[0] = x;
	} else if (x) {
		i_mmap_remove(mapping, x);
		if (x->vm_start == addr)
			vma_set_start(x, end);				/* 7 */
		else
			vma_set_end(x, addr);				/* 8 */
		i_mmap_insert(mapping, x);
	}
	if (with_prev && with_next) {					/* 1, 4 */
		end = next->vm_end;
		gone[1] = next;
	}
	for (i = 0; i < 2; i++) {
		if (gone[i]) {
			i_mmap_remove(mapping, gone[i]);
			vma_unlink(mm, gone[i]);
		}
	}
	if (with_prev)
		vma_set_end(prev, end);
	else
		vma_set_start(next, addr);
	i_mmap_insert(mapping, keep);
	i_mmap_unlock(mapping);
	for (i = 0; i < 2; i++)
		if (gone[i])
			vma_absorbed(gone[i]);
	return keep;
}

/* ---- the invariants, walked ---- */

static bool gap_is_right(const struct vm_area_struct *vma)
{
	struct rb_node *left = vma->vm_rb.rb_left, *right = vma->vm_rb.rb_right;
	unsigned long bound = vma->rb_subtree_gap;

	return bound >= vma_gap(vma) && (!left || bound >= node_vma(left)->rb_subtree_gap) &&
	       (!right || bound >= node_vma(right)->rb_subtree_gap);
}

int validate_mm(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *prev = NULL;
	struct rb_node *node = rb_first(&mm->mm_rb);
	int broken = 0, count = 0;
	bool cached = !mm->mmap_cache;

	for (vma = mm->mmap; vma; prev = vma, vma = vma->vm_next, node = node ? rb_next(node) : NULL, count++) {
		if (vma == mm->mmap_cache)
			cached = true;
		if (vma->vm_start >= vma->vm_end || offset_in_page(vma->vm_start | vma->vm_end) ||
		    vma->vm_prev != prev || (prev && prev->vm_end > vma->vm_start) || node != &vma->vm_rb ||
		    !gap_is_right(vma)) {
			pr_alert("area %lx-%lx (prev end %lx, gap %lx) is out of order\n", vma->vm_start, vma->vm_end,
				 prev ? prev->vm_end : 0, vma->rb_subtree_gap);
			broken++;
		}
	}
	if (node || count != mm->map_count || !cached || mm->highest_vm_end != (prev ? prev->vm_end : 0)) {
		pr_alert("%d areas in the list, map_count %d, highest end %lx\n", count, mm->map_count,
			 mm->highest_vm_end);
		broken++;
	}
	return broken;
}

void vma_init(void)
{
	vm_area_cachep = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0, SLAB_PANIC, NULL);
}
