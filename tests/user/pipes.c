/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/pipes.c - pipes and FIFOs as a program sees them; prints the same on Linux and here.
 *
 * Two processes that are never told how fast the other is: what they print must not depend on it. Each check prints one line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static volatile sig_atomic_t broken;

static void on_sigpipe(int sig)
{
	(void)sig;
	broken++;
}

static void say(const char *what, long value)
{
	if (value < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: %ld\n", what, value);
	fflush(stdout);
}

static int p[2];

static void make(int flags)
{
	if (pipe2(p, flags)) {
		perror("pipe2");
		exit(1);
	}
}

static void done(void)
{
	close(p[0]);
	close(p[1]);
}

static int avail(void)
{
	int n = -1;

	ioctl(p[0], FIONREAD, &n);
	return n;
}

static void basics(void)
{
	char buf[3 * PAGE];
	struct stat st;
	struct iovec iov[2] = { { "ab", 2 }, { "cdef", 4 } };

	say("bad flags", pipe2(p, O_APPEND));
	say("bad pointer", pipe2((int *)8, 0));
	make(O_CLOEXEC);
	say("close on exec", fcntl(p[0], F_GETFD));
	say("flags of the reader", fcntl(p[0], F_GETFL) & O_ACCMODE);
	say("flags of the writer", fcntl(p[1], F_GETFL) & O_ACCMODE);
	fstat(p[0], &st);
	printf("a fifo: %d, mode %o, links %ld\n", S_ISFIFO(st.st_mode), st.st_mode & 0777, (long)st.st_nlink);
	say("write", write(p[1], "hello", 5));
	say("writev", writev(p[1], iov, 2));
	say("available", avail());
	say("read 3", read(p[0], buf, 3));
	say("read all", read(p[0], buf, sizeof(buf)));
	printf("last: %.8s\n", buf);
	say("read by the writer", read(p[1], buf, 1));
	say("write by the reader", write(p[0], buf, 1));
	say("seek", lseek(p[0], 0, SEEK_SET));
	say("pread", pread(p[0], buf, 1, 0));
	say("nothing", write(p[1], "", 0));
	say("bad memory", write(p[1], (void *)8, 10));
	say("available", avail());
	write(p[1], "xy", 2);
	say("read into bad memory", read(p[0], (void *)8, 2));
	say("still there", avail());
	say("ioctl that it has not", ioctl(p[0], 0x12345, 0));
	close(p[1]);
	say("the rest", read(p[0], buf, 10));
	say("the end", read(p[0], buf, 10));
	close(p[0]);
}

static void full(void)
{
	static char buf[PAGE];
	long total = 0, n;

	make(O_NONBLOCK);
	say("empty", read(p[0], buf, 1));
	say("size", fcntl(p[0], F_GETPIPE_SZ));
	while ((n = write(p[1], buf, 1000)) > 0)
		total += n;
	say("full of small writes", n);
	say("took", total);
	say("shrink what is full", fcntl(p[0], F_SETPIPE_SZ, PAGE));
	say("grow", fcntl(p[0], F_SETPIPE_SZ, 100000));
	say("write goes on", write(p[1], buf, 1000));
	while (read(p[0], buf, sizeof(buf)) > 0)
		;
	say("smallest", fcntl(p[0], F_SETPIPE_SZ, 1));
	say("a page", write(p[1], buf, PAGE));
	say("one more byte", write(p[1], buf, 1));
	say("size 0", fcntl(p[0], F_SETPIPE_SZ, 0));
	say("of a file", fcntl(0, F_GETPIPE_SZ) >= 0 ? 0 : -1);
	done();
	make(O_DIRECT);
	write(p[1], "one", 3);
	write(p[1], "two", 3);
	say("a packet", read(p[0], buf, 100));
	say("a packet cut", read(p[0], buf, 1));
	say("left", avail());
	say("set the flags of a pipe of packets", fcntl(p[1], F_SETFL, O_DIRECT | O_NONBLOCK));
	done();
	make(0);
	say("packets from here on", fcntl(p[1], F_SETFL, O_DIRECT));
	write(p[1], "one", 3);
	write(p[1], "two", 3);
	say("a packet", read(p[0], buf, 100));
	done();
}

static void sigpipe(void)
{
	struct sigaction sa = { .sa_handler = on_sigpipe };

	make(0);
	sigaction(SIGPIPE, &sa, NULL);
	close(p[0]);
	say("no reader", write(p[1], "x", 1));
	printf("signals: %d\n", (int)broken);
	signal(SIGPIPE, SIG_IGN);
	say("ignored", write(p[1], "x", 1));
	close(p[1]);
	signal(SIGPIPE, SIG_DFL);
	if (!fork()) {
		make(0);
		close(p[0]);
		write(p[1], "x", 1);
		_exit(0);
	}
	int status;

	wait(&status);
	printf("killed by SIGPIPE: %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

/* A megabyte through a pipe of 64 KiB, in odd pieces, with a checksum. */
static void stream(void)
{
	static unsigned char buf[70000];
	unsigned int sum = 0, want = 0, state = 1, size = 1 << 20;
	long total = 0, n;

	make(0);
	if (!fork()) {
		unsigned char next = 0;

		close(p[0]);
		for (unsigned int sent = 0; sent < size;) {
			state = state * 1103515245 + 12345;
			n = 1 + (state >> 8) % 69999;
			if (n > (long)(size - sent))
				n = size - sent;
			for (long i = 0; i < n; i++)
				buf[i] = next++;
			if (write(p[1], buf, n) != n)
				_exit(1);
			sent += n;
		}
		_exit(0);
	}
	close(p[1]);
	state = 7;
	do {
		state = state * 1103515245 + 12345;
		n = read(p[0], buf, 1 + (state >> 8) % 69999);
		for (long i = 0; i < n; i++)
			sum = sum * 31 + buf[i];
		total += n;
	} while (n > 0);
	for (unsigned int i = 0; i < size; i++)
		want = want * 31 + (unsigned char)i;
	printf("a megabyte: %ld, %s\n", total, sum == want ? "in order" : "damaged");
	wait(NULL);
	close(p[0]);
}

/* Eight writers of small records: each record whole, each writer's records in order. */
static void atomic_writes(void)
{
	enum { WRITERS = 8, RECORDS = 200, SIZE = 100 };
	int next[WRITERS] = { 0 }, bad = 0, count = 0;
	unsigned char record[SIZE];

	make(0);
	for (int w = 0; w < WRITERS; w++) {
		if (!fork()) {
			for (int i = 0; i < RECORDS; i++) {
				memset(record, w, SIZE);
				record[SIZE - 1] = i;
				if (write(p[1], record, SIZE) != SIZE)
					_exit(1);
			}
			_exit(0);
		}
	}
	close(p[1]);
	while (read(p[0], record, SIZE) == SIZE) {
		int w = record[0];

		for (int i = 0; i < SIZE - 1; i++)
			bad += record[i] != w;
		bad += w >= WRITERS || record[SIZE - 1] != (unsigned char)next[w];
		if (w < WRITERS)
			next[w]++;
		count++;
	}
	printf("records of eight writers: %d, bad %d\n", count, bad);
	for (int w = 0; w < WRITERS; w++)
		wait(NULL);
	close(p[0]);
}

/* Eight readers of one pipe, each takes bytes as they come: every byte once. */
static void many_readers(void)
{
	int back[2], total = 0;
	long mine, n;
	char c[7];

	make(0);
	if (pipe(back))
		exit(1);
	for (int r = 0; r < 8; r++) {
		if (!fork()) {
			close(p[1]);
			for (mine = 0; (n = read(p[0], c, sizeof(c))) > 0;)
				mine += n;
			write(back[1], &mine, sizeof(mine));
			_exit(0);
		}
	}
	close(p[0]);
	for (int i = 0; i < 5000; i++)
		write(p[1], "abc", 3);
	close(p[1]);
	for (int r = 0; r < 8; r++) {
		if (read(back[0], &mine, sizeof(mine)) != sizeof(mine))
			exit(1);
		total += mine;
	}
	printf("bytes by eight readers: %d\n", total);
	for (int r = 0; r < 8; r++)
		wait(NULL);
	close(back[0]);
	close(back[1]);
}

static void ping_pong(void)
{
	int back[2], n = 0;
	char c = 0;

	make(0);
	if (pipe(back))
		exit(1);
	if (!fork()) {
		close(p[1]);
		close(back[0]);
		while (read(p[0], &c, 1) == 1) {
			c++;
			write(back[1], &c, 1);
		}
		_exit(0);
	}
	close(back[1]);
	for (; n < 1000; n++) {
		char want = c + 1;

		if (write(p[1], &c, 1) != 1 || read(back[0], &c, 1) != 1 || c != want)
			break;
	}
	printf("round trips: %d\n", n);
	close(p[1]);
	close(p[0]);
	say("the other is gone", read(back[0], &c, 1));
	close(back[0]);
	wait(NULL);
}

static void fifos(void)
{
	const char *name = "/tmp/primer-fifo";
	char buf[10];
	int r, w;

	unlink(name);
	say("mkfifo", mkfifo(name, 0600));
	say("write without a reader", open(name, O_WRONLY | O_NONBLOCK));
	r = open(name, O_RDONLY | O_NONBLOCK);
	say("no writer was there", read(r, buf, 1));
	w = open(name, O_WRONLY | O_NONBLOCK);
	say("empty", read(r, buf, 1));
	say("write", write(w, "fifo", 4));
	say("read", read(r, buf, 10));
	close(w);
	say("the end", read(r, buf, 10));
	close(r);
	say("packets from the start", open(name, O_RDWR | O_DIRECT));
	r = open(name, O_RDWR);
	say("both ways", write(r, "self", 4));
	say("read own", read(r, buf, 10));
	close(r);
	if (!fork()) {
		w = open(name, O_WRONLY);
		write(w, "late", 4);
		_exit(0);
	}
	r = open(name, O_RDONLY);
	say("waited for a writer", read(r, buf, 10));
	say("and its end", read(r, buf, 10));
	close(r);
	wait(NULL);
	unlink(name);
}

int main(void)
{
	basics();
	full();
	sigpipe();
	stream();
	atomic_writes();
	many_readers();
	ping_pong();
	fifos();
	printf("pipes: done\n");
	return 0;
}
