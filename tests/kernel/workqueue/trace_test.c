/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/workqueue/trace_test.c - what the trace tells of work items: each step, in its order, in Linux's words, and nothing
 * while nobody listens. All is queued and run on one CPU, whose ring is the test's.
 */
#include <kunit/test.h>
#include <primer/completion.h>
#include <primer/sched.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/trace.h>
#include <primer/workqueue.h>

#define RING	16384
#define EVENTS	(1ULL << TRACE_workqueue_queue_work | 1ULL << TRACE_workqueue_activate_work | \
		 1ULL << TRACE_workqueue_execute_start | 1ULL << TRACE_workqueue_execute_end)

static u8 *ring, *copy;
static cpumask_t allowed;

static int trace_setup(struct kunit *test)
{
	ring = kmalloc(RING, GFP_KERNEL);
	copy = kmalloc(RING, GFP_KERNEL);
	allowed = current->cpus_mask;
	set_cpus_allowed_ptr(current, cpumask_of(0));
	return ring && copy ? 0 : -ENOMEM;
}

static void trace_cleanup(struct kunit *test)
{
	set_cpus_allowed_ptr(current, &allowed);
	kfree(ring);
	kfree(copy);
}

static struct completion begun, go;
static void sleeper(struct work_struct *work)
{
	complete(&begun);
	wait_for_completion(&go);
}
static void follower(struct work_struct *work)	{ }

/* Without the columns before the event, of those records of @used bytes that name @work: "event: text\n" each. */
static void told_of(const void *work, size_t used, struct seq_buf *s)
{
	static char line[400];
	char name[20];

	snprintf(name, sizeof(name), "%p", work);
	for (size_t at = 0; at < used;) {
		struct trace_record *r = (struct trace_record *)(copy + at);
		struct seq_buf one;
		char *text;

		seq_buf_init(&one, line, sizeof(line));
		trace_format_record(&one, r);
		text = strstr(seq_buf_str(&one), "workqueue_");
		if (text && strstr(text, name))
			seq_buf_printf(s, "%s", text);
		at += r->size;
	}
}

/* The trace as /proc/tracing/trace would have it, into the log. */
static void show(struct kunit *test, size_t used)
{
	static char line[400];

	for (size_t at = 0; at < used;) {
		struct trace_record *r = (struct trace_record *)(copy + at);
		struct seq_buf s;

		seq_buf_init(&s, line, sizeof(line));
		trace_format_record(&s, r);
		kunit_info(test, "%.*s", (int)seq_buf_used(&s) - 1, line);	/* without its line end */
		at += r->size;
	}
}

/* Two items for a queue that lets one in at a time; returns bytes in the copy. */
static size_t run_two(struct kunit *test, struct workqueue_struct *wq, struct work_struct *first, struct work_struct *second, u64 events)
{
	u64 mask = trace_event_mask, entries, written;
	void *previous;
	size_t used;

	init_completion(&begun);
	init_completion(&go);
	previous = trace_ring_attach(0, ring, RING);
	WRITE_ONCE(trace_event_mask, events);
	queue_work_on(0, wq, first);
	wait_for_completion(&begun);
	queue_work(wq, second);
	queue_work(wq, second);			/* waits already: no event */
	complete(&go);
	flush_work(second);
	drain_workqueue(wq);
	WRITE_ONCE(trace_event_mask, mask);
	used = trace_ring_snapshot(0, copy, RING, &entries, &written);
	trace_ring_attach(0, previous, previous ? RING : 0);
	return used;
}

