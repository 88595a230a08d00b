/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/printk/internal.h - what the files of this room say to each other. */
#ifndef PRINTK_INTERNAL_H
#define PRINTK_INTERNAL_H

#include <primer/printk.h>

#define LOG_LINE_MAX	1024		/* text of one record, with its NUL */
#define LOG_PREFIX_MAX	32		/* "<191>[12345.678901] " */

/* What a writer hands to the ring. */
struct log_entry {
	u32 caller_id;
	u16 text_len;
	u8 facility, level;
	u8 flags;			/* LOG_CONT: goes on with the caller's unfinished line; LOG_NEWLINE: ends it */
	const char *text;
};

/* log_store - put one record into the ring. Context: interrupts off, NMI included. */
void log_store(const struct log_entry *e);

/* log_finalize - an unfinished line becomes readable as it is. */
void log_finalize(void);

/* log_readable_seq - one more than the last record that readers may see. */
u64 log_readable_seq(void);

/*
 * log_abandon - this CPU will not return to what it interrupted: if that held the log, let go
 * log_bust - nobody will: the other CPUs are stopped
 */
void log_abandon(void);
void log_bust(void);

/* console_abandon - the console lock, if this CPU holds it: the code that took it will not go on. */
void console_abandon(void);

/* console_flush_pending - print what is pending if no other CPU does already. */
void console_flush_pending(void);

/* console_emergency - if there is no console at all, look for some: a report is about to be written. */
void console_emergency(void);

/* suppress_message_printing - is @level kept from the consoles? */
bool suppress_message_printing(int level);

#endif
