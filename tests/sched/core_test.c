/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/core_test.c - sleeping, waking, switching, with kernel threads on the real run queue.
 */
#include <primer/completion.h>
#include <primer/wait.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "../../sched/sched.h"
#include "../lib/random.h"
#include "threads.h"

/* ---- the lost wakeup --------------------------------------------------------------------------------------------- */

#define ROUNDS	2000

struct race {
	struct task_struct *sleeper;
	int ready, done, handled;
	struct test_random rnd;
	bool lost;
};

static void maybe_preempt(struct race *r)
{
	if (test_random_below(&r->rnd, 2))
		preempt_here();
}

/* S1, S2, S3 of sched/wakeup.c, with a preemption in any of the gaps. */
static int sleeper_fn(void *arg)
{
	struct race *r = arg;

	while (r->handled < ROUNDS) {
		for (;;) {
			set_current_state(TASK_INTERRUPTIBLE);
			maybe_preempt(r);
			if (READ_ONCE(r->ready) > r->handled)
				break;
			maybe_preempt(r);
			schedule();
		}
		__set_current_state(TASK_RUNNING);
		r->handled++;
	}
	r->done = 1;
	return 0;
}

static int waker_fn(void *arg)
{
	struct race *r = arg;

	for (int i = 1; i <= ROUNDS; i++) {
		maybe_preempt(r);
		WRITE_ONCE(r->ready, i);
		maybe_preempt(r);
		wake_up_process(r->sleeper);
		if (!yields_until(r->handled >= i)) {
			r->lost = true;
			r->ready = ROUNDS;
			wake_up_process(r->sleeper);
			break;
		}
	}
	return 0;
}

/* The mistake of the book: S2 before S1. It looks, then says that it will sleep, and sleeps. */
static int hasty_fn(void *arg)
{
	struct race *r = arg;

	while (r->handled < ROUNDS) {
		while (READ_ONCE(r->ready) <= r->handled) {
			maybe_preempt(r);
			set_current_state(TASK_INTERRUPTIBLE);
			schedule();
		}
		r->handled++;
	}
	r->done = 1;
	return 0;
}

/* Race @fn, the sleeper, against the waker. Returns whether all rounds were handled before anybody slept for ever. */
static void race(struct kunit *test, struct race *r, int (*fn)(void *))
{
	struct task_struct *waker;

	test_random_init(test, &r->rnd, 5);
	r->sleeper = new_racer(test, fn, r, "sleeper");
	waker = new_racer(test, waker_fn, r, "waker");
	wake_up_process(r->sleeper);
	wake_up_process(waker);
	KUNIT_EXPECT_TRUE(test, yield_until(r->done));
	kthread_stop(waker);
	kthread_stop(r->sleeper);
	put_task_struct(waker);
	put_task_struct(r->sleeper);
}

static void a_check_before_the_queueing_loses_wakeups(struct kunit *test)
{
	struct race r = { 0 };

	race(test, &r, hasty_fn);
	KUNIT_EXPECT_TRUE_MSG(test, r.lost, "this sleeper is wrong, and the race has not shown it");
}

static void no_wakeup_is_lost(struct kunit *test)
{
	struct race r = { 0 };

	race(test, &r, sleeper_fn);
	KUNIT_EXPECT_FALSE(test, r.lost);
	KUNIT_EXPECT_EQ(test, r.handled, ROUNDS);
}

/* A preempted task that had set its state but not yet looked at its condition stays on the run queue. */
static void preemption_is_no_sleep(struct kunit *test)
{
	race_along(test);
	set_current_state(TASK_UNINTERRUPTIBLE);
	preempt_here();
	KUNIT_EXPECT_EQ(test, current->on_rq, TASK_ON_RQ_QUEUED);
	KUNIT_EXPECT_EQ(test, (long)current->state, (long)TASK_UNINTERRUPTIBLE);
	KUNIT_EXPECT_EQ(test, wake_up_process(current), 1);
	KUNIT_EXPECT_EQ(test, (long)current->state, (long)TASK_RUNNING);
	KUNIT_EXPECT_EQ(test, wake_up_process(current), 0);
}

