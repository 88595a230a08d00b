/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/affinity.c - on which CPUs may a task run, and on which does it: sched_setaffinity, sched_getaffinity, getcpu.
 *
 * A set of CPUs is a string of bytes of a size that the program chooses, since it cannot know how many CPUs a kernel was built for:
 * setting takes what fits and ignores the rest, getting writes the kernel's size and says how much that was. CPUs that do not exist may
 * be named; a set without any that runs may not. Moving a running task is sched/params.c's work.
 *
 * Locking: a reference to the task; its mask is read under pi_lock. getcpu() may be out of date when it returns, so it
 * takes no lock; but it looks once, and so the node is that CPU's.
 *
 * Linux: kernel/sched/core.c, which also keeps a task within its cpuset; getcpu() is in kernel/sys.c, and in the vDSO.
 */
#include <primer/cpumask.h>
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/syscalls.h>
#include <uapi/capability.h>
#include <asm/topology.h>
#include <asm/uaccess.h>

/* The owner may, and who has the power. */
static bool may_set_affinity(struct task_struct *p)
{
	const struct cred *cred = get_task_cred(p);
	bool same = uid_eq(current_euid(), cred->euid) || uid_eq(current_euid(), cred->uid);

	put_cred(cred);
	return same || capable(CAP_SYS_NICE);
}

SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, user_mask)
{
	cpumask_t mask = CPU_MASK_NONE;
	struct task_struct *p;
	long err;

	if (copy_from_user(&mask, user_mask, min_t(size_t, len, sizeof(mask))))
		return -EFAULT;
	p = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	if (!p)
		return -ESRCH;
	cpumask_and(&mask, &mask, cpu_possible_mask);
	if (p->flags & PF_NO_SETAFFINITY)
		err = -EINVAL;
	else if (!may_set_affinity(p))
		err = -EPERM;
	else
		err = set_cpus_allowed_user(p, &mask);
	put_task_struct(p);
	return err;
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, user_mask)
{
	struct task_struct *p;
	unsigned long flags;
	cpumask_t mask;

	if (len * 8 < nr_cpu_ids || len % sizeof(unsigned long))	/* in 32 bits, as on Linux */
		return -EINVAL;
	p = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	if (!p)
		return -ESRCH;
	spin_lock_irqsave(&p->pi_lock, flags);
	cpumask_and(&mask, &p->cpus_mask, cpu_active_mask);
	spin_unlock_irqrestore(&p->pi_lock, flags);
	put_task_struct(p);

	len = min_t(unsigned int, len, sizeof(mask));
	return copy_to_user(user_mask, &mask, len) ? -EFAULT : (long)len;
}

SYSCALL_DEFINE3(getcpu, unsigned int __user *, cpup, unsigned int __user *, nodep, void __user *, unused)
{
	unsigned int cpu = raw_smp_processor_id();

	if (cpup && put_user(cpu, cpup))
		return -EFAULT;
	if (nodep && put_user((unsigned int)cpu_to_node(cpu), nodep))
		return -EFAULT;
	return 0;
}
