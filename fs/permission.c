/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/permission.c - who may do what with a file.
 *
 * The nine bits of a mode form three classes; exactly one of them counts for a task: the owner's if its fsuid owns
 * the file, else the group's if it is in the file's group, else the others'. An owner without the right does not get
 * it as "other".
 *
 * What the bits refuse, capabilities may grant: CAP_DAC_OVERRIDE everything but the execution of a file that nobody
 * may execute, CAP_DAC_READ_SEARCH reading, and walking through directories.
 *
 * A shortcut saves most group searches: if the group's and the others' bits agree in what is asked, it does not
 * matter which of them counts.
 *
 * Linux adds access control lists and security modules at these same points.
 */
#include <primer/cred.h>
#include <primer/fs.h>

#include "internal.h"

static int check_mode(const struct inode *inode, int mask)
{
	unsigned int mode = inode->i_mode;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (current_fsuid() == inode->i_uid)
		mode >>= 6;
	else if (mask & (mode ^ (mode >> 3)) && in_group_p(inode->i_gid))
		mode >>= 3;
	return mask & ~mode ? -EACCES : 0;
}

int generic_permission(struct inode *inode, int mask)
{
	int err = check_mode(inode, mask);

	if (likely(!err))
		return 0;
	if (S_ISDIR(inode->i_mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return 0;
		return capable(CAP_DAC_OVERRIDE) ? 0 : err;
	}
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return 0;
	if ((!(mask & MAY_EXEC) || inode->i_mode & S_IXUGO) && capable(CAP_DAC_OVERRIDE))
		return 0;
	return err;
}

int inode_permission(struct inode *inode, int mask)
{
	/* What everybody may do needs no look at who asks. The usual case for the directories of a path. */
	if ((mask & (MAY_READ | MAY_WRITE | MAY_EXEC)) == MAY_EXEC && (inode->i_mode & S_IXUGO) == S_IXUGO &&
	    likely(!inode->i_op->permission))
		return 0;
	if (unlikely(mask & MAY_WRITE)) {
		umode_t mode = inode->i_mode;

		if (sb_rdonly(inode->i_sb) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
			return -EROFS;
		if (IS_IMMUTABLE(inode))
			return -EPERM;
	}
	if (unlikely(inode->i_op->permission))
		return inode->i_op->permission(inode, mask);
	return generic_permission(inode, mask);
}

/* In a directory with the sticky bit only the owner of the file or of the directory removes a name. */
static bool check_sticky(const struct inode *dir, const struct inode *inode)
{
	uid_t fsuid = current_fsuid();

	if (!(dir->i_mode & S_ISVTX) || inode->i_uid == fsuid || dir->i_uid == fsuid)
		return false;
	return !capable(CAP_FOWNER);
}

/* May current remove (or rename away, or over) @victim, which is in @dir? @dir's i_rwsem is held. */
int may_delete(struct inode *dir, struct dentry *victim, bool isdir)
{
	struct inode *inode = d_inode(victim);
	int err;

	if (!inode)
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (IS_APPEND(dir))
		return -EPERM;
	if (check_sticky(dir, inode) || IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EPERM;
	if (isdir) {
		if (!S_ISDIR(inode->i_mode))
			return -ENOTDIR;
		if (IS_ROOT(victim))
			return -EBUSY;
	} else if (S_ISDIR(inode->i_mode)) {
		return -EISDIR;
	}
	if (IS_DEADDIR(dir))
		return -ENOENT;
	return 0;
}

/* May current make @child in @dir? */
int may_create(struct inode *dir, struct dentry *child)
{
	if (d_is_positive(child))
		return -EEXIST;
	if (IS_DEADDIR(dir))
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}
