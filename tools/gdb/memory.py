# SPDX-License-Identifier: GPL-2.0-only
"""memory.py - the state of the memory system as data: what tools/draw_memory.py draws.

	p-memory-json KIND FILE [ADDRESS]	write the kernel's records of one kind as JSON

Kinds: memblock (before the hand-over), buddy, slab, vmalloc, process (page tables and areas of the current process),
page (the walk for one address in every process that maps it).

Nothing is remembered from the source but names of types and fields: a renamed field stops the command with gdb's message.
The tables of a process are read through the direct map, of which the kernel keeps every page.
"""
import json
import struct

import gdb

from primer import Command, address_of, container_of, list_entries, number, percpu, rb_entries, symbol, tasks

PAGE_OFFSET = 0xffff880000000000
VMEMMAP = 0xffffea0000000000
ADDRESS_BITS = 0x000ffffffffff000
LARGE, PRESENT, WRITE, USER, DIRTY, NX = 1 << 7, 1, 2, 4, 1 << 6, 1 << 63
LEVELS = [('PML4', 39), ('PDPT', 30), ('PD', 21), ('PT', 12)]


def whole(name, owner):
    """The type `name` as the file of the global variable `owner` knows it: elsewhere only its name may be known."""
    return gdb.lookup_type(name, gdb.lookup_global_symbol(owner).symtab.static_block())


def read(address, size):
    return gdb.selected_inferior().read_memory(address, size).tobytes()


def table(physical):
    """The 512 entries of the page table at a physical address."""
    return struct.unpack('<512Q', read(PAGE_OFFSET + physical, 4096))


def page_of(pfn):
    """The struct page of a page number."""
    kind = gdb.lookup_type('struct page')
    return gdb.Value(VMEMMAP + pfn * kind.sizeof).cast(kind.pointer())


def pfn_of(page):
    return (number(page) - VMEMMAP) // gdb.lookup_type('struct page').sizeof


def pages_of(head):
    """The pages of a list that is linked by page->lru, which lies in an unnamed union."""
    kind = gdb.lookup_type('struct page').pointer()
    distance = int(gdb.parse_and_eval('(unsigned long)&((struct page *)0)->lru'))
    node = head.dereference()['next']
    while number(node) != number(head):
        yield gdb.Value(number(node) - distance).cast(kind)
        node = node.dereference()['next']


def flag(name):
    return 1 << int(gdb.parse_and_eval(name))


# ---- the physical map -----------------------------------------------------------------------------------------------

def memblock():
    """The regions of memblock, and what is known about who reserved what."""
    record = gdb.parse_and_eval('memblock')

    def regions(kind):
        block = record[kind]
        return [{'base': int(block['regions'][i]['base']), 'size': int(block['regions'][i]['size'])}
                for i in range(int(block['cnt']))]
    image = address_of('_text') - 0xffffffff80000000
    known = [{'name': 'kernel image', 'base': image, 'end': address_of('_end') - 0xffffffff80000000}]
    start, end = (int(gdb.parse_and_eval(name)) for name in ('initrd_start', 'initrd_end'))
    if start:
        known.append({'name': 'initrd', 'base': start - PAGE_OFFSET, 'end': end - PAGE_OFFSET})
    return {'memory': regions('memory'), 'reserved': regions('reserved'), 'known': known}


# ---- pages ------------------------------------------------------------------------------------------------------------

def owner(page):
    """What a page is used for, from its flags alone."""
    flags = int(page['flags'])
    if flags & flag('PG_buddy'):
        return 'free', int(page['private'])
    if flags & flag('PG_slab'):
        return 'slab', page['slab_cache']['name'].string()
    if flags & flag('PG_table'):
        return 'page table', ''
    if int(page['_refcount']['counter']) == 0:
        return 'boot or CPU store', ''
    mapping = number(page['mapping'])
    if mapping & 1 or (not mapping and int(page['_mapcount']['counter']) > 0):
        return 'anonymous', ''
    if mapping > PAGE_OFFSET and flags & flag('PG_uptodate'):
        return 'page cache', ''
    return 'kernel', ''


def sample(first):
    """The kinds of owners in a block of 1024 pages, by every 16th page."""
    return {owner(page_of(pfn))[0] for pfn in range(first, first + 1024, 16)}


