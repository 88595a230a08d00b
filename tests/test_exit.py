# SPDX-License-Identifier: GPL-2.0-only
"""How a run ends, and what QEMU's exit status says of it."""
import os

import qemu


def status(run, *words, **how):
    return run(os.path.join(qemu.PROGRAMS, 'status.musl'), *words, **how)


def test_33_when_pid_1_ends_with_0(run):
    status(run, '0').must(status=qemu.PASS)


def test_35_when_pid_1_ends_with_another_status(run):
    status(run, '3').must(status=qemu.FAIL)


def test_37_on_a_panic(initrd):
    result = qemu.boot('rdinit=/none init=/none', initrd=initrd({'/none/': None}))
    result.must(status=qemu.PANIC, has='Kernel panic - not syncing')


def test_without_debugexit_the_end_of_pid_1_is_a_panic(run):
    result = status(run, '3', debugexit=False)
    assert result.why == 'panic', result.describe()
    result.must(has=r'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300')


def test_panic_minus_1_resets_at_once(run):
    result = status(run, '0', append='panic=-1', debugexit=False)
    assert result.why == 'reset', result.describe()
    result.must(has='Kernel panic - not syncing: Attempted to kill init!')


def test_orphans_outlive_the_first_thread_of_pid_1(run):
    run(os.path.join(qemu.PROGRAMS, 'headless.musl'), files={'/proc/': None}, smp=2).must(
        status=qemu.PASS, has='^headless: an orphan has come here, status 7$', hasnot='BUG:|Oops|WARNING:')
