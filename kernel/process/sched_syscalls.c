/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/sched_syscalls.c - how a program asks to be scheduled: policies, priorities, nice values.
 *
 * The problem. A nice value takes CPU from others, a real-time priority can take all of it; so who may ask for what is as
 * much a part of these calls as the change itself, which sched/params.c makes.
 *
 * Three interfaces, each a superset of the one before:
 *
 *	setpriority()				nice, of a process, a process group, or all of a user
 *	sched_setscheduler(), sched_setparam()	policy and real-time priority, of a thread
 *	sched_setattr()				both, in a structure that can grow
 *
 * The rules for those without CAP_SYS_NICE:
 *	- only tasks whose uid or euid is the caller's euid can be changed at all;
 *	- being nicer is free; a better nice value only down to 20 - RLIMIT_NICE;
 *	- a real-time policy only with RLIMIT_RTPRIO, and no priority above that and above what the task has;
 *	- out of SCHED_IDLE only if RLIMIT_NICE would allow the nice value that the task has;
 *	- what was marked "reset on fork" stays marked: else a privileged parent's precaution would be void.
 *
 * The errors follow the order of the tests, and programs rely on that order: arguments (EINVAL), then user memory
 * (EFAULT), then the task (ESRCH), then rights (EPERM, or EACCES from setpriority), then what only the change finds out.
 *
 * The rights are looked at without the scheduler's locks. What they depend on may change meanwhile; what must not, is the
 * policy that a call without one (sched_setparam) was judged by: sched_setattr_nocheck() compares it under its locks, and
 * says -EAGAIN if it has changed, for a second try.
 *
 * A structure that grows: the caller says how long his is. A longer one than ours is fine as long as what we do not know
 * is zero; one shorter is taken as if the rest were zero.
 *
 * Locking: a reference to the task, or tasklist_lock for groups and users. Linux: kernel/sched/core.c and kernel/sys.c; it
 * has SCHED_DEADLINE and clamps of utilisation as well.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/time.h>
#include <asm/page.h>
#include <asm/uaccess.h>
#include <uapi/capability.h>
#include <uapi/resource.h>

#define SETPARAM_POLICY		-1		/* as policy: the one that the task has */

static bool rt_policy(int policy)	{ return policy == SCHED_FIFO || policy == SCHED_RR; }
static bool fair_policy(int policy)	{ return policy == SCHED_NORMAL || policy == SCHED_BATCH; }

/* ---- rights ------------------------------------------------------------------------------------------------------ */

static bool same_owner(struct task_struct *p)
{
	const struct cred *cred = get_task_cred(p);
	bool same = uid_eq(current_euid(), cred->euid) || uid_eq(current_euid(), cred->uid);

	put_cred(cred);
	return same;
}

/* May the caller, on behalf of @p, go to @nice? */
static bool can_nice(const struct task_struct *p, int nice)
{
	return (unsigned long)(MAX_NICE + 1 - nice) <= task_rlimit(p, RLIMIT_NICE) || capable(CAP_SYS_NICE);
}

/* Without CAP_SYS_NICE nobody touches a task that may do more than he. */
static int safe_nice(struct task_struct *p)
{
	const struct cred *cred = get_task_cred(p);
	bool subset = !(cred->cap_permitted & ~current_cred()->cap_permitted);

	put_cred(cred);
	return subset || capable(CAP_SYS_NICE) ? 0 : -EPERM;
}

/* @attr asks for @policy; the rules at the top. 0 or -EPERM. */
static int may_setattr(struct task_struct *p, const struct sched_attr *attr, int policy)
{
	bool reset = attr->sched_flags & SCHED_FLAG_RESET_ON_FORK;

	if (capable(CAP_SYS_NICE))
		return 0;
	if (fair_policy(policy) && attr->sched_nice < task_nice(p) && !can_nice(p, attr->sched_nice))
		return -EPERM;
	if (rt_policy(policy)) {
		unsigned long limit = task_rlimit(p, RLIMIT_RTPRIO);

		if (policy != (int)p->policy && !limit)
			return -EPERM;
		if (attr->sched_priority > p->rt_priority && attr->sched_priority > limit)
			return -EPERM;
	}
	if (p->policy == SCHED_IDLE && policy != SCHED_IDLE && !can_nice(p, task_nice(p)))
		return -EPERM;
	if (!same_owner(p))
		return -EPERM;
	if (p->sched_reset_on_fork && !reset)
		return -EPERM;
	return 0;
}

