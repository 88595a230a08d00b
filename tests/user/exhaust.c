/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/exhaust.c - use everything up, in a child, and see that init lives on and gets it all back.
 *
 * usage: exhaust [MODE]...	(all of them if none is named); each prints a line "exhaust: MODE: what happened"
 *
 *	touch		one process stores to more memory than there is: killed by SIGKILL
 *	heap		the same, through brk
 *	shared		through a shared anonymous mapping
 *	many		eight processes at once
 *	threads		one process of four threads
 *	forks		fork until it is refused: EAGAIN or ENOMEM
 *	maps		mmap until it is refused: ENOMEM
 *	areas		as many areas as possible: ENOMEM
 *	pipes		256 pipes, each full: EMFILE
 *	files		files in /tmp until there is no space: ENOSPC
 *	one-file	one file in /tmp until there is no space
 *	signals		real-time signals that nobody takes: EAGAIN
 *	dentries	names that do not exist
 *	protected	a large process with oom_score_adj -1000: the small one beside it dies
 *	fork-exec	1,000 times fork, execve, exit: as before, but for four pages (DEBUG: 16)
 *
 *	init		not in a child, and only if named: nobody is left who could be killed
 *
 * After each mode MemFree of /proc/meminfo is within a hundredth of what it was. Status: 0, or how many modes failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL

static int failed;
static int debug;			/* a DEBUG kernel keeps what was freed last for a while, to see who still uses it */
static unsigned long total;		/* bytes of memory */
static char *self;

static void say(const char *mode, int good, const char *format, ...)
{
	char text[200];
	va_list args;
	int n = snprintf(text, sizeof(text), "exhaust: %s: ", mode);

	va_start(args, format);
	n += vsnprintf(text + n, sizeof(text) - n, format, args);
	va_end(args);
	n += snprintf(text + n, sizeof(text) - n, "%s\n", good ? "" : ": WRONG");
	failed += !good;
	if (write(1, text, n) != n)
		_exit(99);
}

