/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/init_task.c - the first task, which nobody made.
 *
 * fork() copies current; so there must be a first task to copy, and it stands here, filled in by the compiler. It is
 * PID 0: the boot stub jumps to C on its stack, start_kernel() runs in it, and in the end it is CPU 0's idle task. It
 * is no member of any list that user programs can see, but the head of the list of all processes (for_each_process
 * skips it).
 *
 * What it holds by static pointers (init_cred, init_signals, init_sighand, init_struct_pid) is never freed: each
 * starts with a reference that nobody drops.
 */
#include <primer/cred.h>
#include <primer/mm_types.h>
#include <primer/pid.h>
#include <primer/sched.h>
#include <primer/signal.h>

/* The boot stub's and start_kernel()'s stack. Word 0 is the end: schedule() checks that nobody has written over it. */
unsigned long init_stack[THREAD_SIZE / sizeof(unsigned long)] __section(".data..init_task") __aligned(THREAD_SIZE) = {
	[0] = STACK_END_MAGIC,
};

static struct signal_struct init_signals = {
	.sigcnt		= REFCOUNT_INIT(1),
	.nr_threads	= 1,
	.thread_head	= LIST_HEAD_INIT(init_task.thread_node),
	.wait_chldexit	= __WAIT_QUEUE_HEAD_INITIALIZER(init_signals.wait_chldexit),
	.shared_pending	= { .list = LIST_HEAD_INIT(init_signals.shared_pending.list) },
	.pids = {
		[PIDTYPE_TGID]	= &init_struct_pid,
		[PIDTYPE_PGID]	= &init_struct_pid,
		[PIDTYPE_SID]	= &init_struct_pid,
	},
	/*
	 * Linux's INIT_RLIMITS: what PID 1 and by inheritance everybody starts with. fork_init() fills in NPROC and
	 * SIGPENDING.
	 */
	.rlim = {
		[RLIMIT_CPU]		= { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_FSIZE]		= { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_DATA]		= { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_STACK]		= { _STK_LIM, RLIM_INFINITY },
		[RLIMIT_CORE]		= { 0, RLIM_INFINITY },
		[RLIMIT_RSS]		= { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_NPROC]		= { 0, 0 },
		[RLIMIT_NOFILE]		= { INR_OPEN_CUR, INR_OPEN_MAX },
		[RLIMIT_MEMLOCK]	= { MLOCK_LIMIT, MLOCK_LIMIT },
		[RLIMIT_AS]		= { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_LOCKS]		= { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_SIGPENDING]	= { 0, 0 },
		[RLIMIT_MSGQUEUE]	= { MQ_BYTES_MAX, MQ_BYTES_MAX },
		[RLIMIT_NICE]		= { 0, 0 },
		[RLIMIT_RTPRIO]		= { 0, 0 },
		[RLIMIT_RTTIME]		= { RLIM_INFINITY, RLIM_INFINITY },
	},
	.posix_timers_lock = __SPIN_LOCK_UNLOCKED(init_signals.posix_timers_lock, LOCK_RANK_POSIX_TIMER),
	.posix_timers	= LIST_HEAD_INIT(init_signals.posix_timers),
	.cpu_timers	= LIST_HEAD_INIT(init_signals.cpu_timers),
	.cred_guard_mutex = __MUTEX_INITIALIZER(init_signals.cred_guard_mutex, LOCK_RANK_EXEC),
};

static struct sighand_struct init_sighand = {
	.count		= REFCOUNT_INIT(1),
	.siglock	= __SPIN_LOCK_UNLOCKED(init_sighand.siglock, LOCK_RANK_SIGHAND),
	.signalfd_wqh	= __WAIT_QUEUE_HEAD_INITIALIZER(init_sighand.signalfd_wqh),
	/* action[]: all zero, SIG_DFL */
};

struct task_struct init_task __section(".data..init_task") __aligned(64) = {
	.state		= TASK_RUNNING,
	.stack		= init_stack,
	.usage		= REFCOUNT_INIT(2),
	.flags		= PF_KTHREAD,
	.on_cpu		= 1,
	.prio		= DEFAULT_PRIO,
	.static_prio	= DEFAULT_PRIO,
	.normal_prio	= DEFAULT_PRIO,
	.policy		= SCHED_NORMAL,
	.nr_cpus_allowed = NR_CPUS,
	.cpus_mask	= CPU_MASK_ALL,
	.se		= { .group_node = LIST_HEAD_INIT(init_task.se.group_node) },
	.rt		= { .run_list = LIST_HEAD_INIT(init_task.rt.run_list) },
	.pi_lock	= __SPIN_LOCK_UNLOCKED(init_task.pi_lock, LOCK_RANK_PI),
	.tasks		= LIST_HEAD_INIT(init_task.tasks),
	.mm		= NULL,
	.active_mm	= &init_mm,
	.thread_pid	= &init_struct_pid,
	.thread_group	= LIST_HEAD_INIT(init_task.thread_group),
	.thread_node	= LIST_HEAD_INIT(init_signals.thread_head),
	.group_leader	= &init_task,
	.real_parent	= &init_task,
	.parent		= &init_task,
	.children	= LIST_HEAD_INIT(init_task.children),
	.sibling	= LIST_HEAD_INIT(init_task.sibling),
	.real_cred	= &init_cred,
	.cred		= &init_cred,
	.comm		= "swapper",
	.signal		= &init_signals,
	.sighand	= &init_sighand,
	.pending	= { .list = LIST_HEAD_INIT(init_task.pending.list) },
	.alloc_lock	= __SPIN_LOCK_UNLOCKED(init_task.alloc_lock, LOCK_RANK_TASK),
	.restart_block	= { .fn = do_no_restart_syscall },
	.timer_slack_ns	= 50000,
	.default_timer_slack_ns = 50000,
};
