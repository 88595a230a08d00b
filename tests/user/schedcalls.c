/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/schedcalls.c - the scheduling system calls: what they answer, and what they refuse with which error.
 *
 * By system call number throughout: C libraries check arguments, or do not have the calls. Of slices only those of the real-time class
 * are printed, and of structures only what does not depend on the kernel's configuration. Of sets of CPUs nothing is printed that
 * depends on how many there are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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

#include "calls.h"

#define BAD	((void *)8)
#define HIGH	((void *)-4096L)	/* the kernel's */
#define NOBODY	0x3fffffff		/* larger than any pid */

struct attr {
	unsigned int size, policy;
	unsigned long long flags;
	int nice;
	unsigned int priority;
	unsigned long long runtime, deadline, period;
	unsigned int util_min, util_max;
	unsigned char more[200];
};

static long setsched(pid_t pid, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return syscall(SYS_sched_setscheduler, pid, policy, &param);
}
#define SET(policy, priority)	say("set " #policy ", " #priority, setsched(0, policy, priority))

static void show(void)
{
	struct sched_param param = { .sched_priority = -1 };
	struct attr attr = { 0 };
	long policy = syscall(SYS_sched_getscheduler, 0);

	syscall(SYS_sched_getparam, 0, &param);
	syscall(SYS_sched_getattr, 0, &attr, 56, 0);
	printf("    policy %lx, priority %d, nice %ld; attr: size %u, policy %u, flags %llx, nice %d, priority %u\n", policy,
	       param.sched_priority, 20 - syscall(SYS_getpriority, PRIO_PROCESS, 0), attr.size, attr.policy, attr.flags, attr.nice,
	       attr.priority);
}

static long setattr(struct attr a)
{
	return syscall(SYS_sched_setattr, 0, &a, 0);
}
#define ATTR(...)	do { say("attr { " #__VA_ARGS__ " }", setattr((struct attr){ .size = 48, __VA_ARGS__ })); show(); } while (0)

static void policies(void)
{
	struct sched_param param = { 0 };
	struct timespec ts;

	printf("-- policies\n");
	for (int policy = -1; policy < 7; policy++) {
		printf("policy %d: max ", policy);
		say("", syscall(SYS_sched_get_priority_max, policy));
		say("    min", syscall(SYS_sched_get_priority_min, policy));
	}
	show();
	SET(SCHED_FIFO, 0);
	SET(SCHED_FIFO, 100);
	SET(SCHED_FIFO, -1);
	SET(SCHED_OTHER, 1);
	SET(SCHED_BATCH, 1);
	SET(SCHED_IDLE, 1);
	SET(4, 0);
	SET(-1, 0);
	SET(SCHED_FIFO, 1); show();
	CALL(sched_rr_get_interval, 0, &ts);
	printf("    %ld.%09ld\n", (long)ts.tv_sec, ts.tv_nsec);
	SET(SCHED_RR, 99); show();
	CALL(sched_rr_get_interval, 0, &ts);
	printf("    %ld.%09ld\n", (long)ts.tv_sec, ts.tv_nsec);
	param.sched_priority = 50;
	CALL(sched_setparam, 0, &param); show();
	param.sched_priority = 0;
	CALL(sched_setparam, 0, &param);
	SET(SCHED_BATCH, 0); show();
	CALL(sched_setparam, 0, &param);
	param.sched_priority = 1;
	CALL(sched_setparam, 0, &param);
	SET(SCHED_IDLE, 0); show();
	SET(SCHED_OTHER, 0); show();
	CALL(sched_yield);

	printf("-- who and where\n");
	CALL(sched_setscheduler, NOBODY, SCHED_OTHER, &param);
	CALL(sched_setscheduler, -1, SCHED_OTHER, &param);
	CALL(sched_setscheduler, 0, SCHED_OTHER, NULL);
	CALL(sched_setscheduler, 0, SCHED_OTHER, BAD);
	CALL(sched_setscheduler, 0, -1, NULL);
	CALL(sched_setscheduler, NOBODY, 77, BAD);
	CALL(sched_setparam, -1, &param);
	CALL(sched_setparam, NOBODY, &param);
	CALL(sched_setparam, 0, NULL);
	CALL(sched_setparam, 0, BAD);
	CALL(sched_getscheduler, -1);
	CALL(sched_getscheduler, NOBODY);
	CALL(sched_getparam, -1, &param);
	CALL(sched_getparam, NOBODY, &param);
	CALL(sched_getparam, 0, NULL);
	CALL(sched_getparam, 0, BAD);
	CALL(sched_rr_get_interval, -1, &ts);
	CALL(sched_rr_get_interval, NOBODY, BAD);
	CALL(sched_rr_get_interval, 0, BAD);
	CALL(sched_get_priority_max, 0x40000000 | SCHED_FIFO);
}

