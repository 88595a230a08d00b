#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""trace_perf.py TRACE PERF.DATA - a trace as text, made into the file that perf reads.

The problem. The tools that know what to do with a scheduling trace - perf sched latency, perf sched map, perf sched timehist, perf
timechart - read perf.data and nothing else. The kernel's trace is text.

The idea. The text has all that the binary has. Each line becomes a sample of a tracepoint; the descriptions of the tracepoints, which perf
looks for in the file, are written from the table below in the words of Linux's "format" files.

	header | attributes, one an event | ids | samples, in order of time | tracing data: the formats

The layout is that of Linux's tools/perf/Documentation/perf.data-file-format.txt; the tracing data is version 0.6 of trace-cmd's.
"""
import re
import struct
import sys

LINE = re.compile(r'^\s*(?P<comm>.{1,16}?)-(?P<pid>\d+)\s+\[(?P<cpu>\d+)\]\s+(?P<flags>\S{4})\s+(?P<sec>\d+)\.(?P<usec>\d{6}): '
                  r'(?P<event>\w+): (?P<args>.*)$')

STATES = {'R': 0, 'S': 1, 'D': 2, 'T': 4, 't': 8, 'X': 0x10, 'Z': 0x20, 'P': 0x40, 'I': 0x80}

# Fields of each event: (C type, name, struct format, how the text shows it). {} in a pattern stands for the value.
WORD, NUMBER, STATE = r'(\S+)', r'(-?\d+)', r'([A-Za-z])\+?'
COMM = ('char', 'comm[16]', '16s')
EVENTS = {
    'sched_switch': ('sched', [('char', 'prev_comm[16]', '16s'), ('pid_t', 'prev_pid', 'i'), ('int', 'prev_prio', 'i'),
                               ('long', 'prev_state', 'q'), ('char', 'next_comm[16]', '16s'), ('pid_t', 'next_pid', 'i'),
                               ('int', 'next_prio', 'i')],
                     rf'prev_comm={WORD} prev_pid={NUMBER} prev_prio={NUMBER} prev_state={STATE} ==> next_comm={WORD} '
                     rf'next_pid={NUMBER} next_prio={NUMBER}'),
    'sched_waking': ('sched', [COMM, ('pid_t', 'pid', 'i'), ('int', 'prio', 'i'), ('int', 'target_cpu', 'i')],
                     rf'comm={WORD} pid={NUMBER} prio={NUMBER} target_cpu={NUMBER}'),
    'sched_stat_runtime': ('sched', [COMM, ('pid_t', 'pid', 'i'), ('int', 'pad', 'i'), ('u64', 'runtime', 'Q'), ('u64', 'vruntime', 'Q')],
                           rf'comm={WORD} pid={NUMBER}() runtime={NUMBER} \[ns\] vruntime={NUMBER} \[ns\]'),
    'sched_migrate_task': ('sched', [COMM, ('pid_t', 'pid', 'i'), ('int', 'prio', 'i'), ('int', 'orig_cpu', 'i'),
                                     ('int', 'dest_cpu', 'i')],
                           rf'comm={WORD} pid={NUMBER} prio={NUMBER} orig_cpu={NUMBER} dest_cpu={NUMBER}'),
    'sched_process_fork': ('sched', [('char', 'parent_comm[16]', '16s'), ('pid_t', 'parent_pid', 'i'),
                                     ('char', 'child_comm[16]', '16s'), ('pid_t', 'child_pid', 'i')],
                           rf'comm={WORD} pid={NUMBER} child_comm={WORD} child_pid={NUMBER}'),
    'sched_process_exit': ('sched', [COMM, ('pid_t', 'pid', 'i'), ('int', 'prio', 'i')], rf'comm={WORD} pid={NUMBER} prio={NUMBER}'),
}
EVENTS['sched_wakeup'] = EVENTS['sched_wakeup_new'] = EVENTS['sched_waking']
NAMES = sorted(EVENTS)
FIRST_ID = 100

COMMON = [('unsigned short', 'common_type', 0, 2, 0), ('unsigned char', 'common_flags', 2, 1, 0),
          ('unsigned char', 'common_preempt_count', 3, 1, 0), ('int', 'common_pid', 4, 4, 1)]

PERF_TYPE_TRACEPOINT = 2
SAMPLE_IP, SAMPLE_TID, SAMPLE_TIME, SAMPLE_CPU, SAMPLE_PERIOD, SAMPLE_RAW, SAMPLE_IDENTIFIER = \
    1 << 0, 1 << 1, 1 << 2, 1 << 7, 1 << 8, 1 << 10, 1 << 16
SAMPLE_TYPE = SAMPLE_IP | SAMPLE_TID | SAMPLE_TIME | SAMPLE_CPU | SAMPLE_PERIOD | SAMPLE_RAW | SAMPLE_IDENTIFIER
RECORD_COMM, RECORD_FORK, RECORD_SAMPLE = 3, 7, 9
ATTR_SIZE = 112
HEADER_TRACING_DATA, HEADER_NRCPUS = 1, 7


def parse(lines):
    """The events of a trace that perf shall see, as (event, cpu, pid, comm, nanoseconds, flags, values)."""
    found, unknown = [], 0
    for line in lines:
        if line.startswith('#'):
            continue
        match = LINE.match(line)
        if not match or match['event'] not in EVENTS:
            unknown += bool(match is None and line.strip())
            continue
        _, fields, pattern = EVENTS[match['event']]
        args = re.fullmatch(pattern, match['args'].strip())
        if not args:
            sys.exit(f'trace_perf.py: {match["event"]} does not read as expected: {match["args"]}')
        values = []
        for (_, name, form), text in zip(fields, args.groups()):
            if form == '16s':
                values.append(text.encode())
            elif name == 'prev_state':
                values.append(STATES[text])
            else:
                values.append(int(text or 0))
        found.append((match['event'], int(match['cpu']), int(match['pid']), match['comm'].strip(),
                      int(match['sec']) * 10**9 + int(match['usec']) * 1000, match['flags'], values))
    if unknown:
        print(f'trace_perf.py: {unknown} lines are no events', file=sys.stderr)
    return found


def layout(fields):
    """Offsets of the fields behind the common ones: [(type, name, offset, size, signed)], and the size of all."""
    offset, rows = 8, []
    for kind, name, form in fields:
        size = struct.calcsize(form)
        align = 1 if form == '16s' else size
        offset = (offset + align - 1) // align * align
        rows.append((kind, name, offset, size, int(form in 'iq' or form == '16s')))
        offset += size
    return rows, offset


def description(name, number):
    """The "format" file of an event."""
    def row(kind, field, offset, size, signed):
        return f'\tfield:{kind} {field};\toffset:{offset};\tsize:{size};\tsigned:{signed};\n'
    rows, _ = layout(EVENTS[name][1])
    numbers = [field for field in rows if '[' not in field[1]]
    text = ' '.join(f'{field[1]}=%lld' for field in numbers)
    args = ', '.join(f'REC->{field[1]}' for field in numbers)
    return (f'name: {name}\nID: {number}\nformat:\n' + ''.join(row(*field) for field in COMMON) + '\n' +
            ''.join(row(*field) for field in rows) + f'\nprint fmt: "{text}", {args}\n').encode()


def tracing_data():
    """The section that tells how raw samples are laid out."""
    page = (b'\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n'
            b'\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n')
    out = b'\x17\x08\x44tracing' + b'0.6\0' + struct.pack('<BBI', 0, 8, 4096)
    out += b'header_page\0' + struct.pack('<Q', len(page)) + page
    out += b'header_event\0' + struct.pack('<Q', 0)
    out += struct.pack('<I', 0)                                     # files of ftrace's own events
    systems = {}
    for number, name in enumerate(NAMES):
        systems.setdefault(EVENTS[name][0], []).append(description(name, FIRST_ID + number))
    out += struct.pack('<I', len(systems))
    for system, texts in sorted(systems.items()):
        out += system.encode() + b'\0' + struct.pack('<I', len(texts))
        for text in texts:
            out += struct.pack('<Q', len(text)) + text
    return out + struct.pack('<IIQ', 0, 0, 0)                       # kallsyms, printk formats, saved command lines


def attribute(number):
    """struct perf_event_attr, version 5."""
    bits = 1 << 1 | 1 << 18                                         # inherit, sample_id_all
    return struct.pack('<IIQQQQQIIQQQQIiQIHH', PERF_TYPE_TRACEPOINT, ATTR_SIZE, FIRST_ID + number, 1, SAMPLE_TYPE, 0, bits,
                       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def record(kind, body, misc=0):
    return struct.pack('<IHH', kind, misc, 8 + len(body)) + body


def sample(event, cpu, pid, nanoseconds, values):
    rows, size = layout(EVENTS[event][1])
    raw = bytearray(size)
    number = NAMES.index(event)
    struct.pack_into('<HBBi', raw, 0, FIRST_ID + number, 0, 0, pid)
    for (_, _, offset, _, _), (_, _, form), value in zip(rows, EVENTS[event][1], values):
        struct.pack_into('<' + form, raw, offset, value)
    raw += bytes(-(len(raw) + 4) % 8)                               # with its length in front a multiple of 8
    return record(RECORD_SAMPLE, struct.pack('<QQIIQIIQI', number + 1, 0, pid, pid, nanoseconds, cpu, 0, 1, len(raw)) + raw, 1)


def comm(pid, name, nanoseconds=0):
    text = name.encode()[:15] + b'\0'
    sample_id = struct.pack('<IIQIIQ', pid, pid, nanoseconds, 0, 0, 1)      # whose, when, where, by which event
    return record(RECORD_COMM, struct.pack('<II', pid, pid) + text + bytes(-len(text) % 8) + sample_id)


def names_in(event, pid, name, values):
    """The tasks that an event names, as (PID, name)."""
    if pid:
        yield pid, name
    if event == 'sched_switch':
        yield values[1], values[0].decode()
        yield values[5], values[4].decode()
    elif event == 'sched_process_fork':
        yield values[1], values[0].decode()
        yield values[3], values[2].decode()
    else:
        yield values[1], values[0].decode()


def samples(events):
    """All events in order of time, each behind the names that have changed with it: perf knows a task by its last name."""
    names = {0: 'swapper'}
    yield comm(0, 'swapper')
    for event, cpu, pid, name, when, _, values in events:
        for task, its_name in names_in(event, pid, name, values):
            if task and names.get(task) != its_name:
                names[task] = its_name
                yield comm(task, its_name, when)
        yield sample(event, cpu, pid, when, values)


def perf_data(events):
    events = sorted(events, key=lambda event: event[4])
    data = b''.join(samples(events))
    header_size, ids_size = 104, 8 * len(NAMES)
    attrs_at = header_size + ids_size
    attrs_size = len(NAMES) * (ATTR_SIZE + 16)
    data_at = attrs_at + attrs_size
    ids = b''.join(struct.pack('<Q', number + 1) for number in range(len(NAMES)))
    attrs = b''.join(attribute(number) + struct.pack('<QQ', header_size + 8 * number, 8) for number in range(len(NAMES)))
    cpus = max(event[1] for event in events) + 1
    features = [(HEADER_TRACING_DATA, tracing_data()), (HEADER_NRCPUS, struct.pack('<II', cpus, cpus))]
    at = data_at + len(data) + 16 * len(features)
    index = b''
    for _, blob in features:
        index += struct.pack('<QQ', at, len(blob))
        at += len(blob)
    flags = sum(1 << bit for bit, _ in features)
    header = struct.pack('<8sQQQQQQQQQQQQ', b'PERFILE2', header_size, ATTR_SIZE + 16, attrs_at, attrs_size, data_at, len(data), 0, 0,
                         flags, 0, 0, 0)
    return header + ids + attrs + data + index + b''.join(blob for _, blob in features)


def main(argv):
    if len(argv) != 2:
        sys.exit(__doc__)
    with open(argv[0], encoding='utf-8', errors='replace') as source:
        events = parse(source)
    if not events:
        sys.exit(f'trace_perf.py: no scheduling events in {argv[0]}: was the kernel booted with trace_event=sched:*?')
    with open(argv[1], 'wb') as out:
        out.write(perf_data(events))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
