#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""mkinitramfs.py - write a cpio archive of the "newc" kind, the same bytes for the same input.

	mkinitramfs.py OUT [dir:PATH[:MODE]] [file:PATH=SOURCE[:MODE]] [link:PATH=TARGET] [node:PATH:c|b:MAJOR:MINOR[:MODE]]
		       [tree:PATH=DIRECTORY] ...

A newc archive is a row of entries; each is a header of 110 ASCII characters, the name with its NUL, and the data, name
and data each padded to a multiple of four bytes. The entry named TRAILER!!! ends it.

	"070701" | ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check | name | data
	    6        13 fields of 8 hexadecimal digits

Everything that a build could make vary is fixed: sorted by name, owner 0:0, time 0, inode numbers counted from 1.
Parents are written before their children because "a" sorts before "a/b"; missing parents are added as directories.
Tests import entry() to build archives with one field spoilt.
"""
import os
import sys

S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR, S_IFBLK = 0o040000, 0o100000, 0o120000, 0o020000, 0o060000
TRAILER = 'TRAILER!!!'


def entry(name, mode=0, data=b'', ino=0, rdev=(0, 0), magic=b'070701', filesize=None, namesize=None):
    """One archive entry; filesize and namesize lie in the header only, for tests of the reader."""
    raw = name.encode() + b'\0'
    nlink = 2 if mode & 0o170000 == S_IFDIR else 1
    fields = (ino, mode, 0, 0, nlink, 0, len(data) if filesize is None else filesize, 0, 0, rdev[0], rdev[1],
              len(raw) if namesize is None else namesize, 0)
    head = magic + b''.join(b'%08X' % field for field in fields) + raw
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


class Archive:
    """A set of files by path; write() gives the archive."""

    def __init__(self):
        self.files = {}

    def add(self, path, mode, data=b'', rdev=(0, 0)):
        path = path.strip('/')
        parent = os.path.dirname(path)
        if parent and parent not in self.files:
            self.add(parent, S_IFDIR | 0o755)
        self.files[path] = (mode, data, rdev)

    def directory(self, path, mode=0o755):
        self.add(path, S_IFDIR | mode)

    def file(self, path, data, mode=0o644):
        self.add(path, S_IFREG | mode, data)

    def link(self, path, target):
        self.add(path, S_IFLNK | 0o777, target.encode())

    def node(self, path, kind, major, minor, mode=0o600):
        self.add(path, (S_IFCHR if kind == 'c' else S_IFBLK) | mode, rdev=(major, minor))

    def tree(self, path, source):
        for base, directories, names in os.walk(source):
            directories.sort()
            for name in sorted(names):
                full = os.path.join(base, name)
                mode = 0o755 if os.access(full, os.X_OK) else 0o644
                self.file(os.path.join(path, os.path.relpath(full, source)), read(full), mode)

    def write(self):
        out = [entry(path, mode, data, number, rdev)
               for number, (path, (mode, data, rdev)) in enumerate(sorted(self.files.items()), 1)]
        return b''.join(out) + entry(TRAILER)


def read(path):
    with open(path, 'rb') as source:
        return source.read()


def add_word(archive, word):
    """One word of the command line."""
    kind, _, rest = word.partition(':')
    if kind == 'dir':
        path, _, mode = rest.partition(':')
        archive.directory(path, int(mode or '755', 8))
    elif kind == 'file':
        path, _, source = rest.partition('=')
        source, _, mode = source.partition(':')
        archive.file(path, read(source), int(mode or '644', 8))
    elif kind == 'link':
        archive.link(*rest.split('=', 1))
    elif kind == 'tree':
        archive.tree(*rest.split('=', 1))
    elif kind == 'node':
        path, device, major, minor, *mode = rest.split(':')
        archive.node(path, device, int(major), int(minor), int(mode[0] if mode else '600', 8))
    else:
        sys.exit(f'mkinitramfs: what is "{word}"?')


def main(argv):
    archive = Archive()
    for word in argv[1:]:
        add_word(archive, word)
    with open(argv[0], 'wb') as out:
        out.write(archive.write())


if __name__ == '__main__':
    main(sys.argv[1:])
