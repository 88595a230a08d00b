/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/timerfd.c - a timer that is read: for programs that wait for descriptors and do not want signals.
 *
 * read() gives eight bytes: how often the timer has expired since the last read, and sleeps while that is 0.
 *
 * The idea. As for POSIX timers, an interval is not counted expiry by expiry: the timer fires once, and read() moves it
 * forward past now, which says how many periods went by, and starts it again. A timer that nobody reads costs nothing.
 *
 *	settime --> armed --> timerfd_tmrproc(): expired, ticks + 1, wake --> read(): ticks + (periods gone by - 1), armed again
 *
 * TFD_TIMER_CANCEL_ON_SET. A program that waits for a moment of the calendar wants to know when the calendar is set. Each
 * timer remembers the offset of the calendar that its program knows. When the clock was set, those on a list that know another
 * offset lose theirs, and their program is told -ECANCELED once: by read(), or by the settime() that comes before it.
 *
 *	moffs:	offset known --the clock is set--> KTIME_MAX, readable --read(), settime(): -ECANCELED--> offset known
 *
 * Everybody's timers are on that list. A lock for the whole walk would make whoever closes a timer wait until all those of
 * others have been woken, with preemption off. So the walk is RCU's reader: timers come and go beside it.
 *
 *	timerfd_clock_was_set()			timerfd_release()
 *	rcu_read_lock()
 *	stands on ctx				list_del_rcu(ctx): its ->next stays
 *	marks it: nobody will read that		kfree_rcu(ctx)
 *	goes on to ctx->next
 *	rcu_read_unlock()			... freed after this
 *
 * A timer goes on the list when it is first asked to hear of the clock, and leaves it in release() only: so it is never put
 * back under a reader that still stands on it. Between the two might_cancel says whether it wants to hear. Who comes on the
 * list too late for a walk has yet to start its timer, and does so by the new calendar: the offset changes before the walk.
 *
 * Locking. ctx->wqh.lock, interrupts off, guards all of a timer and is its wait queue's; the timer's function takes it.
 * cancel_lock guards changes of the list.
 *
 * Linux: fs/timerfd.c, which also has clocks that wake the machine.
 */
#include <primer/anon_inodes.h>
#include <primer/err.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/hrtimer.h>
#include <primer/init.h>
#include <primer/poll.h>
#include <primer/rculist.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/spinlock.h>
#include <primer/syscalls.h>
#include <primer/timekeeping.h>
#include <primer/wait.h>
#include <asm/uaccess.h>
#include <uapi/time.h>
#include <uapi/timerfd.h>

#define TFD_CREATE_FLAGS	(TFD_CLOEXEC | TFD_NONBLOCK)
#define TFD_SETTIME_FLAGS	(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)

/* [wqh.lock, but what says otherwise] */
struct timerfd_ctx {
	struct hrtimer tmr;
	ktime_t tintv;			/* interval, ns; 0: none */
	wait_queue_head_t wqh;
	u64 ticks;			/* expiries that nobody has read */
	clockid_t clockid;		/* immutable */
	bool expired;			/* fired, and not started again */
	bool might_cancel;		/* wants to hear when the clock is set */
	ktime_t moffs;			/* the calendar's offset as its program knows it; KTIME_MAX: it was set since */
	bool listed;			/* on the list [cancel_lock] */
	struct list_head clist;		/* [cancel_lock; readers: RCU] */
	struct rcu_head rcu;
};

static DEFINE_SPINLOCK(cancel_lock, LOCK_RANK_DRIVER);	/* changes of cancel_list; task context */
static LIST_HEAD(cancel_list);				/* [RCU] */
static const struct file_operations timerfd_fops;

/* Hard interrupt. */
static enum hrtimer_restart timerfd_tmrproc(struct hrtimer *tmr)
{
	struct timerfd_ctx *ctx = container_of(tmr, struct timerfd_ctx, tmr);
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	ctx->expired = true;
	ctx->ticks++;
	__wake_up_locked_key(&ctx->wqh, TASK_NORMAL, poll_to_key(EPOLLIN));
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return HRTIMER_NORESTART;
}

/* ---- the clock was set ------------------------------------------------------------------------------------------- */

/* REALTIME less BOOTTIME: changes when the clock is set, and by nothing else. */
static ktime_t calendar_offset(void)
{
	struct timespec64 boot;

	getboottime64(&boot);
	return timespec64_to_ktime(boot);
}

