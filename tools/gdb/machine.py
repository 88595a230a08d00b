# SPDX-License-Identifier: GPL-2.0-only
"""machine.py - interrupts, timers and CPUs of a stopped machine, as commands. primer.py loads it.

	p-cpus			each CPU: APIC ID, what it runs, what keeps it from being preempted, pending softirqs, its address space
	p-interrupts		what /proc/interrupts would say, and the vector and flow of each line
	p-idt [VECTOR ...]	gates of the interrupt descriptor table
	p-timerlist [CPU]	what is due, when: the hrtimers of each clock, the timer wheel, the device

They read the kernel's own records, as the functions behind /proc do, but without its help: also of a machine that hangs, on which
nobody can open a file any more.
"""
import gdb

from primer import Command, container_of, number, percpu, rb_entries, symbol

# Bits of the preemption count (primer/preempt.h): name, shift, width.
PREEMPT_FIELDS = [('preempt', 0, 8), ('softirq', 8, 8), ('hardirq', 16, 4), ('nmi', 20, 4)]


def cpus(mask='__cpu_online_mask'):
    """The numbers in a set of CPUs."""
    bits = int(gdb.parse_and_eval(f'{mask}.bits[0]'))
    return [cpu for cpu in range(64) if bits >> cpu & 1]


def at(pointer, cpu):
    """CPU `cpu`'s copy of what a __percpu pointer leads to."""
    offset = int(gdb.parse_and_eval(f'__per_cpu_offset[{cpu}]'))
    return gdb.Value((number(pointer) + offset) & (1 << 64) - 1).cast(pointer.type).dereference()


def entries(array):
    low, high = array.type.range()
    return range(low, high + 1)


class Cpus(Command):
    """p-cpus: each CPU that is online: APIC ID, task, preemption count by fields, pending softirqs, loaded address space."""

    def run(self):
        names = gdb.parse_and_eval('softirq_to_name')
        print(f'{"CPU":>3} {"APIC":>4} {"PID":>5} {"COMM":16} {"COUNT":24} {"SOFTIRQS":16} TABLES')
        for cpu in cpus():
            task = percpu('current_task', cpu)
            count = int(percpu('__preempt_count', cpu))
            fields = [f'{name} {count >> shift & (1 << width) - 1}' for name, shift, width in PREEMPT_FIELDS
                      if count >> shift & (1 << width) - 1]
            if not count >> 31 & 1:
                fields.append('resched')
            pending = int(percpu('irq_stat', cpu)['__softirq_pending'])
            waiting = [names[nr].string() for nr in entries(names) if pending >> nr & 1]
            tlb = percpu('cpu_tlbstate', cpu)
            tables = 'init_mm' if number(tlb['loaded_mm']) == number(gdb.parse_and_eval('&init_mm')) else f'{number(tlb["loaded_mm"]):#x}'
            print(f'{cpu:3} {int(gdb.parse_and_eval(f"x86_cpu_to_apicid[{cpu}]")):4} {int(task["pid"]):5} {task["comm"].string():16} '
                  f'{" ".join(fields) or "0":24} {" ".join(waiting) or "-":16} {tables}{" lazy" * bool(tlb["is_lazy"])}')


