# SPDX-License-Identifier: GPL-2.0-only
"""That all CPUs but one stop before the end of the machine, seen by gdb at that moment."""
import re
import shutil

import pytest

from test_gdb import gdb

pytestmark = pytest.mark.skipif(not shutil.which('gdb'), reason='no gdb here')

ONLINE = 'printf "online %lx\\n", __cpu_online_mask.bits[0]'
BUSYBOX = 'rdinit=/bin/busybox --'


def online(said):
    """The sets of online CPUs, in order of being asked for."""
    return [int(mask, 16) for mask in re.findall('^online ([0-9a-f]+)$', said, re.M)]


@pytest.mark.parametrize('command, place', [('poweroff', 'acpi_power_off'), ('reboot', 'emergency_restart')])
def test_an_orderly_end_stops_all_but_the_first(tmp_path, command, place):
    said = gdb(tmp_path, ['hbreak sys_reboot', 'continue', ONLINE, 'delete', f'hbreak {place}', 'continue', ONLINE],
               f'{BUSYBOX} {command} -f', smp=4, debugexit=False)
    assert online(said)[-2:] == [0xf, 1], said


def test_a_cpu_that_answers_too_late_in_a_panic_is_stopped_nevertheless(tmp_path):
    """It stands still while it is asked, and comes to its NMI when nobody waits for it any more."""
    said = gdb(tmp_path, ['hbreak stop_other_cpus', 'continue', 'delete', 'set scheduler-locking on', 'hbreak log_bust', 'continue',
                          ONLINE, 'delete', 'set scheduler-locking off', 'hbreak emergency_restart', 'continue', ONLINE],
               'panic=2 rdinit=/none init=/none', smp=2, debugexit=False)
    before, after = online(said)
    assert before == 3 and after in (1, 2), said
