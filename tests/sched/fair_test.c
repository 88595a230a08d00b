/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/fair_test.c - CFS against its own claims: the arithmetic against an oracle with 128 bits, the
 * invariants after every operation of a simulated run queue, the shares that come out.
 *
 * The class is driven on a run queue of the test's own: sim.h.
 */
#include "../lib/random.h"
#include "sim.h"
#include "threads.h"

static void the_weights_step_by_a_quarter(struct kunit *test)
{
	for (int i = 0; i < 40; i++) {
		u64 w = sched_prio_to_weight[i], inv = sched_prio_to_wmult[i];

		/* 2^32 / w, to the nearest or cut off */
		KUNIT_EXPECT_LE(test, (u64)(inv * w > 1ULL << 32 ? inv * w - (1ULL << 32) : (1ULL << 32) - inv * w), w);
		if (i) {
			u64 ratio = sched_prio_to_weight[i - 1] * 1000ULL / w;

			KUNIT_EXPECT_GE(test, ratio, 1250ULL * 94 / 100);
			KUNIT_EXPECT_LE(test, ratio, 1250ULL * 106 / 100);
		}
	}
	KUNIT_EXPECT_EQ(test, sched_prio_to_weight[20], 1024);
}

/* |__calc_delta - delta * weight / total| is at most one part in 2^32 / total, and the rounding of the last place. */
static void calc_delta_agrees_with_an_oracle(struct kunit *test)
{
	struct test_random r;

	test_random_init(test, &r, 40);
	for (int i = 0; i < 20000; i++) {
		u64 delta = test_random(&r) >> (20 + test_random_below(&r, 30));
		unsigned long w = scale_load(sched_prio_to_weight[test_random_below(&r, 40)]);
		struct load_weight total = {
			.weight = w + (test_random_below(&r, 3) ? scale_load(test_random_below(&r, 1000000)) : 0)};
		u64 exact =
			mul_u64_u64_div_u64(delta, w >> SCHED_FIXEDPOINT_SHIFT, total.weight >> SCHED_FIXEDPOINT_SHIFT);
		u64 got = __calc_delta(delta, w, &total);
		u64 error = got > exact ? got - exact : exact - got;
		u64 bound = mul_u64_u64_shr(exact, total.weight >> SCHED_FIXEDPOINT_SHIFT, 32) + exact / 1000000000 + 2;

		KUNIT_ASSERT_LE_MSG(test, error, bound, "delta %llu weight %lu total %lu", delta, w, total.weight);
		KUNIT_ASSERT_LE(test, got, exact + 1);
	}
}

static void nice_0_time_is_real_time(struct kunit *test)
{
	struct sched_entity se = { .load = { .weight = NICE_0_LOAD } };
	u64 light, heavy;

	KUNIT_EXPECT_EQ(test, calc_delta_fair(123456789, &se), 123456789ULL);
	se.load = (struct load_weight){ .weight = scale_load(15), .inv_weight = sched_prio_to_wmult[39] };
	light = calc_delta_fair(1000000, &se);
	se.load = (struct load_weight){ .weight = scale_load(88761), .inv_weight = sched_prio_to_wmult[0] };
	heavy = calc_delta_fair(1000000, &se);
	KUNIT_EXPECT_EQ(test, light / 1000, 1000000ULL * 1024 / 15 / 1000);
	KUNIT_EXPECT_EQ(test, heavy / 100, 1000000ULL * 1024 / 88761 / 100);
}

static void the_period_stretches_beyond_nr_latency(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, __sched_period(1), (u64)sysctl_sched_latency);
	KUNIT_EXPECT_EQ(test, __sched_period(sched_nr_latency), (u64)sysctl_sched_latency);
	KUNIT_EXPECT_EQ(test, __sched_period(sched_nr_latency + 1),
			(u64)(sched_nr_latency + 1) * sysctl_sched_min_granularity);
	KUNIT_EXPECT_EQ(test, __sched_period(1000), 1000ULL * sysctl_sched_min_granularity);
}

/* ---- the class, on a simulated run queue --------------------------------------------------------------------------- */

/*
 * Run hogs of these nice values for @ms with a 1 ms tick; their CPU times must be the formula's shares within
 * @permille.
 */
