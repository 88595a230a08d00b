/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/ids.c - users, groups, powers, process groups and sessions: what may be changed, by whom, and what follows from it.
 *
 * By system call number: C libraries change all threads' ids, or keep their own idea of them. Powers are printed only as far as they are
 * CAP_SETUID's, CAP_CHOWN's and whether there are any: a tester need not have them all.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

#define BAD	((void *)8)
#define NONE	((unsigned int)-1)
#define NOBODY	0x3fffffff

struct caps {
	unsigned int effective, permitted, inheritable;
};

static void get_caps(struct caps c[2])
{
	unsigned int head[2] = { 0x20080522, 0 };

	memset(c, 0, 2 * sizeof(*c));
	syscall(SYS_capget, head, c);
}

static void show(void)
{
	unsigned int r, e, s;
	struct caps c[2];

	syscall(SYS_getresuid, &r, &e, &s);
	printf("    uid %d %d %d, fs %d;", r, e, s, (int)syscall(SYS_setfsuid, -1));
	syscall(SYS_getresgid, &r, &e, &s);
	printf(" gid %d %d %d, fs %d;", r, e, s, (int)syscall(SYS_setfsgid, -1));
	get_caps(c);
	printf(" powers: %s%s%s%s%s\n", c[0].permitted ? "some, " : "none, ", c[0].permitted & 1 << 7 ? "may setuid, " : "",
	       c[0].effective & 1 << 7 ? "can setuid, " : "", c[0].effective & 1 ? "can chown, " : "",
	       c[0].effective ? "" : "nothing effective");
}
#define SET(nr, ...)	do { CALL(nr, ##__VA_ARGS__); show(); } while (0)

/* ---- users ---- */

static void for_good(void)
{
	SET(setuid, NONE);
	SET(setuid, 1000);
	SET(setuid, 0);
	SET(setresuid, 0, 0, 0);
	SET(setresuid, NONE, NONE, NONE);
	SET(setreuid, 1000, 0);
	SET(setuid, 1000);
	SET(setfsuid, 0);
}

static void and_back(void)
{
	SET(setresuid, NONE, 1000, NONE);
	SET(setuid, 1001);
	SET(setresuid, 1001, NONE, NONE);
	SET(setreuid, NONE, 0);
	SET(setreuid, NONE, 1000);
	SET(setuid, 0);
	SET(setresuid, 1000, 1001, 0);
	SET(setuid, 1002);
	SET(setresuid, NONE, 1000, 1001);
	SET(setreuid, 1001, 1000);
	SET(setreuid, NONE, 1001);
	SET(setresuid, 0, NONE, NONE);
}

static void by_setreuid(void)
{
	SET(setreuid, 1000, NONE);
	SET(setreuid, NONE, 1001);
	SET(setreuid, 1001, 1000);
	SET(setreuid, NONE, 0);
}

static void for_files(void)
{
	SET(setfsuid, 1000);
	SET(setfsuid, NONE);
	SET(setfsuid, 0);
	SET(setfsuid, 1000);
	SET(setresuid, 0, 0, 0);
}

/* ---- groups ---- */

static void groups(void)
{
	unsigned int list[3] = { 30, 10, 20 }, got[8] = { 0 };

	SET(setgid, NONE);
	CALL(setgroups, 3, list);
	CALL(getgroups, 8, got);
	printf("    %d %d %d\n", got[0], got[1], got[2]);
	CALL(setgroups, 0, NULL);
	CALL(getgroups, 8, got);
	CALL(setgroups, 65537, list);
	CALL(setgroups, -1, list);
	CALL(setgroups, 3, BAD);
	list[1] = NONE;
	CALL(setgroups, 3, list);
	SET(setresgid, 100, 101, 102);
	SET(setregid, NONE, 103);
	SET(setfsgid, 7);
	SET(setresuid, 1000, 1000, 1000);
	SET(setgid, 5);
	SET(setgid, 100);
	SET(setregid, 103, 100);
	SET(setregid, 100, 102);
	SET(setresgid, 100, 100, 100);
	SET(setresgid, 103, NONE, NONE);
	SET(setfsgid, 103);
	CALL(setgroups, 0, NULL);
}

/* ---- who may look ---- */

#define LOOK(nr, ...)	do { prctl(PR_SET_DUMPABLE, 1); CALL(nr, ##__VA_ARGS__); printf("    others may look: %d\n", \
			     prctl(PR_GET_DUMPABLE) == 1); } while (0)

/* Only the real and the saved id may change without hiding what the process has in memory. */
static void who_may_look(void)
{
	LOOK(setresuid, 1000, NONE, NONE);
	LOOK(setresuid, NONE, NONE, 1000);
	LOOK(setresgid, 100, NONE, 100);
	LOOK(setfsgid, 100);
	LOOK(setfsgid, 100);
	LOOK(setfsuid, 1000);
	LOOK(setresgid, 101, 101, 101);
	LOOK(setresuid, NONE, 1000, NONE);
	LOOK(setresuid, 1000, 1000, 1000);
}

/* ---- powers ---- */

static void powers(void)
{
	unsigned int head[2] = { 0x20080522, 0 };
	struct caps c[2];

	get_caps(c);
	CALL(capset, head, c);
	c[0].effective &= ~(1 << 7);
	CALL(capset, head, c); show();
	SET(setuid, 1000);
	SET(setresuid, 0, 0, 0);
	c[0].effective |= 1 << 7;
	CALL(capset, head, c); show();
	c[0].permitted &= ~(1 << 7);
	CALL(capset, head, c);
	c[0].effective &= ~(1 << 7);
	CALL(capset, head, c); show();
	c[0].permitted |= 1 << 7;
	CALL(capset, head, c);
	head[1] = getpid();
	c[0].permitted &= ~(1 << 7);
	CALL(capset, head, c);
	head[1] = getppid();
	CALL(capset, head, c);
	head[0] = 1;
	CALL(capset, head, c);
	printf("    version %x\n", head[0]);
	CALL(capset, BAD, c);
	head[1] = 0;
	CALL(capset, head, BAD);
}

