/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/signal.c - sending a signal: who gets it, where it waits, whom it wakes.
 *
 * The problem. A signal is sent at any moment, by another process, by the kernel, in an interrupt. It must reach a
 * process whose threads sleep, run, stop or die, be lost only if it is ignored, and if it is fatal end all threads.
 *
 * The idea. Sending only records: a bit in a set, and an entry with the details on a list. The receiver acts by
 * itself, on its way back to user mode (get_signal.c); sending makes sure that it gets there.
 *
 *	signal_struct.shared_pending	for the process: any thread that does not block it may take it	kill(), SIGCHLD
 *	task_struct.pending		for one thread							tgkill(), faults
 *
 *	set:	 bit n-1: signal n waits		list:	{SIGCHLD, pid 7} {RT 34, value 1} {RT 34, value 2}
 *
 * A classic signal (below SIGRTMIN) waits once, however often it is sent; a real-time signal as often as it is sent,
 * in order, or the sender is told EAGAIN. Memory for a list entry may be short: a classic signal then waits without
 * details.
 *
 *	send_signal_locked
 *	  prepare_signal	ignored? nothing to do. SIGCONT and stop signals cancel each other, whoever blocks them
 *	  queue it
 *	  complete_signal	choose a thread: the one named, the main thread, or one that does not block it
 *	                        fatal: the group exit begins here: everybody gets SIGKILL and is woken
 *	                        else:  TIF_SIGPENDING on that thread, and wake it out of an interruptible sleep
 *
 * TIF_SIGPENDING may be set without need (the signal was taken by another thread); it is never clear while an
 * unblocked signal waits: recalc_sigpending().
 *
 * Locking. siglock guards sets, lists, handlers and the signal flags of all threads of the process; it is taken with
 * interrupts off. From a number to a task and from that to its sighand leads RCU alone (find_vpid(), lock_task_sighand()); tasklist_lock is
 * held where several processes are meant, so that none is missed and none is signalled twice.
 *
 * Linux (kernel/signal.c) also traces.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/rcupdate.h>
#include <primer/slab.h>

#include "internal.h"

static struct kmem_cache *sigqueue_cachep __ro_after_init;

/* ---- sets and queues --------------------------------------------------------------------------------------------- */

void init_sigpending(struct sigpending *sig)
{
	sig->signal = 0;
	INIT_LIST_HEAD(&sig->list);
}

/* Entries are counted for each process. Those the kernel needs (@override) do not count against the limit. */
static struct sigqueue *sigqueue_alloc(struct task_struct *t, bool override)
{
	struct signal_struct *owner = t->signal;
	struct sigqueue *q = NULL;

	if (atomic_inc_return(&owner->nr_sigqueue) <=
		    (long)min(task_rlimit(t, RLIMIT_SIGPENDING), (unsigned long)INT_MAX) ||
	    override)
		q = kmem_cache_alloc(sigqueue_cachep, GFP_ATOMIC | __GFP_NOWARN);
	if (!q) {
		atomic_dec(&owner->nr_sigqueue);
		return NULL;
	}
	INIT_LIST_HEAD(&q->list);
	q->flags = 0;
	q->owner = owner;
	return q;
}

void sigqueue_free(struct sigqueue *q)
{
	if (q->flags & SIGQUEUE_PREALLOC)
		return;
	atomic_dec(&q->owner->nr_sigqueue);
	kmem_cache_free(sigqueue_cachep, q);
}

void flush_sigqueue(struct sigpending *queue)
{
	struct sigqueue *q, *next;

	queue->signal = 0;
	list_for_each_entry_safe(q, next, &queue->list, list) {
		list_del_init(&q->list);
		sigqueue_free(q);
	}
}

void flush_sigqueue_mask(u64 mask, struct sigpending *s)
{
	struct sigqueue *q, *next;

	if (!(s->signal & mask))
		return;
	s->signal &= ~mask;
	list_for_each_entry_safe(q, next, &s->list, list) {
		if (mask & sigmask(q->info.si_signo)) {
			list_del_init(&q->list);
			sigqueue_free(q);
		}
	}
}

