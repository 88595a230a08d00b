/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/limits.c - where memory ends: the stack and its limit, guard gaps, RLIMIT_DATA, RLIMIT_AS, brk, and
 * copy-on-write over many generations.
 *
 * A fault is caught on a stack of its own; what is printed is the signal, si_code, and whether si_addr is where it
 * should be, never an address.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL
#define MIB	(1UL << 20)
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf back;
static volatile siginfo_t last;
static char handler_stack[32768];

static void caught(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	memcpy((void *)&last, info, sizeof(*info));
	siglongjmp(back, 1);
}

static void report(const char *what, const void *expected)
{
	printf("%s: signal %d code %d%s\n", what, last.si_signo, last.si_code,
	       !expected ? "" : last.si_addr == expected ? ", there" : ", elsewhere");
}

static void load(const char *what, volatile char *p)
{
	if (sigsetjmp(back, 1))
		report(what, (void *)p);
	else
		printf("%s: reads %d\n", what, *p);
}

static void store(const char *what, volatile char *p)
{
	if (sigsetjmp(back, 1)) {
		report(what, (void *)p);
	} else {
		*p = 1;
		printf("%s: written\n", what);
	}
}

static volatile uintptr_t deepest;
static volatile int bottom = -1;		/* never reached */

__attribute__((noinline)) static int deeper(int n)
{
	volatile char frame[1024];

	frame[0] = n;
	deepest = (uintptr_t)frame;
	return n == bottom ? 0 : deeper(n + 1) + frame[0];
}

