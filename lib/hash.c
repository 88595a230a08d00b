/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/hash.c - names to numbers.
 *
 * The problem. Every component of every path is hashed on its way to the dentry cache, so this loop is part of the
 * price of open() and stat(). The component's end is not known beforehand: it has to be found too.
 *
 * The idea. Eight bytes a step. One word of the name is mixed in by a xor and a multiplication with an odd constant,
 * which loses nothing (it has an inverse), but carries influence only upwards; exchanging the halves of the product
 * brings it down again for the next step. At the end the upper half of one more product is the hash.
 *
 * The same word tells whether the component ends in it: with has_zero() on the word (end of string), and on the word
 * xored with slashes (end of component). What is behind the end is masked to zero. All three functions agree on the
 * hash of a name, whatever follows it in memory.
 *
 * The read of a whole word may go beyond the end of the string. That is harmless as long as it stays on the page, and
 * near the end of a page the word is put together from single bytes (Linux lets it fault and fixes it up).
 *
 * The hash is not secret: a user who chooses names can fill one chain of the cache, as far as the cache's own limits
 * let him. Linux' is the same in that respect.
 */
#include <primer/bitops.h>
#include <primer/hash.h>
#include <primer/word_at_a_time.h>

#define PAGE_BYTES	4096UL		/* the smallest unit in which memory is mapped */

static __always_inline u64 mix(u64 hash, u64 word)
{
	return ror64((hash ^ word) * GOLDEN_RATIO_64, 32);
}

static __always_inline u32 finish(u64 hash)
{
	return (hash * GOLDEN_RATIO_64) >> 32;
}

/* The eight bytes at @s up to a zero byte; bytes behind that one may be anything. */
static __always_inline __no_sanitize u64 load_string_word(const char *s)
{
	u64 word = 0;

	if (likely(((unsigned long)s & (PAGE_BYTES - 1)) <= PAGE_BYTES - 8))
		return load_unaligned_word(s);
	for (unsigned int shift = 0; shift < 64 && *s; s++, shift += 8)
		word |= (u64)(u8)*s << shift;
	return word;
}

__no_sanitize u64 hash_name(const void *salt, const char *name)
{
	u64 hash = (unsigned long)salt;
	u64 word, mask;
	unsigned int len = 0;

	for (;;) {
		word = load_string_word(name + len);
		mask = has_zero(word) | has_zero(word ^ REPEAT_BYTE('/'));
		if (mask)
			break;
		hash = mix(hash, word);
		len += 8;
	}
	/* Each mark is true at its lowest bit; the first end is the lower of the two: the lowest bit of the union. */
	if (find_zero(mask)) {
		hash = mix(hash, word & zero_bytemask(mask));
		len += find_zero(mask);
	}
	return hashlen_create(finish(hash), len);
}

__no_sanitize u64 hashlen_string(const void *salt, const char *name)
{
	u64 hash = (unsigned long)salt;
	u64 word, mask;
	unsigned int len = 0;

	for (;;) {
		word = load_string_word(name + len);
		mask = has_zero(word);
		if (mask)
			break;
		hash = mix(hash, word);
		len += 8;
	}
	if (find_zero(mask)) {
		hash = mix(hash, word & zero_bytemask(mask));
		len += find_zero(mask);
	}
	return hashlen_create(finish(hash), len);
}

/* Here the length is known, and nothing outside the @len bytes is read. */
u32 full_name_hash(const void *salt, const char *name, unsigned int len)
{
	u64 hash = (unsigned long)salt, word = 0;

	for (; len >= 8; len -= 8, name += 8)
		hash = mix(hash, load_unaligned_word(name));
	if (len) {
		for (unsigned int i = 0; i < len; i++)
			word |= (u64)(u8)name[i] << (8 * i);
		hash = mix(hash, word);
	}
	return finish(hash);
}
