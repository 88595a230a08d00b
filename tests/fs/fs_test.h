/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/fs_test.h - a world of its own for each case: an empty tmpfs that is the root directory.
 *
 * fs_test_init() and fs_test_exit() are for struct kunit_suite. The exit unmounts without MNT_DETACH: a case that
 * leaves a reference to anything behind fails by that.
 */
#ifndef TESTS_FS_FS_TEST_H
#define TESTS_FS_FS_TEST_H

#include <kunit/test.h>
#include <primer/fs.h>
#include <primer/mount.h>
#include <primer/namei.h>

#include "../lib/random.h"

int fs_test_init(struct kunit *test);
void fs_test_exit(struct kunit *test);

/* Make @path a file with @len bytes; 0 or -errno. Read up to @len bytes of @path; bytes or -errno. */
int fs_put(const char *path, const void *data, size_t len);
ssize_t fs_get(const char *path, void *buf, size_t len);

/* Open and close: 0 or -errno. */
int fs_open(const char *path, int flags, umode_t mode);

/* Does @path lead somewhere? 0 or -errno. */
int fs_exists(const char *path);

/* st_nlink of @path, or -errno. */
int fs_nlink(const char *path);

#endif
