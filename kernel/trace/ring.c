/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/trace/ring.c - where trace events are written down: a ring of records for each CPU.
 *
 * The problem. Events happen in the scheduler with a run queue locked, in interrupts, a hundred thousand times a second, on all CPUs.
 * Writing one down must take no lock that anybody waits for, must not allocate, and must not change what is being watched more than
 * it has to.
 *
 * The idea. Each CPU writes to memory of its own. New records overwrite the oldest, so the ring always holds the last stretch of time,
 * and nobody has to empty it:
 *
 *	        tail                             head
 *	         v                                v
 *	data [ free | rec | rec | record | rec |     free      |pad]		position & (size - 1) is the place in data
 *
 *	write n bytes:	does it cross the end of data?	a pad record fills the rest first
 *			while head + n - tail > size:	tail goes on by one record, the oldest is forgotten
 *
 * Records are whole and side by side, so a reader needs no index: it starts at tail and steps by size.
 *
 * Invariants, with the ring free:
 *   T1  tail <= head <= tail + size; both are multiples of 8; at tail there is a record, or tail == head.
 *   T2  no record crosses the end of data.
 *   T3  the rest of data behind head is 0, or at least as long as a record without payload: a pad record fits.
 *
 * Locking. One word, owner, taken with interrupts off by the CPU's own writer and, seldom, by a reader. It is an exchange on memory that
 * only this CPU touches, so it costs a few cycles. An NMI that finds it taken may have interrupted the writer: it counts a loss and
 * goes. The spinlocks of kernel/locking stand above this room.
 *
 * Linux (kernel/trace/ring_buffer.c) lets writers nest instead of excluding each other: interrupts reserve behind the interrupted
 * record, and readers swap whole pages out.
 */
#include <primer/compiler.h>
#include <primer/cpumask.h>
#include <primer/kernel.h>
#include <primer/preempt.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <primer/trace.h>
#include <asm/cmpxchg.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/tsc.h>

u64 trace_event_mask __read_mostly;

static struct trace_ring trace_rings[NR_CPUS];

/* Interrupts are off. In an NMI: false if the owner may be the interrupted code. */
static bool ring_enter(struct trace_ring *r)
{
	while (xchg(&r->owner, 1)) {
		if (in_nmi())
			return false;
		cpu_relax();
	}
	return true;
}

static void ring_leave(struct trace_ring *r)
{
	smp_store_release(&r->owner, 0);
}

static struct trace_record *record_at(const struct trace_ring *r, u64 position)
{
	return (struct trace_record *)(r->data + (position & (r->size - 1)));
}

/* Forget the oldest records until @bytes more fit. [owner] */
static void make_room(struct trace_ring *r, u64 bytes)
{
	while (r->head + bytes - r->tail > r->size) {
		struct trace_record *oldest = record_at(r, r->tail);

		if (oldest->event != TRACE_PAD)
			r->entries--;
		r->tail += oldest->size;
	}
}

/* Room for a record of @bytes, in one piece. [owner] */
static struct trace_record *reserve(struct trace_ring *r, u32 bytes)
{
	u64 to_end = r->size - (r->head & (r->size - 1));
	struct trace_record *record;

	if (bytes > to_end) {
		make_room(r, to_end);
		record = record_at(r, r->head);
		record->size = to_end;
		record->event = TRACE_PAD;
		r->head += to_end;
	} else if (to_end - bytes < sizeof(*record)) {
		bytes = to_end;			/* T3: the last record takes what is too little for another one */
	}
	make_room(r, bytes);
	record = record_at(r, r->head);
	record->size = bytes;
	r->head += bytes;
	return record;
}

static u8 context_flags(unsigned long irq_flags)
{
	u8 flags = 0;

	if (!(irq_flags & X86_EFLAGS_IF))
		flags |= TRACE_FLAG_IRQS_OFF;
	if (test_preempt_need_resched())
		flags |= TRACE_FLAG_NEED_RESCHED;
	if (in_nmi())
		flags |= TRACE_FLAG_NMI;
	if (in_irq())
		flags |= TRACE_FLAG_HARDIRQ;
	if (in_serving_softirq())
		flags |= TRACE_FLAG_SOFTIRQ;
	return flags;
}

void trace_write(enum trace_event_id event, const void *payload, size_t len)
{
	u32 bytes = ALIGN(sizeof(struct trace_record) + len, 8);
	struct trace_record *record;
	unsigned long flags;
	struct trace_ring *r;

	local_irq_save(flags);
	r = &trace_rings[smp_processor_id()];
	if (!READ_ONCE(r->data))
		goto out;
	if (!ring_enter(r)) {
		r->lost++;
		goto out;
	}
	if (r->data && bytes <= r->size / 4) {
		record = reserve(r, bytes);
		record->ts = sched_clock();
		record->event = event;
		record->flags = context_flags(flags);
		record->preempt_depth = preempt_count() & PREEMPT_MASK;
		record->pid = current->pid;
		record->cpu = smp_processor_id();
		memcpy(record->comm, current->comm, TRACE_COMM_LEN);
		memcpy(record + 1, payload, len);
		r->written++;
		r->entries++;
	}
	ring_leave(r);
out:
	local_irq_restore(flags);
}

/* ---- from outside ------------------------------------------------------------------------------------------------------------ */

static struct trace_ring *enter_from_task(int cpu, unsigned long *flags)
{
	local_irq_save(*flags);
	ring_enter(&trace_rings[cpu]);
	return &trace_rings[cpu];
}

static void leave_from_task(struct trace_ring *r, unsigned long flags)
{
	ring_leave(r);
	local_irq_restore(flags);
}

static void forget_all(struct trace_ring *r)
{
	r->head = r->tail = r->entries = r->written = r->lost = 0;
}

void *trace_ring_attach(int cpu, void *mem, u64 size)
{
	unsigned long flags;
	struct trace_ring *r = enter_from_task(cpu, &flags);
	void *old = r->data;

	r->data = mem;
	r->size = size;
	forget_all(r);
	leave_from_task(r, flags);
	return old;
}

void trace_ring_reset(int cpu)
{
	unsigned long flags;
	struct trace_ring *r = enter_from_task(cpu, &flags);

	forget_all(r);
	leave_from_task(r, flags);
}

size_t trace_ring_snapshot(int cpu, void *buf, size_t size, u64 *entries, u64 *written)
{
	unsigned long flags;
	struct trace_ring *r = enter_from_task(cpu, &flags);
	size_t used = 0;

	for (u64 position = r->tail; position < r->head;) {
		struct trace_record *record = record_at(r, position);

		position += record->size;
		if (record->event == TRACE_PAD)
			continue;
		if (used + record->size > size)
			break;
		memcpy((u8 *)buf + used, record, record->size);
		used += record->size;
	}
	*entries = r->entries;
	*written = r->written;
	leave_from_task(r, flags);
	return used;
}
