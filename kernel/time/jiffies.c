/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/jiffies.c - the count of ticks.
 *
 * One writer, the tick handler of one CPU with interrupts off; readers anywhere: a 64-bit load is whole on x86-64, so
 * there is nothing to lock.
 */
#include <primer/jiffies.h>

u64 jiffies_64 = INITIAL_JIFFIES;

void do_timer(unsigned long ticks)
{
	WRITE_ONCE(jiffies_64, jiffies_64 + ticks);
}
