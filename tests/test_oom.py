# SPDX-License-Identifier: GPL-2.0-only
"""Memory runs out: an errno or the OOM killer's report, init lives on, and everything comes back."""
import os
import re

import pytest

import qemu
from test_debug import DEBUG_KERNEL

# Linux's report, line by line, each somewhere behind the one before.
REPORT = [
    r'prog invoked oom-killer: gfp_mask=0x[0-9a-f]+\((GFP_HIGHUSER_MOVABLE|GFP_KERNEL)(\|__GFP_ZERO)?\), order=0, oom_score_adj=0$',
    r'CPU: 0 PID: \d+ Comm: prog Not tainted ',
    r'Call Trace:$',
    r' out_of_memory\+0x',
    r'Mem-Info:$',
    r'active_anon:\d+ inactive_anon:\d+ isolated_anon:0$',
    r' slab_reclaimable:\d+ slab_unreclaimable:\d+$',
    r' free:\d+ free_pcp:\d+ free_cma:0$',
    r'Node 0 active_anon:\d+kB inactive_anon:\d+kB .*',
    r'Node 0 DMA free:\d+kB min:\d+kB low:\d+kB high:\d+kB .*present:\d+kB managed:\d+kB .*',
    r'lowmem_reserve\[\]:( \d+){3}$',
    r'Node 0 DMA: (\d+\*\d+kB (\([UMEHCI]+\) )?){11}= \d+kB$',
    r'\d+ total pagecache pages$',
    r'\d+ pages RAM$',
    r'Tasks state \(memory values in pages\):$',
    r'\[  pid  \]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name$',
    r'\[ +\d+\] +0 +\d+ +\d+ +\d+ +\d+ +0 +0 prog$',
    r'oom-kill:constraint=CONSTRAINT_NONE,nodemask=\(null\),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=prog,pid=\d+,uid=0$',
    r'Out of memory: Killed process \d+ \(prog\) total-vm:\d+kB, anon-rss:\d+kB, file-rss:\d+kB, shmem-rss:\d+kB, UID:0 '
    r'pgtables:\d+kB oom_score_adj:0$',
]


def exhaust(run, *modes, mem='64M', **how):
    result = run(os.path.join(qemu.PROGRAMS, 'exhaust.musl'), *modes, mem=mem, files={'/tmp/': None, '/proc/': None}, **{'whole': 200, 'idle': 100, **how})
    return result.must(status=qemu.PASS, has='^exhaust: all: done, 0 wrong$', hasnot='WRONG|BUG: |WARNING: |Oops')


def test_the_report_is_linux_s(run):
    text = exhaust(run, 'touch').plain
    at = 0
    for line in REPORT:
        found = re.compile('^' + line, re.M).search(text, at)
        assert found, f'{line!r} is not behind {text[at - 200:at]!r}'
        at = found.end()


@pytest.mark.parametrize('modes', [
    ('touch', 'heap', 'shared'), ('many', 'threads'), ('forks', 'maps', 'areas'), ('pipes', 'files', 'one-file', 'signals'),
    ('dentries', 'protected')], ids='-'.join)
def test_exhaustion(run, modes):
    """Each mode in a child of init; afterwards MemFree is within a hundredth of what it was."""
    exhaust(run, *modes)


def test_a_thousand_programs_leave_nothing_behind(run):
    """MemFree after 1,000 times fork, execve, exit is what it was, but for four pages."""
    exhaust(run, 'fork-exec').must(has=r'^exhaust: fork-exec: 1000 rounds, \d+ kB free before, -?\d+ kB more after$')


def test_only_init_is_left(run):
    """Nobody may be killed but PID 1, which must not be: the end, in Linux's words."""
    result = run(os.path.join(qemu.PROGRAMS, 'exhaust.musl'), 'init', mem='64M')
    result.must(status=qemu.PANIC, has=[
        'Out of memory and no killable processes\\.\\.\\.$', 'Kernel panic - not syncing: System is deadlocked on memory$'])


@pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
def test_every_allocation_fails_once(run):
    """The error path behind each allocation of two dozen operations is walked, and nothing is lost."""
    result = run(os.path.join(qemu.PROGRAMS, 'failnth.musl'), mem='128M', files={'/tmp/': None, '/proc/': None}, kernel=DEBUG_KERNEL,
                 whole=200, idle=100)
    result.must(status=qemu.PASS, has='^failnth: done, 0 wrong$', hasnot='WRONG|BUG: |WARNING: |Oops')
