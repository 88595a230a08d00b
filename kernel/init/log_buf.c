/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/log_buf.c - a larger log where there are more CPUs to fill it.
 *
 * The log begins in a static buffer that fits one CPU's boot. How much the possible CPUs may add, or what
 * log_buf_len= asks for, kernel/printk works out; the memory has to come from here, because the allocators stand
 * above that room. It is never given back: the log is for ever.
 */
#include <primer/cpumask.h>
#include <primer/init.h>
#include <primer/printk.h>
#include <primer/vmalloc.h>

static int __init setup_log_buf(void)
{
	size_t size = log_buf_wanted(num_possible_cpus());
	void *buf;

	if (!size)
		return 0;
	buf = vmalloc(size);
	if (!buf) {
		pr_err("log_buf_len: %zu bytes not available\n", size);
		return 0;
	}
	if (log_buf_grow(buf, size)) {
		vfree(buf);
		return 0;
	}
	pr_info("log_buf_len: %zu bytes\n", size);
	return 0;
}
early_initcall(setup_log_buf);
