/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/unmapped_area.c - where in an address space is room for so many bytes?
 *
 * The problem. mmap() without an address asks for any free range of a size, as high as possible. Looking at one hole
 * after the other costs more with every area; a process with 60,000 of them would feel it.
 *
 * The idea. vma.c keeps in each node of the tree a bound of the holes in front of the areas below it. A subtree whose
 * bound is too small is passed by without a look. The search is a walk through the tree from right to left:
 *
 *	          [ C ]            1. the hole behind the last area first
 *	         /     \           2. right subtree, if it promises a hole and is not wholly above the limit
 *	      [ B ]   [ D ]        3. the node's own hole, clipped to the limits: taken if still large enough
 *	      /                    4. left subtree, if it promises a hole
 *	   [ A ]                   5. up, to the first node whose right subtree this was, and there on with 3; what
 *	                              is left behind on the way was searched in vain: its bound is repaired
 *
 * A promise can be broken by the limits, which cut off one hole at each end: at most twice; or because the bound is
 * older than an area in the hole: once for each bound, since it is repaired. So over many calls a search takes O(log n)
 * steps. The search from below is the mirror image. Both are called with mmap_lock held for writing, because of the
 * repairs.
 *
 * Layout (Linux's mmap_base), growing towards each other:
 *
 *	0      program (or PIE at 2/3)  brk -->        <-- mmap          gap  <-- stack   TASK_SIZE
 *	|------|####|###-------------------------------------######|----------|####|------|
 *	                                                        mmap_base
 *
 * The gap below the stack is RLIMIT_STACK, at least 128 MiB and at most 5/6 of everything, plus what the stack's random
 * offset and guard may take. With an unlimited stack (or ADDR_COMPAT_LAYOUT) mmap grows upwards from a third instead.
 *
 * Linux: vm_unmapped_area() in mm/mmap.c, arch/x86/mm/mmap.c, arch/x86/kernel/sys_x86_64.c.
 */
#include "internal.h"

#include <primer/init.h>
#include <uapi/mman.h>
#include <uapi/personality.h>

unsigned long mmap_min_addr = DEFAULT_MMAP_MIN_ADDR;
unsigned long stack_guard_gap = 256UL << PAGE_SHIFT;	/* written at boot only */
int randomize_va_space = 2;

#define TASK_UNMAPPED_BASE	PAGE_ALIGN(TASK_SIZE / 3)
#define MIN_GAP			(128UL << 20)
#define MAX_GAP			(TASK_SIZE / 6 * 5)

static __always_inline struct vm_area_struct *node_vma(struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, vm_rb);
}

/* Does the subtree at @node promise a hole of @len? */
static __always_inline bool promises(struct rb_node *node, unsigned long len)
{
	return node && node_vma(node)->rb_subtree_gap >= len;
}

/* Clip the hole in front of @vma to [@low, @high); true if @len bytes are left of it. */
static __always_inline bool hole_fits(const struct vm_area_struct *vma, unsigned long len, unsigned long low,
				      unsigned long high, unsigned long *start, unsigned long *end)
{
	*start = vma->vm_prev ? vma->vm_prev->vm_end : 0;
	*end = vm_start_gap(vma);
	if (*start < low)
		*start = low;
	if (*end > high)
		*end = high;
	return *end > *start && *end - *start >= len;
}

/* The hole behind the last area. */
static __always_inline bool last_hole_fits(struct mm_struct *mm, unsigned long len, unsigned long low,
					   unsigned long high, unsigned long *start)
{
	*start = mm->highest_vm_end > low ? mm->highest_vm_end : low;
	return high > *start && high - *start >= len;
}

static unsigned long search_down(struct mm_struct *mm, unsigned long len, unsigned long low, unsigned long high)
{
	struct rb_node *node = mm->mm_rb.rb_node, *child;
	bool right_done = false;
	unsigned long start, end;

	if (last_hole_fits(mm, len, low, high, &start))
		return high - len;
	if (!promises(node, len))
		return -ENOMEM;
	for (;;) {
		if (!right_done && promises(node->rb_right, len) && node_vma(node)->vm_end < high) {
			node = node->rb_right;
			continue;
		}
		if (hole_fits(node_vma(node), len, low, high, &start, &end))
			return end - len;
		if (vm_start_gap(node_vma(node)) <= low)
			return -ENOMEM;
		if (promises(node->rb_left, len)) {
			node = node->rb_left;
			right_done = false;
			continue;
		}
		do {
			child = node;
			vma_gap_repair(node_vma(child));
			node = rb_parent(child);
			if (!node)
				return -ENOMEM;
		} while (child == node->rb_left);
		right_done = true;
	}
}

