/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/fs.h - the objects of the virtual filesystem and the tables of operations by which filesystems and
 * devices take part in it.
 *
 *	descriptor --> struct file --> struct path --> dentry --> inode --> address_space (pages)
 *	   (file.h)    an opening       a place         a name     a file    its contents
 *	                                  |                          |
 *	                                mount (mount.h)        super_block --> file_system_type
 *
 * Several descriptors may mean one opening (dup, fork), several openings one name, several names (hard links) one
 * inode.
 */
#ifndef PRIMER_FS_H
#define PRIMER_FS_H

#include <primer/address_space.h>
#include <primer/atomic.h>
#include <primer/dcache.h>
#include <primer/err.h>
#include <primer/kdev_t.h>
#include <primer/list.h>
#include <primer/mutex.h>
#include <primer/path.h>
#include <primer/rwsem.h>
#include <primer/spinlock.h>
#include <primer/time.h>
#include <primer/types.h>
#include <primer/uio.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

struct cdev;
struct cred;
struct delayed_call;
struct dir_context;
struct file;
struct file_operations;
struct file_system_type;
struct iattr;
struct inode_operations;
struct iov_iter;
struct kiocb;
struct kstat;
struct kstatfs;
struct nameidata;
struct poll_table_struct;
struct super_operations;
struct vm_area_struct;
struct vm_operations_struct;

#define S_IRWXUGO	(S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO	(S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)
#define S_IRUGO		(S_IRUSR | S_IRGRP | S_IROTH)
#define S_IWUGO		(S_IWUSR | S_IWGRP | S_IWOTH)
#define S_IXUGO		(S_IXUSR | S_IXGRP | S_IXOTH)

/* What is asked of inode_permission(); MAY_WRITE and the next two have the values of W_OK, X_OK, R_OK. */
#define MAY_EXEC	0x01
#define MAY_WRITE	0x02
#define MAY_READ	0x04
#define MAY_APPEND	0x08
#define MAY_ACCESS	0x10
#define MAY_OPEN	0x20
#define MAY_CHDIR	0x40

/* file->f_mode [immutable after open] */
#define FMODE_READ	0x1U
#define FMODE_WRITE	0x2U
#define FMODE_LSEEK	0x4U
#define FMODE_PREAD	0x8U
#define FMODE_PWRITE	0x10U
#define FMODE_EXEC	0x20U		/* opened by execve */
#define FMODE_PATH	0x4000U		/* O_PATH */
#define FMODE_ATOMIC_POS 0x8000U	/* f_pos_lock is needed when the file is shared */
#define FMODE_WRITER	0x10000U	/* holds inode write access */
#define FMODE_CAN_READ	0x20000U	/* ->read or ->read_iter exists */
#define FMODE_CAN_WRITE	0x40000U
#define FMODE_OPENED	0x80000U
#define FMODE_CREATED	0x100000U	/* this open made the file */
#define FMODE_STREAM	0x200000U	/* has no position */

#define OPEN_FMODE(flag)	((fmode_t)(((flag) + 1) & O_ACCMODE))
#define VALID_OPEN_FLAGS \
	(O_RDONLY | O_WRONLY | O_RDWR | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
	 O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | \
	 __O_TMPFILE)

/* ---- inode ------------------------------------------------------------------------------------------------------- */

/*
 * A file, without its names. Legend: [s] i_rwsem; [l] i_lock; [i] immutable once the inode can be found.
 *
 * i_mode, i_uid, i_gid, times: written under i_rwsem; readers without it see either value.
 */
struct inode {
	/* What a path walk and a stat read. */
	umode_t i_mode;				/* [s] type (immutable) and rights */
	unsigned int i_flags;			/* [s] S_* below */
	uid_t i_uid;				/* [s] */
	gid_t i_gid;				/* [s] */
	const struct inode_operations *i_op;	/* [i] never NULL */
	struct super_block *i_sb;		/* [i] */
	struct address_space *i_mapping;	/* [i] usually &i_data */
	unsigned long i_ino;			/* [i] */
	unsigned int i_nlink;			/* [s] names */
	dev_t i_rdev;				/* [i] of a device node */
	loff_t i_size;				/* [s] bytes; readers: i_size_read() */
	struct timespec64 i_atime;		/* [l] */
	struct timespec64 i_mtime;		/* [l] */
	struct timespec64 i_ctime;		/* [l] */
	unsigned int i_blkbits;			/* [i] log2 of the block size */
	u64 i_blocks;				/* [l] of 512 bytes */

