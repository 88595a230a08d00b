/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/mmrace.c - threads of one process that change its memory, its files and its existence while the others use them.
 *
 *	mmrace [seconds for each part [part...]]
 *
 *	zap	two threads give the same pages back, a third ages them: what was given back reads as zeroes at once
 *	cow	writers count in pages of their own while another thread forks: no count is lost, and a child's memory stands still
 *	maps	areas are mapped, moved, protected and unmapped while others read and write them: every word is of its page, or zero
 *	file	the same with a file that grows, shrinks and gets holes, mapped shared and private
 *	exec	threads fault, sleep and start others while one of them, or two, execute: one program with the old number comes of it
 *	exit	threads fault, sleep and start others while some end the process and the parent kills it: one of these codes is told
 *	fds	threads open and close descriptors while others read and write through them
 *	time	threads set timers on the CPU time of the process and of threads that end, ask for usage and limits, and start others
 *
 * Meanwhile, in the last five, a process reads all that /proc says of the ones that come and go.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE	4096UL
#define WORDS	(PAGE / sizeof(uint64_t))
#define MAGIC	0x5ace000000000000UL

static struct shared {
	long rounds, wrong;
	volatile int stop;
} *shared;

static int seconds = 2;
static char *self;
static int cpus[64], nr_cpus;
static __thread sigjmp_buf *after_fault;

#define wrong(...) do { \
	if (__sync_fetch_and_add(&shared->wrong, 1) < 10) { \
		dprintf(1, "mmrace: WRONG " __VA_ARGS__); \
		dprintf(1, "\n"); \
	} \
	} while (0)

static void round_done(void)	{ __sync_fetch_and_add(&shared->rounds, 1); }

static unsigned int draw(uint64_t *dice, unsigned int n)
{
	*dice ^= *dice << 13;
	*dice ^= *dice >> 7;
	*dice ^= *dice << 17;
	return (unsigned int)((*dice >> 11) % n);
}

static void pin(int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpus[n % nr_cpus], &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	if (!after_fault) {
		ucontext_t *uc = context;

		dprintf(1, "mmrace: signal %d, code %d, address %p, at %#llx\n", sig, info->si_code, info->si_addr,
			(unsigned long long)uc->uc_mcontext.gregs[REG_RIP]);
		_exit(99);
	}
	siglongjmp(*after_fault, 1);
}

/* An access that may end in a fault: then 0 is read, nothing written. */
static __attribute__((noinline)) uint64_t peek(volatile uint64_t *at)
{
	volatile uint64_t value = 0;
	sigjmp_buf here;

	after_fault = &here;
	if (!sigsetjmp(here, 1))
		value = *at;
	after_fault = NULL;
	return value;
}

static __attribute__((noinline)) void poke(volatile uint64_t *at, uint64_t value)
{
	sigjmp_buf here;

	after_fault = &here;
	if (!sigsetjmp(here, 1))
		*at = value;
	after_fault = NULL;
}

static void *map(unsigned long pages, int flags)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		dprintf(1, "mmrace: mmap: %m\n");
		exit(3);
	}
	return p;
}

static void start(pthread_t *t, void *(*fn)(void *), long arg)
{
	int err = pthread_create(t, NULL, fn, (void *)arg);

	if (err) {
		dprintf(1, "mmrace: pthread_create: %s\n", strerror(err));
		exit(3);
	}
}

