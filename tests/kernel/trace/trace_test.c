/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/kernel/trace/trace_test.c - the trace ring: whole records, oldest lost first, and the text of the events. */
#include <kunit/test.h>
#include <primer/bitops.h>
#include <primer/sched.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/trace.h>
#include <asm/current.h>
#include <primer/preempt.h>
#include <primer/smp.h>

#define RING	8192

static u8 *ring, *copy;
static void *previous;

static int ring_setup(struct kunit *test)
{
	ring = kmalloc(RING, GFP_KERNEL);
	copy = kmalloc(RING, GFP_KERNEL);
	if (!ring || !copy)
		return -ENOMEM;
	return 0;
}

static void ring_cleanup(struct kunit *test)
{
	kfree(ring);
	kfree(copy);
}

/* Stay on this CPU, with its ring replaced by a small one. Events are off, so nothing but the test writes to it. */
static void begin(void)
{
	preempt_disable();
	previous = trace_ring_attach(smp_processor_id(), ring, RING);
}

static void end(void)
{
	trace_ring_attach(smp_processor_id(), previous, previous ? RING : 0);
	preempt_enable();
}

/* Each payload begins with its number and is filled with it. */
static void write_number(u32 number, size_t len)
{
	u8 payload[200];

	memset(payload, (u8)number, len);
	memcpy(payload, &number, sizeof(number));
	trace_write(TRACE_print, payload, len);
}

static bool check_snapshot(struct kunit *test, u32 last, const u8 *lens)
{
	u64 entries, written, time = 0, seen = 0;
	size_t used = trace_ring_snapshot(smp_processor_id(), copy, RING, &entries, &written);
	u32 expect = last + 1 - entries;

	KUNIT_EXPECT_EQ(test, written, (u64)last + 1);
	for (size_t at = 0; at < used;) {
		struct trace_record *r = (struct trace_record *)(copy + at);
		u32 number;

		memcpy(&number, r + 1, sizeof(number));
		if (r->size < sizeof(*r) || number != expect) {
			KUNIT_FAIL(test, "record of %u bytes, number %u instead of %u", r->size, number, expect);
			return false;
		}
		for (int i = 4; i < lens[number & 255]; i++)
			if (((u8 *)(r + 1))[i] != (u8)number)
				seen = 1ULL << 32;		/* the count at the end cannot be right */
		KUNIT_EXPECT_GE(test, r->ts, time);
		KUNIT_EXPECT_EQ(test, r->pid, current->pid);
		time = r->ts;
		at += r->size;
		expect++;
		seen++;
	}
	KUNIT_EXPECT_EQ(test, seen, entries);
	return seen == entries;
}

static void random_lengths(struct kunit *test)
{
	u8 lens[256];
	u32 state = 12345;

	kunit_info(test, "seed %u\n", state);
	begin();
	for (u32 n = 0; n < 20000; n++) {
		state = state * 1664525 + 1013904223;
		lens[n & 255] = 4 + (state >> 16) % 180;
		write_number(n, lens[n & 255]);
		if ((n % 997 == 0 || n < 100 || n == 19999) && !check_snapshot(test, n, lens))
			break;
	}
	end();
}

static void reset_forgets(struct kunit *test)
{
	u64 entries, written;

	begin();
	write_number(0, 8);
	trace_ring_reset(smp_processor_id());
	KUNIT_EXPECT_EQ(test, trace_ring_snapshot(smp_processor_id(), copy, RING, &entries, &written), (size_t)0);
	KUNIT_EXPECT_EQ(test, entries + written, 0ULL);
	end();
}

static void too_long_is_dropped(struct kunit *test)
{
	u64 entries, written;

	begin();
	trace_write(TRACE_print, ring, RING / 2);
	trace_ring_snapshot(smp_processor_id(), copy, RING, &entries, &written);
	KUNIT_EXPECT_EQ(test, written, 0ULL);
	end();
}

static void the_text_is_linuxs(struct kunit *test)
{
	struct {
		struct trace_record r;
		struct trace_sched_switch e;
	} one = {
		.r = { .ts = 12345678900ULL, .event = TRACE_sched_switch, .flags = TRACE_FLAG_IRQS_OFF | TRACE_FLAG_NEED_RESCHED,
		       .preempt_depth = 2, .pid = 7, .cpu = 3, .comm = "a name" },
		.e = { .prev_comm = "a_name", .next_comm = "swapper/3", .prev_pid = 7, .prev_prio = 120, .next_prio = 120,
		       .prev_state = 'S' },
	};
	struct {
		struct trace_record r;
		struct trace_softirq e;
	} two = { .r = { .event = TRACE_softirq_entry, .flags = TRACE_FLAG_SOFTIRQ }, .e = { .vec = 1 } };
	char text[400];
	struct seq_buf s;

	seq_buf_init(&s, text, sizeof(text));
	trace_format_record(&s, &one.r);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s),
			   "          a_name-7       [003] dN.2    12.345678: sched_switch: prev_comm=a_name prev_pid=7 prev_prio=120 "
			   "prev_state=S ==> next_comm=swapper/3 next_pid=0 next_prio=120\n");
	seq_buf_clear(&s);
	trace_format_record(&s, &two.r);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s),
			   "          <idle>-0       [000] ..s.     0.000000: softirq_entry: vec=1 [action=TIMER]\n");
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE_NAMED(random_lengths, "20000 records of random length: whole, in order, the oldest lost first"),
	KUNIT_CASE_NAMED(reset_forgets, "a reset forgets all records"),
	KUNIT_CASE_NAMED(too_long_is_dropped, "a record longer than a quarter of the ring is dropped"),
	KUNIT_CASE_NAMED(the_text_is_linuxs, "the text of an event is that of ftrace"),
	{},
};
static struct kunit_suite trace_suite = { .name = "trace", .init = ring_setup, .exit = ring_cleanup, .test_cases = trace_cases };
kunit_test_suite(trace_suite);
