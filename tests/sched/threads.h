/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/threads.h - for tests that race kernel threads on one CPU without a tick: who runs when is decided by yields and by
 * preemptions that the test makes itself, so that a run can be repeated exactly.
 */
#ifndef TESTS_SCHED_THREADS_H
#define TESTS_SCHED_THREADS_H

#include <kunit/test.h>
#include <primer/kthread.h>
#include <primer/sched.h>

/* Let others run until @cond is true; false when that does not happen in a very long time: somebody sleeps for ever. */
#define YIELD_LIMIT	200000
#define yield_until(cond) ({ \
	int __left = YIELD_LIMIT; \
	while (!(cond) && --__left) \
		yield(); \
	__left > 0; })

/*
 * preempt_here - as if an interrupt had come just now and made somebody else better: the others get the CPU, with current's
 * state as it is
 */
static inline void preempt_here(void)
{
	preempt_disable();
	set_tsk_need_resched(current);
	set_preempt_need_resched();
	preempt_enable();
}

/* A started thread that ends with the test; a thread that cannot be made fails it. */
static inline struct task_struct *test_thread(struct kunit *test, int (*fn)(void *), void *arg, const char *name)
{
	struct task_struct *p = kthread_run(fn, arg, "%s", name);

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	return p;
}

#endif
