/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/spinlock.h - mutual exclusion by waiting in a loop: for short sections that must not sleep.
 *
 *	spin_lock, spin_unlock			data that only tasks touch
 *	spin_lock_bh, spin_unlock_bh		shared with softirqs
 *	spin_lock_irq, spin_unlock_irq		shared with interrupt handlers; the caller knows that interrupts are on
 *	spin_lock_irqsave, _irqrestore		shared with interrupt handlers; called with interrupts on or off
 *
 * The holder is never preempted, so the wait of others is bounded by the section's length; waiters get the lock in
 * the order in which they came. Not recursive. Taking one that nobody holds is preempt_disable() and one locked
 * instruction; letting it go is one byte store and preempt_enable(). The raw_ names are the same functions.
 *
 * Context: any, provided that no handler that takes the lock can interrupt its holder. Never sleeps; do not sleep while
 * holding one.
 */
#ifndef PRIMER_SPINLOCK_H
#define PRIMER_SPINLOCK_H

#include <primer/atomic.h>
#include <primer/bottom_half.h>
#include <primer/preempt.h>
#include <primer/spinlock_types.h>
#include <asm/irqflags.h>
#include <asm/processor.h>

#define _Q_LOCKED_VAL		(1U << 0)
#define _Q_LOCKED_MASK		0x000000ffU
#define _Q_PENDING_VAL		(1U << 8)
#define _Q_PENDING_MASK		0x0000ff00U
#define _Q_TAIL_IDX_OFFSET	16
#define _Q_TAIL_CPU_OFFSET	18
#define _Q_TAIL_MASK		0xffff0000U

/* queued_spin_lock_slowpath - the lock word was @val and not 0: wait for our turn. Context: preemption disabled. */
void queued_spin_lock_slowpath(struct qspinlock *lock, u32 val);

/* arch_spin_*: the bare lock, for code that brings its own rules about preemption. */
static __always_inline void arch_spin_lock(arch_spinlock_t *lock)
{
	u32 val = 0;

	if (likely(try_cmpxchg_acquire(&lock->val, &val, _Q_LOCKED_VAL)))
		return;
	queued_spin_lock_slowpath(lock, val);
}

static __always_inline bool arch_spin_trylock(arch_spinlock_t *lock)
{
	u32 val = READ_ONCE(lock->val);

	return likely(!val) && try_cmpxchg_acquire(&lock->val, &val, _Q_LOCKED_VAL);
}

static __always_inline void arch_spin_unlock(arch_spinlock_t *lock)
{
	smp_store_release(&lock->locked, 0);	/* pairs with the acquire of the next holder */
}

static __always_inline bool arch_spin_is_locked(const arch_spinlock_t *lock)	{ return READ_ONCE(lock->val) != 0; }

static __always_inline bool arch_spin_is_contended(const arch_spinlock_t *lock)
{
	return READ_ONCE(lock->val) & ~_Q_LOCKED_MASK;
}

#ifdef CONFIG_DEBUG
/* What a CPU waits for, and since when. [that CPU; others look: kernel/locking/spinlock_lockup.c] */
struct spin_wait {
	spinlock_t *lock;		/* NULL: nothing */
	u64 since;			/* ns of sched_clock() */
	bool reported;
};
DECLARE_PER_CPU(struct spin_wait, spin_wait);

/* The checked forms, in kernel/locking/spinlock_debug.c. @flags: LOCK_* */
void debug_spin_lock(spinlock_t *lock, unsigned int flags);
bool debug_spin_trylock(spinlock_t *lock);
void debug_spin_unlock(spinlock_t *lock);
static __always_inline void do_spin_lock(spinlock_t *lock)		{ debug_spin_lock(lock, 0); }

static __always_inline void do_spin_lock_nested(spinlock_t *lock, int subclass)
{
	debug_spin_lock(lock, LOCK_SUBCLASS(subclass));
}

static __always_inline bool do_spin_trylock(spinlock_t *lock)		{ return debug_spin_trylock(lock); }
static __always_inline void do_spin_unlock(spinlock_t *lock)		{ debug_spin_unlock(lock); }
#define spin_lock_init(lock, ...) do { \
	static const char __lock_name[] = #lock; \
	*(lock) = (spinlock_t){ .rank = __LOCK_RANK(__VA_ARGS__), .name = __lock_name }; \
} while (0)
#define rwlock_init(lock, ...) do { \
	static const char __lock_name[] = #lock; \
	*(lock) = (rwlock_t){ .dep_map = { .rank = __LOCK_RANK(__VA_ARGS__), .name = __lock_name } }; \
} while (0)
#else
static __always_inline void do_spin_lock(spinlock_t *lock)		{ arch_spin_lock(&lock->raw); }
static __always_inline void do_spin_lock_nested(spinlock_t *lock, int subclass)	{ arch_spin_lock(&lock->raw); }
static __always_inline bool do_spin_trylock(spinlock_t *lock)		{ return arch_spin_trylock(&lock->raw); }
static __always_inline void do_spin_unlock(spinlock_t *lock)		{ arch_spin_unlock(&lock->raw); }
#define spin_lock_init(lock, ...)	do { *(lock) = (spinlock_t){ .raw = __ARCH_SPIN_LOCK_UNLOCKED }; } while (0)
#define rwlock_init(lock, ...)		do { *(lock) = (rwlock_t){ .wait_lock = __ARCH_SPIN_LOCK_UNLOCKED }; } while (0)
#endif
#define raw_spin_lock_init(lock, ...)	spin_lock_init(lock, ##__VA_ARGS__)

