/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/trace/unwind_test.c - the walk finds every caller, crosses an exception, and survives a broken stack.
 */
#include <kunit/test.h>

#include <primer/kallsyms.h>
#include <primer/kernel.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/stacktrace.h>
#include <primer/string.h>
#include <asm/ptrace.h>
#include <asm/segment.h>

#define DEPTH	12

static unsigned long entries[DEPTH + 20];
static unsigned int nr;

static noinline void unwind_leaf(void)
{
	nr = stack_trace_save(entries, ARRAY_SIZE(entries), 0);
	barrier();
}

static noinline void unwind_recurse(int n)
{
	if (n)
		unwind_recurse(n - 1);
	else
		unwind_leaf();
	barrier();			/* no tail call: the frame is there */
}

static bool is_in(unsigned long addr, const char *name)
{
	const char *found = kallsyms_lookup(addr - 1, NULL, NULL);

	/* The compiler may have split or specialised the function: name, name.part.0, name.isra.0. */
	return found && strstarts(found, name);
}

static void finds_all_callers(struct kunit *test)
{
	unsigned int i;

	unwind_recurse(DEPTH - 1);
	KUNIT_ASSERT_GT(test, nr, DEPTH + 2);
	KUNIT_EXPECT_TRUE(test, is_in(entries[0], "unwind_leaf"));
	for (i = 1; i <= DEPTH; i++)
		KUNIT_EXPECT_TRUE_MSG(test, is_in(entries[i], "unwind_recurse"), "entry %u is %pB", i,
				      (void *)entries[i]);
	KUNIT_EXPECT_TRUE(test, is_in(entries[DEPTH + 1], "finds_all_callers"));
	KUNIT_EXPECT_TRUE(test, is_in(entries[nr - 1], "ret_from_fork"));
}

static void skips(struct kunit *test)
{
	unsigned long one[2] = { 0, 0 };

	KUNIT_EXPECT_EQ(test, stack_trace_save(one, 1, 0), 1);
	KUNIT_EXPECT_TRUE(test, is_in(one[0], "skips"));
	KUNIT_EXPECT_EQ(test, one[1], 0);
	KUNIT_EXPECT_EQ(test, stack_trace_save(one, 1, 1), 1);
	KUNIT_EXPECT_FALSE(test, is_in(one[0], "skips"));
	KUNIT_EXPECT_EQ(test, stack_trace_save(one, 2, 1000), 0);
}

static void knows_this_stack(struct kunit *test)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	struct stack_info info;

	KUNIT_ASSERT_TRUE(test, get_stack_info(here, current, &info));
	KUNIT_EXPECT_EQ(test, info.type, STACK_TYPE_TASK);
	KUNIT_EXPECT_EQ(test, info.begin, (unsigned long)current->stack);
	KUNIT_EXPECT_EQ(test, info.end - info.begin, THREAD_SIZE);
	KUNIT_EXPECT_FALSE(test, get_stack_info(info.begin - 8, current, &info));
	KUNIT_EXPECT_FALSE(test, get_stack_info((unsigned long)current->stack + THREAD_SIZE, current, &info));
	KUNIT_EXPECT_FALSE(test, get_stack_info(here + 1, current, &info));
	KUNIT_EXPECT_FALSE(test, get_stack_info(0, current, &info));
}

/* Walk from made-up registers; the number of addresses found. */
static unsigned int walk(struct pt_regs *regs, bool *error)
{
	struct unwind_state state;
	unsigned int n = 0;

	for (unwind_start(&state, current, regs); !unwind_done(&state); unwind_next(&state)) {
		unwind_get_return_address(&state);
		if (++n > 1000)
			break;
	}
	*error = unwind_error(&state);
	return n;
}

/* Frame pointers that lead nowhere, backwards, off the stack, or to themselves. */
static void broken_links(struct kunit *test)
{
	unsigned long begin = (unsigned long)current->stack, top = begin + THREAD_SIZE;
	unsigned long loop[2] = { (unsigned long)loop, 0 };
	const unsigned long bad[] = {
		1, 8, 0xdead, 0xffff800000000000UL, 0x0000800000000000UL, ~0UL,
		begin - 16, begin + 4, top - 8, top, top - 16 + 1,
		(unsigned long)loop, (unsigned long)&init_task,
	};
	/* The registers must lie on the stack, as an exception's do. */
	struct pt_regs regs = { .ip = 0x1234, .cs = __KERNEL_CS };
	unsigned int i, n;
	bool error;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		regs.bp = bad[i];
		n = walk(&regs, &error);
		KUNIT_EXPECT_GE(test, n, 1);
		KUNIT_EXPECT_LE_MSG(test, n, 100, "bp %lx", bad[i]);
		KUNIT_EXPECT_TRUE_MSG(test, error || bad[i] == 1, "bp %lx was believed", bad[i]);
	}
	regs.bp = 0;
	KUNIT_EXPECT_EQ(test, walk(&regs, &error), 1);
	KUNIT_EXPECT_FALSE(test, error);
	regs.bp = (unsigned long)__builtin_frame_address(0);
	KUNIT_EXPECT_GT(test, walk(&regs, &error), 3);
	KUNIT_EXPECT_FALSE(test, error);
}

static void random_links(struct kunit *test)
{
	struct pt_regs regs = { .ip = 0x1234, .cs = __KERNEL_CS };
	u64 seed = 0x9e3779b97f4a7c15ULL;
	bool error;
	int i;

	for (i = 0; i < 5000; i++) {
		seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
		regs.bp = (unsigned long)current->stack + seed % (THREAD_SIZE + 4096) - 2048;
		KUNIT_ASSERT_LE(test, walk(&regs, &error), 1000);
	}
}

static void sleeping_task(struct kunit *test)
{
	/* kthreadd sleeps most of the time; whatever it does, its stack is one. */
	struct task_struct *p, *found = NULL;

	list_for_each_entry(p, &init_task.tasks, tasks) {
		if (p->pid == 2)
			found = p;
	}
	KUNIT_ASSERT_NOT_NULL(test, found);
	for (int i = 0; i < 1000 && (READ_ONCE(found->on_cpu) || READ_ONCE(found->on_rq)); i++)
		msleep(1);
	nr = stack_trace_save_tsk(found, entries, ARRAY_SIZE(entries), 0);
	KUNIT_ASSERT_GT(test, nr, 1);
	KUNIT_EXPECT_TRUE_MSG(test, is_in(entries[0], "__schedule") || is_in(entries[0], "schedule") ||
			      is_in(entries[0], "context_switch") || is_in(entries[0], "ret_from_fork"),
			      "asleep in %pB", (void *)entries[0]);
}

static struct kunit_case unwind_cases[] = {
	KUNIT_CASE_NAMED(finds_all_callers, "every caller is found, up to the first function of the task"),
	KUNIT_CASE_NAMED(skips, "skipping and the size limit hold"),
	KUNIT_CASE_NAMED(knows_this_stack, "the bounds of the task's stack are known, and nothing beside it passes"),
	KUNIT_CASE_NAMED(broken_links, "U1, U2: broken frame pointers end the walk with an error and without a fault"),
	KUNIT_CASE_NAMED(random_links, "U1-U3: five thousand random frame pointers: no fault, no endless walk"),
	KUNIT_CASE_NAMED(sleeping_task, "a sleeping task is in schedule()"),
	{}
};
static struct kunit_suite unwind_suite = { .name = "unwind", .test_cases = unwind_cases };
kunit_test_suite(unwind_suite);
