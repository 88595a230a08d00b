/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/refcount.h - a counter of references that cannot come back from zero and cannot wrap.
 *
 * The counter saturates at REFCOUNT_SATURATED with a warning: an object leaked is a smaller evil than one freed in use. The
 * last put pairs its release with the acquire in the same operation, so that whoever frees the object sees all earlier uses.
 */
#ifndef PRIMER_REFCOUNT_H
#define PRIMER_REFCOUNT_H

#include <primer/atomic.h>
#include <primer/bug.h>

typedef struct refcount_struct { atomic_t refs; } refcount_t;

#define REFCOUNT_INIT(n)	{ .refs = ATOMIC_INIT(n) }
#define REFCOUNT_SATURATED	(-0x40000000)

static __always_inline void refcount_set(refcount_t *r, int n)		{ atomic_set(&r->refs, n); }
static __always_inline unsigned int refcount_read(const refcount_t *r)	{ return atomic_read(&r->refs); }

static __always_inline void refcount_inc(refcount_t *r)
{
	int old = atomic_fetch_add(1, &r->refs);

	if (unlikely(old <= 0)) {
		atomic_set(&r->refs, REFCOUNT_SATURATED);
		WARN_ONCE(1, "refcount_t: addition on %d; use-after-free or overflow.\n", old);
	}
}

/* refcount_inc_not_zero - take a reference unless the object is already on its way out. */
static __always_inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	return atomic_inc_not_zero(&r->refs);
}

/* refcount_dec_and_test - drop a reference; true for the one that was last. */
static __always_inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	int old = atomic_fetch_sub(1, &r->refs);

	if (old == 1)
		return true;
	if (unlikely(old <= 0)) {
		atomic_set(&r->refs, REFCOUNT_SATURATED);
		WARN_ONCE(1, "refcount_t: underflow; use-after-free.\n");
	}
	return false;
}

static __always_inline void refcount_dec(refcount_t *r)
{
	WARN_ONCE(refcount_dec_and_test(r), "refcount_t: decrement hit 0; leaking memory.\n");
}

#endif
