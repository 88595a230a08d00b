/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/kunit/test.h - tests that run inside the kernel: suites, cases, expectations, under KUnit's names.
 *
 *	static void insert_keeps_order(struct kunit *test)
 *	{
 *		struct node *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
 *
 *		KUNIT_ASSERT_NOT_NULL(test, n);			fails: the case ends here
 *		KUNIT_EXPECT_EQ(test, tree_insert(n), 0);	fails: noted, the case goes on
 *	}
 *
 *	static struct kunit_case tree_cases[] = {
 *		KUNIT_CASE(insert_keeps_order),
 *		KUNIT_CASE_NAMED(rotation_test, "a rotation keeps the in-order sequence"),
 *		{}
 *	};
 *	static struct kunit_suite tree_suite = { .name = "rbtree", .test_cases = tree_cases };
 *	kunit_test_suite(tree_suite);
 *
 * Cases run one after the other in one task, with interrupts on, in the order in which they stand; they may sleep. An
 * ASSERT, kunit_skip() and kunit_abort() leave the case by a jump: only from the case's own task, and with no lock held. A
 * case that ends with another preempt_count or with interrupts off fails for that alone.
 */
#ifndef KUNIT_TEST_H
#define KUNIT_TEST_H

#include <primer/compiler.h>
#include <primer/err.h>
#include <primer/types.h>

struct kunit;
struct task_struct;

/* ---- suites and cases ---- */

/*
 * One case. With generate_params it runs once for each parameter: the function gets the last one (NULL at first), returns the
 * next one or NULL at the end, and may describe it in @desc, a buffer of KUNIT_PARAM_DESC_SIZE bytes.
 */
struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

/*
 * suite_init and suite_exit run once, init and exit around each case (each parameter). A negative errno from suite_init
 * fails every case, from init its case, without running it.
 */
struct kunit_suite {
	const char *name;
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;		/* ended by an all-zero case */
};

#define KUNIT_PARAM_DESC_SIZE	96

#define KUNIT_CASE(fn)				{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_NAMED(fn, text)		{ .run_case = fn, .name = text }
#define KUNIT_CASE_PARAM(fn, gen)		{ .run_case = fn, .name = #fn, .generate_params = gen }
#define KUNIT_CASE_PARAM_NAMED(fn, gen, text)	{ .run_case = fn, .name = text, .generate_params = gen }

/* Define name_gen_params(), which walks @array; get_desc(element pointer, buffer) may be NULL. */
#define KUNIT_ARRAY_PARAM(name, array, get_desc)						\
	static const void *name##_gen_params(const void *prev, char *desc)			\
	{											\
		__typeof__((array)[0]) *next = prev ?						\
			((__typeof__((array)[0]) *)(unsigned long)prev) + 1 : (array);		\
		void (*describe)(__typeof__(next), char *) = get_desc;				\
												\
		if (next - (array) >= (long)(sizeof(array) / sizeof((array)[0])))		\
			return NULL;								\
		if (describe)									\
			describe(next, desc);							\
		return next;									\
	}

/* Register suites: their addresses go to a section that kunit_run_all() walks. */
#define kunit_test_suite(suite)									\
	static struct kunit_suite *__PASTE(__kunit_suite_, suite)				\
		__used __section(".kunit_test_suites") = &(suite)

extern struct kunit_suite *__kunit_suites_start[], *__kunit_suites_end[];

/*
 * kunit_run_all - run the suites and cases that @glob selects and print KTAP version 1 on the log
 *
 * @glob: NULL or "" for all; "sched*" selects suites, "rbtree.insert*" cases ('*' and '?' match).
 * Context: task; may sleep. Returns the number of cases that failed; selecting nothing counts as one.
 */
int kunit_run_all(const char *glob);

/* ---- inside a case ---- */

enum kunit_status { KUNIT_SUCCESS, KUNIT_FAILURE, KUNIT_SKIPPED };

