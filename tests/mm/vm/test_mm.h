/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/vm/test_mm.h - an address space of the test's own, as if the thread that runs the tests were a process.
 *
 * test_mm_init and test_mm_exit are a suite's init and exit. When it is gone, nothing of it may be left: no page, no
 * page table, no promise.
 */
#ifndef TESTS_MM_VM_TEST_MM_H
#define TESTS_MM_VM_TEST_MM_H

#include <kunit/test.h>
#include <primer/mm.h>
#include <primer/mman.h>
#include <primer/mmu_context.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/vm.h>
#include <uapi/resource.h>

struct test_mm {
	struct mm_struct *active;	/* what was loaded before */
	unsigned long committed;	/* promised pages before */
};

static inline void test_mm_switch(struct mm_struct *mm, struct mm_struct *active, struct mm_struct *from)
{
	task_lock(current);
	local_irq_disable();
	current->mm = mm;
	current->active_mm = active;
	activate_mm(from, active);
	local_irq_enable();
	task_unlock(current);
}

static inline int test_mm_init(struct kunit *test)
{
	struct test_mm *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct mm_struct *mm;

	if (!t)
		return -ENOMEM;
	t->committed = vm_committed_as();
	mm = mm_alloc();
	if (!mm)
		return -ENOMEM;
	arch_pick_mmap_layout(mm, _STK_LIM, 0);
	mmgrab(mm);
	t->active = current->active_mm;
	test_mm_switch(mm, mm, t->active);
	test->priv = t;
	return 0;
}

static inline void test_mm_exit(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	struct test_mm *t = test->priv;

	if (!mm)
		return;
	mmap_write_lock(mm);
	KUNIT_EXPECT_EQ(test, validate_mm(mm), 0);
	mmap_write_unlock(mm);
	mmget(mm);
	test_mm_switch(NULL, t->active, mm);
	mmput(mm);
	mmput(mm);
	KUNIT_EXPECT_EQ_MSG(test, get_mm_rss(mm), 0UL, "pages are left");
	KUNIT_EXPECT_EQ_MSG(test, atomic_long_read(&mm->pgtables_bytes), (s64)PAGE_SIZE, "page tables are left");
	KUNIT_EXPECT_EQ_MSG(test, vm_committed_as(), t->committed, "promises are left");
	mmdrop(mm);
}

#endif