def buddy():
    """The free lists of each zone, and every page of the most mixed block of the largest order."""
    orders = int(gdb.parse_and_eval('sizeof(node_data[0].node_zones[0].free_area)')) // \
        int(gdb.parse_and_eval('sizeof(node_data[0].node_zones[0].free_area[0])'))
    zones, blocks = [], {}
    for index in range(3):
        zone = gdb.parse_and_eval(f'node_data[0].node_zones[{index}]')
        if not int(zone['present_pages']):
            continue
        store = gdb.Value(number(zone['pageset'])).cast(gdb.lookup_type('struct per_cpu_pages').pointer())
        offset = int(gdb.parse_and_eval('__per_cpu_offset[0]'))
        local = gdb.Value((number(store) + offset) & (1 << 64) - 1).cast(store.type).dereference()
        zones.append({'name': zone['name'].string(), 'start': int(zone['zone_start_pfn']),
                      'pages': int(zone['present_pages']), 'percpu': int(local['count']),
                      'free': [int(zone['free_area'][order]['nr_free']) for order in range(orders)]})
        for order in range(orders - 1):
            head = zone['free_area'][order]['free_list'].address
            for page in pages_of(head):
                block = pfn_of(page) >> orders - 1
                blocks.setdefault(block, set()).add(order)
    best = max(sorted(blocks), key=lambda block: (len(sample(block << orders - 1)), len(blocks[block])))
    first = best << orders - 1
    pages, pfn = [], first
    tail_of = None
    while pfn < first + (1 << orders - 1):
        page = page_of(pfn)
        head = int(page['compound_head'])
        kind, detail = owner(page)
        if head & 1 and kind != 'free':
            kind, detail = tail_of or ('kernel', '')
        elif int(page['flags']) & flag('PG_head'):
            tail_of = kind, detail
        if kind == 'free':
            pages += [{'kind': 'free', 'order': detail}] + [{'kind': 'free', 'order': detail, 'tail': True}] * ((1 << detail) - 1)
            pfn += 1 << detail
            continue
        pages.append({'kind': kind, 'detail': detail})
        pfn += 1
    return {'zones': zones, 'block': {'start': first, 'pages': pages[:1 << orders - 1]}}


# ---- objects ------------------------------------------------------------------------------------------------------------

