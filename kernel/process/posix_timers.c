/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/posix_timers.c - timer_create(2) and its kin: any number of timers a process, each with its own signal.
 *
 * The problem. A timer with an interval sends signal after signal; a process that is slow to take them must not drown in
 * them, nor lose count.
 *
 * The idea. Each timer has exactly one entry for the signal queue, allocated with it, and it is queued at most once. The
 * next interval starts when the process takes the signal: then the timer is moved forward past now, and the periods that
 * went by are told as the overrun.
 *
 *	timer_settime        expires              the signal is taken
 *	  armed ---------> posix_timer_fn() ---> queued ---> posixtimer_rearm()
 *	    ^               sends its entry                  overrun += periods gone by
 *	    +------------------------------------------------ armed again
 *
 * An ignored signal is never taken: the timer goes on by itself.
 *
 * it_requeue_pending counts arms and expiries: odd while a signal is on its way. The entry carries the count
 * (si_sys_private); a signal that was sent before the timer was set anew does not start it.
 *
 *	it_overrun		expiries since the last signal was taken, minus the one that sent it: -1 at the start
 *	it_overrun_last		what timer_getoverrun() says: as of the last signal taken
 *
 * A relative timer of CLOCK_REALTIME is one of CLOCK_MONOTONIC: see hrtimer_init().
 *
 * Locking: signal->posix_timers_lock, one for all timers of a process, guards list and timers. It is taken by
 * posix_timer_fn() in hard interrupts, and stands above tasklist_lock and siglock, which sending needs. Whoever cancels
 * a timer whose function is just running must let the lock go, for the function to finish.
 *
 * Linux (kernel/time/posix-timers.c) has a lock for each timer and finds them by a hash, under RCU.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/pid.h>
#include <primer/posix_timers.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/syscalls.h>
#include <primer/timekeeping.h>
#include <asm/uaccess.h>
#include <uapi/signal.h>
#include <uapi/time.h>

#define REQUEUE_PENDING		1

/* [signal->posix_timers_lock, but what is immutable after creation] */
struct k_itimer {
	struct list_head list;			/* in signal->posix_timers */
	timer_t it_id;				/* immutable */
	clockid_t it_clock;			/* immutable */
	int it_sigev_notify;			/* immutable: SIGEV_* */
	struct pid *it_pid;			/* immutable, counted: the thread or process that is signalled */
	struct signal_struct *it_signal;	/* immutable: outlives the timer */
	struct sigqueue *sigq;			/* immutable */
	bool it_active;
	unsigned int it_requeue_pending;
	s64 it_overrun, it_overrun_last;
	ktime_t it_interval;
	struct hrtimer timer;			/* of clocks that are not CPU clocks */
	struct cpu_timer cpu;			/* of those that are */
};

static struct kmem_cache *posix_timers_cache __ro_after_init;

