/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/lib/string_test.c - lib's text functions as the kernel's compiler flags made them. The host tests go deeper.
 */
#include <kunit/test.h>
#include <primer/bitmap.h>
#include <primer/err.h>
#include <primer/glob.h>
#include <primer/hash.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/seq_buf.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "random.h"

#define AREA	300

/* Bytes one at a time, which the compiler must not turn into the function under test: hence volatile. */
static void slow_copy(volatile u8 *d, const volatile u8 *s, size_t n)
{
	if (d <= s) {
		for (size_t i = 0; i < n; i++)
			d[i] = s[i];
	} else {
		while (n--)
			d[n] = s[n];
	}
}

static void copies(struct kunit *test)
{
	struct test_random r;
	u8 a[AREA], b[AREA];

	test_random_init(test, &r, 1);
	for (int i = 0; i < 3000; i++) {
		size_t n = test_random_below(&r, 100);
		size_t dst = test_random_below(&r, AREA - n), src = test_random_below(&r, AREA - n);

		for (int k = 0; k < AREA; k++)
			((volatile u8 *)a)[k] = ((volatile u8 *)b)[k] = k * 7 + i;
		if (dst + n <= src || src + n <= dst)
			memcpy(a + dst, a + src, n);
		else
			memmove(a + dst, a + src, n);
		slow_copy(b + dst, b + src, n);
		n = test_random_below(&r, 100);
		memset(a + dst % 200, i, n);
		for (size_t k = 0; k < n; k++)
			((volatile u8 *)b)[dst % 200 + k] = i;
		for (int k = 0; k < AREA; k++)
			KUNIT_ASSERT_EQ(test, a[k], b[k]);
		KUNIT_ASSERT_EQ(test, memcmp(a, b, AREA), 0);
	}
}

static void searches(struct kunit *test)
{
	char text[40] = "the kernel is a program", *p = text;

	KUNIT_EXPECT_EQ(test, strlen(p), 23);
	for (int i = 0; i < 23; i++)
		KUNIT_EXPECT_EQ(test, strlen(p + i), 23 - i);
	KUNIT_EXPECT_EQ(test, strnlen(p, 5), 5);
	KUNIT_EXPECT_PTR_EQ(test, strchr(p, 'k'), p + 4);
	KUNIT_EXPECT_PTR_EQ(test, strrchr(p, 'r'), p + 20);
	KUNIT_EXPECT_PTR_EQ(test, strstr(p, "is"), p + 11);
	KUNIT_EXPECT_NULL(test, strstr(p, "user"));
	KUNIT_EXPECT_LT(test, strcmp("abc", "abd"), 0);
	KUNIT_EXPECT_EQ(test, strncmp("abc", "abd", 2), 0);
	KUNIT_EXPECT_STREQ(test, strsep(&p, " "), "the");
	KUNIT_EXPECT_STREQ(test, p, "kernel is a program");
	KUNIT_EXPECT_EQ(test, strscpy(text, "0123456789", 5), -E2BIG);
	KUNIT_EXPECT_STREQ(test, text, "0123");
	KUNIT_EXPECT_TRUE(test, glob_match("sched*[0-9]", "sched_fair7"));
	KUNIT_EXPECT_EQ(test, hashlen_hash(hash_name(NULL, "usr/bin")), full_name_hash(NULL, "usr", 3));
	KUNIT_EXPECT_EQ(test, hashlen_len(hash_name(NULL, "usr/bin")), 3);
}

/* Nine integers behind the fixed arguments: some arrive in registers, some on the stack. */
static void formats(struct kunit *test)
{
	char buf[100];

	KUNIT_EXPECT_EQ(test, snprintf(buf, sizeof(buf), "%d %u %x %o %ld %llu %c %s %5d|%-5d|%05d", -1, 2U, 0x3f, 8,
				       -5L, 6ULL, 'c', "str", 42, 42, 42), 39);
	KUNIT_EXPECT_STREQ(test, buf, "-1 2 3f 10 -5 6 c str    42|42   |00042");
	KUNIT_EXPECT_EQ(test, snprintf(buf, 4, "%s", "123456"), 6);
	KUNIT_EXPECT_STREQ(test, buf, "123");
	snprintf(buf, sizeof(buf), "%p %pe %.3s %#x %*ph", (void *)0xffffffff81000000, ERR_PTR(-ENOENT), "abcdef", 0,
		 3, "\1\2\3");
	KUNIT_EXPECT_STREQ(test, buf, "ffffffff81000000 -ENOENT abc 0x0 01 02 03");
	KUNIT_EXPECT_EQ(test, scnprintf(buf, 4, "%s", "123456"), 3);
}

