/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/math.c - whole-number square root, greatest common divisor, least common multiple. */
#include <primer/bitops.h>
#include <primer/math64.h>

/*
 * A bit of the root at a time, from the highest that can be set. Invariant: @root is the root so far, and @x what is
 * left of the argument after subtracting root^2. Setting bit b adds 2 * root * b + b^2 to the square, so it may be set
 * if that is left. @root is kept shifted up by one and down by a bit a step, such that this sum is simply root + b^2.
 */
unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0, bit2;		/* bit2: b^2 */

	if (!x)
		return 0;
	for (bit2 = 1UL << (__fls(x) & ~1UL); bit2; bit2 >>= 2) {
		unsigned long step = root + bit2;

		root >>= 1;
		if (x >= step) {
			x -= step;
			root += bit2;
		}
	}
	return root;
}

unsigned long gcd(unsigned long a, unsigned long b)
{
	while (b) {
		unsigned long rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

unsigned long lcm(unsigned long a, unsigned long b)
{
	return a && b ? a / gcd(a, b) * b : 0;
}
