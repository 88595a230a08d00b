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
 * Which one? The best rating wins, unless the command line names another (clocksource=). Once timers go by nanoseconds,
 * only sources that are fit for that can be chosen.
 *
 * The watchdog. The TSC is the best clock by far, if it is good: on some machines it stops in deep sleep, changes its
 * rate, or was written to by the firmware. So twice a second, on one CPU after the other, it is compared with a slow but
 * honest source. Two counters cannot be read at one moment: the honest one is read before and after, and a look that took
 * too long (an interrupt, a host that runs somebody else) does not count. A difference of more than a sixteenth of a
 * second between two looks is suspected; only three suspicions in a row are believed, because a machine that was stopped
 * for a while shows a large one just once.
 *
 * Locking: clocksource_lock for the list, which is in order of rating, and for the watchdog's notes; it is taken in softirqs.
 *
 * Linux: kernel/time/clocksource.c.
 */
#define pr_fmt(fmt) "clocksource: " fmt
#include <primer/clocksource.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/math64.h>
#include <primer/printk.h>
#include <primer/seq_buf.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <primer/time.h>
#include <primer/timer.h>

#include "tick_internal.h"
#include "timekeeping_internal.h"

#define WATCHDOG_INTERVAL	(HZ / 2)
#define WATCHDOG_THRESHOLD	(NSEC_PER_SEC >> 4)	/* more than this between two looks is wrong, ns */
#define WATCHDOG_MAX_DELAY	(100 * NSEC_PER_USEC)	/* a look that took longer says nothing */
#define WATCHDOG_TRIES		4
#define WATCHDOG_SUSPICIONS	3

static DEFINE_SPINLOCK(clocksource_lock, LOCK_RANK_CLOCKSOURCE);	/* clocksource_list; interrupts off */
static LIST_HEAD(clocksource_list);
static char override_name[32];			/* clocksource=; immutable after boot */
static struct clocksource *watchdog;		/* [clocksource_lock] the honest one */
static bool watchdog_running;			/* [clocksource_lock] */

static void clocksource_watchdog(struct timer_list *unused);
static DEFINE_TIMER(watchdog_timer, clocksource_watchdog);

static int __init boot_override_clocksource(char *str)
{
	strscpy(override_name, str, sizeof(override_name));
	return 1;
}
__setup("clocksource=", boot_override_clocksource);

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

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static bool fit(const struct clocksource *cs, bool oneshot)
{
	return !(cs->flags & CLOCK_SOURCE_UNSTABLE) && (!oneshot || (cs->flags & CLOCK_SOURCE_VALID_FOR_HRES));
}

/* The one to run on, @skip left out; NULL: none is fit. [clocksource_lock] */
static struct clocksource *clocksource_find_best(const struct clocksource *skip)
{
	struct clocksource *cs, *best = NULL;
	bool oneshot = hrtimer_hres_active();

	list_for_each_entry(cs, &clocksource_list, list) {
		if (cs == skip || !fit(cs, oneshot))
			continue;
		if (!best)
			best = cs;
		if (!strcmp(cs->name, override_name))
			return cs;
	}
	return best;
}

/* Change over if there is a better one. Not under clocksource_lock: timekeeping has a lock of its own. */
static void clocksource_select(void)
{
	struct clocksource *best;
	unsigned long flags;

	spin_lock_irqsave(&clocksource_lock, flags);
	best = clocksource_find_best(NULL);
	spin_unlock_irqrestore(&clocksource_lock, flags);
	if (best)
		timekeeping_notify(best);
}

/* By rating, behind its equals. [clocksource_lock] */
static void clocksource_enqueue(struct clocksource *cs)
{
	struct clocksource *other;
	struct list_head *pos;

	list_for_each(pos, &clocksource_list) {
		other = list_entry(pos, struct clocksource, list);
		if (other->rating < cs->rating)
			break;
	}
	list_add_tail(&cs->list, pos);
}

/* ---- the watchdog ------------------------------------------------------------------------------------------------ */

