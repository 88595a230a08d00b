/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/time/time_test.c - dates, conversions, clocks, and what the CMOS clock's registers mean.
 */
#include <primer/clocksource.h>
#include <primer/err.h>
#include <primer/jiffies.h>
#include <primer/math64.h>
#include <primer/rtc.h>
#include <primer/timekeeping.h>

#include "../../lib/random.h"

static const struct {
	unsigned int y, mo, d, h, mi, s;
	time64_t t;
	int wday, yday;
} dates[] = {
	{ 1970, 1, 1, 0, 0, 0, 0, 4, 0 },
	{ 1969, 12, 31, 23, 59, 59, -1, 3, 364 },
	{ 1900, 1, 1, 0, 0, 0, -2208988800LL, 1, 0 },
	{ 1972, 2, 29, 12, 0, 0, 68212800, 2, 59 },
	{ 1999, 12, 31, 23, 59, 59, 946684799, 5, 364 },
	{ 2000, 2, 29, 0, 0, 0, 951782400, 2, 59 },
	{ 2000, 12, 31, 0, 0, 0, 978220800, 0, 365 },
	{ 2001, 9, 9, 1, 46, 40, 1000000000, 0, 251 },
	{ 2024, 1, 1, 0, 0, 0, 1704067200, 1, 0 },
	{ 2024, 12, 31, 0, 0, 0, 1735603200, 2, 365 },
	{ 2038, 1, 19, 3, 14, 8, 2147483648LL, 2, 18 },
	{ 2100, 3, 1, 0, 0, 0, 4107542400LL, 1, 59 },
	{ 2106, 2, 7, 6, 28, 16, 4294967296LL, 0, 37 },
};

static void dates_are_known(struct kunit *test)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(dates); i++) {
		struct tm tm;

		KUNIT_EXPECT_EQ(test,
				mktime64(dates[i].y, dates[i].mo, dates[i].d, dates[i].h, dates[i].mi, dates[i].s),
				dates[i].t);
		time64_to_tm(dates[i].t, 0, &tm);
		KUNIT_EXPECT_EQ(test, tm.tm_year + 1900, (long)dates[i].y);
		KUNIT_EXPECT_EQ(test, tm.tm_mon + 1, (int)dates[i].mo);
		KUNIT_EXPECT_EQ(test, tm.tm_mday, (int)dates[i].d);
		KUNIT_EXPECT_EQ(test, tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec,
				(int)(dates[i].h * 3600 + dates[i].mi * 60 + dates[i].s));
		KUNIT_EXPECT_EQ(test, tm.tm_wday, dates[i].wday);
		KUNIT_EXPECT_EQ(test, tm.tm_yday, dates[i].yday);
	}
}

static void every_day_of_400_years_follows_the_one_before(struct kunit *test)
{
	struct tm last = { 0 }, tm;

	for (int day = 0; day < 146097; day++) {
		time64_to_tm((time64_t)day * 86400 + 3723, 0, &tm);
		if (mktime64(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, 1, 2, 3) != (time64_t)day * 86400 + 3723 ||
		    tm.tm_hour != 1 || tm.tm_min != 2 || tm.tm_sec != 3) {
			KUNIT_EXPECT_TRUE_MSG(test, false, "day %d does not come back", day);
			return;
		}
		if (day &&
		    (tm.tm_wday != (last.tm_wday + 1) % 7 || (tm.tm_yday != last.tm_yday + 1 && tm.tm_yday != 0) ||
		     (tm.tm_yday == 0) != (tm.tm_mon == 0 && tm.tm_mday == 1) ||
		     (tm.tm_mday != last.tm_mday + 1 && tm.tm_mday != 1))) {
			KUNIT_EXPECT_TRUE_MSG(test, false, "day %d does not follow day %d", day, day - 1);
			return;
		}
		last = tm;
	}
	KUNIT_EXPECT_EQ(test, last.tm_year + 1900, 2369L);
	time64_to_tm(0, -1, &tm);
	KUNIT_EXPECT_EQ(test, tm.tm_year, 69L);
	KUNIT_EXPECT_EQ(test, tm.tm_hour, 23);
}

