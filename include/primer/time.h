/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/time.h - spans and points of time in their three forms, and the conversions between them. */
#ifndef PRIMER_TIME_H
#define PRIMER_TIME_H

#include <primer/kernel.h>
#include <primer/types.h>
#include <uapi/time.h>

#define NSEC_PER_SEC		1000000000L
#define NSEC_PER_MSEC		1000000L
#define NSEC_PER_USEC		1000L
#define USEC_PER_SEC		1000000L
#define USEC_PER_MSEC		1000L
#define MSEC_PER_SEC		1000L
#define HZ			1000			/* ticks per second */
#define TICK_NSEC		(NSEC_PER_SEC / HZ)
#define USER_HZ			100			/* the unit of times(2) and /proc */

#define KTIME_MAX		S64_MAX			/* ktime_t: nanoseconds */
#define KTIME_SEC_MAX		(KTIME_MAX / NSEC_PER_SEC)
#define TIME64_MAX		S64_MAX
#define TIME_SETTOD_SEC_MAX	(KTIME_SEC_MAX - 30LL * 365 * 24 * 3600)	/* leaves 30 years of uptime */

/* Seconds and nanoseconds; 0 <= tv_nsec < 10^9, for negative times too. */
struct timespec64 {
	time64_t tv_sec;
	long tv_nsec;
};
struct itimerspec64 {
	struct timespec64 it_interval, it_value;
};

/* A point of calendar time, fields. tm_year: since 1900; tm_mon: 0..11; tm_wday: 0 Sunday; tm_yday: 0.. */
struct tm {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon;
	long tm_year;
	int tm_wday, tm_yday;
};

/*
 * mktime64 - seconds since 1970-01-01 00:00:00 of a Gregorian date
 * @mon: 1..12; @day: 1..31; an @hour of 24 and a @sec of 60 (leap second) carry over
 */
time64_t mktime64(unsigned int year, unsigned int mon, unsigned int day, unsigned int hour, unsigned int min,
		  unsigned int sec);
/* time64_to_tm - the date of @totalsecs + @offset. */
void time64_to_tm(time64_t totalsecs, int offset, struct tm *result);

static inline s64 timespec64_to_ns(const struct timespec64 *ts)
{
	if (ts->tv_sec >= KTIME_SEC_MAX)
		return KTIME_MAX;
	if (ts->tv_sec <= -KTIME_SEC_MAX)
		return -KTIME_MAX;
	return (s64)ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}
struct timespec64 ns_to_timespec64(s64 nsec);

/* set_normalized_timespec64 - @ts = @sec s + @nsec ns, whatever the size or sign of @nsec. */
void set_normalized_timespec64(struct timespec64 *ts, time64_t sec, s64 nsec);

static inline bool timespec64_equal(const struct timespec64 *a, const struct timespec64 *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}
static inline int timespec64_compare(const struct timespec64 *a, const struct timespec64 *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}
static inline struct timespec64 timespec64_add(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r;

	set_normalized_timespec64(&r, a.tv_sec + b.tv_sec, a.tv_nsec + b.tv_nsec);
	return r;
}
static inline struct timespec64 timespec64_sub(struct timespec64 a, struct timespec64 b)
{
	struct timespec64 r;

	set_normalized_timespec64(&r, a.tv_sec - b.tv_sec, a.tv_nsec - b.tv_nsec);
	return r;
}
/* timespec64_valid - not negative, nanoseconds in range. _settod: also early enough to be a wall clock. */
static inline bool timespec64_valid(const struct timespec64 *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}
static inline bool timespec64_valid_settod(const struct timespec64 *ts)
{
	return timespec64_valid(ts) && (unsigned long long)ts->tv_sec < (unsigned long long)TIME_SETTOD_SEC_MAX;
}

/* ktime_t */
#define ktime_to_ns(kt)			((s64)(kt))
#define ns_to_ktime(ns)			((ktime_t)(ns))
#define ktime_add(a, b)			((ktime_t)((a) + (b)))
#define ktime_sub(a, b)			((ktime_t)((a) - (b)))
#define ktime_add_ns(kt, ns)		((ktime_t)((kt) + (ns)))
#define ktime_to_timespec64(kt)		ns_to_timespec64(kt)
#define timespec64_to_ktime(ts)		((ktime_t)timespec64_to_ns(&(ts)))
static inline ktime_t ktime_set(s64 secs, unsigned long nsecs)
{
	return secs >= KTIME_SEC_MAX ? KTIME_MAX : secs * NSEC_PER_SEC + (s64)nsecs;
}
static inline s64 ktime_to_us(ktime_t kt)		{ return kt / NSEC_PER_USEC; }
static inline s64 ktime_to_ms(ktime_t kt)		{ return kt / NSEC_PER_MSEC; }
static inline int ktime_compare(ktime_t a, ktime_t b)	{ return a < b ? -1 : a > b; }

/* get_, put_: from and to a program; 0 or -EFAULT. Nothing is checked. Context: task; may sleep. */
int get_timespec64(struct timespec64 *ts, const struct __kernel_timespec __user *uts);
int put_timespec64(const struct timespec64 *ts, struct __kernel_timespec __user *uts);
int get_itimerspec64(struct itimerspec64 *it, const struct __kernel_itimerspec __user *uit);
int put_itimerspec64(const struct itimerspec64 *it, struct __kernel_itimerspec __user *uit);
static inline bool itimerspec64_valid(const struct itimerspec64 *its)
{
	return timespec64_valid(&its->it_interval) && timespec64_valid(&its->it_value);
}

/* Nanoseconds to the ticks of times(2). */
static inline u64 nsec_to_clock_t(u64 ns)		{ return ns / (NSEC_PER_SEC / USER_HZ); }

#endif
