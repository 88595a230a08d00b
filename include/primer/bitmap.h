/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/bitmap.h - sets of small numbers: arrays of longs, a bit a member.
 *
 * @nbits (or @bits) is the size of the set. The bits of the last word above it mean nothing: no function here relies
 * on them, and bitmap_zero(), bitmap_fill(), bitmap_copy() may change them. Single members: bitops.h. Nothing is
 * atomic.
 *
 * A set of known size up to 64, such as a CPU mask, costs one or two instructions; larger ones are calls.
 */
#ifndef PRIMER_BITMAP_H
#define PRIMER_BITMAP_H

#include <primer/bitops.h>
#include <primer/compiler.h>
#include <primer/string.h>
#include <primer/types.h>

#define DECLARE_BITMAP(name, bits)	unsigned long name[BITS_TO_LONGS(bits)]

/* Of the word that holds bit @start: the bits from it up. Of the last word of @nbits: the bits that count. */
#define BITMAP_FIRST_WORD_MASK(start)	(~0UL << ((start) & (BITS_PER_LONG - 1)))
#define BITMAP_LAST_WORD_MASK(nbits)	(~0UL >> (-(nbits) & (BITS_PER_LONG - 1)))

bool __bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits);
void __bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits);
void __bitmap_xor(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits);
bool __bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits);
void __bitmap_complement(unsigned long *dst, const unsigned long *src, unsigned int bits);
bool __bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int bits);
bool __bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int bits);
bool __bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int bits);
unsigned int __bitmap_weight(const unsigned long *src, unsigned int bits);

static __always_inline void bitmap_zero(unsigned long *dst, unsigned int nbits)
{
	if (__small_nbits(nbits))
		*dst = 0;
	else
		memset(dst, 0, BITS_TO_LONGS(nbits) * sizeof(long));
}

static __always_inline void bitmap_fill(unsigned long *dst, unsigned int nbits)
{
	if (__small_nbits(nbits))
		*dst = ~0UL;
	else
		memset(dst, 0xff, BITS_TO_LONGS(nbits) * sizeof(long));
}

static __always_inline void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned int nbits)
{
	if (__small_nbits(nbits))
		*dst = *src;
	else
		memcpy(dst, src, BITS_TO_LONGS(nbits) * sizeof(long));
}

/* bitmap_and, bitmap_andnot - a & b, a & ~b; return whether anything is left */
static __always_inline bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
				       unsigned int nbits)
{
	if (__small_nbits(nbits))
		return ((*dst = *a & *b) & BITMAP_LAST_WORD_MASK(nbits)) != 0;
	return __bitmap_and(dst, a, b, nbits);
}

static __always_inline bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
					  unsigned int nbits)
{
	if (__small_nbits(nbits))
		return ((*dst = *a & ~*b) & BITMAP_LAST_WORD_MASK(nbits)) != 0;
	return __bitmap_andnot(dst, a, b, nbits);
}

static __always_inline void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
				      unsigned int nbits)
{
	if (__small_nbits(nbits))
		*dst = *a | *b;
	else
		__bitmap_or(dst, a, b, nbits);
}

static __always_inline void bitmap_xor(unsigned long *dst, const unsigned long *a, const unsigned long *b,
				       unsigned int nbits)
{
	if (__small_nbits(nbits))
		*dst = *a ^ *b;
	else
		__bitmap_xor(dst, a, b, nbits);
}

static __always_inline void bitmap_complement(unsigned long *dst, const unsigned long *src, unsigned int nbits)
{
	if (__small_nbits(nbits))
		*dst = ~*src;
	else
		__bitmap_complement(dst, src, nbits);
}

static __always_inline bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	if (__small_nbits(nbits))
		return !((*a ^ *b) & BITMAP_LAST_WORD_MASK(nbits));
	return __bitmap_equal(a, b, nbits);
}

static __always_inline bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	if (__small_nbits(nbits))
		return (*a & *b & BITMAP_LAST_WORD_MASK(nbits)) != 0;
	return __bitmap_intersects(a, b, nbits);
}

/* bitmap_subset - is every member of @a in @b? */
static __always_inline bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	if (__small_nbits(nbits))
		return !(*a & ~*b & BITMAP_LAST_WORD_MASK(nbits));
	return __bitmap_subset(a, b, nbits);
}

static __always_inline bool bitmap_empty(const unsigned long *src, unsigned int nbits)
{
	return find_first_bit(src, nbits) == nbits;
}

static __always_inline bool bitmap_full(const unsigned long *src, unsigned int nbits)
{
	return find_first_zero_bit(src, nbits) == nbits;
}

static __always_inline unsigned int bitmap_weight(const unsigned long *src, unsigned int nbits)
{
	if (__small_nbits(nbits))
		return hweight_long(*src & BITMAP_LAST_WORD_MASK(nbits));
	return __bitmap_weight(src, nbits);
}

/* bitmap_set, bitmap_clear - @nbits members from @start */
void bitmap_set(unsigned long *map, unsigned int start, unsigned int nbits);
void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nbits);

/*
 * bitmap_find_next_zero_area - the first @nr clear bits in a row, at or after @start, whose first one is a multiple of
 * @align_mask + 1; @size or more when there are none
 */
unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long size, unsigned long start,
					 unsigned int nr, unsigned long align_mask);

/*
 * bitmap_parselist - "0-3,8,16-31:2/4" into a set of @nmaskbits
 *
 * A range may end in ":used/group": of every group of that many, the first used ones. N stands for the last bit; "all"
 * for everything. Spaces and empty elements are skipped. 0, -EINVAL for bad text, -ERANGE for a bit that does not
 * exist; then @maskp is what had been read so far.
 */
int bitmap_parselist(const char *buf, unsigned long *maskp, int nmaskbits);

/* bitmap_print_list - as "0-3,8" (the format of %*pbl); returns like snprintf() */
int bitmap_print_list(char *buf, size_t size, const unsigned long *maskp, int nmaskbits);
/* bitmap_print_mask - as hexadecimal groups of 32 bits, highest first, with commas (%*pb) */
int bitmap_print_mask(char *buf, size_t size, const unsigned long *maskp, int nmaskbits);

#endif
