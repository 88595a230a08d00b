/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/rtmutex.c - the rt_mutex: the owner borrows the priority of whom it keeps waiting.
 *
 * The problem. L holds a lock, and H, which is urgent, waits for it. Now M, of a priority between the two, becomes
 * runnable and takes the CPU from L, for as long as it likes. L does not run, so it does not let go, so H does not run:
 * it waits for M, with which it shares nothing. Priorities are turned over.
 *
 *	prio	H	      lock..........................(waits for M!)....|###
 *		M	             |########################|
 *		L	lock#########                          ###unlock
 *
 *		H	      lock....|###
 *		M	               (waits)...|########################
 *		L	lock####^^^^^^unlock				^ runs as H
 *
 * The idea. While H waits for L's lock, L runs at H's priority. If L itself waits for a lock, its owner does so too:
 * priority goes along the chain to the one who can run.
 *
 *	H --waits for--> lock 1 --owned by--> L --waits for--> lock 2 --owned by--> K
 *
 * Each lock has a tree of its waiters, by priority. Each task has a tree of the first waiters of all locks that it
 * owns, p->pi_waiters: the first of these is whose priority it gets (rt_mutex_setprio(), sched/params.c), and when a
 * lock is let go, only that lock's waiter leaves the tree, so what others lend stays.
 *
 *	lock 1: H(10) J(30)	L owns 1 and 3:  L->pi_waiters: H(10) N(20)	unlock 1: N(20), L runs at 20
 *	lock 3: N(20)
 *
 * The walk. When a priority or a waiter changes, the chain behind is followed, link by link: task, the lock it waits
 * for, that lock's owner, ... At each link the waiter gets its new place among the lock's, and if that changed who is
 * the first, the owner's tree and its priority are changed too. No lock is held from one link to the next, so the chain
 * can change under the walk. It does not matter: whoever changes it starts from what is true then, and walks itself.
 * What the walk must not do is go on along a chain that is not its own: it remembers the lock that the next task waited
 * for, and ends if that is another one. A chain that comes back to the one who asked is a deadlock.
 *
 * The owner word, and what the bit says to the fast paths, which expect 0 or current exactly:
 *
 *	0			free			one cmpxchg takes it
 *	task			owned, nobody waits	one cmpxchg lets it go
 *	task | HAS_WAITERS	owned			under wait_lock
 *	HAS_WAITERS		free, the first waiter was woken and takes it, or a better task does: under wait_lock
 *
 * Invariants
 *   R1  [wait_lock] Waiters => HAS_WAITERS. With the bit set the word changes under wait_lock only.
 *   R2  [wait_lock, owner's pi_lock] An owned lock's first waiter, and no other, is in the owner's pi_waiters.
 *   R3  [pi_lock] A task runs at the better of its own priority and that of the first in its pi_waiters, except while the
 *       walk that will make it so is on its way.
 *   R4  [pi_lock] pi_blocked_on is set while, and only while, the waiter is in its lock's tree.
 *
 * Two keys. A waiter is in two trees, under two locks, and its priority must not change while it is in either; so it
 * has one key for each, and each changes under its tree's lock while the waiter is out of that tree.
 *
 * Locking: lock->wait_lock, then one task's pi_lock, then its rq->lock; interrupts off. The walk comes from a task to its
 * lock, against that order: it tries, and when the lock is taken it lets go of the task and begins the link again. Two
 * wait_locks or two pi_locks are never held together.
 *
 * Linux (kernel/locking/rtmutex.c) spins on a running owner in its PREEMPT_RT form, lets another task wait on one's
 * behalf (for futexes), and inherits deadlines.
 */
#include <primer/err.h>
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/rtmutex.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/spinlock.h>

/* On the stack of the task that waits. */
struct rt_mutex_waiter {
	struct rb_node tree;		/* [lock->wait_lock] in lock->waiters */
	struct rb_node pi_tree;		/* [owner's pi_lock] in the owner's pi_waiters */
	int prio, pi_prio;		/* the keys of the two */
	struct task_struct *task;	/* immutable */
	struct rt_mutex *lock;		/* immutable */
};

/* A chain that is longer is a mistake, or somebody who wants to keep us busy. */
#define MAX_LOCK_CHAIN		1024

#define waiter_of(node)		rb_entry_safe((node), struct rt_mutex_waiter, tree)
#define pi_waiter_of(node)	rb_entry_safe((node), struct rt_mutex_waiter, pi_tree)

void __rt_mutex_init(struct rt_mutex *lock, const char *name, unsigned int rank)
{
	atomic_long_set(&lock->owner, 0);
	spin_lock_init(&lock->wait_lock, LOCK_RANK_SLEEPLOCK_WAIT);
	lock->waiters = RB_ROOT_CACHED;
	lockdep_init_map(&lock->dep_map, name, rank);
}

/* ---- the two trees ------------------------------------------------------------------------------------------------- */

static bool waiter_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct rt_mutex_waiter, tree)->prio < rb_entry(b, struct rt_mutex_waiter, tree)->prio;
}

