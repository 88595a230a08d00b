#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_deflate.py OUT [SEED] - compressed streams, whole and damaged, with what zlib says of each.

The file is a row of records, all numbers little endian u32:

	kind (0 raw deflate, 1 gzip)  flags (1: must decompress, 2: must fail, 3: only must not crash)
	length of the stream  bytes it uses  length of the output  CRC-32 of the output  the stream

Of a damaged stream, the output counts only when zlib decompresses it without an error.
"""
import gzip
import os
import random
import struct
import sys
import zlib


def texts(rng):
    """Things that compress in different ways."""
    words = [''.join(rng.choice('abcdefghij') for _ in range(rng.randrange(1, 9))) for _ in range(50)]
    yield b''
    yield b'a'
    yield b'a' * 100000                                                 # distance 1, length 258
    yield bytes(range(256)) * 3
    yield rng.randbytes(70000)                                          # does not compress: stored blocks
    yield ' '.join(rng.choice(words) for _ in range(30000)).encode()
    block = rng.randbytes(32768 - 4)
    yield block + rng.randbytes(4) + block + block                      # distances up to the whole window
    yield bytes(rng.choice(b'ab') for _ in range(40000))
    # Symbols with widely different frequencies have codes of more than 9 bits.
    yield bytes(min(255, int(rng.expovariate(0.07))) for _ in range(60000))
    for _ in range(30):
        n = rng.randrange(1, 3000)
        yield bytes(rng.choice(b'aaaabbc \n') if rng.random() < 0.7 else rng.randrange(256) for _ in range(n))


def compress(rng, text, level=None, strategy=None):
    level = rng.randrange(0, 10) if level is None else level
    strategy = rng.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]) \
        if strategy is None else strategy
    z = zlib.compressobj(level, zlib.DEFLATED, -rng.randrange(9, 16), rng.randrange(1, 10), strategy)
    out = b''
    at = 0
    while at < len(text):                                               # flushes make blocks of all types
        n = rng.randrange(1, len(text) - at + 1) if rng.random() < 0.5 else len(text) - at
        out += z.compress(text[at:at + n])
        if rng.random() < 0.5:
            out += z.flush(rng.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH]))
        at += n
    return out + z.flush()


def gzip_member(rng, raw, text):
    """With any of the optional header fields."""
    flags = rng.randrange(32)
    head = struct.pack('<BBBBIBB', 0x1f, 0x8b, 8, flags, rng.randrange(1 << 32), 0, 255)
    if flags & 4:
        extra = rng.randbytes(rng.randrange(50))
        head += struct.pack('<H', len(extra)) + extra
    if flags & 8:
        head += b'name\0'
    if flags & 16:
        head += b'a comment\0'
    if flags & 2:
        head += struct.pack('<H', zlib.crc32(head) & 0xffff)
    return head + raw + struct.pack('<II', zlib.crc32(text), len(text) & 0xffffffff)


def verdict(raw):
    """(good, bytes used, output) as zlib sees a raw deflate stream."""
    z = zlib.decompressobj(-15)
    try:
        out = z.decompress(raw) + z.flush()
    except zlib.error:
        return False, 0, b''
    return z.eof, len(raw) - len(z.unused_data), out


def damage(rng, stream):
    stream = bytearray(stream)
    for _ in range(rng.choice([1, 1, 2, 5])):
        how = rng.randrange(4)
        if how == 0 and len(stream) > 1:
            del stream[rng.randrange(len(stream)):]
        elif how == 1 and stream:
            stream[rng.randrange(len(stream))] ^= 1 << rng.randrange(8)
        elif how == 2 and stream:
            stream[rng.randrange(min(len(stream), 60))] = rng.randrange(256)
        elif stream:
            at = rng.randrange(len(stream))
            del stream[at:at + rng.randrange(1, 4)]
    return bytes(stream)


def main():
    seed = int(sys.argv[2], 0) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    print(f'# make_deflate.py: seed {seed}')
    rng = random.Random(seed)
    records = []

    def add(kind, flags, stream, used, output):
        records.append(struct.pack('<6I', kind, flags, len(stream), used, len(output), zlib.crc32(output)) + stream)

    for text in texts(rng):
        for _ in range(4):
            raw = compress(rng, text)
            tail = rng.randbytes(rng.randrange(12))
            add(0, 1, raw + tail, len(raw), text)
            member = gzip_member(rng, raw, text)
            add(1, 1, member + tail, len(member), text)
            for _ in range(25 if len(raw) < 5000 else 3):
                bad = damage(rng, raw)
                good, used, out = verdict(bad)
                add(0, 1 if good else 2, bad, used, out)
                bad = damage(rng, member)
                try:
                    out = gzip.decompress(bad)
                    flags = 3 if out != text else 1                     # damage in the name or the time changes nothing
                except (OSError, EOFError, zlib.error, struct.error):
                    out, flags = b'', 3                                 # Python reads on behind the member, and we do not
                add(1, 3 if flags == 1 else flags, bad, 0, out)
            # The trailer is what the checks are for.
            for at in range(1, 9):
                bad = bytearray(member)
                bad[-at] ^= 1 << rng.randrange(8)
                add(1, 2, bytes(bad), 0, b'')
            for cut in range(1, 9):
                add(1, 2, member[:-cut], 0, b'')
    for _ in range(3000):
        junk = rng.randbytes(rng.randrange(200))
        good, used, out = verdict(junk)
        add(0, 1 if good else 2, junk, used, out)

    with open(sys.argv[1] + '.tmp', 'wb') as f:
        f.write(b''.join(records))
    os.rename(sys.argv[1] + '.tmp', sys.argv[1])


main()
