/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/printk/printk_test.c - printk() as its callers and readers see it, on the living log.
 *
 * The ring itself, with several CPUs and NMIs, is tested on the host (tests/host/kernel/printk/ring_test.c). Messages
 * here are debug level, so that a console at its usual level does not show them; they begin with a mark of their own,
 * because other tasks may log in between.
 */
#include <kunit/test.h>

#include <primer/console.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/sprintf.h>
#include <primer/string.h>

static struct printk_info info;
static char text[1100];

/* The first record from @seq on whose text begins with @mark, into info and text. */
static bool find(u64 seq, const char *mark)
{
	struct printk_record r = { .info = &info, .text_buf = text, .text_buf_size = sizeof(text) };

	for (; printk_get_record(seq, &r); seq = info.seq + 1) {
		if (strstarts(text, mark))
			return true;
	}
	return false;
}

static void levels_are_taken_off_the_text(struct kunit *test)
{
	u64 start = printk_next_seq();

	printk(KERN_DEBUG "level-test seven %d\n", 7);
	KUNIT_ASSERT_TRUE(test, find(start, "level-test seven"));
	KUNIT_EXPECT_EQ(test, info.level, LOGLEVEL_DEBUG);
	KUNIT_EXPECT_STREQ(test, text, "level-test seven 7");
	KUNIT_EXPECT_TRUE(test, info.flags & LOG_NEWLINE);
	KUNIT_EXPECT_EQ(test, info.facility, 0);
	KUNIT_EXPECT_EQ(test, info.caller_id, (u32)current->pid);

	printk("level-test none\n");
	KUNIT_ASSERT_TRUE(test, find(start, "level-test none"));
	KUNIT_EXPECT_EQ(test, info.level, default_message_loglevel);

	printk_emit(1, LOGLEVEL_DEBUG, KERN_SOH "3level-test of a user\n");
	/* A user's text is not searched for levels. */
	KUNIT_EXPECT_TRUE(test, find(start, KERN_SOH "3level-test of a user"));
	KUNIT_EXPECT_EQ(test, info.facility, 1);
}

static void stamps_do_not_go_back(struct kunit *test)
{
	struct printk_record r = { .info = &info };
	u64 seq, last = 0;

	for (seq = printk_first_seq(); printk_get_record(seq, &r); seq = info.seq + 1) {
		KUNIT_ASSERT_GE(test, info.ts_nsec, last);
		last = info.ts_nsec;
	}
	KUNIT_EXPECT_GT(test, last, 0);
}

static void continuations_make_one_line(struct kunit *test)
{
	u64 start = printk_next_seq();

	printk(KERN_DEBUG "cont-test a");
	pr_cont(" b");
	pr_cont(" %d\n", 3);
	KUNIT_ASSERT_TRUE(test, find(start, "cont-test"));
	KUNIT_EXPECT_STREQ(test, text, "cont-test a b 3");
	KUNIT_EXPECT_EQ(test, info.level, LOGLEVEL_DEBUG);
}

static void long_text_is_cut(struct kunit *test)
{
	u64 start = printk_next_seq();

	printk(KERN_DEBUG "long-test %02000d\n", 1);
	KUNIT_ASSERT_TRUE(test, find(start, "long-test"));
	KUNIT_EXPECT_LT(test, info.text_len, 1024);
	KUNIT_EXPECT_GT(test, info.text_len, 1000);
}

static void print_text(struct kunit *test)
{
	struct printk_info in = { .ts_nsec = 12345678901ULL, .level = 6, .facility = 1, .text_len = 7 };
	char buf[100];

	KUNIT_EXPECT_EQ(test, record_print_text(&in, "one\ntwo", buf, sizeof(buf), true, true),
			strlen("<14>[   12.345678] one\n<14>[   12.345678] two\n"));
	KUNIT_EXPECT_STREQ(test, buf, "<14>[   12.345678] one\n<14>[   12.345678] two\n");
	record_print_text(&in, "one\ntwo", buf, sizeof(buf), false, false);
	KUNIT_EXPECT_STREQ(test, buf, "one\ntwo\n");
	/* No room for the second line: it is left out whole. */
	KUNIT_EXPECT_EQ(test, record_print_text(&in, "one\ntwo", buf, 7, false, false), 4);
	in.text_len = 0;
	KUNIT_EXPECT_EQ(test, record_print_text(&in, "", buf, sizeof(buf), false, false), 1);
}

