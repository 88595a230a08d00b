/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fs/ramfs_test.c - contents of files in memory against a plain array that gets the same operations;
 * directories while they are read; limits.
 */
#include <primer/kernel.h>
#include <primer/list.h>
#include <primer/mm.h>
#include <primer/pagemap.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "fs_test.h"

#define MODEL_SIZE	(40 * PAGE_SIZE)
#define CHUNK		(3 * PAGE_SIZE)

/* A file and what should be in it. */
struct model {
	struct file *file;
	loff_t size;
	u8 *data;
	u8 *buf;
};

static void model_write(struct kunit *test, struct model *m, struct test_random *r)
{
	loff_t pos = test_random_below(r, MODEL_SIZE - CHUNK), at = pos;
	size_t len = test_random_below(r, test_random_below(r, 4) ? 200 : CHUNK);

	for (size_t i = 0; i < len; i++)
		m->buf[i] = test_random(r);
	KUNIT_ASSERT_EQ(test, kernel_write(m->file, m->buf, len, &at), (ssize_t)len);
	if (!len)
		return;
	memcpy(m->data + pos, m->buf, len);
	if (pos + (loff_t)len > m->size)
		m->size = pos + len;
}

static void model_read(struct kunit *test, struct model *m, struct test_random *r)
{
	loff_t pos = test_random_below(r, MODEL_SIZE), at = pos;
	size_t len = test_random_below(r, CHUNK);
	ssize_t want = pos >= m->size ? 0 : min_t(loff_t, len, m->size - pos);

	KUNIT_ASSERT_EQ(test, kernel_read(m->file, m->buf, len, &at), want);
	KUNIT_ASSERT_EQ(test, at, pos + want);
	KUNIT_ASSERT_MEMEQ(test, m->buf, m->data + pos, want);
}

static void model_truncate(struct kunit *test, struct model *m, struct test_random *r)
{
	loff_t size = test_random_below(r, MODEL_SIZE);

	KUNIT_ASSERT_EQ(test, vfs_truncate(&m->file->f_path, size), 0);
	if (size < m->size)
		memset(m->data + size, 0, m->size - size);
	m->size = size;
}

static void random_operations(struct kunit *test)
{
	unsigned long pages_before = nr_free_pages();
	struct test_random r;
	struct model m = { };

	m.data = kunit_kzalloc(test, MODEL_SIZE, GFP_KERNEL);
	m.buf = kunit_kzalloc(test, CHUNK, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.data);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	test_random_init(test, &r, 20240101);
	m.file = filp_open("/f", O_CREAT | O_RDWR, 0644);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m.file));
	for (int i = 0; i < 10000; i++) {
		switch (test_random_below(&r, 8)) {
		case 0: case 1: case 2:
			model_write(test, &m, &r);
			break;
		case 3:
			if (!test_random_below(&r, 4))
				model_truncate(test, &m, &r);
			break;
		default:
			model_read(test, &m, &r);
			break;
		}
		KUNIT_ASSERT_EQ(test, i_size_read(m.file->f_inode), m.size);
		KUNIT_ASSERT_LE(test, m.file->f_mapping->nrpages, MODEL_SIZE / PAGE_SIZE);
	}
	fput(m.file);
	KUNIT_EXPECT_EQ(test, init_unlink("/f"), 0);
	/* The pages are back, but for what caches keep. */
	KUNIT_EXPECT_LT(test, (long)(pages_before - nr_free_pages()), 100);
}

static void holes(struct kunit *test)
{
	struct file *file = filp_open("/sparse", O_CREAT | O_RDWR, 0644);
	loff_t pos = 1LL << 40;
	u8 buf[64];

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, kernel_write(file, "end", 3, &pos), 3);
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrpages, 1);
	pos = 1LL << 39;
	memset(buf, 1, sizeof(buf));
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, sizeof(buf), &pos), 64);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0, sizeof(buf)));
	KUNIT_EXPECT_EQ(test, file->f_mapping->nrpages, 1);
	pos = (1LL << 40) - 2;
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, sizeof(buf), &pos), 5);
	KUNIT_EXPECT_MEMEQ(test, buf, "\0\0end", 5);
	fput(file);
}

