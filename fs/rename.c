/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/rename.c - moving names: rename(2) and its kin.
 *
 * The problem. A rename changes two directories at once, may remove a third object (the target), and may turn the
 * tree into a loop, if a directory is moved below itself. And it must be atomic: at every moment one of the names
 * means something.
 *
 * Locks. Both directories' i_rwsem. In which order? If one is above the other, the upper first, as everybody else who
 * goes down locks. Otherwise by address - but "one is not above the other" must stay true meanwhile, and only a move
 * of a directory can change it. Therefore a rename between two directories holds the filesystem's s_vfs_rename_mutex,
 * which no other such rename then has:
 *
 *	rename("a/x", "b/y")	s_vfs_rename_mutex
 *				  i_rwsem of a and b: ancestor first, else lower address first
 *				    i_rwsem of the files that are replaced or moved
 *
 * Loops. With that mutex held the tree above both directories stands still. lock_rename() returns the child of one
 * directory that is, or is above, the other one: the trap. If the source is the trap, the target is below it:
 * -EINVAL. If the target is the trap, the source is below it: it is not empty, -ENOTEMPTY.
 *
 * Linux (fs/namei.c) has the same rules (Documentation/filesystems/directory-locking.rst there), and since 6.8 a
 * stronger order for cross-directory moves.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/mutex.h>
#include <primer/syscalls.h>

#include "internal.h"

struct dentry *lock_rename(struct dentry *p1, struct dentry *p2)
{
	struct dentry *trap;

	if (p1 == p2) {
		inode_lock_nested(d_inode(p1), I_MUTEX_PARENT);
		return NULL;
	}
	mutex_lock(&p1->d_sb->s_vfs_rename_mutex);
	trap = d_ancestor(p2, p1);
	if (trap) {
		inode_lock_nested(d_inode(p2), I_MUTEX_PARENT);
		inode_lock_nested(d_inode(p1), I_MUTEX_PARENT2);
		return trap;
	}
	trap = d_ancestor(p1, p2);
	if (!trap && d_inode(p1) > d_inode(p2))
		swap(p1, p2);
	inode_lock_nested(d_inode(p1), I_MUTEX_PARENT);
	inode_lock_nested(d_inode(p2), I_MUTEX_PARENT2);
	return trap;
}

void unlock_rename(struct dentry *p1, struct dentry *p2)
{
	inode_unlock(d_inode(p1));
	if (p1 != p2) {
		inode_unlock(d_inode(p2));
		mutex_unlock(&p1->d_sb->s_vfs_rename_mutex);
	}
}

/* Rights: to take the old name away, to make the new one, and to change ".." in a directory that moves. */
static int may_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
		      unsigned int flags)
{
	struct inode *source = d_inode(old), *target = d_inode(new);
	bool is_dir = S_ISDIR(source->i_mode);
	int err = may_delete(old_dir, old, is_dir);

	if (err)
		return err;
	if (!target)
		err = may_create(new_dir, new);
	else if (flags & RENAME_EXCHANGE)
		err = may_delete(new_dir, new, S_ISDIR(target->i_mode));
	else
		err = may_delete(new_dir, new, is_dir);
	if (err)
		return err;
	if (!old_dir->i_op->rename)
		return -EPERM;
	if (old_dir == new_dir)
		return 0;
	if (is_dir)
		err = inode_permission(source, MAY_WRITE);
	if (!err && flags & RENAME_EXCHANGE && S_ISDIR(target->i_mode))
		err = inode_permission(target, MAY_WRITE);
	return err;
}

int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new, unsigned int flags)
{
	struct inode *source = d_inode(old), *target = d_inode(new);
	bool is_dir = S_ISDIR(source->i_mode), replaces_dir;
	int err;

	if (source == target)
		return 0;			/* two names of one file: POSIX wants nothing to happen */
	err = may_rename(old_dir, old, new_dir, new, flags);
	if (err)
		return err;
	dget(new);
	replaces_dir = is_dir && target && !(flags & RENAME_EXCHANGE);
	if (replaces_dir)
		inode_lock_nested(target, I_MUTEX_CHILD);
	else
		lock_two_nondirectories(source, target);
	err = d_mountpoint(old) || d_mountpoint(new) ? -EBUSY : 0;
	if (!err)
		err = old_dir->i_op->rename(old_dir, old, new_dir, new, flags);
	if (!err) {
		if (replaces_dir) {
			shrink_dcache_parent(new);
			target->i_flags |= S_DEAD;
		}
		if (flags & RENAME_EXCHANGE)
			d_exchange(old, new);
		else
			d_move(old, new);
	}
	if (replaces_dir)
		inode_unlock(target);
	else
		unlock_two_nondirectories(source, target);
	dput(new);
	return err;
}

