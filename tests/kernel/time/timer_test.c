/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/time/timer_test.c - the timer wheel against a model, on a clock of the test's own; and the real one.
 */
#include <primer/delay.h>
#include <primer/sleep.h>
#include <primer/slab.h>
#include <primer/timer.h>

#include "../../../kernel/time/timer_internal.h"
#include "../../lib/random.h"

#define TIMERS	200

/* A timer, and when it ran by the wheel's clock. */
struct model {
	struct timer_list timer;
	unsigned long armed_at, ran_at;
	bool armed, ran;
};

static unsigned long model_now;		/* what the wheel under test is told */
static unsigned int model_runs;

static void model_ran(struct timer_list *t)
{
	struct model *m = from_timer(m, t, timer);

	m->ran = true;
	m->armed = false;
	m->ran_at = model_now;
	model_runs++;
}

/* By how much may a timer of that distance be late? An eighth of it, and the jiffy that had begun. */
static unsigned long slop(unsigned long distance)
{
	return distance / 8 + 2;
}

static struct timer_base *new_base(struct kunit *test, unsigned long now)
{
	struct timer_base *base = kunit_kzalloc(test, sizeof(*base), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, base);
	timer_base_init(base, 0, now);
	return base;
}

static void arm(struct timer_base *base, struct model *m, unsigned long expires)
{
	spin_lock_irq(&base->lock);
	if (m->armed)
		detach_if_pending(&m->timer, base, true);
	forward_timer_base(base, model_now);
	m->timer.expires = expires;
	internal_add_timer(base, &m->timer);
	m->armed = true;
	m->ran = false;
	m->armed_at = model_now;
	spin_unlock_irq(&base->lock);
}

static void wheel_runs_each_timer_in_its_time(struct kunit *test)
{
	static const unsigned long spans[] = { 1, 5, 62, 63, 64, 500, 504, 4031, 4032, 33000, 300000, 2500000 };
	unsigned long start = INITIAL_JIFFIES + 12345, end;
	struct timer_base *base = new_base(test, start);
	struct model *m = kunit_kzalloc(test, TIMERS * sizeof(*m), GFP_KERNEL);
	struct test_random r;

	KUNIT_ASSERT_NOT_NULL(test, m);
	test_random_init(test, &r, 41);
	model_now = start;
	for (int i = 0; i < TIMERS; i++) {
		timer_setup(&m[i].timer, model_ran, 0);
		arm(base, &m[i], start + test_random(&r) % spans[i % ARRAY_SIZE(spans)]);
	}
	/* Ticks at first, then long sleeps: to the next expiry, as an idle CPU does; now and then a timer is moved or cancelled. */
	end = start + 3000000;
	while (time_before(model_now, end)) {
		if (model_now - start < 600) {
			model_now++;
		} else {
			unsigned long next;

			spin_lock_irq(&base->lock);
			next = next_timer_expiry(base);
			spin_unlock_irq(&base->lock);
			model_now = time_after(next, model_now) ? next : model_now + 1;
			if (bitmap_empty(base->pending_map, WHEEL_SIZE))
				break;
		}
		run_timers(base, model_now);
		for (int i = 0; i < TIMERS; i++)
			if (m[i].armed)
				KUNIT_ASSERT_FALSE_MSG(test,
						       time_after(model_now, m[i].timer.expires +
								  slop(m[i].timer.expires - m[i].armed_at)),
						       "timer %d for %ld after %ld jiffies", i,
						       m[i].timer.expires - m[i].armed_at, model_now - m[i].armed_at);
		if (test_random(&r) % 4 == 0) {
			struct model *x = &m[test_random(&r) % TIMERS];

			if (test_random(&r) % 3 == 0 && x->armed) {
				spin_lock_irq(&base->lock);
				KUNIT_EXPECT_EQ(test, detach_if_pending(&x->timer, base, true), 1);
				spin_unlock_irq(&base->lock);
				x->armed = false;
			} else if (model_now - start < 2000000) {
				arm(base, x, model_now + test_random(&r) % spans[test_random(&r) % ARRAY_SIZE(spans)]);
			}
		}
	}
	for (int i = 0; i < TIMERS; i++) {
		KUNIT_EXPECT_FALSE_MSG(test, m[i].armed, "timer %d is left", i);
		if (m[i].ran) {
			KUNIT_EXPECT_TRUE_MSG(test, time_after(m[i].ran_at, m[i].timer.expires), "timer %d ran %ld jiffies early", i,
					      m[i].timer.expires - m[i].ran_at);
			KUNIT_EXPECT_LE(test, m[i].ran_at - m[i].timer.expires, slop(m[i].timer.expires - m[i].armed_at));
		}
	}
	KUNIT_EXPECT_GT(test, model_runs, 100U);
}

