# SPDX-License-Identifier: GPL-2.0-only
"""Read the text off a screenshot: each cell is compared with the glyphs of the font that it was drawn with."""
import gzip

from PIL import Image

import mkfont


def read_font(path):
    """(width, height, {bitmap: character}) of a gzipped PSF font."""
    with gzip.open(path, 'rb') as source:
        data = source.read()
    width, height, _, bitmaps, table = (mkfont.psf1 if data[:2] == b'\x36\x04' else mkfont.psf2)(data)
    size = (width + 7) // 8 * height
    glyphs = {}
    for code, glyph in sorted(table, reverse=True):		# of the characters that look alike the plainest stays
        glyphs[bytes(bitmaps[glyph * size:(glyph + 1) * size])] = chr(code)
    glyphs[bytes(size)] = ' '
    return width, height, glyphs


def read_screen(picture, font):
    """The lines of text in the PNG file `picture`; a cell that is no glyph reads as U+FFFD."""
    width, height, glyphs = read_font(font)
    image = Image.open(picture).convert('RGB')
    pixels = image.load()
    lines = []
    for top in range(0, image.height - height + 1, height):
        line = ''
        for left in range(0, image.width - width + 1, width):
            background = pixels[left, top]
            cell = [[pixels[left + x, top + y] for x in range(width)] for y in range(height)]
            plain, inverse = bits(cell, background, width), bits(cell, background, width, True)
            line += glyphs.get(plain) or glyphs.get(inverse) or '\ufffd'
        lines.append(line.rstrip())
    return lines


def bits(cell, background, width, inverse=False):
    """The cell as a bitmap of the font; its first pixel counts as background, or as foreground with `inverse`."""
    out = b''
    for row in cell:
        value = 0
        for pixel in row:
            value = value << 1 | ((pixel != background) != inverse)
        out += (value << -width % 8).to_bytes((width + 7) // 8, 'big')
    return out