int timers_clockid(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return clock;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_ALARM:	/* would have to wake the machine: no such device */
	case CLOCK_BOOTTIME_ALARM:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static int timer_overrun_to_int(const struct k_itimer *timr, int base)
{
	s64 sum = timr->it_overrun_last + (s64)base;

	return sum > INT_MAX ? INT_MAX : (int)sum;
}

/* ---- expiry ------------------------------------------------------------------------------------------------------ */

/* Send it. True: it is ignored. [lock] */
static bool posix_timer_event(struct k_itimer *timr, unsigned int private)
{
	enum pid_type type = timr->it_sigev_notify & SIGEV_THREAD_ID ? PIDTYPE_PID : PIDTYPE_TGID;

	timr->sigq->info.si_sys_private = (int)private;
	return send_sigqueue(timr->sigq, timr->it_pid, type) > 0;
}

/* Hard interrupt. */
static enum hrtimer_restart posix_timer_fn(struct hrtimer *timer)
{
	struct k_itimer *timr = container_of(timer, struct k_itimer, timer);
	enum hrtimer_restart ret = HRTIMER_NORESTART;
	unsigned int private = 0;
	unsigned long flags;

	spin_lock_irqsave(&timr->it_signal->posix_timers_lock, flags);
	timr->it_active = false;
	if (timr->it_interval)
		private = ++timr->it_requeue_pending;
	if (posix_timer_event(timr, private) && timr->it_interval) {
		/* Nobody will take it. Not faster than a tick: nobody would notice but the CPU. */
		ktime_t now = hrtimer_cb_get_time(timer);

		if (timr->it_interval < (ktime_t)TICK_NSEC)
			now += TICK_NSEC;
		timr->it_overrun += (s64)hrtimer_forward(timer, now, timr->it_interval);
		++timr->it_requeue_pending;
		timr->it_active = true;
		ret = HRTIMER_RESTART;
	}
	spin_unlock_irqrestore(&timr->it_signal->posix_timers_lock, flags);
	return ret;
}

/* A CPU clock's turn: periods by arithmetic. [lock] */
static u64 cpu_timer_forward(struct k_itimer *timr, u64 now)
{
	u64 n;

	if (!timr->it_interval || now < timr->cpu.expires)
		return 0;
	n = (now - timr->cpu.expires) / (u64)timr->it_interval + 1;
	timr->cpu.expires += n * (u64)timr->it_interval;
	return n;
}

/* At a tick, in hard interrupt, the lock held. */
static void posix_cpu_timer_fire(struct cpu_timer *cpu, u64 now)
{
	struct k_itimer *timr = container_of(cpu, struct k_itimer, cpu);

	timr->it_active = false;
	if (posix_timer_event(timr, timr->it_interval ? ++timr->it_requeue_pending : 0) && timr->it_interval) {
		timr->it_overrun += (s64)cpu_timer_forward(timr, now);
		++timr->it_requeue_pending;
		timr->it_active = true;
		cpu_timer_arm(cpu, timr->it_signal);
	}
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

/* [posix_timers_lock] */
static struct k_itimer *find_timer(struct signal_struct *sig, timer_t id)
{
	struct k_itimer *timr;

	list_for_each_entry(timr, &sig->posix_timers, list)
		if (timr->it_id == id)
			return timr;
	return NULL;
}

/* An id that no timer has. [posix_timers_lock] */
static timer_t new_timer_id(struct signal_struct *sig)
{
	timer_t id;

	do {
		id = sig->next_posix_timer_id;
		sig->next_posix_timer_id = id == INT_MAX ? 0 : id + 1;
		if (id == INT_MAX)
			sig->posix_timer_ids_again = true;
	} while (unlikely(sig->posix_timer_ids_again) && find_timer(sig, id));
	return id;
}

/* The timer of current's process, its lock taken, interrupts off; NULL: no such timer, no lock. */
static struct k_itimer *lock_timer(timer_t id, unsigned long *flags)
{
	struct signal_struct *sig = current->signal;
	struct k_itimer *timr;

	spin_lock_irqsave(&sig->posix_timers_lock, *flags);
	timr = find_timer(sig, id);
	if (timr)
		return timr;
	spin_unlock_irqrestore(&sig->posix_timers_lock, *flags);
	return NULL;
}

static void unlock_timer(unsigned long flags)
{
	spin_unlock_irqrestore(&current->signal->posix_timers_lock, flags);
}

/* current has taken a timer's signal: the next interval. */
static void posixtimer_rearm(struct kernel_siginfo *info)
{
	unsigned long flags;
	struct k_itimer *timr = lock_timer(info->si_tid, &flags);

	if (!timr)
		return;
	if (timr->it_interval && timr->it_requeue_pending == (unsigned int)info->si_sys_private) {
		if (is_cpu_clock(timr->it_clock)) {
			u64 now = cpu_clock_sample(timr->cpu.clock, timr->it_signal, timr->cpu.task);

			timr->it_overrun += (s64)cpu_timer_forward(timr, now);
			cpu_timer_arm(&timr->cpu, timr->it_signal);
		} else {
			timr->it_overrun += (s64)hrtimer_forward_now(&timr->timer, timr->it_interval);
			hrtimer_restart(&timr->timer);
		}
		timr->it_active = true;
		timr->it_overrun_last = timr->it_overrun;
		timr->it_overrun = -1;
		++timr->it_requeue_pending;
		info->si_overrun = timer_overrun_to_int(timr, info->si_overrun);
	}
	unlock_timer(flags);
}

/* ---- creating and deleting --------------------------------------------------------------------------------------- */

/* Whom the signal is for, with a reference; NULL: the event makes no sense. */
static struct pid *good_sigevent(const sigevent_t *event)
{
	struct task_struct *p = current->group_leader;
	struct pid *pid = NULL;

	switch (event->sigev_notify) {
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		read_lock(&tasklist_lock);
		p = find_task_by_vpid(event->sigev_notify_thread_id);
		if (p && same_thread_group(p, current) && event->sigev_signo > 0 && event->sigev_signo <= SIGRTMAX)
			pid = get_pid(task_pid(p));
		read_unlock(&tasklist_lock);
		return pid;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		if (event->sigev_signo <= 0 || event->sigev_signo > SIGRTMAX)
			return NULL;
		fallthrough;
	case SIGEV_NONE:
		return get_pid(task_tgid(current));
	default:
		return NULL;
	}
}

static void free_timer(struct k_itimer *timr)
{
	if (timr->cpu.task)
		put_task_struct(timr->cpu.task);
	if (timr->sigq)
		sigqueue_free_timer(timr->sigq);
	put_pid(timr->it_pid);
	kmem_cache_free(posix_timers_cache, timr);
}

/* False: its function is running. [lock] */
static bool timer_try_cancel(struct k_itimer *timr)
{
	if (is_cpu_clock(timr->it_clock))
		cpu_timer_disarm(&timr->cpu);
	else if (hrtimer_try_to_cancel(&timr->timer) < 0)
		return false;
	timr->it_active = false;
	return true;
}

SYSCALL_DEFINE3(timer_create, clockid_t, which, sigevent_t __user *, event_spec, timer_t __user *, created_id)
{
	struct signal_struct *sig = current->signal;
	sigevent_t event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct task_struct *task = NULL;
	struct k_itimer *timr;
	int err = is_cpu_clock(which) ? own_cpu_clock(which, &task) : timers_clockid(which);

	if (err < 0)
		return err;
	timr = kmem_cache_zalloc(posix_timers_cache, GFP_KERNEL);
	if (!timr) {
		if (task)
			put_task_struct(task);
		return -EAGAIN;
	}
	INIT_LIST_HEAD(&timr->cpu.node);
	timr->cpu.clock = which;
	timr->cpu.fire = posix_cpu_timer_fire;
	timr->cpu.task = task;
	timr->it_clock = which;
	timr->it_signal = sig;
	timr->it_overrun = -1;
	timr->sigq = sigqueue_alloc_timer();
	err = -EAGAIN;
	if (!timr->sigq)
		goto free;
	err = -EFAULT;
	if (event_spec && copy_from_user(&event, event_spec, sizeof(event)))
		goto free;
	err = -EINVAL;
	timr->it_pid = good_sigevent(&event);
	if (!timr->it_pid)
		goto free;
	timr->it_sigev_notify = event.sigev_notify;
	if (!is_cpu_clock(which))
		hrtimer_init(&timr->timer, which, HRTIMER_MODE_ABS);

	spin_lock_irq(&sig->posix_timers_lock);
	timr->it_id = new_timer_id(sig);
	spin_unlock_irq(&sig->posix_timers_lock);
	timr->sigq->info.si_signo = event.sigev_notify == SIGEV_NONE ? SIGALRM : event.sigev_signo;
	timr->sigq->info.si_code = SI_TIMER;
	timr->sigq->info.si_tid = timr->it_id;
	if (event_spec)
		timr->sigq->info._sifields._timer._sigval = event.sigev_value;
	else
		timr->sigq->info._sifields._timer._sigval.sival_int = timr->it_id;
	err = -EFAULT;
	if (put_user(timr->it_id, created_id))
		goto free;
	/* From here on others can find it. */
	spin_lock_irq(&sig->posix_timers_lock);
	list_add(&timr->list, &sig->posix_timers);
	spin_unlock_irq(&sig->posix_timers_lock);
	return 0;
free:
	free_timer(timr);
	return err;
}

SYSCALL_DEFINE1(timer_delete, timer_t, id)
{
	struct k_itimer *timr;
	unsigned long flags;

	for (;;) {
		timr = lock_timer(id, &flags);
		if (!timr)
			return -EINVAL;
		if (timer_try_cancel(timr))
			break;
		unlock_timer(flags);
		cpu_relax();
	}
	list_del(&timr->list);
	unlock_timer(flags);
	free_timer(timr);
	return 0;
}

void exit_posix_timers(struct signal_struct *sig)
{
	struct k_itimer *timr;

	spin_lock_irq(&sig->posix_timers_lock);
	while (!list_empty(&sig->posix_timers)) {
		timr = list_first_entry(&sig->posix_timers, struct k_itimer, list);
		if (!timer_try_cancel(timr)) {
			spin_unlock_irq(&sig->posix_timers_lock);
			cpu_relax();
			spin_lock_irq(&sig->posix_timers_lock);
			continue;
		}
		list_del(&timr->list);
		spin_unlock_irq(&sig->posix_timers_lock);
		free_timer(timr);
		spin_lock_irq(&sig->posix_timers_lock);
	}
	spin_unlock_irq(&sig->posix_timers_lock);
}

void exit_itimers(struct signal_struct *sig)
{
	hrtimer_cancel(&sig->real_timer);
	exit_posix_timers(sig);
}

/* ---- setting and asking ------------------------------------------------------------------------------------------ */

/* What is left, and the interval. [lock] */
static void timer_get(struct k_itimer *timr, struct itimerspec64 *cur)
{
	bool none = timr->it_sigev_notify == SIGEV_NONE, cpu = is_cpu_clock(timr->it_clock);
	ktime_t rem;
	u64 now = 0;

	*cur = (struct itimerspec64){ .it_interval = ns_to_timespec64(timr->it_interval) };
	if (!timr->it_interval && !timr->it_active && !none)
		return;
	if (cpu) {
		if (!timr->cpu.expires)
			return;
		now = cpu_clock_sample(timr->cpu.clock, timr->it_signal, timr->cpu.task);
	} else if (!timr->timer.function) {
		return;			/* never set */
	}
	/* Its signal has not been taken, or there is none: it stands still at its last expiry. */
	if (timr->it_interval && ((timr->it_requeue_pending & REQUEUE_PENDING) || none))
		timr->it_overrun += (s64)(cpu ? cpu_timer_forward(timr, now) : hrtimer_forward_now(&timr->timer, timr->it_interval));
	rem = cpu ? (ktime_t)(timr->cpu.expires - now) : hrtimer_expires_remaining(&timr->timer);
	if (rem > 0)
		cur->it_value = ns_to_timespec64(rem);
	else if (!none)
		cur->it_value.tv_nsec = 1;	/* due, but zero would say "not armed" */
}

/* Start it at @expires. [lock] */
static void timer_arm(struct k_itimer *timr, ktime_t expires, bool absolute)
{
	bool none = timr->it_sigev_notify == SIGEV_NONE;
	struct hrtimer *timer = &timr->timer;

	if (is_cpu_clock(timr->it_clock)) {
		u64 now = cpu_clock_sample(timr->cpu.clock, timr->it_signal, timr->cpu.task);

		timr->cpu.expires = absolute ? (u64)expires : now + (u64)expires;
		if (!none)
			cpu_timer_arm(&timr->cpu, timr->it_signal);
	} else {
		hrtimer_init(timer, timr->it_clock, absolute ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
		timer->function = posix_timer_fn;
		if (!absolute)
			expires = ktime_add_safe(expires, hrtimer_cb_get_time(timer));
		hrtimer_set_expires(timer, expires);
		if (!none)
			hrtimer_start_expires(timer, HRTIMER_MODE_ABS);
	}
	timr->it_active = !none;
}

static int do_timer_settime(timer_t id, int tflags, const struct itimerspec64 *new, struct itimerspec64 *old)
{
	struct k_itimer *timr;
	unsigned long flags;
	bool told = false;

	if (!itimerspec64_valid(new))
		return -EINVAL;
	for (;;) {
		timr = lock_timer(id, &flags);
		if (!timr)
			return -EINVAL;
		if (!told)
			timer_get(timr, old);
		told = true;
		timr->it_interval = 0;
		if (timer_try_cancel(timr))
			break;
		unlock_timer(flags);
		cpu_relax();
	}
	timr->it_requeue_pending = (timr->it_requeue_pending + 2) & ~REQUEUE_PENDING;
	timr->it_overrun_last = 0;
	timr->it_overrun = -1;
	if (timespec64_to_ktime(new->it_value)) {
		timr->it_interval = timespec64_to_ktime(new->it_interval);
		timer_arm(timr, timespec64_to_ktime(new->it_value), tflags & TIMER_ABSTIME);
	} else {
		timr->cpu.expires = 0;
	}
	unlock_timer(flags);
	return 0;
}

SYSCALL_DEFINE4(timer_settime, timer_t, id, int, flags, const struct __kernel_itimerspec __user *, new_setting,
		struct __kernel_itimerspec __user *, old_setting)
{
	struct itimerspec64 new, old;
	int err;

	if (!new_setting)
		return -EINVAL;
	if (get_itimerspec64(&new, new_setting))
		return -EFAULT;
	err = do_timer_settime(id, flags, &new, &old);
	if (!err && old_setting && put_itimerspec64(&old, old_setting))
		err = -EFAULT;
	return err;
}

SYSCALL_DEFINE2(timer_gettime, timer_t, id, struct __kernel_itimerspec __user *, setting)
{
	struct itimerspec64 cur;
	unsigned long flags;
	struct k_itimer *timr = lock_timer(id, &flags);

	if (!timr)
		return -EINVAL;
	timer_get(timr, &cur);
	unlock_timer(flags);
	return put_itimerspec64(&cur, setting);
}

SYSCALL_DEFINE1(timer_getoverrun, timer_t, id)
{
	unsigned long flags;
	struct k_itimer *timr = lock_timer(id, &flags);
	int overrun;

	if (!timr)
		return -EINVAL;
	overrun = timer_overrun_to_int(timr, 0);
	unlock_timer(flags);
	return overrun;
}

static int __init init_posix_timers(void)
{
	posix_timers_cache = KMEM_CACHE(k_itimer, SLAB_PANIC | SLAB_ACCOUNT);
	posixtimer_rearm_hook = posixtimer_rearm;
	return 0;
}
core_initcall(init_posix_timers);
