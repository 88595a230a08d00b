# SPDX-License-Identifier: GPL-2.0-only
"""taskset, renice, nice, chrt, top and ps as they are: what they set is in /proc, and what they show agrees with it. busybox's where
it has them, else the host's own, with its libraries."""
import re
import subprocess

import pytest

import qemu
from mkinitramfs import Archive

SHARED_BOOT = True
HOST_TOOLS = ['/usr/bin/chrt', '/usr/bin/nice']

# Real-time tasks that wait behind one another on CPU 1, and a fair one.
QUEUE = ('B=/bin/busybox; for p in 10 20; do /usr/bin/chrt -f $p $B sh -c "while :; do :; done" & P="$P $!"; done; '
         '/usr/bin/chrt -o 0 $B sh -c "while :; do :; done" & P="$P $!"; $B sleep 0.3; $B grep -A 200 "^cpu#1" /proc/sched_debug; '
         'kill -9 $P')

# $H burns a CPU, $S sleeps. Each command is a block of its own in the output.
COMMANDS = '''
taskset: taskset -p $H
taskset-set: taskset -p 1 $H
taskset-run: taskset 2 cat /proc/self/status
renice: renice -n 5 -p $H
renice-sleeper: renice 7 $S
renice-up: renice -n -20 -p $S
nice: nice -n 3 cat /proc/self/stat
chrt-fifo: chrt -f -p 10 $S
chrt-show: chrt -p $S
stat-fifo: cat /proc/$S/stat
chrt-rr: chrt -r 20 cat /proc/self/stat
chrt-batch: chrt -b -p 0 $S
chrt-idle: chrt -i 0 cat /proc/self/stat
chrt-other: chrt -o -p 0 $S
chrt-limits: chrt -m
pause: sleep 3
stat-hog: cat /proc/$H/stat
status-hog: cat /proc/$H/status
stat-sleeper: cat /proc/$S/stat
ps: ps -o pid,ppid,nice,stat,comm
top: top -b -n1
stat: cat /proc/stat
uptime: cat /proc/uptime
top-twice: top -b -n2 -d1
migration: grep -l migration/1 /proc/6/comm /proc/7/comm /proc/8/comm /proc/9/comm
sched-debug: chrt -f 60 /bin/busybox taskset 2 /bin/busybox sh -c 'QUEUE'
'''.replace('QUEUE', QUEUE).strip().splitlines()


def libraries(program):
    text = subprocess.run(['ldd', program], capture_output=True, text=True, check=True).stdout
    return re.findall(r'(/\S+) \(0x', text)


@pytest.fixture(scope='module')
def said(tmp_path_factory):
    """{name: what the command said}, and '$H' and '$S' their PIDs."""
    lines = ['B=/bin/busybox', '$B mount -t proc proc /proc', '$B sh -c "while :; do :; done" & H=$!', '$B sleep 1000 & S=$!',
             'echo; echo "==H=="; echo $H; echo "==S=="; echo $S']
    for line in COMMANDS:
        name, command = line.split(': ', 1)
        command = command.replace(' cat ', ' /bin/busybox cat ')
        tool = '' if command.split()[0] in ('chrt', 'nice') else '/bin/busybox '
        tool = '/usr/bin/' if not tool else tool
        lines += [f'echo "=={name}=="', f'{tool}{command} 2>&1']
    archive = Archive()
    archive.directory('/dev')
    archive.directory('/proc')
    archive.directory('/etc')
    archive.node('/dev/console', 'c', 5, 1)
    archive.node('/dev/null', 'c', 1, 3)
    archive.file('/etc/passwd', b'root:x:0:0:root:/:/bin/sh\n', 0o644)
    files = {'/bin/busybox': '/bin/busybox', **{tool: tool for tool in HOST_TOOLS}}
    for tool in HOST_TOOLS:
        files.update({path: path for path in libraries(tool)})
    for name, path in files.items():
        with open(path, 'rb') as source:
            archive.file(name, source.read(), 0o755)
    archive.file('/script', ('\n'.join(lines) + '\necho "==end=="\n').encode(), 0o644)
    path = tmp_path_factory.mktemp('tools') / 'initrd.cpio'
    path.write_bytes(archive.write())
    result = qemu.boot('quiet rdinit=/bin/busybox -- sh /script', initrd=str(path), smp=2, mem='256M', cpu=qemu.ICOUNT_CPU,
                       extra=['-icount', 'shift=3,sleep=off', *qemu.ICOUNT[2:]], idle=100, whole=200)
    result.must(status=qemu.PASS, hasnot='BUG: |WARNING: |Oops')
    parts = re.split(r'(?m)^==([\w-]+)==\n', result.plain)
    blocks = dict(zip(parts[1::2], parts[2::2]))
    assert 'end' in blocks, result.describe()
    return blocks


