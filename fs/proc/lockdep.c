/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/lockdep.c - what lockdep knows: lockdep, lockdep_chains, lockdep_stats, lock_stat. DEBUG builds only.
 *
 * The texts are kernel/locking/lockdep_proc.c's, in a room that knows no files. It also says what a reader sees while
 * others take locks: nothing is locked here but the reader's own seq_file.
 *
 * Linux: kernel/locking/lockdep_proc.c. A 0 written to its lock_stat clears the figures; here it can
 * only be read.
 */
#ifdef CONFIG_DEBUG
#include <primer/init.h>
#include <primer/lockdep.h>

#include "internal.h"

#define SHOW(name, fn) \
static int name##_proc_show(struct seq_file *m, void *v) \
{ \
	seq_show_buf(m, fn); \
	return 0; \
}

SHOW(lockdep, lockdep_show)
SHOW(lockdep_chains, lockdep_chains_show)
SHOW(lockdep_stats, lockdep_stats_show)
SHOW(lock_stat, lock_stat_show)

static int __init proc_lockdep_init(void)
{
	proc_create_single("lockdep", 0400, NULL, lockdep_proc_show);
	proc_create_single("lockdep_chains", 0400, NULL, lockdep_chains_proc_show);
	proc_create_single("lockdep_stats", 0400, NULL, lockdep_stats_proc_show);
	proc_create_single("lock_stat", 0400, NULL, lock_stat_proc_show);
	return 0;
}
fs_initcall(proc_lockdep_init);

#endif
