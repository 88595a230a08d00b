/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/cost_test.c - what scheduling costs by the number of runnable tasks: in the fair class, and as a whole.
 *
 * The tree grows with the logarithm of their number, and with it the search for a place; the leftmost is cached, so that choosing costs
 * a rebalancing now and then. Two cases:
 *
 *	a queue of the test's own (sim.h)	the functions of the fair class alone, with tasks at random places of the timeline
 *	the CPU's own queue			wake_up_process() of a thread that sleeps, and schedule() from its call to the return
 *						of it in the thread that was picked, with so many threads runnable
 *
 * For the second, threads sleep that do nothing but go to sleep again. With interrupts off so many of them are woken, and none runs. The
 * wakeup of one more is counted, then the switch: the test goes to sleep, another is picked. After that all run once:
 *
 *	test	wake 1 ... n, [wake n + 1], [schedule() ...
 *	thread						... returns], sleeps
 *	others							     each runs and sleeps; the last wakes the test
 *
 * Not judged, only told: on a host that is busy a cycle can be long. Under -icount it is an instruction: tools/sched_cost.py draws the
 * curves, tests/test_sched.py judges them.
 */
#include <primer/cpumask.h>
#include <primer/kthread.h>
#include <primer/mm.h>
#include <primer/sleep.h>
#include <primer/vmalloc.h>
#include <asm/msr.h>

#include "../lib/random.h"
#include "sim.h"

#define ROUNDS	300

static const int counts[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000, 4000, 7000, 10000 };

struct cost {
	u64 enqueue, pick, dequeue;
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
		sum.enqueue += rdtsc() - t;

		rq->clock += 1000000;
		rq->clock_task += 1000000;
		clear_tsk_need_resched(rq->curr);
		t = rdtsc();
		put_prev_task(rq, rq->curr);
		rq->curr = fair_sched_class.pick_next_task(rq);
		sum.pick += rdtsc() - t;

		t = rdtsc();
		deactivate_task(rq, p, DEQUEUE_SLEEP);
		sum.dequeue += rdtsc() - t;
		if (rq->curr == p) {
			put_prev_task(rq, p);
			rq->curr = fair_sched_class.pick_next_task(rq);
		}
		spin_unlock_irq(&rq->lock);
	}
	sum.enqueue /= ROUNDS;
	sum.pick /= ROUNDS;
	sum.dequeue /= ROUNDS;
	return sum;
}

static void the_cost_by_the_number_of_tasks(struct kunit *test)
{
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
		kunit_info(test, "among %5d: enqueue %llu, pick %llu, dequeue %llu cycles", n, cost.enqueue, cost.pick, cost.dequeue);
	}
	KUNIT_EXPECT_EQ(test, (int)cfs_rq_broken(&s->rq->cfs), (int)SCHED_SOUND);
}

/* ---- on the CPU's own queue ---------------------------------------------------------------------------------------- */

#define CROWD_ROUNDS	8

struct crowd {
	struct task_struct **thread;
	int nr;
	struct task_struct *test;	/* to be woken when so many threads as wanted have run */
	int wanted;
	cpumask_t cpus;			/* where the test may run but for it */
	atomic_t ran;			/* so many threads have run in this round */
	u64 start;			/* the cycle of the test's call of schedule(); 0: somebody has been switched to */
	u64 took;
	u64 wakeup, switches;		/* sums */
};

static int crowd_fn(void *arg)
{
	struct crowd *c = arg;

	for (;;) {
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		schedule();
		if (c->start) {
			c->took = rdtsc() - c->start;
			c->start = 0;
		}
		if (atomic_inc_return(&c->ran) == c->wanted)
			wake_up_process(c->test);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void crowd_gone(void *p)
{
	struct crowd *c = p;

	while (c->nr)
		kthread_stop(c->thread[--c->nr]);
	vfree(c->thread);
	set_cpus_allowed_ptr(current, &c->cpus);
}

/* Until all of @nr have run, and nobody but us is on the queue. */
static void crowd_sleeps(struct crowd *c, int nr)
{
	while (atomic_read(&c->ran) < nr || READ_ONCE(this_rq()->nr_running) > 1)
		schedule_timeout_uninterruptible(1);
}

/* With @n runnable: one is woken, and somebody is switched to. */
static void crowd_round(struct crowd *c, int n)
{
	u64 t;

	atomic_set(&c->ran, 0);
	c->took = 0;
	c->wanted = n + 1;
	preempt_disable();
	local_irq_disable();
	for (int i = 0; i < n; i++)
		wake_up_process(c->thread[i]);
	t = rdtsc();
	wake_up_process(c->thread[n]);
	c->wakeup += rdtsc() - t;
	local_irq_enable();		/* a tick that has waited for it comes here */
	set_current_state(TASK_UNINTERRUPTIBLE);
	preempt_enable_no_resched();
	c->start = rdtsc();
	schedule();			/* until the last of them wakes us */
	__set_current_state(TASK_RUNNING);
	crowd_sleeps(c, n + 1);
	c->switches += c->took;
}

static void the_cost_of_a_real_wakeup_and_switch(struct kunit *test)
{
	/* A thread is a stack and a task, and all threads together may take an eighth of memory: 10,000 take 2 GiB of it. */
	int most = totalram_pages() > (1500UL << 20) / PAGE_SIZE ? 10000 : 512;
	struct crowd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct task_struct *p;

#ifdef CONFIG_DEBUG
	most = 64;			/* each step looks at the whole queue */
#endif
	KUNIT_ASSERT_NOT_NULL(test, c);
	c->thread = vmalloc((most + 1) * sizeof(*c->thread));
	KUNIT_ASSERT_NOT_NULL(test, c->thread);
	c->test = current;
	c->cpus = current->cpus_mask;
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, crowd_gone, c), 0);
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	for (int i = 0; i < (int)ARRAY_SIZE(counts) && counts[i] <= most; i++) {
		c->wakeup = c->switches = 0;
		for (; c->nr <= counts[i]; c->nr++) {
			p = kthread_create(crowd_fn, c, "crowd/%d", c->nr);
			KUNIT_ASSERT_FALSE(test, IS_ERR(p));
			kthread_bind(p, raw_smp_processor_id());
			c->thread[c->nr] = p;
			wake_up_process(p);
		}
		/* Born, they run once before they sleep for the first time: that is no round. */
		schedule_timeout_uninterruptible(1);
		crowd_sleeps(c, 0);
		for (int k = 0; k < CROWD_ROUNDS; k++)
			crowd_round(c, counts[i]);
		KUNIT_EXPECT_GT(test, c->switches, 0ULL);
		kunit_info(test, "among %5d: wakeup %llu, switch %llu cycles", counts[i], c->wakeup / CROWD_ROUNDS,
			   c->switches / CROWD_ROUNDS);
	}
}

static struct kunit_case cost_cases[] = {
	KUNIT_CASE_NAMED(the_cost_by_the_number_of_tasks, "what the fair class costs among up to ten thousand tasks"),
	KUNIT_CASE_NAMED(the_cost_of_a_real_wakeup_and_switch, "what wake_up_process() and schedule() cost among up to ten thousand threads"),
	{}
};
static struct kunit_suite cost_suite = { .name = "sched-cost", .test_cases = cost_cases };
kunit_test_suite(cost_suite);
