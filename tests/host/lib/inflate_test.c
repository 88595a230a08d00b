/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/inflate_test.c - decompression against zlib: good streams, damaged ones, junk.
 */
#include <primer/crc32.h>
#include <primer/errno.h>
#include <primer/inflate.h>
#include <primer/string.h>

#include "harness.h"

struct record {
	u32 kind, flags, stream_len, used, out_len, crc;
};

enum { MUST_WORK = 1, MUST_FAIL = 2, MUST_END = 3 };

struct sink {
	u32 crc;
	u64 len;
	u64 fail_at;		/* refuse when that much has come; 0: never */
	bool odd_piece;		/* a piece that was not a whole window; must be the last */
};

static int take(void *ctx, const void *buf, size_t len)
{
	struct sink *sink = ctx;

	CHECK(len > 0 && len <= INFLATE_WINDOW);
	CHECK(!sink->odd_piece);
	sink->odd_piece = len != INFLATE_WINDOW;
	sink->crc = crc32_le(sink->crc, buf, len);
	sink->len += len;
	return sink->fail_at && sink->len >= sink->fail_at ? -EIO : 0;
}

static void corpus(void)
{
	struct inflate *s = malloc(sizeof(*s));
	size_t size;
	u8 *data = read_file("deflate.bin", &size), *p = data, *exact;
	struct record r;
	int worked = 0, failed = 0;

	CHECK(data);
	memset(s, 0xa5, sizeof(*s));
	while (p < data + size) {
		struct sink sink = { .crc = ~0U };
		size_t used = 0;
		int err;

		memcpy(&r, p, sizeof(r));
		CHECK((size_t)(p - data) + sizeof(r) + r.stream_len <= size);
		exact = malloc(r.stream_len ? r.stream_len : 1);
		memcpy(exact, p + sizeof(r), r.stream_len);
		p += sizeof(r) + r.stream_len;

		err = r.kind ? gunzip(s, exact, r.stream_len, take, &sink, &used) :
			       inflate_raw(s, exact, r.stream_len, take, &sink, &used);
		CHECK(used <= r.stream_len);
		CHECK(err == 0 || err == -EINVAL);
		CHECK(!err == !s->why);
		if (r.flags == MUST_WORK) {
			if (err)
				FAIL("record at %td: %s; zlib decompresses it", p - data, s->why);
			CHECK_EQ(used, r.used);
			CHECK_EQ(sink.len, r.out_len);
			CHECK_EQ(~sink.crc, r.crc);
			worked++;
		} else if (r.flags == MUST_FAIL) {
			if (!err)
				FAIL("record at %td: decompressed, but zlib refuses it", p - data);
			failed++;
		}
		free(exact);
	}
	printf("# %d streams worked, %d were refused\n", worked, failed);
	CHECK(worked > 200 && failed > 2000);
	free(data);
	free(s);
}

/* Each good gzip stream again: into a buffer that fits, one byte too small, and with a sink that gives up. */
static void into_buffer(void)
{
	struct inflate *s = malloc(sizeof(*s));
	size_t size;
	u8 *data = read_file("deflate.bin", &size), *p = data;
	struct record r;

	CHECK(data);
	while (p < data + size) {
		struct sink sink = { .crc = ~0U };
		size_t out_len;
		u8 *out;

		memcpy(&r, p, sizeof(r));
		p += sizeof(r) + r.stream_len;
		if (r.flags != MUST_WORK || !r.kind || !r.out_len)
			continue;
		out = malloc(r.out_len);
		out_len = r.out_len;
		CHECK_EQ(gunzip_to_buf(s, p - r.stream_len, r.stream_len, out, &out_len, NULL), 0);
		CHECK_EQ(out_len, r.out_len);
		CHECK_EQ(~crc32_le(~0U, out, out_len), r.crc);
		out_len = r.out_len - 1;
		CHECK_EQ(gunzip_to_buf(s, p - r.stream_len, r.stream_len, out, &out_len, NULL), -ENOSPC);
		free(out);
		sink.fail_at = 1 + rnd_below(r.out_len);
		CHECK_EQ(gunzip(s, p - r.stream_len, r.stream_len, take, &sink, NULL), -EIO);
	}
	free(data);
	free(s);
}

