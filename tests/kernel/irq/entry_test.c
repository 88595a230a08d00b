/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/irq/entry_test.c - real interrupts, which this CPU sends to itself: the stack they run on, what they may be asked about,
 * preemption when they return, NMIs, and what entry and exit cost.
 *
 * The costs are differences of the time-stamp counter, so under "-icount shift=0" they are instructions:
 *
 *	   t0 rdtsc  [send]  entry ...  t1 rdtsc (handler) t2 rdtsc  ... exit  t3 rdtsc
 *	      |<------- entry --------->|                  |<---- exit ---->|
 *
 * The sending (one store to the ICR) and the RDTSCs themselves are in there: some five instructions.
 */
#include <kunit/test.h>
#include <primer/hardirq.h>
#include <primer/interrupt.h>
#include <primer/irq.h>
#include <primer/kthread.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/stacktrace.h>
#include <uapi/sched.h>
#include <asm/apic.h>
#include <asm/irq_stack.h>
#include <asm/irqflags.h>
#include <asm/nmi.h>
#include <asm/ptrace.h>

#define ROUNDS	100

static volatile int calls;
static unsigned long handler_sp, handler_context, trace[32];
static unsigned int trace_len;
static bool irqs_off, regs_right;
static u64 t1, t2;

static int need_apic(struct kunit *test)
{
	if (!apic_enabled) {
		kunit_mark_skipped(test, "no local APIC to send an interrupt with");
		kunit_abort(test);
	}
	calls = 0;
	return 0;
}

static void release_vector(void *fn)
{
	set_sysvec(X86_PLATFORM_IPI_VECTOR, NULL, 0);
}

static void own_vector(struct kunit *test, void (*fn)(struct pt_regs *), unsigned int flags)
{
	set_sysvec(X86_PLATFORM_IPI_VECTOR, fn, flags);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, release_vector, NULL), 0);
}

/* Send it, and see it served: with interrupts on it comes at the next instruction boundary, or soon. */
static void send(void)
{
	int before = calls;

	apic_send_IPI_self(X86_PLATFORM_IPI_VECTOR);
	for (int i = 0; i < 1000000 && calls == before; i++)
		cpu_relax();
}

static void look_around(struct pt_regs *regs)
{
	unsigned long low, high, next;

	inc_irq_stat(x86_platform_ipis);
	handler_sp = (unsigned long)__builtin_frame_address(0);
	handler_context = in_irq();
	irqs_off = irqs_disabled();
	regs_right = get_irq_regs() == regs && !user_mode(regs) && irq_stack_bounds(handler_sp, &low, &high, &next) &&
		     next == (unsigned long)regs;
	trace_len = stack_trace_save(trace, ARRAY_SIZE(trace), 0);
	calls++;
}

static void handlers_run_on_the_interrupt_stack(struct kunit *test)
{
	unsigned long top = this_cpu_read(hardirq_stack_top);
	unsigned int before = irq_stat_read(x86_platform_ipis, smp_processor_id());
	bool found = false;

	own_vector(test, look_around, 0);
	preempt_disable();
	top = this_cpu_read(hardirq_stack_top);
	send();
	preempt_enable();
	KUNIT_ASSERT_EQ(test, calls, 1);
	KUNIT_EXPECT_LT(test, handler_sp, top);
	KUNIT_EXPECT_GE(test, handler_sp, top - IRQ_STACK_SIZE);
	KUNIT_EXPECT_EQ(test, handler_context, (unsigned long)HARDIRQ_OFFSET);
	KUNIT_EXPECT_TRUE(test, irqs_off);
	KUNIT_EXPECT_TRUE_MSG(test, regs_right, "the word at the top leads to the interrupted stack");
	KUNIT_EXPECT_EQ_MSG(test, this_cpu_read(hardirq_stack_ptr), top, "it is free again");
	KUNIT_EXPECT_EQ(test, irq_stat_read(x86_platform_ipis, smp_processor_id()), before + 1);
	KUNIT_EXPECT_FALSE(test, in_interrupt());
	KUNIT_EXPECT_NULL(test, get_irq_regs());
	/* The walk crosses from the interrupt stack to the task's: this function is in it. */
	for (unsigned int i = 0; i < trace_len; i++)
		found |= trace[i] >= (unsigned long)handlers_run_on_the_interrupt_stack &&
			 trace[i] < (unsigned long)handlers_run_on_the_interrupt_stack + 4096;
	KUNIT_EXPECT_TRUE(test, found);
}

