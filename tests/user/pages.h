/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/pages.h - for programs that print what the kernel makes of their memory: what a call said, what pages
 * hold, which are in memory. Never an address.
 */
#ifndef TESTS_USER_PAGES_H
#define TESTS_USER_PAGES_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

/* On Primer these programs are init: there is no /proc unless they mount it. */
static inline void need_proc(void)
{
	if (access("/proc/self", F_OK)) {
		mkdir("/proc", 0755);
		mount("proc", "/proc", "proc", 0, NULL);
	}
}

static inline void say(const char *what, long ret)
{
	printf("%s: %s\n", what, ret < 0 ? strerror(errno) : "ok");
}

/* The first byte of each page: itself, . for 0, - if it cannot be read. By system calls, which say EFAULT. */
static inline void look(const char *what, char *p, int pages)
{
	int fd = open("/tmp/primer-look", O_RDWR | O_CREAT, 0600);

	printf("%s: ", what);
	for (int i = 0; i < pages; i++) {
		char c;

		if (pwrite(fd, p + i * PAGE, 1, 0) != 1)
			putchar('-');
		else if (pread(fd, &c, 1, 0) == 1)
			putchar(c ? c : '.');
	}
	putchar('\n');
	close(fd);
	unlink("/tmp/primer-look");
}

/* Of each page whether it is in memory. */
static inline void in_memory(const char *what, char *p, int pages)
{
	unsigned char vec[64] = { 0 };

	printf("%s: ", what);
	if (mincore(p, pages * PAGE, vec))
		printf("%s", strerror(errno));
	else
		for (int i = 0; i < pages; i++)
			printf("%d", vec[i] & 1);
	putchar('\n');
}

/* Write @first to the first byte of the first page, the next letter to the next page... */
static inline void fill(char *p, int pages, char first)
{
	for (int i = 0; i < pages; i++)
		p[i * PAGE] = first + i;
}

#endif
