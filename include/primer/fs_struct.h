/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/fs_struct.h - where a process stands: its root, its current directory, its umask. */
#ifndef PRIMER_FS_STRUCT_H
#define PRIMER_FS_STRUCT_H

#include <primer/path.h>
#include <primer/sched.h>
#include <primer/spinlock.h>

struct fs_struct {
	int users;			/* [lock] tasks that share it */
	spinlock_t lock;		/* rank LOCK_RANK_FS; task context */
	int umask;			/* permission bits that new files do not get */
	struct path root, pwd;		/* [lock] with references */
};

extern struct fs_struct init_fs;

/* copy_fs - fork's part: share or copy current's into @p; 0 or -ENOMEM. exit_fs - @p gives it up. */
int copy_fs(unsigned long clone_flags, struct task_struct *p);
void exit_fs(struct task_struct *p);
struct fs_struct *copy_fs_struct(struct fs_struct *old);
void free_fs_struct(struct fs_struct *fs);
int unshare_fs_struct(void);

/* set_fs_root, set_fs_pwd - take references of their own. May sleep. */
void set_fs_root(struct fs_struct *fs, const struct path *path);
void set_fs_pwd(struct fs_struct *fs, const struct path *path);

/* get_fs_root, get_fs_pwd - with references. */
static inline void get_fs_root(struct fs_struct *fs, struct path *root)
{
	spin_lock(&fs->lock);
	*root = fs->root;
	path_get(root);
	spin_unlock(&fs->lock);
}
static inline void get_fs_pwd(struct fs_struct *fs, struct path *pwd)
{
	spin_lock(&fs->lock);
	*pwd = fs->pwd;
	path_get(pwd);
	spin_unlock(&fs->lock);
}

static inline int current_umask(void)	{ return current->fs->umask; }

#endif
