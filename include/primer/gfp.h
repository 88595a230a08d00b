/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/gfp.h - whole pages: how an allocation may behave, and the calls that make one.
 *
 * A gfp_t says three things: from which zones (__GFP_DMA, __GFP_DMA32; none: any), what the allocator may do to get a
 * page (sleep, reclaim, dig into the reserve), and what shall be done with it (__GFP_ZERO, __GFP_COMP). Users combine
 * the names without underscores:
 *
 *	GFP_KERNEL	task context, may sleep and reclaim
 *	GFP_ATOMIC	any context but NMI; never sleeps, may use part of the reserve
 *	GFP_NOWAIT	never sleeps, no reserve: for what has a fallback
 *	GFP_USER, GFP_HIGHUSER, GFP_HIGHUSER_MOVABLE	pages of user programs
 *	GFP_NOIO, GFP_NOFS	may sleep, but must not start I/O, or call a filesystem
 *
 * A block of order n is 2^n pages, contiguous and aligned to its size. The numbers of the flags are Linux's.
 */
#ifndef PRIMER_GFP_H
#define PRIMER_GFP_H

#include <primer/compiler.h>
#include <primer/types.h>

struct page;
struct zone;

#define __GFP_DMA		0x01u	/* below 16 MiB */
#define __GFP_HIGHMEM		0x02u	/* no meaning on x86-64: all memory is mapped */
#define __GFP_DMA32		0x04u	/* below 4 GiB */
#define __GFP_MOVABLE		0x08u	/* the page's users could be moved to another */
#define __GFP_RECLAIMABLE	0x10u
#define __GFP_HIGH		0x20u	/* may use part of the reserve */
#define __GFP_IO		0x40u
#define __GFP_FS		0x80u
#define __GFP_ZERO		0x100u	/* filled with zeroes */
#define __GFP_ATOMIC		0x200u	/* cannot sleep and matters: half of what is left of the reserve too */
#define __GFP_DIRECT_RECLAIM	0x400u	/* the caller may sleep and free memory itself */
#define __GFP_KSWAPD_RECLAIM	0x800u
#define __GFP_WRITE		0x1000u
#define __GFP_NOWARN		0x2000u	/* no report when it fails */
#define __GFP_RETRY_MAYFAIL	0x4000u
#define __GFP_NOFAIL		0x8000u	/* try for ever */
#define __GFP_NORETRY		0x10000u	/* one attempt, no OOM killer */
#define __GFP_MEMALLOC		0x20000u	/* the whole reserve: this allocation will free memory */
#define __GFP_COMP		0x40000u	/* order > 0: tail pages lead to the head */
#define __GFP_NOMEMALLOC	0x80000u
#define __GFP_HARDWALL		0x100000u
#define __GFP_THISNODE		0x200000u	/* no other node */
#define __GFP_ACCOUNT		0x400000u
#define __GFP_RECLAIM		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC		(__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT		__GFP_KSWAPD_RECLAIM
#define GFP_NOIO		__GFP_RECLAIM
#define GFP_NOFS		(__GFP_RECLAIM | __GFP_IO)
#define GFP_USER		(__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HARDWALL)
#define GFP_DMA			__GFP_DMA
#define GFP_DMA32		__GFP_DMA32
#define GFP_HIGHUSER		(GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE	(GFP_HIGHUSER | __GFP_MOVABLE)

/* gfpflags_allow_blocking - may the allocation sleep? */
static __always_inline bool gfpflags_allow_blocking(gfp_t gfp)	{ return gfp & __GFP_DIRECT_RECLAIM; }

/*
 * alloc_pages - a block of 2^@order pages, or NULL
 *
 * The first page has one reference; the last put_page() of it frees the block if it was made with __GFP_COMP or @order
 * is 0. Blocks of order > 0 without __GFP_COMP are freed with __free_pages() by whoever holds the last reference. A
 * failure is reported on the log, at a limited rate, unless @gfp has __GFP_NOWARN.
 *
 * Context: any but NMI; may sleep only with __GFP_DIRECT_RECLAIM. alloc_pages_node: from node @nid first (-1: this
 * CPU's).
 */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid);
static __always_inline struct page *alloc_pages(gfp_t gfp, unsigned int order) { return __alloc_pages(gfp, order, -1); }
#define alloc_pages_node(nid, gfp, order)	__alloc_pages((gfp), (order), (nid))
#define alloc_page(gfp)				alloc_pages((gfp), 0)

/* __get_free_pages - the same, as an address in the direct map, or 0. get_zeroed_page: one page of zeroes. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
#define __get_free_page(gfp)			__get_free_pages((gfp), 0)

/*
 * __free_pages - drop a reference to the block that alloc_pages(@order) returned; free it when that was the last
 * free_pages - the same by address; 0 is allowed. Context: any but NMI.
 */
void __free_pages(struct page *page, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);
#define __free_page(page)			__free_pages((page), 0)
#define free_page(addr)				free_pages((addr), 0)

/*
 * alloc_pages_exact - @size bytes in whole pages, not rounded up to a power of two; free_pages_exact with the same
 * size.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);
/* split_page - make a block of @order (not __GFP_COMP) into single pages, each with a reference of its own. */
void split_page(struct page *page, unsigned int order);

/*
 * alloc_pages_bulk_array - fill the NULL elements of @array with single pages; returns how many elements are filled
 * from the start. May be fewer than @nr. Contents are not zeroed unless @gfp says so.
 */
unsigned int alloc_pages_bulk_array(gfp_t gfp, unsigned int nr, struct page **array);

/*
 * drain_local_pages - give this CPU's cached free pages back to the zones. drain_all_pages: every CPU's (see
 * page_alloc.c).
 */
void drain_local_pages(void);
void drain_all_pages(void);

/*
 * reclaim_spare_pages - give to the zones what the kernel keeps for later: empty slabs, spare page tables and kernel
 * stacks, this CPU's stores. For a request of @gfp and @order; true: something came. Context: task; may sleep.
 */
bool reclaim_spare_pages(gfp_t gfp, unsigned int order);

/* format_gfp_flags - @gfp in words, "GFP_KERNEL|__GFP_ZERO", into @buf; returns its length. Context: any. */
#define GFP_FORMAT_SIZE		192
int format_gfp_flags(char *buf, size_t size, gfp_t gfp);

/* get_order - the smallest order of a block that holds @size bytes (at least 1) */
static __always_inline unsigned int get_order(unsigned long size)
{
	size = (size - 1) >> 12;
	return size ? 64 - (unsigned int)__builtin_clzl(size) : 0;
}

/*
 * What mm/vm lends the allocator when memory is short. [written once at boot; NULL: nothing]
 *
 * reclaim: try to free pages for an allocation of @order; returns how many were freed. May sleep.
 * wake: memory fell below the low watermark of a zone: let the background reclaimer run. Context: any but NMI.
 * oom: nothing could be reclaimed; returns true if something was killed and a further attempt makes sense. May sleep.
 */
struct page_alloc_hooks {
	unsigned long (*reclaim)(gfp_t gfp, unsigned int order);
	void (*wake)(struct zone *zone, unsigned int order);
	bool (*oom)(gfp_t gfp, unsigned int order);
};
void set_page_alloc_hooks(const struct page_alloc_hooks *hooks);

#endif
