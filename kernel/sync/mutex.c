/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/mutex.c - the mutex: three ways in.
 *
 * The problem. Mostly a mutex is free and should cost one locked instruction. If not, its owner is mostly running on
 * another CPU and about to release it, and waiting for that costs less than two context switches. Otherwise the
 * waiter must sleep; and though letting whoever is running take a free mutex is good for throughput, a sleeper must
 * not be overtaken for ever.
 *
 * The idea. One word says who owns it, and in the three low bits (tasks are aligned) what the owner must do when it
 * lets go:
 *
 *	 63                             3   2        1         0
 *	+---------------------------------+--------+---------+---------+
 *	| task_struct of the owner or 0   | PICKUP | HANDOFF | WAITERS |
 *	+---------------------------------+--------+---------+---------+
 *
 *	1 fast	word 0 -> current, current -> 0: one cmpxchg each, nothing else looked at
 *	2 spin	while the owner runs on a CPU and nobody wants ours. Spinners stand in line (osq_lock.c); one looks
 *	3 sleep	on wait_list, in order, WAITERS set so that the owner's fast unlock fails and it wakes the first one
 *
 * A woken first waiter has to compete with those on paths 1 and 2 and may lose. Having lost, it sets HANDOFF, in the
 * same cmpxchg that finds the owner: the next unlock then does not free the mutex but writes (first waiter | PICKUP)
 * into the word: nobody else can take what has an owner, and the one who is named picks it up. So from the moment at
 * which the first in line has run after a wakeup, and lost, it is overtaken by nobody.
 *
 * How often. That moment may be far away: a waiter that was woken stands in another line, for a CPU. So it need not run
 * to be the next. While there are waiters no unlock takes the fast path, and the slow one counts, under wait_lock, how
 * often the first in line was left there:
 *
 *	waiter W:	queued, first ............. woken, waits for a CPU ..............| picks it up
 *	others:		 A1  A2  A3 ...					A(64)	B	|
 *	W->passed:	   1   2   3 ...			   64: W is promised the mutex
 *
 * At MUTEX_PASSES the one who counts writes the promise itself: W's name and PICKUP into a free mutex, HANDOFF into the
 * word of an owner. Between letting go and counting preemption is off, so at any time each CPU has at most one unlock
 * that is not counted yet, and the CPU of whoever gets in has none. Who gets in as the m-th past W finds m - 1 unlocks
 * done: m - 1 <= (MUTEX_PASSES - 1) + (CPUs - 1). This is the bound:
 *
 *	the first in line is passed at most MUTEX_PASSES + CPUs - 1 times,
 *	and whoever had k in front of it when it was queued at most (k + 1) * (MUTEX_PASSES + CPUs) - 1 times
 *
 * It is high, because the promise costs: until W runs nobody has the mutex. It says nothing of path 2, where one is
 * awake and sees each time that the mutex is free.
 *
 * Invariants, under wait_lock
 *   M1  wait_list not empty => WAITERS set.
 *   M2  The owner field changes from A to B only: 0 to B by B; A to 0 or to (first | PICKUP) by A; 0 to
 *       (first | PICKUP) by an unlock that counted, under wait_lock. PICKUP is cleared by the one named.
 *   M3  HANDOFF is set by the first waiter, or for it under wait_lock, and only while there is an owner; cleared by
 *       that owner's handoff. A word without an owner never has it.
 *
 * Order. Taking is an acquire, releasing a release on the same word. Sleeping: the waiter sets its state, then tries
 * the lock; the owner clears its name, then looks for waiters under wait_lock. One of them sees the other
 * (sched/wakeup.c, "The lost wakeup").
 *
 * Looking at the owner. Spinners read owner->on_cpu of a task that may exit at any moment. Preemption is off, which is
 * an RCU read section, and task_structs are freed after a grace period: what was the owner a moment ago can still be
 * read. A stale answer does no more than one more turn, or a sleep.
 *
 * Linux (kernel/locking/mutex.c) adds wound/wait mutexes.
 */
#include <primer/err.h>
#include <primer/mutex.h>
#include <primer/sched.h>
#include <primer/spinlock.h>

#define MUTEX_FLAG_WAITERS	0x01UL
#define MUTEX_FLAG_HANDOFF	0x02UL
#define MUTEX_FLAG_PICKUP	0x04UL

struct mutex_waiter {
	struct list_head list;
	struct task_struct *task;
	unsigned int passed;		/* [wait_lock] unlocks that were not for us, while we were the first in line */
#ifdef CONFIG_DEBUG
	bool asked;			/* for a handoff */
	unsigned long acquired_then;	/* lock->acquired at that moment */
#endif
};

