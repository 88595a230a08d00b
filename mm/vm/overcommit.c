/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/overcommit.c - how much memory has been promised, and when a promise is refused.
 *
 * The problem. mmap() and fork() promise memory without having it. Most promises are never called in, so a system that
 * kept enough for all of them would leave most of its memory idle; one that promises without limit will one day not be
 * able to keep its word, and then somebody is killed in the middle of a store.
 *
 * The idea. Count the promises and let the administrator choose (vm.overcommit_memory):
 *
 *	0  guess	refuse only what could not be kept with nobody else there: more than all memory at once
 *	1  always	refuse nothing
 *	2  never	keep the sum below CommitLimit = memory * overcommit_ratio / 100 (or overcommit_kbytes), less a
 *			reserve for the administrator, and less a 32nd of the asking process, so that no process alone
 *			can leave the others without anything
 *
 * What is a promise? Memory that would have to be found when the program writes: private areas that are or were
 * writable (VM_ACCOUNT), once for each process that has them, and the pages of shared anonymous memory, once. Files
 * mapped to be read, or shared, have their contents elsewhere. MAP_NORESERVE asks not to be counted, except under 2.
 *
 *	charged		mmap, brk, stack growth, mremap to larger; mprotect that makes private pages writable for the
 *			first time; fork, for all of the parent's; exec's first stack page; shared anonymous memory
 *	given back	munmap and exit, by VM_ACCOUNT; a file of shared anonymous memory with its last user
 *
 * Invariant O1: the sum is the pages of all VM_ACCOUNT areas plus those of all shared anonymous memory.
 *
 * Counting must cost nothing beside an mmap(): each CPU adds to a word of its own, in one instruction, and may well
 * take back what another one promised. Only a reader needs the sum; under policies 0 and 1 nobody does but
 * /proc/meminfo. Under 2 the new promise is counted first and then the sum looked at, so that of two that do not fit
 * together at least one is refused.
 *
 * Locking: none. Linux: __vm_enough_memory() in mm/util.c, where the count is a percpu_counter with a batch.
 */
#include "internal.h"

#include <primer/cpumask.h>
#include <primer/cred.h>
#include <primer/init.h>
#include <primer/mman.h>

int sysctl_overcommit_memory = OVERCOMMIT_GUESS;
int sysctl_overcommit_ratio = 50;
unsigned long sysctl_overcommit_kbytes;
unsigned long sysctl_admin_reserve_kbytes = 1UL << 13;
unsigned long sysctl_user_reserve_kbytes = 1UL << 17;

DEFINE_PER_CPU(long, vm_committed_as_local);

#define KB_TO_PAGES(kb)		((kb) >> (PAGE_SHIFT - 10))
#define ALWAYS_FITS		1024UL		/* pages that any machine has on which the kernel can boot */

/* The words change while they are added up: a promise that moves between CPUs meanwhile may count twice or not. */
unsigned long vm_committed_as(void)
{
	long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(vm_committed_as_local, cpu));
	return sum < 0 ? 0 : sum;
}

unsigned long vm_commit_limit(void)
{
	if (sysctl_overcommit_kbytes)
		return KB_TO_PAGES(sysctl_overcommit_kbytes);
	return totalram_pages() * sysctl_overcommit_ratio / 100;
}

/* Policy 2. The promise has been counted. */
static bool within_limit(struct mm_struct *mm)
{
	unsigned long allowed = vm_commit_limit(), reserve = 0;

	if (!capable(CAP_SYS_ADMIN))
		reserve = KB_TO_PAGES(sysctl_admin_reserve_kbytes);
	if (mm)
		reserve += min(mm->total_vm / 32, KB_TO_PAGES(sysctl_user_reserve_kbytes));
	return vm_committed_as() + reserve < allowed;
}

int vm_enough_memory(struct mm_struct *mm, long pages)
{
	int policy = READ_ONCE(sysctl_overcommit_memory);

	vm_acct_memory(pages);
	if (likely(policy == OVERCOMMIT_GUESS)) {
		if (likely((unsigned long)pages <= ALWAYS_FITS || (unsigned long)pages <= totalram_pages()))
			return 0;
	} else if (policy == OVERCOMMIT_ALWAYS) {
		return 0;
	} else if (within_limit(mm)) {
		return 0;
	}
	vm_unacct_memory(pages);
	return -ENOMEM;
}

/* The reserves are at most a 32nd of what is free at boot. */
static int __init init_reserve(void)
{
	unsigned long part = nr_free_pages() << (PAGE_SHIFT - 10) >> 5;

	sysctl_admin_reserve_kbytes = min(part, sysctl_admin_reserve_kbytes);
	sysctl_user_reserve_kbytes = min(part, sysctl_user_reserve_kbytes);
	return 0;
}
subsys_initcall(init_reserve);
