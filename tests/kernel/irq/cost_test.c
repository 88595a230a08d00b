/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/irq/cost_test.c - what timers, softirqs and messages between CPUs cost, from end to end. (entry_test.c has what they are made
 * of: entry and exit.)
 *
 * The costs are differences of the time-stamp counter. Under "-icount shift=0" all virtual CPUs of the machine run in turns on one thread
 * of the host and share one counter of instructions. A CPU's turn ends when it halts or executes PAUSE; so a sender that waits with
 * cpu_relax() hands over to the receiver at once, and the sum of both is a number that does not change from run to run:
 *
 *	sender		t0 send ... PAUSE |			  | sees the answer t3
 *	receiver			  | entry ... t1 func ... |
 *					    exit, back to where it was
 *			|<----- there ----->|
 *			|<------------------- there and back --------------->|
 *
 * "There and back" contains the receiver's way out of the interrupt too, up to its next PAUSE or HLT: on real CPUs that part would run
 * beside the sender. The smallest of many rounds counts: the others were interrupted.
 *
 * tools/irq_cost.py boots this, and makes the table of docs/interrupts.md from the lines "cost of".
 */
#include <kunit/test.h>
#include <primer/hrtimer.h>
#include <primer/interrupt.h>
#include <primer/irq.h>
#include <primer/jiffies.h>
#include <primer/kthread.h>
#include <primer/mmu_context.h>
#include <primer/sched.h>
#include <primer/sleep.h>
#include <primer/smp.h>
#include <primer/timer.h>
#include <primer/tlb.h>
#include <primer/vm.h>
#include <uapi/sched.h>
#include <asm/apic.h>
#include <asm/hardirq.h>
#include <asm/irqflags.h>
#include <asm/smp.h>
#include <asm/tsc.h>

#define ROUNDS	100

struct cost {
	u64 there, back;
};

static u64 t1;

static void no_cost(struct cost *c)
{
	c->there = c->back = ~0ULL;
}

static void note(struct cost *c, u64 start, u64 there, u64 end)
{
	c->there = min(c->there, there - start);
	c->back = min(c->back, end - start);
}

static int other_cpu(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != (unsigned int)raw_smp_processor_id())
			return cpu;
	return -1;
}

/* Stay on this CPU, and name another one; without one the case is skipped. */
static int need_two_cpus(struct kunit *test)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "needs 2 CPUs");
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	return other_cpu();
}

/* ---- timers ----------------------------------------------------------------------------------------------------------- */

static volatile int expired;

static enum hrtimer_restart expire(struct hrtimer *t)
{
	t1 = rdtsc();
	expired = 1;
	return HRTIMER_NORESTART;
}

static void never(struct timer_list *t)	{ }

