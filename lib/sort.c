/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/sort.c - heapsort and binary search.
 *
 * The problem. Tables are sorted at boot and now and then later (exception table, memory map, symbols). Quicksort is
 * quicker on average, but takes O(n^2) on input that somebody chose, and a stack; merge sort takes memory. Heapsort
 * takes neither.
 *
 * The idea. A heap is an array read as a tree: the children of element i are 2i + 1 and 2i + 2, and no child is larger
 * than its parent, so element 0 is the largest.
 *
 *	1. Make a heap of the whole array, from the last parent back to the first.
 *	2. Exchange element 0 with the last one; the heap is one shorter, its top may be wrong: sift it down. Repeat.
 *
 *	    [ heap, all <= the sorted part | sorted ]
 *	      0                              end
 *
 * Sifting goes bottom-up: walk down to a leaf along the larger children (one comparison a level), then back up to where
 * the element belongs, which is near the leaves nearly always, because the element came from a leaf. That halves the
 * comparisons of the textbook form, and here a comparison is a call through a pointer.
 *
 * Invariant of step 1 at index i: every subtree rooted at an index >= i is a heap. Of step 2: elements from end on are
 * in their final places, the others are a heap.
 */
#include <primer/bsearch.h>
#include <primer/sort.h>
#include <primer/word_at_a_time.h>

struct sort {
	char *base;
	size_t size;
	cmp_r_func_t cmp;
	const void *priv;
	swap_func_t swap;	/* may be NULL */
};

static void exchange(const struct sort *s, size_t i, size_t j)
{
	char *a = s->base + i * s->size, *b = s->base + j * s->size;
	size_t n = s->size;

	if (s->swap) {
		s->swap(a, b, n);
		return;
	}
	for (; n >= 8; n -= 8, a += 8, b += 8) {
		unaligned_word_t *x = (unaligned_word_t *)a, *y = (unaligned_word_t *)b;
		unsigned long tmp = *x;

		*x = *y;
		*y = tmp;
	}
	for (; n; n--, a++, b++) {
		char tmp = *a;

		*a = *b;
		*b = tmp;
	}
}

static int compare(const struct sort *s, size_t i, size_t j)
{
	return s->cmp(s->base + i * s->size, s->base + j * s->size, s->priv);
}

/* The subtrees below @top are heaps of the @end elements; make the one at @top a heap. */
static void sift(const struct sort *s, size_t top, size_t end)
{
	size_t at = top, child;

	/* Down, along the larger children, to a leaf. */
	while ((child = 2 * at + 1) < end) {
		if (child + 1 < end && compare(s, child + 1, child) > 0)
			child++;
		at = child;
	}
	/* Up, to the first one on that way that is not smaller than the element at the top: its place. */
	while (at != top && compare(s, top, at) > 0)
		at = (at - 1) / 2;
	/* The element goes there, and each one between moves up by one. */
	while (at != top) {
		exchange(s, at, top);
		at = (at - 1) / 2;
	}
}

static void heapsort(const struct sort *s, size_t num)
{
	for (size_t i = num / 2; i-- > 0;)
		sift(s, i, num);
	for (size_t end = num; end > 1;) {
		exchange(s, 0, --end);
		sift(s, 0, end);
	}
}

/* A plain comparison in the place of @priv, for sort(). */
struct plain {
	cmp_func_t cmp;
};

static int cmp_plain(const void *a, const void *b, const void *priv)
{
	return ((const struct plain *)priv)->cmp(a, b);
}

void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp, const void *priv)
{
	const struct sort s = { .base = base, .size = size, .cmp = cmp, .priv = priv };

	heapsort(&s, num);
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap)
{
	const struct plain plain = { cmp };
	const struct sort s = { .base = base, .size = size, .cmp = cmp_plain, .priv = &plain, .swap = swap };

	heapsort(&s, num);
}

void *bsearch(const void *key, const void *base, size_t num, size_t size, cmp_func_t cmp)
{
	return __inline_bsearch(key, base, num, size, cmp);
}
