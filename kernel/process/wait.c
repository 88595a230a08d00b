/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/wait.c - learn how children ended: wait4(2), waitid(2).
 *
 * The problem. A parent wants to sleep until one of certain children changes its state, and to learn each end exactly
 * once, even when several of its threads ask at the same time.
 *
 * The idea. Look at the children; if none has news but there is one that could have some, sleep on the process's own
 * queue, to which every child's do_notify_parent() sends a wakeup, and look again. Waiting comes before looking
 * (add_wait_queue, then set_current_state, then the look), so that no end falls in between: see sched/wait.c.
 *
 *	child                         news            how it is consumed
 *	EXIT_ZOMBIE, group complete   exited, killed  exit_state ZOMBIE -> DEAD by cmpxchg: one asker wins and reaps
 *	SIGNAL_STOP_STOPPED           stopped         group_exit_code := 0 under siglock
 *	SIGNAL_STOP_CONTINUED         continued       the flag is cleared under siglock
 *	anything else                 none yet        "there is a child": sleep, or 0 with WNOHANG
 *	no eligible child at all                      -ECHILD
 *
 * A zombie leader with living threads: the process has not ended, but it may stop and go on.
 *
 * Locking: tasklist_lock for reading over the look; it is dropped by whoever finds news. Linux: kernel/exit.c.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/process.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/vm.h>
#include <primer/wait.h>
#include <asm/uaccess.h>
#include <uapi/wait.h>

/* What is asked, and what was found. [the waiting task] */
struct wait_opts {
	enum pid_type type;	/* PIDTYPE_MAX: any child */
	struct pid *pid;
	int flags;		/* W* */
	int notask_error;	/* -ECHILD, or 0 once an eligible child without news was seen */
	int status;		/* the status word of wait4() */
	int code;		/* CLD_*, and its value, for waitid() */
	int value;
	uid_t uid;
	struct rusage *ru;	/* NULL: not asked for */
};

static bool eligible_child(const struct wait_opts *wo, struct task_struct *p)
{
	if (wo->type == PIDTYPE_PID && task_pid(p) != wo->pid)
		return false;
	if (wo->type == PIDTYPE_PGID && task_pgrp(p) != wo->pid)
		return false;
	if (wo->flags & __WALL)
		return true;
	/* A "clone" child is one that does not announce its end by SIGCHLD. */
	return (p->exit_signal != SIGCHLD) == !!(wo->flags & __WCLONE);
}

static void found(struct wait_opts *wo, struct task_struct *p, int status, int code, int value)
{
	wo->status = status;
	wo->code = code;
	wo->value = value;
	wo->uid = task_uid(p);
	if (wo->ru)
		getrusage(p, USAGE_BOTH, wo->ru);
}

/* What the child and its own children used becomes what our children used. */
static void add_child_usage(struct task_struct *p)
{
	struct signal_struct *psig = current->signal, *sig = p->signal;
	u64 utime, stime;

	task_cputime(p, &utime, &stime);
	spin_lock_irq(&current->sighand->siglock);
	psig->cutime += utime + sig->utime + sig->cutime;
	psig->cstime += stime + sig->stime + sig->cstime;
	psig->cmin_flt += p->min_flt + sig->min_flt + sig->cmin_flt;
	psig->cmaj_flt += p->maj_flt + sig->maj_flt + sig->cmaj_flt;
	psig->cnvcsw += p->nvcsw + sig->nvcsw + sig->cnvcsw;
	psig->cnivcsw += p->nivcsw + sig->nivcsw + sig->cnivcsw;
	psig->cmaxrss = max(psig->cmaxrss, max(sig->maxrss, sig->cmaxrss));
	spin_unlock_irq(&current->sighand->siglock);
}

/* tasklist_lock is held for reading, and dropped if the result is not 0. */
static int wait_task_zombie(struct wait_opts *wo, struct task_struct *p)
{
	pid_t pid = task_pid_vnr(p);
	int status;

	if (!(wo->flags & WEXITED))
		return 0;
	if (!(wo->flags & WNOWAIT) && cmpxchg(&p->exit_state, EXIT_ZOMBIE, EXIT_DEAD) != EXIT_ZOMBIE)
		return 0;		/* another thread of ours was faster */
	get_task_struct(p);
	read_unlock(&tasklist_lock);

	status = p->signal->flags & SIGNAL_GROUP_EXIT ? p->signal->group_exit_code : p->exit_code;
	if (!(status & 0x7f))
		found(wo, p, status, CLD_EXITED, status >> 8);
	else
		found(wo, p, status, status & 0x80 ? CLD_DUMPED : CLD_KILLED, status & 0x7f);
	if (!(wo->flags & WNOWAIT)) {
		add_child_usage(p);
		release_task(p);
	}
	put_task_struct(p);
	return pid;
}

static int wait_task_stopped(struct wait_opts *wo, struct task_struct *p)
{
	pid_t pid = task_pid_vnr(p);
	int sig = 0;

	if (!(wo->flags & WUNTRACED) || !(p->signal->flags & SIGNAL_STOP_STOPPED))
		return 0;
	spin_lock_irq(&p->sighand->siglock);
	if (p->signal->flags & SIGNAL_STOP_STOPPED) {
		sig = p->signal->group_exit_code;
		if (!(wo->flags & WNOWAIT))
			p->signal->group_exit_code = 0;
	}
	spin_unlock_irq(&p->sighand->siglock);
	if (!sig)
		return 0;
	get_task_struct(p);
	read_unlock(&tasklist_lock);
	found(wo, p, W_STOPCODE(sig), CLD_STOPPED, sig);
	put_task_struct(p);
	return pid;
}