static void each_step_is_told(struct kunit *test)
{
	static DECLARE_WORK(first, sleeper);
	static DECLARE_WORK(second, follower);
	struct workqueue_struct *wq = alloc_workqueue("one by one", 0, 1);
	static char text[800], want[800];
	struct seq_buf s, w;
	size_t used;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	used = run_two(test, wq, &first, &second, EVENTS);
	destroy_workqueue(wq);
	show(test, used);

	seq_buf_init(&s, text, sizeof(text));
	told_of(&first, used, &s);
	seq_buf_init(&w, want, sizeof(want));
	seq_buf_printf(&w, "workqueue_queue_work: work struct=%p function=sleeper workqueue=one by one req_cpu=0 cpu=0\n"
		       "workqueue_activate_work: work struct %p\nworkqueue_execute_start: work struct %p: function sleeper\n"
		       "workqueue_execute_end: work struct %p: function sleeper\n", &first, &first, &first, &first);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), seq_buf_str(&w));

	seq_buf_clear(&s);
	told_of(&second, used, &s);
	seq_buf_clear(&w);
	seq_buf_printf(&w, "workqueue_queue_work: work struct=%p function=follower workqueue=one by one req_cpu=%d cpu=0\n"
		       "workqueue_activate_work: work struct %p\nworkqueue_execute_start: work struct %p: function follower\n"
		       "workqueue_execute_end: work struct %p: function follower\n", &second, WORK_CPU_UNBOUND, &second, &second,
		       &second);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), seq_buf_str(&w));
}

/* Time of the one record of @event that names @work; 0: there is none. */
static u64 when(const void *work, enum trace_event_id event, size_t used)
{
	for (size_t at = 0; at < used;) {
		struct trace_record *r = (struct trace_record *)(copy + at);

		if (r->event == event && ((struct trace_workqueue *)(r + 1))->work == (u64)work)
			return r->ts;
		at += r->size;
	}
	return 0;
}

static void it_is_activated_when_there_is_room(struct kunit *test)
{
	static DECLARE_WORK(first, sleeper);
	static DECLARE_WORK(second, follower);
	struct workqueue_struct *wq = alloc_workqueue("narrow", 0, 1);
	u64 ended, activated;
	size_t used;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	used = run_two(test, wq, &first, &second, EVENTS);
	destroy_workqueue(wq);
	ended = when(&first, TRACE_workqueue_execute_end, used);
	activated = when(&second, TRACE_workqueue_activate_work, used);
	KUNIT_EXPECT_LT(test, when(&second, TRACE_workqueue_queue_work, used), ended);
	KUNIT_EXPECT_LT(test, 0ULL, ended);
	KUNIT_EXPECT_LE(test, ended, activated);
	KUNIT_EXPECT_LE(test, activated, when(&second, TRACE_workqueue_execute_start, used));
}

static void only_what_is_asked_for(struct kunit *test)
{
	static DECLARE_WORK(first, sleeper);
	static DECLARE_WORK(second, follower);
	struct workqueue_struct *wq = alloc_workqueue("unbound", WQ_UNBOUND, 1);
	static char text[400], want[400];
	struct seq_buf s;
	size_t used;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wq);
	used = run_two(test, wq, &first, &second, 1ULL << TRACE_workqueue_queue_work);
	seq_buf_init(&s, text, sizeof(text));
	told_of(&second, used, &s);
	snprintf(want, sizeof(want), "workqueue_queue_work: work struct=%p function=follower workqueue=unbound req_cpu=%d cpu=4294967295\n",
		 &second, WORK_CPU_UNBOUND);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), want);
	KUNIT_EXPECT_EQ(test, run_two(test, wq, &first, &second, 0), (size_t)0);
	destroy_workqueue(wq);
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE_NAMED(each_step_is_told, "queued, activated, started, ended: in Linux's words"),
	KUNIT_CASE_NAMED(it_is_activated_when_there_is_room, "an item beyond max_active is activated when the one before it is done"),
	KUNIT_CASE_NAMED(only_what_is_asked_for, "the trace has what was asked for, and nothing when nobody listens"),
	{},
};
static struct kunit_suite trace_suite = {
	.name = "workqueue_trace", .init = trace_setup, .exit = trace_cleanup, .test_cases = trace_cases,
};
kunit_test_suite(trace_suite);
