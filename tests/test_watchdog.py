# SPDX-License-Identifier: GPL-2.0-only
"""Whatever hangs is found, with the stack of the guilty one: CPUs that run no tasks, that take no interrupts, that wait for
a lock; tasks that nobody wakes. And what does not hang is left alone.

Instructions are the clock: a host that stalls for seconds would be a lockup to the guest's watchdogs. And what loops, or sleeps, for
22 s of that clock does so in some seconds of ours: an instruction takes 128 ns, 64 ns in a DEBUG kernel, whose ticks have more of them.
"""
import os
import re

import pytest

import qemu
from mkinitramfs import Archive
from test_debug import DEBUG_KERNEL

COUNTED = {'cpu': qemu.ICOUNT_CPU, 'extra': ['-icount', 'shift=7,sleep=off', *qemu.ICOUNT[2:]], 'whole': 400, 'idle': 300}
COUNTED_DEBUG = {**COUNTED, 'kernel': DEBUG_KERNEL, 'extra': ['-icount', 'shift=6,sleep=off', *qemu.ICOUNT[2:]]}

# Each: how many CPUs, the detector's settings, what it must say, in whose frame, and how long after the planting, seconds.
# The longest that it may take at the default settings is 30 s; with a threshold of a second it is 4.
HANGS = {
    'SOFTLOCKUP': (1, 'watchdog_thresh=1', r'watchdog: BUG: soft lockup - CPU#\d stuck for \ds! \[\S+:1\]',
                   'provoke_SOFTLOCKUP', 'softlockup: hung tasks'),
    'HARDLOCKUP': (2, 'watchdog_thresh=1', r'NMI watchdog: Watchdog detected hard LOCKUP on cpu \d', 'provoke_HARDLOCKUP',
                   'Hard LOCKUP'),
    'SPINLOCKUP': (2, 'watchdog_thresh=1', r'watchdog: BUG: soft lockup - CPU#\d stuck for \ds! \[(lockkeeper/\d|\S+):\d+\]',
                   r'(\? )?(keep_the_lock|provoke_SPINLOCKUP)', 'softlockup: hung tasks'),	# the lock's code has no frame
    'HUNG_TASK': (1, 'sysctl.kernel.hung_task_timeout_secs=1', r'INFO: task \S+:1 blocked for more than \d seconds\.',
                  'provoke_HUNG_TASK', 'hung_task: blocked tasks'),
}


def seconds(text, pattern):
    """When the line that matches was printed."""
    return float(re.search(r'^\[ *(\d+\.\d+)\].*' + pattern, text, re.M)[1])


@pytest.mark.parametrize('name', HANGS)
def test_it_is_found_with_the_guilty_stack(name):
    cpus, settings, words, function, end = HANGS[name]
    result = qemu.boot(f'{settings} provoke={name}', smp=cpus, mem='256M', **COUNTED)
    result.must(status=qemu.PANIC, has=[words, rf'(RIP: 0010:|\] +){function}\+0x', f'Kernel panic - not syncing: {end}'])
    assert seconds(result.text, words) - seconds(result.text, 'Performing direct entry') < 6, result.describe()


# At the settings that one runs with. Each: the machine, more settings, what it must say, whose frames. A hung task is two minutes
# asleep by default: it gets 20 s, and a look each 5 s.
DEFAULTS = {
    'SOFTLOCKUP': (COUNTED, 'rcupdate.rcu_cpu_stall_suppress=1', HANGS['SOFTLOCKUP'][2].replace(r'\ds', r'2\ds'), ['provoke_SOFTLOCKUP']),
    'HARDLOCKUP': ({'smp': 2, **COUNTED}, '', HANGS['HARDLOCKUP'][2], ['provoke_HARDLOCKUP']),
    'SPINLOCKUP': ({'smp': 2, **COUNTED_DEBUG}, '', r'BUG: spinlock lockup suspected on CPU#\d, \S+/1$',
                   ['provoke_SPINLOCKUP', 'keep_the_lock']),
    'HUNG_TASK': (COUNTED, 'sysctl.kernel.hung_task_timeout_secs=20 sysctl.kernel.hung_task_check_interval_secs=5',
                  r'INFO: task \S+:1 blocked for more than 2\d seconds\.', ['provoke_HUNG_TASK']),
}


@pytest.mark.timeout(500)
@pytest.mark.parametrize('name', DEFAULTS)
def test_it_is_found_within_30_seconds_at_the_default_settings(name):
    machine, settings, words, functions = DEFAULTS[name]
    if not os.path.exists(machine.get('kernel', qemu.KERNEL)):
        pytest.skip('no DEBUG kernel: make debug-kernel')
    result = qemu.boot(f'{settings} provoke={name}', mem='256M', **machine)
    result.must(status=qemu.PANIC, has=[words] + [rf'(RIP: 0010:|\] +){function}\+0x' for function in functions])
    assert seconds(result.text, words) - seconds(result.text, 'Performing direct entry') < 30, result.describe()


@pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
def test_a_debug_kernel_says_who_waits_for_which_lock_and_who_holds_it():
    result = qemu.boot('watchdog_thresh=1 provoke=SPINLOCKUP', smp=2, mem='256M', **COUNTED_DEBUG)
    result.must(status=qemu.PANIC, has=[r'BUG: spinlock lockup suspected on CPU#(\d), \S+/1$',
                                        r' lock: lock_me_up, \.val: [0-9a-f]{8}, \.owner: lockkeeper/\d/\d+, \.owner_cpu: \d$',
                                        r'provoke_SPINLOCKUP\+0x', r'keep_the_lock\+0x'])


