/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/time/hrtimer_test.c - exact timers: order, slack, restart, cancelling, the clock being set; the queue below
 * them, the devices below that, and load averages.
 */
#include <primer/clockchips.h>
#include <primer/clocksource.h>
#include <primer/completion.h>
#include <primer/console.h>
#include <primer/err.h>
#include <primer/hrtimer.h>
#include <primer/interrupt.h>
#include <primer/math64.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched/loadavg.h>
#include <primer/seq_buf.h>
#include <primer/sleep.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/timerqueue.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "../../../kernel/time/tick_internal.h"
#include "../../lib/random.h"

#define NODES	100

static void queue_is_in_order(struct kunit *test)
{
	struct timerqueue_node *nodes = kunit_kzalloc(test, NODES * sizeof(*nodes), GFP_KERNEL), *n, *prev;
	struct timerqueue_head head;
	struct test_random r;

	KUNIT_ASSERT_NOT_NULL(test, nodes);
	test_random_init(test, &r, 7);
	timerqueue_init_head(&head);
	KUNIT_EXPECT_NULL(test, timerqueue_getnext(&head));
	for (int i = 0; i < NODES; i++)
		timerqueue_init(&nodes[i]);
	for (int round = 0; round < 1000; round++) {
		n = &nodes[test_random(&r) % NODES];
		if (timerqueue_node_queued(n)) {
			timerqueue_del(&head, n);
			KUNIT_EXPECT_FALSE(test, timerqueue_node_queued(n));
		} else {
			ktime_t first = timerqueue_getnext(&head) ? timerqueue_getnext(&head)->expires : KTIME_MAX;

			n->expires = (ktime_t)(test_random(&r) % 50);
			KUNIT_EXPECT_EQ(test, timerqueue_add(&head, n), n->expires < first);
		}
		prev = timerqueue_getnext(&head);
		for (n = prev; n; prev = n, n = timerqueue_iterate_next(n))
			KUNIT_ASSERT_LE(test, prev->expires, n->expires);
	}
}

/* A node that is queued, or taken out, twice is reported, and the queue stays as it was. */
static void a_node_is_queued_once(struct kunit *test)
{
	struct timerqueue_node nodes[5], *n;
	int saved = console_loglevel, on_warn = panic_on_warn;
	struct timerqueue_head head;
	unsigned int seen = 0;

	timerqueue_init_head(&head);
	for (int i = 0; i < 5; i++) {
		timerqueue_init(&nodes[i]);
		nodes[i].expires = i;
	}
	for (int i = 0; i < 4; i++)
		timerqueue_add(&head, &nodes[i]);
	panic_on_warn = 0;
	console_silent();			/* a report on the console would look like a failure */
	KUNIT_EXPECT_FALSE(test, timerqueue_add(&head, &nodes[1]));
	KUNIT_EXPECT_TRUE(test, timerqueue_del(&head, &nodes[4]));
	console_flush();
	console_loglevel = saved;
	panic_on_warn = on_warn;
	KUNIT_EXPECT_TRUE(test, get_taint() & 1UL << TAINT_WARN);
	for (n = timerqueue_getnext(&head); n && seen < 6; n = timerqueue_iterate_next(n))
		KUNIT_EXPECT_EQ(test, n->expires, (ktime_t)seen++);
	KUNIT_EXPECT_EQ(test, seen, 4U);
}

/* ---- expiry ------------------------------------------------------------------------------------------------------ */

struct shot {
	struct hrtimer timer;
	struct completion done;
	ktime_t ran_at, interval;
	unsigned int runs, wanted, order;
	u64 overruns;
	bool in_irq, in_softirq;
};

static unsigned int sequence;

static enum hrtimer_restart shot_fn(struct hrtimer *t)
{
	struct shot *s = container_of(t, struct shot, timer);

	s->ran_at = hrtimer_cb_get_time(t);
	s->order = ++sequence;
	s->in_irq = in_irq();
	s->in_softirq = in_serving_softirq();
	if (++s->runs < s->wanted) {
		s->overruns += hrtimer_forward_now(t, s->interval);
		return HRTIMER_RESTART;
	}
	complete(&s->done);
	return HRTIMER_NORESTART;
}

static void shot_init(struct shot *s, clockid_t clock, enum hrtimer_mode mode)
{
	memset(s, 0, sizeof(*s));
	hrtimer_init(&s->timer, clock, mode);
	s->timer.function = shot_fn;
	s->wanted = 1;
	init_completion(&s->done);
}

