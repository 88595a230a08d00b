/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/dcache.h - struct dentry: one name in one directory, remembered. The theory is in fs/dcache.c.
 */
#ifndef PRIMER_DCACHE_H
#define PRIMER_DCACHE_H

#include <primer/atomic.h>
#include <primer/list.h>
#include <primer/path.h>
#include <primer/rcupdate.h>
#include <primer/seqlock.h>
#include <primer/spinlock.h>
#include <primer/types.h>

struct dentry_operations;
struct inode;
struct super_block;

/* A name with its length and its hash (salted with the directory): what is compared, cheapest part first. */
struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;		/* bytes */
		};
		u64 hash_len;
	};
	const char *name;
};

#define QSTR_INIT(n, l)		{ { { .len = (l) } }, .name = (n) }

#define DNAME_INLINE_LEN	40		/* with the zero; longer names are allocated */

/*
 * Legend: [h] the lock of the hash bucket it is in; [d] d_lock; [r] rename_lock, written; [p] the parent's d_lock;
 * [lru] the LRU list's lock; [i] immutable.
 */
struct dentry {
	/* What a lookup reads. */
	seqcount_t d_seq;			/* [d] written around each change of d_parent and d_name */
	unsigned int d_flags;			/* [d] DCACHE_* */
	struct hlist_node d_hash;		/* [h writes; readers: RCU] unhashed: no lookup finds it (removed, or a root) */
	struct dentry *d_parent;		/* [r + d + h; readers: RCU and d_seq] with a reference; itself at a root */
	struct qstr d_name;			/* [r + d + h; readers: RCU and d_seq] */
	struct inode *d_inode;			/* NULL: negative. Changes once at most, from NULL, by a release */
	atomic_t d_count;			/* references; negative: dying, no new ones */
	char d_iname[DNAME_INLINE_LEN];		/* short names: d_name.name points here */

	spinlock_t d_lock;			/* rank LOCK_RANK_DENTRY; parent before child; task context */
	const struct dentry_operations *d_op;	/* [i] may be NULL */
	struct super_block *d_sb;		/* [i] */
	void *d_fsdata;				/* the filesystem's */
	struct list_head d_lru;			/* [lru] unused dentries, coldest last; once on it, until it dies */
	bool d_referenced;			/* a hint: used again since the pruner last came by */
	struct list_head d_child;		/* [p] in the parent's d_subdirs */
	struct list_head d_subdirs;		/* [d] children */
	union {
		struct hlist_node d_alias;	/* [inode->i_lock] dentries of one inode */
		struct rcu_head d_rcu;		/* dead: until nobody can look at it any more */
	};
};

#define DCACHE_OP_REVALIDATE	0x00000004
#define DCACHE_OP_DELETE	0x00000008
#define DCACHE_RCUACCESS	0x00000080	/* was hashed once: lookups may be looking at it */
#define DCACHE_MOUNTED		0x00010000	/* something is mounted here, in some mount */

#define DENTRY_DEAD		(-128)		/* d_count of a dentry that is being freed */

struct dentry_operations {
	/* 1: still valid; 0: drop it and look again; -errno. May sleep. */
	int (*d_revalidate)(struct dentry *dentry, unsigned int flags);
	/* The last reference goes: true if the dentry is not worth keeping. */
	int (*d_delete)(const struct dentry *dentry);
	void (*d_release)(struct dentry *dentry);
	/* The inode goes: instead of iput(). */
	void (*d_iput)(struct dentry *dentry, struct inode *inode);
	/* The text of a path that has no place in the tree (pipe:[123]). */
	char *(*d_dname)(struct dentry *dentry, char *buffer, int buflen);
};

/*
 * rename_lock: written by whoever changes a d_parent or a d_name; who walks d_parent upwards reads it. Above every
 * d_lock.
 */
extern seqlock_t rename_lock;

/* ---- references -------------------------------------------------------------------------------------------------- */

/* dget - one reference more, by somebody who has one. */
static inline struct dentry *dget(struct dentry *dentry)
{
	if (dentry)
		atomic_inc(&dentry->d_count);
	return dentry;
}
/* dput - one less; the last one may free the dentry and, with it, its inode and parents. NULL is allowed. May sleep. */
void dput(struct dentry *dentry);
/* dget_parent - the parent at this moment, with a reference. */
struct dentry *dget_parent(struct dentry *dentry);

static inline bool d_unhashed(const struct dentry *dentry)	{ return hlist_unhashed(&dentry->d_hash); }
static inline bool d_unlinked(const struct dentry *dentry) { return d_unhashed(dentry) && dentry != dentry->d_parent; }
#define IS_ROOT(x)	((x) == (x)->d_parent)

