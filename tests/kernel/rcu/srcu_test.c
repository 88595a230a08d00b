/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/rcu/srcu_test.c - SRCU: readers may sleep and are waited for; other srcu_structs do not care; callbacks come in order.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/kthread.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/srcu.h>

static struct srcu_struct ss, other;
static bool may_leave, reader_left;
static struct completion reader_inside;

static int srcu_suite_init(struct kunit *test)
{
	if (init_srcu_struct(&ss))
		return -ENOMEM;
	if (init_srcu_struct(&other)) {
		cleanup_srcu_struct(&ss);
		return -ENOMEM;
	}
	return 0;
}

static void srcu_suite_exit(struct kunit *test)
{
	cleanup_srcu_struct(&ss);
	cleanup_srcu_struct(&other);
}

static void without_readers_nothing_is_waited_for(struct kunit *test)
{
	int a = srcu_read_lock(&ss), b = srcu_read_lock(&ss);

	srcu_read_unlock(&ss, b);
	srcu_read_unlock(&ss, a);
	for (int i = 0; i < 5; i++)
		synchronize_srcu(&ss);
	KUNIT_EXPECT_EQ(test, ss.gp_seq, 10UL);
	KUNIT_EXPECT_EQ(test, ss.idx, 5U);
}

#ifdef CONFIG_DEBUG
static void a_section_is_known(struct kunit *test)
{
	int a, b;

	KUNIT_EXPECT_FALSE(test, srcu_read_lock_held(&ss));
	a = srcu_read_lock(&ss);
	KUNIT_EXPECT_TRUE(test, srcu_read_lock_held(&ss));
	KUNIT_EXPECT_FALSE(test, srcu_read_lock_held(&other));
	b = srcu_read_lock(&ss);
	srcu_read_unlock(&ss, a);
	KUNIT_EXPECT_TRUE(test, srcu_read_lock_held(&ss));
	srcu_read_unlock(&ss, b);
	KUNIT_EXPECT_FALSE(test, srcu_read_lock_held(&ss));
}
#endif

static int sleeping_reader(void *unused)
{
	int idx = srcu_read_lock(&ss);

	complete(&reader_inside);
	for (int i = 0; i < 10000 && !READ_ONCE(may_leave); i++)
		msleep(1);
	msleep(20);
	WRITE_ONCE(reader_left, true);
	srcu_read_unlock(&ss, idx);
	return 0;
}

static void start_reader(struct kunit *test)
{
	struct task_struct *p;

	may_leave = reader_left = false;
	init_completion(&reader_inside);
	p = kthread_run(sleeping_reader, NULL, "sleeping_reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	wait_for_completion(&reader_inside);
}

static void a_sleeping_reader_is_waited_for(struct kunit *test)
{
	start_reader(test);
	synchronize_srcu(&other);
	KUNIT_EXPECT_FALSE_MSG(test, READ_ONCE(reader_left), "a reader of one world holds up another");
	WRITE_ONCE(may_leave, true);
	synchronize_srcu(&ss);
	KUNIT_EXPECT_TRUE_MSG(test, READ_ONCE(reader_left), "the wait ended while a reader slept inside");
}

struct numbered {
	struct rcu_head rcu;
	int nr;
};

static int called;
static bool out_of_order, before_reader;

static void note(struct rcu_head *head)
{
	out_of_order |= container_of(head, struct numbered, rcu)->nr != called++;
	before_reader |= !READ_ONCE(reader_left);
	msleep(1);		/* it may */
}

static void callbacks_come_in_order_after_the_readers(struct kunit *test)
{
	static struct numbered n[5];

	called = 0;
	out_of_order = before_reader = false;
	start_reader(test);
	for (int i = 0; i < 5; i++) {
		n[i].nr = i;
		call_srcu(&ss, &n[i].rcu, note);
	}
	WRITE_ONCE(may_leave, true);
	srcu_barrier(&ss);
	KUNIT_EXPECT_EQ(test, called, 5);
	KUNIT_EXPECT_FALSE(test, out_of_order);
	KUNIT_EXPECT_FALSE(test, before_reader);
}

static struct kunit_case srcu_cases[] = {
	KUNIT_CASE_NAMED(without_readers_nothing_is_waited_for, "without readers nothing is waited for"),
	KUNIT_CASE_NAMED(a_sleeping_reader_is_waited_for, "a reader that sleeps is waited for, but not by another srcu_struct"),
	KUNIT_CASE_NAMED(callbacks_come_in_order_after_the_readers, "callbacks come in order, after the readers, and may sleep"),
#ifdef CONFIG_DEBUG
	KUNIT_CASE_NAMED(a_section_is_known, "DEBUG: srcu_read_lock_held() is false when nobody is inside"),
#endif
	{}
};

static struct kunit_suite srcu_suite = {
	.name = "srcu", .init = srcu_suite_init, .exit = srcu_suite_exit, .test_cases = srcu_cases
};
kunit_test_suite(srcu_suite);
