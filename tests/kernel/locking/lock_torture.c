/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/lock_torture.c - every kind of lock, by all CPUs at once, for seconds.
 *
 * What is checked is what a lock promises. Writers are alone: a word that only a holder may change says who is inside,
 * and a counter that is changed without an atomic instruction must in the end be the sum of what all say that they
 * added. Readers see no writer. Nobody waits for ever: torture.c watches the steps. Locks that interrupts take are
 * taken by timers' functions too: hard ones, and those in softirqs.
 *
 *	outside:	.owner = 0
 *	writer:		.owner = me   disturb   .owner still me?  .value++, .copy++	.owner = 0
 *	reader:		.owner = 0?   .value == .copy?   disturb   the same value?
 *
 * The bugs that torture.break= plants are in the locks themselves (lockdep.h, lock_is_planted()), in DEBUG builds:
 *
 *	lock_lets_two_in		a spinlock's slow path does not wait, now and then
 *	mutex_loses_a_waiter		an unlock forgets to wake the first in line
 *	semaphore_counts_wrong		an up() gives its permit twice
 */
#include "../../kunit/torture.h"

#include <primer/completion.h>
#include <primer/hrtimer.h>
#include <primer/jiffies.h>
#include <primer/lockdep.h>
#include <primer/mutex.h>
#include <primer/percpu_counter.h>
#include <primer/rwsem.h>
#include <primer/sched.h>
#include <primer/semaphore.h>
#include <primer/seqlock.h>
#include <primer/sleep.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/string.h>

#define MIN_CPUS	4
#define PERMITS		3

/* What the lock under torture guards. */
struct guarded {
	unsigned long owner;		/* [the lock, for writing] who is inside; 0: nobody */
	unsigned long value, copy;	/* [the lock] */
	atomic_t inside;		/* how many are: for the semaphore */
};

struct victim {
	struct guarded data;
	spinlock_t spin, spin_irq, spin_bh;	/* three classes: who else takes them differs */
	rwlock_t rw;
	seqlock_t seq;
	struct mutex mutex;
	struct rw_semaphore rwsem;
	struct semaphore sem;
	atomic_long_t irqs, softirqs;	/* acquisitions in handlers, for writing */
	atomic_long_t read_in_irqs;	/* and for reading, or of a permit */
	atomic_long_t tried_in_irqs;	/* trylocks there that failed */
};

/* counters of the threads */
enum { TAKEN, READ, TRIED };

static struct victim *victim;		/* [the running case] */
static struct torture *torture;

/* ---- inside the lock --------------------------------------------------------------------------------------------- */

static void write_inside(struct torture_thread *self, unsigned long me, void (*disturb)(struct torture_thread *))
{
	struct guarded *d = &victim->data;
	unsigned long value;

	if (READ_ONCE(d->owner))
		torture_error(torture, "%lx came in where %lx is", me, d->owner);
	WRITE_ONCE(d->owner, me);
	value = READ_ONCE(d->value);
	if (disturb)
		disturb(self);
	if (READ_ONCE(d->owner) != me)
		torture_error(torture, "%lx is in where %lx was", d->owner, me);
	WRITE_ONCE(d->value, value + 1);
	WRITE_ONCE(d->copy, d->copy + 1);
	WRITE_ONCE(d->owner, 0);
}

static void read_inside(struct torture_thread *self, void (*disturb)(struct torture_thread *))
{
	struct guarded *d = &victim->data;
	unsigned long value = READ_ONCE(d->value);

	if (READ_ONCE(d->owner))
		torture_error(torture, "a reader met the writer %lx", d->owner);
	if (disturb)
		disturb(self);
	if (READ_ONCE(d->value) != value || READ_ONCE(d->copy) != value)
		torture_error(torture, "a reader saw %lu become %lu (copy %lu)", value, d->value, d->copy);
}

static unsigned long id(struct torture_thread *self)	{ return (unsigned long)self; }

/* ---- handlers: a timer on each CPU ------------------------------------------------------------------------------- */

static struct hrtimer timers[NR_CPUS];
static void (*in_handler)(unsigned int cpu, bool hard);
static atomic_t handlers_off;

static enum hrtimer_restart handler(struct hrtimer *timer)
{
	unsigned int cpu = (unsigned int)(timer - timers);

	if (atomic_read(&handlers_off))
		return HRTIMER_NORESTART;
	in_handler(cpu, in_irq());
	/* Primes, so that the CPUs drift against one another. */
	hrtimer_forward_now(timer, 1100000 + 130000 * (cpu % 7));
	return HRTIMER_RESTART;
}

