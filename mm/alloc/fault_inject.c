/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/fault_inject.c - allocations that fail on purpose. DEBUG builds only.
 *
 * The problem. Every allocation has an error path behind it, and memory is hardly ever short: the paths that matter
 * most when it is are those that have never run.
 *
 * Two ways to run them:
 *
 *	fail-nth	a number in /proc/PID/fail-nth: the task's n-th allocation from now on fails, that one only. A test
 *			tries n = 1, 2, 3, ... with the same system call until it passes without a failure (the number
 *			read back is not 0): then each of its allocations has failed once. Exhaustive and repeatable.
 *
 *	by chance	failslab=interval,probability,space,times and fail_page_alloc=..., for tasks with 1 in
 *			/proc/PID/make-it-fail, which children inherit: each interval-th allocation fails with
 *			probability percent, at most times times (-1: without end), the first space bytes excepted.
 *
 * Never: allocations that must not fail (__GFP_NOFAIL), and those in interrupt handlers, which belong to no task.
 *
 * Each failure leaves a line at debug level, with the caller's name.
 *
 * Context: any in which memory is allocated, so no lock. n is counted down by the task itself; what /proc writes at the
 * same moment may be lost.
 *
 * Linux (lib/fault-inject.c) has the same files and parameters; it also asks debugfs for filters by stack and by
 * order, and applies the parameters to all tasks unless task-filter is set, which here it always is.
 */
#include <primer/fault_inject.h>

#ifdef CONFIG_DEBUG

#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/mm.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <asm/tsc.h>

/* Counts may lose a step when two CPUs meet: chance does not mind. */
struct fault_attr {
	const char *name;
	unsigned long interval, probability;	/* immutable after boot */
	long space, times;
	unsigned long count;
	u64 random;
};

static struct fault_attr failslab = { .name = "failslab" }, fail_page_alloc = { .name = "fail_page_alloc" };

static void __init setup_fault_attr(struct fault_attr *attr, char *str)
{
	long value[4] = { 1, 0, 0, -1 };	/* interval, probability, space, times */
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(value) && *str; i++) {
		value[i] = simple_strtol(str, &str, 0);
		if (*str == ',')
			str++;
	}
	if (*str || value[0] < 1 || value[1] < 0)
		pr_warn("%s: must be interval,probability,space,times\n", attr->name);
	attr->interval = max(value[0], 1L);
	attr->probability = clamp_t(long, value[1], 0, 100);
	attr->space = value[2];
	attr->times = value[3];
	attr->random = 88172645463325252ULL;
}

static int __init setup_failslab(char *str)
{
	setup_fault_attr(&failslab, str);
	return 0;
}
early_param("failslab", setup_failslab);

static int __init setup_fail_page_alloc(char *str)
{
	setup_fault_attr(&fail_page_alloc, str);
	return 0;
}
early_param("fail_page_alloc", setup_fail_page_alloc);

static bool by_chance(struct fault_attr *attr, size_t size)
{
	if (!attr->probability || !current->make_it_fail || !attr->times)
		return false;
	if (attr->space > (long)size) {
		attr->space -= size;
		return false;
	}
	if (++attr->count % attr->interval)
		return false;
	attr->random ^= attr->random << 13;
	attr->random ^= attr->random >> 7;
	attr->random ^= attr->random << 17;
	if (attr->random % 100 >= attr->probability)
		return false;
	if (attr->times > 0)
		attr->times--;
	return true;
}

static bool should_fail(struct fault_attr *attr, gfp_t gfp, size_t size, unsigned long caller)
{
	unsigned int nth;

	if ((gfp & __GFP_NOFAIL) || !in_task())
		return false;
	nth = READ_ONCE(current->fail_nth);
	if (nth) {
		WRITE_ONCE(current->fail_nth, nth - 1);
		if (nth != 1)
			return false;
	} else if (!by_chance(attr, size)) {
		return false;
	}
	pr_debug("FAULT_INJECTION: forcing a failure: name %s, %s[%d], for %pS\n", attr->name, current->comm, current->pid,
		 (void *)caller);
	return true;
}

bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	return should_fail(&fail_page_alloc, gfp, PAGE_SIZE << order, (unsigned long)__builtin_return_address(0));
}

bool should_failslab(gfp_t gfp)
{
	return should_fail(&failslab, gfp, 1, (unsigned long)__builtin_return_address(0));
}

#endif
