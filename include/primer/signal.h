/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/signal.h - signals inside the kernel: sets, queues, what a process shares about them, sending and
 * fetching.
 */
#ifndef PRIMER_SIGNAL_H
#define PRIMER_SIGNAL_H

#include <primer/cred.h>
#include <primer/hrtimer.h>
#include <primer/list.h>
#include <primer/mutex.h>
#include <primer/pid.h>
#include <primer/refcount.h>
#include <primer/sched.h>
#include <primer/wait.h>
#include <uapi/resource.h>
#include <uapi/signal.h>

/* Sets: bit n - 1 for signal n. */
#define sigmask(sig)			(1ULL << ((sig) - 1))
#define siginmask(sig, mask)		((sig) > 0 && (sig) < SIGRTMIN && (sigmask(sig) & (mask)))
#define SIG_KERNEL_ONLY_MASK		(sigmask(SIGKILL) | sigmask(SIGSTOP))
#define SIG_KERNEL_STOP_MASK		(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define SIG_KERNEL_COREDUMP_MASK                                                                      \
	(sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) | sigmask(SIGABRT) | sigmask(SIGFPE) | \
	 sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGSYS) | sigmask(SIGXCPU) | sigmask(SIGXFSZ))
#define SIG_KERNEL_IGNORE_MASK		(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
#define SYNCHRONOUS_MASK		(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) | \
					 sigmask(SIGFPE) | sigmask(SIGSYS))
#define sig_kernel_only(sig)		siginmask(sig, SIG_KERNEL_ONLY_MASK)
#define sig_kernel_coredump(sig)	siginmask(sig, SIG_KERNEL_COREDUMP_MASK)
#define sig_kernel_ignore(sig)		siginmask(sig, SIG_KERNEL_IGNORE_MASK)
#define sig_kernel_stop(sig)		siginmask(sig, SIG_KERNEL_STOP_MASK)
#define valid_signal(sig)		((unsigned long)(sig) <= _NSIG)

static inline void sigemptyset(sigset_t *set)				{ *set = 0; }
static inline void sigfillset(sigset_t *set)				{ *set = ~0ULL; }
static inline void sigaddset(sigset_t *set, int sig)			{ *set |= sigmask(sig); }
static inline void sigdelset(sigset_t *set, int sig)			{ *set &= ~sigmask(sig); }
static inline void sigdelsetmask(sigset_t *set, u64 mask)		{ *set &= ~mask; }
static inline bool sigismember(const sigset_t *set, int sig)		{ return *set >> (sig - 1) & 1; }
static inline bool sigisemptyset(const sigset_t *set)			{ return *set == 0; }

/* Who sent it, in place of a siginfo: a user's kill() without one, or the kernel. */
#define SEND_SIG_NOINFO			((struct kernel_siginfo *)0)
#define SEND_SIG_PRIV			((struct kernel_siginfo *)1)

#define SIGQUEUE_PREALLOC	1		/* belongs to a POSIX timer: is not freed when it is taken off the queue */

/* One queued signal with its information. [siglock] */
struct sigqueue {
	struct list_head list;
	int flags;				/* SIGQUEUE_* */
	struct kernel_siginfo info;
	struct signal_struct *owner;		/* whose nr_sigqueue counts it */
};

/* task->jobctl */
#define JOBCTL_STOP_DEQUEUED	0x01	/* it has taken a stop signal, and no SIGCONT has come since */
#define JOBCTL_STOP_PENDING	0x02	/* it has to stop */
#define JOBCTL_STOP_CONSUME	0x04	/* and group_stop_count waits for it */
#define JOBCTL_STOP_ALL		0x07

/* What a process does about one signal. [siglock] */
struct k_sigaction {
	struct kernel_sigaction sa;
};

/* A signal taken off the queue, on its way to a handler or to the default action. */
struct ksignal {
	struct k_sigaction ka;
	struct kernel_siginfo info;
	int sig;
};

/* The handlers: shared by CLONE_SIGHAND. */
struct sighand_struct {
	/* guards all of this and signal_struct's marked fields; rank LOCK_RANK_SIGHAND */
	spinlock_t siglock;
	refcount_t count;
	wait_queue_head_t signalfd_wqh;
	struct k_sigaction action[_NSIG];
};

/* signal_struct.flags */
#define SIGNAL_STOP_STOPPED		0x00000001	/* the whole group is stopped */
#define SIGNAL_STOP_CONTINUED		0x00000002	/* SIGCONT came since: for wait */
#define SIGNAL_GROUP_EXIT		0x00000004	/* everybody exits with group_exit_code */
#define SIGNAL_CLD_STOPPED		0x00000010	/* tell the parent */
#define SIGNAL_CLD_CONTINUED		0x00000020
#define SIGNAL_UNKILLABLE		0x00000040	/* init: only its own faults and the kernel kill it */
#define SIGNAL_CLD_MASK			(SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED)

