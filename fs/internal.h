/* SPDX-License-Identifier: GPL-2.0-only */
/* fs/internal.h - what the files of this room tell each other. */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include <primer/fs.h>
#include <primer/mount.h>
#include <primer/namei.h>
#include <primer/word_at_a_time.h>

/* super.c */
void put_super(struct super_block *sb);

/* namei.c: the walk, for namei_open.c and namei_change.c. The fields are explained in namei.c. */
struct link_level {
	struct path link;		/* the symlink, with references: its text belongs to its inode */
	struct delayed_call done;
	const char *name;		/* rest of the text that led to the symlink */
};

#define EMBEDDED_LEVELS	2

struct nameidata {
	struct path path;
	struct inode *inode;
	struct qstr last;
	int last_type;
	unsigned int flags;
	struct path root;
	unsigned int depth;
	int total_link_count;
	struct link_level *stack, internal[EMBEDDED_LEVELS];
	struct filename *name;
	int dfd;
};

enum { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

/* nd->flags besides LOOKUP_*: the root in nd->root was taken; it belongs to the caller. */
#define ND_ROOT_TAKEN		0x10000000U
#define ND_ROOT_PRESET		0x20000000U

enum { WALK_TRAILING = 1, WALK_MORE = 2 };

void set_nameidata(struct nameidata *nd, int dfd, struct filename *name, const struct path *root);
void terminate_walk(struct nameidata *nd);
const char *path_init(struct nameidata *nd, unsigned int flags);
int link_path_walk(const char *name, struct nameidata *nd);
const char *handle_dots(struct nameidata *nd, int type);
struct dentry *lookup_fast(struct nameidata *nd);
struct dentry *lookup_slow(const struct qstr *name, struct dentry *dir, unsigned int flags);
const char *step_into(struct nameidata *nd, unsigned int flags, struct dentry *dentry);
void put_link(struct nameidata *nd);
int path_lookupat(struct nameidata *nd, unsigned int flags, struct path *path);
struct dentry *__lookup_hash(const struct qstr *name, struct dentry *base, unsigned int flags);
void names_init(void);
/* The directory of @name's last component, with references, and that component. Consumes @name on failure only. */
int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent, struct qstr *last,
		      int *type);
int may_create(struct inode *dir, struct dentry *child);
int may_delete(struct inode *dir, struct dentry *victim, bool isdir);

/* namespace.c */
/* lookup_mnt - what is mounted at @path, with a reference, or NULL. */
struct vfsmount *lookup_mnt(const struct path *path);
/* choose_mountpoint - where @path->mnt is mounted, up to and not beyond @root; false: nowhere (below @root). */
bool choose_mountpoint(const struct path *path, const struct path *root, struct path *up);
/* sb_make_readonly - set SB_RDONLY, unless somebody writes through one of @sb's mounts: -EBUSY. [s_umount] */
int sb_make_readonly(struct super_block *sb);

/* open.c */
int vfs_open(const struct path *path, struct file *file);
int build_open_flags(int flags, umode_t mode, struct open_flags *op);
long do_sys_open(int dfd, const char __user *filename, int flags, umode_t mode);

/* The kernel's own string or the user's: names for the do_*at() functions, which consume them. */
long do_mkdirat(int dfd, struct filename *name, umode_t mode);
long do_mknodat(int dfd, struct filename *name, umode_t mode, unsigned int dev);
long do_symlinkat(struct filename *from, int newdfd, struct filename *to);
long do_linkat(int olddfd, struct filename *old, int newdfd, struct filename *new, int flags);
long do_unlinkat(int dfd, struct filename *name);
long do_rmdir(int dfd, struct filename *name);
long do_renameat2(int olddfd, struct filename *from, int newdfd, struct filename *to, unsigned int flags);
int chmod_common(const struct path *path, umode_t mode);
int chown_common(const struct path *path, uid_t user, gid_t group);
int vfs_utimes(const struct path *path, const struct timespec64 *times);

/* mmap.c */
void vm_files_init(void);

/* fs_struct.c */
void fs_struct_init(void);

/* file.c */
int f_dupfd(unsigned int from, struct file *file, unsigned int flags);

/* file_table.c */
void __fput(struct file *file);


#endif
