/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/areas.c - mmap, munmap, mprotect and brk as a program sees them.
 *
 * Prints what every call gave and what can be read and written afterwards, never an address: the output is the same on
 * every kernel that keeps the contract, and tests compare it with the host's. Rights are probed by system calls, which
 * say EFAULT where the program itself would die.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define PAGE	4096UL
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static const char *name(int err)
{
	static char other[16];

	switch (err) {
	case 0: return "ok";
	case EINVAL: return "EINVAL";
	case ENOMEM: return "ENOMEM";
	case EACCES: return "EACCES";
	case EEXIST: return "EEXIST";
	case EFAULT: return "EFAULT";
	case EBADF: return "EBADF";
	case EPERM: return "EPERM";
	case ENODEV: return "ENODEV";
	case EOVERFLOW: return "EOVERFLOW";
	case EOPNOTSUPP: return "EOPNOTSUPP";
	}
	snprintf(other, sizeof(other), "errno %d", err);
	return other;
}

static void say(const char *what, long ret)
{
	printf("%s: %s\n", what, ret == -1 ? name(errno) : "ok");
}

static char *map(const char *what, void *addr, size_t len, int prot, int flags)
{
	char *p = mmap(addr, len, prot, flags, -1, 0);

	say(what, p == MAP_FAILED ? -1 : 0);
	return p;
}

/* 'r' if the kernel can read there, 'w' if it can write, '-' if not. Writing destroys sixteen bytes. */
static int can_read(const char *p)
{
	return syscall(SYS_access, p, F_OK) == 0 || errno != EFAULT;
}

static int can_write(char *p)
{
	return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p) == 0;
}

static void rights(const char *what, char *p, int pages)
{
	printf("%s:", what);
	for (int i = 0; i < pages; i++)
		printf(" %c%c", can_read(p + i * PAGE + 64) ? 'r' : '-', can_write(p + i * PAGE + 128) ? 'w' : '-');
	printf("\n");
}

