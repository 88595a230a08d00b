/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/dcache.c - remembered names: the dentry cache.
 *
 * The problem. Every open() and stat() turns a path into a file, component by component. Asking the filesystem each
 * time would mean reading directories; "is there a /usr/local/bin/ls?" is asked again and again, mostly with the
 * answer no.
 *
 * The idea. A dentry is one answer: "in this directory, this name means this inode", or "means nothing" (a negative
 * dentry). It is found by hashing (directory, name), and it hangs below its parent, so that the dentries form the
 * known part of the tree:
 *
 *	     hash table                              d_parent up, d_subdirs down
 *	     bucket --> dentry --> dentry                    [ / ]
 *	     bucket                                         /     \
 *	     bucket --> dentry                        [ bin ]     [ etc ]
 *	                                              /     \          \
 *	                                         [ ls ]   [ lsx ]    [ motd ] --> inode
 *	                                                 negative
 *
 * Life. A new dentry is negative and unhashed. d_add() or d_instantiate() gives it its inode; that happens once, and
 * the inode then stays until the dentry dies: who has a reference to a positive dentry has an inode. A removed name
 * is unhashed, and lives on for those who still use it. A dentry without references that is hashed stays in memory,
 * on the LRU list; the coldest of these die when there are more than dentry_unused_max. Filesystems whose only memory
 * of a name is the dentry (ramfs) hold a reference of their own.
 *
 * Invariants.
 *   D1  d_count < 0 (DENTRY_DEAD) is final, and is set only from 0, or from 1 by the holder of that reference. New
 *       references are taken from a count >= 0, by whoever has one already, or from the parent's list or the LRU
 *       list under that structure's lock, or from the hash bucket under RCU; a dying dentry leaves all of these,
 *       taking each lock, and is freed a grace period later.
 *   D2  A child holds a reference to its parent.
 *   D3  d_parent, d_name and the bucket change together, only in d_move() and d_exchange(), under rename_lock, the
 *       dentry's d_lock and the bucket locks: any of the three locks makes them stand still. Around it d_seq is odd.
 *   D4  A dentry with no references and hashed is on the LRU list. Who is on the LRU list stays there until he dies.
 *
 * Locking, top to bottom: rename_lock, d_lock (parent before child), bucket lock, lru_lock. dput()'s last step takes
 * d_lock, and so does dying: the memory cannot go while another CPU is between its atomic_dec() and its
 * spin_unlock().
 *
 * Looking up takes no lock. "/", "usr" and "bin" are looked up by every CPU all day: a lock on their buckets would be the most fought
 * for of the kernel. A lookup goes along the bucket under RCU, so what it stands on stays memory, and takes one reference, to what it has
 * found. Two things may go wrong on the way, and both are renames:
 *
 *	the dentry gets another name or parent while it is compared	d_seq has changed: compare again
 *	a dentry that it stands on is moved to another bucket, and	rename_lock has changed, and nothing was found:
 *	with it the lookup, past the one it wants			look again
 *
 * The text of a name is compared only after d_seq has shown that pointer and length belong together. A text that was allocated is freed
 * after a grace period, one inside the dentry may change under the comparison: the last look at d_seq, with the reference taken, tells.
 *
 * Linux (fs/dcache.c, fs/namei.c) goes further, down whole paths without a reference on the way (rcu-walk), keeps lock and count in one
 * word (lockref), looks several missing names of one directory up in parallel (d_alloc_parallel), and lets the memory shrinkers
 * decide how many unused dentries are too many.
 */
#include <primer/dcache.h>
#include <primer/fs.h>
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/log2.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/rculist.h>
#include <primer/slab.h>
#include <primer/string.h>

#include "internal.h"

struct dentry_bucket {
	spinlock_t lock;			/* changes of the chain; rank LOCK_RANK_DCACHE_HASH; task context */
	struct hlist_head head;
};

/* A name that does not fit into its dentry. Several dentries share it after a rename. */
struct external_name {
	atomic_t count;
	struct rcu_head rcu;
	char name[];
};

DEFINE_SEQLOCK(rename_lock, LOCK_RANK_RENAME_LOCK);

static struct kmem_cache *dentry_cache __ro_after_init;
static struct dentry_bucket *dentry_hashtable __ro_after_init;
static unsigned int dentry_hash_bits __ro_after_init;
static long dentry_unused_max __ro_after_init;

