/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/ids.c - changing who one is: users, groups, powers, process groups and sessions.
 *
 * Users. A task has four uids: the real one (who started it), the effective one (as whom it acts), the saved one (whom it may become
 * again) and the one that counts for files, which follows the effective one. The calls differ in which they set:
 *
 *	              privileged (CAP_SETUID)		others
 *	setuid(u)     uid, euid, suid = u		euid = u, if u is uid or suid
 *	setreuid(r,e) uid = r, euid = e			r among uid, euid; e among uid, euid, suid
 *	setresuid     each as told			each among uid, euid, suid
 *	setfsuid(u)   fsuid = u				among all four
 *
 * -1 leaves one as it is. setreuid() also sets the saved one to the new effective one when it has set the real one or taken an
 * effective one other than the real: else a program that gave up its power for good could take it back.
 *
 * Power follows uid 0: leaving it with all three uids empties the permitted set, with the effective one the effective set; coming back
 * to effective uid 0 makes effective what is permitted. Group ids work the same way without powers.
 *
 * Process groups and sessions. A group is a job of a shell, a session is a login: groups do not cross sessions. So setpgid() takes the
 * caller or a child of his that has not yet called execve(), and only into a group of the same session; a session's leader stays
 * where it is. setsid() starts a new session with one group, both named after the caller, who must not lead a group already, for
 * then others would be in it.
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
#define CAP_FS_SET	(1ULL << CAP_CHOWN | 1ULL << CAP_MKNOD | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_DAC_READ_SEARCH | \
			 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_MAC_OVERRIDE | 1ULL << CAP_LINUX_IMMUTABLE)

/* ---- users --------------------------------------------------------------------------------------------------------- */

static bool is_ours(const struct cred *old, uid_t uid)
{
	return uid_eq(uid, old->uid) || uid_eq(uid, old->euid) || uid_eq(uid, old->suid);
}

static bool any_root(const struct cred *c)
{
	return c->uid == 0 || c->euid == 0 || c->suid == 0;
}

/* The uids of @new are set: its user and its powers follow. commit_creds() takes it. */
static long commit_uids(struct cred *new, const struct cred *old)
{
	struct user_struct *user;

	if (new->uid != old->uid) {
		user = alloc_uid(new->uid);
		if (!user) {
			abort_creds(new);
			return -EAGAIN;
		}
		free_uid(new->user);
		new->user = user;
	}
	new->fsuid = new->euid;
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
	const struct cred *old = current_cred();
	struct cred *new;

	if (uid == UNCHANGED)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETUID)) {
		new->uid = new->suid = uid;
	} else if (!uid_eq(uid, old->uid) && !uid_eq(uid, old->suid)) {
		abort_creds(new);
		return -EPERM;
	}
	new->euid = uid;
	return commit_uids(new, old);
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if ((ruid != UNCHANGED && !uid_eq(ruid, old->uid) && !uid_eq(ruid, old->euid) && !capable(CAP_SETUID)) ||
	    (euid != UNCHANGED && !is_ours(old, euid) && !capable(CAP_SETUID))) {
		abort_creds(new);
		return -EPERM;
	}
	if (ruid != UNCHANGED)
		new->uid = ruid;
	if (euid != UNCHANGED)
		new->euid = euid;
	if (ruid != UNCHANGED || (euid != UNCHANGED && !uid_eq(euid, old->uid)))
		new->suid = new->euid;
	return commit_uids(new, old);
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if (((ruid != UNCHANGED && !is_ours(old, ruid)) || (euid != UNCHANGED && !is_ours(old, euid)) ||
	     (suid != UNCHANGED && !is_ours(old, suid))) && !capable(CAP_SETUID)) {
		abort_creds(new);
		return -EPERM;
	}
	if (ruid != UNCHANGED)
		new->uid = ruid;
	if (euid != UNCHANGED)
		new->euid = euid;
	if (suid != UNCHANGED)
		new->suid = suid;
	return commit_uids(new, old);
}

/* Returns what it was; a failure can be seen only by asking again. */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	uid_t was = old->fsuid;
	struct cred *new;

	if (uid == UNCHANGED || uid_eq(uid, was) || (!is_ours(old, uid) && !capable(CAP_SETUID)))
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

/* ---- groups -------------------------------------------------------------------------------------------------------- */

static bool is_our_group(const struct cred *old, gid_t gid)
{
	return gid_eq(gid, old->gid) || gid_eq(gid, old->egid) || gid_eq(gid, old->sgid);
}

static long commit_gids(struct cred *new)
{
	new->fsgid = new->egid;
	return commit_creds(new);
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (gid == UNCHANGED)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETGID)) {
		new->gid = new->sgid = gid;
	} else if (!gid_eq(gid, old->gid) && !gid_eq(gid, old->sgid)) {
		abort_creds(new);
		return -EPERM;
	}
	new->egid = gid;
	return commit_gids(new);
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if ((rgid != UNCHANGED && !gid_eq(rgid, old->gid) && !gid_eq(rgid, old->egid) && !capable(CAP_SETGID)) ||
	    (egid != UNCHANGED && !is_our_group(old, egid) && !capable(CAP_SETGID))) {
		abort_creds(new);
		return -EPERM;
	}
	if (rgid != UNCHANGED)
		new->gid = rgid;
	if (egid != UNCHANGED)
		new->egid = egid;
	if (rgid != UNCHANGED || (egid != UNCHANGED && !gid_eq(egid, old->gid)))
		new->sgid = new->egid;
	return commit_gids(new);
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	const struct cred *old = current_cred();
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if (((rgid != UNCHANGED && !is_our_group(old, rgid)) || (egid != UNCHANGED && !is_our_group(old, egid)) ||
	     (sgid != UNCHANGED && !is_our_group(old, sgid))) && !capable(CAP_SETGID)) {
		abort_creds(new);
		return -EPERM;
	}
	if (rgid != UNCHANGED)
		new->gid = rgid;
	if (egid != UNCHANGED)
		new->egid = egid;
	if (sgid != UNCHANGED)
		new->sgid = sgid;
	return commit_gids(new);
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	gid_t was = old->fsgid;
	struct cred *new;

	if (gid == UNCHANGED || gid_eq(gid, was) || (!is_our_group(old, gid) && !capable(CAP_SETGID)))
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

/* ---- powers -------------------------------------------------------------------------------------------------------- */

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

	/* Inheritable grows from what is permitted, with CAP_SETPCAP from what is bounded; permitted never; effective within it. */
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

/* ---- process groups and sessions ----------------------------------------------------------------------------------- */

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
