/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/list_test.c - lists against arrays.
 */
#include <primer/list.h>
#include <primer/string.h>

#include "harness.h"

#define NR	24

struct item {
	int id;
	struct list_head link;
	struct hlist_node hash;
};

static struct item items[NR];

/* What two lists should hold, in order. */
struct model {
	int id[NR];
	int n;
};

static void insert(struct model *m, int at, int id)
{
	memmove(&m->id[at + 1], &m->id[at], (m->n++ - at) * sizeof(int));
	m->id[at] = id;
}

static void take_out(struct model *m, int at)
{
	memmove(&m->id[at], &m->id[at + 1], (--m->n - at) * sizeof(int));
}

static void check(struct list_head *head, const struct model *m)
{
	struct list_head *prev = head, *pos;
	struct item *item;
	int i = 0;

	list_for_each(pos, head) {
		CHECK(pos->prev == prev);
		CHECK(i < m->n);
		CHECK_EQ(list_entry(pos, struct item, link)->id, m->id[i++]);
		prev = pos;
	}
	CHECK(head->prev == prev);
	CHECK_EQ(i, m->n);
	list_for_each_entry_reverse(item, head, link)
		CHECK_EQ(item->id, m->id[--i]);
	CHECK_EQ(list_empty(head), m->n == 0);
	CHECK_EQ(list_empty_careful(head), m->n == 0);
	CHECK_EQ(list_is_singular(head), m->n == 1);
	CHECK_EQ(list_count_nodes(head), m->n);
	if (m->n) {
		CHECK(list_is_first(&items[m->id[0]].link, head));
		CHECK(list_is_last(&items[m->id[m->n - 1]].link, head));
		CHECK_EQ(list_first_entry(head, struct item, link)->id, m->id[0]);
		CHECK_EQ(list_last_entry(head, struct item, link)->id, m->id[m->n - 1]);
	} else {
		CHECK(!list_first_entry_or_null(head, struct item, link));
		CHECK(!list_last_entry_or_null(head, struct item, link));
	}
}

static int place(const struct model *m, int id)
{
	for (int i = 0; i < m->n; i++) {
		if (m->id[i] == id)
			return i;
	}
	return -1;
}

static void append_all(struct model *to, int at, struct model *from)
{
	for (int i = 0; i < from->n; i++)
		insert(to, at + i, from->id[i]);
	from->n = 0;
}

static void random_ops(void)
{
	LIST_HEAD(a);
	LIST_HEAD(b);
	struct list_head *heads[2] = { &a, &b };
	struct model m[2] = { { .n = 0 }, { .n = 0 } };

	for (int i = 0; i < NR; i++)
		items[i].id = i;
	for (int op = 0; op < 100000; op++) {
		int k = rnd_below(NR), h = rnd_below(2), in, at, other;
		struct list_head *head = heads[h];

		in = place(&m[0], k) >= 0 ? 0 : place(&m[1], k) >= 0 ? 1 : -1;
		if (in < 0) {
			if (rnd_below(2)) {
				list_add(&items[k].link, head);
				insert(&m[h], 0, k);
			} else {
				list_add_tail(&items[k].link, head);
				insert(&m[h], m[h].n, k);
			}
			goto done;
		}
		at = place(&m[in], k);
		switch (rnd_below(10)) {
		case 0:
			list_del(&items[k].link);
			CHECK(items[k].link.next == LIST_POISON1);
			take_out(&m[in], at);
			break;
		case 1:
			list_del_init(&items[k].link);
			list_del_init(&items[k].link);
			CHECK(list_empty(&items[k].link));
			take_out(&m[in], at);
			break;
		case 2:
			list_move(&items[k].link, head);
			take_out(&m[in], at);
			insert(&m[h], 0, k);
			break;
		case 3:
			list_move_tail(&items[k].link, head);
			take_out(&m[in], at);
			insert(&m[h], m[h].n, k);
			break;
		case 4:
			list_splice_init(heads[!h], head);
			append_all(&m[h], 0, &m[!h]);
			break;
		case 5:
			list_splice_tail_init(heads[!h], head);
			append_all(&m[h], m[h].n, &m[!h]);
			break;
		case 6:
			list_rotate_left(head);
			if (m[h].n) {
				int first = m[h].id[0];

				take_out(&m[h], 0);
				insert(&m[h], m[h].n, first);
			}
			break;
		case 7:
			/* An item that is nowhere takes the place of this one. */
			for (other = 0; other < NR && (place(&m[0], other) >= 0 || place(&m[1], other) >= 0); other++)
				;
			if (other == NR)
				break;
			list_replace_init(&items[k].link, &items[other].link);
			CHECK(list_empty(&items[k].link));
			m[in].id[at] = other;
			break;
		case 8: {
			LIST_HEAD(cut);
			struct model cm = { .n = 0 };

			list_cut_position(&cut, heads[in], &items[k].link);
			for (int i = 0; i <= at; i++) {
				insert(&cm, cm.n, m[in].id[0]);
				take_out(&m[in], 0);
			}
			check(&cut, &cm);
			check(heads[in], &m[in]);
			list_splice(&cut, heads[in]);
			append_all(&m[in], 0, &cm);
			break;
		}
		case 9: {
			int last = at + rnd_below(m[in].n - at);

			if (h == in)
				break;
			list_bulk_move_tail(head, &items[k].link, &items[m[in].id[last]].link);
			for (int i = at; i <= last; i++) {
				insert(&m[h], m[h].n, m[in].id[at]);
				take_out(&m[in], at);
			}
			break;
		}
		}
done:
		check(&a, &m[0]);
		check(&b, &m[1]);
	}
}

