/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/oom_kill.c - no memory is left, and somebody who cannot be refused needs a page.
 *
 * The problem. Memory is promised freely (mmap, fork) and given when it is touched. When all is given and a promise is
 * called in, there is no errno to return: an access to memory has no return value. A process has to die, so that the
 * others can go on. Which one? And how does its memory come back, if it needs memory to die, or sleeps on a lock that
 * the one who waits for its memory holds?
 *
 * Which one. The one whose death wins most: the sum of its pages and its page tables, moved by what the administrator
 * thinks of it (oom_score_adj, thousandths of all memory; -1000: never). One death is better than ten. Never: PID 1,
 * kernel threads, and a child between vfork() and execve(), whose memory is its parent's.
 *
 *	points = resident + swapped + page tables (pages) + oom_score_adj * all pages / 1000
 *
 * How. SIGKILL, to all who share its memory, and three helps:
 *
 *	TIF_MEMDIE	the dying may take half of the allocator's reserve; if even that is gone, their allocations fail
 *	the waiter	sleeps until the victim's memory is free, and tries again; nobody else is killed meanwhile
 *	oom_reaper	a kernel thread takes the victim's private pages away without waiting for it to die
 *
 *	allocation fails                victim                          oom_reaper
 *	  choose, report, SIGKILL  ---> wakes, exits  ----------.   .-- zap private areas
 *	  sleep on oom_wait                exit_mmap(), SKIP ---+---+-- SKIP
 *	  woken: try again <----------------------------------- '
 *
 * Why this ends. While the victim's mm lacks MMF_OOM_SKIP, everybody waits. It gets the flag from whoever is first: the
 * last mmput(), or the reaper, which depends on nothing but mmap_lock, tried a few times, and then gives the victim up.
 * With the flag it is never chosen again; so each round has one candidate less, and the last round ends with success,
 * or finds none. A victim does not wait for itself: its allocation fails when the reserve does not help, it unwinds to
 * user mode, and finds SIGKILL there.
 *
 * Nobody left to kill. A system call is told ENOMEM; a fault from user mode, which by then can only be PID 1's, is the
 * end: "System is deadlocked on memory".
 *
 * What the reaper leaves. A page that it took away would read as zeroes, if the dying touched it again on its way out,
 * in a write() that is under way, say. MMF_UNSTABLE, set before the first page goes, makes such a fault fail.
 *
 * Locking. oom_lock, the innermost lock that sleeps: choosing and killing, one at a time; oom_victim. Nothing is
 * allocated with it held. tasklist_lock for reading around each walk; alloc_lock to look at a task's mm.
 *
 * Linux: mm/oom_kill.c, which also does it for control groups and NUMA policies, and lets a system call panic.
 */
#include "internal.h"

#include <primer/cred.h>
#include <primer/init.h>
#include <primer/kthread.h>
#include <primer/mmzone.h>
#include <primer/mutex.h>
#include <primer/oom.h>
#include <primer/panic.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/wait.h>

#define MAX_OOM_REAP_RETRIES	10
#define K(pages)		((pages) << (PAGE_SHIFT - 10))

int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task, sysctl_oom_dump_tasks = 1;

/* Taken under any lock that sleeps; only tasklist_lock and what stands below it is taken inside. */
static DEFINE_MUTEX(oom_lock, LOCK_RANK_OOM);
static struct mm_struct *oom_victim;		/* [oom_lock] the last one, with a reference */
static DECLARE_WAIT_QUEUE_HEAD(oom_wait);	/* for MMF_OOM_SKIP of the victim */

/* What the reaper shall do. */
struct oom_reap {
	struct mm_struct *mm;			/* with a reference; NULL: nothing */
	pid_t pid;
	char comm[TASK_COMM_LEN];
};
static struct oom_reap oom_reap;		/* [oom_lock] */
static DECLARE_WAIT_QUEUE_HEAD(oom_reaper_wait);
static struct task_struct *oom_reaper_task;	/* [written once at boot] */

/* ---- which one --------------------------------------------------------------------------------------------------- */

/* A thread of @p's process that still has the mm, with its alloc_lock held; the leader may be dead already. */
static struct task_struct *find_lock_task_mm(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t) {
		task_lock(t);
		if (likely(t->mm))
			return t;
		task_unlock(t);
	}
	return NULL;
}

