/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/rlimit.c - what a process may use, and what it has used.
 *
 * A limit is a pair: the soft one counts, the hard one bounds how far the soft one may be raised. Anybody may lower
 * both; raising the hard one takes CAP_SYS_RESOURCE. Limits belong to the process (signal_struct); who enforces one
 * reads it without a lock at the moment of use, so a change has effect from the next use on.
 *
 * Usage is summed where it arises: in each thread while it lives, in signal_struct when a thread is gone, in the
 * parent's signal_struct when a child has been waited for.
 *
 * Locking: task_lock of the group leader for limits; siglock for the sums. Linux: kernel/sys.c.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/fdtable.h>
#include <primer/pid.h>
#include <primer/process.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/syscalls.h>
#include <primer/time.h>
#include <primer/timekeeping.h>
#include <primer/vm.h>
#include <asm/uaccess.h>
#include <uapi/resource.h>

/*
 * Read the old limit into @old and set @new, either of which may be NULL. The caller has a reference to @p; its process
 * may end all the same, and the leader, whose lock covers the limits, be freed: tasklist_lock keeps it from that as long
 * as @p is not reaped. -ESRCH: it is.
 */
static int do_prlimit(struct task_struct *p, unsigned int resource, const struct rlimit *new, struct rlimit *old)
{
	struct rlimit *limit;
	int err = 0;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new) {
		if (new->rlim_cur > new->rlim_max)
			return -EINVAL;
		if (resource == RLIMIT_NOFILE && new->rlim_max > NR_OPEN_MAX)
			return -EPERM;
	}
	limit = &p->signal->rlim[resource];
	read_lock(&tasklist_lock);
	if (!p->sighand) {
		read_unlock(&tasklist_lock);
		return -ESRCH;
	}
	task_lock(p->group_leader);
	if (new && new->rlim_max > limit->rlim_max && !capable(CAP_SYS_RESOURCE))
		err = -EPERM;
	if (!err) {
		if (old)
			*old = *limit;
		if (new)
			*limit = *new;
	}
	task_unlock(p->group_leader);
	read_unlock(&tasklist_lock);
	return err;
}

/* Another process's limits: for whoever is the same user in every respect. */
static bool may_prlimit(struct task_struct *p)
{
	const struct cred *me = current_cred(), *other;
	bool same;

	if (same_thread_group(p, current))
		return true;
	other = get_task_cred(p);
	same = me->uid == other->euid && me->uid == other->suid && me->uid == other->uid &&
	       me->gid == other->egid && me->gid == other->sgid && me->gid == other->gid;
	put_cred(other);
	return same || capable(CAP_SYS_RESOURCE);
}

SYSCALL_DEFINE4(prlimit64, pid_t, pid, unsigned int, resource, const struct rlimit64 __user *, new_rlim,
		struct rlimit64 __user *, old_rlim)
{
	struct rlimit new, old;
	struct rlimit64 r64;
	struct task_struct *p;
	int err;

	if (new_rlim) {
		if (copy_from_user(&r64, new_rlim, sizeof(r64)))
			return -EFAULT;
		new.rlim_cur = r64.rlim_cur;
		new.rlim_max = r64.rlim_max;
	}
	if (pid) {
		p = find_get_task_by_vpid(pid);
		if (!p)
			return -ESRCH;
	} else {
		p = get_task_struct(current);
	}
	err = may_prlimit(p) ? do_prlimit(p, resource, new_rlim ? &new : NULL, old_rlim ? &old : NULL) : -EPERM;
	put_task_struct(p);
	if (!err && old_rlim) {
		r64.rlim_cur = old.rlim_cur;
		r64.rlim_max = old.rlim_max;
		if (copy_to_user(old_rlim, &r64, sizeof(r64)))
			return -EFAULT;
	}
	return err;
}

