/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/user/files.c - what the file calls return, as a text that is the same on every kernel that follows the ABI.
 *
 * Run as root, on the host's Linux and on Primer. Each line is a call and its result; a difference between the two
 * texts is a bug. Nothing that may differ (inode numbers, the time of now, sizes of directories) is printed. It works
 * in a directory of its own, in a filesystem in memory, and removes it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE	1
#define RENAME_EXCHANGE		2
#endif

static const char *name(int err)
{
	static char other[16];
	static const struct { int err; const char *name; } names[] = {
#define N(e) { e, #e }
		N(EPERM), N(ENOENT), N(EIO), N(ENXIO), N(EBADF), N(EAGAIN), N(ENOMEM), N(EACCES), N(EFAULT), N(EBUSY),
		N(EEXIST), N(EXDEV), N(ENODEV), N(ENOTDIR), N(EISDIR), N(EINVAL), N(EMFILE), N(ENOTTY), N(ETXTBSY),
		N(EFBIG), N(ENOSPC), N(ESPIPE), N(EROFS), N(EMLINK), N(EPIPE), N(ERANGE), N(ENAMETOOLONG), N(ENOSYS),
		N(ENOTEMPTY), N(ELOOP),
		N(EOVERFLOW), N(EOPNOTSUPP),
#undef N
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].err == err)
			return names[i].name;
	}
	snprintf(other, sizeof(other), "errno %d", err);
	return other;
}

static int line;

/* The call, as written, and what it returned. */
#define T(call) do { long ret_ = (long)(call); int err_ = errno; \
	printf("%03d %s: ", ++line, #call); \
	if (ret_ < 0) printf("%s\n", name(err_)); else printf("%ld\n", ret_); } while (0)
/* Only success or the error: the value differs between kernels. */
#define OK(call) do { long ret_ = (long)(call); int err_ = errno; \
	printf("%03d %s: %s\n", ++line, #call, ret_ < 0 ? name(err_) : "ok"); } while (0)

static char buf[70000];

static void put(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("put %s: %s\n", path, name(errno));
	close(fd);
}

static void get(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, 60);

	if (n < 0)
		printf("    %s: %s\n", path, name(errno));
	else
		printf("    %s: \"%.*s\"\n", path, (int)n, buf);
	if (fd >= 0)
		close(fd);
}

static void what(const char *path)
{
	struct stat st;

	if (lstat(path, &st)) {
		printf("    %s: %s\n", path, name(errno));
		return;
	}
	printf("    %s: mode %06o links %ld owner %d:%d", path, st.st_mode, (long)st.st_nlink, (int)st.st_uid,
	       (int)st.st_gid);
	if (!S_ISDIR(st.st_mode))
		printf(" size %ld blocks %ld", (long)st.st_size, (long)st.st_blocks);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf(" device %u:%u", major(st.st_rdev), minor(st.st_rdev));
	printf("\n");
}

