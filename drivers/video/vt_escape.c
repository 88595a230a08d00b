/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/video/vt_escape.c - what the bytes sent to the terminal mean.
 *
 * Most are letters, in UTF-8. A few control characters move the cursor. ESC starts a command (ECMA-48, as DEC's VT102
 * and Linux's console understand it), so a byte's meaning depends on what came before: a state machine.
 *
 *	              other: done                     final byte @..~: do it
 *	NORMAL --ESC--> ESC --'['--> CSI --digits ';'--> CSI ----------------> NORMAL
 *	                 |            +--'?'--> CSI_PRIVATE
 *	                 +--']'--> OSC --BEL or ESC \--> NORMAL			(window titles: dropped)
 *	                 +--'(' ')' '#' '%'--> ESC_SKIP --any--> NORMAL		(character sets: always UTF-8)
 *
 *	CSI:	A B C D E F G ` H f d	move	J K X	erase		L M @ P	insert, delete	S T	scroll
 *		m	colours		r	scrolling region	s u	save, restore	h l ?25	cursor on, off
 *
 * Malformed UTF-8 shows as U+FFFD, and the byte that broke it is looked at afresh. Parameters beyond the sixteenth or
 * above 9999 are ignored; nothing that a program sends can move anything outside of the grid.
 *
 * Questions (ESC [ 6 n and the like) are not answered: this terminal has no way to type.
 */
#include <primer/kernel.h>
#include "vt_internal.h"

#define PARAM_MAX	9999

/* The @i-th number, or @otherwise if it was left out or 0. */
static unsigned int param(const struct vt *vt, unsigned int i, unsigned int otherwise)
{
	return i < vt->nparams && vt->params[i] ? vt->params[i] : otherwise;
}

/* A colour of the 256-colour palette, as the nearest of our 16: by which components are strong. */
static u8 nearest_colour(unsigned int c)
{
	unsigned int r, g, b;

	if (c < 16)
		return c;
	if (c >= 232)
		return c < 236 ? 0 : c < 244 ? 8 : c < 250 ? 7 : 15;
	c -= 16;
	r = c / 36 % 6, g = c / 6 % 6, b = c % 6;
	return (r > 2) | (g > 2) << 1 | (b > 2) << 2 | (max(max(r, g), b) > 4 ? 8 : 0);
}

/* 38;5;n or 38;2;r;g;b, and 48 likewise: eats its parameters. @i stands on the 38; returns where it ends. */
static unsigned int extended_colour(const struct vt *vt, unsigned int i, u8 *colour)
{
	const unsigned int *p = vt->params;

	if (i + 2 < vt->nparams && p[i + 1] == 5) {
		*colour = nearest_colour(min(p[i + 2], 255U));
		return i + 2;
	}
	if (i + 4 < vt->nparams && p[i + 1] == 2) {
		*colour = (p[i + 2] > 127) | (p[i + 3] > 127) << 1 | (p[i + 4] > 127) << 2 |
			  (max(max(p[i + 2], p[i + 3]), p[i + 4]) > 213 ? 8 : 0);
		return i + 4;
	}
	return vt->nparams;
}

/* ESC [ ... m: select graphic rendition. */
static void set_colours(struct vt *vt)
{
	struct vt_position *cur = &vt->cur;
	unsigned int i;

	for (i = 0; i < max(vt->nparams, 1U); i++) {
		unsigned int p = i < vt->nparams ? vt->params[i] : 0;

		switch (p) {
		case 0:
			cur->fg = 7, cur->bg = 0, cur->bold = cur->reverse = false;
			break;
		case 1:
			cur->bold = true;
			break;
		case 2: case 21: case 22:
			cur->bold = false;
			break;
		case 7:
			cur->reverse = true;
			break;
		case 27:
			cur->reverse = false;
			break;
		case 30 ... 37:
			cur->fg = p - 30;
			break;
		case 38:
			i = extended_colour(vt, i, &cur->fg);
			break;
		case 39:
			cur->fg = 7;
			break;
		case 40 ... 47:
			cur->bg = p - 40;
			break;
		case 48:
			i = extended_colour(vt, i, &cur->bg);
			break;
		case 49:
			cur->bg = 0;
			break;
		case 90 ... 97:
			cur->fg = p - 90 + 8;
			break;
		case 100 ... 107:
			cur->bg = p - 100 + 8;
			break;
		}
	}
}

/*
 * ESC [ n J: 0 from the cursor to the end, 1 from the start to the cursor, 2 and 3 everything. ESC [ n K: the same in
 * the row.
 */
static void erase(struct vt *vt, bool screen)
{
	unsigned int how = param(vt, 0, 0), x = vt->cur.x, y = vt->cur.y, row;

	if (screen) {
		for (row = how == 0 ? y + 1 : 0; row < (how == 1 ? y : vt->rows); row++)
			vt_clear(vt, 0, row, vt->cols);
		if (how > 1)
			return;
	}
	if (how == 0)
		vt_clear(vt, x, y, vt->cols - x);
	else if (how == 1)
		vt_clear(vt, 0, y, x + 1);
	else
		vt_clear(vt, 0, y, vt->cols);
}

static void set_region(struct vt *vt)
{
	unsigned int first = param(vt, 0, 1), last = min(param(vt, 1, vt->rows), vt->rows);

	if (first >= last)
		return;
	vt->region_first = first - 1;
	vt->region_last = last - 1;
	vt_goto(vt, 0, 0);
}

static void do_csi(struct vt *vt, u8 final)
{
	unsigned int n = param(vt, 0, 1), x = vt->cur.x, y = vt->cur.y;

	switch (final) {
	case 'A':
		vt_goto(vt, x, y - min(n, y));
		break;
	case 'B': case 'e':
		vt_goto(vt, x, y + n);
		break;
	case 'C': case 'a':
		vt_goto(vt, x + n, y);
		break;
	case 'D':
		vt_goto(vt, x - min(n, x), y);
		break;
	case 'E':
		vt_goto(vt, 0, y + n);
		break;
	case 'F':
		vt_goto(vt, 0, y - min(n, y));
		break;
	case 'G': case '`':
		vt_goto(vt, n - 1, y);
		break;
	case 'H': case 'f':
		vt_goto(vt, param(vt, 1, 1) - 1, n - 1);
		break;
	case 'd':
		vt_goto(vt, x, n - 1);
		break;
	case 'J':
		erase(vt, true);
		break;
	case 'K':
		erase(vt, false);
		break;
	case 'X':
		vt_clear(vt, x, y, min(n, vt->cols - x));
		break;
	case '@':
		vt_move_in_row(vt, x, x + min(n, vt->cols - x));
		break;
	case 'P':
		vt_move_in_row(vt, x + min(n, vt->cols - x), x);
		break;
	case 'L':
		if (y >= vt->region_first && y <= vt->region_last)
			vt_scroll_down(vt, y, vt->region_last, n);
		break;
	case 'M':
		if (y >= vt->region_first && y <= vt->region_last)
			vt_scroll_up(vt, y, vt->region_last, n);
		break;
	case 'S':
		vt_scroll_up(vt, vt->region_first, vt->region_last, n);
		break;
	case 'T':
		vt_scroll_down(vt, vt->region_first, vt->region_last, n);
		break;
	case 'm':
		set_colours(vt);
		break;
	case 'r':
		set_region(vt);
		break;
	case 's':
		vt->saved = vt->cur;
		break;
	case 'u':
		vt->cur = vt->saved;
		break;
	}
	vt->wrap_pending = vt->wrap_pending && final == 'm';
}

