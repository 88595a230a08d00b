/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/rtsched.c - do the real-time classes keep their promises? All on CPU 0 but "several". Its argument says which:
 *
 *	fifo		while a FIFO task runs, nothing lower does: no fair task, no FIFO task of a lower priority; equals wait
 *	rr		RR equals alternate, none for longer than a slice and 2 ms: it ends at a tick, a tick is 1 ms
 *	throttle	a FIFO task that never sleeps leaves 5 % of the time to others
 *	latency N	a FIFO task that a timer's interrupt wakes, N times, while 50 hogs run: how late is it? With -icount
 *			shift=0 a nanosecond is an instruction; the limit is 10,000
 *	several		n+2 FIFO tasks of different priorities on n CPUs: at any time the n best run; also where some are tied to a CPU
 *	all		fifo, rr, throttle
 *
 * Prints what was measured; the exit status is the number of things that were not as they should.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_TASKS 80
#define MS 1000000LL

/* libc has its own idea of these calls in places: the kernel's, plainly. */
static int set_policy(pid_t pid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return syscall(SYS_sched_setscheduler, pid, policy, &param);
}

static struct shared {
	volatile long rounds[MAX_TASKS];
	volatile int64_t ran[MAX_TASKS];	/* ns that a task saw itself run */
	volatile int64_t longest[MAX_TASKS];	/* the longest without a gap */
	volatile int turns[MAX_TASKS];		/* gaps: times that it was interrupted for more than a moment */
	volatile int cpu[MAX_TASKS];
	volatile int go, stop;
	volatile int64_t until;
	volatile int64_t rest[MAX_TASKS];	/* ns that a task is to sleep, once */
	volatile long then;			/* rounds[0] when it woke */
	long values[100000];
} *shared;
static pid_t pids[MAX_TASKS];
static int nr, wrong, cpus;

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void nap(int64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&ts, NULL);
}

static void go_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		exit(98);
}

static void judge(const char *what, int ok)
{
	if (!ok) {
		printf("rtsched: WRONG: %s\n", what);
		wrong++;
	}
}

/* Use the CPU, and keep a book of the gaps, until told to stop. */
static void burn(int i)
{
	int64_t last, start, t;

	while (!shared->go)
		sched_yield();
	last = start = now();
	while (!shared->stop && (!shared->until || last < shared->until)) {
		if (shared->rest[i]) {
			nap(shared->rest[i]);
			shared->rest[i] = 0;
			shared->then = shared->rounds[0];
		}
		for (volatile int k = 0; k < 200; k++)
			;
		shared->rounds[i]++;
		t = now();
		if (t - last > 3 * MS) {		/* somebody else ran */
			shared->turns[i]++;
			start = t;
		} else {
			shared->ran[i] += t - last;
			if (t - start > shared->longest[i])
				shared->longest[i] = t - start;
		}
		last = t;
	}
}

/* A task that burns, as @policy with @priority or as a fair one, as soon as shared->go says so; on this one's CPUs. */
static void start(int policy, int priority)
{
	int i = nr++;

	shared->rounds[i] = shared->ran[i] = shared->longest[i] = shared->turns[i] = shared->rest[i] = 0;
	pids[i] = fork();
	if (!pids[i]) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		burn(i);
		_exit(0);
	}
	/* First a fair one: a real-time task that is made less important comes before its new equals, a new one behind them. */
	if (set_policy(pids[i], SCHED_OTHER, 0) || set_policy(pids[i], policy, priority)) {
		perror("rtsched: sched_setscheduler");
		exit(97);
	}
}

static void stop_all(void)
{
	shared->stop = 1;
	for (int i = 0; i < nr; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < nr; i++)
		waitpid(pids[i], NULL, 0);
	nr = shared->stop = shared->go = 0;
	shared->until = 0;
}

