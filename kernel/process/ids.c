/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/ids.c - changing who one is: users, groups, powers, process groups and sessions.
 *
 * Users. A task has four uids: the real one (who started it), the effective one (as whom it acts), the saved one (whom
 * it may become again) and the one that counts for files, which follows the effective one. The calls differ in which
 * they set:
 *
 *	              privileged (CAP_SETUID)		others
 *	setuid(u)     uid, euid, suid = u		euid = u, if u is uid or suid
 *	setreuid(r,e) uid = r, euid = e			r among uid, euid; e among uid, euid, suid
 *	setresuid     each as told			each among uid, euid, suid
 *	setfsuid(u)   fsuid = u				among all four
 *
 * -1 leaves one as it is. setreuid() also sets the saved one to the new effective one when it has set the real one or
 * taken an effective one other than the real: else a program that gave up its power for good could take it back.
 *
 * Groups. The four gids and their calls follow the same rules, with CAP_SETGID. So the first three rows are written
 * once, as functions on a struct ids.
 *
 * Power follows uid 0: leaving it with all three uids empties the permitted set, with the effective one the effective
 * set; coming back to effective uid 0 makes effective what is permitted. No power follows a gid.
 *
 * Process groups and sessions. A group is a job of a shell, a session is a login: groups do not cross sessions. So
 * setpgid() takes the caller or a child of his that has not yet called execve(), and only into a group of the same
 * session; a session's leader stays where it is. setsid() starts a new session with one group, both named after the
 * caller, who must not lead a group already, for then others would be in it.
 *
 * Locking: credentials are current's own (kernel/task/cred.c); groups and sessions under tasklist_lock.
 *
 * Linux: kernel/sys.c, kernel/groups.c, security/commoncap.c, kernel/capability.c.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/sched.h>
#include <primer/sched/user.h>
#include <primer/signal.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>
#include <uapi/capability.h>

#define UNCHANGED	((uid_t)-1)

/* Powers over files: they come and go with fsuid 0. */
#define CAP_FS_SET	(1ULL << CAP_CHOWN | 1ULL << CAP_MKNOD | 1ULL << CAP_DAC_OVERRIDE | \
			 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | \
			 1ULL << CAP_MAC_OVERRIDE | 1ULL << CAP_LINUX_IMMUTABLE)

/* ---- the rules, for users and for groups ------------------------------------------------------------------------- */

struct ids {
	u32 real, effective, saved;
};

/* Is @id one of the three, or nothing at all? */
static bool is_ours(const struct ids *ids, u32 id)
{
	return id == UNCHANGED || id == ids->real || id == ids->effective || id == ids->saved;
}

static void change(u32 *id, u32 to)
{
	if (to != UNCHANGED)
		*id = to;
}

/* What becomes of @ids by a call; @cap is the power to set them at will. 0, -EINVAL, -EPERM. */
static int set_id(struct ids *ids, u32 id, int cap)
{
	if (id == UNCHANGED)
		return -EINVAL;
	if (capable(cap))
		ids->real = ids->saved = id;
	else if (id != ids->real && id != ids->saved)
		return -EPERM;
	ids->effective = id;
	return 0;
}

static int set_reid(struct ids *ids, u32 real, u32 effective, int cap)
{
	bool real_is_ours = real == UNCHANGED || real == ids->real || real == ids->effective;
	bool renews = real != UNCHANGED || (effective != UNCHANGED && effective != ids->real);

	if ((!real_is_ours || !is_ours(ids, effective)) && !capable(cap))
		return -EPERM;
	change(&ids->real, real);
	change(&ids->effective, effective);
	if (renews)
		ids->saved = ids->effective;
	return 0;
}

static int set_resid(struct ids *ids, u32 real, u32 effective, u32 saved, int cap)
{
	if ((!is_ours(ids, real) || !is_ours(ids, effective) || !is_ours(ids, saved)) && !capable(cap))
		return -EPERM;
	change(&ids->real, real);
	change(&ids->effective, effective);
	change(&ids->saved, saved);
	return 0;
}

/* ---- users ------------------------------------------------------------------------------------------------------- */

static struct ids uids_of(const struct cred *c)
{
	return (struct ids){ .real = c->uid, .effective = c->euid, .saved = c->suid };
}

static bool any_root(const struct cred *c)
{
	return c->uid == 0 || c->euid == 0 || c->suid == 0;
}

