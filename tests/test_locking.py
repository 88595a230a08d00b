# SPDX-License-Identifier: GPL-2.0-only
"""docs/locking.md lists every lock: its rank, where it is initialised, who takes it and what is off meanwhile.

Found in the sources (lock_sources.py), with or without a rank. Who takes a lock is compared with what lockdep saw: test_debug.py
does that after a boot with all suites, test_lockdep.py after one with programs, by wrong_contexts().
"""
import os
import re
from dataclasses import dataclass, replace

import pytest

import lock_sources
from conftest import ROOT
from lock_sources import last

WHO = ('task', 'softirq', 'hardirq', 'NMI')
# What holding a lock forbids; and what lock_ranks.h calls that.
HELD = {'may sleep': {'sleep'}, 'interrupts on': {'task'}, 'softirqs off': {'softirq'}, 'interrupts off': {'irq'},
        'interrupts on to read, off to write': {'task', 'irq'}}
HOW = ('spins', 'tries', 'sleeps', 'counts')

# Words that are changed as a lock's is, but nobody has them: nothing is guarded from the change on, and given back.
NO_LOCK = {
    'named': 'a warning that is given once', 'reported': 'a report that is given once', 'once': 'done once', 'seen': 'a mark on what was seen',
    'KTHREAD_SHOULD_PARK': 'asked once', 'on_cpu': 'waits until a task has left its CPU',
}


@dataclass(frozen=True)
class Row:
    rank: str
    locks: tuple
    files: tuple
    who: tuple			# of WHO
    held: str			# of HELD; of HOW for a word

    @property
    def names(self):
        return {last(lock) for lock in self.locks}


def document():
    with open(os.path.join(ROOT, 'docs/locking.md')) as file:
        return file.read()


def table(title, text=None):
    """The Rows of one of the tables of docs/locking.md."""
    part = (text or document()).split(f'### {title}')[1].split('\n### ')[0]
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in part.splitlines() if line.startswith('| `')]
    assert rows and all(len(row) == 6 for row in rows), 'rank, lock, file, who, held, guards'
    ticked = [[tuple(re.findall(r'`([^`]+)`', cell)) for cell in row] for row in rows]
    return [Row(rank[0] if rank else None, locks, files, who, row[4]) for row, (rank, locks, files, who, _, _) in zip(rows, ticked)]


def locks(text=None):
    return table('Every lock', text)


def bare_words(text=None):
    part = (text or document())
    return table('Words used as locks', part.replace('\n| - |', '\n| `-` |'))


def ranks():
    """{rank: (what its comment says in brackets, comment)}, in order."""
    with open(os.path.join(ROOT, 'include/primer/lock_ranks.h')) as file:
        text = file.read().split('enum lock_rank {')[1]
    found, before = {}, ''
    for line in text.splitlines():
        if match := re.match(r'\tLOCK_RANK_([A-Z_]+)', line):
            comment = line if '/*' in line else before
            said = re.search(r'\[([^\]]+)\]', comment)
            found[match[1]] = (said and said[1], comment)
        before = line
    assert found.pop('NONE')
    return found


# ---- is every lock there? ----------------------------------------------------------------------------------------------------------

def unlisted(found, rows):
    """Of the Locks @found, those that no row names under their rank, with their file."""
    return [lock for lock in found if not any(lock.rank == row.rank and lock.name in row.names and lock.path in row.files for row in rows)]


def test_every_lock_has_a_rank():
    assert not [lock for lock in lock_sources.initialised() if lock.rank is None]


def test_every_lock_has_a_row():
    assert not unlisted(lock_sources.initialised(), locks())


def test_every_declared_lock_is_initialised():
    names = {lock.name for lock in lock_sources.initialised()}
    assert not [(name, path) for kind, name, path in lock_sources.declared() if kind in lock_sources.JUDGED and name not in names]


def test_every_word_used_as_a_lock_has_a_row():
    listed = {(last(word), path) for row in bare_words() for word in row.locks for path in row.files}
    assert set(NO_LOCK) <= {name for name, path in lock_sources.words()}, 'gone from the sources'
    missing = {(name, path) for name, path in lock_sources.words() if name not in NO_LOCK} - listed
    assert not missing, 'neither a row of "Words used as locks" nor in NO_LOCK'


def test_the_sources_are_read_right():
    """The reader is of use only if it sees what people write."""
    found = lock_sources.find_locks(
        'a.c', 'static DEFINE_SPINLOCK(alone);\nmutex_init(&x->y[i].m, LOCK_RANK_TTY);\n/* DEFINE_MUTEX(comment); */\n'
        '\t.sem = __RWSEM_INITIALIZER(init.sem,\n\t\tLOCK_RANK_MMAP),\nDEFINE_RT_MUTEX(pi, LOCK_RANK_NONE); p = (spinlock_t){ .raw = x };')
    assert {(lock.rank, lock.name, lock.sleeps) for lock in found} >= {(None, 'alone', False), ('TTY', 'm', True), ('MMAP', 'sem', True), (None, 'pi', True)}
    assert len(found) == 5, 'the literal too, not the comment'
    assert lock_sources.find_words('a.c', 'while (xchg_acquire(&r->busy, 1))\n;if (test_and_set_bit_lock(0, &word)) ; '
                                   'arch_spin_lock(&raw_one); test_and_set_bit(OUR_BIT, &x->flags);') \
        == {('busy', 'a.c'), ('word', 'a.c'), ('raw_one', 'a.c'), ('OUR_BIT', 'a.c')}
    assert unlisted(found, locks()) == list(found)