static void attributes(void)
{
	static struct attr attr;

	printf("-- attributes\n");
	ATTR(.policy = SCHED_OTHER, .nice = 7);
	ATTR(.policy = SCHED_OTHER, .nice = 100);
	ATTR(.policy = SCHED_BATCH, .nice = -100);
	ATTR(.policy = SCHED_RR, .priority = 3, .nice = 4);
	ATTR(.policy = SCHED_OTHER, .nice = 1);
	ATTR(.policy = SCHED_OTHER, .flags = 1);
	ATTR(.policy = SCHED_OTHER, .flags = 0x80);
	ATTR(.policy = SCHED_FIFO, .priority = 0);
	ATTR(.policy = SCHED_FIFO, .priority = 100);
	ATTR(.policy = SCHED_IDLE, .priority = 1);
	ATTR(.policy = SCHED_IDLE, .nice = 5);
	ATTR(.policy = SCHED_OTHER, .priority = 1);
	ATTR(.policy = 4);
	ATTR(.policy = -1);
	ATTR(.policy = -5, .flags = 0x08);
	ATTR(.policy = SCHED_FIFO, .priority = 9);
	ATTR(.policy = SCHED_OTHER, .priority = 12, .flags = 0x08);
	ATTR(.policy = SCHED_OTHER, .flags = 0x10);
	ATTR(.policy = SCHED_RR, .priority = 12, .flags = 0x10);
	ATTR(.policy = SCHED_OTHER, .flags = 0x18, .nice = 3);
	ATTR(.policy = SCHED_OTHER);
	ATTR(.policy = SCHED_OTHER, .runtime = 0, .period = 5);

	printf("-- sizes\n");
	attr = (struct attr){ .size = 0, .policy = SCHED_OTHER, .nice = 2 };
	CALL(sched_setattr, 0, &attr, 0); show();
	attr.size = 47;
	CALL(sched_setattr, 0, &attr, 0);
	attr = (struct attr){ .size = 200, .policy = SCHED_OTHER, .nice = 0 };
	CALL(sched_setattr, 0, &attr, 0); show();
	attr.more[100] = 1;
	CALL(sched_setattr, 0, &attr, 0);
	attr.size = 4097;
	CALL(sched_setattr, 0, &attr, 0);
	CALL(sched_setattr, 0, &attr, 1);
	CALL(sched_setattr, 0, NULL, 0);
	CALL(sched_setattr, 0, BAD, 0);
	CALL(sched_setattr, -1, &attr, 0);
	attr = (struct attr){ .size = 48, .policy = SCHED_OTHER };
	CALL(sched_setattr, NOBODY, &attr, 0);
	attr.policy = 99;
	CALL(sched_setattr, NOBODY, &attr, 0);
	attr = (struct attr){ .size = 48, .flags = 0x20 };
	CALL(sched_setattr, 0, &attr, 0);
	CALL(sched_getattr, 0, &attr, 47, 0);
	CALL(sched_getattr, 0, &attr, 4097, 0);
	CALL(sched_getattr, 0, &attr, 48, 1);
	CALL(sched_getattr, 0, NULL, 48, 0);
	CALL(sched_getattr, 0, BAD, 48, 0);
	CALL(sched_getattr, -1, &attr, 48, 0);
	CALL(sched_getattr, NOBODY, &attr, 48, 0);
	memset(&attr, 0x55, sizeof(attr));
	CALL(sched_getattr, 0, &attr, 48, 0);
	printf("    size %u, behind it %x\n", attr.size, attr.util_min);
	CALL(sched_getattr, 0, &attr, 200, 0);
	printf("    size %u\n", attr.size);
}

