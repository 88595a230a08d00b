/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/sync/rtmutex_test.c - the rt_mutex: who runs at whose priority, when it begins and when it ends.
 *
 * All actors are bound to the CPU of the test's own task, which is a fair one: it runs when all of them sleep. An actor
 * takes what it holds, then what it wants, and then lets go of one lock, the last first, each time it is told to. What it
 * does it writes down: a capital when it has got all, a small letter when it has let go of all.
 */
#include <primer/completion.h>
#include <primer/rtmutex.h>
#include <primer/slab.h>
#include <primer/string.h>

#include "../../sched/threads.h"

#define PRIO(n)		(MAX_RT_PRIO - 1 - (n))	/* what p->prio is with sched_priority n */
#define TEXT_SIZE	8192

struct actor {
	char name;
	struct rt_mutex *hold[2], *want;
	bool pause;				/* it wants only when it is told to */
	long timeout;				/* for want; 0: for ever */
	char *capture;				/* lockdep's report on want, which must come; DEBUG */
	int result;
	unsigned int reports;
	struct completion go;
	struct task_struct *task;
};

static char story[32];				/* [CPU of the test] */

static void note(char c)
{
	size_t len = strlen(story);

	if (len < sizeof(story) - 1) {
		story[len + 1] = '\0';
		story[len] = c;
	}
}

static int act(void *arg)
{
	struct actor *a = arg;

	for (unsigned int i = 0; i < ARRAY_SIZE(a->hold); i++)
		if (a->hold[i])
			rt_mutex_lock(a->hold[i]);
	if (a->pause)
		wait_for_completion(&a->go);
	if (a->want) {
#ifdef CONFIG_DEBUG
		if (a->capture)
			lockdep_capture(a->capture, TEXT_SIZE);
#endif
		a->result = a->timeout ? rt_mutex_timed_lock(a->want, a->timeout) : rt_mutex_lock_interruptible(a->want);
#ifdef CONFIG_DEBUG
		if (a->capture)
			a->reports = lockdep_capture(NULL, 0);
#endif
		clear_thread_flag(TIF_SIGPENDING);
	}
	note(a->name);
	if (a->want && !a->result) {
		wait_for_completion(&a->go);
		rt_mutex_unlock(a->want);
	}
	for (int i = ARRAY_SIZE(a->hold) - 1; i >= 0; i--) {
		if (a->hold[i]) {
			wait_for_completion(&a->go);
			rt_mutex_unlock(a->hold[i]);
		}
	}
	note((char)(a->name + 'a' - 'A'));
	return 0;
}

static bool asleep(struct task_struct *p)
{
	return p->state != TASK_RUNNING && !p->on_rq;
}

/* Create @a with priority @rt (0: fair), not yet awake. */
static void cast(struct kunit *test, struct actor *a, int rt)
{
	char name[] = { a->name, '\0' };

	init_completion(&a->go);
	a->result = -1;
	a->task = new_racer(test, act, a, name);
	KUNIT_ASSERT_EQ(test, sched_setscheduler_nocheck(a->task, rt ? SCHED_FIFO : SCHED_NORMAL, rt), 0);
}

/* Returns when it waits, for a lock or for us. */
static void enter(struct kunit *test, struct actor *a, int rt)
{
	cast(test, a, rt);
	wake_up_process(a->task);
	KUNIT_ASSERT_TRUE(test, yield_until(asleep(a->task)));
}

static void leave(struct kunit *test, struct actor *a)
{
	complete_all(&a->go);
	KUNIT_EXPECT_EQ(test, kthread_stop(a->task), 0);
	put_task_struct(a->task);
}

/* One step, and until it waits again or is through. */
static void step(struct kunit *test, struct actor *a)
{
	complete(&a->go);
	KUNIT_EXPECT_TRUE(test, yield_until(asleep(a->task) || a->task->exit_state));
}

static void interrupt(struct kunit *test, struct actor *a)
{
	set_tsk_thread_flag(a->task, TIF_SIGPENDING);
	wake_up_process(a->task);
	KUNIT_EXPECT_TRUE(test, yield_until(a->result != -1));
}

