/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/smpstorm.c - processes and threads that use everything at once, at random, and check what memory contains.
 *
 *	smpstorm [seconds [seed]]
 *
 * Four processes of three threads each. A thread draws one deed after the other: map, write, protect, move and unmap its own areas; hand
 * an area to whichever thread of its process finds it, behind a lock made of a futex; fork, and check that neither side sees what the
 * other writes; execute; start threads, and exit while they run; kill a child in the middle of its work; count behind a lock that all
 * processes share; send bytes through a pipe; go to another CPU.
 *
 * Every page that is written begins with a word made of the area's number and the page's, every area has a number of its own: a
 * page of somebody else, an older page, or a zero page in its place is told.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES	4
#define THREADS		3
#define SLOTS		6
#define PAGE		4096UL
#define MAX_PAGES	40
#define MAX_CPUS	64

/* Seen by all processes. */
static struct shared {
	int lock;			/* a futex: 0 free, 1 held, 2 held and waited for */
	long counter;			/* behind lock */
	long counted, deeds, wrong;	/* by atomic additions */
	long areas;			/* gives out numbers */
	volatile int stop;
} *shared;

/* Of one process. */
static struct slot {
	int lock;
	unsigned char *at;
	unsigned long pages;
	uint64_t number;
} slots[SLOTS];

struct dice {
	uint64_t state;
};

static char *self;
static int cpus[MAX_CPUS], nr_cpus;

static unsigned int draw(struct dice *d, unsigned int n)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (unsigned int)((d->state >> 11) % n);
}

#define wrong(...) do { \
	__sync_fetch_and_add(&shared->wrong, 1); \
	dprintf(1, "smpstorm: WRONG " __VA_ARGS__); \
	dprintf(1, "\n"); \
	} while (0)

/* ---- locks ------------------------------------------------------------------------------------------------------- */

static void lock(int *l, int op)
{
	int seen = __sync_val_compare_and_swap(l, 0, 1);

	if (!seen)
		return;
	if (seen != 2)
		seen = __atomic_exchange_n(l, 2, __ATOMIC_SEQ_CST);
	while (seen) {
		syscall(SYS_futex, l, 0 | op, 2, NULL, NULL, 0);
		seen = __atomic_exchange_n(l, 2, __ATOMIC_SEQ_CST);
	}
}

static void unlock(int *l, int op)
{
	if (__atomic_exchange_n(l, 0, __ATOMIC_SEQ_CST) == 2)
		syscall(SYS_futex, l, 1 | op, 1, NULL, NULL, 0);
}

#define PRIVATE	128

/* ---- areas ------------------------------------------------------------------------------------------------------- */

static uint64_t new_number(void)
{
	return (uint64_t)__sync_add_and_fetch(&shared->areas, 1);
}

static uint64_t word(uint64_t number, unsigned long page)
{
	return (number << 16 | page) * 0x9e3779b97f4a7c15ULL | 1;
}

static void fill(unsigned char *at, unsigned long pages, uint64_t number)
{
	for (unsigned long i = 0; i < pages; i++) {
		*(volatile uint64_t *)(at + i * PAGE) = word(number, i);
		*(volatile uint64_t *)(at + i * PAGE + PAGE - 8) = ~word(number, i);
	}
}

static int check(const char *what, unsigned char *at, unsigned long from, unsigned long to, uint64_t number)
{
	for (unsigned long i = from; i < to; i++) {
		uint64_t a = *(volatile uint64_t *)(at + i * PAGE), b = *(volatile uint64_t *)(at + i * PAGE + PAGE - 8);

		if (a == word(number, i) && b == ~a)
			continue;
		wrong("%s: page %lu of area %llu at %p has %llx .. %llx, not %llx", what, i, (unsigned long long)number, (void *)at,
		      (unsigned long long)a, (unsigned long long)b, (unsigned long long)word(number, i));
		return 1;
	}
	return 0;
}

static unsigned char *map(unsigned long pages, int flags)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (p != MAP_FAILED)
		return p;
	wrong("mmap of %lu pages: %s", pages, strerror(errno));
	_exit(1);
}

