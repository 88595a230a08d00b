/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/stats_test.c - the scheduler's books: all of a task's time is in them, once; and pictures of queues are in order.
 */
#include <primer/sched/debug.h>

#include "sim.h"

static int was_enabled;

static int stats_setup(struct kunit *test)
{
	was_enabled = sysctl_sched_schedstats;
	sysctl_sched_schedstats = 1;
	return 0;
}

static void stats_cleanup(struct kunit *test)
{
	sysctl_sched_schedstats = was_enabled;
}

/* sim_schedule() with what __schedule() writes down. */
static void change_over(struct sim *s, bool sleep)
{
	struct task_struct *prev = s->rq->curr;

	sim_schedule(s, sleep);
	if (s->rq->curr == prev)
		return;
	prev->on_rq = prev->se.on_rq;
	spin_lock_irq(&s->rq->lock);
	sched_info_switch(s->rq, prev, s->rq->curr);
	spin_unlock_irq(&s->rq->lock);
}

static void a_runnable_task_runs_or_waits(struct kunit *test)
{
	struct sim *s = sim_new(test);
	u64 ran = 0, waited = 0;
	unsigned long times = 0;

	for (int i = 0; i < 5; i++)
		sim_enqueue(s, sim_task(s, i, i - 2), 0);
	change_over(s, false);
	for (int ms = 0; ms < 500; ms++) {
		sim_time(s, 1000000);
		sim_tick(s);
		if (test_tsk_need_resched(s->rq->curr))
			change_over(s, false);
	}
	for (int i = 0; i < 5; i++) {
		struct task_struct *p = s->task[i];
		u64 still = p->sched_info.last_queued ? s->rq->clock - p->sched_info.last_queued : 0;

		KUNIT_EXPECT_EQ(test, p->se.sum_exec_runtime + p->sched_info.run_delay + still, 500000000ULL);
		KUNIT_EXPECT_EQ(test, p->sched_info.last_queued == 0, p == s->rq->curr);
		/* The other book has each time at which it was put back and taken at once as a wait of its own, of nothing. */
		KUNIT_EXPECT_EQ(test, p->se.statistics.wait_sum, p->sched_info.run_delay);
		KUNIT_EXPECT_LE(test, p->se.statistics.wait_max, p->se.statistics.wait_sum);
		ran += p->se.sum_exec_runtime;
		waited += p->sched_info.run_delay;
		times += p->sched_info.pcount;
	}
	KUNIT_EXPECT_EQ(test, ran, 500000000ULL);
	KUNIT_EXPECT_EQ(test, s->rq->rq_sched_info.run_delay, waited);
	KUNIT_EXPECT_EQ(test, s->rq->rq_sched_info.pcount, times);
	KUNIT_EXPECT_EQ(test, s->rq->rq_cpu_time + s->rq->clock - s->rq->curr->sched_info.last_arrival, ran);
	sim_end(s);
}

static void sleeps_are_told_from_blocks(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct task_struct *p = sim_task(s, 0, 0);
	struct sched_statistics *stats = &p->se.statistics;

	sim_enqueue(s, p, 0);
	change_over(s, false);
	p->state = TASK_INTERRUPTIBLE;
	change_over(s, true);
	sim_time(s, 7000000);
	sim_enqueue(s, p, ENQUEUE_WAKEUP);
	p->state = TASK_RUNNING;
	KUNIT_EXPECT_EQ(test, stats->sleep_max, 7000000ULL);
	KUNIT_EXPECT_EQ(test, stats->block_max, 0ULL);

	sim_time(s, 250000);
	change_over(s, false);
	KUNIT_EXPECT_EQ(test, stats->wait_max, 250000ULL);
	KUNIT_EXPECT_EQ(test, p->sched_info.run_delay, 250000ULL);
	p->state = TASK_UNINTERRUPTIBLE;
	p->in_iowait = 1;
	change_over(s, true);
	sim_time(s, 3000000);
	sim_enqueue(s, p, ENQUEUE_WAKEUP);
	p->state = TASK_RUNNING;
	p->in_iowait = 0;
	KUNIT_EXPECT_EQ(test, stats->block_max, 3000000ULL);
	KUNIT_EXPECT_EQ(test, stats->iowait_sum, 3000000ULL);
	KUNIT_EXPECT_EQ(test, stats->iowait_count, 1ULL);
	KUNIT_EXPECT_EQ(test, stats->sleep_max, 7000000ULL);
	KUNIT_EXPECT_EQ(test, stats->sum_sleep_runtime, 10000000ULL);
	change_over(s, false);
	sim_end(s);
}