static void open_flags(void)
{
	int fd;
	char *long_name = malloc(300), *long_path = malloc(5000);

	memset(long_name, 'n', 256);
	long_name[256] = 0;
	for (int i = 0; i < 4098; i += 2)
		memcpy(long_path + i, "./", 2);
	long_path[4096] = 0;

	put("file", "0123456789");
	mkdir("dir", 0755);
	symlink("file", "link");
	symlink("dir", "dirlink");
	symlink("nothing", "dangling");
	symlink("loop2", "loop1");
	symlink("loop1", "loop2");
	symlink("self/x", "self");
	T(open("nothing", O_RDONLY));
	T(open("nothing/x", O_RDONLY));
	T(open("file/x", O_RDONLY));
	T(open("file/", O_RDONLY));
	T(open("file/.", O_RDONLY));
	T(open("file/..", O_RDONLY));
	T(open("", O_RDONLY));
	T(open(NULL, O_RDONLY));
	T(open(long_name, O_RDONLY));
	long_name[255] = 0;
	T(open(long_name, O_RDONLY));
	T(open(long_path, O_RDONLY));
	long_path[4095] = 0;
	OK(fd = open(long_path, O_RDONLY));
	close(fd);
	T(open("dir", O_WRONLY));
	T(open("dir", O_RDWR));
	T(open("dir", O_RDONLY | O_CREAT, 0644));
	T(open("dir/", O_RDONLY | O_CREAT, 0644));
	T(open("new/", O_RDONLY | O_CREAT, 0644));
	T(open("file/", O_RDONLY | O_CREAT, 0644));
	T(open("file", O_RDONLY | O_DIRECTORY));
	T(open("link", O_RDONLY | O_DIRECTORY));
	OK(fd = open("dirlink", O_RDONLY | O_DIRECTORY)); close(fd);
	T(open("dirlink", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
	OK(fd = open("dirlink/", O_RDONLY | O_NOFOLLOW)); close(fd);
	T(open("link", O_RDONLY | O_NOFOLLOW));
	T(open("file", O_CREAT | O_EXCL | O_WRONLY, 0644));
	T(open("link", O_CREAT | O_EXCL | O_WRONLY, 0644));
	T(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0644));
	T(open("dangling", O_RDONLY));
	OK(fd = open("dangling", O_CREAT | O_WRONLY, 0644)); close(fd);
	what("nothing");
	T(unlink("nothing"));
	T(open("loop1", O_RDONLY));
	T(open("loop1/x", O_RDONLY));
	T(open("self", O_RDONLY));
	T(open("self", O_CREAT | O_WRONLY, 0644));
	T(open("dir/sub/file", O_CREAT | O_WRONLY, 0644));
	T(open(".", O_CREAT | O_WRONLY, 0644));
	T(open("..", O_CREAT | O_RDONLY, 0644));
	T(open("/", O_CREAT | O_RDONLY, 0644));
	T(open(".", O_TMPFILE | O_RDONLY, 0644));
	T(open("file", O_TMPFILE | O_RDWR, 0644));
	OK(fd = open(".", O_TMPFILE | O_RDWR, 0640));
	T(write(fd, "x", 1));
	T(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH)); what("named"); get("named");
	T(linkat(fd, "", AT_FDCWD, "named2", AT_EMPTY_PATH)); what("named"); T(unlink("named2")); T(unlink("named"));
	T(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
	close(fd);
	OK(fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0640));
	T(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
	close(fd);
	OK(fd = open("file", O_PATH));
	T(read(fd, buf, 1));
	T(write(fd, buf, 1));
	T(lseek(fd, 0, SEEK_SET));
	T(syscall(SYS_fchmod, fd, 0600));	/* musl would try it again through /proc */
	T(ftruncate(fd, 0));
	T(fcntl(fd, F_GETFL));
	T(fsync(fd));
	T(ioctl(fd, FIONREAD, buf));
	close(fd);
	OK(fd = open("link", O_PATH | O_NOFOLLOW));
	T(readlinkat(fd, "", buf, 100));
	close(fd);
	OK(fd = open("file", O_RDONLY));
	T(write(fd, "x", 1));
	T(ftruncate(fd, 3));
	T(fcntl(fd, F_GETFL) & ~O_LARGEFILE & ~0100000);
	close(fd);
	OK(fd = open("file", O_WRONLY | O_APPEND));
	T(read(fd, buf, 1));
	T(fcntl(fd, F_GETFL) & ~0100000);
	T(fcntl(fd, F_SETFL, O_NONBLOCK));
	T(fcntl(fd, F_GETFL) & ~0100000);
	close(fd);
	OK(fd = open("file", O_RDONLY | O_TRUNC)); close(fd);
	what("file");
	T(close(fd));
	T(close(-1));
	T(openat(99, "file", O_RDONLY));
	T(openat(-5, "file", O_RDONLY));
	OK(fd = open("file", O_RDONLY));
	T(openat(fd, "file", O_RDONLY));
	T(openat(fd, "", O_RDONLY));
	close(fd);
	T(creat("link/", 0644));
	T(access("file", F_OK));
	T(access("file", X_OK));
	T(access("file", 8));
	T(access("nothing", F_OK));
	T(faccessat(AT_FDCWD, "dangling", F_OK, 0));
	T(syscall(439, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	T(syscall(439, AT_FDCWD, "file", F_OK, 0x8000));
	free(long_name);
	free(long_path);
}

static void deep_links(void)
{
	char a[16], b[16];

	put("target", "found");
	symlink("target", "l0");
	for (int i = 1; i <= 41; i++) {
		snprintf(a, sizeof(a), "l%d", i - 1);
		snprintf(b, sizeof(b), "l%d", i);
		symlink(a, b);
	}
	get("l38");
	get("l39");
	get("l40");
	get("l41");
	mkdir("d0", 0755);
	symlink("d0", "m0");
	put("d0/f", "inside");
	symlink("m0/../m0/./../d0", "m1");
	symlink("m1/..//m1/f", "m2");
	get("m2");
	symlink("/", "root");
	OK(access("root/", F_OK));
	OK(access("root/../../..", F_OK));
	for (int i = 0; i <= 41; i++) {
		snprintf(b, sizeof(b), "l%d", i);
		unlink(b);
	}
	T(readlink("m2", buf, 3));
	T(readlink("m2", buf, 0));
	T(readlink("target", buf, 10));
	T(readlink("nothing", buf, 10));
	T(symlink("", "empty"));
	T(symlink("x", "m0"));
	T(symlink("x", "nodir/x"));
	T(symlink("x", "d0/"));
	T(symlink("x", "new/"));
	T(unlink("m0/"));
	T(rmdir("m0"));
	T(rmdir("m0/"));
	T(unlink("d0/f")); T(unlink("m0")); T(unlink("m1")); T(unlink("m2")); T(unlink("root")); T(unlink("target"));
	T(rmdir("d0/"));
}

static void directories(void)
{
	int fd;

	T(mkdir("a", 0777));
	what("a");
	T(mkdir("a", 0777));
	T(mkdir("a/", 0777));
	T(mkdir("file", 0777));
	T(mkdir("file/b", 0777));
	T(mkdir("nodir/b", 0777));
	T(mkdir("a/b/", 0700));
	T(mkdir("a/b/c///", 01777));
	what("a"); what("a/b"); what("a/b/c");
	T(mkdir(".", 0777)); T(mkdir("..", 0777)); T(mkdir("/", 0777)); T(mkdir("", 0777)); T(mkdir("a/.", 0777));
	T(rmdir("a")); T(rmdir("a/.")); T(rmdir("a/b/..")); T(rmdir("/")); T(rmdir("file")); T(rmdir("nothing"));
	T(rmdir(""));
	T(unlink("a")); T(unlink("a/")); T(unlink("file/")); T(unlink(".")); T(unlink("..")); T(unlink("/"));
	T(unlink("nothing"));
	T(unlinkat(AT_FDCWD, "a", AT_REMOVEDIR)); T(unlinkat(AT_FDCWD, "a", 1)); T(unlinkat(99, "a", 0));
	OK(fd = open("a/b/c", O_RDONLY | O_DIRECTORY));
	T(rmdir("a/b/c"));
	T(openat(fd, "x", O_CREAT | O_WRONLY, 0644));
	T(openat(fd, ".", O_RDONLY) > 0);
	T(openat(fd, "..", O_RDONLY) > 0);
	T(mkdirat(fd, "x", 0700));
	T(syscall(SYS_getdents64, fd, buf, 1000));
	T(fchdir(fd));
	T(syscall(SYS_getcwd, buf, 1000));
	T(syscall(SYS_chdir, ".."));
	T(chdir("a")); T(chdir("../.."));
	T(rmdir("a/b")); T(rmdir("a"));
	close(fd);
	T(chdir("file")); T(chdir("nothing")); T(fchdir(99));
	T(syscall(SYS_getcwd, buf, 1)); T(syscall(SYS_getcwd, buf, 0)); T(syscall(SYS_getcwd, (char *)1, 1000));
	T(umask(027)); T(umask(0777777)); T(umask(022));
	T(umask(077)); mkdir("u", 0777); what("u"); rmdir("u"); umask(022);
}

static void links_and_renames(void)
{
	put("one", "1"); put("two", "2"); mkdir("d", 0755); mkdir("e", 0755); put("d/in", "in");
	T(link("one", "three")); what("one");
	T(link("one", "two")); T(link("d", "d2")); T(link("nothing", "x")); T(link("one", "nodir/x"));
	T(link("one", "x/"));
	T(link("one", "d/")); T(link("one/", "x"));
	symlink("one", "s");
	T(link("s", "s2")); what("s2"); T(unlink("s2"));
	T(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", AT_SYMLINK_FOLLOW)); what("s2"); T(unlink("s2"));
	T(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", 0x8000));
	T(rename("one", "three")); what("one");
	T(rename("one", "two")); what("one"); get("two"); what("two");
	T(rename("three", "d")); T(rename("d", "three")); T(rename("d", "e")); what("e"); what("d"); get("e/in");
	mkdir("d", 0755);
	T(rename("d", "e")); T(rename("e", "e/sub")); T(rename("e", "e/sub/sub")); T(rename("e/in", "e"));
	mkdir("e/sub", 0755);
	T(rename("e", "e/sub/x")); T(rename("e/sub", "e"));
	T(rename(".", "x")); T(rename("..", "x")); T(rename("d", ".")); T(rename("d/.", "x")); T(rename("d", ".."));
	T(rename("/", "x"));
	T(rename("nothing", "x")); T(rename("two/", "x")); T(rename("two", "x/")); T(rename("d/", "dd/"));
	T(rename("dd", "d"));
	T(rename("two", "nodir/x")); T(rename("", "x")); T(rename("two", ""));
	T(syscall(SYS_renameat2, AT_FDCWD, "two", AT_FDCWD, "three", RENAME_NOREPLACE));
	T(syscall(SYS_renameat2, AT_FDCWD, "two", AT_FDCWD, "four", RENAME_NOREPLACE));
	T(syscall(SYS_renameat2, AT_FDCWD, "four", AT_FDCWD, "e", RENAME_EXCHANGE)); what("four"); what("e");
	get("four/in");
	T(syscall(SYS_renameat2, AT_FDCWD, "four", AT_FDCWD, "four/sub", RENAME_EXCHANGE));
	T(syscall(SYS_renameat2, AT_FDCWD, "four/sub", AT_FDCWD, "four", RENAME_EXCHANGE));
	T(syscall(SYS_renameat2, AT_FDCWD, "four/sub", AT_FDCWD, "e", RENAME_EXCHANGE)); what("four"); what("e");
	what("four/sub");
	T(syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "nothing", RENAME_EXCHANGE));
	T(syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "d", 3));
	T(syscall(SYS_renameat2, AT_FDCWD, "e", AT_FDCWD, "d", 64));
	T(unlink("s")); T(unlink("three")); T(unlink("four/in")); T(unlink("four/sub")); T(rmdir("four"));
	T(rmdir("d")); T(rmdir("e"));
	T(unlink("two"));
	put("open", "still here");
	int fd = open("open", O_RDWR);
	struct stat st;
	T(unlink("open")); T(fstat(fd, &st)); printf("    links %d size %d\n", (int)st.st_nlink, (int)st.st_size);
	T(read(fd, buf, 20)); T(write(fd, "x", 1)); T(link("open", "again"));
	close(fd);
}

static void data(void)
{
	int fd, fd2;
	struct iovec iov[3] = { { buf, 3 }, { buf + 10, 0 }, { buf + 20, 4 } };

	OK(fd = open("data", O_CREAT | O_RDWR | O_TRUNC, 0644));
	T(write(fd, "hello", 5)); T(read(fd, buf, 10)); T(lseek(fd, 0, SEEK_SET)); T(read(fd, buf, 3));
	T(lseek(fd, 0, SEEK_CUR));
	T(lseek(fd, -10, SEEK_CUR)); T(lseek(fd, -1, SEEK_END)); T(lseek(fd, 1, SEEK_END));
	T(lseek(fd, -1, SEEK_SET)); T(lseek(fd, 0, 9));
	T(lseek(fd, LONG_MAX, SEEK_SET)); T(lseek(fd, 1, SEEK_CUR)); T(write(fd, "x", 1)); T(read(fd, buf, 1));
	T(lseek(fd, LONG_MAX - 1, SEEK_SET)); T(write(fd, "xy", 2));
	T(lseek(fd, 100000, SEEK_SET)); T(write(fd, "end", 3)); what("data");
	T(pread(fd, buf, 100, 99990)); printf("    %d %d %.3s\n", buf[0], buf[9], buf + 10);
	T(pread(fd, buf, 10, 50000)); printf("    %d %d\n", buf[0], buf[9]); what("data");
	T(pread(fd, buf, 10, 200000)); T(pread(fd, buf, 10, -1)); T(pwrite(fd, "HE", 2, 0)); T(pwrite(fd, "x", 1, -1));
	T(lseek(fd, 0, SEEK_DATA)); T(lseek(fd, 100003, SEEK_DATA)); T(lseek(fd, 100003, SEEK_HOLE));
	T(ftruncate(fd, 3)); T(ftruncate(fd, 5)); T(pread(fd, buf, 10, 0));
	printf("    %.3s %d %d\n", buf, buf[3], buf[4]); what("data");
	T(ftruncate(fd, -1)); T(truncate("data", -1)); T(truncate("nothing", 0)); T(truncate("dir", 0));
	T(truncate("dir/", 0));
	T(truncate("file/x", 0)); T(truncate("data", 8192)); what("data"); T(truncate("data", 0)); what("data");
	T(lseek(fd, 0, SEEK_SET)); memcpy(buf, "abcdefghijklmnopqrstuvwxyz", 26);
	T(writev(fd, iov, 3)); T(writev(fd, iov, 0)); T(writev(fd, iov, -1)); T(writev(fd, iov, 1025));
	T(writev(fd, NULL, 1));
	T(lseek(fd, 0, SEEK_SET)); T(readv(fd, iov, 3)); T(preadv(fd, iov, 3, 2)); T(pwritev(fd, iov, 3, 7));
	get("data");
	iov[1].iov_len = -1L; T(writev(fd, iov, 3)); iov[1].iov_len = 2; iov[1].iov_base = (void *)1;
	T(pwritev(fd, iov, 3, 0)); iov[1].iov_base = (void *)-4096L; T(pwritev(fd, iov, 3, 0)); get("data");
	T(read(fd, (void *)1, 1)); T(read(fd, (void *)1, 0)); T(write(fd, (void *)1, 1));
	T(write(fd, (void *)-1L, 1)); T(read(99, buf, 1));
	T(write(fd, (void *)1, 0)); T(pread(fd, (void *)-4096L, 1, 0)); T(read(fd, buf, -1L) >= 0);
	OK(fd2 = open("data", O_WRONLY | O_APPEND));
	T(lseek(fd2, 0, SEEK_SET)); T(write(fd2, "APP", 3)); T(lseek(fd2, 0, SEEK_CUR)); T(pwrite(fd2, "P", 1, 0));
	get("data"); close(fd2);
	T(sendfile(fd, fd, NULL, 3)); OK(fd2 = open("copy", O_CREAT | O_RDWR | O_TRUNC, 0644));
	off_t off = 2;
	T(lseek(fd, 0, SEEK_SET)); T(sendfile(fd2, fd, NULL, 5)); T(sendfile(fd2, fd, &off, 3));
	printf("    off %ld\n", (long)off);
	T(lseek(fd, 0, SEEK_CUR)); get("copy"); T(sendfile(fd2, 99, NULL, 5)); T(sendfile(99, fd, NULL, 5)); off = -1;
	T(sendfile(fd2, fd, &off, 3)); T(sendfile(fd2, fd, (off_t *)1, 3));
	int ends[2];
	/* A stream could not be given back what the other side does not take. */
	T(pipe(ends)); T(write(ends[1], "stream", 6)); T(sendfile(fd2, ends[0], NULL, 3)); T(read(ends[0], buf, 10));
	close(ends[0]); close(ends[1]);
	close(fd2); OK(fd2 = open("copy", O_RDONLY | O_CLOEXEC)); T(fcntl(fd2, F_GETFL) & O_CLOEXEC); T(fcntl(fd2, F_GETFD));
	T(fsync(fd)); T(fdatasync(fd)); T(fsync(99)); sync();
	close(fd2); close(fd);
	T(unlink("copy"));
	/* A full page and a bit, over an end that is not aligned. */
	memset(buf, 'p', sizeof(buf));
	OK(fd = open("data", O_RDWR | O_TRUNC));
	T(pwrite(fd, buf, 5000, 3000)); T(pwrite(fd, buf, 65536, 123456)); what("data"); T(pread(fd, buf, 10, 2995));
	printf("    %d %c\n", buf[0], buf[9]);
	T(ioctl(fd, 0x5401, buf)); T(ioctl(fd, FIONREAD, buf)); T(ioctl(fd, 0x1234, buf)); T(ioctl(99, 0x5401, buf));
	close(fd);
	T(open("dir", O_RDONLY) >= 0);
	fd = open("dir", O_RDONLY); T(read(fd, buf, 10)); T(write(fd, buf, 10)); T(fsync(fd)); T(ftruncate(fd, 0));
	T(lseek(fd, 5, SEEK_SET));
	T(pread(fd, buf, 10, 0)); T(syscall(SYS_getdents64, fd, buf, 10)); lseek(fd, 0, SEEK_SET);
	T(syscall(SYS_getdents64, fd, buf, 10));
	T(syscall(SYS_getdents64, fd, (void *)1, 1000)); T(syscall(SYS_getdents64, 99, buf, 1000)); close(fd);
	fd = open("data", O_RDONLY); T(syscall(SYS_getdents64, fd, buf, 1000)); close(fd); T(unlink("data"));
}

static void attributes(void)
{
	struct timespec ts[2] = { { 1000000000, 5 }, { 1100000000, 999999999 } };
	struct stat st;
	struct statfs sf;
	int fd;

	put("f", "x");
	T(chmod("f", 06755)); what("f"); T(chown("f", 1, 2)); what("f"); T(chmod("f", 06745)); T(chown("f", -1, 3));
	what("f");
	T(chmod("f", 0177777)); what("f"); T(chown("f", 0, 0)); T(chmod("f", 0)); what("f"); T(open("f", O_RDWR) >= 0);
	T(chmod("nothing", 0)); T(chmod("f/", 0)); T(fchmod(99, 0)); T(fchown(99, 0, 0));
	T(fchownat(AT_FDCWD, "f", 0, 0, 0x8000));
	symlink("f", "sl"); T(lchown("sl", 5, 6)); what("sl"); what("f"); T(chown("sl", 7, 8)); what("f");
	T(fchownat(AT_FDCWD, "", 0, 0, AT_EMPTY_PATH)); T(fchownat(AT_FDCWD, "", 0, 0, 0));
	T(utimensat(AT_FDCWD, "f", ts, 0)); stat("f", &st);
	printf("    %ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec,
	       st.st_mtim.tv_nsec);
	ts[0].tv_nsec = UTIME_OMIT; ts[1].tv_sec = 5; ts[1].tv_nsec = 6; T(utimensat(AT_FDCWD, "sl", ts, 0));
	stat("f", &st);
	printf("    %ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec,
	       st.st_mtim.tv_nsec);
	ts[1].tv_nsec = 1000000000; T(utimensat(AT_FDCWD, "f", ts, 0)); T(utimensat(AT_FDCWD, "f", NULL, 0x8000));
	T(utimensat(AT_FDCWD, NULL, NULL, 0)); T(utimensat(99, "f", NULL, 0));
	T(utimensat(AT_FDCWD, "nothing", NULL, 0));
	fd = open("f", O_RDONLY); T(syscall(SYS_utimensat, fd, NULL, NULL, 0));
	T(syscall(SYS_utimensat, fd, NULL, NULL, AT_SYMLINK_NOFOLLOW));
	T(fstatat(fd, "", &st, AT_EMPTY_PATH)); T(fstatat(fd, "", &st, 0));
	T(fstatat(AT_FDCWD, "sl", &st, AT_SYMLINK_NOFOLLOW));
	T(fstatat(AT_FDCWD, "sl", &st, 0x8000)); T(syscall(SYS_fstat, 99, &st)); T(syscall(SYS_stat, "f", 1));
	T(syscall(SYS_stat, 1, &st));
	T(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, buf)); T(syscall(SYS_statx, AT_FDCWD, "f", 0x6000, 0x7ff, buf));
	T(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000, buf));
	T(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0x7ff, buf));
	T(statfs("f", &sf));
	printf("    type %lx bsize %ld namelen %ld\n", (long)sf.f_type, (long)sf.f_bsize, (long)sf.f_namelen);
	T(statfs("nothing", &sf)); T(fstatfs(99, &sf)); T(fstatfs(fd, &sf)); close(fd);
	T(mknod("p", S_IFIFO | 0600, 0)); what("p"); T(mknod("c", S_IFCHR | 0600, makedev(99, 300))); what("c");
	T(open("c", O_RDONLY));
	T(mknod("b", S_IFBLK | 0600, makedev(7, 99999))); what("b"); T(mknod("s", S_IFSOCK | 0600, 0)); what("s");
	T(open("s", O_RDONLY));
	T(mknod("r", 0600, 0)); what("r"); T(mknod("r2", S_IFREG | 0622, 0)); what("r2");
	T(mknod("d", S_IFDIR | 0600, 0));
	T(mknod("l", S_IFLNK | 0600, 0)); T(mknod("p", S_IFIFO, 0)); T(mknod("nodir/p", S_IFIFO, 0));
	T(mknod("q/", S_IFIFO, 0));
	T(unlink("f")); T(unlink("sl")); T(unlink("p")); T(unlink("c")); T(unlink("b")); T(unlink("s"));
	T(unlink("r")); T(unlink("r2"));
}

