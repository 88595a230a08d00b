/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/rmap.c - from a page of a file to the processes that map it.
 *
 * The problem. Page tables lead from an address to a page. When a file shrinks, the question runs the other way: which
 * entries, in which processes, point to these pages?
 *
 * The idea. Not per page but per area: every file keeps the areas that map it, as intervals of its pages, in a tree
 * that answers "which intervals overlap [first, last]?". From an area and a page number the address is one addition.
 *
 *	mapping->i_mmap                  area of process 1: pages  0..15
 *	  ordered by first page          area of process 1: pages 16..16   (mprotect made it two)
 *	  node: largest last page below  area of process 2: pages  0..16
 *
 *	unmap [15, 20]:  descend only where the largest last page reaches 15; stop where first pages pass 20
 *
 * Invariants:
 *   R1  Every area with a vm_file that is in a process's tree is in its file's tree, but for the time in which
 *       mmap_lock is held for writing and no entry of the area exists yet, or all are about to be removed.
 *   R2  shared_subtree_last is the largest last page of the node's subtree.
 *
 * Locking: i_mmap_rwsem, inside mmap_lock, for writing by whoever adds, moves or removes an area; for reading by the
 * walk, which holds no mmap_lock: see zap_mapped_range() about the page tables under its feet.
 *
 * Anonymous pages are not found this way: nothing takes them from a process but the process. page->mapping has room for
 * the anon_vma that Linux hangs there for swapping. Linux: mm/rmap.c, mm/interval_tree.c, unmap_mapping_pages() in
 * mm/memory.c.
 */
#include "internal.h"

#include <primer/address_space.h>
#include <primer/pagemap.h>
#include <primer/rbtree_augmented.h>
#include <primer/tlb.h>

static pgoff_t vma_last_pgoff(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

RB_DECLARE_CALLBACKS_MAX(static, i_mmap_callbacks, struct vm_area_struct, shared_rb, unsigned long, shared_subtree_last,
			 vma_last_pgoff);

struct address_space *i_mmap_lock_file(struct file *file)
{
	struct address_space *mapping = file ? vm_file_ops->mapping(file) : NULL;

	if (mapping)
		down_write(&mapping->i_mmap_rwsem);
	return mapping;
}

void i_mmap_unlock(struct address_space *mapping)
{
	if (mapping)
		up_write(&mapping->i_mmap_rwsem);
}

void i_mmap_insert(struct address_space *mapping, struct vm_area_struct *vma)
{
	pgoff_t last = vma_last_pgoff(vma);
	struct rb_node **link, *parent = NULL;
	bool leftmost = true;

	if (!mapping)
		return;
	for (link = &mapping->i_mmap.rb_root.rb_node; *link; ) {
		struct vm_area_struct *here;

		parent = *link;
		here = rb_entry(parent, struct vm_area_struct, shared_rb);
		if (here->shared_subtree_last < last)
			here->shared_subtree_last = last;
		if (vma->vm_pgoff < here->vm_pgoff) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	vma->shared_subtree_last = last;
	rb_link_node(&vma->shared_rb, parent, link);
	rb_insert_augmented_cached(&vma->shared_rb, &mapping->i_mmap, leftmost, &i_mmap_callbacks);
}

void i_mmap_remove(struct address_space *mapping, struct vm_area_struct *vma)
{
	if (mapping)
		rb_erase_augmented_cached(&vma->shared_rb, &mapping->i_mmap, &i_mmap_callbacks);
}

void vma_link_file(struct vm_area_struct *vma)
{
	struct address_space *mapping;

	if (!vma->vm_file)
		return;
	mapping = i_mmap_lock_file(vma->vm_file);
	i_mmap_insert(mapping, vma);
	i_mmap_unlock(mapping);
}

void vma_unlink_file(struct vm_area_struct *vma)
{
	struct address_space *mapping;

	if (!vma->vm_file)
		return;
	mapping = i_mmap_lock_file(vma->vm_file);
	i_mmap_remove(mapping, vma);
	i_mmap_unlock(mapping);
}

/*
 * The first area, in order, of the subtree @node that reaches @first or beyond; the caller compares its start with the
 * range's end.
 */
static struct vm_area_struct *subtree_search(struct rb_node *node, pgoff_t first)
{
	while (node) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, shared_rb);
		struct vm_area_struct *left = rb_entry_safe(node->rb_left, struct vm_area_struct, shared_rb);

		if (left && left->shared_subtree_last >= first)
			node = node->rb_left;
		else if (vma_last_pgoff(vma) >= first)
			return vma;
		else
			node = vma->shared_subtree_last >= first ? node->rb_right : NULL;
	}
	return NULL;
}

