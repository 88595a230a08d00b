/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/jiffies.h - time in ticks of 1/HZ s, as the tick interrupt counts it.
 *
 * Only do_timer() advances jiffies: as long as no tick device runs they stand still. They start 5 minutes before
 * their 32-bit half wraps, so that code that compares them without time_after() fails early and not after 49 days.
 */
#ifndef PRIMER_JIFFIES_H
#define PRIMER_JIFFIES_H

#include <primer/compiler.h>
#include <primer/time.h>

#define INITIAL_JIFFIES		((unsigned long)(unsigned int)(-300 * HZ))

/* [jiffies_lock writes; a 64-bit read is atomic] */
extern u64 jiffies_64;
#define jiffies			((unsigned long)READ_ONCE(jiffies_64))
static inline u64 get_jiffies_64(void)	{ return READ_ONCE(jiffies_64); }

#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)
#define time_after_eq(a, b)	((long)((a) - (b)) >= 0)
#define time_before_eq(a, b)	time_after_eq(b, a)

/* Rounded up: a wait of some time waits at least that long. Beyond MAX_JIFFY_OFFSET: that. */
#define MAX_JIFFY_OFFSET	((LONG_MAX >> 1) - 1)
static inline unsigned long msecs_to_jiffies(unsigned int m)		{ return (unsigned long)m * HZ / 1000; }

static inline unsigned long usecs_to_jiffies(unsigned int u)
{
	return ((unsigned long)u * HZ + 999999) / 1000000;
}

static inline unsigned int jiffies_to_msecs(unsigned long j)		{ return j * 1000 / HZ; }
static inline u64 jiffies_to_nsecs(unsigned long j)			{ return (u64)j * TICK_NSEC; }
static inline unsigned long nsecs_to_jiffies(u64 n)			{ return n / TICK_NSEC; }

/* do_timer - @ticks ticks have passed. Context: the tick handler of the one CPU that keeps time, interrupts off. */
void do_timer(unsigned long ticks);

#endif
