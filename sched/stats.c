/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched/stats.c - the second book of sched/stats.h, and copies of queues and tasks for whoever shows them.
 *
 * Statistics. A start time is remembered in the entity when a wait or a sleep begins; when it ends, the difference goes into a sum, a
 * count and a maximum. 0 means "not begun": what began before the book was opened is not counted. A sleep in TASK_INTERRUPTIBLE is
 * a sleep; one in TASK_UNINTERRUPTIBLE is a block, and counts as a sleep as well; with in_iowait it is a wait for a device besides.
 *
 * A waiting task that moves to another CPU has waited on two clocks. What it waited on the first is remembered as a length, at
 * wait_end() with on_rq = MIGRATING, and the start is put that much before the second clock's time.
 *
 * Showing. A picture of a queue must be taken with the queue's lock held, and writing text with interrupts off while other CPUs wait
 * would disturb what is being looked at. So the numbers are copied under the lock, in the order in which the classes would run the
 * tasks - the running one, real-time ones by priority, fair ones by vruntime - and text is made of the copy (fs/proc/sched_debug.c).
 *
 *	sched_queue_view()	rq->lock:  numbers of the queue; curr; rt lists 0..99; the timeline from the left
 *	sched_task_view()	rq->lock of the task's queue: its numbers, up to this moment
 *
 * Linux (kernel/sched/debug.c, stats.c) prints under its locks, all tasks and not only those that are queued.
 */
#include <primer/init.h>
#include <primer/sched/debug.h>
#include <primer/version.h>

#include "sched.h"

int sysctl_sched_schedstats __read_mostly;

static int __init schedstats_setup(char *str)
{
	if (!strcmp(str, "enable"))
		sysctl_sched_schedstats = 1;
	else if (!strcmp(str, "disable"))
		sysctl_sched_schedstats = 0;
	else
		return 0;
	return 1;
}
__setup("schedstats=", schedstats_setup);

/* ---- waiting -------------------------------------------------------------------------------------------------------------- */

static void wait_start(struct rq *rq, struct sched_entity *se)
{
	u64 start = rq_clock(rq), waited = se->statistics.wait_start;

	/* It comes from another CPU with a length instead of a time, which is the smaller of the two. */
	if (!se->my_q && task_on_rq_migrating(container_of(se, struct task_struct, se)) && start > waited)
		start -= waited;
	se->statistics.wait_start = start;
}

static void wait_end(struct rq *rq, struct sched_entity *se)
{
	struct sched_statistics *stats = &se->statistics;
	u64 waited = rq_clock(rq) - stats->wait_start;

	if (!stats->wait_start)
		return;
	if (!se->my_q && task_on_rq_migrating(container_of(se, struct task_struct, se))) {
		stats->wait_start = waited;
		return;
	}
	stats->wait_max = max(stats->wait_max, waited);
	stats->wait_count++;
	stats->wait_sum += waited;
	stats->wait_start = 0;
}

/* ---- sleeping ------------------------------------------------------------------------------------------------------------- */

static void sleep_start(struct rq *rq, struct task_struct *p)
{
	long state = READ_ONCE(p->state);

	if (state & TASK_INTERRUPTIBLE)
		p->se.statistics.sleep_start = rq_clock(rq);
	if (state & TASK_UNINTERRUPTIBLE)
		p->se.statistics.block_start = rq_clock(rq);
}

/* The clock of the queue that it comes to may be behind that of the one it left: nothing was slept then. */
static u64 since(struct rq *rq, u64 start)
{
	s64 delta = rq_clock(rq) - start;

	return delta < 0 ? 0 : delta;
}

static void sleep_end(struct rq *rq, struct task_struct *p)
{
	struct sched_statistics *stats = &p->se.statistics;
	u64 slept;

	if (stats->sleep_start) {
		slept = since(rq, stats->sleep_start);
		stats->sleep_max = max(stats->sleep_max, slept);
		stats->sleep_start = 0;
		stats->sum_sleep_runtime += slept;
	}
	if (stats->block_start) {
		slept = since(rq, stats->block_start);
		stats->block_max = max(stats->block_max, slept);
		stats->block_start = 0;
		stats->sum_sleep_runtime += slept;
		if (p->in_iowait) {
			stats->iowait_sum += slept;
			stats->iowait_count++;
		}
	}
}

/* ---- the moments -------------------------------------------------------------------------------------------------------- */

void __update_stats_enqueue(struct rq *rq, struct sched_entity *se, bool curr, bool wakeup)
{
	if (!curr)
		wait_start(rq, se);
	if (wakeup && !se->my_q)
		sleep_end(rq, container_of(se, struct task_struct, se));
}

void __update_stats_dequeue(struct rq *rq, struct sched_entity *se, bool curr, bool sleep)
{
	if (!curr)
		wait_end(rq, se);
	if (sleep && !se->my_q)
		sleep_start(rq, container_of(se, struct task_struct, se));
}

/* Alone, or nearly, it had no slice that could say anything. */
void __update_stats_picked(struct rq *rq, struct sched_entity *se, unsigned long load)
{
	if (se->on_rq)
		wait_end(rq, se);
	if (load >= 2 * se->load.weight)
		se->statistics.slice_max = max(se->statistics.slice_max, se->sum_exec_runtime - se->prev_sum_exec_runtime);
}

void __update_stats_put(struct rq *rq, struct sched_entity *se)
{
	wait_start(rq, se);
}

void __update_stats_ran(struct sched_entity *se, u64 delta_exec)
{
	se->statistics.exec_max = max(se->statistics.exec_max, delta_exec);
}

