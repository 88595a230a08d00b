# SPDX-License-Identifier: GPL-2.0-only
"""/proc as busybox reads it: one boot, every file in Linux's format, and numbers that agree with each other."""
import re

import pytest

import qemu
from mkinitramfs import Archive

SHARED_BOOT = True

FILES = ['meminfo', 'buddyinfo', 'zoneinfo', 'slabinfo', 'vmallocinfo', 'vmstat', 'iomem', 'ioports', 'cmdline', 'version', 'uptime',
         'filesystems', 'mounts', 'cpuinfo', 'stat', 'self/maps', 'self/smaps', 'self/statm', 'self/stat', 'self/status', 'self/cmdline',
         'self/comm', 'self/mountinfo', 'self/limits', 'thread-self/stat', 'loadavg', 'self/oom_score', 'self/oom_adj',
         'self/oom_score_adj']
COMMANDS = ['free', 'ps', 'mount', 'ls -l /proc/1/', 'ls /proc/1/task', 'ls /proc', 'readlink /proc/self/exe', 'readlink /proc/1/cwd',
            'readlink /proc/1/root', 'ls -l /proc/1/fd', 'readlink /proc/1/fd/0', 'stat -c %a.%u /proc/1/environ',
            'hexdump -C /proc/self/auxv', 'hexdump -C /proc/self/environ', 'dd if=/proc/self/maps bs=1', 'cat /proc/99999/stat']


@pytest.fixture(scope='module')
def proc(tmp_path_factory):
    """What each file and each command says, by name."""
    lines = ['B=/bin/busybox', '$B mount -t proc proc /proc']
    for number, command in enumerate([f'cat /proc/{name}' for name in FILES] + COMMANDS):
        lines += [f'echo; echo "=={number}=="', f'$B {command} 2>&1']
    archive = Archive()
    archive.directory('/dev')
    archive.directory('/proc')
    archive.node('/dev/console', 'c', 5, 1)
    with open('/bin/busybox', 'rb') as busybox:
        archive.file('/bin/busybox', busybox.read(), 0o755)
    archive.file('/script', ('\n'.join(lines) + '\necho; echo "==end=="\n').encode(), 0o644)
    path = tmp_path_factory.mktemp('proc') / 'initrd.cpio'
    path.write_bytes(archive.write())
    result = qemu.boot('quiet rdinit=/bin/busybox -- sh /script', initrd=str(path)).must(status=qemu.PASS, hasnot='BUG: |WARNING: |Oops')
    parts = re.split(r'\n==(\d+|end)==\n', result.plain)
    said = dict(zip(parts[1::2], parts[2::2]))
    assert 'end' in said, result.describe()
    return {name: said[str(number)] for number, name in enumerate(FILES + COMMANDS)}


# Each line of the file has one of these forms, and the first form is there.
NUMBER = r'\d+'
FORMATS = {
    'meminfo': [r'MemTotal: +\d+ kB', r'\S+: +\d+ kB', r'HugePages_\w+: +\d+'],
    'loadavg': [r'(\d+\.\d\d ){3}\d+/\d+ \d+'],
    'zoneinfo': [r'Node 0, zone +DMA', r'Node 0, zone +\w+', r'  per-node stats', r'  pages free +\d+', r'  pagesets', r'    cpu: \d+',
                 r' {6,14}\w+:? +\d+', r' {8}protection: \((\d+, )*\d+\)', r'  (vm stats threshold|node_unreclaimable|start_pfn): +\d+'],
    'self/oom_score': [r'\d+'],
    'self/oom_adj': ['0'],
    'self/oom_score_adj': ['0'],
    'buddyinfo': [r'Node 0, zone +\w+ ( *\d+ ){11}'],
    'slabinfo': [r'slabinfo - version: 2\.1', r'# name .*', r'\S+ +\d+ +\d+ +\d+ +\d+ +\d+ : tunables +\d+ +\d+ +\d+ : slabdata +\d+ +\d+ +\d+'],
    'vmallocinfo': [r'0x[0-9a-f]{16}-0x[0-9a-f]{16} +\d+ .*'],
    'vmstat': [r'nr_free_pages \d+', r'\w+ \d+'],
    'version': [r'Linux version 5\.10\.\S+ \(.*\) #1 SMP.*'],
    'uptime': [r'\d+\.\d\d \d+\.\d\d'],
    'filesystems': [r'nodev\tproc', r'nodev\t\w+', r'\t\w+'],
    'mounts': [r'proc /proc proc rw,relatime 0 0', r'\S+ \S+ \S+ \S+ 0 0'],
    'stat': [r'cpu  (\d+ ){9}\d+', r'cpu0 (\d+ ){9}\d+', r'(ctxt|btime|processes|procs_running|procs_blocked) \d+',
             r'intr( \d+){257}', r'softirq( \d+){11}'],
    'iomem': [r'  00100000-[0-9a-f]{8} : Kernel code|00100000-[0-9a-f]{8} : System RAM', r' *[0-9a-f]{8,16}-[0-9a-f]{8,16} : .+'],
    'ioports': [r'0040-0043 : timer0', r' *[0-9a-f]{4}-[0-9a-f]{4} : .+'],
    'self/maps': [r'[0-9a-f]{8,16}-[0-9a-f]{8,16} r-xp [0-9a-f]{8} 00:01 \d+ +/bin/busybox',
                  r'[0-9a-f]{8,16}-[0-9a-f]{8,16} [r-][w-][x-][ps] [0-9a-f]{8} [0-9a-f]{2}:[0-9a-f]{2} \d+ .*'],
    'self/statm': [r'(\d+ ){6}\d+'],
    'self/stat': [r'\d+ \(busybox\) R (-?\d+ ){48}-?\d+'],
    'self/status': [r'Name:\tbusybox', r'\w+:\t.*'],
    'self/mountinfo': [r'\d+ \d+ \d+:\d+ / /proc rw,relatime - proc proc rw', r'\d+ \d+ \d+:\d+ \S+ \S+ \S+ - \S+ \S+ \S+'],
    'self/limits': [r'Limit {21}Soft Limit {11}Hard Limit {11}Units {5}', r'Max .{22}\w+ +\w+ +\w* *'],
    'self/comm': ['busybox'],
    'thread-self/stat': [r'\d+ \(busybox\) R (-?\d+ ){48}-?\d+'],
}


