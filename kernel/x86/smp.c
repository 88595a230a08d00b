/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/x86/smp.c - the sets of CPUs, and the per-CPU words that everything else stands on. */
#include <primer/cpumask.h>
#include <primer/sched.h>
#include <primer/smp.h>

cpumask_t __cpu_possible_mask, __cpu_present_mask, __cpu_online_mask, __cpu_active_mask;
unsigned int nr_cpu_ids = 1;

/* Filled by setup_per_cpu_areas(); until then CPU 0 uses the template, at distance 0. */
unsigned long __per_cpu_offset[NR_CPUS];
DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(int, cpu_number);

DEFINE_PER_CPU_ALIGNED(struct task_struct *, current_task) = &init_task;
DEFINE_PER_CPU(unsigned int, __preempt_count) = INIT_PREEMPT_COUNT;

static void set_mask(cpumask_t *m, unsigned int cpu, bool on)
{
	if (on)
		cpumask_set_cpu(cpu, m);
	else
		cpumask_clear_cpu(cpu, m);
}

void set_cpu_possible(unsigned int cpu, bool on)
{
	set_mask(&__cpu_possible_mask, cpu, on);
	nr_cpu_ids = 64 - __builtin_clzl(__cpu_possible_mask.bits[0]);
}
void set_cpu_present(unsigned int cpu, bool on)	{ set_mask(&__cpu_present_mask, cpu, on); }
void set_cpu_online(unsigned int cpu, bool on)	{ set_mask(&__cpu_online_mask, cpu, on); }
void set_cpu_active(unsigned int cpu, bool on)	{ set_mask(&__cpu_active_mask, cpu, on); }

void boot_cpu_init(void)
{
	set_cpu_possible(0, true);
	set_cpu_present(0, true);
	set_cpu_online(0, true);
	set_cpu_active(0, true);
}
