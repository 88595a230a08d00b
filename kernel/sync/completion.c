/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/completion.c - one task waits for an event that another task or an interrupt announces.
 *
 * The problem. A task starts something (a disk read, a thread) and must sleep until it is done. With a bare flag and a
 * wakeup, the event can fall between "look at the flag" and "go to sleep", and the sleeper sleeps for ever:
 *
 *	waiter				announcer
 *	if (!done)
 *					done = 1
 *					wake(waiter)		nobody sleeps yet
 *	sleep				for ever
 *
 * The idea. Count announcements under the lock of the wait queue, and let the waiter look, enqueue and change its
 * state under that same lock. Either the announcer comes first and the waiter sees the count, or the waiter is on the
 * queue before the announcer can look at it. A count rather than a flag: an early complete() is not lost, and n calls
 * release n waiters.
 *
 *	            complete()                     wait_for_completion()
 *	  done: 0 ------------> 1 ------------> 2 ------------> 1 ------------> 0 -----> sleep on ->wait
 *	                        complete_all() -> UINT_MAX, never consumed
 *
 * Invariants, under wait.lock:
 *   C1  done > 0 and a waiter asleep on ->wait with nobody woken for it never hold together once the announcer has
 *       dropped the lock.
 *   C2  done grows only in complete(), complete_all(); shrinks only by one, in a waiter that leaves.
 *
 * Locking. wait.lock only, taken with interrupts off, because complete() is called from interrupt handlers.
 *
 * Who frees it. A completion often lives on the waiter's stack and dies as soon as the waiter returns. complete() is
 * therefore finished with *x when it drops wait.lock, and the waiter takes that lock once more before it returns: it
 * cannot leave while complete() is inside. completion_done() does the same for those who poll.
 *
 * Linux (kernel/sched/completion.c) does the same over its simple wait queues.
 */
#include <primer/completion.h>
#include <primer/err.h>
#include <primer/kernel.h>
#include <primer/sleep.h>

/*
 * 0, -ERESTARTSYS, or -ETIMEDOUT; *@timeout: jiffies, and what is left of them. Context: wait.lock held, interrupts off; drops and
 * retakes it.
 */
static int do_wait_for_common(struct completion *x, unsigned int state, long *timeout)
{
	int ret = 0;

	if (!x->done) {
		DECLARE_WAITQUEUE(wait, current);

		wait.flags = WQ_FLAG_EXCLUSIVE;
		__add_wait_queue_entry_tail(&x->wait, &wait);
		do {
			if (signal_pending_state(state, current)) {
				ret = -ERESTARTSYS;
				break;
			}
			__set_current_state(state);
			spin_unlock_irq(&x->wait.lock);
			*timeout = schedule_timeout(*timeout);
			spin_lock_irq(&x->wait.lock);
			if (!*timeout)
				ret = -ETIMEDOUT;
		} while (!x->done && !ret);
		__remove_wait_queue(&x->wait, &wait);
		if (!x->done)
			return ret;
		/* Done after all, together with the signal or the time: the completion wins, or it would be lost for the others. */
		ret = 0;
	}
	if (x->done != UINT_MAX)
		x->done--;
	return ret;
}

static int wait_for_common(struct completion *x, unsigned int state, long *timeout)
{
	int ret;

	might_sleep();
	spin_lock_irq(&x->wait.lock);
	ret = do_wait_for_common(x, state, timeout);
	spin_unlock_irq(&x->wait.lock);
	return ret;
}

static int wait_for_ever(struct completion *x, unsigned int state)
{
	long timeout = MAX_SCHEDULE_TIMEOUT;

	return wait_for_common(x, state, &timeout);
}

void wait_for_completion(struct completion *x)
{
	wait_for_ever(x, TASK_UNINTERRUPTIBLE);
}

int wait_for_completion_interruptible(struct completion *x)
{
	return wait_for_ever(x, TASK_INTERRUPTIBLE);
}

int wait_for_completion_killable(struct completion *x)
{
	return wait_for_ever(x, TASK_KILLABLE);
}

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	long left = (long)timeout;

	return wait_for_common(x, TASK_UNINTERRUPTIBLE, &left) ? 0 : (unsigned long)max(left, 1L);
}

long wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout)
{
	long left = (long)timeout;
	int err = wait_for_common(x, TASK_INTERRUPTIBLE, &left);

	return err == -ETIMEDOUT ? 0 : err ? err : max(left, 1L);
}

bool try_wait_for_completion(struct completion *x)
{
	unsigned long flags;
	bool ret;

	/* Without the lock when there is nothing to be had; 0 is then the truth of a moment ago. */
	if (!READ_ONCE(x->done))
		return false;
	spin_lock_irqsave(&x->wait.lock, flags);
	ret = x->done != 0;
	if (ret && x->done != UINT_MAX)
		x->done--;
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return ret;
}

bool completion_done(struct completion *x)
{
	unsigned long flags;

	if (!READ_ONCE(x->done))
		return false;
	spin_lock_irqsave(&x->wait.lock, flags);
	spin_unlock_irqrestore(&x->wait.lock, flags);
	return true;
}

void complete(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	if (x->done != UINT_MAX)
		x->done++;
	__wake_up_locked(&x->wait, TASK_NORMAL, 1);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}

void complete_all(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->wait.lock, flags);
	x->done = UINT_MAX;
	__wake_up_locked(&x->wait, TASK_NORMAL, 0);
	spin_unlock_irqrestore(&x->wait.lock, flags);
}
