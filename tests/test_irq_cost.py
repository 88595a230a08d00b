# SPDX-License-Identifier: GPL-2.0-only
"""make irq-cost gives a figure for each thing that the book's table lists, the same in each run."""
import csv
import os
import subprocess
import sys

import pytest

import qemu
from conftest import ROOT

SHARED_BOOT = True


@pytest.fixture(scope='module')
def measured():
    """[(rows of the table), ...] of two runs of tools/irq_cost.py."""
    tables = []
    for _ in range(2):
        done = subprocess.run([sys.executable, os.path.join(ROOT, 'tools/irq_cost.py')], capture_output=True, text=True, check=False,
                              timeout=110)
        assert done.returncode == 0, done.stdout + done.stderr
        with open(os.path.join(qemu.BUILD, 'irq-cost.csv'), encoding='utf-8', newline='') as table:
            tables.append(list(csv.reader(table)))
    return tables


def test_the_books_table_has_the_same_rows(measured):
    with open(os.path.join(ROOT, 'docs/interrupt-costs.csv'), encoding='utf-8', newline='') as table:
        book = list(csv.reader(table))
    assert [row[0] for row in measured[0]] == [row[0] for row in book], 'make irq-cost writes it anew'


def test_every_figure_is_one(measured):
    for what, first, whole in measured[0][1:]:
        figures = [int(figure) for figure in (first, whole) if figure != '-']
        assert figures and all(10 < figure < 20000 for figure in figures), (what, figures)
        assert figures == sorted(figures), f'{what}: a part costs more than the whole'


def test_two_runs_are_equal(measured):
    assert measured[0] == measured[1]
