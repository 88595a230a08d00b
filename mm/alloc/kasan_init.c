/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/kasan_init.c - where the shadow bytes come from.
 *
 * The problem. The shadow of the kernel's half of the address space is 16 TiB. Every instrumented function looks at it,
 * and writes it for its own stack variables, from the first one that runs. It must be there before there is a memory
 * map, and in the end may cost an eighth of RAM, not more.
 *
 * The idea. Page tables can say "all the same" cheaply: one page, one table full of entries to it, one table full of
 * entries to that table, one more. These four pages stand for any stretch of shadow.
 *
 *	top-level entries	early_pud		early_pmd		early_pte		early_page
 *	472..503 ------------>	| 512 x o |---------->	| 512 x o |---------->	| 512 x o |---------->	|  zeroes  |
 *
 * Three stages:
 *
 *	kasan_early_init()	in the boot stub's tables: early_page is writable. It fills with whatever stack frames
 *				leave there, and says nothing: no report before kasan_ready.
 *	kasan_init()		real shadow, in the largest pages that fit, for RAM in the direct map and for the image
 *				(which holds the boot stack). Then early_page is zeroed and read-only: everything
 *				else, vmemmap, device mappings, holes, counts as accessible, and the MMU judges it.
 *	kasan_alloc_vm_area()	vmalloc space, where kernel stacks lie, gets real pages as areas are made: one for
 *				each 32 KiB of addresses. When a page's addresses are all free again and no CPU
 *				remembers them, it goes back (kasan_release_vm_area()); page tables stay.
 *
 * A table that all share is never changed: before an entry in it gets another value, the entry above gets a copy of
 * its own (descend()). The tables below VMALLOC's top-level entry are made at boot, because all processes copy the
 * top-level entries (init_mem.c).
 *
 * Invariant: memory whose shadow is ever written (RAM, image, stacks, vmalloc areas) has a page of its own behind that
 * shadow; a write to early_page faults.
 *
 * Locking. shadow_lock decides who links a table or a page when two CPUs want the same; pages are allocated outside.
 *
 * Linux: arch/x86/mm/kasan_init_64.c, mm/kasan/shadow.c.
 */
#include <primer/init.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/pgtable.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <primer/tlb.h>
#include <primer/vmalloc.h>
#include <asm/processor.h>
#include <asm/tlbflush.h>

#include "kasan_internal.h"

#ifdef CONFIG_KASAN

#define SHADOW_PAGE_SPAN	(PAGE_SIZE << KASAN_GRANULE_SHIFT)	/* bytes that a page of shadow speaks of */
#define SHARED_PAGE		__section(".bss..page_aligned") __aligned(PAGE_SIZE)
static unsigned long early_pud[PTRS_PER_TABLE] SHARED_PAGE, early_pmd[PTRS_PER_TABLE] SHARED_PAGE;
static unsigned long early_pte[PTRS_PER_TABLE] SHARED_PAGE;
static u8 early_page[PAGE_SIZE] SHARED_PAGE;

bool kasan_ready __ro_after_init;

/* Links tables and pages into the shadow's page tables. Task context. */
static DEFINE_SPINLOCK(shadow_lock, LOCK_RANK_KASAN);

/* ---- the shared tables ------------------------------------------------------------------------------------------- */

static void link_early_shadow(unsigned long *pgd)
{
	unsigned int i;

	for (i = pgd_index(KASAN_SHADOW_START); i <= pgd_index(KASAN_SHADOW_END - 1); i++)
		pgd[i] = __pa_symbol(early_pud) | _KERNPG_TABLE;
}

void __init kasan_early_init(void)
{
	unsigned int i;

	for (i = 0; i < PTRS_PER_TABLE; i++) {
		early_pud[i] = __pa_symbol(early_pmd) | _KERNPG_TABLE;
		early_pmd[i] = __pa_symbol(early_pte) | _KERNPG_TABLE;
		early_pte[i] = __pa_symbol(early_page) | __PAGE_KERNEL;
	}
	link_early_shadow(__va(read_cr3() & PTE_PFN_MASK));
}

void __init kasan_map_early_shadow(void)
{
	link_early_shadow((unsigned long *)swapper_pg_dir);
}

/* ---- pages and tables of one's own ------------------------------------------------------------------------------- */

static void *shadow_page(void)
{
	if (likely(slab_is_available()))
		return (void *)__get_free_page(GFP_KERNEL);
	return memblock_alloc_raw(PAGE_SIZE, PAGE_SIZE);
}

