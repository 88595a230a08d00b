#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""bench.py [APPEND] - what a boot costs, in guest instructions.

QEMU's -icount shift=0 makes the time stamp counter count instructions: two runs give the same numbers, on any host. The first
line that user/init prints is its time stamp; the firmware's share is in it.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'tests'))
import qemu                                     # noqa: E402

FIRMWARE = 8.1                                  # million, from reset to the kernel's first instruction by -kernel


def main(argv):
    print('boot                      million instructions from reset to the first line of init')
    for name, append in (('log on the serial port', ''), ('quiet', 'quiet')):
        result = qemu.boot(' '.join(['nokaslr norandmaps', append, *argv]), cpu=qemu.ICOUNT_CPU, mem='512M', machine='pc', extra=qemu.ICOUNT)
        match = re.search(r'^init: first line at TSC (\d+)$', result.text, re.M)
        if not match:
            sys.exit(result.describe())
        total = int(match.group(1)) / 1e6
        print(f'{name:24}  {total:6.1f}  of them {total - FIRMWARE:.1f} after the firmware')


if __name__ == '__main__':
    main(sys.argv[1:])
