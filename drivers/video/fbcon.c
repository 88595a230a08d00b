/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/video/fbcon.c - glyphs on a linear framebuffer.
 *
 * The loader (GRUB: VBE on BIOS, GOP on UEFI) has set a graphics mode and told where its pixels are. A pixel is 2, 3
 * or 4 bytes; the loader also told where in it each colour stands, and how many bits it has:
 *
 *	base --> row 0: | pixel 0 | pixel 1 | ... | padding |	pitch bytes
 *		 row 1: | ...
 *
 * The speed of the console is the speed of this file. Framebuffer memory is slow to write and very slow to read, so
 * it is never read: scrolling happens in the terminal's cells (vt.c), which sends only the cells that look different
 * afterwards. Mapped write-combining, the stores of a row of a glyph leave the CPU as one burst.
 *
 * With 32 bits a pixel, the usual case, two pixels are one 64-bit store. For a cell's two colours there are only four
 * such pairs, so a glyph row (8 bits) is four look-ups by two bits each:
 *
 *	row bits  1 0 | 1 1 | 0 0 | 1 0		pair[00] = bg bg   pair[01] = bg fg
 *		  pair[2] [3]   [0]   [2]	pair[10] = fg bg   pair[11] = fg fg	(left pixel in the low half)
 *
 * What the loader says is not trusted: sizes that make no sense are refused with a message, and there is no screen
 * then.
 *
 * Linux maps the framebuffer as a device with modes, accelerated copies, rotation and fonts that can be loaded.
 */
#define pr_fmt(fmt) "fbcon: " fmt

#include <primer/errno.h>
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <primer/vt.h>
#include <asm/setup.h>

#define MAX_PIXELS	16384		/* a side */

/* Red, green, blue of the 16 colours: those of a VGA card. */
static const u8 palette[16][3] = {
	{ 0x00, 0x00, 0x00 }, { 0xaa, 0x00, 0x00 }, { 0x00, 0xaa, 0x00 }, { 0xaa, 0x55, 0x00 },
	{ 0x00, 0x00, 0xaa }, { 0xaa, 0x00, 0xaa }, { 0x00, 0xaa, 0xaa }, { 0xaa, 0xaa, 0xaa },
	{ 0x55, 0x55, 0x55 }, { 0xff, 0x55, 0x55 }, { 0x55, 0xff, 0x55 }, { 0xff, 0xff, 0x55 },
	{ 0x55, 0x55, 0xff }, { 0xff, 0x55, 0xff }, { 0x55, 0xff, 0xff }, { 0xff, 0xff, 0xff },
};

/* [immutable after fbcon_init()] */
static u8 *screen;
static u32 pitch;
static u8 bytes_per_pixel;
static u32 pixel[16];			/* the palette in the framebuffer's format */
static u16 ascii_glyph[128];

static u32 component(u8 value, u8 pos, u8 size)
{
	return (size <= 8 ? (u32)value >> (8 - size) : (u32)value << (size - 8)) << pos;
}

static bool colour_fits(u8 pos, u8 size, u8 bpp)
{
	return size && size <= 16 && pos + size <= bpp;
}

static int check_mode(const struct boot_framebuffer *fb)
{
	u64 end = fb->base + (u64)fb->pitch * fb->height;
	const char *why = NULL;

	if (fb->bpp != 15 && fb->bpp != 16 && fb->bpp != 24 && fb->bpp != 32)
		why = "not 15, 16, 24 or 32 bits a pixel";
	else if (!colour_fits(fb->red_pos, fb->red_size, fb->bpp) ||
		 !colour_fits(fb->green_pos, fb->green_size, fb->bpp) ||
		 !colour_fits(fb->blue_pos, fb->blue_size, fb->bpp))
		why = "a colour lies outside of the pixel";
	else if (fb->width < 20 * builtin_font.width || fb->height < 4 * builtin_font.height)
		why = "too small for text";
	else if (fb->width > MAX_PIXELS || fb->height > MAX_PIXELS)
		why = "too large to be true";
	else if (fb->pitch < fb->width * DIV_ROUND_UP(fb->bpp, 8) || fb->pitch > 16 * MAX_PIXELS)
		why = "rows shorter than their pixels, or far longer";
	else if (end < fb->base || end > 1ULL << 46)
		why = "outside of physical memory";
	if (!why)
		return 0;
	pr_err("cannot use the framebuffer %ux%ux%u, pitch %u, at %#llx: %s\n", fb->width, fb->height, fb->bpp,
	       fb->pitch, fb->base, why);
	return -EINVAL;
}

