/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/alloc/prng.h - random numbers for tests: xorshift64*, seeded from the time-stamp counter, the seed on the
 * log.
 */
#ifndef TESTS_MM_ALLOC_PRNG_H
#define TESTS_MM_ALLOC_PRNG_H

#include <kunit/test.h>
#include <asm/msr.h>

struct prng {
	u64 state;
};

static inline u64 prng_next(struct prng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dULL;
}

/* A number from 0 to @n - 1. */
static inline unsigned long prng_below(struct prng *r, unsigned long n)
{
	return (prng_next(r) >> 16) % n;
}

static inline void prng_init(struct kunit *test, struct prng *r)
{
	r->state = rdtsc() | 1;
	kunit_info(test, "seed %#llx", r->state);
}

#endif
