/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/sched_debug.c - the scheduler as text: sched_debug, schedstat, PID/sched, PID/schedstat.
 *
 *	/proc/sched_debug	for people: each CPU's queue; what runs, what waits, in order; what sleeps there
 *	/proc/schedstat		for programs: counters of each CPU since boot, and of its domains
 *	/proc/PID/sched		for people: one task. Writing anything to it forgets its statistics
 *	/proc/PID/schedstat	for programs: ns that it ran, ns that it waited for a CPU, times that it got one
 *
 * The numbers are copied under the queue's lock (sched/stats.c) and written from the copy. Between two queues time passes, so
 * a task that moves may be seen on both or on none.
 *
 * A table of runnable tasks, as sched_debug shows it:
 *
 *	 S            task   PID         tree-key  switches  prio     wait-time             sum-exec        sum-sleep
 *	>R             dd    41      5021.117260       812   120         0.000000      1093.441216         0.000000
 *	 R            hog    40      5022.530119       790   120         0.000000      1090.002211         0.000000
 *	 S             sh    38      4907.290001        93   120         0.000000        12.208872         0.000000
 *
 * ">" is the one that runs; behind it, those that wait, the next first: the timeline read from the left. tree-key is vruntime.
 * Then those that sleep and last ran here. wait-time and sum-sleep are kept while kernel.sched_schedstats is 1.
 *
 * Fields and widths are Linux's (kernel/sched/debug.c, stats.c at v5.10), where sched_debug shows all tasks in order of birth; fields of
 * what this scheduler does not have are left out.
 */
#include <primer/bitops.h>
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/sched/debug.h>
#include <primer/sched/sysctl.h>
#include <primer/sched/topology.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/sysctl.h>
#include <primer/timekeeping.h>
#include <primer/version.h>
#include <asm/tsc.h>

#include "internal.h"

/* ns as milliseconds with six places, for "%lld.%06ld"; negative ones too. */
static long long ns_high(s64 ns)	{ return ns / 1000000; }
static long ns_low(s64 ns)		{ return (ns < 0 ? -ns : ns) % 1000000; }
#define SPLIT_NS(ns)			ns_high(ns), ns_low(ns)

/* ---- one task --------------------------------------------------------------------------------------------------------------- */

static void put_number(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "%-45s:%21lld\n", name, (long long)value);
}

static void put_time(struct seq_file *m, const char *name, u64 ns)
{
	seq_printf(m, "%-45s:%14lld.%06ld\n", name, SPLIT_NS(ns));
}

static void put_statistics(struct seq_file *m, const struct sched_task_view *v)
{
	const struct sched_statistics *s = &v->stats;
	u64 switches = v->nvcsw + v->nivcsw;

	put_time(m, "se.statistics.sum_sleep_runtime", s->sum_sleep_runtime);
	put_time(m, "se.statistics.wait_start", s->wait_start);
	put_time(m, "se.statistics.sleep_start", s->sleep_start);
	put_time(m, "se.statistics.block_start", s->block_start);
	put_time(m, "se.statistics.sleep_max", s->sleep_max);
	put_time(m, "se.statistics.block_max", s->block_max);
	put_time(m, "se.statistics.exec_max", s->exec_max);
	put_time(m, "se.statistics.slice_max", s->slice_max);
	put_time(m, "se.statistics.wait_max", s->wait_max);
	put_time(m, "se.statistics.wait_sum", s->wait_sum);
	put_number(m, "se.statistics.wait_count", s->wait_count);
	put_time(m, "se.statistics.iowait_sum", s->iowait_sum);
	put_number(m, "se.statistics.iowait_count", s->iowait_count);
	put_number(m, "se.statistics.nr_migrations_cold", s->nr_migrations_cold);
	put_number(m, "se.statistics.nr_failed_migrations_affine", s->nr_failed_migrations_affine);
	put_number(m, "se.statistics.nr_failed_migrations_running", s->nr_failed_migrations_running);
	put_number(m, "se.statistics.nr_failed_migrations_hot", s->nr_failed_migrations_hot);
	put_number(m, "se.statistics.nr_forced_migrations", s->nr_forced_migrations);
	put_number(m, "se.statistics.nr_wakeups", s->nr_wakeups);
	put_number(m, "se.statistics.nr_wakeups_sync", s->nr_wakeups_sync);
	put_number(m, "se.statistics.nr_wakeups_migrate", s->nr_wakeups_migrate);
	put_number(m, "se.statistics.nr_wakeups_local", s->nr_wakeups_local);
	put_number(m, "se.statistics.nr_wakeups_remote", s->nr_wakeups_remote);
	put_number(m, "se.statistics.nr_wakeups_affine", s->nr_wakeups_affine);
	put_number(m, "se.statistics.nr_wakeups_affine_attempts", s->nr_wakeups_affine_attempts);
	put_number(m, "se.statistics.nr_wakeups_passive", s->nr_wakeups_passive);
	put_number(m, "se.statistics.nr_wakeups_idle", s->nr_wakeups_idle);
	if (switches)
		put_time(m, "avg_atom", v->sum_exec_runtime / switches);
	else
		put_number(m, "avg_atom", -1LL);
	if (v->nr_migrations)
		put_time(m, "avg_per_cpu", v->sum_exec_runtime / v->nr_migrations);
	else
		put_number(m, "avg_per_cpu", -1LL);
}