/* An interval timer that counts CPU time; ns. */
struct cpu_itimer {
	u64 expires, incr;			/* expires: 0: off */
};
#define CPUCLOCK_PROF		0		/* user and system */
#define CPUCLOCK_VIRT		1		/* user only */
#define CPUCLOCK_SCHED		2		/* as the scheduler measured it */

/* What the threads of a process share. Legend: [sl] siglock; [tl] tasklist_lock; [i] immutable after fork */
struct signal_struct {
	refcount_t sigcnt;			/* tasks that point here, zombies included */
	atomic_t live;				/* threads that have not yet entered do_exit() */
	int nr_threads;				/* [sl, tl] */
	struct list_head thread_head;		/* [tl] the threads, by task->thread_node */
	wait_queue_head_t wait_chldexit;	/* wait4() sleeps here */
	struct task_struct *curr_target;	/* [sl] where the search for a thread to signal goes on */
	struct sigpending shared_pending;	/* [sl] signals for the process as a whole */
	atomic_t nr_sigqueue;			/* queue entries of this process, against RLIMIT_SIGPENDING */
	unsigned int flags;			/* [sl] SIGNAL_* */
	int group_exit_code;			/* [sl] */
	struct task_struct *group_exit_task;	/* [sl] who waits in de_thread() for the others to die */
	int notify_count;			/* [sl] how many are left */
	int group_stop_count;			/* [sl] threads that have yet to stop */
	unsigned int is_child_subreaper : 1;
	unsigned int has_child_subreaper : 1;
	struct pid *pids[PIDTYPE_MAX];		/* [tl] TGID, PGID, SID */
	int leader;				/* [tl] session leader */
	struct tty_struct *tty;			/* [sl] controlling terminal, NULL: none */
	struct pid *tty_old_pgrp;		/* [sl] */

	/* Timers. */
	struct hrtimer real_timer;		/* [sl] ITIMER_REAL, alarm() */
	ktime_t it_real_incr;			/* [sl] its interval, ns */
	struct cpu_itimer it[2];		/* [sl] CPUCLOCK_PROF, CPUCLOCK_VIRT: ITIMER_PROF, ITIMER_VIRTUAL */
	/* guards the three below and the timers; taken in hard interrupts; rank LOCK_RANK_POSIX_TIMER */
	spinlock_t posix_timers_lock;
	struct list_head posix_timers;		/* struct k_itimer */
	int next_posix_timer_id;
	bool posix_timer_ids_again;		/* they have all been given once: some may be in use */
	struct list_head cpu_timers;		/* struct cpu_timer: armed ones that count CPU time of this process */
	bool cpu_timers_active;			/* the tick has to look: set under either lock, cleared by the tick */

	/* Sums of threads that are gone (plain) and of children that were waited for (c). [sl] */
	u64 utime, stime, cutime, cstime;	/* ns */
	u64 gtime, cgtime;
	u64 sum_sched_runtime;			/* ns */
	unsigned long nvcsw, nivcsw, cnvcsw, cnivcsw;
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt;
	unsigned long inblock, oublock, cinblock, coublock;
	unsigned long maxrss, cmaxrss;

	struct rlimit rlim[RLIM_NLIMITS];	/* [group leader's alloc_lock]; read without it */
	short oom_score_adj, oom_score_adj_min;	/* [sl] */
	struct mutex cred_guard_mutex;		/* credentials during execve; rank LOCK_RANK_EXEC */
};

/* rlimit - current's soft limit. */
static inline unsigned long task_rlimit(const struct task_struct *p, unsigned int limit)
{
	return READ_ONCE(p->signal->rlim[limit].rlim_cur);
}
static inline unsigned long task_rlimit_max(const struct task_struct *p, unsigned int limit)
{
	return READ_ONCE(p->signal->rlim[limit].rlim_max);
}
#define rlimit(limit)			task_rlimit(current, limit)
#define rlimit_max(limit)		task_rlimit_max(current, limit)

/* Walks. [tasklist_lock held] */
#define next_task(p)			list_entry((p)->tasks.next, struct task_struct, tasks)
#define for_each_process(p)		for (p = &init_task; (p = next_task(p)) != &init_task;)
#define __for_each_thread(sig, t)	list_for_each_entry(t, &(sig)->thread_head, thread_node)
#define for_each_thread(p, t)		__for_each_thread((p)->signal, t)
#define for_each_process_thread(p, t)	for_each_process(p) for_each_thread(p, t)
static inline struct task_struct *next_thread(const struct task_struct *p)
{
	return list_entry(p->thread_group.next, struct task_struct, thread_group);
}
static inline bool thread_group_leader(const struct task_struct *p)	{ return p->exit_signal >= 0; }
static inline bool thread_group_empty(const struct task_struct *p)	{ return list_empty(&p->thread_group); }

