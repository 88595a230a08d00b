/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/misc_test.c - sorting, searching, hashing, patterns, arithmetic.
 */
#include <primer/bsearch.h>
#include <primer/glob.h>
#include <primer/hash.h>
#include <primer/log2.h>
#include <primer/math64.h>
#include <primer/overflow.h>
#include <primer/sort.h>
#include <primer/string.h>

#include "harness.h"

void qsort(void *base, size_t n, size_t size, cmp_func_t cmp);
void *mmap(void *addr, size_t len, int prot, int flags, int fd, long offset);
int munmap(void *addr, size_t len);
KERNEL_FN(bsearch);

static long compared;

static int cmp_bytes(const void *a, const void *b)
{
	compared++;
	return *(const u8 *)a - *(const u8 *)b;
}

/* The whole element decides, so that equal ones cannot be told apart and any correct order is the same bytes. */
static size_t element_size;

static int cmp_whole(const void *a, const void *b)
{
	return memcmp(a, b, element_size);
}

static int cmp_whole_r(const void *a, const void *b, const void *priv)
{
	return memcmp(a, b, *(const size_t *)priv);
}

static int swaps;

static void swap_whole(void *a, void *b, int size)
{
	u8 tmp[32];

	swaps++;
	memcpy(tmp, a, size);
	memcpy(a, b, size);
	memcpy(b, tmp, size);
}

static void sorting(void)
{
	for (int i = 0; i < 5000; i++) {
		size_t n = i < 50 ? (size_t)i : rnd_below(200), size = 1 + rnd_below(30);
		u8 *a = malloc(n * size + 1), *b = malloc(n * size + 1);
		int range = rnd_below(2) ? 256 : 3;

		for (size_t k = 0; k < n * size; k++)
			a[k] = b[k] = rnd_below(range);
		element_size = size;
		if (rnd_below(4) == 0)
			qsort(a, n, size, cmp_whole);		/* already in order */
		qsort(b, n, size, cmp_whole);
		switch (rnd_below(3)) {
		case 0: sort(a, n, size, cmp_whole, NULL); break;
		case 1: sort(a, n, size, cmp_whole, swap_whole); break;
		case 2: sort_r(a, n, size, cmp_whole_r, &size); break;
		}
		CHECK_EQ(memcmp(a, b, n * size), 0);
		free(a);
		free(b);
	}
	CHECK(swaps > 0);
}

/* n log2 n and a little: the bottom-up form, also for input in order. */
static void sort_cost(void)
{
	static u8 a[4096];

	for (int order = 0; order < 3; order++) {
		for (int i = 0; i < 4096; i++)
			a[i] = order == 0 ? (int)rnd() : order == 1 ? i / 16 : 255 - i / 16;
		compared = 0;
		sort(a, 4096, 1, cmp_bytes, NULL);
		CHECK(compared < 4096 * 14);
	}
}

static int cmp_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void searching(void)
{
	for (int i = 0; i < 5000; i++) {
		size_t n = rnd_below(40);
		int *a = malloc(n * 4 + 1), key;

		for (size_t k = 0; k < n; k++)
			a[k] = rnd_below(60);
		sort(a, n, 4, cmp_int, NULL);
		for (key = -1; key <= 60; key++) {
			int *found = k_bsearch(&key, a, n, 4, cmp_int);
			bool there = false;

			for (size_t k = 0; k < n; k++)
				there |= a[k] == key;
			CHECK_EQ(found != NULL, there);
			CHECK(!found || *found == key);
		}
		free(a);
	}
}

/* The same name gives the same hash through all three doors, whatever stands behind it and wherever it lies. */
static void names_agree(void)
{
	for (int i = 0; i < 100000; i++) {
		size_t n = rnd_below(40), skip = rnd_below(8);
		char *block = malloc(skip + n + 30), *s = block + skip;
		const void *salt = (void *)rnd();
		u64 a, b;
		u32 c;

		for (size_t k = 0; k < n; k++)
			s[k] = rnd_below(2) ? 'a' + (int)rnd_below(26) : (int)(0x80 | rnd());
		s[n] = '\0';
		for (int k = 1; k < 20; k++)
			s[n + k] = rnd();
		a = hashlen_string(salt, s);
		c = full_name_hash(salt, s, n);
		CHECK_EQ(hashlen_len(a), n);
		CHECK_EQ(hashlen_hash(a), c);
		b = hash_name(salt, s);
		CHECK_EQ(b, a);
		s[n] = '/';
		b = hash_name(salt, s);
		CHECK_EQ(b, a);
		if (n) {
			CHECK(full_name_hash(salt, s, n - 1) != c);
			CHECK(full_name_hash((char *)salt + 64, s, n) != c);
			s[rnd_below(n)] ^= 1 << rnd_below(7);
			CHECK(full_name_hash(salt, s, n) != c);
		}
		free(block);
	}
}

