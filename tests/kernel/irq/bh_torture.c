/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/irq/bh_torture.c - softirqs, tasklets and timers, from tasks, softirqs and hard interrupts of all CPUs at once.
 *
 * What is promised of them is checked at each run: a softirq does not nest on its CPU, a tasklet or timer is never run twice at
 * a time, a disabled tasklet or a deleted timer does not run, a timer is not early. And that nothing is lost: who asks notes a number
 * first, and the last run must have seen the last number.
 *
 * torture.break=tasklet_runs_twice: kernel/irq/tasklet.c now and then does not care who else runs it. DEBUG builds.
 */
#include "../../kunit/torture.h"

#include <primer/hrtimer.h>
#include <primer/interrupt.h>
#include <primer/jiffies.h>
#include <primer/kernel_stat.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/timer.h>
#include <asm/irqflags.h>

#define MIN_CPUS	4
#define N		6		/* victims of each kind */

static struct torture *torture;

/* counters of the threads */
enum { ASKED, HELD };

/* ---- hard interrupts: a timer on each CPU -------------------------------------------------------------------------- */

static struct hrtimer irq_timers[NR_CPUS];
static void (*in_interrupt_fn)(unsigned int dice);
static atomic_t irqs_off;

static enum hrtimer_restart irq_timer_fn(struct hrtimer *timer)
{
	unsigned int cpu = (unsigned int)(timer - irq_timers);

	if (atomic_read(&irqs_off))
		return HRTIMER_NORESTART;
	in_interrupt_fn((unsigned int)(hrtimer_cb_get_time(timer) >> 5));
	hrtimer_forward_now(timer, 700000 + 110000 * (cpu % 5));
	return HRTIMER_RESTART;
}

static void start_irq_timer(void *unused)
{
	struct hrtimer *timer = &irq_timers[smp_processor_id()];

	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	timer->function = irq_timer_fn;
	hrtimer_start(timer, 300000, HRTIMER_MODE_REL_PINNED);
}

/* Until the time is up, and @enough has happened. */
static void run_with_interrupts(struct torture *t, void (*fn)(unsigned int dice), bool (*enough)(struct torture *t))
{
	unsigned int cpu;

	in_interrupt_fn = fn;
	atomic_set(&irqs_off, 0);
	torture_start(t);
	on_each_cpu(start_irq_timer, NULL, 1);
	torture_wait(t);
	torture_wait_for(t, enough);
	atomic_set(&irqs_off, 1);
	for_each_online_cpu(cpu)
		hrtimer_cancel(&irq_timers[cpu]);
	torture_stop(t);
}

/* ---- softirqs ------------------------------------------------------------------------------------------------------ */

struct softirq_state {
	unsigned long asked, seen;	/* [owner CPU, interrupts off] */
	unsigned long runs;
	int inside;
};
static DEFINE_PER_CPU(struct softirq_state, softirq_state);

/* IRQ_POLL's number is borrowed: nothing uses it. */
static void softirq_fn(struct softirq_action *unused)
{
	struct softirq_state *s = this_cpu_ptr(&softirq_state);

	if (s->inside++)
		torture_error(torture, "a softirq inside itself on CPU %d", smp_processor_id());
	if (irqs_disabled() || !in_serving_softirq())
		torture_error(torture, "a softirq with interrupts %s, in_serving_softirq %u", irqs_disabled() ? "off" : "on",
			      in_serving_softirq());
	local_irq_disable();
	s->seen = s->asked;
	local_irq_enable();
	s->runs++;
	if (s->runs % 16 == 0)
		torture_spin_ns(s->runs % 20000);
	/* Floods of its own, that ksoftirqd has to end. */
	if (s->runs % 64 < 12 && !READ_ONCE(torture->stop))
		raise_softirq(IRQ_POLL_SOFTIRQ);
	s->inside--;
}

