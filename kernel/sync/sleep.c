/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/sleep.c - a task waits for time to pass.
 *
 * The idea. A timer on the sleeper's own stack, whose function wakes it:
 *
 *	set_current_state()				the timer's interrupt
 *	start the timer				...	wake_up_process(task)
 *	schedule()
 *	take the timer back: it may not have run
 *
 * The state is set before the timer starts, so that a timer that runs at once finds a sleeper. After schedule() the timer
 * must be known not to run any more, before its memory is used for something else: del_timer_sync(), hrtimer_cancel().
 *
 * Two kinds. schedule_timeout() counts jiffies on the timer wheel, for waits that something else usually ends.
 * schedule_hrtimeout_range() and nanosleep have exact timers, with slack: current->timer_slack_ns (50 us) that it may be
 * late, so that sleeps which end nearly together share an interrupt. Real-time tasks get none.
 *
 * Interrupted. nanosleep for a span has to go on, after a stop and SIGCONT, for what is left: the absolute end is put into
 * current->restart_block, and the call becomes restart_syscall(). A sleep until a moment just starts again with the same
 * arguments.
 *
 * Linux: kernel/time/timer.c, kernel/time/hrtimer.c.
 */
#include <primer/err.h>
#include <primer/restart_block.h>
#include <primer/sleep.h>
#include <primer/timer.h>
#include <asm/uaccess.h>

/* ---- jiffies ----------------------------------------------------------------------------------------------------- */

struct process_timer {
	struct timer_list timer;
	struct task_struct *task;
};

static void process_timeout(struct timer_list *t)
{
	struct process_timer *timeout = from_timer(timeout, t, timer);

	wake_up_process(timeout->task);
}

long schedule_timeout(long timeout)
{
	struct process_timer timer;
	unsigned long expire;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (WARN_ONCE(timeout < 0, "schedule_timeout: wrong timeout value %lx\n", timeout)) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	expire = timeout + jiffies;
	timer.task = current;
	timer_setup_on_stack(&timer.timer, process_timeout, 0);
	mod_timer(&timer.timer, expire);
	schedule();
	del_timer_sync(&timer.timer);

	timeout = (long)(expire - jiffies);
	return timeout < 0 ? 0 : timeout;
}