/* The LRU list: hottest first. Rank LOCK_RANK_LRU; task context. */
static DEFINE_SPINLOCK(lru_lock, LOCK_RANK_LRU);
static LIST_HEAD(dentry_lru);			/* [lru_lock] */
static long nr_lru;				/* [lru_lock] */
static atomic_long_t nr_dentry;

static struct dentry_bucket *d_bucket(u32 hash)
{
	return &dentry_hashtable[hash >> (32 - dentry_hash_bits)];
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool name_is_external(const struct dentry *dentry)
{
	return dentry->d_name.name != dentry->d_iname;
}

static struct external_name *external_name(const struct dentry *dentry)
{
	return container_of((char (*)[])dentry->d_name.name, struct external_name, name);
}

static void put_name(const char *name)
{
	struct external_name *ext = container_of((char (*)[])name, struct external_name, name);

	if (atomic_dec_and_test(&ext->count))
		kfree_rcu(ext, rcu);
}

typedef u32 __attribute__((may_alias, aligned(1))) unaligned_u32;
typedef u16 __attribute__((may_alias, aligned(1))) unaligned_u16;

/*
 * Most names are shorter than two words: a call of memcmp() would cost more than the comparison. The last bytes are
 * compared as a whole that overlaps what was compared before; nothing outside the names is read. @len is not 0.
 */
static __always_inline bool names_equal(const char *a, const char *b, unsigned int len)
{
#define SAME(type, at)	(*(const type *)(a + (at)) == *(const type *)(b + (at)))
	if (len >= 8) {
		for (unsigned int at = 0; at < len - 8; at += 8) {
			if (!SAME(unaligned_word_t, at))
				return false;
		}
		return SAME(unaligned_word_t, len - 8);
	}
	if (len >= 4)
		return SAME(unaligned_u32, 0) && SAME(unaligned_u32, len - 4);
	if (len >= 2)
		return SAME(unaligned_u16, 0) && SAME(unaligned_u16, len - 2);
	return *a == *b;
#undef SAME
}

/* ---- references -------------------------------------------------------------------------------------------------- */

/* Take a reference to a dentry that may have none, unless it is dying (D1). A lock as in D1 is held. */
static __always_inline bool dget_alive(struct dentry *dentry)
{
	int count = atomic_read(&dentry->d_count);

	do {
		if (unlikely(count < 0))
			return false;
	} while (unlikely(!atomic_try_cmpxchg(&dentry->d_count, &count, count + 1)));
	return true;
}

struct dentry *dget_parent(struct dentry *dentry)
{
	struct dentry *parent;

