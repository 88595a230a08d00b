/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/pgtable.h - the format of page table entries (Intel SDM vol. 3, 4.5). The walk and the allocation of tables
 * are in mm/alloc/pgtable.c.
 *
 * Four levels of 512 entries: PML4 (Linux: pgd), PDPT (pud), PD (pmd), PT (pte). A pud or pmd with _PAGE_PSE maps 1 GiB or
 * 2 MiB itself. The p4d level of five-level paging is not used.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <primer/kernel.h>
#include <asm/page.h>

#define _PAGE_PRESENT		(1UL << 0)
#define _PAGE_RW		(1UL << 1)
#define _PAGE_USER		(1UL << 2)
#define _PAGE_PWT		(1UL << 3)
#define _PAGE_PCD		(1UL << 4)
#define _PAGE_ACCESSED		(1UL << 5)
#define _PAGE_DIRTY		(1UL << 6)
#define _PAGE_PSE		(1UL << 7)	/* in a pud or pmd: a large page */
#define _PAGE_PAT		(1UL << 7)	/* in a pte */
#define _PAGE_GLOBAL		(1UL << 8)
#define _PAGE_SPECIAL		(1UL << 9)	/* ours: no struct page reference behind it (zero page, device memory) */
#define _PAGE_SOFT_DIRTY	(1UL << 11)
#define _PAGE_PAT_LARGE		(1UL << 12)
#define _PAGE_PROTNONE		_PAGE_GLOBAL	/* in a non-present pte: a page that mprotect(PROT_NONE) hides */
#define _PAGE_NX		(1UL << 63)

#define PTE_PFN_MASK		0x000ffffffffff000UL
#define PTE_FLAGS_MASK		(~PTE_PFN_MASK)

#define _KERNPG_TABLE		(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_TABLE		(_KERNPG_TABLE | _PAGE_USER)
#define __PAGE_KERNEL_RO	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_GLOBAL | _PAGE_NX)
#define __PAGE_KERNEL		(__PAGE_KERNEL_RO | _PAGE_RW | _PAGE_DIRTY)
#define __PAGE_KERNEL_ROX	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_GLOBAL)

/*
 * Caching attributes as pte bits. The PAT register keeps its reset value in slots 0 to 3 (WB, WT, UC-, UC);
 * kernel/x86/pat.c puts WC into slot 1, which nothing else uses.
 */
#define _PAGE_CACHE_WB		0UL
#define _PAGE_CACHE_WC		_PAGE_PWT
#define _PAGE_CACHE_UC_MINUS	_PAGE_PCD
#define _PAGE_CACHE_UC		(_PAGE_PCD | _PAGE_PWT)

#define PTRS_PER_TABLE		512

typedef struct { unsigned long pgd; } pgd_t;
typedef struct { unsigned long pud; } pud_t;
typedef struct { unsigned long pmd; } pmd_t;
typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pgprot; } pgprot_t;

#define __pgd(x)		((pgd_t){ (x) })
#define __pud(x)		((pud_t){ (x) })
#define __pmd(x)		((pmd_t){ (x) })
#define __pte(x)		((pte_t){ (x) })
#define __pgprot(x)		((pgprot_t){ (x) })
#define pgd_val(x)		((x).pgd)
#define pud_val(x)		((x).pud)
#define pmd_val(x)		((x).pmd)
#define pte_val(x)		((x).pte)
#define pgprot_val(x)		((x).pgprot)

#define PAGE_KERNEL		__pgprot(__PAGE_KERNEL)
#define PAGE_KERNEL_RO		__pgprot(__PAGE_KERNEL_RO)
#define PAGE_KERNEL_ROX		__pgprot(__PAGE_KERNEL_ROX)
#define PAGE_KERNEL_NOCACHE	__pgprot(__PAGE_KERNEL | _PAGE_CACHE_UC_MINUS)
#define PAGE_KERNEL_WC		__pgprot(__PAGE_KERNEL | _PAGE_CACHE_WC)

static __always_inline unsigned int pgd_index(unsigned long a)	{ return a >> PGDIR_SHIFT & 511; }
static __always_inline unsigned int pud_index(unsigned long a)	{ return a >> PUD_SHIFT & 511; }
static __always_inline unsigned int pmd_index(unsigned long a)	{ return a >> PMD_SHIFT & 511; }
static __always_inline unsigned int pte_index(unsigned long a)	{ return a >> PAGE_SHIFT & 511; }

static __always_inline bool pgd_none(pgd_t e)		{ return !pgd_val(e); }
static __always_inline bool pud_none(pud_t e)		{ return !pud_val(e); }
static __always_inline bool pmd_none(pmd_t e)		{ return !pmd_val(e); }
static __always_inline bool pte_none(pte_t e)		{ return !pte_val(e); }
static __always_inline bool pgd_present(pgd_t e)	{ return pgd_val(e) & _PAGE_PRESENT; }
static __always_inline bool pud_present(pud_t e)	{ return pud_val(e) & _PAGE_PRESENT; }
static __always_inline bool pmd_present(pmd_t e)	{ return pmd_val(e) & _PAGE_PRESENT; }
static __always_inline bool pte_present(pte_t e)	{ return pte_val(e) & (_PAGE_PRESENT | _PAGE_PROTNONE); }
static __always_inline bool pud_large(pud_t e)		{ return (pud_val(e) & (_PAGE_PSE | _PAGE_PRESENT)) == (_PAGE_PSE | _PAGE_PRESENT); }
static __always_inline bool pmd_large(pmd_t e)		{ return (pmd_val(e) & (_PAGE_PSE | _PAGE_PRESENT)) == (_PAGE_PSE | _PAGE_PRESENT); }

