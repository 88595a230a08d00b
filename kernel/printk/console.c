/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/printk/console.c - from the log to the devices that show it.
 *
 * The problem. A serial line needs a millisecond for a dozen characters; whoever calls printk(), an interrupt handler
 * with a lock held for example, cannot queue up behind another CPU that is printing. And consoles come and go: the
 * first one is registered long after the first message, two may be there at once, and each must show every line once.
 *
 * The idea. The log is the queue. A console is a reader of it with a position of its own (con->seq). printk() stores,
 * then tries the console lock. Who gets it prints for everybody until no console has anything left to show; who does
 * not get it leaves: the holder will see the record. It must look once more *after* it has let go, or a record could
 * fall in between:
 *
 *	CPU 0, printing				CPU 1
 *	all consoles at next_seq
 *						log_store(): next_seq++
 *						trylock: busy, leaves
 *	console_locked = 0
 *	next_seq != printed_seq: take the lock again, go on
 *
 *	log      ... 41  42  43  44  45 |
 *	               ^           ^    ^
 *	            ttyS0.seq   tty0.seq next_seq		a late console starts at first_seq: it replays
 *
 * Boot consoles (earlyprintk=) leave when the first real console comes. If that one is on the same hardware (hw_id),
 * it takes over the position, so that nothing is printed twice; any other starts at the first record.
 *
 * Which consoles are enabled: those named by console=, the last of which is /dev/console. Without any console= all that
 * register are, and the first is /dev/console. (Linux enables only the first then.) If all names are wrong the machine
 * would be mute: console_setup_done() then enables what there is, and says so.
 *
 * Invariants, while the lock is free:
 *   C1  each enabled console has shown everything, or a record is just coming in, whose printk() will try the lock;
 *   C2  con->seq never goes back.
 *
 * Locking. console_locked: the list, every flag, every seq, console_text, and all that drivers' write() touches.
 * Tried from any context; the holder's preemption is off; interrupts are off during one record, so that a line comes
 * out in one piece and interrupts wait for no more than a line. In a panic the other CPUs are stopped and the lock is
 * simply taken.
 *
 * Linux additionally hands the lock to a waiting CPU, so that one CPU does not print for all others without end.
 */
#include <primer/console.h>
#include <primer/ctype.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/preempt.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>
#include "internal.h"

#define MAX_CMDLINECONSOLES	8

/* What console= said. [boot CPU until the consoles are up, then immutable] */
static struct {
	char name[16];
	int index;
	char *options;
} console_cmdline[MAX_CMDLINECONSOLES];
static int nr_cmdline;
static char console_options[256];	/* the options' text: the command line itself is init memory */
static unsigned int console_options_used;

/* 0 or 1. Context: any, tried only. Rank: outside of log_owner, inside everything else. */
static int console_locked;
static int console_owner = -1;		/* [C] the CPU that holds it; read by that CPU, to know that */
static struct console *console_drivers;	/* [C] enabled ones, /dev/console first */
static struct console *console_spare;	/* [C] registered, but not asked for */
static u64 printed_seq;			/* [C] how far every console is */
static char console_text[LOG_LINE_MAX + 1];		/* [C] one record */
static char console_line[2 * LOG_LINE_MAX];		/* [C] the same with time stamps */

void (*emergency_console_hook)(void);

/*
 * ---- the lock
 * ---------------------------------------------------------------------------------------------------------
 */

bool console_trylock(void)
{
	preempt_disable();
	if (!xchg_acquire(&console_locked, 1)) {	/* pairs with the release in console_unlock() */
		WRITE_ONCE(console_owner, (int)smp_processor_id());
		return true;
	}
	preempt_enable();
	return false;
}

static void console_release(void)
{
	WRITE_ONCE(console_owner, -1);
	smp_store_release(&console_locked, 0);		/* pairs with the acquire in console_trylock() */
}

