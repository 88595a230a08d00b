/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/video/vt_internal.h - the terminal's state, shared by its grid (vt.c) and its escape sequences (vt_escape.c).
 */
#ifndef VIDEO_VT_INTERNAL_H
#define VIDEO_VT_INTERNAL_H

#include <primer/vt.h>

#define VT_MAX_PARAMS	16

enum vt_parse_state { VT_NORMAL, VT_ESC, VT_CSI, VT_CSI_PRIVATE, VT_CSI_IGNORE, VT_ESC_SKIP, VT_OSC };

struct vt_position {
	unsigned int x, y;
	u8 fg, bg;
	bool bold, reverse;
};

/* [console lock, for everything but what is marked] */
struct vt {
	const struct consw *sw;		/* [immutable after setup] */
	unsigned int cols, rows;	/* [immutable after setup] */
	vt_cell_t *cells;		/* rows * cols; screen row y is ring row (top + y) % rows */
	vt_cell_t *shown;		/* rows * cols: what the glass shows, in screen order */
	unsigned int top;
	unsigned int dirty_first, dirty_last;	/* rows that may differ from the glass; first > last: none */
	struct vt_position cur, saved;
	bool wrap_pending;		/* the last column is full: the next character goes to the next line */
	unsigned int region_first, region_last;	/* rows that scroll */
	vt_cell_t blank_glyph;
	bool cursor_wanted, cursor_drawn;
	unsigned int cursor_x, cursor_y;	/* where it is drawn */
	enum vt_parse_state state;
	unsigned int params[VT_MAX_PARAMS], nparams;
	u32 utf8;			/* bits of the character so far */
	u8 utf8_left;			/* bytes to come */
};

/* The grid, for the parser. Coordinates count from 0 and are within the grid. */
vt_cell_t vt_blank(const struct vt *vt);
void vt_put_glyph(struct vt *vt, u32 ucs);
void vt_clear(struct vt *vt, unsigned int x, unsigned int y, unsigned int count);
void vt_move_in_row(struct vt *vt, unsigned int from, unsigned int to);
void vt_scroll_up(struct vt *vt, unsigned int first, unsigned int last, unsigned int n);
void vt_scroll_down(struct vt *vt, unsigned int first, unsigned int last, unsigned int n);
void vt_linefeed(struct vt *vt);
void vt_reverse_linefeed(struct vt *vt);
void vt_goto(struct vt *vt, unsigned int x, unsigned int y);
void vt_reset(struct vt *vt);

/* vt_putc - one byte of output. */
void vt_putc(struct vt *vt, u8 c);

#endif
