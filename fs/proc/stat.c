/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/stat.c - the machine as a whole: stat, uptime, loadavg, cpuinfo, filesystems.
 *
 * CPU time. How long a CPU idled is the time of its idle task, which the scheduler measures. What it did otherwise is counted by the
 * tick, which looks a thousand times a second: a program, one that is nice to others (its nice value is above 0), the kernel for a
 * program, a softirq. Time in interrupt handlers is in whatever they interrupted. Work that always lies between two ticks is not seen.
 *
 * loadavg: averages of the run queues' length, of sched/loadavg.c; then, exact, running and all threads, and the last PID.
 */
#include <primer/cpumask.h>
#include <primer/init.h>
#include <primer/irq.h>
#include <primer/kernel_stat.h>
#include <primer/sched/loadavg.h>
#include <primer/timekeeping.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include "internal.h"

static u64 cpu_idle_ns(unsigned int cpu, u64 uptime)
{
	u64 idle = task_sched_runtime(idle_task(cpu));

	return min(idle, uptime);
}

/* user nice system idle iowait irq softirq steal guest guest_nice, in hundredths of a second; @ticks: the CPU's or their sums */
static void show_cpu_line(struct seq_file *m, u64 idle, const u64 *ticks)
{
	u64 t[NR_CPUTIMES];

	for (int i = 0; i < NR_CPUTIMES; i++)
		t[i] = nsec_to_clock_t(ticks[i] * TICK_NSEC);
	seq_printf(m, " %llu %llu %llu %llu 0 0 %llu 0 0 0\n", t[CPUTIME_USER], t[CPUTIME_NICE], t[CPUTIME_SYSTEM], nsec_to_clock_t(idle),
		   t[CPUTIME_SOFTIRQ]);
}

static void add_ticks(unsigned int cpu, u64 *ticks)
{
	for (int i = 0; i < NR_CPUTIMES; i++)
		ticks[i] += kstat_ticks_cpu(i, cpu);
}

/* The sum, then each line's count from 0 on: a column for every number, also those that do not exist. */
static void show_intr(struct seq_file *m)
{
	unsigned int cpu, irq;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += arch_irq_stat_cpu(cpu);
	for (irq = 0; irq < nr_irqs; irq++)
		sum += kstat_irqs_usr(irq);
	seq_printf(m, "intr %llu", sum);
	for (irq = 0; irq < nr_irqs; irq++)
		seq_printf(m, " %u", kstat_irqs_usr(irq));
	seq_putc(m, '\n');
}

static void show_softirq(struct seq_file *m)
{
	unsigned int cpu, nr, of_nr[NR_SOFTIRQS] = { 0 };
	u64 sum = 0;

	for_each_possible_cpu(cpu) {
		for (nr = 0; nr < NR_SOFTIRQS; nr++) {
			unsigned int n = kstat_softirqs_cpu(nr, cpu);	/* read once: the sum is that of the parts */

			of_nr[nr] += n;
			sum += n;
		}
	}
	seq_printf(m, "softirq %llu", sum);
	for (nr = 0; nr < NR_SOFTIRQS; nr++)
		seq_printf(m, " %u", of_nr[nr]);
	seq_putc(m, '\n');
}

static int stat_show(struct seq_file *m, void *v)
{
	u64 uptime = ktime_get_boottime_ns(), idle = 0;
	struct timespec64 boot;
	u64 all[NR_CPUTIMES] = { 0 };
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		idle += cpu_idle_ns(cpu, uptime);
		add_ticks(cpu, all);
	}
	seq_puts(m, "cpu ");
	show_cpu_line(m, idle, all);
	for_each_online_cpu(cpu) {
		u64 ticks[NR_CPUTIMES] = { 0 };

		add_ticks(cpu, ticks);
		seq_printf(m, "cpu%u", cpu);
		show_cpu_line(m, cpu_idle_ns(cpu, uptime), ticks);
	}
	getboottime64(&boot);
	show_intr(m);
	seq_printf(m, "ctxt %llu\nbtime %lld\nprocesses %lu\nprocs_running %u\nprocs_blocked %u\n", nr_context_switches(),
		   (long long)boot.tv_sec, READ_ONCE(total_forks), nr_running(), nr_iowait());
	show_softirq(m);
	return 0;
}