static void ratelimit(struct kunit *test)
{
	static DEFINE_RATELIMIT_STATE(rs, 3600ULL * 1000000000, 3);
	int i, passed = 0;

	for (i = 0; i < 10; i++)
		passed += __ratelimit(&rs);
	KUNIT_EXPECT_EQ(test, passed, 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&rs.missed), 7);
	/* An interval later the budget is new. */
	rs.interval_ns = 1;
	KUNIT_EXPECT_TRUE(test, __ratelimit(&rs));
}

static void once(struct kunit *test)
{
	u64 start = printk_next_seq();
	int i, n = 0;

	for (i = 0; i < 3; i++)
		printk_once(KERN_DEBUG "once-test %d\n", i);
	for (; find(start, "once-test"); start = info.seq + 1)
		n++;
	KUNIT_EXPECT_EQ(test, n, 1);
}

static void warn_reports_once(struct kunit *test)
{
	u64 start = printk_next_seq();
	int saved = console_loglevel, on_warn = panic_on_warn, i, n = 0;

	panic_on_warn = 0;
	console_loglevel = CONSOLE_LOGLEVEL_MIN;	/* a report on the console would look like a failure */
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, WARN_ON_ONCE(i < 2));
	KUNIT_EXPECT_FALSE(test, WARN_ON_ONCE(i < 2));
	KUNIT_EXPECT_TRUE(test, WARN(i == 2, "warn-test %d\n", i));
	console_flush();
	console_loglevel = saved;
	panic_on_warn = on_warn;

	KUNIT_EXPECT_TRUE(test, find(start, "warn-test 2"));
	for (; find(start, "WARNING: CPU: "); start = info.seq + 1) {
		n++;
		KUNIT_EXPECT_NOT_NULL(test, strstr(text, "printk_test.c:"));
		KUNIT_EXPECT_NOT_NULL(test, strstr(text, " warn_reports_once"));
	}
	KUNIT_EXPECT_EQ(test, n, 2);
	KUNIT_EXPECT_TRUE(test, get_taint() & 1UL << TAINT_WARN);
}

static void nested_formatting(struct kunit *test);

static sprint_symbol_fn real_hook;

/* Stands in for a fault while printk() formats: it prints, too. */
static int printing_hook(char *buf, size_t size, unsigned long addr, char kind)
{
	sprint_symbol_hook = real_hook;
	printk(KERN_DEBUG "nested-test inner\n");
	return real_hook(buf, size, addr, kind);
}

static void nested_formatting(struct kunit *test)
{
	u64 start = printk_next_seq();

	real_hook = sprint_symbol_hook;
	sprint_symbol_hook = printing_hook;
	printk(KERN_DEBUG "nested-test outer %ps\n", (void *)nested_formatting);
	KUNIT_EXPECT_PTR_EQ(test, (void *)sprint_symbol_hook, (void *)real_hook);
	KUNIT_ASSERT_TRUE(test, find(start, "nested-test"));
	KUNIT_EXPECT_STREQ(test, text, "nested-test inner");
	KUNIT_ASSERT_TRUE(test, find(info.seq + 1, "nested-test"));
	KUNIT_EXPECT_STREQ(test, text, "nested-test outer nested_formatting");
}

static struct kunit_case printk_cases[] = {
	KUNIT_CASE_NAMED(levels_are_taken_off_the_text, "the level is taken off the text and stored"),
	KUNIT_CASE_NAMED(stamps_do_not_go_back, "time stamps never go back"),
	KUNIT_CASE_NAMED(continuations_make_one_line, "pr_cont makes one record"),
	KUNIT_CASE_NAMED(long_text_is_cut, "text beyond a line's limit is cut"),
	KUNIT_CASE_NAMED(print_text, "each line of a record gets its prefix, and only whole lines are given"),
	KUNIT_CASE_NAMED(ratelimit, "a rate limit passes the burst and counts the rest"),
	KUNIT_CASE_NAMED(once, "printk_once prints once"),
	KUNIT_CASE_NAMED(nested_formatting, "a message that comes while another is formatted disturbs neither"),
	KUNIT_CASE_NAMED(warn_reports_once, "WARN names file, line and function; the _ONCE form once"),
	{}
};
static struct kunit_suite printk_suite = { .name = "printk", .test_cases = printk_cases };
kunit_test_suite(printk_suite);
