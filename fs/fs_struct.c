/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/fs_struct.c - root, current directory and umask of a process.
 *
 * Threads share one (CLONE_FS), fork copies it. The two places hold references, so neither directory's memory goes
 * while somebody stands in it, removed or not. fs->lock makes "read the path and take a reference" one step against
 * chdir() by another thread.
 *
 * A program that gains rights by execve() must not share one: kernel/process/exec.c asks how many users there are.
 */
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/init.h>
#include <primer/sched/task.h>
#include <primer/slab.h>

#include "internal.h"

static struct kmem_cache *fs_cache __ro_after_init;

struct fs_struct init_fs = {
	.users = 1,
	.lock = __SPIN_LOCK_UNLOCKED(init_fs.lock, LOCK_RANK_FS),
	.umask = 0022,
};

static void replace_path(struct fs_struct *fs, struct path *place, const struct path *path)
{
	struct path old;

	path_get(path);
	spin_lock(&fs->lock);
	old = *place;
	*place = *path;
	spin_unlock(&fs->lock);
	if (old.dentry)
		path_put(&old);
}

void set_fs_root(struct fs_struct *fs, const struct path *path)
{
	replace_path(fs, &fs->root, path);
}

void set_fs_pwd(struct fs_struct *fs, const struct path *path)
{
	replace_path(fs, &fs->pwd, path);
}

struct fs_struct *copy_fs_struct(struct fs_struct *old)
{
	struct fs_struct *fs = kmem_cache_alloc(fs_cache, GFP_KERNEL);

	if (!fs)
		return NULL;
	fs->users = 1;
	spin_lock_init(&fs->lock, LOCK_RANK_FS);
	spin_lock(&old->lock);
	fs->umask = old->umask;
	fs->root = old->root;
	path_get(&fs->root);
	fs->pwd = old->pwd;
	path_get(&fs->pwd);
	spin_unlock(&old->lock);
	return fs;
}

void free_fs_struct(struct fs_struct *fs)
{
	path_put(&fs->root);
	path_put(&fs->pwd);
	kmem_cache_free(fs_cache, fs);
}

int copy_fs(unsigned long clone_flags, struct task_struct *p)
{
	struct fs_struct *fs = current->fs;

	if (clone_flags & CLONE_FS) {
		spin_lock(&fs->lock);
		fs->users++;
		spin_unlock(&fs->lock);
		p->fs = fs;
		return 0;
	}
	p->fs = copy_fs_struct(fs);
	return p->fs ? 0 : -ENOMEM;
}

/* Drop @task's part; free the structure when it was the last. */
static void put_fs_struct(struct fs_struct *fs)
{
	bool last;

	spin_lock(&fs->lock);
	last = !--fs->users;
	spin_unlock(&fs->lock);
	if (last)
		free_fs_struct(fs);
}

void exit_fs(struct task_struct *p)
{
	struct fs_struct *fs = p->fs;

	if (!fs)
		return;
	task_lock(p);
	p->fs = NULL;
	task_unlock(p);
	put_fs_struct(fs);
}

int unshare_fs_struct(void)
{
	struct fs_struct *old = current->fs, *fs = copy_fs_struct(old);

	if (!fs)
		return -ENOMEM;
	task_lock(current);
	current->fs = fs;
	task_unlock(current);
	put_fs_struct(old);
	return 0;
}

void __init fs_struct_init(void)
{
	fs_cache = KMEM_CACHE(fs_struct, SLAB_PANIC);
}
