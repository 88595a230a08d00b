/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/check.c - what must be true of a run queue, verified.
 *
 * The problem. A wrong sum or a tree out of order does not crash: it makes somebody run too often, or never, much later and
 * somewhere else. The place to catch it is the operation that broke it.
 *
 * The idea. The invariants are written down once more, as questions that look at everything and believe nothing that is
 * cached. A DEBUG build asks them after every operation on a run queue: a task comes or goes, the next one is picked, the
 * tick, a change of priority. That costs a walk over the queue each time, which is why other builds do not.
 *
 *	the timeline	T1 in order of vruntime, with parents that know their children
 *			T2 red nodes have black children, and each path has as many black nodes; the root is black
 *			T3 the cached leftmost is the first
 *			T4 holds what is queued and does not run
 *	virtual time	V1 min_vruntime has not fallen since the last look
 *	sums		L1 load is the sum of the members' weights
 *			L2 nr_running and h_nr_running are their numbers; of the whole queue, those of all classes
 *	membership	M1 whoever stands here says that he does: on_rq, the CPU, the queue, the class
 *			M2 whoever stands in one class' structure stands in no other
 *	real time	R1 the bitmap has the bits of the lists that are not empty, and the one behind the last; highest_prio is the first
 *			R2 each stands in the list of its priority, and they are as many as was counted, also of those that may leave
 *			R3 this CPU is among those that have one to give away if and only if it has
 *			R4 while they are throttled they are not counted among the whole queue's
 *
 * "On exactly one queue" follows from M1 and L2: a task has only one on_rq, CPU and queue to say, so a second queue that held
 * it would find that it says another one; and a task that says it is here, but is not, is missing in the count.
 *
 * A violation is reported once for each kind, with all that is known and a backtrace: the second would say the same, and the
 * queue stays broken. The kernel goes on, for whoever looks.
 *
 * Linux checks a part of this (SCHED_DEBUG, rq->clock_update_flags, lib/rbtree_test.c).
 *
 * All of it: rq->lock held.
 */
#include <primer/atomic.h>
#include <primer/printk.h>

#include "sched.h"

static const char *const violations[NR_SCHED_VIOLATIONS] = {
	[SCHED_TREE_ORDER]	= "T1: the timeline is not in order of vruntime",
	[SCHED_TREE_COLOUR]	= "T2: the timeline's colours are wrong",
	[SCHED_TREE_LEFTMOST]	= "T3: the cached leftmost is not the first",
	[SCHED_TREE_MEMBERS]	= "T4: the timeline holds somebody who runs or is not queued",
	[SCHED_MIN_FELL]	= "V1: min_vruntime has fallen",
	[SCHED_LOAD_SUM]	= "L1: the load is not the sum of the weights",
	[SCHED_COUNT]		= "L2: the number of tasks is not that of those who are there",
	[SCHED_WRONG_QUEUE]	= "M1: a task on this queue says that it is elsewhere",
	[SCHED_TWO_CLASSES]	= "M2: a task is queued in two classes",
	[SCHED_RT_BITMAP]	= "R1: the bitmap of priorities does not agree with the lists",
	[SCHED_RT_LIST]		= "R2: a real-time task stands in a list that is not its own, or is counted wrongly",
	[SCHED_RT_OVERLOAD]	= "R3: rto_mask does not say whether a real-time task may go elsewhere",
	[SCHED_RT_THROTTLED]	= "R4: throttled real-time tasks are counted as runnable",
};

const char *sched_violation_name(enum sched_violation v)
{
	return v ? violations[v] : "sound";
}

static bool before(const struct sched_entity *a, const struct sched_entity *b)
{
	return (s64)(a->vruntime - b->vruntime) < 0;
}

static struct task_struct *task_of(struct sched_entity *se)
{
	return container_of(se, struct task_struct, se);
}

/* ---- the timeline -------------------------------------------------------------------------------------------------- */

