/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/rcu/srcu_torture_test.c - the pipeline of torture_test.c for SRCU, whose readers sleep: does synchronize_srcu() or a callback of
 * call_srcu() ever come while a reader holds what it has found? Readers change CPUs inside their sections, so that the counts of one CPU
 * mean nothing.
 */
#include <kunit/test.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/srcu.h>

#include "../../kunit/torture.h"

#define AGE_FREED	3
#define POISON		0x6b6b6b6bU
#define MAX_QUEUED	100

struct thing {
	unsigned int age;		/* 0 current, 1 taken out, 2 a grace period later */
	struct rcu_head rcu;
};

enum { READS, OLD_READS, UPDATES = 0 };

static struct srcu_struct ss;
static struct thing *now;		/* what readers find */
static DEFINE_SPINLOCK(update_lock);	/* now */
static atomic_t queued;

static struct thing *replace(void)
{
	struct thing *new = kzalloc(sizeof(*new), GFP_KERNEL), *old;

	if (!new)
		return NULL;
	spin_lock(&update_lock);
	old = now;
	rcu_assign_pointer(now, new);
	spin_unlock(&update_lock);
	WRITE_ONCE(old->age, 1);
	return old;
}

static bool grow_old(struct thing *p)
{
	WRITE_ONCE(p->age, READ_ONCE(p->age) + 1);
	if (READ_ONCE(p->age) < AGE_FREED)
		return false;
	WRITE_ONCE(p->age, POISON);
	kfree(p);
	return true;
}

static void read_step(struct torture_thread *self)
{
	int idx = srcu_read_lock(&ss);
	struct thing *p = srcu_dereference(now, &ss);
	unsigned int age = READ_ONCE(p->age);

	if (age >= 2)
		torture_error(self->torture, "a reader found what a grace period had ended");
	if (torture_random_below(self, 64) == 0)
		schedule_timeout_uninterruptible(1);
	else
		torture_nap(self);
	age = READ_ONCE(p->age);
	if (age >= 2)
		torture_error(self->torture, "a reader held %s", age >= AGE_FREED ? "freed memory" : "what a grace period had ended");
	self->count[READS]++;
	self->count[OLD_READS] += age == 1;
	srcu_read_unlock(&ss, idx);
	torture_disturb(self);
}

static void sleeping_updater(struct torture_thread *self)
{
	struct thing *old = replace();

	if (!old)
		return;
	do
		synchronize_srcu(&ss);
	while (!grow_old(old));
	self->count[UPDATES]++;
	torture_nap(self);
}

static void next_age(struct rcu_head *head)
{
	if (!grow_old(container_of(head, struct thing, rcu)))
		call_srcu(&ss, head, next_age);
	else
		atomic_dec(&queued);
}

static void callback_updater(struct torture_thread *self)
{
	struct thing *old = atomic_read(&queued) < MAX_QUEUED ? replace() : NULL;

	if (old) {
		atomic_inc(&queued);
		call_srcu(&ss, &old->rcu, next_age);
		self->count[UPDATES]++;
	}
	if (torture_random_below(self, 4) == 0)
		schedule_timeout_uninterruptible(1);
}

/* Too much for a second on a busy host: it goes on until it has been. */
static bool seen_all(struct torture *t)
{
	return ss.gp_seq / 2 > 2 && torture_sum(t, "reader", READS) > 100 && torture_sum(t, "reader", OLD_READS) &&
	       torture_sum(t, "sleeper", UPDATES) && torture_sum(t, "caller", UPDATES);
}

static void srcu_torture(struct kunit *test)
{
	struct torture *t = torture_begin(test, 2);

	KUNIT_ASSERT_EQ(test, init_srcu_struct(&ss), 0);
	now = kzalloc(sizeof(*now), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, now);
	torture_add(t, num_online_cpus(), read_step, NULL, "reader");
	torture_add(t, 2, sleeping_updater, NULL, "sleeper");
	torture_add(t, 1, callback_updater, NULL, "caller");
	torture_start(t);
	torture_wait(t);
	torture_wait_for(t, seen_all);
	torture_stop(t);
	while (atomic_read(&queued))
		srcu_barrier(&ss);
	kunit_info(test, "%lu grace periods, %lu readers (%lu saw what was taken out); updates: %lu sleeping, %lu by callbacks",
		   ss.gp_seq / 2, torture_sum(t, "reader", READS), torture_sum(t, "reader", OLD_READS),
		   torture_sum(t, "sleeper", UPDATES), torture_sum(t, "caller", UPDATES));
	KUNIT_EXPECT_GT(test, ss.gp_seq / 2, 2UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, "reader", READS), 100UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, "reader", OLD_READS), 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, "sleeper", UPDATES), 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, "caller", UPDATES), 0UL);
	kfree(now);
	cleanup_srcu_struct(&ss);
	torture_end(t);
}

static struct kunit_case srcu_torture_cases[] = {
	KUNIT_CASE_NAMED(srcu_torture, "no reader holds what a grace period has ended, though it sleeps"),
	{}
};

static struct kunit_suite srcu_torture_suite = { .name = "torture_srcu", .test_cases = srcu_torture_cases };
kunit_test_suite(srcu_torture_suite);
