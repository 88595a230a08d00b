/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/execs.c - execve: every way to fail, and what survives success.
 *
 * A failed execve must leave the program as it was, so all of these are tried in one process. At last it executes
 * itself: the second life looks at what is left of the first. Between the two somebody else executes a copy that gives
 * root's rights.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIR	"/tmp/primer-execs"
#define FILE_OF(name)	DIR "/" name

static char *const no_env[] = { NULL };

static void try(const char *what, const char *path, char *const *argv, char *const *envp)
{
	execve(path, argv, envp);
	printf("%s: %s\n", what, strerror(errno));
}

static void try_file(const char *what, const char *path)
{
	char *argv[] = { (char *)"x", NULL };

	try(what, path, argv, no_env);
}

static void put(const char *path, const void *text, size_t len, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fchmod(fd, mode))
		printf("cannot write %s: %s\n", path, strerror(errno));
	close(fd);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text), 0755);
}

/* The arguments together: @n strings of @len bytes. */
static void too_many(const char *what, int n, size_t len)
{
	char **argv = calloc(n + 1, sizeof(*argv)), *string = malloc(len);

	memset(string, 'x', len - 1);
	string[len - 1] = 0;
	for (int i = 0; i < n; i++)
		argv[i] = string;
	try(what, FILE_OF("nothing-of-the-kind"), argv, no_env);
	try(what, FILE_OF("empty"), argv, no_env);
	free(string);
	free(argv);
}

static void failures(const char *self)
{
	char name[5000], script[400];
	char *argv[] = { (char *)"x", NULL }, *wild[] = { (char *)"x", (char *)8, NULL };
	int fd;

	mkdir(DIR, 0755);
	try_file("no such file", FILE_OF("nothing-of-the-kind"));
	try_file("empty name", "");
	try_file("directory", DIR);
	memset(name, 'n', sizeof(name));
	name[4999] = 0;
	try_file("long name", name);
	name[300] = 0;
	name[0] = '/';
	try_file("long component", name);
	try("name from nowhere", (char *)8, argv, no_env);
	try("argv from nowhere", self, (char **)8, no_env);
	try("argv with a wild string", self, wild, no_env);
	try("environment from nowhere", self, argv, (char **)8);
	try("environment with a wild string", self, argv, wild);

	put(FILE_OF("empty"), "", 0, 0755);
	try_file("empty file", FILE_OF("empty"));
	try_file("file as directory", FILE_OF("empty/x"));
	put(FILE_OF("plain"), "echo\n", 5, 0644);
	try_file("not executable", FILE_OF("plain"));
	put_text(FILE_OF("text"), "just words\n");
	try_file("text", FILE_OF("text"));
	put_text(FILE_OF("elf"), "\177ELF and no more");
	try_file("ELF magic and no more", FILE_OF("elf"));
	put_text(FILE_OF("s1"), "#!/nothing/of/the/kind\n");
	try_file("script of nothing", FILE_OF("s1"));
	put_text(FILE_OF("s2"), "#!   \n");
	try_file("script without a name", FILE_OF("s2"));
	put_text(FILE_OF("s3"), "#!" FILE_OF("s3") "\n");
	try_file("script of itself", FILE_OF("s3"));
	put_text(FILE_OF("s4"), "#!" FILE_OF("text") "\n");
	try_file("script of a text", FILE_OF("s4"));
	put_text(FILE_OF("s5"), "#!" FILE_OF("plain") "\n");
	try_file("script of what is not executable", FILE_OF("s5"));
	put_text(FILE_OF("s6"), "#!" DIR "\n");
	try_file("script of a directory", FILE_OF("s6"));
	memset(script, 'i', sizeof(script));
	memcpy(script, "#!/", 3);
	put(FILE_OF("s7"), script, sizeof(script), 0755);
	try_file("script with a name that does not end", FILE_OF("s7"));

	too_many("one long string", 1, 140000);
	too_many("strings for 3 MiB", 30, 100000);
	too_many("many pointers", 300000, 2);
	too_many("quite a few", 1000, 1000);

	fd = open(self, O_WRONLY);
	printf("writing to what runs: %s\n", fd < 0 ? strerror(errno) : "ok");
	fd = open(FILE_OF("text"), O_WRONLY);
	try_file("running what is written", FILE_OF("text"));
	close(fd);
	try_file("and not any more", FILE_OF("text"));
	syscall(SYS_execveat, AT_FDCWD, self, argv, no_env, 0x8000000);
	printf("execveat with unknown flags: %s\n", strerror(errno));
	syscall(SYS_execveat, 99, "x", argv, no_env, 0);
	printf("execveat of a closed descriptor: %s\n", strerror(errno));
	syscall(SYS_execveat, AT_FDCWD, "", argv, no_env, 0);
	printf("execveat of nothing: %s\n", strerror(errno));
	fd = waitpid(-1, NULL, WNOHANG);
	printf("children: %d %s\n", fd, strerror(errno));
	fd = waitpid(-1, NULL, 0x100);
	printf("wait with wild options: %d %s\n", fd, strerror(errno));
}