static __always_inline bool pte_write(pte_t e)		{ return pte_val(e) & _PAGE_RW; }
static __always_inline bool pte_dirty(pte_t e)		{ return pte_val(e) & _PAGE_DIRTY; }
static __always_inline bool pte_young(pte_t e)		{ return pte_val(e) & _PAGE_ACCESSED; }
static __always_inline bool pte_special(pte_t e)	{ return pte_val(e) & _PAGE_SPECIAL; }
static __always_inline bool pte_exec(pte_t e)		{ return !(pte_val(e) & _PAGE_NX); }
static __always_inline unsigned long pte_pfn(pte_t e)	{ return (pte_val(e) & PTE_PFN_MASK) >> PAGE_SHIFT; }
static __always_inline unsigned long pmd_pfn(pmd_t e)	{ return (pmd_val(e) & PTE_PFN_MASK & PMD_MASK) >> PAGE_SHIFT; }

static __always_inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)	{ return __pte(pfn << PAGE_SHIFT | pgprot_val(prot)); }
static __always_inline pte_t pte_wrprotect(pte_t e)	{ return __pte(pte_val(e) & ~_PAGE_RW); }
static __always_inline pte_t pte_mkwrite(pte_t e)	{ return __pte(pte_val(e) | _PAGE_RW); }
static __always_inline pte_t pte_mkdirty(pte_t e)	{ return __pte(pte_val(e) | _PAGE_DIRTY); }
static __always_inline pte_t pte_mkclean(pte_t e)	{ return __pte(pte_val(e) & ~_PAGE_DIRTY); }
static __always_inline pte_t pte_mkyoung(pte_t e)	{ return __pte(pte_val(e) | _PAGE_ACCESSED); }
static __always_inline pte_t pte_mkold(pte_t e)		{ return __pte(pte_val(e) & ~_PAGE_ACCESSED); }
static __always_inline pte_t pte_mkspecial(pte_t e)	{ return __pte(pte_val(e) | _PAGE_SPECIAL); }

/*
 * Entries are written whole, with one store, because the CPU's walker reads them at any time. Ranks and locks are the
 * callers' matter (mm/alloc/pgtable.c for kernel tables under init_mm, mm/vm for user ones).
 */
static __always_inline void set_pgd(pgd_t *p, pgd_t v)	{ WRITE_ONCE(p->pgd, v.pgd); }
static __always_inline void set_pud(pud_t *p, pud_t v)	{ WRITE_ONCE(p->pud, v.pud); }
static __always_inline void set_pmd(pmd_t *p, pmd_t v)	{ WRITE_ONCE(p->pmd, v.pmd); }
static __always_inline void set_pte(pte_t *p, pte_t v)	{ WRITE_ONCE(p->pte, v.pte); }

/* From an entry to the table below it, and to the entry of @addr in that table. */
static __always_inline pgd_t *pgd_offset_pgd(pgd_t *pgd, unsigned long addr)	{ return pgd + pgd_index(addr); }
static __always_inline pud_t *pud_offset(pgd_t *e, unsigned long addr)
{
	return (pud_t *)__va(pgd_val(*e) & PTE_PFN_MASK) + pud_index(addr);
}
static __always_inline pmd_t *pmd_offset(pud_t *e, unsigned long addr)
{
	return (pmd_t *)__va(pud_val(*e) & PTE_PFN_MASK) + pmd_index(addr);
}
static __always_inline pte_t *pte_offset_kernel(pmd_t *e, unsigned long addr)
{
	return (pte_t *)__va(pmd_val(*e) & PTE_PFN_MASK) + pte_index(addr);
}

/* The end of the range [addr, end) that one entry of the level covers; written so that end == 0 means 2^64. */
#define pgd_addr_end(a, e)	({ unsigned long __b = ((a) + PGDIR_SIZE) & PGDIR_MASK; __b - 1 < (e) - 1 ? __b : (e); })
#define pud_addr_end(a, e)	({ unsigned long __b = ((a) + PUD_SIZE) & PUD_MASK; __b - 1 < (e) - 1 ? __b : (e); })
#define pmd_addr_end(a, e)	({ unsigned long __b = ((a) + PMD_SIZE) & PMD_MASK; __b - 1 < (e) - 1 ? __b : (e); })

/* The kernel's PML4. Its upper half is filled at boot and copied into every process's PML4. */
extern pgd_t swapper_pg_dir[PTRS_PER_TABLE];

#endif
