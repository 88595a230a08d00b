/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/memblock.h - memory before the page allocator: which ranges exist, which are taken.
 *
 * Two lists of physical ranges: memory, all RAM that may be used, and reserved, what is taken already. Free is the one
 * minus the other. A third, mapped, names what is not RAM to allocate but must be in the direct map (ACPI tables). The
 * theory is in mm/alloc/memblock.c.
 *
 * Context of everything here: boot, one CPU, until memblock_free_all(); the lists can be read for ever after.
 */
#ifndef PRIMER_MEMBLOCK_H
#define PRIMER_MEMBLOCK_H

#include <primer/compiler.h>
#include <primer/types.h>

#define INIT_MEMBLOCK_REGIONS	128
#define MEMBLOCK_ALLOC_ACCESSIBLE	0ULL	/* as a limit: what the present page tables map */
#define MEMBLOCK_ALLOC_ANYWHERE		(~0ULL)
#define MEMBLOCK_LOW_LIMIT		0ULL
#define NUMA_NO_NODE			(-1)

struct memblock_region {
	phys_addr_t base, size;		/* bytes */
};

/* Sorted by base, disjoint, no two adjacent. */
struct memblock_type {
	unsigned int cnt, max;
	phys_addr_t total_size;
	struct memblock_region *regions;
	const char *name;
};

struct memblock {
	phys_addr_t current_limit;	/* memblock_phys_alloc() stays below: what the page tables map */
	struct memblock_type memory, reserved, mapped;
};

extern struct memblock memblock;

/*
 * memblock_add - [@base, @base + @size) is RAM; memblock_remove - it is not, or not ours
 * memblock_reserve - it is taken; memblock_free - it is free again
 * memblock_add_mapped - not RAM to allocate, but to be reached through the direct map
 *
 * Any overlap with what was said before is allowed. A list that would overflow is a panic.
 */
void memblock_add(phys_addr_t base, phys_addr_t size);
void memblock_remove(phys_addr_t base, phys_addr_t size);
void memblock_reserve(phys_addr_t base, phys_addr_t size);
void memblock_free(phys_addr_t base, phys_addr_t size);
void memblock_add_mapped(phys_addr_t base, phys_addr_t size);

/*
 * memblock_phys_alloc_range - reserve @size bytes, aligned, within [@start, @end), as high as possible
 * @align: power of two, 0 means 64; @end: 0 means the limit of what is mapped
 *
 * Returns the physical address, or 0. Contents are undefined. memblock_phys_alloc: anywhere that is mapped.
 */
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end);
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align);
/* memblock_find_in_range - where memblock_phys_alloc_range() would, without reserving; 0: nowhere. */
phys_addr_t memblock_find_in_range(phys_addr_t start, phys_addr_t end, phys_addr_t size, phys_addr_t align);

/*
 * memblock_alloc - the same as an address in the direct map, zeroed; NULL when there is none. _raw: not zeroed.
 * _or_panic: or panic.
 */
void *memblock_alloc(phys_addr_t size, phys_addr_t align);
void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align);
void *memblock_alloc_or_panic(phys_addr_t size, phys_addr_t align);
/* memblock_free_ptr - give back what memblock_alloc() returned. */
void memblock_free_ptr(void *ptr, size_t size);

void memblock_set_current_limit(phys_addr_t limit);
phys_addr_t memblock_phys_mem_size(void);	/* all RAM, bytes */
phys_addr_t memblock_reserved_size(void);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);		/* the first byte behind all RAM */

/* Does a list hold this byte; this whole range; any byte of this range? */
bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);
bool memblock_overlaps_region(const struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/* memblock_enforce_memory_limit - forget RAM beyond the first @limit bytes of it (mem=). */
void memblock_enforce_memory_limit(phys_addr_t limit);

/*
 * The iterators' engine: the next range of RAM (@free: that is not reserved) in ascending order. @idx starts at 0;
 * U64_MAX: done.
 */
void __next_mem_range(u64 *idx, bool free, phys_addr_t *start, phys_addr_t *end);

#define for_each_mem_range(i, p_start, p_end)                                          \
	for ((i) = 0, __next_mem_range(&(i), false, (p_start), (p_end)); (i) != ~0ULL; \
	     __next_mem_range(&(i), false, (p_start), (p_end)))
#define for_each_free_mem_range(i, p_start, p_end)                                    \
	for ((i) = 0, __next_mem_range(&(i), true, (p_start), (p_end)); (i) != ~0ULL; \
	     __next_mem_range(&(i), true, (p_start), (p_end)))
#define for_each_memblock_region(r, type) \
	for ((r) = (type)->regions; (r) < (type)->regions + (type)->cnt; (r)++)

/*
 * memblock_free_all - hand every free page to the page allocator, and account for each page of RAM: present = free +
 * reserved
 *
 * Prints Linux's "Memory:" line. Boot, once, after free_area_init() and setup_per_cpu_areas().
 */
void memblock_free_all(void);

/* memblock_dump_all - the lists on the log (with memblock=debug). */
void memblock_dump_all(void);

#endif
