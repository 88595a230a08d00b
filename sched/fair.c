/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/fair.c - the Completely Fair Scheduler: divide the CPU in proportion to weight.
 *
 * The problem. n tasks of equal weight should each run at 1/n of the CPU's speed, at every moment. A CPU runs one at
 * a time, so somebody is always ahead of this ideal and somebody behind. Give the CPU to whoever is furthest behind.
 *
 * The idea. Measure each entity's progress in virtual time, which runs slower for heavier ones:
 *
 *	vruntime += ran * NICE_0_LOAD / weight
 *
 * In the ideal machine all vruntimes would be equal. So the runnable entities stand in a red-black tree by vruntime,
 * and the next one to run is the leftmost:
 *
 *	                  [B 30]                    min_vruntime = 18: follows the smallest, never back
 *	                 /      \
 *	          [A 20]         [D 41]             curr = C, vruntime 18, running: it is not in the tree
 *	         /      \
 *	       ...     [E 22]
 *	  leftmost, cached
 *
 * A step of nice changes the weight by a factor of 1.25, so one nice level is about 10 % of CPU, relative to another
 * task at nice n just as at nice n + 1.
 *
 * How long does one run? In each period of sysctl_sched_latency everybody should run once, for its share by weight
 * (sched_slice). With so many that slices would fall under sysctl_sched_min_granularity, the period is stretched
 * instead (__sched_period). The tick takes the CPU away when the slice is used up; a wakeup takes it when the woken
 * entity is further behind than sysctl_sched_wakeup_granularity, which keeps tasks that wake each other from
 * switching at every step.
 *
 * Who comes back from sleep has an old, small vruntime. Left so, it would own the CPU until it had caught up on all
 * the time it slept through; so it is placed at min_vruntime, less half a latency as a bonus for having slept
 * (place_entity). A new task is placed one slice behind: else forking would be a way to get more CPU.
 *
 * vruntime while an entity is on no queue is kept relative to the min_vruntime of the queue it left, if it left for
 * another one or was never queued; absolute if it sleeps. So it can be moved between CPUs whose virtual times have
 * nothing to do with each other.
 *
 * Invariants [rq->lock], verified by check.c:
 *   F1  The tree holds the queued entities but curr, in order of vruntime; rb_leftmost is its first.
 *   F2  load.weight is the sum of the weights of the queued entities, curr included; nr_running is their number.
 *   F3  min_vruntime never falls, and is not above any vruntime that it was taken from: min(curr, leftmost) when it
 *       moved.
 *   F4  No two vruntimes are more than 2^63 apart, so that their signed difference orders them when they wrap.
 *
 * What they promise; tests/test_sched.py measures it.
 *   P1  No two hogs of one weight that started together are ever further apart than a slice and a tick. Say all stand between v and
 *       w, and w - v is no more than that. The one that is picked is the leftmost, at v. It runs until the first tick after its
 *       slice, so at most a slice and a tick, while all others stand still: so all stand between v and the greater of w and
 *       v + slice + tick. And nobody stands below v any more.
 *   P2  So after a time T each has had T * weight / sum of weights, but for one such step: what is left of an error is a tick, and T is
 *       long. Very light ones cannot run for less than a tick, so they come seldom and then too long.
 *   P3  Who slept for longer than a round (as many ticks or slices, whichever is longer, as there are tasks), uses no
 *       more than its share in the long run, and ran for less than half a latency minus the wakeup granularity when it
 *       last did, is placed half a latency before all others, by which it takes the CPU at once. If it ran for longer,
 *       it stands to the left of them all the same, for in that round each of them has run: then it is the next one,
 *       and comes when the one that runs has had its slice, at the tick. Who wants more than its share uses the bonus up,
 *       and then waits its turn like the others.
 *
 * Arithmetic with weights: load.c.
 *
 * Groups. An entity may stand for a group of tasks with a cfs_rq of its own (my_q); for_each_sched_entity() walks
 * from a task to the root. All entities here are tasks, at the root, so that each such loop runs once.
 *
 * Linux (kernel/sched/fair.c) also tracks each entity's load over time for the balancer, and throttles groups.
 */
