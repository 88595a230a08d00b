/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/sync/sync_test.c - completion, mutex, semaphore, rwsem: who gets in, in which order, and what a signal
 * leaves behind.
 *
 * One CPU and no tick: the threads meet inside the primitives because they yield there.
 */
#include <primer/atomic.h>
#include <primer/completion.h>
#include <primer/mutex.h>
#include <primer/rwsem.h>
#include <primer/semaphore.h>
#include <primer/signal.h>
#include <primer/sleep.h>

#include "../../lib/random.h"
#include "../../sched/threads.h"

/* A signal for current that is there and never delivered: kernel threads do not look. @fatal: SIGKILL. */
static void pretend_signal(bool on, bool fatal)
{
	if (on)
		set_thread_flag(TIF_SIGPENDING);
	else
		clear_thread_flag(TIF_SIGPENDING);
	if (on && fatal)
		sigaddset(&current->pending.signal, SIGKILL);
	else
		sigdelset(&current->pending.signal, SIGKILL);
}

static bool asleep(struct task_struct *p)
{
	return p->state != TASK_RUNNING && !p->on_rq;
}

struct race {
	int (*fn)(void *);
	void *arg;
	atomic_t started;
};

static int run_racer(void *data)
{
	struct race *r = data;

	atomic_inc(&r->started);
	return r->fn(r->arg);
}

/* @nr racers run @fn(@arg), all started at once; returns when they are through. */
static void race(struct kunit *test, int (*fn)(void *), void *arg, int nr)
{
	struct race r = { fn, arg, ATOMIC_INIT(0) };
	struct task_struct *p[8];

	for (int i = 0; i < nr; i++)
		p[i] = new_racer(test, run_racer, &r, "racer");
	preempt_disable();
	for (int i = 0; i < nr; i++)
		wake_up_process(p[i]);
	preempt_enable();
	/* A thread that is stopped before it has begun never begins. */
	while (atomic_read(&r.started) < nr)
		msleep(1);
	for (int i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, kthread_stop(p[i]), 0);
		put_task_struct(p[i]);
	}
}

/* ---- completion -------------------------------------------------------------------------------------------------- */

struct comp {
	struct completion x;
	atomic_t waiting, through;
};

static int comp_waiter(void *arg)
{
	struct comp *c = arg;

	atomic_inc(&c->waiting);
	wait_for_completion(&c->x);
	atomic_inc(&c->through);
	return 0;
}

static void completions_are_counted(struct kunit *test)
{
	struct comp c = { 0 };

	init_completion(&c.x);
	KUNIT_EXPECT_FALSE(test, completion_done(&c.x));
	KUNIT_EXPECT_FALSE(test, try_wait_for_completion(&c.x));
	complete(&c.x);
	complete(&c.x);
	KUNIT_EXPECT_TRUE(test, completion_done(&c.x));
	wait_for_completion(&c.x);	/* early ones are not lost: does not sleep */
	KUNIT_EXPECT_TRUE(test, try_wait_for_completion(&c.x));
	KUNIT_EXPECT_FALSE(test, try_wait_for_completion(&c.x));

	for (int i = 0; i < 4; i++)
		test_thread(test, comp_waiter, &c, "completion");
	KUNIT_ASSERT_TRUE(test, yield_until(atomic_read(&c.waiting) == 4 && list_count_nodes(&c.x.wait.head) == 4));
	for (int i = 1; i <= 3; i++) {
		complete(&c.x);
		KUNIT_EXPECT_TRUE(test, yield_until(atomic_read(&c.through) == i));
		for (int j = 0; j < 100; j++)
			yield();
		KUNIT_EXPECT_EQ_MSG(test, atomic_read(&c.through), i, "one complete() releases one waiter");
	}
	complete_all(&c.x);
	KUNIT_EXPECT_TRUE(test, yield_until(atomic_read(&c.through) == 4));
	wait_for_completion(&c.x);
	KUNIT_EXPECT_TRUE_MSG(test, completion_done(&c.x), "complete_all() is never used up");
}

static void a_completion_beats_a_signal(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(x);

	pretend_signal(true, false);
	KUNIT_EXPECT_EQ(test, wait_for_completion_interruptible(&x), -ERESTARTSYS);
	complete(&x);
	KUNIT_EXPECT_EQ(test, wait_for_completion_interruptible(&x), 0);
	pretend_signal(true, true);
	KUNIT_EXPECT_EQ(test, wait_for_completion_killable(&x), -ERESTARTSYS);
	pretend_signal(false, true);
	KUNIT_EXPECT_TRUE(test, list_empty(&x.wait.head));
}