#define expect_prio(test, a, n)		KUNIT_EXPECT_EQ(test, (a)->task->prio, (n))
#define expect_free(test, lock) do { \
	KUNIT_EXPECT_EQ(test, atomic_long_read(&(lock)->owner), 0L); \
	KUNIT_EXPECT_NULL(test, rb_first_cached(&(lock)->waiters)); \
} while (0)

static int rtmutex_init(struct kunit *test)
{
	story[0] = '\0';
	stay_here(test);
	return 0;
}

/* ---- the cases ----------------------------------------------------------------------------------------------------- */

static void one_owner(struct kunit *test)
{
	static DEFINE_RT_MUTEX(lock);
	struct rt_mutex other;

	rt_mutex_init(&other);
	KUNIT_EXPECT_FALSE(test, rt_mutex_is_locked(&lock));
	rt_mutex_lock(&lock);
	KUNIT_EXPECT_PTR_EQ(test, rt_mutex_owner(&lock), current);
	KUNIT_EXPECT_FALSE(test, rt_mutex_trylock(&lock));
	KUNIT_EXPECT_TRUE(test, rt_mutex_trylock(&other));
	rt_mutex_unlock(&other);
	rt_mutex_unlock(&lock);
	expect_free(test, &lock);
	expect_free(test, &other);
}

/* The drawing in rtmutex.c. */
static void inversion_is_solved(struct kunit *test)
{
	static DEFINE_RT_MUTEX(lock);
	struct actor low = { .name = 'L', .hold = { &lock } }, mid = { .name = 'M' }, high = { .name = 'H', .want = &lock };

	enter(test, &low, 10);
	enter(test, &high, 30);
	expect_prio(test, &low, PRIO(30));
	KUNIT_EXPECT_EQ(test, low.task->normal_prio, PRIO(10));
	cast(test, &mid, 20);

	/* Both can run at once: who does? */
	preempt_disable();
	wake_up_process(mid.task);
	complete(&low.go);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, yield_until(strlen(story) == 5));
	KUNIT_EXPECT_STREQ(test, story, "LHMml");
	leave(test, &high);
	leave(test, &mid);
	leave(test, &low);
	expect_free(test, &lock);
}

static void along_a_chain(struct kunit *test)
{
	static DEFINE_RT_MUTEX(one);
	static DEFINE_RT_MUTEX(two);
	static DEFINE_RT_MUTEX(three);
	struct actor a = { .name = 'A', .hold = { &one } }, b = { .name = 'B', .hold = { &two }, .want = &one };
	struct actor c = { .name = 'C', .hold = { &three }, .want = &two }, d = { .name = 'D', .want = &three };

	enter(test, &a, 0);
	enter(test, &b, 10);
	enter(test, &c, 20);
	expect_prio(test, &a, PRIO(20));
	expect_prio(test, &b, PRIO(20));
	enter(test, &d, 30);
	expect_prio(test, &a, PRIO(30));
	expect_prio(test, &b, PRIO(30));
	expect_prio(test, &c, PRIO(30));
	KUNIT_EXPECT_EQ(test, a.task->policy, (unsigned int)SCHED_NORMAL);

	step(test, &a);
	KUNIT_EXPECT_TRUE(test, yield_until(asleep(b.task)));
	KUNIT_EXPECT_EQ(test, b.result, 0);
	expect_prio(test, &a, DEFAULT_PRIO);
	expect_prio(test, &b, PRIO(30));
	step(test, &b);			/* lets go of one, for which nobody waits */
	expect_prio(test, &b, PRIO(30));
	step(test, &b);			/* and of two */
	expect_prio(test, &b, PRIO(10));
	expect_prio(test, &c, PRIO(30));
	step(test, &c);
	step(test, &c);
	expect_prio(test, &c, PRIO(20));
	KUNIT_EXPECT_EQ(test, d.result, 0);
	leave(test, &d);
	leave(test, &c);
	leave(test, &b);
	leave(test, &a);
	expect_free(test, &one);
	expect_free(test, &two);
	expect_free(test, &three);
}

