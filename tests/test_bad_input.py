# SPDX-License-Identifier: GPL-2.0-only
"""Nothing that a loader, an archive, a program file or a command line can contain brings the kernel down without a
word: each of these ends in a message that names the cause, an errno, or a panic in Linux's words."""
import os

import pytest

import elf
import qemu
from mkinitramfs import S_IFDIR, S_IFREG, TRAILER, entry

NO_INIT = r'Kernel panic - not syncing: (No working init found|VFS: Unable to mount root fs)'
FAILED = r'Initramfs unpacking failed: .+'


def hello():
    with open(os.path.join(qemu.PROGRAMS, 'hello.musl'), 'rb') as source:
        return source.read()


# ---- archives ----

def test_no_initrd():
    qemu.boot(initrd=None).must(status=qemu.PANIC, has=NO_INIT)


def test_empty_archive(initrd):
    qemu.boot(initrd=initrd(None, raw=entry(TRAILER))).must(status=qemu.PANIC, has=NO_INIT)


SPOILT = {
    'not an archive': b'This is not a cpio archive, and longer than one header, so that there is something to read.' * 4,
    'bad magic': entry('bin', S_IFDIR | 0o755) + entry('x', S_IFREG | 0o755, b'data', magic=b'070799') + entry(TRAILER),
    'header cut short': entry('bin', S_IFDIR | 0o755) + entry('x', S_IFREG | 0o755, b'data')[:60],
    'data cut short': entry('bin', S_IFDIR | 0o755) + entry('x', S_IFREG | 0o755, bytes(5000))[:2000],
    'size past the end': entry('x', S_IFREG | 0o755, b'data', filesize=0x7fffffff) + entry(TRAILER),
    'largest size': entry('x', S_IFREG | 0o755, b'data', filesize=0xffffffff) + entry(TRAILER),
    'name past the end': entry('x', S_IFREG | 0o755, b'data', namesize=0xfffffff0) + entry(TRAILER),
    'no name': entry('', S_IFREG | 0o755, b'data', namesize=0) + entry(TRAILER),
    'name without an end': entry('x', S_IFREG | 0o755, b'data')[:110].replace(b'0000000200000000', b'0000000100000000')
                           + b'xx' + b'data' + entry(TRAILER),
    'digits that are none': entry('x', S_IFREG | 0o755, b'data').replace(b'070701', b'070701zzzz', 1) + entry(TRAILER),
    'no trailer': entry('bin', S_IFDIR | 0o755) + entry('x', S_IFREG | 0o755, b'data'),
    'climbs out': entry('../escaped', S_IFREG | 0o755, b'data') + entry(TRAILER),
    'climbs out inside': entry('bin', S_IFDIR | 0o755) + entry('bin/../../escaped', S_IFREG | 0o755, b'data')
                         + entry(TRAILER),
    'unknown file type': entry('x', 0o070755, b'data') + entry(TRAILER),
    'file as directory': entry('x', S_IFREG | 0o755, b'data') + entry('x/y', S_IFREG | 0o755, b'data') + entry(TRAILER),
}
# A missing trailer is no loss, and an odd entry that can be left out is: both may go by with less than a failure.
LENIENT = {'no trailer', 'file as directory', 'unknown file type', 'no name', 'climbs out', 'climbs out inside'}


@pytest.mark.parametrize('kind', sorted(SPOILT))
def test_spoilt_archive(initrd, kind):
    result = qemu.boot(initrd=initrd(None, raw=SPOILT[kind])).must(status=qemu.PANIC, has=NO_INIT, hasnot='Oops|BUG:')
    if kind not in LENIENT:
        result.must(has=FAILED)


def test_what_stood_before_the_damage_is_kept(initrd):
    """The files before the damage are there, and the damage is reported."""
    raw = entry('init', S_IFREG | 0o755, hello()) + entry('x', S_IFREG | 0o644, b'data', magic=b'070799')
    qemu.boot(initrd=initrd(None, raw=raw)).must(has=[FAILED, '^hello, world$'])


def test_a_name_that_climbs_out_does_not_get_out(initrd):
    raw = entry('init', S_IFREG | 0o755, hello()) + entry('../escaped', S_IFREG | 0o755, b'data') + entry(TRAILER)
    result = qemu.boot(initrd=initrd(None, raw=raw))
    result.must(status=qemu.PASS, has=[r'nitramfs.*\.\./escaped', '^hello, world$'], hasnot='Oops')


# ---- program files ----

