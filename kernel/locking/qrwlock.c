/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/qrwlock.c - the queued reader-writer lock: what happens when it was not free.
 *
 * The problem. Readers that come and go without end can keep a writer out for ever, if a reader may enter whenever
 * another reader is inside.
 *
 * The idea. One word counts the readers inside and says whether a writer is inside or waits; whoever cannot enter at
 * once, reader or writer, takes the spinlock next to it, which is fair: its queue is the waiting room, and only its
 * holder looks at the word.
 *
 *	 31                 9    8       7      0
 *	+--------------------+---------+--------+
 *	| readers inside     | waiting | writer |	writer: 0xff inside
 *	+--------------------+---------+--------+
 *
 * A writer at the head sets "waiting", which turns new readers into the queue; those inside leave one by one, and
 * when only "waiting" is left it becomes "writer". A reader at the head announces itself in the count and waits until
 * no writer is inside.
 *
 * Interrupts. A handler that reads may have interrupted a reader inside. If a writer waits, the handler must not
 * queue up behind it: the writer waits for the interrupted reader, which waits for the handler. In interrupt context
 * readers therefore ignore "waiting" and are only stopped by a writer inside, which has interrupts off if handlers
 * read at all.
 *
 * Order. Entering acquires, leaving releases; the release of the last reader or writer pairs with the acquire of
 * whoever found the word free.
 */
#include <primer/spinlock.h>

void queued_read_lock_slowpath(rwlock_t *lock)
{
	/* Our _QR_BIAS is in the count already. */
	if (unlikely(in_interrupt())) {
		while (smp_load_acquire(&lock->cnts) & _QW_LOCKED)
			cpu_relax();
		return;
	}

	__atomic_sub_fetch(&lock->cnts, _QR_BIAS, __ATOMIC_RELAXED);
	arch_spin_lock(&lock->wait_lock);
	__atomic_add_fetch(&lock->cnts, _QR_BIAS, __ATOMIC_RELAXED);
	/* We hold the waiting room, so nobody can be "waiting": only a writer inside is in the way. */
	while (smp_load_acquire(&lock->cnts) & _QW_LOCKED)
		cpu_relax();
	arch_spin_unlock(&lock->wait_lock);
}

void queued_write_lock_slowpath(rwlock_t *lock)
{
	u32 cnts = 0;

	arch_spin_lock(&lock->wait_lock);
	if (!READ_ONCE(lock->cnts) && try_cmpxchg_acquire(&lock->cnts, &cnts, _QW_LOCKED))
		goto unlock;

	__atomic_fetch_or(&lock->cnts, _QW_WAITING, __ATOMIC_RELAXED);
	do {
		while ((cnts = READ_ONCE(lock->cnts)) != _QW_WAITING)
			cpu_relax();
	} while (!try_cmpxchg_acquire(&lock->cnts, &cnts, _QW_LOCKED));
unlock:
	arch_spin_unlock(&lock->wait_lock);
}