	spin_lock(&dentry->d_lock);
	parent = dget(dentry->d_parent);
	spin_unlock(&dentry->d_lock);
	return parent;
}

static void __d_drop(struct dentry *dentry)
{
	struct dentry_bucket *b;

	lockdep_assert_held(&dentry->d_lock);
	if (d_unhashed(dentry))
		return;
	b = d_bucket(dentry->d_name.hash);
	spin_lock(&b->lock);
	hlist_del_init_rcu(&dentry->d_hash);
	spin_unlock(&b->lock);
}

static void __d_rehash(struct dentry *dentry)
{
	struct dentry_bucket *b = d_bucket(dentry->d_name.hash);

	lockdep_assert_held(&dentry->d_lock);
	dentry->d_flags |= DCACHE_RCUACCESS;
	spin_lock(&b->lock);
	hlist_add_head_rcu(&dentry->d_hash, &b->head);
	spin_unlock(&b->lock);
}

static void free_dentry(struct rcu_head *head)
{
	kmem_cache_free(dentry_cache, container_of(head, struct dentry, d_rcu));
}

/*
 * The end of a dentry that is DENTRY_DEAD: out of every structure that could lead to it, then free. Returns the
 * parent, whose reference (D2) is now the caller's; NULL for a root.
 */
static struct dentry *dentry_kill(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct dentry *parent = NULL;

	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
	if (!IS_ROOT(dentry)) {
		parent = dentry->d_parent;	/* nobody moves a dead dentry */
		spin_lock(&parent->d_lock);
		list_del(&dentry->d_child);
		spin_unlock(&parent->d_lock);
	}
	if (!list_empty(&dentry->d_lru)) {
		spin_lock(&lru_lock);
		list_del_init(&dentry->d_lru);
		nr_lru--;
		spin_unlock(&lru_lock);
	}
	if (inode) {
		spin_lock(&inode->i_lock);
		hlist_del(&dentry->d_alias);
		spin_unlock(&inode->i_lock);
		if (dentry->d_op && dentry->d_op->d_iput)
			dentry->d_op->d_iput(dentry, inode);
		else
			iput(inode);
	}
	if (dentry->d_op && dentry->d_op->d_release)
		dentry->d_op->d_release(dentry);
	if (name_is_external(dentry))
		put_name(dentry->d_name.name);
	atomic_long_dec(&nr_dentry);
	/* Pipes and the like never were in a bucket. */
	if (dentry->d_flags & DCACHE_RCUACCESS)
		call_rcu(&dentry->d_rcu, free_dentry);
	else
		kmem_cache_free(dentry_cache, dentry);
	return parent;
}

static bool retain_dentry(struct dentry *dentry)
{
	if (d_unhashed(dentry))
		return false;
	return !(dentry->d_flags & DCACHE_OP_DELETE) || !dentry->d_op->d_delete(dentry);
}

/* The caller has the last reference, perhaps. Returns the next dentry to put, or NULL; *@prune: there are too many unused ones by now. */
static noinline struct dentry *dput_last(struct dentry *dentry, bool *prune)
{
	int one = 1;

	might_sleep();
	spin_lock(&dentry->d_lock);
	if (!retain_dentry(dentry)) {
		bool dead = atomic_try_cmpxchg(&dentry->d_count, &one, DENTRY_DEAD);

		spin_unlock(&dentry->d_lock);
		return dead ? dentry_kill(dentry) : dentry;	/* not the last after all: try again */
	}
	if (list_empty(&dentry->d_lru)) {
		spin_lock(&lru_lock);
		list_add(&dentry->d_lru, &dentry_lru);
		*prune = ++nr_lru > dentry_unused_max;
		spin_unlock(&lru_lock);
	} else {
		WRITE_ONCE(dentry->d_referenced, true);
	}
	atomic_dec(&dentry->d_count);
	spin_unlock(&dentry->d_lock);		/* see "Locking": until here it cannot be freed */
	return NULL;
}

/* @dentry, and those above it that it was the last to use. True: prune_dcache() is called for, by who is not called by it. */
static bool dput_chain(struct dentry *dentry)
{
	bool prune = false;

	while (dentry && unlikely(!atomic_add_unless(&dentry->d_count, -1, 1)))
		dentry = dput_last(dentry, &prune);
	return prune;
}

void dput(struct dentry *dentry)
{
	if (unlikely(dput_chain(dentry)))
		prune_dcache(32);
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

struct dentry *d_lookup(struct dentry *parent, const struct qstr *name)
{
	struct dentry_bucket *b = d_bucket(name->hash);
	struct dentry *dentry;
	unsigned int renames;

again:
	renames = raw_read_seqcount(&rename_lock.seqcount);
	rcu_read_lock();
	hlist_for_each_entry_rcu(dentry, &b->head, d_hash) {
		/* Even, so that a rename that is under way is a change too. */
		unsigned int seq = raw_read_seqcount(&dentry->d_seq) & ~1U;
		const char *text;

		/* Plain reads: what they found counts only if d_seq is still the same. */
		if (dentry->d_name.hash_len != name->hash_len || dentry->d_parent != parent)
			continue;
		text = dentry->d_name.name;
		if (read_seqcount_retry(&dentry->d_seq, seq))
			goto changed;
		if (!names_equal(text, name->name, name->len) || unlikely(!dget_alive(dentry)))
			continue;
		rcu_read_unlock();
		if (likely(!read_seqcount_retry(&dentry->d_seq, seq)))
			return dentry;
		dput(dentry);
		goto again;
	}
	rcu_read_unlock();
	/* A miss counts only if nothing was renamed meanwhile. */
	if (likely(!(renames & 1) && !read_seqretry(&rename_lock, renames)))
		return NULL;
	goto again;
changed:
	rcu_read_unlock();
	goto again;
}

struct dentry *d_hash_and_lookup(struct dentry *parent, const char *name, unsigned int len)
{
	struct qstr q = { { { .len = len } }, .name = name };

	q.hash = full_name_hash(parent, name, len);
	return d_lookup(parent, &q);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static struct dentry *__d_alloc(struct super_block *sb, const struct qstr *name)
{
	struct dentry *dentry = kmem_cache_alloc(dentry_cache, GFP_KERNEL);
	char *text;

	if (!dentry)
		return NULL;
	text = dentry->d_iname;
	if (unlikely(name->len >= DNAME_INLINE_LEN)) {
		struct external_name *ext = kmalloc(sizeof(*ext) + name->len + 1, GFP_KERNEL);

		if (!ext) {
			kmem_cache_free(dentry_cache, dentry);
			return NULL;
		}
		atomic_set(&ext->count, 1);
		text = ext->name;
	}
	memcpy(text, name->name, name->len);
	text[name->len] = 0;
	dentry->d_name = *name;
	dentry->d_name.name = text;
	INIT_HLIST_NODE(&dentry->d_hash);
	dentry->d_parent = dentry;
	dentry->d_inode = NULL;
	atomic_set(&dentry->d_count, 1);
	dentry->d_flags = 0;
	seqcount_init(&dentry->d_seq);
	spin_lock_init(&dentry->d_lock, LOCK_RANK_DENTRY);
	dentry->d_op = sb->s_d_op;
	if (dentry->d_op) {
		if (dentry->d_op->d_revalidate)
			dentry->d_flags |= DCACHE_OP_REVALIDATE;
		if (dentry->d_op->d_delete)
			dentry->d_flags |= DCACHE_OP_DELETE;
	}
	dentry->d_sb = sb;
	dentry->d_fsdata = NULL;
	INIT_LIST_HEAD(&dentry->d_lru);
	dentry->d_referenced = false;
	INIT_LIST_HEAD(&dentry->d_child);
	INIT_LIST_HEAD(&dentry->d_subdirs);
	atomic_long_inc(&nr_dentry);
	return dentry;
}

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry = __d_alloc(parent->d_sb, name);

	if (!dentry)
		return NULL;
	dentry->d_parent = dget(parent);
	spin_lock(&parent->d_lock);
	list_add(&dentry->d_child, &parent->d_subdirs);
	spin_unlock(&parent->d_lock);
	return dentry;
}

struct dentry *d_alloc_name(struct dentry *parent, const char *name)
{
	struct qstr q = { { .hash_len = hashlen_string(parent, name) }, .name = name };

	return d_alloc(parent, &q);
}

struct dentry *d_alloc_pseudo(struct super_block *sb, const struct qstr *name)
{
	return __d_alloc(sb, name);
}

struct dentry *d_make_root(struct inode *inode)
{
	static const struct qstr slash = QSTR_INIT("/", 1);
	struct dentry *root;

	if (!inode)
		return NULL;
	root = __d_alloc(inode->i_sb, &slash);
	if (root)
		d_instantiate(root, inode);
	else
		iput(inode);
	return root;
}

void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	BUG_ON(dentry->d_inode);
	spin_lock(&inode->i_lock);
	hlist_add_head(&dentry->d_alias, &inode->i_dentry);
	spin_unlock(&inode->i_lock);
	smp_store_release(&dentry->d_inode, inode);	/* pairs with the acquire in d_inode() */
}

void d_add(struct dentry *dentry, struct inode *inode)
{
	if (inode)
		d_instantiate(dentry, inode);
	d_rehash(dentry);
}

struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry)
{
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	d_add(dentry, inode);
	return NULL;
}

