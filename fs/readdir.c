/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/readdir.c - reading directories: getdents64.
 *
 * The filesystem walks its directory from ctx->pos on and shows each entry to an actor, which lays it into the user's
 * buffer:
 *
 *	buffer	| ino | off | reclen | type | name 0 pad | ino | off | ...
 *	               off: the position behind this entry, where lseek() and the next call go on
 *
 * The position of an entry is a cookie that the filesystem gives it, and keeps while it exists: entries that come and
 * go between two calls do not make others appear twice or not at all.
 *
 * The position behind an entry is only known when the next one is shown, so each record's d_off is stored one entry
 * late.
 *
 * The user's memory may fault while the directory's i_rwsem is held (shared). That is allowed: see the order of locks.
 */
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>
#include <uapi/dirent.h>

#include "internal.h"

int iterate_dir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file->f_inode;
	int err = -ENOENT;

	if (!file->f_op->iterate_shared)
		return -ENOTDIR;
	inode_lock_shared(inode);
	if (!IS_DEADDIR(inode)) {
		ctx->pos = file->f_pos;
		err = file->f_op->iterate_shared(file, ctx);
		file->f_pos = ctx->pos;
		file_accessed(file);
	}
	inode_unlock_shared(inode);
	return err;
}

bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!ctx->actor(ctx, ".", 1, 0, file->f_inode->i_ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		struct dentry *parent = dget_parent(file->f_path.dentry);
		bool ok = ctx->actor(ctx, "..", 2, 1, d_inode(parent)->i_ino, DT_DIR);

		dput(parent);
		if (!ok)
			return false;
		ctx->pos = 2;
	}
	return true;
}

struct getdents_buf {
	struct dir_context ctx;
	struct linux_dirent64 __user *current_dir;	/* where the next record goes */
	int prev_reclen;				/* of the record before it, 0: none */
	int count;					/* bytes left */
	int error;
};

static bool filldir64(struct dir_context *ctx, const char *name, int namelen, loff_t offset, u64 ino,
		      unsigned int d_type)
{
	struct getdents_buf *buf = container_of(ctx, struct getdents_buf, ctx);
	int reclen = ALIGN(offsetof(struct linux_dirent64, d_name) + namelen + 1, 8);
	char space[sizeof(struct linux_dirent64) + NAME_MAX + 9] __aligned(8);
	struct linux_dirent64 *rec = (struct linux_dirent64 *)space;

	buf->error = -EINVAL;		/* what is returned when not even the first entry fits */
	if (reclen > buf->count)
		return false;
	if (unlikely(buf->prev_reclen && signal_pending(current)))
		return false;
	buf->error = -EFAULT;
	if (unlikely(namelen <= 0 || namelen > NAME_MAX))
		return false;
	if (buf->prev_reclen) {
		struct linux_dirent64 __user *prev =
			(void __user *)((char __user *)buf->current_dir - buf->prev_reclen);

		if (put_user(offset, &prev->d_off))
			return false;
	}
	memset(space + reclen - 8, 0, 8);		/* the padding; what else it hits is written below */
	rec->d_ino = ino;
	rec->d_off = 0;
	rec->d_reclen = reclen;
	rec->d_type = d_type;
	memcpy(space + offsetof(struct linux_dirent64, d_name), name, namelen);
	space[offsetof(struct linux_dirent64, d_name) + namelen] = 0;
	if (copy_to_user(buf->current_dir, space, reclen))
		return false;
	buf->current_dir = (void __user *)((char __user *)buf->current_dir + reclen);
	buf->prev_reclen = reclen;
	buf->count -= reclen;
	return true;
}

SYSCALL_DEFINE3(getdents64, unsigned int, fd, struct linux_dirent64 __user *, dirent, unsigned int, count)
{
	struct fd f = fdget_pos(fd);
	int room = min_t(unsigned int, count, INT_MAX);
	struct getdents_buf buf = { .ctx.actor = filldir64, .count = room, .current_dir = dirent };
	long ret;

	if (!f.file)
		return -EBADF;
	ret = iterate_dir(f.file, &buf.ctx);
	if (ret >= 0)
		ret = buf.error;
	if (buf.prev_reclen) {
		struct linux_dirent64 __user *last = (void __user *)((char __user *)buf.current_dir - buf.prev_reclen);
		loff_t pos = buf.ctx.pos;

		ret = put_user(pos, &last->d_off) ? -EFAULT : room - buf.count;
	}
	fdput_pos(f);
	return ret;
}
