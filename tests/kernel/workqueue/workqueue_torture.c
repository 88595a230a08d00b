/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/workqueue/workqueue_torture.c - work items queued, delayed, flushed and cancelled by all CPUs at once.
 *
 * The items do nothing, compute, sleep, or queue themselves again. Checked at each run: no item runs beside itself, no more
 * items of a bounded queue than it allows. And after each wait: what was asked for before it has been seen by a run. Who asks notes
 * a number, queues, waits; the last run that began before the wait ended must have seen that number.
 *
 * torture.break=flush_too_soon: flush_workqueue() now and then does not wait. DEBUG builds.
 */
#include "../../kunit/torture.h"

#include <primer/hrtimer.h>
#include <primer/jiffies.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/workqueue.h>
#include <asm/tsc.h>

#include "../../../kernel/kthread/workqueue_internal.h"

#define MIN_CPUS	4
#define SHARED		4
#define OWN		12		/* one for each thread */
#define BOUND		3

static struct torture *torture;

enum { QUEUED, FLUSHED, CANCELLED, DRAINED };

struct item {
	struct delayed_work dwork;
	struct workqueue_struct *wq;	/* always the same for this item */
	atomic_t *allowed;		/* how many of that queue run; NULL: not bounded */
	int limit;
	atomic_t inside, asked;
	int seen;			/* of asked, by the last run */
	atomic_t again;			/* it queues itself so often */
	unsigned long runs;
};

static struct item items[SHARED + OWN];
static struct workqueue_struct *bounded, *ordered;
static atomic_t in_bounded, in_ordered;

static void item_fn(struct work_struct *work)
{
	struct item *item = container_of(to_delayed_work(work), struct item, dwork);
	int asked = atomic_read(&item->asked), n;
	u32 dice = (u32)(sched_clock() >> 3);

	if (atomic_inc_return(&item->inside) != 1)
		torture_error(torture, "item %ld runs beside itself", item - items);
	if (item->allowed && (n = atomic_inc_return(item->allowed)) > item->limit)
		torture_error(torture, "%d items of %s run, %d are allowed", n, item->wq->name, item->limit);
	switch (dice % 64) {
	case 0:
		msleep(1);
		break;
	case 1:
	case 2:
		torture_spin_ns(dice % 30000);
		break;
	case 3:
		yield();
		break;
	}
	item->runs++;
	WRITE_ONCE(item->seen, asked);
	if (atomic_read(&item->again) > 0) {
		atomic_dec(&item->again);
		queue_work(item->wq, work);
	}
	if (item->allowed)
		atomic_dec(item->allowed);
	atomic_dec(&item->inside);
}

static int ask(struct item *item, u32 dice)
{
	int number = atomic_inc_return(&item->asked);

	switch (dice % 8) {
	case 0:
		queue_delayed_work(item->wq, &item->dwork, dice >> 8 & 3);
		break;
	case 1:
		mod_delayed_work(item->wq, &item->dwork, dice >> 8 & 1);
		break;
	case 2:
		queue_work_on((int)((dice >> 8) % nr_cpu_ids), item->wq, &item->dwork.work);
		break;
	default:
		queue_work(item->wq, &item->dwork.work);
	}
	return number;
}

static void expect_seen(struct item *item, int number, const char *what)
{
	if (READ_ONCE(item->seen) - number < 0)
		torture_error(torture, "%s returned too soon: request %d of item %ld, the last run saw %d", what, number, item - items,
			      item->seen);
}

static void workqueue_step(struct torture_thread *self)
{
	struct item *shared = &items[torture_random_below(self, SHARED)], *own = self->arg;
	u32 dice = torture_random(self);
	int number;

	switch (torture_random_below(self, 12)) {
	case 0:		/* nobody else asks for our own: what a flush of it waits for is known */
		number = ask(own, 7);
		flush_work(&own->dwork.work);
		expect_seen(own, number, "flush_work");
		self->count[FLUSHED]++;
		break;
	case 1:
		number = ask(own, 0 | dice << 8);
		flush_delayed_work(&own->dwork);
		expect_seen(own, number, "flush_delayed_work");
		self->count[FLUSHED]++;
		break;
	case 2:
		number = ask(own, 7);
		flush_workqueue(own->wq);
		expect_seen(own, number, "flush_workqueue");
		self->count[FLUSHED]++;
		break;
	case 3:
		atomic_set(&own->again, (int)(dice % 8 ? 0 : 1000000));
		ask(own, dice >> 8);
		torture_disturb(self);
		cancel_delayed_work_sync(&own->dwork);
		if (work_busy(&own->dwork.work) || atomic_read(&own->inside) || timer_pending(&own->dwork.timer))
			torture_error(torture, "cancel_delayed_work_sync left item %ld running", own - items);
		atomic_set(&own->again, 0);
		self->count[CANCELLED]++;
		break;
	case 4:
		cancel_delayed_work(&shared->dwork);
		break;
	case 5:
		if (dice % 16 == 0) {
			cancel_delayed_work_sync(&shared->dwork);
			self->count[CANCELLED]++;
		} else {
			flush_work(&shared->dwork.work);
		}
		break;
	default:
		ask(shared, dice);
		self->count[QUEUED]++;
	}
	torture_nap(self);
}

/* From hard interrupts too. */
static struct hrtimer irq_timers[NR_CPUS];
static atomic_t irqs_off;

static enum hrtimer_restart irq_timer_fn(struct hrtimer *timer)
{
	u32 dice = (u32)(sched_clock() >> 4);