#include <primer/kernel.h>
#include <primer/log2.h>
#include <primer/printk.h>
#include <primer/time.h>

#include "sched.h"

/*
 * Nanoseconds. normalized_: for one CPU; the others are these times 1 + log2(CPUs), rounded down and for 8 CPUs at
 * most, which is what is used. With more CPUs each task finds a free one more often, so that slices may be longer and
 * switches fewer.
 */
static unsigned int normalized_sched_latency		= 6000000;
static unsigned int normalized_sched_min_granularity	= 750000;
static unsigned int normalized_sched_wakeup_granularity	= 1000000;
unsigned int sysctl_sched_latency;
unsigned int sysctl_sched_min_granularity;
unsigned int sysctl_sched_wakeup_granularity;
unsigned int sysctl_sched_tunable_scaling		= SCHED_TUNABLESCALING_LOG;
/* latency / min_granularity: with more tasks than this the period stretches. */
unsigned int sched_nr_latency;
unsigned int sysctl_sched_child_runs_first;

/* ---- entities and queues ----------------------------------------------------------------------------------------- */

#define for_each_sched_entity(se)	for (; (se); (se) = (se)->parent)

static inline bool entity_is_task(const struct sched_entity *se)		{ return !se->my_q; }

static inline struct task_struct *task_of(struct sched_entity *se)
{
	return container_of(se, struct task_struct, se);
}

static inline struct cfs_rq *cfs_rq_of(const struct sched_entity *se)		{ return se->cfs_rq; }
static inline struct cfs_rq *group_cfs_rq(const struct sched_entity *grp)	{ return grp->my_q; }
static inline struct rq *rq_of(const struct cfs_rq *cfs_rq)			{ return cfs_rq->rq; }

/* Climb until both stand on the same queue: only there can they be compared. */
static void find_matching_se(struct sched_entity **a, struct sched_entity **b)
{
	while ((*a)->depth > (*b)->depth)
		*a = (*a)->parent;
	while ((*b)->depth > (*a)->depth)
		*b = (*b)->parent;
	while ((*a)->cfs_rq != (*b)->cfs_rq) {
		*a = (*a)->parent;
		*b = (*b)->parent;
	}
}

/* ---- arithmetic -------------------------------------------------------------------------------------------------- */

u64 calc_delta_fair(u64 delta, struct sched_entity *se)
{
	if (unlikely(se->load.weight != NICE_0_LOAD))
		delta = __calc_delta(delta, NICE_0_LOAD, &se->load);
	return delta;
}

u64 __sched_period(unsigned long nr_running)
{
	if (unlikely(nr_running > sched_nr_latency))
		return nr_running * sysctl_sched_min_granularity;
	return sysctl_sched_latency;
}

/*
 * Its part of the period: at each level its weight's share of that queue. For an entity that is not queued, as if it
 * were.
 */
u64 sched_slice(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	u64 slice = __sched_period(cfs_rq->nr_running + !se->on_rq);

	for_each_sched_entity(se) {
		struct load_weight lw, *load;

		cfs_rq = cfs_rq_of(se);
		load = &cfs_rq->load;
		if (unlikely(!se->on_rq)) {
			lw = cfs_rq->load;
			update_load_add(&lw, se->load.weight);
			load = &lw;
		}
		slice = __calc_delta(slice, se->load.weight, load);
	}
	return slice;
}

static u64 sched_vslice(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	return calc_delta_fair(sched_slice(cfs_rq, se), se);
}

/* Comparisons by signed difference: right across the wrap (F4). */
static inline bool entity_before(const struct sched_entity *a, const struct sched_entity *b)
{
	return (s64)(a->vruntime - b->vruntime) < 0;
}
static inline u64 max_vruntime(u64 a, u64 b)	{ return (s64)(b - a) > 0 ? b : a; }
static inline u64 min_vruntime(u64 a, u64 b)	{ return (s64)(b - a) < 0 ? b : a; }

/* ---- the timeline ------------------------------------------------------------------------------------------------ */

static struct sched_entity *__pick_first_entity(struct cfs_rq *cfs_rq)
{
	return rb_entry_safe(rb_first_cached(&cfs_rq->tasks_timeline), struct sched_entity, run_node);
}

