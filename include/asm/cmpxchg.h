/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/cmpxchg.h - exchange and compare-and-exchange of 1, 2, 4 or 8 bytes.
 *
 * The compiler's __atomic built-ins name the order that we want and become the locked instruction of the right size.
 * On x86 all of these are full barriers; the _acquire, _release and _relaxed names say what the algorithm needs, and
 * keep the compiler from assuming less.
 */
#ifndef ASM_CMPXCHG_H
#define ASM_CMPXCHG_H

#include <primer/compiler.h>
#include <primer/types.h>

#define xchg(p, v)		__atomic_exchange_n((p), (__typeof__(*(p)))(v), __ATOMIC_SEQ_CST)
#define xchg_acquire(p, v)	xchg(p, v)
#define xchg_release(p, v)	xchg(p, v)
#define xchg_relaxed(p, v)	xchg(p, v)

/* cmpxchg - store @n if *@p equals @o; the value found is returned: it equals @o exactly when the store was made. */
#define cmpxchg(p, o, n) ({ \
	__typeof__(*(p)) __o = (__typeof__(*(p)))(o); \
	__atomic_compare_exchange_n((p), &__o, (__typeof__(*(p)))(n), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	__o; })
#define cmpxchg_acquire(p, o, n)	cmpxchg(p, o, n)
#define cmpxchg_release(p, o, n)	cmpxchg(p, o, n)
#define cmpxchg_relaxed(p, o, n)	cmpxchg(p, o, n)

/* try_cmpxchg - the same, but tells success, and on failure leaves the value found in *@po. */
#define try_cmpxchg(p, po, n) \
	__atomic_compare_exchange_n((p), (po), (__typeof__(*(p)))(n), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define try_cmpxchg_acquire(p, po, n)	try_cmpxchg(p, po, n)
#define try_cmpxchg_release(p, po, n)	try_cmpxchg(p, po, n)
#define try_cmpxchg_relaxed(p, po, n)	try_cmpxchg(p, po, n)

/* cmpxchg_local - against this CPU's interrupts only: one instruction without the lock prefix */
static __always_inline u64 __cmpxchg_local(volatile void *p, u64 o, u64 n, int size)
{
	switch (size) {
	case 1: __asm__ volatile("cmpxchgb %b2, %1" : "+a"(o), "+m"(*(volatile u8 *)p) : "q"(n) : "memory", "cc"); break;
	case 2: __asm__ volatile("cmpxchgw %w2, %1" : "+a"(o), "+m"(*(volatile u16 *)p) : "r"(n) : "memory", "cc"); break;
	case 4: __asm__ volatile("cmpxchgl %k2, %1" : "+a"(o), "+m"(*(volatile u32 *)p) : "r"(n) : "memory", "cc"); break;
	default: __asm__ volatile("cmpxchgq %2, %1" : "+a"(o), "+m"(*(volatile u64 *)p) : "r"(n) : "memory", "cc"); break;
	}
	return o;
}
#define cmpxchg_local(p, o, n) \
	((__typeof__(*(p)))__cmpxchg_local((p), (u64)(o), (u64)(n), sizeof(*(p))))

#endif
