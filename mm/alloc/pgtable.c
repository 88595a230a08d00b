/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/pgtable.c - the walk through the kernel's page tables: map a range, unmap it, find an entry.
 *
 * The problem. The CPU translates an address by four lookups (Intel SDM vol. 3, 4.5), each in a table of 512 entries:
 *
 *	 63      48 47    39 38    30 29    21 20    12 11        0
 *	+----------+--------+--------+--------+--------+-----------+
 *	|  sign    |  pgd   |  pud   |  pmd   |  pte   |  offset   |
 *	+----------+--------+--------+--------+--------+-----------+
 *	               |        |        |        |
 *	   swapper_pg_dir[n]    |        |        |
 *	               \--> PDPT[n]      |        |          an entry with PSE here maps 1 GiB
 *	                        \----> PD[n]      |          an entry with PSE here maps 2 MiB
 *	                                 \----> PT[n] -----> page of 4 KiB
 *
 * Somebody has to write those entries: for the direct map at boot, for every vmalloc area, for device registers.
 *
 * The idea. One recursive shape for all: at each level, cut the range into pieces that one entry covers, and either
 * write an entry (a large page, where both addresses are aligned and the caller allows it) or make sure that a table
 * hangs there and go down. The same cut serves unmapping and looking up.
 *
 * Whose tables. Every process has its own copy of the top table; its upper half is a copy of swapper_pg_dir's, made
 * when the process starts and never updated. So a top-level entry that appeared later would be missing in all running
 * processes. All top-level entries that will ever be used are therefore filled at boot (init_mem.c), and everything
 * below them is shared: what one CPU maps, all see.
 *
 * Invariants:
 *   T1  a kernel table, once linked, is never unlinked or freed (splitting replaces a large page by a table, not the
 *       reverse); so walking needs no lock.
 *   T2  an entry goes from empty to valid with one 8-byte store, after the table it points to is complete. x86 keeps
 *       stores in order, so the CPU's walker, which reads at any time, never sees a half-made table.
 *   T3  a leaf entry is written only by the owner of its addresses.
 *
 * Locking. kernel_pgtable_lock decides who links a table when two CPUs need the same one: both allocate, one links, the
 * other gives its page back. Nobody allocates under it.
 *
 * Linux (mm/memory.c, mm/vmalloc.c, arch/x86/mm/pgtable.c) has the walk once for each purpose, expanded by macros, with
 * a fifth level between pgd and pud.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/pgtable.h>
#include <primer/slab.h>
#include <primer/spinlock.h>
#include <primer/tlb.h>

/* Links new tables into the kernel's tables. Task context; nothing but set_p?d() inside. */
static DEFINE_SPINLOCK(kernel_pgtable_lock, LOCK_RANK_INIT_MM);

pgd_t swapper_pg_dir[PTRS_PER_TABLE] __section(".bss..page_aligned") __aligned(PAGE_SIZE);

void *pgtable_alloc_page(void)
{
	void *table;

	if (likely(slab_is_available())) {
		table = (void *)get_zeroed_page(GFP_KERNEL);
		if (table)
			mod_kernel_pages(NR_PAGETABLE, 1);
		return table;
	}
	return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
}

/*
 * Hang a new table into *@entry, if it is still empty. The three levels differ only in the type of the entry, which is
 * a word.
 * Returns whether there is a table now.
 */
static bool link_table(unsigned long *entry)
{
	void *table = pgtable_alloc_page();

	if (!table)
		return false;
	spin_lock(&kernel_pgtable_lock);
	if (likely(!READ_ONCE(*entry))) {
		WRITE_ONCE(*entry, __pa(table) | _KERNPG_TABLE);	/* T2 */
		table = NULL;
	}
	spin_unlock(&kernel_pgtable_lock);
	if (table) {
		mod_kernel_pages(NR_PAGETABLE, -1);
		free_page((unsigned long)table);
	}
	return true;
}

pud_t *pud_alloc_kernel(pgd_t *pgd, unsigned long addr)
{
	if (pgd_none(*pgd) && !link_table(&pgd->pgd))
		return NULL;
	return pud_offset(pgd, addr);
}

