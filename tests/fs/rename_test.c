/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/rename_test.c - thousands of random renames in a tree of directories and files, against a model that knows
 * what each must return and what the tree must look like afterwards.
 */
#include <primer/dcache.h>
#include <primer/kernel.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "fs_test.h"

#define NODES	24		/* node 0 is the root */
#define NAMES	6

/* Who hangs where under which of a few names. parent < 0: does not exist. */
struct node {
	int parent, name;
	bool dir;
	unsigned long ino;
};

struct tree {
	struct node node[NODES];
	char from[PATH_MAX / 4], to[PATH_MAX / 4];
};

static void path_of(const struct tree *t, int i, char *buf, size_t size)
{
	int chain[NODES], n = 0;
	size_t len = 0;

	for (; i; i = t->node[i].parent)
		chain[n++] = i;
	buf[0] = 0;
	while (n--)
		len += scnprintf(buf + len, size - len, "/n%d", t->node[chain[n]].name);
}

static int child(const struct tree *t, int parent, int name)
{
	for (int i = 1; i < NODES; i++) {
		if (t->node[i].parent == parent && t->node[i].name == name)
			return i;
	}
	return -1;
}

static bool above(const struct tree *t, int a, int i)
{
	for (; i > 0; i = t->node[i].parent) {
		if (i == a)
			return true;
	}
	return a == 0;
}

static bool has_children(const struct tree *t, int i)
{
	for (int j = 1; j < NODES; j++) {
		if (t->node[j].parent == i)
			return true;
	}
	return false;
}

/* What rename must say, in the order in which Linux looks. */
static int expected(const struct tree *t, int i, int parent, int name, unsigned int flags)
{
	int target = child(t, parent, name);

	if (flags & RENAME_NOREPLACE && target >= 0)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE && target < 0)
		return -ENOENT;
	if (i == target)
		return 0;
	if (t->node[i].dir && above(t, i, parent))
		return -EINVAL;
	if (target >= 0 && t->node[target].dir && above(t, target, t->node[i].parent))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (target < 0 || flags & RENAME_EXCHANGE)
		return 0;
	if (t->node[i].dir && !t->node[target].dir)
		return -ENOTDIR;
	if (!t->node[i].dir && t->node[target].dir)
		return -EISDIR;
	return t->node[target].dir && has_children(t, target) ? -ENOTEMPTY : 0;
}

static void apply(struct tree *t, int i, int parent, int name, unsigned int flags)
{
	int target = child(t, parent, name);

	if (i == target)
		return;
	if (target >= 0) {
		t->node[target].parent = flags & RENAME_EXCHANGE ? t->node[i].parent : -1;
		t->node[target].name = t->node[i].name;
	}
	t->node[i].parent = parent;
	t->node[i].name = name;
}

/* Every node is where the model says, is the same inode as ever, and each directory counts its subdirectories. */
static void compare(struct kunit *test, struct tree *t)
{
	for (int i = 0; i < NODES; i++) {
		struct node *n = &t->node[i];
		struct kstat stat;
		unsigned int links = 2;

		if (n->parent < 0)
			continue;
		path_of(t, i, t->from, sizeof(t->from));
		KUNIT_ASSERT_EQ_MSG(test, init_stat(i ? t->from : "/", &stat, AT_SYMLINK_NOFOLLOW), 0, "%s", t->from);
		if (i)
			KUNIT_ASSERT_EQ_MSG(test, stat.ino, n->ino, "%s", t->from);
		for (int j = 1; j < NODES; j++)
			links += t->node[j].parent == i && t->node[j].dir;
		KUNIT_ASSERT_EQ_MSG(test, stat.nlink, n->dir ? links : 1, "%s", t->from);
	}
}

static void create(struct kunit *test, struct tree *t, int i, struct test_random *r)
{
	int parent = test_random_below(r, NODES), name = test_random_below(r, NAMES);
	struct kstat stat;

	if (parent == i || t->node[parent].parent < 0 || !t->node[parent].dir || child(t, parent, name) >= 0)
		return;
	t->node[i].parent = parent;
	t->node[i].name = name;
	t->node[i].dir = test_random_below(r, 3);
	path_of(t, i, t->from, sizeof(t->from));
	if (t->node[i].dir)
		KUNIT_ASSERT_EQ_MSG(test, init_mkdir(t->from, 0755), 0, "%s", t->from);
	else
		KUNIT_ASSERT_EQ_MSG(test, fs_put(t->from, "", 0), 0, "%s", t->from);
	KUNIT_ASSERT_EQ(test, init_stat(t->from, &stat, 0), 0);
	t->node[i].ino = stat.ino;
}

