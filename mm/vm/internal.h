/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/vm/internal.h - what the files of this room share, and nobody else needs. */
#ifndef MM_VM_INTERNAL_H
#define MM_VM_INTERNAL_H

#include <primer/err.h>
#include <primer/gfp.h>
#include <primer/log2.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/rmap.h>
#include <primer/sched.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <primer/vm.h>
#include <asm/cmpxchg.h>

/* ---- page tables: pgalloc.c -------------------------------------------------------------------------------------- */

pgd_t *pgd_alloc(struct mm_struct *mm);
void pgd_free(struct mm_struct *mm);
/* table_free - give back an empty table that no entry points to any more, on any CPU */
void table_free(struct page *page);
/* pgtable_store_drain - give this CPU's spare tables to the page allocator; returns pages. Context: task. */
unsigned long pgtable_store_drain(void);

/* mm_alloc_pmd - the pmd entry of @addr, with the tables above it made; NULL without memory. May sleep. */
pmd_t *mm_alloc_pmd(struct mm_struct *mm, unsigned long addr);
/* mm_find_pmd - the same, or NULL when a table is missing */
pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr);
/* pte_alloc - see that *@pmd has a table; 0 or -ENOMEM. May sleep. */
int __pte_alloc(struct mm_struct *mm, pmd_t *pmd);
static __always_inline int pte_alloc(struct mm_struct *mm, pmd_t *pmd)
{
	return unlikely(pmd_none(*pmd)) ? __pte_alloc(mm, pmd) : 0;
}

/* The struct page of the table that an entry points to, and of the table that an entry stands in. */
static __always_inline struct page *pmd_page(pmd_t pmd)
{
	return pfn_to_page((pmd_val(pmd) & PTE_PFN_MASK) >> PAGE_SHIFT);
}
static __always_inline struct page *table_page_of(void *entry)	{ return virt_to_page(entry); }
static __always_inline spinlock_t *pte_lockptr(pmd_t *pmd)	{ return &pmd_page(*pmd)->ptl; }

/* pte_offset_map_lock - the entry of @addr with its table locked; *@pmd has a table. pte_unmap_unlock undoes. */
static __always_inline pte_t *pte_offset_map_lock(pmd_t *pmd, unsigned long addr, spinlock_t **ptlp)
{
	spinlock_t *ptl = pte_lockptr(pmd);

	spin_lock(ptl);
	*ptlp = ptl;
	return pte_offset_kernel(pmd, addr);
}

/* set_pte_new - fill an empty entry: the table counts its used ones. Table locked. */
static __always_inline void set_pte_new(pmd_t *pmd, pte_t *pte, pte_t val)
{
	pmd_page(*pmd)->pt_entries++;
	set_pte(pte, val);
}

/* ptep_get_and_clear - take the entry out in one step, because another CPU may be setting its dirty bit */
static __always_inline pte_t ptep_get_and_clear(pte_t *pte)	{ return __pte(xchg(&pte->pte, 0UL)); }

static __always_inline pte_t mk_pte(struct page *page, pgprot_t prot)	{ return pfn_pte(page_to_pfn(page), prot); }
static __always_inline bool pte_same(pte_t a, pte_t b)		{ return pte_val(a) == pte_val(b); }
static __always_inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	unsigned long keep =
		PTE_PFN_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SPECIAL | _PAGE_PWT | _PAGE_PCD | _PAGE_SOFT_DIRTY;

	return __pte((pte_val(pte) & keep) | (pgprot_val(prot) & ~keep));
}

/*
 * pte_page - the record of the page that a present entry points to. The frame number stands in the middle of the entry,
 * and only has to be moved to where it counts records.
 */
static __always_inline struct page *pte_page(pte_t pte)
{
	const unsigned int shift = PAGE_SHIFT - ilog2(sizeof(struct page));

	if (!is_power_of_2(sizeof(struct page)))
		return pfn_to_page(pte_pfn(pte));
	return (struct page *)(VMEMMAP_START + (pte_val(pte) >> shift & PTE_PFN_MASK >> shift));
}

/*
 * vm_normal_page - the page behind a present entry, or NULL when it has no references to be kept (zero page, devices).
 * vm_no_page_mask - the same for a loop over many entries of @vma: those that have one of these bits have no such page.
 */
static __always_inline unsigned long vm_no_page_mask(const struct vm_area_struct *vma)
{
	return unlikely(vma->vm_flags & VM_PFNMAP) ? ~0UL : _PAGE_SPECIAL;
}
static __always_inline struct page *vm_normal_page(const struct vm_area_struct *vma, pte_t pte)
{
	if (unlikely(pte_special(pte) || (vma->vm_flags & VM_PFNMAP)))
		return NULL;
	return pte_page(pte);
}

/*
 * set_page_dirty - the page of a file is newer than the file. Context: any; the page is kept by an entry or a
 * reference.
 */
static __always_inline void set_page_dirty(struct page *page)
{
	if (!PageDirty(page))
		SetPageDirty(page);
}

