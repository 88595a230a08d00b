/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/litmus_torture.c - in which order do CPUs see one another's accesses?
 *
 * A litmus test is a program of two to four threads, a few accesses each, and a question about what they read. The
 * memory model says which answers are allowed; here each is run some hundred thousand times and the answers are
 * counted. x86 allows one surprise, and only one (docs/atomics.md):
 *
 *	SB	x = 1; r0 = y	||	y = 1; r1 = x			r0 = r1 = 0	allowed: the store waits in a buffer
 *	SB+mb	the same with smp_mb() between				r0 = r1 = 0	never
 *	MP	x = 1; y = 1	||	r0 = y; r1 = x			r0 = 1, r1 = 0	never
 *	LB	r0 = x; y = 1	||	r1 = y; x = 1			r0 = r1 = 1	never
 *	IRIW	x = 1 || y = 1 || r0 = x; r1 = y || r2 = y; r3 = x	1, 0, 1, 0	never: all see one order of stores
 *	CoRR	x = 1; x = 2	||	r0 = x; r1 = x			r0 > r1		never: one word has one history
 *	inc	x++		||	x++				one is lost	allowed; with atomic_inc() never
 *
 * A window of a few nanoseconds is seldom hit by threads that meet once. So each run is over an array of instances: the
 * threads go through it at the same time, each at its own pace, and meet here and there. Then one of them counts and
 * clears, and they start again together.
 *
 *	thread 0	x[0] x[1] x[2] ... x[511] | barrier | count, clear | barrier | ...
 *	thread 1	  y[0] y[1] y[2] ...      |         |              |         |
 */
#include "../../kunit/torture.h"

#include <primer/slab.h>
#include <primer/string.h>

#define INSTANCES	512
#define MAX_ROLES	4

/* Each on a line of its own, so that they travel on their own. */
struct instance {
	int x __aligned(64);
	int y __aligned(64);
	atomic_t a __aligned(64);
	int r[MAX_ROLES][2] __aligned(64);	/* what each role read */
};

struct litmus {
	const char *name;
	unsigned int roles;
	void (*role[MAX_ROLES])(struct instance *i, int *r);
	bool (*surprise)(const struct instance *i);
	bool allowed;
};

static struct {
	const struct litmus *test;
	struct instance *instance;
	unsigned int waiting;			/* atomic */
	unsigned int phase;			/* changed by the last who comes to the barrier */
	unsigned long runs, surprises;		/* [role 0] */
} lit;

/* false: it is all over. */
static bool barrier_wait(struct torture_thread *self)
{
	unsigned int phase = READ_ONCE(lit.phase);

	if (__atomic_add_fetch(&lit.waiting, 1, __ATOMIC_SEQ_CST) == lit.test->roles) {
		WRITE_ONCE(lit.waiting, 0);
		smp_store_release(&lit.phase, phase + 1);
		return true;
	}
	while (smp_load_acquire(&lit.phase) == phase) {
		if (torture_must_stop(self))
			return false;
		cpu_relax();
	}
	return true;
}

static void litmus_step(struct torture_thread *self)
{
	unsigned int me = self->nr;
	void (*role)(struct instance *, int *) = lit.test->role[me];

	if (!barrier_wait(self))
		return;
	for (u32 n = torture_random_below(self, 200); n; n--)
		barrier();
	for (struct instance *i = lit.instance; i < lit.instance + INSTANCES; i++)
		role(i, i->r[me]);
	if (!barrier_wait(self) || me)
		return;
	/* The others wait at the first barrier of their next step. */
	for (struct instance *i = lit.instance; i < lit.instance + INSTANCES; i++)
		lit.surprises += lit.test->surprise(i);
	lit.runs += INSTANCES;
	memset(lit.instance, 0, INSTANCES * sizeof(*lit.instance));
}

static void run(struct kunit *test, const struct litmus *litmus)
{
	struct torture *t = torture_begin(test, MAX_ROLES);

	memset(&lit, 0, sizeof(lit));
	lit.test = litmus;
	lit.instance = kunit_kzalloc(test, INSTANCES * sizeof(struct instance), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lit.instance);
	for (unsigned int i = 0; i < litmus->roles; i++)
		torture_add_on(t, (int)i, litmus_step, NULL, "litmus");
	torture_run(t);
	kunit_info(test, "%s: %lu runs, %lu times the surprise, which is %s", litmus->name, lit.runs, lit.surprises,
		   litmus->allowed ? "allowed" : "forbidden");
	KUNIT_EXPECT_GT(test, lit.runs, 0UL);
	if (!litmus->allowed)
		KUNIT_EXPECT_EQ(test, lit.surprises, 0UL);
	torture_end(t);
}

/* ---- the tests --------------------------------------------------------------------------------------------------- */