static void iterators(void)
{
	LIST_HEAD(head);
	struct item *item, *next;
	int i;

	for (i = 0; i < 10; i++) {
		items[i].id = i;
		list_add_tail(&items[i].link, &head);
	}
	item = &items[4];
	i = 5;
	list_for_each_entry_continue(item, &head, link)
		CHECK_EQ(item->id, i++);
	CHECK_EQ(i, 10);
	item = &items[4];
	i = 3;
	list_for_each_entry_continue_reverse(item, &head, link)
		CHECK_EQ(item->id, i--);
	CHECK_EQ(i, -1);
	item = &items[7];
	i = 7;
	list_for_each_entry_from(item, &head, link)
		CHECK_EQ(item->id, i++);
	list_for_each_entry_safe(item, next, &head, link) {
		if (item->id & 1)
			list_del(&item->link);
	}
	i = 8;
	list_for_each_entry_safe_reverse(item, next, &head, link) {
		CHECK_EQ(item->id, i);
		list_del(&item->link);
		i -= 2;
	}
	CHECK(list_empty(&head));
}

static void hlists(void)
{
	HLIST_HEAD(head);
	HLIST_HEAD(other);
	struct model m = { .n = 0 };
	struct hlist_node *next;
	struct item *item;

	for (int i = 0; i < NR; i++) {
		items[i].id = i;
		INIT_HLIST_NODE(&items[i].hash);
	}
	for (int op = 0; op < 50000; op++) {
		int k = rnd_below(NR), at = place(&m, k), anchor = m.n ? m.id[rnd_below(m.n)] : -1, i = 0;
		struct hlist_node **pprev = &head.first;

		CHECK_EQ(hlist_unhashed(&items[k].hash), at < 0);
		if (at >= 0) {
			if (rnd_below(2)) {
				hlist_del_init(&items[k].hash);
				hlist_del_init(&items[k].hash);
			} else {
				hlist_del(&items[k].hash);
				INIT_HLIST_NODE(&items[k].hash);
			}
			take_out(&m, at);
		} else if (anchor < 0 || rnd_below(3) == 0) {
			hlist_add_head(&items[k].hash, &head);
			insert(&m, 0, k);
		} else if (rnd_below(2)) {
			hlist_add_before(&items[k].hash, &items[anchor].hash);
			insert(&m, place(&m, anchor), k);
		} else {
			hlist_add_behind(&items[k].hash, &items[anchor].hash);
			insert(&m, place(&m, anchor) + 1, k);
		}
		if (rnd_below(50) == 0) {
			hlist_move_list(&head, &other);
			CHECK(hlist_empty(&head));
			hlist_move_list(&other, &head);
		}
		hlist_for_each_entry(item, &head, hash) {
			CHECK_EQ(item->id, m.id[i++]);
			CHECK(item->hash.pprev == pprev);
			pprev = &item->hash.next;
		}
		CHECK_EQ(i, m.n);
		CHECK_EQ(hlist_empty(&head), m.n == 0);
	}
	hlist_for_each_entry_safe(item, next, &head, hash) {
		hlist_del(&item->hash);
		memset(&item->hash, 0xff, sizeof(item->hash));
	}
	CHECK(hlist_empty(&head));
	INIT_HLIST_NODE(&items[0].hash);
	hlist_add_fake(&items[0].hash);
	CHECK(hlist_fake(&items[0].hash) && !hlist_unhashed(&items[0].hash));
	hlist_del_init(&items[0].hash);
}

static const struct test tests[] = {
	{ "two lists agree with arrays, in both directions, after each of 100000 operations", random_ops },
	{ "iterators that start inside and that allow removal", iterators },
	{ "hlist agrees with an array, and pprev always points back", hlists },
};

MAIN("list", tests)
