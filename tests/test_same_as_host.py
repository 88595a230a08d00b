# SPDX-License-Identifier: GPL-2.0-only
"""The same static binary on the host's Linux and on Primer, with identical output.

The programs print no address, no time and nothing else that may differ; they need /tmp and root's rights, and leave the host as it was.
"""
import fcntl
import os
import re
import shutil
import subprocess

import pytest

import qemu

KINDS = ['glibc', 'musl', 'pie']
HOST_SCRATCH = '/tmp/primer-execs'


def on_primer(run, path):
    """What the program said: the lines of the log that are not the kernel's."""
    result = run(path, files={'/tmp/': None}).must(status=qemu.PASS, hasnot=r'BUG:|Oops|WARNING:')
    lines = result.text.splitlines()
    start = next(i for i, line in enumerate(lines) if 'Run /prog as init process' in line)
    return [line for line in lines[start + 1:] if not re.match(r'\[ *\d+\.\d+\]', line)]


@pytest.mark.skipif(os.geteuid() != 0, reason='the programs expect to be root, as they are on Primer')
@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('name', ['areas', 'remaps', 'advice', 'locks', 'limits', 'randmaps', 'smaps', 'filemaps', 'execs', 'forks',
                                  'threads', 'signals', 'sysinfo', 'files', 'pipes', 'polls', 'oomadj', 'timers', 'schedcalls',
                                  'ids', 'fpu'])
def test_same_output(run, tmp_path, name, kind):
    path = os.path.join(qemu.PROGRAMS, f'{name}.{kind}')
    # Under the name it has on Primer, and without the limits of whoever runs the tests.
    here = tmp_path / 'prog'
    shutil.copy(path, here)
    # The programs use fixed names under /tmp: one at a time on the host, whichever worker runs it.
    with open(HOST_SCRATCH + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(HOST_SCRATCH, ignore_errors=True)
        host = subprocess.run([str(here)], capture_output=True, text=True, timeout=60, check=True,
                              env={'HOME': '/', 'TERM': 'linux'})
        shutil.rmtree(HOST_SCRATCH, ignore_errors=True)
    assert on_primer(run, path) == host.stdout.splitlines()
