/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/headless.c - PID 1 goes on without its first thread: orphans come to a thread that lives, and stay when that executes.
 *
 * The leader ends; another thread makes a child, which leaves one of its own behind; then the thread executes this program anew,
 * and takes the leader's place. The orphan's end must reach it. To be run as PID 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define STACK	65536
#define LAST	7

static char *self;

static void nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* Has the first thread ended? It shows as a zombie until the process is gone. */
static int leader_has_ended(void)
{
	FILE *f = fopen("/proc/1/task/1/stat", "r");
	char state = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'Z';
}

static int thread(void *unused)
{
	pid_t child;

	(void)unused;
	while (!leader_has_ended())
		nap(5);
	child = fork();
	if (!child) {
		pid_t middle = (pid_t)syscall(SYS_getpid);

		if (!fork()) {
			while (getppid() == middle)
				nap(1);
			nap(500);		/* the thread executes meanwhile */
			_exit(getppid() == 1 ? LAST : 1);
		}
		_exit(0);
	}
	if (waitpid(child, NULL, 0) == child)
		execl(self, self, "again", NULL);
	_exit(1);
}

int main(int argc, char **argv)
{
	char *stack;
	int status;

	if (argc > 1) {
		pid_t orphan = waitpid(-1, &status, 0);

		printf("headless: an orphan has come %s, status %d\n", orphan > 1 ? "here" : "nowhere", WEXITSTATUS(status));
		return orphan > 1 && WIFEXITED(status) && WEXITSTATUS(status) == LAST ? 0 : 1;
	}
	self = argv[0];
	if (mount("proc", "/proc", "proc", 0, NULL))
		return 1;
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED || clone(thread, stack + STACK, FLAGS, NULL) < 0)
		return 1;
	syscall(SYS_exit, 0);
	return 1;
}
