/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/timekeeping.h - what time is it?
 *
 *	REALTIME	the calendar's, seconds since 1970; jumps when it is set
 *	MONOTONIC	since boot; never jumps, never steps back
 *	RAW		the same without corrections of its rate
 *	BOOTTIME	the same with time spent suspended
 *	..._COARSE	as of the last tick: cheaper, up to a tick old
 *
 * Context of all reads: any but NMI; no lock that can be waited for; a retry when an update came between. Before
 * timekeeping_init() they give 0.
 */
#ifndef PRIMER_TIMEKEEPING_H
#define PRIMER_TIMEKEEPING_H

#include <primer/time.h>

ktime_t ktime_get(void);			/* MONOTONIC, ns */
ktime_t ktime_get_real(void);			/* REALTIME */
ktime_t ktime_get_raw(void);			/* RAW */
ktime_t ktime_get_boottime(void);		/* BOOTTIME */
ktime_t ktime_get_coarse(void);
ktime_t ktime_get_coarse_real(void);
static inline u64 ktime_get_ns(void)		{ return ktime_get(); }
static inline u64 ktime_get_real_ns(void)	{ return ktime_get_real(); }
static inline u64 ktime_get_raw_ns(void)	{ return ktime_get_raw(); }
static inline u64 ktime_get_boottime_ns(void)	{ return ktime_get_boottime(); }

void ktime_get_ts64(struct timespec64 *ts);
void ktime_get_real_ts64(struct timespec64 *ts);
void ktime_get_raw_ts64(struct timespec64 *ts);
void ktime_get_boottime_ts64(struct timespec64 *ts);
void ktime_get_coarse_ts64(struct timespec64 *ts);
void ktime_get_coarse_real_ts64(struct timespec64 *ts);	/* file times use this */
#define getnstimeofday64(ts)	ktime_get_real_ts64(ts)
/* Whole seconds. */
time64_t ktime_get_real_seconds(void);
time64_t ktime_get_seconds(void);

/* getboottime64 - the calendar time at which MONOTONIC was 0. */
void getboottime64(struct timespec64 *ts);

/*
 * do_settimeofday64 - set REALTIME; the other clocks do not notice
 *
 * Returns 0, or -EINVAL for what is not a time or lies before the moment of boot. Context: task or boot.
 */
int do_settimeofday64(const struct timespec64 *ts);

/*
 * timekeeping_init - boot, once, after tsc_init(): clocks exist, on the count of ticks until a better source registers.
 * REALTIME starts at 1970 until somebody sets it.
 */
void timekeeping_init(void);

/* update_wall_time - from the tick: coarse clocks move on. Context: hard interrupt. */
void update_wall_time(void);

/*
 * timekeeping_valid_for_hres - is the clock exact and continuous? timekeeping_max_deferment - for how many ns nobody has
 * to look at it.
 */
bool timekeeping_valid_for_hres(void);
u64 timekeeping_max_deferment(void);

/*
 * clock_get, clock_res - the clocks with a number that are the same for everybody; -EINVAL for another number
 *
 * The CPU clocks of processes and threads belong to kernel/process. @ts may not be a user address.
 */
int clock_get(clockid_t which, struct timespec64 *ts);
int clock_res(clockid_t which, struct timespec64 *ts);

#endif
