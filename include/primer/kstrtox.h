/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/kstrtox.h - text to numbers.
 *
 * The kstrto family is strict: the whole string, bar one trailing newline, must be the number. A leading '+' is
 * allowed, a leading '-' for signed types only. @base 0 reads the prefix as C does: 0x hexadecimal, 0 octal, else
 * decimal; base 16 accepts the 0x too. They return 0, -EINVAL when the text is not a number, -ERANGE when it does not
 * fit; *@res is written only on success.
 *
 * The simple_strto family reads as much as looks like a number, says where it stopped, and does not notice overflow (it
 * wraps). It is for parsers that look at the character behind the number.
 */
#ifndef PRIMER_KSTRTOX_H
#define PRIMER_KSTRTOX_H

#include <primer/compiler.h>
#include <primer/types.h>

int __must_check kstrtoull(const char *s, unsigned int base, unsigned long long *res);
int __must_check kstrtoll(const char *s, unsigned int base, long long *res);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *res);
int __must_check kstrtol(const char *s, unsigned int base, long *res);
int __must_check kstrtouint(const char *s, unsigned int base, unsigned int *res);
int __must_check kstrtoint(const char *s, unsigned int base, int *res);
int __must_check kstrtou16(const char *s, unsigned int base, u16 *res);
int __must_check kstrtou8(const char *s, unsigned int base, u8 *res);
/* kstrtobool - y, Y, t, T, 1, on are true; n, N, f, F, 0, off (any case) false; only what it needs is looked at */
int __must_check kstrtobool(const char *s, bool *res);

static inline int __must_check kstrtou64(const char *s, unsigned int base, u64 *res)
{
	return kstrtoull(s, base, res);
}

static inline int __must_check kstrtos64(const char *s, unsigned int base, s64 *res)
{
	return kstrtoll(s, base, res);
}

static inline int __must_check kstrtou32(const char *s, unsigned int base, u32 *res)
{
	return kstrtouint(s, base, res);
}

static inline int __must_check kstrtos32(const char *s, unsigned int base, s32 *res)
{
	return kstrtoint(s, base, res);
}

unsigned long long simple_strtoull(const char *s, char **endp, unsigned int base);
long long simple_strtoll(const char *s, char **endp, unsigned int base);
unsigned long simple_strtoul(const char *s, char **endp, unsigned int base);
long simple_strtol(const char *s, char **endp, unsigned int base);

/*
 * memparse - a size: a number in C's notation, then optionally K, M, G, T, P or E (powers of 1024, either case)
 *
 * Like simple_strtoull(): *@retp (if not NULL) is the first character not used; *@retp == @s means no number was there.
 */
unsigned long long memparse(const char *s, char **retp);

/*
 * get_option - the next int of a list such as "3,5-7"
 *
 * Advances *@str behind the number and one comma. Returns 0 no number here (*@str is not moved), 1 a number was the
 * last, 2 a comma followed, 3 a '-' follows (an upper bound comes next).
 */
int get_option(char **str, int *pint);

/*
 * get_options - a whole list into @ints: ints[0] is the count, ranges are written out, at most @nints - 1 numbers
 *
 * Returns the first character not used.
 */
char *get_options(const char *str, int nints, int *ints);

/* parse_option_str - is @option one of the words of the comma separated list @str? */
bool parse_option_str(const char *str, const char *option);

#endif