pmd_t *pmd_alloc_kernel(pud_t *pud, unsigned long addr)
{
	if (pud_none(*pud) && !link_table(&pud->pud))
		return NULL;
	return pmd_offset(pud, addr);
}

pte_t *pte_alloc_kernel(pmd_t *pmd, unsigned long addr)
{
	if (pmd_none(*pmd) && !link_table(&pmd->pmd))
		return NULL;
	return pte_offset_kernel(pmd, addr);
}

/* ---- mapping ----------------------------------------------------------------------------------------------------- */

/* What is being mapped: a physical range that moves along with the address, or an array of pages. */
struct mapping {
	phys_addr_t phys;		/* of the next address, if !pages */
	struct page **pages;		/* the next one */
	pgprot_t prot;
	enum pg_level largest;
};

static bool fits(const struct mapping *m, unsigned long addr, unsigned long end, enum pg_level level)
{
	unsigned long size = page_level_size(level);

	return m->largest >= level && !m->pages && end - addr == size && IS_ALIGNED(addr | m->phys, size);
}

/* The bits of a large page: PSE, and the PAT bit moves to where a large page has it. */
static unsigned long large_prot(pgprot_t prot)
{
	unsigned long v = pgprot_val(prot);

	return (v & ~_PAGE_PAT) | (v & _PAGE_PAT ? _PAGE_PAT_LARGE : 0) | _PAGE_PSE;
}

static int map_ptes(pmd_t *pmd, unsigned long addr, unsigned long end, struct mapping *m)
{
	pte_t *pte = pte_alloc_kernel(pmd, addr);

	if (!pte)
		return -ENOMEM;
	for (; addr != end; addr += PAGE_SIZE, pte++) {
		WARN_ON_ONCE(!pte_none(*pte));
		if (m->pages) {
			set_pte(pte, pfn_pte(page_to_pfn(*m->pages++), m->prot));
		} else {
			set_pte(pte, __pte(m->phys | pgprot_val(m->prot)));
			m->phys += PAGE_SIZE;
		}
	}
	return 0;
}

static int map_pmds(pud_t *pud, unsigned long addr, unsigned long end, struct mapping *m)
{
	pmd_t *pmd = pmd_alloc_kernel(pud, addr);
	unsigned long next;
	int err = 0;

	if (!pmd)
		return -ENOMEM;
	for (; addr != end && !err; addr = next, pmd++) {
		next = pmd_addr_end(addr, end);
		if (fits(m, addr, next, PG_LEVEL_2M) && pmd_none(*pmd)) {
			set_pmd(pmd, __pmd(m->phys | large_prot(m->prot)));
			m->phys += PMD_SIZE;
		} else {
			err = map_ptes(pmd, addr, next, m);
		}
	}
	return err;
}

static int map_puds(pgd_t *pgd, unsigned long addr, unsigned long end, struct mapping *m)
{
	pud_t *pud = pud_alloc_kernel(pgd, addr);
	unsigned long next;
	int err = 0;

	if (!pud)
		return -ENOMEM;
	for (; addr != end && !err; addr = next, pud++) {
		next = pud_addr_end(addr, end);
		if (fits(m, addr, next, PG_LEVEL_1G) && pud_none(*pud)) {
			set_pud(pud, __pud(m->phys | large_prot(m->prot)));
			m->phys += PUD_SIZE;
		} else {
			err = map_pmds(pud, addr, next, m);
		}
	}
	return err;
}

static int map_range(unsigned long addr, unsigned long end, struct mapping *m)
{
	unsigned long next;
	int err = 0;

	for (; addr != end && !err; addr = next) {
		next = pgd_addr_end(addr, end);
		err = map_puds(pgd_offset_k(addr), addr, next, m);
	}
	return err;
}

int map_kernel_range(unsigned long start, unsigned long end, phys_addr_t phys, pgprot_t prot, enum pg_level largest)
{
	struct mapping m = { .phys = phys, .prot = prot, .largest = largest };

	return map_range(start, end, &m);
}

