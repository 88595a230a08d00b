/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/page_owner.c - who allocated each page. DEBUG builds, with page_owner=on on the command line.
 *
 * The problem. Memory gets less and less, and every count says only "not free". Who has it?
 *
 * The idea. A record for each page beside its struct page, written when it is allocated: how, by whom, when, and the
 * calls that led there. /proc/page_owner lists the pages that are in use, a record each; sorted and counted by their
 * stacks, the list shows a leak as its longest heap:
 *
 *	awk -v RS= '{ sub(/^.*\n/, ""); sub(/^.*\n/, ""); n[$0]++ } END { for (s in n) print n[s] "\n" s }'
 *
 *	table:	| pfn 0 | pfn 1 | ... |		64 bytes each, from memblock, for all numbers up to the highest
 *		  order, gfp, pid, time of allocation and release, 8 return addresses (their low half: text is one GiB)
 *
 * A block of several pages has a record in each, so that split_page() has nothing to do but to make them single; the
 * list shows the first. Pages that were never allocated by the page allocator (the image, memblock's) have order -1.
 *
 * The records cost a 64th of memory and each allocation a walk of the stack: off unless asked for.
 *
 * Locking: none. A record is written by whoever has just got the page or is about to give it back. The reader may see
 * one that is being written, and prints nonsense addresses at worst.
 *
 * Linux: mm/page_owner.c, with a depot in which equal stacks are kept once, and the list in debugfs.
 */
#include <primer/kernel.h>

#ifdef CONFIG_DEBUG

#include <primer/init.h>
#include <primer/memblock.h>
#include <primer/mm.h>
#include <primer/mmzone.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/sprintf.h>
#include <primer/stacktrace.h>
#include <primer/string.h>
#include <asm/tsc.h>

#include "internal.h"

#define OWNER_STACK_DEPTH	8
#define TEXT_HIGH_HALF		0xffffffff00000000UL

struct page_owner {
	short order;			/* -1: not allocated */
	unsigned short nr_entries;
	gfp_t gfp;
	pid_t pid;
	u64 ts_ns, free_ts_ns;
	u32 stack[OWNER_STACK_DEPTH];
};

bool page_owner_on __ro_after_init;
static bool page_owner_wanted __initdata;
static struct page_owner *owners __ro_after_init;	/* by page number */

static int __init setup_page_owner(char *str)
{
	page_owner_wanted = !strcmp(str, "on");
	return 0;
}
early_param("page_owner", setup_page_owner);

void __init page_owner_init(void)
{
	unsigned long pfn;

	if (!page_owner_wanted)
		return;
	owners = memblock_alloc_raw(max_pfn * sizeof(*owners), PAGE_SIZE);
	if (!owners) {
		pr_err("page_owner: no memory for %lu records\n", max_pfn);
		return;
	}
	for (pfn = 0; pfn < max_pfn; pfn++)
		owners[pfn].order = -1;
	page_owner_on = true;
	pr_info("page_owner is enabled: %lu KiB\n", max_pfn * sizeof(*owners) >> 10);
}

void __page_owner_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	struct page_owner *o = &owners[page_to_pfn(page)];
	unsigned long stack[OWNER_STACK_DEPTH], i;
	unsigned int n = stack_trace_save(stack, OWNER_STACK_DEPTH, 1);

	o->order = order;
	o->nr_entries = n;
	o->gfp = gfp;
	o->pid = current->pid;
	o->ts_ns = sched_clock();
	for (i = 0; i < n; i++)
		o->stack[i] = stack[i];
	for (i = 1; i < 1UL << order; i++)
		o[i] = *o;
}

void __page_owner_free(struct page *page, unsigned int order)
{
	struct page_owner *o = &owners[page_to_pfn(page)];
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		o[i].order = -1;
		o[i].free_ts_ns = sched_clock();
	}
}

void __page_owner_split(struct page *page, unsigned int order)
{
	struct page_owner *o = &owners[page_to_pfn(page)];
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		o[i].order = 0;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

unsigned long page_owner_next(unsigned long pfn)
{
	if (!page_owner_on)
		return ~0UL;
	for (; pfn < max_pfn; pfn++) {
		short order = READ_ONCE(owners[pfn].order);

		if (order >= 0 && !(pfn & ((1UL << order) - 1)) && pfn_valid(pfn))
			return pfn;
	}
	return ~0UL;
}

static const char *mobility(gfp_t gfp)
{
	return gfp & __GFP_MOVABLE ? "Movable" : gfp & __GFP_RECLAIMABLE ? "Reclaimable" : "Unmovable";
}

static int print_flags(char *buf, size_t size, unsigned long flags)
{
	static const char *const names[] = {
		[PG_locked] = "locked", [PG_referenced] = "referenced", [PG_uptodate] = "uptodate", [PG_dirty] = "dirty",
		[PG_lru] = "lru", [PG_active] = "active", [PG_workingset] = "workingset", [PG_waiters] = "waiters",
		[PG_error] = "error", [PG_slab] = "slab", [PG_owner_priv_1] = "owner_priv_1", [PG_arch_1] = "arch_1",
		[PG_reserved] = "reserved", [PG_private] = "private", [PG_private_2] = "private_2",
		[PG_writeback] = "writeback", [PG_head] = "head", [PG_mappedtodisk] = "mappedtodisk",
		[PG_reclaim] = "reclaim", [PG_swapbacked] = "swapbacked", [PG_unevictable] = "unevictable",
		[PG_mlocked] = "mlocked", [PG_table] = "table",
	};
	int len = scnprintf(buf, size, "%#lx(", flags);
	bool first = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i] || !(flags >> i & 1))
			continue;
		len += scnprintf(buf + len, size - len, "%s%s", first ? "" : "|", names[i]);
		first = false;
	}
	return len + scnprintf(buf + len, size - len, ")");
}

int page_owner_print(char *buf, size_t size, unsigned long pfn)
{
	struct page_owner o = owners[pfn];
	unsigned int i, n = min_t(unsigned int, o.nr_entries, OWNER_STACK_DEPTH);
	int len;

	len = scnprintf(buf, size, "Page allocated via order %d, mask %#x(", o.order, o.gfp);
	len += format_gfp_flags(buf + len, size - len, o.gfp);
	len += scnprintf(buf + len, size - len, "), pid %d, ts %llu ns, free_ts %llu ns\nPFN %lu type %s Block %lu type %s Flags ",
			 o.pid, o.ts_ns, o.free_ts_ns, pfn, mobility(o.gfp), pfn >> (MAX_ORDER - 1), "Unmovable");
	len += print_flags(buf + len, size - len, pfn_to_page(pfn)->flags & PAGE_FLAGS_MASK);
	len += scnprintf(buf + len, size - len, "\n");
	for (i = 0; i < n; i++)
		len += scnprintf(buf + len, size - len, " %pS\n", (void *)(TEXT_HIGH_HALF | o.stack[i]));
	return len + scnprintf(buf + len, size - len, "\n");
}

#endif
