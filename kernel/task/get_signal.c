/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/get_signal.c - receiving: a task looks at its signals on the way to user mode.
 *
 * What a signal does is decided here, when it is taken off the queue, and not when it was sent: handler and mask are
 * the receiver's.
 *
 *	get_signal:	others of the process are ending it?	-> fatal
 *			stop under way?				-> stop here, until SIGCONT
 *			take the next: faults first, then own, then the process's, lowest number first
 *			   ignored				-> next
 *			   handler				-> true: the caller builds the frame
 *			   default: nothing, stop, or fatal	-> next, stop here, true with SIG_DFL
 *
 * A fatal signal is returned and not acted upon, because ending a process needs rooms above this one.
 *
 * Stopping. All threads of a process stop together. The one that took the stop signal marks the others STOP_PENDING
 * and counts them in group_stop_count; each stops at its next look; the last one tells the parent. SIGCONT, at the
 * moment it is sent (prepare_signal), takes all marks away and wakes who has stopped. Between a stop signal's being
 * taken and its taking effect the lock may be dropped: JOBCTL_STOP_DEQUEUED is then cleared by a SIGCONT, and the
 * stop does not happen.
 *
 * Locking: siglock; dropped and retaken around stops and around notes to the parent, which need tasklist_lock.
 */
#include <primer/err.h>
#include <primer/sched/task.h>
#include <primer/spinlock.h>
#include <primer/time.h>

#include "internal.h"

/* ---- taking one off ---------------------------------------------------------------------------------------------- */

/* The next to deliver: what the task did itself (a fault) comes first, or its handler would see later registers. */
static int next_signal(const struct sigpending *pending, sigset_t mask)
{
	sigset_t x = pending->signal & ~mask;

	if (!x)
		return 0;
	if (x & SYNCHRONOUS_MASK)
		x &= SYNCHRONOUS_MASK;
	return __builtin_ctzll(x) + 1;
}

static void no_timers(struct kernel_siginfo *info)	{ }
void (*posixtimer_rearm_hook)(struct kernel_siginfo *info) __ro_after_init = no_timers;

