# SPDX-License-Identifier: GPL-2.0-only
"""Several CPUs from outside: every number of them on every board, what the words of the command line forbid, that stale translations
never serve, that a panic stops all, and a storm of processes and threads that use everything at once."""
import os
import re

import pytest

import qemu
from mkinitramfs import Archive
from test_debug import DEBUG_KERNEL

PROGRAMS = {name: os.path.join(qemu.PROGRAMS, f'{name}.musl') for name in ('smp', 'smpstorm', 'fpu')}
SCRIPT = '/bin/busybox mount -t proc proc /proc\n/bin/busybox cat /proc/cpuinfo /proc/interrupts\n[ "$1" = fpu ] && /fpu\nexec /smp everywhere\n'
TROUBLE = r'BUG:|WARNING:|Oops|Call Trace|UBSAN:|pagealloc:|stall|lockup'


@pytest.fixture(scope='module')
def boot(tmp_path_factory):
    """boot(words, ...) boots with an archive that has the programs, busybox and a script in it."""
    archive = Archive()
    for name in ('/dev', '/proc', '/bin', '/tmp'):
        archive.directory(name)
    archive.node('/dev/console', 'c', 5, 1)
    for path, name in (('/bin/busybox', '/bin/busybox'), (PROGRAMS['smp'], '/smp'), (PROGRAMS['smpstorm'], '/smpstorm'),
                       (PROGRAMS['fpu'], '/fpu')):
        with open(path, 'rb') as source:
            archive.file(name, source.read(), 0o755)
    archive.file('/script', SCRIPT.encode(), 0o644)
    path = tmp_path_factory.mktemp('smp') / 'initrd.cpio'
    path.write_bytes(archive.write())

    def run(append, **how):
        return qemu.boot(append, initrd=str(path), **{'mem': '256M', **how})
    return run


# ---- the matrix ----

def all_there(result, cpus, present=None):
    """`cpus` are online in the log, in /proc/cpuinfo, in /proc/interrupts, and run threads at the same time."""
    result.must(status=qemu.PASS, hasnot=TROUBLE, has=[
        rf'^everywhere: {cpus} CPUs, 0 threads elsewhere$', rf'Brought up 1 node, {cpus} CPUs?$',
        rf'smpboot: Allowing {present or cpus} CPUs, 0 hotplug CPUs'])
    numbers = re.findall(r'^processor\t: (\d+)$', result.text, re.M)
    assert numbers == [str(n) for n in range(cpus)], result.describe()
    apics = re.findall(r'^apicid\t\t: (\d+)$', result.text, re.M)
    assert len(set(apics)) == cpus, result.describe()
    assert len(re.search(r'^ {11}((?:CPU\d+ +)+)$', result.text, re.M).group(1).split()) == cpus
    counts = re.search(r'^ *LOC:((?: +\d+)+) +Local timer interrupts', result.text, re.M)
    assert len(counts.group(1).split()) == cpus, result.describe()


SCRIPTED = 'rdinit=/bin/busybox -- sh /script'


@pytest.mark.parametrize('machine', ['pc', 'q35'])
@pytest.mark.parametrize('cpus', [1, 2, 4, 8, 16])
def test_every_number_of_cpus(boot, machine, cpus):
    all_there(boot(SCRIPTED, machine=machine, smp=cpus), cpus)


MACHINES = {
    'no ACPI': {'machine': 'pc,acpi=off', 'smp': '4,sockets=4'},
    'no HPET on pc': {'machine': 'pc,hpet=off', 'smp': 4},
    'no HPET on q35': {'machine': 'q35,hpet=off', 'smp': 4},
    'qemu64': {'cpu': 'qemu64', 'smp': 4},
    'Skylake-Client': {'cpu': 'Skylake-Client', 'smp': 4},
    'threads, cores and sockets': {'smp': '4,sockets=1,cores=2,threads=2'},
    'APIC IDs with gaps': {'smp': '4,sockets=2,cores=1,threads=2,dies=1'},
}


@pytest.mark.parametrize('what', MACHINES)
def test_four_cpus_on(boot, what):
    """The first of the named CPUs has FXSAVE only, the second XSAVE: there, tasks fill their registers too, on all CPUs."""
    named = 'cpu' in MACHINES[what]
    result = boot(SCRIPTED + ' fpu' * named, **MACHINES[what])
    all_there(result, 4)
    if named:
        result.must(has='^8 threads and 8 processes, each with registers of its own: ok$', hasnot=r'^FAIL|: wrong$')


