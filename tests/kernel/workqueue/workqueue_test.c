/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/workqueue/workqueue_test.c - what is promised of work items: once, never twice at a time, in order where
 * that was said, flushed, cancelled, delayed; and that the pools have as many workers as it takes and no more.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/delay.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/sleep.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/vmalloc.h>
#include <primer/workqueue.h>

#include "../../../kernel/kthread/workqueue_internal.h"

/* An item that tells what it saw, and sleeps or computes as it was told. */
struct job {
	struct work_struct work;
	struct delayed_work dwork;
	struct completion begun, go, done;
	atomic_t runs, inside, overlaps;
	unsigned int cpu;
	unsigned long when;			/* jiffies of the last run */
	bool wait;				/* for ->go, asleep */
	int again;				/* queue itself so often */
	struct workqueue_struct *wq;
	int *sequence, *place;			/* who is the how manieth */
	int number;
	char comm[TASK_COMM_LEN];
	int nice;
};

static void job_run(struct job *job)
{
	if (atomic_inc_return(&job->inside) != 1)
		atomic_inc(&job->overlaps);
	job->cpu = smp_processor_id();
	job->when = jiffies;
	job->nice = task_nice(current);
	get_task_comm(job->comm, current);
	atomic_inc(&job->runs);
	if (job->sequence)
		job->place[(*job->sequence)++] = job->number;
	complete(&job->begun);
	if (job->wait)
		wait_for_completion(&job->go);
	if (job->again) {
		job->again--;
		queue_work(job->wq, &job->work);
	}
	atomic_dec(&job->inside);
	complete(&job->done);
}

static void job_fn(struct work_struct *work)	{ job_run(container_of(work, struct job, work)); }
static void job_delayed_fn(struct work_struct *work)
{
	job_run(container_of(to_delayed_work(work), struct job, dwork));
}

static void job_init(struct job *job)
{
	memset(job, 0, sizeof(*job));
	INIT_WORK(&job->work, job_fn);
	INIT_DELAYED_WORK(&job->dwork, job_delayed_fn);
	init_completion(&job->begun);
	init_completion(&job->go);
	init_completion(&job->done);
	job->wq = system_wq;
}

static struct job *new_jobs(struct kunit *test, int n)
{
	struct job *jobs = kunit_kzalloc(test, n * sizeof(*jobs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, jobs);
	for (int i = 0; i < n; i++) {
		job_init(&jobs[i]);
		jobs[i].number = i;
	}
	return jobs;
}

static bool finished(struct completion *x)	{ return wait_for_completion_timeout(x, 10 * HZ); }

static struct worker_pool *pool_of(unsigned int cpu)	{ return &per_cpu(cpu_worker_pools, cpu)[0]; }

/* ---- once ---------------------------------------------------------------------------------------------------------- */

static void an_item_runs_in_a_worker_of_this_cpu(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);
	unsigned int cpu;
	char want[12];

	for_each_online_cpu(cpu) {
		KUNIT_EXPECT_TRUE(test, schedule_work_on(cpu, &job->work));
		KUNIT_ASSERT_TRUE(test, finished(&job->done));
		KUNIT_EXPECT_EQ(test, job->cpu, cpu);
		snprintf(want, sizeof(want), "kworker/%u:", cpu);
		KUNIT_EXPECT_TRUE_MSG(test, !strncmp(job->comm, want, strlen(want)), "%s", job->comm);
		KUNIT_EXPECT_EQ(test, job->nice, 0);
		flush_work(&job->work);		/* while it runs on one CPU it would not begin on another */
	}
	queue_work(system_highpri_wq, &job->work);
	KUNIT_ASSERT_TRUE(test, finished(&job->done));
	KUNIT_EXPECT_EQ(test, job->nice, -20);
	KUNIT_EXPECT_EQ_MSG(test, job->comm[strlen(job->comm) - 1], 'H', "%s", job->comm);
	flush_work(&job->work);
	queue_work(system_unbound_wq, &job->work);
	KUNIT_ASSERT_TRUE(test, finished(&job->done));
	KUNIT_EXPECT_TRUE_MSG(test, !strncmp(job->comm, "kworker/u", 9), "%s", job->comm);
	cancel_work_sync(&job->work);
}

