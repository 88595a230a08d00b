/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vsprintf.c - formatted text.
 *
 * The problem. printk, /proc and every seq_buf go through one function, in any context, into buffers of any size, and
 * must neither overrun nor lose count: a caller asks for the length of a text by formatting it into no buffer at all.
 *
 * The idea. One output object carries the buffer, its size, and how far the text has come:
 *
 *	buf                  size               pos
 *	|--------------------|..................|
 *	 written              counted only
 *
 *	V1  a byte is stored only at an index below size; pos counts all of them.
 *	V2  whatever produces text does so through put(), fill() or put_mem(), so V1 is checked in three places.
 *	V3  at the end a zero is stored at min(pos, size - 1), if size > 0.
 *
 * A conversion is parsed into a struct spec, then printed by kind. Letters behind %p select what the pointer means;
 * %pV formats into the same output object, so that a wrapper such as panic() needs no buffer of its own.
 *
 * Numbers. Digits are made from the low end into a small buffer, and then
 *
 *	[spaces] [sign or 0x] [zeros] digits [spaces]
 *
 * where '0' without '-' and without a precision turns the spaces on the left into zeros behind the prefix, and a
 * precision demands that many digits. As in Linux, %#x of 0 is 0x0 (C says 0).
 *
 * Why %p shows the address. Linux hashes it, since logs leak and an attacker wants to know where things are. This
 * kernel is here to be looked into: the address in the log is the one that gdb and the page-table walk understand.
 *
 * Pointers to strings and objects in the first page or the last, where only a NULL plus an offset or an errno can
 * point, print as (null) or (efault): a bad argument to a message about a bug must not be the second bug.
 *
 * Linux (lib/vsprintf.c) knows many more letters (MAC and IP addresses, UUIDs, device tree nodes, clocks) and scanf.
 */
#include <primer/bitops.h>
#include <primer/ctype.h>
#include <primer/err.h>
#include <primer/hex.h>
#include <primer/kernel.h>
#include <primer/math64.h>
#include <primer/sprintf.h>
#include <primer/string.h>

sprint_symbol_fn sprint_symbol_hook;

const char hex_asc[] = "0123456789abcdef";
const char hex_asc_upper[] = "0123456789ABCDEF";

struct out {
	char *buf;
	size_t size;
	size_t pos;
};

enum {
	F_LEFT	= 1,		/* '-' */
	F_PLUS	= 2,		/* '+' */
	F_SPACE	= 4,		/* ' ' */
	F_ALT	= 8,		/* '#' */
	F_ZERO	= 16,		/* '0' */
};

struct spec {
	unsigned int flags;
	int width;		/* 0: none */
	int precision;		/* -1: none */
};

/* A width beyond this is a mistake, and padding to it would take seconds. */
#define FIELD_MAX	65535

static __always_inline void put(struct out *o, char c)
{
	if (likely(o->pos < o->size))
		o->buf[o->pos] = c;
	o->pos++;
}

/* Padding is a few characters nearly always: a loop costs less than a call of memset. */
static __always_inline void fill(struct out *o, char c, long n)
{
	for (; n > 0; n--)
		put(o, c);
}

static void put_mem(struct out *o, const char *s, size_t n)
{
	if (o->pos < o->size)
		memcpy(o->buf + o->pos, s, min(n, o->size - o->pos));
	o->pos += n;
}

static void put_string_n(struct out *o, const char *s, size_t len, const struct spec *spec)
{
	long pad = spec->width - (long)len;

	if (!(spec->flags & F_LEFT))
		fill(o, ' ', pad);
	put_mem(o, s, len);
	if (spec->flags & F_LEFT)
		fill(o, ' ', pad);
}

/* Whether @p cannot point at anything; then it is printed as a word. */
static bool put_bad_pointer(struct out *o, const void *p, const struct spec *spec)
{
	if (likely((unsigned long)p >= SZ_4K && !IS_ERR_VALUE(p)))
		return false;
	if (p)
		put_string_n(o, "(efault)", 8, spec);
	else
		put_string_n(o, "(null)", 6, spec);
	return true;
}

