/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/printk.h - how the kernel speaks.
 *
 * printk(KERN_INFO "text %d\n", n) stores one record in the log and hands it to the consoles. A level is two bytes at
 * the start of the format, SOH and a digit. A file may define pr_fmt(fmt) before its includes to put its name before
 * everything that it says through the pr_ macros.
 *
 * Context of everything here, unless said otherwise: any, from the first 64-bit instruction on: no console, no per-CPU
 * area and no lock is needed; interrupt handlers and NMIs included.
 */
#ifndef PRIMER_PRINTK_H
#define PRIMER_PRINTK_H

#include <stdarg.h>

#include <primer/compiler.h>
#include <primer/types.h>

#define KERN_SOH		"\001"
#define KERN_SOH_ASCII		'\001'

#define KERN_EMERG		KERN_SOH "0"	/* the system is unusable */
#define KERN_ALERT		KERN_SOH "1"	/* somebody must act now */
#define KERN_CRIT		KERN_SOH "2"
#define KERN_ERR		KERN_SOH "3"
#define KERN_WARNING		KERN_SOH "4"
#define KERN_NOTICE		KERN_SOH "5"
#define KERN_INFO		KERN_SOH "6"
#define KERN_DEBUG		KERN_SOH "7"
#define KERN_DEFAULT		""		/* default_message_loglevel */
#define KERN_CONT		KERN_SOH "c"	/* goes on with the line that had no newline */

#define LOGLEVEL_DEFAULT	-1
#define LOGLEVEL_EMERG		0
#define LOGLEVEL_ALERT		1
#define LOGLEVEL_CRIT		2
#define LOGLEVEL_ERR		3
#define LOGLEVEL_WARNING	4
#define LOGLEVEL_NOTICE		5
#define LOGLEVEL_INFO		6
#define LOGLEVEL_DEBUG		7

/*
 * Which levels reach the consoles: those below console_loglevel. quiet sets it to 4, debug to 10, loglevel=N to N;
 * ignore_loglevel lets everything through; an oops or panic opens it wide (console_verbose).
 */
#define CONSOLE_LOGLEVEL_SILENT		0
#define CONSOLE_LOGLEVEL_MIN		1
#define CONSOLE_LOGLEVEL_QUIET		4
#define CONSOLE_LOGLEVEL_DEFAULT	7
#define CONSOLE_LOGLEVEL_DEBUG		10
#define CONSOLE_LOGLEVEL_MOTORMOUTH	15

extern int console_printk[4];		/* the four numbers of /proc/sys/kernel/printk */
#define console_loglevel		(console_printk[0])
#define default_message_loglevel	(console_printk[1])
#define minimum_console_loglevel	(console_printk[2])
#define default_console_loglevel	(console_printk[3])

static inline void console_silent(void)	{ console_loglevel = CONSOLE_LOGLEVEL_SILENT; }
static inline void console_verbose(void)
{
	if (console_loglevel)
		console_loglevel = CONSOLE_LOGLEVEL_MOTORMOUTH;
}

/* _printk, vprintk - returns the number of characters stored. Text beyond 1023 bytes a call is cut. */
int _printk(const char *fmt, ...) __printf(1, 2) __cold;
int vprintk(const char *fmt, va_list args) __printf(1, 0);
#define printk(fmt, ...)	_printk(fmt, ##__VA_ARGS__)

/* vprintk_emit - the same with facility and level given; /dev/kmsg writes with facility 1 (user) or the writer's. */
int vprintk_emit(int facility, int level, const char *fmt, va_list args) __printf(3, 0);
int printk_emit(int facility, int level, const char *fmt, ...) __printf(3, 4);

/* A format that is checked and costs nothing. */
#define no_printk(fmt, ...)	({ if (0) _printk(fmt, ##__VA_ARGS__); 0; })

#ifndef pr_fmt
#define pr_fmt(fmt)		fmt
#endif

#define pr_emerg(fmt, ...)	printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...)	printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...)	printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...)	printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)	printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...)	printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)	printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...)	printk(KERN_CONT fmt, ##__VA_ARGS__)

/* pr_debug is empty unless its file defines DEBUG; pr_devel the same. */
#ifdef DEBUG
#define pr_debug(fmt, ...)	printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#else
#define pr_debug(fmt, ...)	no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif
#define pr_devel(fmt, ...)	pr_debug(fmt, ##__VA_ARGS__)

/* Once a boot for each place in the source. */
#define printk_once(fmt, ...) ({ \
	static bool __print_once; \
	bool __first = !READ_ONCE(__print_once); \
	if (unlikely(__first)) { \
		WRITE_ONCE(__print_once, true); \
		printk(fmt, ##__VA_ARGS__); \
	} \
	unlikely(__first); })

#define pr_emerg_once(fmt, ...)		printk_once(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_once(fmt, ...)		printk_once(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_once(fmt, ...)		printk_once(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_once(fmt, ...)		printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)		printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_once(fmt, ...)	printk_once(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...)		printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

