/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/drivers/video/vt_test.c - what bytes do to the terminal's grid.
 *
 * A terminal of 10 by 4 cells without any glass: its backend's glyph of a character is the character. After each
 * input the grid is compared as text, '.' for a blank.
 */
#include <kunit/test.h>

#include <primer/kernel.h>
#include <primer/string.h>

#include "../../../drivers/video/vt_internal.h"

#define COLS	10
#define ROWS	4

static u16 fake_glyph(u32 ucs)
{
	return ucs;
}

static const struct consw fake_con = { .name = "fake", .glyph = fake_glyph };
static vt_cell_t cells[COLS * ROWS];
static struct vt vt;

static int start(struct kunit *test)
{
	vt = (struct vt){ .sw = &fake_con, .cols = COLS, .rows = ROWS, .cells = cells, .blank_glyph = ' ' };
	vt_reset(&vt);
	return 0;
}

static vt_cell_t cell(unsigned int x, unsigned int y)
{
	return cells[(vt.top + y) % ROWS * COLS + x];
}

static void feed(const char *s)
{
	while (*s)
		vt_putc(&vt, *s++);
}

/* The grid as text: rows without trailing blanks, joined by '|'. */
static const char *grid(void)
{
	static char buf[ROWS * (COLS + 1) + 1];
	char *to = buf;
	unsigned int x, y, len;

	for (y = 0; y < ROWS; y++) {
		for (len = COLS; len && VT_GLYPH(cell(len - 1, y)) == ' '; len--)
			;
		for (x = 0; x < len; x++) {
			u16 glyph = VT_GLYPH(cell(x, y));

			*to++ = glyph == ' ' ? '.' : glyph < 127 ? (char)glyph : '?';
		}
		*to++ = '|';
	}
	to[-1] = '\0';
	return buf;
}

static void text_and_lines(struct kunit *test)
{
	feed("ab\r\ncd\te\bX");
	KUNIT_EXPECT_STREQ(test, grid(), "ab|cd......X||");
	feed("\r\nlast\r\n");
	feed("fits\r\nup");
	KUNIT_EXPECT_STREQ(test, grid(), "cd......X|last|fits|up");
}

static void wraps_late(struct kunit *test)
{
	feed("0123456789");
	KUNIT_EXPECT_EQ(test, vt.cur.y, 0);		/* the line is full, but the next has not begun */
	feed("\r\nx");
	KUNIT_EXPECT_STREQ(test, grid(), "0123456789|x||");
	feed("\033[2J\033[H" "0123456789a");
	KUNIT_EXPECT_STREQ(test, grid(), "0123456789|a||");
}

static void cursor_stays_inside(struct kunit *test)
{
	feed("\033[99;99HZ\033[Ha\033[99B\033[99Cb\033[99A\033[99Dc\033[9999999999999999Cd");
	KUNIT_EXPECT_LT(test, vt.cur.x, COLS);
	KUNIT_EXPECT_LT(test, vt.cur.y, ROWS);
	KUNIT_EXPECT_STREQ(test, grid(), "c........d|||.........b");
}

static void erases(struct kunit *test)
{
	feed("aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\033[2;5H\033[K");
	KUNIT_EXPECT_STREQ(test, grid(), "aaaaaaaaaa|bbbb|cccccccccc|dddddddddd");
	feed("\033[3;5H\033[1J");
	KUNIT_EXPECT_STREQ(test, grid(), "||.....ccccc|dddddddddd");
	feed("\033[J");
	KUNIT_EXPECT_STREQ(test, grid(), "|||");
}

static void inserts_and_deletes(struct kunit *test)
{
	feed("abcdef\r\n1\r\n2\r\n3\033[1;3H\033[2@");
	KUNIT_EXPECT_STREQ(test, grid(), "ab..cdef|1|2|3");
	feed("\033[3P");
	KUNIT_EXPECT_STREQ(test, grid(), "abdef|1|2|3");
	feed("\033[2X");
	KUNIT_EXPECT_STREQ(test, grid(), "ab..f|1|2|3");
	feed("\033[2;1H\033[L");
	KUNIT_EXPECT_STREQ(test, grid(), "ab..f||1|2");
	feed("\033[2M");
	KUNIT_EXPECT_STREQ(test, grid(), "ab..f|2||");
	feed("\033[99P\033[99@\033[99L\033[99M\033[99X");
	KUNIT_EXPECT_STREQ(test, grid(), "ab..f|||");
}

static void regions_scroll_alone(struct kunit *test)
{
	feed("top\r\na\r\nb\r\nend\033[2;3r\033[3;1H\nc");
	KUNIT_EXPECT_STREQ(test, grid(), "top|b|c|end");
	feed("\033[2;1H\033Md");
	KUNIT_EXPECT_STREQ(test, grid(), "top|d|b|end");
	feed("\033[r\033[4;1H\n");
	KUNIT_EXPECT_STREQ(test, grid(), "d|b|end|");
}

