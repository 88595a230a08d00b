# SPDX-License-Identifier: GPL-2.0-only
"""lockdep on a DEBUG kernel: real programs leave no report, and its /proc files have Linux's shape.

That it finds each kind of fault is tests/kernel/locking/lockdep_test.c's affair, which test_debug.py runs. What leaks the preempt
count is found by every kernel: the last test boots a plain one.
"""
import os
import re

import pytest

import qemu
import test_locking
from conftest import ROOT, initrd_writer

DEBUG_KERNEL = os.path.join(os.environ.get('PRIMER_DEBUG_BUILD') or qemu.BUILD + '-debug', 'primer.elf')
SHARED_BOOT = True
pytestmark = pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')

SCRIPT = '''#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
for i in 1 2 3 4; do ($b ls -lR /proc/self/ /dev /bin >/tmp/a$i; $b sort /tmp/a$i | $b md5sum; $b rm /tmp/a$i) & done
$b yes | $b head -c 1000000 | $b wc -c
$b mkfifo /tmp/f; echo through a fifo >/tmp/f & $b cat /tmp/f
wait
($b sleep 100 & kill $!; wait) 2>/dev/null
for file in lockdep lockdep_chains lock_stat lockdep_stats; do echo "=== $file"; $b cat /proc/$file; done
echo 1 >/proc/lock_stat; echo "=== kept"; $b cat /proc/lock_stat
echo 0 >/proc/lock_stat; echo "=== cleared"; $b cat /proc/lock_stat
echo "=== end"
'''


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """{name: text} of the four files after some work on four CPUs"""
    with open('/bin/busybox', 'rb') as busybox:
        content = {'/script': SCRIPT.encode(), '/bin/busybox': busybox.read(), '/tmp/': None, '/proc/': None}
    archive = initrd_writer(tmp_path_factory.mktemp('lockdep'))(content)
    result = qemu.boot('quiet rdinit=/script', kernel=DEBUG_KERNEL, initrd=archive, smp=4, mem='256M', whole=200, idle=60)
    result.must(status=qemu.PASS, hasnot=[r'WARNING:', r'BUG:'])
    parts = re.split(r'^=== (\w+)$', result.text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def test_nothing_is_reported_and_all_is_still_watched(files):
    stats = {what.strip(): int(number) for what, number in re.findall(r'^ ([a-z_ -]+): +(\d+)', files['lockdep_stats'], re.M)}
    assert stats['reports'] == 0 and stats['debug_locks'] == 1
    assert stats['lock-classes'] > 60 and stats['direct dependencies'] > 80 and stats['dependency chains'] > 150
    assert stats['hardirq-safe locks'] >= 3 and stats['softirq-safe locks'] >= 3


def test_classes_show_what_was_taken_inside(files):
    classes = re.findall(r'^[0-9a-f]{16} OPS: *\d+ FD: *\d+ BD: *\d+ [.+-]{4}: (\S+)\n((?: -> .*\n)*)', files['lockdep'], re.M)
    inside = {name: re.findall(r'^ -> \[[0-9a-f]{16}\] (\S+) \{[.+-]{4}\}', edges, re.M) for name, edges in classes}
    assert len(inside) > 60
    assert any('rq->lock' in name for edges in inside.values() for name in edges), 'a wakeup takes rq->lock under pi_lock'


def test_no_class_is_used_in_interrupts_and_held_with_them_on(files):
    assert not re.findall(r'^[0-9a-f]{16} .* \S*\?\S*: .*$', files['lockdep'], re.M)


def test_locks_were_taken_where_docs_locking_says(files):
    assert len(test_locking.seen(files['lockdep'])) > 60
    assert not test_locking.wrong_contexts(files['lockdep'])


def test_chains_end_in_all_contexts(files):
    assert {'none', 'softirq', 'hardirq'} == set(re.findall(r'^irq_context: (\w+)$', files['lockdep_chains'], re.M))


def test_lock_stat_counts(files):
    rows = {match[1]: match[2].split() for match in re.finditer(r'^ +(\S+) *: +(.*)$', files['lock_stat'], re.M)}
    assert len(rows) > 60
    rq = next(row for name, row in rows.items() if 'rq->lock' in name)
    assert len(rq) == 12, 'bounces, contentions, waittime min, max, total, avg, the same of acquisitions and holdtime'
    assert int(rq[7]) > 100
    for name, row in rows.items():
        for bounces, n, least, most, total, _ in (map(float, row[at:at + 6]) for at in (0, 6)):
            assert bounces <= n and least <= most <= total, (name, row)
    assert int(rq[6]) > 0, 'four CPUs wake each other'


def taken(text):
    """How often all locks were taken, by a text of lock_stat"""
    return sum(int(row.split()[7]) for row in re.findall(r'^ +\S+ *: +(.*)$', text, re.M))


def test_a_0_written_to_lock_stat_clears_it(files):
    before, kept, cleared = (taken(files[name]) for name in ('lock_stat', 'kept', 'cleared'))
    assert kept > before and cleared < before / 4


# What a system call did not give back: the title of its report, and a line that must follow.
LEAKS = {
    'SYSCALL_LEAK_PREEMPT': (r'BUG: system call \d+ returned with preempt_count 1$', r'WARNING: CPU: 0 PID: 1 at kernel/entry/common\.c:\d+'),
    'SYSCALL_LEAK_IRQS': (r'BUG: system call \d+ left IRQs disabled$', r'WARNING: CPU: 0 PID: 1 at kernel/entry/common\.c:\d+'),
    'SYSCALL_LEAK_LOCK': (r'WARNING: lock held when returning to user space!$', r'\S+/1 is leaving the kernel with locks still held!$'),
}


@pytest.mark.parametrize('name', LEAKS)
def test_a_system_call_that_keeps_something_is_named_as_it_returns(name):
    title, more = LEAKS[name]
    result = qemu.boot(f'provoke={name}', kernel=DEBUG_KERNEL, mem='256M')
    result.must(status=qemu.PANIC, has=[rf'provoke: Performing direct entry {name}$', title, more, r'syscall_exit_check(\.\w+)?\+0x',
                                        'Kernel panic - not syncing: panic_on_warn set'],
                hasnot=['survived', 'scheduling while atomic'])
    if name == 'SYSCALL_LEAK_LOCK':
        result.must(has=r'1 lock held by \S+/1:\n.* #0: [0-9a-f]+ \S*leaked_lock')


# What calls somebody else's function and finds another preempt count behind it: the line that says so, and one that must follow.
# What the interrupt found may have had a count of its own.
COUNT_LEAKS = {
    'SCHEDULE_ATOMIC': (r'BUG: scheduling while atomic: \S+/1/0x00000002$', r' provoke_SCHEDULE_ATOMIC\+0x'),
    'SOFTIRQ_LEAK': (r'huh, entered softirq 5 IRQ_POLL leaky_softirq\+0x0/0x\w+ with preempt_count 0000010\d, exited with 0000010\d\?$', ''),
    'WORK_LEAK': (r'BUG: workqueue leaked lock or atomic: kworker/\S+/0x00000001/\d+\n.* +last function: leaky_work\+0x0/', r' worker_thread\+0x'),
    'TIMER_LEAK': (r'timer: leaky_timer\+0x0/0x\w+ preempt leak: 0000010\d -> 0000010\d$', r' call_timer_fn\+0x'),
}


def test_who_returns_with_another_preempt_count_is_named_and_the_machine_goes_on():
    with open(os.path.join(ROOT, 'kernel/debug/provoke.c'), encoding='utf-8') as source:
        assert re.findall(r'^\tLEAKTYPE\((\w+)\)', source.read(), re.M) == list(COUNT_LEAKS)
    result = qemu.boot('provoke=' + ','.join(COUNT_LEAKS), mem='256M')
    result.must(status=qemu.PASS, has=r'^init: hello')
    parts = re.split(r'provoke: Performing direct entry (\w+)$', result.text, flags=re.M)
    reports = dict(zip(parts[1::2], parts[2::2]))
    assert list(reports) == list(COUNT_LEAKS)
    for name, (title, more) in COUNT_LEAKS.items():
        # Each by its own check alone, and none that is left over for the next.
        found = [other for other, (words, _) in COUNT_LEAKS.items() if re.search(words, reports[name], re.M)]
        assert found == [name], f'{name}: found {found}; {result.describe()}'
        assert re.search(more, reports[name]), f'{name}: no {more}; {result.describe()}'
