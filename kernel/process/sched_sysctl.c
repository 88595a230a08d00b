/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/sched_sysctl.c - /proc/sys/kernel/sched_*: the fair class' tunables.
 *
 * The numbers that a reader sees are those in force, which have been scaled by the number of CPUs; what is written is in force at once,
 * and is taken back to one CPU so that it scales again. Bounds as on Linux: a granularity below 100 us would spend its time in
 * switches, one above a second would be none.
 *
 * sched_mutex makes two writers come one after the other, so that what is taken over is what one of them wrote. Readers of the
 * numbers, the scheduler above all, look at each word by itself.
 *
 * Linux: kernel/sysctl.c; since 5.13 these lie in debugfs.
 */
#include <primer/init.h>
#include <primer/mutex.h>
#include <primer/sched/sysctl.h>
#include <primer/sysctl.h>

static unsigned int min_granularity_ns = 100000, max_granularity_ns = 1000000000, max_scaling = SCHED_TUNABLESCALING_LINEAR;

static DEFINE_MUTEX(sched_mutex, LOCK_RANK_SLEEPING_LEAF);	/* the normalized values */

static int tunable_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err;

	mutex_lock(&sched_mutex);
	err = proc_douintvec_minmax(ctl, write, buffer, lenp, ppos);
	if (!err && write)
		sched_tunables_written();
	mutex_unlock(&sched_mutex);
	return err;
}

#define TUNABLE(name, variable, least, most) \
	{ .procname = (name), .data = &(variable), .maxlen = sizeof(unsigned int), .mode = 0644, \
	  .proc_handler = tunable_handler, .extra1 = (least), .extra2 = (most) }

static struct ctl_table sched_table[] = {
	TUNABLE("sched_latency_ns", sysctl_sched_latency, &min_granularity_ns, &max_granularity_ns),
	TUNABLE("sched_min_granularity_ns", sysctl_sched_min_granularity, &min_granularity_ns, &max_granularity_ns),
	TUNABLE("sched_wakeup_granularity_ns", sysctl_sched_wakeup_granularity, SYSCTL_ZERO, &max_granularity_ns),
	TUNABLE("sched_tunable_scaling", sysctl_sched_tunable_scaling, SYSCTL_ZERO, &max_scaling),
	{ .procname = "sched_child_runs_first", .data = &sysctl_sched_child_runs_first, .maxlen = sizeof(unsigned int), .mode = 0644,
	  .proc_handler = proc_douintvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE },
	{ }
};

static int __init sched_sysctl_init(void)
{
	return register_sysctl("kernel", sched_table);
}
fs_initcall(sched_sysctl_init);
