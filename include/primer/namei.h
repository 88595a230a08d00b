/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/namei.h - from a path name to a place. The theory is in fs/namei.c. */
#ifndef PRIMER_NAMEI_H
#define PRIMER_NAMEI_H

#include <primer/fs.h>
#include <primer/path.h>
#include <primer/types.h>

#define MAXSYMLINKS		40	/* symlinks followed in one walk, at most */

#define LOOKUP_FOLLOW		0x0001	/* follow a symlink in last position */
#define LOOKUP_DIRECTORY	0x0002	/* the result must be a directory */
#define LOOKUP_EMPTY		0x4000	/* "" is allowed: the starting point itself */
#define LOOKUP_DOWN		0x8000	/* follow what is mounted on the starting point */
#define LOOKUP_PARENT		0x0010	/* stop before the last component */
#define LOOKUP_OPEN		0x0100	/* what for */
#define LOOKUP_CREATE		0x0200
#define LOOKUP_EXCL		0x0400
#define LOOKUP_RENAME_TARGET	0x0800

/* A path name in kernel memory. */
struct filename {
	const char *name;
	int refcnt;			/* owner only: names do not cross tasks */
	char iname[];			/* a copied name stands here */
};

/*
 * getname_flags - copy a path name from user memory; LOOKUP_EMPTY in @flags allows ""
 * getname_kernel - from kernel memory
 *
 * ERR_PTR(-EFAULT), (-ENAMETOOLONG) for PATH_MAX bytes and more, (-ENOENT) for "", (-ENOMEM). putname() frees it.
 */
struct filename *getname_flags(const char __user *filename, int flags);
struct filename *getname(const char __user *filename);
struct filename *getname_kernel(const char *filename);
void putname(struct filename *name);

/*
 * filename_lookup - walk @name, from @dfd if it is relative; @root: where "/" is, or NULL for current's. Consumes
 * @name, even an ERR_PTR. The result in @path has references. 0 or -errno. Context: task; may sleep.
 *
 * user_path_at - of a name in user memory. kern_path - in kernel memory. vfs_path_lookup - below a given place.
 */
int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path, struct path *root);
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path);
int user_path_at_empty(int dfd, const char __user *name, unsigned int flags, struct path *path);
int kern_path(const char *name, unsigned int flags, struct path *path);
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name, unsigned int flags,
		    struct path *path);

/*
 * filename_create - find the directory of @name, lock it, and return the negative dentry for the last component
 *
 * LOOKUP_DIRECTORY: a trailing slash is allowed. ERR_PTR(-EEXIST) when the name exists. done_path_create() ends it.
 * Write access to the mount is held in between.
 */
struct dentry *filename_create(int dfd, struct filename *name, struct path *path, unsigned int lookup_flags);
struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int lookup_flags);
void done_path_create(struct path *path, struct dentry *dentry);

/* lookup_one_len - the dentry @name (no slash in it) of the directory @base, whose i_rwsem is held; ERR_PTR */
struct dentry *lookup_one_len(const char *name, struct dentry *base, int len);

/*
 * follow_up - from the root of a mount to where it is mounted; false at the top. follow_down - to what is mounted
 * here.
 */
bool follow_up(struct path *path);
void follow_down(struct path *path);

/* do_filp_open - the walk of open(2); fs/open.c */
struct open_flags {
	int open_flag;
	umode_t mode;
	int acc_mode;			/* MAY_* that the file must allow */
	int intent;			/* LOOKUP_* of the last component */
	int lookup_flags;
};
struct file *do_filp_open(int dfd, struct filename *pathname, const struct open_flags *op);
struct file *do_file_open_root(const struct path *root, const char *name, const struct open_flags *op);

/* The system calls with kernel strings: for boot code (initramfs, do_mounts) and tests. 0 or -errno. */
int init_mkdir(const char *pathname, umode_t mode);
int init_mknod(const char *filename, umode_t mode, dev_t dev);
int init_symlink(const char *oldname, const char *newname);
int init_link(const char *oldname, const char *newname);
int init_unlink(const char *pathname);
int init_rmdir(const char *pathname);
int init_rename(const char *oldname, const char *newname, unsigned int flags);
int init_chdir(const char *filename);
int init_chroot(const char *filename);
int init_chmod(const char *filename, umode_t mode);
int init_chown(const char *filename, uid_t user, gid_t group, int flags);
int init_stat(const char *filename, struct kstat *stat, int flags);
int init_eaccess(const char *filename);
int init_utimes(const char *filename, const struct timespec64 *ts);

#endif