static bool pi_waiter_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct rt_mutex_waiter, pi_tree)->pi_prio < rb_entry(b, struct rt_mutex_waiter, pi_tree)->pi_prio;
}

/* All that are not real-time are equals: the fair class has no order that a waiter could lend. */
static int waiter_prio(const struct task_struct *p)
{
	int prio = READ_ONCE(p->prio);

	return rt_prio(prio) ? prio : DEFAULT_PRIO;
}

/* The first to get it, or NULL. [wait_lock] */
static struct rt_mutex_waiter *top_waiter(struct rt_mutex *lock)
{
	return waiter_of(rb_first_cached(&lock->waiters));
}

/* [wait_lock, waiter->task's pi_lock] */
static void enqueue(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	waiter->prio = waiter_prio(waiter->task);
	rb_add_cached(&waiter->tree, &lock->waiters, waiter_less);
}

/* [wait_lock, @owner's pi_lock] */
static void enqueue_pi(struct task_struct *owner, struct rt_mutex_waiter *waiter)
{
	waiter->pi_prio = waiter->prio;
	rb_add_cached(&waiter->pi_tree, &owner->pi_waiters, pi_waiter_less);
}

static void dequeue_pi(struct task_struct *owner, struct rt_mutex_waiter *waiter)
{
	rb_erase_cached(&waiter->pi_tree, &owner->pi_waiters);
}

/* R3, after a change of p->pi_waiters. [p->pi_lock] */
static void adjust_prio(struct task_struct *p)
{
	struct rt_mutex_waiter *top = pi_waiter_of(rb_first_cached(&p->pi_waiters));

	rt_mutex_setprio(p, top ? top->task : NULL);
}

/* The lock that @p waits for. [p->pi_lock] */
static struct rt_mutex *blocked_on(struct task_struct *p)
{
	return p->pi_blocked_on ? p->pi_blocked_on->lock : NULL;
}

/*
 * R2 and R3: @old was the first of @lock, which @owner has, @new is; either may be NULL. Returns what @owner waits for.
 * [lock->wait_lock]
 */
static struct rt_mutex *replace_pi(struct rt_mutex *lock, struct task_struct *owner, struct rt_mutex_waiter *old,
				   struct rt_mutex_waiter *new)
{
	struct rt_mutex *next_lock;

	spin_lock(&owner->pi_lock);
	if (old)
		dequeue_pi(owner, old);
	if (new)
		enqueue_pi(owner, new);
	if ((old || new) && !lock_is_planted(lock))
		adjust_prio(owner);
	next_lock = blocked_on(owner);
	spin_unlock(&owner->pi_lock);
	return next_lock;
}

/* ---- the walk ------------------------------------------------------------------------------------------------------ */

/*
 * @task, which waits for @next_lock, has or may have another priority: tell the chain. @asker: find out whether the
 * chain comes back to this task, which is about to wait for @asked; NULL: it does not wait for anything new, and the
 * walk ends where nothing changes. Takes over a reference to @task. Interrupts enabled, no lock held.
 */