/*
 * Checked in DEBUG builds: how many got in while the first waiter had asked for a handoff? Its question is put to an
 * owner, in the owner's word, and an owner that was asked can only hand over: none.
 */
#ifdef CONFIG_DEBUG
static inline void note_acquired(struct mutex *lock)		{ lock->acquired++; }
static inline void note_queued(struct mutex_waiter *waiter)	{ waiter->asked = false; }

static inline void note_handoff(struct mutex *lock, struct mutex_waiter *waiter)
{
	if (!waiter->asked) {
		waiter->asked = true;
		waiter->acquired_then = READ_ONCE(lock->acquired);
	}
}

static inline void note_waited(struct mutex *lock, struct mutex_waiter *waiter)
{
	/* One more may have been in, but not have counted itself yet, when we looked. */
	if (waiter->asked && lock->acquired - waiter->acquired_then > lock->passed_max)
		lock->passed_max = lock->acquired - waiter->acquired_then;
}
#else
static inline void note_acquired(struct mutex *lock)					{ }
static inline void note_queued(struct mutex_waiter *waiter)				{ }
static inline void note_handoff(struct mutex *lock, struct mutex_waiter *waiter)	{ }
static inline void note_waited(struct mutex *lock, struct mutex_waiter *waiter)		{ }
#endif

void __mutex_init(struct mutex *lock, const char *name, unsigned int rank)
{
	atomic_long_set(&lock->owner, 0);
	spin_lock_init(&lock->wait_lock, LOCK_RANK_SLEEPLOCK_WAIT);
	INIT_LIST_HEAD(&lock->wait_list);
	osq_lock_init(&lock->osq);
	lockdep_init_map(&lock->dep_map, name, rank);
}

static inline struct task_struct *owner_task(unsigned long owner)
{
	return (struct task_struct *)(owner & ~MUTEX_FLAGS);
}

static inline unsigned long owner_flags(unsigned long owner)		{ return owner & MUTEX_FLAGS; }

static inline struct task_struct *__mutex_owner(struct mutex *lock)
{
	return owner_task(atomic_long_read(&lock->owner));
}

static inline void __mutex_set_flag(struct mutex *lock, unsigned long flag)	{ atomic_long_or(flag, &lock->owner); }

static inline void __mutex_clear_flag(struct mutex *lock, unsigned long flag)
{
	atomic_long_andnot(flag, &lock->owner);
}

/*
 * Take it if it is free or was handed to us. NULL: ours; else who has it. @handoff: if somebody has it, ask for it in
 * the same step. Together, because a wish that is left on a free mutex would be overlooked by whoever takes it.
 */
static struct task_struct *__mutex_trylock_common(struct mutex *lock, bool handoff)
{
	long owner = atomic_long_read(&lock->owner);

	for (;;) {
		unsigned long flags = owner_flags(owner);
		struct task_struct *task = owner_task(owner);
		bool take = true;

		if (task) {
			if (flags & MUTEX_FLAG_PICKUP) {
				if (task != current)
					return task;
				flags &= ~MUTEX_FLAG_PICKUP;
			} else if (handoff && !(flags & MUTEX_FLAG_HANDOFF)) {
				flags |= MUTEX_FLAG_HANDOFF;
				take = false;
			} else {
				return task;
			}
		}
		if (atomic_long_try_cmpxchg_acquire(&lock->owner, &owner, (unsigned long)(take ? current : task) | flags))
			return take ? NULL : task;
	}
}

static inline bool __mutex_trylock(struct mutex *lock)		{ return !__mutex_trylock_common(lock, false); }
static inline bool __mutex_trylock_or_handoff(struct mutex *lock, bool handoff)
{
	return !__mutex_trylock_common(lock, handoff);
}

static __always_inline bool __mutex_trylock_fast(struct mutex *lock)
{
	long zero = 0;

	return atomic_long_try_cmpxchg_acquire(&lock->owner, &zero, (long)current);
}

static __always_inline bool __mutex_unlock_fast(struct mutex *lock)
{
	long self = (long)current;

	return atomic_long_try_cmpxchg_release(&lock->owner, &self, 0);
}

/* ---- path 2: spinning -------------------------------------------------------------------------------------------- */

/*
 * Wait while @owner has it and runs. False: it went to sleep, or we are wanted elsewhere. Who has it already and waits
 * for itself shall sleep, not burn a CPU: then it can be found. Context: preemption disabled.
 */
