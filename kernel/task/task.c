/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/task.c - a task is made, becomes visible, disappears.
 *
 * The problem. A new task is a copy of its maker, with some things shared, some copied and some new, from rooms that
 * know nothing of each other; any of them may fail; and at one moment it appears in lists that others walk.
 *
 * The idea. Three phases, so that failing is easy:
 *
 *	copy_bare_task()	may fail, is undone in reverse order; nobody else can see the task
 *	attach_task()		one critical section under tasklist_lock: look once whether a signal forbids it, link it
 *				everywhere; cannot fail after the first link
 *	wake_up_new_task()	it runs
 *
 * What is made here is what every task has: kernel stack, registers, place in the scheduler, credentials, signals,
 * number. A kernel thread has no more. A process adds memory, files and names between the first and the second phase.
 *
 *	task_struct ---- stack (16 KiB, vmalloc, guard page below)
 *	     |            top: pt_regs, then the frame that the first switch returns through
 *	     |            bottom: STACK_END_MAGIC
 *	     '--- arch_task_struct_size bytes: it ends in the FPU save area
 *
 * Two references keep a task_struct: the tree's, dropped when it is reaped, and the scheduler's, dropped by the task
 * that runs after its last switch, for until then the CPU is on its stack. Others may hold more. With the last one the stack is free for
 * the next task at once; the structure, and what lookups may follow from it (credentials, signal_struct), a grace period later.
 *
 * The tree. tasklist_lock (write): children/sibling, thread_group, signal->thread_head, init_task.tasks, PID lists.
 *
 * Linux: kernel/fork.c, of which the rest (memory, files) is kernel/process/.
 */
#include <primer/completion.h>
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/sched/task.h>
#include <primer/sched/user.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/timekeeping.h>
#include <primer/vmalloc.h>
#include <asm/fpu.h>
#include <asm/stackprotector.h>

#include "internal.h"

#define MIN_THREADS	20
#define MAX_THREADS	(4 * 1024 * 1024)

int nr_threads;
unsigned long total_forks;
int max_threads __read_mostly;

static struct kmem_cache *task_struct_cachep __ro_after_init;

void set_task_stack_end_magic(struct task_struct *p)
{
	*end_of_stack(p) = STACK_END_MAGIC;
}

/* ---- allocation -------------------------------------------------------------------------------------------------- */

static struct task_struct *dup_task_struct(struct task_struct *orig)
{
	struct task_struct *p = kmem_cache_alloc(task_struct_cachep, GFP_KERNEL);
	void *stack;

	if (!p)
		return NULL;
	stack = alloc_thread_stack(-1);
	if (!stack) {
		kmem_cache_free(task_struct_cachep, p);
		return NULL;
	}
	/* All but the FPU area, which copy_thread() fills if there is anything in it. */
	memcpy(p, orig, offsetof(struct task_struct, thread.fpu));
	p->stack = stack;
	p->stack_canary = get_random_canary();
	set_task_stack_end_magic(p);
	p->thread_info.flags = 0;
	p->thread_info.status = 0;
	refcount_set(&p->usage, 2);
	return p;
}

/* A structure that no longer has anything but its stack and its memory. */
static void free_task_memory(struct task_struct *p)
{
	free_thread_stack(p->stack);
	kmem_cache_free(task_struct_cachep, p);
}

/* Whoever had found it under RCU has let go of it. */
static void delayed_free_task(struct rcu_head *head)
{
	struct task_struct *p = container_of(head, struct task_struct, rcu);

	exit_creds(p);
	put_signal_struct(p->signal);
	if (p->kthread_data)
		kthread_free_hook(p);
	kmem_cache_free(task_struct_cachep, p);
}

/* __put_task_struct(), by way of the scheduler's hook. Context: any but NMI. */
static void free_task(struct task_struct *p)
{
	WARN_ON(!p->exit_state || p == current);
	free_thread_stack(p->stack);
	p->stack = NULL;
	call_rcu(&p->rcu, delayed_free_task);
}

static void free_nothing(struct task_struct *p)	{ }
void (*kthread_free_hook)(struct task_struct *p) __ro_after_init = free_nothing;

/* ---- phase 1 ----------------------------------------------------------------------------------------------------- */

