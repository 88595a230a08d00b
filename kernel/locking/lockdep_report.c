/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/lockdep_report.c - what lockdep says when it has found something. Empty in plain builds.
 *
 * The words are Linux's, so that scripts and search engines know them. Each report has the two sides of the fault: what
 * this task does now, with its stack, and what was seen before, with the stack of that time; and a drawing of the two
 * CPUs that could meet.
 *
 * How a lock is named:
 *
 *	ffff888003b2a0d8 (inode->i_lock){+.-.}-{2:2}, at: iput+0x2a/0x180
 *	address		  class	    |	    |	       where it was taken
 *				    |	    2: spins, 4: sleeps
 *				    one letter for each of: hard interrupts, the same reading, softirqs, reading
 *					.	taken with them off, never in one	+	with them on
 *					-	taken in one				?	both: a deadlock
 *
 * Checking goes on after a report: each class and usage is reported once, a circle once for each chain of locks that closes it.
 */
#ifdef CONFIG_DEBUG
#include <stdarg.h>

#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/seq_buf.h>
#include <primer/spinlock.h>
#include <primer/sprintf.h>
#include <primer/stacktrace.h>
#include <primer/version.h>

#include "lockdep_internals.h"

#define KERNEL_HIGH	0xffffffff00000000UL

unsigned int nr_lock_reports;			/* racy: for people and tests */

/* A test that wants to read what it causes. [the test, before and after] */
static struct {
	struct task_struct *task;
	struct seq_buf text;
	unsigned int reports;
} capture;

unsigned int lockdep_capture(char *buf, size_t size)
{
	unsigned int reports = capture.reports;

	WRITE_ONCE(capture.task, NULL);
	capture.reports = 0;
	if (buf) {
		seq_buf_init(&capture.text, buf, size);
		*buf = '\0';
		WRITE_ONCE(capture.task, current);
	}
	return reports;
}

static bool captured(void)	{ return READ_ONCE(capture.task) == current; }

/* A line, or a piece of one, without a log level. */
void lockdep_printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
	if (!captured())
		return;
	va_start(args, fmt);
	seq_buf_vprintf(&capture.text, fmt, args);
	va_end(args);
	seq_buf_str(&capture.text);
}
#define out	lockdep_printk

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

void usage_chars(const struct lock_class *class, char text[5])
{
	static const char letter[] = { '.', '-', '+', '?' };
	u8 usage = READ_ONCE(class->usage);

	for (unsigned int i = 0; i < 4; i++)
		text[i] = letter[usage >> (2 * i) & 3];
	text[4] = '\0';
}

/* "(name){....}-{2:2}" in @buf */
static const char *describe(const struct lock_class *class, char *buf, size_t size)
{
	char usage[5], sub[4] = "";

	usage_chars(class, usage);
	if (class->subclass)
		snprintf(sub, sizeof(sub), "/%u", class->subclass);
	snprintf(buf, size, "(%s%s){%s}-{%d:%d}", class->name, sub, usage, class->flags & LOCK_SLEEP ? 4 : 2,
		 class->flags & LOCK_SLEEP ? 4 : 2);
	return buf;
}

static void print_lock(const struct held_lock *h)
{
	char buf[80];

	out("%px %s, at: %pS\n", h->lock, describe(&lock_classes[h->class], buf, sizeof(buf)), (void *)h->ip);
}

static void print_trace(u16 trace)
{
	if (!trace)
		return;
	for (unsigned int i = 0; i < lock_traces[trace - 1].nr; i++)
		out("       %pB\n", (void *)(KERNEL_HIGH | lock_traces[trace - 1].entries[i]));
}

static void print_held(struct task_struct *task)
{
	unsigned int depth = READ_ONCE(task->lockdep_depth);

	if (!depth) {
		out("no locks held by %s/%d.\n", task->comm, task->pid);
		return;
	}
	out("%u lock%s held by %s/%d:\n", depth, depth == 1 ? "" : "s", task->comm, task->pid);
	for (unsigned int i = 0; i < depth && i < MAX_LOCK_DEPTH; i++) {
		char buf[80];
		const struct held_lock *h = &task->held_locks[i];

		out(" #%u: %px %s, at: %pS\n", i, h->lock, describe(&lock_classes[h->class], buf, sizeof(buf)),
		    (void *)h->ip);
	}
}

