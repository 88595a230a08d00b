/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/console.h - where the log can be seen.
 *
 * A console is a device that can print from any context. Each one remembers the number of the next record that it has
 * to show, so a console that comes late replays the log from the start and none gets a line twice.
 */
#ifndef PRIMER_CONSOLE_H
#define PRIMER_CONSOLE_H

#include <primer/compiler.h>
#include <primer/types.h>

#define CON_PRINTBUFFER	(1 << 0)	/* show the log from its first record on, not from now */
#define CON_CONSDEV	(1 << 1)	/* this one is /dev/console */
#define CON_ENABLED	(1 << 2)
#define CON_BOOT	(1 << 3)	/* a makeshift: goes when a real console comes */

/* Zones: [i] immutable after register_console(); [C] console lock. */
struct console {
	char name[16];			/* [i] "ttyS", "tty" */
	int index;			/* [i] its number: name and index are what console= says */
	unsigned long hw_id;		/* [i] the hardware behind it (a port): tells which boot console to take over */
	/*
	 * Print @count bytes. Called under the console lock, interrupts off, or in panic without it. '\n' is a new
	 * line.
	 */
	void (*write)(struct console *con, const char *s, unsigned int count);
	/* Called after a batch of write()s; NULL if write() has shown everything itself. */
	void (*flush)(struct console *con);
	/* The next byte that was typed, or -1. Context: any. NULL: no input. */
	int (*poll_get_char)(struct console *con);
	/* Make it ready; @options is what stood behind the comma of console=, or NULL. 0 or -errno. May be NULL. */
	int (*setup)(struct console *con, char *options);
	void *data;			/* [i] the driver's */
	int flags;			/* [C] CON_* */
	u64 seq;			/* [C] next record to show */
	struct console *next;		/* [C] */
};

/*
 * register_console - offer a console
 *
 * It is enabled if console= names it, or if there is no console= at all. Enabling replays the log (CON_PRINTBUFFER).
 * When the first real console is enabled, boot consoles go. Context: boot or task.
 */
void register_console(struct console *con);
/* unregister_console - nothing more is printed on it. 0, or -ENODEV if it was not registered. Context: task. */
int unregister_console(struct console *con);

/*
 * console_init - register the consoles this kernel has, once kmalloc and ioremap work; boot, once
 *
 * In drivers/tty/console_init.c, because the drivers are known there.
 */
void console_init(void);

/*
 * console_setup_done - all consoles of console_init() are in: if console= named only absent ones, enable what is there.
 */
void console_setup_done(void);

/*
 * add_preferred_console - as console=NAMEindex,options on the command line; the last one becomes /dev/console
 *
 * console_named - was console=@name@index given? For drivers that look for hardware only when asked.
 */
int add_preferred_console(const char *name, int index, char *options);
bool console_named(const char *name, int index);

/*
 * The console lock: the list of consoles and everything that they print. It is only ever tried by printk;
 * console_lock() waits. The holder's preemption is disabled. console_unlock() first prints what is pending, whoever
 * stored it.
 *
 * console_lock: context: task. console_trylock, console_unlock: any.
 */
void console_lock(void);
bool console_trylock(void);
void console_unlock(void);

/*
 * console_flush - all that is stored is printed on return, whoever prints it. Context: task.
 * console_flush_on_panic - print what is pending, breaking the lock if need be: no other CPU may be printing. Context: panic or oops,
 *	interrupts off.
 */
void console_flush(void);
void console_flush_on_panic(void);

/*
 * /dev/console, for the room that makes the file.
 *
 * console_device - the console with CON_CONSDEV, or NULL when there is none
 * console_write_device - print @len bytes of a program's output on @con, between two records of the log; sleeps not,
 *	but may take the time of the device. Context: task.
 * console_write_all - the same on every enabled console: what /dev/console does here, so that a screen and a serial
 * line
 *	show the same (Linux: only on the one of the last console=)
 * console_getchar - a byte typed at any enabled console, or -1
 */
struct console *console_device(void);
void console_write_device(struct console *con, const char *buf, size_t len);
void console_write_all(const char *buf, size_t len);
int console_getchar(void);

/* for_each_enabled - call @fn for each enabled console, under the console lock: /proc/consoles. Context: task. */
void console_for_each(void (*fn)(struct console *con, void *arg), void *arg);

/*
 * emergency_console_hook - find some console, now; called by oops and panic when none is registered
 *
 * Set by the first line of start_kernel() (early_console_arm(), drivers/tty), so that even what goes wrong before the
 * command line is read can be seen.
 */
extern void (*emergency_console_hook)(void);
void early_console_arm(void);

#endif