static int rt_mutex_adjust_prio_chain(struct task_struct *task, struct rt_mutex *next_lock, struct task_struct *asker,
				      struct rt_mutex *asked)
{
	int ret = 0;

	for (unsigned int depth = 0; next_lock;) {
		struct rt_mutex_waiter *waiter, *old_top, *new_top;
		struct task_struct *owner;
		struct rt_mutex *lock;
		bool requeue;

		spin_lock_irq(&task->pi_lock);
		waiter = task->pi_blocked_on;
		lock = blocked_on(task);
		/* It got what it waited for, or gave up: what it waits for now is another walk's. */
		if (lock != next_lock) {
			spin_unlock_irq(&task->pi_lock);
			break;
		}
		if (!spin_trylock(&lock->wait_lock)) {
			spin_unlock_irq(&task->pi_lock);
			cpu_relax();
			continue;
		}
		owner = rt_mutex_owner(lock);
		if (asker && (lock == asked || owner == asker || ++depth > MAX_LOCK_CHAIN)) {
			spin_unlock(&lock->wait_lock);
			spin_unlock_irq(&task->pi_lock);
			ret = -EDEADLK;
			break;
		}

		old_top = top_waiter(lock);
		requeue = waiter->prio != waiter_prio(task);
		if (requeue) {
			rb_erase_cached(&waiter->tree, &lock->waiters);
			enqueue(lock, waiter);
		}
		new_top = top_waiter(lock);
		spin_unlock(&task->pi_lock);
		put_task_struct(task);
		task = NULL;

		if (!owner) {
			/* Free. Who is the first by now shall take it, and may be asleep. */
			if (new_top != old_top)
				wake_up_process(new_top->task);
			spin_unlock_irq(&lock->wait_lock);
			return 0;
		}
		task = get_task_struct(owner);
		/* It matters to the owner if the first is another one, or has another priority. */
		if (requeue && (waiter == old_top || waiter == new_top))
			next_lock = replace_pi(lock, task, old_top, new_top);
		else if (asker)
			next_lock = replace_pi(lock, task, NULL, NULL);
		else
			next_lock = NULL;
		spin_unlock_irq(&lock->wait_lock);
	}
	put_task_struct(task);
	return ret;
}

/* sched_setscheduler() has changed @p, which may be waiting. */
static void rt_mutex_adjust_pi(struct task_struct *p)
{
	struct rt_mutex *lock;
	unsigned long flags;

	spin_lock_irqsave(&p->pi_lock, flags);
	lock = blocked_on(p);
	spin_unlock_irqrestore(&p->pi_lock, flags);
	if (lock)
		rt_mutex_adjust_prio_chain(get_task_struct(p), lock, NULL, NULL);
}

/* ---- taking, waiting, letting go: under wait_lock ------------------------------------------------------------------ */

/*
 * Take it if it is free and nobody better waits. @waiter: current's, if it is queued already; it is not after success.
 * Sets HAS_WAITERS, so that the word holds still; rt_mutex_fixup() before wait_lock is dropped.
 */
static bool try_to_take(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *top;

	atomic_long_or(RT_MUTEX_HAS_WAITERS, &lock->owner);
	if (rt_mutex_owner(lock))
		return false;
	top = top_waiter(lock);
	if (waiter) {
		if (waiter != top)
			return false;
		spin_lock(&current->pi_lock);
		rb_erase_cached(&waiter->tree, &lock->waiters);
		current->pi_blocked_on = NULL;
		spin_unlock(&current->pi_lock);
		top = top_waiter(lock);
	} else if (top && waiter_prio(current) >= top->prio) {
		return false;
	}
	/* An owner on the fast path released the word without wait_lock: what it did comes before what we do. */
	smp_acquire__after_ctrl_dep();
	atomic_long_set(&lock->owner, (long)current | RT_MUTEX_HAS_WAITERS);
	if (top)
		replace_pi(lock, current, NULL, top);
	return true;
}

