/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/ioremap.h - device registers and device memory made visible, and the fixmap.
 *
 *	set_fixmap		one page at an address known at compile time
 *	early_ioremap		a few pages for a moment, before vmalloc works; slots are few, unmap at once
 *	ioremap			any size, for as long as wanted, in vmalloc space
 */
#ifndef PRIMER_IOREMAP_H
#define PRIMER_IOREMAP_H

#include <primer/compiler.h>
#include <primer/types.h>
#include <asm/pgtable.h>

/* ---- fixmap ------------------------------------------------------------------------------------------------------ */

#define NR_FIX_BTMAPS		64	/* pages of one early_ioremap slot */
#define FIX_BTMAPS_SLOTS	6

/* Pages counted downwards from FIXADDR_TOP. One page table (512 entries) serves all of them. */
enum fixed_addresses {
	FIX_HOLE,			/* next to the vsyscall page: stays unmapped */
	FIX_DBGP_BASE,
	FIX_EARLYCON_MEM_BASE,
	FIX_APIC_BASE,			/* the local APIC's registers */
	FIX_IO_APIC_BASE_0,
	FIX_IO_APIC_BASE_END = FIX_IO_APIC_BASE_0 + 31,
	FIX_HPET_BASE,
	FIX_TEXT_POKE0,
	FIX_TEXT_POKE1,
	__end_of_permanent_fixed_addresses,
	FIX_BTMAP_END = 512 - NR_FIX_BTMAPS * FIX_BTMAPS_SLOTS,
	FIX_BTMAP_BEGIN = 511,
	__end_of_fixed_addresses,
};

#define __fix_to_virt(idx)	(FIXADDR_TOP - (((unsigned long)(idx) + 1) << PAGE_SHIFT))
#define fix_to_virt(idx)	__fix_to_virt(idx)

/*
 * set_fixmap - map the page at physical @phys at slot @idx; _nocache: uncached. clear_fixmap: unmap. Context: boot, or
 * CPU-local slots.
 */
void __set_fixmap(enum fixed_addresses idx, phys_addr_t phys, pgprot_t prot);
#define set_fixmap(idx, phys)		__set_fixmap((idx), (phys), PAGE_KERNEL)
#define set_fixmap_nocache(idx, phys)	__set_fixmap((idx), (phys), PAGE_KERNEL_NOCACHE)
#define clear_fixmap(idx)		__set_fixmap((idx), 0, __pgprot(0))
/* set_fixmap_offset - the same for any address in the page; returns where that address now is. */
#define set_fixmap_offset(idx, phys) \
	({ set_fixmap((idx), (phys) & PAGE_MASK); fix_to_virt(idx) + ((phys) & ~PAGE_MASK); })

/* ---- before vmalloc ---------------------------------------------------------------------------------------------- */

/*
 * early_ioremap - map [@phys, @phys + @size), uncached; early_memremap - the same as ordinary memory
 * early_iounmap, early_memunmap - with the address returned and the same size
 *
 * At most NR_FIX_BTMAPS pages each and FIX_BTMAPS_SLOTS at a time; NULL when that does not do. Context: boot, one CPU,
 * from init_mem_mapping() on; a mapping left over is reported when PID 1 starts.
 */
void __iomem *early_ioremap(phys_addr_t phys, unsigned long size);
void early_iounmap(void __iomem *addr, unsigned long size);
void *early_memremap(phys_addr_t phys, unsigned long size);
void early_memunmap(void *addr, unsigned long size);

/* ---- ioremap ----------------------------------------------------------------------------------------------------- */

/*
 * ioremap - map [@phys, @phys + @size) of device registers or memory; NULL without memory or for RAM
 *
 * ioremap, ioremap_nocache, ioremap_uc: uncached. ioremap_wc: stores may be gathered, for framebuffers. ioremap_cache:
 * as memory.
 * Context: task; may sleep. iounmap: the returned address, or NULL.
 */
void __iomem *ioremap_prot(phys_addr_t phys, unsigned long size, unsigned long cache_bits);
void __iomem *ioremap(phys_addr_t phys, unsigned long size);
void __iomem *ioremap_uc(phys_addr_t phys, unsigned long size);
void __iomem *ioremap_wc(phys_addr_t phys, unsigned long size);
void __iomem *ioremap_cache(phys_addr_t phys, unsigned long size);
#define ioremap_nocache(phys, size)	ioremap((phys), (size))
void iounmap(volatile void __iomem *addr);

#define MEMREMAP_WB	(1UL << 0)
#define MEMREMAP_WT	(1UL << 1)
#define MEMREMAP_WC	(1UL << 2)

/*
 * memremap - memory without side effects, wherever it is: RAM comes from the direct map with MEMREMAP_WB. memunmap:
 * NULL is allowed.
 */
void *memremap(phys_addr_t phys, size_t size, unsigned long flags);
void memunmap(void *addr);

#endif