/* The calling function and up. */
static void print_stack(void)
{
	unsigned long entries[16];
	unsigned int nr = stack_trace_save(entries, 16, 2);

	out("\nstack backtrace:\n");
	for (unsigned int i = 0; i < nr; i++)
		out("       %pB\n", (void *)entries[i]);
}

static void begin(const char *title)
{
	nr_lock_reports++;
	if (captured())
		capture.reports++;
	lockdep_recursion_enter();
	out("\n");
	out("======================================================\n");
	out("%s\n", title);
	out("%s %s\n", UTS_RELEASE, print_tainted());
	out("------------------------------------------------------\n");
}

static void finish(void)
{
	out("\n");
	print_held(current);
	print_stack();
	add_taint(TAINT_WARN);
	lockdep_recursion_exit();
	if (panic_on_warn)
		panic("panic_on_warn set ...\n");
}

static void who_acquires(const struct held_lock *next)
{
	out("%s/%d is trying to acquire lock:\n", current->comm, current->pid);
	print_lock(next);
}

static void row(const char *left, const char *right)
{
	if (*right)
		out(" %-30s%s\n", left, right);
	else
		out(" %s\n", left);
}

static const char *call(char *buf, size_t size, const struct lock_class *class)
{
	char sub[4] = "";

	if (class->subclass)
		snprintf(sub, sizeof(sub), "/%u", class->subclass);
	snprintf(buf, size, "lock(%s%s);", class->name, sub);
	return buf;
}

static void two_cpus(void)
{
	out("\n Possible unsafe locking scenario:\n\n");
	row("      CPU0", "CPU1");
	row("      ----", "----");
}

static void deadlock(void)	{ out("\n *** DEADLOCK ***\n"); }

/* ---- reports ----------------------------------------------------------------------------------------------------- */

void report_recursion(const struct held_lock *next, const struct held_lock *held)
{
	char a[64];

	begin("WARNING: possible recursive locking detected");
	who_acquires(next);
	out("\nbut task is already holding lock:\n");
	print_lock(held);
	out("\nother info that might help us debug this:\n Possible unsafe locking scenario:\n\n");
	row("      CPU0", "");
	row("      ----", "");
	row(call(a, sizeof(a), &lock_classes[held->class]), "");
	row(call(a, sizeof(a), &lock_classes[next->class]), "");
	deadlock();
	finish();
}

void report_rank(const struct held_lock *next, const struct held_lock *held)
{
	begin("WARNING: possible deadlock: lock taken out of rank order");
	who_acquires(next);
	out("\nbut task is already holding lock:\n");
	print_lock(held);
	out("\nwhich stands at rank %u of docs/locking.md, the new one at %u: above it, or of the same rank.\n", held->rank,
	    next->rank);
	finish();
}

void report_wait_context(const struct held_lock *next, const struct held_lock *held)
{
	begin("[ BUG: Invalid wait context ]");
	out("%s/%d is trying to lock:\n", current->comm, current->pid);
	print_lock(next);
	out("other info that might help us debug this:\n");
	if (held) {
		out("context-{4:4}, inside a lock that spins:\n");
		print_lock(held);
	} else {
		out("context-{2:2}, inside an interrupt\n");
	}
	finish();
}

