/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/kthread/kthread_test.c - the life of a kernel thread: made, started, parked, stopped, gone.
 */
#include <primer/completion.h>
#include <primer/kthread.h>
#include <primer/pid.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/smp.h>
#include <primer/smpboot.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "../../sched/threads.h"

struct worker {
	int loops, parked, started;
	void *data_seen;
	unsigned int cpu;
};

static int worker_fn(void *arg)
{
	struct worker *w = arg;

	w->started++;
	w->data_seen = kthread_data(current);
	w->cpu = smp_processor_id();
	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			w->parked++;
			kthread_parkme();
			continue;
		}
		w->loops++;
		yield();
	}
	return 42;
}

static int return_fn(void *arg)
{
	return (int)(long)arg;
}

static void a_thread_is_made_asleep_and_stopped_with_its_value(struct kunit *test)
{
	struct worker w = { 0 };
	struct task_struct *p = kthread_create(worker_fn, &w, "worker/%d:%s", 7, "abcdefghijklmnop");

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_EXPECT_STREQ(test, p->comm, "worker/7:abcdef");
	KUNIT_EXPECT_TRUE(test, p->flags & PF_KTHREAD);
	KUNIT_EXPECT_PTR_EQ(test, p->mm, NULL);
	KUNIT_EXPECT_PTR_EQ_MSG(test, p->real_parent, kthreadd_task, "all are kthreadd's children");
	KUNIT_EXPECT_EQ(test, kthreadd_task->pid, 2);
	for (int i = 0; i < 1000; i++)
		yield();
	KUNIT_EXPECT_EQ_MSG(test, w.started, 0, "not before it is woken");
	wake_up_process(p);
	KUNIT_EXPECT_TRUE(test, yield_until(w.loops > 3));
	KUNIT_EXPECT_PTR_EQ(test, w.data_seen, (void *)&w);
	KUNIT_EXPECT_EQ(test, kthread_stop(p), 42);
}

static void a_thread_that_never_ran_never_runs(struct kunit *test)
{
	struct worker w = { 0 };
	struct task_struct *p = kthread_create(worker_fn, &w, "never");

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_EXPECT_EQ(test, kthread_stop(p), -EINTR);
	KUNIT_EXPECT_EQ(test, w.started, 0);
}

static void a_thread_may_be_gone_before_it_is_stopped(struct kunit *test)
{
	struct task_struct *p = kthread_create(return_fn, (void *)17L, "gone");
	pid_t pid;

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	get_task_struct(p);
	pid = p->pid;
	wake_up_process(p);
	KUNIT_EXPECT_TRUE_MSG(test, yield_until(p->exit_state == EXIT_DEAD && !p->on_cpu), "it reaps itself");
	KUNIT_EXPECT_FALSE(test, pid_alive(p));
	read_lock(&tasklist_lock);
	KUNIT_EXPECT_PTR_EQ(test, find_task_by_vpid(pid), NULL);
	read_unlock(&tasklist_lock);
	KUNIT_EXPECT_EQ(test, kthread_stop(p), 17);
	/* Whoever runs after it drops the CPU's reference, on its way out of the switch. */
	KUNIT_EXPECT_TRUE_MSG(test, yield_until(refcount_read(&p->usage) == 1), "ours is the last reference");
	put_task_struct(p);
}

