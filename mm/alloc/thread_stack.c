/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/thread_stack.c - kernel stacks: 16 KiB of vmalloc space each, with nothing mapped below and above.
 *
 * The problem. A task in the kernel has a small stack. Running over its end must be a clean report, not a destroyed
 * neighbour; and making a stack must be fast, since every fork needs one.
 *
 * The idea. A stack is a vmalloc area aligned to its size. The area's own guard page is above it. Below it there is
 * always an unmapped page as well: either the guard page of the area before, or a gap, or the end of vmalloc space; for
 * the alignment leaves the last 4 of each 32 KiB free:
 *
 *	|xxxx stack xxxx|g|   gap   |xxxx stack xxxx|g|   gap   |
 *	0               16K         32K
 *
 * An overflow writes below the stack and faults; since there is no stack left to push the exception frame on, that
 * becomes a double fault, which has a stack of its own, and in_stack_guard_page() tells its handler what happened.
 *
 * Each CPU keeps two stacks that were given back. They stay mapped: a fork that finds one allocates nothing and flushes
 * nothing. Their contents are those of the task that died; whoever takes one writes what it needs.
 *
 * Locking: a CPU's two slots with interrupts off, because the last reference to a task may be dropped in an interrupt.
 *
 * Linux (kernel/fork.c) does the same with CONFIG_VMAP_STACK, and clears a reused stack.
 */
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/percpu.h>
#include <primer/vmalloc.h>
#include <asm/irqflags.h>

#include "internal.h"

#define NR_CACHED_STACKS	2

static DEFINE_PER_CPU(void *[NR_CACHED_STACKS], cached_stacks);		/* [owner CPU, interrupts off] */

void *alloc_thread_stack(int node)
{
	unsigned long flags;
	void *stack = NULL;
	int i;

	(void)node;
	local_irq_save(flags);
	for (i = 0; i < NR_CACHED_STACKS && !stack; i++) {
		void **slot = &(*this_cpu_ptr(&cached_stacks))[i];

		stack = *slot;
		*slot = NULL;
	}
	local_irq_restore(flags);
	if (!stack)
		stack = __vmalloc_area(THREAD_SIZE, THREAD_SIZE, GFP_KERNEL, VM_KSTACK, __builtin_return_address(0));
	if (stack) {
		kasan_unpoison_range(stack, THREAD_SIZE);
		mod_kernel_pages(NR_KERNEL_STACK, THREAD_SIZE / PAGE_SIZE);
	}
	return stack;
}

void free_thread_stack(void *stack)
{
	unsigned long flags;
	int i;

	if (!stack)
		return;
	mod_kernel_pages(NR_KERNEL_STACK, -(long)(THREAD_SIZE / PAGE_SIZE));
	kasan_poison_stack(stack);
	local_irq_save(flags);
	for (i = 0; i < NR_CACHED_STACKS && stack; i++) {
		void **slot = &(*this_cpu_ptr(&cached_stacks))[i];

		if (!*slot) {
			*slot = stack;
			stack = NULL;
		}
	}
	local_irq_restore(flags);
	vfree(stack);
}

unsigned long drain_thread_stacks(void)
{
	unsigned long flags, pages = 0;
	int i;

	for (i = 0; i < NR_CACHED_STACKS; i++) {
		void **slot, *stack;

		local_irq_save(flags);
		slot = &(*this_cpu_ptr(&cached_stacks))[i];
		stack = *slot;
		*slot = NULL;
		local_irq_restore(flags);
		if (!stack)
			continue;
		vfree(stack);
		pages += THREAD_SIZE / PAGE_SIZE;
	}
	return pages;
}

/* Is @addr within a page of the stack area @vm's ends? */
static bool beside_stack(const struct vm_struct *vm, unsigned long addr)
{
	unsigned long start;

	if (!vm || !(vm->flags & VM_KSTACK))
		return false;
	start = (unsigned long)vm->addr;
	return addr - (start - PAGE_SIZE) < PAGE_SIZE || addr - (start + THREAD_SIZE) < PAGE_SIZE;
}

/*
 * Called when something is wrong already: the caller's stack is a good one, but locks may be held by whom it
 * interrupted.
 */
bool in_stack_guard_page(const void *addr)
{
	unsigned long a = (unsigned long)addr;
	bool found;

	if (a < VMALLOC_START - PAGE_SIZE || a >= VMALLOC_AREA_END)
		return false;
	oops_in_progress++;
	found = beside_stack(find_vm_area((void *)(a + PAGE_SIZE)), a) || beside_stack(find_vm_area(addr), a);
	oops_in_progress--;
	return found;
}
