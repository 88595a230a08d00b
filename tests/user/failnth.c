/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/failnth.c - walk every error path behind an allocation: DEBUG kernels only (/proc/PID/fail-nth).
 *
 * For each operation and n = 1, 2, 3, ...: a child lets its n-th allocation fail and does it. It may then succeed, or
 * fail with an errno of those that mean "no memory"; or be killed, if it is past the point where an errno could be
 * returned (execve). When the number is not used up, each allocation of the operation has failed once, and the next
 * operation is taken.
 *
 * Nothing may be lost: each operation is done once more without failures at the end, and MemFree is what it was after
 * the first round.
 *
 * Prints "failnth: OPERATION: N allocations, E refused, K killed" and at the end "failnth: done, W wrong".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL
#define LONG_NAME	"/tmp/a-new-name-that-does-not-fit-into-a-dentry-itself"
#define MAX_NTH	4000
#define OTHER	200		/* exit codes: OTHER + what went wrong */

static int failed;
static char *self;
static int nth_fd;

/* 0: it worked; -1: errno says why not. */
static int op_open(void)
{
	int fd = open(LONG_NAME, O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		return -1;
	close(fd);
	return unlink(LONG_NAME);
}

static int op_write(void)
{
	static char block[3 * PAGE];
	int fd = open("/tmp/data", O_RDWR | O_CREAT | O_TRUNC, 0600), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, block, sizeof(block)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static int op_mkdir(void)
{
	if (mkdir("/tmp/dir", 0700))
		return -1;
	return rmdir("/tmp/dir");
}

static int op_names(void)
{
	if (symlink("/tmp/nowhere", "/tmp/link"))
		return -1;
	if (rename("/tmp/link", "/tmp/knil")) {
		int err = errno;

		unlink("/tmp/link");
		errno = err;
		return -1;
	}
	return unlink("/tmp/knil");
}

static int op_stat(void)
{
	struct stat st;

	return stat("/proc/self/status", &st);
}

static int op_readdir(void)
{
	static char buf[8192];
	int fd = open("/proc", O_RDONLY | O_DIRECTORY), ret;

	if (fd < 0)
		return -1;
	ret = syscall(SYS_getdents64, fd, buf, sizeof(buf)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static int read_all(const char *path)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY), ret;

	if (fd < 0)
		return -1;
	while ((ret = read(fd, buf, sizeof(buf))) > 0)
		;
	close(fd);
	return ret;
}

static int op_maps(void)	{ return read_all("/proc/self/maps"); }
static int op_smaps(void)	{ return read_all("/proc/self/smaps"); }
static int op_meminfo(void)	{ return read_all("/proc/meminfo"); }
static int op_mounts(void)	{ return read_all("/proc/self/mountinfo"); }

static int op_pipe(void)
{
	char text[PAGE] = "";
	int ends[2], ret;

	if (pipe(ends))
		return -1;
	ret = write(ends[1], text, sizeof(text)) < 0 ? -1 : 0;
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static int op_dup(void)
{
	int fd = fcntl(0, F_DUPFD, 1000);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int op_mmap(void)
{
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	for (int i = 0; i < 16; i++)
		((volatile char *)p)[i * PAGE] = 1;
	if (mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ))
		goto unmap;
	if (munmap(p + 5 * PAGE, PAGE))
		goto unmap;
	return munmap(p, 16 * PAGE);
unmap:
	{
		int err = errno;

		munmap(p, 16 * PAGE);
		errno = err;
		return -1;
	}
}

static int op_remap(void)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;

	if (p == MAP_FAILED)
		return -1;
	*(volatile char *)p = 1;
	q = mremap(p, 4 * PAGE, 1024 * PAGE, MREMAP_MAYMOVE);
	if (q == MAP_FAILED) {
		int err = errno;

		munmap(p, 4 * PAGE);
		errno = err;
		return -1;
	}
	return munmap(q, 1024 * PAGE);
}

static int op_shared(void)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	for (int i = 0; i < 4; i++)
		((volatile char *)p)[i * PAGE] = 1;
	return munmap(p, 4 * PAGE);
}

static int op_file_map(void)
{
	int fd = open(self, O_RDONLY), err;
	char *p;

	if (fd < 0)
		return -1;
	p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	err = errno;
	close(fd);
	errno = err;
	if (p == MAP_FAILED)
		return -1;
	for (int i = 0; i < 8; i++)
		((volatile char *)p)[i * PAGE]++;
	return munmap(p, 8 * PAGE);
}

static int op_populate(void)
{
	char *p = mmap(NULL, 600 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? -1 : munmap(p, 600 * PAGE);
}

static int op_brk(void)
{
	char *end = (char *)syscall(SYS_brk, 0);

	if ((char *)syscall(SYS_brk, end + 4 * PAGE) == end) {
		errno = ENOMEM;
		return -1;
	}
	*(volatile char *)(end + PAGE) = 1;
	syscall(SYS_brk, end);
	return 0;
}

static int reap(pid_t pid)
{
	int status = 0;

	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static int op_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return reap(pid);
}

static int op_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	return reap(pid);
}

/* In place: the child of the round itself becomes another program, or is told why not, or is killed half way. */
static int op_exec(void)
{
	char *argv[] = { self, "nothing", NULL }, *envp[] = { "A=1", NULL };

	return execve(self, argv, envp);
}

static int op_signal(void)
{
	union sigval value = { .sival_int = 1 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sigqueue(getpid(), SIGRTMIN + 1, value);
}

static int op_mount(void)
{
	if (mount("none", "/tmp", "ramfs", 0, NULL))
		return -1;
	return umount2("/tmp", MNT_DETACH);
}

static int op_writev(void)
{
	static struct iovec vec[200];
	static char byte;
	int fd = open("/tmp/vec", O_RDWR | O_CREAT | O_TRUNC, 0600), ret;

	for (int i = 0; i < 200; i++)
		vec[i] = (struct iovec){ &byte, 1 };
	if (fd < 0)
		return -1;
	ret = writev(fd, vec, 200) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static int op_cwd(void)
{
	static char path[PAGE];

	if (chdir("/proc/self"))
		return -1;
	return syscall(SYS_getcwd, path, sizeof(path)) < 0 ? -1 : chdir("/");
}

static const struct {
	const char *name;
	int (*run)(void);
	int may_die;		/* past a point of no return */
} ops[] = {
	{ "open", op_open, 0 }, { "write", op_write, 0 }, { "mkdir", op_mkdir, 0 }, { "names", op_names, 0 },
	{ "stat", op_stat, 0 }, { "readdir", op_readdir, 0 }, { "maps", op_maps, 0 }, { "smaps", op_smaps, 0 },
	{ "meminfo", op_meminfo, 0 }, { "mounts", op_mounts, 0 }, { "pipe", op_pipe, 0 }, { "dup", op_dup, 0 },
	{ "mmap", op_mmap, 0 }, { "remap", op_remap, 0 }, { "shared", op_shared, 0 }, { "file-map", op_file_map, 0 },
	{ "populate", op_populate, 0 }, { "brk", op_brk, 0 }, { "fork", op_fork, 0 }, { "vfork", op_vfork, 0 },
	{ "exec", op_exec, 1 }, { "signal", op_signal, 0 }, { "mount", op_mount, 0 }, { "writev", op_writev, 0 }, { "cwd", op_cwd, 0 },
};

static void set_nth(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(nth_fd, text, len, 0) != len)
		_exit(OTHER + 3);
}

/* What is left of the count. */
static int get_nth(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) <= 0)
		_exit(OTHER + 4);
	return atoi(text);
}