/* A number of /proc/meminfo, kB. */
static long meminfo(const char *name)
{
	char text[4096], *at;
	int fd = open("/proc/meminfo", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ok;

	if (fd < 0)
		return 0;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

static void touch(char *start, unsigned long bytes)
{
	for (unsigned long i = 0; i < bytes; i += PAGE)
		((volatile char *)start)[i] = 1;
}

static char *anonymous(unsigned long bytes, int flags)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

	if (p == MAP_FAILED)
		_exit(errno);
	return p;
}

/* Run @work in a child; its status as wait() has it. */
static int child(void (*work)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		work();
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void expect_killed(const char *mode, int status)
{
	if (WIFSIGNALED(status))
		say(mode, WTERMSIG(status) == SIGKILL, "killed by signal %d", WTERMSIG(status));
	else
		say(mode, 0, "exit status %d (%s)", WEXITSTATUS(status), strerror(WEXITSTATUS(status)));
}

static void expect_errno(const char *mode, int status, int one, int other)
{
	int code = WEXITSTATUS(status);

	if (WIFSIGNALED(status))
		say(mode, 0, "killed by signal %d", WTERMSIG(status));
	else
		say(mode, code == one || code == other, "%s%s", code ? "refused with " : "never refused", code ? strerror(code) : "");
}

/* ---- memory that is touched -------------------------------------------------------------------------------------- */

static void do_touch(void)	{ touch(anonymous(2 * total, MAP_PRIVATE), 2 * total); }
static void do_shared(void)	{ touch(anonymous(2 * total, MAP_SHARED), 2 * total); }

static void do_heap(void)
{
	char *end = (char *)syscall(SYS_brk, 0);	/* not every C library lets a program move it */

	for (;; end += 64 * PAGE) {
		if ((char *)syscall(SYS_brk, end + 64 * PAGE) != end + 64 * PAGE)
			_exit(ENOMEM);
		touch(end, 64 * PAGE);
	}
}

static int toucher(void *unused)
{
	(void)unused;
	do_touch();
	return 0;
}

static void do_threads(void)
{
	for (int i = 0; i < 3; i++)
		clone(toucher, anonymous(16 * PAGE, MAP_PRIVATE) + 16 * PAGE, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		      CLONE_THREAD, NULL);
	do_touch();
}

static void many(void)
{
	int killed = 0, status;

	for (int i = 0; i < 8; i++) {
		if (!fork()) {
			do_touch();
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	say("many", killed == 8, "%d of 8 killed by SIGKILL", killed);
}

/* The large one is not to be killed, and goes as far as there is memory for both; the small one is in the way. */
static void protected(void)
{
	int gate[2], status;
	pid_t large, small;
	char byte;

	if (pipe(gate))
		exit(98);
	large = fork();
	if (!large) {
		unsigned long half = total / 2;

		if (!put("/proc/self/oom_score_adj", "-1000"))
			_exit(97);
		touch(anonymous(half, MAP_PRIVATE), half);
		_exit(read(gate[0], &byte, 1) == 1 ? 0 : 96);
	}
	small = fork();
	if (!small)
		do_touch();
	waitpid(small, &status, 0);
	expect_killed("protected", status);
	if (write(gate[1], "x", 1) != 1)
		exit(98);
	waitpid(large, &status, 0);
	say("protected", status == 0, "the other one ended with %#x", status);
	close(gate[0]);
	close(gate[1]);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void do_forks(void)
{
	int gate[2], n = 0, err = 0, status;
	char byte;

	if (pipe(gate))
		_exit(98);
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			close(gate[1]);
			_exit(read(gate[0], &byte, 1) == 0 ? 0 : 96);
		}
		if (pid < 0) {
			err = errno;
			break;
		}
		n++;
	}
	close(gate[1]);
	while (wait(&status) > 0)
		;
	_exit(n < 10 ? 97 : err);
}

static void do_maps(void)
{
	unsigned long bytes = 1UL << 40;

	for (;;) {
		void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p != MAP_FAILED)
			continue;
		if (errno != ENOMEM || bytes == PAGE)
			_exit(errno);
		bytes /= 2;
		if (bytes < 1UL << 30)
			_exit(errno);
	}
}

static void do_areas(void)
{
	char *p = anonymous(1UL << 32, MAP_PRIVATE);

	for (unsigned long i = 0; i < 1UL << 32; i += 2 * PAGE)
		if (mprotect(p + i, PAGE, PROT_READ))
			_exit(errno);
}

static void do_pipes(void)
{
	static char full[65536];
	struct rlimit limit = { 512, 512 };
	int ends[2];

	setrlimit(RLIMIT_NOFILE, &limit);
	while (!pipe2(ends, O_NONBLOCK))
		if (write(ends[1], full, sizeof(full)) < 0 && errno != EAGAIN)
			_exit(errno);
	_exit(errno);
}

static void do_one_file(void)
{
	static char block[65536];
	int fd = open("/tmp/large", O_WRONLY | O_CREAT | O_TRUNC, 0600), err;

	if (fd < 0)
		_exit(99);
	while (write(fd, block, sizeof(block)) > 0)
		;
	err = errno;
	close(fd);
	unlink("/tmp/large");
	_exit(err);
}

static void do_files(void)
{
	int n, err = 0;
	char name[32];

	for (n = 0; !err; n++) {
		int fd;

		snprintf(name, sizeof(name), "/tmp/f%d", n);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (fd < 0) {
			err = errno;
			break;
		}
		for (int i = 0; i < 16 && !err; i++)
			if (write(fd, name, sizeof(name)) < 0 || lseek(fd, PAGE, SEEK_CUR) < 0)
				err = errno;
		close(fd);
	}
	for (int i = 0; i <= n; i++) {
		snprintf(name, sizeof(name), "/tmp/f%d", i);
		unlink(name);
	}
	_exit(err);
}

static void do_signals(void)
{
	union sigval value = { .sival_int = 1 };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	while (!sigqueue(getpid(), SIGRTMIN + 1, value))
		;
	_exit(errno);
}

static void do_dentries(void)
{
	unsigned long n = total / 256;		/* each takes about that much, if it is kept */
	char name[32];

	for (unsigned long i = 0; i < n && i < 100000; i++) {
		snprintf(name, sizeof(name), "/tmp/no-%lu", i);
		if (access(name, F_OK) == 0 || errno != ENOENT)
			_exit(errno);
	}
	_exit(0);
}

/* ---- the balance ------------------------------------------------------------------------------------------------- */

static void spawn(int times)
{
	for (int i = 0; i < times; i++) {
		pid_t pid = fork();
		int status = -1;

		if (!pid) {
			execl(self, self, "nothing", NULL);
			_exit(1);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
			say("fork-exec", 0, "round %d: status %#x", i, status);
			return;
		}
	}
}

/* Let what caches hold be the same both times: whatever they hold is in use or can be had again. */
static void settle(void)
{
	put("/proc/sys/vm/drop_caches", "2\n");
}

static void fork_exec(void)
{
	long before, after, most = debug ? 64 : 16;	/* kB */

	spawn(20);			/* caches, and the pages of the program, are filled by the first ones */
	settle();
	/* A thread that the kernel starts meanwhile is not started a second time; what the programs leave behind is. */
	for (int round = 0; round < 3; round++) {
		before = meminfo("MemFree:");
		spawn(1000);
		settle();
		after = meminfo("MemFree:");
		if (before - after <= most)
			break;
	}
	/* A slab more or less in use is a page or two; one small object left behind by each round would be 32 kB. */
	say("fork-exec", before - after <= most, "1000 rounds, %ld kB free before, %ld kB more after", before, after - before);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void run_touch(void)	{ expect_killed("touch", child(do_touch)); }
static void run_heap(void)	{ expect_killed("heap", child(do_heap)); }
static void run_shared(void)	{ expect_killed("shared", child(do_shared)); }
static void run_threads(void)	{ expect_killed("threads", child(do_threads)); }
static void run_forks(void)	{ expect_errno("forks", child(do_forks), EAGAIN, ENOMEM); }
static void run_maps(void)	{ expect_errno("maps", child(do_maps), ENOMEM, ENOMEM); }
static void run_areas(void)	{ expect_errno("areas", child(do_areas), ENOMEM, ENOMEM); }
static void run_pipes(void)	{ expect_errno("pipes", child(do_pipes), EMFILE, ENFILE); }
static void run_files(void)	{ expect_errno("files", child(do_files), ENOSPC, ENOMEM); }
static void run_one_file(void)	{ expect_errno("one-file", child(do_one_file), ENOSPC, ENOSPC); }
static void run_signals(void)	{ expect_errno("signals", child(do_signals), EAGAIN, EAGAIN); }
static void run_dentries(void)	{ expect_errno("dentries", child(do_dentries), 0, 0); }

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "touch", run_touch }, { "heap", run_heap }, { "shared", run_shared }, { "many", many }, { "threads", run_threads },
	{ "forks", run_forks }, { "maps", run_maps }, { "areas", run_areas }, { "pipes", run_pipes }, { "files", run_files },
	{ "one-file", run_one_file }, { "signals", run_signals }, { "dentries", run_dentries }, { "protected", protected },
	{ "fork-exec", fork_exec },
};

int main(int argc, char **argv)
{
	struct sysinfo info;

	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	self = argv[0];
	mkdir("/proc", 0755);
	mkdir("/tmp", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	sysinfo(&info);
	total = info.totalram * info.mem_unit;
	debug = access("/proc/self/fail-nth", F_OK) == 0;
	if (argc == 2 && !strcmp(argv[1], "init"))
		do_touch();
	for (unsigned int i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		int wanted = argc < 2;
		long before, after;

		for (int a = 1; a < argc; a++)
			wanted |= !strcmp(argv[a], modes[i].name);
		if (!wanted)
			continue;
		child(do_maps);		/* what a first child fills is not counted */
		settle();
		before = meminfo("MemFree:");
		modes[i].run();
		settle();
		after = meminfo("MemFree:");
		say(modes[i].name, labs(after - before) <= before / 100, "%ld kB free before, %ld kB after", before, after);
	}
	say("all", !failed, "done, %d wrong", failed);
	return failed;
}
