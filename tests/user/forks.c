/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/forks.c - fork, copy-on-write, exit and wait, by one process and many children one after the other.
 *
 * Prints exit codes, signals and contents of memory, never a number of a process: the output is the same on every
 * kernel that keeps the contract.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef __WALL
#define __WALL	0x40000000
#endif
#define PAGE	4096
#define PAGES	64

static char *private, *shared;
static volatile int *volatile nowhere = (int *)8;

/* The end of child @pid in words. */
static void report(const char *what, pid_t pid)
{
	int status = 0;
	pid_t got = waitpid(pid, &status, 0);

	if (got != pid)
		printf("%s: no child\n", what);
	else if (WIFEXITED(status))
		printf("%s: exit code %d\n", what, WEXITSTATUS(status));
	else
		printf("%s: signal %d\n", what, WTERMSIG(status));
}

/* Sum over the first bytes of the private pages. */
static int sum(void)
{
	int s = 0;

	for (int i = 0; i < PAGES; i++)
		s += private[i * PAGE];
	return s;
}

static void generations(void)
{
	for (int i = 0; i < PAGES; i++)
		private[i * PAGE] = i;
	printf("before: %d\n", sum());
	for (int g = 0; g < 4; g++) {
		pid_t pid = fork();

		if (!pid) {
			for (int i = g; i < PAGES; i += 4)
				private[i * PAGE] = 100;
			shared[0]++;
			/* A grandchild sees the child's memory, changes its own, and is not seen. */
			if (!fork()) {
				private[0]++;
				shared[1]++;
				_exit(private[0] & 0x7f);
			}
			wait(NULL);
			_exit(sum() % 100);
		}
		report("child", pid);
		private[g * PAGE]++;
		printf("parent: %d, shared %d %d\n", sum(), shared[0], shared[1]);
	}
}

static void ends(void)
{
	pid_t pid;
	siginfo_t si;
	struct rusage ru;
	int status, n;

	pid = fork();
	if (!pid)
		*nowhere = 1;
	report("wild store", pid);
	pid = fork();
	if (!pid)
		__asm__ volatile("hlt");
	report("privileged instruction", pid);
	pid = fork();
	if (!pid)
		_exit(0x1ff);
	report("code of nine bits", pid);

	pid = fork();
	if (!pid)
		_exit(5);
	memset(&si, 0, sizeof(si));
	n = waitid(P_ALL, 0, &si, WEXITED | WNOWAIT);
	printf("waitid, not reaped: %d, right child %d, code %d, status %d\n", n, si.si_pid == pid, si.si_code,
	       si.si_status);
	n = waitid(P_PID, pid, &si, WEXITED);
	printf("waitid, reaped: %d\n", n);
	n = waitpid(pid, &status, 0);
	printf("again: %d %s\n", n, strerror(errno));
	n = waitpid(getpid(), &status, 0);
	printf("for myself: %d %s\n", n, strerror(errno));

	pid = fork();
	if (!pid) {
		for (;;)
			syscall(SYS_sched_yield);
	}
	n = waitpid(pid, &status, WNOHANG);
	printf("one that runs: %d\n", n);
	syscall(SYS_kill, pid, 9);
	report("killed", pid);

	for (n = 0; n < 30; n++) {
		if (!fork())
			_exit(n);
	}
	for (n = 0; wait(&status) > 0; )
		n += WEXITSTATUS(status);
	printf("thirty at once: codes add up to %d\n", n);
	getrusage(RUSAGE_CHILDREN, &ru);
	printf("children faulted: %d\n", ru.ru_minflt > 100);
}

static void many(void)
{
	int bad = 0, status;

	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();

		if (!pid) {
			private[0] = i;
			_exit(i & 63);
		}
		if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != (i & 63))
			bad++;
	}
	printf("three hundred in turn: %d wrong\n", bad);
}

static void vforks(const char *self)
{
	volatile int seen = 0;
	pid_t pid = vfork();

	if (!pid) {
		seen = 1;
		_exit(3);
	}
	printf("vfork: the child was first %d\n", seen);
	report("vfork", pid);
	pid = vfork();
	if (!pid) {
		execl("/nothing/of/the/kind", "x", NULL);
		_exit(errno == ENOENT ? 4 : 5);
	}
	report("vfork, failed execve", pid);
	pid = vfork();
	if (!pid) {
		execl(self, self, "leave", NULL);
		_exit(6);
	}
	report("vfork, execve", pid);
}

/* clone3() with @flags and @exit_signal; the child ends at once. */
static void clone3(const char *what, uint64_t flags, uint64_t exit_signal)
{
	uint64_t args[8] = { [0] = flags, [4] = exit_signal };
	long pid = syscall(SYS_clone3, args, sizeof(args));

	if (!pid)
		_exit(8);
	if (pid < 0) {
		printf("%s: %s\n", what, strerror(errno));
	} else {
		int status, got = waitpid(pid, &status, __WALL);

		printf("%s: a child, exit code %d\n", what, got == pid ? WEXITSTATUS(status) : -1);
	}
}

static void clones(void)
{
	int status = 0, got;
	pid_t pid;

	clone3("clone3", 0, 17);
	clone3("clone3 with a flag that is none", 1ULL << 40, 17);
	clone3("clone3 with the highest flag", 1ULL << 63, 17);
	clone3("clone3 with SIGURG at its end", 0, 23);
	clone3("clone3 with signal 65 at its end", 0, 65);
	clone3("clone3 with signal 200 at its end", 0, 200);
	/* clone() takes any number of eight bits; one that is no signal is not sent. */
	pid = (pid_t)syscall(SYS_clone, 200L, 0L, 0L, 0L, 0L);
	if (!pid)
		_exit(9);
	printf("clone with signal 200 at its end: %d\n", pid > 0);
	got = waitpid(pid, &status, 0);
	printf("waited for as a usual child: %d %s\n", got, strerror(errno));
	got = waitpid(pid, &status, __WALL);
	printf("as any: %d, exit code %d\n", got == pid, WEXITSTATUS(status));
}

/* A process wants the orphans below it after it has had a child: that one's children are meant as well. */
static void orphans(void)
{
	pid_t reaper, child, me;
	int fds[2], status = 0;
	char c = 'g';

	reaper = fork();
	if (!reaper) {
		me = getpid();
		if (pipe(fds))
			_exit(1);
		child = fork();
		if (!child) {
			if (read(fds[0], &c, 1) != 1)
				_exit(1);
			child = getpid();
			if (fork())
				_exit(0);
			while (getppid() == child)
				syscall(SYS_sched_yield);
			_exit(getppid() == me ? 10 : 11);
		}
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		if (write(fds[1], &c, 1) != 1)
			_exit(1);
		if (waitpid(child, &status, 0) != child || status)
			_exit(2);
		if (wait(&status) < 0)
			_exit(3);
		_exit(WEXITSTATUS(status));
	}
	report("orphan of a child that was there before its reaper", reaper);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1)
		return 77;
	private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	generations();
	ends();
	many();
	vforks(argv[0]);
	clones();
	orphans();
	printf("forks: done\n");
	return 0;
}
