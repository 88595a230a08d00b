#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""irq_cost.py [--docs]

What interrupts, timers and messages between CPUs cost: counted in guest instructions, which under QEMU's -icount shift=0 is what the time
stamp counter counts. Two runs give the same figures, on any host.

	kunit=*.cost_of_*	two CPUs; the suites irq_entry and irq_cost print a line for each cost
	clocks tick		one CPU; a program that does nothing but read the counter, and is interrupted by the tick

Each has two figures: from the cause to the first line of the function that it is about, and in all. Writes O/irq-cost.csv; with --docs
also docs/interrupt-costs.csv, the table of the chapter on interrupts.
"""
import argparse
import csv
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests'))
import qemu                                     # noqa: E402
from mkinitramfs import Archive                 # noqa: E402

TABLE = os.path.join(qemu.BUILD, 'irq-cost.csv')
DOCS_TABLE = os.path.join(ROOT, 'docs/interrupt-costs.csv')
HEAD = ['what', 'until it runs', 'in all']
COST = re.compile(r'^ *# cost of (?:an? )?(.*): (\w[\w ]*?) (\d+)(?:, (\w[\w ]*?) (\d+))?$', re.M)


def row(what, first_name, first, second_name, second):
    """A line of the log as a row: what is said of one half, or of both, becomes "until it runs" and "in all"."""
    if first_name == 'both':
        return [what, '-', first]
    if second_name == 'exit':
        second = str(int(first) + int(second))
    return [what, first, second or '-']


def kernel_costs():
    result = qemu.boot('kunit=*.cost_of_*', smp=2, mem='256M', cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT)
    if (result.why, result.status) != ('exit', qemu.PASS):
        sys.exit('irq_cost: ' + result.describe())
    rows = [row(*found) for found in COST.findall(result.plain)]
    # What things are made of comes first: the suite irq_entry's lines.
    return sorted(rows, key=lambda one: 'vector' not in one[0] and ' line' not in one[0])


def tick_cost():
    """One tick as a program feels it."""
    archive = Archive()
    archive.directory('/dev')
    archive.node('/dev/console', 'c', 5, 1)
    with open(os.path.join(qemu.PROGRAMS, 'clocks.musl'), 'rb') as program:
        archive.file('/clocks', program.read(), 0o755)
    with tempfile.NamedTemporaryFile(prefix='primer-irq-cost-') as initrd:
        initrd.write(archive.write())
        initrd.flush()
        result = qemu.boot('quiet rdinit=/clocks -- tick 300', initrd=initrd.name, mem='256M', cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT)
    mean = re.search(r'^tick: \d+ interruptions in \d+ cycles, mean (\d+),', result.text, re.M)
    if not mean:
        sys.exit('irq_cost: ' + result.describe())
    return ['tick of a program that runs alone (mean)', '-', mean.group(1)]


def main():
    parser = argparse.ArgumentParser(description='what interrupts cost, in guest instructions')
    parser.add_argument('--docs', action='store_true', help='also replace the table in the book')
    options = parser.parse_args()
    rows = [HEAD, *kernel_costs(), tick_cost()]
    width = max(len(one[0]) for one in rows)
    for one in rows:
        print(f'{one[0]:{width}}  {one[1]:>13}  {one[2]:>8}')
    for target in [TABLE] + [DOCS_TABLE] * options.docs:
        with open(target, 'w', encoding='utf-8', newline='') as file:
            csv.writer(file, lineterminator='\n').writerows(rows)


if __name__ == '__main__':
    main()