struct start {
	enum hrtimer_mode mode;
};

static void start_timer(void *info)
{
	const struct start *s = info;
	struct hrtimer *timer = &timers[smp_processor_id()];

	hrtimer_init(timer, CLOCK_MONOTONIC, s->mode);
	timer->function = handler;
	hrtimer_start(timer, 500000, s->mode);
}

static void start_handlers(void (*fn)(unsigned int cpu, bool hard), bool hard)
{
	struct start s = { HRTIMER_MODE_REL_PINNED | (hard ? HRTIMER_MODE_HARD : HRTIMER_MODE_SOFT) };

	in_handler = fn;
	atomic_set(&handlers_off, 0);
	on_each_cpu(start_timer, &s, 1);
}

static void stop_handlers(void)
{
	unsigned int cpu;

	atomic_set(&handlers_off, 1);
	for_each_online_cpu(cpu)
		hrtimer_cancel(&timers[cpu]);
}

/* ---- the frame of a case ----------------------------------------------------------------------------------------- */

static struct torture *begin(struct kunit *test)
{
	torture = torture_begin(test, MIN_CPUS);
	victim = kunit_kzalloc(test, sizeof(*victim), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, victim);
	spin_lock_init(&victim->spin);
	spin_lock_init(&victim->spin_irq);
	spin_lock_init(&victim->spin_bh);
	rwlock_init(&victim->rw);
	seqlock_init(&victim->seq);
	mutex_init(&victim->mutex);
	init_rwsem(&victim->rwsem);
	sema_init(&victim->sem, PERMITS);
	return torture;
}

/* All that wrote say how often; the value must be the sum. */
static void finish(struct kunit *test)
{
	unsigned long sum = torture_sum(torture, NULL, TAKEN);
	unsigned long irqs = (unsigned long)atomic_long_read(&victim->irqs);
	unsigned long softirqs = (unsigned long)atomic_long_read(&victim->softirqs);

	KUNIT_EXPECT_EQ_MSG(test, victim->data.value, sum + irqs + softirqs, "updates got lost");
	KUNIT_EXPECT_GT(test, sum, 0UL);
	kunit_info(test, "%lu acquisitions for writing, %lu for reading, %lu more in hard interrupts, %lu in softirqs; "
		   "%lu trylocks failed; %lu errors; seed %llu", sum, torture_sum(torture, NULL, READ), irqs, softirqs,
		   torture_sum(torture, NULL, TRIED), torture_errors(torture), torture->seed);
	torture_end(torture);
	torture = NULL;
}

#ifdef CONFIG_DEBUG
static void plant(const char *name, const void *lock)
{
	if (torture_breaks(name))
		WRITE_ONCE(lock_planted, lock);
}
static void unplant(void)				{ WRITE_ONCE(lock_planted, NULL); }
#else
static void plant(const char *name, const void *lock)	{ }
static void unplant(void)				{ }
#endif

/* ---- spinlock ---------------------------------------------------------------------------------------------------- */

static void spin_step(struct torture_thread *self)
{
	spin_lock(&victim->spin);
	write_inside(self, id(self), torture_disturb);
	spin_unlock(&victim->spin);
	self->count[TAKEN]++;
	torture_nap(self);
}

static void spinlock(struct kunit *test)
{
	struct torture *t = begin(test);

	plant("lock_lets_two_in", &victim->spin);
	torture_add_all(t, spin_step, NULL, "bound");
	torture_add(t, 4, spin_step, NULL, "free");
	torture_run(t);
	unplant();
	finish(test);
}

static void spin_irq_step(struct torture_thread *self)
{
	unsigned long flags;

	switch (torture_random_below(self, 4)) {
	case 0:
		spin_lock_irq(&victim->spin_irq);
		write_inside(self, id(self), torture_disturb);
		spin_unlock_irq(&victim->spin_irq);
		break;
	case 1:
		if (!spin_trylock_irqsave(&victim->spin_irq, flags)) {
			self->count[TRIED]++;
			return;
		}
		write_inside(self, id(self), torture_disturb);
		spin_unlock_irqrestore(&victim->spin_irq, flags);
		break;
	default:
		spin_lock_irqsave(&victim->spin_irq, flags);
		write_inside(self, id(self), torture_disturb);
		spin_unlock_irqrestore(&victim->spin_irq, flags);
	}
	self->count[TAKEN]++;
	torture_nap(self);
}

