/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/filemaps.c - files in memory: private and shared mappings, and what read() and write() see of them.
 *
 * Prints no address and no descriptor: the output is the same on every kernel that keeps the contract. A page that is
 * not there is found out by a system call that has to read it (EFAULT), where the program itself would get SIGBUS.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MAP_SYNC
#define MAP_SYNC 0x80000
#endif
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif
#define PAGE	4096L
#define NAME	"/tmp/primer-filemaps"

static void say(const char *what, long ret)
{
	if (ret == -1)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: ok\n", what);
}

static int there(const char *p)
{
	return syscall(SYS_access, p, F_OK) == 0 || errno != EFAULT;
}

static int writable(char *p)
{
	return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p) == 0;
}

static void *map(const char *what, int fd, long len, int prot, int flags, long offset)
{
	void *p = mmap(NULL, len, prot, flags, fd, offset);

	say(what, p == MAP_FAILED ? -1 : 0);
	return p;
}

/* The first byte of each page as the file has it. */
static void file_says(const char *what, int fd, int pages)
{
	char c;

	printf("%s:", what);
	for (int i = 0; i < pages; i++)
		printf(" %c", pread(fd, &c, 1, i * PAGE) == 1 ? (c ? c : '0') : '-');
	printf("\n");
}

int main(void)
{
	char page[PAGE], *private, *shared, *second, *both;
	int fd, ro, wo, dir;

	setvbuf(stdout, NULL, _IOFBF, 16384);
	unlink(NAME);
	fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
	say("open", fd);
	for (int i = 0; i < 4; i++) {
		memset(page, 'a' + i, PAGE);
		if (write(fd, page, i == 3 ? 100 : PAGE) < 0)
			say("write", -1);
	}
	file_says("written", fd, 5);

	private = map("private", fd, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	printf("reads %c%c%c%c, behind the end in the page %d\n", private[0], private[PAGE],
	       private[2 * PAGE], private[3 * PAGE + 99], private[3 * PAGE + 100]);
	printf("pages there: %d%d%d%d%d\n", there(private), there(private + PAGE),
	       there(private + 2 * PAGE), there(private + 3 * PAGE), there(private + 4 * PAGE));
	private[PAGE] = 'X';
	file_says("private store stays private", fd, 4);
	pwrite(fd, "A", 1, 0);
	pwrite(fd, "B", 1, PAGE);
	printf("private sees %c (not stored to) and %c (stored to)\n", private[0], private[PAGE]);

	shared = map("shared", fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	shared[2 * PAGE] = 'S';
	file_says("shared store reaches the file", fd, 4);
	pwrite(fd, "D", 1, 3 * PAGE);
	printf("write reaches the mapping: %c\n", shared[3 * PAGE]);
	second = map("part of it again", fd, 2 * PAGE, PROT_READ, MAP_SHARED, 2 * PAGE);
	printf("the same pages: %c%c\n", second[0], second[PAGE]);
	shared[2 * PAGE + 1] = 'T';
	printf("and they stay the same: %c\n", second[1]);
	say("protect the read-only one for writing", mprotect(second, PAGE, PROT_READ | PROT_WRITE));
	second[2] = 'U';
	printf("through the other: %c\n", shared[2 * PAGE + 2]);

	say("shrink", ftruncate(fd, 2 * PAGE + 10));
	printf("pages there: private %d%d%d%d, shared %d%d%d%d\n", there(private), there(private + PAGE),
	       there(private + 2 * PAGE), there(private + 3 * PAGE), there(shared), there(shared + PAGE),
	       there(shared + 2 * PAGE), there(shared + 3 * PAGE));
	printf("the rest of the last page is clear: %d %d\n", shared[2 * PAGE + 9] == 'c', shared[2 * PAGE + 10]);
	say("grow", ftruncate(fd, 4 * PAGE));
	printf("new pages: %d %d\n", shared[3 * PAGE], there(private + 3 * PAGE));
	printf("the private copy outlives it all: %c\n", private[PAGE]);

	ro = open(NAME, O_RDONLY);
	wo = open(NAME, O_WRONLY);
	dir = open("/", O_RDONLY);
	map("read-only file, shared for writing", ro, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	both = map("read-only file, shared for reading", ro, PAGE, PROT_READ, MAP_SHARED, 0);
	say("then for writing", mprotect(both, PAGE, PROT_READ | PROT_WRITE));
	printf("not writable: %d\n", !writable(both + 64));
	both = map("read-only file, private for writing", ro, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	both[0] = 'P';
	map("write-only file", wo, PAGE, PROT_WRITE, MAP_SHARED, 0);
	map("directory", dir, PAGE, PROT_READ, MAP_PRIVATE, 0);
	map("flag that only devices know, validated", fd, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, 0);
	map("stack of a file", fd, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, 0);
	file_says("file at the end", fd, 5);

	close(fd);
	unlink(NAME);
	printf("closed and unlinked, still there: %c\n", shared[PAGE]);
	munmap(shared, 4 * PAGE);
	munmap(private + PAGE, PAGE);
	printf("hole in the private one: %d%d%d\n", there(private), there(private + PAGE), there(private + 2 * PAGE));
	printf("filemaps: done\n");
	return 0;
}