static void descriptors(void)
{
	struct rlimit rl;
	int fd, fd2;

	fd = open("file", O_RDONLY);
	T(dup(fd) - fd); T(dup2(fd, 20)); T(dup2(fd, fd) - fd); T(dup2(99, 99)); T(dup2(99, 20)); T(dup3(fd, fd, 0));
	T(dup3(fd, 21, O_CLOEXEC));
	T(dup3(fd, 22, 1)); T(dup2(fd, -1)); T(dup(99)); T(fcntl(21, F_GETFD)); T(fcntl(20, F_GETFD));
	T(fcntl(20, F_SETFD, 1));
	T(fcntl(20, F_GETFD)); T(fcntl(20, F_SETFD, 2)); T(fcntl(20, F_GETFD)); T(fcntl(20, F_DUPFD, 30));
	T(fcntl(20, F_DUPFD_CLOEXEC, 30));
	T(fcntl(31, F_GETFD)); T(fcntl(30, F_GETFD)); T(fcntl(20, F_DUPFD, -1)); T(fcntl(20, 9999));
	T(fcntl(99, F_GETFD));
	T(dup2(fd, 70)); T(dup2(fd, 200)); T(fcntl(200, F_GETFD)); T(syscall(436, 20, 100, 0)); T(fcntl(20, F_GETFD));
	T(fcntl(70, F_GETFD));
	T(fcntl(200, F_GETFD)); T(syscall(436, 100, 20, 0)); T(syscall(436, 100, -1, 4)); T(fcntl(200, F_GETFD));
	T(syscall(436, 0, 1, 8));
	T(close(200)); T(close(200));
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = 50; T(setrlimit(RLIMIT_NOFILE, &rl));
	T(dup2(fd, 50)); T(dup2(fd, 49)); T(fcntl(fd, F_DUPFD, 50)); T(fcntl(fd, F_DUPFD, 49));
	while ((fd2 = dup(fd)) >= 0)
		;
	printf("    out of descriptors: %s\n", name(errno));
	T(open("file", O_RDONLY)); T(close(40)); T(open("file", O_RDONLY)); T(syscall(436, 3, ~0U, 0));
	T(open("file", O_RDONLY)); T(close(3));
	rl.rlim_cur = 1024; T(setrlimit(RLIMIT_NOFILE, &rl));
	fd = open("file", O_RDONLY); T(dup2(fd, 1023)); T(dup2(fd, 1024)); T(close(1023)); T(close(fd));
	/* One position for all descriptors of an opening. */
	put("file", "0123456789"); fd = open("file", O_RDONLY); fd2 = dup(fd); T(read(fd, buf, 4));
	T(lseek(fd2, 0, SEEK_CUR));
	T(close(fd)); T(read(fd2, buf, 4)); printf("    %.4s\n", buf); T(close(fd2));
}

