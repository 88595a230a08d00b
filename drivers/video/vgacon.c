/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/video/vgacon.c - the text mode of a VGA card: 80 by 25, where every PC starts on BIOS.
 *
 * At physical b8000 lie 2000 words, one a cell; the card draws the letters itself, from a font in its own memory
 * (code page 437):
 *
 *	 15     14..12        11     10..8	 7..0
 *	blink | background | bright | colour | character
 *
 * Its colour numbers have red and blue exchanged against ANSI's. The cursor is a position in two CRT controller
 * registers (index at 3d4, data at 3d5).
 *
 * Whether there is a card is found out by writing a word and reading it back: nothing at all reads as ones.
 *
 * Reference: IBM VGA technical reference; Linux drivers/video/console/vgacon.c, which also switches modes, loads
 * fonts and scrolls by moving the start address.
 */
#include <primer/errno.h>
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/vt.h>
#include <asm/io.h>

#define VGA_TEXT_BASE	0xb8000
#define VGA_COLS	80
#define VGA_ROWS	25
#define CRTC_INDEX	0x3d4
#define CRTC_DATA	0x3d5
#define CRTC_CURSOR_START 0x0a
#define CRTC_CURSOR_OFF	0x20		/* in the start register */
#define CRTC_CURSOR_HIGH 0x0e
#define CRTC_CURSOR_LOW	0x0f

static u16 *text;			/* [immutable after vgacon_init()] */
static u8 cursor_shape;			/* [immutable after vgacon_init()] first scan line of the firmware's cursor */

/* What code page 437 has of the lines and blocks that programs draw with. */
static const u16 cp437[][2] = {
	{ 0x00b0, 0xf8 }, { 0x00b1, 0xf1 }, { 0x00b7, 0xfa }, { 0x00c4, 0x8e }, { 0x00d6, 0x99 }, { 0x00dc, 0x9a },
	{ 0x00df, 0xe1 }, { 0x00e4, 0x84 }, { 0x00f6, 0x94 }, { 0x00fc, 0x81 }, { 0x2022, 0x07 }, { 0x2500, 0xc4 },
	{ 0x2502, 0xb3 }, { 0x250c, 0xda }, { 0x2510, 0xbf }, { 0x2514, 0xc0 }, { 0x2518, 0xd9 }, { 0x251c, 0xc3 },
	{ 0x2524, 0xb4 }, { 0x252c, 0xc2 }, { 0x2534, 0xc1 }, { 0x253c, 0xc5 }, { 0x2550, 0xcd }, { 0x2551, 0xba },
	{ 0x2588, 0xdb }, { 0x2591, 0xb0 }, { 0x2592, 0xb1 }, { 0x2593, 0xb2 }, { 0x25a0, 0xfe },
};

static void crtc_write(u8 index, u8 value)
{
	outb(index, CRTC_INDEX);
	outb(value, CRTC_DATA);
}

static u16 vgacon_glyph(u32 ucs)
{
	unsigned int i;

	if (ucs >= 32 && ucs < 127)
		return ucs;
	for (i = 0; i < ARRAY_SIZE(cp437); i++) {
		if (cp437[i][0] == ucs)
			return cp437[i][1];
	}
	return '?';
}

static int vgacon_init(unsigned int *cols, unsigned int *rows)
{
	unsigned int i;
	u16 saved;

	text = ioremap(VGA_TEXT_BASE, VGA_COLS * VGA_ROWS * sizeof(*text));
	if (!text)
		return -ENOMEM;
	saved = readw(&text[0]);
	writew(0x5aa5, &text[0]);
	if (readw(&text[0]) != 0x5aa5) {
		iounmap(text);
		return -ENODEV;
	}
	writew(saved, &text[0]);
	for (i = 0; i < VGA_COLS * VGA_ROWS; i++)
		writew(0x0720, &text[i]);
	outb(CRTC_CURSOR_START, CRTC_INDEX);
	cursor_shape = inb(CRTC_DATA) & ~CRTC_CURSOR_OFF;
	*cols = VGA_COLS;
	*rows = VGA_ROWS;
	return 0;
}

static void vgacon_putcs(const vt_cell_t *cells, unsigned int count, unsigned int x, unsigned int y)
{
	static const u8 vga_colour[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };
	u16 *to = text + y * VGA_COLS + x;

	for (; count; count--, cells++, to++) {
		u8 fg = vga_colour[VT_FG(*cells) & 7] | (VT_FG(*cells) & 8), bg = vga_colour[VT_BG(*cells) & 7];

		writew(VT_GLYPH(*cells) | fg << 8 | bg << 12, to);
	}
}

static void vgacon_cursor(bool show, unsigned int x, unsigned int y, vt_cell_t under)
{
	unsigned int pos = y * VGA_COLS + x;

	if (!show) {
		crtc_write(CRTC_CURSOR_START, cursor_shape | CRTC_CURSOR_OFF);
		return;
	}
	crtc_write(CRTC_CURSOR_HIGH, pos >> 8);
	crtc_write(CRTC_CURSOR_LOW, pos & 0xff);
	crtc_write(CRTC_CURSOR_START, cursor_shape);
}

const struct consw vga_con = {
	.name = "VGA+ 80x25",
	.init = vgacon_init,
	.glyph = vgacon_glyph,
	.putcs = vgacon_putcs,
	.cursor = vgacon_cursor,
};
