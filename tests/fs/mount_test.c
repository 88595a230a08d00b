/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/mount_test.c - the tree of mounts: crossing, stacking, binding, moving, busy and read-only mounts, and
 * that nothing is left of them afterwards.
 */
#include <primer/dcache.h>
#include <primer/devtmpfs.h>
#include <primer/kernel.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <uapi/mount.h>

#include "fs_test.h"

static int mount_at(const char *where, unsigned long flags)
{
	return do_mount("none", where, "tmpfs", flags, NULL);
}

static int umount(const char *where, int flags)
{
	struct path path;
	int err = kern_path(where, LOOKUP_FOLLOW, &path);

	return err ? err : path_umount(&path, flags);
}

static void crossing(struct kunit *test)
{
	struct path path;
	char text[64];

	KUNIT_ASSERT_EQ(test, init_mkdir("/m", 0755), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/m/below", "", 0), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/m", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/below"), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_put("/m/above", "", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/../m/above"), 0);
	KUNIT_EXPECT_EQ(test, init_mkdir("/m/d", 0755), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/d/../../m/d"), 0);
	KUNIT_ASSERT_EQ(test, kern_path("/m/d", 0, &path), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&path, text, sizeof(text)), "/m/d");
	KUNIT_EXPECT_EQ(test, umount("/m", 0), -EBUSY);
	path_put(&path);
	KUNIT_EXPECT_EQ(test, init_rmdir("/m"), -EBUSY);
	KUNIT_EXPECT_EQ(test, init_rename("/m", "/n", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, init_rename("/m/above", "/above", 0), -EXDEV);
	KUNIT_EXPECT_EQ(test, init_link("/m/above", "/above"), -EXDEV);
	KUNIT_EXPECT_EQ(test, umount("/m/d", 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/below"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/above"), -ENOENT);
	KUNIT_EXPECT_EQ(test, init_rename("/m", "/n", 0), 0);
}

static void stacking(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, init_mkdir("/m", 0755), 0);
	for (int i = 0; i < 3; i++) {
		char name[] = "/m/0";

		name[3] += i;
		KUNIT_EXPECT_EQ(test, mount_at("/m", 0), 0);
		KUNIT_EXPECT_EQ(test, fs_put(name, "", 0), 0);
	}
	KUNIT_EXPECT_EQ(test, fs_exists("/m/2"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/1"), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/../m/2"), 0);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/1"), 0);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/0"), 0);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), 0);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), -EINVAL);
}

static void binding(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, init_mkdir("/a", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/a/sub", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/b", 0755), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/file", "1", 1), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/other", "2", 1), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/a/sub", 0), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/a/sub/deep", "", 0), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/a", "/b", NULL, MS_BIND, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/b/sub"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/b/sub/deep"), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_put("/b/new", "", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/new"), 0);
	KUNIT_EXPECT_EQ(test, umount("/b", 0), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/a", "/b", NULL, MS_BIND | MS_REC, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/b/sub/deep"), 0);
	KUNIT_EXPECT_EQ(test, umount("/b", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, umount("/b", MNT_DETACH), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/sub/deep"), 0);
	/* A file over a file, and no file over a directory. */
	KUNIT_EXPECT_EQ(test, do_mount("/file", "/other", NULL, MS_BIND, NULL), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/file", "/a", NULL, MS_BIND, NULL), -ENOTDIR);
	KUNIT_EXPECT_EQ(test, init_unlink("/other"), -EBUSY);
	KUNIT_EXPECT_EQ(test, umount("/other", 0), 0);
	KUNIT_EXPECT_EQ(test, init_unlink("/other"), 0);
	KUNIT_EXPECT_EQ(test, umount("/a/sub", 0), 0);
}

/* The copy hangs in a mount that is copied itself: each is copied once. */
static void binding_into_itself(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, init_mkdir("/a", 0755), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/a", 0), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/a/b", 0755), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/", "/a/b", NULL, MS_BIND | MS_REC, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/b/a/b"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/b/a/b/a"), -ENOENT);
	KUNIT_EXPECT_EQ(test, umount("/a/b", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, umount("/a/b/a", 0), 0);
	KUNIT_EXPECT_EQ(test, umount("/a/b", 0), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/a", "/a/b", NULL, MS_BIND | MS_REC, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/b/b"), 0);
	KUNIT_EXPECT_EQ(test, umount("/a/b", 0), 0);
	KUNIT_EXPECT_EQ(test, umount("/a", 0), 0);
}

static void moving(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, init_mkdir("/a", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/b", 0755), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/a", 0), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/a/in", 0755), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/a", "/a/in", NULL, MS_MOVE, NULL), -ELOOP);
	KUNIT_EXPECT_EQ(test, do_mount("/a/in", "/b", NULL, MS_MOVE, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_mount("/a", "/b", NULL, MS_MOVE, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/b/in"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/in"), -ENOENT);
	KUNIT_EXPECT_EQ(test, init_rmdir("/a"), 0);
	KUNIT_EXPECT_EQ(test, umount("/b", 0), 0);
}

