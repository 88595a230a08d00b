/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/time/tick_test.c - jiffies go on, and timeouts end, while the CPU whose duty they are takes no interrupts.
 */
#include <primer/completion.h>
#include <primer/cpumask.h>
#include <primer/err.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/timekeeping.h>
#include <kunit/test.h>

#include "../../../kernel/time/tick_internal.h"

#define HANG_MAX	(4 * (ktime_t)NSEC_PER_SEC)	/* so long the test waits; what it waits for takes 40 ms */
#define SLEEPS		8				/* sleeps of one jiffy, each of which starts a timer */
#define JIFFIES		40

struct hang {
	bool inside, enough;
	struct completion gone;
};

/* Takes the duty, and hangs with it. */
static int hang_with_the_duty(void *arg)
{
	struct hang *h = arg;
	ktime_t end;

	local_irq_disable();
	WRITE_ONCE(tick_do_timer_cpu, smp_processor_id());
	WRITE_ONCE(h->inside, true);
	end = ktime_get() + HANG_MAX;
	while (!READ_ONCE(h->enough) && ktime_get() < end)
		cpu_relax();
	local_irq_enable();
	complete(&h->gone);
	return 0;
}

/* How many jiffies pass here while CPU @other hangs with the duty; -1: it did not hang to the end. *@duty: whose it is then. */
static long jiffies_beside(struct kunit *test, unsigned int other, int *duty)
{
	struct hang h = { .inside = false };
	struct task_struct *p;
	unsigned long begin;
	long passed;
	ktime_t end;

	init_completion(&h.gone);
	p = kthread_create_on_cpu(hang_with_the_duty, &h, other, "hang/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	wake_up_process(p);
	while (!READ_ONCE(h.inside))
		cpu_relax();
	for (int i = 0; i < SLEEPS && !completion_done(&h.gone); i++)
		schedule_timeout_uninterruptible(1);
	/* From here on this CPU is busy: only its tick can move jiffies. */
	begin = jiffies;
	end = ktime_get() + HANG_MAX;
	while (jiffies - begin < JIFFIES && ktime_get() < end && !completion_done(&h.gone))
		cpu_relax();
	passed = (long)(jiffies - begin);
	*duty = READ_ONCE(tick_do_timer_cpu);
	if (completion_done(&h.gone) || passed < JIFFIES)
		passed = -1;	/* the host has stopped us for as long as the other one hangs; or jiffies stand still, again and again */
	WRITE_ONCE(h.enough, true);
	wait_for_completion(&h.gone);
	return passed;
}

static void jiffies_go_on(struct kunit *test)
{
	unsigned int here, other;
	long passed = -1;
	int duty = -1;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs 2 CPUs");
	if (!tick_oneshot_mode_active())
		kunit_skip(test, "a periodic tick has no clock to make up from");
	here = (unsigned int)raw_smp_processor_id();
	set_cpus_allowed_ptr(current, cpumask_of(here));
	other = cpumask_next((int)here, cpu_online_mask);
	if (other >= nr_cpu_ids)
		other = cpumask_first(cpu_online_mask);
	/* The host may stop us for longer than the other one hangs. */
	for (int try = 0; try < 5 && passed < 0; try++)
		passed = jiffies_beside(test, other, &duty);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	KUNIT_EXPECT_GE(test, passed, (long)JIFFIES);
	/* A third CPU's interrupts may have moved jiffies often enough that nobody had to. */
	if (num_online_cpus() == 2)
		KUNIT_EXPECT_NE_MSG(test, duty, (int)other, "somebody has taken the duty");
}

static struct kunit_case tick_cases[] = {
	KUNIT_CASE_NAMED(jiffies_go_on, "jiffies go on while the CPU that counts them takes no interrupts"),
	{}
};
static struct kunit_suite tick_suite = { .name = "tick", .test_cases = tick_cases };
kunit_test_suite(tick_suite);
