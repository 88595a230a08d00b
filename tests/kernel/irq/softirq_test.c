/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/irq/softirq_test.c - when softirqs run and when not, the bound after which ksoftirqd takes over, and that a tasklet is never
 * run twice at a time. IRQ_POLL's number is borrowed: nothing uses it.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/interrupt.h>
#include <primer/kernel_stat.h>
#include <primer/kthread.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <asm/irqflags.h>

#define NR	IRQ_POLL_SOFTIRQ

static int calls, left, calls_in_thread;
static bool irqs_were_on, was_serving, was_task;
static struct task_struct *server;

static void record(struct softirq_action *a)
{
	calls++;
	calls_in_thread += !strncmp(current->comm, "ksoftirqd/", 10);
	irqs_were_on = !irqs_disabled();
	was_serving = in_serving_softirq() && in_softirq() && in_interrupt();
	was_task = in_task();
	server = current;
	if (left) {
		left--;
		raise_softirq(NR);
	}
}

static int borrow(struct kunit *test)
{
	open_softirq(NR, record);
	calls = left = calls_in_thread = 0;
	return 0;
}

/* While ksoftirqd is awake it serves everything: wait until it sleeps. Returns with preemption off. */
static void settle(void)
{
	preempt_disable();
	while (this_cpu_read(ksoftirqd)->state == TASK_RUNNING) {
		preempt_enable();
		yield();
		preempt_disable();
	}
}

static void as_interrupt(unsigned int nr)
{
	local_irq_disable();
	irq_enter();
	__raise_softirq_irqoff(nr);
	irq_exit();
	local_irq_enable();
}

static void raised_by_an_interrupt_it_runs_at_its_end(struct kunit *test)
{
	unsigned int before = kstat_softirqs_cpu(NR, 0) + kstat_softirqs_cpu(NR, smp_processor_id());

	settle();
	as_interrupt(NR);
	KUNIT_EXPECT_EQ(test, calls, 1);
	preempt_enable();
	KUNIT_EXPECT_TRUE_MSG(test, irqs_were_on, "with interrupts on");
	KUNIT_EXPECT_TRUE(test, was_serving);
	KUNIT_EXPECT_FALSE(test, was_task);
	KUNIT_EXPECT_PTR_EQ(test, server, current);
	KUNIT_EXPECT_GT(test, kstat_softirqs_cpu(NR, 0) + kstat_softirqs_cpu(NR, smp_processor_id()), before);
}

static void bottom_half_sections_hold_it_off(struct kunit *test)
{
	settle();
	local_bh_disable();
	preempt_enable();
	KUNIT_EXPECT_NE(test, in_softirq(), 0U);
	KUNIT_EXPECT_EQ(test, in_serving_softirq(), 0U);
	as_interrupt(NR);
	raise_softirq(NR);
	KUNIT_EXPECT_EQ(test, calls, 0);
	local_bh_disable();
	local_bh_enable();
	KUNIT_EXPECT_EQ_MSG(test, calls, 0, "the inner end is not the end");
	local_bh_enable();
	KUNIT_EXPECT_EQ_MSG(test, calls, 1, "raised twice, served once");
	KUNIT_EXPECT_EQ(test, in_interrupt(), 0U);
}

static void an_interrupt_in_an_interrupt_leaves_it_to_the_outer(struct kunit *test)
{
	settle();
	local_irq_disable();
	preempt_enable_no_resched();
	irq_enter();
	irq_enter();
	__raise_softirq_irqoff(NR);
	irq_exit();
	KUNIT_EXPECT_EQ(test, calls, 0);
	irq_exit();
	KUNIT_EXPECT_EQ(test, calls, 1);
	local_irq_enable();
}

static void wait_for(int *what, int value)
{
	for (int i = 0; i < 100000 && READ_ONCE(*what) != value; i++)
		yield();
}

static void raised_by_a_task_the_thread_serves_it(struct kunit *test)
{
	int raised = 0;

	/* A timer's interrupt may be quicker than the thread: not always. */
	while (!calls_in_thread && raised < 100) {
		raise_softirq(NR);
		wait_for(&calls, ++raised);
		KUNIT_ASSERT_EQ(test, calls, raised);
	}
	KUNIT_EXPECT_EQ(test, calls_in_thread, 1);
}

static void one_that_never_ends_goes_to_the_thread(struct kunit *test)
{
	int here;

	settle();			/* and the thread cannot run before we have looked */
	left = 1000;
	local_irq_disable();
	irq_enter();
	__raise_softirq_irqoff(NR);
	irq_exit();
	here = calls;			/* the end of the next interrupt would serve more */
	local_irq_enable();
	KUNIT_EXPECT_GE(test, here, 1);
	KUNIT_EXPECT_LE_MSG(test, here, 10, "ten rounds at most");
	KUNIT_EXPECT_EQ(test, calls_in_thread, 0);
	preempt_enable();
	wait_for(&left, 0);
	wait_for(&calls, 1001);
	KUNIT_EXPECT_EQ_MSG(test, calls, 1001, "none is lost");
	KUNIT_EXPECT_GT_MSG(test, calls_in_thread, 0, "the thread did the rest");
}

