/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/lockdep_proc.c - what lockdep has learnt, as text for /proc. Empty in plain builds.
 *
 *	lockdep		each class, with what was taken directly inside it
 *	lockdep_chains	each order of held locks that was ever seen
 *	lockdep_stats	how much that is
 *	lock_stat	where time is lost: waits and holds, by class
 *
 * Readers look while others add, and nothing is locked but for the searches: a class or a chain is complete before it
 * is counted, and the readers load the count with acquire.
 *
 * Linux: kernel/locking/lockdep_proc.c, whose lock_stat also names places that waited, and those that they waited for.
 */
#ifdef CONFIG_DEBUG
#include <primer/seq_buf.h>
#include <primer/spinlock.h>

#include "lockdep_internals.h"

static void show_name(struct seq_buf *s, const struct lock_class *class)
{
	char usage[5];

	usage_chars(class, usage);
	seq_buf_printf(s, "[%px] %s {%s}", class->key, class->name, usage);
	if (class->subclass)
		seq_buf_printf(s, "/%u", class->subclass);
}

static unsigned int reachable(struct lock_class *class, bool forwards)
{
	unsigned long flags;
	unsigned int n;

	local_irq_save(flags);
	graph_lock();
	n = count_reachable(class, forwards);
	graph_unlock();
	local_irq_restore(flags);
	return n;
}

void lockdep_show(struct seq_buf *s)
{
	seq_buf_puts(s, "all lock classes:\n");
	for (unsigned int i = 0; i < smp_load_acquire(&nr_lock_classes); i++) {
		struct lock_class *class = &lock_classes[i];
		char usage[5];

		usage_chars(class, usage);
		seq_buf_printf(s, "%px OPS:%8ld FD:%5u BD:%5u %s: %s", class->key,
			       atomic_long_read(&class->acquisitions), reachable(class, true) + 1,
			       reachable(class, false) + 1, usage, class->name);
		if (class->subclass)
			seq_buf_printf(s, "/%u", class->subclass);
		seq_buf_puts(s, "\n");
		for (u16 e = class->after; e; e = lock_edges[e - 1].next) {
			seq_buf_puts(s, " -> ");
			show_name(s, &lock_classes[lock_edges[e - 1].class]);
			seq_buf_puts(s, "\n");
		}
		seq_buf_puts(s, "\n");
	}
}

void lockdep_chains_show(struct seq_buf *s)
{
	static const char *const context[] = { "none", "softirq", "hardirq" };

	seq_buf_puts(s, "all lock chains:\n");
	for (unsigned int i = 0; i < smp_load_acquire(&nr_lock_chains); i++) {
		const struct lock_chain *chain = &lock_chains[i];

		seq_buf_printf(s, "irq_context: %s\n", context[chain->context]);
		for (unsigned int n = 0; n < chain->depth; n++) {
			show_name(s, &lock_classes[chain_hlocks[chain->base + n]]);
			seq_buf_puts(s, "\n");
		}
		seq_buf_puts(s, "\n");
	}
}

