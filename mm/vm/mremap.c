/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/mremap.c - make a mapping larger, smaller, or move it, without touching what is in it.
 *
 * The problem. realloc() of a large block would copy every byte. The bytes need not move: only the addresses that lead
 * to them change.
 *
 * The idea. Move the entries of the page tables to other tables; the pages stay where they are.
 *
 *	shrink		unmap the tail
 *	grow		free space behind, and the range ends with its area: let the area reach further
 *	move		a second area at the new place, with the same contents from the same offset on;
 *			entries over, table by table; unmap the old range, which is empty now
 *
 *	       old area                      new area
 *	   [ ...|a b c d|... ]             [ . . . . . . ]     link the new area
 *	   [ ...|. . . .|... ]             [ a b c d . . ]     move the entries, flush the old addresses
 *	   [ ...]       [... ]             [ a b c d . . ]     unmap (not with MREMAP_DONTUNMAP)
 *
 * MREMAP_FIXED says where to, and whatever is there goes first. MREMAP_DONTUNMAP leaves the old area, which then reads
 * as zeroes: for garbage collectors that want to see faults there. A length of 0 duplicates a shared mapping: the new
 * area shows the same pages of the object, by faults of its own.
 *
 * What an area promises (overcommit.c) and locks is charged for the growth only: while both areas are there, the old
 * length is counted twice without being asked, until the unmapping gives one of them back.
 *
 * Invariants:
 *   X1  An entry is in exactly one of the two places whenever a table's lock can be had. A file that shrinks meanwhile
 *       walks both areas: i_mmap_rwsem, held for writing around each table, makes every entry stand still during the
 *       walk.
 *   X2  No CPU can use an old address any more when the entry's page may change owners: the old range is flushed before
 *       the locks are let go.
 *   X3  page->index stays linear_page_index(): an anonymous area that has pages keeps its vm_pgoff when it moves. One
 *       without takes that of its new address, so that it can merge there.
 *
 * If there is no memory for a table in the middle of a move, the entries go back the same way, into tables that are
 * still there, and the new area is unmapped.
 *
 * Locking: mmap_lock for writing throughout; per table i_mmap_rwsem, old ptl, new ptl. Linux: mm/mremap.c, which moves
 * whole tables at once where both addresses are aligned to them.
 */
#include "internal.h"

#include <primer/cred.h>
#include <primer/mman.h>
#include <primer/tlb.h>
#include <uapi/mman.h>

/* ---- entries ----------------------------------------------------------------------------------------------------- */

/* Entries of one old table into one new table, perhaps the same. The old ones are flushed. */
static void move_ptes(struct vm_area_struct *vma, pmd_t *old_pmd, unsigned long old_addr, pmd_t *new_pmd,
		      unsigned long new_addr, unsigned long len)
{
	struct page *from = pmd_page(*old_pmd), *to = pmd_page(*new_pmd);
	struct address_space *mapping = i_mmap_lock_file(vma->vm_file);
	unsigned long end = old_addr + len, addr, moved = 0;
	pte_t *old_pte, *new_pte;

	spin_lock(&from->ptl);
	if (from != to)
		spin_lock_nested(&to->ptl, 1);
	old_pte = pte_offset_kernel(old_pmd, old_addr);
	new_pte = pte_offset_kernel(new_pmd, new_addr);
	for (addr = old_addr; addr != end; addr += PAGE_SIZE, old_pte++, new_pte++) {
		if (pte_none(*old_pte))
			continue;
		set_pte(new_pte, ptep_get_and_clear(old_pte));
		moved++;
	}
	from->pt_entries -= moved;
	to->pt_entries += moved;
	if (moved)
		flush_tlb_range(vma, old_addr, end);
	if (from != to)
		spin_unlock(&to->ptl);
	spin_unlock(&from->ptl);
	i_mmap_unlock(mapping);
}

/* The part of [@addr, @end) that one last-level table covers. */
static unsigned long within_table(unsigned long addr, unsigned long end)
{
	return pmd_addr_end(addr, end) - addr;
}

/* Move the entries of @len bytes; returns how many bytes went over: less than @len without memory for a table. */
static unsigned long move_page_tables(struct vm_area_struct *vma, unsigned long old_addr, unsigned long new_addr,
				      unsigned long len)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long done = 0, step;

	while (done < len) {
		unsigned long old = old_addr + done, new = new_addr + done;
		pmd_t *old_pmd = mm_find_pmd(mm, old), *new_pmd;

		step = min(within_table(old, old_addr + len), within_table(new, new_addr + len));
		if (!old_pmd) {
			done = min(len, done + (pud_addr_end(old, old_addr + len) - old));
			continue;
		}
		if (!pmd_none(*old_pmd)) {
			new_pmd = mm_alloc_pmd(mm, new);
			if (!new_pmd || pte_alloc(mm, new_pmd))
				return done;
			move_ptes(vma, old_pmd, old, new_pmd, new, step);
		}
		done += step;
	}
	return len;
}

