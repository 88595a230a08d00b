/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/radix_tree_test.c - the radix tree and the idr against plain arrays, with allocations that fail.
 */
#include <primer/bitops.h>
#include <primer/err.h>
#include <primer/errno.h>
#include <primer/idr.h>
#include <primer/radix_tree.h>
#include <primer/string.h>

#include "harness.h"
#include "radix_tree_node.h"

static long nodes_alive;
static unsigned int fail_one_in;	/* 0: never */

static struct radix_tree_node *alloc(gfp_t gfp)
{
	struct radix_tree_node *node;

	CHECK_EQ(gfp, 0x1234);
	if (fail_one_in && rnd_below(fail_one_in) == 0)
		return NULL;
	node = malloc(sizeof(*node));
	memset(node, 0xa5, sizeof(*node));
	nodes_alive++;
	return node;
}

static void release(struct radix_tree_node *node)
{
	nodes_alive--;
	free(node);
}

static const struct radix_tree_ops ops = { .alloc = alloc, .free = release };

/* R1, R3 and the links of one node; returns the number of items below it. */
static long walk(const struct radix_tree_node *node, bool all_rule, bool tags[RADIX_TREE_MAX_TAGS])
{
	unsigned int count = 0;
	long items = 0;
	u64 seen[RADIX_TREE_MAX_TAGS] = { 0 };

	CHECK_EQ(node->shift % RADIX_TREE_MAP_SHIFT, 0);
	for (unsigned int i = 0; i < RADIX_TREE_MAP_SIZE; i++) {
		void *entry = node->slots[i];

		if (!entry) {
			for (int t = 0; t < RADIX_TREE_MAX_TAGS; t++)
				CHECK(!(node->tags[t] & BIT(i)));
			continue;
		}
		count++;
		if (node->shift) {
			const struct radix_tree_node *child = entry_to_node(entry);
			bool below[RADIX_TREE_MAX_TAGS];

			CHECK(entry_is_node(entry));
			CHECK(child->parent == node);
			CHECK_EQ(child->offset, i);
			CHECK_EQ(child->shift, node->shift - RADIX_TREE_MAP_SHIFT);
			items += walk(child, all_rule, below);
			for (int t = 0; t < RADIX_TREE_MAX_TAGS; t++)
				CHECK_EQ(!!(node->tags[t] & BIT(i)), below[t]);
		} else {
			CHECK(!entry_is_node(entry));
			items++;
		}
	}
	CHECK(count);
	CHECK_EQ(count, node->count);
	for (int t = 0; t < RADIX_TREE_MAX_TAGS; t++) {
		seen[t] = node->tags[t];
		tags[t] = all_rule ? seen[t] == ~0ULL : seen[t] != 0;
	}
	return items;
}

static void check_root(const struct radix_tree_root *root, long items, bool all_rule)
{
	bool tags[RADIX_TREE_MAX_TAGS] = { false };

	if (!root->rnode) {
		CHECK_EQ(items, 0);
		CHECK_EQ(root->tagged, 0);
		CHECK_EQ(nodes_alive, 0);
	} else if (!entry_is_node(root->rnode)) {
		CHECK_EQ(items, 1);
		CHECK_EQ(nodes_alive, 0);
	} else {
		const struct radix_tree_node *top = entry_to_node(root->rnode);

		CHECK(!top->parent);
		CHECK(!(top->count == 1 && top->slots[0]));	/* R2 */
		CHECK_EQ(walk(top, all_rule, tags), items);
		for (int t = 0; t < RADIX_TREE_MAX_TAGS; t++)
			CHECK_EQ(root->tagged >> t & 1, tags[t]);
	}
}

/* Indices at which something changes: around the sizes of the levels, in a dense run, and at the very end. */
#define NR	600
static unsigned long indices[NR];
static void *items[NR];
static bool tagged[NR][RADIX_TREE_MAX_TAGS];
static long storage[NR];

static void make_indices(void)
{
	int n = 0;

	for (int i = 0; i < 300; i++)
		indices[n++] = i;
	for (int shift = 12; shift < 64; shift += 6) {
		for (int d = -3; d < 3; d++)
			indices[n++] = (1UL << shift) + d;
	}
	for (int i = 5; i > 0; i--)
		indices[n + i] = -(unsigned long)i;
	n += 6;
	indices[n - 6] = 1UL << 63;
	while (n < NR) {
		/* Spread over all magnitudes; duplicates are replaced. */
		unsigned long index = rnd() >> rnd_below(50);
		bool used = false;

		for (int i = 0; i < n; i++)
			used |= indices[i] == index;
		if (!used)
			indices[n++] = index;
	}
	/* Ascending, so that the model can be searched from left to right. */
	for (int i = 1; i < NR; i++) {
		unsigned long index = indices[i];
		int j = i;

		for (; j > 0 && indices[j - 1] > index; j--)
			indices[j] = indices[j - 1];
		indices[j] = index;
	}
	memset(items, 0, sizeof(items));
	memset(tagged, 0, sizeof(tagged));
}

