# SPDX-License-Identifier: GPL-2.0-only
"""ACPI from outside: what is found on QEMU's boards, what is made of bad tables, power off and reset, the power button.

Bad tables come to the kernel in two ways. QEMU's -acpitable adds one with contents of our choice (it repairs length and
checksum). And a whole set of our own lies in memory, where acpi_rsdp= points to.
"""
import os
import random
import re
import struct

import pytest

import qemu
from mkinitramfs import Archive

BUSYBOX = 'rdinit=/bin/busybox --'
BOOTED = '^init: hello from ring 3'
BASE = 0x4000000                        # of our own tables: 64 MiB, in the middle of RAM


# ---- tables of our own ----

def checksum(data, at):
    data = bytearray(data)
    data[at] = 0
    data[at] = -sum(data) & 0xff
    return bytes(data)


def table(signature, body, revision=1):
    head = struct.pack('<4sIBB6s8sI4sI', signature, 36 + len(body), revision, 0, b'PRIMER', b'TESTTABL', 1, b'TEST', 1)
    return checksum(head + body, 9)


def madt(cpus=1):
    body = struct.pack('<II', 0xfee00000, 1)
    body += b''.join(struct.pack('<BBBBI', 0, 8, cpu, cpu, 1) for cpu in range(cpus))
    body += struct.pack('<BBBBII', 1, 12, 0, 0, 0xfec00000, 0)
    body += struct.pack('<BBBBIH', 2, 10, 0, 0, 2, 0) + struct.pack('<BBBBIH', 2, 10, 0, 9, 9, 0xd)
    return table(b'APIC', body + struct.pack('<BBBHB', 4, 6, 255, 0, 1))


def dsdt(s5=b'\x08_S5_\x12\x06\x04\x00\x00\x00\x00'):
    return table(b'DSDT', s5)


def fadt(dsdt_address):
    body = struct.pack('<IIBBHIBBBB', 0, dsdt_address, 0, 0, 9, 0xb2, 0xf1, 0xf0, 0, 0)
    body += struct.pack('<8I', 0x600, 0, 0x604, 0, 0, 0x608, 0x620, 0)
    body += struct.pack('<8B', 4, 2, 0, 4, 16, 0, 0, 0) + struct.pack('<HHHHBBBBBHBI', 0, 0, 0, 0, 0, 0, 0, 0, 0x32, 0, 0, 0)
    assert len(body) == 116 - 36
    return table(b'FACP', body)


def script(tmp_path, *lines):
    """An archive in which busybox runs these lines: the keywords for boot()."""
    archive = Archive()
    for name in ('/dev', '/proc', '/bin'):
        archive.directory(name)
    archive.node('/dev/console', 'c', 5, 1)
    with open('/bin/busybox', 'rb') as busybox:
        archive.file('/bin/busybox', busybox.read(), 0o755)
    archive.file('/script', '\n'.join(('B=/bin/busybox', '$B mount -t proc proc /proc') + lines + ('',)).encode(), 0o644)
    path = tmp_path / 'initrd.cpio'
    path.write_bytes(archive.write())
    return {'append': 'rdinit=/bin/busybox -- sh /script', 'initrd': str(path)}


class Tables:
    """A set in the order RSDP, XSDT, RSDT, then the tables given; each change of bytes is the test's."""

    def __init__(self, tables=None, entries=None):
        tables = [dsdt(), None, madt()] if tables is None else tables
        address, self.at = BASE + 0x400, []
        for index, one in enumerate(tables):
            if one is None:
                one = tables[index] = fadt(self.at[0])
            self.at.append(address)
            address += (len(one) + 15) & ~15
        listed = self.at[1:] if entries is None else entries(self.at)
        self.image = bytearray(address - BASE)
        for where, one in zip(self.at, tables):
            self.put(where, one)
        self.put(BASE + 0x100, table(b'XSDT', b''.join(struct.pack('<Q', entry) for entry in listed)))
        self.put(BASE + 0x200, table(b'RSDT', b''.join(struct.pack('<I', entry & 0xffffffff) for entry in listed)))
        rsdp = struct.pack('<8sB6sBIIQB3x', b'RSD PTR ', 0, b'PRIMER', 2, BASE + 0x200, 36, BASE + 0x100, 0)
        self.put(BASE, checksum(checksum(rsdp[:20], 8) + rsdp[20:], 32))

    def put(self, where, data):
        self.image[where - BASE:where - BASE + len(data)] = data

    def flip(self, where):
        self.image[where - BASE] ^= 0xff

    def boot(self, tmp_path, append='', **how):
        path = tmp_path / 'tables'
        path.write_bytes(self.image)
        return qemu.boot(f'acpi_rsdp={BASE:#x} {append}', mem='128M', machine='pc',
                         extra=['-device', f'loader,file={path},addr={BASE:#x},force-raw=on'], **how)


