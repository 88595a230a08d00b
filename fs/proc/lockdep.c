/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/lockdep.c - what lockdep knows: lockdep, lockdep_chains, lockdep_stats, lock_stat. DEBUG builds only.
 *
 * The texts are kernel/locking/lockdep_proc.c's, in a room that knows no files. It also says what a reader sees while
 * others take locks: nothing is locked here but the reader's own seq_file.
 *
 * A 0 written to lock_stat clears its figures; whatever else is written is taken and ignored.
 *
 * Linux: kernel/locking/lockdep_proc.c.
 */
#ifdef CONFIG_DEBUG
#include <primer/init.h>
#include <primer/lockdep.h>
#include <asm/uaccess.h>

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

static int lock_stat_open(struct inode *inode, struct file *file)
{
	return single_open(file, lock_stat_proc_show, NULL);
}

static ssize_t lock_stat_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char c;

	if (!count)
		return 0;
	if (get_user(c, buf))
		return -EFAULT;
	if (c == '0')
		lock_stat_clear();
	return count;
}

static const struct file_operations lock_stat_operations = {
	.open = lock_stat_open,
	.read_iter = seq_read_iter,
	.write = lock_stat_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init proc_lockdep_init(void)
{
	proc_create_single("lockdep", 0400, NULL, lockdep_proc_show);
	proc_create_single("lockdep_chains", 0400, NULL, lockdep_chains_proc_show);
	proc_create_single("lockdep_stats", 0400, NULL, lockdep_stats_proc_show);
	proc_create("lock_stat", 0600, NULL, &lock_stat_operations);
	return 0;
}
fs_initcall(proc_lockdep_init);

#endif