def slab():
    """All caches, and one of them from the inside: the slab that CPU 0 allocates from."""
    head = gdb.parse_and_eval('&slab_caches')
    caches, shown, best = [], None, -1
    kind = whole('struct kmem_cache', 'slab_caches')
    distance = next(field for field in kind.fields() if field.name == 'list').bitpos // 8
    entry = head.dereference()['next']
    while number(entry) != number(head):
        cache = gdb.Value(number(entry) - distance).cast(kind.pointer()).dereference()
        entry = entry.dereference()['next']
        node = cache['node'][0]
        name = cache['name'].string()
        caches.append({'name': name, 'object_size': int(cache['object_size']), 'size': int(cache['size']),
                       'order': int(cache['order']), 'slabs': int(node['nr_slabs']), 'objects': int(node['total_objects']),
                       'partial': int(node['nr_partial'])})
        where = (number(cache['cpu_slab']) + int(gdb.parse_and_eval('__per_cpu_offset[0]'))) & (1 << 64) - 1
        local = gdb.Value(where).cast(gdb.lookup_type('struct kmem_cache_cpu').pointer()).dereference()
        page = local['page']
        if not number(page):
            continue
        start = PAGE_OFFSET + pfn_of(page) * 4096 + int(cache['red_left_pad'])
        size, offset, objects = int(cache['size']), int(cache['offset']), int(page['objects'])

        def chain(pointer):
            order = []
            while pointer and len(order) <= objects:
                order.append((pointer - start) // size)
                pointer, = struct.unpack('<Q', read(pointer + offset, 8))
            return order
        local_list, page_list = chain(number(local['freelist'])), chain(number(page['freelist']))
        # The liveliest picture: 8 to 40 objects, and a free list that does not simply run upwards.
        jumps = sum(1 for a, b in zip(local_list, local_list[1:]) if b != a + 1)
        if 8 <= objects <= 40 and jumps > best:
            best = jumps
            shown = {'cache': name, 'object_size': int(cache['object_size']), 'size': size, 'objects': objects,
                     'pfn': pfn_of(page), 'order': int(cache['order']), 'cpu_freelist': local_list,
                     'page_freelist': page_list}
    return {'caches': caches, 'slab': shown}


# ---- the kernel's address space -------------------------------------------------------------------------------------------

def vmalloc():
    """The areas of vmalloc space in order of address."""
    areas = []
    for area in list_entries(gdb.parse_and_eval("&'vmalloc.c'::vmap_list"), 'struct vmap_area', 'list'):
        record = {'start': int(area['va_start']), 'end': int(area['va_end']), 'caller': 'unmapped, waits for a flush'}
        if number(area['vm']):
            vm = area['vm']
            record.update(caller=symbol(number(vm['caller'])), pages=int(vm['nr_pages']), flags=int(vm['flags']),
                          physical=int(vm['phys_addr']))
        areas.append(record)
    areas.sort(key=lambda area: area['start'])
    return {'areas': areas}


# ---- a process ----------------------------------------------------------------------------------------------------------------

def current():
    return percpu('current_task', 0)


def areas_of(mm):
    node = mm['mmap']
    found = []
    while number(node):
        flags = int(node['vm_flags'])
        name = ''
        if number(node['vm_file']):
            name = node['vm_file']['f_path']['dentry']['d_name']['name'].string()
        elif int(node['vm_start']) <= int(mm['start_stack']) < int(node['vm_end']):
            name = '[stack]'
        elif int(mm['start_brk']) < int(node['vm_end']) and int(node['vm_start']) <= int(mm['brk']) and int(mm['brk']) > int(mm['start_brk']):
            name = '[heap]'
        found.append({'start': int(node['vm_start']), 'end': int(node['vm_end']), 'name': name,
                      'rights': ''.join(c if flags & bit else '-' for bit, c in ((1, 'r'), (2, 'w'), (4, 'x'))) +
                      ('s' if flags & 8 else 'p')})
        node = node['vm_next']
    return found


def walk(physical, level, base, nodes):
    """All tables below one, and the pages that they map."""
    name, shift = LEVELS[level]
    entries = table(physical)
    if level == 0:
        entries = entries[:256]
    here = {'level': name, 'physical': physical, 'base': base, 'children': [], 'pages': []}
    nodes.append(here)
    for index, entry in enumerate(entries):
        if not entry & PRESENT:
            continue
        address = base + (index << shift)
        if level == 3 or entry & LARGE:
            page = page_of((entry & ADDRESS_BITS) >> 12)
            here['pages'].append({'index': index, 'address': address, 'pfn': (entry & ADDRESS_BITS) >> 12,
                                  'write': bool(entry & WRITE), 'exec': not entry & NX,
                                  'mapcount': int(page['_mapcount']['counter']),
                                  'refcount': int(page['_refcount']['counter'])})
        else:
            here['children'].append({'index': index, 'physical': entry & ADDRESS_BITS})
            walk(entry & ADDRESS_BITS, level + 1, address, nodes)


def space(mm):
    nodes = []
    walk(number(mm['pgd']) - PAGE_OFFSET, 0, 0, nodes)
    return {'areas': areas_of(mm), 'tables': nodes,
            'rss': sum(int(mm['rss_stat'][i]['counter']) for i in range(4)),
            'pgtables_bytes': int(mm['pgtables_bytes']['counter'])}


def process():
    """The current process: areas, tables, pages."""
    task = current()
    return dict(space(task['mm']), pid=int(task['pid']), comm=task['comm'].string())


def page(expression):
    """How each process that has a translation of an address translates it, and the five pages after it."""
    address = int(gdb.parse_and_eval(f'(unsigned long)({expression})'))
    zero = int(gdb.parse_and_eval('zero_pfn'))
    result = []
    for task in tasks():
        if not number(task['mm']):
            continue
        everything = {one['address']: one for node in space(task['mm'])['tables'] for one in node['pages']}
        rows = [everything.get(address + 4096 * i) for i in range(6)]
        if any(rows):
            result.append({'pid': int(task['pid']), 'comm': task['comm'].string(), 'rows': rows,
                           'contents': [chr(read(PAGE_OFFSET + row['pfn'] * 4096, 1)[0]) if row else '' for row in rows]})
    return {'address': address, 'zero_pfn': zero, 'processes': result}


KINDS = {'memblock': memblock, 'buddy': buddy, 'slab': slab, 'vmalloc': vmalloc, 'process': process, 'page': page}


class MemoryJson(Command):
    """p-memory-json KIND FILE [ADDRESS]: the kernel's records of one kind, as JSON."""

    def run(self, kind, path, *arguments):
        if kind not in KINDS:
            raise gdb.GdbError(f'no kind {kind}; there are {", ".join(KINDS)}')
        record = KINDS[kind](*arguments)
        with open(path, 'w', encoding='ascii') as out:
            json.dump(record, out)


MemoryJson('p-memory-json')
