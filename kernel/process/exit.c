/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/exit.c - the end of a task, from do_exit() to the last trace of it.
 *
 * The problem. A task that ends cannot free what it stands on: its stack, its task_struct, its page table. And its
 * parent may want to know how it ended, long after it is gone.
 *
 * The idea. It gives back all it can by itself, leaves the exit code in its task_struct, and stays as a zombie until
 * the parent has read it; the last pieces are freed by others.
 *
 *	do_exit                                                             who frees
 *	  signals      no new ones; others of the process take the shared ones
 *	  mm           borrowed from now on, like a kernel thread's          last mmput: areas and pages
 *	  files, fs                                                          last put: closed
 *	  children     get a new parent: a thread of ours, a subreaper, PID 1
 *	  ZOMBIE       SIGCHLD to the parent, which wakes in wait4()
 *	  schedule     never comes back
 *	                  \-- next task's finish_task_switch: stack and task_struct, if nobody else holds them
 *	release_task   by wait4(), or at once when nobody wants to know: PID, tree, signal_struct
 *
 *	RUNNING --> PF_EXITING --> EXIT_ZOMBIE --release_task()--> EXIT_DEAD
 *	                  \------------------------------------------^   parent ignores SIGCHLD, or not a group leader
 *
 * The leader of a thread group stays a zombie until the last other thread is gone: the process has one exit code, and
 * one wait reads it.
 *
 * PID 1 adopts everybody's orphans and cannot end: there would be nobody left. Its end is the machine's, successful or
 * not, and debugexit= tells QEMU which.
 *
 * Locking: tasklist_lock for writing around the tree. Linux: kernel/exit.c.
 */
#include <primer/completion.h>
#include <primer/console.h>
#include <primer/cred.h>
#include <primer/fdtable.h>
#include <primer/fs_struct.h>
#include <primer/init.h>
#include <primer/kdebug.h>
#include <primer/kthread.h>
#include <primer/list.h>
#include <primer/mmu_context.h>
#include <primer/panic.h>
#include <primer/pid.h>
#include <primer/posix_timers.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/process.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/syscalls.h>
#include <primer/trace.h>
#include <primer/vm.h>
#include <asm/uaccess.h>

#include "internal.h"

void mm_release(struct task_struct *p, struct mm_struct *mm)
{
	/*
	 * A C library waits for this word to become 0 before it reuses a thread's stack: only if somebody is left to
	 * look.
	 */
	futex_exit_release(p);
	if (p->clear_child_tid) {
		if (mm && atomic_read(&mm->mm_users) > 1) {
			if (put_user(0, p->clear_child_tid))
				pr_debug("%s[%d]: no thread id at %p\n", p->comm, p->pid, p->clear_child_tid);
			futex_wake_exited(p->clear_child_tid);
		}
		p->clear_child_tid = NULL;
	}
	p->rseq = NULL;
	if (p->vfork_done)
		complete_vfork_done(p);
}

/* From here on current is like a kernel thread: the tables stay loaded, but their user half is not touched any more. */
static void exit_mm(struct task_struct *p)
{
	struct mm_struct *mm = p->mm;

	mm_release(p, mm);
	if (!mm)
		return;
	mmgrab(mm);		/* for active_mm; dropped by the switch to the next task */
	task_lock(p);
	local_irq_disable();
	p->mm = NULL;
	enter_lazy_tlb(mm, p);
	local_irq_enable();
	task_unlock(p);
	mmput(mm);
}

/* ---- the tree of tasks; all with tasklist_lock held for writing ---- */

/* Who gets @father's children: another thread of his, the nearest subreaper above, or PID 1. */
static struct task_struct *find_new_reaper(struct task_struct *father)
{
	struct task_struct *reaper, *thread, *init = find_task_by_vpid(1);

