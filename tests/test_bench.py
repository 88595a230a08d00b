# SPDX-License-Identifier: GPL-2.0-only
"""make bench gives figures, and those of the shortest path are as low as they must be."""
import csv
import os
import subprocess
import sys

import pytest

import qemu

SHARED_BOOT = True


@pytest.fixture(scope='module')
def bench():
    """bench.py on its own: two operations, no Linux beside it. (completed process, {first column: second column})"""
    tool = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'tools/bench.py')
    done = subprocess.run([sys.executable, tool, '--peers', 'none', '--batches', '3', 'getppid', 'stat'], capture_output=True,
                          text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(os.path.join(qemu.BUILD, 'bench/table.csv'), encoding='utf-8', newline='') as table:
        rows = list(csv.reader(table))
    assert rows[0] == ['operation', 'Primer'], rows
    return done, {row[0]: row[1] for row in rows[1:]}


def test_the_table_has_a_figure_for_each_operation_asked_for(bench):
    done, table = bench
    assert set(table) == {'getppid', 'stat', 'reset to init, million'}, table
    assert 0 < float(table['stat']) < 100000
    assert 8 < float(table['reset to init, million']) < 100, 'firmware alone takes 8'
    for name, value in table.items():
        assert [name, value] in [line.rsplit(None, 1) for line in done.stdout.splitlines()], done.stdout


def test_getppid_costs_at_most_150_instructions(bench):
    assert 10 < float(bench[1]['getppid']) <= 150


def test_an_unknown_operation_is_an_error(root):
    done = subprocess.run([sys.executable, os.path.join(root, 'tools/bench.py'), '--peers', 'none', 'getpppid'], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 1 and 'getpppid' in done.stderr, done.stderr