/* Has any page of [@addr, @end) been made real? */
static bool has_entries(struct mm_struct *mm, unsigned long addr, unsigned long end)
{
	unsigned long next;

	for (; addr != end; addr = next) {
		pmd_t *pmd = mm_find_pmd(mm, addr);
		pte_t *pte;

		next = pmd ? pmd_addr_end(addr, end) : pud_addr_end(addr, end);
		if (!pmd || pmd_none(*pmd) || !pmd_page(*pmd)->pt_entries)
			continue;
		for (pte = pte_offset_kernel(pmd, addr); addr != next; addr += PAGE_SIZE, pte++)
			if (!pte_none(*pte))
				return true;
	}
	return false;
}

/* ---- areas ------------------------------------------------------------------------------------------------------- */

/* An area like @vma at free addresses, showing the object from @pgoff on; perhaps a part of a neighbour. */
static struct vm_area_struct *copy_vma(struct vm_area_struct *vma, unsigned long addr, unsigned long len, pgoff_t pgoff)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *new, *prev;
	struct rb_node **link, *parent;

	if (find_vma_links(mm, addr, addr + len, &prev, &link, &parent))
		return NULL;
	new = vma_merge(mm, prev, addr, addr + len, vma->vm_flags, vma->vm_file, pgoff);
	if (new)
		return new;
	new = vm_area_dup(vma);
	if (!new)
		return NULL;
	new->vm_start = addr;
	new->vm_end = addr + len;
	new->vm_pgoff = pgoff;
	if (new->vm_file)
		vma_get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	vma_link(mm, new, prev, link, parent);
	vma_link_file(new);
	return new;
}

/*
 * MREMAP_DONTUNMAP: the whole old area stays, empty where it was moved from, and is not locked any more. Its promise
 * is a second one.
 */
static void leave_old_area(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_LOCKED)
		vma->vm_mm->locked_vm -= vma_pages(vma);
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
}

/* @new_addr is free. Returns it, or -errno and nothing has changed. */
static unsigned long move_vma(struct vm_area_struct *vma, unsigned long old_addr, unsigned long old_len,
			      unsigned long new_addr, unsigned long new_len, unsigned long flags)
{
	unsigned long old_pages = old_len >> PAGE_SHIFT, new_pages = new_len >> PAGE_SHIFT, moved;
	unsigned long vm_flags = vma->vm_flags;
	struct mm_struct *mm = vma->vm_mm;
	bool dontunmap = flags & MREMAP_DONTUNMAP;
	struct vm_area_struct *new;
	pgoff_t pgoff;

	/* The copy, and the pieces that unmapping from the middle leaves. */
	if (mm->map_count >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (vm_flags & VM_ACCOUNT) {
		if (vm_enough_memory(mm, dontunmap ? new_pages : new_pages - old_pages))
			return -ENOMEM;
		if (!dontunmap)
			vm_acct_memory(old_pages);
	}
	pgoff = linear_page_index(vma, old_addr);
	if (!vma->vm_file && vma_is_anonymous(vma) && !has_entries(mm, old_addr, old_addr + old_len))
		pgoff = new_addr >> PAGE_SHIFT;
	new = copy_vma(vma, new_addr, new_len, pgoff);
	if (!new) {
		if (vm_flags & VM_ACCOUNT)
			vm_unacct_memory(new_pages);
		return -ENOMEM;
	}
	vm_stat_account(mm, vm_flags, new_pages);
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += new_pages;

	moved = move_page_tables(new, old_addr, new_addr, old_len);
	if (unlikely(moved < old_len)) {
		move_page_tables(new, new_addr, old_addr, moved);
		WARN_ON_ONCE(do_munmap(mm, new_addr, new_len));
		return -ENOMEM;
	}
	if (dontunmap) {
		leave_old_area(find_vma(mm, old_addr));		/* merging may have replaced it */
		return new_addr;
	}
	/* No memory for a split: then the old range stays, promised and counted as it was, and empty. */
	if (old_len)
		do_munmap(mm, old_addr, old_len);
	return new_addr;
}

/* The area of a range that shall become @new_len long, if all that can be said beforehand allows it; or ERR_PTR. */
static struct vm_area_struct *vma_to_resize(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
					    unsigned long new_len, unsigned long flags)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	unsigned long grow = (new_len - old_len) >> PAGE_SHIFT;
	pgoff_t pgoff;

	if (!vma)
		return ERR_PTR(-EFAULT);
	/* A private mapping cannot be duplicated: the copy would have nothing to do with it. */
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return ERR_PTR(-EINVAL);
	if ((flags & MREMAP_DONTUNMAP) && (!vma_is_anonymous(vma) || (vma->vm_flags & VM_SHARED)))
		return ERR_PTR(-EINVAL);
	if (old_len > vma->vm_end - addr)
		return ERR_PTR(-EFAULT);
	if (new_len == old_len)
		return vma;
	pgoff = linear_page_index(vma, addr);
	if (pgoff + (new_len >> PAGE_SHIFT) < pgoff)
		return ERR_PTR(-EINVAL);
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if ((vma->vm_flags & VM_LOCKED) && !may_lock_pages(mm, grow))
		return ERR_PTR(-EAGAIN);
	if (!may_expand_vm(mm, vma->vm_flags, grow))
		return ERR_PTR(-ENOMEM);
	return vma;
}