/* True: it is a timer's, which waits for that to start its next interval. */
static bool collect_signal(int sig, struct sigpending *list, struct kernel_siginfo *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false, rearm = false;

	list_for_each_entry(q, &list->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		sigdelset(&list->signal, sig);
	if (first) {
		*info = first->info;
		list_del_init(&first->list);
		rearm = (first->flags & SIGQUEUE_PREALLOC) && info->si_code == SI_TIMER && info->si_sys_private;
		sigqueue_free(first);
	} else {
		/* There was no memory for its details. */
		clear_siginfo(info);
		info->si_signo = sig;
		info->si_code = SI_USER;
	}
	return rearm;
}

/* ITIMER_REAL with an interval: it starts again when its signal is taken, so that a slow program is not flooded. [siglock] */
static void rearm_itimer_real(struct signal_struct *sig)
{
	struct hrtimer *timer = &sig->real_timer;

	if (hrtimer_is_queued(timer) || !sig->it_real_incr)
		return;
	hrtimer_forward_now(timer, sig->it_real_incr);
	hrtimer_restart(timer);
}

int dequeue_signal(struct task_struct *p, sigset_t *mask, struct kernel_siginfo *info)
{
	struct sigpending *pending = &p->pending;
	int sig = next_signal(pending, *mask);
	bool rearm = false;

	lockdep_assert_held(&p->sighand->siglock);
	if (!sig) {
		pending = &p->signal->shared_pending;
		sig = next_signal(pending, *mask);
		if (unlikely(sig == SIGALRM))
			rearm_itimer_real(p->signal);
	}
	if (sig)
		rearm = collect_signal(sig, pending, info);
	recalc_sigpending();
	if (sig && sig_kernel_stop(sig))
		current->jobctl |= JOBCTL_STOP_DEQUEUED;
	if (unlikely(rearm)) {
		/* The timer's lock stands above siglock. What changed meanwhile changed TIF_SIGPENDING too. */
		spin_unlock(&p->sighand->siglock);
		posixtimer_rearm_hook(info);
		spin_lock(&p->sighand->siglock);
		info->si_sys_private = 0;
	}
	return sig;
}

/* ---- telling the parent ------------------------------------------------------------------------------------------ */

void __wake_up_parent(struct task_struct *p, struct task_struct *parent)
{
	__wake_up_sync_key(&parent->signal->wait_chldexit, TASK_INTERRUPTIBLE, p);
}

static void fill_child_info(struct kernel_siginfo *info, struct task_struct *p, int sig, uid_t uid)
{
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_pid = p->tgid;
	info->si_uid = uid;
	info->_sifields._sigchld._utime = nsec_to_clock_t(p->signal->utime + p->utime);
	info->_sifields._sigchld._stime = nsec_to_clock_t(p->signal->stime + p->stime);
}

void do_notify_parent_cldstop(struct task_struct *p, int why)
{
	struct task_struct *leader = p->group_leader, *parent = leader->real_parent;
	struct sighand_struct *sighand;
	struct kernel_siginfo info;
	unsigned long flags;

	lockdep_assert_held(&tasklist_lock);
	fill_child_info(&info, leader, SIGCHLD, task_uid(leader));
	info.si_code = why;
	info.si_status = why == CLD_CONTINUED ? SIGCONT : p->signal->group_exit_code & 0x7f;

	sighand = parent->sighand;
	spin_lock_irqsave(&sighand->siglock, flags);
	if (sighand->action[SIGCHLD - 1].sa.sa_handler != SIG_IGN &&
	    !(sighand->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDSTOP))
		send_signal_locked(SIGCHLD, &info, parent, PIDTYPE_TGID);
	/* Even if it does not want the signal, it may be in wait4(WUNTRACED). */
	__wake_up_parent(leader, parent);
	spin_unlock_irqrestore(&sighand->siglock, flags);
}

bool do_notify_parent(struct task_struct *p, int sig)
{
	struct sighand_struct *sighand;
	struct kernel_siginfo info;
	bool autoreap = false;
	unsigned long flags;

	lockdep_assert_held_write(&tasklist_lock);
	fill_child_info(&info, p, sig, p->real_cred->uid);	/* a zombie's are the last ones that it had */
	info.si_status = p->exit_code & 0x7f;
	if (p->exit_code & 0x80) {
		info.si_code = CLD_DUMPED;
	} else if (p->exit_code & 0x7f) {
		info.si_code = CLD_KILLED;
	} else {
		info.si_code = CLD_EXITED;
		info.si_status = p->exit_code >> 8;
	}

	sighand = p->parent->sighand;
	spin_lock_irqsave(&sighand->siglock, flags);
	if (sig == SIGCHLD) {
		const struct kernel_sigaction *sa = &sighand->action[SIGCHLD - 1].sa;

		/* Who ignores SIGCHLD, or says so by flag, does not want zombies. */
		autoreap = sa->sa_handler == SIG_IGN || (sa->sa_flags & SA_NOCLDWAIT);
		if (sa->sa_handler == SIG_IGN)
			sig = 0;
	}
	if (valid_signal(sig) && sig > 0)
		send_signal_locked(sig, &info, p->parent, PIDTYPE_TGID);
	__wake_up_parent(p, p->parent);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return autoreap;
}

/* ---- stopping ---------------------------------------------------------------------------------------------------- */

/* current need not be waited for any more. True: it was the last, the process has stopped. [siglock] */
static bool participate_group_stop(void)
{
	struct signal_struct *sig = current->signal;
	bool consume = current->jobctl & JOBCTL_STOP_CONSUME;

	current->jobctl &= ~JOBCTL_STOP_ALL;
	if (!consume || WARN_ON_ONCE(sig->group_stop_count == 0))
		return false;
	if (--sig->group_stop_count)
		return false;
	sig->flags = (sig->flags & SIGNAL_UNKILLABLE) | SIGNAL_STOP_STOPPED;
	return true;
}

/*
 * Begin a stop by @signr (0: join the one that is under way) and stop. False: it was called off. Drops and retakes
 * siglock.
 */
static bool do_signal_stop(int signr)
{
	struct signal_struct *sig = current->signal;
	struct task_struct *t;
	bool last;

	if (!(current->jobctl & JOBCTL_STOP_PENDING)) {
		if (!(current->jobctl & JOBCTL_STOP_DEQUEUED) || signal_group_exit(sig))
			return false;
		sig->group_exit_code = signr;
		sig->group_stop_count = 0;
		for_each_thread(current, t) {
			if ((t->flags & PF_EXITING) || (t->state & __TASK_STOPPED))
				continue;
			t->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
			sig->group_stop_count++;
			if (t != current)
				signal_wake_up(t, false);
		}
	}

	last = participate_group_stop();
	set_special_state(TASK_STOPPED);
	spin_unlock_irq(&current->sighand->siglock);
	if (last) {
		read_lock(&tasklist_lock);
		do_notify_parent_cldstop(current, CLD_STOPPED);
		read_unlock(&tasklist_lock);
	}
	schedule();
	spin_lock_irq(&current->sighand->siglock);
	return true;
}

/* POSIX: SIGTSTP and its kind do not stop a process whose group nobody could continue. */
static bool is_current_pgrp_orphaned(void)
{
	struct task_struct *p;
	struct pid *pgrp;
	bool orphaned = true;

	read_lock(&tasklist_lock);
	pgrp = task_pgrp(current);
	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		if ((p->exit_state && thread_group_empty(p)) || is_global_init(p->real_parent))
			continue;
		if (task_pgrp(p->real_parent) != pgrp && task_session(p->real_parent) == task_session(p)) {
			orphaned = false;
			break;
		}
	} while_each_pid_task(pgrp, PIDTYPE_PGID, p);
	read_unlock(&tasklist_lock);
	return orphaned;
}

