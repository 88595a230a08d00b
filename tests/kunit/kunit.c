/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kunit/kunit.c - run the in-kernel tests and say in KTAP what came of them.
 *
 * The problem. Most of a kernel cannot be linked into a program: its subject is the machine. Its tests must run where it
 * runs, and the only way out is the log, which belongs to everybody.
 *
 * The idea. Suites are constant tables, and their addresses stand in one linker section: adding a test touches no list. At
 * boot one function walks the section and prints each result as one line of KTAP version 1, a text format in which lines that
 * mean nothing to the reader are legal. The log may therefore go on between them, as long as each result is one printk.
 *
 *	.kunit_test_suites:  [&rbtree_suite] [&list_suite] ...	in link order: tests/ sorted by name
 *
 *	KTAP version 1					the run
 *	1..2						  how many suites follow
 *	  KTAP version 1				  a suite: the same again, two spaces deeper
 *	  # Subtest: rbtree
 *	  1..2
 *	  ok 1 - insert_keeps_order
 *	  # insert_fails: EXPECTATION FAILED at ...	  why, before the result that it explains
 *	  not ok 2 - insert_fails
 *	not ok 1 - rbtree				  the suite's own result comes after its cases
 *	ok 2 - list
 *	# Totals: pass:3 fail:1 skip:0
 *
 * A case with parameters is once more the same, four spaces deep, a result for each parameter.
 *
 * Leaving a case. KUNIT_ASSERT must end the case from any depth of calls. run_body() marks its own frame with kunit_setjmp()
 * and kunit_abort() jumps back there. What the case owes by then (memory, undone changes) is on its list of actions, which
 * run_case() works off in either event.
 *
 * Invariants.
 *   K1  Each planned number gets exactly one result, in order, whatever the case does short of a panic.
 *   K2  After a case this task's preempt_count and interrupt flag are what they were before; else the case has failed.
 *   K3  Each action that was added is called exactly once, the last added first.
 *
 * Locking. None: one task runs all cases. status only ever goes to KUNIT_FAILURE from other tasks, a single store.
 *
 * Linux (lib/kunit/) does the same with a kernel thread for each case, so that a hanging case can be abandoned and an oops
 * kills only its thread; with debugfs files of the results; with mocks of functions. We watch for silence from outside.
 */
#include <kunit/test.h>

#include <stdarg.h>

#include <asm/current.h>
#include <asm/irqflags.h>
#include <primer/glob.h>
#include <primer/init.h>
#include <primer/panic.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "kunit.h"

#define MESSAGE_SIZE	240
#define DUMP_BYTES	16		/* of an area that differs, in the report */

/* What kernel/init calls when the command line says "kunit"; its own default is no runner. */
extern int (*kunit_runner)(const char *glob);

struct kunit_action {
	struct kunit_action *next;
	void (*fn)(void *arg);
	void *arg;
};

struct totals {
	unsigned int pass, fail, skip;
};

/* ---- messages ---- */

static void print_message(struct kunit *test, const char *prefix, const char *fmt, va_list args)
{
	char text[MESSAGE_SIZE];

	vsnprintf(text, sizeof(text), fmt, args);
	if (text[0])
		printk(KERN_INFO "%s%s%s\n", test->indent, prefix, text);
}

void kunit_info(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_message(test, "# ", fmt, args);
	va_end(args);
}

void kunit_mark_skipped(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(test->status_comment, sizeof(test->status_comment), fmt, args);
	va_end(args);
	if (test->status == KUNIT_SUCCESS)
		test->status = KUNIT_SKIPPED;
}

void __noreturn kunit_abort(struct kunit *test)
{
	if (current != test->task)
		panic("kunit: a task other than the case's own ends \"%s\"", test->name);
	kunit_longjmp(&test->jump);
}

/* ---- failed checks ---- */

