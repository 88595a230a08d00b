/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/lib/cpio_test.c - archives: whole, concatenated, and wrong in every way that can be named; then at random.
 */
#include <primer/cpio.h>
#include <primer/errno.h>
#include <primer/string.h>

#include "harness.h"

int libc_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");

static char area[1 << 20];
static size_t len;

struct member {
	const char *name;
	u32 mode;
	const char *data;
	u32 filesize;
	bool crc;
	u32 spoil_check;		/* added to the checksum */
	u32 name_pad;			/* extra zeros in the name field */
};

static void zeros(size_t n)
{
	memset(area + len, 0, n);
	len += n;
}

static void align4(void)
{
	zeros(-len & 3);
}

static void add(const struct member *m)
{
	static u32 ino;
	u32 sum = 0, namesize = strlen(m->name) + 1 + m->name_pad;

	for (u32 i = 0; i < m->filesize; i++)
		sum += (u8)m->data[i];
	ino++;
	len += libc_snprintf(area + len, 120, "%s%08x%08x%08x%08x%08x%08x%08X%08x%08x%08x%08x%08x%08x",
			     m->crc ? "070702" : "070701", ino, m->mode, 1000, 100, 1, 1700000000, m->filesize, 8, 1,
			     4, 64, namesize, m->crc ? sum + m->spoil_check : 0);
	memcpy(area + len, m->name, strlen(m->name));
	len += strlen(m->name);
	zeros(1 + m->name_pad);
	align4();
	memcpy(area + len, m->data, m->filesize);
	len += m->filesize;
	align4();
}

static void trailer(void)
{
	add(&(struct member){ .name = "TRAILER!!!", .data = "" });
}

static struct cpio_iter it;
static struct cpio_entry e;
static void *copy;

/* Iterate over a copy in an allocation of just that size. */
static void start(void)
{
	free(copy);
	copy = malloc(len ? len : 1);
	memcpy(copy, area, len);
	cpio_init(&it, copy, len);
}

/* The archive in area, then an error after @members good ones. */
static void expect_error(int members, const char *why)
{
	start();
	while (members--)
		CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_EQ(cpio_next(&it, &e), -EINVAL);
	CHECK_STR(it.why, why);
	CHECK(it.pos <= it.size);
	/* An error stays one. */
	CHECK_EQ(cpio_next(&it, &e), -EINVAL);
}

static const struct member dir = { .name = "bin", .mode = 040755, .data = "" };
static const struct member file = { .name = "bin/sh", .mode = 0100755, .data = "hello", .filesize = 5 };

static void one_archive(void)
{
	len = 0;
	add(&dir);
	add(&file);
	add(&(struct member){ .name = "x", .mode = 0120777, .data = "bin/sh", .filesize = 6, .crc = true,
			      .spoil_check = 7 });
	add(&(struct member){ .name = "sum", .mode = 0100644, .data = "\xff\xfe", .filesize = 2, .crc = true });
	trailer();
	zeros(511 & -len);
	start();

	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_STR(e.name, "bin");
	CHECK_EQ(e.mode, 040755);
	CHECK_EQ(e.filesize, 0);
	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_STR(e.name, "bin/sh");
	CHECK_EQ(e.namelen, 6);
	CHECK_EQ(e.mode, 0100755);
	CHECK_EQ(e.uid, 1000);
	CHECK_EQ(e.gid, 100);
	CHECK_EQ(e.nlink, 1);
	CHECK_EQ(e.mtime, 1700000000);
	CHECK_EQ(e.devmajor, 8);
	CHECK_EQ(e.devminor, 1);
	CHECK_EQ(e.rdevmajor, 4);
	CHECK_EQ(e.rdevminor, 64);
	CHECK_EQ(e.filesize, 5);
	CHECK_EQ(memcmp(e.data, "hello", 5), 0);
	CHECK_EQ(cpio_next(&it, &e), 0);		/* only regular files have a checksum */
	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_EQ(cpio_next(&it, &e), 1);
	CHECK_EQ(it.pos, len);
	CHECK_EQ(cpio_next(&it, &e), 1);
}

