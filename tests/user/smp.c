/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/smp.c - what must hold when several CPUs run at once. Its argument says which:
 *
 *	everywhere	a thread on each CPU, at the same time
 *	shootdown	while one thread takes pages away, no other CPU sees them any longer than it may
 *	clock		no CPU reads an earlier time than another one has read before
 *	nodes		on each CPU, the node that getcpu() says
 *	panic		end as PID 1 while other processes run on the other CPUs
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUS 64

static int cpus;
static volatile int arrived, stop;

static int go_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* A thread on each CPU but, with @but_first, the first one. Returns the sum of their results. */
static long on_each_cpu(void *(*fn)(void *), int but_first, void (*meanwhile)(void))
{
	pthread_t thread[MAX_CPUS];
	void *ret;
	long sum = 0;

	for (long i = but_first; i < cpus; i++)
		if (pthread_create(&thread[i], NULL, fn, (void *)i))
			exit(1);
	if (meanwhile)
		meanwhile();
	for (int i = but_first; i < cpus; i++) {
		pthread_join(thread[i], &ret);
		sum += (long)ret;
	}
	return sum;
}

static void *meet(void *arg)
{
	int cpu = (int)(long)arg;

	if (go_to(cpu))
		return (void *)1;
	__sync_fetch_and_add(&arrived, 1);
	while (arrived < cpus)
		usleep(1000);
	return (void *)(long)(sched_getcpu() != cpu);
}

/*
 * The page is open while phase is even and closed while it is odd. A reader that finds the same odd phase before and after a read must
 * have faulted in between. And every tenth time it becomes another page, with a number in it that is then published: who has seen that
 * must not read an older one.
 */
static int changes = 10000, seconds = 1000;		/* so many, or for so long */

static volatile long phase, published;
static volatile long *page;
static __thread sigjmp_buf after_fault;
static volatile long faults;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(after_fault, 1);
}

static void *reader(void *arg)
{
	volatile long before, at_least, value, stale = 0, reads = 0;

	go_to((int)(long)arg);
	__sync_fetch_and_add(&arrived, 1);
	while (!stop) {
		before = phase;
		at_least = published;
		if (sigsetjmp(after_fault, 0)) {
			__sync_fetch_and_add(&faults, 1);
			while (phase == before && !stop)	/* as it should be: let the others on */
				__builtin_ia32_pause();
			continue;
		}
		value = *page;
		reads++;
		__builtin_ia32_pause();
		if (before & 1) {
			if (phase == before)
				stale++;
		} else if (value && value < at_least) {
			stale++;
		}
	}
	return (void *)(stale + (reads ? 0 : 1L << 40));
}

static void change(void)
{
	time_t end = time(NULL) + seconds;
	int i;

	while (arrived < cpus - 1)
		sched_yield();
	for (i = 0; i < changes && time(NULL) <= end; i++) {
		mprotect((void *)page, 4096, PROT_NONE);
		phase++;
		for (volatile int j = 0; j < 20; j++)
			__builtin_ia32_pause();
		phase++;
		if (i % 10) {
			mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
			continue;
		}
		if (mmap((void *)page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void *)page)
			exit(1);
		*page = phase;
		published = phase;
	}
	changes = i;
	stop = 1;
}

static void shootdown(void)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	long stale;

	sigaction(SIGSEGV, &sa, NULL);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	go_to(0);
	stale = on_each_cpu(reader, 1, change);
	printf("shootdown: %d changes on %d CPUs, %s, %ld stale accesses\n", changes, cpus, faults ? "with faults" : "no fault", stale);
	exit(stale != 0 || !faults);
}

static volatile long latest;
static long readings;

static void *read_clock(void *arg)
{
	long back = 0;

	go_to((int)(long)arg);
	for (long i = 0; i < readings; i++) {
		struct timespec ts;
		long now, max = latest;

		clock_gettime(CLOCK_MONOTONIC, &ts);
		now = ts.tv_sec * 1000000000L + ts.tv_nsec;
		if (now < max)
			back++;
		while (now > max && !__atomic_compare_exchange_n(&latest, &max, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
	}
	return (void *)back;
}

/* A process spins on each CPU but the first; when all do, PID 1 ends. */
static void end(void)
{
	volatile int *spinning = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int cpu = 1; cpu < cpus; cpu++) {
		if (fork())
			continue;
		go_to(cpu);
		__sync_fetch_and_add(spinning, 1);
		for (;;)
			;
	}
	go_to(0);
	while (*spinning < cpus - 1)
		sched_yield();
	_exit(3);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "everywhere";
	cpu_set_t set;
	long wrong;

	setvbuf(stdout, NULL, _IONBF, 0);
	sched_getaffinity(0, sizeof(set), &set);
	cpus = CPU_COUNT(&set);
	if (!strcmp(what, "shootdown")) {
		if (argc > 2)
			changes = atoi(argv[2]);
		if (argc > 3)
			seconds = atoi(argv[3]);
		shootdown();
	}
	if (!strcmp(what, "panic"))
		end();
	if (!strcmp(what, "nodes")) {
		printf("nodes:");
		for (int cpu = 0; cpu < cpus; cpu++) {
			unsigned int here = 999, node = 999;

			go_to(cpu);
			syscall(SYS_getcpu, &here, &node, NULL);
			printf(" %u=%u", here, node);
		}
		printf("\n");
		return 0;
	}
	if (!strcmp(what, "clock")) {
		long total = argc > 2 ? atol(argv[2]) : 1000000;

		readings = total / cpus;
		wrong = on_each_cpu(read_clock, 0, NULL);
		printf("clock: %ld readings on %d CPUs, %ld steps back\n", readings * cpus, cpus, wrong);
		return wrong != 0;
	}
	wrong = on_each_cpu(meet, 0, NULL);
	printf("everywhere: %d CPUs, %ld threads elsewhere\n", cpus, wrong);
	return wrong != 0;
}