static void flush_timer_queue(struct sigpending *s)
{
	struct sigqueue *q, *next;
	u64 gone = 0, kept = 0;

	list_for_each_entry_safe(q, next, &s->list, list) {
		if (q->info.si_code == SI_TIMER) {
			gone |= sigmask(q->info.si_signo);
			list_del_init(&q->list);
			sigqueue_free(q);
		} else {
			kept |= sigmask(q->info.si_signo);
		}
	}
	s->signal &= ~(gone & ~kept);
}

void flush_timer_signals(struct task_struct *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->sighand->siglock, flags);
	flush_timer_queue(&p->pending);
	flush_timer_queue(&p->signal->shared_pending);
	spin_unlock_irqrestore(&p->sighand->siglock, flags);
}

void flush_signals(struct task_struct *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->sighand->siglock, flags);
	clear_tsk_thread_flag(p, TIF_SIGPENDING);
	flush_sigqueue(&p->pending);
	flush_sigqueue(&p->signal->shared_pending);
	spin_unlock_irqrestore(&p->sighand->siglock, flags);
}

/*
 * p->sighand may change and go under our eyes: execve by a process that shares its handlers gives it others, and who reaps p takes them
 * away. The slab's memory stays a sighand_struct for a grace period (SLAB_TYPESAFE_BY_RCU), and its lock, made by the constructor, a lock;
 * so taking the lock of one that is free, or somebody else's by now, is harmless. Under it we see whether it is still p's; then it stays.
 */
struct sighand_struct *lock_task_sighand(struct task_struct *p, unsigned long *flags)
{
	struct sighand_struct *sighand;

	rcu_read_lock();
	for (;;) {
		sighand = rcu_dereference(p->sighand);
		if (unlikely(!sighand))
			break;
		spin_lock_irqsave(&sighand->siglock, *flags);
		if (likely(sighand == rcu_access_pointer(p->sighand)))
			break;
		spin_unlock_irqrestore(&sighand->siglock, *flags);
	}
	rcu_read_unlock();
	return sighand;
}

/* ---- does it have to look? --------------------------------------------------------------------------------------- */

static bool has_pending_signals(const struct task_struct *p)
{
	return (p->pending.signal | p->signal->shared_pending.signal) & ~p->blocked;
}

bool recalc_sigpending_tsk(struct task_struct *p)
{
	if ((p->jobctl & JOBCTL_STOP_PENDING) || has_pending_signals(p)) {
		set_tsk_thread_flag(p, TIF_SIGPENDING);
		return true;
	}
	/* Not cleared here: only the task itself may, it might be about to act on it. */
	return false;
}

void recalc_sigpending(void)
{
	if (!recalc_sigpending_tsk(current))
		clear_thread_flag(TIF_SIGPENDING);
}

void recalc_sigpending_and_wake(struct task_struct *p)
{
	if (recalc_sigpending_tsk(p))
		signal_wake_up(p, false);
}

void signal_wake_up_state(struct task_struct *p, unsigned int state)
{
	lockdep_assert_held(&p->sighand->siglock);
	set_tsk_thread_flag(p, TIF_SIGPENDING);
	/*
	 * The flag before the wakeup: a task about to sleep sees the one in schedule(), or is seen asleep by the
	 * other. One that runs in user mode on another CPU is interrupted, so that it enters the kernel and looks.
	 */
	if (!wake_up_state(p, state | TASK_INTERRUPTIBLE))
		kick_process(p);
}

/* ---- is it ignored? ---------------------------------------------------------------------------------------------- */

static __sighandler_t sig_handler(const struct task_struct *p, int sig)
{
	return p->sighand->action[sig - 1].sa.sa_handler;
}

