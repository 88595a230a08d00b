/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/clocksource.c - the counters that exist, and from cycles to nanoseconds without dividing.
 *
 * The problem. ns = cycles * 10^9 / Hz, thousands of times a second: no division, and no overflow.
 *
 * The idea. ns = cycles * mult >> shift, with mult = (10^9 << shift) / Hz. The larger the shift, the more exact; but
 * mult has 32 bits, and cycles * mult should fit in 64 for the longest span that is ever converted at once. For that
 * span of maxsec seconds:
 *
 *	bits of cycles in maxsec = 32 + n   =>   mult may have 32 - n bits   =>   the largest shift that keeps it there
 *
 * timekeeping multiplies in 128 bits and would not need this; the numbers say how far those who use 64 may go
 * (max_cycles), and are Linux's, so that the line in the log reads the same.
 *
 * Locking: clocksource_lock for the list, which is in order of rating. Nobody leaves it.
 *
 * Linux (kernel/time/clocksource.c) also has a watchdog that compares them.
 */
#define pr_fmt(fmt) "clocksource: " fmt
#include <primer/clocksource.h>
#include <primer/math64.h>
#include <primer/printk.h>
#include <primer/spinlock.h>
#include <primer/time.h>

#include "timekeeping_internal.h"

static DEFINE_SPINLOCK(clocksource_lock, LOCK_RANK_CLOCKSOURCE);	/* clocksource_list; interrupts off */
static LIST_HEAD(clocksource_list);

void clocks_calc_mult_shift(u32 *mult, u32 *shift, u64 from, u64 to, u32 maxsec)
{
	u64 span = (maxsec * from) >> 32, tmp = 0;
	u32 sft, bits = 32;

	while (span) {
		span >>= 1;
		bits--;
	}
	for (sft = 32; sft > 0; sft--) {
		tmp = ((to << sft) + from / 2) / from;
		if (!(tmp >> bits))
			break;
	}
	*mult = tmp;
	*shift = sft;
}

u64 clocks_calc_max_nsecs(u32 mult, u32 shift, u64 mask, u64 *max_cyc)
{
	/* An eleventh more than mult: room for a clock that is made to run faster for a while. */
	u32 maxadj = mult / 100 * 11;
	u64 max_cycles = U64_MAX / (mult + maxadj);

	if (max_cycles > mask)
		max_cycles = mask;
	if (max_cyc)
		*max_cyc = max_cycles;
	/* By the slowest rate, and half of it: whoever sleeps so long must wake up well before. */
	return mul_u64_u32_shr(max_cycles, mult - maxadj, shift) >> 1;
}

int clocksource_register_hz(struct clocksource *cs, u64 hz)
{
	struct clocksource *other;
	struct list_head *pos;
	unsigned long flags;
	u64 sec = cs->mask / hz;

	/* Ten minutes at most between two updates, or precision would suffer. */
	if (!sec)
		sec = 1;
	else if (sec > 600 && cs->mask > U32_MAX)
		sec = 600;
	clocks_calc_mult_shift(&cs->mult, &cs->shift, hz, NSEC_PER_SEC, sec);
	cs->max_idle_ns = clocks_calc_max_nsecs(cs->mult, cs->shift, cs->mask, &cs->max_cycles);
	pr_info("%s: mask: 0x%llx max_cycles: 0x%llx, max_idle_ns: %lld ns\n", cs->name, cs->mask, cs->max_cycles,
		cs->max_idle_ns);

	spin_lock_irqsave(&clocksource_lock, flags);
	list_for_each(pos, &clocksource_list) {
		other = list_entry(pos, struct clocksource, list);
		if (other->rating < cs->rating)
			break;
	}
	list_add_tail(&cs->list, pos);
	other = list_first_entry(&clocksource_list, struct clocksource, list);
	spin_unlock_irqrestore(&clocksource_lock, flags);
	timekeeping_notify(other);
	return 0;
}

struct clocksource *clocksource_first(void)
{
	struct clocksource *cs;
	unsigned long flags;

	spin_lock_irqsave(&clocksource_lock, flags);
	cs = list_first_entry_or_null(&clocksource_list, struct clocksource, list);
	spin_unlock_irqrestore(&clocksource_lock, flags);
	return cs;
}
