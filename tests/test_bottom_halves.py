# SPDX-License-Identifier: GPL-2.0-only
"""Bottom halves that never end: how much of a CPU they leave to programs, and who pays. /proc/softirqs says who ran."""
import os
import re

import pytest

import qemu
from mkinitramfs import Archive

SCRIPT = """
$B mount -t proc proc /proc
$B cat /proc/softirqs
/bin/cpushare {seconds}
$B cat /proc/softirqs
for p in /proc/[0-9]*; do read stat < $p/stat; case $stat in *ksoftirqd/0*) set -- $stat; echo ksoftirqd has run $((${{14}} + ${{15}})) hundredths;; esac; done
echo irq:softirq_entry > /proc/tracing/set_event
$B usleep 20000
echo 0 > /proc/tracing/tracing_on
$B grep -m 1 'action={name}.' /proc/tracing/trace
"""


def run(tmp_path, append, seconds, name='TIMER', **how):
    archive = Archive()
    archive.directory('/dev')
    archive.directory('/proc')
    archive.node('/dev/console', 'c', 5, 1)
    for program_name, path in {'busybox': '/bin/busybox', 'cpushare': os.path.join(qemu.PROGRAMS, 'cpushare.musl')}.items():
        with open(path, 'rb') as program:
            archive.file(f'/bin/{program_name}', program.read(), 0o755)
    archive.file('/script', ('export B=/bin/busybox\n' + SCRIPT.format(seconds=seconds, name=name)).encode(), 0o644)
    path = tmp_path / 'archive'
    path.write_bytes(archive.write())
    return qemu.boot(f'{append} rdinit=/bin/busybox -- sh /script', initrd=str(path), mem='256M', **how)


@pytest.mark.parametrize('what', ['softirq', 'tasklet'])
def test_a_flood_leaves_programs_at_least_40_percent(tmp_path, what):
    name = {'softirq': 'IRQ_POLL', 'tasklet': 'TASKLET'}[what]
    result = run(tmp_path, f'softirq_flood={what}', 1, name, cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT, whole=220, idle=200)
    result.must(status=qemu.PASS, has=[f'flood: {what}s without end', rf'ksoftirqd/0-\d+ .* softirq_entry: vec=\d \[action={name}\]'])
    cpu, _, done = map(int, re.search(r'cpushare: (\d+) % of (\d+) ms by its CPU time, (\d+) %', result.text).groups())
    assert cpu >= 40 and done >= 40, result.describe()
    assert cpu <= 75, f'and the flood goes on: {result.describe()}'
    # Served by the thread, which competes like any other.
    counts = [int(number) for number in re.findall(rf'^ *{name}: +(\d+)', result.text, re.M)]
    assert counts[1] - counts[0] > 5000, result.describe()
    assert int(re.search(r'ksoftirqd has run (\d+) hundredths', result.text)[1]) >= 40, result.describe()


def test_without_a_flood_it_has_the_cpu(tmp_path):
    result = run(tmp_path, '', 1, cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT, whole=220, idle=200)
    assert int(re.search(r'cpushare: (\d+) %', result.text)[1]) >= 97, result.describe()
