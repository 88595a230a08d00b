/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sched.h - struct task_struct, the record of one thread of execution, and what can be asked of the
 * scheduler.
 *
 * Linux draws no line between processes and threads: both are tasks, and a thread is a task that shares its mm, files
 * and signal handlers with its creator. A task in kernel mode runs on its own stack of THREAD_SIZE bytes.
 */
#ifndef PRIMER_SCHED_H
#define PRIMER_SCHED_H

#include <primer/cpumask.h>
#include <primer/list.h>
#include <primer/rbtree.h>
#include <primer/rcupdate.h>
#include <primer/refcount.h>
#include <primer/restart_block.h>
#include <primer/spinlock_types.h>
#include <primer/thread_info.h>
#include <asm/current.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <uapi/sched.h>
#include <uapi/signal.h>

struct cfs_rq;
struct cred;
struct completion;
struct files_struct;
struct fs_struct;
struct mm_struct;
struct pid;
struct rq;
struct sched_class;
struct sighand_struct;
struct signal_struct;

/*
 * task->state: what the task waits for. Written by the task itself before it sleeps, and by try_to_wake_up()
 * [p->pi_lock].
 *
 *	          set_current_state(INTERRUPTIBLE | UNINTERRUPTIBLE), schedule()
 *	RUNNING ------------------------------------------------------------------> asleep, on no run queue
 *	   ^                                                                          |
 *	   +---------------------- try_to_wake_up(), signal --------------------------+
 *	   |  do_exit()
 *	   +--------------> DEAD (scheduler) with exit_state ZOMBIE, then DEAD when reaped
 */
#define TASK_RUNNING		0x0000	/* runs, or is on a run queue */
#define TASK_INTERRUPTIBLE	0x0001	/* sleeps until woken or signalled */
#define TASK_UNINTERRUPTIBLE	0x0002	/* sleeps until woken */
#define __TASK_STOPPED		0x0004
#define __TASK_TRACED		0x0008
#define EXIT_DEAD		0x0010	/* exit_state: reaped */
#define EXIT_ZOMBIE		0x0020	/* exit_state: waits for its parent */
#define TASK_PARKED		0x0040
#define TASK_DEAD		0x0080	/* has made its last schedule() */
#define TASK_WAKEKILL		0x0100	/* fatal signals wake it as well */
#define TASK_WAKING		0x0200
#define TASK_NOLOAD		0x0400
#define TASK_NEW		0x0800	/* not yet on any run queue */
#define TASK_KILLABLE		(TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_STOPPED		(TASK_WAKEKILL | __TASK_STOPPED)
#define TASK_IDLE		(TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
/* What /proc/PID/stat shows as one letter: see task_state_to_char(). */
#define TASK_REPORT		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | __TASK_STOPPED | __TASK_TRACED | \
				 EXIT_DEAD | EXIT_ZOMBIE | TASK_PARKED)

/* task->flags [owner]: PF_* */
#define PF_IDLE			0x00000002
#define PF_EXITING		0x00000004
#define PF_WQ_WORKER		0x00000020
#define PF_FORKNOEXEC		0x00000040
#define PF_SUPERPRIV		0x00000100
#define PF_DUMPCORE		0x00000200
#define PF_SIGNALED		0x00000400
#define PF_MEMALLOC		0x00000800
#define PF_NPROC_EXCEEDED	0x00001000	/* has become a user that has too many tasks: exec asks once more */
#define PF_NO_SETAFFINITY	0x04000000
#define PF_KTHREAD		0x00200000

/* prio: 0..99 real time (0 highest), 100..139 nice -20..19. */
#define MAX_RT_PRIO		100
#define MAX_PRIO		140
#define DEFAULT_PRIO		120
#define NICE_TO_PRIO(nice)	((nice) + DEFAULT_PRIO)
#define PRIO_TO_NICE(prio)	((prio) - DEFAULT_PRIO)
#define MIN_NICE		(-20)
#define MAX_NICE		19

#define TASK_COMM_LEN		16

struct load_weight {
	unsigned long weight;
	u32 inv_weight;			/* 2^32 / weight, so that a division becomes a multiplication */
};

/*
 * Signals that wait: the set, and the queue with their information. A classic signal is queued at most once.
 * [siglock]
 */
struct sigpending {
	struct list_head list;		/* struct sigqueue */
	sigset_t signal;
};