/*
 * do_fault_around - map what the object has ready around vmf->address; VM_FAULT_NOPAGE: the page itself too. 0: not
 * that one. fault_around.c; *vmf->pmd has a table.
 */
vm_fault_t do_fault_around(struct vm_fault *vmf);

/* ---- removing translations: zap.c -------------------------------------------------------------------------------- */

#define MMU_GATHER_BUNDLE	16

/*
 * What has been taken out of the page tables, but may still be cached by a CPU: given back after the flush.
 * [on the stack of the one that unmaps]
 */
struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end;	/* the range to flush; empty: start > end */
	bool free_tables;		/* mmap_lock is held for writing (or nobody is left): empty tables go */
	bool fullmm;			/* the whole address space ends */
	bool freed_tables;
	unsigned int nr, max;
	struct page **pages;		/* local, or a page full of pointers */
	struct list_head tables;	/* table pages, by lru */
	long rss[NR_MM_COUNTERS];	/* to be added to the mm's counters */
	struct page *local[MMU_GATHER_BUNDLE];
};

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool free_tables, bool fullmm);
void tlb_finish_mmu(struct mmu_gather *tlb);
/* unmap_page_range - clear the entries of [@addr, @end) in @vma and collect their pages */
void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long addr, unsigned long end);

/* zap_mapped_range - the same from outside the process, for a file that shrinks. i_mmap_rwsem of the file held. */
void zap_mapped_range(struct vm_area_struct *vma, unsigned long addr, unsigned long end);

/* ---- areas: vma.c, unmapped_area.c ------------------------------------------------------------------------------- */

/*
 * find_vma_links - where an area [@addr, @end) would be linked in: after *@pprev, and into the tree at *@rb_link
 *
 * Returns -ENOMEM when an area is there. vma_link puts it there and counts it; vma_unlink takes it out again (it stays
 * allocated). mmap_lock held for writing.
 */
int find_vma_links(struct mm_struct *mm, unsigned long addr, unsigned long end, struct vm_area_struct **pprev,
		   struct rb_node ***rb_link, struct rb_node **rb_parent);
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev, struct rb_node **rb_link,
	      struct rb_node *rb_parent);
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
/*
 * vma_gap_repair - no hole of @vma's subtree was good enough: lower its bound to what is there. mmap_lock for writing.
 */
void vma_gap_repair(struct vm_area_struct *vma);
/* vma_set_start, vma_set_end - move one bound, over free space only, and keep the tree's summaries right */
void vma_set_start(struct vm_area_struct *vma, unsigned long start);
void vma_set_end(struct vm_area_struct *vma, unsigned long end);

/*
 * vma_merge - make [@addr, @end), which follows @prev, part of its neighbours if all they have is the same
 *
 * Returns the area that covers the range now, or NULL: nothing was changed. See the drawing in vma.c. mmap_lock for
 * writing.
 */
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev, unsigned long addr,
				 unsigned long end, unsigned long vm_flags, struct file *file, pgoff_t pgoff);

/*
 * vma_modify_flags - see that [@start, @end), all or a part of @vma, is an area with @newflags: merged with a neighbour,
 * or split off. Entries and sums are the caller's. Returns the area that covers the range, or ERR_PTR. mmap_lock for
 * writing. mprotect.c
 */
struct vm_area_struct *vma_modify_flags(struct vm_area_struct *vma, unsigned long start, unsigned long end,
					unsigned long newflags);

/* ---- locked memory: mlock.c -------------------------------------------------------------------------------------- */

/* may_lock_pages - does RLIMIT_MEMLOCK allow current to lock @pages more of @mm? mmap_lock held. */
bool may_lock_pages(struct mm_struct *mm, unsigned long pages);
/*
 * populate_vma_page_range - fault [@start, @end) of @vma in, unless it is VM_LOCKONFAULT; 0, -EFAULT, -ENOMEM, or
 * -EINTR (a fatal signal). mmap_lock held, either way, and not dropped.
 */
int populate_vma_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* vma_get_file, vma_put_file - references to vma->vm_file through the fs room's table */
void vma_get_file(struct file *file);
void vma_put_file(struct file *file);
extern const struct vm_file_operations *vm_file_ops;

/*
 * The areas that map a file, in its tree: rmap.c. i_mmap_lock_file takes the tree's lock for writing; NULL for no file,
 * and the others then do nothing. vma_link_file, vma_unlink_file: one area, with the lock taken. May sleep.
 */
struct address_space *i_mmap_lock_file(struct file *file);
void i_mmap_unlock(struct address_space *mapping);
void i_mmap_insert(struct address_space *mapping, struct vm_area_struct *vma);
void i_mmap_remove(struct address_space *mapping, struct vm_area_struct *vma);
void vma_link_file(struct vm_area_struct *vma);
void vma_unlink_file(struct vm_area_struct *vma);

/* vma_init - the cache of areas; from vm_init() */
void vma_init(void);

#endif
