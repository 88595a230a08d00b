/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/polls.c - waiting for several files at once, as a program sees it; prints the same on Linux and here.
 *
 * By system call where the C library has ideas of its own: glibc hides what is left of the time, musl makes other calls of these.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS	1000000LL

static volatile sig_atomic_t hits;
static int p[2];

static void hit(int sig)
{
	(void)sig;
	hits++;
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void say(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: %ld\n", what, ret);
	fflush(stdout);
}

static void make(void)
{
	if (pipe(p)) {
		perror("pipe");
		exit(1);
	}
}

static void done(void)
{
	close(p[0]);
	close(p[1]);
}

static long sys_poll(struct pollfd *fds, unsigned long n, int ms)
{
	return syscall(SYS_poll, fds, n, ms);
}

static int one(int fd, int events, int ms)
{
	struct pollfd f = { fd, (short)events, 0x7777 };
	long ret = sys_poll(&f, 1, ms);

	return ret < 0 ? -1 : f.revents;
}

#define ALL	(POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND)

static void show(const char *what, int fd)
{
	printf("%s: all %#x, none %#x, in %#x, out %#x\n", what, one(fd, ALL, 0), one(fd, 0, 0), one(fd, POLLIN, 0), one(fd, POLLOUT, 0));
	fflush(stdout);
}

/* Do @what to the pipe in a while, in another process. */
static pid_t later(int what, int sig)
{
	struct timespec ts = { 0, (what == 's' ? 300 : 30) * MS };
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	nanosleep(&ts, NULL);
	if (what == 'w' && write(p[1], "x", 1) != 1)
		_exit(1);
	if (what == 'r') {
		char buf[8192];

		if (read(p[0], buf, sizeof(buf)) < 0)
			_exit(1);
	}
	if (what == 's')
		kill(parent, sig);
	_exit(0);			/* and its ends are closed */
}

static void files(void)
{
	char buf[65536] = "";
	int fd, t;
	struct itimerspec it = { { 0, 0 }, { 0, 5 * MS } };

	make();
	show("empty pipe, reader", p[0]);
	show("empty pipe, writer", p[1]);
	if (write(p[1], buf, 1) != 1)
		return;
	show("pipe of 1 byte, reader", p[0]);
	show("pipe of 1 byte, writer", p[1]);
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	while (write(p[1], buf, sizeof(buf)) > 0)
		;
	show("full pipe, writer", p[1]);
	close(p[0]);
	show("writer without readers", p[1]);
	close(p[1]);
	make();
	close(p[1]);
	show("reader without writers", p[0]);
	close(p[0]);
	show("closed", p[0]);
	show("not a descriptor", -1);
	show("far away", 100000);
	fd = open("/dev/null", O_RDWR);
	show("/dev/null", fd);
	close(fd);
	unlink("/tmp/polls-file");
	fd = open("/tmp/polls-file", O_CREAT | O_RDONLY, 0600);
	show("empty file for reading", fd);
	close(fd);
	unlink("/tmp/polls-file");
	fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	show("directory", fd);
	close(fd);
	fd = open("/tmp", O_PATH);
	show("path", fd);
	close(fd);
	mkfifo("/tmp/polls-fifo", 0600);
	fd = open("/tmp/polls-fifo", O_RDONLY | O_NONBLOCK);
	show("FIFO before its first writer", fd);
	t = open("/tmp/polls-fifo", O_WRONLY);
	show("FIFO with a writer", fd);
	close(t);
	show("FIFO after its last writer", fd);
	close(fd);
	unlink("/tmp/polls-fifo");
	t = timerfd_create(CLOCK_MONOTONIC, 0);
	show("timer that is off", t);
	timerfd_settime(t, 0, &it, NULL);
	say("timer fires", one(t, POLLIN, 10000));
	close(t);
}

static void limits(void)
{
	struct pollfd many[100], *f = many;
	struct rlimit r = { 64, 64 }, old;
	int64_t start;

	start = now();
	say("nothing for 20 ms", sys_poll(NULL, 0, 20));
	printf("it took them: %d\n", now() - start >= 20 * MS);
	make();
	start = now();
	say("empty pipe for 20 ms", one(p[0], POLLIN, 20));
	printf("it took them: %d\n", now() - start >= 20 * MS);
	say("no memory there", sys_poll((void *)8, 1, 0));
	say("no memory there, but nothing to read", sys_poll((void *)8, 0, 0));
	getrlimit(RLIMIT_NOFILE, &old);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ r.rlim_cur, old.rlim_max });
	for (int i = 0; i < 100; i++)
		many[i] = (struct pollfd){ p[0], POLLIN, 0x55 };
	say("65 of 64", sys_poll(f, 65, 0));
	say("64 of 64", sys_poll(f, 64, 0));
	many[40].fd = p[1];
	many[40].events = POLLOUT;
	many[41].fd = 1000;
	many[42].fd = -5;
	say("two of 64", sys_poll(f, 64, -1));
	printf("which: %#x %#x %#x %#x, behind the end %#x\n", many[39].revents, many[40].revents, many[41].revents, many[42].revents,
	       many[64].revents);
	setrlimit(RLIMIT_NOFILE, &old);
	done();
}

