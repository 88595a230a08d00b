#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""bench.py [--peers "stock tuned"|none] [--batches N] [--silence SECONDS] [OPERATION ...]

What system calls, faults, switches and a boot cost: on Primer, on Debian's Linux, and on the same Linux with everything
switched off by its command line that it can do without. Counted in guest instructions, which under QEMU's -icount shift=0 is
what the time stamp counter counts: the figures do not depend on the host or on its load, and two runs give the same.

	                 user/init ----execve----> microbench op op op ...
	one archive  {   its first line: TSC       a line per operation: op n min median ...
	one machine  {   = reset to init           median = what the table shows
	three kernels: primer.elf | vmlinuz | vmlinuz with PEERS['tuned']

An operation that a kernel lacks is a SKIP, with the words of microbench. One that never comes back must not take the others
along: when a machine has been silent for too long, the operation behind the last line is marked HANG, and a fresh machine
goes on behind it; one at which the machine ended is marked CRASH. A command line carries few words to init (Linux: 32),
so operations go in groups.

The least memory is the smallest -m, in MiB, with which the first line of init appears; a bisection finds it. It is kept in
a file, by the checksum of all that it depends on.

Writes O/bench/table.csv, and docs/benchmarks-table.csv when all operations and both peers were measured.
"""
import argparse
import csv
import glob
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests'))
import qemu                                     # noqa: E402
from mkinitramfs import Archive                 # noqa: E402

OUT = os.path.join(qemu.BUILD, 'bench')
SOURCE = os.path.join(ROOT, 'tests/bench/microbench.c')
DOCS_TABLE = os.path.join(ROOT, 'docs/benchmarks-table.csv')
PACKAGE = 'linux-image-cloud-amd64'
MEM = 512
GROUP = 24                                      # operations on one command line
FIRST_LINE = re.compile(r'^init: first line at TSC (\d+)$', re.M)
MACHINE = ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', qemu.ICOUNT_CPU, '-smp', '1', '-nic', 'none', '-display', 'none',
           '-no-reboot', *qemu.ICOUNT]
WORDS = 'console=ttyS0 quiet panic=-1 nokaslr mitigations=off'
PEERS = {
    'stock': '',
    'tuned': 'init_on_alloc=0 init_on_free=0 randomize_kstack_offset=off audit=0 apparmor=0 lsm= cgroup_disable=memory',
}


def progress(*words):
    print(*words, file=sys.stderr, flush=True)


class Kernel:
    """One column of the table."""

    def __init__(self, name, image, words=''):
        self.name, self.image = name, image
        self.append = f'{WORDS} {words}'.strip()
        self.results = {}                       # operation: instructions, or why there are none
        self.why = {}                           # operation: microbench's words for a SKIP
        self.boot = self.least = None

    def run(self, archive, arguments=(), mem=MEM, silence=40, until=None):
        """Boot, up to the end, to `silence` seconds without a word, or to `until`; (text, did it end by itself)."""
        append = self.append + (' -- ' + ' '.join(arguments) if arguments else '')
        with tempfile.NamedTemporaryFile(prefix='primer-bench-') as serial:
            process = subprocess.Popen([*MACHINE, '-m', str(mem), '-serial', f'file:{serial.name}', '-kernel', self.image,
                                        '-initrd', archive, '-append', append], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                size, heard = 0, time.monotonic()
                while True:
                    ended = process.poll() is not None
                    with open(serial.name, 'rb') as log:
                        raw = log.read()
                    text = qemu.clean(raw)
                    if ended or until and until.search(text):
                        break
                    if len(raw) > size:
                        size, heard = len(raw), time.monotonic()
                    if time.monotonic() > heard + silence:
                        break
                    time.sleep(0.02)
                if ended and process.returncode and not raw:
                    sys.exit('bench: ' + process.stderr.read().decode('utf-8', 'replace'))
            finally:
                process.kill()
                process.wait()
                process.stderr.close()
        return text, ended

    def measure(self, archive, operations, batches, silence):
        left = list(operations)
        while left:
            group = left[:GROUP]
            progress(f'{self.name}: {group[0]}' + (f' to {group[-1]}' if len(group) > 1 else ''))
            text, ended = self.run(archive, ['/bin/microbench', '-b', str(batches), *group], silence=silence)
            first = FIRST_LINE.search(text)
            if not first or '\n# microbench' not in text:
                progress(f'bench: {self.name} does not reach microbench:\n' + '\n'.join(text.splitlines()[-20:]))
                self.results.update(dict.fromkeys(left, 'NO BOOT'))
                return
            self.boot = self.boot or int(first.group(1))
            done = self.parse(text, group)
            if done < len(group) and '\n# done' not in text:
                verdict = 'CRASH' if ended else 'HANG'
                self.results[group[done]] = verdict
                progress(f'{self.name}: {group[done]}: {verdict}')
                done += 1
            else:
                done = len(group)
            left = left[done:]

    def parse(self, text, group):
        """Enter the lines of microbench; returns how many of the group, from its start, have come."""
        for line in text.splitlines():
            fields = line.split('\t')
            if fields[0] not in group or len(fields) < 4:
                continue
            if fields[1] == 'SKIP':
                self.results[fields[0]] = 'SKIP'
                self.why[fields[0]] = ' '.join(fields[2:])
            elif len(fields) == 6:
                self.results[fields[0]] = float(fields[3])
        return next((index for index, name in enumerate(group) if name not in self.results), len(group))

    def least_memory(self, archive, cache):
        """The least -m in MiB that reaches init."""
        key = hashlib.sha256()
        for path in (self.image, archive):
            with open(path, 'rb') as file:
                key.update(hashlib.sha256(file.read()).digest())
        key.update(' '.join(MACHINE + [self.append]).encode())
        key = key.hexdigest()
        if key not in cache:
            low, high = 1, 128                  # low fails, high is said to suffice
            while high < MEM and not self.reaches_init(archive, high):
                low, high = high, high * 2
            while high - low > 1:
                middle = (low + high) // 2
                if self.reaches_init(archive, middle):
                    high = middle
                else:
                    low = middle
            cache[key] = high
        self.least = cache[key]

    def reaches_init(self, archive, mem):
        text, _ = self.run(archive, mem=mem, silence=15, until=re.compile(FIRST_LINE.pattern + '|Kernel panic|Out of memory', re.M))
        reached = bool(FIRST_LINE.search(text))
        progress(f'{self.name}: -m {mem}: ' + ('reaches init' if reached else 'does not reach init'))
        return reached


def find_linux():
    """The image of Debian's kernel, unpacked below OUT and never installed; None, with a word why, when there is none."""
    place = os.path.join(OUT, 'linux')
    pattern = os.path.join(place, 'boot/vmlinuz-*')
    if not glob.glob(pattern):
        os.makedirs(place, exist_ok=True)
        try:
            depends = subprocess.run(['apt-cache', 'depends', PACKAGE], capture_output=True, text=True, check=True).stdout
            real = re.search(r'Depends: (linux-image-\S+)', depends).group(1)
            progress(f'bench: fetching {real} (not installed, unpacked in {place})')
            subprocess.run(['apt-get', '-q', 'download', real], cwd=place, check=True, timeout=300, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            for package in glob.glob(os.path.join(place, '*.deb')):
                subprocess.run(['dpkg', '-x', package, place], check=True)
        except (OSError, AttributeError, subprocess.SubprocessError) as error:
            progress(f'bench: no {PACKAGE} to be had ({error}): Primer alone is measured')
            return None
    return (sorted(glob.glob(pattern)) or [None])[-1]


def write_archive(path):
    archive = Archive()
    for name, major, minor in (('console', 5, 1), ('null', 1, 3), ('zero', 1, 5)):
        archive.node(f'/dev/{name}', 'c', major, minor)
    # Linux hands a word that only its loader knows on to init, in front of the others; init then runs a program of that name.
    archive.link('/bin/nokaslr', '/init')
    archive.directory('/tmp', 0o1777)
    archive.directory('/proc')
    archive.directory('/sys')
    for name, source in (('/init', os.path.join(qemu.BUILD, 'user/init')), ('/bin/microbench', os.path.join(OUT, 'microbench'))):
        with open(source, 'rb') as file:
            archive.file(name, file.read(), 0o755)
    with open(path, 'wb') as file:
        file.write(archive.write())


def figure(value):
    if value is None:
        return '-'
    if isinstance(value, str):
        return value
    return f'{value:.1f}' if value < 100 else f'{value:.0f}'


def ratio(ours, theirs):
    """Linux's figure by Primer's: above 1 Primer is the cheaper one."""
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)) and ours:
        return f'{theirs / ours:.2f}'
    return '-'


def make_table(kernels, operations, release):
    primer, peers = kernels[0], kernels[1:]
    head = ['operation', 'Primer'] + [f'Linux {release} {peer.name}' for peer in peers] + [f'{peer.name} / Primer' for peer in peers]

    def row(name, values, form=figure):
        return [name] + [form(value) for value in values] + [ratio(values[0], value) for value in values[1:]]

    rows = [row(name, [kernel.results.get(name) for kernel in kernels]) for name in operations]
    if peers:
        common = [name for name in operations if all(isinstance(kernel.results.get(name), float) for kernel in kernels)]
        means = [f'{math.exp(sum(math.log(peer.results[name] / primer.results[name]) for name in common) / len(common)):.2f}'
                 if common else '-' for peer in peers]
        rows.append([f'geometric mean of {len(common)}'] + ['' for _ in kernels] + means)
    rows.append(row('reset to init, million', [kernel.boot and kernel.boot / 1e6 for kernel in kernels]))
    if any(kernel.least for kernel in kernels):
        rows.append(row('least memory, MiB', [kernel.least for kernel in kernels], lambda value: str(value or '-')))
    return [head] + rows


def show(table):
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        print('  '.join([row[0].ljust(widths[0])] + [text.rjust(width) for text, width in zip(row[1:], widths[1:])]).rstrip())


def main():
    parser = argparse.ArgumentParser(description='what the kernel costs, in guest instructions, beside Linux')
    parser.add_argument('--peers', default='stock tuned')
    parser.add_argument('--batches', type=int, default=11)
    parser.add_argument('--silence', type=float, default=40)
    parser.add_argument('operations', nargs='*')
    options = parser.parse_args()

    with open(SOURCE, encoding='utf-8') as source:
        known = re.findall(r'^\t\{ "(\w+)", op_', source.read(), re.M)
    unknown = set(options.operations) - set(known)
    peers = [] if options.peers.strip() == 'none' else options.peers.split()
    if unknown or set(peers) - set(PEERS):
        sys.exit(f'bench: unknown: {" ".join(sorted(unknown | (set(peers) - set(PEERS))))}; the operations are: {" ".join(known)}')
    operations = [name for name in known if name in options.operations] if options.operations else known

    os.makedirs(OUT, exist_ok=True)
    archive = os.path.join(OUT, 'bench.cpio')
    write_archive(archive)
    kernels = [Kernel('Primer', qemu.KERNEL)]
    release = ''
    linux = find_linux() if peers else None
    if linux:
        release = os.path.basename(linux).split('-', 1)[1]
        kernels += [Kernel(name, linux, PEERS[name]) for name in peers]
    for kernel in kernels:
        kernel.measure(archive, operations, options.batches, options.silence)

    if not options.operations:
        kept = os.path.join(OUT, 'least.json')
        cache = {}
        if os.path.exists(kept):
            with open(kept, encoding='utf-8') as file:
                cache = json.load(file)
        for kernel in kernels:
            if kernel.boot:
                kernel.least_memory(archive, cache)
        with open(kept, 'w', encoding='utf-8') as file:
            json.dump(cache, file, indent=1)

    table = make_table(kernels, operations, release)
    show(table)
    for kernel in kernels:
        for name, why in kernel.why.items():
            print(f'{kernel.name}: SKIP {name}: {why}')
    targets = [os.path.join(OUT, 'table.csv')]
    if not options.operations and len(kernels) == 1 + len(PEERS):
        targets.append(DOCS_TABLE)
    for target in targets:
        with open(target, 'w', encoding='utf-8', newline='') as file:
            csv.writer(file, lineterminator='\n').writerows(table)
        progress(f'bench: wrote {os.path.relpath(target)}')


if __name__ == '__main__':
    main()
