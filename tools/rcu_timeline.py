#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""rcu_timeline.py [TRACE [NUMBER]] - one grace period out of a trace with the events rcu:*, a column for each CPU.

	tools/rcu_timeline.py				boot two CPUs that both work, and take their trace
	tools/rcu_timeline.py trace.txt			a trace that was saved (/proc/trace); "-": standard input
	tools/rcu_timeline.py trace.txt -279		the grace period of that number

Without NUMBER it is the one that shows most: in which most CPUs hear of it and report for
themselves; of these, one of middle length. A row is an event:
how many microseconds after the start, and, in the column of its CPU, which task ran there and what happened.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'tools')]
from trace_perf import LINE                     # noqa: E402

# What a row says of an event of group "rcu", whose first number is the grace period's.
EVENTS = {
    'rcu_grace_period': (r'rcu_sched (-?\d+) (\w+)', '{1}'),
    'rcu_fqs': (r'rcu_sched (-?\d+) (\d+) (\w+)', 'fqs: CPU {1} {2}'),
    'rcu_quiescent_state_report': (r'rcu_sched (-?\d+) ([0-9a-f]+)>([0-9a-f]+) (\d+) (\d+)', 'CPUs {3}-{4}: {1}>{2}'),
}
WIDTH = 30
ROUNDS = ' '.join('123456789abcdefghijk')


def rows(lines):
    """The events of all grace periods, in order of time: (microseconds, CPU, task, number, what)."""
    found = []
    for line in lines:
        match = LINE.match(line)
        if not match or match['event'] not in EVENTS:
            continue
        pattern, words = EVENTS[match['event']]
        args = re.fullmatch(pattern, match['args'].strip())
        if not args:
            sys.exit(f'rcu_timeline.py: {match["event"]} does not read as expected: {match["args"]}')
        found.append((int(match['sec']) * 1000000 + int(match['usec']), int(match['cpu']), match['comm'].strip(), int(args[1]),
                      words.format(*args.groups())))
    return sorted(found, key=lambda row: row[0])


def grace_periods(lines):
    """{number: its rows, from its start to its end}, of those that are whole in the trace."""
    periods = {}
    for row in rows(lines):
        what = row[4]
        if what == 'start':
            periods[row[3]] = [row]
        elif row[3] in periods and periods[row[3]][-1][4] != 'end':
            periods[row[3]].append(row)
    return {number: found for number, found in periods.items() if found[-1][4] == 'end'}


def shows(period):
    """How much a grace period shows: CPUs that hear of it, and CPUs that report for themselves."""
    thread = period[0][2]
    hear = {cpu for _, cpu, _, _, what in period if what == 'cpustart'}
    report = {cpu for _, cpu, task, _, what in period if '>' in what and task != thread}
    return len(hear | report), len(report)


def choose(periods):
    """The number of a typical one among those that show most: of middle length."""
    most = max(map(shows, periods.values()), default=None)
    best = sorted((period[-1][0] - period[0][0], number) for number, period in periods.items() if shows(period) == most)
    return best[len(best) // 2][1] if best else None


def table(period, cpus):
    begin, number = period[0][0], period[0][3]
    lines = [f'grace period {number}: {period[-1][0] - begin} us',
             '     us  ' + ''.join(f'CPU {cpu}'.ljust(WIDTH) for cpu in range(cpus))]
    for when, cpu, task, _, what in period:
        lines.append(f'{when - begin:7}  ' + ' ' * (WIDTH * cpu) + f'{task}: {what}')
    return '\n'.join(line.rstrip() for line in lines)


def record():
    """The trace of two CPUs that share a shell and the programs that it starts: each leaves callbacks behind when it ends."""
    import qemu                                 # pylint: disable=import-outside-toplevel
    script = f'busybox mount -t proc proc /proc; for n in {ROUNDS}; do busybox true; done; busybox cat /proc/trace'
    result = qemu.boot(f'quiet trace_event=rcu:* rdinit=/bin/busybox -- sh -c "{script}"', smp=2, mem='256M', idle=60, whole=110,
                       extra=[word.replace('shift=0', 'shift=4') for word in qemu.ICOUNT], cpu=qemu.ICOUNT_CPU)
    return result.text.splitlines()


def main(argv):
    if len(argv) > 2 or argv[:1] in (['-h'], ['--help']):
        sys.exit(__doc__)
    if not argv:
        lines = record()
    elif argv[0] == '-':
        lines = sys.stdin.read().splitlines()
    else:
        with open(argv[0], encoding='utf-8', errors='replace') as trace:
            lines = trace.read().splitlines()
    periods = grace_periods(lines)
    wanted = int(argv[1]) if len(argv) > 1 else choose(periods)
    if wanted not in periods:
        sys.exit('rcu_timeline.py: no such grace period from start to end: was the kernel booted with trace_event=rcu:*?')
    print(table(periods[wanted], 1 + max(row[1] for row in rows(lines))))


if __name__ == '__main__':
    main(sys.argv[1:])
