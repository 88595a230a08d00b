/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/bitmap_test.c - bits and sets of bits against arrays of bool.
 */
#include <primer/bitmap.h>
#include <primer/bitops.h>
#include <primer/errno.h>
#include <primer/string.h>

#include "harness.h"

#define BITS	300

struct set {
	unsigned long *map;		/* exactly as many words as needed: ASan sees a read behind them */
	bool in[BITS];
	unsigned int n;
};

static void make(struct set *s, unsigned int n)
{
	int density = rnd_below(4);

	s->n = n;
	s->map = malloc(BITS_TO_LONGS(n) * 8);
	for (size_t i = 0; i < BITS_TO_LONGS(n); i++)
		s->map[i] = rnd();	/* also the spare bits of the last word */
	for (unsigned int i = 0; i < n; i++) {
		s->in[i] = density == 0 ? rnd_below(100) == 0 : density == 1 ? rnd_below(100) != 0 : rnd_below(2);
		if (rnd_below(2))
			__assign_bit(i, s->map, s->in[i]);
		else
			assign_bit(i, s->map, s->in[i]);
	}
}

static void same(const struct set *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		CHECK_EQ(test_bit(i, s->map), s->in[i]);
}

static unsigned int random_bits(void)
{
	return rnd_below(3) ? 1 + rnd_below(BITS) : 64 * (1 + rnd_below(4));
}

static void searches(void)
{
	for (int i = 0; i < 20000; i++) {
		struct set s, t;
		unsigned int n = random_bits(), from = rnd_below(n + 5), next, zero, both, last = n;

		make(&s, n);
		make(&t, n);
		for (next = from; next < n && !s.in[next]; next++)
			;
		for (zero = from; zero < n && s.in[zero]; zero++)
			;
		for (both = from; both < n && !(s.in[both] && t.in[both]); both++)
			;
		for (unsigned int k = 0; k < n; k++) {
			if (s.in[k])
				last = k;
		}
		CHECK_EQ(find_next_bit(s.map, n, from), min(next, n));
		CHECK_EQ(find_next_zero_bit(s.map, n, from), min(zero, n));
		CHECK_EQ(find_next_and_bit(s.map, t.map, n, from), min(both, n));
		CHECK_EQ(find_last_bit(s.map, n), last);
		if (n >= 50) {
			/* The inline forms for one word of constant size. */
			for (next = from; next < 50 && !s.in[next]; next++)
				;
			for (zero = from; zero < 50 && s.in[zero]; zero++)
				;
			CHECK_EQ(find_next_bit(s.map, 50, from), min(next, 50U));
			CHECK_EQ(find_next_zero_bit(s.map, 50, from), min(zero, 50U));
		}
		next = 0;
		for_each_set_bit(from, s.map, n) {
			while (!s.in[next])
				next++;
			CHECK_EQ(from, next++);
		}
		free(s.map);
		free(t.map);
	}
}

static void algebra(void)
{
	for (int i = 0; i < 20000; i++) {
		struct set a, b, d;
		unsigned int n = random_bits(), weight = 0, any;
		bool equal = true, meets = false, subset = true;

		make(&a, n);
		make(&b, n);
		if (rnd_below(4) == 0)
			memcpy(b.in, a.in, sizeof(a.in));
		if (rnd_below(4) == 0)
			b.in[rnd_below(n)] ^= true;
		for (unsigned int k = 0; k < n; k++)
			__assign_bit(k, b.map, b.in[k]);
		make(&d, n);
		for (unsigned int k = 0; k < n; k++) {
			weight += a.in[k];
			equal &= a.in[k] == b.in[k];
			meets |= a.in[k] && b.in[k];
			subset &= !a.in[k] || b.in[k];
		}
		CHECK_EQ(bitmap_weight(a.map, n), weight);
		CHECK_EQ(bitmap_equal(a.map, b.map, n), equal);
		CHECK_EQ(bitmap_intersects(a.map, b.map, n), meets);
		CHECK_EQ(bitmap_subset(a.map, b.map, n), subset);
		CHECK_EQ(bitmap_empty(a.map, n), weight == 0);
		CHECK_EQ(bitmap_full(a.map, n), weight == n);

#define RESULT(expr) do { any = 0; for (unsigned int k = 0; k < n; k++) any |= d.in[k] = (expr); same(&d); } while (0)
		meets = bitmap_and(d.map, a.map, b.map, n);
		RESULT(a.in[k] && b.in[k]);
		CHECK_EQ(meets, any);
		meets = bitmap_andnot(d.map, a.map, b.map, n);
		RESULT(a.in[k] && !b.in[k]);
		CHECK_EQ(meets, any);
		bitmap_or(d.map, a.map, b.map, n);
		RESULT(a.in[k] || b.in[k]);
		bitmap_xor(d.map, a.map, b.map, n);
		RESULT(a.in[k] != b.in[k]);
		bitmap_complement(d.map, a.map, n);
		RESULT(!a.in[k]);
		bitmap_copy(d.map, a.map, n);
		RESULT(a.in[k]);
		bitmap_zero(d.map, n);
		RESULT(false);
		bitmap_fill(d.map, n);
		RESULT(true);
		free(a.map);
		free(b.map);
		free(d.map);
	}
}