static void do_csi_private(struct vt *vt, u8 final)
{
	unsigned int i;

	for (i = 0; i < vt->nparams; i++) {
		if (vt->params[i] == 25 && (final == 'h' || final == 'l'))
			vt->cursor_wanted = final == 'h';
	}
}

/* A byte within ESC [ ... */
static void csi_byte(struct vt *vt, u8 c)
{
	unsigned int *last;

	if (c >= '0' && c <= '9') {
		if (!vt->nparams)
			vt->params[vt->nparams++] = 0;
		last = &vt->params[vt->nparams - 1];
		*last = min(*last * 10 + (c - '0'), (unsigned int)PARAM_MAX);
	} else if (c == ';' || c == ':') {
		if (!vt->nparams)
			vt->params[vt->nparams++] = 0;
		if (vt->nparams < VT_MAX_PARAMS)
			vt->params[vt->nparams++] = 0;
		else
			vt->state = VT_CSI_IGNORE;
	} else if (c == '?' && !vt->nparams) {
		vt->state = VT_CSI_PRIVATE;
	} else if (c >= '@' && c <= '~') {
		if (vt->state == VT_CSI)
			do_csi(vt, c);
		else if (vt->state == VT_CSI_PRIVATE)
			do_csi_private(vt, c);
		vt->state = VT_NORMAL;
	} else if (c >= ' ' && c < '@') {
		vt->state = VT_CSI_IGNORE;	/* private to some other terminal */
	}
}

