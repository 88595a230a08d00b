/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/gup.c - reach into the address space of another process, or of one that does not run yet.
 *
 * The problem. exec builds the stack of a program whose address space no CPU has loaded; /proc/PID/cmdline reads the
 * memory of another process. The CPU's own translation helps neither.
 *
 * The idea. Walk that process's tables in software; where an entry is missing, call the fault handler as if the process
 * had touched the page; then use the page by its address in the direct map. A reference keeps the page while it is in
 * use.
 *
 * FOLL_FORCE ignores missing rights, as a debugger needs it. A forced store to a private read-only area breaks
 * copy-on-write first, so that it never reaches the file: the fault is asked for FAULT_FLAG_WRITE, and since the area
 * does not permit writing, the entry stays read-only and the copy is known by being anonymous.
 *
 * Linux: mm/gup.c.
 */
#include "internal.h"

#include <primer/sched/task.h>

/* The page that @addr leads to if an access of this kind can go ahead, with a reference; NULL: a fault is needed. */
static struct page *follow_page(struct vm_area_struct *vma, unsigned long addr, unsigned int gup_flags)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	struct page *page = NULL;
	spinlock_t *ptl;
	pte_t *pte;

	if (!pmd || pmd_none(*pmd))
		return NULL;
	pte = pte_offset_map_lock(pmd, addr, &ptl);
	if (pte_present(*pte) && !((gup_flags & FOLL_WRITE) && !pte_write(*pte))) {
		page = pfn_to_page(pte_pfn(*pte));
	} else if (pte_present(*pte) && (gup_flags & FOLL_FORCE) && !(vma->vm_flags & (VM_WRITE | VM_SHARED))) {
		page = vm_normal_page(vma, *pte);	/* a forced store: into a copy that is ours alone */
		if (page && !(PageAnon(page) && page_mapcount(page) == 1))
			page = NULL;
	}
	if (page)
		get_page(page);
	spin_unlock(ptl);
	return page;
}

struct page *get_user_page_remote(struct mm_struct *mm, unsigned long addr, unsigned int gup_flags)
{
	unsigned int flags = FAULT_FLAG_REMOTE | (gup_flags & FOLL_WRITE ? FAULT_FLAG_WRITE : 0);
	struct vm_area_struct *vma = find_vma(mm, addr);
	int tries;

	if (!vma)
		return ERR_PTR(-EFAULT);
	if (addr < vma->vm_start && expand_stack(vma, addr))
		return ERR_PTR(-EFAULT);
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if (!vma_permits(vma, flags)) {
		if (!(gup_flags & FOLL_FORCE) || !(vma->vm_flags & (gup_flags & FOLL_WRITE ? VM_MAYWRITE : VM_MAYREAD)))
			return ERR_PTR(-EFAULT);
		if ((gup_flags & FOLL_WRITE) && (vma->vm_flags & VM_SHARED))
			return ERR_PTR(-EFAULT);
	}
	/* The page may be taken away between the fault and the look; more than a few times in a row is not chance. */
	for (tries = 0; tries < 8; tries++) {
		struct page *page = follow_page(vma, addr, gup_flags);
		vm_fault_t fault;

		if (page)
			return page;
		fault = handle_mm_fault(vma, addr, flags, NULL);
		if (fault & VM_FAULT_OOM)
			return ERR_PTR(-ENOMEM);
		if (fault & VM_FAULT_ERROR)
			return ERR_PTR(-EFAULT);
	}
	return ERR_PTR(-EFAULT);
}

int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len, unsigned int gup_flags)
{
	int done = 0;

	mmap_read_lock(mm);
	while (done < len) {
		unsigned int offset = offset_in_page(addr), n = min_t(unsigned int, len - done, PAGE_SIZE - offset);
		struct page *page;

		if (addr >= TASK_SIZE)
			break;
		page = get_user_page_remote(mm, addr, gup_flags);
		if (IS_ERR(page))
			break;
		if (gup_flags & FOLL_WRITE) {
			memcpy((char *)page_address(page) + offset, (char *)buf + done, n);
			if (!PageAnon(page))
				set_page_dirty(page);
		} else {
			memcpy((char *)buf + done, (char *)page_address(page) + offset, n);
		}
		put_page(page);
		done += n;
		addr += n;
	}
	mmap_read_unlock(mm);
	return done;
}

int access_process_vm(struct task_struct *p, unsigned long addr, void *buf, int len, unsigned int gup_flags)
{
	struct mm_struct *mm = get_task_mm(p);
	int done;

	if (!mm)
		return 0;
	done = access_remote_vm(mm, addr, buf, len, gup_flags);
	mmput(mm);
	return done;
}
