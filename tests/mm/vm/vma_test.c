/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/vm/vma_test.c - address spaces against a model.
 *
 * The model of an address space is one byte for each page of a small arena: unmapped, or its rights; and a word for
 * what was last stored there. Random mmap, munmap, mprotect, stores and loads are done to both. After each operation
 * the tree, the list and the gaps are walked (validate_mm); the areas must be exactly the runs of equal bytes, because
 * anonymous areas that are alike always merge; and every touched page must read as the model says. A page that is or
 * was writable is a promise: it has a bit in the byte, since areas that differ in it do not merge.
 */
#include "test_mm.h"

#include <primer/gfp.h>
#include <primer/kasan.h>
#include <primer/string.h>
#include <uapi/mman.h>

#include "../alloc/balance.h"

#define ARENA		0x10000000UL
#define PAGES		192
#define UNMAPPED	0xff
#define PROMISED	0x80		/* beside the rights */

struct model {
	u8 prot[PAGES];
	u32 value[PAGES];
};

static u32 seed;

/* Numerical Recipes' generator: the same numbers in every run of one seed. */
static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (u32)((u64)seed * below >> 32);
}

static int vma_test_init(struct kunit *test)
{
	seed = 12345;
	return test_mm_init(test);
}

static unsigned long map_at(unsigned long page, unsigned long pages, unsigned long prot)
{
	return vm_mmap(NULL, ARENA + page * PAGE_SIZE, pages * PAGE_SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		       0);
}

/* The areas of the arena are the runs of the model. */
static void compare(struct kunit *test, const struct model *model)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma = mm->mmap;
	unsigned int i = 0, end, promised = 0;

	while (i < PAGES) {
		if (model->prot[i] == UNMAPPED) {
			i++;
			continue;
		}
		for (end = i + 1; end < PAGES && model->prot[end] == model->prot[i]; end++)
			;
		KUNIT_ASSERT_NOT_NULL(test, vma);
		KUNIT_ASSERT_EQ(test, vma->vm_start, ARENA + i * PAGE_SIZE);
		KUNIT_ASSERT_EQ(test, vma->vm_end, ARENA + end * PAGE_SIZE);
		KUNIT_ASSERT_EQ(test, vma->vm_flags & VM_ACCESS_FLAGS, (unsigned long)model->prot[i] & ~PROMISED);
		KUNIT_ASSERT_EQ(test, !!(vma->vm_flags & VM_ACCOUNT), !!(model->prot[i] & PROMISED));
		if (model->prot[i] & PROMISED)
			promised += end - i;
		vma = vma->vm_next;
		i = end;
	}
	KUNIT_ASSERT_NULL(test, vma);
	KUNIT_ASSERT_EQ(test, vm_committed_as(), ((struct test_mm *)test->priv)->committed + promised);
}

static void touch(struct kunit *test, struct model *model, unsigned int page, bool write)
{
	bool allowed = model->prot[page] != UNMAPPED &&
		       (write ? model->prot[page] & PROT_WRITE : (model->prot[page] & ~PROMISED) != PROT_NONE);
	unsigned long addr = ARENA + page * PAGE_SIZE + (page * 8) % PAGE_SIZE;
	u32 v = rnd(~0U);
	int n;

	if (!write)
		v = 0;
	n = access_remote_vm(current->mm, addr, &v, sizeof(v), write ? FOLL_WRITE : 0);
	KUNIT_ASSERT_EQ(test, n, allowed ? (int)sizeof(v) : 0);
	if (write && allowed)
		model->value[page] = v;
	else if (allowed)
		KUNIT_ASSERT_EQ_MSG(test, v, model->value[page], "page %u", page);
}

