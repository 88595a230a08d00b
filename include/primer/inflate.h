/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/inflate.h - decompress gzip files (RFC 1952) and deflate streams (RFC 1951).
 *
 * The input stands in memory as a whole; the output leaves in pieces, so that nobody needs memory for all of it.
 * Nothing in the input is trusted: every bit string ends in 0 or in an error with a reason, in bounded memory, and in
 * time linear in the output.
 *
 * Context: any, as far as @flush allows; nothing locks or allocates. The stack need is below 1 KiB.
 */
#ifndef PRIMER_INFLATE_H
#define PRIMER_INFLATE_H

#include <primer/compiler.h>
#include <primer/types.h>

#define INFLATE_WINDOW		32768
#define INFLATE_FAST_BITS	9

/* One Huffman code, in the form in which it is decoded. */
struct inflate_code {
	u16 fast[1 << INFLATE_FAST_BITS];	/* by the next 9 bits: symbol << 4 | length, 0 for a longer code */
	u16 count[16];				/* codes of each length */
	u16 symbol[288];			/* in the order of their codes */
};

/*
 * The state, about 37 KiB, from the caller; no initialisation needed.
 */
struct inflate {
	/* Input. */
	const u8 *in;
	size_t in_len;
	size_t in_pos;		/* bytes taken into @bits */
	u64 bits;		/* the next bits, lowest first */
	unsigned int nbits;	/* how many of them */

	/* Output. */
	int (*flush)(void *ctx, const void *buf, size_t len);
	void *ctx;
	u64 out_total;		/* bytes produced */
	u32 out_pos;		/* next byte in @window */
	u32 flushed;		/* bytes of @window already given to @flush */

	const char *why;	/* after an error: what is wrong */
	struct inflate_code lit, dist;
	u8 window[INFLATE_WINDOW];
};

/*
 * inflate_raw - one deflate stream
 *
 * @flush gets the output in order, in pieces of at most INFLATE_WINDOW bytes; a negative errno from it ends the work
 * and is returned. *@used (may be NULL) gets the input bytes that the stream took. Returns 0, -EINVAL with s->why, or
 * @flush's error.
 */
int inflate_raw(struct inflate *s, const void *in, size_t in_len, int (*flush)(void *ctx, const void *buf, size_t len),
		void *ctx, size_t *used);

/* gunzip - one gzip member: header, deflate stream, CRC-32 and length, all checked; otherwise as inflate_raw() */
int gunzip(struct inflate *s, const void *in, size_t in_len, int (*flush)(void *ctx, const void *buf, size_t len),
	   void *ctx, size_t *used);

/* gunzip_to_buf - gunzip() into @out; *@out_len is its size before and the output's length after. -ENOSPC: too small */
int gunzip_to_buf(struct inflate *s, const void *in, size_t in_len, void *out, size_t *out_len, size_t *used);

/* is_gzip - does @in begin like a gzip file with the deflate method? */
static inline bool is_gzip(const void *in, size_t len)
{
	const u8 *p = in;

	return len >= 18 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

#endif
