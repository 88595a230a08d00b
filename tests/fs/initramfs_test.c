/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/initramfs_test.c - archives, good and damaged: what is in them appears, what is wrong is said, and nothing
 * else happens.
 */
#include <primer/crc32.h>
#include <primer/initramfs.h>
#include <primer/kernel.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "fs_test.h"

#define ARCHIVE_SIZE	(64 * 1024)

/* An archive under construction. */
struct archive {
	u8 *buf;
	size_t len;
	u32 ino;
};

static struct archive *new_archive(struct kunit *test)
{
	struct archive *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, a);
	a->buf = kunit_kzalloc(test, ARCHIVE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, a->buf);
	return a;
}

static void pad(struct archive *a)
{
	while (a->len & 3)
		a->buf[a->len++] = 0;
}

/* @ino: 0 for the next number. */
static void add(struct archive *a, const char *name, umode_t mode, u32 ino, u32 nlink, const void *data, size_t size,
		dev_t rdev)
{
	a->len += scnprintf((char *)a->buf + a->len, ARCHIVE_SIZE - a->len,
			    "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			    ino ? ino : ++a->ino, mode, 3, 4, nlink, 1000000, (u32)size, 8, 1, MAJOR(rdev), MINOR(rdev),
			    (u32)strlen(name) + 1, 0);
	memcpy(a->buf + a->len, name, strlen(name) + 1);
	a->len += strlen(name) + 1;
	pad(a);
	memcpy(a->buf + a->len, data, size);
	a->len += size;
	pad(a);
}

static void finish(struct archive *a)
{
	add(a, "TRAILER!!!", 0, 0, 1, "", 0, 0);
}

static void add_all_kinds(struct archive *a)
{
	add(a, ".", S_IFDIR | 0755, 0, 2, "", 0, 0);
	add(a, "dir", S_IFDIR | 0711, 0, 2, "", 0, 0);
	add(a, "dir/file", S_IFREG | 04644, 0, 1, "contents", 8, 0);
	add(a, "/absolute", S_IFREG | 0600, 0, 1, "", 0, 0);
	add(a, "link", S_IFLNK | 0777, 0, 1, "dir/file", 8, 0);
	add(a, "null", S_IFCHR | 0666, 0, 1, "", 0, MKDEV(1, 3));
	add(a, "pipe", S_IFIFO | 0622, 0, 1, "", 0, 0);
	add(a, "hard1", S_IFREG | 0640, 77, 2, "", 0, 0);
	add(a, "hard2", S_IFREG | 0640, 77, 2, "late data", 9, 0);
	finish(a);
}