GOOD = elf.segment(0x400000, elf.EXIT_CODE)
KERNEL_HALF = 0xffffffff80100000
BAD_ELF = {
    'empty': (b'', '8'),
    'text': (b'just text\n', '8'),
    '32-bit class': (elf.make(elfclass=1), '8'),
    '32-bit machine': (elf.make(machine=elf.EM_386), '8'),
    'relocatable': (elf.make(etype=1), '8'),
    'big endian': (elf.make(encoding=2), '8'),
    'magic only': (b'\x7fELF', '8'),
    'header cut short': (elf.make()[:40], '8|5'),
    'program headers cut short': (elf.make()[:80], '8|5'),
    'program headers past the end': (elf.make(phoff=0x7fffffff), '8|5'),
    'program headers at 2^64 - 1': (elf.make(phoff=2 ** 64 - 1), '8|5|22'),
    'too many program headers': (elf.make(phnum=65535), '8|5|12'),
    'no program headers': (elf.make(phnum=0), '8|22'),
    'program headers of another size': (elf.make(phentsize=32), '8'),
    'segment data cut short': (elf.make([elf.segment(0x400000, elf.EXIT_CODE, memsz=65536, filesz=65536)]),
                               '8|5|22|14|12'),
    'file size above memory size': (elf.make([elf.segment(0x400000, elf.EXIT_CODE, memsz=4)]), '8|22'),
    'segment offset wraps': (elf.make([elf.segment(0x400000, elf.EXIT_CODE, offset=2 ** 64 - 4096)]), '8|22|5|75'),
    'segment not aligned like its offset': (elf.make([elf.segment(0x400000, elf.EXIT_CODE, offset=0x1001)]), '8|22'),
    'segment address wraps': (elf.make([GOOD, elf.segment(2 ** 64 - 4096, b'x', memsz=8192)]), '8|22|12'),
    'segment size wraps': (elf.make([GOOD, elf.segment(0x600000, b'x', memsz=2 ** 64 - 4096)]), '8|22|12'),
    'segment in the kernel': (elf.make([GOOD, elf.segment(KERNEL_HALF, b'x' * 100)]), '8|22|12'),
    'segment at the end of user space': (elf.make([GOOD, elf.segment(0x7fffffffe000, b'x', memsz=8192)]), '8|22|12'),
    'segments overlap': (elf.make([GOOD, elf.segment(0x400000, b'overlap', memsz=8192)]), '8|22|17'),
}


def may_fail_late(result, errnos):
    """execve's errno in the kernel's words, or, where the point of no return lies before the damage, a dead init."""
    result.must(status=qemu.PANIC, hasnot='Oops|BUG:|double fault',
                has=rf'(Failed to execute|couldn.t execute).*\(error -({errnos})\)'
                    r'|Attempted to kill init! exitcode=0x0000000[1-9a-f]')


@pytest.mark.parametrize('kind', sorted(BAD_ELF))
def test_bad_program(run, kind):
    data, errnos = BAD_ELF[kind]
    may_fail_late(run(data), errnos)


@pytest.mark.parametrize('entry_point', [0, 0x500000, KERNEL_HALF, 0x8000000000000000, 2 ** 64 - 1])
def test_entry_outside(run, entry_point):
    may_fail_late(run(elf.make(entry=entry_point)), '8|22')


def test_the_good_program_that_the_bad_ones_are_made_of(run):
    run(elf.make()).must(status=qemu.PASS)


# ---- command line ----

def test_command_line_of_4096_bytes():
    """What fits is used, what does not is cut, and the log says so."""
    words = 'rdinit=/bin/busybox '
    tail = ' -- echo unreachable'
    append = words + 'x' * (4096 - len(f'{qemu.CONSOLE} {qemu.EXIT} ') - len(words) - len(tail)) + tail
    assert len(f'{qemu.CONSOLE} {qemu.EXIT} {append}') == 4096
    result = qemu.boot(append)
    assert result.why == 'exit' and result.status in (qemu.PASS, qemu.FAIL), result.describe()
    result.must(has=r'(?i)command line.*(truncated|too long|cut)', hasnot='Oops|BUG:')


def test_unknown_parameters_are_named():
    qemu.boot('no_such_word no_such=value a.b.c=1').must(status=None, has=[
        r'Unknown kernel command line parameter.*no_such_word', r'Unknown kernel command line parameter.*no_such=value'],
        hasnot='Oops|BUG:')


@pytest.mark.parametrize('word', [
    'loglevel=abc', 'loglevel=', 'loglevel=99999999999999999999', 'panic=x', 'maxcpus=-1', 'maxcpus=many', 'debugexit=zz',
    'console=ttyS9', 'console=', 'console=ttyS0,banana', 'provoke=NO_SUCH', '= =x =', '"unended quote', 'earlyprintk=banana'])
def test_wrong_values_do_not_stop_the_boot(word):
    result = qemu.boot(f'rdinit=/bin/busybox {word}' + ' -- echo still here' * ('"' not in word))
    assert result.why != 'reset', result.describe()
    result.must(hasnot='Oops|BUG:|double fault')
    if '"' not in word:
        result.must(has='^still here$')


@pytest.mark.parametrize('word', ['loglevel=abc', 'panic=x', 'provoke=NO_SUCH'])
def test_wrong_values_are_named(word):
    name, value = word.split('=')
    qemu.boot(word).must(has=rf"(?i)(malformed|invalid|bad|unknown|wrong|no fault).*({name}|{value})")


# ---- machines ----

def test_too_little_memory():
    result = qemu.boot(mem='8M', initrd=None)
    assert result.why == 'exit' and result.status == qemu.PANIC, result.describe()
    result.must(has=r'Kernel panic - not syncing: .*([Mm]emory|VFS|init)')


def test_too_little_memory_for_the_initrd():
    result = qemu.boot(mem='8M')
    result.must(status=qemu.PANIC, has=r'(?i)memory|initrd|initramfs')


@pytest.mark.parametrize('cpu, word', [
    ('qemu32', 'long mode'), ('pentium3', 'long mode'), ('486', 'CPUID|long mode'), ('qemu64,nx=off', 'NX')])
def test_a_cpu_that_cannot_run_it_is_told_why(cpu, word):
    result = qemu.boot(cpu=cpu, idle=8, initrd=None)
    assert result.why in ('idle', 'exit'), result.describe()
    result.must(has=word)


def test_the_same_words_are_on_the_screen():
    with qemu.Machine(cpu='qemu32', initrd=None) as machine:
        machine.expect('long mode')
        cells = machine.monitor('xp /4000xb 0xb8000')
        data = [int(word, 16) for line in cells.splitlines() for word in line.split(':')[1].split()]
        assert 'long mode' in bytes(data[::2]).decode('latin1')
