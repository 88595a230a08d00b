/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/pthreads.c - a thread library works: threads come and go, locks exclude, conditions wake, the dead leave their locks.
 *
 * Prints only what must be the same on every machine: sums and answers, never who came first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The C libraries' headers have none of these. */
enum {
	FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_CMP_REQUEUE = 4, FUTEX_WAKE_OP = 5, FUTEX_WAIT_BITSET = 9, FUTEX_WAIT_PRIVATE = 128,
	FUTEX_CLOCK_REALTIME = 256, FUTEX_OP_ADD = 1, FUTEX_OP_CMP_EQ = 0,
};
#define FUTEX_OP(op, oparg, cmp, cmparg)	((op) << 28 | (cmp) << 24 | (oparg) << 12 | (cmparg))

#define THREADS	8
#define ROUNDS	2000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t sem;
static long counter;
static int turn;
static volatile int asleep;

static long futex(void *addr, int op, int val, const void *timeout, void *addr2, int val3)
{
	return syscall(SYS_futex, addr, op, val, timeout, addr2, val3);
}

static const char *answer(long ret)
{
	static char text[64];

	if (ret >= 0)
		snprintf(text, sizeof(text), "%ld", ret);
	else
		snprintf(text, sizeof(text), "-%s", errno == EAGAIN ? "EAGAIN" : errno == EINVAL ? "EINVAL" : errno == EFAULT ? "EFAULT" :
			 errno == ETIMEDOUT ? "ETIMEDOUT" : errno == ENOSYS ? "ENOSYS" : errno == EINTR ? "EINTR" : strerror(errno));
	return text;
}

/* Start @n threads with their numbers and wait for all; the sum of what they returned. */
static long crowd(int n, void *(*fn)(void *))
{
	pthread_t thread[64];
	void *ret;
	long sum = 0;

	for (long i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, fn, (void *)i))
			exit(1);
	for (int i = 0; i < n; i++) {
		pthread_join(thread[i], &ret);
		sum += (long)ret;
	}
	return sum;
}

static void *same(void *arg)		{ return arg; }

static void *add(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

/* Each adds one in its turn, round and round. */
static void *in_turn(void *arg)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&lock);
		while (turn != (int)(long)arg)
			pthread_cond_wait(&cond, &lock);
		counter = counter * 31 + (long)arg;
		turn = (turn + 1) % THREADS;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *at_barrier(void *arg)
{
	long serial = 0;

	(void)arg;
	for (int i = 0; i < 100; i++) {
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		__sync_fetch_and_add(&counter, 1);
		pthread_barrier_wait(&barrier);
		if (counter % THREADS)
			serial += 1000000;
	}
	return (void *)serial;
}

static void *down_up(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		sem_wait(&sem);
		counter++;
		sem_post(&sem);
	}
	return arg;
}

static void *die_with(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

static int word, other;

static void *sleeper(void *unused)
{
	(void)unused;
	__sync_fetch_and_add(&asleep, 1);
	while (futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0) == -1 && errno == EINTR)
		;
	return NULL;
}

/* Wake one after the other until @n are up; how many were woken in all. */
static int wake_all(int *addr, int n)
{
	int woken = 0;

	while (woken < n)
		woken += futex(addr, FUTEX_WAKE, 1, NULL, NULL, 0);
	return woken;
}

static void requeue(void)
{
	pthread_t thread[4];
	int moved = 0;

	word = asleep = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, sleeper, NULL);
	while (asleep < 4)
		sched_yield();
	printf("requeue with another value: %s\n", answer(futex(&word, FUTEX_CMP_REQUEUE, 0, (void *)1L, &other, 7)));
	while (moved < 4)
		moved += futex(&word, FUTEX_CMP_REQUEUE, 0, (void *)4L, &other, 0);
	printf("requeued: %d\n", moved);
	printf("left at the first: %s\n", answer(futex(&word, FUTEX_WAKE, 9, NULL, NULL, 0)));
	printf("woken at the second: %d\n", wake_all(&other, 4));
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
}

