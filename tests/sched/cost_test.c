/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/cost_test.c - what a wakeup, a choice and a sleep cost the fair class, by the number of runnable tasks.
 *
 * The tree grows with the logarithm of their number, and with it the search for a place; the leftmost is cached, so that choosing costs
 * a rebalancing now and then. On a queue of the test's own (sim.h), with tasks at random places. Not judged, only told: on a
 * host that is busy a cycle can be long. Under -icount it is an instruction: tools/sched_cost.py draws the curves, tests/test_sched.py
 * judges them.
 */
#include <primer/vmalloc.h>
#include <asm/msr.h>

#include "../lib/random.h"
#include "sim.h"

#define ROUNDS	300

struct cost {
	u64 wakeup, pick, sleep;
};

static void vfree_action(void *p)
{
	vfree(p);
}

/* Somewhere among the others: within the 100 ms of virtual time that the tree spans. */
static u64 anywhere(struct sim *s, struct test_random *r)
{
	return s->rq->cfs.min_vruntime + test_random_below(r, 100000000);
}

/* One task more is woken and goes to sleep again, and another one is picked, among @n that are runnable. */
static struct cost cost_among(struct sim *s, struct task_struct *task, int n, struct test_random *r)
{
	struct cost sum = { 0 };
	struct rq *rq = s->rq;
	struct task_struct *p = &task[n];
	u64 t;

	for (int i = 0; i < ROUNDS; i++) {
		spin_lock_irq(&rq->lock);
		p->se.vruntime = anywhere(s, r);
		t = rdtsc();
		activate_task(rq, p, ENQUEUE_WAKEUP);
		check_preempt_curr(rq, p, 0);
		sum.wakeup += rdtsc() - t;

		rq->clock += 1000000;
		rq->clock_task += 1000000;
		clear_tsk_need_resched(rq->curr);
		t = rdtsc();
		put_prev_task(rq, rq->curr);
		rq->curr = fair_sched_class.pick_next_task(rq);
		sum.pick += rdtsc() - t;

		t = rdtsc();
		deactivate_task(rq, p, DEQUEUE_SLEEP);
		sum.sleep += rdtsc() - t;
		if (rq->curr == p) {
			put_prev_task(rq, p);
			rq->curr = fair_sched_class.pick_next_task(rq);
		}
		spin_unlock_irq(&rq->lock);
	}
	sum.wakeup /= ROUNDS;
	sum.pick /= ROUNDS;
	sum.sleep /= ROUNDS;
	return sum;
}

static void the_cost_by_the_number_of_tasks(struct kunit *test)
{
	static const int counts[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000, 4000, 7000, 10000 };
	struct cost cost;
	struct sim *s = sim_new(test);
	struct task_struct *task = vmalloc(10001 * sizeof(*task));
	struct test_random r;
	int n = 0;

	if (!task)
		kunit_skip(test, "no memory for ten thousand tasks");
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, vfree_action, task), 0);
	test_random_init(test, &r, 11);
	for (int i = 0; i < 10001; i++) {
		struct task_struct *p = &task[i];

		memset(&p->se, 0, sizeof(p->se));
		memset(&p->rt, 0, sizeof(p->rt));
		memset(&p->sched_info, 0, sizeof(p->sched_info));
		p->thread_info.flags = 0;
		p->state = TASK_RUNNING;
		p->policy = SCHED_NORMAL;
		p->on_rq = 0;
		p->static_prio = p->normal_prio = p->prio = NICE_TO_PRIO(0);
		p->sched_class = &fair_sched_class;
		p->se.cfs_rq = &s->rq->cfs;
		set_load_weight(p);
	}
	for (int i = 0; i < (int)ARRAY_SIZE(counts); i++) {
		spin_lock_irq(&s->rq->lock);
		for (; n < counts[i]; n++) {
			task[n].se.vruntime = test_random_below(&r, 100000000);
			activate_task(s->rq, &task[n], 0);
		}
		if (!i) {
			put_prev_task(s->rq, s->rq->curr);
			s->rq->curr = fair_sched_class.pick_next_task(s->rq);
		}
		spin_unlock_irq(&s->rq->lock);
		cost = cost_among(s, task, n, &r);
		kunit_info(test, "among %5d: wakeup %llu, pick %llu, sleep %llu cycles", n, cost.wakeup, cost.pick, cost.sleep);
	}
	KUNIT_EXPECT_EQ(test, (int)cfs_rq_broken(&s->rq->cfs), (int)SCHED_SOUND);
}

static struct kunit_case cost_cases[] = {
	KUNIT_CASE_NAMED(the_cost_by_the_number_of_tasks, "what a wakeup, a choice and a sleep cost among up to ten thousand tasks"),
	{}
};
static struct kunit_suite cost_suite = { .name = "sched-cost", .test_cases = cost_cases };
kunit_test_suite(cost_suite);
