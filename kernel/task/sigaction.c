/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/sigaction.c - signals as programs ask for them: handlers, masks, the alternate stack, kill, waiting.
 *
 * These are the system calls; what they do is in signal.c and get_signal.c. Every mask has 64 bits, and its size is
 * passed along, so that an old program's 32 bits would be told from it: sizes other than 8 are refused.
 *
 * siginfo. The kernel keeps only the part that has a meaning; programs see 128 bytes, of which the rest is zero.
 */
#include <primer/err.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>

#include "internal.h"

int copy_siginfo_to_user(siginfo_t __user *to, const struct kernel_siginfo *from)
{
	siginfo_t info = { ._si_pad = { 0 } };

	info.si_signo = from->si_signo;
	info.si_errno = from->si_errno;
	info.si_code = from->si_code;
	info._sifields = from->_sifields;
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0;
}

int copy_siginfo_from_user(struct kernel_siginfo *to, const siginfo_t __user *from)
{
	return copy_from_user(to, from, sizeof(*to)) ? -EFAULT : 0;
}

/* ---- handlers ---------------------------------------------------------------------------------------------------- */

int do_sigaction(int sig, struct k_sigaction *act, struct k_sigaction *oact)
{
	struct task_struct *p = current, *t;
	struct k_sigaction *k;

	if (sig < 1 || !valid_signal(sig) || (act && sig_kernel_only(sig)))
		return -EINVAL;
	k = &p->sighand->action[sig - 1];

	spin_lock_irq(&p->sighand->siglock);
	if (oact)
		*oact = *k;
	if (act) {
		sigdelsetmask(&act->sa.sa_mask, SIG_KERNEL_ONLY_MASK);
		*k = *act;
		/* POSIX 3.3.1.3: what waits and is ignored from now on is thrown away, blocked or not. */
		if (act->sa.sa_handler == SIG_IGN || (act->sa.sa_handler == SIG_DFL && sig_kernel_ignore(sig))) {
			flush_sigqueue_mask(sigmask(sig), &p->signal->shared_pending);
			for_each_thread(p, t)
				flush_sigqueue_mask(sigmask(sig), &t->pending);
		}
	}
	spin_unlock_irq(&p->sighand->siglock);
	return 0;
}

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct kernel_sigaction __user *, act, struct kernel_sigaction __user *,
		oact, size_t, sigsetsize)
{
	struct k_sigaction new, old;
	int ret;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (act && copy_from_user(&new.sa, act, sizeof(new.sa)))
		return -EFAULT;
	ret = do_sigaction(sig, act ? &new : NULL, oact ? &old : NULL);
	if (!ret && oact && copy_to_user(oact, &old.sa, sizeof(old.sa)))
		return -EFAULT;
	return ret;
}

void flush_signal_handlers(struct task_struct *p, int force_default)
{
	struct k_sigaction *ka = p->sighand->action;

	for (int i = 0; i < _NSIG; i++, ka++) {
		if (force_default || ka->sa.sa_handler != SIG_IGN)
			ka->sa.sa_handler = SIG_DFL;
		ka->sa.sa_flags = 0;
		ka->sa.sa_restorer = NULL;
		sigemptyset(&ka->sa.sa_mask);
	}
}

/* ---- masks ------------------------------------------------------------------------------------------------------- */

