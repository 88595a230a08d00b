/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/initcall.c - run what registered itself to be run at boot.
 *
 * The linker script lays the entries of each level one behind the other, the levels in order (primer/init.h says what each
 * promises). With initcall_debug on the command line every call is logged with its result and its time.
 */
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>
#include "init.h"

extern const struct initcall_entry __initcall_start[], __initcall0_start[], __initcall1_start[], __initcall2_start[],
	__initcall3_start[], __initcall4_start[], __initcall5_start[], __initcallrootfs_start[], __initcall6_start[],
	__initcall7_start[], __initcall_end[];

static const struct {
	const char *name;
	const struct initcall_entry *start;
} levels[] __initconst = {
	{ "early", __initcall_start }, { "pure", __initcall0_start }, { "core", __initcall1_start },
	{ "postcore", __initcall2_start }, { "arch", __initcall3_start }, { "subsys", __initcall4_start },
	{ "fs", __initcall5_start }, { "rootfs", __initcallrootfs_start }, { "device", __initcall6_start },
	{ "late", __initcall7_start }, { NULL, __initcall_end },
};

static bool initcall_debug __initdata;

static int __init set_initcall_debug(char *str)
{
	(void)str;
	initcall_debug = true;
	return 0;
}
early_param("initcall_debug", set_initcall_debug);

static void __init do_one_initcall(const struct initcall_entry *e)
{
	unsigned int count = preempt_count();
	u64 start = sched_clock();
	int ret;

	if (initcall_debug)
		pr_info("calling  %pS @ %d\n", e->fn, current->pid);
	ret = e->fn();
	if (initcall_debug)
		pr_info("initcall %pS returned %d after %llu usecs\n", e->fn, ret, (sched_clock() - start) / 1000);

	/* A call that leaves its mark on the CPU would break whoever comes next: name it and mend it. */
	if (preempt_count() != count) {
		pr_err("initcall %s returned with preemption imbalance\n", e->name);
		preempt_count_set(count);
	}
	if (irqs_disabled()) {
		pr_err("initcall %s returned with disabled interrupts\n", e->name);
		local_irq_enable();
	}
}

static void __init do_initcall_level(unsigned int level)
{
	if (initcall_debug)
		pr_info("entering initcall level: %s\n", levels[level].name);
	for (const struct initcall_entry *e = levels[level].start; e < levels[level + 1].start; e++)
		do_one_initcall(e);
}

void __init do_early_initcalls(void)
{
	do_initcall_level(0);
}

void __init do_initcalls(void)
{
	for (unsigned int level = 1; levels[level].name; level++)
		do_initcall_level(level);
}
