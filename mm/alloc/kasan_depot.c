/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/kasan_depot.c - stacks by the thousand, each kept once.
 *
 * The problem. Every object shall remember the stack that allocated it and the one that freed it: some ten addresses
 * each, more than most objects are large.
 *
 * The idea. Few places allocate, many times each. So a stack is looked up in a hash table, put there when it is new,
 * and the object keeps a handle of 4 bytes. Kernel code lies in the last 2 GiB of the address space, so the low half of
 * an address is enough. One arena of words, taken at boot, holds buckets and records; it never grows and nothing is
 * ever removed:
 *
 *	arena	| 512 buckets | next hash nr frame frame frame | next hash nr frame ... |   free   |
 *	              |         ^                                   ^                   used
 *	              '---------'      handle: index of a record ---'
 *
 * When it is full, new stacks have handle 0, "not recorded".
 *
 * Locking. Readers take none: a record is complete before the bucket leads to it (release, paired with the acquire in
 * find()). Writers take depot_lock; two that add the same stack at once keep it twice, which hurts nobody.
 *
 * Linux (lib/stackdepot.c) grows by pages and is used by the page owner tracker too.
 */
#include <primer/hash.h>
#include <primer/kernel.h>
#include <primer/memblock.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/spinlock.h>
#include <primer/stacktrace.h>
#include <primer/string.h>
#include <asm/barrier.h>

#include "kasan_internal.h"

#ifdef CONFIG_KASAN

#define BUCKETS		512U
#define MAX_FRAMES	12
#define MIN_BYTES	(128UL << 10)
#define MAX_BYTES	(1UL << 20)

struct record {
	u32 next;			/* index of the next one in the bucket; 0: none */
	u32 hash;
	u32 nr;
	u32 frames[];
};

static u32 *arena;			/* [written once at boot] */
static u32 arena_words;
static u32 used = BUCKETS;		/* [depot_lock] */

/* Context: any but NMI, interrupts off; inside every lock under which memory is allocated or freed. */
static DEFINE_SPINLOCK(depot_lock, LOCK_RANK_KASAN);

static struct record *record_at(u32 handle)
{
	return (struct record *)&arena[handle];
}

static u32 find(u32 bucket, u32 hash, const u32 *frames, u32 nr)
{
	u32 h = smp_load_acquire(&arena[bucket]);	/* pairs with the release in add() */

	for (; h; h = record_at(h)->next) {
		const struct record *r = record_at(h);
		u32 i = 0;

		if (r->hash != hash || r->nr != nr)
			continue;
		while (i < nr && r->frames[i] == frames[i])
			i++;
		if (i == nr)
			return h;
	}
	return 0;
}

static u32 add(u32 bucket, u32 hash, const u32 *frames, u32 nr)
{
	u32 words = sizeof(struct record) / sizeof(u32) + nr, handle = 0;
	unsigned long flags;

	spin_lock_irqsave(&depot_lock, flags);
	if (used + words <= arena_words) {
		struct record *r = record_at(used);

		handle = used;
		used += words;
		r->next = arena[bucket];
		r->hash = hash;
		r->nr = nr;
		__memcpy(r->frames, frames, nr * sizeof(u32));
		smp_store_release(&arena[bucket], handle);	/* pairs with the acquire in find() */
	}
	spin_unlock_irqrestore(&depot_lock, flags);
	return handle;
}

/* The two innermost frames are this function's and its caller's, which is a hook of the sanitizer. */
noinline u32 kasan_save_stack(void)
{
	unsigned long stack[MAX_FRAMES];
	u32 frames[MAX_FRAMES], nr, i, hash = 0, bucket, handle;

	if (!arena)
		return 0;
	nr = stack_trace_save(stack, MAX_FRAMES, 2);
	for (i = 0; i < nr; i++) {
		frames[i] = (u32)stack[i];
		hash = (hash ^ frames[i]) * 0x9e3779b1U;
		hash ^= hash >> 15;
	}
	bucket = hash % BUCKETS;
	handle = find(bucket, hash, frames, nr);
	return handle ? handle : add(bucket, hash, frames, nr);
}

void kasan_print_stack(u32 handle)
{
	const struct record *r;
	u32 i;

	if (!handle) {
		pr_err("(stack is not available)\n");
		return;
	}
	r = record_at(handle);
	for (i = 0; i < r->nr && i < MAX_FRAMES; i++)
		pr_err(" %pS\n", (void *)(0xffffffff00000000UL | r->frames[i]));
}

void kasan_depot_init(unsigned long memory)
{
	unsigned long bytes = clamp_t(unsigned long, memory / 256, MIN_BYTES, MAX_BYTES);

	arena = memblock_alloc_or_panic(bytes, PAGE_SIZE);
	arena_words = bytes / sizeof(u32);
}

#endif
