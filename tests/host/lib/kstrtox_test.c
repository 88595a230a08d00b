/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/kstrtox_test.c - text to numbers: round trips, limits, and everything that is not a number.
 */
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/hex.h>
#include <primer/kstrtox.h>
#include <primer/string.h>

#include "harness.h"

int libc_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");
unsigned long long strtoull(const char *s, char **end, int base);
long long strtoll(const char *s, char **end, int base);

static void round_trips(void)
{
	for (int i = 0; i < 50000; i++) {
		u64 want = rnd() >> rnd_below(64), got;
		s64 sgot;
		u32 got32;
		int got_int;
		char s[40];
		bool newline = rnd_below(2);

		libc_snprintf(s, sizeof(s), newline ? "%llu\n" : "+%llu", want);
		CHECK_EQ(kstrtoull(s, rnd_below(2) * 10, &got), 0);
		CHECK_EQ(got, want);
		CHECK_EQ(kstrtou32(s, 10, &got32), want > U32_MAX ? -ERANGE : 0);
		CHECK_EQ(kstrtoint(s, 10, &got_int), want > INT_MAX ? -ERANGE : 0);
		CHECK_EQ(kstrtoll(s, 10, &sgot), want > (u64)S64_MAX ? -ERANGE : 0);
		libc_snprintf(s, sizeof(s), "0x%llx", want);
		CHECK_EQ(kstrtoull(s, rnd_below(2) * 16, &got), 0);
		CHECK_EQ(got, want);
		CHECK_EQ(kstrtoull(s + 2, 16, &got), 0);
		CHECK_EQ(got, want);
		libc_snprintf(s, sizeof(s), "0%llo", want);
		CHECK_EQ(kstrtoull(s, 0, &got), 0);
		CHECK_EQ(got, want);
		libc_snprintf(s, sizeof(s), "%lld", (s64)want);
		CHECK_EQ(kstrtoll(s, 0, &sgot), 0);
		CHECK_EQ(sgot, (s64)want);
	}
}

static void limits(void)
{
	u64 u = 7;
	s64 s = 7;
	u8 b = 7;
	u16 h = 7;
	int i = 7;
	long l = 7;

	CHECK_EQ(kstrtoull("18446744073709551615", 10, &u), 0);
	CHECK_EQ(u, U64_MAX);
	u = 7;
	CHECK_EQ(kstrtoull("18446744073709551616", 10, &u), -ERANGE);
	CHECK_EQ(kstrtoull("0x10000000000000000", 0, &u), -ERANGE);
	CHECK_EQ(kstrtoull("99999999999999999999999999999999", 10, &u), -ERANGE);
	CHECK_EQ(u, 7);
	CHECK_EQ(kstrtoll("-9223372036854775808", 10, &s), 0);
	CHECK_EQ(s, S64_MIN);
	CHECK_EQ(kstrtoll("-9223372036854775809", 10, &s), -ERANGE);
	CHECK_EQ(kstrtoll("9223372036854775808", 10, &s), -ERANGE);
	CHECK_EQ(kstrtoint("-2147483648", 10, &i), 0);
	CHECK_EQ(kstrtoint("-2147483649", 10, &i), -ERANGE);
	CHECK_EQ(kstrtol("-1", 10, &l), 0);
	CHECK_EQ(l, -1);
	CHECK_EQ(kstrtou8("255", 10, &b), 0);
	CHECK_EQ(kstrtou8("256", 10, &b), -ERANGE);
	CHECK_EQ(b, 255);
	CHECK_EQ(kstrtou16("0xffff", 0, &h), 0);
	CHECK_EQ(kstrtou16("65536", 0, &h), -ERANGE);
	CHECK_EQ(h, 65535);
}

static void not_numbers(void)
{
	static const char *const bad[] = {
		"", " ", "\n", "+", "-", "+-1", "--1", " 1", "1 ", "1\n\n", "\n1", "0x", "0xg", "12a",
		"1,2", "09", "1.5", "a",
	};
	u64 u = 7;
	s64 s = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (kstrtoull(bad[i], 0, &u) != -EINVAL || kstrtoll(bad[i], 0, &s) != -EINVAL)
			FAIL("'%s' was taken for a number", bad[i]);
	}
	CHECK_EQ(kstrtoull("-1", 0, &u), -EINVAL);
	CHECK_EQ(kstrtoull("0x10", 10, &u), -EINVAL);
	CHECK_EQ(kstrtoull("19", 8, &u), -EINVAL);
	CHECK_EQ(u, 7);
	CHECK_EQ(s, 7);
}

