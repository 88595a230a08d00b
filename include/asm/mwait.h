/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/mwait.h - how a CPU waits for work: HLT, or MONITOR and MWAIT. kernel/x86/idle.c. */
#ifndef ASM_MWAIT_H
#define ASM_MWAIT_H

#include <primer/compiler.h>
#include <primer/types.h>

/* __monitor - watch the cache line of @addr from now on. __sti_mwait - interrupts on, and wait until that is written, or for one of them. */
static __always_inline void __monitor(const volatile void *addr)
{
	__asm__ volatile("monitor" :: "a"(addr), "c"(0UL), "d"(0UL) : "memory");
}

static __always_inline void __sti_mwait(void)
{
	__asm__ volatile("sti; mwait" :: "a"(0UL), "c"(0UL) : "memory");
}

static __always_inline void clflush(const volatile void *addr)
{
	__asm__ volatile("clflush %0" :: "m"(*(const volatile char *)addr) : "memory");
}

extern bool idle_mwait;		/* immutable after boot */

/*
 * arch_idle_polls - will arch_cpu_idle() notice by itself that TIF_NEED_RESCHED gets set, without an interrupt?
 * arch_cpu_idle - wait for an interrupt, or, if it polls, for that flag. Called with interrupts off, comes back with interrupts on.
 */
static __always_inline bool arch_idle_polls(void)	{ return idle_mwait; }
void arch_cpu_idle(void);

#endif
