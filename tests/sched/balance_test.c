/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/balance_test.c - domains as they must be, and tasks that spread over them. With one CPU there is neither.
 */
#include <primer/kernel.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/time.h>

#include "../../sched/sched.h"
#include "threads.h"

#define need_cpus(test, n) do { \
	if (num_online_cpus() < (n)) { \
		kunit_skip(test, "needs %d CPUs", (n)); \
		return; \
	} } while (0)

/* D1, D2, D3 of sched/topology.c, for each CPU and domain there is. */
static void domains_are_circles_around_each_cpu(struct kunit *test)
{
	struct sched_domain *sd, *other;
	unsigned int cpu, neighbour;

	need_cpus(test, 2);
	for_each_online_cpu(cpu) {
		cpumask_t inner = *cpumask_of(cpu);
		int level = 0;

		KUNIT_ASSERT_NOT_NULL(test, cpu_sched_domain(cpu));
		for_each_domain(cpu, sd) {
			cpumask_t all = CPU_MASK_NONE;
			struct sched_group *g = sd->groups;

			KUNIT_EXPECT_EQ(test, sd->level, level++);
			KUNIT_EXPECT_TRUE(test, cpumask_subset(&inner, &sd->span) && !cpumask_equal(&inner, &sd->span));
			KUNIT_EXPECT_TRUE(test, cpumask_equal(&g->cpumask, &inner));
			do {
				KUNIT_ASSERT_FALSE(test, cpumask_empty(&g->cpumask));
				KUNIT_ASSERT_FALSE(test, cpumask_intersects(&all, &g->cpumask));
				KUNIT_EXPECT_EQ(test, g->group_weight, cpumask_weight(&g->cpumask));
				cpumask_or(&all, &all, &g->cpumask);
				g = g->next;
			} while (g != sd->groups);
			KUNIT_EXPECT_TRUE(test, cpumask_equal(&all, &sd->span));
			for_each_cpu(neighbour, &sd->span) {
				bool has = false;

				for_each_domain(neighbour, other)
					has |= cpumask_equal(&other->span, &sd->span);
				KUNIT_EXPECT_TRUE(test, has);
			}
			inner = sd->span;
		}
		KUNIT_EXPECT_TRUE_MSG(test, cpumask_equal(&inner, cpu_online_mask), "the widest holds all");
	}
}

struct hog {
	struct task_struct *task;
	int cpu;
	cpumask_t seen;		/* where it has been since it may only be there */
	bool watch;
};

static int hog_fn(void *arg)
{
	struct hog *h = arg;

	while (!kthread_should_stop()) {
		int cpu = raw_smp_processor_id();

		WRITE_ONCE(h->cpu, cpu);
		if (READ_ONCE(h->watch))
			cpumask_set_cpu(cpu, &h->seen);
		cpu_relax();
	}
	return 0;
}

static struct hog *start_hogs(struct kunit *test, int n, int cpu)
{
	struct hog *h = kunit_kzalloc(test, n * sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	for (int i = 0; i < n; i++) {
		h[i].cpu = -1;
		h[i].task = kthread_create(hog_fn, &h[i], "hog/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(h[i].task));
		if (cpu >= 0)
			set_cpus_allowed_ptr(h[i].task, cpumask_of(cpu));
		wake_up_process(h[i].task);
	}
	return h;
}

/* Is there at most one hog of these on each CPU within @ms? */
static bool one_on_each(struct hog *h, int n, int ms)
{
	u64 end = sched_clock() + (u64)ms * NSEC_PER_MSEC;
	bool alone = false;

	while (!alone && sched_clock() < end) {
		cpumask_t seen = CPU_MASK_NONE;

		alone = true;
		for (int i = 0; i < n; i++) {
			int cpu = READ_ONCE(h[i].cpu);

			if (cpu < 0 || cpumask_test_and_set_cpu(cpu, &seen))
				alone = false;
		}
		schedule_timeout_uninterruptible(1);
	}
	return alone;
}

static void hogs_spread(struct kunit *test)
{
	int n = min_t(int, num_online_cpus(), 16);
	struct hog *h;

	need_cpus(test, 2);
	h = start_hogs(test, n, -1);
	KUNIT_EXPECT_TRUE(test, one_on_each(h, n, 5000));
	for (int i = 0; i < n; i++)
		kthread_stop(h[i].task);
}

/* All on one CPU by their masks; then they may go anywhere. Nobody sleeps: only the balancer can move them. */
static void a_crowd_that_may_leave_does(struct kunit *test)
{
	int n = min_t(int, num_online_cpus(), 8), elsewhere = 0;
	struct hog *h;

	need_cpus(test, 2);
	h = start_hogs(test, n, cpumask_first(cpu_online_mask));
	for (int i = 0; i < n; i++)
		WRITE_ONCE(h[i].watch, true);
	for (int i = 0; i < 50; i++)
		schedule_timeout_uninterruptible(2);
	for (int i = 0; i < n; i++)
		elsewhere += !cpumask_subset(&h[i].seen, cpumask_of(cpumask_first(cpu_online_mask)));
	KUNIT_EXPECT_EQ_MSG(test, elsewhere, 0, "while pinned they stay, though other CPUs idle");
	for (int i = 0; i < n; i++)
		set_cpus_allowed_ptr(h[i].task, cpu_possible_mask);
	KUNIT_EXPECT_TRUE(test, one_on_each(h, n, 5000));
	for (int i = 0; i < n; i++)
		kthread_stop(h[i].task);
}

static struct kunit_case balance_cases[] = {
	KUNIT_CASE_NAMED(domains_are_circles_around_each_cpu, "domains widen around each CPU, groups divide them"),
	KUNIT_CASE_NAMED(hogs_spread, "as many hogs as CPUs: one on each"),
	KUNIT_CASE_NAMED(a_crowd_that_may_leave_does, "pinned hogs stay in their crowd, and leave it when they may"),
	{}
};
static struct kunit_suite balance_suite = { .name = "sched-balance", .test_cases = balance_cases };
kunit_test_suite(balance_suite);
