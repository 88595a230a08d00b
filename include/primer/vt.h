/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/vt.h - the screen as a terminal: tty0.
 *
 * One terminal (drivers/video/vt.c) turns bytes into a grid of cells; a backend puts cells on glass. Two exist: fbcon
 * draws glyphs on a linear framebuffer, vgacon writes the text memory of a VGA card.
 */
#ifndef PRIMER_VT_H
#define PRIMER_VT_H

#include <primer/compiler.h>
#include <primer/types.h>

/* A cell: glyph number, then colours. 0 to 7 black red green yellow blue magenta cyan white, + 8 bright. */
typedef u32 vt_cell_t;
#define VT_CELL(glyph, fg, bg)	((u32)(glyph) | (u32)(fg) << 16 | (u32)(bg) << 20)
#define VT_GLYPH(cell)		((cell) & 0xffff)
#define VT_FG(cell)		((cell) >> 16 & 15)
#define VT_BG(cell)		((cell) >> 20 & 15)

/* A backend. Context: console lock held, interrupts off. */
struct consw {
	const char *name;
	/* Take the hardware; tell the size of the grid. 0 or -errno with a message. Context: boot, may allocate. */
	int (*init)(unsigned int *cols, unsigned int *rows);
	/* The glyph for a Unicode character. */
	u16 (*glyph)(u32 ucs);
	/* Draw @count cells from column @x of row @y on. */
	void (*putcs)(const vt_cell_t *cells, unsigned int count, unsigned int x, unsigned int y);
	/* Show or hide the cursor at a cell; @under is what the cell holds. */
	void (*cursor)(bool show, unsigned int x, unsigned int y, vt_cell_t under);
};

extern const struct consw fb_con, vga_con;

/*
 * vt_console_init - register tty0 with the backend that this machine has. Nothing is set up before the console is
 * enabled.
 */
void vt_console_init(void);

/* kbd_getc - the next byte that the keyboard has typed, or -1. Context: any but NMI. */
int kbd_getc(void);

/* The built-in font, made from Debian's console fonts by tools/mkfont.py. */
struct font_desc {
	const char *name;
	unsigned int width, height;	/* pixels; width at most 8: one byte a row */
	unsigned int glyphs;
	const u8 *data;			/* glyphs * height bytes, most significant bit leftmost */
	const u16 (*unicode)[2];	/* {character, glyph}, sorted */
	unsigned int unicode_count;
};
extern const struct font_desc builtin_font;

#endif
