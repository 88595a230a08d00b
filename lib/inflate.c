/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/inflate.c - decompress deflate streams (RFC 1951).
 *
 * The format. A stream is a row of blocks; a block is stored bytes, or a row of symbols in a Huffman code: a literal
 * byte (0 to 255), the end of the block (256), or a length (257 to 285). A length is followed by a distance from a
 * second code: copy that many bytes from so far back in the output, at most 32 KiB. The codes are the fixed ones of
 * the RFC, or stand at the start of the block, as the lengths of the codes of all symbols, themselves compressed by a
 * third code.
 *
 * Bits. The stream is read from the low end of each byte. ->bits holds the next ->nbits of them, the first one lowest;
 * refill() tops them up to at least 56, or to all there are. The longest thing decoded between two refills is a length
 * with its extra bits, a distance and its extra bits: 15 + 5 + 15 + 13 = 48. Beyond the end of the input the bits read
 * as zeros, and take() notices when more are used than there were.
 *
 * Canonical codes. The lengths alone define the code: codes of one length are consecutive numbers in the order of their
 * symbols, and the first one of a length follows from the shorter ones:
 *
 *	symbol  A B C D      lengths 2 1 3 3      codes  B 0    A 10    C 110    D 111
 *
 *	first[l + 1] = (first[l] + count[l]) * 2
 *
 * Decoding. Nearly all symbols that occur have codes of at most 9 bits. ->fast is indexed by the next 9 bits and says
 * symbol and length at once; a code of l bits stands at all 2^(9 - l) indices that begin with it. (Huffman codes stand
 * in the stream from their high end, so their bits are reversed on the way into the table.) A longer code has 0 there,
 * and is decoded bit by bit: the code read so far, minus first[l], is below count[l] if and only if the code is
 * complete.
 *
 * The window. The output of the last 32 KiB is where distances point, so it is kept in a ring of exactly that size, and
 * goes to the caller's flush() each time the ring is full. Nothing else of the output is needed, or kept.
 *
 * What can be wrong with the input, and where it is found: it ends too soon (take, stored_block); a block type that
 * does not exist; the complement of a stored length; too many symbols, a repeat of nothing, a repeat past the end, no
 * code for the end of the block (read_codes); lengths that are no code: more codes than bits allow, or fewer
 * (make_code); a bit string that is no code, a length or distance symbol that does not exist, a distance before the
 * start (codes).
 *
 * Time: each step uses up input bits or makes output. Space: struct inflate, and 320 code lengths on the stack.
 *
 * Linux: lib/zlib_inflate, which can stop anywhere in input and output, and has wider tables.
 */
#include <primer/errno.h>
#include <primer/inflate.h>
#include <primer/kernel.h>
#include <primer/string.h>
#include <primer/word_at_a_time.h>

#define MAX_BITS	15		/* the longest code */
#define NR_LIT		288		/* 0..285, and two that complete the fixed code */
#define NR_DIST		30
#define NR_PRE		19		/* of the code for code lengths */
#define END_OF_BLOCK	256

#define FAST_SIZE	(1U << INFLATE_FAST_BITS)

/* Of length symbol 257 + i, and of distance symbol i: the smallest value, and how many extra bits are added to it. */
static const u16 length_base[29] = {
	3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
	258,
};
static const u8 length_extra[29] = {
	0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
};
static const u16 dist_base[NR_DIST] = {
	1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
	6145, 8193, 12289, 16385, 24577,
};
static const u8 dist_extra[NR_DIST] = {
	0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
};

static int bad(struct inflate *s, const char *why)
{
	s->why = why;
	return -EINVAL;
}

/*
 * At least 56 bits, or all that are left. The fast way reads a whole word and counts only whole bytes of it; what is
 * above ->nbits then are the true next bits, and or-ing them in once more does not change them.
 */
static __always_inline void refill(struct inflate *s)
{
	if (likely(s->in_len - s->in_pos >= 8)) {
		s->bits |= load_unaligned_word(s->in + s->in_pos) << s->nbits;
		s->in_pos += (63 - s->nbits) >> 3;
		s->nbits |= 56;
		return;
	}
	while (s->nbits <= 56 && s->in_pos < s->in_len) {
		s->bits |= (u64)s->in[s->in_pos++] << s->nbits;
		s->nbits += 8;
	}
}