static void sb_x(struct instance *i, int *r)	{ WRITE_ONCE(i->x, 1); r[0] = READ_ONCE(i->y); }
static void sb_y(struct instance *i, int *r)	{ WRITE_ONCE(i->y, 1); r[0] = READ_ONCE(i->x); }
static void sbmb_x(struct instance *i, int *r)	{ WRITE_ONCE(i->x, 1); smp_mb(); r[0] = READ_ONCE(i->y); }
static void sbmb_y(struct instance *i, int *r)	{ WRITE_ONCE(i->y, 1); smp_mb(); r[0] = READ_ONCE(i->x); }
static bool both_zero(const struct instance *i)	{ return !i->r[0][0] && !i->r[1][0]; }

static void mp_w(struct instance *i, int *r)	{ WRITE_ONCE(i->x, 1); smp_store_release(&i->y, 1); }
static void mp_r(struct instance *i, int *r)	{ r[0] = smp_load_acquire(&i->y); r[1] = READ_ONCE(i->x); }
static bool flag_without_data(const struct instance *i)	{ return i->r[1][0] && !i->r[1][1]; }

static void lb_x(struct instance *i, int *r)	{ r[0] = READ_ONCE(i->x); WRITE_ONCE(i->y, 1); }
static void lb_y(struct instance *i, int *r)	{ r[0] = READ_ONCE(i->y); WRITE_ONCE(i->x, 1); }
static bool both_one(const struct instance *i)	{ return i->r[0][0] && i->r[1][0]; }

static void set_x(struct instance *i, int *r)	{ WRITE_ONCE(i->x, 1); }
static void set_y(struct instance *i, int *r)	{ WRITE_ONCE(i->y, 1); }
static void x_then_y(struct instance *i, int *r) { r[0] = READ_ONCE(i->x); smp_rmb(); r[1] = READ_ONCE(i->y); }
static void y_then_x(struct instance *i, int *r) { r[0] = READ_ONCE(i->y); smp_rmb(); r[1] = READ_ONCE(i->x); }
static bool two_orders(const struct instance *i)
{
	return i->r[2][0] && !i->r[2][1] && i->r[3][0] && !i->r[3][1];
}

static void one_two(struct instance *i, int *r)	{ WRITE_ONCE(i->x, 1); WRITE_ONCE(i->x, 2); }
static void read_twice(struct instance *i, int *r) { r[0] = READ_ONCE(i->x); r[1] = READ_ONCE(i->x); }
static bool backwards(const struct instance *i)	{ return i->r[1][0] > i->r[1][1]; }

static void plain_inc(struct instance *i, int *r) { WRITE_ONCE(i->x, READ_ONCE(i->x) + 1); }
static bool lost(const struct instance *i)	{ return i->x != 2; }
static void locked_inc(struct instance *i, int *r) { atomic_inc(&i->a); }
static bool lost_locked(const struct instance *i) { return atomic_read(&i->a) != 2; }

#define LITMUS(fn, ...) \
static void fn(struct kunit *test) \
{ \
	static const struct litmus litmus = { __VA_ARGS__ }; \
\
	run(test, &litmus); \
}

LITMUS(store_buffering, "SB", 2, { sb_x, sb_y }, both_zero, true)
LITMUS(store_buffering_mb, "SB+mb", 2, { sbmb_x, sbmb_y }, both_zero, false)
LITMUS(message_passing, "MP", 2, { mp_w, mp_r }, flag_without_data, false)
LITMUS(load_buffering, "LB", 2, { lb_x, lb_y }, both_one, false)
LITMUS(iriw, "IRIW", 4, { set_x, set_y, x_then_y, y_then_x }, two_orders, false)
LITMUS(coherence, "CoRR", 2, { one_two, read_twice }, backwards, false)
LITMUS(plain_increment, "inc", 2, { plain_inc, plain_inc }, lost, true)
LITMUS(atomic_increment, "atomic_inc", 2, { locked_inc, locked_inc }, lost_locked, false)

static struct kunit_case litmus_cases[] = {
	KUNIT_CASE_NAMED(store_buffering, "SB: a load may pass an earlier store to another word (counted)"),
	KUNIT_CASE_NAMED(store_buffering_mb, "SB+mb: never with smp_mb() between"),
	KUNIT_CASE_NAMED(message_passing, "MP: who sees the flag sees the data"),
	KUNIT_CASE_NAMED(load_buffering, "LB: no store is seen before the loads in front of it"),
	KUNIT_CASE_NAMED(iriw, "IRIW: all CPUs see stores in one order"),
	KUNIT_CASE_NAMED(coherence, "CoRR: one word has one history"),
	KUNIT_CASE_NAMED(plain_increment, "inc: two plain increments may lose one (counted)"),
	KUNIT_CASE_NAMED(atomic_increment, "atomic_inc: two atomic ones never"),
	{}
};
static struct kunit_suite litmus_suite = { .name = "torture_litmus", .test_cases = litmus_cases };
kunit_test_suite(litmus_suite);
