/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/mprotect.c - change what may be done with a range of addresses.
 *
 * The problem. The rights are written in two places, the area and its page table entries, and a range may begin and end
 * in the middle of areas.
 *
 * The idea. The area decides; the entries are brought in line for what is mapped now, and the fault handler does the
 * rest later. An area that is only partly meant is split; a piece that equals its neighbour then is merged with it
 * (vma.c).
 *
 *	mprotect(b..d, PROT_READ)
 *
 *	   rw  [ A ----b---- ][ B ----d---- ]
 *	       [ A ] [ r  b  ][ r   d ] [ B ]      split at b and d
 *	       [ A ] [ r  b--------d  ] [ B ]      the two pieces are alike: one area
 *
 * New entries never give a private page the right to write, even if the area does: only the fault handler knows whether
 * the page is shared by copy-on-write. It costs a fault where the page was our own anyway, so for that one case, an
 * anonymous page with a single entry that is dirty already, the right is given here.
 *
 * Private pages that become writable for the first time are promised memory (overcommit.c); they stay so when they
 * become read-only again, because what was written into them stays.
 *
 * Ranges with a hole are changed up to the hole, and the call fails with -ENOMEM: that is what Linux does, and POSIX
 * allows.
 *
 * Locking: mmap_lock for writing; each table's ptl. Linux: mm/mprotect.c.
 */
#include "internal.h"

#include <primer/mman.h>
#include <primer/tlb.h>
#include <uapi/mman.h>
#include <uapi/personality.h>

/* Bring the entries of one table in line; true if any was changed. */
static bool change_ptes(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, unsigned long end)
{
	bool changed = false;
	spinlock_t *ptl;
	pte_t *pte = pte_offset_map_lock(pmd, addr, &ptl);

	for (; addr != end; addr += PAGE_SIZE, pte++) {
		struct page *page;
		pte_t entry;

		if (!pte_present(*pte))
			continue;
		/* Taken out for a moment: the CPU may be setting accessed and dirty bits. */
		entry = pte_modify(ptep_get_and_clear(pte), vma->vm_page_prot);
		if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE && pte_dirty(entry)) {
			page = vm_normal_page(vma, entry);
			if (page && PageAnon(page) && page_is_sole(page))
				entry = pte_mkwrite(entry);
		}
		set_pte(pte, entry);
		changed = true;
	}
	spin_unlock(ptl);
	return changed;
}

static void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long addr, next;
	bool changed = false;

	for (addr = start; addr != end; addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);

		if (!pmd) {
			next = pud_addr_end(addr, end);
			continue;
		}
		next = pmd_addr_end(addr, end);
		if (!pmd_none(*pmd))
			changed |= change_ptes(vma, pmd, addr, next);
	}
	if (changed)
		flush_tlb_range(vma, start, end);
}

struct vm_area_struct *vma_modify_flags(struct vm_area_struct *vma, unsigned long start, unsigned long end,
					unsigned long newflags)
{
	struct vm_area_struct *prev = start > vma->vm_start ? vma : vma->vm_prev, *merged;
	pgoff_t pgoff = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);
	struct mm_struct *mm = vma->vm_mm;
	int err;

	merged = vma_merge(mm, prev, start, end, newflags, vma->vm_file, pgoff);
	if (merged)
		return merged;
	if ((start != vma->vm_start) + (end != vma->vm_end) + mm->map_count > sysctl_max_map_count)
		return ERR_PTR(-ENOMEM);
	if (start != vma->vm_start) {
		err = split_vma(mm, vma, start, 1);
		if (err)
			return ERR_PTR(err);
	}
	if (end != vma->vm_end) {
		err = split_vma(mm, vma, end, 0);
		if (err)
			return ERR_PTR(err);
	}
	vma->vm_flags = newflags;
	return vma;
}

int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, unsigned long start, unsigned long end,
		   unsigned long newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long oldflags = vma->vm_flags, pages = (end - start) >> PAGE_SHIFT;
	long charged = 0;

	if (newflags == oldflags) {
		*pprev = vma;
		return 0;
	}
	if (newflags & VM_WRITE) {
		/* What becomes data counts as such, and what becomes private writable memory is promised from here on. */
		if (!may_expand_vm(mm, newflags, pages) && may_expand_vm(mm, oldflags, pages))
			return -ENOMEM;
		if (!(oldflags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE))) {
			charged = pages;
			if (vm_enough_memory(mm, charged))
				return -ENOMEM;
			newflags |= VM_ACCOUNT;
		}
	}

	vma = vma_modify_flags(vma, start, end, newflags);
	if (IS_ERR(vma)) {
		vm_unacct_memory(charged);
		return PTR_ERR(vma);
	}
	vma->vm_page_prot = vm_get_page_prot(newflags);
	*pprev = vma;
	change_protection(vma, start, end);
	vm_stat_account(mm, oldflags, -(long)pages);
	vm_stat_account(mm, newflags, pages);
	/* Locked memory has its private pages from the start. */
	if (unlikely((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && (newflags & VM_WRITE)))
		populate_vma_page_range(vma, start, end);
	return 0;
}

int do_mprotect(unsigned long start, size_t len, unsigned long prot)
{
	const unsigned long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	bool read_implies_exec = (current->personality & READ_IMPLIES_EXEC) && (prot & PROT_READ);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *prev;
	unsigned long end, next, newflags, want;
	int err = 0;

	prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	len = PAGE_ALIGN(len);
	end = start + len;
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;

	mmap_write_lock(mm);
	vma = find_vma(mm, start);
	err = -ENOMEM;
	if (!vma)
		goto out;
	if (grows & PROT_GROWSDOWN) {
		if (vma->vm_start >= end)
			goto out;
		start = vma->vm_start;
		err = -EINVAL;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			goto out;
	} else {
		if (vma->vm_start > start)
			goto out;
		err = -EINVAL;
		if (grows & PROT_GROWSUP)		/* no stack grows that way here */
			goto out;
	}
	for (;;) {
		want = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
		if (read_implies_exec && (vma->vm_flags & VM_MAYEXEC))
			want |= VM_EXEC;
		newflags = want | (vma->vm_flags & ~VM_ACCESS_FLAGS);
		/* VM_MAYREAD and its kin stand four bits above VM_READ. */
		if ((newflags & ~(newflags >> 4)) & VM_ACCESS_FLAGS) {
			err = -EACCES;
			break;
		}
		next = min(vma->vm_end, end);
		err = mprotect_fixup(vma, &prev, start, next, newflags);
		if (err)
			break;
		start = max(next, prev->vm_end);
		if (start >= end)
			break;
		vma = prev->vm_next;
		if (!vma || vma->vm_start != start) {
			err = -ENOMEM;
			break;
		}
	}
out:
	mmap_write_unlock(mm);
	return err;
}
