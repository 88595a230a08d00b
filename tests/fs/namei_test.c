/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/namei_test.c - the walk: what each kind of path leads to, and which error each kind of bad path gets.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fs_struct.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "fs_test.h"

static void make_tree(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, init_mkdir("/a", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/a/b", 0755), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/a/b/f", "x", 1), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("a", "/la"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("/a/b", "/a/lb"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("b/f", "/a/lf"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("../../la/lb/../lf", "/a/b/winding"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("nothing", "/dangling"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("ring2", "/ring1"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("ring1", "/ring2"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("/", "/top"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("..//.././/..", "/a/b/above"), 0);
}

static const struct walk_case {
	const char *path;
	unsigned int flags;
	int err;
} walks[] = {
	{ "/", 0, 0 }, { "//", 0, 0 }, { "/.", 0, 0 }, { "/..", 0, 0 }, { "/../../a", 0, 0 },
	{ ".", 0, 0 }, { "..", 0, 0 },
	{ "a", 0, 0 }, { "a/", 0, 0 }, { "a//b///f", 0, 0 }, { "a/./b/../b/f", 0, 0 }, { "/a/b/f", 0, 0 },
	{ "", 0, -ENOENT }, { "", LOOKUP_EMPTY, 0 },
	{ "nothing", 0, -ENOENT }, { "nothing/x", 0, -ENOENT }, { "a/nothing", 0, -ENOENT },
	{ "nothing/..", 0, -ENOENT },
	{ "a/b/f/", 0, -ENOTDIR }, { "a/b/f/.", 0, -ENOTDIR }, { "a/b/f/..", 0, -ENOTDIR }, { "a/b/f/x", 0, -ENOTDIR },
	{ "a/b/f", LOOKUP_DIRECTORY, -ENOTDIR }, { "a/b", LOOKUP_DIRECTORY, 0 },
	{ "la", 0, 0 }, { "la/b/f", 0, 0 }, { "a/lb/f", 0, 0 }, { "a/lf", LOOKUP_FOLLOW, 0 },
	{ "a/b/winding", LOOKUP_FOLLOW, 0 },
	{ "a/b/winding", 0, 0 }, { "a/b/winding/", 0, -ENOTDIR }, { "la", LOOKUP_DIRECTORY, -ENOTDIR },
	{ "la/", LOOKUP_DIRECTORY, 0 }, { "la", LOOKUP_FOLLOW | LOOKUP_DIRECTORY, 0 },
	{ "dangling", 0, 0 }, { "dangling", LOOKUP_FOLLOW, -ENOENT }, { "dangling/", 0, -ENOENT },
	{ "dangling/x", 0, -ENOENT },
	{ "ring1", 0, 0 }, { "ring1", LOOKUP_FOLLOW, -ELOOP }, { "ring1/x", 0, -ELOOP }, { "ring1/", 0, -ELOOP },
	{ "top/top/top/a/b/f", 0, 0 }, { "a/b/above/a", 0, 0 }, { "a/b/above/a/b/above/a/b/f", 0, 0 },
};

static void describe_walk(const struct walk_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "\"%s\" flags %x: %d", c->path, c->flags, c->err);
}
KUNIT_ARRAY_PARAM(walk, walks, describe_walk)

static void walk_table(struct kunit *test)
{
	const struct walk_case *c = test->param_value;
	struct path path;
	int err;

	make_tree(test);
	err = kern_path(c->path, c->flags, &path);
	if (!err)
		path_put(&path);
	KUNIT_EXPECT_EQ(test, err, c->err);
}

/* Different spellings of one place lead to one dentry. */
static void spellings(struct kunit *test)
{
	static const char *const names[] = {
		"/a/b/f", "a/b/f", "la/lf", "a/b/winding", "top/a/lb/f", "/a/b/above/../a/./lb//f",
	};
	struct path first, path;

	make_tree(test);
	KUNIT_ASSERT_EQ(test, kern_path(names[0], LOOKUP_FOLLOW, &first), 0);
	for (size_t i = 1; i < ARRAY_SIZE(names); i++) {
		KUNIT_ASSERT_EQ(test, kern_path(names[i], LOOKUP_FOLLOW, &path), 0);
		KUNIT_EXPECT_TRUE_MSG(test, path_equal(&first, &path), "%s", names[i]);
		path_put(&path);
	}
	path_put(&first);
}

/* 40 symlinks are followed, in a chain or one inside the other; the 41st is one too many. */
static void forty_links(struct kunit *test)
{
	char name[16], target[16];

	KUNIT_ASSERT_EQ(test, init_mkdir("/d", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("d", "/l1"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("d/.", "/n1"), 0);
	for (int i = 2; i <= 41; i++) {
		snprintf(name, sizeof(name), "/l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		KUNIT_ASSERT_EQ(test, init_symlink(target, name), 0);
		/* Not in last position: each waits on the stack until the next is walked. */
		snprintf(name, sizeof(name), "/n%d", i);
		snprintf(target, sizeof(target), "n%d/.", i - 1);
		KUNIT_ASSERT_EQ(test, init_symlink(target, name), 0);
	}
	KUNIT_EXPECT_EQ(test, fs_exists("/l40"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/l41"), -ELOOP);
	KUNIT_EXPECT_EQ(test, fs_exists("/n40"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/n40/"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/n41"), -ELOOP);
	KUNIT_EXPECT_EQ(test, fs_exists("/l20/../l20"), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("/l20/../l21"), -ELOOP);
}

static void long_names(struct kunit *test)
{
	char *name = kunit_kmalloc(test, PATH_MAX + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, name);
	memset(name, 'n', 256);
	name[256] = 0;
	KUNIT_EXPECT_EQ(test, fs_exists(name), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, init_mkdir(name, 0755), -ENAMETOOLONG);
	name[255] = 0;
	KUNIT_EXPECT_EQ(test, fs_exists(name), -ENOENT);
	KUNIT_EXPECT_EQ(test, init_mkdir(name, 0755), 0);
	KUNIT_EXPECT_EQ(test, fs_exists(name), 0);
	KUNIT_EXPECT_EQ(test, init_rename(name, "short", 0), 0);
	KUNIT_EXPECT_EQ(test, init_rename("short", name, 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists(name), 0);
	KUNIT_EXPECT_EQ(test, init_rmdir(name), 0);
	for (int i = 0; i < PATH_MAX; i++)
		name[i] = i & 1 ? '/' : '.';
	name[PATH_MAX] = 0;
	KUNIT_EXPECT_EQ(test, fs_exists(name), -ENAMETOOLONG);
	name[PATH_MAX - 1] = 0;
	KUNIT_EXPECT_EQ(test, fs_exists(name), 0);
	name[PATH_MAX - (int)sizeof(struct filename)] = 0;
	KUNIT_EXPECT_EQ(test, fs_exists(name), 0);
}

/* A path of a thousand directories can be made and walked step by step, and its text is right. */
static void deep_tree(struct kunit *test)
{
	char *text = kunit_kmalloc(test, PATH_MAX, GFP_KERNEL), *p;
	struct path path;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (int i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, init_mkdir("d", 0755), 0);
		KUNIT_ASSERT_EQ(test, init_chdir("d"), 0);
	}
	KUNIT_ASSERT_EQ(test, kern_path(".", 0, &path), 0);
	p = d_path(&path, text, PATH_MAX);
	KUNIT_EXPECT_FALSE(test, IS_ERR(p));
	KUNIT_EXPECT_EQ(test, strlen(p), 2000);
	KUNIT_EXPECT_TRUE(test, IS_ERR(d_path(&path, text, 2000)));
	path_put(&path);
	for (int i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, init_chdir(".."), 0);
		KUNIT_ASSERT_EQ(test, init_rmdir("d"), 0);
	}
}

/* Names that are asked for and do not exist are remembered, but not without limit; and no page is lost. */
static void absences_are_bounded(struct kunit *test)
{
	unsigned long free_before, free_after;
	struct dentry_stat_t before, after;
	char name[32];

	dentry_stat(&before);
	free_before = nr_free_pages();
	for (int i = 0; i < 40000; i++) {
		snprintf(name, sizeof(name), "/absent-%d", i);
		if (fs_exists(name) != -ENOENT)
			KUNIT_FAIL(test, "%s", name);
	}
	dentry_stat(&after);
	free_after = nr_free_pages();
	KUNIT_EXPECT_LE(test, after.nr_dentry - before.nr_dentry, 17000);
	KUNIT_EXPECT_LE(test, (long)(free_before - free_after), 2000);
	KUNIT_EXPECT_GT(test, after.nr_negative, 0);
}

/* A name that was looked up in vain is found as soon as it is made, and gone as soon as it is removed. */
static void negative_turns_positive(struct kunit *test)
{
	for (int i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, fs_exists("/x"), -ENOENT);
		KUNIT_EXPECT_EQ(test, init_mkdir("/x", 0755), 0);
		KUNIT_EXPECT_EQ(test, fs_exists("/x/y"), -ENOENT);
		KUNIT_EXPECT_EQ(test, fs_put("/x/y", "", 0), 0);
		KUNIT_EXPECT_EQ(test, fs_exists("/x/y"), 0);
		KUNIT_EXPECT_EQ(test, init_unlink("/x/y"), 0);
		KUNIT_EXPECT_EQ(test, fs_exists("/x/y"), -ENOENT);
		KUNIT_EXPECT_EQ(test, init_rmdir("/x"), 0);
	}
}

/* A directory that was removed while somebody stands in it: nothing can be made there, ".." still leads out. */
static void removed_directory(struct kunit *test)
{
	char text[64];
	struct path path;

	KUNIT_ASSERT_EQ(test, init_mkdir("/gone", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_chdir("/gone"), 0);
	KUNIT_ASSERT_EQ(test, init_rmdir("/gone"), 0);
	KUNIT_EXPECT_EQ(test, init_mkdir("x", 0755), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_put("x", "", 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_exists("x"), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_exists("."), 0);
	KUNIT_EXPECT_EQ(test, kern_path(".", 0, &path), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&path, text, sizeof(text)), "/gone (deleted)");
	path_put(&path);
	KUNIT_EXPECT_EQ(test, init_chdir(".."), 0);
	KUNIT_EXPECT_EQ(test, init_mkdir("gone", 0755), 0);
}

/* What open() makes of its flags. */
static const struct open_case {
	const char *path;
	int flags, err;
} opens[] = {
	{ "f", O_RDONLY, 0 }, { "f", O_RDWR, 0 }, { "f", O_CREAT | O_EXCL | O_RDWR, -EEXIST },
	{ "f/", O_RDONLY, -ENOTDIR },
	{ "f", O_DIRECTORY, -ENOTDIR }, { "d", O_DIRECTORY, 0 }, { "d", O_WRONLY, -EISDIR }, { "d", O_CREAT, -EISDIR },
	{ "new/", O_CREAT | O_WRONLY, -EISDIR }, { "new", O_CREAT | O_WRONLY, 0 }, { "l", O_RDONLY, 0 },
	{ "l", O_NOFOLLOW, -ELOOP }, { "l", O_NOFOLLOW | O_PATH, 0 }, { "l", O_CREAT | O_EXCL, -EEXIST },
	{ "dangling", O_RDONLY, -ENOENT }, { "dangling", O_CREAT | O_WRONLY, 0 },
	{ "dangling", O_CREAT | O_EXCL | O_WRONLY, -EEXIST },
	{ "d/x/y", O_CREAT | O_WRONLY, -ENOENT }, { ".", O_TMPFILE | O_RDWR, 0 },
	{ ".", O_TMPFILE | O_RDONLY, -EINVAL },
	{ "f", O_TMPFILE | O_RDWR, -ENOTDIR }, { "node", O_RDONLY, -ENXIO },
	{ "ring", O_RDONLY, -ELOOP }, { "ring", O_CREAT, -ELOOP },
	{ "f", O_RDWR | O_DIRECT, -EINVAL }, { "f", O_PATH | O_DIRECT, 0 },
};

static void describe_open(const struct open_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "\"%s\" flags %#o: %d", c->path, c->flags, c->err);
}
KUNIT_ARRAY_PARAM(open, opens, describe_open)

static void open_table(struct kunit *test)
{
	const struct open_case *c = test->param_value;

	KUNIT_ASSERT_EQ(test, fs_put("f", "x", 1), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("d", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("f", "l"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("target", "dangling"), 0);
	KUNIT_ASSERT_EQ(test, init_symlink("ring", "ring"), 0);
	KUNIT_ASSERT_EQ(test, init_mknod("node", S_IFCHR | 0600, MKDEV(99, 1)), 0);
	KUNIT_EXPECT_EQ(test, fs_open(c->path, c->flags, 0644), c->err);
}

/* Nobody writes to what is executed, and nobody executes what is written to. */
static void text_busy(struct kunit *test)
{
	struct file *exec, *writer;

	KUNIT_ASSERT_EQ(test, fs_put("prog", "x", 1), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(open_exec("prog")), -EACCES);
	KUNIT_ASSERT_EQ(test, init_chmod("prog", 0755), 0);
	exec = open_exec("prog");
	KUNIT_ASSERT_FALSE(test, IS_ERR(exec));
	KUNIT_EXPECT_EQ(test, fs_open("prog", O_WRONLY, 0), -ETXTBSY);
	KUNIT_EXPECT_EQ(test, fs_open("prog", O_RDONLY, 0), 0);
	exec_file_release(exec);
	writer = filp_open("prog", O_RDWR, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(writer));
	KUNIT_EXPECT_EQ(test, PTR_ERR(open_exec("prog")), -ETXTBSY);
	fput(writer);
	exec = open_exec("prog");
	KUNIT_ASSERT_FALSE(test, IS_ERR(exec));
	exec_file_release(exec);
	KUNIT_EXPECT_EQ(test, PTR_ERR(open_exec("/")), -EACCES);
	KUNIT_EXPECT_EQ(test, PTR_ERR(open_exec("none")), -ENOENT);
}

static struct kunit_case namei_cases[] = {
	KUNIT_CASE_PARAM_NAMED(walk_table, walk_gen_params, "each path leads where it should, or to its error"),
	KUNIT_CASE_NAMED(spellings, "all spellings of a place lead to one dentry"),
	KUNIT_CASE_NAMED(forty_links, "40 symlinks are followed and not 41"),
	KUNIT_CASE_NAMED(long_names, "NAME_MAX and PATH_MAX are exact limits"),
	KUNIT_CASE_NAMED(deep_tree, "a thousand directories deep"),
	KUNIT_CASE_NAMED(absences_are_bounded, "40000 missing names do not fill the memory"),
	KUNIT_CASE_NAMED(negative_turns_positive, "a remembered absence ends when the name is made"),
	KUNIT_CASE_NAMED(removed_directory, "a removed directory keeps its user and takes no new names"),
	KUNIT_CASE_PARAM_NAMED(open_table, open_gen_params, "open and its flags"),
	KUNIT_CASE_NAMED(text_busy, "writing and executing exclude each other"),
	{}
};
static struct kunit_suite namei_suite = {
	.name = "namei", .init = fs_test_init, .exit = fs_test_exit, .test_cases = namei_cases,
};
kunit_test_suite(namei_suite);
