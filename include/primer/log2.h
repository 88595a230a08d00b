/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/log2.h - powers of two; @n is an unsigned integer, constants are folded. */
#ifndef PRIMER_LOG2_H
#define PRIMER_LOG2_H

#include <primer/types.h>

/* ilog2 - the exponent of the largest power of two that is not above @n; @n is not 0 */
#define ilog2(n)		(63 - __builtin_clzll(n))

static inline bool is_power_of_2(unsigned long n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* The power of two at or above @n (rounddown: at or below); @n is not 0. */
#define roundup_pow_of_two(n)	((n) == 1 ? 1UL : 1UL << (ilog2((n) - 1) + 1))
#define rounddown_pow_of_two(n)	(1UL << ilog2(n))
/* order_base_2 - the exponent of the power of two at or above @n; 0 for 0 and 1 */
#define order_base_2(n)		((n) <= 1 ? 0 : ilog2((n) - 1) + 1)

#endif