/* Against libc on random text of digits and near misses, where neither overflows. */
static void simple(void)
{
	for (int i = 0; i < 100000; i++) {
		char s[12], *end, *want_end;
		size_t n = rnd_below(10);
		int base = (int[]){ 0, 8, 10, 16 }[rnd_below(4)];

		for (size_t k = 0; k < n; k++)
			s[k] = "00123789abfxX-g "[rnd_below(k ? 16 : 14)];
		s[n] = '\0';
		if (s[0] == '-' && s[1] == '-')
			continue;
		if (s[0] != '-' && s[0] != ' ') {
			CHECK_EQ(simple_strtoull(s, &end, base), strtoull(s, &want_end, base));
			CHECK(end == want_end);
		}
		if (s[0] != ' ' && !(s[0] == '-' && s[1] == ' ')) {
			CHECK_EQ(simple_strtoll(s, &end, base), strtoll(s, &want_end, base));
			CHECK(end == want_end);
		}
	}
	CHECK_EQ(simple_strtoul("12", NULL, 10), 12);
	CHECK_EQ(simple_strtol("-12", NULL, 10), -12);
}

static void booleans(void)
{
	static const char *const yes[] = { "y", "Y", "yes", "1", "on", "ON", "true" };
	static const char *const no[] = { "n", "No", "0", "off", "Off", "false" };
	static const char *const neither[] = { "", "x", "o", "2", "-1" };
	bool b;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		CHECK(kstrtobool(yes[i], &b) == 0 && b);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		CHECK(kstrtobool(no[i], &b) == 0 && !b);
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		CHECK_EQ(kstrtobool(neither[i], &b), -EINVAL);
}

static void sizes(void)
{
	char *end;
	const char *s;

	CHECK_EQ(memparse("512", &end), 512);
	CHECK_EQ(memparse("64K", &end), 65536);
	CHECK_EQ(memparse("64k", NULL), 65536);
	CHECK_EQ(memparse("0x10M@1", &end), 16 << 20);
	CHECK_STR(end, "@1");
	CHECK_EQ(memparse("3G", NULL), 3ULL << 30);
	CHECK_EQ(memparse("2T", NULL), 2ULL << 40);
	CHECK_EQ(memparse("2P", NULL), 2ULL << 50);
	CHECK_EQ(memparse("2E", NULL), 2ULL << 60);
	CHECK_EQ(memparse("5x", &end), 5);
	CHECK_STR(end, "x");
	s = "K";
	CHECK_EQ(memparse(s, &end), 0);
	CHECK(end == s);
}

static void lists(void)
{
	char text[] = "3,5-7,x", *p = text;
	int v, ints[6];

	CHECK_EQ(get_option(&p, &v), 2);
	CHECK_EQ(v, 3);
	CHECK_EQ(get_option(&p, &v), 3);
	CHECK_EQ(v, 5);
	p++;
	CHECK_EQ(get_option(&p, &v), 2);
	CHECK_EQ(v, 7);
	CHECK_EQ(get_option(&p, &v), 0);
	CHECK_STR(p, "x");

	CHECK_STR(get_options("3,5-7,9rest", 6, ints), "rest");
	CHECK_EQ(ints[0], 5);
	CHECK(ints[1] == 3 && ints[2] == 5 && ints[3] == 6 && ints[4] == 7 && ints[5] == 9);
	get_options("1-2147483647", 6, ints);
	CHECK_EQ(ints[0], 5);
	CHECK_EQ(ints[5], 5);
	get_options("7-3", 6, ints);
	CHECK_EQ(ints[0], 1);
	get_options("", 6, ints);
	CHECK_EQ(ints[0], 0);

	CHECK(parse_option_str("a,bc,d", "bc"));
	CHECK(parse_option_str("a,bc,d", "d"));
	CHECK(!parse_option_str("a,bc,d", "b"));
	CHECK(!parse_option_str("a,bc,d", "cd"));
	CHECK(!parse_option_str("", "a"));
}

static void hex(void)
{
	u8 bytes[4];
	char text[9] = { 0 };

	CHECK_EQ(hex2bin(bytes, "00ffA5c3", 4), 0);
	CHECK(bytes[0] == 0 && bytes[1] == 0xff && bytes[2] == 0xa5 && bytes[3] == 0xc3);
	CHECK(bin2hex(text, bytes, 4) == text + 8);
	CHECK_STR(text, "00ffa5c3");
	CHECK_EQ(hex2bin(bytes, "0g", 1), -EINVAL);
	CHECK_EQ(hex2bin(bytes, "", 1), -EINVAL);
	for (int c = 0; c < 256; c++)
		CHECK_EQ(hex_to_bin(c), isdigit(c) ? c - '0' : isxdigit(c) ? (c | 32) - 'a' + 10 : -1);
}

static const struct test tests[] = {
	{ "numbers of all sizes and bases survive the way there and back", round_trips },
	{ "the largest and smallest fit, one more is -ERANGE, and *res stays", limits },
	{ "what is not a number is -EINVAL", not_numbers },
	{ "simple_strtoull and simple_strtoll agree with libc, and on where they stop", simple },
	{ "booleans", booleans },
	{ "sizes with suffixes", sizes },
	{ "lists of ints and of words", lists },
	{ "hexadecimal bytes", hex },
};

MAIN("kstrtox", tests)
