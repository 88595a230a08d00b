/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/timekeeping.c - the clocks that everybody can read.
 *
 * The problem. A counter runs; programs want nanoseconds since boot, the calendar's time, and never to see a clock go
 * back. Reading happens all the time and on all CPUs, so it must not lock; changes (setting the clock, changing the
 * counter) are rare.
 *
 * The idea. Remember for one moment what the counter showed and what time it was; time is then what it was, plus the
 * cycles since:
 *
 *	          cycle_last             now
 *	counter ------|-------------------|----->
 *	              base                base + (cycles * mult + frac) >> shift
 *
 * All clocks come from MONOTONIC by adding an offset:
 *
 *	REALTIME = MONOTONIC + offs_real	changed by setting the clock, and by nothing else
 *	BOOTTIME = MONOTONIC + offs_boot	time spent suspended
 *	RAW      = MONOTONIC, as long as nobody corrects its rate
 *
 * The product is made in 128 bits: with 64, a span of more than max_cycles (some ten minutes) would overflow, and
 * without a tick nobody moves cycle_last. Moving it (timekeeping_forward) keeps the fraction of a nanosecond, so that
 * no time is lost however often.
 *
 * Reading: under a seqcount; retried when an update came between. If another CPU's counter lags a little behind
 * cycle_last, the difference looks enormous: half the range or more is taken for "behind", and time stands still for
 * that moment instead of jumping.
 *
 * Locking: timekeeper_lock (interrupts off) for writers, tk_seq for readers. Not to be read in NMIs: one that
 * interrupts a writer would retry for ever.
 *
 * Linux (kernel/time/timekeeping.c) also corrects the rate by NTP, keeps a copy for NMIs, and sleeps through suspend.
 */
#include <primer/clocksource.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/math64.h>
#include <primer/hrtimer.h>
#include <primer/printk.h>
#include <primer/seqlock.h>
#include <primer/timekeeping.h>
#include <asm/tsc.h>

#include "tick_internal.h"
#include "timekeeping_internal.h"

/* [tk_seq to read, timekeeper_lock and tk_seq to write] */
static struct timekeeper {
	struct clocksource *clock;	/* NULL until timekeeping_init(): all clocks show 0 */
	u64 mask;
	u32 mult, shift;
	u64 cycle_last;
	u64 frac;			/* ns << shift beyond base, less than one ns */
	u64 base;			/* MONOTONIC at cycle_last, ns */
	s64 offs_real, offs_boot;	/* ns */
	unsigned int clock_was_set_seq;	/* how often the offsets have changed */
	bool ticking;			/* somebody moves cycle_last with each tick */
} tk __read_mostly;

static seqcount_t tk_seq = SEQCNT_ZERO(tk_seq);
static DEFINE_SPINLOCK(timekeeper_lock, LOCK_RANK_TIMEKEEPER);	/* tk and tk_seq; interrupts off */

/* Cycles since cycle_last; 0 for a counter that lags behind. */
static __always_inline u64 tk_delta(const struct timekeeper *t)
{
	u64 delta = (t->clock->read(t->clock) - t->cycle_last) & t->mask;

	return unlikely(delta & ~(t->mask >> 1)) ? 0 : delta;
}

/* MONOTONIC now, and the offset to the clock that is asked for, which must belong together. */
static __always_inline u64 tk_read(const s64 *offset)
{
	unsigned int seq;
	u64 ns;

	do {
		seq = read_seqcount_begin(&tk_seq);
		if (unlikely(!tk.clock))
			return 0;
		ns = tk.base + (u64)(((unsigned __int128)tk_delta(&tk) * tk.mult + tk.frac) >> tk.shift);
		if (offset)
			ns += *offset;
	} while (read_seqcount_retry(&tk_seq, seq));
	return ns;
}

/* As of the last tick. As long as there is no tick that would move it, the last tick is now. */
static __always_inline u64 tk_read_coarse(const s64 *offset)
{
	unsigned int seq;
	u64 ns;

	if (unlikely(!READ_ONCE(tk.ticking)))
		return tk_read(offset);
	do {
		seq = read_seqcount_begin(&tk_seq);
		ns = tk.base;
		if (offset)
			ns += *offset;
	} while (read_seqcount_retry(&tk_seq, seq));
	return ns;
}

ktime_t ktime_get(void)				{ return tk_read(NULL); }
ktime_t ktime_get_real(void)			{ return tk_read(&tk.offs_real); }
ktime_t ktime_get_raw(void)			{ return tk_read(NULL); }
ktime_t ktime_get_boottime(void)		{ return tk_read(&tk.offs_boot); }
ktime_t ktime_get_coarse(void)			{ return tk_read_coarse(NULL); }
ktime_t ktime_get_coarse_real(void)		{ return tk_read_coarse(&tk.offs_real); }

