/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/task/cred.c - credentials: copied, changed, put in place; never changed in place.
 *
 * The problem. Who a task is (uids, gids, groups, capabilities) is read on nearly every system call, by the task
 * itself and by others (may I signal it?), and must never be seen half changed: the new uid with the old capabilities
 * would be a hole.
 *
 * The idea. A struct cred is immutable once a task uses it, and counted. setuid() and its kind make a copy, change
 * the copy, and exchange the pointer:
 *
 *	        before                      prepare_creds()              commit_creds()
 *	task A ---> cred 1 <--- task B      A ---> cred 1 <--- B         A ---> cred 2      B ---> cred 1
 *	            usage 2                 cred 2: A's alone
 *
 * So fork shares the parent's credentials whatever becomes of either.
 *
 * Two pointers. real_cred is who the task is to others; cred is as whom it acts. They differ only between
 * override_creds() and revert_creds(), when the kernel does something on somebody else's behalf.
 *
 * Locking. A task reads its own pointers without a lock: only it changes them. Another task's real_cred is read, and
 * a reference taken, under that task's alloc_lock, under which commit_creds() exchanges it: get_task_cred().
 *
 * Linux (kernel/cred.c) reads others' under RCU, has keyrings, user namespaces and security modules.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/mm_types.h>
#include <primer/sched/task.h>
#include <primer/sched/user.h>
#include <primer/slab.h>
#include <primer/sort.h>

struct group_info init_groups = { .usage = REFCOUNT_INIT(2), .ngroups = 0 };

struct cred init_cred = {
	.usage		= REFCOUNT_INIT(4),
	.cap_inheritable = CAP_EMPTY_SET,
	.cap_permitted	= CAP_FULL_SET,
	.cap_effective	= CAP_FULL_SET,
	.cap_bset	= CAP_FULL_SET,
	.cap_ambient	= CAP_EMPTY_SET,
	.group_info	= &init_groups,
	.user		= INIT_USER,
};

static struct kmem_cache *cred_jar __ro_after_init;

/* ---- life -------------------------------------------------------------------------------------------------------- */

void __put_cred(struct cred *cred)
{
	put_group_info(cred->group_info);
	free_uid(cred->user);
	kmem_cache_free(cred_jar, cred);
}

static struct cred *copy_of(const struct cred *old)
{
	struct cred *new = kmem_cache_alloc(cred_jar, GFP_KERNEL);

	if (!new)
		return NULL;
	*new = *old;
	refcount_set(&new->usage, 1);
	get_group_info(new->group_info);
	get_uid(new->user);
	return new;
}

struct cred *prepare_creds(void)
{
	might_sleep();
	return copy_of(current_cred());
}

struct cred *prepare_kernel_cred(void)
{
	might_sleep();
	return copy_of(&init_cred);
}

void abort_creds(struct cred *new)
{
	put_cred(new);
}

/* Does @new differ from @old in what its memory may betray: who it is to files and others, or powers that @old did not have? */
static bool becomes_another(const struct cred *old, const struct cred *new)
{
	return old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid || old->fsgid != new->fsgid ||
	       (new->cap_permitted & ~old->cap_permitted);
}

int commit_creds(struct cred *new)
{
	struct task_struct *task = current;
	const struct cred *old = task->real_cred;

	/* Nobody may act as somebody else while it changes who it is. */
	BUG_ON(task->cred != old);

	if (new->user != old->user) {
		atomic_inc(&new->user->processes);
		atomic_dec(&old->user->processes);
	}
	/* What it has read as the one, the other's processes may not see: until the next execve() nobody may look. */
	if (task->mm && becomes_another(old, new))
		WRITE_ONCE(task->mm->flags, task->mm->flags & ~MMF_DUMPABLE_MASK);
	get_cred(new);		/* one reference for each pointer */
	task_lock(task);
	WRITE_ONCE(task->real_cred, new);
	WRITE_ONCE(task->cred, new);
	task_unlock(task);
	put_cred(old);
	put_cred(old);
	return 0;
}

const struct cred *override_creds(const struct cred *new)
{
	const struct cred *old = current->cred;

	get_cred(new);
	WRITE_ONCE(current->cred, new);
	return old;
}

void revert_creds(const struct cred *old)
{
	const struct cred *override = current->cred;

	WRITE_ONCE(current->cred, old);
	put_cred(override);
}

const struct cred *get_task_cred(struct task_struct *task)
{
	const struct cred *cred;

	task_lock(task);
	cred = get_cred(task->real_cred);
	task_unlock(task);
	return cred;
}

uid_t task_uid(struct task_struct *task)
{
	uid_t uid;

	task_lock(task);	/* it may be changing its credentials, and free the old ones */
	uid = task->real_cred->uid;
	task_unlock(task);
	return uid;
}

int copy_creds(struct task_struct *p, unsigned long clone_flags)
{
	/* Immutable, so sharing is copying. Not current->cred: an override is not inherited. */
	p->real_cred = get_cred(current->real_cred);
	p->cred = get_cred(p->real_cred);
	atomic_inc(&p->real_cred->user->processes);
	return 0;
}

void uncount_task(struct task_struct *p)
{
	atomic_dec(&p->real_cred->user->processes);
}

void exit_creds(struct task_struct *p)
{
	put_cred(p->real_cred);
	put_cred(p->cred);
	p->real_cred = p->cred = NULL;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

struct group_info *groups_alloc(int ngroups)
{
	struct group_info *gi = kvmalloc(sizeof(*gi) + sizeof(gid_t) * ngroups, GFP_KERNEL);

	if (!gi)
		return NULL;
	refcount_set(&gi->usage, 1);
	gi->ngroups = ngroups;
	return gi;
}

void put_group_info(struct group_info *gi)
{
	if (refcount_dec_and_test(&gi->usage))
		kvfree(gi);
}

static int gid_cmp(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return (x > y) - (x < y);
}

void groups_sort(struct group_info *gi)
{
	sort(gi->gid, gi->ngroups, sizeof(gid_t), gid_cmp, NULL);
}

void set_groups(struct cred *new, struct group_info *gi)
{
	put_group_info(new->group_info);
	new->group_info = get_group_info(gi);
}

static bool groups_search(const struct group_info *gi, gid_t gid)
{
	int left = 0, right = gi->ngroups;

	/* gid, if it is there, is in [left, right). */
	while (left < right) {
		int mid = left + (right - left) / 2;

		if (gi->gid[mid] == gid)
			return true;
		if (gi->gid[mid] < gid)
			left = mid + 1;
		else
			right = mid;
	}
	return false;
}

bool in_group_p(gid_t gid)
{
	const struct cred *cred = current_cred();

	return cred->fsgid == gid || groups_search(cred->group_info, gid);
}

bool in_egroup_p(gid_t gid)
{
	const struct cred *cred = current_cred();

	return cred->egid == gid || groups_search(cred->group_info, gid);
}

/* ---- capabilities ------------------------------------------------------------------------------------------------ */

bool capable(int cap)
{
	if (!cap_valid(cap) || !cap_raised(current_cred()->cap_effective, cap))
		return false;
	current->flags |= PF_SUPERPRIV;
	return true;
}

bool has_capability(struct task_struct *task, int cap)
{
	const struct cred *cred = get_task_cred(task);
	bool has = cap_raised(cred->cap_effective, cap);

	put_cred(cred);
	return has;
}

void __init cred_init(void)
{
	uid_cache_init();
	cred_jar = kmem_cache_create("cred_jar", sizeof(struct cred), 0, SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_ACCOUNT,
				     NULL);
}
