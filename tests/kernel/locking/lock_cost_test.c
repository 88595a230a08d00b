/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/lock_cost_test.c - what does a lock that nobody else wants cost? And RCU?
 *
 * Under qemu -icount shift=0 the time stamp counter counts instructions, so that the numbers are exact and the same each
 * time: tests/test_lock_cost.py boots so, and compares them with the tables of the book. Otherwise they are cycles of a
 * busy machine and mean little.
 */
#include <kunit/test.h>
#include <primer/atomic.h>
#include <primer/completion.h>
#include <primer/mutex.h>
#include <primer/percpu_counter.h>
#include <primer/rcupdate.h>
#include <primer/rwsem.h>
#include <primer/semaphore.h>
#include <primer/seqlock.h>
#include <primer/slab.h>
#include <primer/spinlock.h>
#include <asm/msr.h>

#define ROUNDS	1000
#define TRIES	3

static DEFINE_SPINLOCK(spin);
static DEFINE_SPINLOCK(spin_irq);
static DEFINE_SPINLOCK(spin_bh);
static DEFINE_RWLOCK(rw);
static DEFINE_SEQLOCK(seq);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(rwsem);
static DEFINE_SEMAPHORE(sem);
static DECLARE_COMPLETION(done);
static struct percpu_counter counter;
static atomic_t word;
static unsigned int sequence;

/* The least of TRIES, so that a tick in between does not count; the loop itself is taken off. */
#define COST(what, code) do { \
	u64 best = ~0ULL, empty = ~0ULL; \
\
	for (int try = 0; try < TRIES; try++) { \
		u64 start = rdtsc_ordered(), end; \
\
		for (int i = 0; i < ROUNDS; i++) \
			barrier(); \
		end = rdtsc_ordered(); \
		if (end - start < empty) \
			empty = end - start; \
		start = rdtsc_ordered(); \
		for (int i = 0; i < ROUNDS; i++) { \
			barrier(); \
			code; \
		} \
		end = rdtsc_ordered(); \
		if (end - start < best) \
			best = end - start; \
	} \
	best = best > empty ? best - empty : 0; \
	kunit_info(test, "cost: %s: %llu.%llu", what, best / ROUNDS, best % ROUNDS / 100); \
} while (0)

static void costs(struct kunit *test)
{
	unsigned long flags;
	int taken;

	COST("atomic_inc", atomic_inc(&word));
	COST("smp_mb", smp_mb());
	COST("spin_lock + spin_unlock", spin_lock(&spin); spin_unlock(&spin));
	COST("spin_lock_irq + spin_unlock_irq", spin_lock_irq(&spin_irq); spin_unlock_irq(&spin_irq));
	COST("spin_lock_irqsave + spin_unlock_irqrestore", spin_lock_irqsave(&spin_irq, flags);
	     spin_unlock_irqrestore(&spin_irq, flags));
	COST("spin_lock_bh + spin_unlock_bh", spin_lock_bh(&spin_bh); spin_unlock_bh(&spin_bh));
	COST("read_lock + read_unlock", read_lock(&rw); read_unlock(&rw));
	COST("write_lock + write_unlock", write_lock(&rw); write_unlock(&rw));
	COST("read_seqbegin + read_seqretry", sequence = read_seqbegin(&seq); taken = read_seqretry(&seq, sequence));
	COST("write_seqlock + write_sequnlock", write_seqlock(&seq); write_sequnlock(&seq));
	COST("mutex_lock + mutex_unlock", mutex_lock(&mutex); mutex_unlock(&mutex));
	COST("down_read + up_read", down_read(&rwsem); up_read(&rwsem));
	COST("down_write + up_write", down_write(&rwsem); up_write(&rwsem));
	COST("down + up", down(&sem); up(&sem));
	COST("complete + wait_for_completion", complete(&done); wait_for_completion(&done));
	KUNIT_ASSERT_EQ(test, percpu_counter_init(&counter, 0, GFP_KERNEL), 0);
	COST("percpu_counter_add", percpu_counter_add(&counter, i & 1 ? 1 : -1));
	KUNIT_EXPECT_EQ(test, percpu_counter_sum(&counter), 0LL);
	percpu_counter_destroy(&counter);
	KUNIT_EXPECT_EQ(test, atomic_read(&word), TRIES * ROUNDS);
	(void)taken;
}

struct old_version {
	struct old_version *next;	/* all of them, until they are handed over */
	struct rcu_head rcu;
};

static void count_callback(struct rcu_head *head)	{ atomic_inc(&word); }

/* What is queued cannot be queued again: a fresh object for each round. The increment, or the step to the next one, is counted with it. */
static void rcu_costs(struct kunit *test)
{
	struct rcu_head *heads = kvmalloc_array(TRIES * ROUNDS, sizeof(*heads), GFP_KERNEL), *head = heads;
	struct old_version *old = NULL, *fresh;

	KUNIT_ASSERT_NOT_NULL(test, heads);
	for (int i = 0; i < TRIES * ROUNDS; i++) {
		fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);
		if (!fresh)
			break;
		fresh->next = old;
		old = fresh;
	}
	atomic_set(&word, 0);
	COST("rcu_read_lock + rcu_read_unlock", rcu_read_lock(); rcu_read_unlock());
	COST("call_rcu", call_rcu(head++, count_callback));
	COST("kfree_rcu", fresh = old; if (fresh) { old = fresh->next; kfree_rcu(fresh, rcu); });
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&word), TRIES * ROUNDS);
	KUNIT_EXPECT_NULL(test, old);
	kvfree(heads);
}

static struct kunit_case lock_cost_cases[] = {
	KUNIT_CASE_NAMED(costs, "locks that nobody else wants, counted"),
	KUNIT_CASE_NAMED(rcu_costs, "RCU's readers and changers, counted"),
	{}
};
static struct kunit_suite lock_cost_suite = { .name = "lock_cost", .test_cases = lock_cost_cases };
kunit_test_suite(lock_cost_suite);
