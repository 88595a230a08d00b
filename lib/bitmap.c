/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/bitmap.c - sets of small numbers.
 *
 * Word by word, with the last word masked wherever its spare bits could show in an answer. What is stored in them does
 * not matter (bitmap.h), so the functions that only write do not mask.
 */
#include <primer/bitmap.h>
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/sprintf.h>

/* The bits of word @i that belong to a set of @bits. */
static __always_inline unsigned long word_mask(unsigned int i, unsigned int bits)
{
	return i == BITS_TO_LONGS(bits) - 1 ? BITMAP_LAST_WORD_MASK(bits) : ~0UL;
}

bool __bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		any |= (dst[i] = a[i] & b[i]) & word_mask(i, bits);
	return any != 0;
}

bool __bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		any |= (dst[i] = a[i] & ~b[i]) & word_mask(i, bits);
	return any != 0;
}

void __bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		dst[i] = a[i] | b[i];
}

void __bitmap_xor(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		dst[i] = a[i] ^ b[i];
}

void __bitmap_complement(unsigned long *dst, const unsigned long *src, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		dst[i] = ~src[i];
}

bool __bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++) {
		if ((a[i] ^ b[i]) & word_mask(i, bits))
			return false;
	}
	return true;
}

bool __bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++) {
		if (a[i] & b[i] & word_mask(i, bits))
			return true;
	}
	return false;
}

bool __bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++) {
		if (a[i] & ~b[i] & word_mask(i, bits))
			return false;
	}
	return true;
}

unsigned int __bitmap_weight(const unsigned long *src, unsigned int bits)
{
	unsigned int weight = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		weight += hweight_long(src[i] & word_mask(i, bits));
	return weight;
}

/*
 * A run of bits is a partial word, whole words, a partial word:
 *
 *	word     |........|........|........|
 *	run           ^^^^ ^^^^^^^^ ^^
 *	mask     first     all      last	first & last when it is one word
 */
void bitmap_set(unsigned long *map, unsigned int start, unsigned int nbits)
{
	unsigned long *p = map + BIT_WORD(start), mask = BITMAP_FIRST_WORD_MASK(start);
	unsigned int end = start + nbits;

	if (!nbits)
		return;
	for (; p < map + BIT_WORD(end - 1); p++) {
		*p |= mask;
		mask = ~0UL;
	}
	*p |= mask & BITMAP_LAST_WORD_MASK(end);
}

void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nbits)
{
	unsigned long *p = map + BIT_WORD(start), mask = BITMAP_FIRST_WORD_MASK(start);
	unsigned int end = start + nbits;

	if (!nbits)
		return;
	for (; p < map + BIT_WORD(end - 1); p++) {
		*p &= ~mask;
		mask = ~0UL;
	}
	*p &= ~(mask & BITMAP_LAST_WORD_MASK(end));
}

/* A candidate that contains a set bit is not moved by one but behind that bit: each set bit is looked at once. */
unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long size, unsigned long start,
					 unsigned int nr, unsigned long align_mask)
{
	for (;;) {
		unsigned long index = find_next_zero_bit(map, size, start), end, taken;

		index = (index + align_mask) & ~align_mask;
		end = index + nr;
		if (end > size)
			return end;
		taken = find_next_bit(map, end, index);
		if (taken >= end)
			return index;
		start = taken + 1;
	}
}

/* One number, or N. */
static const char *parse_bit(const char *s, unsigned int *bit, unsigned int last)
{
	unsigned long long val;
	char *end;

	if (*s == 'N') {
		*bit = last;
		return s + 1;
	}
	if (!isdigit(*s))
		return NULL;
	val = simple_strtoull(s, &end, 10);
	/* Twenty digits may wrap to something small; nine cannot, and no set is larger. */
	if (end - s > 9)
		val = U32_MAX;
	*bit = val;
	return end;
}

/* One element, "from[-to[:used/group]]"; returns what is behind it, or NULL for bad text. */
static const char *parse_element(const char *s, unsigned int *from, unsigned int *to, unsigned int *used,
				 unsigned int *group, unsigned int last)
{
	if (strncasecmp(s, "all", 3) == 0) {
		*from = 0;
		*to = last;
		s += 3;
	} else {
		s = parse_bit(s, from, last);
		if (!s)
			return NULL;
		*to = *from;
		if (*s == '-') {
			s = parse_bit(s + 1, to, last);
			if (!s)
				return NULL;
		} else {
			goto no_group;
		}
	}
	if (*s == ':') {
		s = parse_bit(s + 1, used, last);
		if (!s || *s != '/')
			return NULL;
		return parse_bit(s + 1, group, last);
	}
no_group:
	*used = *group = *to - *from + 1;
	return s;
}

int bitmap_parselist(const char *s, unsigned long *maskp, int nmaskbits)
{
	unsigned int last = nmaskbits - 1;

	bitmap_zero(maskp, nmaskbits);
	for (;;) {
		unsigned int from, to, used, group;

		while (*s == ',' || isspace(*s))
			s++;
		if (!*s)
			return 0;
		s = parse_element(s, &from, &to, &used, &group, last);
		if (!s || (*s && *s != ',' && !isspace(*s)))
			return -EINVAL;
		if (from > to || used > group || !group)
			return -EINVAL;
		if (to > last)
			return -ERANGE;
		/* Widen: group may be near UINT_MAX. */
		for (u64 at = from; at <= to; at += group)
			bitmap_set(maskp, at, min((u64)used, to - at + 1));
	}
}

int bitmap_print_list(char *buf, size_t size, const unsigned long *maskp, int nmaskbits)
{
	return snprintf(buf, size, "%*pbl", nmaskbits, maskp);
}

int bitmap_print_mask(char *buf, size_t size, const unsigned long *maskp, int nmaskbits)
{
	return snprintf(buf, size, "%*pb", nmaskbits, maskp);
}