/* ---- how many processes a user may have ---- */

/* Becoming a user who has too many processes does not fail; becoming another program does, until there are fewer. */
static void one_too_many(void)
{
	struct rlimit one = { 1, 1 };
	int fds[2], status;
	pid_t others[2];
	char c = 'x';

	if (pipe(fds))
		exit(1);
	for (int i = 0; i < 2; i++) {
		others[i] = fork();
		if (!others[i]) {
			if (syscall(SYS_setuid, 12345) || write(fds[1], &c, 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		if (read(fds[0], &c, 1) != 1)
			exit(1);
	}
	say("one process at most", setrlimit(RLIMIT_NPROC, &one));
	CALL(setuid, 12345);
	say("execve of nothing", execl("/nothing/of/the/kind", "x", NULL));
	say("once more", execl("/nothing/of/the/kind", "x", NULL));
	fflush(stdout);
	status = (int)syscall(SYS_fork);
	if (!status)
		_exit(0);
	say("fork", status);
	for (int i = 0; i < 2; i++) {
		kill(others[i], SIGKILL);
		waitpid(others[i], &status, 0);
		say("execve of nothing, one has ended", execl("/nothing/of/the/kind", "x", NULL));
	}
}

/* ---- process groups and sessions ---- */

static const char *myself;

static int mine(long id)	{ return id == getpid(); }

static void sessions(void)
{
	int in[2], out[2], status;
	pid_t child, other;
	char c;

	printf("leader of a session: %d, of a group: %d\n", mine(syscall(SYS_getsid, 0)), mine(syscall(SYS_getpgid, 0)));
	CALL(setpgid, 0, -1);
	CALL(setpgid, NOBODY, 0);
	CALL(setpgid, 0, NOBODY);
	CALL(setpgid, 1, 0);
	CALL(getpgid, NOBODY);
	CALL(getsid, NOBODY);
	CALL(getpgid, -1);
	CALL(setpgid, 0, 0);
	printf("leader of a group: %d\n", mine(syscall(SYS_getpgid, 0)));
	CALL(setsid);
	fflush(stdout);

	/* A child that waits for each step of ours. */
	if (pipe(in) || pipe(out))
		exit(1);
	child = fork();
	if (!child) {
		while (read(in[0], &c, 1) == 1 && c != 'q') {
			if (c == 's')
				c = syscall(SYS_setsid) == getpid() ? 'y' : 'n';
			if (write(out[1], &c, 1) != 1)
				break;
		}
		_exit(0);
	}
	other = fork();
	if (!other) {
		close(in[1]);
		while (read(in[0], &c, 0) == 0)
			usleep(1000);
		_exit(0);
	}
	say("child to its own group", syscall(SYS_setpgid, child, child));
	printf("    it is: %d\n", (pid_t)syscall(SYS_getpgid, child) == child);
	say("other to the child's group", syscall(SYS_setpgid, other, child));
	printf("    it is: %d\n", (pid_t)syscall(SYS_getpgid, other) == child);
	say("child to ours again", syscall(SYS_setpgid, child, getpid()));
	say("other to a group without members", syscall(SYS_setpgid, other, child) < 0 ? -1 : 0);
	printf("    it is: %d\n", (pid_t)syscall(SYS_getpgid, other) == child);
	if (write(in[1], "s", 1) != 1 || read(out[0], &c, 1) != 1)
		exit(1);
	printf("child calls setsid() while its group has others: %c\n", c);
	kill(other, 9);
	waitpid(other, &status, 0);
	if (write(in[1], "s", 1) != 1 || read(out[0], &c, 1) != 1)
		exit(1);
	printf("child calls setsid(): %c\n", c);
	printf("    session: %d, group: %d\n", (pid_t)syscall(SYS_getsid, child) == child, (pid_t)syscall(SYS_getpgid, child) == child);
	say("child out of its session", syscall(SYS_setpgid, child, getpid()));
	say("to the child's group", syscall(SYS_setpgid, 0, child));
	if (write(in[1], "s", 1) != 1 || read(out[0], &c, 1) != 1)
		exit(1);
	printf("child calls setsid() again: %c\n", c);
	if (write(in[1], "q", 1) != 1)
		exit(1);
	waitpid(child, &status, 0);

	/* A child that has become another program. */
	child = fork();
	if (!child) {
		dup2(out[1], 1);
		execl(myself, "ids", "wait", NULL);
		_exit(1);
	}
	if (read(out[0], &c, 1) != 1)
		exit(1);
	say("child after execve()", syscall(SYS_setpgid, child, child));
	kill(child, 9);
	waitpid(child, &status, 0);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "wait")) {
		if (write(1, "x", 1) == 1)
			pause();
		return 1;
	}
	myself = argv[0];
	/* Whatever groups the tester is in. */
	syscall(SYS_setgroups, 0, NULL);
	show();
	printf("-- for good\n");
	in_child(for_good);
	printf("-- and back\n");
	in_child(and_back);
	in_child(by_setreuid);
	printf("-- for files\n");
	in_child(for_files);
	printf("-- groups\n");
	in_child(groups);
	printf("-- who may look\n");
	in_child(who_may_look);
	printf("-- powers\n");
	in_child(powers);
	printf("-- how many processes\n");
	in_child(one_too_many);
	printf("-- process groups and sessions\n");
	in_child(sessions);
	return 0;
}
