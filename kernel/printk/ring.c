/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/printk/ring.c - the log: the last few thousand things that the kernel said, each with a number.
 *
 * The problem. Everybody writes here: boot code before there is a per-CPU area, tasks, interrupt handlers, an NMI
 * that came while this very file was at work, two CPUs at once. No record may be lost or mixed with another, and old
 * ones must make room for new ones. The locks of kernel/locking stand above this room (they report through it), so it
 * has to do without.
 *
 * The idea. Two rings in one buffer, half each: descriptors of fixed size, found by record number, and text. Numbers
 * never come back, so a reader that remembers the number it wants next sees at once how many records it has missed.
 *
 *	seq:         first_seq                    next_seq
 *	                 v                           v
 *	descs   ...  [ 117 ][ 118 ][ 119 ][ 120 ][ free ... ]		index = seq & desc_mask
 *	                |      |
 *	text    ...  |"Linux.."|"e820.."|...  |head			offset = lpos & (text_size - 1)
 *
 * Text positions (lpos) count for ever as well; a text never wraps: when it would, the rest of the ring is skipped.
 *
 * Mutual exclusion. `log_owner` holds the number of the CPU that is inside, or -1. Interrupts are off while it is
 * held, and what is done inside is a few copies of memory that is known to be mapped (the text was formatted before),
 * so a second CPU waits by spinning. What can still come in on the owner's own CPU is an NMI or a fault. It sees its
 * own number in log_owner, and must not wait: it leaves its record in the annex, a small queue which the owner
 * empties before it lets go:
 *
 *	owner (CPU 1)				NMI on CPU 1			CPU 2
 *	log_owner = 1
 *	copy text...
 *						log_owner == 1
 *						append to annex
 *									sees 1, spins
 *	...copied, next_seq++
 *	annex not empty: store its records
 *	log_owner = -1							goes in
 *
 * The annex needs no atomics against other CPUs: only contexts nested inside the owner append to it, and each is
 * finished when the one that it interrupted goes on.
 *
 * Invariants (the test walks them):
 *   R1  first_seq <= next_seq, and next_seq - first_seq <= number of descriptors.
 *   R2  The texts of [first_seq, next_seq) lie within the last text_size bytes before head: none overlaps another.
 *   R3  Each store to the state leaves R1 and R2 true. So whoever breaks the lock in a panic, when its owner is stopped
 *       or is the interrupted code below us, finds a whole ring; at worst the record just being written is missing.
 *
 * pr_cont. The last record stays "open" while its text has no newline. Readers do not see it, so that it can grow; it
 * closes when the newline comes or when somebody else writes. What comes after that is a record of its own, marked
 * LOG_CONT.
 *
 * Stamps. A record is stamped inside, when it gets its number. So stamps are in the order of the numbers, whichever CPU
 * was first at the door; what an NMI leaves in the annex gets the time at which the owner finds it there.
 *
 * Linux's ring (kernel/printk/printk_ringbuffer.c) is lock free: writers reserve by compare-and-exchange, and each
 * descriptor carries a state. That lets an NMI write directly even into a half-written ring; the price is a thousand
 * lines of memory-order argument. Ours loses a record where Linux's does not only when NMIs write more than the annex
 * holds before their CPU can leave the ring.
 */
#include <primer/bug.h>
#include <primer/errno.h>
#include <primer/kernel.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>
#include "internal.h"

struct log_desc {
	u64 ts_nsec;
	u64 lpos;
	u32 caller_id;
	u16 text_len;
	u8 facility, level, flags;
	u8 reserved[7];
};
static_assert(sizeof(struct log_desc) == 32, "descriptors and text share the buffer evenly");

#define STATIC_LOG_SIZE		SZ_64K
#define DESC_SHARE(size)	((size) / 2 / sizeof(struct log_desc))

static struct log_desc static_descs[DESC_SHARE(STATIC_LOG_SIZE)];
static char static_text[STATIC_LOG_SIZE / 2];

/* [log_owner] */
struct log_ring {
	struct log_desc *descs;
	char *text;
	u32 desc_mask;			/* number of descriptors - 1 */
	u32 text_size;			/* bytes, a power of two */
	u64 first_seq, next_seq;
	u64 head;			/* lpos where the next text goes */
	bool open;			/* record next_seq - 1 may still grow */
};

static struct log_ring static_ring = {
	.descs = static_descs,
	.text = static_text,
	.desc_mask = ARRAY_SIZE(static_descs) - 1,
	.text_size = sizeof(static_text),
};
static struct log_ring grown_ring;
static struct log_ring *ring = &static_ring;	/* [log_owner] */

