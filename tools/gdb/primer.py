# SPDX-License-Identifier: GPL-2.0-only
"""primer.py - what gdb does not know about a kernel, as commands. `make gdb` loads it; `help p-ps` explains one.

	p-ps			all tasks
	p-bt PID		the stack of a task that is not running
	p-dmesg			the log ring, also when no console ever worked
	p-percpu VAR [CPU]	a per-CPU variable
	p-pgtable ADDRESS	the walk of the page tables for an address, level by level
	p-rq [CPU]		a CPU's run queue: who runs, who waits, by virtual run time
	p-hbreak SYMBOL		a breakpoint for code that runs before paging is on

and of machine.py:

	p-cpus			each CPU: what it runs, what keeps it from being preempted, its address space
	p-interrupts		the interrupt lines: counts, vectors, users
	p-idt [VECTOR ...]	gates of the interrupt descriptor table
	p-timerlist [CPU]	the timers that are set, and the device

gdb reads memory through QEMU, which translates like the stopped CPU does; page tables and the log are therefore readable
at any moment after paging is on. Physical memory is read with QEMU's own `xp`. Nothing here writes to the guest.
"""
import os
import re
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import unwind                                   # noqa: E402

LONG = gdb.lookup_type('unsigned long')


def number(value):
    return int(value.cast(LONG)) if value.type.code == gdb.TYPE_CODE_PTR else int(value)


def address_of(name):
    return int(gdb.parse_and_eval(f'(unsigned long)&{name}'))


