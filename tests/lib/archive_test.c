/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/lib/archive_test.c - cpio, gzip, CRC, sorting in the kernel.
 */
#include <kunit/test.h>
#include <primer/bsearch.h>
#include <primer/cpio.h>
#include <primer/crc32.h>
#include <primer/errno.h>
#include <primer/gfp.h>
#include <primer/inflate.h>
#include <primer/kernel.h>
#include <primer/math64.h>
#include <primer/sort.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "random.h"

/* A header of 110 bytes, then the name. */
static size_t put_member(char *buf, const char *name, u32 mode, const char *data, u32 size)
{
	size_t len = sprintf(buf, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode, 0, 0, 1, 0,
			     size, 0, 0, 0, 0, (u32)strlen(name) + 1, 0);

	len += sprintf(buf + len, "%s", name) + 1;
	while (len & 3)
		buf[len++] = 0;
	memcpy(buf + len, data, size);
	len += size;
	while (len & 3)
		buf[len++] = 0;
	return len;
}

static void cpio(struct kunit *test)
{
	char *buf = kunit_kzalloc(test, 1024, GFP_KERNEL);
	struct cpio_iter it;
	struct cpio_entry e;
	size_t len, whole;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	len = put_member(buf, "init", 0100755, "#!", 2);
	whole = len + put_member(buf + len, "TRAILER!!!", 0, "", 0);
	cpio_init(&it, buf, whole + 16);
	KUNIT_ASSERT_EQ(test, cpio_next(&it, &e), 0);
	KUNIT_EXPECT_STREQ(test, e.name, "init");
	KUNIT_EXPECT_EQ(test, e.mode, 0100755);
	KUNIT_EXPECT_EQ(test, e.filesize, 2);
	KUNIT_EXPECT_EQ(test, cpio_next(&it, &e), 1);
	/* Cut anywhere before the trailer's padding, it says so. */
	for (size_t cut = 1; cut < whole - 3; cut++) {
		int err;

		cpio_init(&it, buf, cut);
		while ((err = cpio_next(&it, &e)) == 0)
			;
		KUNIT_ASSERT_EQ(test, err, -EINVAL);
	}
	KUNIT_EXPECT_FALSE(test, cpio_name_ok("a/../b"));
}

/* "primer primer primer primer primer\n" as gzip -9 writes it. */
static const u8 gz[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
	0x2b, 0x28, 0xca, 0xcc, 0x4d, 0x2d, 0x52, 0x28, 0xc0, 0x4d, 0x71, 0x01, 0x00, 0x4a, 0xca, 0xa7,
	0xc6, 0x23, 0x00, 0x00, 0x00,
};

static void gzip(struct kunit *test)
{
	struct inflate *s = kunit_kmalloc(test, sizeof(*s), GFP_KERNEL);
	char out[64];
	size_t len = sizeof(out), used;
	int same = 0;
	u8 bad[sizeof(gz)];

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_EQ(test, gunzip_to_buf(s, gz, sizeof(gz), out, &len, &used), 0);
	KUNIT_EXPECT_EQ(test, used, sizeof(gz));
	KUNIT_EXPECT_EQ(test, len, 35);
	KUNIT_EXPECT_MEMEQ(test, out, "primer primer primer primer primer\n", 35);
	/* The header has fields that nobody checks, and a few bits between stream and trailer mean nothing. */
	for (size_t bit = 10 * 8; bit < sizeof(gz) * 8; bit++) {
		memcpy(bad, gz, sizeof(gz));
		bad[bit / 8] ^= 1 << bit % 8;
		len = sizeof(out);
		if (gunzip_to_buf(s, bad, sizeof(bad), out, &len, NULL) == 0) {
			same++;
			KUNIT_ASSERT_EQ(test, len, 35);
			KUNIT_ASSERT_MEMEQ(test, out, "primer primer primer primer primer\n", 35);
		}
	}
	KUNIT_EXPECT_EQ(test, same, 7);
}

static int cmp_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static void sorting(struct kunit *test)
{
	struct test_random r;
	u32 a[200];

	test_random_init(test, &r, 4);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = test_random_below(&r, 500);
	sort(a, ARRAY_SIZE(a), sizeof(a[0]), cmp_u32, NULL);
	for (size_t i = 1; i < ARRAY_SIZE(a); i++)
		KUNIT_ASSERT_LE(test, a[i - 1], a[i]);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++) {
		u32 *found = bsearch(&a[i], a, ARRAY_SIZE(a), sizeof(a[0]), cmp_u32);

		KUNIT_ASSERT_NOT_NULL(test, found);
		KUNIT_ASSERT_EQ(test, *found, a[i]);
	}
}

static void numbers(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ~crc32_le(~0U, "123456789", 9), 0xcbf43926);
	KUNIT_EXPECT_EQ(test, mul_u64_u64_shr(~0ULL, ~0ULL, 64), ~0ULL - 1);
	KUNIT_EXPECT_EQ(test, mul_u64_u64_div_u64(~0ULL, 1000000007, 1000000007), ~0ULL);
	KUNIT_EXPECT_EQ(test, int_sqrt(99), 9);
	KUNIT_EXPECT_EQ(test, gcd(84, 36), 12);
}

static struct kunit_case archive_cases[] = {
	KUNIT_CASE_NAMED(cpio, "cpio: a whole archive, and each way of cutting it"),
	KUNIT_CASE_NAMED(gzip, "gzip: a whole file, and no flipped bit gives other data"),
	KUNIT_CASE_NAMED(sorting, "sort and bsearch"),
	KUNIT_CASE_NAMED(numbers, "CRC-32, wide products and quotients, roots"),
	{}
};

static struct kunit_suite archive_suite = { .name = "archive", .test_cases = archive_cases };
kunit_test_suite(archive_suite);
