/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/rcu/torture_test.c - does a grace period ever end under a reader?
 *
 * What must hold: nobody who is inside a read-side section sees that a grace period passed since what he found was taken out. So the
 * things that are passed round carry their age, and go through a pipeline:
 *
 *	current ----> taken out ----> a grace period later ----> freed
 *	age 0	      age 1		age 2 ...		  poisoned
 *
 * A reader looks at the age when he finds the thing and at the end of his section. 0 and 1 are right, at both ends; 2 says that a grace
 * period ended too early, and POISON that its memory has been somebody else's since.
 *
 * Who makes things older: updaters that sleep in synchronize_rcu(), in its expedited form, that go round in call_rcu() callbacks, and one that
 * never sleeps but asks again and again (poll_state_synchronize_rcu()). Who reads: tasks on every CPU, a softirq and a hard interrupt on
 * one; short sections, nested ones, and now and then one longer than a tick. A flooder queues callbacks as fast as it may, now and then
 * so many that the grace period is pressed and a batch does not come to its end. One waits in rcu_barrier() and counts whether all that it had queued has been called.
 *
 * The planted bug, torture.break=rcu_early_gp: the grace-period thread believes every CPU at its first look to be quiescent.
 *
 * srcu_torture_test.c does the same to SRCU, with readers that sleep.
 *
 * Linux: kernel/rcu/rcutorture.c.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/hrtimer.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/timer.h>

#include "../../kunit/torture.h"

#define AGE_FREED	4
#define POISON		0x6b6b6b6bU
#define MAX_FLOOD	40000		/* callbacks at a time, and as many that only free */
#define LONG_READER_NS	3000000

struct thing {
	unsigned int age;
	unsigned long generation, inverse;	/* the second is the first, inverted: written before it is published */
	struct rcu_head rcu;
	struct torture *torture;
};

enum { READS, OLD_READS, LONG_READS };		/* count[] of readers */
enum { UPDATES };				/* of updaters, floods, barriers */

static struct thing *now;			/* rcu: what readers find */
static DEFINE_SPINLOCK(update_lock);		/* now, generation */
static unsigned long generation;
static atomic_t flooding;

/* ---- things ---------------------------------------------------------------------------------------------------------- */

/* A new one takes the place of the one that is there; that is returned, taken out. NULL without memory. */
static struct thing *replace(struct torture *t)
{
	struct thing *new = kmalloc(sizeof(*new), GFP_KERNEL), *old;

	if (!new)
		return NULL;
	new->age = 0;
	new->torture = t;
	spin_lock(&update_lock);
	new->generation = ++generation;
	new->inverse = ~new->generation;
	old = rcu_replace_pointer(now, new, lockdep_is_held(&update_lock));
	spin_unlock(&update_lock);
	WRITE_ONCE(old->age, 1);
	return old;
}

/* A grace period has passed. True: that was the last one that it had to see. */
static bool grow_old(struct thing *p)
{
	unsigned int age = READ_ONCE(p->age) + 1;

	WRITE_ONCE(p->age, age);
	if (age < AGE_FREED)
		return false;
	WRITE_ONCE(p->age, POISON);
	kfree(p);
	return true;
}

/* ---- readers --------------------------------------------------------------------------------------------------------- */

static void check(struct torture *t, const struct thing *p, const char *when)
{
	unsigned int age = READ_ONCE(p->age);

	if (age >= 2)
		torture_error(t, "a reader on CPU %d saw %s, %s", raw_smp_processor_id(),
			      age >= AGE_FREED ? "freed memory" : "what a grace period had ended", when);
	if (READ_ONCE(p->inverse) != ~READ_ONCE(p->generation))
		torture_error(t, "a reader on CPU %d saw a half-made thing, %s", raw_smp_processor_id(), when);
}

static void read_step(struct torture_thread *self)
{
	struct torture *t = self->torture;
	struct thing *p;

	rcu_read_lock();
	p = rcu_dereference(now);
	check(t, p, "at the beginning");
	if (torture_random_below(self, 512) == 0) {
		torture_spin_ns(torture_random_below(self, LONG_READER_NS));
		self->count[LONG_READS]++;
	} else {
		torture_disturb(self);
	}
	if (torture_random_below(self, 8) == 0) {
		rcu_read_lock();
		check(t, rcu_dereference(now), "inside");
		rcu_read_unlock();
	}
	check(t, p, "at the end");
	self->count[READS]++;
	self->count[OLD_READS] += READ_ONCE(p->age) == 1;
	rcu_read_unlock();
	torture_nap(self);
}

