/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/alloc/memblock_test.c - memblock against a model that is too simple to be wrong: a byte for each page.
 *
 * The lists of the running system are put aside for the duration of a case, and private ones take their place.
 */
#include <kunit/test.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/string.h>
#include <asm/page.h>

#include "prng.h"

#define UNITS		512		/* pages of the model */
#define BASE		(1024UL * PAGE_SIZE)
#define OPERATIONS	100000

static struct memblock saved;
static struct memblock_region regions[3][INIT_MEMBLOCK_REGIONS];
static u8 is_ram[UNITS], is_reserved[UNITS];

static struct memblock_type empty_type(int i, const char *name)
{
	return (struct memblock_type){ .max = INIT_MEMBLOCK_REGIONS, .regions = regions[i], .name = name };
}

static int memblock_test_init(struct kunit *test)
{
	saved = memblock;
	memblock.memory = empty_type(0, "memory");
	memblock.reserved = empty_type(1, "reserved");
	memblock.mapped = empty_type(2, "mapped");
	memblock.current_limit = ~0ULL;
	memset(is_ram, 0, sizeof(is_ram));
	memset(is_reserved, 0, sizeof(is_reserved));
	return 0;
}

static void memblock_test_exit(struct kunit *test)
{
	memblock = saved;
}

static phys_addr_t unit(unsigned long u)	{ return BASE + u * PAGE_SIZE; }

/* M1 and M2, and the list says of every unit what the model says. */
static void check_type(struct kunit *test, const struct memblock_type *type, const u8 *model)
{
	phys_addr_t sum = 0;
	unsigned int i;

	for (i = 0; i < type->cnt; i++) {
		sum += type->regions[i].size;
		KUNIT_ASSERT_GT(test, type->regions[i].size, 0ULL);
		if (i)
			KUNIT_ASSERT_LT(test, type->regions[i - 1].base + type->regions[i - 1].size,
					type->regions[i].base);
	}
	KUNIT_ASSERT_EQ(test, sum, type->total_size);
	for (i = 0; i < UNITS; i++) {
		bool in = type == &memblock.memory ? memblock_is_memory(unit(i)) : memblock_is_reserved(unit(i));

		KUNIT_ASSERT_EQ(test, in, model[i] != 0);
	}
}

static void check_free_ranges(struct kunit *test)
{
	u8 seen[UNITS] = { 0 };
	phys_addr_t start, end;
	u64 i;

	for_each_free_mem_range(i, &start, &end)
		for (; start < end; start += PAGE_SIZE)
			seen[(start - BASE) / PAGE_SIZE]++;
	for (i = 0; i < UNITS; i++)
		KUNIT_ASSERT_EQ(test, seen[i], is_ram[i] && !is_reserved[i]);
}

/* The highest place for @n units within [@from, @to), by trying all. */
static phys_addr_t model_find(unsigned long from, unsigned long to, unsigned long n, unsigned long align)
{
	unsigned long at, i;

	for (at = to - n + 1; at-- > from;) {
		if ((unit(at) / PAGE_SIZE) % align)
			continue;
		for (i = 0; i < n && is_ram[at + i] && !is_reserved[at + i]; i++)
			;
		if (i == n)
			return unit(at);
	}
	return 0;
}

static void random_operation(struct prng *r, bool few)
{
	unsigned long from = prng_below(r, UNITS), n = 1 + prng_below(r, few ? 64 : 8);
	u8 *model;

	n = min(n, UNITS - from);
	switch (prng_below(r, 4)) {
	case 0:
		memblock_add(unit(from), n * PAGE_SIZE);
		memset(is_ram + from, 1, n);
		return;
	case 1:
		memblock_remove(unit(from), n * PAGE_SIZE);
		model = is_ram;
		break;
	case 2:
		memblock_reserve(unit(from), n * PAGE_SIZE);
		memset(is_reserved + from, 1, n);
		return;
	default:
		memblock_free(unit(from), n * PAGE_SIZE);
		model = is_reserved;
	}
	memset(model + from, 0, n);
}

static void model_test(struct kunit *test)
{
	struct prng r;
	int i;

	prng_init(test, &r);
	for (i = 0; i < OPERATIONS; i++) {
		/* Small ranges make the lists long; large ones keep them from overflowing. */
		random_operation(&r,
				 memblock.memory.cnt > 100 || memblock.reserved.cnt > 100 || prng_below(&r, 4) == 0);
		if (i % 64)
			continue;
		check_type(test, &memblock.memory, is_ram);
		check_type(test, &memblock.reserved, is_reserved);
		check_free_ranges(test);
	}
}

static void find_test(struct kunit *test)
{
	struct prng r;
	int i;

	prng_init(test, &r);
	for (i = 0; i < 4000; i++) {
		unsigned long from = prng_below(&r, UNITS / 2), to = UNITS / 2 + prng_below(&r, UNITS / 2);
		unsigned long n = 1 + prng_below(&r, 12), align = 1UL << prng_below(&r, 4);

		random_operation(&r, true);
		KUNIT_ASSERT_EQ(test, memblock_find_in_range(unit(from), unit(to), n * PAGE_SIZE, align * PAGE_SIZE),
				model_find(from, to, n, align));
	}
}

static void alloc_test(struct kunit *test)
{
	phys_addr_t a, b;

	memblock_add(unit(0), 64 * PAGE_SIZE);
	memblock_reserve(unit(32), 100);
	a = memblock_phys_alloc(40, 0);
	b = memblock_phys_alloc(40, 0);
	KUNIT_EXPECT_EQ(test, a, unit(64) - 64);
	KUNIT_EXPECT_EQ(test, b, unit(64) - 128);
	KUNIT_EXPECT_EQ(test, memblock_phys_alloc(33 * PAGE_SIZE, PAGE_SIZE), 0ULL);
	KUNIT_EXPECT_EQ(test, memblock_phys_alloc(32 * PAGE_SIZE, PAGE_SIZE), unit(0));
	KUNIT_EXPECT_TRUE(test, memblock_is_region_memory(unit(0), 64 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, memblock_is_region_memory(unit(0), 65 * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, memblock_is_region_reserved(unit(32) + 99, 1));
	KUNIT_EXPECT_FALSE(test, memblock_is_region_reserved(unit(32) + 100, PAGE_SIZE));
	memblock_enforce_memory_limit(10 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, memblock_end_of_DRAM(), unit(10));
}

static struct kunit_case memblock_cases[] = {
	KUNIT_CASE_NAMED(model_test, "memblock: 100000 random operations leave what the model says"),
	KUNIT_CASE_NAMED(find_test, "memblock: an allocation takes the highest free place that fits"),
	KUNIT_CASE_NAMED(alloc_test, "memblock: allocations grow down around reservations"),
	{}
};

static struct kunit_suite memblock_suite = {
	.name = "memblock", .init = memblock_test_init, .exit = memblock_test_exit, .test_cases = memblock_cases,
};
kunit_test_suite(memblock_suite);
