/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/spread.c - do tasks that never sleep spread over the CPUs, and stay where they must? Its argument says which:
 *
 *	even	as many hogs as CPUs: within a second one on each, and each has its CPU nearly to itself
 *	exit	twice as many; those of half the CPUs end: within a second the rest are one on each
 *	mixed	one hog that weighs as much as nine, and 2 * CPUs - 1 usual ones: it has a CPU nearly to itself, and the usual ones have
 *		equal shares of the other CPUs, within 15 %
 *	pinned	hogs that may use one or two CPUs, among others that may use all: they are never seen elsewhere
 *	move	sched_setaffinity of a running task: it runs there when the call returns
 *	all	one after the other, but mixed, which takes as long as all the rest
 *
 * Each hog tells in shared memory where it is, many times a millisecond. Prints what was measured; the exit status is the number of
 * things that were not as they should.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif
#define MAX_HOGS 128

static struct hog {
	volatile int cpu;		/* where it is; -1: has not run yet */
	volatile unsigned long seen;	/* bits: where it has ever been since that was cleared */
	volatile unsigned long rounds;
	pid_t pid;
} *hog;
static int cpus, nr_hogs, wrong;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void nap(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static double cpu_time(pid_t pid)
{
	struct timespec ts;
	clockid_t id;

	if (clock_getcpuclockid(pid, &id) || clock_gettime(id, &ts))
		return -1;
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static cpu_set_t set_of(unsigned long bits)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < 64; i++)
		if (bits >> i & 1)
			CPU_SET(i, &set);
	return set;
}

/* A hog of that nice value that may use @mask (0: all). */
static struct hog *start(unsigned long mask, int nice)
{
	struct hog *h = &hog[nr_hogs++];
	pid_t pid;

	h->cpu = -1;
	h->seen = h->rounds = 0;
	pid = fork();
	if (!pid) {
		unsigned int cpu;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpriority(PRIO_PROCESS, 0, nice);
		if (mask) {
			cpu_set_t set = set_of(mask);

			if (sched_setaffinity(0, sizeof(set), &set))
				_exit(1);
		}
		for (;;) {
			syscall(SYS_getcpu, &cpu, NULL, NULL);
			h->cpu = cpu;
			__atomic_fetch_or(&h->seen, 1UL << cpu, __ATOMIC_RELAXED);	/* the watcher clears it meanwhile */
			h->rounds++;
			for (volatile int i = 0; i < 3000; i++)
				;
		}
	}
	h->pid = pid;
	return h;
}

static void stop(struct hog *h)
{
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	h->pid = 0;
}

static void stop_all(void)
{
	for (int i = 0; i < nr_hogs; i++)
		stop(&hog[i]);
	nr_hogs = 0;
}

/* The most hogs on one CPU, of those that live. */
static int crowd(void)
{
	int on[64] = { 0 }, most = 0;

	for (int i = 0; i < nr_hogs; i++) {
		if (!hog[i].pid)
			continue;
		if (hog[i].cpu < 0)
			return MAX_HOGS;
		if (++on[hog[i].cpu] > most)
			most = on[hog[i].cpu];
	}
	return most;
}

static void where(char *text)
{
	*text = 0;
	for (int i = 0; i < nr_hogs; i++)
		if (hog[i].pid)
			text += sprintf(text, " %d", hog[i].cpu);
}

/* Until no CPU has more than @most, twenty looks running; the time that took, or -1 after @limit seconds. */
static double spread_out(int most, double limit)
{
	double begin = now(), since = 0;
	int good = 0;

	while (now() - begin < limit) {
		if (crowd() <= most) {
			if (!good++)
				since = now() - begin;
			if (good == 20)
				return since;
		} else {
			good = 0;
		}
		nap(5);
	}
	return -1;
}

static void judge(const char *what, int ok)
{
	if (!ok) {
		printf("spread: WRONG: %s\n", what);
		wrong++;
	}
}

static void even(void)
{
	double took, begin, before[MAX_HOGS], least = 1e9, share;
	char text[1024];

	for (int i = 0; i < cpus; i++)
		start(0, 0);
	took = spread_out(1, 5);
	where(text);
	printf("spread: even: %d hogs on %d CPUs, one on each after %.3f s:%s\n", cpus, cpus, took, text);
	judge("not one on each CPU within 1 s", took >= 0 && took <= 1);
	begin = now();
	for (int i = 0; i < nr_hogs; i++)
		before[i] = cpu_time(hog[i].pid);
	nap(2000);
	for (int i = 0; i < nr_hogs; i++) {
		share = (cpu_time(hog[i].pid) - before[i]) / (now() - begin);
		if (share < least)
			least = share;
	}
	printf("spread: even: the least has %.2f %% of a CPU\n", least * 100);
	judge("a hog has less than 97 % of a CPU", least > 0.97);
	stop_all();
}