/* The one who looks must run when it wants: above all others. */
static void above(int on)
{
	if (set_policy(0, on ? SCHED_FIFO : SCHED_OTHER, on ? 90 : 0)) {
		perror("rtsched: sched_setscheduler");
		exit(96);
	}
}

static void fifo(void)
{
	long before[4];

	above(1);
	shared->go = 1;
	start(SCHED_OTHER, 0);
	start(SCHED_FIFO, 9);
	nap(30 * MS);			/* 0 and 1 have begun, the second keeps the CPU */
	start(SCHED_FIFO, 10);
	nap(30 * MS);
	start(SCHED_FIFO, 10);	/* an equal, later */
	nap(30 * MS);
	for (int i = 0; i < 4; i++)
		before[i] = shared->rounds[i];
	nap(300 * MS);
	printf("rtsched: fifo: in 300 ms: fair %ld, FIFO 9 %ld, FIFO 10 %ld, its later equal %ld rounds\n", shared->rounds[0] - before[0],
	       shared->rounds[1] - before[1], shared->rounds[2] - before[2], shared->rounds[3] - before[3]);
	judge("a fair task ran beside a FIFO task", shared->rounds[0] == before[0]);
	judge("a lower FIFO task ran beside a higher one", shared->rounds[1] == before[1]);
	judge("the FIFO task did not run", shared->rounds[2] > before[2]);
	judge("an equal ran before the first had ended", shared->rounds[3] == before[3]);
	/* It gives way: the equal is next, the lower ones still wait. */
	kill(pids[2], SIGKILL);
	nap(50 * MS);
	printf("rtsched: fifo: it ends: its equal %ld, FIFO 9 %ld rounds\n", shared->rounds[3] - before[3], shared->rounds[1] - before[1]);
	judge("the equal is not next", shared->rounds[3] > before[3] && shared->rounds[1] == before[1]);
	stop_all();
	above(0);
}