static void queued_while_it_waits_it_runs_once(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);

	preempt_disable();		/* its worker is this CPU's: it cannot begin */
	KUNIT_EXPECT_TRUE(test, schedule_work(&job->work));
	KUNIT_EXPECT_FALSE(test, schedule_work(&job->work));
	KUNIT_EXPECT_TRUE(test, work_pending(&job->work));
	KUNIT_EXPECT_EQ(test, work_busy(&job->work), (unsigned int)WORK_BUSY_PENDING);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, flush_work(&job->work) || atomic_read(&job->runs));
	KUNIT_EXPECT_EQ(test, atomic_read(&job->runs), 1);
	KUNIT_EXPECT_FALSE(test, work_pending(&job->work));
	KUNIT_EXPECT_EQ(test, work_busy(&job->work), 0U);
	KUNIT_EXPECT_FALSE_MSG(test, flush_work(&job->work), "nothing to wait for");
}

static void queued_while_it_runs_it_runs_once_more_and_never_beside_itself(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);
	unsigned int other = cpumask_next(0, cpu_online_mask);

	if (other >= nr_cpu_ids)
		other = 0;
	job->wait = true;
	schedule_work_on(0, &job->work);
	KUNIT_ASSERT_TRUE(test, finished(&job->begun));
	KUNIT_EXPECT_EQ(test, work_busy(&job->work), (unsigned int)WORK_BUSY_RUNNING);
	KUNIT_EXPECT_TRUE(test, schedule_work_on(other, &job->work));
	KUNIT_EXPECT_FALSE(test, schedule_work_on(other, &job->work));
	msleep(20);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&job->runs), 1, "the first run has not ended");
	complete(&job->go);
	KUNIT_ASSERT_TRUE(test, finished(&job->begun));
	KUNIT_EXPECT_EQ_MSG(test, job->cpu, 0U, "it ran where it was running");
	complete(&job->go);
	flush_work(&job->work);
	KUNIT_EXPECT_EQ(test, atomic_read(&job->runs), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&job->overlaps), 0);
}

static struct completion freed_itself;
static void free_self(struct work_struct *work)
{
	kfree(work);
	complete(&freed_itself);
}

static void an_item_may_free_itself(struct kunit *test)
{
	init_completion(&freed_itself);
	for (int i = 0; i < 100; i++) {
		struct work_struct *work = kmalloc(sizeof(*work), GFP_KERNEL);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, work);
		INIT_WORK(work, free_self);
		queue_work(i & 1 ? system_unbound_wq : system_wq, work);
		KUNIT_ASSERT_TRUE(test, finished(&freed_itself));
	}
}

/* ---- as many workers as it takes ------------------------------------------------------------------------------------- */

static void a_sleeping_item_does_not_hold_up_the_next(struct kunit *test)
{
	enum { N = 6 };
	struct job *jobs = new_jobs(test, N);
	struct worker_pool *pool = pool_of(0);
	bool settled = false;
	int i;

	for (i = 0; i < N; i++) {
		jobs[i].wait = true;
		schedule_work_on(0, &jobs[i].work);
	}
	for (i = 0; i < N; i++)
		KUNIT_EXPECT_TRUE_MSG(test, finished(&jobs[i].begun), "item %d begins while those before it sleep", i);
	/* The last one has begun, but may not sleep yet; and an item of somebody else may run. */
	for (i = 0; i < 1000 && !settled; i++) {
		msleep(10);
		settled = READ_ONCE(pool->nr_workers) >= N + 1 && READ_ONCE(pool->nr_idle) >= 1 &&
			  !atomic_read(&pool->nr_running);
	}
	KUNIT_EXPECT_TRUE_MSG(test, settled, "M1: all of them sleep, and one is left to be woken");
	for (i = 0; i < N; i++) {
		for (int k = 0; k < i; k++)
			KUNIT_EXPECT_TRUE_MSG(test, strcmp(jobs[i].comm, jobs[k].comm), "each has a worker of its own");
		complete(&jobs[i].go);
	}
	for (i = 0; i < N; i++)
		flush_work(&jobs[i].work);
}