static struct sched_entity *__pick_next_entity(struct sched_entity *se)
{
	return rb_entry_safe(rb_next(&se->run_node), struct sched_entity, run_node);
}

static bool timeline_less(struct rb_node *a, const struct rb_node *b)
{
	return entity_before(rb_entry(a, struct sched_entity, run_node),
			     container_of((struct rb_node *)b, struct sched_entity, run_node));
}

static void __enqueue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	rb_add_cached(&se->run_node, &cfs_rq->tasks_timeline, timeline_less);
}

static void __dequeue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	rb_erase_cached(&se->run_node, &cfs_rq->tasks_timeline);
}

/* F3: towards the smallest vruntime there is, but never back (somebody placed before it does not pull it back). */
static void update_min_vruntime(struct cfs_rq *cfs_rq)
{
	struct sched_entity *curr = cfs_rq->curr, *left = __pick_first_entity(cfs_rq);
	u64 vruntime = cfs_rq->min_vruntime;

	if (curr && curr->on_rq) {
		vruntime = curr->vruntime;
		if (left)
			vruntime = min_vruntime(vruntime, left->vruntime);
	} else if (left) {
		vruntime = left->vruntime;
	}
	cfs_rq->min_vruntime = max_vruntime(cfs_rq->min_vruntime, vruntime);
}

/* Charge curr for the time since the last look. Everything that compares vruntimes calls this first. */
static void update_curr(struct cfs_rq *cfs_rq)
{
	struct sched_entity *curr = cfs_rq->curr;
	u64 now = rq_clock_task(rq_of(cfs_rq));
	u64 delta_exec;

	if (unlikely(!curr))
		return;
	delta_exec = now - curr->exec_start;
	if (unlikely((s64)delta_exec <= 0))
		return;
	curr->exec_start = now;
	curr->sum_exec_runtime += delta_exec;
	cfs_rq->exec_clock += delta_exec;
	curr->vruntime += calc_delta_fair(delta_exec, curr);
	update_min_vruntime(cfs_rq);
	update_stats_ran(curr, delta_exec);
	if (trace_event_enabled(TRACE_sched_stat_runtime) && entity_is_task(curr))
		trace_sched_stat_runtime(task_of(curr), delta_exec, curr->vruntime);
}

static void update_curr_fair(struct rq *rq)
{
	update_curr(cfs_rq_of(&rq->curr->se));
}

static void account_entity_enqueue(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	update_load_add(&cfs_rq->load, se->load.weight);
	cfs_rq->nr_running++;
}

static void account_entity_dequeue(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	update_load_sub(&cfs_rq->load, se->load.weight);
	cfs_rq->nr_running--;
}

/*
 * Where on the timeline does one that was away come in?
 *	new	one slice to the right of min_vruntime: it waits its turn
 *	woken	half a latency to the left: it goes before those who kept running, but cannot cash in a long sleep
 * and never to the left of where it was: sleeping for a moment must not win time.
 */
static void place_entity(struct cfs_rq *cfs_rq, struct sched_entity *se, bool initial)
{
	u64 vruntime = cfs_rq->min_vruntime;

	if (initial)
		vruntime += sched_vslice(cfs_rq, se);
	else
		vruntime -= sysctl_sched_latency / 2;

	/*
	 * F4: a light entity's sleep in a queue of heavy ones can last 2^63 of virtual time, and the old value would
	 * look newer. It has no claim to where it was after a minute anyway. exec_start 0: it comes from another CPU,
	 * its vruntime is fresh.
	 */
	if (!initial && se->exec_start && (s64)(rq_clock_task(rq_of(cfs_rq)) - se->exec_start) > 60LL * NSEC_PER_SEC)
		se->vruntime = vruntime;
	else
		se->vruntime = max_vruntime(se->vruntime, vruntime);
}

/*
 * ---- buddies: hints to pick somebody other than the leftmost ------------------------------------------------------
 *
 *	next	was woken, and curr is preempted for its sake: so it should be the one that runs
 *	last	was preempted by a wakeup: its caches are warm, so it should go on when the woken one is done
 *	skip	has yielded
 */

