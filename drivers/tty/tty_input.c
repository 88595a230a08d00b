/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/tty/tty_input.c - bytes that arrive in interrupts, for readers that sleep.
 *
 * The problem. A byte arrives whenever somebody types; the task that wants it may be asleep, busy with the byte before,
 * or about to fall asleep. It must neither be lost nor leave a sleeper asleep.
 *
 * The idea. Each device has a ring that its interrupt handler fills and readers empty. All share one queue of waiters
 * and one number that counts arrivals: /dev/console is fed by every console, so its reader waits for any of them.
 *
 *	reader						handler
 *	seq = number
 *	rings empty? yes
 *							byte into a ring
 *							number++, wake all
 *	wait until number != seq: true at once
 *
 * A reader takes the number before it looks into the rings. If a byte came after the look, the number has changed
 * since; that is what the wait asks for, so the order of sleep and wakeup does not matter.
 *
 * Locking: a ring's lock, interrupts off, for a few instructions. The number is atomic; the store into the ring is
 * ordered before the increment by the unlock, and the reader's load of the number before its look by an acquire.
 *
 * Linux (drivers/tty/tty_buffer.c) passes buffers of bytes with flags (parity, break) to a line discipline in a work
 * queue.
 */
#include <primer/atomic.h>
#include <primer/kernel.h>
#include <primer/sleep.h>
#include <primer/timer.h>
#include <primer/tty_input.h>
#include <primer/wait.h>

#define POLL_JIFFIES	(HZ / 100)		/* how often a device without interrupts is asked */

static DECLARE_WAIT_QUEUE_HEAD(input_wait);
static atomic_t input_seq = ATOMIC_INIT(0);
static bool polled;				/* [initcall] some device is only heard when asked */

bool tty_ring_put(struct tty_ring *r, u8 c)
{
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&r->lock, flags);
	room = r->head - r->tail < TTY_RING_SIZE;
	if (room)
		r->buf[r->head++ % TTY_RING_SIZE] = c;
	spin_unlock_irqrestore(&r->lock, flags);
	return room;
}

int tty_ring_get(struct tty_ring *r)
{
	unsigned long flags;
	int c = -1;

	/* Without the lock: a byte that comes just now is found the next time, and the number has changed. */
	if (READ_ONCE(r->head) == READ_ONCE(r->tail))
		return -1;
	spin_lock_irqsave(&r->lock, flags);
	if (r->head != r->tail)
		c = r->buf[r->tail++ % TTY_RING_SIZE];
	spin_unlock_irqrestore(&r->lock, flags);
	return c;
}

unsigned int tty_input_seq(void)
{
	return atomic_read_acquire(&input_seq);		/* pairs with atomic_inc_return() in tty_input_wake() */
}

void tty_input_wake(void)
{
	atomic_inc_return(&input_seq);			/* a full barrier: wq_has_sleeper() may look without the lock */
	if (wq_has_sleeper(&input_wait))
		wake_up_interruptible_all(&input_wait);
}

struct wait_queue_head *tty_input_queue(void)
{
	return &input_wait;
}

void tty_input_polled(void)
{
	polled = true;
}

/* Who waits by poll() is on the queue, and asks again when woken. */
static void ask_again(struct timer_list *unused)
{
	tty_input_wake();
}
static DEFINE_TIMER(poll_timer, ask_again);

void tty_input_poll(void)
{
	if (polled && !timer_pending(&poll_timer))
		mod_timer(&poll_timer, jiffies + POLL_JIFFIES);
}

int tty_input_wait(unsigned int seq, long timeout)
{
	long left;

	if (polled)
		timeout = min(timeout, (long)POLL_JIFFIES);
	left = wait_event_interruptible_timeout(input_wait, tty_input_seq() != seq, timeout);
	return left < 0 ? (int)left : 0;
}