static int spinners_at_once, most_at_once;
static void spin_fn(struct work_struct *work)
{
	int now = ++spinners_at_once;	/* one CPU */

	if (now > most_at_once)
		most_at_once = now;
	mdelay(3);			/* long enough for the tick to preempt it */
	spinners_at_once--;
}

static void computing_items_run_one_after_the_other(struct kunit *test)
{
	enum { N = 8 };
	struct work_struct *works = kunit_kzalloc(test, N * sizeof(*works), GFP_KERNEL);
	int workers;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, works);
	flush_scheduled_work();
	workers = pool_of(0)->nr_workers;
	spinners_at_once = most_at_once = 0;
	for (int i = 0; i < N; i++) {
		INIT_WORK(&works[i], spin_fn);
		schedule_work_on(0, &works[i]);
	}
	for (int i = 0; i < N; i++)
		flush_work(&works[i]);
	KUNIT_EXPECT_EQ_MSG(test, most_at_once, 1, "who computes is not helped by another worker");
	KUNIT_EXPECT_LE(test, pool_of(0)->nr_workers, workers + 1);
}

static void idle_workers_are_let_go(struct kunit *test)
{
	enum { N = 12 };
	struct job *jobs = new_jobs(test, N);
	struct worker_pool *pool = pool_of(0);
	unsigned long old = wq_idle_timeout;
	int i, most;

	wq_idle_timeout = HZ / 20;
	for (i = 0; i < N; i++) {
		jobs[i].wait = true;
		schedule_work_on(0, &jobs[i].work);
	}
	for (i = 0; i < N; i++)
		finished(&jobs[i].begun);
	most = pool->nr_workers;
	KUNIT_EXPECT_GT(test, most, N);
	for (i = 0; i < N; i++)
		complete(&jobs[i].go);
	for (i = 0; i < N; i++)
		flush_work(&jobs[i].work);
	for (i = 0; i < 500 && (READ_ONCE(pool->nr_workers) != 2 || READ_ONCE(pool->nr_idle) != 2); i++) {
		msleep(20);
		/* A timer set before the test's own limit is minutes away. */
		mod_timer(&pool->idle_timer, jiffies + 1);
	}
	KUNIT_EXPECT_EQ(test, pool->nr_workers, 2);
	KUNIT_EXPECT_EQ(test, pool->nr_idle, 2);
	wq_idle_timeout = old;
}

static void max_active_bounds_how_many_run(struct kunit *test)
{
	enum { N = 5 };
	struct job *jobs = new_jobs(test, N);
	struct workqueue_struct *wq = alloc_workqueue("bounded", 0, 2);
	int i, begun = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	for (i = 0; i < N; i++) {
		jobs[i].wait = true;
		queue_work_on(0, wq, &jobs[i].work);
	}
	KUNIT_EXPECT_TRUE(test, finished(&jobs[0].begun) && finished(&jobs[1].begun));
	msleep(20);
	for (i = 0; i < N; i++)
		begun += atomic_read(&jobs[i].runs);
	KUNIT_EXPECT_EQ(test, begun, 2);
	complete(&jobs[0].go);
	KUNIT_EXPECT_TRUE_MSG(test, finished(&jobs[2].begun), "the end of one lets the next in");
	workqueue_set_max_active(wq, 4);
	KUNIT_EXPECT_TRUE_MSG(test, finished(&jobs[3].begun) && finished(&jobs[4].begun), "as does a wider bound");
	for (i = 1; i < N; i++)
		complete(&jobs[i].go);
	destroy_workqueue(wq);
	for (i = 0; i < N; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&jobs[i].runs), 1);
}

