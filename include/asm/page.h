/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/page.h - the address space and the arithmetic between its views.
 *
 *	0000000000000000 - 00007fffffffefff	user (the last page stays unmapped: see kernel/entry/entry_64.asm on SYSRET)
 *	ffff880000000000 - ffffc7ffffffffff	direct map: PAGE_OFFSET + physical address
 *	ffffc90000000000 - ffffe8ffffffffff	vmalloc, ioremap, kernel stacks
 *	ffffea0000000000 - ffffeaffffffffff	vmemmap: struct page by pfn
 *	ffffec0000000000 - fffffbffffffffff	KASAN shadow (debug builds)
 *	ffffffff80000000 - ffffffff9fffffff	kernel image: __START_KERNEL_map + physical address
 *	ffffffffff000000 - ffffffffff5fffff	fixmap
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PMD_SHIFT		21
#define PMD_SIZE		(1UL << PMD_SHIFT)
#define PMD_MASK		(~(PMD_SIZE - 1))
#define PUD_SHIFT		30
#define PUD_SIZE		(1UL << PUD_SHIFT)
#define PUD_MASK		(~(PUD_SIZE - 1))
#define PGDIR_SHIFT		39
#define PGDIR_SIZE		(1UL << PGDIR_SHIFT)
#define PGDIR_MASK		(~(PGDIR_SIZE - 1))

#define PAGE_OFFSET		0xffff880000000000UL
#define PAGE_OFFSET_END		0xffffc80000000000UL	/* 64 TiB of direct map */
#define VMALLOC_START		0xffffc90000000000UL
#define VMALLOC_END		0xffffe90000000000UL
#define VMEMMAP_START		0xffffea0000000000UL
#define VMEMMAP_END		0xffffeb0000000000UL
#define KASAN_SHADOW_START	0xffffec0000000000UL
#define KASAN_SHADOW_END	0xfffffc0000000000UL
#define __START_KERNEL_map	0xffffffff80000000UL
#define KERNEL_IMAGE_SIZE	0x20000000UL		/* 512 MiB */
#define MODULES_VADDR		0xffffffffa0000000UL
#define MODULES_END		0xfffffffffe000000UL
#define FIXADDR_START		0xffffffffff000000UL
#define FIXADDR_TOP		0xffffffffff600000UL
#define VSYSCALL_ADDR		0xffffffffff600000UL

#define TASK_SIZE		0x00007ffffffff000UL	/* first address that is no longer the user's */
#define STACK_TOP		TASK_SIZE

/* A kernel stack: 16 KiB; twice that where the compiler surrounds variables with red zones. */
#ifdef CONFIG_KASAN
#define THREAD_SHIFT		15
#else
#define THREAD_SHIFT		14
#endif
#define THREAD_SIZE		(1UL << THREAD_SHIFT)

#define KERNEL_PHYS_START	0x100000		/* where the loader puts the image */

#ifndef __ASSEMBLY__
#include <primer/compiler.h>
#include <primer/types.h>

#define PAGE_ALIGN(x)		(((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(p)	((unsigned long)(p) & ~PAGE_MASK)

#define PFN_UP(x)		(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)		((phys_addr_t)(x) << PAGE_SHIFT)

/* __va - the direct map's view of physical address @pa. Valid for memory only, not for device registers. */
#define __va(pa)		((void *)((unsigned long)(pa) + PAGE_OFFSET))

/* __pa - the physical address behind @va, which is in the direct map or in the kernel image (not vmalloc). */
static __always_inline phys_addr_t __phys_addr(unsigned long va)
{
	return va >= __START_KERNEL_map ? va - __START_KERNEL_map : va - PAGE_OFFSET;
}
#define __pa(va)		__phys_addr((unsigned long)(va))
#define __pa_symbol(sym)	((phys_addr_t)((unsigned long)(sym) - __START_KERNEL_map))

#define pfn_to_virt(pfn)	__va((unsigned long)(pfn) << PAGE_SHIFT)
#define virt_to_pfn(va)		(__pa(va) >> PAGE_SHIFT)

/* clear_page, copy_page - one whole page in the direct map. */
static __always_inline void clear_page(void *page)
{
	unsigned long n = PAGE_SIZE / 8;

	__asm__ volatile("rep stosq" : "+D"(page), "+c"(n) : "a"(0UL) : "memory");
}

static __always_inline void copy_page(void *to, const void *from)
{
	unsigned long n = PAGE_SIZE / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) :: "memory");
}
#endif /* __ASSEMBLY__ */

#endif
