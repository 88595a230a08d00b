# SPDX-License-Identifier: GPL-2.0-only
"""The scheduler seen from outside: trace events, perf's tables of them, and the books in /proc, which must agree with each other."""
import os
import re
import shutil
import subprocess

import pytest
import qemu
from mkinitramfs import Archive

SHARED_BOOT = True
NS = 1_000_000_000
needs_perf = pytest.mark.skipif(not shutil.which('perf'), reason='no perf here (Debian: linux-perf)')


def shell(script, directory, append='', **how):
    """Run a script as init's only child; the Result."""
    archive = Archive()
    archive.file('/script', f'mount -t proc proc /proc\nmount -t devtmpfs dev /dev\n{script}\necho =end=\n'.encode(), 0o755)
    path = directory / 'initrd.cpio'
    with open(qemu.INITRD, 'rb') as first:
        path.write_bytes(first.read() + archive.write())
    return qemu.boot(f'quiet rdinit=/bin/sh {append} -- /script', initrd=str(path), mem='256M', **how).must(has='^=end=$')


# ---- make trace ----

@pytest.fixture(scope='module')
def demonstration(tmp_path_factory):
    place = tmp_path_factory.mktemp('trace')
    done = subprocess.run(['/usr/bin/python3', os.path.join(qemu.ROOT, 'tools/trace.py'), '--exact', '--ms', '400', str(place)], capture_output=True,
                          text=True, check=False, env={**os.environ, 'PRIMER_BUILD': qemu.BUILD})
    assert done.returncode == 0, done.stdout + done.stderr
    return place


def schedstat_of(place):
    rows = [line.split() for line in (place / 'schedstat.txt').read_text().splitlines()]
    return {name: (int(pid), int(run), int(wait), int(times)) for pid, name, run, wait, times in rows}


@needs_perf
def test_perf_sched_latency_agrees_with_schedstat(demonstration):
    table = {name: (float(run), int(switches)) for name, run, switches in
             re.findall(r'^  (\S+?):\(?\d+\)? +\| +([\d.]+) ms \| +(\d+) \|', (demonstration / 'latency.txt').read_text(), re.M)}
    for name, (_, run, _, times) in schedstat_of(demonstration).items():
        assert table[name][0] * 1e6 == pytest.approx(run, rel=0.01, abs=1000), name
        assert abs(table[name][1] - times) <= 1, name


@needs_perf
def test_the_picture_shows_each_cpu_and_task(demonstration):
    picture = (demonstration / 'timeline.svg').read_text()
    for cpu in range(4):
        assert f'CPU {cpu}' in picture
    for name in ('hog0', 'hog5', 'hog10', 'free1', 'fifo'):
        assert name in picture, name


def test_hogs_of_one_cpu_get_their_shares(demonstration):
    """Weights 1024, 335 and 110, in a time of some twenty slices; the real-time task takes what it wants first, so only ratios count."""
    stat = schedstat_of(demonstration)
    total = sum(stat[name][1] for name in ('hog0', 'hog5', 'hog10'))
    for name, weight in (('hog0', 1024), ('hog5', 335), ('hog10', 110)):
        assert stat[name][1] / total == pytest.approx(weight / 1469, abs=0.07), name


def test_switches_of_a_cpu_follow_each_other(demonstration):
    """Who goes is who came: nothing is lost, and each CPU's records are in order."""
    current, count, last = {}, 0, {}
    for line in (demonstration / 'trace.txt').read_text().splitlines():
        match = re.search(r'\[(\d+)\] .{4} +([\d.]+): sched_switch: .*prev_pid=(\d+) .* ==> .*next_pid=(\d+)', line)
        if not match:
            continue
        cpu, when, prev, following = match.groups()
        assert current.get(cpu, prev) == prev, line
        assert float(when) >= last.get(cpu, 0), line
        current[cpu], last[cpu] = following, float(when)
        count += 1
    assert count > 100 and len(current) == 4


def test_a_task_runs_where_it_may(demonstration):
    text = (demonstration / 'trace.txt').read_text()
    for name in ('hog0', 'hog5', 'hog10', 'fifo'):
        cpus = re.findall(rf'\[(\d+)\] .*next_comm={name} ', text)
        assert set(cpus) == {'000'}, name


# ---- the events ----

ALL_EVENTS = """
(while :; do :; done) & H=$!
taskset -p 1 $H
taskset -p 2 $H
sleep 0.1
kill $H
cat /proc/sys/kernel/ostype
echo 0 > /proc/tracing/tracing_on
cat /proc/trace
echo 1 > /proc/tracing/tracing_on
echo 'sched:*' > /proc/tracing/set_event
echo > /proc/trace
cat /proc/version
sleep 0.05
echo =second=
cat /proc/trace
"""


@pytest.fixture(scope='module')
def all_events(tmp_path_factory):
    return shell(ALL_EVENTS, tmp_path_factory.mktemp('events'), append='trace_event=* trace_buf_size=4M', smp=2, idle=60, whole=200)


def test_every_event_happens(all_events):
    first = all_events.text.split('=second=')[0]
    for event in ('sched_switch', 'sched_waking', 'sched_wakeup', 'sched_wakeup_new', 'sched_migrate_task', 'sched_stat_runtime',
                  'sched_process_fork', 'sched_process_exec', 'sched_process_exit', 'irq_handler_entry', 'irq_handler_exit',
                  'softirq_raise', 'softirq_entry', 'softirq_exit', 'hrtimer_expire_entry', 'hrtimer_expire_exit', 'page_fault_user',
                  'page_fault_kernel', 'sys_enter', 'sys_exit'):
        assert re.search(rf': {event}: ', first), f'no {event}; {all_events.describe()}'


