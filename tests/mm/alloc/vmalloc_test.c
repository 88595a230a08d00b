/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/mm/alloc/vmalloc_test.c - areas: guard pages, contents, reuse of addresses; kernel stacks. */
#include <kunit/test.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/pgtable.h>
#include <primer/sched/task.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/string.h>
#include <primer/vmalloc.h>

#include "balance.h"
#include "prng.h"

#define AREAS		120
#define OPERATIONS	100000

struct area {
	unsigned long *p;
	unsigned long pages, stamp;
};

/* The first and the last word of each page; of the last page, of which not all was asked for, the first. */
static unsigned long *last_word(const struct area *a, unsigned long i)
{
	return &a->p[i * 512 + (i + 1 < a->pages ? 511 : 0)];
}

static void stamp(struct area *a)
{
	for (unsigned long i = 0; i < a->pages; i++)
		a->p[i * 512] = *last_word(a, i) = a->stamp + i;
}

static bool intact(const struct area *a)
{
	for (unsigned long i = 0; i < a->pages; i++)
		if (a->p[i * 512] != a->stamp + i || *last_word(a, i) != a->stamp + i)
			return false;
	return true;
}

static void random_areas(struct kunit *test, struct area *areas, struct prng *r, int operations)
{
	int i, j;

	for (i = 0; i < operations; i++) {
		struct area *a = &areas[prng_below(r, AREAS)];
		unsigned long end;

		if (a->p) {
			KUNIT_ASSERT_TRUE(test, intact(a));
			vfree(a->p);
			KUNIT_ASSERT_FALSE(test, kern_addr_valid((unsigned long)a->p));
			a->p = NULL;
			continue;
		}
		a->pages = 1 + prng_below(r, 8);
		a->stamp = (unsigned long)i << 16;
		a->p = vmalloc(a->pages * PAGE_SIZE - prng_below(r, PAGE_SIZE - 8));
		KUNIT_ASSERT_NOT_NULL(test, a->p);
		end = (unsigned long)a->p + a->pages * PAGE_SIZE;
		KUNIT_ASSERT_TRUE(test, is_vmalloc_addr(a->p) && kern_addr_valid(end - 1));
		KUNIT_ASSERT_FALSE(test, kern_addr_valid(end));
		KUNIT_ASSERT_FALSE(test, kern_addr_valid((unsigned long)a->p - 1));
		stamp(a);
		if (i % 500)
			continue;
		for (j = 0; j < AREAS; j++)
			KUNIT_ASSERT_TRUE(test, !areas[j].p || intact(&areas[j]));
	}
	for (i = 0; i < AREAS; i++) {
		vfree(areas[i].p);
		areas[i].p = NULL;
	}
}

/* What is in use but for the stacks of tasks: kernel threads may come and go meanwhile. */
static unsigned long pages_without_stacks(void)
{
	return vmalloc_nr_pages() - (unsigned long)READ_ONCE(nr_threads) * (THREAD_SIZE / PAGE_SIZE);
}

static void random_test(struct kunit *test)
{
	struct area *areas = kunit_kzalloc(test, AREAS * sizeof(*areas), GFP_KERNEL);
	unsigned long pages, free;
	struct prng r;

	KUNIT_ASSERT_NOT_NULL(test, areas);
	settled_free_pages();
	pages = pages_without_stacks();
	prng_init(test, &r);
	random_areas(test, areas, &r, OPERATIONS / 20);
	free = settled_free_pages();
	random_areas(test, areas, &r, OPERATIONS);
	for (int i = 0; i < 200 && pages_without_stacks() != pages; i++)
		msleep(20);			/* somebody comes or goes at this moment */
	KUNIT_EXPECT_EQ(test, pages_without_stacks(), pages);
	for (int i = 0; i < 200 && settled_free_pages() + BALANCE_SLACK < free; i++)
		msleep(20);
	KUNIT_EXPECT_GE(test, settled_free_pages() + BALANCE_SLACK, free);
}