/* ---- the lost completion, raced ---------------------------------------------------------------------------------- */

#define RACES	2000

struct comp_race {
	struct completion request, answer;
	struct test_random rnd;
};

static int echo_fn(void *arg)
{
	struct comp_race *r = arg;

	for (int i = 0; i < RACES; i++) {
		wait_for_completion(&r->request);
		if (test_random_below(&r->rnd, 2))
			preempt_here();
		complete(&r->answer);
		if (test_random_below(&r->rnd, 2))
			preempt_here();
	}
	return 0;
}

static void completions_raced(struct kunit *test)
{
	struct comp_race r;
	struct task_struct *p;

	init_completion(&r.request);
	init_completion(&r.answer);
	test_random_init(test, &r.rnd, 11);
	race_along(test);
	p = new_racer(test, echo_fn, &r, "echo");
	wake_up_process(p);
	for (int i = 0; i < RACES; i++) {
		/* On this stack and gone at the end of the round: complete() must be through with it. */
		complete(&r.request);
		if (test_random_below(&r.rnd, 2))
			preempt_here();
		wait_for_completion(&r.answer);
	}
	KUNIT_EXPECT_EQ(test, kthread_stop(p), 0);
	put_task_struct(p);
}

/* ---- mutex ------------------------------------------------------------------------------------------------------- */

struct mtx {
	struct mutex m;
	struct test_random rnd;
	int inside, most, count, finished, contended;
	int waiter_in;			/* what count was when the waiter got in */
};

static int mutex_worker(void *arg)
{
	struct mtx *x = arg;

	for (int i = 0; i < 200; i++) {
		x->contended += mutex_is_locked(&x->m);
		mutex_lock(&x->m);
		if (++x->inside > x->most)
			x->most = x->inside;
		for (u64 j = test_random_below(&x->rnd, 4); j; j--)
			preempt_here();
		x->count++;
		x->inside--;
		mutex_unlock(&x->m);
		if (test_random_below(&x->rnd, 2))
			preempt_here();
	}
	x->finished++;
	return 0;
}

static void a_mutex_excludes(struct kunit *test)
{
	struct mtx x = { 0 };

	mutex_init(&x.m);
	test_random_init(test, &x.rnd, 23);
	race(test, mutex_worker, &x, 6);
	KUNIT_EXPECT_EQ(test, x.finished, 6);
	KUNIT_EXPECT_GT_MSG(test, x.contended, 100, "they did meet");
	KUNIT_EXPECT_EQ(test, x.most, 1);
	KUNIT_EXPECT_EQ(test, x.count, 1200);
	KUNIT_EXPECT_EQ_MSG(test, atomic_long_read(&x.m.owner), 0L, "no flag is left behind");
	KUNIT_EXPECT_TRUE(test, list_empty(&x.m.wait_list));
}

static int mutex_once(void *arg)
{
	struct mtx *x = arg;

	mutex_lock(&x->m);
	x->waiter_in = x->count;
	x->finished++;
	mutex_unlock(&x->m);
	return 0;
}

/* The owner lets go and takes it again at once, each time; the waiter has it after the second time it was woken. */
static void a_waiter_is_not_overtaken_for_ever(struct kunit *test)
{
	struct mtx x = { 0 };
	struct task_struct *p;

	mutex_init(&x.m);
	mutex_lock(&x.m);
	p = test_thread(test, mutex_once, &x, "waiter");
	KUNIT_ASSERT_TRUE(test, yield_until(asleep(p)));
	for (x.count = 0; x.count < 10 && !x.finished; x.count++) {
		preempt_disable();
		mutex_unlock(&x.m);
		if (!mutex_trylock(&x.m)) {
			preempt_enable();
			mutex_lock(&x.m);
		} else {
			preempt_enable();
		}
		/* The waiter runs, finds it taken, and sleeps again. */
		yield_until(x.finished || asleep(p));
	}
	KUNIT_EXPECT_EQ(test, x.finished, 1);
	KUNIT_EXPECT_LE_MSG(test, x.waiter_in, 2, "the waiter was passed over %d times", x.waiter_in);
	mutex_unlock(&x.m);
}

/* The same with a waiter that never runs: whom it waits for has the CPU. In the end the mutex is left to it. */
static void a_waiter_that_cannot_run_is_not_overtaken_for_ever(struct kunit *test)
{
	struct mtx x = { 0 };
	struct task_struct *p;

	mutex_init(&x.m);
	mutex_lock(&x.m);
	p = test_thread(test, mutex_once, &x, "waiter");
	KUNIT_ASSERT_TRUE(test, yield_until(asleep(p)));
	preempt_disable();
	for (;;) {
		mutex_unlock(&x.m);
		if (x.count > 2 * MUTEX_PASSES || !mutex_trylock(&x.m))
			break;
		x.count++;
	}
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, yield_until(x.finished));
	KUNIT_EXPECT_EQ_MSG(test, x.waiter_in, MUTEX_PASSES - 1, "the waiter was passed over %d times", x.waiter_in);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&x.m));
}