/* The CPU inside, or -1. Context: any, interrupts off. Innermost of all locks: nothing is taken inside. */
static int log_owner = -1;

/*
 * What nested contexts of the owner's CPU leave behind: entries and texts, one behind the other. [nested contexts of
 * the owner]
 */
static struct {
	u32 used;			/* bytes */
	u32 lost;			/* records for which there was no room */
	char data[4096] __aligned(8);
} annex;

/*
 * ---- the owner lock
 * ---------------------------------------------------------------------------------------------------
 */

/* Returns false when this CPU is inside already: the caller has interrupted the owner. Interrupts are off. */
static bool log_enter(void)
{
	int me = smp_processor_id();
	int old = -1;

	if (READ_ONCE(log_owner) == me)
		return false;
	while (!try_cmpxchg_acquire(&log_owner, &old, me)) {	/* pairs with the release in log_leave() */
		old = -1;
		cpu_relax();
	}
	return true;
}

static void __log_store(const struct log_entry *e);

/*
 * Store what the annex holds. An NMI may append while this runs, so the end is read again after each record, and the
 * annex is declared empty by a compare-and-exchange that fails if one came in between.
 */
static void log_drain_annex(void)
{
	u32 done = 0, end, lost;

	while ((end = READ_ONCE(annex.used)) != done || !try_cmpxchg(&annex.used, &end, 0)) {
		struct log_entry e;

		if (done >= end)
			continue;
		memcpy(&e, annex.data + done, sizeof(e));
		e.text = annex.data + done + sizeof(e);
		__log_store(&e);
		done += ALIGN(sizeof(e) + e.text_len, 8);
	}
	lost = xchg(&annex.lost, 0);
	if (lost) {
		char text[48];
		struct log_entry e = {
			.level = LOGLEVEL_WARNING, .flags = LOG_NEWLINE, .text = text,
			.text_len = scnprintf(text, sizeof(text), "** %u nested printk messages dropped **", lost),
		};

		__log_store(&e);
	}
}

static void log_leave(void)
{
	for (;;) {
		int old = -1;

		if (unlikely(READ_ONCE(annex.used) || READ_ONCE(annex.lost)))
			log_drain_annex();
		smp_store_release(&log_owner, -1);		/* pairs with the acquire in log_enter() */
		/*
		 * An NMI between the last look and the release has appended. Usually nothing has; else whoever is next
		 * drains.
		 */
		smp_mb();
		if (likely(!READ_ONCE(annex.used)) || !try_cmpxchg_acquire(&log_owner, &old, smp_processor_id()))
			return;
	}
}

void log_abandon(void)
{
	if (READ_ONCE(log_owner) == (int)smp_processor_id())
		log_leave();
}

void log_bust(void)
{
	WRITE_ONCE(log_owner, -1);
}

/*
 * ---- the ring
 * ---------------------------------------------------------------------------------------------------------
 */

static struct log_desc *desc_of(u64 seq)
{
	return &ring->descs[seq & ring->desc_mask];
}

/* Make room for one record with @len bytes of text; its position is returned. Keeps R1 and R2 at each step. */
static u64 reserve(u32 len)
{
	u64 pos = ring->head;
	u32 offset = pos & (ring->text_size - 1);

	if (offset + len > ring->text_size)
		pos += ring->text_size - offset;
	while (ring->first_seq != ring->next_seq &&
	       (ring->next_seq - ring->first_seq > ring->desc_mask ||
		pos + len - desc_of(ring->first_seq)->lpos > ring->text_size))
		WRITE_ONCE(ring->first_seq, ring->first_seq + 1);
	WRITE_ONCE(ring->head, pos + len);
	return pos;
}

/* Append @e to the open record, if it is that line's continuation and there is room right behind. */
static bool extend(const struct log_entry *e)
{
	struct log_desc *d;
	u64 end;

	if (!ring->open || !(e->flags & LOG_CONT))
		return false;
	d = desc_of(ring->next_seq - 1);
	end = d->lpos + d->text_len;
	if (d->caller_id != e->caller_id || d->text_len + e->text_len >= LOG_LINE_MAX ||
	    (d->lpos & (ring->text_size - 1)) + d->text_len + e->text_len > ring->text_size)
		return false;
	while (end + e->text_len - desc_of(ring->first_seq)->lpos > ring->text_size)
		WRITE_ONCE(ring->first_seq, ring->first_seq + 1);
	WRITE_ONCE(ring->head, end + e->text_len);
	memcpy(ring->text + (end & (ring->text_size - 1)), e->text, e->text_len);
	barrier();
	WRITE_ONCE(d->text_len, d->text_len + e->text_len);
	if (e->flags & LOG_NEWLINE) {
		d->flags |= LOG_NEWLINE;
		WRITE_ONCE(ring->open, false);
	}
	return true;
}