static int model_from(unsigned long from, unsigned int tag)
{
	for (int i = 0; i < NR; i++) {
		if (indices[i] >= from && items[i] && (tag == RADIX_TREE_MAX_TAGS || tagged[i][tag]))
			return i;
	}
	return -1;
}

static void check_searches(const struct radix_tree_root *root)
{
	int k = rnd_below(NR), want, n;
	unsigned int tag = rnd_below(RADIX_TREE_MAX_TAGS + 1);
	unsigned long from = indices[k] + rnd_below(3) - 1, index = from;
	void *results[20], *item, **slot;

	CHECK(radix_tree_lookup(root, indices[k]) == items[k]);
	slot = radix_tree_lookup_slot(root, indices[k]);
	CHECK((slot ? *slot : NULL) == items[k]);
	for (int t = 0; t < RADIX_TREE_MAX_TAGS; t++)
		CHECK_EQ(radix_tree_tag_get(root, indices[k], t), tagged[k][t]);

	want = model_from(from, tag);
	if (tag == RADIX_TREE_MAX_TAGS)
		item = radix_tree_find(root, &index, ~0UL);
	else
		item = radix_tree_find_tag(root, &index, ~0UL, tag);
	CHECK(item == (want < 0 ? NULL : items[want]));
	CHECK_EQ(index, want < 0 ? from : indices[want]);

	if (tag == RADIX_TREE_MAX_TAGS)
		n = radix_tree_gang_lookup(root, results, from, ARRAY_SIZE(results));
	else
		n = radix_tree_gang_lookup_tag(root, results, from, ARRAY_SIZE(results), tag);
	for (int i = 0; i < n; i++) {
		CHECK(want >= 0);
		CHECK(results[i] == items[want]);
		want = indices[want] == ~0UL ? -1 : model_from(indices[want] + 1, tag);
	}
	CHECK(n == ARRAY_SIZE(results) || want < 0);
}

static void random_ops(void)
{
	struct radix_tree_root root;
	long count = 0;

	make_indices();
	INIT_RADIX_TREE(&root, 0x1234);
	root.ops = &ops;
	fail_one_in = 20;
	for (int op = 0; op < 100000; op++) {
		/* A phase of growing, a phase of shrinking. */
		bool grow = op / 1500 % 2 == 0;
		bool small = op / 3000 % 3 == 0;
		int k = rnd_below(small ? 20 : NR);
		unsigned long index = indices[k];
		unsigned int tag = rnd_below(RADIX_TREE_MAX_TAGS);

		switch (rnd_below(6)) {
		case 0:
		case 1: {
			int err;

			if (!grow && rnd_below(4))
				break;
			err = radix_tree_insert(&root, index, &storage[k]);
			if (items[k]) {
				CHECK_EQ(err, -EEXIST);
			} else if (err) {
				CHECK_EQ(err, -ENOMEM);
			} else {
				items[k] = &storage[k];
				count++;
			}
			break;
		}
		case 2:
		case 3:
			if (grow && rnd_below(4))
				break;
			CHECK(radix_tree_delete_item(&root, index, &root) == NULL);
			CHECK(radix_tree_delete(&root, index) == items[k]);
			count -= items[k] != NULL;
			items[k] = NULL;
			memset(tagged[k], 0, sizeof(tagged[k]));
			break;
		case 4:
			CHECK(radix_tree_tag_set(&root, index, tag) == items[k]);
			if (items[k])
				tagged[k][tag] = true;
			break;
		case 5:
			CHECK(radix_tree_tag_clear(&root, index, tag) == items[k]);
			tagged[k][tag] = false;
			break;
		}
		if (small || op % 16 == 0)
			check_root(&root, count, false);
		if (op % 8 == 0)
			check_searches(&root);
	}
	radix_tree_destroy(&root);
	CHECK_EQ(nodes_alive, 0);
	CHECK(radix_tree_empty(&root));
}

