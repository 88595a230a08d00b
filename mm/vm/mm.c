/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/mm.c - the life of an address space: who keeps it, who ends it.
 *
 * The problem. Threads share one mm. The kernel lends a CPU's loaded mm to kernel threads, so that switching to one
 * costs nothing, and such a thread may still have it loaded when the process is long dead. When do the pages go, and
 * when the page table that CR3 points to?
 *
 * The idea. Two counters:
 *
 *	mm_users    tasks with task->mm == mm, and whoever called mmget()      last mmput():  unmap everything
 *	mm_count    all users together: 1; each kernel thread that borrows      last mmdrop(): free pgd and structure
 *	            it as active_mm: 1; whoever called mmgrab()
 *
 *	     mm_alloc()                last mmput()                    last mmdrop()
 *	        | users 1, count 1        | users 0, count n > 0          |
 *	        +---- areas, pages -------+---- empty, pgd still valid ---+ gone
 *
 * After the last mmput() the lower half of the tables is empty, and the pgd is as good as swapper_pg_dir: a CPU may
 * stay on it.
 *
 * Context: mmput() may sleep (closing files). mmdrop() may be called by the scheduler, right after a switch. A task
 * changes its own task->mm under task_lock(); get_task_mm() takes the same lock to reach another task's.
 *
 * Linux: kernel/fork.c, mm/init-mm.c.
 */
#include "internal.h"

#include <primer/oom.h>
#include <primer/pagemap.h>
#include <primer/sched/task.h>
#include <primer/slab.h>
#include <primer/tlb.h>

struct mm_struct init_mm = {
	.mm_rb = RB_ROOT,
	.pgd = swapper_pg_dir,
	.mm_users = ATOMIC_INIT(2),
	.mm_count = ATOMIC_INIT(1),
	.mmap_lock = __RWSEM_INITIALIZER(init_mm.mmap_lock, LOCK_RANK_MMAP),
	.page_table_lock = __SPIN_LOCK_UNLOCKED(init_mm.page_table_lock, LOCK_RANK_INIT_MM),
	.mmlist = LIST_HEAD_INIT(init_mm.mmlist),
};

unsigned long zero_pfn;				/* immutable after vm_init() */
static struct kmem_cache *mm_cachep;		/* immutable after vm_init() */

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->mm_rb = RB_ROOT;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	init_rwsem(&mm->mmap_lock, LOCK_RANK_MMAP);
	spin_lock_init(&mm->page_table_lock, LOCK_RANK_PTL);
	INIT_LIST_HEAD(&mm->mmlist);
	mm->pgd = pgd_alloc(mm);
	if (!mm->pgd) {
		kmem_cache_free(mm_cachep, mm);
		return NULL;
	}
	atomic_long_add(PAGE_SIZE, &mm->pgtables_bytes);
	return mm;
}

void __mmdrop(struct mm_struct *mm)
{
	int i;

	BUG_ON(mm == &init_mm);
	WARN_ONCE(mm == current->active_mm, "mm: dropped while it is loaded\n");
	for (i = 0; i < NR_MM_COUNTERS; i++) {
		long n = atomic_long_read(&mm->rss_stat[i]);

		WARN_ONCE(n, "mm: rss counter %d is %ld at the end\n", i, n);
	}
	WARN_ONCE(atomic_long_read(&mm->pgtables_bytes) != (long)PAGE_SIZE, "mm: %ld bytes of page tables at the end\n",
		  (long)atomic_long_read(&mm->pgtables_bytes));
	pgd_free(mm);
	kmem_cache_free(mm_cachep, mm);
}

void mmput(struct mm_struct *mm)
{
	might_sleep();
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	exit_mmap(mm);
	if (mm->exe_file)
		vm_file_ops->put_exe(mm->exe_file);
	mm->exe_file = NULL;
	if (unlikely(mm->oom_flags))
		oom_mm_released(mm);
	mmdrop(mm);
}

struct mm_struct *get_task_mm(struct task_struct *p)
{
	struct mm_struct *mm;

	task_lock(p);
	mm = p->mm;
	if (mm && (p->flags & PF_KTHREAD))
		mm = NULL;
	if (mm)
		mmget(mm);
	task_unlock(p);
	return mm;
}

void __init vm_init(void)
{
	struct page *zero = alloc_page(GFP_KERNEL | __GFP_ZERO);

	BUG_ON(!zero);
	SetPageReserved(zero);
	zero_pfn = page_to_pfn(zero);
	mm_cachep = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0, SLAB_HWCACHE_ALIGN | SLAB_PANIC, NULL);
	vma_init();
	vm_set_unmap_mapping(unmap_mapping_pages);
}