/* ---- the look ---------------------------------------------------------------------------------------------------- */

/* SIGCONT has come; whoever looks first tells the parent. Context: siglock held; dropped and retaken. */
static void notify_continued(struct signal_struct *sig)
{
	int why = (sig->flags & SIGNAL_CLD_CONTINUED) ? CLD_CONTINUED : CLD_STOPPED;

	sig->flags &= ~SIGNAL_CLD_MASK;
	spin_unlock_irq(&current->sighand->siglock);
	read_lock(&tasklist_lock);
	do_notify_parent_cldstop(current, why);
	read_unlock(&tasklist_lock);
	spin_lock_irq(&current->sighand->siglock);
}

bool get_signal(struct ksignal *ksig)
{
	struct sighand_struct *sighand = current->sighand;
	struct signal_struct *signal = current->signal;
	struct k_sigaction *ka;
	bool found = false;
	int signr;

	might_sleep();
	spin_lock_irq(&sighand->siglock);
	for (;;) {
		if (unlikely(signal->flags & SIGNAL_CLD_MASK)) {
			notify_continued(signal);
			continue;
		}
		if (unlikely(signal_group_exit(signal))) {
			clear_siginfo(&ksig->info);
			ksig->info.si_signo = signr = SIGKILL;
			sigdelset(&current->pending.signal, SIGKILL);
			recalc_sigpending();
			goto fatal;
		}
		if (unlikely(current->jobctl & JOBCTL_STOP_PENDING)) {
			do_signal_stop(0);
			continue;
		}

		signr = dequeue_signal(current, &current->blocked, &ksig->info);
		if (!signr)
			break;

		ka = &sighand->action[signr - 1];
		if (ka->sa.sa_handler == SIG_IGN)
			continue;
		if (ka->sa.sa_handler != SIG_DFL) {
			ksig->ka = *ka;
			if (ka->sa.sa_flags & SA_ONESHOT)
				ka->sa.sa_handler = SIG_DFL;
			found = true;
			break;
		}
		if (sig_kernel_ignore(signr))
			continue;
		/* Protected from the default action of anything but the kernel's own SIGKILL and SIGSTOP. */
		if (unlikely(signal->flags & SIGNAL_UNKILLABLE) && !sig_kernel_only(signr))
			continue;
		if (sig_kernel_stop(signr)) {
			if (signr != SIGSTOP) {
				bool orphaned;

				spin_unlock_irq(&sighand->siglock);
				orphaned = is_current_pgrp_orphaned();
				spin_lock_irq(&sighand->siglock);
				if (orphaned)
					continue;
			}
			do_signal_stop(signr);
			continue;
		}
fatal:
		current->flags |= PF_SIGNALED;
		ksig->ka = (struct k_sigaction){ .sa.sa_handler = SIG_DFL };
		found = true;
		break;
	}
	spin_unlock_irq(&sighand->siglock);
	ksig->sig = signr;
	return found;
}