static void devices(void)
{
	int fd;

	OK(fd = open("/dev/null", O_RDWR)); T(read(fd, buf, 10)); T(write(fd, buf, 10)); T(write(fd, (void *)1, 10));
	T(lseek(fd, 5, SEEK_SET));
	T(pread(fd, buf, 10, 5)); T(ftruncate(fd, 0)); T(fsync(fd)); T(ioctl(fd, 0x5401, buf));
	T(fcntl(fd, F_SETFL, O_DIRECT)); close(fd);
	T(open("/dev/null", O_RDONLY | O_DIRECT));
	OK(fd = open("/dev/zero", O_RDWR)); memset(buf, 1, 100); T(read(fd, buf, 10));
	printf("    %d %d\n", buf[9], buf[10]);
	T(write(fd, buf, 10)); T(read(fd, (void *)1, 10)); T(read(fd, buf, 65536)); T(pread(fd, buf, 10, 1000));
	close(fd);
	OK(fd = open("/dev/full", O_RDWR)); T(read(fd, buf, 10)); T(write(fd, buf, 10)); T(write(fd, buf, 0));
	close(fd);
	OK(fd = open("/dev/urandom", O_RDONLY)); T(read(fd, buf, 100)); T(read(fd, (void *)1, 10)); close(fd);
	OK(fd = open("/dev/null", O_WRONLY | O_TRUNC | O_CREAT, 0644)); close(fd);
	T(open("/dev/null", O_RDONLY | O_DIRECTORY)); T(open("/dev/null/x", O_RDONLY)); T(truncate("/dev/null", 0));
}