static bool sig_ignored(struct task_struct *p, int sig, bool force)
{
	__sighandler_t handler = sig_handler(p, sig);

	/* A blocked signal waits: the handler may be another one by the time it is unblocked. */
	if (sigismember(&p->blocked, sig) || sigismember(&p->real_blocked, sig))
		return false;
	if (is_global_init(p) && sig_kernel_only(sig))
		return true;
	if ((p->signal->flags & SIGNAL_UNKILLABLE) && handler == SIG_DFL && !(force && sig_kernel_only(sig)))
		return true;
	/* A kernel thread never returns to user mode, where it would act on one; the kernel stops it by other means. */
	if ((p->flags & PF_KTHREAD) && handler == SIG_DFL && !force)
		return true;
	return handler == SIG_IGN || (handler == SIG_DFL && sig_kernel_ignore(sig));
}

/*
 * What a signal does at the moment it is sent, and not when it is delivered: a stop signal cancels a waiting SIGCONT;
 * SIGCONT cancels waiting stop signals and a stop that is under way, and lets stopped threads go on, even if it is
 * blocked or ignored. True: it has to be queued.
 */
static bool prepare_signal(int sig, struct task_struct *p, bool force)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *t;

	if (signal->flags & SIGNAL_GROUP_EXIT) {
		/* Everybody is on the way out: nothing matters any more. */
	} else if (sig_kernel_stop(sig)) {
		flush_sigqueue_mask(sigmask(SIGCONT), &signal->shared_pending);
		for_each_thread(p, t)
			flush_sigqueue_mask(sigmask(SIGCONT), &t->pending);
	} else if (sig == SIGCONT) {
		unsigned int why = 0;

		flush_sigqueue_mask(SIG_KERNEL_STOP_MASK, &signal->shared_pending);
		for_each_thread(p, t) {
			flush_sigqueue_mask(SIG_KERNEL_STOP_MASK, &t->pending);
			t->jobctl &= ~JOBCTL_STOP_ALL;
			wake_up_state(t, __TASK_STOPPED);
		}
		/* The first thread that gets to get_signal() tells the parent; we hold its lock's inner neighbour. */
		if (signal->flags & SIGNAL_STOP_STOPPED)
			why |= SIGNAL_CLD_CONTINUED;
		else if (signal->group_stop_count)
			why |= SIGNAL_CLD_STOPPED;
		if (why) {
			signal->flags = (signal->flags & SIGNAL_UNKILLABLE) | why | SIGNAL_STOP_CONTINUED;
			signal->group_stop_count = 0;
			signal->group_exit_code = 0;
		}
	}
	return !sig_ignored(p, sig, force);
}

/* ---- who gets it? ------------------------------------------------------------------------------------------------ */

static bool wants_signal(int sig, struct task_struct *p)
{
	if (sigismember(&p->blocked, sig) || (p->flags & PF_EXITING))
		return false;
	if (sig == SIGKILL)
		return true;
	if (READ_ONCE(p->state) & (__TASK_STOPPED | __TASK_TRACED))
		return false;
	/* One that runs, or has nothing else to look at, gets to it soonest. */
	return task_curr(p) || !signal_pending(p);
}

static bool sig_fatal(const struct task_struct *p, int sig)
{
	return !siginmask(sig, SIG_KERNEL_IGNORE_MASK | SIG_KERNEL_STOP_MASK) && sig_handler(p, sig) == SIG_DFL;
}

static void complete_signal(int sig, struct task_struct *p, enum pid_type type)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *t = p;

	if (!wants_signal(sig, p)) {
		if (type == PIDTYPE_PID || thread_group_empty(p))
			return;		/* it will find it when it unblocks it */
		/* Round the group, from where the last search ended, so that not one thread gets all the work. */
		t = signal->curr_target ? signal->curr_target : p;
		while (!wants_signal(sig, t)) {
			t = next_thread(t);
			if (t == signal->curr_target || (!signal->curr_target && t == p))
				return;
		}
		signal->curr_target = t;
	}

	/*
	 * Fatal for sure: end the process now and not when t gets to it. Not for signals that dump core, which first
	 * stop the other threads from t's context.
	 */
	if (sig_fatal(p, sig) && !(signal->flags & SIGNAL_GROUP_EXIT) && !sigismember(&t->real_blocked, sig) &&
	    (sig == SIGKILL || !sig_kernel_coredump(sig)) && !((signal->flags & SIGNAL_UNKILLABLE) && sig != SIGKILL)) {
		signal->flags = SIGNAL_GROUP_EXIT;
		signal->group_exit_code = sig;
		signal->group_stop_count = 0;
		for_each_thread(p, t) {
			t->jobctl &= ~JOBCTL_STOP_ALL;
			sigaddset(&t->pending.signal, SIGKILL);
			signal_wake_up(t, true);
		}
		return;
	}
	signal_wake_up(t, sig == SIGKILL);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static bool is_si_special(const struct kernel_siginfo *info)	{ return info <= SEND_SIG_PRIV; }
