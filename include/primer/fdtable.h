/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/fdtable.h - struct files_struct: the table behind the descriptors. The theory is in fs/file.c. */
#ifndef PRIMER_FDTABLE_H
#define PRIMER_FDTABLE_H

#include <primer/atomic.h>
#include <primer/bitops.h>
#include <primer/compiler.h>
#include <primer/rcupdate.h>
#include <primer/spinlock.h>
#include <primer/types.h>

#define NR_OPEN_DEFAULT		64			/* descriptors that need no allocation of their own */
#define NR_OPEN_MAX		(1024 * 1024)		/* fs.nr_open: what RLIMIT_NOFILE may be raised to */

struct file;
struct task_struct;

/*
 * [files->file_lock] replaced as a whole when it grows; readers without the lock: RCU, or who owns the table alone. The old one is freed
 * after a grace period.
 */
struct fdtable {
	struct rcu_head rcu;
	unsigned int max_fds;		/* slots, a multiple of 64 */
	struct file **fd;		/* NULL: free or only reserved */
	unsigned long *close_on_exec;	/* bit: FD_CLOEXEC */
	unsigned long *open_fds;	/* bit: in use or reserved */
	unsigned long *full_fds_bits;	/* bit n: word n of open_fds is all ones */
};

struct files_struct {
	atomic_t count;			/* tasks that share it */
	struct fdtable *fdt;		/* [file_lock] */
	struct fdtable fdtab;		/* the first one, over the arrays below */

	spinlock_t file_lock ____cacheline_aligned;	/* rank LOCK_RANK_FILES; task context */
	unsigned int next_fd;		/* [file_lock] every descriptor below is in use */
	unsigned long close_on_exec_init[1];
	unsigned long open_fds_init[1];
	unsigned long full_fds_bits_init[1];
	struct file *fd_array[NR_OPEN_DEFAULT];
};

extern struct files_struct init_files;

/*
 * dup_fd - a table with the same open files (at most @max_fds descriptors), for fork without CLONE_FILES
 *
 * NULL and *@errorp on failure. May sleep.
 */
struct files_struct *dup_fd(struct files_struct *old, unsigned int max_fds, int *errorp);
/* copy_files - the whole of fork's part: share or copy current's table into @p. 0 or -errno. */
int copy_files(unsigned long clone_flags, struct task_struct *p);
/* unshare_files - give current a table of its own (exec); 0 or -errno. */
int unshare_files(void);
/* exit_files - @p gives up its table; the last one closes all files. */
void exit_files(struct task_struct *p);
void put_files_struct(struct files_struct *files);
/* get_files_struct - @task's table with a reference, or NULL. */
struct files_struct *get_files_struct(struct task_struct *task);

/*
 * files_lookup_fd - what @fd means; NULL for nothing. Context: file_lock held, or rcu_read_lock(): then the file may be closed, freed and
 * opened as another one meanwhile. Its memory stays a struct file; a reference by f_count that is not 0, and then another look, tells:
 * see __fget() in fs/file.c. DEBUG builds check it.
 * files_lookup_fd_raw - the same for a table that current alone can change: others may look at it, as /proc does.
 */
static __always_inline struct file *files_lookup_fd(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = rcu_dereference_check(files->fdt, lockdep_is_held(&files->file_lock));

	return fd < fdt->max_fds ? rcu_dereference_check(fdt->fd[fd], lockdep_is_held(&files->file_lock)) : NULL;
}

static __always_inline struct file *files_lookup_fd_raw(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = READ_ONCE(files->fdt);

	return fd < fdt->max_fds ? READ_ONCE(fdt->fd[fd]) : NULL;
}

/* files_init - slab caches; from vfs_caches_init(). */
void files_init(void);

#endif