static int sched_show(struct seq_file *m, void *unused)
{
	struct task_struct *p = get_proc_task(m->private);
	struct sched_task_view v;
	u64 t0, t1;

	if (!p)
		return -ESRCH;
	sched_task_view(p, &v);
	seq_printf(m, "%s (%d, #threads: %d)\n", v.comm, v.pid, p->signal->nr_threads);
	seq_puts(m, "-------------------------------------------------------------------\n");
	put_time(m, "se.exec_start", v.exec_start);
	put_time(m, "se.vruntime", v.vruntime);
	put_time(m, "se.sum_exec_runtime", v.sum_exec_runtime);
	put_number(m, "se.nr_migrations", v.nr_migrations);
	if (READ_ONCE(sysctl_sched_schedstats))
		put_statistics(m, &v);
	put_number(m, "nr_switches", v.nvcsw + v.nivcsw);
	put_number(m, "nr_voluntary_switches", v.nvcsw);
	put_number(m, "nr_involuntary_switches", v.nivcsw);
	put_number(m, "se.load.weight", v.weight);
	put_number(m, "policy", v.policy);
	put_number(m, "prio", v.prio);
	t0 = sched_clock();
	t1 = sched_clock();
	put_number(m, "clock-delta", t1 - t0);
	put_task_struct(p);
	return 0;
}

static int sched_open(struct inode *inode, struct file *file)
{
	return single_open(file, sched_show, inode);
}

static ssize_t sched_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct task_struct *p = get_proc_task(file_inode(file));

	if (!p)
		return -ESRCH;
	sched_task_stats_reset(p);
	put_task_struct(p);
	return count;
}

const struct file_operations proc_pid_sched_operations = {
	.open = sched_open, .read_iter = seq_read_iter, .write = sched_write, .llseek = seq_lseek, .release = single_release,
};

int proc_pid_schedstat(struct seq_file *m, struct task_struct *task)
{
	struct sched_task_view v;

	sched_task_view(task, &v);
	seq_printf(m, "%llu %llu %lu\n", v.sum_exec_runtime, v.info.run_delay, v.info.pcount);
	return 0;
}

/* ---- sched_debug ------------------------------------------------------------------------------------------------------------ */

static void put_task(struct seq_file *m, const struct sched_task_view *v)
{
	if (v->running)
		seq_puts(m, ">R");
	else
		seq_printf(m, " %c", v->state);
	seq_printf(m, " %15s %5d %9lld.%06ld %9llu %5d ", v->comm, v->pid, SPLIT_NS(v->vruntime), (u64)v->nvcsw + v->nivcsw, v->prio);
	seq_printf(m, "%9lld.%06ld %9lld.%06ld %9lld.%06ld\n", SPLIT_NS(v->stats.wait_sum), SPLIT_NS(v->sum_exec_runtime),
		   SPLIT_NS(v->stats.sum_sleep_runtime));
}

/* Those that last ran on @cpu and are not queued. */
static void put_sleepers(struct seq_file *m, int cpu)
{
	struct sched_task_view v;
	struct task_struct *p, *t;

	read_lock(&tasklist_lock);
	for_each_process(p) {
		for_each_thread(p, t) {
			if (task_cpu(t) != (unsigned int)cpu || READ_ONCE(t->on_rq))
				continue;
			sched_task_view(t, &v);
			if (v.cpu == cpu && !v.queued)
				put_task(m, &v);
		}
	}
	read_unlock(&tasklist_lock);
}

/* All tasks of a queue, in memory that holds them: how many there are is known only when the queue is locked. */
static struct sched_task_view *view_queue(int cpu, struct sched_queue_view *q, unsigned int *count)
{
	unsigned int room = 64;

