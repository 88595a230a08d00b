/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/semaphore.c - counting semaphores.
 *
 * The problem. n of something; tasks take one and give it back, not necessarily the one that took it, and up() must
 * work in interrupt handlers. If up() incremented the count and woke a waiter, a newcomer could take the permit
 * before the waiter runs, again and again.
 *
 * The idea. A permit is given either to the count or to a waiter, never to both. up() that finds a waiter takes it
 * off the list and marks it served (waiter.up): the permit is that waiter's although it has not run yet.
 *
 * Invariants, under sem->lock: (1) count > 0 and a waiter on the list never hold together; (2) permits = count +
 * served waiters that have not yet noticed + holders.
 *
 * Locking: sem->lock, interrupts off. A served waiter reads ->up under the lock, so up() is done with it before it
 * leaves its stack.
 */
#include <primer/err.h>
#include <primer/sched.h>
#include <primer/semaphore.h>

struct semaphore_waiter {
	struct list_head list;
	struct task_struct *task;
	bool up;			/* [sem->lock] has been given a permit */
};

/* Context: sem->lock held, interrupts off; drops and retakes it. */
static int __down_common(struct semaphore *sem, unsigned int state)
{
	struct semaphore_waiter waiter = { .task = current, .up = false };

	list_add_tail(&waiter.list, &sem->wait_list);
	for (;;) {
		if (signal_pending_state(state, current))
			break;
		__set_current_state(state);
		spin_unlock_irq(&sem->lock);
		schedule();
		spin_lock_irq(&sem->lock);
		if (waiter.up)
			return 0;
	}
	list_del(&waiter.list);
	return -EINTR;
}

static int down_common(struct semaphore *sem, unsigned int state)
{
	int ret = 0;

	might_sleep();
	spin_lock_irq(&sem->lock);
	if (likely(sem->count > 0))
		sem->count--;
	else
		ret = __down_common(sem, state);
	spin_unlock_irq(&sem->lock);
	return ret;
}

void down(struct semaphore *sem)
{
	down_common(sem, TASK_UNINTERRUPTIBLE);
}

int down_interruptible(struct semaphore *sem)
{
	return down_common(sem, TASK_INTERRUPTIBLE);
}

int down_killable(struct semaphore *sem)
{
	return down_common(sem, TASK_KILLABLE);
}

int down_trylock(struct semaphore *sem)
{
	unsigned long flags;
	int failed;

	spin_lock_irqsave(&sem->lock, flags);
	failed = sem->count == 0;
	if (!failed)
		sem->count--;
	spin_unlock_irqrestore(&sem->lock, flags);
	return failed;
}

void up(struct semaphore *sem)
{
	unsigned long flags;

	spin_lock_irqsave(&sem->lock, flags);
	if (lock_is_planted(sem))
		sem->count++;
	if (likely(list_empty(&sem->wait_list))) {
		sem->count++;
	} else {
		struct semaphore_waiter *waiter = list_first_entry(&sem->wait_list, struct semaphore_waiter, list);

		list_del(&waiter->list);
		waiter->up = true;
		wake_up_process(waiter->task);
	}
	spin_unlock_irqrestore(&sem->lock, flags);
}
