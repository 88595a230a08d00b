/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/kstrtox.c - text to numbers.
 *
 * One parser below everything: it reads digits, says how many, and whether the value wrapped. The strict functions turn
 * "no digits", "something behind them" and "does not fit" into errors, since what they read comes from users: a command
 * line, a write to /proc. The simple_ ones return what they have and where they stopped.
 *
 *	" 0x1f\n"	kstrtoul: -EINVAL (leading space)	simple_strtoul: 0, stops at once
 *	"12abc"		kstrtoul: -EINVAL			simple_strtoul: 12, stops at 'a'
 *	"0x"		kstrtoul: -EINVAL			simple_strtoul: 0, stops at 'x', as the C library does
 */
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/hex.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/overflow.h>
#include <primer/string.h>

/* Skip a prefix and settle the base. A "0x" counts only when a hex digit follows. */
static const char *parse_base(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && isxdigit(s[2]);

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

/* Returns the number of digits. The value is modulo 2^64, and *@wrapped says that it would have been larger. */
static size_t parse_digits(const char *s, unsigned int base, u64 *res, bool *wrapped)
{
	const char *start = s;
	u64 val = 0;

	*wrapped = false;
	for (;; s++) {
		unsigned int digit;

		if (isdigit(*s))
			digit = *s - '0';
		else if (isalpha(*s))
			digit = (*s | 0x20) - 'a' + 10;
		else
			break;
		if (digit >= base)
			break;
		if (check_mul_overflow(val, (u64)base, &val))
			*wrapped = true;
		if (check_add_overflow(val, (u64)digit, &val))
			*wrapped = true;
	}
	*res = val;
	return s - start;
}

/* @s is behind the sign. */
static int parse_whole(const char *s, unsigned int base, u64 *res)
{
	bool wrapped;
	size_t n;
	u64 val;

	s = parse_base(s, &base);
	n = parse_digits(s, base, &val, &wrapped);
	if (!n)
		return -EINVAL;
	s += n;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	if (wrapped)
		return -ERANGE;
	*res = val;
	return 0;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	return parse_whole(*s == '+' ? s + 1 : s, base, res);
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	u64 val;
	int err;

	if (*s == '-') {
		err = parse_whole(s + 1, base, &val);
		if (err)
			return err;
		if (val > (u64)S64_MAX + 1)
			return -ERANGE;
		*res = (s64)-val;
		return 0;
	}
	err = kstrtoull(s, base, &val);
	if (err)
		return err;
	if (val > (u64)S64_MAX)
		return -ERANGE;
	*res = val;
	return 0;
}

/* The narrower types: parse wide, then see whether the value survives. */
#define DEFINE_NARROW(name, type, wide_fn, wide_type)				\
int name(const char *s, unsigned int base, type *res)				\
{										\
	wide_type val;								\
	int err = wide_fn(s, base, &val);					\
										\
	if (err)								\
		return err;							\
	if (val != (wide_type)(type)val)					\
		return -ERANGE;							\
	*res = val;								\
	return 0;								\
}

DEFINE_NARROW(kstrtoul, unsigned long, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtol, long, kstrtoll, long long)
DEFINE_NARROW(kstrtouint, unsigned int, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtoint, int, kstrtoll, long long)
DEFINE_NARROW(kstrtou16, u16, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtou8, u8, kstrtoull, unsigned long long)

int kstrtobool(const char *s, bool *res)
{
	switch (tolower(s[0])) {
	case 'y':
	case 't':
	case '1':
		*res = true;
		return 0;
	case 'n':
	case 'f':
	case '0':
		*res = false;
		return 0;
	case 'o':
		if (tolower(s[1]) == 'n') {
			*res = true;
			return 0;
		}
		if (tolower(s[1]) == 'f') {
			*res = false;
			return 0;
		}
		break;
	}
	return -EINVAL;
}

unsigned long long simple_strtoull(const char *s, char **endp, unsigned int base)
{
	const char *digits = parse_base(s, &base);
	bool wrapped;
	u64 val;
	size_t n = parse_digits(digits, base, &val, &wrapped);

	if (endp)
		*endp = (char *)(n ? digits + n : s);
	return val;
}

long long simple_strtoll(const char *s, char **endp, unsigned int base)
{
	char *end;
	u64 val;

	if (*s != '-')
		return simple_strtoull(s, endp, base);
	val = simple_strtoull(s + 1, &end, base);
	if (endp)
		*endp = end == s + 1 ? (char *)s : end;
	return (s64)-val;
}

unsigned long simple_strtoul(const char *s, char **endp, unsigned int base)
{
	return simple_strtoull(s, endp, base);
}

long simple_strtol(const char *s, char **endp, unsigned int base)
{
	return simple_strtoll(s, endp, base);
}

unsigned long long memparse(const char *s, char **retp)
{
	static const char suffixes[] = "kmgtpe";
	char *end;
	u64 val = simple_strtoull(s, &end, 0);

	if (end != s && isalpha(*end)) {
		const char *suffix = strchr(suffixes, *end | 0x20);

		if (suffix) {
			val <<= 10 * (suffix - suffixes + 1);
			end++;
		}
	}
	if (retp)
		*retp = end;
	return val;
}

int get_option(char **str, int *pint)
{
	char *cur = *str, *end;
	long val;

	if (!cur || !*cur)
		return 0;
	val = simple_strtol(cur, &end, 0);
	if (end == cur)
		return 0;
	*pint = val;
	*str = end;
	if (*end == ',') {
		++*str;
		return 2;
	}
	return *end == '-' ? 3 : 1;
}

char *get_options(const char *str, int nints, int *ints)
{
	char *cur = (char *)str;
	int i = 1;

	while (i < nints) {
		int val, upper, kind = get_option(&cur, &val);

		if (kind == 0)
			break;
		ints[i++] = val;
		if (kind == 3) {
			cur++;			/* the '-' */
			kind = get_option(&cur, &upper);
			if (kind == 0)
				break;
			/* The count is checked first: val stops below upper, which is an int. */
			while (i < nints && val < upper)
				ints[i++] = ++val;
		}
		if (kind == 1)
			break;
	}
	ints[0] = i - 1;
	return cur;
}

bool parse_option_str(const char *str, const char *option)
{
	size_t len = strlen(option);

	while (*str) {
		const char *end = strchrnul(str, ',');

		if ((size_t)(end - str) == len && memcmp(str, option, len) == 0)
			return true;
		str = *end ? end + 1 : end;
	}
	return false;
}
