# SPDX-License-Identifier: GPL-2.0-only
"""The tools by themselves: symbol table, archive writer, KTAP reader."""
import re
import struct
import subprocess

import elf
import kallsyms
import ktap
import mkinitramfs
import qemu

NM = '''
ffffffff80100000 T _text
ffffffff80100000 0000000000000010 T first
ffffffff80100010 0000000000000004 t helper.constprop.0
ffffffff80100014 t entry
ffffffff80100014 T __entry_text_start
ffffffff80100018 t entry.loop
ffffffff80100020 W weak
ffffffff80100020 0000000000000008 T strong
ffffffff80100030 r __func__.3
ffffffff80100030 0000000000000004 d counter.1
ffffffff80100040 a absolute
ffffffff80100050 B _end
0000000000100000 t multiboot2_start_phys
'''


def test_kallsyms_keeps_one_good_name_an_address():
    rows = kallsyms.table(kallsyms.read_symbols(NM.splitlines()))
    assert rows == [(0, 16, 'first'), (16, 4, 'helper.constprop.0'), (20, 12, 'entry'), (32, 8, 'strong'),
                    (48, 4, 'counter.1')]


def test_kallsyms_of_nothing_is_an_empty_table():
    assert kallsyms.table([]) == [] and 'kallsyms_num_syms:\n\tdd 0\n' in kallsyms.source([])


def test_the_table_in_the_image_is_the_images_table():
    """Read the five arrays back out of the ELF and compare with nm."""
    image = elf.Image(qemu.KERNEL)
    nm = subprocess.run(['nm', '-n', '-S', qemu.KERNEL], capture_output=True, text=True, check=True).stdout
    rows = kallsyms.table(kallsyms.read_symbols(nm.splitlines()))

    def words(name, count):
        return struct.unpack_from(f'<{count}I', image.data, image.offset(image.symbols[name]))
    count, = words('kallsyms_num_syms', 1)
    names = image.offset(image.symbols['kallsyms_names'])
    table = list(zip(words('kallsyms_offsets', count), words('kallsyms_sizes', count),
                     [image.text_at(names + at) for at in words('kallsyms_name_offsets', count)]))
    assert table == rows
    assert 'start_kernel' in {name for _, _, name in rows}


def test_the_archive_is_sorted_padded_and_repeatable():
    archive = mkinitramfs.Archive()
    archive.file('/a/b/c', b'five!', 0o640)
    archive.link('/a/link', 'b/c')
    archive.directory('/empty', 0o700)
    raw = archive.write()
    assert raw == archive.write()
    names = re.findall(rb'07070100[0-9A-F]{102}([^\0]+)\0', raw)
    assert names == [b'a', b'a/b', b'a/b/c', b'a/link', b'empty', b'TRAILER!!!']
    assert len(raw) % 4 == 0


LOG = '''[    0.100000] something before
[    0.200000] KTAP version 1
[    0.200000] 1..2
[    0.200000]   KTAP version 1
[    0.200000]   # Subtest: tree
[    0.200000]   1..3
[    0.200000]   ok 1 - insert
[    0.300000] the log goes on: ok 7 - not a result
[    0.300000]   # erase: EXPECTATION FAILED at tree.c:3
[    0.300000]   not ok 2 - erase
[    0.300000]     KTAP version 1
[    0.300000]     # Subtest: walk
[    0.300000]     1..1
[    0.300000]     ok 1 - from the left
[    0.300000]   ok 3 - walk
[    0.300000] not ok 1 - tree
[    0.300000]   KTAP version 1
[    0.300000]   1..1
[    0.300000]   ok 1 - empty # SKIP no list here
[    0.300000] ok 2 - list # SKIP every case was skipped
[    0.300000] # Totals: pass:2 fail:1 skip:1
'''


def test_ktap_reads_nested_results():
    tests, wrong = ktap.parse(LOG)
    assert not wrong
    assert [(test.name, test.ok, test.skip) for test in tests] == [('tree', False, None),
                                                                   ('list', True, 'every case was skipped')]
    insert, erase, walk = tests[0].children
    assert (insert.ok, erase.ok, walk.ok) == (True, False, True)
    assert erase.comments[-1] == '# erase: EXPECTATION FAILED at tree.c:3'
    assert [child.name for child in walk.children] == ['from the left']
    assert tests[1].children[0].skip == 'no list here'


def test_ktap_notices_what_is_missing():
    cut = LOG[:LOG.index('not ok 2')]
    assert any('planned 3' in complaint for complaint in ktap.parse(cut)[1])
    assert ktap.parse('nothing')[1] == ['no KTAP in the log']
    twice = LOG.replace('not ok 2 - erase', 'not ok 1 - erase')
    assert any('was due' in complaint for complaint in ktap.parse(twice)[1])
