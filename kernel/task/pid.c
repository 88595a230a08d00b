/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/pid.c - process numbers, and from a number to its tasks.
 *
 * The problem. A number names a process to user programs, but also a process group and a session, which may live on
 * when the process with that number is gone. It may be given out again only when none of the three uses it any more.
 * And whoever keeps "process 1234" for later must notice that it has become another one.
 *
 * The idea. A struct pid stands for one life of a number. An idr leads from number to struct pid; each task hangs on
 * the list of its type:
 *
 *	idr --1234--> struct pid ---tasks[PID]---> thread 1234
 *	                        |---tasks[TGID]--> its process (the group leader)
 *	                        |---tasks[PGID]--> leader A -> leader B	(processes of group 1234)
 *	                        '---tasks[SID]---> leader A -> leader B -> leader C
 *
 * A task holds its thread's pid in thread_pid, the other three in signal->pids. When the last task of all four lists
 * goes, the number is free; the structure lives on until the last reference (get_pid) is dropped, with empty lists.
 *
 * Numbers go up cyclically, so that one is not used again soon after; after the first round they start at
 * RESERVED_PIDS, which leaves the low ones to those who were there at boot.
 *
 * Locking. pidmap_lock (interrupts off): the idr. tasklist_lock: the lists. A number found under tasklist_lock (read)
 * keeps its struct pid until that is dropped, because free_pid() runs under it (write). Without tasklist_lock a
 * reference is taken, under pidmap_lock.
 *
 * Linux (kernel/pid.c) reads both under RCU and has a number in each of a chain of namespaces.
 */
#include <primer/err.h>
#include <primer/idr.h>
#include <primer/init.h>
#include <primer/pid.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/spinlock.h>

DEFINE_RWLOCK(tasklist_lock, LOCK_RANK_TASKLIST);

int pid_max = PID_MAX_DEFAULT;

struct pid init_struct_pid = {
	.count		= REFCOUNT_INIT(1),
	.nr		= 0,
	.wait_pidfd	= __WAIT_QUEUE_HEAD_INITIALIZER(init_struct_pid.wait_pidfd),
};

static DEFINE_SPINLOCK(pidmap_lock, LOCK_RANK_PIDMAP);	/* pid_idr; interrupts off */
static DEFINE_IDR(pid_idr);
static struct kmem_cache *pid_cachep __ro_after_init;

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		kmem_cache_free(pid_cachep, pid);
}

struct pid *alloc_pid(void)
{
	struct pid *pid = kmem_cache_alloc(pid_cachep, GFP_KERNEL);
	unsigned long flags;
	int nr, min = 1;

	if (!pid)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pid->count, 1);
	for (int type = 0; type < PIDTYPE_MAX; type++)
		INIT_HLIST_HEAD(&pid->tasks[type]);
	init_waitqueue_head(&pid->wait_pidfd);

	spin_lock_irqsave(&pidmap_lock, flags);
	if (idr_get_cursor(&pid_idr) > RESERVED_PIDS)
		min = RESERVED_PIDS;
	nr = idr_alloc_cyclic(&pid_idr, pid, min, pid_max, GFP_ATOMIC);
	pid->nr = nr;
	spin_unlock_irqrestore(&pidmap_lock, flags);

	if (nr < 0) {
		kmem_cache_free(pid_cachep, pid);
		return ERR_PTR(nr == -ENOSPC ? -EAGAIN : nr);
	}
	return pid;
}

void free_pid(struct pid *pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	idr_remove(&pid_idr, pid->nr);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	put_pid(pid);
}

struct pid *find_vpid(int nr)
{
	struct pid *pid;
	unsigned long flags;

	if (nr <= 0)
		return NULL;
	spin_lock_irqsave(&pidmap_lock, flags);
	pid = idr_find(&pid_idr, nr);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return pid;
}

/* As long as a number is in the idr, its struct pid has the reference that free_pid() drops after taking it out. */
struct pid *find_get_pid(int nr)
{
	struct pid *pid;
	unsigned long flags;