/* Use up @n bits, at most 15; false when there are not so many. */
static __always_inline bool take(struct inflate *s, unsigned int n, unsigned int *val)
{
	if (unlikely(n > s->nbits))
		return false;
	*val = s->bits & ((1U << n) - 1);
	s->bits >>= n;
	s->nbits -= n;
	return true;
}

/* Give whole bytes back to the input, and forget the rest of the byte that has been begun. */
static void unread(struct inflate *s)
{
	s->in_pos -= s->nbits / 8;
	s->bits = 0;
	s->nbits = 0;
}

static int take_refilled(struct inflate *s, unsigned int n, unsigned int *val)
{
	refill(s);
	return take(s, n, val) ? 0 : bad(s, "compressed data ends too soon");
}

/*
 * Build @c from the code lengths of @n symbols.
 *
 * left: how many codes of the current length are still free. It must not become negative; if it is not 0 at the end,
 * some bit strings mean nothing. That is allowed (and caught when one occurs) for a code without symbols, and with
 * @single_ok for one symbol of one bit, which is how a block says that it has a single distance.
 */
static int make_code(struct inflate *s, struct inflate_code *c, const u8 *len, unsigned int n, bool single_ok)
{
	u16 offset[MAX_BITS + 1], next[MAX_BITS + 1];
	unsigned int code = 0;
	int left = 1;

	memset(c->count, 0, sizeof(c->count));
	memset(c->fast, 0, sizeof(c->fast));
	for (unsigned int i = 0; i < n; i++)
		c->count[len[i]]++;
	if (c->count[0] == n) {
		c->count[0] = 0;
		return 0;
	}
	c->count[0] = 0;

	offset[1] = 0;
	for (unsigned int l = 1; l <= MAX_BITS; l++) {
		left = left * 2 - c->count[l];
		if (left < 0)
			return bad(s, "code lengths ask for more codes than there are");
		next[l] = code;
		code = (code + c->count[l]) * 2;
		if (l < MAX_BITS)
			offset[l + 1] = offset[l] + c->count[l];
	}
	if (left > 0 && !(single_ok && c->count[1] == 1 && offset[MAX_BITS] + c->count[MAX_BITS] == 1))
		return bad(s, "code lengths leave codes without a meaning");

	for (unsigned int sym = 0; sym < n; sym++) {
		unsigned int l = len[sym], reversed = 0;

		if (!l)
			continue;
		c->symbol[offset[l]++] = sym;
		code = next[l]++;
		if (l > INFLATE_FAST_BITS)
			continue;
		for (unsigned int bit = 0; bit < l; bit++)
			reversed |= (code >> bit & 1) << (l - 1 - bit);
		for (; reversed < FAST_SIZE; reversed += 1U << l)
			c->fast[reversed] = sym << 4 | l;
	}
	return 0;
}

/* A code longer than the table knows, or none at all. Returns the symbol or -1. */
static noinline int decode_slow(struct inflate *s, const struct inflate_code *c)
{
	unsigned int code = 0, first = 0, index = 0;

	for (unsigned int l = 1; l <= MAX_BITS; l++) {
		code = code << 1 | (s->bits >> (l - 1) & 1);
		if (code - first < c->count[l]) {
			if (l > s->nbits)
				return -1;
			s->bits >>= l;
			s->nbits -= l;
			return c->symbol[index + code - first];
		}
		index += c->count[l];
		first = (first + c->count[l]) << 1;
	}
	return -1;
}

static __always_inline int decode(struct inflate *s, const struct inflate_code *c)
{
	unsigned int entry = c->fast[s->bits & (FAST_SIZE - 1)], len = entry & 15;

	if (unlikely(!entry || len > s->nbits))
		return decode_slow(s, c);
	s->bits >>= len;
	s->nbits -= len;
	return entry >> 4;
}

static int inflate_flush(struct inflate *s)
{
	int err = 0;

	if (s->out_pos != s->flushed) {
		err = s->flush(s->ctx, s->window + s->flushed, s->out_pos - s->flushed);
		if (err > 0)
			err = 0;
	}
	s->flushed = s->out_pos;
	if (s->out_pos == INFLATE_WINDOW) {
		s->out_pos = 0;
		s->flushed = 0;
	}
	return err;
}