/* ---- policies and real-time priorities --------------------------------------------------------------------------- */

/* Make @p what @attr says, as far as current may. attr->sched_policy SETPARAM_POLICY: keep p's policy and its mark. */
static int do_setattr(struct task_struct *p, const struct sched_attr *request)
{
	bool keep = (int)request->sched_policy == SETPARAM_POLICY;
	struct sched_attr attr = *request;
	int err;

	do {
		if (keep) {
			attr.sched_policy = READ_ONCE(p->policy);
			attr.sched_flags &= ~SCHED_FLAG_RESET_ON_FORK;
			if (p->sched_reset_on_fork)
				attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
		}
		if (attr.sched_flags & SCHED_FLAG_KEEP_PARAMS) {
			attr.sched_priority = p->rt_priority;
			attr.sched_nice = task_nice(p);
		}
		err = sched_checkattr(&attr);
		if (!err)
			err = may_setattr(p, &attr, attr.sched_policy);
		if (!err)
			err = safe_nice(p);
		if (!err)
			err = sched_setattr_nocheck(p, &attr, keep ? (int)attr.sched_policy : -1);
	} while (err == -EAGAIN);
	return err;
}

/* The thread that a call names: 0 is current. With a reference; NULL. */
static struct task_struct *find_thread(pid_t pid)
{
	return pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
}