static void timerfd_clock_was_set(void)
{
	struct timerfd_ctx *ctx;

	rcu_read_lock();
	list_for_each_entry_rcu(ctx, &cancel_list, clist) {
		spin_lock_irq(&ctx->wqh.lock);
		/* Asked anew for each: another walk may have told it of a setting that came after the one that we walk for. */
		if (ctx->might_cancel && ctx->moffs != calendar_offset()) {
			ctx->moffs = KTIME_MAX;
			ctx->ticks++;
			__wake_up_locked_key(&ctx->wqh, TASK_NORMAL, poll_to_key(EPOLLIN));
		}
		spin_unlock_irq(&ctx->wqh.lock);
	}
	rcu_read_unlock();
}

/* Has the clock been set, and nobody was told? The caller tells. [wqh.lock] */
static bool timerfd_canceled(struct timerfd_ctx *ctx)
{
	if (!ctx->might_cancel || ctx->moffs != KTIME_MAX)
		return false;
	ctx->moffs = calendar_offset();
	return true;
}

static void timerfd_setup_cancel(struct timerfd_ctx *ctx, bool wanted)
{
	if (READ_ONCE(ctx->might_cancel) == wanted)
		return;
	if (wanted) {
		spin_lock(&cancel_lock);
		if (!ctx->listed) {
			ctx->listed = true;
			list_add_rcu(&ctx->clist, &cancel_list);
		}
		spin_unlock(&cancel_lock);
	}
	/* After the list: another thread that finds it set relies on being found by a walk. */
	spin_lock_irq(&ctx->wqh.lock);
	WRITE_ONCE(ctx->might_cancel, wanted);
	spin_unlock_irq(&ctx->wqh.lock);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static int timerfd_release(struct inode *inode, struct file *file)
{
	struct timerfd_ctx *ctx = file->private_data;

	if (ctx->listed) {
		spin_lock(&cancel_lock);
		list_del_rcu(&ctx->clist);
		spin_unlock(&cancel_lock);
	}
	hrtimer_cancel(&ctx->tmr);
	kfree_rcu(ctx, rcu);
	return 0;
}

/* Sleep until there is something to read; wqh.lock held, interrupts off; drops and retakes it. */
static int wait_for_ticks(struct timerfd_ctx *ctx)
{
	DECLARE_WAITQUEUE(wait, current);
	int err = 0;

	__add_wait_queue(&ctx->wqh, &wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (ctx->ticks)
			break;
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		spin_unlock_irq(&ctx->wqh.lock);
		schedule();
		spin_lock_irq(&ctx->wqh.lock);
	}
	__remove_wait_queue(&ctx->wqh, &wait);
	__set_current_state(TASK_RUNNING);
	return err;
}

static ssize_t timerfd_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	struct timerfd_ctx *ctx = file->private_data;
	u64 ticks = 0;
	ssize_t res;

	if (count < sizeof(ticks))
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	if (file->f_flags & O_NONBLOCK)
		res = ctx->ticks ? 0 : -EAGAIN;
	else
		res = wait_for_ticks(ctx);
	if (timerfd_canceled(ctx)) {
		ctx->ticks = 0;
		ctx->expired = false;
		res = -ECANCELED;
	} else if (ctx->ticks) {
		ticks = ctx->ticks;
		if (ctx->expired && ctx->tintv) {
			/* The one that fired is in ticks already. */
			ticks += hrtimer_forward_now(&ctx->tmr, ctx->tintv) - 1;
			hrtimer_restart(&ctx->tmr);
		}
		ctx->expired = false;
		ctx->ticks = 0;
	}
	spin_unlock_irq(&ctx->wqh.lock);
	if (!ticks)
		return res;
	return copy_to_user(buf, &ticks, sizeof(ticks)) ? -EFAULT : (ssize_t)sizeof(ticks);
}

static unsigned int timerfd_poll(struct file *file, poll_table *wait)
{
	struct timerfd_ctx *ctx = file->private_data;
	unsigned int events;

	poll_wait(file, &ctx->wqh, wait);
	spin_lock_irq(&ctx->wqh.lock);
	events = ctx->ticks ? EPOLLIN : 0;
	spin_unlock_irq(&ctx->wqh.lock);
	return events;
}

static const struct file_operations timerfd_fops = { .release = timerfd_release, .poll = timerfd_poll, .read = timerfd_read };

/* ---- system calls ------------------------------------------------------------------------------------------------ */

