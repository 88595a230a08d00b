# SPDX-License-Identifier: GPL-2.0-only
"""The book keeps its word: each transcript in docs/transcripts is run, and what comes out is compared with what is printed there.

A transcript is what a reader would see: a prompt with a command, then its output.

	$ readelf -lW build/primer.elf				a command on the host, at the top of the tree; "build/" is where the build is
	$ tools/qemu.sh elf build/primer.elf build/initramfs.cpio "console=ttyS0 quiet"		a boot, through tests/qemu.py
	(qemu) info registers					QEMU's monitor, when the last line of the boot's output has appeared
	(gdb) p-ps						gdb on a machine that waits at its first instruction; with "$ SMP=2 make debug"
								in front, of two CPUs, and APPEND="..." behind it, with these words

In the output, "..." alone on a line stands for any number of lines and elsewhere for any text; <num> stands for one number, decimal or
hexadecimal; ~12.5 for a number that is near: within 2 %, or one of the last digit that is not a zero at the end (~300: 200 to 400);
~~12.5 for one of the same order, from a tenth to ten times as much. Blanks count as one, and time stamps of the log are not compared. All
else must be there, and nothing more.

Numbers that a reader can use need a machine that does not depend on the host: QEMU_ARGS="-icount shift=4,sleep=off" in front of a boot
makes the clock count instructions. They still change a little with the compiler and with each change of the kernel; hence the "~".
"""
import os
import re
import shlex
import subprocess
import time

import pytest

import qemu
import test_debug
from conftest import ROOT
from test_gdb import gdb

DOCS = os.path.join(ROOT, 'docs')
TRANSCRIPTS = os.path.join(DOCS, 'transcripts')
NAMES = sorted(name[:-4] for name in os.listdir(TRANSCRIPTS) if name.endswith('.txt')) if os.path.isdir(TRANSCRIPTS) else []
PROMPT = re.compile(r'^(\$|\(qemu\)|\(gdb\)) (.*)$')
DEBUG_COMMAND = re.compile(r'SMP=(\d+) make debug(?: APPEND="([^"]*)")?')


# ---- comparing ----

def normal(line):
    return ' '.join(qemu.STAMP.sub('', line).split())


NEAR = re.compile(r'(?<![\w~])(~~?)([+-]?(\d+)(?:\.(\d+))?)')


def near(printed):
    """What "~12.5" or "~~12.5" stands for: (the least, the most)."""
    tildes, value, whole, behind = printed[1], float(printed[2]), printed[3], printed[4] or ''
    if tildes == '~~':
        return sorted((value / 10, value * 10))
    last = 10.0 ** (-len(behind) if behind else len(whole) - len(whole.rstrip('0') or whole))
    off = max(0.02 * abs(value), last) * 1.000001
    return value - off, value + off


class LinePattern:
    """A line of a transcript; match() with a line that came."""

    def __init__(self, line):
        line = normal(line)
        self.near = [near(printed) for printed in NEAR.finditer(line)]
        pieces = NEAR.sub('\0', line).split('\0')
        text = r' ?([+-]?\d+(?:\.\d+)?)'.join(re.escape(piece) for piece in pieces).replace(re.escape('...'), '.*')
        self.pattern = re.compile(text.replace(re.escape('<num>'), r' ?-?(?:0x)?[0-9a-fA-F]+') + r'\Z')

    def match(self, line):
        match = self.pattern.match(line)
        return match and all(least <= float(came) <= most for came, (least, most) in zip(match.groups(), self.near))


def matches(expected, actual):
    """Do the lines fit? Returns None, or the first expected line that found no place."""
    lines = [normal(line) for line in actual]
    ends, gap = {0}, False              # behind how many lines may the pattern so far end?
    for line in expected:
        if normal(line) == '...':
            gap = True
            continue
        pattern = LinePattern(line)
        starts = range(min(ends), len(lines)) if gap else ends
        ends, gap = {at + 1 for at in starts if at < len(lines) and pattern.match(lines[at])}, False
        if not ends:
            return line
    return None if gap or len(lines) in ends else f'(the end, but there is more: {lines[max(ends)]!r})'