/* A move that fails leaves the mount where it is; after one to the same directory in another mount, that is covered. */
static void odd_moves(struct kunit *test)
{
	struct path gone;

	KUNIT_ASSERT_EQ(test, init_mkdir("/a", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/b", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/gone", 0755), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/a", 0), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/a/in", 0755), 0);
	KUNIT_ASSERT_EQ(test, kern_path("/gone", 0, &gone), 0);
	KUNIT_EXPECT_EQ(test, init_rmdir("/gone"), 0);
	KUNIT_EXPECT_EQ(test, path_mount("/a", &gone, NULL, MS_MOVE, NULL), -ENOENT);
	path_put(&gone);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/in"), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/", "/b", NULL, MS_BIND, NULL), 0);
	KUNIT_EXPECT_EQ(test, do_mount("/a", "/b/a", NULL, MS_MOVE, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/b/a/in"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/a/in"), -ENOENT);
	KUNIT_EXPECT_EQ(test, init_rmdir("/a"), -EBUSY);
	KUNIT_EXPECT_EQ(test, umount("/b/a", 0), 0);
	KUNIT_EXPECT_EQ(test, umount("/b", 0), 0);
	KUNIT_EXPECT_EQ(test, init_rmdir("/a"), 0);
}

static void read_only(struct kunit *test)
{
	struct file *file;

	KUNIT_ASSERT_EQ(test, init_mkdir("/m", 0755), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/m", 0), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/m/f", "x", 1), 0);
	file = filp_open("/m/f", O_WRONLY, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, fs_put("/m/g", "", 0), 0);
	fput(file);
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_open("/m/f", O_WRONLY, 0), -EROFS);
	KUNIT_EXPECT_EQ(test, fs_open("/m/f", O_RDONLY, 0), 0);
	KUNIT_EXPECT_EQ(test, fs_open("/m/f", O_CREAT | O_RDONLY, 0), 0);
	KUNIT_EXPECT_EQ(test, fs_open("/m/new", O_CREAT | O_RDONLY, 0), -EROFS);
	KUNIT_EXPECT_EQ(test, init_mkdir("/m/d", 0755), -EROFS);
	KUNIT_EXPECT_EQ(test, init_mkdir("/m/f", 0755), -EEXIST);
	KUNIT_EXPECT_EQ(test, init_unlink("/m/f"), -EROFS);
	KUNIT_EXPECT_EQ(test, init_rename("/m/f", "/m/h", 0), -EROFS);
	KUNIT_EXPECT_EQ(test, init_chmod("/m/f", 0), -EROFS);
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/m", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	KUNIT_EXPECT_EQ(test, init_unlink("/m/f"), 0);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), 0);
}

