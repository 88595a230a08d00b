#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""sched_cost.py [--docs]

What scheduling costs by the number of tasks: guest instructions, which under QEMU's -icount shift=0 is what the time stamp counter counts.
Two runs give the same figures, on any host.

	kunit=sched-cost	enqueue, pick, dequeue in the fair class; wake_up_process() and schedule(); among 1 to 10,000 runnable tasks
	ring			a byte that goes round between processes by pipes: system calls, a wakeup and a switch for each hop

Writes O/sched-cost.csv and O/sched-cost.svg; with --docs also docs/sched-cost.csv and docs/images/sched-cost.svg.
"""
import argparse
import csv
import math
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests'))
import qemu                                     # noqa: E402
from mkinitramfs import Archive                 # noqa: E402

CLASS = ['enqueue', 'pick', 'dequeue']
WHOLE = ['wakeup', 'switch']
HEAD = ['tasks', *CLASS, *WHOLE, 'hop']
HOP = re.compile(r'^ring (\d+): (\d+) cycles a hop$', re.M)
RINGS = ['2', '4', '8', '16', '32', '64', '128', '256', '512', '1000']
COLOURS = {'enqueue': '#3b7dbd', 'pick': '#c8553d', 'dequeue': '#5a9a4a', 'wakeup': '#3b7dbd', 'switch': '#c8553d', 'hop': '#7a5ba8'}
FONT = 'font-family="DejaVu Sans Mono, monospace" font-size="11"'
MACHINE = {'mem': '512M', 'cpu': qemu.ICOUNT_CPU, 'extra': qemu.ICOUNT, 'idle': 120, 'whole': 300}


def passed(result):
    if (result.why, result.status) != ('exit', qemu.PASS):
        sys.exit('sched_cost: ' + result.describe())
    return result


def class_costs():
    """{tasks: (enqueue, pick, dequeue, wakeup, switch)}"""
    plain = passed(qemu.boot('kunit=sched-cost*', **{**MACHINE, 'mem': '2G'})).plain       # 10,000 threads
    found = {}
    for names in CLASS, WHOLE:
        line = r'^ *# among +(\d+): ' + ', '.join(rf'{name} (\d+)' for name in names) + ' cycles$'
        for n, *costs in re.findall(line, plain, re.M):
            found.setdefault(int(n), []).extend(map(int, costs))
    return {n: tuple(costs) for n, costs in found.items()}


def ring_costs(rings=RINGS):
    """{tasks: instructions a hop}"""
    archive = Archive()
    archive.directory('/dev')
    archive.node('/dev/console', 'c', 5, 1)
    with open(os.path.join(qemu.PROGRAMS, 'ring.musl'), 'rb') as program:
        archive.file('/ring', program.read(), 0o755)
    with tempfile.NamedTemporaryFile(prefix='primer-sched-cost-') as initrd:
        initrd.write(archive.write())
        initrd.flush()
        result = passed(qemu.boot('quiet rdinit=/ring -- 20000 ' + ' '.join(rings), initrd=initrd.name, **MACHINE))
    return {int(n): int(cost) for n, cost in HOP.findall(result.plain)}


# ---- the drawing: three plots, all with tasks from left to right, each ten times the last ------------------------------------------

def plot(top, title, series, most, height=200, left=60, width=520):
    """The elements of one plot, as text."""
    def x(tasks):
        return left + width * math.log10(tasks) / 4

    def y(cost):
        return top + height - height * cost / most
    out = [f'<text x="{left}" y="{top - 10}" {FONT} font-weight="bold">{title}</text>']
    for power in range(5):
        out.append(f'<line x1="{x(10 ** power):.1f}" y1="{top}" x2="{x(10 ** power):.1f}" y2="{top + height}" stroke="#dddddd"/>')
        out.append(f'<text x="{x(10 ** power):.1f}" y="{top + height + 16}" {FONT} text-anchor="middle">{10 ** power:,}</text>')
    for step in range(5):
        cost = most * step // 4
        out.append(f'<line x1="{left}" y1="{y(cost):.1f}" x2="{left + width}" y2="{y(cost):.1f}" stroke="#dddddd"/>')
        out.append(f'<text x="{left - 6}" y="{y(cost) + 4:.1f}" {FONT} text-anchor="end">{cost:,}</text>')
    for name, costs in series.items():
        points = ' '.join(f'{x(tasks):.1f},{y(cost):.1f}' for tasks, cost in sorted(costs.items()))
        out.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        tasks, cost = max(costs.items())
        out.append(f'<text x="{x(tasks) + 6:.1f}" y="{y(cost) + 4:.1f}" {FONT} fill="{COLOURS[name]}">{name} {cost:,}</text>')
    return out


def round_up(cost):
    """The next number above that divides well by four."""
    step = 10 ** max(1, math.floor(math.log10(cost)))
    for most in (step, 2 * step, 4 * step, 8 * step, 12 * step):
        if most >= cost:
            return most
    return cost


def draw(classes, hops):
    by_name = {name: {n: costs[i] for n, costs in classes.items()} for i, name in enumerate(CLASS + WHOLE)}

    def panel(top, title, names):
        series = {name: by_name[name] for name in names}
        return plot(top, title, series, round_up(1.1 * max(cost for costs in series.values() for cost in costs.values())))
    body = panel(40, 'Instructions in the fair class, by runnable tasks', CLASS)
    body += panel(310, 'Instructions of wake_up_process() and of schedule(), by runnable threads', WHOLE)
    body += plot(580, 'Instructions of one hop in a ring of processes, by processes in the ring', {'hop': hops},
                 round_up(1.1 * max(hops.values())))
    return '\n'.join(['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 820" role="img">',
                      '<title>What scheduling costs by the number of tasks</title>',
                      '<rect width="700" height="820" fill="#ffffff"/>', *body, '</svg>', ''])


def main():
    parser = argparse.ArgumentParser(description='what scheduling costs, in guest instructions, by the number of tasks')
    parser.add_argument('--docs', action='store_true', help="also replace the book's table and drawing")
    options = parser.parse_args()
    classes, hops = class_costs(), ring_costs()
    rows = [HEAD] + [[n, *classes.get(n, [''] * 5), hops.get(n, '')] for n in sorted({*classes, *hops})]
    for row in rows:
        print(''.join(f'{cell:>10}' for cell in row))
    picture = draw(classes, hops)
    tables = [os.path.join(qemu.BUILD, 'sched-cost.csv')] + [os.path.join(ROOT, 'docs/sched-cost.csv')] * options.docs
    pictures = [os.path.join(qemu.BUILD, 'sched-cost.svg')] + [os.path.join(ROOT, 'docs/images/sched-cost.svg')] * options.docs
    for path in tables:
        with open(path, 'w', encoding='utf-8', newline='') as file:
            csv.writer(file, lineterminator='\n').writerows(rows)
    for path in pictures:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(picture)


if __name__ == '__main__':
    main()