static void concatenated(void)
{
	size_t cut;

	len = 0;
	zeros(8);
	add(&dir);
	trailer();
	zeros(1024);
	add(&file);
	trailer();
	add(&file);
	trailer();
	zeros(3);
	start();
	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_EQ(e.archive, 0);
	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_EQ(e.archive, 1);
	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_EQ(e.archive, 2);
	CHECK_EQ(cpio_next(&it, &e), 1);

	/* Something else behind an archive: the caller can tell. */
	cut = len;
	memcpy(area + len, "\x1f\x8b\x08....................", 20);
	len += 20;
	start();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_EQ(cpio_next(&it, &e), -EINVAL);
	CHECK(!it.inside);
	CHECK_EQ(it.pos, cut);
}

static void empty(void)
{
	len = 0;
	start();
	CHECK_EQ(cpio_next(&it, &e), 1);
	zeros(100);
	start();
	CHECK_EQ(cpio_next(&it, &e), 1);
	len = 0;
	trailer();
	start();
	CHECK_EQ(cpio_next(&it, &e), 1);
}

static void name_fields(void)
{
	static char name[4097];

	len = 0;
	add(&(struct member){ .name = "padded", .mode = 0100644, .data = "x", .filesize = 1, .name_pad = 50 });
	trailer();
	start();
	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_STR(e.name, "padded");
	CHECK_EQ(e.namelen, 6);
	CHECK_EQ(*(char *)e.data, 'x');
	CHECK_EQ(cpio_next(&it, &e), 1);

	memset(name, 'n', 4095);
	len = 0;
	add(&(struct member){ .name = name, .data = "" });
	trailer();
	start();
	CHECK_EQ(cpio_next(&it, &e), 0);
	CHECK_EQ(e.namelen, 4095);
	name[4095] = 'n';
	len = 0;
	add(&(struct member){ .name = name, .data = "" });
	expect_error(0, "name longer than 4096 bytes");
	len = 0;
	add(&(struct member){ .name = "", .data = "" });
	memcpy(area + 94, "00000000", 8);
	expect_error(0, "member without a name");
	len = 0;
	add(&dir);
	area[110 + 3] = 'x';
	expect_error(0, "name without a terminating zero");
	len = 0;
	add(&(struct member){ .name = "abcdef", .data = "" });
	area[110 + 2] = 0;
	expect_error(0, "name with a zero inside");
}

static void lies(void)
{
	len = 0;
	memcpy(area, "07070", 5);
	len = 5;
	expect_error(0, "no cpio magic (070701 or 070702)");
	memcpy(area, "070703xx", 8);
	len = 8;
	expect_error(0, "no cpio magic (070701 or 070702)");
	memcpy(area, "070707xx", 8);
	expect_error(0, "old portable format (070707), newc (070701) is needed");
	len = 0;
	zeros(2);
	add(&dir);
	expect_error(0, "header not at a multiple of 4");
	for (int field = 6; field < 110; field += 7) {
		static const char wrong[] = "gG /:@`\x80";

		len = 0;
		add(&dir);
		area[field] = wrong[field % 8];
		expect_error(0, "header field is not hexadecimal");
		CHECK_EQ(it.pos, field - (field - 6) % 8);
	}
	len = 0;
	add(&dir);
	memcpy(area + 54, "FFFFFFFF", 8);
	expect_error(0, "archive ends inside a member's data");
	len = 0;
	add(&dir);
	memcpy(area + 94, "FFFFFFFF", 8);
	expect_error(0, "name longer than 4096 bytes");
	len = 0;
	add(&(struct member){ .name = "sum", .mode = 0100644, .data = "ab", .filesize = 2, .crc = true,
			      .spoil_check = 1 });
	expect_error(0, "checksum is wrong");
}