/* What a copy must not have in common with its original. */
static void init_fresh(struct task_struct *p, const struct kernel_clone_args *args)
{
	p->flags &= ~(PF_NPROC_EXCEEDED | PF_SUPERPRIV | PF_WQ_WORKER | PF_IDLE | PF_NO_SETAFFINITY | PF_EXITING | PF_SIGNALED |
		      PF_DUMPCORE | PF_MEMALLOC);
	p->flags |= PF_FORKNOEXEC;
	if (args->fn)
		p->flags |= PF_KTHREAD;

	p->restart_block.fn = do_no_restart_syscall;
	p->default_timer_slack_ns = current->timer_slack_ns;
	INIT_LIST_HEAD(&p->tasks);
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->thread_group);
	INIT_LIST_HEAD(&p->thread_node);
	memset(p->pid_links, 0, sizeof(p->pid_links));
	spin_lock_init(&p->alloc_lock, LOCK_RANK_TASK);
	spin_lock_init(&p->pi_lock, LOCK_RANK_PI);
	init_sigpending(&p->pending);
	p->jobctl = 0;
	p->restore_sigmask = 0;

	p->mm = p->active_mm = NULL;
	p->files = NULL;
	p->fs = NULL;
	p->vfork_done = NULL;
	p->kthread_data = NULL;
	p->journal_info = NULL;
	p->robust_list = NULL;
	p->rseq = NULL;
	p->exit_state = p->exit_code = 0;
	p->in_execve = p->did_exec = 0;
	p->min_flt = p->maj_flt = 0;
	/*
	 * With its own address space it has its own stack at the same addresses; a thread must ask for another
	 * alternate stack.
	 */
	if ((args->flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		p->sas_ss_sp = p->sas_ss_size = p->sas_ss_flags = 0;
#ifdef CONFIG_DEBUG
	p->fail_nth = 0;
	p->lockdep_depth = 0;
#endif
	p->set_child_tid = (args->flags & CLONE_CHILD_SETTID) ? args->child_tid : NULL;
	p->clear_child_tid = (args->flags & CLONE_CHILD_CLEARTID) ? args->child_tid : NULL;
	p->start_time = ktime_get_ns();
	p->start_boottime = ktime_get_boottime_ns();
	/* The boot task may run on its own CPU only; those it makes are for all. */
	if (is_idle_task(current))
		do_set_cpus_allowed(p, cpu_possible_mask);
}

bool exceeds_nproc(const struct user_struct *up, unsigned int more)
{
	return up != INIT_USER && (unsigned long)atomic_read(&up->processes) + more > rlimit(RLIMIT_NPROC);
}

/* @pid: the number, with a reference that the task keeps; NULL: a new one. */
static noinline struct task_struct *__copy_bare_task(const struct kernel_clone_args *args, struct pid *pid)
{
	struct task_struct *p;
	int err;

	might_sleep();
	/* Looked at once more, with the count held still, in attach_task(). */
	if (READ_ONCE(nr_threads) >= max_threads)
		return ERR_PTR(-EAGAIN);
	p = dup_task_struct(current);
	if (!p)
		return ERR_PTR(-ENOMEM);
	init_fresh(p, args);

	err = copy_creds(p, args->flags);
	if (err)
		goto free_memory;
	err = -EAGAIN;
	if (unlikely(exceeds_nproc(p->real_cred->user, 0)) && !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		goto drop_creds;
	current->flags &= ~PF_NPROC_EXCEEDED;
	sched_fork(args->flags, p);
	err = copy_sighand(args->flags, p);
	if (err)
		goto drop_creds;
	err = copy_signal(args->flags, p);
	if (err)
		goto drop_sighand;
	err = copy_thread(args->flags, args->stack, args->fn, args->fn_arg, p, args->tls);
	if (err)
		goto drop_signal;
	if (!pid)
		pid = alloc_pid();
	err = PTR_ERR_OR_ZERO(pid);
	if (err)
		goto drop_signal;

	p->thread_pid = pid;
	p->pid = pid_nr(pid);
	if (args->flags & CLONE_THREAD) {
		p->exit_signal = -1;
		p->group_leader = current->group_leader;
		p->tgid = current->tgid;
	} else {
		p->exit_signal = (args->flags & CLONE_PARENT) ? current->group_leader->exit_signal : args->exit_signal;
		p->group_leader = p;
		p->tgid = p->pid;
	}
	return p;

drop_signal:
	if (!(args->flags & CLONE_THREAD))
		put_signal_struct(p->signal);
drop_sighand:
	__cleanup_sighand(p->sighand);
drop_creds:
	uncount_task(p);
	exit_creds(p);
free_memory:
	free_task_memory(p);
	return ERR_PTR(err);
}

struct task_struct *copy_bare_task(const struct kernel_clone_args *args)
{
	return __copy_bare_task(args, NULL);
}

static int idle_has_no_function(void *unused)
{
	BUG();		/* the CPU that it belongs to starts on its stack, not in ret_from_fork */
}

/*
 * An idle task is not in the tree and shares number 0 with all of its kind, so nobody finds it; it never ends, so nothing of it is
 * ever given back.
 */
struct task_struct *fork_idle(int cpu)
{
	struct kernel_clone_args args = { .flags = CLONE_VM, .fn = idle_has_no_function };
	struct task_struct *p = __copy_bare_task(&args, get_pid(&init_struct_pid));

	if (IS_ERR(p)) {
		put_pid(&init_struct_pid);
		return p;
	}
	p->real_parent = p->parent = &init_task;
	init_idle(p, cpu);
	return p;
}

void free_bare_task(struct task_struct *p)
{
	/* Others may have found the number, and look, under the lock, which tasks it has. */
	write_lock_irq(&tasklist_lock);
	free_pid(p->thread_pid);
	write_unlock_irq(&tasklist_lock);
	if (p->group_leader == p)
		put_signal_struct(p->signal);
	__cleanup_sighand(p->sighand);
	uncount_task(p);
	exit_creds(p);
	free_task_memory(p);
}

/* ---- phase 2 ----------------------------------------------------------------------------------------------------- */

int attach_task(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct task_struct *parent = current;

	write_lock_irq(&tasklist_lock);
	spin_lock(&current->sighand->siglock);
	/*
	 * A signal for the whole process or group reaches its members of this moment: the child must either be among
	 * them, or not be made until the signal has had its effect on us.
	 */
	recalc_sigpending();
	if (signal_pending(current)) {
		spin_unlock(&current->sighand->siglock);
		write_unlock_irq(&tasklist_lock);
		return -ERESTARTNOINTR;
	}
	/* A thread of the kernel's had its look: one more is harmless, and kthreadd could not go on without it. */
	if (unlikely(nr_threads >= max_threads) && !(p->flags & PF_KTHREAD)) {
		spin_unlock(&current->sighand->siglock);
		write_unlock_irq(&tasklist_lock);
		return -EAGAIN;
	}

	if (args->flags & (CLONE_PARENT | CLONE_THREAD))
		parent = current->real_parent;
	p->real_parent = p->parent = parent;

	if (thread_group_leader(p)) {
		p->signal->pids[PIDTYPE_TGID] = p->thread_pid;
		p->signal->pids[PIDTYPE_PGID] = task_pgrp(current);
		p->signal->pids[PIDTYPE_SID] = task_session(current);
		p->signal->tty = current->signal->tty;
		p->signal->has_child_subreaper =
			parent->signal->has_child_subreaper || parent->signal->is_child_subreaper;
		/* PID 1 adopts orphans; without it nobody would. */
		if (p->pid == 1)
			p->signal->flags |= SIGNAL_UNKILLABLE;
		list_add_tail(&p->sibling, &parent->children);
		list_add_tail(&p->tasks, &init_task.tasks);
		attach_pid(p, PIDTYPE_TGID);
		attach_pid(p, PIDTYPE_PGID);
		attach_pid(p, PIDTYPE_SID);
	} else {
		refcount_inc(&current->signal->sigcnt);
		atomic_inc(&current->signal->live);
		current->signal->nr_threads++;
		list_add_tail(&p->thread_group, &p->group_leader->thread_group);
		list_add_tail(&p->thread_node, &p->signal->thread_head);
	}
	attach_pid(p, PIDTYPE_PID);
	nr_threads++;
	total_forks++;
	spin_unlock(&current->sighand->siglock);
	write_unlock_irq(&tasklist_lock);
	return 0;
}

void unhash_task(struct task_struct *p)
{
	lockdep_assert_held_write(&tasklist_lock);
	nr_threads--;
	detach_pid(p, PIDTYPE_PID);
	if (thread_group_leader(p)) {
		detach_pid(p, PIDTYPE_TGID);
		detach_pid(p, PIDTYPE_PGID);
		detach_pid(p, PIDTYPE_SID);
		list_del_init(&p->tasks);
		list_del_init(&p->sibling);
	}
}

/* ---- small things ------------------------------------------------------------------------------------------------ */

void complete_vfork_done(struct task_struct *p)
{
	struct completion *vfork;

	task_lock(p);
	vfork = p->vfork_done;
	if (vfork) {
		p->vfork_done = NULL;
		/* under the lock: a killed parent clears vfork_done under it before its stack goes */
		complete(vfork);
	}
	task_unlock(p);
}

void set_task_comm(struct task_struct *p, const char *name)
{
	task_lock(p);
	strscpy_pad(p->comm, name, sizeof(p->comm));
	task_unlock(p);
}

char *get_task_comm(char *buf, struct task_struct *p)
{
	task_lock(p);
	memcpy(buf, p->comm, TASK_COMM_LEN);
	task_unlock(p);
	return buf;
}

/* An eighth of memory at most for stacks. */
void __init fork_init(void)
{
	u64 threads = (u64)totalram_pages() * PAGE_SIZE / (THREAD_SIZE * 8);

	max_threads = clamp_t(u64, threads, MIN_THREADS, MAX_THREADS);
	task_struct_cachep =
		kmem_cache_create("task_struct", arch_task_struct_size, 64, SLAB_PANIC | SLAB_ACCOUNT, NULL);
	free_task_hook = free_task;
	signal_struct_init(max_threads);
}
