/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/prctl.c - prctl(2) and arch_prctl(2): small switches of a task about itself.
 *
 * An option that the kernel has no mechanism for is refused with -EINVAL, which is what Linux says of an option that it
 * was built without: programs then do without. Unused arguments must be zero where Linux demands that.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/vm.h>
#include <asm/prctl.h>
#include <asm/uaccess.h>
#include <uapi/prctl.h>

static long prctl_set_name(const char __user *name)
{
	char comm[TASK_COMM_LEN] = { 0 };

	if (strncpy_from_user(comm, name, sizeof(comm) - 1) < 0)
		return -EFAULT;
	set_task_comm(current, comm);
	return 0;
}

static long prctl_get_name(char __user *name)
{
	char comm[TASK_COMM_LEN] = { 0 };

	get_task_comm(comm, current);
	return copy_to_user(name, comm, sizeof(comm)) ? -EFAULT : 0;
}

/*
 * Those who were born already learn it too. The list is in the order of birth, and nobody's parent is younger than itself:
 * when a task has its turn, its parent has had its own.
 */
static void set_child_subreaper(struct task_struct *me, bool on)
{
	struct task_struct *p;

	write_lock_irq(&tasklist_lock);
	me->signal->is_child_subreaper = on;
	if (on)
		for_each_process(p)
			if (same_thread_group(p->real_parent, me) || p->real_parent->signal->has_child_subreaper)
				p->signal->has_child_subreaper = 1;
	write_unlock_irq(&tasklist_lock);
}

SYSCALL_DEFINE5(prctl, int, option, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4, unsigned long, arg5)
{
	struct task_struct *me = current;

	switch (option) {
	case PR_SET_NAME:
		return prctl_set_name((const char *)arg2);
	case PR_GET_NAME:
		return prctl_get_name((char *)arg2);
	case PR_GET_DUMPABLE:
		return me->mm->flags & MMF_DUMPABLE_MASK;
	case PR_SET_DUMPABLE:
		if (arg2 != SUID_DUMP_DISABLE && arg2 != SUID_DUMP_USER)
			return -EINVAL;
		me->mm->flags = (me->mm->flags & ~MMF_DUMPABLE_MASK) | arg2;
		return 0;
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING:
		return arg2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_GET_TSC:
		return put_user(PR_TSC_ENABLE, (int *)arg2);
	case PR_SET_TSC:
		return arg2 == PR_TSC_ENABLE ? 0 : -EINVAL;
	case PR_GET_TIMERSLACK:
		return (long)min(me->timer_slack_ns, (u64)LONG_MAX);
	case PR_SET_TIMERSLACK:
		me->timer_slack_ns = (long)arg2 <= 0 ? me->default_timer_slack_ns : arg2;
		return 0;
	case PR_SET_CHILD_SUBREAPER:
		set_child_subreaper(me, arg2 != 0);
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)me->signal->is_child_subreaper, (int *)arg2);
	case PR_SET_NO_NEW_PRIVS:
		if (arg2 != 1 || arg3 || arg4 || arg5)
			return -EINVAL;
		me->no_new_privs = 1;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : me->no_new_privs;
	case PR_GET_TID_ADDRESS:
		return put_user(me->clear_child_tid, (int **)arg2);
	case PR_CAPBSET_READ:
		return arg2 > CAP_LAST_CAP ? -EINVAL : (long)cap_raised(current_cred()->cap_bset, arg2);
	case PR_GET_SECUREBITS:
		return current_cred()->securebits;
	case PR_GET_SECCOMP:
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, arg)
{
	return do_arch_prctl_64(option, arg);
}
