/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/clocksource.h - free-running counters that time is made from.
 *
 * ns = (cycles * mult) >> shift. Drivers register what they find; timekeeping runs on the one with the best rating.
 */
#ifndef PRIMER_CLOCKSOURCE_H
#define PRIMER_CLOCKSOURCE_H

#include <primer/list.h>
#include <primer/types.h>

#define CLOCKSOURCE_MASK(bits)		(~0ULL >> (64 - (bits)))
#define CLOCK_SOURCE_IS_CONTINUOUS	0x01	/* counts without anybody's help */
#define CLOCK_SOURCE_MUST_VERIFY	0x02	/* the watchdog has to compare it with another */
#define CLOCK_SOURCE_WATCHDOG		0x10	/* compared at least once */
#define CLOCK_SOURCE_VALID_FOR_HRES	0x20	/* exact enough for timers in nanoseconds */
#define CLOCK_SOURCE_UNSTABLE		0x40	/* found wrong: never chosen again */

struct clocksource {
	u64 (*read)(struct clocksource *cs);	/* any context, NMI included */
	u64 mask;				/* bits that count */
	u32 mult, shift;			/* set by clocksource_register_hz() */
	u64 max_cycles;				/* so many cycles convert without leaving 64 bits of product */
	u64 max_idle_ns;			/* the same in time, with a margin */
	const char *name;
	int rating;				/* 1: unfit, 100: usable, 200: good, 300: desired, 400: perfect */
	unsigned long flags;			/* [clocksource_lock] CLOCK_SOURCE_* */
	struct list_head list;			/* [clocksource_lock] by rating */
	void (*mark_unstable)(struct clocksource *cs);	/* optional: tell its owner. clocksource_lock held */
	u64 cs_last, wd_last;			/* [clocksource_lock] what both showed at the watchdog's last look */
	unsigned int suspicions;		/* [clocksource_lock] looks in a row at which they disagreed */
};

/*
 * clocksource_register_hz - announce @cs, which counts at @hz per second; timekeeping moves to it when it is better.
 * Boot or task.
 */
int clocksource_register_hz(struct clocksource *cs, u64 hz);
/* __clocksource_register - the same for one whose mult and shift are set. */
int __clocksource_register(struct clocksource *cs);
/* clocksource_unregister - @cs goes; timekeeping moves to the next best first. -EBUSY: there is none. */
int clocksource_unregister(struct clocksource *cs);
/* clocksource_mark_unstable - @cs is wrong: rated 0, left if it is in use. Context: task or softirq. */
void clocksource_mark_unstable(struct clocksource *cs);
/* clocksource_show_available, _current - what the files of that name say. Context: task. */
struct seq_buf;
void clocksource_show_available(struct seq_buf *s);
void clocksource_show_current(struct seq_buf *s);
/* clocksource_default_clock - the count of ticks, which is always there. register_refined_jiffies - its exact form. Boot. */
struct clocksource *clocksource_default_clock(void);
void register_refined_jiffies(void);

/*
 * clocks_calc_mult_shift - the most precise pair for converting @from Hz to @to Hz
 *
 * mult is below 2^32, and (@maxsec seconds of cycles) * mult fits in 64 bits; 0: no such demand.
 */
void clocks_calc_mult_shift(u32 *mult, u32 *shift, u64 from, u64 to, u32 maxsec);
/*
 * clocks_calc_max_nsecs - how long a span may be, in ns, and in *@max_cyc cycles, before cycles * mult leaves 64
 * bits.
 */
u64 clocks_calc_max_nsecs(u32 mult, u32 shift, u64 mask, u64 *max_cyc);

#endif