/* ---- preemption ------------------------------------------------------------------------------------------------- */

static int counter_fn(void *arg)
{
	unsigned long *count = arg;

	while (!kthread_should_stop())
		WRITE_ONCE(*count, *count + 1);
	return 0;
}

/* Nobody yields and nobody sleeps: that both get on is the return from the tick's interrupt, in the kernel. */
static void a_loop_in_the_kernel_is_preempted(struct kunit *test)
{
	unsigned long count = 0, seen = 0, turns = 0, begun = sched_clock();
	struct task_struct *p;

	stay_here(test);
	p = test_thread(test, counter_fn, &count, "counter");

	while (turns < 3 && sched_clock() - begun < 30UL * NSEC_PER_SEC) {
		unsigned long now = READ_ONCE(count);

		turns += now != seen;
		seen = now;
	}
	kthread_stop(p);
	KUNIT_EXPECT_EQ_MSG(test, turns, 3UL, "the other task ran, and this one again, three times");
}

static void a_disabled_section_is_not_preempted(struct kunit *test)
{
	unsigned long count = 0, begun, before;
	struct task_struct *p;

	stay_here(test);
	p = test_thread(test, counter_fn, &count, "counter");

	KUNIT_ASSERT_TRUE(test, yield_until(READ_ONCE(count) > 0));
	preempt_disable();
	before = READ_ONCE(count);
	/* The tick comes late on a busy host. */
	for (begun = sched_clock(); sched_clock() - begun < 20000000UL ||
	     (!need_resched() && sched_clock() - begun < 5000000000UL);)
		cpu_relax();
	KUNIT_EXPECT_TRUE_MSG(test, need_resched(), "the tick has asked");
	KUNIT_EXPECT_EQ_MSG(test, READ_ONCE(count), before, "and was not heard");
	preempt_enable();
	/* Whom schedule() picks depends on who is further behind; that it was called shows in the flag. */
	for (int i = 0; i < 1000000 && need_resched(); i++)		/* another CPU's wakeup: its interrupt is on the way */
		cpu_relax();
	KUNIT_EXPECT_FALSE_MSG(test, need_resched(), "until here");
	KUNIT_EXPECT_TRUE(test, yield_until(READ_ONCE(count) != before));
	kthread_stop(p);
}

/* ---- wait queues ------------------------------------------------------------------------------------------------- */

struct waiters {
	wait_queue_head_t wq;
	bool exclusive;
	int permits, through, asleep;
};

static int waiter_fn(void *arg)
{
	struct waiters *w = arg;

	w->asleep++;
	if (w->exclusive)
		(void)wait_event_interruptible_exclusive(w->wq, w->permits > 0);
	else
		wait_event(w->wq, w->permits > 0);
	if (w->exclusive)
		w->permits--;
	w->through++;
	return 0;
}

static void wakeups_reach_who_they_are_for(struct kunit *test)
{
	struct waiters w = { .exclusive = true };

	init_waitqueue_head(&w.wq);
	for (int i = 0; i < 5; i++)
		test_thread(test, waiter_fn, &w, "exclusive");
	KUNIT_ASSERT_TRUE(test, yield_until(w.asleep == 5 && list_count_nodes(&w.wq.head) == 5));

	w.permits = 1;
	wake_up(&w.wq);
	KUNIT_EXPECT_EQ_MSG(test, (int)list_count_nodes(&w.wq.head), 4,
			    "one exclusive waiter is taken off, the others sleep on");
	KUNIT_EXPECT_TRUE(test, yield_until(w.through == 1));
	w.permits = 2;
	wake_up_nr(&w.wq, 2);
	KUNIT_EXPECT_TRUE(test, yield_until(w.through == 3));
	KUNIT_EXPECT_EQ(test, (int)list_count_nodes(&w.wq.head), 2);
	w.permits = 2;
	wake_up_all(&w.wq);
	KUNIT_EXPECT_TRUE(test, yield_until(w.through == 5));

	w = (struct waiters){ .exclusive = false };
	init_waitqueue_head(&w.wq);
	for (int i = 0; i < 5; i++)
		test_thread(test, waiter_fn, &w, "shared");
	KUNIT_ASSERT_TRUE(test, yield_until(list_count_nodes(&w.wq.head) == 5));
	w.permits = 1;
	wake_up(&w.wq);
	KUNIT_EXPECT_TRUE_MSG(test, yield_until(w.through == 5), "one wakeup wakes all that are not exclusive");
	KUNIT_EXPECT_TRUE(test, list_empty(&w.wq.head));
}

