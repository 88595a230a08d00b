/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/tsc.h - sched_clock: nanoseconds since boot from the time-stamp counter, for stamps and run times.
 *
 *	ns = (tsc - base) * mult >> shift, in 128 bits
 *
 * It stands in the machine room so that printk, trace and the scheduler can all use it; timekeeping (kernel/time) is where
 * calendar time comes from.
 */
#ifndef ASM_TSC_H
#define ASM_TSC_H

#include <primer/types.h>

extern unsigned int tsc_khz;		/* 0 until known */
extern unsigned int cpu_khz;
extern bool tsc_khz_known;		/* [immutable after boot] the CPU or the hypervisor told: not measured */
/* tsc_set_khz - the rate is known better. Does not change sched_clock(). Context: any. */
void tsc_set_khz(unsigned int khz);

/* tsc_init - learn the TSC's frequency: from CPUID where it tells, else by polling PIT channel 2 for at most 2 ms. Boot, once. */
void tsc_init(void);

/*
 * sched_clock - nanoseconds since the kernel's first instruction; 0 until tsc_init()
 *
 * Context: any, NMI included. Does not step back on one CPU; CPUs agree when their TSCs are synchronised.
 */
u64 sched_clock(void);

/* tsc_to_ns - the span of @cycles in nanoseconds. */
u64 tsc_to_ns(u64 cycles);

/* ndelay, udelay, mdelay - busy-wait at least that long. Context: any. Before tsc_init() they count port writes of about 1 us. */
void __const_udelay(u64 ns);
#define ndelay(n)	__const_udelay(n)
#define udelay(n)	__const_udelay((u64)(n) * 1000)
#define mdelay(n)	__const_udelay((u64)(n) * 1000000)

#endif
