/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/fault.c - make one page real: demand zero, file pages, copy-on-write.
 *
 * The problem. The areas promise gigabytes; memory should be spent on what is touched, and a page that two processes
 * have in common should be copied only when one of them writes to it.
 *
 * The idea. An access without a matching entry faults, and the CPU tells the address and the kind. Whether the access
 * is allowed, the area says (the caller looked); what is missing, the entry says:
 *
 *	entry            area                    access    what happens
 *	----------------------------------------------------------------------------------------------------
 *	none             anonymous               read      zero page, read-only, special          do_anonymous_page
 *	none             anonymous               write     a page of zeroes of its own
 *	none             file, any               read      the file's page and its neighbours     fault_around.c
 *	none             file, private           write     a copy of the file's page              do_cow_fault
 *	none             file, shared            write     the file's page, writable, dirty       do_shared_fault
 *	read-only        private, sole owner     write     writable                               do_wp_page
 *	read-only        private, else           write     a copy of the page, old one released   wp_page_copy
 *	read-only        shared                  write     writable, after page_mkwrite
 *	as it should be  any                     any       somebody else was faster: retry the instruction
 *
 * "Sole owner": an anonymous page with one entry and one reference is this process's alone, however it came to be
 * read-only (a fork whose other side is gone, mprotect). It becomes writable without a copy.
 *
 * Invariants:
 *   F1  Whatever takes long (allocating, clearing, reading a file) happens without a lock on the table; then the table
 *       is locked, and if the entry is no longer what it was, the work is thrown away: someone else has served the same
 *       fault.
 *   F2  An entry that is writable in a private area points to an anonymous page with this one entry.
 *   F3  A page's contents are complete before its entry is set. x86 keeps the order of the two stores.
 *   F4  When an entry changes from one page to another, it is empty in between, and flushed, so that no CPU reads the
 *       old page while another one writes the new.
 *   F5  The page's reference, its mapcount, the table's count of used entries and the mm's counters change with the
 *       entry, under the table's lock.
 *   F6  What the OOM reaper took away from a private area is not replaced by zeroes or by the file's contents: the look
 *       at MMF_UNSTABLE and the filling of the entry are one step, because the table's lock is held around both.
 *
 * Tables do not go away under us: mmap_lock is held for reading (T2 in pgalloc.c).
 *
 * Linux: mm/memory.c, which also knows huge pages, swap, userfaultfd and NUMA hints.
 */
#include "internal.h"

#include <primer/oom.h>
#include <primer/pagemap.h>
#include <primer/tlb.h>
#include <asm/tlbflush.h>

/* Private pages: whose right to write does not come from the area's vm_page_prot. */
static __always_inline pte_t maybe_mkwrite(pte_t pte, const struct vm_area_struct *vma)
{
	return likely(vma->vm_flags & VM_WRITE) ? pte_mkwrite(pte) : pte;
}

/* F6: may what is missing be made anew? With the table's lock held the answer is for good. */
static __always_inline bool is_stable(const struct mm_struct *mm)
{
	return likely(!(READ_ONCE(mm->oom_flags) & 1UL << MMF_UNSTABLE));
}

static struct page *alloc_user_page(gfp_t more)
{
	return alloc_page(GFP_HIGHUSER_MOVABLE | more);
}

/*
 * An entry of an area without an object. @vmf->pmd may still have no table.
 */
