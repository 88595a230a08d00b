/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/mm/alloc/resource_test.c - the tree of resources against an array of owners. */
#include <kunit/test.h>
#include <primer/kernel.h>
#include <primer/resource.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>

#include "prng.h"

#define SPACE	256

static void claim_test(struct kunit *test)
{
	struct resource root = { .name = "root", .start = 0, .end = SPACE - 1, .flags = IORESOURCE_IO };
	static u8 owner[SPACE];
	static struct { unsigned int start, n; } claims[64];
	struct prng r;
	int i, j;

	prng_init(test, &r);
	for (i = 0; i < 100000; i++) {
		unsigned int c = prng_below(&r, 64), start = prng_below(&r, SPACE), n = 1 + prng_below(&r, 12);
		bool is_free = start + n <= SPACE;

		if (claims[c].n) {
			__release_region(&root, claims[c].start, claims[c].n);
			for (j = 0; j < (int)claims[c].n; j++)
				owner[claims[c].start + j] = 0;
			claims[c].n = 0;
			continue;
		}
		for (j = 0; j < (int)n && is_free; j++)
			is_free = !owner[start + j];
		KUNIT_ASSERT_EQ(test, __request_region(&root, start, n, "test", 0) != NULL, is_free);
		if (!is_free)
			continue;
		claims[c].start = start;
		claims[c].n = n;
		for (j = 0; j < (int)n; j++)
			owner[start + j] = 1;
	}
	for (i = 0; i < 64; i++)
		if (claims[i].n)
			__release_region(&root, claims[i].start, claims[i].n);
	KUNIT_EXPECT_NULL(test, root.child);
}

static void tree_test(struct kunit *test)
{
	struct resource root = { .name = "root", .start = 0, .end = 0xfffff };
	struct resource ram = { .name = "System RAM", .start = 0x1000, .end = 0x8fff };
	struct resource code = { .name = "Kernel code", .start = 0x2000, .end = 0x2fff };
	struct resource outer = { .name = "Outer", .start = 0x0800, .end = 0x9fff };
	struct resource across = { .name = "Across", .start = 0x8000, .end = 0xa7ff };
	struct resource slot = { .name = "Slot" };
	struct resource *claim;
	char text[512];
	struct seq_buf m;

	KUNIT_EXPECT_EQ(test, insert_resource(&root, &ram), 0);
	KUNIT_EXPECT_EQ(test, insert_resource(&root, &code), 0);
	KUNIT_EXPECT_PTR_EQ(test, code.parent, &ram);
	KUNIT_EXPECT_EQ(test, insert_resource(&root, &outer), 0);
	KUNIT_EXPECT_PTR_EQ(test, ram.parent, &outer);
	KUNIT_EXPECT_EQ(test, insert_resource(&root, &across), -EBUSY);
	KUNIT_EXPECT_EQ(test, request_resource(&root, &across), -EBUSY);

	claim = __request_region(&root, 0x2100, 0x10, "driver", 0);
	KUNIT_ASSERT_NOT_NULL(test, claim);
	KUNIT_EXPECT_PTR_EQ(test, claim->parent, &code);
	KUNIT_EXPECT_NULL(test, __request_region(&root, 0x2108, 0x10, "other", 0));
	KUNIT_EXPECT_TRUE(test, region_is_busy(&root, 0x210f, 1));
	KUNIT_EXPECT_FALSE(test, region_is_busy(&root, 0x2110, 0x100));

	KUNIT_EXPECT_EQ(test, allocate_resource(&root, &slot, 0x1000, 0x100, 0xffff, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, slot.start, 0xa000ULL);

	seq_buf_init(&m, text, sizeof(text));
	resource_show(&m, &root);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&m),
			   "00000800-00009fff : Outer\n  00001000-00008fff : System RAM\n"
			   "    00002000-00002fff : Kernel code\n"
			   "      00002100-0000210f : driver\n0000a000-0000afff : Slot\n");
	__release_region(&root, 0x2100, 0x10);
	KUNIT_EXPECT_EQ(test, release_resource(&outer), 0);
	KUNIT_EXPECT_PTR_EQ(test, ram.parent, &root);
	KUNIT_EXPECT_EQ(test, release_resource(&outer), -EINVAL);
}

static struct kunit_case resource_cases[] = {
	KUNIT_CASE_NAMED(claim_test, "resource: 100000 random claims are granted exactly when nobody else has a byte"),
	KUNIT_CASE_NAMED(tree_test, "resource: descriptions nest, claims go inside, strays are refused"),
	{}
};

static struct kunit_suite resource_suite = { .name = "resource", .test_cases = resource_cases };
kunit_test_suite(resource_suite);