SYSCALL_DEFINE2(timerfd_create, int, clockid, int, flags)
{
	struct timerfd_ctx *ctx;
	int fd;

	if ((flags & ~TFD_CREATE_FLAGS) || (clockid != CLOCK_MONOTONIC && clockid != CLOCK_REALTIME && clockid != CLOCK_BOOTTIME))
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	init_waitqueue_head(&ctx->wqh);
	ctx->clockid = clockid;
	ctx->moffs = calendar_offset();
	hrtimer_init(&ctx->tmr, clockid, HRTIMER_MODE_ABS);
	fd = anon_inode_getfd("[timerfd]", &timerfd_fops, ctx, O_RDWR | (flags & TFD_CREATE_FLAGS));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

static ktime_t timerfd_remaining(const struct timerfd_ctx *ctx)
{
	ktime_t left = ctx->tmr.function ? hrtimer_expires_remaining(&ctx->tmr) : 0;

	return left < 0 ? 0 : left;
}

/* What is set. One that has fired stands where it would be if it had been read. [wqh.lock] */
static void timerfd_get(struct timerfd_ctx *ctx, struct itimerspec64 *it)
{
	if (ctx->expired && ctx->tintv) {
		ctx->expired = false;
		ctx->ticks += hrtimer_forward_now(&ctx->tmr, ctx->tintv) - 1;
		hrtimer_restart(&ctx->tmr);
	}
	it->it_value = ns_to_timespec64(ctx->expired ? 0 : timerfd_remaining(ctx));
	it->it_interval = ns_to_timespec64(ctx->tintv);
}

/* 0, or -ECANCELED: what it was set by before is no longer the calendar. It is set and started all the same. [wqh.lock] */
static int timerfd_set(struct timerfd_ctx *ctx, unsigned int flags, const struct itimerspec64 *it)
{
	enum hrtimer_mode mode = flags & TFD_TIMER_ABSTIME ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL;
	ktime_t when = timespec64_to_ktime(it->it_value);

	ctx->expired = false;
	ctx->ticks = 0;
	ctx->tintv = timespec64_to_ktime(it->it_interval);
	hrtimer_init(&ctx->tmr, ctx->clockid, mode);
	hrtimer_set_expires(&ctx->tmr, when);
	ctx->tmr.function = timerfd_tmrproc;
	if (!when)
		return 0;
	hrtimer_start(&ctx->tmr, when, mode);
	return timerfd_canceled(ctx) ? -ECANCELED : 0;
}

/* The timer behind @fd, and the file to give back; ERR_PTR. */
static struct timerfd_ctx *timerfd_fget(int fd, struct fd *f)
{
	*f = fdget((unsigned int)fd);
	if (!f->file)
		return ERR_PTR(-EBADF);
	if (f->file->f_op != &timerfd_fops) {
		fdput(*f);
		return ERR_PTR(-EINVAL);
	}
	return f->file->private_data;
}

SYSCALL_DEFINE4(timerfd_settime, int, ufd, int, flags, const struct __kernel_itimerspec __user *, utmr,
		struct __kernel_itimerspec __user *, otmr)
{
	struct itimerspec64 new, old;
	struct timerfd_ctx *ctx;
	struct fd f;
	int err;

	if (get_itimerspec64(&new, utmr))
		return -EFAULT;
	if ((flags & ~TFD_SETTIME_FLAGS) || !itimerspec64_valid(&new))
		return -EINVAL;
	ctx = timerfd_fget(ufd, &f);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	timerfd_setup_cancel(ctx, ctx->clockid == CLOCK_REALTIME && (flags & TFD_SETTIME_FLAGS) == TFD_SETTIME_FLAGS);

	/* The function may be running, and wait for the lock: let it. */
	for (;;) {
		spin_lock_irq(&ctx->wqh.lock);
		if (hrtimer_try_to_cancel(&ctx->tmr) >= 0)
			break;
		spin_unlock_irq(&ctx->wqh.lock);
		cpu_relax();
	}
	if (ctx->expired && ctx->tintv)
		hrtimer_forward_now(&ctx->tmr, ctx->tintv);
	old.it_value = ns_to_timespec64(timerfd_remaining(ctx));
	old.it_interval = ns_to_timespec64(ctx->tintv);
	err = timerfd_set(ctx, (unsigned int)flags, &new);
	spin_unlock_irq(&ctx->wqh.lock);
	fdput(f);
	return err || !otmr ? err : put_itimerspec64(&old, otmr);
}

SYSCALL_DEFINE2(timerfd_gettime, int, ufd, struct __kernel_itimerspec __user *, otmr)
{
	struct itimerspec64 cur;
	struct timerfd_ctx *ctx;
	struct fd f;

	ctx = timerfd_fget(ufd, &f);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	spin_lock_irq(&ctx->wqh.lock);
	timerfd_get(ctx, &cur);
	spin_unlock_irq(&ctx->wqh.lock);
	fdput(f);
	return put_itimerspec64(&cur, otmr);
}

static int __init timerfd_init(void)
{
	clock_was_set_hook = timerfd_clock_was_set;
	return 0;
}
fs_initcall(timerfd_init);
