/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/mm/alloc/slab_test.c - caches and kmalloc: contents survive, constructors run once, mistakes are found. */
#include <kunit/test.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/preempt.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <asm/irqflags.h>

#include "balance.h"
#include "prng.h"

#define OBJECTS		600
#define OPERATIONS	100000

struct object {
	u8 *p;
	size_t size;
	u8 pattern;
};

static size_t random_size(struct prng *r)
{
	switch (prng_below(r, 8)) {
	case 0: return 1 + prng_below(r, 20000);
	case 1: return 1 + prng_below(r, 4096);
	default: return 1 + prng_below(r, 300);
	}
}

static void random_objects(struct kunit *test, struct object *objects, struct prng *r, int operations)
{
	int i;

	for (i = 0; i < operations; i++) {
		struct object *o = &objects[prng_below(r, OBJECTS)];

		if (o->p) {
			KUNIT_ASSERT_NULL(test, memchr_inv(o->p, o->pattern, o->size));
			kfree(o->p);
			o->p = NULL;
			continue;
		}
		o->size = random_size(r);
		o->pattern = prng_next(r);
		if (prng_below(r, 4)) {
			o->p = kmalloc(o->size, GFP_KERNEL);
		} else {
			o->p = kzalloc(o->size, GFP_ATOMIC);
			if (o->p)
				KUNIT_ASSERT_NULL(test, memchr_inv(o->p, 0, o->size));
		}
		KUNIT_ASSERT_NOT_NULL(test, o->p);
		KUNIT_ASSERT_GE(test, ksize(o->p), o->size);
		KUNIT_ASSERT_EQ(test, (unsigned long)o->p % 8, 0UL);
		memset(o->p, o->pattern, o->size);
	}
	for (i = 0; i < OBJECTS; i++) {
		if (objects[i].p)
			KUNIT_EXPECT_NULL(test, memchr_inv(objects[i].p, objects[i].pattern, objects[i].size));
		kfree(objects[i].p);
		objects[i].p = NULL;
	}
}

static void random_test(struct kunit *test)
{
	struct object *objects = kunit_kzalloc(test, OBJECTS * sizeof(*objects), GFP_KERNEL);
	unsigned long free;
	struct prng r;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	prng_init(test, &r);
	random_objects(test, objects, &r, OPERATIONS / 20);
	free = settled_free_pages();
	random_objects(test, objects, &r, OPERATIONS);
	KUNIT_EXPECT_GE(test, settled_free_pages() + BALANCE_SLACK, free);
}

static void alignment_test(struct kunit *test)
{
	size_t size;

	for (size = 8; size <= 16384; size *= 2) {
		void *a = kmalloc(size, GFP_KERNEL), *b = kmalloc(size, GFP_KERNEL);

		KUNIT_EXPECT_EQ(test, (unsigned long)a % min(size, PAGE_SIZE), 0UL);
		KUNIT_EXPECT_EQ(test, (unsigned long)b % min(size, PAGE_SIZE), 0UL);
		kfree(a);
		kfree(b);
	}
}

static int constructed;
struct thing {
	u64 magic;
	char pad[92];
};

static void thing_ctor(void *p)
{
	((struct thing *)p)->magic = 0x7468696e67;
	constructed++;
}

static void ctor_test(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("test_ctor", sizeof(struct thing), 32, 0, thing_ctor);
	struct thing *things[100];
	int i, round, first = 0;

	KUNIT_ASSERT_NOT_NULL(test, s);
	constructed = 0;
	memset(things, 0, sizeof(things));
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 100; i++) {
			if (!things[i])
				things[i] = kmem_cache_alloc(s, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, things[i]);
			KUNIT_EXPECT_EQ(test, things[i]->magic, 0x7468696e67ULL);
			KUNIT_EXPECT_EQ(test, (unsigned long)things[i] % 32, 0UL);
		}
		if (!round)
			first = constructed;
		/* Half of them stay, so that no slab is given back and made anew. */
		for (i = 0; i < 100; i += 2) {
			kmem_cache_free(s, things[i]);
			things[i] = NULL;
		}
		kasan_quarantine_flush();
	}
	KUNIT_EXPECT_GE(test, first, 100);
	KUNIT_EXPECT_EQ(test, constructed, first);
	for (i = 1; i < 100; i += 2)
		kmem_cache_free(s, things[i]);
	kmem_cache_destroy(s);
}

/* A cache that is made, used and destroyed leaves nothing behind. */
static void destroy_test(struct kunit *test)
{
	unsigned long before = 0;
	void *objects[200];
	int round, i;

	for (round = 0; round < 20; round++) {
		struct kmem_cache *s = kmem_cache_create("test_destroy", 700, 0, SLAB_HWCACHE_ALIGN, NULL);

		KUNIT_ASSERT_NOT_NULL(test, s);
		for (i = 0; i < 200; i++) {
			objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objects[i]);
			KUNIT_EXPECT_EQ(test, (unsigned long)objects[i] % 64, 0UL);
			memset(objects[i], i, 700);
		}
		for (i = 0; i < 200; i++) {
			KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], i, 700));
			kmem_cache_free(s, objects[i]);
		}
		kmem_cache_destroy(s);
		if (round == 1)
			before = settled_free_pages();
	}
	/* What others take meanwhile is less than what 18 rounds would lose. */
	KUNIT_EXPECT_GE(test, settled_free_pages() + BALANCE_SLACK, before);
}

