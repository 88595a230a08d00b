/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/atomic.h - counters that several CPUs change at once, under Linux's names.
 *
 *	atomic_read, atomic_set				a plain load, a plain store
 *	atomic_add sub inc dec and or xor andnot	change; nothing is returned, nothing is ordered
 *	atomic_add_return ... _fetch_add ... _xchg, _cmpxchg	the new (old) value is returned: a full barrier
 *	atomic_sub_and_test, _inc_not_zero ...		change and tell: a full barrier, but for an _unless that did not change
 *	..._acquire, ..._release, ..._relaxed		say how little of that the caller needs
 *	atomic64_..., atomic_long_...			the same for 64 bits
 *
 * On x86 each change is one locked instruction, which is a full barrier whatever the name says; the names are for the
 * compiler, and for the reader: docs/atomics.md. Overflow wraps. For references use primer/refcount.h, which does not.
 */
#ifndef PRIMER_ATOMIC_H
#define PRIMER_ATOMIC_H

#include <primer/types.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC64_INIT(i)	{ (i) }
#define ATOMIC_LONG_INIT(i)	{ (i) }

#define __ATOMIC_ORDERED(prefix, atype, itype, order, o) \
static __always_inline itype prefix##_add_return##order(itype i, atype *v)	{ return __atomic_add_fetch(&v->counter, i, o); } \
static __always_inline itype prefix##_sub_return##order(itype i, atype *v)	{ return __atomic_sub_fetch(&v->counter, i, o); } \
static __always_inline itype prefix##_inc_return##order(atype *v)		{ return __atomic_add_fetch(&v->counter, 1, o); } \
static __always_inline itype prefix##_dec_return##order(atype *v)		{ return __atomic_sub_fetch(&v->counter, 1, o); } \
static __always_inline itype prefix##_fetch_add##order(itype i, atype *v)	{ return __atomic_fetch_add(&v->counter, i, o); } \
static __always_inline itype prefix##_fetch_sub##order(itype i, atype *v)	{ return __atomic_fetch_sub(&v->counter, i, o); } \
static __always_inline itype prefix##_fetch_inc##order(atype *v)		{ return __atomic_fetch_add(&v->counter, 1, o); } \
static __always_inline itype prefix##_fetch_dec##order(atype *v)		{ return __atomic_fetch_sub(&v->counter, 1, o); } \
static __always_inline itype prefix##_fetch_or##order(itype i, atype *v)	{ return __atomic_fetch_or(&v->counter, i, o); } \
static __always_inline itype prefix##_fetch_and##order(itype i, atype *v)	{ return __atomic_fetch_and(&v->counter, i, o); } \
static __always_inline itype prefix##_fetch_andnot##order(itype i, atype *v)	{ return __atomic_fetch_and(&v->counter, ~i, o); } \
static __always_inline itype prefix##_fetch_xor##order(itype i, atype *v)	{ return __atomic_fetch_xor(&v->counter, i, o); } \
static __always_inline itype prefix##_xchg##order(atype *v, itype n)		{ return __atomic_exchange_n(&v->counter, n, o); }