static void ordered_means_one_by_one_in_order(struct kunit *test)
{
	enum { N = 40 };
	struct job *jobs = new_jobs(test, N);
	int *place = kunit_kzalloc(test, N * sizeof(int), GFP_KERNEL);
	struct workqueue_struct *wq = alloc_ordered_workqueue("ordered", 0);
	int sequence = 0, i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, place);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	for (i = 0; i < N; i++) {
		jobs[i].sequence = &sequence;
		jobs[i].place = place;
		if (i % 7 == 0) {
			jobs[i].wait = true;
			complete(&jobs[i].go);
		}
		queue_work(wq, &jobs[i].work);
	}
	flush_workqueue(wq);
	KUNIT_EXPECT_EQ(test, sequence, N);
	for (i = 0; i < N; i++)
		KUNIT_EXPECT_EQ(test, place[i], i);
	destroy_workqueue(wq);
}

static void without_memory_the_rescuer_goes_on(struct kunit *test)
{
	struct workqueue_struct *wq = alloc_workqueue("rescued", WQ_MEM_RECLAIM, 0);
	struct job *jobs = new_jobs(test, 40);
	struct worker_pool *pool = pool_of(0);
	int i, held = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	wq_no_new_workers = true;
	/* Use up the workers that there are: all but the last one sleep, and that one tries to make another. */
	while (held < 30 && READ_ONCE(pool->nr_idle)) {
		struct job *job = &jobs[held];

		job->wait = true;
		schedule_work_on(0, &job->work);
		/* A worker that is idle still will come: it is the host that keeps it. */
		for (i = 0; i < 100 && !atomic_read(&job->runs); i++)
			if (!wait_for_completion_timeout(&job->begun, HZ / 10) && !READ_ONCE(pool->nr_idle))
				break;
		if (!atomic_read(&job->runs))
			break;
		held++;
	}
	queue_work_on(0, wq, &jobs[39].work);
	KUNIT_EXPECT_TRUE(test, finished(&jobs[39].done));
	KUNIT_EXPECT_STREQ(test, jobs[39].comm, "rescued");
	KUNIT_EXPECT_EQ_MSG(test, jobs[39].cpu, 0U, "where the item belongs");
	wq_no_new_workers = false;
	for (i = 0; i <= held; i++)
		complete(&jobs[i].go);
	for (i = 0; i <= held; i++)
		flush_work(&jobs[i].work);
	destroy_workqueue(wq);
}

/* ---- flush, drain ---------------------------------------------------------------------------------------------------- */

static void flush_waits_for_what_was_queued_and_for_nothing_else(struct kunit *test)
{
	struct job *jobs = new_jobs(test, 4);
	struct workqueue_struct *wq = alloc_workqueue("flushed", 0, 0);
	unsigned int cpu;
	int i = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	for (int round = 0; round < 50; round++) {
		for_each_online_cpu(cpu)
			queue_work_on(cpu, wq, &jobs[i++ & 3].work);
		flush_workqueue(wq);
		for (int k = 0; k < 4; k++)
			KUNIT_EXPECT_FALSE(test, work_busy(&jobs[k].work));
	}
	/* Another queue's item, and an item queued after the flush began, may go on. */
	jobs[0].wait = true;
	schedule_work(&jobs[0].work);
	flush_workqueue(wq);
	complete(&jobs[0].go);
	flush_work(&jobs[0].work);
	destroy_workqueue(wq);
}

static void flusher_fn(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);

	flush_workqueue(job->wq);
	complete(&job->done);
}