static void spin_in_handler(unsigned int cpu, bool hard)
{
	unsigned long flags;

	spin_lock_irqsave(&victim->spin_irq, flags);
	write_inside(NULL, 0x1000 + cpu, NULL);
	spin_unlock_irqrestore(&victim->spin_irq, flags);
	atomic_long_inc(hard ? &victim->irqs : &victim->softirqs);
}

static void spinlock_irq(struct kunit *test)
{
	struct torture *t = begin(test);

	torture_add_all(t, spin_irq_step, NULL, "bound");
	torture_add(t, 4, spin_irq_step, NULL, "free");
	torture_start(t);
	start_handlers(spin_in_handler, true);
	torture_wait(t);
	stop_handlers();
	torture_stop(t);
	KUNIT_EXPECT_GT(test, atomic_long_read(&victim->irqs), 0L);
	finish(test);
}

static void spin_bh_step(struct torture_thread *self)
{
	if (torture_random_below(self, 8) == 0) {
		if (!spin_trylock_bh(&victim->spin_bh)) {
			self->count[TRIED]++;
			return;
		}
	} else {
		spin_lock_bh(&victim->spin_bh);
	}
	write_inside(self, id(self), torture_disturb);
	spin_unlock_bh(&victim->spin_bh);
	self->count[TAKEN]++;
	torture_nap(self);
}

static void spin_in_softirq(unsigned int cpu, bool hard)
{
	spin_lock(&victim->spin_bh);
	write_inside(NULL, 0x1000 + cpu, NULL);
	spin_unlock(&victim->spin_bh);
	atomic_long_inc(hard ? &victim->irqs : &victim->softirqs);
}

static void spinlock_bh(struct kunit *test)
{
	struct torture *t = begin(test);

	torture_add_all(t, spin_bh_step, NULL, "bound");
	torture_add(t, 4, spin_bh_step, NULL, "free");
	torture_start(t);
	start_handlers(spin_in_softirq, false);
	torture_wait(t);
	stop_handlers();
	torture_stop(t);
	KUNIT_EXPECT_GT(test, atomic_long_read(&victim->softirqs), 0L);
	finish(test);
}

/* ---- rwlock ------------------------------------------------------------------------------------------------------ */

static void rw_write_step(struct torture_thread *self)
{
	unsigned long flags;

	if (torture_random_below(self, 8) == 0) {
		/* write_trylock, with interrupts off as handlers read */
		local_irq_save(flags);
		if (!write_trylock(&victim->rw)) {
			local_irq_restore(flags);
			self->count[TRIED]++;
			return;
		}
	} else {
		write_lock_irqsave(&victim->rw, flags);
	}
	write_inside(self, id(self), torture_disturb);
	write_unlock_irqrestore(&victim->rw, flags);
	self->count[TAKEN]++;
	torture_nap(self);
}

static void rw_read_step(struct torture_thread *self)
{
	unsigned long flags;

	switch (torture_random_below(self, 8)) {
	case 0:
		if (!read_trylock(&victim->rw)) {
			self->count[TRIED]++;
			return;
		}
		read_inside(self, torture_disturb);
		read_unlock(&victim->rw);
		break;
	case 1:
		read_lock_irqsave(&victim->rw, flags);
		read_inside(self, torture_disturb);
		read_unlock_irqrestore(&victim->rw, flags);
		break;
	case 2:
		read_lock_bh(&victim->rw);
		read_inside(self, torture_disturb);
		read_unlock_bh(&victim->rw);
		break;
	default:
		read_lock(&victim->rw);
		read_inside(self, torture_disturb);
		read_unlock(&victim->rw);
	}
	self->count[READ]++;
	torture_nap(self);
}

/* A reader in a handler, perhaps on top of a reader and in front of a waiting writer. */
static void rw_in_handler(unsigned int cpu, bool hard)
{
	read_lock(&victim->rw);
	read_inside(NULL, NULL);
	read_unlock(&victim->rw);
	atomic_long_inc(&victim->read_in_irqs);
}

static void rwlock(struct kunit *test)
{
	struct torture *t = begin(test);

	torture_add(t, 3, rw_write_step, NULL, "writer");
	torture_add_all(t, rw_read_step, NULL, "reader");
	torture_start(t);
	start_handlers(rw_in_handler, true);
	torture_wait(t);
	stop_handlers();
	torture_stop(t);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, READ), 0UL);
	kunit_info(test, "%ld acquisitions for reading in hard interrupts", atomic_long_read(&victim->read_in_irqs));
	KUNIT_EXPECT_GT(test, atomic_long_read(&victim->read_in_irqs), 0L);
	finish(test);
}