void signal_setup_done(int failed, struct ksignal *ksig, int stepping)
{
	sigset_t blocked;

	if (failed) {
		force_sigsegv(ksig->sig);
		return;
	}
	/*
	 * The mask that pselect() and its kind had set for the wait has gone into the frame as the one to come back
	 * to.
	 */
	current->restore_sigmask = false;
	blocked = current->blocked | ksig->ka.sa.sa_mask;
	if (!(ksig->ka.sa.sa_flags & SA_NODEFER))
		sigaddset(&blocked, ksig->sig);
	set_current_blocked(&blocked);
}

/* ---- ending ------------------------------------------------------------------------------------------------------ */

int zap_other_threads(struct task_struct *p)
{
	struct task_struct *t;
	int count = 0;

	lockdep_assert_held(&p->sighand->siglock);
	p->signal->group_stop_count = 0;
	for_each_thread(p, t) {
		t->jobctl &= ~JOBCTL_STOP_ALL;
		if (t == p)
			continue;
		count++;
		if (t->exit_state)
			continue;
		sigaddset(&t->pending.signal, SIGKILL);
		signal_wake_up(t, true);
	}
	return count;
}

/* Signals for the process that woke @p, which will not take them: wake others that can. [siglock] */
static void retarget_shared_pending(struct task_struct *p, sigset_t which)
{
	sigset_t retarget = p->signal->shared_pending.signal & which;
	struct task_struct *t;

	for_each_thread(p, t) {
		if (!retarget)
			return;
		if (t == p || (t->flags & PF_EXITING) || !(retarget & ~t->blocked))
			continue;
		retarget &= t->blocked;
		if (!signal_pending(t))
			signal_wake_up(t, false);
	}
}

void exit_signals(struct task_struct *p)
{
	bool stopped = false;

	spin_lock_irq(&p->sighand->siglock);
	/* From here on wants_signal() says no. */
	p->flags |= PF_EXITING;
	if (!thread_group_empty(p) && !signal_group_exit(p->signal) && signal_pending(p)) {
		retarget_shared_pending(p, ~p->blocked);
		if (p->jobctl & JOBCTL_STOP_PENDING)
			stopped = participate_group_stop();
	}
	spin_unlock_irq(&p->sighand->siglock);
	if (unlikely(stopped)) {
		read_lock(&tasklist_lock);
		do_notify_parent_cldstop(p, CLD_STOPPED);
		read_unlock(&tasklist_lock);
	}
}

/* ---- the mask ---------------------------------------------------------------------------------------------------- */

void __set_current_blocked(const sigset_t *newset)
{
	struct task_struct *p = current;

	/* Only current changes its mask: reading it needs no lock. */
	if (p->blocked == *newset)
		return;
	spin_lock_irq(&p->sighand->siglock);
	/* What we block now may have been given to us to handle. */
	if (signal_pending(p) && !thread_group_empty(p))
		retarget_shared_pending(p, *newset & ~p->blocked);
	p->blocked = *newset;
	recalc_sigpending();
	spin_unlock_irq(&p->sighand->siglock);
}

void set_current_blocked(sigset_t *newset)
{
	sigdelsetmask(newset, SIG_KERNEL_ONLY_MASK);
	__set_current_blocked(newset);
}

int sigprocmask(int how, sigset_t *set, sigset_t *oldset)
{
	sigset_t newset;

	if (oldset)
		*oldset = current->blocked;
	switch (how) {
	case SIG_BLOCK:
		newset = current->blocked | *set;
		break;
	case SIG_UNBLOCK:
		newset = current->blocked & ~*set;
		break;
	case SIG_SETMASK:
		newset = *set;
		break;
	default:
		return -EINVAL;
	}
	__set_current_blocked(&newset);
	return 0;
}
