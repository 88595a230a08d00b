# SPDX-License-Identifier: GPL-2.0-only
"""One machine under test: start QEMU, read its serial port, type, ask its monitor, know why it ended.

	result = boot(append='rdinit=/bin/busybox -- echo hi')		run to the end
	result.text, result.status, result.why

	with Machine(append='...') as machine:				talk to it
	    machine.expect(r'init: hello')
	    print(machine.monitor('info tlb'))

A kernel that breaks does so by silence as often as by words, so a run always has an end and the end has a reason:

	exit		QEMU ended with a status of the guest's choice (isa-debug-exit: 33 pass, 35 fail, 37 panic)
	reset		the machine was reset: a triple fault, or a reboot (QEMU runs with -no-reboot)
	poweroff	the guest switched itself off
	panic		a panic line, and no exit within the seconds after it
	first byte	nothing was heard at all in that time, or in that of idle if longer
	idle		it had spoken and fell silent
	whole		it never stopped speaking

The serial port of boot() is a file, which takes any number of bytes at once: a socket that is full for a moment would
make the guest's UART wait, and two equal runs would differ.
"""
import collections
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('PRIMER_BUILD') or os.path.join(ROOT, 'build')
KERNEL = os.path.join(BUILD, 'primer.elf')
INITRD = os.path.join(BUILD, 'initramfs.cpio')
ISO = os.path.join(BUILD, 'primer.iso')
PROGRAMS = os.path.join(BUILD, 'tests/user')
OVMF = '/usr/share/ovmf/OVMF.fd'

CONSOLE = 'console=ttyS0'
EXIT = 'debugexit=0xf4'
PASS, FAIL, PANIC = 33, 35, 37

# Waits are for a machine that shares its host with others; a healthy boot takes a second or two.
WHOLE, FIRST, IDLE = 90, 30, 25
SO_SNDBUFFORCE = 32             # socket(7); Python has no name for it
PANIC_LINE = 'Kernel panic - not syncing'
ANSI = re.compile(r'\x1b(\[[0-9;?=]*[A-Za-z]|[()][A-Z0-9]|[=>78cDEHM])')
STAMP = re.compile(r'^\[ *\d+\.\d+\] ?', re.M)
# What the kernel says when the host has stopped a CPU, or a second after boot: perhaps in the midst of a program's line.
LATE = re.compile(r'\[ *\d+\.\d{6}\] (?:tsc: (?:Refined|the first measurement was off|the reference gives) [^\n]*'
                  r'|clocksource: Switched to clocksource tsc|hrtimer: interrupt took \d+ ns)\n')
MESSAGES = r'(?:\[ *\d+\.\d+\] [^\n]*\n)*'      # lines of the kernel's, in the midst of another's

# Instructions are the clock: the flags under which two runs are equal. TCG counts each byte of a rep movsb with erms.
ICOUNT = ['-icount', 'shift=0,sleep=off', '-seed', '1', '-rtc', 'base=2024-01-01T00:00:00,clock=vm']
ICOUNT_CPU = 'max,erms=off,fsrm=off'


def clean(raw):
    """The text of a serial port: no escape sequences, no carriage returns, nothing that only the host's load makes the kernel say."""
    return LATE.sub('', ANSI.sub('', raw.decode('utf-8', 'replace')).replace('\r', ''))


class Result:
    """What a run said and how it ended."""

    def __init__(self, raw, status, why, command):
        self.raw, self.status, self.why, self.command = raw, status, why, command
        self.text = clean(raw)

    @property
    def plain(self):
        """The text without time stamps."""
        return STAMP.sub('', self.text)

    def __contains__(self, words):
        return words in self.text

    def describe(self):
        tail = '\n'.join(self.text.splitlines()[-60:])
        return (f'ended by {self.why}, status {self.status}\n{self.command}\n'
                f'--- last lines of the serial port ---\n{tail}')

    def must(self, status=None, has=(), hasnot=()):
        """Fail with the log's end unless the run ended with `status`, saying each of `has` (regular expressions)."""
        if status is not None:
            assert (self.why, self.status) == ('exit', status), f'wanted status {status}; {self.describe()}'
        for pattern in [has] if isinstance(has, str) else has:
            assert re.search(pattern, self.text, re.M), f'no "{pattern}" in the log; {self.describe()}'
        for pattern in [hasnot] if isinstance(hasnot, str) else hasnot:
            assert not re.search(pattern, self.text, re.M), f'"{pattern}" in the log; {self.describe()}'
        return self