static void symbols(struct kunit *test)
{
	char buf[KSYM_SYMBOL_LEN];

	snprintf(buf, sizeof(buf), "%ps", (void *)strscpy);
	KUNIT_EXPECT_STREQ(test, buf, "strscpy");
	snprintf(buf, sizeof(buf), "%pS", (char *)strscpy + 1);
	KUNIT_EXPECT_TRUE(test, strstarts(buf, "strscpy+0x1/0x"));
}

static void numbers(struct kunit *test)
{
	unsigned long long u;
	long long s;
	int i;
	char *end;

	KUNIT_EXPECT_EQ(test, kstrtoull("0xffffffffffffffff\n", 0, &u), 0);
	KUNIT_EXPECT_EQ(test, u, ~0ULL);
	KUNIT_EXPECT_EQ(test, kstrtoull("18446744073709551616", 10, &u), -ERANGE);
	KUNIT_EXPECT_EQ(test, kstrtoll("-9223372036854775808", 10, &s), 0);
	KUNIT_EXPECT_EQ(test, s, S64_MIN);
	KUNIT_EXPECT_EQ(test, kstrtoint("2147483648", 10, &i), -ERANGE);
	KUNIT_EXPECT_EQ(test, kstrtoint("12x", 10, &i), -EINVAL);
	KUNIT_EXPECT_EQ(test, memparse("64M@1", &end), 64 << 20);
	KUNIT_EXPECT_STREQ(test, end, "@1");
}

static void bitmaps(struct kunit *test)
{
	DECLARE_BITMAP(map, 130);
	char buf[64];

	KUNIT_EXPECT_EQ(test, bitmap_parselist("0-3,8,100-129:1/10", map, 130), 0);
	snprintf(buf, sizeof(buf), "%*pbl", 130, map);
	KUNIT_EXPECT_STREQ(test, buf, "0-3,8,100,110,120");
	KUNIT_EXPECT_EQ(test, bitmap_weight(map, 130), 8);
	KUNIT_EXPECT_EQ(test, find_next_bit(map, 130, 9), 100);
	KUNIT_EXPECT_EQ(test, find_next_zero_bit(map, 130, 0), 4);
	KUNIT_EXPECT_EQ(test, bitmap_find_next_zero_area(map, 130, 0, 64, 0), 9);
	KUNIT_EXPECT_FALSE(test, test_and_set_bit(70, map));
	KUNIT_EXPECT_TRUE(test, test_and_clear_bit(70, map));
	KUNIT_EXPECT_FALSE(test, test_bit(70, map));
}

static void seq_bufs(struct kunit *test)
{
	char buf[16];
	struct seq_buf s;

	seq_buf_init(&s, buf, sizeof(buf));
	seq_buf_printf(&s, "%s=%d ", "x", 12);
	seq_buf_puts(&s, "more");
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), "x=12 more");
	KUNIT_EXPECT_FALSE(test, seq_buf_has_overflowed(&s));
	KUNIT_EXPECT_EQ(test, seq_buf_puts(&s, "too much text"), -1);
	KUNIT_EXPECT_EQ(test, seq_buf_putc(&s, '!'), -1);
	KUNIT_EXPECT_TRUE(test, seq_buf_has_overflowed(&s));
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), "x=12 moretoo mu");
}

static struct kunit_case string_cases[] = {
	KUNIT_CASE_NAMED(copies, "memcpy, memmove and memset agree with a loop over bytes"),
	KUNIT_CASE_NAMED(searches, "lengths, comparisons, searches, patterns and name hashes"),
	KUNIT_CASE_NAMED(formats, "printf conversions"),
	KUNIT_CASE_NAMED(symbols, "%ps and %pS name a function of this kernel"),
	KUNIT_CASE_NAMED(numbers, "text to numbers, with limits"),
	KUNIT_CASE_NAMED(bitmaps, "bitmaps and their lists"),
	KUNIT_CASE_NAMED(seq_bufs, "a seq_buf cuts and says so"),
	{}
};

static struct kunit_suite string_suite = { .name = "string", .test_cases = string_cases };
kunit_test_suite(string_suite);