static void clear_buddies(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	if (cfs_rq->last == se)
		cfs_rq->last = NULL;
	if (cfs_rq->next == se)
		cfs_rq->next = NULL;
	if (cfs_rq->skip == se)
		cfs_rq->skip = NULL;
}

static void set_last_buddy(struct sched_entity *se)
{
	for_each_sched_entity(se)
		cfs_rq_of(se)->last = se;
}

static void set_next_buddy(struct sched_entity *se)
{
	for_each_sched_entity(se)
		cfs_rq_of(se)->next = se;
}

static void set_skip_buddy(struct sched_entity *se)
{
	for_each_sched_entity(se)
		cfs_rq_of(se)->skip = se;
}

/* ---- entities come and go ---------------------------------------------------------------------------------------- */

static void enqueue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se, int flags)
{
	bool renorm = !(flags & ENQUEUE_WAKEUP) || (flags & ENQUEUE_MIGRATED);
	bool curr = cfs_rq->curr == se;

	/*
	 * A relative vruntime becomes absolute. curr must get its before update_curr() advances min_vruntime; others
	 * after, so that they start from where the queue is now.
	 */
	if (renorm && curr)
		se->vruntime += cfs_rq->min_vruntime;
	update_curr(cfs_rq);
	if (renorm && !curr)
		se->vruntime += cfs_rq->min_vruntime;

	account_entity_enqueue(cfs_rq, se);
	if (flags & ENQUEUE_WAKEUP)
		place_entity(cfs_rq, se, false);
	update_stats_enqueue(rq_of(cfs_rq), se, curr, flags & ENQUEUE_WAKEUP);
	if (!curr)
		__enqueue_entity(cfs_rq, se);
	se->on_rq = 1;
}

static void dequeue_entity(struct cfs_rq *cfs_rq, struct sched_entity *se, int flags)
{
	update_curr(cfs_rq);
	update_stats_dequeue(rq_of(cfs_rq), se, se == cfs_rq->curr, flags & DEQUEUE_SLEEP);
	clear_buddies(cfs_rq, se);
	if (se != cfs_rq->curr)
		__dequeue_entity(cfs_rq, se);
	se->on_rq = 0;
	account_entity_dequeue(cfs_rq, se);

	/* Not asleep: it goes to another queue, or comes back here; relative from now on. Before min_vruntime moves. */
	if (!(flags & DEQUEUE_SLEEP))
		se->vruntime -= cfs_rq->min_vruntime;
	/* Out and in again: if min_vruntime moved meanwhile, it would be moved along without having run. */
	if ((flags & (DEQUEUE_SAVE | DEQUEUE_MOVE)) != DEQUEUE_SAVE)
		update_min_vruntime(cfs_rq);
}

static void enqueue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct sched_entity *se = &p->se;

	rq_load_enqueue(rq, p, flags);

	for_each_sched_entity(se) {
		struct cfs_rq *cfs_rq = cfs_rq_of(se);

		if (!se->on_rq) {		/* a group that has runnable members is queued already */
			enqueue_entity(cfs_rq, se, flags);
			flags = ENQUEUE_WAKEUP;
		}
		cfs_rq->h_nr_running++;
	}
	add_nr_running(rq, 1);
}

static void dequeue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct sched_entity *se = &p->se;
	bool stays = false;

	rq_load_dequeue(rq, p, flags);

	for_each_sched_entity(se) {
		struct cfs_rq *cfs_rq = cfs_rq_of(se);

		if (!stays) {
			dequeue_entity(cfs_rq, se, flags);
			stays = cfs_rq->load.weight != 0;	/* a group leaves with its last member */
			flags |= DEQUEUE_SLEEP;
		}
		cfs_rq->h_nr_running--;
	}
	sub_nr_running(rq, 1);
}

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

/*
 * The wakeup granularity in se's virtual time: a heavy entity is harder to preempt by a lighter one than the other
 * way round.
 */
static u64 wakeup_gran(struct sched_entity *se)
{
	return calc_delta_fair(sysctl_sched_wakeup_granularity, se);
}

/*
 * Should @se run instead of @curr? 1: yes, it is behind by more than the granularity; 0: behind, but by less; -1: it
 * is ahead.
 */
