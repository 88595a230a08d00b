#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""screenshot.py [--uefi] ISO OUT.png [WORDS] - boot an ISO and photograph its screen when WORDS appear on the serial port.

Without WORDS it waits for the greeting of user/init. The picture of README.md is
`tools/screenshot.py build/primer.iso docs/images/boot.png`. QEMU's monitor takes it, so no display is needed.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'tests'))
import qemu                                     # noqa: E402


def main(argv):
    firmware = 'uefi' if '--uefi' in argv else 'bios'
    argv = [word for word in argv if word != '--uefi']
    if len(argv) < 2:
        sys.exit(__doc__)
    iso, out = argv[:2]
    words = argv[2] if len(argv) > 2 else r'init: the tour is over|init: running'
    # Without the exit device the machine stays on after the program's end, with its last words on the screen.
    with qemu.Machine(iso=iso, firmware=firmware, mem='512M', debugexit=False) as machine:
        machine.expect(words)
        time.sleep(0.3)
        machine.ask('stop')
        machine.screendump(os.path.abspath(out))


if __name__ == '__main__':
    main(sys.argv[1:])