static vm_fault_t do_anonymous_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	struct page *page = NULL;
	vm_fault_t ret = 0;
	pte_t entry;

	if (unlikely(vma->vm_flags & VM_SHARED))
		return VM_FAULT_SIGBUS;
	if (unlikely(pte_alloc(mm, vmf->pmd)))
		return VM_FAULT_OOM;
	if (vmf->flags & FAULT_FLAG_WRITE) {
		page = alloc_user_page(__GFP_ZERO);
		if (unlikely(!page))
			return VM_FAULT_OOM;
		entry = pte_mkdirty(maybe_mkwrite(mk_pte(page, vma->vm_page_prot), vma));
	} else {
		entry = pte_mkspecial(pfn_pte(zero_pfn, vma->vm_page_prot));
	}
	vmf->pte = pte_offset_map_lock(vmf->pmd, vmf->address, &vmf->ptl);
	if (unlikely(!is_stable(mm))) {
		ret = VM_FAULT_SIGBUS;
	} else if (likely(pte_none(*vmf->pte))) {
		if (page) {
			page_add_new_anon_rmap(page, vma, vmf->address);
			add_mm_counter(mm, MM_ANONPAGES, 1);
			page = NULL;
		}
		set_pte_new(vmf->pmd, vmf->pte, entry);
	}
	spin_unlock(vmf->ptl);
	if (unlikely(page))
		put_page(page);
	return ret;
}

/*
 * Ask the object for its page: vmf->page, with a reference and locked, so that it cannot be truncated away before it is
 * mapped.
 */
static vm_fault_t ask_object(struct vm_fault *vmf)
{
	vm_fault_t ret = vmf->vma->vm_ops->fault(vmf);

	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY | VM_FAULT_DONE_COW)))
		return ret;
	if (!(ret & VM_FAULT_LOCKED))
		lock_page(vmf->page);
	return ret | VM_FAULT_LOCKED;
}

/*
 * Set the empty entry to @page, which brings its reference along; false: it is no longer empty, and the reference is
 * the caller's.
 */
static bool install_page(struct vm_fault *vmf, struct page *page, bool anon, bool write)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry = mk_pte(page, vma->vm_page_prot);
	bool done = false;

	if (write)
		entry = pte_mkdirty(maybe_mkwrite(entry, vma));
	else if (vma->vm_ops->page_mkwrite)
		entry = pte_wrprotect(entry);	/* so that the first store asks */
	vmf->pte = pte_offset_map_lock(vmf->pmd, vmf->address, &vmf->ptl);
	if (likely(pte_none(*vmf->pte)) && (is_stable(vma->vm_mm) || (vma->vm_flags & VM_SHARED))) {
		if (anon)
			page_add_new_anon_rmap(page, vma, vmf->address);
		else
			page_add_file_rmap(page);
		add_mm_counter(vma->vm_mm, anon ? MM_ANONPAGES : MM_FILEPAGES, 1);
		set_pte_new(vmf->pmd, vmf->pte, entry);
		done = true;
	}
	spin_unlock(vmf->ptl);
	return done;
}

/* Map the object's own page: for reading, or shared. */
static vm_fault_t map_object_page(struct vm_fault *vmf, bool write)
{
	vm_fault_t ret = ask_object(vmf);
	struct page *page;

	if (unlikely(!(ret & VM_FAULT_LOCKED)))
		return ret;
	page = vmf->page;
	if (write && vmf->vma->vm_ops->page_mkwrite) {
		vm_fault_t err;

		unlock_page(page);
		err = vmf->vma->vm_ops->page_mkwrite(vmf);
		if (unlikely(err & (VM_FAULT_ERROR | VM_FAULT_NOPAGE))) {
			put_page(page);
			return err;
		}
		if (!(err & VM_FAULT_LOCKED)) {
			lock_page(page);
			if (!page_mapping(page)) {		/* truncated meanwhile */
				unlock_page(page);
				put_page(page);
				return 0;			/* the access comes again */
			}
		}
	}
	if (write)
		set_page_dirty(page);
	if (!install_page(vmf, page, false, write)) {
		unlock_page(page);
		put_page(page);
		return ret & ~VM_FAULT_LOCKED;
	}
	unlock_page(page);
	return ret & ~VM_FAULT_LOCKED;
}

