/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/sched_rt_sysctl.c - /proc/sys/kernel/sched_rt_*, sched_rr_timeslice_ms: how much time real-time tasks get;
 * sched_migration_cost_ns, sched_nr_migrate: how eagerly tasks are moved.
 *
 * Runtime and period belong together: 0 < period, and runtime is -1 (no limit) or at most the period. What breaks that
 * is refused, and the old value stays. On each CPU a new period begins when the old one ends; a new runtime holds from
 * the next tick on. A slice of 0 or less is the default of 100 ms.
 *
 * Linux: kernel/sched/rt.c, sched_rt_handler() and sched_rr_handler().
 */
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/mutex.h>
#include <primer/sched/sysctl.h>
#include <primer/sysctl.h>

static DEFINE_MUTEX(sched_rt_mutex, LOCK_RANK_SLEEPING_LEAF);	/* writers of the pair, and of the slice */
static int rr_timeslice_ms = 100;				/* [sched_rt_mutex] */

static int rt_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct ctl_table copy = *ctl;		/* every tick looks at the pair: what is refused is never seen there */
	int value, period, runtime, err;

	copy.data = &value;
	mutex_lock(&sched_rt_mutex);
	value = *(int *)ctl->data;
	err = proc_dointvec(&copy, write, buffer, lenp, ppos);
	if (!err && write) {
		period = ctl->data == &sysctl_sched_rt_period ? value : (int)sysctl_sched_rt_period;
		runtime = ctl->data == &sysctl_sched_rt_runtime ? value : sysctl_sched_rt_runtime;
		if (period <= 0 || runtime < -1 || runtime > period)
			err = -EINVAL;
		else
			WRITE_ONCE(*(int *)ctl->data, value);
	}
	mutex_unlock(&sched_rt_mutex);
	return err;
}

static int rr_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err;

	mutex_lock(&sched_rt_mutex);
	err = proc_dointvec(ctl, write, buffer, lenp, ppos);
	if (!err && write) {
		if (rr_timeslice_ms <= 0)
			rr_timeslice_ms = 100;
		sched_rr_timeslice = msecs_to_jiffies(rr_timeslice_ms);
	}
	mutex_unlock(&sched_rt_mutex);
	return err;
}

#define RT_ENTRY(name, variable, handler) \
	{ .procname = (name), .data = &(variable), .maxlen = sizeof(int), .mode = 0644, .proc_handler = (handler) }

static struct ctl_table sched_rt_table[] = {
	RT_ENTRY("sched_rt_period_us", sysctl_sched_rt_period, rt_handler),
	RT_ENTRY("sched_rt_runtime_us", sysctl_sched_rt_runtime, rt_handler),
	RT_ENTRY("sched_rr_timeslice_ms", rr_timeslice_ms, rr_handler),
	RT_ENTRY("sched_migration_cost_ns", sysctl_sched_migration_cost, proc_dointvec),
	RT_ENTRY("sched_nr_migrate", sysctl_sched_nr_migrate, proc_dointvec),
	{ }
};

static int __init sched_rt_sysctl_init(void)
{
	return register_sysctl("kernel", sched_rt_table);
}
fs_initcall(sched_rt_sysctl_init);