static void random_operations(struct kunit *test)
{
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	unsigned long free;
	int i, k;

	KUNIT_ASSERT_NOT_NULL(test, model);
	memset(model->prot, UNMAPPED, sizeof(model->prot));
	kunit_info(test, "seed %u", seed);
	free = settled_free_pages();
	for (i = 0; i < 100000; i++) {
		unsigned int page = rnd(PAGES), pages = 1 + rnd(PAGES - page < 24 ? PAGES - page : 24), what = rnd(16),
			     prot = rnd(8);
		bool hole = false;

		switch (what) {
		case 0 ... 4:
			KUNIT_ASSERT_EQ(test, map_at(page, pages, prot), ARENA + page * PAGE_SIZE);
			memset(&model->prot[page], prot | (prot & PROT_WRITE ? PROMISED : 0), pages);
			memset(&model->value[page], 0, pages * sizeof(u32));
			break;
		case 5 ... 7:
			KUNIT_ASSERT_EQ(test, vm_munmap(ARENA + page * PAGE_SIZE, pages * PAGE_SIZE), 0);
			memset(&model->prot[page], UNMAPPED, pages);
			memset(&model->value[page], 0, pages * sizeof(u32));
			break;
		case 8 ... 11:
			/* Up to the first hole, then -ENOMEM. */
			for (k = 0; k < (int)pages && !hole; k++) {
				if (model->prot[page + k] == UNMAPPED)
					hole = true;
				else
					model->prot[page + k] = prot | (prot & PROT_WRITE ? PROMISED : 0) |
								(model->prot[page + k] & PROMISED);
			}
			KUNIT_ASSERT_EQ(test, do_mprotect(ARENA + page * PAGE_SIZE, pages * PAGE_SIZE, prot),
					hole ? -ENOMEM : 0);
			break;
		default:
			touch(test, model, page, what & 1);
		}
		KUNIT_ASSERT_EQ(test, validate_mm(current->mm), 0);
		if (i % 16 == 0)
			compare(test, model);
	}
	for (i = 0; i < PAGES; i++)
		touch(test, model, i, false);
	vm_munmap(ARENA, PAGES * PAGE_SIZE);
	KUNIT_EXPECT_GE(test, settled_free_pages() + BALANCE_SLACK, free);
}

/* The first or last place where @len bytes fit, found by looking at every hole. */
static unsigned long scan(struct mm_struct *mm, unsigned long len, unsigned long low, unsigned long high, bool topdown)
{
	unsigned long start = 0, end, best = -ENOMEM, s, e;
	struct vm_area_struct *vma = mm->mmap;

	for (;; vma = vma->vm_next) {
		end = vma ? vm_start_gap(vma) : high;
		s = max(start, low);
		e = min(end, high);
		if (e > s && e - s >= len) {
			best = topdown ? e - len : s;
			if (!topdown)
				return best;
		}
		if (!vma)
			return best;
		start = vma->vm_end;
	}
}

static void gap_search(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	int i, j;

	for (i = 0; i < 300; i++) {
		unsigned int page = rnd(2000), pages = 1 + rnd(40);

		if (rnd(3))
			map_at(page, pages, PROT_READ << rnd(2));
		else
			vm_munmap(ARENA + page * PAGE_SIZE, pages * PAGE_SIZE);
		if (i % 50 == 7)	/* a stack, with its guard gap */
			vm_mmap(NULL, ARENA + (3000 + i * 4) * PAGE_SIZE, PAGE_SIZE, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, 0);
		for (j = 0; j < 40; j++) {
			unsigned long len = (1 + rnd(j % 4 ? 60 : 3000)) * PAGE_SIZE,
				      low = ARENA + rnd(2500) * PAGE_SIZE;
			unsigned long high = low + rnd(3000) * PAGE_SIZE;

			KUNIT_ASSERT_EQ(test, vm_unmapped_area(mm, len, low, high, true),
					scan(mm, len, low, high, true));
			KUNIT_ASSERT_EQ(test, vm_unmapped_area(mm, len, low, high, false),
					scan(mm, len, low, high, false));
		}
	}
}

static struct page *page_at(unsigned long addr)
{
	struct page *page = get_user_page_remote(current->mm, addr, 0);

	if (IS_ERR(page))
		return NULL;
	put_page(page);
	return page;
}

static u32 load(unsigned long addr)
{
	u32 v = 0xdead;

	access_remote_vm(current->mm, addr, &v, sizeof(v), 0);
	return v;
}

static void store(unsigned long addr, u32 v)
{
	access_remote_vm(current->mm, addr, &v, sizeof(v), FOLL_WRITE);
}

