/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/spinlock_lockup.c - who has been waiting for a spinlock for too long? Empty in plain builds.
 *
 * A CPU that waits in a lock's queue cannot look at the clock: it would lose its place if it gave up, and a waiter that
 * has interrupts off is not interrupted either. So it only notes what it waits for and since when, and somebody else looks at
 * the note: the watchdogs' timer, of this CPU or of the one before it (kernel/debug/watchdog.c).
 *
 *	CPU 0: spin_lock(A), taken	note: A, since 17.3 s ...				(spins)
 *	CPU 3: the timer		CPU 0's note is older than the limit: report it once
 *
 * A wait may be interrupted and another one begin on top of it: the outer note is kept on the stack meanwhile.
 *
 * Locking. A note is its CPU's own; who looks at it from outside may see a lock that was taken in the meantime, and looks at it
 * again before it prints. Only locks that never go away would be safe to look into: the lock's words are read, once, for a
 * lock that the CPU still says it waits for.
 *
 * Linux had this in kernel/locking/spinlock_debug.c, by counting attempts, until its locks were queued.
 */
#ifdef CONFIG_DEBUG
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <asm/tsc.h>

DEFINE_PER_CPU(struct spin_wait, spin_wait);

int debug_spin_lockup(unsigned int cpu, u64 limit_ns)
{
	struct spin_wait *wait = per_cpu_ptr(&spin_wait, cpu);
	spinlock_t *lock = READ_ONCE(wait->lock);
	u64 since = READ_ONCE(wait->since), now = sched_clock();
	struct task_struct *p = per_cpu(current_task, cpu);
	unsigned int owner;

	if (likely(!lock) || now - since < limit_ns || now < since || wait->reported)
		return -1;
	owner = READ_ONCE(lock->owner_cpu);
	if (READ_ONCE(wait->lock) != lock || READ_ONCE(wait->since) != since)
		return -1;
	wait->reported = true;
	pr_emerg("BUG: spinlock lockup suspected on CPU#%u, %s/%d\n", cpu, p->comm, p->pid);
	p = owner ? per_cpu(current_task, owner - 1) : NULL;
	pr_emerg(" lock: %s, .val: %08x, .owner: %s/%d, .owner_cpu: %d\n", lock->name ? lock->name : "(unnamed)", lock->raw.val,
		 p ? p->comm : "<none>", p ? p->pid : -1, (int)owner - 1);
	return owner ? (int)owner - 1 : (int)cpu;
}

#endif
