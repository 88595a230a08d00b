/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/vsprintf_test.c - formatted text against libc, and the kernel's own conversions.
 */
#include <primer/bitops.h>
#include <primer/err.h>
#include <primer/errno.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "harness.h"

extern int k_snprintf(char *buf, size_t size, const char *fmt, ...);	/* no format attribute: formats are random */
KERNEL_FN(vsnprintf);
KERNEL_FN(sprintf);
int libc_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");

static char expected[70000];

/* Compare in a buffer of exactly @size bytes, so that ASan sees any overrun. The arguments are evaluated twice. */
#define COMPARE(size, fmt, args...) do { \
	size_t __size = (size); \
	char *__buf = malloc(__size ? __size : 1); \
	int __want = libc_snprintf(expected, sizeof(expected), fmt, ##args); \
	int __got = k_snprintf(__size ? __buf : NULL, __size, fmt, ##args); \
	if (__got != __want) \
		FAIL("format '%s': length %d, not %d", fmt, __got, __want); \
	if (__size) { \
		expected[min(__size - 1, (size_t)__want)] = '\0'; \
		if (strcmp(__buf, expected)) \
			FAIL("format '%s', size %zu: '%s', not '%s'", fmt, __size, __buf, expected); \
	} \
	free(__buf); \
} while (0)

static size_t random_size(void)
{
	return rnd_below(3) ? 200 : rnd_below(30);
}

/* "before %-+ #0 width .precision size conversion after" */
static void random_spec(char *fmt, const char *flags, const char *size, char conversion, bool star_width,
			bool star_precision)
{
	char *p = fmt;

	*p++ = '<';
	*p++ = '%';
	while (rnd_below(3))
		*p++ = flags[rnd_below(strlen(flags))];
	if (star_width)
		*p++ = '*';
	else if (rnd_below(2))
		p += libc_snprintf(p, 10, "%d", (int)rnd_below(30));
	if (star_precision)
		p += libc_snprintf(p, 10, ".*");
	else if (rnd_below(3) == 0)
		p += libc_snprintf(p, 10, rnd_below(8) ? ".%d" : ".", (int)rnd_below(25));
	p += libc_snprintf(p, 10, "%s%c>", size, conversion);
}

static void numbers(void)
{
	static const char *const sizes[] = { "hh", "h", "", "l", "ll", "z", "t", "j" };

	for (int i = 0; i < 300000; i++) {
		char conversion = "diuxXo"[rnd_below(6)], fmt[64];
		const char *size = sizes[rnd_below(ARRAY_SIZE(sizes))];
		u64 value = rnd() >> rnd_below(64);

		if (rnd_below(10) == 0)
			value = rnd_below(2) ? 0 : (u64)S64_MIN >> rnd_below(64);
		if (rnd_below(4) == 0)
			value = -value;
		random_spec(fmt, conversion == 'd' || conversion == 'i' ? "-+ 0" : conversion == 'u' ? "-0" : "-#0",
			    size, conversion, false, false);
		/* Where Linux, and so we, differ from C: 0x0 for the value zero. */
		if ((conversion == 'x' || conversion == 'X') && strchr(fmt, '#') &&
		    !(value & (size[0] == 'h' ? size[1] ? 0xff : 0xffff : !size[0] ? 0xffffffff : ~0ULL)))
			value = 0x5a5a5a5a5a5a5a5a;
		if (size[0] && size[0] != 'h')
			COMPARE(random_size(), fmt, value);
		else
			COMPARE(random_size(), fmt, (unsigned int)value);
	}
}

static void stars(void)
{
	for (int i = 0; i < 20000; i++) {
		char fmt[64];
		int width = (int)rnd_below(60) - 30, precision = (int)rnd_below(30) - 5, value = rnd();

		random_spec(fmt, "-+ 0", "", 'd', true, true);
		COMPARE(random_size(), fmt, width, precision, value);
		random_spec(fmt, "-", "", 's', true, true);
		COMPARE(random_size(), fmt, width, precision, "the quick brown fox");
	}
}

static void strings(void)
{
	for (int i = 0; i < 50000; i++) {
		size_t n = rnd_below(20);
		char fmt[64], *s = malloc(n + 1);

		for (size_t k = 0; k < n; k++)
			s[k] = 'a' + rnd_below(26);
		s[n] = '\0';
		random_spec(fmt, "-", "", 's', false, false);
		COMPARE(random_size(), fmt, s);
		free(s);
	}
	for (int i = 0; i < 2000; i++) {
		int width = (int)rnd_below(40) - 20;
		char fmt[64];

		random_spec(fmt, "-", "", 'c', true, false);
		COMPARE(random_size(), fmt, width, 'x');
	}
	/* A precision makes a terminating zero unnecessary. */
	for (int n = 0; n < 20; n++) {
		char *s = malloc(n + 1), out[64];

		memset(s, 'z', n + 1);
		CHECK_EQ(k_snprintf(out, sizeof(out), "%.*s", n + 1, s), n + 1);
		free(s);
	}
}

static void mixed(void)
{
	for (int i = 0; i < 20000; i++) {
		long a = rnd(), b = rnd();

		COMPARE(random_size(), "%s: %d of %u, %5.2s|%-8lx|%%|%c%c %lld", "name", (int)a, (unsigned int)b,
			"abc", b, 'x', 'y', (long long)a);
	}
	/* More arguments than registers. */
	COMPARE(100, "%d %d %d %d %d %d %d %d %d %s", 1, 2, 3, 4, 5, 6, 7, 8, 9, "ten");
	COMPARE(0, "%s", "");
	COMPARE(1, "%s", "");
}

static char text[1000];
#define FORMAT(fmt, args...)	(memset(text, 0x55, sizeof(text)), k_snprintf(text, sizeof(text), fmt, ##args), text)

static void pointers(void)
{
	CHECK_STR(FORMAT("%p", (void *)0xffff888000012340), "ffff888000012340");
	CHECK_STR(FORMAT("%p", (void *)0x1000), "0000000000001000");
	CHECK_STR(FORMAT("%px", (void *)0), "0000000000000000");
	CHECK_STR(FORMAT("%pK.", (void *)0x12), "0000000000000012.");
	CHECK_STR(FORMAT("%p", NULL), "(null)");
	CHECK_STR(FORMAT("%10p|", NULL), "    (null)|");
	CHECK_STR(FORMAT("%#p", (void *)0x123456), "0x0000000000123456");
	CHECK_STR(FORMAT("%4px", (void *)0x12), "  12");
	CHECK_STR(FORMAT("%s|%8s|%.2s", (char *)NULL, (char *)NULL, (char *)NULL), "(null)|  (null)|(null)");
	CHECK_STR(FORMAT("%s", (char *)8), "(efault)");
	CHECK_STR(FORMAT("%s", (char *)ERR_PTR(-EIO)), "(efault)");
	CHECK_STR(FORMAT("%#x %#x", 0, 16), "0x0 0x10");
}

static int test_hook(char *buf, size_t size, unsigned long addr, char kind)
{
	return scnprintf(buf, size, kind == 's' ? "fn" : "fn+0x%lx/0x100", kind == 'B' ? addr - 1 : addr);
}

static int long_hook(char *buf, size_t size, unsigned long addr, char kind)
{
	memset(buf, 'q', size - 1);
	buf[size - 1] = '\0';
	return 10000;		/* a hook that counts wrongly */
}

static void symbols(void)
{
	sprint_symbol_hook = NULL;
	CHECK_STR(FORMAT("%pS", (void *)0x1234), "0x1234");
	sprint_symbol_hook = test_hook;
	CHECK_STR(FORMAT("[%pS]", (void *)0x20), "[fn+0x20/0x100]");
	CHECK_STR(FORMAT("[%pB]", (void *)0x20), "[fn+0x1f/0x100]");
	CHECK_STR(FORMAT("[%ps]", (void *)0x20), "[fn]");
	CHECK_STR(FORMAT("[%-6ps|%6ps]", (void *)0x20, (void *)0x20), "[fn    |    fn]");
	sprint_symbol_hook = long_hook;
	FORMAT("%pS", (void *)0x20);
	CHECK_EQ(strlen(text), KSYM_SYMBOL_LEN - 1);
	sprint_symbol_hook = NULL;
}

static void errors(void)
{
	CHECK_STR(FORMAT("%pe", ERR_PTR(-ENOENT)), "-ENOENT");
	CHECK_STR(FORMAT("%pe", ERR_PTR(-EHWPOISON)), "-EHWPOISON");
	CHECK_STR(FORMAT("%pe", ERR_PTR(-ERESTARTSYS)), "-ERESTARTSYS");
	CHECK_STR(FORMAT("%pe", ERR_PTR(-ERESTART_RESTARTBLOCK)), "-ERESTART_RESTARTBLOCK");
	CHECK_STR(FORMAT("%pe", ERR_PTR(-41)), "-41");
	CHECK_STR(FORMAT("%pe", ERR_PTR(-4095)), "-4095");
	CHECK_STR(FORMAT("%pe", (void *)0x5000), "0000000000005000");
	CHECK_STR(FORMAT("%10pe|%-10pe|", ERR_PTR(-EIO), ERR_PTR(-EIO)), "      -EIO|-EIO      |");
	CHECK_STR(errname(EINVAL), "EINVAL");
	CHECK_STR(errname(-EAGAIN), "EAGAIN");
	CHECK(errname(0) == NULL);
	CHECK(errname(INT_MIN) == NULL);
	CHECK(errname(100000) == NULL);
}

static char *wrapped(const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	/* Twice: the first use must not use up the arguments. */
	k_snprintf(text, sizeof(text), "<%pV|%pV>", &vaf, &vaf);
	va_end(args);
	return text;
}

static void nested(void)
{
	CHECK_STR(wrapped("%d %s", 5, "six"), "<5 six|5 six>");
	CHECK_STR(wrapped("%d %d %d %d %d %d %d %s", 1, 2, 3, 4, 5, 6, 7, "8"), "<1 2 3 4 5 6 7 8|1 2 3 4 5 6 7 8>");
}

static void bitmaps(void)
{
	unsigned long map[3] = { 0 };

	CHECK_STR(FORMAT("%*pbl", 130, map), "");
	map[0] = 0xf | 1UL << 8 | 1UL << 63;
	map[1] = 1;
	CHECK_STR(FORMAT("[%*pbl]", 130, map), "[0-3,8,63-64]");
	CHECK_STR(FORMAT("[%*pbl]", 9, map), "[0-3,8]");
	CHECK_STR(FORMAT("[%*pbl]", 3, map), "[0-2]");
	CHECK_STR(FORMAT("%*pb", 64, map), "80000000,0000010f");
	CHECK_STR(FORMAT("%*pb", 9, map), "10f");
	CHECK_STR(FORMAT("%*pb", 5, map), "0f");
	CHECK_STR(FORMAT("%*pb", 65, map), "1,80000000,0000010f");
	CHECK_STR(FORMAT("%*pbl", 9, NULL), "(null)");
}

static void hex_bytes(void)
{
	u8 bytes[70];

	for (int i = 0; i < 70; i++)
		bytes[i] = i * 17;
	CHECK_STR(FORMAT("%*ph", 3, bytes), "00 11 22");
	CHECK_STR(FORMAT("%*phC", 3, bytes), "00:11:22");
	CHECK_STR(FORMAT("%*phD.", 3, bytes), "00-11-22.");
	CHECK_STR(FORMAT("%*phN", 3, bytes), "001122");
	CHECK_STR(FORMAT("%2ph", bytes), "00 11");
	CHECK_EQ(strlen(FORMAT("%*phN", 70, bytes)), 128);
}

static void bad_formats(void)
{
	CHECK_STR(FORMAT("a %d %y %d", 1, 2, 3), "a 1 %y %d");
	CHECK_STR(FORMAT("100%"), "100%");
	CHECK_STR(FORMAT("%"), "%");
	CHECK_STR(FORMAT("%5"), "%5");
	CHECK_STR(FORMAT("%-08.3l"), "%-08.3l");
	CHECK_STR(FORMAT("%n", text), "%n");
	/* A width from a wild argument costs neither minutes nor memory. */
	CHECK_EQ(k_snprintf(NULL, 0, "%*d", INT_MAX, 1), 65535);
	CHECK_EQ(k_snprintf(NULL, 0, "%*d", INT_MIN, 1), 65535);
	CHECK_EQ(k_snprintf(NULL, 0, "%99999999999999d", 1), 65535);
	CHECK_EQ(k_snprintf(NULL, 0, "%.*d", INT_MAX, 1), 65535);
}

static void lengths(void)
{
	char buf[8];

	CHECK_EQ(scnprintf(buf, 8, "%s", "0123456789"), 7);
	CHECK_EQ(scnprintf(buf, 8, "%s", "0123"), 4);
	CHECK_EQ(scnprintf(buf, 1, "%s", "0123"), 0);
	CHECK_EQ(scnprintf(buf, 0, "%s", "0123"), 0);
	CHECK_EQ(k_sprintf(buf, "%d", 1234567), 7);
	CHECK_STR(buf, "1234567");
}

static const struct test tests[] = {
	{ "300000 random integer conversions agree with libc", numbers },
	{ "width and precision from arguments agree with libc", stars },
	{ "strings and characters agree with libc, in buffers of any size", strings },
	{ "many conversions in one format agree with libc", mixed },
	{ "%p, %px, %pK; NULL and impossible pointers are words", pointers },
	{ "%pS, %ps, %pB go through the hook, which cannot overrun", symbols },
	{ "%pe and errname", errors },
	{ "%pV formats inside a format", nested },
	{ "%pb and %pbl", bitmaps },
	{ "%ph", hex_bytes },
	{ "unknown conversions and wild widths", bad_formats },
	{ "scnprintf and sprintf", lengths },
};

MAIN("vsprintf", tests)
