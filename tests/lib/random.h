/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/lib/random.h - random numbers for tests: from a seed that is printed, and the same in every boot.
 *
 * The host tests of lib/ try other seeds; in the kernel, equal input has to give an equal log.
 */
#ifndef TESTS_LIB_RANDOM_H
#define TESTS_LIB_RANDOM_H

#include <kunit/test.h>
#include <primer/types.h>

struct test_random {
	u64 state;
};

static inline void test_random_init(struct kunit *test, struct test_random *r, u64 seed)
{
	r->state = seed;
	kunit_info(test, "seed %llu", seed);
}

/* splitmix64: every seed is a good one. */
static inline u64 test_random(struct test_random *r)
{
	u64 z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline u64 test_random_below(struct test_random *r, u64 n)
{
	return test_random(r) % n;
}

#endif