/* ---- seqlock ----------------------------------------------------------------------------------------------------- */

static void seq_write_step(struct torture_thread *self)
{
	unsigned long flags;

	write_seqlock_irqsave(&victim->seq, flags);
	write_inside(self, id(self), torture_disturb);
	write_sequnlock_irqrestore(&victim->seq, flags);
	self->count[TAKEN]++;
	torture_nap(self);
	/* Writers in a row would keep readers out: they have no right to get in. */
	torture_spin_ns(torture_random_below(self, 20000));
}

static void seq_read_step(struct torture_thread *self)
{
	unsigned long value, copy;
	unsigned int seq;
	int how = 0;

	if (torture_random_below(self, 64) == 0) {
		/* First without the lock, then with it. */
		for (;;) {
			read_seqbegin_or_lock(&victim->seq, &how);
			value = READ_ONCE(victim->data.value);
			copy = READ_ONCE(victim->data.copy);
			if (!need_seqretry(&victim->seq, how))
				break;
			/* Interrupts take it for writing: with the lock means with interrupts off. */
			local_irq_disable();
			how = 1;
		}
		done_seqretry(&victim->seq, how);
		if (how & 1)
			local_irq_enable();
	} else {
		do {
			seq = read_seqbegin(&victim->seq);
			value = READ_ONCE(victim->data.value);
			torture_disturb(self);
			copy = READ_ONCE(victim->data.copy);
			self->count[TRIED]++;
		} while (read_seqretry(&victim->seq, seq));
		self->count[TRIED]--;
	}
	if (value != copy)
		torture_error(torture, "a seqlock reader believed %lu and %lu", value, copy);
	self->count[READ]++;
}

static void seq_in_handler(unsigned int cpu, bool hard)
{
	write_seqlock(&victim->seq);
	write_inside(NULL, 0x1000 + cpu, NULL);
	write_sequnlock(&victim->seq);
	atomic_long_inc(&victim->irqs);
}

static void seqlock(struct kunit *test)
{
	struct torture *t = begin(test);

	torture_add(t, 2, seq_write_step, NULL, "writer");
	torture_add_all(t, seq_read_step, NULL, "reader");
	torture_start(t);
	start_handlers(seq_in_handler, true);
	torture_wait(t);
	stop_handlers();
	torture_stop(t);
	KUNIT_EXPECT_GT(test, atomic_long_read(&victim->irqs), 0L);
	finish(test);
}

/* ---- mutex ------------------------------------------------------------------------------------------------------- */

static void mutex_step(struct torture_thread *self)
{
	switch (torture_random_below(self, 8)) {
	case 0:
		if (!mutex_trylock(&victim->mutex)) {
			self->count[TRIED]++;
			return;
		}
		break;
	case 1:
		if (mutex_lock_interruptible(&victim->mutex))
			return;
		break;
	case 2:
		if (mutex_lock_killable(&victim->mutex))
			return;
		break;
	default:
		mutex_lock(&victim->mutex);
	}
	/* A holder that sleeps sends the others from spinning to the wait list. */
	write_inside(self, id(self), torture_nap);
	mutex_unlock(&victim->mutex);
	self->count[TAKEN]++;
	torture_disturb(self);
}

static void mutex(struct kunit *test)
{
	struct torture *t = begin(test);

	plant("mutex_loses_a_waiter", &victim->mutex);
	if (torture_breaks("mutex_loses_a_waiter"))
		t->hang_ms = 4000;
	torture_add_all(t, mutex_step, NULL, "bound");
	torture_add(t, 6, mutex_step, NULL, "free");
	torture_start(t);
	torture_wait(t);
	unplant();
	torture_stop(t);
	finish(test);
}

/* ---- rwsem ------------------------------------------------------------------------------------------------------- */

static void rwsem_write_step(struct torture_thread *self)
{
	switch (torture_random_below(self, 8)) {
	case 0:
		if (!down_write_trylock(&victim->rwsem)) {
			self->count[TRIED]++;
			return;
		}
		break;
	case 1:
		if (down_write_killable(&victim->rwsem))
			return;
		break;
	default:
		down_write(&victim->rwsem);
	}
	write_inside(self, id(self), torture_nap);
	if (torture_random_below(self, 4) == 0) {
		downgrade_write(&victim->rwsem);
		read_inside(self, torture_disturb);
		up_read(&victim->rwsem);
	} else {
		up_write(&victim->rwsem);
	}
	self->count[TAKEN]++;
	torture_nap(self);
}

