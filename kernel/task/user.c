/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/user.c - what all tasks of one user have in common: how many they are.
 *
 * The problem. RLIMIT_NPROC bounds the tasks of a user, not of a process: whoever may fork once may fork for ever, and
 * one user's fork bomb must not take the numbers and the memory of the others.
 *
 * The idea. A user_struct for each uid that anybody has, found by a hash; credentials keep one for their real uid:
 *
 *	uidhash[uid] --> user_struct uid 1000 --> user_struct uid 1064
 *	                   ^  __count: credentials
 *	      cred.user ---'  processes: tasks, counted in by copy_creds() and out when they are reaped
 *
 * Tasks outlive no credentials: a task holds its cred, which holds the user. Root's is static and never freed, so that
 * the first task has one.
 *
 * The count is raised first and then compared with the limit (copy_bare_task()): two forks at once may both be refused
 * where one would have been allowed, but never both be allowed where one would have been refused.
 *
 * Locking. uidhash_lock (interrupts off): the hash, and the last put against a find. Linux: kernel/user.c, which also
 * counts a user's pending signals, locked pages and pipe buffers here.
 */
#include <primer/cred.h>
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/sched/user.h>
#include <primer/slab.h>
#include <primer/spinlock.h>

#define UIDHASH_BITS	6

static DEFINE_SPINLOCK(uidhash_lock, LOCK_RANK_UIDHASH);	/* uidhash; interrupts off */
static struct hlist_head uidhash[1 << UIDHASH_BITS];
static struct kmem_cache *uid_cachep __ro_after_init;

struct user_struct root_user = {
	.__count	= REFCOUNT_INIT(2),	/* init_cred's, and its own for ever */
	.processes	= ATOMIC_INIT(1),	/* init_task */
	.uid		= 0,
};

static struct hlist_head *bucket_of(uid_t uid)
{
	return &uidhash[hash_64(uid, UIDHASH_BITS)];
}

/* With a reference, or NULL. */
static struct user_struct *uid_hash_find(uid_t uid)
{
	struct user_struct *up;

	lockdep_assert_held(&uidhash_lock);
	hlist_for_each_entry(up, bucket_of(uid), uidhash_node)
		if (up->uid == uid)
			return get_uid(up);
	return NULL;
}

struct user_struct *find_user(uid_t uid)
{
	struct user_struct *up;
	unsigned long flags;

	spin_lock_irqsave(&uidhash_lock, flags);
	up = uid_hash_find(uid);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	return up;
}

struct user_struct *alloc_uid(uid_t uid)
{
	struct user_struct *up = find_user(uid), *new;
	unsigned long flags;

	might_sleep();
	if (up)
		return up;
	new = kmem_cache_alloc(uid_cachep, GFP_KERNEL);
	if (!new)
		return NULL;
	refcount_set(&new->__count, 1);
	atomic_set(&new->processes, 0);
	new->uid = uid;

	spin_lock_irqsave(&uidhash_lock, flags);
	up = uid_hash_find(uid);		/* somebody may have been faster */
	if (!up)
		hlist_add_head(&new->uidhash_node, bucket_of(uid));
	spin_unlock_irqrestore(&uidhash_lock, flags);
	if (!up)
		return new;
	kmem_cache_free(uid_cachep, new);
	return up;
}

void free_uid(struct user_struct *up)
{
	unsigned long flags;

	if (!up)
		return;
	/* Whether it is the last one is decided under the lock, where nobody can find it. */
	spin_lock_irqsave(&uidhash_lock, flags);
	if (!refcount_dec_and_test(&up->__count)) {
		spin_unlock_irqrestore(&uidhash_lock, flags);
		return;
	}
	hlist_del(&up->uidhash_node);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	WARN_ON_ONCE(atomic_read(&up->processes));
	kmem_cache_free(uid_cachep, up);
}

void __init uid_cache_init(void)
{
	uid_cachep = KMEM_CACHE(user_struct, SLAB_HWCACHE_ALIGN | SLAB_PANIC);
	hlist_add_head(&root_user.uidhash_node, bucket_of(0));
}
