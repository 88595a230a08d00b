/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/tty/console_init.c - which consoles this kernel has.
 *
 * kernel/printk knows what a console is, but not which ones exist: they stand in rooms above it. start_kernel() calls
 * this once memory can be allocated and mapped. Order decides only where console= does not: the screen is first then,
 * so it becomes /dev/console, as on Linux.
 */
#include <primer/console.h>
#include <primer/init.h>
#include <primer/serial_8250.h>
#include <primer/vt.h>

void __init console_init(void)
{
	vt_console_init();
	serial8250_console_init();
	console_setup_done();
}
