/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/find_bit.c - the next set or clear bit of a bitmap.
 *
 * All searches are one loop over words: cut off the bits before the start in the first word, go on while the word is
 * zero, take the lowest bit of the first that is not, and clamp to the size, because bits behind the end of the map
 * may be anything. Searching for a clear bit is searching for a set one in the inverted words.
 */
#include <primer/bitmap.h>
#include <primer/bitops.h>
#include <primer/kernel.h>

unsigned long _find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset, unsigned long invert)
{
	unsigned long word, i = offset / BITS_PER_LONG;

	if (unlikely(offset >= size))
		return size;
	word = (addr[i] ^ invert) & BITMAP_FIRST_WORD_MASK(offset);
	while (!word) {
		if (++i * BITS_PER_LONG >= size)
			return size;
		word = addr[i] ^ invert;
	}
	return min(i * BITS_PER_LONG + __ffs(word), size);
}

unsigned long _find_next_and_bit(const unsigned long *a, const unsigned long *b, unsigned long size,
				 unsigned long offset)
{
	unsigned long word, i = offset / BITS_PER_LONG;

	if (unlikely(offset >= size))
		return size;
	word = a[i] & b[i] & BITMAP_FIRST_WORD_MASK(offset);
	while (!word) {
		if (++i * BITS_PER_LONG >= size)
			return size;
		word = a[i] & b[i];
	}
	return min(i * BITS_PER_LONG + __ffs(word), size);
}

unsigned long find_last_bit(const unsigned long *addr, unsigned long size)
{
	unsigned long i = BITS_TO_LONGS(size), mask = BITMAP_LAST_WORD_MASK(size);

	while (i--) {
		unsigned long word = addr[i] & mask;

		if (word)
			return i * BITS_PER_LONG + __fls(word);
		mask = ~0UL;
	}
	return size;
}