static void timers_expire_in_order_and_never_early(struct kunit *test)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI };
	struct shot *s = kunit_kzalloc(test, 16 * sizeof(*s), GFP_KERNEL);
	ktime_t base[4];

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (int i = 0; i < 16; i++)
		shot_init(&s[i], clocks[i % 4], HRTIMER_MODE_ABS);
	/* Each clock is read once, and all are started before the first is due: on a busy host too. */
	for (int i = 0; i < 4; i++)
		base[i] = hrtimer_cb_get_time(&s[i].timer) + ms_to_ktime(500);
	for (int i = 0; i < 16; i++) {
		/* From the last to the first. */
		hrtimer_start(&s[i].timer, base[i % 4] + (ktime_t)((16 - i) * 2 * NSEC_PER_MSEC), HRTIMER_MODE_ABS);
		KUNIT_EXPECT_TRUE(test, hrtimer_active(&s[i].timer) && hrtimer_is_queued(&s[i].timer));
	}
	for (int i = 0; i < 16; i++) {
		wait_for_completion(&s[i].done);
		hrtimer_cancel(&s[i].timer);
		KUNIT_EXPECT_GE(test, s[i].ran_at, hrtimer_get_softexpires(&s[i].timer));
		KUNIT_EXPECT_TRUE(test, s[i].in_irq);
		KUNIT_EXPECT_FALSE(test, hrtimer_active(&s[i].timer));
		/* Of different clocks, several may be due in one interrupt. */
		if (i >= 4)
			KUNIT_EXPECT_LT(test, s[i].order, s[i - 4].order);
	}
}