@pytest.mark.parametrize('settings', ['nowatchdog watchdog_thresh=1', 'watchdog_thresh=0', 'watchdog_thresh=1 nosoftlockup'])
def test_a_detector_that_is_off_says_nothing(settings):
    machine = {'cpu': COUNTED['cpu'], 'extra': COUNTED['extra']}
    with qemu.Machine(f'{settings} rcupdate.rcu_cpu_stall_suppress=1 provoke=SOFTLOCKUP', interactive=False, **machine) as hangs:
        hangs.expect('Performing direct entry SOFTLOCKUP', timeout=200)
        result = hangs.wait(idle=4)		# one that is on takes one second
    assert result.why == 'idle', result.describe()		# it hangs, and nobody says so
    result.must(hasnot='soft lockup')


def test_a_real_time_task_that_takes_all_of_the_cpu_is_no_lockup(tmp_path):
    """The stop task goes before it: the detector measures whether tasks can run, not who does."""
    result = shell(tmp_path, '/bin/cpushare 5 fifo; echo survived', append='watchdog_thresh=1', cpu=qemu.ICOUNT_CPU,
                   extra=['-icount', 'shift=6,sleep=off', *qemu.ICOUNT[2:]], whole=400, idle=300)
    result.must(has=[r'^cpushare: \d\d+ % of [5-9]\d{3} ms', '^survived$'], hasnot=['soft lockup', 'cpushare: SCHED'])


SETTINGS = """
for f in watchdog watchdog_thresh nmi_watchdog soft_watchdog softlockup_panic hardlockup_panic hung_task_timeout_secs hung_task_panic
do $B echo $f $($B cat $f); done
echo 61 > watchdog_thresh
echo 2 > softlockup_panic
echo 0 > watchdog; $B echo off $($B cat watchdog nmi_watchdog soft_watchdog)
echo 1 > soft_watchdog; $B echo soft $($B cat watchdog nmi_watchdog soft_watchdog)
echo 5 > watchdog_thresh; $B echo thresh $($B cat watchdog_thresh)
echo 1 > hung_task_panic; $B echo panic $($B cat hung_task_panic)
"""


def shell(tmp_path, script, append='', **how):
    """Run @script by busybox's shell, in /proc/sys/kernel."""
    archive = Archive()
    archive.directory('/dev')
    archive.directory('/proc')
    archive.node('/dev/console', 'c', 5, 1)
    with open('/bin/busybox', 'rb') as busybox:
        archive.file('/bin/busybox', busybox.read(), 0o755)
    with open(os.path.join(qemu.PROGRAMS, 'cpushare.musl'), 'rb') as program:
        archive.file('/bin/cpushare', program.read(), 0o755)
    lines = 'export B=/bin/busybox\n$B mount -t proc proc /proc\ncd /proc/sys/kernel\n{\n' + script + '\n} 2>&1\n'
    archive.file('/script', lines.encode(), 0o644)
    path = tmp_path / 'archive'
    path.write_bytes(archive.write())
    return qemu.boot(f'quiet {append} rdinit=/bin/busybox -- sh /script', initrd=str(path), mem='256M', **how)


def test_the_settings_in_proc_sys_kernel(tmp_path):
    result = shell(tmp_path, SETTINGS, append='sysctl.kernel.hung_task_timeout_secs=77')
    result.must(has=[r'^watchdog 1$', r'^watchdog_thresh 10$', r'^nmi_watchdog 1$', r'^soft_watchdog 1$', r'^softlockup_panic 0$',
                     r'^hung_task_timeout_secs 77$', r'^hung_task_panic 0$', r'^off 0 0 0$', r'^soft 1 0 1$', r'^thresh 5$',
                     r'^panic 1$'])
    assert len(re.findall('Invalid argument', result.text)) == 2, result.describe()


def test_threads_of_the_kernel_have_the_names_that_ps_shows_on_linux(tmp_path):
    result = shell(tmp_path, '$B ps -o pid,comm,args', smp=4)
    for pattern in [r'2 kthreadd', r'migration/[0-3]', r'ksoftirqd/[0-3]', r'kworker/[0-3]:\d+', r'kworker/[0-3]:0H', r'kworker/u8:0',
                    r'khungtaskd', r'rcu_\w+']:
        found = re.findall(pattern, result.text)
        assert found, f'no {pattern}; {result.describe()}'
    for name in ('migration', 'ksoftirqd'):
        assert {f'{name}/{cpu}' for cpu in range(4)} <= set(re.findall(rf'{name}/\d', result.text)), result.describe()


def test_the_watchdogs_leave_an_idle_machine_alone(tmp_path):
    """Fewer than 5 timer interrupts a second on each CPU, in a time that holds several of their periods."""
    count = "$B grep LOC: /proc/interrupts"
    result = shell(tmp_path, f'$B sleep 2; {count}; $B sleep 18; {count}', smp=4, cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT)
    before, after = (list(map(int, re.findall(r'\d+', line))) for line in re.findall(r'^ *LOC:((?: +\d+){4})', result.text, re.M))
    rates = [(b - a) / 18 for a, b in zip(before, after)]
    assert max(rates) < 5, f'timer interrupts a second: {rates}'
    assert min(b - a for a, b in zip(before, after)) >= 1, 'the watchdog itself'
