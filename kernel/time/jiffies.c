/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/jiffies.c - the count of ticks, and the worst of all clock sources: that count.
 *
 * Writers hold jiffies_lock, with interrupts off; readers anywhere: a 64-bit load is whole on x86-64.
 *
 * A machine without any counter can still tell the time by counting its ticks. It does so with the resolution of a
 * tick, loses time when interrupts stay off for longer than one, and can never stop its tick: rating 1, never fit for high
 * resolution. "refined-jiffies" is the same count with the length that a tick has when the PIT makes it: 1193 of its
 * cycles, which is not quite a millisecond.
 *
 * Linux: kernel/time/jiffies.c.
 */
#include <primer/clocksource.h>
#include <primer/i8253.h>
#include <primer/init.h>
#include <primer/jiffies.h>

#define JIFFIES_SHIFT	8

u64 jiffies_64 = INITIAL_JIFFIES;

void do_timer(unsigned long ticks)
{
	WRITE_ONCE(jiffies_64, jiffies_64 + ticks);
}

static u64 jiffies_read(struct clocksource *cs)
{
	return jiffies;
}

static struct clocksource clocksource_jiffies = {
	.name	= "jiffies",
	.rating	= 1,
	.read	= jiffies_read,
	.mask	= CLOCKSOURCE_MASK(32),
	.mult	= TICK_NSEC << JIFFIES_SHIFT,
	.shift	= JIFFIES_SHIFT,
};

static struct clocksource refined_jiffies = {
	.name	= "refined-jiffies",
	.rating	= 2,
	.read	= jiffies_read,
	.mask	= CLOCKSOURCE_MASK(32),
	.shift	= JIFFIES_SHIFT,
};

struct clocksource *clocksource_default_clock(void)
{
	return &clocksource_jiffies;
}

void __init register_refined_jiffies(void)
{
	refined_jiffies.mult = (u32)(((u64)PIT_LATCH * NSEC_PER_SEC << JIFFIES_SHIFT) / PIT_TICK_RATE);
	__clocksource_register(&refined_jiffies);
}

static int __init init_jiffies_clocksource(void)
{
	return __clocksource_register(&clocksource_jiffies);
}
core_initcall(init_jiffies_clocksource);