# ---- the boards ----

@pytest.mark.parametrize('machine', ['pc', 'q35'])
def test_boards(machine):
    """Linux's log lines, in Linux's order."""
    has = [r'ACPI: RSDP 0x[0-9A-F]{16} [0-9A-F]{6} \(v00 BOCHS \)', r'ACPI: RSDT 0x[0-9A-F]{16} [0-9A-F]{6} \(v01 BOCHS  BXPC     ',
           r'ACPI: FACP 0x', r'ACPI: DSDT 0x', r'ACPI: FACS 0x[0-9A-F]{16} 000040$', r'ACPI: APIC 0x', r'ACPI: HPET 0x',
           r'ACPI: PM-Timer IO Port: 0x608$', r'ACPI: INT_SRC_OVR \(bus 0 bus_irq 0 global_irq 2 dfl dfl\)$',
           r'ACPI: LAPIC_NMI \(acpi_id\[0xff\] dfl dfl lint\[0x1\]\)$', r'ACPI: HPET id: 0x8086a201 base: 0xfed00000$',
           r'ACPI: \(supports S0 S5\)$', r'ACPI: Power Button \[PWRF\]$', r'Using ACPI \(MADT\) for SMP', BOOTED]
    if machine == 'q35':
        has += [r'ACPI: PCI: MMCONFIG for domain 0000 \[bus 00-ff\] at \[mem 0xb0000000-0xbfffffff\]$']
    qemu.boot(machine=machine, smp=2).must(status=qemu.PASS, has=has, hasnot=r'ACPI.*(ignored|not used)')


def test_no_hpet():
    qemu.boot(machine='pc,hpet=off').must(status=qemu.PASS, has=BOOTED, hasnot='HPET')


@pytest.mark.parametrize('how', [{'machine': 'pc,acpi=off'}, {'append': 'acpi=off', 'machine': 'pc'}, {'append': 'acpi=noirq'}])
def test_without_acpi_there_is_an_mp_table(how):
    result = qemu.boot(smp='3,sockets=3', **how)
    result.must(status=qemu.PASS, has=[r'found SMP MP-table at \[mem 0x000f', r'MPTABLE: OEM ID: BOCHSCPU$', BOOTED],
                hasnot='Using ACPI')


def test_the_old_root_table_by_request():
    qemu.boot('acpi=rsdt').must(status=qemu.PASS, has=['ACPI: RSDT', 'Using ACPI', BOOTED])


def test_uefi_tables_are_found_by_the_loader_and_in_the_memory_map():
    result = qemu.boot(iso=qemu.ISO, firmware='uefi', mem='256M', whole=180, first=90, idle=90)
    result.must(has=[r'ACPI: RSDP 0x', r'ACPI: XSDT 0x', r'ACPI: APIC 0x', r'ACPI: \(supports S0 S5\)$'],
                hasnot='ACPI.*ignored')


def test_nodes():
    """Two CPUs, two memories, two nodes."""
    extra = ['-object', 'memory-backend-ram,id=m0,size=64M', '-object', 'memory-backend-ram,id=m1,size=64M',
             '-numa', 'node,memdev=m0,cpus=0', '-numa', 'node,memdev=m1,cpus=1']
    qemu.boot(smp=2, extra=extra).must(status=qemu.PASS, has=[
        r'SRAT: PXM 0 -> APIC 0x00 -> Node 0$', r'SRAT: PXM 1 -> APIC 0x01 -> Node 1$',
        r'SRAT: Node 0 PXM 0 \[mem 0x00000000-0x0009ffff\]$', r'SRAT: Node 1 PXM 1 \[mem 0x04000000-0x07ffffff\]$', BOOTED])


