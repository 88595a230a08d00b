/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/barrier.h - memory order on x86.
 *
 * x86 (Intel SDM vol. 3, 8.2) keeps every order between two accesses of one CPU except one: a store may be delayed past a
 * later load. So only smp_mb() costs an instruction; the others merely keep the compiler from moving accesses:
 *
 *	first   then	kept by x86	so
 *	load    load	yes		smp_rmb(), smp_load_acquire(): nothing
 *	load    store	yes		smp_load_acquire(), smp_store_release(): nothing
 *	store   store	yes		smp_wmb(), smp_store_release(): nothing
 *	store   load	no		smp_mb(): a locked instruction, which is a full barrier and cheaper than MFENCE
 *
 * mb(), rmb() and wmb() are for device memory mapped write-combining, where the weaker rules do not hold; dma_ forms
 * for memory shared with a device that sees the caches. See docs/atomics.md, where the table is measured.
 */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

#include <primer/compiler.h>

#define mb()			__asm__ volatile("mfence" ::: "memory")
#define rmb()			__asm__ volatile("lfence" ::: "memory")
#define wmb()			__asm__ volatile("sfence" ::: "memory")

#define smp_mb()		__asm__ volatile("lock addl $0, -4(%%rsp)" ::: "memory", "cc")
#define smp_rmb()		barrier()
#define smp_wmb()		barrier()

#define smp_store_mb(var, val)	do { WRITE_ONCE(var, val); smp_mb(); } while (0)
#define smp_store_release(p, v)	do { barrier(); WRITE_ONCE(*(p), v); } while (0)
#define smp_load_acquire(p)	({ __typeof__(*(p)) __v = READ_ONCE(*(p)); barrier(); __v; })

#define dma_mb()		smp_mb()
#define dma_rmb()		barrier()
#define dma_wmb()		barrier()

/* smp_cond_load_relaxed, _acquire - read *@ptr until @cond, in which VAL stands for the value, is true; that value */
#define smp_cond_load_relaxed(ptr, cond) ({ \
	__typeof__(*(ptr)) VAL; \
	while (VAL = READ_ONCE(*(ptr)), !(cond)) \
		cpu_relax(); \
	VAL; })
#define smp_cond_load_acquire(ptr, cond) ({ \
	__typeof__(*(ptr)) __got = smp_cond_load_relaxed(ptr, cond); \
	barrier(); \
	__got; })
/* After a branch on a load: what follows is ordered behind the load. */
#define smp_acquire__after_ctrl_dep()	smp_rmb()

/* Around an atomic operation that returns nothing: on x86 it is locked, so only the compiler must be held. */
#define smp_mb__before_atomic()	barrier()
#define smp_mb__after_atomic()	barrier()

static __always_inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

#endif