static void zero_page_is_shared_until_written(struct kunit *test)
{
	struct page *zero;

	map_at(0, 2, PROT_READ | PROT_WRITE);
	zero = page_at(ARENA);
	KUNIT_EXPECT_EQ(test, page_to_pfn(zero), zero_pfn);
	KUNIT_EXPECT_PTR_EQ(test, page_at(ARENA + PAGE_SIZE), zero);
	KUNIT_EXPECT_EQ(test, get_mm_rss(current->mm), 0UL);
	store(ARENA, 7);
	KUNIT_EXPECT_PTR_NE(test, page_at(ARENA), zero);
	KUNIT_EXPECT_EQ(test, load(ARENA), 7U);
	KUNIT_EXPECT_EQ(test, load(ARENA + PAGE_SIZE), 0U);
	KUNIT_EXPECT_EQ(test, get_mm_counter(current->mm, MM_ANONPAGES), 1UL);
}

/* F2: a page that somebody else has a reference to is copied; one that is ours alone is not. */
static void cow_copies_only_what_is_shared(struct kunit *test)
{
	struct page *first, *second;

	map_at(0, 1, PROT_READ | PROT_WRITE);
	store(ARENA, 1);
	first = get_user_page_remote(current->mm, ARENA, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	do_mprotect(ARENA, PAGE_SIZE, PROT_READ);
	do_mprotect(ARENA, PAGE_SIZE, PROT_READ | PROT_WRITE);
	store(ARENA, 2);
	second = page_at(ARENA);
	KUNIT_EXPECT_PTR_NE(test, second, first);
	KUNIT_EXPECT_EQ(test, *(u32 *)page_address(first), 1U);
	KUNIT_EXPECT_EQ(test, load(ARENA), 2U);
	KUNIT_EXPECT_EQ(test, page_count(first), 1);
	KUNIT_EXPECT_EQ(test, page_mapcount(first), 0);
	put_page(first);

	first = get_user_page_remote(current->mm, ARENA, 0);
	do_mprotect(ARENA, PAGE_SIZE, PROT_READ);
	do_mprotect(ARENA, PAGE_SIZE, PROT_READ | PROT_WRITE);
	put_page(first);
	store(ARENA, 3);
	KUNIT_EXPECT_PTR_EQ(test, page_at(ARENA), first);
}

static void tables_go_with_their_last_entry(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	long empty = atomic_long_read(&mm->pgtables_bytes);
	int i;

	/* One page in each of eight 2 MiB regions: eight tables, and the levels above. */
	for (i = 0; i < 8; i++) {
		KUNIT_ASSERT_EQ(test, map_at(512 * i, 1, PROT_WRITE), ARENA + i * PMD_SIZE);
		store(ARENA + i * PMD_SIZE, i);
	}
	KUNIT_EXPECT_EQ(test, (long)atomic_long_read(&mm->pgtables_bytes), empty + (8 + 2) * (long)PAGE_SIZE);
	for (i = 0; i < 7; i++)
		vm_munmap(ARENA + i * PMD_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, (long)atomic_long_read(&mm->pgtables_bytes), empty + (1 + 2) * (long)PAGE_SIZE);
	vm_munmap(ARENA, 8 * PMD_SIZE);
	KUNIT_EXPECT_EQ(test, (long)atomic_long_read(&mm->pgtables_bytes), empty);
}

/* The last page of one table and the first of the next: emptying the one leaves the other alone. */
static void emptying_a_table_spares_the_next(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	long bytes;

	map_at(511, 2, PROT_READ | PROT_WRITE);
	store(ARENA + 511 * PAGE_SIZE, 1);
	store(ARENA + 512 * PAGE_SIZE, 2);
	bytes = atomic_long_read(&mm->pgtables_bytes);
	vm_munmap(ARENA + 511 * PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, (long)atomic_long_read(&mm->pgtables_bytes), bytes - (long)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, load(ARENA + 512 * PAGE_SIZE), 2U);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 1UL);
}

static void unmapping_gives_every_page_back(struct kunit *test)
{
	unsigned long before, i;
	int round;

	/* The first round warms the caches of the allocators. */
	for (round = 0; round < 2; round++) {
		before = settled_free_pages();
		map_at(0, 1500, PROT_READ | PROT_WRITE);
		mm_populate(ARENA, 1500 * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, get_mm_rss(current->mm), 1500UL);
		for (i = 0; i < 1500; i += 2)
			vm_munmap(ARENA + i * PAGE_SIZE, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, get_mm_rss(current->mm), 750UL);
		KUNIT_EXPECT_EQ(test, current->mm->map_count, 750);
		vm_munmap(ARENA, 1500 * PAGE_SIZE);
	}
	KUNIT_EXPECT_GE(test, settled_free_pages() + BALANCE_SLACK, before);
}

