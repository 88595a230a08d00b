/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/locking/lock_usage_test.c - after the last suite: in which contexts each class of locks was taken. DEBUG builds.
 *
 * docs/locking.md says of every lock which contexts take it, and what is off while it is held. tests/test_locking.py compares
 * that with what lockdep saw in a boot with all suites, and in one with real programs. The suites run before there is a
 * program that could read /proc/lockdep, so the classes are printed, as comments of KTAP:
 *
 *	# lock class: rank 57 spins {-.-.} name
 *
 * The four letters are /proc/lockdep's: hard interrupts, the same for reading, softirqs, the same for reading.
 *
 * The runner is reached by a hook, kunit_runner; we stand between, from the last initcall on.
 */
#ifdef CONFIG_DEBUG
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <asm/barrier.h>

#include "../../../kernel/locking/lockdep_internals.h"

extern int (*kunit_runner)(const char *glob);

static int (*run_suites)(const char *glob);

static int run_and_list(const char *glob)
{
	int failed = run_suites(glob);
	char usage[5];

	if (strcmp(glob, "*"))
		return failed;		/* some suites only: their locks say nothing of the rest */
	for (unsigned int i = 0; i < smp_load_acquire(&nr_lock_classes); i++) {
		const struct lock_class *class = &lock_classes[i];

		usage_chars(class, usage);
		printk(KERN_INFO "# lock class: rank %u %s {%s} %s\n", class->rank,
		       class->flags & LOCK_SLEEP ? "sleeps" : "spins", usage, class->name ? class->name : "(unnamed)");
	}
	return failed;
}

static int __init lock_usage_init(void)
{
	run_suites = kunit_runner;
	kunit_runner = run_and_list;
	return 0;
}
late_initcall(lock_usage_init);

#endif