static void a_signal_ends_an_interruptible_wait(struct kunit *test)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	struct wait_queue_entry entry;
	int never = 0;

	set_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, wait_event_interruptible(wq, never), -ERESTARTSYS);
	KUNIT_EXPECT_EQ_MSG(test, wait_event_interruptible(wq, !never), 0, "the condition comes first");

	/* Off the queue at once: a wakeup for one exclusive waiter must not be spent on one that leaves. */
	init_wait_entry(&entry, WQ_FLAG_EXCLUSIVE);
	clear_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, prepare_to_wait_event(&wq, &entry, TASK_INTERRUPTIBLE), 0L);
	__set_current_state(TASK_RUNNING);
	set_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, prepare_to_wait_event(&wq, &entry, TASK_INTERRUPTIBLE), (long)-ERESTARTSYS);
	clear_thread_flag(TIF_SIGPENDING);
	KUNIT_EXPECT_TRUE(test, list_empty(&wq.head));
	KUNIT_EXPECT_EQ(test, (long)current->state, (long)TASK_RUNNING);
}

/* ---- wake_q ------------------------------------------------------------------------------------------------------ */

static int nap_fn(void *arg)
{
	int *woken = arg;

	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
		(*woken)++;
	}
	return 0;
}

static void wake_q_wakes_each_task_once(struct kunit *test)
{
	DEFINE_WAKE_Q(q);
	int woken = 0;
	struct task_struct *p = test_thread(test, nap_fn, &woken, "napper");

	KUNIT_ASSERT_TRUE(test, yield_until(p->state == TASK_INTERRUPTIBLE && !p->on_rq));
	unsigned int refs = refcount_read(&p->usage);

	wake_q_add(&q, p);
	wake_q_add(&q, p);
	KUNIT_EXPECT_EQ(test, refcount_read(&p->usage), refs + 1);
	KUNIT_EXPECT_EQ_MSG(test, p->on_rq, 0, "not before wake_up_q()");
	wake_up_q(&q);
	KUNIT_EXPECT_EQ(test, refcount_read(&p->usage), refs);
	KUNIT_EXPECT_TRUE(test, yield_until(woken == 1));
	KUNIT_EXPECT_PTR_EQ(test, p->wake_q.next, NULL);
	kthread_stop(p);
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

struct order {
	int next;
	int seen[8];
	int nr;
};
struct order_arg {
	struct order *order;
	int id;
};

static int order_fn(void *arg)
{
	struct order_arg *a = arg;

	a->order->seen[a->order->nr++] = a->id;
	return 0;
}

static void real_time_goes_by_priority(struct kunit *test)
{
	static const int prio[] = { 10, 50, 10, 99, 1 };
	static const int expected[] = { 3, 1, 0, 2, 4 };
	struct order order = { 0 };
	struct order_arg arg[5];
	struct task_struct *p[5];

	for (int i = 0; i < 5; i++) {
		arg[i] = (struct order_arg){ &order, i };
		p[i] = kthread_create(order_fn, &arg[i], "rt/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(p[i]));
		kthread_bind(p[i], raw_smp_processor_id());
		KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(p[i], SCHED_FIFO, prio[i]), 0);
		get_task_struct(p[i]);
	}
	preempt_disable();
	for (int i = 0; i < 5; i++)
		wake_up_process(p[i]);
	KUNIT_EXPECT_TRUE_MSG(test, need_resched(), "a real-time task preempts a fair one");
	KUNIT_EXPECT_EQ(test, order.nr, 0);
	preempt_enable();
	/* They ran before preempt_enable() returned: nobody of them sleeps, and we are the lowest. */
	KUNIT_EXPECT_EQ(test, order.nr, 5);
	for (int i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, order.seen[i], expected[i]);
		kthread_stop(p[i]);
		put_task_struct(p[i]);
	}
}

