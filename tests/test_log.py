# SPDX-License-Identifier: GPL-2.0-only
"""The boot log: what it says, in which order, and how a boot parameter changes it. One boot serves most of these."""
import re

import pytest

import qemu

SHARED_BOOT = True


@pytest.fixture(scope='module')
def log():
    return qemu.boot('loglevel=8').must(status=qemu.PASS)


def test_every_kernel_line_has_a_time_stamp(log):
    kernel = log.text.split('init: first line')[0].splitlines()
    unstamped = [line for line in kernel if line and not re.match(r'\[ *\d+\.\d{6}\] ', line)]
    # SeaBIOS may speak first; it does not on the serial port.
    assert not unstamped, unstamped


def test_stamps_never_go_back(log):
    stamps = [float(stamp) for stamp in re.findall(r'^\[ *(\d+\.\d+)\]', log.text, re.M)]
    assert len(stamps) > 10 and stamps == sorted(stamps)


def test_memory_map_in_linux_words(log):
    rows = re.findall(r'BIOS-e820: \[mem 0x([0-9a-f]{16})-0x([0-9a-f]{16})\] (\w+)', log.text)
    assert rows, log.describe()
    usable = sum(int(end, 16) - int(start, 16) + 1 for start, end, kind in rows if kind == 'usable')
    assert 120 << 20 < usable <= 128 << 20


def test_command_line_is_printed(log):
    log.must(has=r'Command line: .*console=ttyS0 .*loglevel=8')


# The steps that start_kernel says it takes, in Linux's order; other steps may stand between them.
STEPS = ['setup_arch', 'setup_per_cpu_areas', 'parse_args', 'mem_init', 'sched_init', 'init_IRQ', 'timekeeping_init',
         'console_init', 'pid_idr_init', 'cred_init', 'fork_init', 'signals_init', 'vfs_caches_init', 'rest_init']
# Words that each appear once, in this order.
WORDS = [r'^Primer version ', r'^Command line: ', r'NX \(Execute Disable\) protection: active',
         r'BIOS-e820: \[mem 0x0000000000000000', r'RAMDISK: \[mem ', r'Zone ranges:', r'Memory: \d+K/\d+K available', r'Freeing unused kernel .*memory: \d+K',
         r'Run /init as init process']


def test_start_kernel_takes_each_step_once_and_in_order(log):
    taken = re.findall(r'start_kernel: (\w+)', log.text)
    assert [step for step in taken if step in STEPS] == STEPS, taken
    assert len(taken) == len(set(taken)), taken


def test_words_come_once_and_in_order(log):
    places = []
    for words in WORDS:
        found = [match.start() for match in re.finditer(words, log.plain, re.M)]
        assert len(found) == 1, f'"{words}" appears {len(found)} times; {log.describe()}'
        places += found
    assert places == sorted(places), log.describe()


def test_quiet_leaves_the_program_alone():
    result = qemu.boot('quiet').must(status=qemu.PASS, has='^init: hello from ring 3', hasnot='BIOS-e820')
    assert result.text.index('init: first line') < 400, result.describe()


def test_loglevel_selects():
    qemu.boot('loglevel=4').must(status=qemu.PASS, has='^init: hello', hasnot='BIOS-e820')


def test_initcall_debug_shows_level_name_result_and_time():
    result = qemu.boot('initcall_debug loglevel=8').must(status=qemu.PASS)
    calling = re.findall(r'calling  (\w+)', result.text)
    returned = re.findall(r'initcall (\w+)\S* returned (-?\d+) after (\d+) usecs', result.text)
    assert len(calling) >= 3 and [name for name, _, _ in returned] == calling, result.describe()


def test_earlyprintk_speaks_first():
    qemu.boot('earlyprintk=serial', console='').must(has='Primer version')


def test_two_consoles_both_hear_it():
    qemu.boot('console=tty0').must(status=qemu.PASS, has=['Primer version', 'init: hello from ring 3'])
