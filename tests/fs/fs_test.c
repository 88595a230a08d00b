/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/fs/fs_test.c - the helpers of fs_test.h. */
#include <primer/fs_struct.h>
#include <primer/kernel.h>
#include <primer/sched.h>
#include <primer/string.h>

#include "fs_test.h"

#define WORLD	"/kunit-fs"

static struct fs_struct *real_fs;	/* what the task had before the case */

int fs_test_init(struct kunit *test)
{
	struct path path;
	int err = init_mkdir(WORLD, 0755);

	if (!err)
		err = do_mount("kunit", WORLD, "tmpfs", 0, NULL);
	if (!err)
		err = kern_path(WORLD, LOOKUP_DIRECTORY, &path);
	if (err)
		return err;
	real_fs = current->fs;
	current->fs = copy_fs_struct(real_fs);
	set_fs_root(current->fs, &path);
	set_fs_pwd(current->fs, &path);
	path_put(&path);
	return 0;
}

void fs_test_exit(struct kunit *test)
{
	struct fs_struct *fs = current->fs;
	struct path path;
	int err;

	current->fs = real_fs;
	free_fs_struct(fs);
	err = kern_path(WORLD, LOOKUP_DIRECTORY, &path);
	if (!err)
		err = path_umount(&path, 0);
	KUNIT_EXPECT_EQ_MSG(test, err, 0, "a reference was left behind");
	KUNIT_EXPECT_EQ(test, init_rmdir(WORLD), 0);
}

int fs_put(const char *path, const void *data, size_t len)
{
	struct file *file = filp_open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = len ? kernel_write(file, data, len, &pos) : 0;
	fput(file);
	return n < 0 ? n : n == (ssize_t)len ? 0 : -EIO;
}

ssize_t fs_get(const char *path, void *buf, size_t len)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_read(file, buf, len, &pos);
	fput(file);
	return n;
}

int fs_open(const char *path, int flags, umode_t mode)
{
	struct file *file = filp_open(path, flags, mode);

	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return 0;
}

int fs_exists(const char *path)
{
	struct path p;
	int err = kern_path(path, LOOKUP_FOLLOW, &p);

	if (!err)
		path_put(&p);
	return err;
}

int fs_nlink(const char *path)
{
	struct kstat stat;
	int err = init_stat(path, &stat, AT_SYMLINK_NOFOLLOW);

	return err ? err : (int)stat.nlink;
}
