/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/video/vt.c - the terminal tty0: a grid of cells, and the art of changing few of them.
 *
 * The problem. A new line at the bottom moves everything up by one. On a framebuffer of 1024x768 that is 3 MB to
 * move, over a bus that is slow to write and much slower to read. The log of a boot is a hundred such lines within
 * milliseconds.
 *
 * The idea. Keep two grids of cells (glyph and colours, four bytes) in memory: `cells`, what the screen should show,
 * and `shown`, what it does show. Writing changes only `cells`. At the end of a batch of writes, vt_flush() compares
 * the two and draws the cells that differ. A hundred lines in one batch cost one comparison; a scrolled line costs
 * only the letters that are not the same as those one line above, and blanks on blanks, most of a screen, cost
 * nothing.
 *
 * Scrolling the whole screen does not move `cells` either: it is a ring of rows, and the top moves.
 *
 *	cells (ring)			screen			shown
 *	  row 0  "third"    <-+		"first"		compare	"old first"	differ: draw
 *	  row 1  "fourth"     |		"second"	------>	"second"	same: skip
 *	  top -> "first"      |		"third"			...
 *	  row 3  "second"   --+		"fourth"
 *
 * Backends (struct consw) only draw cells and a cursor. One terminal, two of them: a framebuffer if the loader gave
 * us one, else the text mode of a VGA card unless the firmware is UEFI, which leaves none.
 *
 * Locking. Everything under the console lock, interrupts off; or in a panic, when nobody else runs.
 *
 * Nothing is mapped or allocated until tty0 is enabled as a console, so a boot with console=ttyS0 alone does not pay
 * for it.
 *
 * Linux (drivers/tty/vt) has 63 of these, with scroll-back, selection, fonts per console and a keyboard behind each.
 */
#include <primer/console.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <primer/vmalloc.h>
#include <asm/setup.h>
#include "vt_internal.h"

static struct vt the_vt;

/*
 * ---- the grid
 * ---------------------------------------------------------------------------------------------------------
 */

static vt_cell_t *row_of(const struct vt *vt, unsigned int y)
{
	unsigned int r = vt->top + y;

	return vt->cells + (r >= vt->rows ? r - vt->rows : r) * vt->cols;
}

static void mark(struct vt *vt, unsigned int first, unsigned int last)
{
	vt->dirty_first = min(vt->dirty_first, first);
	vt->dirty_last = max(vt->dirty_last, last);
}

vt_cell_t vt_blank(const struct vt *vt)
{
	return VT_CELL(vt->blank_glyph, vt->cur.fg, vt->cur.bg);
}

/* Blank @count cells of row @y from @x on. */
void vt_clear(struct vt *vt, unsigned int x, unsigned int y, unsigned int count)
{
	memset32(row_of(vt, y) + x, vt_blank(vt), count);
	mark(vt, y, y);
}

/* Move the rest of the cursor's row, from column @from on, so that it begins at column @to; the gap is blanked. */
void vt_move_in_row(struct vt *vt, unsigned int from, unsigned int to)
{
	vt_cell_t *row = row_of(vt, vt->cur.y);
	unsigned int n = vt->cols - max(from, to);

	memmove(row + to, row + from, n * sizeof(*row));
	if (to > from)
		vt_clear(vt, from, vt->cur.y, to - from);
	else
		vt_clear(vt, to + n, vt->cur.y, vt->cols - to - n);
}

void vt_scroll_up(struct vt *vt, unsigned int first, unsigned int last, unsigned int n)
{
	unsigned int y;

	n = min(n, last - first + 1);
	if (!first && last == vt->rows - 1) {
		vt->top = (vt->top + n) % vt->rows;
	} else {
		for (y = first; y + n <= last; y++)
			memcpy(row_of(vt, y), row_of(vt, y + n), vt->cols * sizeof(vt_cell_t));
	}
	for (y = last + 1 - n; y <= last; y++)
		vt_clear(vt, 0, y, vt->cols);
	mark(vt, first, last);
}

void vt_scroll_down(struct vt *vt, unsigned int first, unsigned int last, unsigned int n)
{
	unsigned int y;

	n = min(n, last - first + 1);
	for (y = last; y >= first + n; y--)
		memcpy(row_of(vt, y), row_of(vt, y - n), vt->cols * sizeof(vt_cell_t));
	for (y = first; y < first + n; y++)
		vt_clear(vt, 0, y, vt->cols);
	mark(vt, first, last);
}

void vt_goto(struct vt *vt, unsigned int x, unsigned int y)
{
	vt->cur.x = min(x, vt->cols - 1);
	vt->cur.y = min(y, vt->rows - 1);
	vt->wrap_pending = false;
}

void vt_linefeed(struct vt *vt)
{
	if (vt->cur.y == vt->region_last)
		vt_scroll_up(vt, vt->region_first, vt->region_last, 1);
	else if (vt->cur.y < vt->rows - 1)
		vt->cur.y++;
	vt->wrap_pending = false;
}

