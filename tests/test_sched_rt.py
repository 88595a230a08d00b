# SPDX-License-Identifier: GPL-2.0-only
"""Real-time classes, balancing, and what busybox's scheduling tools see: promises about time, kept on a machine whose clock counts
instructions where they must be exact, and on several CPUs where they must be true at all."""
import os
import re

import pytest

import qemu

DEBUG_KERNEL = os.path.join(os.environ.get('PRIMER_DEBUG_BUILD') or qemu.BUILD + '-debug', 'primer.elf')

# 16 ns an instruction: ten seconds of the guest in a second or two. Several CPUs then take turns in one thread.
SLOW_CLOCK = ['-icount', 'shift=4,sleep=off', *qemu.ICOUNT[2:]]


def program(name):
    return os.path.join(qemu.PROGRAMS, name + '.musl')


def number(result, pattern):
    match = re.search(pattern, result.text)
    assert match, f'no "{pattern}"; {result.describe()}'
    return float(match.group(1))


def test_fifo_rr_and_throttling(run):
    """FIFO is preempted by nothing lower, RR equals alternate within a slice, 5 % are left to others."""
    result = run(program('rtsched'), extra=SLOW_CLOCK, cpu=qemu.ICOUNT_CPU, idle=100, whole=200)
    result.must(status=qemu.PASS, has=[r'^rtsched: done, 0 wrong$', r'sched: RT throttling activated'], hasnot='WRONG')
    assert 4.5 < number(result, r'a fair one [\d.]+ s: ([\d.]+) %') < 5.5


def test_fifo_task_woken_by_an_interrupt_among_50_hogs(run):
    """The clock counts instructions: from the timer's moment to the program's own look at the clock."""
    result = run(program('rtsched'), 'latency', '200', extra=qemu.ICOUNT, cpu=qemu.ICOUNT_CPU, mem='256M', idle=100, whole=200)
    result.must(status=qemu.PASS, has=r'^rtsched: latency: 200 wakeups among 50 hogs')
    assert number(result, r'most (\d+)') <= 10000


@pytest.mark.parametrize('smp', [2, 4])
def test_the_best_real_time_tasks_run(run, smp):
    """n + 2 FIFO tasks on n CPUs: the n best, wherever they were woken."""
    run(program('rtsched'), 'several', smp=smp).must(status=qemu.PASS, has='^rtsched: done, 0 wrong$', hasnot='WRONG')


@pytest.mark.parametrize('smp', ['2', '4', '8,sockets=2,cores=2,threads=2'], ids=['2', '4', '2x2x2'])
def test_hogs_spread_and_stay(run, smp):
    """One hog on each CPU within a second; those that are left when others end; the pinned ones nowhere else."""
    run(program('spread'), smp=smp, extra=SLOW_CLOCK, mem='256M', idle=100, whole=200).must(status=qemu.PASS, has=[
        r'^spread: even: .* one on each after 0\.', r'^spread: exit: .* one on each after 0\.', r'0 were seen elsewhere$', r'^spread: done, 0 wrong$'],
        hasnot='WRONG')


def test_unequal_hogs_share_four_cpus(run):
    """Weights 9548 and seven times 1024: the heavy hog fills a CPU, and the others have 3/7 of one each."""
    result = run(program('spread'), 'mixed', smp=4, extra=SLOW_CLOCK, mem='256M', idle=100, whole=200)
    result.must(status=qemu.PASS, has=r'^spread: done, 0 wrong$', hasnot='WRONG')
    shares = re.search(r'nice 0:((?: [\d.]+){7}) %', result.text).group(1).split()
    assert all(abs(float(share) / (300 / 7) - 1) <= 0.15 for share in shares), shares


def test_domains_follow_the_machine():
    """Threads, cores, packages and nodes, as CPUID and the SRAT say; what adds nothing is left out."""
    result = qemu.boot('sched_debug rdinit=/bin/busybox -- true', smp='8,sockets=2,cores=2,threads=2')
    result.must(status=qemu.PASS, has=[
        r'CPU5 attaching sched-domain\(s\):$', r' domain-0: span=4-5 level=SMT$', r'  groups: 5:\{ span=5 \}, 4:\{ span=4 \}$',
        r'  domain-1: span=4-7 level=MC$', r'   groups: 4:\{ span=4-5 cap=2048 \}, 6:\{ span=6-7 cap=2048 \}$',
        r'   domain-2: span=0-7 level=DIE$', r'root domain span: 0-7$'])
    nodes = ['-object', 'memory-backend-ram,id=m0,size=128M', '-object', 'memory-backend-ram,id=m1,size=128M',
             '-numa', 'node,nodeid=0,cpus=0-1,memdev=m0', '-numa', 'node,nodeid=1,cpus=2-3,memdev=m1']
    result = qemu.boot('sched_debug rdinit=/bin/busybox -- true', smp='4,sockets=2,cores=2', mem='256M', extra=nodes)
    result.must(status=qemu.PASS, has=[r' domain-0: span=2-3 level=MC$', r'  domain-1: span=0-3 level=NUMA$'], hasnot='level=DIE|level=SMT')
    qemu.boot('sched_debug rdinit=/bin/busybox -- true').must(status=qemu.PASS, hasnot='attaching')


