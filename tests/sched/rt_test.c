/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/rt_test.c - the real-time class against its own claims, on a run queue of the test's own and on the machine's.
 *
 * The queue says that it belongs to a CPU that is not there. Its running task is marked for a reschedule from the beginning, so that
 * nobody sends that CPU an interrupt.
 */
#include <primer/kernel.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/time.h>

#include "../../sched/sched.h"
#include "../lib/random.h"
#include "threads.h"

#define NR_TASKS	60

struct rt_sim {
	struct rq *rq;
	struct task_struct *idle, *task[NR_TASKS];
	struct kunit *test;
};

static struct task_struct *sim_task(struct rt_sim *s, int i, int prio, int policy)
{
	struct task_struct *p = kunit_kzalloc(s->test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(s->test, p);
	p->prio = p->normal_prio = prio;
	p->policy = policy;
	p->rt_priority = MAX_RT_PRIO - 1 - prio;
	p->static_prio = DEFAULT_PRIO;
	p->sched_class = &rt_sched_class;
	p->nr_cpus_allowed = 1;
	p->rt.time_slice = 3;
	p->pid = 20000 + i;
	INIT_LIST_HEAD(&p->rt.run_list);
	p->se.cfs_rq = &s->rq->cfs;
	set_tsk_need_resched(p);
	s->task[i] = p;
	return p;
}

static struct rt_sim *sim_new(struct kunit *test)
{
	struct rt_sim *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	s->rq = kunit_kzalloc(test, sizeof(*s->rq), GFP_KERNEL);
	s->idle = kunit_kzalloc(test, sizeof(*s->idle), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->rq);
	KUNIT_ASSERT_NOT_NULL(test, s->idle);
	spin_lock_init(&s->rq->lock, LOCK_RANK_RQ);
	s->rq->cpu = NR_CPUS - 1;
	init_cfs_rq(&s->rq->cfs);
	s->rq->cfs.rq = s->rq;
	init_rt_rq(&s->rq->rt);
	s->rq->rt.rt_period_active = true;	/* no timer: the test says when a period ends */
	s->idle->sched_class = &idle_sched_class;
	s->idle->prio = MAX_PRIO;
	set_tsk_need_resched(s->idle);
	s->rq->idle = s->rq->curr = s->idle;
	s->rq->clock = s->rq->clock_task = NSEC_PER_SEC;
	return s;
}

static void sim_in(struct rt_sim *s, struct task_struct *p, int flags)
{
	spin_lock_irq(&s->rq->lock);
	activate_task(s->rq, p, flags);
	spin_unlock_irq(&s->rq->lock);
}

static void sim_out(struct rt_sim *s, struct task_struct *p)
{
	spin_lock_irq(&s->rq->lock);
	deactivate_task(s->rq, p, DEQUEUE_SLEEP);
	spin_unlock_irq(&s->rq->lock);
}

/* The next one runs. */
static struct task_struct *sim_pick(struct rt_sim *s)
{
	struct task_struct *p;

