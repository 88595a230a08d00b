#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""latency.py [--smp "1 2 4"] [--beats N] [--rounds N] [--peers linux|none] - how late a task runs that wants to run every millisecond.

The same static programs (user/latency.c, user/messaging.c) on Primer and on Debian's Linux, in the same QEMU, one after the other:

	alone		nobody else wants a CPU
	hogs		two processes on each CPU that compute for ever
	storm		800 tasks in 20 groups that send each other messages (messaging)
	messages	nobody is periodic: of the messages of such a storm, from the send to the receiver's having it

each but the last as a normal task and with SCHED_FIFO.

With one CPU the clock counts instructions (QEMU's -icount): the figures do not depend on the host, and two runs are equal. With more, that
mode would run one CPU after the other, each until the next timer, and a CPU that should react would wait for its turn for milliseconds.
So there the clock is the host's, and each CPU a thread of the host: if that has fewer CPUs, or other work, its own scheduler is
measured too, and no two runs are equal. What is done about it:

	rounds		both systems are booted so many times, in turn, so that what else the host does hits both alike. A figure is the median
			of the rounds' figures.
	median from, to	the least and the greatest of the rounds' medians. If what is off the host's CPUs half of the time is half of the
			beats, the median is now one of those on time, now one of the others, and says nothing of the system.
	waits		of the time for which the threads that are the CPUs wanted to run, how much they waited for the host, in per cent

Writes O/latency/table.csv, and docs/latency-table.csv when both systems were measured with 1, 2 and 4 CPUs.
"""
import argparse
import csv
import os
import re
import statistics
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'tools')]
import bench                                    # noqa: E402
import qemu                                     # noqa: E402
from mkinitramfs import Archive                 # noqa: E402

OUT = os.path.join(qemu.BUILD, 'latency')
DOCS_TABLE = os.path.join(ROOT, 'docs/latency-table.csv')
LINE = re.compile(r'^(?:latency: beats|messaging: delays) (\d+) min (\S+) p50 (\S+) p90 (\S+) p99 (\S+) p99.9 (\S+) max (\S+) '
                  r'(?:missed|early) (\d+)$', re.M)
BUCKET = re.compile(r'^(?:latency|messaging): < (\d+) us: (\d+)$', re.M)
LIMITS = [16, 64, 256, 1024, 4096, 16384]       # microseconds: columns of the distribution
STORM = '/bin/messaging -l 1000000'
MESSAGES = '/bin/messaging -l 10'


def loads(cpus):
    return {'alone': '', 'hogs': f'-h {2 * cpus}', 'storm': STORM}


def scenes(cpus, beats):
    """(load, policy, command) of each row."""
    for policy, option in (('other', ''), ('fifo', '-f 50')):
        for name, load in loads(cpus).items():
            yield name, policy, f'latency -n {beats} -w 300 {option} {load}'
    yield 'messages', 'other', MESSAGES


def write_archive(path, cpus, beats):
    archive = Archive()
    for name, major, minor in (('console', 5, 1), ('null', 1, 3)):
        archive.node(f'/dev/{name}', 'c', major, minor)
    archive.directory('/tmp', 0o1777)
    archive.directory('/proc')
    # A real-time task that takes all of a CPU would be throttled; this one takes next to nothing.
    script = ['mount -t proc proc /proc']
    for name, policy, command in scenes(cpus, beats):
        script += [f'echo "scene: {name} {policy}"', command]
    script += ['echo "scene: end"', 'busybox sleep 2']         # for watch(), which looks at QEMU
    for name, source in (('/bin/busybox', '/bin/busybox'), ('/bin/latency', os.path.join(qemu.BUILD, 'user/latency')),
                         ('/bin/messaging', os.path.join(qemu.BUILD, 'user/messaging'))):
        with open(source, 'rb') as file:
            archive.file(name, file.read(), 0o755)
    archive.link('/bin/sh', 'busybox')
    archive.link('/bin/mount', 'busybox')
    archive.file('/script', '\n'.join(script).encode(), 0o755)
    with open(path, 'wb') as file:
        file.write(archive.write())


def host_time(machine):
    """(for how long the threads that are the machine's CPUs have run, and waited for a CPU of the host), ns"""
    ran = waited = 0
    tasks = f'/proc/{machine.process.pid}/task'
    for thread in os.listdir(tasks):
        with open(f'{tasks}/{thread}/comm', encoding='utf-8') as comm, open(f'{tasks}/{thread}/schedstat', encoding='utf-8') as schedstat:
            if re.match(r'CPU \d+/', comm.read()):
                times = schedstat.read().split()
                ran += int(times[0])
                waited += int(times[1])
    return ran, waited


def watch(**how):
    """Boot and play; (the text, {scene: of the time for which its CPUs wanted to run, per cent for which they waited for the host})."""
    shares, before = {}, None
    with qemu.Machine(extra=['-name', 'latency,debug-threads=on'], **how) as machine:
        while True:
            scene = machine.expect(r'^scene: (.*)\n', timeout=600)[1]
            ran, waited = host_time(machine)
            if before:
                shares[before[0]] = 100 * (waited - before[2]) / (waited - before[2] + ran - before[1])
            before = (scene, ran, waited)
            if scene == 'end':
                return machine.text, shares


def play(system, image, cpus, archive):
    """One boot. {scene: (figures, shares of the distribution, what its CPUs waited)}"""
    words = 'loglevel=0 quiet panic=-1 rdinit=/bin/sh' + (' mitigations=off' if system != 'Primer' else '') + ' -- /script'
    how = {'kernel': image, 'initrd': archive, 'cpu': qemu.ICOUNT_CPU, 'mem': '512M'}
    if cpus == 1:
        text, host = qemu.boot(words, extra=qemu.ICOUNT, whole=3600, idle=600, **how).text, {}
    else:
        text, host = watch(append=words, smp=cpus, **how)
    with open(os.path.join(OUT, f'{system.split()[0]}-{cpus}.txt'), 'a', encoding='utf-8') as log:
        log.write(text)
    rows = {}
    for name, policy, _ in scenes(cpus, 1):
        part = text.partition(f'scene: {name} {policy}\n')[2].partition('scene: ')[0]
        line = LINE.search(part)
        if not line:
            sys.exit(f'latency.py: {system}, {cpus} CPUs, {name} {policy}: no figures:\n{part}')
        shares = []
        for limit in LIMITS:
            under = sum(int(count) for bound, count in BUCKET.findall(part) if int(bound) * 1000 <= limit * 1024)
            shares.append(100 * under / int(line[1]))
        rows[name, policy] = ([float(line[i]) for i in (3, 4, 5, 7, 8)], shares, host.get(f'{name} {policy}'))
    return rows


def measure(systems, cpus, archive, rounds):
    """All rounds with so many CPUs, the systems in turn; rows of the table."""
    found = {system: [] for system, _ in systems}
    for _ in range(rounds):
        for system, image in systems:
            found[system].append(play(system, image, cpus, archive))
    rows = []
    for system, _ in systems:
        for scene in found[system][0]:
            played = [one[scene] for one in found[system]]
            *figures, missed = (statistics.median(values) for values in zip(*(one[0] for one in played)))
            medians = [one[0][0] for one in played]
            shares = (statistics.mean(values) for values in zip(*(one[1] for one in played)))
            rows.append([system, cpus, *scene, *(f'{value:.0f}' for value in figures),
                         f'{missed:.0f}' if scene[0] != 'messages' else '', *(f'{share:.1f}' for share in shares),
                         *([f'{min(medians):.0f}', f'{max(medians):.0f}'] if rounds > 1 else ['', '']),
                         f'{statistics.mean(one[2] for one in played):.0f}' if cpus > 1 else ''])
            print('  '.join(str(cell) for cell in rows[-1]), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description='delays of a task that wants to run every millisecond')
    parser.add_argument('--smp', default='1 2 4')
    parser.add_argument('--beats', type=int, default=1000)
    parser.add_argument('--rounds', type=int, default=5, help='boots of each system with more than one CPU')
    parser.add_argument('--peers', default='linux')
    options = parser.parse_args()
    os.makedirs(OUT, exist_ok=True)
    systems = [('Primer', qemu.KERNEL)]
    linux = bench.find_linux() if options.peers == 'linux' else None
    if linux:
        systems.append(('Linux ' + os.path.basename(linux).split('-', 1)[1].split('-')[0], linux))
    table = [['system', 'CPUs', 'load', 'policy', 'median', '90 %', '99 %', 'most', 'missed', *(f'< {n} us' for n in LIMITS),
              'median from', 'to', 'waits %']]
    print('  '.join(table[0]))
    for cpus in map(int, options.smp.split()):
        archive = os.path.join(OUT, f'latency-{cpus}.cpio')
        write_archive(archive, cpus, options.beats)
        table += measure(systems, cpus, archive, options.rounds if cpus > 1 else 1)
    targets = [os.path.join(OUT, 'table.csv')]
    if linux and options.smp == '1 2 4':
        targets.append(DOCS_TABLE)
    for target in targets:
        with open(target, 'w', encoding='utf-8', newline='') as file:
            csv.writer(file, lineterminator='\n').writerows(table)
        print(f'latency: wrote {os.path.relpath(target)}', file=sys.stderr)


if __name__ == '__main__':
    main()