/* @path: from @next along the edges to @held, which is the wrong way round. */
void report_circle(const struct held_lock *next, const struct held_lock *held, const struct lock_path *path)
{
	const struct lock_class *source = &lock_classes[next->class], *target = &lock_classes[held->class];
	char a[64], b[64], d[80];

	begin("WARNING: possible circular locking dependency detected");
	who_acquires(next);
	out("\nbut task is already holding lock:\n");
	print_lock(held);
	out("\nwhich lock already depends on the new lock.\n\n");
	out("\nthe existing dependency chain (in reverse order) is:\n");
	for (unsigned int i = path->nr; --i > 0;) {
		out("\n-> #%u %s:\n", i, describe(&lock_classes[path->class[i]], d, sizeof(d)));
		print_trace(path->trace[i]);
	}
	out("\n-> #0 %s:\n       taken by the stack below\n", describe(source, d, sizeof(d)));

	out("\nother info that might help us debug this:\n");
	if (path->nr > 2) {
		out("\nChain exists of:\n ");
		for (unsigned int i = 0; i < path->nr; i++)
			out(" %s%s", lock_classes[path->class[i]].name, i + 1 < path->nr ? " -->" : "\n");
	}
	two_cpus();
	row(call(a, sizeof(a), target), "");
	row("", call(b, sizeof(b), path->nr > 2 ? &lock_classes[path->class[path->nr - 2]] : source));
	row("", call(a, sizeof(a), target));
	row(call(b, sizeof(b), source), "");
	deadlock();
	finish();
}

static const char *const state_name[] = { "HARDIRQ", "SOFTIRQ" };

static const char *usage_name(unsigned int bit, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s-%s", USAGE_DIR(bit) == USED_IN ? "IN-" : "",
		 USAGE_DIR(bit) == USED_IN ? state_name[USAGE_STATE(bit)] : USAGE_STATE(bit) ? "SOFTIRQ-ON" : "HARDIRQ-ON",
		 USAGE_READ(bit) ? "R" : "W");
	return buf;
}

void report_usage(const struct held_lock *this, unsigned int old_bit, unsigned int new_bit)
{
	const struct lock_class *class = &lock_classes[this->class];
	char a[64], b[32];

	begin("WARNING: inconsistent lock state");
	usage_name(old_bit, a, sizeof(a));
	usage_name(new_bit, b, sizeof(b));
	out("inconsistent {%s} -> {%s} usage.\n", a, b);
	out("%s/%d [HC%u[%lu]:SC%u[%lu]:HE%u:SE%u] takes:\n", current->comm, current->pid, !!in_irq(),
	    (unsigned long)hardirq_count() >> HARDIRQ_SHIFT, !!in_serving_softirq(),
	    (unsigned long)softirq_count() >> SOFTIRQ_SHIFT, !this->irqs_off, !softirq_count());
	print_lock(this);
	out("{%s} state was registered at:\n", a);
	print_trace(class->usage_trace[old_bit]);
	out("\nother info that might help us debug this:\n Possible unsafe locking scenario:\n\n");
	row("      CPU0", "");
	row("      ----", "");
	row(call(a, sizeof(a), class), "");
	row("<Interrupt>", "");
	out("   %s\n", call(a, sizeof(a), class));
	deadlock();
	finish();
}

static void print_path(const struct lock_path *path)
{
	char d[80];

	for (unsigned int i = 0; i < path->nr; i++) {
		out("-> %s%s\n", describe(&lock_classes[path->class[i]], d, sizeof(d)), path->trace[i] ? " at:" : "");
		print_trace(path->trace[i]);
	}
}

/* @this: newly seen with @bit; the last of @path has @bit2, which does not go with it. */
void report_irq_inversion(const struct held_lock *this, unsigned int bit, const struct lock_path *path,
			  unsigned int bit2, bool forwards)
{
	const struct lock_class *other = &lock_classes[path->class[path->nr - 1]], *class = &lock_classes[this->class];
	const struct lock_class *safe = forwards ? class : other, *unsafe = forwards ? other : class;
	char a[64], b[64];

	begin("WARNING: possible irq lock inversion dependency detected");
	out("%s/%d just changed the state of lock:\n", current->comm, current->pid);
	print_lock(this);
	out("but this lock %s another, %s-%s lock in the past:\n", forwards ? "took" : "was taken by",
	    state_name[USAGE_STATE(bit2)], forwards ? "unsafe" : "safe");
	out(" %s\n\nand interrupts could create inverse lock ordering between them.\n\n",
	    describe(other, a, sizeof(a)));
	out("the path between the two:\n");
	print_path(path);
	out("\nwhere the other lock became %s-%s:\n", state_name[USAGE_STATE(bit2)], forwards ? "unsafe" : "safe");
	print_trace(other->usage_trace[bit2]);
	out("\n Possible interrupt unsafe locking scenario:\n\n");
	row("      CPU0", "CPU1");
	row("      ----", "----");
	row(call(a, sizeof(a), unsafe), "");
	row("", "local_irq_disable();");
	row("", call(b, sizeof(b), safe));
	row("", call(a, sizeof(a), unsafe));
	row("<Interrupt>", "");
	row(call(b, sizeof(b), safe), "");
	deadlock();
	finish();
}

