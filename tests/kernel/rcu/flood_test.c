/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/rcu/flood_test.c - a flood of callbacks: tasks go on, and the grace period does not take its time.
 *
 * The first case measures how long a task that never sleeps goes without its CPU. What it says is exact when qemu counts instructions
 * (-icount), on one CPU: tests/test_rcu.py boots so, and has the bound. Otherwise it also says how busy the host is.
 *
 * The second counts how often the grace-period thread looks before it asks a CPU with a long reader for a reschedule: about 50 times when
 * nobody presses, a few times in a flood.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/rcutree.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <asm/tsc.h>

#define FLOOD		200000
#define PRESSING	30000
#define LONGEST_NS	60000000000ULL
#define MAX_LOOKS	15UL
#define PATIENCE	(HZ / 10)	/* ticks until a CPU is asked when nobody presses: kernel/kthread/rcu_gp.c */

static atomic_t called;

static void count_callback(struct rcu_head *head)
{
	atomic_inc(&called);
}

/* A task that never sleeps, once it has begun: what it sees of the clock. */
struct watcher {
	struct completion begin, end;
	u64 ns, longest_gap_ns;
};

static int watch_the_clock(void *arg)
{
	struct watcher *w = arg;
	u64 begin, last, now;

	wait_for_completion(&w->begin);
	begin = last = sched_clock();
	do {
		now = sched_clock();
		w->longest_gap_ns = max(w->longest_gap_ns, now - last);
		last = now;
	} while (atomic_read(&called) < FLOOD && now - begin < LONGEST_NS);
	w->ns = now - begin;
	complete(&w->end);
	return 0;
}

/*
 * The watcher is another task than the one that queues: that one is in debt. ksoftirqd has waited for it, and the scheduler sees to it that
 * it gets back what it has missed.
 */
static void a_task_goes_on(struct kunit *test)
{
	struct rcu_head *heads = kvmalloc_array(FLOOD, sizeof(*heads), GFP_KERNEL);
	struct watcher w = { .ns = 0 };
	struct task_struct *p;
	unsigned long pressed;

	KUNIT_ASSERT_NOT_NULL(test, heads);
	memset(heads, 0, FLOOD * sizeof(*heads));	/* the pages are there: no faults in what is measured */
	init_completion(&w.begin);
	init_completion(&w.end);
	p = kthread_create_on_cpu(watch_the_clock, &w, (unsigned int)raw_smp_processor_id(), "watcher/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	wake_up_process(p);
	rcu_barrier();
	atomic_set(&called, 0);
	pressed = rcu_stats.pressed;
	preempt_disable();	/* a reader: none is called before all are queued */
	for (int i = 0; i < FLOOD; i++)
		call_rcu(&heads[i], count_callback);
	complete(&w.begin);
	preempt_enable();
	wait_for_completion(&w.end);
	rcu_barrier();
	kunit_info(test, "%u callbacks in %llu us; longest gap %llu us; pressed %lu times", FLOOD, w.ns / 1000,
		   w.longest_gap_ns / 1000, rcu_stats.pressed - pressed);
	KUNIT_EXPECT_EQ(test, atomic_read(&called), FLOOD);
	KUNIT_EXPECT_GT(test, rcu_stats.pressed, pressed);
	kvfree(heads);
}

struct reader {
	struct completion inside, gone;
	unsigned long looks, asked;		/* rcu_stats.fqs when it was asked to leave, and the time */
};

static int read_until_asked(void *arg)
{
	struct reader *r = arg;

	rcu_read_lock();
	complete(&r->inside);
	while (!need_resched())
		cpu_relax();
	r->looks = rcu_stats.fqs;
	r->asked = jiffies;
	rcu_read_unlock();
	complete(&r->gone);
	return 0;
}

/* How often, and for how many @ticks, does the grace-period thread look before it asks a CPU with a reader, when @n callbacks wait? */
static unsigned long looks_until_asked(struct kunit *test, struct rcu_head *heads, int n, unsigned long *ticks)
{
	unsigned int other = cpumask_next(raw_smp_processor_id(), cpu_online_mask);
	struct reader r = { .looks = 0 };
	struct task_struct *p;
	unsigned long looks, begin;

	if (other >= NR_CPUS)
		other = cpumask_first(cpu_online_mask);
	init_completion(&r.inside);
	init_completion(&r.gone);
	synchronize_rcu();	/* one after a flood is in a hurry still */
	p = kthread_create_on_cpu(read_until_asked, &r, other, "reader/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	wake_up_process(p);
	wait_for_completion(&r.inside);
	looks = rcu_stats.fqs;
	begin = jiffies;
	for (int i = 0; i < n; i++)
		call_rcu(&heads[i], count_callback);
	wait_for_completion(&r.gone);
	rcu_barrier();
	*ticks = r.asked - begin;
	return r.looks - looks;
}

static void a_flood_presses(struct kunit *test)
{
	struct rcu_head *heads;
	unsigned long calm = 0, flood = ~0UL, ticks = 0;
	bool patient = false;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs 2 CPUs");
	heads = kvmalloc_array(PRESSING, sizeof(*heads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, heads);
	/*
	 * The host may take the CPU away from who queues, or from the reader: looks meanwhile mean nothing. Or from who looks:
	 * then there are few, but the reader has been left in peace for as long as it should be. And another task may want the
	 * reader's CPU.
	 */
	for (int try = 0; try < 8 && !patient; try++) {
		calm = max(calm, looks_until_asked(test, heads, 1, &ticks));
		patient = calm > MAX_LOOKS || ticks >= PATIENCE;
	}
	for (int try = 0; try < 8 && flood > MAX_LOOKS; try++)
		flood = min(flood, looks_until_asked(test, heads, PRESSING, &ticks));
	kunit_info(test, "looks before a reader is asked: %lu with 1 callback, %lu with %u", calm, flood, PRESSING);
	KUNIT_EXPECT_TRUE_MSG(test, patient, "pressed for a single callback, after %lu looks", calm);
	KUNIT_EXPECT_LE(test, flood, MAX_LOOKS);
	kvfree(heads);
}

static struct kunit_case rcu_flood_cases[] = {
	KUNIT_CASE_NAMED(a_task_goes_on, "a task goes on while a flood of callbacks is worked off"),
	KUNIT_CASE_NAMED(a_flood_presses, "a flood of callbacks presses the grace period"),
	{}
};

static struct kunit_suite rcu_flood_suite = { .name = "rcu_flood", .test_cases = rcu_flood_cases };
kunit_test_suite(rcu_flood_suite);