static void ask_softirq(void)
{
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_inc(softirq_state.asked);
	raise_softirq_irqoff(IRQ_POLL_SOFTIRQ);
	local_irq_restore(flags);
}

static void softirq_in_interrupt(unsigned int dice)
{
	ask_softirq();
}

static void softirq_step(struct torture_thread *self)
{
	struct softirq_state *s;
	unsigned long runs;

	if (torture_random_below(self, 3)) {
		ask_softirq();
		self->count[ASKED]++;
	} else {
		local_bh_disable();
		s = this_cpu_ptr(&softirq_state);
		runs = READ_ONCE(s->runs);
		ask_softirq();
		torture_disturb(self);
		if (READ_ONCE(s->runs) != runs)
			torture_error(torture, "a softirq ran while they were disabled on CPU %d", smp_processor_id());
		local_bh_enable();
		self->count[HELD]++;
	}
	torture_nap(self);
}

/* Of all that is equal at the end, there must have been some: on each CPU, of each victim. */
static bool softirqs_enough(struct torture *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (!READ_ONCE(per_cpu_ptr(&softirq_state, cpu)->runs))
			return false;
	}
	return torture_sum(t, NULL, ASKED) && torture_sum(t, NULL, HELD);
}

static void softirqs(struct kunit *test)
{
	struct torture *t = torture = torture_begin(test, MIN_CPUS);
	unsigned long runs = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&softirq_state, cpu), 0, sizeof(struct softirq_state));
	open_softirq(IRQ_POLL_SOFTIRQ, softirq_fn);
	torture_add_all(t, softirq_step, NULL, "bound");
	torture_add(t, 4, softirq_step, NULL, "free");
	run_with_interrupts(t, softirq_in_interrupt, softirqs_enough);
	for_each_online_cpu(cpu) {
		struct softirq_state *s = per_cpu_ptr(&softirq_state, cpu);

		for (int i = 0; i < 30000 && READ_ONCE(s->seen) != READ_ONCE(s->asked); i++)
			msleep(1);
		KUNIT_EXPECT_EQ_MSG(test, s->seen, s->asked, "the last request on CPU %u was served", cpu);
		KUNIT_EXPECT_GT_MSG(test, s->runs, 0UL, "runs on CPU %u", cpu);
		runs += s->runs;
	}
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, ASKED), 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, HELD), 0UL);
	kunit_info(test, "%lu runs of a softirq for %lu requests of tasks, %lu while disabled; %lu errors; seed %llu", runs,
		   torture_sum(t, NULL, ASKED) + torture_sum(t, NULL, HELD), torture_sum(t, NULL, HELD), torture_errors(t), t->seed);
	torture_end(t);
}

/* ---- tasklets ------------------------------------------------------------------------------------------------------ */

struct tasklet_victim {
	struct tasklet_struct tasklet;
	atomic_t inside, asked;
	int seen;			/* of asked, by the last run */
	unsigned long runs;
	unsigned long plain;		/* changed by its runs alone, without an atomic: a sum that overlaps would spoil */
};
static struct tasklet_victim tasklet_victims[N];

static void tasklet_fn(struct tasklet_struct *t)
{
	struct tasklet_victim *v = from_tasklet(v, t, tasklet);
	int asked = atomic_read(&v->asked);
	unsigned long plain = READ_ONCE(v->plain);

	if (atomic_inc_return(&v->inside) != 1)
		torture_error(torture, "tasklet %ld runs twice at once", v - tasklet_victims);
	if (atomic_read(&t->count) > 0 && !READ_ONCE(torture->stop) && v->runs % 8 == 0)
		cpu_relax();		/* may be being disabled: tasklet_disable() waits for us */
	if (v->runs % 8 == 0)
		torture_spin_ns(5000 + v->runs % 15000);
	v->seen = asked;
	v->runs++;
	WRITE_ONCE(v->plain, plain + 1);
	atomic_dec(&v->inside);
	if (v->runs % 32 == 0 && !READ_ONCE(torture->stop))
		tasklet_schedule(t);
}

