/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/dup.c - fork: a second address space with the same contents, without copying them.
 *
 * The problem. After fork() parent and child have equal memory that must be independent from then on. Copying it all would
 * cost milliseconds, and most of it would be thrown away by the execve() that usually follows.
 *
 * The idea. Copy the promises (areas) and the page table entries, not the pages. Every page that may be written is made
 * read-only in both tables; the first store to it faults, and do_wp_page() makes the copy then (fault.c):
 *
 *	before		parent: P1 writable
 *	fork		parent: P1 read-only ----> page, 2 entries <---- child: P1 read-only
 *	child writes	parent: P1 read-only ----> page, 1 entry        child: P1' writable, its own
 *	parent writes	parent: P1 writable  (sole owner: no copy)
 *
 * What is not copied at all: entries of shared areas, and of areas of files that nothing was ever written into. A fault can bring
 * them back from the object, if the child touches them; most children do not.
 *
 * The cost is in proportion to what is mapped. Levels without a table are stepped over; within a table the walk ends with the
 * last used entry, which the count in its struct page tells (pgalloc.c). A file that is truncated meanwhile finds the
 * child's area as soon as it is in the file's tree, which is before its entries are copied: i_mmap_rwsem is not needed, because
 * each table's lock is held while its entries are copied, and truncation takes the same lock afterwards.
 *
 * Invariants:
 *   D1  When dup_mmap() returns, no CPU can write through an entry of the parent that is read-only now: the flush comes before
 *       the parent's mmap_lock is dropped, and the child does not run before.
 *   D2  F2 of fault.c holds in both address spaces: a writable entry of a private area has a page of its own.
 *   D3  On failure the child's address space is torn down as any other is; the parent's entries stay read-only, which costs it a
 *       fault each and nothing else.
 *
 * Locking: parent's mmap_lock for writing, child's nested inside it; per table the child's lock, then the parent's.
 *
 * Linux: dup_mmap() in kernel/fork.c, copy_page_range() in mm/memory.c.
 */
#include "internal.h"

#include <primer/mman.h>
#include <primer/pagemap.h>
#include <primer/tlb.h>

/* What copying has brought about so far. [the forking task] */
struct dup_state {
	long rss[NR_MM_COUNTERS];	/* entries of the child */
	bool protected;			/* some entries of the parent may not be written any more */
	unsigned long empty, skipped, files, others;	/* of the table in work: what is no copied anonymous page */
};

