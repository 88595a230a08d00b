/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/init_mem.c - from the boot stub's map to the final one, and what happens to boot memory afterwards.
 *
 * The problem. The boot stub runs on a rough map: the first 4 GiB at three places, everything writable and executable.
 * The final map must show all RAM, wherever it is, and nothing else, with each part of the image under its own rights.
 *
 *	swapper_pg_dir
 *	[272 ..]  ffff8800..  direct map	RAM and mapped ranges, RW NX, in the largest pages that fit; the image's
 *	                                	text and rodata are read-only here too
 *	[402 403] ffffc900..  vmalloc   	two empty tables: 1 TiB of addresses
 *	[468]     ffffea00..  vmemmap   	filled by sparse.c
 *	[511]     ffffffff8.. image     	text RX | rodata R | data RW | init text RX | init data RW | bss RW
 *	                      fixmap    	one page table
 *
 * The idea. All of it is built in swapper_pg_dir with the ordinary map_kernel_range() while the CPU still runs on the
 * stub's tables; pages for tables come from memblock, below 4 GiB, where the stub's direct map shows them at the same
 * address as the final one will. Then one write to CR3 switches. The stub's identity map is gone with it, so a jump
 * through a NULL function pointer or a stale physical address faults from here on.
 *
 * Top-level entries. The upper half of every process's top table is a copy of this one (pgtable.c), so what is not
 * filled here never will be. A full set would be 256 tables, 1 MiB; a machine of 24 MiB would notice. So only those
 * exist that can be used: the direct map's for the RAM there is, two for vmalloc, one each for vmemmap and the image.
 *
 * Rights at the end of boot: mark_rodata_ro() closes the variables that only boot writes; free_initmem() makes boot's
 * code and data ordinary RW NX memory and gives it to the page allocator.
 *
 * Linux (arch/x86/mm/init.c, init_64.c) maps memory in steps as page tables allow, since it starts with a map of its
 * own image only; it keeps per-CPU entry areas and page table isolation besides.
 */
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/pgtable.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <primer/tlb.h>
#include <primer/vmalloc.h>
#include <asm/processor.h>
#include <asm/tlbflush.h>

#include "internal.h"

extern char __start_ro_after_init[], __end_ro_after_init[];

static enum pg_level largest_page __initdata = PG_LEVEL_2M;

static void __init map_or_panic(unsigned long start, unsigned long end, phys_addr_t phys, pgprot_t prot,
				enum pg_level largest)
{
	if (start < end && map_kernel_range(start, end, phys, prot, largest))
		panic("Cannot allocate page tables: not enough memory");
}

/* ---- direct map -------------------------------------------------------------------------------------------------- */

static void __init count_direct_pages(unsigned long addr, unsigned long end)
{
	while (addr < end) {
		enum pg_level level;

		lookup_address(addr, &level);
		direct_pages_count[level]++;
		addr += page_level_size(level);
	}
}

static void __init map_direct(phys_addr_t start, phys_addr_t end, pgprot_t prot)
{
	if (start >= end)
		return;
	map_or_panic((unsigned long)__va(start), (unsigned long)__va(end), start, prot, largest_page);
	count_direct_pages((unsigned long)__va(start), (unsigned long)__va(end));
}

/* One range of memory, cut at the bounds of the image's read-only part. */
static void __init map_direct_range(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t ro_start = __pa_symbol(_text), ro_end = __pa_symbol(__end_rodata);

	map_direct(start, min(end, ro_start), PAGE_KERNEL);
	map_direct(max(start, ro_start), min(end, ro_end), PAGE_KERNEL_RO);
	map_direct(max(start, ro_end), end, PAGE_KERNEL);
}

/*
 * Only whole pages of RAM are ours: a page that RAM and a device share is mapped by nobody. Adding RAM to the list of
 * mapped ranges joins it with what was put there for its own sake, so that nothing is mapped twice.
 */
static void __init init_direct_map(void)
{
	const struct memblock_region *r;

	memblock_remove(PAGE_OFFSET_END - PAGE_OFFSET, ~0ULL);
	for_each_memblock_region(r, &memblock.memory) {
		phys_addr_t start = PAGE_ALIGN(r->base), end = (r->base + r->size) & PAGE_MASK;

		if (start < end)
			memblock_add_mapped(start, end - start);
	}
	if (boot_cpu_has(X86_FEATURE_GBPAGES))
		largest_page = PG_LEVEL_1G;
	for_each_memblock_region(r, &memblock.mapped)
		map_direct_range(r->base, r->base + r->size);
}