static void a_flush_lets_later_items_go_on(struct kunit *test)
{
	struct job *jobs = new_jobs(test, 3);
	struct workqueue_struct *wq = alloc_workqueue("coloured", 0, 0);
	struct pool_workqueue *pwq;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	pwq = per_cpu_ptr(wq->cpu_pwqs, 0);
	jobs[0].wait = jobs[1].wait = true;
	queue_work_on(0, wq, &jobs[0].work);
	KUNIT_ASSERT_TRUE(test, finished(&jobs[0].begun));
	INIT_WORK(&jobs[2].work, flusher_fn);
	jobs[2].wq = wq;
	queue_work(system_unbound_wq, &jobs[2].work);		/* waits for item 0 */
	/* Before it has begun, item 1 would be one of those that it waits for. */
	for (int i = 0; i < 1000 && READ_ONCE(pwq->flush_color) < 0; i++)
		msleep(10);
	KUNIT_EXPECT_GE_MSG(test, READ_ONCE(pwq->flush_color), 0, "the flush has begun");
	KUNIT_EXPECT_FALSE(test, completion_done(&jobs[2].done));
	queue_work_on(0, wq, &jobs[1].work);
	KUNIT_ASSERT_TRUE(test, finished(&jobs[1].begun));
	complete(&jobs[0].go);
	KUNIT_EXPECT_TRUE_MSG(test, finished(&jobs[2].done), "the flush ends though item 1 sleeps");
	KUNIT_EXPECT_EQ(test, atomic_read(&jobs[1].inside), 1);
	complete(&jobs[1].go);
	destroy_workqueue(wq);
}

static void destroy_runs_what_queues_itself(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);

	job->wq = alloc_workqueue("chained", WQ_UNBOUND, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, job->wq);
	job->again = 5;
	queue_work(job->wq, &job->work);
	destroy_workqueue(job->wq);
	KUNIT_EXPECT_EQ(test, atomic_read(&job->runs), 6);
}

/* ---- later, and not at all --------------------------------------------------------------------------------------------- */

static void delayed_work_is_not_early(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);
	unsigned long start = jiffies;

	KUNIT_EXPECT_TRUE(test, schedule_delayed_work(&job->dwork, 30));
	KUNIT_EXPECT_FALSE(test, schedule_delayed_work(&job->dwork, 1));
	KUNIT_ASSERT_TRUE(test, finished(&job->done));
	KUNIT_EXPECT_GE(test, job->when - start, 30UL);

	start = jiffies;
	schedule_delayed_work(&job->dwork, 100 * HZ);
	KUNIT_EXPECT_TRUE_MSG(test, mod_delayed_work(system_wq, &job->dwork, 10), "moved");
	KUNIT_ASSERT_TRUE(test, finished(&job->done));
	KUNIT_EXPECT_GE(test, job->when - start, 10UL);
	KUNIT_EXPECT_LT(test, job->when - start, 50UL * HZ);
	KUNIT_EXPECT_FALSE_MSG(test, mod_delayed_work(system_wq, &job->dwork, 0), "queued anew");
	KUNIT_ASSERT_TRUE(test, finished(&job->done));

	schedule_delayed_work(&job->dwork, 100 * HZ);
	flush_delayed_work(&job->dwork);	/* now, and not in 100 s; false if the worker was faster than we looked */
	KUNIT_EXPECT_EQ(test, atomic_read(&job->runs), 4);

	schedule_delayed_work(&job->dwork, 500);
	KUNIT_EXPECT_TRUE(test, cancel_delayed_work(&job->dwork));
	KUNIT_EXPECT_FALSE(test, cancel_delayed_work(&job->dwork));
	msleep(560);
	KUNIT_EXPECT_EQ(test, atomic_read(&job->runs), 4);
	KUNIT_EXPECT_FALSE(test, cancel_delayed_work_sync(&job->dwork));
}

