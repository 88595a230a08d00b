/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/mount.h - a filesystem seen at a place in the tree. The theory is in fs/namespace.c. */
#ifndef PRIMER_MOUNT_H
#define PRIMER_MOUNT_H

#include <primer/path.h>
#include <primer/types.h>

struct dentry;
struct file_system_type;
struct super_block;

/* The part of a mount that others see. [immutable, but mnt_flags under mount_lock] */
struct vfsmount {
	struct dentry *mnt_root;	/* with a reference */
	struct super_block *mnt_sb;	/* with an active reference */
	unsigned int mnt_flags;		/* MNT_* */
};

#define MNT_NOSUID	0x01U
#define MNT_NODEV	0x02U
#define MNT_NOEXEC	0x04U
#define MNT_NOATIME	0x08U
#define MNT_NODIRATIME	0x10U
#define MNT_RELATIME	0x20U
#define MNT_READONLY	0x40U
#define MNT_NOSYMFOLLOW	0x80U
#define MNT_INTERNAL	0x4000U

/* mntget, mntput - a reference. mntput may sleep: the last one of a mount that left the tree ends it. */
struct vfsmount *mntget(struct vfsmount *mnt);
void mntput(struct vfsmount *mnt);

/*
 * mnt_want_write - the caller will change something: keep the mount from becoming read-only until mnt_drop_write()
 * Returns 0 or -EROFS. Context: task.
 */
int mnt_want_write(struct vfsmount *mnt);
void mnt_drop_write(struct vfsmount *mnt);
bool __mnt_is_readonly(const struct vfsmount *mnt);

/* vfs_kern_mount - an instance of @type that is in nobody's tree; ERR_PTR. kern_mount - for the kernel's own use. */
struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *name, void *data);
struct vfsmount *kern_mount(struct file_system_type *type);
void kern_unmount(struct vfsmount *mnt);

/*
 * path_mount, path_umount - the work of mount(2) and umount2(2) with the names looked up
 * do_mount - mount(2) from the kernel, all strings in kernel memory. 0 or -errno. Context: task; may sleep.
 */
int path_mount(const char *dev_name, struct path *path, const char *type_page, unsigned long flags, void *data_page);
int path_umount(struct path *path, int flags);
int do_mount(const char *dev_name, const char *dir_name, const char *type_page, unsigned long flags, void *data_page);

/*
 * For /proc/mounts and mountinfo: call @fn for each mount of the tree, in order, until it returns non-zero.
 * Context: task; namespace_sem is held for reading.
 */
struct mount_info {
	const struct vfsmount *mnt;
	const char *devname;
	struct path mountpoint;
	int id, parent_id;
};
int for_each_mount(int (*fn)(const struct mount_info *info, void *arg), void *arg);

/* mnt_init - mount cache and rootfs; from vfs_caches_init(): gives init_task its root and current directory. */
void mnt_init(void);

#endif