/* A part: @n threads of @fn, for its time. */
static void run(void *(*fn)(void *), int n)
{
	pthread_t t[16];

	for (long i = 0; i < n; i++)
		start(&t[i], fn, i);
	for (double end = now() + seconds; now() < end; )
		usleep(20000);
	shared->stop = 1;
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* ---- zap --------------------------------------------------------------------------------------------------------- */

#define ZAP_PAGES	256

static volatile uint64_t *zap_area;

static void *zap_thread(void *arg)
{
	long me = (long)arg;
	uint64_t dice = 77 + (uint64_t)me;

	pin((int)me);
	while (!shared->stop) {
		unsigned long first = draw(&dice, ZAP_PAGES - 16), n = 1 + draw(&dice, 16), i;

		if (me == 0) {
			madvise((void *)zap_area, ZAP_PAGES * PAGE, MADV_DONTNEED);
			continue;
		}
		if (me == 1) {
			madvise((void *)zap_area, ZAP_PAGES * PAGE, MADV_COLD);
			continue;
		}
		/* Two that write, in halves of each page and ranges of pages that are theirs alone. */
		first = first / 2 * 2 + (unsigned long)(me & 1);
		for (i = 0; i < n; i += 2)
			zap_area[(first + i) * WORDS] = MAGIC | (first + i);
		for (i = 0; i < n; i += 2) {
			madvise((void *)(zap_area + (first + i) * WORDS), PAGE, MADV_DONTNEED);
			if (zap_area[(first + i) * WORDS])
				wrong("zap: page %lu still has %#lx after it was given back", first + i,
				      (unsigned long)zap_area[(first + i) * WORDS]);
		}
		round_done();
	}
	return NULL;
}

static void zap(void)
{
	zap_area = map(ZAP_PAGES, MAP_PRIVATE);
	run(zap_thread, 4);
}

/* ---- cow --------------------------------------------------------------------------------------------------------- */

#define COW_PAGES	8

static volatile uint64_t *cow_area;

/* Runs in the child: what it sees of the writers' pages is of one moment. */
static int cow_child(void)
{
	uint64_t seen[3 * COW_PAGES];

	for (int i = 0; i < 3 * COW_PAGES; i++)
		seen[i] = cow_area[(unsigned long)i * WORDS];
	for (int n = 0; n < 3; n++) {
		sched_yield();
		for (int i = 0; i < 3 * COW_PAGES; i++)
			if (cow_area[(unsigned long)i * WORDS] != seen[i])
				return 2;
	}
	for (int i = 0; i < 3 * COW_PAGES; i++)
		cow_area[(unsigned long)i * WORDS] = ~0UL;
	return 0;
}

static void *cow_thread(void *arg)
{
	long me = (long)arg;
	volatile uint64_t *mine = cow_area + (unsigned long)(me - 1) * COW_PAGES * WORDS;
	uint64_t count[COW_PAGES] = { 0 };
	int status;
	pid_t pid;

	pin((int)me);
	for (unsigned int i = 0; !shared->stop; i++) {
		unsigned int n = i % COW_PAGES;

		if (me) {
			if (mine[n * WORDS] != count[n]) {
				wrong("cow: page %u of writer %ld has %lu, not %lu", n, me, (unsigned long)mine[n * WORDS],
				      (unsigned long)count[n]);
				count[n] = mine[n * WORDS];
			}
			mine[n * WORDS] = ++count[n];
			continue;
		}
		pid = fork();
		if (!pid)
			_exit(cow_child());
		if (pid < 0)
			continue;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (status)
			wrong("cow: a child's memory changed under it, or it died: %#x", status);
		round_done();
	}
	return NULL;
}

static void cow(void)
{
	cow_area = map(3 * COW_PAGES, MAP_PRIVATE);
	run(cow_thread, 4);
}

/* ---- maps -------------------------------------------------------------------------------------------------------- */

#define SLOTS		4
#define MAX_PAGES	48

/*
 * An area of the mapper's, where the others find it; they do not keep it there. It only ever lies in one of two windows that are the
 * slot's alone: an access that comes late does no harm to anything else.
 */
static struct slot {
	volatile uint64_t *volatile at;
	volatile unsigned long pages;
	char *window[2];
} slots[SLOTS];

/* All words of a page of slot @s say which page it is, or nothing. */
static void touch(unsigned int s, unsigned long page, unsigned int word, int write)
{
	volatile uint64_t *at = slots[s].at;
	uint64_t tag = MAGIC | (uint64_t)s << 32 | page, seen;

	if (!at || page >= slots[s].pages)
		return;
	seen = peek(at + page * WORDS + word);
	if (seen && seen != tag)
		wrong("maps: slot %u page %lu has %#lx", s, page, (unsigned long)seen);
	if (write)
		poke(at + page * WORDS + word, tag);
}

static void change_slot(unsigned int s, uint64_t *dice)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE };
	const int rw = PROT_READ | PROT_WRITE, fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	struct slot *slot = &slots[s];
	unsigned long pages = slot->pages, first, n;
	char *at = (char *)slot->at, *to;

	if (!at) {
		pages = 1 + draw(dice, MAX_PAGES);
		at = mmap(slot->window[draw(dice, 2)], pages * PAGE, rw, fixed, -1, 0);
		if (at == MAP_FAILED)
			return;
		slot->pages = pages;
		slot->at = (uint64_t *)at;
		return;
	}
	first = draw(dice, (unsigned int)pages);
	n = 1 + draw(dice, (unsigned int)(pages - first));
	switch (draw(dice, 8)) {
	case 0:
		slot->at = NULL;
		munmap(at, pages * PAGE);
		break;
	case 1:
		munmap(at + first * PAGE, n * PAGE);
		break;
	case 2:
		mprotect(at + first * PAGE, n * PAGE, prots[draw(dice, 4)]);
		break;
	case 3:
		madvise(at + first * PAGE, n * PAGE, MADV_DONTNEED);
		break;
	case 4:
		madvise(at + first * PAGE, n * PAGE, draw(dice, 2) ? MADV_COLD : MADV_FREE);
		break;
	case 5:
		mmap(at + first * PAGE, n * PAGE, rw, fixed, -1, 0);
		break;
	default:
		/* As far as it is one area. */
		to = slot->window[at == slot->window[0]];
		mprotect(at, pages * PAGE, rw);
		if (mremap(at, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED)
			slot->at = (uint64_t *)to;
	}
}

