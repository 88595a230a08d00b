# SPDX-License-Identifier: GPL-2.0-only
"""Each in-kernel case is a test here, twice: on one CPU and on four. The names come from the image's own tables, so that collecting
needs no boot and a case that never reported is a failure under its name; one boot for each number of CPUs runs them all."""
import os

import pytest

import elf
import ktap
import qemu

CPUS = [pytest.param(n, id=f'{n}cpu', marks=pytest.mark.xdist_group(f'kunit{n}')) for n in (1, 4)]
CASES = elf.kunit_cases(qemu.KERNEL) if os.path.exists(qemu.KERNEL) else []


@pytest.fixture(scope='module')
def kunit(request):
    """(result of the boot, {(suite, case): test}, what is wrong with the stream, number of CPUs)"""
    result = qemu.boot('kunit torture.seconds=1', mem='256M', smp=request.param, whole=230, idle=150)
    suites, wrong = ktap.parse(result.text)
    return result, {(suite.name, case.name): case for suite in suites for case in suite.children}, wrong, request.param


@pytest.mark.parametrize('kunit', CPUS, indirect=True)
@pytest.mark.parametrize('suite, case', CASES, ids=[f'{suite}.{case}' for suite, case in CASES])
def test_kunit(kunit, suite, case):
    result, tests, _, cpus = kunit
    test = tests.get((suite, case))
    assert test, f'the case did not report; the boot {result.describe()}'
    if test.skip is not None:
        assert cpus == 1 or 'CPUs' not in test.skip, f'skipped with {cpus} CPUs: {test.skip}'
        pytest.skip(test.skip)
    failed = [f'{child.name}:\n' + '\n'.join(child.comments) for child in test.children if not child.ok]
    assert test.ok, '\n'.join(test.comments + failed)


@pytest.mark.parametrize('kunit', CPUS, indirect=True)
def test_results_are_whole(kunit):
    result, tests, wrong, _ = kunit
    assert not wrong, f'{wrong}; {result.describe()}'
    assert len(tests) == len(CASES), f'{len(CASES)} cases in the image, {len(tests)} in the log'


@pytest.mark.parametrize('kunit', CPUS, indirect=True)
def test_exit_status_tells_the_outcome(kunit):
    result, tests, _, _ = kunit
    result.must(status=qemu.PASS if all(test.ok for test in tests.values()) else qemu.FAIL)


def test_a_pattern_selects():
    result = qemu.boot('kunit=kunit.*action*')
    suites, wrong = ktap.parse(result.text)
    assert not wrong
    assert [(suite.name, [case.name for case in suite.children]) for suite in suites] == [
        ('kunit', ['actions_run_once_last_first'])], result.describe()
    result.must(status=qemu.PASS)


def test_a_pattern_that_selects_nothing_fails():
    qemu.boot('kunit=no_such_suite').must(status=qemu.FAIL, has='no test matches')