/*
 * Copy inside the window, neither area wrapping, at a distance of at least 8. By words, as lib/memory.c does it: the
 * last one overlaps the one before. Its source lies at least 8 bytes below it, so it has been written. No byte behind
 * the area may be touched: it is the oldest of the window, and a distance of 32 KiB reaches it.
 */
static __always_inline void copy_words(u8 *d, const u8 *p, unsigned int len)
{
	u8 *end = d + len;

	if (len < 8) {
		while (d < end)
			*d++ = *p++;
		return;
	}
	for (; end - d >= 8; d += 8, p += 8)
		*(unaligned_word_t *)d = load_unaligned_word(p);
	if (d < end)
		*(unaligned_word_t *)(end - 8) = load_unaligned_word(p - (8 - (end - d)));
}

/*
 * @len bytes, 3 to 258, from @dist bytes back; @dist is at most what the window holds. When the areas overlap, what has
 * just been written is copied on: a distance of 1 repeats one byte.
 */
static __always_inline int copy_match(struct inflate *s, unsigned int len, unsigned int dist)
{
	u32 from = (s->out_pos - dist) & (INFLATE_WINDOW - 1);

	s->out_total += len;
	if (likely(s->out_pos + len < INFLATE_WINDOW && from + len < INFLATE_WINDOW)) {
		u8 *d = s->window + s->out_pos;
		const u8 *p = s->window + from;

		s->out_pos += len;
		if (dist >= 8)
			copy_words(d, p, len);
		else if (dist == 1)
			memset(d, *p, len);
		else
			while (len--)
				*d++ = *p++;
		return 0;
	}
	while (len--) {
		s->window[s->out_pos++] = s->window[from];
		from = (from + 1) & (INFLATE_WINDOW - 1);
		if (s->out_pos == INFLATE_WINDOW) {
			int err = inflate_flush(s);

			if (err)
				return err;
		}
	}
	return 0;
}

/* The symbols of a block, up to its end. */
static int codes(struct inflate *s)
{
	for (;;) {
		unsigned int extra, len, dist;
		int sym, err;

		refill(s);
		sym = decode(s, &s->lit);
		if (likely((unsigned int)sym < END_OF_BLOCK)) {
			s->window[s->out_pos++] = sym;
			s->out_total++;
			if (unlikely(s->out_pos == INFLATE_WINDOW)) {
				err = inflate_flush(s);
				if (err)
					return err;
			}
			continue;
		}
		if (sym == END_OF_BLOCK)
			return 0;
		if (sym < 0)
			return bad(s, s->nbits < MAX_BITS ? "compressed data ends too soon" : "no such code");

		sym -= END_OF_BLOCK + 1;
		if (sym >= (int)ARRAY_SIZE(length_base))
			return bad(s, "no such length");
		if (!take(s, length_extra[sym], &extra))
			return bad(s, "compressed data ends too soon");
		len = length_base[sym] + extra;

		sym = decode(s, &s->dist);
		if (sym < 0)
			return bad(s, s->nbits < MAX_BITS ? "compressed data ends too soon" : "no such distance code");
		if (sym >= NR_DIST)
			return bad(s, "no such distance");
		if (!take(s, dist_extra[sym], &extra))
			return bad(s, "compressed data ends too soon");
		dist = dist_base[sym] + extra;
		if (dist > s->out_total)
			return bad(s, "distance reaches before the start");

		err = copy_match(s, len, dist);
		if (err)
			return err;
	}
}

/* Whole bytes: 16 bits of length, the same inverted, and the bytes. */
static int stored_block(struct inflate *s)
{
	unsigned int len, inverted;
	size_t left;

	unread(s);
	left = s->in_len - s->in_pos;
	if (left < 4)
		return bad(s, "compressed data ends too soon");
	len = s->in[s->in_pos] | s->in[s->in_pos + 1] << 8;
	inverted = s->in[s->in_pos + 2] | s->in[s->in_pos + 3] << 8;
	if ((len ^ inverted) != 0xffff)
		return bad(s, "length of a stored block is wrong");
	s->in_pos += 4;
	if (len > left - 4)
		return bad(s, "compressed data ends too soon");

	while (len) {
		unsigned int n = min(len, INFLATE_WINDOW - s->out_pos);
		int err = 0;

		memcpy(s->window + s->out_pos, s->in + s->in_pos, n);
		s->in_pos += n;
		s->out_pos += n;
		s->out_total += n;
		len -= n;
		if (s->out_pos == INFLATE_WINDOW)
			err = inflate_flush(s);
		if (err)
			return err;
	}
	return 0;
}