static int wait_task_continued(struct wait_opts *wo, struct task_struct *p)
{
	pid_t pid = task_pid_vnr(p);
	bool continued;

	if (!(wo->flags & WCONTINUED) || !(p->signal->flags & SIGNAL_STOP_CONTINUED))
		return 0;
	spin_lock_irq(&p->sighand->siglock);
	continued = p->signal->flags & SIGNAL_STOP_CONTINUED;
	if (!(wo->flags & WNOWAIT))
		p->signal->flags &= ~SIGNAL_STOP_CONTINUED;
	spin_unlock_irq(&p->sighand->siglock);
	if (!continued)
		return 0;
	get_task_struct(p);
	read_unlock(&tasklist_lock);
	found(wo, p, 0xffff, CLD_CONTINUED, SIGCONT);
	put_task_struct(p);
	return pid;
}

static int consider_child(struct wait_opts *wo, struct task_struct *p)
{
	int ret, state = READ_ONCE(p->exit_state);

	if (state == EXIT_DEAD || !eligible_child(wo, p))
		return 0;
	if (state == EXIT_ZOMBIE && thread_group_empty(p))
		return wait_task_zombie(wo, p);
	wo->notask_error = 0;
	ret = wait_task_stopped(wo, p);
	return ret ? ret : wait_task_continued(wo, p);
}

/* The children of all our threads. Returns a pid, or 0 with tasklist_lock still held for reading. */
static int look_at_children(struct wait_opts *wo)
{
	struct task_struct *thread = current, *p;
	int ret;

	do {
		list_for_each_entry(p, &thread->children, sibling) {
			ret = consider_child(wo, p);
			if (ret)
				return ret;
		}
		if (wo->flags & __WNOTHREAD)
			break;
		thread = next_thread(thread);
	} while (thread != current);
	return 0;
}

static long do_wait(struct wait_opts *wo)
{
	DECLARE_WAITQUEUE(wait, current);
	long ret;

	add_wait_queue(&current->signal->wait_chldexit, &wait);
	for (;;) {
		wo->notask_error = -ECHILD;
		set_current_state(TASK_INTERRUPTIBLE);
		ret = 0;
		if (wo->type == PIDTYPE_MAX || wo->pid) {
			read_lock(&tasklist_lock);
			ret = look_at_children(wo);
			if (!ret)
				read_unlock(&tasklist_lock);
		}
		if (!ret)
			ret = wo->notask_error;
		if (ret || (wo->flags & WNOHANG))
			break;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&current->signal->wait_chldexit, &wait);
	return ret;
}

SYSCALL_DEFINE4(wait4, pid_t, upid, int __user *, stat_addr, int, options, struct rusage __user *, ru)
{
	struct wait_opts wo = { .type = PIDTYPE_MAX, .flags = options | WEXITED };
	struct rusage usage;
	long ret;

	if (options & ~(int)(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (upid == INT_MIN)
		return -ESRCH;		/* its negation is no number */
	if (upid < -1) {
		wo.type = PIDTYPE_PGID;
		wo.pid = find_get_pid(-upid);
	} else if (upid == 0) {
		wo.type = PIDTYPE_PGID;
		wo.pid = get_task_pid(current, PIDTYPE_PGID);
	} else if (upid > 0) {
		wo.type = PIDTYPE_PID;
		wo.pid = find_get_pid(upid);
	}
	wo.ru = ru ? &usage : NULL;
	ret = do_wait(&wo);
	put_pid(wo.pid);
	if (ret > 0) {
		if (stat_addr && put_user(wo.status, stat_addr))
			return -EFAULT;
		if (ru && copy_to_user(ru, &usage, sizeof(usage)))
			return -EFAULT;
	}
	return ret;
}

SYSCALL_DEFINE5(waitid, int, which, pid_t, upid, siginfo_t __user *, infop, int, options, struct rusage __user *, ru)
{
	struct wait_opts wo = { .type = PIDTYPE_MAX, .flags = options };
	struct kernel_siginfo info;
	struct rusage usage;
	long ret;

	if (options & ~(int)(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	switch (which) {
	case P_ALL:
		break;
	case P_PID:
		if (upid <= 0)
			return -EINVAL;
		wo.type = PIDTYPE_PID;
		wo.pid = find_get_pid(upid);
		break;
	case P_PGID:
		if (upid < 0)
			return -EINVAL;
		wo.type = PIDTYPE_PGID;
		wo.pid = upid ? find_get_pid(upid) : get_task_pid(current, PIDTYPE_PGID);
		break;
	default:
		return -EINVAL;
	}
	wo.ru = ru ? &usage : NULL;
	ret = do_wait(&wo);
	put_pid(wo.pid);
	if (ret < 0)
		return ret;
	if (ret > 0 && ru && copy_to_user(ru, &usage, sizeof(usage)))
		return -EFAULT;
	if (!infop)
		return 0;
	/* Without news, an empty structure says so. */
	clear_siginfo(&info);
	if (ret > 0) {
		info.si_signo = SIGCHLD;
		info.si_code = wo.code;
		info.si_pid = ret;
		info.si_uid = wo.uid;
		info.si_status = wo.value;
	}
	return copy_siginfo_to_user(infop, &info) ? -EFAULT : 0;
}