def compare(name, command, expected, actual):
    actual = [line for line in actual if line.strip()]
    wrong = matches([line for line in expected if line.strip()], actual)
    assert wrong is None, f'docs/transcripts/{name}.txt: {command}\nno place for: {wrong}\n--- came ---\n' + '\n'.join(actual[-150:])


@pytest.mark.parametrize('expected, actual, fits', [
    (['a'], ['a'], True), (['a'], ['b'], False), (['a'], ['a', 'b'], False), (['a', 'b'], ['a'], False),
    (['a', '...'], ['a', 'b', 'c'], True), (['...', 'c'], ['a', 'b', 'c'], True), (['...', 'c'], ['c', 'd'], False),
    (['a', '...', 'c'], ['a', 'c'], True), (['n <num> x'], ['n 0x1f x'], True), (['n <num> x'], ['n why x'], False),
    (['a ~12.5 z'], ['a 12.3 z'], True), (['a ~12.5 z'], ['a 12.9 z'], False), (['a ~0.10%'], ['a 0.11%'], True),
    (['a ~0.10%'], ['a -0.10%'], False), (['~300 b ~-7'], ['399 b -8'], True), (['~300'], ['401'], False), (['~300'], ['x'], False),
    (['~0'], ['1'], True), (['~0'], ['2'], False), (['~~40'], ['4.1'], True),
    (['~~40'], ['399.9'], True), (['~~40'], ['401'], False), (['a ~5'], ['a     5'], True), (['~7.000 ... b'], ['7.1 c b'], True),
    (['...', 'a', 'b', '...'], ['a', 'x', 'a', 'b'], True), (['...', 'c'], ['c', 'd', 'c'], True), (['...', 'a', 'b'], ['a', 'x', 'b'], False),
    (['a ... z'], ['a b y z'], True), (['a  b'], ['a b'], True), (['[    0.000001] a'], ['[    7.654321] a'], True), ([], ['a'], False),
])
def test_matcher(expected, actual, fits):
    assert (matches(expected, actual) is None) == fits


# ---- running ----

def steps(name):
    """[(prompt, command, expected lines)] of a transcript."""
    found = []
    with open(os.path.join(TRANSCRIPTS, name + '.txt'), encoding='utf-8') as transcript:
        for line in transcript.read().splitlines():
            match = PROMPT.match(line)
            if match:
                found.append((match[1], match[2], []))
            else:
                found[-1][2].append(line)
    return found


def boot_arguments(command):
    """tools/qemu.sh elf KERNEL INITRD APPEND, with variables in front, as keywords of qemu.Machine."""
    words = shlex.split(command)
    how = {}
    while '=' in words[0]:
        name, _, value = words.pop(0).partition('=')
        if name == 'MEM':
            how['mem'] = value
        elif name == 'SMP':
            how['smp'] = int(value)
        elif name == 'QEMU_ARGS' and value.startswith('-cpu '):
            how['cpu'] = value[5:]
        elif name == 'QEMU_ARGS' and value.startswith('-icount '):
            how['extra'] = [*value.split(), *qemu.ICOUNT[2:]]
        else:
            raise ValueError(f'{name}= means nothing here')
    assert words[:2] == ['tools/qemu.sh', 'elf'] and words[2] in ('build/primer.elf', 'build-debug/primer.elf'), command
    if words[2] == 'build-debug/primer.elf':
        how['kernel'] = test_debug.DEBUG_KERNEL
        if not os.path.exists(how['kernel']):
            pytest.skip('no DEBUG kernel: make debug-kernel')
    how['initrd'] = words[3].replace('build/', qemu.BUILD + '/', 1)
    before, exits, behind = words[4].partition(qemu.EXIT)      # the harness puts it there
    how.update(console=before.strip(), debugexit=bool(exits), append=behind.strip())
    return how