static void equals_do_not_preempt_and_a_lowered_one_goes_first(struct kunit *test)
{
	struct order order = { 0 };
	struct order_arg arg[2] = { { &order, 0 }, { &order, 1 } };
	struct task_struct *p[2];

	race_along(test);
	for (int i = 0; i < 2; i++)
		p[i] = new_racer(test, order_fn, &arg[i], "equal");
	for (int i = 0; i < 2; i++) {
		preempt_disable();
		wake_up_process(p[i]);
		KUNIT_EXPECT_FALSE_MSG(test, need_resched(), "an equal waits");
		preempt_enable();
	}
	KUNIT_EXPECT_EQ(test, order.nr, 0);
	/* The second is made better, and then an equal again: it has been first, so it stays in front. */
	preempt_disable();
	sched_setscheduler_nocheck(p[1], SCHED_FIFO, RACER_PRIO + 1);
	KUNIT_EXPECT_TRUE(test, need_resched());
	sched_setscheduler_nocheck(p[1], SCHED_FIFO, RACER_PRIO);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, yield_until(order.nr == 2));
	KUNIT_EXPECT_EQ(test, order.seen[0], 1);
	for (int i = 0; i < 2; i++) {
		kthread_stop(p[i]);
		put_task_struct(p[i]);
	}
}

static void policies_are_checked(struct kunit *test)
{
	struct task_struct *p = kthread_create(order_fn, NULL, "policy");

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(p, SCHED_FIFO, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(p, SCHED_NORMAL, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(p, SCHED_RR, 100), -EINVAL);
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(p, 4, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(idle_task(0), SCHED_FIFO, 1), -EINVAL);
	set_user_nice(p, 5);
	KUNIT_EXPECT_EQ(test, (unsigned long)p->se.load.weight, scale_load(335));
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(p, SCHED_RR, 7), 0);
	KUNIT_EXPECT_EQ(test, p->prio, MAX_RT_PRIO - 1 - 7);
	set_user_nice(p, -3);
	KUNIT_EXPECT_EQ_MSG(test, p->prio, MAX_RT_PRIO - 1 - 7, "nice does not touch a real-time priority");
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(p, SCHED_NORMAL, 0), 0);
	KUNIT_EXPECT_EQ_MSG(test, p->prio, NICE_TO_PRIO(-3), "but is remembered");
	kthread_stop(p);
}

static void affinity_needs_a_cpu(struct kunit *test)
{
	cpumask_t none = CPU_MASK_NONE, far = { { 1UL << 63 } }, old = current->cpus_mask;

	KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(current, &none), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(current, &far), -EINVAL);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(&current->cpus_mask, &old));
	KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(task_cpu(current))), 0);
	KUNIT_EXPECT_EQ(test, current->nr_cpus_allowed, 1);
	KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(current, &old), 0);
}

/* ---- accounting and cost ----------------------------------------------------------------------------------------- */

static void run_time_is_measured(struct kunit *test)
{
	u64 outer, before, inner, spent, ran;

	/* The readings enclose each other: the loop lies within "ran", which lies within "spent". Nobody else runs. */
	preempt_disable();
	outer = sched_clock();
	before = task_sched_runtime(current);
	inner = sched_clock();
	while (sched_clock() - inner < 300000)
		cpu_relax();
	ran = task_sched_runtime(current) - before;
	spent = sched_clock() - outer;
	preempt_enable();
	KUNIT_EXPECT_GE(test, ran, 300000ULL);
	KUNIT_EXPECT_LE(test, ran, spent);
}