static void colours(struct kunit *test)
{
	feed("\033[31mr\033[1mR\033[0;42mg\033[7mG\033[m_\033[94;103mb\033[38;5;196;48;2;0;0;255mx\033[39;49md");
	KUNIT_EXPECT_EQ(test, cell(0, 0), VT_CELL('r', 1, 0));
	KUNIT_EXPECT_EQ(test, cell(1, 0), VT_CELL('R', 9, 0));
	KUNIT_EXPECT_EQ(test, cell(2, 0), VT_CELL('g', 7, 2));
	KUNIT_EXPECT_EQ(test, cell(3, 0), VT_CELL('G', 2, 7));
	KUNIT_EXPECT_EQ(test, cell(4, 0), VT_CELL('_', 7, 0));
	KUNIT_EXPECT_EQ(test, cell(5, 0), VT_CELL('b', 12, 11));
	KUNIT_EXPECT_EQ(test, cell(6, 0), VT_CELL('x', 9, 12));
	KUNIT_EXPECT_EQ(test, cell(7, 0), VT_CELL('d', 7, 0));
}

static void utf8(struct kunit *test)
{
	feed("\xc3\xa4\xe2\x82\xac\xe2\x82Z\xff");
	KUNIT_EXPECT_EQ(test, VT_GLYPH(cell(0, 0)), 0xe4);
	KUNIT_EXPECT_EQ(test, VT_GLYPH(cell(1, 0)), 0x20ac);
	KUNIT_EXPECT_EQ(test, VT_GLYPH(cell(2, 0)), 0xfffd);
	KUNIT_EXPECT_EQ(test, VT_GLYPH(cell(3, 0)), 'Z');
	KUNIT_EXPECT_EQ(test, VT_GLYPH(cell(4, 0)), 0xfffd);
}

static void commands_leave_no_litter(struct kunit *test)
{
	feed("\033]0;window title\aa\033(Bb\033[?25lc\033[>1;2cd\033[12\x18");
	feed("e\033%Gf\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17mg");
	KUNIT_EXPECT_STREQ(test, grid(), "abcdefg|||");
	KUNIT_EXPECT_FALSE(test, vt.cursor_wanted);
	feed("\033[?25h");
	KUNIT_EXPECT_TRUE(test, vt.cursor_wanted);
	feed("\033c");
	KUNIT_EXPECT_STREQ(test, grid(), "|||");
}

/* Any bytes at all: the cursor and the region stay inside, which keeps every write inside. */
static void random_bytes(struct kunit *test)
{
	static const char alphabet[] = "\033\033[[[;0123456789?ABCDGHJKLMPSTXrmsuh@\n\n\r\b\tab\xc3\xa4\xe2";
	u64 seed = 88172645463325252ULL;
	int i;

	for (i = 0; i < 20000; i++) {
		seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
		vt_putc(&vt, alphabet[seed % (sizeof(alphabet) - 1)]);
		KUNIT_ASSERT_LT(test, vt.cur.x, COLS);
		KUNIT_ASSERT_LT(test, vt.cur.y, ROWS);
		KUNIT_ASSERT_LT(test, vt.region_last, ROWS);
		KUNIT_ASSERT_LT(test, vt.region_first, vt.region_last);
		KUNIT_ASSERT_LT(test, vt.top, ROWS);
	}
}

static struct kunit_case vt_cases[] = {
	KUNIT_CASE_NAMED(text_and_lines, "text, tabs, line ends and scrolling"),
	KUNIT_CASE_NAMED(wraps_late, "a full line wraps only with the next character"),
	KUNIT_CASE_NAMED(cursor_stays_inside, "the cursor cannot leave the grid"),
	KUNIT_CASE_NAMED(erases, "erasing to the end, from the start, all"),
	KUNIT_CASE_NAMED(inserts_and_deletes, "inserting and deleting characters and lines"),
	KUNIT_CASE_NAMED(regions_scroll_alone, "a scrolling region leaves the rest alone"),
	KUNIT_CASE_NAMED(colours, "the 16 colours, and the nearest of 256 and of true colour"),
	KUNIT_CASE_NAMED(utf8, "UTF-8, and what is not"),
	KUNIT_CASE_NAMED(commands_leave_no_litter, "unknown and unfinished commands print nothing"),
	KUNIT_CASE_NAMED(random_bytes, "random bytes keep cursor, region and ring inside"),
	{}
};
static struct kunit_suite vt_suite = { .name = "vt", .init = start, .test_cases = vt_cases };
kunit_test_suite(vt_suite);