static void check_all_kinds(struct kunit *test)
{
	struct kstat stat;
	char buf[32];

	KUNIT_EXPECT_EQ(test, init_stat("/dir", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode, S_IFDIR | 0711);
	KUNIT_EXPECT_EQ(test, stat.mtime.tv_sec, 1000000);
	KUNIT_EXPECT_EQ(test, stat.uid, 3);
	KUNIT_EXPECT_EQ(test, stat.gid, 4);
	KUNIT_EXPECT_EQ(test, init_stat("/dir/file", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode, S_IFREG | 04644);
	KUNIT_EXPECT_EQ(test, stat.mtime.tv_sec, 1000000);
	KUNIT_EXPECT_EQ(test, fs_get("/link", buf, sizeof(buf)), 8);
	KUNIT_EXPECT_MEMEQ(test, buf, "contents", 8);
	KUNIT_EXPECT_EQ(test, fs_exists("/absolute"), 0);
	KUNIT_EXPECT_EQ(test, init_stat("/null", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.rdev, MKDEV(1, 3));
	KUNIT_EXPECT_EQ(test, init_stat("/pipe", &stat, 0), 0);
	KUNIT_EXPECT_EQ(test, stat.mode, S_IFIFO | 0622);
	KUNIT_EXPECT_EQ(test, fs_nlink("/hard1"), 2);
	KUNIT_EXPECT_EQ(test, fs_get("/hard1", buf, sizeof(buf)), 9);
	KUNIT_EXPECT_MEMEQ(test, buf, "late data", 9);
}

static void good(struct kunit *test)
{
	struct archive *a = new_archive(test);

	add_all_kinds(a);
	KUNIT_EXPECT_STREQ(test, unpack_to_rootfs((char *)a->buf, a->len) ?: "good", "good");
	check_all_kinds(test);
	/* Once more over itself. */
	KUNIT_EXPECT_STREQ(test, unpack_to_rootfs((char *)a->buf, a->len) ?: "good", "good");
	check_all_kinds(test);
}

/*
 * Two archives, padding between and behind; the same inode number means another file in the second; kinds may change.
 */
static void concatenated(struct kunit *test)
{
	struct archive *a = new_archive(test);
	char buf[8];

	add(a, "one", S_IFREG | 0644, 5, 2, "1", 1, 0);
	add(a, "was-dir", S_IFDIR | 0755, 0, 2, "", 0, 0);
	finish(a);
	a->len += 512;
	add(a, "two", S_IFREG | 0644, 5, 2, "2", 1, 0);
	add(a, "was-dir", S_IFREG | 0644, 0, 1, "f", 1, 0);
	finish(a);
	a->len += 100;
	KUNIT_EXPECT_STREQ(test, unpack_to_rootfs((char *)a->buf, a->len) ?: "good", "good");
	KUNIT_EXPECT_EQ(test, fs_nlink("/one"), 1);
	KUNIT_EXPECT_EQ(test, fs_get("/one", buf, 8), 1);
	KUNIT_EXPECT_EQ(test, buf[0], '1');
	KUNIT_EXPECT_EQ(test, fs_get("/was-dir", buf, 8), 1);
}

static void put32(u8 *p, u32 v)
{
	memcpy(p, &v, 4);
}

/* The archive as a gzip file of stored blocks, at @out; its length. */
static size_t gzip(u8 *out, const u8 *in, size_t len)
{
	static const u8 header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	size_t n = sizeof(header), done = 0;

	memcpy(out, header, n);
	while (done < len) {
		size_t part = min_t(size_t, len - done, 1000);

		out[n++] = done + part == len;
		out[n++] = part;
		out[n++] = part >> 8;
		out[n++] = ~part;
		out[n++] = ~part >> 8;
		memcpy(out + n, in + done, part);
		n += part;
		done += part;
	}
	put32(out + n, ~crc32_le(~0U, in, len));
	put32(out + n + 4, len);
	return n + 8;
}

static void compressed(struct kunit *test)
{
	struct archive *a = new_archive(test), *z = new_archive(test);

	add_all_kinds(a);
	z->len = gzip(z->buf, a->buf, a->len);
	KUNIT_EXPECT_STREQ(test, unpack_to_rootfs((char *)z->buf, z->len) ?: "good", "good");
	check_all_kinds(test);
	/* Behind a plain archive, and with something behind it, so that the size is not at the end. */
	add(z, "x", S_IFREG | 0644, 0, 1, "x", 1, 0);
	finish(z);
	KUNIT_EXPECT_STREQ(test, unpack_to_rootfs((char *)z->buf, z->len) ?: "good", "good");
	KUNIT_EXPECT_EQ(test, fs_exists("/x"), 0);
	/* A wrong checksum. */
	z->len = gzip(z->buf, a->buf, a->len);
	z->buf[z->len - 6] ^= 1;
	KUNIT_EXPECT_NOT_NULL(test, unpack_to_rootfs((char *)z->buf, z->len));
}

static void climbing_names(struct kunit *test)
{
	struct archive *a = new_archive(test);

	add(a, "dir", S_IFDIR | 0755, 0, 2, "", 0, 0);
	add(a, "../evil1", S_IFREG | 0644, 0, 1, "", 0, 0);
	add(a, "dir/../evil2", S_IFREG | 0644, 0, 1, "", 0, 0);
	add(a, "dir/..", S_IFDIR | 0, 0, 2, "", 0, 0);
	add(a, "up", S_IFLNK | 0777, 0, 1, "../../../..", 11, 0);
	add(a, "up/evil3", S_IFREG | 0644, 0, 1, "", 0, 0);
	add(a, "after", S_IFREG | 0644, 0, 1, "", 0, 0);
	finish(a);
	KUNIT_EXPECT_STREQ(test, unpack_to_rootfs((char *)a->buf, a->len) ?: "good", "good");
	KUNIT_EXPECT_EQ(test, fs_exists("/evil1"), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_exists("/evil2"), -ENOENT);
	KUNIT_EXPECT_EQ(test, fs_exists("/evil3"), 0);		/* a symlink cannot leave "/" either */
	KUNIT_EXPECT_EQ(test, fs_exists("/after"), 0);
}

/* Cut short anywhere: it is said, and what was complete is there. */
static void truncated(struct kunit *test)
{
	struct archive *a = new_archive(test);
	size_t first;

	add(a, "first", S_IFREG | 0644, 0, 1, "1", 1, 0);
	first = a->len - 3;		/* the padding behind its one byte may be missing */
	add(a, "second", S_IFREG | 0644, 0, 1, "22222222", 8, 0);
	finish(a);
	for (size_t len = 1; len < a->len - 3; len++) {
		const char *error = unpack_to_rootfs((char *)a->buf, len);

		KUNIT_EXPECT_NOT_NULL_MSG(test, error, "cut at %zu", len);
		KUNIT_EXPECT_EQ_MSG(test, fs_exists("/first"), len >= first ? 0 : -ENOENT, "cut at %zu", len);
		init_unlink("/first");
		init_unlink("/second");
	}
}

static void wrong_fields(struct kunit *test)
{
	struct archive *a = new_archive(test);
	static const struct { size_t offset; const char *text;
	} damage[] = {
		{0, "070708"},	  {0, "xxxxxx"},    {54, "ffffffff"}, {54, "7fffffff"},
		{94, "00000000"}, {94, "ffffffff"}, {54, "0000zzzz"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(damage); i++) {
		size_t second;

		a->len = 0;
		add(a, "kept", S_IFREG | 0644, 0, 1, "", 0, 0);
		second = a->len;
		add(a, "lost", S_IFREG | 0644, 0, 1, "data", 4, 0);
		finish(a);
		memcpy(a->buf + second + damage[i].offset, damage[i].text, strlen(damage[i].text));
		KUNIT_EXPECT_NOT_NULL_MSG(test, unpack_to_rootfs((char *)a->buf, a->len), "damage %zu", i);
		KUNIT_EXPECT_EQ_MSG(test, fs_exists("/kept"), 0, "damage %zu", i);
		init_unlink("/kept");
	}
	KUNIT_EXPECT_NOT_NULL(test, unpack_to_rootfs("not an archive at all", 21));
	KUNIT_EXPECT_NULL(test, unpack_to_rootfs("\0\0\0\0", 4));
}

/* Random bytes changed: whatever comes of it, the filesystem stays whole (the unmount at the end looks). */
static void fuzz(struct kunit *test)
{
	struct archive *good_one = new_archive(test), *a = new_archive(test);
	struct test_random r;
	int errors = 0;

	test_random_init(test, &r, 31337);
	add_all_kinds(good_one);
	for (int i = 0; i < 300; i++) {
		memcpy(a->buf, good_one->buf, good_one->len);
		for (unsigned int n = 1 + test_random_below(&r, 3); n; n--)
			a->buf[test_random_below(&r, good_one->len)] ^= 1 << test_random_below(&r, 8);
		errors += !!unpack_to_rootfs((char *)a->buf, good_one->len);
	}
	KUNIT_EXPECT_GT(test, errors, 50);
	KUNIT_EXPECT_STREQ(test, unpack_to_rootfs((char *)good_one->buf, good_one->len) ?: "good", "good");
}

static struct kunit_case initramfs_cases[] = {
	KUNIT_CASE_NAMED(good, "every kind of member, with its attributes"),
	KUNIT_CASE_NAMED(concatenated, "archives behind each other do not share inode numbers"),
	KUNIT_CASE_NAMED(compressed, "gzip'd archives"),
	KUNIT_CASE_NAMED(climbing_names, "no name leads out of the root"),
	KUNIT_CASE_NAMED(truncated, "an archive cut short anywhere keeps its first part"),
	KUNIT_CASE_NAMED(wrong_fields, "damaged headers are refused with a reason"),
	KUNIT_CASE_NAMED(fuzz, "300 randomly damaged archives do no harm"),
	{}
};
static struct kunit_suite initramfs_suite = {
	.name = "initramfs", .init = fs_test_init, .exit = fs_test_exit, .test_cases = initramfs_cases,
};
kunit_test_suite(initramfs_suite);