@pytest.mark.parametrize('words, smp, online', [('maxcpus=3', 8, 3), ('maxcpus=1', 4, 1), ('nr_cpus=2', 4, 2)])
def test_fewer_by_request(boot, words, smp, online):
    all_there(boot(f'{words} {SCRIPTED}', smp=smp), online, present=smp if words.startswith('max') else online)


@pytest.mark.parametrize('words', ['nosmp', 'maxcpus=0'])
def test_one_by_request(boot, words):
    boot(f'{words} {SCRIPTED}', smp=4).must(status=qemu.PASS, has=r'^everywhere: 1 CPUs, 0', hasnot=TROUBLE)


def test_sixty_four(boot):
    boot('quiet rdinit=/smp -- everywhere', smp=64, mem='512M', whole=200, idle=100).must(status=qemu.PASS, has=r'^everywhere: 64 CPUs, 0 threads elsewhere$')


def test_each_cpu_says_its_node(boot):
    extra = ['-object', 'memory-backend-ram,id=m0,size=128M', '-object', 'memory-backend-ram,id=m1,size=128M',
             '-numa', 'node,nodeid=0,cpus=0-1,memdev=m0', '-numa', 'node,nodeid=1,cpus=2-3,memdev=m1']
    boot('rdinit=/smp -- nodes', smp='4,sockets=2,cores=2', extra=extra).must(
        status=qemu.PASS, has='^nodes: 0=0 1=0 2=1 3=1$', hasnot=TROUBLE)


# ---- translations ----

# One host thread in turn for all CPUs, that a busy host does not make them wait for each other; and a thread for each, for a while.
IN_TURN = {'accel': 'tcg,thread=single', 'smp': 5, 'whole': 150, 'idle': 150}


def test_no_stale_translation_serves(boot):
    """A thread on each of four CPUs reads a page while a fifth changes its protection 10,000 times."""
    boot('rdinit=/smp -- shootdown 10000', **IN_TURN).must(status=qemu.PASS, hasnot=TROUBLE, has=[
        r'^shootdown: 10000 changes on 5 CPUs, with faults, 0 stale accesses$'])


def test_no_stale_translation_serves_at_the_same_time(boot):
    boot('rdinit=/smp -- shootdown 10000 4', smp=5, whole=120, idle=100).must(status=qemu.PASS, hasnot=TROUBLE, has=[
        r'^shootdown: \d+ changes on 5 CPUs, with faults, 0 stale accesses$'])


def test_a_planted_skip_of_the_shootdown_is_found(boot):
    result = boot('tlb_skip_shootdown rdinit=/smp -- shootdown 10000', **IN_TURN)
    stale = re.search(r'^shootdown: 10000 changes on 5 CPUs, .*, (\d+) stale accesses$', result.text, re.M)
    assert stale and int(stale.group(1)) > 0 and result.status == qemu.FAIL, result.describe()


# ---- the end ----

def test_a_panic_stops_all_and_says_where_each_was(boot):
    """PID 1 ends on CPU 0 while a process runs on each of the others."""
    result = boot('panic=-1 rdinit=/smp -- panic', smp=4, debugexit=False)
    result.must(has=[r'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300'], hasnot='does not answer')
    assert result.why == 'reset', result.describe()
    report = result.plain[result.plain.index('Kernel panic'):]
    assert re.search(r'^CPU: 0 PID: 1 Comm: smp', report, re.M), result.describe()
    told = dict(part.split('\n', 1) for part in re.split(r'NMI backtrace for cpu ', report)[1:])
    assert set(told) == {'1', '2', '3'}, result.describe()
    processes = 0
    for cpu, where in told.items():
        who = re.search(rf'^CPU: {cpu} PID: \d+ Comm: (\S+)', where)
        if who and who[1] == 'smp':
            assert re.search(r'^RIP: 0033:', where, re.M), result.describe()
            processes += 1
        else:                   # a thread of the kernel may have had something to do just then
            assert who and re.match(r'(rcu_\w+|kworker/|ksoftirqd/|migration/)', who[1]), result.describe()
    assert processes >= 2, result.describe()


# ---- everything at once ----

def test_storm(boot):
    boot('quiet rdinit=/smpstorm -- 6', smp=4, whole=200, idle=100).must(status=qemu.PASS, has='^smpstorm: .* 0 wrong$', hasnot=TROUBLE)


@pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
def test_storm_with_all_checks(boot):
    boot('quiet rdinit=/smpstorm -- 10', smp=4, kernel=DEBUG_KERNEL, whole=220, idle=100).must(
        status=qemu.PASS, has='^smpstorm: .* 0 wrong$', hasnot=TROUBLE)
