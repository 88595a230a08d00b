/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/sys.c - the system calls that answer from what the kernel knows already: names, numbers, totals.
 *
 * None of them has a theory of its own; what they have in common is care with the answer. A structure is filled in
 * kernel memory, zeroed first so that no padding tells what was there before, and copied out in one piece. Ids of
 * current need no lock: only current changes them.
 *
 * Linux: kernel/sys.c, kernel/utsname.c, kernel/capability.c.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/mm.h>
#include <primer/pid.h>
#include <primer/random.h>
#include <primer/sched.h>
#include <primer/sched/loadavg.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/timekeeping.h>
#include <primer/utsname.h>
#include <primer/version.h>
#include <asm/uaccess.h>
#include <uapi/personality.h>
#include <uapi/random.h>
#include <uapi/sysinfo.h>

/* ---- the system's names ---- */

struct new_utsname system_utsname = {
	.sysname = UTS_SYSNAME,
	.nodename = "(none)",
	.release = UTS_RELEASE,
	.version = UTS_VERSION,
	.machine = UTS_MACHINE,
	.domainname = "(none)",
};
DECLARE_RWSEM(uts_sem, LOCK_RANK_SLEEPING_LEAF);	/* nodename and domainname */

SYSCALL_DEFINE1(uname, struct new_utsname __user *, name)
{
	struct new_utsname copy;

	down_read(&uts_sem);
	copy = system_utsname;
	up_read(&uts_sem);
	return copy_to_user(name, &copy, sizeof(copy)) ? -EFAULT : 0;
}

/* Not longer than the field, and no terminating NUL expected from the user. */
static long set_name(char *field, const char __user *name, int len)
{
	char copy[__NEW_UTS_LEN + 1] = { 0 };

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(copy, name, len))
		return -EFAULT;
	down_write(&uts_sem);
	memcpy(field, copy, sizeof(copy));
	up_write(&uts_sem);
	return 0;
}