static int hold_mutex(void *arg)
{
	struct mtx *x = arg;

	mutex_lock(&x->m);
	x->inside = 1;
	while (!kthread_should_stop())
		yield();
	x->inside = 0;
	mutex_unlock(&x->m);
	return 0;
}

static void a_signal_leaves_no_trace_in_a_mutex(struct kunit *test)
{
	struct mtx x = { 0 };
	struct task_struct *p;

	mutex_init(&x.m);
	p = test_thread(test, hold_mutex, &x, "holder");
	KUNIT_ASSERT_TRUE(test, yield_until(x.inside));
	KUNIT_EXPECT_FALSE(test, mutex_trylock(&x.m));
	KUNIT_EXPECT_TRUE(test, mutex_is_locked(&x.m));
	pretend_signal(true, false);
	KUNIT_EXPECT_EQ(test, mutex_lock_interruptible(&x.m), -EINTR);
	pretend_signal(true, true);
	KUNIT_EXPECT_EQ(test, mutex_lock_killable(&x.m), -EINTR);
	pretend_signal(false, true);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&x.m.owner), (long)p);
	kthread_stop(p);
	KUNIT_EXPECT_EQ(test, mutex_lock_interruptible(&x.m), 0);
	mutex_unlock(&x.m);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&x.m));
}

/* ---- semaphore --------------------------------------------------------------------------------------------------- */

struct sem {
	struct semaphore s;
	int order[4], nr;
};
struct sem_arg {
	struct sem *sem;
	int id;
};

static int sem_waiter(void *arg)
{
	struct sem_arg *a = arg;

	down(&a->sem->s);
	a->sem->order[a->sem->nr++] = a->id;
	return 0;
}

static void permits_go_to_waiters_in_order(struct kunit *test)
{
	struct sem s = { .nr = 0 };
	struct sem_arg arg[4];

	sema_init(&s.s, 2);
	KUNIT_EXPECT_EQ(test, down_trylock(&s.s), 0);
	down(&s.s);
	KUNIT_EXPECT_EQ(test, down_trylock(&s.s), 1);
	pretend_signal(true, true);
	KUNIT_EXPECT_EQ(test, down_interruptible(&s.s), -EINTR);
	KUNIT_EXPECT_EQ(test, down_killable(&s.s), -EINTR);
	pretend_signal(false, true);
	KUNIT_EXPECT_TRUE(test, list_empty(&s.s.wait_list));

	for (int i = 0; i < 4; i++) {
		struct task_struct *p;

		arg[i] = (struct sem_arg){ &s, i };
		p = test_thread(test, sem_waiter, &arg[i], "semaphore");
		KUNIT_ASSERT_TRUE(test, yield_until(asleep(p)));
	}
	for (int i = 0; i < 4; i++) {
		up(&s.s);
		KUNIT_EXPECT_EQ_MSG(test, down_trylock(&s.s), 1, "a permit given to a waiter is not for newcomers");
		KUNIT_EXPECT_TRUE(test, yield_until(s.nr == i + 1));
	}
	for (int i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, s.order[i], i);
	up(&s.s);
	KUNIT_EXPECT_EQ(test, s.s.count, 1U);
}

/* ---- rwsem ------------------------------------------------------------------------------------------------------- */

struct rws {
	struct rw_semaphore s;
	struct test_random rnd;
	int readers, writers, bad, finished, most_readers;
	char order[16];
	int nr;
};
struct rws_arg {
	struct rws *r;
	char kind;
	bool go;			/* leave */
	bool in;
};

static int rws_holder(void *arg)
{
	struct rws_arg *a = arg;
	struct rws *r = a->r;

	if (a->kind == 'R')
		down_read(&r->s);
	else
		down_write(&r->s);
	r->order[r->nr++] = a->kind;
	a->in = true;
	while (!a->go)
		yield();
	if (a->kind == 'R')
		up_read(&r->s);
	else
		up_write(&r->s);
	a->in = false;
	r->finished++;
	return 0;
}

static struct task_struct *rws_start(struct kunit *test, struct rws *r, struct rws_arg *a, char kind)
{
	*a = (struct rws_arg){ .r = r, .kind = kind };
	return test_thread(test, rws_holder, a, kind == 'R' ? "reader" : "writer");
}

