/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/kernel/trace/kallsyms_test.c - addresses to names and back, over the whole table of this very image. */
#include <kunit/test.h>

#include <primer/bug.h>
#include <primer/init.h>
#include <primer/kallsyms.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sprintf.h>
#include <primer/string.h>

static void sorted(struct kunit *test)
{
	unsigned long addr, last = 0;
	unsigned int i;

	KUNIT_ASSERT_GT(test, kallsyms_num_syms, 500);
	for (i = 0; kallsyms_symbol(i, &addr); i++) {
		if (i)
			KUNIT_ASSERT_GT_MSG(test, addr, last, "symbol %u", i);
		last = addr;
	}
	KUNIT_EXPECT_EQ(test, i, kallsyms_num_syms);
}

static void every_symbol_is_found(struct kunit *test)
{
	unsigned long addr, size, offset;
	const char *name, *found;
	unsigned int i;

	for (i = 0; (name = kallsyms_symbol(i, &addr)); i++) {
		found = kallsyms_lookup(addr, &size, &offset);
		KUNIT_ASSERT_PTR_EQ(test, found, name);
		KUNIT_ASSERT_EQ(test, offset, 0);
		if (size > 1) {
			/*
			 * Symbols may lie inside each other: the last byte belongs to this one or to one behind its
			 * start.
			 */
			found = kallsyms_lookup(addr + size - 1, NULL, &offset);
			KUNIT_ASSERT_NOT_NULL(test, found);
			KUNIT_ASSERT_LT_MSG(test, offset, size, "%s", name);
		}
	}
}

static void known_names(struct kunit *test)
{
	char buf[KSYM_SYMBOL_LEN];
	unsigned long size, offset;
	const char *name = kallsyms_lookup((unsigned long)panic + 5, &size, &offset);

	KUNIT_ASSERT_NOT_NULL(test, name);
	KUNIT_EXPECT_STREQ(test, name, "panic");
	KUNIT_EXPECT_EQ(test, offset, 5);
	KUNIT_EXPECT_GT(test, size, 5);
	KUNIT_EXPECT_EQ(test, kallsyms_lookup_name("panic"), (unsigned long)panic);
	KUNIT_EXPECT_EQ(test, kallsyms_lookup_name("no such function"), 0);

	sprint_symbol_no_offset(buf, (unsigned long)panic + 5);
	KUNIT_EXPECT_STREQ(test, buf, "panic");
	KUNIT_EXPECT_EQ(test, sprint_symbol(buf, (unsigned long)panic + 5), strlen(buf));
	KUNIT_EXPECT_TRUE(test, strstarts(buf, "panic+0x5/0x"));
}

static void outside(struct kunit *test)
{
	char buf[KSYM_SYMBOL_LEN];

	KUNIT_EXPECT_NULL(test, kallsyms_lookup(0, NULL, NULL));
	KUNIT_EXPECT_NULL(test, kallsyms_lookup((unsigned long)_text - 1, NULL, NULL));
	KUNIT_EXPECT_NULL(test, kallsyms_lookup((unsigned long)_end, NULL, NULL));
	KUNIT_EXPECT_NULL(test, kallsyms_lookup(~0UL, NULL, NULL));
	sprint_symbol(buf, 0x1234);
	KUNIT_EXPECT_STREQ(test, buf, "0x1234");
}

static void printf_letters(struct kunit *test)
{
	char buf[KSYM_SYMBOL_LEN], want[KSYM_SYMBOL_LEN];

	snprintf(buf, sizeof(buf), "%ps", (void *)panic);
	KUNIT_EXPECT_STREQ(test, buf, "panic");
	snprintf(buf, sizeof(buf), "%pS", (char *)panic + 1);
	KUNIT_EXPECT_TRUE(test, strstarts(buf, "panic+0x1/0x"));

	/* A return address at the very start of a function belongs to a call that ends the function before. */
	snprintf(buf, sizeof(buf), "%pB", (void *)panic);
	KUNIT_EXPECT_FALSE(test, strstarts(buf, "panic+"));
	sprint_symbol(want, (unsigned long)panic + 0x10);
	snprintf(buf, sizeof(buf), "%pB", (char *)panic + 0x10);
	KUNIT_EXPECT_STREQ(test, buf, want);
}

static void bug_table(struct kunit *test)
{
	const struct bug_entry *bug;

	KUNIT_EXPECT_GT(test, __stop___bug_table - __start___bug_table, 10);
	for (bug = __start___bug_table; bug < __stop___bug_table; bug++) {
		unsigned long ip = (unsigned long)&bug->bug_addr_disp + bug->bug_addr_disp;

		KUNIT_ASSERT_TRUE(test, kernel_text_address(ip));
		KUNIT_ASSERT_EQ(test, *(const u16 *)ip, INSN_UD2);
		KUNIT_ASSERT_PTR_EQ(test, find_bug(ip), bug);
	}
	KUNIT_EXPECT_NULL(test, find_bug((unsigned long)panic));
	KUNIT_EXPECT_EQ(test, report_bug((unsigned long)panic, NULL), BUG_TRAP_TYPE_NONE);
	KUNIT_EXPECT_EQ(test, report_bug(0, NULL), BUG_TRAP_TYPE_NONE);
}

static struct kunit_case kallsyms_cases[] = {
	KUNIT_CASE_NAMED(sorted, "the table is sorted and has one name an address"),
	KUNIT_CASE_NAMED(every_symbol_is_found, "every symbol is found by its address"),
	KUNIT_CASE_NAMED(known_names, "a known function has its name, offset and size"),
	KUNIT_CASE_NAMED(outside, "addresses outside of the image have no name"),
	KUNIT_CASE_NAMED(printf_letters, "%ps, %pS and %pB print them"),
	KUNIT_CASE_NAMED(bug_table, "every entry of the bug table points at an UD2"),
	{}
};
static struct kunit_suite kallsyms_suite = { .name = "kallsyms", .test_cases = kallsyms_cases };
kunit_test_suite(kallsyms_suite);
