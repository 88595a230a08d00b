/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/fd.c - /proc/PID/fd: what a process has open, as symlinks.
 *
 * A link here is the open file's place itself, not its name: opening it opens the same file again, even when its name is gone or never
 * was. The rights of the link are the modes in which the descriptor was opened. A descriptor that was closed and means another file by
 * now keeps its name; one that is free has none.
 *
 * Locking: files->file_lock for the look at a slot; the place is taken with references.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fdtable.h>
#include <primer/file.h>
#include <primer/string.h>
#include <uapi/dirent.h>

#include "internal.h"

/* The open file @fd of @task with a reference, or NULL. */
static struct file *task_file(struct task_struct *task, unsigned int fd)
{
	struct files_struct *files = get_files_struct(task);
	struct file *file;

	if (!files)
		return NULL;
	spin_lock(&files->file_lock);
	file = files_lookup_fd(files, fd);
	if (file)
		get_file(file);
	spin_unlock(&files->file_lock);
	put_files_struct(files);
	return file;
}

static void update_mode(struct inode *inode, const struct file *file)
{
	umode_t mode = S_IFLNK;

	if (file->f_mode & FMODE_READ)
		mode |= 0500;
	if (file->f_mode & FMODE_WRITE)
		mode |= 0300;
	inode->i_mode = mode;
}

static int fd_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task = inode ? get_proc_task(inode) : NULL;
	struct file *file;

	if (!task)
		return 0;
	file = task_file(task, PROC_I(inode)->fd);
	if (file) {
		update_mode(inode, file);
		proc_pid_update_inode(task, inode);
		fput(file);
	}
	put_task_struct(task);
	return file != NULL;
}

static int fd_delete_dentry(const struct dentry *dentry)
{
	return 1;
}

static const struct dentry_operations fd_dentry_operations = { .d_revalidate = fd_revalidate, .d_delete = fd_delete_dentry };

static int proc_fd_jump(struct dentry *dentry, struct inode *inode, struct path *path)
{
	struct task_struct *task = get_proc_task(inode);
	struct file *file = NULL;
	int err = -ENOENT;

	if (!task)
		return err;
	if (ptrace_may_access(task))
		file = task_file(task, PROC_I(inode)->fd);
	else
		err = -EACCES;
	put_task_struct(task);
	if (!file)
		return err;
	*path = file->f_path;
	path_get(path);
	fput(file);
	return 0;
}

static const char *proc_fd_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	return proc_pid_link_inode_operations.get_link(dentry, inode, done);
}

static const struct inode_operations fd_link_inode_operations = {
	.get_link = proc_fd_get_link, .jump_link = proc_fd_jump, .setattr = proc_setattr,
};

static struct dentry *proc_fd_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct task_struct *task = get_proc_task(dir);
	unsigned int fd = proc_parse_number(&dentry->d_name);
	struct inode *inode = NULL;
	struct file *file;

	if (!task)
		return ERR_PTR(-ENOENT);
	file = fd == ~0U ? NULL : task_file(task, fd);
	if (file) {
		inode = proc_pid_make_inode(dir->i_sb, task, S_IFLNK, PROC_FD_INO(task->pid, fd));
		if (inode) {
			update_mode(inode, file);
			inode->i_op = &fd_link_inode_operations;
			PROC_I(inode)->fd = fd;
		}
		fput(file);
	}
	put_task_struct(task);
	if (!inode)
		return ERR_PTR(file ? -ENOMEM : -ENOENT);
	dentry->d_op = &fd_dentry_operations;
	dentry->d_flags |= DCACHE_OP_REVALIDATE | DCACHE_OP_DELETE;
	d_add(dentry, inode);
	return NULL;
}

/* The lowest descriptor in use from @fd on; -1: none. */
static int next_fd(struct task_struct *task, unsigned int fd)
{
	struct files_struct *files = get_files_struct(task);
	int found = -1;

	if (!files)
		return -1;
	spin_lock(&files->file_lock);
	for (; found < 0 && fd < files->fdt->max_fds; fd++) {
		if (files_lookup_fd(files, fd))
			found = fd;
	}
	spin_unlock(&files->file_lock);
	put_files_struct(files);
	return found;
}

static int proc_fd_readdir(struct file *dir, struct dir_context *ctx)
{
	struct task_struct *task = get_proc_task(dir->f_inode);
	int fd;

	if (!task)
		return -ENOENT;
	if (dir_emit_dots(dir, ctx)) {
		while ((fd = next_fd(task, ctx->pos - 2)) >= 0) {
			ctx->pos = fd + 2;
			if (!proc_emit_number(ctx, fd, PROC_FD_INO(task->pid, fd), DT_LNK))
				break;
			ctx->pos++;
		}
	}
	put_task_struct(task);
	return 0;
}

/* A process may always see its own, also when a change of ids has made the directory somebody else's. */
static int proc_fd_permission(struct inode *inode, int mask)
{
	struct task_struct *task;
	int err = generic_permission(inode, mask);

	if (!err)
		return 0;
	task = get_proc_task(inode);
	if (!task)
		return err;
	if (same_thread_group(task, current))
		err = 0;
	put_task_struct(task);
	return err;
}

const struct inode_operations proc_fd_inode_operations = {
	.lookup = proc_fd_lookup, .permission = proc_fd_permission, .setattr = proc_setattr,
};
const struct file_operations proc_fd_operations = {
	.llseek = generic_file_llseek, .read = generic_read_dir, .iterate_shared = proc_fd_readdir,
};