/* Memory of another process's, of which nothing may be seen. */
static void stranger(void)
{
	pid_t pid = fork();

	if (!pid) {
		unsigned char *p = map(64, MAP_PRIVATE);

		memset(p, 0xee, 64 * PAGE);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static pthread_barrier_t maps_start;

static void *maps_thread(void *arg)
{
	long me = (long)arg;
	uint64_t dice = 1234567 + (uint64_t)me * 7919;

	pin((int)me);
	/* All stacks have their place by then: one that came to lie in a hole of a window would be mapped over. */
	pthread_barrier_wait(&maps_start);
	while (!shared->stop) {
		if (me == 0)
			change_slot(draw(&dice, SLOTS), &dice);
		else if (me == 4)
			stranger();
		else
			for (int i = 0; i < 32; i++)
				touch(draw(&dice, SLOTS), draw(&dice, MAX_PAGES), draw(&dice, WORDS), (int)draw(&dice, 2));
		round_done();
	}
	return NULL;
}

static void maps(void)
{
	char *all = mmap(NULL, 2 * SLOTS * MAX_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 2 * SLOTS; i++)
		slots[i / 2].window[i % 2] = all + (unsigned long)i * MAX_PAGES * PAGE;
	pthread_barrier_init(&maps_start, NULL, 5);
	run(maps_thread, 5);
}

/* ---- file -------------------------------------------------------------------------------------------------------- */

#define FILE_PAGES	96

static int fd;
static volatile uint64_t *file_shared, *file_private;

static void *file_thread(void *arg)
{
	long me = (long)arg;
	uint64_t dice = 4242 + (uint64_t)me * 7919, buf[WORDS];
	pid_t pid;

	pin((int)me);
	while (!shared->stop) {
		unsigned long page = draw(&dice, FILE_PAGES), n = draw(&dice, FILE_PAGES), tag = MAGIC | page, seen;
		volatile uint64_t *at;

		round_done();
		switch (me) {
		case 0:
			switch (draw(&dice, 4)) {
			case 0:
				ftruncate(fd, (off_t)(n * PAGE));
				break;
			case 1:
				ftruncate(fd, FILE_PAGES * PAGE);
				break;
			case 2:
				fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(page * PAGE), (off_t)((n + 1) * PAGE));
				break;
			default:
				for (unsigned int i = 0; i < WORDS; i++)
					buf[i] = tag;
				pwrite(fd, buf, PAGE, (off_t)(page * PAGE));
			}
			break;
		case 1:
			/* New areas of the file, moved and taken away; and children that have them too. */
			at = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, draw(&dice, 2) ? MAP_SHARED : MAP_PRIVATE, fd, 0);
			if (at == MAP_FAILED)
				break;
			poke(at + page * WORDS, tag);
			pid = draw(&dice, 4) ? -1 : fork();
			if (!pid) {
				poke(at + page * WORDS + 1, tag);
				_exit(0);
			}
			at = mremap((void *)at, FILE_PAGES * PAGE, 2 * FILE_PAGES * PAGE, MREMAP_MAYMOVE);
			if (at == MAP_FAILED)
				break;
			seen = peek(at + page * WORDS);
			if (seen && seen != tag)
				wrong("file: moved page %lu has %#lx", page, (unsigned long)seen);
			munmap((void *)at, 2 * FILE_PAGES * PAGE);
			if (pid > 0)
				waitpid(pid, NULL, 0);
			break;
		default:
			at = me == 2 ? file_shared : file_private;
			seen = peek(at + page * WORDS + n);
			if (seen && seen != tag)
				wrong("file: page %lu has %#lx", page, (unsigned long)seen);
			poke(at + page * WORDS + n, tag);
			if (!draw(&dice, 64))
				madvise((void *)(at + page * WORDS), (FILE_PAGES - page) * PAGE, MADV_DONTNEED);
			if (!draw(&dice, 32) && pread(fd, buf, PAGE, (off_t)(page * PAGE)) == PAGE)
				for (unsigned int i = 0; i < WORDS; i++)
					if (buf[i] && buf[i] != tag)
						wrong("file: page %lu reads as %#lx", page, (unsigned long)buf[i]);
		}
	}
	return NULL;
}

