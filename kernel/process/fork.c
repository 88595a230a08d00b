/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/fork.c - fork, vfork, clone, clone3: one task becomes two.
 *
 * The problem. A process has many parts: memory, open files, working directory, signal handlers, credentials. For a new process
 * each is copied; for a new thread most are shared; and a program may choose for each by itself.
 *
 * The idea. There is one system call under all of them, and a flag for each part: set, the part is shared (one more
 * reference), clear, it is copied. "fork" has none set; a thread library sets nearly all.
 *
 *	part			flag			shared			else
 *	address space		CLONE_VM		mmget			dup_mm: copy-on-write (mm/vm/dup.c)
 *	open files		CLONE_FILES		reference		copy of the table, same open files
 *	root, cwd, umask	CLONE_FS		reference		copy
 *	signal handlers		CLONE_SIGHAND		reference		copy		needs CLONE_VM
 *	process identity	CLONE_THREAD		same tgid		new process	needs CLONE_SIGHAND
 *
 * The order. copy_bare_task() (kernel/task) makes what every task has; then the parts above, in an order in which each can be
 * undone; attach_task() makes the child visible and is the last step that can fail; from there on the child exists. Its first
 * instruction is ret_from_fork, and it returns to user mode from the same system call as its parent, with 0.
 *
 * vfork. With CLONE_VFORK the parent sleeps until the child has left the address space, by exec or exit: the two share it
 * (CLONE_VM), stack included, and must not both run. The completion is on the parent's kernel stack; if the parent is killed
 * while it waits, it first takes the pointer away from the child, under the child's alloc_lock.
 *
 * Not there: namespaces, ptrace, pidfds, cgroups: their flags are -EINVAL.
 *
 * Linux: kernel/fork.c.
 */
#include <primer/completion.h>
#include <primer/err.h>
#include <primer/fdtable.h>
#include <primer/fs_struct.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/trace.h>
#include <primer/vm.h>
#include <uapi/sched.h>
#include <asm/uaccess.h>

#include "internal.h"

#define CLONE_NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
				 CLONE_NEWNET | CLONE_NEWTIME)

/* Combinations that make no sense, or that this kernel does not have. */
static int check_clone_flags(const struct kernel_clone_args *args)
{
	u64 flags = args->flags;

	if (flags & (CLONE_NAMESPACES | CLONE_PIDFD | CLONE_INTO_CGROUP))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	/* Siblings of PID 1 would have no parent to reap them. */
	if ((flags & CLONE_PARENT) && is_global_init(current))
		return -EINVAL;
	return 0;
}

static int copy_mm(const struct kernel_clone_args *args, struct task_struct *p)
{
	struct mm_struct *mm = current->mm;

	if (args->flags & CLONE_VM) {
		mmget(mm);
	} else {
		mm = dup_mm(mm);
		if (!mm)
			return -ENOMEM;
	}
	p->mm = mm;
	p->active_mm = mm;
	return 0;
}

/* A visible child that does not run yet, or an ERR_PTR. */
static struct task_struct *copy_process(const struct kernel_clone_args *args)
{
	struct task_struct *p;
	int err = check_clone_flags(args);

	if (err)
		return ERR_PTR(err);
	p = copy_bare_task(args);
	if (IS_ERR(p))
		return p;
	err = copy_files(args->flags, p);
	if (err)
		goto free_task;
	err = copy_fs(args->flags, p);
	if (err)
		goto drop_files;
	err = copy_mm(args, p);
	if (err)
		goto drop_fs;
	if (args->flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(p, 0);
	err = attach_task(p, args);
	if (err)
		goto drop_mm;
	return p;

drop_mm:
	mmput(p->mm);
	p->mm = p->active_mm = NULL;
drop_fs:
	exit_fs(p);
drop_files:
	exit_files(p);
free_task:
	free_bare_task(p);
	return ERR_PTR(err);
}

/* Sleep until @child has released the address space. A fatal signal ends the wait. */
static void wait_for_vfork_done(struct task_struct *child, struct completion *vfork)
{
	if (!wait_for_completion_killable(vfork))
		return;
	task_lock(child);
	child->vfork_done = NULL;
	task_unlock(child);
}

/* The PID of the child, or -errno. Context: task; may sleep. */
static long kernel_clone(const struct kernel_clone_args *args)
{
	struct completion vfork;
	struct task_struct *p = copy_process(args);
	pid_t nr;

	if (IS_ERR(p))
		return PTR_ERR(p);
	nr = p->pid;
	trace_sched_process_fork(current, p);
	/* The caller finds the number at the address even if the child is faster; a bad address is the caller's own loss. */
	if ((args->flags & CLONE_PARENT_SETTID) && put_user(nr, args->parent_tid))
		pr_debug("clone: %s[%d]: no parent thread id at %p\n", current->comm, current->pid, args->parent_tid);
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork);
		p->vfork_done = &vfork;
		get_task_struct(p);
	}
	wake_up_new_task(p);
	if (args->flags & CLONE_VFORK) {
		wait_for_vfork_done(p, &vfork);
		put_task_struct(p);
	}
	return nr;
}

SYSCALL_DEFINE0(fork)
{
	return kernel_clone(&(struct kernel_clone_args){ .exit_signal = SIGCHLD });
}

SYSCALL_DEFINE0(vfork)
{
	return kernel_clone(&(struct kernel_clone_args){ .flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD });
}

SYSCALL_DEFINE5(clone, unsigned long, clone_flags, unsigned long, newsp, int __user *, parent_tid, int __user *, child_tid,
		unsigned long, tls)
{
	return kernel_clone(&(struct kernel_clone_args){
		.flags = (clone_flags & 0xffffffffUL) & ~(u64)CSIGNAL,
		.exit_signal = clone_flags & CSIGNAL,
		.stack = newsp,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	});
}

/* The newest form passes a structure with its size, so that it can grow: bytes that we do not know must be zero. */
static int copy_clone_args(struct kernel_clone_args *args, const struct clone_args __user *uargs, size_t size)
{
	struct clone_args a = { 0 };

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (copy_from_user(&a, uargs, min(size, sizeof(a))))
		return -EFAULT;
	for (size_t i = sizeof(a); i < size; i++) {
		u8 byte;

		if (get_user(byte, (const u8 *)uargs + i))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	if (a.set_tid || a.set_tid_size || a.cgroup)
		return -EINVAL;
	/* Those of 32 bits, which clone() has too, and two more. */
	if (a.flags & ~(0xffffffffULL | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return -EINVAL;
	/* The exit signal has a field of its own; and a stack is given with its size, or neither. */
	if ((a.exit_signal & ~(u64)CSIGNAL) || !valid_signal(a.exit_signal) || (a.flags & (CSIGNAL | CLONE_DETACHED)) ||
	    !a.stack != !a.stack_size)
		return -EINVAL;
	if ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal)
		return -EINVAL;
	if (a.stack && !access_ok((void *)a.stack, a.stack_size))
		return -EINVAL;
	*args = (struct kernel_clone_args){
		.flags = a.flags,
		.exit_signal = a.exit_signal,
		.stack = a.stack ? a.stack + a.stack_size : 0,
		.stack_size = a.stack_size,
		.parent_tid = (int *)a.parent_tid,
		.child_tid = (int *)a.child_tid,
		.tls = a.tls,
	};
	return 0;
}

SYSCALL_DEFINE2(clone3, struct clone_args __user *, uargs, size_t, size)
{
	struct kernel_clone_args args;
	int err = copy_clone_args(&args, uargs, size);

	return err ? err : kernel_clone(&args);
}