	for_each_thread(father, thread)
		if (!(thread->flags & PF_EXITING))
			return thread;
	if (father->signal->has_child_subreaper) {
		for (reaper = father->real_parent; reaper != init && reaper != &init_task;
		     reaper = reaper->real_parent) {
			if (!reaper->signal->is_child_subreaper)
				continue;
			for_each_thread(reaper, thread)
				if (!(thread->flags & PF_EXITING))
					return thread;
		}
	}
	/* PID 1's leader may have ended before its other threads; if one of those executes, the leader is freed. */
	for_each_thread(init, thread)
		if (!(thread->flags & PF_EXITING))
			return thread;
	return init;
}

/* Does a process group lose its last link to a parent in the same session, with stopped members nobody could wake? */
static bool will_become_orphaned_pgrp(struct pid *pgrp, struct task_struct *leaving, bool *stopped)
{
	struct task_struct *p;

	*stopped = false;
	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		if (p == leaving || (p->exit_state && thread_group_empty(p)) || is_global_init(p->real_parent))
			continue;
		if (p->signal->flags & SIGNAL_STOP_STOPPED)
			*stopped = true;
		if (task_pgrp(p->real_parent) != pgrp && task_session(p->real_parent) == task_session(p))
			return false;
	} while_each_pid_task(pgrp, PIDTYPE_PGID, p);
	return true;
}

/* POSIX 3.2.2.2: such a group gets SIGHUP and SIGCONT. @parent: who leaves, if @p is only his child. */
static void kill_orphaned_pgrp(struct task_struct *p, struct task_struct *parent)
{
	struct pid *pgrp = task_pgrp(p);
	struct task_struct *leaving = p;
	bool stopped;

	if (!parent)
		parent = p->real_parent;
	else
		leaving = NULL;
	if (task_pgrp(parent) == pgrp || task_session(parent) != task_session(p))
		return;
	if (will_become_orphaned_pgrp(pgrp, leaving, &stopped) && stopped) {
		__kill_pgrp_info(SIGHUP, SEND_SIG_PRIV, pgrp);
		__kill_pgrp_info(SIGCONT, SEND_SIG_PRIV, pgrp);
	}
}

/* Children that can be reaped at once are moved to @dead, by their sibling links. */
static void forget_original_parent(struct task_struct *father, struct list_head *dead)
{
	struct task_struct *reaper, *p, *next, *t;

	if (list_empty(&father->children))
		return;
	reaper = find_new_reaper(father);
	list_for_each_entry_safe(p, next, &father->children, sibling) {
		for_each_thread(p, t) {
			t->real_parent = reaper;
			if (t->parent == father)
				t->parent = reaper;
		}
		if (same_thread_group(reaper, father))
			continue;
		/* PID 1 knows nothing of other signals that a clone may have asked for. */
		if (thread_group_leader(p))
			p->exit_signal = SIGCHLD;
		if (p->exit_state == EXIT_ZOMBIE && thread_group_empty(p) && do_notify_parent(p, p->exit_signal)) {
			p->exit_state = EXIT_DEAD;
			list_move(&p->sibling, dead);
		}
		kill_orphaned_pgrp(p, father);
	}
	list_splice_tail_init(&father->children, &reaper->children);
}

static void exit_notify(struct task_struct *p, bool group_dead)
{
	bool autoreap = true;
	LIST_HEAD(dead);

	write_lock_irq(&tasklist_lock);
	forget_original_parent(p, &dead);
	if (group_dead)
		kill_orphaned_pgrp(p->group_leader, NULL);
	p->exit_state = EXIT_ZOMBIE;
	if (thread_group_leader(p))
		autoreap = thread_group_empty(p) && do_notify_parent(p, p->exit_signal);
	if (autoreap)
		p->exit_state = EXIT_DEAD;
	/* An execve() of another thread waits for us (the leader) to become a zombie. */
	if (unlikely(p->signal->notify_count < 0))
		wake_up_process(p->signal->group_exit_task);
	write_unlock_irq(&tasklist_lock);

	while (!list_empty(&dead))	/* unhash_task() takes each off */
		release_task(list_first_entry(&dead, struct task_struct, sibling));
	if (autoreap)
		release_task(p);
}

