/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/seq_buf.c - text built piece by piece in a buffer of fixed size.
 *
 * Why the overflow is sticky. A report is assembled by many small writes. If a long piece were dropped and the next,
 * short one appended, the text would have a hole that nobody sees. So the first piece that does not fit fills the
 * buffer as far as it goes, and len becomes size + 1, after which there is no room for anything:
 *
 *	S1  len <= size: bytes 0 .. len - 1 are the whole text so far.
 *	S2  len == size + 1: bytes 0 .. size - 1 are the beginning of the text (its last byte may be the terminating
 *	    zero that printf puts there), and the text was longer.
 *
 * Linux (lib/seq_buf.c) counts the buffer as full in the second case too, but leaves what is behind the last whole
 * piece as it was; here all of it was written, so handing it to user space gives nothing else away.
 */
#include <primer/hex.h>
#include <primer/seq_buf.h>
#include <primer/sprintf.h>
#include <primer/string.h>

int seq_buf_vprintf(struct seq_buf *s, const char *fmt, va_list args)
{
	size_t left = seq_buf_buffer_left(s), len;

	if (!left) {
		seq_buf_set_overflow(s);
		return -1;
	}
	len = vsnprintf(s->buffer + s->len, left, fmt, args);
	if (len >= left) {
		seq_buf_set_overflow(s);
		return -1;
	}
	s->len += len;
	return 0;
}

int seq_buf_printf(struct seq_buf *s, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = seq_buf_vprintf(s, fmt, args);
	va_end(args);
	return ret;
}

int seq_buf_putmem(struct seq_buf *s, const void *mem, size_t len)
{
	size_t left = seq_buf_buffer_left(s);

	if (len > left) {
		if (left)
			memcpy(s->buffer + s->len, mem, left);
		seq_buf_set_overflow(s);
		return -1;
	}
	memcpy(s->buffer + s->len, mem, len);
	s->len += len;
	return 0;
}

int seq_buf_puts(struct seq_buf *s, const char *str)
{
	int ret = seq_buf_putmem(s, str, strlen(str) + 1);

	if (ret == 0)
		s->len--;		/* the zero is there, but the next piece overwrites it */
	return ret;
}

int seq_buf_putc(struct seq_buf *s, unsigned char c)
{
	if (!seq_buf_buffer_left(s)) {
		seq_buf_set_overflow(s);
		return -1;
	}
	s->buffer[s->len++] = c;
	return 0;
}

int seq_buf_putmem_hex(struct seq_buf *s, const void *mem, size_t len)
{
	const u8 *p = mem;

	while (len--) {
		if (seq_buf_putc(s, hex_asc_hi(p[len])) || seq_buf_putc(s, hex_asc_lo(p[len])))
			return -1;
	}
	return seq_buf_putc(s, ' ');
}