def stat_of(text):
    """The fields of /proc/PID/stat by their numbers in proc(5); 2 is without parentheses."""
    pid, rest = text.strip().split(' (', 1)
    comm, rest = rest.rsplit(') ', 1)
    return dict(enumerate([int(pid), comm] + [word if index == 0 else int(word) for index, word in enumerate(rest.split())], 1))


PRIORITY, NICE, PROCESSOR, RT_PRIORITY, POLICY = 18, 19, 39, 40, 41


def test_taskset(said):
    hog = said['H'].strip()
    assert f"pid {hog}'s current affinity mask: 3" in said['taskset']
    assert f"pid {hog}'s new affinity mask: 1" in said['taskset-set']
    assert re.search(r'^Cpus_allowed_list:\t1$', said['taskset-run'], re.M)
    assert re.search(r'^Cpus_allowed:\t1$', said['status-hog'], re.M)
    assert stat_of(said['stat-hog'])[PROCESSOR] == 0, 'it may run on CPU 0 only'


def test_nice_and_renice(said):
    hog, sleeper, niced = stat_of(said['stat-hog']), stat_of(said['stat-sleeper']), stat_of(said['nice'])
    assert (hog[NICE], hog[PRIORITY]) == (5, 25)
    assert (niced[NICE], niced[PRIORITY]) == (3, 23)
    assert (sleeper[NICE], sleeper[PRIORITY]) == (-13, 7), 'what renice left (7, then 20 less), real-time in between or not'


def test_chrt(said):
    assert re.search(r'scheduling policy: SCHED_FIFO$', said['chrt-show'], re.M) and re.search(r'priority: 10$', said['chrt-show'], re.M)
    fifo, rr, idle = stat_of(said['stat-fifo']), stat_of(said['chrt-rr']), stat_of(said['chrt-idle'])
    assert (fifo[PRIORITY], fifo[RT_PRIORITY], fifo[POLICY]) == (-11, 10, 1)
    assert (rr[PRIORITY], rr[RT_PRIORITY], rr[POLICY]) == (-21, 20, 2)
    assert (idle[RT_PRIORITY], idle[POLICY]) == (0, 5)
    assert stat_of(said['stat-sleeper'])[POLICY] == 0
    for policy, low, high in (('OTHER', 0, 0), ('FIFO', 1, 99), ('RR', 1, 99), ('BATCH', 0, 0), ('IDLE', 0, 0)):
        assert re.search(rf'^SCHED_{policy} +min/max priority\t: {low}/{high}$', said['chrt-limits'], re.M)


def test_sched_debug_has_the_classes_in_their_order(said):
    rows = re.findall(r'^(>R| \w) +(\S+) +(\d+) +(-?[\d.]+) +(\d+) +(\d+) ', said['sched-debug'], re.M)
    priorities = [int(row[5]) for row in rows if row[0].strip() in ('R', '>R') and row[1] in ('busybox', 'chrt')]
    assert rows[0][0] == '>R' and priorities[:4] == [39, 79, 89, 120], said['sched-debug']


def test_ps(said):
    rows = {row.split()[0]: row.split() for row in said['ps'].splitlines()[1:]}
    assert rows[said['H'].strip()][2:] == ['5', 'RN', 'busybox']
    assert rows[said['S'].strip()][2:4] == ['-13', 'S<']


def test_cpu_lines_agree_with_the_tasks(said):
    """The hog is nice: its time is in the nice column of its CPU, and most of what that CPU did."""
    lines = {line.split()[0]: list(map(int, line.split()[1:])) for line in said['stat'].splitlines() if line.startswith('cpu')}
    hog = stat_of(said['stat-hog'])
    for column in (0, 1, 2, 6):
        assert abs(lines['cpu'][column] - lines['cpu0'][column] - lines['cpu1'][column]) <= 2
    assert lines['cpu0'][1] > 200 and lines['cpu1'][1] < 20
    assert abs(hog[14] - lines['cpu0'][0] - lines['cpu0'][1]) < 100, 'utime of the only one who used that CPU'
    up = float(said['uptime'].split()[0]) * 100
    assert abs(sum(lines['cpu0']) - up) < 30 and abs(sum(lines['cpu1']) - up) < 60


def test_top(said):
    hog = said['H'].strip()
    for name in ('top', 'top-twice'):
        row = re.search(rf'^ *{hog} +1 root +RN +\S+ +\S+ +(\d+)% /bin/busybox sh -c while', said[name], re.M)
        assert row and 40 <= int(row.group(1)) <= 60, said[name]
    last = said['top-twice'].rsplit('CPU:', 1)[1].splitlines()[0]
    assert 40 <= int(re.search(r'(\d+)% nic', last).group(1)) <= 60, last


def test_migration_threads(said):
    assert re.search(r'^/proc/\d+/comm$', said['migration'], re.M)
