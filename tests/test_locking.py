# SPDX-License-Identifier: GPL-2.0-only
"""docs/locking.md lists every lock that has a rank, under that rank, in the order of the ranks, with the file that initialises it."""
import os
import re

from conftest import ROOT

INIT = re.compile(r'(?<![A-Za-z_])(?:DEFINE_(?:RAW_)?SPINLOCK|DEFINE_RWLOCK|DEFINE_MUTEX|DECLARE_RWSEM|DEFINE_SEQLOCK|spin_lock_init|rwlock_init|'
                  r'mutex_init|rt_mutex_init|DEFINE_RT_MUTEX|__RT_MUTEX_INITIALIZER|init_rwsem|seqlock_init|__SPIN_LOCK_UNLOCKED|__MUTEX_INITIALIZER|__RWSEM_INITIALIZER|__RW_LOCK_UNLOCKED|'
                  r'__SEQLOCK_UNLOCKED)\(&?([^,()]+), LOCK_RANK_([A-Z_]+)\)')


def ranks():
    text = open(os.path.join(ROOT, 'include/primer/lock_ranks.h')).read()
    return re.findall(r'^\tLOCK_RANK_([A-Z_]+)', text, re.M)


def table():
    """(rank, locks, files) for each row."""
    text = open(os.path.join(ROOT, 'docs/locking.md')).read().split('### Every lock')[1].split('\n### ')[0]
    rows = [line.split('|')[1:4] for line in text.splitlines() if line.startswith('| `')]
    return [tuple(re.findall(r'`([^`]+)`', cell) for cell in row) for row in rows]


def initialised():
    """(rank, member or variable, file) for each lock that the sources give a rank."""
    for top in ('kernel', 'mm', 'sched', 'fs', 'drivers', 'lib', 'include'):
        for folder, _, files in os.walk(os.path.join(ROOT, top)):
            for name in sorted(files):
                if name.endswith(('.c', '.h')):
                    path = os.path.relpath(os.path.join(folder, name), ROOT)
                    for lock, rank in INIT.findall(open(os.path.join(ROOT, path)).read()):
                        if rank != 'NONE':
                            yield rank, re.split(r'->|\.', lock)[-1], path


def test_the_table_is_in_the_order_of_the_ranks():
    order = ranks()
    places = [order.index(rank) for (rank,), _, _ in table()]
    assert places == sorted(places)


def test_every_ranked_lock_is_in_the_table():
    listed = {(rank, re.split(r'->|\.', lock)[-1]) for (rank,), locks, _ in table() for lock in locks}
    missing = sorted({(rank, lock, path) for rank, lock, path in initialised() if (rank, lock) not in listed})
    # The file of the initialiser's macro stands for all its users.
    assert not missing


def test_every_row_is_true():
    real = {(rank, lock): set() for rank, lock, _ in initialised()}
    for rank, lock, path in initialised():
        real[rank, lock].add(path)
    for (rank,), locks, files in table():
        for lock in locks:
            key = rank, re.split(r'->|\.', lock)[-1]
            assert key in real and real[key] & set(files), f'{lock}: no such lock of rank {rank} in {files}'