static void copy(const char *from, const char *to, int mode)
{
	struct stat st;
	void *text;
	int fd = open(from, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		return;
	text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	put(to, text, st.st_size, mode);
	munmap(text, st.st_size);
	close(fd);
}

/* Whether user 1000 gains root's rights by the program at @path; clone() has @flags. */
static void gains(const char *what, const char *path, unsigned long flags)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (syscall(SYS_setresgid, 1000, 1000, 1000) || syscall(SYS_setresuid, 1000, 1000, 1000))
			_exit(1);
		pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0L, 0L, 0L, 0L);
		if (!pid) {
			execl(path, path, "whose", NULL);
			_exit(2);
		}
		if (waitpid(pid, &status, 0) != pid)
			_exit(3);
		_exit(WEXITSTATUS(status));
	}
	waitpid(pid, &status, 0);
	printf("%s: %x\n", what, WEXITSTATUS(status));
}

enum { OF_ROOT = 0x10, OF_CALLER = 0x20, OF_ROOTS_GROUP = 0x40, OF_CALLERS_GROUP = 0x80 };

static int whose(const char *self)
{
	struct statvfs vfs;
	int ret = (geteuid() ? OF_CALLER : OF_ROOT) | (getegid() ? OF_CALLERS_GROUP : OF_ROOTS_GROUP);

	/* Where no file may give rights, there is nothing to be seen: the answer is the one from elsewhere. */
	if (!statvfs(self, &vfs) && (vfs.f_flag & ST_NOSUID) && strstr(self, "alone"))
		return OF_ROOT | OF_ROOTS_GROUP;
	return ret;
}

static void rights(const char *self)
{
	copy(self, FILE_OF("alone"), 06755);
	copy(self, FILE_OF("shared"), 06755);
	gains("set-uid", FILE_OF("alone"), 0);
	gains("set-uid, the directory is shared with the parent", FILE_OF("shared"), CLONE_FS);
	gains("set-uid, files are shared with the parent", FILE_OF("alone"), CLONE_FILES);
}

static int again(int argc, char **argv)
{
	char comm[16] = "";
	struct rlimit lim;

	printf("second life: %d arguments, \"%s\", \"%s\"\n", argc, argv[2], argv[3]);
	printf("environment: %s\n", getenv("COLOUR") ? getenv("COLOUR") : "none");
	printf("descriptor 20 (closes): %s\n", fcntl(20, F_GETFD) < 0 ? strerror(errno) : "open");
	printf("descriptor 21 (stays): %s\n", fcntl(21, F_GETFD) < 0 ? strerror(errno) : "open");
	getrlimit(RLIMIT_CORE, &lim);
	printf("limit: %lu\n", (unsigned long)lim.rlim_cur);
	prctl(PR_GET_NAME, comm);
	printf("renamed: %d\n", !strcmp(comm, "other-name"));
	printf("pid: %d\n", atoi(argv[4]) == getpid());
	printf("executed: %d\n", !strcmp((char *)getauxval(AT_EXECFN), argv[5]));
	printf("page of the first life is gone: %d\n",
	       syscall(SYS_access, strtoul(argv[6], NULL, 16), F_OK) < 0 && errno == EFAULT);
	printf("execs: done\n");
	return 0;
}

int main(int argc, char **argv)
{
	char *self = realpath(argv[0], NULL), pid[16], addr[32];
	struct rlimit lim = { 4096, 8192 };
	void *page;
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 4096);
	if (argc > 2 && !strcmp(argv[1], "again"))
		return again(argc, argv);
	if (argc > 1)
		return whose(argv[0]);
	failures(self);
	rights(self);

	fd = open("/", O_RDONLY);
	dup2(fd, 20);
	fcntl(20, F_SETFD, FD_CLOEXEC);
	dup2(fd, 21);
	setrlimit(RLIMIT_CORE, &lim);
	prctl(PR_SET_NAME, "other-name");
	page = mmap((void *)0x5000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(addr, sizeof(addr), "%lx", (unsigned long)page);
	char *const next[] = { argv[0], (char *)"again", (char *)"", (char *)"two words", pid, self, addr, NULL };
	char *const env[] = { (char *)"COLOUR=blue", NULL };

	execve(self, next, env);
	printf("cannot execute myself: %s\n", strerror(errno));
	return 1;
}