# ---- is every row true? ------------------------------------------------------------------------------------------------------------

def test_the_table_is_in_the_order_of_the_ranks():
    order = list(ranks())
    places = [order.index(row.rank) for row in locks()]
    assert places == sorted(places)


@pytest.mark.parametrize('row', locks(), ids=lambda row: row.locks[0])
def test_a_row_names_locks_that_exist(row):
    real = [lock for lock in lock_sources.initialised() if lock.rank == row.rank and lock.path in row.files]
    assert row.names == {lock.name for lock in real} & row.names, f'of rank {row.rank}, in {row.files}'
    assert set(row.files) == {lock.path for lock in real if lock.name in row.names}
    mine = [lock for lock in real if lock.name in row.names]
    assert row.held in HELD and row.who and set(row.who) <= set(WHO)
    assert all(lock.sleeps == (row.held == 'may sleep') for lock in mine), 'a lock that sleeps, and only that, may be held asleep'
    assert row.held != 'may sleep' or row.who == ('task',)
    # An interrupt that takes the lock must not come to its holder.
    assert 'irq' in HELD[row.held] or 'hardirq' not in row.who
    assert HELD[row.held] & {'irq', 'softirq'} or 'softirq' not in row.who


@pytest.mark.parametrize('row', bare_words(), ids=lambda row: row.locks[0])
def test_a_row_names_words_that_exist(row):
    assert {(last(word), path) for word in row.locks for path in row.files} <= lock_sources.words()
    assert row.held in HOW and row.who and set(row.who) <= set(WHO)
    assert row.rank == '-' or last(row.locks[0]) in ranks()[row.rank][1], 'its comment must name the word'


def test_every_rank_is_used_and_says_what_its_locks_are():
    rows = locks() + [replace(row, held='may sleep' if row.held == 'sleeps' else 'interrupts off') for row in bare_words()]
    for rank, (said, _) in ranks().items():
        mine = set().union(*(HELD[row.held] for row in rows if row.rank == rank))
        assert mine, f'LOCK_RANK_{rank}: no lock has it'
        assert said and set(said.split(', ')) == mine, f'LOCK_RANK_{rank}: [{said}], its locks: {mine}'


# ---- what lockdep saw --------------------------------------------------------------------------------------------------------------

UNNAMED = '(unnamed)'
LISTED = re.compile(r'# lock class: rank (\d+) (sleeps|spins) \{([.+?-]{4})\} (.+)$', re.M)
PROC = re.compile(r'^[0-9a-f]{16} OPS: *\d+ FD: *\d+ BD: *\d+ ([.+?-]{4}): (\S.*)$', re.M)


def seen(text):
    """(rank or None, usage, name) of each class in a boot's log, or in /proc/lockdep."""
    order = ['NONE', *ranks()]
    return [(order[int(rank)], usage, name) for rank, _, usage, name in LISTED.findall(text)] + \
           [(None, usage, re.sub(r'/\d$', '', name)) for usage, name in PROC.findall(text)]


def wrong_contexts(text, rows=None):
    """What lockdep saw, as @text tells, that the table does not allow. It knows a lock by the words of its initialiser."""
    rows = rows or locks()
    kernel, tests = lock_sources.initialised(), {lock.expr for lock in lock_sources.initialised(('tests',))}
    wrong = []
    for rank, usage, name in seen(text):
        expr = name.lstrip('&')
        # The kernel's all have a rank, but for one that nobody initialised.
        if expr in tests or (rank == 'NONE' and name != UNNAMED):
            continue
        # Two locks may have one name: the rank tells them apart, or else both are meant. A macro's own argument is another each time.
        mine = [row for row in rows if last(expr) in row.names and rank in (None, row.rank)]
        exact = [row for row in mine if any(lock.expr == expr and lock.rank == row.rank and lock.path in row.files for lock in kernel)]
        mine = exact or mine
        if not mine:
            wrong.append(f'{name} of rank {rank}: no row')
            continue
        who = {context for row in mine for context in row.who}
        for letters, context in ((usage[:2], 'hardirq'), (usage[2:], 'softirq')):
            if set(letters) & set('-?') and context not in who:
                wrong.append(f'{name} {{{usage}}}: taken in {context}; its row says {sorted(who)}')
        # Letters 0 and 2 are for writing; where readers may do more, their letters are not looked at.
        read = all('to read' not in row.held for row in mine)
        if all('irq' in HELD[row.held] for row in mine) and set(usage[:1 + read]) & set('+?'):
            wrong.append(f'{name} {{{usage}}}: held with interrupts on; its row says off')
        if all(HELD[row.held] & {'irq', 'softirq'} for row in mine) and set(usage[2:3 + read]) & set('+?'):
            wrong.append(f'{name} {{{usage}}}: held with softirqs on; its row says off')
    return wrong