static void put_string(struct out *o, const char *s, const struct spec *spec)
{
	if (put_bad_pointer(o, s, spec))
		return;
	put_string_n(o, s, spec->precision < 0 ? strlen(s) : strnlen(s, spec->precision), spec);
}

/*
 * @num is the magnitude, @sign the character in front of it or 0. @base is 8, 10 or 16.
 */
static void put_number(struct out *o, u64 num, char sign, unsigned int base, const char *digits,
		       const struct spec *spec)
{
	char tmp[24];				/* 22 octal digits of 2^64 - 1 */
	char *end = tmp + sizeof(tmp), *p = end;
	const char *prefix = "";
	int ndigits, nprefix = 0, zeros, pad;

	if (base == 10) {
		for (; num >= 10; num /= 10)
			*--p = '0' + num % 10;
		*--p = '0' + num;
	} else {
		unsigned int shift = base == 16 ? 4 : 3;

		do {
			*--p = digits[num & (base - 1)];
			num >>= shift;
		} while (num);
	}
	ndigits = end - p;
	if (spec->precision == 0 && ndigits == 1 && *p == '0')
		ndigits = 0;			/* C: the value 0 with precision 0 has no digits */

	/* Most numbers are printed as they are. */
	if (likely(spec->width <= ndigits && spec->precision < 0 && !(spec->flags & F_ALT))) {
		if (sign)
			put(o, sign);
		put_mem(o, p, ndigits);
		return;
	}

	zeros = spec->precision > ndigits ? spec->precision - ndigits : 0;
	if (sign) {
		nprefix = 1;
		prefix = &sign;
	} else if (spec->flags & F_ALT && base == 16) {
		nprefix = 2;
		prefix = digits == hex_asc ? "0x" : "0X";
	} else if (spec->flags & F_ALT && base == 8 && !zeros && !(ndigits && *p == '0')) {
		zeros = 1;			/* C: one digit more if the first one would not be 0 */
	}

	pad = spec->width - nprefix - zeros - ndigits;
	if ((spec->flags & (F_ZERO | F_LEFT)) == F_ZERO && spec->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!(spec->flags & F_LEFT))
		fill(o, ' ', pad);
	put_mem(o, prefix, nprefix);
	fill(o, '0', zeros);
	put_mem(o, p, ndigits);
	if (spec->flags & F_LEFT)
		fill(o, ' ', pad);
}

static void put_signed(struct out *o, s64 num, const struct spec *spec)
{
	char sign = num < 0 ? '-' : spec->flags & F_PLUS ? '+' : spec->flags & F_SPACE ? ' ' : 0;

	put_number(o, num < 0 ? -(u64)num : (u64)num, sign, 10, hex_asc, spec);
}

/* An address in full width: 16 digits, so that columns stay columns. */
static void put_address(struct out *o, unsigned long addr, const struct spec *spec)
{
	struct spec s = *spec;

	if (!s.width) {
		s.width = s.flags & F_ALT ? 18 : 16;
		s.flags |= F_ZERO;
	}
	put_number(o, addr, 0, 16, hex_asc, &s);
}

/* Not inlined: its buffer must not lie on the stack of every %pV. */
static noinline void put_symbol(struct out *o, unsigned long addr, char kind, const struct spec *spec)
{
	sprint_symbol_fn hook = READ_ONCE(sprint_symbol_hook);
	struct spec s = { .flags = F_ALT, .precision = -1 };
	char name[KSYM_SYMBOL_LEN];
	int len;

	if (!hook) {
		put_number(o, addr, 0, 16, hex_asc, &s);
		return;
	}
	len = hook(name, sizeof(name), addr, kind);
	put_string_n(o, name, clamp_t(int, len, 0, (int)sizeof(name) - 1), spec);
}

static noinline void put_errname(struct out *o, const void *p, const struct spec *spec)
{
	struct spec s = *spec;
	const char *name;

	if (!IS_ERR(p)) {
		put_address(o, (unsigned long)p, spec);
		return;
	}
	name = errname(PTR_ERR(p));
	if (name) {
		char text[24] = "-";

		strscpy(text + 1, name, sizeof(text) - 1);
		put_string(o, text, spec);
	} else {
		s.precision = -1;
		put_signed(o, PTR_ERR(p), &s);
	}
}