static void parking_stops_the_loop_and_unparking_goes_on(struct kunit *test)
{
	struct worker w = { 0 };
	struct task_struct *p = test_thread(test, worker_fn, &w, "parker");
	int loops;

	KUNIT_ASSERT_TRUE(test, yield_until(w.loops > 0));
	for (int round = 1; round <= 3; round++) {
		KUNIT_EXPECT_EQ(test, kthread_park(p), 0);
		KUNIT_EXPECT_EQ(test, (long)p->state, (long)TASK_PARKED);
		KUNIT_EXPECT_EQ(test, p->on_rq, 0);
		KUNIT_EXPECT_EQ(test, w.parked, round);
		loops = w.loops;
		wake_up_process(p);
		for (int i = 0; i < 500; i++)
			yield();
		KUNIT_EXPECT_EQ_MSG(test, w.loops, loops, "an ordinary wakeup does not unpark");
		kthread_unpark(p);
		KUNIT_EXPECT_TRUE(test, yield_until(w.loops > loops));
	}
	/* A parked thread can be stopped. */
	KUNIT_EXPECT_EQ(test, kthread_park(p), 0);
	KUNIT_EXPECT_EQ(test, kthread_stop(p), 42);
}

static void a_thread_can_be_parked_before_it_starts(struct kunit *test)
{
	struct worker w = { 0 };
	struct task_struct *p = kthread_create(worker_fn, &w, "early");

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_EXPECT_EQ(test, kthread_park(p), 0);
	KUNIT_EXPECT_EQ(test, w.started, 0);
	kthread_unpark(p);
	KUNIT_EXPECT_TRUE(test, yield_until(w.started == 1));
	KUNIT_EXPECT_EQ(test, kthread_stop(p), 42);
}

static void a_bound_thread_stays_where_it_is(struct kunit *test)
{
	struct worker w = { .cpu = ~0U };
	struct task_struct *p = kthread_create_on_cpu(worker_fn, &w, 0, "bound/%u");

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_EXPECT_STREQ(test, p->comm, "bound/0");
	KUNIT_EXPECT_EQ(test, p->nr_cpus_allowed, 1);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&p->cpus_mask, cpumask_of(0)));
	KUNIT_EXPECT_TRUE(test, p->flags & PF_NO_SETAFFINITY);
	KUNIT_EXPECT_EQ(test, kthread_park(p), 0);
	kthread_unpark(p);
	KUNIT_EXPECT_TRUE(test, yield_until(w.loops > 0));
	KUNIT_EXPECT_EQ(test, w.cpu, 0U);
	KUNIT_EXPECT_EQ(test, kthread_stop(p), 42);
}

/* Of this test: others may make threads or end meanwhile, workers for one. */
static unsigned int threads_of_this_test(void)
{
	struct task_struct *p;
	unsigned int n = 0;

	read_lock(&tasklist_lock);
	list_for_each_entry(p, &kthreadd_task->children, sibling)
		n += !strncmp(p->comm, "many/", 5);
	read_unlock(&tasklist_lock);
	return n;
}

