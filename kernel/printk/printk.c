/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/printk/printk.c - printk(): from a format to a record, and from a record to a line.
 *
 * The way of a message:
 *
 *	printk(KERN_INFO "up %d\n", n)
 *	   | format into this CPU's buffer, interrupts off		vprintk_emit()
 *	   | read the level off its front, the newline off its end
 *	   v
 *	 the ring (ring.c)						log_store()
 *	   |
 *	   +--> consoles, if nobody is printing at the moment		console.c
 *	   +--> readers of /dev/kmsg and syslog, woken by a hook
 *
 * Formatting first, storing second: a bad pointer behind a %s faults while nothing is held, and the report of that
 * fault can be printed. The buffers are per CPU and not on the stack, because the stack may be a page for double
 * faults that is nearly used up. A context that interrupts the formatting of another (an NMI; a fault, whose oops
 * prints) takes the next of PRINTK_DEPTH buffers:
 *
 *	depth 0: task or interrupt	1: a fault or NMI in there	2: an NMI in that
 *
 * A report that ends with the death of the task never returns to the depths below it; printk_abandon() resets them.
 *
 * A line without a newline at its end stays open for pr_cont() of the same task (or CPU, outside of tasks); see ring.c.
 *
 * Linux formats twice (once to measure, once into the ring), parses facility and dictionary, and defers what NMIs
 * print to a work item; here an NMI prints directly when the consoles are free.
 */
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/log2.h>
#include <primer/percpu.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/irqflags.h>
#include "internal.h"

#define PRINTK_DEPTH	3

/* Written at boot and by reports and sysctl; a race only prints a line more or less. */
int console_printk[4] = {
	CONSOLE_LOGLEVEL_DEFAULT, LOGLEVEL_WARNING, CONSOLE_LOGLEVEL_MIN, CONSOLE_LOGLEVEL_DEFAULT,
};
static bool ignore_loglevel;

/* [owner CPU, interrupts off; nested contexts restore depth] */
static DEFINE_PER_CPU(char[PRINTK_DEPTH][LOG_LINE_MAX], printk_bufs);
static DEFINE_PER_CPU(unsigned int, printk_depth);

static size_t log_buf_len_param;	/* log_buf_len=, bytes; 0: not given [boot] */

/*
 * ---- writing
 * ----------------------------------------------------------------------------------------------------------
 */

static u32 printk_caller_id(void)
{
	return in_task() && current ? (u32)current->pid : 0x80000000U + smp_processor_id();
}

/*
 * Skip the level at the start of @text; several may stand there, as %pV puts one format into another. The first wins.
 */
static const char *parse_prefix(const char *text, int *level, u8 *flags)
{
	while (text[0] == KERN_SOH_ASCII && text[1]) {
		if (text[1] >= '0' && text[1] <= '7') {
			if (*level == LOGLEVEL_DEFAULT)
				*level = text[1] - '0';
		} else if (text[1] == 'c') {
			*flags |= LOG_CONT;
		}
		text += 2;
	}
	return text;
}

int vprintk_emit(int facility, int level, const char *fmt, va_list args)
{
	struct log_entry e = { .facility = facility };
	unsigned int depth, len;
	unsigned long flags;
	const char *text;
	char *buf;

	local_irq_save(flags);
	depth = this_cpu_read(printk_depth);
	if (depth >= PRINTK_DEPTH) {
		local_irq_restore(flags);
		return 0;
	}
	this_cpu_write(printk_depth, depth + 1);
	buf = (*this_cpu_ptr(&printk_bufs))[depth];

	len = vsnprintf(buf, LOG_LINE_MAX, fmt, args);
	if (len >= LOG_LINE_MAX) {
		len = LOG_LINE_MAX - 1;
		e.flags |= LOG_NEWLINE;		/* cut off with the rest */
	}
	text = facility ? buf : parse_prefix(buf, &level, &e.flags);
	len -= text - buf;
	if (len && text[len - 1] == '\n') {
		e.flags |= LOG_NEWLINE;
		len--;
	}
	/* A continuation with a level of its own is a line of its own. */
	if (level != LOGLEVEL_DEFAULT)
		e.flags &= ~LOG_CONT;
	e.caller_id = printk_caller_id();
	e.level = level == LOGLEVEL_DEFAULT ? default_message_loglevel : level & 7;
	e.text = text;
	e.text_len = len;
	log_store(&e);

	this_cpu_write(printk_depth, depth);
	local_irq_restore(flags);

	if (e.flags & LOG_NEWLINE)
		console_flush_pending();
	return len;
}