/* Readers in a softirq and in a hard interrupt: no thread of their own. [each counter: its handler] */
static struct torture *handlers_torture;
static unsigned long softirq_reads, hardirq_reads;
static bool handlers_stop;

static void softirq_reader(struct timer_list *timer)
{
	rcu_read_lock();
	check(handlers_torture, rcu_dereference(now), "in a softirq");
	rcu_read_unlock();
	softirq_reads++;
	if (!READ_ONCE(handlers_stop))
		mod_timer(timer, jiffies + 1);
}

static enum hrtimer_restart hardirq_reader(struct hrtimer *timer)
{
	struct thing *p;

	rcu_read_lock();
	p = rcu_dereference(now);
	check(handlers_torture, p, "in a hard interrupt");
	torture_spin_ns(20000);
	check(handlers_torture, p, "at the end of a hard interrupt");
	rcu_read_unlock();
	hardirq_reads++;
	if (READ_ONCE(handlers_stop))
		return HRTIMER_NORESTART;
	hrtimer_forward(timer, ktime_get(), 700000);
	return HRTIMER_RESTART;
}

/* ---- updaters -------------------------------------------------------------------------------------------------------- */

static void sleeping_updater(struct torture_thread *self)
{
	struct thing *old = replace(self->torture);

	if (!old)
		return;
	do {
		if (torture_random_below(self, 4))
			synchronize_rcu();
		else
			synchronize_rcu_expedited();
	} while (!grow_old(old));
	self->count[UPDATES]++;
	torture_nap(self);
}

static atomic_t in_callbacks;

static void next_age(struct rcu_head *head)
{
	struct thing *p = container_of(head, struct thing, rcu);

	if (!grow_old(p))
		call_rcu(head, next_age);
	else
		atomic_dec(&in_callbacks);
}

static void callback_updater(struct torture_thread *self)
{
	struct thing *old = atomic_read(&in_callbacks) < 200 ? replace(self->torture) : NULL;

	if (old) {
		atomic_inc(&in_callbacks);
		call_rcu(&old->rcu, next_age);
		self->count[UPDATES]++;
	}
	if (torture_random_below(self, 16) == 0)
		schedule_timeout_uninterruptible(1);
}

/* Never sleeps: its CPU's quiescent states are preemptions and ticks. */
static void busy_updater(struct torture_thread *self)
{
	struct thing *old = replace(self->torture);

	if (!old)
		return;
	do {
		unsigned long cookie = start_poll_synchronize_rcu();

		while (!poll_state_synchronize_rcu(cookie))
			cpu_relax();
	} while (!grow_old(old));
	self->count[UPDATES]++;
}

struct drop {
	struct rcu_head rcu;
};

static void drop_callback(struct rcu_head *head)
{
	kfree(container_of(head, struct drop, rcu));
	atomic_dec(&flooding);
}

static void flood(struct torture_thread *self)
{
	int n = torture_random_below(self, 8) ? 1000 : 2 * MAX_FLOOD;

	for (int i = 0; i < n && atomic_read(&flooding) < MAX_FLOOD && !torture_must_stop(self); i++) {
		struct drop *d = kmalloc(sizeof(*d), GFP_KERNEL);

		if (!d)
			break;
		atomic_inc(&flooding);
		if (i & 1) {
			call_rcu(&d->rcu, drop_callback);
		} else {
			atomic_dec(&flooding);
			kfree_rcu(d, rcu);
		}
		self->count[UPDATES]++;
	}
	schedule_timeout_uninterruptible(1 + (long)torture_random_below(self, 20));
}

struct counted {
	struct rcu_head rcu;
	atomic_t *left;
};

static void count_down(struct rcu_head *head)
{
	struct counted *c = container_of(head, struct counted, rcu);

	atomic_dec(c->left);
	kfree(c);
}

static void barrier_step(struct torture_thread *self)
{
	atomic_t left = ATOMIC_INIT(0);

	for (int i = 0; i < 20; i++) {
		struct counted *c = kmalloc(sizeof(*c), GFP_KERNEL);

		if (!c)
			continue;
		c->left = &left;
		atomic_inc(&left);
		call_rcu(&c->rcu, count_down);
		torture_nap(self);
	}
	rcu_barrier();
	if (atomic_read(&left)) {
		torture_error(self->torture, "rcu_barrier() returned before %d callbacks", atomic_read(&left));
		rcu_barrier();
		msleep(100);		/* left is on our stack */
	}
	self->count[UPDATES]++;
}

/* ---- the case -------------------------------------------------------------------------------------------------------- */

