#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""latency.py [--smp "1 2 4"] [--beats N] [--peers linux|none] - how late a task runs that wants to run every millisecond.

The same static programs (user/latency.c, user/messaging.c) on Primer and on Debian's Linux, in the same QEMU, one after the other:

	alone	nobody else wants a CPU
	hogs	two processes on each CPU that compute for ever
	storm	800 tasks in 20 groups that send each other messages (messaging)

each as a normal task and with SCHED_FIFO.

With one CPU the clock counts instructions (QEMU's -icount): the figures do not depend on the host, and two runs are equal. With more, that
mode would run one CPU after the other, each until the next timer, and a CPU that should react would wait for its turn for milliseconds.
So there the clock is the host's, and each CPU a thread of the host: if that has fewer CPUs, or other work, its own scheduler is
measured too. Both systems are hit alike; medians say something, the last per mille does not.

Writes O/latency/table.csv, and docs/latency-table.csv when both systems were measured with 1, 2 and 4 CPUs.
"""
import argparse
import csv
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'tools')]
import bench                                    # noqa: E402
import qemu                                     # noqa: E402
from mkinitramfs import Archive                 # noqa: E402

OUT = os.path.join(qemu.BUILD, 'latency')
DOCS_TABLE = os.path.join(ROOT, 'docs/latency-table.csv')
LINE = re.compile(r'^latency: beats (\d+) min (\S+) p50 (\S+) p90 (\S+) p99 (\S+) p99.9 (\S+) max (\S+) missed (\d+)$', re.M)
BUCKET = re.compile(r'^latency: < (\d+) us: (\d+)$', re.M)
LIMITS = [16, 64, 256, 1024, 4096, 16384]       # microseconds: columns of the distribution
STORM = '/bin/messaging -l 1000000'


def loads(cpus):
    return {'alone': '', 'hogs': f'-h {2 * cpus}', 'storm': STORM}


def scenes(cpus):
    for policy, option in (('other', ''), ('fifo', '-f 50')):
        for name, load in loads(cpus).items():
            yield name, policy, f'{option} {load}'


def write_archive(path, cpus, beats):
    archive = Archive()
    for name, major, minor in (('console', 5, 1), ('null', 1, 3)):
        archive.node(f'/dev/{name}', 'c', major, minor)
    archive.directory('/tmp', 0o1777)
    archive.directory('/proc')
    # A real-time task that takes all of a CPU would be throttled; this one takes next to nothing.
    script = ['mount -t proc proc /proc']
    for name, policy, words in scenes(cpus):
        script += [f'echo "scene: {name} {policy}"', f'latency -n {beats} -w 300 {words}']
    script += ['echo "scene: end"']
    for name, source in (('/bin/busybox', '/bin/busybox'), ('/bin/latency', os.path.join(qemu.BUILD, 'user/latency')),
                         ('/bin/messaging', os.path.join(qemu.BUILD, 'user/messaging'))):
        with open(source, 'rb') as file:
            archive.file(name, file.read(), 0o755)
    archive.link('/bin/sh', 'busybox')
    archive.link('/bin/mount', 'busybox')
    archive.file('/script', '\n'.join(script).encode(), 0o755)
    with open(path, 'wb') as file:
        file.write(archive.write())


def measure(system, image, cpus, archive):
    """Boot, play all scenes; rows of the table."""
    clock = qemu.ICOUNT if cpus == 1 else []
    words = 'loglevel=0 quiet panic=-1 rdinit=/bin/sh' + (' mitigations=off' if system != 'Primer' else '') + ' -- /script'
    text = qemu.boot(words, kernel=image, initrd=archive, cpu=qemu.ICOUNT_CPU, smp=cpus, mem='512M', extra=clock, whole=3600, idle=600).text
    with open(os.path.join(OUT, f'{system.split()[0]}-{cpus}.txt'), 'w', encoding='utf-8') as log:
        log.write(text)
    rows = []
    for name in [scene[:2] for scene in scenes(cpus)]:
        part = text.partition(f'scene: {" ".join(name)}\n')[2].partition('scene: ')[0]
        line = LINE.search(part)
        if not line:
            sys.exit(f'latency.py: {system}, {cpus} CPUs, {" ".join(name)}: no figures:\n{part}')
        beats = int(line[1])
        share, under = [], 0
        counts = {int(limit): int(count) for limit, count in BUCKET.findall(part)}
        for limit in LIMITS:
            under = sum(count for bound, count in counts.items() if bound * 1000 <= limit * 1024)
            share.append(f'{100 * under / beats:.1f}')
        rows.append([system, cpus, name[0], name[1], *(f'{float(line[i]):.0f}' for i in (3, 4, 5, 7)), line[8], *share])
        print('  '.join(str(cell) for cell in rows[-1]), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description='delays of a task that wants to run every millisecond')
    parser.add_argument('--smp', default='1 2 4')
    parser.add_argument('--beats', type=int, default=1000)
    parser.add_argument('--peers', default='linux')

    options = parser.parse_args()
    os.makedirs(OUT, exist_ok=True)
    systems = [('Primer', qemu.KERNEL)]
    linux = bench.find_linux() if options.peers == 'linux' else None
    if linux:
        systems.append(('Linux ' + os.path.basename(linux).split('-', 1)[1].split('-')[0], linux))
    table = [['system', 'CPUs', 'load', 'policy', 'median', '90 %', '99 %', 'most', 'missed', *(f'< {n} us' for n in LIMITS)]]
    print('  '.join(table[0]))
    for cpus in map(int, options.smp.split()):
        archive = os.path.join(OUT, f'latency-{cpus}.cpio')
        write_archive(archive, cpus, options.beats)
        for system, image in systems:
            table += measure(system, image, cpus, archive)
    targets = [os.path.join(OUT, 'table.csv')]
    if linux and options.smp == '1 2 4':
        targets.append(DOCS_TABLE)
    for target in targets:
        with open(target, 'w', encoding='utf-8', newline='') as file:
            csv.writer(file, lineterminator='\n').writerows(table)
        print(f'latency: wrote {os.path.relpath(target)}', file=sys.stderr)


if __name__ == '__main__':
    main()