void release_task(struct task_struct *p)
{
	struct task_struct *leader;
	bool zap_leader;

	do {
		zap_leader = false;
		write_lock_irq(&tasklist_lock);
		leader = p->group_leader;
		unhash_task(p);
		release_task_signals(p);
		/* The leader has waited for us, the last thread, and its parent may not even care. */
		if (leader != p && thread_group_empty(leader) && leader->exit_state == EXIT_ZOMBIE) {
			zap_leader = do_notify_parent(leader, leader->exit_signal);
			if (zap_leader)
				leader->exit_state = EXIT_DEAD;
		}
		write_unlock_irq(&tasklist_lock);
		uncount_task(p);
		put_task_struct(p);
		p = leader;
	} while (zap_leader);
}

/* ---- the end ---- */

/* PID 1 has ended. By exit(): a run under debugexit= has its result. By a signal: nobody wanted that. */
static void __noreturn end_of_init(int code)
{
	if (debug_exit_configured() && !(code & 0x7f)) {
		pr_info("init has ended, status %#x\n", code);
		console_flush();
		debug_exit(code ? DEBUG_EXIT_FAIL : DEBUG_EXIT_PASS);
	}
	panic("Attempted to kill init! exitcode=0x%08x\n", code);
}

void __noreturn do_exit(long code)
{
	struct task_struct *p = current;
	bool group_dead;

	if (unlikely(in_interrupt()))
		panic("Aiee, killing interrupt handler!");
	if (unlikely(!p->pid))
		panic("Attempted to kill the idle task!");
	if (unlikely(in_atomic())) {
		pr_info("note: %s[%d] exited with preempt_count %d\n", p->comm, p->pid, preempt_count());
		preempt_count_set(0);
	}
	/* A fault in this very function: what is left of the task stays where it is. */
	if (unlikely(p->flags & PF_EXITING)) {
		pr_alert("Fixing recursive fault but reboot is needed!\n");
		for (;;) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			schedule();
		}
	}
	trace_sched_process_exit(p, task_cpu(p));
	exit_signals(p);		/* sets PF_EXITING */
	group_dead = atomic_dec_and_test(&p->signal->live);
	if (group_dead) {
		if (unlikely(is_global_init(p)))
			end_of_init(p->signal->group_exit_code ? p->signal->group_exit_code : (int)code);
		exit_itimers(p->signal);
		if (p->mm)
			p->signal->maxrss = max(p->signal->maxrss, get_mm_hiwater_rss(p->mm));
	}
	p->exit_code = code;
	exit_mm(p);
	exit_files(p);
	exit_fs(p);
	exit_notify(p, group_dead);
	debug_check_no_locks_held();
	do_task_dead();
}

void __noreturn do_group_exit(int code)
{
	struct signal_struct *sig = current->signal;

	if (!thread_group_empty(current) || signal_group_exit(sig)) {
		struct sighand_struct *sighand = current->sighand;

		spin_lock_irq(&sighand->siglock);
		if (signal_group_exit(sig)) {
			code = sig->group_exit_code;	/* another thread was first */
		} else {
			sig->group_exit_code = code;
			sig->flags = SIGNAL_GROUP_EXIT;
			zap_other_threads(current);
		}
		spin_unlock_irq(&sighand->siglock);
	}
	do_exit(code);
}

SYSCALL_DEFINE1(exit, int, code)
{
	do_exit((code & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, code)
{
	do_group_exit((code & 0xff) << 8);
}

/* ---- what is lent to the rooms below ---- */

static void oops_exit(long signr)
{
	do_exit(signr);
}

static void drop_borrowed_mm(struct mm_struct *mm)
{
	mmdrop(mm);
}

static int __init init_exit(void)
{
	kthread_do_exit = do_exit;
	oops_exit_hook = oops_exit;
	finish_task_mmdrop = drop_borrowed_mm;
	return 0;
}
early_initcall(init_exit);
