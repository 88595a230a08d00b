/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/exec.c - a process becomes another program.
 *
 * The problem. execve() replaces everything a process runs on, and must not leave it with half of each: an error that
 * is found early is the old program's to handle, an error that is found late has nobody left to tell.
 *
 * The idea. Prepare all that can fail beside the old program, then cross one line, and after it only do what cannot
 * fail, or kill.
 *
 *	do_execveat_common
 *	  open the file (no writers from now on)             -ENOENT -EACCES -ETXTBSY
 *	  a new mm with a stack; strings copied to it        -ENOMEM -E2BIG -EFAULT
 *	  ask the formats (search_binary_handler)            -ENOEXEC
 *	      elf:    check every header
 *	              begin_new_exec ====== point of no return ============================
 *	              map segments, stack rights, auxv; start_thread
 *	      script: put the interpreter's name into bprm, ask again (at most 5 times: -ELOOP)
 *	return to user mode: at the new program's first instruction
 *
 * What survives: PID, parent, open files without close-on-exec, current directory, ignored signals, signal mask,
 * limits, nice value. What goes: memory, signal handlers, alternate stack, robust list, rights gained by the old file.
 *
 * Credentials. A file with the set-user-ID or set-group-ID bit gives its owner's rights, unless the mount or
 * PR_SET_NO_NEW_PRIVS forbids it, or a stranger shares the directory and umask (CLONE_FS) and could change them under
 * it. That is asked when our own threads are gone. Such a program also loses what its caller had switched off for it,
 * the randomization of addresses. Whoever is root afterwards has all capabilities of the bounding set. cred_guard_mutex
 * keeps others (ptrace) from looking at the task between the decision and its effect.
 *
 * Other threads of the process end: exec_thread.c.
 *
 * Locking: signal->cred_guard_mutex over all of it; task_lock for the change of mm. Linux: fs/exec.c.
 */
#define pr_fmt(fmt) "exec: " fmt

#include <primer/binfmts.h>
#include <primer/cred.h>
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/mm.h>
#include <primer/mmu_context.h>
#include <primer/mount.h>
#include <primer/mutex.h>
#include <primer/namei.h>
#include <primer/posix_timers.h>
#include <primer/printk.h>
#include <primer/process.h>
#include <primer/rwlock.h>
#include <primer/sched.h>
#include <primer/sched/topology.h>
#include <primer/sched/task.h>
#include <primer/sched/user.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/trace.h>
#include <primer/vm.h>
#include <asm/uaccess.h>
#include <uapi/personality.h>

#include "internal.h"

static LIST_HEAD(formats);			/* [binfmt_lock] */
static DEFINE_RWLOCK(binfmt_lock, LOCK_RANK_SPINNING_LEAF);	/* the list of formats; task context */

void register_binfmt(struct linux_binfmt *fmt)
{
	write_lock(&binfmt_lock);
	list_add_tail(&fmt->lh, &formats);
	write_unlock(&binfmt_lock);
}

void insert_binfmt(struct linux_binfmt *fmt)
{
	write_lock(&binfmt_lock);
	list_add(&fmt->lh, &formats);
	write_unlock(&binfmt_lock);
}

void unregister_binfmt(struct linux_binfmt *fmt)
{
	write_lock(&binfmt_lock);
	list_del(&fmt->lh);
	write_unlock(&binfmt_lock);
}

void set_binfmt(struct linux_binfmt *fmt)
{
	current->mm->binfmt = fmt;
}

int kernel_read_exact(struct file *file, void *buf, size_t len, loff_t pos)
{
	ssize_t n = kernel_read(file, buf, len, &pos);

	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EIO;
}

/* ---- the address spaces change places ---- */

static int exec_mmap(struct linux_binprm *bprm)
{
	struct task_struct *p = current;
	struct mm_struct *mm = bprm->mm, *old = p->mm, *active;

	mm_release(p, old);
	task_lock(p);
	local_irq_disable();
	active = p->active_mm;
	p->active_mm = p->mm = mm;
	activate_mm(active, mm);
	local_irq_enable();
	task_unlock(p);
	bprm->mm = NULL;
	if (old) {
		p->signal->maxrss = max(p->signal->maxrss, get_mm_hiwater_rss(old));
		mmput(old);
	} else {
		mmdrop(active);		/* a kernel thread had only borrowed it */
	}
	return 0;
}

