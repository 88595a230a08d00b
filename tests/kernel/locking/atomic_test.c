/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/atomic_test.c - what each atomic operation computes and returns, against plain arithmetic. That
 * they are atomic is torture_litmus's affair.
 */
#include <kunit/test.h>
#include <primer/atomic.h>
#include <primer/bitops.h>

/* One operation in all its forms: @op is the C operator. */
#define CHECK(prefix, type, name, op, start, arg) do { \
	prefix##_t v; \
	type old = (type)(start), new = (type)(old op (type)(arg)); \
\
	prefix##_set(&v, old); \
	prefix##_##name((type)(arg), &v); \
	KUNIT_EXPECT_EQ(test, prefix##_read(&v), new); \
	prefix##_set(&v, old); \
	KUNIT_EXPECT_EQ(test, prefix##_fetch_##name((type)(arg), &v), old); \
	KUNIT_EXPECT_EQ(test, prefix##_read(&v), new); \
	prefix##_set(&v, old); \
	KUNIT_EXPECT_EQ(test, prefix##_fetch_##name##_acquire((type)(arg), &v), old); \
	KUNIT_EXPECT_EQ(test, prefix##_fetch_##name##_release((type)(arg), &v), new); \
	prefix##_set(&v, old); \
	KUNIT_EXPECT_EQ(test, prefix##_fetch_##name##_relaxed((type)(arg), &v), old); \
	KUNIT_EXPECT_EQ(test, prefix##_read(&v), new); \
} while (0)

#define CHECK_RETURN(prefix, type, name, op, start, arg) do { \
	prefix##_t v; \
	type old = (type)(start); \
\
	prefix##_set(&v, old); \
	KUNIT_EXPECT_EQ(test, prefix##_##name##_return((type)(arg), &v), (type)(old op (type)(arg))); \
	prefix##_set(&v, old); \
	KUNIT_EXPECT_EQ(test, prefix##_##name##_return_relaxed((type)(arg), &v), (type)(old op (type)(arg))); \
	KUNIT_EXPECT_EQ(test, prefix##_read_acquire(&v), (type)(old op (type)(arg))); \
} while (0)

#define CHECK_ALL(prefix, type, start, arg) do { \
	CHECK(prefix, type, add, +, start, arg); \
	CHECK(prefix, type, sub, -, start, arg); \
	CHECK(prefix, type, and, &, start, arg); \
	CHECK(prefix, type, or, |, start, arg); \
	CHECK(prefix, type, xor, ^, start, arg); \
	CHECK(prefix, type, andnot, & ~, start, arg); \
	CHECK_RETURN(prefix, type, add, +, start, arg); \
	CHECK_RETURN(prefix, type, sub, -, start, arg); \
} while (0)

static void arithmetic(struct kunit *test)
{
	static const int starts[] = { 0, 1, -1, 5, -100000, 0x7ffffff };

	for (unsigned int i = 0; i < 6; i++) {
		CHECK_ALL(atomic, int, starts[i], 3);
		CHECK_ALL(atomic, int, starts[i], -77);
		CHECK_ALL(atomic64, s64, starts[i] * (1LL << 30), 0x123456789abLL);
		CHECK_ALL(atomic_long, long, starts[i], -1);
	}
}

static void conditions(struct kunit *test)
{
	atomic_t v = ATOMIC_INIT(1);
	int seen = 7;

	KUNIT_EXPECT_TRUE(test, atomic_dec_and_test(&v));
	KUNIT_EXPECT_FALSE(test, atomic_inc_not_zero(&v));
	KUNIT_EXPECT_FALSE(test, atomic_add_unless(&v, 5, 0));
	KUNIT_EXPECT_TRUE(test, atomic_add_unless(&v, 5, 1));
	KUNIT_EXPECT_EQ(test, atomic_fetch_add_unless(&v, 2, 9), 5);
	KUNIT_EXPECT_TRUE(test, atomic_sub_and_test(7, &v));
	KUNIT_EXPECT_TRUE(test, atomic_add_negative(-3, &v));
	KUNIT_EXPECT_FALSE(test, atomic_inc_unless_negative(&v));
	KUNIT_EXPECT_TRUE(test, atomic_dec_unless_positive(&v));
	KUNIT_EXPECT_EQ(test, atomic_read(&v), -4);
	KUNIT_EXPECT_EQ(test, atomic_dec_if_positive(&v), -5);
	KUNIT_EXPECT_EQ(test, atomic_read(&v), -4);
	atomic_set_release(&v, 2);
	KUNIT_EXPECT_EQ(test, atomic_dec_if_positive(&v), 1);
	KUNIT_EXPECT_FALSE(test, atomic_dec_unless_positive(&v));
	KUNIT_EXPECT_TRUE(test, atomic_inc_unless_negative(&v));
	KUNIT_EXPECT_FALSE(test, atomic_inc_and_test(&v));
	KUNIT_EXPECT_EQ(test, atomic_xchg(&v, 10), 3);
	KUNIT_EXPECT_EQ(test, atomic_xchg_relaxed(&v, 11), 10);
	KUNIT_EXPECT_EQ(test, atomic_cmpxchg(&v, 10, 12), 11);
	KUNIT_EXPECT_EQ(test, atomic_cmpxchg(&v, 11, 12), 11);
	KUNIT_EXPECT_FALSE(test, atomic_try_cmpxchg(&v, &seen, 1));
	KUNIT_EXPECT_EQ_MSG(test, seen, 12, "what was found is told");
	KUNIT_EXPECT_TRUE(test, atomic_try_cmpxchg_relaxed(&v, &seen, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&v), 1);
	KUNIT_EXPECT_EQ(test, atomic_fetch_inc(&v), 1);
	KUNIT_EXPECT_EQ(test, atomic_fetch_dec_acquire(&v), 2);
}

static void sizes(struct kunit *test)
{
	u8 b = 1;
	u16 w = 2;
	u32 l = 3;
	u64 q = 4ULL << 40;

	KUNIT_EXPECT_EQ(test, cmpxchg(&b, 1, 200), 1);
	KUNIT_EXPECT_EQ(test, cmpxchg(&w, 2, 60000), 2);
	KUNIT_EXPECT_EQ(test, xchg(&l, 0xffffffffU), 3U);
	KUNIT_EXPECT_EQ(test, cmpxchg(&q, 4ULL << 40, 5ULL << 40), 4ULL << 40);
	KUNIT_EXPECT_EQ(test, cmpxchg_local(&b, 200, 7), 200);
	KUNIT_EXPECT_EQ(test, cmpxchg_local(&w, 1, 7), 60000);
	KUNIT_EXPECT_EQ(test, cmpxchg_local(&l, 0xffffffffU, 7), 0xffffffffU);
	KUNIT_EXPECT_EQ(test, cmpxchg_local(&q, 5ULL << 40, 7), 5ULL << 40);
	KUNIT_EXPECT_EQ(test, b, 7);
	KUNIT_EXPECT_EQ_MSG(test, w, 60000, "no store when the value is another");
	KUNIT_EXPECT_EQ(test, l, 7U);
	KUNIT_EXPECT_EQ(test, q, 7ULL);
	KUNIT_EXPECT_EQ(test, smp_cond_load_acquire(&l, VAL > 5), 7U);
}

static struct kunit_case atomic_cases[] = {
	KUNIT_CASE_NAMED(arithmetic, "every form of every operation computes and returns what C does"),
	KUNIT_CASE_NAMED(conditions, "conditional forms change exactly when they say so"),
	KUNIT_CASE_NAMED(sizes, "exchanges of one, two, four and eight bytes"),
	{}
};
static struct kunit_suite atomic_suite = { .name = "atomic", .test_cases = atomic_cases };
kunit_test_suite(atomic_suite);