class Machine:
    """A running QEMU. As a context manager it is gone at the end, whatever happened."""

    def __init__(self, append='', kernel=KERNEL, initrd=INITRD, iso=None, usb=None, firmware='bios', machine='q35',
                 cpu='max', smp=1, mem='128M', extra=(), console=CONSOLE, interactive=True, debugexit=True, accel='tcg'):
        self.directory = tempfile.TemporaryDirectory(prefix='primer-')
        self.raw = b''
        self.position = 0			# expect() goes on behind its last match
        self.status = self.why = None
        args = ['qemu-system-x86_64', '-accel', accel, '-M', machine, '-cpu', cpu, '-smp', str(smp), '-m', str(mem),
                '-nic', 'none', '-display', 'none', '-no-reboot', '-nodefaults', '-vga', 'std']
        if debugexit:
            args += ['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04']
        if iso:
            args += ['-cdrom', iso]
        elif usb:
            args += ['-drive', f'if=none,id=stick,format=raw,readonly=on,file={usb}', '-device', 'qemu-xhci',
                     '-device', 'usb-storage,drive=stick,bootindex=0']
        else:
            words = ' '.join(word for word in (console, EXIT if debugexit else '', append) if word)
            args += ['-kernel', kernel, '-append', words]
            if initrd:
                args += ['-initrd', initrd]
        if firmware == 'uefi':
            args += ['-bios', OVMF]
        ours, theirs = socket.socketpair()
        self.qmp = ours
        self.replies = b''
        args += ['-chardev', f'socket,id=qmp,fd={theirs.fileno()}', '-mon', 'chardev=qmp,mode=control']
        descriptors = [theirs]
        self.serial = None
        if interactive:
            self.serial, other = socket.socketpair()
            try:                        # a byte each: a usual buffer has room for some 280
                other.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 64 << 20)
            except OSError:             # not root
                other.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
            self.chunks = collections.deque()
            self.reader = threading.Thread(target=self.drain, daemon=True)
            descriptors.append(other)
            args += ['-chardev', f'socket,id=serial,fd={other.fileno()}', '-serial', 'chardev:serial']
        else:
            path = os.path.join(self.directory.name, 'serial')
            args += ['-serial', f'file:{path}']
            self.file = open(path, 'w+b')
        args += list(extra)
        self.command = ' '.join(args)
        self.errors = open(os.path.join(self.directory.name, 'stderr'), 'w+b')
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors,
                                        pass_fds=[fd.fileno() for fd in descriptors])
        for descriptor in descriptors:
            descriptor.close()
        if interactive:
            self.reader.start()
        self.qmp.settimeout(120)
        self.events = []
        self.started = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.qmp.close()
        if self.serial:
            self.reader.join(5)
            self.serial.close()
        else:
            self.file.close()
        self.errors.close()
        self.directory.cleanup()

    # ---- reading ----

    def drain(self):
        """A thread's work: QEMU writes byte by byte, and a socket with some hundred such writes in it is full."""
        try:
            while chunk := self.serial.recv(65536):
                self.chunks.append(chunk)
        except OSError:
            pass

    def read(self):
        """Take what the serial port has said since the last time; True when that was something."""
        before = len(self.raw)
        if self.serial:
            if self.process.poll() is not None:
                self.reader.join(5)
            while self.chunks:
                self.raw += self.chunks.popleft()
        else:
            self.raw += self.file.read()
        return len(self.raw) > before

    @property
    def text(self):
        return clean(self.raw)

    def expect(self, pattern, timeout=WHOLE):
        """Wait for a regular expression behind the last match; returns the match."""
        end = time.monotonic() + timeout
        while True:
            ended = self.process.poll() is not None
            self.read()
            text = self.text
            match = re.compile(pattern, re.M).search(text, self.position)
            if match:
                self.position = match.end()
                return match
            tail = '\n'.join(text.splitlines()[-40:])
            if ended:
                raise AssertionError(f'QEMU ended ({self.process.returncode}) before "{pattern}"; '
                                     f'{self.complaint()}\n{tail}')
            if time.monotonic() > end:
                raise AssertionError(f'no "{pattern}" in {timeout} s\n{self.command}\n{tail}')
            time.sleep(0.01)

    def complaint(self):
        """What QEMU itself said."""
        self.errors.seek(0)
        return self.errors.read().decode('utf-8', 'replace').strip()

    def send(self, text):
        """Type, at most 16 bytes at a time, each waiting for its echo, into which the kernel may have spoken."""
        for start in range(0, len(text), 16):
            piece = text[start:start + 16]
            self.serial.sendall(piece.encode())
            if piece.strip():
                self.expect(MESSAGES.join(map(re.escape, piece.strip())))

    # ---- QMP ----

    def message(self):
        while b'\n' not in self.replies:
            chunk = self.qmp.recv(65536)
            if not chunk:
                raise AssertionError(f'QEMU closed its monitor; {self.complaint()}')
            self.replies += chunk
        line, _, self.replies = self.replies.partition(b'\n')
        return json.loads(line)

    def ask(self, command, **arguments):
        """One QMP command, its answer."""
        if not self.started:
            self.message()
            self.started = True
            self.ask('qmp_capabilities')
        self.qmp.sendall(json.dumps({'execute': command, 'arguments': arguments}).encode() + b'\n')
        while True:
            reply = self.message()
            if 'return' in reply:
                return reply['return']
            if 'error' in reply:
                raise AssertionError(f'QMP {command}: {reply["error"]}')
            self.events.append(reply)

    def monitor(self, line):
        """One command of the human monitor: `info tlb`, `info registers`."""
        return self.ask('human-monitor-command', **{'command-line': line})

    def screendump(self, path):
        self.ask('screendump', filename=path, format='png')
        return path

    # ---- the end ----

    def wait(self, whole=WHOLE, first=FIRST, idle=IDLE):
        """Run on until an end of the list above; returns a Result."""
        try:
            self.ask('query-name')		# from here on QEMU tells its events, the reason of its end among them
        except (AssertionError, OSError):
            pass
        start = heard = time.monotonic()
        panicked = None
        why = None
        while why is None:
            ended = self.process.poll() is not None
            now = time.monotonic()
            if self.read():
                heard = now
                if panicked is None and PANIC_LINE.encode() in self.raw:
                    panicked = now
            elif ended:
                why = 'exit'
            if panicked and now > panicked + 10:
                why = 'panic'
            elif now > start + whole:
                why = 'whole'
            elif not self.raw and now > start + max(first, idle):
                why = 'first byte'
            elif self.raw and now > heard + idle:
                why = 'idle'
            elif not ended:
                time.sleep(0.01)
        if why == 'exit' and self.process.returncode == 0:
            why = self.shutdown_reason()
        elif why != 'exit':
            self.process.kill()
            self.process.wait()
            self.read()
        status = self.process.returncode
        if status == 1:
            raise AssertionError(f'QEMU itself failed: {self.complaint()}\n{self.command}')
        return Result(self.raw, status, why, self.command)

    def shutdown_reason(self):
        """QEMU ended with 0: its last event says whether that was a reset."""
        try:
            while True:
                self.events.append(self.message())
        except (AssertionError, OSError):
            pass
        reasons = [event['data'].get('reason') for event in self.events if event.get('event') == 'SHUTDOWN']
        return 'poweroff' if reasons[-1:] == ['guest-shutdown'] else 'reset'


def boot(append='', whole=WHOLE, first=FIRST, idle=IDLE, **how):
    """Boot, run to the end, return the Result. Keywords as for Machine."""
    with Machine(append, interactive=False, **how) as machine:
        return machine.wait(whole, first, idle)