static bool mutex_spin_on_owner(struct mutex *lock, struct task_struct *owner)
{
	while (__mutex_owner(lock) == owner) {
		barrier();	/* on_cpu is read after the owner was seen to be the owner */
		if (owner == current || !READ_ONCE(owner->on_cpu) || need_resched())
			return false;
		cpu_relax();
	}
	return true;
}

static bool mutex_can_spin_on_owner(struct mutex *lock)
{
	struct task_struct *owner;

	if (need_resched())
		return false;
	owner = __mutex_owner(lock);
	/* No owner: it is being handed over, or about to be taken. Worth a try. */
	return !owner || (owner != current && READ_ONCE(owner->on_cpu));
}

/* @waiter: the first in wait_list spins too, outside the line of newcomers; NULL for those. True: the mutex is ours. */
static bool mutex_optimistic_spin(struct mutex *lock, struct mutex_waiter *waiter)
{
	bool taken = false;

	if (!waiter) {
		if (!mutex_can_spin_on_owner(lock) || !osq_lock(&lock->osq))
			return false;
	}
	for (;;) {
		struct task_struct *owner = __mutex_trylock_common(lock, false);

		if (!owner) {
			taken = true;
			break;
		}
		if (!mutex_spin_on_owner(lock, owner))
			break;
		cpu_relax();
	}
	if (!waiter)
		osq_unlock(&lock->osq);
	return taken;
}

/* ---- path 3: sleeping -------------------------------------------------------------------------------------------- */

static inline bool is_first_waiter(struct mutex *lock, struct mutex_waiter *waiter)
{
	return list_first_entry(&lock->wait_list, struct mutex_waiter, list) == waiter;
}

static void remove_waiter(struct mutex *lock, struct mutex_waiter *waiter)
{
	list_del(&waiter->list);
	if (list_empty(&lock->wait_list))
		__mutex_clear_flag(lock, MUTEX_FLAG_WAITERS | MUTEX_FLAG_HANDOFF | MUTEX_FLAG_PICKUP);
}

/*
 * The slow way in. When we are interrupted by a signal we leave nothing behind: if a handoff was under way to us,
 * PICKUP names us and the try under wait_lock takes it, so the signal is looked at only when that failed; and HANDOFF
 * that is left over makes the next unlock hand over to whoever is first then.
 */
static noinline int __mutex_lock_slowpath(struct mutex *lock, unsigned int state)
{
	struct mutex_waiter waiter;
	bool first;

	preempt_disable();
	if (__mutex_trylock(lock) || mutex_optimistic_spin(lock, NULL)) {
		preempt_enable();
		return 0;
	}

	spin_lock(&lock->wait_lock);
	if (__mutex_trylock(lock))
		goto taken_unqueued;

	waiter.task = current;
	waiter.passed = 0;
	note_queued(&waiter);
	if (list_empty(&lock->wait_list))
		__mutex_set_flag(lock, MUTEX_FLAG_WAITERS);
	list_add_tail(&waiter.list, &lock->wait_list);

	set_current_state(state);
	for (;;) {
		/*
		 * After WAITERS and our state are set: an owner that released before them is noticed here, one that
		 * releases after sees WAITERS. Under wait_lock, so that a handoff to us is not under way.
		 */
		if (__mutex_trylock(lock))
			goto taken;
		if (signal_pending_state(state, current))
			goto interrupted;
		spin_unlock(&lock->wait_lock);
		schedule_preempt_disabled();

		first = is_first_waiter(lock, &waiter);
		set_current_state(state);
		if (__mutex_trylock_or_handoff(lock, first))
			break;
		if (first) {
			note_handoff(lock, &waiter);
			if (mutex_optimistic_spin(lock, &waiter))
				break;
		}
		spin_lock(&lock->wait_lock);
	}
	spin_lock(&lock->wait_lock);
taken:
	__set_current_state(TASK_RUNNING);
	note_waited(lock, &waiter);
	remove_waiter(lock, &waiter);
taken_unqueued:
	spin_unlock(&lock->wait_lock);
	preempt_enable();
	return 0;

interrupted:
	__set_current_state(TASK_RUNNING);
	remove_waiter(lock, &waiter);
	spin_unlock(&lock->wait_lock);
	preempt_enable();
	return -EINTR;
}