static void a_circle_is_found(struct kunit *test)
{
	static DEFINE_RT_MUTEX(one);
	static DEFINE_RT_MUTEX(two);
	static DEFINE_RT_MUTEX(three);
	char *text = kunit_kzalloc(test, TEXT_SIZE, GFP_KERNEL);
	struct actor a = { .name = 'A', .hold = { &one }, .want = &two, .pause = true };
	struct actor b = { .name = 'B', .hold = { &two }, .want = &three, .pause = true };
	struct actor c = { .name = 'C', .hold = { &three }, .want = &one, .pause = true, .capture = text };
	struct actor d = { .name = 'D', .hold = { &three }, .want = &three, .capture = text };

	KUNIT_ASSERT_NOT_NULL(test, text);
	enter(test, &d, 0);			/* waits for itself */
	KUNIT_EXPECT_EQ(test, d.result, -EDEADLK);
	leave(test, &d);
	expect_free(test, &three);

	enter(test, &a, 20);
	enter(test, &b, 10);
	enter(test, &c, 5);
	step(test, &a);
	expect_prio(test, &b, PRIO(20));
	expect_prio(test, &c, PRIO(5));		/* b does not wait yet */
	step(test, &b);
	expect_prio(test, &c, PRIO(20));
	KUNIT_EXPECT_EQ(test, a.result, -1);
	KUNIT_EXPECT_EQ(test, b.result, -1);
	step(test, &c);				/* one is a's, who waits for b, who waits for c */
	KUNIT_EXPECT_EQ(test, c.result, -EDEADLK);
	expect_prio(test, &a, PRIO(20));
	expect_prio(test, &c, PRIO(20));	/* its wait is over, the others' are not */
	leave(test, &c);
	leave(test, &b);
	leave(test, &a);
	KUNIT_EXPECT_EQ(test, a.result, 0);
	KUNIT_EXPECT_EQ(test, b.result, 0);
	expect_free(test, &one);
	expect_free(test, &two);
	expect_free(test, &three);
#ifdef CONFIG_DEBUG
	KUNIT_EXPECT_EQ_MSG(test, d.reports, 1U, "lockdep says so too");
	KUNIT_EXPECT_EQ_MSG(test, c.reports, 1U, "lockdep says so too");
#endif
}

static void a_boost_ends_with_its_lock(struct kunit *test)
{
	static DEFINE_RT_MUTEX(one);
	static DEFINE_RT_MUTEX(two);
	struct actor a = { .name = 'A', .hold = { &one, &two } };
	struct actor b = { .name = 'B', .want = &one }, c = { .name = 'C', .want = &two }, d = { .name = 'D', .want = &two };

	enter(test, &a, 0);
	enter(test, &b, 10);
	enter(test, &c, 20);
	enter(test, &d, 30);
	expect_prio(test, &a, PRIO(30));
	step(test, &a);				/* two */
	expect_prio(test, &a, PRIO(10));
	KUNIT_EXPECT_STREQ_MSG(test, story, "AD", "the best first");
	expect_prio(test, &d, PRIO(30));
	step(test, &a);				/* one */
	expect_prio(test, &a, DEFAULT_PRIO);
	KUNIT_EXPECT_NULL(test, a.task->pi_top_task);
	leave(test, &d);
	KUNIT_EXPECT_TRUE(test, yield_until(!c.result));
	leave(test, &c);
	leave(test, &b);
	leave(test, &a);
	expect_free(test, &one);
	expect_free(test, &two);
}

