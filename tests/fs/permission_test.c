/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/permission_test.c - who may do what: every mode against an independent statement of the rule, and the
 * directory rules.
 */
#include <primer/cred.h>
#include <primer/kernel.h>
#include <primer/sprintf.h>

#include "fs_test.h"

/* Act as a user without powers. */
static const struct cred *become(uid_t uid, gid_t gid)
{
	struct cred *cred = prepare_creds();
	const struct cred *old;

	if (!cred)
		return NULL;
	cred->uid = cred->euid = cred->suid = cred->fsuid = uid;
	cred->gid = cred->egid = cred->sgid = cred->fsgid = gid;
	cred->cap_effective = cred->cap_permitted = CAP_EMPTY_SET;
	old = override_creds(cred);
	put_cred(cred);
	return old;
}

/* 512 modes times owner, group and other, times 7 questions. */
static void all_modes(struct kunit *test)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		unsigned int shift;
	} who[] = {{1, 9, 6}, {2, 5, 3}, {2, 9, 0}, {1, 5, 6}};
	struct path path;
	struct inode *inode;

	KUNIT_ASSERT_EQ(test, fs_put("/f", "", 0), 0);
	KUNIT_ASSERT_EQ(test, init_chown("/f", 1, 5, 0), 0);
	KUNIT_ASSERT_EQ(test, kern_path("/f", 0, &path), 0);
	inode = d_inode(path.dentry);
	for (size_t w = 0; w < ARRAY_SIZE(who); w++) {
		const struct cred *old = become(who[w].uid, who[w].gid);
		int wrong = 0;

		for (unsigned int mode = 0; mode < 512; mode++) {
			inode->i_mode = S_IFREG | mode;
			for (unsigned int mask = 1; mask < 8; mask++) {
				int want = (mode >> who[w].shift & mask) == mask ? 0 : -EACCES;

				wrong += inode_permission(inode, mask) != want;
			}
		}
		revert_creds(old);
		KUNIT_EXPECT_EQ_MSG(test, wrong, 0, "uid %u gid %u", who[w].uid, who[w].gid);
	}
	/* Root may do all but execute what nobody may. */
	for (unsigned int mode = 0; mode < 512; mode++) {
		inode->i_mode = S_IFREG | mode;
		KUNIT_EXPECT_EQ(test, inode_permission(inode, MAY_READ | MAY_WRITE), 0);
		KUNIT_EXPECT_EQ(test, inode_permission(inode, MAY_EXEC), mode & 0111 ? 0 : -EACCES);
	}
	path_put(&path);
}