static u64 cycles_to_ns(const struct clocksource *cs, u64 from, u64 to)
{
	return mul_u64_u32_shr((to - from) & cs->mask, cs->mult, cs->shift);
}

/* Both at nearly the same moment; false: something came between, each time. */
static bool watchdog_read(struct clocksource *cs, u64 *cs_now, u64 *wd_now)
{
	for (int tries = 0; tries < WATCHDOG_TRIES; tries++) {
		unsigned long flags;
		u64 end;

		local_irq_save(flags);
		*wd_now = watchdog->read(watchdog);
		*cs_now = cs->read(cs);
		end = watchdog->read(watchdog);
		local_irq_restore(flags);
		if (cycles_to_ns(watchdog, *wd_now, end) <= WATCHDOG_MAX_DELAY)
			return true;
	}
	return false;
}

static void __mark_unstable(struct clocksource *cs)
{
	if (cs->flags & CLOCK_SOURCE_UNSTABLE)
		return;
	cs->flags = (cs->flags & ~(CLOCK_SOURCE_VALID_FOR_HRES | CLOCK_SOURCE_WATCHDOG)) | CLOCK_SOURCE_UNSTABLE;
	cs->rating = 0;
	if (cs->mark_unstable)
		cs->mark_unstable(cs);
	list_del(&cs->list);
	clocksource_enqueue(cs);
}

/* True: @cs is wrong. [clocksource_lock] */
static bool watchdog_check(struct clocksource *cs)
{
	u64 cs_now, wd_now, cs_ns, wd_ns;

	if (!watchdog_read(cs, &cs_now, &wd_now)) {
		cs->flags &= ~CLOCK_SOURCE_WATCHDOG;
		return false;
	}
	cs_ns = cycles_to_ns(cs, cs->cs_last, cs_now);
	wd_ns = cycles_to_ns(watchdog, cs->wd_last, wd_now);
	cs->cs_last = cs_now;
	cs->wd_last = wd_now;
	if (!(cs->flags & CLOCK_SOURCE_WATCHDOG)) {
		cs->flags |= CLOCK_SOURCE_WATCHDOG;
		return false;
	}
	if ((cs_ns > wd_ns ? cs_ns - wd_ns : wd_ns - cs_ns) <= (u64)WATCHDOG_THRESHOLD) {
		cs->suspicions = 0;
		return false;
	}
	if (++cs->suspicions < WATCHDOG_SUSPICIONS)
		return false;
	pr_warn("timekeeping watchdog on CPU%d: Marking clocksource '%s' as unstable because the skew is too large:\n",
		smp_processor_id(), cs->name);
	pr_warn("                      '%s' wd_nsec: %llu wd_now: %llx\n", watchdog->name, wd_ns, wd_now);
	pr_warn("                      '%s' cs_nsec: %llu cs_now: %llx\n", cs->name, cs_ns, cs_now);
	return true;
}

static void clocksource_watchdog(struct timer_list *unused)
{
	struct clocksource *cs, *next;
	bool wrong = false;
	unsigned int cpu;

	spin_lock_irq(&clocksource_lock);
	if (!watchdog_running) {
		spin_unlock_irq(&clocksource_lock);
		return;
	}
	list_for_each_entry_safe(cs, next, &clocksource_list, list) {
		if (!(cs->flags & CLOCK_SOURCE_MUST_VERIFY) || (cs->flags & CLOCK_SOURCE_UNSTABLE))
			continue;
		if (watchdog_check(cs)) {
			__mark_unstable(cs);
			wrong = true;
		}
	}
	/* Each CPU has a TSC of its own. */
	cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask);
	if (cpu >= NR_CPUS)
		cpu = cpumask_first(cpu_online_mask);
	spin_unlock_irq(&clocksource_lock);
	if (wrong)
		clocksource_select();
	watchdog_timer.expires += WATCHDOG_INTERVAL;
	/* After a long pause not one look after the other. */
	if (time_before(watchdog_timer.expires, jiffies))
		watchdog_timer.expires = jiffies + WATCHDOG_INTERVAL;
	add_timer_on(&watchdog_timer, cpu);
}

