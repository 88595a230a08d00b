/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/ioremap.c - device registers and device memory in vmalloc space.
 *
 * The problem. A device's registers appear at physical addresses. Reading one may have effects, and writes must arrive
 * in order and at once: the CPU's cache must stay out. A framebuffer, on the other hand, is memory, and pixel stores
 * that are gathered into bursts are ten times faster.
 *
 * The idea. A page table entry names a caching type (Intel SDM vol. 3, 11.12). ioremap() maps the pages that the range
 * touches, with the type asked for, in an area of their own, and returns the address with the same offset in its page.
 * Ranges of 2 MiB and more are mapped by large pages where physical and virtual address agree; the area is aligned so
 * that they can.
 *
 * RAM is refused. The direct map shows it with the cache on; two views with different types of the same memory give
 * undefined results (SDM 11.12.4). memremap() is for data in memory, ACPI tables for example: for RAM, and what else
 * the direct map shows, it just returns that address.
 *
 * Linux (arch/x86/mm/ioremap.c) keeps a table of who mapped what how, to find conflicts between drivers.
 */
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/pgtable.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/vmalloc.h>
#include <asm/processor.h>

static void __iomem *__ioremap(phys_addr_t phys, unsigned long size, unsigned long cache_bits, const void *caller)
{
	unsigned long offset = offset_in_page(phys), len, align = PAGE_SIZE, addr;
	phys_addr_t start = phys & PAGE_MASK;
	struct vm_struct *vm;

	if (!size || phys + size < phys || (phys + size - 1) >> boot_cpu_data.phys_bits) {
		WARN_ONCE(size, "ioremap: invalid physical address %#llx, %lu bytes\n", phys, size);
		return NULL;
	}
	if (WARN_ONCE(memblock_overlaps_region(&memblock.memory, phys, size), "ioremap on RAM at %#llx - %#llx\n", phys,
		      phys + size - 1))
		return NULL;
	len = PAGE_ALIGN(offset + size);
	if (len >= PMD_SIZE)
		align = PMD_SIZE;
	/* With room for the same position in a large page as the physical address has. */
	vm = get_vm_area_caller(len + (start & (align - 1)), align, VM_IOREMAP, caller);
	if (!vm)
		return NULL;
	vm->phys_addr = phys;
	addr = (unsigned long)vm->addr + (start & (align - 1));
	if (map_kernel_range(addr, addr + len, start, __pgprot(__PAGE_KERNEL | cache_bits), PG_LEVEL_2M)) {
		free_vm_area(vm);
		return NULL;
	}
	return (void __iomem *)(addr + offset);
}

void __iomem *ioremap_prot(phys_addr_t phys, unsigned long size, unsigned long cache_bits)
{
	return __ioremap(phys, size, cache_bits, __builtin_return_address(0));
}

void __iomem *ioremap(phys_addr_t phys, unsigned long size)
{
	return __ioremap(phys, size, _PAGE_CACHE_UC_MINUS, __builtin_return_address(0));
}

void __iomem *ioremap_uc(phys_addr_t phys, unsigned long size)
{
	return __ioremap(phys, size, _PAGE_CACHE_UC, __builtin_return_address(0));
}

void __iomem *ioremap_wc(phys_addr_t phys, unsigned long size)
{
	return __ioremap(phys, size, _PAGE_CACHE_WC, __builtin_return_address(0));
}

void __iomem *ioremap_cache(phys_addr_t phys, unsigned long size)
{
	return __ioremap(phys, size, _PAGE_CACHE_WB, __builtin_return_address(0));
}

void iounmap(volatile void __iomem *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	vm = find_vm_area((const void *)addr);
	if (WARN(!vm || !(vm->flags & VM_IOREMAP), "iounmap: %px is not from ioremap\n", (const void *)addr))
		return;
	free_vm_area(vm);
}

/* Does the direct map show all of it? */
static bool in_direct_map(phys_addr_t phys, size_t size)
{
	const struct memblock_region *r;

	for_each_memblock_region(r, &memblock.mapped)
		if (phys >= r->base && phys + size <= r->base + r->size)
			return true;
	return false;
}

void *memremap(phys_addr_t phys, size_t size, unsigned long flags)
{
	const void *caller = __builtin_return_address(0);

	if (in_direct_map(phys, size))
		return flags & MEMREMAP_WB ? __va(phys) : NULL;
	if (flags & MEMREMAP_WB)
		return (void *)__ioremap(phys, size, _PAGE_CACHE_WB, caller);
	if (flags & MEMREMAP_WC)
		return (void *)__ioremap(phys, size, _PAGE_CACHE_WC, caller);
	return NULL;
}

void memunmap(void *addr)
{
	if (is_vmalloc_addr(addr))
		iounmap((void __iomem *)addr);
}
