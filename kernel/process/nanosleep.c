/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/nanosleep.c - nanosleep(2), clock_nanosleep(2), restart_syscall(2): a program lets time pass.
 *
 * The sleep itself is kernel/sync/sleep.c's. Here are the arguments, and the one clock on which there is no hrtimer: the
 * process's CPU time, which passes while its other threads run. A sleeper on it is a cpu_timer that wakes.
 *
 * clock_nanosleep() returns its error and does not set errno; that is the C library's concern. Linux:
 * kernel/time/posix-timers.c, posix-cpu-timers.c, kernel/signal.c.
 */
#include <primer/err.h>
#include <primer/posix_timers.h>
#include <primer/restart_block.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/sleep.h>
#include <primer/syscalls.h>
#include <primer/time.h>

SYSCALL_DEFINE2(nanosleep, const struct __kernel_timespec __user *, rqtp, struct __kernel_timespec __user *, rmtp)
{
	struct timespec64 ts;

	if (get_timespec64(&ts, rqtp))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	current->restart_block.nanosleep.rmtp = rmtp;
	return hrtimer_nanosleep(timespec64_to_ktime(ts), HRTIMER_MODE_REL, CLOCK_MONOTONIC);
}

/* ---- on CPU time ------------------------------------------------------------------------------------------------- */

struct cpu_sleeper {
	struct cpu_timer timer;
	struct task_struct *task;	/* NULL: it is time. [signal->posix_timers_lock] */
};

static void cpu_sleeper_fire(struct cpu_timer *t, u64 now)
{
	struct cpu_sleeper *sleeper = container_of(t, struct cpu_sleeper, timer);
	struct task_struct *task = sleeper->task;

	sleeper->task = NULL;
	wake_up_process(task);
}

static long cpu_nanosleep_restart(struct restart_block *restart);

/* Until @clock, of the process or a thread other than this one, shows @expires. */
static long do_cpu_nanosleep(clockid_t clock, u64 expires, bool absolute)
{
	struct restart_block *restart = &current->restart_block;
	struct signal_struct *sig = current->signal;
	struct cpu_sleeper sleeper = { .timer = { .clock = clock, .expires = expires, .fire = cpu_sleeper_fire }, .task = current };
	struct task_struct *task;
	u64 now;
	int err = own_cpu_clock(clock, &task);

	if (err)
		return err;
	/* It would sleep for ever: its own clock stands still meanwhile. */
	if (task == current) {
		put_task_struct(task);
		return -EINVAL;
	}
	sleeper.timer.task = task;
	INIT_LIST_HEAD(&sleeper.timer.node);

	spin_lock_irq(&sig->posix_timers_lock);
	now = cpu_clock_sample(clock, sig, task);
	if (!absolute)
		sleeper.timer.expires = expires += now;
	if (now >= expires)
		sleeper.task = NULL;
	else
		cpu_timer_arm(&sleeper.timer, sig);
	while (sleeper.task && !signal_pending(current)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock_irq(&sig->posix_timers_lock);
		schedule();
		spin_lock_irq(&sig->posix_timers_lock);
	}
	__set_current_state(TASK_RUNNING);
	cpu_timer_disarm(&sleeper.timer);
	now = cpu_clock_sample(clock, sig, task);
	spin_unlock_irq(&sig->posix_timers_lock);
	if (task)
		put_task_struct(task);

	if (!sleeper.task || now >= expires)
		return 0;
	restart->nanosleep.clockid = clock;
	restart->nanosleep.expires = expires;
	return nanosleep_copyout(restart, (ktime_t)(expires - now));
}

static long cpu_nanosleep_restart(struct restart_block *restart)
{
	long ret = do_cpu_nanosleep(restart->nanosleep.clockid, restart->nanosleep.expires, true);

	return ret == -ERESTART_RESTARTBLOCK ? set_restart_fn(restart, cpu_nanosleep_restart) : ret;
}

static long cpu_nanosleep(clockid_t clock, const struct timespec64 *ts, bool absolute)
{
	struct restart_block *restart = &current->restart_block;
	long ret;

	if (absolute)
		restart->nanosleep.rmtp = NULL;
	ret = do_cpu_nanosleep(clock, (u64)timespec64_to_ns(ts), absolute);
	if (ret != -ERESTART_RESTARTBLOCK)
		return ret;
	return absolute ? -ERESTARTNOHAND : set_restart_fn(restart, cpu_nanosleep_restart);
}

SYSCALL_DEFINE4(clock_nanosleep, clockid_t, which, int, flags, const struct __kernel_timespec __user *, rqtp,
		struct __kernel_timespec __user *, rmtp)
{
	bool absolute = flags & TIMER_ABSTIME;
	struct timespec64 ts;
	int err = is_cpu_clock(which) ? 0 : timers_clockid(which);

	/* It would stand still while its only thread sleeps. */
	if (which == CLOCK_THREAD_CPUTIME_ID)
		return -EOPNOTSUPP;
	if (err < 0)
		return err;
	if (get_timespec64(&ts, rqtp))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	current->restart_block.nanosleep.rmtp = rmtp;
	if (is_cpu_clock(which))
		return cpu_nanosleep(which, &ts, absolute);
	return hrtimer_nanosleep(timespec64_to_ktime(ts), absolute ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL, which);
}

/* What a program calls in place of an interrupted sleep: signal_frame.c puts the number there. */
SYSCALL_DEFINE0(restart_syscall)
{
	struct restart_block *restart = &current->restart_block;

	return restart->fn(restart);
}
