/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/smaps.c - what /proc says of memory that the program has mapped itself: smaps, statm, status.
 *
 * Of each area the lines that follow from what was done to it are printed; statm and VmData, which depend on the
 * program, as differences. No address is printed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

/* Flags that a kernel may or may not have, and that say nothing of what the program did. */
static int is_optional(const char *flag)
{
	return !strncmp(flag, "sd", 2) || !strncmp(flag, "hg", 2) || !strncmp(flag, "nh", 2);
}

static void show(const char *what, char *p)
{
	static const char *const names[] = { "Size:", "Rss:", "Pss:", "Shared_Clean:", "Shared_Dirty:", "Private_Clean:",
					     "Private_Dirty:", "Referenced:", "Anonymous:", "Locked:" };
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	char line[512], *flag;
	int here = 0;

	printf("%s\n", what);
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
			here = start <= (unsigned long)p && (unsigned long)p < end;
			continue;
		}
		if (!here)
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strncmp(line, names[i], strlen(names[i])) &&
			    !(!strncmp(what, "child", 5) && !strcmp(names[i], "Referenced:")))	/* by whom? */
				printf("  %s", line);
		if (!strncmp(line, "VmFlags:", 8)) {
			printf("  VmFlags:");
			for (flag = strtok(line + 8, " \n"); flag; flag = strtok(NULL, " \n"))
				if (!is_optional(flag))
					printf(" %s", flag);
			putchar('\n');
		}
	}
	if (f)
		fclose(f);
}

struct sums {
	long size, resident, shared, text, lib, data, dirty, vmdata, vmsize, locked;
};

static void read_sums(struct sums *s)
{
	char line[256];
	FILE *f = fopen("/proc/self/statm", "r");

	memset(s, 0, sizeof(*s));
	if (!f || fscanf(f, "%ld %ld %ld %ld %ld %ld %ld", &s->size, &s->resident, &s->shared, &s->text, &s->lib, &s->data,
			 &s->dirty) != 7)
		printf("statm?\n");
	if (f)
		fclose(f);
	f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "VmData: %ld", &s->vmdata);
		sscanf(line, "VmSize: %ld", &s->vmsize);
		sscanf(line, "VmLck: %ld", &s->locked);
	}
	if (f)
		fclose(f);
}

/* What has changed since @s. */
static void difference(const char *what, struct sums *s)
{
	struct sums now;

	read_sums(&now);
	printf("%s: size %ld, data %ld; VmSize %ld, VmData %ld, VmLck %ld kB; lib %ld, dirty %ld\n", what,
	       now.size - s->size, now.data - s->data, now.vmsize - s->vmsize, now.vmdata - s->vmdata, now.locked, now.lib,
	       now.dirty);
}

static void areas(void)
{
	char *base = mmap(NULL, 64 * PAGE, PROT_NONE, ANON, -1, 0), *p = base + PAGE, page[PAGE];
	int fd = open("/tmp/primer-smaps", O_RDWR | O_CREAT | O_TRUNC, 0600);

	memset(page, 'f', PAGE);
	for (int i = 0; i < 8; i++)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			printf("short write\n");
	mmap(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	show("untouched", p);
	for (int i = 0; i < 3; i++)
		p[i * PAGE] = 1;
	show("three pages written", p);
	mlock(p, 8 * PAGE);
	show("locked", p);
	munlock(p, 8 * PAGE);
	madvise(p, 8 * PAGE, MADV_DONTDUMP);
	madvise(p, 8 * PAGE, MADV_RANDOM);
	madvise(p, 8 * PAGE, MADV_DONTFORK);
	show("advised", p);
	madvise(p, 8 * PAGE, MADV_DOFORK);
	fflush(stdout);
	if (!fork()) {
		show("child shares", p);
		p[0] = 2;
		show("child has its own", p);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	mprotect(p, 8 * PAGE, PROT_READ);
	show("read-only", p);
	mmap(p, 8 * PAGE, PROT_READ, ANON | MAP_FIXED | MAP_NORESERVE, -1, 0);
	show("never writable, not reserved", p);
	mmap(p, 8 * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	p[0] = 1;
	show("shared file, one written", p);
	mmap(p, 8 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0);
	show("private file, to execute", p);
	mmap(p, 8 * PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, 0);
	p[PAGE] = 1;
	show("private file, one copied", p + PAGE);
	munmap(base, 64 * PAGE);
	close(fd);
	unlink("/tmp/primer-smaps");
}

int main(void)
{
	struct sums s;
	char *p;

	setvbuf(stdout, NULL, _IOFBF, 32768);
	if (access("/proc/self", F_OK)) {
		mkdir("/proc", 0755);
		mount("proc", "/proc", "proc", 0, NULL);
	}
	printf("smaps\n");
	read_sums(&s);
	read_sums(&s);
	areas();
	difference("nothing left", &s);
	p = mmap(NULL, 100 * PAGE, RW, ANON, -1, 0);
	difference("100 pages to write", &s);
	mprotect(p, 50 * PAGE, PROT_READ);
	difference("50 of them to read", &s);
	mlock(p + 60 * PAGE, 10 * PAGE);
	difference("10 locked", &s);
	munmap(p, 100 * PAGE);
	difference("unmapped", &s);
	printf("smaps: done\n");
	return 0;
}