/* %*ph: @spec->width bytes; the letter behind it chooses what stands between them. */
static void put_hex_bytes(struct out *o, const u8 *p, char letter, const struct spec *spec)
{
	char between = letter == 'C' ? ':' : letter == 'D' ? '-' : letter == 'N' ? 0 : ' ';
	struct spec word = { .precision = -1 };
	int n = clamp_t(int, spec->width, 1, 64);

	if (put_bad_pointer(o, p, &word))
		return;
	for (int i = 0; i < n; i++) {
		if (i && between)
			put(o, between);
		put(o, hex_asc_hi(p[i]));
		put(o, hex_asc_lo(p[i]));
	}
}

/* %*pb: groups of 32 bits, highest first; only the first group may have fewer than 8 digits. */
static void put_bitmap_mask(struct out *o, const unsigned long *map, const struct spec *spec)
{
	int nbits = spec->width, chunk = ALIGN(nbits, 32) - 32;
	struct spec word = { .precision = -1 };
	bool first = true;

	if (put_bad_pointer(o, map, &word))
		return;
	for (; chunk >= 0; chunk -= 32) {
		int bits = min(nbits - chunk, 32);
		u32 val = map[chunk / 64] >> (chunk % 64);
		struct spec s = { .flags = F_ZERO, .width = (bits + 3) / 4, .precision = -1 };

		val &= ~0U >> (32 - bits);
		if (!first)
			put(o, ',');
		first = false;
		put_number(o, val, 0, 16, hex_asc, &s);
	}
}

/* %*pbl: runs of members, as 0-3,8. */
static void put_bitmap_list(struct out *o, const unsigned long *map, const struct spec *spec)
{
	unsigned long nbits = spec->width, from, to;
	struct spec plain = { .precision = -1 };
	bool first = true;

	if (put_bad_pointer(o, map, &plain))
		return;
	for (from = find_first_bit(map, nbits); from < nbits; from = find_next_bit(map, nbits, to)) {
		to = find_next_zero_bit(map, nbits, from);
		if (!first)
			put(o, ',');
		first = false;
		put_number(o, from, 0, 10, hex_asc, &plain);
		if (to > from + 1) {
			put(o, '-');
			put_number(o, to - 1, 0, 10, hex_asc, &plain);
		}
	}
}

static void format(struct out *o, const char *fmt, va_list args);

/* @fmt is behind the 'p'. */
static void put_pointer(struct out *o, const char *fmt, const void *p, const struct spec *spec)
{
	switch (*fmt) {
	case 'S':
	case 's':
	case 'B':
		put_symbol(o, (unsigned long)p, *fmt, spec);
		return;
	case 'e':
		put_errname(o, p, spec);
		return;
	case 'V': {
		const struct va_format *vaf = p;
		va_list copy;

		if (put_bad_pointer(o, p, spec))
			return;
		va_copy(copy, *vaf->va);
		format(o, vaf->fmt, copy);
		va_end(copy);
		return;
	}
	case 'b':
		if (fmt[1] == 'l')
			put_bitmap_list(o, p, spec);
		else
			put_bitmap_mask(o, p, spec);
		return;
	case 'h':
		put_hex_bytes(o, p, fmt[1], spec);
		return;
	case 'x':
	case 'K':
		put_address(o, (unsigned long)p, spec);
		return;
	default:
		if (p)
			put_address(o, (unsigned long)p, spec);
		else
			put_string_n(o, "(null)", 6, spec);
		return;
	}
}

/* A number in the format, or '*', which alone can be negative. */
static int parse_count(const char **fmtp, va_list *args)
{
	const char *fmt = *fmtp;
	int n = 0;

	if (*fmt == '*') {
		*fmtp = fmt + 1;
		return clamp_t(int, va_arg(*args, int), -FIELD_MAX, FIELD_MAX);
	}
	for (; isdigit(*fmt); fmt++) {
		if (n <= FIELD_MAX)
			n = n * 10 + (*fmt - '0');
	}
	*fmtp = fmt;
	return min(n, FIELD_MAX);
}

