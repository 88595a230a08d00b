/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/locking_test.c - locks that spin, as far as one CPU can see: states of the lock word, what is
 * off while they are held, what a retrying reader sees. Contention is in lock_torture.c and fair_torture.c.
 */
#include <kunit/test.h>
#include <primer/build_bug.h>
#include <primer/osq_lock.h>
#include <primer/sched.h>
#include <primer/seqlock.h>
#include <primer/spinlock.h>

#ifndef CONFIG_DEBUG
static_assert(sizeof(spinlock_t) == 4, "a spinlock is one word");
static_assert(sizeof(rwlock_t) == 8, "an rwlock is two");
#endif

static void a_spinlock_is_held_once(struct kunit *test)
{
	DEFINE_SPINLOCK(lock);
	unsigned int count = preempt_count();
	bool taken;

	spin_lock(&lock);
	KUNIT_EXPECT_TRUE(test, spin_is_locked(&lock));
	KUNIT_EXPECT_EQ(test, lock.raw.val, _Q_LOCKED_VAL);
	KUNIT_EXPECT_EQ(test, preempt_count(), count + PREEMPT_OFFSET);
	taken = spin_trylock(&lock);
	KUNIT_EXPECT_FALSE(test, taken);
	KUNIT_EXPECT_EQ_MSG(test, preempt_count(), count + PREEMPT_OFFSET, "a failed trylock changes nothing");
	lockdep_assert_held(&lock);
	spin_unlock(&lock);
	KUNIT_EXPECT_EQ(test, lock.raw.val, 0U);
	KUNIT_EXPECT_EQ(test, preempt_count(), count);
	taken = spin_trylock(&lock);
	KUNIT_EXPECT_TRUE(test, taken);
	spin_unlock(&lock);
}

static void interrupts_and_softirqs_are_held_off(struct kunit *test)
{
	DEFINE_SPINLOCK(lock);
	unsigned long flags, inner;
	bool taken;

	spin_lock_irqsave(&lock, flags);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	KUNIT_EXPECT_FALSE(test, irqs_disabled_flags(flags));
	taken = spin_trylock_irqsave(&lock, inner);
	KUNIT_EXPECT_FALSE(test, taken);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_FALSE(test, irqs_disabled());

	local_irq_disable();
	spin_lock_irqsave(&lock, flags);
	spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_TRUE_MSG(test, irqs_disabled(), "restored to what it was");
	local_irq_enable();

	spin_lock_bh(&lock);
	KUNIT_EXPECT_TRUE(test, in_softirq());
	KUNIT_EXPECT_FALSE(test, in_serving_softirq());
	KUNIT_EXPECT_EQ(test, softirq_count(), SOFTIRQ_DISABLE_OFFSET);
	spin_unlock_bh(&lock);
	KUNIT_EXPECT_EQ(test, preempt_count(), 0U);

	spin_lock_irq(&lock);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	spin_unlock_irq(&lock);
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

/*
 * The word was seen held, pending or queued for, and is free when the slow path gets to it: each of its entries must
 * end in "held".
 */
static void the_slow_path_takes_what_has_become_free(struct kunit *test)
{
	static const u32 seen[] = {_Q_LOCKED_VAL, _Q_PENDING_VAL, _Q_PENDING_VAL | _Q_LOCKED_VAL,
				   1U << _Q_TAIL_CPU_OFFSET};

	for (int i = 0; i < 4; i++) {
		struct qspinlock lock = { { .val = 0 } };

		preempt_disable();
		queued_spin_lock_slowpath(&lock, seen[i]);
		preempt_enable();
		KUNIT_EXPECT_EQ_MSG(test, lock.val, _Q_LOCKED_VAL, "seen as %#x", seen[i]);
		arch_spin_unlock(&lock);
		KUNIT_EXPECT_EQ(test, lock.val, 0U);
	}
}

static void an_rwlock_counts_readers(struct kunit *test)
{
	DEFINE_RWLOCK(lock);
	bool taken;

	read_lock(&lock);
	KUNIT_EXPECT_EQ(test, lock.cnts, _QR_BIAS);
	taken = write_trylock(&lock);
	KUNIT_EXPECT_FALSE(test, taken);
	read_unlock(&lock);

	write_lock_irq(&lock);
	KUNIT_EXPECT_EQ(test, lock.cnts, _QW_LOCKED);
	taken = read_trylock(&lock);
	KUNIT_EXPECT_FALSE(test, taken);
	taken = write_trylock(&lock);
	KUNIT_EXPECT_FALSE(test, taken);
	write_unlock_irq(&lock);
	KUNIT_EXPECT_EQ(test, lock.cnts, 0U);

	/* A writer that waits turns newcomers away; the handler of an interrupted reader is let in. */
	lock.cnts = _QR_BIAS | _QW_WAITING;
	taken = read_trylock(&lock);
	KUNIT_EXPECT_FALSE(test, taken);
	preempt_count_add(HARDIRQ_OFFSET);
	__atomic_add_fetch(&lock.cnts, _QR_BIAS, __ATOMIC_ACQUIRE);
	queued_read_lock_slowpath(&lock);
	preempt_count_sub(HARDIRQ_OFFSET);
	KUNIT_EXPECT_EQ(test, lock.cnts, 2 * _QR_BIAS | _QW_WAITING);

	lock.cnts = 0;
	preempt_disable();
	queued_write_lock_slowpath(&lock);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, lock.cnts, _QW_LOCKED);
	KUNIT_EXPECT_FALSE(test, arch_spin_is_locked(&lock.wait_lock));
}