static void splits(void)
{
	char *p = map("map 9", NULL, 9 * PAGE, PROT_READ | PROT_WRITE, ANON);

	say("unmap the last", munmap(p + 8 * PAGE, PAGE));
	rights("fresh", p, 9);
	for (int i = 0; i < 8; i++)
		p[i * PAGE] = 'a' + i;
	say("unmap 2-3", munmap(p + 2 * PAGE, 2 * PAGE));
	rights("hole", p, 8);
	say("unmap the hole again", munmap(p + 2 * PAGE, 2 * PAGE));
	say("protect across the hole", mprotect(p, 8 * PAGE, PROT_READ));
	rights("up to the hole", p, 8);
	say("protect 5-6 none", mprotect(p + 5 * PAGE, 2 * PAGE, PROT_NONE));
	rights("middle", p, 8);
	say("back", mprotect(p + 5 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
	rights("again", p, 8);
	printf("contents: %c%c %c%c%c%c\n", p[0], p[PAGE], p[4 * PAGE], p[5 * PAGE], p[6 * PAGE], p[7 * PAGE]);
	map("refill the hole", p + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE, ANON | MAP_FIXED);
	printf("hole reads %d %d\n", p[2 * PAGE], p[3 * PAGE]);
	say("unmap all and the hole behind", munmap(p, 9 * PAGE));
	rights("gone", p, 9);
}

static void placement(void)
{
	char *p = map("arena", NULL, 16 * PAGE, PROT_NONE, ANON), *q;

	munmap(p, 16 * PAGE);
	q = mmap(p + 4 * PAGE, PAGE, PROT_READ, ANON, -1, 0);
	printf("free hint taken: %d\n", q == p + 4 * PAGE);
	q = mmap(p + 4 * PAGE, PAGE, PROT_READ, ANON, -1, 0);
	printf("taken hint avoided: %d\n", q != MAP_FAILED && q != p + 4 * PAGE);
	munmap(q, PAGE);
	q = mmap(p + 8 * PAGE + 123, PAGE, PROT_READ, ANON, -1, 0);
	printf("odd hint rounded down: %d\n", q == p + 8 * PAGE);
	munmap(q, PAGE);
	map("noreplace over it", p + 3 * PAGE, 3 * PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE);
	q = map("noreplace beside it", p + 5 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE);
	printf("where asked: %d\n", q == p + 5 * PAGE);
	q = map("fixed over it", p + 3 * PAGE, 3 * PAGE, PROT_READ | PROT_WRITE, ANON | MAP_FIXED);
	rights("replaced", p + 3 * PAGE, 3);
	q = mmap(NULL, PAGE, PROT_READ, ANON | MAP_32BIT, -1, 0);
	printf("32 bit: %d\n", q != MAP_FAILED && (uintptr_t)q < 0x80000000UL);
	munmap(q, PAGE);
	q = mmap((void *)0x700000000000UL, PAGE, PROT_READ, ANON | MAP_32BIT, -1, 0);
	printf("32 bit, hint far above: %d\n", q != MAP_FAILED && (uintptr_t)q < 0x80000000UL);
	munmap(q, PAGE);
	munmap(p, 16 * PAGE);
	p = mmap(NULL, 2 * PAGE, PROT_READ, ANON, -1, 0);
	q = mmap(NULL, 2 * PAGE, PROT_READ, ANON, -1, 0);
	printf("downwards: %d\n", q + 2 * PAGE == p);
	munmap(q, 4 * PAGE);
}

static void wild(void)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ, ANON, -1, 0);

	map("length 0", NULL, 0, PROT_READ, ANON);
	map("no type", NULL, PAGE, PROT_READ, MAP_ANONYMOUS);
	map("both types, anonymous", NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS);
	map("length of everything", NULL, ~0UL, PROT_READ, ANON);
	map("length of the user's half", NULL, 1UL << 47, PROT_READ, ANON);
	map("fixed, odd", p + 1, PAGE, PROT_READ, ANON | MAP_FIXED);
	map("fixed in the kernel", (void *)0xffff800000000000UL, PAGE, PROT_READ, ANON | MAP_FIXED);
	map("fixed at the last page", (void *)0x7ffffffff000UL, PAGE, PROT_READ, ANON | MAP_FIXED);
	map("fixed over the end", (void *)0x7fffffffe000UL, 2 * PAGE, PROT_READ, ANON | MAP_FIXED);
	say("no file", mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED ? -1 : 0);
	say("odd offset", mmap(NULL, PAGE, PROT_READ, ANON, -1, 5) == MAP_FAILED ? -1 : 0);
	say("huge offset", mmap(NULL, 2 * PAGE, PROT_READ, ANON, -1, -PAGE) == MAP_FAILED ? -1 : 0);
	map("shared stack", NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN);
	say("unmap odd", munmap(p + 8, PAGE));
	say("unmap nothing", munmap(p, 0));
	say("unmap everything", munmap(p, ~0UL));
	say("unmap the kernel", munmap((void *)0xffff800000000000UL, PAGE));
	say("unmap what is not there", munmap((void *)0x10000, PAGE));
	say("protect odd", syscall(SYS_mprotect, p + 8, PAGE, PROT_READ));
	say("protect nothing", mprotect(p, 0, PROT_READ));
	say("protect wrap", mprotect(p, ~0UL - PAGE, PROT_READ));
	say("protect unknown bits", mprotect(p, PAGE, 0x100));
	say("protect what is not there", mprotect((void *)0x10000, PAGE, PROT_READ));
	say("protect growsdown, not a stack", mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN));
	say("protect both grows", mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
	rights("untouched", p, 4);
	munmap(p, 4 * PAGE);
}

static void map_file(const char *what, int fd, int flags)
{
	char *p = mmap(NULL, PAGE, PROT_READ, flags, fd, 0);

	say(what, p == MAP_FAILED ? -1 : 0);
	if (p != MAP_FAILED)
		munmap(p, PAGE);
}

/* Flags that go together with a file, and those that do not. */
static void flags_of_files(const char *self)
{
	int fd = open(self, O_RDONLY);

	map_file("validated", fd, MAP_SHARED_VALIDATE);
	map_file("validated, 32 bit", fd, MAP_SHARED_VALIDATE | MAP_32BIT);
	map_file("validated, noreplace", fd, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE);
	map_file("shared, noreplace", fd, MAP_SHARED | MAP_FIXED_NOREPLACE);
	map_file("validated, unknown flag", fd, MAP_SHARED_VALIDATE | 0x200000);
	map_file("validated, size of huge pages", fd, MAP_SHARED_VALIDATE | 21 << 26);
	map_file("shared, unknown flag", fd, MAP_SHARED | 0x200000);
	map_file("huge pages of a file", fd, MAP_PRIVATE | MAP_HUGETLB);
	map_file("huge pages of no file", -1, MAP_PRIVATE | MAP_HUGETLB);
	close(fd);
}

