/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/set_memory.c - changing the rights of kernel memory that is mapped already, and showing all rights.
 *
 * The problem. The kernel's W^X rule (no page both writable and executable) needs rights at page granularity, but the
 * direct map is made of 2 MiB and 1 GiB pages, because each saves page tables and TLB entries.
 *
 * The idea. Where a range covers a large page wholly, change its one entry. Where it cuts one, split first: make a
 * table of 512 smaller pages that say the same, then replace the large entry by a pointer to it with one store. Before
 * and after mean the same translation, so a CPU that uses either is right, and one that caches the large one is flushed
 * with the rest at the end.
 *
 *	before		PD[n] = 2 MiB page, RW
 *	split		PD[n] ---> PT: 512 x 4 KiB, RW			same meaning
 *	change		PD[n] ---> PT: 512 x 4 KiB, one of them RO
 *
 * Pieces are never put together again: what has been split once is likely to be again.
 *
 * Which view. The same memory can be seen through the direct map and through the kernel image's addresses; these
 * functions change the view that they are given. Whoever protects image memory protects both.
 *
 * Locking: set_memory_lock keeps two changes from splitting the same page, and from losing each other's
 * read-modify-write.
 *
 * Linux (arch/x86/mm/pat/set_memory.c) also changes caching attributes, keeps all views of a page in step by itself,
 * and flushes caches.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kasan.h>
#include <primer/mm.h>
#include <primer/pgtable.h>
#include <primer/printk.h>
#include <primer/seq_buf.h>
#include <primer/spinlock.h>
#include <primer/tlb.h>

/* Splits and changes of rights. Task context; nothing else is taken inside. */
static DEFINE_SPINLOCK(set_memory_lock, LOCK_RANK_INIT_MM);

unsigned long direct_pages_count[PG_LEVEL_512G];	/* [set_memory_lock] pages of the direct map by level */

static bool in_direct_map(unsigned long addr)
{
	return addr >= PAGE_OFFSET && addr < PAGE_OFFSET_END;
}

/* Fill @table with 512 pages of the next smaller size that together say what the large page @val of @level says. */
static void fill_split(pte_t *table, unsigned long val, enum pg_level level)
{
	unsigned long size = page_level_size(level - 1);
	unsigned long phys = val & PTE_PFN_MASK & ~(page_level_size(level) - 1);
	unsigned long flags = val & (PTE_FLAGS_MASK | _PAGE_PAT_LARGE);
	int i;

	if (level == PG_LEVEL_2M) {
		flags &= ~(_PAGE_PSE | _PAGE_PAT_LARGE);
		if (val & _PAGE_PAT_LARGE)
			flags |= _PAGE_PAT;
	}
	for (i = 0; i < PTRS_PER_TABLE; i++, phys += size)
		set_pte(&table[i], __pte(phys | flags));
}

static int split_large_page(unsigned long addr)
{
	pte_t *table = pgtable_alloc_page(), *entry;
	enum pg_level level;

	if (!table)
		return -ENOMEM;
	spin_lock(&set_memory_lock);
	entry = lookup_address(addr, &level);
	if (entry && level > PG_LEVEL_4K) {
		fill_split(table, pte_val(*entry), level);
		set_pte(entry, __pte(__pa(table) | _KERNPG_TABLE));
		table = NULL;
		if (in_direct_map(addr)) {
			direct_pages_count[level]--;
			direct_pages_count[level - 1] += PTRS_PER_TABLE;
		}
	}
	spin_unlock(&set_memory_lock);
	if (table) {			/* somebody else has split it meanwhile */
		mod_kernel_pages(NR_PAGETABLE, -1);
		free_page((unsigned long)table);
	}
	return 0;
}

/*
 * Change the entry that maps @addr if it lies within [addr, end) wholly. Returns bytes done, 0: split first, or -errno.
 */
static long change_entry(unsigned long addr, unsigned long end, unsigned long set, unsigned long clear)
{
	enum pg_level level;
	long done = -EFAULT;
	pte_t *entry;

	spin_lock(&set_memory_lock);
	entry = lookup_address(addr, &level);
	if (entry && !pte_none(*entry)) {
		unsigned long size = page_level_size(level);

		done = 0;
		if (IS_ALIGNED(addr, size) && end - addr >= size) {
			set_pte(entry, __pte((pte_val(*entry) & ~clear) | set));
			done = size;
		} else if ((pte_val(*entry) & (set | clear)) == set) {
			/* The large page says it already, as far as it concerns us. */
			done = min(end, ALIGN_DOWN(addr, size) + size) - addr;
		}
	}
	spin_unlock(&set_memory_lock);
	return done;
}

int change_memory_attr(unsigned long addr, int numpages, unsigned long set, unsigned long clear)
{
	unsigned long start = addr, end = addr + (unsigned long)numpages * PAGE_SIZE;
	int err = 0;

	WARN_ON_ONCE(offset_in_page(addr));
	while (addr < end && !err) {
		long done = change_entry(addr, end, set, clear);

		if (done > 0)
			addr += done;
		else
			err = done < 0 ? (int)done : split_large_page(addr);
	}
	flush_tlb_kernel_range(start, end);
	return err;
}

