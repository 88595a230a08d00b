/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/string_test.c - bytes and strings against libc.
 */
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/string.h>

#include "harness.h"

KERNEL_FN(memcmp);
KERNEL_FN(memchr);
KERNEL_FN(strlen);
KERNEL_FN(strnlen);
KERNEL_FN(strcmp);
KERNEL_FN(strncmp);
KERNEL_FN(strcasecmp);
KERNEL_FN(strncasecmp);
KERNEL_FN(strchr);
KERNEL_FN(strchrnul);
KERNEL_FN(strrchr);
KERNEL_FN(strstr);
KERNEL_FN(strspn);
KERNEL_FN(strcspn);
KERNEL_FN(strpbrk);
KERNEL_FN(strsep);
KERNEL_FN(strcpy);
KERNEL_FN(strncpy);
KERNEL_FN(strcat);
KERNEL_FN(strncat);
KERNEL_FN(memcpy);

#define AREA	9000

/* Two equal areas: the kernel's function works on one, libc's on the other; afterwards all bytes must agree. */
static u8 ours[AREA], theirs[AREA];

static void refill(size_t n)
{
	for (size_t i = 0; i < n; i++)
		ours[i] = theirs[i] = rnd();
}

/* Mostly the sizes at which the code changes its way, now and then a page or two. */
static size_t random_size(void)
{
	return rnd_below(10) ? rnd_below(140) : rnd_below(4200);
}

static void copies(void)
{
	for (int i = 0; i < 60000; i++) {
		size_t n = i < 150 * 3 ? (size_t)i / 3 : random_size();
		size_t area = 2 * n + 64, dst, src;

		refill(area);
		switch (i % 3) {
		case 0:
			/* Apart: the source in the lower or in the upper half. */
			src = rnd_below(16);
			dst = n + 16 + rnd_below(16);
			if (rnd_below(2))
				swap(src, dst);
			CHECK(__memcpy(ours + dst, ours + src, n) == ours + dst);
			memmove(theirs + dst, theirs + src, n);
			break;
		case 1:
			/* Anywhere, overlapping more often than not. */
			dst = rnd_below(area - n);
			src = rnd_below(area - n);
			CHECK(__memmove(ours + dst, ours + src, n) == ours + dst);
			memmove(theirs + dst, theirs + src, n);
			break;
		case 2:
			dst = rnd_below(area - n);
			src = rnd();
			CHECK(__memset(ours + dst, src, n) == ours + dst);
			memset(theirs + dst, src, n);
			break;
		}
		CHECK_EQ(memcmp(ours, theirs, area), 0);
	}
	CHECK(k_memcpy != (void *)memcpy);
}

