/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/memblock.c - who owns which physical memory, before the page allocator exists.
 *
 * The problem. The page allocator needs memory for its own records: 64 bytes for each page. Page tables, per-CPU areas
 * and a few tables need memory even earlier. But nothing is known yet except the firmware's map and a list of what is
 * taken: the image, the initrd, the first MiB.
 *
 * The idea. Two sorted arrays of ranges are enough for so short a life. "memory" is all RAM; "reserved" is what
 * somebody has; free is the difference, which is computed while walking and never stored:
 *
 *	memory		|==================|      |=============================|
 *	reserved	|##|    |###|          |##|                       |#####|
 *	free		    ....     .....        ........................
 *	                                                          <--- allocations grow down from here
 *
 * A reservation may lie outside of RAM, or overlap another; neither needs to be known by whoever makes it. Allocation
 * goes from the top down, which keeps the low zones for devices that cannot address more, and places successive
 * allocations side by side, so that they melt into one reserved range. A third array, "mapped", holds ranges that are
 * not for allocation but need a place in the direct map: ACPI tables, for example. init_mem_mapping() adds all RAM to
 * it, and from then on it is exactly what the direct map covers.
 *
 * Invariants of each array:
 *   M1  sorted by base, and no two ranges overlap or touch: region[i].base + region[i].size < region[i + 1].base
 *   M2  total_size is the sum of the sizes; no size is 0.
 *
 * The end. memblock_free_all() hands every free page to the page allocator in the largest aligned blocks, and checks
 * the books: pages of RAM = pages handed over + pages that a reservation touches, the latter counted independently from
 * the array. A reservation of part of a page keeps the whole page.
 *
 * Locking: none. Everything is called by the boot CPU before others run; afterwards the arrays are only read.
 *
 * Linux (mm/memblock.c) also keeps a node number and flags for each range (hot-pluggable, mirrored, nomap), and doubles
 * arrays that overflow; 128 ranges suffice for every firmware map that fits into boot_params, so here an overflow is a
 * panic with a name.
 */
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/log2.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/string.h>

static struct memblock_region memory_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region reserved_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region mapped_regions[INIT_MEMBLOCK_REGIONS];

/* [boot CPU; immutable after memblock_free_all()] */
struct memblock memblock = {
	.current_limit = SZ_4G,			/* what the boot stub maps */
	.memory = { .max = INIT_MEMBLOCK_REGIONS, .regions = memory_regions, .name = "memory" },
	.reserved = { .max = INIT_MEMBLOCK_REGIONS, .regions = reserved_regions, .name = "reserved" },
	.mapped = { .max = INIT_MEMBLOCK_REGIONS, .regions = mapped_regions, .name = "mapped" },
};

static bool memblock_debug __ro_after_init;	/* memblock=debug */

#define memblock_dbg(fmt, ...)	do { if (memblock_debug) pr_info(fmt, ##__VA_ARGS__); } while (0)

static int __init early_memblock(char *p)
{
	if (p && strstr(p, "debug"))
		memblock_debug = true;
	return 0;
}
early_param("memblock", early_memblock);

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

/* The first byte behind [base, base + size), which is cut off where physical addresses end. */
static phys_addr_t range_end(phys_addr_t base, phys_addr_t size)
{
	return base + min(size, ~0ULL - base);
}

/* ---- the two operations on an array ------------------------------------------------------------------------------ */

/* Make room for one region at index @i. */
static void __init open_slot(struct memblock_type *type, unsigned int i)
{
	if (type->cnt == type->max)
		panic("memblock: more than %u %s ranges; the firmware's memory map is too fragmented", type->max,
		      type->name);
	memmove(type->regions + i + 1, type->regions + i, (type->cnt - i) * sizeof(type->regions[0]));
	type->cnt++;
}

static void __init close_slots(struct memblock_type *type, unsigned int i, unsigned int n)
{
	memmove(type->regions + i, type->regions + i + n, (type->cnt - i - n) * sizeof(type->regions[0]));
	type->cnt -= n;
}

/*
 * Add [base, end): all regions that it overlaps or touches, which stand side by side at [i, j), become one.
 *
 *	before	 |--a--|   |--b--|      |--c--|
 *	add	     |==========|
 *	after	 |------a'-------|      |--c--|		i = a, j = c
 */
static void __init add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t end)
{
	struct memblock_region *r = type->regions;
	unsigned int i = 0, j;

	if (base >= end)
		return;
	while (i < type->cnt && region_end(&r[i]) < base)
		i++;
	for (j = i; j < type->cnt && r[j].base <= end; j++) {
		base = min(base, r[j].base);
		end = max(end, region_end(&r[j]));
		type->total_size -= r[j].size;
	}
	if (i == j)
		open_slot(type, i);
	else
		close_slots(type, i + 1, j - i - 1);
	r[i].base = base;
	r[i].size = end - base;
	type->total_size += end - base;
}