static void heap(void)
{
	char *start = (char *)syscall(SYS_brk, 0), *p;

	p = (char *)syscall(SYS_brk, start + 3 * PAGE + 5);
	printf("brk up: %d\n", p == start + 3 * PAGE + 5);
	start[3 * PAGE + 4] = 'x';
	printf("page tail: %c, rest %d\n", start[3 * PAGE + 4], start[3 * PAGE + 6]);
	p = (char *)syscall(SYS_brk, start + PAGE);
	printf("brk down: %d\n", p == start + PAGE);
	p = (char *)syscall(SYS_brk, start + 4 * PAGE);
	printf("brk up again: %d, fresh %d\n", p == start + 4 * PAGE, start[3 * PAGE + 4]);
	p = (char *)syscall(SYS_brk, 1);
	printf("brk below the heap changes nothing: %d\n", p == start + 4 * PAGE);
	p = (char *)syscall(SYS_brk, 0xffff800000000000UL);
	printf("brk in the kernel changes nothing: %d\n", p == start + 4 * PAGE);
	p = (char *)syscall(SYS_brk, start);
	printf("brk back: %d\n", p == start);
}

static void limits(void)
{
	struct rlimit old, low;
	char *p;

	getrlimit(RLIMIT_AS, &old);
	low.rlim_cur = 64UL << 20;
	low.rlim_max = old.rlim_max;
	say("limit 64 MiB", setrlimit(RLIMIT_AS, &low));
	map("128 MiB", NULL, 128UL << 20, PROT_READ, ANON);
	p = map("16 MiB", NULL, 16UL << 20, PROT_READ, ANON);
	munmap(p, 16UL << 20);
	say("limit back", setrlimit(RLIMIT_AS, &old));
	p = map("128 MiB", NULL, 128UL << 20, PROT_READ, ANON);
	munmap(p, 128UL << 20);
	low.rlim_cur = 5;
	low.rlim_max = 4;
	say("cur above max", setrlimit(RLIMIT_AS, &low));
	say("no such limit", getrlimit(99, &old));
}

/* Deep enough to need many pages that no one has touched before. */
static unsigned long deep(int n)
{
	volatile char frame[2048];

	frame[0] = n;
	return n ? deep(n - 1) + frame[0] : 0;
}

static void contents(void)
{
	size_t n = 3000 * PAGE;
	unsigned long sum = 0;
	char *p = map("12 MiB", NULL, n, PROT_READ | PROT_WRITE, ANON);

	for (size_t i = 0; i < n; i += PAGE)
		sum += p[i];
	printf("zeroes: %lu\n", sum);
	for (size_t i = 0; i < n; i += PAGE)
		p[i] = i / PAGE;
	for (size_t i = 0; i < n; i += PAGE)
		sum += (unsigned char)p[i];
	printf("sum: %lu\n", sum);
	for (size_t i = 0; i < n; i += 2 * PAGE)
		if (munmap(p + i, PAGE))
			say("every other page", -1);
	for (sum = 0, n -= PAGE; n; n -= 2 * PAGE) {
		sum += (unsigned char)p[n];
		if (n < 2 * PAGE)
			break;
	}
	printf("the others: %lu\n", sum);
	munmap(p, 3000 * PAGE);
	p = map("populated", NULL, 100 * PAGE, PROT_READ | PROT_WRITE, ANON | MAP_POPULATE);
	printf("reads %d\n", p[99 * PAGE]);
	munmap(p, 100 * PAGE);
	printf("deep: %lu\n", deep(2000) % 251);
}

static void shared(void)
{
	char *p = map("shared anonymous", NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);

	if (p == MAP_FAILED)
		return;
	p[0] = 's';
	p[3 * PAGE] = 't';
	say("read-only", mprotect(p, 4 * PAGE, PROT_READ));
	rights("shared", p, 4);
	printf("contents %c%d%c\n", p[0], p[PAGE], p[3 * PAGE]);
	munmap(p, 4 * PAGE);
}

int main(int argc, char **argv)
{
	(void)argc;
	setvbuf(stdout, NULL, _IOFBF, 16384);
	splits();
	placement();
	wild();
	flags_of_files(argv[0]);
	heap();
	limits();
	contents();
	shared();
	printf("areas: done\n");
	return 0;
}
