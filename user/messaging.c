/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user/messaging.c - a storm of messages: groups of tasks that all talk to all.
 *
 *	messaging [-g GROUPS] [-f TASKS] [-l LOOPS] [-s BYTES]		20 groups of 20 senders and 20 receivers, 10 loops, 100 bytes
 *
 * In each group every receiver has a pipe, and every sender writes LOOPS messages to each of them:
 *
 *	sender 1 --+--> pipe 1 --> receiver 1
 *	sender 2 --+--> pipe 2 --> receiver 2		TASKS * TASKS * LOOPS messages a group
 *	   ...     +-->  ...         ...
 *
 * A message says whose it is and the how manieth of those two: a receiver takes them only in that order, and what is printed at the end is
 * the number of those that have arrived, not of those that should.
 *
 * A pipe is full soon and a reader is through with it sooner, so that nearly every message puts somebody to sleep and wakes somebody
 * else: hundreds of tasks that each run for a moment. It is what a scheduler that looks through its tasks, or a balancer that cannot
 * leave them alone, is worst at. The kind of load is known from hackbench; Linux has it as `perf bench sched messaging`
 * (tools/perf/bench/sched-messaging.c), with sockets and threads too. Here tasks are processes and share only pipes.
 *
 * All wait behind a gate until everybody is there; what is measured is the time from the opening of the gate to the end of the last
 * task. Output: "messaging: 20 groups of 40 tasks, 80000 messages: 1.234 s".
 *
 * A plain Linux program: it runs on a desk as well, and the figures can be compared.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_TASKS	256
#define MOST_BYTES	4096		/* PIPE_BUF: messages of several senders do not mix */

struct message {
	unsigned short sender, loop;
};

static int groups = 20, tasks = 20, loops = 10, bytes = 100;
static int gate[2], ready[2];
static volatile long *arrived;			/* shared by all */

static void die(const char *what)
{
	fprintf(stderr, "messaging: %s: %s\n", what, strerror(errno));
	kill(0, SIGTERM);
	exit(1);
}

/* All of a message, however the pipe cuts it. */
static void move(int fd, int writing, char *buf)
{
	for (int done = 0; done < bytes;) {
		ssize_t n = writing ? write(fd, buf + done, bytes - done) : read(fd, buf + done, bytes - done);

		if (n <= 0 && !(n < 0 && errno == EINTR))
			die(writing ? "write" : "read");
		if (n > 0)
			done += n;
	}
}

static void wait_at_gate(void)
{
	char byte;

	if (write(ready[1], "", 1) != 1 || read(gate[0], &byte, 1) < 0)
		die("gate");
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static void receive(int fd)
{
	static unsigned short next[MOST_TASKS];
	static union { char text[MOST_BYTES]; struct message m; } buf;
	long all = (long)tasks * loops;

	for (long left = all; left; left--) {
		move(fd, 0, buf.text);
		if (buf.m.sender >= tasks || buf.m.loop != next[buf.m.sender]++) {
			errno = EBADMSG;
			die("order");
		}
	}
	__atomic_fetch_add(arrived, all, __ATOMIC_RELAXED);
}

static void send(int sender, int pipes[][2])
{
	static union { char text[MOST_BYTES]; struct message m; } buf;

	buf.m.sender = sender;
	for (int loop = 0; loop < loops; loop++) {
		buf.m.loop = loop;
		for (int to = 0; to < tasks; to++)
			move(pipes[to][1], 1, buf.text);
	}
}

static void group(void)
{
	int pipes[MOST_TASKS][2];

	for (int i = 0; i < tasks; i++) {
		if (pipe(pipes[i]))
			die("pipe");
		if (start())
			continue;
		close(pipes[i][1]);
		wait_at_gate();
		receive(pipes[i][0]);
		_exit(0);
	}
	for (int i = 0; i < tasks; i++) {
		if (start())
			continue;
		wait_at_gate();
		send(i, pipes);
		_exit(0);
	}
	for (int i = 0; i < tasks; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int status, option, failed = 0, total;
	double begin;
	char byte;

	while ((option = getopt(argc, argv, "g:f:l:s:")) != -1) {
		int value = optarg ? atoi(optarg) : 0;

		if (value < 1 || (option == 'f' && value > MOST_TASKS) ||
		    (option == 's' && (value > MOST_BYTES || value < (int)sizeof(struct message)))) {
			fprintf(stderr, "usage: messaging [-g GROUPS] [-f TASKS] [-l LOOPS] [-s BYTES]\n");
			return 2;
		}
		*(option == 'g' ? &groups : option == 'f' ? &tasks : option == 'l' ? &loops : &bytes) = value;
	}
	total = groups * tasks * 2;
	if (pipe(gate) || pipe(ready))
		die("pipe");
	arrived = mmap(NULL, sizeof(*arrived), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arrived == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < groups; i++)
		group();
	for (int i = 0; i < total; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("ready");
	begin = now();
	for (int i = 0; i < total; i++)
		if (write(gate[1], "", 1) != 1)
			die("gate");
	for (int i = 0; i < total; i++)
		if (wait(&status) < 0 || status)
			failed++;
	if (failed) {
		fprintf(stderr, "messaging: %d of %d tasks failed\n", failed, total);
		return 1;
	}
	printf("messaging: %d groups of %d tasks, %ld messages: %.3f s\n", groups, 2 * tasks, *arrived, now() - begin);
	return *arrived != (long)groups * tasks * tasks * loops;
}
