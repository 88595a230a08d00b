# SPDX-License-Identifier: GPL-2.0-only
"""RCU from outside: what a reader costs as machine code, a reader that never ends, a grace period that ends too early, the events of one in
the trace, and a list of hooks that is walked while hooks come and go."""
import os
import re
import subprocess

import pytest

import qemu
from mkinitramfs import Archive
from test_debug import DEBUG_KERNEL


def straight_line(function):
    """The instructions of @function as they run when no jump is taken, without the frame, return and padding."""
    text = subprocess.run(['objdump', '-d', '--no-show-raw-insn', f'--disassemble={function}', qemu.KERNEL], capture_output=True, text=True,
                          check=True).stdout
    path = []
    for line in re.findall(r'^ *[0-9a-f]+:\t(.*)$', text, re.M):
        if re.match(r'ret', line):
            return path
        if not re.match(r'(push +%rbp|mov +%rsp,%rbp|pop +%rbp|nop|endbr|xchg +%ax,%ax|leave)', line):
            path.append(line)
    raise AssertionError(f'{function} has no end:\n{text}')


def test_a_reader_is_at_most_four_instructions_and_none_of_them_locked():
    path = straight_line('rcu_read_pair_probe')
    assert path[0].startswith('inc') and '__preempt_count' in path[0], path
    assert 2 <= len(path) <= 4, path
    assert not [line for line in path if re.match(r'(lock|xchg|mfence|lfence|sfence|call|cpuid)', line)], path


def test_a_reader_that_never_ends_is_named_with_its_stack():
    result = qemu.boot('nosoftlockup rcupdate.rcu_cpu_stall_timeout=3 provoke=RCU_STALL', smp=2, mem='256M', whole=60, idle=40)
    result.must(status=qemu.PANIC, has=[r'rcu: INFO: rcu_sched (self-detected stall on CPU|detected stalls on CPUs/tasks:)',
                                        r'rcu: \t\d-\.{4}: \(\d+ ticks this GP\) idle=', r'rcu: \t\((detected by \d, )?t=\d+ jiffies,? g=-?\d+,? q=\d+\)',
                                        r'NMI backtrace for cpu \d', r'provoke_RCU_STALL\+0x', 'Kernel panic - not syncing: RCU Stall'])


def test_a_cpu_that_never_answers_an_expedited_grace_period_is_named():
    result = qemu.boot('nosoftlockup rcupdate.rcu_cpu_stall_timeout=3 provoke=RCU_EXP_STALL', smp=2, mem='256M', whole=60, idle=40)
    result.must(status=qemu.PANIC, has=[r'rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { \d-\.{3} } \d+ jiffies s: \d+ root: 0x1/\.',
                                        r'NMI backtrace for cpu \d', r'RIP: 0010:read_for_ever\+0x', 'Kernel panic - not syncing: RCU Stall'])


def test_a_flood_of_callbacks_leaves_the_cpu_to_tasks():
    """Instructions are counted, 64 ns each: an eighth of the flood would take 50 ms. A batch that interrupts a task ends after 3 ms; then
    ksoftirqd has its turn, as a task that has slept: 6 ms."""
    result = qemu.boot('kunit=rcu_flood', cpu=qemu.ICOUNT_CPU, mem='256M',
                       extra=[word.replace('shift=0', 'shift=6') for word in qemu.ICOUNT]).must(status=qemu.PASS)
    gap = int(re.search(r'# 200000 callbacks in \d+ us; longest gap (\d+) us', result.text)[1])
    assert 100 < gap < 12000, result.describe()


def test_at_the_default_limit_it_takes_less_than_30_seconds():
    result = qemu.boot('nosoftlockup provoke=RCU_STALL', smp=2, mem='256M', whole=120, idle=60)
    result.must(status=qemu.PANIC, has=r'rcu: INFO: rcu_sched ')
    begin, end = (float(re.search(r'^\[ *(\d+\.\d+)\].*' + words, result.text, re.M)[1])
                  for words in ('Performing direct entry', 'rcu: INFO: rcu_sched'))
    assert end - begin < 30, result.describe()
    assert int(re.search(r'rcu: \t\((?:detected by \d+, )?t=(\d+) jiffies', result.text)[1]) >= 21000, result.describe()


@pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
def test_torture_finds_a_grace_period_that_ends_early():
    result = qemu.boot('kunit=torture_rcu torture.seconds=20 torture.break=rcu_early_gp', kernel=DEBUG_KERNEL, smp=4, mem='512M', whole=120,
                       idle=60)
    result.must(status=qemu.FAIL, has=r'a reader on CPU \d saw (freed memory|what a grace period had ended)')


@pytest.fixture(scope='module')
def clockset(tmp_path_factory):
    """clockset(seconds, ...): timers that hear when the clock is set, made and closed while it is set (tests/user/clockset.c)."""
    archive = Archive()
    archive.directory('/dev')
    archive.node('/dev/console', 'c', 5, 1)
    with open(os.path.join(qemu.PROGRAMS, 'clockset.musl'), 'rb') as source:
        archive.file('/clockset', source.read(), 0o755)
    path = tmp_path_factory.mktemp('clockset') / 'initrd.cpio'
    path.write_bytes(archive.write())

    def run(seconds, **how):
        result = qemu.boot(f'quiet rdinit=/clockset -- {seconds}', initrd=str(path), smp=4, mem='256M', whole=120, idle=60, **how)
        result.must(status=qemu.PASS, has='^clockset: rules: 0 wrong$', hasnot=r'BUG:|WARNING|Oops|stall|pagealloc:|WRONG')
        settings, timers, told, alone = map(int, re.search(r'^clockset: (\d+) settings, (\d+) timers, (\d+) told, (\d+) left alone, 0 wrong$',
                                                           result.text, re.M).groups())
        assert settings > 10 and timers > 100 and told and alone, result.describe()
    return run


def test_hooks_are_walked_while_they_come_and_go(clockset):
    clockset(2)


@pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
def test_hooks_are_walked_while_they_come_and_go_with_all_checks(clockset):
    clockset(4, kernel=DEBUG_KERNEL)


SCRIPT = b"""mount -t proc proc /proc
for f in /proc/[0-9]*/comm; do read name < $f; [ "$name" = rcu_sched ] && echo "thread $name"; done
cd /proc/tracing; echo > trace
echo 'rcu:*' > set_event
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do /bin/true; done
sleep 1
echo > set_event
cat trace
echo =end=
"""


def test_a_grace_period_in_the_trace_begins_is_reported_and_ends(tmp_path):
    archive = Archive()
    archive.file('/script', SCRIPT, 0o755)
    path = tmp_path / 'initrd.cpio'
    with open(qemu.INITRD, 'rb') as first:
        path.write_bytes(first.read() + archive.write())
    result = qemu.boot('quiet rdinit=/bin/sh -- /script', initrd=str(path), smp=2, mem='256M').must(has=['^=end=$', '^thread rcu_sched$'])
    events = re.findall(r'rcu_grace_period: rcu_sched (-?\d+) (\w+)', result.text)
    assert 'AccWaitCB' in [name for _, name in events], events
    started = [int(number) for number, name in events if name == 'start']
    ended = [int(number) for number, name in events if name == 'end']
    assert len(started) > 2, events
    order = [name for _, name in events if name in ('start', 'end')]
    assert 'start start' not in ' '.join(order) and 'end end' not in ' '.join(order), 'each ends before the next begins'
    assert set(ended[1:]) <= set(started), events
    assert all(later == earlier + 4 for earlier, later in zip(started, started[1:])), started
    assert re.search(r'rcu_quiescent_state_report: rcu_sched -?\d+ [0-9a-f]+>0 ', result.text), result.describe()
    assert re.search(r'rcu_batch_end: rcu_sched CBs-invoked=[1-9]', result.text), result.describe()
