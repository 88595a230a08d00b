/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/randmaps.c - random mmap, munmap, mprotect, mremap, madvise, fork, loads and stores against a model.
 *
 * The model knows of each page of a small arena what is mapped there, with which rights, and which value its first word
 * has; of a file's pages, theirs. After each operation a page is looked at: a load or store that the model allows must
 * succeed and find the value, any other one must be a SIGSEGV at that address. Now and then all pages are looked at,
 * and /proc/self/maps must tell of each the rights that the model has.
 *
 * The numbers come from a seed (the first argument), so that every run does the same; the output is a count and a
 * checksum of all that was seen.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE		4096UL
#define PAGES		96
#define FILE_PAGES	32
#define OPERATIONS	30000

enum kind { HOLE, ANONYMOUS, PRIVATE_FILE, SHARED_FILE };

static struct page {
	enum kind kind;
	int prot;
	int own;			/* of PRIVATE_FILE: written, so no longer the file's */
	unsigned int index;		/* page of the file */
	unsigned int stamp;		/* equal in neighbours: certainly one area */
	uint32_t value;			/* of ANONYMOUS, and of an own copy */
} model[PAGES];
static uint32_t file[FILE_PAGES];

static char *arena;
static int fd;
static unsigned int seed, op;
static uint32_t checksum;
static sigjmp_buf back;
static char *volatile fault_address;

static unsigned int rnd(unsigned int below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * below >> 32;
}

static void note(uint32_t v)
{
	checksum = (checksum << 5 | checksum >> 27) ^ v;
}

static void fail(const char *what, unsigned int page)
{
	printf("operation %u: %s, page %u (kind %d, rights %d, stamp %u)\n", op, what, page, model[page].kind,
	       model[page].prot, model[page].stamp);
	fflush(stdout);
	_exit(1);
}

static char *at(unsigned int page)
{
	return arena + page * PAGE;
}

static void caught(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	fault_address = info->si_addr;
	siglongjmp(back, 1);
}

static uint32_t *value_of(struct page *p)
{
	return p->kind == SHARED_FILE || (p->kind == PRIVATE_FILE && !p->own) ? &file[p->index] : &p->value;
}

/* x86 reads what may be written or executed. */
static int may_read(const struct page *p)
{
	return p->kind != HOLE && p->prot != PROT_NONE;
}

static void look(unsigned int page)
{
	struct page *p = &model[page];
	uint32_t got;

	if (sigsetjmp(back, 1)) {
		if (may_read(p) || fault_address != at(page))
			fail("a load faulted", page);
		note(1);
		return;
	}
	got = *(volatile uint32_t *)at(page);
	if (!may_read(p))
		fail("a load went through", page);
	if (got != *value_of(p))
		fail("another value", page);
	note(got);
}

static void store(unsigned int page)
{
	struct page *p = &model[page];
	int allowed = p->kind != HOLE && p->prot & PROT_WRITE;
	static uint32_t value;

	value = rnd(~0U);
	if (sigsetjmp(back, 1)) {
		if (allowed || fault_address != at(page))
			fail("a store faulted", page);
		note(2);
		return;
	}
	*(volatile uint32_t *)at(page) = value;
	if (!allowed)
		fail("a store went through", page);
	if (p->kind == PRIVATE_FILE)
		p->own = 1;
	*value_of(p) = value;
}

static void set_holes(unsigned int page, unsigned int n)
{
	memset(&model[page], 0, n * sizeof(model[0]));
}

static void do_map(unsigned int page, unsigned int n)
{
	enum kind kind = 1 + rnd(5) % 3;
	int prot = rnd(8), flags = MAP_FIXED | (kind == SHARED_FILE ? MAP_SHARED : MAP_PRIVATE);
	unsigned int index = 0;

	if (kind != ANONYMOUS) {
		n = n < FILE_PAGES ? n : FILE_PAGES;
		index = rnd(FILE_PAGES - n + 1);
	} else {
		flags |= MAP_ANONYMOUS | (rnd(8) ? 0 : MAP_POPULATE) | (rnd(8) ? 0 : MAP_NORESERVE);
	}
	if (mmap(at(page), n * PAGE, prot, flags, kind == ANONYMOUS ? -1 : fd, index * PAGE) != at(page))
		fail("mmap", page);
	for (unsigned int i = 0; i < n; i++)
		model[page + i] = (struct page){ kind, prot, 0, index + i, op, 0 };
}

/* Up to the first hole, then -1. */
static void do_protect(unsigned int page, unsigned int n)
{
	int prot = rnd(8), hole = 0;

	for (unsigned int i = 0; i < n && !hole; i++) {
		if (model[page + i].kind == HOLE) {
			hole = 1;
		} else {
			model[page + i].prot = prot;
			model[page + i].stamp = model[page + i].stamp * 1000003 + op;	/* equal only if it was */
		}
	}
	if (mprotect(at(page), n * PAGE, prot) != -hole)
		fail("mprotect", page);
}

/* How many pages from @page on are certainly in one area, at most @n. */
static unsigned int run(unsigned int page, unsigned int n)
{
	unsigned int i = 1;

	while (i < n && model[page + i].kind == model[page].kind && model[page + i].stamp == model[page].stamp &&
	       model[page + i].prot == model[page].prot && model[page + i].index == model[page].index + i)
		i++;
	return i;
}

