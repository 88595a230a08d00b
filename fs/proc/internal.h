/* SPDX-License-Identifier: GPL-2.0-only */
/* fs/proc/internal.h - what the files of this room tell each other. */
#ifndef FS_PROC_INTERNAL_H
#define FS_PROC_INTERNAL_H

#include <primer/err.h>
#include <primer/fs.h>
#include <primer/list.h>
#include <primer/pid.h>
#include <primer/proc_fs.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/seq_file.h>
#include <primer/signal.h>
#include <primer/vm.h>

/* A name that does not depend on a process. [immutable once it can be found, but next] */
struct proc_dir_entry {
	const char *name;
	unsigned int len;
	umode_t mode;
	unsigned long ino;
	const struct inode_operations *iop;
	const struct file_operations *fop;
	int (*show)(struct seq_file *m, void *v);
	void *data;				/* of a symlink: its text */
	struct proc_dir_entry *next, *subdir;	/* [proc_subdir_lock] siblings in order of birth; children */
};

/* A name in /proc/PID. */
struct pid_entry {
	const char *name;
	umode_t mode;
	const struct inode_operations *iop;
	const struct file_operations *fop;
	int (*show)(struct seq_file *m, struct task_struct *task);	/* its text, for a task that exists */
	int (*place)(struct task_struct *task, struct path *path);	/* where its symlink leads, with references */
};

/* [immutable once the inode can be found] */
struct proc_inode {
	struct pid *pid;			/* with a reference; NULL: a proc_dir_entry */
	unsigned int fd;			/* of an entry in /proc/PID/fd */
	const struct pid_entry *op;
	struct proc_dir_entry *pde;
	struct inode vfs_inode;
};

static inline struct proc_inode *PROC_I(const struct inode *inode)
{
	return container_of((struct inode *)inode, struct proc_inode, vfs_inode);
}

/* get_proc_task - the thread that an inode of /proc/PID is about, with a reference, or NULL: it is gone. */
static inline struct task_struct *get_proc_task(const struct inode *inode)
{
	return get_pid_task(PROC_I(inode)->pid, PIDTYPE_PID);
}

/* Inode numbers: a root, fixed names, and for each thread a range. */
#define PROC_ROOT_INO		1UL
#define PROC_DYNAMIC_FIRST	0xf0000000UL
#define PROC_PID_INO(pid, n)	((unsigned long)(pid) << 24 | (n))	/* n: 1 the directory, 2 ... its names */
#define PROC_FD_INO(pid, fd)	PROC_PID_INO((pid), 0x100 + (fd))
#define PROC_TASK_INO(pid, n)	(1UL << 62 | PROC_PID_INO((pid), (n)))	/* the same below task/ */
#define FIRST_PROCESS_ENTRY	256					/* position of PID 0 in a listing of /proc */

/* root.c */
int proc_setattr(struct dentry *dentry, struct iattr *attr);
struct dentry *proc_pde_lookup(struct proc_dir_entry *dir, struct inode *inode, struct dentry *dentry);
bool proc_pde_readdir(struct proc_dir_entry *dir, struct dir_context *ctx);
extern struct proc_dir_entry proc_root;
/* proc_text - "%d" and the like in memory that the end of a walk frees; for get_link(). */
const char *proc_text(struct delayed_call *done, const char *fmt, ...) __printf(2, 3);

/* proc_sysctl.c; proc_create_sysctl (root.c) - a file with rights by its mode alone */
extern const struct inode_operations proc_sys_inode_operations;
struct proc_dir_entry *proc_create_sysctl(const char *name, umode_t mode, struct proc_dir_entry *parent,
					  const struct file_operations *fops, void *data);

/* base.c */
extern const struct inode_operations proc_root_inode_operations, proc_self_inode_operations,
	proc_thread_self_inode_operations;
extern const struct file_operations proc_root_operations;
/* ptrace_may_access - may current see what belongs to @task alone? */
bool ptrace_may_access(struct task_struct *task);
/* mm_access - @task's address space with a user, for who may see it; NULL: it has none; ERR_PTR(-EACCES), (-EINTR). */
struct mm_struct *mm_access(struct task_struct *task);
/* An inode about @task: owner, number, operations of @op; NULL without memory. proc_pid_revalidate: its owner may have changed. */
struct inode *proc_pid_make_inode(struct super_block *sb, struct task_struct *task, umode_t mode, unsigned long ino);
void proc_pid_update_inode(struct task_struct *task, struct inode *inode);
extern const struct dentry_operations pid_dentry_operations;
extern const struct inode_operations proc_pid_link_inode_operations;
/* proc_parse_number - @name as a number without leading zeros; ~0U: it is none. */
unsigned int proc_parse_number(const struct qstr *name);
bool proc_emit_number(struct dir_context *ctx, unsigned int nr, unsigned long ino, unsigned int type);

/* fd.c */
extern const struct inode_operations proc_fd_inode_operations;
extern const struct file_operations proc_fd_operations;

/* array.c */
int proc_tgid_stat(struct seq_file *m, struct task_struct *task);
int proc_tid_stat(struct seq_file *m, struct task_struct *task);
int proc_pid_statm(struct seq_file *m, struct task_struct *task);
int proc_pid_status(struct seq_file *m, struct task_struct *task);
int proc_pid_limits(struct seq_file *m, struct task_struct *task);
int proc_pid_comm(struct seq_file *m, struct task_struct *task);

/* task_mmu.c, mem.c */
extern const struct file_operations proc_pid_maps_operations, proc_pid_smaps_operations;
extern const struct file_operations proc_environ_operations, proc_cmdline_operations, proc_auxv_operations;
struct mm_struct *proc_mm_of(struct inode *inode);
unsigned long task_statm(struct mm_struct *mm, unsigned long *shared, unsigned long *text, unsigned long *data,
			 unsigned long *resident);

/* number.c; the last two in DEBUG builds */
extern const struct file_operations proc_oom_adj_operations, proc_oom_score_adj_operations;
extern const struct file_operations proc_fail_nth_operations, proc_make_it_fail_operations;
int proc_oom_score(struct seq_file *m, struct task_struct *task);

#ifdef CONFIG_DEBUG
#define IF_DEBUG(entries...)	entries
#else
#define IF_DEBUG(entries...)
#endif

/* sched_debug.c */
extern const struct file_operations proc_pid_sched_operations;
int proc_pid_schedstat(struct seq_file *m, struct task_struct *task);

/* mounts.c */
int proc_pid_mounts(struct seq_file *m, struct task_struct *task);
int proc_pid_mountinfo(struct seq_file *m, struct task_struct *task);

#endif
