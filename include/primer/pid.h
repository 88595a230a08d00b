/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/pid.h - struct pid: the number by which user programs name a process, a group or a session.
 *
 * A number can outlive its process (as the id of its group, in somebody's open pidfd) and be used again later. Kernel
 * code therefore keeps a struct pid, which stands for one use of the number, and not the number.
 *
 *	struct pid 1234		tasks[PIDTYPE_PID]   -> the thread with that id
 *				tasks[PIDTYPE_TGID]  -> the leader of the process
 *				tasks[PIDTYPE_PGID]  -> the leaders of the processes in group 1234
 *				tasks[PIDTYPE_SID]   -> ... in session 1234
 */
#ifndef PRIMER_PID_H
#define PRIMER_PID_H

#include <primer/list.h>
#include <primer/rcupdate.h>
#include <primer/refcount.h>
#include <primer/sched.h>
#include <primer/wait.h>

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

#define PID_MAX_DEFAULT		32768		/* first number that is not given out, /proc/sys/kernel/pid_max */
#define RESERVED_PIDS		300		/* after the first round, numbers start above these */

struct pid {
	refcount_t count;
	int nr;					/* immutable */
	struct hlist_head tasks[PIDTYPE_MAX];	/* [tasklist_lock writes; readers: that or RCU] */
	wait_queue_head_t wait_pidfd;		/* who polls a pidfd */
	struct rcu_head rcu;			/* the number is free; the structure waits for those who are looking it up */
};

extern int pid_max;
extern struct pid init_struct_pid;

/*
 * tasklist_lock - the tree of tasks: parents, children, thread groups, PID links. Rank LOCK_RANK_TASKLIST.
 *
 * Read: interrupts may be on (writers disable them). Write: write_lock_irq().
 */
extern rwlock_t tasklist_lock;

static inline struct pid *get_pid(struct pid *pid)
{
	if (pid)
		refcount_inc(&pid->count);
	return pid;
}
/* put_pid - NULL is allowed. Context: any. */
void put_pid(struct pid *pid);

/* alloc_pid - a struct pid with a new number, one reference; ERR_PTR(-EAGAIN: all in use, -ENOMEM). May sleep. */
struct pid *alloc_pid(void);
/* free_pid - the number may be used again; the reference is dropped. Context: tasklist_lock for writing. */
void free_pid(struct pid *pid);

/*
 * find_vpid - the struct pid of a number now in use, or NULL. It stays in memory until rcu_read_unlock(), or while tasklist_lock is
 * held; the number may be given up meanwhile. Context: one of the two.
 */
struct pid *find_vpid(int nr);
/* find_get_pid - the same with a reference; no lock needed. */
struct pid *find_get_pid(int nr);
/* last_pid - the number that was given out last; a hint */
pid_t last_pid(void);
/* find_get_ge_pid - the pid with the lowest number >= @nr, with a reference; no lock needed. */
struct pid *find_get_ge_pid(int nr);

/*
 * pid_task - first task on one of @pid's lists. find_task_by_vpid - thread @nr.
 *
 * Context: rcu_read_lock() or tasklist_lock. Under RCU alone the task may be reaped meanwhile: its structure, credentials and
 * signal_struct stay until rcu_read_unlock(), its stack does not; sighand only by lock_task_sighand(). To keep it longer:
 * get_pid_task(), find_get_task_by_vpid().
 */
struct task_struct *pid_task(struct pid *pid, enum pid_type type);
struct task_struct *find_task_by_vpid(pid_t nr);
/* With a reference, or NULL; no lock needed. */
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type);
struct task_struct *find_get_task_by_vpid(pid_t nr);
struct pid *get_task_pid(struct task_struct *task, enum pid_type type);

/*
 * attach_pid - put @task on the list of its pid of @type (task_pid_ptr must be set); the others. Context:
 * tasklist_lock for writing.
 */
void attach_pid(struct task_struct *task, enum pid_type type);
/* detach_pid - take @task off; the pid is freed when this was its last task of any type. */
void detach_pid(struct task_struct *task, enum pid_type type);
void change_pid(struct task_struct *task, enum pid_type type, struct pid *pid);
void transfer_pid(struct task_struct *old, struct task_struct *new, enum pid_type type);
void exchange_tids(struct task_struct *a, struct task_struct *b);

static inline struct pid *task_pid(struct task_struct *task)	{ return task->thread_pid; }
/* Context: tasklist_lock held, or @task is current. */
struct pid *task_tgid(struct task_struct *task);
struct pid *task_pgrp(struct task_struct *task);
struct pid *task_session(struct task_struct *task);

static inline pid_t pid_nr(struct pid *pid)			{ return pid ? pid->nr : 0; }
static inline pid_t pid_vnr(struct pid *pid)			{ return pid_nr(pid); }
static inline pid_t task_pid_nr(struct task_struct *task)	{ return task->pid; }
static inline pid_t task_tgid_nr(struct task_struct *task)	{ return task->tgid; }
static inline pid_t task_pid_vnr(struct task_struct *task)	{ return task->pid; }
static inline pid_t task_tgid_vnr(struct task_struct *task)	{ return task->tgid; }
static inline pid_t task_pgrp_vnr(struct task_struct *task)	{ return pid_nr(task_pgrp(task)); }
static inline pid_t task_session_vnr(struct task_struct *task)	{ return pid_nr(task_session(task)); }
/* task_ppid_nr - the parent's process id. Takes tasklist_lock. */
pid_t task_ppid_nr(struct task_struct *task);

static inline bool pid_alive(const struct task_struct *p)	{ return p->thread_pid != NULL; }
static inline bool is_child_reaper(struct pid *pid)		{ return pid->nr == 1; }

/* Each task of a group or session; the body runs with tasklist_lock held. */
#define do_each_pid_task(pid, type, task) do { \
	if ((pid) != NULL) \
		hlist_for_each_entry((task), &(pid)->tasks[type], pid_links[type]) {
#define while_each_pid_task(pid, type, task) \
			if ((type) == PIDTYPE_PID) \
				break; \
		} \
	} while (0)

/* pid_idr_init - boot, once, when slab works and before the second task. */
void pid_idr_init(void);

#endif