/* A list of tasks to wake once a lock is dropped. See wake_q_add(). */
struct wake_q_node {
	struct wake_q_node *next;
};

/* How often a task got a CPU and how long it had waited for it. Times in ns of the queue's clock; 0: not so. [rq->lock] */
struct sched_info {
	unsigned long pcount;		/* times that it was given a CPU */
	u64 run_delay;			/* sum of the waits */
	u64 last_arrival;		/* when it was last given one */
	u64 last_queued;		/* since when it waits */
};

/* Kept while sched_schedstats is 1. Times in ns; the _start ones are the queue's clock, 0: not so. [rq->lock] */
struct sched_statistics {
	u64 wait_start, wait_max, wait_count, wait_sum;
	u64 iowait_count, iowait_sum;
	u64 sleep_start, sleep_max, sum_sleep_runtime;	/* the sum: blocks as well */
	u64 block_start, block_max;
	u64 exec_max, slice_max;
	u64 nr_migrations_cold, nr_failed_migrations_affine, nr_failed_migrations_running, nr_failed_migrations_hot,
	    nr_forced_migrations;
	u64 nr_wakeups, nr_wakeups_sync, nr_wakeups_migrate, nr_wakeups_local, nr_wakeups_remote, nr_wakeups_affine,
	    nr_wakeups_affine_attempts, nr_wakeups_passive, nr_wakeups_idle;
};

/* What CFS knows of a task (or, later, of a group). [rq->lock] */
struct sched_entity {
	struct load_weight load;
	struct rb_node run_node;	/* in the timeline, unless it is running */
	struct list_head group_node;
	unsigned int on_rq;
	u64 exec_start;			/* when update_curr() last looked, ns of rq clock */
	u64 sum_exec_runtime;		/* CPU time so far, ns */
	u64 vruntime;			/* the same weighted by priority, ns at nice 0 */
	u64 prev_sum_exec_runtime;	/* sum_exec_runtime when the task was last picked */
	u64 nr_migrations;
	int depth;
	struct sched_entity *parent;
	struct cfs_rq *cfs_rq;		/* the queue it is on */
	struct cfs_rq *my_q;		/* the queue it owns: NULL for a task */
	struct sched_statistics statistics;
};

struct sched_rt_entity {
	struct list_head run_list;
	unsigned long timeout;		/* ticks that it has run as a real-time task since it woke last */
	unsigned int time_slice;	/* ticks */
	unsigned short on_rq;
	unsigned short on_list;
};

/*
 * Legend: [o] the task itself; [rq] its run queue's lock; [pi] pi_lock; [tl] tasklist_lock; [i] immutable after fork;
 * [al] alloc_lock
 */
struct task_struct {
	struct thread_info thread_info;		/* first: see thread_info.h */
	volatile long state;			/* TASK_*; rules at the top */
	void *stack;				/* [i] lowest address of the kernel stack */
	/* references to this structure; the scheduler's own is dropped after the last switch */
	refcount_t usage;
	unsigned int flags;			/* [o] PF_* */

	/* runs on a CPU right now; cleared with release when its stack is no longer in use */
	int on_cpu;
	int on_rq;				/* [rq] queued: 1, migrating: 2 */
	int prio, static_prio, normal_prio;	/* [rq] */
	unsigned int rt_priority;		/* [rq] */
	unsigned int policy;			/* [rq] */
	int nr_cpus_allowed;			/* [pi, rq] */
	const struct sched_class *sched_class;	/* [rq] */
	struct sched_entity se;			/* [rq] */
	struct sched_rt_entity rt;		/* [rq] */
	struct sched_info sched_info;		/* [rq] */
	cpumask_t cpus_mask;			/* [pi, rq] CPUs it may run on */
	unsigned int wake_cpu;
	/* [o] whom it woke last, and how often it was another one than before: placement.c */
	unsigned int wakee_flips;
	unsigned long wakee_flip_decay_ts;	/* jiffies */
	const struct task_struct *last_wakee;	/* compared only */
	int recent_used_cpu;
	unsigned sched_reset_on_fork : 1;
	/* [rq] asleep in TASK_UNINTERRUPTIBLE, counted in rq->nr_uninterruptible */
	unsigned sched_contributes_to_load : 1;
	spinlock_t pi_lock;			/* wakeups and affinity; rank LOCK_RANK_PI, taken before rq->lock */
	/* rt_mutex: who waits for what it holds, the first of each lock; what it waits for; whose priority it has: [pi], last also [rq] */
	struct rb_root_cached pi_waiters;
	struct rt_mutex_waiter *pi_blocked_on;
	struct task_struct *pi_top_task;
	struct wake_q_node wake_q;		/* atomic: on somebody's wake_q */