	spinlock_t i_lock;			/* rank LOCK_RANK_INODE_LOCK; task context */
	unsigned int i_state;			/* [l] I_* */
	atomic_t i_count;			/* references */
	atomic_t i_writecount;			/* > 0: openings for writing; < 0: -(number of executions) */
	struct rw_semaphore i_rwsem;		/* rank LOCK_RANK_INODE: parent before child, else by address */
	union {
		const struct file_operations *i_fop;	/* [i] what open() takes */
		void (*free_inode)(struct inode *);
	};
	struct address_space i_data;		/* the pages, when they are the inode's own */
	struct list_head i_sb_list;		/* [s_inode_list_lock] all inodes of the filesystem */
	struct hlist_head i_dentry;		/* [l] names in memory */
	union {
		struct cdev *i_cdev;		/* [cdev_lock] driver of a character device, found by the first open */
		void *i_pipe;
		char *i_link;			/* [i] the target of a symlink, when it is in memory */
	};
	unsigned int i_generation;
	void *i_private;			/* the filesystem's or the driver's */
};

/* i_flags */
#define S_SYNC		(1U << 0)
#define S_NOATIME	(1U << 1)
#define S_APPEND	(1U << 2)	/* may only grow */
#define S_IMMUTABLE	(1U << 3)
#define S_DEAD		(1U << 4)	/* removed directory: nothing may be created in it */
#define S_DIRSYNC	(1U << 6)
#define S_NOCMTIME	(1U << 7)
#define S_PRIVATE	(1U << 9)
#define IS_NOATIME(inode)	((inode)->i_flags & S_NOATIME)
#define IS_APPEND(inode)	((inode)->i_flags & S_APPEND)
#define IS_IMMUTABLE(inode)	((inode)->i_flags & S_IMMUTABLE)
#define IS_DEADDIR(inode)	((inode)->i_flags & S_DEAD)

/* i_state */
#define I_NEW		(1U << 3)
#define I_WILL_FREE	(1U << 4)
#define I_FREEING	(1U << 5)
#define I_CLEAR		(1U << 6)
#define I_LINKABLE	(1U << 10)	/* made without a name, and may get one */

/* Orders among several i_rwsem: I_MUTEX_PARENT, _CHILD, ...: the subclass of inode_lock_nested(). */
enum { I_MUTEX_NORMAL, I_MUTEX_PARENT, I_MUTEX_CHILD, I_MUTEX_XATTR, I_MUTEX_NONDIR2, I_MUTEX_PARENT2 };

static inline void inode_lock(struct inode *inode)		{ down_write(&inode->i_rwsem); }
static inline void inode_unlock(struct inode *inode)		{ up_write(&inode->i_rwsem); }
static inline void inode_lock_shared(struct inode *inode)	{ down_read(&inode->i_rwsem); }
static inline void inode_unlock_shared(struct inode *inode)	{ up_read(&inode->i_rwsem); }
static inline void inode_lock_nested(struct inode *inode, int subclass)
{
	down_write_nested(&inode->i_rwsem, subclass);
}

/* 64 bits are read and written in one piece. */
static __always_inline loff_t i_size_read(const struct inode *inode)		{ return READ_ONCE(inode->i_size); }
static __always_inline void i_size_write(struct inode *inode, loff_t size)	{ WRITE_ONCE(inode->i_size, size); }

/*
 * What a filesystem does with names. Context: task, may sleep. Held by the caller: i_rwsem of the directory, for
 * writing, wherever a name appears or goes; of the object too in unlink, rmdir, rename (of the victim) and setattr.
 * The dentries are negative where something is made, positive where something goes. 0 or -errno.
 */