static int yielder_fn(void *arg)
{
	while (!kthread_should_stop())
		yield();
	return 0;
}

/* Not judged, only told: under -icount the counter counts instructions. */
static unsigned long own_switches(void)
{
	return current->nvcsw + current->nivcsw;
}

static void the_cost_of_a_switch_and_a_wakeup(struct kunit *test)
{
	struct task_struct *p = test_thread(test, yielder_fn, NULL, "yielder");
	unsigned long switches = own_switches();
	int woken = 0;
	u64 t;

	/* A new task starts a slice behind: until we have used that up, yielding gives it nothing. */
	KUNIT_EXPECT_TRUE(test, yield_until(own_switches() > switches + 10));
	switches = own_switches();
	t = rdtsc();
	for (int i = 0; i < 100000 && own_switches() < switches + 1000; i++)
		yield();
	t = rdtsc() - t;
	switches = own_switches() - switches;
	kthread_stop(p);
	KUNIT_EXPECT_GT(test, switches, 0UL);
	kunit_info(test, "yield and switch: %llu cycles (%lu switches)", t / (switches ? switches : 1), switches);

	p = test_thread(test, nap_fn, &woken, "napper");
	KUNIT_ASSERT_TRUE(test, yield_until(p->state == TASK_INTERRUPTIBLE && !p->on_rq));
	preempt_disable();
	t = rdtsc();
	wake_up_process(p);
	t = rdtsc() - t;
	preempt_enable();
	kunit_info(test, "wake_up_process: %llu cycles", t);
	kthread_stop(p);
}

static struct kunit_case core_cases[] = {
	KUNIT_CASE_NAMED(no_wakeup_is_lost, "a wakeup between look and sleep is not lost"),
	KUNIT_CASE_NAMED(a_check_before_the_queueing_loses_wakeups,
			 "a sleeper that looks before it says that it will sleep loses a wakeup, and is caught"),
	KUNIT_CASE_NAMED(a_loop_in_the_kernel_is_preempted, "a loop in the kernel is preempted by the tick"),
	KUNIT_CASE_NAMED(a_disabled_section_is_not_preempted, "a section without preemption is not, and is at its end"),
	KUNIT_CASE_NAMED(preemption_is_no_sleep, "a preempted task with a sleeping state stays runnable"),
	KUNIT_CASE_NAMED(wakeups_reach_who_they_are_for, "wake_up wakes all shared and n exclusive waiters"),
	KUNIT_CASE_NAMED(a_signal_ends_an_interruptible_wait,
				 "a signal ends an interruptible wait and leaves the queue clean"),
	KUNIT_CASE_NAMED(wake_q_wakes_each_task_once, "wake_q holds a task once and wakes it late"),
	KUNIT_CASE_NAMED(real_time_goes_by_priority,
				 "real-time tasks run by priority, equals in order, before all fair ones"),
	KUNIT_CASE_NAMED(equals_do_not_preempt_and_a_lowered_one_goes_first,
				 "real-time equals do not preempt; a lowered task is first of its equals"),
	KUNIT_CASE_NAMED(policies_are_checked, "setscheduler checks its arguments, nice is remembered"),
	KUNIT_CASE_NAMED(affinity_needs_a_cpu, "an affinity without a usable CPU is refused"),
	KUNIT_CASE_NAMED(run_time_is_measured, "task_sched_runtime counts what was run"),
	KUNIT_CASE_NAMED(the_cost_of_a_switch_and_a_wakeup, "the cost of a switch and of a wakeup is told"),
	{}
};
static struct kunit_suite core_suite = { .name = "sched-core", .test_cases = core_cases };
kunit_test_suite(core_suite);
