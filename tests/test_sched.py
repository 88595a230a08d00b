# SPDX-License-Identifier: GPL-2.0-only
"""The fair class as programs see it: shares, latency, the cost of a switch, system calls and tunables.

All of it under -icount with one CPU, where a nanosecond is a fixed part of an instruction: nothing depends on how busy the host is.
"""
import os
import re

import pytest

import qemu
from mkinitramfs import Archive

SLOW_CLOCK = ['-icount', 'shift=4,sleep=off', *qemu.ICOUNT[2:]]		# 16 ns an instruction: ten seconds are soon over
TICK = 1_000_000
LATENCY, GRANULARITY = 6_000_000, 750_000


@pytest.fixture
def on_icount(tmp_path):
    """on_icount('ring', 'word', ...) boots with that program of tests/user as init, or with /bin/... of the usual archive."""
    def boot(program, *words, extra=SLOW_CLOCK, append='', **how):
        how = {'cpu': qemu.ICOUNT_CPU, 'extra': extra, 'mem': '512M', 'idle': 120, 'whole': 230, **how}
        if program.startswith('/'):
            return qemu.boot(f'rdinit={program} {append} -- {" ".join(words)}', **how)
        archive = Archive()
        archive.directory('/dev')
        archive.directory('/proc')
        archive.node('/dev/console', 'c', 5, 1)
        with open(os.path.join(qemu.PROGRAMS, f'{program}.musl'), 'rb') as source:
            archive.file('/prog', source.read(), 0o755)
        (tmp_path / 'initrd.cpio').write_bytes(archive.write())
        return qemu.boot(f'rdinit=/prog {append} -- {" ".join(words)}', initrd=str(tmp_path / 'initrd.cpio'), **how)
    return boot


# ---- shares ----

ROW = re.compile(r'^ *(-?\d+) +(\d+) +([\d.]+)% +([\d.]+)% +([\d.]+) +([+-][\d.]+)%', re.M)


@pytest.mark.parametrize('nices, bound', [('-5 0 5 10', 1.0), ('all', 2.0)])
def test_hogs_get_the_shares_of_their_weights(on_icount, nices, bound):
    result = on_icount('/bin/shares', '-s', '10', *nices.split()).must(status=qemu.PASS)
    rows = [(int(nice), int(weight), float(formula), float(got)) for nice, weight, formula, got, _, _ in ROW.findall(result.text)]
    assert len(rows) == (40 if nices == 'all' else 4), result.describe()
    total = sum(weight for _, weight, _, _ in rows)
    for nice, weight, _, got in rows:
        share = 100 * weight / total			# not the program's word for it
        if share > 1:
            assert abs(got / share - 1) * 100 <= bound, (nice, share, got)


@pytest.mark.parametrize('hogs', [2, 3, 8, 20])
def test_equal_hogs_are_never_further_apart_than_a_slice_and_a_tick(on_icount, hogs):
    result = on_icount('/bin/shares', '-s', '5', *['0'] * hogs).must(status=qemu.PASS)
    apart = float(re.search(r'^equal hogs: at most ([\d.]+) ms apart', result.text, re.M).group(1))
    assert 0 < apart * 1e6 <= max(LATENCY, hogs * GRANULARITY) / hogs + TICK


def test_equal_hogs_among_unequal_ones(on_icount):
    """Two of each of three weights. The light ones' slice is a fifth of a millisecond: not further apart than that and a tick either."""
    weight = {-5: 3121, 0: 1024, 5: 335}
    result = on_icount('/bin/shares', '-s', '5', *'0 0 5 5 -5 -5'.split()).must(status=qemu.PASS)
    told = re.findall(r'^equal hogs: at most ([\d.]+) ms apart \(nice (-?\d+)\)', result.text, re.M)
    apart = {int(nice): float(ms) * 1e6 for ms, nice in told}
    assert set(apart) == set(weight), result.describe()
    for nice, ns in apart.items():
        assert 0 < ns <= LATENCY * weight[nice] / (2 * sum(weight.values())) + TICK, (nice, ns)