void d_rehash(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	__d_rehash(dentry);
	spin_unlock(&dentry->d_lock);
}

void d_drop(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
}

/*
 * The inode is not taken from the dentry, even when nobody else uses it: a walk that has just found the name may be
 * reading d_inode. The next lookup makes a negative dentry.
 */
void d_delete(struct dentry *dentry)
{
	d_drop(dentry);
}

/* ---- moving ------------------------------------------------------------------------------------------------------ */

static void lock_two_buckets(struct dentry_bucket *a, struct dentry_bucket *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock, 1);
}

static void unlock_two_buckets(struct dentry_bucket *a, struct dentry_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/* @dentry gets @target's name as well. Both keep what they have until their names are put. */
static void copy_name(struct dentry *dentry, struct dentry *target)
{
	const char *old = name_is_external(dentry) ? dentry->d_name.name : NULL;

	if (unlikely(name_is_external(target))) {
		atomic_inc(&external_name(target)->count);
		dentry->d_name = target->d_name;
	} else {
		memcpy(dentry->d_iname, target->d_iname, target->d_name.len + 1);
		dentry->d_name = target->d_name;
		dentry->d_name.name = dentry->d_iname;
	}
	if (old)
		put_name(old);
}

static void swap_names(struct dentry *a, struct dentry *b)
{
	bool a_external = name_is_external(a), b_external = name_is_external(b);
	char iname[DNAME_INLINE_LEN];

	memcpy(iname, a->d_iname, sizeof(iname));
	memcpy(a->d_iname, b->d_iname, sizeof(iname));
	memcpy(b->d_iname, iname, sizeof(iname));
	swap(a->d_name, b->d_name);
	if (!b_external)
		a->d_name.name = a->d_iname;
	if (!a_external)
		b->d_name.name = b->d_iname;
}

/* Hang @dentry below @parent instead of below @old. The parents' own locks cover their lists, one at a time. */
static void change_parent(struct dentry *dentry, struct dentry *old, struct dentry *parent)
{
	if (old == parent)
		return;
	spin_lock(&old->d_lock);
	list_del(&dentry->d_child);
	spin_unlock(&old->d_lock);
	spin_lock(&parent->d_lock);
	list_add(&dentry->d_child, &parent->d_subdirs);
	spin_unlock(&parent->d_lock);
}

static void __d_move(struct dentry *dentry, struct dentry *target, bool exchange)
{
	struct dentry *old_parent, *new_parent, *first = dentry, *second = target;
	struct dentry_bucket *from, *to;

	if (first > second)
		swap(first, second);
	write_seqlock(&rename_lock);
	old_parent = dentry->d_parent;
	new_parent = target->d_parent;
	spin_lock(&first->d_lock);
	spin_lock_nested(&second->d_lock, 1);
	from = d_bucket(dentry->d_name.hash);
	to = d_bucket(target->d_name.hash);
	lock_two_buckets(from, to);

	write_seqcount_begin(&dentry->d_seq);
	write_seqcount_begin(&target->d_seq);
	hlist_del_init_rcu(&dentry->d_hash);
	hlist_del_init_rcu(&target->d_hash);
	dentry->d_parent = new_parent;
	if (exchange) {
		swap_names(dentry, target);
		target->d_parent = old_parent;
		hlist_add_head_rcu(&target->d_hash, &from->head);
	} else {
		copy_name(dentry, target);
		dget(new_parent);		/* the old parent's reference goes below */
	}
	hlist_add_head_rcu(&dentry->d_hash, &to->head);
	write_seqcount_end(&target->d_seq);
	write_seqcount_end(&dentry->d_seq);

	unlock_two_buckets(from, to);
	spin_unlock(&second->d_lock);
	spin_unlock(&first->d_lock);
	change_parent(dentry, old_parent, new_parent);
	if (exchange)
		change_parent(target, new_parent, old_parent);
	write_sequnlock(&rename_lock);
	if (!exchange)
		dput(old_parent);
}

void d_move(struct dentry *dentry, struct dentry *target)
{
	__d_move(dentry, target, false);
}

void d_exchange(struct dentry *a, struct dentry *b)
{
	__d_move(a, b, true);
}

struct dentry *d_ancestor(struct dentry *p1, struct dentry *p2)
{
	for (struct dentry *p = p2; !IS_ROOT(p); p = p->d_parent) {
		if (p->d_parent == p1)
			return p;
	}
	return NULL;
}

bool is_subdir(struct dentry *sub, struct dentry *dir)
{
	bool ret;

	if (sub == dir)
		return true;
	read_seqlock_excl(&rename_lock);
	ret = d_ancestor(dir, sub);
	read_sequnlock_excl(&rename_lock);
	return ret;
}

/* ---- forgetting -------------------------------------------------------------------------------------------------- */

/*
 * Find the coldest unused dentry, mark it dead, and hold its filesystem's s_umount for reading, so that the
 * filesystem cannot be shut down while we free a part of it. Looks at *@budget entries at most.
 */
static struct dentry *isolate_one(unsigned long *budget)
{
	struct dentry *found = NULL;

	spin_lock(&lru_lock);
	while (!found && *budget && !list_empty(&dentry_lru)) {
		struct dentry *dentry = list_last_entry(&dentry_lru, struct dentry, d_lru);
		int zero = 0;

		--*budget;
		list_move(&dentry->d_lru, &dentry_lru);
		if (atomic_read(&dentry->d_count) || !down_read_trylock(&dentry->d_sb->s_umount))
			continue;
		if (READ_ONCE(dentry->d_referenced))
			WRITE_ONCE(dentry->d_referenced, false);
		else if (atomic_try_cmpxchg(&dentry->d_count, &zero, DENTRY_DEAD))
			found = dentry;
		if (!found)
			up_read(&dentry->d_sb->s_umount);
	}
	spin_unlock(&lru_lock);
	return found;
}

unsigned long prune_dcache(unsigned long nr)
{
	unsigned long freed = 0, budget = nr * 4;
	struct dentry *dentry;

	while (freed < nr && (dentry = isolate_one(&budget))) {
		struct super_block *sb = dentry->d_sb;

		dput_chain(dentry_kill(dentry));	/* not dput(): a chain of parents would nest here without a bound */
		/* Whoever waits to unmount goes on from here, and frees sb; but not before up_read() is done. */
		rcu_read_lock();
		up_read(&sb->s_umount);
		rcu_read_unlock();
		freed++;
	}
	return freed;
}

void shrink_dcache_parent(struct dentry *parent)
{
	for (;;) {
		struct dentry *child, *found = NULL;

		spin_lock(&parent->d_lock);
		list_for_each_entry(child, &parent->d_subdirs, d_child) {
			int zero = 0;

			if (atomic_try_cmpxchg(&child->d_count, &zero, DENTRY_DEAD)) {
				found = child;
				break;
			}
		}
		spin_unlock(&parent->d_lock);
		if (!found)
			return;
		dput(dentry_kill(found));
	}
}

/*
 * Nobody can reach the tree any more, and s_umount keeps the pruner out: leaves first, until only the root is left. A
 * reference that should not exist is reported; the dentry goes all the same, as nothing can be done for its holder.
 */
void shrink_dcache_for_umount(struct super_block *sb, bool pinned)
{
	struct dentry *dentry = sb->s_root, *root = dentry;

	if (!root)
		return;
	for (;;) {
		int expected, count;
		struct dentry *parent;

		while (!list_empty(&dentry->d_subdirs))
			dentry = list_first_entry(&dentry->d_subdirs, struct dentry, d_child);
		if (dentry == root)
			break;
		/* An unhashed dentry's file was removed: it lost its pin then. */
		expected = pinned && dentry->d_inode && !d_unhashed(dentry);
		count = atomic_xchg(&dentry->d_count, DENTRY_DEAD);
		WARN(count != expected, "BUG: Dentry %p{n=%s} still in use (%d) [unmount of %s %s]\n", dentry,
		     dentry->d_name.name, count - expected, sb->s_type->name, sb->s_id);
		parent = dentry_kill(dentry);
		atomic_dec(&parent->d_count);
		dentry = parent;
	}
	sb->s_root = NULL;
	d_drop(root);
	dput(root);
}

/* ---- for /proc; start -------------------------------------------------------------------------------------------- */

void dentry_stat(struct dentry_stat_t *st)
{
	struct dentry *dentry;

	st->nr_dentry = atomic_long_read(&nr_dentry);
	st->nr_negative = 0;
	spin_lock(&lru_lock);
	st->nr_unused = nr_lru;
	list_for_each_entry(dentry, &dentry_lru, d_lru) {
		if (!dentry->d_inode)
			st->nr_negative++;
	}
	spin_unlock(&lru_lock);
}

/* One bucket for 128 KiB of memory: a small machine has a small table, and no boot clears a large one. */
void __init dcache_init(void)
{
	unsigned long buckets = clamp_t(unsigned long, totalram_pages() / 32, 256, 16384);

	dentry_hash_bits = ilog2(buckets);
	buckets = 1UL << dentry_hash_bits;
	dentry_hashtable = kvmalloc_array(buckets, sizeof(*dentry_hashtable), GFP_KERNEL);
	if (!dentry_hashtable)
		panic("dcache: no memory for %lu hash buckets\n", buckets);
	for (unsigned long i = 0; i < buckets; i++) {
		spin_lock_init(&dentry_hashtable[i].lock, LOCK_RANK_DCACHE_HASH);
		INIT_HLIST_HEAD(&dentry_hashtable[i].head);
	}
	dentry_unused_max = buckets;
	dentry_cache = KMEM_CACHE(dentry, SLAB_PANIC | SLAB_RECLAIM_ACCOUNT);
	pr_info("Dentry cache hash table entries: %lu (%lu bytes)\n", buckets, buckets * sizeof(*dentry_hashtable));
}