#define __ATOMIC_OPS(prefix, atype, itype) \
static __always_inline itype prefix##_read(const atype *v)		{ return READ_ONCE(v->counter); } \
static __always_inline itype prefix##_read_acquire(const atype *v)	{ return smp_load_acquire(&v->counter); } \
static __always_inline void prefix##_set(atype *v, itype i)		{ WRITE_ONCE(v->counter, i); } \
static __always_inline void prefix##_set_release(atype *v, itype i)	{ smp_store_release(&v->counter, i); } \
static __always_inline void prefix##_add(itype i, atype *v)		{ __atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); } \
static __always_inline void prefix##_sub(itype i, atype *v)		{ __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); } \
static __always_inline void prefix##_inc(atype *v)			{ prefix##_add(1, v); } \
static __always_inline void prefix##_dec(atype *v)			{ prefix##_sub(1, v); } \
static __always_inline void prefix##_and(itype i, atype *v)		{ __atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED); } \
static __always_inline void prefix##_or(itype i, atype *v)		{ __atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED); } \
static __always_inline void prefix##_xor(itype i, atype *v)		{ __atomic_fetch_xor(&v->counter, i, __ATOMIC_RELAXED); } \
static __always_inline void prefix##_andnot(itype i, atype *v)		{ prefix##_and(~i, v); } \
static __always_inline itype prefix##_add_return(itype i, atype *v)	{ return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static __always_inline itype prefix##_sub_return(itype i, atype *v)	{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static __always_inline itype prefix##_inc_return(atype *v)		{ return prefix##_add_return(1, v); } \
static __always_inline itype prefix##_dec_return(atype *v)		{ return prefix##_sub_return(1, v); } \
static __always_inline itype prefix##_fetch_add(itype i, atype *v)	{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); } \
static __always_inline itype prefix##_fetch_sub(itype i, atype *v)	{ return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST); } \
static __always_inline itype prefix##_fetch_or(itype i, atype *v)	{ return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST); } \
static __always_inline itype prefix##_fetch_and(itype i, atype *v)	{ return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST); } \
static __always_inline itype prefix##_fetch_andnot(itype i, atype *v)	{ return prefix##_fetch_and(~i, v); } \
static __always_inline itype prefix##_fetch_xor(itype i, atype *v)	{ return __atomic_fetch_xor(&v->counter, i, __ATOMIC_SEQ_CST); } \
static __always_inline itype prefix##_fetch_inc(atype *v)		{ return prefix##_fetch_add(1, v); } \
static __always_inline itype prefix##_fetch_dec(atype *v)		{ return prefix##_fetch_sub(1, v); } \
__ATOMIC_ORDERED(prefix, atype, itype, _acquire, __ATOMIC_ACQUIRE) \
__ATOMIC_ORDERED(prefix, atype, itype, _release, __ATOMIC_RELEASE) \
__ATOMIC_ORDERED(prefix, atype, itype, _relaxed, __ATOMIC_RELAXED) \
static __always_inline itype prefix##_xchg(atype *v, itype n)		{ return xchg(&v->counter, n); } \
static __always_inline itype prefix##_cmpxchg(atype *v, itype o, itype n) { return cmpxchg(&v->counter, o, n); } \
static __always_inline itype prefix##_cmpxchg_acquire(atype *v, itype o, itype n) { return cmpxchg_acquire(&v->counter, o, n); } \
static __always_inline itype prefix##_cmpxchg_release(atype *v, itype o, itype n) { return cmpxchg_release(&v->counter, o, n); } \
static __always_inline itype prefix##_cmpxchg_relaxed(atype *v, itype o, itype n) { return cmpxchg_relaxed(&v->counter, o, n); } \
static __always_inline bool prefix##_try_cmpxchg(atype *v, itype *o, itype n) { return try_cmpxchg(&v->counter, o, n); } \
static __always_inline bool prefix##_try_cmpxchg_acquire(atype *v, itype *o, itype n) { return try_cmpxchg_acquire(&v->counter, o, n); } \
static __always_inline bool prefix##_try_cmpxchg_release(atype *v, itype *o, itype n) { return try_cmpxchg_release(&v->counter, o, n); } \
static __always_inline bool prefix##_try_cmpxchg_relaxed(atype *v, itype *o, itype n) { return try_cmpxchg_relaxed(&v->counter, o, n); } \
static __always_inline bool prefix##_sub_and_test(itype i, atype *v)	{ return prefix##_sub_return(i, v) == 0; } \
static __always_inline bool prefix##_dec_and_test(atype *v)		{ return prefix##_sub_return(1, v) == 0; } \
static __always_inline bool prefix##_inc_and_test(atype *v)		{ return prefix##_add_return(1, v) == 0; } \
static __always_inline bool prefix##_add_negative(itype i, atype *v)	{ return prefix##_add_return(i, v) < 0; } \
/* Add @a unless the value is @u; the value before is returned. */ \
static __always_inline itype prefix##_fetch_add_unless(atype *v, itype a, itype u) \
{ \
	itype c = prefix##_read(v); \
\
	while (c != u && !prefix##_try_cmpxchg(v, &c, c + a)) \
		; \
	return c; \
} \
static __always_inline bool prefix##_add_unless(atype *v, itype a, itype u) { return prefix##_fetch_add_unless(v, a, u) != u; } \
static __always_inline bool prefix##_inc_not_zero(atype *v)		{ return prefix##_add_unless(v, 1, 0); } \
static __always_inline bool prefix##_inc_unless_negative(atype *v) \
{ \
	itype c = prefix##_read(v); \
\
	do { \
		if (c < 0) \
			return false; \
	} while (!prefix##_try_cmpxchg(v, &c, c + 1)); \
	return true; \
} \
static __always_inline bool prefix##_dec_unless_positive(atype *v) \
{ \
	itype c = prefix##_read(v); \
\
	do { \
		if (c > 0) \
			return false; \
	} while (!prefix##_try_cmpxchg(v, &c, c - 1)); \
	return true; \
} \
/* The value minus one, stored unless that is negative. */ \
static __always_inline itype prefix##_dec_if_positive(atype *v) \
{ \
	itype c = prefix##_read(v); \
\
	do { \
		if (c <= 0) \
			break; \
	} while (!prefix##_try_cmpxchg(v, &c, c - 1)); \
	return c - 1; \
}

__ATOMIC_OPS(atomic, atomic_t, int)
__ATOMIC_OPS(atomic64, atomic64_t, s64)
__ATOMIC_OPS(atomic_long, atomic_long_t, long)

#endif
