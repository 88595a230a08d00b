/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/rbtree_test.c - the red-black tree under random operations, its invariants walked after every one.
 */
#include <primer/rbtree.h>
#include <primer/rbtree_augmented.h>
#include <primer/string.h>

#include "harness.h"

#define NR	1024
#define OPS	100000

struct thing {
	int key;
	bool in;
	unsigned long value, max;	/* max: the largest value in the subtree */
	struct rb_node node;
};

static struct thing things[NR];

static unsigned long value_of(const struct thing *t)
{
	return t->value;
}

RB_DECLARE_CALLBACKS_MAX(static, max_callbacks, struct thing, node, unsigned long, max, value_of);

struct walk {
	int count;
	const struct thing *prev;
	bool check_max;
};

static bool red(const struct rb_node *n)
{
	return n && !(n->__rb_parent_color & 1);
}

/* Checks everything below @n and returns its black height. */
static int walk_subtree(struct walk *w, const struct rb_node *n, const struct rb_node *parent)
{
	const struct thing *t;
	unsigned long max;
	int left, right;

	if (!n)
		return 0;
	t = rb_entry(n, struct thing, node);
	CHECK(rb_parent(n) == parent);
	CHECK(!(n->__rb_parent_color & 2));
	CHECK(!(red(n) && red(parent)));		/* T3 */
	CHECK(t->in);

	left = walk_subtree(w, n->rb_left, n);
	if (w->prev)
		CHECK(w->prev->key <= t->key);		/* T1 */
	w->prev = t;
	w->count++;
	right = walk_subtree(w, n->rb_right, n);
	CHECK_EQ(left, right);				/* T4 */

	if (w->check_max) {
		max = t->value;
		if (n->rb_left)
			max = max(max, rb_entry(n->rb_left, struct thing, node)->max);
		if (n->rb_right)
			max = max(max, rb_entry(n->rb_right, struct thing, node)->max);
		CHECK_EQ(t->max, max);
	}
	return left + !red(n);
}

static void check_tree(const struct rb_root *root, int count, bool check_max)
{
	struct walk w = { .check_max = check_max };
	int height;

	CHECK(!red(root->rb_node));			/* T2 */
	height = walk_subtree(&w, root->rb_node, NULL);
	CHECK_EQ(w.count, count);
	CHECK((1L << height) - 1 <= count);
}

/* The in-order walks of the interface, forwards and backwards, see what the recursion saw. */
static void check_walks(const struct rb_root *root, int count)
{
	const struct rb_node *n, *last = NULL;
	int i = 0;

	for (n = rb_first(root); n; n = rb_next(n)) {
		if (last) {
			CHECK(rb_prev(n) == last);
			CHECK(rb_entry(last, struct thing, node)->key <= rb_entry(n, struct thing, node)->key);
		} else {
			CHECK(rb_prev(n) == NULL);
		}
		last = n;
		i++;
	}
	CHECK(rb_last(root) == last);
	CHECK_EQ(i, count);
}

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct thing, node)->key < rb_entry(b, struct thing, node)->key;
}

static void reset(int nr, int nkeys)
{
	memset(things, 0, sizeof(things));
	for (int i = 0; i < nr; i++)
		things[i].key = rnd_below(nkeys);
}

/* The size of the tree changes with the phase: small trees reach every case, large ones reach depth. */
static int phase_size(int op)
{
	static const int sizes[] = { 4, 12, 40, 150, NR };

	return sizes[op / 500 % ARRAY_SIZE(sizes)];
}

static void plain_cached(void)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	int count = 0;

	reset(NR, NR / 2);
	for (int op = 0; op < OPS; op++) {
		/* Shrinking phases empty the larger trees again: pick among all, but insert only below the limit. */
		struct thing *t = &things[rnd_below(NR)];
		bool newleft;

		if (t->in || count > phase_size(op)) {
			while (!t->in)
				t = &things[rnd_below(NR)];
			rb_erase_cached(&t->node, &tree);
			t->in = false;
			count--;
		} else {
			struct rb_node *first = rb_first_cached(&tree);

			newleft = !first || less(&t->node, first);
			t->in = true;
			CHECK((rb_add_cached(&t->node, &tree, less) != NULL) == newleft);
			count++;
		}
		check_tree(&tree.rb_root, count, false);
		CHECK(tree.rb_leftmost == rb_first(&tree.rb_root));
		if (op % 64 == 0)
			check_walks(&tree.rb_root, count);
	}
}

static void insert_augmented(struct thing *t, struct rb_root_cached *tree)
{
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	t->max = t->value;
	while (*link) {
		struct thing *p = rb_entry(*link, struct thing, node);

		parent = *link;
		if (p->max < t->value)
			p->max = t->value;
		if (t->key < p->key) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&t->node, parent, link);
	rb_insert_augmented_cached(&t->node, tree, leftmost, &max_callbacks);
}