/* Rights of somebody who is not root. */
static void permissions(void)
{
	mkdir("open", 0777); mkdir("shut", 0700); mkdir("search", 0711); mkdir("list", 0744); mkdir("sticky", 01777);
	mkdir("mine", 0777);
	chmod("open", 0777); chmod("sticky", 01777); chmod("mine", 0777);
	put("shut/f", "x"); put("search/f", "x"); put("list/f", "x"); put("sticky/f", "x"); put("open/f", "x");
	put("grp", "x");
	chown("grp", 0, 1000); chmod("grp", 0060); put("own", "x"); chown("own", 1000, 0); chmod("own", 0077);
	put("suid", "x"); chown("suid", 1000, 1000);
	chmod("suid", 06777);
	syscall(SYS_setresgid, 1000, 1000, 0);
	syscall(SYS_setresuid, 1000, 1000, 0);
	T(open("shut/f", O_RDONLY)); T(access("shut", R_OK)); T(open("search/f", O_RDONLY) >= 0);
	T(open("search", O_RDONLY));
	T(open("search/g", O_RDONLY)); T(open("list", O_RDONLY) >= 0); T(open("list/f", O_RDONLY));
	T(open("list/g", O_RDONLY));
	T(open("search/f", O_WRONLY)); T(open("search/new", O_CREAT | O_WRONLY, 0644)); T(mkdir("search/d", 0777));
	T(unlink("search/f"));
	T(rename("search/f", "mine/f")); T(unlink("sticky/f")); T(rename("sticky/f", "sticky/g"));
	T(open("open/new", O_CREAT | O_WRONLY, 0000) >= 0); T(open("open/new", O_RDONLY)); T(unlink("open/f"));
	T(open("grp", O_RDWR) >= 0); T(open("own", O_RDONLY)); T(chmod("own", 0400)); T(open("own", O_RDONLY) >= 0);
	T(chmod("grp", 0777));
	T(chown("own", 0, -1)); T(chown("own", -1, 1000)); T(chown("own", -1, 1001)); T(chown("own", 1000, -1));
	T(chmod("own", 02700)); what("own");
	T(truncate("open", 0)); T(truncate("search/f", 0)); T(utimensat(AT_FDCWD, "search/f", NULL, 0));
	struct timespec ts[2] = { { 1, 0 }, { 1, 0 } };
	T(utimensat(AT_FDCWD, "suid", ts, 0)); T(utimensat(AT_FDCWD, "grp", ts, 0));
	T(utimensat(AT_FDCWD, "grp", NULL, 0));
	T(mknod("mine/c", S_IFCHR, 0)); T(mknod("mine/p", S_IFIFO | 0666, 0)); T(chroot("mine"));
	T(mount("x", "mine", "tmpfs", 0, NULL));
	T(umount("mine")); T(chdir("shut")); T(chdir("search")); T(syscall(SYS_getcwd, buf, 1000) > 0); T(chdir(".."));
	put("suid", "new"); what("suid"); T(symlink("x", "search/x")); T(open("open", O_TMPFILE | O_RDWR, 0600) >= 0);
	T(open("search", O_TMPFILE | O_RDWR, 0600)); T(open("grp", O_RDONLY | O_NOATIME)); T(access("grp", R_OK));
	T(access("grp", X_OK));
	T(access("search/f", W_OK)); T(access("shut/f", F_OK));
	syscall(SYS_setresuid, 0, 0, 0);
	syscall(SYS_setresgid, 0, 0, 0);
	T(access("own", X_OK)); T(chmod("own", 0600)); T(access("own", X_OK)); T(access("own", R_OK | W_OK));
	T(access("shut", X_OK));
	unlink("shut/f"); unlink("search/f"); unlink("list/f"); unlink("sticky/f"); unlink("open/new");
	unlink("mine/c"); unlink("mine/p"); unlink("grp"); unlink("own");
	unlink("suid"); rmdir("open"); rmdir("shut"); rmdir("search"); rmdir("list"); rmdir("sticky"); rmdir("mine");
	/* Groups are inherited from a directory with the set-group-id bit. */
	mkdir("sg", 0755); chown("sg", 0, 77); chmod("sg", 02755); put("sg/f", ""); mkdir("sg/d", 0755); what("sg/f");
	what("sg/d");
	unlink("sg/f"); rmdir("sg/d"); rmdir("sg");
}

