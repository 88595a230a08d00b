/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sched/sysctl.h - the numbers of the fair class that an administrator may change: /proc/sys/kernel/sched_*.
 * The theory is in sched/fair.c.
 */
#ifndef PRIMER_SCHED_SYSCTL_H
#define PRIMER_SCHED_SYSCTL_H

/*
 * Nanoseconds, as they are in force: already scaled by the number of CPUs. Read without a lock at each use. Whoever writes one calls
 * sched_tunables_written() afterwards.
 */
extern unsigned int sysctl_sched_latency;		/* in this time everybody runs once */
extern unsigned int sysctl_sched_min_granularity;	/* but not for less than this: with many the period stretches */
extern unsigned int sysctl_sched_wakeup_granularity;	/* by so much a woken task must be behind to take the CPU */
extern unsigned int sysctl_sched_child_runs_first;	/* after fork(): 0 or 1 */

/* How they grow with n CPUs: not; by 1 + log2(n), the default; by n. n counts as 8 at most. */
enum sched_tunable_scaling { SCHED_TUNABLESCALING_NONE, SCHED_TUNABLESCALING_LOG, SCHED_TUNABLESCALING_LINEAR };
extern unsigned int sysctl_sched_tunable_scaling;

/*
 * Real-time tasks get rt_runtime of each rt_period, microseconds, on each CPU; -1: all of it. sched_rr_timeslice: ticks. Who ran less
 * than migration_cost (ns) ago is left where it is; at most nr_migrate tasks are moved in one go. Read without a lock at each use.
 */
extern unsigned int sysctl_sched_rt_period;
extern int sysctl_sched_rt_runtime, sched_rr_timeslice;
extern unsigned int sysctl_sched_migration_cost, sysctl_sched_nr_migrate;

/* sched_tunables_written - take over what was written into the above. Context: any. */
void sched_tunables_written(void);

#endif