/* d_inode - the inode, or NULL for a negative dentry. Pairs with the release in d_instantiate(). */
static __always_inline struct inode *d_inode(const struct dentry *dentry) { return smp_load_acquire(&dentry->d_inode); }
static __always_inline struct inode *d_backing_inode(const struct dentry *dentry)	{ return d_inode(dentry); }
static __always_inline bool d_is_negative(const struct dentry *dentry)	{ return !d_inode(dentry); }
static __always_inline bool d_is_positive(const struct dentry *dentry)	{ return d_inode(dentry); }
static __always_inline bool d_mountpoint(const struct dentry *dentry)
{
	return READ_ONCE(dentry->d_flags) & DCACHE_MOUNTED;
}

/* ---- making, finding, removing ----------------------------------------------------------------------------------- */

/*
 * d_alloc - a new negative dentry for @name below @parent, not hashed, with one reference; NULL without memory. May
 * sleep.
 */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
/* d_alloc_name - the same for a string. */
struct dentry *d_alloc_name(struct dentry *parent, const char *name);
/* d_alloc_pseudo - a dentry without a parent and without a place in any directory. */
struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name);
/*
 * d_make_root - the root of a filesystem; takes over the reference to @inode, also on failure. NULL when either is
 * missing.
 */
struct dentry *d_make_root(struct inode *inode);

/*
 * d_lookup - the hashed dentry with this name (hash and length filled in) below @parent, with a reference, or NULL
 *
 * May miss an entry that is being renamed; who must know for sure holds the directory's i_rwsem. Never sleeps, and takes no lock.
 */
struct dentry *d_lookup(struct dentry *parent, const struct qstr *name);
/* d_hash_and_lookup - the same, computing the hash. */
struct dentry *d_hash_and_lookup(struct dentry *parent, const char *name, unsigned int len);

/* d_instantiate - make a negative dentry mean @inode; takes over the caller's reference to the inode */
void d_instantiate(struct dentry *dentry, struct inode *inode);
/* d_add - d_instantiate() (unless @inode is NULL: a remembered absence) and hash */
void d_add(struct dentry *dentry, struct inode *inode);
/*
 * d_splice_alias - d_add() for ->lookup() of filesystems on devices; returns NULL, or a dentry to use instead, or
 * ERR_PTR
 */
struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry);
void d_rehash(struct dentry *dentry);
/* d_drop - no lookup finds it any more. d_delete - the same, after its name was removed from the directory. */
void d_drop(struct dentry *dentry);
void d_delete(struct dentry *dentry);

/*
 * d_move - @dentry takes the name and the parent of @target, which is unhashed. d_exchange - both take the other's
 * place. Context: the i_rwsem of both directories, and for directories of the filesystem's s_vfs_rename_mutex, are
 * held.
 */
void d_move(struct dentry *dentry, struct dentry *target);
void d_exchange(struct dentry *a, struct dentry *b);

/*
 * d_ancestor - the child of @p1 that is @p2 or above it, or NULL when @p1 is not above @p2. Caller keeps renames
 * away.
 */
struct dentry *d_ancestor(struct dentry *p1, struct dentry *p2);
/* is_subdir - is @sub below @dir, or the same? */
bool is_subdir(struct dentry *sub, struct dentry *dir);

/*
 * shrink_dcache_parent - free the unused children of @parent
 * shrink_dcache_for_umount - free all dentries of a filesystem that nobody can reach; @pinned: positive ones have one
 * reference more,
 *	which kept them in memory. s_umount held for writing. Both may sleep.
 */
void shrink_dcache_parent(struct dentry *parent);
void shrink_dcache_for_umount(struct super_block *sb, bool pinned);
/* prune_dcache - free up to @nr unused dentries, coldest first; returns how many. May sleep. */
unsigned long prune_dcache(unsigned long nr);

/* ---- paths as text ----------------------------------------------------------------------------------------------- */

/*
 * d_path - the path as seen from current's root, written to the end of @buf; returns where it begins
 *
 * " (deleted)" is appended for a removed name. ERR_PTR(-ENAMETOOLONG) when @buflen does not do. Never sleeps.
 * dentry_path_raw: from the root of the filesystem.
 */
char *d_path(const struct path *path, char *buf, int buflen);
char *dentry_path_raw(struct dentry *dentry, char *buf, int buflen);

/* dcache_init - hash table and slab cache; from vfs_caches_init(). */
void dcache_init(void);

/* For /proc: dentries in all, unused ones, negative ones among these. */
struct dentry_stat_t {
	long nr_dentry, nr_unused, nr_negative;
};
void dentry_stat(struct dentry_stat_t *st);

#endif
