/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/build_bug.h - claims that the compiler checks. */
#ifndef PRIMER_BUILD_BUG_H
#define PRIMER_BUILD_BUG_H

#ifndef static_assert
#define static_assert(cond, ...)	_Static_assert(cond, "" __VA_ARGS__ " (" #cond ")")
#endif

/* BUILD_BUG_ON - refuse to compile when the constant @cond is true. A statement. */
#define BUILD_BUG_ON_MSG(cond, msg)	do { _Static_assert(!(cond), msg); } while (0)
#define BUILD_BUG_ON(cond)		BUILD_BUG_ON_MSG(cond, "BUILD_BUG_ON failed: " #cond)
#define BUILD_BUG_ON_NOT_POWER_OF_2(n)	BUILD_BUG_ON((n) == 0 || ((n) & ((n) - 1)) != 0)

/* The same as an expression of value 0, for use in initialisers. */
#define BUILD_BUG_ON_ZERO(cond)		((int)sizeof(struct { int : -!!(cond); }))

#endif
