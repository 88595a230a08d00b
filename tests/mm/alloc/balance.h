/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/alloc/balance.h - free pages before and after: what was taken has come back, to the page.
 *
 * A cache may keep an empty slab, and the map of vmalloc addresses its page tables: neither is lost, and both would be
 * counted. So the first is given back before each count, after what waited for a grace period of RCU has been freed; and of tables, which only become more, the growth is added.
 * Under KASAN, addresses of vmalloc space that are used for the first time get a shadow that stays: BALANCE_SLACK pages.
 * Stacks of tasks are counted too, and four pages are free for the rest of a kernel thread that began meanwhile.
 * What is made once (a chunk of per-CPU memory) a first short round of the same workload makes.
 */
#ifndef TESTS_MM_ALLOC_BALANCE_H
#define TESTS_MM_ALLOC_BALANCE_H

#include <primer/gfp.h>
#include <primer/kasan.h>
#include <primer/mm.h>
#include <primer/rcupdate.h>
#include <primer/sched/task.h>
#include <primer/sleep.h>
#include <primer/vmalloc.h>

#ifdef CONFIG_KASAN
#define BALANCE_SLACK	68UL
#else
#define BALANCE_SLACK	4UL
#endif

static inline unsigned long settled_free_pages(void)
{
	/* Twice: what is freed then may let go of something that waits itself. */
	rcu_barrier();
	rcu_barrier();
	kasan_quarantine_flush();
	vm_unmap_aliases();
	reclaim_spare_pages(GFP_KERNEL, 0);
	msleep(5);		/* the stack of a task that is gone from the list, too */
	return nr_free_pages() + kernel_pages(NR_PAGETABLE) + (unsigned long)READ_ONCE(nr_threads) * (THREAD_SIZE / PAGE_SIZE);
}

#endif
