/* SPDX-License-Identifier: GPL-2.0-only */
/* fs/proc/timers.c - what the rooms of time and of the scheduler know of the passing of time: timer_list, loadavg. */
#include <primer/init.h>
#include <primer/sched/loadavg.h>
#include <primer/tick.h>

#include "internal.h"

static int timer_list_proc_show(struct seq_file *m, void *v)
{
	seq_show_buf(m, timer_list_show);
	return 0;
}

/* Averages, runnable tasks of all tasks, the PID given out last. */
static int loadavg_show(struct seq_file *m, void *v)
{
	unsigned long avnrun[3];

	get_avenrun(avnrun, FIXED_1 / 200, 0);
	for (int i = 0; i < 3; i++)
		seq_printf(m, "%lu.%02lu ", LOAD_INT(avnrun[i]), LOAD_FRAC(avnrun[i]));
	seq_printf(m, "%u/%d %d\n", nr_running(), READ_ONCE(nr_threads), last_pid());
	return 0;
}

static int __init proc_timers_init(void)
{
	proc_create_single("timer_list", 0400, NULL, timer_list_proc_show);
	proc_create_single("loadavg", 0, NULL, loadavg_show);
	return 0;
}
fs_initcall(proc_timers_init);
