/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kunit/kunit_test.c - does the framework notice? A test that cannot fail proves nothing, so each way to fail is
 * tried here on an inner struct kunit, and the outer case looks at what the inner one recorded.
 *
 * The inner reports carry the indent "  # " and are therefore comments to whoever reads the results.
 */
#include <kunit/test.h>

#include <asm/current.h>
#include <primer/kernel.h>
#include <primer/preempt.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "kunit.h"

static struct kunit inner_test(void)
{
	return (struct kunit){ .name = "inner", .task = current, .indent = "  # " };
}

static void expect_continues(struct kunit *test)
{
	struct kunit inner = inner_test();
	volatile int reached = 0;

	if (kunit_setjmp(&inner.jump) == 0) {
		KUNIT_EXPECT_EQ(&inner, 2 + 2, 5);
		reached = 1;
	}
	KUNIT_EXPECT_EQ(test, inner.status, KUNIT_FAILURE);
	KUNIT_EXPECT_EQ(test, reached, 1);
}

static noinline void deep(struct kunit *inner, int depth)
{
	if (depth)
		deep(inner, depth - 1);
	KUNIT_ASSERT_STREQ(inner, "left", "right");
}

static void assert_leaves_from_any_depth(struct kunit *test)
{
	struct kunit inner = inner_test();
	volatile int reached = 0;

	if (kunit_setjmp(&inner.jump) == 0) {
		deep(&inner, 20);
		reached = 1;
	}
	KUNIT_EXPECT_EQ(test, inner.status, KUNIT_FAILURE);
	KUNIT_EXPECT_EQ(test, reached, 0);
}

/* Each line below is false; the count of reports is the count of lines. */
static void every_check_can_fail(struct kunit *test)
{
	static const u8 a[4] = { 1, 2, 3, 4 }, b[4] = { 1, 2, 9, 4 };
	struct kunit inner = inner_test();
	unsigned int failed = 0;

#define MUST_FAIL(check) do { inner.status = KUNIT_SUCCESS; check; failed += inner.status == KUNIT_FAILURE; } while (0)
	MUST_FAIL(KUNIT_EXPECT_TRUE(&inner, false));
	MUST_FAIL(KUNIT_EXPECT_FALSE(&inner, true));
	MUST_FAIL(KUNIT_EXPECT_NULL(&inner, a));
	MUST_FAIL(KUNIT_EXPECT_NOT_NULL(&inner, NULL));
	MUST_FAIL(KUNIT_EXPECT_NOT_ERR_OR_NULL(&inner, ERR_PTR(-ENOMEM)));
	MUST_FAIL(KUNIT_EXPECT_NE(&inner, 3, 3));
	MUST_FAIL(KUNIT_EXPECT_LT(&inner, 3, 3));
	MUST_FAIL(KUNIT_EXPECT_LE(&inner, 4, 3));
	MUST_FAIL(KUNIT_EXPECT_GT(&inner, 3, 3));
	MUST_FAIL(KUNIT_EXPECT_GE(&inner, 3, 4));
	MUST_FAIL(KUNIT_EXPECT_PTR_EQ(&inner, a, b));
	MUST_FAIL(KUNIT_EXPECT_PTR_NE(&inner, a, a));
	MUST_FAIL(KUNIT_EXPECT_STRNEQ(&inner, "same", "same"));
	MUST_FAIL(KUNIT_EXPECT_MEMEQ(&inner, a, b, sizeof(a)));
	MUST_FAIL(KUNIT_EXPECT_MEMNEQ(&inner, a, b, 2));
	MUST_FAIL(KUNIT_EXPECT_EQ_MSG(&inner, 1, 2, "the writer's own words, %d", 3));
	MUST_FAIL(KUNIT_FAIL(&inner, "always"));
#undef MUST_FAIL
	KUNIT_EXPECT_EQ(test, failed, 17);
}

static void every_check_can_pass(struct kunit *test)
{
	static const u8 a[4] = { 1, 2, 3, 4 }, b[4] = { 1, 2, 9, 4 };

	KUNIT_EXPECT_TRUE(test, true);
	KUNIT_EXPECT_FALSE(test, false);
	KUNIT_EXPECT_NULL(test, NULL);
	KUNIT_EXPECT_NOT_NULL(test, a);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, a);
	KUNIT_EXPECT_EQ(test, 4, 2 + 2);
	KUNIT_EXPECT_NE(test, 4, 5);
	KUNIT_EXPECT_LT(test, -1, 0);
	KUNIT_EXPECT_LE(test, 3, 3);
	KUNIT_EXPECT_GT(test, U64_MAX, 1);
	KUNIT_EXPECT_GE(test, 3, 3);
	KUNIT_EXPECT_PTR_EQ(test, a, a);
	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_STREQ(test, "same", "same");
	KUNIT_EXPECT_STRNEQ(test, "left", "right");
	KUNIT_EXPECT_MEMEQ(test, a, b, 2);
	KUNIT_EXPECT_MEMNEQ(test, a, b, sizeof(a));
	KUNIT_SUCCEED(test);
}