SYSCALL_DEFINE4(rt_sigprocmask, int, how, sigset_t __user *, nset, sigset_t __user *, oset, size_t, sigsetsize)
{
	sigset_t old = current->blocked, new;
	int ret;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (nset) {
		if (copy_from_user(&new, nset, sizeof(new)))
			return -EFAULT;
		sigdelsetmask(&new, SIG_KERNEL_ONLY_MASK);
		ret = sigprocmask(how, &new, NULL);
		if (ret)
			return ret;
	}
	if (oset && copy_to_user(oset, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

void do_sigpending(sigset_t *set)
{
	spin_lock_irq(&current->sighand->siglock);
	*set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
}

SYSCALL_DEFINE2(rt_sigpending, sigset_t __user *, uset, size_t, sigsetsize)
{
	sigset_t set;

	if (sigsetsize > sizeof(sigset_t))
		return -EINVAL;
	do_sigpending(&set);
	return copy_to_user(uset, &set, sigsetsize) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(rt_sigsuspend, sigset_t __user *, unewset, size_t, sigsetsize)
{
	sigset_t newset;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&newset, unewset, sizeof(newset)))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_current_blocked(&newset);
	while (!signal_pending(current)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	/* The old mask comes back after the handler has run: its frame takes it along. */
	set_restore_sigmask();
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE0(pause)
{
	while (!signal_pending(current)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	return -ERESTARTNOHAND;
}

/* ---- the alternate stack ----------------------------------------------------------------------------------------- */

int do_sigaltstack(const stack_t *ss, stack_t *oss, unsigned long sp, size_t min_ss_size)
{
	struct task_struct *t = current;

	if (oss) {
		*oss = (stack_t){ 0 };
		oss->ss_sp = (void *)t->sas_ss_sp;
		oss->ss_size = t->sas_ss_size;
		oss->ss_flags = sas_ss_flags(sp) | (t->sas_ss_flags & SS_AUTODISARM);
	}
	if (ss) {
		int mode = ss->ss_flags & ~SS_AUTODISARM;
		unsigned long size = ss->ss_size;
		void *stack = ss->ss_sp;

		if (on_sig_stack(sp))
			return -EPERM;
		if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
			return -EINVAL;
		if (mode == SS_DISABLE) {
			size = 0;
			stack = NULL;
		} else if (size < min_ss_size) {
			return -ENOMEM;
		}
		t->sas_ss_sp = (unsigned long)stack;
		t->sas_ss_size = size;
		t->sas_ss_flags = ss->ss_flags;
	}
	return 0;
}

SYSCALL_DEFINE2(sigaltstack, const stack_t __user *, uss, stack_t __user *, uoss)
{
	stack_t new, old;
	int err;

	if (uss && copy_from_user(&new, uss, sizeof(new)))
		return -EFAULT;
	err = do_sigaltstack(uss ? &new : NULL, uoss ? &old : NULL, current_pt_regs()->sp, MINSIGSTKSZ);
	if (!err && uoss && copy_to_user(uoss, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
{
	struct kernel_siginfo info = { .si_signo = sig, .si_code = SI_USER };

	info.si_pid = current->tgid;
	info.si_uid = current_uid();
	return kill_something_info(sig, &info, pid);
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, pid, int, sig)
{
	return pid <= 0 || tgid <= 0 ? -EINVAL : do_tkill(tgid, pid, sig);
}

SYSCALL_DEFINE2(tkill, pid_t, pid, int, sig)
{
	return pid <= 0 ? -EINVAL : do_tkill(0, pid, sig);
}

/* Nobody may send to another process what looks as if it came from the kernel or from kill(). */
static int read_sent_info(struct kernel_siginfo *info, const siginfo_t __user *uinfo, int sig, pid_t pid)
{
	if (copy_siginfo_from_user(info, uinfo))
		return -EFAULT;
	info->si_signo = sig;
	return (info->si_code >= 0 || info->si_code == SI_TKILL) && current->tgid != pid ? -EPERM : 0;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, pid, int, sig, siginfo_t __user *, uinfo)
{
	struct kernel_siginfo info;
	struct task_struct *p;
	int ret = read_sent_info(&info, uinfo, sig, pid);

	if (ret)
		return ret;
	ret = -ESRCH;
	read_lock(&tasklist_lock);
	p = find_task_by_vpid(pid);
	if (p)
		ret = group_send_sig_info(sig, &info, p, PIDTYPE_TGID);
	read_unlock(&tasklist_lock);
	return ret;
}
