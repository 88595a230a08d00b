/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/workqueue/cost_test.c - what it costs to queue work, in instructions under "-icount shift=0", where the time-stamp
 * counter counts them. The smallest of many rounds counts: the others were interrupted.
 *
 *	waits already		the pending bit, and nothing else
 *	a worker runs		onto the list; it will come to it
 *	all workers idle	onto the list, and a wakeup
 *	from queueing to work	the same, the switch to the worker, and its first line
 *	there and back		flush_work() behind it: the barrier, its completion, the switch back
 *
 * docs/workqueues.md has the figures, tests/test_workqueues.py compares.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/interrupt.h>
#include <primer/preempt.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/workqueue.h>
#include <asm/msr.h>

#define ROUNDS	200

static u64 began, from_worker;
static void first_line(struct work_struct *work)	{ began = rdtsc(); }
static void empty(struct work_struct *work)		{ }

static DECLARE_WORK(timed, first_line);
static DECLARE_WORK(other, empty);

/* A worker that queues: it runs, so nobody needs to be woken. */
static void queue_other(struct work_struct *work)
{
	u64 start = rdtsc();

	queue_work(system_wq, &other);
	from_worker = min(from_worker, rdtsc() - start);
}
static DECLARE_WORK(queuer, queue_other);

static u64 nothing_at_all(void)
{
	u64 best = ~0ULL;

	for (int i = 0; i < ROUNDS; i++) {
		u64 start = rdtsc();

		best = min(best, rdtsc() - start);
	}
	return best;
}

static void what_queueing_costs(struct kunit *test)
{
	u64 idle = ~0ULL, waiting = ~0ULL, there = ~0ULL, back = ~0ULL, zero = nothing_at_all();
	cpumask_t before = current->cpus_mask;

	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	from_worker = ~0ULL;
	for (int i = 0; i < ROUNDS; i++) {
		u64 start, mid, end;

		preempt_disable();
		start = rdtsc();
		queue_work(system_wq, &timed);
		mid = rdtsc();
		queue_work(system_wq, &timed);
		end = rdtsc();
		preempt_enable();
		flush_work(&timed);
		idle = min(idle, mid - start);
		waiting = min(waiting, end - mid);

		start = rdtsc();
		queue_work(system_wq, &timed);
		flush_work(&timed);
		end = rdtsc();
		there = min(there, began - start);
		back = min(back, end - start);

		queue_work(system_wq, &queuer);
		flush_work(&queuer);
		flush_work(&other);
	}
	set_cpus_allowed_ptr(current, &before);
	KUNIT_EXPECT_LT(test, waiting, idle);
	KUNIT_EXPECT_LT(test, idle, back);
	kunit_info(test, "queue_work of an item that waits already: %llu instructions", waiting - zero);
	kunit_info(test, "queue_work while a worker runs: %llu instructions", from_worker - zero);
	kunit_info(test, "queue_work that wakes a worker: %llu instructions", idle - zero);
	kunit_info(test, "queue_work to the first line of the function: %llu instructions", there - zero);
	kunit_info(test, "queue_work and flush_work, there and back: %llu instructions", back - zero);
}

static struct tasklet_struct timed_tasklet;
static void tasklet_first_line(struct tasklet_struct *t)	{ began = rdtsc(); }

static void what_a_tasklet_costs(struct kunit *test)
{
	u64 schedule = ~0ULL, there = ~0ULL, back = ~0ULL, zero = nothing_at_all();

	tasklet_setup(&timed_tasklet, tasklet_first_line);
	for (int i = 0; i < ROUNDS; i++) {
		u64 start, mid, end;

		local_bh_disable();
		start = rdtsc();
		tasklet_schedule(&timed_tasklet);
		mid = rdtsc();
		local_bh_enable();
		end = rdtsc();
		tasklet_kill(&timed_tasklet);
		if (began < mid || began > end)
			continue;		/* ksoftirqd was awake, and served it */
		schedule = min(schedule, mid - start);
		there = min(there, began - start);
		back = min(back, end - start);
	}
	kunit_info(test, "tasklet_schedule: %llu instructions", schedule - zero);
	kunit_info(test, "tasklet_schedule to the first line of the function: %llu instructions", there - zero);
	kunit_info(test, "tasklet_schedule and local_bh_enable, there and back: %llu instructions", back - zero);
}

static struct kunit_case workqueue_cost_cases[] = {
	KUNIT_CASE_NAMED(what_queueing_costs, "what queue_work costs"),
	KUNIT_CASE_NAMED(what_a_tasklet_costs, "what tasklet_schedule costs"),
	{}
};
static struct kunit_suite workqueue_cost_suite = { .name = "workqueue_cost", .test_cases = workqueue_cost_cases };
kunit_test_suite(workqueue_cost_suite);
