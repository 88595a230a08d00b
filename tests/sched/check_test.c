/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/sched/check_test.c - the judge of run queues (sched/check.c) is judged: each invariant is broken once, on a queue of the test's
 * own, and must be found; a queue that is sound must be found sound. And the report comes once.
 */
#include "sim.h"

#define NR	12

/* A queue with NR fair tasks, one of which runs, and two real-time ones. */
static struct sim *crowd(struct kunit *test)
{
	struct sim *s = sim_new(test);

	for (int i = 0; i < NR; i++) {
		sim_enqueue(s, sim_task(s, i, i - 4), 0);
		sim_time(s, 100000);
	}
	sim_schedule(s, false);
	for (int i = NR; i < NR + 2; i++) {
		struct task_struct *p = sim_task(s, i, 0);

		p->sched_class = &rt_sched_class;
		p->policy = SCHED_FIFO;
		p->rt_priority = 10;
		p->prio = p->normal_prio = MAX_RT_PRIO - 1 - 10;
		INIT_LIST_HEAD(&p->rt.run_list);
		list_add_tail(&p->rt.run_list, &s->rq->rt.active.queue[p->prio]);
		__set_bit(p->prio, s->rq->rt.active.bitmap);
		p->rt.on_list = p->rt.on_rq = 1;
		p->on_rq = TASK_ON_RQ_QUEUED;
		p->nr_cpus_allowed = 2;
		s->rq->rt.highest_prio = p->prio;
		s->rq->rt.rt_nr_running++;
		s->rq->rt.rt_nr_migratory++;
		s->rq->rt.rt_queued = true;
		s->rq->nr_running++;
	}
	return s;
}

static enum sched_violation verdict(struct sim *s)
{
	enum sched_violation v;

	spin_lock_irq(&s->rq->lock);
	v = rq_broken(s->rq);
	spin_unlock_irq(&s->rq->lock);
	return v;
}

/* Break it, look, and mend it: after that the queue must be sound again, or the next case would prove nothing. */
#define FOUND(s, violation, harm, repair) do { \
	KUNIT_ASSERT_EQ(test, (int)verdict(s), (int)SCHED_SOUND); \
	harm; \
	KUNIT_EXPECT_EQ_MSG(test, (int)verdict(s), (int)(violation), "%s", sched_violation_name(violation)); \
	repair; \
	KUNIT_ASSERT_EQ_MSG(test, (int)verdict(s), (int)SCHED_SOUND, "after %s", sched_violation_name(violation)); \
} while (0)

static struct sched_entity *leftmost(struct sim *s)
{
	return rb_entry(s->rq->cfs.tasks_timeline.rb_leftmost, struct sched_entity, run_node);
}

static void a_broken_timeline_is_found(struct kunit *test)
{
	struct sim *s = crowd(test);
	struct cfs_rq *cfs = &s->rq->cfs;
	struct rb_node *left = cfs->tasks_timeline.rb_leftmost, *root = cfs->tasks_timeline.rb_root.rb_node;
	struct sched_entity *se = leftmost(s), *top = rb_entry(root, struct sched_entity, run_node);
	struct sched_entity *last = rb_entry(rb_last(&cfs->tasks_timeline.rb_root), struct sched_entity, run_node);
	u64 vruntime = se->vruntime;

	FOUND(s, SCHED_TREE_ORDER, se->vruntime = top->vruntime + 1, se->vruntime = vruntime);
	last->vruntime -= 1000000000;
	KUNIT_EXPECT_EQ_MSG(test, (int)verdict(s), (int)SCHED_TREE_ORDER, "at the right end");
	last->vruntime += 1000000000;
	FOUND(s, SCHED_TREE_COLOUR, root->__rb_parent_color ^= 1, root->__rb_parent_color ^= 1);
	FOUND(s, SCHED_TREE_COLOUR, left->__rb_parent_color ^= 1, left->__rb_parent_color ^= 1);
	FOUND(s, SCHED_TREE_LEFTMOST, cfs->tasks_timeline.rb_leftmost = rb_next(left), cfs->tasks_timeline.rb_leftmost = left);
	FOUND(s, SCHED_TREE_LEFTMOST, cfs->tasks_timeline.rb_leftmost = NULL, cfs->tasks_timeline.rb_leftmost = left);
	FOUND(s, SCHED_TREE_MEMBERS, se->on_rq = 0, se->on_rq = 1);
	FOUND(s, SCHED_TREE_MEMBERS, swap(cfs->curr, se), swap(cfs->curr, se));
}

static void broken_sums_are_found(struct kunit *test)
{
	struct sim *s = crowd(test);
	struct cfs_rq *cfs = &s->rq->cfs;

	FOUND(s, SCHED_MIN_FELL, (cfs->min_vruntime -= 5), (cfs->min_vruntime += 5));
	FOUND(s, SCHED_LOAD_SUM, cfs->load.weight += 1, cfs->load.weight -= 1);
	FOUND(s, SCHED_LOAD_SUM, leftmost(s)->load.weight += 1, leftmost(s)->load.weight -= 1);
	FOUND(s, SCHED_COUNT, cfs->nr_running++, cfs->nr_running--);
	FOUND(s, SCHED_COUNT, cfs->h_nr_running--, cfs->h_nr_running++);
	FOUND(s, SCHED_COUNT, s->rq->nr_running++, s->rq->nr_running--);
}

