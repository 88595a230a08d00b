/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/oomadj.c - /proc/PID/oom_score_adj and oom_adj: what they take, and that children inherit it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *name, const char *text)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_WRONLY);
	if (fd >= 0)
		n = write(fd, text, strlen(text));
	printf("%s <- \"%.*s\": %s\n", name, (int)strcspn(text, "\n"), text,
	       n < 0 ? strerror(errno) : n == (ssize_t)strlen(text) ? "taken" : "in part");
	if (fd >= 0)
		close(fd);
}

static int get(const char *name)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		printf("%s: %s\n", name, strerror(errno));
	close(fd);
	return atoi(text);
}

static void show(const char *when)
{
	printf("%s: oom_score_adj %d, oom_adj %d\n", when, get("oom_score_adj"), get("oom_adj"));
	fflush(stdout);
}

/* Each in turn; never down, which takes a power that the tester may not have. */
static void up(const char *name, const char *const *texts)
{
	if (!fork()) {
		show("at first");
		for (; *texts; texts++) {
			put(name, *texts);
			show("then");
		}
		if (!fork()) {
			show("a child's");
			exit(0);
		}
		wait(NULL);
		exit(0);
	}
	wait(NULL);
}

static void scores(void)
{
	if (!fork()) {
		int before = get("oom_score");

		printf("a small process: %d\n", before > 600 && before < 700);
		put("oom_score_adj", "300");
		printf("300 more are 200 more: %d\n", get("oom_score") - before >= 180 && get("oom_score") - before <= 201);
		exit(0);
	}
	wait(NULL);
}

int main(void)
{
	static const char *const score_adj[] = {
		"0", "010", "0x10", "17\n", " 500 ", "999", "1000", "1001", "-1001", "abc", "", "5 6", "1.5", "99999999999", NULL,
	};
	static const char *const adj[] = {
		"0", "1", "+3", "0x5\n", "14", "15", "16", "-18", "abc", "", "5 6", NULL,
	};

	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	put("oom_score", "1");
	fflush(stdout);
	up("oom_score_adj", score_adj);
	up("oom_adj", adj);
	scores();
	show("the parent's, as before");
	return 0;
}