static int fixed_codes(struct inflate *s)
{
	u8 len[NR_LIT];
	int err;

	memset(len, 8, 144);
	memset(len + 144, 9, 112);
	memset(len + 256, 7, 24);
	memset(len + 280, 8, 8);
	err = make_code(s, &s->lit, len, NR_LIT, false);
	if (err)
		return err;
	memset(len, 5, 32);		/* 30 and 31 complete the code, and never occur */
	return make_code(s, &s->dist, len, 32, false);
}

/* The code for the code lengths, then the lengths of both codes in one row, in which repeats may cross the boundary. */
static int read_codes(struct inflate *s)
{
	static const u8 order[NR_PRE] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	u8 len[NR_LIT + 32] = { 0 };
	unsigned int head, nlit, ndist, npre, i = 0;
	int err = take_refilled(s, 14, &head);

	if (err)
		return err;
	nlit = (head & 31) + 257;
	ndist = (head >> 5 & 31) + 1;
	npre = (head >> 10) + 4;
	if (nlit > 286 || ndist > NR_DIST)
		return bad(s, "too many symbols");

	for (unsigned int k = 0; k < npre; k++) {
		unsigned int l;

		err = take_refilled(s, 3, &l);
		if (err)
			return err;
		len[order[k]] = l;
	}
	err = make_code(s, &s->lit, len, NR_PRE, false);	/* ->lit is free until the lengths are known */
	if (err)
		return err;

	memset(len, 0, NR_PRE);
	while (i < nlit + ndist) {
		unsigned int repeat = 1, value = 0;
		int sym;

		refill(s);
		sym = decode(s, &s->lit);
		if (sym < 0)
			return bad(s, s->nbits < MAX_BITS ? "compressed data ends too soon" : "no such code length");
		if (sym < 16) {
			value = sym;
		} else {
			static const u8 bits[3] = { 2, 3, 7 }, base[3] = { 3, 3, 11 };

			if (sym == 16) {
				if (!i)
					return bad(s, "repeats a code length before the first");
				value = len[i - 1];
			}
			if (!take(s, bits[sym - 16], &repeat))
				return bad(s, "compressed data ends too soon");
			repeat += base[sym - 16];
		}
		if (repeat > nlit + ndist - i)
			return bad(s, "too many code lengths");
		memset(len + i, value, repeat);
		i += repeat;
	}
	if (!len[END_OF_BLOCK])
		return bad(s, "no code for the end of the block");

	err = make_code(s, &s->lit, len, nlit, true);
	if (err)
		return err;
	return make_code(s, &s->dist, len + nlit, ndist, true);
}

static int inflate_stream(struct inflate *s)
{
	unsigned int head;
	int err;

	do {
		err = take_refilled(s, 3, &head);	/* bit 0: the last block; bits 1, 2: its type */
		if (err)
			return err;
		switch (head >> 1) {
		case 0:
			err = stored_block(s);
			break;
		case 1:
			err = fixed_codes(s);
			break;
		case 2:
			err = read_codes(s);
			break;
		default:
			return bad(s, "no such type of block");
		}
		if (!err && head >> 1)
			err = codes(s);
		if (err)
			return err;
	} while (!(head & 1));

	unread(s);
	return inflate_flush(s);
}

int inflate_raw(struct inflate *s, const void *in, size_t in_len, int (*flush)(void *ctx, const void *buf, size_t len),
		void *ctx, size_t *used)
{
	int err;

	s->in = in;
	s->in_len = in_len;
	s->in_pos = 0;
	s->bits = 0;
	s->nbits = 0;
	s->flush = flush;
	s->ctx = ctx;
	s->out_total = 0;
	s->out_pos = 0;
	s->flushed = 0;
	s->why = NULL;

	err = inflate_stream(s);
	if (used)
		*used = s->in_pos;
	return err;
}