/* The clocks of two CPUs need not agree. */
static void a_wait_goes_on_on_another_cpu(struct kunit *test)
{
	struct sim *here = sim_new(test), *there = sim_new(test);
	struct task_struct *p = sim_task(here, 0, 0);

	there->rq->clock += 5000000000ULL;
	sim_enqueue(here, p, 0);
	sim_time(here, 2000000);
	spin_lock_irq(&here->rq->lock);
	deactivate_task(here->rq, p, 0);
	spin_unlock_irq(&here->rq->lock);
	KUNIT_EXPECT_EQ(test, p->se.statistics.wait_count, 0ULL);
	p->se.cfs_rq = &there->rq->cfs;
	sim_enqueue(there, p, 0);
	sim_time(there, 3000000);
	change_over(there, false);
	KUNIT_EXPECT_EQ(test, p->se.statistics.wait_count, 1ULL);
	KUNIT_EXPECT_EQ(test, p->se.statistics.wait_max, 5000000ULL);
	KUNIT_EXPECT_EQ(test, p->sched_info.run_delay, 5000000ULL);
	sim_end(there);
	sim_end(here);
}

static void a_closed_book_stays_empty(struct kunit *test)
{
	struct sim *s = sim_new(test);
	static const struct sched_statistics nothing;

	sysctl_sched_schedstats = 0;
	sim_enqueue(s, sim_task(s, 0, 0), 0);
	sim_enqueue(s, sim_task(s, 1, 0), 0);
	for (int ms = 0; ms < 20; ms++) {
		sim_time(s, 1000000);
		change_over(s, false);
	}
	KUNIT_EXPECT_EQ(test, memcmp(&s->task[0]->se.statistics, &nothing, sizeof(nothing)), 0);
	KUNIT_EXPECT_GT(test, s->task[0]->sched_info.run_delay + s->task[1]->sched_info.run_delay, 0ULL);
	sim_end(s);
}

static void a_picture_of_this_cpu(struct kunit *test)
{
	struct sched_task_view *tasks = kunit_kzalloc(test, 64 * sizeof(*tasks), GFP_KERNEL), me;
	struct sched_queue_view q;
	unsigned int n;
	int cpu;

	KUNIT_ASSERT_NOT_NULL(test, tasks);
	preempt_disable();
	cpu = smp_processor_id();
	KUNIT_EXPECT_GE(test, sched_queue_view(cpu, &q, NULL, 0), 1U);
	n = sched_queue_view(cpu, &q, tasks, 64);
	KUNIT_EXPECT_EQ(test, n, q.nr_running);
	KUNIT_EXPECT_EQ(test, tasks[0].pid, current->pid);
	KUNIT_EXPECT_TRUE(test, tasks[0].running);
	for (unsigned int i = 2; i < n && i < 64; i++)
		KUNIT_EXPECT_LE(test, (s64)(tasks[i - 1].vruntime - tasks[i].vruntime), 0LL);
	sched_task_view(current, &me);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, me.cpu, cpu);
	KUNIT_EXPECT_GE(test, me.sum_exec_runtime, tasks[0].sum_exec_runtime);
	KUNIT_EXPECT_STREQ(test, me.comm, current->comm);
}

static struct kunit_case stats_cases[] = {
	KUNIT_CASE_NAMED(a_runnable_task_runs_or_waits, "all time of a runnable task is run or waited for, in both books"),
	KUNIT_CASE_NAMED(sleeps_are_told_from_blocks, "sleeps, blocks and waits for a device"),
	KUNIT_CASE_NAMED(a_wait_goes_on_on_another_cpu, "a wait goes on on another CPU, whatever its clock says"),
	KUNIT_CASE_NAMED(a_closed_book_stays_empty, "without sched_schedstats only sched_info is kept"),
	KUNIT_CASE_NAMED(a_picture_of_this_cpu, "a picture of this CPU's queue: who runs, and the others in order"),
	{}
};
static struct kunit_suite stats_suite = { .name = "sched-stats", .init = stats_setup, .exit = stats_cleanup, .test_cases = stats_cases };
kunit_test_suite(stats_suite);