@pytest.mark.parametrize('name', FORMATS)
def test_format(proc, name):
    lines = proc[name].splitlines()
    forms = [re.compile(form) for form in FORMATS[name]]
    assert any(forms[0].fullmatch(line) for line in lines), proc[name]
    for line in lines:
        assert any(form.fullmatch(line) for form in forms), f'{line!r} in {name}'


def value(text, key):
    return int(re.search(rf'^{key}:?\s+(\d+)', text, re.M).group(1))


def test_zoneinfo_and_cpuinfo(proc):
    for words in ['pages free', 'managed', 'protection: (', 'start_pfn', 'per-node stats', 'nr_inactive_anon']:
        assert words in proc['zoneinfo']
    keys = re.findall(r'^([\w ]+?)\t*:', proc['cpuinfo'], re.M)
    assert keys[:5] == ['processor', 'vendor_id', 'cpu family', 'model', 'model name'] and keys[-2:] == ['address sizes', 'power management']
    assert re.search(r'^flags\t\t: fpu .*\blm\b', proc['cpuinfo'], re.M)


# Linux 5.10 has them, a later host perhaps not, or elsewhere: no other name may be missing there.
OLD_NAMES = {'NFS_Unstable', 'Bounce', 'WritebackTmp'}


def keys(text):
    return re.findall(r'^\s*([\w()]+):?\s+\d+', text, re.M)


@pytest.mark.parametrize('name', ['meminfo', 'vmstat'])
def test_names_are_the_host_s(proc, name):
    """Each line is one that the host's own file has, and the lines of meminfo stand in the host's order."""
    with open(f'/proc/{name}', encoding='ascii') as file:
        host = keys(file.read())
    ours = keys(proc[name])
    assert [key for key in ours if key not in host and key not in OLD_NAMES] == []
    if name == 'meminfo':
        common = [key for key in ours if key in host]
        assert common == [key for key in host if key in common]
        assert {'Active(anon)', 'AnonPages', 'Mapped', 'CommitLimit', 'Committed_AS', 'Percpu', 'DirectMap4k'} <= set(ours)


def shape(line):
    """A line with its numbers and the runs of blanks before them left out."""
    return re.sub(r' *\d+', ' #', line)


@pytest.mark.parametrize('name', ['meminfo', 'buddyinfo', 'vmstat', 'loadavg', 'self/statm', 'self/oom_score_adj', 'uptime'])
def test_lines_have_the_shape_of_the_host_s(proc, name):
    """Field by field: what stands between the numbers is the same text as in the host's file."""
    with open(f'/proc/{name}', encoding='ascii') as file:
        host = {shape(line) for line in file.read().splitlines()}
    ours = {shape(line) for line in proc[name].splitlines() if not re.match('|'.join(OLD_NAMES), line)}
    assert ours <= host | {'Node # zone  DMA' + ' #' * 11}, ours - host


