#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""trace.py [--smp N] [--ms N] [--exact] [DIR] - a scheduling demonstration, traced: text, perf.data and a picture in DIR (O/trace).

	boot primer.elf with init=/bin/schedscenes	user/schedscenes.c: what its tasks do, and the trace, on the serial port
	trace.txt					the trace as the kernel wrote it
	schedstat.txt					PID NAME run-ns wait-ns times: what the scheduler says of the same tasks
	perf.data					by trace_perf.py, for perf sched and perf timechart
	latency.txt					perf sched latency: run times and delays of each task
	timeline.svg					perf timechart: each CPU's tasks over time

Without perf (Debian: linux-perf) the first three are made.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'tools')]
import qemu                                     # noqa: E402
import trace_perf                               # noqa: E402


def record(smp, milliseconds, exact):
    """Boot the demonstration; (lines of the trace, rows of schedstat)."""
    clock = {'cpu': qemu.ICOUNT_CPU, 'extra': qemu.ICOUNT} if exact else {}
    result = qemu.boot(f'quiet rdinit=/bin/sh -- -c "mount -t proc proc /proc; schedscenes {milliseconds}"', smp=smp, mem='256M', whole=220,
                       idle=60, **clock)
    text = result.text
    stats = re.findall(r'^schedscenes: (\d+) (\S+) (\d+) (\d+) (\d+)$', text, re.M)
    parts = re.search(r'^schedscenes: trace\n(.*)^schedscenes: end$', text, re.M | re.S)
    if not parts or not stats:
        sys.exit('trace.py: the demonstration did not come to its end; ' + result.describe())
    return parts[1], stats


def perf(directory, *words):
    """Run perf on DIR's perf.data; its text."""
    done = subprocess.run(['perf', *words], cwd=directory, capture_output=True, text=True, check=False,
                          env={**os.environ, 'PAGER': 'cat', 'LC_ALL': 'C'})
    if done.returncode:
        sys.exit(f'trace.py: perf {" ".join(words)}: {done.stderr.strip()}')
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description='trace a scheduling demonstration')
    parser.add_argument('--smp', type=int, default=4)
    parser.add_argument('--ms', type=int, default=500)
    parser.add_argument('--exact', action='store_true', help='the clock counts instructions: two runs are equal')
    parser.add_argument('directory', nargs='?', default=os.path.join(qemu.BUILD, 'trace'))
    options = parser.parse_args()
    os.makedirs(options.directory, exist_ok=True)

    def path(name):
        return os.path.join(options.directory, name)

    trace, stats = record(options.smp, options.ms, options.exact)
    with open(path('trace.txt'), 'w', encoding='utf-8') as out:
        out.write(trace)
    with open(path('schedstat.txt'), 'w', encoding='utf-8') as out:
        out.writelines(' '.join(row) + '\n' for row in stats)
    events = trace_perf.parse(trace.splitlines())
    with open(path('perf.data'), 'wb') as out:
        out.write(trace_perf.perf_data(events))
    made = ['trace.txt', 'schedstat.txt', 'perf.data']
    if shutil.which('perf'):
        table = perf(options.directory, 'sched', 'latency', '-i', 'perf.data')
        with open(path('latency.txt'), 'w', encoding='utf-8') as out:
            out.write(table)
        print(table)
        perf(options.directory, 'timechart', '-i', 'perf.data', '-o', 'timeline.svg')
        made += ['latency.txt', 'timeline.svg']
    else:
        print('trace.py: no perf here: no table and no picture (apt-get install linux-perf)', file=sys.stderr)
    print(f'{len(events)} events of {options.smp} CPUs: ' + ' '.join(os.path.relpath(path(name)) for name in made))


if __name__ == '__main__':
    main()