/* @back leads from @prev against the edges to a class with @bit1, @forth from @next along them to one with @bit2. */
void report_bad_irq_dependency(const struct held_lock *prev, const struct held_lock *next, unsigned int bit1,
			       const struct lock_path *back, unsigned int bit2, const struct lock_path *forth)
{
	const struct lock_class *safe = &lock_classes[back->class[back->nr - 1]];
	const struct lock_class *unsafe = &lock_classes[forth->class[forth->nr - 1]];
	const char *state = state_name[USAGE_STATE(bit1)];
	char title[80], a[80], b[80];

	snprintf(title, sizeof(title), "WARNING: %s-safe -> %s-unsafe lock order detected", state, state);
	begin(title);
	who_acquires(next);
	out("\nand this task is already holding:\n");
	print_lock(prev);
	out("which would create a new lock dependency:\n %s -> %s\n\n",
	    describe(&lock_classes[prev->class], a, sizeof(a)), describe(&lock_classes[next->class], b, sizeof(b)));
	out("but this new dependency connects a %s-irq-safe lock:\n %s\n\n... which became %s-irq-safe at:\n", state,
	    describe(safe, a, sizeof(a)), state);
	print_trace(safe->usage_trace[bit1]);
	out("\nto a %s-irq-unsafe lock:\n %s\n\n... which became %s-irq-unsafe at:\n", state,
	    describe(unsafe, a, sizeof(a)), state);
	print_trace(unsafe->usage_trace[bit2]);
	if (back->nr > 1) {
		out("\nhow the safe lock leads to the held one (in reverse order):\n");
		print_path(back);
	}
	if (forth->nr > 1) {
		out("\nhow the new lock leads to the unsafe one:\n");
		print_path(forth);
	}
	out("\n Possible interrupt unsafe locking scenario:\n\n");
	row("      CPU0", "CPU1");
	row("      ----", "----");
	row(call(a, sizeof(a), unsafe), "");
	row("", "local_irq_disable();");
	row("", call(b, sizeof(b), safe));
	row("", call(a, sizeof(a), &lock_classes[next->class]));
	row("<Interrupt>", "");
	row(call(b, sizeof(b), safe), "");
	deadlock();
	finish();
}

void report_unlock_imbalance(const void *lock, const char *name, unsigned long ip)
{
	begin("WARNING: bad unlock balance detected!");
	out("%s/%d is trying to release lock (%s) at:\n[%px] %pS\n", current->comm, current->pid, name, lock,
	    (void *)ip);
	out("but %s\n", current->lockdep_depth ? "it does not hold it!" : "there are no more locks to release!");
	finish();
}

void report_exit_with_locks(void)
{
	char title[80];

	snprintf(title, sizeof(title), "WARNING: %s/%d still has locks held!", current->comm, current->pid);
	begin(title);
	finish();
}

void report_return_with_locks(void)
{
	begin("WARNING: lock held when returning to user space!");
	out("%s/%d is leaving the kernel with locks still held!\n", current->comm, current->pid);
	finish();
}

void debug_show_held_locks(struct task_struct *task)
{
	preempt_disable();			/* on one CPU: lockdep_recursion_enter() */
	lockdep_recursion_enter();
	print_held(task);
	lockdep_recursion_exit();
	preempt_enable();
}

/* Once: then nothing is checked any more. */
void lockdep_full(const char *what)
{
	if (!READ_ONCE(debug_locks))
		return;
	debug_locks_off();
	lockdep_recursion_enter();
	pr_err("BUG: %s is full: turning off the locking correctness validator.\n", what);
	print_held(current);
	dump_stack();
	lockdep_recursion_exit();
}

#endif