struct kunit_jump {
	unsigned long rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

struct kunit_action;

#define KUNIT_COMMENT_SIZE	120

/* All fields belong to the task that runs the case, but for status, which any task may set to KUNIT_FAILURE. */
struct kunit {
	void *priv;				/* the test's own, from init to exit */
	const void *param_value;		/* this run's parameter */
	const char *name;			/* the case's, or the parameter's */
	enum kunit_status status;
	char status_comment[KUNIT_COMMENT_SIZE];	/* why it was skipped */
	struct kunit_action *actions;		/* to run at the end, newest first */
	struct kunit_jump jump;			/* where kunit_abort() goes */
	struct task_struct *task;
	const char *indent;
};

/* kunit_info - a line of the case's own in the log, printk format without a line end */
void kunit_info(struct kunit *test, const char *fmt, ...) __printf(2, 3);

/* kunit_mark_skipped - note why the case proves nothing here; it goes on. kunit_skip() also ends it. */
void kunit_mark_skipped(struct kunit *test, const char *fmt, ...) __printf(2, 3);
#define kunit_skip(test, fmt, ...)	do { kunit_mark_skipped(test, fmt, ##__VA_ARGS__); kunit_abort(test); } while (0)

/* kunit_abort - end the case now, with the status that it has */
void __noreturn kunit_abort(struct kunit *test);

/*
 * kunit_add_action - call @fn(@arg) when the case ends, however it ends; the last one added is the first one called
 *
 * Context: the case's task. Returns 0, or -ENOMEM after calling @fn at once.
 */
int kunit_add_action(struct kunit *test, void (*fn)(void *arg), void *arg);

/* kmalloc and kzalloc whose memory is freed when the case ends; NULL when there is none. Never kfree() it. */
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);

/* ---- expectations ---- */

/* Where a check stands and what it says: constant, one for each check. */
struct kunit_check {
	const char *file;
	int line;
	bool fatal;				/* an ASSERT: kunit_abort() after the report */
	const char *left, *op, *right;		/* the source text of the operands; right is NULL for a condition */
};

void kunit_failed(struct kunit *test, const struct kunit_check *check, const char *fmt, ...) __printf(3, 4);
void kunit_failed_int(struct kunit *test, const struct kunit_check *check, s64 left, s64 right, const char *fmt, ...)
	__printf(5, 6);
void kunit_failed_ptr(struct kunit *test, const struct kunit_check *check, const void *left, const void *right,
		      const char *fmt, ...) __printf(5, 6);
void kunit_failed_str(struct kunit *test, const struct kunit_check *check, const char *left, const char *right,
		      const char *fmt, ...) __printf(5, 6);
void kunit_failed_mem(struct kunit *test, const struct kunit_check *check, const void *left, const void *right, size_t size,
		      const char *fmt, ...) __printf(6, 7);
bool kunit_streq(const char *left, const char *right);
bool kunit_memeq(const void *left, const void *right, size_t size);

#define __KUNIT_CHECK(is_fatal, l, o, r) \
	static const struct kunit_check __check = { __FILE__, __LINE__, is_fatal, l, o, r }

#define __KUNIT_COND(test, fatal, ok, text, fmt, ...) do {					\
	if (unlikely(!(ok))) {									\
		__KUNIT_CHECK(fatal, text, "", NULL);						\
		kunit_failed(test, &__check, fmt, ##__VA_ARGS__);				\
	}											\
} while (0)

