/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/alloc/kasan_test.c - each kind of wrong access is reported, once, and right ones are not.
 *
 * The cases are those of Linux's lib/test_kasan.c. The reports on the log are wanted: tests/test_debug.py accepts
 * reports between this suite's first line and its last, and nowhere else.
 */
#include <kunit/test.h>
#include <primer/kasan-checks.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/kthread.h>
#include <primer/mm.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/vmalloc.h>

#ifdef CONFIG_KASAN

/* Takes from the compiler what it knows of a value. */
#define hide(x)		({ __typeof__(x) __h = (x); __asm__ volatile("" : "+r"(__h)); __h; })

#define EXPECT_REPORT(test, what) do {							\
	unsigned long __before = kasan_report_count();					\
	what;										\
	KUNIT_EXPECT_EQ_MSG(test, kasan_report_count(), __before + 1, "not reported: " #what);	\
} while (0)
#define EXPECT_NONE(test, what) do {							\
	unsigned long __before = kasan_report_count();					\
	what;										\
	KUNIT_EXPECT_EQ_MSG(test, kasan_report_count(), __before, "reported: " #what);	\
} while (0)

static char *alloc(struct kunit *test, size_t size)
{
	char *p = kmalloc(hide(size), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return hide(p);
}

/*
 * Every size: the last byte may be written, the next one not; nor the one before the first, unless the object is the
 * first of its slab and somebody else's page lies there.
 */
static void bounds_test(struct kunit *test)
{
	static const size_t sizes[] = { 1, 7, 8, 9, 20, 64, 65, 123, 192, 500, 1024, 4000, 4096, 5000, 8192 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i];
		volatile char *p = alloc(test, size);

		EXPECT_NONE(test, p[0] = 1);
		EXPECT_NONE(test, p[size - 1] = 1);
		EXPECT_REPORT(test, p[size] = 1);
		if (offset_in_page(p))
			EXPECT_REPORT(test, (void)p[-1L]);
		kfree((void *)p);
	}
}

static void widths_test(struct kunit *test)
{
	char *p = alloc(test, 17);
	struct pair { u64 a, b; } pair = { 1, 2 };

	EXPECT_NONE(test, *(volatile u64 *)(p + 8) = 1);
	EXPECT_NONE(test, *(volatile u64 *)(p + 9) = 1);
	EXPECT_REPORT(test, *(volatile u16 *)(p + 16) = 1);
	EXPECT_REPORT(test, *(volatile u32 *)(p + 14) = 1);
	EXPECT_REPORT(test, *(volatile u64 *)(p + 10) = 1);
	EXPECT_REPORT(test, *(volatile u64 *)(p + 16) = 1);
	EXPECT_REPORT(test, *(volatile struct pair *)(p + 8) = pair);
	kfree(p);
}

static void large_test(struct kunit *test)
{
	size_t size = KMALLOC_MAX_CACHE_SIZE * 3 - 10;
	volatile char *p = alloc(test, size);

	EXPECT_NONE(test, p[size - 1] = 1);
	EXPECT_REPORT(test, p[size] = 1);
	EXPECT_REPORT(test, kfree((void *)(p + 8)));
	kfree((void *)p);
	EXPECT_REPORT(test, (void)p[5]);
}

static void library_test(struct kunit *test)
{
	char *p = alloc(test, 30), *q = alloc(test, 31);

	memset(p, 'x', 30);
	memset(q, 'x', 31);
	EXPECT_REPORT(test, memset(p, 1, hide(31UL)));
	EXPECT_REPORT(test, memset(p + 28, 1, hide(4UL)));
	EXPECT_REPORT(test, memcpy(p, q, hide(31UL)));
	EXPECT_REPORT(test, memmove(p + 1, q, hide(30UL)));
	EXPECT_REPORT(test, memmove(p, q - 2, hide(10UL)));
	EXPECT_NONE(test, memcpy(p, q, hide(30UL)));
	EXPECT_NONE(test, memset(p, 0, hide(0UL)));
	kfree(q);
	EXPECT_REPORT(test, memcpy(p, q, hide(3UL)));
	kfree(p);
}

static void late_test(struct kunit *test)
{
	volatile char *p = alloc(test, 40);
	char *q;

	kfree((void *)p);
	EXPECT_REPORT(test, p[8] = 'x');
	EXPECT_REPORT(test, (void)p[39]);
	/* The object is not handed out again soon. */
	q = alloc(test, 40);
	KUNIT_EXPECT_PTR_NE(test, (void *)q, (void *)p);
	EXPECT_REPORT(test, p[8] = 'x');
	kfree(q);
}

