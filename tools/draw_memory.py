#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""draw_memory.py [DIRECTORY [JSON]] - the drawings of the book's chapters on memory, from a running kernel's own records.

The problem. A drawing of a page table or of a free list that somebody made up shows what he believes.

The idea. Boot the kernel under QEMU, let gdb stop it at chosen moments, let tools/gdb/memory.py read the kernel's records, and
draw exactly that:

	memblock.svg	all RAM and who reserved it, at memblock_free_all()
	buddy.svg	free blocks of each order, and the pages of one 4 MiB block
	slab.svg	one slab with its free list; the largest caches
	vmalloc.svg	the areas of vmalloc space
	process.svg	the areas and page tables of a real process
	cow.svg		the pages of user/memscenes.c before fork(), after it, and after the writes

`make drawings` writes them to docs/images. The kernel and the initramfs are those under build/ (or $PRIMER_BUILD). With the
same build two runs draw the same: the machine counts instructions, and addresses are not randomised. JSON: a file for the
records themselves.
"""
import html
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests'))
import qemu                                     # noqa: E402

FONT = 'font-family="DejaVu Sans Mono, monospace" font-size="11"'
COLOURS = {'free': '#ffffff', 'slab': '#9ec6e8', 'page table': '#f2c879', 'anonymous': '#e59f9f', 'page cache': '#b5d99c',
           'kernel': '#c9bfe0', 'boot or CPU store': '#dddddd'}


# ---- asking the kernel ------------------------------------------------------------------------------------------------

def collect(folder):
    """Boot, stop at each moment of the drawings, and return {name: record}."""
    sock, script = os.path.join(folder, 'gdb'), os.path.join(folder, 'script')
    names = ['memblock', 'scene1', 'process', 'scene2', 'scene3', 'scene4', 'buddy', 'slab', 'vmalloc']
    path = {name: os.path.join(folder, f'{name}.json') for name in names}
    # getppid()'s first argument register holds the page: it lies in the registers that the entry has saved.
    scene = ['continue', "python gdb.set_convenience_variable('task', percpu('current_task', 0).dereference())",
             'set $page = ((struct pt_regs *)((unsigned long)$task.stack + 16384) - 1)->di']

    def page(name):
        return [*scene, f'p-memory-json page {path[name]} $page']
    lines = ['set pagination off', 'set confirm off', 'set width 0', 'set remotetimeout 30', f'target remote {sock}',
             'python from primer import percpu',
             'hbreak memblock_free_all', 'continue', f'p-memory-json memblock {path["memblock"]}', 'delete',
             'hbreak sys_getppid',
             *page('scene1'), f'p-memory-json process {path["process"]}',
             *page('scene2'), *page('scene3'), *page('scene4'),
             f'p-memory-json buddy {path["buddy"]}', f'p-memory-json slab {path["slab"]}',
             f'p-memory-json vmalloc {path["vmalloc"]}', 'kill', '']
    with open(script, 'w', encoding='ascii') as out:
        out.write('\n'.join(lines))
    extra = ['-S', '-chardev', f'socket,path={sock},server=on,wait=off,id=gdb', '-gdb', 'chardev:gdb', *qemu.ICOUNT]
    with qemu.Machine('norandmaps -- memscenes', extra=extra, cpu=qemu.ICOUNT_CPU):
        for _ in range(1500):
            if os.path.exists(sock):
                break
            time.sleep(0.02)
        done = subprocess.run(['timeout', '-k', '5', '120', 'gdb', '-nx', '-batch', qemu.KERNEL,
                               '-x', os.path.join(ROOT, 'tools/gdb/primer.py'),
                               '-x', os.path.join(ROOT, 'tools/gdb/memory.py'), '-x', script],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    missing = [name for name in names if not os.path.exists(path[name])]
    if missing:
        sys.exit(f'draw_memory.py: gdb did not reach {", ".join(missing)}:\n{(done.stdout + done.stderr)[-3000:]}')
    result = {}
    for name in names:
        with open(path[name], encoding='ascii') as record:
            result[name] = json.load(record)
    return result


# ---- drawing ------------------------------------------------------------------------------------------------------------

class Drawing:
    """An SVG file: boxes, words, lines."""

    def __init__(self, width):
        self.width, self.height, self.parts = width, 0, []

    def box(self, x, y, w, h, fill='#ffffff', title='', stroke='#444444', line=1):
        self.height = max(self.height, y + h + 12)
        words = f'<title>{html.escape(title)}</title>' if title else ''
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="{fill}" stroke="{stroke}" '
                          f'stroke-width="{line:g}">{words}</rect>')

    def text(self, x, y, words, anchor='start', weight='normal', size=11, fill='#111111'):
        self.height = max(self.height, y + 12)
        self.parts.append(f'<text x="{x:g}" y="{y:g}" {FONT.replace("11", str(size))} text-anchor="{anchor}" '
                          f'font-weight="{weight}" fill="{fill}">{html.escape(words)}</text>')

    def line(self, points, arrow=False, colour='#444444', dash=''):
        path = ' '.join(f'{x:g},{y:g}' for x, y in points)
        end = ' marker-end="url(#arrow)"' if arrow else ''
        dashes = f' stroke-dasharray="{dash}"' if dash else ''
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}"{end}{dashes}/>')

    def curve(self, x1, y1, x2, y2, bend):
        self.parts.append(f'<path d="M {x1:g} {y1:g} Q {(x1 + x2) / 2:g} {min(y1, y2) - bend:g} {x2:g} {y2:g}" fill="none" '
                          'stroke="#b03030" marker-end="url(#arrow)"/>')

    def save(self, path, title):
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" width="{self.width:g}" '
                f'height="{self.height:g}">\n<title>{html.escape(title)}</title>\n<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" '
                'refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#444444"/></marker>'
                f'</defs>\n<rect width="{self.width:g}" height="{self.height:g}" fill="#ffffff"/>\n')
        with open(path, 'w', encoding='utf-8') as out:
            out.write(head + '\n'.join(self.parts) + '\n</svg>\n')


def size(number):
    for unit, shift in (('GiB', 30), ('MiB', 20), ('KiB', 10)):
        if number >= 1 << shift:
            value = number / (1 << shift)
            return f'{value:.0f} {unit}' if value == int(value) else f'{value:.1f} {unit}'
    return f'{number} B'


def legend(drawing, x, y, names):
    for name in names:
        drawing.box(x, y - 9, 12, 12, COLOURS[name])
        drawing.text(x + 17, y + 1, name)
        x += 30 + 7 * len(name)


def draw_memblock(record):
    """Ranges in order of address; the height of a row grows with the logarithm of its size."""
    cuts = sorted({edge for kind in ('memory', 'reserved') for region in record[kind]
                   for edge in (region['base'], region['base'] + region['size'])}
                  | {edge for known in record['known'] for edge in (known['base'], known['end'])} | {0})
    drawing = Drawing(760)
    drawing.text(20, 20, 'physical address', weight='bold')
    drawing.text(190, 20, 'memory', weight='bold')
    drawing.text(330, 20, 'reserved', weight='bold')
    drawing.text(470, 20, 'size, owner', weight='bold')

    def inside(start, kind):
        return any(r['base'] <= start < r['base'] + r['size'] for r in record[kind])
    y = 32
    for start, end in zip(cuts, cuts[1:]):
        high = max(16, 5 * max(0, (end - start).bit_length() - 12))
        memory, reserved = inside(start, 'memory'), inside(start, 'reserved')
        owner = next((k['name'] for k in record['known'] if k['base'] <= start < k['end']), '')
        if not owner and reserved:
            owner = 'first MiB' if end <= 1 << 20 else 'allocated at boot'
        if not memory and not reserved:
            owner = 'not RAM'
        drawing.text(20, y + 10, f'{start:#012x}')
        drawing.box(190, y, 120, high, '#cfe3f5' if memory else '#ffffff', stroke='#444444' if memory else '#cccccc')
        if reserved:
            drawing.box(330, y, 120, high, '#f2c879')
        drawing.text(470, y + 12, f'{size(end - start):>9}  {owner or "free"}')
        y += high
    drawing.text(20, y + 10, f'{cuts[-1]:#012x}')
    drawing.text(20, y + 34, 'Free is what is in "memory" and not in "reserved". A row is as high as the logarithm of its size.')
    return drawing, 'memblock at the hand-over to the page allocator'


def draw_buddy(record):
    drawing = Drawing(760)
    drawing.text(20, 20, 'free blocks of each order (a block of order n has 2^n pages)', weight='bold')
    orders = len(record['zones'][0]['free'])
    for order in range(orders):
        drawing.text(170 + 50 * order, 40, f'{order}', 'middle', 'bold')
    drawing.text(170 + 50 * orders, 40, 'CPU 0\'s', 'middle', 'bold')
    y = 46
    for zone in record['zones']:
        drawing.text(20, y + 15, zone['name'], weight='bold')
        for order, count in enumerate(zone['free']):
            drawing.box(146 + 50 * order, y, 48, 20, '#ffffff' if count else '#eeeeee')
            drawing.text(170 + 50 * order, y + 14, str(count), 'middle')
        drawing.box(146 + 50 * orders, y, 48, 20, '#f7f1d0')
        drawing.text(170 + 50 * orders, y + 14, str(zone['percpu']), 'middle')
        y += 24
    block = record['block']
    y += 24
    drawing.text(20, y, f'the 1024 pages from page number {block["start"]} on (physical {block["start"] << 12:#x}); a free block is one white box',
                 weight='bold')
    y += 10
    columns, w, h = 64, 11, 18
    i = 0
    pages = block['pages']
    while i < len(pages):
        page = pages[i]
        row, column = divmod(i, columns)
        if page['kind'] == 'free':
            count = 1 << page['order']
            rows = max(1, count // columns)
            drawing.box(20 + column * w, y + row * h, w * min(count, columns), h * rows, COLOURS['free'],
                        f'page {block["start"] + i}: free block of order {page["order"]}')
            if count >= 2:
                drawing.text(20 + column * w + w * min(count, columns) / 2, y + row * h + h * rows / 2 + 4, str(page['order']), 'middle')
            i += count
            continue
        drawing.box(20 + column * w, y + row * h, w, h, COLOURS.get(page['kind'], '#cccccc'),
                    f'page {block["start"] + i}: {page["kind"]} {page.get("detail", "")}'.strip(), line=0.4)
        i += 1
    y += h * ((len(pages) + columns - 1) // columns) + 20
    legend(drawing, 20, y, sorted({page['kind'] for page in pages}))
    return drawing, 'the page allocator\'s free lists, and one block of 4 MiB'


def draw_slab(record):
    one = record['slab']
    drawing = Drawing(800)
    columns = min(one['objects'], 14)
    w, h = 700 // columns, 46
    drawing.text(20, 20, f'CPU 0\'s slab of the cache "{one["cache"]}": page {one["pfn"]}, {one["objects"]} objects of '
                 f'{one["object_size"]} bytes, {one["size"]} apart', weight='bold')
    free = {number: place for place, number in enumerate(one['cpu_freelist'])}
    parked = {number: place for place, number in enumerate(one['page_freelist'])}
    spot = {}
    for number in range(one['objects']):
        row, column = divmod(number, columns)
        x, y = 30 + column * w, 76 + row * (h + 44)
        spot[number] = (x + w / 2, y)
        kind = '#ffffff' if number in free else '#f7f1d0' if number in parked else '#9ec6e8'
        drawing.box(x, y, w - 4, h, kind)
        drawing.text(x + w / 2 - 2, y + 18, str(number), 'middle', 'bold')
        drawing.text(x + w / 2 - 2, y + 34, f'free {free[number] + 1}' if number in free else
                     'parked' if number in parked else 'used', 'middle', size=10)
    for chain in (one['cpu_freelist'], one['page_freelist']):
        for a, b in zip(chain, chain[1:]):
            (x1, y1), (x2, y2) = spot[a], spot[b]
            drawing.curve(x1, y1, x2, y2, 14 + min(24, abs(b - a) * 3))
    if one['cpu_freelist']:
        x, y = spot[one['cpu_freelist'][0]]
        drawing.text(x, 42, 'kmem_cache_cpu.freelist', 'middle', fill='#b03030')
        drawing.line([(x, 46), (x, y)], True, '#b03030')
    y = drawing.height + 16
    drawing.text(20, y, 'White: free, in the order in which the CPU will hand them out; the link lies in the object itself. '
                 'Blue: in use.')
    y += 30
    drawing.text(20, y, 'the caches with most memory', weight='bold')
    drawing.text(300, y, 'object', 'end')
    drawing.text(380, y, 'slabs', 'end')
    drawing.text(460, y, 'objects', 'end')
    drawing.text(560, y, 'memory', 'end')
    largest = sorted(record['caches'], key=lambda c: -(c['slabs'] << c['order']))[:8]
    scale = 150 / max(c['slabs'] << c['order'] for c in largest)
    for cache in largest:
        y += 18
        pages = cache['slabs'] << cache['order']
        drawing.text(20, y, cache['name'])
        drawing.text(300, y, str(cache['object_size']), 'end')
        drawing.text(380, y, str(cache['slabs']), 'end')
        drawing.text(460, y, str(cache['objects']), 'end')
        drawing.text(560, y, size(pages * 4096), 'end')
        drawing.box(580, y - 10, max(1, pages * scale), 12, '#9ec6e8')
    return drawing, 'a slab from the inside, and the largest caches'


def draw_vmalloc(record):
    drawing = Drawing(760)
    for x, words in ((20, 'first address'), (190, 'pages'), (330, 'size'), (420, 'who asked')):
        drawing.text(x, 20, words, weight='bold')
    y, end, shown = 30, None, 0
    for area in record['areas']:
        gap = end is not None and area['start'] - end
        if gap:
            drawing.text(190, y + 12, f'hole of {size(gap)}', fill='#888888')
            y += 20
        whole = (area['end'] - area['start']) // 4096
        backed = area.get('pages') or whole - 1
        wide = min(130, 6 * backed)
        drawing.text(20, y + 13, f'{area["start"]:016x}')
        drawing.box(190, y + 2, max(3, wide - 6), 14, '#9ec6e8' if area.get('pages') else '#f2c879' if area.get('physical') else '#eeeeee')
        drawing.box(190 + max(3, wide - 6), y + 2, 6, 14, '#666666', 'guard page')
        drawing.text(330, y + 13, size(backed * 4096))
        drawing.text(420, y + 13, area['caller'] + (f'  phys {area["physical"]:#x}' if area.get('physical') else ''))
        y, end, shown = y + 19, area['end'], shown + 1
        if shown == 24 and len(record['areas']) > 26:
            drawing.text(20, y + 13, f'... and {len(record["areas"]) - shown} more')
            break
    drawing.text(20, drawing.height + 14, 'Blue: single pages of RAM, mapped side by side. Yellow: a device. Grey end: the guard page, not mapped.')
    return drawing, 'the areas of vmalloc space'


def draw_process(record):
    """Left the areas; right the tables, one column a level, each with the pages that it maps."""
    drawing = Drawing(900)
    drawing.text(20, 20, f'process {record["pid"]} ({record["comm"]}): {len(record["areas"])} areas, {record["rss"]} pages in '
                 f'{len(record["tables"])} tables ({size(record["pgtables_bytes"])})', weight='bold')
    columns = {'PML4': 340, 'PDPT': 470, 'PD': 600, 'PT': 730}
    for name, x in columns.items():
        drawing.text(x, 44, name, weight='bold')
    drawing.text(20, 44, 'areas (mmap)', weight='bold')
    tables = {node['physical']: node for node in record['tables']}
    place = {}

    def high(node):
        """Rows that a table and all below it need."""
        if not node['children']:
            return max(34, 13 * len(runs(node['pages'])) + 20)
        return sum(high(tables[child['physical']]) + 8 for child in node['children'])

    def put(node, y):
        here = y
        for child in node['children']:
            here = put(tables[child['physical']], here) + 8
        place[node['physical']] = y
        x = columns[node['level']]
        drawing.box(x, y, 110 if node['level'] != 'PT' else 155, max(30, 13 * len(runs(node['pages'])) + 17) if node['level'] == 'PT' else 30, '#f2c879')
        drawing.text(x + 5, y + 13, f'page {node["physical"] >> 12}')
        if node['level'] == 'PT':
            for row, (first, last, rights) in enumerate(runs(node['pages'])):
                index = f'{first}' if first == last else f'{first}-{last}'
                drawing.text(x + 5, y + 27 + 13 * row, f'[{index}] {rights}', size=10)
        else:
            drawing.text(x + 5, y + 26, ' '.join(f'[{child["index"]}]' for child in node['children'])[:15], size=10)
        for child in node['children']:
            target = place[child['physical']]
            drawing.line([(x + 110, y + 20), (columns[tables[child['physical']]['level']], target + 12)], True)
        return max(here, y + high(node))
    root = record['tables'][0]
    put(root, 56)
    y = 62
    mapped = sorted(page['address'] for node in record['tables'] for page in node['pages'])
    for area in record['areas']:
        present = sum(1 for address in mapped if area['start'] <= address < area['end'])
        whole = (area['end'] - area['start']) // 4096
        drawing.box(20, y, 290, 32, '#cfe3f5')
        drawing.text(26, y + 13, f'{area["start"]:012x}-{area["end"]:012x} {area["rights"]}', size=10)
        drawing.text(26, y + 26, f'{present} of {whole} pages present  {area["name"]}', size=10)
        y += 38
    return drawing, 'the areas and page tables of a process'


def runs(pages):
    """Neighbouring entries with equal rights, as (first, last, rights)."""
    found = []
    for page in pages:
        rights = 'r' + ('w' if page['write'] else '-') + ('x' if page['exec'] else '-')
        if found and found[-1][1] == page['index'] - 1 and found[-1][2] == rights:
            found[-1] = (found[-1][0], page['index'], rights)
        else:
            found.append((page['index'], page['index'], rights))
    return found


SCENES = [('scene1', 'before fork()'), ('scene2', 'after fork(), in the child'), ('scene3', 'after the child wrote to page 0'),
          ('scene4', 'the child is gone; the parent wrote to page 0')]


def draw_cow(records):
    drawing = Drawing(820)
    y = 20
    for name, words in SCENES:
        record = records[name]
        drawing.text(20, y, words, weight='bold')
        y += 8
        frames = []
        for process in record['processes']:
            for row in process['rows']:
                if row and row['pfn'] not in frames:
                    frames.append(row['pfn'])
        frames.sort()
        left = {process['pid']: (30 if n == 0 else 580) for n, process in enumerate(record['processes'])}
        middle = {pfn: y + 14 + 26 * n for n, pfn in enumerate(frames)}
        facts = {row['pfn']: (row, content) for process in record['processes']
                 for row, content in zip(process['rows'], process['contents']) if row}
        for pfn, where in middle.items():
            row, content = facts[pfn]
            zero = pfn == record['zero_pfn']
            drawing.box(320, where, 160, 20, '#dddddd' if zero else '#b5d99c' if row['mapcount'] > 1 else '#e59f9f')
            label = 'the zero page' if zero else f'"{content}" mapcount {row["mapcount"]}'
            drawing.text(400, where + 14, f'{pfn}: {label}', 'middle', size=10)
        for process in record['processes']:
            x = left[process['pid']]
            drawing.text(x, y + 8, f'PID {process["pid"]}', size=10)
            for number, row in enumerate(process['rows']):
                where = y + 14 + 22 * number
                drawing.box(x, where, 170, 20, '#f2c879' if row else '#ffffff', stroke='#444444' if row else '#aaaaaa')
                rights = 'not present' if not row else 'read, write' if row['write'] else 'read only'
                drawing.text(x + 6, where + 14, f'page {number}: {rights}', size=10)
                if row:
                    edge, target = (x + 170, 320) if x < 320 else (x, 480)
                    drawing.line([(edge, where + 10), (target, middle[row['pfn']] + 10)], True)
        y += 14 + max(22 * 6, 26 * len(frames)) + 34
    return drawing, 'copy-on-write, from the page tables of two processes'


def main(argv):
    target = argv[0] if argv else os.path.join(ROOT, 'docs/images')
    if argv and argv[0].startswith('-'):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        records = collect(folder)
    os.makedirs(target, exist_ok=True)
    for name, function, record in (('memblock', draw_memblock, records['memblock']), ('buddy', draw_buddy, records['buddy']),
                                   ('slab', draw_slab, records['slab']), ('vmalloc', draw_vmalloc, records['vmalloc']),
                                   ('process', draw_process, records['process']), ('cow', draw_cow, records)):
        drawing, title = function(record)
        drawing.save(os.path.join(target, f'{name}.svg'), title)
        print(os.path.join(target, f'{name}.svg'))
    if len(argv) > 1:
        with open(argv[1], 'w', encoding='ascii') as out:
            json.dump(records, out)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