/*
 * debug_spin_lockup - if @cpu has been waiting for one spinlock for @limit_ns, say so, once: the CPU that holds it (or @cpu, if
 * nobody knows); else -1. Context: any.
 */
#ifdef CONFIG_DEBUG
int debug_spin_lockup(unsigned int cpu, u64 limit_ns);
#else
static inline int debug_spin_lockup(unsigned int cpu, u64 limit_ns)	{ return -1; }
#endif

static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	do_spin_lock(lock);
}

/* spin_lock_nested - as spin_lock(), inside another lock of the same rank; the caller keeps the order among them. */
static __always_inline void spin_lock_nested(spinlock_t *lock, int subclass)
{
	preempt_disable();
	do_spin_lock_nested(lock, subclass);
}

static __always_inline void spin_lock_bh(spinlock_t *lock)
{
	local_bh_disable();
	do_spin_lock(lock);
}

static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	preempt_disable();
	do_spin_lock(lock);
}

static __always_inline unsigned long __spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	preempt_disable();
	do_spin_lock(lock);
	return flags;
}
#define spin_lock_irqsave(lock, flags)			do { (flags) = __spin_lock_irqsave(lock); } while (0)

static __always_inline unsigned long __spin_lock_irqsave_nested(spinlock_t *lock, int subclass)
{
	unsigned long flags;

	local_irq_save(flags);
	preempt_disable();
	do_spin_lock_nested(lock, subclass);
	return flags;
}
#define spin_lock_irqsave_nested(lock, flags, subclass) \
	do { (flags) = __spin_lock_irqsave_nested((lock), (subclass)); } while (0)

static __always_inline void spin_unlock(spinlock_t *lock)
{
	do_spin_unlock(lock);
	preempt_enable();
}

static __always_inline void spin_unlock_bh(spinlock_t *lock)
{
	do_spin_unlock(lock);
	local_bh_enable();
}

static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	do_spin_unlock(lock);
	local_irq_enable();
	preempt_enable();
}

static __always_inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	do_spin_unlock(lock);
	local_irq_restore(flags);
	preempt_enable();
}

/* The try forms take the lock only if it is free now; false: not taken, and interrupts and preemption are as before. */
static __always_inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (do_spin_trylock(lock))
		return true;
	preempt_enable();
	return false;
}

static __always_inline bool spin_trylock_bh(spinlock_t *lock)
{
	local_bh_disable();
	if (do_spin_trylock(lock))
		return true;
	local_bh_enable();
	return false;
}

static __always_inline bool spin_trylock_irq(spinlock_t *lock)
{
	local_irq_disable();
	if (spin_trylock(lock))
		return true;
	local_irq_enable();
	return false;
}

#define spin_trylock_irqsave(lock, flags) ({ \
	bool __taken; \
	local_irq_save(flags); \
	__taken = spin_trylock(lock); \
	if (!__taken) \
		local_irq_restore(flags); \
	__taken; })

static __always_inline bool spin_is_locked(const spinlock_t *lock)	{ return arch_spin_is_locked(&lock->raw); }
static __always_inline bool spin_is_contended(const spinlock_t *lock)	{ return arch_spin_is_contended(&lock->raw); }

/* assert_spin_locked - somebody must hold it; lockdep_assert_held() also checks that it is the caller. */
#define assert_spin_locked(lock)	lockdep_assert_held(lock)

#define raw_spin_lock(l)			spin_lock(l)
#define raw_spin_lock_nested(l, s)		spin_lock_nested(l, s)
#define raw_spin_lock_bh(l)			spin_lock_bh(l)
#define raw_spin_lock_irq(l)			spin_lock_irq(l)
#define raw_spin_lock_irqsave(l, f)		spin_lock_irqsave(l, f)
#define raw_spin_unlock(l)			spin_unlock(l)
#define raw_spin_unlock_bh(l)			spin_unlock_bh(l)
#define raw_spin_unlock_irq(l)			spin_unlock_irq(l)
#define raw_spin_unlock_irqrestore(l, f)	spin_unlock_irqrestore(l, f)
#define raw_spin_trylock(l)			spin_trylock(l)
#define raw_spin_trylock_irqsave(l, f)		spin_trylock_irqsave(l, f)
#define raw_spin_is_locked(l)			spin_is_locked(l)

/*
 * After spin_lock(): order earlier stores against later loads, as try_to_wake_up() needs. A locked instruction did it
 * on x86.
 */
#define smp_mb__after_spinlock()		barrier()

#include <primer/rwlock.h>

#endif