/* What root writes to /proc/sys/kernel/sched_@name. */
static void set_limit(const char *name, const char *value)
{
	char path[64];
	int fd;

	mkdir("/proc", 0555);
	mount("proc", "/proc", "proc", 0, NULL);
	snprintf(path, sizeof(path), "/proc/sys/kernel/sched_%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		perror(path);
	close(fd);
}

static int64_t rr_interval(pid_t pid)
{
	struct timespec ts;

	return syscall(SYS_sched_rr_get_interval, pid, &ts) ? -1 : ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void rr(void)
{
	int64_t slice;

	above(1);
	start(SCHED_RR, 10);
	start(SCHED_RR, 10);
	start(SCHED_RR, 10);
	start(SCHED_OTHER, 0);
	nap(20 * MS);
	slice = rr_interval(pids[0]);
	shared->go = 1;
	nap(850 * MS);
	shared->stop = 1;
	printf("rtsched: rr: slice %lld ms; longest %lld %lld %lld us, turns %d %d %d, a fair one %ld rounds\n", (long long)slice / MS,
	       (long long)shared->longest[0] / 1000, (long long)shared->longest[1] / 1000, (long long)shared->longest[2] / 1000,
	       shared->turns[0], shared->turns[1], shared->turns[2], shared->rounds[3]);
	for (int i = 0; i < 3; i++) {
		judge("an RR task ran for longer than its slice and two ticks", shared->longest[i] <= slice + 2 * MS);
		judge("an RR task had fewer than two turns in 850 ms", shared->turns[i] >= 1 && shared->ran[i] > 150 * MS);
	}
	set_limit("rr_timeslice_ms", "5000");
	judge("a slice of 5 s is not what it says", rr_interval(pids[0]) == 5000 * MS);
	set_limit("rr_timeslice_ms", "0");
	judge("the default slice is not 100 ms", rr_interval(pids[0]) == 100 * MS);
	stop_all();
	above(0);
}

static void throttle(void)
{
	int64_t begin, all;
	double share;

	start(SCHED_OTHER, 0);
	start(SCHED_FIFO, 10);
	nap(1500 * MS);			/* what the other tests used of the period is over */
	begin = now();
	shared->go = 1;
	/* On one CPU this task gets what the fair ones get: it is later than it thinks. */
	nap(5000 * MS);
	all = now() - begin;
	shared->stop = 1;
	share = 100.0 * shared->ran[0] / all;
	printf("rtsched: throttle: in %.2f s FIFO ran %.2f s, a fair one %.2f s: %.2f %%\n", all / 1e9, shared->ran[1] / 1e9,
	       shared->ran[0] / 1e9, share);
	judge("real-time tasks do not leave 5 % to others", share > 4 && share < 6.5);
	stop_all();
}

static int by_value(const void *a, const void *b)
{
	return *(const long *)a < *(const long *)b ? -1 : *(const long *)a > *(const long *)b;
}

static void latency(int n)
{
	struct timespec ts;
	int64_t next;

	for (int i = 0; i < 50; i++)
		start(SCHED_OTHER, 0);
	shared->go = 1;
	nap(200 * MS);
	above(1);
	next = now();
	for (int i = 0; i < n; i++) {
		next += MS + i % 97 * 7919;
		ts = (struct timespec){ next / 1000000000, next % 1000000000 };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		shared->values[i] = now() - next;
	}
	qsort(shared->values, n, sizeof(long), by_value);
	printf("rtsched: latency: %d wakeups among 50 hogs, ns: least %ld, median %ld, 99 %% %ld, most %ld\n", n, shared->values[0],
	       shared->values[n / 2], shared->values[n - 1 - n / 100], shared->values[n - 1]);
	judge("woken later than after 10,000 ns", shared->values[n - 1] <= 10000);
	stop_all();
	above(0);
}

/* Priorities 10, 11, ...: the last n are the best. Rounds of those while one after the other of the better ones pauses. */
static void several(void)
{
	int n = cpus, tasks = cpus + 2;
	long before[MAX_TASKS], all;
	int64_t begin;

	set_limit("rt_runtime_us", "-1");
	above(1);
	shared->go = 1;
	for (int i = 0; i < tasks; i++)
		start(SCHED_FIFO, 10 + i);
	for (int round = 0; round < 3; round++) {
		nap(200 * MS);
		for (int i = 0; i < tasks; i++)
			before[i] = shared->rounds[i];
		nap(600 * MS);
		/* An emulated CPU may have been away for all of that. */
		for (int i = tasks - n - round, more = 0; i < tasks - round && more < 50; )
			if (shared->rounds[i] > before[i])
				i++;
			else
				nap(200 * MS), more++;
		printf("rtsched: several: %d CPUs, rounds by priority:", cpus);
		all = 0;
		for (int i = 0; i < tasks; i++)
			all += shared->rounds[i] - before[i];
		for (int i = 0; i < tasks; i++)
			printf(" %ld", shared->rounds[i] - before[i]);
		printf("\n");
		for (int i = 0; i < tasks; i++) {
			int should = i >= tasks - n - round && i < tasks - round;

			/* A CPU that is told to run a better one takes a moment, and an emulated one that has to wait for its turn longer. */
			judge("a task ran though better ones waited", should || shared->rounds[i] - before[i] < all / 20);
			judge("one of the best did not run", !should || shared->rounds[i] > before[i]);
		}
		if (round < 2)
			kill(pids[tasks - 1 - round], SIGSTOP);
	}
	/* They are back: whoever took their place gives way. */
	kill(pids[tasks - 1], SIGCONT);
	kill(pids[tasks - 2], SIGCONT);
	begin = now();
	before[0] = shared->rounds[tasks - 1];
	before[1] = shared->rounds[tasks - 2];
	while ((shared->rounds[tasks - 1] == before[0] || shared->rounds[tasks - 2] == before[1]) && now() - begin < 2000 * MS)
		nap(MS);
	printf("rtsched: several: two of the best come back and run after %lld us\n", (long long)(now() - begin) / 1000);
	judge("the best did not get a CPU", now() - begin < 1000 * MS);
	stop_all();
	above(0);
	set_limit("rt_runtime_us", "950000");
}

static void go_to_cpus(int i, int first, int last)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int cpu = first; cpu <= last; cpu++)
		CPU_SET(cpu, &set);
	if (sched_setaffinity(pids[i], sizeof(set), &set))
		exit(98);
}

