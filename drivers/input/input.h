/* SPDX-License-Identifier: GPL-2.0-only */
/* drivers/input/input.h - between the keyboard's controller and the keyboard's meaning. */
#ifndef DRIVERS_INPUT_H
#define DRIVERS_INPUT_H

#include <primer/types.h>

/* What is held down, and how far a code of several bytes has come. [the interrupt handler] */
struct kbd_state {
	bool shift, ctrl, alt, caps;
	bool extended;			/* e0 was the last byte */
	u8 skip;			/* bytes of a code that we do not use */
};

#define KBD_MAX_CHARS	8

/* kbd_decode - one more byte of set 1: the characters that it types go to @out, their number is returned. Pure. */
unsigned int kbd_decode(struct kbd_state *s, u8 code, u8 out[KBD_MAX_CHARS]);

/* kbd_input - a byte has come from the keyboard. Context: hard interrupt. */
void kbd_input(u8 code);

#endif