static void check_shares(struct kunit *test, const int *nice, int nr, int ms, u64 permille)
{
	struct sim *s = sim_new(test);
	unsigned long total = 0;

	for (int i = 0; i < nr; i++) {
		sim_enqueue(s, sim_task(s, i, nice[i]), 0);
		total += s->task[i]->se.load.weight;
	}
	sim_schedule(s, false);
	for (int i = 0; i < ms; i++) {
		sim_time(s, 1000000);
		sim_tick(s);
		if (test_tsk_need_resched(s->rq->curr))
			sim_schedule(s, false);
	}
	for (int i = 0; i < nr; i++) {
		u64 want = mul_u64_u64_div_u64((u64)ms * 1000000, s->task[i]->se.load.weight, total);
		u64 got = s->task[i]->se.sum_exec_runtime;
		u64 error = got > want ? got - want : want - got;

		KUNIT_EXPECT_LE_MSG(test, error, want * permille / 1000, "nice %d got %llu ns, formula %llu ns",
				    nice[i], got, want);
	}
	sim_end(s);
}

static void shares_follow_the_weights(struct kunit *test)
{
	static const int four[] = { -5, 0, 5, 10 }, equal[] = { 0, 0, 0 };

	check_shares(test, four, 4, 10000, 10);
	check_shares(test, equal, 3, 3000, 5);
}

static void random_life_keeps_the_invariants(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct test_random r;
	bool asleep[NR_TASKS];

	test_random_init(test, &r, 7);
	for (int i = 0; i < NR_TASKS; i++) {
		sim_task(s, i, (int)test_random_below(&r, 40) - 20);
		asleep[i] = true;
		s->task[i]->state = TASK_RUNNING;
	}
	for (int step = 0; step < 20000; step++) {
		int i = test_random_below(&r, NR_TASKS);
		struct task_struct *p = s->task[i];

		sim_time(s, test_random_below(&r, 3000000));
		switch (test_random_below(&r, 8)) {
		case 0 ... 2:
			if (asleep[i]) {
				/* A first time is no wakeup; afterwards it is. */
				sim_enqueue(s, p, p->se.sum_exec_runtime ? ENQUEUE_WAKEUP : 0);
				asleep[i] = false;
				sim_schedule(s, false);
			}
			break;
		case 3:
			sim_tick(s);
			if (test_tsk_need_resched(s->rq->curr))
				sim_schedule(s, false);
			break;
		case 4:
			for (int j = 0; j < NR_TASKS; j++)
				if (s->task[j] == s->rq->curr)
					asleep[j] = true;
			if (s->rq->curr != s->rq->idle)
				sim_schedule(s, true);
			break;
		case 5:
			/* The running task is to be passed over once. */
			if (s->rq->curr != s->rq->idle)
				s->rq->cfs.skip = &s->rq->curr->se;
			sim_schedule(s, false);
			break;
		case 6:
			/* Another nice value, as set_user_nice() does it. */
			sim_renice(s, p, (int)test_random_below(&r, 40) - 20, !asleep[i]);
			break;
		case 7:
			/*
			 * A task that is queued and does not run is taken off for a moment, as a change of priority
			 * does.
			 */
			if (!asleep[i] && p != s->rq->curr) {
				spin_lock_irq(&s->rq->lock);
				p->sched_class->dequeue_task(s->rq, p, DEQUEUE_SAVE | DEQUEUE_MOVE);
				p->sched_class->enqueue_task(s->rq, p, ENQUEUE_RESTORE | ENQUEUE_MOVE);
				spin_unlock_irq(&s->rq->lock);
				sim_check(s);
			}
			break;
		}
		if (test->status == KUNIT_FAILURE)
			break;
	}
	sim_end(s);
}