/* Cut at every byte: all members before the cut, then an error that says so. */
static void truncated(void)
{
	size_t end1, end2, whole;

	len = 0;
	add(&dir);
	end1 = len;
	add(&file);
	end2 = len;
	trailer();
	whole = len;
	for (len = 1; len < whole; len++) {
		int members = 0, ret;

		start();
		while ((ret = cpio_next(&it, &e)) == 0)
			members++;
		/* The padding behind the data of the last member, or the trailer, may be missing. */
		if (len >= whole - 3) {
			CHECK_EQ(ret, 1);
			continue;
		}
		CHECK_EQ(ret, -EINVAL);
		CHECK_EQ(members, (len >= end1 - 2) + (len >= end2 - 3));
		if (len == end1 || len == end2)
			CHECK_STR(it.why, "archive ends without a trailer");
		else
			CHECK(strstr(it.why, "archive ends") || len < 6 || strstr(it.why, "no cpio magic"));
	}
}

/* Bytes changed at random: whatever comes out lies inside the buffer, and it comes to an end. */
static void damaged(void)
{
	for (int round = 0; round < 50000; round++) {
		int steps = 0;

		len = 0;
		for (int i = rnd_below(4); i >= 0; i--)
			add(rnd_below(2) ? &dir : &file);
		if (rnd_below(4))
			trailer();
		zeros(rnd_below(20));
		for (int i = rnd_below(4); i >= 0; i--) {
			size_t at = rnd_below(len);

			area[at] = rnd_below(3) ? "0123456789abcdefF"[rnd_below(17)] : (char)rnd();
		}
		len -= rnd_below(2) * rnd_below(len);
		start();
		while (cpio_next(&it, &e) == 0) {
			CHECK(++steps < 100);
			CHECK(e.name >= (char *)copy && e.name + e.namelen < (char *)copy + len);
			CHECK_EQ(strlen(e.name), e.namelen);
			CHECK((u8 *)e.data >= (u8 *)copy && e.filesize <= len - ((u8 *)e.data - (u8 *)copy));
		}
		CHECK(it.pos <= it.size);
	}
}

static void names(void)
{
	static const char *const good[] = { "a", "/", ".", "./a", "/a/b", "a/...", "..a", "a..", "a/..b/c", "a//b" };
	static const char *const bad[] = { "", "..", "/..", "../a", "a/..", "a/../b", "./..", "a//..", "a/../" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (!cpio_name_ok(good[i]))
			FAIL("'%s' is refused", good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (cpio_name_ok(bad[i]))
			FAIL("'%s' is allowed", bad[i]);
	}
}

/* What cpio(1) writes, in both formats; made by host.mk of two files, a hard link and a symbolic one. */
static void from_cpio(void)
{
	static const char *const files[] = { "newc.cpio", "crc.cpio" };

	for (int i = 0; i < 2; i++) {
		int seen = 0, ret;
		size_t size;
		void *buf = read_file(files[i], &size);

		if (!buf || !size) {
			free(buf);
			test_skip("no cpio program when the data was made");
		}
		cpio_init(&it, buf, size);
		while ((ret = cpio_next(&it, &e)) == 0) {
			if (strcmp(e.name, "one") == 0)
				seen += e.filesize == 4 && memcmp(e.data, "one\n", 4) == 0 && e.nlink == 1;
			else if (strcmp(e.name, "soft") == 0)
				seen += e.filesize == 3 && !memcmp(e.data, "one", 3) && (e.mode & 0170000) == 0120000;
			else if (strcmp(e.name, "two") == 0 || strcmp(e.name, "hard") == 0)
				seen += e.nlink == 2 && (e.filesize == 0 || memcmp(e.data, "number two\n", 11) == 0);
			else
				CHECK_STR(e.name, ".");
		}
		CHECK_EQ(ret, 1);
		CHECK_EQ(seen, 4);
		free(buf);
	}
}

static const struct test tests[] = {
	{ "every field of every member", one_archive },
	{ "archives one after the other, zeros between them, something else behind them", concatenated },
	{ "nothing, zeros, only a trailer", empty },
	{ "names: padded, longest, too long, missing, unterminated, two in one", name_fields },
	{ "bad magic, alignment, digits, sizes and checksums are refused with their reason", lies },
	{ "cut at any byte, an archive gives its whole members and then an error", truncated },
	{ "50000 damaged archives stay inside their buffer", damaged },
	{ "names that climb are refused", names },
	{ "archives made by cpio(1)", from_cpio },
};

MAIN("cpio", tests)