/*
 * read_mapping_page(), what a fault uses, makes a page of zeroes in a hole, and it is the page that write() then
 * changes.
 */
static void one_page_for_all(struct kunit *test)
{
	struct file *file = filp_open("/shared", O_CREAT | O_RDWR, 0644);
	struct page *page;
	loff_t pos = 5;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, vfs_truncate(&file->f_path, 100), 0);
	page = read_mapping_page(file->f_mapping, 0, file);
	KUNIT_ASSERT_FALSE(test, IS_ERR(page));
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, kernel_write(file, "seen", 4, &pos), 4);
	KUNIT_EXPECT_MEMEQ(test, (char *)page_address(page) + 5, "seen", 4);
	KUNIT_EXPECT_EQ(test, vfs_truncate(&file->f_path, 0), 0);
	KUNIT_EXPECT_NULL(test, page->mapping);
	put_page(page);
	fput(file);
}

/* size= is a limit on pages; what is freed can be used again; and a read of a hole needs none. */
static void limit(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, 64 * 1024, GFP_KERNEL);
	char options[] = "size=64k";
	struct kstatfs st;
	struct path path;
	struct file *file;
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, init_mkdir("/small", 0755), 0);
	KUNIT_ASSERT_EQ(test, do_mount("none", "/small", "tmpfs", 0, options), 0);
	file = filp_open("/small/f", O_CREAT | O_RDWR, 0644);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, kernel_write(file, buf, 60 * 1024, &pos), 60 * 1024);
	KUNIT_EXPECT_EQ(test, kernel_write(file, buf, 60 * 1024, &pos), 4 * 1024);
	KUNIT_EXPECT_EQ(test, kernel_write(file, buf, 1, &pos), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vfs_statfs(&file->f_path, &st), 0);
	KUNIT_EXPECT_EQ(test, st.f_blocks, 16);
	KUNIT_EXPECT_EQ(test, st.f_bfree, 0);
	KUNIT_EXPECT_EQ(test, vfs_truncate(&file->f_path, 1 << 20), 0);
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, 100, &pos), 100);
	KUNIT_EXPECT_EQ(test, PTR_ERR(read_mapping_page(file->f_mapping, 100, file)), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vfs_truncate(&file->f_path, 4096), 0);
	KUNIT_EXPECT_EQ(test, vfs_statfs(&file->f_path, &st), 0);
	KUNIT_EXPECT_EQ(test, st.f_bfree, 15);
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_write(file, buf, 64 * 1024, &pos), 64 * 1024);
	fput(file);
	KUNIT_ASSERT_EQ(test, kern_path("/small", 0, &path), 0);
	KUNIT_EXPECT_EQ(test, path_umount(&path, 0), 0);
}

/* ---- directories ------------------------------------------------------------------------------------------------- */

struct collect {
	struct dir_context ctx;
	struct kunit *test;
	int room;		/* entries until the "buffer" is full */
	int seen[300];
	int other;
};

static bool collect_entry(struct dir_context *ctx, const char *name, int namelen, loff_t offset, u64 ino,
			  unsigned int type)
{
	struct collect *c = container_of(ctx, struct collect, ctx);
	int n = 0;

	if (!c->room)
		return false;
	c->room--;
	if (name[0] != 'e') {
		c->other++;
		return true;
	}
	for (int i = 1; i < namelen; i++)
		n = n * 10 + (name[i] - '0');
	c->seen[n]++;
	return true;
}

