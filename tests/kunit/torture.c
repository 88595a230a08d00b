/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kunit/torture.c - threads in disorder: the common part of all tortures.
 *
 * The problem. A lock that is wrong in one interleaving of a million passes every test that runs a known
 * interleaving. What finds it is many interleavings, and a check that sees the damage whenever it happens.
 *
 * The idea. Each case brings steps: small functions that use the mechanism and check what must hold. Here are the
 * threads that repeat them on all CPUs, and the disorder: random spins that widen windows, switches at points where
 * nobody expects one, naps, and the stutter, a pause of all threads at once, after which they start together into
 * data that has gone cold.
 *
 *	main		 start |--- run ---|-pause-|--- run ---|-pause-| ... | stop | join
 *	thread 0	       s s s s s s s .       s s s s s s s .       ...   s .
 *	thread 1	       s  s  s  s  s .       s  s  s  s  s .       ...   s  .
 *
 * A mechanism fails in two ways: it does the wrong thing, which the steps see (torture_error()), or nothing at all any
 * more: a lost wakeup, a lock never released. So each thread counts its steps, and one that makes none for hang_ms is
 * an error too. At the end such a thread is woken, which is all that a lost wakeup needs; what does not come back is
 * left alone, because a task cannot be taken away from what it waits for.
 *
 * Locking. None: flags are single words, each counter has one writer; errors is atomic. The structure outlives its
 * threads: torture_stop() has joined them, or leaves it behind with them.
 *
 * Linux has the same in kernel/torture.c, as modules with parameters.
 */
#include "torture.h"

#include <stdarg.h>

#include <primer/cpumask.h>
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/kstrtox.h>
#include <primer/kthread.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/random.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/timekeeping.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#define DEFAULT_TOTAL_MS	60000U
#define MIN_MS			1200U
#define HANG_MS			20000
#define POLL_MS			20
#define STALL_MS		300		/* a look that comes so late: the host had stopped us */
#define STALL_MAX_MS		5000
#define ENOUGH_MS		60000
#define ERRORS_PRINTED		5

static unsigned int seconds;			/* [boot] 0: not given */
static u64 seed;				/* [boot, first use] 0: not given */
static char broken[32];				/* [boot] */

/* Cases run one after another, by one task: no lock. */
static const char *latest;			/* name of the case that called torture_begin() last */
static unsigned int begun;			/* how many cases have called it */
static u64 spent;				/* ns, by all of them, from torture_begin() to torture_end() */

static int __init seconds_setup(char *val)
{
	return kstrtouint(val, 10, &seconds) == 0;
}
__setup("torture.seconds=", seconds_setup);

static int __init seed_setup(char *val)
{
	return kstrtou64(val, 0, &seed) == 0;
}
__setup("torture.seed=", seed_setup);

static int __init break_setup(char *val)
{
	strscpy(broken, val, sizeof(broken));
	return 1;
}
__setup("torture.break=", break_setup);

bool torture_breaks(const char *name)
{
#ifdef CONFIG_DEBUG
	return !strcmp(broken, name);
#else
	return false;
#endif
}

unsigned int torture_default_ms(void)
{
	unsigned int cases = 0, left = DEFAULT_TOTAL_MS - min_t(unsigned int, spent / 1000000, DEFAULT_TOTAL_MS);
	const struct kunit_case *kcase;
	struct kunit_suite **suite;

	if (seconds)
		return seconds * 1000;
	for (suite = __kunit_suites_start; suite < __kunit_suites_end; suite++)
		if (!strncmp((*suite)->name, "torture_", 8))
			for (kcase = (*suite)->test_cases; kcase->run_case; kcase++)
				cases++;
	/* What has been used beyond the share of a case, to stop and to clean up, is taken from those that come. */
	return max(left / (cases > begun ? cases - begun : 1), MIN_MS);
}

u64 torture_seed(void)
{
	if (!seed)
		seed = get_random_u32() | 1;
	return seed;
}

/* ---- disorder ---------------------------------------------------------------------------------------------------- */

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
u32 torture_random(struct torture_thread *self)
{
	u64 x = self->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	self->random = x;
	return (u32)(x * 2685821657736338717ULL >> 32);
}

void torture_spin_ns(u64 ns)
{
	u64 end = sched_clock() + ns;

	while (sched_clock() < end)
		cpu_relax();
}

