/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/itimer.c - setitimer(2), getitimer(2), alarm(2): the three timers that every process has.
 *
 *	ITIMER_REAL	real time				SIGALRM		an hrtimer
 *	ITIMER_VIRTUAL	CPU time in user mode			SIGVTALRM	the tick looks (posix_cpu_timers.c)
 *	ITIMER_PROF	CPU time				SIGPROF		the tick looks
 *
 * Each has a value, which counts down to the signal, and an interval that it then starts again with. They survive execve(),
 * and are not inherited by children. The next interval of ITIMER_REAL starts when its signal is taken (get_signal.c).
 *
 * Locking: siglock. The timer's function takes it (by sending), so who cancels the timer while the function runs lets go
 * of the lock and tries again.
 *
 * Linux: kernel/time/itimer.c.
 */
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/posix_timers.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/syscalls.h>
#include <asm/uaccess.h>
#include <uapi/time.h>

/* ns; the form in which both directions are handled */
struct itimer_ns {
	u64 value, interval;
};

/* Hard interrupt. */
static enum hrtimer_restart it_real_fn(struct hrtimer *timer)
{
	struct signal_struct *sig = container_of(timer, struct signal_struct, real_timer);

	kill_pid_info(SIGALRM, SEND_SIG_PRIV, sig->pids[PIDTYPE_TGID]);
	return HRTIMER_NORESTART;
}

/* What is left. One that is due but whose function has not run yet is not "off": 1 us. [siglock] */
static u64 real_remaining(struct hrtimer *timer)
{
	ktime_t rem;

	if (!hrtimer_active(timer))
		return 0;
	rem = hrtimer_get_remaining(timer);
	return rem > 0 ? (u64)rem : NSEC_PER_USEC;
}

static void real_itimer(const struct itimer_ns *new, struct itimer_ns *old)
{
	struct signal_struct *sig = current->signal;
	struct hrtimer *timer = &sig->real_timer;

	for (;;) {
		spin_lock_irq(&current->sighand->siglock);
		old->value = real_remaining(timer);
		old->interval = (u64)sig->it_real_incr;
		if (!new || hrtimer_try_to_cancel(timer) >= 0)
			break;
		spin_unlock_irq(&current->sighand->siglock);
		cpu_relax();
	}
	if (new) {
		sig->it_real_incr = new->value ? (ktime_t)new->interval : 0;
		timer->function = it_real_fn;
		if (new->value)
			hrtimer_start(timer, (ktime_t)new->value, HRTIMER_MODE_REL);
	}
	spin_unlock_irq(&current->sighand->siglock);
}

static void cpu_itimer(unsigned int which, const struct itimer_ns *new, struct itimer_ns *old)
{
	clockid_t clock = (clockid_t)(~0U << 3 | which);	/* of the own process */
	struct signal_struct *sig = current->signal;
	struct cpu_itimer *it = &sig->it[which];
	u64 now;

	local_irq_disable();
	now = cpu_clock_sample(clock, sig, NULL);
	spin_lock(&current->sighand->siglock);
	old->value = it->expires ? (it->expires > now ? it->expires - now : TICK_NSEC) : 0;
	old->interval = it->incr;
	if (new) {
		/* A tick more: part of the present one has passed. */
		it->expires = new->value ? now + new->value + TICK_NSEC : 0;
		it->incr = new->interval;
	}
	spin_unlock(&current->sighand->siglock);
	if (new && new->value) {
		spin_lock(&sig->posix_timers_lock);
		WRITE_ONCE(sig->cpu_timers_active, true);
		spin_unlock(&sig->posix_timers_lock);
	}
	local_irq_enable();
}

/* @new NULL: only ask. */
static int do_itimer(int which, const struct itimer_ns *new, struct itimer_ns *old)
{
	switch (which) {
	case ITIMER_REAL:
		real_itimer(new, old);
		return 0;
	case ITIMER_VIRTUAL:
		cpu_itimer(CPUCLOCK_VIRT, new, old);
		return 0;
	case ITIMER_PROF:
		cpu_itimer(CPUCLOCK_PROF, new, old);
		return 0;
	default:
		return -EINVAL;
	}
}

static int put_itimerval(const struct itimer_ns *it, struct __kernel_old_itimerval __user *to)
{
	struct __kernel_old_itimerval v = {
		.it_value = { (long)(it->value / NSEC_PER_SEC), (long)(it->value % NSEC_PER_SEC / NSEC_PER_USEC) },
		.it_interval = { (long)(it->interval / NSEC_PER_SEC), (long)(it->interval % NSEC_PER_SEC / NSEC_PER_USEC) },
	};

	return copy_to_user(to, &v, sizeof(v)) ? -EFAULT : 0;
}

static bool timeval_to_ns(const struct __kernel_old_timeval *tv, u64 *ns)
{
	if (tv->tv_sec < 0 || (unsigned long)tv->tv_usec >= USEC_PER_SEC)
		return false;
	*ns = tv->tv_sec >= KTIME_SEC_MAX ? KTIME_MAX : (u64)tv->tv_sec * NSEC_PER_SEC + (u64)tv->tv_usec * NSEC_PER_USEC;
	return true;
}

SYSCALL_DEFINE2(getitimer, int, which, struct __kernel_old_itimerval __user *, value)
{
	struct itimer_ns old;
	int err = do_itimer(which, NULL, &old);

	return err ? err : put_itimerval(&old, value);
}

SYSCALL_DEFINE3(setitimer, int, which, struct __kernel_old_itimerval __user *, value,
		struct __kernel_old_itimerval __user *, ovalue)
{
	struct __kernel_old_itimerval v = { 0 };
	struct itimer_ns new, old;
	int err;

	if (value && copy_from_user(&v, value, sizeof(v)))
		return -EFAULT;
	if (!timeval_to_ns(&v.it_value, &new.value) || !timeval_to_ns(&v.it_interval, &new.interval))
		return -EINVAL;
	err = do_itimer(which, &new, &old);
	return err || !ovalue ? err : put_itimerval(&old, ovalue);
}

SYSCALL_DEFINE1(alarm, unsigned int, seconds)
{
	struct itimer_ns new = { .value = (u64)seconds * NSEC_PER_SEC }, old;
	u64 left;

	real_itimer(&new, &old);
	/* Rounded to the nearest, but never to "there was none". */
	left = old.value / NSEC_PER_SEC + (old.value % NSEC_PER_SEC >= NSEC_PER_SEC / 2);
	return old.value && !left ? 1 : (long)left;
}
