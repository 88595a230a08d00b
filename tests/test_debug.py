# SPDX-License-Identifier: GPL-2.0-only
"""The DEBUG kernel: its suites and programs run without a report, and what it is there to find, it finds.

`make test` builds it next to the plain one, in O-debug; without it these tests are skipped.
"""
import functools
import os
import re

import pytest

import elf
import ktap
import qemu
import test_locking

DEBUG_KERNEL = os.path.join(os.environ.get('PRIMER_DEBUG_BUILD') or qemu.BUILD + '-debug', 'primer.elf')
SHARED_BOOT = True
pytestmark = pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')

# A title of each checker's report.
REPORT = r'^(BUG: KASAN: .*|UBSAN: .*|BUG [\w-]+ \(.*|WARNING: .*|\[ BUG: .*|BUG: (?!KASAN).*|pagealloc: .*)$'
# Suites that plant mistakes, and what they may make the kernel say.
PLANTED = {'kasan': 'BUG: KASAN', 'ubsan': 'UBSAN:', 'slab': r'BUG test_planted', 'lockdep': r'WARNING: |\[ BUG: Invalid wait context|BUG: sleeping function',
           'rtmutex': r'WARNING: possible (recursive locking|circular locking dependency) detected',
           'rcu_lockdep': 'WARNING: suspicious RCU usage'}


def boot(append='', **how):
    return qemu.boot(append, kernel=DEBUG_KERNEL, **{'idle': 60, **how})


@pytest.fixture(scope='module')
def kunit(request):
    return boot('kunit torture.seconds=1', mem='256M', smp=request.param, whole=550, idle=200)


ON = functools.partial(pytest.mark.parametrize, 'kunit', indirect=True)
ON_ALL = ON([pytest.param(n, id=f'{n}cpu', marks=[pytest.mark.xdist_group(f'debug{n}'), pytest.mark.timeout(600)]) for n in (1, 4)])


@ON_ALL
def test_every_in_kernel_case_passes(kunit):
    suites, wrong = ktap.parse(kunit.text)
    assert not wrong, f'{wrong}; {kunit.describe()}'
    failed = [f'{suite.name}.{case.name}:\n' + '\n'.join(case.comments)
              for suite in suites for case in suite.children if not case.ok]
    assert not failed, '\n'.join(failed)
    kunit.must(status=qemu.PASS)
    cases = {(suite.name, case.name) for suite in suites for case in suite.children}
    assert set(elf.kunit_cases(DEBUG_KERNEL)) == cases
    assert {'kasan', 'ubsan'} <= {suite.name for suite in suites}


@ON_ALL
def test_only_planted_mistakes_are_reported(kunit):
    suite, stray = None, []
    for line in kunit.plain.splitlines():
        if match := re.match(r'  # Subtest: (\S+)', line):
            suite = match[1]
        if re.match(REPORT, line) and not re.match(PLANTED.get(suite, '(?!)'), line):
            stray.append(f'{suite}: {line}')
    assert not stray, '\n'.join(stray)


@ON_ALL
def test_locks_were_taken_where_docs_locking_says(kunit):
    assert len(test_locking.seen(kunit.plain)) > 100
    assert not test_locking.wrong_contexts(kunit.plain)


@ON([pytest.param(1, id='1cpu', marks=[pytest.mark.xdist_group('debug1'), pytest.mark.timeout(450)])])
@pytest.mark.parametrize('words', [
    r'shift-out-of-bounds in tests/lib/ubsan_test\.c:\d+:\d+\n.*shift exponent 33 is too large for 32-bit type .int.',
    r'shift-out-of-bounds in .*\n.*shift exponent -1 is negative',
    r"signed-integer-overflow in .*\n.*2147483647 \+ 1 cannot be represented in type 'int'",
    r"signed-integer-overflow in .*\n.*-2147483648 - 1 cannot be represented in type 'int'",
    r"signed-integer-overflow in .*\n.*2147483647 \* 2 cannot be represented in type 'int'",
    r"negation-overflow in .*\n.*negation of -2147483648 cannot be represented in type 'int'",
    r"array-index-out-of-bounds in .*\n.*index 5 is out of range for type 'int \[4\]'",
    r"invalid-load in .*\n.*load of value 2 is not a valid value for type '(_Bool|bool|volatile _Bool)'",
])
def test_ubsan_says_what_happened(kunit, words):
    assert re.search('UBSAN: ' + words, kunit.text), f'no "{words}"; {kunit.describe()}'


