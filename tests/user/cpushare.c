/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/cpushare.c - cpushare SECONDS [fifo]: compute for so long, and say how much of a CPU that was: "cpushare: 49 % of 2.000 s".
 *
 * Where CPU time is measured (the scheduler) and what is left over by interrupts (a loop that counts) may differ: the loop's speed is
 * first taken from its best 10 ms.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	int64_t length = (int64_t)(atof(argc > 1 ? argv[1] : "1") * 1e9);
	struct sched_param param = { .sched_priority = 99 };

	/* musl's sched_setscheduler() refuses: the system call itself. */
	if (argc > 2 && syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param)) {
		perror("cpushare: SCHED_FIFO");
		return 1;
	}
	int64_t start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID), end, last, best = INT64_MAX, rounds = 0;
	volatile unsigned long sink = 0;

	for (last = start; (end = now(CLOCK_MONOTONIC)) - start < length; last = end, rounds++) {
		if (rounds && end - last < best)
			best = end - last;
		for (int i = 0; i < 2000; i++)
			sink += i;
	}
	cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("cpushare: %d %% of %d ms by its CPU time, %d %% by what it has done\n", (int)(cpu * 100 / (end - start)),
	       (int)((end - start) / 1000000), (int)(rounds * best * 100 / (end - start)));
	return 0;
}
