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
 * Looking up costs no lock. The idr's nodes, struct pid and task_struct are all freed after a grace period, so whoever is inside
 * rcu_read_lock() may walk from a number to a task while both go away:
 *
 *	lookup						the last task of number 1234 ends
 *	rcu_read_lock()
 *	pid = find_vpid(1234)				idr_remove(1234)
 *	task = pid_task(pid)				off the list; call_rcu(pid); call_rcu(task)
 *	refcount not 0? take it: else "no such task"
 *	rcu_read_unlock()				... a grace period later: both freed
 *
 * The number's own reference to struct pid is dropped after that grace period, so a reader may always take another one.
 *
 * Locking. pidmap_lock (interrupts off): changes of the idr. tasklist_lock, for writing: changes of the lists. Readers: tasklist_lock
 * if several lists must agree, else RCU.
 *
 * Linux (kernel/pid.c) has a number in each of a chain of namespaces.
 */
#include <primer/err.h>
#include <primer/idr.h>
#include <primer/init.h>
#include <primer/pid.h>
#include <primer/rculist.h>
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

static DEFINE_SPINLOCK(pidmap_lock, LOCK_RANK_PIDMAP);	/* changes of pid_idr; interrupts off */
static DEFINE_IDR(pid_idr);
static struct kmem_cache *pid_cachep __ro_after_init;

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		kmem_cache_free(pid_cachep, pid);
}

/* The next free number, going round. It is in pid->nr before a lookup can find @pid. [pidmap_lock] */
static int alloc_number(struct pid *pid)
{
	u32 cursor = idr_get_cursor(&pid_idr), min = cursor > RESERVED_PIDS ? RESERVED_PIDS : 1;
	u32 *nr = (u32 *)&pid->nr;
	int err;

	*nr = max(cursor, min);
	err = idr_alloc_u32(&pid_idr, pid, nr, pid_max - 1, GFP_ATOMIC);
	if (err == -ENOSPC && cursor > min) {
		*nr = min;
		err = idr_alloc_u32(&pid_idr, pid, nr, pid_max - 1, GFP_ATOMIC);
	}
	if (!err)
		idr_set_cursor(&pid_idr, *nr + 1);
	return err;
}

struct pid *alloc_pid(void)
{
	struct pid *pid = kmem_cache_alloc(pid_cachep, GFP_KERNEL);
	unsigned long flags;
	int err;

	if (!pid)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pid->count, 1);
	for (int type = 0; type < PIDTYPE_MAX; type++)
		INIT_HLIST_HEAD(&pid->tasks[type]);
	init_waitqueue_head(&pid->wait_pidfd);

	spin_lock_irqsave(&pidmap_lock, flags);
	err = alloc_number(pid);
	spin_unlock_irqrestore(&pidmap_lock, flags);

	if (err) {
		kmem_cache_free(pid_cachep, pid);
		return ERR_PTR(err == -ENOSPC ? -EAGAIN : err);
	}
	return pid;
}

static void delayed_put_pid(struct rcu_head *head)
{
	put_pid(container_of(head, struct pid, rcu));
}

void free_pid(struct pid *pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	idr_remove(&pid_idr, pid->nr);
	spin_unlock_irqrestore(&pidmap_lock, flags);
	call_rcu(&pid->rcu, delayed_put_pid);
}

struct pid *find_vpid(int nr)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held() && !lockdep_is_held(&tasklist_lock), "suspicious find_vpid() usage");
	return nr > 0 ? idr_find(&pid_idr, nr) : NULL;
}

/* A struct pid that is found in the idr has the number's reference until a grace period after. */
struct pid *find_get_pid(int nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(find_vpid(nr));
	rcu_read_unlock();
	return pid;
}

pid_t last_pid(void)
{
	return idr_get_cursor(&pid_idr) - 1;
}

struct pid *find_get_ge_pid(int nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(idr_get_next(&pid_idr, &nr));
	rcu_read_unlock();
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
	hlist_add_head_rcu(&task->pid_links[type], &(*task_pid_ptr(task, type))->tasks[type]);
}

static void __change_pid(struct task_struct *task, enum pid_type type, struct pid *new)
{
	struct pid **ptr = task_pid_ptr(task, type), *old = *ptr;

	lockdep_assert_held_write(&tasklist_lock);
	hlist_del_init_rcu(&task->pid_links[type]);
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
	hlist_add_before_rcu(to, from);
	hlist_del_init_rcu(from);
}

/* Two threads get each other's number. Each list has one task, before and after and at every moment: a lookup never fails for it. */
void exchange_tids(struct task_struct *a, struct task_struct *b)
{
	struct hlist_node *na = &a->pid_links[PIDTYPE_PID], *nb = &b->pid_links[PIDTYPE_PID];
	struct hlist_head *ha = &a->thread_pid->tasks[PIDTYPE_PID], *hb = &b->thread_pid->tasks[PIDTYPE_PID];

	lockdep_assert_held_write(&tasklist_lock);
	rcu_assign_pointer(ha->first, nb);
	rcu_assign_pointer(hb->first, na);
	na->pprev = &hb->first;
	nb->pprev = &ha->first;
	swap(a->thread_pid, b->thread_pid);
	swap(a->pid, b->pid);
}

struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held() && !lockdep_is_held(&tasklist_lock), "suspicious pid_task() usage");
	if (!pid)
		return NULL;
	return hlist_entry_safe(hlist_first_rcu(&pid->tasks[type]), struct task_struct, pid_links[type]);
}

struct task_struct *find_task_by_vpid(pid_t nr)
{
	return pid_task(find_vpid(nr), PIDTYPE_PID);
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(pid, type);
	if (task && !refcount_inc_not_zero(&task->usage))
		task = NULL;
	rcu_read_unlock();
	return task;
}

struct task_struct *find_get_task_by_vpid(pid_t nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = find_task_by_vpid(nr);
	if (task && !refcount_inc_not_zero(&task->usage))
		task = NULL;
	rcu_read_unlock();
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
