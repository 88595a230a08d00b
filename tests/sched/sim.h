/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/sim.h - a run queue and tasks of a test's own, for the real fair class, with a clock of their own: seconds of scheduling
 * take milliseconds and are the same in every run.
 *
 * The queue says that it belongs to a CPU that is not there: asking it to reschedule only sets a flag.
 */
#ifndef TESTS_SCHED_SIM_H
#define TESTS_SCHED_SIM_H

#include <kunit/test.h>
#include <primer/kernel.h>
#include <primer/slab.h>

#include "../../sched/sched.h"

#define NR_TASKS	40

struct sim {
	struct rq *rq;
	struct task_struct *task[NR_TASKS];
	u64 slept_at[NR_TASKS];
	u64 last_min;
	struct kunit *test;
};

static inline void sim_check(struct sim *s)
{
	enum sched_violation broken = cfs_rq_broken(&s->rq->cfs);

	KUNIT_EXPECT_TRUE_MSG(s->test, broken == SCHED_SOUND, "%s", sched_violation_name(broken));
	KUNIT_EXPECT_GE(s->test, (s64)(s->rq->cfs.min_vruntime - s->last_min), 0LL);
	s->last_min = s->rq->cfs.min_vruntime;
}

static inline void sim_time(struct sim *s, u64 ns)
{
	s->rq->clock += ns;
	s->rq->clock_task += ns;
}

/* Runs as long as @test: with the fake queue's lock held where the class expects it. */
static inline struct sim *sim_new(struct kunit *test)
{
	struct sim *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct task_struct *idle = kunit_kzalloc(test, sizeof(*idle), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_NOT_NULL(test, idle);
	s->test = test;
	s->rq = kunit_kzalloc(test, sizeof(*s->rq), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->rq);
	spin_lock_init(&s->rq->lock, LOCK_RANK_RQ);
	s->rq->cpu = NR_CPUS - 1;
	init_cfs_rq(&s->rq->cfs);
	s->rq->cfs.rq = s->rq;
	init_rt_rq(&s->rq->rt);
	idle->sched_class = &idle_sched_class;
	s->rq->idle = s->rq->curr = idle;
	s->rq->clock = s->rq->clock_task = 1000000000;
	s->last_min = s->rq->cfs.min_vruntime;
	return s;
}

static inline struct task_struct *sim_task(struct sim *s, int i, int nice)
{
	struct task_struct *p = kunit_kzalloc(s->test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(s->test, p);
	p->static_prio = p->normal_prio = p->prio = NICE_TO_PRIO(nice);
	p->sched_class = &fair_sched_class;
	p->se.cfs_rq = &s->rq->cfs;
	p->pid = 10000 + i;
	set_load_weight(p);
	s->task[i] = p;
	return p;
}

static inline void sim_enqueue(struct sim *s, struct task_struct *p, int flags)
{
	spin_lock_irq(&s->rq->lock);
	activate_task(s->rq, p, flags);
	check_preempt_curr(s->rq, p, 0);
	spin_unlock_irq(&s->rq->lock);
	sim_check(s);
}

/* What __schedule() does with the class. @sleep: the running task goes to sleep. */
static inline void sim_schedule(struct sim *s, bool sleep)
{
	struct rq *rq = s->rq;
	struct task_struct *prev = rq->curr, *next;

	spin_lock_irq(&rq->lock);
	if (sleep)
		deactivate_task(rq, prev, DEQUEUE_SLEEP);
	put_prev_task(rq, prev);
	next = fair_sched_class.pick_next_task(rq);
	rq->curr = next ? next : rq->idle;
	clear_tsk_need_resched(prev);
	spin_unlock_irq(&rq->lock);
	sim_check(s);
}

static inline void sim_renice(struct sim *s, struct task_struct *p, int nice, bool queued)
{
	bool running = p == s->rq->curr;

	spin_lock_irq(&s->rq->lock);
	if (queued)
		p->sched_class->dequeue_task(s->rq, p, DEQUEUE_SAVE | DEQUEUE_MOVE);
	if (running)
		put_prev_task(s->rq, p);
	p->static_prio = NICE_TO_PRIO(nice);
	set_load_weight(p);
	if (queued)
		p->sched_class->enqueue_task(s->rq, p, ENQUEUE_RESTORE | ENQUEUE_MOVE);
	if (running)
		set_next_task(s->rq, p);
	spin_unlock_irq(&s->rq->lock);
	sim_check(s);
}

static inline void sim_tick(struct sim *s)
{
	spin_lock_irq(&s->rq->lock);
	s->rq->curr->sched_class->task_tick(s->rq, s->rq->curr, 0);
	spin_unlock_irq(&s->rq->lock);
	sim_check(s);
}

static inline void sim_end(struct sim *s)
{
	/* Everybody leaves, so that the queue is seen to end empty. */
	while (s->rq->curr != s->rq->idle)
		sim_schedule(s, true);
	KUNIT_EXPECT_EQ(s->test, s->rq->cfs.nr_running, 0U);
	KUNIT_EXPECT_EQ(s->test, s->rq->cfs.load.weight, 0UL);
	KUNIT_EXPECT_EQ(s->test, s->rq->nr_running, 0U);
}

#endif