# ---- latency ----

def late(result):
    match = re.search(r'^late: max (\d+) ns, mean (\d+) ns, \d+ of \d+ above .*, (\d+) early', result.text, re.M)
    assert match, result.describe()
    longest, _, early = map(int, match.groups())
    assert early == 0
    return longest


@pytest.mark.parametrize('sleep_us, work_us', [(26_000, 50), (40_000, 50), (100_000, 300), (77_000, 1000), (40_000, 5000)])
def test_who_slept_longer_than_a_period_runs_at_once(on_icount, sleep_us, work_us):
    result = on_icount('wakelate', '32', str(sleep_us), '60', str(work_us)).must(status=qemu.PASS)
    assert late(result) <= GRANULARITY + TICK


def test_a_short_sleeper_runs_within_the_stretched_period(on_icount):
    result = on_icount('wakelate', '32', '2000', '200', '50').must(status=qemu.PASS)
    assert late(result) <= 33 * GRANULARITY


def storm_of_messages(result, loops):
    """20 groups of 20 senders and 20 receivers: all messages arrive, those of a sender in their order, none before it was sent."""
    count = 20 * 20 * 20 * loops
    result.must(status=qemu.PASS, hasnot='BUG:|WARNING:', has=[
        rf'^messaging: 20 groups of 40 tasks, {count} messages: [\d.]+ s$', rf'^messaging: delays {count} min [\d.]+ .* early 0$'])
    row = re.search(r'^messaging: delays \d+ min (\S+) p50 (\S+) p90 (\S+) p99 (\S+) p99.9 (\S+) max (\S+)', result.text, re.M)
    assert sorted(map(float, row.groups())) == list(map(float, row.groups())), row.group(0)
    assert sum(map(int, re.findall(r'^messaging: < \d+ us: (\d+)$', result.text, re.M))) == count


def test_storm_of_messages(on_icount):
    storm_of_messages(on_icount('/bin/messaging', '-l', '4'), 4)


def test_a_periodic_task_in_a_storm_on_cpus_that_are_threads(on_icount):
    """Four CPUs at the same moment, and a FIFO task that wants to run each millisecond until the storm has ended. How late it runs is the
    host's business, but never before its time; and who loses a wakeup ends neither the beats nor the storm."""
    result = on_icount('/bin/latency', '-n', '100000', '-w', '0', '-f', '50', '-u', '/bin/messaging', '-l', '2', smp=4, extra=())
    storm_of_messages(result, 2)
    beats = re.search(r'^latency: beats (\d+) min ([\d.]+) ', result.text, re.M)
    assert beats and int(beats.group(1)) > 0, result.describe()


def test_a_fifo_task_does_not_notice_a_storm_of_messages(on_icount):
    """Every millisecond among 800 tasks that wake each other: an instruction is a nanosecond, and 10,000 of them are the bound."""
    result = on_icount('/bin/latency', '-n', '200', '-w', '300', '-f', '50', '/bin/messaging', '-l', '1000000', extra=qemu.ICOUNT)
    result.must(status=qemu.PASS)
    figures = re.search(r'^latency: beats 200 min ([\d.]+) .* max ([\d.]+) missed 0$', result.text, re.M)
    assert figures, result.describe()
    assert 0 < float(figures.group(2)) <= 10, figures.group(0)


# ---- cost ----

def test_a_switch_costs_the_same_among_a_thousand_tasks(on_icount):
    result = on_icount('ring', '20000', '8', '1000', extra=qemu.ICOUNT).must(status=qemu.PASS)
    few, many = (int(re.search(rf'^ring {n}: (\d+) cycles a hop', result.text, re.M).group(1)) for n in (8, 1000))
    assert many <= 1.1 * few, (few, many)


# ---- system calls and tunables ----

def test_limits_of_nice_values_and_priorities(on_icount):
    on_icount('schedcalls', 'limits').must(status=qemu.PASS, has='^limits: as they should be$')