static void who_gives_up_takes_it_back(struct kunit *test)
{
	static DEFINE_RT_MUTEX(one);
	static DEFINE_RT_MUTEX(two);
	struct actor a = { .name = 'A', .hold = { &one } }, b = { .name = 'B', .hold = { &two }, .want = &one };
	struct actor c = { .name = 'C', .want = &two }, d = { .name = 'D', .want = &two };
	struct actor e = { .name = 'E', .want = &two, .timeout = 2 * HZ };

	enter(test, &a, 0);
	enter(test, &b, 0);
	enter(test, &c, 20);
	enter(test, &d, 30);
	expect_prio(test, &a, PRIO(30));
	interrupt(test, &d);
	KUNIT_EXPECT_EQ(test, d.result, -EINTR);
	expect_prio(test, &b, PRIO(20));
	expect_prio(test, &a, PRIO(20));

	enter(test, &e, 40);
	expect_prio(test, &a, PRIO(40));
	KUNIT_EXPECT_TRUE(test, yield_until(e.result != -1));
	KUNIT_EXPECT_EQ(test, e.result, -ETIMEDOUT);
	expect_prio(test, &a, PRIO(20));

	interrupt(test, &c);
	expect_prio(test, &b, DEFAULT_PRIO);
	expect_prio(test, &a, DEFAULT_PRIO);
	leave(test, &a);
	leave(test, &b);
	leave(test, &c);
	leave(test, &d);
	leave(test, &e);
	expect_free(test, &one);
	expect_free(test, &two);
}

static void set(struct kunit *test, struct actor *a, int rt)
{
	KUNIT_EXPECT_EQ(test, sched_setscheduler_nocheck(a->task, rt ? SCHED_FIFO : SCHED_NORMAL, rt), 0);
}

static void priorities_change_meanwhile(struct kunit *test)
{
	static DEFINE_RT_MUTEX(lock);
	struct actor a = { .name = 'A', .hold = { &lock } }, b = { .name = 'B', .want = &lock }, c = { .name = 'C', .want = &lock };

	enter(test, &a, 0);
	enter(test, &b, 20);
	enter(test, &c, 10);
	/* The owner's own: what it is lent stays, what it is by itself shows when that is better. */
	set_user_nice(a.task, 5);
	expect_prio(test, &a, PRIO(20));
	KUNIT_EXPECT_EQ(test, a.task->normal_prio, NICE_TO_PRIO(5));
	set(test, &a, 15);
	expect_prio(test, &a, PRIO(20));
	KUNIT_EXPECT_EQ(test, a.task->normal_prio, PRIO(15));
	set(test, &a, 50);
	expect_prio(test, &a, PRIO(50));
	set(test, &a, 0);
	expect_prio(test, &a, PRIO(20));

	/* The waiters': their order, and what the owner gets. */
	set(test, &b, 40);
	expect_prio(test, &a, PRIO(40));
	set(test, &b, 5);
	expect_prio(test, &a, PRIO(10));
	set(test, &b, 0);
	set(test, &c, 0);
	KUNIT_EXPECT_EQ(test, a.task->prio, a.task->static_prio);
	set(test, &b, 8);
	set(test, &c, 9);
	expect_prio(test, &a, PRIO(9));
	step(test, &a);
	KUNIT_EXPECT_TRUE(test, yield_until(!c.result));
	KUNIT_EXPECT_EQ(test, b.result, -1);
	leave(test, &c);
	leave(test, &b);
	leave(test, &a);
	expect_free(test, &lock);
}

static struct kunit_case rtmutex_cases[] = {
	KUNIT_CASE_NAMED(one_owner, "one owner, and a trylock says whether it is free"),
	KUNIT_CASE_NAMED(inversion_is_solved, "who keeps an urgent task waiting is not kept waiting by a middle one"),
	KUNIT_CASE_NAMED(along_a_chain, "a priority goes along a chain of three locks, and back"),
	KUNIT_CASE_NAMED(a_circle_is_found, "a circle of three owners, and one of one, is -EDEADLK"),
	KUNIT_CASE_NAMED(a_boost_ends_with_its_lock, "what is lent ends with the lock for which it was lent"),
	KUNIT_CASE_NAMED(who_gives_up_takes_it_back, "a waiter that is interrupted, or late, takes back what it lent"),
	KUNIT_CASE_NAMED(priorities_change_meanwhile, "sched_setscheduler() on an owner that is lent, and on waiters"),
	{}
};
static struct kunit_suite rtmutex_suite = { .name = "rtmutex", .init = rtmutex_init, .test_cases = rtmutex_cases };
kunit_test_suite(rtmutex_suite);
