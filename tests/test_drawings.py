# SPDX-License-Identifier: GPL-2.0-only
"""The drawings of the book come from a running kernel: what the drawing tool read there is looked at for sense, and every picture that
a chapter shows can be made."""
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from conftest import ROOT

SHARED_BOOT = True
pytestmark = pytest.mark.skipif(not shutil.which('gdb'), reason='no gdb here')
PICTURES = ['memblock', 'buddy', 'slab', 'vmalloc', 'process', 'cow']


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    """(directory of the pictures, the records)"""
    folder = tmp_path_factory.mktemp('drawings')
    subprocess.run([sys.executable, os.path.join(ROOT, 'tools/draw_memory.py'), str(folder), str(folder / 'records.json')], check=True,
                   timeout=170)
    return folder, json.loads((folder / 'records.json').read_text())


def test_every_picture_is_an_svg_and_the_book_has_it(drawn):
    for name in PICTURES:
        root = xml.etree.ElementTree.parse(drawn[0] / f'{name}.svg').getroot()
        assert root.tag.endswith('svg') and len(root) > 10, name
        assert os.path.exists(os.path.join(ROOT, 'docs/images', f'{name}.svg')), f'make drawings: no docs/images/{name}.svg'
    text = ''.join(open(os.path.join(ROOT, 'docs', name), encoding='utf-8').read()
                   for name in os.listdir(os.path.join(ROOT, 'docs')) if name.endswith('.md'))
    shown = set(re.findall(r'\(images/(\w+)\.svg\)', text))
    assert shown >= set(PICTURES)


def test_memblocks_arrays_are_sorted_and_apart(drawn):
    for kind in ('memory', 'reserved'):
        regions = drawn[1]['memblock'][kind]
        assert all(a['base'] + a['size'] < b['base'] for a, b in zip(regions, regions[1:])), kind


def test_free_blocks_are_aligned_and_fill_no_more_than_the_block(drawn):
    block = drawn[1]['buddy']['block']
    assert len(block['pages']) == 1024
    for index, page in enumerate(block['pages']):
        if page['kind'] == 'free' and not page.get('tail'):
            assert (block['start'] + index) % (1 << page['order']) == 0


def test_the_free_list_of_the_slab_names_each_object_once(drawn):
    slab = drawn[1]['slab']['slab']
    both = slab['cpu_freelist'] + slab['page_freelist']
    assert len(both) == len(set(both)) and all(0 <= number < slab['objects'] for number in both)


def test_the_areas_of_vmalloc_space_do_not_overlap(drawn):
    areas = drawn[1]['vmalloc']['areas']
    assert areas and all(a['end'] <= b['start'] for a, b in zip(areas, areas[1:]))


def test_the_page_tables_agree_with_the_kernels_counters(drawn):
    process = drawn[1]['process']
    pages = [page for node in process['tables'] for page in node['pages']]
    zero = drawn[1]['scene1']['zero_pfn']
    assert len([page for page in pages if page['pfn'] != zero]) == process['rss']
    assert 4096 * len(process['tables']) == process['pgtables_bytes']
    for page in pages:
        area, = [area for area in process['areas'] if area['start'] <= page['address'] < area['end']]
        assert not page['write'] or 'w' in area['rights']
        assert not page['exec'] or 'x' in area['rights']


def test_copy_on_write_in_four_scenes(drawn):
    rows = {name: [process['rows'] for process in drawn[1][name]['processes']]
            for name in ('scene1', 'scene2', 'scene3', 'scene4')}
    (alone,), (parent, child), (parent3, child3), (last,) = (rows[name] for name in rows)
    for row in alone[:4]:
        assert row['write'] and row['mapcount'] == 1
    assert alone[4]['pfn'] == drawn[1]['scene1']['zero_pfn'] and not alone[4]['write'] and alone[5] is None
    for old, one, two in zip(alone[:4], parent, child):
        assert old['pfn'] == one['pfn'] == two['pfn'] and one['mapcount'] == 2 and not one['write'] and not two['write']
    assert child3[0]['pfn'] != parent3[0]['pfn'] and child3[0]['write'] and not parent3[0]['write'] and parent3[0]['mapcount'] == 1
    assert last[0]['pfn'] == alone[0]['pfn'] and last[0]['write'], 'the last owner does not copy'
