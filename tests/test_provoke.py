# SPDX-License-Identifier: GPL-2.0-only
"""Each planted fault ends in its own report, in Linux's words, with function names, never in a reset or in silence."""
import os
import re

import pytest

import qemu
from conftest import ROOT
from test_debug import DEBUG_FAULTS
from test_lockdep import LEAKS
from test_watchdog import HANGS

# What must stand in the report: the words of the cause, and the function in whose frame it happened (None: any).
OOPS = r'BUG: (unable to handle|kernel NULL pointer dereference)'
EXPECTED = {
    'PANIC': ('Kernel panic - not syncing: dumptest', 'provoke_PANIC'),
    'BUG': (r'kernel BUG at kernel/debug/provoke\.c:\d+!', 'provoke_BUG'),
    'WARNING': (r'WARNING: CPU: 0 PID: \d+ at kernel/debug/provoke\.c:\d+', 'provoke_WARNING'),
    'WARNING_MESSAGE': (r'Warning message trigger count: 1', 'provoke_WARNING_MESSAGE'),
    'EXCEPTION': (r'BUG: kernel NULL pointer dereference, address: 0000000000000000', 'provoke_EXCEPTION'),
    'ACCESS_NULL': (r'BUG: kernel NULL pointer dereference, address: 0000000000000000', 'provoke_ACCESS_NULL'),
    'EXEC_NULL': (r'BUG: kernel NULL pointer dereference, address: 0000000000000000', 'execute_location'),
    'EXHAUST_STACK': (r'(kernel stack overflow|stack guard page was hit)', 'recurse'),
    'CORRUPT_STACK': (r'stack-protector: Kernel stack is corrupted in: provoke_CORRUPT_STACK', None),
    'CORRUPT_STACK_STRONG': (r'stack-protector: Kernel stack is corrupted in: provoke_CORRUPT_STACK_STRONG', None),
    'STACK_GUARD_PAGE_LEADING': (r'BUG: (unable to handle|stack guard page)', 'read_byte'),
    'STACK_GUARD_PAGE_TRAILING': (r'BUG: (unable to handle|stack guard page)', 'read_byte'),
    'DOUBLE_FAULT': (r'double fault|stack guard page', 'provoke_DOUBLE_FAULT'),
    'WRITE_RO': (r'BUG: unable to handle page fault', 'write_word'),
    'WRITE_RO_AFTER_INIT': (r'BUG: unable to handle page fault', 'write_word'),
    'WRITE_KERN': (r'BUG: unable to handle page fault', 'provoke_WRITE_KERN'),
    'EXEC_DATA': (r'kernel tried to execute NX-protected page', 'execute_location'),
    'EXEC_STACK': (r'kernel tried to execute NX-protected page', 'execute_location'),
    'EXEC_KMALLOC': (r'kernel tried to execute NX-protected page', 'execute_location'),
    'EXEC_VMALLOC': (r'kernel tried to execute NX-protected page', 'execute_location'),
    'EXEC_RODATA': (r'kernel tried to execute NX-protected page', 'execute_location'),
    'EXEC_USERSPACE': (r'unable to execute userspace code \(SMEP\?\)', 'execute_location'),
    'ACCESS_USERSPACE': (r'supervisor read access in kernel mode', 'provoke_ACCESS_USERSPACE'),
}


def names():
    """The faults that this tree has, from its own list."""
    path = os.path.join(ROOT, 'kernel/debug/provoke.c')
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8') as source:
        found = re.findall(r'^\tCRASHTYPE\((\w+)\)', source.read(), re.M)
    # Those of provoke_heap.c are for the checkers of a DEBUG kernel: test_debug.py; what a system call leaks: test_lockdep.py.
    # What hangs is for the watchdogs: test_watchdog.py; for RCU: test_rcu.py.
    return [name for name in found if name not in DEBUG_FAULTS and name not in HANGS and name not in LEAKS and not name.startswith('RCU_')]


@pytest.mark.parametrize('name', names())
def test_provoke(name):
    assert name in EXPECTED, f'{name} has no expected report in this file'
    cause, function = EXPECTED[name]
    result = qemu.boot(f'provoke={name}')
    result.must(status=qemu.PANIC, has=[rf'provoke: Performing direct entry {name}$', cause, 'Kernel panic - not syncing',
                                        'Call Trace:'],
                hasnot='survived, nothing stopped it')
    report = result.text[result.text.index('Performing direct entry'):]
    assert re.search(r'[a-z_]+\+0x[0-9a-f]+/0x[0-9a-f]+', report), result.describe()
    if function:
        assert re.search(rf'{function}(\.\w+)*\+0x[0-9a-f]+/0x[0-9a-f]+', report), result.describe()


def test_each_protection_has_a_fault():
    """The names that LKDTM has for what exists here."""
    assert {'PANIC', 'BUG', 'EXCEPTION', 'EXHAUST_STACK', 'CORRUPT_STACK', 'WRITE_RO', 'EXEC_DATA', 'EXEC_USERSPACE',
            'ACCESS_USERSPACE', 'DOUBLE_FAULT'} <= set(names())


def test_an_unknown_name_lists_the_known_ones():
    result = qemu.boot('provoke=NO_SUCH')
    result.must(status=qemu.PASS, has=['no fault is named NO_SUCH', 'EXHAUST_STACK', '^init: hello'])
