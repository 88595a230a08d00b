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
 * And each message says when it was sent, on CLOCK_MONOTONIC: when the receiver has it, the clock tells how long it was on its way, which
 * is how long the receiver waited for a CPU, and for itself to get through the messages before. As user/latency.c does, in microseconds:
 *
 *	messaging: delays 80000 min 5.1 p50 906.0 p90 1999.9 p99 4040.2 p99.9 9001.0 max 12000.4 early 0
 *	messaging: < 8 us: 810
 *
 * min and max are exact. The others are upper bounds of buckets, of which there are 16 between a power of two and the next, so that they
 * are a sixteenth too high at most. early: messages that were there before they were sent, which no clock may make them. Each
 * receiver has buckets of its own, and adds them to those that all share when it has got its last message.
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

#define FINE		16		/* buckets from a power of two to the next */
#define BUCKETS		(50 * FINE)	/* the last is for 2^53 ns */

struct message {
	unsigned short sender, loop;
	long long sent;			/* ns */
};

struct delays {
	long arrived, early;
	long long min, max;		/* ns; min: -1 if there is none yet */
	long bucket[BUCKETS];
};

static int groups = 20, tasks = 20, loops = 10, bytes = 100;
static int gate[2], ready[2];
static struct delays own = { .min = -1 };
static struct delays *all_delays;		/* shared by all */

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

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---- delays -------------------------------------------------------------------------------------------------------------- */

/* Below FINE ns a bucket is a nanosecond wide; from there on a sixteenth of the power of two below. */
static int bucket_of(long long ns)
{
	int shift = ns < FINE ? 0 : 63 - __builtin_clzll(ns) - 4;
	int i = shift * FINE + (int)(ns >> shift);

	return i < BUCKETS ? i : BUCKETS - 1;
}

/* What is in bucket @i is less than that, in ns. */
static long long end_of(int i)
{
	int shift = i < 2 * FINE ? 0 : i / FINE - 1;

	return (long long)(i - shift * FINE + 1) << shift;
}

static void note(long long ns)
{
	if (ns < 0) {
		own.early++;
		ns = 0;
	}
	if (own.min < 0 || ns < own.min)
		own.min = ns;
	if (ns > own.max)
		own.max = ns;
	own.bucket[bucket_of(ns)]++;
	own.arrived++;
}

/* Ours to those of all. */
static void add_up(void)
{
	for (int i = 0; i < BUCKETS; i++)
		if (own.bucket[i])
			__atomic_fetch_add(&all_delays->bucket[i], own.bucket[i], __ATOMIC_RELAXED);
	for (long long was = all_delays->min; was < 0 || own.min < was;)
		if (__atomic_compare_exchange_n(&all_delays->min, &was, own.min, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			break;
	for (long long was = all_delays->max; own.max > was;)
		if (__atomic_compare_exchange_n(&all_delays->max, &was, own.max, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			break;
	__atomic_fetch_add(&all_delays->early, own.early, __ATOMIC_RELAXED);
	__atomic_fetch_add(&all_delays->arrived, own.arrived, __ATOMIC_RELAXED);
}

/* So many of all are below the result, in microseconds. */
static double at(const struct delays *d, double share)
{
	long below = 0, wanted = (long)(d->arrived * share);

	for (int i = 0; i < BUCKETS; i++) {
		below += d->bucket[i];
		if (below && below >= wanted)
			return (end_of(i) < d->max ? end_of(i) : d->max) / 1000.0;
	}
	return d->max / 1000.0;
}

static void print_delays(const struct delays *d)
{
	long long limit = 1024;			/* a power of two in ns, as the buckets' are; printed as a microsecond */
	long n = 0;

	printf("messaging: delays %ld min %.1f p50 %.1f p90 %.1f p99 %.1f p99.9 %.1f max %.1f early %ld\n", d->arrived, d->min / 1000.0,
	       at(d, 0.5), at(d, 0.9), at(d, 0.99), at(d, 0.999), d->max / 1000.0, d->early);
	for (int i = 0; i < BUCKETS; i++) {
		n += d->bucket[i];
		if (end_of(i) < limit)
			continue;
		if (n)
			printf("messaging: < %lld us: %ld\n", limit / 1024, n);
		n = 0;
		limit *= 2;
	}
}

/* ---- tasks --------------------------------------------------------------------------------------------------------------- */

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

	for (long left = (long)tasks * loops; left; left--) {
		move(fd, 0, buf.text);
		note(now() - buf.m.sent);
		if (buf.m.sender >= tasks || buf.m.loop != next[buf.m.sender]++) {
			errno = EBADMSG;
			die("order");
		}
	}
	add_up();
}

static void send(int sender, int pipes[][2])
{
	static union { char text[MOST_BYTES]; struct message m; } buf;

	buf.m.sender = sender;
	for (int loop = 0; loop < loops; loop++) {
		buf.m.loop = loop;
		for (int to = 0; to < tasks; to++) {
			buf.m.sent = now();
			move(pipes[to][1], 1, buf.text);
		}
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

int main(int argc, char **argv)
{
	int status, option, failed = 0, total;
	long long begin;
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
	all_delays = mmap(NULL, sizeof(*all_delays), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all_delays == MAP_FAILED)
		die("mmap");
	all_delays->min = -1;
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
	printf("messaging: %d groups of %d tasks, %ld messages: %.3f s\n", groups, 2 * tasks, all_delays->arrived,
	       (now() - begin) / 1e9);
	print_delays(all_delays);
	return all_delays->arrived != (long)groups * tasks * tasks * loops || all_delays->early;
}
