/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/kunit/kunit.h - the framework's inside, for the framework's own tests. */
#ifndef TESTS_KUNIT_KUNIT_H
#define TESTS_KUNIT_KUNIT_H

#include <kunit/test.h>

/*
 * kunit_setjmp - mark this place: returns 0, and once more with 1 for each kunit_longjmp() to @jump
 *
 * The marked function must not have returned by then, and may rely only on variables that did not change in between.
 */
int kunit_setjmp(struct kunit_jump *jump) __attribute__((returns_twice));
void __noreturn kunit_longjmp(struct kunit_jump *jump);

/* kunit_run_actions - work off what was added with kunit_add_action(), the last first */
void kunit_run_actions(struct kunit *test);

#endif