/* Is there room behind @vma for @delta bytes more? */
static bool vma_expandable(const struct vm_area_struct *vma, unsigned long delta)
{
	unsigned long end = vma->vm_end + delta;

	return end > vma->vm_end && end <= TASK_SIZE && !(vma->vm_next && vma->vm_next->vm_start < end);
}

static int expand_in_place(struct vm_area_struct *vma, unsigned long delta)
{
	unsigned long pages = delta >> PAGE_SHIFT, flags = vma->vm_flags, end = vma->vm_end;
	struct mm_struct *mm = vma->vm_mm;

	if ((flags & VM_ACCOUNT) && vm_enough_memory(mm, pages))
		return -ENOMEM;
	if (!vma_merge(mm, vma, end, end + delta, flags, vma->vm_file, linear_page_index(vma, end))) {
		struct address_space *mapping = i_mmap_lock_file(vma->vm_file);

		/* An object that counts its areas does not let them merge, but one area may grow. */
		i_mmap_remove(mapping, vma);
		vma_set_end(vma, end + delta);
		i_mmap_insert(mapping, vma);
		i_mmap_unlock(mapping);
	}
	vm_stat_account(mm, flags, pages);
	if (flags & VM_LOCKED)
		mm->locked_vm += pages;
	return 0;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

/* MREMAP_FIXED or MREMAP_DONTUNMAP: always a move. */
static unsigned long mremap_to(struct mm_struct *mm, unsigned long addr, unsigned long old_len, unsigned long new_len,
			       unsigned long flags, unsigned long new_addr)
{
	unsigned long map_flags = flags & MREMAP_FIXED ? MAP_FIXED : 0;
	struct vm_area_struct *vma;
	unsigned long place;
	int err;

	if (offset_in_page(new_addr) || new_len > TASK_SIZE || new_addr > TASK_SIZE - new_len)
		return -EINVAL;
	if (addr + old_len > new_addr && new_addr + new_len > addr)
		return -EINVAL;
	/* All pieces that the steps below can leave: asked now, because half of a move cannot be taken back. */
	if (mm->map_count + 2 >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (flags & MREMAP_FIXED) {
		err = do_munmap(mm, new_addr, new_len);
		if (err)
			return err;
	}
	if (old_len > new_len) {
		err = do_munmap(mm, addr + new_len, old_len - new_len);
		if (err)
			return err;
		old_len = new_len;
	}
	vma = vma_to_resize(mm, addr, old_len, new_len, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if ((flags & MREMAP_DONTUNMAP) && !may_expand_vm(mm, vma->vm_flags, old_len >> PAGE_SHIFT))
		return -ENOMEM;
	if (vma->vm_flags & VM_MAYSHARE)
		map_flags |= MAP_SHARED;
	place = get_unmapped_area(new_addr, new_len, map_flags);
	if (IS_ERR_VALUE(place))
		return place;
	if (unlikely(place < mmap_min_addr) && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return move_vma(vma, addr, old_len, place, new_len, flags);
}

static unsigned long mremap_grow(struct mm_struct *mm, unsigned long addr, unsigned long old_len, unsigned long new_len,
				 unsigned long flags)
{
	struct vm_area_struct *vma = vma_to_resize(mm, addr, old_len, new_len, flags);
	unsigned long place;

	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if (old_len == vma->vm_end - addr && vma_expandable(vma, new_len - old_len))
		return expand_in_place(vma, new_len - old_len) ? (unsigned long)-ENOMEM : addr;
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	place = get_unmapped_area(0, new_len, vma->vm_flags & VM_MAYSHARE ? MAP_SHARED : 0);
	if (IS_ERR_VALUE(place))
		return place;
	return move_vma(vma, addr, old_len, place, new_len, flags);
}

unsigned long do_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len, unsigned long flags,
			unsigned long new_addr)
{
	struct mm_struct *mm = current->mm;
	unsigned long ret;
	bool locked;
	int err;

	if (flags & ~(unsigned long)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (!(flags & MREMAP_MAYMOVE) || old_len != new_len))
		return -EINVAL;
	if (offset_in_page(addr))
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if (!new_len)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		ret = mremap_to(mm, addr, old_len, new_len, flags, new_addr);
	} else if (old_len >= new_len) {
		err = old_len > new_len ? do_munmap(mm, addr + new_len, old_len - new_len) : 0;
		ret = err ? (unsigned long)err : addr;
	} else {
		ret = mremap_grow(mm, addr, old_len, new_len, flags);
	}
	locked = false;
	if (!IS_ERR_VALUE(ret) && new_len > old_len) {
		struct vm_area_struct *vma = vma_lookup(mm, ret);

		locked = vma && (vma->vm_flags & VM_LOCKED);
	}
	mmap_write_unlock(mm);
	if (unlikely(locked))
		mm_populate(ret + old_len, new_len - old_len);
	return ret;
}