static bool si_fromuser(const struct kernel_siginfo *info)
{
	return info == SEND_SIG_NOINFO || (!is_si_special(info) && info->si_code <= 0);
}

static void fill_info(struct kernel_siginfo *to, int sig, const struct kernel_siginfo *info)
{
	if (!is_si_special(info)) {
		*to = *info;
		return;
	}
	clear_siginfo(to);
	to->si_signo = sig;
	if (info == SEND_SIG_PRIV) {
		to->si_code = SI_KERNEL;
	} else {
		to->si_code = SI_USER;
		to->si_pid = current->tgid;
		to->si_uid = current_uid();
	}
}

static int __send_signal(int sig, struct kernel_siginfo *info, struct task_struct *t, enum pid_type type, bool force)
{
	struct sigpending *pending;
	struct sigqueue *q;

	lockdep_assert_held(&t->sighand->siglock);
	if (!prepare_signal(sig, t, force))
		return 0;
	pending = type != PIDTYPE_PID ? &t->signal->shared_pending : &t->pending;
	if (sig < SIGRTMIN && sigismember(&pending->signal, sig))
		return 0;

	/* Nobody asks a SIGKILL where it came from. */
	if (sig != SIGKILL && !(t->flags & PF_KTHREAD)) {
		bool override = sig < SIGRTMIN && (is_si_special(info) || info->si_code >= 0);

		q = sigqueue_alloc(t, override);
		if (q) {
			fill_info(&q->info, sig, info);
			list_add_tail(&q->list, &pending->list);
		} else if (!is_si_special(info) && sig >= SIGRTMIN && info->si_code != SI_USER) {
			return -EAGAIN;		/* sigqueue() must not lose its value */
		}
	}
	sigaddset(&pending->signal, sig);
	wake_up(&t->sighand->signalfd_wqh);
	complete_signal(sig, t, type);
	return 0;
}

int send_signal_locked(int sig, struct kernel_siginfo *info, struct task_struct *p, enum pid_type type)
{
	/* From the kernel: init cannot refuse it. */
	bool force = info == SEND_SIG_PRIV || (!is_si_special(info) && info->si_code > 0);

	return __send_signal(sig, info, p, type, force);
}

int do_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, enum pid_type type)
{
	unsigned long flags;
	int ret = -ESRCH;

	if (lock_task_sighand(p, &flags)) {
		ret = send_signal_locked(sig, info, p, type);
		unlock_task_sighand(p, &flags);
	}
	return ret;
}

int send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p)
{
	return valid_signal(sig) ? do_send_sig_info(sig, info, p, PIDTYPE_PID) : -EINVAL;
}

int send_sig(int sig, struct task_struct *p, int priv)
{
	return send_sig_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, p);
}

/* ---- timers' signals --------------------------------------------------------------------------------------------- */

/*
 * A timer brings its entry with it, so that its signal cannot be lost for lack of memory, and it is queued only once: while it
 * waits, further expiries are counted in it.
 */

struct sigqueue *sigqueue_alloc_timer(void)
{
	struct sigqueue *q = sigqueue_alloc(current, false);

	if (q) {
		clear_siginfo(&q->info);
		q->flags = SIGQUEUE_PREALLOC;
	}
	return q;
}