def test_pages_add_up(proc):
    """What is free and what is counted is nearly all there is; what is mapped is in the cache."""
    text = proc['meminfo']
    used = sum(value(text, re.escape(key)) for key in
               ['MemFree', 'AnonPages', 'Cached', 'Slab', 'KernelStack', 'PageTables', 'Percpu', 'VmallocUsed'])
    assert value(text, 'MemTotal') * 0.97 < used < value(text, 'MemTotal') * 1.03
    assert 0 < value(text, 'Mapped') <= value(text, 'Cached')
    assert 0 < value(text, 'AnonPages') < 4096
    assert value(proc['vmstat'], 'pgalloc_dma32') > value(proc['vmstat'], 'nr_anon_pages') > 0
    assert value(proc['vmstat'], 'pgfault') > 100 and value(proc['vmstat'], 'oom_kill') == 0


def test_free_agrees_with_meminfo(proc):
    total, used, free = map(int, re.search(r'^Mem: +(\d+) +(\d+) +(\d+)', proc['free'], re.M).groups())
    assert total == value(proc['meminfo'], 'MemTotal')
    assert abs(free - value(proc['meminfo'], 'MemFree')) < 1024 and 0 < used < total
    assert value(proc['meminfo'], 'MemAvailable') <= total
    assert value(proc['meminfo'], 'Slab') == value(proc['meminfo'], 'SReclaimable') + value(proc['meminfo'], 'SUnreclaim')


def test_maps_smaps_and_statm_agree(proc):
    areas = [tuple(int(x, 16) for x in line.split()[0].split('-')) for line in proc['self/maps'].splitlines()]
    assert areas == sorted(areas) and all(a[1] <= b[0] for a, b in zip(areas, areas[1:]))
    size = sum(end - start for start, end in areas)
    assert size // 4096 == int(proc['self/statm'].split()[0])
    assert sum(map(int, re.findall(r'^Size: +(\d+) kB$', proc['self/smaps'], re.M))) * 1024 == size
    for name in ['heap', 'stack']:
        assert re.search(rf' \[{name}\]$', proc['self/maps'], re.M)
    for line in proc['self/maps'].splitlines():
        if len(line) > 73:
            assert line[72] == ' ' and line[73] in '/['
    assert len(re.findall(r'^VmFlags: rd ', proc['self/smaps'], re.M)) == len(areas)
    rss = sum(map(int, re.findall(r'^Rss: +(\d+) kB$', proc['self/smaps'], re.M)))
    assert abs(rss - value(proc['self/status'], 'VmRSS')) <= 64
    parts = sum(map(int, re.findall(r'^(?:Shared|Private)_(?:Clean|Dirty): +(\d+) kB$', proc['self/smaps'], re.M)))
    assert parts == rss


def test_a_byte_at_a_time(proc):
    """The addresses of two programs differ, the form of the lines does not."""
    lines = [line for line in proc['dd if=/proc/self/maps bs=1'].splitlines() if ' records ' not in line and ' copied' not in line]
    assert [re.sub('[0-9a-f]{6,}', 'x', a) for a in lines] == [re.sub('[0-9a-f]{6,}', 'x', b) for b in proc['self/maps'].splitlines()]


def test_processes(proc):
    assert re.search(r'^ +1 +(root|0) .*/bin/busybox sh /script$', proc['ps'], re.M)
    assert re.search(r'^ +2 +(root|0) .*\[kthreadd\]$', proc['ps'], re.M)
    names = proc['ls /proc'].split()
    assert {'1', '2', 'self', 'meminfo', 'mounts', 'thread-self'} <= set(names)
    assert proc['ls /proc/1/task'].split() == ['1']
    assert "can't open '/proc/99999/stat': No such file or directory" in proc['cat /proc/99999/stat']


def test_places(proc):
    assert proc['readlink /proc/self/exe'] == '/bin/busybox\n'
    assert proc['readlink /proc/1/cwd'] == proc['readlink /proc/1/root'] == '/\n'
    assert proc['readlink /proc/1/fd/0'] == '/dev/console\n'
    assert re.search(r'^lrwx------ .* 1 -> /dev/console$', proc['ls -l /proc/1/fd'], re.M)
    assert proc['stat -c %a.%u /proc/1/environ'] == '400.0\n'
    assert 'proc on /proc type proc (rw,relatime)' in proc['mount']


def test_arguments_and_vectors(proc):
    assert proc['self/cmdline'].split('\0') == ['/bin/busybox', 'cat', '/proc/self/cmdline', '']
    assert 'HOME=/' in proc['hexdump -C /proc/self/environ'].replace('\n', '')
    last = [line for line in proc['hexdump -C /proc/self/auxv'].splitlines() if '|' in line][-1]
    assert re.fullmatch(r'[0-9a-f]{8}(  (00 ){7}00){2}  \|\.{16}\|', last)
    assert 'rdinit=/bin/busybox -- sh /script' in proc['cmdline']
