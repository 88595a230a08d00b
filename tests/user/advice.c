/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/advice.c - madvise, mincore and msync as a program sees them.
 *
 * Prints errors, contents and what is in memory, never an address: the output is the same on every kernel that keeps
 * the contract. What a kernel may choose (when MADV_FREE frees, whether huge pages are there) is not printed.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pages.h"

#define NAME	"/tmp/primer-advice"

#ifndef FALLOC_FL_PUNCH_HOLE
#define FALLOC_FL_KEEP_SIZE	1
#define FALLOC_FL_PUNCH_HOLE	2
#endif
#ifndef MADV_COLD
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif

/* Areas of [p, p + pages): their number, by /proc/self/maps. */
static void areas(const char *what, char *p, int pages)
{
	unsigned long start, end;
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			n += start < (unsigned long)p + pages * PAGE && end > (unsigned long)p;
	printf("%s: %d areas\n", what, n);
	if (f)
		fclose(f);
}

static int make_file(int pages)
{
	int fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char page[PAGE];

	for (int i = 0; i < pages; i++) {
		memset(page, '0' + i, PAGE);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			printf("short write\n");
	}
	return fd;
}

static void forget(void)
{
	char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0), *q;
	int fd;

	fill(p, 8, 'a');
	say("dontneed", madvise(p + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
	in_memory("in memory", p, 8);
	look("contents", p, 8);
	p[3 * PAGE] = 'X';
	look("written again", p, 8);
	say("dontneed of nothing", madvise(p, 0, MADV_DONTNEED));
	say("free", madvise(p, 2 * PAGE, MADV_FREE));
	fill(p, 2, 'F');
	look("written after free", p, 8);
	say("cold", madvise(p, 8 * PAGE, MADV_COLD));
	say("pageout", madvise(p, 8 * PAGE, MADV_PAGEOUT));
	look("kept", p, 8);
	munmap(p + 4 * PAGE, PAGE);
	say("dontneed with a hole", madvise(p + 3 * PAGE, 3 * PAGE, MADV_DONTNEED));
	look("all but the hole", p, 8);
	say("dontneed from a hole on", madvise(p + 4 * PAGE, 3 * PAGE, MADV_DONTNEED));
	look("the rest", p, 8);
	mprotect(p, PAGE, PROT_NONE);
	say("dontneed without rights", madvise(p, PAGE, MADV_DONTNEED));
	mprotect(p, PAGE, RW);
	look("gone", p, 2);
	munmap(p, 8 * PAGE);

	fd = make_file(4);
	p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	q = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	fill(p, 2, 'P');
	fill(q + 2 * PAGE, 2, 'S');
	look("private", p, 4);
	say("dontneed", madvise(p, 4 * PAGE, MADV_DONTNEED));
	say("dontneed, shared", madvise(q, 4 * PAGE, MADV_DONTNEED));
	look("private: the file's again", p, 4);
	look("shared", q, 4);
	say("free of a file", madvise(p, PAGE, MADV_FREE));
	say("willneed", madvise(p, 4 * PAGE, MADV_WILLNEED));
	say("sequential", madvise(p, 2 * PAGE, MADV_SEQUENTIAL));
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
	close(fd);
	unlink(NAME);
}

static void holes(void)
{
	char *p = mmap(NULL, 6 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;
	int status, fd;

	fill(p, 6, 'a');
	for (size_t i = 0; i < PAGE; i++)
		p[PAGE + i] = 'b';
	fflush(stdout);
	if (!fork()) {
		say("child: remove", madvise(p + PAGE, 2 * PAGE, MADV_REMOVE));
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	look("parent sees the hole", p, 6);
	p[2 * PAGE] = 'N';
	look("written again", p, 6);
	munmap(p, 6 * PAGE);
	p = mmap(NULL, PAGE, RW, ANON, -1, 0);
	say("remove, private", madvise(p, PAGE, MADV_REMOVE));
	munmap(p, PAGE);

	/* A private copy of a page that becomes a hole stays; a private area that only read it sees the hole. */
	fd = make_file(4);
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	q = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	q[PAGE] = 'Q';
	look("private", q, 4);
	say("remove", madvise(p + PAGE, 2 * PAGE, MADV_REMOVE));
	look("shared", p, 4);
	look("private", q, 4);
	say("punch parts of two pages", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE - 10, 20));
	printf("%d %d %c\n", p[PAGE - 11], p[PAGE - 10], p[0]);
	say("punch without keeping the size", fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
	say("no length", fallocate(fd, 0, 0, 0));
	say("room behind the end", fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PAGE, PAGE));
	printf("size %ld\n", (long)lseek(fd, 0, SEEK_END) / (long)PAGE);
	say("and more", fallocate(fd, 0, 5 * PAGE, PAGE));
	printf("size %ld\n", (long)lseek(fd, 0, SEEK_END) / (long)PAGE);
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
	close(fd);
	unlink(NAME);
}

static void children(void)
{
	char *p = mmap(NULL, 6 * PAGE, RW, ANON, -1, 0), *q;

	fill(p, 6, 'a');
	say("dontfork", madvise(p + PAGE, PAGE, MADV_DONTFORK));
	say("wipeonfork", madvise(p + 3 * PAGE, 2 * PAGE, MADV_WIPEONFORK));
	fflush(stdout);
	if (!fork()) {
		look("child", p, 6);
		p[3 * PAGE] = 'C';
		fflush(stdout);
		if (!fork()) {
			look("grandchild", p, 6);
			fflush(stdout);
			_exit(0);
		}
		wait(NULL);
		_exit(0);
	}
	wait(NULL);
	look("parent", p, 6);
	say("dofork", madvise(p + PAGE, PAGE, MADV_DOFORK));
	say("keeponfork", madvise(p + 3 * PAGE, 2 * PAGE, MADV_KEEPONFORK));
	fflush(stdout);
	if (!fork()) {
		look("child", p, 6);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	munmap(p, 6 * PAGE);
	q = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	say("wipeonfork, shared", madvise(q, PAGE, MADV_WIPEONFORK));
	munmap(q, PAGE);
}

static void splits(void)
{
	char *base = mmap(NULL, 8 * PAGE, PROT_NONE, ANON, -1, 0), *p = base + PAGE;

	mmap(p, 6 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	areas("one", p, 6);
	say("dontdump", madvise(p + PAGE, 2 * PAGE, MADV_DONTDUMP));
	areas("middle", p, 6);
	say("random", madvise(p + 3 * PAGE, PAGE, MADV_RANDOM));
	areas("another", p, 6);
	say("dodump", madvise(p, 6 * PAGE, MADV_DODUMP));
	areas("fewer", p, 6);
	say("normal", madvise(p, 6 * PAGE, MADV_NORMAL));
	areas("one again", p, 6);
	munmap(base, 8 * PAGE);
}

static void refusals(void)
{
	char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
	unsigned char vec[4];

	say("no such advice", madvise(p, PAGE, 77));
	say("no such advice, no length", madvise(p, 0, -1));
	say("odd address", madvise(p + 1, PAGE, MADV_NORMAL));
	say("length near the top", madvise(p, ~0UL, MADV_NORMAL));
	say("length around the top", madvise(p, ~0UL - 4 * PAGE, MADV_NORMAL));
	munmap(p + 3 * PAGE, PAGE);
	munmap(p, PAGE);
	say("hole before", madvise(p, 2 * PAGE, MADV_NORMAL));
	say("hole behind", madvise(p + PAGE, 3 * PAGE, MADV_NORMAL));
	say("only a hole", madvise(p, PAGE, MADV_DONTNEED));
	say("mincore, odd", mincore(p + 1, PAGE, vec));
	say("mincore, hole", mincore(p, 2 * PAGE, vec));
	say("mincore, nowhere to", mincore(p + PAGE, PAGE, (void *)8));
	say("mincore, the kernel", mincore((void *)0xffff800000000000UL, PAGE, vec));
	say("mincore, nothing", mincore(p + PAGE, 0, vec));
	munmap(p, 4 * PAGE);
}

static void cached(void)
{
	char *p = mmap(NULL, 6 * PAGE, RW, ANON, -1, 0);
	int fd;

	in_memory("untouched", p, 6);
	p[2 * PAGE] = 1;
	in_memory("one written", p, 6);
	munmap(p, 6 * PAGE);
	fd = make_file(4);
	p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	in_memory("a file just written", p, 4);
	munmap(p, 4 * PAGE);
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	p[0] = 'm';
	say("sync", msync(p, 4 * PAGE, MS_SYNC));
	say("async", msync(p, 4 * PAGE, MS_ASYNC));
	say("invalidate", msync(p, 4 * PAGE, MS_INVALIDATE));
	say("nothing", msync(p, 0, MS_SYNC));
	say("odd", msync(p + 1, PAGE, MS_SYNC));
	say("both", msync(p, PAGE, MS_SYNC | MS_ASYNC));
	say("unknown", msync(p, PAGE, 64));
	munmap(p + PAGE, PAGE);
	say("hole", msync(p, 4 * PAGE, MS_SYNC));
	say("async hole", msync(p, 4 * PAGE, MS_ASYNC));
	say("ends in a hole", msync(p, 2 * PAGE, MS_SYNC));
	say("begins in a hole", msync(p + PAGE, 2 * PAGE, MS_SYNC));
	say("before the hole", msync(p, PAGE, MS_SYNC));
	char c = 0;
	ssize_t n = pread(fd, &c, 1, 0);
	printf("in the file: %zd %c\n", n, c);
	munmap(p, 4 * PAGE);
	close(fd);
	unlink(NAME);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOFBF, 16384);
	need_proc();
	forget();
	holes();
	children();
	splits();
	refusals();
	cached();
	printf("advice: done\n");
	return 0;
}