static void iterate_and_delete(void)
{
	struct radix_tree_root root;
	unsigned long index = 0;
	void *item;
	int seen = 0, want = 0;

	make_indices();
	INIT_RADIX_TREE(&root, 0x1234);
	root.ops = &ops;
	fail_one_in = 0;
	for (int i = 0; i < NR; i++)
		CHECK_EQ(radix_tree_insert(&root, indices[i], &storage[i]), 0);
	radix_tree_for_each(&root, item, index, ~0UL) {
		CHECK_EQ(index, indices[seen]);
		CHECK(item == &storage[seen]);
		CHECK(radix_tree_delete(&root, index) == item);
		seen++;
	}
	CHECK_EQ(seen, NR);
	CHECK(radix_tree_empty(&root));
	CHECK_EQ(nodes_alive, 0);

	for (int i = 0; i < NR; i++) {
		CHECK_EQ(radix_tree_insert(&root, indices[i], xa_mk_value(i)), 0);
		if (i % 3 == 0) {
			CHECK(radix_tree_tag_set(&root, indices[i], 1));
			want += indices[i] <= 70000;
		}
	}
	seen = 0;
	index = 0;
	radix_tree_for_each_tagged(&root, item, index, 70000, 1) {
		CHECK(xa_is_value(item));
		CHECK_EQ(xa_to_value(item) % 3, 0);
		seen++;
	}
	CHECK_EQ(seen, want);
	radix_tree_destroy(&root);
	CHECK_EQ(nodes_alive, 0);
}

static void holes(void)
{
	struct radix_tree_root root;

	INIT_RADIX_TREE(&root, 0x1234);
	root.ops = &ops;
	fail_one_in = 0;
	CHECK_EQ(radix_tree_next_hole(&root, 0, 10), 0);
	for (unsigned long i = 0; i < 130; i++)
		CHECK_EQ(radix_tree_insert(&root, i == 100 ? 1000 : i, &storage[i]), 0);
	CHECK_EQ(radix_tree_next_hole(&root, 0, 5000), 100);
	CHECK_EQ(radix_tree_next_hole(&root, 101, 5000), 130);
	CHECK_EQ(radix_tree_next_hole(&root, 0, 50), 51);
	CHECK_EQ(radix_tree_insert(&root, ~0UL, &storage[0]), 0);
	CHECK_EQ(radix_tree_next_hole(&root, ~0UL, ~0UL), 0);
	radix_tree_destroy(&root);
	CHECK_EQ(nodes_alive, 0);
}

static void no_allocator(void)
{
	RADIX_TREE(root, 0);

	CHECK_EQ(radix_tree_insert(&root, 0, &storage[0]), 0);
	CHECK_EQ(radix_tree_insert(&root, 1, &storage[1]), -ENOMEM);
	CHECK(radix_tree_lookup(&root, 0) == &storage[0]);
	CHECK(radix_tree_lookup(&root, 1) == NULL);
	CHECK(radix_tree_delete(&root, 0) == &storage[0]);
	CHECK_EQ(radix_tree_insert(&root, 7, &storage[0]), -ENOMEM);
	CHECK(radix_tree_empty(&root));
}

/* The idr. Pointers in the model: MODEL_NULL for "in use, and the pointer is NULL". */
#define IDS	5000
static void *model[IDS];
static char model_null;

static int model_free(int from, int end)
{
	for (int i = from; i < end; i++) {
		if (!model[i])
			return i;
	}
	return -ENOSPC;
}

static void *model_ptr(int id)
{
	return model[id] == &model_null ? NULL : model[id];
}

static int count_entry(int id, void *p, void *data)
{
	CHECK(model[id]);
	CHECK(p == model_ptr(id));
	++*(long *)data;
	return 0;
}