static void double_free_test(struct kunit *test)
{
	char *p = alloc(test, 40);

	EXPECT_REPORT(test, kfree(p + 8));
	kfree(p);
	EXPECT_REPORT(test, kfree(hide(p)));
	EXPECT_REPORT(test, kfree(hide(p)));
}

static void cache_test(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("kasan_test", 100, 0, 0, NULL);
	volatile char *p, *all[40];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	p = hide((char *)kmem_cache_alloc(s, GFP_KERNEL));
	EXPECT_NONE(test, p[99] = 1);
	EXPECT_REPORT(test, p[100] = 1);
	EXPECT_REPORT(test, kmem_cache_free(s, (void *)(p + 1)));
	kmem_cache_free(s, (void *)p);
	EXPECT_REPORT(test, kmem_cache_free(s, (void *)hide(p)));
	for (i = 0; i < 40; i++)
		all[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (i = 0; i < 40; i++)
		memset((void *)all[i], i, 100);
	for (i = 0; i < 40; i++)
		kmem_cache_free(s, (void *)all[i]);
	EXPECT_NONE(test, kmem_cache_destroy(s));
}

/* Objects that RCU readers may look at are never poisoned. */
static void rcu_cache_test(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("kasan_rcu", 200, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	volatile char *p;

	KUNIT_ASSERT_NOT_NULL(test, s);
	p = hide((char *)kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, (void *)p);
	EXPECT_NONE(test, (void)p[0]);
	kmem_cache_destroy(s);
}

static void resize_test(struct kunit *test)
{
	volatile char *p = alloc(test, 20);
	size_t size;

	EXPECT_REPORT(test, p[20] = 1);
	p = krealloc((void *)p, 30, GFP_KERNEL);
	EXPECT_NONE(test, p[29] = 1);
	EXPECT_REPORT(test, p[30] = 1);
	p = krealloc((void *)p, 10, GFP_KERNEL);
	EXPECT_REPORT(test, p[10] = 1);
	size = ksize((void *)p);
	KUNIT_EXPECT_EQ(test, size, 32UL);
	EXPECT_NONE(test, p[size - 1] = 1);
	EXPECT_REPORT(test, p[size] = 1);
	p = krealloc((void *)p, 5000, GFP_KERNEL);
	EXPECT_NONE(test, p[4999] = 1);
	EXPECT_REPORT(test, p[5000] = 1);
	EXPECT_NONE(test, kfree_sensitive((void *)p));
}

static void page_test(struct kunit *test)
{
	/* A report takes milliseconds, and another CPU may take the pages meanwhile: one read of each allocation. */
	for (unsigned long at = 0; at < 4 * PAGE_SIZE; at += 4 * PAGE_SIZE - 1) {
		volatile char *p = hide((char *)__get_free_pages(GFP_KERNEL, 2));

		KUNIT_ASSERT_NOT_NULL(test, p);
		EXPECT_NONE(test, p[4 * PAGE_SIZE - 1] = 1);
		free_pages((unsigned long)p, 2);
		/* Reads only: a write would be found a second time, by the pattern in free pages. */
		EXPECT_REPORT(test, (void)p[at]);
	}
}

static void vmalloc_case(struct kunit *test)
{
	volatile char *p = hide((char *)vmalloc(2 * PAGE_SIZE - 1000)), *q;

	KUNIT_ASSERT_NOT_NULL(test, p);
	EXPECT_NONE(test, p[2 * PAGE_SIZE - 1001] = 1);
	EXPECT_REPORT(test, p[2 * PAGE_SIZE - 1000] = 1);
	vfree((void *)p);
	vm_unmap_aliases();
	/* Probably at the same address: no red zone of the former area is left. */
	q = vmalloc(4 * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, q);
	EXPECT_NONE(test, memset((void *)q, 0, 4 * PAGE_SIZE));
	vfree((void *)q);
}

static noinline void touch(char *array, int i)
{
	((volatile char *)array)[i] = 1;
}

static void stack_test(struct kunit *test)
{
	char array[10];
	char *p = hide(&array[0]);

	EXPECT_NONE(test, touch(p, 9));
	EXPECT_REPORT(test, touch(p, 10));
	EXPECT_REPORT(test, touch(p, -1));
}

/* Frames that are left by a jump leave no red zones behind; nor does a task that ends on its stack. */
static noinline void leave_frames(int depth)
{
	char array[64];

	touch(hide(&array[0]), 3);
	if (depth)
		leave_frames(depth - 1);
	else
		kasan_leave_frames();
	touch(hide(&array[0]), 64 * !hide(1));
}

static int short_life(void *unused)
{
	(void)unused;
	leave_frames(20);
	return 0;
}

static void dead_stack_test(struct kunit *test)
{
	unsigned long before = kasan_report_count();
	int i;

	for (i = 0; i < 8; i++) {
		struct task_struct *t = kthread_create(short_life, NULL, "kasan-stack");

		KUNIT_ASSERT_FALSE(test, IS_ERR(t));
		get_task_struct(t);		/* it may end before it is told to */
		wake_up_process(t);
		kthread_stop(t);
		put_task_struct(t);
	}
	leave_frames(20);
	KUNIT_EXPECT_EQ(test, kasan_report_count(), before);
}

static void announced_test(struct kunit *test)
{
	char *p = alloc(test, 24);

	EXPECT_NONE(test, kasan_check_write(p, 24));
	EXPECT_REPORT(test, kasan_check_write(p, 25));
	EXPECT_REPORT(test, kasan_check_read(p - 1, 2));
	kfree(p);
	EXPECT_REPORT(test, kasan_check_read(p, 1));
}

static char global_array[10];

static void global_test(struct kunit *test)
{
	char *p = hide(&global_array[0]);

	EXPECT_NONE(test, touch(p, 9));
#ifdef __clang__
	kunit_skip(test, "clang's red zones around globals are not switched on");
#endif
	EXPECT_REPORT(test, touch(p, 10));
}

/* What waits in the quarantine comes back, and is accounted for. */
static void quarantine_test(struct kunit *test)
{
	unsigned long free, i;
	static void *objects[200];

	/* Others free as well, but not without end. */
	for (i = 0; i < 1000 && kasan_quarantine_flush(); i++)
		;
	KUNIT_EXPECT_LT(test, i, 1000UL);
	free = nr_free_pages();
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = alloc(test, 2048);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		kfree(objects[i]);
	KUNIT_EXPECT_LT(test, nr_free_pages(), free);
	KUNIT_EXPECT_TRUE(test, kasan_quarantine_flush());
	KUNIT_EXPECT_LE(test, (long)(free - nr_free_pages()), 64L);	/* others give back, too */
}

static struct kunit_case kasan_cases[] = {
	KUNIT_CASE_NAMED(bounds_test, "kasan: a byte before and a byte behind objects of many sizes"),
	KUNIT_CASE_NAMED(widths_test, "kasan: accesses of each width that reach over the end"),
	KUNIT_CASE_NAMED(large_test, "kasan: a block of whole pages ends where it was asked to"),
	KUNIT_CASE_NAMED(library_test, "kasan: memcpy, memmove and memset are checked"),
	KUNIT_CASE_NAMED(late_test, "kasan: a freed object is found, also when another was allocated"),
	KUNIT_CASE_NAMED(double_free_test, "kasan: freed twice, and freed in the middle"),
	KUNIT_CASE_NAMED(cache_test, "kasan: the same for a cache of its own, which can be destroyed"),
	KUNIT_CASE_NAMED(rcu_cache_test, "kasan: objects under RCU may be read when they are free"),
	KUNIT_CASE_NAMED(resize_test, "kasan: krealloc and ksize move the end"),
	KUNIT_CASE_NAMED(page_test, "kasan: a free page"),
	KUNIT_CASE_NAMED(vmalloc_case, "kasan: the rest of the last page of a vmalloc"),
	KUNIT_CASE_NAMED(stack_test, "kasan: an array on the stack"),
	KUNIT_CASE_NAMED(dead_stack_test, "kasan: stacks that were left or ended on are clean"),
	KUNIT_CASE_NAMED(announced_test, "kasan: what assembly is about to do"),
	KUNIT_CASE_NAMED(global_test, "kasan: a global array"),
	KUNIT_CASE_NAMED(quarantine_test, "kasan: the quarantine gives everything back"),
	{}
};

static struct kunit_suite kasan_suite = { .name = "kasan", .test_cases = kasan_cases };
kunit_test_suite(kasan_suite);

#endif