void ktime_get_ts64(struct timespec64 *ts)		{ *ts = ns_to_timespec64(ktime_get()); }
void ktime_get_real_ts64(struct timespec64 *ts)		{ *ts = ns_to_timespec64(ktime_get_real()); }
void ktime_get_raw_ts64(struct timespec64 *ts)		{ *ts = ns_to_timespec64(ktime_get_raw()); }
void ktime_get_boottime_ts64(struct timespec64 *ts)	{ *ts = ns_to_timespec64(ktime_get_boottime()); }
void ktime_get_coarse_ts64(struct timespec64 *ts)	{ *ts = ns_to_timespec64(ktime_get_coarse()); }
void ktime_get_coarse_real_ts64(struct timespec64 *ts)	{ *ts = ns_to_timespec64(ktime_get_coarse_real()); }
time64_t ktime_get_seconds(void)		{ return ktime_get_coarse() / NSEC_PER_SEC; }
time64_t ktime_get_real_seconds(void)		{ return ktime_get_coarse_real() / NSEC_PER_SEC; }

void getboottime64(struct timespec64 *ts)
{
	unsigned int seq;
	s64 offs;

	do {
		seq = read_seqcount_begin(&tk_seq);
		offs = tk.offs_real - tk.offs_boot;
	} while (read_seqcount_retry(&tk_seq, seq));
	*ts = ns_to_timespec64(offs);
}

/* ---- changes ----------------------------------------------------------------------------------------------------- */

/*
 * Move cycle_last to now, with all that has passed in base and frac. Context: timekeeper_lock, inside a write
 * section.
 */
static void timekeeping_forward(void)
{
	u64 delta = tk_delta(&tk);
	unsigned __int128 ns = (unsigned __int128)delta * tk.mult + tk.frac;

	tk.cycle_last = (tk.cycle_last + delta) & tk.mask;
	tk.base += (u64)(ns >> tk.shift);
	tk.frac = (u64)ns & ((1ULL << tk.shift) - 1);
}

void update_wall_time(void)
{
	unsigned long flags;

	spin_lock_irqsave(&timekeeper_lock, flags);
	write_seqcount_begin(&tk_seq);
	timekeeping_forward();
	tk.ticking = true;
	write_seqcount_end(&tk_seq);
	spin_unlock_irqrestore(&timekeeper_lock, flags);
}

int do_settimeofday64(const struct timespec64 *ts)
{
	unsigned long flags;
	int ret = 0;
	u64 now;

	if (!timespec64_valid_settod(ts))
		return -EINVAL;
	spin_lock_irqsave(&timekeeper_lock, flags);
	write_seqcount_begin(&tk_seq);
	if (tk.clock)
		timekeeping_forward();
	now = tk.base;
	/* Boot would have been before 1970: clocks that are relative to it could not be expressed. */
	if ((u64)timespec64_to_ns(ts) < now)
		ret = -EINVAL;
	else
		tk.offs_real = timespec64_to_ns(ts) - now;
	tk.clock_was_set_seq++;
	write_seqcount_end(&tk_seq);
	spin_unlock_irqrestore(&timekeeper_lock, flags);
	if (!ret)
		clock_was_set();
	return ret;
}

/* From now on by @cs; time goes on where it is. */
static void change_clocksource(struct clocksource *cs)
{
	struct clocksource *old;
	unsigned long flags;

	spin_lock_irqsave(&timekeeper_lock, flags);
	write_seqcount_begin(&tk_seq);
	old = tk.clock;
	if (old)
		timekeeping_forward();
	/* So that log stamps and MONOTONIC agree: at the start, and when the count of ticks has not begun. */
	if ((!old || old == clocksource_default_clock()) && tk.base < sched_clock() && !tk.ticking)
		tk.base = sched_clock();
	tk.clock = cs;
	tk.mask = cs->mask;
	tk.mult = cs->mult;
	tk.shift = cs->shift;
	tk.frac = 0;
	tk.cycle_last = cs->read(cs) & cs->mask;
	write_seqcount_end(&tk_seq);
	spin_unlock_irqrestore(&timekeeper_lock, flags);
	if (old)
		pr_info("clocksource: Switched to clocksource %s\n", cs->name);
	tick_clock_notify();
}

void timekeeping_notify(struct clocksource *best)
{
	/* Before timekeeping_init() nobody reads time yet: it takes the best one then. */
	if (READ_ONCE(tk.clock) && best != tk.clock)
		change_clocksource(best);
}

struct clocksource *timekeeping_clock(void)
{
	return READ_ONCE(tk.clock);
}

ktime_t ktime_get_update_offsets_now(unsigned int *cwsseq, ktime_t *offs_real, ktime_t *offs_boot, ktime_t *offs_tai)
{
	unsigned int seq;
	u64 ns;

	do {
		seq = read_seqcount_begin(&tk_seq);
		if (unlikely(!tk.clock))
			return 0;
		ns = tk.base + (u64)(((unsigned __int128)tk_delta(&tk) * tk.mult + tk.frac) >> tk.shift);
		if (unlikely(*cwsseq != tk.clock_was_set_seq)) {
			*cwsseq = tk.clock_was_set_seq;
			*offs_real = *offs_tai = tk.offs_real;
			*offs_boot = tk.offs_boot;
		}
	} while (read_seqcount_retry(&tk_seq, seq));
	return (ktime_t)ns;
}

bool timekeeping_valid_for_hres(void)
{
	struct clocksource *cs = READ_ONCE(tk.clock);

	return cs && (cs->flags & CLOCK_SOURCE_VALID_FOR_HRES);
}

u64 timekeeping_max_deferment(void)
{
	return READ_ONCE(tk.clock)->max_idle_ns;
}

void __init timekeeping_init(void)
{
	register_refined_jiffies();
	change_clocksource(clocksource_default_clock());
}
