/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/binfmts.h - starting programs: what exec carries along, and the formats that know how to load a file.
 */
#ifndef PRIMER_BINFMTS_H
#define PRIMER_BINFMTS_H

#include <primer/list.h>
#include <primer/types.h>
#include <uapi/resource.h>

struct cred;
struct file;
struct filename;
struct mm_struct;
struct page;
struct vm_area_struct;

#define BINPRM_BUF_SIZE		256			/* bytes of the file that a format may judge it by */
#define MAX_ARG_STRLEN		(32 * 4096UL)		/* one argument, with its NUL */
#define MAX_ARG_STRINGS		0x7fffffff
#define ARG_MAX			131072UL		/* least room for all arguments and the environment */
#define BINPRM_MAX_DEPTH	5			/* scripts interpreted by scripts */

/* One execve on its way. [the task that executes] */
struct linux_binprm {
	struct mm_struct *mm;		/* the new address space; NULL once it is current's */
	struct vm_area_struct *vma;	/* its only area: the stack */
	unsigned long p;		/* top of what has been pushed so far, an address in mm */
	unsigned long argmin;		/* p must not go below: the limit of arguments */
	unsigned long exec;		/* address of the pathname */
	unsigned long arg_start, arg_end, env_end;	/* addresses: argv's strings, then envp's */
	int argc, envc;
	struct file *file;		/* the program (or the innermost interpreter); writes to it are denied */
	struct file *interpreter;	/* set by a format that wants another file loaded instead */
	const char *filename;		/* as execve got it: AT_EXECFN */
	const char *interp;		/* name of ->file: differs from filename for scripts */
	char *fdpath;			/* filename, if it had to be made up: "/dev/fd/N" */
	struct cred *cred;		/* the new credentials; NULL once they are current's */
	bool point_of_no_return;	/* the old program is gone: errors kill */
	unsigned int per_clear;		/* what the program's bits take away from personality */
	bool may_gain;			/* the file that was asked for has a bit for it */
	bool secureexec;		/* privileges are gained: AT_SECURE */
	bool path_inaccessible; /* the name means nothing to the new program: a descriptor that closes on exec */
	struct rlimit rlim_stack;	/* as it was when exec began: others may change it */
	struct page *page;		/* the stack page last written to, with a reference */
	unsigned long page_addr;
	char buf[BINPRM_BUF_SIZE];	/* the start of ->file; zeroes behind its end */
};

/*
 * A format. load_binary: 0: current runs the new program when it returns to user mode. -ENOEXEC: not mine; the next one
 * is asked. Other errors end the execve. Context: task, cred_guard_mutex held; may sleep.
 */
struct linux_binfmt {
	struct list_head lh;		/* [binfmt_lock] */
	const char *name;
	int (*load_binary)(struct linux_binprm *bprm);
};

/* register_binfmt - ask @fmt after those that are registered already; insert_binfmt - before them. */
void register_binfmt(struct linux_binfmt *fmt);
void insert_binfmt(struct linux_binfmt *fmt);
void unregister_binfmt(struct linux_binfmt *fmt);
/* set_binfmt - current's program is of format @fmt. */
void set_binfmt(struct linux_binfmt *fmt);

/*
 * begin_new_exec - the point of no return: the old address space goes, the new one, still empty but for the stack, is
 * loaded; signal handlers, close-on-exec files, credentials, name. 0, or -errno (and check bprm->point_of_no_return).
 */
int begin_new_exec(struct linux_binprm *bprm);

/*
 * setup_arg_pages - give the stack its final rights and some room; bprm->p is where the strings begin
 * @executable_stack: EXSTACK_*
 */
int setup_arg_pages(struct linux_binprm *bprm, int executable_stack);
#define EXSTACK_DEFAULT		0
#define EXSTACK_DISABLE_X	1
#define EXSTACK_ENABLE_X	2

/* ---- strings on the new stack, growing downwards: exec_args.c ---- */

/*
 * bprm_mm_init - the new address space with one page of stack; 0 or -ENOMEM. bprm_mm_drop - and away with it, if it is
 * still there.
 */
int bprm_mm_init(struct linux_binprm *bprm);
void bprm_mm_drop(struct linux_binprm *bprm);
/* bprm_stack_limits - set argmin, for argc and envc strings; -E2BIG when the pointers alone are too many. */
int bprm_stack_limits(struct linux_binprm *bprm);
/* copy_string_kernel - push @arg; -E2BIG, -EFAULT, -ENOMEM. */
int copy_string_kernel(const char *arg, struct linux_binprm *bprm);
/*
 * copy_strings - push @argc strings of the user array @argv, last one first. copy_strings_kernel - of a kernel array.
 */
int copy_strings(int argc, const char __user *const __user *argv, struct linux_binprm *bprm);
int copy_strings_kernel(int argc, const char *const *argv, struct linux_binprm *bprm);
/* count_strings - length of a user array that ends with NULL; -EFAULT, -E2BIG. */
int count_strings(const char __user *const __user *argv);
/* remove_arg_zero - drop the string pushed last: argv[0]. */
int remove_arg_zero(struct linux_binprm *bprm);
/* bprm_release_page - let go of the stack page that pushing kept. */
void bprm_release_page(struct linux_binprm *bprm);
/* bprm_change_interp - ->interp becomes a copy of @interp. */
int bprm_change_interp(const char *interp, struct linux_binprm *bprm);

/* kernel_read_exact - @len bytes of @file at @pos; -EIO when the file is shorter. */
int kernel_read_exact(struct file *file, void *buf, size_t len, loff_t pos);

#endif