void vt_reverse_linefeed(struct vt *vt)
{
	if (vt->cur.y == vt->region_first)
		vt_scroll_down(vt, vt->region_first, vt->region_last, 1);
	else if (vt->cur.y)
		vt->cur.y--;
	vt->wrap_pending = false;
}

void vt_put_glyph(struct vt *vt, u32 ucs)
{
	u8 fg = vt->cur.fg, bg = vt->cur.bg;

	if (vt->wrap_pending) {
		vt->cur.x = 0;
		vt_linefeed(vt);
	}
	if (vt->cur.bold && fg < 8)
		fg += 8;
	if (vt->cur.reverse)
		swap(fg, bg);
	row_of(vt, vt->cur.y)[vt->cur.x] = VT_CELL(vt->sw->glyph(ucs), fg, bg);
	mark(vt, vt->cur.y, vt->cur.y);
	if (vt->cur.x == vt->cols - 1)
		vt->wrap_pending = true;
	else
		vt->cur.x++;
}

void vt_reset(struct vt *vt)
{
	unsigned int y;

	vt->cur = (struct vt_position){ .fg = 7 };
	vt->saved = vt->cur;
	vt->region_first = 0;
	vt->region_last = vt->rows - 1;
	vt->wrap_pending = false;
	vt->cursor_wanted = true;
	vt->state = VT_NORMAL;
	vt->utf8_left = 0;
	for (y = 0; y < vt->rows; y++)
		vt_clear(vt, 0, y, vt->cols);
}

/*
 * ---- to the glass
 * -----------------------------------------------------------------------------------------------------
 */

/* Draw what differs in row @y, a run of cells at a time. */
static void flush_row(struct vt *vt, unsigned int y)
{
	const vt_cell_t *want = row_of(vt, y);
	vt_cell_t *have = vt->shown + y * vt->cols;
	unsigned int x = 0, start;

	while (x < vt->cols) {
		/* Most cells are equal: skip them by two. */
		while (x + 1 < vt->cols && !memcmp(want + x, have + x, 2 * sizeof(*want)))
			x += 2;
		if (x == vt->cols)
			break;
		if (want[x] == have[x]) {
			x++;
			continue;
		}
		for (start = x; x < vt->cols && want[x] != have[x]; x++)
			have[x] = want[x];
		vt->sw->putcs(want + start, x - start, start, y);
	}
}

static void vt_flush(struct console *con)
{
	struct vt *vt = con->data;
	unsigned int y;

	if (vt->cursor_drawn)
		vt->sw->cursor(false, vt->cursor_x, vt->cursor_y, vt->shown[vt->cursor_y * vt->cols + vt->cursor_x]);
	for (y = vt->dirty_first; y <= vt->dirty_last && y < vt->rows; y++)
		flush_row(vt, y);
	vt->dirty_first = vt->rows;
	vt->dirty_last = 0;
	vt->cursor_drawn = vt->cursor_wanted;
	if (vt->cursor_wanted) {
		vt->cursor_x = vt->cur.x;
		vt->cursor_y = vt->cur.y;
		vt->sw->cursor(true, vt->cur.x, vt->cur.y, row_of(vt, vt->cur.y)[vt->cur.x]);
	}
}

/*
 * ---- the console
 * ------------------------------------------------------------------------------------------------------
 */

static void vt_write(struct console *con, const char *s, unsigned int count)
{
	struct vt *vt = con->data;

	while (count--) {
		/* As a tty's output processing does: a new line also returns to the left. */
		if (*s == '\n')
			vt_putc(vt, '\r');
		vt_putc(vt, *s++);
	}
}

static int vt_setup(struct console *con, char *options)
{
	struct vt *vt = con->data;
	size_t cells;
	int err;

	vt->sw = boot_params.fb.base ? &fb_con : &vga_con;
	err = vt->sw->init(&vt->cols, &vt->rows);
	if (err)
		return err;
	cells = (size_t)vt->cols * vt->rows;
	vt->cells = vmalloc(2 * cells * sizeof(vt_cell_t));
	if (!vt->cells) {
		pr_err("tty0: no memory for %ux%u characters\n", vt->cols, vt->rows);
		return -ENOMEM;
	}
	vt->shown = vt->cells + cells;
	vt->blank_glyph = vt->sw->glyph(' ');
	vt_reset(vt);
	/* The backend has cleared the glass to what vt_reset() made of the cells. */
	memcpy(vt->shown, vt->cells, cells * sizeof(vt_cell_t));
	vt->dirty_first = vt->rows;
	vt->dirty_last = 0;
	pr_info("Console: colour %s %ux%u\n", vt->sw->name, vt->cols, vt->rows);
	return 0;
}

static int vt_getc(struct console *con)
{
	return kbd_getc();
}

static struct console vt_console = {
	.name = "tty",
	.index = 0,
	.data = &the_vt,
	.flags = CON_PRINTBUFFER,
	.write = vt_write,
	.flush = vt_flush,
	.poll_get_char = vt_getc,
	.setup = vt_setup,
};

void __init vt_console_init(void)
{
	if (boot_params.fb.base || !boot_params.efi)
		register_console(&vt_console);
}