/* ---- credentials ---- */

/* What the file's mode bits give. */
static void fill_uid(struct linux_binprm *bprm, struct cred *cred)
{
	struct inode *inode = file_inode(bprm->file);
	umode_t mode = READ_ONCE(inode->i_mode);

	if ((bprm->file->f_path.mnt->mnt_flags & MNT_NOSUID) || current->no_new_privs || !(mode & (S_ISUID | S_ISGID)))
		return;
	/* A script's interpreter: the place of its stack was chosen before anybody knew of its rights. */
	if (!bprm->may_gain && (current->personality & ADDR_NO_RANDOMIZE))
		return;
	inode_lock_shared(inode);	/* mode and owner belong together */
	mode = inode->i_mode;
	if (mode & S_ISUID) {
		cred->euid = inode->i_uid;
		bprm->per_clear = PER_CLEAR_ON_SETID;
	}
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
		cred->egid = inode->i_gid;
		bprm->per_clear = PER_CLEAR_ON_SETID;
	}
	inode_unlock_shared(inode);
}

/* It was promised that nothing is gained; or others could change directory and umask under the program. */
static bool must_not_gain(void)
{
	return current->no_new_privs || (READ_ONCE(current->fs->users) > 1 && !capable(CAP_SETUID));
}

/*
 * The capabilities of the new program: all for root, else only ambient ones (capabilities(7), "Transformation during
 * execve").
 */
static void compute_creds(struct linux_binprm *bprm)
{
	const struct cred *old = current_cred();
	struct cred *cred = bprm->cred;
	bool root;

	fill_uid(bprm, cred);
	if ((cred->euid != old->uid || cred->egid != old->gid) && must_not_gain()) {
		cred->euid = cred->uid;
		cred->egid = cred->gid;
	}
	cred->suid = cred->fsuid = cred->euid;
	cred->sgid = cred->fsgid = cred->egid;
	bprm->secureexec = cred->euid != cred->uid || cred->egid != cred->gid;
	if (cred->euid != old->euid || cred->egid != old->egid)
		cred->cap_ambient = CAP_EMPTY_SET;
	root = cred->euid == 0 || cred->uid == 0;
	if (root)
		cred->cap_permitted = cred->cap_bset | cred->cap_inheritable;
	else
		cred->cap_permitted = cred->cap_ambient;
	cred->cap_effective = cred->euid == 0 ? cred->cap_permitted : cred->cap_ambient;
}

/* ---- crossing the line ---- */

int begin_new_exec(struct linux_binprm *bprm)
{
	struct task_struct *me = current;
	pid_t old_pid = me->pid;	/* de_thread() gives it the leader's */
	int err;

	bprm->point_of_no_return = true;
	err = de_thread();
	if (!err)
		err = unshare_files();
	if (err)
		return err;
	compute_creds(bprm);		/* our own threads are gone: who shares anything now is a stranger */
	bprm_release_page(bprm);
	/* The program's file stays closed to writers as long as the address space lives. */
	deny_write_access(bprm->file);
	bprm->mm->exe_file = get_file(bprm->file);
	exec_mmap(bprm);

	me->flags &= ~(PF_FORKNOEXEC | PF_KTHREAD | PF_NO_SETAFFINITY);
	me->did_exec = 1;
	do_close_on_exec(me->files);
	if (bprm->secureexec) {
		/* The environment may be hostile: no more than the usual stack, and no core dump. */
		me->signal->rlim[RLIMIT_STACK].rlim_cur = min(bprm->rlim_stack.rlim_cur, _STK_LIM);
		bprm->rlim_stack.rlim_cur = min(bprm->rlim_stack.rlim_cur, _STK_LIM);
	}
	me->personality &= ~bprm->per_clear;
	me->mm->flags &= ~MMF_DUMPABLE_MASK;
	me->mm->flags |= bprm->secureexec ? SUID_DUMP_DISABLE : SUID_DUMP_USER;
	me->sas_ss_sp = me->sas_ss_size = 0;
	me->sas_ss_flags = 0;
	set_task_comm(me, kbasename(bprm->filename));
	trace_sched_process_exec(me, old_pid, bprm->filename);
	flush_signal_handlers(me, 0);
	exit_posix_timers(me->signal);
	flush_timer_signals(me);
	commit_creds(bprm->cred);
	bprm->cred = NULL;
	return 0;
}