/* A store to a private area: the process gets a copy at once, and the object's page no entry at all. */
static vm_fault_t do_cow_fault(struct vm_fault *vmf)
{
	vm_fault_t ret;

	vmf->cow_page = alloc_user_page(0);
	if (unlikely(!vmf->cow_page))
		return VM_FAULT_OOM;
	ret = ask_object(vmf);
	if (unlikely(!(ret & (VM_FAULT_LOCKED | VM_FAULT_DONE_COW)))) {
		put_page(vmf->cow_page);
		return ret;
	}
	if (ret & VM_FAULT_LOCKED)
		copy_highpage(vmf->cow_page, vmf->page);
	if (!install_page(vmf, vmf->cow_page, true, true))
		put_page(vmf->cow_page);
	if (ret & VM_FAULT_LOCKED) {
		unlock_page(vmf->page);		/* not earlier: a truncation that waits for it finds the copy's entry */
		put_page(vmf->page);
	}
	return ret & ~(VM_FAULT_LOCKED | VM_FAULT_DONE_COW);
}

static vm_fault_t do_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (unlikely(!vma->vm_ops->fault))
		return VM_FAULT_SIGBUS;
	if (unlikely(pte_alloc(vma->vm_mm, vmf->pmd)))
		return VM_FAULT_OOM;
	if (unlikely(!is_stable(vma->vm_mm)) && !(vma->vm_flags & VM_SHARED))
		return VM_FAULT_SIGBUS;		/* looked at again with the table locked */
	if (!(vmf->flags & FAULT_FLAG_WRITE)) {
		if (vma->vm_ops->map_pages) {
			vm_fault_t ret = do_fault_around(vmf);

			if (ret)
				return ret;
		}
		return map_object_page(vmf, false);
	}
	if (!(vma->vm_flags & VM_SHARED))
		return do_cow_fault(vmf);
	return map_object_page(vmf, true);
}

/* ---- stores to what is mapped read-only ---- */

/*
 * The entry points to a page that others may see (or to the zero page, @old NULL). Called with the table locked;
 * returns with it unlocked.
 */
static vm_fault_t wp_page_copy(struct vm_fault *vmf, struct page *old)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	struct page *new;
	pte_t entry;

	if (old)
		get_page(old);			/* F1: it must not go away while it is copied */
	spin_unlock(vmf->ptl);
	new = alloc_user_page(old ? 0 : __GFP_ZERO);
	if (unlikely(!new)) {
		if (old)
			put_page(old);
		return VM_FAULT_OOM;
	}
	if (old)
		copy_highpage(new, old);

	spin_lock(vmf->ptl);
	if (unlikely(!pte_same(*vmf->pte, vmf->orig_pte))) {
		spin_unlock(vmf->ptl);
		put_page(new);
		if (old)
			put_page(old);
		return 0;
	}
	entry = pte_mkdirty(maybe_mkwrite(mk_pte(new, vma->vm_page_prot), vma));
	ptep_get_and_clear(vmf->pte);		/* F4 */
	flush_tlb_page(vma, vmf->address);
	page_add_new_anon_rmap(new, vma, vmf->address);
	set_pte(vmf->pte, entry);
	if (!old || !PageAnon(old)) {
		if (old)
			add_mm_counter(mm, MM_FILEPAGES, -1);
		add_mm_counter(mm, MM_ANONPAGES, 1);
	}
	if (old)
		page_remove_rmap(old);
	spin_unlock(vmf->ptl);
	if (old) {
		put_page(old);			/* the entry's reference */
		put_page(old);			/* ours */
	}
	return 0;
}

/* The page may be written where it is. Table locked; unlocked on return. */
static void wp_page_reuse(struct vm_fault *vmf)
{
	set_pte(vmf->pte, pte_mkyoung(pte_mkdirty(maybe_mkwrite(vmf->orig_pte, vmf->vma))));
	flush_tlb_page(vmf->vma, vmf->address);
	spin_unlock(vmf->ptl);
}

