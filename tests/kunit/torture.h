/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kunit/torture.h - run a mechanism on all CPUs at once for a while, in disorder, and count what goes wrong.
 *
 *	static void reader(struct torture_thread *self)		one step; called again and again
 *	{
 *		rcu_read_lock();
 *		...
 *		torture_disturb(self);				preempt, spin, or nothing: at random
 *		if (wrong)
 *			torture_error(self->torture, "freed under a reader of CPU %d", smp_processor_id());
 *		rcu_read_unlock();
 *		self->count[0]++;
 *	}
 *
 *	static void readers_and_writers(struct kunit *test)
 *	{
 *		struct torture *t = torture_begin(test, 2);	skips the case on fewer CPUs
 *
 *		torture_add(t, 4, reader, NULL, "reader");
 *		torture_add_on(t, 1, writer, NULL, "writer");
 *		torture_run(t);					start, wait the time out, stop, join; errors fail the case
 *		kunit_info(test, "%lu reads", torture_sum(t, "reader", 0));
 *		torture_end(t);
 *	}
 *
 * A suite of tortures is named "torture_...". The command line says how long and how:
 *
 *	torture.seconds=N	each case runs N seconds. Default: all cases of all torture_ suites together take 60.
 *	torture.seed=N		of the random numbers; printed. Default: another one each time
 *	torture.break=NAME	plant the bug NAME: DEBUG builds; the case that looks for it must fail
 */
#ifndef TESTS_KUNIT_TORTURE_H
#define TESTS_KUNIT_TORTURE_H

#include <kunit/test.h>
#include <primer/atomic.h>
#include <primer/types.h>

#define TORTURE_MAX_THREADS	64
#define TORTURE_COUNTS		8

struct torture;

/* Of one thread. Zones: immutable while it runs, then what the thread alone changes and others read for statistics. */
struct torture_thread {
	struct torture *torture;
	struct task_struct *task;
	void (*step)(struct torture_thread *self);
	void *arg;			/* the caller's */
	const char *kind;		/* what torture_add() was told */
	unsigned int nr;		/* among those of its kind */
	int cpu;			/* bound to; -1: may run anywhere */

	u64 random;			/* state of torture_random() */
	unsigned long steps;		/* how often step() has returned */
	unsigned long count[TORTURE_COUNTS];	/* the caller's */
	bool done;
};

struct torture {
	struct kunit *test;
	u64 seed;
	bool stop;			/* set once: threads leave after their step */
	bool pause;			/* the stutter: threads sleep between steps */
	unsigned int ms;		/* how long it runs; may be changed before torture_run() */
	u64 begin;			/* sched_clock() at torture_begin() */
	unsigned int hang_ms;		/* a thread without a step for so long is an error; may be changed before torture_run() */
	/*
	 * Called when threads hang at the end, so that they can be joined (wake what was lost). NULL: they are woken
	 * only. What does not come back even then is left behind, with this structure.
	 */
	void (*rescue)(struct torture *t);
	void *arg;			/* the caller's */
	atomic_long_t errors;
	unsigned int nr_threads;
	struct torture_thread thread[TORTURE_MAX_THREADS];
};

/* ---- a case, by the task that runs it ---- */

/*
 * torture_begin - prepare; skips the case when fewer than @min_cpus are online, fails it when memory is short
 *
 * torture_add: @n threads that run anywhere; torture_add_on: one, bound to @cpu; torture_add_all: one on each online
 * CPU. @kind is a constant string and names them. Context of all: the case's own task.
 */
struct torture *torture_begin(struct kunit *test, unsigned int min_cpus);
void torture_add(struct torture *t, unsigned int n, void (*step)(struct torture_thread *), void *arg, const char *kind);
void torture_add_on(struct torture *t, int cpu, void (*step)(struct torture_thread *), void *arg, const char *kind);
void torture_add_all(struct torture *t, void (*step)(struct torture_thread *), void *arg, const char *kind);

/*
 * torture_run - start the threads, let them run for t->ms with pauses at random, stop them, join them
 *
 * torture_start and torture_stop are its halves, for cases that do something themselves in between; torture_wait is
 * the middle: it returns when the time is up, or early when an error was found. Any error fails the case.
 *
 * torture_wait_for - and then until @enough says so, when the time was too short for something that the case expects to have
 * happened; a minute at most. The case judges it after torture_stop().
 */
void torture_run(struct torture *t);
void torture_start(struct torture *t);
void torture_wait(struct torture *t);
void torture_wait_for(struct torture *t, bool (*enough)(struct torture *t));
void torture_stop(struct torture *t);

/* torture_sum - of count[@which] of all threads of @kind (NULL: of all). torture_errors - how many so far. */
unsigned long torture_sum(struct torture *t, const char *kind, unsigned int which);
static inline unsigned long torture_errors(struct torture *t)	{ return (unsigned long)atomic_long_read(&t->errors); }
/* torture_end - free it. After torture_stop(). */
void torture_end(struct torture *t);

/* ---- threads and handlers ---- */

/* torture_must_stop - for steps that loop or wait themselves. */
static inline bool torture_must_stop(const struct torture_thread *self)	{ return READ_ONCE(self->torture->stop); }

/* torture_error - something went wrong: the first few are printed, all are counted. Context: any but NMI. */
void torture_error(struct torture *t, const char *fmt, ...) __printf(2, 3);

/* torture_random - the thread's own sequence, the same for the same seed. torture_random_below: 0 ... @n - 1. */
u32 torture_random(struct torture_thread *self);
static inline u32 torture_random_below(struct torture_thread *self, u32 n)
{
	return (u32)((u64)torture_random(self) * n >> 32);
}

/*
 * torture_disturb - at random: nothing (mostly), a short spin, a reschedule if that is allowed here
 *
 * Context: any. With preemption disabled it only spins; in task context it may be switched away, never sleeps.
 * torture_nap: at random also sleeps for a tick or two. Context: task that may sleep.
 */
void torture_disturb(struct torture_thread *self);
void torture_nap(struct torture_thread *self);

/* torture_spin_ns - burn about so much time. Context: any. */
void torture_spin_ns(u64 ns);

/* ---- the command line ---- */

/* torture_breaks - is the bug @name to be planted? Always false in plain builds. */
bool torture_breaks(const char *name);
/* torture_default_ms - how long one case runs. */
unsigned int torture_default_ms(void);
/* torture_seed - of this boot. */
u64 torture_seed(void);

#endif