static void soft_timers_run_in_softirq(struct kunit *test)
{
	struct shot hard, soft;

	shot_init(&soft, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	shot_init(&hard, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&soft.timer, ms_to_ktime(2), HRTIMER_MODE_REL_SOFT);
	wait_for_completion(&soft.done);
	hrtimer_start(&hard.timer, ms_to_ktime(2), HRTIMER_MODE_REL);
	wait_for_completion(&hard.done);
	hrtimer_cancel(&soft.timer);
	hrtimer_cancel(&hard.timer);
	KUNIT_EXPECT_TRUE(test, soft.in_softirq && !soft.in_irq);
	KUNIT_EXPECT_TRUE(test, hard.in_irq);
}

static void intervals_count_what_they_miss(struct kunit *test)
{
	struct shot s;
	ktime_t start;

	shot_init(&s, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	s.wanted = 5;
	s.interval = ms_to_ktime(2);
	start = ktime_get();
	hrtimer_start(&s.timer, s.interval, HRTIMER_MODE_REL);
	wait_for_completion(&s.done);
	hrtimer_cancel(&s.timer);
	KUNIT_EXPECT_EQ(test, s.runs, 5U);
	KUNIT_EXPECT_GE(test, s.overruns, 4ULL);
	KUNIT_EXPECT_GE(test, s.ran_at - start, (ktime_t)(s.interval * (ktime_t)(s.overruns + 1)));

	hrtimer_set_expires(&s.timer, 1000);
	KUNIT_EXPECT_EQ(test, hrtimer_forward(&s.timer, 999, 100), 0ULL);
	KUNIT_EXPECT_EQ(test, hrtimer_forward(&s.timer, 1000, 100), 1ULL);
	KUNIT_EXPECT_EQ(test, hrtimer_get_expires(&s.timer), (ktime_t)1100);
	KUNIT_EXPECT_EQ(test, hrtimer_forward(&s.timer, 5150, 100), 41ULL);
	KUNIT_EXPECT_EQ(test, hrtimer_get_expires(&s.timer), (ktime_t)5200);
	KUNIT_EXPECT_EQ_MSG(test, ktime_add_safe(KTIME_MAX - 5, 10), (ktime_t)KTIME_MAX, "the end of time");
}

static void a_cancelled_timer_does_not_run(struct kunit *test)
{
	struct shot s, later;
	struct test_random r;
	unsigned int before;

	shot_init(&s, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	KUNIT_EXPECT_EQ(test, hrtimer_cancel(&s.timer), 0);
	/* Far enough away that nobody who takes the CPU from us, or from the whole machine, lets it expire. */
	hrtimer_start(&s.timer, ms_to_ktime(1000), HRTIMER_MODE_REL);
	KUNIT_EXPECT_LE(test, hrtimer_get_remaining(&s.timer), ms_to_ktime(1000));
	KUNIT_EXPECT_EQ(test, hrtimer_try_to_cancel(&s.timer), 1);
	msleep(1010);
	KUNIT_EXPECT_EQ(test, s.runs, 0U);

	/* Moved before and behind another one, again and again: the device follows. */
	test_random_init(test, &r, 77);
	shot_init(&later, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	for (int i = 0; i < 200; i++) {
		reinit_completion(&later.done);
		later.runs = s.runs = 0;
		hrtimer_start(&later.timer, 300 * NSEC_PER_USEC, HRTIMER_MODE_REL);
		hrtimer_start(&s.timer, (ktime_t)(test_random(&r) % (600 * NSEC_PER_USEC)), HRTIMER_MODE_REL);
		before = (unsigned int)(test_random(&r) % 3);
		if (before == 1)
			hrtimer_start(&s.timer, ms_to_ktime(1000), HRTIMER_MODE_REL);
		else if (before == 2)
			hrtimer_cancel(&s.timer);
		if (!wait_for_completion_timeout(&later.done, HZ)) {
			KUNIT_EXPECT_TRUE_MSG(test, false, "round %d: the timer was lost", i);
			break;
		}
	}
	hrtimer_cancel(&s.timer);
	hrtimer_cancel(&later.timer);
}

static void a_range_shares_an_interrupt(struct kunit *test)
{
	struct shot lazy, exact;
	ktime_t start = ktime_get();

	/* The lazy one may run from 2 ms to 22 ms from now on: that is, with the one at 4 ms. */
	shot_init(&lazy, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	shot_init(&exact, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	/* The exact one first: an interrupt in between finds nothing that it may run early. */
	hrtimer_start(&exact.timer, start + ms_to_ktime(4), HRTIMER_MODE_ABS);
	hrtimer_start_range_ns(&lazy.timer, start + ms_to_ktime(2), 20 * NSEC_PER_MSEC, HRTIMER_MODE_ABS);
	wait_for_completion(&exact.done);
	wait_for_completion(&lazy.done);
	hrtimer_cancel(&lazy.timer);
	hrtimer_cancel(&exact.timer);
	KUNIT_EXPECT_GE(test, lazy.ran_at, start + ms_to_ktime(4));
	KUNIT_EXPECT_LT_MSG(test, lazy.order - exact.order, 2U, "one after the other");
}

static void setting_the_clock_makes_realtime_timers_due(struct kunit *test)
{
	struct timespec64 old, ahead;
	struct shot real, mono;

	shot_init(&real, CLOCK_REALTIME, HRTIMER_MODE_ABS);
	shot_init(&mono, CLOCK_REALTIME, HRTIMER_MODE_REL);
	hrtimer_start(&real.timer, ktime_get_real() + 1000 * (ktime_t)NSEC_PER_SEC, HRTIMER_MODE_ABS);
	hrtimer_start(&mono.timer, 1000 * (ktime_t)NSEC_PER_SEC, HRTIMER_MODE_REL);
	ktime_get_real_ts64(&old);
	ahead = old;
	ahead.tv_sec += 2000;
	do_settimeofday64(&ahead);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&real.done, HZ), 0UL);
	KUNIT_EXPECT_EQ_MSG(test, mono.runs, 0U, "a span does not change with the calendar");
	hrtimer_cancel(&real.timer);
	hrtimer_cancel(&mono.timer);
	do_settimeofday64(&old);
}

static void sleeping_for_nanoseconds(struct kunit *test)
{
	ktime_t start = ktime_get(), t = ms_to_ktime(3), never = KTIME_MAX;
	struct completion x;
	unsigned long j;

	set_current_state(TASK_UNINTERRUPTIBLE);
	KUNIT_EXPECT_EQ(test, schedule_hrtimeout(&t, HRTIMER_MODE_REL), 0);
	KUNIT_EXPECT_GE(test, ktime_get() - start, t);
	set_current_state(TASK_UNINTERRUPTIBLE);
	wake_up_process(current);
	KUNIT_EXPECT_EQ(test, schedule_hrtimeout(&never, HRTIMER_MODE_ABS), -EINTR);
	start = ktime_get();
	usleep_range(500, 1000);
	KUNIT_EXPECT_GE(test, ktime_get() - start, (ktime_t)(500 * NSEC_PER_USEC));
	/* By jiffies: after a pause of the whole machine these catch up, and a jiffy is short. */
	j = jiffies;
	init_completion(&x);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&x, 5), 0UL);
	KUNIT_EXPECT_GE(test, jiffies - j, 5UL);
	complete(&x);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&x, 5), 0UL);
}