static void nice_values(void)
{
	printf("-- nice\n");
	CALL(setpriority, PRIO_PROCESS, 0, 5); show();
	CALL(setpriority, PRIO_PROCESS, 0, 100); show();
	CALL(setpriority, PRIO_PROCESS, 0, -100); show();
	CALL(setpriority, PRIO_PROCESS, getpid(), 0); show();
	CALL(setpriority, PRIO_PROCESS, NOBODY, 0);
	CALL(setpriority, PRIO_PROCESS, -1, 0);
	CALL(setpriority, PRIO_PGRP, NOBODY, 0);
	CALL(setpriority, PRIO_USER, NOBODY, 0);
	CALL(setpriority, 3, 0, 0);
	CALL(setpriority, -1, 0, 0);
	CALL(getpriority, PRIO_PROCESS, NOBODY);
	CALL(getpriority, PRIO_PGRP, NOBODY);
	CALL(getpriority, PRIO_USER, NOBODY);
	CALL(getpriority, 3, 0);
	CALL(getpriority, -1, 0);

	/* A real-time task keeps its nice value for later. */
	SET(SCHED_FIFO, 10);
	CALL(setpriority, PRIO_PROCESS, 0, 9); show();
	SET(SCHED_OTHER, 0); show();
	CALL(setpriority, PRIO_PROCESS, 0, 0);
}

static void reset_child(void)
{
	show();
	SET(SCHED_OTHER, 0);
}

static void reset_on_fork(void)
{
	printf("-- reset on fork\n");
	SET(SCHED_FIFO | SCHED_RESET_ON_FORK, 5); show();
	in_child(reset_child);
	SET(SCHED_FIFO, 5); show();
	in_child(reset_child);
	SET(SCHED_OTHER | SCHED_RESET_ON_FORK, 0);
	CALL(setpriority, PRIO_PROCESS, 0, -10); show();
	in_child(reset_child);
	CALL(setpriority, PRIO_PROCESS, 0, 10); show();
	in_child(reset_child);
	SET(SCHED_BATCH, 0); show();
	in_child(reset_child);
	SET(SCHED_IDLE, 0);
	in_child(reset_child);
	SET(SCHED_OTHER, 0);
	CALL(setpriority, PRIO_PROCESS, 0, 0); show();
}

/* ---- RLIMIT_RTTIME: how long a real-time task may run without sleeping ---- */

static volatile int *xcpu;

static void count_xcpu(int sig __attribute__((unused)))
{
	++*xcpu;
}

static void burn(int ms)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

