/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/serial_8250.h - the PC's serial ports. */
#ifndef PRIMER_SERIAL_8250_H
#define PRIMER_SERIAL_8250_H

#include <primer/types.h>

#define SERIAL_PORTS		4	/* ttyS0 to ttyS3 */

/*
 * serial8250_poll_get_char - a byte received by ttyS@line, or -1 when none waits or there is no such port. Context:
 * any.
 */
int serial8250_poll_get_char(unsigned int line);

/*
 * serial8250_console_init - register the console of ttyS0, and of the others that console= names, where there is a
 * port.
 */
void serial8250_console_init(void);

#endif