/* Address search against a model: areas without pages, all gaps known. */
static void gap_test(struct kunit *test)
{
	static struct vm_struct *areas[200];
	struct prng r;
	int i, j, above = 0;

	prng_init(test, &r);
	vm_unmap_aliases();
	for (i = 0; i < 200; i++) {
		areas[i] = get_vm_area((1 + prng_below(&r, 6)) * PAGE_SIZE, VM_MAP);
		KUNIT_ASSERT_NOT_NULL(test, areas[i]);
	}
	for (i = 0; i < 2000; i++) {
		struct vm_struct *vm;
		unsigned long size;
		void *old;

		j = prng_below(&r, 200);
		size = areas[j]->size;
		old = areas[j]->addr;
		free_vm_area(areas[j]);
		vm_unmap_aliases();
		/* What has just become free fits: nothing above it is chosen, unless somebody's stack has come there meanwhile. */
		vm = get_vm_area(size - PAGE_SIZE, VM_MAP);
		KUNIT_ASSERT_NOT_NULL(test, vm);
		KUNIT_ASSERT_PTR_EQ(test, find_vm_area((char *)vm->addr + size - 1), vm);
		above += vm->addr > old;
		areas[j] = vm;
	}
	KUNIT_EXPECT_LE(test, above, 20);
	for (i = 0; i < 200; i++)
		for (j = i + 1; j < 200; j++)
			KUNIT_ASSERT_TRUE(test, (char *)areas[i]->addr + areas[i]->size <= (char *)areas[j]->addr ||
					  (char *)areas[j]->addr + areas[j]->size <= (char *)areas[i]->addr);
	for (i = 0; i < 200; i++)
		free_vm_area(areas[i]);
	vm_unmap_aliases();
}

static void reuse_test(struct kunit *test)
{
	struct vm_struct *a = get_vm_area(64 * PAGE_SIZE, VM_MAP), *b;
	void *addr;

	KUNIT_ASSERT_NOT_NULL(test, a);
	addr = a->addr;
	free_vm_area(a);
	b = get_vm_area(64 * PAGE_SIZE, VM_MAP);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_PTR_NE(test, b->addr, addr);	/* not before the flush */
	free_vm_area(b);
	vm_unmap_aliases();
	b = get_vm_area(64 * PAGE_SIZE, VM_MAP);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_LE(test, (unsigned long)b->addr, (unsigned long)addr);
	free_vm_area(b);
}

static void vmap_test(struct kunit *test)
{
	struct page *pages[3];
	char *p;
	int i;

	for (i = 0; i < 3; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
	}
	swap(pages[0], pages[2]);
	p = vmap(pages, 3, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < 3; i++) {
		strcpy(p + i * PAGE_SIZE, "seen twice");
		KUNIT_EXPECT_STREQ(test, page_address(pages[i]), "seen twice");
		KUNIT_EXPECT_PTR_EQ(test, vmalloc_to_page(p + i * PAGE_SIZE), pages[i]);
	}
	vunmap(p);
	for (i = 0; i < 3; i++)
		__free_page(pages[i]);
}

static void stack_test(struct kunit *test)
{
	char *stacks[5];
	int i;

	for (i = 0; i < 5; i++) {
		stacks[i] = alloc_thread_stack(0);
		KUNIT_ASSERT_NOT_NULL(test, stacks[i]);
		KUNIT_EXPECT_EQ(test, (unsigned long)stacks[i] % THREAD_SIZE, 0UL);
		memset(stacks[i], i, THREAD_SIZE);
		KUNIT_EXPECT_FALSE(test, kern_addr_valid((unsigned long)stacks[i] - 1));
		KUNIT_EXPECT_FALSE(test, kern_addr_valid((unsigned long)stacks[i] + THREAD_SIZE));
		KUNIT_EXPECT_TRUE(test, in_stack_guard_page(stacks[i] - 1));
		KUNIT_EXPECT_TRUE(test, in_stack_guard_page(stacks[i] + THREAD_SIZE));
		KUNIT_EXPECT_FALSE(test, in_stack_guard_page(stacks[i]));
	}
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(stacks[i], i, THREAD_SIZE));
		free_thread_stack(stacks[i]);
	}
	KUNIT_EXPECT_FALSE(test, in_stack_guard_page(NULL));
}

static void refuse_test(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, vmalloc(0));
	KUNIT_EXPECT_NULL(test, __vmalloc((totalram_pages() + 1) << PAGE_SHIFT, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, __vmalloc(~0UL, GFP_KERNEL | __GFP_NOWARN));
	vfree(NULL);
	vunmap(NULL);
}

static struct kunit_case vmalloc_cases[] = {
	KUNIT_CASE_NAMED(random_test, "vmalloc: 100000 random operations: areas keep their contents, nothing is mapped beside them"),
	KUNIT_CASE_NAMED(gap_test, "vmalloc: the gap search finds what is free, and areas never overlap"),
	KUNIT_CASE_NAMED(reuse_test, "vmalloc: addresses are reused after the flush and not before"),
	KUNIT_CASE_NAMED(vmap_test, "vmap: the same page at two addresses"),
	KUNIT_CASE_NAMED(stack_test, "kernel stacks: aligned, guarded on both sides"),
	KUNIT_CASE_NAMED(refuse_test, "vmalloc: impossible sizes are refused"),
	{}
};

static struct kunit_suite vmalloc_suite = { .name = "vmalloc", .test_cases = vmalloc_cases };
kunit_test_suite(vmalloc_suite);
