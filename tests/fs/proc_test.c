/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/proc_test.c - text made on demand: the same bytes at any read size and offset; and /proc, whose directories are the living.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/kernel.h>
#include <primer/kthread.h>
#include <primer/pid.h>
#include <primer/seq_file.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "fs_test.h"

/* ---- seq_file: 200 records, one of them empty, one left out, one longer than a page ------------------------------------------------- */

#define RECORDS	200

static int record(char *buf, size_t size, int n)
{
	if (n == 7 || n == 9)
		return 0;
	if (n == 100)
		return scnprintf(buf, size, "%06000d\n", n);
	return scnprintf(buf, size, "%0*d\n", n % 50 + 1, n);
}

static void *count_start(struct seq_file *m, loff_t *pos)
{
	return *pos < RECORDS ? (void *)(long)(*pos + 1) : NULL;
}

static void *count_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return count_start(m, pos);
}

static void count_stop(struct seq_file *m, void *v)
{
}

static int count_show(struct seq_file *m, void *v)
{
	int n = (long)v - 1;

	if (n == 7)
		return 0;
	if (n == 9) {
		seq_puts(m, "never seen");
		return SEQ_SKIP;
	}
	if (n == 100)
		seq_printf(m, "%06000d\n", n);
	else
		seq_printf(m, "%0*d\n", n % 50 + 1, n);
	return 0;
}

static const struct seq_operations count_ops = {
	.start = count_start, .next = count_next, .stop = count_stop, .show = count_show,
};

static ssize_t seq_get(struct file *file, char *buf, size_t len, loff_t *pos)
{
	struct iov_iter iter;
	struct kiocb iocb = { .ki_filp = file, .ki_pos = *pos };
	ssize_t n;

	iov_iter_kvec(&iter, false, buf, len);
	n = seq_read_iter(&iocb, &iter);
	*pos = iocb.ki_pos;
	return n;
}

static void seq_sizes(struct kunit *test)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 50, 51, 100, 4095, 4096, 4097, 6001, 30000 };
	size_t len = 0, size = 30000;
	char *want = kvmalloc(size, GFP_KERNEL), *got = kvmalloc(size, GFP_KERNEL);
	struct file file = { };
	loff_t pos;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, got);
	for (int n = 0; n < RECORDS; n++)
		len += record(want + len, size - len, n);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ssize_t n;

		KUNIT_ASSERT_EQ(test, seq_open(&file, &count_ops), 0);
		for (pos = 0; (n = seq_get(&file, got + pos, min_t(size_t, sizes[i], size - pos), &pos)) > 0;)
			KUNIT_ASSERT_LE(test, (size_t)n, sizes[i]);
		KUNIT_EXPECT_EQ(test, n, 0);
		KUNIT_ASSERT_EQ(test, (size_t)pos, len);
		KUNIT_EXPECT_EQ(test, memcmp(want, got, len), 0);
		seq_release(NULL, &file);
	}
	kvfree(want);
	kvfree(got);
}

static void seq_offsets(struct kunit *test)
{
	size_t len = 0, size = 30000;
	char *want = kvmalloc(size, GFP_KERNEL), got[64];
	struct file file = { };
	u64 random = 1;

	KUNIT_ASSERT_NOT_NULL(test, want);
	for (int n = 0; n < RECORDS; n++)
		len += record(want + len, size - len, n);
	KUNIT_ASSERT_EQ(test, seq_open(&file, &count_ops), 0);
	for (int i = 0; i < 300; i++) {
		loff_t pos, at;
		ssize_t n;

		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		at = pos = (random >> 33) % (len + 10);
		n = seq_get(&file, got, sizeof(got), &pos);
		KUNIT_ASSERT_EQ(test, pos, at + n);
		if ((size_t)at >= len) {
			KUNIT_ASSERT_EQ(test, n, 0);
		} else {
			KUNIT_ASSERT_GT(test, n, 0);
			KUNIT_ASSERT_EQ(test, memcmp(want + at, got, n), 0);
		}
	}
	seq_release(NULL, &file);
	kvfree(want);
}

/* ---- /proc ------------------------------------------------------------------------------------------------------------------------------ */

static int mount_proc(void)
{
	int err = init_mkdir("/proc", 0755);

	return err ? err : do_mount("proc", "/proc", "proc", 0, NULL);
}

static void umount_proc(struct kunit *test)
{
	struct path path;

	KUNIT_ASSERT_EQ(test, kern_path("/proc", 0, &path), 0);
	KUNIT_EXPECT_EQ(test, path_umount(&path, 0), 0);
}