struct inode_operations {
	/*
	 * Find @dentry's name in @dir: d_add() it (negative, if it is not there) and return NULL; or a better dentry;
	 * or ERR_PTR.
	 */
	struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry, unsigned int flags);
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	int (*tmpfile)(struct inode *dir, struct dentry *dentry, umode_t mode);
	/* @flags: RENAME_NOREPLACE (checked by the caller), RENAME_EXCHANGE. */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
		      unsigned int flags);
	/* The target of a symlink. It stays valid until the inode goes, or until *@done is called. ERR_PTR(-errno). */
	const char *(*get_link)(struct dentry *dentry, struct inode *inode, struct delayed_call *done);
	/*
	 * A symlink that is a place and not a text (/proc/PID/exe): the walk goes on at *@path, with references.
	 * get_link() says its name.
	 */
	int (*jump_link)(struct dentry *dentry, struct inode *inode, struct path *path);
	int (*permission)(struct inode *inode, int mask);	/* NULL: generic_permission() */
	int (*setattr)(struct dentry *dentry, struct iattr *attr);	/* NULL: simple_setattr() */
	int (*getattr)(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags);
	int (*update_time)(struct inode *inode, struct timespec64 *time, int flags);
};

/* What get_link() leaves to be done when the text is no longer needed. */
struct delayed_call {
	void (*fn)(void *arg);
	void *arg;
};
static inline void do_delayed_call(struct delayed_call *call)
{
	if (call->fn)
		call->fn(call->arg);
}
static inline void set_delayed_call(struct delayed_call *call, void (*fn)(void *), void *arg)
{
	call->fn = fn;
	call->arg = arg;
}

/* ---- open file --------------------------------------------------------------------------------------------------- */

/* Legend: [p] f_pos_lock where FMODE_ATOMIC_POS; [l] f_lock; [i] immutable after open. */
struct file {
	fmode_t f_mode;				/* [i] FMODE_* */
	unsigned int f_flags;			/* [l] O_*; O_APPEND, O_NONBLOCK ... change by fcntl */
	const struct file_operations *f_op;	/* [i] */
	struct inode *f_inode;			/* [i] f_path.dentry's */
	struct address_space *f_mapping;	/* [i] whose pages are read, written and mapped */
	loff_t f_pos;				/* [p] bytes */
	atomic_long_t f_count;			/* references */
	struct path f_path;			/* [i] with references */
	void *private_data;			/* the driver's */
	const struct cred *f_cred;		/* [i] of who opened it, with a reference */
	u64 f_version;				/* [i] pipes: how many writers there had been when it was opened */
	unsigned int f_wb_err;
	spinlock_t f_lock;			/* rank LOCK_RANK_SPINNING_LEAF; task context */
	struct mutex f_pos_lock;		/* rank LOCK_RANK_FILE_POS */
};

/* One transfer: which file, from where. */
struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;				/* advanced by the transfer */
	int ki_flags;				/* IOCB_* */
};
#define IOCB_APPEND	(1 << 1)
#define IOCB_DIRECT	(1 << 2)
#define IOCB_DSYNC	(1 << 4)
#define IOCB_SYNC	(1 << 5)
#define IOCB_NOWAIT	(1 << 7)

/*
 * What can be done with an open file. Context: task, may sleep. Missing operations give Linux's errno (read and write
 * -EINVAL, mmap -ENODEV, ioctl -ENOTTY, iterate -ENOTDIR).
 *
 * Of read and read_iter (write and write_iter) one suffices: read for devices whose data is a few bytes of user
 * memory, read_iter for everything that readv, preadv, sendfile or the kernel itself shall be able to read.
 */
struct file_operations {
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	ssize_t (*read)(struct file *file, char __user *buf, size_t count, loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t count, loff_t *pos);
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *iter);
	ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *iter);
	/* Directories: call dir_emit() for entries from ctx->pos on. The directory's i_rwsem is held for reading. */
	int (*iterate_shared)(struct file *file, struct dir_context *ctx);
	unsigned int (*poll)(struct file *file, struct poll_table_struct *wait);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*open)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file);			/* a descriptor was closed */
	int (*release)(struct inode *inode, struct file *file);	/* the last reference is gone */
	int (*fsync)(struct file *file, loff_t start, loff_t end, int datasync);
	int (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);	/* -EOPNOTSUPP: not this mode */
	int (*check_flags)(int flags);
};

/* ---- directories being read -------------------------------------------------------------------------------------- */