void lockdep_stats_show(struct seq_buf *s)
{
	unsigned int by_context[3] = { 0 }, safe[2] = { 0 }, unsafe[2] = { 0 }, deepest = 0;

	for (unsigned int i = 0; i < smp_load_acquire(&nr_lock_chains); i++) {
		by_context[lock_chains[i].context]++;
		if (lock_chains[i].depth > deepest)
			deepest = lock_chains[i].depth;
	}
	for (unsigned int i = 0; i < smp_load_acquire(&nr_lock_classes); i++)
		for (unsigned int state = 0; state < 2; state++) {
			u8 usage = lock_classes[i].usage;

			safe[state] += usage >> USAGE_BIT(state, 0, USED_IN) & 1;
			unsafe[state] += usage >> USAGE_BIT(state, 0, ENABLED) & 1;
		}
	seq_buf_printf(s, " lock-classes:                  %11u [max: %u]\n", nr_lock_classes, MAX_LOCKDEP_CLASSES);
	seq_buf_printf(s, " direct dependencies:           %11u [max: %u]\n", nr_lock_edges / 2, MAX_LOCKDEP_EDGES / 2);
	seq_buf_printf(s, " dependency chains:             %11u [max: %u]\n", nr_lock_chains, MAX_LOCKDEP_CHAINS);
	seq_buf_printf(s, " dependency chain hlocks used:  %11u [max: %u]\n", nr_chain_hlocks, MAX_LOCKDEP_CHAIN_HLOCKS);
	seq_buf_printf(s, " in-hardirq chains:             %11u\n", by_context[2]);
	seq_buf_printf(s, " in-softirq chains:             %11u\n", by_context[1]);
	seq_buf_printf(s, " in-process chains:             %11u\n", by_context[0]);
	seq_buf_printf(s, " stack-trace entries:           %11u [max: %u]\n", nr_lock_traces, MAX_LOCKDEP_TRACES);
	seq_buf_printf(s, " hardirq-safe locks:            %11u\n", safe[0]);
	seq_buf_printf(s, " hardirq-unsafe locks:          %11u\n", unsafe[0]);
	seq_buf_printf(s, " softirq-safe locks:            %11u\n", safe[1]);
	seq_buf_printf(s, " softirq-unsafe locks:          %11u\n", unsafe[1]);
	seq_buf_printf(s, " max locking depth:             %11u\n", deepest);
	seq_buf_printf(s, " reports:                       %11u\n", nr_lock_reports);
	seq_buf_printf(s, " debug_locks:                   %11u\n", debug_locks);
}

/* Nanoseconds as microseconds with two digits. */
static void show_us(struct seq_buf *s, long ns)
{
	seq_buf_printf(s, " %11ld.%02ld", ns / 1000, ns % 1000 / 10);
}

/* Read against the order in which they are written: no part is seen without the whole. */
static void show_times(struct seq_buf *s, const atomic_long_t *bounces, const atomic_long_t *count, const struct lock_time *time)
{
	long n_bounces = atomic_long_read(bounces), n = atomic_long_read(count);
	long min = atomic_long_read(&time->min), max = atomic_long_read(&time->max), sum = atomic_long_read(&time->sum);

	seq_buf_printf(s, " %14ld %14ld", n_bounces, n);
	show_us(s, min ? min - 1 : 0);
	show_us(s, max);
	show_us(s, sum);
	show_us(s, n ? sum / n : 0);
}

static void clear_times(struct lock_time *time)
{
	atomic_long_set(&time->min, 0);
	atomic_long_set(&time->max, 0);
	atomic_long_set(&time->sum, 0);
}

void lock_stat_show(struct seq_buf *s)
{
	seq_buf_puts(s, "lock_stat version 0.4\n");
	seq_buf_printf(s, "%40s %14s %14s %14s %14s %14s %14s %14s %14s %14s %14s %14s %14s\n", "class name", "con-bounces",
		       "contentions", "waittime-min", "waittime-max", "waittime-total", "waittime-avg", "acq-bounces",
		       "acquisitions", "holdtime-min", "holdtime-max", "holdtime-total", "holdtime-avg");
	for (unsigned int i = 0; i < smp_load_acquire(&nr_lock_classes); i++) {
		struct lock_class *class = &lock_classes[i];

		if (!atomic_long_read(&class->acquisitions))
			continue;
		seq_buf_printf(s, "%37s%s%c:", class->name, class->subclass ? "/" : " ",
			       class->subclass ? '0' + class->subclass : ' ');
		show_times(s, &class->con_bounces, &class->contentions, &class->wait);
		show_times(s, &class->acq_bounces, &class->acquisitions, &class->hold);
		seq_buf_puts(s, "\n");
	}
}

void lock_stat_clear(void)
{
	for (unsigned int i = 0; i < smp_load_acquire(&nr_lock_classes); i++) {
		struct lock_class *class = &lock_classes[i];

		atomic_long_set(&class->con_bounces, 0);
		atomic_long_set(&class->contentions, 0);
		atomic_long_set(&class->acq_bounces, 0);
		atomic_long_set(&class->acquisitions, 0);
		clear_times(&class->wait);
		clear_times(&class->hold);
	}
}

#endif