static void many_threads_leave_nothing_behind(struct kunit *test)
{
	unsigned long forks = total_forks;
	struct task_struct *p;

	for (int i = 0; i < 300; i++) {
		p = kthread_run(return_fn, (void *)(long)i, "many/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	}
	KUNIT_EXPECT_TRUE(test, yield_until(!threads_of_this_test()));
	KUNIT_EXPECT_GE(test, total_forks, forks + 300);
}

/* ---- one on each CPU ------------------------------------------------------------------------------------------------ */

static DEFINE_PER_CPU(struct task_struct *, test_percpu_thread);
static DEFINE_PER_CPU(int, percpu_wanted);
static DEFINE_PER_CPU(int, percpu_done);
static DEFINE_PER_CPU(int, percpu_life);		/* setup: 1, cleanup: 2 */
static atomic_t percpu_elsewhere;

static int percpu_should_run(unsigned int cpu)
{
	return READ_ONCE(per_cpu(percpu_wanted, cpu)) > per_cpu(percpu_done, cpu);
}

static void percpu_run(unsigned int cpu)
{
	if (cpu != (unsigned int)smp_processor_id())
		atomic_inc(&percpu_elsewhere);
	per_cpu(percpu_done, cpu)++;
}

static void percpu_setup(unsigned int cpu)	{ per_cpu(percpu_life, cpu) = 1; }
static void percpu_cleanup(unsigned int cpu)	{ per_cpu(percpu_life, cpu) = 2; }

static struct smp_hotplug_thread percpu_threads = {
	.store = &test_percpu_thread, .thread_should_run = percpu_should_run, .thread_fn = percpu_run, .setup = percpu_setup,
	.cleanup = percpu_cleanup, .thread_comm = "pertest/%u",
};

static void threads_of_each_cpu(struct kunit *test)
{
	unsigned int cpu;
	char name[TASK_COMM_LEN];

	KUNIT_ASSERT_EQ(test, smpboot_register_percpu_thread(&percpu_threads), 0);
	for (int round = 1; round <= 50; round++) {
		for_each_online_cpu(cpu) {
			WRITE_ONCE(per_cpu(percpu_wanted, cpu), 2 * round);
			wake_up_process(per_cpu(test_percpu_thread, cpu));
		}
		for_each_online_cpu(cpu)
			KUNIT_ASSERT_TRUE_MSG(test, yield_until(READ_ONCE(per_cpu(percpu_done, cpu)) == 2 * round),
					      "CPU %u, round %d: no wakeup is lost", cpu, round);
	}
	for_each_online_cpu(cpu) {
		struct task_struct *p = per_cpu(test_percpu_thread, cpu);

		snprintf(name, sizeof(name), "pertest/%u", cpu);
		KUNIT_EXPECT_STREQ(test, p->comm, name);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(&p->cpus_mask, cpumask_of(cpu)));
		KUNIT_EXPECT_EQ(test, per_cpu(percpu_life, cpu), 1);
		KUNIT_EXPECT_EQ(test, kthread_park(p), 0);
		kthread_unpark(p);
	}
	smpboot_unregister_percpu_thread(&percpu_threads);
	for_each_online_cpu(cpu) {
		KUNIT_EXPECT_EQ(test, per_cpu(percpu_life, cpu), 2);
		KUNIT_EXPECT_PTR_EQ(test, per_cpu(test_percpu_thread, cpu), NULL);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&percpu_elsewhere), 0);
}

static void kthreadd_ignores_signals(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, send_sig(SIGKILL, kthreadd_task, 0), 0);
	KUNIT_EXPECT_EQ(test, send_sig(SIGTERM, kthreadd_task, 1), 0);
	KUNIT_EXPECT_FALSE(test, signal_pending(kthreadd_task));
	KUNIT_EXPECT_EQ(test, kthreadd_task->pending.signal, 0ULL);
}

static struct kunit_case kthread_cases[] = {
	KUNIT_CASE_NAMED(a_thread_is_made_asleep_and_stopped_with_its_value,
				 "created asleep, named, started, stopped with its value"),
	KUNIT_CASE_NAMED(a_thread_that_never_ran_never_runs,
				 "stopped before it was started: -EINTR, and it never runs"),
	KUNIT_CASE_NAMED(a_thread_may_be_gone_before_it_is_stopped,
				 "one that returned by itself is reaped; a reference keeps its value"),
	KUNIT_CASE_NAMED(parking_stops_the_loop_and_unparking_goes_on,
				 "parked it does not run, and no stray wakeup changes that"),
	KUNIT_CASE_NAMED(a_thread_can_be_parked_before_it_starts, "parked before its start"),
	KUNIT_CASE_NAMED(a_bound_thread_stays_where_it_is, "bound to a CPU"),
	KUNIT_CASE_NAMED(many_threads_leave_nothing_behind, "300 threads come and go and leave nothing behind"),
	KUNIT_CASE_NAMED(threads_of_each_cpu, "a thread on each CPU: runs there, loses no wakeup, parks, stops"),
	KUNIT_CASE_NAMED(kthreadd_ignores_signals, "kthreadd cannot be signalled"),
	{}
};
static struct kunit_suite kthread_suite = { .name = "kthread", .test_cases = kthread_cases };
kunit_test_suite(kthread_suite);
