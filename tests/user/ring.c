/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/ring.c - a ring of tasks and pipes, and one byte that goes round: the cost of a switch by the number of tasks.
 *
 *	ring ROUNDS N...
 *
 * Prints "ring N: COST cycles a hop" for each N: one write, one read that sleeps, one switch. Under -icount a cycle is an instruction.
 * Each task touches nothing but its stack; the first rounds, in which pages and caches are filled, are not counted.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long cycles(void)
{
	unsigned int lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (unsigned long long)hi << 32 | lo;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void pass(int in, int out)
{
	char c;

	if (read(in, &c, 1) != 1 || write(out, &c, 1) != 1)
		_exit(0);
}

/*
 * Task i reads from pipe i and writes to pipe i + 1; this one is task 0, and closes what it has given to the next, so that no descriptor
 * table is longer than a few: what is measured is the switch.
 */
static void ring(int n, int rounds)
{
	pid_t *pid = calloc(n, sizeof(*pid));
	int first[2], in[2] = { -1, -1 }, out[2];
	unsigned long long t;
	char c = 'x';

	if (pipe(first))
		die("pipe");
	in[0] = first[0];
	for (int i = 1; i < n; i++) {
		/* pipe i: from task i - 1 to task i */
		if (i == 1) {
			if (pipe(out))
				die("pipe");
			in[0] = out[0];
			in[1] = out[1];		/* task 0's own */
		}
		int next[2] = { -1, first[1] };

		if (i + 1 < n && pipe(next))
			die("pipe");
		pid[i] = fork();
		if (pid[i] < 0)
			die("fork");
		if (!pid[i]) {
			close(first[0]);
			close(in[1]);
			if (i + 1 < n) {
				close(next[0]);
				close(first[1]);
			}
			for (;;)
				pass(in[0], next[1]);
		}
		close(in[0]);
		if (i + 1 < n) {
			close(next[1]);
			in[0] = next[0];
		}
	}
	close(first[1]);
	/* Around once or twice: everybody has started, and his pages are there. */
	for (int i = 0; i < 3; i++) {
		if (write(in[1], &c, 1) != 1)
			die("write");
		if (read(first[0], &c, 1) != 1)
			die("read");
	}
	t = cycles();
	for (int i = 0; i < rounds; i++)
		if (write(in[1], &c, 1) != 1 || read(first[0], &c, 1) != 1)
			die("round");
	t = cycles() - t;
	printf("ring %d: %llu cycles a hop\n", n, t / ((unsigned long long)rounds * n));
	fflush(stdout);
	close(in[1]);
	close(first[0]);
	for (int i = 1; i < n; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	free(pid);
}

int main(int argc, char **argv)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 2; i < argc; i++) {
		int n = atoi(argv[i]), rounds = atoi(argv[1]) / n;

		ring(n, rounds > 2 ? rounds : 2);
	}
	return 0;
}
