/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/mman.h - promised memory: how much there is of it, and how much there may be. The theory is in
 * mm/vm/overcommit.c.
 */
#ifndef PRIMER_MMAN_H
#define PRIMER_MMAN_H

#include <primer/percpu.h>
#include <primer/types.h>

struct mm_struct;

#define OVERCOMMIT_GUESS	0	/* refuse only what could never be kept */
#define OVERCOMMIT_ALWAYS	1
#define OVERCOMMIT_NEVER	2	/* no more than vm_commit_limit() */

/* Settings of /proc/sys/vm. [written by whoever writes there, read without a lock] */
extern int sysctl_overcommit_memory;
extern int sysctl_overcommit_ratio;		/* percent of the memory */
extern unsigned long sysctl_overcommit_kbytes;	/* instead of the ratio, if not 0 */
extern unsigned long sysctl_admin_reserve_kbytes, sysctl_user_reserve_kbytes;

/* What this CPU has promised, less what it has taken back: may be negative. Pages. The sum over all CPUs counts. */
DECLARE_PER_CPU(long, vm_committed_as_local);

/* vm_acct_memory - @pages more are promised, whatever the limit; vm_unacct_memory: less. Context: any. */
static __always_inline void vm_acct_memory(long pages)
{
	this_cpu_add(vm_committed_as_local, pages);
}
static __always_inline void vm_unacct_memory(long pages)
{
	this_cpu_sub(vm_committed_as_local, pages);
}

/* vm_committed_as, vm_memory_committed - promised pages of the whole system ("Committed_AS"). Context: any. */
unsigned long vm_committed_as(void);
#define vm_memory_committed()	vm_committed_as()
/* vm_commit_limit - what OVERCOMMIT_NEVER allows at most ("CommitLimit"), pages */
unsigned long vm_commit_limit(void);

/*
 * vm_enough_memory - promise @pages more to @mm (or to nobody in particular, NULL) if the policy allows it
 *
 * Returns 0, and they are counted; or -ENOMEM, and they are not. Context: task; does not sleep.
 */
int __must_check vm_enough_memory(struct mm_struct *mm, long pages);

/* can_do_mlock - may current lock memory at all? Context: task. */
bool can_do_mlock(void);

#endif