static void own_area(struct dice *d)
{
	unsigned long pages = 1 + draw(d, MAX_PAGES), cut = draw(d, (unsigned int)pages);
	unsigned char *p = map(pages, MAP_PRIVATE), *q;
	uint64_t number = new_number();

	if (*(volatile uint64_t *)(p + cut * PAGE))
		wrong("a new page is not empty");
	fill(p, pages, number);
	if (draw(d, 2)) {
		if (mprotect(p, pages * PAGE, PROT_READ))
			wrong("mprotect: %s", strerror(errno));
		check("read only", p, 0, pages, number);
		mprotect(p, pages * PAGE, PROT_READ | PROT_WRITE);
	}
	if (draw(d, 2)) {
		q = mremap(p, pages * PAGE, (pages + MAX_PAGES) * PAGE, MREMAP_MAYMOVE);
		if (q == MAP_FAILED) {
			wrong("mremap: %s", strerror(errno));
		} else {
			check("moved", p = q, 0, pages, number);
			munmap(p + pages * PAGE, MAX_PAGES * PAGE);
		}
	}
	if (draw(d, 4) == 0) {
		madvise(p + cut * PAGE, PAGE, MADV_DONTNEED);
		if (*(volatile uint64_t *)(p + cut * PAGE))
			wrong("after MADV_DONTNEED a page is not empty");
	}
	munmap(p + cut * PAGE, PAGE);
	check("before the hole", p, 0, cut, number);
	check("behind the hole", p, cut + 1, pages, number);
	if (cut)
		munmap(p, cut * PAGE);			/* not the hole: somebody else may be there */
	if (cut + 1 < pages)
		munmap(p + (cut + 1) * PAGE, (pages - cut - 1) * PAGE);
}

/* Put an area into a slot, or take the one that is there: who unmaps it is another than who has written it. */
static void hand_over(struct dice *d)
{
	struct slot *s = &slots[draw(d, SLOTS)];

	lock(&s->lock, PRIVATE);
	if (!s->at) {
		s->pages = 1 + draw(d, MAX_PAGES);
		s->number = new_number();
		s->at = map(s->pages, MAP_PRIVATE);
		fill(s->at, s->pages, s->number);
	} else {
		check("handed over", s->at, 0, s->pages, s->number);
		munmap(s->at, s->pages * PAGE);
		s->at = NULL;
	}
	unlock(&s->lock, PRIVATE);
}

/* ---- processes and threads --------------------------------------------------------------------------------------- */

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid) {
		if (errno == EINTR)
			continue;
		wrong("waitpid(%d): %s", pid, strerror(errno));
		return -1;
	}
	return status;
}

static pid_t new_process(void)
{
	pid_t pid = fork();

	if (pid < 0)
		wrong("fork: %s", strerror(errno));
	return pid;
}

static void copies(struct dice *d)
{
	unsigned long pages = 2 + draw(d, MAX_PAGES), half = pages / 2;
	unsigned char *p = map(pages, MAP_PRIVATE);
	uint64_t number = new_number(), mine = new_number(), his = new_number();
	pid_t pid;

	fill(p, pages, number);
	pid = new_process();
	if (!pid) {
		int bad = check("child's copy", p, 0, pages, number);

		fill(p, half, his);
		bad |= check("child's own", p, 0, half, his) | check("child's rest", p, half, pages, number);
		_exit(bad ? 1 : 42);
	}
	fill(p, half, mine);
	check("parent's own", p, 0, half, mine);
	check("parent's rest", p, half, pages, number);
	if (pid > 0) {
		int status = wait_for(pid);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != 42)
			wrong("the child of a copy ended with %#x", status);
	}
	munmap(p, pages * PAGE);
}

static void *writer(void *arg)
{
	unsigned char *p = arg;

	for (unsigned long i = 0; ; i++) {
		*(volatile uint64_t *)(p + i % 8 * PAGE) = i;
		if (i % 256 == 0)
			madvise(p, 8 * PAGE, MADV_DONTNEED);
	}
	return NULL;
}

/* A child of several busy threads ends, by itself, by another program, or by a signal. */
static void ends(struct dice *d)
{
	unsigned int how = draw(d, 3), us = draw(d, 3000);
	struct timespec ts = { 0, us * 1000L };
	pid_t pid = new_process();
	char text[16];
	int status;

	if (pid < 0)
		return;
	if (!pid) {
		pthread_t t;

		for (int i = 0; i < 2; i++)
			pthread_create(&t, NULL, writer, map(8, MAP_PRIVATE));
		if (how == 0) {
			nanosleep(&ts, NULL);
			_exit(43);
		}
		if (how == 1) {
			snprintf(text, sizeof(text), "%d", (int)getpid());
			execl(self, self, "child", text, NULL);
			_exit(1);
		}
		for (;;)
			pause();
	}
	if (how == 2) {
		nanosleep(&ts, NULL);
		kill(pid, SIGKILL);
	}
	status = wait_for(pid);
	if (how == 2 ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL : status != (how ? 44 : 43) << 8)
		wrong("child that ends by way %u ended with %#x", how, status);
}

static void *short_thread(void *arg)
{
	unsigned char *p = map(2, MAP_PRIVATE);

	fill(p, 2, (uintptr_t)arg);
	check("a short thread's", p, 0, 2, (uintptr_t)arg);
	munmap(p, 2 * PAGE);
	return arg;
}