/* Entries come and go while a directory is read: those that stay are seen exactly once. */
static void reading(void)
{
	int seen[100] = { 0 }, wrong = 0, fd, n, round = 0;
	char path[32];

	mkdir("many", 0755);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "many/entry-%02d", i);
		close(open(path, O_CREAT | O_WRONLY, 0644));
	}
	fd = open("many", O_RDONLY);
	while ((n = syscall(SYS_getdents64, fd, buf, 200)) > 0) {
		for (int off = 0; off < n;) {
			uint16_t reclen = *(uint16_t *)(buf + off + 16);
			int i;

			if (sscanf(buf + off + 19, "entry-%d", &i) == 1 && i < 100)
				seen[i]++;
			off += reclen;
		}
		snprintf(path, sizeof(path), "many/entry-%02d", (round * 6) % 100);
		unlink(path);
		snprintf(path, sizeof(path), "many/new-%02d", round++);
		close(open(path, O_CREAT | O_WRONLY, 0644));
	}
	for (int i = 0; i < 100; i++)
		wrong += (i % 6 || seen[i] > 1) && seen[i] != 1;
	printf("    read to the end: %d; entries that stayed and were not seen once: %d\n", n, wrong);
	lseek(fd, 0, SEEK_SET);
	n = 0;
	for (int len; (len = syscall(SYS_getdents64, fd, buf, 65536)) > 0;) {
		for (int off = 0; off < len; off += *(uint16_t *)(buf + off + 16)) {
			n++;
			snprintf(path, sizeof(path), "many/%s", buf + off + 19);
			unlink(path);
		}
	}
	close(fd);
	T(rmdir("many"));
}