/* ---- devices ----------------------------------------------------------------------------------------------------- */

static unsigned long programmed;

static int note_next_event(unsigned long cycles, struct clock_event_device *dev)
{
	programmed = cycles;
	return 0;
}

static void devices_are_programmed_within_their_limits(struct kunit *test)
{
	static const u32 rates[] = { 1193182, 3579545, 14318180, 62500000, 100000000, 1000000000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++) {
		struct clock_event_device dev = { .name = "test", .set_next_event = note_next_event, .cpumask = CPU_MASK_NONE };
		u64 want;

		/* For no CPU: nobody takes it. */
		clockevents_config_and_register(&dev, rates[i], 20, 0x7fffffff);
		KUNIT_EXPECT_EQ(test, dev.state, CLOCK_EVT_STATE_DETACHED);
		list_del(&dev.list);
		dev.state = CLOCK_EVT_STATE_ONESHOT;

		KUNIT_EXPECT_EQ(test, clockevents_program_event(&dev, 0, false), -ETIME);
		KUNIT_EXPECT_EQ(test, clockevents_program_event(&dev, 0, true), 0);
		KUNIT_EXPECT_GE(test, programmed, 20UL);
		KUNIT_EXPECT_LE(test, programmed, 20 + rates[i] / 500000UL);
		KUNIT_EXPECT_EQ(test, clockevents_program_event(&dev, KTIME_MAX - 1, false), 0);
		KUNIT_EXPECT_LE(test, programmed, 0x7fffffffUL);
		/* Whole seconds, ten minutes at most. */
		KUNIT_EXPECT_GE(test, programmed, min(0x7fffffffUL / 100 * 93, 590UL * rates[i]));

		want = ktime_get_ns();
		KUNIT_EXPECT_EQ(test, clockevents_program_event(&dev, (ktime_t)(want + 1000 * NSEC_PER_MSEC), false), 0);
		/* A second, less what has passed since the look at the clock. */
		KUNIT_EXPECT_LE(test, programmed, rates[i] + 1UL);
		KUNIT_EXPECT_GE(test, programmed, rates[i] / 10 * 9UL);
	}
}

static void clock_sources_agree_with_each_other(struct kunit *test)
{
	char buf[128];
	struct seq_buf s;

	seq_buf_init(&s, buf, sizeof(buf));
	clocksource_show_available(&s);
	KUNIT_EXPECT_NOT_NULL(test, strstr(seq_buf_str(&s), "pit "));
	seq_buf_clear(&s);
	clocksource_show_current(&s);
	KUNIT_EXPECT_TRUE(test, strlen(seq_buf_str(&s)) > 2);
}

static bool tsc_is_current(void)
{
	char buf[32];
	struct seq_buf s;

	seq_buf_init(&s, buf, sizeof(buf));
	clocksource_show_current(&s);
	return !strncmp(seq_buf_str(&s), "tsc", 3) && strncmp(seq_buf_str(&s), "tsc-", 4);
}

/* Clock sources of a test: the TSC, at twice the rate it is registered with; right; right, but for one jump of a second. */
static u64 jump;

static u64 read_wrong(struct clocksource *cs)	{ return rdtsc() * 2; }
static u64 read_right(struct clocksource *cs)	{ return rdtsc(); }
static u64 read_jumped(struct clocksource *cs)	{ return rdtsc() + READ_ONCE(jump); }

#define FAKE(fn)	{ .name = #fn, .rating = 2, .read = fn, .mask = CLOCKSOURCE_MASK(64), \
			  .flags = CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_MUST_VERIFY }

static struct clocksource fakes[3] = { FAKE(read_wrong), FAKE(read_right), FAKE(read_jumped) };