static void cancelled_it_neither_waits_nor_runs(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);

	preempt_disable();
	schedule_work(&job->work);
	preempt_enable_no_resched();
	cancel_work_sync(&job->work);
	KUNIT_EXPECT_FALSE(test, work_busy(&job->work));

	atomic_set(&job->runs, 0);
	reinit_completion(&job->begun);
	job->again = 1 << 30;			/* queues itself for ever */
	schedule_work(&job->work);
	KUNIT_EXPECT_TRUE(test, finished(&job->begun));
	msleep(5);
	cancel_work_sync(&job->work);
	KUNIT_EXPECT_FALSE(test, work_busy(&job->work));
	KUNIT_EXPECT_EQ(test, atomic_read(&job->inside), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&job->runs), 0);
	job->again = 0;
	KUNIT_EXPECT_TRUE_MSG(test, schedule_work(&job->work), "and may be used again");
	flush_work(&job->work);
}

static int cancel_thread(void *arg)
{
	struct job *job = arg;

	cancel_work_sync(&job->work);
	complete(&job->done);
	return 0;
}

static void two_may_cancel_at_once(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);

	job->wait = true;
	schedule_work(&job->work);
	KUNIT_ASSERT_TRUE(test, finished(&job->begun));
	for (int i = 0; i < 2; i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(cancel_thread, job, "cancel%d", i)));
	msleep(20);
	KUNIT_EXPECT_FALSE_MSG(test, completion_done(&job->done), "both wait for the run");
	complete(&job->go);
	for (int i = 0; i < 3; i++)		/* the item and the two */
		KUNIT_EXPECT_TRUE(test, finished(&job->done));
}

/* ---- from interrupts, on many CPUs ------------------------------------------------------------------------------------- */

static struct job *irq_job;
static void queue_in_interrupt(void *unused)	{ schedule_work(&irq_job->work); }

static void it_can_be_queued_in_an_interrupt(struct kunit *test)
{
	unsigned int cpu;

	irq_job = new_jobs(test, 1);
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, queue_in_interrupt, NULL, 1);
		KUNIT_ASSERT_TRUE(test, finished(&irq_job->done));
		KUNIT_EXPECT_EQ(test, irq_job->cpu, cpu);
		flush_work(&irq_job->work);	/* while it runs on one CPU it would not begin on another */
	}
}

static atomic_long_t cpus_seen;
static void note_cpu(struct work_struct *work)	{ atomic_long_or(1L << smp_processor_id(), &cpus_seen); }
static long which_cpu(void *arg)		{ return smp_processor_id() + *(long *)arg; }

static void each_cpu_and_one_cpu(struct kunit *test)
{
	unsigned int cpu;
	long plus = 100;

	atomic_long_set(&cpus_seen, 0);
	KUNIT_EXPECT_EQ(test, schedule_on_each_cpu(note_cpu), 0);
	KUNIT_EXPECT_EQ(test, (unsigned long)atomic_long_read(&cpus_seen), cpu_online_mask->bits[0]);
	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ(test, work_on_cpu((int)cpu, which_cpu, &plus), 100L + cpu);
}