static int wakeup_preempt_entity(struct sched_entity *curr, struct sched_entity *se)
{
	s64 vdiff = curr->vruntime - se->vruntime;

	if (vdiff <= 0)
		return -1;
	return vdiff > (s64)wakeup_gran(se) ? 1 : 0;
}

/*
 * The leftmost, unless a buddy is not much to the right of it: one that has yielded is passed over, one that was
 * preempted by a wakeup goes on (its caches are warm). "Not much" is the wakeup granularity, so that a hint never
 * costs more fairness than that.
 */
static struct sched_entity *pick_next_entity(struct cfs_rq *cfs_rq)
{
	struct sched_entity *left = __pick_first_entity(cfs_rq), *se = left, *second;

	if (unlikely(cfs_rq->skip && cfs_rq->skip == se)) {
		second = __pick_next_entity(se);
		if (second && wakeup_preempt_entity(second, left) < 1)
			se = second;
	}
	if (cfs_rq->next && wakeup_preempt_entity(cfs_rq->next, left) < 1)
		se = cfs_rq->next;
	else if (cfs_rq->last && wakeup_preempt_entity(cfs_rq->last, left) < 1)
		se = cfs_rq->last;
	clear_buddies(cfs_rq, se);
	/* A yield is good for one choice only. */
	cfs_rq->skip = NULL;
	return se;
}

static void set_next_entity(struct cfs_rq *cfs_rq, struct sched_entity *se)
{
	if (se->on_rq)
		__dequeue_entity(cfs_rq, se);
	update_stats_picked(rq_of(cfs_rq), se, cfs_rq->load.weight);
	se->exec_start = rq_clock_task(rq_of(cfs_rq));
	cfs_rq->curr = se;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
}

static void put_prev_entity(struct cfs_rq *cfs_rq, struct sched_entity *prev)
{
	if (prev->on_rq) {
		update_curr(cfs_rq);
		update_stats_put(rq_of(cfs_rq), prev);
		__enqueue_entity(cfs_rq, prev);
	}
	cfs_rq->curr = NULL;
}

static struct task_struct *pick_next_task_fair(struct rq *rq)
{
	struct cfs_rq *cfs_rq = &rq->cfs;
	struct sched_entity *se;

	if (!cfs_rq->nr_running)
		return NULL;
	do {
		se = pick_next_entity(cfs_rq);
		set_next_entity(cfs_rq, se);
		cfs_rq = group_cfs_rq(se);
	} while (cfs_rq);
	return task_of(se);
}

/* Put back and picked again, without the tree. */
struct task_struct *keep_task_fair(struct rq *rq, struct task_struct *curr)
{
	struct sched_entity *se = &curr->se;

	for_each_sched_entity(se) {
		struct cfs_rq *cfs_rq = cfs_rq_of(se);

		update_curr(cfs_rq);
		clear_buddies(cfs_rq, se);
		se->prev_sum_exec_runtime = se->sum_exec_runtime;
	}
	return curr;
}

static void put_prev_task_fair(struct rq *rq, struct task_struct *prev)
{
	struct sched_entity *se = &prev->se;

	for_each_sched_entity(se)
		put_prev_entity(cfs_rq_of(se), se);
}

static void set_next_task_fair(struct rq *rq, struct task_struct *p)
{
	struct sched_entity *se = &p->se;

	for_each_sched_entity(se)
		set_next_entity(cfs_rq_of(se), se);
}

static void yield_task_fair(struct rq *rq)
{
	struct task_struct *curr = rq->curr;
	struct cfs_rq *cfs_rq = cfs_rq_of(&curr->se);

	if (unlikely(rq->nr_running == 1))
		return;
	clear_buddies(cfs_rq, &curr->se);
	/* What it has run is charged by the schedule() that follows. */
	set_skip_buddy(&curr->se);
}

/* ---- taking the CPU away ----------------------------------------------------------------------------------------- */

