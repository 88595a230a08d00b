/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/sched/debug.h - pictures of run queues and tasks: numbers copied under the queue's lock, to be shown after it. */
#ifndef PRIMER_SCHED_DEBUG_H
#define PRIMER_SCHED_DEBUG_H

#include <primer/sched.h>

/* A task at one moment. Times: ns. */
struct sched_task_view {
	pid_t pid;
	char comm[TASK_COMM_LEN];
	char state;				/* task_state_to_char() */
	bool running, queued;
	int cpu, prio;
	unsigned int policy;
	unsigned long weight;
	u64 exec_start, vruntime, sum_exec_runtime, nr_migrations;
	unsigned long nvcsw, nivcsw;
	struct sched_statistics stats;
	struct sched_info info;
};

/* A CPU's run queue at one moment. */
struct sched_queue_view {
	unsigned int nr_running, yld_count, sched_count, sched_goidle, ttwu_count, ttwu_local;
	u64 nr_switches, clock, clock_task, rq_cpu_time;
	long nr_uninterruptible;
	pid_t curr_pid;
	struct sched_info info;
	/* the fair class: min_vruntime; leftmost and rightmost of the tree, 0 when it is empty */
	u64 exec_clock, min_vruntime, MIN_vruntime, max_vruntime;
	unsigned int cfs_nr_running;
	unsigned long load;
	/* the real-time class: what it has run of rt_runtime in this period, ns */
	unsigned int rt_nr_running, rt_nr_migratory;
	bool rt_throttled;
	u64 rt_time, rt_runtime;
	/* balancing; jiffies, ns */
	unsigned long next_balance;
	u64 avg_idle, max_idle_balance_cost;
};

extern int sysctl_sched_schedstats;		/* 0, 1: sched_statistics are kept */

/* sched_task_view - @p now; what it has run up to now is charged first. Context: any but NMI, no run queue locked. */
void sched_task_view(struct task_struct *p, struct sched_task_view *v);
/* sched_task_stats_reset - forget @p's sched_statistics */
void sched_task_stats_reset(struct task_struct *p);
/*
 * sched_queue_view - @cpu's queue now, and its tasks in the order in which they would run if nothing else happened: the running one,
 * the stop task, real-time tasks by priority, fair tasks by vruntime. Copies at most @room tasks; returns how many there are.
 * Context: any but NMI, no run queue locked.
 */
unsigned int sched_queue_view(int cpu, struct sched_queue_view *v, struct sched_task_view *tasks, unsigned int room);

#endif