/* Does a store to a page of this area make a private copy? */
static bool is_cow_mapping(unsigned long vm_flags)
{
	return (vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/*
 * Entries of one last-level table. The child's table is new: all its entries in the range are empty. The parent's area
 * is locked for writing and the child's lies in no file's tree without the locks held here.
 *
 * Written for the long run of used entries, as __zap_ptes() is: an empty one asks whether any are left. @anon: the area
 * has no object.
 */
static __always_inline void __copy_ptes(struct dup_state *dup, struct vm_area_struct *src, struct page *dst_table,
					struct page *src_table, unsigned long addr, unsigned long end, const bool anon)
{
	const unsigned long write = is_cow_mapping(src->vm_flags) ? _PAGE_RW : 0, no_page = vm_no_page_mask(src);
	pte_t *first = (pte_t *)page_address(src_table) + pte_index(addr), *pte;
	pte_t *stop = first + ((end - addr) >> PAGE_SHIFT);
	const long to_dst = page_address(dst_table) - page_address(src_table);
	unsigned long total, copied;
	const long one = page_entry();

	spin_lock(&dst_table->ptl);
	spin_lock_nested(&src_table->ptl, 1);
	total = src_table->pt_entries;
	dup->empty = dup->skipped = dup->files = dup->others = 0;
	for (pte = first; pte != stop; pte++) {
		pte_t entry = *pte;
		struct page *page;

		if (pte_none(entry)) {
			if ((unsigned long)(pte - first) - dup->empty == total)
				break;
			dup->empty++;
			continue;
		}
		if (unlikely(pte_val(entry) & no_page)) {
			dup->others++;
		} else {
			page = pte_page(entry);
			if (!anon && !PageAnon(page)) {
				/* A clean page of the file can be had from there again. */
				if (src->vm_file && !pte_dirty(entry)) {
					dup->skipped++;
					continue;
				}
				dup->files++;
			}
			page_dup_rmap(page, one);
		}
		if (pte_val(entry) & write) {
			dup->protected = true;
			entry = pte_wrprotect(entry);
			set_pte(pte, entry);
		}
		set_pte((void *)pte + to_dst, pte_mkold(entry));
	}
	copied = (unsigned long)(pte - first) - dup->empty - dup->skipped;
	dst_table->pt_entries += copied;
	spin_unlock(&src_table->ptl);
	spin_unlock(&dst_table->ptl);
	dup->rss[MM_FILEPAGES] += dup->files;
	dup->rss[MM_ANONPAGES] += copied - dup->files - dup->others;
}

static noinline void copy_ptes(struct dup_state *dup, struct vm_area_struct *src, struct page *dst_table,
			       struct page *src_table, unsigned long addr, unsigned long end)
{
	if (vma_is_anonymous(src))
		__copy_ptes(dup, src, dst_table, src_table, addr, end, true);
	else
		__copy_ptes(dup, src, dst_table, src_table, addr, end, false);
}

static int copy_pte_range(struct dup_state *dup, struct vm_area_struct *dst, struct vm_area_struct *src, pmd_t *src_pmd,
			  unsigned long addr, unsigned long end)
{
	pmd_t *dst_pmd = mm_alloc_pmd(dst->vm_mm, addr);

	if (!dst_pmd || pte_alloc(dst->vm_mm, dst_pmd))
		return -ENOMEM;
	copy_ptes(dup, src, pmd_page(*dst_pmd), pmd_page(*src_pmd), addr, end);
	return 0;
}

/* All tables of the parent below [vm_start, vm_end) of @src. */
static int copy_page_range(struct dup_state *dup, struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct mm_struct *mm = src->vm_mm;
	unsigned long addr = src->vm_start, end = src->vm_end, next;

	for (; addr != end; addr = next) {
		pgd_t *pgd = pgd_offset_pgd(mm->pgd, addr);
		pud_t *pud;
		pmd_t *pmd;

		if (pgd_none(*pgd)) {
			next = pgd_addr_end(addr, end);
			continue;
		}
		pud = pud_offset(pgd, addr);
		if (pud_none(*pud)) {
			next = pud_addr_end(addr, end);
			continue;
		}
		next = pmd_addr_end(addr, end);
		pmd = pmd_offset(pud, addr);
		if (!pmd_none(*pmd) && copy_pte_range(dup, dst, src, pmd, addr, next))
			return -ENOMEM;
	}
	return 0;
}

/* What is set at exec and later stays: the layout, the limits' sums, the program. */
static void copy_mm_fields(struct mm_struct *mm, struct mm_struct *old)
{
	mm->mmap_base = old->mmap_base;
	mm->def_flags = old->def_flags & ~(VM_LOCKED | VM_LOCKONFAULT);
	mm->flags = old->flags;
	mm->binfmt = old->binfmt;
	mm->total_vm = old->total_vm;
	mm->data_vm = old->data_vm;
	mm->exec_vm = old->exec_vm;
	mm->stack_vm = old->stack_vm;
	mm->start_code = old->start_code;
	mm->end_code = old->end_code;
	mm->start_data = old->start_data;
	mm->end_data = old->end_data;
	mm->start_brk = old->start_brk;
	mm->brk = old->brk;
	mm->start_stack = old->start_stack;
	mm->arg_start = old->arg_start;
	mm->arg_end = old->arg_end;
	mm->env_start = old->env_start;
	mm->env_end = old->env_end;
	memcpy(mm->saved_auxv, old->saved_auxv, sizeof(mm->saved_auxv));
}

/* One area of the parent, appended to the child's: the parent's are walked in ascending order. */
static struct vm_area_struct *dup_area(struct mm_struct *mm, struct vm_area_struct *src, struct vm_area_struct *prev)
{
	struct vm_area_struct *vma = vm_area_dup(src);
	struct rb_node **link, *parent = NULL;

	if (!vma)
		return NULL;
	vma->vm_mm = mm;
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	vma->vm_next = vma->vm_prev = NULL;
	if (vma->vm_file)
		vma_get_file(vma->vm_file);
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(vma);

	/* Behind @prev, the highest so far, which therefore has no right child. */
	link = &mm->mm_rb.rb_node;
	if (prev) {
		parent = &prev->vm_rb;
		link = &parent->rb_right;
	}
	vma_link(mm, vma, prev, link, parent);
	vma_link_file(vma);
	return vma;
}

static int dup_mmap(struct mm_struct *mm, struct mm_struct *old)
{
	struct vm_area_struct *src, *dst, *prev = NULL;
	struct dup_state dup = { .protected = false };
	int err = 0;

	down_write(&old->mmap_lock);
	down_write_nested(&mm->mmap_lock, 1);
	copy_mm_fields(mm, old);
	for (src = old->mmap; src; src = src->vm_next) {
		if (src->vm_flags & VM_DONTCOPY) {
			vm_stat_account(mm, src->vm_flags, -(long)vma_pages(src));
			continue;
		}
		if ((src->vm_flags & VM_ACCOUNT) && vm_enough_memory(old, vma_pages(src))) {
			err = -ENOMEM;
			break;
		}
		dst = dup_area(mm, src, prev);
		if (!dst) {
			if (src->vm_flags & VM_ACCOUNT)
				vm_unacct_memory(vma_pages(src));
			err = -ENOMEM;
			break;
		}
		prev = dst;
		if ((src->vm_flags & VM_WIPEONFORK) || ((src->vm_flags & VM_SHARED) && src->vm_file))
			continue;
		err = copy_page_range(&dup, dst, src);
		if (err)
			break;
	}
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (dup.rss[i])
			add_mm_counter(mm, i, dup.rss[i]);
	if (dup.protected)
		flush_tlb_mm(old);	/* D1 */
	up_write(&mm->mmap_lock);
	up_write(&old->mmap_lock);
	return err;
}

struct mm_struct *dup_mm(struct mm_struct *old)
{
	struct mm_struct *mm = mm_alloc();

	might_sleep();
	if (!mm)
		return NULL;
	if (old->exe_file) {
		vm_file_ops->get_exe(old->exe_file);
		mm->exe_file = old->exe_file;
	}
	if (dup_mmap(mm, old)) {
		mmput(mm);
		return NULL;
	}
	return mm;
}
