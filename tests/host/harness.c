/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/host/harness.c - the runner behind harness.h; this file alone speaks to libc through its own headers.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct test {
	const char *name;
	void (*fn)(void);
};

int run_tests(const char *suite, const struct test *tests, size_t n);
uint64_t rnd(void);
void test_fail(const char *file, int line, const char *fmt, ...);
void test_skip(const char *why);
void *read_file(const char *path, size_t *len);
void __asan_handle_no_return(void);

static uint64_t state;
static void *after_test[5];
static enum { PASSED, FAILED, SKIPPED } result;
static const char *skip_reason;

/* splitmix64: every seed is a good one. */
uint64_t rnd(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void leave(void)
{
	__asan_handle_no_return();		/* the frames between here and run_tests() are gone */
	__builtin_longjmp(after_test, 1);
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	printf("# %s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	result = FAILED;
	leave();
	abort();
}

void test_skip(const char *why)
{
	skip_reason = why;
	result = SKIPPED;
	leave();
	abort();
}

void *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	void *buf;
	long size;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	buf = malloc(size ? size : 1);
	*len = fread(buf, 1, size, f);
	fclose(f);
	return buf;
}

static __attribute__((noinline)) void run_one(const struct test *test)
{
	if (__builtin_setjmp(after_test) == 0)
		test->fn();
}

int run_tests(const char *suite, const struct test *tests, size_t n)
{
	const char *env = getenv("SEED");
	struct timespec now;
	uint64_t seed;
	int failed = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = env ? strtoull(env, NULL, 0) : ((uint64_t)now.tv_sec * 1000000000 + now.tv_nsec) % 1000000000;

	setvbuf(stdout, NULL, _IOLBF, 0);	/* a sanitizer's report comes after the lines it belongs to */
	printf("KTAP version 1\n# suite: %s\n# seed: %llu\n1..%zu\n", suite, (unsigned long long)seed, n);
	for (size_t i = 0; i < n; i++) {
		state = seed + i;		/* so that a test does not depend on what ran before it */
		result = PASSED;
		run_one(&tests[i]);
		if (result == SKIPPED)
			printf("ok %zu - %s # SKIP %s\n", i + 1, tests[i].name, skip_reason);
		else
			printf("%s %zu - %s\n", result == FAILED ? "not ok" : "ok", i + 1, tests[i].name);
		failed += result == FAILED;
	}
	return failed != 0;
}
