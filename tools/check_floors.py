#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check_floors.py [BUILD] - do all arrows between rooms point down?

	check_floors.py			the #include directions only
	check_floors.py build		these and the symbol references of the objects under build/

The house has an order: a room may include and call only rooms below it. docs/map.md holds the order, the room of each
header and the exceptions with their reasons, for readers; this program reads the same tables, so the page cannot lie.

What counts as an arrow:
  - `#include <dir/x.h>` in a file of room A, where x.h belongs to room B;	A must not be below B
  - `#include "x.h"`: a private header never leaves its folder's room;	A must be the room where x.h stands
  - an undefined symbol in an object of room A that an object of room B defines: what the linker will really do, read
    with nm. Text cannot tell a call from a mention, and does not see calls that an inline function of a header makes.

Also wrong: a header under include/ without a room, a file outside every room, a row of a table that names nothing (an
exception that no longer excuses anything would hide the next one).
"""
import fnmatch
import os
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*[#%]\s*include\s*([<"])([^>"]+)[>"]', re.M)
NOT_KERNEL = ('tests/host/', 'tests/user/', 'tests/bench/')
EVERYWHERE = 'base'		# the pseudo-room below the ground: types and constants without code


class Map:
    """The tables of docs/map.md."""

    def __init__(self, text):
        self.order = [EVERYWHERE] + re.findall(r'[\w/]+', self.block(text, 'Order of the rooms'))
        self.rank = {room: floor for floor, room in enumerate(self.order)}
        self.headers = {}
        self.duplicates = []
        for room, names in self.rows(text, 'Headers'):
            for name in names.split():
                if name in self.headers:
                    self.duplicates.append(name)
                self.headers[name] = room
        self.exceptions = [(pattern, room, why) for patterns, room, why in self.rows(text, 'Exceptions')
                           for pattern in patterns.split()]
        self.used = set()

    @staticmethod
    def section(text, title):
        match = re.search(rf'^## {re.escape(title)}\n(.*?)(?=^## |\Z)', text, re.M | re.S)
        if not match:
            sys.exit(f'floors: docs/map.md has no section "{title}"')
        return match.group(1)

    def block(self, text, title):
        return re.search(r'```[a-z]*\n(.*?)```', self.section(text, title), re.S).group(1)

    def rows(self, text, title):
        """The cells of a table's rows, without the heading, backticks and commas."""
        lines = [line for line in self.section(text, title).splitlines() if line.startswith('|')]
        return [[re.sub(r'[`,]', ' ', cell).strip() for cell in line.strip('|').split('|')] for line in lines[2:]]

    def excused(self, what, room):
        """Is there an exception for header or symbol `what`, used in `room`?"""
        for row in self.exceptions:
            if fnmatch.fnmatchcase(what, row[0]) and row[1] in ('any', room):
                self.used.add(row)
                return True
        return False


class Floors:
    def __init__(self, root):
        self.root = root
        with open(os.path.join(root, 'docs/map.md'), encoding='utf-8') as page:
            self.map = Map(page.read())
        self.wrong = [f'docs/map.md: {name} has two rooms' for name in self.map.duplicates]

    def room_of(self, path):
        """The room with the longest name that is a folder above `path`, a path from the root of the tree."""
        rooms = [room for room in self.map.order if path.startswith(room + '/')]
        return max(rooms, key=len) if rooms else None

    def header_room(self, name):
        return self.map.headers.get(name) or self.map.headers.get(os.path.dirname(name) + '/*')

    def upward(self, low, high):
        return self.map.rank[high] > self.map.rank[low]

    def sources(self):
        for top in sorted({room.split('/')[0] for room in self.map.order if room != EVERYWHERE} | {'include'}):
            for base, folders, names in os.walk(os.path.join(self.root, top)):
                folders.sort()
                for name in sorted(names):
                    path = os.path.relpath(os.path.join(base, name), self.root)
                    if name.endswith(('.c', '.h', '.asm', '.inc')) and not path.startswith(NOT_KERNEL):
                        yield path

    def check_includes(self):
        for path in self.sources():
            header = path[len('include/'):] if path.startswith('include/') else None
            room = self.header_room(header) if header else self.room_of(path)
            if room is None:
                self.wrong.append(f'{path}: docs/map.md names no room for it')
                continue
            if room not in self.map.rank:
                self.wrong.append(f'docs/map.md: {path} is given to {room}, which is no room')
                continue
            with open(os.path.join(self.root, path), encoding='utf-8') as source:
                text = source.read()
            for match in INCLUDE.finditer(text):
                self.check_include(path, room, text.count('\n', 0, match.start(2)) + 1, *match.groups())
        for name in self.map.headers:
            if not name.endswith('/*') and not os.path.exists(os.path.join(self.root, 'include', name)):
                self.wrong.append(f'docs/map.md: include/{name} does not exist')

    def check_include(self, path, room, line, kind, name):
        beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if kind == '"' and os.path.exists(os.path.join(self.root, beside)):
            other = self.room_of(beside)
            if other != room and not self.map.excused(beside, room):
                self.wrong.append(f'{path}:{line}: {beside} is private to {other}')
            return
        if not os.path.exists(os.path.join(self.root, 'include', name)):
            return			# the compiler's own, or generated
        other = self.header_room(name)
        if other in self.map.rank and self.upward(room, other) and not self.map.excused(name, room):
            self.wrong.append(f'{path}:{line}: {room} includes {name} of {other}, which is above it')

    def check_symbols(self, build):
        defined, wanted = {}, []
        objects = []
        for base, folders, names in os.walk(build):
            folders.sort()
            objects += [os.path.join(base, name) for name in sorted(names) if name.endswith('.o')]
        objects = [(path, self.room_of(os.path.relpath(path, build))) for path in objects]
        objects = [(path, room) for path, room in objects
                   if room and not os.path.relpath(path, build).startswith('tests/host/')]
        if not objects:
            sys.exit(f'floors: no objects under {build}')
        for path, room in objects:
            nm = subprocess.run(['nm', '-P', path], check=True, capture_output=True, text=True).stdout
            for line in nm.splitlines():
                symbol, kind = line.split()[:2]
                if kind in 'UwNv':
                    wanted.append((symbol, path, room))
                elif kind.isupper():
                    # A symbol that two rooms define (a weak default and its replacement) belongs to the lower one.
                    if symbol not in defined or self.upward(room, defined[symbol]):
                        defined[symbol] = room
        for symbol, path, room in wanted:
            other = defined.get(symbol)
            if other and self.upward(room, other) and not self.map.excused(symbol, room):
                source = os.path.splitext(os.path.relpath(path, build))[0]
                self.wrong.append(f'{source}: {room} uses {symbol} of {other}, which is above it')

    def report(self, symbols):
        if symbols:
            for row in self.map.exceptions:
                if row not in self.map.used and row[1] != 'any':
                    self.wrong.append(f'docs/map.md: the exception {row[0]} for {row[1]} excuses nothing')
        for line in self.wrong:
            print(f'floors: {line}')
        print(f'floors: {len(self.map.order) - 1} rooms, {len(self.map.headers)} headers, '
              f'{len(self.wrong) or "no"} arrow(s) or row(s) wrong')
        return 1 if self.wrong else 0


def main(argv):
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if argv[:1] == ['--root']:
        root, argv = argv[1], argv[2:]
    floors = Floors(root)
    floors.check_includes()
    if argv:
        floors.check_symbols(argv[0])
    return floors.report(bool(argv))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