def clean(result):
    result.must(status=qemu.PASS, hasnot=[r'BUG:', r'UBSAN:', r'WARNING:', r'pagealloc:'])
    return result


def test_init_and_busybox_run_without_a_report(initrd):
    clean(boot()).must(has='init: the tour is over, 0 steps failed')
    script = ('#!/bin/busybox sh\nmount -t proc none /proc\nls -lR /proc/self/ /dev /bin >/tmp/a\ncat /proc/*info* >/tmp/b\n'
              'for i in 1 2 3; do cp /tmp/a /tmp/c$i; done\nsort /tmp/a >/tmp/d\nmd5sum /tmp/d\nrm /tmp/*\necho done\n')
    with open('/bin/busybox', 'rb') as busybox:
        files = {'/script': script.encode(), '/bin/busybox': busybox.read(), '/tmp/': None, '/proc/': None}
    clean(boot('rdinit=/script', initrd=initrd(files))).must(has='^done$')


@pytest.mark.parametrize('program', [
    'areas', 'execs', 'filemaps', 'files', 'forks', 'pipes', 'remaps', 'signals', 'threads'])
def test_programs_run_without_a_report(run, program):
    path = os.path.join(qemu.PROGRAMS, f'{program}.musl')
    if not os.path.exists(path):
        pytest.skip(f'no program {program}')
    clean(run(path, files={'/tmp/': None}, kernel=DEBUG_KERNEL, mem='256M', whole=180, idle=100))


def test_several_cpus_and_much_memory():
    """1/8 of 8 GiB does not fit below 4 GiB together with everything else."""
    clean(boot(mem='8G', smp=2, whole=200, first=90, idle=90))


def test_the_least_memory_that_the_book_states(root):
    with open(os.path.join(root, 'docs/kasan.md'), encoding='utf-8') as page:
        least = re.search(r'The least memory of a DEBUG build is (\d+) MiB', page.read())
    clean(boot(mem=f'{least[1]}M'))


# ---- planted faults ----

