/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/spinlock_debug.c - spinlocks that know their owner. Empty in plain builds.
 *
 * A spinlock is held by a CPU, so the owner is a CPU number. A lock that is let go by another CPU than took it, or by
 * nobody's leave, is reported with the owner and its task. Waiting is the plain build's: the same queue.
 */
#ifdef CONFIG_DEBUG
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <asm/tsc.h>

/* What this CPU waits for. Others look at the lock first: what belongs to it is written while there is none. */
static void note_wait(struct spin_wait *wait, spinlock_t *lock, u64 since, bool reported)
{
	WRITE_ONCE(wait->lock, NULL);
	barrier();
	WRITE_ONCE(wait->since, since);
	WRITE_ONCE(wait->reported, reported);
	barrier();
	WRITE_ONCE(wait->lock, lock);
}

/* Once: what comes after a lock is broken is noise. */
static void spin_dump(spinlock_t *lock, const char *what)
{
	unsigned int owner = READ_ONCE(lock->owner_cpu);
	struct task_struct *p = owner ? per_cpu(current_task, owner - 1) : NULL;
	static atomic_t reported;

	if (atomic_xchg(&reported, 1) || READ_ONCE(lock_planted) == lock)
		return;
	pr_emerg("BUG: spinlock %s on CPU#%d, %s/%d\n", what, smp_processor_id(), current->comm, current->pid);
	pr_emerg(" lock: %s, .val: %08x, .owner: %s/%d, .owner_cpu: %d\n", lock->name ? lock->name : "(unnamed)",
		 lock->raw.val, p ? p->comm : "<none>", p ? p->pid : -1, (int)owner - 1);
	dump_stack();
}

void debug_spin_lock(spinlock_t *lock, unsigned int flags)
{
	lock_acquire(lock, lock->name, lock->rank, flags | lock->flags, _RET_IP_);
	if (!arch_spin_trylock(&lock->raw)) {
		struct spin_wait *wait = this_cpu_ptr(&spin_wait), outer = *wait;

		lock_contended(lock);
		note_wait(wait, lock, sched_clock(), false);
		arch_spin_lock(&lock->raw);
		note_wait(wait, outer.lock, outer.since, outer.reported);
		lock_acquired(lock);
	}
	WRITE_ONCE(lock->owner_cpu, smp_processor_id() + 1);
}

bool debug_spin_trylock(spinlock_t *lock)
{
	if (!arch_spin_trylock(&lock->raw))
		return false;
	lock_acquire(lock, lock->name, lock->rank, LOCK_TRY | lock->flags, _RET_IP_);
	WRITE_ONCE(lock->owner_cpu, smp_processor_id() + 1);
	return true;
}

void debug_spin_unlock(spinlock_t *lock)
{
	if (unlikely(!arch_spin_is_locked(&lock->raw)))
		spin_dump(lock, "already unlocked");
	else if (unlikely(lock->owner_cpu != smp_processor_id() + 1))
		spin_dump(lock, "wrong CPU");
	WRITE_ONCE(lock->owner_cpu, 0);
	lock_release_named(lock, lock->name, _RET_IP_);
	arch_spin_unlock(&lock->raw);
}

#endif
