# SPDX-License-Identifier: GPL-2.0-only
"""Threads of one process that change its memory, its files and its existence on four CPUs while the others use them
(tests/user/mmrace.c): what they see has to be right, and the kernel, with all its checks on too, has nothing to say about it."""
import os
import re

import pytest

import qemu
from mkinitramfs import Archive
from test_debug import DEBUG_KERNEL

TROUBLE = r'BUG:|WARNING:|Oops|Call Trace|UBSAN:|pagealloc:|stall|lockup|WRONG|rss counter'
PARTS = ('zap', 'cow', 'maps', 'file', 'exec', 'exit', 'fds', 'time')


@pytest.fixture(scope='module')
def race(tmp_path_factory):
    """race(seconds, ...) runs each part for that long at -smp 4."""
    archive = Archive()
    for name in ('/dev', '/proc', '/tmp'):
        archive.directory(name)
    archive.node('/dev/console', 'c', 5, 1)
    with open(os.path.join(qemu.PROGRAMS, 'mmrace.musl'), 'rb') as source:
        archive.file('/mmrace', source.read(), 0o755)
    path = tmp_path_factory.mktemp('races') / 'initrd.cpio'
    path.write_bytes(archive.write())

    def run(seconds, **how):
        result = qemu.boot(f'quiet rdinit=/mmrace -- {seconds}', initrd=str(path), **{'mem': '256M', 'smp': 4, 'whole': 230, 'idle': 200, **how})
        result.must(status=qemu.PASS, has=r'^mmrace: \d+ rounds, 0 wrong$', hasnot=TROUBLE)
        for part in PARTS:
            told = re.search(rf'^mmrace: {part}: (\d+) rounds, 0 wrong$', result.text, re.M)
            assert told and int(told.group(1)), result.describe()
    return run


def test_races_of_threads(race):
    race(3)


@pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
def test_races_of_threads_with_all_checks(race):
    race(4, kernel=DEBUG_KERNEL)