static void report_check(struct kunit *test, const struct kunit_check *check)
{
	WRITE_ONCE(test->status, KUNIT_FAILURE);
	printk(KERN_INFO "%s# %s: %s FAILED at %s:%d\n", test->indent, test->name,
	       check->fatal ? "ASSERTION" : "EXPECTATION", check->file, check->line);
	if (check->right)
		printk(KERN_INFO "%s#   expected %s %s %s, but\n", test->indent, check->left, check->op, check->right);
	else
		printk(KERN_INFO "%s#   expected that %s\n", test->indent, check->left);
}

/* The writer's own words, and for an ASSERT the end of the case. */
static void finish_check(struct kunit *test, const struct kunit_check *check, const char *fmt, va_list args)
{
	print_message(test, "#   ", fmt, args);
	if (check->fatal)
		kunit_abort(test);
}

void kunit_failed(struct kunit *test, const struct kunit_check *check, const char *fmt, ...)
{
	va_list args;

	report_check(test, check);
	va_start(args, fmt);
	finish_check(test, check, fmt, args);
	va_end(args);
}

void kunit_failed_int(struct kunit *test, const struct kunit_check *check, s64 left, s64 right, const char *fmt, ...)
{
	va_list args;

	report_check(test, check);
	printk(KERN_INFO "%s#   left is %lld (%#llx), right is %lld (%#llx)\n", test->indent, left, (u64)left, right,
	       (u64)right);
	va_start(args, fmt);
	finish_check(test, check, fmt, args);
	va_end(args);
}

void kunit_failed_ptr(struct kunit *test, const struct kunit_check *check, const void *left, const void *right,
		      const char *fmt, ...)
{
	va_list args;

	report_check(test, check);
	printk(KERN_INFO "%s#   left is %px, right is %px\n", test->indent, left, right);
	va_start(args, fmt);
	finish_check(test, check, fmt, args);
	va_end(args);
}

void kunit_failed_str(struct kunit *test, const struct kunit_check *check, const char *left, const char *right,
		      const char *fmt, ...)
{
	va_list args;

	report_check(test, check);
	printk(KERN_INFO "%s#   left is \"%.80s\", right is \"%.80s\"\n", test->indent, left ? left : "(NULL)",
	       right ? right : "(NULL)");
	va_start(args, fmt);
	finish_check(test, check, fmt, args);
	va_end(args);
}

/* Print up to DUMP_BYTES of @area from @from on. */
static void dump(struct kunit *test, const char *side, const u8 *area, size_t from, size_t size)
{
	char text[3 * DUMP_BYTES + 1] = "";
	size_t n, length = 0;

	for (n = from; n < size && n < from + DUMP_BYTES; n++)
		length += scnprintf(text + length, sizeof(text) - length, " %02x", area[n]);
	printk(KERN_INFO "%s#   %s from byte %zu:%s\n", test->indent, side, from, text);
}

void kunit_failed_mem(struct kunit *test, const struct kunit_check *check, const void *left, const void *right, size_t size,
		      const char *fmt, ...)
{
	const u8 *l = left, *r = right;
	size_t at = 0;
	va_list args;

	report_check(test, check);
	if (l && r) {
		while (at < size && l[at] == r[at])
			at++;
		dump(test, "left ", l, at, size);
		dump(test, "right", r, at, size);
	}
	va_start(args, fmt);
	finish_check(test, check, fmt, args);
	va_end(args);
}

bool kunit_streq(const char *left, const char *right)
{
	return left && right && strcmp(left, right) == 0;
}

bool kunit_memeq(const void *left, const void *right, size_t size)
{
	return left && right && memcmp(left, right, size) == 0;
}

/* ---- what a case owes ---- */

int kunit_add_action(struct kunit *test, void (*fn)(void *arg), void *arg)
{
	struct kunit_action *action = kmalloc(sizeof(*action), GFP_KERNEL);

	if (!action) {
		fn(arg);
		return -ENOMEM;
	}
	action->fn = fn;
	action->arg = arg;
	action->next = test->actions;
	test->actions = action;
	return 0;
}