static void do_move(unsigned int page, unsigned int n)
{
	struct page moved[PAGES];
	unsigned int to;

	if (model[page].kind == HOLE)
		return;
	n = run(page, n);
	to = rnd(PAGES - n + 1);
	if (to < page + n && page < to + n) {
		if (mremap(at(page), n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) != MAP_FAILED)
			fail("mremap onto itself", page);
		return;
	}
	if (mremap(at(page), n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) != at(to))
		fail("mremap", page);
	memcpy(moved, &model[page], n * sizeof(moved[0]));
	set_holes(page, n);
	for (unsigned int i = 0; i < n; i++) {
		moved[i].stamp = op;
		model[to + i] = moved[i];
	}
}

/* In place, by one page, of anonymous memory. */
static void do_grow(unsigned int page)
{
	char *got;

	if (page + 1 >= PAGES || model[page].kind != ANONYMOUS)
		return;
	got = mremap(at(page), PAGE, 2 * PAGE, 0);
	if (model[page + 1].kind != HOLE) {
		if (got != MAP_FAILED)
			fail("grew into another", page);
		return;
	}
	if (got != at(page))
		fail("did not grow", page);
	model[page + 1] = (struct page){ ANONYMOUS, model[page].prot, 0, 0, op, 0 };
}

static void do_advice(unsigned int page, unsigned int n)
{
	static const int harmless[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_DONTDUMP, MADV_DODUMP };
	unsigned int i;
	int hole = 0, what = rnd(3);

	for (i = 0; i < n; i++)
		hole |= model[page + i].kind == HOLE;
	if (!what) {
		/* Another flag may make another area of it. */
		if (madvise(at(page), n * PAGE, harmless[rnd(5)]) != -hole)
			fail("madvise", page);
		for (i = 0; i < n; i++)
			if (model[page + i].kind != HOLE)
				model[page + i].stamp = op + i * OPERATIONS;
		return;
	}
	if (madvise(at(page), n * PAGE, MADV_DONTNEED) != -hole)
		fail("madvise", page);
	for (i = 0; i < n; i++)
		model[page + i].own = model[page + i].value = 0;
}

/* A child sees all, and what it stores to private pages stays its own. */
static void do_fork(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (unsigned int i = 0; i < PAGES; i++) {
			look(i);
			if (model[i].kind != SHARED_FILE && !rnd(3))
				store(i);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		fail("the child", 0);
}

/* Every page of the arena as /proc/self/maps has it. */
static void compare_maps(void)
{
	char line[512], rights[8];
	unsigned int page = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || end <= (unsigned long)at(page) ||
		    start >= (unsigned long)at(PAGES))
			continue;
		for (; page < PAGES && (unsigned long)at(page) < end; page++) {
			struct page *p = &model[page];
			char expected[5] = "---p";

			if ((unsigned long)at(page) < start) {
				if (p->kind != HOLE)
					fail("not in maps", page);
				continue;
			}
			if (p->kind == HOLE)
				fail("in maps", page);
			if (p->prot & PROT_READ)
				expected[0] = 'r';
			if (p->prot & PROT_WRITE)
				expected[1] = 'w';
			if (p->prot & PROT_EXEC)
				expected[2] = 'x';
			if (p->kind == SHARED_FILE)
				expected[3] = 's';
			if (strcmp(rights, expected))
				fail("other rights in maps", page);
		}
		if (page == PAGES)
			break;
	}
	for (; page < PAGES; page++)
		if (model[page].kind != HOLE)
			fail("not in maps", page);
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	int have_maps;

	setvbuf(stdout, NULL, _IOFBF, 4096);
	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 12345;
	printf("seed %u\n", seed);
	if (access("/proc/self", F_OK)) {
		mkdir("/proc", 0755);
		mount("proc", "/proc", "proc", 0, NULL);
	}
	have_maps = !access("/proc/self/maps", R_OK);
	sigaction(SIGSEGV, &sa, NULL);
	fd = open("/tmp/primer-randmaps", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink("/tmp/primer-randmaps");
	if (fd < 0 || ftruncate(fd, FILE_PAGES * PAGE)) {
		printf("no file\n");
		return 1;
	}
	arena = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(arena, (PAGES + 2) * PAGE);
	arena += PAGE;
	for (op = 1; op <= OPERATIONS; op++) {
		unsigned int page = rnd(PAGES), most = PAGES - page < 12 ? PAGES - page : 12, n = 1 + rnd(most);

		switch (rnd(16)) {
		case 0 ... 2:
			do_map(page, n);
			break;
		case 3:
		case 4:
			if (munmap(at(page), n * PAGE))
				fail("munmap", page);
			set_holes(page, n);
			break;
		case 5:
		case 6:
			do_protect(page, n);
			break;
		case 7:
		case 8:
			do_move(page, n);
			break;
		case 9:
			do_grow(page);
			break;
		case 10:
			do_advice(page, n);
			break;
		default:
			store(page);
			break;
		}
		look(rnd(PAGES));
		if (op % 500 == 0) {
			for (unsigned int i = 0; i < PAGES; i++)
				look(i);
			if (have_maps)
				compare_maps();
			do_fork();
		}
	}
	printf("%u operations, checksum %08x, maps compared: %d\n", OPERATIONS, checksum, have_maps);
	printf("randmaps: done\n");
	return 0;
}
