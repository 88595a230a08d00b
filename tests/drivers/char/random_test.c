/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/drivers/char/random_test.c - what can be said of random numbers: all sizes are filled, nothing repeats, no bias
 * shows.
 */
#include <kunit/test.h>
#include <primer/gfp.h>
#include <primer/random.h>
#include <primer/string.h>

static void every_byte_is_filled(struct kunit *test)
{
	u8 *sum = kunit_kzalloc(test, 300, GFP_KERNEL), buf[300];
	unsigned int len, i, round;

	KUNIT_ASSERT_NOT_NULL(test, sum);
	for (len = 1; len < 299; len += 7) {
		memset(sum, 0, 300);
		for (round = 0; round < 20; round++) {
			memset(buf, 0, sizeof(buf));
			get_random_bytes(buf, len);
			for (i = 0; i < 300; i++)
				sum[i] |= buf[i];
		}
		/* A byte that stays 0 in 20 draws: once in 2^160. */
		for (i = 0; i < len; i++)
			KUNIT_ASSERT_NE_MSG(test, sum[i], 0, "byte %u of %u", i, len);
		KUNIT_ASSERT_EQ_MSG(test, sum[len], 0, "behind the end of %u", len);
	}
}

static void words_do_not_repeat(struct kunit *test)
{
	u64 *seen = kunit_kmalloc(test, 1000 * sizeof(u64), GFP_KERNEL);
	int i, j;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (i = 0; i < 1000; i++) {
		seen[i] = get_random_u64();
		for (j = 0; j < i; j++)
			KUNIT_ASSERT_NE(test, seen[j], seen[i]);
	}
}

static void below_stays_below_and_reaches_everything(struct kunit *test)
{
	unsigned int count[7] = { 0 }, i;

	for (i = 0; i < 7000; i++) {
		u32 v = get_random_u32_below(7);

		KUNIT_ASSERT_LT(test, v, 7U);
		count[v]++;
	}
	/* 1000 expected of each; the standard deviation is 29. */
	for (i = 0; i < 7; i++) {
		KUNIT_EXPECT_GT(test, count[i], 800U);
		KUNIT_EXPECT_LT(test, count[i], 1200U);
	}
	KUNIT_EXPECT_EQ(test, get_random_u32_below(1), 0U);
}

static struct kunit_case random_cases[] = {
	KUNIT_CASE_NAMED(every_byte_is_filled, "requests of any size are filled to their end and no further"),
	KUNIT_CASE_NAMED(words_do_not_repeat, "a thousand words are all different"),
	KUNIT_CASE_NAMED(below_stays_below_and_reaches_everything, "get_random_u32_below() is even and stays below"),
	{}
};

static struct kunit_suite random_suite = { .name = "random", .test_cases = random_cases };
kunit_test_suite(random_suite);
