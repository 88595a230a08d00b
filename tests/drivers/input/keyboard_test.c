/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/drivers/input/keyboard_test.c - numbers of keys in, characters out. */
#include <kunit/test.h>
#include <primer/gfp.h>
#include <primer/kernel.h>
#include <primer/sleep.h>
#include <primer/string.h>
#include <primer/tty_input.h>

#include "../../../drivers/input/input.h"
#include "../../mm/alloc/prng.h"

static void types(struct kunit *test, const char *text, const u8 *codes, unsigned int n)
{
	struct kbd_state s = { 0 };
	char said[64] = "";
	unsigned int len = 0;

	for (unsigned int i = 0; i < n; i++)
		len += kbd_decode(&s, codes[i], (u8 *)said + len);
	said[len] = '\0';
	KUNIT_EXPECT_STREQ(test, said, text);
}

#define TYPES(text, ...) do {					\
	static const u8 codes[] = { __VA_ARGS__ };		\
	types(test, text, codes, sizeof(codes));		\
} while (0)

static void letters_test(struct kunit *test)
{
	TYPES("hello\r", 0x23, 0xa3, 0x12, 0x92, 0x26, 0xa6, 0x26, 0xa6, 0x18, 0x98, 0x1c, 0x9c);
	TYPES("aAa", 0x1e, 0x9e, 0x2a, 0x1e, 0x9e, 0xaa, 0x1e, 0x9e);
	TYPES("!1", 0x36, 0x02, 0x82, 0xb6, 0x02, 0x82);
	TYPES("A1aA", 0x3a, 0xba, 0x1e, 0x02, 0x2a, 0x1e, 0xaa, 0x1e);		/* caps lock is for letters, and is undone by shift */
	TYPES("a", 0x3a, 0xba, 0x3a, 0xba, 0x1e);
	TYPES("\x03", 0x1d, 0x2e, 0xae, 0x9d);
	TYPES("\x1bx", 0x38, 0x2d, 0xad, 0xb8);
	TYPES("\x7f\t\x1b", 0x0e, 0x0f, 0x01);
}

static void extended_test(struct kunit *test)
{
	TYPES("\x1b[A\x1b[B", 0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0x50, 0xe0, 0xd0);
	TYPES("\x1b[3~", 0xe0, 0x2a, 0xe0, 0x53, 0xe0, 0xd3, 0xe0, 0xaa);	/* with the shift that is none */
	TYPES("a", 0xe0, 0x2a, 0x1e);
	TYPES("8", 0x48, 0xc8);
	TYPES("\x03", 0xe0, 0x1d, 0x2e, 0xae, 0xe0, 0x9d);
	TYPES("\r/", 0xe0, 0x1c, 0xe0, 0x9c, 0xe0, 0x35, 0xe0, 0xb5);
	TYPES("a", 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e);			/* pause */
	TYPES("", 0xe0, 0x5b, 0xe0, 0xdb, 0x3b, 0xbb, 0x58);			/* the key with a flag, F1, F12 */
}

/* No sequence writes behind the buffer or gets stuck. */
static void random_codes_test(struct kunit *test)
{
	struct kbd_state s = { 0 };
	u8 out[KBD_MAX_CHARS + 1];
	struct prng r;

	prng_init(test, &r);
	for (int i = 0; i < 100000; i++) {
		out[KBD_MAX_CHARS] = 0xa5;
		KUNIT_ASSERT_LE(test, kbd_decode(&s, prng_next(&r) >> 24, out), (unsigned int)KBD_MAX_CHARS);
		KUNIT_ASSERT_EQ(test, out[KBD_MAX_CHARS], 0xa5);
	}
}

static void ring_test(struct kunit *test)
{
	struct tty_ring *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	unsigned int seq = tty_input_seq();

	KUNIT_ASSERT_NOT_NULL(test, r);
	spin_lock_init(&r->lock, LOCK_RANK_DRIVER);
	r->head = r->tail = ~0U - 3;		/* the counters wrap on the way */
	KUNIT_EXPECT_EQ(test, tty_ring_get(r), -1);
	for (int i = 0; i < TTY_RING_SIZE; i++)
		KUNIT_EXPECT_TRUE(test, tty_ring_put(r, i));
	KUNIT_EXPECT_FALSE(test, tty_ring_put(r, 'x'));
	for (int i = 0; i < TTY_RING_SIZE; i++)
		KUNIT_EXPECT_EQ(test, tty_ring_get(r), i);
	KUNIT_EXPECT_EQ(test, tty_ring_get(r), -1);
	tty_input_wake();
	KUNIT_EXPECT_NE(test, tty_input_seq(), seq);
	KUNIT_EXPECT_EQ(test, tty_input_wait(seq, MAX_SCHEDULE_TIMEOUT), 0);	/* what came before the wait ends it at once */
}

static struct kunit_case keyboard_cases[] = {
	KUNIT_CASE_NAMED(letters_test, "keys type letters, with shift, control, alt and caps lock"),
	KUNIT_CASE_NAMED(extended_test, "keys of several bytes"),
	KUNIT_CASE_NAMED(random_codes_test, "random bytes from a keyboard do no harm"),
	KUNIT_CASE_NAMED(ring_test, "a ring keeps the order and loses nothing but what does not fit"),
	{}
};

static struct kunit_suite keyboard_suite = { .name = "keyboard", .test_cases = keyboard_cases };
kunit_test_suite(keyboard_suite);