/* Read in small portions while a third of the entries is removed, another renamed, and new ones are made. */
static void reading_while_changing(struct kunit *test)
{
	struct collect *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	char name[16], to[16];
	struct test_random r;
	struct file *dir;
	int last = -1;

	KUNIT_ASSERT_NOT_NULL(test, c);
	test_random_init(test, &r, 7);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "/e%d", i);
		KUNIT_ASSERT_EQ(test, fs_put(name, "", 0), 0);
	}
	dir = filp_open("/", O_RDONLY | O_DIRECTORY, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dir));
	c->ctx.actor = collect_entry;
	while (last != dir->f_pos) {
		int i = test_random_below(&r, 200);

		last = dir->f_pos;
		c->room = 1 + test_random_below(&r, 7);
		KUNIT_ASSERT_EQ(test, iterate_dir(dir, &c->ctx), 0);
		snprintf(name, sizeof(name), "/e%d", i);
		if (i % 3 == 0) {
			init_unlink(name);
		} else if (i % 3 == 1) {
			/* Away and back again: the number stays. */
			snprintf(to, sizeof(to), "/moved%d", i);
			KUNIT_EXPECT_EQ(test, init_rename(name, to, 0), 0);
			KUNIT_EXPECT_EQ(test, init_rename(to, name, 0), 0);
		}
		snprintf(name, sizeof(name), "/new%d", last);
		fs_put(name, "", 0);
	}
	for (int i = 0; i < 200; i++) {
		if (i % 3)
			KUNIT_EXPECT_EQ_MSG(test, c->seen[i], 1, "e%d", i);
		else
			KUNIT_EXPECT_LE_MSG(test, c->seen[i], 1, "e%d", i);
	}
	KUNIT_EXPECT_EQ(test, c->other, 2);	/* the dots; what came later is not shown */
	fput(dir);
}

/* Names, links and counts of the plain operations. */
static void counts(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fs_nlink("/"), 2);
	KUNIT_EXPECT_EQ(test, init_mkdir("/a", 0755), 0);
	KUNIT_EXPECT_EQ(test, init_mkdir("/b", 0755), 0);
	KUNIT_EXPECT_EQ(test, fs_nlink("/"), 4);
	KUNIT_EXPECT_EQ(test, init_rename("/b", "/a/b", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_nlink("/"), 3);
	KUNIT_EXPECT_EQ(test, fs_nlink("/a"), 3);
	KUNIT_EXPECT_EQ(test, init_mkdir("/b", 0755), 0);
	KUNIT_EXPECT_EQ(test, init_rename("/b", "/a/b", 0), 0);
	KUNIT_EXPECT_EQ(test, fs_nlink("/"), 3);
	KUNIT_EXPECT_EQ(test, fs_nlink("/a"), 3);
	KUNIT_EXPECT_EQ(test, fs_put("/f", "", 0), 0);
	KUNIT_EXPECT_EQ(test, init_link("/f", "/a/g"), 0);
	KUNIT_EXPECT_EQ(test, fs_nlink("/f"), 2);
	KUNIT_EXPECT_EQ(test, init_rename("/f", "/a/b", RENAME_EXCHANGE), 0);
	KUNIT_EXPECT_EQ(test, fs_nlink("/a"), 2);
	KUNIT_EXPECT_EQ(test, fs_nlink("/"), 4);
	KUNIT_EXPECT_EQ(test, fs_nlink("/a/b"), 2);
	KUNIT_EXPECT_EQ(test, init_unlink("/a/b"), 0);
	KUNIT_EXPECT_EQ(test, fs_nlink("/a/g"), 1);
	KUNIT_EXPECT_EQ(test, init_rmdir("/a"), -ENOTEMPTY);
	KUNIT_EXPECT_EQ(test, init_unlink("/a/g"), 0);
	KUNIT_EXPECT_EQ(test, init_rmdir("/a"), 0);
}

static struct kunit_case ramfs_cases[] = {
	KUNIT_CASE_NAMED(random_operations, "10000 reads, writes and truncations agree with an array"),
	KUNIT_CASE_NAMED(holes, "holes read as zeroes and take no pages"),
	KUNIT_CASE_NAMED(one_page_for_all, "a fault and a write see the same page"),
	KUNIT_CASE_NAMED(limit, "size= is kept to the page"),
	KUNIT_CASE_NAMED(reading_while_changing, "a directory that changes is read without gaps and repetitions"),
	KUNIT_CASE_NAMED(counts, "link counts follow every change"),
	{}
};
static struct kunit_suite ramfs_suite = {
	.name = "ramfs", .init = fs_test_init, .exit = fs_test_exit, .test_cases = ramfs_cases,
};
kunit_test_suite(ramfs_suite);
