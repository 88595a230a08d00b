/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/glob.h - shell patterns. */
#ifndef PRIMER_GLOB_H
#define PRIMER_GLOB_H

#include <primer/types.h>

/*
 * glob_match - does the whole of @str match @pat?
 *
 * '?' is any character, '*' any number of them, [a-z] one of a set, [!a-z] one not in it, '\' takes the next literally.
 * '/' and a leading '.' are nothing special. A '[' that is never closed is itself.
 */
bool glob_match(const char *pat, const char *str);

#endif
