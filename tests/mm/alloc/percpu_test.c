/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/mm/alloc/percpu_test.c - dynamic per-CPU memory: separate for each CPU, zeroed, never overlapping. */
#include <kunit/test.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/percpu.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/string.h>

#include "balance.h"
#include "prng.h"

#define VARS		300
#define OPERATIONS	100000

struct var {
	u8 *p;
	size_t size;
	u8 pattern;
};

static void random_vars(struct kunit *test, struct var *vars, struct prng *r, int operations)
{
	unsigned int cpu;
	int i;

	for (i = 0; i < operations; i++) {
		struct var *v = &vars[prng_below(r, VARS)];
		size_t align = 1UL << prng_below(r, 8);

		if (v->p) {
			for_each_possible_cpu(cpu)
				KUNIT_ASSERT_NULL(test,
						  memchr_inv(per_cpu_ptr(v->p, cpu), (u8)(v->pattern + cpu), v->size));
			free_percpu(v->p);
			v->p = NULL;
			continue;
		}
		v->size = 1 + prng_below(r, prng_below(r, 50) ? 200 : 3000);
		v->pattern = prng_next(r);
		v->p = __alloc_percpu(v->size, align);
		KUNIT_ASSERT_NOT_NULL(test, v->p);
		for_each_possible_cpu(cpu) {
			u8 *p = per_cpu_ptr(v->p, cpu);

			KUNIT_ASSERT_EQ(test, (unsigned long)p % align, 0UL);
			KUNIT_ASSERT_NULL(test, memchr_inv(p, 0, v->size));
			memset(p, v->pattern + cpu, v->size);
		}
	}
	for (i = 0; i < VARS; i++) {
		free_percpu(vars[i].p);
		vars[i].p = NULL;
	}
}

/* Chunks are made and stay: of the pages that are gone, each belongs to one. */
static void random_test(struct kunit *test)
{
	struct var *vars = kunit_kzalloc(test, VARS * sizeof(*vars), GFP_KERNEL);
	unsigned long free;
	struct prng r;

	KUNIT_ASSERT_NOT_NULL(test, vars);
	prng_init(test, &r);
	random_vars(test, vars, &r, OPERATIONS / 20);
	free = settled_free_pages() + pcpu_nr_pages();
	random_vars(test, vars, &r, OPERATIONS);
	KUNIT_EXPECT_GE(test, settled_free_pages() + pcpu_nr_pages() + 1 + BALANCE_SLACK, free);	/* a chunk's own record */
}

static DEFINE_PER_CPU(u64, static_var) = 17;

static void access_test(struct kunit *test)
{
	u64 *dynamic = alloc_percpu(u64);
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, dynamic);
	preempt_disable();
	cpu = smp_processor_id();
	this_cpu_write(*dynamic, 5);
	this_cpu_add(*dynamic, 4);
	KUNIT_EXPECT_EQ(test, *per_cpu_ptr(dynamic, cpu), 9ULL);
	KUNIT_EXPECT_EQ(test, per_cpu(static_var, cpu), 17ULL);
	this_cpu_inc(static_var);
	KUNIT_EXPECT_EQ(test, *this_cpu_ptr(&static_var), 18ULL);
	this_cpu_dec(static_var);
	preempt_enable();
	for_each_possible_cpu(cpu) {
		KUNIT_EXPECT_EQ(test, per_cpu(this_cpu_off, cpu), __per_cpu_offset[cpu]);
		KUNIT_EXPECT_EQ(test, per_cpu(cpu_number, cpu), (int)cpu);
	}
	free_percpu(dynamic);
	free_percpu(NULL);
}

/* What is freed is found again: half a chunk, a hundred times, needs no second one. */
static void reuse_test(struct kunit *test)
{
	unsigned long free = 0;
	int i;

	for (i = 0; i < 100; i++) {
		void *a = __alloc_percpu(6000, 8), *b = __alloc_percpu(2000, 8);

		KUNIT_ASSERT_TRUE(test, a && b);
		free_percpu(a);
		free_percpu(b);
		if (i == 10)
			free = settled_free_pages();
	}
	/* Others may take a page, too; 89 rounds would take 44 chunks. */
	KUNIT_EXPECT_GE(test, settled_free_pages() + BALANCE_SLACK, free);
}

static struct kunit_case percpu_cases[] = {
	KUNIT_CASE_NAMED(reuse_test, "percpu: freed room is used again"),
	KUNIT_CASE_NAMED(random_test,
			 "percpu: 100000 random operations: aligned, zeroed, each CPU's own, beyond the first chunk"),
	KUNIT_CASE_NAMED(access_test, "percpu: one-instruction access reaches static and dynamic variables"),
	{}
};

static struct kunit_suite percpu_suite = { .name = "percpu", .test_cases = percpu_cases };
kunit_test_suite(percpu_suite);
