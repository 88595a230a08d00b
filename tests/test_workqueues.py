# SPDX-License-Identifier: GPL-2.0-only
"""What queueing work costs, against the table of docs/workqueues.md. (What it promises is checked inside the kernel: kunit.)"""
import os
import re

import qemu
from conftest import ROOT

SPREAD = 1.15		# a path may grow by so much before somebody has to look; smaller is always welcome


def test_the_costs_are_those_of_the_chapter():
    result = qemu.boot('nokaslr kunit=workqueue_cost', cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT, mem='256M', whole=120)
    result.must(status=qemu.PASS)
    measured = {what: int(count) for what, count in re.findall(r'# (\w.*): (\d+) instructions$', result.plain, re.M)}
    with open(os.path.join(ROOT, 'docs/workqueues.md'), encoding='utf-8') as chapter:
        table = {what.replace('`', ''): int(count) for what, count in re.findall(r'^\| (`.*) \| (\d+) \|$', chapter.read(), re.M)}
    assert len(table) >= 7
    wrong = {what: (count, measured.get(what)) for what, count in table.items()
             if not measured.get(what) or measured[what] > count * SPREAD or measured[what] < count / 2}
    assert not wrong, f'what: (docs/workqueues.md, measured): {wrong}'