	struct list_head tasks;			/* [tl] all processes (thread group leaders), from init_task */
	struct mm_struct *mm;			/* [al] user address space; NULL: kernel thread */
	struct mm_struct *active_mm;		/* [rq] whose page tables are loaded while it runs */

	int exit_state;				/* [tl] EXIT_* */
	int exit_code, exit_signal;		/* [tl] */
	unsigned in_execve : 1;			/* [o] */
	unsigned did_exec : 1;			/* [tl] */
	/* [o] PR_SET_NO_NEW_PRIVS: execve gives no rights that current has not */
	unsigned no_new_privs : 1;
	unsigned in_iowait : 1;			/* [o] */

	pid_t pid, tgid;			/* [i] */
	struct pid *thread_pid;			/* [tl] */
	struct hlist_node pid_links[4];		/* [tl] in struct pid's lists, by type */
	struct list_head thread_group;		/* [tl] */
	struct list_head thread_node;		/* [tl] */
	struct task_struct *group_leader;	/* [i] */
	struct rcu_head rcu;			/* after the last reference */
	struct task_struct *real_parent;	/* [tl] who created it, or who adopted it */
	struct task_struct *parent;		/* [tl] who gets SIGCHLD and may wait */
	struct list_head children, sibling;	/* [tl] */
	struct completion *vfork_done;		/* [al] */
	int *set_child_tid;			/* CLONE_CHILD_SETTID, a user address */
	int *clear_child_tid;			/* CLONE_CHILD_CLEARTID, a user address */

	u64 utime, stime;			/* [o] ns */
	u64 prev_utime, prev_stime;		/* [rq] ns: what task_cputime() said last */
	unsigned long nvcsw, nivcsw;		/* [rq] voluntary and involuntary switches */
	unsigned long last_switch_count, last_switch_time;	/* khungtaskd's: their sum, and jiffies, when it looked last */
	u64 start_time, start_boottime;		/* [i] ns */
	unsigned long min_flt, maj_flt;		/* [o] page faults */

	const struct cred *real_cred;		/* who it is to others; [o] writes, others read by get_task_cred() */
	/* [o] as whom it acts: the same, but between override_creds() and revert_creds() */
	const struct cred *cred;
	char comm[TASK_COMM_LEN];		/* [al] */
	struct fs_struct *fs;			/* [al] */
	struct files_struct *files;		/* [al] */
	struct signal_struct *signal;		/* [tl] shared by the thread group */
	struct sighand_struct *sighand;		/* [tl] */
	sigset_t blocked, real_blocked;		/* [sighand->siglock] masks, bit n-1 for signal n */
	sigset_t saved_sigmask;			/* [o] what blocked becomes again when restore_sigmask is set */
	unsigned restore_sigmask : 1;		/* [o] */
	struct sigpending pending;		/* [sighand->siglock] signals for this thread alone */
	/* [sighand->siglock] JOBCTL_*: this thread's part in stopping its process */
	unsigned int jobctl;
	unsigned long sas_ss_sp;		/* [o] sigaltstack */
	size_t sas_ss_size;
	unsigned int sas_ss_flags;
	spinlock_t alloc_lock;			/* mm, files, fs, comm of this task; rank LOCK_RANK_TASK */
	void *robust_list;			/* user address: futex robust list */
	void *rseq;				/* user address */
	u32 rseq_len, rseq_sig;
	void *journal_info;
	struct restart_block restart_block;	/* [o] how the system call that was interrupted goes on */
	/* [o] how late a sleep of it may end, ns; what PR_SET_TIMERSLACK 0 makes it again */
	u64 timer_slack_ns, default_timer_slack_ns;
	unsigned long stack_canary;		/* [i] */
	void *kthread_data;			/* kernel threads: struct kthread */
#ifdef CONFIG_DEBUG
	unsigned int lockdep_depth;		/* [o] */
	struct held_lock held_locks[MAX_LOCK_DEPTH];	/* [o] also by interrupts on top of it */
	unsigned int fail_nth;			/* [o] /proc/PID/fail-nth: so many allocations, and one fails; 0: none */
	unsigned int make_it_fail;		/* allocations may fail by chance: mm/alloc/fault_inject.c */
#endif
	unsigned long personality;
	struct thread_struct thread;		/* last: what the CPU's registers held */
};