static unsigned long search_up(struct mm_struct *mm, unsigned long len, unsigned long low, unsigned long high)
{
	struct rb_node *node = mm->mm_rb.rb_node, *child;
	bool left_done = false;
	unsigned long start, end;

	while (promises(node, len)) {
		if (!left_done && promises(node->rb_left, len) && vm_start_gap(node_vma(node)) > low) {
			node = node->rb_left;
			continue;
		}
		if (hole_fits(node_vma(node), len, low, high, &start, &end))
			return start;
		if (node_vma(node)->vm_end >= high)
			return -ENOMEM;
		if (promises(node->rb_right, len)) {
			node = node->rb_right;
			left_done = false;
			continue;
		}
		do {
			child = node;
			vma_gap_repair(node_vma(child));
			node = rb_parent(child);
		} while (node && child == node->rb_right);
		left_done = true;
	}
	if (last_hole_fits(mm, len, low, high, &start))
		return start;
	return -ENOMEM;
}

unsigned long vm_unmapped_area(struct mm_struct *mm, unsigned long len, unsigned long low, unsigned long high,
			       bool topdown)
{
	return topdown ? search_down(mm, len, low, high) : search_up(mm, len, low, high);
}

/* The hint is an address that the caller would like, but not at the price of what is there. */
static bool hint_is_free(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *vma;

	if (addr < mmap_min_addr || addr > TASK_SIZE - len)
		return false;
	vma = find_vma(mm, addr);
	return !vma || addr + len <= vm_start_gap(vma);
}

unsigned long get_unmapped_area(unsigned long addr, unsigned long len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long found;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (flags & MAP_FIXED) {
		if (addr > TASK_SIZE - len)
			return -ENOMEM;
		return offset_in_page(addr) ? (unsigned long)-EINVAL : addr;
	}
	if (addr && hint_is_free(mm, PAGE_ALIGN(addr), len) && (!(flags & MAP_32BIT) || PAGE_ALIGN(addr) + len <= 0x80000000))
		return PAGE_ALIGN(addr);
	if (flags & MAP_32BIT)
		return vm_unmapped_area(mm, len, 0x40000000, 0x80000000, false);
	if (mm->flags & MMF_TOPDOWN) {
		found = vm_unmapped_area(mm, len, mmap_min_addr, mm->mmap_base, true);
		if (!IS_ERR_VALUE(found))
			return found;
		return vm_unmapped_area(mm, len, TASK_UNMAPPED_BASE, TASK_SIZE, false);
	}
	return vm_unmapped_area(mm, len, mm->mmap_base, TASK_SIZE, false);
}

void arch_pick_mmap_layout(struct mm_struct *mm, unsigned long stack_rlim, unsigned long rnd_pages)
{
	unsigned long gap = stack_rlim, pad = stack_guard_gap + (STACK_RND_PAGES << PAGE_SHIFT);
	unsigned long rnd = rnd_pages << PAGE_SHIFT;

	if (stack_rlim == ~0UL || (current->personality & ADDR_COMPAT_LAYOUT)) {
		mm->flags &= ~MMF_TOPDOWN;
		mm->mmap_base = TASK_UNMAPPED_BASE + rnd;
		return;
	}
	if (!rnd)
		pad = stack_guard_gap;
	if (gap + pad > gap)
		gap += pad;
	if (gap < MIN_GAP)
		gap = MIN_GAP;
	if (gap > MAX_GAP)
		gap = MAX_GAP;
	mm->flags |= MMF_TOPDOWN;
	mm->mmap_base = PAGE_ALIGN(TASK_SIZE - gap - rnd);
}

static int __init setup_norandmaps(char *val)
{
	randomize_va_space = 0;
	return 1;
}
__setup("norandmaps", setup_norandmaps);

static int __init setup_stack_guard_gap(char *val)
{
	unsigned long pages = 0;
	const char *p = val;

	for (; *p >= '0' && *p <= '9' && pages < 1UL << 32; p++)
		pages = pages * 10 + *p - '0';
	if (!*p && p != val)
		stack_guard_gap = pages << PAGE_SHIFT;
	return 1;
}
__setup("stack_guard_gap=", setup_stack_guard_gap);
