/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/bsearch.h - finding a key in a sorted array. */
#ifndef PRIMER_BSEARCH_H
#define PRIMER_BSEARCH_H

#include <primer/compiler.h>
#include <primer/sort.h>

/*
 * __inline_bsearch - an element for which @cmp(@key, element) is 0, or NULL
 *
 * Invariant: a match, if there is one, lies in the @num elements from @base. Inline, because the comparison then is
 * too.
 */
static __always_inline void *__inline_bsearch(const void *key, const void *base, size_t num, size_t size,
					      cmp_func_t cmp)
{
	while (num > 0) {
		const char *pivot = (const char *)base + (num >> 1) * size;
		int c = cmp(key, pivot);

		if (c == 0)
			return (void *)pivot;
		if (c > 0) {
			base = pivot + size;
			num--;
		}
		num >>= 1;
	}
	return NULL;
}

void *bsearch(const void *key, const void *base, size_t num, size_t size, cmp_func_t cmp);

#endif