static void ask_tasklet(unsigned int dice)
{
	struct tasklet_victim *v = &tasklet_victims[dice % N];

	atomic_inc(&v->asked);
	/* A tasklet goes to one of the two lists at a time, whoever is first. */
	if (dice & 64)
		tasklet_hi_schedule(&v->tasklet);
	else
		tasklet_schedule(&v->tasklet);
}

static void tasklet_step(struct torture_thread *self)
{
	u32 dice = torture_random(self);
	struct tasklet_victim *v = &tasklet_victims[(dice >> 8) % N];

	if (dice % 16) {
		ask_tasklet(dice >> 8);
		self->count[ASKED]++;
	} else {
		unsigned long runs;

		tasklet_disable(&v->tasklet);
		runs = READ_ONCE(v->runs);
		if (atomic_read(&v->inside))
			torture_error(torture, "a disabled tasklet still runs");
		torture_disturb(self);
		if (READ_ONCE(v->runs) != runs)
			torture_error(torture, "a disabled tasklet has run");
		tasklet_enable(&v->tasklet);
		self->count[HELD]++;
	}
	torture_nap(self);
}

#ifdef CONFIG_DEBUG
static void plant(bool on)	{ WRITE_ONCE(tasklet_planted, on && torture_breaks("tasklet_runs_twice")); }
#else
static void plant(bool on)	{ }
#endif

static bool tasklets_enough(struct torture *t)
{
	for (int i = 0; i < N; i++) {
		if (!READ_ONCE(tasklet_victims[i].runs))
			return false;
	}
	return torture_sum(t, NULL, ASKED) && torture_sum(t, NULL, HELD);
}

static void tasklets(struct kunit *test)
{
	struct torture *t = torture = torture_begin(test, MIN_CPUS);
	unsigned long runs = 0;

	memset(tasklet_victims, 0, sizeof(tasklet_victims));
	for (int i = 0; i < N; i++)
		tasklet_setup(&tasklet_victims[i].tasklet, tasklet_fn);
	plant(true);
	torture_add_all(t, tasklet_step, NULL, "bound");
	torture_add(t, 4, tasklet_step, NULL, "free");
	run_with_interrupts(t, ask_tasklet, tasklets_enough);
	plant(false);
	for (int i = 0; i < N; i++) {
		struct tasklet_victim *v = &tasklet_victims[i];

		tasklet_kill(&v->tasklet);
		KUNIT_EXPECT_EQ(test, v->tasklet.state, 0UL);
		KUNIT_EXPECT_EQ_MSG(test, v->seen, atomic_read(&v->asked), "the last request was served");
		KUNIT_EXPECT_EQ_MSG(test, v->plain, v->runs, "no run was spoilt by another");
		KUNIT_EXPECT_GT_MSG(test, v->runs, 0UL, "runs of tasklet %d", i);
		runs += v->runs;
	}
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, ASKED), 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, HELD), 0UL);
	kunit_info(test, "%lu runs of %d tasklets for %lu requests of tasks; disabled %lu times; %lu errors; seed %llu", runs, N,
		   torture_sum(t, NULL, ASKED), torture_sum(t, NULL, HELD), torture_errors(t), t->seed);
	torture_end(t);
}

/* ---- timers -------------------------------------------------------------------------------------------------------- */

struct timer_victim {
	struct timer_list timer;
	spinlock_t lock;		/* one thread at a time has it; softirqs on */
	unsigned long due;		/* [lock] jiffies: not to run before; written before it is armed */
	atomic_t inside;
	unsigned long runs;
};
static struct timer_victim timer_victims[N];