/* ---- tasklets ------------------------------------------------------------------------------------------------------------ */

static int runs, reschedule;
static void count_run(struct tasklet_struct *t)
{
	runs++;
	if (reschedule) {
		reschedule--;
		tasklet_schedule(t);
	}
}

static void a_tasklet_runs_once_however_often_scheduled(struct kunit *test)
{
	DECLARE_TASKLET(t, count_run);

	runs = 0;
	settle();
	local_bh_disable();
	preempt_enable();
	tasklet_schedule(&t);
	tasklet_schedule(&t);
	tasklet_schedule(&t);
	KUNIT_EXPECT_EQ(test, runs, 0);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, runs, 1);
	KUNIT_EXPECT_EQ(test, t.state, 0UL);
}

static void a_tasklet_that_schedules_itself_runs_again(struct kunit *test)
{
	DECLARE_TASKLET(t, count_run);

	runs = 0;
	reschedule = 20;
	tasklet_hi_schedule(&t);
	tasklet_kill(&t);
	wait_for(&reschedule, 0);
	tasklet_kill(&t);
	KUNIT_EXPECT_EQ(test, runs, 21);
}

static void a_disabled_tasklet_waits(struct kunit *test)
{
	DECLARE_TASKLET_DISABLED(t, count_run);

	runs = 0;
	local_bh_disable();
	tasklet_schedule(&t);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, runs, 0);
	KUNIT_EXPECT_TRUE(test, test_bit(TASKLET_STATE_SCHED, &t.state));
	tasklet_enable(&t);
	tasklet_kill(&t);
	KUNIT_EXPECT_EQ(test, runs, 1);
}

/* On every CPU a thread schedules the same tasklet as fast as it can. */
static struct tasklet_struct hammered;
static atomic_t inside, entered, overlaps, threads_left;
static struct completion hammer_done;

static void never_twice(struct tasklet_struct *t)
{
	if (atomic_inc_return(&inside) != 1)
		atomic_inc(&overlaps);
	for (int i = 0; i < 50; i++)
		cpu_relax();
	atomic_inc(&entered);
	atomic_dec(&inside);
}

static int hammer(void *unused)
{
	for (int i = 0; i < 20000; i++)
		tasklet_schedule(&hammered);
	if (atomic_dec_and_test(&threads_left))
		complete(&hammer_done);
	return 0;
}

static void a_tasklet_never_runs_twice_at_a_time(struct kunit *test)
{
	unsigned int cpu;

	tasklet_setup(&hammered, never_twice);
	init_completion(&hammer_done);
	atomic_set(&entered, 0);
	atomic_set(&overlaps, 0);
	atomic_set(&threads_left, num_online_cpus());
	for_each_online_cpu(cpu) {
		struct task_struct *p = kthread_create_on_cpu(hammer, NULL, cpu, "hammer/%u");

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
		wake_up_process(p);
	}
	wait_for_completion(&hammer_done);
	tasklet_kill(&hammered);
	KUNIT_EXPECT_EQ(test, atomic_read(&overlaps), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&entered), 0);
	KUNIT_EXPECT_EQ(test, hammered.state, 0UL);
}

static struct kunit_case softirq_cases[] = {
	KUNIT_CASE_NAMED(raised_by_an_interrupt_it_runs_at_its_end, "a softirq raised by an interrupt runs at its end, interrupts on"),
	KUNIT_CASE_NAMED(bottom_half_sections_hold_it_off, "local_bh_disable holds softirqs off, and nests"),
	KUNIT_CASE_NAMED(an_interrupt_in_an_interrupt_leaves_it_to_the_outer, "S1: softirqs do not nest"),
	KUNIT_CASE_NAMED(raised_by_a_task_the_thread_serves_it, "S3: a softirq raised by a task is served by ksoftirqd"),
	KUNIT_CASE_NAMED(one_that_never_ends_goes_to_the_thread, "a softirq that never ends goes to ksoftirqd after ten rounds"),
	KUNIT_CASE_NAMED(a_tasklet_runs_once_however_often_scheduled, "a tasklet runs once however often it was scheduled"),
	KUNIT_CASE_NAMED(a_tasklet_that_schedules_itself_runs_again, "a tasklet that schedules itself runs again"),
	KUNIT_CASE_NAMED(a_disabled_tasklet_waits, "a disabled tasklet waits"),
	KUNIT_CASE_NAMED(a_tasklet_never_runs_twice_at_a_time, "a tasklet never runs twice at a time"),
	{}
};
static struct kunit_suite softirq_suite = { .name = "softirq", .init = borrow, .test_cases = softirq_cases };
kunit_test_suite(softirq_suite);