/* The filesystem itself: it counts who writes through any of its mounts, also one that is not in the tree any more. */
static void read_only_filesystem(struct kunit *test)
{
	struct file *file;

	KUNIT_ASSERT_EQ(test, init_mkdir("/m", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/n", 0755), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/m", 0), 0);
	KUNIT_ASSERT_EQ(test, do_mount("/m", "/n", NULL, MS_BIND, NULL), 0);
	file = filp_open("/n/f", O_CREAT | O_WRONLY, 0644);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/m", NULL, MS_REMOUNT | MS_RDONLY, NULL), -EBUSY);
	KUNIT_EXPECT_EQ_MSG(test, fs_put("/m/g", "", 0), 0, "what was refused leaves nothing behind");
	KUNIT_EXPECT_EQ(test, umount("/n", MNT_DETACH), 0);
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/m", NULL, MS_REMOUNT | MS_RDONLY, NULL), -EBUSY);
	fput(file);
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_put("/m/h", "", 0), -EROFS);
	KUNIT_EXPECT_EQ(test, do_mount("/m", "/n", NULL, MS_BIND, NULL), 0);
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/n", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	KUNIT_EXPECT_EQ_MSG(test, fs_put("/n/h", "", 0), -EROFS, "a mount for writing does not help");
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/m", NULL, MS_REMOUNT, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_put("/m/h", "", 0), 0);
	KUNIT_EXPECT_EQ(test, umount("/n", 0), 0);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), 0);
	/* The root is not unmounted, but made read-only. */
	file = filp_open("/f", O_CREAT | O_WRONLY, 0644);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, umount("/", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, fs_put("/g", "", 0), 0);
	fput(file);
	KUNIT_EXPECT_EQ(test, umount("/", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_put("/g", "", 0), -EROFS);
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/", NULL, MS_REMOUNT, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_put("/g", "", 0), 0);
}

