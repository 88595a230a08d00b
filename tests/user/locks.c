/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/locks.c - mlock and its family as a program sees them: what is locked, what is in memory, what is refused.
 *
 * Prints errors, VmLck in pages, and which pages are in memory. Who runs it may lock what he likes; what the limit
 * refuses to others is tried inside the kernel (tests/mm/vm/mlock_test.c).
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pages.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT	1
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT	4
#endif

/* VmLck, pages. */
static void locked(const char *what)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long kb = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmLck: %lu kB", &kb);
	if (f)
		fclose(f);
	printf("%s: %lu pages locked\n", what, kb / 4);
}

static long mlock2_(void *p, size_t len, int flags)
{
	return syscall(SYS_mlock2, p, len, flags);
}

static void ranges(void)
{
	char *base = mmap(NULL, 12 * PAGE, PROT_NONE, ANON, -1, 0), *p = base + PAGE;

	mmap(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	say("mlock", mlock(p + PAGE, 2 * PAGE));
	locked("two");
	in_memory("there", p, 8);
	say("again", mlock(p + PAGE, 2 * PAGE));
	say("overlapping", mlock(p + 2 * PAGE, 2 * PAGE));
	locked("three");
	say("odd address and length", mlock(p + 5 * PAGE + 100, PAGE));
	locked("five");
	in_memory("there", p, 8);
	say("dontneed, locked", madvise(p + PAGE, PAGE, MADV_DONTNEED));
	say("invalidate, locked", msync(p + PAGE, PAGE, MS_INVALIDATE));
	say("munlock", munlock(p, 8 * PAGE));
	locked("none");
	in_memory("still there", p, 8);
	say("munlock again", munlock(p, 8 * PAGE));
	say("onfault", mlock2_(p + 7 * PAGE, PAGE, MLOCK_ONFAULT));
	in_memory("not fetched", p, 8);
	p[7 * PAGE] = 1;
	in_memory("touched", p, 8);
	locked("one");
	say("onfault to all", mlock2_(p + 7 * PAGE, PAGE, 0));
	locked("one");
	say("unknown flags", mlock2_(p, PAGE, 2));
	say("nothing", mlock(p, 0));
	munmap(p + 7 * PAGE, PAGE);
	locked("unmapped");
	say("mlock a hole", mlock(p + 6 * PAGE, 2 * PAGE));
	locked("up to the hole");
	say("mlock only a hole", mlock(p + 7 * PAGE, PAGE));
	say("munlock a hole", munlock(p + 6 * PAGE, 2 * PAGE));
	locked("none");
	say("around the top", mlock(p, ~0UL - 2 * PAGE));
	mprotect(p, PAGE, PROT_NONE);
	say("without rights", mlock(p, PAGE));
	locked("and yet");
	munlock(p, PAGE);
	munmap(base, 12 * PAGE);
}

static void moves(void)
{
	char *p = mmap(NULL, 16 * PAGE, PROT_NONE, ANON, -1, 0), *q;

	munmap(p, 16 * PAGE);
	q = mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED | MAP_LOCKED, -1, 0);
	in_memory("MAP_LOCKED", q, 4);
	locked("four");
	printf("grown: %d\n", mremap(q, 4 * PAGE, 6 * PAGE, 0) == q);
	in_memory("with the growth", q, 6);
	locked("six");
	printf("moved: %d\n", mremap(q, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 8 * PAGE) == p + 8 * PAGE);
	locked("six");
	munmap(p + 9 * PAGE, 2 * PAGE);
	locked("a hole less");
	mprotect(p + 8 * PAGE, PAGE, PROT_READ);
	locked("rights do not matter");
	fflush(stdout);
	if (!fork()) {
		locked("child");
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	munmap(p, 16 * PAGE);
	locked("gone");
}

static void all(void)
{
	char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0), *q;

	say("no flags", syscall(SYS_mlockall, 0));
	say("only onfault", mlockall(MCL_ONFAULT));
	say("unknown", mlockall(8));
	say("future", mlockall(MCL_FUTURE));
	locked("nothing yet");
	q = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
	in_memory("new", q, 3);
	in_memory("old", p, 4);
	locked("three");
	say("future, on fault", mlockall(MCL_FUTURE | MCL_ONFAULT));
	munmap(q, 3 * PAGE);
	q = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
	in_memory("new", q, 3);
	locked("three");
	say("munlockall", munlockall());
	locked("none");
	munmap(q, 3 * PAGE);
	q = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
	in_memory("new", q, 3);
	say("current", mlockall(MCL_CURRENT));
	in_memory("old", p, 4);
	in_memory("new", q, 3);
	munlockall();
	locked("none");
	munmap(p, 4 * PAGE);
	munmap(q, 3 * PAGE);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOFBF, 16384);
	need_proc();
	ranges();
	moves();
	all();
	printf("locks: done\n");
	return 0;
}
