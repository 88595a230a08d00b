/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/wakelate.c - how long a task that wakes up waits for its CPU among hogs.
 *
 *	wakelate HOGS SLEEP_US TIMES WORK_US
 *
 * Sleeps until a point of time, TIMES times, on a CPU on which HOGS others compute; works for WORK_US after each sleep. Prints how late
 * it was: "late: max MAX ns, mean MEAN ns". A sleep that ends before its time is a fault.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	int hogs, times, early = 0, over = 0;
	long long sleep_ns, work_ns, sum = 0, max = 0;
	pid_t pid[256];
	cpu_set_t set;

	if (argc != 5)
		return 2;
	hogs = atoi(argv[1]);
	sleep_ns = atoll(argv[2]) * 1000;
	times = atoi(argv[3]);
	work_ns = atoll(argv[4]) * 1000;
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	/* No slack: the timer's own lateness is not what is measured. */
	prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 0; i < hogs; i++) {
		pid[i] = fork();
		if (!pid[i])
			for (;;)
				;
	}
	/* Let them come to an order of their own. */
	nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	for (int i = 0; i < times; i++) {
		/* The phase against the tick moves. */
		long long until = now() + sleep_ns + i * 37000 % 1000000, late, end;
		struct timespec ts = { until / 1000000000, until % 1000000000 };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		late = now() - until;
		early += late < 0;
		over += late > 1750000;
		sum += late;
		max = late > max ? late : max;
		for (end = now() + work_ns; now() < end; )
			;
	}
	for (int i = 0; i < hogs; i++)
		kill(pid[i], SIGKILL);
	printf("late: max %lld ns, mean %lld ns, %d of %d above a granularity and a tick, %d early\n", max, sum / times, over, times, early);
	return early != 0;
}