void torture_disturb(struct torture_thread *self)
{
	u32 dice = torture_random_below(self, 256);

	if (dice < 8)
		torture_spin_ns(torture_random_below(self, 20000));
	else if (dice < 40)
		for (u32 n = torture_random_below(self, 64); n; n--)
			cpu_relax();
	else if (dice < 56 && preemptible() && current->state == TASK_RUNNING)
		yield();
}

void torture_nap(struct torture_thread *self)
{
	if (torture_random_below(self, 256) < 2)
		schedule_timeout_uninterruptible(1 + (long)torture_random_below(self, 2));
	else
		torture_disturb(self);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

void torture_error(struct torture *t, const char *fmt, ...)
{
	char text[160];
	va_list args;

	if (atomic_long_inc_return(&t->errors) > ERRORS_PRINTED)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kunit_info(t->test, "%s: %s", t->test->name, text);
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

static int torture_thread(void *arg)
{
	struct torture_thread *self = arg;

	while (!torture_must_stop(self)) {
		while (READ_ONCE(self->torture->pause) && !torture_must_stop(self))
			schedule_timeout_idle(1);
		self->step(self);
		WRITE_ONCE(self->steps, self->steps + 1);
	}
	WRITE_ONCE(self->done, true);
	/* Wait for kthread_stop(): whoever joins us finds a task. */
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

struct torture *torture_begin(struct kunit *test, unsigned int min_cpus)
{
	struct torture *t;

	if (num_online_cpus() < min_cpus)
		kunit_skip(test, "needs %u CPUs", min_cpus);
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->seed = torture_seed();
	t->begin = ktime_get_ns();
	t->ms = torture_default_ms();		/* reads begun: before it is counted */
	t->hang_ms = HANG_MS;
	if (test->name != latest) {
		latest = test->name;
		begun++;
	}
	return t;
}

static void add_thread(struct torture *t, int cpu, void (*step)(struct torture_thread *), void *arg, const char *kind)
{
	struct torture_thread *self = &t->thread[t->nr_threads];

	if (t->nr_threads == TORTURE_MAX_THREADS) {
		torture_error(t, "more than %d threads", TORTURE_MAX_THREADS);
		return;
	}
	self->torture = t;
	self->step = step;
	self->arg = arg;
	self->kind = kind;
	self->cpu = cpu;
	for (unsigned int i = 0; i < t->nr_threads; i++)
		self->nr += !strcmp(t->thread[i].kind, kind);
	/* Any state but 0 will do; neighbours must not be shifted copies of one another. */
	self->random = (t->seed + t->nr_threads + 1) * 0x9e3779b97f4a7c15ULL | 1;
	t->nr_threads++;
}

void torture_add(struct torture *t, unsigned int n, void (*step)(struct torture_thread *), void *arg, const char *kind)
{
	while (n--)
		add_thread(t, -1, step, arg, kind);
}

void torture_add_on(struct torture *t, int cpu, void (*step)(struct torture_thread *), void *arg, const char *kind)
{
	add_thread(t, cpu, step, arg, kind);
}

void torture_add_all(struct torture *t, void (*step)(struct torture_thread *), void *arg, const char *kind)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		add_thread(t, (int)cpu, step, arg, kind);
}

void torture_start(struct torture *t)
{
	for (unsigned int i = 0; i < t->nr_threads; i++) {
		struct torture_thread *self = &t->thread[i];
		struct task_struct *p = kthread_create(torture_thread, self, "%s/%u", self->kind, self->nr);

		if (IS_ERR(p)) {
			torture_error(t, "no memory for thread %u", i);
			continue;
		}
		if (self->cpu >= 0)
			kthread_bind(p, (unsigned int)self->cpu);
		get_task_struct(p);
		self->task = p;
	}
	/* All at once, so that none has the field to itself. */
	for (unsigned int i = 0; i < t->nr_threads; i++)
		if (t->thread[i].task)
			wake_up_process(t->thread[i].task);
}

static void sleep_ms(unsigned int ms)
{
	msleep(ms);
}

void torture_wait(struct torture *t)
{
	struct torture_thread dice = { .random = t->seed ^ 0x5bd1e9955bd1e995ULL };
	u64 start = ktime_get_ns(), end = start + (u64)t->ms * 1000000, look = start, now = start, before;
	unsigned long seen[TORTURE_MAX_THREADS] = { 0 };
	u64 since[TORTURE_MAX_THREADS];
	u64 stalled = 0;		/* what the host has taken is no time of ours: neither to run nor to hang */

	for (unsigned int i = 0; i < t->nr_threads; i++)
		since[i] = start;
	while (now < end && !torture_errors(t)) {
		/* The stutter: now and then everybody stops for a few ticks. */
		if (torture_random_below(&dice, 16) == 0) {
			WRITE_ONCE(t->pause, true);
			sleep_ms(1 + torture_random_below(&dice, 4));
			WRITE_ONCE(t->pause, false);
		}
		sleep_ms(POLL_MS);
		before = now;
		now = ktime_get_ns() - stalled;
		if (now - before > STALL_MS * 1000000ULL) {
			u64 late = min_t(u64, now - before - STALL_MS * 1000000ULL, STALL_MAX_MS * 1000000ULL);

			stalled += late;
			now -= late;
		}
		if (now - look < 500000000)
			continue;
		look = now;
		for (unsigned int i = 0; i < t->nr_threads; i++) {
			struct torture_thread *self = &t->thread[i];

			if (seen[i] != READ_ONCE(self->steps)) {
				seen[i] = READ_ONCE(self->steps);
				since[i] = now;
			} else if (now - since[i] > (u64)t->hang_ms * 1000000) {
				torture_error(t, "%s/%u hangs: no step for %u ms", self->kind, self->nr, t->hang_ms);
				since[i] = now;
			}
		}
	}
}

void torture_wait_for(struct torture *t, bool (*enough)(struct torture *t))
{
	for (unsigned int ms = 0; ms < ENOUGH_MS && !torture_errors(t) && !enough(t); ms += POLL_MS)
		sleep_ms(POLL_MS);
}

static unsigned int count_running(struct torture *t)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->nr_threads; i++)
		n += t->thread[i].task && !READ_ONCE(t->thread[i].done);
	return n;
}