static void idr_random(void)
{
	struct idr idr;
	long count = 0;
	unsigned int cursor = 0;

	memset(model, 0, sizeof(model));
	idr_init_ops(&idr, &ops);
	fail_one_in = 20;
	for (int op = 0; op < 60000; op++) {
		bool grow = op / 10000 % 2 == 0;
		int limit = op / 20000 == 0 ? 100 : IDS, id, want;
		void *ptr = rnd_below(5) ? (void *)&storage[rnd_below(NR)] : NULL;
		int start = rnd_below(3) ? 0 : rnd_below(limit), end = start + 1 + rnd_below(limit - start);

		switch (rnd_below(grow ? 4 : 8)) {
		case 0:
		case 1:
			id = idr_alloc(&idr, ptr, start, end, 0x1234);
			want = model_free(start, end);
			goto allocated;
		case 2:
			idr_set_cursor(&idr, cursor);
			id = idr_alloc_cyclic(&idr, ptr, start, end, 0x1234);
			want = (int)cursor > start ? model_free(cursor, end) : model_free(start, end);
			if (want < 0)
				want = model_free(start, end);
			if (id >= 0)
				cursor = id + 1;
			CHECK_EQ(idr_get_cursor(&idr), cursor);
allocated:
			if (id == -ENOMEM)
				break;
			CHECK_EQ(id, want);
			if (id >= 0) {
				model[id] = ptr ? ptr : &model_null;
				count++;
			}
			break;
		case 3:
			id = rnd_below(limit);
			if (model[id]) {
				CHECK(idr_replace(&idr, ptr, id) == model_ptr(id));
				model[id] = ptr ? ptr : &model_null;
			} else {
				CHECK(idr_replace(&idr, ptr, id) == ERR_PTR(-ENOENT));
			}
			break;
		default:
			id = rnd_below(limit);
			CHECK(idr_remove(&idr, id) == model_ptr(id));
			count -= model[id] != NULL;
			model[id] = NULL;
			break;
		}
		if (op % 20 == 0)
			check_root(&idr.idr_rt, count, true);
		for (int i = 0; i < 5; i++) {
			id = rnd_below(IDS);
			CHECK(idr_find(&idr, id) == model_ptr(id));
		}
		if (op % 500 == 0) {
			long seen = 0, entries = 0;
			void *p;

			CHECK_EQ(idr_for_each(&idr, count_entry, &seen), 0);
			CHECK_EQ(seen, count);
			seen = 0;
			idr_for_each_entry(&idr, p, id) {
				CHECK(p == model_ptr(id));
				seen++;
			}
			for (int i = 0; i < IDS; i++)
				entries += model_ptr(i) != NULL;
			CHECK_EQ(seen, entries);
		}
	}
	idr_destroy(&idr);
	CHECK_EQ(nodes_alive, 0);
}

static void idr_limits(void)
{
	struct idr idr;
	int id;

	fail_one_in = 0;
	idr_init_ops(&idr, &ops);
	CHECK_EQ(idr_alloc(&idr, &model, -1, 0, 0x1234), -EINVAL);
	CHECK_EQ(idr_alloc(&idr, &model, INT_MAX, 0, 0x1234), INT_MAX);
	CHECK_EQ(idr_alloc(&idr, &model, INT_MAX, 0, 0x1234), -ENOSPC);
	CHECK_EQ(idr_alloc(&idr, &model, 0, 0, 0x1234), 0);
	CHECK_EQ(idr_alloc(&idr, &model, 0, 1, 0x1234), -ENOSPC);
	idr_set_cursor(&idr, INT_MAX);
	CHECK_EQ(idr_alloc_cyclic(&idr, &model, 0, 0, 0x1234), 1);
	id = 2;
	CHECK(idr_get_next(&idr, &id) == &model);
	CHECK_EQ(id, INT_MAX);
	CHECK(idr_find(&idr, ~0UL) == NULL);
	CHECK(idr_find(&idr, 1UL << 32) == NULL);
	CHECK(idr_remove(&idr, ~0UL) == NULL);
	CHECK(idr_remove(&idr, INT_MAX) == &model);
	CHECK(idr_remove(&idr, 0) == &model);
	CHECK(idr_remove(&idr, 1) == &model);
	CHECK(idr_is_empty(&idr));
	CHECK_EQ(nodes_alive, 0);
}

static void ida_random(void)
{
	struct ida ida;
	static bool used[IDS];
	int id, want;

	memset(used, 0, sizeof(used));
	fail_one_in = 0;
	ida_init(&ida);
	ida.idr.idr_rt.ops = &ops;
	CHECK_EQ(ida_alloc_range(&ida, 5, 4, 0x1234), -EINVAL);
	CHECK_EQ(ida_alloc_min(&ida, 0x80000000U, 0x1234), -ENOSPC);
	for (int op = 0; op < 20000; op++) {
		unsigned int min = rnd_below(200), max = min + rnd_below(300);

		if (rnd_below(2)) {
			for (want = min; want <= (int)max && used[want]; want++)
				;
			id = ida_alloc_range(&ida, min, max, 0x1234);
			CHECK_EQ(id, want > (int)max ? -ENOSPC : want);
			if (id >= 0)
				used[id] = true;
		} else {
			ida_free(&ida, min);
			used[min] = false;
		}
	}
	ida_destroy(&ida);
	CHECK_EQ(nodes_alive, 0);
}

static const struct test tests[] = {
	{ "R1 to R3, tags and contents hold through 100000 random operations, some without memory", random_ops },
	{ "iteration visits each item once, in order, while the body deletes it", iterate_and_delete },
	{ "the next hole", holes },
	{ "without a registered allocator index 0 works and the rest is -ENOMEM", no_allocator },
	{ "idr gives the lowest free id of the range and finds what was stored, NULL included", idr_random },
	{ "idr at 0, at INT_MAX and outside", idr_limits },
	{ "ida gives the lowest free id of the range", ida_random },
};

MAIN("radix_tree", tests)
