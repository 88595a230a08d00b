/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/seq_buf_test.c - text in a buffer of fixed size: whole, or cut at the right place and marked.
 */
#include <primer/seq_buf.h>
#include <primer/string.h>

#include "harness.h"

int libc_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");

/* Random pieces into a buffer of random size and into one that is large enough. */
static void random_pieces(void)
{
	for (int round = 0; round < 20000; round++) {
		static char whole[4000];
		size_t size = rnd_below(100), len = 0;
		char *buf = malloc(size ? size : 1);
		bool failed = false;
		struct seq_buf s;

		seq_buf_init(&s, buf, size);
		for (int i = rnd_below(12); i >= 0; i--) {
			char piece[64];
			size_t n = 0, need = 0;
			int ret = 0, number = rnd_below(100000);

			switch (rnd_below(5)) {
			case 0:
				n = libc_snprintf(piece, sizeof(piece), "[%d %s]", number, "text");
				need = n + 1;
				ret = seq_buf_printf(&s, "[%d %s]", number, "text");
				break;
			case 1:
				n = rnd_below(20);
				memset(piece, 'p', n);
				piece[n] = '\0';
				need = n + 1;
				ret = seq_buf_puts(&s, piece);
				break;
			case 2:
				n = need = 1;
				piece[0] = 'c';
				ret = seq_buf_putc(&s, 'c');
				break;
			case 3:
				n = need = rnd_below(20);
				memset(piece, 'm', n);
				ret = seq_buf_putmem(&s, piece, n);
				break;
			case 4:
				n = libc_snprintf(piece, sizeof(piece), "%08x ", number);
				need = n;
				ret = seq_buf_putmem_hex(&s, &number, 4);
				break;
			}
			if (failed || len + need > size) {
				/* After the first that does not fit, even an empty one must not reappear. */
				CHECK(ret == -1 || (n == 0 && need == 0));
				failed = true;
			} else {
				CHECK_EQ(ret, 0);
			}
			memcpy(whole + len, piece, n);
			len += n;
			CHECK_EQ(seq_buf_has_overflowed(&s), failed);
			CHECK_EQ(seq_buf_used(&s), failed ? size : len);
			CHECK_EQ(seq_buf_buffer_left(&s), failed ? 0 : size - len);
			/* A beginning of the text; the last byte may be printf's or puts' zero. */
			if (size)
				CHECK_EQ(memcmp(buf, whole, failed ? size - 1 : len), 0);
		}
		if (size) {
			const char *str = seq_buf_str(&s);
			size_t want = min(len, size - 1);

			CHECK_EQ(strlen(str), want);
			CHECK_EQ(memcmp(str, whole, want), 0);
		}
		free(buf);
	}
}

static void direct(void)
{
	char buf[10], *p;
	struct seq_buf s;

	seq_buf_init(&s, buf, sizeof(buf));
	seq_buf_puts(&s, "abc");
	CHECK_EQ(seq_buf_get_buf(&s, &p), 7);
	CHECK(p == buf + 3);
	memcpy(p, "defg", 4);
	seq_buf_commit(&s, 4);
	CHECK_STR(seq_buf_str(&s), "abcdefg");
	seq_buf_commit(&s, -1);
	CHECK(seq_buf_has_overflowed(&s));
	CHECK_EQ(seq_buf_get_buf(&s, &p), 0);
	CHECK(p == NULL);
	seq_buf_clear(&s);
	CHECK_EQ(seq_buf_used(&s), 0);
	CHECK_EQ(seq_buf_putmem(&s, "0123456789", 10), 0);
	CHECK(!seq_buf_has_overflowed(&s));
	CHECK_STR(seq_buf_str(&s), "012345678");
	CHECK_EQ(seq_buf_putc(&s, 'x'), -1);
	CHECK(seq_buf_has_overflowed(&s));
}

static const struct test tests[] = {
	{ "random pieces: all of the text, or its beginning and a mark", random_pieces },
	{ "writing straight into the free part", direct },
};

MAIN("seq_buf", tests)
