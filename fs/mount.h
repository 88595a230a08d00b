/* SPDX-License-Identifier: GPL-2.0-only */
/* fs/mount.h - struct mount, the private side of struct vfsmount, and the lock of the tree that mounts form. */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <primer/list.h>
#include <primer/mount.h>
#include <primer/rwsem.h>
#include <primer/seqlock.h>

/* Legend: [ns] namespace_sem for writing and mount_lock written; readers hold either. [i] immutable. */
struct mount {
	struct hlist_node mnt_hash;	/* [ns] by parent mount and mountpoint */
	struct mount *mnt_parent;	/* [ns] with a reference; itself: mounted nowhere */
	struct dentry *mnt_mountpoint;	/* [ns] with a reference; a place in mnt_parent */
	struct vfsmount mnt;
	atomic_t mnt_count;		/* references; being in the tree is one */
	atomic_t mnt_writers;		/* mnt_want_write() without mnt_drop_write() */
	struct list_head mnt_mounts;	/* [ns] children */
	struct list_head mnt_child;	/* [ns] in the parent's mnt_mounts */
	struct list_head mnt_list;	/* [ns] all mounts of the tree, parents first; or whoever has detached it */
	struct list_head mnt_instance;	/* [mount_lock] in the filesystem's s_mounts */
	struct path mnt_was;		/* where it was: references to put when it has been detached or moved */
	bool attached;			/* [ns] in the tree */
	int mnt_id;			/* [i] */
	const char *mnt_devname;	/* [i] what mount(2) called the source */
};

static inline struct mount *real_mount(const struct vfsmount *mnt)
{
	return container_of((struct vfsmount *)mnt, struct mount, mnt);
}

static inline bool mnt_has_parent(const struct mount *mnt)	{ return mnt != mnt->mnt_parent; }

/*
 * The tree of mounts. namespace_sem: for writing by whoever changes it, for reading by who lists it. mount_lock:
 * written around each change, so that a path walk can cross a mountpoint without sleeping.
 */
extern struct rw_semaphore namespace_sem;	/* rank LOCK_RANK_NAMESPACE */
extern seqlock_t mount_lock;			/* rank LOCK_RANK_MOUNT_LOCK; task context */

/* namespace.c, for mount.c; contracts there. */
int mnt_make_readonly(struct mount *mnt);
int attach_mount(struct mount *mnt, const struct path *mp);
int move_mount(struct mount *mnt, const struct path *mp);
int detach_mount(struct mount *mnt, int max_refs, struct list_head *detached);
void put_detached(struct list_head *detached);
struct mount *clone_mount(const struct path *path);

#endif
