/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/remaps.c - mremap as a program sees it: growing, shrinking, moving, duplicating, and every refusal.
 *
 * Prints errors, contents and whether addresses are the expected ones, never an address: the output is the same on
 * every kernel that keeps the contract. All is done in an arena that was mapped once to find free addresses.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pages.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static char *arena;

static char *at(int page)
{
	return arena + page * PAGE;
}

static void map(int page, int pages, int prot)
{
	if (mmap(at(page), pages * PAGE, prot, ANON | MAP_FIXED, -1, 0) == MAP_FAILED)
		printf("map: %s\n", strerror(errno));
}

/* What mremap gave: which page of the arena, elsewhere, or the error. */
static char *remap(const char *what, char *old, size_t old_len, size_t new_len, int flags, char *new)
{
	char *p = (char *)syscall(SYS_mremap, old, old_len, new_len, flags, new);

	printf("%s: ", what);
	if (p == MAP_FAILED)
		printf("%s\n", strerror(errno));
	else if (p == old || (flags & MREMAP_FIXED))
		printf("page %ld\n", (long)((p - arena) / PAGE));
	else
		printf("elsewhere\n");
	return p;
}

static void clear(void)
{
	munmap(arena, 256 * PAGE);
}

static void sizes(void)
{
	map(10, 4, RW);
	fill(at(10), 4, 'a');
	remap("same", at(10), 4 * PAGE, 4 * PAGE, 0, NULL);
	remap("shrink", at(10), 4 * PAGE, 2 * PAGE, 0, NULL);
	look("shrunk", at(9), 6);
	remap("grow in place", at(10), 2 * PAGE, 5 * PAGE, 0, NULL);
	look("grown", at(9), 8);
	map(16, 1, PROT_READ);
	remap("grow into what is there", at(10), 5 * PAGE, 8 * PAGE, 0, NULL);
	remap("grow by one", at(10), 5 * PAGE, 6 * PAGE, 0, NULL);
	remap("grow from the middle", at(11), 2 * PAGE, 3 * PAGE, 0, NULL);
	look("unchanged", at(9), 9);
	remap("odd lengths", at(10), 5 * PAGE + 1, 2 * PAGE + 1, 0, NULL);
	look("rounded", at(9), 9);
	char *p = remap("may move", at(10), 3 * PAGE, 20 * PAGE, MREMAP_MAYMOVE, NULL);
	if (p != MAP_FAILED) {
		look("moved", p, 4);
		look("left behind", at(9), 5);
		p[19 * PAGE] = 'z';
		printf("last page: %c\n", p[19 * PAGE]);
		munmap(p, 20 * PAGE);
	}
	clear();
}

