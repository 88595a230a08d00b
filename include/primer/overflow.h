/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/overflow.h - arithmetic that says when it wrapped.
 *
 * check_add_overflow(a, b, &d) and its kin store the (wrapped) result and return whether the true one did not fit the
 * type of d. array_size() and struct_size() are for allocation sizes: a size that does not fit becomes SIZE_MAX, which
 * no allocator grants, so that the wrap is an -ENOMEM and not a small buffer.
 */
#ifndef PRIMER_OVERFLOW_H
#define PRIMER_OVERFLOW_H

#include <primer/compiler.h>
#include <primer/types.h>

static inline bool __must_check __must_check_overflow(bool overflow)
{
	return unlikely(overflow);
}

#define check_add_overflow(a, b, d)	__must_check_overflow(__builtin_add_overflow(a, b, d))
#define check_sub_overflow(a, b, d)	__must_check_overflow(__builtin_sub_overflow(a, b, d))
#define check_mul_overflow(a, b, d)	__must_check_overflow(__builtin_mul_overflow(a, b, d))

/* check_shl_overflow - *@d = @a << @s; true when bits, or a sign, would be lost or @s is out of range */
#define check_shl_overflow(a, s, d) ({ \
	__typeof__(a) __a = (a); \
	__typeof__(*(d)) *__d = (d); \
	unsigned long long __max_s = 8 * sizeof(*__d), __s = (s); \
	bool __bad = __s >= __max_s || __a < 0; \
	*__d = __bad ? 0 : (__typeof__(*__d))((u64)__a << __s); \
	__must_check_overflow(__bad || *__d < 0 || (u64)(*__d >> __s) != (u64)__a); })

static inline size_t __must_check size_mul(size_t a, size_t b)
{
	size_t bytes;

	return check_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t __must_check size_add(size_t a, size_t b)
{
	size_t bytes;

	return check_add_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

#define array_size(a, b)		size_mul(a, b)
#define array3_size(a, b, c)		size_mul(size_mul(a, b), c)
/* The bytes of @count elements of the flexible array @member, and of the structure *@p with them. */
#define flex_array_size(p, member, count)	size_mul(count, sizeof(*(p)->member))
#define struct_size(p, member, count)	size_add(sizeof(*(p)), flex_array_size(p, member, count))

#endif