static void a_seqlock_reader_sees_that_a_writer_came(struct kunit *test)
{
	DEFINE_SEQLOCK(sl);
	unsigned int seq, again;
	int how = 0;

	seq = read_seqbegin(&sl);
	KUNIT_EXPECT_EQ(test, seq & 1, 0U);
	KUNIT_EXPECT_FALSE(test, read_seqretry(&sl, seq));
	write_seqlock(&sl);
	KUNIT_EXPECT_EQ_MSG(test, raw_read_seqcount(&sl.seqcount) & 1, 1U, "odd while a writer is inside");
	KUNIT_EXPECT_TRUE(test, read_seqretry(&sl, seq));
	write_sequnlock(&sl);
	KUNIT_EXPECT_TRUE(test, read_seqretry(&sl, seq));
	again = read_seqbegin(&sl);
	KUNIT_EXPECT_EQ(test, again, seq + 2);
	KUNIT_EXPECT_FALSE(test, read_seqretry(&sl, again));
	write_seqcount_invalidate(&sl.seqcount);
	KUNIT_EXPECT_TRUE(test, read_seqretry(&sl, again));

	read_seqbegin_or_lock(&sl, &how);
	KUNIT_EXPECT_FALSE(test, spin_is_locked(&sl.lock));
	write_seqlock(&sl);
	write_sequnlock(&sl);
	KUNIT_EXPECT_TRUE(test, need_seqretry(&sl, how));
	how = 1;
	read_seqbegin_or_lock(&sl, &how);
	KUNIT_EXPECT_TRUE_MSG(test, spin_is_locked(&sl.lock), "the second try keeps writers out");
	KUNIT_EXPECT_FALSE(test, need_seqretry(&sl, how));
	done_seqretry(&sl, how);
	KUNIT_EXPECT_FALSE(test, spin_is_locked(&sl.lock));
}

static void a_lone_spinner_is_the_head(struct kunit *test)
{
	struct optimistic_spin_queue q = OSQ_LOCK_UNLOCKED;

	preempt_disable();
	KUNIT_EXPECT_TRUE(test, osq_lock(&q));
	KUNIT_EXPECT_TRUE(test, osq_is_locked(&q));
	osq_unlock(&q);
	KUNIT_EXPECT_FALSE(test, osq_is_locked(&q));
	preempt_enable();
}

static struct kunit_case locking_cases[] = {
	KUNIT_CASE_NAMED(a_spinlock_is_held_once, "a spinlock is one word, held once, with preemption off"),
	KUNIT_CASE_NAMED(interrupts_and_softirqs_are_held_off,
				 "the _irq, _irqsave and _bh forms restore what they found"),
	KUNIT_CASE_NAMED(the_slow_path_takes_what_has_become_free,
				 "the queued slow path ends in a held lock from every state"),
	KUNIT_CASE_NAMED(an_rwlock_counts_readers,
				 "an rwlock counts readers, and lets only handlers past a waiting writer"),
	KUNIT_CASE_NAMED(a_seqlock_reader_sees_that_a_writer_came,
				 "a seqlock reader sees every writer that came between"),
	KUNIT_CASE_NAMED(a_lone_spinner_is_the_head, "an optimistic spinner that is alone heads the line"),
	{}
};
static struct kunit_suite locking_suite = { .name = "locking", .test_cases = locking_cases };
kunit_test_suite(locking_suite);