static void ranges(void)
{
	for (int i = 0; i < 20000; i++) {
		struct set s;
		unsigned int n = random_bits(), start = rnd_below(n), len = rnd_below(n - start + 1), nr, align, at;
		bool value = rnd_below(2);

		make(&s, n);
		if (value)
			bitmap_set(s.map, start, len);
		else
			bitmap_clear(s.map, start, len);
		memset(s.in + start, value, len);
		same(&s);

		nr = 1 + rnd_below(8);
		align = (1U << rnd_below(4)) - 1;
		start = rnd_below(n);
		for (at = (start + align) & ~align; at + nr <= n; at += align + 1) {
			if (!memchr(s.in + at, true, nr))
				break;
		}
		if (at + nr <= n)
			CHECK_EQ(bitmap_find_next_zero_area(s.map, n, start, nr, align), at);
		else
			CHECK(bitmap_find_next_zero_area(s.map, n, start, nr, align) >= n);
		free(s.map);
	}
}

static void single_bits(void)
{
	for (int i = 0; i < 50000; i++) {
		unsigned long map[3] = { rnd(), rnd(), rnd() }, want[3], old;
		unsigned int bit = rnd_below(192);
		unsigned long mask = 1UL << (bit % 64), *w = &want[bit / 64];

		memcpy(want, map, sizeof(map));
		old = *w & mask;
		switch (rnd_below(12)) {
		case 0: set_bit(bit, map); *w |= mask; break;
		case 1: clear_bit(bit, map); *w &= ~mask; break;
		case 2: change_bit(bit, map); *w ^= mask; break;
		case 3: CHECK_EQ(test_and_set_bit(bit, map), old != 0); *w |= mask; break;
		case 4: CHECK_EQ(test_and_clear_bit(bit, map), old != 0); *w &= ~mask; break;
		case 5: CHECK_EQ(test_and_change_bit(bit, map), old != 0); *w ^= mask; break;
		case 6: CHECK_EQ(__test_and_set_bit(bit, map), old != 0); *w |= mask; break;
		case 7: CHECK_EQ(__test_and_clear_bit(bit, map), old != 0); *w &= ~mask; break;
		case 8: __change_bit(bit, map); *w ^= mask; break;
		case 9: clear_bit_unlock(bit, map); *w &= ~mask; break;
		case 10: __clear_bit_unlock(bit, map); *w &= ~mask; break;
		case 11: CHECK_EQ(test_bit(bit, map), old != 0); CHECK_EQ(test_bit_acquire(bit, map), old != 0); break;
		}
		CHECK_EQ(memcmp(map, want, sizeof(map)), 0);
	}
}

/* The forms with a constant number: another instruction. */
static void constant_bits(void)
{
	unsigned long map[2] = { 0, 0 };

	set_bit(0, map);
	set_bit(7, map);
	set_bit(8, map);
	set_bit(63, map);
	set_bit(64, map);
	set_bit(71, map);
	CHECK_EQ(map[0], 0x8000000000000181);
	CHECK_EQ(map[1], 0x81);
	clear_bit(7, map);
	clear_bit(63, map);
	clear_bit(71, map);
	CHECK_EQ(map[0], 0x101);
	CHECK_EQ(map[1], 1);
	CHECK(test_and_set_bit(8, map));
	CHECK(!test_and_set_bit(9, map));
	CHECK(test_and_clear_bit(64, map));
	CHECK(!test_and_clear_bit(65, map));
	CHECK_EQ(map[0], 0x301);
	CHECK_EQ(map[1], 0);
}