static long rounds_in(int i, int64_t ns)
{
	long before = shared->rounds[i];

	nap(ns);
	return shared->rounds[i] - before;
}

/* Who can run elsewhere leaves a CPU to those who cannot; and a task that waits and becomes better finds the CPU that it deserves. */
static void elsewhere(void)
{
	long free, tied, before;
	int64_t begin;

	set_limit("rt_runtime_us", "-1");
	above(1);
	go_to(0);
	shared->go = 1;
	start(SCHED_FIFO, 10);
	start(SCHED_FIFO, 20);
	nap(50 * MS);
	shared->until = now() + 600 * MS;
	shared->rest[1] = 200 * MS;		/* its timer wakes it, where it was */
	nap(50 * MS);
	go_to_cpus(1, 0, cpus - 1);
	go_to(1);
	above(0);				/* we are in nobody's way */
	free = shared->rounds[1];
	nap(700 * MS);
	free = shared->rounds[1] - free;
	tied = shared->rounds[0] - shared->then;
	printf("rtsched: elsewhere: FIFO 20 wakes where FIFO 10 is tied to its CPU: then %ld and %ld rounds\n", free, tied);
	judge("the better one does not run", free > 10);
	judge("the tied one waits, though another CPU was free", tied > 10);
	stop_all();
	if (cpus < 3)				/* one for 50, one for us, one for 20 */
		goto out;

	above(1);
	/* Who sleeps makes its CPU look for others: so nobody does, nor does anybody wake. */
	shared->go = 1;
	for (int cpu = 0; cpu < cpus; cpu++) {	/* 50 on CPU 0, 20 on each other */
		start(SCHED_FIFO, cpu ? 20 : 50);
		go_to_cpus(cpu, cpu, cpu);
	}
	start(SCHED_FIFO, 10);
	go_to_cpus(cpus, 0, 0);
	nap(50 * MS);
	go_to_cpus(cpus, 0, cpus - 1);
	tied = rounds_in(cpus, 200 * MS);
	before = shared->rounds[cpus];
	if (set_policy(pids[cpus], SCHED_FIFO, 30))
		exit(97);
	for (begin = now(); shared->rounds[cpus] == before && now() - begin < 2000 * MS;)
		;
	printf("rtsched: elsewhere: FIFO 10, waiting, becomes 30, others run 20: %ld rounds before, runs after %lld us\n", tied,
	       (long long)(now() - begin) / 1000);
	judge("it ran though better ones waited", !tied);
	judge("it does not run", now() - begin < 1000 * MS);
	stop_all();
	above(0);
out:
	set_limit("rt_runtime_us", "950000");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "all";
	int all = !strcmp(what, "all");
	cpu_set_t set;

	setvbuf(stdout, NULL, _IONBF, 0);
	sched_getaffinity(0, sizeof(set), &set);
	cpus = CPU_COUNT(&set);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 99;
	if (strcmp(what, "several"))
		go_to(0);
	if (all || !strcmp(what, "fifo"))
		fifo();
	if (all || !strcmp(what, "rr"))
		rr();
	if (all || !strcmp(what, "throttle"))
		throttle();
	if (!strcmp(what, "latency"))
		latency(argc > 2 ? atoi(argv[2]) : 200);
	if (!strcmp(what, "several")) {
		several();
		elsewhere();
	}
	printf("rtsched: done, %d wrong\n", wrong);
	return wrong;
}