static void timer_victim_fn(struct timer_list *t)
{
	struct timer_victim *v = from_timer(v, t, timer);

	if (atomic_inc_return(&v->inside) != 1)
		torture_error(torture, "timer %ld runs twice at once", v - timer_victims);
	if (time_before(jiffies, READ_ONCE(v->due)))
		torture_error(torture, "a timer runs %ld ticks early", (long)(v->due - jiffies));
	WRITE_ONCE(v->runs, v->runs + 1);
	if (v->runs % 4 == 0)
		torture_spin_ns(20000);
	atomic_dec(&v->inside);
}

static void timer_step(struct torture_thread *self)
{
	struct timer_victim *v = &timer_victims[torture_random_below(self, N)];
	unsigned long expires, runs;

	/* Ours alone for this step: what is asked of a timer by two at once has no answer that could be checked. */
	if (!spin_trylock(&v->lock)) {
		torture_disturb(self);
		return;
	}
	if (timer_pending(&v->timer) && torture_random_below(self, 256)) {
		torture_disturb(self);		/* let it run, mostly */
	} else if (torture_random_below(self, 3)) {
		expires = jiffies + torture_random_below(self, torture_random_below(self, 16) ? 4 : 100);
		/* A run that is under way was due by the old time, which is before the new one or not: take it out first. */
		del_timer_sync(&v->timer);
		WRITE_ONCE(v->due, expires);
		mod_timer(&v->timer, expires);
		if (torture_random_below(self, 4) == 0)
			mod_timer(&v->timer, expires + torture_random_below(self, 3));
		self->count[ASKED]++;
	} else {
		del_timer_sync(&v->timer);
		runs = READ_ONCE(v->runs);
		if (atomic_read(&v->inside))
			torture_error(torture, "a deleted timer still runs");
		torture_disturb(self);
		if (READ_ONCE(v->runs) != runs || timer_pending(&v->timer))
			torture_error(torture, "a deleted timer has run");
		self->count[HELD]++;
	}
	spin_unlock(&v->lock);
	torture_nap(self);
}

static void nothing(unsigned int dice)	{ }

static bool timers_enough(struct torture *t)
{
	for (int i = 0; i < N; i++) {
		if (!READ_ONCE(timer_victims[i].runs))
			return false;
	}
	return torture_sum(t, NULL, ASKED) && torture_sum(t, NULL, HELD);
}

static void timers(struct kunit *test)
{
	struct torture *t = torture = torture_begin(test, MIN_CPUS);
	unsigned long runs = 0;

	memset(timer_victims, 0, sizeof(timer_victims));
	for (int i = 0; i < N; i++) {
		timer_setup(&timer_victims[i].timer, timer_victim_fn, 0);
		spin_lock_init(&timer_victims[i].lock);
	}
	torture_add_all(t, timer_step, NULL, "bound");
	torture_add(t, 4, timer_step, NULL, "free");
	run_with_interrupts(t, nothing, timers_enough);
	for (int i = 0; i < N; i++) {
		del_timer_sync(&timer_victims[i].timer);
		KUNIT_EXPECT_GT_MSG(test, timer_victims[i].runs, 0UL, "runs of timer %d", i);
		runs += timer_victims[i].runs;
	}
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, ASKED), 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, HELD), 0UL);
	kunit_info(test, "%lu runs of %d timers, armed %lu times, deleted %lu times; %lu errors; seed %llu", runs, N,
		   torture_sum(t, NULL, ASKED), torture_sum(t, NULL, HELD), torture_errors(t), t->seed);
	torture_end(t);
}

static struct kunit_case bh_torture_cases[] = {
	KUNIT_CASE_NAMED(softirqs, "a softirq is served for every request, and does not nest"),
	KUNIT_CASE_NAMED(tasklets, "a tasklet never runs twice at once, and for every request"),
	KUNIT_CASE_NAMED(timers, "a timer is not early, and not there once it is deleted"),
	{}
};
static struct kunit_suite bh_torture_suite = { .name = "torture_bh", .test_cases = bh_torture_cases };
kunit_test_suite(bh_torture_suite);