void kunit_run_actions(struct kunit *test)
{
	struct kunit_action *action;

	while ((action = test->actions)) {
		test->actions = action->next;
		action->fn(action->arg);
		kfree(action);
	}
}

static void free_memory(void *memory)
{
	kfree(memory);
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	void *memory = kmalloc(size, gfp);

	if (memory && kunit_add_action(test, free_memory, memory) < 0)
		return NULL;
	return memory;
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kmalloc(test, size, gfp | __GFP_ZERO);
}

/* ---- running ---- */

/*
 * init, the case, exit; each of them may abort. The frame that kunit_setjmp() marks is this function's: nothing that
 * changes after the mark is read after the jump but through @test, which is memory.
 */
static void run_body(struct kunit *test, const struct kunit_suite *suite, const struct kunit_case *kcase)
{
	if (kunit_setjmp(&test->jump) == 0) {
		int err = suite->init ? suite->init(test) : 0;

		if (err) {
			WRITE_ONCE(test->status, KUNIT_FAILURE);
			kunit_info(test, "%s: the suite's init returned %d", test->name, err);
			return;
		}
		kcase->run_case(test);
	}
	if (suite->exit && kunit_setjmp(&test->jump) == 0)
		suite->exit(test);
}

/* K2: what the case left behind in the task, put right so that the next one starts clean. */
static void check_context(struct kunit *test, unsigned int count)
{
	if (irqs_disabled()) {
		WRITE_ONCE(test->status, KUNIT_FAILURE);
		kunit_info(test, "%s: ended with interrupts off", test->name);
		local_irq_enable();
	}
	if (preempt_count() != count) {
		WRITE_ONCE(test->status, KUNIT_FAILURE);
		kunit_info(test, "%s: ended with preempt_count %x, not %x", test->name, preempt_count(), count);
		preempt_count_set(count);
	}
}

static void print_result(const char *indent, unsigned int number, const char *name, enum kunit_status status,
			 const char *comment)
{
	if (status == KUNIT_SKIPPED)
		printk(KERN_INFO "%sok %u - %s # SKIP %s\n", indent, number, name, comment);
	else
		printk(KERN_INFO "%s%sok %u - %s\n", indent, status == KUNIT_FAILURE ? "not " : "", number, name);
}

static enum kunit_status run_case(const struct kunit_suite *suite, const struct kunit_case *kcase, const char *name,
				  const void *param, const char *indent, unsigned int number)
{
	struct kunit test = { .name = name, .param_value = param, .task = current, .indent = indent };
	unsigned int count = preempt_count();

	/* Cases that want to decide who runs when need one CPU, whose number stays the same; those that want more make threads for them. */
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	run_body(&test, suite, kcase);
	check_context(&test, count);
	kunit_run_actions(&test);
	print_result(indent, number, name, test.status, test.status_comment);
	return test.status;
}

static enum kunit_status run_parameters(const struct kunit_suite *suite, const struct kunit_case *kcase, unsigned int number)
{
	enum kunit_status worst = KUNIT_SKIPPED;
	char name[KUNIT_PARAM_DESC_SIZE] = "";
	unsigned int params = 0, n = 0;
	const void *param = NULL;

	while ((param = kcase->generate_params(param, name)))
		params++;
	printk(KERN_INFO "    KTAP version 1\n");
	printk(KERN_INFO "    # Subtest: %s\n", kcase->name);
	printk(KERN_INFO "    1..%u\n", params);
	for (;;) {
		enum kunit_status status;

		name[0] = '\0';
		param = kcase->generate_params(param, name);
		if (!param)
			break;
		n++;
		if (!name[0])
			snprintf(name, sizeof(name), "parameter %u", n);
		status = run_case(suite, kcase, name, param, "    ", n);
		if (status == KUNIT_FAILURE || worst == KUNIT_SKIPPED)
			worst = status == KUNIT_SKIPPED ? worst : status;
	}
	print_result("  ", number, kcase->name, worst, "every parameter was skipped");
	return worst;
}