static void waking(void)
{
	char buf[65536] = "";
	pid_t pid, other;
	int status;

	make();
	pid = later('w', 0);
	say("woken by a byte", one(p[0], POLLIN, 20000));
	waitpid(pid, &status, 0);
	say("read", read(p[0], buf, 1));
	/* A waiter for room only is not woken by what is readable: the end of the time says so. */
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	while (write(p[1], buf, sizeof(buf)) > 0)
		;
	pid = later('r', 0);
	say("woken by room", one(p[1], POLLOUT, 20000));
	waitpid(pid, &status, 0);
	done();

	make();
	pid = later('-', 0);
	close(p[1]);
	say("woken by the last writer's end", one(p[0], POLLIN, 20000));
	waitpid(pid, &status, 0);
	close(p[0]);

	/* All who wait are woken. */
	make();
	other = fork();
	if (!other)
		_exit(one(p[0], POLLIN, 20000) & 0x7f);
	pid = later('w', 0);
	say("one of two waiters", one(p[0], POLLIN, 20000));
	waitpid(other, &status, 0);
	say("the other one", WEXITSTATUS(status));
	waitpid(pid, &status, 0);
	done();
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = hit, .sa_flags = SA_RESTART };
	struct timespec ts = { 20, 0 }, zero = { 0, 0 }, bad = { 0, 1000000000 };
	struct pollfd f;
	sigset_t set, none;
	struct { const sigset_t *mask; size_t size; } arg = { &none, 8 };
	fd_set in;
	pid_t pid;
	int status;

	make();
	f = (struct pollfd){ p[0], POLLIN, 0 };
	sigaction(SIGUSR1, &sa, NULL);
	pid = later('s', SIGUSR1);
	say("poll and a handler", sys_poll(&f, 1, 20000));
	printf("handled %d\n", hits);
	waitpid(pid, &status, 0);
	pid = later('s', SIGUSR1);
	say("ppoll and a handler", syscall(SYS_ppoll, &f, 1, &ts, NULL, 0));
	printf("handled %d, left %d\n", hits, ts.tv_sec >= 15 && ts.tv_sec < 20);
	waitpid(pid, &status, 0);

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	say("blocked: poll", sys_poll(&f, 1, 10));
	printf("handled %d\n", hits);
	ts = (struct timespec){ 20, 0 };
	say("let in: ppoll", syscall(SYS_ppoll, &f, 1, &ts, &none, 8));
	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("handled %d, blocked again %d\n", hits, sigismember(&set, SIGUSR1));
	raise(SIGUSR1);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	ts = (struct timespec){ 20, 0 };
	say("let in: pselect", syscall(SYS_pselect6, p[0] + 1, &in, NULL, NULL, &ts, &arg));
	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("handled %d, blocked again %d\n", hits, sigismember(&set, SIGUSR1));
	/* Something is ready: no signal is let in for nothing, and the mask is back. */
	raise(SIGUSR1);
	if (write(p[1], "x", 1) != 1)
		return;
	say("ready: ppoll", syscall(SYS_ppoll, &f, 1, NULL, &none, 8));
	printf("handled %d\n", hits);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	printf("handled %d\n", hits);
	say("mask of 4 bytes", syscall(SYS_ppoll, &f, 1, &zero, &none, 4));
	say("10^9 ns", syscall(SYS_ppoll, &f, 1, &bad, NULL, 0));
	say("time from nowhere", syscall(SYS_ppoll, &f, 1, 8, NULL, 0));
	arg.size = 4;
	say("pselect, mask of 4 bytes", syscall(SYS_pselect6, 0, NULL, NULL, NULL, &zero, &arg));
	say("pselect, mask from nowhere", syscall(SYS_pselect6, 0, NULL, NULL, NULL, &zero, 8UL));
	done();

	/* A stop and SIGCONT: poll goes on, and ends in time. */
	make();
	pid = fork();
	if (!pid) {
		int64_t start = now();
		int got = one(p[0], POLLIN, 150);

		_exit(got || now() - start < 150 * MS ? 1 : 5);
	}
	ts = (struct timespec){ 0, 30 * MS };
	nanosleep(&ts, NULL);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	nanosleep(&ts, NULL);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	say("poll across a stop", WEXITSTATUS(status));
	done();
}

static long sel(int n, fd_set *in, fd_set *out, fd_set *ex, struct timeval *tv)
{
	return syscall(SYS_select, n, in, out, ex, tv);
}