static void check_preempt_wakeup(struct rq *rq, struct task_struct *p, int wake_flags)
{
	struct task_struct *curr = rq->curr;
	struct sched_entity *se = &curr->se, *pse = &p->se;
	bool crowded = cfs_rq_of(se)->nr_running >= sched_nr_latency;

	if (unlikely(se == pse) || test_tsk_need_resched(curr))
		return;
	if (unlikely(task_has_idle_policy(curr)) && likely(!task_has_idle_policy(p)))
		goto preempt;
	/* Batch tasks do not ask for latency, and idle ones have no claim. */
	if (unlikely(p->policy != SCHED_NORMAL))
		return;

	find_matching_se(&se, &pse);
	update_curr(cfs_rq_of(se));
	if (wakeup_preempt_entity(se, pse) != 1)
		return;
	set_next_buddy(pse);
preempt:
	resched_curr(rq);
	/* With few, each runs again soon; with many, remember who was interrupted. */
	if (crowded && se->on_rq && !task_has_idle_policy(curr))
		set_last_buddy(se);
}

/* The tick: has curr used up its slice, or is somebody else further behind than a whole slice? */
static void check_preempt_tick(struct cfs_rq *cfs_rq, struct sched_entity *curr)
{
	u64 ideal_runtime = sched_slice(cfs_rq, curr);
	u64 delta_exec = curr->sum_exec_runtime - curr->prev_sum_exec_runtime;
	struct sched_entity *left;
	s64 delta;

	if (delta_exec > ideal_runtime) {
		resched_curr(rq_of(cfs_rq));
		/* It must not be picked again as somebody's buddy. */
		clear_buddies(cfs_rq, curr);
		return;
	}
	/* A hint that missed a wakeup preemption: not before everybody has had the smallest slice. */
	if (delta_exec < sysctl_sched_min_granularity)
		return;
	left = __pick_first_entity(cfs_rq);
	delta = curr->vruntime - left->vruntime;
	if (delta > 0 && (u64)delta > ideal_runtime)
		resched_curr(rq_of(cfs_rq));
}

static void entity_tick(struct cfs_rq *cfs_rq, struct sched_entity *curr)
{
	update_curr(cfs_rq);
	if (cfs_rq->nr_running > 1)
		check_preempt_tick(cfs_rq, curr);
}

static void task_tick_fair(struct rq *rq, struct task_struct *curr, int queued)
{
	struct sched_entity *se = &curr->se;

	for_each_sched_entity(se)
		entity_tick(cfs_rq_of(se), se);
}

/* ---- life of a task ---------------------------------------------------------------------------------------------- */

static void task_fork_fair(struct task_struct *p)
{
	struct rq *rq = this_rq();
	struct sched_entity *se = &p->se, *curr;
	struct cfs_rq *cfs_rq;

	rq_lock(rq);
	update_rq_clock(rq);
	cfs_rq = cfs_rq_of(se);
	curr = cfs_rq->curr;
	if (curr) {
		update_curr(cfs_rq);
		se->vruntime = curr->vruntime;
	}
	place_entity(cfs_rq, se, true);

	if (sysctl_sched_child_runs_first && curr && entity_before(curr, se)) {
		/* Upset: the parent takes the child's place in line. */
		swap(curr->vruntime, se->vruntime);
		resched_curr(rq);
	}
	/* Relative until wake_up_new_task() queues it, perhaps elsewhere. */
	se->vruntime -= cfs_rq->min_vruntime;
	rq_unlock(rq);
}

/* Woken on another CPU: the vruntime it went to sleep with belongs to the old queue's time. */
static void migrate_task_rq_fair(struct task_struct *p, int new_cpu)
{
	if (p->state == TASK_WAKING)
		p->se.vruntime -= READ_ONCE(cfs_rq_of(&p->se)->min_vruntime);
	p->se.exec_start = 0;
}

static int select_task_rq_fair(struct task_struct *p, int prev_cpu, int wake_flags)
{
	return smp_send_reschedule_hook ? select_cpu_fair(p, prev_cpu, wake_flags) : prev_cpu;
}

/*
 * Is p's vruntime relative already? Yes while the core has it dequeued for a change, when it is new, or on its way
 * elsewhere.
 */
static bool vruntime_normalized(struct task_struct *p)
{
	return p->on_rq || !p->se.sum_exec_runtime || p->state == TASK_WAKING;
}