/* The drawing in rwsem.c: R R inside, then W1 R3 R4 W2 queue up. */
static void the_queue_is_served_in_order(struct kunit *test)
{
	struct rws r = { 0 };
	struct rws_arg a[6];
	struct task_struct *p;

	init_rwsem(&r.s);
	rws_start(test, &r, &a[0], 'R');
	rws_start(test, &r, &a[1], 'R');
	KUNIT_ASSERT_TRUE_MSG(test, yield_until(a[0].in && a[1].in), "readers share");
	KUNIT_EXPECT_EQ(test, down_write_trylock(&r.s), 0);
	for (int i = 2; i < 6; i++) {
		p = rws_start(test, &r, &a[i], "RRWRRW"[i]);
		KUNIT_ASSERT_TRUE_MSG(test, yield_until(asleep(p)), "whoever comes after a waiting writer waits");
	}
	KUNIT_EXPECT_EQ_MSG(test, down_read_trylock(&r.s), 0, "a new reader does not pass a waiting writer");

	a[0].go = true;
	KUNIT_EXPECT_TRUE(test, yield_until(r.finished == 1));
	KUNIT_EXPECT_FALSE(test, a[2].in);
	a[1].go = true;
	KUNIT_EXPECT_TRUE(test, yield_until(a[2].in));
	KUNIT_EXPECT_FALSE(test, a[3].in || a[4].in || a[5].in);
	a[2].go = true;
	KUNIT_EXPECT_TRUE_MSG(test, yield_until(a[3].in && a[4].in), "the readers between two writers go together");
	KUNIT_EXPECT_FALSE(test, a[5].in);
	a[3].go = a[4].go = a[5].go = true;
	KUNIT_EXPECT_TRUE(test, yield_until(r.finished == 6));
	KUNIT_EXPECT_STREQ(test, r.order, "RRWRRW");
	KUNIT_EXPECT_EQ(test, atomic_long_read(&r.s.count), 0L);
}

static void downgrade_lets_readers_in_and_no_writer(struct kunit *test)
{
	struct rws r = { 0 };
	struct rws_arg a[2];

	init_rwsem(&r.s);
	down_write(&r.s);
	for (int i = 0; i < 2; i++) {
		struct task_struct *p = rws_start(test, &r, &a[i], "RW"[i]);

		KUNIT_ASSERT_TRUE(test, yield_until(asleep(p)));
	}
	downgrade_write(&r.s);
	KUNIT_EXPECT_TRUE(test, yield_until(a[0].in));
	KUNIT_EXPECT_FALSE(test, a[1].in);
	a[0].go = a[1].go = true;
	KUNIT_EXPECT_TRUE(test, yield_until(r.finished == 1));
	KUNIT_EXPECT_FALSE(test, a[1].in);
	up_read(&r.s);
	KUNIT_EXPECT_TRUE(test, yield_until(r.finished == 2));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&r.s.count), 0L);
}

static int rws_killed_writer(void *arg)
{
	struct rws *r = arg;

	r->bad = down_write_killable(&r->s);
	return 0;
}

static void a_signal_leaves_no_trace_in_an_rwsem(struct kunit *test)
{
	struct task_struct *writer, *p;
	struct rws r = { 0 };
	struct rws_arg a[3];

	init_rwsem(&r.s);
	rws_start(test, &r, &a[0], 'W');
	KUNIT_ASSERT_TRUE(test, yield_until(a[0].in));
	pretend_signal(true, true);
	KUNIT_EXPECT_EQ(test, down_read_killable(&r.s), -EINTR);
	KUNIT_EXPECT_EQ(test, down_read_interruptible(&r.s), -EINTR);
	KUNIT_EXPECT_EQ(test, down_write_killable(&r.s), -EINTR);
	pretend_signal(false, true);
	KUNIT_EXPECT_EQ_MSG(test, atomic_long_read(&r.s.count), 1L, "a writer inside, nobody waiting");

	/* A writer that has given up does not keep readers out. */
	a[0].go = true;
	KUNIT_ASSERT_TRUE(test, yield_until(r.finished == 1));
	rws_start(test, &r, &a[1], 'R');
	KUNIT_ASSERT_TRUE(test, yield_until(a[1].in));
	pretend_signal(true, true);
	KUNIT_EXPECT_EQ(test, down_write_killable(&r.s), -EINTR);
	pretend_signal(false, true);
	KUNIT_EXPECT_EQ_MSG(test, down_read_trylock(&r.s), 1, "nobody is waiting any more");
	up_read(&r.s);

	/* And one that gives up while a reader waits behind it takes that one along. */
	writer = test_thread(test, rws_killed_writer, &r, "writer");
	KUNIT_ASSERT_TRUE(test, yield_until(asleep(writer)));
	p = rws_start(test, &r, &a[2], 'R');
	KUNIT_ASSERT_TRUE(test, yield_until(asleep(p)));
	sigaddset(&writer->pending.signal, SIGKILL);
	set_tsk_thread_flag(writer, TIF_SIGPENDING);
	wake_up_state(writer, TASK_KILLABLE);
	KUNIT_EXPECT_TRUE(test, yield_until(a[2].in));
	KUNIT_EXPECT_EQ(test, r.bad, -EINTR);
	a[1].go = a[2].go = true;
	KUNIT_EXPECT_TRUE(test, yield_until(r.finished == 3));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&r.s.count), 0L);
}

