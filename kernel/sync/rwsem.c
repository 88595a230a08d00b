/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/sync/rwsem.c - the reader-writer semaphore.
 *
 * The problem. Many tasks read (page faults look at an address space), few write (mmap changes it). Readers must not
 * exclude each other, both may sleep inside, and neither kind may keep the other out for ever.
 *
 * The idea. One word:
 *
 *	 63                8   7..3      2         1         0
 *	+-------------------+--------+---------+---------+--------+
 *	| readers inside    |   -    | HANDOFF | WAITERS | WRITER |
 *	+-------------------+--------+---------+---------+--------+
 *
 *	reader	adds one READER_BIAS; if none of the three bits was set, it is in. Else it takes that back and queues
 *	writer	cmpxchg 0 -> WRITER. Else it spins while a writer runs (as in mutex.c), then queues
 *
 * The queue is one list in order of arrival. When the lock becomes free, the front is served: a writer alone, or all
 * readers up to the first writer together. A new reader queues behind when WAITERS is set, so writers are not starved
 * by readers.
 *
 *	inside: R R    queue:  W1  R3 R4  W2		->  W1  ->  R3 R4  ->  W2
 *
 * Readers are served by the one that wakes them: it adds their biases to the word before it wakes them, so a woken
 * reader has the lock when its waiter->task is NULL. A writer is only woken and has to take the lock itself, so that
 * a running writer can use the time until then (lock stealing). For one that has waited for RWSEM_WAIT_NS and is at the
 * front HANDOFF is set: then nobody else can get in, and the lock is the front waiter's as soon as it is free.
 *
 * Invariants, under wait_lock
 *   R1  wait_list not empty <=> WAITERS set.
 *   R2  HANDOFF is set only while the waiter that set it, or had it set, is at the front; it is cleared when that one
 *       gets the lock or leaves.
 *   R3  readers > 0 and WRITER are never both set, but for the moment in which a reader's bias is added and taken back.
 *
 * owner: the task that writes, or NULL; a reader leaves its address with RWSEM_READER_OWNED as a hint for reports.
 * Spinning is for writers only, and only while a writer holds it: whether readers run cannot be told.
 *
 * Linux (kernel/locking/rwsem.c) also lets writers spin for a while on readers.
 */
#include <primer/err.h>
#include <primer/rwsem.h>
#include <primer/sched.h>
#include <primer/spinlock.h>
#include <asm/tsc.h>

#define RWSEM_WRITER_LOCKED	(1L << 0)
#define RWSEM_FLAG_WAITERS	(1L << 1)
#define RWSEM_FLAG_HANDOFF	(1L << 2)
#define RWSEM_READER_SHIFT	8
#define RWSEM_READER_BIAS	(1L << RWSEM_READER_SHIFT)
#define RWSEM_READER_MASK	(~(RWSEM_READER_BIAS - 1))
#define RWSEM_LOCK_MASK		(RWSEM_WRITER_LOCKED | RWSEM_READER_MASK)
#define RWSEM_READ_FAILED_MASK	(RWSEM_WRITER_LOCKED | RWSEM_FLAG_WAITERS | RWSEM_FLAG_HANDOFF)

#define RWSEM_READER_OWNED	1UL		/* in owner */

#define RWSEM_WAIT_NS		4000000ULL	/* who has waited for so long and is at the front: hand it over */

struct rwsem_waiter {
	struct list_head list;
	struct task_struct *task;		/* NULL: this reader has the lock */
	bool writer;
	bool handoff;				/* [wait_lock] HANDOFF is ours */
	u64 since;				/* sched_clock() when it queued */
};

void __init_rwsem(struct rw_semaphore *sem, const char *name, unsigned int rank)
{
	atomic_long_set(&sem->count, 0);
	atomic_long_set(&sem->owner, 0);
	spin_lock_init(&sem->wait_lock, LOCK_RANK_SLEEPLOCK_WAIT);
	INIT_LIST_HEAD(&sem->wait_list);
	osq_lock_init(&sem->osq);
	lockdep_init_map(&sem->dep_map, name, rank);
}