static void random_renames(struct kunit *test)
{
	static const unsigned int kinds[] = { 0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };
	struct tree *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct test_random r;
	int moved = 0, refused = 0;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test_random_init(test, &r, 99);
	t->node[0].dir = true;
	for (int i = 1; i < NODES; i++)
		t->node[i].parent = -1;
	for (int op = 0; op < 10000; op++) {
		int i = 1 + test_random_below(&r, NODES - 1), parent, name, want, got;
		unsigned int flags = kinds[test_random_below(&r, ARRAY_SIZE(kinds))];

		if (t->node[i].parent < 0) {
			create(test, t, i, &r);
			continue;
		}
		parent = test_random_below(&r, NODES);
		name = test_random_below(&r, NAMES);
		if (t->node[parent].parent < 0 || !t->node[parent].dir)
			continue;
		path_of(t, i, t->from, sizeof(t->from));
		path_of(t, parent, t->to, sizeof(t->to) - 8);
		scnprintf(t->to + strlen(t->to), 8, "/n%d", name);
		want = expected(t, i, parent, name, flags);
		got = init_rename(t->from, t->to, flags);
		KUNIT_ASSERT_EQ_MSG(test, got, want, "%s to %s, flags %u, operation %d", t->from, t->to, flags, op);
		if (got) {
			refused++;
			continue;
		}
		apply(t, i, parent, name, flags);
		moved++;
		if (op % 100 == 0)
			compare(test, t);
	}
	compare(test, t);
	kunit_info(test, "%d moved, %d refused", moved, refused);
	KUNIT_EXPECT_GT(test, moved, 1000);
	KUNIT_EXPECT_GT(test, refused, 1000);
}

/* An open file and a current directory follow their names. */
static void open_things_follow(struct kunit *test)
{
	char text[64], *long_name = kunit_kzalloc(test, 201, GFP_KERNEL);
	struct file *file;

	KUNIT_ASSERT_NOT_NULL(test, long_name);
	memset(long_name, 'l', 200);
	KUNIT_ASSERT_EQ(test, init_mkdir("/a", 0755), 0);
	KUNIT_ASSERT_EQ(test, init_mkdir("/a/b", 0755), 0);
	KUNIT_ASSERT_EQ(test, fs_put("/a/b/f", "x", 1), 0);
	file = filp_open("/a/b/f", O_RDONLY, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, init_rename("/a/b", "/c", 0), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&file->f_path, text, sizeof(text)), "/c/f");
	KUNIT_EXPECT_EQ(test, init_rename("/c/f", "/a/a-name-that-does-not-fit-into-a-dentry-itself", 0), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&file->f_path, text, sizeof(text)),
			   "/a/a-name-that-does-not-fit-into-a-dentry-itself");
	/* Long over long: both names live until their dentries are gone. */
	KUNIT_EXPECT_EQ(test, init_chdir("/a"), 0);
	KUNIT_EXPECT_EQ(test, fs_put(long_name, "y", 1), 0);
	KUNIT_EXPECT_EQ(test, init_rename("a-name-that-does-not-fit-into-a-dentry-itself", long_name, 0), 0);
	KUNIT_EXPECT_EQ(test, fs_exists("a-name-that-does-not-fit-into-a-dentry-itself"), -ENOENT);
	KUNIT_EXPECT_EQ(test, init_rename(long_name, "f", 0), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&file->f_path, text, sizeof(text)), "/a/f");
	KUNIT_EXPECT_EQ(test, init_unlink("f"), 0);
	KUNIT_EXPECT_STREQ(test, d_path(&file->f_path, text, sizeof(text)), "/a/f (deleted)");
	fput(file);
	KUNIT_EXPECT_EQ(test, init_chdir("/"), 0);
}

static struct kunit_case rename_cases[] = {
	KUNIT_CASE_NAMED(random_renames, "10000 random renames agree with the model, loops included"),
	KUNIT_CASE_NAMED(open_things_follow, "an open file knows its new name"),
	{}
};
static struct kunit_suite rename_suite = {
	.name = "rename", .init = fs_test_init, .exit = fs_test_exit, .test_cases = rename_cases,
};
kunit_test_suite(rename_suite);
