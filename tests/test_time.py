# SPDX-License-Identifier: GPL-2.0-only
"""Clocks and timers of the machine: every clock source against the TSC, how late sleeps are, what an idle machine does.

Under -icount the TSC counts instructions, and time passes only by them: a host that is busy does not matter, and the kernel's
idea of a second can be compared with the machine's own.
"""
import os
import re

import pytest

import qemu

PROGRAM = os.path.join(qemu.PROGRAMS, 'clocks.musl')
ICOUNT = {'cpu': qemu.ICOUNT_CPU, 'extra': qemu.ICOUNT, 'mem': '256M'}
BASE = 1704067200			# qemu.ICOUNT's -rtc base


def rate(result):
    cycles, ns = map(int, re.search(r'^rate: (\d+) cycles in (\d+) ns$', result.text, re.M).groups())
    return cycles, ns


def sleeps(result):
    """(how many, early, latest in ns)"""
    match = re.search(r'^sleeps: (\d+) of \d+ us, (\d+) failed, (-?\d+) early, latest (\d+) ns late, mean (-?\d+) ns$', result.text, re.M)
    assert match, result.describe()
    n, failed, early, latest, _ = map(int, match.groups())
    assert failed == 0
    return n, early, latest


@pytest.fixture(scope='module')
def measured(tmp_path_factory):
    """measured(source) boots once for each clock source; the Result."""
    from mkinitramfs import Archive
    archive = Archive()
    archive.directory('/dev')
    archive.directory('/proc')
    archive.node('/dev/console', 'c', 5, 1)
    with open(PROGRAM, 'rb') as program:
        archive.file('/prog', program.read(), 0o755)
    path = tmp_path_factory.mktemp('time') / 'initrd.cpio'
    path.write_bytes(archive.write())
    done = {}

    def get(append='', *words, **how):
        key = (append, words, str(how))
        if key not in done:
            done[key] = qemu.boot(f'rdinit=/prog {append} -- {" ".join(words)}', initrd=str(path), **{**ICOUNT, **how})
        return done[key]
    return get


SOURCES = ['hpet', 'acpi_pm', 'pit', 'tsc']
WORDS = ('sleep', '1000', '1000', 'rate', '1500', 'date')


@pytest.mark.parametrize('source', SOURCES)
def test_each_clock_source_keeps_time(measured, source):
    result = measured(f'clocksource={source}', *WORDS).must(status=qemu.PASS, hasnot='BUG:|WARNING:|unstable')
    assert re.findall(r'Switched to clocksource (\S+)', result.raw.decode())[-1] == source
    cycles, ns = rate(result)
    assert abs(cycles - ns) <= ns / 1000, f'{source}: {cycles} ns by the TSC, {ns} by the clock'


@pytest.mark.parametrize('source', SOURCES)
def test_sleeps_are_never_early_and_hardly_late(measured, source):
    n, early, latest = sleeps(measured(f'clocksource={source}', *WORDS))
    assert (n, early) == (1000, 0) and latest <= 60000, f'{latest} ns late by {source}'


def test_the_wall_clock_agrees_with_the_battery_clock(measured):
    result = measured('clocksource=tsc', *WORDS)
    dates = list(map(int, re.search(r'^date: (\d+) (\d+) (\d+)$', result.text, re.M).groups()))
    uptime = float(re.findall(r'^\[ *(\d+\.\d+)\] init has ended', result.text, re.M)[0])
    for date in dates:
        assert -1 <= date - (BASE + uptime) <= 1, f'{date - BASE} s after the base, up for {uptime} s'


@pytest.mark.parametrize('base', ['1999-12-31T23:59:58', '2000-02-28T23:59:59', '2038-01-19T03:14:06'])
def test_the_date_at_boot(measured, base):
    extra = qemu.ICOUNT[:-1] + [f'base={base},clock=vm']
    result = measured('', 'date', extra=extra).must(status=qemu.PASS)
    import calendar
    import time
    expected = calendar.timegm(time.strptime(base, '%Y-%m-%dT%H:%M:%S'))
    date = int(re.search(r'^date: (\d+)', result.text, re.M).group(1))
    assert 0 <= date - expected <= 1


# What remains when better hardware is forbidden or missing: devices, and the tick without any one-shot.
WITHOUT = {
    'hpet as event device': ('nolapic_timer', {}),
    'pit as event device': ('nolapic_timer hpet=disable', {}),
    'no local APIC': ('nolapic', {}),
    'no ACPI': ('', {'machine': 'pc,acpi=off'}),
    'no TSC': ('tsc=unstable', {}),
    'no HPET': ('', {'machine': 'q35,hpet=off'}),
    'ticks that never stop': ('nohz=off', {}),
}


@pytest.mark.parametrize('what', WITHOUT)
def test_sleeps_without(measured, what):
    append, how = WITHOUT[what]
    result = measured(append, 'sleep', '200', '1000', 'rate', '1000', **how).must(status=qemu.PASS, hasnot='BUG:|WARNING:')
    n, early, latest = sleeps(result)
    assert (n, early) == (200, 0) and latest <= 70000
    cycles, ns = rate(result)
    assert abs(cycles - ns) <= ns / 1000


def test_without_their_timers_there_is_one_cpu(measured):
    """The others' tick is their local APIC's: without it they stay off, and the first one goes by another device."""
    result = measured('nolapic_timer', 'sleep', '200', '1000', smp=2).must(status=qemu.PASS, hasnot='BUG:|WARNING:', has=[
        'smpboot: SMP mode deactivated', r'Brought up 1 node, 1 CPU$'])
    n, early, latest = sleeps(result)
    assert (n, early) == (200, 0) and latest <= 70000


@pytest.mark.parametrize('append', ['highres=off', 'clocksource=jiffies'])
def test_sleeps_by_ticks_alone(measured, append):
    """Nothing better than the tick: late by up to two of them, never early."""
    result = measured(append, 'sleep', '100', '1000').must(status=qemu.PASS, hasnot='BUG:|WARNING:')
    n, early, latest = sleeps(result)
    assert (n, early) == (100, 0) and latest <= 2200000


def test_the_tsc_is_measured_again(measured):
    result = measured('clocksource=tsc', *WORDS)
    khz = re.search(r'Refined TSC clocksource calibration: (\d+)\.(\d+) MHz', result.raw.decode())
    assert khz, result.describe()
    assert abs(float('.'.join(khz.groups())) - 1000) <= 1


def test_the_tick_is_short(measured):
    """Instructions from the interrupted program and back to it; docs/time.md has the number."""
    result = measured('quiet', 'tick', '300').must(status=qemu.PASS)
    ticks, cycles, mean = map(int, re.search(r'^tick: (\d+) interruptions in (\d+) cycles, mean (\d+), ', result.text, re.M).groups())
    assert 295 <= ticks <= 315 and mean < 1250, result.describe()


def test_monotonic_time_never_steps_back_on_four_cpus(measured):
    result = measured('quiet', 'back', '2500000', smp=4, cpu='max', extra=[], idle=100, whole=200).must(status=qemu.PASS)
    assert re.search(r'^back: 10000000 readings, 0 steps back$', result.text, re.M), result.describe()


def test_an_idle_machine_is_left_alone(measured):
    result = measured('quiet', 'idle', '5', smp=4).must(status=qemu.PASS)
    counts = list(map(int, re.search(r'^idle: 5 s:((?: \d+)+)$', result.text, re.M).group(1).split()))
    assert len(counts) == 4 and max(counts) < 25, f'timer interrupts in 5 s: {counts}'
