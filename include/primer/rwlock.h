/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/rwlock.h - many readers or one writer, spinning. Included by spinlock.h.
 *
 * Fair: readers and writers that have to wait do so in one queue. A reader in interrupt context is let in past
 * waiting (not past active) writers, so that a handler may take for reading what the interrupted task holds for
 * reading. In task context a second read_lock() inside the first can deadlock against a writer that waits between
 * them.
 *
 * Context and the _irq, _irqsave, _bh forms: as for spinlocks. If readers exist in interrupt handlers, writers
 * disable interrupts.
 */
#ifndef PRIMER_RWLOCK_H
#define PRIMER_RWLOCK_H

#ifndef PRIMER_SPINLOCK_H
#error include primer/spinlock.h
#endif

#define _QW_WAITING	0x100U		/* a writer waits: new readers queue up */
#define _QW_LOCKED	0x0ffU		/* a writer is inside */
#define _QW_WMASK	0x1ffU
#define _QR_SHIFT	9
#define _QR_BIAS	(1U << _QR_SHIFT)

void queued_read_lock_slowpath(rwlock_t *lock);
void queued_write_lock_slowpath(rwlock_t *lock);

static __always_inline void queued_read_lock(rwlock_t *lock)
{
	if (likely(!(__atomic_add_fetch(&lock->cnts, _QR_BIAS, __ATOMIC_ACQUIRE) & _QW_WMASK)))
		return;
	queued_read_lock_slowpath(lock);
}

static __always_inline bool queued_read_trylock(rwlock_t *lock)
{
	u32 cnts = READ_ONCE(lock->cnts);

	return likely(!(cnts & _QW_WMASK)) && try_cmpxchg_acquire(&lock->cnts, &cnts, cnts + _QR_BIAS);
}

static __always_inline void queued_write_lock(rwlock_t *lock)
{
	u32 cnts = 0;

	if (likely(try_cmpxchg_acquire(&lock->cnts, &cnts, _QW_LOCKED)))
		return;
	queued_write_lock_slowpath(lock);
}

static __always_inline bool queued_write_trylock(rwlock_t *lock)
{
	u32 cnts = READ_ONCE(lock->cnts);

	return likely(!cnts) && try_cmpxchg_acquire(&lock->cnts, &cnts, _QW_LOCKED);
}

static __always_inline void do_read_lock(rwlock_t *lock)
{
	lock_map_acquire_here(lock, LOCK_READ);
	queued_read_lock(lock);
}

static __always_inline void do_write_lock(rwlock_t *lock)
{
	lock_map_acquire_here(lock, 0);
	queued_write_lock(lock);
}

static __always_inline void do_read_unlock(rwlock_t *lock)
{
	lock_map_release_here(lock);
	__atomic_sub_fetch(&lock->cnts, _QR_BIAS, __ATOMIC_RELEASE);
}

static __always_inline void do_write_unlock(rwlock_t *lock)
{
	lock_map_release_here(lock);
	smp_store_release(&lock->wlocked, 0);
}

static __always_inline void read_lock(rwlock_t *l)		{ preempt_disable(); do_read_lock(l); }
static __always_inline void write_lock(rwlock_t *l)		{ preempt_disable(); do_write_lock(l); }
static __always_inline void read_unlock(rwlock_t *l)		{ do_read_unlock(l); preempt_enable(); }
static __always_inline void write_unlock(rwlock_t *l)		{ do_write_unlock(l); preempt_enable(); }
static __always_inline void read_lock_bh(rwlock_t *l)		{ local_bh_disable(); do_read_lock(l); }
static __always_inline void write_lock_bh(rwlock_t *l)		{ local_bh_disable(); do_write_lock(l); }
static __always_inline void read_unlock_bh(rwlock_t *l)		{ do_read_unlock(l); local_bh_enable(); }
static __always_inline void write_unlock_bh(rwlock_t *l)	{ do_write_unlock(l); local_bh_enable(); }
static __always_inline void read_lock_irq(rwlock_t *l)		{ local_irq_disable(); read_lock(l); }
static __always_inline void write_lock_irq(rwlock_t *l)		{ local_irq_disable(); write_lock(l); }

static __always_inline void read_unlock_irq(rwlock_t *l)
{
	do_read_unlock(l);
	local_irq_enable();
	preempt_enable();
}

static __always_inline void write_unlock_irq(rwlock_t *l)
{
	do_write_unlock(l);
	local_irq_enable();
	preempt_enable();
}

#define read_lock_irqsave(l, flags)	do { local_irq_save(flags); read_lock(l); } while (0)
#define write_lock_irqsave(l, flags)	do { local_irq_save(flags); write_lock(l); } while (0)

static __always_inline void read_unlock_irqrestore(rwlock_t *l, unsigned long flags)
{
	do_read_unlock(l);
	local_irq_restore(flags);
	preempt_enable();
}

static __always_inline void write_unlock_irqrestore(rwlock_t *l, unsigned long flags)
{
	do_write_unlock(l);
	local_irq_restore(flags);
	preempt_enable();
}

static __always_inline bool read_trylock(rwlock_t *l)
{
	preempt_disable();
	if (likely(queued_read_trylock(l))) {
		lock_map_acquire_here(l, LOCK_READ | LOCK_TRY);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline bool write_trylock(rwlock_t *l)
{
	preempt_disable();
	if (likely(queued_write_trylock(l))) {
		lock_map_acquire_here(l, LOCK_TRY);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline bool rwlock_is_write_locked(const rwlock_t *l)	{ return READ_ONCE(l->wlocked); }

#endif