/* Called for each entry: false when the buffer is full (the entry counts as not read). */
struct dir_context {
	bool (*actor)(struct dir_context *ctx, const char *name, int namelen, loff_t offset, u64 ino,
		      unsigned int d_type);
	loff_t pos;		/* of the next entry */
};

static inline bool dir_emit(struct dir_context *ctx, const char *name, int namelen, u64 ino, unsigned int type)
{
	return ctx->actor(ctx, name, namelen, ctx->pos, ino, type);
}
/* dir_emit_dots - "." at position 0 and ".." at 1; false when the buffer is full */
bool dir_emit_dots(struct file *file, struct dir_context *ctx);
int iterate_dir(struct file *file, struct dir_context *ctx);

/* ---- superblock -------------------------------------------------------------------------------------------------- */

/* One filesystem instance. Legend: [u] s_umount; [sb] sb_lock; [i] immutable once SB_BORN. */
struct super_block {
	struct list_head s_list;		/* [sb] all superblocks */
	dev_t s_dev;				/* [i] what stat() shows as st_dev */
	unsigned int s_blocksize_bits;		/* [i] */
	unsigned long s_blocksize;		/* [i] bytes */
	loff_t s_maxbytes;			/* [i] largest file */
	struct file_system_type *s_type;	/* [i] */
	const struct super_operations *s_op;	/* [i] */
	const struct dentry_operations *s_d_op;	/* [i] for dentries made here; may be NULL */
	unsigned long s_flags;			/* [u] SB_* */
	unsigned long s_magic;			/* [i] */
	struct dentry *s_root;			/* [i] with a reference */
	struct rw_semaphore s_umount;		/* readers: users that must not see it go; rank LOCK_RANK_SB_UMOUNT */
	int s_count;				/* [sb] references to the structure */
	atomic_t s_active;			/* mounts and other users; the last one shuts it down */
	void *s_fs_info;			/* the filesystem's */
	struct mutex s_vfs_rename_mutex;	/* moves of directories; rank LOCK_RANK_RENAME_MUTEX */
	unsigned int s_time_gran;		/* [i] ns */
	spinlock_t s_inode_list_lock;		/* s_inodes; rank LOCK_RANK_INODE_HASH; task context */
	struct list_head s_inodes;
	struct list_head s_mounts;		/* [mount_lock] all its mounts, in the tree or not */
	struct rcu_head s_rcu;			/* to be freed */
	char s_id[32];				/* [i] name for messages */
};

/* s_flags: MS_* of mount(2), and: */
#define SB_RDONLY	1
#define SB_NOSUID	2
#define SB_NODEV	4
#define SB_NOEXEC	8
#define SB_SYNCHRONOUS	16
#define SB_MANDLOCK	64
#define SB_DIRSYNC	128
#define SB_NOATIME	1024
#define SB_NODIRATIME	2048
#define SB_SILENT	32768
#define SB_KERNMOUNT	(1UL << 22)
#define SB_BORN		(1UL << 29)
#define SB_ACTIVE	(1UL << 30)
#define SB_NOUSER	(1UL << 31)
static inline bool sb_rdonly(const struct super_block *sb)	{ return READ_ONCE(sb->s_flags) & SB_RDONLY; }

struct super_operations {
	struct inode *(*alloc_inode)(struct super_block *sb);	/* NULL: a plain struct inode */
	void (*free_inode)(struct inode *inode);		/* the memory */
	void (*dirty_inode)(struct inode *inode, int flags);
	int (*write_inode)(struct inode *inode, int wait);
	/* Forget the contents; NULL: truncate_inode_pages() and clear_inode(). */
	void (*evict_inode)(struct inode *inode);
	void (*put_super)(struct super_block *sb);
	int (*sync_fs)(struct super_block *sb, int wait);
	int (*statfs)(struct dentry *dentry, struct kstatfs *buf);
	int (*remount_fs)(struct super_block *sb, int *flags, char *data);
	/* ",mode=755", for /proc/mounts; returns the length. */
	int (*show_options)(struct dentry *root, char *buf, size_t size);
};

