/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/chacha.c - the ChaCha20 block function: 64 bytes that look random, from a key and a counter.
 *
 * The state is a square of sixteen 32-bit words. A quarter round stirs four of them with additions, exclusive ors and
 * rotations only, which take the same time whatever the values are:
 *
 *	 0  1  2  3   "expand 32-byte k"     a double round: four quarter rounds down the columns,
 *	 4  5  6  7   key                    (0 4 8 12) (1 5 9 13) (2 6 10 14) (3 7 11 15)
 *	 8  9 10 11   key                    then four along the diagonals,
 *	12 13 14 15   counter, nonce         (0 5 10 15) (1 6 11 12) (2 7 8 13) (3 4 9 14)
 *
 * Ten double rounds; then the original state is added, so that the result cannot be run backwards. Reference: RFC 8439.
 */
#include <primer/chacha.h>
#include <primer/string.h>

static __always_inline u32 rotl(u32 v, int n)
{
	return v << n | v >> (32 - n);
}

#define QUARTER(a, b, c, d) do { \
	a += b; d = rotl(d ^ a, 16); \
	c += d; b = rotl(b ^ c, 12); \
	a += b; d = rotl(d ^ a, 8); \
	c += d; b = rotl(b ^ c, 7); \
} while (0)

void chacha_init(u32 state[CHACHA_STATE_WORDS], const u32 key[CHACHA_KEY_WORDS], u32 counter, const u32 nonce[3])
{
	state[0] = 0x61707865;		/* "expa" "nd 3" "2-by" "te k" */
	state[1] = 0x3320646e;
	state[2] = 0x79622d32;
	state[3] = 0x6b206574;
	memcpy(&state[4], key, CHACHA_KEY_WORDS * sizeof(u32));
	state[12] = counter;
	memcpy(&state[13], nonce, 3 * sizeof(u32));
}

void chacha20_block(u32 state[CHACHA_STATE_WORDS], u8 out[CHACHA_BLOCK_SIZE])
{
	u32 x[CHACHA_STATE_WORDS];
	int i;

	memcpy(x, state, sizeof(x));
	for (i = 0; i < 10; i++) {
		QUARTER(x[0], x[4], x[8], x[12]);
		QUARTER(x[1], x[5], x[9], x[13]);
		QUARTER(x[2], x[6], x[10], x[14]);
		QUARTER(x[3], x[7], x[11], x[15]);
		QUARTER(x[0], x[5], x[10], x[15]);
		QUARTER(x[1], x[6], x[11], x[12]);
		QUARTER(x[2], x[7], x[8], x[13]);
		QUARTER(x[3], x[4], x[9], x[14]);
	}
	for (i = 0; i < CHACHA_STATE_WORDS; i++)
		x[i] += state[i];
	memcpy(out, x, sizeof(x));	/* little endian, as the RFC has it */
	state[12]++;
}
