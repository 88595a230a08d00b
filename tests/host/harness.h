/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/harness.h - kernel code tested in a process of the host.
 *
 * The code under test is compiled with the kernel's headers, and so are the tests; there is no libc header anywhere,
 * since its types would clash with ours. What the tests need of libc is declared below. Where the kernel defines a
 * function that libc also has, its symbol gets the prefix k_ after compilation (renames.txt); in a test,
 * KERNEL_FN(strlen) declares k_strlen, and plain strlen is libc's: the oracle.
 *
 * A program is one suite and prints KTAP. Random tests draw from rnd(); the seed is printed, and SEED=n repeats a run.
 */
#ifndef TESTS_HOST_HARNESS_H
#define TESTS_HOST_HARNESS_H

#include <primer/compiler.h>
#include <primer/kernel.h>
#include <primer/types.h>

/* libc */
int printf(const char *fmt, ...) __printf(1, 2);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);
void abort(void) __noreturn;

#define KERNEL_FN(name)		extern __typeof__(name) k_##name

struct test {
	const char *name;		/* what it proves */
	void (*fn)(void);
};

/* main() of every program: runs all, prints KTAP, returns the exit status. */
int run_tests(const char *suite, const struct test *tests, size_t n);

/* For random tests: 64 bits, or a number below @n. */
u64 rnd(void);
static inline u64 rnd_below(u64 n)	{ return rnd() % n; }

/* End the test as failed or skipped. */
void test_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4) __noreturn;
void test_skip(const char *why) __noreturn;

#define FAIL(fmt...)		test_fail(__FILE__, __LINE__, fmt)
#define CHECK(cond)		do { if (!(cond)) FAIL("not true: %s", #cond); } while (0)
#define CHECK_EQ(a, b) do { \
	long long __l = (long long)(a), __r = (long long)(b); \
	if (__l != __r) \
		FAIL("%s is %lld (0x%llx), not %s, %lld (0x%llx)", #a, __l, __l, #b, __r, __r); \
} while (0)
#define CHECK_STR(a, b) do { \
	const char *__l = (a), *__r = (b); \
	if (__builtin_strcmp(__l, __r)) \
		FAIL("%s is \"%s\", not \"%s\"", #a, __l, __r); \
} while (0)

/* The whole of a file, in an allocation of exactly its size; NULL when it cannot be read. */
void *read_file(const char *path, size_t *len);

#define MAIN(suite, tests) \
int main(void); \
int main(void) \
{ \
	return run_tests(suite, tests, ARRAY_SIZE(tests)); \
}

#endif
