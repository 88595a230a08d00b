/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/page_debug.c - what the page allocator says when something is wrong, and how DEBUG builds look for it.
 *
 * Three reports, in Linux's words:
 *
 *	"page allocation failure"	nothing to be had; says who asked, for what, and what memory looks like
 *	"Bad page state"		a page is freed while its record says that somebody still uses it
 *	"pagealloc: corruption"		DEBUG: a free page was written to
 *
 * The last needs help: a DEBUG build fills every page with 0xaa when it is freed (PG_poisoned says so) and compares all
 * of it when it is allocated. What was free since boot has no pattern and is not compared. Any difference was written
 * by somebody who still holds an address of the page. Besides, each allocated page remembers its allocator in
 * page->owner, so that a report can name him.
 */
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/sprintf.h>
#include <primer/string.h>

#include "internal.h"

#define GFP_NAME(name)	{ name, #name }
static const struct {
	gfp_t flags;
	const char *name;
} gfp_names[] = {
	/* Compound names first: each takes its bits out. */
	GFP_NAME(GFP_HIGHUSER_MOVABLE), GFP_NAME(GFP_HIGHUSER), GFP_NAME(GFP_USER), GFP_NAME(GFP_KERNEL),
	GFP_NAME(GFP_NOFS), GFP_NAME(GFP_ATOMIC), GFP_NAME(GFP_NOIO), GFP_NAME(GFP_NOWAIT), GFP_NAME(GFP_DMA),
	GFP_NAME(GFP_DMA32), GFP_NAME(__GFP_HIGH), GFP_NAME(__GFP_ATOMIC), GFP_NAME(__GFP_ZERO), GFP_NAME(__GFP_COMP),
	GFP_NAME(__GFP_NOWARN), GFP_NAME(__GFP_NORETRY), GFP_NAME(__GFP_NOFAIL), GFP_NAME(__GFP_RETRY_MAYFAIL),
	GFP_NAME(__GFP_MEMALLOC), GFP_NAME(__GFP_NOMEMALLOC), GFP_NAME(__GFP_THISNODE), GFP_NAME(__GFP_ACCOUNT),
	GFP_NAME(__GFP_RECLAIMABLE), GFP_NAME(__GFP_MOVABLE),
};

int format_gfp_flags(char *buf, size_t size, gfp_t gfp)
{
	size_t len = 0, i;

	buf[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(gfp_names) && gfp; i++) {
		if ((gfp & gfp_names[i].flags) != gfp_names[i].flags)
			continue;
		gfp &= ~gfp_names[i].flags;
		len += scnprintf(buf + len, size - len, "%s%s", len ? "|" : "", gfp_names[i].name);
	}
	if (gfp || !len)
		len += scnprintf(buf + len, size - len, "%s%#x", len ? "|" : "", gfp);
	return len;
}

void warn_alloc(gfp_t gfp, unsigned int order)
{
	static DEFINE_RATELIMIT_STATE(rs, 10 * 1000000000ULL, 1);
	char names[GFP_FORMAT_SIZE];

	if ((gfp & __GFP_NOWARN) || !__ratelimit(&rs))
		return;
	format_gfp_flags(names, sizeof(names), gfp);
	pr_warn("%s: page allocation failure: order:%u, mode:%#x(%s), nodemask=(null)\n", current->comm, order, gfp,
		names);
	dump_stack_lvl(KERN_WARNING);
	show_mem();
}

void bad_page(struct page *page, const char *reason)
{
	static DEFINE_RATELIMIT_STATE(rs, 60 * 1000000000ULL, 5);

	add_taint(TAINT_BAD_PAGE);
	if (!__ratelimit(&rs))
		return;
	pr_alert("BUG: Bad page state in process %s  pfn:%05lx\n", current->comm, page_to_pfn(page));
	pr_alert("page:%px refcount:%d mapcount:%d mapping:%px index:%#lx pfn:%#lx\n", page, page_ref_count(page),
		 page_mapcount(page), page->mapping, page->index, page_to_pfn(page));
	pr_alert("flags: %#lx private:%#lx\n", page->flags, page->private);
	pr_alert("page dumped because: %s\n", reason);
#ifdef CONFIG_DEBUG
	if (page->owner)
		pr_alert("page last allocated by %pS\n", (void *)page->owner);
#endif
	dump_stack();
}

#ifdef CONFIG_DEBUG

void page_debug_free(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		__memset(page_address(page + i), PAGE_POISON, PAGE_SIZE);
		page[i].flags |= 1UL << PG_poisoned;
	}
}

static void check_poison(struct page *page)
{
	unsigned char *start = page_address(page), *bad = memchr_inv(start, PAGE_POISON, PAGE_SIZE);

	page->flags &= ~(1UL << PG_poisoned);
	if (!bad)
		return;
	pr_err("pagealloc: memory corruption at offset %ld of free page %px (pfn %#lx)\n", (long)(bad - start), start,
	       page_to_pfn(page));
	if (page->owner)
		pr_err("pagealloc: it was last allocated by %pS\n", (void *)page->owner);
	print_hex_dump_bytes(KERN_ERR, "pagealloc: ", bad, min_t(size_t, 64, start + PAGE_SIZE - bad));
	add_taint(TAINT_BAD_PAGE);
	dump_stack();
}

void page_debug_alloc(struct page *page, unsigned int order, unsigned long caller)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		if (page[i].flags & 1UL << PG_poisoned)
			check_poison(page + i);
		page[i].owner = caller;
	}
}

#endif