/* Names that end at the end of a page whose successor does not exist. */
static void names_at_page_end(void)
{
	char *page = mmap(NULL, 8192, 3, 0x22, -1, 0);

	CHECK(page != (char *)-1);
	munmap(page + 4096, 4096);
	for (size_t n = 0; n < 40; n++) {
		char *s = page + 4096 - n - 1;

		memset(s, 'q', n);
		s[n] = '\0';
		CHECK_EQ(hashlen_len(hashlen_string(NULL, s)), n);
		CHECK_EQ(hash_name(NULL, s), hashlen_string(NULL, s));
		CHECK_EQ(hashlen_hash(hash_name(NULL, s)), full_name_hash(NULL, s, n));
	}
	munmap(page, 4096);
}

/* Regular keys spread: of 4096 in 1024 slots, the fullest has few more than the mean of 4. */
static void spread(void)
{
	static u8 slots[4][1024];

	memset(slots, 0, sizeof(slots));
	for (unsigned int i = 0; i < 4096; i++) {
		char name[16] = "file0000";

		for (int k = 0, v = i; k < 4; k++, v /= 10)
			name[7 - k] = '0' + v % 10;
		slots[0][hash_32(i, 10)]++;
		slots[1][hash_64(0xffff888000000000 + i * 192, 10)]++;
		slots[2][hash_ptr((void *)(0xffffea0000000000 + i * 64UL), 10)]++;
		slots[3][full_name_hash(NULL, name, 8) >> 22]++;
	}
	for (int t = 0; t < 4; t++) {
		for (int i = 0; i < 1024; i++)
			CHECK(slots[t][i] <= 20);
	}
}

/* Recursion: slow, and plainly right. */
static bool glob_oracle(const char *pat, const char *str)
{
	if (!*pat)
		return !*str;
	if (*pat == '*')
		return glob_oracle(pat + 1, str) || (*str && glob_oracle(pat, str + 1));
	return *str && (*pat == '?' || *pat == *str) && glob_oracle(pat + 1, str + 1);
}

