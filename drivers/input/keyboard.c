/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/input/keyboard.c - from numbers of keys to characters.
 *
 * A keyboard does not send letters. It sends the number of each key that goes down and, with bit 7 set, of each that
 * comes up. What that types depends on the keys that are held: so the decoder is a small machine with a state.
 *
 *	2a		left shift goes down		shift = 1
 *	1e		the key right of caps lock	'A'
 *	9e		it comes up			nothing
 *	aa		left shift comes up		shift = 0
 *
 * The first PC had 83 keys. Later keys are sent with the byte e0 in front (cursor keys, right control), the pause key
 * as a code of six bytes that begins with e1 and never comes up.
 *
 *	letters		caps lock exchanges the two columns of the table
 *	control		the character's lowest five bits
 *	alt		ESC in front
 *	cursor keys	ESC [ A and so on, what a Linux console sends
 *
 * The keyboard speaks set 2; the controller translates to set 1 (i8042.c), as it has since the IBM AT. The map is that
 * of a US keyboard.
 *
 * Linux (drivers/input/keyboard/atkbd.c, drivers/tty/vt/keyboard.c) reports keys as events to whoever listens, and
 * loads maps.
 */
#include <primer/kernel.h>
#include <primer/string.h>
#include <primer/tty_input.h>
#include <primer/vt.h>
#include "input.h"

#define RELEASED	0x80
#define KEY_EXTENDED	0xe0
#define KEY_PAUSE	0xe1
#define KEY_CTRL	0x1d
#define KEY_LSHIFT	0x2a
#define KEY_RSHIFT	0x36
#define KEY_ALT		0x38
#define KEY_CAPS	0x3a
#define ESC		0x1b

/* By number: alone, and with shift. 0: types nothing. */
static const char plain[0x3a] = {
	0, ESC, '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '-', '=', 0x7f, '\t',
	'q', 'w', 'e', 'r', 't', 'y', 'u', 'i', 'o', 'p', '[', ']', '\r', 0, 'a', 's',
	'd', 'f', 'g', 'h', 'j', 'k', 'l', ';', '\'', '`', 0, '\\', 'z', 'x', 'c', 'v',
	'b', 'n', 'm', ',', '.', '/', 0, '*', 0, ' ',
};
static const char shifted[0x3a] = {
	0, ESC, '!', '@', '#', '$', '%', '^', '&', '*', '(', ')', '_', '+', 0x7f, '\t',
	'Q', 'W', 'E', 'R', 'T', 'Y', 'U', 'I', 'O', 'P', '{', '}', '\r', 0, 'A', 'S',
	'D', 'F', 'G', 'H', 'J', 'K', 'L', ':', '"', '~', 0, '|', 'Z', 'X', 'C', 'V',
	'B', 'N', 'M', '<', '>', '?', 0, '*', 0, ' ',
};
/* 47 to 53, the block that is cursor keys with e0 and a number pad without: what stands behind ESC [. */
static const char *const cursor[] = {
	"1~", "A", "5~", NULL, "D", NULL, "C", NULL, "4~", "B", "6~", "2~", "3~",
};
static const char pad[] = "789-456+1230.";

/* The terminal's ring: what the keyboard has typed into tty0. */
static struct tty_ring kbd_ring = TTY_RING_INIT(kbd_ring);
static struct kbd_state kbd;			/* [the interrupt handler] */

/* True: the key only changes the state. */
static bool modifier(struct kbd_state *s, u8 key, bool down)
{
	switch (key) {
	case KEY_LSHIFT:
	case KEY_RSHIFT:
		if (!s->extended)		/* e0 2a is sent around cursor keys and means nothing */
			s->shift = down;
		return true;
	case KEY_CTRL:
		s->ctrl = down;
		return true;
	case KEY_ALT:
		s->alt = down;
		return true;
	case KEY_CAPS:
		s->caps ^= down;
		return true;
	default:
		return false;
	}
}

static unsigned int escape(const char *tail, u8 *out)
{
	unsigned int n = strlen(tail);

	out[0] = ESC;
	out[1] = '[';
	memcpy(out + 2, tail, n);
	return n + 2;
}

unsigned int kbd_decode(struct kbd_state *s, u8 code, u8 out[KBD_MAX_CHARS])
{
	u8 key = code & ~RELEASED, c;
	bool down = !(code & RELEASED), extended = s->extended;
	unsigned int n = 0;

	if (s->skip) {
		s->skip--;
		return 0;
	}
	if (code == KEY_EXTENDED) {
		s->extended = true;
		return 0;
	}
	if (code == KEY_PAUSE) {
		s->skip = 5;
		return 0;
	}
	if (modifier(s, key, down) || !down) {
		s->extended = false;
		return 0;
	}
	s->extended = false;
	if (key >= 0x47 && key < 0x47 + ARRAY_SIZE(cursor)) {
		if (!extended) {
			out[0] = pad[key - 0x47];
			return 1;
		}
		return cursor[key - 0x47] ? escape(cursor[key - 0x47], out) : 0;
	}
	/* With e0, only the number pad's Enter and slash type something. */
	if (key >= sizeof(plain) || (extended && key != 0x1c && key != 0x35))
		return 0;
	c = s->shift ? shifted[key] : plain[key];
	if (s->caps && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
		c ^= 0x20;
	if (!c)
		return 0;
	if (s->ctrl)
		c = c == ' ' ? 0 : c & 0x1f;
	if (s->alt)
		out[n++] = ESC;
	out[n++] = c;
	return n;
}

void kbd_input(u8 code)
{
	u8 chars[KBD_MAX_CHARS];
	unsigned int n = kbd_decode(&kbd, code, chars);

	for (unsigned int i = 0; i < n; i++)
		tty_ring_put(&kbd_ring, chars[i]);
	if (n)
		tty_input_wake();
}

int kbd_getc(void)
{
	return tty_ring_get(&kbd_ring);
}