static bool wait_until_done(struct torture *t, u64 ms)
{
	u64 end = ktime_get_ns() + ms * 1000000;

	while (count_running(t) && ktime_get_ns() < end)
		sleep_ms(2);
	return count_running(t) == 0;
}

void torture_stop(struct torture *t)
{
	WRITE_ONCE(t->stop, true);
	if (!wait_until_done(t, t->hang_ms)) {
		for (unsigned int i = 0; i < t->nr_threads; i++)
			if (t->thread[i].task && !READ_ONCE(t->thread[i].done))
				torture_error(t, "%s/%u does not come back from its step", t->thread[i].kind, t->thread[i].nr);
		/* Several hang behind one another: each wakeup may free the next. */
		for (int round = 0; round < 64 && !wait_until_done(t, 20); round++) {
			if (t->rescue)
				t->rescue(t);
			for (unsigned int i = 0; i < t->nr_threads; i++)
				if (t->thread[i].task && !READ_ONCE(t->thread[i].done))
					wake_up_process(t->thread[i].task);
		}
	}
	for (unsigned int i = 0; i < t->nr_threads; i++) {
		struct torture_thread *self = &t->thread[i];

		if (self->task && READ_ONCE(self->done)) {
			kthread_stop(self->task);
			put_task_struct(self->task);
			self->task = NULL;
		}
	}
	if (torture_errors(t)) {
		WRITE_ONCE(t->test->status, KUNIT_FAILURE);
		kunit_info(t->test, "%s: %lu errors, seed %llu", t->test->name, torture_errors(t), t->seed);
	}
}

void torture_run(struct torture *t)
{
	torture_start(t);
	torture_wait(t);
	torture_stop(t);
}

unsigned long torture_sum(struct torture *t, const char *kind, unsigned int which)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < t->nr_threads; i++)
		if (!kind || !strcmp(t->thread[i].kind, kind))
			sum += t->thread[i].count[which];
	return sum;
}

void torture_end(struct torture *t)
{
	spent += ktime_get_ns() - t->begin;
	/* A thread that never came back still has our address. */
	for (unsigned int i = 0; i < t->nr_threads; i++)
		if (t->thread[i].task)
			return;
	kfree(t);
}