static unsigned long softirq_sp;
static void note_stack(struct softirq_action *a)	{ softirq_sp = (unsigned long)__builtin_frame_address(0); }
static void raise_poll(struct pt_regs *regs)
{
	__raise_softirq_irqoff(IRQ_POLL_SOFTIRQ);
	calls++;
}

/* Disable preemption while ksoftirqd sleeps: softirqs are left to it when it is awake. */
static void without_ksoftirqd(void)
{
	preempt_disable();
	while (READ_ONCE(this_cpu_read(ksoftirqd)->state) == TASK_RUNNING) {
		preempt_enable();
		yield();
		preempt_disable();
	}
}

static void softirqs_run_on_it_too(struct kunit *test)
{
	unsigned long top;

	open_softirq(IRQ_POLL_SOFTIRQ, note_stack);
	own_vector(test, raise_poll, 0);
	without_ksoftirqd();
	top = this_cpu_read(hardirq_stack_top);
	softirq_sp = 0;
	send();
	KUNIT_EXPECT_LT(test, top - softirq_sp, (unsigned long)IRQ_STACK_SIZE);
	preempt_enable();
	/* And from local_bh_enable(). */
	without_ksoftirqd();
	top = this_cpu_read(hardirq_stack_top);
	local_bh_disable();
	raise_softirq(IRQ_POLL_SOFTIRQ);
	softirq_sp = 0;
	local_bh_enable();
	KUNIT_EXPECT_LT(test, top - softirq_sp, (unsigned long)IRQ_STACK_SIZE);
	preempt_enable();
}

static void just_count(struct pt_regs *regs)	{ calls++; }

static void an_interrupt_waits_while_they_are_off(struct kunit *test)
{
	own_vector(test, just_count, SYSVEC_SIMPLE);
	local_irq_disable();
	apic_send_IPI_self(X86_PLATFORM_IPI_VECTOR);
	for (int i = 0; i < 1000; i++)
		cpu_relax();
	KUNIT_EXPECT_EQ(test, calls, 0);
	local_irq_enable();
	for (int i = 0; i < 1000000 && !calls; i++)
		cpu_relax();
	KUNIT_EXPECT_EQ(test, calls, 1);
}

/* ---- preemption -------------------------------------------------------------------------------------------------------- */

static volatile int urgent_ran;
static struct task_struct *urgent;

static int urgent_thread(void *unused)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
		urgent_ran++;
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void wake_urgent(struct pt_regs *regs)
{
	wake_up_process(urgent);
	calls++;
}

static void stop_urgent(void *unused)
{
	kthread_stop(urgent);
}

static void the_kernel_is_preempted_when_an_interrupt_returns(struct kunit *test)
{
	int cpu = raw_smp_processor_id();

	urgent = kthread_create_on_cpu(urgent_thread, NULL, cpu, "urgent/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, urgent);
	KUNIT_ASSERT_EQ(test, sched_setscheduler_nocheck(urgent, SCHED_FIFO, 50), 0);
	wake_up_process(urgent);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, stop_urgent, NULL), 0);
	own_vector(test, wake_urgent, 0);
	for (int i = 0; i < 1000 && READ_ONCE(urgent->state) != TASK_INTERRUPTIBLE; i++)
		yield();

	/* With preemption disabled the interrupt returns here; the end of the section lets the thread in. */
	urgent_ran = 0;
	preempt_disable();
	if (smp_processor_id() != cpu) {
		preempt_enable();
		kunit_skip(test, "moved to another CPU");
	}
	send();
	KUNIT_EXPECT_EQ(test, urgent_ran, 0);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, urgent_ran, 1);

	/* With it enabled the thread has run before the interrupted instruction goes on. */
	send();
	KUNIT_EXPECT_EQ(test, urgent_ran, 2);
}

/* ---- NMI ---------------------------------------------------------------------------------------------------------------- */

static volatile int nmis;
static unsigned int nmi_context;

static int my_nmi(unsigned int type, struct pt_regs *regs)
{
	nmi_context = preempt_count() & NMI_MASK;
	nmis++;
	return NMI_HANDLED;
}