/*
 * Replace what *@entry says, if it still is @old, by @page with @flags; @page is complete. Somebody may have been
 * faster: then @page is given back, and the answer is false.
 */
static bool link_page(unsigned long *entry, unsigned long old, void *page, unsigned long flags)
{
	spin_lock(&shadow_lock);
	if ((READ_ONCE(*entry) & PTE_PFN_MASK) == old) {
		WRITE_ONCE(*entry, __pa(page) | flags);
		page = NULL;
	}
	spin_unlock(&shadow_lock);
	free_page((unsigned long)page);
	return !page;
}

/* The table below *@entry, for writing: a copy of @shared, if it is still that one. NULL without memory. */
static unsigned long *descend(unsigned long *entry, const void *shared)
{
	if ((READ_ONCE(*entry) & PTE_PFN_MASK) == __pa_symbol(shared)) {
		void *table = shadow_page();

		if (!table)
			return NULL;
		__memcpy(table, shared, PAGE_SIZE);
		if (link_page(entry, __pa_symbol(shared), table, _KERNPG_TABLE) && slab_is_available())
			mod_kernel_pages(NR_PAGETABLE, 1);
	}
	return __va(READ_ONCE(*entry) & PTE_PFN_MASK);
}

/* A page of its own for the shadow at @addr; or a large one, at boot, when [@addr, @end) has room for it. */
static unsigned long populate_one(unsigned long addr, unsigned long end)
{
	unsigned long *pud, *pmd, *pte;
	void *page;

	pud = descend((unsigned long *)pgd_offset_k(addr), early_pud);
	pmd = pud ? descend(&pud[pud_index(addr)], early_pmd) : NULL;
	if (!pmd)
		return 0;
	pmd += pmd_index(addr);
	if (*pmd & _PAGE_PSE)
		return ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE;
	if (!slab_is_available() && IS_ALIGNED(addr, PMD_SIZE) && end - addr >= PMD_SIZE &&
	    (*pmd & PTE_PFN_MASK) == __pa_symbol(early_pte)) {
		page = memblock_alloc_raw(PMD_SIZE, PMD_SIZE);
		if (page) {
			__memset(page, 0, PMD_SIZE);
			*pmd = __pa(page) | __PAGE_KERNEL | _PAGE_PSE;
			return addr + PMD_SIZE;
		}
	}
	pte = descend(pmd, early_pte);
	if (!pte)
		return 0;
	pte += pte_index(addr);
	if ((READ_ONCE(*pte) & PTE_PFN_MASK) == __pa_symbol(early_page)) {
		page = shadow_page();
		if (!page)
			return 0;
		__memset(page, 0, PAGE_SIZE);
		link_page(pte, __pa_symbol(early_page), page, __PAGE_KERNEL);
	}
	return addr + PAGE_SIZE;
}

/* The shadow of [@start, @end) of memory, rounded to pages of shadow. */
static bool populate(const void *start, const void *end)
{
	unsigned long addr = (unsigned long)kasan_mem_to_shadow(start) & PAGE_MASK;
	unsigned long last = PAGE_ALIGN((unsigned long)kasan_mem_to_shadow((const char *)end + KASAN_GRANULE - 1));

	while (addr && addr < last)
		addr = populate_one(addr, last);
	return addr;
}

/* ---- boot -------------------------------------------------------------------------------------------------------- */

static void __init populate_or_panic(const void *start, const void *end)
{
	if (!populate(start, end))
		panic("Cannot allocate the KASAN shadow: not enough memory");
}

void __init kasan_init(void)
{
	unsigned long addr, memory = memblock_phys_mem_size();
	const struct memblock_region *r;
	unsigned int i;

	for_each_memblock_region(r, &memblock.memory)
		populate_or_panic(__va(r->base), __va(r->base + r->size));
	populate_or_panic(_text, _end);
	addr = (unsigned long)kasan_mem_to_shadow((void *)VMALLOC_START);
	for (; addr < (unsigned long)kasan_mem_to_shadow((void *)VMALLOC_AREA_END); addr += PGDIR_SIZE)
		if (!descend((unsigned long *)pgd_offset_k(addr), early_pud))
			panic("Cannot allocate the KASAN shadow: not enough memory");

	/* Nobody writes to the shared page any more once all stale translations are gone: then it can be cleared. */
	native_flush_tlb_global();
	__memset(early_page, 0, PAGE_SIZE);
	for (i = 0; i < PTRS_PER_TABLE; i++)
		early_pte[i] = __pa_symbol(early_page) | __PAGE_KERNEL_RO;
	native_flush_tlb_global();

	kasan_register_globals();
	kasan_depot_init(memory);
	kasan_quarantine_init(memory);
	kasan_ready = true;
	pr_info("KernelAddressSanitizer initialized\n");
}