	if (atomic_read(&irqs_off))
		return HRTIMER_NORESTART;
	ask(&items[dice % SHARED], dice >> 4);
	hrtimer_forward_now(timer, 900000 + 70000 * ((timer - irq_timers) % 5));
	return HRTIMER_RESTART;
}

static void start_irq_timer(void *unused)
{
	struct hrtimer *timer = &irq_timers[smp_processor_id()];

	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	timer->function = irq_timer_fn;
	hrtimer_start(timer, 300000, HRTIMER_MODE_REL_PINNED);
}

#ifdef CONFIG_DEBUG
static void plant(bool on)	{ WRITE_ONCE(wq_flush_planted, on && torture_breaks("flush_too_soon")); }
#else
static void plant(bool on)	{ }
#endif

static void init_items(void)
{
	struct workqueue_struct *wqs[] = { system_wq, bounded, ordered, system_unbound_wq, system_highpri_wq };

	memset(items, 0, sizeof(items));
	for (int i = 0; i < SHARED + OWN; i++) {
		struct item *item = &items[i];

		INIT_DELAYED_WORK(&item->dwork, item_fn);
		item->wq = wqs[i % 5];
		if (item->wq == bounded) {
			item->allowed = &in_bounded;
			item->limit = BOUND;
		} else if (item->wq == ordered) {
			item->allowed = &in_ordered;
			item->limit = 1;
		}
	}
}

static void workqueues(struct kunit *test)
{
	struct torture *t = torture = torture_begin(test, MIN_CPUS);
	unsigned long runs = 0;
	unsigned int cpu;
	int i, n = 0;

	bounded = alloc_workqueue("torture_bound", WQ_UNBOUND | WQ_MEM_RECLAIM, BOUND);
	ordered = alloc_ordered_workqueue("torture_ordered", 0);
	KUNIT_ASSERT_NOT_NULL(test, bounded);
	KUNIT_ASSERT_NOT_NULL(test, ordered);
	atomic_set(&in_bounded, 0);
	atomic_set(&in_ordered, 0);
	init_items();
	plant(true);
	for_each_online_cpu(cpu)
		if (n < OWN)
			torture_add_on(t, (int)cpu, workqueue_step, &items[SHARED + n++], "bound");
	while (n < OWN)
		torture_add(t, 1, workqueue_step, &items[SHARED + n++], "free");
	torture_start(t);
	atomic_set(&irqs_off, 0);
	on_each_cpu(start_irq_timer, NULL, 1);
	torture_wait(t);
	atomic_set(&irqs_off, 1);
	for_each_online_cpu(cpu)
		hrtimer_cancel(&irq_timers[cpu]);
	torture_stop(t);
	plant(false);

	for (i = 0; i < SHARED + OWN; i++) {
		flush_delayed_work(&items[i].dwork);
		cancel_delayed_work_sync(&items[i].dwork);
		KUNIT_EXPECT_FALSE(test, work_busy(&items[i].dwork.work));
		KUNIT_EXPECT_EQ(test, atomic_read(&items[i].inside), 0);
		runs += items[i].runs;
	}
	destroy_workqueue(bounded);
	destroy_workqueue(ordered);
	KUNIT_EXPECT_GT(test, runs, 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, FLUSHED), 0UL);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, CANCELLED), 0UL);
	kunit_info(test, "%lu runs of %d items, %lu queued, %lu flushes, %lu cancelled; %lu errors; seed %llu", runs, SHARED + OWN,
		   torture_sum(t, NULL, QUEUED), torture_sum(t, NULL, FLUSHED), torture_sum(t, NULL, CANCELLED), torture_errors(t),
		   t->seed);
	torture_end(t);
}

static void drain_step(struct torture_thread *self)
{
	struct item *item = self->arg;
	int asked;

	/* A queue of its own, made and destroyed with items in it. */
	item->wq = alloc_workqueue("drain%u", torture_random_below(self, 2) ? WQ_UNBOUND : 0, (int)torture_random_below(self, 3),
				   self->nr);
	if (!item->wq)
		return;
	atomic_set(&item->again, (int)torture_random_below(self, 5));
	asked = atomic_inc_return(&item->asked);
	queue_work(item->wq, &item->dwork.work);
	destroy_workqueue(item->wq);
	expect_seen(item, asked, "destroy_workqueue");
	if (atomic_read(&item->again) || atomic_read(&item->inside))
		torture_error(torture, "destroy_workqueue left something behind");
	self->count[DRAINED]++;
	torture_nap(self);
}

static void draining(struct kunit *test)
{
	struct torture *t = torture = torture_begin(test, MIN_CPUS);

	bounded = ordered = system_wq;
	init_items();
	for (int i = 0; i < OWN; i++) {
		items[i].allowed = NULL;
		torture_add(t, 1, drain_step, &items[i], "drainer");
	}
	torture_run(t);
	KUNIT_EXPECT_GT(test, torture_sum(t, NULL, DRAINED), 0UL);
	kunit_info(test, "%lu queues made, used and destroyed; %lu errors; seed %llu", torture_sum(t, NULL, DRAINED),
		   torture_errors(t), t->seed);
	torture_end(t);
}

static struct kunit_case workqueue_torture_cases[] = {
	KUNIT_CASE_NAMED(workqueues, "an item never runs beside itself, and a flush waits for it"),
	KUNIT_CASE_NAMED(draining, "a queue is destroyed with everything in it done"),
	{}
};
static struct kunit_suite workqueue_torture_suite = { .name = "torture_workqueue", .test_cases = workqueue_torture_cases };
kunit_test_suite(workqueue_torture_suite);