static void stack_grows_down_to_its_guard_gap(struct kunit *test)
{
	unsigned long top = ARENA + 4096 * PAGE_SIZE, gap = stack_guard_gap / PAGE_SIZE;
	struct vm_area_struct *vma;

	KUNIT_ASSERT_EQ(test, vm_mmap(NULL, top - PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, 0), top - PAGE_SIZE);
	map_at(4096 - gap - 100, 1, PROT_READ);
	vma = find_vma(current->mm, top - PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, vma);
	KUNIT_EXPECT_EQ(test, expand_stack(vma, top - 10 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, vma->vm_start, top - 10 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, expand_stack(vma, top - 99 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, expand_stack(vma, top - 100 * PAGE_SIZE), -ENOMEM);
	KUNIT_EXPECT_EQ(test, vma->vm_start, top - 99 * PAGE_SIZE);
	/* A neighbour that cannot be accessed is guard enough. */
	do_mprotect(ARENA + (4096 - gap - 100) * PAGE_SIZE, PAGE_SIZE, PROT_NONE);
	KUNIT_EXPECT_EQ(test, expand_stack(vma, top - (gap + 50) * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, validate_mm(current->mm), 0);
}

static void fixed_noreplace_replaces_nothing(struct kunit *test)
{
	map_at(3, 2, PROT_READ);
	KUNIT_EXPECT_EQ(test, (long)vm_mmap(NULL, ARENA + 4 * PAGE_SIZE, 4 * PAGE_SIZE, PROT_READ,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, 0), -EEXIST);
	KUNIT_EXPECT_EQ(test, vm_mmap(NULL, ARENA + 5 * PAGE_SIZE, PAGE_SIZE, PROT_READ,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, 0), ARENA + 5 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, current->mm->map_count, 1);
}

static void limits_are_kept(struct kunit *test)
{
	struct rlimit *as = &current->signal->rlim[RLIMIT_AS], saved = *as;
	int max = sysctl_max_map_count;

	as->rlim_cur = 10 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, map_at(0, 10, PROT_READ), ARENA);
	KUNIT_EXPECT_EQ(test, (long)map_at(20, 1, PROT_READ), -ENOMEM);
	KUNIT_EXPECT_EQ_MSG(test, map_at(5, 5, PROT_WRITE), ARENA + 5 * PAGE_SIZE, "what is replaced does not count");
	*as = saved;
	sysctl_max_map_count = 3;
	KUNIT_EXPECT_EQ_MSG(test, vm_munmap(ARENA + PAGE_SIZE, PAGE_SIZE), 0, "the third area");
	KUNIT_EXPECT_EQ_MSG(test, vm_munmap(ARENA + 7 * PAGE_SIZE, PAGE_SIZE), -ENOMEM, "a hole would make a fourth");
	sysctl_max_map_count = max;
}

static struct kunit_case vma_cases[] = {
	KUNIT_CASE_NAMED(random_operations,
			 "100000 random mmap, munmap, mprotect, loads and stores agree with a model"),
	KUNIT_CASE_NAMED(gap_search, "the gap search finds what a scan of all holes finds"),
	KUNIT_CASE_NAMED(zero_page_is_shared_until_written,
			 "untouched pages share one page of zeroes until they are written"),
	KUNIT_CASE_NAMED(cow_copies_only_what_is_shared,
			 "copy-on-write copies a shared page and not a page of its own"),
	KUNIT_CASE_NAMED(tables_go_with_their_last_entry, "T1: page tables go with their last entry"),
	KUNIT_CASE_NAMED(emptying_a_table_spares_the_next, "emptying one page table spares the next"),
	KUNIT_CASE_NAMED(unmapping_gives_every_page_back, "unmapping gives every page back"),
	KUNIT_CASE_NAMED(stack_grows_down_to_its_guard_gap, "M3: a stack grows down to its guard gap"),
	KUNIT_CASE_NAMED(fixed_noreplace_replaces_nothing, "MAP_FIXED_NOREPLACE replaces nothing"),
	KUNIT_CASE_NAMED(limits_are_kept, "RLIMIT_AS and the number of areas are limits"),
	{}};

static struct kunit_suite vma_suite = {
	.name = "vma",
	.init = vma_test_init,
	.exit = test_mm_exit,
	.test_cases = vma_cases,
};
kunit_test_suite(vma_suite);