/* The part under the locks: find both names and judge the pair. */
static int rename_locked(struct path *old_path, const struct qstr *old_last, struct path *new_path,
			 const struct qstr *new_last, struct dentry *trap, unsigned int flags)
{
	struct dentry *old, *new;
	int err;

	old = __lookup_hash(old_last, old_path->dentry, 0);
	if (IS_ERR(old))
		return PTR_ERR(old);
	err = -ENOENT;
	if (d_is_negative(old))
		goto out_old;
	new = __lookup_hash(new_last, new_path->dentry, LOOKUP_CREATE | LOOKUP_RENAME_TARGET);
	err = PTR_ERR_OR_ZERO(new);
	if (err)
		goto out_old;
	err = -EEXIST;
	if (flags & RENAME_NOREPLACE && d_is_positive(new))
		goto out_new;
	if (flags & RENAME_EXCHANGE) {
		err = -ENOENT;
		if (d_is_negative(new))
			goto out_new;
		err = -ENOTDIR;
		if (!S_ISDIR(d_inode(new)->i_mode) && new_last->name[new_last->len])
			goto out_new;
	}
	err = -ENOTDIR;				/* only a directory's name may end in a slash */
	if (!S_ISDIR(d_inode(old)->i_mode)) {
		if (old_last->name[old_last->len])
			goto out_new;
		if (!(flags & RENAME_EXCHANGE) && new_last->name[new_last->len])
			goto out_new;
	}
	err = -EINVAL;
	if (old == trap)
		goto out_new;
	err = flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (new == trap)
		goto out_new;
	err = vfs_rename(d_inode(old_path->dentry), old, d_inode(new_path->dentry), new, flags);
out_new:
	dput(new);
out_old:
	dput(old);
	return err;
}

long do_renameat2(int olddfd, struct filename *from, int newdfd, struct filename *to, unsigned int flags)
{
	struct path old_path, new_path;
	struct qstr old_last, new_last;
	int old_type, new_type, err;
	struct dentry *trap;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) || (flags & RENAME_NOREPLACE && flags & RENAME_EXCHANGE)) {
		putname(from);
		putname(to);
		return -EINVAL;
	}
	err = filename_parentat(olddfd, from, 0, &old_path, &old_last, &old_type);
	if (err) {
		putname(to);
		return err;
	}
	err = filename_parentat(newdfd, to, 0, &new_path, &new_last, &new_type);
	if (err)
		goto out_old;
	err = -EXDEV;
	if (old_path.mnt != new_path.mnt)
		goto out_new;
	err = -EBUSY;
	if (old_type != LAST_NORM)
		goto out_new;
	if (flags & RENAME_NOREPLACE)
		err = -EEXIST;
	if (new_type != LAST_NORM)
		goto out_new;
	err = mnt_want_write(old_path.mnt);
	if (err)
		goto out_new;
	trap = lock_rename(new_path.dentry, old_path.dentry);
	err = rename_locked(&old_path, &old_last, &new_path, &new_last, trap, flags);
	unlock_rename(new_path.dentry, old_path.dentry);
	mnt_drop_write(old_path.mnt);
out_new:
	path_put(&new_path);
	putname(to);
out_old:
	path_put(&old_path);
	putname(from);
	return err;
}

SYSCALL_DEFINE5(renameat2, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname,
		unsigned int, flags)
{
	return do_renameat2(olddfd, getname(oldname), newdfd, getname(newname), flags);
}

SYSCALL_DEFINE4(renameat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname)
{
	return do_renameat2(olddfd, getname(oldname), newdfd, getname(newname), 0);
}

SYSCALL_DEFINE2(rename, const char __user *, oldname, const char __user *, newname)
{
	return do_renameat2(AT_FDCWD, getname(oldname), AT_FDCWD, getname(newname), 0);
}