/* Be @ids: the user and the powers follow. 0, -EAGAIN, -ENOMEM. */
static long commit_uids(const struct ids *ids)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();
	struct user_struct *user;

	if (!new)
		return -ENOMEM;
	new->uid = ids->real;
	new->euid = new->fsuid = ids->effective;
	new->suid = ids->saved;
	if (new->uid != old->uid) {
		user = alloc_uid(new->uid);
		if (!user) {
			abort_creds(new);
			return -EAGAIN;
		}
		free_uid(new->user);
		new->user = user;
		/* Programs do not expect setuid() to fail for this; execve() may. */
		if (exceeds_nproc(user, 1))
			current->flags |= PF_NPROC_EXCEEDED;
		else
			current->flags &= ~PF_NPROC_EXCEEDED;
	}
	if (any_root(old) && !any_root(new))
		new->cap_permitted = new->cap_effective = new->cap_ambient = CAP_EMPTY_SET;
	if (old->euid == 0 && new->euid != 0)
		new->cap_effective = CAP_EMPTY_SET;
	if (old->euid != 0 && new->euid == 0)
		new->cap_effective = new->cap_permitted;
	return commit_creds(new);
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	struct ids ids = uids_of(current_cred());

	return set_id(&ids, uid, CAP_SETUID) ?: commit_uids(&ids);
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	struct ids ids = uids_of(current_cred());

	return set_reid(&ids, ruid, euid, CAP_SETUID) ?: commit_uids(&ids);
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	struct ids ids = uids_of(current_cred());

	return set_resid(&ids, ruid, euid, suid, CAP_SETUID) ?: commit_uids(&ids);
}

/* Returns what it was; a failure can be seen only by asking again. */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	struct ids ids = uids_of(current_cred());
	uid_t was = current_fsuid();
	struct cred *new;

	if (uid == UNCHANGED || uid == was || (!is_ours(&ids, uid) && !capable(CAP_SETUID)))
		return was;
	new = prepare_creds();
	if (!new)
		return was;
	new->fsuid = uid;
	if (was == 0)
		new->cap_effective &= ~CAP_FS_SET;
	else if (uid == 0)
		new->cap_effective |= CAP_FS_SET & new->cap_permitted;
	commit_creds(new);
	return was;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static struct ids gids_of(const struct cred *c)
{
	return (struct ids){ .real = c->gid, .effective = c->egid, .saved = c->sgid };
}

/* Be @ids. 0, -ENOMEM. */
static long commit_gids(const struct ids *ids)
{
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	new->gid = ids->real;
	new->egid = new->fsgid = ids->effective;
	new->sgid = ids->saved;
	return commit_creds(new);
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	struct ids ids = gids_of(current_cred());

	return set_id(&ids, gid, CAP_SETGID) ?: commit_gids(&ids);
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	struct ids ids = gids_of(current_cred());

	return set_reid(&ids, rgid, egid, CAP_SETGID) ?: commit_gids(&ids);
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	struct ids ids = gids_of(current_cred());

	return set_resid(&ids, rgid, egid, sgid, CAP_SETGID) ?: commit_gids(&ids);
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	struct ids ids = gids_of(current_cred());
	gid_t was = current_fsgid();
	struct cred *new;

	if (gid == UNCHANGED || gid == was || (!is_ours(&ids, gid) && !capable(CAP_SETGID)))
		return was;
	new = prepare_creds();
	if (!new)
		return was;
	new->fsgid = gid;
	commit_creds(new);
	return was;
}

SYSCALL_DEFINE2(setgroups, int, size, gid_t __user *, list)
{
	struct group_info *gi;
	struct cred *new;
	long err = -EFAULT;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if ((unsigned int)size > NGROUPS_MAX)
		return -EINVAL;
	gi = groups_alloc(size);
	if (!gi)
		return -ENOMEM;
	if (copy_from_user(gi->gid, list, size * sizeof(gid_t)))
		goto out;
	err = -EINVAL;
	for (int i = 0; i < size; i++)
		if (gi->gid[i] == UNCHANGED)
			goto out;
	groups_sort(gi);
	err = -ENOMEM;
	new = prepare_creds();
	if (new) {
		set_groups(new, gi);
		err = commit_creds(new);
	}
out:
	put_group_info(gi);
	return err;
}