static void exits(void)
{
	unsigned long half = (1UL << (cpus + 1) / 2) - 1;
	char text[1024];
	double took;
	int left = 2 * cpus;

	for (int i = 0; i < 2 * cpus; i++)
		start(0, 0);
	took = spread_out(2, 5);
	where(text);
	printf("spread: exit: %d hogs, two on each of %d CPUs after %.3f s:%s\n", nr_hogs, cpus, took, text);
	judge("more than two on a CPU", took >= 0);
	for (int i = 0; i < nr_hogs && left > cpus; i++)
		if (half >> hog[i].cpu & 1) {
			stop(&hog[i]);
			left--;
		}
	for (int i = 0; i < nr_hogs && left > cpus; i++)
		if (hog[i].pid) {
			stop(&hog[i]);
			left--;
		}
	took = spread_out(1, 5);
	where(text);
	printf("spread: exit: %d of them end, one on each after %.3f s:%s\n", cpus, took, text);
	judge("the rest are not one on each CPU within 1 s", took >= 0 && took <= 1);
	stop_all();
}

/*
 * Weights 9548 and 1024: the heavy one is far more than a CPU's part of all, and a CPU is the most that it can have. The others share
 * cpus - 1 CPUs. That does not divide: whoever stays where there is one more has less, so they have to take turns at that.
 */
static void mixed(void)
{
	double before[MAX_HOGS], begin, length, share, formula, heavy, least = 1e9, most = 0;

	if (cpus < 2)
		return;
	start(0, -10);
	for (int i = 1; i < 2 * cpus; i++)
		start(0, 0);
	nap(500);
	begin = now();
	for (int i = 0; i < nr_hogs; i++)
		before[i] = cpu_time(hog[i].pid);
	nap(8000);
	length = now() - begin;
	formula = (cpus - 1.0) / (nr_hogs - 1);
	heavy = (cpu_time(hog[0].pid) - before[0]) / length;
	printf("spread: mixed: %d hogs; nice -10 has %.1f %% of a CPU; nice 0:", nr_hogs, 100 * heavy);
	for (int i = 1; i < nr_hogs; i++) {
		share = (cpu_time(hog[i].pid) - before[i]) / length;
		printf(" %.1f", 100 * share);
		if (share < least)
			least = share;
		if (share > most)
			most = share;
	}
	printf(" %%, and should have %.1f %% each\n", 100 * formula);
	judge("the heavy hog does not have a CPU to itself", heavy > 0.85);
	judge("a light hog is more than 15 % off its share", least > 0.85 * formula && most < 1.15 * formula);
	stop_all();
}

static void pinned(void)
{
	unsigned long mask[MAX_HOGS] = { 0 }, elsewhere = 0;
	int n = 0;

	for (int i = 0; i < cpus; i++) {
		mask[n] = 1UL << i % (cpus > 1 ? 2 : 1);	/* a crowd on the first two */
		start(mask[n++], 0);
		mask[n] = 1UL << i | 1UL << (i + 1) % cpus;
		start(mask[n++], 0);
		start(0, 0);
		n++;
	}
	nap(200);
	for (int i = 0; i < n; i++)
		hog[i].seen = 0;
	for (int i = 0; i < 20; i++) {
		nap(100);
		/* Others come and go, so that there is something to balance. */
		stop(&hog[2]);
		hog[2].pid = 0;
		nr_hogs = 2;
		start(0, 0);
		nr_hogs = n;
	}
	for (int i = 0; i < n; i++)
		if (mask[i] && (hog[i].seen & ~mask[i]))
			elsewhere++;
	printf("spread: pinned: %d of %d hogs may not go everywhere; %lu were seen elsewhere\n", 2 * cpus, n, elsewhere);
	judge("a pinned task moved", !elsewhere);
	stop_all();
}

static void move(void)
{
	int wrong_place = 0, moves = 200;
	struct hog *h;

	for (int i = 0; i < cpus; i++)
		start(0, 0);
	h = start(0, 0);
	nap(50);
	for (int i = 0; i < moves; i++) {
		unsigned long mask = 1UL << i * 7 % cpus, rounds;
		cpu_set_t set = set_of(mask);

		if (sched_setaffinity(h->pid, sizeof(set), &set)) {
			wrong_place++;
			continue;
		}
		/* The call has returned: from here on it runs nowhere else. What it wrote last may be of before. */
		rounds = h->rounds;
		for (int tries = 0; h->rounds < rounds + 2 && tries < 500; tries++)
			nap(1);
		h->seen = 0;
		rounds = h->rounds;
		for (int tries = 0; h->rounds < rounds + 2 && tries < 500; tries++)
			nap(1);
		if (h->seen & ~mask)
			wrong_place++;
	}
	printf("spread: move: %d times to another CPU while it ran, %d times not there\n", moves, wrong_place);
	judge("a task was seen on a CPU that it had been taken from", !wrong_place);
	stop_all();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "all";
	int all = !strcmp(what, "all");
	struct sched_param param = { .sched_priority = 50 };
	cpu_set_t set;

	setvbuf(stdout, NULL, _IONBF, 0);
	sched_getaffinity(0, sizeof(set), &set);
	cpus = CPU_COUNT(&set);
	hog = mmap(NULL, MAX_HOGS * sizeof(*hog), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hog == MAP_FAILED)
		return 99;
	/* This one only looks, and must be in time for that; without a weight of its own, which would be balanced with the hogs'. */
	if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		printf("spread: no rights to be above the hogs\n");
	if (all || !strcmp(what, "even"))
		even();
	if (all || !strcmp(what, "exit"))
		exits();
	if (!strcmp(what, "mixed"))
		mixed();
	if (all || !strcmp(what, "pinned"))
		pinned();
	if (all || !strcmp(what, "move"))
		move();
	printf("spread: done, %d wrong\n", wrong);
	return wrong;
}
