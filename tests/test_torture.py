# SPDX-License-Identifier: GPL-2.0-only
"""Every mechanism that several CPUs use at once, by four of them in disorder: tests/kunit/torture.h.

One boot runs all suites named torture_* for 60 seconds in all. PRIMER_TORTURE_SECONDS=N gives each suite N seconds and
a boot of its own: `make torture`, with DEBUG=1 too. The bugs that torture.break= plants must be found, each by its own case: on the
DEBUG kernel.
"""
import os
import re

import pytest

import elf
import ktap
import qemu

SHARED_BOOT = True
SECONDS = int(os.environ.get('PRIMER_TORTURE_SECONDS', '0'))
DEBUG_KERNEL = os.path.join(os.environ.get('PRIMER_DEBUG_BUILD') or qemu.BUILD + '-debug', 'primer.elf')
CASES = [(suite, case) for suite, case in (elf.kunit_cases(qemu.KERNEL) if os.path.exists(qemu.KERNEL) else [])
         if suite.startswith('torture_')]
SUITES = sorted({suite for suite, _ in CASES})

REPORTS = r'(BUG: |WARNING: |INFO: task |UBSAN: |rcu: INFO: )'

# The bug, and the case that has to find it with what words.
PLANTED = {
    'lock_lets_two_in': ('torture_lock', 'a spinlock lets one in', r'came in where|updates got lost'),
    'mutex_loses_a_waiter': ('torture_lock', 'a mutex lets one in, which may sleep, and loses nobody', r'hangs: no step'),
    'rt_mutex_keeps_a_boost': ('torture_rtmutex', 'rt_mutexes let one in, lose nobody, and what is lent comes back',
                               r'owns nothing and runs at'),
    'tasklet_runs_twice': ('torture_bh', 'a tasklet never runs twice at once, and for every request',
                           r'runs twice at once|a disabled tasklet'),
    'flush_too_soon': ('torture_workqueue', 'an item never runs beside itself, and a flush waits for it',
                       r'flush_workqueue returned too soon'),
    'lock_is_unfair': ('torture_fair', 'four CPUs on one spinlock: most and least within 10 percent',
                       r'7 of \d races: most and least differ by more than 10 %'),
    'semaphore_counts_wrong': ('torture_lock', 'a semaphore of three lets three in, and every permit comes back',
                               r'inside a semaphore of 3|every permit came back'),
}


@pytest.fixture(scope='module')
def torture():
    """{suite: (result of the boot, {case: test})}, booted when first asked for"""
    boots = {}

    def run(suite):
        names = [suite] if SECONDS else SUITES
        if suite not in boots:
            if SECONDS:
                each = max(1, SECONDS // sum(1 for name, _ in CASES if name == suite))
                how = f'kunit={suite} torture.seconds={each}'
            else:
                how = 'kunit=torture_*'
            result = qemu.boot(how, smp=4, mem='512M', whole=300 + 3 * SECONDS, idle=120 + SECONDS)
            suites, wrong = ktap.parse(result.text)
            assert not wrong, f'{wrong}; {result.describe()}'
            for name in names:
                boots[name] = result, {case.name: case for found in suites if found.name == name
                                       for case in found.children}
        return boots[suite]
    return run


@pytest.mark.parametrize('suite, case', CASES, ids=[f'{suite}.{case}' for suite, case in CASES])
@pytest.mark.timeout(600 + 4 * SECONDS)
def test_torture(torture, suite, case):
    result, tests = torture(suite)
    test = tests.get(case)
    assert test, f'the case did not report; the boot {result.describe()}'
    print('\n'.join(test.comments))
    assert test.skip is None and test.ok, '\n'.join(test.comments)
    # What the checkers of a DEBUG kernel say they say in the log, between the results.
    assert not re.search(REPORTS, result.text, re.M), result.describe()


@pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
@pytest.mark.timeout(300)
@pytest.mark.parametrize('bug', PLANTED)
def test_a_planted_bug_is_found(bug):
    suite, case, words = PLANTED[bug]
    glob = re.sub(r'\W+', '?*', case)
    result = qemu.boot(f'kunit={suite}.{glob} torture.seconds=60 torture.break={bug}', kernel=DEBUG_KERNEL, smp=4,
                       mem='512M', whole=240, idle=120)
    suites, wrong = ktap.parse(result.text)
    assert not wrong, f'{wrong}; {result.describe()}'
    found = {test.name: test for test in suites[0].children}
    assert not found[case].ok, f'not found: {result.describe()}'
    assert re.search(words, '\n'.join(found[case].comments)), result.describe()