void console_abandon(void)
{
	if (READ_ONCE(console_owner) == (int)smp_processor_id())
		console_release();
}

void console_lock(void)
{
	while (!console_trylock())
		cpu_relax();
}

/*
 * ---- printing
 * ---------------------------------------------------------------------------------------------------------
 */

static void print_dropped(struct console *con, u64 lost)
{
	char text[64];

	con->write(con, text, scnprintf(text, sizeof(text), "** %llu printk messages dropped **\n", lost));
}

/* Show @con's next record; false when there is none. */
static bool console_emit_next(struct console *con)
{
	struct printk_info info;
	struct printk_record r = { .info = &info, .text_buf = console_text, .text_buf_size = sizeof(console_text) };
	unsigned long flags;
	size_t len;

	if (!printk_get_record(con->seq, &r))
		return false;
	local_irq_save(flags);
	if (info.seq != con->seq)
		print_dropped(con, info.seq - con->seq);
	if (!suppress_message_printing(info.level)) {
		len = record_print_text(&info, console_text, console_line, sizeof(console_line), false, true);
		con->write(con, console_line, len);
	}
	con->seq = info.seq + 1;
	local_irq_restore(flags);
	return true;
}

/*
 * Bring every console up to the last record. Returns false when it could not: this is an NMI that has interrupted a
 * reader or writer of the log on this CPU, and the log is not to be had. The interrupted code, or the next printk(),
 * goes on.
 */
static bool console_flush_all(void)
{
	struct console *con;
	bool progress;
	u64 target, shown;

	do {
		shown = target = log_readable_seq();
		progress = false;
		for (con = console_drivers; con; con = con->next) {
			bool wrote = false;

			while (con->seq < target && console_emit_next(con))
				wrote = true;
			if (wrote && con->flush)
				con->flush(con);
			progress |= wrote;
			shown = min(shown, con->seq);
		}
	} while (progress);
	WRITE_ONCE(printed_seq, shown);
	return shown == target;
}

void console_unlock(void)
{
	bool up_to_date = true;

	do {
		if (READ_ONCE(printed_seq) != log_readable_seq())
			up_to_date = console_flush_all();
		console_release();
		smp_mb();			/* the release before the look: see the drawing */
		preempt_enable();
	} while (up_to_date && READ_ONCE(printed_seq) != log_readable_seq() && console_trylock());
}

void console_flush_pending(void)
{
	if (console_trylock())
		console_unlock();
}

void console_emergency(void)
{
	if (!READ_ONCE(console_drivers) && emergency_console_hook && !READ_ONCE(console_locked))
		emergency_console_hook();
}

void console_flush_on_panic(void)
{
	log_finalize();
	console_release();
	console_emergency();
	console_flush_pending();
}

#define FLUSH_LIMIT_US	10000000	/* a virtual CPU that has the lock may not be running just now */

void console_flush(void)
{
	log_finalize();
	console_emergency();
	for (unsigned int us = 0; us < FLUSH_LIMIT_US; us += 10) {
		if (console_trylock()) {
			console_unlock();
			return;
		}
		udelay(10);
	}
	console_flush_on_panic();	/* who has the lock does not come back */
}

/*
 * ---- which consoles
 * ---------------------------------------------------------------------------------------------------
 */

static int find_cmdline(const char *name, int index)
{
	int i;

	for (i = 0; i < nr_cmdline; i++) {
		if (!strcmp(console_cmdline[i].name, name) && console_cmdline[i].index == index)
			return i;
	}
	return -1;
}

bool console_named(const char *name, int index)
{
	return find_cmdline(name, index) >= 0;
}

