# SPDX-License-Identifier: GPL-2.0-only
"""The build: the same bytes twice, no warnings, segments with the right permissions, targets that help knows."""
import hashlib
import os
import re
import subprocess

import pytest

import elf
import qemu

pytestmark = pytest.mark.timeout(650)


def make(root, *words, **how):
    return subprocess.run(['make', *words], cwd=root, capture_output=True, text=True, timeout=600, check=False, **how)


def digest(path):
    with open(path, 'rb') as source:
        return hashlib.sha256(source.read()).hexdigest()


@pytest.mark.xdist_group('build')
def test_a_second_build_from_nothing_is_the_same_and_silent(root, tmp_path):
    """`all` in another directory: no warning, and each image equal to the one under test to the byte."""
    done = make(root, '-j2', f'O={tmp_path}', 'all')
    assert done.returncode == 0, done.stderr[-3000:]
    assert not done.stderr.strip(), done.stderr[-3000:]
    for name in ('initramfs.cpio', 'primer.elf', 'primer.iso'):
        assert digest(os.path.join(qemu.BUILD, name)) == digest(tmp_path / name), name


@pytest.mark.slow
@pytest.mark.parametrize('words', [['CC=clang'], ['DEBUG=1'], ['WERROR=1', 'CC=clang', 'DEBUG=1']], ids=' '.join)
def test_other_ways_to_build_are_silent(root, tmp_path, words):
    if 'CC=clang' in words and subprocess.run(['which', 'clang'], capture_output=True, check=False).returncode:
        pytest.skip('no clang here')
    done = make(root, '-j2', f'O={tmp_path}', *words, f'{tmp_path}/primer.elf')
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr[-3000:]
    qemu.boot(kernel=str(tmp_path / 'primer.elf')).must(status=qemu.PASS, has='init: hello from ring 3')


def test_nothing_is_left_to_do(root):
    done = make(root, f'O={qemu.BUILD}', 'all')
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout


def test_a_change_of_flags_rebuilds(root, tmp_path):
    target = f'{tmp_path}/lib/string.o'
    assert 'CC' in make(root, f'O={tmp_path}', target).stdout
    assert 'CC' not in make(root, f'O={tmp_path}', target).stdout
    assert 'CC' in make(root, f'O={tmp_path}', 'DEBUG=1', target).stdout


def test_segments_have_the_rights_of_their_contents():
    segments = [seg for seg in elf.Image(qemu.KERNEL).segments if seg[0] == elf.PT_LOAD]
    rights = [seg[1] for seg in segments]
    assert elf.PF_R | elf.PF_X in rights and elf.PF_R in rights and elf.PF_R | elf.PF_W in rights
    assert not [flags for flags in rights if flags & elf.PF_W and flags & elf.PF_X]
    end = max(seg[4] + seg[6] for seg in segments)
    assert end <= 8 << 20, 'the image must end below 8 MiB, where UEFI keeps its tables'


def test_help_names_every_target_of_the_contract(root):
    text = make(root, 'help').stdout
    for target in ('all', 'run', 'debug', 'gdb', 'test', 'test-all', 'docs', 'clean', 'help', 'doctor', 'deps'):
        assert re.search(rf'^  {target}\s', text, re.M), target


def test_deps_is_silent_when_nothing_is_missing(root):
    done = make(root, 'deps')
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')


def test_doctor_is_content(root):
    assert make(root, 'doctor').returncode == 0


def test_every_source_names_its_licence(root):
    without = []
    for base, folders, names in os.walk(root):
        folders[:] = [folder for folder in folders if not folder.startswith(('.', 'build', '__'))]
        for name in names:
            path = os.path.join(base, name)
            if name.endswith(('.c', '.h', '.asm', '.inc', '.py', '.sh', '.ld', '.mk', '.cfg')) or name == 'Makefile':
                with open(path, encoding='utf-8') as source:
                    if 'SPDX-License-Identifier: GPL-2.0-only' not in source.read(300):
                        without.append(os.path.relpath(path, root))
    assert not without


def test_compile_commands(root, tmp_path):
    done = make(root, '-s', f'O={tmp_path}', f'{tmp_path}/compile_commands.json')
    assert done.returncode == 0 and '"file": "lib/string.c"' in (tmp_path / 'compile_commands.json').read_text()
