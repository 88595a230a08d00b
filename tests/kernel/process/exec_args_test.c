/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/process/exec_args_test.c - strings pushed on a stack that is not loaded: they arrive whole, across
 * pages, in order, within the limit, and leave nothing behind.
 */
#include <kunit/test.h>
#include <primer/binfmts.h>
#include <primer/gfp.h>
#include <primer/mm.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/vm.h>

#define LONGEST		9000

static int args_test_init(struct kunit *test)
{
	struct linux_binprm *bprm = kunit_kzalloc(test, sizeof(*bprm), GFP_KERNEL);

	test->priv = bprm;
	return bprm ? bprm_mm_init(bprm) : -ENOMEM;
}

static void args_test_exit(struct kunit *test)
{
	bprm_mm_drop(test->priv);
}

/* String number @i: its length and its letters depend on the number. */
static size_t make_string(char *buf, unsigned int i)
{
	size_t len = i * 2654435761u % LONGEST, k;

	for (k = 0; k < len; k++)
		buf[k] = 'a' + (i + k) % 26;
	buf[len] = '\0';
	return len;
}

static void strings_arrive_in_order(struct kunit *test)
{
	struct linux_binprm *bprm = test->priv;
	char *want = kunit_kmalloc(test, LONGEST + 1, GFP_KERNEL), *got = kunit_kmalloc(test, LONGEST + 1, GFP_KERNEL);
	unsigned long at;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, got);
	for (i = 0; i < 200; i++) {
		make_string(want, i);
		KUNIT_ASSERT_EQ(test, copy_string_kernel(want, bprm), 0);
	}
	for (at = bprm->p; i--; ) {
		size_t len = make_string(want, i);

		KUNIT_ASSERT_EQ(test, access_remote_vm(bprm->mm, at, got, len + 1, 0), (int)len + 1);
		KUNIT_ASSERT_MEMEQ(test, got, want, len + 1);
		at += len + 1;
	}
	KUNIT_EXPECT_EQ(test, at, bprm->vma->vm_end - sizeof(void *));
}

static void the_last_string_can_be_dropped(struct kunit *test)
{
	struct linux_binprm *bprm = test->priv;
	char *buf = kunit_kmalloc(test, LONGEST + 1, GFP_KERNEL);
	unsigned long before[50];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < 50; i++) {
		before[i] = bprm->p;
		make_string(buf, i);
		KUNIT_ASSERT_EQ(test, copy_string_kernel(buf, bprm), 0);
	}
	for (bprm->argc = 50; i--; ) {
		KUNIT_ASSERT_EQ(test, remove_arg_zero(bprm), 0);
		KUNIT_ASSERT_EQ(test, bprm->p, before[i]);
		KUNIT_ASSERT_EQ(test, bprm->argc, i);
	}
	KUNIT_EXPECT_EQ_MSG(test, remove_arg_zero(bprm), 0, "with no argument left");
}

static void the_limit_is_a_quarter_of_the_stack(struct kunit *test)
{
	struct linux_binprm *bprm = test->priv;
	char *buf = kunit_kmalloc(test, 1001, GFP_KERNEL);
	int n = 0, err;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memset(buf, 'x', 1000);
	buf[1000] = '\0';
	bprm->argc = 10;
	bprm->rlim_stack.rlim_cur = 1024 * 1024;
	KUNIT_ASSERT_EQ(test, bprm_stack_limits(bprm), 0);
	while (!(err = copy_string_kernel(buf, bprm)) && n < 10000)
		n++;
	KUNIT_EXPECT_EQ(test, err, -E2BIG);
	KUNIT_EXPECT_EQ(test, n, (1024 * 1024 / 4 - 10 * 8) / 1001);
	bprm->argc = 1 << 20;
	KUNIT_EXPECT_EQ_MSG(test, bprm_stack_limits(bprm), -E2BIG, "a million pointers");
	bprm->argc = 1;
	bprm->rlim_stack.rlim_cur = 4096;
	KUNIT_EXPECT_EQ(test, bprm_stack_limits(bprm), 0);
	KUNIT_EXPECT_EQ_MSG(test, bprm->p - bprm->argmin, ARG_MAX - 8, "a small stack still leaves room for ARG_MAX");
}

static void nothing_is_left_behind(struct kunit *test)
{
	struct linux_binprm bprm;
	unsigned long free;
	int round, i;

	for (round = 0; round < 3; round++) {
		drain_local_pages();
		free = nr_free_pages();
		memset(&bprm, 0, sizeof(bprm));
		KUNIT_ASSERT_EQ(test, bprm_mm_init(&bprm), 0);
		for (i = 0; i < 1000; i++)
			KUNIT_ASSERT_EQ(test, copy_string_kernel("a string of some length, for many pages", &bprm), 0);
		bprm_mm_drop(&bprm);
		drain_local_pages();
	}
	KUNIT_EXPECT_LE(test, free, nr_free_pages() + 8);		/* a few: others come and go */
}

static struct kunit_case args_cases[] = {
	KUNIT_CASE_NAMED(strings_arrive_in_order, "strings of all lengths arrive whole and in order"),
	KUNIT_CASE_NAMED(the_last_string_can_be_dropped, "the string pushed last can be dropped, across pages"),
	KUNIT_CASE_NAMED(the_limit_is_a_quarter_of_the_stack,
			 "the limit is a quarter of the stack, and at least ARG_MAX"),
	KUNIT_CASE_NAMED(nothing_is_left_behind, "an execve that is given up leaves no page behind"),
	{}
};

static struct kunit_suite args_suite = {
	.name = "exec_args",
	.init = args_test_init,
	.exit = args_test_exit,
	.test_cases = args_cases,
};
kunit_test_suite(args_suite);