static bool oom_unkillable_task(const struct task_struct *p)
{
	return is_global_init(p) || (p->flags & PF_KTHREAD);
}

static unsigned long pgtables_bytes(struct mm_struct *mm)
{
	return atomic_long_read(&mm->pgtables_bytes);
}

static long badness(struct task_struct *p, unsigned long totalpages)
{
	long points, adj = READ_ONCE(p->signal->oom_score_adj);
	struct task_struct *t;

	if (oom_unkillable_task(p) || adj == OOM_SCORE_ADJ_MIN)
		return LONG_MIN;
	t = find_lock_task_mm(p);
	if (!t)
		return LONG_MIN;
	if (test_bit(MMF_OOM_SKIP, &t->mm->oom_flags) || (t->vfork_done && t->real_parent->mm == t->mm)) {
		task_unlock(t);
		return LONG_MIN;
	}
	points = get_mm_rss(t->mm) + get_mm_counter(t->mm, MM_SWAPENTS) + pgtables_bytes(t->mm) / PAGE_SIZE;
	task_unlock(t);
	return points + adj * ((long)totalpages / 1000);
}

long oom_badness(struct task_struct *p, unsigned long totalpages)
{
	long points = LONG_MIN;

	read_lock(&tasklist_lock);
	if (p->sighand)			/* not reaped: its threads can be walked */
		points = badness(p, totalpages);
	read_unlock(&tasklist_lock);
	return points;
}

/* With a reference, or NULL. Of equals, the one that was born last. */
static struct task_struct *select_bad_process(void)
{
	unsigned long totalpages = totalram_pages();
	struct task_struct *p, *chosen = NULL;
	long most = LONG_MIN;

	read_lock(&tasklist_lock);
	if (sysctl_oom_kill_allocating_task && badness(current, totalpages) != LONG_MIN) {
		chosen = current->group_leader;
	} else {
		for_each_process(p) {
			long points = badness(p, totalpages);

			if (points == LONG_MIN || points < most)
				continue;
			most = points;
			chosen = p;
		}
	}
	if (chosen)
		get_task_struct(chosen);
	read_unlock(&tasklist_lock);
	return chosen;
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

static void dump_tasks(void)
{
	struct task_struct *p, *t;

	pr_info("Tasks state (memory values in pages):\n");
	pr_info("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n");
	read_lock(&tasklist_lock);
	for_each_process(p) {
		if (oom_unkillable_task(p))
			continue;
		t = find_lock_task_mm(p);
		if (!t)
			continue;
		pr_info("[%7d] %5u %5d %8lu %8lu %8lu %8lu         %5hd %s\n", t->pid, t->real_cred->uid, t->tgid,
			t->mm->total_vm, get_mm_rss(t->mm), pgtables_bytes(t->mm), get_mm_counter(t->mm, MM_SWAPENTS),
			t->signal->oom_score_adj, t->comm);
		task_unlock(t);
	}
	read_unlock(&tasklist_lock);
}

static void dump_header(gfp_t gfp, unsigned int order)
{
	char names[GFP_FORMAT_SIZE];

	format_gfp_flags(names, sizeof(names), gfp);
	pr_warn("%s invoked oom-killer: gfp_mask=%#x(%s), order=%u, oom_score_adj=%hd\n", current->comm, gfp, names,
		order, current->signal->oom_score_adj);
	dump_stack_lvl(KERN_WARNING);
	show_mem();
	if (sysctl_oom_dump_tasks)
		dump_tasks();
}

/* ---- how --------------------------------------------------------------------------------------------------------- */

static void mark_oom_victim(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t)
		set_tsk_thread_flag(t, TIF_MEMDIE);
}

static bool process_shares_mm(struct task_struct *p, const struct mm_struct *mm)
{
	struct task_struct *t;

	for_each_thread(p, t) {
		const struct mm_struct *its = READ_ONCE(t->mm);

		if (its)
			return its == mm;
	}
	return false;
}

static void kill_one(struct task_struct *p)
{
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	mark_oom_victim(p);
}

