/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/timers.c - what waits for a time, on which clock of which CPU: timer_list.
 *
 * The text is kernel/time/timer_list.c's, which also takes the locks of the timers.
 *
 * Linux: kernel/time/timer_list.c, where file and text are one, and a record is a CPU.
 */
#include <primer/init.h>
#include <primer/tick.h>

#include "internal.h"

static int timer_list_proc_show(struct seq_file *m, void *v)
{
	seq_show_buf(m, timer_list_show);
	return 0;
}

static int __init proc_timers_init(void)
{
	proc_create_single("timer_list", 0400, NULL, timer_list_proc_show);
	return 0;
}
fs_initcall(proc_timers_init);
