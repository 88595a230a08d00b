/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/fair_torture.c - who gets a contended lock, and how often is a waiter passed?
 *
 * A spinlock's waiters stand in line, so of a fixed number of acquisitions by CPUs that want nothing else each gets its
 * share. A mutex lets whoever runs have it, but how many get in past a waiter has a bound: everybody who gets in looks
 * who stands in line, and counts. In DEBUG builds the mutex itself counts how many got in past a waiter that was woken,
 * lost, and asked to be the next (kernel/sync/mutex.c): nobody.
 *
 * torture.break=lock_is_unfair (DEBUG builds) sends the waiters of the spinlock after it without a line (kernel/locking/qspinlock.c).
 */
#include "../../kunit/torture.h"

#include <primer/lockdep.h>
#include <primer/mutex.h>
#include <primer/rwsem.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/string.h>

#define CPUS		4
#define SHARE		100			/* acquisitions for each CPU */
#define RACES		9
#define FAIR_RACES	3			/* so many of them have to be fair */

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

#ifdef CONFIG_DEBUG
static void plant(bool on)	{ WRITE_ONCE(lock_unfair, on && torture_breaks("lock_is_unfair") ? &line : NULL); }
#else
static void plant(bool on)	{ }
#endif

/* Are most and least within 10 percent? */
static bool race(struct kunit *test)
{
	struct torture *t = torture_begin(test, CPUS);
	unsigned long most, least;

	taken = been_in = 0;
	atomic_set(&at_start, 0);
	for (int cpu = 0; cpu < CPUS; cpu++)
		torture_add_on(t, cpu, racer, NULL, "racer");
	t->hang_ms = 60000;
	torture_start(t);
	while (READ_ONCE(taken) < CPUS * SHARE || atomic_read(&at_start))
		schedule_timeout_uninterruptible(HZ / 10);	/* seldom: who looks takes a racer's CPU */
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
	return (most - least) * 10 <= most;
}

/*
 * One race proves nothing. The host may take a virtual CPU away while it is not in line: then the others share what is its. And
 * a lock without a line may be lucky once.
 */
static void spinlock_is_fair(struct kunit *test)
{
	int fair = 0, races = 0;

	plant(true);
	while (fair < FAIR_RACES && races - fair <= RACES - FAIR_RACES) {
		fair += race(test);
		races++;
	}
	plant(false);
	KUNIT_EXPECT_GE_MSG(test, fair, FAIR_RACES, "%d of %d races: most and least differ by more than 10 %%", races - fair, races);
}

/* ---- mutex ------------------------------------------------------------------------------------------------------- */

#define HOGS		4
#define VICTIMS		2
#define ALL		(HOGS + VICTIMS)

static DEFINE_MUTEX(contended);
static struct torture *mutex_torture;

/* What everybody who gets in sees of those who stand in line. [contended] */
static unsigned long entries;			/* how many got in */
static struct list_head *front;			/* who stood first when the last one got in */
static unsigned long front_passed, front_most;	/* how many have seen it there; the most */
static struct {
	bool in_line;
	unsigned long since;			/* entries then */
	unsigned long waits, most, sum;		/* how many got in while it stood there */
} queued[ALL];

/* A waiter is a variable on its task's stack. */
static bool is_of(const struct list_head *waiter, const struct torture_thread *thread)
{
	struct task_struct *p = READ_ONCE(thread->task);

	return p && (unsigned long)waiter - (unsigned long)p->stack < THREAD_SIZE;
}

/*
 * @self is in. Whoever stands in line is passed by it; the first and the last one can be seen without wait_lock, as
 * they cannot leave without the mutex. Those between are seen later, when they are the first.
 */
static void look_at_the_line(struct torture_thread *self)
{
	struct list_head *first = READ_ONCE(contended.wait_list.next), *last = READ_ONCE(contended.wait_list.prev);
	unsigned int me = (unsigned int)(self - mutex_torture->thread);

	if (queued[me].in_line) {
		unsigned long passed = entries - queued[me].since;

		queued[me].in_line = false;
		queued[me].waits++;
		queued[me].sum += passed;
		if (passed > queued[me].most)
			queued[me].most = passed;
	}
	if (first != front) {
		front = first;
		front_passed = 0;
	}
	if (first != &contended.wait_list && ++front_passed > front_most)
		front_most = front_passed;
	for (unsigned int i = 0; i < ALL; i++)
		if (!queued[i].in_line && (is_of(first, &mutex_torture->thread[i]) || is_of(last, &mutex_torture->thread[i]))) {
			queued[i].in_line = true;
			queued[i].since = entries;
		}
	entries++;
}

/* Takes it again at once. */
static void hog(struct torture_thread *self)
{
	for (int i = 0; i < 50; i++) {
		mutex_lock(&contended);
		look_at_the_line(self);
		torture_spin_ns(torture_random_below(self, 20000));
		mutex_unlock(&contended);
		self->count[0]++;
	}
	torture_nap(self);
}

/* Comes seldom, and finds it taken. */
static void victim(struct torture_thread *self)
{
	mutex_lock(&contended);
	look_at_the_line(self);
	mutex_unlock(&contended);
	self->count[0]++;
	schedule_timeout_uninterruptible(1);
}

/*
 * The bound: kernel/sync/mutex.c, "How often". Whoever comes when the mutex is taken finds all but itself and the owner
 * in front of it at most, and each of them is passed, and gets in, before it is the first.
 */
static void mutex_hands_over(struct kunit *test)
{
	struct torture *t = mutex_torture = torture_begin(test, CPUS);
	unsigned long bound = MUTEX_PASSES - 1 + num_online_cpus(), whole = (ALL - 1) * (bound + 1) - 1;
	unsigned long waits = 0, most = 0, sum = 0;

#ifdef CONFIG_DEBUG
	contended.passed_max = 0;
#endif
	entries = front_most = 0;
	front = NULL;
	memset(queued, 0, sizeof(queued));
	torture_add(t, HOGS, hog, NULL, "hog");
	torture_add(t, VICTIMS, victim, NULL, "victim");
	torture_run(t);
	for (int i = 0; i < ALL; i++) {
		waits += queued[i].waits;
		sum += queued[i].sum;
		most = queued[i].most > most ? queued[i].most : most;
	}
	kunit_info(test, "%lu acquisitions, %lu by 2 of 6 that come seldom; %lu waits in line", entries,
		   torture_sum(t, "victim", 0), waits);
	kunit_info(test, "the first in line was passed %lu times at most, bound %lu; in the whole line %lu times, bound %lu, "
		   "%lu.%02lu on average", front_most, bound, most, whole, waits ? sum / waits : 0,
		   waits ? sum * 100 / waits % 100 : 0);
	KUNIT_EXPECT_GT(test, torture_sum(t, "victim", 0), 0UL);
	KUNIT_EXPECT_GT(test, front_most, 0UL);
	KUNIT_EXPECT_LE(test, front_most, bound);
	KUNIT_EXPECT_LE(test, most, whole);
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
	KUNIT_CASE_NAMED(mutex_hands_over, "how often a mutex's waiter can be passed has a bound"),
	KUNIT_CASE_NAMED(readers_do_not_starve_a_writer, "readers without end do not keep a writer out"),
	{}
};
static struct kunit_suite fair_suite = { .name = "torture_fair", .test_cases = fair_cases };
kunit_test_suite(fair_suite);
