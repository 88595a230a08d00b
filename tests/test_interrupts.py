# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts of a whole machine: what /proc says of them, that the counts move and on which CPU, each kind of controller, an NMI
from outside, and what entry and exit cost in instructions."""
import re

import pytest

import qemu
from mkinitramfs import Archive

# Each line that is typed is a command: a shell's own prompt would want poll().
SCRIPT = '''B=/bin/busybox
$B mount -t proc proc /proc
echo ready
while true; do $B head -n 1 >/line; . /line; done
'''


@pytest.fixture(scope='module')
def shell(tmp_path_factory):
    """An archive whose init runs what is typed."""
    archive = Archive()
    for name in ('/dev', '/proc', '/bin'):
        archive.directory(name)
    archive.node('/dev/console', 'c', 5, 1)
    with open('/bin/busybox', 'rb') as busybox:
        archive.file('/bin/busybox', busybox.read(), 0o755)
    archive.file('/script', SCRIPT.encode(), 0o644)
    path = tmp_path_factory.mktemp('irq') / 'initrd.cpio'
    path.write_bytes(archive.write())
    return str(path)


class Shell:
    """A machine with a shell on its serial port."""

    def __init__(self, initrd, append='', **how):
        self.machine = qemu.Machine('quiet rdinit=/bin/busybox ' + append + ' -- sh /script', initrd=initrd, **how)
        self.count = 0

    def __enter__(self):
        self.machine.__enter__()
        self.machine.expect(r'^ready')
        return self

    def __exit__(self, *why):
        self.machine.__exit__(*why)

    def run(self, command):
        """What a command prints."""
        self.count += 1
        self.machine.send(f'{{ {command}; }} 2>&1; echo "="{self.count}\n')
        said = self.machine.expect(rf'(?s)\n(.*?)^={self.count}$').group(1)
        return re.sub(r'\[ *\d+\.\d{6}\] [^\n]*\n', '', said)      # the kernel may have spoken meanwhile

    def interrupts(self):
        """{name: ([count on each CPU], the rest of the line)}"""
        text = self.run('$B cat /proc/interrupts')
        lines = {}
        for line in text.splitlines():
            match = re.match(r' *(\w+): ((?: *\d+)+) ?(.*)', line)
            if match:
                lines[match.group(1)] = ([int(n) for n in match.group(2).split()], match.group(3))
        return lines


# ---- the files ----

INTERRUPT_LINES = [r' {11}(CPU\d+ {1,8})+',
                   r' *\d+: ( *\d+ )+ {1,2}(IO-APIC| XT-PIC) +\d*(-(edge|fasteoi) *)?(  \S+(, \S+)*)?',
                   r'(NMI|LOC|SPU|PLT|RES|CAL|TLB): ( *\d+ )+  \w[\w -]+',
                   r'ERR: +\d+']
SOFTIRQS = ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU']


@pytest.fixture(scope='module')
def two(shell):
    """A machine of two CPUs, for those who only look."""
    with Shell(shell, smp=2) as machine:
        yield machine


@pytest.mark.xdist_group('interrupts')
def test_format_of_interrupts(two):
    text = two.run('$B cat /proc/interrupts').strip('\n')
    lines = text.split('\n')
    assert re.fullmatch(r' {11}CPU0 {7}CPU1 {7}', lines[0]), text
    for line in lines[1:]:
        assert any(re.fullmatch(form, line.rstrip()) for form in INTERRUPT_LINES[1:]), f'{line!r} in\n{text}'
    names = [line.split(':')[0].strip() for line in lines[1:]]
    assert [name for name in names if not name.isdigit()] == ['NMI', 'LOC', 'SPU', 'PLT', 'RES', 'CAL', 'TLB', 'ERR'], text


@pytest.mark.xdist_group('interrupts')
def test_format_of_softirqs(two):
    lines = two.run('$B cat /proc/softirqs').strip('\n').split('\n')
    assert re.fullmatch(r' {20}CPU0 {7}CPU1 {7}', lines[0]), lines
    for name, line in zip(SOFTIRQS, lines[1:], strict=True):
        assert re.fullmatch(rf' *{name}:( {{1,10}}\d+){{2}}', line.rstrip()) and line.index(':') == 12, line


@pytest.mark.xdist_group('interrupts')
def test_stat_agrees_with_interrupts(two):
    before = two.interrupts()
    stat = two.run('$B cat /proc/stat')
    intr = [int(n) for n in re.search(r'^intr (.*)', stat, re.M).group(1).split()]
    softirq = [int(n) for n in re.search(r'^softirq (.*)', stat, re.M).group(1).split()]
    after = two.interrupts()
    assert len(intr) == 257 and len(softirq) == 11
    assert softirq[0] == sum(softirq[1:])
    # The sum is made before the lines, and interrupts go on meanwhile.
    assert intr[0] + sum(sum(after[name][0]) - sum(before[name][0]) for name in filter(str.isdigit, before)) >= sum(intr[1:])
    for name in filter(str.isdigit, before):
        assert sum(before[name][0]) <= intr[1 + int(name)] <= sum(after[name][0]), name


@pytest.mark.xdist_group('interrupts')
def test_devices_are_named(two):
    said = {what.split()[-1]: name for name, (_, what) in two.interrupts().items() if name.isdigit() and what.split()}
    assert said.get('ttyS0') == '4' and said.get('i8042') == '1' and said.get('acpi') == '9', said


@pytest.mark.xdist_group('interrupts')
def test_typing_moves_the_keyboards_count_on_the_cpu_that_was_chosen(two):
    before = two.interrupts()['1'][0]
    two.machine.monitor('sendkey a')
    for _ in range(50):
        after = two.interrupts()['1'][0]
        if after != before:
            break
    assert sum(after) > sum(before)
    # Now to the other CPU.
    assert two.run('$B cat /proc/irq/1/smp_affinity').strip() == '3'
    here = int(two.run('$B cat /proc/irq/1/effective_affinity_list').strip())
    other = 1 - here
    two.run(f'echo {1 << other} >/proc/irq/1/smp_affinity')
    assert two.run('$B cat /proc/irq/1/effective_affinity_list').strip() == str(other)
    before = two.interrupts()['1'][0]
    two.machine.monitor('sendkey b')
    for _ in range(50):
        after = two.interrupts()['1'][0]
        if after != before:
            break
    assert after[other] > before[other] and after[here] == before[here], (before, after)
    two.run('echo 0-1 >/proc/irq/1/smp_affinity_list')
    assert two.run('$B cat /proc/irq/1/smp_affinity_list').strip() == '0-1'


@pytest.mark.xdist_group('interrupts')
@pytest.mark.parametrize('text, error', [('0', 'Invalid argument'), ('fc', 'Invalid argument'), ('x', 'Invalid argument'),
                                         ('1,00000000,00000000', 'Value too large|overflow')])
def test_affinity_refuses_what_cannot_be(two, text, error):
    said = two.run(f'echo {text} >/proc/irq/1/smp_affinity')
    assert re.search(error, said), said


@pytest.mark.xdist_group('interrupts')
@pytest.mark.parametrize('name', ['effective_affinity', 'effective_affinity_list', 'node', 'spurious'])
def test_what_is_only_shown_cannot_be_written(two, name):
    before = two.run('$B cat /proc/irq/1/smp_affinity /proc/irq/1/effective_affinity')
    said = two.run(f'echo 2 >/proc/irq/1/{name}')
    assert re.search('I/O error|Input/output error', said), said
    assert two.run('$B cat /proc/irq/1/smp_affinity /proc/irq/1/effective_affinity') == before


@pytest.mark.xdist_group('interrupts')
def test_an_nmi_from_outside_is_counted_and_survived(two):
    before = sum(two.interrupts()['NMI'][0])
    two.machine.monitor('nmi')
    for _ in range(50):
        after = sum(two.interrupts()['NMI'][0])
        if after > before:
            break
    assert after > before
    two.run('true')
    assert 'NMI received for unknown reason' in two.machine.text


@pytest.mark.xdist_group('interrupts')
def test_ksoftirqd_of_each_cpu_is_there(two):
    said = two.run('$B ps')
    assert 'ksoftirqd/0' in said and 'ksoftirqd/1' in said, said


# ---- the controllers ----

@pytest.mark.parametrize('machine, append, chip', [
    ('q35', '', 'IO-APIC'), ('pc', '', 'IO-APIC'), ('pc,acpi=off', '', 'IO-APIC'), ('q35', 'noapic', 'XT-PIC'),
    ('pc', 'nolapic', 'XT-PIC'), ('pc', 'acpi=off nolapic', 'XT-PIC')],
    ids=['q35', 'pc', 'mptable', 'virtual-wire', 'no-local-apic', 'nothing-but-8259'])
def test_each_controller_delivers(shell, machine, append, chip):
    with Shell(shell, append, machine=machine) as here:
        lines = here.interrupts()
        assert chip in lines['4'][1], lines
        before = sum(lines['1'][0])
        here.machine.monitor('sendkey a')
        for _ in range(50):
            after = sum(here.interrupts()['1'][0])
            if after > before:
                break
        assert after > before
        ticks = sum(here.interrupts()['LOC'][0]) + sum(here.interrupts()['0'][0])
        assert ticks > 0


# ---- the cost ----

# Instructions from the store that sends the interrupt to the handler's first line, and from its last to the interrupted one.
LIMITS = {'a simple system vector': (75, 35), 'a system vector': (80, 50), 'an edge line': (125, 90), 'a level line': (115, 90)}


def test_what_entry_and_exit_cost():
    result = qemu.boot('kunit=irq_entry.cost*', cpu=qemu.ICOUNT_CPU, extra=qemu.ICOUNT).must(status=qemu.PASS)
    costs = {what: (int(entry), int(leave)) for what, entry, leave in
             re.findall(r'# cost of (.*): entry (\d+), exit (\d+)', result.text)}
    assert costs.keys() == LIMITS.keys(), result.describe()
    for what, (entry, leave) in LIMITS.items():
        assert costs[what][0] <= entry and costs[what][1] <= leave, costs