SYSCALL_DEFINE2(getrlimit, unsigned int, resource, struct rlimit __user *, rlim)
{
	struct rlimit value;
	int err = do_prlimit(current, resource, NULL, &value);

	if (err)
		return err;
	return copy_to_user(rlim, &value, sizeof(value)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(setrlimit, unsigned int, resource, const struct rlimit __user *, rlim)
{
	struct rlimit value;

	if (copy_from_user(&value, rlim, sizeof(value)))
		return -EFAULT;
	return do_prlimit(current, resource, &value, NULL);
}

/* ---- usage ---- */

/* Sums in nanoseconds, before they become seconds and microseconds. */
struct cpu_times {
	u64 utime, stime;
};

static void add_thread(struct task_struct *t, struct rusage *ru, struct cpu_times *sum)
{
	u64 utime, stime;

	task_cputime(t, &utime, &stime);
	sum->utime += utime;
	sum->stime += stime;
	ru->ru_nvcsw += t->nvcsw;
	ru->ru_nivcsw += t->nivcsw;
	ru->ru_minflt += t->min_flt;
	ru->ru_majflt += t->maj_flt;
}

static void sum_usage(struct task_struct *p, int who, struct rusage *ru, struct cpu_times *sum)
{
	struct signal_struct *sig = p->signal;
	unsigned long maxrss = 0, flags;
	struct task_struct *t;
	struct mm_struct *mm;

	memset(ru, 0, sizeof(*ru));
	*sum = (struct cpu_times){ 0 };
	if (who == RUSAGE_THREAD) {
		add_thread(p, ru, sum);
		maxrss = sig->maxrss;
	} else {
		/* Threads come and go under tasklist_lock, the sums under siglock. */
		read_lock(&tasklist_lock);
		if (lock_task_sighand(p, &flags)) {
			if (who == RUSAGE_CHILDREN || who == USAGE_BOTH) {
				sum->utime = sig->cutime;
				sum->stime = sig->cstime;
				ru->ru_nvcsw = sig->cnvcsw;
				ru->ru_nivcsw = sig->cnivcsw;
				ru->ru_minflt = sig->cmin_flt;
				ru->ru_majflt = sig->cmaj_flt;
				maxrss = sig->cmaxrss;
			}
			if (who == RUSAGE_SELF || who == USAGE_BOTH) {
				sum->utime += sig->utime;
				sum->stime += sig->stime;
				ru->ru_nvcsw += sig->nvcsw;
				ru->ru_nivcsw += sig->nivcsw;
				ru->ru_minflt += sig->min_flt;
				ru->ru_majflt += sig->maj_flt;
				maxrss = max(maxrss, sig->maxrss);
				for_each_thread(p, t)
					add_thread(t, ru, sum);
			}
			unlock_task_sighand(p, &flags);
		}
		read_unlock(&tasklist_lock);
	}
	if (who != RUSAGE_CHILDREN) {
		mm = get_task_mm(p);
		if (mm) {
			maxrss = max(maxrss, get_mm_hiwater_rss(mm));
			mmput(mm);
		}
	}
	ru->ru_maxrss = maxrss * (PAGE_SIZE / 1024);
}

void getrusage(struct task_struct *p, int who, struct rusage *ru)
{
	struct cpu_times sum;

	sum_usage(p, who, ru, &sum);
	ru->ru_utime.tv_sec = sum.utime / NSEC_PER_SEC;
	ru->ru_utime.tv_usec = sum.utime % NSEC_PER_SEC / NSEC_PER_USEC;
	ru->ru_stime.tv_sec = sum.stime / NSEC_PER_SEC;
	ru->ru_stime.tv_usec = sum.stime % NSEC_PER_SEC / NSEC_PER_USEC;
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, usage)
{
	struct rusage ru;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage(current, who, &ru);
	return copy_to_user(usage, &ru, sizeof(ru)) ? -EFAULT : 0;
}

struct tms {
	long tms_utime, tms_stime, tms_cutime, tms_cstime;	/* 1/USER_HZ seconds */
};

SYSCALL_DEFINE1(times, struct tms __user *, tbuf)
{
	struct cpu_times self, children;
	struct rusage unused;
	struct tms t;

	if (tbuf) {
		sum_usage(current, RUSAGE_SELF, &unused, &self);
		sum_usage(current, RUSAGE_CHILDREN, &unused, &children);
		t.tms_utime = nsec_to_clock_t(self.utime);
		t.tms_stime = nsec_to_clock_t(self.stime);
		t.tms_cutime = nsec_to_clock_t(children.utime);
		t.tms_cstime = nsec_to_clock_t(children.stime);
		if (copy_to_user(tbuf, &t, sizeof(t)))
			return -EFAULT;
	}
	return nsec_to_clock_t(ktime_get_boottime_ns());
}