/* All others with the same memory go too: else it would not be freed. False: one of them stays, and with it the memory. */
static bool kill_sharers(struct task_struct *victim, struct mm_struct *mm)
{
	bool can_reap = true;
	struct task_struct *p;

	for_each_process(p) {
		if (!process_shares_mm(p, mm) || same_thread_group(p, victim))
			continue;
		if (is_global_init(p)) {
			can_reap = false;
			pr_info("oom killer %d (%s) has mm pinned by %d (%s)\n", victim->pid, victim->comm, p->pid, p->comm);
		} else if (!(p->flags & PF_KTHREAD)) {
			kill_one(p);
		}
	}
	return can_reap;
}

static void wake_oom_reaper(struct mm_struct *mm, struct task_struct *victim)
{
	struct mm_struct *old = oom_reap.mm;

	lockdep_assert_held(&oom_lock);
	if (!oom_reaper_task)
		return;
	mmgrab(mm);
	oom_reap.pid = victim->pid;
	memcpy(oom_reap.comm, victim->comm, TASK_COMM_LEN);
	WRITE_ONCE(oom_reap.mm, mm);
	wake_up(&oom_reaper_wait);
	/* One that the reaper has not come to: it has MMF_OOM_SKIP, or nobody would have been chosen after it. */
	if (old)
		mmdrop(old);
}

/* Kill @victim, whose process becomes oom_victim. False: it has no memory any more. Drops the reference. */
static bool oom_kill_process(struct task_struct *victim)
{
	struct mm_struct *mm = NULL, *old = oom_victim;
	struct task_struct *t = NULL;

	lockdep_assert_held(&oom_lock);
	read_lock(&tasklist_lock);
	if (victim->sighand)
		t = find_lock_task_mm(victim);
	if (t) {
		mm = t->mm;
		mmgrab(mm);
		pr_err("Out of memory: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB, "
		       "shmem-rss:%lukB, UID:%u pgtables:%lukB oom_score_adj:%hd\n", victim->pid, victim->comm,
		       K(mm->total_vm), K(get_mm_counter(mm, MM_ANONPAGES)), K(get_mm_counter(mm, MM_FILEPAGES)),
		       K(get_mm_counter(mm, MM_SHMEMPAGES)), t->real_cred->uid, pgtables_bytes(mm) >> 10,
		       victim->signal->oom_score_adj);
		set_bit(MMF_OOM_VICTIM, &mm->oom_flags);	/* before it can give the memory up: who does looks here */
		task_unlock(t);
		kill_one(victim);
		if (!kill_sharers(victim, mm))
			set_bit(MMF_OOM_SKIP, &mm->oom_flags);
		else if (!test_bit(MMF_OOM_SKIP, &mm->oom_flags))
			wake_oom_reaper(mm, victim);
	}
	read_unlock(&tasklist_lock);
	put_task_struct(victim);
	if (!mm)
		return false;
	count_vm_event(OOM_KILL);
	oom_victim = mm;
	if (old)
		mmdrop(old);
	return true;
}

/* Between being told to die, or deciding so, and giving the memory back: it needs no killing, only a little memory. */
static bool current_will_free_mem(void)
{
	return current->mm && ((current->flags & PF_EXITING) || fatal_signal_pending(current));
}

static bool victim_under_way(void)
{
	return oom_victim && !test_bit(MMF_OOM_SKIP, &oom_victim->oom_flags);
}

/*
 * See that memory is freed for a request of @gfp and @order. True: try again. False: nobody may be killed; with @fatal
 * the machine ends here.
 */
static bool out_of_memory(gfp_t gfp, unsigned int order, bool fatal)
{
	struct task_struct *victim;
	struct mm_struct *mm;

	might_sleep();
	if (current_will_free_mem()) {
		set_thread_flag(TIF_MEMDIE);
		return true;
	}
	mutex_lock(&oom_lock);
	/* While we waited for the lock, somebody else may have done what is to be done. */
	while (!zonelist_watermark_ok(gfp, order, WMARK_HIGH) && !victim_under_way()) {
		victim = select_bad_process();
		if (!victim) {
			if (fatal) {
				dump_header(gfp, order);
				pr_warn("Out of memory and no killable processes...\n");
				panic("System is deadlocked on memory");
			}
			mutex_unlock(&oom_lock);
			return false;
		}
		dump_header(gfp, order);
		if (sysctl_panic_on_oom)
			panic("Out of memory: %s panic_on_oom is enabled",
			      sysctl_panic_on_oom == 2 ? "compulsory" : "system-wide");
		pr_info("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
			"task_memcg=/,task=%s,pid=%d,uid=%u\n", victim->comm, victim->pid, task_uid(victim));
		if (oom_kill_process(victim))
			break;
	}
	mm = victim_under_way() ? oom_victim : NULL;
	if (mm)
		mmgrab(mm);
	mutex_unlock(&oom_lock);
	if (!mm)
		return true;
	if (!test_thread_flag(TIF_MEMDIE))
		wait_event_killable(oom_wait, test_bit(MMF_OOM_SKIP, &mm->oom_flags));
	mmdrop(mm);
	return true;
}