int vprintk(const char *fmt, va_list args)
{
	return vprintk_emit(0, LOGLEVEL_DEFAULT, fmt, args);
}

int _printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk_emit(0, LOGLEVEL_DEFAULT, fmt, args);
	va_end(args);
	return n;
}

int printk_emit(int facility, int level, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk_emit(facility, level, fmt, args);
	va_end(args);
	return n;
}

void printk_abandon(void)
{
	this_cpu_write(printk_depth, 0);
	log_abandon();
	console_abandon();
}

/*
 * ---- a record as text
 * -------------------------------------------------------------------------------------------------
 */

size_t record_print_text(const struct printk_info *info, const char *text, char *buf, size_t size, bool syslog,
			 bool time)
{
	char prefix[LOG_PREFIX_MAX];
	size_t prefix_len = 0, len = 0, left = min_t(size_t, info->text_len, strlen(text));
	u64 sec = info->ts_nsec / 1000000000;
	u64 usec = info->ts_nsec % 1000000000 / 1000;

	if (syslog)
		prefix_len = scnprintf(prefix, sizeof(prefix), "<%u>", info->facility << 3 | info->level);
	if (time)
		prefix_len += scnprintf(prefix + prefix_len, sizeof(prefix) - prefix_len, "[%5llu.%06llu] ", sec, usec);

	do {
		const char *end = memchr(text, '\n', left);
		size_t line = end ? (size_t)(end - text) : left;

		if (len + prefix_len + line + 1 > size)
			break;
		memcpy(buf + len, prefix, prefix_len);
		memcpy(buf + len + prefix_len, text, line);
		len += prefix_len + line;
		buf[len++] = '\n';
		text += line + 1;
		left -= end ? line + 1 : line;
	} while (left);
	if (len < size)
		buf[len] = '\0';
	return len;
}

void print_hex_dump_bytes(const char *level, const char *prefix, const void *buf, size_t len)
{
	const u8 *p = buf;
	size_t i, j;

	for (i = 0; i < len; i += 16) {
		size_t n = min_t(size_t, 16, len - i);
		char hex[50], ascii[17];

		for (j = 0; j < n; j++)
			ascii[j] = p[i + j] >= ' ' && p[i + j] < 0x7f ? (char)p[i + j] : '.';
		ascii[n] = '\0';
		scnprintf(hex, sizeof(hex), "%*ph", (int)n, p + i);
		printk("%s%s%08zx: %-48s %s\n", level, prefix, i, hex, ascii);
	}
}

/*
 * ---- boot parameters and size
 * -----------------------------------------------------------------------------------------
 */

bool suppress_message_printing(int level)
{
	return level >= console_loglevel && !ignore_loglevel;
}

static int __init quiet_setup(char *val)
{
	console_loglevel = CONSOLE_LOGLEVEL_QUIET;
	return 0;
}
early_param("quiet", quiet_setup);

static int __init debug_setup(char *val)
{
	console_loglevel = CONSOLE_LOGLEVEL_DEBUG;
	return 0;
}
early_param("debug", debug_setup);

static int __init loglevel_setup(char *val)
{
	int level, err = kstrtoint(val, 0, &level);

	if (err || level < 0 || level > CONSOLE_LOGLEVEL_MOTORMOUTH)
		return -EINVAL;
	console_loglevel = level;
	return 0;
}
early_param("loglevel", loglevel_setup);

static int __init ignore_loglevel_setup(char *val)
{
	ignore_loglevel = true;
	pr_info("debug: ignoring loglevel setting.\n");
	return 0;
}
early_param("ignore_loglevel", ignore_loglevel_setup);

static int __init log_buf_len_setup(char *val)
{
	char *end;
	u64 size = memparse(val, &end);

	if (end == val || *end || size > SZ_1G)
		return -EINVAL;
	log_buf_len_param = size ? roundup_pow_of_two(size) : 0;
	return 0;
}
early_param("log_buf_len", log_buf_len_setup);

/* What one CPU may add at boot before a reader comes; the static ring is meant for the boot CPU. */
#define LOG_CPU_MAX	4096

size_t log_buf_wanted(unsigned int cpus)
{
	size_t have = log_buf_size(), extra = (size_t)(cpus ? cpus - 1 : 0) * LOG_CPU_MAX;

	if (log_buf_len_param)
		return log_buf_len_param > have ? log_buf_len_param : 0;
	if (extra <= have / 2)
		return 0;
	pr_info("log_buf_len individual max cpu contribution: %d bytes\n", LOG_CPU_MAX);
	pr_info("log_buf_len total cpu_extra contributions: %zu bytes\n", extra);
	return roundup_pow_of_two(have + extra);
}