# ---- bad tables ----

def test_tables_of_our_own(tmp_path):
    """The set that the other tests spoil is sound: it even switches the power off."""
    result = Tables().boot(tmp_path, f'{BUSYBOX} poweroff -f', debugexit=False)
    result.must(has=[r'ACPI: RSDP 0x0000000004000000 000024 \(v02 PRIMER\)', r'ACPI: XSDT', r'ACPI: APIC .*PRIMER TESTTABL',
                     r'ACPI: \(supports S0 S5\)'], hasnot='ignored')
    assert result.why == 'poweroff', result.describe()


@pytest.mark.parametrize('where, says', [
    (0, 'RSDP 0x0000000004000000: no signature: ignored'),
    (8, 'RSDP 0x0000000004000000: incorrect checksum: ignored'),
    (21, 'RSDP 0x0000000004000000: incorrect length: ignored'),
    (32, 'RSDP 0x0000000004000000: incorrect extended checksum: ignored'),
])
def test_bad_root(tmp_path, where, says):
    tables = Tables()
    tables.flip(BASE + where)
    tables.boot(tmp_path).must(status=qemu.PASS, has=[re.escape(says), 'A valid RSDP was not found', 'found SMP MP-table', BOOTED])


def test_bad_xsdt_leaves_the_rsdt(tmp_path):
    tables = Tables()
    tables.flip(BASE + 0x120)
    tables.boot(tmp_path).must(status=qemu.PASS, has=[r'XSDT .*Incorrect checksum in table \[XSDT\]', 'ACPI: RSDT', 'Using ACPI', BOOTED])


def test_bad_madt_leaves_the_mp_table(tmp_path):
    tables = Tables()
    tables.flip(tables.at[2] + 40)
    tables.boot(tmp_path).must(status=qemu.PASS, has=[
        r'APIC .*Incorrect checksum in table \[APIC\] - 0x[0-9A-F]{2}, should be 0x[0-9A-F]{2}: ignored', 'found SMP MP-table', BOOTED])


def test_bad_dsdt_leaves_no_power_off(tmp_path):
    tables = Tables()
    tables.flip(tables.at[0] + 38)
    tables.boot(tmp_path).must(status=qemu.PASS, has=[r'DSDT .*Incorrect checksum', r'no \\_S5: the power cannot be switched off', BOOTED])


def test_entries_that_point_nowhere(tmp_path):
    """Empty, beyond physical memory, at the end of the address space, at the XSDT itself, twice at the same, at zeros, at text."""
    text = b'This is no table. ' * 4
    tables = Tables([dsdt(), None, madt(), text],
                    lambda at: [0, 1 << 52, (1 << 64) - 16, BASE + 0x100, at[1], at[1], BASE + 0x50, at[3], at[2], 0xfee00000])
    tables.boot(tmp_path).must(status=qemu.PASS, has=['XSDT: entry 0 is empty', 'no memory there: ignored', 'no signature: ignored',
                                                     'Using ACPI', r'\(supports S0 S5\)', BOOTED])


@pytest.mark.parametrize('length', [0, 35, 0x7fffffff, 0xffffffff])
def test_impossible_lengths(tmp_path, length):
    tables = Tables()
    tables.put(tables.at[2] + 4, struct.pack('<I', length))
    tables.put(tables.at[1] + 4, struct.pack('<I', length))
    tables.boot(tmp_path).must(status=qemu.PASS, has=[r'FACP .*(shorter than its header|impossibly long): ignored',
                                                     'no FADT: no power management', BOOTED])


