/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/glob.c - shell patterns without recursion.
 *
 * Only '*' makes a choice: how much it swallows. Suppose it swallows nothing and go on; at a mismatch, come back to
 * the last '*' and let it swallow one character more. Earlier stars need not be reconsidered: the part of the pattern
 * between two stars has been matched at the earliest place it fits, and any later place leaves less for the rest. So
 * one saved position is enough, and the time is at most pattern times string.
 */
#include <primer/glob.h>

/*
 * Does @c belong to the set behind '[' at @pat? Returns 1 or 0 and moves *@end behind the ']', or -1 when the set is
 * never closed. A ']' in the first place stands for itself.
 */
static int match_set(const char *pat, unsigned char c, const char **end)
{
	bool inverted = *pat == '!' || *pat == '^', found = false;
	const char *p = pat + inverted;

	do {
		unsigned char lo = *p++, hi = lo;

		if (!lo)
			return -1;
		if (p[0] == '-' && p[1] && p[1] != ']') {
			hi = p[1];
			p += 2;
		}
		found |= lo <= c && c <= hi;
	} while (*p != ']');
	*end = p + 1;
	return found != inverted;
}

bool glob_match(const char *pat, const char *str)
{
	const char *star = NULL, *star_str = NULL;	/* behind the last '*', and what it has not swallowed */

	for (;;) {
		const char *next = pat + 1;
		bool match;
		int in_set;

		switch (*pat) {
		case '*':
			star = next;
			star_str = str;
			pat = next;
			continue;
		case '\0':
			match = !*str;
			if (match)
				return true;
			break;
		case '?':
			match = *str != '\0';
			break;
		case '[':
			in_set = match_set(pat + 1, *str, &next);
			match = *str && (in_set < 0 ? *str == '[' : in_set);
			break;
		case '\\':
			if (pat[1])
				next = ++pat + 1;
			match = *str && *str == *pat;
			break;
		default:
			match = *str == *pat;
			break;
		}
		if (match) {
			pat = next;
			str++;
			continue;
		}
		if (!star || !*star_str)
			return false;
		pat = star;
		str = ++star_str;
	}
}