static inline void set_writer_owned(struct rw_semaphore *sem)	{ atomic_long_set(&sem->owner, (long)current); }
static inline void clear_owner(struct rw_semaphore *sem)	{ atomic_long_set(&sem->owner, 0); }
static inline void set_reader_owned(struct rw_semaphore *sem, struct task_struct *p)
{
	atomic_long_set(&sem->owner, (unsigned long)p | RWSEM_READER_OWNED);
}

static inline bool timed_out(const struct rwsem_waiter *waiter)
{
	return sched_clock() - waiter->since > RWSEM_WAIT_NS;
}

static inline struct rwsem_waiter *first_waiter(struct rw_semaphore *sem)
{
	return list_first_entry(&sem->wait_list, struct rwsem_waiter, list);
}

/* ---- serving the front of the queue ------------------------------------------------------------------------------ */

/*
 * Serve the front, if it can go. @reader: the caller is itself a reader inside, so no writer is or can get in, and
 * readers at the front may join; else the lock may be free, and whoever is at the front may have it.
 *
 * Context: wait_lock held, wait_list not empty. The tasks go on @wake_q, to be woken when the lock is dropped.
 */
static void rwsem_mark_wake(struct rw_semaphore *sem, bool reader, struct wake_q_head *wake_q)
{
	struct rwsem_waiter *waiter = first_waiter(sem), *next;
	long granted = 0, adjustment = 0, old;
	LIST_HEAD(served);

	lockdep_assert_held(&sem->wait_lock);
	if (waiter->writer) {
		if (!reader)
			wake_q_add(wake_q, waiter->task);	/* it takes the lock itself, or not */
		return;
	}

	/*
	 * A writer may be stealing the lock at this moment. Add the first reader's bias before looking: if no writer
	 * was in by then, none can get in any more.
	 */
	if (!reader) {
		granted = RWSEM_READER_BIAS;
		old = atomic_long_fetch_add(granted, &sem->count);
		if (unlikely(old & RWSEM_WRITER_LOCKED)) {
			adjustment = -granted;
			if (timed_out(waiter) && !(old & RWSEM_FLAG_HANDOFF)) {
				waiter->handoff = true;
				adjustment += RWSEM_FLAG_HANDOFF;
			}
			atomic_long_add(adjustment, &sem->count);
			return;
		}
		set_reader_owned(sem, waiter->task);
	}

	/*
	 * All readers up to the first writer, in two passes: first count them, so that the word has the biases of all,
	 * then tell them. One that is told early could leave again at once and take out the bias that keeps a spinning
	 * writer from the readers behind it.
	 */
	list_for_each_entry_safe(waiter, next, &sem->wait_list, list) {
		if (waiter->writer)
			break;
		list_move_tail(&waiter->list, &served);
		adjustment += RWSEM_READER_BIAS;
		if (waiter->handoff)
			adjustment -= RWSEM_FLAG_HANDOFF;
	}
	adjustment -= granted;
	if (list_empty(&sem->wait_list))
		adjustment -= RWSEM_FLAG_WAITERS;
	if (adjustment)
		atomic_long_add(adjustment, &sem->count);

	list_for_each_entry_safe(waiter, next, &served, list) {
		struct task_struct *p = get_task_struct(waiter->task);

		/*
		 * The task may go as soon as it sees NULL, and its waiter with it: what we need was taken before. Pairs
		 * with the acquire in down_read's loop. And not the other way round: a task that hangs on somebody else's
		 * wake_q already is not added again, and that wakeup may come before our NULL; it would then sleep for good.
		 */
		smp_store_release(&waiter->task, NULL);
		wake_q_add(wake_q, p);
		put_task_struct(p);
	}
}

/* The lock has become free (or readers may join): somebody at the front can go. */
static noinline void rwsem_wake(struct rw_semaphore *sem, bool reader)
{
	DEFINE_WAKE_Q(wake_q);
	unsigned long flags;

	spin_lock_irqsave(&sem->wait_lock, flags);
	if (!list_empty(&sem->wait_list))
		rwsem_mark_wake(sem, reader, &wake_q);
	spin_unlock_irqrestore(&sem->wait_lock, flags);
	wake_up_q(&wake_q);
}

/*
 * @waiter gives up (a signal): take it off, with its HANDOFF, and let the new front go if it was only behind us.
 * Context: wait_lock held with interrupts off; dropped.
 */