static int uptime_show(struct seq_file *m, void *v)
{
	u64 uptime = ktime_get_boottime_ns(), idle = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		idle += cpu_idle_ns(cpu, uptime);
	uptime /= NSEC_PER_SEC / 100;
	idle /= NSEC_PER_SEC / 100;
	seq_printf(m, "%llu.%02llu %llu.%02llu\n", uptime / 100, uptime % 100, idle / 100, idle % 100);
	return 0;
}

static int loadavg_show(struct seq_file *m, void *v)
{
	unsigned long load[3];

	get_avenrun(load, FIXED_1 / 200, 0);	/* rounded to hundredths */
	for (int i = 0; i < 3; i++)
		seq_printf(m, "%lu.%02lu ", LOAD_INT(load[i]), LOAD_FRAC(load[i]));
	seq_printf(m, "%u/%d %d\n", nr_running(), READ_ONCE(nr_threads), last_pid());
	return 0;
}

static int filesystems_show(struct seq_file *m, void *v)
{
	struct file_system_type *fs;
	unsigned int n;

	for (n = 0; (fs = fs_type_nth(n)); n++)
		seq_printf(m, "%s\t%s\n", fs->fs_flags & FS_REQUIRES_DEV ? "" : "nodev", fs->name);
	return 0;
}

/* ---- cpuinfo ------------------------------------------------------------------------------------------------------------------------------- */

static void show_cpu(struct seq_file *m, unsigned int cpu, const struct cpuinfo_x86 *c)
{
	unsigned int bit;

	seq_printf(m, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %d\nmodel\t\t: %u\nmodel name\t: %s\n", cpu,
		   c->vendor_id[0] ? c->vendor_id : "unknown", c->family, c->model, c->model_id[0] ? c->model_id : "unknown");
	seq_printf(m, c->stepping ? "stepping\t: %d\n" : "stepping\t: unknown\n", c->stepping);
	if (tsc_khz)
		seq_printf(m, "cpu MHz\t\t: %u.%03u\n", tsc_khz / 1000, tsc_khz % 1000);
	if (c->cache_size_kb)
		seq_printf(m, "cache size\t: %u KB\n", c->cache_size_kb);
	seq_printf(m, "physical id\t: %u\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\napicid\t\t: %u\ninitial apicid\t: %u\n",
		   c->phys_proc_id, c->smp_num_siblings, c->cpu_core_id, c->booted_cores, c->apicid, c->initial_apicid);
	seq_printf(m, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %d\nwp\t\t: yes\nflags\t\t:", c->cpuid_level);
	for (bit = 0; bit < 32 * NCAPINTS; bit++) {
		if (cpu_has(c, bit) && x86_cap_flag(bit))
			seq_printf(m, " %s", x86_cap_flag(bit));
	}
	/* A loop of delay instructions runs at two per cycle of the clock: Linux's figure where the clock's rate is known. */
	seq_printf(m, "\nbugs\t\t:\nbogomips\t: %u.%02u\nclflush size\t: %u\ncache_alignment\t: %u\n", tsc_khz / 500, tsc_khz / 5 % 100,
		   c->clflush_size, c->clflush_size);
	seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n", c->phys_bits, c->virt_bits);
}

static int cpuinfo_show(struct seq_file *m, void *v)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		show_cpu(m, cpu, cpu ? &per_cpu(cpu_info, cpu) : &boot_cpu_data);
	return 0;
}

static int __init proc_stat_init(void)
{
	proc_create_single("stat", 0, NULL, stat_show);
	proc_create_single("uptime", 0, NULL, uptime_show);
	proc_create_single("loadavg", 0, NULL, loadavg_show);
	proc_create_single("filesystems", 0, NULL, filesystems_show);
	proc_create_single("cpuinfo", 0, NULL, cpuinfo_show);
	return 0;
}
fs_initcall(proc_stat_init);