static void augmented(void)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	int count = 0;

	reset(NR, 1 << 20);
	for (int op = 0; op < OPS; op++) {
		struct thing *t = &things[rnd_below(NR)];

		if (t->in && rnd_below(8) == 0) {
			/* A value changes in place: the summary is propagated by hand. */
			t->value = rnd_below(1000);
			max_callbacks.propagate(&t->node, NULL);
		} else if (t->in || count > phase_size(op)) {
			while (!t->in)
				t = &things[rnd_below(NR)];
			rb_erase_augmented_cached(&t->node, &tree, &max_callbacks);
			t->in = false;
			count--;
		} else {
			t->value = rnd_below(1000);
			t->in = true;
			insert_augmented(t, &tree);
			count++;
		}
		check_tree(&tree.rb_root, count, true);
		CHECK(tree.rb_leftmost == rb_first(&tree.rb_root));
	}
}

/* Ascending, descending, inside out; removed from either end and from the middle. */
static void orders(void)
{
	for (int order = 0; order < 4; order++) {
		for (int removal = 0; removal < 3; removal++) {
			struct rb_root tree = RB_ROOT;
			int n = 300, count = 0;

			reset(n, 1);
			for (int i = 0; i < n; i++) {
				int k = order == 0 ? i : order == 1 ? -i : order == 2 ? (i & 1 ? i : -i) : i * 7919 % n;

				things[i].key = k;
				things[i].in = true;
				rb_add(&things[i].node, &tree, less);
				check_tree(&tree, ++count, false);
			}
			while (count) {
				struct rb_node *n = removal == 0 ? rb_first(&tree) :
						    removal == 1 ? rb_last(&tree) : tree.rb_node;

				rb_erase(n, &tree);
				rb_entry(n, struct thing, node)->in = false;
				check_tree(&tree, --count, false);
			}
			CHECK(RB_EMPTY_ROOT(&tree));
		}
	}
}

static void replace(void)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct thing spare = { 0 }, *t;
	int n = 200;

	reset(n, 1000);
	for (int i = 0; i < n; i++) {
		things[i].in = true;
		rb_add_cached(&things[i].node, &tree, less);
	}
	for (int i = 0; i < 2000; i++) {
		t = &things[rnd_below(n)];
		spare = *t;
		rb_replace_node_cached(&t->node, &spare.node, &tree);
		check_tree(&tree.rb_root, n, false);
		CHECK(tree.rb_leftmost == rb_first(&tree.rb_root));
		rb_replace_node_cached(&spare.node, &t->node, &tree);
		check_tree(&tree.rb_root, n, false);
	}
}

static int cmp_key(const void *key, const struct rb_node *n)
{
	return *(const int *)key - rb_entry(n, struct thing, node)->key;
}

static int cmp_node(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct thing, node)->key - rb_entry(b, struct thing, node)->key;
}

static void find(void)
{
	struct rb_root tree = RB_ROOT;
	struct thing *owner[256] = { NULL };

	reset(NR, 256);
	for (int i = 0; i < NR; i++) {
		struct rb_node *there = rb_find_add(&things[i].node, &tree, cmp_node);

		CHECK(there == (owner[things[i].key] ? &owner[things[i].key]->node : NULL));
		if (!there)
			owner[things[i].key] = &things[i];
	}
	for (int key = -1; key <= 256; key++) {
		struct rb_node *n = rb_find(&key, &tree, cmp_key);

		if (key < 0 || key > 255 || !owner[key])
			CHECK(!n);
		else
			CHECK(n == &owner[key]->node);
	}
}

/* Freed memory is not touched again: ASan watches. */
static void postorder(void)
{
	for (int n = 0; n < 70; n++) {
		struct rb_root tree = RB_ROOT;
		struct thing *t, *next;
		int count = 0;

		for (int i = 0; i < n; i++) {
			t = calloc(1, sizeof(*t));
			t->key = rnd_below(50);
			rb_add(&t->node, &tree, less);
		}
		rbtree_postorder_for_each_entry_safe(t, next, &tree, node) {
			free(t);
			count++;
		}
		CHECK_EQ(count, n);
	}
}

static void stable(void)
{
	struct rb_root tree = RB_ROOT;
	const struct thing *prev = NULL;

	reset(NR, 10);
	for (int i = 0; i < NR; i++)
		rb_add(&things[i].node, &tree, less);
	for (struct rb_node *n = rb_first(&tree); n; n = rb_next(n)) {
		const struct thing *t = rb_entry(n, struct thing, node);

		CHECK(!prev || prev->key < t->key || (prev->key == t->key && prev < t));
		prev = t;
	}
}

static const struct test tests[] = {
	{ "order, colours, black height, parents and leftmost hold after each of 100000 operations", plain_cached },
	{ "subtree maxima too hold after each of 100000 operations", augmented },
	{ "sorted and alternating orders of insertion, removal from either end and at the root", orders },
	{ "a node replaced by its copy leaves a correct tree", replace },
	{ "find and find_add agree with a table", find },
	{ "postorder visits each node once and never after its children's parent was freed", postorder },
	{ "equal keys stay in the order of insertion", stable },
};

MAIN("rbtree", tests)
