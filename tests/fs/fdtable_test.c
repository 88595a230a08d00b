/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/fdtable_test.c - the table of descriptors against a plain bitmap: the lowest free number, growth, copies,
 * close-on-exec.
 *
 * Each case works on a table of its own, in the place of the task's.
 */
#include <primer/bitmap.h>
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/kernel.h>
#include <primer/signal.h>
#include <primer/slab.h>

#include "fs_test.h"

#define FDS	3000

static struct files_struct *real_files;
static unsigned long real_limit;

static int table_init(struct kunit *test)
{
	int err = fs_test_init(test);

	if (err)
		return err;
	real_files = current->files;
	current->files = dup_fd(&init_files, NR_OPEN_MAX, &err);
	real_limit = rlimit(RLIMIT_NOFILE);
	current->signal->rlim[RLIMIT_NOFILE].rlim_cur = FDS;
	for (int fd = 0; fd < 10; fd++)
		close_fd(fd);
	return err;
}

static void table_exit(struct kunit *test)
{
	put_files_struct(current->files);
	current->files = real_files;
	current->signal->rlim[RLIMIT_NOFILE].rlim_cur = real_limit;
	fs_test_exit(test);
}

static struct file *some_file(struct kunit *test)
{
	struct file *file = filp_open("/f", O_CREAT | O_RDWR, 0644);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	return file;
}

static void lowest_free(struct kunit *test)
{
	unsigned long *model = kunit_kzalloc(test, BITS_TO_LONGS(FDS) * sizeof(long), GFP_KERNEL);
	struct file *file = some_file(test);
	struct test_random r;
	int most = 0;

	KUNIT_ASSERT_NOT_NULL(test, model);
	test_random_init(test, &r, 4096);
	for (int op = 0; op < 40000; op++) {
		/* Fill for a while, then empty for a while. */
		bool fill = test_random_below(&r, 8) < (op / 4000 % 2 ? 2 : 6);
		int fd = test_random_below(&r, FDS);

		if (fill) {
			int want = find_first_zero_bit(model, FDS);

			fd = get_unused_fd_flags(0);
			KUNIT_ASSERT_EQ(test, fd, want < FDS ? want : -EMFILE);
			if (fd < 0)
				continue;
			if (test_random_below(&r, 10)) {
				fd_install(fd, get_file(file));
				__set_bit(fd, model);
			} else {
				put_unused_fd(fd);
			}
			most = max(most, fd);
		} else {
			KUNIT_ASSERT_EQ(test, close_fd(fd), test_bit(fd, model) ? 0 : -EBADF);
			__clear_bit(fd, model);
		}
		fd = test_random_below(&r, FDS);
		KUNIT_ASSERT_PTR_EQ(test, fdget(fd).file, test_bit(fd, model) ? file : NULL);
	}
	KUNIT_EXPECT_GT(test, most, 1024);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 1 + bitmap_weight(model, FDS));
	fput(file);
}

static void copies(struct kunit *test)
{
	struct files_struct *mine = current->files, *copy;
	struct file *file = some_file(test);
	int err, fd, reserved;

	for (int i = 0; i < 200; i++)
		fd_install(get_unused_fd_flags(i % 3 ? 0 : O_CLOEXEC), get_file(file));
	reserved = get_unused_fd_flags(0);
	KUNIT_EXPECT_EQ(test, reserved, 200);
	copy = dup_fd(mine, NR_OPEN_MAX, &err);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 401);
	current->files = copy;
	KUNIT_EXPECT_FALSE(test, get_close_on_exec(1));
	KUNIT_EXPECT_TRUE(test, get_close_on_exec(3));
	/* What a thread had only reserved is free in the copy. */
	fd = get_unused_fd_flags(0);
	KUNIT_EXPECT_EQ(test, fd, 200);
	put_unused_fd(fd);
	do_close_on_exec(copy);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 401 - 67);
	KUNIT_EXPECT_PTR_EQ(test, fdget(0).file, NULL);
	KUNIT_EXPECT_PTR_EQ(test, fdget(1).file, file);
	fd = get_unused_fd_flags(0);
	KUNIT_EXPECT_EQ(test, fd, 0);
	put_unused_fd(fd);
	current->files = mine;
	put_files_struct(copy);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 201);
	KUNIT_EXPECT_PTR_EQ(test, fdget(0).file, file);
	put_unused_fd(reserved);
	fput(file);
}

/* A shared table gives references with its files; an unshared one does not need to. */
static void sharing(struct kunit *test)
{
	struct file *file = some_file(test);
	int fd = get_unused_fd_flags(0);
	struct fd f;

	fd_install(fd, file);
	f = fdget(fd);
	KUNIT_EXPECT_EQ(test, f.flags, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 1);
	fdput(f);
	atomic_inc(&current->files->count);
	f = fdget(fd);
	KUNIT_EXPECT_EQ(test, f.flags, FDPUT_FPUT);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 2);
	fdput(f);
	/* With two references to the file the position needs its lock. */
	get_file(file);
	f = fdget_pos(fd);
	KUNIT_EXPECT_TRUE(test, f.flags & FDPUT_POS_UNLOCK);
	fdput_pos(f);
	fput(file);
	atomic_dec(&current->files->count);
	KUNIT_EXPECT_EQ(test, close_fd(fd), 0);
	KUNIT_EXPECT_PTR_EQ(test, fdget(fd).file, NULL);
}

static void o_path_is_refused(struct kunit *test)
{
	struct file *file;
	int fd = get_unused_fd_flags(0);

	KUNIT_ASSERT_EQ(test, fs_put("/f", "x", 1), 0);
	file = filp_open("/f", O_PATH, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	fd_install(fd, file);
	KUNIT_EXPECT_NULL(test, fdget(fd).file);
	KUNIT_EXPECT_PTR_EQ(test, fdget_raw(fd).file, file);
	KUNIT_EXPECT_NULL(test, fget(fd));
}

static void replacing(struct kunit *test)
{
	struct file *file = some_file(test), *other = some_file(test);
	int fd = get_unused_fd_flags(0);

	fd_install(fd, get_file(file));
	KUNIT_EXPECT_EQ(test, replace_fd(fd, other, O_CLOEXEC), fd);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&file->f_count), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&other->f_count), 2);
	KUNIT_EXPECT_TRUE(test, get_close_on_exec(fd));
	KUNIT_EXPECT_EQ(test, replace_fd(2500, other, 0), 2500);
	KUNIT_EXPECT_EQ(test, replace_fd(FDS, other, 0), -EBADF);
	KUNIT_EXPECT_EQ(test, get_unused_fd_flags(0), 1);
	put_unused_fd(1);
	fput(file);
	fput(other);
}

static struct kunit_case fdtable_cases[] = {
	KUNIT_CASE_NAMED(lowest_free, "always the lowest free descriptor, up to the limit"),
	KUNIT_CASE_NAMED(copies, "a copy has all files and its own flags"),
	KUNIT_CASE_NAMED(sharing, "references are taken only where somebody could close"),
	KUNIT_CASE_NAMED(o_path_is_refused, "an O_PATH descriptor is no file to read"),
	KUNIT_CASE_NAMED(replacing, "dup2 closes what it replaces"),
	{}
};
static struct kunit_suite fdtable_suite = {
	.name = "fdtable", .init = table_init, .exit = table_exit, .test_cases = fdtable_cases,
};
kunit_test_suite(fdtable_suite);