#define WRITABLE	(_PAGE_RW | _PAGE_DIRTY)

int set_memory_ro(unsigned long addr, int numpages)	{ return change_memory_attr(addr, numpages, 0, WRITABLE); }
int set_memory_rw(unsigned long addr, int numpages)	{ return change_memory_attr(addr, numpages, WRITABLE, 0); }
int set_memory_x(unsigned long addr, int numpages)	{ return change_memory_attr(addr, numpages, 0, _PAGE_NX); }
int set_memory_nx(unsigned long addr, int numpages)	{ return change_memory_attr(addr, numpages, _PAGE_NX, 0); }
int set_memory_np(unsigned long addr, int numpages)	{ return change_memory_attr(addr, numpages, 0, _PAGE_PRESENT); }
int set_memory_p(unsigned long addr, int numpages)	{ return change_memory_attr(addr, numpages, _PAGE_PRESENT, 0); }

/* ---- showing ----------------------------------------------------------------------------------------------------- */

/* A run of addresses with the same rights and page size, while it grows. */
struct ptdump {
	struct seq_buf *out;		/* NULL: only count */
	unsigned long start, rights;
	enum pg_level level;		/* PG_LEVEL_NONE: nothing mapped */
	unsigned long wx_pages;
};

static void ptdump_end_run(struct ptdump *d, unsigned long end)
{
	unsigned long bytes = end - d->start;

	if (d->level == PG_LEVEL_NONE)
		return;
	if ((d->rights & _PAGE_RW) && !(d->rights & _PAGE_NX))
		d->wx_pages += bytes >> PAGE_SHIFT;
	if (d->out)
		seq_buf_printf(d->out, "0x%016lx-0x%016lx %11luK %s %s %s %s %s\n", d->start, end - 1, bytes >> 10,
			       d->level == PG_LEVEL_4K ? "4K" : d->level == PG_LEVEL_2M ? "2M" : "1G",
			       d->rights & _PAGE_RW ? "RW" : "ro", d->rights & _PAGE_NX ? "NX" : "x ",
			       d->rights & _PAGE_GLOBAL ? "GLB" : "   ",
			       d->rights & _PAGE_PCD ? "UC" : d->rights & _PAGE_PWT ? "WC" : "WB");
}

#define PTDUMP_RIGHTS	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_PWT | _PAGE_PCD | _PAGE_GLOBAL | _PAGE_NX)

static void ptdump_note(struct ptdump *d, unsigned long addr, unsigned long val, enum pg_level level)
{
	unsigned long rights = val & PTDUMP_RIGHTS;

	if (!(val & _PAGE_PRESENT)) {
		level = PG_LEVEL_NONE;
		rights = 0;
	}
	if (level == d->level && rights == d->rights)
		return;
	ptdump_end_run(d, addr);
	d->start = addr;
	d->rights = rights;
	d->level = level;
}

/*
 * Walk the 512 entries of the table at @table, which maps from @addr on; @level is that of the pages its entries can
 * be.
 */
static void ptdump_walk(struct ptdump *d, const unsigned long *table, unsigned long addr, enum pg_level level)
{
	int i;

	for (i = 0; i < PTRS_PER_TABLE; i++, addr += page_level_size(level)) {
		unsigned long val = kasan_ptdump_entry(READ_ONCE(table[i]));

		if (level > PG_LEVEL_4K && (val & _PAGE_PRESENT) && !(val & _PAGE_PSE))
			ptdump_walk(d, __va(val & PTE_PFN_MASK), addr, level - 1);
		else
			ptdump_note(d, addr, val, level);
	}
}

static void ptdump_all(struct ptdump *d)
{
	int i;

	for (i = PTRS_PER_TABLE / 2; i < PTRS_PER_TABLE; i++) {
		unsigned long addr = 0xffff000000000000UL | (unsigned long)i << PGDIR_SHIFT;

		unsigned long val = kasan_ptdump_entry(pgd_val(swapper_pg_dir[i]));

		if (!val || val & _PAGE_PSE)
			ptdump_note(d, addr, val, PG_LEVEL_512G);
		else
			ptdump_walk(d, __va(val & PTE_PFN_MASK), addr, PG_LEVEL_1G);
	}
	ptdump_note(d, 0, 0, PG_LEVEL_NONE);		/* 2^64: end the last run */
}

void ptdump_show(struct seq_buf *m)
{
	struct ptdump d = { .out = m };

	ptdump_all(&d);
}

unsigned long debug_checkwx(void)
{
	struct ptdump d = { .out = NULL };

	ptdump_all(&d);
	WARN(d.wx_pages, "x86/mm: %lu pages of the kernel are writable and executable\n", d.wx_pages);
	if (!d.wx_pages)
		pr_info("x86/mm: Checked W+X mappings: passed, no W+X pages found.\n");
	return d.wx_pages;
}