/* What has happened, each with the least that a run must have seen of it. */
static const struct {
	const char *what;
	unsigned long least;
} kinds[] = {
	{ "grace periods", 3 }, { "expedited grace periods", 1 }, { "callbacks called", 1 },
	{ "readers", 1001 }, { "readers of what was taken out", 1 }, { "readers longer than a tick", 1 },
	{ "readers in softirqs", 1 }, { "readers in interrupts", 1 },
	{ "updates, sleeping", 1 }, { "updates by callbacks", 1 }, { "updates, polling", 1 },
	{ "callbacks of floods", 1 }, { "barriers", 1 },
};
static unsigned long seen[ARRAY_SIZE(kinds)];
static unsigned long gps, exps, invoked;	/* before */

static bool seen_all(struct torture *t)
{
	const unsigned long count[ARRAY_SIZE(kinds)] = {
		rcu_gp_count() - gps, rcu_stats.expedited - exps, rcu_stats.invoked - invoked,
		torture_sum(t, "reader", READS), torture_sum(t, "reader", OLD_READS), torture_sum(t, "reader", LONG_READS),
		READ_ONCE(softirq_reads), READ_ONCE(hardirq_reads),
		torture_sum(t, "sleeper", UPDATES), torture_sum(t, "caller", UPDATES), torture_sum(t, "poller", UPDATES),
		torture_sum(t, "flood", UPDATES), torture_sum(t, "barrier", UPDATES),
	};
	bool all = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(seen); i++) {
		seen[i] = count[i];
		all &= count[i] >= kinds[i].least;
	}
	return all;
}

static void rcu_torture(struct kunit *test)
{
	struct torture *t = torture_begin(test, 2);
	struct timer_list timer;
	struct hrtimer hrtimer;

	gps = rcu_gp_count();
	exps = rcu_stats.expedited;
	invoked = rcu_stats.invoked;
#ifdef CONFIG_DEBUG
	rcu_break_early_gp = torture_breaks("rcu_early_gp");
#endif
	/* An update stands in line behind a flood of callbacks, which a kernel with every checker on a busy host calls slowly. */
	t->hang_ms = 60000;
	now = kzalloc(sizeof(*now), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, now);
	now->inverse = ~0UL;
	softirq_reads = hardirq_reads = 0;
	handlers_torture = t;
	handlers_stop = false;
	timer_setup(&timer, softirq_reader, 0);
	mod_timer(&timer, jiffies + 1);
	hrtimer_init(&hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer.function = hardirq_reader;
	hrtimer_start(&hrtimer, 1000000, HRTIMER_MODE_REL);

	torture_add_all(t, read_step, NULL, "reader");
	torture_add(t, 2, sleeping_updater, NULL, "sleeper");
	torture_add(t, 1, callback_updater, NULL, "caller");
	torture_add(t, 1, busy_updater, NULL, "poller");
	torture_add(t, 1, flood, NULL, "flood");
	torture_add(t, 1, barrier_step, NULL, "barrier");
	torture_start(t);
	torture_wait(t);
	/* A second on a busy host may be too short for one of the kinds. */
	torture_wait_for(t, seen_all);
	torture_stop(t);

	WRITE_ONCE(handlers_stop, true);
	hrtimer_cancel(&hrtimer);
	del_timer_sync(&timer);
#ifdef CONFIG_DEBUG
	rcu_break_early_gp = false;
#endif
	while (atomic_read(&in_callbacks) || atomic_read(&flooding))
		rcu_barrier();
	seen_all(t);
	kunit_info(test, "%lu grace periods, %lu expedited; %lu callbacks called", seen[0], seen[1], seen[2]);
	kunit_info(test, "%lu readers (%lu saw what was taken out, %lu longer than a tick), %lu in softirqs, %lu in interrupts",
		   seen[3], seen[4], seen[5], seen[6], seen[7]);
	kunit_info(test, "updates: %lu sleeping, %lu by callbacks, %lu polling; %lu flooded; %lu barriers", seen[8], seen[9],
		   seen[10], seen[11], seen[12]);
	for (unsigned int i = 0; i < ARRAY_SIZE(seen); i++)
		KUNIT_EXPECT_GE_MSG(test, seen[i], kinds[i].least, "%s", kinds[i].what);
	kfree(now);
	torture_end(t);
}

static struct kunit_case rcu_torture_cases[] = {
	KUNIT_CASE_NAMED(rcu_torture, "no reader sees what a grace period has ended"),
	{}
};

static struct kunit_suite rcu_torture_suite = { .name = "torture_rcu", .test_cases = rcu_torture_cases };
kunit_test_suite(rcu_torture_suite);
