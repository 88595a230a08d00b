# SPDX-License-Identifier: GPL-2.0-only
"""gdb on the stopped machine: breakpoints by name from the first instruction on, and the commands of tools/gdb."""
import os
import re
import shutil
import subprocess
import time

import pytest

import qemu
from conftest import ROOT

SHARED_BOOT = True
pytestmark = pytest.mark.skipif(not shutil.which('gdb'), reason='no gdb here')


def gdb(tmp_path, commands, append='', smp=1, **how):
    """Run gdb commands against a machine that waits at its first instruction; returns what gdb said."""
    socket = tmp_path / 'gdb'
    script = tmp_path / 'script'
    script.write_text('\n'.join(['set pagination off', 'set confirm off', 'set width 0', 'set remotetimeout 30', f'target remote {socket}',
                                 *commands, 'kill', '']))
    extra = ['-S', '-chardev', f'socket,path={socket},server=on,wait=off,id=gdb', '-gdb', 'chardev:gdb']
    with qemu.Machine(append, extra=extra, smp=smp, **how):
        for _ in range(3000):
            if socket.exists():
                break
            time.sleep(0.02)
        done = subprocess.run(['timeout', '-k', '5', '150', 'gdb', '-nx', '-batch', qemu.KERNEL,
                               '-x', os.path.join(ROOT, 'tools/gdb/primer.py'), '-x', str(script)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture(scope='module')
def session(tmp_path_factory):
    """One session: stop in a system call of init, look at everything."""
    return gdb(tmp_path_factory.mktemp('gdb'), [
        'hbreak start_kernel', 'continue', 'bt', 'delete',
        'hbreak sys_exit_group', 'continue', 'echo ==BT\\n', 'bt', 'echo ==PS\\n', 'p-ps', 'echo ==DMESG\\n', 'p-dmesg',
        'echo ==PERCPU\\n', 'p-percpu current_task 0', 'echo ==TEXT\\n', 'p-pgtable &schedule', 'echo ==DATA\\n',
        'p-pgtable &init_task', 'echo ==NONE\\n', 'p-pgtable 0x10', 'echo ==RQ\\n', 'p-rq', 'echo ==BT2\\n', 'p-bt 2',
        'echo ==CPUS\\n', 'p-cpus', 'echo ==INTERRUPTS\\n', 'p-interrupts', 'echo ==TIMERS\\n', 'p-timerlist 0', 'echo ==END\\n'])


def part(session, name):
    match = re.search(rf'^=={name}\n(.*?)^==', session, re.M | re.S)
    assert match, session[-3000:]
    return match.group(1)


def test_a_breakpoint_before_paging_stops_at_start_kernel(session):
    stack = r'^#0 +start_kernel \(\) at .*\n#1 .*x86_64_start_kernel .* at boot/boot_params.c:\d+$'
    assert re.search(stack, session, re.M), session[:3000]


def test_backtrace_passes_through_the_system_call_entry(session):
    frames = part(session, 'BT')
    assert re.search(r'#0 .*sys_exit_group', frames) and 'entry_SYSCALL_64' in frames, frames
    assert re.search(r'^#\d+ +0x(?!0{16})0000[0-9a-f]{12} in \?\? \(\)$', frames, re.M), frames
    assert 'corrupt' not in frames, frames


def test_p_ps_lists_the_first_three(session):
    rows = part(session, 'PS')
    for pid, name in ((0, 'swapper'), (1, 'init'), (2, 'kthreadd')):
        assert re.search(rf'^0xffff[0-9a-f]+ +{pid} .* {name}', rows, re.M), rows


def test_p_dmesg_is_the_log(session):
    assert re.search(r'^\[ +0\.\d{6}\] Primer version', part(session, 'DMESG'), re.M)


def test_p_percpu_finds_the_current_task(session):
    task, = re.findall(r'^(0x[0-9a-f]+) +1 ', part(session, 'PS'), re.M)
    assert task in part(session, 'PERCPU')


def test_p_pgtable_shows_the_rights(session):
    assert re.search(r'is at physical 0x[0-9a-f]+, rx? kernel', part(session, 'TEXT')), part(session, 'TEXT')
    assert re.search(r'is at physical 0x[0-9a-f]+, rw kernel', part(session, 'DATA')), part(session, 'DATA')
    assert 'not present' in part(session, 'NONE')


def test_p_rq_names_who_runs(session):
    assert 'running init (PID 1)' in part(session, 'RQ')


def test_p_bt_walks_a_sleeping_task(session):
    assert 'schedule' in part(session, 'BT2') and 'kthreadd' in part(session, 'BT2'), part(session, 'BT2')


def test_p_cpus_tells_what_the_cpu_does(session):
    assert re.search(r'^ +0 +0 +1 init  +(0|preempt \d+).* 0xffff[0-9a-f]+$', part(session, 'CPUS'), re.M), part(session, 'CPUS')


def test_p_interrupts_names_the_lines_and_their_flow(session):
    lines = part(session, 'INTERRUPTS')
    assert re.search(r'^ +0 +[1-9]\d* 0x00\w\w \S+ +handle_edge_irq +timer$', lines, re.M), lines
    assert re.search(r'^ LOC +[1-9]\d*$', lines, re.M), lines


def test_p_timerlist_has_the_tick_and_the_wheel(session):
    lines = part(session, 'TIMERS')
    assert re.search(r'^ +hrtimer 0xffff\w+ tick_sched_timer +clock 1, ', lines, re.M), lines
    assert re.search(r'^ +bucket +\d+: 0x\w+ clocksource_watchdog +at \d+ jiffies$', lines, re.M), lines
