/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/cfs_test.c - CFS by the numbers: what the formulas of sched/fair.c predict, and what the class does.
 *
 * The prediction is made here once more, from the formulas alone and with nothing of the class: three tasks, a tick each millisecond,
 * exact fractions. Both are printed, line by line, so that a reader can follow with pencil and paper.
 */
#include "../lib/random.h"
#include "sim.h"

/* ---- the worked example -------------------------------------------------------------------------------------------- */

#define NR	3
#define TICK	1000000ULL

static void scale_again(void *scaling)
{
	sysctl_sched_tunable_scaling = (unsigned long)scaling;
	sched_init_granularity();
}

/* The numbers of one CPU, however many there are, until the case ends. */
static void as_on_one_cpu(struct kunit *test)
{
	void *scaling = (void *)(unsigned long)sysctl_sched_tunable_scaling;

	KUNIT_ASSERT_EQ(test, kunit_add_action(test, scale_again, scaling), 0);
	scale_again((void *)(unsigned long)SCHED_TUNABLESCALING_NONE);
}

struct model {
	u64 weight[NR], total;
	u64 vruntime[NR];		/* ns of virtual time since the start, of nice 0 */
	u64 ran[NR], since_picked;
	int curr;
};

static const int nices[NR] = { 0, 5, -5 };
static const char names[] = "ABC";

static int leftmost_of(const struct model *m)
{
	int left = -1;

	/* Among equals the one that came first stands to the left. */
	for (int i = 0; i < NR; i++)
		if (left < 0 || m->vruntime[i] < m->vruntime[left])
			left = i;
	return left;
}

/* A tick of the model. Returns true when another task is to run. */
static bool model_tick(struct model *m)
{
	u64 period = sysctl_sched_latency, slice = period * m->weight[m->curr] / m->total;

	m->since_picked += TICK;
	m->ran[m->curr] += TICK;
	/* From the sum, so that the model does not round at each step. */
	m->vruntime[m->curr] = mul_u64_u64_div_u64(m->ran[m->curr], 1024, m->weight[m->curr]);
	if (m->since_picked > slice)
		return true;
	if (m->since_picked < sysctl_sched_min_granularity)
		return false;
	/* Somebody is behind by more than a slice. */
	for (int i = 0; i < NR; i++)
		if (i != m->curr && m->vruntime[i] + slice < m->vruntime[m->curr])
			return true;
	return false;
}

static u64 apart(u64 a, u64 b)
{
	return a > b ? a - b : b - a;
}

static void the_worked_example(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct model m = { 0 };
	u64 origin = s->rq->cfs.min_vruntime;
	int switches = 0;

	as_on_one_cpu(test);
	for (int i = 0; i < NR; i++) {
		m.weight[i] = sched_prio_to_weight[nices[i] + 20];
		m.total += m.weight[i];
		sim_enqueue(s, sim_task(s, i, nices[i]), 0);
	}
	for (int i = 0; i < NR; i++)
		kunit_info(test, "%c: nice %2d, weight %4llu, slice %7llu ns, 1 ms of it is %7llu ns of virtual time", names[i],
			   nices[i], m.weight[i], sysctl_sched_latency * m.weight[i] / m.total, 1000000ULL * 1024 / m.weight[i]);
	kunit_info(test, "  ms  ran  vruntimes predicted, ns              measured");
	m.curr = leftmost_of(&m);
	sim_schedule(s, false);
	for (int ms = 1; ms <= 60; ms++) {
		bool change = model_tick(&m);
		u64 v[NR];

		KUNIT_ASSERT_PTR_EQ_MSG(test, s->rq->curr, s->task[m.curr], "at %d ms", ms);
		sim_time(s, TICK);
		sim_tick(s);
		for (int i = 0; i < NR; i++) {
			v[i] = s->task[i]->se.vruntime - origin;
			/* Each tick may cut off a part of the last place, and 2^32 / weight one part in 2^32 / weight. */
			KUNIT_EXPECT_LE_MSG(test, apart(v[i], m.vruntime[i]), 60 + m.vruntime[i] / 1000000, "%c at %d ms", names[i], ms);
		}
		KUNIT_ASSERT_EQ_MSG(test, (int)test_tsk_need_resched(s->rq->curr), (int)change, "at %d ms", ms);
		if (change) {
			kunit_info(test, "%4d   %c  %9llu %9llu %9llu  %9llu %9llu %9llu", ms, names[m.curr], m.vruntime[0],
				   m.vruntime[1], m.vruntime[2], v[0], v[1], v[2]);
			m.curr = leftmost_of(&m);
			m.since_picked = 0;
			sim_schedule(s, false);
			switches++;
		}
	}
	for (int i = 0; i < NR; i++)
		kunit_info(test, "%c ran %2llu ms of 60: its share is %llu.%llu", names[i], m.ran[i] / TICK,
			   60 * m.weight[i] / m.total, 600 * m.weight[i] / m.total % 10);
	KUNIT_EXPECT_GT(test, switches, 10);
	sim_end(s);
}