static void __log_store(const struct log_entry *e)
{
	struct log_desc *d;
	u64 pos;

	if (extend(e))
		return;
	ring->open = false;
	pos = reserve(e->text_len);
	memcpy(ring->text + (pos & (ring->text_size - 1)), e->text, e->text_len);
	d = desc_of(ring->next_seq);
	d->ts_nsec = sched_clock();
	d->lpos = pos;
	d->caller_id = e->caller_id;
	d->text_len = e->text_len;
	d->facility = e->facility;
	d->level = e->level;
	d->flags = e->flags;
	barrier();
	ring->open = !(e->flags & LOG_NEWLINE);
	WRITE_ONCE(ring->next_seq, ring->next_seq + 1);
}

static void log_store_annex(const struct log_entry *e)
{
	u32 need = ALIGN(sizeof(*e) + e->text_len, 8);
	u32 at = annex.used;

	/* An NMI that appends between these two lines of a fault handler's append makes the exchange fail once. */
	do {
		if (at + need > sizeof(annex.data)) {
			__atomic_fetch_add(&annex.lost, 1, __ATOMIC_RELAXED);
			return;
		}
	} while (!try_cmpxchg(&annex.used, &at, at + need));
	memcpy(annex.data + at, e, sizeof(*e));
	memcpy(annex.data + at + sizeof(*e), e->text, e->text_len);
}

void log_store(const struct log_entry *e)
{
	if (unlikely(!log_enter())) {
		log_store_annex(e);
		return;
	}
	__log_store(e);
	log_leave();
}

void log_finalize(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (log_enter()) {
		ring->open = false;
		log_leave();
	}
	local_irq_restore(flags);
}

/*
 * ---- readers
 * ----------------------------------------------------------------------------------------------------------
 */

u64 log_readable_seq(void)
{
	return READ_ONCE(ring->next_seq) - READ_ONCE(ring->open);
}

u64 printk_first_seq(void)
{
	return READ_ONCE(ring->first_seq);
}

u64 printk_next_seq(void)
{
	return log_readable_seq();
}

bool printk_get_record(u64 seq, struct printk_record *r)
{
	const struct log_desc *d;
	unsigned long flags;
	bool found = false;

	local_irq_save(flags);
	if (!log_enter())
		goto out;
	if (seq < ring->first_seq)
		seq = ring->first_seq;
	if (seq < log_readable_seq()) {
		d = desc_of(seq);
		*r->info = (struct printk_info){
			.seq = seq, .ts_nsec = d->ts_nsec, .text_len = d->text_len, .facility = d->facility,
			.level = d->level, .flags = d->flags, .caller_id = d->caller_id,
		};
		if (r->text_buf_size) {
			u32 n = min_t(u32, d->text_len, r->text_buf_size - 1);

			memcpy(r->text_buf, ring->text + (d->lpos & (ring->text_size - 1)), n);
			r->text_buf[n] = '\0';
		}
		found = true;
	}
	log_leave();
out:
	local_irq_restore(flags);
	return found;
}

/*
 * ---- growth
 * -----------------------------------------------------------------------------------------------------------
 */

size_t log_buf_size(void)
{
	return (size_t)ring->text_size * 2;
}

int log_buf_grow(void *new_buf, size_t size)
{
	struct log_desc *descs = new_buf, *d;
	char *text = (char *)new_buf + size / 2;
	unsigned long flags;
	u64 seq, head = 0;

	if (ring != &static_ring || size & (size - 1) || size <= log_buf_size() || size > SZ_1G)
		return -EINVAL;
	local_irq_save(flags);
	if (!log_enter()) {
		local_irq_restore(flags);
		return -EBUSY;
	}
	/* The new ring is larger in both halves, so everything fits; texts are packed from position 0 on. */
	for (seq = ring->first_seq; seq != ring->next_seq; seq++) {
		d = &descs[seq & (DESC_SHARE(size) - 1)];
		*d = *desc_of(seq);
		memcpy(text + head, ring->text + (d->lpos & (ring->text_size - 1)), d->text_len);
		d->lpos = head;
		head += d->text_len;
	}
	grown_ring = (struct log_ring){
		.descs = descs, .text = text, .desc_mask = DESC_SHARE(size) - 1, .text_size = size / 2,
		.first_seq = ring->first_seq, .next_seq = ring->next_seq, .head = head, .open = ring->open,
	};
	smp_store_release(&ring, &grown_ring);	/* one store: R3 */
	log_leave();
	local_irq_restore(flags);
	return 0;
}
