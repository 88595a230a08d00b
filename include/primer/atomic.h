/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/atomic.h - counters that several CPUs change at once, under Linux's names.
 *
 * On x86 each change is one locked instruction. Forms that return nothing promise no order (though x86 gives it); forms that
 * return a value are full barriers; _acquire, _release and _relaxed say how little the caller needs. atomic_read and atomic_set
 * are a plain load and store.
 */
#ifndef PRIMER_ATOMIC_H
#define PRIMER_ATOMIC_H

#include <primer/types.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC64_INIT(i)	{ (i) }
#define ATOMIC_LONG_INIT(i)	{ (i) }

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
static __always_inline itype prefix##_xchg(atype *v, itype n)		{ return xchg(&v->counter, n); } \
static __always_inline itype prefix##_cmpxchg(atype *v, itype o, itype n) { return cmpxchg(&v->counter, o, n); } \
static __always_inline itype prefix##_cmpxchg_acquire(atype *v, itype o, itype n) { return cmpxchg_acquire(&v->counter, o, n); } \
static __always_inline itype prefix##_cmpxchg_release(atype *v, itype o, itype n) { return cmpxchg_release(&v->counter, o, n); } \
static __always_inline itype prefix##_cmpxchg_relaxed(atype *v, itype o, itype n) { return cmpxchg_relaxed(&v->counter, o, n); } \
static __always_inline bool prefix##_try_cmpxchg(atype *v, itype *o, itype n) { return try_cmpxchg(&v->counter, o, n); } \
static __always_inline bool prefix##_try_cmpxchg_acquire(atype *v, itype *o, itype n) { return try_cmpxchg_acquire(&v->counter, o, n); } \
static __always_inline bool prefix##_try_cmpxchg_release(atype *v, itype *o, itype n) { return try_cmpxchg_release(&v->counter, o, n); } \
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
static __always_inline bool prefix##_inc_not_zero(atype *v)		{ return prefix##_add_unless(v, 1, 0); }

__ATOMIC_OPS(atomic, atomic_t, int)
__ATOMIC_OPS(atomic64, atomic64_t, s64)
__ATOMIC_OPS(atomic_long, atomic_long_t, long)

#endif
