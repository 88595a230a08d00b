/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/gzip.c - the wrapper of a gzip file (RFC 1952) around a deflate stream.
 *
 *	1f 8b  method  flags  time (4)  hints  system	10 bytes
 *	[length (2), that many bytes]			flag 4: extra field
 *	[name, 0]					flag 8
 *	[comment, 0]					flag 16
 *	[CRC of the header so far (2)]			flag 2: the low half of its CRC-32
 *	deflate stream
 *	CRC-32 of the output (4)  its length modulo 2^32 (4)
 *
 * Nothing of the header matters to us, but all of it must be understood to find the stream. Flags that do not exist yet
 * mean fields that we could not skip, so they are an error, as the RFC asks.
 *
 * The output is checked while it passes by on its way to the caller, who thus has it before it is known to be right: he
 * must be ready to take it back, or live with it.
 */
#include <primer/crc32.h>
#include <primer/errno.h>
#include <primer/inflate.h>
#include <primer/string.h>

enum { FTEXT = 1, FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, FKNOWN = 31 };

#define HEADER_LEN	10
#define TRAILER_LEN	8

static int bad(struct inflate *s, const char *why)
{
	s->why = why;
	return -EINVAL;
}

static u32 get_le32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

/* Moves *@pos, at most @len, behind a string that ends with a zero; false when it does not. */
static bool skip_string(const u8 *p, size_t len, size_t *pos)
{
	const u8 *end = memchr(p + *pos, 0, len - *pos);

	if (!end)
		return false;
	*pos = end - p + 1;
	return true;
}

/* Finds the deflate stream. In every comparison pos <= len, so nothing wraps. */
static int parse_header(struct inflate *s, const u8 *p, size_t len, size_t *stream)
{
	size_t pos = HEADER_LEN;
	u8 flags;

	if (len < 2 || p[0] != 0x1f || p[1] != 0x8b)
		return bad(s, "no gzip magic");
	if (len < HEADER_LEN)
		return bad(s, "gzip header ends too soon");
	if (p[2] != 8)
		return bad(s, "unknown compression method");
	flags = p[3];
	if (flags & ~FKNOWN)
		return bad(s, "unknown gzip header flags");
	if (flags & FEXTRA) {
		if (len - pos < 2)
			return bad(s, "gzip header ends too soon");
		if ((p[pos] | (size_t)p[pos + 1] << 8) > len - pos - 2)
			return bad(s, "gzip header ends too soon");
		pos += 2 + (p[pos] | (size_t)p[pos + 1] << 8);
	}
	if (flags & FNAME && !skip_string(p, len, &pos))
		return bad(s, "gzip header ends too soon");
	if (flags & FCOMMENT && !skip_string(p, len, &pos))
		return bad(s, "gzip header ends too soon");
	if (flags & FHCRC) {
		if (len - pos < 2)
			return bad(s, "gzip header ends too soon");
		if ((~crc32_le(~0U, p, pos) & 0xffff) != (p[pos] | (u32)p[pos + 1] << 8))
			return bad(s, "checksum of the gzip header is wrong");
		pos += 2;
	}
	*stream = pos;
	return 0;
}

struct checked_output {
	int (*flush)(void *ctx, const void *buf, size_t len);
	void *ctx;
	u32 crc;
};

static int flush_checked(void *ctx, const void *buf, size_t len)
{
	struct checked_output *out = ctx;

	out->crc = crc32_le(out->crc, buf, len);
	return out->flush(out->ctx, buf, len);
}

int gunzip(struct inflate *s, const void *in, size_t in_len, int (*flush)(void *ctx, const void *buf, size_t len),
	   void *ctx, size_t *used)
{
	struct checked_output out = { .flush = flush, .ctx = ctx, .crc = ~0U };
	const u8 *p = in;
	size_t pos = 0, taken = 0;
	int err;

	err = parse_header(s, p, in_len, &pos);
	if (!err) {
		err = inflate_raw(s, p + pos, in_len - pos, flush_checked, &out, &taken);
		pos += taken;
	}
	if (!err && in_len - pos < TRAILER_LEN)
		err = bad(s, "gzip trailer is missing");
	if (!err && get_le32(p + pos) != ~out.crc)
		err = bad(s, "CRC-32 of the data is wrong");
	if (!err && get_le32(p + pos + 4) != (u32)s->out_total)
		err = bad(s, "length of the data is wrong");
	if (!err)
		pos += TRAILER_LEN;
	if (used)
		*used = pos;
	return err;
}

struct buf_output {
	u8 *buf;
	size_t size;
	size_t len;
};

static int flush_to_buf(void *ctx, const void *buf, size_t len)
{
	struct buf_output *out = ctx;

	if (len > out->size - out->len)
		return -ENOSPC;
	memcpy(out->buf + out->len, buf, len);
	out->len += len;
	return 0;
}

int gunzip_to_buf(struct inflate *s, const void *in, size_t in_len, void *out, size_t *out_len, size_t *used)
{
	struct buf_output o = { .buf = out, .size = *out_len };
	int err = gunzip(s, in, in_len, flush_to_buf, &o, used);

	*out_len = o.len;
	return err;
}