int setup_arg_pages(struct linux_binprm *bprm, int executable_stack)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma = bprm->vma, *prev;
	unsigned long flags = VM_STACK_FLAGS | mm->def_flags, room = 128 * 1024, size, limit;
	int err;

	if (executable_stack == EXSTACK_ENABLE_X)
		flags |= VM_EXEC;
	mm->arg_start = bprm->p;
	mmap_write_lock(mm);
	err = mprotect_fixup(vma, &prev, vma->vm_start, vma->vm_end, flags);
	if (!err) {
		/* Some room below the strings from the start: the pointers and the auxiliary vector go there. */
		vma = prev;
		size = vma->vm_end - vma->vm_start;
		limit = bprm->rlim_stack.rlim_cur & PAGE_MASK;
		if (limit < size + room)
			room = limit > size ? limit - size : 0;
		mm->start_stack = bprm->p;
		if (expand_stack(vma, vma->vm_start - room))
			err = -EFAULT;
		bprm->vma = vma;
	}
	mmap_write_unlock(mm);
	return err;
}

/* ---- the formats ---- */

/* The start of the file, by which formats judge it. */
static int prepare_binprm(struct linux_binprm *bprm)
{
	loff_t pos = 0;
	ssize_t n;

	memset(bprm->buf, 0, BINPRM_BUF_SIZE);
	n = kernel_read(bprm->file, bprm->buf, BINPRM_BUF_SIZE, &pos);
	return n < 0 ? n : 0;
}

static int search_binary_handler(struct linux_binprm *bprm)
{
	struct linux_binfmt *fmt;
	int ret = prepare_binprm(bprm);

	if (ret)
		return ret;
	ret = -ENOEXEC;
	read_lock(&binfmt_lock);
	list_for_each_entry(fmt, &formats, lh) {
		read_unlock(&binfmt_lock);	/* a format that is registered stays: they are part of the kernel */
		ret = fmt->load_binary(bprm);
		if (bprm->point_of_no_return || ret != -ENOEXEC)
			return ret;
		read_lock(&binfmt_lock);
	}
	read_unlock(&binfmt_lock);
	return ret;
}

static int exec_binprm(struct linux_binprm *bprm)
{
	struct file *script;
	int depth, ret;

	sched_exec();
	for (depth = 0; ; depth++) {
		if (depth > BINPRM_MAX_DEPTH)
			return -ELOOP;
		ret = search_binary_handler(bprm);
		if (ret < 0 || !bprm->interpreter)
			return ret;
		script = bprm->file;
		bprm->file = bprm->interpreter;
		bprm->interpreter = NULL;
		exec_file_release(script);
	}
}

static void free_bprm(struct linux_binprm *bprm)
{
	bprm_mm_drop(bprm);
	if (bprm->interpreter)
		exec_file_release(bprm->interpreter);
	if (bprm->file)
		exec_file_release(bprm->file);
	if (bprm->cred)
		abort_creds(bprm->cred);
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	kfree(bprm->fdpath);
	kfree(bprm);
}

/* The name that the program will see. With a directory descriptor there is none that is sure to work but /dev/fd. */
static int set_bprm_name(struct linux_binprm *bprm, int fd, const struct filename *name)
{
	if (fd == AT_FDCWD || name->name[0] == '/') {
		bprm->filename = name->name;
	} else {
		bprm->fdpath = kasprintf(GFP_KERNEL, name->name[0] ? "/dev/fd/%d/%s" : "/dev/fd/%d", fd, name->name);
		if (!bprm->fdpath)
			return -ENOMEM;
		bprm->filename = bprm->fdpath;
		bprm->path_inaccessible = get_close_on_exec(fd);
	}
	bprm->interp = bprm->filename;
	return 0;
}

/* Where the arguments are: a user's arrays, or the kernel's. */
struct exec_strings {
	const char __user *const __user *user_argv, *const __user *user_envp;
	const char *const *argv, *const *envp;	/* kernel: not NULL */
};

