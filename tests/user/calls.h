/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/user/calls.h - system calls whose answers are told, and children that try them: ids.c, schedcalls.c. */
#ifndef TESTS_USER_CALLS_H
#define TESTS_USER_CALLS_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s: %ld\n", what, ret);
}
#define CALL(nr, ...)	say(#nr "(" #__VA_ARGS__ ")", syscall(SYS_##nr, ##__VA_ARGS__))

/* Run @fn in a child, so that what it gives up is given up there only. */
static void in_child(void (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		fn();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("    child ended with %x\n", status);
}

#endif
