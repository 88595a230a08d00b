/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/clock.c - system calls that tell or set the time.
 *
 * The clocks that are the same for everybody are kernel/time's. Here are those that belong to a process or a thread:
 * they show CPU time. Besides CLOCK_PROCESS_CPUTIME_ID and CLOCK_THREAD_CPUTIME_ID there is one for each process, named
 * by a negative number:
 *
 *	 31                              3   2   1  0
 *	+---------------------------------+---+-----+
 *	|  ~pid                           | T |  2  |	T: a thread, else a process; 2: as the scheduler measured it
 *	+---------------------------------+---+-----+
 *
 * Kinds 0 and 1 (as the tick saw it) are answered from the same measurement. Linux: kernel/time/posix-timers.c,
 * posix-cpu-timers.c.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/syscalls.h>
#include <primer/time.h>
#include <primer/timekeeping.h>
#include <asm/uaccess.h>
#include <uapi/time.h>

#define CPUCLOCK_PID(clock)		((pid_t)~((clock) >> 3))
#define CPUCLOCK_PERTHREAD(clock)	((clock) & 4)
#define CPUCLOCK_WHICH(clock)		((clock) & 3)
#define CPUCLOCK_MAX			3

static u64 process_cpu_ns(struct task_struct *p)
{
	struct task_struct *t;
	u64 ns = 0;

	read_lock(&tasklist_lock);
	if (pid_alive(p)) {
		ns = p->signal->sum_sched_runtime;
		for_each_thread(p, t)
			ns += task_sched_runtime(t);
	}
	read_unlock(&tasklist_lock);
	return ns;
}

static int cpu_clock_get(clockid_t clock, u64 *ns)
{
	struct task_struct *p;
	pid_t pid;

	if (clock == CLOCK_PROCESS_CPUTIME_ID) {
		*ns = process_cpu_ns(current);
		return 0;
	}
	if (clock == CLOCK_THREAD_CPUTIME_ID) {
		*ns = task_sched_runtime(current);
		return 0;
	}
	if (clock >= 0 || CPUCLOCK_WHICH(clock) >= CPUCLOCK_MAX)
		return -EINVAL;
	pid = CPUCLOCK_PID(clock);
	p = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	if (!p)
		return -EINVAL;
	if (CPUCLOCK_PERTHREAD(clock) && same_thread_group(p, current))
		*ns = task_sched_runtime(p);
	else if (!CPUCLOCK_PERTHREAD(clock) && (p->tgid == p->pid || !pid))
		*ns = process_cpu_ns(p);
	else
		pid = -1;
	put_task_struct(p);
	return pid < 0 ? -EINVAL : 0;
}

/* @clock as a time of the machine, or of a process; 0 or -EINVAL. */
static int any_clock_get(clockid_t clock, struct timespec64 *ts)
{
	u64 ns;
	int err;

	if (clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID)
		return clock_get(clock, ts);
	err = cpu_clock_get(clock, &ns);
	if (!err)
		*ts = ns_to_timespec64(ns);
	return err;
}

static int put_timespec(struct __kernel_timespec __user *to, const struct timespec64 *ts)
{
	struct __kernel_timespec out = { .tv_sec = ts->tv_sec, .tv_nsec = ts->tv_nsec };

	return copy_to_user(to, &out, sizeof(out)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(clock_gettime, clockid_t, which, struct __kernel_timespec __user *, tp)
{
	struct timespec64 ts;
	int err = any_clock_get(which, &ts);

	return err ? err : put_timespec(tp, &ts);
}

SYSCALL_DEFINE2(clock_getres, clockid_t, which, struct __kernel_timespec __user *, tp)
{
	struct timespec64 ts = { .tv_sec = 0, .tv_nsec = 1 };
	u64 ns;
	int err;

	if (which >= 0 && which != CLOCK_PROCESS_CPUTIME_ID && which != CLOCK_THREAD_CPUTIME_ID)
		err = clock_res(which, &ts);
	else
		err = cpu_clock_get(which, &ns);
	if (err || !tp)
		return err;
	return put_timespec(tp, &ts);
}

SYSCALL_DEFINE2(clock_settime, clockid_t, which, const struct __kernel_timespec __user *, tp)
{
	struct __kernel_timespec in;
	struct timespec64 ts;

	if (which != CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&in, tp, sizeof(in)))
		return -EFAULT;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	ts.tv_sec = in.tv_sec;
	ts.tv_nsec = in.tv_nsec;
	return do_settimeofday64(&ts);
}

static struct timezone sys_tz;		/* what settimeofday() last said; nobody here uses it */

SYSCALL_DEFINE2(gettimeofday, struct __kernel_old_timeval __user *, tv, struct timezone __user *, tz)
{
	if (tv) {
		struct __kernel_old_timeval out;
		struct timespec64 ts;

		ktime_get_real_ts64(&ts);
		out.tv_sec = ts.tv_sec;
		out.tv_usec = ts.tv_nsec / NSEC_PER_USEC;
		if (copy_to_user(tv, &out, sizeof(out)))
			return -EFAULT;
	}
	if (tz && copy_to_user(tz, &sys_tz, sizeof(sys_tz)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE2(settimeofday, const struct __kernel_old_timeval __user *, tv, const struct timezone __user *, tz)
{
	struct __kernel_old_timeval in;
	struct timezone new_tz;
	struct timespec64 ts;

	if (tv) {
		if (copy_from_user(&in, tv, sizeof(in)))
			return -EFAULT;
		if (in.tv_usec < 0 || in.tv_usec > USEC_PER_SEC)
			return -EINVAL;
	}
	if (tz && copy_from_user(&new_tz, tz, sizeof(new_tz)))
		return -EFAULT;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (tz) {
		if (new_tz.tz_minuteswest > 15 * 60 || new_tz.tz_minuteswest < -15 * 60)
			return -EINVAL;
		sys_tz = new_tz;
	}
	if (!tv)
		return 0;
	ts.tv_sec = in.tv_sec;
	ts.tv_nsec = in.tv_usec * NSEC_PER_USEC;
	return do_settimeofday64(&ts);
}

SYSCALL_DEFINE1(time, long __user *, tloc)
{
	long now = ktime_get_real_seconds();

	if (tloc && put_user(now, tloc))
		return -EFAULT;
	return now;
}