static void sleeps_in_time(void)
{
	for (int i = 0; i < 5; i++) {
		burn(20);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
}

/* The limit counts ticks, and a machine whose host has other work misses some: so until the signal comes, not for a time. */
static void warned(void)
{
	struct rlimit r;

	for (int i = 0; i < 500 && !*xcpu; i++)
		burn(20);
	getrlimit(RLIMIT_RTTIME, &r);
	printf("    soft limit %lu, hard %lu\n", (unsigned long)r.rlim_cur, (unsigned long)r.rlim_max);
}

static void never_ends(void)
{
	burn(10000);
}

static void not_judged(void)
{
	burn(200);
}

static void rttime(const char *what, int policy, rlim_t soft, rlim_t hard, void (*fn)(void))
{
	struct rlimit r = { soft, hard };
	int status;
	pid_t pid;

	*xcpu = 0;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		signal(SIGXCPU, count_xcpu);
		setrlimit(RLIMIT_RTTIME, &r);
		setsched(0, policy, policy == SCHED_OTHER ? 0 : 5);
		fn();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("%s: %d SIGXCPU, ended with %x\n", what, *xcpu, status);
}

static void rt_time(void)
{
	printf("-- RLIMIT_RTTIME\n");
	xcpu = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rttime("never sleeps", SCHED_FIFO, 100000, RLIM_INFINITY, warned);
	rttime("never listens", SCHED_RR, 50000, 100000, never_ends);
	rttime("sleeps", SCHED_FIFO, 70000, 70000, sleeps_in_time);
	rttime("not real-time", SCHED_OTHER, 50000, 100000, not_judged);
}

/* ---- on which CPUs, and on which one ---- */

#define MASK_BYTES	1024		/* as many CPUs as any kernel is built for */
static unsigned char allowed[MASK_BYTES], mask[MASK_BYTES], nowhere[MASK_BYTES];

/* The size that getaffinity tells is the kernel's own. */
static void say_error(const char *what, long ret)
{
	say(what, ret > 0 ? 0 : ret);
}
#define AFFINITY(nr, ...) \
	say_error("sched_" #nr "affinity(" #__VA_ARGS__ ")", syscall(SYS_sched_##nr##affinity, __VA_ARGS__))

static int bits(const unsigned char *m)
{
	int n = 0;

	for (int i = 0; i < MASK_BYTES; i++)
		n += __builtin_popcount(m[i]);
	return n;
}

static void inherits(void)
{
	memset(mask, 0, sizeof(mask));
	AFFINITY(get, 0, sizeof(mask), mask);
	printf("    one CPU %d\n", bits(mask) == 1);
}

static void affinity(void)
{
	unsigned int cpu = -1, node = -1;
	int first = 0;

	printf("-- affinity\n");
	AFFINITY(get, 0, sizeof(allowed), allowed);
	AFFINITY(get, getpid(), sizeof(mask), mask);
	printf("    some CPUs %d, the same %d\n", bits(allowed) > 0, !memcmp(mask, allowed, sizeof(mask)));
	AFFINITY(get, -1, sizeof(mask), mask);
	AFFINITY(get, NOBODY, sizeof(mask), mask);
	AFFINITY(get, NOBODY, sizeof(mask), BAD);
	AFFINITY(get, 0, sizeof(mask), NULL);
	AFFINITY(get, 0, sizeof(mask), BAD);
	AFFINITY(get, 0, sizeof(mask), HIGH);
	AFFINITY(get, 0, 0, mask);
	AFFINITY(get, 0, 0, NULL);
	AFFINITY(get, NOBODY, 0, mask);
	AFFINITY(get, 0, 1, mask);
	AFFINITY(get, 0, 4, mask);
	AFFINITY(get, 0, 7, mask);
	AFFINITY(get, 0, 1001, mask);
	AFFINITY(get, 0, 1020, BAD);
	AFFINITY(get, 0, 0x20000000, mask);
	AFFINITY(get, 0, 0xfffffff8, mask);
	AFFINITY(get, 0, 0xffffffff, mask);

	AFFINITY(set, 0, sizeof(allowed), allowed);
	AFFINITY(set, 0, sizeof(allowed) - 1, allowed);
	AFFINITY(set, getpid(), 0xffffffff, allowed);
	AFFINITY(set, -1, sizeof(allowed), allowed);
	AFFINITY(set, NOBODY, sizeof(allowed), allowed);
	AFFINITY(set, NOBODY, sizeof(nowhere), nowhere);
	AFFINITY(set, NOBODY, 0, allowed);
	AFFINITY(set, 0, sizeof(allowed), NULL);
	AFFINITY(set, 0, sizeof(allowed), BAD);
	AFFINITY(set, NOBODY, sizeof(allowed), BAD);
	AFFINITY(set, 0, sizeof(allowed), HIGH);
	AFFINITY(set, 0, 1, BAD);
	AFFINITY(set, 0, 0, allowed);
	AFFINITY(set, 0, 0, NULL);
	AFFINITY(set, 0, 0, HIGH);
	AFFINITY(set, 0, 1, nowhere);
	AFFINITY(set, 0, 3, nowhere);
	AFFINITY(set, 0, sizeof(nowhere), nowhere);
	nowhere[1000] = 1;
	AFFINITY(set, 0, sizeof(nowhere), nowhere);
	memset(mask, 0xff, sizeof(mask));
	AFFINITY(set, 0, sizeof(mask), mask);
	AFFINITY(get, 0, sizeof(mask), mask);
	printf("    not more than there are %d\n", bits(mask) < 8 * MASK_BYTES);

	while (!(allowed[first / 8] >> first % 8 & 1))
		first++;
	memset(mask, 0, sizeof(mask));
	mask[first / 8] = 1 << first % 8;
	AFFINITY(set, 0, sizeof(mask), mask);
	in_child(inherits);
	CALL(getcpu, &cpu, &node, NULL);
	printf("    there %d, a node %d\n", cpu == (unsigned int)first, node != -1U);
	AFFINITY(set, 0, sizeof(nowhere), nowhere);
	inherits();
	AFFINITY(set, 0, sizeof(allowed), allowed);

	printf("-- getcpu\n");
	CALL(getcpu, NULL, NULL, NULL);
	CALL(getcpu, &cpu, NULL, NULL);
	printf("    allowed %d\n", allowed[cpu / 8] >> cpu % 8 & 1);
	CALL(getcpu, NULL, &node, NULL);
	CALL(getcpu, &cpu, &node, BAD);
	CALL(getcpu, BAD, NULL, NULL);
	CALL(getcpu, NULL, BAD, NULL);
	CALL(getcpu, &cpu, BAD, NULL);
	CALL(getcpu, BAD, &node, NULL);
	CALL(getcpu, HIGH, NULL, NULL);
	CALL(getcpu, NULL, HIGH, NULL);
}

static void drop_uids(void)
{
	if (syscall(SYS_setresgid, 54321, 54321, 54321) || syscall(SYS_setresuid, 54321, 54321, 54321))
		printf("not dropped: %d\n", errno);
}

static void unprivileged(void)
{
	drop_uids();
	CALL(setpriority, PRIO_PROCESS, 0, 10); show();
	CALL(setpriority, PRIO_PROCESS, 0, 5); show();
	CALL(setpriority, PRIO_PROCESS, getppid(), 4);
	CALL(setpriority, PRIO_USER, 0, 12); show();
	CALL(setpriority, PRIO_USER, 54322, 12);
	ATTR(.policy = SCHED_OTHER, .nice = 4);
	ATTR(.policy = SCHED_OTHER, .nice = 13);
	ATTR(.policy = SCHED_RR, .priority = 1);
	SET(SCHED_FIFO, 1);
	SET(SCHED_RR, 1); show();
	SET(SCHED_BATCH, 0); show();
	SET(SCHED_OTHER, 0); show();
	SET(SCHED_OTHER | SCHED_RESET_ON_FORK, 0); show();
	SET(SCHED_OTHER, 0);
	SET(SCHED_BATCH, 0); show();
	SET(SCHED_IDLE | SCHED_RESET_ON_FORK, 0); show();
	SET(SCHED_OTHER | SCHED_RESET_ON_FORK, 0);
	SET(SCHED_IDLE | SCHED_RESET_ON_FORK, 0);
	CALL(setpriority, PRIO_PROCESS, 0, 11);
	CALL(setpriority, PRIO_PROCESS, 0, 15); show();
	say("set the parent", setsched(getppid(), SCHED_BATCH, 0));
	say("ask the parent", syscall(SYS_sched_getscheduler, getppid()));
	say("the parent's nice", syscall(SYS_getpriority, PRIO_PROCESS, getppid()));
	AFFINITY(set, 0, sizeof(allowed), allowed);
	AFFINITY(set, getppid(), sizeof(allowed), allowed);
	AFFINITY(set, getppid(), sizeof(nowhere), nowhere);
	AFFINITY(set, getppid(), 0, NULL);
	AFFINITY(set, getppid(), sizeof(allowed), BAD);
	AFFINITY(set, NOBODY, sizeof(allowed), allowed);
	AFFINITY(get, getppid(), sizeof(mask), mask);
	AFFINITY(get, getppid(), 7, mask);
}

/* A real-time task without rights: down is free, up and sideways is not. */
static void unprivileged_rt(void)
{
	SET(SCHED_RR, 10);
	drop_uids();
	SET(SCHED_RR, 11);
	SET(SCHED_FIFO, 10);
	SET(SCHED_FIFO, 3);
	SET(SCHED_RR, 9); show();
	SET(SCHED_RR, 10);
	SET(SCHED_OTHER, 0); show();
	SET(SCHED_RR, 1);
}

/*
 * ---- limits: "schedcalls limits" ----
 *
 * To raise one takes more than some testers have, so this part is judged by the rules: a nice value down to 20 - RLIMIT_NICE, a
 * real-time priority up to RLIMIT_RTPRIO or what one has.
 */
static int failures;

static void limit(int resource, rlim_t value)
{
	struct rlimit r = { value, value };

	if (setrlimit(resource, &r))
		printf("FAIL setrlimit %d: %s\n", resource, strerror(errno));
}

static void must(const char *what, long ret, int error)
{
	int got = ret < 0 ? errno : 0;

	if (got != error) {
		failures++;
		printf("FAIL %s: %s instead of %s\n", what, strerror(got), strerror(error));
	}
}
#define MUST(call, error)	must(#call, call, error)

static long nice_to(int nice)	{ return syscall(SYS_setpriority, PRIO_PROCESS, 0, nice); }

static void limits(void)
{
	limit(RLIMIT_NICE, 15);
	limit(RLIMIT_RTPRIO, 10);
	drop_uids();
	MUST(nice_to(10), 0);
	MUST(nice_to(4), EACCES);
	MUST(nice_to(5), 0);
	MUST(setattr((struct attr){ .size = 48, .nice = 4 }), EPERM);
	MUST(setattr((struct attr){ .size = 48, .nice = 5 }), 0);
	MUST(setsched(0, SCHED_FIFO, 11), EPERM);
	MUST(setsched(0, SCHED_FIFO, 10), 0);
	MUST(setsched(0, SCHED_RR, 9), 0);
	MUST(setsched(0, SCHED_RR, 10), 0);
	limit(RLIMIT_RTPRIO, 5);
	MUST(setsched(0, SCHED_RR, 10), 0);
	MUST(setsched(0, SCHED_RR, 7), 0);
	MUST(setsched(0, SCHED_RR, 8), EPERM);
	MUST(setsched(0, SCHED_FIFO, 6), 0);
	limit(RLIMIT_RTPRIO, 0);
	MUST(setsched(0, SCHED_RR, 6), EPERM);
	MUST(setsched(0, SCHED_FIFO, 6), 0);
	MUST(setsched(0, SCHED_FIFO, 5), 0);
	MUST(setsched(0, SCHED_OTHER, 0), 0);
	MUST(setsched(0, SCHED_FIFO, 1), EPERM);
	MUST(setsched(0, SCHED_IDLE, 0), 0);
	MUST(setsched(0, SCHED_OTHER, 0), 0);
	MUST(setsched(0, SCHED_IDLE, 0), 0);
	limit(RLIMIT_NICE, 14);
	MUST(setsched(0, SCHED_BATCH, 0), EPERM);
	MUST(nice_to(6), 0);
	MUST(setsched(0, SCHED_BATCH, 0), 0);
	limit(RLIMIT_NICE, 0);
	MUST(nice_to(5), EACCES);
	MUST(nice_to(6), 0);
	MUST(nice_to(7), 0);
	printf("limits: %s\n", failures ? "broken" : "as they should be");
}

int main(int argc, char **argv)
{
	struct rlimit none = { 0, 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "limits")) {
		limits();
		return failures != 0;
	}
	setrlimit(RLIMIT_NICE, &none);
	setrlimit(RLIMIT_RTPRIO, &none);
	policies();
	attributes();
	nice_values();
	reset_on_fork();
	rt_time();
	affinity();
	printf("-- without rights\n");
	in_child(unprivileged);
	in_child(unprivileged_rt);
	return 0;
}
