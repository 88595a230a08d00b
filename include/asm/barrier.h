/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/barrier.h - memory order on x86.
 *
 * x86 (Intel SDM vol. 3, 8.2) keeps every order between two accesses of one CPU except one: a store may be delayed past a
 * later load. So only smp_mb() costs an instruction; the others merely keep the compiler from moving accesses. A locked
 * instruction is a full barrier and is cheaper than MFENCE. mb(), rmb() and wmb() are for device memory mapped
 * write-combining, where the weaker rules do not hold.
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

/* Around an atomic operation that returns nothing: on x86 it is locked, so only the compiler must be held. */
#define smp_mb__before_atomic()	barrier()
#define smp_mb__after_atomic()	barrier()

static __always_inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

#endif