/* ---- groups -------------------------------------------------------------------------------------------------------- */

/* A group of nice 0 with its own queue, below the root. */
struct group {
	struct sched_entity se;
	struct cfs_rq cfs_rq;
};

static struct group *new_group(struct sim *s)
{
	struct group *g = kunit_kzalloc(s->test, sizeof(*g), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(s->test, g);
	init_cfs_rq(&g->cfs_rq);
	g->cfs_rq.rq = s->rq;
	g->se.load = (struct load_weight){ .weight = NICE_0_LOAD };
	g->se.cfs_rq = &s->rq->cfs;
	g->se.my_q = &g->cfs_rq;
	return g;
}

static void join(struct group *g, struct task_struct *p)
{
	p->se.parent = &g->se;
	p->se.cfs_rq = &g->cfs_rq;
	p->se.depth = 1;
}

/* Two in a group beside one that stands alone: a half for the one, a quarter for each of the two, or by weight within the group. */
static void a_group_shares_as_one(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct group *g = new_group(s);
	u64 total = 0, ran[3];

	sim_enqueue(s, sim_task(s, 0, 0), 0);
	join(g, sim_task(s, 1, 0));
	sim_enqueue(s, s->task[1], 0);
	join(g, sim_task(s, 2, 5));
	sim_enqueue(s, s->task[2], 0);
	KUNIT_EXPECT_EQ(test, s->rq->cfs.nr_running, 2U);
	KUNIT_EXPECT_EQ(test, s->rq->cfs.h_nr_running, 3U);
	KUNIT_EXPECT_EQ(test, s->rq->nr_running, 3U);
	KUNIT_EXPECT_EQ(test, g->cfs_rq.nr_running, 2U);
	sim_schedule(s, false);
	for (int ms = 0; ms < 4000; ms++) {
		sim_time(s, TICK);
		sim_tick(s);
		if (test_tsk_need_resched(s->rq->curr))
			sim_schedule(s, false);
	}
	for (int i = 0; i < 3; i++) {
		ran[i] = s->task[i]->se.sum_exec_runtime;
		total += ran[i];
	}
	KUNIT_EXPECT_EQ(test, total, 4000 * TICK);
	KUNIT_EXPECT_LE(test, apart(ran[0], total / 2), total / 200);
	KUNIT_EXPECT_LE(test, apart(ran[1], total / 2 * 1024 / 1359), total / 200);
	KUNIT_EXPECT_LE(test, apart(ran[2], total / 2 * 335 / 1359), total / 200);
	/* The group leaves with its last member. */
	sim_end(s);
	KUNIT_EXPECT_EQ(test, g->se.on_rq, 0U);
	KUNIT_EXPECT_EQ(test, g->cfs_rq.load.weight, 0UL);
}

/* ---- buddies ------------------------------------------------------------------------------------------------------- */

/* Ten hogs of one vruntime, of which one runs; an eleventh task that will be woken. */
static struct task_struct *crowded(struct sim *s)
{
	for (int i = 0; i < 10; i++)
		sim_enqueue(s, sim_task(s, i, 0), 0);
	sim_schedule(s, false);
	return sim_task(s, 10, 0);
}

static void a_preempted_task_goes_on_after_the_one_that_preempted_it(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct task_struct *woken = crowded(s), *curr = s->rq->curr;

	/* It has run a little: it stands behind the other nine, and would come last. */
	sim_time(s, 500000);
	woken->se.vruntime = s->rq->cfs.min_vruntime - 4 * (u64)sysctl_sched_wakeup_granularity;
	sim_enqueue(s, woken, ENQUEUE_WAKEUP);
	KUNIT_ASSERT_TRUE(test, test_tsk_need_resched(curr));
	KUNIT_EXPECT_PTR_EQ(test, s->rq->cfs.next, &woken->se);
	KUNIT_EXPECT_PTR_EQ(test, s->rq->cfs.last, &curr->se);
	sim_schedule(s, false);
	KUNIT_ASSERT_PTR_EQ(test, s->rq->curr, woken);
	sim_time(s, 100000);
	sim_schedule(s, true);
	KUNIT_EXPECT_PTR_EQ_MSG(test, s->rq->curr, curr, "the one that was preempted, not the leftmost");
	sim_end(s);
}

static void a_hint_costs_no_more_fairness_than_the_granularity(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct task_struct *curr;

	crowded(s);
	curr = s->rq->curr;
	sim_time(s, sysctl_sched_wakeup_granularity + 100000);
	s->rq->cfs.last = &curr->se;
	sim_schedule(s, false);
	KUNIT_EXPECT_PTR_NE_MSG(test, s->rq->curr, curr, "too far ahead of the leftmost");
	sim_end(s);
}

static void a_yield_lets_the_next_one_run(struct kunit *test)
{
	struct sim *s = sim_new(test);
	struct task_struct *a = sim_task(s, 0, 0), *b = sim_task(s, 1, 0);

	as_on_one_cpu(test);
	sim_enqueue(s, a, 0);
	sim_enqueue(s, b, 0);
	/* b has run more, but not by a granularity. */
	sim_schedule(s, false);
	KUNIT_ASSERT_PTR_EQ(test, s->rq->curr, a);
	sim_time(s, 900000);
	sim_schedule(s, false);
	KUNIT_ASSERT_PTR_EQ(test, s->rq->curr, b);
	spin_lock_irq(&s->rq->lock);
	s->rq->cfs.skip = &b->se;
	spin_unlock_irq(&s->rq->lock);
	sim_schedule(s, false);
	KUNIT_EXPECT_PTR_EQ_MSG(test, s->rq->curr, a, "although b is the leftmost");
	/* From then on it is behind by more than a granularity, and must run. */
	sim_time(s, 500000);
	s->rq->cfs.skip = &b->se;
	sim_schedule(s, false);
	KUNIT_EXPECT_PTR_EQ_MSG(test, s->rq->curr, b, "nobody can yield himself out of his share");
	sim_end(s);
}

/* ---- forks --------------------------------------------------------------------------------------------------------- */

static void a_child_starts_a_slice_behind(struct kunit *test)
{
	struct task_struct *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	u64 vslice;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_PTR_EQ(test, current->sched_class, &fair_sched_class);
	p->static_prio = p->prio = p->normal_prio = NICE_TO_PRIO(5);
	p->sched_class = &fair_sched_class;
	set_load_weight(p);
	local_irq_disable();
	p->se.cfs_rq = &this_rq()->cfs;
	fair_sched_class.task_fork(p);
	vslice = calc_delta_fair(sched_slice(p->se.cfs_rq, &p->se), &p->se);
	local_irq_enable();
	/* Relative to min_vruntime, as long as it is on no queue. */
	KUNIT_EXPECT_GE(test, (s64)p->se.vruntime, (s64)vslice);
	KUNIT_EXPECT_GT(test, vslice, 0ULL);
}

/* ---- tunables ------------------------------------------------------------------------------------------------------ */

static void tunables_scale_and_come_back(struct kunit *test)
{
	unsigned int latency = sysctl_sched_latency, granularity = sysctl_sched_min_granularity, nr = sched_nr_latency;

	KUNIT_EXPECT_EQ(test, latency % 6000000, 0U);
	KUNIT_EXPECT_EQ(test, nr, 8U);
	sysctl_sched_latency = latency * 2;
	sched_tunables_written();
	KUNIT_EXPECT_EQ(test, sched_nr_latency, 16U);
	sysctl_sched_min_granularity = granularity * 3;
	sched_tunables_written();
	KUNIT_EXPECT_EQ_MSG(test, sched_nr_latency, 6U, "16 / 3, rounded up");
	sched_init_granularity();
	KUNIT_EXPECT_EQ_MSG(test, sysctl_sched_latency, latency * 2, "as written, for as many CPUs as there are");
	sysctl_sched_latency = latency;
	sysctl_sched_min_granularity = granularity;
	sched_tunables_written();
	KUNIT_EXPECT_EQ(test, sched_nr_latency, nr);
}

static struct kunit_case cfs_cases[] = {
	KUNIT_CASE_NAMED(the_worked_example, "the class does what the formulas predict, step by step"),
	KUNIT_CASE_NAMED(a_group_shares_as_one, "a group of tasks shares as one entity, and within itself by weight"),
	KUNIT_CASE_NAMED(a_preempted_task_goes_on_after_the_one_that_preempted_it, "last and next buddies: who was preempted goes on"),
	KUNIT_CASE_NAMED(a_hint_costs_no_more_fairness_than_the_granularity, "a buddy that is too far ahead is not picked"),
	KUNIT_CASE_NAMED(a_yield_lets_the_next_one_run, "a yield passes the CPU on, but not beyond the granularity"),
	KUNIT_CASE_NAMED(a_child_starts_a_slice_behind, "a child starts a slice behind"),
	KUNIT_CASE_NAMED(tunables_scale_and_come_back, "tunables scale by CPUs and set where the period stretches"),
	{}
};
static struct kunit_suite cfs_suite = { .name = "sched-cfs", .test_cases = cfs_cases };
kunit_test_suite(cfs_suite);
