# SPDX-License-Identifier: GPL-2.0-only
"""Every lock that the kernel's sources define or initialise, with or without a rank; and every word that is used as one.

A lock is found three times over: where it is initialised, where it is declared, and (test_locking.py) by lockdep when it is taken.
"""
import functools
import os
import re
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TOPS = ('boot', 'drivers', 'fs', 'include', 'kernel', 'lib', 'mm', 'sched')

# What a declaration calls a lock. With lockdep: initialised by one of macros(). Without: a row of the second table.
JUDGED = ('spinlock_t', 'raw_spinlock_t', 'rwlock_t', 'seqlock_t', 'struct mutex', 'struct rt_mutex', 'struct rw_semaphore')
BARE = ('arch_spinlock_t', 'struct qspinlock', 'struct optimistic_spin_queue', 'struct semaphore', 'seqcount_t', 'seqcount_spinlock_t',
        'seqcount_raw_spinlock_t')
DECLARED = re.compile(r'(?<![\w(])(?<!typedef )(extern )?(?:static )?\b(' + '|'.join(JUDGED + BARE) +
                      r')(?:\[\w*\])?[\s,]+(\w+)(?:\[[^\]]*\])*\s*(?:__\w+(?:\([^)]*\))?\s*)*[;=)]')
# The parts of the locks themselves.
PARTS = {('include/primer/spinlock_types.h', 'raw'), ('include/primer/seqlock.h', 'seqcount'), ('include/primer/seqlock.h', 'lock')}

# How a plain word is taken. The last way only waits for one.
TAKEN = [re.compile(text) for text in (
    r'\b(?:atomic_)?xchg(?:_acquire)?\(&([^,;]+), (?:1|true)\)',
    r'\b(?:atomic_)?cmpxchg(?:_acquire)?\(&([^,;]+), (?:0|-1|NULL|[A-Z]\w*_INVALID), ',
    r'\btry_cmpxchg_acquire\(&([^,;]+),',
    r'\b(?:__)?test_and_set_bit(?:_lock)?\(([^;]+?)\)+ *(?:[;)&|]|$)',
    r'\barch_spin_(?:try)?lock\(&([^);]+)\)',
    r'\b(?:osq_lock|bit_spin_(?:try)?lock)\(&([^);]+)\)',
    r'\b(?:DEFINE_SEMAPHORE|sema_init)\(&?([^);,]+)',
    r'\bTest(?:Set|Clear)Page(\w+)\(',
    r'\bwhile \(smp_load_acquire\(&([^);]+)\)',
)]
# Where those operations, and the locks, are made.
MAKERS = ('include/asm/', 'include/primer/atomic.h', 'include/primer/bitops.h', 'include/primer/cpumask.h', 'include/primer/page-flags.h',
          'include/primer/rwlock.h', 'include/primer/semaphore.h', 'include/primer/spinlock.h', 'kernel/locking/osq_lock.c',
          'kernel/locking/qrwlock.c', 'kernel/locking/qspinlock.c', 'kernel/locking/spinlock_debug.c')


@dataclass(frozen=True)
class Lock:
    rank: str			# None: without
    expr: str			# as the initialiser has it: the name that lockdep prints
    path: str
    sleeps: bool

    @property
    def name(self):
        return last(self.expr)


def last(expr):
    """The member or variable at the end of an expression."""
    return re.findall(r'\w+', re.sub(r'\[[^\]]*\]', '', expr))[-1]


def bare(text):
    """C without comments and strings."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', lambda m: '""' if m[0][0] == '"' else ' ', text, flags=re.S)


@functools.cache
def source(path):
    with open(os.path.join(ROOT, path)) as file:
        return bare(file.read())


@functools.cache
def paths(tops=TOPS):
    return [os.path.relpath(os.path.join(folder, name), ROOT) for top in tops
            for folder, _, files in sorted(os.walk(os.path.join(ROOT, top))) for name in sorted(files) if name.endswith(('.c', '.h'))]


@functools.cache
def macros():
    """The macros that initialise a lock: those that hand their last argument on to __LOCK_RANK()."""
    bodies = {}
    for path in paths(('include',)):
        for name, body in re.findall(r'^#define (\w+)\([^)]*\.\.\.\)((?:[^\n]*\\\n)*[^\n]*)', source(path), re.M):
            bodies[name] = bodies.get(name, '') + body
    found, more = set(), {'__LOCK_RANK'}
    while more:
        found |= more
        more = {name for name, body in bodies.items() if '__VA_ARGS__' in body and any(re.search(rf'\b{f}\(', body) for f in found)} - found
    return found - {'__LOCK_RANK'}


def arguments(text, at):
    """Those of the call whose parenthesis opens at @at."""
    args, depth, begin = [], 0, at + 1
    for i in range(at, len(text)):
        if text[i] in '([{':
            depth += 1
        elif text[i] in ')]}':
            depth -= 1
        if depth == 0 or (depth == 1 and text[i] == ','):
            args.append(' '.join(text[begin:i].split()))
            begin = i + 1
        if depth == 0:
            return args


def find_locks(path, text):
    """Every Lock that is initialised in @text."""
    call = re.compile(r'(#define )?(?<!\w)(' + '|'.join(sorted(macros())) + r'|__mutex_init|__rt_mutex_init|__init_rwsem)\(')
    found, text = set(), bare(text)
    for match in call.finditer(text):
        args = arguments(text, match.end() - 1)
        # Not the macros' own definitions, and what they call.
        if match[1] or '__VA_ARGS__' in ' '.join(args) or '__lock_name' in args or re.match(r'struct \w+ \*', args[0]):
            continue
        rank = re.fullmatch(r'LOCK_RANK_(\w+)', args[-1])
        found.add(Lock(rank[1] if rank and rank[1] != 'NONE' else None, args[0].lstrip('&'), path, bool(re.search('mutex|rwsem', match[2], re.I))))
    if path not in ('include/primer/spinlock.h', 'include/primer/seqlock.h'):
        found |= {Lock(None, match[0], path, False) for match in re.finditer(r'\(\s*(' + '|'.join(JUDGED) + r')\s*\)\s*\{', text)}
    return found


@functools.cache
def initialised(tops=TOPS):
    """Every Lock that is initialised below @tops."""
    return {lock for path in paths(tops) for lock in find_locks(path, source(path))}


def code(text):
    """@text without macros."""
    return re.sub(r'^#define.*(?:\\\n.*)*', '', text, flags=re.M)


@functools.cache
def declared():
    """(type, name, file) of each declaration that makes a lock."""
    return [(kind, name, path) for path in paths() for extern, kind, name in DECLARED.findall(code(source(path)))
            if not extern and (path, name) not in PARTS]


def find_words(path, text):
    """(name, file) of each word that is taken in @text like a lock."""
    found = set()
    for pattern in TAKEN:
        for taken in pattern.findall(code(bare(text))):
            bit, _, word = taken.partition(', ')
            # A bit that has a name stands for the word.
            name = bit if re.fullmatch(r'[A-Z]\w+', bit) else last(word or bit)
            found.add((f'PG_{name.lower()}' if 'Page' in pattern.pattern else name, path))
    return found


@functools.cache
def words():
    """The same for the kernel, and the locks that lockdep does not judge."""
    return {(name, path) for kind, name, path in declared() if kind in BARE} | \
        {word for path in paths() if not path.startswith(MAKERS) for word in find_words(path, source(path))}