struct file_system_type {
	const char *name;
	int fs_flags;				/* FS_* */
	/* The root of an instance, with its s_umount held for writing and an active reference; ERR_PTR. */
	struct dentry *(*mount)(struct file_system_type *type, int flags, const char *dev_name, void *data);
	void (*kill_sb)(struct super_block *sb);
	struct file_system_type *next;		/* [file_systems_lock] */
};
#define FS_REQUIRES_DEV		1
#define FS_USERNS_MOUNT		8

/* register_filesystem - let mount(2) know the type; 0, -EBUSY when the name is taken. Context: task. */
int register_filesystem(struct file_system_type *fs);
int unregister_filesystem(struct file_system_type *fs);
struct file_system_type *get_fs_type(const char *name);
/* For /proc/filesystems: the @n-th type, or NULL. */
struct file_system_type *fs_type_nth(unsigned int n);

/*
 * mount_nodev - make an instance without a device; mount_single - the one that exists, made on first use
 *
 * fill_super sets s_op, s_magic, s_root...; 0 or -errno.
 */
struct dentry *mount_nodev(struct file_system_type *type, int flags, void *data,
			   int (*fill_super)(struct super_block *sb, void *data, int silent));
struct dentry *mount_single(struct file_system_type *type, int flags, void *data,
			    int (*fill_super)(struct super_block *sb, void *data, int silent));
/*
 * kill_anon_super, kill_litter_super - kill_sb for these; the latter also drops the references that keep all names in
 * memory.
 */
void kill_anon_super(struct super_block *sb);
void kill_litter_super(struct super_block *sb);
void generic_shutdown_super(struct super_block *sb);
/* deactivate_super - drop an active reference; the last one shuts the filesystem down. May sleep. */
void deactivate_super(struct super_block *sb);
void deactivate_locked_super(struct super_block *sb);
/*
 * reconfigure_super - new options for @sb, and SB_RDONLY as in @flags. Context: task, s_umount held for writing.
 *
 * 0, -EBUSY when it is to be read-only and somebody writes, or what ->remount_fs returns; then nothing has changed.
 */
int reconfigure_super(struct super_block *sb, int flags, void *data);
/* iterate_supers - call @fn for each live superblock with s_umount held for reading */
void iterate_supers(void (*fn)(struct super_block *sb, void *arg), void *arg);
int get_anon_bdev(dev_t *dev);
void free_anon_bdev(dev_t dev);

/* ---- inodes: making and dropping --------------------------------------------------------------------------------- */

/*
 * new_inode - a new inode of @sb with one reference, nothing but i_sb, i_mapping and defaults set; NULL without
 * memory.
 */
struct inode *new_inode(struct super_block *sb);
/* iput - drop a reference; the last one frees the inode. NULL allowed. May sleep. */
void iput(struct inode *inode);
static inline void ihold(struct inode *inode)	{ atomic_inc(&inode->i_count); }
struct inode *igrab(struct inode *inode);
void clear_inode(struct inode *inode);
unsigned int get_next_ino(void);
/* For filesystems that embed struct inode: the constructor of their slab objects. */
void inode_init_once(struct inode *inode);
/* inode_init_owner - owner and mode of a new file in @dir, by current's fsuid, fsgid and @dir's set-group-id bit */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
/* init_special_inode - operations of a device node, pipe or socket */
void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev);
void set_nlink(struct inode *inode, unsigned int nlink);
void inc_nlink(struct inode *inode);
void drop_nlink(struct inode *inode);
void clear_nlink(struct inode *inode);
void inode_init(void);
long get_nr_inodes(void);

/* lock_two_nondirectories - the i_rwsem of both, in a fixed order; NULL, directories and duplicates are left out */
void lock_two_nondirectories(struct inode *a, struct inode *b);
void unlock_two_nondirectories(struct inode *a, struct inode *b);

/*
 * current_time - now, in the filesystem's granularity. touch_atime - a read happened. file_update_time - a write
 * will.
 */
struct timespec64 current_time(const struct inode *inode);
void touch_atime(const struct path *path);
static inline void file_accessed(struct file *file)
{
	if (!(file->f_flags & O_NOATIME))
		touch_atime(&file->f_path);
}
int file_update_time(struct file *file);
/* file_remove_privs - a write takes the set-user-id and set-group-id bits away; i_rwsem held */
int file_remove_privs(struct file *file);
/* inode_owner_or_capable - may current do what only the owner may? */
bool inode_owner_or_capable(const struct inode *inode);

