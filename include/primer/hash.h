/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/hash.h - numbers, pointers and names to hash table slots.
 *
 * hash_32 and hash_64 multiply by 2^n / phi and take the top bits: multiplication carries only upwards, so the top bits
 * depend on all bits of the key, and the golden ratio spreads the regular keys of a kernel (multiples of 64, small
 * counts) evenly. They are not meant to resist somebody who chooses the keys.
 */
#ifndef PRIMER_HASH_H
#define PRIMER_HASH_H

#include <primer/compiler.h>
#include <primer/types.h>

#define GOLDEN_RATIO_32		0x61C88647U
#define GOLDEN_RATIO_64		0x61C8864680B583EBULL

static __always_inline u32 __hash_32(u32 val)
{
	return val * GOLDEN_RATIO_32;
}

/* @bits: 1 to 32 */
static __always_inline u32 hash_32(u32 val, unsigned int bits)
{
	return __hash_32(val) >> (32 - bits);
}

static __always_inline u32 hash_64(u64 val, unsigned int bits)
{
	return (val * GOLDEN_RATIO_64) >> (64 - bits);
}

#define hash_long(val, bits)	hash_64(val, bits)

static __always_inline u32 hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_64((unsigned long)ptr, bits);
}

/*
 * Hashes of names: @salt (the parent directory) keeps equal names in different directories apart. full_name_hash()
 * takes a name of known length. hashlen_string() measures as it goes and returns both in a u64.
 */
#define hashlen_hash(hashlen)	((u32)(hashlen))
#define hashlen_len(hashlen)	((u32)((hashlen) >> 32))
#define hashlen_create(hash, len)	((u64)(len) << 32 | (u32)(hash))

u32 full_name_hash(const void *salt, const char *name, unsigned int len);
u64 hashlen_string(const void *salt, const char *name);

/*
 * hash_name - the same for the first component of a path: it ends at '/' or at the end of the string
 *
 * Like hashlen_string(), it may read up to 7 bytes behind the end, but never touches a page that the string does not
 * reach.
 */
u64 hash_name(const void *salt, const char *name);

#endif
