/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/time.h - time as system calls speak of it. */
#ifndef UAPI_TIME_H
#define UAPI_TIME_H

typedef long long __kernel_time64_t;
typedef int clockid_t;
typedef int timer_t;

struct __kernel_timespec {
	long long tv_sec;
	long long tv_nsec;
};
struct __kernel_itimerspec {
	struct __kernel_timespec it_interval, it_value;
};
struct __kernel_old_timeval {
	long tv_sec;
	long tv_usec;
};
struct __kernel_old_itimerval {
	struct __kernel_old_timeval it_interval, it_value;
};
struct timezone {
	int tz_minuteswest;
	int tz_dsttime;
};

#define CLOCK_REALTIME			0
#define CLOCK_MONOTONIC			1
#define CLOCK_PROCESS_CPUTIME_ID	2
#define CLOCK_THREAD_CPUTIME_ID		3
#define CLOCK_MONOTONIC_RAW		4
#define CLOCK_REALTIME_COARSE		5
#define CLOCK_MONOTONIC_COARSE		6
#define CLOCK_BOOTTIME			7
#define CLOCK_REALTIME_ALARM		8
#define CLOCK_BOOTTIME_ALARM		9
#define CLOCK_TAI			11
#define MAX_CLOCKS			16

#define TIMER_ABSTIME			1

#define ITIMER_REAL			0
#define ITIMER_VIRTUAL			1
#define ITIMER_PROF			2

#endif
