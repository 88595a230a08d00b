# SPDX-License-Identifier: GPL-2.0-only
"""What an uncontended lock costs, in instructions: no more than docs/lock-costs.csv says, and no less by much."""
import csv
import os
import re

import pytest

import qemu
from conftest import ROOT

SHARED_BOOT = True


def recorded():
    with open(os.path.join(ROOT, 'docs/lock-costs.csv'), encoding='utf-8') as table:
        return {row[0]: float(row[1]) for row in list(csv.reader(table))[1:]}


@pytest.fixture(scope='module')
def measured():
    result = qemu.boot('kunit=lock_cost', cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT)
    result.must(status=qemu.PASS)
    return {what: float(count) for what, count in re.findall(r'# cost: (.*): ([\d.]+)$', result.text, re.M)}


@pytest.mark.parametrize('what', recorded())
def test_cost(measured, what):
    assert abs(measured[what] - recorded()[what]) <= 1 + recorded()[what] / 10, measured[what]


def test_every_measurement_is_in_the_book(measured):
    assert set(measured) == set(recorded())
