/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/debug/provoke_heap.c - planted mistakes with memory: beside an object, after its end, freed twice.
 *
 * A plain kernel does not notice these, but for the array on the stack, behind which the canary lies. A DEBUG one names
 * the place, the object, and who allocated and freed it:
 *
 *	what protects			faults that prove it
 *	red zones behind objects	OVERWRITE_ALLOCATION SLAB_LINEAR_OVERFLOW VMALLOC_LINEAR_OVERFLOW
 *	red zones on the stack		STACK_LINEAR_OVERFLOW
 *	the quarantine			WRITE_AFTER_FREE READ_AFTER_FREE
 *	the shadow of free pages	WRITE_BUDDY_AFTER_FREE READ_BUDDY_AFTER_FREE
 *	the check of each kfree()	SLAB_FREE_DOUBLE SLAB_FREE_CROSS SLAB_FREE_PAGE
 *	tests by the compiler		ARRAY_BOUNDS SHIFT_OUT_OF_BOUNDS
 *
 * The compiler would see through all of them: hide() takes from it what it knows of a pointer or a number.
 *
 * Context of all: PID 1 at the end of the boot, no lock held.
 *
 * Names are those of Linux's LKDTM (drivers/misc/lkdtm/heap.c, bugs.c); STACK_LINEAR_OVERFLOW and SHIFT_OUT_OF_BOUNDS
 * have none there.
 */
#define pr_fmt(fmt) "provoke: " fmt

#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/vmalloc.h>

#include "provoke_internal.h"

#define hide(x)		({ __typeof__(x) __h = (x); __asm__ volatile("" : "+r"(__h)); __h; })
#define ALLOCATION	1020		/* bytes: less than the object that they are part of */

/* ---- beside an object -------------------------------------------------------------------------------------------- */

void provoke_OVERWRITE_ALLOCATION(void)
{
	u32 *data = hide((u32 *)kmalloc(ALLOCATION, GFP_KERNEL));

	pr_info("attempting a write behind %d bytes at %px\n", ALLOCATION, data);
	data[ALLOCATION / sizeof(*data)] = 0x12345678;
	kfree(data);
}

void provoke_SLAB_LINEAR_OVERFLOW(void)
{
	u8 *data = hide((u8 *)kmalloc(64, GFP_KERNEL));

	pr_info("attempting a copy of 80 bytes to 64 at %px\n", data);
	memset(data, 'A', hide(80UL));
	kfree(data);
}

void provoke_VMALLOC_LINEAR_OVERFLOW(void)
{
	u8 *data = hide((u8 *)vzalloc(PAGE_SIZE - 100));

	pr_info("attempting a write of a page to 100 bytes less at %px\n", data);
	memset(data, 0xaa, hide(PAGE_SIZE));
	vfree(data);
}

/* One more than there are. */
static noinline void fill(u32 *array, unsigned int n)
{
	unsigned int i;

	for (i = 0; i <= n; i++)
		array[i] = i;
}

void provoke_STACK_LINEAR_OVERFLOW(void)
{
	u32 squares[10];

	pr_info("attempting a write behind an array at %px\n", squares);
	fill(hide(&squares[0]), ARRAY_SIZE(squares));
}

/* ---- after the end of an object ---------------------------------------------------------------------------------- */

void provoke_WRITE_AFTER_FREE(void)
{
	u64 *data = hide((u64 *)kmalloc(1024, GFP_KERNEL));

	pr_info("attempting a write to freed memory at %px\n", data + 64);
	kfree(data);
	data = hide(data);
	data[64] = 0x0abcdef0;
}

void provoke_READ_AFTER_FREE(void)
{
	u64 *data = hide((u64 *)kzalloc(1024, GFP_KERNEL));

	kfree(data);
	data = hide(data);
	pr_info("attempting a read of freed memory at %px\n", data + 64);
	pr_info("read %#llx\n", data[64]);
}

void provoke_WRITE_BUDDY_AFTER_FREE(void)
{
	unsigned long page = hide(__get_free_page(GFP_KERNEL));

	pr_info("attempting a write to the free page at %px\n", (void *)page);
	free_page(page);
	memset((void *)hide(page), 0x3, hide(64UL));
}

void provoke_READ_BUDDY_AFTER_FREE(void)
{
	unsigned long page = hide(__get_free_page(GFP_KERNEL));

	free_page(page);
	pr_info("attempting a read of the free page at %px\n", (void *)page);
	pr_info("read %#lx\n", *(unsigned long *)hide(page));
}

/* ---- freed, but not like that ------------------------------------------------------------------------------------ */

void provoke_SLAB_FREE_DOUBLE(void)
{
	void *data = hide(kmalloc(128, GFP_KERNEL));

	pr_info("attempting to free %px twice\n", data);
	kfree(data);
	kfree(hide(data));
}

void provoke_SLAB_FREE_CROSS(void)
{
	struct kmem_cache *a = kmem_cache_create("provoke-a", 64, 0, 0, NULL);
	struct kmem_cache *b = kmem_cache_create("provoke-b", 64, 0, 0, NULL);
	void *data = a && b ? kmem_cache_alloc(a, GFP_KERNEL) : NULL;

	pr_info("attempting to free %px to another cache\n", data);
	if (data)
		kmem_cache_free(b, data);
}

void provoke_SLAB_FREE_PAGE(void)
{
	unsigned long page = hide(__get_free_page(GFP_KERNEL));

	pr_info("attempting to free part of the page at %px by kfree\n", (void *)page);
	kfree((void *)(page + 64));
}

/* ---- what the compiler itself tests ------------------------------------------------------------------------------ */

void provoke_ARRAY_BOUNDS(void)
{
	static u32 numbers[8];
	unsigned int index = hide(8U);

	pr_info("attempting to write element %u of %zu\n", index, ARRAY_SIZE(numbers));
	numbers[index] = index;
}

void provoke_SHIFT_OUT_OF_BOUNDS(void)
{
	int places = hide(40), one = hide(1);

	pr_info("attempting to shift by %d\n", places);
	pr_info("result %d\n", one << places);
}