/* ---- the image --------------------------------------------------------------------------------------------------- */

static void __init map_image(const char *start, const char *end, pgprot_t prot)
{
	map_or_panic((unsigned long)start, PAGE_ALIGN((unsigned long)end), __pa_symbol(start), prot, PG_LEVEL_2M);
}

static void __init init_image_map(void)
{
	char *init_text_end = (char *)PAGE_ALIGN((unsigned long)_einittext);

	map_image(_text, _etext, PAGE_KERNEL_ROX);
	map_image(__start_rodata, __end_rodata, PAGE_KERNEL_RO);
	map_image(_sdata, __init_begin, PAGE_KERNEL);
	map_image(__init_begin, init_text_end, PAGE_KERNEL_ROX);
	map_image(init_text_end, __init_end, PAGE_KERNEL);
	map_image(__bss_start, _end, PAGE_KERNEL);
}

/* ---- the rest of the upper half ---------------------------------------------------------------------------------- */

static void __init fill_top_level(unsigned long start, unsigned long end)
{
	unsigned long addr;

	for (addr = start & PGDIR_MASK; addr < end; addr += PGDIR_SIZE)
		if (!pud_alloc_kernel(pgd_offset_k(addr), addr))
			panic("Cannot allocate page tables: not enough memory");
}

/* vmemmap is as large as the highest page number wants; mapped ranges have no struct pages. */
static void __init init_top_level(void)
{
	unsigned long pages = PFN_UP(memblock_end_of_DRAM());

	fill_top_level(VMALLOC_START, VMALLOC_AREA_END);
	fill_top_level(VMEMMAP_START, VMEMMAP_START + ALIGN(pages, PAGES_PER_SECTION) * sizeof(struct page));
	kasan_map_early_shadow();
}

void __init init_mem_mapping(void)
{
	if (!memblock.memory.cnt)
		panic("The firmware's memory map names no usable memory");
	init_direct_map();
	init_image_map();
	init_top_level();
	fixmap_init();

	write_cr3(__pa_symbol(swapper_pg_dir));
	write_cr4(read_cr4() | X86_CR4_PGE);
	native_flush_tlb_global();
	memblock_set_current_limit(MEMBLOCK_ALLOC_ANYWHERE);
	kasan_init();
	max_pfn = max_low_pfn = PFN_DOWN(memblock_end_of_DRAM());
}

/* ---- the end of boot --------------------------------------------------------------------------------------------- */

/* Both views of an image range: where it is linked, and in the direct map. */
static void protect_both(char *start, char *end, int (*set)(unsigned long, int))
{
	int pages = (end - start) >> PAGE_SHIFT;

	if (pages && (set((unsigned long)start, pages) || set((unsigned long)__va(__pa_symbol(start)), pages)))
		pr_warn("Cannot protect %px-%px: no memory for page tables\n", start, end);
}

void mark_rodata_ro(void)
{
	protect_both(__start_ro_after_init, __end_ro_after_init, set_memory_ro);
	pr_info("Write protecting the kernel read-only data: %luk\n",
		(unsigned long)(__end_rodata - _text + (__end_ro_after_init - __start_ro_after_init)) >> 10);
}

unsigned long free_reserved_area(void *start, void *end, const char *s)
{
	unsigned long from = PAGE_ALIGN((unsigned long)start), to = (unsigned long)end & PAGE_MASK, pages = 0;

	if (from < to)
		pages = free_pfn_range(virt_to_pfn(from), virt_to_pfn(from) + ((to - from) >> PAGE_SHIFT));
	if (pages && s)
		pr_info("Freeing %s memory: %luK\n", s, pages << (PAGE_SHIFT - 10));
	return pages;
}

/*
 * Boot's pages lose their place among the image's addresses (a late call of boot code faults) and live on in the direct
 * map, where they are RW NX already.
 */
void free_initmem(void)
{
	unsigned long start = (unsigned long)__init_begin, end = (unsigned long)__init_end;

	early_ioremap_check();
	unmap_kernel_range(start, end);
	free_reserved_area(__va(__pa_symbol(start)), __va(__pa_symbol(end)), "unused kernel image (initmem)");
}

void free_initrd_mem(unsigned long start, unsigned long end)
{
	/* setup_arch() reserved whole pages: nobody else has a part of the first or the last. */
	free_reserved_area((void *)(start & PAGE_MASK), (void *)PAGE_ALIGN(end), "initrd");
}