/* Taken out of the tree while somebody is inside: he goes on, and the last one ends it. */
static void lazy(struct kunit *test)
{
	struct file *file;
	loff_t pos = 0;

	KUNIT_ASSERT_EQ(test, init_mkdir("/m", 0755), 0);
	KUNIT_ASSERT_EQ(test, mount_at("/m", 0), 0);
	file = filp_open("/m/f", O_CREAT | O_RDWR, 0644);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, umount("/m", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, umount("/m", MNT_DETACH), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/m/f"), -ENOENT);
	KUNIT_EXPECT_EQ(test, kernel_write(file, "x", 1, &pos), 1);
	fput(file);
	KUNIT_EXPECT_EQ(test, init_rmdir("/m"), 0);
}

static void bad_requests(struct kunit *test)
{
	char options[] = "size=lots";

	KUNIT_ASSERT_EQ(test, init_mkdir("/m", 0755), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/f", "", 0), 0);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/m", "nosuchfs", 0, NULL), -ENODEV);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/m", NULL, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/none", "tmpfs", 0, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/f", "tmpfs", 0, NULL), -ENOTDIR);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/m", "tmpfs", 0, options), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/m", "rootfs", 0, NULL), -ENODEV);
	KUNIT_EXPECT_EQ(test, do_mount("/nothing", "/m", NULL, MS_BIND, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/m", NULL, MS_REMOUNT, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, umount("/m", 0), -EINVAL);
}

/* devtmpfs is one instance: a node that a driver makes is in every mount of it. */
static void one_dev(struct kunit *test)
{
	struct kstat stat;
	char buf[8];

	KUNIT_ASSERT_EQ(test, init_mkdir("/dev", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/dev2", 0755), 0);
	KUNIT_ASSERT_EQ(test, do_mount("none", "/dev", "devtmpfs", 0, NULL), 0);
	KUNIT_ASSERT_EQ(test, do_mount("none", "/dev2", "devtmpfs", 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, devtmpfs_create_node("kunit/deep/node", S_IFCHR | 0620, MKDEV(1, 5)), 0);
	KUNIT_EXPECT_EQ(test, devtmpfs_create_node("kunit/deep/node", S_IFCHR | 0620, MKDEV(1, 5)), -EEXIST);
	KUNIT_EXPECT_EQ(test, init_stat("/dev2/kunit/deep/node", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode, S_IFCHR | 0620);
	KUNIT_EXPECT_EQ(test, stat.rdev, MKDEV(1, 5));
	memset(buf, 1, sizeof(buf));
	KUNIT_EXPECT_EQ(test, fs_get("/dev/kunit/deep/node", buf, sizeof(buf)), 8);
	KUNIT_EXPECT_MEMEQ(test, buf, "\0\0\0\0\0\0\0\0", 8);
	KUNIT_EXPECT_EQ(test, fs_get("/dev/null", buf, sizeof(buf)), 0);
	KUNIT_EXPECT_EQ(test, fs_put("/dev/full", "x", 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, devtmpfs_delete_node("kunit/deep/node"), 0);
	KUNIT_EXPECT_EQ(test, devtmpfs_delete_node("kunit/deep/node"), -ENOENT);
	KUNIT_EXPECT_EQ(test, init_rmdir("/dev/kunit/deep"), 0);
	KUNIT_EXPECT_EQ(test, init_rmdir("/dev/kunit"), 0);
	KUNIT_EXPECT_EQ(test, umount("/dev2", 0), 0);
	KUNIT_EXPECT_EQ(test, do_mount(NULL, "/dev", NULL, MS_REMOUNT | MS_BIND | MS_NODEV, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs_open("/dev/null", O_RDONLY, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, umount("/dev", 0), 0);
}

/* st_dev of instances without a device: the lowest minor that is free, never 0, and as many as there are minors. */
static void unnamed_devices(struct kunit *test)
{
	enum { N = 3000 };
	dev_t *devs = kunit_kzalloc(test, N * sizeof(*devs), GFP_KERNEL), again;
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, devs);
	for (i = 0; i < N; i++) {
		if (get_anon_bdev(&devs[i]))
			break;
		KUNIT_EXPECT_EQ(test, MAJOR(devs[i]), 0U);
		KUNIT_EXPECT_NE(test, MINOR(devs[i]), 0U);
		if (i)
			KUNIT_EXPECT_GT(test, MINOR(devs[i]), MINOR(devs[i - 1]));
	}
	KUNIT_EXPECT_EQ(test, i, N);
	if (i == N) {
		free_anon_bdev(devs[N / 2]);
		free_anon_bdev(devs[7]);
		KUNIT_EXPECT_EQ(test, get_anon_bdev(&again), 0);
		KUNIT_EXPECT_EQ_MSG(test, again, devs[7], "the lowest free one");
		KUNIT_EXPECT_EQ(test, get_anon_bdev(&again), 0);
		KUNIT_EXPECT_EQ(test, again, devs[N / 2]);
	}
	while (i--)
		free_anon_bdev(devs[i]);
}

static struct kunit_case mount_cases[] = {
	KUNIT_CASE_NAMED(crossing, "a walk crosses a mount down and up"),
	KUNIT_CASE_NAMED(stacking, "mounts on one place stack"),
	KUNIT_CASE_NAMED(binding, "a bind mount shows the same files"),
	KUNIT_CASE_NAMED(binding_into_itself, "a bind mount into what it shows has an end"),
	KUNIT_CASE_NAMED(moving, "a mount moves, but not into itself"),
	KUNIT_CASE_NAMED(odd_moves, "a move that fails changes nothing"),
	KUNIT_CASE_NAMED(read_only, "a read-only mount refuses every change"),
	KUNIT_CASE_NAMED(read_only_filesystem, "a filesystem becomes read-only when nobody writes"),
	KUNIT_CASE_NAMED(lazy, "a detached mount lives until its last user"),
	KUNIT_CASE_NAMED(bad_requests, "what cannot be mounted gets Linux's errno"),
	KUNIT_CASE_NAMED(one_dev, "devtmpfs is one, and its nodes open their drivers"),
	KUNIT_CASE_NAMED(unnamed_devices, "instances without a device have numbers of their own"),
	{}
};
static struct kunit_suite mount_suite = {
	.name = "mount", .init = fs_test_init, .exit = fs_test_exit, .test_cases = mount_cases,
};
kunit_test_suite(mount_suite);