static void rwsem_read_step(struct torture_thread *self)
{
	switch (torture_random_below(self, 8)) {
	case 0:
		if (!down_read_trylock(&victim->rwsem)) {
			self->count[TRIED]++;
			return;
		}
		break;
	case 1:
		if (down_read_killable(&victim->rwsem))
			return;
		break;
	case 2:
		if (down_read_interruptible(&victim->rwsem))
			return;
		break;
	default:
		down_read(&victim->rwsem);
	}
	read_inside(self, torture_nap);
	up_read(&victim->rwsem);
	self->count[READ]++;
	torture_nap(self);
}

static void rwsem(struct kunit *test)
{
	struct torture *t = begin(test);

	torture_add(t, 4, rwsem_write_step, NULL, "writer");
	torture_add(t, 6, rwsem_read_step, NULL, "reader");
	torture_run(t);
	finish(test);
}

/* ---- semaphore --------------------------------------------------------------------------------------------------- */

static void semaphore_step(struct torture_thread *self)
{
	int inside;

	switch (torture_random_below(self, 8)) {
	case 0:
		if (down_trylock(&victim->sem)) {
			self->count[TRIED]++;
			return;
		}
		break;
	case 1:
		if (down_interruptible(&victim->sem))
			return;
		break;
	default:
		down(&victim->sem);
	}
	inside = atomic_inc_return(&victim->data.inside);
	if (inside > PERMITS)
		torture_error(torture, "%d inside a semaphore of %d", inside, PERMITS);
	torture_nap(self);
	atomic_dec(&victim->data.inside);
	up(&victim->sem);
	self->count[READ]++;
}

/* A permit that a handler takes and gives back. */
static void semaphore_in_handler(unsigned int cpu, bool hard)
{
	if (down_trylock(&victim->sem)) {
		atomic_long_inc(&victim->tried_in_irqs);
	} else {
		up(&victim->sem);
		atomic_long_inc(&victim->read_in_irqs);
	}
}

static void semaphore(struct kunit *test)
{
	struct torture *t = begin(test);

	plant("semaphore_counts_wrong", &victim->sem);
	torture_add_all(t, semaphore_step, NULL, "bound");
	torture_add(t, 6, semaphore_step, NULL, "free");
	torture_start(t);
	start_handlers(semaphore_in_handler, true);
	torture_wait(t);
	stop_handlers();
	torture_stop(t);
	unplant();
	KUNIT_EXPECT_EQ_MSG(test, victim->sem.count, (unsigned int)PERMITS, "every permit came back");
	/* With a waiter there is hardly ever a free permit: an interrupt that found none has come all the same. */
	KUNIT_EXPECT_GT(test, atomic_long_read(&victim->read_in_irqs) + atomic_long_read(&victim->tried_in_irqs), 0L);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, READ), 0UL);
	kunit_info(test, "%lu permits taken, %lu trylocks failed; in hard interrupts %ld and %ld; %lu errors; seed %llu",
		   torture_sum(t, NULL, READ), torture_sum(t, NULL, TRIED), atomic_long_read(&victim->read_in_irqs),
		   atomic_long_read(&victim->tried_in_irqs), torture_errors(t), t->seed);
	torture_end(t);
}

/* ---- completion -------------------------------------------------------------------------------------------------- */

/* The completion lives on the waiter's stack and dies with the step: whoever announces must be done with it by then. */
static struct completion *offered;

static void waiter_step(struct torture_thread *self)
{
	DECLARE_COMPLETION_ONSTACK(done);

	while (cmpxchg(&offered, NULL, &done)) {
		if (torture_must_stop(self))
			return;
		torture_nap(self);
	}
	/* Who sees no stop here has offered before completion() looks for what is left. */
	if (torture_must_stop(self) && cmpxchg(&offered, &done, NULL) == &done)
		return;
	torture_disturb(self);
	if (torture_random_below(self, 4) == 0) {
		/* Not in time: take the offer back, or it is being completed at this moment. */
		if (!wait_for_completion_timeout(&done, 1) && cmpxchg(&offered, &done, NULL) != &done)
			wait_for_completion(&done);
	} else {
		wait_for_completion(&done);
	}
	if (READ_ONCE(offered) == &done)
		torture_error(torture, "completed by nobody");
	memset(&done, 0x5a, sizeof(done));
	self->count[READ]++;
}