static void short_threads(void)
{
	uint64_t number = new_number();
	pthread_t t[2];
	void *ret;
	int n;

	for (n = 0; n < 2; n++)
		if (pthread_create(&t[n], NULL, short_thread, (void *)(uintptr_t)number))
			break;
	if (n < 2)
		wrong("pthread_create: %s", strerror(errno));
	while (n--) {
		pthread_join(t[n], &ret);
		if (ret != (void *)(uintptr_t)number)
			wrong("a thread returned %p", ret);
	}
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static void count(void)
{
	for (int i = 0; i < 20; i++) {
		lock(&shared->lock, 0);
		shared->counter++;
		unlock(&shared->lock, 0);
	}
	__sync_fetch_and_add(&shared->counted, 20);
}

static void through_a_pipe(struct dice *d)
{
	static const char text[] = "all that goes in comes out";
	char got[sizeof(text)] = "";
	int fd[2];

	if (pipe(fd)) {
		wrong("pipe: %s", strerror(errno));
		return;
	}
	for (unsigned int i = draw(d, 10); i; i--)
		if (write(fd[1], text, sizeof(text)) != sizeof(text) || read(fd[0], got, sizeof(got)) != sizeof(got) || strcmp(got, text))
			wrong("the pipe gave \"%s\"", got);
	close(fd[0]);
	close(fd[1]);
}

static void go_elsewhere(struct dice *d)
{
	cpu_set_t set;
	int cpu = cpus[draw(d, (unsigned int)nr_cpus)];

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		wrong("sched_setaffinity: %s", strerror(errno));
	else if (sched_getcpu() != cpu)
		wrong("on CPU %d, not %d", sched_getcpu(), cpu);
	if (draw(d, 4))			/* mostly free again */
		for (int i = 0; i < nr_cpus; i++)
			CPU_SET(cpus[i], &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *storm(void *arg)
{
	struct dice d = { (uint64_t)(uintptr_t)arg };

	while (!shared->stop) {
		unsigned int deed = draw(&d, 32);

		if (deed < 10)
			own_area(&d);
		else if (deed < 18)
			hand_over(&d);
		else if (deed < 21)
			copies(&d);
		else if (deed < 23)
			ends(&d);
		else if (deed < 25)
			short_threads();
		else if (deed < 28)
			count();
		else if (deed < 30)
			through_a_pipe(&d);
		else
			go_elsewhere(&d);
		__sync_fetch_and_add(&shared->deeds, 1);
	}
	return NULL;
}

static uintptr_t seed_of(unsigned long seed, int process, int thread)
{
	return (seed * 1000003 + (unsigned long)(process * THREADS + thread + 1)) * 0x9e3779b97f4a7c15UL | 1;
}

int main(int argc, char **argv)
{
	struct timespec ts = { argc > 1 ? atoi(argv[1]) : 5, 0 };
	unsigned long seed;
	pid_t pid[PROCESSES];
	cpu_set_t set;

	self = argv[0];
	if (argc > 2 && !strcmp(argv[1], "child"))
		return atoi(argv[2]) == getpid() ? 44 : 1;
	seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	if (!seed) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		seed = (unsigned long)(now.tv_sec ^ now.tv_nsec);
	}
	dprintf(1, "smpstorm: seed %lu\n", seed);
	sched_getaffinity(0, sizeof(set), &set);
	for (int i = 0; i < MAX_CPUS; i++)
		if (CPU_ISSET(i, &set))
			cpus[nr_cpus++] = i;
	shared = (struct shared *)map(1, MAP_SHARED);

	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = new_process();
		if (!pid[i]) {
			pthread_t t[THREADS];

			for (int j = 0; j < THREADS; j++)
				pthread_create(&t[j], NULL, storm, (void *)seed_of(seed, i, j));
			for (int j = 0; j < THREADS; j++)
				pthread_join(t[j], NULL);
			for (int j = 0; j < SLOTS; j++)
				if (slots[j].at)
					check("left over", slots[j].at, 0, slots[j].pages, slots[j].number);
			_exit(0);
		}
	}
	nanosleep(&ts, NULL);
	shared->stop = 1;
	for (int i = 0; i < PROCESSES; i++) {
		int status = wait_for(pid[i]);

		if (status)
			wrong("process %d ended with %#x", i, status);
	}
	if (shared->counter != shared->counted)
		wrong("counted %ld, the counter says %ld", shared->counted, shared->counter);
	dprintf(1, "smpstorm: seed %lu, %d processes of %d threads on %d CPUs, %ld deeds, %ld areas, %ld wrong\n", seed, PROCESSES, THREADS,
		nr_cpus, shared->deeds, shared->areas, shared->wrong);
	return shared->wrong != 0;
}