/*
 * Options that end where the program's addresses do, after strings of which nothing may be left. On the host, where
 * nothing is to be mounted, this is not run; so it is silent when all is well.
 */
static void mount_options(void)
{
	static const char options[7] = "size=4k";
	char *end = (char *)0x7ffffffff000, *page = end - 8192;

	if (mmap(page, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000, -1, 0) != page)
		return;			/* MAP_FIXED_NOREPLACE: the stack is there, by chance */
	memset(page, 'x', 8191);
	if (!mount(page + 4096, "/tmp", page + 4096, 0, page))
		printf("a type that does not exist is mounted\n");
	memcpy(end - sizeof(options), options, sizeof(options));
	if (mount("none", "/tmp", "tmpfs", 0, end - sizeof(options)) || umount("/tmp"))
		printf("options at the end: %s\n", name(errno));
	munmap(page, 8192);
}

int main(int argc, char **argv)
{
	const char *home = "/dev/shm/files-test";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getpid() == 1) {
		mkdir("/dev", 0755);
		mkdir("/tmp", 01777);
		mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
		mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
		home = "/tmp/files-test";
		mount_options();
	}
	umask(022);
	if (mkdir(home, 0755) || chdir(home)) {
		printf("files: cannot work in %s: %s\n", home, name(errno));
		return 1;
	}
	if (argc > 1 && !strcmp(argv[1], "permissions")) {
		permissions();
		goto out;
	}
	open_flags();
	deep_links();
	directories();
	links_and_renames();
	data();
	attributes();
	descriptors();
	devices();
	reading();
	unlink("file"); unlink("link"); unlink("dirlink"); unlink("dangling"); unlink("loop1"); unlink("loop2");
	unlink("self"); rmdir("dir");
out:
	T(chdir("/"));
	OK(rmdir(home));
	printf("files: done\n");
	return 0;
}