static void announcer_step(struct torture_thread *self)
{
	struct completion *done = xchg(&offered, NULL);

	if (done) {
		torture_disturb(self);
		complete(done);
		self->count[TAKEN]++;
	} else {
		torture_nap(self);
	}
}

static void completion(struct kunit *test)
{
	struct torture *t = begin(test);
	struct completion *left;

	offered = NULL;
	torture_add(t, 4, waiter_step, NULL, "waiter");
	torture_add(t, 2, announcer_step, NULL, "announcer");
	torture_start(t);
	torture_wait(t);
	WRITE_ONCE(t->stop, true);
	/* The announcers may have left first. Whoever offers from here on sees the stop, and takes the offer back. */
	left = xchg(&offered, NULL);
	if (left)
		complete(left);
	torture_stop(t);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, TAKEN), 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, READ), 0UL);
	kunit_info(test, "%lu completions, %lu waits, %lu errors; seed %llu", torture_sum(t, NULL, TAKEN),
		   torture_sum(t, NULL, READ), torture_errors(t), t->seed);
	torture_end(t);
}

/* ---- per-CPU counter --------------------------------------------------------------------------------------------- */

static struct percpu_counter counter;

static void count_step(struct torture_thread *self)
{
	s64 n = (s64)torture_random_below(self, 100) - 40;

	percpu_counter_add(&counter, n);
	self->count[TAKEN] += (unsigned long)n;
	self->count[READ]++;
	torture_disturb(self);
}

static void count_in_handler(unsigned int cpu, bool hard)
{
	percpu_counter_inc(&counter);
	atomic_long_inc(&victim->irqs);
}

static void percpu_counter(struct kunit *test)
{
	struct torture *t = begin(test);
	s64 sum;

	KUNIT_ASSERT_EQ(test, percpu_counter_init(&counter, 0, GFP_KERNEL), 0);
	torture_add_all(t, count_step, NULL, "bound");
	torture_add(t, 4, count_step, NULL, "free");
	torture_start(t);
	start_handlers(count_in_handler, true);
	torture_wait(t);
	stop_handlers();
	torture_stop(t);
	KUNIT_EXPECT_GT(test, atomic_long_read(&victim->irqs), 0L);
	sum = (s64)torture_sum(t, NULL, TAKEN) + atomic_long_read(&victim->irqs);
	KUNIT_EXPECT_EQ(test, percpu_counter_sum(&counter), sum);
	KUNIT_EXPECT_EQ(test, percpu_counter_compare(&counter, sum), 0);
	KUNIT_EXPECT_EQ(test, percpu_counter_compare(&counter, sum + 1), -1);
	KUNIT_EXPECT_LT(test, percpu_counter_read(&counter) - sum, (s64)PERCPU_COUNTER_BATCH * num_online_cpus());
	kunit_info(test, "%lu additions by threads, %ld in interrupts; the sum is %lld", torture_sum(t, NULL, READ),
		   atomic_long_read(&victim->irqs), sum);
	percpu_counter_destroy(&counter);
	torture_end(t);
}

static struct kunit_case lock_torture_cases[] = {
	KUNIT_CASE_NAMED(spinlock, "a spinlock lets one in"),
	KUNIT_CASE_NAMED(spinlock_irq, "a spinlock lets one in, hard interrupts too"),
	KUNIT_CASE_NAMED(spinlock_bh, "a spinlock lets one in, softirqs too"),
	KUNIT_CASE_NAMED(rwlock, "an rwlock lets one writer or many readers in, some of them interrupts"),
	KUNIT_CASE_NAMED(seqlock, "a seqlock's readers believe no half-written value"),
	KUNIT_CASE_NAMED(mutex, "a mutex lets one in, which may sleep, and loses nobody"),
	KUNIT_CASE_NAMED(rwsem, "an rwsem lets one writer or many readers in, and loses nobody"),
	KUNIT_CASE_NAMED(semaphore, "a semaphore of three lets three in, and every permit comes back"),
	KUNIT_CASE_NAMED(completion, "a completion on the waiter's stack is not touched when the waiter has gone"),
	KUNIT_CASE_NAMED(percpu_counter, "a per-CPU counter's sum is what everybody added, interrupts too"),
	{}
};
static struct kunit_suite lock_torture_suite = { .name = "torture_lock", .test_cases = lock_torture_cases };
kunit_test_suite(lock_torture_suite);