static void vfree_in_an_interrupt_is_done_by_a_worker(struct kunit *test)
{
	unsigned long before;
	void *area;

	flush_scheduled_work();
	before = vmalloc_nr_pages();
	/* Stacks of threads are made and freed meanwhile, four pages each: these are more. */
	area = vmalloc(256 * PAGE_SIZE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	local_irq_disable();
	irq_enter();
	vfree(area);
	KUNIT_EXPECT_GE_MSG(test, vmalloc_nr_pages(), before + 192, "not yet");
	irq_exit();
	local_irq_enable();
	flush_scheduled_work();
	KUNIT_EXPECT_LE(test, vmalloc_nr_pages(), before + 64);
}

static void names_say_what_workers_do(struct kunit *test)
{
	struct job *job = new_jobs(test, 1);
	struct task_struct *p;
	char name[64];

	job->wait = true;
	schedule_work_on(0, &job->work);
	KUNIT_ASSERT_TRUE(test, finished(&job->begun));
	spin_lock_irq(&pool_of(0)->lock);
	p = find_worker_executing_work(pool_of(0), &job->work)->task;
	spin_unlock_irq(&pool_of(0)->lock);
	wq_worker_comm(name, sizeof(name), p);
	KUNIT_EXPECT_TRUE_MSG(test, !strncmp(name, "kworker/0:", 10) && strstr(name, "+events"), "%s", name);
	complete(&job->go);
	flush_work(&job->work);
	/* It may still be on its way back from the item that woke us. */
	for (int i = 0; i < 1000; i++) {
		wq_worker_comm(name, sizeof(name), p);
		if (strstr(name, "-events"))
			break;
		msleep(1);
	}
	KUNIT_EXPECT_TRUE_MSG(test, strstr(name, "-events"), "%s", name);
	wq_worker_comm(name, sizeof(name), current);
	KUNIT_EXPECT_STREQ(test, name, current->comm);
}

static struct kunit_case workqueue_cases[] = {
	KUNIT_CASE_NAMED(an_item_runs_in_a_worker_of_this_cpu, "an item runs in a worker of the CPU, the nice value, the kind that was asked for"),
	KUNIT_CASE_NAMED(queued_while_it_waits_it_runs_once, "queued while it waits, it runs once"),
	KUNIT_CASE_NAMED(queued_while_it_runs_it_runs_once_more_and_never_beside_itself,
			 "queued while it runs, elsewhere too: once more, afterwards"),
	KUNIT_CASE_NAMED(an_item_may_free_itself, "an item may free itself"),
	KUNIT_CASE_NAMED(a_sleeping_item_does_not_hold_up_the_next, "a sleeping worker wakes another: no item waits for a sleeper"),
	KUNIT_CASE_NAMED(computing_items_run_one_after_the_other, "items that compute run one after the other"),
	KUNIT_CASE_NAMED(idle_workers_are_let_go, "workers that stay idle end"),
	KUNIT_CASE_NAMED(max_active_bounds_how_many_run, "max_active bounds how many run"),
	KUNIT_CASE_NAMED(ordered_means_one_by_one_in_order, "an ordered queue: one by one, in order"),
	KUNIT_CASE_NAMED(without_memory_the_rescuer_goes_on, "when no worker can be made, the rescuer runs the item"),
	KUNIT_CASE_NAMED(flush_waits_for_what_was_queued_and_for_nothing_else, "flush_workqueue waits for what was queued"),
	KUNIT_CASE_NAMED(a_flush_lets_later_items_go_on, "a flush does not wait for items of the next colour"),
	KUNIT_CASE_NAMED(destroy_runs_what_queues_itself, "destroy_workqueue drains items that queue themselves"),
	KUNIT_CASE_NAMED(delayed_work_is_not_early, "delayed work: not early, moved, flushed, cancelled"),
	KUNIT_CASE_NAMED(cancelled_it_neither_waits_nor_runs, "cancel_work_sync ends an item that queues itself"),
	KUNIT_CASE_NAMED(two_may_cancel_at_once, "two may cancel one item at the same time"),
	KUNIT_CASE_NAMED(it_can_be_queued_in_an_interrupt, "it can be queued in an interrupt"),
	KUNIT_CASE_NAMED(each_cpu_and_one_cpu, "schedule_on_each_cpu, work_on_cpu"),
	KUNIT_CASE_NAMED(vfree_in_an_interrupt_is_done_by_a_worker, "vfree in an interrupt is done by a worker"),
	KUNIT_CASE_NAMED(names_say_what_workers_do, "a worker's name in /proc says what it does"),
	{}
};
static struct kunit_suite workqueue_suite = { .name = "workqueue", .test_cases = workqueue_cases };
kunit_test_suite(workqueue_suite);
