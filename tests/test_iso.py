# SPDX-License-Identifier: GPL-2.0-only
"""The ISO through GRUB, on both firmwares: what people run. `make run` itself, and the screen that it shows."""
import os
import signal
import subprocess
import time

import pytest

import qemu
import screen
from conftest import ROOT
from mkinitramfs import Archive

FONT = '/usr/share/consolefonts/Uni2-VGA16.psf.gz'


def make_run(root, **variables):
    """`make run` as a person types it: (status, what the terminal showed). Its QEMU dies with it, also when it hangs."""
    words = [f'{name}={value}' for name, value in variables.items()]
    with subprocess.Popen(['make', '-s', f'O={qemu.BUILD}', 'run', 'DISPLAY_MODE=none', *words], cwd=root,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        try:
            said, _ = process.communicate(timeout=200)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
    return process.returncode, qemu.clean(said)


def test_make_run_ends_with_the_programs_output(root):
    status, text = make_run(root)
    assert status == 0 and 'init: the tour is over, 0 steps failed' in text, text[-3000:]


@pytest.mark.xdist_group('make-run-append')
@pytest.mark.parametrize('variables', [{}, {'FIRMWARE': 'uefi'}, {'MACHINE': 'pc'},
                                       {'FIRMWARE': 'uefi', 'MACHINE': 'pc', 'SMP': 2}],
                         ids=lambda variables: '-'.join(map(str, variables.values())) or 'default')
def test_make_run_with_a_command_line(root, variables):
    status, text = make_run(root, APPEND='rdinit=/bin/busybox -- echo hello from ring 3', **variables)
    assert status == 0 and '\nhello from ring 3\n' in text, text[-3000:]


@pytest.fixture(scope='module')
def spinning_iso(tmp_path_factory):
    """An ISO whose init greets and then stays."""
    folder = tmp_path_factory.mktemp('iso')
    archive = Archive()
    archive.node('/dev/console', 'c', 5, 1)
    for path, source in (('/init', 'user/init'), ('/bin/spin', 'tests/user/spin.musl')):
        with open(os.path.join(qemu.BUILD, source), 'rb') as data:
            archive.file(path, data.read(), 0o755)
    (folder / 'initrd.cpio').write_bytes(archive.write())
    out = folder / 'spin.iso'
    subprocess.run([os.path.join(ROOT, 'tools/mkiso.sh'), out, qemu.KERNEL, folder / 'initrd.cpio',
                    'console=ttyS0 console=tty0 -- /bin/spin'], check=True,
                   env={**os.environ, 'SOURCE_DATE_EPOCH': '1704067200', 'TZ': 'UTC'})
    return str(out)


SHOWN = ['init: hello from ring 3', 'Run /init as init process', 'spin: here']


@pytest.mark.xdist_group('screen')
@pytest.mark.parametrize('firmware', ['bios', 'uefi'])
def test_the_screen_shows_the_log_and_the_greeting(spinning_iso, tmp_path, firmware):
    picture = str(tmp_path / 'screen.png')
    with qemu.Machine(iso=spinning_iso, firmware=firmware, mem='256M') as machine:
        machine.expect('spin: here', timeout=200)
        for _ in range(20):             # a line of the kernel's may be moving the picture
            machine.screendump(picture)
            text = '\n'.join(screen.read_screen(picture, FONT))
            if all(words in text for words in SHOWN):
                break
            time.sleep(0.2)
    assert all(words in text for words in SHOWN), text


@pytest.mark.slow
@pytest.mark.parametrize('firmware', ['bios', 'uefi'])
def test_as_a_usb_stick(spinning_iso, firmware):
    with qemu.Machine(usb=spinning_iso, firmware=firmware, mem='256M') as machine:
        machine.expect('spin: here')


def test_the_iso_names_both_boot_entries():
    done = subprocess.run(['xorriso', '-indev', qemu.ISO, '-report_el_torito', 'plain'], capture_output=True, text=True,
                          check=True)
    assert ' BIOS ' in done.stdout and ' UEFI ' in done.stdout


def test_the_image_has_a_multiboot2_header():
    subprocess.run(['grub-file', '--is-x86-multiboot2', qemu.KERNEL], check=True)