/* What one walk over a queue finds out. */
struct census {
	struct cfs_rq *cfs_rq;
	enum sched_violation broken;		/* the first that was found */
	struct sched_entity *last;		/* visited before this one: the neighbour to the left */
	unsigned long weight;
	unsigned int entities, tasks;
};

static void found(struct census *c, enum sched_violation v)
{
	if (!c->broken)
		c->broken = v;
}

static void count_queue(struct census *c, struct cfs_rq *cfs_rq);

/* @se is a member, in the tree or running. */
static void count_member(struct census *c, struct sched_entity *se)
{
	struct rq *rq = c->cfs_rq->rq;
	struct census below = { 0 };
	struct task_struct *p;

	c->weight += se->load.weight;
	c->entities++;
	if (se->cfs_rq != c->cfs_rq)
		found(c, SCHED_WRONG_QUEUE);
	if (se->my_q) {
		count_queue(&below, se->my_q);
		found(c, below.broken);
		c->tasks += below.tasks;
		return;
	}
	c->tasks++;
	p = task_of(se);
	/* A queue that is no CPU's is a test's, whose tasks were never on one. */
	if (rq_is_real(rq) && task_cpu(p) != (unsigned int)cpu_of(rq))
		found(c, SCHED_WRONG_QUEUE);
	if (p->rt.on_list || p->rt.on_rq)
		found(c, SCHED_TWO_CLASSES);
}

/*
 * In order from the left; the number of black nodes on each path below @node, or -1. At most twice as deep as the logarithm of the
 * number of tasks: a broken tree that is deeper is left alone beyond MAX_DEPTH.
 */
#define MAX_DEPTH	64
#define is_black(node)	((node)->__rb_parent_color & 1)

static int walk(struct census *c, struct rb_node *node, struct rb_node *parent, int depth)
{
	struct sched_entity *se;
	int left, right;

	if (!node)
		return 0;
	if (depth > MAX_DEPTH) {
		found(c, SCHED_TREE_COLOUR);
		return -1;
	}
	if (rb_parent(node) != parent)
		found(c, SCHED_TREE_ORDER);
	if (!is_black(node) && (!parent || !is_black(parent)))
		found(c, SCHED_TREE_COLOUR);

	left = walk(c, node->rb_left, node, depth + 1);
	se = rb_entry(node, struct sched_entity, run_node);
	if (c->last && before(se, c->last))
		found(c, SCHED_TREE_ORDER);
	if (!c->last && c->cfs_rq->tasks_timeline.rb_leftmost != node)
		found(c, SCHED_TREE_LEFTMOST);
	c->last = se;
	if (se == c->cfs_rq->curr || !se->on_rq)
		found(c, SCHED_TREE_MEMBERS);
	count_member(c, se);
	right = walk(c, node->rb_right, node, depth + 1);

	if (left != right)
		found(c, SCHED_TREE_COLOUR);
	return left + !!is_black(node);
}

static void count_queue(struct census *c, struct cfs_rq *cfs_rq)
{
	c->cfs_rq = cfs_rq;
	walk(c, cfs_rq->tasks_timeline.rb_root.rb_node, NULL, 0);
	if (!c->last && cfs_rq->tasks_timeline.rb_leftmost)
		found(c, SCHED_TREE_LEFTMOST);
	if (cfs_rq->curr && cfs_rq->curr->on_rq)
		count_member(c, cfs_rq->curr);
	if (c->weight != cfs_rq->load.weight)
		found(c, SCHED_LOAD_SUM);
	if (c->entities != cfs_rq->nr_running || c->tasks != cfs_rq->h_nr_running)
		found(c, SCHED_COUNT);
	if ((s64)(cfs_rq->min_vruntime - cfs_rq->seen_min_vruntime) < 0)
		found(c, SCHED_MIN_FELL);
	cfs_rq->seen_min_vruntime = cfs_rq->min_vruntime;
}