static void pairs_are_normalized(struct kunit *test)
{
	struct timespec64 ts, a = { 5, 900000000 }, b = { 2, 999999999 };
	struct test_random r;

	ts = ns_to_timespec64(-1);
	KUNIT_EXPECT_EQ(test, ts.tv_sec, -1LL);
	KUNIT_EXPECT_EQ(test, ts.tv_nsec, 999999999L);
	ts = timespec64_add(a, b);
	KUNIT_EXPECT_EQ(test, ts.tv_sec, 8LL);
	KUNIT_EXPECT_EQ(test, ts.tv_nsec, 899999999L);
	ts = timespec64_sub(b, a);
	KUNIT_EXPECT_EQ(test, ts.tv_sec, -3LL);
	KUNIT_EXPECT_EQ(test, ts.tv_nsec, 99999999L);
	KUNIT_EXPECT_LT(test, timespec64_compare(&b, &a), 0);
	KUNIT_EXPECT_FALSE(test, timespec64_valid(&(struct timespec64){ 0, 1000000000 }));
	KUNIT_EXPECT_FALSE(test, timespec64_valid(&(struct timespec64){ 0, -1 }));
	KUNIT_EXPECT_EQ(test, timespec64_to_ns(&(struct timespec64){ KTIME_SEC_MAX, 0 }), KTIME_MAX);
	KUNIT_EXPECT_EQ(test, ktime_set(KTIME_SEC_MAX + 1, 0), (ktime_t)KTIME_MAX);

	test_random_init(test, &r, 9);
	for (int i = 0; i < 1000; i++) {
		s64 ns = (s64)test_random(&r) >> 1;

		ts = ns_to_timespec64(ns);
		KUNIT_ASSERT_TRUE(test, ts.tv_nsec >= 0 && ts.tv_nsec < NSEC_PER_SEC);
		KUNIT_ASSERT_EQ(test, timespec64_to_ns(&ts), ns);
	}
	KUNIT_EXPECT_TRUE(test, time_after(1UL, ULONG_MAX) && time_before(ULONG_MAX, 1UL));
	KUNIT_EXPECT_EQ(test, jiffies_to_msecs(msecs_to_jiffies(1234)), 1234U);
}

/* mult/shift against exact division, at rates from the PIT's to a fast TSC's. */
static void mult_and_shift_are_precise_and_do_not_overflow(struct kunit *test)
{
	static const u64 rates[] = { 1193182, 3579545, 14318180, 100000000, 1000000000, 2400000000ULL, 5700000000ULL };

	for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++) {
		u64 max_cycles, max_ns;
		u32 mult, shift;

		clocks_calc_mult_shift(&mult, &shift, rates[i], NSEC_PER_SEC, 600);
		max_ns = clocks_calc_max_nsecs(mult, shift, CLOCKSOURCE_MASK(64), &max_cycles);
		KUNIT_EXPECT_GE_MSG(test, max_cycles, rates[i] * 540, "%llu Hz: nine minutes fit", rates[i]);
		KUNIT_EXPECT_GT(test, max_ns, 200ULL * NSEC_PER_SEC);
		for (u64 cycles = 1; cycles < max_cycles; cycles *= 7) {
			u64 exact = mul_u64_u64_div_u64(cycles, NSEC_PER_SEC, rates[i]);
			u64 got = cycles * mult >> shift, error = got > exact ? got - exact : exact - got;

			KUNIT_EXPECT_LE_MSG(test, error, exact / 5000000 + 1, "%llu Hz, %llu cycles", rates[i], cycles);
		}
	}
}

static void clocks_go_forward(struct kunit *test)
{
	ktime_t last = ktime_get(), now, raw, boot, coarse;

	for (int i = 0; i < 10000; i++) {
		now = ktime_get();
		KUNIT_ASSERT_GE(test, now, last);
		last = now;
	}
	coarse = ktime_get_coarse();
	now = ktime_get();
	boot = ktime_get_boottime();
	raw = ktime_get_raw();
	KUNIT_EXPECT_LE(test, coarse, now);
	KUNIT_EXPECT_LE(test, now, boot);
	KUNIT_EXPECT_LE(test, boot, raw);
	KUNIT_EXPECT_LT_MSG(test, raw - coarse, (ktime_t)NSEC_PER_SEC, "all show about the same");
}

static void setting_the_clock_moves_realtime_only(struct kunit *test)
{
	struct timespec64 old, set = { 2000000000, 123 }, now, boot;
	ktime_t mono = ktime_get();

	ktime_get_real_ts64(&old);
	KUNIT_EXPECT_EQ(test, do_settimeofday64(&set), 0);
	ktime_get_real_ts64(&now);
	KUNIT_EXPECT_GE(test, timespec64_compare(&now, &set), 0);
	/* REALTIME moves by years; the host may well stall for seconds. */
	KUNIT_EXPECT_LE(test, now.tv_sec, set.tv_sec + 100);
	KUNIT_EXPECT_LT(test, ktime_get() - mono, 100 * (ktime_t)NSEC_PER_SEC);
	getboottime64(&boot);
	KUNIT_EXPECT_LE(test, timespec64_compare(&boot, &set), 0);

	KUNIT_EXPECT_EQ(test, do_settimeofday64(&(struct timespec64){ -1, 0 }), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_settimeofday64(&(struct timespec64){ 5, NSEC_PER_SEC }), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_settimeofday64(&(struct timespec64){ TIME_SETTOD_SEC_MAX, 0 }), -EINVAL);
	KUNIT_EXPECT_EQ_MSG(test, do_settimeofday64(&(struct timespec64){ 0, 1 }), -EINVAL, "before boot");
	ktime_get_real_ts64(&set);
	KUNIT_EXPECT_GE_MSG(test, timespec64_compare(&set, &now), 0, "a refused value changes nothing");
	do_settimeofday64(&old);
}