/* In a child: its exit code. 0: done, the count not used up; 1: done; 2: refused for want of memory; OTHER + n: wrong. */
static int round_of(int op, int n)
{
	int ret, err, left;

	nth_fd = open("/proc/self/fail-nth", O_RDWR);
	if (nth_fd < 0)
		return OTHER + 5;
	set_nth(n);
	ret = ops[op].run();
	err = errno;
	left = get_nth();
	set_nth(0);
	if (ret && left) {
		printf("failnth: %s: %s without a reason\n", ops[op].name, strerror(err));
		return OTHER + 1;
	}
	/* E2BIG: no page for the arguments of execve(), as on Linux. */
	if (ret && err != ENOMEM && err != EAGAIN && err != ENOSPC && err != ENFILE && err != EFAULT && err != E2BIG) {
		printf("failnth: %s: %s\n", ops[op].name, strerror(err));
		return OTHER + 2;
	}
	return ret ? 2 : left ? 0 : 1;
}

/* What an operation has made and was refused to remove, because that takes memory as well. */
static void tidy(void)
{
	while (!umount2("/tmp", MNT_DETACH))
		;
	unlink(LONG_NAME);
	unlink("/tmp/link");
	unlink("/tmp/knil");
	rmdir("/tmp/dir");
}

static void walk(int op)
{
	int n, refused = 0, killed = 0, status;

	fflush(stdout);
	for (n = 1; n < MAX_NTH && failed < 20; n++) {
		pid_t pid;

		tidy();
		pid = fork();
		if (!pid) {
			int code = round_of(op, n);

			fflush(stdout);
			_exit(code);
		}
		waitpid(pid, &status, 0);
		if (WIFSIGNALED(status)) {
			killed++;
			if (!ops[op].may_die || (WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGSEGV)) {
				printf("failnth: %s: %d: killed by signal %d: WRONG\n", ops[op].name, n, WTERMSIG(status));
				failed++;
			}
		} else if (WEXITSTATUS(status) >= OTHER) {
			printf("failnth: %s: %d: problem %d: WRONG\n", ops[op].name, n, WEXITSTATUS(status) - OTHER);
			failed++;
		} else if (WEXITSTATUS(status) == 2) {
			refused++;
		} else if (WEXITSTATUS(status) == 0) {
			break;
		}
	}
	printf("failnth: %s: %d allocations, %d refused, %d killed\n", ops[op].name, n - 1, refused, killed);
	fflush(stdout);
}

static long mem_free(void)
{
	static char text[4096];
	int fd = open("/proc/meminfo", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, "MemFree:");
	return at ? strtol(at + 8, NULL, 10) : -1;
}

int main(int argc, char **argv)
{
	long before = 0, after;

	self = argv[0];
	if (argc == 2 && !strcmp(argv[1], "nothing")) {
		/* The successor of op_exec(): was the count used up? */
		nth_fd = open("/proc/self/fail-nth", O_RDWR);
		return nth_fd < 0 ? 1 : get_nth() ? 0 : 1;
	}
	mkdir("/proc", 0755);
	mkdir("/tmp", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	/* The first pass fills what is filled once; the second must leave everything as it was. */
	for (int pass = 0; pass < 2; pass++) {
		before = mem_free();
		for (unsigned int i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
			int wanted = argc < 2;

			for (int a = 1; a < argc; a++)
				wanted |= !strcmp(argv[a], ops[i].name);
			if (wanted)
				walk(i);
		}
	}
	after = mem_free();
	printf("failnth: %ld kB free before the second pass, %ld kB less after\n", before, before - after);
	if (before - after > 256) {
		printf("failnth: memory is lost: WRONG\n");
		failed++;
	}
	printf("failnth: done, %d wrong\n", failed);
	return failed != 0;
}