unsigned long kasan_ptdump_entry(unsigned long val)
{
	unsigned long table = val & PTE_PFN_MASK;

	if (table == __pa_symbol(early_pud) || table == __pa_symbol(early_pmd) || table == __pa_symbol(early_pte))
		return early_pte[0] | _PAGE_PSE;
	return val;
}

/* ---- vmalloc space ----------------------------------------------------------------------------------------------- */

static size_t area_size(const struct vm_struct *vm)
{
	return vm->size - (vm->flags & VM_NO_GUARD ? 0 : PAGE_SIZE);
}

/* Does the shadow byte at @shadow have a page of its own? */
static bool has_page(const u8 *shadow)
{
	enum pg_level level;
	pte_t *pte = lookup_address((unsigned long)shadow, &level);

	return pte && level == PG_LEVEL_4K && (pte_val(*pte) & PTE_PFN_MASK) != __pa_symbol(early_page);
}

/* The shadow of [@p, @p + @size) becomes @value, where there is one of its own. */
static void fill_shadow(const void *p, size_t size, u8 value)
{
	u8 *s = kasan_mem_to_shadow(p), *end = kasan_mem_to_shadow((const char *)p + size), *next;

	for (; s < end; s = next) {
		next = min((u8 *)(((unsigned long)s & PAGE_MASK) + PAGE_SIZE), end);
		if (has_page(s))
			__memset(s, value, next - s);
	}
}

/*
 * Registers and framebuffers are reached by other means than plain accesses, or are large: their areas take no pages.
 * Where a neighbour's page covers them, it says that they may be accessed.
 */
bool kasan_alloc_vm_area(const struct vm_struct *vm)
{
	const char *end = (const char *)vm->addr + area_size(vm);

	if (!(vm->flags & VM_IOREMAP)) {
		if (!populate(vm->addr, end))
			return false;
		/* Some CPU may have cached that the shared page is here. */
		flush_tlb_kernel_range((unsigned long)kasan_mem_to_shadow(vm->addr) & PAGE_MASK,
				       PAGE_ALIGN((unsigned long)kasan_mem_to_shadow(end)));
	}
	fill_shadow(vm->addr, area_size(vm), 0);
	return true;
}

void kasan_vmalloc(const struct vm_struct *vm, size_t size)
{
	kasan_poison(vm->addr, area_size(vm), KASAN_VMALLOC_INVALID);
	kasan_unpoison(vm->addr, size);
}

void kasan_free_vm_area(const struct vm_struct *vm)
{
	fill_shadow(vm->addr, area_size(vm), KASAN_VMALLOC_INVALID);
}

/*
 * A page that is taken out may still be remembered by a CPU, so it is freed only after the flush in
 * kasan_free_shadow(). Whoever gets the addresses meanwhile flushes too, before he writes (kasan_alloc_vm_area()). The list goes through the
 * first words of the pages.
 */
void kasan_release_vm_area(unsigned long start, unsigned long end, unsigned long gap_start, unsigned long gap_end,
			   void **list)
{
	unsigned long addr = max(ALIGN(gap_start, SHADOW_PAGE_SPAN), ALIGN_DOWN(start, SHADOW_PAGE_SPAN));

	end = min(ALIGN_DOWN(gap_end, SHADOW_PAGE_SPAN), ALIGN(end, SHADOW_PAGE_SPAN));
	for (; addr < end; addr += SHADOW_PAGE_SPAN) {
		u8 *shadow = kasan_mem_to_shadow((void *)addr);
		enum pg_level level;
		void **page;
		pte_t *pte;

		if (!has_page(shadow))
			continue;
		pte = lookup_address((unsigned long)shadow, &level);
		page = __va(pte_val(*pte) & PTE_PFN_MASK);
		spin_lock(&shadow_lock);
		set_pte(pte, __pte(__pa_symbol(early_page) | __PAGE_KERNEL_RO));
		spin_unlock(&shadow_lock);
		*page = *list;
		*list = page;
	}
}

void kasan_free_shadow(void *list, unsigned long start, unsigned long end)
{
	if (!list)
		return;
	flush_tlb_kernel_range((unsigned long)kasan_mem_to_shadow((void *)start) & PAGE_MASK,
			       PAGE_ALIGN((unsigned long)kasan_mem_to_shadow((void *)end)));
	while (list) {
		void *next = *(void **)list;

		free_page((unsigned long)list);
		list = next;
	}
}

#endif
