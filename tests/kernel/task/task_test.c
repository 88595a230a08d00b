/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/task/task_test.c - numbers and credentials.
 */
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/pid.h>
#include <primer/sched/task.h>
#include <primer/signal.h>
#include <primer/string.h>

#include "../../lib/random.h"
#include "../../sched/threads.h"

#define NR_PIDS	200

/* Not attached to any task: as alloc_pid() left it. */
/* The address only: it may be gone. */
static struct pid *lookup(int nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = find_vpid(nr);
	rcu_read_unlock();
	return pid;
}

static void release_pid(struct pid *pid)
{
	write_lock_irq(&tasklist_lock);
	free_pid(pid);
	write_unlock_irq(&tasklist_lock);
}

static void numbers_are_unique_and_not_used_again_soon(struct kunit *test)
{
	struct pid *pid[NR_PIDS], *again;
	int last = 0, freed;

	for (int i = 0; i < NR_PIDS; i++) {
		pid[i] = alloc_pid();
		KUNIT_ASSERT_FALSE(test, IS_ERR(pid[i]));
		KUNIT_EXPECT_GT_MSG(test, pid_nr(pid[i]), last, "upwards");
		last = pid_nr(pid[i]);
		KUNIT_EXPECT_PTR_EQ(test, lookup(last), pid[i]);
	}
	freed = pid_nr(pid[NR_PIDS / 2]);
	release_pid(pid[NR_PIDS / 2]);
	KUNIT_EXPECT_PTR_EQ(test, lookup(freed), NULL);
	again = alloc_pid();
	KUNIT_ASSERT_FALSE(test, IS_ERR(again));
	KUNIT_EXPECT_GT(test, pid_nr(again), last);
	release_pid(again);
	for (int i = 0; i < NR_PIDS; i++)
		if (i != NR_PIDS / 2)
			release_pid(pid[i]);
	KUNIT_EXPECT_PTR_EQ(test, lookup(0), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup(-1), NULL);
	KUNIT_EXPECT_PTR_EQ(test, lookup(pid_max), NULL);
}

static void numbers_go_round_and_run_out(struct kunit *test)
{
	int old_max = pid_max, seen = 0, wrapped = 0, last = 0;
	struct pid *held[64], *pid;
	int nr_held = 0;

	/* A small world: so many numbers above the reserved ones. */
	pid_max = RESERVED_PIDS + 50;
	for (int i = 0; i < 1000; i++) {
		pid = alloc_pid();
		KUNIT_ASSERT_FALSE(test, IS_ERR(pid));
		if (pid_nr(pid) < last)
			wrapped++;
		last = pid_nr(pid);
		KUNIT_EXPECT_LT(test, last, pid_max);
		if (wrapped)
			KUNIT_EXPECT_GE_MSG(test, last, RESERVED_PIDS, "the reserved ones are not used again");
		seen++;
		release_pid(pid);
	}
	KUNIT_EXPECT_GT(test, wrapped, 3);
	while (nr_held < 64 && !IS_ERR(pid = alloc_pid()))
		held[nr_held++] = pid;
	KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(pid), -EAGAIN, "all in use");
	KUNIT_EXPECT_LE(test, nr_held, 50);
	while (nr_held)
		release_pid(held[--nr_held]);
	pid_max = old_max;
}

static int wait_for_stop(void *arg)
{
	while (!kthread_should_stop())
		yield();
	return 0;
}

static void a_pid_leads_to_its_tasks(struct kunit *test)
{
	struct task_struct *p = test_thread(test, wait_for_stop, NULL, "pids"), *found;
	struct pid *pid = get_task_pid(p, PIDTYPE_PID);
	int nr = p->pid, count = 0;

	KUNIT_EXPECT_EQ(test, pid_nr(pid), nr);
	KUNIT_EXPECT_EQ(test, p->tgid, nr);
	found = find_get_task_by_vpid(nr);
	KUNIT_EXPECT_PTR_EQ(test, found, p);
	put_task_struct(found);
	KUNIT_EXPECT_EQ(test, task_ppid_nr(p), 2);
	read_lock(&tasklist_lock);
	KUNIT_EXPECT_PTR_EQ(test, pid_task(pid, PIDTYPE_TGID), p);
	KUNIT_EXPECT_PTR_EQ_MSG(test, pid_task(pid, PIDTYPE_PGID), NULL, "a kernel thread leads no group");
	for_each_process(found)
		count += found == p;
	read_unlock(&tasklist_lock);
	KUNIT_EXPECT_EQ(test, count, 1);

	kthread_stop(p);
	KUNIT_EXPECT_TRUE(test, yield_until(!lookup(nr)));
	KUNIT_EXPECT_PTR_EQ_MSG(test, get_pid_task(pid, PIDTYPE_PID), NULL,
				"the struct outlives the task and is empty");
	rcu_barrier();		/* the number's own reference is dropped after a grace period */
	KUNIT_EXPECT_EQ(test, refcount_read(&pid->count), 1U);
	put_pid(pid);
}

static void comm_is_cut_and_padded(struct kunit *test)
{
	char old[TASK_COMM_LEN], buf[TASK_COMM_LEN];

	get_task_comm(old, current);
	set_task_comm(current, "a name that is too long");
	get_task_comm(buf, current);
	KUNIT_EXPECT_STREQ(test, buf, "a name that is ");
	set_task_comm(current, "x");
	KUNIT_EXPECT_TRUE(test, !memchr_inv(current->comm + 1, 0, TASK_COMM_LEN - 1));
	set_task_comm(current, old);
}

/* ---- credentials ------------------------------------------------------------------------------------------------- */