static void an_nmi_comes_with_interrupts_off(struct kunit *test)
{
	static struct nmiaction action = { .handler = my_nmi, .name = "test" };
	unsigned int before;

	register_nmi_handler(NMI_LOCAL, &action);
	nmis = 0;
	local_irq_disable();
	before = irq_stat_read(__nmi_count, smp_processor_id());
	apic_send_IPI_self(NMI_VECTOR);
	for (int i = 0; i < 1000000 && !nmis; i++)
		cpu_relax();
	KUNIT_EXPECT_EQ(test, irq_stat_read(__nmi_count, smp_processor_id()), before + 1);
	local_irq_enable();
	unregister_nmi_handler(NMI_LOCAL, &action);
	KUNIT_EXPECT_EQ(test, nmis, 1);
	KUNIT_EXPECT_EQ(test, nmi_context, NMI_OFFSET);
	KUNIT_EXPECT_EQ(test, in_nmi(), 0U);
}

/* ---- what it costs ------------------------------------------------------------------------------------------------------- */

static void stamp(struct pt_regs *regs)
{
	t1 = rdtsc();
	calls++;
	t2 = rdtsc();
}

static irqreturn_t stamp_line(int irq, void *dev_id)
{
	stamp(NULL);
	return IRQ_HANDLED;
}

/* Both costs of one self-sent interrupt, the smallest of many. */
static void measure(struct kunit *test, const char *what, unsigned int vector)
{
	u64 entry = ~0ULL, exit = ~0ULL;

	for (int i = 0; i < ROUNDS; i++) {
		int before = calls;
		u64 t0, t3;

		local_irq_disable();
		apic_wait_icr_idle();
		local_irq_enable();
		t0 = rdtsc();
		apic_write(APIC_ICR, APIC_DEST_SELF | APIC_INT_ASSERT | vector);
		t3 = rdtsc();
		if (calls == before) {		/* it comes later: a real CPU, where the message takes its time */
			for (int j = 0; j < 1000000 && calls == before; j++)
				cpu_relax();
			t3 = rdtsc();
		}
		entry = min(entry, t1 - t0);
		exit = min(exit, t3 - t2);
	}
	kunit_info(test, "cost of %s: entry %llu, exit %llu", what, entry, exit);
	KUNIT_EXPECT_GE(test, calls, ROUNDS);
}

static void ack_apic(struct irq_data *d)	{ apic_eoi(); }
static void nothing(struct irq_data *d)		{ }

static void cost_of_entry_and_exit(struct kunit *test)
{
	static struct irq_chip chip = { .name = "self", .irq_mask = nothing, .irq_unmask = nothing, .irq_ack = ack_apic, .irq_eoi = ack_apic };
	int irq = irq_alloc_number(200), vector;

	if (x2apic_mode)
		kunit_skip(test, "measured by the xAPIC's register");
	own_vector(test, stamp, SYSVEC_SIMPLE);
	measure(test, "a simple system vector", X86_PLATFORM_IPI_VECTOR);
	set_sysvec(X86_PLATFORM_IPI_VECTOR, stamp, 0);
	measure(test, "a system vector", X86_PLATFORM_IPI_VECTOR);

	KUNIT_ASSERT_GE(test, irq, 0);
	vector = assign_irq_vector(irq);
	irq_set_chip_and_handler_name(irq, &chip, handle_edge_irq, "edge");
	KUNIT_EXPECT_EQ(test, request_irq(irq, stamp_line, 0, "stamp", &chip), 0);
	measure(test, "an edge line", vector);
	irq_set_handler(irq, handle_fasteoi_irq, "fasteoi");
	measure(test, "a level line", vector);
	free_irq(irq, &chip);
	irq_desc_release(irq);
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE_NAMED(handlers_run_on_the_interrupt_stack, "handlers run on the interrupt stack, and the stack walk crosses it"),
	KUNIT_CASE_NAMED(softirqs_run_on_it_too, "softirqs run on the interrupt stack"),
	KUNIT_CASE_NAMED(an_interrupt_waits_while_they_are_off, "an interrupt waits while interrupts are off"),
	KUNIT_CASE_NAMED(the_kernel_is_preempted_when_an_interrupt_returns, "the kernel is preempted when an interrupt returns"),
	KUNIT_CASE_NAMED(an_nmi_comes_with_interrupts_off, "an NMI comes with interrupts off, and is counted"),
	KUNIT_CASE(cost_of_entry_and_exit),
	{}
};
static struct kunit_suite entry_suite = { .name = "irq_entry", .init = need_apic, .test_cases = entry_cases };
kunit_test_suite(entry_suite);