/* A store to a shared page of a file: the filesystem may want to know first. */
static vm_fault_t wp_page_shared(struct vm_fault *vmf, struct page *page)
{
	vm_fault_t ret;

	get_page(page);
	if (vmf->vma->vm_ops && vmf->vma->vm_ops->page_mkwrite) {
		spin_unlock(vmf->ptl);
		vmf->page = page;
		ret = vmf->vma->vm_ops->page_mkwrite(vmf);
		if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE))) {
			put_page(page);
			return ret;
		}
		if (ret & VM_FAULT_LOCKED)
			unlock_page(page);
		spin_lock(vmf->ptl);
		if (!pte_same(*vmf->pte, vmf->orig_pte)) {
			spin_unlock(vmf->ptl);
			put_page(page);
			return 0;
		}
	}
	wp_page_reuse(vmf);
	set_page_dirty(page);
	put_page(page);
	return 0;
}

static vm_fault_t do_wp_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page = vm_normal_page(vma, vmf->orig_pte);

	if (vma->vm_flags & VM_SHARED) {
		if (page)
			return wp_page_shared(vmf, page);
		wp_page_reuse(vmf);
		return 0;
	}
	/*
	 * Nobody can get at a page with one entry, ours, and one reference, the entry's, while we hold the table's
	 * lock.
	 */
	if (page && PageAnon(page) && page_is_sole(page)) {
		wp_page_reuse(vmf);
		return 0;
	}
	return wp_page_copy(vmf, page);
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs)
{
	struct vm_fault vmf;
	vm_fault_t ret;
	pte_t entry;

	vmf.vma = vma;
	vmf.flags = flags;
	vmf.address = address & PAGE_MASK;
	vmf.pmd = mm_alloc_pmd(vma->vm_mm, address);
	if (unlikely(!vmf.pmd))
		return VM_FAULT_OOM;

	entry = pmd_none(*vmf.pmd) ? __pte(0) : __pte(READ_ONCE(pte_offset_kernel(vmf.pmd, address)->pte));
	if (pte_none(entry)) {
		if (vma_is_anonymous(vma)) {
			ret = do_anonymous_page(&vmf);
		} else {
			vmf.pgoff = linear_page_index(vma, vmf.address);
			vmf.gfp_mask = GFP_KERNEL;
			vmf.orig_pte = entry;
			vmf.cow_page = vmf.page = NULL;
			ret = do_fault(&vmf);
		}
		goto out;
	}
	ret = 0;
	vmf.orig_pte = entry;
	vmf.pgoff = linear_page_index(vma, vmf.address);
	vmf.pte = pte_offset_map_lock(vmf.pmd, vmf.address, &vmf.ptl);
	if (unlikely(!pte_same(*vmf.pte, entry)) || unlikely(!(pte_val(entry) & _PAGE_PRESENT))) {
		spin_unlock(vmf.ptl); /* changed, or hidden by an mprotect() that is about to be undone: look again */
		goto out;
	}
	if ((flags & FAULT_FLAG_WRITE) && !pte_write(entry)) {
		ret = do_wp_page(&vmf);
		goto out;
	}
	/*
	 * All is there: another thread has served the fault, or this CPU had cached a stricter entry. The bits are what
	 * the access would set, and are added in one step: another CPU may be setting the same ones.
	 */
	__atomic_fetch_or(&vmf.pte->pte, flags & FAULT_FLAG_WRITE ? _PAGE_ACCESSED | _PAGE_DIRTY : _PAGE_ACCESSED,
			  __ATOMIC_SEQ_CST);
	native_flush_tlb_one(address);
	spin_unlock(vmf.ptl);
out:
	count_vm_event(PGFAULT);
	if (ret & VM_FAULT_MAJOR) {
		count_vm_event(PGMAJFAULT);
		current->maj_flt++;
	} else if (!(ret & VM_FAULT_ERROR)) {
		current->min_flt++;
	}
	return ret;
}