static int sleeper(void *arg)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* A directory while the thread lives; an opening that outlives it says ESRCH, a path that led there ENOENT. */
static void comes_and_goes(struct kunit *test)
{
	struct pid *number_of;
	struct task_struct *p = kthread_run(sleeper, NULL, "sleeper");
	char path[48], text[64];
	struct file *file;
	loff_t pos = 0;
	int number;
	ssize_t n;

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_ASSERT_EQ(test, mount_proc(), 0);
	number = p->pid;
	snprintf(path, sizeof(path), "/proc/%d/comm", number);
	n = fs_get(path, text, sizeof(text) - 1);
	KUNIT_ASSERT_EQ(test, n, 8);
	text[n] = 0;
	KUNIT_EXPECT_STREQ(test, text, "sleeper\n");
	file = filp_open(path, O_RDONLY, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	kthread_stop(p);
	while ((number_of = find_get_pid(number))) {
		put_pid(number_of);
		yield();
	}
	KUNIT_EXPECT_EQ(test, kernel_read(file, text, sizeof(text), &pos), -ESRCH);
	fput(file);
	KUNIT_EXPECT_EQ(test, fs_exists(path), -ENOENT);
	umount_proc(test);
}

static void names(struct kunit *test)
{
	static const char *const absent[] = { "/proc/01", "/proc/-1", "/proc/99999999999", "/proc/1x", "/proc/0", "/proc/nothing",
					      "/proc/1/nothing", "/proc/1/task/2" };
	char text[16];

	KUNIT_ASSERT_EQ(test, mount_proc(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		KUNIT_EXPECT_EQ_MSG(test, fs_exists(absent[i]), -ENOENT, "%s", absent[i]);
	KUNIT_EXPECT_EQ(test, fs_exists("/proc/1/task/1/stat"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/proc/self/stat"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/proc/thread-self/stat"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/proc/self/root/proc/self/root/proc/meminfo"), 0);
	KUNIT_EXPECT_EQ(test, init_mkdir("/proc/new", 0755), -ENOENT);	/* as on Linux */
	KUNIT_EXPECT_EQ(test, init_chmod("/proc/meminfo", 0777), -EPERM);
	KUNIT_EXPECT_EQ(test, fs_open("/proc/filesystems", O_RDONLY, 0), 0);
	KUNIT_EXPECT_EQ(test, fs_get("/proc/filesystems", text, 7), 7);
	KUNIT_EXPECT_EQ(test, memcmp(text, "nodev\t", 6), 0);
	umount_proc(test);
}

/* The inside of another's process is not for a user without powers. */
static void rights(struct kunit *test)
{
	struct task_struct *p = kthread_run(sleeper, NULL, "sleeper");
	struct cred *cred = prepare_creds();
	const struct cred *old;
	char path[48];
	int number;

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_ASSERT_NOT_NULL(test, cred);
	KUNIT_ASSERT_EQ(test, mount_proc(), 0);
	cred->uid = cred->euid = cred->suid = cred->fsuid = 7;
	cred->gid = cred->egid = cred->sgid = cred->fsgid = 7;
	cred->cap_effective = cred->cap_permitted = CAP_EMPTY_SET;
	number = p->pid;
	old = override_creds(cred);
	put_cred(cred);
	snprintf(path, sizeof(path), "/proc/%d/stat", number);
	KUNIT_EXPECT_EQ(test, fs_open(path, O_RDONLY, 0), 0);
	snprintf(path, sizeof(path), "/proc/%d/environ", number);
	KUNIT_EXPECT_EQ(test, fs_open(path, O_RDONLY, 0), -EACCES);
	snprintf(path, sizeof(path), "/proc/%d/fd/0", number);
	KUNIT_EXPECT_EQ(test, fs_exists(path), -EACCES);
	snprintf(path, sizeof(path), "/proc/%d/cwd/.", number);
	KUNIT_EXPECT_EQ(test, fs_exists(path), -EACCES);
	KUNIT_EXPECT_EQ(test, fs_open("/proc/slabinfo", O_RDONLY, 0), -EACCES);
	revert_creds(old);
	KUNIT_EXPECT_EQ(test, fs_exists(path), 0);
	kthread_stop(p);
	umount_proc(test);
}

static struct kunit_case proc_cases[] = {
	KUNIT_CASE_NAMED(seq_sizes, "seq_file: the same text at any read size"),
	KUNIT_CASE_NAMED(seq_offsets, "seq_file: the same text at any offset"),
	KUNIT_CASE_NAMED(comes_and_goes, "a directory lives as long as its process"),
	KUNIT_CASE_NAMED(names, "names that exist, names that do not"),
	KUNIT_CASE_NAMED(rights, "a stranger sees numbers, not insides"),
	{}
};
static struct kunit_suite proc_suite = { .name = "proc", .init = fs_test_init, .exit = fs_test_exit, .test_cases = proc_cases };
kunit_test_suite(proc_suite);