	for (;;) {
		struct sched_task_view *tasks = kvmalloc(room * sizeof(*tasks), GFP_KERNEL);

		if (!tasks)
			return NULL;
		*count = sched_queue_view(cpu, q, tasks, room);
		if (*count <= room)
			return tasks;
		kvfree(tasks);
		room = *count + *count / 4;
	}
}

#define PUT(m, name, value)	seq_printf((m), "  .%-30s: %lld\n", (name), (long long)(value))
#define PUT_NS(m, name, ns)	seq_printf((m), "  .%-30s: %lld.%06ld\n", (name), SPLIT_NS(ns))

static int put_cpu(struct seq_file *m, int cpu)
{
	struct sched_queue_view q;
	struct sched_task_view *tasks;
	unsigned int n, i;

	tasks = view_queue(cpu, &q, &n);
	if (!tasks)
		return -ENOMEM;
	seq_printf(m, "cpu#%d, %u.%03u MHz\n", cpu, tsc_khz / 1000, tsc_khz % 1000);
	PUT(m, "nr_running", q.nr_running);
	PUT(m, "nr_switches", q.nr_switches);
	PUT(m, "nr_uninterruptible", q.nr_uninterruptible);
	PUT_NS(m, "next_balance", q.next_balance);
	PUT(m, "curr->pid", q.curr_pid);
	PUT_NS(m, "clock", q.clock);
	PUT_NS(m, "clock_task", q.clock_task);
	PUT(m, "avg_idle", q.avg_idle);
	PUT(m, "max_idle_balance_cost", q.max_idle_balance_cost);
	if (READ_ONCE(sysctl_sched_schedstats)) {
		PUT(m, "yld_count", q.yld_count);
		PUT(m, "sched_count", q.sched_count);
		PUT(m, "sched_goidle", q.sched_goidle);
		PUT(m, "ttwu_count", q.ttwu_count);
		PUT(m, "ttwu_local", q.ttwu_local);
	}
	seq_printf(m, "\ncfs_rq[%d]:/\n", cpu);
	PUT_NS(m, "exec_clock", q.exec_clock);
	PUT_NS(m, "MIN_vruntime", q.MIN_vruntime);
	PUT_NS(m, "min_vruntime", q.min_vruntime);
	PUT_NS(m, "max_vruntime", q.max_vruntime);
	PUT_NS(m, "spread", q.MIN_vruntime ? q.max_vruntime - q.MIN_vruntime : 0);
	PUT(m, "nr_running", q.cfs_nr_running);
	PUT(m, "load", q.load);
	seq_printf(m, "\nrt_rq[%d]:\n", cpu);
	PUT(m, "rt_nr_running", q.rt_nr_running);
	PUT(m, "rt_nr_migratory", q.rt_nr_migratory);
	PUT(m, "rt_throttled", q.rt_throttled);
	PUT_NS(m, "rt_time", q.rt_time);
	PUT_NS(m, "rt_runtime", q.rt_runtime);
	seq_puts(m, "\nrunnable tasks:\n S            task   PID         tree-key  switches  prio     wait-time             sum-exec        "
		    "sum-sleep\n");
	seq_puts(m, "-------------------------------------------------------"
		    "------------------------------------------------------\n");
	for (i = 0; i < n; i++)
		if (tasks[i].pid)			/* the idle task is the absence of one */
			put_task(m, &tasks[i]);
	kvfree(tasks);
	put_sleepers(m, cpu);
	seq_putc(m, '\n');
	return 0;
}

static const char *const scaling_names[] = { "none", "logarithmic", "linear" };

static void put_head(struct seq_file *m)
{
	unsigned int scaling = READ_ONCE(sysctl_sched_tunable_scaling);
	u64 ktime = ktime_get_ns(), clock = sched_clock();

	seq_printf(m, "Sched Debug Version: v0.11, %s %s\n", UTS_RELEASE, UTS_VERSION);
	seq_printf(m, "%-40s: %lld.%06ld\n", "ktime", SPLIT_NS(ktime));
	seq_printf(m, "%-40s: %lld.%06ld\n", "sched_clk", SPLIT_NS(clock));
	seq_printf(m, "%-40s: %lld.%06ld\n", "cpu_clk", SPLIT_NS(clock));
	seq_printf(m, "%-40s: %lld\n", "jiffies", (long long)jiffies);
	seq_puts(m, "\nsysctl_sched\n");
	seq_printf(m, "  .%-40s: %lld.%06ld\n", "sysctl_sched_latency", SPLIT_NS(sysctl_sched_latency));
	seq_printf(m, "  .%-40s: %lld.%06ld\n", "sysctl_sched_min_granularity", SPLIT_NS(sysctl_sched_min_granularity));
	seq_printf(m, "  .%-40s: %lld.%06ld\n", "sysctl_sched_wakeup_granularity", SPLIT_NS(sysctl_sched_wakeup_granularity));
	seq_printf(m, "  .%-40s: %u\n", "sysctl_sched_child_runs_first", sysctl_sched_child_runs_first);
	seq_printf(m, "  .%-40s: %u (%s)\n", "sysctl_sched_tunable_scaling", scaling, scaling_names[scaling]);
	seq_putc(m, '\n');
}