int add_preferred_console(const char *name, int index, char *options)
{
	int i = find_cmdline(name, index);

	/* Named twice: it moves to the end, because the last is /dev/console. */
	if (i >= 0) {
		nr_cmdline--;
		memmove(&console_cmdline[i], &console_cmdline[i + 1], (nr_cmdline - i) * sizeof(console_cmdline[0]));
	}
	if (nr_cmdline == MAX_CMDLINECONSOLES)
		return -E2BIG;
	strscpy(console_cmdline[nr_cmdline].name, name, sizeof(console_cmdline[0].name));
	console_cmdline[nr_cmdline].index = index;
	console_cmdline[nr_cmdline].options = options;
	nr_cmdline++;
	return 0;
}

/* "ttyS0,115200" -> "ttyS", 0, "115200". "0,115200" is short for the same, and "ttyS" means the first. */
static int __init console_setup(char *str)
{
	char name[24], *options = NULL, *s;
	size_t room = sizeof(console_options) - console_options_used;
	int index = 0;

	if (isdigit(*str))
		scnprintf(name, sizeof(name), "ttyS%s", str);
	else
		strscpy(name, str[0] ? str : "null", sizeof(name));
	s = strchr(name, ',');
	if (s)
		*s = '\0';
	s = strchr(str, ',');
	if (s && strlen(s + 1) < room) {
		options = console_options + console_options_used;
		console_options_used += strscpy(options, s + 1, room) + 1;
	}
	for (s = name; *s && !isdigit(*s); s++)
		;
	if (*s && (kstrtoint(s, 10, &index) || index < 0)) {
		pr_warn("console=%s: no such console\n", str);
		return 1;
	}
	*s = '\0';
	if (add_preferred_console(name, index, options))
		pr_warn("console=%s: more than %d consoles\n", str, MAX_CMDLINECONSOLES);
	return 1;
}
__setup("console=", console_setup);

/*
 * ---- coming and going
 * -------------------------------------------------------------------------------------------------
 */

static void unlink_console(struct console **list, struct console *con)
{
	while (*list && *list != con)
		list = &(*list)->next;
	if (*list)
		*list = con->next;
}

static bool on_list(struct console *list, struct console *con)
{
	while (list && list != con)
		list = list->next;
	return list;
}

/* The boot console on the hardware of @con, or NULL. Context: console lock. */
static struct console *boot_console_of(struct console *con)
{
	struct console *c;

	for (c = console_drivers; c; c = c->next) {
		if (c->flags & CON_BOOT && c->hw_id == con->hw_id)
			return c;
	}
	return NULL;
}

/* A real console is up: the makeshift ones go. */
static void drop_boot_consoles(void)
{
	struct console *c, *found;

	do {
		found = NULL;
		console_lock();
		for (c = console_drivers; c; c = c->next) {
			if (c->flags & CON_BOOT)
				found = c;
		}
		console_unlock();
		if (found) {
			pr_info("bootconsole [%s%d] disabled\n", found->name, found->index);
			unregister_console(found);
		}
	} while (found);
}

static bool have_real_console(void)
{
	struct console *c;
	bool found = false;

	console_lock();
	for (c = console_drivers; c; c = c->next)
		found |= !(c->flags & CON_BOOT);
	console_unlock();
	return found;
}

/* Set @con up and let it print. @options, @preferred: from console=. */
static void enable_console(struct console *con, char *options, bool preferred)
{
	struct console **where = &console_drivers, *boot;

	if (con->setup && con->setup(con, options))
		return;
	console_lock();
	boot = boot_console_of(con);
	if (boot)
		con->seq = boot->seq;
	else
		con->seq = con->flags & CON_PRINTBUFFER ? printk_first_seq() : log_readable_seq();
	con->flags |= CON_ENABLED;
	if (!(con->flags & CON_BOOT) && (preferred || !console_device()))
		con->flags |= CON_CONSDEV;
	if (con->flags & CON_CONSDEV) {
		struct console *c;

		for (c = console_drivers; c; c = c->next)
			c->flags &= ~CON_CONSDEV;
	} else {
		while (*where)
			where = &(*where)->next;
	}
	con->next = *where;
	WRITE_ONCE(*where, con);
	if (boot) {
		boot->flags &= ~CON_ENABLED;
		unlink_console(&console_drivers, boot);
	}
	WRITE_ONCE(printed_seq, 0);	/* not everything is shown everywhere: console_unlock() looks */
	console_unlock();

	pr_info("%sconsole [%s%d] enabled\n", con->flags & CON_BOOT ? "boot" : "", con->name, con->index);
	if (boot)
		pr_info("bootconsole [%s%d] disabled\n", boot->name, boot->index);
	if (!(con->flags & CON_BOOT))
		drop_boot_consoles();
}