def test_entries_have_their_exits(all_events):
    first = all_events.text.split('=second=')[0]
    for entry, leave in (('hrtimer_expire_entry', 'hrtimer_expire_exit'), ('softirq_entry', 'softirq_exit'),
                         ('irq_handler_entry', 'irq_handler_exit')):
        assert abs(len(re.findall(f': {entry}: ', first)) - len(re.findall(f': {leave}: ', first))) <= 2


def test_a_system_call_is_seen_whole(all_events):
    """exec is entered under one name and left under another; write says how much."""
    assert re.search(r'sh-(\d+) .*: sys_enter: NR 59 \(.*\n(?:.*\n)*? +exe-\1 .*: sys_exit: NR 59 = 0\n', all_events.text)
    assert re.search(r'cat-\d+ .*: sys_exit: NR (1|40) = 6\n', all_events.text)


def test_the_door_closes_behind_the_last_tracer(all_events):
    second = all_events.text.split('=second=')[1]
    assert 'sched_switch' in second and '=end=' in second
    assert 'sys_enter' not in second and 'sys_exit' not in second, all_events.describe()


# ---- the books ----

BOOKS = """
(while :; do :; done) & H=$!
(while :; do :; done) & G=$!
sleep 1
cat /proc/$H/schedstat /proc/$H/sched
echo =debug=
cat /proc/sched_debug
echo =stat=
cat /proc/schedstat
echo 0 > /proc/$H/sched
echo =reset=
cat /proc/$H/sched
echo 0 > /proc/sys/kernel/sched_schedstats
echo =off=
cat /proc/$H/sched
kill $H $G
"""


@pytest.fixture(scope='module')
def books(tmp_path_factory):
    return shell(BOOKS, tmp_path_factory.mktemp('books'), append='schedstats=enable', cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT, idle=120, whole=220)


def fields(text):
    return {name: float(value) for name, value in re.findall(r'^(\S+) *: *(-?[\d.]+)$', text, re.M)}


def test_task_book(books):
    head = re.search(r'^(\d+) (\d+) (\d+)\nsh \((\d+), #threads: 1\)\n-{67}\n', books.text, re.M)
    run, wait, times = (int(head[index]) for index in (1, 2, 3))
    assert run + wait == pytest.approx(1 * NS, rel=0.2)		# it ran or waited all of the second
    assert run == pytest.approx(wait, rel=0.25) and times > 10
    task = fields(books.text[head.start():books.text.index('=debug=')])
    assert task['se.sum_exec_runtime'] * 1e6 == pytest.approx(run, rel=0.05)
    assert task['se.statistics.wait_sum'] * 1e6 == pytest.approx(wait, rel=0.05)
    assert task['se.statistics.wait_max'] <= task['se.statistics.wait_sum']
    assert task['nr_switches'] == task['nr_voluntary_switches'] + task['nr_involuntary_switches']
    assert task['nr_switches'] - 2 <= task['se.statistics.wait_count'] <= 3 * task['nr_switches']
    assert task['se.load.weight'] == 1024 * 1024 and task['policy'] == 0 and task['prio'] == 120


def test_statistics_are_forgotten_and_closed(books):
    after = fields(books.text.split('=reset=')[1].split('=off=')[0])
    assert after['se.statistics.wait_count'] <= 4 and after['se.sum_exec_runtime'] > 300
    off = fields(books.text.split('=off=')[1])
    assert 'se.statistics.wait_count' not in off and 'se.sum_exec_runtime' in off


def test_sched_debug_shows_the_queue_in_order(books):
    text = books.text.split('=debug=')[1].split('=stat=')[0]
    assert text.startswith('\nSched Debug Version: v0.11, 5.10.0-primer')
    number = {name: float(value) for name, value in re.findall(r'^  \.(\S+) *: (-?[\d.]+)', text, re.M)}
    rows = re.findall(r'^(>R| \w) +(\S+) +(\d+) +(-?[\d.]+) +(\d+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)$', text, re.M)
    queued = rows[:int(number['nr_running'])]		# one may have been preempted on its way to sleep, and not be R
    assert queued[0][0] == '>R' and queued[0][1] == 'cat' and int(queued[0][2]) == number['curr->pid']
    assert len([row for row in queued if row[1] == 'sh']) == 2
    keys = [float(row[3]) for row in queued[1:]]
    assert keys == sorted(keys) and keys[0] == pytest.approx(number['MIN_vruntime']) and keys[-1] == pytest.approx(number['max_vruntime'])
    assert number['load'] == len(queued) * 1024 * 1024
    assert number['min_vruntime'] <= min(keys) and number['sched_count'] >= number['sched_goidle']
    assert {'kthreadd', 'sh'} <= {row[1] for row in rows if row[0] == ' S'}


def test_schedstat(books):
    text = books.text.split('=stat=')[1].split('=reset=')[0]
    head = re.match(r'\nversion 15\ntimestamp \d+\ncpu0 (\d+) 0 (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)\n', text)
    yields, count, idle, woken, local, ran, waited, times = map(int, head.groups())
    assert count >= times > idle and woken >= local >= 0 and yields >= 0
    assert ran > 0.9 * NS and waited > 0.9 * NS
