/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/irq/flow_test.c - the flows of kernel/irq/chip.c against a controller that writes down what it is told, and the users of a
 * line (manage.c, spurious.c). "Another CPU sees the same line" is played by an interrupt inside the handler.
 */
#include <primer/errno.h>

#include "fake_irq.h"

static struct fake_irq *requested(struct kunit *test, irq_flow_handler_t flow, irq_handler_t handler)
{
	struct fake_irq *f = fake_irq_create(test, flow);

	KUNIT_ASSERT_EQ(test, request_irq(f->irq, handler, 0, "one", f), 0);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "U");
	return f;
}

static void edge_is_acknowledged_first(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_edge_irq, fake_handler);

	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "AH");
	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "AH");
	KUNIT_EXPECT_EQ(test, kstat_irqs_usr(f->irq), 2U);
}

static int again;

static irqreturn_t raises_again(int irq, void *dev_id)
{
	struct fake_irq *f = dev_id;

	fake_log(f, 'H');
	if (again) {
		again--;
		generic_handle_irq(irq);	/* what the other CPU would do */
	}
	fake_log(f, 'h');
	return IRQ_HANDLED;
}

static void edge_that_comes_while_served_is_served_again(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_edge_irq, raises_again);

	again = 1;
	fake_raise(f);
	/* F1: the second does not enter the handler, F3: it is not lost. */
	KUNIT_EXPECT_STREQ(test, fake_said(f), "AHXhUHh");
	again = 3;
	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "AHXhUHXhUHXhUHh");
	KUNIT_EXPECT_EQ(test, f->desc->istate & (IRQS_PENDING | IRQS_INPROGRESS | IRQS_MASKED), 0U);
}

static void level_is_masked_while_served(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_level_irq, raises_again);

	again = 0;
	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "XHhU");
	again = 1;
	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "XHXhU");
}

static void fasteoi_is_ended_after_the_handler(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_fasteoi_irq, raises_again);

	again = 0;
	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "HhE");
	again = 1;
	fake_raise(f);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "HEhE", "one end for each arrival, one handler");
}

static void disabling_is_lazy_and_loses_nothing(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_edge_irq, fake_handler);

	disable_irq(f->irq);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "", "the controller is not told");
	enable_irq(f->irq);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "");

	disable_irq(f->irq);
	fake_raise(f);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "X", "masked when it comes");
	enable_irq(f->irq);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "UR", "sent again");
	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "AH");
}

static void a_disabled_level_line_comes_again_by_itself(struct kunit *test)
{
	struct fake_irq *f = fake_irq_create(test, handle_fasteoi_irq);

	KUNIT_ASSERT_EQ(test, request_irq(f->irq, fake_handler, IRQF_TRIGGER_LOW, "one", f), 0);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "TU");
	disable_irq(f->irq);
	fake_raise(f);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "ME");
	enable_irq(f->irq);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "U", "no retrigger: it is still asserted");
}

static void disables_nest(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_edge_irq, fake_handler);

	disable_irq(f->irq);
	disable_irq_nosync(f->irq);
	KUNIT_EXPECT_EQ(test, f->desc->depth, 2U);
	enable_irq(f->irq);
	fake_raise(f);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "X", "still disabled");
	enable_irq(f->irq);
	KUNIT_EXPECT_EQ(test, f->desc->depth, 0U);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "UR");
}

static irqreturn_t disables_itself(int irq, void *dev_id)
{
	fake_log(dev_id, 'H');
	disable_irq_nosync(irq);
	return IRQ_HANDLED;
}

static void a_handler_may_disable_its_own_line(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_level_irq, disables_itself);

	fake_raise(f);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "XH", "stays masked");
	enable_irq(f->irq);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "U");
}

static void a_line_can_start_disabled(struct kunit *test)
{
	struct fake_irq *f = fake_irq_create(test, handle_edge_irq);

	KUNIT_ASSERT_EQ(test, request_irq(f->irq, fake_handler, IRQF_NO_AUTOEN, "one", f), 0);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "");
	enable_irq(f->irq);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "U");
}

/* ---- sharing ----------------------------------------------------------------------------------------------------------- */

static int first_calls, second_calls;
static irqreturn_t first(int irq, void *dev_id)		{ first_calls++; return IRQ_NONE; }
static irqreturn_t second(int irq, void *dev_id)	{ second_calls++; return IRQ_HANDLED; }