static inline bool same_thread_group(const struct task_struct *a, const struct task_struct *b)
{
	return a->signal == b->signal;
}

static inline int get_nr_threads(const struct task_struct *p)		{ return p->signal->nr_threads; }

/*
 * lock_task_sighand - lock @p's siglock, interrupts off; NULL when @p has been reaped and has none any more
 *
 * @p may be reaped meanwhile; its memory must stay: rcu_read_lock(), tasklist_lock, a reference, or it is current. Context: any but NMI.
 */
struct sighand_struct *lock_task_sighand(struct task_struct *p, unsigned long *flags);
static inline void unlock_task_sighand(struct task_struct *p, unsigned long *flags)
{
	spin_unlock_irqrestore(&p->sighand->siglock, *flags);
}

void init_sigpending(struct sigpending *sig);
/*
 * flush_sigqueue - throw away what is queued. flush_signals - everything private to @p. flush_signal_handlers - for
 * exec (or all). flush_timer_signals - what timers of timer_create() have sent @p, current, and its process.
 */
void flush_timer_signals(struct task_struct *p);
void flush_sigqueue(struct sigpending *queue);
void flush_signals(struct task_struct *p);
void flush_signal_handlers(struct task_struct *p, int force_default);
void flush_sigqueue_mask(u64 mask, struct sigpending *s);	/* [sl] */

/*
 * copy_sighand, copy_signal - fork's part: share with current or copy; 0 or -ENOMEM
 * __cleanup_sighand, put_signal_struct - drop a reference; NULL is not allowed
 */
int copy_sighand(u64 clone_flags, struct task_struct *p);
int copy_signal(u64 clone_flags, struct task_struct *p);
/* unshare_sighand - current gets handlers of its own, for execve; 0 or -ENOMEM. Takes tasklist_lock. */
int unshare_sighand(void);
void __cleanup_sighand(struct sighand_struct *sighand);
void put_signal_struct(struct signal_struct *sig);

/* recalc_sigpending - make current's TIF_SIGPENDING say whether an unblocked signal waits. [sl] */
void recalc_sigpending(void);
bool recalc_sigpending_tsk(struct task_struct *p);
void recalc_sigpending_and_wake(struct task_struct *p);
/*
 * signal_wake_up - @p must look at its signals: out of interruptible sleep, for @fatal out of killable sleep too.
 * [sl]
 */
void signal_wake_up_state(struct task_struct *p, unsigned int state);

static inline void signal_wake_up(struct task_struct *p, bool fatal)
{
	signal_wake_up_state(p, fatal ? TASK_WAKEKILL : 0);
}

/*
 * Sending. @info: SEND_SIG_* or the sender's data. Returns 0, -ESRCH, -EINVAL, -EPERM, or -EAGAIN (a real-time signal
 * whose queue is full). A signal that is ignored counts as sent. Context: any, unless noted.
 *
 * send_sig, send_sig_info	to thread @p
 * do_send_sig_info		by @type: PIDTYPE_PID the thread, otherwise its process
 * group_send_sig_info		to the process of @p, with the permission check of kill(); tasklist_lock read held
 * send_signal_locked		[sl] to @p (@type PIDTYPE_PID) or its process, no check
 * kill_pid, kill_pgrp		to the process, to every process of the group; @priv: from the kernel
 * kill_pid_info		as kill_pid() with a sender's info and permission check
 * kill_something_info		kill(2): @pid > 0 a process, 0 own group, -1 all, < -1 group -@pid
 * do_tkill			tkill(2) and tgkill(2): @tgid 0 means any
 */
int send_sig(int sig, struct task_struct *p, int priv);
int send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p);
int do_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, enum pid_type type);
int group_send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *p, enum pid_type type);
int send_signal_locked(int sig, struct kernel_siginfo *info, struct task_struct *p, enum pid_type type);
int kill_pid(struct pid *pid, int sig, int priv);
int kill_pgrp(struct pid *pgrp, int sig, int priv);
int kill_pid_info(int sig, struct kernel_siginfo *info, struct pid *pid);
int kill_something_info(int sig, struct kernel_siginfo *info, pid_t pid);
int do_tkill(pid_t tgid, pid_t pid, int sig);
int __kill_pgrp_info(int sig, struct kernel_siginfo *info, struct pid *pgrp);	/* tasklist_lock read held */

/*
 * sigqueue_alloc_timer - an entry for a timer of current's process, which sends it again and again; NULL
 * sigqueue_free_timer - its timer is gone; a signal that waits stays. Takes siglock; context: current's process
 * send_sigqueue - send @q to thread or process @pid, by @type. 0: queued, or counted as overrun because it still waits;
 *	1: ignored; -1: there is no such task. Context: any.
 * posixtimer_rearm_hook - kernel/process lends it: @info of such an entry was taken off the queue by current. Interrupts off.
 */