	spin_lock_irq(&s->rq->lock);
	if (s->rq->curr != s->idle)
		s->rq->curr->sched_class->put_prev_task(s->rq, s->rq->curr);
	p = rt_sched_class.pick_next_task(s->rq);
	s->rq->curr = p ? p : s->idle;
	spin_unlock_irq(&s->rq->lock);
	return p;
}

static void sim_tick(struct rt_sim *s)
{
	spin_lock_irq(&s->rq->lock);
	s->rq->clock += TICK_NSEC;
	s->rq->clock_task += TICK_NSEC;
	s->rq->curr->sched_class->task_tick(s->rq, s->rq->curr, 0);
	spin_unlock_irq(&s->rq->lock);
}

/* R1, R2, R4 after each of many comings and goings; who is picked is who an oracle without lists would pick. */
static void the_best_is_found_whoever_comes_and_goes(struct kunit *test)
{
	struct rt_sim *s = sim_new(test);
	u64 came[NR_TASKS] = { 0 }, now = 0;
	struct test_random r;

	test_random_init(test, &r, 11);
	for (int i = 0; i < NR_TASKS; i++) {
		sim_task(s, i, test_random_below(&r, 20) * 5 + test_random_below(&r, 5), SCHED_FIFO);
		s->task[i]->nr_cpus_allowed = 1 + test_random_below(&r, 2);
	}
	for (int step = 0; step < 5000; step++) {
		int i = test_random_below(&r, NR_TASKS), best = -1, n = 0, migratory = 0;
		struct task_struct *p = s->task[i];

		if (p->on_rq) {
			sim_out(s, p);
			came[i] = 0;
		} else {
			p->prio = test_random_below(&r, MAX_RT_PRIO);
			sim_in(s, p, 0);
			came[i] = ++now;
		}
		for (int k = 0; k < NR_TASKS; k++) {
			if (!came[k])
				continue;
			n++;
			migratory += s->task[k]->nr_cpus_allowed > 1;
			if (best < 0 || s->task[k]->prio < s->task[best]->prio ||
			    (s->task[k]->prio == s->task[best]->prio && came[k] < came[best]))
				best = k;
		}
		KUNIT_ASSERT_EQ(test, s->rq->rt.highest_prio, best < 0 ? MAX_RT_PRIO : s->task[best]->prio);
		KUNIT_ASSERT_EQ(test, s->rq->rt.rt_nr_running, (unsigned int)n);
		KUNIT_ASSERT_EQ(test, s->rq->rt.rt_nr_migratory, (unsigned int)migratory);
		KUNIT_ASSERT_EQ(test, s->rq->nr_running, (unsigned int)n);
		KUNIT_ASSERT_PTR_EQ(test, sim_pick(s), best < 0 ? NULL : s->task[best]);
		s->rq->curr = s->idle;
	}
}

static void rr_equals_take_turns_and_fifo_does_not(struct kunit *test)
{
	struct rt_sim *s = sim_new(test);
	struct task_struct *a = sim_task(s, 0, 50, SCHED_RR), *b = sim_task(s, 1, 50, SCHED_RR), *c = sim_task(s, 2, 40, SCHED_FIFO);
	int slice = sched_rr_timeslice;

	sim_in(s, a, 0);
	sim_in(s, b, 0);
	KUNIT_EXPECT_PTR_EQ(test, sim_pick(s), a);
	sim_tick(s);
	sim_tick(s);
	KUNIT_EXPECT_PTR_EQ_MSG(test, sim_pick(s), a, "its slice of 3 ticks is not over");
	sim_tick(s);
	KUNIT_EXPECT_PTR_EQ_MSG(test, sim_pick(s), b, "the slice is over");
	KUNIT_EXPECT_EQ(test, (int)a->rt.time_slice, slice);

	/* A better one comes and goes: b goes on, with what is left of its slice, before a. */
	sim_tick(s);
	sim_in(s, c, 0);
	KUNIT_EXPECT_PTR_EQ(test, sim_pick(s), c);
	for (int i = 0; i < 2 * slice; i++)
		sim_tick(s);
	KUNIT_EXPECT_PTR_EQ_MSG(test, sim_pick(s), c, "FIFO has no slice");
	sim_out(s, c);
	KUNIT_EXPECT_PTR_EQ(test, sim_pick(s), b);
	KUNIT_EXPECT_EQ(test, (int)b->rt.time_slice, 2);
}

static void throttled_after_its_runtime_until_the_period_ends(struct kunit *test)
{
	struct rt_sim *s = sim_new(test);
	struct task_struct *a = sim_task(s, 0, 50, SCHED_FIFO), *b = sim_task(s, 1, 60, SCHED_FIFO), *c = sim_task(s, 2, 70, SCHED_FIFO);
	int ticks = 0, limit = sysctl_sched_rt_runtime / 1000;

	if (sysctl_sched_rt_runtime < 0) {
		kunit_skip(test, "throttling is off");
		return;
	}
	sim_in(s, a, 0);
	sim_in(s, b, 0);
	KUNIT_EXPECT_PTR_EQ(test, sim_pick(s), a);
	while (!s->rq->rt.rt_throttled && ticks < 2 * limit) {
		sim_tick(s);
		ticks++;
	}
	KUNIT_EXPECT_EQ(test, ticks, limit + 1);
	KUNIT_EXPECT_EQ_MSG(test, s->rq->nr_running, 0U, "the CPU may look for other work");
	KUNIT_EXPECT_PTR_EQ(test, sim_pick(s), NULL);
	sim_out(s, b);
	sim_in(s, b, 0);
	KUNIT_EXPECT_EQ_MSG(test, s->rq->nr_running, 0U, "who comes meanwhile waits as well");
	KUNIT_EXPECT_PTR_EQ(test, sim_pick(s), NULL);

	/* One that runs in the others' time, and comes into this class. It polls, so that nobody sends its CPU an interrupt. */
	sim_in(s, c, 0);
	s->rq->curr = c;
	c->se.exec_start = s->rq->clock_task;
	set_tsk_thread_flag(c, TIF_POLLING_NRFLAG);
	clear_tsk_need_resched(c);
	sim_tick(s);
	KUNIT_EXPECT_TRUE_MSG(test, test_tsk_need_resched(c), "who comes meanwhile, and runs, is asked to leave");
	sim_out(s, c);
	s->rq->curr = s->idle;

	/* The timer's function, as at the end of the period. */
	local_irq_disable();
	hrtimer_set_expires(&s->rq->rt.rt_period_timer, 0);
	s->rq->rt.rt_period_timer.function(&s->rq->rt.rt_period_timer);
	local_irq_enable();
	KUNIT_EXPECT_FALSE(test, s->rq->rt.rt_throttled);
	KUNIT_EXPECT_EQ(test, s->rq->nr_running, 2U);
	KUNIT_EXPECT_PTR_EQ(test, sim_pick(s), a);
}

/* ---- on the machine's own CPUs ----------------------------------------------------------------------------------------- */

#define MAX_BURNERS	(NR_CPUS < 16 ? NR_CPUS : 16)

struct burner {
	struct task_struct *task;
	int cpu;		/* where it is; -1: has not run */
	bool stop;
};

static int burner_fn(void *arg)
{
	struct burner *b = arg;

	while (!READ_ONCE(b->stop)) {
		WRITE_ONCE(b->cpu, raw_smp_processor_id());
		cpu_relax();
	}
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

/* As many as CPUs but one (the test's own): each has its own, though all were made on this one. */
static void real_time_tasks_spread_at_once(struct kunit *test)
{
	int n = min_t(int, num_online_cpus() - 1, MAX_BURNERS), alone = 0;
	struct burner *b;
	u64 end;

	if (n < 1) {
		kunit_skip(test, "needs 2 CPUs");
		return;
	}
	b = kunit_kzalloc(test, n * sizeof(*b), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_EQ(test, sched_setscheduler_nocheck(current, SCHED_FIFO, 50), 0);
	for (int i = 0; i < n; i++) {
		b[i].cpu = -1;
		b[i].task = kthread_create(burner_fn, &b[i], "burner/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(b[i].task));
		sched_setscheduler_nocheck(b[i].task, SCHED_FIFO, 10 + i);
		wake_up_process(b[i].task);
	}
	end = sched_clock() + 5 * NSEC_PER_SEC;
	while (alone < n && sched_clock() < end) {
		cpumask_t seen = CPU_MASK_NONE;

		alone = 0;
		for (int i = 0; i < n; i++) {
			int cpu = READ_ONCE(b[i].cpu);

			if (cpu >= 0 && !cpumask_test_and_set_cpu(cpu, &seen))
				alone++;
		}
		cpu_relax();
	}
	for (int i = 0; i < n; i++)
		WRITE_ONCE(b[i].stop, true);
	sched_setscheduler_nocheck(current, SCHED_NORMAL, 0);
	KUNIT_EXPECT_EQ(test, alone, n);
	for (int i = 0; i < n; i++)
		kthread_stop(b[i].task);
}

static struct kunit_case rt_cases[] = {
	KUNIT_CASE_NAMED(the_best_is_found_whoever_comes_and_goes, "the best is found, equals in order, whoever comes and goes"),
	KUNIT_CASE_NAMED(rr_equals_take_turns_and_fifo_does_not, "RR equals take turns by their slices, FIFO keeps the CPU"),
	KUNIT_CASE_NAMED(throttled_after_its_runtime_until_the_period_ends,
			 "real-time tasks are throttled after their runtime, until the period ends"),
	KUNIT_CASE_NAMED(real_time_tasks_spread_at_once, "real-time tasks go to CPUs that run less important ones"),
	{}
};
static struct kunit_suite rt_suite = { .name = "sched-rt", .test_cases = rt_cases };
kunit_test_suite(rt_suite);