static void operands_are_evaluated_once(struct kunit *test)
{
	int calls = 0;

	KUNIT_EXPECT_EQ(test, ++calls, 1);
	KUNIT_EXPECT_TRUE(test, ++calls == 2);
	KUNIT_EXPECT_EQ(test, calls, 2);
}

static char order[4];
static unsigned int order_len;

static void note(void *arg)
{
	if (order_len < sizeof(order) - 1)
		order[order_len++] = *(const char *)arg;
}

static void actions_run_once_last_first(struct kunit *test)
{
	struct kunit inner = inner_test();

	order_len = 0;
	memset(order, 0, sizeof(order));
	KUNIT_ASSERT_EQ(test, kunit_add_action(&inner, note, "a"), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(&inner, note, "b"), 0);
	kunit_run_actions(&inner);
	kunit_run_actions(&inner);
	KUNIT_EXPECT_STREQ(test, order, "ba");
}

static void memory_of_a_case_is_zeroed(struct kunit *test)
{
	const u8 *memory = kunit_kzalloc(test, 200, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory, 0, 200));
}

static void skip_is_no_failure(struct kunit *test)
{
	struct kunit inner = inner_test();

	if (kunit_setjmp(&inner.jump) == 0)
		kunit_skip(&inner, "no %s here", "machine");
	KUNIT_EXPECT_EQ(test, inner.status, KUNIT_SKIPPED);
	KUNIT_EXPECT_STREQ(test, inner.status_comment, "no machine here");
}

static void a_failure_outlives_a_skip(struct kunit *test)
{
	struct kunit inner = inner_test();

	KUNIT_FAIL(&inner, "first");
	kunit_mark_skipped(&inner, "then");
	KUNIT_EXPECT_EQ(test, inner.status, KUNIT_FAILURE);
}

static const int squares[][2] = { { 2, 4 }, { 3, 9 }, { -4, 16 } };
static unsigned int squares_seen;

static void describe_square(const int (*square)[2], char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "square of %d", (*square)[0]);
}
KUNIT_ARRAY_PARAM(square, squares, describe_square)

static void each_parameter_comes_once_in_order(struct kunit *test)
{
	const int (*square)[2] = test->param_value;

	KUNIT_EXPECT_PTR_EQ(test, square, &squares[squares_seen % ARRAY_SIZE(squares)]);
	KUNIT_EXPECT_EQ(test, (*square)[0] * (*square)[0], (*square)[1]);
	squares_seen++;
}

static void all_parameters_came(struct kunit *test)
{
	if (!squares_seen)
		kunit_skip(test, "each_parameter_comes_once_in_order was not selected");
	KUNIT_EXPECT_EQ(test, squares_seen % ARRAY_SIZE(squares), 0);
}

static int set_priv(struct kunit *test)
{
	test->priv = test;
	return 0;
}

static void init_runs_before_the_case(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, test->priv, test);
	KUNIT_EXPECT_EQ(test, preempt_count(), 0);
}

static struct kunit_case kunit_cases[] = {
	KUNIT_CASE(expect_continues),
	KUNIT_CASE(assert_leaves_from_any_depth),
	KUNIT_CASE(every_check_can_fail),
	KUNIT_CASE(every_check_can_pass),
	KUNIT_CASE(operands_are_evaluated_once),
	KUNIT_CASE(actions_run_once_last_first),
	KUNIT_CASE(memory_of_a_case_is_zeroed),
	KUNIT_CASE(skip_is_no_failure),
	KUNIT_CASE(a_failure_outlives_a_skip),
	KUNIT_CASE_PARAM(each_parameter_comes_once_in_order, square_gen_params),
	KUNIT_CASE(all_parameters_came),
	KUNIT_CASE(init_runs_before_the_case),
	{}
};

static struct kunit_suite kunit_suite = { .name = "kunit", .init = set_priv, .test_cases = kunit_cases };
kunit_test_suite(kunit_suite);
