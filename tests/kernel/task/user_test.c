/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/task/user_test.c - how many tasks a user has, and may have.
 *
 * The test makes itself a user without capabilities, makes tasks that never run, and gives everything back.
 */
#include <kunit/test.h>
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/sched/user.h>
#include <primer/signal.h>
#include <uapi/resource.h>
#include <uapi/sched.h>

#define SOMEBODY	54321

static int never_runs(void *arg)	{ return 0; }

static struct task_struct *new_task(void)
{
	struct kernel_clone_args args = { .flags = CLONE_VM | CLONE_FS | CLONE_FILES, .fn = never_runs };

	return copy_bare_task(&args);
}

static void users_are_found_and_counted(struct kunit *test)
{
	struct user_struct *a, *b;

	KUNIT_EXPECT_PTR_EQ(test, find_user(SOMEBODY), NULL);
	a = alloc_uid(SOMEBODY);
	KUNIT_ASSERT_NOT_NULL(test, a);
	b = alloc_uid(SOMEBODY);
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_EQ(test, refcount_read(&a->__count), 2U);
	free_uid(b);
	b = find_user(SOMEBODY);
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	free_uid(b);
	b = alloc_uid(SOMEBODY + 64);		/* perhaps in the same bucket */
	KUNIT_EXPECT_PTR_NE(test, a, b);
	free_uid(b);
	free_uid(a);
	KUNIT_EXPECT_PTR_EQ(test, find_user(SOMEBODY), NULL);
	a = find_user(0);
	KUNIT_EXPECT_PTR_EQ(test, a, INIT_USER);
	free_uid(a);
}

/* current becomes SOMEBODY, with or without power; returns who it was, for give_back(). */
static const struct cred *become_somebody(struct kunit *test, bool capable)
{
	const struct cred *old = get_cred(current_cred());
	struct cred *new = prepare_creds();

	KUNIT_EXPECT_NOT_NULL(test, new);
	free_uid(new->user);
	new->user = alloc_uid(SOMEBODY);
	new->uid = new->euid = new->suid = new->fsuid = SOMEBODY;
	if (!capable)
		new->cap_effective = CAP_EMPTY_SET;
	commit_creds(new);
	return old;
}

static void give_back(const struct cred *old)
{
	commit_creds((struct cred *)get_cred(old));
	put_cred(old);
}

static void tasks_of_a_user_are_limited(struct kunit *test)
{
	struct rlimit *limit = &current->signal->rlim[RLIMIT_NPROC], was = *limit;
	int roots = atomic_read(&INIT_USER->processes);
	const struct cred *old;
	struct user_struct *somebody;
	struct task_struct *p[3];

	/* Root is not asked. */
	limit->rlim_cur = 0;
	p[0] = new_task();
	KUNIT_EXPECT_FALSE(test, IS_ERR(p[0]));
	KUNIT_EXPECT_EQ(test, atomic_read(&INIT_USER->processes), roots + 1);
	free_bare_task(p[0]);
	KUNIT_EXPECT_EQ(test, atomic_read(&INIT_USER->processes), roots);

	old = become_somebody(test, false);
	somebody = current_cred()->user;
	KUNIT_EXPECT_EQ(test, atomic_read(&somebody->processes), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&INIT_USER->processes), roots - 1);
	limit->rlim_cur = 3;
	p[0] = new_task();
	p[1] = new_task();
	KUNIT_EXPECT_FALSE(test, IS_ERR(p[0]) || IS_ERR(p[1]));
	p[2] = new_task();
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(p[2]), -EAGAIN);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&somebody->processes), 3, "the refused one is not counted");
	free_bare_task(p[0]);
	p[0] = new_task();
	KUNIT_EXPECT_FALSE(test, IS_ERR(p[0]));
	limit->rlim_cur = RLIM_INFINITY;
	p[2] = new_task();
	KUNIT_EXPECT_FALSE(test, IS_ERR(p[2]));
	for (int i = 0; i < 3; i++)
		free_bare_task(p[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&somebody->processes), 1);
	give_back(old);

	/* Nor is who has the power to exceed limits. */
	limit->rlim_cur = 1;
	old = become_somebody(test, true);
	p[0] = new_task();
	KUNIT_EXPECT_FALSE(test, IS_ERR(p[0]));
	free_bare_task(p[0]);
	give_back(old);
	*limit = was;
	KUNIT_EXPECT_EQ(test, atomic_read(&INIT_USER->processes), roots);
	KUNIT_EXPECT_PTR_EQ_MSG(test, find_user(SOMEBODY), NULL, "the user goes with the last credentials");
}

static void all_tasks_together_are_limited(struct kunit *test)
{
	int was = max_threads;
	struct task_struct *p;

	max_threads = 1;			/* there are more, whoever comes or goes */
	p = new_task();
	max_threads = was;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(p), -EAGAIN);
}

static void a_pid_that_was_got_outlives_its_number(struct kunit *test)
{
	struct pid *pid = alloc_pid(), *got, *again;
	int nr;

	KUNIT_ASSERT_FALSE(test, IS_ERR(pid));
	nr = pid_nr(pid);
	got = find_get_ge_pid(nr);
	again = find_get_pid(nr);
	KUNIT_EXPECT_PTR_EQ(test, got, pid);
	KUNIT_EXPECT_PTR_EQ(test, again, pid);
	write_lock_irq(&tasklist_lock);
	free_pid(pid);
	write_unlock_irq(&tasklist_lock);
	rcu_barrier();		/* the number's own reference is dropped after a grace period */
	KUNIT_EXPECT_EQ(test, refcount_read(&got->count), 2U);
	KUNIT_EXPECT_EQ(test, pid_nr(got), nr);
	KUNIT_EXPECT_PTR_EQ(test, find_get_pid(nr), NULL);
	put_pid(got);
	put_pid(again);
}

static struct kunit_case user_cases[] = {
	KUNIT_CASE_NAMED(users_are_found_and_counted, "a user is there as long as somebody has it"),
	KUNIT_CASE_NAMED(tasks_of_a_user_are_limited, "RLIMIT_NPROC limits the tasks of a user, but not root's"),
	KUNIT_CASE_NAMED(all_tasks_together_are_limited, "max_threads limits all tasks together"),
	KUNIT_CASE_NAMED(a_pid_that_was_got_outlives_its_number, "a pid that was got outlives its number"),
	{}};

static struct kunit_suite user_suite = {
	.name = "user",
	.test_cases = user_cases,
};
kunit_test_suite(user_suite);