TUNABLES = '''
/bin/busybox mount -t proc proc /proc
cd /proc/sys/kernel
show() { echo "$1: $(/bin/busybox cat sched_$1)"; }
for f in latency_ns min_granularity_ns wakeup_granularity_ns tunable_scaling child_runs_first; do show $f; done
refused() { echo $2 2>/dev/null >sched_$1 || echo "$1 $2 refused"; }
for v in 99999 1000000001 x -1; do refused latency_ns $v; done
for v in 99999 1000000001; do refused min_granularity_ns $v; done
refused wakeup_granularity_ns 1000000001
refused tunable_scaling 3
refused child_runs_first 2
echo 100000 >sched_latency_ns
show latency_ns
echo 24000000 >sched_latency_ns
echo 0 >sched_wakeup_granularity_ns
show latency_ns; show wakeup_granularity_ns
'''
TUNABLES_SAID = '''
latency_ns: 6000000
min_granularity_ns: 750000
wakeup_granularity_ns: 1000000
tunable_scaling: 1
child_runs_first: 0
latency_ns 99999 refused
latency_ns 1000000001 refused
latency_ns x refused
latency_ns -1 refused
min_granularity_ns 99999 refused
min_granularity_ns 1000000001 refused
wakeup_granularity_ns 1000000001 refused
tunable_scaling 3 refused
child_runs_first 2 refused
latency_ns: 100000
latency_ns: 24000000
wakeup_granularity_ns: 0
'''


def busybox_archive(tmp_path, script):
    archive = Archive()
    archive.directory('/dev')
    archive.directory('/proc')
    archive.node('/dev/console', 'c', 5, 1)
    archive.node('/dev/null', 'c', 1, 3)
    with open('/bin/busybox', 'rb') as busybox:
        program = busybox.read()
    for name in ('busybox', 'taskset'):
        archive.file(f'/bin/{name}', program, 0o755)
    archive.file('/script', script.encode(), 0o644)
    (tmp_path / 'initrd.cpio').write_bytes(archive.write())
    return str(tmp_path / 'initrd.cpio')


def test_tunables_have_the_bounds_of_linux(tmp_path):
    archive = busybox_archive(tmp_path, TUNABLES)
    result = qemu.boot('quiet rdinit=/bin/busybox -- sh /script', initrd=archive).must(status=qemu.PASS)
    assert result.plain.strip() == TUNABLES_SAID.strip()


# A pipe between two CPUs: the reader sleeps after each line.
TWO_CPUS = """busybox mount -t proc proc /proc
busybox egrep RES /proc/interrupts
i=0
while [ $i -lt 500 ]; do echo; busybox true; i=$((i+1)); done | busybox taskset 2 busybox sh -c 'while read x; do :; done'
busybox egrep RES /proc/interrupts
"""


def rescheduling_interrupts(idle, archive):
    result = qemu.boot(f'quiet idle={idle} rdinit=/bin/taskset -- 1 /bin/busybox sh /script', smp=2, idle=100, initrd=archive).must(status=qemu.PASS)
    before, after = (sum(map(int, line)) for line in re.findall(r'^ *RES: +(\d+) +(\d+)', result.plain, re.M))
    return after - before


def test_a_cpu_in_mwait_is_woken_without_an_interrupt(tmp_path):
    archive = busybox_archive(tmp_path, TWO_CPUS)
    halted, watching = rescheduling_interrupts('halt', archive), rescheduling_interrupts('mwait', archive)
    print(f'rescheduling interrupts: halt {halted}, mwait {watching}')
    assert halted > 50 and watching < halted / 4


@pytest.mark.timeout(350)
def test_what_scheduling_costs_grows_with_the_logarithm_of_the_crowd():
    """Each function of the fair class, wake_up_process(), and schedule(): among 1, 8 and 10,000 that can run."""
    from sched_cost import class_costs
    costs = class_costs()
    assert max(costs) == 10000 and all(len(row) == 5 for row in costs.values()), costs
    for one, few, many in zip(costs[1], costs[8], costs[10000]):
        assert 0 < many <= 2 * one and many <= 1.6 * few, costs