OBJECT = r'The buggy address belongs to the object at ffff[0-9a-f]+$'
DEBUG_FAULTS = {
    'OVERWRITE_ALLOCATION': ['slab-out-of-bounds in {fn}', 'Write of size 4', r'Allocated by task 1:', ALLOC := '^.* {fn}',
                             r'cache kmalloc-1k of size 1024', r'located 1020 bytes inside'],
    'SLAB_LINEAR_OVERFLOW': ['slab-out-of-bounds in {fn}', 'Write of size 80', r'Allocated by task 1:', ALLOC, OBJECT,
                             r'cache kmalloc-64 of size 64', r'located 0 bytes to the right of$', r'64-byte region'],
    'VMALLOC_LINEAR_OVERFLOW': ['vmalloc-out-of-bounds in {fn}', 'Write of size 4096',
                                r'belongs to the virtual mapping at', r'created by:', ALLOC],
    'STACK_LINEAR_OVERFLOW': [r'stack-out-of-bounds in fill', 'Write of size 4', r'belongs to stack of task swapper/0/1',
                              r'in frame:', ALLOC, 'this frame has 1 object:', r"\[\d+, \d+\) 'squares'"],
    'WRITE_AFTER_FREE': ['use-after-free in {fn}', 'Write of size 8', r'Allocated by task 1:', ALLOC, 'Freed by task 1:',
                         'located 512 bytes inside of$'],
    'READ_AFTER_FREE': ['use-after-free in {fn}', 'Read of size 8', r'Allocated by task 1:', ALLOC, 'Freed by task 1:'],
    'WRITE_BUDDY_AFTER_FREE': ['use-after-free in {fn}', 'Write of size 64', 'refcount:0', 'page last allocated by', ALLOC,
                               'page last freed by', ALLOC],
    'READ_BUDDY_AFTER_FREE': ['use-after-free in {fn}', 'Read of size 8', 'refcount:0', 'page last allocated by', ALLOC,
                              'page last freed by', ALLOC],
    'SLAB_FREE_DOUBLE': ['double-free or invalid-free in {fn}', r'Allocated by task 1:', ALLOC, 'Freed by task 1:', OBJECT],
    'SLAB_FREE_CROSS': [],
    'SLAB_FREE_PAGE': ['double-free or invalid-free in {fn}', 'page last allocated by', ALLOC],
    'ARRAY_BOUNDS': [],
    'SHIFT_OUT_OF_BOUNDS': [],
}
OTHER_WORDS = {
    'SLAB_FREE_CROSS': r'cache_from_obj: Wrong slab cache\. provoke-b but object .* is from provoke-a',
    'ARRAY_BOUNDS': r"UBSAN: array-index-out-of-bounds in kernel/debug/provoke_heap\.c:\d+:\d+\n.*index 8 is out of range "
                    r"for type 'u32 \[8\]'",
    'SHIFT_OUT_OF_BOUNDS': r"UBSAN: shift-out-of-bounds in .*\n.*shift exponent 40 is too large for 32-bit type 'int'",
}


@pytest.mark.parametrize('name', DEBUG_FAULTS)
def test_provoked(name):
    result = boot(f'provoke={name}')
    result.must(status=qemu.PANIC, has=[rf'provoke: Performing direct entry {name}$', 'Call Trace:'])
    report = result.text[result.text.index('Performing direct entry'):]
    if name in OTHER_WORDS:
        assert re.search(OTHER_WORDS[name], report), result.describe()
        return
    result.must(has=r'Kernel panic - not syncing: panic_on_warn set', hasnot='survived')
    words, function = DEBUG_FAULTS[name], rf'provoke_{name}\+0x[0-9a-f]+/0x[0-9a-f]+'
    assert re.search('BUG: KASAN: ' + words[0].format(fn=function), report), result.describe()
    position = 0
    for pattern in words[1:]:
        match = re.compile(pattern.format(fn=function), re.M).search(report, position)
        assert match, f'no "{pattern}" after what stands before it; {result.describe()}'
        position = match.end()
    assert re.search(r'Memory state around the buggy address:(\n.*){3}>ffff[0-9a-f]{12}:( [0-9a-f]{2}){16}\n.* \^$', report,
                     re.M), result.describe()


def test_one_report_for_each_place_unless_asked():
    """The suite's loop over sizes passes two lines of code many times."""
    title = r'BUG: KASAN: [\w-]+ in bounds_test'
    once = re.findall(title, boot('kunit=kasan.*many*sizes').text)
    many = re.findall(title, boot('kunit=kasan.*many*sizes kasan_multi_shot').text)
    assert len(once) == 2 and len(many) > 15


def test_a_report_can_be_the_end():
    boot('kunit=kasan.*free?page kasan.fault=panic').must(status=qemu.PANIC, has=[
        'BUG: KASAN: use-after-free', r'Kernel panic - not syncing: kasan\.fault=panic set'])


def test_slub_debug_takes_over():
    """The older checks, in place of the sanitizer's, find the same double free."""
    boot('slub_debug=FZPU provoke=SLAB_FREE_DOUBLE').must(status=qemu.PANIC, has=[
        r'BUG kmalloc-128 .*: Object already free', r'INFO: Allocated in provoke_SLAB_FREE_DOUBLE'])