static long setscheduler(pid_t pid, int policy, const struct sched_param __user *param)
{
	struct sched_attr attr = { .size = sizeof(attr) };
	struct sched_param copy;
	struct task_struct *p;
	long err;

	if (!param || pid < 0)
		return -EINVAL;
	if (copy_from_user(&copy, param, sizeof(copy)))
		return -EFAULT;
	p = find_thread(pid);
	if (!p)
		return -ESRCH;
	/* The older calls carry the mark in the policy. */
	if (policy != SETPARAM_POLICY && (policy & SCHED_RESET_ON_FORK)) {
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
		policy &= ~SCHED_RESET_ON_FORK;
	}
	attr.sched_policy = policy;
	attr.sched_priority = copy.sched_priority;
	attr.sched_nice = task_nice(p);
	err = do_setattr(p, &attr);
	put_task_struct(p);
	return err;
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, struct sched_param __user *, param)
{
	return policy < 0 ? -EINVAL : setscheduler(pid, policy, param);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, pid, struct sched_param __user *, param)
{
	return setscheduler(pid, SETPARAM_POLICY, param);
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, pid)
{
	struct task_struct *p;
	long policy;

	if (pid < 0)
		return -EINVAL;
	p = find_thread(pid);
	if (!p)
		return -ESRCH;
	policy = p->policy | (p->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	put_task_struct(p);
	return policy;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, pid, struct sched_param __user *, param)
{
	struct sched_param copy = { 0 };
	struct task_struct *p;

	if (!param || pid < 0)
		return -EINVAL;
	p = find_thread(pid);
	if (!p)
		return -ESRCH;
	if (rt_policy(p->policy))
		copy.sched_priority = p->rt_priority;
	put_task_struct(p);
	return copy_to_user(param, &copy, sizeof(copy)) ? -EFAULT : 0;
}

/* The caller's structure, of the length that he says. -E2BIG: he knows more than we do; then he is told our size. */
static int copy_attr(struct sched_attr *attr, struct sched_attr __user *uattr)
{
	u32 size;
	u8 more;

	memset(attr, 0, sizeof(*attr));
	if (get_user(size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		goto too_big;
	if (copy_from_user(attr, uattr, min_t(size_t, size, sizeof(*attr))))
		return -EFAULT;
	for (u32 i = sizeof(*attr); i < size; i++) {
		if (get_user(more, (u8 __user *)uattr + i))
			return -EFAULT;
		if (more)
			goto too_big;
	}
	if ((attr->sched_flags & SCHED_FLAG_UTIL_CLAMP) && size < SCHED_ATTR_SIZE_VER1)
		return -EINVAL;
	attr->sched_nice = clamp_t(int, attr->sched_nice, MIN_NICE, MAX_NICE);
	return 0;

too_big:
	/* The size was readable; if it cannot be written, the caller learns it from the error alone. */
	if (put_user((u32)sizeof(*attr), &uattr->size))
		return -E2BIG;
	return -E2BIG;
}

SYSCALL_DEFINE3(sched_setattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned int, flags)
{
	struct sched_attr attr;
	struct task_struct *p;
	long err;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	err = copy_attr(&attr, uattr);
	if (err)
		return err;
	if ((int)attr.sched_policy < 0)
		return -EINVAL;
	if (attr.sched_flags & SCHED_FLAG_KEEP_POLICY)
		attr.sched_policy = SETPARAM_POLICY;
	p = find_thread(pid);
	if (!p)
		return -ESRCH;
	err = do_setattr(p, &attr);
	put_task_struct(p);
	return err;
}

SYSCALL_DEFINE4(sched_getattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned int, usize, unsigned int, flags)
{
	struct sched_attr attr = { 0 };
	struct task_struct *p;

	if (!uattr || pid < 0 || usize > PAGE_SIZE || usize < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	p = find_thread(pid);
	if (!p)
		return -ESRCH;
	attr.sched_policy = p->policy;
	if (p->sched_reset_on_fork)
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (rt_policy(p->policy))
		attr.sched_priority = p->rt_priority;
	else
		attr.sched_nice = task_nice(p);
	put_task_struct(p);

	attr.size = min_t(u32, usize, sizeof(attr));
	return copy_to_user(uattr, &attr, attr.size) ? -EFAULT : 0;
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return MAX_RT_PRIO - 1;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return 0;
	}
	return -EINVAL;
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return 1;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return 0;
	}
	return -EINVAL;
}

SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, pid, struct __kernel_timespec __user *, interval)
{
	struct task_struct *p;
	struct timespec64 ts;

	if (pid < 0)
		return -EINVAL;
	p = find_thread(pid);
	if (!p)
		return -ESRCH;
	ts = ns_to_timespec64(sched_rr_interval_ns(p) / TICK_NSEC * TICK_NSEC);
	put_task_struct(p);
	return put_timespec64(&ts, interval);
}

SYSCALL_DEFINE0(sched_yield)
{
	yield();
	return 0;
}

/* ---- nice values ------------------------------------------------------------------------------------------------- */

/*
 * Call @fn for each task that (@which, @who) means, with tasklist_lock held. The results go into one another: @fn gets what the
 * last one said, at first -ESRCH. -EINVAL: no such @which.
 */
static long for_each_meant(int which, int who, long (*fn)(struct task_struct *p, long said, int arg), int arg)
{
	struct task_struct *p, *t;
	const struct cred *cred;
	struct pid *pgrp;
	long said = -ESRCH;
	uid_t uid;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	read_lock(&tasklist_lock);
	switch (which) {
	case PRIO_PROCESS:
		p = who ? find_task_by_vpid(who) : current;
		if (p)
			said = fn(p, said, arg);
		break;
	case PRIO_PGRP:
		pgrp = who ? find_vpid(who) : task_pgrp(current);
		do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
			for_each_thread(p, t)
				said = fn(t, said, arg);
		} while_each_pid_task(pgrp, PIDTYPE_PGID, p);
		break;
	case PRIO_USER:
		uid = who ? (uid_t)who : current_uid();
		for_each_process(p) {
			for_each_thread(p, t) {
				cred = get_task_cred(t);
				if (uid_eq(cred->uid, uid) && t->pid)
					said = fn(t, said, arg);
				put_cred(cred);
			}
		}
		break;
	}
	read_unlock(&tasklist_lock);
	return said;
}

/* One failure among many is what the caller hears, and the others are changed all the same. */
static long set_one_prio(struct task_struct *p, long said, int nice)
{
	if (!same_owner(p) && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (nice < task_nice(p) && !can_nice(p, nice))
		return -EACCES;
	if (safe_nice(p))
		return -EPERM;
	set_user_nice(p, nice);
	return said == -ESRCH ? 0 : said;
}

/* The best of them, as 20 - nice: 40..1, so that no value looks like an error. */
static long get_one_prio(struct task_struct *p, long said, int unused)
{
	return max(said, (long)(MAX_NICE + 1 - task_nice(p)));
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, nice)
{
	return for_each_meant(which, who, set_one_prio, clamp_t(int, nice, MIN_NICE, MAX_NICE));
}

SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	return for_each_meant(which, who, get_one_prio, 0);
}