static void each_user_of_a_shared_line_is_asked(struct kunit *test)
{
	struct fake_irq *f = fake_irq_create(test, handle_fasteoi_irq);
	int a, b;

	first_calls = second_calls = 0;
	KUNIT_ASSERT_EQ(test, request_irq(f->irq, first, IRQF_SHARED, "first", &a), 0);
	KUNIT_ASSERT_EQ(test, request_irq(f->irq, second, IRQF_SHARED, "second", &b), 0);
	fake_raise(f);
	KUNIT_EXPECT_EQ(test, first_calls, 1);
	KUNIT_EXPECT_EQ(test, second_calls, 1);
	KUNIT_EXPECT_EQ_MSG(test, f->desc->irqs_unhandled, 0U, "one of them took it");

	fake_said(f);
	KUNIT_EXPECT_STREQ(test, (const char *)free_irq(f->irq, &a), "first");
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "", "the line goes on");
	fake_raise(f);
	KUNIT_EXPECT_EQ(test, first_calls, 1);
	KUNIT_EXPECT_EQ(test, second_calls, 2);
	fake_said(f);
	KUNIT_EXPECT_STREQ(test, (const char *)free_irq(f->irq, &b), "second");
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "M", "the last one shuts it down");
}

static void who_does_not_share_is_alone(struct kunit *test)
{
	struct fake_irq *f = fake_irq_create(test, handle_edge_irq);
	int a, b;

	KUNIT_EXPECT_EQ_MSG(test, request_irq(f->irq, first, IRQF_SHARED, "x", NULL), -EINVAL, "shared needs a dev_id");
	KUNIT_EXPECT_EQ(test, request_irq(f->irq, NULL, 0, "x", &a), -EINVAL);
	KUNIT_EXPECT_EQ(test, request_irq(NR_IRQS, first, 0, "x", &a), -EINVAL);
	KUNIT_ASSERT_EQ(test, request_irq(f->irq, first, 0, "first", &a), 0);
	KUNIT_EXPECT_EQ(test, request_irq(f->irq, second, IRQF_SHARED | IRQF_PROBE_SHARED, "second", &b), -EBUSY);
	free_irq(f->irq, &a);
	KUNIT_ASSERT_EQ(test, request_irq(f->irq, first, IRQF_SHARED | IRQF_TRIGGER_LOW, "first", &a), 0);
	KUNIT_EXPECT_EQ_MSG(test, request_irq(f->irq, second, IRQF_SHARED | IRQF_PROBE_SHARED | IRQF_TRIGGER_RISING, "second", &b), -EBUSY,
			    "another trigger");
	free_irq(f->irq, &a);
	KUNIT_EXPECT_EQ_MSG(test, request_irq(f->irq, first, IRQF_TRIGGER_FALLING, "first", &a), -EINVAL, "the chip cannot");
	KUNIT_EXPECT_NULL(test, f->desc->action);
}

/* ---- nobody cares ------------------------------------------------------------------------------------------------------ */

static unsigned int every;
static irqreturn_t cares_seldom(int irq, void *dev_id)	{ return every && !(++first_calls % every) ? IRQ_HANDLED : IRQ_NONE; }

static void a_line_nobody_cares_for_is_disabled(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_fasteoi_irq, cares_seldom);

	every = 0;
	/* A pause of the host of 100 ms looks like the end of the storm: then the next 100,000 are judged. */
	for (int round = 0; round < 10 && !(f->desc->istate & IRQS_SPURIOUS_DISABLED); round++) {
		fake_said(f);
		f->silent = true;
		for (int i = 0; i < 99999; i++)
			fake_raise(f);
		KUNIT_EXPECT_EQ(test, f->desc->istate & IRQS_SPURIOUS_DISABLED, 0U);
		f->silent = false;
		fake_raise(f);
	}
	KUNIT_EXPECT_NE(test, f->desc->istate & IRQS_SPURIOUS_DISABLED, 0U);
	KUNIT_EXPECT_STREQ(test, fake_said(f), "ME");
	enable_irq(f->irq);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "", "it does not come back by that");
	free_irq(f->irq, f);
	fake_said(f);
	KUNIT_ASSERT_EQ(test, request_irq(f->irq, fake_handler, 0, "new", f), 0);
	fake_raise(f);
	KUNIT_EXPECT_STREQ_MSG(test, fake_said(f), "UHE", "a new user gives it a new chance");
}

