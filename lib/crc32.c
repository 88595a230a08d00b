/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/crc32.c - the CRC-32 of Ethernet and gzip, eight bytes a step.
 *
 * The remainder of a polynomial division over GF(2) by x^32 + x^26 + x^23 + ... + 1, bits in reflected order
 * (0xedb88320). Division is linear: the remainder of a sum is the sum (xor) of the remainders. So the effect of each
 * byte may be looked up on its own:
 *
 *	table[0][b]	the remainder of byte b
 *	table[k][b]	the same, followed by k zero bytes: table[k - 1][b] divided on by one byte
 *
 * and eight bytes at once are eight independent lookups, where one byte at a time would be a chain of eight.
 *
 * The tables (8 KiB) are computed when they are first needed. Several CPUs may do it at the same time: all write the
 * same values, and each sees at least its own. The flag is set with a release after the tables, and read with an
 * acquire.
 */
#include <primer/compiler.h>
#include <primer/crc32.h>
#include <primer/word_at_a_time.h>

#define POLY	0xedb88320U

static u32 table[8][256];
static bool table_ready;

static noinline __cold void fill_table(void)
{
	for (unsigned int b = 0; b < 256; b++) {
		u32 crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? POLY : 0);
		WRITE_ONCE(table[0][b], crc);
	}
	for (unsigned int k = 1; k < 8; k++) {
		for (unsigned int b = 0; b < 256; b++) {
			u32 crc = table[k - 1][b];

			WRITE_ONCE(table[k][b], (crc >> 8) ^ table[0][crc & 0xff]);
		}
	}
	__atomic_store_n(&table_ready, true, __ATOMIC_RELEASE);		/* pairs with the acquire in crc32_le() */
}

u32 crc32_le(u32 crc, const void *buf, size_t len)
{
	const u8 *p = buf;

	if (unlikely(!__atomic_load_n(&table_ready, __ATOMIC_ACQUIRE)))	/* pairs with the release in fill_table() */
		fill_table();

	for (; len >= 8; len -= 8, p += 8) {
		u64 w = load_unaligned_word(p) ^ crc;

		crc = table[7][w & 0xff] ^ table[6][w >> 8 & 0xff] ^ table[5][w >> 16 & 0xff] ^
		      table[4][w >> 24 & 0xff] ^ table[3][w >> 32 & 0xff] ^ table[2][w >> 40 & 0xff] ^
		      table[1][w >> 48 & 0xff] ^ table[0][w >> 56];
	}
	for (; len; len--)
		crc = (crc >> 8) ^ table[0][(crc ^ *p++) & 0xff];
	return crc;
}
