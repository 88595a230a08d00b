/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/math64.h - 64-bit division, and multiplication that does not overflow on its way.
 *
 * On a 64-bit CPU the divisions are plain operators. The names stay because they say which widths are meant, and since
 * the 128-bit ones keep the compiler from calling a library that a kernel does not have (__udivti3).
 */
#ifndef PRIMER_MATH64_H
#define PRIMER_MATH64_H

#include <primer/compiler.h>
#include <primer/types.h>

static __always_inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static __always_inline s64 div_s64_rem(s64 dividend, s32 divisor, s32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static __always_inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static __always_inline u64 div_u64(u64 dividend, u32 divisor)	{ return dividend / divisor; }
static __always_inline s64 div_s64(s64 dividend, s32 divisor)	{ return dividend / divisor; }
static __always_inline u64 div64_u64(u64 dividend, u64 divisor)	{ return dividend / divisor; }
static __always_inline s64 div64_s64(s64 dividend, s64 divisor)	{ return dividend / divisor; }

/* do_div - divide the u64 lvalue @n in place; the value is the remainder */
#define do_div(n, base) ({ u32 __base = (base), __rem = (u64)(n) % __base; (n) = (u64)(n) / __base; __rem; })

#define DIV64_U64_ROUND_UP(ll, d)	({ u64 _tmp = (d); div64_u64((ll) + _tmp - 1, _tmp); })
#define DIV_U64_ROUND_CLOSEST(ll, d)	({ u32 _tmp = (d); div_u64((ll) + _tmp / 2, _tmp); })
#define DIV64_U64_ROUND_CLOSEST(ll, d)	({ u64 _tmp = (d); div64_u64((ll) + _tmp / 2, _tmp); })

/* iter_div_u64_rem - for a quotient that is nearly always 0 to 2: subtract instead of dividing */
static __always_inline u32 __iter_div_u64_rem(u64 dividend, u32 divisor, u64 *remainder)
{
	u32 ret = 0;

	while (dividend >= divisor) {
		__asm__("" : "+rm" (dividend));		/* or the compiler turns the loop back into a division */
		dividend -= divisor;
		ret++;
	}
	*remainder = dividend;
	return ret;
}

static __always_inline u64 mul_u32_u32(u32 a, u32 b)	{ return (u64)a * b; }

/* (@a * @mul) >> @shift with the whole product kept: how time is scaled. @shift is at most 127. */
static __always_inline u64 mul_u64_u32_shr(u64 a, u32 mul, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * mul) >> shift);
}

static __always_inline u64 mul_u64_u64_shr(u64 a, u64 mul, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * mul) >> shift);
}

static __always_inline s64 mul_s64_u64_shr(s64 a, u64 mul, unsigned int shift)
{
	u64 ret = mul_u64_u64_shr(a < 0 ? -(u64)a : (u64)a, mul, shift);

	return a < 0 ? -ret : ret;
}

/* @a * @mul / @div with the whole product kept. The quotient must fit in 64 bits, or the CPU raises #DE. */
static __always_inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	u64 hi, quotient;

	__asm__("mulq %[mul]\n\tdivq %[div]"
		: "=a" (quotient), "=&d" (hi) : "a" (a), [mul] "rm" (mul), [div] "rm" (div) : "cc");
	return quotient;
}

static __always_inline u64 mul_u64_u32_div(u64 a, u32 mul, u32 divisor)
{
	return mul_u64_u64_div_u64(a, mul, divisor);
}

/* int_sqrt - the largest r with r * r <= @x */
unsigned long int_sqrt(unsigned long x);
/* gcd, lcm - of 0 and n: n, and 0 */
unsigned long gcd(unsigned long a, unsigned long b);
unsigned long lcm(unsigned long a, unsigned long b);

#endif