void __ttwu_stat(struct task_struct *p, int cpu, int wake_flags)
{
	struct sched_statistics *stats = &p->se.statistics;
	struct sched_domain *sd;
	struct rq *rq = this_rq();

	if (cpu == cpu_of(rq)) {
		rq->ttwu_local++;
		stats->nr_wakeups_local++;
	} else {
		stats->nr_wakeups_remote++;
		for_each_domain(cpu_of(rq), sd) {
			if (cpumask_test_cpu(cpu, &sd->span)) {		/* the nearest that has both */
				sd->ttwu_wake_remote++;
				break;
			}
		}
	}
	rq->ttwu_count++;
	stats->nr_wakeups++;
	if (wake_flags & WF_MIGRATED)
		stats->nr_wakeups_migrate++;
	if (wake_flags & WF_SYNC)
		stats->nr_wakeups_sync++;
}

/* ---- pictures ------------------------------------------------------------------------------------------------------------- */

/* rq->lock held; if @p runs, its time has been charged up to the queue's clock. */
static void copy_task(struct sched_task_view *v, struct task_struct *p, const struct rq *rq)
{
	v->pid = p->pid;
	memcpy(v->comm, p->comm, sizeof(v->comm));
	v->state = task_state_to_char(p);
	v->running = task_current(rq, p);
	v->queued = task_on_rq_queued(p);
	v->cpu = cpu_of(rq);
	v->prio = p->prio;
	v->policy = p->policy;
	v->weight = p->se.load.weight;
	v->exec_start = p->se.exec_start;
	v->vruntime = p->se.vruntime;
	v->sum_exec_runtime = p->se.sum_exec_runtime;
	v->nr_migrations = p->se.nr_migrations;
	v->nvcsw = p->nvcsw;
	v->nivcsw = p->nivcsw;
	v->stats = p->se.statistics;
	v->info = p->sched_info;
}

void sched_task_view(struct task_struct *p, struct sched_task_view *v)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	if (task_current(rq, p) && task_on_rq_queued(p)) {
		update_rq_clock(rq);
		p->sched_class->update_curr(rq);
	}
	copy_task(v, p, rq);
	task_rq_unlock(rq, p, &flags);
}

void sched_task_stats_reset(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	memset(&p->se.statistics, 0, sizeof(p->se.statistics));
	task_rq_unlock(rq, p, &flags);
}

static void add_task(struct sched_task_view *tasks, unsigned int room, unsigned int *n, struct task_struct *p, const struct rq *rq)
{
	if (*n < room)
		copy_task(&tasks[*n], p, rq);
	++*n;
}

static unsigned int copy_tasks(struct rq *rq, struct sched_task_view *tasks, unsigned int room)
{
	struct task_struct *p, *curr = rq->curr;
	struct rb_node *node;
	unsigned int n = 0;

	add_task(tasks, room, &n, curr, rq);
	if (rq->stop && rq->stop != curr && task_on_rq_queued(rq->stop))
		add_task(tasks, room, &n, rq->stop, rq);
	if (rq->rt.rt_nr_running) {
		for (int prio = 0; prio < MAX_RT_PRIO; prio++) {
			list_for_each_entry(p, &rq->rt.active.queue[prio], rt.run_list)
				if (p != curr)
					add_task(tasks, room, &n, p, rq);
		}
	}
	for (node = rb_first_cached(&rq->cfs.tasks_timeline); node; node = rb_next(node)) {
		struct sched_entity *se = rb_entry(node, struct sched_entity, run_node);

		if (!se->my_q)
			add_task(tasks, room, &n, container_of(se, struct task_struct, se), rq);
	}
	return n;
}

unsigned int sched_queue_view(int cpu, struct sched_queue_view *v, struct sched_task_view *tasks, unsigned int room)
{
	struct rq *rq = cpu_rq(cpu);
	struct rb_node *node;
	unsigned long flags;
	unsigned int n;

	local_irq_save(flags);
	rq_lock(rq);
	update_rq_clock(rq);
	rq->curr->sched_class->update_curr(rq);

	v->nr_running = rq->nr_running;
	v->nr_switches = rq->nr_switches;
	v->nr_uninterruptible = rq->nr_uninterruptible;
	v->curr_pid = rq->curr->pid;
	v->clock = rq->clock;
	v->clock_task = rq->clock_task;
	v->yld_count = rq->yld_count;
	v->sched_count = rq->sched_count;
	v->sched_goidle = rq->sched_goidle;
	v->ttwu_count = rq->ttwu_count;
	v->ttwu_local = rq->ttwu_local;
	v->rq_cpu_time = rq->rq_cpu_time;
	v->info = rq->rq_sched_info;

	v->exec_clock = rq->cfs.exec_clock;
	v->min_vruntime = rq->cfs.min_vruntime;
	v->cfs_nr_running = rq->cfs.nr_running;
	v->load = rq->cfs.load.weight;
	node = rb_first_cached(&rq->cfs.tasks_timeline);
	v->MIN_vruntime = node ? rb_entry(node, struct sched_entity, run_node)->vruntime : 0;
	node = rb_last(&rq->cfs.tasks_timeline.rb_root);
	v->max_vruntime = node ? rb_entry(node, struct sched_entity, run_node)->vruntime : 0;
	v->rt_nr_running = rq->rt.rt_nr_running;
	v->rt_nr_migratory = rq->rt.rt_nr_migratory;
	v->rt_throttled = rq->rt.rt_throttled;
	v->rt_time = rq->rt.rt_time;
	v->rt_runtime = rt_runtime();
	v->next_balance = rq->next_balance;
	v->avg_idle = rq->avg_idle;
	v->max_idle_balance_cost = rq->max_idle_balance_cost;

	n = copy_tasks(rq, tasks, room);
	rq_unlock(rq);
	local_irq_restore(flags);
	return n;
}
