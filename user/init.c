/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user/init.c - the first program: PID 1 of the initramfs that `make` builds.
 *
 * The problem. When the kernel has filled its root filesystem, it needs one program to hand the machine to. Whatever
 * that program can find out by itself, with nothing but system calls, is proof that the path below it works.
 *
 * The idea. An ordinary static C program (musl), free of everything a small kernel may lack: it neither forks nor
 * starts threads, and a call that the kernel does not know is a line in its report and not an error.
 *
 *	greet                 the time stamp counter, PID and ring, before anything else can fail
 *	mount what exists     /dev, /proc, /sys: ENODEV and ENOSYS are answers
 *	argv[1] there?  yes -> execve it: "-- ls -l /" on the kernel's command line arrives here as arguments
 *	                no  -> the tour: uname, memory, files, auxiliary vector, time
 *	exit                  0, or 1 when a step of the tour failed
 *
 * Invariants. The first line is one write(2) of one buffer, before any other system call of ours: its time stamp is the
 * cost of the boot, and tests read it. Each line starts with "init: ". Only PID 1 mounts: run on a desk, the program
 * changes nothing there.
 *
 * What the init of a real system does more: it forks a service or a shell for each terminal, waits for orphans for ever,
 * and never ends, because the end of PID 1 is the end of the system.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int failures;

/* One line of the report, in one write: lines of the kernel's log then fall between ours and never into one. */
static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	char line[512] = "init: ";
	size_t room = sizeof(line) - 8, len;
	va_list args;

	va_start(args, fmt);
	len = vsnprintf(line + 6, room, fmt, args);
	va_end(args);
	if (len > room - 1)
		len = room - 1;
	line[6 + len] = '\n';
	if (write(STDOUT_FILENO, line, 6 + len + 1) < 0)
		failures++;
}

static void failed(const char *step)
{
	say("%s failed: %s", step, strerror(errno));
	failures++;
}

static unsigned long long rdtsc(void)
{
	unsigned int low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (unsigned long long)high << 32 | low;
}

static unsigned int ring(void)
{
	unsigned long selector;

	__asm__("mov %%cs, %0" : "=r"(selector));
	return selector & 3;
}

/* Filesystems that a kernel may or may not have. EBUSY: the kernel has mounted it itself. */
static void mount_what_exists(void)
{
	static const struct { const char *type, *where; } wanted[] = {
		{ "devtmpfs", "/dev" }, { "proc", "/proc" }, { "sysfs", "/sys" },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *type = wanted[i].type, *where = wanted[i].where;

		if (mount(type, where, type, 0, NULL) == 0)
			say("mounted %s on %s", type, where);
		else if (errno == ENODEV)
			say("this kernel has no %s", type);
		else if (errno == ENOSYS)
			say("this kernel does not mount: %s stays as the initramfs made it", where);
		else if (errno == EBUSY)
			say("%s is already on %s", type, where);
		else
			failed(where);
	}
}

/* Become argv[0], looked up like a shell does. Returns only when there is no such program. */
static void become(char **argv)
{
	say("running %s", argv[0]);
	execvp(argv[0], argv);
	say("cannot run %s: %s", argv[0], strerror(errno));
}

static void show_system(void)
{
	struct utsname name;
	struct sysinfo info;

	if (uname(&name) == 0)
		say("%s %s %s %s", name.sysname, name.release, name.version, name.machine);
	else
		failed("uname");
	if (sysinfo(&info) == 0)
		say("memory: %lu KiB, %lu KiB of them free; up for %ld s", (unsigned long)(info.totalram * info.mem_unit / 1024),
		    (unsigned long)(info.freeram * info.mem_unit / 1024), info.uptime);
	else
		failed("sysinfo");
}

static void show_files(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir) {
		failed(path);
		return;
	}
	while ((entry = readdir(dir))) {
		struct stat st;

		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			failed(entry->d_name);
		else
			say("%s%s: mode %06o, %lld bytes", path, entry->d_name, st.st_mode, (long long)st.st_size);
	}
	closedir(dir);
}

static void show_auxv(void)
{
	static const struct { unsigned long type; const char *name; } entries[] = {
		{ AT_PHDR, "AT_PHDR" }, { AT_PHNUM, "AT_PHNUM" }, { AT_PAGESZ, "AT_PAGESZ" }, { AT_BASE, "AT_BASE" },
		{ AT_ENTRY, "AT_ENTRY" }, { AT_UID, "AT_UID" }, { AT_CLKTCK, "AT_CLKTCK" }, { AT_HWCAP, "AT_HWCAP" },
		{ AT_SECURE, "AT_SECURE" }, { AT_RANDOM, "AT_RANDOM" }, { AT_SYSINFO_EHDR, "AT_SYSINFO_EHDR" },
	};
	unsigned long execfn = getauxval(AT_EXECFN);

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		unsigned long value;

		errno = 0;
		value = getauxval(entries[i].type);
		if (errno == 0)
			say("%s = %#lx", entries[i].name, value);
	}
	if (execfn)
		say("AT_EXECFN = %s", (const char *)execfn);
	if (!getauxval(AT_RANDOM) || getauxval(AT_PAGESZ) != 4096) {
		errno = EINVAL;
		failed("auxiliary vector");
	}
}

static void show_time(void)
{
	struct timespec wall, up;
	struct tm date;
	char text[64];

	if (clock_gettime(CLOCK_REALTIME, &wall) < 0 || clock_gettime(CLOCK_MONOTONIC, &up) < 0) {
		failed("clock_gettime");
		return;
	}
	gmtime_r(&wall.tv_sec, &date);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &date);
	say("it is %s UTC, %lld.%03ld s after the start", text, (long long)up.tv_sec, up.tv_nsec / 1000000);
}

int main(int argc, char **argv)
{
	say("first line at TSC %llu", rdtsc());
	say("hello from ring %u, as PID %d", ring(), getpid());
	if (getpid() == 1)
		mount_what_exists();
	if (argc > 1) {
		become(argv + 1);
		return 127;
	}
	show_system();
	show_files("/");
	show_auxv();
	show_time();
	say("the tour is over, %d steps failed", failures);
	return failures ? 1 : 0;
}