SYSCALL_DEFINE2(sethostname, const char __user *, name, int, len)
{
	return set_name(system_utsname.nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char __user *, name, int, len)
{
	return set_name(system_utsname.domainname, name, len);
}

/* ---- who am I ---- */

SYSCALL_DEFINE0(getpid)
{
	return current->tgid;
}

SYSCALL_DEFINE0(gettid)
{
	return current->pid;
}

SYSCALL_DEFINE0(getppid)
{
	return task_ppid_nr(current);
}

SYSCALL_DEFINE0(getuid)
{
	return current_uid();
}

SYSCALL_DEFINE0(geteuid)
{
	return current_euid();
}

SYSCALL_DEFINE0(getgid)
{
	return current_gid();
}

SYSCALL_DEFINE0(getegid)
{
	return current_egid();
}

SYSCALL_DEFINE3(getresuid, uid_t __user *, ruid, uid_t __user *, euid, uid_t __user *, suid)
{
	if (put_user(current_uid(), ruid) || put_user(current_euid(), euid) || put_user(current_suid(), suid))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE3(getresgid, gid_t __user *, rgid, gid_t __user *, egid, gid_t __user *, sgid)
{
	if (put_user(current_gid(), rgid) || put_user(current_egid(), egid) || put_user(current_sgid(), sgid))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE2(getgroups, int, size, gid_t __user *, list)
{
	const struct group_info *gi = current_cred()->group_info;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return gi->ngroups;
	if (gi->ngroups > size)
		return -EINVAL;
	return copy_to_user(list, gi->gid, gi->ngroups * sizeof(gid_t)) ? -EFAULT : gi->ngroups;
}

/* The group or session of process @pid (0: current's); -ESRCH. */
static long id_of(pid_t pid, enum pid_type type)
{
	struct task_struct *p = current;
	long id = -ESRCH;

	read_lock(&tasklist_lock);
	if (pid)
		p = find_task_by_vpid(pid);
	if (p)
		id = pid_nr(type == PIDTYPE_SID ? task_session(p) : task_pgrp(p));
	read_unlock(&tasklist_lock);
	return id;
}

SYSCALL_DEFINE0(getpgrp)
{
	return id_of(0, PIDTYPE_PGID);
}

SYSCALL_DEFINE1(getpgid, pid_t, pid)
{
	return id_of(pid, PIDTYPE_PGID);
}

SYSCALL_DEFINE1(getsid, pid_t, pid)
{
	return id_of(pid, PIDTYPE_SID);
}

SYSCALL_DEFINE1(set_tid_address, int __user *, tidptr)
{
	current->clear_child_tid = tidptr;
	return current->pid;
}

/*
 * Restartable sequences: the C library asks at every start, and -ENOSYS is the answer that it expects of a kernel
 * without.
 */
SYSCALL_DEFINE4(rseq, void __user *, rseq, u32, len, int, flags, u32, sig)
{
	return -ENOSYS;
}

SYSCALL_DEFINE1(personality, unsigned int, personality)
{
	unsigned int old = current->personality;

	if (personality != 0xffffffff)
		current->personality = personality;
	return old;
}

/* ---- capabilities, in the form of version 3: two sets of 32 bits ---- */

#define _LINUX_CAPABILITY_VERSION_1	0x19980330
#define _LINUX_CAPABILITY_VERSION_2	0x20071026
#define _LINUX_CAPABILITY_VERSION_3	0x20080522

struct cap_user_header {
	u32 version;
	int pid;
};

struct cap_user_data {
	u32 effective, permitted, inheritable;
};

SYSCALL_DEFINE2(capget, struct cap_user_header __user *, header, struct cap_user_data __user *, data)
{
	struct cap_user_data out[2];
	struct task_struct *task;
	const struct cred *cred;
	int words = 2, i;
	u32 version;
	pid_t pid;

	if (get_user(version, &header->version))
		return -EFAULT;
	if (version == _LINUX_CAPABILITY_VERSION_1) {
		words = 1;
	} else if (version != _LINUX_CAPABILITY_VERSION_2 && version != _LINUX_CAPABILITY_VERSION_3) {
		/* This is how a program asks for the version to use. */
		if (put_user((u32)_LINUX_CAPABILITY_VERSION_3, &header->version))
			return -EFAULT;
		return data ? -EINVAL : 0;
	}
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	if (pid && pid != current->pid) {
		task = find_get_task_by_vpid(pid);
		if (!task)
			return -ESRCH;
		cred = get_task_cred(task);
		put_task_struct(task);
	} else {
		cred = get_cred(current_cred());
	}
	for (i = 0; i < words; i++) {
		out[i].effective = cred->cap_effective >> (32 * i);
		out[i].permitted = cred->cap_permitted >> (32 * i);
		out[i].inheritable = cred->cap_inheritable >> (32 * i);
	}
	put_cred(cred);
	if (data && copy_to_user(data, out, words * sizeof(out[0])))
		return -EFAULT;
	return 0;
}

/* ---- the machine ---- */

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, info)
{
	struct sysinfo si;

	memset(&si, 0, sizeof(si));
	si.uptime = ktime_get_boottime_ns() / NSEC_PER_SEC + 1;
	get_avenrun(si.loads, 0, SI_LOAD_SHIFT - FSHIFT);
	si.totalram = totalram_pages() << PAGE_SHIFT;
	si.freeram = nr_free_pages() << PAGE_SHIFT;
	si.sharedram = kernel_pages(NR_SHMEM) << PAGE_SHIFT;
	si.procs = READ_ONCE(nr_threads);
	si.mem_unit = 1;
	return copy_to_user(info, &si, sizeof(si)) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(getrandom, char __user *, buf, size_t, len, unsigned int, flags)
{
	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_INSECURE | GRND_RANDOM)) == (GRND_INSECURE | GRND_RANDOM))
		return -EINVAL;
	return get_random_bytes_user(buf, len < INT_MAX ? len : INT_MAX);
}
