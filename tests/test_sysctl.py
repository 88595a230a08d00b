# SPDX-License-Identifier: GPL-2.0-only
"""/proc/sys from a shell: values, what is refused, and that a setting has its effect. One boot for all."""
import re

import pytest

import qemu
from mkinitramfs import Archive

SHARED_BOOT = True

# name: what the shell does in /proc/sys, its output expected (a pattern for the whole of it)
STEPS = {
    'defaults': ('$B cat vm/overcommit_memory vm/overcommit_ratio vm/overcommit_kbytes vm/max_map_count vm/mmap_min_addr',
                 '0\n50\n0\n65530\n65536'),
    'names': ('$B cat kernel/ostype; $B uname -s; $B cat kernel/osrelease; $B uname -r', r'(\S+)\n\1\n(\S+)\n\2'),
    'modes': ('$B stat -c %a.%u.%g vm/overcommit_memory kernel/ostype vm kernel/.', '644.0.0\n444.0.0\n555.0.0\n555.0.0'),
    'written and read': ('echo 1 > vm/overcommit_memory; $B cat vm/overcommit_memory; echo " 0 " > vm/overcommit_memory; '
                         '$B cat vm/overcommit_memory', '1\n0'),
    'out of bounds': ('echo 3 > vm/overcommit_memory; echo -1 > vm/overcommit_memory; $B cat vm/overcommit_memory',
                      '(.*Invalid argument\n){2}0'),
    'not a number': ('for v in x 1x "" 99999999999999999999; do echo $v > vm/max_map_count; done; $B cat vm/max_map_count',
                     '(.*Invalid argument\n){4}65530'),
    'the largest': ('for v in 18446744073709551609 18446744073709551610 18446744073709551615 18446744073709551616 184467440737095516150; '
                    'do echo $v > vm/admin_reserve_kbytes; $B cat vm/admin_reserve_kbytes; done; echo 8192 > vm/admin_reserve_kbytes',
                    '18446744073709551609\n18446744073709551610\n(18446744073709551615\n.*Invalid argument\n){2}18446744073709551615'),
    'read-only': ('echo x > kernel/ostype; $B chmod 666 kernel/ostype; $B touch vm/new; $B rm vm/max_map_count',
                  '.*Permission denied\n.*Operation not permitted\n.*\n.*Operation not permitted'),
    'in pieces': ('$B dd if=vm/max_map_count bs=1 2>/dev/null', '6'),
    'a name': ('echo reader > kernel/hostname; $B cat kernel/hostname; $B uname -n', 'reader\nreader'),
    'the ratio or the kilobytes': ('echo 100000 > vm/overcommit_kbytes; $B cat vm/overcommit_ratio; $B grep Limit: /proc/meminfo; '
                                   'echo 50 > vm/overcommit_ratio; $B cat vm/overcommit_kbytes',
                                   '0\nCommitLimit: +100000 kB\n0'),
    # Under a limit that is exceeded already nothing can be forked: -ENOMEM and a message, and no more harm than that.
    'never': ("$B sh -c 'echo 1 > vm/overcommit_kbytes; echo 2 > vm/overcommit_memory; $B true'; echo 0 > vm/overcommit_memory; "
              'echo 50 > vm/overcommit_ratio; $B echo again', 'sh: .*Cannot allocate memory\nagain'),
    'real-time limits': ('for v in 1000001 -2; do echo $v > kernel/sched_rt_runtime_us; done; echo 0 > kernel/sched_rt_period_us; '
                         'echo 900000 > kernel/sched_rt_period_us; $B cat kernel/sched_rt_runtime_us kernel/sched_rt_period_us; '
                         'echo -1 > kernel/sched_rt_runtime_us; echo 900000 > kernel/sched_rt_period_us; '
                         '$B cat kernel/sched_rt_runtime_us kernel/sched_rt_period_us', '(.*Invalid argument\n){4}950000\n1000000\n-1\n900000'),
    'committed': ('$B grep -E "Commit" /proc/meminfo', 'CommitLimit: +\\d+ kB\nCommitted_AS: +[1-9]\\d* kB'),
}


@pytest.fixture(scope='module')
def said(tmp_path_factory):
    lines = ['export B=/bin/busybox', '$B mount -t proc proc /proc', 'cd /proc/sys']
    for number, (command, _) in enumerate(STEPS.values()):
        lines += [f'echo "=={number}=="', f'{{ {command}; }} 2>&1']
    archive = Archive()
    archive.directory('/dev')
    archive.directory('/proc')
    archive.node('/dev/console', 'c', 5, 1)
    archive.node('/dev/null', 'c', 1, 3)
    with open('/bin/busybox', 'rb') as busybox:
        archive.file('/bin/busybox', busybox.read(), 0o755)
    archive.file('/script', ('\n'.join(lines) + '\necho "==end=="\n').encode(), 0o644)
    path = tmp_path_factory.mktemp('sysctl') / 'initrd.cpio'
    path.write_bytes(archive.write())
    result = qemu.boot('quiet rdinit=/bin/busybox -- sh /script', initrd=str(path)).must(status=qemu.PASS, hasnot='BUG: |WARNING: |Oops|panic')
    parts = re.split(r'==(\d+|end)==\n?', result.plain)
    texts = dict(zip(parts[1::2], parts[2::2]))
    assert 'end' in texts, result.describe()
    return {name: texts[str(number)].strip('\n') for number, name in enumerate(STEPS)}


@pytest.mark.parametrize('name', STEPS)
def test_step(said, name):
    assert re.fullmatch(STEPS[name][1], said[name]), said[name]
