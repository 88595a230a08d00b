# SPDX-License-Identifier: GPL-2.0-only
"""Read an ELF64 image without running it (symbols, memory by address), and make small ones, sound or spoilt."""
import struct

PT_LOAD = 1
PF_X, PF_W, PF_R = 1, 2, 4
ET_EXEC, ET_DYN = 2, 3
EM_386, EM_X86_64 = 3, 62


class Image:
    """A linked ELF64 file."""

    def __init__(self, path):
        with open(path, 'rb') as source:
            self.data = source.read()
        (self.phoff, self.shoff) = struct.unpack_from('<QQ', self.data, 32)
        self.phentsize, self.phnum, self.shentsize, self.shnum, _ = struct.unpack_from('<5H', self.data, 54)
        self.segments = [struct.unpack_from('<IIQQQQQQ', self.data, self.phoff + i * self.phentsize)
                         for i in range(self.phnum)]
        self.symbols = dict(self.read_symbols())

    def read_symbols(self):
        for index in range(self.shnum):
            _, kind, _, _, offset, size, link, _, _, entsize = struct.unpack_from(
                '<IIQQQQIIQQ', self.data, self.shoff + index * self.shentsize)
            if kind != 2:		# SHT_SYMTAB
                continue
            names = struct.unpack_from('<IIQQQQIIQQ', self.data, self.shoff + link * self.shentsize)[4]
            for at in range(offset, offset + size, entsize):
                name, _, _, _, value, _ = struct.unpack_from('<IBBHQQ', self.data, at)
                yield self.text_at(names + name), value

    def text_at(self, offset):
        return self.data[offset:self.data.index(b'\0', offset)].decode()

    def offset(self, address):
        """Where in the file the byte stands that will be at `address`."""
        for kind, _, offset, vaddr, _, filesz, _, _ in self.segments:
            if kind == PT_LOAD and vaddr <= address < vaddr + filesz:
                return offset + address - vaddr
        raise KeyError(f'{address:#x} is in no segment')

    def words(self, address, count):
        return struct.unpack_from(f'<{count}Q', self.data, self.offset(address))

    def string(self, address):
        return self.text_at(self.offset(address))


def kunit_cases(path):
    """[(suite, case)] from the tables that include/kunit/test.h lays out, read from the image itself."""
    image = Image(path)
    start, end = image.symbols['__kunit_suites_start'], image.symbols['__kunit_suites_end']
    cases = []
    for suite in image.words(start, (end - start) // 8) if end > start else ():
        name, _, _, _, _, table = image.words(suite, 6)
        while True:
            run, case, _ = image.words(table, 3)
            if not run:
                break
            cases.append((image.string(name), image.string(case)))
            table += 24
    return cases


def segment(vaddr, data=b'', memsz=None, flags=PF_R | PF_X, offset=None, filesz=None):
    """A program header to be, for make()."""
    return dict(vaddr=vaddr, data=data, memsz=len(data) if memsz is None else memsz, flags=flags, offset=offset,
                filesz=len(data) if filesz is None else filesz)


# exit_group(0): mov eax, 231; xor edi, edi; syscall
EXIT_CODE = b'\xb8\xe7\x00\x00\x00\x31\xff\x0f\x05'


def make(segments=None, entry=None, etype=ET_EXEC, machine=EM_X86_64, elfclass=2, magic=b'\x7fELF', phnum=None,
         phentsize=56, phoff=64, version=1, encoding=1):
    """An ELF64 file; each keyword is a field that a test may spoil. Without any, a program that calls exit_group(0)."""
    segments = [segment(0x400000, EXIT_CODE)] if segments is None else segments
    body = b''
    headers = b''
    start = 0x1000
    for seg in segments:
        at = start + len(body)
        at += (seg['vaddr'] - at) % 4096
        body = body.ljust(at - start, b'\0') + seg['data']
        offset = at if seg['offset'] is None else seg['offset']
        headers += struct.pack('<IIQQQQQQ', PT_LOAD, seg['flags'], offset, seg['vaddr'], seg['vaddr'], seg['filesz'],
                               seg['memsz'], 4096)
    if entry is None:
        entry = segments[0]['vaddr'] if segments else 0
    header = magic + bytes([elfclass, encoding, 1, 0]) + bytes(8) + struct.pack(
        '<HHIQQQIHHHHHH', etype, machine, version, entry, phoff, 0, 0, 64, phentsize,
        len(segments) if phnum is None else phnum, 0, 0, 0)
    return (header + headers).ljust(start, b'\0') + body