int map_kernel_pages(unsigned long start, unsigned long end, struct page **pages, pgprot_t prot)
{
	struct mapping m = { .pages = pages, .prot = prot, .largest = PG_LEVEL_4K };

	return map_range(start, end, &m);
}

/* ---- unmapping --------------------------------------------------------------------------------------------------- */

static void unmap_ptes(pmd_t *pmd, unsigned long addr, unsigned long end)
{
	pte_t *pte = pte_offset_kernel(pmd, addr);

	for (; addr != end; addr += PAGE_SIZE, pte++)
		set_pte(pte, __pte(0));
}

static void unmap_pmds(pud_t *pud, unsigned long addr, unsigned long end)
{
	pmd_t *pmd = pmd_offset(pud, addr);
	unsigned long next;

	for (; addr != end; addr = next, pmd++) {
		next = pmd_addr_end(addr, end);
		if (pmd_large(*pmd)) {
			WARN_ON_ONCE(next - addr != PMD_SIZE);
			set_pmd(pmd, __pmd(0));
		} else if (!pmd_none(*pmd)) {
			unmap_ptes(pmd, addr, next);
		}
	}
}

static void unmap_puds(pgd_t *pgd, unsigned long addr, unsigned long end)
{
	pud_t *pud = pud_offset(pgd, addr);
	unsigned long next;

	for (; addr != end; addr = next, pud++) {
		next = pud_addr_end(addr, end);
		if (pud_large(*pud)) {
			WARN_ON_ONCE(next - addr != PUD_SIZE);
			set_pud(pud, __pud(0));
		} else if (!pud_none(*pud)) {
			unmap_pmds(pud, addr, next);
		}
	}
}

void unmap_kernel_range_noflush(unsigned long start, unsigned long end)
{
	unsigned long addr = start, next;

	for (; addr != end; addr = next) {
		next = pgd_addr_end(addr, end);
		if (!pgd_none(*pgd_offset_k(addr)))
			unmap_puds(pgd_offset_k(addr), addr, next);
	}
}

void unmap_kernel_range(unsigned long start, unsigned long end)
{
	unmap_kernel_range_noflush(start, end);
	flush_tlb_kernel_range(start, end);
}

/* ---- looking up -------------------------------------------------------------------------------------------------- */

pte_t *lookup_address(unsigned long addr, enum pg_level *level)
{
	pgd_t *pgd = pgd_offset_k(addr);
	pud_t *pud;
	pmd_t *pmd;

	*level = PG_LEVEL_NONE;
	if (pgd_none(*pgd))
		return NULL;
	pud = pud_offset(pgd, addr);
	if (pud_none(*pud))
		return NULL;
	*level = PG_LEVEL_1G;
	if (pud_val(*pud) & _PAGE_PSE)
		return (pte_t *)pud;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd)) {
		*level = PG_LEVEL_NONE;
		return NULL;
	}
	*level = PG_LEVEL_2M;
	if (pmd_val(*pmd) & _PAGE_PSE)
		return (pte_t *)pmd;
	*level = PG_LEVEL_4K;
	return pte_offset_kernel(pmd, addr);
}

phys_addr_t slow_virt_to_phys(const void *va)
{
	unsigned long addr = (unsigned long)va;
	enum pg_level level;
	pte_t *pte = lookup_address(addr, &level);

	if (!pte || !(pte_val(*pte) & _PAGE_PRESENT))
		return ~0ULL;
	/* In a large page, address bits below its size are flags (PAT) or zero: take them from the virtual address. */
	return (pte_val(*pte) & PTE_PFN_MASK & ~(page_level_size(level) - 1)) | (addr & (page_level_size(level) - 1));
}

bool kern_addr_valid(unsigned long addr)
{
	if ((long)addr >= 0 || (long)addr >> 47 != -1L)		/* only canonical addresses of the upper half */
		return false;
	return slow_virt_to_phys((void *)addr) != ~0ULL;
}