static void a_sleeper_gets_half_a_latency_and_no_more(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct task_struct *hog = sim_task(s, 0, 0), *sleeper = sim_task(s, 1, 0);

	sim_enqueue(s, hog, 0);
	sim_enqueue(s, sleeper, 0);
	sim_schedule(s, false);
	if (s->rq->curr == hog) {
		sim_time(s, 20000000);
		sim_tick(s);
		sim_schedule(s, false);
	}
	KUNIT_ASSERT_PTR_EQ(test, s->rq->curr, sleeper);
	sim_time(s, 1000);
	sim_schedule(s, true);

	/* The hog runs alone for two seconds; then the sleeper comes back. */
	for (int i = 0; i < 2000; i++) {
		sim_time(s, 1000000);
		sim_tick(s);
	}
	sim_enqueue(s, sleeper, ENQUEUE_WAKEUP);
	KUNIT_EXPECT_EQ(test, s->rq->cfs.min_vruntime - sleeper->se.vruntime, (u64)sysctl_sched_latency / 2);
	KUNIT_EXPECT_TRUE_MSG(test, test_tsk_need_resched(hog), "the wakeup preempts");
	sim_schedule(s, false);
	KUNIT_EXPECT_PTR_EQ(test, s->rq->curr, sleeper);

	/* A nap of a microsecond wins nothing: it comes back to where it was. */
	sim_time(s, 100000);
	sim_schedule(s, true);
	u64 before = sleeper->se.vruntime;

	sim_time(s, 1000);
	sim_enqueue(s, sleeper, ENQUEUE_WAKEUP);
	KUNIT_EXPECT_EQ(test, sleeper->se.vruntime, before);
	sim_end(s);
}

static void a_wakeup_within_the_granularity_does_not_preempt(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct task_struct *a = sim_task(s, 0, 0), *b = sim_task(s, 1, 0), *c = sim_task(s, 2, 0);

	sim_enqueue(s, a, 0);
	sim_schedule(s, false);
	/* Relative vruntimes: so far behind the one that runs. */
	b->se.vruntime = -(u64)sysctl_sched_wakeup_granularity + 1000;
	sim_enqueue(s, b, 0);
	KUNIT_EXPECT_FALSE(test, test_tsk_need_resched(a));
	c->se.vruntime = -(u64)sysctl_sched_wakeup_granularity - 1000;
	sim_enqueue(s, c, 0);
	KUNIT_EXPECT_TRUE_MSG(test, test_tsk_need_resched(a), "a little more, and it does");
	sim_schedule(s, false);
	KUNIT_EXPECT_PTR_EQ(test, s->rq->curr, c);
	sim_end(s);
}

static void the_slices_of_a_queue_add_up_to_the_period(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct test_random r;
	u64 sum = 0;

	test_random_init(test, &r, 3);
	for (int i = 0; i < 12; i++)
		sim_enqueue(s, sim_task(s, i, (int)test_random_below(&r, 40) - 20), 0);
	for (int i = 0; i < 12; i++)
		sum += sched_slice(&s->rq->cfs, &s->task[i]->se);
	KUNIT_EXPECT_LE(test, sum, __sched_period(12));
	KUNIT_EXPECT_GE(test, sum, __sched_period(12) - __sched_period(12) / 1000 - 12);
	sim_schedule(s, false);
	sim_end(s);
}

static struct kunit_case fair_cases[] = {
	KUNIT_CASE_NAMED(the_weights_step_by_a_quarter,
				 "neighbouring nice values differ by a factor of 1.25, inverses match"),
	KUNIT_CASE_NAMED(calc_delta_agrees_with_an_oracle, "__calc_delta agrees with a 128-bit oracle"),
	KUNIT_CASE_NAMED(nice_0_time_is_real_time,
				 "virtual time is real time at nice 0, and scaled by weight elsewhere"),
	KUNIT_CASE_NAMED(the_period_stretches_beyond_nr_latency, "the period stretches past latency/granularity tasks"),
	KUNIT_CASE_NAMED(the_slices_of_a_queue_add_up_to_the_period, "the slices of all tasks add up to the period"),
	KUNIT_CASE_NAMED(random_life_keeps_the_invariants,
				 "F1 F2 F3: tree order, leftmost, load sums, min_vruntime under a random life"),
	KUNIT_CASE_NAMED(shares_follow_the_weights, "hogs get the shares of their weights within 1 percent"),
	KUNIT_CASE_NAMED(a_sleeper_gets_half_a_latency_and_no_more,
				 "a long sleeper is placed half a latency ahead, a short one where it was"),
	KUNIT_CASE_NAMED(a_wakeup_within_the_granularity_does_not_preempt,
				 "a wakeup within the granularity does not preempt"),
	{}
};
static struct kunit_suite fair_suite = { .name = "sched-fair", .test_cases = fair_cases };
kunit_test_suite(fair_suite);