static void globs(void)
{
	static const struct { const char *pat, *str; bool match; } cases[] = {
		{ "", "", true }, { "", "a", false }, { "*", "", true }, { "a*", "abc", true }, { "*.c", "x.c", true },
		{ "*.c", "x.cc", false }, { "[abc]", "b", true }, { "[!abc]", "b", false }, { "[^abc]", "d", true },
		{ "[a-c]x", "bx", true }, { "[a-c]x", "dx", false }, { "[]]", "]", true }, { "[a-]", "-", true },
		{ "[", "[", true }, { "[a", "[a", true }, { "[a", "a", false }, { "\\*", "*", true },
		{ "\\*", "x", false },
		{ "\\", "\\", true }, { "a\\", "a\\", true }, { "[!a]", "", false }, { "*[0-9]", "cpu12", true },
		{ "sched*", "sched_fair", true }, { "rb?ree", "rbtree", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (glob_match(cases[i].pat, cases[i].str) != cases[i].match)
			FAIL("'%s' and '%s' %s", cases[i].pat, cases[i].str, cases[i].match ? "do not match" : "match");
	}
	for (int i = 0; i < 100000; i++) {
		char pat[10], str[14];
		size_t n = rnd_below(9), k;

		for (k = 0; k < n; k++)
			pat[k] = "ab?*"[rnd_below(4)];
		pat[k] = '\0';
		n = rnd_below(12);
		for (k = 0; k < n; k++)
			str[k] = "ab"[rnd_below(2)];
		str[k] = '\0';
		if (glob_match(pat, str) != glob_oracle(pat, str))
			FAIL("'%s' and '%s'", pat, str);
	}
}

static void arithmetic(void)
{
	CHECK_EQ(int_sqrt(0), 0);
	CHECK_EQ(int_sqrt(~0UL), 0xffffffff);
	for (int i = 0; i < 50000; i++) {
		u64 a = rnd() >> rnd_below(64), b = rnd() >> rnd_below(64), c = (rnd() >> rnd_below(64)) | 1, rem;
		unsigned int shift = rnd_below(64);
		u64 root = int_sqrt(a), g = gcd(a, b);
		u32 small;

		CHECK((unsigned __int128)root * root <= a);
		CHECK((unsigned __int128)(root + 1) * (root + 1) > a);
		CHECK(g ? a % g == 0 && b % g == 0 && gcd(a / g, b / g) == 1 : !a && !b);
		CHECK(a > 1000000 || b > 1000000 || !a || !b || lcm(a, b) == a / g * b);
		CHECK_EQ(mul_u64_u64_shr(a, b, shift), (u64)((unsigned __int128)a * b >> shift));
		CHECK_EQ(mul_u64_u32_shr(a, (u32)b, shift), (u64)((unsigned __int128)a * (u32)b >> shift));
		CHECK_EQ(mul_u64_u64_div_u64(a >> 1, c >> 2, c), (u64)((unsigned __int128)(a >> 1) * (c >> 2) / c));
		CHECK_EQ(mul_s64_u64_shr(-5, 1ULL << 33, 32), -10);
		CHECK_EQ(div_u64_rem(a, (u32)c, &small) * (u32)c + small, a);
		CHECK_EQ(div64_u64_rem(a, c, &rem) * c + rem, a);
		b = a & 0x3ffffffff;
		small = __iter_div_u64_rem(b, 1U << 31 | (u32)c, &rem);
		CHECK_EQ(small, b / (1U << 31 | (u32)c));
		CHECK_EQ(rem, b % (1U << 31 | (u32)c));
		CHECK_EQ(ilog2(c), 63 - __builtin_clzll(c));
		CHECK(c > 1ULL << 62 || (roundup_pow_of_two(c) >= c && roundup_pow_of_two(c) / 2 < c));
		CHECK(rounddown_pow_of_two(c) <= c && rounddown_pow_of_two(c) > c / 2);
		CHECK_EQ(is_power_of_2(c), __builtin_popcountll(c) == 1);
	}
	CHECK(order_base_2(0) == 0 && order_base_2(1) == 0 && order_base_2(2) == 1 && order_base_2(3) == 2);
	CHECK(lcm(0, 5) == 0 && gcd(0, 5) == 5);
}

static void overflows(void)
{
	int i;
	u8 b;
	size_t size = 1UL << 40;
	struct { int n; u64 data[]; } *flex;

	CHECK(check_add_overflow(INT_MAX, 1, &i));
	CHECK(!check_add_overflow(INT_MAX, -1, &i) && i == INT_MAX - 1);
	CHECK(check_sub_overflow((u8)1, (u8)2, &b) && b == 255);
	CHECK(check_mul_overflow(16, 16, &b) && b == 0);
	CHECK(!check_mul_overflow(15, 17, &b) && b == 255);
	CHECK(check_shl_overflow(1, 31, &i));
	CHECK(!check_shl_overflow(1, 30, &i) && i == 1 << 30);
	CHECK(check_shl_overflow(1, 32, &i));
	CHECK(check_shl_overflow(-1, 1, &i));
	CHECK_EQ(array_size(size, size), SIZE_MAX);
	CHECK_EQ(array_size(size, 8), 8UL << 40);
	CHECK_EQ(array3_size(size, size, 1), SIZE_MAX);
	CHECK_EQ(struct_size(flex, data, 3), sizeof(*flex) + 24);
	CHECK_EQ(struct_size(flex, data, SIZE_MAX / 8), SIZE_MAX);
}

static const struct test tests[] = {
	{ "sort gives what qsort gives, for elements of any size", sorting },
	{ "sort takes little more than n log n comparisons, also of sorted input", sort_cost },
	{ "bsearch finds what is there and nothing else", searching },
	{ "the three name hashes agree, and depend on each bit, the length and the salt", names_agree },
	{ "name hashes do not touch the page behind the name", names_at_page_end },
	{ "regular keys spread evenly", spread },
	{ "patterns", globs },
	{ "square root, gcd, wide products and quotients, powers of two", arithmetic },
	{ "overflow is noticed", overflows },
};

MAIN("misc", tests)