/* Take [base, end) out. A region that sticks out on both sides becomes two. */
static void __init remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t end)
{
	struct memblock_region *r = type->regions;
	unsigned int i = 0;

	while (i < type->cnt && base < end) {
		phys_addr_t rb = r[i].base, re = region_end(&r[i]);

		if (rb >= end)
			break;
		if (re <= base) {
			i++;
			continue;
		}
		type->total_size -= min(re, end) - max(rb, base);
		if (rb < base && re > end) {
			open_slot(type, i + 1);
			r[i].size = base - rb;
			r[i + 1] = (struct memblock_region){ .base = end, .size = re - end };
			break;
		}
		if (rb < base) {
			r[i].size = base - rb;
			i++;
		} else if (re > end) {
			r[i] = (struct memblock_region){ .base = end, .size = re - end };
			break;
		} else {
			close_slots(type, i, 1);
		}
	}
}

/* ---- what is said about memory ----------------------------------------------------------------------------------- */

#define dbg_range(what, base, size) \
	memblock_dbg("%s: [%#018llx-%#018llx] %pS\n", (what), (base), range_end(base, size) - 1, (void *)_RET_IP_)

void __init memblock_add(phys_addr_t base, phys_addr_t size)
{
	dbg_range("memblock_add", base, size);
	add_range(&memblock.memory, base, range_end(base, size));
}

void __init memblock_remove(phys_addr_t base, phys_addr_t size)
{
	dbg_range("memblock_remove", base, size);
	remove_range(&memblock.memory, base, range_end(base, size));
}

void __init memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	dbg_range("memblock_reserve", base, size);
	add_range(&memblock.reserved, base, range_end(base, size));
}

void __init memblock_free(phys_addr_t base, phys_addr_t size)
{
	dbg_range("memblock_free", base, size);
	remove_range(&memblock.reserved, base, range_end(base, size));
}

void __init memblock_add_mapped(phys_addr_t base, phys_addr_t size)
{
	if (!size)
		return;
	dbg_range("memblock_add_mapped", base, size);
	add_range(&memblock.mapped, base & PAGE_MASK, PAGE_ALIGN(range_end(base, size)));
}

void __init memblock_enforce_memory_limit(phys_addr_t limit)
{
	struct memblock_region *r;

	for_each_memblock_region(r, &memblock.memory) {
		if (limit <= r->size) {
			memblock_remove(r->base + limit, ~0ULL);
			return;
		}
		limit -= r->size;
	}
}

/* ---- allocation -------------------------------------------------------------------------------------------------- */

/*
 * Look for a gap between reservations, from the top of the highest RAM downwards. Loop invariant of the inner loop:
 * nothing of [hi, top of the region) fits; r is the index of the last reservation that may begin below hi.
 */
phys_addr_t __init memblock_find_in_range(phys_addr_t start, phys_addr_t end, phys_addr_t size, phys_addr_t align)
{
	const struct memblock_region *res = memblock.reserved.regions;
	int m, r = memblock.reserved.cnt - 1;

	if (!align)
		align = 64;
	if (end == MEMBLOCK_ALLOC_ACCESSIBLE || end > memblock.current_limit)
		end = memblock.current_limit;
	start = max_t(phys_addr_t, start, PAGE_SIZE);		/* 0 means "none" */

	for (m = memblock.memory.cnt - 1; m >= 0; m--) {
		const struct memblock_region *mem = &memblock.memory.regions[m];
		phys_addr_t lo = max(start, mem->base), hi = min(end, region_end(mem));

		while (lo < hi) {
			phys_addr_t gap;

			while (r >= 0 && res[r].base >= hi)
				r--;
			gap = r >= 0 ? max(lo, region_end(&res[r])) : lo;
			if (gap < hi && hi - gap >= size && ALIGN_DOWN(hi - size, align) >= gap)
				return ALIGN_DOWN(hi - size, align);
			if (r < 0)
				break;
			hi = min(hi, res[r].base);
		}
	}
	return 0;
}

phys_addr_t __init memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end)
{
	phys_addr_t found = size ? memblock_find_in_range(start, end, size, align) : 0;

	if (found)
		memblock_reserve(found, size);
	return found;
}

phys_addr_t __init memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE);
}

void *__init memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	phys_addr_t pa = memblock_phys_alloc(size, align);

	return pa ? __va(pa) : NULL;
}

