/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/video/font.c - the font of the framebuffer console.
 *
 * A framebuffer knows pixels only, so the kernel brings its letters along. They come from Debian's
 * console-setup-linux at build time: tools/mkfont.py unpacks the PSF file into C tables (512 glyphs of 8x16 pixels, 8
 * KiB, and a sorted list of which Unicode character has which glyph).
 */
#include <primer/kernel.h>
#include <primer/vt.h>
#include "font_data.h"

const struct font_desc builtin_font = {
	.name = FONT_NAME,
	.width = FONT_WIDTH,
	.height = FONT_HEIGHT,
	.glyphs = FONT_GLYPHS,
	.data = font_data,
	.unicode = font_unicode,
	.unicode_count = ARRAY_SIZE(font_unicode),
};
