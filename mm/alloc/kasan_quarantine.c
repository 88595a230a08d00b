/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/kasan_quarantine.c - freed objects wait before they are used again.
 *
 * The problem. The allocator hands out the object that was freed last: its cache lines are warm. A pointer to it that
 * somebody kept then points to a valid object, and no check can tell.
 *
 * The idea. A freed object goes to the end of a queue and stays poisoned until as many bytes as the limit have been
 * freed after it; only then the slab gets it back.
 *
 *	kfree(p) --> |tail ... ... ... ... head| --> the slab
 *	              <------- <= limit ------>
 *
 * The limit is a 32nd of memory, at most 4 MiB. All of it goes back when memory is short, all objects of a cache when
 * that is shrunk or destroyed. The slab counts objects in the queue as allocated. The link is in the record behind the
 * object, so that its contents stay as its last user left them: a constructed object must come out constructed.
 *
 * Locking. quarantine_lock covers the queue. Objects are given back without it, because that may free pages.
 *
 * Linux (mm/kasan/quarantine.c) keeps a queue per CPU in front of a common one.
 */
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/spinlock.h>

#include "kasan_internal.h"
#include "slab_internal.h"

#ifdef CONFIG_KASAN

#define MAX_BYTES	(4UL << 20)

/* The queue. Context: any but NMI, interrupts off; inside every lock under which memory is freed. */
static DEFINE_SPINLOCK(quarantine_lock, LOCK_RANK_KASAN);
static void *head, *tail;		/* [quarantine_lock] */
static unsigned long bytes;		/* [quarantine_lock] */
static unsigned long max_bytes;		/* [written once at boot] */

static struct kmem_cache *cache_of(void *object)
{
	return virt_to_head_page(object)->slab_cache;
}

/* Give back a list of objects that nobody else can reach. */
static void free_list(void *object)
{
	while (object) {
		struct kmem_cache *s = cache_of(object);
		void *next = kasan_get_meta(s, object)->next;

		slab_free_quarantined(s, object);
		object = next;
	}
}

/* Take the oldest object off. */
static void *pop(void)
{
	void *object = head;
	struct kmem_cache *s = cache_of(object);

	lockdep_assert_held(&quarantine_lock);
	head = kasan_get_meta(s, object)->next;
	if (!head)
		tail = NULL;
	bytes -= s->size;
	return object;
}

void kasan_quarantine_put(struct kmem_cache *s, void *object)
{
	void *victims = NULL;
	unsigned long flags;

	kasan_get_meta(s, object)->next = NULL;
	spin_lock_irqsave(&quarantine_lock, flags);
	if (tail)
		kasan_get_meta(cache_of(tail), tail)->next = object;
	else
		head = object;
	tail = object;
	bytes += s->size;
	while (bytes > max_bytes) {
		void *old = pop();

		kasan_get_meta(cache_of(old), old)->next = victims;
		victims = old;
	}
	spin_unlock_irqrestore(&quarantine_lock, flags);
	free_list(victims);
}

bool kasan_quarantine_flush(void)
{
	unsigned long flags;
	void *all;

	spin_lock_irqsave(&quarantine_lock, flags);
	all = head;
	head = tail = NULL;
	bytes = 0;
	spin_unlock_irqrestore(&quarantine_lock, flags);
	free_list(all);
	return all;
}

/* Sort the queue into objects of @s and others, which keep their order. */
void kasan_quarantine_remove_cache(struct kmem_cache *s)
{
	void *victims = NULL, *object, *next;
	unsigned long flags;

	spin_lock_irqsave(&quarantine_lock, flags);
	object = head;
	head = tail = NULL;
	for (; object; object = next) {
		struct kmem_cache *its = cache_of(object);
		struct kasan_meta *meta = kasan_get_meta(its, object);

		next = meta->next;
		if (its == s) {
			meta->next = victims;
			victims = object;
			bytes -= s->size;
			continue;
		}
		meta->next = NULL;
		if (tail)
			kasan_get_meta(cache_of(tail), tail)->next = object;
		else
			head = object;
		tail = object;
	}
	spin_unlock_irqrestore(&quarantine_lock, flags);
	free_list(victims);
}

void kasan_quarantine_init(unsigned long memory)
{
	max_bytes = min_t(unsigned long, memory / 32, MAX_BYTES);
}

#endif