/* ---- permissions and attributes ---------------------------------------------------------------------------------- */

/* inode_permission - may current do @mask (MAY_*)? 0, -EACCES, -EROFS, -EPERM. May sleep. */
int inode_permission(struct inode *inode, int mask);
int generic_permission(struct inode *inode, int mask);
static inline int path_permission(const struct path *path, int mask)
{
	return inode_permission(d_inode(path->dentry), mask);
}
static inline int file_permission(struct file *file, int mask)	{ return inode_permission(file->f_inode, mask); }

struct iattr {
	unsigned int ia_valid;			/* ATTR_*: which fields count */
	umode_t ia_mode;
	uid_t ia_uid;
	gid_t ia_gid;
	loff_t ia_size;
	struct timespec64 ia_atime, ia_mtime, ia_ctime;
	struct file *ia_file;
};
#define ATTR_MODE	(1 << 0)
#define ATTR_UID	(1 << 1)
#define ATTR_GID	(1 << 2)
#define ATTR_SIZE	(1 << 3)
#define ATTR_ATIME	(1 << 4)
#define ATTR_MTIME	(1 << 5)
#define ATTR_CTIME	(1 << 6)
#define ATTR_ATIME_SET	(1 << 7)	/* to a given time, not to now */
#define ATTR_MTIME_SET	(1 << 8)
#define ATTR_FORCE	(1 << 9)	/* no permission checks */
#define ATTR_KILL_SUID	(1 << 11)
#define ATTR_KILL_SGID	(1 << 12)
#define ATTR_FILE	(1 << 13)
#define ATTR_OPEN	(1 << 15)	/* truncating from open(O_TRUNC) */
#define ATTR_TIMES_SET	(1 << 16)
#define ATTR_TOUCH	(1 << 17)	/* to now: who may write may do it */

/* notify_change - change attributes, after all checks; i_rwsem of the inode held for writing. 0 or -errno. */
int notify_change(struct dentry *dentry, struct iattr *attr);
int setattr_prepare(struct dentry *dentry, struct iattr *attr);
void setattr_copy(struct inode *inode, const struct iattr *attr);
/* inode_newsize_ok - is a file of @size bytes allowed? 0, -EFBIG (with SIGXFSZ), -ETXTBSY */
int inode_newsize_ok(const struct inode *inode, loff_t size);
int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs, struct file *filp);
long vfs_truncate(const struct path *path, loff_t length);

struct kstat {
	u32 result_mask;
	umode_t mode;
	unsigned int nlink;
	u32 blksize;
	u64 attributes, attributes_mask;
	u64 ino;
	dev_t dev, rdev;
	uid_t uid;
	gid_t gid;
	loff_t size;
	struct timespec64 atime, mtime, ctime, btime;
	u64 blocks;
	u64 mnt_id;
};
void generic_fillattr(struct inode *inode, struct kstat *stat);
int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags);

struct kstatfs {
	long f_type, f_bsize;
	u64 f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	u64 f_fsid;
	long f_namelen, f_frsize, f_flags;
};
int vfs_statfs(const struct path *path, struct kstatfs *buf);
int simple_statfs(struct dentry *dentry, struct kstatfs *buf);

/* ---- openings ---------------------------------------------------------------------------------------------------- */

/*
 * filp_open - open a path as current, for the kernel's own use; ERR_PTR. filp_close - the opposite. dentry_open - a
 * place.
 */
struct file *filp_open(const char *filename, int flags, umode_t mode);
int filp_close(struct file *file);
struct file *dentry_open(const struct path *path, int flags, const struct cred *cred);
/* file_open_root - a path below @root. */
struct file *file_open_root(const struct path *root, const char *filename, int flags, umode_t mode);

/*
 * open_exec - open @name for execution: a regular file, executable, on a mount without noexec, and nobody may write
 * to it until exec_file_release(). do_open_execat - the same relative to @dfd, with AT_* flags, of a user's name
 * (struct filename).
 *
 * ERR_PTR(-EACCES), (-ETXTBSY) when somebody has it open for writing, (-ENOENT) ...
 */
