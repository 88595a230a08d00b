/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/cred.h - who a task is, and what it may do.
 *
 * A struct cred is never changed once a task uses it, so anybody who holds a reference reads it without a lock. Only
 * a task itself changes its credentials: prepare_creds() makes a copy, the copy is changed, commit_creds() makes it
 * current.
 */
#ifndef PRIMER_CRED_H
#define PRIMER_CRED_H

#include <primer/atomic.h>
#include <primer/refcount.h>
#include <primer/sched.h>
#include <uapi/capability.h>

typedef u64 kernel_cap_t;		/* bit n: CAP_ number n */
#define CAP_FULL_SET		((1ULL << (CAP_LAST_CAP + 1)) - 1)
#define CAP_EMPTY_SET		0ULL
#define cap_raised(c, cap)	((c) >> (cap) & 1)

#define NGROUPS_MAX		65536
#define NGROUPS_SMALL		32

/* Supplementary groups, sorted. [immutable once shared] */
struct group_info {
	refcount_t usage;
	int ngroups;
	gid_t gid[];
};

/* [immutable once committed] */
struct user_struct;

struct cred {
	refcount_t usage;
	uid_t uid;			/* real */
	gid_t gid;
	uid_t suid;			/* saved */
	gid_t sgid;
	uid_t euid;			/* effective: what counts for signals and capabilities */
	gid_t egid;
	uid_t fsuid;			/* what counts for files */
	gid_t fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	struct group_info *group_info;
	struct user_struct *user;	/* of the real uid, with a reference */
};

extern struct cred init_cred;
extern struct group_info init_groups;

/* current's own: no reference needed while it does not change them. */
#define current_cred()			(current->cred)
#define current_real_cred()		(current->real_cred)
#define current_cred_field(f)		(current->cred->f)
#define current_uid()			current_cred_field(uid)
#define current_gid()			current_cred_field(gid)
#define current_euid()			current_cred_field(euid)
#define current_egid()			current_cred_field(egid)
#define current_suid()			current_cred_field(suid)
#define current_sgid()			current_cred_field(sgid)
#define current_fsuid()			current_cred_field(fsuid)
#define current_fsgid()			current_cred_field(fsgid)

static inline const struct cred *get_cred(const struct cred *cred)
{
	refcount_inc(&((struct cred *)cred)->usage);
	return cred;
}
void __put_cred(struct cred *cred);
static inline void put_cred(const struct cred *cred)
{
	if (cred && refcount_dec_and_test(&((struct cred *)cred)->usage))
		__put_cred((struct cred *)cred);
}

/*
 * prepare_creds - a private copy of current's credentials, to be changed and then given to commit_creds() or
 * abort_creds()
 *
 * Returns NULL when memory is short. Context: task; may sleep. commit_creds() cannot fail and returns 0.
 */
struct cred *prepare_creds(void);
int commit_creds(struct cred *new);
void abort_creds(struct cred *new);
/* prepare_kernel_cred - all power, as PID 0 has it; NULL when memory is short. */
struct cred *prepare_kernel_cred(void);

/* override_creds - act as @new for a while; revert_creds gets what override_creds returned. */
const struct cred *override_creds(const struct cred *new);
void revert_creds(const struct cred *old);

/* get_task_cred - another task's, with a reference. task_uid - only its real uid. Both take its alloc_lock. */
const struct cred *get_task_cred(struct task_struct *task);
uid_t task_uid(struct task_struct *task);

/*
 * copy_creds - the new task @p gets its parent's (a thread shares them), and is one task more of its user. uncount_task
 * - it is one less: when it is reaped, or was never born. exit_creds - drop them, with the task's last reference.
 */
int copy_creds(struct task_struct *p, unsigned long clone_flags);
void uncount_task(struct task_struct *p);
void exit_creds(struct task_struct *p);

struct group_info *groups_alloc(int ngroups);
static inline struct group_info *get_group_info(struct group_info *gi)
{
	refcount_inc(&gi->usage);
	return gi;
}
void put_group_info(struct group_info *gi);
/*
 * groups_sort - put @gi into the order that in_group_p() needs. set_groups - install it in @new, with a reference of
 * its own.
 */
void groups_sort(struct group_info *gi);
void set_groups(struct cred *new, struct group_info *gi);

/* in_group_p - is @gid current's fsgid or one of its groups? in_egroup_p: egid. */
bool in_group_p(gid_t gid);
bool in_egroup_p(gid_t gid);

/* capable - does current have capability @cap? Marks the task as one that used its power. */
bool capable(int cap);
bool has_capability(struct task_struct *task, int cap);

static inline bool uid_eq(uid_t a, uid_t b)	{ return a == b; }
static inline bool gid_eq(gid_t a, gid_t b)	{ return a == b; }

/* cred_init - boot, once, when slab works. */
void cred_init(void);

#endif