/* Position 0 is the head, position n + 1 CPU n. */
static void *cpus_start(struct seq_file *m, loff_t *pos)
{
	if (!*pos)
		return SEQ_SINGLE;
	while (*pos - 1 < nr_cpu_ids && !cpu_online(*pos - 1))
		++*pos;
	return *pos - 1 < nr_cpu_ids ? (void *)(*pos + 1) : NULL;
}

static void *cpus_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return cpus_start(m, pos);
}

static void cpus_stop(struct seq_file *m, void *v)	{ }

static int sched_debug_show(struct seq_file *m, void *v)
{
	if (v != SEQ_SINGLE)
		return put_cpu(m, (int)(long)v - 2);
	put_head(m);
	return 0;
}

static const struct seq_operations sched_debug_seq_ops = {
	.start = cpus_start, .next = cpus_next, .stop = cpus_stop, .show = sched_debug_show,
};

static int sched_debug_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &sched_debug_seq_ops);
}

static const struct file_operations sched_debug_operations = {
	.open = sched_debug_open, .read_iter = seq_read_iter, .llseek = seq_lseek, .release = seq_release,
};

/* ---- schedstat -------------------------------------------------------------------------------------------------------------- */

/* For each kind of idleness eight counts, then twelve that are of no kind. Unlocked: each count is whole. */
static void put_domains(struct seq_file *m, int cpu)
{
	struct sched_domain *sd;
	unsigned int n = 0;

	for_each_domain(cpu, sd) {
		seq_printf(m, "domain%u %*pb", n++, nr_cpu_ids, cpumask_bits(&sd->span));
		for (int i = 0; i < CPU_MAX_IDLE_TYPES; i++)
			seq_printf(m, " %u %u %u %lu %u %u %u %u", sd->lb_count[i], sd->lb_balanced[i], sd->lb_failed[i],
				   sd->lb_imbalance[i], sd->lb_gained[i], sd->lb_hot_gained[i], sd->lb_nobusyq[i], sd->lb_nobusyg[i]);
		seq_printf(m, " %u %u %u %u %u %u %u %u %u %u %u %u\n", sd->alb_count, sd->alb_failed, sd->alb_pushed, sd->sbe_count,
			   sd->sbe_balanced, sd->sbe_pushed, sd->sbf_count, sd->sbf_balanced, sd->sbf_pushed,
			   sd->ttwu_wake_remote, sd->ttwu_move_affine, sd->ttwu_move_balance);
	}
}

static int schedstat_show(struct seq_file *m, void *v)
{
	struct sched_queue_view q;
	int cpu;

	if (v == SEQ_SINGLE) {
		seq_printf(m, "version 15\ntimestamp %lu\n", jiffies);
		return 0;
	}
	cpu = (int)(long)v - 2;
	sched_queue_view(cpu, &q, NULL, 0);
	seq_printf(m, "cpu%d %u 0 %u %u %u %u %llu %llu %lu\n", cpu, q.yld_count, q.sched_count, q.sched_goidle, q.ttwu_count,
		   q.ttwu_local, q.rq_cpu_time, q.info.run_delay, q.info.pcount);
	put_domains(m, cpu);
	return 0;
}

static const struct seq_operations schedstat_seq_ops = {
	.start = cpus_start, .next = cpus_next, .stop = cpus_stop, .show = schedstat_show,
};

static int schedstat_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &schedstat_seq_ops);
}

static const struct file_operations schedstat_operations = {
	.open = schedstat_open, .read_iter = seq_read_iter, .llseek = seq_lseek, .release = seq_release,
};

static struct ctl_table schedstats_table[] = {
	{
		.procname = "sched_schedstats", .data = &sysctl_sched_schedstats, .maxlen = sizeof(int), .mode = 0644,
		.proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE,
	},
	{ }
};

static int __init proc_sched_init(void)
{
	proc_create("sched_debug", 0444, NULL, &sched_debug_operations);
	proc_create("schedstat", 0444, NULL, &schedstat_operations);
	return register_sysctl("kernel", schedstats_table);
}
fs_initcall(proc_sched_init);
