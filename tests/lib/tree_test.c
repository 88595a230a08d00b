/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/lib/tree_test.c - the red-black tree, the radix tree and the idr in the kernel, on the kernel's own memory.
 */
#include <kunit/test.h>
#include <primer/errno.h>
#include <primer/gfp.h>
#include <primer/idr.h>
#include <primer/kernel.h>
#include <primer/radix_tree.h>
#include <primer/rbtree.h>
#include <primer/string.h>

#include "random.h"

#define NR	128

struct thing {
	u32 key;
	bool in;
	struct rb_node node;
};

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct thing, node)->key < rb_entry(b, struct thing, node)->key;
}

/* Returns the black height, or -1 when parents, colours or heights are wrong. */
static int black_height(const struct rb_node *n, const struct rb_node *parent)
{
	int left, right;
	bool red;

	if (!n)
		return 0;
	red = !(n->__rb_parent_color & 1);
	if (rb_parent(n) != parent || (red && (!parent || !(parent->__rb_parent_color & 1))))
		return -1;
	left = black_height(n->rb_left, n);
	right = black_height(n->rb_right, n);
	return left < 0 || left != right ? -1 : left + !red;
}

static void rbtree(struct kunit *test)
{
	struct thing *things = kunit_kzalloc(test, NR * sizeof(*things), GFP_KERNEL);
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct test_random r;
	int count = 0;

	KUNIT_ASSERT_NOT_NULL(test, things);
	test_random_init(test, &r, 2);
	for (int op = 0; op < 4000; op++) {
		struct thing *t = &things[test_random_below(&r, NR)];
		u32 prev = 0;
		int seen = 0;

		if (t->in) {
			rb_erase_cached(&t->node, &tree);
			count--;
		} else {
			t->key = test_random_below(&r, 1000);
			rb_add_cached(&t->node, &tree, less);
			count++;
		}
		t->in = !t->in;
		KUNIT_ASSERT_GE(test, black_height(tree.rb_root.rb_node, NULL), 0);
		KUNIT_ASSERT_PTR_EQ(test, tree.rb_leftmost, rb_first(&tree.rb_root));
		for (struct rb_node *n = rb_first_cached(&tree); n; n = rb_next(n)) {
			KUNIT_ASSERT_LE(test, prev, rb_entry(n, struct thing, node)->key);
			prev = rb_entry(n, struct thing, node)->key;
			seen++;
		}
		KUNIT_ASSERT_EQ(test, seen, count);
	}
}

static void radix_tree(struct kunit *test)
{
	struct radix_tree_root root;
	struct test_random r;
	unsigned long index;
	void *item;
	int count = 0, seen = 0;

	INIT_RADIX_TREE(&root, GFP_KERNEL);
	test_random_init(test, &r, 3);
	for (int i = 0; i < 200; i++) {
		index = test_random(&r) >> test_random_below(&r, 64);
		item = radix_tree_lookup(&root, index);
		if (item) {
			KUNIT_ASSERT_EQ(test, radix_tree_insert(&root, index, xa_mk_value(1)), -EEXIST);
			continue;
		}
		KUNIT_ASSERT_EQ(test, radix_tree_insert(&root, index, xa_mk_value(index >> 1)), 0);
		if (++count % 2)
			radix_tree_tag_set(&root, index, 1);
	}
	index = 0;
	radix_tree_for_each_tagged(&root, item, index, ~0UL, 1) {
		KUNIT_ASSERT_EQ(test, xa_to_value(item), index >> 1);
		seen++;
	}
	KUNIT_EXPECT_EQ(test, seen, (count + 1) / 2);
	index = 0;
	radix_tree_for_each(&root, item, index, ~0UL) {
		KUNIT_ASSERT_PTR_EQ(test, radix_tree_delete(&root, index), item);
		count--;
	}
	KUNIT_EXPECT_EQ(test, count, 0);
	KUNIT_EXPECT_TRUE(test, radix_tree_empty(&root));
	radix_tree_destroy(&root);
}

static void idr(struct kunit *test)
{
	DEFINE_IDR(idr);
	static int objects[100];

	for (int i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, idr_alloc(&idr, &objects[i], 1, 0, GFP_KERNEL), i + 1);
	for (int i = 0; i < 100; i++)
		KUNIT_ASSERT_PTR_EQ(test, idr_find(&idr, i + 1), &objects[i]);
	KUNIT_EXPECT_PTR_EQ(test, idr_remove(&idr, 50), &objects[49]);
	KUNIT_EXPECT_PTR_EQ(test, idr_remove(&idr, 70), &objects[69]);
	KUNIT_EXPECT_EQ(test, idr_alloc(&idr, NULL, 51, 0, GFP_KERNEL), 70);
	KUNIT_EXPECT_EQ(test, idr_alloc(&idr, NULL, 1, 0, GFP_KERNEL), 50);
	KUNIT_EXPECT_EQ(test, idr_alloc(&idr, NULL, 1, 101, GFP_KERNEL), -ENOSPC);
	KUNIT_EXPECT_NULL(test, idr_find(&idr, 50));
	idr_set_cursor(&idr, 200);
	KUNIT_EXPECT_EQ(test, idr_alloc_cyclic(&idr, NULL, 1, 202, GFP_KERNEL), 200);
	KUNIT_EXPECT_EQ(test, idr_alloc_cyclic(&idr, NULL, 1, 202, GFP_KERNEL), 201);
	idr_remove(&idr, 3);
	KUNIT_EXPECT_EQ(test, idr_alloc_cyclic(&idr, NULL, 1, 202, GFP_KERNEL), 3);
	idr_destroy(&idr);
	KUNIT_EXPECT_TRUE(test, idr_is_empty(&idr));
}

static struct kunit_case tree_cases[] = {
	KUNIT_CASE_NAMED(rbtree, "red-black: order, colours, black height, leftmost after each of 4000 operations"),
	KUNIT_CASE_NAMED(radix_tree, "radix tree: what was inserted is found, tagged and deleted, on kernel nodes"),
	KUNIT_CASE_NAMED(idr, "idr: lowest free id, cyclic ids, reserved ids"),
	{}
};

static struct kunit_suite tree_suite = { .name = "trees", .test_cases = tree_cases };
kunit_test_suite(tree_suite);
