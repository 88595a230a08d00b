/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/drop_caches.c - /proc/sys/vm/drop_caches: give back what is kept only because it may be wanted again.
 *
 *	1	pages of files that are on a disk as well: in memory's own filesystems there are none
 *	2	names and inodes that nobody uses; the slabs that are empty then, and other spare memory of the kernel
 *	3	both
 *		what waits for a grace period of RCU to be freed, too
 *	4	added to these: say nothing about it in the log
 *
 * For measurements: what is in use afterwards is in use. It can be written only; a shell's "echo 3" is one write.
 *
 * Locking: none of its own; the writer sleeps for grace periods. Two writers at once share the number, so that one may
 * do what the other asked for.
 *
 * Linux (fs/drop_caches.c) has real pages to drop, and asks every shrinker that is registered.
 */
#include <primer/dcache.h>
#include <primer/init.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/rcupdate.h>
#include <primer/sched.h>
#include <primer/sysctl.h>
#include <primer/vmalloc.h>

static int sysctl_drop_caches;
static int highest = 7;

static int drop_caches_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err = proc_dointvec_minmax(ctl, write, buffer, lenp, ppos), what = READ_ONCE(sysctl_drop_caches);

	if (err || !write)
		return err;
	if (what & 1)
		count_vm_event(DROP_PAGECACHE);
	if (what & 2) {
		count_vm_event(DROP_SLAB);
		while (prune_dcache(1024) && !fatal_signal_pending(current))
			;
		/* Twice: what is freed then may let go of something that waits itself. */
		rcu_barrier();
		rcu_barrier();
		vm_unmap_aliases();
		reclaim_spare_pages(GFP_KERNEL, 0);
	}
	if (!(what & 4))
		pr_info("%s (%d): drop_caches: %d\n", current->comm, current->pid, what);
	return 0;
}

static struct ctl_table drop_caches_table[] = {
	{ .procname = "drop_caches", .data = &sysctl_drop_caches, .maxlen = sizeof(int), .mode = 0200,
	  .proc_handler = drop_caches_handler, .extra1 = SYSCTL_ONE, .extra2 = &highest },
	{ }
};

static int __init drop_caches_init(void)
{
	return register_sysctl("vm", drop_caches_table);
}
fs_initcall(drop_caches_init);
