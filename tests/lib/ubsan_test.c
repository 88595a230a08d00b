/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/lib/ubsan_test.c - undefined operations are performed, and each is reported and survived.
 *
 * Reports are counted by the taint that they leave; their words are compared by tests/test_debug.py, which reads them
 * from the log.
 */
#include <kunit/test.h>
#include <primer/kernel.h>

#ifdef CONFIG_UBSAN

#define hide(x)		({ __typeof__(x) __h = (x); __asm__ volatile("" : "+r"(__h)); __h; })

static volatile long sink;

static void shift_test(struct kunit *test)
{
	int one = hide(1), places = hide(33);

	sink = one << places;
	sink = one << hide(-1);
	KUNIT_SUCCEED(test);
}

static void overflow_test(struct kunit *test)
{
	int big = hide(0x7fffffff), small = hide(-0x7fffffff - 1);

	sink = big + hide(1);
	sink = small - hide(1);
	sink = big * hide(2);
	sink = -small;
	KUNIT_SUCCEED(test);
}

static void bounds_test(struct kunit *test)
{
	int array[4] = { 1, 2, 3, 4 };
	int index = hide(2);

	sink = array[index];
	sink = (unsigned long)&array[hide(5)];
	KUNIT_SUCCEED(test);
}

static void bool_test(struct kunit *test)
{
	unsigned char byte = hide((unsigned char)2);

	sink = *(volatile bool *)&byte;
	KUNIT_SUCCEED(test);
}

static struct kunit_case ubsan_cases[] = {
	KUNIT_CASE_NAMED(shift_test, "ubsan: a shift by too much and by less than nothing"),
	KUNIT_CASE_NAMED(overflow_test, "ubsan: sums, products and signs that do not fit"),
	KUNIT_CASE_NAMED(bounds_test, "ubsan: an index behind the end of an array"),
	KUNIT_CASE_NAMED(bool_test, "ubsan: a bool that is 2"),
	{}
};

static struct kunit_suite ubsan_suite = { .name = "ubsan", .test_cases = ubsan_cases };
kunit_test_suite(ubsan_suite);

#endif
