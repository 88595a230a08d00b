/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sched/task.h - making a task: the steps that fork and kernel threads share.
 *
 *	copy_bare_task()	stack, registers, scheduler, signals, credentials, PID; nobody can see it
 *	  fork adds		mm, files, fs ...	on an error: free_bare_task()
 *	attach_task()		into the tree of tasks and the PID lists: visible, cannot be undone
 *	wake_up_new_task()	runs
 */
#ifndef PRIMER_SCHED_TASK_H
#define PRIMER_SCHED_TASK_H

#include <primer/sched.h>
#include <primer/spinlock.h>
#include <uapi/sched.h>

/* What clone(2) and its kin were asked for. */
struct kernel_clone_args {
	u64 flags;			/* CLONE_* without the exit signal */
	int __user *pidfd;
	int __user *child_tid;
	int __user *parent_tid;
	int exit_signal;
	unsigned long stack;		/* user stack pointer of the child, 0: the parent's */
	unsigned long stack_size;
	unsigned long tls;
	pid_t *set_tid;
	size_t set_tid_size;
	int (*fn)(void *);		/* kernel thread: its function; NULL: a copy of current's user context */
	void *fn_arg;
};

extern int nr_threads;			/* [tasklist_lock] tasks, without idle ones */
extern unsigned long total_forks;	/* [tasklist_lock] since boot */
extern int max_threads;

/*
 * copy_bare_task - a new task that is current's copy in everything that the rooms below mm/vm know of
 *
 * Copies or shares signal handlers, signal_struct and credentials as @args->flags say, has a stack on which the first
 * switch ends in ret_from_fork, a PID, state TASK_NEW. mm, files and fs are NULL: the caller sets them. Returns it
 * with usage 2 (the tree's reference and the scheduler's), or an ERR_PTR: -EAGAIN (too many tasks), -ENOMEM. Context:
 * task; may sleep.
 */
struct task_struct *copy_bare_task(const struct kernel_clone_args *args);

/* fork_idle - the idle task of @cpu, which does not run yet; or an ERR_PTR(-ENOMEM). Context: task, boot; may sleep. */
struct task_struct *fork_idle(int cpu);

/* free_bare_task - undo copy_bare_task(), if attach_task() was not called. */
void free_bare_task(struct task_struct *p);

/*
 * attach_task - make @p visible: parent, thread group, PID lists
 *
 * Returns 0, -ERESTARTNOINTR when a signal waits for current that must come first, or -EAGAIN when max_threads is
 * reached (then free_bare_task()). Takes tasklist_lock for writing.
 */
int attach_task(struct task_struct *p, const struct kernel_clone_args *args);

/* unhash_task - take @p out of all of that again. Context: tasklist_lock for writing. */
void unhash_task(struct task_struct *p);

/*
 * release_task_signals - the end of @p's part in its process: signal_struct's sums, sighand. Context: tasklist_lock
 * for writing.
 */
void release_task_signals(struct task_struct *p);

/* complete_vfork_done - whoever waits for this task to exec or exit may go on. */
void complete_vfork_done(struct task_struct *p);

void set_task_comm(struct task_struct *p, const char *name);
char *get_task_comm(char *buf, struct task_struct *p);
static inline void task_lock(struct task_struct *p)	{ spin_lock(&p->alloc_lock); }
static inline void task_unlock(struct task_struct *p)	{ spin_unlock(&p->alloc_lock); }

/* kthread_free_hook - free task->kthread_data with the task: kernel/kthread's. [set once at boot] */
extern void (*kthread_free_hook)(struct task_struct *p);

/* fork_init - boot, once, when slab works: caches, max_threads. */
void fork_init(void);
/* set_task_stack_end_magic - the mark at the end of a kernel stack; task_stack_end_corrupted - it is gone. */
void set_task_stack_end_magic(struct task_struct *p);
#define task_stack_end_corrupted(p)	(*end_of_stack(p) != STACK_END_MAGIC)

#endif
