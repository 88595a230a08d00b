#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""screenshot.py [--uefi] OUT.png [APPEND [WORDS]] - boot through GRUB and photograph the screen.

The picture is taken when WORDS appear on the serial port, by QEMU's monitor: no display is needed.
`tools/screenshot.py docs/images/boot.png` makes the one of README.md, from the kernel and the initramfs under build/ (or
$PRIMER_BUILD). Its program is "cat", which waits for input, so that the screen stands still.
"""
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests'))
import qemu                                     # noqa: E402


def main(argv):
    firmware = 'uefi' if '--uefi' in argv else 'bios'
    argv = [word for word in argv if word != '--uefi']
    if not argv:
        sys.exit(__doc__)
    append = argv[1] if len(argv) > 1 else '-- cat'
    words = argv[2] if len(argv) > 2 else 'init: running'
    with tempfile.TemporaryDirectory() as folder:
        iso = os.path.join(folder, 'screenshot.iso')
        subprocess.run([os.path.join(ROOT, 'tools/mkiso.sh'), iso, qemu.KERNEL, qemu.INITRD,
                        f'console=ttyS0 console=tty0 {append}'], check=True, env={**os.environ, 'SOURCE_DATE_EPOCH': '1704067200', 'TZ': 'UTC'})
        with qemu.Machine(iso=iso, firmware=firmware, mem='512M', debugexit=False) as machine:
            machine.expect(words)
            time.sleep(0.5)
            machine.screendump(os.path.abspath(argv[0]))


if __name__ == '__main__':
    main(sys.argv[1:])