/* ---- powers ------------------------------------------------------------------------------------------------------ */

/* capset() knows versions 1 (32 powers) and 3; 2 is 3 under an older name. */
SYSCALL_DEFINE2(capset, struct __user_cap_header_struct __user *, header, struct __user_cap_data_struct __user *, data)
{
	struct __user_cap_data_struct in[2] = { { 0 } };
	kernel_cap_t effective, permitted, inheritable;
	struct __user_cap_header_struct head;
	const struct cred *old = current_cred();
	size_t words = 2;
	struct cred *new;

	if (get_user(head.version, &header->version))
		return -EFAULT;
	if (head.version == 0x19980330)
		words = 1;
	else if (head.version != 0x20071026 && head.version != _LINUX_CAPABILITY_VERSION_3)
		return put_user((u32)_LINUX_CAPABILITY_VERSION_3, &header->version) ? -EFAULT : -EINVAL;
	if (get_user(head.pid, &header->pid))
		return -EFAULT;
	if (head.pid && head.pid != task_pid_vnr(current))
		return -EPERM;
	if (copy_from_user(in, data, words * sizeof(in[0])))
		return -EFAULT;
	effective = (in[0].effective | (u64)in[1].effective << 32) & CAP_FULL_SET;
	permitted = (in[0].permitted | (u64)in[1].permitted << 32) & CAP_FULL_SET;
	inheritable = (in[0].inheritable | (u64)in[1].inheritable << 32) & CAP_FULL_SET;

	/*
	 * Inheritable grows from what is permitted, with CAP_SETPCAP from what is bounded; permitted never grows;
	 * effective stays within it.
	 */
	if (((inheritable & ~(old->cap_inheritable | old->cap_permitted)) && !capable(CAP_SETPCAP)) ||
	    (inheritable & ~(old->cap_inheritable | old->cap_bset)) || (permitted & ~old->cap_permitted) ||
	    (effective & ~permitted))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_effective = effective;
	new->cap_permitted = permitted;
	new->cap_inheritable = inheritable;
	new->cap_ambient &= permitted & inheritable;
	return commit_creds(new);
}

/* ---- process groups and sessions --------------------------------------------------------------------------------- */

static long do_setpgid(pid_t pid, pid_t pgid)
{
	struct task_struct *me = current->group_leader, *p = find_task_by_vpid(pid), *other;
	struct pid *pgrp;

	if (!p)
		return -ESRCH;
	if (!thread_group_leader(p))
		return -EINVAL;
	if (same_thread_group(p->real_parent, me)) {
		if (task_session(p) != task_session(me))
			return -EPERM;
		/* The program that a child has become has a right to the group that it found. */
		if (!(p->flags & PF_FORKNOEXEC))
			return -EACCES;
	} else if (p != me) {
		return -ESRCH;
	}
	if (p->signal->leader)
		return -EPERM;
	pgrp = task_pid(p);
	if (pgid != pid) {
		pgrp = find_vpid(pgid);
		other = pid_task(pgrp, PIDTYPE_PGID);
		if (!other || task_session(other) != task_session(me))
			return -EPERM;
	}
	if (task_pgrp(p) != pgrp)
		change_pid(p, PIDTYPE_PGID, pgrp);
	return 0;
}

SYSCALL_DEFINE2(setpgid, pid_t, pid, pid_t, pgid)
{
	long err;

	if (!pid)
		pid = task_tgid_vnr(current);
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	write_lock_irq(&tasklist_lock);
	err = do_setpgid(pid, pgid);
	write_unlock_irq(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE0(setsid)
{
	struct task_struct *me = current->group_leader;
	struct pid *sid = task_pid(me);
	long err = -EPERM;

	write_lock_irq(&tasklist_lock);
	/* Leader of a session, or there is a group of this name: then somebody else may be in it. */
	if (!me->signal->leader && !pid_task(sid, PIDTYPE_PGID)) {
		me->signal->leader = 1;
		if (task_session(me) != sid)
			change_pid(me, PIDTYPE_SID, sid);
		if (task_pgrp(me) != sid)
			change_pid(me, PIDTYPE_PGID, sid);
		spin_lock(&me->sighand->siglock);
		me->signal->tty = NULL;
		spin_unlock(&me->sighand->siglock);
		err = pid_vnr(sid);
	}
	write_unlock_irq(&tasklist_lock);
	return err;
}
