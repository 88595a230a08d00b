/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user/shares.c - who gets how much of a CPU: hogs of different nice values, measured against the scheduler's formula.
 *
 *	shares [-s SECONDS] [NICE...]		default: ten seconds, nice -5 0 5 10; "all" means -20 to 19
 *
 * Each hog has one CPU's time in proportion to its weight:
 *
 *	share = weight(nice) / sum of all weights		weight(nice) is about 1024 / 1.25^nice
 *
 * Hogs of the same nice value are also compared with each other, every few milliseconds: at no moment may one be ahead of the other by
 * more than a slice and a tick. A slice is the scheduler's own word for how long one may run at a time:
 *
 *	slice = max(sched_latency, number of hogs * sched_min_granularity) * share
 *
 * Both are those of Linux: sched_prio_to_weight[] in kernel/sched/core.c, sched_slice() in kernel/sched/fair.c.
 *
 * For that all have to start from the same place. They wait on a pipe while this program, still an ordinary task, computes for a while,
 * so that all of them have slept longer than a period, and are placed alike when they wake up. Then it becomes a real-time task, so that
 * it can wake them all before any of them runs, and can look at them when it likes.
 *
 * Ends with 0 when every share above 1 % is right within 1 % of itself (2 % when there are shares below 1 %, for a light hog cannot run
 * for less than a tick), and no two equals were further apart than they may.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HOGS	128
#define TICK_NS		1000000LL
#define LOOK_NS		7300000LL	/* not a multiple of the tick: each phase is seen */

static const int weight_of[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
	1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
	110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
};

static struct hog {
	pid_t pid;
	int nice;
	clockid_t clock;
	long long start, ns;		/* CPU time before the race, in it */
	double share;			/* the formula's */
} hog[MAX_HOGS];
static int hogs;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long now(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		die("clock_gettime");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void set_policy(int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	/* Not by the C library, which may think that it knows better. */
	if (syscall(SYS_sched_setscheduler, 0, policy, &param))
		die("sched_setscheduler");
}

static long long tunable(const char *name, long long otherwise)
{
	char path[80];
	long long value;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%lld", &value) != 1)
		value = otherwise;
	if (f)
		fclose(f);
	return value;
}

static void start_hog(struct hog *h, int gate[2])
{
	char c;

	h->pid = fork();
	if (h->pid < 0)
		die("fork");
	if (!h->pid) {
		close(gate[1]);
		prctl(PR_SET_NAME, "hog");
		if (setpriority(PRIO_PROCESS, 0, h->nice))
			die("setpriority");
		if (read(gate[0], &c, 1))
			die("read");
		for (;;)
			;
	}
	if (clock_getcpuclockid(h->pid, &h->clock))
		die("clock_getcpuclockid");
}

/* Keep in apart[nice + 20] the furthest that two hogs of one nice value have been apart. */
static void widen(long long apart[])
{
	for (int i = 0; i < hogs; i++)
		for (int j = 0; j < i; j++) {
			long long d = llabs(hog[i].ns - hog[j].ns);

			if (hog[i].nice == hog[j].nice && d > apart[hog[i].nice + 20])
				apart[hog[i].nice + 20] = d;
		}
}

static void look(void)
{
	for (int i = 0; i < hogs; i++)
		hog[i].ns = now(hog[i].clock) - hog[i].start;
}

int main(int argc, char **argv)
{
	long long seconds = 10, period, sum_ns = 0, end, slice_of[40], apart[40] = { 0 }, d;
	double sum = 0, bound = 0.01, part;
	int gate[2], bad = 0, twins = 0, first = 1;
	struct timespec pause = { 0, LOOK_NS };
	cpu_set_t set;

	/* By hand: to getopt() -5 would be an option. */
	if (argc > 2 && !strcmp(argv[1], "-s")) {
		seconds = atoi(argv[2]);
		first = 3;
	}
	if (argc <= first) {
		static const int usual[] = { -5, 0, 5, 10 };

		for (int i = 0; i < 4; i++)
			hog[hogs++].nice = usual[i];
	} else if (!strcmp(argv[first], "all")) {
		for (int i = -20; i < 20; i++)
			hog[hogs++].nice = i;
	} else {
		for (int i = first; i < argc && hogs < MAX_HOGS; i++)
			hog[hogs++].nice = atoi(argv[i]);
	}
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || pipe(gate))
		die("preparations");
	for (int i = 0; i < hogs; i++) {
		if (hog[i].nice < -20 || hog[i].nice > 19 || seconds <= 0) {
			fprintf(stderr, "usage: shares [-s SECONDS] [NICE...]\n");
			return 2;
		}
		sum += weight_of[hog[i].nice + 20];
		start_hog(&hog[i], gate);
	}
	period = tunable("sched_latency_ns", 6000000);
	d = hogs * tunable("sched_min_granularity_ns", 750000);
	period = d > period ? d : period;
	for (int i = 0; i < hogs; i++) {
		hog[i].share = weight_of[hog[i].nice + 20] / sum;
		slice_of[hog[i].nice + 20] = period * hog[i].share;
		if (hog[i].share < 0.01)
			bound = 0.02;
		for (int j = 0; j < i; j++)
			twins += hog[i].nice == hog[j].nice;
	}

	/* Virtual time has to pass until everybody's place is an old one. */
	nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	for (end = now(CLOCK_PROCESS_CPUTIME_ID) + 400000000; now(CLOCK_PROCESS_CPUTIME_ID) < end; )
		;
	set_policy(SCHED_FIFO, 50);
	for (int i = 0; i < hogs; i++)
		hog[i].start = now(hog[i].clock);
	end = now(CLOCK_MONOTONIC) + seconds * 1000000000LL;
	close(gate[1]);
	if (twins) {
		while (now(CLOCK_MONOTONIC) < end) {
			nanosleep(&pause, NULL);
			look();
			widen(apart);
		}
	} else {
		nanosleep(&(struct timespec){ seconds, 0 }, NULL);
		look();
	}
	for (int i = 0; i < hogs; i++)
		kill(hog[i].pid, SIGKILL);
	for (int i = 0; i < hogs; i++)
		sum_ns += hog[i].ns;

	printf("%d hogs on one CPU for %lld s: period %.2f ms\n", hogs, seconds, period / 1e6);
	printf("%5s %7s %9s %9s %11s %8s\n", "nice", "weight", "formula", "measured", "CPU ms", "error");
	for (int i = 0; i < hogs; i++) {
		double got = (double)hog[i].ns / sum_ns, error = got / hog[i].share - 1;
		int judged = hog[i].share > 0.01, wrong = judged && (error > bound || error < -bound);

		printf("%5d %7d %8.3f%% %8.3f%% %11.3f %+7.2f%%%s\n", hog[i].nice, weight_of[hog[i].nice + 20], 100 * hog[i].share,
		       100 * got, hog[i].ns / 1e6, 100 * error, wrong ? "  too far off" : judged ? "" : "  (below 1 %)");
		bad += wrong;
	}
	for (int i = 0; i < 40; i++) {
		if (!apart[i])
			continue;
		part = (double)apart[i] / (slice_of[i] + TICK_NS);
		printf("equal hogs: at most %.3f ms apart (nice %d), which is %.0f %% of a slice and a tick\n",
		       apart[i] / 1e6, i - 20, 100 * part);
		bad += part > 1;
	}
	printf("shares: %s\n", bad ? "NOT as the formula says" : "as the formula says");
	return bad != 0;
}