static void close_overlaps(void)
{
	for (size_t n = 0; n < 100; n++) {
		for (int distance = -40; distance <= 40; distance++) {
			refill(200);
			__memmove(ours + 50 + distance, ours + 50, n);
			memmove(theirs + 50 + distance, theirs + 50, n);
			CHECK_EQ(memcmp(ours, theirs, 200), 0);
		}
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void comparisons(void)
{
	for (int i = 0; i < 50000; i++) {
		size_t n = rnd_below(60);
		u8 *a = malloc(n + 1), *b = malloc(n + 1);		/* exact sizes: ASan sees any overrun */
		int c = rnd_below(4), want;

		for (size_t k = 0; k < n; k++)
			a[k] = b[k] = rnd_below(3);
		for (int k = rnd_below(4); n && k > 0; k--)
			b[rnd_below(n)] = rnd_below(3) * 100;
		CHECK_EQ(sign(k_memcmp(a, b, n)), sign(memcmp(a, b, n)));
		CHECK(k_memchr(a, c, n) == memchr(a, c, n));
		for (want = 0; want < (int)n && b[want] == 1; want++)
			;
		CHECK(memchr_inv(b, 1, n) == (want == (int)n ? NULL : b + want));
		CHECK(memscan(a, c, n) == (memchr(a, c, n) ? memchr(a, c, n) : a + n));
		free(a);
		free(b);
	}
}

static void pattern_fills(void)
{
	u64 words[40];
	u32 halves[40];
	u16 quarters[40];

	for (size_t n = 0; n <= 30; n++) {
		memset(words, 0, sizeof(words));
		memset(halves, 0, sizeof(halves));
		memset(quarters, 0, sizeof(quarters));
		memset64(words + 5, 0x1122334455667788, n);
		memset32(halves + 5, 0x11223344, n);
		memset16(quarters + 5, 0x1122, n);
		for (size_t i = 0; i < 40; i++) {
			bool in = i >= 5 && i < 5 + n;

			CHECK_EQ(words[i], in ? 0x1122334455667788 : 0);
			CHECK_EQ(halves[i], in ? 0x11223344 : 0);
			CHECK_EQ(quarters[i], in ? 0x1122 : 0);
		}
	}
	memcpy_and_pad(ours, 10, "abc", 3, '.');
	CHECK_EQ(memcmp(ours, "abc.......", 10), 0);
	memcpy_and_pad(ours, 2, "xyz", 3, '.');
	CHECK_EQ(memcmp(ours, "xyc", 3), 0);
}

/* A string over a small alphabet in an allocation of just its size; in a block of its own at a random alignment. */
static char *random_string(size_t max, char **block)
{
	size_t n = rnd_below(max + 1), skip = rnd_below(8);
	char *s = (*block = malloc(skip + n + 1)) + skip;

	for (size_t i = 0; i < n; i++)
		s[i] = "aAbB/ ."[rnd_below(rnd_below(5) ? 2 : 7)];
	s[n] = '\0';
	return s;
}

static void searches(void)
{
	for (int i = 0; i < 50000; i++) {
		char *block_a, *block_b, *a = random_string(40, &block_a), *b = random_string(3, &block_b);
		size_t n = rnd_below(4) ? rnd_below(45) : SIZE_MAX - rnd_below(3);
		char c = "aAbB/ ."[rnd_below(8)];

		CHECK_EQ(k_strlen(a), strlen(a));
		CHECK_EQ(k_strnlen(a, n), strnlen(a, n));
		CHECK_EQ(sign(k_strcmp(a, b)), sign(strcmp(a, b)));
		CHECK_EQ(k_strcmp(a, a), 0);
		CHECK_EQ(sign(k_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		CHECK_EQ(sign(k_strcasecmp(a, b)), sign(strcasecmp(a, b)));
		CHECK_EQ(sign(k_strncasecmp(a, b, n)), sign(strncasecmp(a, b, n)));
		CHECK(k_strchr(a, c) == strchr(a, c));
		CHECK(k_strchrnul(a, c) == (strchr(a, c) ? strchr(a, c) : a + strlen(a)));
		CHECK(strnchr(a, n, c) == (n > strlen(a) ? strchr(a, c) : memchr(a, c, n)));
		CHECK(k_strrchr(a, c) == strrchr(a, c));
		CHECK(k_strstr(a, b) == strstr(a, b));
		CHECK(strnstr(a, b, SIZE_MAX) == strstr(a, b));
		CHECK_EQ(k_strspn(a, b), strspn(a, b));
		CHECK_EQ(k_strcspn(a, b), strcspn(a, b));
		CHECK(k_strpbrk(a, b) == strpbrk(a, b));
		CHECK_EQ(strstarts(a, b), strncmp(a, b, strlen(b)) == 0);
		CHECK_EQ(str_has_prefix(a, b), strncmp(a, b, strlen(b)) == 0 ? strlen(b) : 0);
		free(block_a);
		free(block_b);
	}
	CHECK(strnstr("hello", "lo", 4) == NULL);
	CHECK(strnstr("hello", "", 0) != NULL);
}

static void unterminated(void)
{
	/* strnlen and strscpy must not need a zero within the limit. */
	for (size_t n = 0; n < 40; n++) {
		char *a = malloc(n + 1), out[64];

		memset(a, 'x', n);
		a[n] = 'y';
		CHECK_EQ(k_strnlen(a, n), n);
		CHECK_EQ(k_strnlen(a, n + 1), n + 1);
		CHECK_EQ(strscpy(out, a, n + 1), -E2BIG);
		CHECK_EQ(strlen(out), n);
		free(a);
	}
}

static void building(void)
{
	char x[100], y[100];

	for (int i = 0; i < 20000; i++) {
		char *block, *a = random_string(40, &block), *block2, *b = random_string(20, &block2);
		size_t n = rnd_below(45), len;

		memset(x, 0x55, sizeof(x));
		memset(y, 0x55, sizeof(y));
		k_strcpy(x, a);
		strcpy(y, a);
		k_strcat(x, b);
		strcat(y, b);
		k_strncat(x, a, n % 20);
		strncat(y, a, n % 20);
		CHECK_EQ(memcmp(x, y, sizeof(x)), 0);
		k_strncpy(x, a, n);
		strncpy(y, a, n);
		CHECK_EQ(memcmp(x, y, sizeof(x)), 0);

		memset(x, 0x55, sizeof(x));
		len = strlen(a);
		CHECK_EQ(strscpy(x, a, n), n > len ? (long)len : -E2BIG);
		if (n) {
			size_t copied = min(len, n - 1);

			CHECK_EQ(memcmp(x, a, copied), 0);
			CHECK_EQ(x[copied], 0);
			CHECK_EQ(x[copied + 1], 0x55);
			CHECK_EQ(strlcat(x, b, n), copied + strlen(b));
			CHECK_EQ(strlen(x), min(copied + strlen(b), n - 1));
		} else {
			CHECK_EQ(x[0], 0x55);
		}
		memset(x, 0x55, sizeof(x));
		if (strscpy_pad(x, a, n) >= 0)
			CHECK(!memchr_inv(x + len, 0, n - len));
		free(block);
		free(block2);
	}
}

static void words(void)
{
	static const char *const list[] = { "one", "two", NULL, "four" };
	char text[] = "a,,b;c", *p = text, buf[32];

	CHECK_STR(k_strsep(&p, ",;"), "a");
	CHECK_STR(k_strsep(&p, ",;"), "");
	CHECK_STR(k_strsep(&p, ",;"), "b");
	CHECK_STR(k_strsep(&p, ",;"), "c");
	CHECK(k_strsep(&p, ",;") == NULL);

	strcpy(buf, " \t x y \n ");
	CHECK_STR(strim(buf), "x y");
	strcpy(buf, "   ");
	CHECK_STR(strim(buf), "");
	CHECK_STR(skip_spaces("  z "), "z ");
	strcpy(buf, "a-b-c");
	CHECK(strreplace(buf, '-', '_') == buf + 5);
	CHECK_STR(buf, "a_b_c");

	CHECK(sysfs_streq("x", "x\n"));
	CHECK(sysfs_streq("x\n", "x"));
	CHECK(sysfs_streq("x\n", "x\n"));
	CHECK(!sysfs_streq("x", "x\n\n"));
	CHECK(!sysfs_streq("x", "xy"));
	CHECK(!sysfs_streq("", "y"));
	CHECK(sysfs_streq("", "\n"));
	CHECK_EQ(match_string(list, 4, "two"), 1);
	CHECK_EQ(match_string(list, 4, "four"), -EINVAL);
	CHECK_EQ(match_string(list, 1, "two"), -EINVAL);
	CHECK_STR(kbasename("/a/b/c"), "c");
	CHECK_STR(kbasename("c"), "c");
	CHECK_STR(kbasename("c/"), "");
}

static void kinds(void)
{
	for (int c = -128; c < 256; c++) {
		unsigned char u = c;
		bool digit = u >= '0' && u <= '9', upper = u >= 'A' && u <= 'Z', lower = u >= 'a' && u <= 'z';

		CHECK_EQ(isdigit(c), digit);
		CHECK_EQ(isupper(c), upper);
		CHECK_EQ(islower(c), lower);
		CHECK_EQ(isalpha(c), upper || lower);
		CHECK_EQ(isalnum(c), upper || lower || digit);
		CHECK_EQ(isxdigit(c), digit || (u >= 'a' && u <= 'f') || (u >= 'A' && u <= 'F'));
		CHECK_EQ(isspace(c), u == ' ' || (u >= 9 && u <= 13));
		CHECK_EQ(isprint(c), u >= 32 && u < 127);
		CHECK_EQ(ispunct(c), u > 32 && u < 127 && !upper && !lower && !digit);
		CHECK_EQ(iscntrl(c), u < 32 || u == 127);
		CHECK_EQ(tolower(c), upper ? u + 32 : u);
		CHECK_EQ(toupper(c), lower ? u - 32 : u);
	}
}

static const struct test tests[] = {
	{ "memcpy, memmove and memset write what libc's write, and nothing else, at any size and alignment", copies },
	{ "memmove at every small distance", close_overlaps },
	{ "memcmp, memchr, memchr_inv, memscan agree with libc and stay in bounds", comparisons },
	{ "fills of 2, 4 and 8 byte elements", pattern_fills },
	{ "string searches and comparisons agree with libc", searches },
	{ "strnlen and strscpy do not need a terminating zero", unterminated },
	{ "copying and appending agree with libc; strscpy cuts, says so, and terminates", building },
	{ "tokens, trimming, matching", words },
	{ "kinds of characters", kinds },
};

MAIN("string", tests)