void *__init memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	void *p = memblock_alloc_raw(size, align);

	if (p)
		__memset(p, 0, size);		/* the function: in cold code, gcc makes memset() a byte loop */
	return p;
}

void *__init memblock_alloc_or_panic(phys_addr_t size, phys_addr_t align)
{
	void *p = memblock_alloc(size, align);

	if (!p)
		panic("memblock: no %llu bytes left for the kernel's tables (RAM: %lluK, reserved: %lluK)",
		      size, memblock.memory.total_size >> 10, memblock.reserved.total_size >> 10);
	return p;
}

void __init memblock_free_ptr(void *ptr, size_t size)
{
	if (ptr)
		memblock_free(__pa(ptr), size);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

void __init memblock_set_current_limit(phys_addr_t limit)	{ memblock.current_limit = limit; }
phys_addr_t memblock_phys_mem_size(void)			{ return memblock.memory.total_size; }
phys_addr_t memblock_reserved_size(void)			{ return memblock.reserved.total_size; }
phys_addr_t memblock_start_of_DRAM(void) { return memblock.memory.cnt ? memblock.memory.regions[0].base : 0; }

phys_addr_t memblock_end_of_DRAM(void)
{
	return memblock.memory.cnt ? region_end(&memblock.memory.regions[memblock.memory.cnt - 1]) : 0;
}

/* The region that holds @addr, by bisection, or NULL. */
static const struct memblock_region *find_region(const struct memblock_type *type, phys_addr_t addr)
{
	unsigned int left = 0, right = type->cnt;

	while (left < right) {
		unsigned int mid = (left + right) / 2;
		const struct memblock_region *r = &type->regions[mid];

		if (addr < r->base)
			right = mid;
		else if (addr >= region_end(r))
			left = mid + 1;
		else
			return r;
	}
	return NULL;
}

bool memblock_is_memory(phys_addr_t addr)	{ return find_region(&memblock.memory, addr); }
bool memblock_is_reserved(phys_addr_t addr)	{ return find_region(&memblock.reserved, addr); }

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	const struct memblock_region *r = find_region(&memblock.memory, base);

	return r && region_end(r) >= range_end(base, size);
}

bool memblock_overlaps_region(const struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	const struct memblock_region *r;
	phys_addr_t end = range_end(base, size);

	for_each_memblock_region(r, type)
		if (r->base < end && base < region_end(r))
			return true;
	return false;
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	return memblock_overlaps_region(&memblock.reserved, base, size);
}

/*
 * The next range of memory that starts at or behind the last one's end; with @free, of memory minus reserved. *@idx
 * packs where to go on: the index in memory in its low half, and for free ranges the index of the next reservation in
 * the high half. A free range runs from the end of reservation n - 1 to the start of reservation n, cut to the region
 * of memory.
 */
void __next_mem_range(u64 *idx, bool free, phys_addr_t *start, phys_addr_t *end)
{
	u32 m = (u32)*idx, n = *idx >> 32;
	const struct memblock_region *res = memblock.reserved.regions;

	for (; m < memblock.memory.cnt; m++) {
		const struct memblock_region *mem = &memblock.memory.regions[m];

		if (!free) {
			*start = mem->base;
			*end = region_end(mem);
			*idx = m + 1;
			return;
		}
		for (; n <= memblock.reserved.cnt; n++) {
			phys_addr_t lo = n ? region_end(&res[n - 1]) : 0;
			phys_addr_t hi = n < memblock.reserved.cnt ? res[n].base : ~0ULL;

			if (lo >= region_end(mem))
				break;				/* this gap belongs to the next region of memory */
			if (hi <= mem->base)
				continue;
			*start = max(lo, mem->base);
			*end = min(hi, region_end(mem));
			/* Whichever ends first is used up. */
			*idx = hi < region_end(mem) ? (u64)(n + 1) << 32 | m : (u64)n << 32 | (m + 1);
			return;
		}
	}
	*idx = ~0ULL;
}

static void __init dump_type(const struct memblock_type *type)
{
	const struct memblock_region *r;

	pr_info(" %s.cnt  = 0x%x\n", type->name, type->cnt);
	for_each_memblock_region(r, type)
		pr_info(" %s[%#x]\t[%#018llx-%#018llx], %#llx bytes\n", type->name, (unsigned int)(r - type->regions),
			r->base, region_end(r) - 1, r->size);
}

void __init memblock_dump_all(void)
{
	if (!memblock_debug)
		return;
	pr_info("MEMBLOCK configuration:\n");
	pr_info(" memory size = %#llx reserved size = %#llx\n", memblock.memory.total_size,
		memblock.reserved.total_size);
	dump_type(&memblock.memory);
	dump_type(&memblock.reserved);
	dump_type(&memblock.mapped);
}