/* R1 says waiters => bit; without the reverse nobody would ever come to the fast path again. */
static void rt_mutex_fixup(struct rt_mutex *lock)
{
	if (!top_waiter(lock))
		atomic_long_andnot(RT_MUTEX_HAS_WAITERS, &lock->owner);
}

/*
 * Queue @waiter and lend. Drops and retakes wait_lock if there is a chain to walk. When -EDEADLK, @waiter->lock says
 * whether it is queued all the same.
 */
static int task_blocks_on_rt_mutex(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct task_struct *owner = rt_mutex_owner(lock);
	struct rt_mutex_waiter *old_top = top_waiter(lock);
	struct rt_mutex *next_lock;
	int ret;

	if (owner == current)
		return -EDEADLK;
	waiter->lock = lock;
	waiter->task = current;
	spin_lock(&current->pi_lock);
	enqueue(lock, waiter);
	current->pi_blocked_on = waiter;
	spin_unlock(&current->pi_lock);
	if (!owner)
		return 0;

	if (waiter == top_waiter(lock))
		next_lock = replace_pi(lock, owner, old_top, waiter);
	else
		next_lock = replace_pi(lock, owner, NULL, NULL);
	if (!next_lock)
		return 0;
	get_task_struct(owner);
	spin_unlock_irq(&lock->wait_lock);
	ret = rt_mutex_adjust_prio_chain(owner, next_lock, current, lock);
	spin_lock_irq(&lock->wait_lock);
	return ret;
}

/* Current gives up: what it lent comes back, all along the chain. Drops and retakes wait_lock if there is one. */
static void remove_waiter(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct task_struct *owner = rt_mutex_owner(lock);
	struct rt_mutex_waiter *top = top_waiter(lock);
	struct rt_mutex *next_lock;

	spin_lock(&current->pi_lock);
	rb_erase_cached(&waiter->tree, &lock->waiters);
	current->pi_blocked_on = NULL;
	spin_unlock(&current->pi_lock);
	if (waiter != top)
		return;
	top = top_waiter(lock);
	if (!owner) {
		/* The wakeup was for us; it is the next one's. */
		if (top)
			wake_up_process(top->task);
		return;
	}
	next_lock = replace_pi(lock, owner, waiter, top);
	if (next_lock) {
		get_task_struct(owner);
		spin_unlock_irq(&lock->wait_lock);
		rt_mutex_adjust_prio_chain(owner, next_lock, NULL, NULL);
		spin_lock_irq(&lock->wait_lock);
	}
}

static noinline int rt_mutex_slowlock(struct rt_mutex *lock, unsigned int state, long timeout)
{
	struct rt_mutex_waiter waiter = { .lock = NULL };
	int ret;

	spin_lock_irq(&lock->wait_lock);
	if (try_to_take(lock, NULL)) {
		rt_mutex_fixup(lock);
		spin_unlock_irq(&lock->wait_lock);
		return 0;
	}
	ret = task_blocks_on_rt_mutex(lock, &waiter);
	while (!ret) {
		/* Before the look: an owner that lets go after it sees us asleep and wakes us. */
		set_current_state(state);
		if (try_to_take(lock, &waiter))
			goto taken;
		if (signal_pending_state(state, current)) {
			ret = -EINTR;
		} else if (!timeout) {
			ret = -ETIMEDOUT;
		} else {
			spin_unlock_irq(&lock->wait_lock);
			timeout = schedule_timeout(timeout);
			spin_lock_irq(&lock->wait_lock);
		}
	}
	if (waiter.lock)
		remove_waiter(lock, &waiter);
taken:
	__set_current_state(TASK_RUNNING);
	rt_mutex_fixup(lock);
	spin_unlock_irq(&lock->wait_lock);
	return ret;
}