long schedule_timeout_interruptible(long timeout)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_killable(long timeout)
{
	__set_current_state(TASK_KILLABLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_uninterruptible(long timeout)
{
	__set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}

long schedule_timeout_idle(long timeout)
{
	__set_current_state(TASK_IDLE);
	return schedule_timeout(timeout);
}

/* The wheel never runs a timer for n jiffies before n whole ones have passed. */
void msleep(unsigned int msecs)
{
	long timeout = (long)msecs_to_jiffies(msecs);

	while (timeout)
		timeout = schedule_timeout_uninterruptible(timeout);
}

unsigned long msleep_interruptible(unsigned int msecs)
{
	long timeout = (long)msecs_to_jiffies(msecs);

	while (timeout && !signal_pending(current))
		timeout = schedule_timeout_interruptible(timeout);
	return jiffies_to_msecs((unsigned long)timeout);
}

/* ---- nanoseconds ------------------------------------------------------------------------------------------------- */

static enum hrtimer_restart hrtimer_wakeup(struct hrtimer *timer)
{
	struct hrtimer_sleeper *t = container_of(timer, struct hrtimer_sleeper, timer);
	struct task_struct *task = t->task;

	/* Cleared before the wakeup: the sleeper that wakes sees that it was us. wake_up_process() has the barrier. */
	WRITE_ONCE(t->task, NULL);
	if (task)
		wake_up_process(task);
	return HRTIMER_NORESTART;
}

void hrtimer_init_sleeper(struct hrtimer_sleeper *sl, clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(&sl->timer, clock, mode);
	sl->timer.function = hrtimer_wakeup;
	sl->task = current;
}

void hrtimer_sleeper_start_expires(struct hrtimer_sleeper *sl, enum hrtimer_mode mode)
{
	hrtimer_start_expires(&sl->timer, mode);
}

static u64 slack_of(struct task_struct *p)
{
	return rt_prio(p->prio) ? 0 : p->timer_slack_ns;
}

int schedule_hrtimeout_range_clock(ktime_t *expires, u64 delta, enum hrtimer_mode mode, clockid_t clock)
{
	struct hrtimer_sleeper t;

	if (!expires) {
		schedule();
		return -EINTR;
	}
	/* No time at all: no timer. */
	if (*expires == 0) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	if (rt_prio(current->prio))
		delta = 0;
	hrtimer_init_sleeper(&t, clock, mode);
	hrtimer_set_expires_range_ns(&t.timer, *expires, delta);
	hrtimer_sleeper_start_expires(&t, mode);
	if (likely(READ_ONCE(t.task)))
		schedule();
	hrtimer_cancel(&t.timer);
	__set_current_state(TASK_RUNNING);
	return t.task ? -EINTR : 0;
}

int schedule_hrtimeout_range(ktime_t *expires, u64 delta, enum hrtimer_mode mode)
{
	return schedule_hrtimeout_range_clock(expires, delta, mode, CLOCK_MONOTONIC);
}

int schedule_hrtimeout(ktime_t *expires, enum hrtimer_mode mode)
{
	return schedule_hrtimeout_range(expires, 0, mode);
}

void usleep_range(unsigned long min, unsigned long max)
{
	ktime_t until = ktime_get() + (ktime_t)(min * NSEC_PER_USEC);

	do {
		__set_current_state(TASK_UNINTERRUPTIBLE);
	} while (schedule_hrtimeout_range(&until, (max - min) * NSEC_PER_USEC, HRTIMER_MODE_ABS));
}

/* ---- nanosleep --------------------------------------------------------------------------------------------------- */

long nanosleep_copyout(struct restart_block *restart, ktime_t left)
{
	struct timespec64 ts = ns_to_timespec64(left);
	struct __kernel_timespec out = { .tv_sec = ts.tv_sec, .tv_nsec = ts.tv_nsec };

	if (restart->nanosleep.rmtp && copy_to_user(restart->nanosleep.rmtp, &out, sizeof(out)))
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

static long do_nanosleep(struct hrtimer_sleeper *t, enum hrtimer_mode mode)
{
	struct restart_block *restart = &current->restart_block;
	ktime_t left;

	do {
		set_current_state(TASK_INTERRUPTIBLE);
		hrtimer_sleeper_start_expires(t, mode);
		if (likely(READ_ONCE(t->task)))
			schedule();
		hrtimer_cancel(&t->timer);
		/* Woken by something else: on to the same end. */
		mode = HRTIMER_MODE_ABS;
	} while (t->task && !signal_pending(current));
	__set_current_state(TASK_RUNNING);
	if (!t->task)
		return 0;

	left = t->timer._softexpires - t->timer.base->get_time();
	if (left <= 0)
		return 0;
	return nanosleep_copyout(restart, left);
}

static long hrtimer_nanosleep_restart(struct restart_block *restart)
{
	struct hrtimer_sleeper t;

	hrtimer_init_sleeper(&t, restart->nanosleep.clockid, HRTIMER_MODE_ABS);
	hrtimer_set_expires_range_ns(&t.timer, (ktime_t)restart->nanosleep.expires, slack_of(current));
	return do_nanosleep(&t, HRTIMER_MODE_ABS);
}

long hrtimer_nanosleep(ktime_t rqtp, enum hrtimer_mode mode, clockid_t clock)
{
	struct restart_block *restart = &current->restart_block;
	struct hrtimer_sleeper t;
	long ret;

	hrtimer_init_sleeper(&t, clock, mode);
	hrtimer_set_expires_range_ns(&t.timer, rqtp, slack_of(current));
	/* Nobody is told how much is left of a sleep until a moment. */
	if (!(mode & HRTIMER_MODE_REL))
		restart->nanosleep.rmtp = NULL;
	ret = do_nanosleep(&t, mode);
	if (ret != -ERESTART_RESTARTBLOCK)
		return ret;
	if (!(mode & HRTIMER_MODE_REL))
		return -ERESTARTNOHAND;
	restart->nanosleep.clockid = t.timer.base->clockid;
	restart->nanosleep.expires = (u64)hrtimer_get_softexpires(&t.timer);
	return set_restart_fn(restart, hrtimer_nanosleep_restart);
}

/* ---- restarting -------------------------------------------------------------------------------------------------- */

long do_no_restart_syscall(struct restart_block *restart)
{
	return -EINTR;
}

long set_restart_fn(struct restart_block *restart, long (*fn)(struct restart_block *))
{
	restart->fn = fn;
	return -ERESTART_RESTARTBLOCK;
}