/* Is there somebody to watch, and somebody to do it? [clocksource_lock] True: start the timer. */
static bool watchdog_update(void)
{
	struct clocksource *cs, *best = NULL;
	bool wanted = false;

	list_for_each_entry(cs, &clocksource_list, list) {
		if (cs->flags & CLOCK_SOURCE_UNSTABLE)
			continue;
		if (cs->flags & CLOCK_SOURCE_MUST_VERIFY)
			wanted = true;
		else if (!best && (cs->flags & CLOCK_SOURCE_IS_CONTINUOUS) && cs->max_idle_ns > (u64)NSEC_PER_SEC)
			best = cs;
	}
	if (best != watchdog) {
		watchdog = best;
		list_for_each_entry(cs, &clocksource_list, list)
			cs->flags &= ~CLOCK_SOURCE_WATCHDOG;
	}
	if (watchdog_running || !wanted || !watchdog) {
		watchdog_running = wanted && watchdog;
		return false;
	}
	watchdog_running = true;
	return !timer_pending(&watchdog_timer);
}

static void watchdog_start(void)
{
	mod_timer(&watchdog_timer, jiffies + WATCHDOG_INTERVAL);
}

/* ---- registration ------------------------------------------------------------------------------------------------ */

int __clocksource_register(struct clocksource *cs)
{
	unsigned long flags;
	bool start;

	cs->max_idle_ns = clocks_calc_max_nsecs(cs->mult, cs->shift, cs->mask, &cs->max_cycles);
	pr_info("%s: mask: 0x%llx max_cycles: 0x%llx, max_idle_ns: %lld ns\n", cs->name, cs->mask, cs->max_cycles,
		cs->max_idle_ns);
	spin_lock_irqsave(&clocksource_lock, flags);
	clocksource_enqueue(cs);
	start = watchdog_update();
	spin_unlock_irqrestore(&clocksource_lock, flags);
	if (start)
		watchdog_start();
	clocksource_select();
	return 0;
}

int clocksource_register_hz(struct clocksource *cs, u64 hz)
{
	u64 sec = cs->mask / hz;

	/* Ten minutes at most between two updates, or precision would suffer. */
	if (!sec)
		sec = 1;
	else if (sec > 600 && cs->mask > U32_MAX)
		sec = 600;
	clocks_calc_mult_shift(&cs->mult, &cs->shift, hz, NSEC_PER_SEC, sec);
	return __clocksource_register(cs);
}

int clocksource_unregister(struct clocksource *cs)
{
	struct clocksource *best;
	unsigned long flags;
	bool start;

	spin_lock_irqsave(&clocksource_lock, flags);
	best = clocksource_find_best(cs);
	spin_unlock_irqrestore(&clocksource_lock, flags);
	if (timekeeping_clock() == cs) {
		if (!best)
			return -EBUSY;
		timekeeping_notify(best);
	}
	spin_lock_irqsave(&clocksource_lock, flags);
	list_del_init(&cs->list);
	start = watchdog_update();
	spin_unlock_irqrestore(&clocksource_lock, flags);
	if (start)
		watchdog_start();
	return 0;
}

void clocksource_mark_unstable(struct clocksource *cs)
{
	unsigned long flags;

	spin_lock_irqsave(&clocksource_lock, flags);
	__mark_unstable(cs);
	watchdog_update();
	spin_unlock_irqrestore(&clocksource_lock, flags);
	clocksource_select();
}

void clocksource_show_available(struct seq_buf *s)
{
	bool oneshot = hrtimer_hres_active();
	struct clocksource *cs;
	unsigned long flags;

	spin_lock_irqsave(&clocksource_lock, flags);
	list_for_each_entry(cs, &clocksource_list, list)
		if (fit(cs, oneshot))
			seq_buf_printf(s, "%s ", cs->name);
	spin_unlock_irqrestore(&clocksource_lock, flags);
	seq_buf_putc(s, '\n');
}

void clocksource_show_current(struct seq_buf *s)
{
	seq_buf_printf(s, "%s\n", timekeeping_clock()->name);
}