	if (nr <= 0)
		return NULL;
	spin_lock_irqsave(&pidmap_lock, flags);
	pid = get_pid(idr_find(&pid_idr, nr));
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return pid;
}

pid_t last_pid(void)
{
	return idr_get_cursor(&pid_idr) - 1;
}

struct pid *find_get_ge_pid(int nr)
{
	struct pid *pid;
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	pid = get_pid(idr_get_next(&pid_idr, &nr));
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return pid;
}

/* ---- tasks and their pids ---------------------------------------------------------------------------------------- */

static struct pid **task_pid_ptr(struct task_struct *task, enum pid_type type)
{
	return type == PIDTYPE_PID ? &task->thread_pid : &task->signal->pids[type];
}

void attach_pid(struct task_struct *task, enum pid_type type)
{
	lockdep_assert_held_write(&tasklist_lock);
	hlist_add_head(&task->pid_links[type], &(*task_pid_ptr(task, type))->tasks[type]);
}

static void __change_pid(struct task_struct *task, enum pid_type type, struct pid *new)
{
	struct pid **ptr = task_pid_ptr(task, type), *old = *ptr;

	lockdep_assert_held_write(&tasklist_lock);
	hlist_del_init(&task->pid_links[type]);
	*ptr = new;
	for (int t = 0; t < PIDTYPE_MAX; t++)
		if (!hlist_empty(&old->tasks[t]))
			return;
	free_pid(old);
}

void detach_pid(struct task_struct *task, enum pid_type type)
{
	__change_pid(task, type, NULL);
}

void change_pid(struct task_struct *task, enum pid_type type, struct pid *pid)
{
	__change_pid(task, type, pid);
	attach_pid(task, type);
}

/* @new takes @old's place on its list. For execve by a thread that is not the leader. */
void transfer_pid(struct task_struct *old, struct task_struct *new, enum pid_type type)
{
	struct hlist_node *from = &old->pid_links[type], *to = &new->pid_links[type];

	lockdep_assert_held_write(&tasklist_lock);
	hlist_add_before(to, from);
	hlist_del_init(from);
}

struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	if (!pid)
		return NULL;
	return hlist_entry_safe(pid->tasks[type].first, struct task_struct, pid_links[type]);
}

struct task_struct *find_task_by_vpid(pid_t nr)
{
	return pid_task(find_vpid(nr), PIDTYPE_PID);
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	read_lock(&tasklist_lock);
	task = pid_task(pid, type);
	if (task)
		get_task_struct(task);
	read_unlock(&tasklist_lock);
	return task;
}

struct task_struct *find_get_task_by_vpid(pid_t nr)
{
	struct task_struct *task;

	read_lock(&tasklist_lock);
	task = find_task_by_vpid(nr);
	if (task)
		get_task_struct(task);
	read_unlock(&tasklist_lock);
	return task;
}

struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	struct pid *pid;

	read_lock(&tasklist_lock);
	pid = get_pid(*task_pid_ptr(task, type));
	read_unlock(&tasklist_lock);
	return pid;
}

struct pid *task_tgid(struct task_struct *task)		{ return task->signal->pids[PIDTYPE_TGID]; }
struct pid *task_pgrp(struct task_struct *task)		{ return task->signal->pids[PIDTYPE_PGID]; }
struct pid *task_session(struct task_struct *task)	{ return task->signal->pids[PIDTYPE_SID]; }

pid_t task_ppid_nr(struct task_struct *task)
{
	pid_t nr;

	read_lock(&tasklist_lock);
	nr = pid_alive(task) ? task->real_parent->tgid : 0;
	read_unlock(&tasklist_lock);
	return nr;
}

void __init pid_idr_init(void)
{
	idr_set_cursor(&pid_idr, 1);
	pid_cachep = KMEM_CACHE(pid, SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_ACCOUNT);
}
