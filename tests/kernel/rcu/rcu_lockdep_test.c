/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/rcu/rcu_lockdep_test.c - what the checks of kernel/rcu/update.c say, and when they are silent. DEBUG builds.
 *
 * Each place reports once in a boot, so each mistake here has a function of its own, which makes it three times: one report,
 * with the place. Beside it stands the same use of the pointer as it should be: no report.
 */
#ifdef CONFIG_DEBUG
#include <kunit/test.h>
#include <primer/lockdep.h>
#include <primer/preempt.h>
#include <primer/rcupdate.h>
#include <primer/slab.h>
#include <primer/spinlock.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/irqflags.h>

#define TEXT_SIZE	8192
#define TITLE		"WARNING: suspicious RCU usage"
#define THIS_FILE	"tests/kernel/rcu/rcu_lockdep_test.c"

static int value, *pointer = &value;	/* rcu */
static DEFINE_SPINLOCK(pointer_lock);	/* pointer */
static int line;			/* where the last mistake was made */
static char *text;

static int rcu_lockdep_init(struct kunit *test)
{
	text = kunit_kzalloc(test, TEXT_SIZE, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	return debug_rcu_enabled() ? 0 : -EINVAL;
}

static void rcu_lockdep_exit(struct kunit *test)
{
	lockdep_capture(NULL, 0);
}

/* How many reports does @fn make, called @times? They are in text. */
static unsigned int reports_of(void (*fn)(void), int times)
{
	unsigned int n = 0;

	lockdep_capture(text, TEXT_SIZE);
	for (int i = 0; i < times; i++)
		fn();
	lockdep_capture(NULL, 0);
	for (const char *at = text; (at = strstr(at, TITLE)); at++)
		n++;
	return n;
}

/* @right is silent; @wrong makes one report, the first time: that @what was done in @file. */
static void reported_once(struct kunit *test, void (*right)(void), void (*wrong)(void), const char *file, const char *what)
{
	const char *place;
	char words[100];

	KUNIT_EXPECT_EQ_MSG(test, reports_of(right, 1), 0U, "%s", text);
	line = 0;
	KUNIT_EXPECT_EQ_MSG(test, reports_of(wrong, 1), 1U, "the first time");
	if (line)
		snprintf(words, sizeof(words), "%s:%d %s!\n", file, line, what);
	else
		snprintf(words, sizeof(words), " %s!\n", what);
	place = strstr(text, file);
	KUNIT_EXPECT_NOT_NULL_MSG(test, place, "no %s in \"%s\"", file, text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(place ?: text, words), "no \"%s\" in \"%s\"", words, text);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "other info that might help us debug this:\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "rcu_scheduler_active = 2, debug_locks = 1\n"));
	KUNIT_EXPECT_EQ_MSG(test, reports_of(wrong, 2), 0U, "later: %s", text);
}

/* ---- rcu_dereference() ----------------------------------------------------------------------------------------------- */

static noinline void bare(void)
{
	line = __LINE__ + 1;
	(void)rcu_dereference(pointer);
}

static void inside(void)
{
	rcu_read_lock();
	(void)rcu_dereference(pointer);
	rcu_read_unlock();
	rcu_read_lock_bh();
	(void)rcu_dereference_bh(pointer);
	rcu_read_unlock_bh();
	preempt_disable();
	(void)rcu_dereference_sched(pointer);
	preempt_enable();
	(void)rcu_access_pointer(pointer);	/* only to look at its value */
}

static void dereference_outside_a_section(struct kunit *test)
{
	reported_once(test, inside, bare, THIS_FILE, "suspicious rcu_dereference_check() usage");
}

/* To forbid preemption is a section, but not one that says what it is for. */
static noinline void bare_without_preemption(void)
{
	preempt_disable();
	line = __LINE__ + 1;
	(void)rcu_dereference(pointer);
	preempt_enable();
}

static void dereference_without_preemption(struct kunit *test)
{
	reported_once(test, inside, bare_without_preemption, THIS_FILE, "suspicious rcu_dereference_check() usage");
}

/* ---- or under a lock ------------------------------------------------------------------------------------------------- */

static noinline void checked(void)
{
	line = __LINE__ + 1;
	(void)rcu_dereference_check(pointer, lockdep_is_held(&pointer_lock));
}

static void checked_right(void)
{
	spin_lock(&pointer_lock);
	(void)rcu_dereference_check(pointer, lockdep_is_held(&pointer_lock));
	spin_unlock(&pointer_lock);
	rcu_read_lock();
	(void)rcu_dereference_check(pointer, lockdep_is_held(&pointer_lock));
	rcu_read_unlock();
}

static void dereference_check_without_either(struct kunit *test)
{
	reported_once(test, checked_right, checked, THIS_FILE, "suspicious rcu_dereference_check() usage");
}

/* A section is not enough here. */
static noinline void protected_by_nothing(void)
{
	rcu_read_lock();
	line = __LINE__ + 1;
	(void)rcu_dereference_protected(pointer, 0);
	rcu_read_unlock();
}

static void protected_right(void)
{
	spin_lock(&pointer_lock);
	(void)rcu_dereference_protected(pointer, lockdep_is_held(&pointer_lock));
	(void)rcu_replace_pointer(pointer, &value, lockdep_is_held(&pointer_lock));
	spin_unlock(&pointer_lock);
}

static void dereference_protected_by_nothing(struct kunit *test)
{
	reported_once(test, protected_right, protected_by_nothing, THIS_FILE, "suspicious rcu_dereference_protected() usage");
}

static noinline void replace_without_its_lock(void)
{
	line = __LINE__ + 1;
	(void)rcu_replace_pointer(pointer, &value, lockdep_is_held(&pointer_lock));
}

static void replace_pointer_without_its_lock(struct kunit *test)
{
	reported_once(test, protected_right, replace_without_its_lock, THIS_FILE, "suspicious rcu_dereference_protected() usage");
}

/* ---- sections -------------------------------------------------------------------------------------------------------- */

/* What is one too many is put back before anybody can come in between: both counts are this CPU's. */
static noinline void unlock_without_lock(void)
{
	unsigned long flags;

	local_irq_save(flags);
	preempt_disable();
	rcu_read_unlock();
	this_cpu_inc(rcu_read_depth);
	local_irq_restore(flags);
}

static void locks_and_unlocks(void)
{
	rcu_read_lock();
	rcu_read_lock();
	rcu_read_unlock();
	rcu_read_unlock();
}

/* The place is the check itself, one for all: who made the mistake is in the stack. */
static void unlock_alone(struct kunit *test)
{
	reported_once(test, locks_and_unlocks, unlock_without_lock, "kernel/rcu/update.c:", "rcu_read_unlock() without rcu_read_lock()");
	KUNIT_EXPECT_EQ(test, this_cpu_read(rcu_read_depth), 0U);
	KUNIT_EXPECT_FALSE(test, rcu_read_lock_held());
}

static void a_section_is_known_as_held(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, rcu_read_lock_held() || rcu_read_lock_any_held());
	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, rcu_read_lock_held() && rcu_read_lock_any_held());
	rcu_read_unlock();
	preempt_disable();
	KUNIT_EXPECT_TRUE(test, !rcu_read_lock_held() && rcu_read_lock_any_held());
	preempt_enable();
	local_irq_disable();
	KUNIT_EXPECT_TRUE(test, !rcu_read_lock_held() && rcu_read_lock_any_held());
	local_irq_enable();
}

static struct kunit_case rcu_lockdep_cases[] = {
	KUNIT_CASE_NAMED(a_section_is_known_as_held, "a section is known as one, by its own name"),
	KUNIT_CASE_NAMED(dereference_outside_a_section, "rcu_dereference() outside a section is reported, once"),
	KUNIT_CASE_NAMED(dereference_without_preemption, "rcu_dereference() where only preemption is off is reported, once"),
	KUNIT_CASE_NAMED(dereference_check_without_either, "rcu_dereference_check() with neither section nor lock is reported, once"),
	KUNIT_CASE_NAMED(dereference_protected_by_nothing, "rcu_dereference_protected() without its lock is reported, once"),
	KUNIT_CASE_NAMED(replace_pointer_without_its_lock, "rcu_replace_pointer() without its lock is reported, once"),
	KUNIT_CASE_NAMED(unlock_alone, "rcu_read_unlock() without rcu_read_lock() is reported, once"),
	{}
};

static struct kunit_suite rcu_lockdep_suite = {
	.name = "rcu_lockdep", .init = rcu_lockdep_init, .exit = rcu_lockdep_exit, .test_cases = rcu_lockdep_cases,
};
kunit_test_suite(rcu_lockdep_suite);
#endif