static void a_line_that_is_handled_now_and_then_stays(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_fasteoi_irq, cares_seldom);

	every = 500;
	first_calls = 0;
	f->silent = true;
	for (int i = 0; i < 100001; i++)
		fake_raise(f);
	KUNIT_EXPECT_EQ(test, f->desc->istate & IRQS_SPURIOUS_DISABLED, 0U);
}

/* ---- vectors and affinity ---------------------------------------------------------------------------------------------- */

static void vectors_are_distinct_and_come_back(struct kunit *test)
{
	struct fake_irq *f[8];
	unsigned long seen[NR_VECTORS / 64] = { 0 };

	for (int i = 0; i < 8; i++) {
		int v;

		f[i] = fake_irq_create(test, handle_edge_irq);
		v = assign_irq_vector(f[i]->irq);
		KUNIT_EXPECT_GE(test, v, FIRST_DEVICE_VECTOR);
		KUNIT_EXPECT_LT(test, v, FIRST_SYSTEM_VECTOR);
		KUNIT_EXPECT_NE(test, v, IA32_SYSCALL_VECTOR);
		KUNIT_EXPECT_FALSE(test, __test_and_set_bit(v, seen));
		KUNIT_EXPECT_PTR_EQ(test, vector_irq[v], f[i]->desc);
		KUNIT_EXPECT_EQ_MSG(test, assign_irq_vector(f[i]->irq), v, "asked again: the same");
	}
	free_irq_vector(f[3]->irq);
	KUNIT_EXPECT_EQ(test, assign_irq_vector(f[3]->irq), 0 + (int)f[3]->desc->irq_data.vector);
}

static void affinity_needs_an_online_cpu(struct kunit *test)
{
	struct fake_irq *f = requested(test, handle_edge_irq, fake_handler);
	cpumask_t offline, zero = { { 1 } };

	cpumask_andnot(&offline, &CPU_MASK_ALL, cpu_online_mask);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(f->irq, &offline), -EINVAL);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(f->irq, &zero), 0);
	KUNIT_EXPECT_EQ(test, f->desc->irq_data.affinity.bits[0], 1UL);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(NR_IRQS - 1 > f->irq ? NR_IRQS : NR_IRQS, &zero), -EINVAL);
	f->chip.irq_set_affinity = NULL;
	KUNIT_EXPECT_EQ(test, irq_set_affinity(f->irq, &zero), -EIO);
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE_NAMED(edge_is_acknowledged_first, "an edge is acknowledged before its handler runs"),
	KUNIT_CASE_NAMED(edge_that_comes_while_served_is_served_again, "F1, F3: an edge that comes while served is served again"),
	KUNIT_CASE_NAMED(level_is_masked_while_served, "a level line at the 8259 is masked while served"),
	KUNIT_CASE_NAMED(fasteoi_is_ended_after_the_handler, "a level line at the APIC is ended after the handler"),
	KUNIT_CASE_NAMED(disabling_is_lazy_and_loses_nothing, "disable_irq is lazy and loses nothing"),
	KUNIT_CASE_NAMED(a_disabled_level_line_comes_again_by_itself, "a disabled level line comes again by itself"),
	KUNIT_CASE_NAMED(disables_nest, "disable_irq nests"),
	KUNIT_CASE_NAMED(a_handler_may_disable_its_own_line, "a handler may disable its own line"),
	KUNIT_CASE_NAMED(a_line_can_start_disabled, "a line can start disabled"),
	KUNIT_CASE_NAMED(each_user_of_a_shared_line_is_asked, "each user of a shared line is asked"),
	KUNIT_CASE_NAMED(who_does_not_share_is_alone, "users must agree to share"),
	KUNIT_CASE_NAMED(a_line_nobody_cares_for_is_disabled, "a line that nobody cares for is disabled"),
	KUNIT_CASE_NAMED(a_line_that_is_handled_now_and_then_stays, "a line that is handled now and then stays"),
	KUNIT_CASE_NAMED(vectors_are_distinct_and_come_back, "vectors are distinct and can be given back"),
	KUNIT_CASE_NAMED(affinity_needs_an_online_cpu, "affinity needs an online CPU and a controller that can"),
	{}
};
static struct kunit_suite irq_suite = { .name = "irq", .test_cases = irq_cases };
kunit_test_suite(irq_suite);