class Interrupts(Command):
    """p-interrupts: the lines with their counts, vector, controller, flow and users, and what each CPU counts beside them."""

    OWN = [('NMI', '__nmi_count'), ('LOC', 'apic_timer_irqs'), ('SPU', 'irq_spurious_count'), ('RES', 'irq_resched_count'),
           ('CAL', 'irq_call_count'), ('TLB', 'irq_tlb_count'), ('ERR', 'irq_err_count')]

    def run(self):
        online = cpus()
        vectors = gdb.parse_and_eval('vector_irq')
        owner = {number(vectors[vector]): vector for vector in entries(vectors) if number(vectors[vector])}
        lines = gdb.parse_and_eval('irq_descs')
        print('     ' + ''.join(f'{f"CPU{cpu}":>10} ' for cpu in online) + 'VECTOR CHIP      FLOW                 USERS')
        for irq in entries(lines):
            line = lines[irq]
            if not number(line) or not number(line['action']):
                continue
            users, action = [], line['action']
            while number(action):
                users.append(action['name'].string())
                action = action['next']
            counts = ''.join(f'{int(at(line["kstat_irqs"], cpu)):10} ' for cpu in online)
            print(f'{irq:4} {counts}{owner.get(number(line), 0):#06x} {line["irq_data"]["chip"]["name"].string().strip():9} '
                  f'{symbol(number(line["handle_irq"])).split("+")[0]:20} {", ".join(users)}')
        for name, field in self.OWN:
            print(f'{name:>4} ' + ''.join(f'{int(percpu("irq_stat", cpu)[field]):10} ' for cpu in online).rstrip())


class Idt(Command):
    """p-idt [VECTOR ...]: gates: where they lead, which rings may use them by INT, on which stack. All exceptions without a number."""

    TYPES = {0xe: 'interrupt', 0xf: 'trap'}
    STACK = ['current', 'IST1', 'IST2', 'IST3', 'IST4', 'IST5', 'IST6', 'IST7']

    def run(self, *vectors):
        for vector in [int(word, 0) for word in vectors] or range(32):
            gate = gdb.parse_and_eval(f'idt_table[{vector}]')
            address = int(gate['offset_low']) | int(gate['offset_middle']) << 16 | int(gate['offset_high']) << 32
            kind = int(gate['type'])
            name = symbol(address)
            if name.startswith('.'):            # a label inside a macro of the assembler; the next byte knows better
                name = symbol(address + 1).split('+')[0]
            print(f'{vector:#04x} {self.TYPES.get(kind & 15, "none"):9} DPL {kind >> 5 & 3} {self.STACK[int(gate["ist"]) & 7]:7} '
                  f'{int(gate["segment"]):#04x}:{address:#x} {name}')


class TimerList(Command):
    """p-timerlist [CPU]: the hrtimers of a CPU by their clocks, the timers in its wheel, and what its device waits for."""

    def run(self, *which):
        for cpu in [int(which[0], 0)] if which else cpus():
            self.show(cpu)

    def show(self, cpu):
        base = percpu('hrtimer_bases', cpu)
        device = percpu('tick_cpu_device', cpu)['evtdev']
        print(f'CPU {cpu}: ' + (f'{device["name"].string()} is set to {int(device["next_event"])} ns, {int(base["nr_events"])} interrupts'
                                if number(device) else 'no device'))
        for index in entries(base['clock_base']):
            clock = base['clock_base'][index]
            for node in rb_entries(clock['active']['rb_root']['rb_root']['rb_node'], 'struct timerqueue_node', 'node'):
                timer = container_of(node, 'struct hrtimer', 'node')
                print(f'  hrtimer {number(timer):#x} {symbol(number(timer["function"])).split("+")[0]:24} '
                      f'clock {int(clock["clockid"])}, {int(timer["_softexpires"])}-{int(timer["node"]["expires"])} ns')
        wheel = percpu('timer_bases', cpu)
        print(f'  wheel at {int(wheel["clk"])} of {int(gdb.parse_and_eval("jiffies_64"))} jiffies, next {int(wheel["next_expiry"])}')
        for bucket in entries(wheel['vectors']):
            node = wheel['vectors'][bucket]['first']
            while number(node):
                timer = container_of(node, 'struct timer_list', 'entry')
                print(f'  bucket {bucket:3}: {number(timer):#x} {symbol(number(timer["function"])).split("+")[0]:24} '
                      f'at {int(timer["expires"])} jiffies')
                node = gdb.Value(number(node)).cast(node.type).dereference()['next']


for command, name in ((Cpus, 'p-cpus'), (Interrupts, 'p-interrupts'), (Idt, 'p-idt'), (TimerList, 'p-timerlist')):
    command(name)