static void cost_of_timers(struct kunit *test)
{
	struct cost irq, queue, wheel;
	struct timer_list timeout;
	struct hrtimer t;

	no_cost(&irq);
	no_cost(&queue);
	no_cost(&wheel);
	hrtimer_init_on_stack(&t, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	t.function = expire;
	for (int i = 0; i < ROUNDS; i++) {
		u64 before, after, from = 0, to = 0;
		bool last;

		/* Read the counter without a pause: the interrupt is the widest gap between two readings. */
		expired = 0;
		hrtimer_start(&t, 20000, HRTIMER_MODE_REL);
		after = rdtsc();
		do {
			last = expired;
			before = after;
			after = rdtsc();
			if (after - before > to - from) {
				from = before;
				to = after;
			}
		} while (!last);
		note(&irq, from, t1, to);

		before = rdtsc();
		hrtimer_start(&t, 1000000000, HRTIMER_MODE_REL);
		t1 = rdtsc();
		hrtimer_cancel(&t);
		note(&queue, before, t1, rdtsc());
	}
	timer_setup_on_stack(&timeout, never, 0);
	for (int i = 0; i < ROUNDS; i++) {
		u64 before = rdtsc();

		mod_timer(&timeout, jiffies + 30 * HZ);
		t1 = rdtsc();
		del_timer_sync(&timeout);
		note(&wheel, before, t1, rdtsc());
	}
	KUNIT_EXPECT_LT(test, irq.back, 1000000ULL);
	kunit_info(test, "cost of a timer interrupt that runs one hrtimer: there %llu, there and back %llu", irq.there, irq.back);
	kunit_info(test, "cost of an hrtimer that is set and cancelled: set %llu, both %llu", queue.there, queue.back);
	kunit_info(test, "cost of a timeout (timer wheel) that is set and cancelled: set %llu, both %llu", wheel.there, wheel.back);
}

/* ---- softirqs --------------------------------------------------------------------------------------------------------- */

static u64 raised_at, ran_at;
static volatile int softirqs;

static void run_softirq(struct softirq_action *a)
{
	ran_at = rdtsc();
	softirqs++;
}

static void raise_one(struct pt_regs *regs)
{
	raised_at = rdtsc();
	__raise_softirq_irqoff(IRQ_POLL_SOFTIRQ);
}

static void cost_of_a_softirq(struct kunit *test)
{
	struct cost c;

	if (!apic_enabled)
		kunit_skip(test, "no local APIC to send an interrupt with");
	no_cost(&c);
	open_softirq(IRQ_POLL_SOFTIRQ, run_softirq);
	set_sysvec(X86_PLATFORM_IPI_VECTOR, raise_one, 0);
	for (int i = 0; i < ROUNDS; i++) {
		int before = softirqs;
		u64 end;

		apic_send_IPI_self(X86_PLATFORM_IPI_VECTOR);
		end = rdtsc();
		for (int j = 0; j < 1000000 && softirqs == before; j++) {
			cpu_relax();
			end = rdtsc();
		}
		note(&c, raised_at, ran_at, end);
	}
	set_sysvec(X86_PLATFORM_IPI_VECTOR, NULL, 0);
	KUNIT_EXPECT_GE(test, softirqs, ROUNDS);
	kunit_info(test, "cost of a softirq, from the handler that raises it: there %llu, there and back %llu", c.there, c.back);
}

/* ---- another CPU ------------------------------------------------------------------------------------------------------ */

/* What the other CPU is made to do meanwhile: spin; or spin with a process's tables loaded, in use or lazily. */
enum business { SPIN, USE_MM, LAZY_MM };

static struct {
	enum business what;
	struct mm_struct *mm;
	int ready, stop;	/* READ_ONCE, WRITE_ONCE */
} other;

static int be_busy(void *unused)
{
	preempt_disable();
	if (other.what != SPIN)
		switch_mm(current->active_mm, other.mm, current);
	if (other.what == LAZY_MM)
		enter_lazy_tlb(other.mm, current);
	WRITE_ONCE(other.ready, 1);
	while (!READ_ONCE(other.stop))
		cpu_relax();
	if (other.what != SPIN)
		switch_mm(other.mm, current->active_mm, current);
	preempt_enable();
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static struct task_struct *make_busy(struct kunit *test, int cpu, enum business what)
{
	struct task_struct *p = kthread_create(be_busy, NULL, "irq-cost/%d", cpu);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	other.what = what;
	WRITE_ONCE(other.ready, 0);
	WRITE_ONCE(other.stop, 0);
	kthread_bind(p, cpu);
	wake_up_process(p);
	while (!READ_ONCE(other.ready))
		yield();
	return p;
}

static void make_idle(struct task_struct *p)
{
	WRITE_ONCE(other.stop, 1);
	kthread_stop(p);
	schedule_timeout_uninterruptible(2);
}

static void stamp(void *unused)		{ t1 = rdtsc(); }

static struct cost call(int cpu)
{
	struct cost c;

	no_cost(&c);
	for (int i = 0; i < ROUNDS; i++) {
		u64 start = rdtsc();

		smp_call_function_single(cpu, stamp, NULL, 1);
		note(&c, start, t1, rdtsc());
	}
	return c;
}

static void cost_of_an_ipi(struct kunit *test)
{
	int cpu = need_two_cpus(test);
	struct task_struct *p;
	struct cost c;

	c = call(cpu);
	kunit_info(test, "cost of a function call on an idle CPU: there %llu, there and back %llu", c.there, c.back);
	p = make_busy(test, cpu, SPIN);
	c = call(cpu);
	make_idle(p);
	kunit_info(test, "cost of a function call on a busy CPU: there %llu, there and back %llu", c.there, c.back);
}

/* ---- a wakeup ---------------------------------------------------------------------------------------------------------- */

static volatile int awake;

static int sleeper(void *unused)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
		t1 = rdtsc();
		awake = 1;
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void cost_of_a_wakeup_elsewhere(struct kunit *test)
{
	int cpu = need_two_cpus(test);
	struct task_struct *p;
	struct cost c;

	no_cost(&c);
	p = kthread_create(sleeper, NULL, "irq-cost/%d", cpu);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	kthread_bind(p, cpu);
	wake_up_process(p);
	for (int i = 0; i < ROUNDS; i++) {
		u64 start;

		/* Let it fall asleep, and its CPU: a wakeup that came before would be lost. */
		do
			schedule_timeout_uninterruptible(1);
		while (READ_ONCE(p->state) != TASK_INTERRUPTIBLE || READ_ONCE(p->on_rq) || READ_ONCE(p->on_cpu));
		awake = 0;
		start = rdtsc();
		wake_up_process(p);
		while (!awake)
			cpu_relax();
		note(&c, start, t1, rdtsc());
	}
	kthread_stop(p);
	kunit_info(test, "cost of waking a task on an idle CPU: there %llu", c.there);
}

/* ---- a shootdown ------------------------------------------------------------------------------------------------------- */

static struct cost shoot(unsigned long pages)
{
	struct cost c;

	no_cost(&c);
	for (int i = 0; i < ROUNDS; i++) {
		u64 start = rdtsc();

		flush_tlb_mm_range(other.mm, 0x10000, 0x10000 + pages * PAGE_SIZE, false);
		note(&c, start, start, rdtsc());
	}
	return c;
}

static void cost_of_a_shootdown(struct kunit *test)
{
	int cpu = need_two_cpus(test);
	unsigned int before;
	struct task_struct *p;
	struct cost c;

	other.mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, other.mm);
	c = shoot(1);
	kunit_info(test, "cost of a TLB flush that concerns no other CPU: both %llu", c.back);

	p = make_busy(test, cpu, USE_MM);
	before = irq_stat_read(irq_tlb_count, cpu);
	c = shoot(1);
	KUNIT_EXPECT_EQ(test, irq_stat_read(irq_tlb_count, cpu) - before, (unsigned int)ROUNDS);
	kunit_info(test, "cost of a TLB shootdown of one page: both %llu", c.back);
	c = shoot(32);
	kunit_info(test, "cost of a TLB shootdown of 32 pages: both %llu", c.back);
	c = shoot(64);
	kunit_info(test, "cost of a TLB shootdown of 64 pages (all): both %llu", c.back);
	make_idle(p);

	p = make_busy(test, cpu, LAZY_MM);
	before = irq_stat_read(irq_tlb_count, cpu);
	c = shoot(1);
	KUNIT_EXPECT_EQ_MSG(test, irq_stat_read(irq_tlb_count, cpu), before, "a lazy CPU is not asked");
	kunit_info(test, "cost of a TLB flush that concerns a lazy CPU: both %llu", c.back);
	make_idle(p);
	KUNIT_EXPECT_EQ_MSG(test, other.mm->cpu_bitmap, 0UL, "no CPU has it loaded any more");
	mmput(other.mm);
}

static struct kunit_case cost_cases[] = {
	KUNIT_CASE(cost_of_timers),
	KUNIT_CASE(cost_of_a_softirq),
	KUNIT_CASE(cost_of_an_ipi),
	KUNIT_CASE(cost_of_a_wakeup_elsewhere),
	KUNIT_CASE(cost_of_a_shootdown),
	{}
};
static struct kunit_suite cost_suite = { .name = "irq_cost", .test_cases = cost_cases };
kunit_test_suite(cost_suite);