static void what_lies_beyond_the_wheel_waits_at_its_rim(struct kunit *test)
{
	unsigned long start = INITIAL_JIFFIES;
	struct timer_base *base = new_base(test, start);
	struct model far = { .armed = false }, past = { .armed = false };

	model_now = start;
	timer_setup(&far.timer, model_ran, 0);
	timer_setup(&past.timer, model_ran, 0);
	arm(base, &far, start + (1UL << 40));
	arm(base, &past, start - 100);
	KUNIT_EXPECT_EQ(test, base->next_expiry, start);
	run_timers(base, model_now);
	KUNIT_EXPECT_TRUE(test, past.ran);
	spin_lock_irq(&base->lock);
	KUNIT_EXPECT_LE(test, next_timer_expiry(base) - start, WHEEL_TIMEOUT_CUTOFF);
	KUNIT_EXPECT_GT(test, next_timer_expiry(base) - start, WHEEL_TIMEOUT_CUTOFF - 2 * LVL_GRAN(LVL_DEPTH - 1));
	KUNIT_EXPECT_EQ(test, detach_if_pending(&far.timer, base, true), 1);
	spin_unlock_irq(&base->lock);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(base->pending_map, WHEEL_SIZE));
}

/* ---- the real wheel ---------------------------------------------------------------------------------------------- */

struct live {
	struct timer_list timer;
	unsigned int runs, wanted;
	unsigned long ran_at;
	bool in_softirq;
};

static void live_ran(struct timer_list *t)
{
	struct live *l = from_timer(l, t, timer);

	l->in_softirq = in_serving_softirq();
	l->ran_at = jiffies;
	if (++l->runs < l->wanted)
		mod_timer(t, jiffies + 1);
}

static void timers_run_are_moved_and_cancelled(struct kunit *test)
{
	struct live l = { .wanted = 3 };
	unsigned long start = jiffies;

	timer_setup(&l.timer, live_ran, 0);
	KUNIT_EXPECT_FALSE(test, timer_pending(&l.timer));
	KUNIT_EXPECT_EQ(test, mod_timer_pending(&l.timer, start + 5), 0);
	KUNIT_EXPECT_FALSE(test, timer_pending(&l.timer));
	KUNIT_EXPECT_EQ(test, mod_timer(&l.timer, start + 5000), 0);
	KUNIT_EXPECT_EQ(test, timer_reduce(&l.timer, start + 6000), 1);
	KUNIT_EXPECT_EQ(test, l.timer.expires, start + 5000);
	KUNIT_EXPECT_EQ(test, mod_timer(&l.timer, start + 3), 1);
	for (int i = 0; i < 10000 && READ_ONCE(l.runs) < 3; i++)
		msleep(1);
	msleep(10);		/* and no fourth time */
	KUNIT_EXPECT_EQ_MSG(test, l.runs, 3U, "it arms itself twice");
	KUNIT_EXPECT_TRUE(test, l.in_softirq);
	KUNIT_EXPECT_TRUE(test, time_after(l.ran_at, start + 3));
	KUNIT_EXPECT_EQ(test, del_timer_sync(&l.timer), 0);
	l.timer.expires = jiffies + 10000;
	add_timer(&l.timer);
	KUNIT_EXPECT_EQ(test, try_to_del_timer_sync(&l.timer), 1);
	KUNIT_EXPECT_EQ(test, del_timer(&l.timer), 0);
}

static void schedule_timeout_is_never_early(struct kunit *test)
{
	for (long n = 1; n <= 3; n++) {
		/* By jiffies: after a pause of the whole machine these catch up, and a jiffy is short. */
		unsigned long start = jiffies;

		KUNIT_EXPECT_EQ(test, schedule_timeout_uninterruptible(n), 0L);
		KUNIT_EXPECT_GE_MSG(test, jiffies - start, (unsigned long)n, "%ld jiffies", n);
	}
	set_current_state(TASK_INTERRUPTIBLE);
	wake_up_process(current);
	KUNIT_EXPECT_GT_MSG(test, schedule_timeout(1000 * HZ), 500L * HZ, "woken at once: the rest is told");
}

static void jiffies_follow_the_clock(struct kunit *test)
{
	s64 off = 0;

	/* The host may pause between a look at jiffies and one at the clock: the two agree in one round, at least. */
	for (int try = 0; try < 10; try++) {
		unsigned long j = jiffies;
		ktime_t start = ktime_get();

		/* Asleep on an otherwise idle CPU: nobody ticks, and jiffies are right all the same. */
		msleep(300);
		off = (ktime_get() - start) / (ktime_t)TICK_NSEC - (s64)(jiffies - j);
		if (off >= -2 && off <= 2)
			break;
	}
	KUNIT_EXPECT_TRUE_MSG(test, off >= -2 && off <= 2, "%lld off", off);
}

static struct kunit_case timer_cases[] = {
	KUNIT_CASE_NAMED(wheel_runs_each_timer_in_its_time, "the wheel runs each timer after its time, at most an eighth late"),
	KUNIT_CASE_NAMED(what_lies_beyond_the_wheel_waits_at_its_rim, "timers in the past run at once, those beyond the wheel at its rim"),
	KUNIT_CASE_NAMED(timers_run_are_moved_and_cancelled, "timers run in softirq, are moved and cancelled"),
	KUNIT_CASE_NAMED(schedule_timeout_is_never_early, "schedule_timeout waits for whole jiffies"),
	KUNIT_CASE_NAMED(jiffies_follow_the_clock, "jiffies catch up after a sleep without ticks"),
	{}
};
static struct kunit_suite timer_suite = { .name = "timer_wheel", .test_cases = timer_cases };
kunit_test_suite(timer_suite);
