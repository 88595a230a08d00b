/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/sort.h - sorting an array in place. */
#ifndef PRIMER_SORT_H
#define PRIMER_SORT_H

#include <primer/types.h>

typedef int (*cmp_func_t)(const void *a, const void *b);
typedef int (*cmp_r_func_t)(const void *a, const void *b, const void *priv);
typedef void (*swap_func_t)(void *a, void *b, int size);

/*
 * sort - put @num elements of @size bytes into the order of @cmp (negative: a before b)
 *
 * O(n log n) at worst, no memory, no recursion; not stable: equal elements may change places. @swap may be NULL.
 */
void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap);
/* sort_r - the same with a value that is handed to @cmp */
void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp, const void *priv);

#endif