/* Flags, width and precision. Returns what is behind them. */
static noinline const char *parse_spec(const char *fmt, struct spec *spec, va_list *args)
{
	for (;; fmt++) {
		if (*fmt == '-')
			spec->flags |= F_LEFT;
		else if (*fmt == '+')
			spec->flags |= F_PLUS;
		else if (*fmt == ' ')
			spec->flags |= F_SPACE;
		else if (*fmt == '#')
			spec->flags |= F_ALT;
		else if (*fmt == '0')
			spec->flags |= F_ZERO;
		else
			break;
	}
	spec->width = parse_count(&fmt, args);
	if (spec->width < 0) {
		spec->width = -spec->width;
		spec->flags |= F_LEFT;
	}
	if (*fmt == '.') {
		fmt++;
		spec->precision = parse_count(&fmt, args);
		if (spec->precision < 0)
			spec->precision = -1;
	}
	return fmt;
}

static void format(struct out *o, const char *fmt, va_list va)
{
	va_list args;

	va_copy(args, va);	/* a va_list parameter is a pointer on x86-64: only a local can be passed by address */
	while (*fmt) {
		const char *start = fmt;
		struct spec spec = { .precision = -1 };
		unsigned int size = 4;	/* of an integer argument, bytes */
		u64 num;

		fmt = strchrnul(fmt, '%');
		if (fmt != start)
			put_mem(o, start, fmt - start);
		if (!*fmt)
			break;
		start = fmt++;

		/* All that may stand before the letters of a conversion sorts before the letters. */
		if (*fmt < 'A')
			fmt = parse_spec(fmt, &spec, &args);
		switch (*fmt) {
		case 'h':
			size = 2;
			fmt++;
			if (*fmt == 'h') {
				size = 1;
				fmt++;
			}
			break;
		case 'l':
			size = 8;
			fmt++;
			if (*fmt == 'l')
				fmt++;
			break;
		case 'z':
		case 't':
		case 'j':
		case 'L':
			size = 8;
			fmt++;
			break;
		}

		switch (*fmt++) {
		case '%':
			put(o, '%');
			continue;
		case 'c': {
			char c = va_arg(args, int);

			put_string_n(o, &c, 1, &spec);
			continue;
		}
		case 's':
			put_string(o, va_arg(args, const char *), &spec);
			continue;
		case 'p': {
			const void *p = va_arg(args, const void *);

			put_pointer(o, fmt, p, &spec);
			while (isalnum(*fmt))
				fmt++;
			continue;
		}
		case 'd':
		case 'i':
			if (size == 8)
				num = va_arg(args, s64);
			else
				num = va_arg(args, int);
			if (size == 1)
				num = (s8)num;
			else if (size == 2)
				num = (s16)num;
			put_signed(o, num, &spec);
			continue;
		case 'u':
		case 'x':
		case 'X':
		case 'o':
			if (size == 8)
				num = va_arg(args, u64);
			else
				num = va_arg(args, unsigned int);
			if (size == 1)
				num = (u8)num;
			else if (size == 2)
				num = (u16)num;
			put_number(o, num, 0, fmt[-1] == 'u' ? 10 : fmt[-1] == 'o' ? 8 : 16,
				   fmt[-1] == 'X' ? hex_asc_upper : hex_asc, &spec);
			continue;
		default:
			/* The types of the arguments are a guess from here on: show the format as it stands. */
			put_mem(o, start, strlen(start));
			va_end(args);
			return;
		}
	}
	va_end(args);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };

	format(&o, fmt, args);
	if (size)
		buf[min(o.pos, size - 1)] = '\0';
	return o.pos;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	size_t len = vsnprintf(buf, size, fmt, args);

	if (likely(len < size))
		return len;
	return size ? size - 1 : 0;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int vsprintf(char *buf, const char *fmt, va_list args)
{
	return vsnprintf(buf, INT_MAX, fmt, args);
}

int sprintf(char *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, INT_MAX, fmt, args);
	va_end(args);
	return len;
}