static void credentials_are_copied_and_exchanged(struct kunit *test)
{
	const struct cred *shared = get_cred(current_cred()), *old, *seen;
	struct cred *new = prepare_creds();
	unsigned int usage;

	/* First some of our own: the others belong to threads of the kernel as well, which come and go. */
	KUNIT_ASSERT_NOT_NULL(test, new);
	KUNIT_ASSERT_EQ(test, commit_creds(new), 0);
	old = get_cred(current_cred());
	usage = refcount_read(&old->usage);
	new = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, new);
	new->uid = new->euid = new->suid = new->fsuid = 1000;
	new->cap_effective = CAP_EMPTY_SET;
	KUNIT_EXPECT_EQ_MSG(test, current_uid(), 0U, "nothing has changed yet");
	KUNIT_EXPECT_TRUE(test, capable(CAP_SYS_ADMIN));
	KUNIT_EXPECT_EQ(test, commit_creds(new), 0);
	KUNIT_EXPECT_EQ(test, current_uid(), 1000U);
	KUNIT_EXPECT_FALSE(test, capable(CAP_SYS_ADMIN));
	KUNIT_EXPECT_FALSE(test, capable(-1) || capable(CAP_LAST_CAP + 1));
	KUNIT_EXPECT_EQ(test, refcount_read(&old->usage), usage - 2);
	seen = get_task_cred(current);
	KUNIT_EXPECT_PTR_EQ(test, seen, (const struct cred *)new);
	put_cred(seen);

	/* And back, by way of the saved ones. */
	commit_creds((struct cred *)get_cred(old));
	KUNIT_EXPECT_EQ(test, refcount_read(&old->usage), usage);
	put_cred(old);
	KUNIT_EXPECT_TRUE(test, capable(CAP_SYS_ADMIN));
	commit_creds((struct cred *)shared);

	new = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, new);
	abort_creds(new);
}

static void an_override_is_for_oneself_only(struct kunit *test)
{
	struct cred *other = prepare_kernel_cred();
	const struct cred *saved, *mine = current_cred(), *seen;

	KUNIT_ASSERT_NOT_NULL(test, other);
	other->fsuid = 7;
	saved = override_creds(other);
	KUNIT_EXPECT_EQ(test, current_fsuid(), 7U);
	seen = get_task_cred(current);
	KUNIT_EXPECT_PTR_EQ_MSG(test, seen, mine, "to others it is who it was");
	put_cred(seen);
	revert_creds(saved);
	KUNIT_EXPECT_PTR_EQ(test, current_cred(), mine);
	KUNIT_EXPECT_EQ(test, refcount_read(&other->usage), 1U);
	put_cred(other);
}

static void groups_are_searched(struct kunit *test)
{
	struct group_info *gi = groups_alloc(50);
	struct cred *new = prepare_creds();
	const struct cred *saved;
	struct test_random r;

	KUNIT_ASSERT_NOT_NULL(test, gi);
	KUNIT_ASSERT_NOT_NULL(test, new);
	test_random_init(test, &r, 50);
	for (int i = 0; i < 50; i++)
		gi->gid[i] = test_random_below(&r, 1000) * 2 + 1;
	groups_sort(gi);
	for (int i = 1; i < 50; i++)
		KUNIT_EXPECT_LE(test, gi->gid[i - 1], gi->gid[i]);
	set_groups(new, gi);
	new->fsgid = 4000;
	saved = override_creds(new);
	for (int i = 0; i < 50; i++) {
		KUNIT_EXPECT_TRUE(test, in_group_p(gi->gid[i]));
		KUNIT_EXPECT_FALSE_MSG(test, in_group_p(gi->gid[i] - 1), "even ones were not given");
	}
	KUNIT_EXPECT_TRUE(test, in_group_p(4000));
	KUNIT_EXPECT_FALSE(test, in_egroup_p(4000));
	revert_creds(saved);
	abort_creds(new);
	KUNIT_EXPECT_EQ(test, refcount_read(&gi->usage), 1U);
	put_group_info(gi);
}

static void limits_are_inherited_from_the_first_task(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, rlimit(RLIMIT_NOFILE), 1024UL);
	KUNIT_EXPECT_EQ(test, rlimit(RLIMIT_STACK), 8UL << 20);
	KUNIT_EXPECT_EQ(test, rlimit_max(RLIMIT_STACK), RLIM_INFINITY);
	KUNIT_EXPECT_GT(test, rlimit(RLIMIT_NPROC), 0UL);
	KUNIT_EXPECT_EQ(test, rlimit(RLIMIT_SIGPENDING), rlimit(RLIMIT_NPROC));
}

static struct kunit_case task_cases[] = {
	KUNIT_CASE_NAMED(numbers_are_unique_and_not_used_again_soon,
				 "pid: numbers are unique, go up, and rest before they are used again"),
	KUNIT_CASE_NAMED(numbers_go_round_and_run_out,
				 "pid: numbers go round above the reserved ones, and run out with EAGAIN"),
	KUNIT_CASE_NAMED(a_pid_leads_to_its_tasks, "pid: from number to task and back, and nothing after its end"),
	KUNIT_CASE_NAMED(comm_is_cut_and_padded, "comm is cut to 15 characters and padded with zeroes"),
	KUNIT_CASE_NAMED(credentials_are_copied_and_exchanged, "cred: changed in a copy, exchanged whole, counted"),
	KUNIT_CASE_NAMED(an_override_is_for_oneself_only, "cred: an override is not seen by others"),
	KUNIT_CASE_NAMED(groups_are_searched, "cred: supplementary groups are sorted and found"),
	KUNIT_CASE_NAMED(limits_are_inherited_from_the_first_task, "limits are those of the first task"),
	{}
};
static struct kunit_suite task_suite = { .name = "task", .test_cases = task_cases };
kunit_test_suite(task_suite);
