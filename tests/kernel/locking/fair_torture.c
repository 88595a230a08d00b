/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/fair_torture.c - who gets a contended lock, and how often is a waiter passed?
 *
 * A spinlock's waiters stand in line, so of a fixed number of acquisitions by CPUs that want nothing else each gets its
 * share. A mutex lets whoever runs have it, but a waiter that was woken and lost once is the next: in DEBUG builds the
 * mutex itself counts how many got in past such a one (kernel/sync/mutex.c), and that number has a bound.
 */
#include "../../kunit/torture.h"

#include <primer/mutex.h>
#include <primer/rwsem.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/spinlock.h>

#define CPUS		4
#define SHARE		150			/* acquisitions for each CPU */
#define TRIES		3

/* ---- spinlock ---------------------------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(line);
static unsigned long taken;			/* [line] */
static unsigned long been_in;			/* [line] a bit for each racer */
static atomic_t at_start;

/* One race: a step takes the lock until all the shares are gone. */
static void racer(struct torture_thread *self)
{
	unsigned long mine = 0;
	bool more = true;

	if (self->steps) {
		torture_nap(self);
		return;
	}
	atomic_inc(&at_start);
	while (atomic_read(&at_start) < CPUS)
		cpu_relax();
	while (more) {
		spin_lock(&line);
		/* The race is on when all have been in once: before, those who came first have the field to themselves. */
		more = taken < CPUS * SHARE;
		been_in |= 1UL << self->nr;
		if (more && been_in == (1UL << CPUS) - 1) {
			taken++;
			mine++;
		}
		for (int i = 0; i < 50; i++)
			cpu_relax();
		spin_unlock(&line);
	}
	self->count[0] = mine;
	atomic_dec(&at_start);
}

static void spinlock_is_fair(struct kunit *test)
{
	unsigned long most = 0, least = 0;

	/* The host may take a virtual CPU away while it is not in line: then the others share what is its. */
	for (int try = 0; try < TRIES; try++) {
		struct torture *t = torture_begin(test, CPUS);

		taken = been_in = 0;
		atomic_set(&at_start, 0);
		for (int cpu = 0; cpu < CPUS; cpu++)
			torture_add_on(t, cpu, racer, NULL, "racer");
		t->hang_ms = 60000;
		torture_start(t);
		while (READ_ONCE(taken) < CPUS * SHARE || atomic_read(&at_start))
			schedule_timeout_uninterruptible(2);
		torture_stop(t);
		most = least = t->thread[0].count[0];
		for (int i = 1; i < CPUS; i++) {
			unsigned long n = t->thread[i].count[0];

			most = n > most ? n : most;
			least = n < least ? n : least;
		}
		kunit_info(test, "%lu %lu %lu %lu acquisitions of %d", t->thread[0].count[0], t->thread[1].count[0],
			   t->thread[2].count[0], t->thread[3].count[0], CPUS * SHARE);
		torture_end(t);
		if ((most - least) * 10 <= most)
			break;
	}
	KUNIT_EXPECT_LE_MSG(test, (most - least) * 10, most, "most and least differ by more than 10 %%");
}

/* ---- mutex ------------------------------------------------------------------------------------------------------- */

static DEFINE_MUTEX(contended);
static unsigned long entries;			/* [contended] */

/* Takes it again at once. */
static void hog(struct torture_thread *self)
{
	for (int i = 0; i < 50; i++) {
		mutex_lock(&contended);
		entries++;
		torture_spin_ns(torture_random_below(self, 20000));
		mutex_unlock(&contended);
		self->count[0]++;
	}
	torture_nap(self);
}

/* Counts who got in between its call and its turn. */
static void victim(struct torture_thread *self)
{
	unsigned long before = READ_ONCE(entries), passed;

	mutex_lock(&contended);
	passed = entries - before;
	entries++;
	mutex_unlock(&contended);
	if (passed > self->count[1])
		self->count[1] = passed;
	self->count[2] += passed;
	self->count[0]++;
	schedule_timeout_uninterruptible(1);
}

static void mutex_hands_over(struct kunit *test)
{
	struct torture *t = torture_begin(test, CPUS);
	unsigned long waits, most = 0;

#ifdef CONFIG_DEBUG
	contended.passed_max = 0;
#endif
	entries = 0;
	torture_add(t, CPUS, hog, NULL, "hog");
	torture_add(t, 2, victim, NULL, "victim");
	torture_run(t);
	waits = torture_sum(t, "victim", 0);
	for (unsigned int i = 0; i < t->nr_threads; i++)
		if (t->thread[i].count[1] > most)
			most = t->thread[i].count[1];
	kunit_info(test, "%lu acquisitions, %lu by 2 of 6 that come seldom; in a whole wait they were passed %lu times at most, "
		   "%lu on average", entries, waits, most, waits ? torture_sum(t, "victim", 2) / waits : 0);
	KUNIT_EXPECT_GT(test, waits, 0UL);
#ifdef CONFIG_DEBUG
	kunit_info(test, "once it had asked for a handoff, a waiter was passed %lu times at most", contended.passed_max);
	KUNIT_EXPECT_LE(test, contended.passed_max, 1UL);
#endif
	torture_end(t);
}

/* ---- rwsem ------------------------------------------------------------------------------------------------------- */

static DECLARE_RWSEM(shared);

static void crowd_reader(struct torture_thread *self)
{
	down_read(&shared);
	torture_spin_ns(torture_random_below(self, 50000));
	up_read(&shared);
	self->count[0]++;
}

static void lone_writer(struct torture_thread *self)
{
	down_write(&shared);
	self->count[0]++;
	up_write(&shared);
	schedule_timeout_uninterruptible(1);
}

static void readers_do_not_starve_a_writer(struct kunit *test)
{
	struct torture *t = torture_begin(test, CPUS);

	torture_add(t, 6, crowd_reader, NULL, "reader");
	torture_add(t, 1, lone_writer, NULL, "writer");
	torture_run(t);
	kunit_info(test, "%lu times for reading, %lu for writing", torture_sum(t, "reader", 0), torture_sum(t, "writer", 0));
	KUNIT_EXPECT_GT(test, torture_sum(t, "writer", 0), 0UL);
	torture_end(t);
}

static struct kunit_case fair_cases[] = {
	KUNIT_CASE_NAMED(spinlock_is_fair, "four CPUs on one spinlock: most and least within 10 percent"),
	KUNIT_CASE_NAMED(mutex_hands_over, "a mutex's waiter that has asked for a handoff is passed by nobody"),
	KUNIT_CASE_NAMED(readers_do_not_starve_a_writer, "readers without end do not keep a writer out"),
	{}
};
static struct kunit_suite fair_suite = { .name = "torture_fair", .test_cases = fair_cases };
kunit_test_suite(fair_suite);