def container_of(pointer, type_name, member):
    """The structure of which `pointer` is the field `member`."""
    kind = gdb.lookup_type(type_name)
    field = next(field for field in kind.fields() if field.name == member)
    return gdb.Value(number(pointer) - field.bitpos // 8).cast(kind.pointer())


def list_entries(head, type_name, member):
    """The entries of a struct list_head; `head` is its address. Stops at damage instead of going round for ever."""
    node = head.dereference()['next']
    for _ in range(100000):
        if number(node) in (number(head), 0):
            return
        yield container_of(node, type_name, member)
        node = node.dereference()['next']


def rb_entries(root, type_name, member):
    """The entries of a red-black tree in order; `root` is a struct rb_node pointer."""
    if number(root):
        yield from rb_entries(root['rb_left'], type_name, member)
        yield container_of(root, type_name, member)
        yield from rb_entries(root['rb_right'], type_name, member)


def tasks():
    """All tasks: the thread group leaders from init_task on, and the threads of each."""
    first = gdb.parse_and_eval('&init_task')
    yield first
    for leader in list_entries(first['tasks'].address, 'struct task_struct', 'tasks'):
        yield leader
        for thread in list_entries(leader['thread_group'].address, 'struct task_struct', 'thread_group'):
            yield thread


def percpu(name, cpu):
    """CPU `cpu`'s copy of a per-CPU variable."""
    value = gdb.parse_and_eval(name)
    offset = int(gdb.parse_and_eval(f'__per_cpu_offset[{cpu}]'))
    where = (number(value.address) + offset) & (1 << 64) - 1
    return gdb.Value(where).cast(value.type.pointer()).dereference()


def symbol(address):
    """name+0xoffset of a code address."""
    text = gdb.execute(f'info symbol {address:#x}', to_string=True)
    match = re.match(r'(\S+)(?: \+ (\d+))? in section', text)
    return f'{match.group(1)}+{int(match.group(2) or 0):#x}' if match else '??'


STATES = [(0x80, 'X'), (0x40, 'P'), (0x4, 'T'), (0x8, 't'), (0x402, 'I'), (0x2, 'D'), (0x1, 'S')]


def state(task):
    """One letter, as /proc/PID/stat has it."""
    if int(task['exit_state']) & 0x20:
        return 'Z'
    value = int(task['state'])
    return next((letter for bits, letter in STATES if value & bits == bits), 'R')


class Command(gdb.Command):
    """A command whose help text is its docstring."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        self.run(*gdb.string_to_argv(argument))


class Ps(Command):
    """p-ps: every task: address, PID, thread group, state, CPU, switches, name."""

    def run(self):
        print(f'{"TASK":18} {"PID":>5} {"TGID":>5} S CPU {"SWITCHES":>8} {"PRIO":>4} COMM')
        for task in tasks():
            switches = int(task['nvcsw']) + int(task['nivcsw'])
            print(f'{number(task):#018x} {int(task["pid"]):5} {int(task["tgid"]):5} {state(task)} '
                  f'{int(task["thread_info"]["cpu"]):3} {switches:8} {int(task["prio"]):4} {task["comm"].string()}')


class Backtrace(Command):
    """p-bt PID: the stack of a task that is switched out, by its chain of frame pointers."""

    # What __switch_to_asm leaves on the stack: r15 r14 r13 r12 rbx rbp, then the return address.
    SAVED_RBP = 5

    def run(self, pid):
        task = next((task for task in tasks() if int(task['pid']) == int(pid, 0)), None)
        if task is None:
            raise gdb.GdbError(f'no task with PID {pid}')
        if int(task['on_cpu']):
            raise gdb.GdbError(f'{task["comm"].string()} is running: use bt in its CPU\'s thread')
        low = number(task['stack'])
        high = low + 16384
        words = gdb.Value(number(task['thread']['sp'])).cast(LONG.pointer())
        frame, address = int(words[self.SAVED_RBP]), int(words[self.SAVED_RBP + 1])
        print(f'#0  {address:#x} {symbol(address)}')
        for depth in range(1, 64):
            if frame & 1 or not low <= frame < high - 16:
                if frame & 1:
                    print('    registers of the entry from user mode or of an interrupt')
                return
            words = gdb.Value(frame).cast(LONG.pointer())
            frame, address = int(words[0]), int(words[1])
            if not address:
                return
            print(f'#{depth:<2} {address:#x} {symbol(address)}')


class Dmesg(Command):
    """p-dmesg: the kernel's log, read out of the ring."""

    def run(self):
        ring = gdb.parse_and_eval("*'ring.c'::ring")
        memory = gdb.selected_inferior()
        mask, size, text = int(ring['desc_mask']), int(ring['text_size']), number(ring['text'])
        for sequence in range(int(ring['first_seq']), int(ring['next_seq'])):
            record = ring['descs'][sequence & mask]
            length, stamp = int(record['text_len']), int(record['ts_nsec']) // 1000
            start = text + int(record['lpos']) % size
            line = memory.read_memory(start, length).tobytes().decode('utf-8', 'replace').rstrip('\n') if length else ''
            print(f'[{stamp // 1000000:5}.{stamp % 1000000:06}] {line}')


class PerCpu(Command):
    """p-percpu VAR [CPU]: a per-CPU variable of one CPU, of CPU 0 without a number."""

    def run(self, name, cpu='0'):
        value = percpu(name, int(cpu, 0))
        print(f'{name} of CPU {cpu} at {number(value.address):#x} = {value.format_string()}')


class PageTable(Command):
    """p-pgtable ADDRESS: how the CPU translates an address: each level's entry, and the rights that all together give."""

    LEVELS = [('PML4', 39), ('PDPT', 30), ('PD', 21), ('PT', 12)]
    BITS = [(0, 'present'), (1, 'write'), (2, 'user'), (3, 'write-through'), (4, 'no-cache'), (5, 'accessed'),
            (6, 'dirty'), (7, 'large'), (8, 'global'), (63, 'no-execute')]

    def run(self, expression):
        address = int(gdb.parse_and_eval(f'(unsigned long)({expression})'))
        table = int(gdb.parse_and_eval('(unsigned long)$cr3')) & ~0xfff
        writable = user = executable = True
        for name, shift in self.LEVELS:
            index = address >> shift & 511
            entry = physical_word(table + 8 * index)
            words = ' '.join(word for bit, word in self.BITS
                             if entry >> bit & 1 and not (bit == 7 and shift in (12, 39)))
            print(f'{name:4} [{index:3}] at {table + 8 * index:#012x}: {entry:#018x} {words or "not present"}')
            if not entry & 1:
                return
            writable, user = writable and bool(entry & 2), user and bool(entry & 4)
            executable = executable and not entry >> 63
            table = entry & 0x000ffffffffff000
            if shift == 12 or (entry & 0x80 and shift != 39):
                page = table & ~((1 << shift) - 1)
                rights = 'r' + 'w' * writable + 'x' * executable + (' user' if user else ' kernel')
                print(f'{address:#x} is at physical {page | address & (1 << shift) - 1:#x}, {rights}, '
                      f'page of {1 << shift - 10} KiB')
                return


def physical_word(address):
    """Eight bytes of physical memory, from QEMU's monitor."""
    text = gdb.execute(f'monitor xp /1gx {address:#x}', to_string=True)
    return int(text.split(':')[1].strip(), 16)


class RunQueue(Command):
    """p-rq [CPU]: who runs on a CPU, and who waits: the fair class's timeline by virtual run time."""

    def run(self, cpu='0'):
        queue = percpu('runqueues', int(cpu, 0))
        current = queue['curr']
        print(f'CPU {cpu}: {int(queue["nr_running"])} runnable, running {current["comm"].string()} '
              f'(PID {int(current["pid"])})')
        cfs = queue['cfs']
        floor = int(cfs['min_vruntime'])
        print(f'  fair: min_vruntime {floor} ns')
        for entity in rb_entries(cfs['tasks_timeline']['rb_root']['rb_node'], 'struct sched_entity', 'run_node'):
            task = container_of(entity, 'struct task_struct', 'se')
            ahead = (int(entity['vruntime']) - floor + (1 << 63)) % (1 << 64) - (1 << 63)
            print(f'  {int(task["pid"]):5} {task["comm"].string():16} vruntime {ahead:+} ns, '
                  f'ran {int(entity["sum_exec_runtime"])} ns, weight {int(entity["load"]["weight"])}')


class HardwareBreak(Command):
    """p-hbreak SYMBOL: a hardware breakpoint at a symbol's physical address, where the boot code runs until boot64_high."""

    START_KERNEL_MAP = 0xffffffff80000000

    def run(self, name):
        gdb.execute(f'hbreak *{address_of(name) - self.START_KERNEL_MAP:#x}')


for command, name in ((Ps, 'p-ps'), (Backtrace, 'p-bt'), (Dmesg, 'p-dmesg'), (PerCpu, 'p-percpu'), (PageTable, 'p-pgtable'),
                      (RunQueue, 'p-rq'), (HardwareBreak, 'p-hbreak')):
    command(name)
unwind.register()
if __name__ == '__main__':
    import machine                              # noqa: E402, F401