static bool oom_for_allocator(gfp_t gfp, unsigned int order)
{
	return out_of_memory(gfp, order, false);
}

/* Before anybody dies: page tables that wait for their next use. */
static unsigned long reclaim_for_allocator(gfp_t gfp, unsigned int order)
{
	return pgtable_store_drain();
}

/*
 * The allocator has called us already, and came back empty-handed; or it was asked for what may fail (a node of a
 * file's tree), and now there is memory again.
 */
void pagefault_out_of_memory(void)
{
	if (!fatal_signal_pending(current) && !zonelist_watermark_ok(GFP_HIGHUSER_MOVABLE, 0, WMARK_MIN))
		out_of_memory(GFP_HIGHUSER_MOVABLE, 0, true);
}

void oom_mm_released(struct mm_struct *mm)
{
	set_bit(MMF_OOM_SKIP, &mm->oom_flags);
	wake_up_all(&oom_wait);
}

/* ---- the reaper -------------------------------------------------------------------------------------------------- */

/* Pages of shared areas are others' as well, and stay; the tables too, because the dying may be on its way through. */
static void reap_areas(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	set_bit(MMF_UNSTABLE, &mm->oom_flags);
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP | VM_IO | VM_SHARED))
			continue;
		zap_page_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	}
}

static void reap_mm(const struct oom_reap *job)
{
	struct mm_struct *mm = job->mm;
	bool locked = mmap_read_trylock(mm);
	int tries;

	/* Who holds the lock for writing is the victim itself: let it run. */
	for (tries = 1; !locked && tries < MAX_OOM_REAP_RETRIES; tries++) {
		yield();
		locked = mmap_read_trylock(mm);
	}
	if (!locked) {
		pr_info("oom_reaper: unable to reap pid:%d (%s)\n", job->pid, job->comm);
	} else {
		if (mm->mmap) {
			reap_areas(mm);
			pr_info("oom_reaper: reaped process %d (%s), now anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB\n",
				job->pid, job->comm, K(get_mm_counter(mm, MM_ANONPAGES)),
				K(get_mm_counter(mm, MM_FILEPAGES)), K(get_mm_counter(mm, MM_SHMEMPAGES)));
		}
		mmap_read_unlock(mm);
	}
	oom_mm_released(mm);
}

static int oom_reaper(void *unused)
{
	for (;;) {
		struct oom_reap job;

		/* Idle: no signal reaches a kernel thread, and it counts for no load. */
		wait_event_idle(oom_reaper_wait, READ_ONCE(oom_reap.mm));
		/* Taken off before the work: as soon as that is done the next victim may be chosen, and wants its turn. */
		mutex_lock(&oom_lock);
		job = oom_reap;
		oom_reap.mm = NULL;
		mutex_unlock(&oom_lock);
		if (!test_bit(MMF_OOM_SKIP, &job.mm->oom_flags))
			reap_mm(&job);
		mmdrop(job.mm);
	}
	return 0;
}

static int __init oom_init(void)
{
	static const struct page_alloc_hooks hooks = { .reclaim = reclaim_for_allocator, .oom = oom_for_allocator };
	struct task_struct *p = kthread_run(oom_reaper, NULL, "oom_reaper");

	if (IS_ERR(p))
		pr_err("Unable to start OOM reaper %ld\n", PTR_ERR(p));
	else
		oom_reaper_task = p;
	set_page_alloc_hooks(&hooks);
	return 0;
}
subsys_initcall(oom_init);
