/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/threads.c - a process of several threads executes a program, exits, or dies: one thread, and one number,
 * is left.
 *
 * The threads are made by bare clone(), without a thread library, and do nothing but system calls. The program that is
 * executed is this one; it checks that it is the process's only thread and has its number. At last a process whose
 * leader alone has ended is stopped and goes on.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	20
#define THREADS	5
#define FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

enum { EXECUTED = 21, WRONG_NUMBER = 22, EXITED = 33 };

static const char *const names[] = {
	"a thread executes, the leader runs on", "a thread executes, the leader has ended", "the leader executes",
	"a thread exits for all", "two threads execute at once", "a thread faults",
};

static char *self;
static volatile int ready, go, how;
static volatile int *volatile nowhere = (int *)8;

static void execute(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)syscall(SYS_getpid));
	execl(self, self, pid, NULL);
}

static int spin(void *unused)
{
	(void)unused;
	__sync_fetch_and_add(&ready, 1);
	for (;;)
		syscall(SYS_sched_yield);
	return 0;
}

static int act(void *unused)
{
	(void)unused;
	__sync_fetch_and_add(&ready, 1);
	while (!go)
		syscall(SYS_sched_yield);
	if (how == 3)
		syscall(SYS_exit_group, EXITED);
	if (how == 5)
		*nowhere = 1;
	execute();
	for (;;)
		syscall(SYS_sched_yield);
	return 0;
}

static void thread(int (*fn)(void *))
{
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (clone(fn, stack + 65536, FLAGS, NULL) < 0)
		_exit(1);
}

static void process(void)
{
	for (int i = 1; i < THREADS; i++)
		thread(i == 1 || (i == 2 && how == 4) ? act : spin);
	while (ready < THREADS - 1)
		syscall(SYS_sched_yield);
	if (how == 2)
		execute();
	go = 1;
	if (how == 1)
		syscall(SYS_exit, 0);
	for (;;)
		syscall(SYS_sched_yield);
}

/* ---- stops of a process without its leader ---- */

static volatile int leader = 1;		/* 0: the kernel has come to give up the leader's memory */
static int told[2];

static int outlive(void *unused)
{
	struct timespec a_moment = { 0, 100000000 };

	(void)unused;
	while (leader)
		syscall(SYS_sched_yield);
	/* It is a zombie soon after. */
	syscall(SYS_nanosleep, &a_moment, NULL);
	syscall(SYS_write, told[1], "x", 1);
	for (;;)
		syscall(SYS_pause);
	return 0;
}

/* What waitpid() has to tell within ten seconds; -1: nothing. */
static int news(pid_t pid, int options)
{
	struct timespec a_moment = { 0, 10000000 };
	int status;

	for (int i = 0; i < 1000; i++) {
		pid_t got = waitpid(pid, &status, options | WNOHANG);

		if (got)
			return got == pid ? status : -1;
		nanosleep(&a_moment, NULL);
	}
	return -1;
}

static void stop_without_leader(void)
{
	int status;
	pid_t pid;
	char c;

	if (pipe(told))
		return;
	pid = fork();
	if (!pid) {
		thread(outlive);
		syscall(SYS_set_tid_address, &leader);
		syscall(SYS_exit, 0);
	}
	if (read(told[0], &c, 1) != 1)
		return;
	status = waitpid(pid, NULL, WNOHANG);
	printf("the leader has ended, the process has not: %d\n", status);
	kill(pid, SIGSTOP);
	status = news(pid, WUNTRACED);
	printf("stopped: %d by %d\n", status != -1 && WIFSTOPPED(status), status == -1 ? 0 : WSTOPSIG(status));
	kill(pid, SIGCONT);
	status = news(pid, WCONTINUED);
	printf("continued: %d\n", status != -1 && WIFCONTINUED(status));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("ended by a signal: %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(int argc, char **argv)
{
	int status, right;

	setvbuf(stdout, NULL, _IONBF, 0);
	self = argv[0];
	if (argc > 1)
		return atoi(argv[1]) == getpid() && getpid() == syscall(SYS_gettid) ? EXECUTED : WRONG_NUMBER;

	for (how = 0; how < 6; how++) {
		right = 0;
		for (int round = 0; round < ROUNDS; round++) {
			pid_t pid = fork();

			if (!pid)
				process();
			if (waitpid(pid, &status, 0) != pid)
				continue;
			if (how == 5)
				right += WIFSIGNALED(status) && WTERMSIG(status) == 11;
			else
				right += WIFEXITED(status) && WEXITSTATUS(status) == (how == 3 ? EXITED : EXECUTED);
		}
		printf("%s: %d of %d\n", names[how], right, ROUNDS);
	}
	stop_without_leader();
	printf("threads: done\n");
	return 0;
}
