/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/lib/chacha_test.c - ChaCha20 gives the numbers of RFC 8439. */
#include <kunit/test.h>
#include <primer/chacha.h>
#include <primer/string.h>

/* RFC 8439, 2.3.2 */
static void block_function_test_vector(struct kunit *test)
{
	static const u8 expected[CHACHA_BLOCK_SIZE] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
		0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
		0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
		0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	const u32 nonce[3] = { 0x09000000, 0x4a000000, 0 };
	u32 key[CHACHA_KEY_WORDS], state[CHACHA_STATE_WORDS];
	u8 bytes[32], out[CHACHA_BLOCK_SIZE];
	int i;

	for (i = 0; i < 32; i++)
		bytes[i] = i;
	memcpy(key, bytes, sizeof(key));
	chacha_init(state, key, 1, nonce);
	chacha20_block(state, out);
	KUNIT_EXPECT_MEMEQ(test, out, expected, sizeof(out));
	KUNIT_EXPECT_EQ(test, state[12], 2U);
}

/* RFC 8439, A.1, test vectors 1 and 2: the key of all zeroes, blocks 0 and 1 */
static void zero_key_test_vectors(struct kunit *test)
{
	static const u8 block0[16] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
				      0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28};
	static const u8 block1[16] = {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a,
				      0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d};
	const u32 nonce[3] = { 0 }, key[CHACHA_KEY_WORDS] = { 0 };
	u32 state[CHACHA_STATE_WORDS];
	u8 out[CHACHA_BLOCK_SIZE];

	chacha_init(state, key, 0, nonce);
	chacha20_block(state, out);
	KUNIT_EXPECT_MEMEQ(test, out, block0, sizeof(block0));
	chacha20_block(state, out);
	KUNIT_EXPECT_MEMEQ(test, out, block1, sizeof(block1));
}

static struct kunit_case chacha_cases[] = {
	KUNIT_CASE_NAMED(block_function_test_vector, "the block function gives RFC 8439's test vector"),
	KUNIT_CASE_NAMED(zero_key_test_vectors, "consecutive blocks of the zero key are RFC 8439's"),
	{}
};

static struct kunit_suite chacha_suite = { .name = "chacha", .test_cases = chacha_cases };
kunit_test_suite(chacha_suite);
