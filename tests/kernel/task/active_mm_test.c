/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/task/active_mm_test.c - a kernel thread runs on the tables of who ran before it, and that is counted.
 *
 * Threads of the test play processes: they take an address space as execve() does and give it up as exit() does. All
 * are bound to one CPU, so its loan is the only one, and mm_count can be told exactly:
 *
 *	1	all users together, as long as there is one
 *	1	the test, which looks at it to the end
 *	1	while a kernel thread runs on the CPU: its loan, handed on from one kernel thread to the next
 */
#include <primer/completion.h>
#include <primer/mmu_context.h>
#include <primer/sched/task.h>
#include <primer/vm.h>

#include "../../sched/threads.h"

struct process {
	struct mm_struct *mm, *watched;
	struct completion ready, go, gone;
	int count;			/* of @watched, when the process ran again */
};

struct look {
	struct task_struct *before;
	struct completion done;
	struct mm_struct *mm, *active, *handed_on;
	int count;
};

/* current leaves its tables for those of @mm, as a process or (@user false) as a kernel thread that borrows them. */
static void go_to(struct mm_struct *mm, bool user)
{
	struct mm_struct *from;

	task_lock(current);
	local_irq_disable();
	from = current->active_mm;	/* changes with every switch */
	current->mm = user ? mm : NULL;
	current->active_mm = mm;
	activate_mm(from, mm);
	local_irq_enable();
	task_unlock(current);
	mmdrop(from);
}

static int process(void *arg)
{
	struct process *p = arg;

	go_to(p->mm, true);
	complete(&p->ready);
	wait_for_completion(&p->go);
	p->count = atomic_read(&p->watched->mm_count);

	mmgrab(p->mm);
	task_lock(current);
	local_irq_disable();
	current->mm = NULL;
	enter_lazy_tlb(p->mm, current);
	local_irq_enable();
	task_unlock(current);
	mmput(p->mm);
	complete(&p->gone);
	return 0;
}

/* A process with an address space of its own, which sleeps when this returns. @watched NULL: it watches its own. */
static void start_process(struct kunit *test, struct process *p, int cpu, struct mm_struct *watched)
{
	struct task_struct *task;

	p->mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, p->mm);
	mmgrab(p->mm);
	p->watched = watched ?: p->mm;
	init_completion(&p->ready);
	init_completion(&p->go);
	init_completion(&p->gone);
	task = kthread_create(process, p, "process");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_bind(task, cpu);
	wake_up_process(task);
	wait_for_completion(&p->ready);
}

static void end_process(struct process *p)
{
	complete(&p->go);
	wait_for_completion(&p->gone);
}

static int look(void *arg)
{
	struct look *l = arg;

	l->mm = current->mm;
	l->active = current->active_mm;
	l->count = atomic_read(&l->active->mm_count);
	l->handed_on = l->before->active_mm;
	complete(&l->done);
	return 0;
}

/* Nothing of the test's stays borrowed on this CPU. */
static int give_back(void *done)
{
	mmgrab(&init_mm);
	go_to(&init_mm, false);
	if (done)
		complete(done);
	return 0;
}

static int nr_borrowers(struct mm_struct *mm)
{
	return atomic_read(&mm->mm_count) - 1 - !!atomic_read(&mm->mm_users);
}

static void a_kernel_thread_borrows(struct kunit *test)
{
	int cpu = raw_smp_processor_id();
	struct look l = { .before = current };
	struct process first, second;

	/* The second one is a process before the first: as such it ends the loan of whom it follows. */
	start_process(test, &second, cpu, NULL);
	start_process(test, &first, cpu, NULL);
	second.watched = first.mm;

	KUNIT_EXPECT_NULL(test, current->mm);
	KUNIT_EXPECT_PTR_EQ_MSG(test, current->active_mm, first.mm, "of the last process on this CPU");
	KUNIT_EXPECT_EQ(test, nr_borrowers(first.mm), 1);
	KUNIT_EXPECT_EQ_MSG(test, nr_borrowers(second.mm), 0, "its turn is over");

	init_completion(&l.done);
	test_thread(test, look, &l, "borrower");
	wait_for_completion(&l.done);
	KUNIT_EXPECT_NULL(test, l.mm);
	KUNIT_EXPECT_PTR_EQ_MSG(test, l.active, first.mm, "from one kernel thread to the next");
	KUNIT_EXPECT_NULL_MSG(test, l.handed_on, "one of them has it");
	KUNIT_EXPECT_EQ_MSG(test, l.count, 3, "one loan, whoever has it");

	/* The end of the first: its tables stay as long as they are borrowed. */
	end_process(&first);
	KUNIT_EXPECT_EQ_MSG(test, first.count, 2, "no loan while the process itself runs");
	KUNIT_EXPECT_PTR_EQ(test, current->active_mm, first.mm);
	KUNIT_EXPECT_EQ(test, atomic_read(&first.mm->mm_users), 0);
	KUNIT_EXPECT_EQ_MSG(test, nr_borrowers(first.mm), 1, "nothing but the loan keeps it");

	end_process(&second);
	KUNIT_EXPECT_EQ_MSG(test, second.count, 1, "the next process ends the loan");
	KUNIT_EXPECT_PTR_EQ(test, current->active_mm, second.mm);
	give_back(NULL);
	KUNIT_EXPECT_EQ(test, nr_borrowers(second.mm), 0);
	mmdrop(first.mm);
	mmdrop(second.mm);
}

/* Another CPU's idle task is a kernel thread too. */
static void an_idle_cpu_borrows(struct kunit *test)
{
	int cpu = raw_smp_processor_id() ? 0 : 1;
	struct completion done;
	struct task_struct *task;
	struct process p, next;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs 2 CPUs");
	start_process(test, &next, cpu, NULL);
	start_process(test, &p, cpu, NULL);
	next.watched = p.mm;
	KUNIT_EXPECT_TRUE(test, yield_until(READ_ONCE(idle_task(cpu)->active_mm) == p.mm && nr_borrowers(p.mm) == 1));
	KUNIT_EXPECT_EQ(test, nr_borrowers(p.mm), 1);
	KUNIT_EXPECT_PTR_NE(test, current->active_mm, p.mm);
	end_process(&p);
	KUNIT_EXPECT_EQ(test, p.count, 2);
	KUNIT_EXPECT_TRUE(test, yield_until(READ_ONCE(idle_task(cpu)->active_mm) == p.mm));
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&p.mm->mm_users), 0, "all users are gone");
	KUNIT_EXPECT_EQ_MSG(test, nr_borrowers(p.mm), 1, "the loan is not");
	end_process(&next);
	KUNIT_EXPECT_EQ(test, next.count, 1);
	init_completion(&done);
	task = kthread_create(give_back, &done, "give back");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_bind(task, cpu);
	wake_up_process(task);
	wait_for_completion(&done);
	KUNIT_EXPECT_EQ(test, nr_borrowers(next.mm), 0);
	mmdrop(p.mm);
	mmdrop(next.mm);
}

static int active_mm_init(struct kunit *test)
{
	stay_here(test);
	return 0;
}

static struct kunit_case active_mm_cases[] = {
	KUNIT_CASE_NAMED(a_kernel_thread_borrows,
			 "a kernel thread borrows the tables of who ran before it, counted, and gives them back"),
	KUNIT_CASE_NAMED(an_idle_cpu_borrows, "so does an idle CPU, from a process that has ended"),
	{}
};
static struct kunit_suite active_mm_suite = { .name = "active-mm", .init = active_mm_init,
					     .test_cases = active_mm_cases };
kunit_test_suite(active_mm_suite);