void sigqueue_free_timer(struct sigqueue *q)
{
	spinlock_t *lock = &current->sighand->siglock;
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(lock, flags);
	q->flags &= ~SIGQUEUE_PREALLOC;
	/* One that waits is freed when it is taken, like any other. */
	queued = !list_empty(&q->list);
	spin_unlock_irqrestore(lock, flags);
	if (!queued)
		sigqueue_free(q);
}

int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type)
{
	struct sigpending *pending;
	struct task_struct *t;
	unsigned long flags;
	int ret = -1, sig = q->info.si_signo;

	rcu_read_lock();
	t = pid_task(pid, type);
	if (!t || !lock_task_sighand(t, &flags))
		goto unlock;
	ret = 1;
	if (!prepare_signal(sig, t, false))
		goto unlock_sighand;
	ret = 0;
	if (!list_empty(&q->list)) {
		q->info.si_overrun++;
		goto unlock_sighand;
	}
	q->info.si_overrun = 0;
	pending = type != PIDTYPE_PID ? &t->signal->shared_pending : &t->pending;
	list_add_tail(&q->list, &pending->list);
	sigaddset(&pending->signal, sig);
	wake_up(&t->sighand->signalfd_wqh);
	complete_signal(sig, t, type);
unlock_sighand:
	unlock_task_sighand(t, &flags);
unlock:
	rcu_read_unlock();
	return ret;
}

/* ---- faults: signals that cannot be refused ---------------------------------------------------------------------- */

int force_sig_info(struct kernel_siginfo *info)
{
	struct task_struct *t = current;
	int sig = info->si_signo, ret;
	struct k_sigaction *action;
	unsigned long flags;
	bool blocked, ignored;

	spin_lock_irqsave(&t->sighand->siglock, flags);
	action = &t->sighand->action[sig - 1];
	ignored = action->sa.sa_handler == SIG_IGN;
	blocked = sigismember(&t->blocked, sig);
	if (blocked || ignored) {
		action->sa.sa_handler = SIG_DFL;
		if (blocked) {
			sigdelset(&t->blocked, sig);
			recalc_sigpending_and_wake(t);
		}
	}
	/* init is protected from others, not from its own faults: it cannot go on. */
	if (action->sa.sa_handler == SIG_DFL)
		t->signal->flags &= ~SIGNAL_UNKILLABLE;
	ret = __send_signal(sig, info, t, PIDTYPE_PID, true);
	/* The signal may wait already, queued without having woken us. */
	if (!signal_pending(t))
		signal_wake_up(t, false);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return ret;
}

void force_sig(int sig)
{
	struct kernel_siginfo info = { .si_signo = sig, .si_code = SI_KERNEL };

	force_sig_info(&info);
}

int force_sig_fault(int sig, int code, void __user *addr)
{
	struct kernel_siginfo info = { .si_signo = sig, .si_code = code };

	info.si_addr = addr;
	return force_sig_info(&info);
}

/* Whatever handler there is, it does not get to run. */
void force_fatal_sig(int sig)
{
	unsigned long flags;

	spin_lock_irqsave(&current->sighand->siglock, flags);
	current->sighand->action[sig - 1].sa.sa_handler = SIG_DFL;
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	force_sig(sig);
}

/* No frame could be made for @sig. If that was SIGSEGV itself, its handler would fail for ever. */
void force_sigsegv(int sig)
{
	if (sig == SIGSEGV)
		force_fatal_sig(SIGSEGV);
	else
		force_sig(SIGSEGV);
}

/* ---- kill() and its kin ------------------------------------------------------------------------------------------ */

/* May current send it? Context: tasklist_lock or rcu_read_lock() held, so that @t stays. */
static int check_kill_permission(int sig, struct kernel_siginfo *info, struct task_struct *t)
{
	const struct cred *me = current_cred(), *target;
	bool ok;

	if (!valid_signal(sig))
		return -EINVAL;
	if (!si_fromuser(info) || same_thread_group(current, t))
		return 0;
	target = get_task_cred(t);
	ok = me->euid == target->suid || me->euid == target->uid || me->uid == target->suid || me->uid == target->uid ||
	     capable(CAP_KILL);
	put_cred(target);
	/* A shell may wake its jobs whoever they have become. */
	if (!ok && sig == SIGCONT)
		ok = task_session(t) == task_session(current);
	return ok ? 0 : -EPERM;
}

