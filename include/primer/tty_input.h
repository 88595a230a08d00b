/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/tty_input.h - what is typed: from an interrupt handler to whoever reads a terminal.
 *
 *	serial port, keyboard --interrupt--> ring of the device --> wake --> reader takes it out, line discipline
 */
#ifndef PRIMER_TTY_INPUT_H
#define PRIMER_TTY_INPUT_H

#include <primer/spinlock.h>
#include <primer/types.h>

struct wait_queue_head;

#define TTY_RING_SIZE	256		/* a power of 2; a reader that is late by more loses what comes last */

/* Bytes in the order of arrival. [all: lock] */
struct tty_ring {
	spinlock_t lock;		/* rank LOCK_RANK_DRIVER; interrupts off */
	unsigned int head, tail;	/* count up for ever; head - tail bytes are inside */
	u8 buf[TTY_RING_SIZE];
};
#define TTY_RING_INIT(name)	{ .lock = __SPIN_LOCK_UNLOCKED(name.lock, LOCK_RANK_DRIVER) }

/*
 * tty_ring_put - one more byte; false: full, it is lost
 * tty_ring_get - the oldest byte, or -1
 *
 * Context: any but NMI.
 */
bool tty_ring_put(struct tty_ring *r, u8 c);
int tty_ring_get(struct tty_ring *r);

/*
 * tty_input_seq - a number that changes whenever something has been typed anywhere
 * tty_input_wake - make it change, and wake all who wait for that. Context: any, hard interrupts included.
 * tty_input_wait - sleep until it is no longer @seq, or for @timeout jiffies (MAX_SCHEDULE_TIMEOUT: no limit). 0, or
 * -ERESTARTSYS
 *	for a signal. Context: task.
 *
 * Take the number, look for input, find none, wait with the number: what is typed in between ends the wait at once.
 * tty_input_polled - some device has no interrupt: waits are short from now on, so that it is asked often enough.
 * tty_input_poll - ->poll found nothing: if such a device exists, whoever waits is woken soon, to ask again. Context: any but NMI.
 */
unsigned int tty_input_seq(void);
void tty_input_wake(void);
int tty_input_wait(unsigned int seq, long timeout);
void tty_input_polled(void);
void tty_input_poll(void);
/* tty_input_queue - the queue that tty_input_wake() wakes, for ->poll. */
struct wait_queue_head *tty_input_queue(void);

#endif
