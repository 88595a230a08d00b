/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/kernel/irq/flood.c - softirq_flood=softirq|tasklet: from the end of boot on, bottom halves that never end, on every CPU.
 *
 * Each run burns 20 us and asks for the next one, as packets that come faster than they are processed would. What is left of the CPUs for
 * programs is for a program to measure: tests/test_bottom_halves.py.
 */
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/percpu.h>
#include <primer/printk.h>
#include <primer/smp.h>
#include <primer/string.h>
#include <asm/tsc.h>

#define BURN_NS	20000

static char flood_what[16];			/* [boot] */
static DEFINE_PER_CPU(struct tasklet_struct, flood_tasklet);

static void burn(void)
{
	u64 end = sched_clock() + BURN_NS;

	while (sched_clock() < end)
		;
}

static void flood_softirq(struct softirq_action *unused)
{
	burn();
	raise_softirq(IRQ_POLL_SOFTIRQ);
}

static void flood_again(struct tasklet_struct *t)
{
	burn();
	tasklet_schedule(t);
}

static void begin(void *tasklets)
{
	if (tasklets)
		tasklet_schedule(this_cpu_ptr(&flood_tasklet));
	else
		raise_softirq_irqoff(IRQ_POLL_SOFTIRQ);
}

static int __init flood_init(void)
{
	bool tasklets = !strcmp(flood_what, "tasklet");
	unsigned int cpu;

	if (!flood_what[0])
		return 0;
	pr_info("flood: %ss without end on every CPU\n", tasklets ? "tasklet" : "softirq");
	open_softirq(IRQ_POLL_SOFTIRQ, flood_softirq);
	for_each_possible_cpu(cpu)
		tasklet_setup(per_cpu_ptr(&flood_tasklet, cpu), flood_again);
	on_each_cpu(begin, tasklets ? &flood_tasklet : NULL, 1);
	return 0;
}
late_initcall(flood_init);

static int __init flood_setup(char *val)
{
	strscpy(flood_what, val, sizeof(flood_what));
	return 1;
}
__setup("softirq_flood=", flood_setup);