static void interrupts_off_test(struct kunit *test)
{
	void *objects[300];
	unsigned long flags;
	int i;

	local_irq_save(flags);
	for (i = 0; i < 300; i++)
		objects[i] = kmalloc(128, GFP_ATOMIC);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	for (i = 0; i < 300; i++)
		kfree(objects[i]);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	local_irq_restore(flags);
	for (i = 0; i < 300; i++)
		KUNIT_EXPECT_NOT_NULL(test, objects[i]);
}

static void edge_test(struct kunit *test)
{
	volatile size_t huge = SIZE_MAX / 2;
	char *s, *t;

	kfree(NULL);
	KUNIT_EXPECT_PTR_EQ(test, kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, kcalloc(huge, 4, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, kmalloc(huge, GFP_KERNEL | __GFP_NOWARN));

	s = kstrdup("twelve chars", GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	s = krealloc(s, 5000, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_STREQ(test, s, "twelve chars");
	t = kasprintf(GFP_KERNEL, "%s-%d", s, 42);
	KUNIT_EXPECT_STREQ(test, t, "twelve chars-42");
	kfree(t);
	t = kstrndup(s, 6, GFP_KERNEL);
	KUNIT_EXPECT_STREQ(test, t, "twelve");
	kfree(t);
	t = kmemdup(s, 13, GFP_KERNEL);
	KUNIT_EXPECT_MEMEQ(test, s, t, 13);
	kfree(t);
	kfree(s);
}

static void kvmalloc_test(struct kunit *test)
{
	char *p = kvzalloc(6UL << 20, GFP_KERNEL);	/* more than the largest block of pages */

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 6UL << 20));
	kvfree(p);
}

#ifdef CONFIG_DEBUG
/* Each mistake is planted once, and must be counted. The reports on the log are wanted. */
static void detect_test(struct kunit *test)
{
	volatile unsigned int beyond = 40, before = -1U;
	struct kmem_cache *s = kmem_cache_create("test_planted", 40, 0, SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE |
						 SLAB_POISON | SLAB_STORE_USER, NULL);
	unsigned long errors;
	volatile u8 *p;

	KUNIT_ASSERT_NOT_NULL(test, s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	errors = slab_error_count();
	p[beyond] = 1;
	kmem_cache_free(s, (void *)p);
	KUNIT_EXPECT_EQ_MSG(test, slab_error_count(), errors + 1, "a byte behind the object");

	p = kmem_cache_alloc(s, GFP_KERNEL);
	errors = slab_error_count();
	p[(int)before] = 1;
	kmem_cache_free(s, (void *)p);
	KUNIT_EXPECT_EQ_MSG(test, slab_error_count(), errors + 1, "a byte before the object");

	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, (void *)p);
	errors = slab_error_count();
	kmem_cache_free(s, (void *)p);
	KUNIT_EXPECT_EQ_MSG(test, slab_error_count(), errors + 1, "freed twice");

	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, (void *)p);
	errors = slab_error_count();
	p[7] = 1;
	p = kmem_cache_alloc(s, GFP_KERNEL);
	KUNIT_EXPECT_EQ_MSG(test, slab_error_count(), errors + 1, "written after it was freed");
	kmem_cache_free(s, (void *)p);

	p = kmem_cache_alloc(s, GFP_KERNEL);
	errors = slab_error_count();
	kmem_cache_free(s, (void *)(p + 8));
	KUNIT_EXPECT_EQ_MSG(test, slab_error_count(), errors + 1, "an address inside the object");
	kmem_cache_free(s, (void *)p);
	kmem_cache_destroy(s);
}
#endif

static struct kunit_case slab_cases[] = {
	KUNIT_CASE_NAMED(random_test, "slab: 100000 random operations keep every object's contents"),
	KUNIT_CASE_NAMED(alignment_test, "slab: a power of two is aligned to its size"),
	KUNIT_CASE_NAMED(ctor_test, "slab: a constructor runs once for each object"),
	KUNIT_CASE_NAMED(destroy_test, "slab: a destroyed cache leaves no page behind"),
	KUNIT_CASE_NAMED(interrupts_off_test, "slab: works with interrupts off, and leaves them off"),
	KUNIT_CASE_NAMED(edge_test, "slab: NULL, size 0, overflowing products, copies"),
	KUNIT_CASE_NAMED(kvmalloc_test, "slab: kvmalloc goes to vmalloc for what pages cannot give"),
#ifdef CONFIG_DEBUG
	KUNIT_CASE_NAMED(detect_test, "slab: planted overflows, double and late uses are found"),
#endif
	{}
};

static struct kunit_suite slab_suite = { .name = "slab", .test_cases = slab_cases };
kunit_test_suite(slab_suite);
