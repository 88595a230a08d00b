/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/vmstat.c - what the pages are used for, and how often things happened.
 *
 * The problem. "How much memory do page tables take?" must be answered at once and rightly, and must cost those who
 * make page tables nothing: a counter that all CPUs write to moves between their caches at each fault.
 *
 * The idea. Each CPU counts what it took and gave, by one instruction on its own copy, with no lock, no disabled
 * interrupt, no conditional. A page taken on one CPU and given back on another leaves +1 and -1: only the sum over all
 * CPUs means something, and the reader makes it.
 *
 *	CPU 0	+900  -100		the sum: 350 pages of page tables
 *	CPU 1	+ 50  -500
 *
 * A sum is not a moment: while the reader goes from CPU to CPU, a page may be given back on one it has passed and
 * taken on one to come. It is off by what happens in that time, and never adds up errors. It may even be below zero for
 * a moment, and is 0 then.
 *
 * Where there is no list of pages by age, none is made up: a page of a process or of tmpfs is what Linux calls inactive
 * anonymous, as new ones are there; a page of ramfs cannot be given up, and is unevictable.
 *
 * Linux (mm/vmstat.c) folds each CPU's count into a global one when it passes a threshold, so that reading is cheap in
 * the reclaimer, which reads often.
 */
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/seq_buf.h>
#include <primer/smp.h>
#include <primer/vmstat.h>

DEFINE_PER_CPU(long[NR_KERNEL_PAGE_ITEMS], kernel_page_items);
DEFINE_PER_CPU(unsigned long[NR_VM_EVENT_ITEMS], vm_event_states);

unsigned long kernel_pages(enum kernel_page_item item)
{
	long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(kernel_page_items, cpu)[item]);
	return sum < 0 ? 0 : sum;
}

unsigned long vm_events(enum vm_event_item item)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(vm_event_states, cpu)[item]);
	return sum;
}

/* Pages that the zone has given out, and that came back, one by one or in blocks. */
static void zone_events(enum zone_type type, unsigned long *allocs, unsigned long *frees)
{
	struct zone *zone = &NODE_DATA(0)->node_zones[type];
	unsigned int cpu;

	*allocs = 0;
	if (!populated_zone(zone))
		return;
	for_each_possible_cpu(cpu) {
		*allocs += READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->allocs);
		*frees += READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->frees);
	}
}

void vmstat_node_show(struct seq_buf *m, const char *format)
{
	unsigned long anon = kernel_pages(NR_ANON_MAPPED), shmem = kernel_pages(NR_SHMEM);
	unsigned long file = max(kernel_pages(NR_FILE_PAGES), shmem);
	const struct { const char *name; unsigned long value; } items[] = {
		{ "nr_inactive_anon", anon + shmem }, { "nr_active_anon", 0 }, { "nr_inactive_file", 0 },
		{ "nr_active_file", 0 }, { "nr_unevictable", file - shmem },
		{ "nr_slab_reclaimable", kernel_pages(NR_SLAB_RECLAIMABLE) },
		{ "nr_slab_unreclaimable", kernel_pages(NR_SLAB_UNRECLAIMABLE) },
		{ "nr_anon_pages", anon }, { "nr_file_pages", file }, { "nr_dirty", 0 }, { "nr_writeback", 0 },
		{ "nr_shmem", shmem },
		{ "nr_kernel_stack", kernel_pages(NR_KERNEL_STACK) << (PAGE_SHIFT - 10) },	/* in KiB, all else in pages */
		{ "nr_page_table_pages", kernel_pages(NR_PAGETABLE) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(items); i++)
		seq_buf_printf(m, format, items[i].name, items[i].value);
}

void vmstat_show(struct seq_buf *m)
{
	static const char *const zones[MAX_NR_ZONES] = { "dma", "dma32", "normal" };
	unsigned long allocs, frees = 0;
	unsigned int i;

	seq_buf_printf(m, "nr_free_pages %lu\nnr_mlock %lu\n", nr_free_pages(), kernel_pages(NR_MLOCK));
	vmstat_node_show(m, "%s %lu\n");
	seq_buf_printf(m, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	for (i = 0; i < MAX_NR_ZONES; i++) {
		zone_events(i, &allocs, &frees);
		seq_buf_printf(m, "pgalloc_%s %lu\n", zones[i], allocs);
	}
	seq_buf_printf(m, "allocstall_normal %lu\npgfree %lu\npgfault %lu\npgmajfault %lu\n", vm_events(ALLOCSTALL), frees,
		       vm_events(PGFAULT), vm_events(PGMAJFAULT));
	seq_buf_printf(m, "drop_pagecache %lu\ndrop_slab %lu\noom_kill %lu\n", vm_events(DROP_PAGECACHE),
		       vm_events(DROP_SLAB), vm_events(OOM_KILL));
}