def run_boot(name, command, expected, monitor):
    how = boot_arguments(command)
    if not monitor:
        # Where the clock counts instructions, a second of the machine's is as long as the host needs for them.
        idle, whole = (120, 240) if 'extra' in how else (60 if how['debugexit'] else 12, 200)
        compare(name, command, expected, qemu.boot(**how, idle=idle, whole=whole).text.splitlines())
        return
    with qemu.Machine(**how) as machine:
        machine.expect(re.escape(expected[-1].strip()))
        compare(name, command, expected, machine.text.splitlines())
        time.sleep(0.3)                 # the last line is still being written when it has been read: let the program go on
        in_user_mode = any('CPL=3' in line for _, _, lines in monitor for line in lines)
        for _ in range(50):             # the moment of the stop may lie in a tick
            machine.ask('stop')
            if not in_user_mode or 'CPL=3' in machine.monitor('info registers'):
                break
            machine.ask('cont')
            time.sleep(0.01)
        for _, line, lines in monitor:
            compare(name, line, lines, machine.monitor(line).replace('\r', '').splitlines())


def run_gdb(name, tmp_path, found):
    commands, smp, append = [], 1, ''
    if found[0][0] == '$':
        smp, append = DEBUG_COMMAND.fullmatch(found.pop(0)[1]).groups('')
    for number, (_, command, _) in enumerate(found):
        commands += [f'echo \\n=={number}==\\n', command]
    text = gdb(tmp_path, commands + ['echo \\n==end==\\n'], append, int(smp))
    parts = re.split(r'^==(?:\d+|end)==\n', text, flags=re.M)
    assert len(parts) == len(found) + 2, text[-4000:]
    for (_, command, expected), part in zip(found, parts[1:]):
        compare(name, command, expected, part.replace(ROOT + '/', '').splitlines())


@pytest.mark.parametrize('name', NAMES)
def test_transcript(name, tmp_path):
    found = steps(name)
    if found[0][0] == '(gdb)' or DEBUG_COMMAND.fullmatch(found[0][1]):
        run_gdb(name, tmp_path, found)
        return
    for index, (prompt, command, expected) in enumerate(found):
        if prompt == '(qemu)':
            continue
        if 'tools/qemu.sh' in command:
            monitor = []
            for step in found[index + 1:]:
                if step[0] != '(qemu)':
                    break
                monitor.append(step)
            run_boot(name, command, expected, monitor)
            continue
        done = subprocess.run(['timeout', '-k', '5', '120', 'bash', '-c', re.sub(r'\bbuild/', qemu.BUILD + '/', command)], cwd=ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        compare(name, command, expected, (done.stdout + done.stderr).replace(qemu.BUILD + '/', 'build/').splitlines())


# ---- the book ----

def test_every_transcript_is_in_a_chapter_and_the_other_way_round():
    used = set()
    for chapter in os.listdir(DOCS):
        if chapter.endswith('.md'):
            with open(os.path.join(DOCS, chapter), encoding='utf-8') as text:
                used |= set(re.findall(r'transcripts/([\w-]+)\.txt', text.read()))
    assert used == set(NAMES)


def test_every_file_that_the_book_names_exists():
    """`kernel/x86/desc.c` in backticks is a file or folder of the tree; a bare `desc.c` stands behind one that names its folder."""
    missing = set()
    for chapter in os.listdir(DOCS):
        if not chapter.endswith('.md'):
            continue
        with open(os.path.join(DOCS, chapter), encoding='utf-8') as text:
            for name in re.findall(r'(?<!\})`((?:boot|kernel|mm|sched|fs|drivers|lib|include|user|tests|tools|docs)/[\w./-]*)`', text.read()):
                if not os.path.exists(os.path.join(ROOT, name)):
                    missing.add(f'{chapter}: {name}')
    assert not missing, sorted(missing)


def test_the_book_builds_without_a_warning(tmp_path):
    """Also what the book cuts out of the source by name is there (docs/_ext/source.py)."""
    try:
        subprocess.run(['/usr/bin/python3', '-c', 'import sphinx, myst_parser, furo'], check=True, capture_output=True)
    except (subprocess.CalledProcessError, OSError):
        pytest.skip('the book needs python3-sphinx, python3-myst-parser and furo: make docs installs them')
    done = subprocess.run(['/usr/bin/python3', '-m', 'sphinx', '-n', '-W', '--keep-going', '-q', '-b', 'html', DOCS, str(tmp_path)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
