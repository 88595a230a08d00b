/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/percpu.c - each CPU's own copy of the per-CPU variables, and room for more of them.
 *
 * The problem. "%gs:variable" must reach this CPU's copy with one instruction, for variables that the linker placed,
 * and for those that a filesystem or a cache asks for later.
 *
 * The idea. Each possible CPU gets a unit: the linker's template, copied, and behind it room for dynamic variables.
 * Units stand at equal distances. A per-CPU pointer is an address in the template's world; adding
 * __per_cpu_offset[cpu], which is also that CPU's GS base, leads to the copy:
 *
 *	template	__per_cpu_start |static|
 *	                    \  + offset[0]      \  + offset[1]
 *	first chunk		|static|dynamic.|	|static|dynamic.|	|static|dynamic.|	from memblock
 *				  unit of CPU 0		  unit of CPU 1		  unit of CPU 2
 *
 *	further chunk		|dynamic.|..............|dynamic.|..............|dynamic.|......	vmalloc space
 *				<------ unit_size ----->
 *
 * When the first chunk is full, another is made in vmalloc space with its units at the same distances, so that the same
 * offsets serve. Only the front of each unit is backed by pages.
 *
 * In a chunk, two bitmaps with a bit for 8 bytes say what is in use, and where allocations end: freeing needs no size.
 * First fit; allocations are few and small.
 *
 * The move. CPU 0 has been running on the template itself, with offset 0. Its unit is a copy of the template as it
 * stands, current task, preemption count and all; then writing GS base moves it over. Between copy and write nothing
 * may change a per-CPU variable: interrupts are off, and nothing is called in between. Other CPUs' units are copies of
 * the same state; what must differ is set when they are brought up. The template lies in init memory and goes away with
 * it.
 *
 * Locking: pcpu_lock covers the chunks and their maps. Chunks are never freed.
 *
 * Linux (mm/percpu.c) sorts chunks by their largest free area, backs them page by page, and places units by node.
 */
#include <primer/bitmap.h>
#include <primer/err.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/list.h>
#include <primer/log2.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/percpu.h>
#include <primer/pgtable.h>
#include <primer/printk.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <primer/string.h>
#include <primer/vmalloc.h>
#include <asm/msr.h>

#include "internal.h"

#define PERCPU_DYNAMIC_RESERVE	(12 * SZ_1K)	/* bytes a CPU in the first chunk */
#define PERCPU_CHUNK_SIZE	(16 * SZ_1K)	/* bytes a CPU in further ones */
#define GRANULE			8UL
#define MAX_GRANULES		(PERCPU_CHUNK_SIZE / GRANULE)

struct pcpu_chunk {
	struct list_head list;		/* [pcpu_lock] */
	unsigned long base;		/* CPU 0's first byte */
	unsigned int granules;		/* immutable */
	unsigned int free;		/* [pcpu_lock] granules */
	DECLARE_BITMAP(used, MAX_GRANULES);	/* [pcpu_lock] */
	DECLARE_BITMAP(last, MAX_GRANULES);	/* [pcpu_lock] the last granule of each allocation */
};

/* The chunks. Taken with interrupts off: per-CPU memory is freed in RCU callbacks too. */
static DEFINE_SPINLOCK(pcpu_lock, LOCK_RANK_PCPU_ALLOC);
static struct pcpu_chunk first_chunk;
static LIST_HEAD(pcpu_chunks);				/* [pcpu_lock] */
static unsigned long unit_size __ro_after_init;		/* distance between units */
static unsigned long nr_chunks;				/* [pcpu_lock] beyond the first */

static void add_chunk(struct pcpu_chunk *chunk, unsigned long base, unsigned long bytes)
{
	unsigned long flags;

	chunk->base = base;
	chunk->granules = chunk->free = bytes / GRANULE;
	spin_lock_irqsave(&pcpu_lock, flags);
	nr_chunks += chunk != &first_chunk;
	list_add_tail(&chunk->list, &pcpu_chunks);
	spin_unlock_irqrestore(&pcpu_lock, flags);
}

void __init setup_per_cpu_areas(void)
{
	unsigned long static_size = __per_cpu_end - __per_cpu_start, delta;
	unsigned int cpu;
	char *base;

	unit_size = max_t(unsigned long, PAGE_ALIGN(static_size + PERCPU_DYNAMIC_RESERVE), PERCPU_CHUNK_SIZE);
	base = memblock_alloc_or_panic(unit_size * nr_cpu_ids, PAGE_SIZE);
	pr_info("setup_percpu: NR_CPUS:%d nr_cpumask_bits:%d nr_cpu_ids:%u nr_node_ids:%d\n", NR_CPUS, NR_CPUS,
		nr_cpu_ids, MAX_NUMNODES);
	pr_info("percpu: Embedded %lu pages/cpu s%lu r0 d%lu u%lu\n", unit_size >> PAGE_SHIFT, static_size,
		unit_size - static_size, unit_size);

	delta = (unsigned long)base - (unsigned long)__per_cpu_start;
	for (cpu = nr_cpu_ids; cpu-- > 0;) {
		unsigned long offset = delta + cpu * unit_size;

		__memcpy(base + cpu * unit_size, __per_cpu_start, static_size);
		__per_cpu_offset[cpu] = offset;
		per_cpu(this_cpu_off, cpu) = offset;
		per_cpu(cpu_number, cpu) = cpu;
	}
	/* The copy for CPU 0 was the last one: from here on it is the one in use. */
	wrmsrq(MSR_GS_BASE, delta);

	add_chunk(&first_chunk, (unsigned long)base + static_size,
		  min(unit_size - static_size, PERCPU_CHUNK_SIZE));
}