static void file(void)
{
	fd = open("/tmp/mmrace", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, FILE_PAGES * PAGE)) {
		dprintf(1, "mmrace: /tmp/mmrace: %m\n");
		exit(3);
	}
	file_shared = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	file_private = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	run(file_thread, 4);
	unlink("/tmp/mmrace");
}

/* ---- exec, exit -------------------------------------------------------------------------------------------------- */

static volatile int gate;
static long deed_of_main;		/* which thread does it, and what */

static void *idler(void *arg)
{
	return arg;
}

/* What a thread is doing when the end comes. */
static void *busy(void *arg)
{
	long me = (long)arg;
	uint64_t dice = (uint64_t)getpid() * 7919 + (uint64_t)me;
	volatile char *p;
	int word = 0;
	pthread_t t;

	pin((int)(me + getpid()));
	__sync_fetch_and_add(&gate, 1);
	for (;;) {
		switch (draw(&dice, 6)) {
		case 0:
			p = map(20, MAP_PRIVATE);
			for (int i = 0; i < 20; i++)
				p[(unsigned long)i * PAGE] = 1;
			munmap((void *)p, 20 * PAGE);
			break;
		case 1:
			syscall(SYS_futex, &word, 0, 0, &(struct timespec){ .tv_nsec = 300000 }, NULL, 0);
			break;
		case 2:
			if (!pthread_create(&t, NULL, idler, NULL))
				pthread_detach(t);
			break;
		case 3:
			usleep(200);
			break;
		case 4:
			for (volatile int i = 0; i < 3000; i++)
				;
			break;
		case 5:
			close(dup(1));
			break;
		}
	}
	return NULL;
}

static void *execute(void *arg)
{
	char *argv[] = { self, "ok", NULL };

	pin((int)(long)arg);
	while (gate < 2)
		sched_yield();
	execv(self, argv);
	/* Another one was faster: the end comes. */
	for (;;)
		pause();
	return NULL;
}

static void *leave(void *arg)
{
	long me = (long)arg;

	pin((int)me);
	while (gate < 2)
		sched_yield();
	_exit(20 + (int)me);
	return NULL;
}

/* A process of several threads comes to its @end. */
static void crowd(void *(*end)(void *), unsigned int how)
{
	pthread_t t;

	start(&t, busy, 0);
	start(&t, busy, 1);
	if (how & 1)
		start(&t, end, 2);
	if (how & 2)
		start(&t, end, 3);
	if (!(how & 3))
		end((void *)4L);
	if (how & 4)
		pthread_exit(NULL);		/* the leader goes first */
	busy((void *)2L);
}