static void directories(struct kunit *test)
{
	const struct cred *old;

	KUNIT_ASSERT_EQ(test, init_chmod("/", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/search", 0711), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/list", 0744), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/sticky", 0777), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/sticky", 01777), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/mine", 0700), 0);
	KUNIT_ASSERT_EQ(test, init_chown("/mine", 7, 7, 0), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/search/f", "", 0), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/list/f", "", 0), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/sticky/f", "", 0), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/mine/roots", "", 0), 0);
	old = become(7, 7);
	KUNIT_EXPECT_EQ(test, fs_exists("/search/f"), 0);
	KUNIT_EXPECT_EQ(test, fs_open("/search", O_RDONLY, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, fs_open("/search/f", O_WRONLY, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, fs_open("/search/new", O_CREAT | O_WRONLY, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, init_unlink("/search/f"), -EACCES);
	KUNIT_EXPECT_EQ(test, fs_exists("/list/f"), -EACCES);
	KUNIT_EXPECT_EQ(test, fs_exists("/list/none"), -EACCES);
	KUNIT_EXPECT_EQ(test, fs_open("/list", O_RDONLY, 0), 0);
	KUNIT_EXPECT_EQ(test, init_unlink("/sticky/f"), -EPERM);
	KUNIT_EXPECT_EQ(test, init_rename("/sticky/f", "/sticky/g", 0), -EPERM);
	KUNIT_EXPECT_EQ(test, init_mkdir("/sticky/d", 0700), 0);
	KUNIT_EXPECT_EQ(test, init_rename("/sticky/d", "/sticky/f", 0), -EPERM);
	KUNIT_EXPECT_EQ(test, init_rmdir("/sticky/d"), 0);
	KUNIT_EXPECT_EQ(test, init_unlink("/mine/roots"), 0);
	KUNIT_EXPECT_EQ(test, init_chmod("/search", 0777), -EPERM);
	KUNIT_EXPECT_EQ(test, init_chown("/mine", 0, -1, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, init_chown("/mine", -1, 8, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, init_chown("/mine", -1, 7, 0), 0);
	KUNIT_EXPECT_EQ(test, init_mknod("/mine/null", S_IFCHR | 0666, MKDEV(1, 3)), -EPERM);
	KUNIT_EXPECT_EQ(test, init_mknod("/mine/pipe", S_IFIFO | 0666, 0), 0);
	KUNIT_EXPECT_EQ(test, init_chroot("/mine"), -EPERM);
	KUNIT_EXPECT_EQ(test, do_mount("none", "/mine", "tmpfs", 0, NULL), -EPERM);
	revert_creds(old);
}

/* A directory of somebody else's cannot be moved away under him: its ".." would change. */
static void moving_directories(struct kunit *test)
{
	const struct cred *old;

	KUNIT_ASSERT_EQ(test, init_mkdir("/from", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/to", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/from", 0777), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/to", 0777), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/from/roots", 0755), 0);
	old = become(7, 7);
	KUNIT_EXPECT_EQ(test, init_rename("/from/roots", "/from/other", 0), 0);
	KUNIT_EXPECT_EQ(test, init_rename("/from/other", "/to/other", 0), -EACCES);
	KUNIT_EXPECT_EQ(test, init_mkdir("/from/own", 0700), 0);
	KUNIT_EXPECT_EQ(test, init_rename("/from/own", "/to/own", 0), 0);
	KUNIT_EXPECT_EQ(test, init_rename("/to/own", "/from/other", RENAME_EXCHANGE), -EACCES);
	revert_creds(old);
}

/* Who writes to a file that is not his takes its set-id bits away; root leaves them. */
static void set_id_bits(struct kunit *test)
{
	const struct cred *old;
	struct file *file;
	struct kstat stat;
	loff_t pos = 0;

	KUNIT_ASSERT_EQ(test, fs_put("/f", "x", 1), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/f", 06777), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/", 0755), 0);
	file = filp_open("/f", O_WRONLY, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, kernel_write(file, "y", 1, &pos), 1);
	KUNIT_EXPECT_EQ(test, init_stat("/f", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode & S_IALLUGO, 06777);
	old = become(7, 7);
	KUNIT_EXPECT_EQ(test, kernel_write(file, "z", 1, &pos), 1);
	revert_creds(old);
	KUNIT_EXPECT_EQ(test, init_stat("/f", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode & S_IALLUGO, 0777);
	fput(file);
	KUNIT_EXPECT_EQ(test, init_chmod("/f", 06755), 0);
	KUNIT_EXPECT_EQ(test, init_chown("/f", 1, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, init_stat("/f", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode & S_IALLUGO, 0755);
}

/* To give a file to nobody in particular changes nothing but these bits: that is the owner's to do. */
static void empty_chown(struct kunit *test)
{
	const struct cred *old;
	struct kstat stat;

	KUNIT_ASSERT_EQ(test, fs_put("/roots", "x", 1), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/own", "x", 1), 0);
	KUNIT_ASSERT_EQ(test, init_chown("/own", 7, 7, 0), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/roots", 06755), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/own", 06755), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/", 0755), 0);
	old = become(7, 7);
	KUNIT_EXPECT_EQ(test, init_chown("/roots", -1, -1, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, init_chown("/own", -1, -1, 0), 0);
	revert_creds(old);
	KUNIT_EXPECT_EQ(test, init_stat("/roots", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode & S_IALLUGO, 06755);
	KUNIT_EXPECT_EQ(test, init_stat("/own", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode & S_IALLUGO, 0755);
}

/* Cutting a file off is a write: who may do it takes the bits away, though he is not the owner. */
static void truncation(struct kunit *test)
{
	const struct cred *old;
	struct path path;
	struct kstat stat;

	KUNIT_ASSERT_EQ(test, fs_put("/f", "x", 1), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/f", 06777), 0);
	KUNIT_ASSERT_EQ(test, init_chmod("/", 0755), 0);
	KUNIT_ASSERT_EQ(test, kern_path("/f", 0, &path), 0);
	old = become(7, 7);
	KUNIT_EXPECT_EQ(test, vfs_truncate(&path, 0), 0);
	revert_creds(old);
	path_put(&path);
	KUNIT_EXPECT_EQ(test, init_stat("/f", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode & S_IALLUGO, 0777);
	KUNIT_EXPECT_EQ(test, stat.size, 0);
}

static struct kunit_case permission_cases[] = {
	KUNIT_CASE_NAMED(all_modes, "all 512 modes, for owner, group and others"),
	KUNIT_CASE_NAMED(directories, "directories: search, list, sticky, own"),
	KUNIT_CASE_NAMED(moving_directories, "a foreign directory stays below its parent"),
	KUNIT_CASE_NAMED(set_id_bits, "set-id bits do not survive a stranger's write"),
	KUNIT_CASE_NAMED(empty_chown, "set-id bits survive a stranger's chown to nobody"),
	KUNIT_CASE_NAMED(truncation, "set-id bits do not survive a stranger's truncate"),
	{}
};
static struct kunit_suite permission_suite = {
	.name = "permission", .init = fs_test_init, .exit = fs_test_exit, .test_cases = permission_cases,
};
kunit_test_suite(permission_suite);