extern struct task_struct init_task;
extern unsigned long init_stack[THREAD_SIZE / sizeof(unsigned long)];

#define task_thread_info(p)		(&(p)->thread_info)
#define task_stack_page(p)		((p)->stack)
#define task_top_of_stack(p)		((unsigned long)(p)->stack + THREAD_SIZE)
#define task_pt_regs(p)			((struct pt_regs *)task_top_of_stack(p) - 1)
#define current_pt_regs()		task_pt_regs(current)
#define end_of_stack(p)			((unsigned long *)(p)->stack)
#define STACK_END_MAGIC			0x57ac6e9dUL
#define task_cpu(p)			READ_ONCE((p)->thread_info.cpu)
#define task_is_running(p)		(READ_ONCE((p)->state) == TASK_RUNNING)
#define task_nice(p)			PRIO_TO_NICE((p)->static_prio)
#define rt_prio(prio)			((prio) < MAX_RT_PRIO)

#define set_tsk_thread_flag(p, f)	set_ti_thread_flag(task_thread_info(p), f)
#define clear_tsk_thread_flag(p, f)	clear_ti_thread_flag(task_thread_info(p), f)
#define test_tsk_thread_flag(p, f)	test_ti_thread_flag(task_thread_info(p), f)
#define test_tsk_need_resched(p)	unlikely(test_tsk_thread_flag(p, TIF_NEED_RESCHED))
#define signal_pending(p)		unlikely(test_tsk_thread_flag(p, TIF_SIGPENDING))

/*
 * set_current_state - announce what current is about to wait for
 *
 * The full barrier orders the store before the look at the awaited condition, and pairs with the one in
 * try_to_wake_up(): either the waker sees the state, or the sleeper sees the condition. __set_current_state has no
 * barrier.
 */
#define __set_current_state(s)		WRITE_ONCE(current->state, (s))
#define set_current_state(s)		smp_store_mb(current->state, (s))

/*
 * set_special_state - for TASK_STOPPED, PARKED, TRACED and DEAD, which nothing re-checks: no wakeup that is under way
 * may undo it.
 */
void set_special_state(unsigned int state);

/*
 * schedule - let another task run; returns when the scheduler picks current again. Context: task, preemptible; may
 * sleep.
 */
void schedule(void);
/* schedule_idle - the idle task's own; schedule_tail - the first thing a new task does. */
void schedule_idle(void);
void schedule_tail(struct task_struct *prev);
/* schedule_preempt_disabled - schedule(), called and returning with preemption disabled. */
void schedule_preempt_disabled(void);
/*
 * preempt_schedule_irq - on the way out of an interrupt that hit the kernel: count 0 and a reschedule wanted.
 * Interrupts off, before and after.
 */
void preempt_schedule_irq(void);
/* yield - go behind the others of the same class. */
void yield(void);
/* io_schedule - schedule() that counts as waiting for a device. */
void io_schedule(void);

/*
 * wake_up_process - make a sleeping @p runnable; 1 if it slept. Context: any. Orders everything before it before @p's
 * next look.
 */
int wake_up_process(struct task_struct *p);
int wake_up_state(struct task_struct *p, unsigned int state);
int try_to_wake_up(struct task_struct *p, unsigned int state, int wake_flags);
/* wake_up_new_task - put a task that copy_process() made on a run queue for the first time. */
void wake_up_new_task(struct task_struct *p);
/*
 * wait_task_inactive - wait until @p, asleep in @match_state (0: any), is off its CPU
 *
 * Returns 0 if its state was another, else a number that changes with each of its switches. Context: task; may sleep.
 */
unsigned long wait_task_inactive(struct task_struct *p, long match_state);

/*
 * wake_q: collect tasks under a lock, wake them after it is dropped
 *
 * A task is on at most one such list; one that is already on somebody's will be woken by them, which is after our
 * change.
 */
