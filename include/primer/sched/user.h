/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sched/user.h - the tasks of one user, counted. The theory is in kernel/task/user.c.
 */
#ifndef PRIMER_SCHED_USER_H
#define PRIMER_SCHED_USER_H

#include <primer/atomic.h>
#include <primer/list.h>
#include <primer/refcount.h>
#include <primer/types.h>

struct user_struct {
	refcount_t __count;			/* credentials that point here */
	atomic_t processes;			/* tasks, threads too, from fork until they are reaped: RLIMIT_NPROC */
	uid_t uid;				/* immutable */
	struct hlist_node uidhash_node;		/* [uidhash_lock] */
};

extern struct user_struct root_user;
#define INIT_USER	(&root_user)

/* exceeds_nproc - has @up, if @more come, more tasks than current's RLIMIT_NPROC allows? Root never has. */
bool exceeds_nproc(const struct user_struct *up, unsigned int more);

/* alloc_uid - @uid's, made if need be, with a reference; NULL when memory is short. May sleep. */
struct user_struct *alloc_uid(uid_t uid);
/*
 * find_user - @uid's with a reference, or NULL if nobody has that uid. get_uid - one more; free_uid - one less.
 * Context: any.
 */
struct user_struct *find_user(uid_t uid);
void free_uid(struct user_struct *up);
static inline struct user_struct *get_uid(struct user_struct *up)
{
	refcount_inc(&up->__count);
	return up;
}

/* uid_cache_init - boot, once, when slab works. */
void uid_cache_init(void);

#endif