static struct vm_area_struct *i_mmap_first(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	struct vm_area_struct *vma = subtree_search(mapping->i_mmap.rb_root.rb_node, first);

	return vma && vma->vm_pgoff <= last ? vma : NULL;
}

/* What comes after @vma in order: its right subtree, then the ancestors that it is left of, with theirs. */
static struct vm_area_struct *i_mmap_next(struct vm_area_struct *vma, pgoff_t first, pgoff_t last)
{
	struct rb_node *node = &vma->shared_rb, *child;

	vma = subtree_search(node->rb_right, first);
	while (!vma) {
		do {
			child = node;
			node = rb_parent(child);
			if (!node)
				return NULL;
		} while (child == node->rb_right);
		vma = rb_entry(node, struct vm_area_struct, shared_rb);
		if (vma->vm_pgoff > last)
			return NULL;
		if (vma_last_pgoff(vma) < first)
			vma = subtree_search(node->rb_right, first);
	}
	return vma->vm_pgoff <= last ? vma : NULL;
}

/*
 * One entry, unless it leads to a private copy; returns where the next one is. A hole is punched seldom, and through the private areas
 * of few: page by page will do, and by table where none is. As in zap_mapped_range(), page_table_lock holds the tables still until the last one is locked.
 */
static unsigned long zap_cached_page(struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *page = NULL, *table;
	pmd_t *pmd;
	pte_t *pte, old;

	spin_lock(&mm->page_table_lock);
	pmd = mm_find_pmd(mm, addr);
	if (!pmd || pmd_none(*pmd)) {
		spin_unlock(&mm->page_table_lock);
		return pmd ? pmd_addr_end(addr, end) : pud_addr_end(addr, end);
	}
	table = pmd_page(*pmd);
	spin_lock_nested(&table->ptl, 1);
	spin_unlock(&mm->page_table_lock);
	pte = pte_offset_kernel(pmd, addr);
	if (!pte_none(*pte))
		page = vm_normal_page(vma, *pte);
	if (page && !PageAnon(page)) {
		old = ptep_get_and_clear(pte);
		table->pt_entries--;
		flush_tlb_page(vma, addr);
		if (pte_dirty(old))
			set_page_dirty(page);
		page_remove_rmap(page);
		add_mm_counter(mm, MM_FILEPAGES, -1);
	} else {
		page = NULL;
	}
	spin_unlock(&table->ptl);
	if (page)
		put_page(page);
	return addr + PAGE_SIZE;
}

static void unmap_mapping(struct address_space *mapping, pgoff_t first, pgoff_t last, bool copies)
{
	struct vm_area_struct *vma;

	might_sleep();
	if (RB_EMPTY_ROOT(&mapping->i_mmap.rb_root))
		return;
	down_read(&mapping->i_mmap_rwsem);
	for (vma = i_mmap_first(mapping, first, last); vma; vma = i_mmap_next(vma, first, last)) {
		pgoff_t from = max(first, vma->vm_pgoff), to = min(last, vma_last_pgoff(vma));
		unsigned long start = vma->vm_start + ((from - vma->vm_pgoff) << PAGE_SHIFT);
		unsigned long end = start + ((to - from + 1) << PAGE_SHIFT);

		if (copies || (vma->vm_flags & VM_SHARED)) {
			zap_mapped_range(vma, start, end);
			continue;
		}
		while (start != end)
			start = zap_cached_page(vma, start, end);
	}
	up_read(&mapping->i_mmap_rwsem);
}

void unmap_mapping_pages(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	unmap_mapping(mapping, first, last, true);
}

void unmap_mapping_cached(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	unmap_mapping(mapping, first, last, false);
}