/* ---- dynamic variables ------------------------------------------------------------------------------------------- */

/* The first @n free granules in a row, at a multiple of @align granules from address 0; or -1. */
static int find_room(struct pcpu_chunk *chunk, unsigned int n, unsigned int align)
{
	unsigned int phase = chunk->base / GRANULE % align, at = 0, busy;

	for (;;) {
		at = find_next_zero_bit(chunk->used, chunk->granules, at);
		at = ALIGN(at + phase, align) - phase;
		if (at + n > chunk->granules)
			return -1;
		busy = find_next_bit(chunk->used, at + n, at);
		if (busy >= at + n)
			return at;
		at = busy + 1;
	}
}

/* Returns CPU 0's address, or 0. */
static unsigned long take_room(unsigned int n, unsigned int align)
{
	unsigned long flags, addr = 0;
	struct pcpu_chunk *chunk;

	spin_lock_irqsave(&pcpu_lock, flags);
	list_for_each_entry(chunk, &pcpu_chunks, list) {
		int at = chunk->free >= n ? find_room(chunk, n, align) : -1;
		unsigned int i;

		if (at < 0)
			continue;
		for (i = 0; i < n; i++)
			__set_bit(at + i, chunk->used);
		__set_bit(at + n - 1, chunk->last);
		chunk->free -= n;
		addr = chunk->base + at * GRANULE;
		break;
	}
	spin_unlock_irqrestore(&pcpu_lock, flags);
	return addr;
}

/* Back the front of one unit with pages. All or nothing. */
static int populate_unit(unsigned long addr)
{
	struct page *pages[PERCPU_CHUNK_SIZE / PAGE_SIZE] = { NULL };
	unsigned int got = alloc_pages_bulk_array(GFP_KERNEL | __GFP_ZERO, ARRAY_SIZE(pages), pages);

	if (got == ARRAY_SIZE(pages) && !map_kernel_pages(addr, addr + PERCPU_CHUNK_SIZE, pages, PAGE_KERNEL))
		return 0;
	unmap_kernel_range_noflush(addr, addr + PERCPU_CHUNK_SIZE);
	release_pages(pages, got);
	return -ENOMEM;
}

static void depopulate_unit(unsigned long addr)
{
	struct page *pages[PERCPU_CHUNK_SIZE / PAGE_SIZE];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = vmalloc_to_page((void *)(addr + i * PAGE_SIZE));
	unmap_kernel_range_noflush(addr, addr + PERCPU_CHUNK_SIZE);
	release_pages(pages, ARRAY_SIZE(pages));
}

static int populate_chunk(unsigned long start)
{
	unsigned int cpu;
	int err = 0;

	for (cpu = 0; cpu < nr_cpu_ids && !err; cpu++)
		err = populate_unit(start + cpu * unit_size);
	if (err)
		for (cpu--; cpu-- > 0;)
			depopulate_unit(start + cpu * unit_size);
	return err;
}

unsigned long pcpu_nr_pages(void)
{
	return nr_cpu_ids * (unit_size + READ_ONCE(nr_chunks) * PERCPU_CHUNK_SIZE) >> PAGE_SHIFT;
}

static bool create_chunk(void)
{
	struct pcpu_chunk *chunk;
	struct vm_struct *vm;

	might_sleep();
	chunk = kzalloc(sizeof(*chunk), GFP_KERNEL);
	vm = get_vm_area(unit_size * nr_cpu_ids, VM_PERCPU);
	if (chunk && vm && !populate_chunk((unsigned long)vm->addr)) {
		add_chunk(chunk, (unsigned long)vm->addr, PERCPU_CHUNK_SIZE);
		return true;
	}
	if (vm)
		free_vm_area(vm);
	kfree(chunk);
	return false;
}

void __percpu *__alloc_percpu(size_t size, size_t align)
{
	unsigned int n = DIV_ROUND_UP(size, GRANULE), granules = max(align, GRANULE) / GRANULE, cpu;
	unsigned long addr;

	if (WARN(!size || size > PERCPU_CHUNK_SIZE || !is_power_of_2(align) || align > PAGE_SIZE,
		 "illegal size (%zu) or align (%zu) for percpu allocation\n", size, align))
		return NULL;
	addr = take_room(n, granules);
	if (!addr && slab_is_available() && create_chunk())
		addr = take_room(n, granules);
	if (!addr) {
		pr_warn("percpu: allocation failed, size=%zu align=%zu\n", size, align);
		return NULL;
	}
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		memset((void *)(addr + cpu * unit_size), 0, size);
	return (void __percpu *)(addr - __per_cpu_offset[0]);
}

void free_percpu(void __percpu *ptr)
{
	unsigned long addr = (unsigned long)ptr + __per_cpu_offset[0], flags;
	struct pcpu_chunk *chunk;
	bool found = false;

	if (!ptr)
		return;
	spin_lock_irqsave(&pcpu_lock, flags);
	list_for_each_entry(chunk, &pcpu_chunks, list) {
		unsigned long at = (addr - chunk->base) / GRANULE, end;

		if (addr < chunk->base || at >= chunk->granules)
			continue;
		found = test_bit(at, chunk->used) &&
			(!at || !test_bit(at - 1, chunk->used) || test_bit(at - 1, chunk->last));
		if (!found)
			break;
		end = find_next_bit(chunk->last, chunk->granules, at);
		__clear_bit(end, chunk->last);
		chunk->free += end - at + 1;
		for (; at <= end; at++)
			__clear_bit(at, chunk->used);
		break;
	}
	spin_unlock_irqrestore(&pcpu_lock, flags);
	WARN(!found, "free_percpu: %px was not allocated, or is free already\n", ptr);
}
