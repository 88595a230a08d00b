/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sleep.h - let time pass without using the CPU. The theory is in kernel/sync/sleep.c.
 *
 * Context of everything here: task; may sleep.
 */
#ifndef PRIMER_SLEEP_H
#define PRIMER_SLEEP_H

#include <primer/hrtimer.h>
#include <primer/jiffies.h>
#include <primer/sched.h>
#include <primer/wait.h>

/*
 * schedule_timeout - schedule(), woken after @timeout jiffies at the latest; the caller has set current's state
 *
 * Returns the jiffies that are left, 0 when the time is up. MAX_SCHEDULE_TIMEOUT: no limit, and it returns that. The forms
 * with a state set it.
 */
long schedule_timeout(long timeout);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_killable(long timeout);
long schedule_timeout_uninterruptible(long timeout);
long schedule_timeout_idle(long timeout);

/* msleep - at least @msecs. _interruptible: or until a signal; what is left, ms. usleep_range - between @min and @max us. */
void msleep(unsigned int msecs);
unsigned long msleep_interruptible(unsigned int msecs);
void usleep_range(unsigned long min, unsigned long max);

/*
 * schedule_hrtimeout_range_clock - schedule(), woken at *@expires (NULL: never) or up to @delta ns later
 *
 * 0: the time has come; -EINTR: woken by something else. @mode: ABS or REL. The caller has set current's state.
 */
int schedule_hrtimeout_range_clock(ktime_t *expires, u64 delta, enum hrtimer_mode mode, clockid_t clock);
int schedule_hrtimeout_range(ktime_t *expires, u64 delta, enum hrtimer_mode mode);
int schedule_hrtimeout(ktime_t *expires, enum hrtimer_mode mode);

/* A task that a timer wakes. task: NULL when it has. */
struct hrtimer_sleeper {
	struct hrtimer timer;
	struct task_struct *task;
};
/* hrtimer_init_sleeper - for current. hrtimer_sleeper_start_expires - when timer's expiry is set. */
void hrtimer_init_sleeper(struct hrtimer_sleeper *sl, clockid_t clock, enum hrtimer_mode mode);
void hrtimer_sleeper_start_expires(struct hrtimer_sleeper *sl, enum hrtimer_mode mode);

/*
 * hrtimer_nanosleep - the work of nanosleep(2): sleep for, or until, @rqtp on @clock
 *
 * 0; -ERESTARTNOHAND (absolute) or -ERESTART_RESTARTBLOCK (relative) when a signal came, with current's restart_block
 * set. The caller has put what rmtp it got into restart_block.nanosleep.
 */
long hrtimer_nanosleep(ktime_t rqtp, enum hrtimer_mode mode, clockid_t clock);
/* nanosleep_copyout - tell the program how much is left, if it wants to know: -ERESTART_RESTARTBLOCK or -EFAULT. */
long nanosleep_copyout(struct restart_block *restart, ktime_t left);

/*
 * wait_event_timeout - wait_event() for at most @timeout jiffies: the jiffies left, at least 1, when @condition came true; else 0
 *
 * _interruptible: or -ERESTARTSYS.
 */
#define ___wait_cond_timeout(condition) ({ \
	bool __cond = (condition); \
	if (__cond && !__left) \
		__left = 1; \
	__cond || !__left; })

#define __wait_event_timeout_common(wq, condition, timeout, state) ({ \
	long __left = (timeout); \
	long __err = 0; \
	might_sleep(); \
	if (!___wait_cond_timeout(condition)) \
		__err = ___wait_event(wq, ___wait_cond_timeout(condition), state, 0, __left = schedule_timeout(__left)); \
	__err ? __err : __left; })

#define wait_event_timeout(wq, condition, timeout) \
	__wait_event_timeout_common(wq, condition, timeout, TASK_UNINTERRUPTIBLE)
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	__wait_event_timeout_common(wq, condition, timeout, TASK_INTERRUPTIBLE)
#define wait_event_killable_timeout(wq, condition, timeout) \
	__wait_event_timeout_common(wq, condition, timeout, TASK_KILLABLE)

#endif
