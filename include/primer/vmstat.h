/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/vmstat.h - counting pages by what they are used for, and counting events. The theory is in
 * mm/alloc/vmstat.c.
 */
#ifndef PRIMER_VMSTAT_H
#define PRIMER_VMSTAT_H

#include <primer/percpu.h>
#include <primer/types.h>

struct seq_buf;

/*
 * Pages in use, by use: /proc/meminfo, /proc/vmstat, sysinfo(2), the report of the OOM killer. Whoever takes or gives
 * back such pages counts them.
 */
enum kernel_page_item {
	NR_SLAB_RECLAIMABLE,
	NR_SLAB_UNRECLAIMABLE,
	NR_PAGETABLE,
	NR_KERNEL_STACK,
	NR_ANON_MAPPED,		/* private pages of processes, each once however many map it */
	NR_FILE_PAGES,		/* pages in the page cache, NR_SHMEM included */
	NR_SHMEM,		/* of these: tmpfs and shared anonymous memory */
	NR_MLOCK,
	NR_KERNEL_PAGE_ITEMS
};

enum vm_event_item {
	PGFAULT,		/* faults that were served, PGMAJFAULT included */
	PGMAJFAULT,		/* of these: with waiting for a device */
	ALLOCSTALL,		/* allocations that had to free memory themselves */
	OOM_KILL,
	DROP_PAGECACHE,
	DROP_SLAB,
	NR_VM_EVENT_ITEMS
};

DECLARE_PER_CPU(long[NR_KERNEL_PAGE_ITEMS], kernel_page_items);
DECLARE_PER_CPU(unsigned long[NR_VM_EVENT_ITEMS], vm_event_states);

/* mod_kernel_pages - @pages more (or less) of @item; one instruction. count_vm_event - once more. Context: any. */
static __always_inline void mod_kernel_pages(enum kernel_page_item item, long pages)
{
	this_cpu_add(kernel_page_items[item], pages);
}
static __always_inline void count_vm_event(enum vm_event_item item)
{
	this_cpu_inc(vm_event_states[item]);
}

/* kernel_pages, vm_events - the sum over all CPUs. Context: any. */
unsigned long kernel_pages(enum kernel_page_item item);
unsigned long vm_events(enum vm_event_item item);

/*
 * vmstat_show - the text of /proc/vmstat. vmstat_node_show - the items of the node, a line each, for which @format has a
 * %s and a %lu. Context: task.
 */
void vmstat_show(struct seq_buf *m);
void vmstat_node_show(struct seq_buf *m, const char *format);

#endif