static void raw_futex(void)
{
	struct timespec ms = { 0, 2000000 }, bad = { 0, 1000000000 }, past = { 0, 1 };
	int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int w[2] = { 5, 6 };
	pid_t pid;

	printf("wait for another value: %s\n", answer(futex(w, FUTEX_WAIT, 4, NULL, NULL, 0)));
	printf("wait, 2 ms: %s\n", answer(futex(w, FUTEX_WAIT, 5, &ms, NULL, 0)));
	printf("wait, private, 2 ms: %s\n", answer(futex(w, FUTEX_WAIT_PRIVATE, 5, &ms, NULL, 0)));
	printf("wait until the past: %s\n", answer(futex(w, FUTEX_WAIT_BITSET, 5, &past, NULL, -1)));
	printf("wait until 1970: %s\n", answer(futex(w, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &past, NULL, -1)));
	printf("wait with no bits: %s\n", answer(futex(w, FUTEX_WAIT_BITSET, 5, &past, NULL, 0)));
	printf("wait, bad time: %s\n", answer(futex(w, FUTEX_WAIT, 5, &bad, NULL, 0)));
	printf("wait, bad pointer to the time: %s\n", answer(futex(w, FUTEX_WAIT, 5, (void *)8, NULL, 0)));
	printf("wait at an odd address: %s\n", answer(futex((char *)w + 1, FUTEX_WAIT, 5, NULL, NULL, 0)));
	printf("wait at no address: %s\n", answer(futex((void *)8, FUTEX_WAIT, 5, NULL, NULL, 0)));
	printf("wait in the kernel: %s\n", answer(futex((void *)0xffffffff80100000, FUTEX_WAIT, 5, NULL, NULL, 0)));
	printf("wake nobody: %s\n", answer(futex(w, FUTEX_WAKE, INT_MAX, NULL, NULL, 0)));
	printf("wake op: %s", answer(futex(w, FUTEX_WAKE_OP, 1, (void *)1L, w + 1, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 6))));
	printf(", now %d\n", w[1]);
	printf("unknown: %s\n", answer(futex(w, 99, 5, NULL, NULL, 0)));

	pid = fork();
	if (!pid) {
		while (!*(volatile int *)shared)
			futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0);
		_exit(*shared);
	}
	usleep(2000);
	*shared = 9;
	futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0);
	waitpid(pid, shared, 0);
	printf("the child was woken through shared memory: %d\n", WEXITSTATUS(*shared));
}

static void dead_owners(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;
	pid_t pid;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(m, &attr);
	pthread_create(&thread, NULL, die_with, m);
	pthread_join(thread, NULL);
	printf("the thread that held it is dead: %d\n", pthread_mutex_lock(m) == EOWNERDEAD);
	printf("made whole: %d\n", pthread_mutex_consistent(m));
	pthread_mutex_unlock(m);

	pid = fork();
	if (!pid) {
		pthread_mutex_lock(m);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	printf("the process that held it was killed: %d\n", pthread_mutex_lock(m) == EOWNERDEAD);
	pthread_mutex_consistent(m);
	pthread_mutex_unlock(m);
	printf("it is a lock again: %d %d\n", pthread_mutex_lock(m), pthread_mutex_unlock(m));
}

static void affinity(void)
{
	cpu_set_t all, one, none;
	int first = 0, right = 0, n;

	CPU_ZERO(&none);
	printf("getaffinity says a size: %d\n", syscall(SYS_sched_getaffinity, 0, sizeof(all), &all) > 0);
	sched_getaffinity(0, sizeof(all), &all);
	n = CPU_COUNT(&all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		first = cpu;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (!sched_setaffinity(0, sizeof(one), &one) && sched_getcpu() == cpu)
			right++;
	}
	printf("went to each CPU that it may use: %d\n", right == n);
	sched_getaffinity(0, sizeof(one), &one);
	printf("may use one: %d %d\n", CPU_COUNT(&one), CPU_ISSET(first, &one) != 0);
	printf("no CPU: %s\n", answer(sched_setaffinity(0, sizeof(none), &none)));
	printf("no process: %d\n", sched_setaffinity(0x3fffffff, sizeof(all), &all) == -1 && errno == ESRCH);
	printf("too small: %s\n", answer(syscall(SYS_sched_getaffinity, 0, 3, &one)));
	printf("back to all: %s\n", answer(sched_setaffinity(0, sizeof(all), &all)));
}

int main(void)
{
	struct timespec ts;
	long rounds = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 0; i < 20; i++)
		rounds += crowd(THREADS, same);
	printf("came and went: %ld\n", rounds);
	crowd(THREADS, add);
	printf("mutex: %ld\n", counter);
	counter = 0;
	crowd(THREADS, in_turn);
	printf("in turn: %lx\n", counter);
	counter = 0;
	pthread_barrier_init(&barrier, NULL, THREADS);
	printf("barrier: %ld", crowd(THREADS, at_barrier));
	printf(" %ld\n", counter);
	counter = 0;
	sem_init(&sem, 0, 1);
	crowd(THREADS, down_up);
	printf("semaphore: %ld\n", counter);

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 3000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	printf("timed wait: %d\n", pthread_cond_timedwait(&cond, &lock, &ts) == ETIMEDOUT);
	pthread_mutex_unlock(&lock);
	raw_futex();
	requeue();
	dead_owners();
	affinity();
	printf("pthreads: done\n");
	return 0;
}