static void words(void)
{
	CHECK(ffs(0) == 0 && ffs(1) == 1 && ffs(INT_MIN) == 32);
	CHECK(fls(0) == 0 && fls(1) == 1 && fls(~0U) == 32);
	CHECK(fls64(0) == 0 && fls64(1) == 1 && fls64(~0ULL) == 64);
	for (int i = 0; i < 10000; i++) {
		unsigned long w = rnd() >> rnd_below(64), v = w;
		unsigned int weight = 0, lo, hi;

		for (; v; v >>= 1)
			weight += v & 1;
		CHECK_EQ(hweight64(w), weight);
		CHECK_EQ(hweight8(w), __builtin_popcount(w & 0xff));
		CHECK_EQ(hweight32(w), __builtin_popcount(w));
		if (!w)
			continue;
		for (lo = 0; !(w >> lo & 1); lo++)
			;
		for (hi = 63; !(w >> hi & 1); hi--)
			;
		CHECK_EQ(__ffs(w), lo);
		CHECK_EQ(__fls(w), hi);
		CHECK_EQ(fls64(w), hi + 1);
		CHECK_EQ(ffz(~w), lo);
		CHECK_EQ(rol64(ror64(w, lo), lo), w);
		CHECK_EQ(rol64(w, 64 - hi), ror64(w, hi));
		CHECK_EQ(rol32(ror32(w, lo), lo), (u32)w);
	}
	CHECK_EQ(sign_extend32(0xff, 7), -1);
	CHECK_EQ(sign_extend32(0x7f, 7), 127);
	CHECK_EQ(sign_extend64(1UL << 47, 47), -(1L << 47));
}

static void lists(void)
{
	static const struct {
		const char *text;
		int err;
		const char *result;
	} cases[] = {
		{ "", 0, "" }, { "0", 0, "0" }, { "0-3,8", 0, "0-3,8" }, { " 5 , 7\n", 0, "5,7" }, { ",,1,,", 0, "1" },
		{ "99", 0, "99" }, { "100", -ERANGE, NULL }, { "0-100", -ERANGE, NULL }, { "3-1", -EINVAL, NULL },
		{ "0-15:2/4", 0, "0-1,4-5,8-9,12-13" }, { "1-10:3/3", 0, "1-10" }, { "0-9:4/3", -EINVAL, NULL },
		{ "0-9:0/3", 0, "" }, { "0-9:0/0", -EINVAL, NULL }, { "0-9:1", -EINVAL, NULL },
		{ "0-9:1/", -EINVAL, NULL }, { "N", 0, "99" }, { "97-N", 0, "97-99" }, { "all", 0, "0-99" },
		{ "ALL:1/50", 0, "0,50" }, { "x", -EINVAL, NULL }, { "1-", -EINVAL, NULL },
		{ "-1", -EINVAL, NULL }, { "1x", -EINVAL, NULL }, { "1:1/2", -EINVAL, NULL },
		{ "4294967296", -ERANGE, NULL }, { "18446744073709551617", -ERANGE, NULL },
		{ "0-99:1/4294967295", 0, "0" }, { "allx", -EINVAL, NULL },
	};
	DECLARE_BITMAP(map, 100);
	char buf[200];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = bitmap_parselist(cases[i].text, map, 100);

		if (err != cases[i].err)
			FAIL("'%s' gives %d, not %d", cases[i].text, err, cases[i].err);
		if (!err) {
			bitmap_print_list(buf, sizeof(buf), map, 100);
			CHECK_STR(buf, cases[i].result);
		}
	}
	for (int i = 0; i < 5000; i++) {
		DECLARE_BITMAP(again, 100);
		char list[400];

		for (int k = 0; k < 100; k++)
			__assign_bit(k, map, rnd_below(3) == 0);
		CHECK_EQ(bitmap_print_list(list, sizeof(list), map, 100), strlen(list));
		CHECK_EQ(bitmap_parselist(list, again, 100), 0);
		CHECK(bitmap_equal(map, again, 100));
	}
	bitmap_zero(map, 100);
	bitmap_set(map, 31, 3);
	CHECK_EQ(bitmap_print_mask(buf, sizeof(buf), map, 100), 1 + 3 * 9);
	CHECK_STR(buf, "0,00000000,00000003,80000000");
}

static const struct test tests[] = {
	{ "next, next zero, next common and last bit", searches },
	{ "set algebra, whatever the spare bits of the last word are", algebra },
	{ "runs of bits, and the next free run", ranges },
	{ "single bits, atomic and not", single_bits },
	{ "single bits with constant numbers", constant_bits },
	{ "questions about one word", words },
	{ "lists: parsed, refused, printed, and back", lists },
};

MAIN("bitmap", tests)