void register_console(struct console *con)
{
	int i = find_cmdline(con->name, con->index);

	if (on_list(console_drivers, con) || on_list(console_spare, con))
		return;
	if (con->flags & CON_BOOT) {
		if (have_real_console())
			pr_info("Too late to register bootconsole %s%d\n", con->name, con->index);
		else
			enable_console(con, NULL, false);
		return;
	}
	if (i >= 0 || !nr_cmdline) {
		enable_console(con, i >= 0 ? console_cmdline[i].options : NULL, i >= 0 && i == nr_cmdline - 1);
		return;
	}
	console_lock();
	con->next = console_spare;
	console_spare = con;
	console_unlock();
}

int unregister_console(struct console *con)
{
	bool listed;

	console_lock();
	listed = on_list(console_drivers, con) || on_list(console_spare, con);
	unlink_console(&console_drivers, con);
	unlink_console(&console_spare, con);
	con->flags &= ~(CON_ENABLED | CON_CONSDEV);
	if (console_drivers && !(console_drivers->flags & CON_BOOT))
		console_drivers->flags |= CON_CONSDEV;
	console_unlock();
	return listed ? 0 : -ENODEV;
}

void console_setup_done(void)
{
	struct console *con;
	int i;

	if (have_real_console() || !console_spare)
		return;
	for (i = 0; i < nr_cmdline; i++) {
		if (!strcmp(console_cmdline[i].name, "null"))
			return;
		pr_warn("console=%s%d: no such console here, using what there is\n", console_cmdline[i].name,
			console_cmdline[i].index);
	}
	while ((con = console_spare)) {
		console_spare = con->next;
		enable_console(con, NULL, false);
	}
}

/*
 * ---- /dev/console
 * -----------------------------------------------------------------------------------------------------
 */

struct console *console_device(void)
{
	struct console *con = READ_ONCE(console_drivers);

	return con && con->flags & CON_CONSDEV ? con : NULL;
}

/* How much of a program's output is printed with interrupts off at a time. */
#define CONSOLE_CHUNK	256

static void write_chunk(struct console *con, const char *buf, size_t len)
{
	unsigned long flags;

	local_irq_save(flags);
	con->write(con, buf, len);
	if (con->flush)
		con->flush(con);
	local_irq_restore(flags);
}

static void write_chunks(struct console *only, const char *buf, size_t len)
{
	struct console *con;

	while (len) {
		size_t n = min_t(size_t, len, CONSOLE_CHUNK);

		console_lock();
		for (con = console_drivers; con; con = con->next) {
			if (!only || con == only)
				write_chunk(con, buf, n);
		}
		console_unlock();
		buf += n;
		len -= n;
	}
}

void console_write_device(struct console *con, const char *buf, size_t len)
{
	write_chunks(con, buf, len);
}

void console_write_all(const char *buf, size_t len)
{
	write_chunks(NULL, buf, len);
}

int console_getchar(void)
{
	struct console *con;
	int c = -1;

	console_lock();
	for (con = console_drivers; con && c < 0; con = con->next) {
		if (con->poll_get_char)
			c = con->poll_get_char(con);
	}
	console_unlock();
	return c;
}

void console_for_each(void (*fn)(struct console *con, void *arg), void *arg)
{
	struct console *con;

	console_lock();
	for (con = console_drivers; con; con = con->next)
		fn(con, arg);
	console_unlock();
}