/*
 * At most @burst messages in @interval_ns for each place in the source; what was held back is counted and told when the
 * next interval opens.
 * [interval_ns, burst: immutable; the rest: whoever holds busy, which is only ever tried]
 */
struct ratelimit_state {
	u64 interval_ns;
	u64 begin_ns;			/* when the present interval opened; 0: none yet */
	int burst;
	int printed;
	atomic_t missed;
	atomic_t busy;
};

#define DEFAULT_RATELIMIT_INTERVAL_NS	5000000000ULL
#define DEFAULT_RATELIMIT_BURST		10
#define RATELIMIT_STATE_INIT(interval, n) { .interval_ns = (interval), .burst = (n) }
#define DEFINE_RATELIMIT_STATE(name, interval, n) struct ratelimit_state name = RATELIMIT_STATE_INIT(interval, n)

/* ___ratelimit - may the caller, named @func in the message about held-back lines, print now? */
bool ___ratelimit(struct ratelimit_state *rs, const char *func);
#define __ratelimit(rs)		___ratelimit(rs, __func__)

#define printk_ratelimited(fmt, ...) ({ \
	static DEFINE_RATELIMIT_STATE(_rs, DEFAULT_RATELIMIT_INTERVAL_NS, DEFAULT_RATELIMIT_BURST); \
	if (__ratelimit(&_rs)) \
		printk(fmt, ##__VA_ARGS__); })

#define pr_emerg_ratelimited(fmt, ...)	printk_ratelimited(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_ratelimited(fmt, ...)	printk_ratelimited(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_ratelimited(fmt, ...)	printk_ratelimited(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...)	printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...)	printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...)	printk_ratelimited(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...)	printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

/*
 * dump_stack - who called me, on the log at KERN_DEFAULT (dump_stack_lvl: at @log_lvl), with CPU, PID, comm and taint.
 */
void dump_stack(void) __cold;
void dump_stack_lvl(const char *log_lvl) __cold;

/* print_hex_dump_bytes - @len bytes at @buf, 16 a line, as hex and ASCII, each line behind @prefix. */
void print_hex_dump_bytes(const char *level, const char *prefix, const void *buf, size_t len);

/*
 * ---- the log as data: for dmesg (syslog), /dev/kmsg and consoles
 * ------------------------------------------------------
 */

/* [copy: the reader's own] */
struct printk_info {
	u64 seq;			/* number of the record, from 0 */
	u64 ts_nsec;			/* sched_clock() when it was made */
	u16 text_len;			/* of the whole text, even where the reader's buffer was shorter */
	u8 facility;			/* 0 kernel */
	u8 level;			/* LOGLEVEL_EMERG to LOGLEVEL_DEBUG */
	u8 flags;			/* LOG_NEWLINE, LOG_CONT */
	u32 caller_id;			/* the task's PID, or 0x80000000 + CPU when in interrupt or before tasks */
};

#define LOG_NEWLINE	2		/* the text ended with a newline */
#define LOG_CONT	8		/* a piece of a line, stored on its own because something came between */

struct printk_record {
	struct printk_info *info;
	char *text_buf;			/* may be NULL with size 0: then only info is filled */
	unsigned int text_buf_size;
};

/*
 * printk_get_record - copy out record @seq, or the oldest one after it that still exists
 *
 * Returns false when there is none yet. info->seq tells which one it is: a difference from @seq is the number of lost
 * records. The text is cut to the buffer and always ends in NUL. The last line is not there while pr_cont() may still
 * extend it. Context: any; in an NMI that has interrupted this CPU inside the log, the answer is false.
 */
bool printk_get_record(u64 seq, struct printk_record *r);

/* printk_first_seq - the oldest record; printk_next_seq - one more than the last that printk_get_record() gives. */
u64 printk_first_seq(void);
u64 printk_next_seq(void);

/*
 * record_print_text - "<6>[    0.000000] text\n" of one record; several lines in it get a prefix each
 *
 * @buf, @size: where to; the result is cut at whole lines. @syslog: with the <N> prefix. @time: with the time stamp.
 * Returns the length, without NUL.
 */
size_t record_print_text(const struct printk_info *info, const char *text, char *buf, size_t size, bool syslog,
			 bool time);

/*
 * log_buf_grow - move the log into a larger buffer; nothing is lost, records keep their numbers
 * @new_buf: never freed; @size: bytes, a power of two, more than log_buf_size()
 *
 * log_buf_wanted - the size for @cpus CPUs, by log_buf_len= or as many bytes as the CPUs may add; 0 when what is
 * there will do
 *
 * log_buf_grow() works once; then, and for a @size that does not fit, it returns -EINVAL. Context: boot, task.
 */
int log_buf_grow(void *new_buf, size_t size);
size_t log_buf_wanted(unsigned int cpus);
size_t log_buf_size(void);

#endif
