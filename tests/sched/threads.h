/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/threads.h - for tests that race kernel threads on one CPU without a tick: who runs when is decided by
 * yields and by preemptions that the test makes itself, so that a run can be repeated exactly.
 *
 * The racing threads are SCHED_RR of one priority, because among those "the slice is used up" always means that the
 * next one runs; CFS would let the one go on that is furthest behind. The test's own task is a fair one: it runs when
 * all of them sleep.
 */
#ifndef TESTS_SCHED_THREADS_H
#define TESTS_SCHED_THREADS_H

#include <kunit/test.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/sched.h>
#include <primer/smp.h>

/*
 * Let others run until @cond is true; false when that does not happen in a very long time: somebody sleeps for ever. Real-time racers
 * may be throttled meanwhile, so a fair task goes by the clock; yields_until() is for the racers themselves, and counts.
 */
#define YIELD_LIMIT	200000
#define yields_until(cond) ({ \
	int __left = YIELD_LIMIT; \
	while (!(cond) && --__left) \
		yield(); \
	__left > 0; })
#define yield_until(cond) ({ \
	unsigned long __end = jiffies + 30 * HZ; \
	bool __true; \
	while (!(__true = (cond)) && time_before(jiffies, __end)) \
		yield(); \
	__true; })

/*
 * preempt_here - as if the tick had come just now and found current's slice used up: the other racers run, while
 * current's state is as it is. Context: an RR task, interrupts on.
 */
static inline void preempt_here(void)
{
	preempt_disable();
	local_irq_disable();
	current->rt.time_slice = 1;
	scheduler_tick();
	local_irq_enable();
	preempt_enable();
}

/* stay_here - the test's own task stays on its CPU, as kunit has put it; also after a case that let it go. */
static inline void stay_here(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id())), 0);
}

#define RACER_PRIO	10

static inline void stop_racing(void *task)
{
	sched_setscheduler_nocheck(task, SCHED_NORMAL, 0);
}

/* race_along - the test's own task is a racer too, until the case ends. */
static inline void race_along(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, sched_setscheduler_nocheck(current, SCHED_RR, RACER_PRIO), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, stop_racing, current), 0);
}

/* A racer on the test's CPU, with a reference for the caller; not started. */
static inline struct task_struct *new_racer(struct kunit *test, int (*fn)(void *), void *arg, const char *name)
{
	struct task_struct *p = kthread_create(fn, arg, "%s", name);

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	kthread_bind(p, raw_smp_processor_id());
	KUNIT_ASSERT_EQ(test, sched_setscheduler_nocheck(p, SCHED_RR, RACER_PRIO), 0);
	return get_task_struct(p);
}

/* A started thread on the test's CPU that ends with the test; a thread that cannot be made fails it. */
static inline struct task_struct *test_thread(struct kunit *test, int (*fn)(void *), void *arg, const char *name)
{
	struct task_struct *p = kthread_create(fn, arg, "%s", name);

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	kthread_bind(p, raw_smp_processor_id());
	wake_up_process(p);
	return p;
}

#endif
