/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/exec_thread.c - the thread that executes becomes the whole process.
 *
 * The problem. execve() in one thread of several must end the others: a new program starts with one thread. And it must
 * keep the process's number, by which the parent knows it, even if the thread that executes is not the one with that
 * number.
 *
 * The idea. Kill the others and wait until they are gone; if we are not the leader, wait until the leader is a zombie
 * and take its place in the tree of tasks, number and all. The leader, under our old number, is then reaped by us.
 *
 *	before		[leader 100] - [us 103] - [other 105]		tgid 100
 *	1  SIGKILL	[leader 100: zombie] - [us 103]			other 105 is reaped by itself, and counted down
 *	2  exchange	[us 100] - [leader 103: dead]			PID links, list of children, list of processes
 *	3  release	[us 100]
 *
 * signal->group_exit_task is we who wait; notify_count is how many are still to be reaped (release_task_signals()
 * counts down and wakes us), or -1 while we wait for the leader to become a zombie (exit_notify() wakes us). A second
 * thread that executes at the same time, or a group exit that is under way, wins over us: -EAGAIN, and the SIGKILL that
 * it sent is our end.
 *
 * Locking: siglock for the count, tasklist_lock for writing for the exchange. Linux: de_thread() in fs/exec.c.
 */
#include <primer/err.h>
#include <primer/list.h>
#include <primer/pid.h>
#include <primer/process.h>
#include <primer/sched.h>
#include <primer/signal.h>

#include "internal.h"

/* We were killed while we waited for the others. */
static int give_up(struct signal_struct *sig)
{
	read_lock(&tasklist_lock);
	sig->group_exit_task = NULL;
	sig->notify_count = 0;
	read_unlock(&tasklist_lock);
	return -EAGAIN;
}

/* @me becomes what @leader is to everybody else. tasklist_lock held for writing; @leader is a zombie. */
static void take_the_leaders_place(struct task_struct *me, struct task_struct *leader)
{
	/* To its parent the process is as old as it was. */
	me->start_time = leader->start_time;
	me->start_boottime = leader->start_boottime;

	exchange_tids(me, leader);
	transfer_pid(leader, me, PIDTYPE_TGID);
	transfer_pid(leader, me, PIDTYPE_PGID);
	transfer_pid(leader, me, PIDTYPE_SID);
	list_replace_init(&leader->tasks, &me->tasks);
	list_replace_init(&leader->sibling, &me->sibling);
	me->group_leader = me;
	leader->group_leader = me;
	me->exit_signal = SIGCHLD;
	leader->exit_signal = -1;
	BUG_ON(leader->exit_state != EXIT_ZOMBIE);
	leader->exit_state = EXIT_DEAD;
}

/* Wait for the leader to die; true with tasklist_lock held for writing. */
static bool wait_for_leader(struct signal_struct *sig, struct task_struct *leader)
{
	for (;;) {
		write_lock_irq(&tasklist_lock);
		sig->notify_count = -1;		/* from now on exit_notify() wakes us */
		if (leader->exit_state)
			return true;
		__set_current_state(TASK_KILLABLE);
		write_unlock_irq(&tasklist_lock);
		schedule();
		if (fatal_signal_pending(current))
			return false;
	}
}

int de_thread(void)
{
	struct task_struct *me = current, *leader = me->group_leader;
	struct signal_struct *sig = me->signal;
	spinlock_t *lock = &me->sighand->siglock;

	if (thread_group_empty(me))
		goto alone;
	spin_lock_irq(lock);
	if (signal_group_exit(sig)) {
		spin_unlock_irq(lock);
		return -EAGAIN;
	}
	sig->group_exit_task = me;
	sig->notify_count = zap_other_threads(me);
	if (!thread_group_leader(me))
		sig->notify_count--;		/* the leader is not reaped before the others, but waited for below */
	while (sig->notify_count) {
		__set_current_state(TASK_KILLABLE);
		spin_unlock_irq(lock);
		schedule();
		if (fatal_signal_pending(me))
			return give_up(sig);
		spin_lock_irq(lock);
	}
	spin_unlock_irq(lock);

	if (!thread_group_leader(me)) {
		if (!wait_for_leader(sig, leader))
			return give_up(sig);
		take_the_leaders_place(me, leader);
		write_unlock_irq(&tasklist_lock);
		release_task(leader);
	}
	sig->group_exit_task = NULL;
	sig->notify_count = 0;
alone:
	me->exit_signal = SIGCHLD;		/* the parent cannot know what another clone flag had asked for */
	return unshare_sighand();
}