def test_records_without_length(tmp_path):
    """With a correct checksum, so that the records are read."""
    body = struct.pack('<II', 0xfee00000, 1) + struct.pack('<BBBBI', 0, 8, 0, 0, 1) + bytes(6) + b'\x01\x0c\0\0'
    Tables([dsdt(), None, table(b'APIC', body)]).boot(tmp_path).must(status=qemu.PASS, has=[
        r'APIC: entry of type 0 with a length of 0, 10 bytes are left: the rest is ignored', BOOTED])


@pytest.mark.parametrize('number', range(3))
def test_random_bytes(tmp_path, number):
    """Bytes changed anywhere: whatever is still believed, it boots."""
    seed = random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    tables = Tables()
    used = [at for at in range(len(tables.image)) if tables.image[at]]
    for _ in range(dice.choice([1, 2, 8, 40])):
        tables.image[dice.choice(used)] = dice.randrange(256)
    result = tables.boot(tmp_path)
    assert (result.why, result.status) == ('exit', qemu.PASS), f'seed {seed}; {result.describe()}'


def test_tables_added_by_qemu(tmp_path):
    """Sound as tables, nonsense inside: too short, records that overlap the end, addresses that cannot be."""
    files = {'SRAT': bytes(12) + bytes([0, 200]) + bytes(30), 'MCFG': bytes(8) + b'\xff' * 16 + b'\1' * 7, 'HPET': bytes(3)}
    extra = []
    for signature, data in files.items():
        path = tmp_path / signature
        path.write_bytes(data)
        extra += ['-acpitable', f'sig={signature},rev=1,data={path}']
    qemu.boot(machine='pc,hpet=off', extra=extra).must(status=qemu.PASS, has=[
        r'SRAT: entry of type 0 with a length of 200, 32 bytes are left: the rest is ignored', r'MCFG: segment 65535.*ignored',
        r'MCFG: 7 bytes behind the last entry', r'HPET: 39 bytes are too short: ignored', BOOTED])


# ---- power ----

@pytest.mark.parametrize('machine', ['pc', 'q35'])
def test_poweroff(machine):
    result = qemu.boot(f'{BUSYBOX} poweroff -f', machine=machine, debugexit=False)
    assert result.why == 'poweroff', result.describe()
    result.must(has=[r'reboot: Power down', 'acpi_power_off called'])


@pytest.mark.parametrize('machine', ['pc', 'q35'])
def test_reboot(machine):
    """On pc the FADT names no reset register: the keyboard controller does it."""
    result = qemu.boot(f'{BUSYBOX} reboot -f', machine=machine, debugexit=False)
    assert result.why == 'reset', result.describe()
    result.must(has='reboot: Restarting system')


def test_poweroff_without_acpi_halts():
    result = qemu.boot(f'acpi=off {BUSYBOX} poweroff -f', debugexit=False, idle=20)
    assert result.why == 'idle', result.describe()
    result.must(has='System halted: no way to switch the power off')


def test_power_button(tmp_path):
    """system_powerdown arrives as the ACPI interrupt, and is counted as one."""
    how = script(tmp_path, 'echo ready', *('$B head -n 1', '$B grep acpi /proc/interrupts') * 2, '$B head -n 1')
    with qemu.Machine(**how) as machine:
        counts = []
        machine.expect('^ready')
        for press in range(2):
            if press:
                machine.monitor('system_powerdown')
                machine.expect(r'ACPI: button/power PWRF: power button pressed')
            machine.serial.sendall(b'\n')
            counts.append(int(machine.expect(r'^ +9: +(\d+) .*acpi$').group(1)))
        assert counts[1] == counts[0] + 1


@pytest.mark.parametrize('machine', ['pc', 'q35'])
def test_ports_and_addresses_are_claimed(tmp_path, machine):
    qemu.boot(machine=machine, **script(tmp_path, '$B cat /proc/ioports /proc/iomem')).must(has=[
        r'^ *0600-0603 : ACPI PM1a_EVT_BLK$', r'^ *0604-0605 : ACPI PM1a_CNT_BLK$', r'^ *0608-060b : ACPI PM_TMR$',
        r'^ *fed00000-fed003ff : HPET 0$'] +
        ([r'^ *b0000000-bfffffff : PCI MMCONFIG 0000 \[bus 00-ff\]$'] if machine == 'q35' else []))