static void a_task_on_two_queues_is_found(struct kunit *test)
{
	struct sim *s = crowd(test), *other = sim_new(test);
	struct task_struct *p = container_of(leftmost(s), struct task_struct, se);
	struct cfs_rq *home = p->se.cfs_rq;

	FOUND(s, SCHED_WRONG_QUEUE, p->se.cfs_rq = &other->rq->cfs, p->se.cfs_rq = home);
	FOUND(s, SCHED_WRONG_QUEUE, s->rq->curr->se.cfs_rq = &other->rq->cfs, s->rq->curr->se.cfs_rq = home);
	FOUND(s, SCHED_TWO_CLASSES, p->rt.on_list = 1, p->rt.on_list = 0);
	FOUND(s, SCHED_TWO_CLASSES, s->task[NR]->se.on_rq = 1, s->task[NR]->se.on_rq = 0);
}

static void broken_priority_lists_are_found(struct kunit *test)
{
	struct sim *s = crowd(test);
	struct rt_rq *rt = &s->rq->rt;
	struct task_struct *p = s->task[NR];

	FOUND(s, SCHED_RT_BITMAP, __set_bit(7, rt->active.bitmap), __clear_bit(7, rt->active.bitmap));
	FOUND(s, SCHED_RT_BITMAP, __clear_bit(p->prio, rt->active.bitmap), __set_bit(p->prio, rt->active.bitmap));
	FOUND(s, SCHED_RT_BITMAP, __clear_bit(MAX_RT_PRIO, rt->active.bitmap), __set_bit(MAX_RT_PRIO, rt->active.bitmap));
	FOUND(s, SCHED_RT_LIST, p->prio--, p->prio++);
	FOUND(s, SCHED_RT_LIST, p->rt.on_list = 0, p->rt.on_list = 1);
	FOUND(s, SCHED_RT_LIST, rt->rt_nr_running--, rt->rt_nr_running++);
	FOUND(s, SCHED_RT_LIST, rt->rt_nr_migratory--, rt->rt_nr_migratory++);
	FOUND(s, SCHED_RT_BITMAP, rt->highest_prio--, rt->highest_prio++);
	FOUND(s, SCHED_RT_OVERLOAD, s->rq->online = true, s->rq->online = false);
	FOUND(s, SCHED_RT_THROTTLED, rt->rt_throttled = true, rt->rt_throttled = false);
}

static void a_violation_is_reported_once(struct kunit *test)
{
	struct sim *s = crowd(test);
	unsigned long before = sched_reported();

	/* If this machine's own queues were broken before, that was the one time. */
	if (before)
		kunit_skip(test, "already reported: %lx", before);
	sched_forget_reports();
	spin_lock_irq(&s->rq->lock);
	s->rq->cfs.load.weight++;
	KUNIT_EXPECT_FALSE(test, sched_report(s->rq, SCHED_SOUND));
	KUNIT_EXPECT_TRUE(test, sched_report(s->rq, rq_broken(s->rq)));
	KUNIT_EXPECT_FALSE(test, sched_report(s->rq, rq_broken(s->rq)));
	KUNIT_EXPECT_EQ(test, sched_reported(), 1UL << SCHED_LOAD_SUM);
	s->rq->cfs.load.weight--;
	spin_unlock_irq(&s->rq->lock);
	sched_forget_reports();
}

/* The rest of this machine's queues are sound as well: whatever ran before this. */
static void the_real_queues_are_sound(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		enum sched_violation v;

		spin_lock_irq(&cpu_rq(cpu)->lock);
		v = rq_broken(cpu_rq(cpu));
		spin_unlock_irq(&cpu_rq(cpu)->lock);
		KUNIT_EXPECT_EQ_MSG(test, (int)v, (int)SCHED_SOUND, "CPU %u: %s", cpu, sched_violation_name(v));
	}
}

static struct kunit_case check_cases[] = {
	KUNIT_CASE_NAMED(a_broken_timeline_is_found, "order, colours, leftmost and members of the timeline: each fault is found"),
	KUNIT_CASE_NAMED(broken_sums_are_found, "min_vruntime that falls, load and counts that are wrong are found"),
	KUNIT_CASE_NAMED(a_task_on_two_queues_is_found, "a task that belongs elsewhere, or to two classes, is found"),
	KUNIT_CASE_NAMED(broken_priority_lists_are_found, "real-time lists and bitmap: each fault is found"),
	KUNIT_CASE_NAMED(a_violation_is_reported_once, "a violation is reported once for each kind"),
	KUNIT_CASE_NAMED(the_real_queues_are_sound, "the queues of this machine are sound"),
	{}
};
static struct kunit_suite check_suite = { .name = "sched-check", .test_cases = check_cases };
kunit_test_suite(check_suite);
