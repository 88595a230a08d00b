/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/fixmap.c - addresses fixed at compile time, and short-lived mappings before vmalloc works.
 *
 * The problem. Some things must be mapped before there is an allocator of addresses: ACPI tables that are read to learn
 * how many CPUs there are, the local APIC's registers, an early console. And code that pokes a register wants a
 * constant address.
 *
 * The idea. One page table, made together with the rest of the map, serves the 512 pages below FIXADDR_TOP. A slot
 * number is an address; setting a slot is writing one entry. The upper slots are permanent, one user each; the others
 * are six windows of 64 pages that early_ioremap() hands out:
 *
 *	ffffffffff600000  FIXADDR_TOP
 *	      ...         permanent: FIX_APIC_BASE, FIX_IO_APIC_BASE_0, ...
 *	ffffffffff57f000  FIX_BTMAP_END		window 0, growing upwards within itself
 *	      ...                           	windows 1 to 5
 *	ffffffffff400000  FIX_BTMAP_BEGIN
 *
 * A window is claimed by the size written next to it, so that an unmap with another size, or a window nobody gave back,
 * is reported with its number.
 *
 * Locking: boot, one CPU, for the windows; each permanent slot belongs to its user.
 *
 * Linux (mm/early_ioremap.c, arch/x86/mm/ioremap.c) starts its early windows before the final map exists, on a table of
 * their own.
 */
#include <primer/bug.h>
#include <primer/build_bug.h>
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/pgtable.h>
#include <primer/printk.h>
#include <asm/tlbflush.h>

#include "internal.h"

static_assert(__end_of_permanent_fixed_addresses <= FIX_BTMAP_END,
	      "permanent fixmap slots reach into the early windows");
static_assert(__end_of_fixed_addresses == PTRS_PER_TABLE, "the fixmap is one page table");
static_assert(FIXADDR_TOP % PMD_SIZE == 0, "the fixmap is one page table");

static pte_t *fixmap_table __ro_after_init;		/* entry 0 maps FIXADDR_TOP - 2 MiB */

/* [boot CPU] window n is in use while its size is not 0 */
static unsigned long window_size[FIX_BTMAPS_SLOTS];

void __init fixmap_init(void)
{
	unsigned long addr = FIXADDR_TOP - PMD_SIZE;
	pud_t *pud = pud_alloc_kernel(pgd_offset_k(addr), addr);
	pmd_t *pmd = pud ? pmd_alloc_kernel(pud, addr) : NULL;

	fixmap_table = pmd ? pte_alloc_kernel(pmd, addr) : NULL;
	if (!fixmap_table)
		panic("Cannot allocate page tables: not enough memory");
}

void __set_fixmap(enum fixed_addresses idx, phys_addr_t phys, pgprot_t prot)
{
	unsigned long addr = __fix_to_virt(idx);

	BUG_ON(idx >= __end_of_fixed_addresses || !fixmap_table);
	set_pte(&fixmap_table[pte_index(addr)], pgprot_val(prot) ? pfn_pte(PFN_DOWN(phys), prot) : __pte(0));
	native_flush_tlb_one(addr);
}

/* The lowest address of window @n. */
static unsigned long window_addr(unsigned int n)
{
	return __fix_to_virt(FIX_BTMAP_END + (n + 1) * NR_FIX_BTMAPS - 1);
}

static void *early_map(phys_addr_t phys, unsigned long size, pgprot_t prot)
{
	unsigned long offset = offset_in_page(phys), addr, i;
	unsigned long pages = PAGE_ALIGN(offset + size) >> PAGE_SHIFT;
	unsigned int n;

	if (!size || pages > NR_FIX_BTMAPS || phys + size < phys)
		return NULL;
	for (n = 0; n < FIX_BTMAPS_SLOTS && window_size[n]; n++)
		;
	if (WARN(n == FIX_BTMAPS_SLOTS, "early_ioremap: all %d windows are in use, no place for %#llx\n",
		 FIX_BTMAPS_SLOTS, phys))
		return NULL;
	window_size[n] = size;
	addr = window_addr(n);
	for (i = 0; i < pages; i++) {
		set_pte(&fixmap_table[pte_index(addr) + i], pfn_pte(PFN_DOWN(phys) + i, prot));
		native_flush_tlb_one(addr + i * PAGE_SIZE);
	}
	return (void *)(addr + offset);
}

static void early_unmap(unsigned long addr, unsigned long size)
{
	unsigned int n;
	unsigned long i;

	for (n = 0; n < FIX_BTMAPS_SLOTS; n++)
		if (addr - window_addr(n) < NR_FIX_BTMAPS * PAGE_SIZE)
			break;
	if (WARN(n == FIX_BTMAPS_SLOTS, "early_iounmap: %#lx is not from early_ioremap\n", addr))
		return;
	if (WARN(window_size[n] != size, "early_iounmap: window %u has size %#lx, not %#lx\n", n, window_size[n], size))
		return;
	window_size[n] = 0;
	addr = window_addr(n);
	for (i = 0; i < NR_FIX_BTMAPS; i++) {
		pte_t *pte = &fixmap_table[pte_index(addr) + i];

		if (pte_none(*pte))
			break;
		set_pte(pte, __pte(0));
		native_flush_tlb_one(addr + i * PAGE_SIZE);
	}
}

void __iomem *early_ioremap(phys_addr_t phys, unsigned long size)
{
	return early_map(phys, size, PAGE_KERNEL_NOCACHE);
}

void early_iounmap(void __iomem *addr, unsigned long size)
{
	early_unmap((unsigned long)addr, size);
}

void *early_memremap(phys_addr_t phys, unsigned long size)
{
	return early_map(phys, size, PAGE_KERNEL);
}

void early_memunmap(void *addr, unsigned long size)
{
	early_unmap((unsigned long)addr, size);
}

void early_ioremap_check(void)
{
	unsigned int n;

	for (n = 0; n < FIX_BTMAPS_SLOTS; n++)
		WARN(window_size[n], "early_ioremap: window %u, %lu bytes, was never unmapped\n", n, window_size[n]);
}