/* The byte after ESC. */
static void esc_byte(struct vt *vt, u8 c)
{
	vt->state = VT_NORMAL;
	switch (c) {
	case '[':
		vt->state = VT_CSI;
		vt->nparams = 0;
		break;
	case ']':
		vt->state = VT_OSC;
		break;
	case '(': case ')': case '#': case '%':
		vt->state = VT_ESC_SKIP;
		break;
	case 'D':
		vt_linefeed(vt);
		break;
	case 'E':
		vt->cur.x = 0;
		vt_linefeed(vt);
		break;
	case 'M':
		vt_reverse_linefeed(vt);
		break;
	case '7':
		vt->saved = vt->cur;
		break;
	case '8':
		vt->cur = vt->saved;
		vt->wrap_pending = false;
		break;
	case 'c':
		vt_reset(vt);
		break;
	}
}

static bool control_byte(struct vt *vt, u8 c)
{
	switch (c) {
	case '\a':
		return true;
	case '\b':
		vt_goto(vt, vt->cur.x - min(1U, vt->cur.x), vt->cur.y);
		return true;
	case '\t':
		vt_goto(vt, (vt->cur.x | 7) + 1, vt->cur.y);
		return true;
	case '\n': case '\v': case '\f':
		vt_linefeed(vt);
		return true;
	case '\r':
		vt_goto(vt, 0, vt->cur.y);
		return true;
	case 0x1b:
		vt->state = VT_ESC;
		return true;
	case 0x18: case 0x1a:			/* CAN, SUB: give the command up */
		vt->state = VT_NORMAL;
		return true;
	}
	return c < ' ' || c == 0x7f;
}

/* A byte of text. */
static void text_byte(struct vt *vt, u8 c)
{
	if (vt->utf8_left) {
		if ((c & 0xc0) == 0x80) {
			vt->utf8 = vt->utf8 << 6 | (c & 0x3f);
			if (!--vt->utf8_left)
				vt_put_glyph(vt, vt->utf8);
			return;
		}
		vt->utf8_left = 0;
		vt_put_glyph(vt, 0xfffd);
	}
	if (c < 0x80) {
		vt_put_glyph(vt, c);
	} else if (c >= 0xc2 && c < 0xf5) {
		vt->utf8_left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		vt->utf8 = c & (0x3f >> vt->utf8_left);
	} else {
		vt_put_glyph(vt, 0xfffd);
	}
}

void vt_putc(struct vt *vt, u8 c)
{
	if (vt->state == VT_OSC) {
		if (c == '\a' || c == 0x18)
			vt->state = VT_NORMAL;
		else if (c == 0x1b)
			vt->state = VT_ESC;	/* ESC \ ends it: the backslash is no command */
		return;
	}
	if ((c < ' ' || c == 0x7f) && vt->utf8_left) {
		vt->utf8_left = 0;
		vt_put_glyph(vt, 0xfffd);
	}
	if (control_byte(vt, c))
		return;
	switch (vt->state) {
	case VT_ESC:
		esc_byte(vt, c);
		break;
	case VT_CSI: case VT_CSI_PRIVATE: case VT_CSI_IGNORE:
		csi_byte(vt, c);
		break;
	case VT_ESC_SKIP:
		vt->state = VT_NORMAL;
		break;
	default:
		text_byte(vt, c);
		break;
	}
}
