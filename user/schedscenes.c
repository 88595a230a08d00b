/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user/schedscenes.c - tasks of every kind, for a trace of how they share the CPUs: `make trace`.
 *
 *	schedscenes [-n] [MILLISECONDS]		default 500; -n: no trace is taken, only the table is printed
 *
 * The cast, each a process whose name says what it does:
 *
 *	hog0 hog5 hog10		compute, at nice 0, 5 and 10, all on CPU 0: shares by weight
 *	free1 free2 free3	compute, on any CPU: the balancer finds them one each
 *	ping pong		a byte to and fro between two pipes, every 2 ms: wakeups
 *	beat			sleeps 5 ms, computes for a moment: a task that wakes among hogs
 *	fifo			the same with SCHED_FIFO on CPU 0: a task that does not wait
 *	maker			forks children that exit at once
 *
 * The problem. What the trace says of a task's run time shall be compared with what the scheduler says (/proc/PID/schedstat). So both
 * must cover the same time: from the task's first moment to a moment at which it does not run.
 *
 * The idea. The trace is on before the first of them is forked. When the time is over each of them goes to sleep, in a read of a pipe
 * that nobody writes to; then, and before the trace is switched off, their schedstat is read. They are killed after that.
 *
 *	trace on   fork all   all go ......... time is over: all sleep   read schedstat   trace off   print trace   kill
 *
 * They are processes, and share one word of memory, which is written once, and the pipes.
 *
 * On Linux, `perf sched record` takes such a trace of whatever runs there; its files lie in /sys/kernel/tracing.
 *
 * Output, to be cut up by tools/trace.py:
 *
 *	schedscenes: PID NAME run-ns wait-ns times	a line per task
 *	schedscenes: trace				and behind it all of /proc/tracing/trace
 *	schedscenes: end
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACING	"/proc/tracing/"

static volatile int *over;		/* shared by all: 1 when the time is over */
static int gate[2], never[2], to_pong[2], to_ping[2];

static void die(const char *what)
{
	fprintf(stderr, "schedscenes: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

static void compute(long us)
{
	for (long long end = now() + us * 1000; now() < end && !*over;)
		for (volatile int i = 0; i < 1000; i++)
			;
}

/* ---- the cast -------------------------------------------------------------------------------------------------------------------- */

static void hog(void)
{
	while (!*over)
		compute(1000000);
}

static void beat(void)
{
	while (!*over) {
		sleep_ms(5);
		compute(300);
	}
}

/* A byte comes, a byte goes. When the time is over the other one's read ends with this one's write. */
static void pass(int from, int to, int nap_ms)
{
	char byte;

	while (!*over) {
		if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
			die("pipe");
		if (nap_ms)
			sleep_ms(nap_ms);
	}
	if (write(to, "", 1) != 1)
		die("pipe");
}

static void ping(void)
{
	if (write(to_pong[1], "", 1) != 1)
		die("pipe");
	pass(to_ping[0], to_pong[1], 2);
}

static void pong(void)	{ pass(to_pong[0], to_ping[1], 0); }

static void maker(void)
{
	while (!*over) {
		pid_t pid = fork();

		if (!pid) {
			prctl(PR_SET_NAME, "made");
			compute(200);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		sleep_ms(20);
	}
}

static const struct role {
	const char *name;
	void (*play)(void);
	int nice, cpu, fifo;		/* cpu -1: any; fifo: its priority, 0: fair */
} cast[] = {
	{ "hog0", hog, 0, 0, 0 }, { "hog5", hog, 5, 0, 0 }, { "hog10", hog, 10, 0, 0 },
	{ "free1", hog, 0, -1, 0 }, { "free2", hog, 0, -1, 0 }, { "free3", hog, 0, -1, 0 },
	{ "ping", ping, 0, -1, 0 }, { "pong", pong, 0, -1, 0 },
	{ "beat", beat, 0, -1, 0 }, { "fifo", beat, 0, 0, 50 }, { "maker", maker, 0, -1, 0 },
};
#define CAST	(sizeof(cast) / sizeof(cast[0]))

static pid_t enter(const struct role *role)
{
	pid_t pid = fork();
	char byte;

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	if (role->nice && setpriority(PRIO_PROCESS, 0, role->nice))
		die("setpriority");
	if (role->cpu >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(role->cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			die("sched_setaffinity");
	}
	if (role->fifo) {
		struct sched_param param = { .sched_priority = role->fifo };

		/* Not by musl's function of the same name, which says ENOSYS whatever the kernel can. Without the right to it: fair. */
		if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param) && errno != EPERM)
			die("sched_setscheduler");
	}
	prctl(PR_SET_NAME, role->name);
	if (read(gate[0], &byte, 1) != 1)
		die("read");
	role->play();
	if (read(never[0], &byte, 1) < 0)
		die("read");
	_exit(0);
}

/* ---- the trace --------------------------------------------------------------------------------------------------------------------- */

static void control(const char *file, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void print_trace(void)
{
	static char buf[65536];
	int fd = open(TRACING "trace", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		die(TRACING "trace");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, m; done < n; done += m)
			if ((m = write(STDOUT_FILENO, buf + done, n - done)) < 0)
				die("write");
	close(fd);
}

static void print_schedstat(pid_t pid, const char *name)
{
	char path[64], text[128] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die(path);
	close(fd);
	printf("schedscenes: %d %s %s", pid, name, text);
}

int main(int argc, char **argv)
{
	pid_t pids[CAST];
	long ms = 500;
	int trace = 1;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-n"))
			trace = 0;
		else
			ms = atol(argv[i]);
	}
	over = mmap(NULL, sizeof(*over), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (over == MAP_FAILED || pipe(gate) || pipe(never) || pipe(to_ping) || pipe(to_pong))
		die("pipe");
	if (trace) {
		control("buffer_size_kb", "8192");
		control("set_event", "sched:*");
	}
	for (size_t i = 0; i < CAST; i++)
		pids[i] = enter(&cast[i]);
	sleep_ms(50);			/* all of them come to the gate */
	for (size_t i = 0; i < CAST; i++)
		if (write(gate[1], "", 1) != 1)
			die("write");
	sleep_ms(ms);
	*over = 1;
	sleep_ms(100);			/* all of them come to their last read */
	for (size_t i = 0; i < CAST; i++)
		print_schedstat(pids[i], cast[i].name);
	fflush(stdout);
	if (trace) {
		control("tracing_on", "0");
		printf("schedscenes: trace\n");
		fflush(stdout);
		print_trace();
	}
	for (size_t i = 0; i < CAST; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	printf("schedscenes: end\n");
	return 0;
}
