# SPDX-License-Identifier: GPL-2.0-only
"""With instructions as the clock, two runs are one run; and the clock then says what the boot costs."""
import os
import re

import pytest

import qemu
from mkinitramfs import Archive

SHARED_BOOT = True
BUDGET = 30_000_000		# instructions from reset to the first line of init, the firmware's included


def measured(initrd):
    return qemu.boot('nokaslr norandmaps', cpu=qemu.ICOUNT_CPU, mem='512M', machine='pc', extra=qemu.ICOUNT,
                     initrd=initrd)


@pytest.fixture(scope='module')
def two_runs(tmp_path_factory):
    archive = Archive()
    archive.node('/dev/console', 'c', 5, 1)
    for directory in ('/proc', '/sys', '/tmp'):
        archive.directory(directory)
    with open(os.path.join(qemu.BUILD, 'user/init'), 'rb') as source:
        archive.file('/init', source.read(), 0o755)
    path = tmp_path_factory.mktemp('icount') / 'initrd.cpio'
    path.write_bytes(archive.write())
    return [measured(str(path)) for _ in range(2)]


def test_two_runs_are_equal_to_the_byte(two_runs):
    for result in two_runs:
        result.must(status=qemu.PASS)
    assert two_runs[0].raw == two_runs[1].raw


def test_the_first_line_of_init_comes_within_the_budget(two_runs):
    instructions = int(re.search(r'^init: first line at TSC (\d+)$', two_runs[0].text, re.M).group(1))
    print(f'reset to the first line of init: {instructions / 1e6:.1f} M instructions')
    assert instructions <= BUDGET
