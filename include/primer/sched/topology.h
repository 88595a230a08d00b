/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sched/topology.h - sched domains: which CPUs are near which, from the nearest outwards.
 *
 * Built once, when all CPUs are online; never changed but for the counts and times of balancing. With one CPU there are
 * none. How they are built and what they mean: sched/topology.c.
 */
#ifndef PRIMER_SCHED_TOPOLOGY_H
#define PRIMER_SCHED_TOPOLOGY_H

#include <primer/cpumask.h>
#include <primer/types.h>

/* When a domain is balanced, and what its CPUs share. Linux's values. */
#define SD_BALANCE_NEWIDLE	0x0001	/* when a CPU of it has nothing to do any more */
#define SD_BALANCE_EXEC		0x0002	/* a task that runs another program may change its CPU */
#define SD_BALANCE_FORK		0x0004	/* a new task may start on any of its CPUs */
#define SD_BALANCE_WAKE		0x0008
#define SD_WAKE_AFFINE		0x0010	/* a woken task may be pulled to its waker's CPU */
#define SD_SHARE_CPUCAPACITY	0x0080	/* threads of one core: what one does slows the others down */
#define SD_SHARE_PKG_RESOURCES	0x0200	/* share a cache: moving is cheap */
#define SD_SERIALIZE		0x0400	/* only one CPU of the machine balances it at a time */
#define SD_PREFER_SIBLING	0x1000	/* one task on each child domain before two on one */
#define SD_NUMA			0x4000	/* its CPUs are near different memory */

enum cpu_idle_type { CPU_IDLE, CPU_NOT_IDLE, CPU_NEWLY_IDLE, CPU_MAX_IDLE_TYPES };

/* A part of a domain that is balanced against the other parts: its child's span, or one CPU. Immutable. */
struct sched_group {
	struct sched_group *next;	/* circular; all groups of the domain */
	cpumask_t cpumask;
	unsigned int group_weight;	/* CPUs in it */
	unsigned int id;		/* its lowest CPU */
	int imbalance;			/* affinity kept somebody from moving: look one level up. Hint, written by anybody */
};

/*
 * One CPU's view of the CPUs at one distance. Zones: geometry, immutable; pace [owner: softirq of the CPU, or the one
 * that balances for it while it idles]; counts, the same, read by anybody.
 */
struct sched_domain {
	struct sched_domain *parent;	/* the next wider; NULL: top */
	struct sched_domain *child;	/* the next narrower; NULL: lowest */
	struct sched_group *groups;	/* the one that has this CPU; go on with ->next */
	cpumask_t span;
	const char *name;		/* SMT, MC, NUMA */
	unsigned int span_weight;
	int level;			/* 0 is the lowest */
	int flags;			/* SD_* */

	unsigned long min_interval, max_interval;	/* ms between two balancings of an idle CPU */
	unsigned int busy_factor;	/* a busy CPU balances so many times more seldom */
	unsigned int imbalance_pct;	/* the busiest must have that many per cent of what we have */
	unsigned int cache_nice_tries;	/* failures before hot tasks are moved as well */

	unsigned long last_balance;	/* jiffies */
	unsigned long balance_interval;	/* ms; doubles while there is nothing to do */
	unsigned int nr_balance_failed;	/* since something was moved */
	u64 max_newidle_lb_cost;	/* ns: what a look for work has cost at most; decays */
	unsigned long next_decay_max_lb_cost;		/* jiffies */

	/* /proc/schedstat's columns, by enum cpu_idle_type */
	unsigned int lb_count[CPU_MAX_IDLE_TYPES], lb_failed[CPU_MAX_IDLE_TYPES], lb_balanced[CPU_MAX_IDLE_TYPES];
	unsigned long lb_imbalance[CPU_MAX_IDLE_TYPES];
	unsigned int lb_gained[CPU_MAX_IDLE_TYPES], lb_hot_gained[CPU_MAX_IDLE_TYPES];
	unsigned int lb_nobusyg[CPU_MAX_IDLE_TYPES], lb_nobusyq[CPU_MAX_IDLE_TYPES];
	unsigned int alb_count, alb_failed, alb_pushed;		/* the migration thread was asked */
	unsigned int sbe_count, sbe_balanced, sbe_pushed;	/* placement at exec */
	unsigned int sbf_count, sbf_balanced, sbf_pushed;	/* at fork */
	unsigned int ttwu_wake_remote, ttwu_move_affine, ttwu_move_balance;
};

/* cpu_sched_domain - the lowest domain of @cpu; NULL: none. Context: any. */
struct sched_domain *cpu_sched_domain(int cpu);

/* for_each_domain - @sd from the narrowest domain of @cpu to the widest. Context: any; domains stay for ever. */
#define for_each_domain(cpu, sd)	for ((sd) = cpu_sched_domain(cpu); (sd); (sd) = (sd)->parent)

/* cpus_share_cache - do @a and @b? A task that moves between them finds most of its data. */
bool cpus_share_cache(int a, int b);

/* sched_exec - current is about to become another program, and has least to lose: to another CPU if this one is crowded. Context: task. */
void sched_exec(void);

#endif