/*
 * A sleeper leaves the class: make its vruntime relative, as if it had just been placed, so that it gains nothing
 * meanwhile.
 */
static void switched_from_fair(struct rq *rq, struct task_struct *p)
{
	struct cfs_rq *cfs_rq = cfs_rq_of(&p->se);

	if (!vruntime_normalized(p)) {
		place_entity(cfs_rq, &p->se, false);
		p->se.vruntime -= cfs_rq->min_vruntime;
	}
}

static void switched_to_fair(struct rq *rq, struct task_struct *p)
{
	if (!vruntime_normalized(p))
		p->se.vruntime += cfs_rq_of(&p->se)->min_vruntime;
	if (task_on_rq_queued(p)) {
		if (rq->curr == p)
			resched_curr(rq);
		else
			check_preempt_curr(rq, p, 0);
	}
}

static void prio_changed_fair(struct rq *rq, struct task_struct *p, int oldprio)
{
	if (!task_on_rq_queued(p) || rq->cfs.nr_running == 1)
		return;
	if (rq->curr == p) {
		if (p->prio > oldprio)
			resched_curr(rq);
	} else {
		check_preempt_curr(rq, p, 0);
	}
}

static u64 get_rr_interval_fair(struct rq *rq, struct task_struct *p)
{
	return rq->cfs.load.weight ? sched_slice(cfs_rq_of(&p->se), &p->se) : 0;
}

const struct sched_class fair_sched_class = {
	.rank			= 2,
	.enqueue_task		= enqueue_task_fair,
	.dequeue_task		= dequeue_task_fair,
	.yield_task		= yield_task_fair,
	.check_preempt_curr	= check_preempt_wakeup,
	.pick_next_task		= pick_next_task_fair,
	.put_prev_task		= put_prev_task_fair,
	.set_next_task		= set_next_task_fair,
	.select_task_rq		= select_task_rq_fair,
	.migrate_task_rq	= migrate_task_rq_fair,
	.task_tick		= task_tick_fair,
	.task_fork		= task_fork_fair,
	.switched_from		= switched_from_fair,
	.switched_to		= switched_to_fair,
	.prio_changed		= prio_changed_fair,
	.get_rr_interval	= get_rr_interval_fair,
	.update_curr		= update_curr_fair,
};

/* ---- start-up ------------------------------------------------------------------------------------------------------ */

void init_cfs_rq(struct cfs_rq *cfs_rq)
{
	cfs_rq->tasks_timeline = RB_ROOT_CACHED;
	/* Wraps soon: what cannot bear that shows early. */
	cfs_rq->min_vruntime = cfs_rq->seen_min_vruntime = -(1ULL << 20);
}

/* ---- tunables ------------------------------------------------------------------------------------------------------ */

static unsigned int tunable_factor(void)
{
	unsigned int cpus = min_t(unsigned int, num_online_cpus(), 8);

	switch (READ_ONCE(sysctl_sched_tunable_scaling)) {
	case SCHED_TUNABLESCALING_NONE:
		return 1;
	case SCHED_TUNABLESCALING_LINEAR:
		return cpus;
	default:
		return 1 + ilog2(cpus);
	}
}

/* What is in force, from what is meant for one CPU. */
void sched_init_granularity(void)
{
	unsigned int factor = tunable_factor();

	sysctl_sched_latency = normalized_sched_latency * factor;
	sysctl_sched_min_granularity = normalized_sched_min_granularity * factor;
	sysctl_sched_wakeup_granularity = normalized_sched_wakeup_granularity * factor;
	sched_nr_latency = DIV_ROUND_UP(sysctl_sched_latency, sysctl_sched_min_granularity);
}

/* The other way round: a CPU that comes later scales from here. */
void sched_tunables_written(void)
{
	unsigned int factor = tunable_factor();

	normalized_sched_latency = sysctl_sched_latency / factor;
	normalized_sched_min_granularity = sysctl_sched_min_granularity / factor;
	normalized_sched_wakeup_granularity = sysctl_sched_wakeup_granularity / factor;
	sched_nr_latency = DIV_ROUND_UP(sysctl_sched_latency, sysctl_sched_min_granularity);
}