struct wake_q_head {
	struct wake_q_node *first, **lastp;
};
#define WAKE_Q_TAIL		((struct wake_q_node *)1)
#define DEFINE_WAKE_Q(name)	struct wake_q_head name = { WAKE_Q_TAIL, &name.first }
void wake_q_add(struct wake_q_head *head, struct task_struct *p);
void wake_up_q(struct wake_q_head *head);

/* kick_process - make a running @p enter the kernel soon. Context: any, preemption disabled or not. */
void kick_process(struct task_struct *p);

/*
 * do_task_dead - current's last schedule()
 *
 * The task that runs next drops the scheduler's reference. Context: task, all else released; preemption disabled or
 * not.
 */
void do_task_dead(void) __noreturn;

/*
 * What other rooms lend to the scheduler. [set once at boot] finish_task_mmdrop: drop the mm that an exited or lazy
 * task had borrowed (mmdrop); free_task_hook: __put_task_struct().
 */
extern void (*finish_task_mmdrop)(struct mm_struct *mm);
extern void (*free_task_hook)(struct task_struct *p);
/* smp_send_reschedule_hook: interrupt @cpu so that it looks at its need_resched flag; NULL while there is one CPU. */
extern void (*smp_send_reschedule_hook)(int cpu);
/*
 * wq_worker_sleeping_hook, wq_worker_running_hook: current, a worker (PF_WQ_WORKER), is about to sleep in schedule(); it runs again.
 * Context: task, preemptible.
 */
extern void (*wq_worker_sleeping_hook)(struct task_struct *p);
extern void (*wq_worker_running_hook)(struct task_struct *p);
/* stop_one_cpu_hook: run @fn(@arg) on @cpu instead of whatever runs there, and wait: primer/stop_machine.h. NULL early at boot. */
extern int (*stop_one_cpu_hook)(unsigned int cpu, int (*fn)(void *arg), void *arg);
/*
 * stop_one_cpu_async_hook: the same without waiting; false if there is no stop task. One request a CPU: not again before @fn has
 * begun. Context: any but NMI; no lock of LOCK_RANK_CPU_STOP or below held.
 */
extern bool (*stop_one_cpu_async_hook)(unsigned int cpu, int (*fn)(void *arg), void *arg);

/* sched_set_stop_task - @stop, created for @cpu and not yet started, becomes that CPU's stop task. */
void sched_set_stop_task(int cpu, struct task_struct *stop);

#define MAX_SCHEDULE_TIMEOUT	LONG_MAX

/*
 * scheduler_tick - from the tick interrupt of each CPU, interrupts off. sched_init - start_kernel, before any second
 * task.
 */
void scheduler_tick(void);
void sched_init(void);
/*
 * sched_cpu_starting - @cpu, on which this runs, is about to take part in scheduling; interrupts off. sched_init_smp - all CPUs that
 * will come are online.
 */
void sched_cpu_starting(unsigned int cpu);
void sched_init_smp(void);
void sched_fork(unsigned long clone_flags, struct task_struct *p);
void init_idle(struct task_struct *idle, int cpu);
void cpu_idle(void) __noreturn;

void set_user_nice(struct task_struct *p, long nice);
int sched_setscheduler_nocheck(struct task_struct *p, int policy, int rt_priority);
/*
 * sched_checkattr - can any task be what @attr says? 0, -EINVAL, or -EOPNOTSUPP for clamps of utilisation
 * sched_setattr_nocheck - make @p so: policy, real-time priority, nice (of a fair policy), reset-on-fork, whoever asks
 *
 * @oldpolicy: -EAGAIN, with nothing changed, when p's policy is not this one any more; -1: whatever it is. Else what
 * sched_checkattr() says, or -EINVAL for a task that is no task of anybody's (idle, stop). Context: task or boot; no
 * spinning lock held.
 */
int sched_checkattr(const struct sched_attr *attr);
int sched_setattr_nocheck(struct task_struct *p, const struct sched_attr *attr, int oldpolicy);
/* sched_rr_interval_ns - the time slice of @p: of the real-time class 0 for SCHED_FIFO, of the fair class what it has now. */
u64 sched_rr_interval_ns(struct task_struct *p);
/*
 * rt_mutex_setprio - @p gets the priority of @pi_task, the first of those it keeps waiting, if that is real-time and better than
 * its own; NULL: its own. Later changes of its policy keep to that. Context: p->pi_lock held; @pi_task stays until the next call.
 *
 * rt_mutex_adjust_pi_hook: @p has another priority and may be waiting for an rt_mutex: its owner shall know. [set once at boot] Context:
 * task, no spinning lock held.
 */