needs_debug_kernel = pytest.mark.skipif(not os.path.exists(DEBUG_KERNEL), reason='no DEBUG kernel: make debug-kernel')
ON_A_CLOCK = ['-icount', 'shift=2,sleep=off', *qemu.ICOUNT[2:]]


def storm(run, seconds, seed, *words, tasks=200, smp='8,sockets=2,cores=2,threads=2', extra=(), append=''):
    """Of the DEBUG kernel: it checks every invariant of a run queue after every operation."""
    result = run(program('schedstorm'), str(seconds), str(seed), str(tasks), *words, smp=smp, mem='512M', whole=1500, idle=1000,
                 kernel=DEBUG_KERNEL, extra=extra, cpu=qemu.ICOUNT_CPU if extra else 'max', append=f'schedstats=enable {append}')
    result.must(status=qemu.PASS, hasnot=r'LOST|STUCK|STARVED|BUG:|WARNING:|possible deadlock',
                has=[rf'^schedstorm: {tasks} tasks on {smp[0]} CPUs for {seconds} s, seed {seed}$', r'^schedstorm: done, 0 wrong$'])
    assert number(result, r' s: (\d+) moves') > 10 * tasks
    return result


def storm_in_time(run, seconds, seed):
    """Nobody waits longer than the bound that the program states: not for its token, nor on a run queue."""
    result = storm(run, seconds, seed, extra=ON_A_CLOCK)
    bound = number(result, r'schedstorm: bound (\d+) s')
    assert number(result, r'the slowest pair (\d+)') > 0
    assert number(result, r'that a token stood still ([\d.]+) s') <= bound
    assert 0 < number(result, r'that a task waited for a CPU ([\d.]+) s') <= bound


@needs_debug_kernel
@pytest.mark.timeout(1600)
def test_storm_on_eight_cpus(run):
    storm_in_time(run, 10, 1)


@needs_debug_kernel
@pytest.mark.timeout(1600)
def test_storm_of_cpus_that_are_threads(run):
    """Two CPUs are inside the same function at the same moment, which never happens when the clock counts instructions. How long anything
    takes is the host's business; lost wakeups and invariants are not."""
    storm(run, 3, 1, 'untimed', tasks=60, append='nosoftlockup rcupdate.rcu_cpu_stall_suppress=1')


@needs_debug_kernel
def test_a_kernel_that_loses_a_wakeup_is_found(run):
    """futex_check_early: futex_wait() looks at the word before it stands in the queue, so that a wakeup in between finds nobody. The holder
    of a token then sleeps for ever, though the end of the storm wakes it."""
    result = run(program('schedstorm'), '2', '1', '30', smp=2, mem='256M', extra=ON_A_CLOCK, cpu=qemu.ICOUNT_CPU, idle=300, whole=600,
                 kernel=DEBUG_KERNEL, append='futex_check_early')
    said = [r'futex: the word is looked at before its waiter is queued', r'^schedstorm: LOST wakeup: pair \d+ \(futex\)',
            r'^schedstorm: done, [1-9]\d* wrong$']
    result.must(status=qemu.FAIL, has=said, hasnot=r'LOST wakeup: pair \d+ \((pipe|signal)\)|BUG:|WARNING:')


@needs_debug_kernel
@pytest.mark.slow
@pytest.mark.timeout(1600)
@pytest.mark.parametrize('seed', [2, 3])
def test_long_storm_on_eight_cpus(run, seed):
    storm_in_time(run, 60, seed)


@needs_debug_kernel
@pytest.mark.slow
@pytest.mark.timeout(1600)
def test_long_storm_of_cpus_that_are_threads(run):
    storm(run, 60, 2, 'untimed', append='nosoftlockup rcupdate.rcu_cpu_stall_suppress=1')


@pytest.mark.parametrize('suite', ['sched-rt', 'sched-balance'])
def test_the_kernels_own_cases_on_four_cpus(suite):
    """What is skipped with one CPU. One host thread in turn for all of them."""
    result = qemu.boot(f'kunit={suite}*', smp=4, mem='256M', accel='tcg,thread=single', whole=150, idle=120)
    result.must(status=qemu.PASS, has=rf'ok 1 - {suite}$', hasnot='# SKIP|BUG:|WARNING:')