static noinline void rt_mutex_slowunlock(struct rt_mutex *lock)
{
	struct rt_mutex_waiter *top;
	DEFINE_WAKE_Q(wake_q);

	if (WARN_ONCE(rt_mutex_owner(lock) != current, "rt_mutex unlocked by %s/%d, which does not own it\n", current->comm,
		      current->pid))
		return;
	spin_lock_irq(&lock->wait_lock);
	/*
	 * Nobody waits after all: let go as the fast path does, after wait_lock. The other way round somebody could take
	 * it, let it go and free it while we still hold its wait_lock.
	 */
	while (!(top = top_waiter(lock))) {
		long self = (long)current;

		atomic_long_andnot(RT_MUTEX_HAS_WAITERS, &lock->owner);
		spin_unlock_irq(&lock->wait_lock);
		if (atomic_long_try_cmpxchg_release(&lock->owner, &self, 0))
			return;
		spin_lock_irq(&lock->wait_lock);
	}
	/*
	 * What it lent us ends here, and the waiter runs only after its wakeup. In between we must not be preempted by
	 * those whom it goes before.
	 */
	preempt_disable();
	replace_pi(lock, current, top, NULL);
	wake_q_add(&wake_q, top->task);
	atomic_long_set_release(&lock->owner, RT_MUTEX_HAS_WAITERS);
	spin_unlock_irq(&lock->wait_lock);
	/* The mutex may be gone from here on. */
	wake_up_q(&wake_q);
	preempt_enable();
}

/* ---- the interface ------------------------------------------------------------------------------------------------- */

static __always_inline bool fast_lock(struct rt_mutex *lock)
{
	long zero = 0;

	return atomic_long_try_cmpxchg_acquire(&lock->owner, &zero, (long)current);
}

static __always_inline int __rt_mutex_lock(struct rt_mutex *lock, unsigned int state, long timeout, unsigned int flags)
{
	int ret = 0;

	might_sleep();
	lock_map_acquire(lock, flags);
	if (!fast_lock(lock)) {
		lock_contended(lock);
		ret = rt_mutex_slowlock(lock, state, timeout);
		lock_acquired(lock);
	}
	if (ret)
		lock_map_release(lock);
	return ret;
}

/* There is nobody to tell that it cannot have it. So it waits: as with the mutex, whoever looks finds it. */
static void lock_or_hang(struct rt_mutex *lock, unsigned int flags)
{
	if (likely(!__rt_mutex_lock(lock, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT, flags)))
		return;
	WARN(1, "rt_mutex deadlock: %s/%d waits for itself\n", current->comm, current->pid);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
}

void rt_mutex_lock(struct rt_mutex *lock)
{
	lock_or_hang(lock, 0);
}

void rt_mutex_lock_nested(struct rt_mutex *lock, unsigned int subclass)
{
	lock_or_hang(lock, LOCK_SUBCLASS(subclass));
}

int rt_mutex_lock_interruptible(struct rt_mutex *lock)
{
	return __rt_mutex_lock(lock, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT, 0);
}

int rt_mutex_timed_lock(struct rt_mutex *lock, long timeout)
{
	return __rt_mutex_lock(lock, TASK_INTERRUPTIBLE, timeout, 0);
}

bool rt_mutex_trylock(struct rt_mutex *lock)
{
	bool taken = fast_lock(lock);

	if (!taken && !rt_mutex_owner(lock)) {
		spin_lock_irq(&lock->wait_lock);
		taken = try_to_take(lock, NULL);
		rt_mutex_fixup(lock);
		spin_unlock_irq(&lock->wait_lock);
	}
	if (taken)
		lock_map_acquire(lock, LOCK_TRY);
	return taken;
}

void rt_mutex_unlock(struct rt_mutex *lock)
{
	long self = (long)current;

	lock_map_release(lock);
	if (!atomic_long_try_cmpxchg_release(&lock->owner, &self, 0))
		rt_mutex_slowunlock(lock);
}

static int __init rt_mutex_init_hook(void)
{
	rt_mutex_adjust_pi_hook = rt_mutex_adjust_pi;
	return 0;
}
early_initcall(rt_mutex_init_hook);