static void the_watchdog_believes_what_it_sees_again(struct kunit *test)
{
	if (!hrtimer_hres_active())
		kunit_skip(test, "no continuous clock to compare with");
	/* The first measurement of the rate may have been disturbed; a second or two later there is a better one. */
	for (int i = 0; i < 40 && !tsc_is_current(); i++)
		msleep(100);
	jump = 0;
	for (int i = 0; i < 3; i++) {
		fakes[i].flags = CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_MUST_VERIFY;
		fakes[i].rating = 2;
		clocksource_register_hz(&fakes[i], (u64)tsc_khz * 1000);
	}
	/* A look twice a second; the first only takes notes, and three must say the same. */
	msleep(1300);
	WRITE_ONCE(jump, (u64)tsc_khz * 1000);
	msleep(2000);
	/* It looks less often, and drops looks that took long, when the host is busy. */
	for (int i = 0; i < 100 && !(READ_ONCE(fakes[0].flags) & CLOCK_SOURCE_UNSTABLE); i++)
		msleep(100);
	KUNIT_EXPECT_TRUE_MSG(test, fakes[0].flags & CLOCK_SOURCE_UNSTABLE, "twice too fast");
	KUNIT_EXPECT_FALSE_MSG(test, fakes[1].flags & CLOCK_SOURCE_UNSTABLE, "right");
	KUNIT_EXPECT_FALSE_MSG(test, fakes[2].flags & CLOCK_SOURCE_UNSTABLE, "one jump is no proof");
	for (int i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, clocksource_unregister(&fakes[i]), 0);
}

/* ---- load averages ----------------------------------------------------------------------------------------------- */

static void load_averages_are_exponential(struct kunit *test)
{
	unsigned long load = 0, jump;

	/* One task for a minute: 1 - 1/e of it in the first number. */
	for (int i = 0; i < 12; i++)
		load = calc_load(load, EXP_1, FIXED_1);
	KUNIT_EXPECT_GE(test, LOAD_INT(load * 100), 61UL);
	KUNIT_EXPECT_LE(test, LOAD_INT(load * 100), 65UL);
	for (int i = 0; i < 2000; i++)
		load = calc_load(load, EXP_1, FIXED_1);
	KUNIT_EXPECT_EQ_MSG(test, load, FIXED_1, "it arrives");
	for (int i = 0; i < 2000; i++)
		load = calc_load(load, EXP_1, 0);
	KUNIT_EXPECT_EQ(test, load, 0UL);

	/* Many samples at once are the same as one after the other, but for rounding. */
	load = 0;
	for (int i = 0; i < 100; i++)
		load = calc_load(load, EXP_5, 3 * FIXED_1);
	jump = calc_load_n(0, EXP_5, 3 * FIXED_1, 100);
	KUNIT_EXPECT_LE(test, load > jump ? load - jump : jump - load, FIXED_1 / 20);
}

static struct kunit_case hrtimer_cases[] = {
	KUNIT_CASE_NAMED(queue_is_in_order, "the queue of timers is in order, and knows its first"),
	KUNIT_CASE_NAMED(a_node_is_queued_once, "a timer queued or taken out twice is reported, and changes nothing"),
	KUNIT_CASE_NAMED(timers_expire_in_order_and_never_early, "timers of all clocks expire in order and never early"),
	KUNIT_CASE_NAMED(soft_timers_run_in_softirq, "soft timers run in softirq, hard ones in hard interrupt"),
	KUNIT_CASE_NAMED(intervals_count_what_they_miss, "intervals start again, and count what they missed"),
	KUNIT_CASE_NAMED(a_cancelled_timer_does_not_run, "a cancelled timer does not run, a moved one is not lost"),
	KUNIT_CASE_NAMED(a_range_shares_an_interrupt, "a timer with slack waits for one that has none"),
	KUNIT_CASE_NAMED(setting_the_clock_makes_realtime_timers_due, "setting the clock makes timers of the calendar due, and no others"),
	KUNIT_CASE_NAMED(sleeping_for_nanoseconds, "sleeps end in time, or when woken"),
	KUNIT_CASE_NAMED(devices_are_programmed_within_their_limits, "clock event devices are programmed within their limits"),
	KUNIT_CASE_NAMED(clock_sources_agree_with_each_other, "clock sources are listed"),
	KUNIT_CASE_NAMED(the_watchdog_believes_what_it_sees_again, "the watchdog marks a wrong clock unstable, not one that jumped once"),
	KUNIT_CASE_NAMED(load_averages_are_exponential, "load averages: 63 % after a minute, and many samples at once"),
	{}
};
static struct kunit_suite hrtimer_suite = { .name = "hrtimer", .test_cases = hrtimer_cases };
kunit_test_suite(hrtimer_suite);
