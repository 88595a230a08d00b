/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/i8253.h - the programmable interval timer of the PC (Intel 8254 data sheet). */
#ifndef PRIMER_I8253_H
#define PRIMER_I8253_H

#include <primer/time.h>

#define PIT_TICK_RATE		1193182UL	/* Hz */
#define PIT_LATCH		((PIT_TICK_RATE + HZ / 2) / HZ)	/* its cycles in a tick */

#define PIT_CH0			0x40
#define PIT_CH2			0x42
#define PIT_MODE		0x43
#define PIT_GATE_PORT		0x61		/* bit 0: gate of channel 2; bit 1: speaker */

#endif