static void clocks_by_number(struct kunit *test)
{
	struct timespec64 ts, res;

	for (int id = -3; id < 20; id++) {
		bool known = id >= 0 && id <= 11 && id != 2 && id != 3 && id != 10;

		KUNIT_EXPECT_EQ(test, clock_get(id, &ts), known ? 0 : -EINVAL);
		KUNIT_EXPECT_EQ(test, clock_res(id, &res), known ? 0 : -EINVAL);
		if (known)
			KUNIT_EXPECT_TRUE(test, timespec64_valid(&ts) && res.tv_sec == 0);
	}
	clock_res(CLOCK_MONOTONIC_COARSE, &res);
	KUNIT_EXPECT_EQ(test, res.tv_nsec, (long)TICK_NSEC);
}

static void registers_of_the_cmos_clock(struct kunit *test)
{
	static const struct {
		struct cmos_rtc r;	/* sec, min, hour, mday, mon, year, century, reg_b */
		int err;
		time64_t t;
	} cases[] = {
		/* BCD, 24 h: 2023-12-31 23:34:59 */
		{ { 0x59, 0x34, 0x23, 0x31, 0x12, 0x23, 0, 0x02 }, 0, 1704065699 },
		{ { 59, 34, 23, 31, 12, 23, 0, 0x06 }, 0, 1704065699 },			/* binary, 24 h */
		{ { 0x59, 0x34, 0x91, 0x31, 0x12, 0x23, 0, 0x00 }, 0, 1704065699 },	/* BCD, 12 h: 11 p.m. */
		{ { 59, 34, 0x8b, 31, 12, 23, 0, 0x04 }, 0, 1704065699 },		/* binary, 12 h */
		{ { 0, 0, 0x12, 1, 1, 0x24, 0, 0x00 }, 0, 1704067200 },			/* 12 a.m. is midnight */
		{ { 0, 0, 0x92, 1, 1, 0x24, 0, 0x00 }, 0, 1704067200 + 43200 },		/* 12 p.m. is noon */
		{ { 0, 0, 0, 1, 1, 0x70, 0, 0x02 }, 0, 0 },				/* 70 to 99: the last century */
		{ { 0, 0, 0, 0x29, 2, 0x24, 0, 0x02 }, 0, 1709164800 },
		{ { 0, 0, 0, 0x29, 2, 0x23, 0, 0x02 }, -EINVAL, 0 },			/* no leap year */
		{ { 0, 0, 0, 0x31, 4, 0x23, 0, 0x02 }, -EINVAL, 0 },
		{ { 0x60, 0, 0, 1, 1, 0x23, 0, 0x02 }, -EINVAL, 0 },
		{ { 0x0a, 0, 0, 1, 1, 0x23, 0, 0x02 }, -EINVAL, 0 },			/* no BCD digit */
		{ { 0, 0, 0x24, 1, 1, 0x23, 0, 0x02 }, -EINVAL, 0 },
		{ { 0, 0, 0x13, 1, 1, 0x23, 0, 0x00 }, -EINVAL, 0 },
		{ { 0, 0, 0, 1, 0x13, 0x23, 0, 0x02 }, -EINVAL, 0 },
		{ { 0, 0, 0, 0, 1, 0x23, 0, 0x02 }, -EINVAL, 0 },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0xff }, -EINVAL, 0 },	/* no chip */
	};
	struct timespec64 ts;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		time64_t t = 0;

		KUNIT_EXPECT_EQ_MSG(test, cmos_rtc_decode(&cases[i].r, &t), cases[i].err, "case %u", i);
		if (!cases[i].err)
			KUNIT_EXPECT_EQ_MSG(test, t, cases[i].t, "case %u", i);
	}
	KUNIT_EXPECT_EQ(test, mach_get_cmos_time(&ts), 0);
	KUNIT_EXPECT_GT(test, ts.tv_sec, 1700000000LL);
}

static struct kunit_case time_cases[] = {
	KUNIT_CASE_NAMED(dates_are_known, "mktime64 and time64_to_tm agree with known dates"),
	KUNIT_CASE_NAMED(every_day_of_400_years_follows_the_one_before,
				 "every day of a 400-year cycle follows the one before"),
	KUNIT_CASE_NAMED(pairs_are_normalized, "seconds and nanoseconds are normalized, whatever the sign"),
	KUNIT_CASE_NAMED(mult_and_shift_are_precise_and_do_not_overflow,
				 "mult and shift are precise to 0.2 ppm and do not overflow"),
	KUNIT_CASE_NAMED(clocks_go_forward, "clocks never step back and agree"),
	KUNIT_CASE_NAMED(setting_the_clock_moves_realtime_only,
				 "setting the clock moves REALTIME only, and nonsense is refused"),
	KUNIT_CASE_NAMED(clocks_by_number, "clock_get and clock_res know their numbers"),
	KUNIT_CASE_NAMED(registers_of_the_cmos_clock, "the CMOS clock: BCD, binary, 12 hours, impossible dates"),
	{}
};
static struct kunit_suite time_suite = { .name = "time", .test_cases = time_cases };
kunit_test_suite(time_suite);