/* "suite" selects all its cases, "suite.case" those that match; names of suites contain no dot. */
static bool selected(const char *glob, const struct kunit_suite *suite, const struct kunit_case *kcase)
{
	char suite_glob[64];
	const char *dot;

	if (!glob || !*glob)
		return true;
	dot = strchr(glob, '.');
	if (!dot)
		return glob_match(glob, suite->name);
	snprintf(suite_glob, sizeof(suite_glob), "%.*s", (int)(dot - glob), glob);
	return glob_match(suite_glob, suite->name) && glob_match(dot + 1, kcase->name);
}

static unsigned int count_cases(const struct kunit_suite *suite, const char *glob)
{
	const struct kunit_case *kcase;
	unsigned int count = 0;

	for (kcase = suite->test_cases; kcase->run_case; kcase++)
		count += selected(glob, suite, kcase);
	return count;
}

/* Run the selected cases of one suite, its number in the plan being @number, and add them to @totals. */
static void run_suite(struct kunit_suite *suite, const char *glob, unsigned int cases, unsigned int number,
		      struct totals *totals)
{
	unsigned int n = 0, failed = 0, skipped = 0;
	const struct kunit_case *kcase;
	int err;

	printk(KERN_INFO "  KTAP version 1\n");
	printk(KERN_INFO "  # Subtest: %s\n", suite->name);
	printk(KERN_INFO "  1..%u\n", cases);
	err = suite->suite_init ? suite->suite_init(suite) : 0;
	if (err)
		printk(KERN_INFO "  # %s: suite_init returned %d\n", suite->name, err);
	for (kcase = suite->test_cases; kcase->run_case; kcase++) {
		enum kunit_status status = KUNIT_FAILURE;

		if (!selected(glob, suite, kcase))
			continue;
		n++;
		if (err)
			print_result("  ", n, kcase->name, status, "");
		else if (kcase->generate_params)
			status = run_parameters(suite, kcase, n);
		else
			status = run_case(suite, kcase, kcase->name, NULL, "  ", n);
		failed += status == KUNIT_FAILURE;
		skipped += status == KUNIT_SKIPPED;
	}
	if (suite->suite_exit && !err)
		suite->suite_exit(suite);
	totals->pass += n - failed - skipped;
	totals->fail += failed;
	totals->skip += skipped;
	print_result("", number, suite->name, failed ? KUNIT_FAILURE : skipped == n ? KUNIT_SKIPPED : KUNIT_SUCCESS,
		     "every case was skipped");
}

int kunit_run_all(const char *glob)
{
	struct kunit_suite **start = __kunit_suites_start, **end = __kunit_suites_end;
	struct totals totals = { 0, 0, 0 };
	unsigned int suites = 0, number = 0;
	struct kunit_suite **suite;

	for (suite = start; suite < end; suite++)
		suites += count_cases(*suite, glob) > 0;
	printk(KERN_INFO "KTAP version 1\n");
	printk(KERN_INFO "1..%u\n", suites);
	for (suite = start; suite < end; suite++) {
		unsigned int cases = count_cases(*suite, glob);

		if (cases)
			run_suite(*suite, glob, cases, ++number, &totals);
	}
	printk(KERN_INFO "# Totals: pass:%u fail:%u skip:%u\n", totals.pass, totals.fail, totals.skip);
	if (!suites) {
		printk(KERN_INFO "# no test matches \"%s\"\n", glob ? glob : "");
		return 1;
	}
	return totals.fail;
}

static int __init register_runner(void)
{
	kunit_runner = kunit_run_all;
	return 0;
}
early_initcall(register_runner);
