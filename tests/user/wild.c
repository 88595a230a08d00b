/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/wild.c - what a hostile program would try: numbers that are no system call, pointers that are no memory.
 *
 * Each try prints nothing unless it got something other than the errno that is due; the last line counts those.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_TEXT	0xffffffff80100000UL
#define DIRECT_MAP	0xffff880000100000UL
#define NONCANONICAL	0x8000000000000000UL
#define LAST_PAGE	0x00007ffffffff000UL

static int wrong;

/* The instruction itself: the C library would turn the error into -1 and look at some numbers before the kernel does. */
static long sys(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return ret;
}

static void due(const char *what, unsigned long with, long ret, long want)
{
	if (ret != want) {
		printf("wild: %s(%#lx) gave %ld, due is %ld\n", what, with, ret, want);
		wrong++;
	}
}

int main(void)
{
	static const unsigned long pointers[] = { 0, 1, 0x1000, 4096 * 5 + 3, LAST_PAGE, LAST_PAGE - 1, KERNEL_TEXT, DIRECT_MAP,
						  NONCANONICAL, ~0UL, ~0UL - 4095 };
	static const long numbers[] = { 471, 600, 1000, 4096, 0x7fffffff, -1, -100, 0x40000000L };
	char zeroes[4] = "";
	int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
	char *two, *last;

	if (zero < 0 || null < 0)
		printf("wild: no /dev/zero or /dev/null\n"), wrong++;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		due("system call", numbers[i], sys(numbers[i], 0, 0, 0, 0), -ENOSYS);
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		unsigned long p = pointers[i];

		due("open", p, sys(SYS_openat, AT_FDCWD, p, O_RDONLY, 0), -EFAULT);
		due("read", p, sys(SYS_read, zero, p, 16, 0), -EFAULT);
		due("uname", p, sys(SYS_uname, p, 0, 0, 0), -EFAULT);
		due("clock_gettime", p, sys(SYS_clock_gettime, 0, p, 0, 0), -EFAULT);
		due("stat", p, sys(SYS_newfstatat, AT_FDCWD, (unsigned long)"/", p, 0), -EFAULT);
		due("writev", p, sys(SYS_writev, 1, p, 1, 0), -EFAULT);
		due("execve", p, sys(SYS_execve, p, 0, 0, 0), -EFAULT);
	}
	due("write", KERNEL_TEXT, sys(SYS_write, 1, KERNEL_TEXT, 16, 0), -EFAULT);
	due("read of 2^63 bytes", 0, sys(SYS_read, zero, (unsigned long)zeroes, 1UL << 63, 0), -EFAULT);
	due("read of a closed file", 0, sys(SYS_read, 999, (unsigned long)zeroes, 1, 0), -EBADF);
	due("read of file -1", 0, sys(SYS_read, -1, (unsigned long)zeroes, 1, 0), -EBADF);
	due("mmap of the kernel", 0, sys(SYS_munmap, KERNEL_TEXT & ~4095UL, 4096, 0, 0), -EINVAL);
	due("mprotect of the kernel", 0, sys(SYS_mprotect, KERNEL_TEXT & ~4095UL, 4096, PROT_READ, 0), -ENOMEM);
	due("munmap, not aligned", 0, sys(SYS_munmap, 4097, 4096, 0, 0), -EINVAL);

	/* A path whose end would lie on a page that is not there, and a buffer that reaches into it. */
	two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (two == MAP_FAILED || munmap(two + 4096, 4096)) {
		printf("wild: no memory to play with\n");
		return 1;
	}
	last = two + 4095;
	*last = '/';
	due("open of an unended path", 0, sys(SYS_openat, AT_FDCWD, (unsigned long)last, O_RDONLY, 0), -EFAULT);
	due("uname across the end", 0, sys(SYS_uname, (unsigned long)last, 0, 0, 0), -EFAULT);
	/* One byte fits: a short read is right, and so is -EFAULT from a device that copies all or nothing. */
	{
		long got = sys(SYS_read, zero, (unsigned long)last, 4096, 0);

		if (got != 1 && got != -EFAULT)
			due("read across the end", 0, got, 1);
	}
	printf("wild: done, %d wrong\n", wrong);
	return wrong != 0;
}
