# SPDX-License-Identifier: GPL-2.0-only
"""RCU from outside: what a reader costs as machine code, a reader that never ends, a grace period that ends too early, the events of one in
the trace and what tools/rcu_timeline.py makes of them, more CPUs than a leaf has, and a list of hooks that is walked while
hooks come and go."""
import os
import re
import subprocess

import pytest

import ktap
import qemu
import rcu_timeline
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


def test_the_tree_waits_for_readers_of_every_leaf():
    """20 CPUs are two leaves, of 16 and 4. One host thread in turn for all: a busy host does not make them wait for each other."""
    result = qemu.boot('kunit=rcu', smp=20, mem='256M', accel='tcg,thread=single', whole=200, idle=100).must(
        status=qemu.PASS, has=r'# the reader stood on CPU \d+, leaf (\d) of 4; the others on CPU \d+, leaf (?!\1)\d$')
    suites, wrong = ktap.parse(result.text)
    assert not wrong, f'{wrong}; {result.describe()}'
    assert not [case.name for case in suites[0].children if not case.ok or case.skip is not None], result.describe()


def test_a_flood_of_callbacks_leaves_the_cpu_to_tasks():
    """Instructions are counted, 64 ns each: an eighth of the flood would take 50 ms. A batch that interrupts a task ends after 3 ms; then
    ksoftirqd has its turn, as a task that has slept: 6 ms. The bound is the book's."""
    result = qemu.boot('kunit=rcu_flood', cpu=qemu.ICOUNT_CPU, mem='256M',
                       extra=[word.replace('shift=0', 'shift=6') for word in qemu.ICOUNT]).must(status=qemu.PASS)
    gap = int(re.search(r'# 200000 callbacks in \d+ us; longest gap (\d+) us', result.text)[1])
    with open(os.path.join(qemu.ROOT, 'docs/rcu.md'), encoding='utf-8') as page:
        most = int(re.search(r'callbacks keep a task from its CPU for less than (\d+) ms', ' '.join(page.read().split()))[1])
    assert 100 < gap < 1000 * most, result.describe()


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
    timelines(result.text)


# ---- tools/rcu_timeline.py ----

def timelines(trace):
    """Each whole grace period of @trace, as the tool shows it: nothing is left out, and all stands in its column."""
    periods = rcu_timeline.grace_periods(trace.splitlines())
    assert len(periods) > 2
    for number, period in periods.items():
        table = rcu_timeline.table(period, 2).splitlines()
        begin = period[0][0]
        length = int(re.fullmatch(rf'grace period {number}: (\d+) us', table[0])[1])
        columns = [table[1].index('CPU 0'), table[1].index('CPU 1')]
        rows = [re.fullmatch(r' *(\d+)  ( *)(\S.*)', line) for line in table[2:]]
        assert all(rows), table
        assert rows[0][3] == 'rcu_sched: start' and rows[-1][3] == 'rcu_sched: end' and int(rows[-1][1]) == length, table
        came = [(int(row[1]), row.start(3)) for row in rows]
        events = re.findall(rf'\[(\d+)\] .{{4}} +(\d+)\.(\d{{6}}): rcu_(?:grace_period|fqs|quiescent_state_report): rcu_sched {number} ',
                            trace)
        expected = [(int(sec) * 1000000 + int(usec) - begin, columns[int(cpu)]) for cpu, sec, usec in events]
        assert sorted(came) == sorted(row for row in expected if 0 <= row[0] <= length), table
        assert [when for when, _ in came] == sorted(when for when, _ in came), table
        assert any('CPUs 0-63: 1>0' in row[3] for row in rows), table


SAMPLE = """# tracer: nop
            sh-17      [001] d.s1     0.999000: rcu_grace_period: rcu_sched -299 end
       rcu_sched-5       [000] d..1     1.000000: rcu_grace_period: rcu_sched -295 start
       rcu_sched-5       [000] d..1     1.000007: rcu_fqs: rcu_sched -295 1 dti
       rcu_sched-5       [000] d..1     1.000030: rcu_grace_period: rcu_sched -295 end
       rcu_sched-5       [001] d..1     1.000040: rcu_grace_period: rcu_sched -291 start
       rcu_sched-5       [001] d..1     1.000049: rcu_fqs: rcu_sched -291 1 rqc
       rcu_sched-5       [001] d..1     1.000054: rcu_quiescent_state_report: rcu_sched -291 2>1 0 15
          <idle>-0       [001] d.s1     1.001007: rcu_grace_period: rcu_sched -291 cpustart
              sh-17      [000] d.s1     1.001000: rcu_grace_period: rcu_sched -291 cpustart
              sh-17      [000] d.s1     1.001001: rcu_grace_period: rcu_sched -284 AccWaitCB
              sh-17      [000] d.s1     1.002000: rcu_quiescent_state_report: rcu_sched -291 1>0 0 15
              sh-17      [000] d.s1     1.002005: rcu_quiescent_state_report: rcu_sched -291 1>0 0 63
       rcu_sched-5       [001] d..1     1.002900: rcu_grace_period: rcu_sched -291 end
       rcu_sched-5       [001] d..1     1.002950: rcu_grace_period: rcu_sched -287 start
"""
TABLE = """grace period -291: 2860 us
     us  CPU 0                         CPU 1
      0                                rcu_sched: start
      9                                rcu_sched: fqs: CPU 1 rqc
     14                                rcu_sched: CPUs 0-15: 2>1
    960  sh: cpustart
    967                                <idle>: cpustart
   1960  sh: CPUs 0-15: 1>0
   1965  sh: CPUs 0-63: 1>0
   2860                                rcu_sched: end
"""


def timeline(trace, *words):
    return subprocess.run([os.path.join(qemu.ROOT, 'tools/rcu_timeline.py'), '-', *words], input=trace, capture_output=True, text=True,
                          check=False)


def test_the_timeline_shows_the_grace_period_that_tells_most():
    assert timeline(SAMPLE).stdout == TABLE


def test_the_timeline_of_a_number():
    assert [line.split() for line in timeline(SAMPLE, '-295').stdout.splitlines()[2:]] == [
        ['0', 'rcu_sched:', 'start'], ['7', 'rcu_sched:', 'fqs:', 'CPU', '1', 'dti'], ['30', 'rcu_sched:', 'end']]


@pytest.mark.parametrize('trace, words, why', [
    (SAMPLE, ['-287'], 'no such grace period from start to end'), ('# tracer: nop\n', [], 'no such grace period from start to end'),
    (SAMPLE.replace('2>1', '2'), [], 'rcu_quiescent_state_report does not read as expected')])
def test_the_timeline_says_what_is_missing(trace, words, why):
    done = timeline(trace, *words)
    assert done.returncode == 1 and why in done.stderr, done.stderr
