/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/d_path.c - from a place back to its name.
 *
 * The problem. A struct path knows its dentry, a dentry knows its own last component and its parent. The text begins
 * at the other end, at the root, and on the way there are mounts to leave, and renames may happen meanwhile.
 *
 * The idea. Write from the end of the buffer to its front: component, slash, parent's component, slash ... At the
 * root of a mount, go on at the place where it is mounted.
 *
 *	buf                                       end
 *	[ free                    /mnt/data/a.txt 0 ]
 *	                          ^ result
 *
 * mount_lock and rename_lock are held all the way, so that the chain upwards stands still; nothing in it sleeps.
 *
 * The place may be outside what current calls "/": getcwd() says so with the prefix "(unreachable)".
 *
 * Linux walks without the locks under RCU first and takes them only after a collision.
 */
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>

#include "internal.h"
#include "mount.h"

/* The text so far, growing to the front. len < 0: it did not fit. */
struct prepend_buffer {
	char *buf;
	int len;
};

static void prepend(struct prepend_buffer *p, const char *text, int len)
{
	p->len -= len;
	if (likely(p->len >= 0)) {
		p->buf -= len;
		memcpy(p->buf, text, len);
	}
}

static void prepend_name(struct prepend_buffer *p, const struct dentry *dentry)
{
	prepend(p, dentry->d_name.name, dentry->d_name.len);
	prepend(p, "/", 1);
}

/*
 * From @path up to @root. Returns 0 when @root was reached; 1 at the top of the tree of mounts, 2 at a mount that is
 * in no tree.
 */
static int prepend_path(struct prepend_buffer *p, const struct path *path, const struct path *root)
{
	struct dentry *dentry = path->dentry;
	struct mount *mnt = real_mount(path->mnt);
	int where = 0;
	char *start = p->buf;

	read_seqlock_excl(&mount_lock);
	read_seqlock_excl(&rename_lock);
	while (dentry != root->dentry || &mnt->mnt != root->mnt) {
		if (dentry == mnt->mnt.mnt_root) {
			if (!mnt_has_parent(mnt)) {
				where = mnt->attached ? 1 : 2;
				break;
			}
			dentry = mnt->mnt_mountpoint;
			mnt = mnt->mnt_parent;
			continue;
		}
		if (IS_ROOT(dentry)) {
			where = 2;
			break;
		}
		prepend_name(p, dentry);
		dentry = dentry->d_parent;
	}
	read_sequnlock_excl(&rename_lock);
	read_sequnlock_excl(&mount_lock);
	if (p->buf == start)
		prepend(p, "/", 1);
	return where;
}

static char *finish(const struct prepend_buffer *p)
{
	return p->len >= 0 ? p->buf : ERR_PTR(-ENAMETOOLONG);
}

char *d_path(const struct path *path, char *buf, int buflen)
{
	struct prepend_buffer p = { buf + buflen, buflen };
	struct dentry *dentry = path->dentry;
	struct path root;

	if (dentry->d_op && dentry->d_op->d_dname && (!IS_ROOT(dentry) || dentry != path->mnt->mnt_root))
		return dentry->d_op->d_dname(dentry, buf, buflen);
	prepend(&p, "", 1);
	if (d_unlinked(dentry))
		prepend(&p, " (deleted)", 10);
	get_fs_root(current->fs, &root);
	prepend_path(&p, path, &root);
	path_put(&root);
	return finish(&p);
}

char *dentry_path_raw(struct dentry *dentry, char *buf, int buflen)
{
	struct prepend_buffer p = { buf + buflen, buflen };

	prepend(&p, "", 1);
	if (IS_ROOT(dentry))
		prepend(&p, "/", 1);
	read_seqlock_excl(&rename_lock);
	for (; !IS_ROOT(dentry); dentry = dentry->d_parent)
		prepend_name(&p, dentry);
	read_sequnlock_excl(&rename_lock);
	return finish(&p);
}

SYSCALL_DEFINE2(getcwd, char __user *, buf, unsigned long, size)
{
	char *page = kmalloc(PATH_MAX, GFP_KERNEL);
	struct prepend_buffer p = { page + PATH_MAX, PATH_MAX };
	struct path root, pwd;
	long ret = -ENOENT;

	if (!page)
		return -ENOMEM;
	get_fs_root(current->fs, &root);
	get_fs_pwd(current->fs, &pwd);
	if (!d_unlinked(pwd.dentry)) {
		unsigned long len;

		prepend(&p, "", 1);
		if (prepend_path(&p, &pwd, &root) > 0)
			prepend(&p, "(unreachable)", 13);
		len = page + PATH_MAX - p.buf;
		if (p.len < 0)
			ret = -ENAMETOOLONG;
		else if (len > size)
			ret = -ERANGE;
		else
			ret = copy_to_user(buf, p.buf, len) ? -EFAULT : (long)len;
	}
	path_put(&pwd);
	path_put(&root);
	kfree(page);
	return ret;
}