static int count_args(struct linux_binprm *bprm, const struct exec_strings *s)
{
	if (s->argv) {
		while (s->argv[bprm->argc])
			bprm->argc++;
		while (s->envp[bprm->envc])
			bprm->envc++;
		return 0;
	}
	bprm->argc = count_strings(s->user_argv);
	if (bprm->argc < 0)
		return bprm->argc;
	bprm->envc = count_strings(s->user_envp);
	return bprm->envc < 0 ? bprm->envc : 0;
}

static int push_args(struct linux_binprm *bprm, const struct exec_strings *s)
{
	int err = copy_string_kernel(bprm->filename, bprm);

	if (err)
		return err;
	bprm->exec = bprm->p;
	err = s->argv ? copy_strings_kernel(bprm->envc, s->envp, bprm) : copy_strings(bprm->envc, s->user_envp, bprm);
	if (err)
		return err;
	err = s->argv ? copy_strings_kernel(bprm->argc, s->argv, bprm) : copy_strings(bprm->argc, s->user_argv, bprm);
	if (err || bprm->argc)
		return err;
	/* Programs rely on argv[0]: an empty list becomes one empty string. */
	pr_warn_once("process '%s' launched '%s' with NULL argv: empty string added\n", current->comm, bprm->filename);
	bprm->argc = 1;
	return copy_string_kernel("", bprm);
}

/* Consumes @name. */
static int do_execveat_common(int fd, struct filename *name, const struct exec_strings *strings, int flags)
{
	struct mutex *guard = &current->signal->cred_guard_mutex;
	struct linux_binprm *bprm;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	if (unlikely(current->flags & PF_NPROC_EXCEEDED)) {
		if (exceeds_nproc(current_cred()->user, 0)) {
			putname(name);
			return -EAGAIN;
		}
		current->flags &= ~PF_NPROC_EXCEEDED;
	}
	bprm = kzalloc(sizeof(*bprm), GFP_KERNEL);
	if (!bprm) {
		putname(name);
		return -ENOMEM;
	}
	err = mutex_lock_interruptible(guard);
	if (err) {
		err = -ERESTARTNOINTR;
		goto free;
	}
	current->in_execve = 1;
	err = set_bprm_name(bprm, fd, name);
	if (err)
		goto unlock;
	bprm->file = do_open_execat(fd, name, flags);
	if (IS_ERR(bprm->file)) {
		err = PTR_ERR(bprm->file);
		bprm->file = NULL;
		goto unlock;
	}
	err = -ENOMEM;
	bprm->cred = prepare_creds();
	if (!bprm->cred)
		goto unlock;
	bprm->may_gain = READ_ONCE(file_inode(bprm->file)->i_mode) & (S_ISUID | S_ISGID);
	err = bprm_mm_init(bprm);
	if (err)
		goto unlock;
	err = count_args(bprm, strings);
	if (err)
		goto unlock;
	err = bprm_stack_limits(bprm);
	if (err)
		goto unlock;
	err = push_args(bprm, strings);
	if (err)
		goto unlock;
	err = exec_binprm(bprm);
	/* Nobody is left whom an error could be told. */
	if (err < 0 && bprm->point_of_no_return && !fatal_signal_pending(current))
		force_fatal_sig(SIGSEGV);
unlock:
	current->in_execve = 0;
	mutex_unlock(guard);
free:
	free_bprm(bprm);
	putname(name);
	return err;
}

int kernel_execve(const char *filename, const char *const *argv, const char *const *envp)
{
	struct exec_strings strings = { .argv = argv, .envp = envp };

	return do_execveat_common(AT_FDCWD, getname_kernel(filename), &strings, 0);
}

SYSCALL_DEFINE3(execve, const char __user *, filename, const char __user *const __user *, argv,
		const char __user *const __user *, envp)
{
	struct exec_strings strings = { .user_argv = argv, .user_envp = envp };

	return do_execveat_common(AT_FDCWD, getname(filename), &strings, 0);
}

SYSCALL_DEFINE5(execveat, int, fd, const char __user *, filename, const char __user *const __user *, argv,
		const char __user *const __user *, envp, int, flags)
{
	struct exec_strings strings = { .user_argv = argv, .user_envp = envp };

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return do_execveat_common(fd, getname_flags(filename, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &strings,
				  flags);
}