enum sched_violation cfs_rq_broken(struct cfs_rq *cfs_rq)
{
	struct census c = { 0 };

	count_queue(&c, cfs_rq);
	return c.broken;
}

/* ---- the other classes, and the whole ------------------------------------------------------------------------------ */

static enum sched_violation rt_broken(struct rq *rq)
{
	struct rt_prio_array *array = &rq->rt.active;
	struct sched_rt_entity *rt_se;
	struct task_struct *p;
	unsigned int count = 0, migratory = 0;

	if (!test_bit(MAX_RT_PRIO, array->bitmap))
		return SCHED_RT_BITMAP;
	for (int prio = 0; prio < MAX_RT_PRIO; prio++) {
		if (!!test_bit(prio, array->bitmap) == list_empty(&array->queue[prio]))
			return SCHED_RT_BITMAP;
		list_for_each_entry(rt_se, &array->queue[prio], run_list) {
			p = container_of(rt_se, struct task_struct, rt);
			count++;
			migratory += p->nr_cpus_allowed > 1;
			if (p->prio != prio || !rt_se->on_list)
				return SCHED_RT_LIST;
			if (p->se.on_rq)
				return SCHED_TWO_CLASSES;
			if (rq_is_real(rq) && task_cpu(p) != (unsigned int)cpu_of(rq))
				return SCHED_WRONG_QUEUE;
		}
	}
	if ((int)find_first_bit(array->bitmap, MAX_RT_PRIO + 1) != rq->rt.highest_prio)
		return SCHED_RT_BITMAP;
	if (count != rq->rt.rt_nr_running || migratory != rq->rt.rt_nr_migratory)
		return SCHED_RT_LIST;
	if (rq->online && cpumask_test_cpu(cpu_of(rq), &def_root_domain.rto_mask) != (migratory && count > 1))
		return SCHED_RT_OVERLOAD;
	return rq->rt.rt_throttled && rq->rt.rt_queued ? SCHED_RT_THROTTLED : SCHED_SOUND;
}

enum sched_violation rq_broken(struct rq *rq)
{
	enum sched_violation v;
	unsigned int stop, rt;

	lockdep_assert_held(&rq->lock);
	v = cfs_rq_broken(&rq->cfs);
	if (!v)
		v = rt_broken(rq);
	if (v)
		return v;
	stop = rq->stop && task_on_rq_queued(rq->stop);
	rt = rq->rt.rt_queued ? rq->rt.rt_nr_running : 0;	/* not while they are throttled */
	return rq->nr_running == rq->cfs.h_nr_running + rt + stop ? SCHED_SOUND : SCHED_COUNT;
}

static unsigned long reported;		/* atomic bits: by enum sched_violation */

bool sched_report(struct rq *rq, enum sched_violation v)
{
	if (!v || test_and_set_bit(v, &reported))
		return false;
	if (!rq_is_real(rq))			/* a test's, which knows what it did */
		return true;
	pr_err("BUG: scheduler: CPU %d: %s\n", cpu_of(rq), violations[v]);
	pr_err("  nr_running %u: fair %u (entities %u), real-time %u; load %lu, min_vruntime %llu\n", rq->nr_running,
	       rq->cfs.h_nr_running, rq->cfs.nr_running, rq->rt.rt_nr_running, rq->cfs.load.weight, rq->cfs.min_vruntime);
	pr_err("  curr %s/%d, state %lx, on_rq %d, vruntime %llu\n", rq->curr->comm, rq->curr->pid, rq->curr->state,
	       rq->curr->on_rq, rq->curr->se.vruntime);
	dump_stack();
	add_taint(TAINT_WARN);
	return true;
}

unsigned long sched_reported(void)
{
	return reported;
}

void sched_forget_reports(void)
{
	reported = 0;
}

#ifdef CONFIG_DEBUG
void sched_check(struct rq *rq)
{
	if (rq_is_real(rq))
		sched_report(rq, rq_broken(rq));
}
#endif
