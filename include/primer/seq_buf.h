/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/seq_buf.h - text built piece by piece in a buffer of fixed size.
 *
 * Writers append without checking; a piece that does not fit marks the buffer as overflowed, and from then on nothing
 * more is added. One question at the end replaces a check after every line. The user locks; nothing allocates.
 */
#ifndef PRIMER_SEQ_BUF_H
#define PRIMER_SEQ_BUF_H

#include <stdarg.h>

#include <primer/compiler.h>
#include <primer/kernel.h>
#include <primer/types.h>

/*
 * @len: bytes written; @size + 1 says that something did not fit.
 * @readpos: how far a reader has come, for those who hand it out in parts; seq_buf itself leaves it alone.
 */
struct seq_buf {
	char *buffer;
	size_t size;
	size_t len;
	loff_t readpos;
};

static inline void seq_buf_clear(struct seq_buf *s)
{
	s->len = 0;
	s->readpos = 0;
}

static inline void seq_buf_init(struct seq_buf *s, char *buf, size_t size)
{
	s->buffer = buf;
	s->size = size;
	seq_buf_clear(s);
}

static inline bool seq_buf_has_overflowed(const struct seq_buf *s)	{ return s->len > s->size; }
static inline void seq_buf_set_overflow(struct seq_buf *s)		{ s->len = s->size + 1; }

static inline size_t seq_buf_buffer_left(const struct seq_buf *s)
{
	return seq_buf_has_overflowed(s) ? 0 : s->size - s->len;
}

/* The bytes that may be read. */
static inline size_t seq_buf_used(const struct seq_buf *s)
{
	return min(s->len, s->size);
}

/* seq_buf_terminate - make the text a C string; cuts the last byte of a full buffer, does nothing to one of size 0 */
static inline void seq_buf_terminate(struct seq_buf *s)
{
	if (s->size)
		s->buffer[seq_buf_buffer_left(s) ? s->len : s->size - 1] = '\0';
}

static inline const char *seq_buf_str(struct seq_buf *s)
{
	if (!s->size)
		return "";
	seq_buf_terminate(s);
	return s->buffer;
}

/*
 * seq_buf_get_buf, seq_buf_commit - let something else write straight into the free part
 *
 * get_buf stores its address (NULL when there is none) in @bufp and returns its size; commit says how much was written,
 * -1 that it did not fit.
 */
static inline size_t seq_buf_get_buf(struct seq_buf *s, char **bufp)
{
	size_t left = seq_buf_buffer_left(s);

	*bufp = left ? s->buffer + s->len : NULL;
	return left;
}

static inline void seq_buf_commit(struct seq_buf *s, int num)
{
	if (num < 0)
		seq_buf_set_overflow(s);
	else
		s->len += num;
}

/*
 * Append. All return 0, or -1 when the piece did not fit: then as much of it as fits is there, and the buffer counts as
 * overflowed and full. printf and puts need one byte more for a zero behind the text, which is not counted.
 */
int seq_buf_printf(struct seq_buf *s, const char *fmt, ...) __printf(2, 3);
int seq_buf_vprintf(struct seq_buf *s, const char *fmt, va_list args) __printf(2, 0);
int seq_buf_puts(struct seq_buf *s, const char *str);
int seq_buf_putc(struct seq_buf *s, unsigned char c);
int seq_buf_putmem(struct seq_buf *s, const void *mem, size_t len);
/* seq_buf_putmem_hex - @len bytes as hex digits, most significant byte first, then a space */
int seq_buf_putmem_hex(struct seq_buf *s, const void *mem, size_t len);

#endif
