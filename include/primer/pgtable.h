/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/pgtable.h - walking and changing the kernel's page tables. Formats are in asm/pgtable.h, the theory in
 * mm/alloc/pgtable.c.
 *
 * Readers of kernel tables take no lock: tables of the kernel half are never freed, and entries change with single
 * stores. Writers own the addresses they change (an area of vmalloc's, a fixmap slot); making a table takes
 * kernel_pgtable_lock.
 */
#ifndef PRIMER_PGTABLE_H
#define PRIMER_PGTABLE_H

#include <primer/types.h>
#include <asm/pgtable.h>

struct page;
struct seq_buf;

enum pg_level { PG_LEVEL_NONE, PG_LEVEL_4K, PG_LEVEL_2M, PG_LEVEL_1G, PG_LEVEL_512G };
static __always_inline unsigned long page_level_size(enum pg_level level)
{
	return PAGE_SIZE << (9 * (level - PG_LEVEL_4K));
}

#define pgd_offset_k(addr)	pgd_offset_pgd(swapper_pg_dir, (addr))

/*
 * pgtable_alloc_page - a zeroed page for a kernel table: from memblock while it lasts, then from the allocator. NULL:
 * none.
 */
void *pgtable_alloc_page(void);

/*
 * p?d_alloc_kernel - the entry of the next lower level for @addr; its table is made if there is none. NULL without
 * memory.
 */
pud_t *pud_alloc_kernel(pgd_t *pgd, unsigned long addr);
pmd_t *pmd_alloc_kernel(pud_t *pud, unsigned long addr);
pte_t *pte_alloc_kernel(pmd_t *pmd, unsigned long addr);

/*
 * lookup_address - the entry that maps @addr, of whatever level; *@level says which (PG_LEVEL_NONE and NULL: none)
 *
 * A returned entry may still be not present. Context: any.
 */
pte_t *lookup_address(unsigned long addr, enum pg_level *level);
/* slow_virt_to_phys - where kernel address @va leads, by the tables; ~0: nowhere. */
phys_addr_t slow_virt_to_phys(const void *va);
/* kern_addr_valid - is @addr mapped for reading? */
bool kern_addr_valid(unsigned long addr);

/*
 * map_kernel_range - map virtual [@start, @end) to physical memory from @phys on
 * @largest: the largest page size to use where both sides are aligned
 *
 * All are page aligned and nothing is mapped there. Returns 0 or -ENOMEM (what was mapped before stays: unmap it).
 * Context: task, or boot. No TLB flush: entries that were not present are not cached.
 */
int map_kernel_range(unsigned long start, unsigned long end, phys_addr_t phys, pgprot_t prot, enum pg_level largest);
/* map_kernel_pages - the same for single pages out of an array. */
int map_kernel_pages(unsigned long start, unsigned long end, struct page **pages, pgprot_t prot);
/*
 * unmap_kernel_range_noflush - clear the entries; the caller flushes before the addresses are used again.
 * unmap_kernel_range: and flush.
 */
void unmap_kernel_range_noflush(unsigned long start, unsigned long end);
void unmap_kernel_range(unsigned long start, unsigned long end);

/*
 * set_memory_* - change the rights of @numpages pages at @addr, splitting large pages where the range cuts them;
 * flushes
 *
 * Acts on these addresses alone, not on other views of the same memory. Returns 0, -ENOMEM, -EFAULT when something is
 * not mapped.
 * Context: task, or boot.
 */
int set_memory_ro(unsigned long addr, int numpages);
int set_memory_rw(unsigned long addr, int numpages);
int set_memory_x(unsigned long addr, int numpages);
int set_memory_nx(unsigned long addr, int numpages);
int set_memory_np(unsigned long addr, int numpages);		/* not present */
int set_memory_p(unsigned long addr, int numpages);
int change_memory_attr(unsigned long addr, int numpages, unsigned long set, unsigned long clear);

/*
 * debug_checkwx - count pages of the kernel's half that are writable and executable, and warn if there are any. Boot,
 * at its end.
 */
unsigned long debug_checkwx(void);

/*
 * ptdump_show - the kernel's half as ranges of equal rights, in the manner of Linux's page_tables/kernel. Context:
 * task.
 */
void ptdump_show(struct seq_buf *m);

/* direct_pages_count - how much of the direct map is in pages of each size, for /proc/meminfo's DirectMap lines. */
extern unsigned long direct_pages_count[PG_LEVEL_512G];

#endif