static struct inflate state;

static void refuse(const char *bytes, size_t len, bool gz, const char *why)
{
	struct sink sink = { .crc = ~0U };
	u8 *exact = malloc(len ? len : 1);

	memcpy(exact, bytes, len);
	CHECK_EQ(gz ? gunzip(&state, exact, len, take, &sink, NULL) :
		      inflate_raw(&state, exact, len, take, &sink, NULL), -EINVAL);
	CHECK_STR(state.why, why);
	free(exact);
}

static void reasons(void)
{
	refuse("", 0, false, "compressed data ends too soon");
	refuse("\x07", 1, false, "no such type of block");
	refuse("\x01\x00\x00\x00\x00", 5, false, "length of a stored block is wrong");
	refuse("\x01\x01\x00\xfe\xff", 5, false, "compressed data ends too soon");
	refuse("\x03\x02", 2, false, "distance reaches before the start");
	refuse("\xfd\xff\xff", 3, false, "too many symbols");
	refuse("", 0, true, "no gzip magic");
	refuse("\x1f\x8b\x08\x00", 4, true, "gzip header ends too soon");
	refuse("\x1f\x8b\x07\x00......", 10, true, "unknown compression method");
	refuse("\x1f\x8b\x08\x80......", 10, true, "unknown gzip header flags");
	refuse("\x1f\x8b\x08\x04......\xff\xff", 12, true, "gzip header ends too soon");
	refuse("\x1f\x8b\x08\x08......name", 14, true, "gzip header ends too soon");
	refuse("\x1f\x8b\x08\x02......\x00\x00\x03\x00", 14, true, "checksum of the gzip header is wrong");
	refuse("\x1f\x8b\x08\x00......\x03\x00\x00\x00", 14, true, "gzip trailer is missing");
	refuse("\x1f\x8b\x08\x00......\x03\x00\x00\x00\x00\x00\x01\x00\x00\x00", 20, true,
	       "length of the data is wrong");
	refuse("\x1f\x8b\x08\x00......\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00", 20, true,
	       "CRC-32 of the data is wrong");
	CHECK(is_gzip("\x1f\x8b\x08...............", 18));
	CHECK(!is_gzip("\x1f\x8b\x08...............", 17));
	CHECK(!is_gzip("070701............", 18));
}

static void crc(void)
{
	u8 buf[300];

	CHECK_EQ(~crc32_le(~0U, "123456789", 9), 0xcbf43926);
	CHECK_EQ(crc32_le(0x1234, "", 0), 0x1234);
	for (int i = 0; i < 5000; i++) {
		size_t n = rnd_below(sizeof(buf)), cut = rnd_below(n + 1);
		u32 want = rnd(), whole = want;

		for (size_t k = 0; k < n; k++) {
			buf[k] = rnd();
			want ^= buf[k];
			for (int bit = 0; bit < 8; bit++)
				want = want & 1 ? want >> 1 ^ 0xedb88320 : want >> 1;
		}
		CHECK_EQ(crc32_le(whole, buf, n), want);
		CHECK_EQ(crc32_le(crc32_le(whole, buf, cut), buf + cut, n - cut), want);
	}
}

static const struct test tests[] = {
	{ "streams made by zlib decompress, damaged ones are refused where zlib refuses them", corpus },
	{ "into a buffer, into one that is too small, into a sink that gives up", into_buffer },
	{ "each kind of damage has its reason", reasons },
	{ "CRC-32 agrees with the definition, in any pieces", crc },
};

MAIN("inflate", tests)