void rt_mutex_setprio(struct task_struct *p, struct task_struct *pi_task);
extern void (*rt_mutex_adjust_pi_hook)(struct task_struct *p);
int set_cpus_allowed_ptr(struct task_struct *p, const cpumask_t *mask);
/* set_cpus_allowed_user - the same for a user's wish: -EINVAL for a thread that the kernel has bound (PF_NO_SETAFFINITY). */
int set_cpus_allowed_user(struct task_struct *p, const cpumask_t *mask);
void do_set_cpus_allowed(struct task_struct *p, const cpumask_t *mask);
/* task_sched_runtime - CPU time of @p so far, ns, up to this moment. */
u64 task_sched_runtime(struct task_struct *p);
/* task_cputime - its split into user and system; together they are what the scheduler measured. Neither ever becomes less. */
void task_cputime(struct task_struct *p, u64 *utime, u64 *stime);
/* nr_running, nr_iowait (tasks that wait for a device), nr_context_switches - over all CPUs, for /proc. */
unsigned int nr_running(void);
unsigned int nr_iowait(void);
unsigned long long nr_context_switches(void);
/*
 * idle_task - the idle task of @cpu. idle_cpu - does it run there with nothing queued? task_curr - does @p run right
 * now?
 */
struct task_struct *idle_task(int cpu);
bool idle_cpu(int cpu);
bool task_curr(const struct task_struct *p);
/* resched_cpu - make @cpu look for a better task soon. Context: any. */
void resched_cpu(int cpu);

/*
 * get_task_struct, put_task_struct - a reference to the structure (not to the task's life)
 *
 * The last put frees it with its stack. Context: any but NMI; a spinlock may be held.
 */
static inline struct task_struct *get_task_struct(struct task_struct *p)
{
	refcount_inc(&p->usage);
	return p;
}
void __put_task_struct(struct task_struct *p);
static inline void put_task_struct(struct task_struct *p)
{
	if (refcount_dec_and_test(&p->usage))
		__put_task_struct(p);
}

#define set_tsk_need_resched(p)		set_tsk_thread_flag(p, TIF_NEED_RESCHED)
#define clear_tsk_need_resched(p)	clear_tsk_thread_flag(p, TIF_NEED_RESCHED)

/* fatal_signal_pending - SIGKILL waits for @p. signal_pending_state - a signal that ends a sleep in @state waits. */
static inline bool fatal_signal_pending(struct task_struct *p)
{
	return signal_pending(p) && (p->pending.signal >> (SIGKILL - 1) & 1);
}
static inline bool signal_pending_state(unsigned int state, struct task_struct *p)
{
	if (likely(!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL))) || !signal_pending(p))
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(p);
}

/* task_state_to_char - R S D T t X Z P I, as /proc/PID/stat has it. */
char task_state_to_char(struct task_struct *p);

static inline bool is_idle_task(const struct task_struct *p)	{ return p->flags & PF_IDLE; }
static inline bool is_global_init(const struct task_struct *p)	{ return p->tgid == 1; }

/*
 * __switch_to_asm - kernel/x86/switch.asm: save prev's callee-saved registers and stack, take next's; returns, on
 * next's stack, the task that ran before. Context: rq->lock held, interrupts off.
 */
struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next);
/* __switch_to - the C half: per-CPU current, TSS stack, FS and GS base, FPU. */
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);
#define switch_to(prev, next, last)	((last) = __switch_to_asm((prev), (next)))

/*
 * copy_thread - give the new task @p a kernel stack on which the first switch to it ends in ret_from_fork
 * @fn: kernel thread's function, with @arg; NULL: @p returns to user mode as a copy of current's frame, with @usp (if
 * not 0) and, with CLONE_SETTLS in @flags, @tls as FS base.
 */
int copy_thread(unsigned long flags, unsigned long usp, int (*fn)(void *), void *arg, struct task_struct *p,
		unsigned long tls);

/* start_thread - current will return to user mode at @ip with stack @sp and all else zero. */
void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);

#endif
