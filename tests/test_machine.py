# SPDX-License-Identifier: GPL-2.0-only
"""The machine seen from outside: page tables and control registers by QEMU's monitor; other CPUs and boards."""
import os
import re
import time

import pytest

import qemu
from mkinitramfs import Archive

SHARED_BOOT = True
SPIN = os.path.join(qemu.PROGRAMS, 'spin.musl')


@pytest.fixture(scope='module')
def in_ring_3(tmp_path_factory):
    """A machine stopped in the middle of a user program; (tlb lines, registers)."""
    path = tmp_path_factory.mktemp('spin') / 'initrd.cpio'
    archive = Archive()
    archive.node('/dev/console', 'c', 5, 1)
    with open(SPIN, 'rb') as source:
        archive.file('/init', source.read(), 0o755)
    path.write_bytes(archive.write())
    with qemu.Machine(initrd=str(path)) as machine:
        machine.expect('spin: here')
        for _ in range(50):
            machine.ask('stop')
            registers = machine.monitor('info registers')
            if re.search(r'CPL=3', registers):
                break
            machine.ask('cont')
            time.sleep(0.01)
        tlb = re.findall(r'^([0-9a-f]{16}): ([0-9a-f]{16}) ([-A-Z]{9})', machine.monitor('info tlb'), re.M)
        yield [(int(virtual, 16), flags) for virtual, _, flags in tlb], registers


def register(registers, name):
    return int(re.search(rf'\b{name}\s*=\s*([0-9a-f]+)', registers).group(1), 16)


def test_the_program_is_in_ring_3(in_ring_3):
    assert 'CPL=3' in in_ring_3[1]
    assert len(in_ring_3[0]) > 100


def test_no_page_is_writable_and_executable(in_ring_3):
    """Flags of QEMU: X says no-execute, W writable."""
    both = [hex(virtual) for virtual, flags in in_ring_3[0] if flags[0] != 'X' and flags[8] == 'W']
    assert not both, both[:10]


def test_no_kernel_page_is_open_to_the_user(in_ring_3):
    user = [hex(virtual) for virtual, flags in in_ring_3[0] if virtual >> 47 and 'U' in flags]
    assert not user, user[:10]


def test_page_0_and_the_last_page_of_user_space_are_not_mapped(in_ring_3):
    mapped = {virtual for virtual, _ in in_ring_3[0]}
    assert 0 not in mapped and 0x7ffffffff000 not in mapped


@pytest.mark.parametrize('name, bit', [('PE', 0), ('MP', 1), ('NE', 5), ('WP', 16), ('PG', 31)])
def test_cr0(in_ring_3, name, bit):
    assert register(in_ring_3[1], 'CR0') >> bit & 1, name


@pytest.mark.parametrize('name, bit', [('PAE', 5), ('PGE', 7), ('OSFXSR', 9), ('OSXMMEXCPT', 10), ('UMIP', 11),
                                       ('SMEP', 20), ('SMAP', 21)])
def test_cr4(in_ring_3, name, bit):
    assert register(in_ring_3[1], 'CR4') >> bit & 1, name


@pytest.mark.parametrize('name, bit', [('SCE', 0), ('LME', 8), ('LMA', 10), ('NXE', 11)])
def test_efer(in_ring_3, name, bit):
    assert register(in_ring_3[1], 'EFER') >> bit & 1, name


@pytest.mark.parametrize('cpu', ['qemu64', 'Nehalem', 'Haswell', 'EPYC', 'max,smap=off,smep=off,umip=off',
                                 'qemu64,xsave=off,fxsr=on'])
def test_other_cpus(cpu):
    qemu.boot(cpu=cpu).must(status=qemu.PASS, has='^init: hello from ring 3')


@pytest.mark.parametrize('machine', ['pc', 'q35'])
def test_other_boards(machine):
    qemu.boot(machine=machine).must(status=qemu.PASS, has='^init: hello from ring 3')


def test_several_cpus_do_not_disturb():
    qemu.boot(smp=4).must(status=qemu.PASS, has='^init: hello from ring 3')


def test_24_mebibytes_are_enough_for_busybox():
    qemu.boot('rdinit=/bin/busybox -- echo it fits', mem='24M').must(status=qemu.PASS, has='^it fits$')


def test_a_hole_below_4_gib():
    qemu.boot(machine='q35,max-ram-below-4g=256M', mem='512M').must(status=qemu.PASS, has='^init: hello from ring 3')


@pytest.mark.slow
@pytest.mark.parametrize('mem', ['2G', '4G', '6G'])
def test_much_memory(mem):
    qemu.boot(mem=mem).must(status=qemu.PASS, has='^init: hello from ring 3')