/* Binary search in the font's list; characters that it lacks show as U+FFFD or '?'. */
static u16 find_glyph(u32 ucs)
{
	unsigned int low = 0, high = builtin_font.unicode_count;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (builtin_font.unicode[mid][0] == ucs)
			return builtin_font.unicode[mid][1];
		if (builtin_font.unicode[mid][0] < ucs)
			low = mid + 1;
		else
			high = mid;
	}
	return ucs == 0xfffd ? find_glyph('?') : ucs == '?' ? 0 : find_glyph(0xfffd);
}

static u16 fbcon_glyph(u32 ucs)
{
	return ucs < 128 ? ascii_glyph[ucs] : find_glyph(ucs);
}

static int fbcon_init(unsigned int *cols, unsigned int *rows)
{
	const struct boot_framebuffer *fb = &boot_params.fb;
	int i, err;

	err = check_mode(fb);
	if (err)
		return err;
	screen = ioremap_wc(fb->base, (unsigned long)fb->pitch * fb->height);
	if (!screen) {
		pr_err("cannot map the framebuffer at %#llx\n", fb->base);
		return -ENOMEM;
	}
	pitch = fb->pitch;
	bytes_per_pixel = DIV_ROUND_UP(fb->bpp, 8);
	for (i = 0; i < 16; i++)
		pixel[i] = component(palette[i][0], fb->red_pos, fb->red_size) |
			   component(palette[i][1], fb->green_pos, fb->green_size) |
			   component(palette[i][2], fb->blue_pos, fb->blue_size);
	for (i = 0; i < 128; i++)
		ascii_glyph[i] = find_glyph(i >= 32 && i < 127 ? i : 0xfffd);
	/* Black is 0 in every format. */
	memset64((u64 *)screen, 0, (unsigned long)fb->pitch * fb->height / 8);
	*cols = fb->width / builtin_font.width;
	*rows = fb->height / builtin_font.height;
	pr_info("%ux%ux%u at %#llx, %ux%u characters, font %s\n", fb->width, fb->height, fb->bpp, fb->base, *cols,
		*rows, builtin_font.name);
	return 0;
}

static void draw_cell32(u8 *to, const u8 *glyph, u32 fg, u32 bg)
{
	const u64 pair[4] = {
		(u64)bg << 32 | bg, (u64)fg << 32 | bg, (u64)bg << 32 | fg, (u64)fg << 32 | fg,
	};
	unsigned int row;

	for (row = 0; row < builtin_font.height; row++, to += pitch) {
		u8 bits = glyph[row];
		u64 *out = (u64 *)to;

		out[0] = pair[bits >> 6];
		out[1] = pair[bits >> 4 & 3];
		out[2] = pair[bits >> 2 & 3];
		out[3] = pair[bits & 3];
	}
}

static void draw_cell(u8 *to, const u8 *glyph, u32 fg, u32 bg)
{
	unsigned int row, x, byte;

	for (row = 0; row < builtin_font.height; row++, to += pitch) {
		u8 *out = to;

		for (x = 0; x < builtin_font.width; x++) {
			u32 value = glyph[row] & 0x80 >> x ? fg : bg;

			for (byte = 0; byte < bytes_per_pixel; byte++, value >>= 8)
				*out++ = (u8)value;
		}
	}
}

static void fbcon_putcs(const vt_cell_t *cells, unsigned int count, unsigned int x, unsigned int y)
{
	unsigned int step = builtin_font.width * bytes_per_pixel;
	u8 *to = screen + (unsigned long)y * builtin_font.height * pitch + x * step;

	for (; count; count--, cells++, to += step) {
		const u8 *glyph = builtin_font.data + VT_GLYPH(*cells) * builtin_font.height;
		u32 fg = pixel[VT_FG(*cells)], bg = pixel[VT_BG(*cells)];

		if (bytes_per_pixel == 4 && builtin_font.width == 8)
			draw_cell32(to, glyph, fg, bg);
		else
			draw_cell(to, glyph, fg, bg);
	}
}

/* The cursor is the cell with its colours exchanged. */
static void fbcon_cursor(bool show, unsigned int x, unsigned int y, vt_cell_t under)
{
	vt_cell_t cell = show ? VT_CELL(VT_GLYPH(under), VT_BG(under), VT_FG(under)) : under;

	fbcon_putcs(&cell, 1, x, y);
}

const struct consw fb_con = {
	.name = "frame buffer device",
	.init = fbcon_init,
	.glyph = fbcon_glyph,
	.putcs = fbcon_putcs,
	.cursor = fbcon_cursor,
};