static void selects(void)
{
	struct timeval tv = { 0, 0 };
	fd_set in, out, ex;
	int64_t start;
	pid_t pid;
	int status, high;

	make();
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&ex);
	FD_SET(p[0], &in);
	FD_SET(p[1], &out);
	FD_SET(p[0], &ex);
	say("select", sel(p[1] + 1, &in, &out, &ex, NULL));
	printf("in %d, out %d, exceptional %d\n", FD_ISSET(p[0], &in), FD_ISSET(p[1], &out), FD_ISSET(p[0], &ex));
	FD_SET(p[0], &in);
	say("select up to the descriptor before", sel(p[0], &in, NULL, NULL, &tv));
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	tv.tv_usec = 20000;
	start = now();
	say("select for 20 ms", sel(p[0] + 1, &in, NULL, NULL, &tv));
	printf("it took them: %d, left %ld.%06ld, in %d\n", now() - start >= 20 * MS, (long)tv.tv_sec, (long)tv.tv_usec, FD_ISSET(p[0], &in));
	tv = (struct timeval){ LONG_MAX, 1000000 };
	say("select for more seconds than there are", sel(0, NULL, NULL, NULL, &tv));
	FD_SET(p[0], &in);
	tv = (struct timeval){ 19, 1000000 };		/* 20 s */
	pid = later('w', 0);
	say("woken", sel(p[0] + 1, &in, NULL, NULL, &tv));
	printf("left: %d\n", tv.tv_sec >= 15 && tv.tv_sec < 20);
	waitpid(pid, &status, 0);
	FD_SET(p[0], &in);
	FD_SET(p[1], &in);
	say("both ends for reading", sel(p[1] + 1, &in, NULL, NULL, &tv));
	printf("in: %d %d\n", FD_ISSET(p[0], &in), FD_ISSET(p[1], &in));
	high = fcntl(p[0], F_DUPFD, 500);
	FD_ZERO(&in);
	FD_SET(high, &in);
	say("descriptor 500", sel(high + 1, &in, NULL, NULL, NULL));
	printf("in: %d\n", FD_ISSET(high, &in));
	close(high);
	FD_ZERO(&in);
	FD_SET(60, &in);
	say("not open", sel(61, &in, NULL, NULL, NULL));
	say("-1 descriptors", sel(-1, NULL, NULL, NULL, NULL));
	tv.tv_sec = -1;
	say("-1 s", sel(0, NULL, NULL, NULL, &tv));
	tv = (struct timeval){ 0, -1 };
	say("-1 us", sel(0, NULL, NULL, NULL, &tv));
	say("set at nowhere", sel(1, (void *)8, NULL, NULL, NULL));
	say("time at nowhere", sel(0, NULL, NULL, NULL, (void *)8));
	close(p[1]);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	if (read(p[0], &status, 1) != 1)
		return;
	say("the end is readable", sel(p[0] + 1, &in, NULL, NULL, NULL));
	close(p[0]);
	make();
	close(p[0]);
	FD_ZERO(&out);
	FD_SET(p[1], &out);
	say("an error is writable", sel(p[1] + 1, NULL, &out, NULL, NULL));
	close(p[1]);
}

/* What is asked must be open when select begins; what cannot be asked later is an answer, to all that was asked. */
static void closed_meanwhile(void)
{
	struct timespec ts = { 0, 300 * MS };
	struct timeval tv = { 20, 0 };
	int status, path = open("/tmp", O_PATH);
	fd_set in, ex;
	pid_t pid;

	FD_ZERO(&in);
	FD_SET(path, &in);
	say("select of a path", sel(path + 1, &in, NULL, NULL, &tv));
	printf("in: %d\n", FD_ISSET(path, &in));
	close(path);
	make();
	FD_ZERO(&in);
	FD_ZERO(&ex);
	FD_SET(60, &ex);
	say("behind the end", sel(60, &in, NULL, &ex, &(struct timeval){ 0, 0 }));
	FD_SET(60, &ex);
	say("the last one", sel(61, &in, NULL, &ex, &tv));
	FD_ZERO(&ex);
	FD_SET(p[0], &in);
	FD_SET(p[0], &ex);
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		nanosleep(&ts, NULL);
		close(p[0]);
		_exit(write(p[1], "x", 1) != 1);
	}
	say("closed during the wait", sel(p[0] + 1, &in, NULL, &ex, &tv));
	printf("in %d, exceptional %d, at once %d\n", FD_ISSET(p[0], &in), FD_ISSET(p[0], &ex), tv.tv_sec >= 15);
	waitpid(pid, &status, 0);
	say("the other's write", status);
	close(p[1]);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	files();
	limits();
	waking();
	signals();
	selects();
	closed_meanwhile();
	printf("polls: done\n");
	return 0;
}
