/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/sync/rtmutex_torture.c - rt_mutexes under threads whose priorities change all the time.
 *
 * Three locks, always taken in order, so that chains of waiters are three long and no circle closes. Threads take one,
 * two or all, by all the ways there are; a thread that nags gives each a new policy and priority, also while it waits or is
 * lent one, and sends signals that are none. What is checked:
 *
 *	one is inside		a word that says who, and a count that is no atomic one
 *	nobody is lost		torture.c watches the steps
 *	no false alarm		-EDEADLK never comes
 *	what is lent comes back	who owns nothing has nobody in its tree, and runs at its own priority
 *
 * torture.break=rt_mutex_keeps_a_boost: now and then an owner's priority is not adjusted when its waiters change, as when
 * it lets go (DEBUG builds).
 */
#include "../../kunit/torture.h"

#include <primer/lockdep.h>
#include <primer/rtmutex.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/spinlock.h>

#define MIN_CPUS	4
#define NR_LOCKS	3

static DEFINE_RT_MUTEX(first);
static DEFINE_RT_MUTEX(second);
static DEFINE_RT_MUTEX(third);
static struct rt_mutex *const locks[NR_LOCKS] = { &first, &second, &third };
static struct torture_thread *inside[NR_LOCKS];		/* [the lock] */
static unsigned long updates[NR_LOCKS];			/* [the lock] */

/* counters of the threads: of each lock, then these */
enum { FAILED = NR_LOCKS, INTERRUPTED, LATE, LENT, NAGGED };

static bool take(struct torture_thread *self, struct rt_mutex *lock)
{
	int ret = 0;

	switch (torture_random_below(self, 8)) {
	case 0:
		if (rt_mutex_trylock(lock))
			return true;
		self->count[FAILED]++;
		return false;
	case 1:
	case 2:
		ret = rt_mutex_lock_interruptible(lock);
		break;
	case 3:
		ret = rt_mutex_timed_lock(lock, 1);
		break;
	default:
		rt_mutex_lock(lock);
	}
	if (ret == -EINTR) {
		clear_thread_flag(TIF_SIGPENDING);
		self->count[INTERRUPTED]++;
	} else if (ret == -ETIMEDOUT) {
		self->count[LATE]++;
	} else if (ret) {
		torture_error(self->torture, "an rt_mutex that is taken in order answers %d", ret);
	}
	return !ret;
}

/* Who owns nothing is lent nothing. Its own priority may change meanwhile, but not both locks' worth of it. */
static void look_at_myself(struct torture_thread *self)
{
	unsigned long flags;
	bool lent;

	spin_lock_irqsave(&current->pi_lock, flags);
	lent = rb_first_cached(&current->pi_waiters) || current->pi_top_task || current->pi_blocked_on ||
	       current->prio != current->normal_prio;
	spin_unlock_irqrestore(&current->pi_lock, flags);
	if (lent)
		torture_error(self->torture, "%s owns nothing and runs at %d instead of %d", current->comm, current->prio,
			      current->normal_prio);
}

static void take_step(struct torture_thread *self)
{
	unsigned int from = torture_random_below(self, NR_LOCKS), to = from + torture_random_below(self, NR_LOCKS - from) + 1, n;

	for (n = from; n < to && take(self, locks[n]); n++) {
		if (inside[n])
			torture_error(self->torture, "two inside lock %u", n);
		inside[n] = self;
		torture_nap(self);
		if (READ_ONCE(current->pi_top_task))
			self->count[LENT]++;
	}
	while (n-- > from) {
		torture_disturb(self);
		if (inside[n] != self)
			torture_error(self->torture, "somebody else was inside lock %u", n);
		inside[n] = NULL;
		WRITE_ONCE(updates[n], READ_ONCE(updates[n]) + 1);
		self->count[n]++;
		rt_mutex_unlock(locks[n]);
	}
	look_at_myself(self);
	torture_nap(self);
}

/* The threads are there until torture_stop() has joined all, this one too. */
static void nag_step(struct torture_thread *self)
{
	struct torture *t = self->torture;
	struct task_struct *p = t->thread[torture_random_below(self, t->nr_threads)].task;
	int rt = torture_random_below(self, 3) ? 1 + (int)torture_random_below(self, 40) : 0;

	if (p && p != current) {
		if (torture_random_below(self, 4) == 0) {
			set_tsk_thread_flag(p, TIF_SIGPENDING);
			wake_up_state(p, TASK_INTERRUPTIBLE);
		} else if (sched_setscheduler_nocheck(p, !rt ? SCHED_NORMAL : rt & 1 ? SCHED_RR : SCHED_FIFO, rt)) {
			torture_error(t, "sched_setscheduler failed");
		}
		self->count[NAGGED]++;
	}
	torture_nap(self);
}

#ifdef CONFIG_DEBUG
static void plant(const void *lock)		{ WRITE_ONCE(lock_planted, lock); }
#else
static void plant(const void *lock)		{ }
#endif

static void rt_mutexes(struct kunit *test)
{
	struct torture *t = torture_begin(test, MIN_CPUS);

	for (unsigned int n = 0; n < NR_LOCKS; n++)
		updates[n] = 0;
	if (torture_breaks("rt_mutex_keeps_a_boost"))
		plant(&second);
	torture_add_all(t, take_step, NULL, "bound");
	torture_add(t, 6, take_step, NULL, "free");
	torture_add(t, 1, nag_step, NULL, "nag");
	torture_start(t);
	torture_wait(t);
	plant(NULL);
	torture_stop(t);
	for (unsigned int n = 0; n < NR_LOCKS; n++)
		KUNIT_EXPECT_EQ_MSG(test, updates[n], torture_sum(t, NULL, n), "updates got lost");
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, LENT), 0UL);
	kunit_info(test, "%lu, %lu and %lu acquisitions, %lu of them lent a priority; %lu trylocks failed, %lu waits interrupted, "
		   "%lu too long; %lu changes of priority and signals; %lu errors; seed %llu", updates[0], updates[1], updates[2],
		   torture_sum(t, NULL, LENT), torture_sum(t, NULL, FAILED), torture_sum(t, NULL, INTERRUPTED),
		   torture_sum(t, NULL, LATE), torture_sum(t, NULL, NAGGED), torture_errors(t), t->seed);
	torture_end(t);
}

static struct kunit_case rtmutex_torture_cases[] = {
	KUNIT_CASE_NAMED(rt_mutexes, "rt_mutexes let one in, lose nobody, and what is lent comes back"),
	{}
};
static struct kunit_suite rtmutex_torture_suite = { .name = "torture_rtmutex", .test_cases = rtmutex_torture_cases };
kunit_test_suite(rtmutex_torture_suite);