static int rws_worker(void *arg)
{
	struct rws *r = arg;

	for (int i = 0; i < 150; i++) {
		bool write = test_random_below(&r->rnd, 4) == 0;

		if (write) {
			if (test_random_below(&r->rnd, 4) || !down_write_trylock(&r->s))
				down_write(&r->s);
			r->writers++;
		} else {
			if (test_random_below(&r->rnd, 4) || !down_read_trylock(&r->s))
				down_read(&r->s);
			r->readers++;
		}
		for (u64 j = test_random_below(&r->rnd, 4); j; j--) {
			if (r->writers > 1 || (r->writers && r->readers))
				r->bad++;
			if (r->readers > r->most_readers)
				r->most_readers = r->readers;
			preempt_here();
		}
		if (write && test_random_below(&r->rnd, 3) == 0) {
			r->writers--;
			r->readers++;
			downgrade_write(&r->s);
			write = false;
			preempt_here();
		}
		if (write) {
			r->writers--;
			up_write(&r->s);
		} else {
			r->readers--;
			up_read(&r->s);
		}
		if (test_random_below(&r->rnd, 2))
			preempt_here();
	}
	r->finished++;
	return 0;
}

static void readers_and_writers_at_random(struct kunit *test)
{
	struct rws r = { 0 };

	init_rwsem(&r.s);
	test_random_init(test, &r.rnd, 31);
	race(test, rws_worker, &r, 8);
	KUNIT_EXPECT_EQ(test, r.finished, 8);
	KUNIT_EXPECT_EQ(test, r.bad, 0);
	KUNIT_EXPECT_GT_MSG(test, r.most_readers, 1, "readers did meet");
	KUNIT_EXPECT_EQ(test, atomic_long_read(&r.s.count), 0L);
	KUNIT_EXPECT_TRUE(test, list_empty(&r.s.wait_list));
}

static struct kunit_case sync_cases[] = {
	KUNIT_CASE_NAMED(completions_are_counted,
				 "completion: early ones count, each releases one waiter, complete_all all"),
	KUNIT_CASE_NAMED(a_completion_beats_a_signal, "completion: a signal ends the wait unless it is done already"),
	KUNIT_CASE_NAMED(completions_raced, "C1: a completion announced between look and sleep is not lost"),
	KUNIT_CASE_NAMED(a_mutex_excludes, "mutex: one inside, whatever the interleaving"),
	KUNIT_CASE_NAMED(a_waiter_is_not_overtaken_for_ever, "mutex: handed over to a waiter that was passed"),
	KUNIT_CASE_NAMED(a_waiter_that_cannot_run_is_not_overtaken_for_ever,
			 "mutex: left to a waiter that was passed often and never ran"),
	KUNIT_CASE_NAMED(a_signal_leaves_no_trace_in_a_mutex,
				 "mutex: trylock, and a wait ended by a signal leaves no trace"),
	KUNIT_CASE_NAMED(permits_go_to_waiters_in_order, "semaphore: permits are counted and go to waiters in order"),
	KUNIT_CASE_NAMED(the_queue_is_served_in_order,
				 "rwsem: readers share, a waiting writer is not starved, order is kept"),
	KUNIT_CASE_NAMED(downgrade_lets_readers_in_and_no_writer,
				 "rwsem: downgrade_write lets readers in and no writer"),
	KUNIT_CASE_NAMED(a_signal_leaves_no_trace_in_an_rwsem, "rwsem: a wait ended by a signal leaves no trace"),
	KUNIT_CASE_NAMED(readers_and_writers_at_random, "rwsem: never a writer with anybody else, at random"),
	{}
};
static struct kunit_suite sync_suite = { .name = "sync", .test_cases = sync_cases };
kunit_test_suite(sync_suite);