int group_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, enum pid_type type)
{
	int ret = check_kill_permission(sig, info, p);

	/* Signal 0 only asks whether it could be sent. */
	if (!ret && sig)
		ret = do_send_sig_info(sig, info, p, type);
	return ret;
}

int __kill_pgrp_info(int sig, struct kernel_siginfo *info, struct pid *pgrp)
{
	struct task_struct *p;
	int ret = -ESRCH;
	bool success = false;

	lockdep_assert_held(&tasklist_lock);
	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		int err = group_send_sig_info(sig, info, p, PIDTYPE_PGID);

		success |= !err;
		ret = err;
	} while_each_pid_task(pgrp, PIDTYPE_PGID, p);
	return success ? 0 : ret;
}

int kill_pgrp(struct pid *pgrp, int sig, int priv)
{
	int ret;

	read_lock(&tasklist_lock);
	ret = __kill_pgrp_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pgrp);
	read_unlock(&tasklist_lock);
	return ret;
}

int kill_pid_info(int sig, struct kernel_siginfo *info, struct pid *pid)
{
	struct task_struct *p;
	int ret = -ESRCH;

	/* Found, but reaped: an execve by another thread may have given its number to that, so look again. */
	do {
		rcu_read_lock();
		p = pid_task(pid, PIDTYPE_PID);
		if (p)
			ret = group_send_sig_info(sig, info, p, PIDTYPE_TGID);
		rcu_read_unlock();
	} while (p && ret == -ESRCH);
	return ret;
}

int kill_pid(struct pid *pid, int sig, int priv)
{
	return kill_pid_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pid);
}

int kill_something_info(int sig, struct kernel_siginfo *info, pid_t pid)
{
	struct task_struct *p;
	int ret = -ESRCH;

	if (pid == INT_MIN)
		return -ESRCH;		/* has no positive counterpart */
	if (pid > 0) {
		rcu_read_lock();
		ret = kill_pid_info(sig, info, find_vpid(pid));
		rcu_read_unlock();
		return ret;
	}

	read_lock(&tasklist_lock);
	if (pid != -1) {
		ret = __kill_pgrp_info(sig, info, pid ? find_vpid(-pid) : task_pgrp(current));
	} else {
		/* Everybody but init and ourselves; success if one could be reached. */
		int count = 0, retval = 0;

		for_each_process(p) {
			int err;

			if (p->pid <= 1 || same_thread_group(p, current))
				continue;
			err = group_send_sig_info(sig, info, p, PIDTYPE_MAX);
			count++;
			if (err != -EPERM)
				retval = err;
		}
		ret = count ? retval : -ESRCH;
	}
	read_unlock(&tasklist_lock);
	return ret;
}

int do_tkill(pid_t tgid, pid_t pid, int sig)
{
	struct kernel_siginfo info = { .si_signo = sig, .si_code = SI_TKILL };
	struct task_struct *p;
	int ret = -ESRCH;

	info.si_pid = current->tgid;
	info.si_uid = current_uid();
	rcu_read_lock();
	p = find_task_by_vpid(pid);
	if (p && (tgid <= 0 || p->tgid == tgid)) {
		ret = check_kill_permission(sig, &info, p);
		if (!ret && sig) {
			ret = do_send_sig_info(sig, &info, p, PIDTYPE_PID);
			if (ret == -ESRCH)
				ret = 0;	/* it has just died; the signal would have changed nothing */
		}
	}
	rcu_read_unlock();
	return ret;
}

void __init signals_init(void)
{
	BUILD_BUG_ON(sizeof(siginfo_t) != 128);
	BUILD_BUG_ON(sizeof(struct kernel_sigaction) != 32);
	BUILD_BUG_ON(offsetof(siginfo_t, _sifields) != 16);
	sigqueue_cachep = KMEM_CACHE(sigqueue, SLAB_PANIC | SLAB_ACCOUNT);
}