static void abandon_wait(struct rw_semaphore *sem, struct rwsem_waiter *waiter)
{
	bool was_first = first_waiter(sem) == waiter;
	DEFINE_WAKE_Q(wake_q);
	long flags = 0;

	list_del(&waiter->list);
	if (waiter->handoff)
		flags |= RWSEM_FLAG_HANDOFF;
	if (list_empty(&sem->wait_list))
		flags |= RWSEM_FLAG_WAITERS;
	if (flags)
		atomic_long_andnot(flags, &sem->count);
	if (was_first && !list_empty(&sem->wait_list) && !(atomic_long_read(&sem->count) & RWSEM_WRITER_LOCKED))
		rwsem_mark_wake(sem, false, &wake_q);
	spin_unlock_irq(&sem->wait_lock);
	wake_up_q(&wake_q);
}

/* ---- readers ----------------------------------------------------------------------------------------------------- */

/* Our bias is in the count. */
static noinline int rwsem_down_read_slowpath(struct rw_semaphore *sem, unsigned int state)
{
	struct rwsem_waiter waiter = { .task = current, .since = sched_clock() };
	long adjustment = -RWSEM_READER_BIAS, count;
	DEFINE_WAKE_Q(wake_q);

	spin_lock_irq(&sem->wait_lock);
	if (list_empty(&sem->wait_list)) {
		/*
		 * The writer has left meanwhile and nobody waits: our bias, which is still in, makes us a reader
		 * inside.
		 */
		if (!(atomic_long_read_acquire(&sem->count) & (RWSEM_WRITER_LOCKED | RWSEM_FLAG_HANDOFF))) {
			set_reader_owned(sem, current);
			spin_unlock_irq(&sem->wait_lock);
			return 0;
		}
		adjustment += RWSEM_FLAG_WAITERS;
	}
	list_add_tail(&waiter.list, &sem->wait_list);
	count = atomic_long_add_return(adjustment, &sem->count);
	/*
	 * Our bias may have kept a writer from the lock that is free by now, and nobody else would serve the queue:
	 * do it. If we are the first and no writer is inside, we may join the readers there.
	 */
	if (!(count & RWSEM_LOCK_MASK) || (!(count & RWSEM_WRITER_LOCKED) && (adjustment & RWSEM_FLAG_WAITERS)))
		rwsem_mark_wake(sem, false, &wake_q);
	spin_unlock_irq(&sem->wait_lock);
	wake_up_q(&wake_q);

	for (;;) {
		set_current_state(state);
		if (!smp_load_acquire(&waiter.task))	/* pairs with the release in rwsem_mark_wake() */
			break;
		if (signal_pending_state(state, current)) {
			spin_lock_irq(&sem->wait_lock);
			if (waiter.task) {
				__set_current_state(TASK_RUNNING);
				abandon_wait(sem, &waiter);
				return -EINTR;
			}
			spin_unlock_irq(&sem->wait_lock);
			break;			/* served after all */
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static __always_inline int __down_read(struct rw_semaphore *sem, unsigned int state, unsigned int flags)
{
	int ret = 0;

	might_sleep();
	lock_map_acquire(sem, LOCK_READ | flags);
	if (likely(!(atomic_long_add_return(RWSEM_READER_BIAS, &sem->count) & RWSEM_READ_FAILED_MASK))) {
		set_reader_owned(sem, current);
	} else {
		lock_contended(sem);
		ret = rwsem_down_read_slowpath(sem, state);
		lock_acquired(sem);
	}
	if (ret)
		lock_map_release(sem);
	return ret;
}

void down_read(struct rw_semaphore *sem)				{ __down_read(sem, TASK_UNINTERRUPTIBLE, 0); }
void down_read_nested(struct rw_semaphore *sem, int subclass) { __down_read(sem, TASK_UNINTERRUPTIBLE, LOCK_SUBCLASS(subclass)); }
int down_read_interruptible(struct rw_semaphore *sem) { return __down_read(sem, TASK_INTERRUPTIBLE, 0); }
int down_read_killable(struct rw_semaphore *sem)			{ return __down_read(sem, TASK_KILLABLE, 0); }

int down_read_trylock(struct rw_semaphore *sem)
{
	long count = atomic_long_read(&sem->count);

	while (!(count & RWSEM_READ_FAILED_MASK)) {
		if (atomic_long_try_cmpxchg_acquire(&sem->count, &count, count + RWSEM_READER_BIAS)) {
			set_reader_owned(sem, current);
			lock_map_acquire(sem, LOCK_READ | LOCK_TRY);
			return 1;
		}
	}
	return 0;
}

void up_read(struct rw_semaphore *sem)
{
	long count;

	lock_map_release(sem);
	count = atomic_long_sub_return(RWSEM_READER_BIAS, &sem->count);
	/* The last one out, with somebody waiting. */
	if (unlikely((count & (RWSEM_LOCK_MASK | RWSEM_FLAG_WAITERS)) == RWSEM_FLAG_WAITERS))
		rwsem_wake(sem, false);
}

/* ---- writers ----------------------------------------------------------------------------------------------------- */

static inline bool write_trylock_fast(struct rw_semaphore *sem)
{
	long zero = 0;

	if (!atomic_long_try_cmpxchg_acquire(&sem->count, &zero, RWSEM_WRITER_LOCKED))
		return false;
	set_writer_owned(sem);
	return true;
}

/* Steal it past the queue, unless it is promised. For spinners. */
static bool write_trylock_unqueued(struct rw_semaphore *sem)
{
	long count = atomic_long_read(&sem->count);

	while (!(count & (RWSEM_LOCK_MASK | RWSEM_FLAG_HANDOFF))) {
		if (atomic_long_try_cmpxchg_acquire(&sem->count, &count, count | RWSEM_WRITER_LOCKED)) {
			set_writer_owned(sem);
			return true;
		}
	}
	return false;
}

/* A queued writer's attempt; takes @waiter off the list when it succeeds. Context: wait_lock held. */
static bool write_trylock_queued(struct rw_semaphore *sem, struct rwsem_waiter *waiter)
{
	bool first = first_waiter(sem) == waiter;
	long count = atomic_long_read(&sem->count), new;

	lockdep_assert_held(&sem->wait_lock);
	do {
		bool handoff = count & RWSEM_FLAG_HANDOFF;

		if (handoff && !first)
			return false;
		new = count;
		if (count & RWSEM_LOCK_MASK) {
			if (handoff || !first || !timed_out(waiter))
				return false;
			new |= RWSEM_FLAG_HANDOFF;
		} else {
			new |= RWSEM_WRITER_LOCKED;
			if (waiter->handoff)
				new &= ~RWSEM_FLAG_HANDOFF;
			if (list_is_singular(&sem->wait_list))
				new &= ~RWSEM_FLAG_WAITERS;
		}
	} while (!atomic_long_try_cmpxchg_acquire(&sem->count, &count, new));

	if (!(new & RWSEM_WRITER_LOCKED) || (count & RWSEM_LOCK_MASK)) {
		waiter->handoff = true;
		return false;
	}
	list_del(&waiter->list);
	set_writer_owned(sem);
	return true;
}

/* For a writer: see mutex.c, "Looking at the owner". */
static inline bool owner_on_cpu(unsigned long owner)
{
	return READ_ONCE(((struct task_struct *)owner)->on_cpu);
}

/* Spin while a writer holds it and runs. True: taken. Context: preemption disabled. */
static bool rwsem_optimistic_spin(struct rw_semaphore *sem)
{
	bool taken = false;
	unsigned long owner = atomic_long_read(&sem->owner);

	if (need_resched() || (owner & RWSEM_READER_OWNED) || (owner && !owner_on_cpu(owner)))
		return false;
	/* A writer without a name may be a task that we have preempted, and that waits for this CPU. */
	if (!owner && rt_prio(READ_ONCE(current->prio)))
		return false;
	if (!osq_lock(&sem->osq))
		return false;
	for (;;) {
		if (write_trylock_unqueued(sem)) {
			taken = true;
			break;
		}
		owner = atomic_long_read(&sem->owner);
		/*
		 * Readers inside, or between a writer's cmpxchg and its name: that passes, or the queue is the place
		 * for us.
		 */
		if (need_resched() || (owner & RWSEM_READER_OWNED) ||
		    (atomic_long_read(&sem->count) & (RWSEM_READER_MASK | RWSEM_FLAG_HANDOFF)))
			break;
		if (owner && atomic_long_read(&sem->owner) == (long)owner && !owner_on_cpu(owner))
			break;
		/* The same once more: its name may have gone since. */
		if (!owner && rt_prio(READ_ONCE(current->prio)))
			break;
		cpu_relax();
	}
	osq_unlock(&sem->osq);
	return taken;
}

static noinline int rwsem_down_write_slowpath(struct rw_semaphore *sem, unsigned int state)
{
	struct rwsem_waiter waiter = { .task = current, .writer = true, .since = sched_clock() };
	DEFINE_WAKE_Q(wake_q);
	bool spun;

	preempt_disable();
	spun = rwsem_optimistic_spin(sem);
	preempt_enable();
	if (spun)
		return 0;

	spin_lock_irq(&sem->wait_lock);
	if (list_empty(&sem->wait_list)) {
		list_add_tail(&waiter.list, &sem->wait_list);
		atomic_long_or(RWSEM_FLAG_WAITERS, &sem->count);
	} else {
		list_add_tail(&waiter.list, &sem->wait_list);
		/* The lock may have been released just before the others' wakeup could be sent: see to the front. */
		if (!(atomic_long_read(&sem->count) & RWSEM_LOCK_MASK))
			rwsem_mark_wake(sem, false, &wake_q);
	}

	set_current_state(state);
	while (!write_trylock_queued(sem, &waiter)) {
		if (signal_pending_state(state, current)) {
			__set_current_state(TASK_RUNNING);
			abandon_wait(sem, &waiter);
			wake_up_q(&wake_q);
			return -EINTR;
		}
		spin_unlock_irq(&sem->wait_lock);
		if (unlikely(wake_q.first != WAKE_Q_TAIL)) {
			wake_up_q(&wake_q);
			wake_q = (struct wake_q_head){ WAKE_Q_TAIL, &wake_q.first };
		}
		schedule();
		set_current_state(state);
		spin_lock_irq(&sem->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	spin_unlock_irq(&sem->wait_lock);
	wake_up_q(&wake_q);
	return 0;
}

static __always_inline int __down_write(struct rw_semaphore *sem, unsigned int state, unsigned int flags)
{
	int ret = 0;

	might_sleep();
	lock_map_acquire(sem, flags);
	if (unlikely(!write_trylock_fast(sem))) {
		lock_contended(sem);
		ret = rwsem_down_write_slowpath(sem, state);
		lock_acquired(sem);
	}
	if (ret)
		lock_map_release(sem);
	return ret;
}

void down_write(struct rw_semaphore *sem)				{ __down_write(sem, TASK_UNINTERRUPTIBLE, 0); }
void down_write_nested(struct rw_semaphore *sem, int subclass) { __down_write(sem, TASK_UNINTERRUPTIBLE, LOCK_SUBCLASS(subclass)); }
int down_write_killable(struct rw_semaphore *sem)			{ return __down_write(sem, TASK_KILLABLE, 0); }

int down_write_trylock(struct rw_semaphore *sem)
{
	if (!write_trylock_fast(sem))
		return 0;
	lock_map_acquire(sem, LOCK_TRY);
	return 1;
}

void up_write(struct rw_semaphore *sem)
{
	long old;

	lock_map_release(sem);
	WARN_ONCE(atomic_long_read(&sem->owner) != (long)current, "rwsem released by %s/%d, which does not write\n",
		  current->comm, current->pid);
	clear_owner(sem);
	old = atomic_long_fetch_sub(RWSEM_WRITER_LOCKED, &sem->count);
	if (unlikely(old & RWSEM_FLAG_WAITERS))
		rwsem_wake(sem, false);
}

void downgrade_write(struct rw_semaphore *sem)
{
	long count;

	lock_downgraded(sem);
	set_reader_owned(sem, current);
	/* One step, so that no writer can come between. */
	count = atomic_long_add_return(RWSEM_READER_BIAS - RWSEM_WRITER_LOCKED, &sem->count);
	if (count & RWSEM_FLAG_WAITERS)
		rwsem_wake(sem, true);
}