static void places(void)
{
	map(10, 4, RW);
	fill(at(10), 4, 'a');
	map(40, 6, RW);
	fill(at(40), 6, 'A');
	remap("fixed over others", at(10), 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(41));
	look("there", at(39), 8);
	look("here", at(9), 6);
	remap("middle out", at(42), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(20));
	look("source", at(39), 8);
	look("target", at(19), 4);
	remap("and shrink", at(20), 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(42));
	look("source", at(19), 4);
	look("target", at(39), 8);
	remap("and grow", at(42), PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(60));
	look("target", at(59), 5);
	/* Across the border of two tables, and into a third. */
	map(100, 100, RW);
	for (int i = 0; i < 100; i += 3)
		*at(100 + i) = 'a' + i % 26;
	remap("many", at(100), 100 * PAGE, 100 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(0));
	int wrong = 0;
	for (int i = 0; i < 100; i++)
		wrong += *at(i) != (i % 3 ? 0 : 'a' + i % 26);
	printf("wrong pages: %d\n", wrong);
	clear();

	/* 6 MiB to an address that is not aligned as the old one is. */
	size_t n = 1500;
	char *big = mmap(NULL, 4 * n * PAGE, PROT_NONE, ANON, -1, 0), *from = big + 3 * PAGE, *to = big + (2 * n + 77) * PAGE;

	munmap(big, 4 * n * PAGE);
	mmap(from, n * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	for (size_t i = 0; i < n; i += 7)
		memcpy(from + i * PAGE, &i, sizeof(i));
	printf("big: %d\n", mremap(from, n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	wrong = 0;
	for (size_t i = 0; i < n; i++) {
		size_t v;

		memcpy(&v, to + i * PAGE, sizeof(v));
		wrong += v != (i % 7 ? 0 : i);
	}
	printf("wrong pages: %d\n", wrong);
	munmap(to, n * PAGE);
}

static void refusals(void)
{
	map(10, 2, RW);
	map(12, 2, PROT_READ);
	remap("odd address", at(10) + 1, PAGE, PAGE, 0, NULL);
	remap("unknown flags", at(10), PAGE, PAGE, 64, NULL);
	remap("new length 0", at(10), PAGE, 0, 0, NULL);
	remap("fixed without maymove", at(10), PAGE, PAGE, MREMAP_FIXED, at(20));
	remap("fixed, odd", at(10), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(20) + 1);
	remap("overlap", at(10), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(11));
	remap("overlap below", at(10), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(9));
	remap("onto itself", at(10), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(10));
	remap("beyond the end", at(10), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)0x7ffffffff000UL);
	remap("grow what is not there", at(30), PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL);
	remap("grow across areas", at(10), 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE, NULL);
	remap("duplicate private", at(10), 0, PAGE, MREMAP_MAYMOVE, NULL);
	remap("dontunmap without maymove", at(10), PAGE, PAGE, MREMAP_DONTUNMAP, NULL);
	remap("dontunmap and grow", at(10), PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	look("untouched", at(9), 6);
	clear();
}

static void kinds(void)
{
	int fd = open("/tmp/primer-remaps", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *p, *q;

	for (int i = 0; i < 6; i++) {
		char page[PAGE];

		memset(page, '0' + i, PAGE);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			printf("short write\n");
	}
	p = mmap(at(10), 4 * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, PAGE);
	look("shared file", p, 4);
	remap("move its middle", at(11), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(30));
	look("moved", at(29), 4);
	look("rest", at(9), 6);
	*at(30) = 'x';
	char c = 0;
	if (pread(fd, &c, 1, 2 * PAGE) == 1)
		printf("in the file: %c\n", c);
	remap("grow over the file's pages", at(30), 2 * PAGE, 3 * PAGE, 0, NULL);
	look("grown", at(29), 5);
	q = remap("duplicate", at(30), 0, 2 * PAGE, MREMAP_MAYMOVE, NULL);
	if (q != MAP_FAILED) {
		q[1] = 'y';
		printf("same pages: %c %c\n", q[0], at(30)[1]);
		munmap(q, 2 * PAGE);
	}
	p = mmap(at(50), 2 * PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, 0);
	*at(50) = 'P';
	remap("private file", at(50), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(70));
	look("copy and original", at(69), 4);
	/* The file shrinks behind an area that has been moved. */
	if (ftruncate(fd, PAGE))
		printf("ftruncate\n");
	look("after truncation", at(69), 4);
	look("of the shared one", at(29), 5);
	close(fd);
	unlink("/tmp/primer-remaps");
	clear();

	mmap(at(10), 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	fill(at(10), 2, 's');
	remap("shared anonymous", at(10), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(20));
	look("moved", at(19), 4);
	remap("duplicated there", at(20), 0, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(30));
	*at(31) = 'T';
	look("both", at(20), 2);
	clear();
}

static void left_behind(void)
{
	map(10, 3, RW);
	fill(at(10), 3, 'd');
	remap("dontunmap", at(10), 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at(40));
	look("new", at(39), 5);
	look("old", at(9), 5);
	*at(11) = 'n';
	look("old, written", at(9), 5);
	look("new", at(39), 5);
	clear();
}

/* What was copied by fork stays each side's own when one of them moves it. */
static void forked(void)
{
	int status;

	map(10, 4, RW);
	fill(at(10), 4, 'a');
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		remap("child moves", at(10), 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(80));
		fill(at(80), 2, 'X');
		look("child", at(79), 6);
		fflush(stdout);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	printf("child: %d\n", WEXITSTATUS(status));
	look("parent", at(9), 6);
	mprotect(at(11), PAGE, PROT_READ);
	remap("parent moves one", at(11), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(90));
	look("parent", at(89), 3);
	clear();
}

static void limits(void)
{
	struct rlimit old, low;

	map(10, 2, RW);
	getrlimit(RLIMIT_AS, &old);
	low = old;
	low.rlim_cur = 64UL << 20;
	setrlimit(RLIMIT_AS, &low);
	remap("beyond RLIMIT_AS", at(10), 2 * PAGE, 128UL << 20, MREMAP_MAYMOVE, NULL);
	setrlimit(RLIMIT_AS, &old);
	look("still there", at(9), 4);
	clear();
}

int main(void)
{
	setvbuf(stdout, NULL, _IOFBF, 16384);
	arena = mmap(NULL, 256 * PAGE, PROT_NONE, ANON, -1, 0);
	clear();
	sizes();
	places();
	refusals();
	kinds();
	left_behind();
	forked();
	limits();
	printf("remaps: done\n");
	return 0;
}
