# SPDX-License-Identifier: GPL-2.0-only
"""Programs that nobody here wrote, and some that we did, run unchanged in ring 3."""
import os

import pytest

import qemu

KINDS = ['glibc', 'musl', 'pie']


def program(name):
    return os.path.join(qemu.PROGRAMS, name)


@pytest.mark.parametrize('kind', KINDS)
def test_hello_world(run, kind):
    run(program(f'hello.{kind}')).must(status=qemu.PASS, has=r'^hello, world$')


def busybox(*words, **how):
    return qemu.boot('rdinit=/bin/busybox -- ' + ' '.join(words), **how)


def test_busybox_echo():
    busybox('echo', 'hello', 'from', 'ring', '3').must(status=qemu.PASS, has=r'^hello from ring 3$')


def test_busybox_ls():
    result = busybox('ls', '-l', '/').must(status=qemu.PASS)
    for name, mode in [('bin', 'drwxr-xr-x'), ('dev', 'drwxr-xr-x'), ('etc', 'drwxr-xr-x'), ('init', '-rwxr-xr-x'),
                       ('proc', 'drwxr-xr-x'), ('root', 'drwx------'), ('tmp', 'drwxrwxrwt')]:
        result.must(has=rf'^{mode} .* {name}$')


def test_busybox_ls_shows_links_and_sizes():
    size = os.path.getsize('/bin/busybox')
    result = busybox('ls', '-l', '/bin')
    result.must(status=qemu.PASS, has=[rf'^-rwxr-xr-x .* {size} .* busybox$', r'^lrwxrwxrwx .* cat -> busybox$'])


def test_busybox_cat(root):
    with open(os.path.join(root, 'user/rootfs/etc/motd'), encoding='ascii') as motd:
        busybox('cat', '/etc/motd').must(status=qemu.PASS, has='^' + motd.read().strip() + '$')


def test_busybox_uname():
    busybox('uname', '-a').must(status=qemu.PASS, has=r'^Linux \S+ \d+\.\d+\S* .*x86_64')


def test_busybox_reports_a_missing_file():
    busybox('cat', '/etc/nothing').must(status=qemu.FAIL, has="can't open '/etc/nothing': No such file or directory")


@pytest.mark.parametrize('kind', KINDS)
def test_the_new_stack(run, kind):
    run(program(f'args.{kind}'), 'one', 'two', append='colour=blue plainword').must(status=qemu.PASS, has=[
        r'^argv\[0\]=/prog$', r'^argv ends: yes$', r'^AT_EXECFN=/prog$', r'^AT_PLATFORM=x86_64$',
        r'^AT_PAGESZ=4096 AT_CLKTCK=100 AT_PHENT=56 AT_SECURE=0$', r'^ids 0 0 0 0$', r'^AT_RANDOM: random$',
        r'^AT_PHDR: there$', r'^AT_ENTRY: there$', r'^AT_HWCAP: with FPU$', r'^stack at entry: aligned$',
        r'^env HOME=/$', r'^env TERM=linux$'])


def test_arguments_reach_init(run):
    """What no parameter claims goes to init: "name=value" into its environment, the rest and all behind "--" as argument."""
    run(program('args.musl'), 'one', 'two', append='colour=blue plainword').must(status=qemu.PASS, has=[
        r'^argc=4$', r'^argv\[1\]=plainword$', r'^argv\[2\]=one$', r'^argv\[3\]=two$', r'^env colour=blue$'])


@pytest.mark.parametrize('kind', KINDS)
def test_wild_calls_and_pointers(run, kind):
    run(program(f'wild.{kind}')).must(status=qemu.PASS, has=r'^wild: done, 0 wrong$', hasnot=r'BUG:|Oops|WARNING:')


def test_an_unknown_system_call_is_named_once(run):
    """Ten wild numbers, and a line in the log for some of them, none of them twice."""
    result = run(program('wild.musl')).must(status=qemu.PASS)
    lines = [line for line in result.plain.splitlines() if 'system call' in line and 'wild:' not in line]
    assert lines and len(lines) == len(set(lines)), lines


@pytest.mark.parametrize('how, signal', [
    ('null', 11), ('kernel', 11), ('noncanonical', 11), ('privileged', 11), ('undefined', 4), ('divide', 8), ('port', 11),
    ('int80', 11), ('jump-kernel', 11), ('stack', 11)])
def test_a_fault_of_init_ends_init_only(run, how, signal):
    """The fault becomes the signal that it is on Linux; that PID 1 dies of it is the panic that follows."""
    run(program('status.musl'), how).must(status=qemu.PANIC, hasnot=r'Oops|double fault', has=[
        f'^status: {how}$', rf'Kernel panic - not syncing: Attempted to kill init! exitcode=0x{signal:08x}'])


def test_init_of_the_initramfs():
    """No rdinit=: /init, its greeting, its tour."""
    qemu.boot().must(status=qemu.PASS, has=[
        r'Run /init as init process', r'^init: first line at TSC \d+$', r'^init: hello from ring 3, as PID 1$',
        r'^init: AT_EXECFN = /init$', r'^init: the tour is over, 0 steps failed$'])


def test_init_runs_what_the_command_line_asks_for():
    qemu.boot('-- uname -m').must(status=qemu.PASS, has=[r'^init: running uname$', r'^x86_64$'])


def test_init_parameter(initrd):
    """Without /init in the archive, init= names the program, and without that the four usual paths are tried."""
    archive = initrd({'/other': program('hello.musl')})
    qemu.boot('init=/other', initrd=archive).must(status=qemu.PASS, has='^hello, world$')


@pytest.mark.parametrize('path', ['/sbin/init', '/etc/init', '/bin/init', '/bin/sh'])
def test_the_four_paths(initrd, path):
    qemu.boot(initrd=initrd({path: program('hello.musl')})).must(status=qemu.PASS, has='^hello, world$')


def test_what_is_typed_reaches_the_program():
    """More than a UART's FIFO, in pieces that wait for their echo; then the program's own copy."""
    line = 'typed in the terminal, longer than sixteen bytes'
    with qemu.Machine('rdinit=/bin/busybox -- cat') as machine:
        machine.expect('Run /bin/busybox as init process')
        machine.send(line + '\n')
        machine.expect(rf'^{line}$')
