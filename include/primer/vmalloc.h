/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/vmalloc.h - addresses that are contiguous though their pages are not; kernel stacks.
 *
 * Each area in [VMALLOC_START, VMALLOC_AREA_END) is followed by a page that is never mapped, so that running off its
 * end faults. The theory is in mm/alloc/vmalloc.c.
 */
#ifndef PRIMER_VMALLOC_H
#define PRIMER_VMALLOC_H

#include <primer/rbtree.h>
#include <primer/types.h>
#include <asm/page.h>
#include <asm/pgtable.h>

struct page;
struct seq_buf;

/* The part of the vmalloc range that is in use: its top-level tables exist from boot on, 4 KiB for each 512 GiB. */
#define VMALLOC_AREA_END	(VMALLOC_START + (1UL << 40))

/* vm_struct->flags */
#define VM_IOREMAP		0x00000001UL	/* device registers or memory: ioremap() */
#define VM_ALLOC		0x00000002UL	/* vmalloc(): the pages belong to the area */
#define VM_MAP			0x00000004UL	/* vmap(): the pages belong to the caller */
#define VM_NO_GUARD		0x00000040UL
#define VM_KSTACK		0x00001000UL	/* a kernel stack, with a guard page below it too */
#define VM_PERCPU		0x00002000UL	/* a chunk of dynamic per-CPU memory */

/* An area in use. [immutable from creation to its removal, but for nr_pages, which its maker sets] */
struct vm_struct {
	void *addr;
	unsigned long size;		/* bytes, with the guard page */
	unsigned long flags;		/* VM_* above */
	struct page **pages;
	unsigned int nr_pages;
	phys_addr_t phys_addr;		/* VM_IOREMAP */
	const void *caller;		/* who asked: /proc/vmallocinfo */
};

/*
 * vmalloc - @size bytes, rounded up to pages; vzalloc: filled with zeroes; vfree: NULL is allowed
 *
 * Context: task; may sleep. vfree() may also be called with preemption disabled; from an interrupt it is deferred.
 */
void *vmalloc(unsigned long size) __malloc;
void *vzalloc(unsigned long size) __malloc;
void *__vmalloc(unsigned long size, gfp_t gfp) __malloc;
void *vmalloc_user(unsigned long size) __malloc;
void vfree(const void *addr);

/*
 * vmap - map @count pages one behind the other; the caller keeps the pages. vunmap: the address that vmap() returned,
 * or NULL.
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot);
void vunmap(const void *addr);

/*
 * get_vm_area - addresses only: nothing is mapped in them. remove_vm_area - unmap and give the addresses back; the
 * vm_struct is returned and is the caller's to kfree(). Context: task.
 */
struct vm_struct *get_vm_area(unsigned long size, unsigned long flags);
struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long align, unsigned long flags, const void *caller);
struct vm_struct *remove_vm_area(const void *addr);
void free_vm_area(struct vm_struct *area);
/* find_vm_area - the area that @addr lies in (guard pages belong to it), or NULL. Context: task, or an oops. */
struct vm_struct *find_vm_area(const void *addr);

static __always_inline bool is_vmalloc_addr(const void *x)
{
	return (unsigned long)x >= VMALLOC_START && (unsigned long)x < VMALLOC_END;
}

/* vmalloc_to_page - the page mapped at @addr, or NULL. vmalloc_to_pfn: @addr is mapped. */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr);

/* vm_unmap_aliases - flush what lazy unmapping left in the TLBs. Context: task. */
void vm_unmap_aliases(void);

/*
 * alloc_thread_stack - THREAD_SIZE bytes for a kernel stack, with an unmapped page below and above; NULL without memory
 *
 * Contents are undefined: two stacks for each CPU are kept for reuse. Context: task; may sleep. free_thread_stack: any
 * context but NMI; nobody runs on the stack any more. in_stack_guard_page - is @addr in the page below (or above) a
 * kernel stack? For oops: any context.
 */
void *alloc_thread_stack(int node);
void free_thread_stack(void *stack);
bool in_stack_guard_page(const void *addr);

/* vmalloc_init - boot, once, when kmalloc works. vmallocinfo_show - the text of /proc/vmallocinfo. */
void vmalloc_init(void);
void vmallocinfo_show(struct seq_buf *m);
/* vmalloc_nr_pages - pages that vmalloc() areas hold: "VmallocUsed". */
unsigned long vmalloc_nr_pages(void);

/*
 * vfree_set_defer - somebody who runs tasks will call vfree_deferred() soon after @wake; until then it happens at the
 * next vmalloc call.
 * vfree_deferred - free what vfree() was given in interrupts. Context: task.
 */
void vfree_set_defer(void (*wake)(void));
void vfree_deferred(void);

#endif