static void *crowds(void *arg)
{
	long me = (long)arg;
	uint64_t dice = 99 + (uint64_t)me;
	int exec = (int)deed_of_main;

	while (!shared->stop) {
		unsigned int how = draw(&dice, 8), killed = !exec && !draw(&dice, 4);
		int status = 0, code;
		pid_t pid = fork();

		if (!pid) {
			crowd(exec ? execute : leave, how);
			_exit(98);
		}
		if (pid < 0)
			continue;
		if (killed) {
			usleep(draw(&dice, 3000));
			kill(pid, SIGKILL);
		}
		if (waitpid(pid, &status, 0) != pid)
			wrong("crowd: no end of %d: %m", pid);
		code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		if (exec ? code != 7 : killed && WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : code < 22 || code > 24)
			wrong("crowd: %d (how %u) ended with %#x", pid, how, status);
		round_done();
	}
	return NULL;
}

static void exec_part(void)
{
	deed_of_main = 1;
	run(crowds, 2);
}

static void exit_part(void)
{
	deed_of_main = 0;
	run(crowds, 2);
}

/* All that /proc says of everybody, over and over. */
static void reader(void)
{
	static const char *const names[] = { "stat", "status", "maps", "smaps", "cmdline", "statm", "environ", "limits", "comm", "sched" };
	static char buf[8192];
	char path[64];
	struct dirent *e;
	DIR *d;

	while (!shared->stop) {
		d = opendir("/proc");
		while (d && (e = readdir(d)) && !shared->stop) {
			if (e->d_name[0] < '1' || e->d_name[0] > '9')
				continue;
			for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++) {
				int f;

				snprintf(path, sizeof(path), "/proc/%.12s/%s", e->d_name, names[i]);
				f = open(path, O_RDONLY);
				while (f >= 0 && read(f, buf, sizeof(buf)) > 0)
					;
				close(f);
			}
			for (int i = 0; i < 2; i++) {
				struct dirent *in;
				DIR *sub;

				snprintf(path, sizeof(path), "/proc/%.12s/%s", e->d_name, i ? "fd" : "task");
				sub = opendir(path);
				while (sub && (in = readdir(sub))) {
					snprintf(path, sizeof(path), "/proc/%.12s/fd/%.12s", e->d_name, in->d_name);
					readlink(path, buf, sizeof(buf));
				}
				if (sub)
					closedir(sub);
			}
		}
		if (d)
			closedir(d);
	}
	_exit(0);
}

/* ---- fds --------------------------------------------------------------------------------------------------------- */

static volatile int lent[2] = { -1, -1 };	/* a pipe that the others may use, until it is closed under them */

static void *fds_thread(void *arg)
{
	long me = (long)arg;
	uint64_t dice = 555 + (uint64_t)me, word;
	int p[2], q[2];

	pin((int)me);
	while (!shared->stop) {
		if (me == 0) {
			/* Lend it, and close it, or put something else there, while they are in the middle of a call. */
			if (pipe2(p, O_NONBLOCK))
				continue;
			lent[0] = p[0];
			lent[1] = p[1];
			usleep(draw(&dice, 200));
			if (draw(&dice, 2) && !pipe2(q, O_NONBLOCK)) {
				dup2(q[0], p[0]);
				dup2(q[1], p[1]);
				close(q[0]);
				close(q[1]);
			}
			close(p[0]);
			close(p[1]);
		} else if (me < 3) {
			word = MAGIC;
			write(lent[1], &word, sizeof(word));
			if (read(lent[0], &word, sizeof(word)) == sizeof(word) && word != MAGIC)
				wrong("fds: read %#lx", (unsigned long)word);
			if (!draw(&dice, 50)) {
				int high = 64 + (int)draw(&dice, 700);	/* the table grows */

				close(fcntl(lent[0], F_DUPFD_CLOEXEC, high));
			}
		} else {
			/* A copy of the table while it changes. */
			pid_t pid = fork();

			if (!pid)
				_exit(0);
			if (pid > 0)
				waitpid(pid, NULL, 0);
		}
		round_done();
	}
	return NULL;
}