struct sigqueue *sigqueue_alloc_timer(void);
void sigqueue_free_timer(struct sigqueue *q);
int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type);
extern void (*posixtimer_rearm_hook)(struct kernel_siginfo *info);

/*
 * force_sig, force_sig_info, force_sig_fault - current did something that it cannot be allowed to ignore
 *
 * A blocked or ignored signal gets its default action. force_sig_fault: @addr is what si_addr will say.
 * Context: task, in exception handlers that came from user mode.
 */
void force_sig(int sig);
int force_sig_info(struct kernel_siginfo *info);
int force_sig_fault(int sig, int code, void __user *addr);
void force_fatal_sig(int sig);
void force_sigsegv(int sig);

/*
 * do_notify_parent - a child died: SIGCHLD; true when the parent does not care, so that the child reaps itself. [tl
 * write]
 */
bool do_notify_parent(struct task_struct *p, int sig);
void __wake_up_parent(struct task_struct *p, struct task_struct *parent);
/* do_notify_parent_cldstop - @p's process has stopped or gone on; @why: CLD_STOPPED, CLD_CONTINUED. [tl read] */
void do_notify_parent_cldstop(struct task_struct *p, int why);

/* zap_other_threads - SIGKILL to each other thread of @p's process; how many there were. [sl] */
int zap_other_threads(struct task_struct *p);

/*
 * get_signal - the next signal that current has to do something about, before it returns to user mode
 *
 * True with @ksig filled: a handler is to be run. False: nothing. It does not return "die": for a fatal signal it
 * returns true with ksig->ka.sa.sa_handler == SIG_DFL, and the caller ends the process with do_group_exit(ksig->sig).
 * Context: task, no lock held; may sleep (stops).
 */
bool get_signal(struct ksignal *ksig);
/* signal_setup_done - the frame was made (or could not be: SIGSEGV); block what the handler wants blocked. */
void signal_setup_done(int failed, struct ksignal *ksig, int stepping);
int dequeue_signal(struct task_struct *p, sigset_t *mask, struct kernel_siginfo *info);	/* [sl] p is current */
/* exit_signals - current will not handle any more: others of the process get its shared ones. */
void exit_signals(struct task_struct *p);

/*
 * set_current_blocked - change the mask (SIGKILL and SIGSTOP stay out). sigprocmask - kernel-internal form, no such
 * filter.
 */
void set_current_blocked(sigset_t *newset);
void __set_current_blocked(const sigset_t *newset);
int sigprocmask(int how, sigset_t *set, sigset_t *oldset);
/* set_user_sigmask - pselect's and ppoll's temporary mask; restored by the signal code or restore_saved_sigmask(). */
static inline void set_restore_sigmask(void)		{ current->restore_sigmask = true; }
static inline bool test_and_clear_restore_sigmask(void)
{
	bool was = current->restore_sigmask;

	current->restore_sigmask = false;
	return was;
}
static inline void restore_saved_sigmask(void)
{
	if (test_and_clear_restore_sigmask())
		__set_current_blocked(&current->saved_sigmask);
}
static inline sigset_t *sigmask_to_save(void)
{
	return unlikely(current->restore_sigmask) ? &current->saved_sigmask : &current->blocked;
}

/*
 * do_sigaction - rt_sigaction's core. do_sigpending - the set of rt_sigpending. do_sigaltstack - @sp: current's user
 * stack pointer.
 */
int do_sigaction(int sig, struct k_sigaction *act, struct k_sigaction *oact);
void do_sigpending(sigset_t *set);
int do_sigaltstack(const stack_t *ss, stack_t *oss, unsigned long sp, size_t min_ss_size);

/* On the alternate stack? */
static inline bool on_sig_stack(unsigned long sp)
{
	return !(current->sas_ss_flags & SS_AUTODISARM) && sp > current->sas_ss_sp &&
	       sp - current->sas_ss_sp <= current->sas_ss_size;
}
static inline int sas_ss_flags(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return on_sig_stack(sp) ? SS_ONSTACK : 0;
}

/* siginfo in the user's 128 bytes. */
int copy_siginfo_to_user(siginfo_t __user *to, const struct kernel_siginfo *from);
int copy_siginfo_from_user(struct kernel_siginfo *to, const siginfo_t __user *from);
static inline void clear_siginfo(struct kernel_siginfo *info)	{ *info = (struct kernel_siginfo){ 0 }; }

static inline bool signal_group_exit(const struct signal_struct *sig)
{
	return (sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exit_task;
}

/* signals_init - boot, once, when slab works. */
void signals_init(void);

#endif
