/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/printk/console_test.c - every console gets every line once.
 *
 * A console that writes into memory joins the real ones. It is enabled whatever console= says, because the test asks
 * for it the way the command line does.
 */
#include <kunit/test.h>

#include <primer/console.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/string.h>

static struct {
	u64 bytes, lines, writes, flushes, bytes_at_flush;
	char last[200];
	const char *needle;
	u64 found;
} seen;

static void fake_write(struct console *con, const char *s, unsigned int count)
{
	unsigned int i, len = count < sizeof(seen.last) ? count : sizeof(seen.last) - 1;

	(void)con;
	seen.writes++;
	seen.bytes += count;
	for (i = 0; i < count; i++)
		seen.lines += s[i] == '\n';
	memcpy(seen.last, s, len);
	seen.last[len] = '\0';
	if (seen.needle && strstr(seen.last, seen.needle))
		seen.found++;
}

static void fake_flush(struct console *con)
{
	(void)con;
	seen.flushes++;
	seen.bytes_at_flush = seen.bytes;
}

static int fake_setup(struct console *con, char *options)
{
	(void)con;
	return options && !strcmp(options, "broken") ? -1 : 0;
}

static struct console fake = {
	.name = "fake",
	.index = 3,
	.flags = CON_PRINTBUFFER,
	.write = fake_write,
	.flush = fake_flush,
	.setup = fake_setup,
};

static struct console *dev_console;	/* /dev/console before the test */

static int start(struct kunit *test)
{
	char *name = "fake";

	(void)test;
	memset(&seen, 0, sizeof(seen));
	dev_console = console_device();
	fake.flags = CON_PRINTBUFFER;
	add_preferred_console(name, 3, NULL);
	if (dev_console)
		add_preferred_console(dev_console->name, dev_console->index, NULL);	/* stays the last */
	return 0;
}

static void stop(struct kunit *test)
{
	(void)test;
	unregister_console(&fake);
}

/* Records that a console at this level gets. */
static u64 shown_records(u64 from, u64 to)
{
	struct printk_info info;
	struct printk_record r = { .info = &info };
	u64 n = 0, seq;

	for (seq = from; seq < to && printk_get_record(seq, &r); seq = info.seq + 1)
		n += info.seq < to && info.level < console_loglevel;
	return n;
}

static void replays(struct kunit *test)
{
	u64 first = printk_first_seq(), next;

	register_console(&fake);
	next = printk_next_seq();
	KUNIT_EXPECT_TRUE(test, fake.flags & CON_ENABLED);
	console_lock();			/* another CPU that prints just now shows ours, too */
	console_unlock();
	/* Another CPU may log something at the same time. */
	KUNIT_EXPECT_GE(test, fake.seq, next);
	console_lock();
	/* A full log loses its oldest records to newer ones, after they were shown or before. */
	KUNIT_EXPECT_GE(test, seen.writes, shown_records(first, fake.seq));
	KUNIT_EXPECT_LE(test, seen.writes, shown_records(first, fake.seq) + printk_first_seq() - first + 1);
	KUNIT_EXPECT_EQ(test, seen.bytes_at_flush, seen.bytes);
	console_unlock();
	KUNIT_EXPECT_GT(test, seen.writes, 0);
	KUNIT_EXPECT_LE_MSG(test, seen.flushes, 8, "a batch of writes is one flush");
	KUNIT_EXPECT_PTR_EQ(test, console_device(), dev_console);
}

static void no_replay(struct kunit *test)
{
	fake.flags = 0;
	register_console(&fake);
	KUNIT_EXPECT_LE_MSG(test, seen.writes, 2, "only what was said since: that it is enabled");
}

static void each_line_once(struct kunit *test)
{
	int i;

	register_console(&fake);
	seen.needle = "console-test line";
	for (i = 0; i < 5; i++)
		pr_err("console-test line %d\n", i);
	console_lock();			/* another CPU that prints just now shows ours, too */
	console_unlock();
	KUNIT_EXPECT_EQ(test, seen.found, 5);
	console_lock();
	console_flush_on_panic();	/* breaks the lock: ours, nobody else prints */
	preempt_enable();
	KUNIT_EXPECT_EQ(test, seen.found, 5);

	printk(KERN_DEBUG "console-test line quiet\n");
	KUNIT_EXPECT_EQ(test, seen.found, 5 + (LOGLEVEL_DEBUG < console_loglevel));
	unregister_console(&fake);
	pr_err("console-test line gone\n");
	KUNIT_EXPECT_EQ(test, seen.found, 5 + (LOGLEVEL_DEBUG < console_loglevel));
}

static void held_lock_delays(struct kunit *test)
{
	register_console(&fake);
	seen.needle = "console-test held";
	console_lock();
	pr_err("console-test held\n");
	KUNIT_EXPECT_EQ(test, seen.found, 0);
	KUNIT_EXPECT_FALSE(test, console_trylock());
	console_unlock();
	KUNIT_EXPECT_EQ(test, seen.found, 1);
}

static void program_output(struct kunit *test)
{
	u64 writes;

	register_console(&fake);
	writes = seen.writes;
	console_write_device(&fake, "hello\n", 6);
	KUNIT_EXPECT_STREQ(test, seen.last, "hello\n");
	KUNIT_EXPECT_EQ(test, seen.writes, writes + 1);
	console_lock();
	KUNIT_EXPECT_EQ(test, seen.bytes_at_flush, seen.bytes);
	console_unlock();
}

static void setup_fails(struct kunit *test)
{
	static char broken[] = "broken";

	add_preferred_console("fake", 3, broken);
	if (dev_console)
		add_preferred_console(dev_console->name, dev_console->index, NULL);
	register_console(&fake);
	KUNIT_EXPECT_FALSE(test, fake.flags & CON_ENABLED);
	KUNIT_EXPECT_EQ(test, seen.writes, 0);
	KUNIT_EXPECT_NE(test, unregister_console(&fake), 0);
}

static struct kunit_case console_cases[] = {
	KUNIT_CASE_NAMED(replays, "a late console replays the log from the start, in one batch"),
	KUNIT_CASE_NAMED(no_replay, "without CON_PRINTBUFFER it starts with the present"),
	KUNIT_CASE_NAMED(each_line_once, "each line comes once, if its level is shown, until the console goes"),
	KUNIT_CASE_NAMED(held_lock_delays, "what is said while the console lock is held comes when it is free"),
	KUNIT_CASE_NAMED(program_output, "a program's output goes to the device and not into the log"),
	KUNIT_CASE_NAMED(setup_fails, "a console that cannot be set up is not enabled"),
	{}
};
static struct kunit_suite console_suite = {
	.name = "console",
	.init = start,
	.exit = stop,
	.test_cases = console_cases,
};
kunit_test_suite(console_suite);