static void fds(void)
{
	run(fds_thread, 4);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static volatile pid_t passing;		/* a thread that ends soon */
static volatile int expired;

static void on_timer(int sig)
{
	(void)sig;
	expired++;
}

static void *passer(void *arg)
{
	(void)arg;
	passing = (pid_t)syscall(SYS_gettid);
	for (volatile int i = 0; i < 2000; i++)
		;
	return NULL;
}

/* The clock of thread @tid: what pthread_getcpuclockid() would say. */
static clockid_t clock_of(pid_t tid)
{
	return (clockid_t)(~(unsigned int)tid << 3 | 6);
}

static void *time_thread(void *arg)
{
	long me = (long)arg;
	uint64_t dice = 31 + (uint64_t)me;
	struct sigevent none = { .sigev_notify = SIGEV_NONE }, sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };
	struct timespec ts;
	struct rlimit lim;
	struct rusage ru;
	timer_t own, id;
	pthread_t t;
	pid_t pid;

	pin((int)me);
	if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &sig, &own))
		wrong("time: timer_create: %m");
	while (!shared->stop) {
		switch (me) {
		case 0:
			it.it_value.tv_nsec = it.it_interval.tv_nsec = 1000 + draw(&dice, 3000000);
			if (timer_settime(own, 0, &it, NULL))
				wrong("time: timer_settime: %m");
			timer_gettime(own, &it);
			break;
		case 1:
			getrusage(RUSAGE_SELF, &ru);
			prlimit(passing, RLIMIT_STACK, NULL, &lim);
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
			break;
		case 2:
			if (!pthread_create(&t, NULL, passer, NULL))
				pthread_detach(t);
			pid = draw(&dice, 8) ? -1 : fork();
			if (!pid)
				_exit(0);
			if (pid > 0)
				waitpid(pid, NULL, 0);
			break;
		default:
			if (!timer_create(clock_of(passing), &none, &id)) {
				it.it_value.tv_nsec = 1000;
				timer_settime(id, 0, &it, NULL);
				timer_gettime(id, &it);
				timer_delete(id);
			}
			clock_gettime(clock_of(passing), &ts);
			ts = (struct timespec){ .tv_nsec = 1000 };
			clock_nanosleep(clock_of(passing), TIMER_ABSTIME, &ts, NULL);
		}
		round_done();
	}
	return NULL;
}

static void time_part(void)
{
	signal(SIGUSR1, on_timer);
	run(time_thread, 4);
	if (!expired)
		wrong("time: no timer has expired");
}

/* ---- the parts --------------------------------------------------------------------------------------------------- */

static const struct part {
	const char *name;
	void (*run)(void);
	int read_proc;
} parts[] = {
	{ "zap", zap, 0 }, { "cow", cow, 0 }, { "maps", maps, 0 }, { "file", file, 1 }, { "exec", exec_part, 1 },
	{ "exit", exit_part, 1 }, { "fds", fds, 1 }, { "time", time_part, 1 },
};

/* Each in a process of its own. */
static void run_part(const struct part *part)
{
	long before = shared->rounds, bad = shared->wrong;
	pid_t pid, watch = -1;
	int status = 0;

	shared->stop = 0;
	if (part->read_proc) {
		watch = fork();
		if (!watch)
			reader();
	}
	pid = fork();
	if (!pid) {
		part->run();
		exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	shared->stop = 1;
	if (status)
		wrong("%s: ended with %#x", part->name, status);
	if (watch > 0)
		waitpid(watch, &status, 0);
	if (status)
		wrong("%s: the reader of /proc ended with %#x", part->name, status);
	dprintf(1, "mmrace: %s: %ld rounds, %ld wrong\n", part->name, shared->rounds - before, shared->wrong - bad);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	cpu_set_t set;

	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "ok"))
		_exit(7);
	if (argc > 1)
		seconds = atoi(argv[1]);
	sched_getaffinity(0, sizeof(set), &set);
	for (int i = 0; i < 64; i++)
		if (CPU_ISSET(i, &set))
			cpus[nr_cpus++] = i;
	if (getpid() == 1) {
		mkdir("/proc", 0555);
		mkdir("/tmp", 01777);
		mount("proc", "/proc", "proc", 0, NULL);
	}
	shared = map((sizeof(*shared) + PAGE - 1) / PAGE, MAP_SHARED);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (unsigned int i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		int chosen = argc <= 2;

		for (int n = 2; n < argc; n++)
			chosen |= !strcmp(argv[n], parts[i].name);
		if (chosen)
			run_part(&parts[i]);
	}
	dprintf(1, "mmrace: %ld rounds, %ld wrong\n", shared->rounds, shared->wrong);
	return shared->wrong != 0;
}
