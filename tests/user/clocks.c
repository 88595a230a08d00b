/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/clocks.c - how exact are sleeps and clocks? It prints numbers; tests/test_time.py says which are good.
 *
 *	clocks sleep [n] [us]	n sleeps of us microseconds: how many were early, how late the latest was
 *	clocks rate [ms]	CLOCK_MONOTONIC against the TSC, over at least that time
 *	clocks back [n]		n readings on each of 4 threads, each against the largest that any has seen
 *	clocks idle [s]		timer interrupts of each CPU while nobody does anything
 *	clocks tick [ms]	how often, and for how many TSC cycles, the program is interrupted while it does nothing else
 *	clocks date		seconds since 1970, as the calendar's clocks tell it
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

static void sleeps(int n, long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };
	int64_t late_max = 0, late_sum = 0;
	int early = 0, failed = 0;

	for (int i = 0; i < n; i++) {
		int64_t start = now(CLOCK_MONOTONIC), late;

		failed += nanosleep(&ts, NULL) != 0;
		late = now(CLOCK_MONOTONIC) - start - us * 1000;
		early += late < 0;
		late_sum += late;
		if (late > late_max)
			late_max = late;
	}
	printf("sleeps: %d of %ld us, %d failed, %d early, latest %ld ns late, mean %ld ns\n", n, us, failed, early, (long)late_max,
	       (long)(late_sum / n));
}

static void rate(long ms)
{
	int64_t t1 = now(CLOCK_MONOTONIC), t2;
	uint64_t c1 = rdtsc(), c2;

	do {
		struct timespec pause = { 0, 10000000 };

		nanosleep(&pause, NULL);
		t2 = now(CLOCK_MONOTONIC);
		c2 = rdtsc();
	} while (t2 - t1 < ms * 1000000);
	printf("rate: %llu cycles in %lld ns\n", (unsigned long long)(c2 - c1), (long long)(t2 - t1));
}

/* A loop that looks at the TSC sees an interrupt as a gap. What a turn costs undisturbed is taken off. */
static void tick(long ms)
{
	int64_t start = (int64_t)rdtsc(), last = start, t, turn = INT64_MAX, gap, sum = 0, largest = 0;
	int64_t end = now(CLOCK_MONOTONIC) + ms * 1000000;
	long n = 0;

	for (int i = 0; i < 100; i++, last = t) {
		t = (int64_t)rdtsc();
		if (t - last < turn)
			turn = t - last;
	}
	do {
		last = (int64_t)rdtsc();
		for (int i = 0; i < 100000; i++, last = t) {
			t = (int64_t)rdtsc();
			gap = t - last - turn;
			if (gap < 100)
				continue;
			n++;
			sum += gap;
			if (gap > largest)
				largest = gap;
		}
	} while (now(CLOCK_MONOTONIC) < end);
	printf("tick: %ld interruptions in %lld cycles, mean %lld, largest %lld\n", n, (long long)((int64_t)rdtsc() - start),
	       (long long)(n ? sum / n : 0), (long long)largest);
}

static int64_t newest;
static long steps_back, readings;

static void *reader(void *unused)
{
	long back = 0;

	for (long i = 0; i < readings; i++) {
		int64_t seen = __atomic_load_n(&newest, __ATOMIC_SEQ_CST), t = now(CLOCK_MONOTONIC);

		back += t < seen;
		while (seen < t && !__atomic_compare_exchange_n(&newest, &seen, t, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
	}
	__atomic_fetch_add(&steps_back, back, __ATOMIC_SEQ_CST);
	return unused;
}

static void back(long n)
{
	pthread_t threads[4];

	readings = n;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, reader, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("back: %ld readings, %ld steps back\n", 4 * n, steps_back);
}

/* The line of /proc/interrupts, a number for each CPU. */
static int local_timer(unsigned long *counts, int max)
{
	char line[1024];
	FILE *f = fopen("/proc/interrupts", "r");
	int n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *p = strstr(line, "LOC:"), *end;

		if (!p)
			continue;
		for (p += 4; n < max; n++, p = end) {
			counts[n] = strtoul(p, &end, 10);
			if (end == p)
				break;
		}
	}
	if (f)
		fclose(f);
	return n;
}

static void idle(int seconds)
{
	unsigned long before[64], after[64];
	int n;

	mkdir("/proc", 0555);
	mount("proc", "/proc", "proc", 0, NULL);
	sleep(2);		/* what the boot has left to do */
	n = local_timer(before, 64);
	sleep(seconds);
	local_timer(after, 64);
	printf("idle: %d s:", seconds);
	for (int i = 0; i < n; i++)
		printf(" %lu", after[i] - before[i]);
	printf("\n");
}

static void date(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	printf("date: %lld %lld %lld\n", (long long)(now(CLOCK_REALTIME) / 1000000000), (long long)tv.tv_sec, (long long)time(NULL));
}

static long arg(int argc, char **argv, int i, long standard)
{
	return argc > i ? atol(argv[i]) : standard;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "sleep"))
			sleeps((int)arg(argc, argv, i + 1, 1000), arg(argc, argv, i + 2, 1000));
		else if (!strcmp(argv[i], "rate"))
			rate(arg(argc, argv, i + 1, 1000));
		else if (!strcmp(argv[i], "back"))
			back(arg(argc, argv, i + 1, 2500000));
		else if (!strcmp(argv[i], "idle"))
			idle((int)arg(argc, argv, i + 1, 5));
		else if (!strcmp(argv[i], "tick"))
			tick(arg(argc, argv, i + 1, 100));
		else if (!strcmp(argv[i], "date"))
			date();
	}
	return 0;
}
