/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/time/posix_clock.c - the clocks by number, as clock_gettime(2) has them: a table from number to reader.
 *
 * Only those that are the same for everybody. TAI is REALTIME: nobody has told us the leap seconds. The ALARM clocks
 * read as what they are alarms of.
 */
#include <primer/err.h>
#include <primer/jiffies.h>
#include <primer/kernel.h>
#include <primer/timekeeping.h>

static const struct {
	void (*get)(struct timespec64 *ts);
	long res_ns;
} clocks[] = {
	[CLOCK_REALTIME]		= { ktime_get_real_ts64,	1 },
	[CLOCK_MONOTONIC]		= { ktime_get_ts64,		1 },
	[CLOCK_MONOTONIC_RAW]		= { ktime_get_raw_ts64,		1 },
	[CLOCK_REALTIME_COARSE]		= { ktime_get_coarse_real_ts64,	TICK_NSEC },
	[CLOCK_MONOTONIC_COARSE]	= { ktime_get_coarse_ts64,	TICK_NSEC },
	[CLOCK_BOOTTIME]		= { ktime_get_boottime_ts64,	1 },
	[CLOCK_REALTIME_ALARM]		= { ktime_get_real_ts64,	1 },
	[CLOCK_BOOTTIME_ALARM]		= { ktime_get_boottime_ts64,	1 },
	[CLOCK_TAI]			= { ktime_get_real_ts64,	1 },
};

static bool is_clock(clockid_t which)
{
	return which >= 0 && (size_t)which < ARRAY_SIZE(clocks) && clocks[which].get;
}

int clock_get(clockid_t which, struct timespec64 *ts)
{
	if (!is_clock(which))
		return -EINVAL;
	clocks[which].get(ts);
	return 0;
}

int clock_res(clockid_t which, struct timespec64 *ts)
{
	if (!is_clock(which))
		return -EINVAL;
	*ts = (struct timespec64){ .tv_nsec = clocks[which].res_ns };
	return 0;
}
