/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user/latency.c - a task that wants to run every millisecond, and how late it does.
 *
 *	latency [-n BEATS] [-p PERIOD] [-f PRIORITY] [-h HOGS] [-w MS] [-q] [-u] [COMMAND ARGUMENT ...]
 *
 *	-n 1000		beats to measure
 *	-p 1000		microseconds from one beat to the next
 *	-f 50		as a SCHED_FIFO task of this priority; without it, SCHED_OTHER
 *	-h 4		beside so many processes that compute for ever
 *	-w 200		milliseconds before the first beat, for the load to get going
 *	-q		no histogram
 *	-u		until COMMAND ends, if that is before the last beat; else it is waited for, not killed
 *	COMMAND		beside this program, which is killed with all its children at the end
 *
 * The beats are moments on CLOCK_MONOTONIC, one period apart from the first on, and the task sleeps until each of them by
 * clock_nanosleep(TIMER_ABSTIME). So a late beat does not shift those behind it: the delay of each is what the clock says when the task
 * runs again, less the moment that it asked for. Beats whose time has passed by then are missed and left out: the next one is asked for.
 *
 *	 asked for  |         |         |         .         |
 *	 runs       |.        |...      |............       |.		delay: the dots behind a bar; one beat missed
 *
 * Output: one line of figures, in microseconds, and how many beats fell between powers of two:
 *
 *	latency: beats 1000 min 5.1 p50 6.0 p90 9.9 p99 40.2 p99.9 901.0 max 1200.4 missed 1
 *	latency: < 8 us: 810
 *
 * Timer slack, which would make normal tasks 50 us late on purpose, is set to the least. A plain Linux program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "latency: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t))
		die("clock_gettime");
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_until(long long ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };
	int err;

	do
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	while (err == EINTR);
	if (err) {
		errno = err;
		die("clock_nanosleep");
	}
}

/* A process group with the load in it. 0: none. */
static pid_t start_load(int hogs, char **command)
{
	pid_t leader;

	if (!hogs && !*command)
		return 0;
	leader = fork();
	if (leader < 0)
		die("fork");
	if (leader) {
		setpgid(leader, leader);
		return leader;
	}
	setpgid(0, 0);
	while (hogs-- > 0) {
		pid_t hog = fork();

		if (hog < 0)
			die("fork");
		if (!hog) {
			prctl(PR_SET_NAME, "hog");
			for (volatile unsigned int i = 0;; i++)
				;
		}
	}
	if (*command) {
		execvp(*command, command);
		die(*command);
	}
	for (;;)
		pause();
}

static volatile sig_atomic_t load_ended;

static void on_child(int sig)
{
	(void)sig;
	load_ended = 1;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static double at(const long long *sorted, long n, double share)
{
	long i = (long)(n * share) - 1;			/* so many of n are not above it */

	return sorted[i > 0 ? i : 0] / 1000.0;
}

static void print_histogram(const long long *sorted, long n)
{
	long i = 0;

	for (long long limit = 1000; i < n; limit *= 2) {
		long first = i;

		while (i < n && sorted[i] < limit)
			i++;
		if (i > first)
			printf("latency: < %lld us: %ld\n", limit / 1000, i - first);
	}
}

int main(int argc, char **argv)
{
	long beats = 1000, period = 1000, warm_up = 200, missed = 0;
	int priority = 0, hogs = 0, quiet = 0, until = 0, status = 0, option;
	long long *delays, next;
	pid_t load;

	while ((option = getopt(argc, argv, "+n:p:f:h:w:qu")) != -1) {
		switch (option) {
		case 'n': beats = atol(optarg); break;
		case 'p': period = atol(optarg); break;
		case 'f': priority = atoi(optarg); break;
		case 'h': hogs = atoi(optarg); break;
		case 'w': warm_up = atol(optarg); break;
		case 'q': quiet = 1; break;
		case 'u': until = 1; break;
		default:
			fprintf(stderr, "usage: latency [-n BEATS] [-p PERIOD] [-f PRIORITY] [-h HOGS] [-w MS] [-q] [-u] [COMMAND ...]\n");
			return 2;
		}
	}
	if (beats < 1 || period < 1 || !(delays = calloc(beats, sizeof(*delays))))
		die("arguments");
	memset(delays, 0xff, beats * sizeof(*delays));		/* no page fault in the middle of it */
	if (until)
		signal(SIGCHLD, on_child);
	load = start_load(hogs, argv + optind);
	prctl(PR_SET_TIMERSLACK, 1);
	if (priority) {
		struct sched_param param = { .sched_priority = priority };

		if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param))	/* musl's function of that name does nothing */
			die("sched_setscheduler");
	}
	sleep_until(now() + warm_up * 1000000);
	next = now();
	for (long i = 0; i < beats; i++) {
		for (next += period * 1000; next < now(); next += period * 1000)
			missed++;
		sleep_until(next);
		delays[i] = now() - next;
		if (load_ended)
			beats = i + 1;
	}
	if (load) {
		if (!until)
			kill(-load, SIGKILL);
		while (waitpid(load, &status, 0) < 0 && errno == EINTR)
			;
	}
	qsort(delays, beats, sizeof(*delays), compare);
	printf("latency: beats %ld min %.1f p50 %.1f p90 %.1f p99 %.1f p99.9 %.1f max %.1f missed %ld\n", beats, delays[0] / 1000.0,
	       at(delays, beats, 0.5), at(delays, beats, 0.9), at(delays, beats, 0.99), at(delays, beats, 0.999),
	       delays[beats - 1] / 1000.0, missed);
	if (!quiet)
		print_histogram(delays, beats);
	return until && status;
}