/* The operands are compared in their own types, as in an if; only the report widens them. */
#define __KUNIT_INT(test, fatal, l, op, r, fmt, ...) do {					\
	_Pragma("GCC diagnostic push")								\
	_Pragma("GCC diagnostic ignored \"-Wsign-compare\"")					\
	__typeof__(l) __left = (l);								\
	__typeof__(r) __right = (r);								\
												\
	if (unlikely(!(__left op __right))) {							\
		__KUNIT_CHECK(fatal, #l, #op, #r);						\
		kunit_failed_int(test, &__check, (s64)__left, (s64)__right, fmt, ##__VA_ARGS__);	\
	}											\
	_Pragma("GCC diagnostic pop")								\
} while (0)

#define __KUNIT_PTR(test, fatal, l, op, r, fmt, ...) do {					\
	const void *__left = (const void *)(l), *__right = (const void *)(r);			\
												\
	if (unlikely(!(__left op __right))) {							\
		__KUNIT_CHECK(fatal, #l, #op, #r);						\
		kunit_failed_ptr(test, &__check, __left, __right, fmt, ##__VA_ARGS__);		\
	}											\
} while (0)

#define __KUNIT_STR(test, fatal, l, op, r, want, fmt, ...) do {					\
	const char *__left = (l), *__right = (r);						\
												\
	if (unlikely(kunit_streq(__left, __right) != (want))) {					\
		__KUNIT_CHECK(fatal, #l, op, #r);						\
		kunit_failed_str(test, &__check, __left, __right, fmt, ##__VA_ARGS__);		\
	}											\
} while (0)

#define __KUNIT_MEM(test, fatal, l, op, r, size, want, fmt, ...) do {				\
	const void *__left = (l), *__right = (r);						\
	size_t __size = (size);									\
												\
	if (unlikely(kunit_memeq(__left, __right, __size) != (want))) {				\
		__KUNIT_CHECK(fatal, #l, op, #r);						\
		kunit_failed_mem(test, &__check, __left, __right, __size, fmt, ##__VA_ARGS__);	\
	}											\
} while (0)

#define KUNIT_SUCCEED(test)	do { (void)(test); } while (0)
#define KUNIT_FAIL(test, fmt, ...) do {								\
	__KUNIT_CHECK(false, "this point is not reached", "", NULL);				\
	kunit_failed(test, &__check, fmt, ##__VA_ARGS__);					\
} while (0)

/*
 * KUNIT_EXPECT_x(test, ...) notes a failure and goes on; KUNIT_ASSERT_x ends the case; x_MSG adds a printk format and its
 * arguments to the report. Each operand is evaluated once.
 */
#define KUNIT_EXPECT_TRUE(test, condition) \
	__KUNIT_COND(test, false, condition, #condition " is true", "%s", "")
#define KUNIT_EXPECT_FALSE(test, condition) \
	__KUNIT_COND(test, false, !(condition), #condition " is false", "%s", "")
#define KUNIT_EXPECT_NULL(test, ptr) \
	__KUNIT_COND(test, false, (ptr) == NULL, #ptr " is NULL", "%s", "")
#define KUNIT_EXPECT_NOT_NULL(test, ptr) \
	__KUNIT_COND(test, false, (ptr) != NULL, #ptr " is not NULL", "%s", "")
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, ptr) \
	__KUNIT_COND(test, false, !IS_ERR_OR_NULL(ptr), #ptr " is neither an error nor NULL", "%s", "")
#define KUNIT_EXPECT_EQ(test, l, r) \
	__KUNIT_INT(test, false, l, ==, r, "%s", "")
#define KUNIT_EXPECT_NE(test, l, r) \
	__KUNIT_INT(test, false, l, !=, r, "%s", "")
#define KUNIT_EXPECT_LT(test, l, r) \
	__KUNIT_INT(test, false, l, <, r, "%s", "")
#define KUNIT_EXPECT_LE(test, l, r) \
	__KUNIT_INT(test, false, l, <=, r, "%s", "")
#define KUNIT_EXPECT_GT(test, l, r) \
	__KUNIT_INT(test, false, l, >, r, "%s", "")
#define KUNIT_EXPECT_GE(test, l, r) \
	__KUNIT_INT(test, false, l, >=, r, "%s", "")
#define KUNIT_EXPECT_PTR_EQ(test, l, r) \
	__KUNIT_PTR(test, false, l, ==, r, "%s", "")
#define KUNIT_EXPECT_PTR_NE(test, l, r) \
	__KUNIT_PTR(test, false, l, !=, r, "%s", "")
#define KUNIT_EXPECT_STREQ(test, l, r) \
	__KUNIT_STR(test, false, l, "==", r, true, "%s", "")
#define KUNIT_EXPECT_STRNEQ(test, l, r) \
	__KUNIT_STR(test, false, l, "!=", r, false, "%s", "")
#define KUNIT_EXPECT_MEMEQ(test, l, r, size) \
	__KUNIT_MEM(test, false, l, "==", r, size, true, "%s", "")
#define KUNIT_EXPECT_MEMNEQ(test, l, r, size) \
	__KUNIT_MEM(test, false, l, "!=", r, size, false, "%s", "")

#define KUNIT_EXPECT_TRUE_MSG(test, condition, fmt, ...) \
	__KUNIT_COND(test, false, condition, #condition " is true", fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, condition, fmt, ...) \
	__KUNIT_COND(test, false, !(condition), #condition " is false", fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NULL_MSG(test, ptr, fmt, ...) \
	__KUNIT_COND(test, false, (ptr) == NULL, #ptr " is NULL", fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_NULL_MSG(test, ptr, fmt, ...) \
	__KUNIT_COND(test, false, (ptr) != NULL, #ptr " is not NULL", fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL_MSG(test, ptr, fmt, ...) \
	__KUNIT_COND(test, false, !IS_ERR_OR_NULL(ptr), #ptr " is neither an error nor NULL", fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, false, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, false, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, false, l, <, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, false, l, <=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, false, l, >, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, false, l, >=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_PTR(test, false, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_NE_MSG(test, l, r, fmt, ...) \
	__KUNIT_PTR(test, false, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STREQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_STR(test, false, l, "==", r, true, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STRNEQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_STR(test, false, l, "!=", r, false, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMEQ_MSG(test, l, r, size, fmt, ...) \
	__KUNIT_MEM(test, false, l, "==", r, size, true, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMNEQ_MSG(test, l, r, size, fmt, ...) \
	__KUNIT_MEM(test, false, l, "!=", r, size, false, fmt, ##__VA_ARGS__)

#define KUNIT_ASSERT_TRUE(test, condition) \
	__KUNIT_COND(test, true, condition, #condition " is true", "%s", "")
#define KUNIT_ASSERT_FALSE(test, condition) \
	__KUNIT_COND(test, true, !(condition), #condition " is false", "%s", "")
#define KUNIT_ASSERT_NULL(test, ptr) \
	__KUNIT_COND(test, true, (ptr) == NULL, #ptr " is NULL", "%s", "")
#define KUNIT_ASSERT_NOT_NULL(test, ptr) \
	__KUNIT_COND(test, true, (ptr) != NULL, #ptr " is not NULL", "%s", "")
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ptr) \
	__KUNIT_COND(test, true, !IS_ERR_OR_NULL(ptr), #ptr " is neither an error nor NULL", "%s", "")
#define KUNIT_ASSERT_EQ(test, l, r) \
	__KUNIT_INT(test, true, l, ==, r, "%s", "")
#define KUNIT_ASSERT_NE(test, l, r) \
	__KUNIT_INT(test, true, l, !=, r, "%s", "")
#define KUNIT_ASSERT_LT(test, l, r) \
	__KUNIT_INT(test, true, l, <, r, "%s", "")
#define KUNIT_ASSERT_LE(test, l, r) \
	__KUNIT_INT(test, true, l, <=, r, "%s", "")
#define KUNIT_ASSERT_GT(test, l, r) \
	__KUNIT_INT(test, true, l, >, r, "%s", "")
#define KUNIT_ASSERT_GE(test, l, r) \
	__KUNIT_INT(test, true, l, >=, r, "%s", "")
#define KUNIT_ASSERT_PTR_EQ(test, l, r) \
	__KUNIT_PTR(test, true, l, ==, r, "%s", "")
#define KUNIT_ASSERT_PTR_NE(test, l, r) \
	__KUNIT_PTR(test, true, l, !=, r, "%s", "")
#define KUNIT_ASSERT_STREQ(test, l, r) \
	__KUNIT_STR(test, true, l, "==", r, true, "%s", "")
#define KUNIT_ASSERT_STRNEQ(test, l, r) \
	__KUNIT_STR(test, true, l, "!=", r, false, "%s", "")
#define KUNIT_ASSERT_MEMEQ(test, l, r, size) \
	__KUNIT_MEM(test, true, l, "==", r, size, true, "%s", "")
#define KUNIT_ASSERT_MEMNEQ(test, l, r, size) \
	__KUNIT_MEM(test, true, l, "!=", r, size, false, "%s", "")

#define KUNIT_ASSERT_TRUE_MSG(test, condition, fmt, ...) \
	__KUNIT_COND(test, true, condition, #condition " is true", fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(test, condition, fmt, ...) \
	__KUNIT_COND(test, true, !(condition), #condition " is false", fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NULL_MSG(test, ptr, fmt, ...) \
	__KUNIT_COND(test, true, (ptr) == NULL, #ptr " is NULL", fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL_MSG(test, ptr, fmt, ...) \
	__KUNIT_COND(test, true, (ptr) != NULL, #ptr " is not NULL", fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, ptr, fmt, ...) \
	__KUNIT_COND(test, true, !IS_ERR_OR_NULL(ptr), #ptr " is neither an error nor NULL", fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, true, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NE_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, true, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LT_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, true, l, <, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LE_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, true, l, <=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GT_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, true, l, >, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GE_MSG(test, l, r, fmt, ...) \
	__KUNIT_INT(test, true, l, >=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_EQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_PTR(test, true, l, ==, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_NE_MSG(test, l, r, fmt, ...) \
	__KUNIT_PTR(test, true, l, !=, r, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STREQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_STR(test, true, l, "==", r, true, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STRNEQ_MSG(test, l, r, fmt, ...) \
	__KUNIT_STR(test, true, l, "!=", r, false, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMEQ_MSG(test, l, r, size, fmt, ...) \
	__KUNIT_MEM(test, true, l, "==", r, size, true, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMNEQ_MSG(test, l, r, size, fmt, ...) \
	__KUNIT_MEM(test, true, l, "!=", r, size, false, fmt, ##__VA_ARGS__)

#endif