struct filename;
struct file *open_exec(const char *name);
struct file *do_open_execat(int dfd, struct filename *name, int flags);
/* exec_file_release - allow writes again and drop the reference. */
void exec_file_release(struct file *file);

static inline struct file *get_file(struct file *file)
{
	atomic_long_inc(&file->f_count);
	return file;
}
void fput(struct file *file);
static inline struct inode *file_inode(const struct file *file)	{ return file->f_inode; }

/*
 * alloc_file_pseudo - an opening of @inode that has no place in the tree (pipes, ...); takes over the inode's
 * reference on success
 */
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name, int flags,
			       const struct file_operations *fops);
struct file *alloc_empty_file(int flags);
int do_dentry_open(struct file *file, struct inode *inode, int (*open)(struct inode *, struct file *));
int generic_file_open(struct inode *inode, struct file *file);
int nonseekable_open(struct inode *inode, struct file *file);
int stream_open(struct inode *inode, struct file *file);
void replace_fops(struct file *file, const struct file_operations *fops);
void files_cache_init(void);
long get_nr_files(void);

/* get_write_access - count an opening for writing; -ETXTBSY while it is executed. deny_write_access - the reverse. */
static inline int get_write_access(struct inode *inode)
{
	int n = atomic_read(&inode->i_writecount);

	do {
		if (n < 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&inode->i_writecount, &n, n + 1));
	return 0;
}
static inline void put_write_access(struct inode *inode)	{ atomic_dec(&inode->i_writecount); }
static inline int deny_write_access(struct file *file)
{
	atomic_t *count = &file_inode(file)->i_writecount;
	int n = atomic_read(count);

	do {
		if (n > 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(count, &n, n - 1));
	return 0;
}
static inline void allow_write_access(struct file *file)
{
	if (file)
		atomic_inc(&file_inode(file)->i_writecount);
}
static inline bool inode_is_open_for_write(const struct inode *inode) { return atomic_read(&inode->i_writecount) > 0; }

/* ---- moving data ------------------------------------------------------------------------------------------------- */

/*
 * vfs_read, vfs_write - between user memory and the file at *@pos, which advances. NULL @pos: a file without position.
 * kernel_read, kernel_write - the same with kernel memory; -EINVAL for files that have no read_iter (write_iter).
 *
 * Return bytes moved, 0 at the end, or -errno. Context: task; may sleep.
 */
ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos);
ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos);
ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
int vfs_fsync(struct file *file, int datasync);
/* vfs_fallocate - make room in @file, or a hole, as fallocate(2) does. Context: task; may sleep. */
int vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
int vfs_fsync_range(struct file *file, loff_t start, loff_t end, int datasync);
long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* For file_operations. */
ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from);
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);
extern const struct vm_operations_struct generic_file_vm_ops;
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t maxsize, loff_t eof);
loff_t no_llseek(struct file *file, loff_t offset, int whence);
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
loff_t no_seek_end_llseek(struct file *file, loff_t offset, int whence);
loff_t default_llseek(struct file *file, loff_t offset, int whence);
loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize);
ssize_t generic_read_dir(struct file *file, char __user *buf, size_t count, loff_t *pos);
int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync);
/* simple_read_from_buffer - a read at *@ppos of @available bytes at @from */
ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *ppos, const void *from, size_t available);

/* For inode_operations and super_operations of filesystems that live in memory. */
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int simple_setattr(struct dentry *dentry, struct iattr *attr);
int simple_getattr(const struct path *path, struct kstat *stat, u32 request_mask, unsigned int query_flags);
const char *simple_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done);
extern const struct inode_operations simple_symlink_inode_operations;

/* ---- changing the tree: what the system calls do once the names are looked up ------------------------------------ */

/* The i_rwsem of the directories is held (lock_rename() for vfs_rename). All check permissions. 0 or -errno. */
int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
	       unsigned int flags);
/* lock_rename - both directories, in the right order; returns the dentry that is an ancestor trap, or NULL */
struct dentry *lock_rename(struct dentry *p1, struct dentry *p2);
void unlock_rename(struct dentry *p1, struct dentry *p2);

/*
 * vfs_caches_init - dentry and inode caches, files, mounts, rootfs; start_kernel, once the slab works and init_task
 * exists
 */
void vfs_caches_init(void);

#endif
