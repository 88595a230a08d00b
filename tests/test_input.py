# SPDX-License-Identifier: GPL-2.0-only
"""Devices that interrupt: what is typed on the serial line and on the keyboard, and the battery clock."""
import os
import re
import time

import qemu
from mkinitramfs import Archive

RTC = os.path.join(qemu.PROGRAMS, 'rtc.musl')


def script(tmp_path, *lines):
    archive = Archive()
    for name in ('/dev', '/proc', '/bin'):
        archive.directory(name)
    archive.node('/dev/console', 'c', 5, 1)
    with open('/bin/busybox', 'rb') as busybox:
        archive.file('/bin/busybox', busybox.read(), 0o755)
    lines = ('B=/bin/busybox', '$B mount -t proc proc /proc', *lines, '')
    archive.file('/script', '\n'.join(lines).encode(), 0o644)
    path = tmp_path / 'initrd.cpio'
    path.write_bytes(archive.write())
    return {'append': 'rdinit=/bin/busybox -- sh /script', 'initrd': str(path)}


def count(text, name):
    """How often the line came, over all CPUs."""
    match = re.search(rf'^ *\d+: +([\d ]+?) +[A-Z]\S* .*{name}$', text, re.M)
    assert match, text
    return sum(map(int, match.group(1).split()))


def asleep(machine):
    """Most looks find the CPU halted, at the latest when a slow host has started the program."""
    for _ in range(20):
        time.sleep(0.5)
        if sum('HLT=1' in machine.monitor('info registers') for _ in range(20)) >= 15:
            return True
    return False


def test_a_reader_sleeps_until_a_serial_interrupt(tmp_path):
    """While nobody types, the reader uses no CPU: it is asleep, not asking."""
    how = script(tmp_path, 'echo ready', '$B head -n 1 >/dev/null', '$B cat', '$B cat /proc/interrupts', 'echo; echo end')
    with qemu.Machine(**how) as machine:
        machine.expect('^ready')
        assert asleep(machine), 'the CPU works while a program waits for input'
        machine.send('go\n')
        machine.send('the quick brown fox\njumps\n')
        machine.serial.sendall(b'\x04')
        machine.expect('^end')
        assert 'the quick brown fox\nthe quick brown fox' in machine.text
        assert count(machine.text, 'ttyS0') >= 3        # one for each piece that was typed, whose bytes may come together


def test_what_pends_can_be_read_when_lines_are_asked_for_again(tmp_path):
    """Bytes that were typed in raw mode are there at once in canonical mode, without a line end."""
    how = script(tmp_path, '$B stty -icanon min 100 -echo', 'echo ready', '$B timeout 2 $B dd bs=200 count=1 2>/dev/null',
                 '$B stty icanon', 'echo "got $($B dd bs=200 count=1 2>/dev/null)."')
    with qemu.Machine(**how) as machine:
        machine.expect('^ready')
        machine.serial.sendall(b'abc')
        machine.expect(r'^got abc\.')


def test_much_input_at_once(tmp_path):
    """Bytes come faster than they are read; the FIFO and the ring keep what has come."""
    how = script(tmp_path, 'echo ready', '$B head -n 4', 'echo; echo end')
    lines = [f'line {n} ' + 'x' * 30 for n in range(4)]
    with qemu.Machine(**how) as machine:
        machine.expect('^ready')
        machine.serial.sendall(('\n'.join(lines) + '\n').encode())
        machine.expect('^end')
        # Each twice, the echo and the copy; the copy of one may begin in the echo of another.
        for n in range(4):
            assert re.search(f'line {n} (?s:.*)line {n} ', machine.text), machine.text
        assert machine.text.count('x') >= 2 * 4 * 30, machine.text


def test_keyboard(tmp_path):
    """Keys reach the screen's terminal; the answer is seen on the serial line, for /dev/console is both."""
    how = script(tmp_path, 'echo ready', '$B head -n 1 >/line', '$B cat /line', '$B cat /proc/interrupts', 'echo; echo end')
    how['append'] = 'quiet console=tty0 ' + how['append']
    with qemu.Machine(**how) as machine:
        machine.expect('^ready')
        # Each waits for its echo: the controller's queue holds 16 codes.
        for key, echo in [('shift-h', 'H'), ('i', 'i'), ('spc', ' '), ('a', 'a'), ('b', 'b'), ('backspace', '\b \b'), ('c', 'c'),
                          ('1', '1'), ('shift-1', '!'), ('ret', '\n')]:
            machine.monitor(f'sendkey {key} 5')
            machine.expect(echo)
        machine.expect('^Hi ac1!$')
        machine.expect('^end')
        assert count(machine.text, 'i8042') >= 20


def test_rtc(run):
    """Update, periodic and alarm interrupts of /dev/rtc0; setting it; all counted as interrupt 8."""
    result = run(RTC).must(status=qemu.PASS, hasnot='WRONG')
    match = re.search(r'^line: +8: +(\d+) .*rtc0$', result.text, re.M)
    assert match and 67 <= int(match.group(1)) <= 500, result.describe()


def test_a_reader_of_the_log_sleeps(tmp_path):
    """And whoever shares its opening can be killed while it waits for its turn."""
    how = script(tmp_path, '$B mount -t devtmpfs dev /dev', 'exec 3</dev/kmsg', '$B cat <&3 >/seen &', 'echo ready',
                 'read x', '$B cat <&3 &', '$B sleep 1', 'kill $!', 'wait $!', 'echo "status $?"', 'echo "new record" >/dev/kmsg',
                 '$B sleep 1', '$B grep "new record" /seen')
    with qemu.Machine(**how) as machine:
        machine.expect('^ready')
        assert asleep(machine), 'the CPU works while a program waits for a record of the log'
        machine.send('\n')
        machine.expect('^status 143')
        machine.expect('^12,.*;new record')


def test_poll_sleeps_until_a_line_is_there_or_the_time_is_up(tmp_path):
    """The shell's read asks by poll(2)."""
    how = script(tmp_path, 'echo ready', 'read x', 'echo "got $x"', 'read -t 1 y', 'echo "status $?"')
    with qemu.Machine(**how) as machine:
        machine.expect('^ready')
        assert asleep(machine), 'the CPU works while a program waits for input'
        machine.send('hello\n')
        machine.expect('^got hello$')
        machine.expect('^status 1$')