/* Recursion without end: the stack grows to its limit, and then the access faults as if nothing were there. */
static void recursion(void)
{
	for (volatile unsigned long mib = 1; mib <= 4; mib *= 4) {
		struct rlimit r;
		char here;

		fflush(stdout);
		if (!fork()) {
			getrlimit(RLIMIT_STACK, &r);
			r.rlim_cur = mib * MIB;
			setrlimit(RLIMIT_STACK, &r);
			if (!sigsetjmp(back, 1))
				deeper(0);
			unsigned long used = &here - (char *)last.si_addr;
			printf("%lu MiB: signal %d code %d, all of it: %d, at the frame: %d\n", mib, last.si_signo,
			       last.si_code, used > mib * MIB - 256 * 1024 && used <= mib * MIB + PAGE,
			       labs((long)(deepest - (uintptr_t)last.si_addr)) < 8192);
			fflush(stdout);
			_exit(0);
		}
		wait(NULL);
	}
	fflush(stdout);
	if (!fork()) {
		struct rlimit r;
		char here;
		volatile char *far = (char *)((uintptr_t)&here - 3 * MIB);

		getrlimit(RLIMIT_STACK, &r);
		r.rlim_cur = 2 * MIB;
		setrlimit(RLIMIT_STACK, &r);
		store("beyond the limit at once", far);
		r.rlim_cur = 6 * MIB;
		setrlimit(RLIMIT_STACK, &r);
		store("after raising it", far);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

/* An area that grows downwards keeps away from the one below. */
static void growing(void)
{
	char *base = mmap(NULL, 1200 * PAGE, PROT_NONE, ANON, -1, 0), *top = base + 1200 * PAGE;

	munmap(base, 1200 * PAGE);
	if (mmap(top - PAGE, PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0) == MAP_FAILED)
		printf("MAP_GROWSDOWN: %s\n", strerror(errno));
	store("the page", top - PAGE);
	store("below it", top - 2 * PAGE);
	store("ten below", top - 10 * PAGE);
	load("in between", top - 5 * PAGE);
	mmap(top - 600 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	store("as near as it may", top - (599 - 256) * PAGE);
	store("into the gap", top - (599 - 255) * PAGE);
	munmap(top - 600 * PAGE, PAGE);
	store("nobody there", top - (599 - 255) * PAGE);
	munmap(base, 1200 * PAGE);
}

static void faults(void)
{
	char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0), *q;
	int fd = open("/tmp/primer-limits", O_RDWR | O_CREAT | O_TRUNC, 0600);

	munmap(p + PAGE, PAGE);
	mprotect(p + 2 * PAGE, PAGE, PROT_READ);
	mprotect(p + 3 * PAGE, PAGE, PROT_NONE);
	load("hole", p + PAGE + 5);
	store("hole", p + PAGE + 4095);
	load("read-only", p + 2 * PAGE);
	store("read-only", p + 2 * PAGE + 7);
	load("no rights", p + 3 * PAGE + 1);
	load("null", NULL);
	load("the kernel", (char *)0xffffffff81000000UL);
	if (sigsetjmp(back, 1))
		report("not an address", NULL);
	else
		*(volatile char *)0x1234567890abcdefUL = 1;
	if (ftruncate(fd, PAGE + 10))
		printf("ftruncate\n");
	q = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	store("in the file", q + PAGE + 9);
	store("its last page", q + PAGE + 4095);
	store("behind the file", q + 2 * PAGE + 3);
	if (ftruncate(fd, 10))
		printf("ftruncate\n");
	load("truncated", q + PAGE);
	munmap(q, 4 * PAGE);
	munmap(p, 4 * PAGE);
	close(fd);
	unlink("/tmp/primer-limits");
}

static void say(const char *what, int ok)
{
	printf("%s: %s\n", what, ok ? "ok" : strerror(errno));
}

static void data(void)
{
	struct rlimit r;
	char *p, *start;

	fflush(stdout);
	if (fork()) {
		wait(NULL);
		return;
	}
	getrlimit(RLIMIT_DATA, &r);
	r.rlim_cur = 8 * MIB;
	setrlimit(RLIMIT_DATA, &r);
	say("16 MiB to write", mmap(NULL, 16 * MIB, RW, ANON, -1, 0) != MAP_FAILED);
	p = mmap(NULL, 16 * MIB, PROT_READ, ANON, -1, 0);
	say("16 MiB to read", p != MAP_FAILED);
	say("to write after all", !mprotect(p, 16 * MIB, RW));
	say("a part of it", !mprotect(p, MIB, RW));
	say("16 MiB shared", mmap(NULL, 16 * MIB, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	start = (char *)syscall(SYS_brk, 0);
	printf("brk by 16 MiB: %d\n", (char *)syscall(SYS_brk, start + 16 * MIB) == start + 16 * MIB);
	printf("brk by 1 MiB: %d\n", (char *)syscall(SYS_brk, start + MIB) == start + MIB);
	start[MIB - 1] = 'b';
	getrlimit(RLIMIT_AS, &r);
	r.rlim_cur = 64 * MIB;
	setrlimit(RLIMIT_AS, &r);
	say("128 MiB of addresses", mmap(NULL, 128 * MIB, PROT_NONE, ANON, -1, 0) != MAP_FAILED);
	say("in the place of others", mmap(p, 16 * MIB, PROT_NONE, ANON | MAP_FIXED, -1, 0) == p);
	fflush(stdout);
	_exit(0);
}

/* Each generation changes one page, looks at all, and leaves the rest to the next. */
static void generations(void)
{
	enum { PAGES = 40, GENERATIONS = 40 };
	unsigned char *p = mmap(NULL, PAGES * PAGE, RW, ANON, -1, 0);
	int status = 0;

	for (int i = 0; i < PAGES; i++)
		p[i * PAGE] = i;
	fflush(stdout);
	for (int g = 0; g < GENERATIONS; g++) {
		pid_t pid = fork();

		if (pid) {
			unsigned int sum = 0;

			waitpid(pid, &status, 0);
			for (int i = 0; i < PAGES; i++)
				sum += p[i * PAGE];
			/* This one's own changes are there, and none of its descendants'. */
			unsigned int expected = PAGES * (PAGES - 1) / 2 + 100 * g;
			if (sum != expected || WEXITSTATUS(status))
				status = 1 << 8;
			if (g)
				_exit(WEXITSTATUS(status));
			break;
		}
		p[g * PAGE] += 100;
		if (g == GENERATIONS - 1)
			_exit(0);
	}
	printf("generations: %s\n", WEXITSTATUS(status) ? "wrong" : "right");
	munmap(p, PAGES * PAGE);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t ss = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };

	setvbuf(stdout, NULL, _IOFBF, 16384);
	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	faults();
	recursion();
	growing();
	data();
	generations();
	printf("limits: done\n");
	return 0;
}