/* M2: from us to @task in one step; HANDOFF is fulfilled, WAITERS stays. Context: wait_lock held. */
static void __mutex_handoff(struct mutex *lock, struct task_struct *task)
{
	long owner = atomic_long_read(&lock->owner), new;

	do {
		new = owner & MUTEX_FLAG_WAITERS;
		new |= (unsigned long)task;
		if (task)
			new |= MUTEX_FLAG_PICKUP;
	} while (!atomic_long_try_cmpxchg_release(&lock->owner, &owner, new));
}

/*
 * @next has been passed often enough: a free mutex is its own at once, an owner is asked to hand over. Nothing is to be
 * done when somebody is named already, or when @next is in and only has not left the list. Context: wait_lock held.
 */
static void __mutex_promise(struct mutex *lock, struct task_struct *next)
{
	long owner = atomic_long_read(&lock->owner), new;

	do {
		if (owner & (MUTEX_FLAG_HANDOFF | MUTEX_FLAG_PICKUP) || owner_task(owner) == next)
			return;
		new = owner_task(owner) ? owner | MUTEX_FLAG_HANDOFF : (long)next | owner | MUTEX_FLAG_PICKUP;
	} while (!atomic_long_try_cmpxchg_release(&lock->owner, &owner, new));
}

/* Preemption is off from letting go to counting ("How often"), and on to the wakeup, which others leave to us. */
static noinline void __mutex_unlock_slowpath(struct mutex *lock)
{
	long owner = atomic_long_read(&lock->owner);
	struct task_struct *next = NULL;
	struct mutex_waiter *waiter;
	DEFINE_WAKE_Q(wake_q);

	/* M2. Without this, two could be inside. */
	if (WARN_ONCE(owner_task(owner) != current, "mutex unlocked by %s/%d, which does not own it\n", current->comm,
		      current->pid))
		return;
	/*
	 * Let go first, so that others can have it while we look for the waiter; not for a handoff, which must not
	 * have a gap.
	 */
	preempt_disable();
	for (;;) {
		if (owner & MUTEX_FLAG_HANDOFF)
			break;
		if (atomic_long_try_cmpxchg_release(&lock->owner, &owner, owner_flags(owner))) {
			if (owner & MUTEX_FLAG_WAITERS)
				break;
			preempt_enable();
			return;
		}
	}

	spin_lock(&lock->wait_lock);
	if (!list_empty(&lock->wait_list)) {
		waiter = list_first_entry(&lock->wait_list, struct mutex_waiter, list);
		next = waiter->task;
		if (!lock_is_planted(lock))
			wake_q_add(&wake_q, next);
		if (!(owner & MUTEX_FLAG_HANDOFF) && ++waiter->passed >= MUTEX_PASSES)
			__mutex_promise(lock, next);
	}
	if (owner & MUTEX_FLAG_HANDOFF)
		__mutex_handoff(lock, next);
	spin_unlock(&lock->wait_lock);
	/* The mutex may be gone from here on: its new owner may free it. */
	wake_up_q(&wake_q);
	preempt_enable();
}

/* ---- the interface ----------------------------------------------------------------------------------------------- */

static __always_inline int __mutex_lock(struct mutex *lock, unsigned int state, unsigned int flags)
{
	int ret = 0;

	might_sleep();
	lock_map_acquire(lock, flags);
	if (!__mutex_trylock_fast(lock)) {
		lock_contended(lock);
		ret = __mutex_lock_slowpath(lock, state);
		lock_acquired(lock);
	}
	if (ret)
		lock_map_release(lock);
	else
		note_acquired(lock);
	return ret;
}

void mutex_lock(struct mutex *lock)
{
	__mutex_lock(lock, TASK_UNINTERRUPTIBLE, 0);
}

void mutex_lock_nested(struct mutex *lock, unsigned int subclass)
{
	__mutex_lock(lock, TASK_UNINTERRUPTIBLE, LOCK_SUBCLASS(subclass));
}

int mutex_lock_interruptible(struct mutex *lock)
{
	return __mutex_lock(lock, TASK_INTERRUPTIBLE, 0);
}

int mutex_lock_killable(struct mutex *lock)
{
	return __mutex_lock(lock, TASK_KILLABLE, 0);
}

bool mutex_trylock(struct mutex *lock)
{
	bool taken = __mutex_trylock(lock);

	if (taken) {
		note_acquired(lock);
		lock_map_acquire(lock, LOCK_TRY);
	}
	return taken;
}

void mutex_unlock(struct mutex *lock)
{
	lock_map_release(lock);
	if (!__mutex_unlock_fast(lock))
		__mutex_unlock_slowpath(lock);
}
