/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/smp.c - which CPUs there are, by two numberings; and the interrupt that says "look at your flag".
 *
 * The kernel wants its CPUs numbered 0, 1, 2 ... without gaps, as indexes and as bits of a set. The hardware knows each by the ID
 * of its local APIC. The firmware's tables list those IDs in any order; smp_register_lapic() gives out numbers as they come:
 *
 *	MADT:  APIC 2, APIC 0 (we run on it), APIC 4, APIC 6 (disabled)
 *
 *	CPU			0	1	2
 *	x86_cpu_to_apicid	0	2	4	BAD ...		the boot CPU is 0, wherever it stands
 *
 * Everything here is written before the second CPU runs.
 *
 * The reschedule interrupt. resched_curr() for another CPU sets TIF_NEED_RESCHED of what runs there. A flag is not seen by a CPU that
 * is busy in user mode or halted, so an interrupt makes it enter the kernel; all that matters is the way out, which looks at the
 * flag. The handler only carries it over to the bit of the preemption count that preempt_enable() tests (primer/preempt.h):
 * a CPU writes its own count only, so the sender could not.
 */
#include <primer/cpumask.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/preempt.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/smp.h>
#include <asm/apic.h>
#include <asm/hardirq.h>
#include <asm/irq_vectors.h>
#include <asm/smp.h>

cpumask_t __cpu_possible_mask, __cpu_present_mask, __cpu_online_mask, __cpu_active_mask;
unsigned int nr_cpu_ids = 1;

/* Filled by setup_per_cpu_areas(); until then CPU 0 uses the template, at distance 0. */
unsigned long __per_cpu_offset[NR_CPUS];
DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(int, cpu_number);

DEFINE_PER_CPU_ALIGNED(struct task_struct *, current_task) = &init_task;
DEFINE_PER_CPU(unsigned int, __preempt_count) = INIT_PREEMPT_COUNT;

u32 x86_cpu_to_apicid[NR_CPUS] __ro_after_init = { [0 ... NR_CPUS - 1] = BAD_APICID };
unsigned int disabled_cpus __ro_after_init;
unsigned int setup_max_cpus __ro_after_init = NR_CPUS;
static unsigned int possible_limit __initdata = NR_CPUS;	/* nr_cpus= */

/* ---- the sets ---------------------------------------------------------------------------------------------------- */

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
	x86_cpu_to_apicid[0] = cpuid_apicid();
}

/* ---- the two numberings ------------------------------------------------------------------------------------------ */

u32 cpuid_apicid(void)
{
	u32 a, b, c, d;

	cpuid_count(1, 0, &a, &b, &c, &d);
	return b >> 24;
}

int apicid_to_cpu(u32 apicid)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (x86_cpu_to_apicid[cpu] == apicid)
			return cpu;
	return -ENODEV;
}

void __init smp_register_lapic(u32 apicid, bool enabled)
{
	if (enabled && apicid_to_cpu(apicid) >= 0)
		return;			/* the boot CPU, or named twice */
	/* An ID above 254 needs x2APIC mode to be reached, and CPUID leaf 1 cannot tell it. */
	if (!enabled || nr_cpu_ids >= possible_limit || apicid >= 255) {
		if (enabled)
			pr_warn("smpboot: APIC: NR_CPUS/possible_cpus limit of %u reached. Processor %u/0x%x ignored.\n",
				possible_limit, nr_cpu_ids + disabled_cpus, apicid);
		disabled_cpus++;
		return;
	}
	x86_cpu_to_apicid[nr_cpu_ids] = apicid;
	set_cpu_present(nr_cpu_ids, true);
	set_cpu_possible(nr_cpu_ids, true);
}

/* ---- reschedule -------------------------------------------------------------------------------------------------- */

void smp_send_reschedule(int cpu)
{
	default_send_IPI_single(cpu, RESCHEDULE_VECTOR);
}

void sysvec_reschedule_ipi(struct pt_regs *regs)
{
	inc_irq_stat(irq_resched_count);
	if (test_thread_flag(TIF_NEED_RESCHED))
		set_preempt_need_resched();
}

/* ---- how many ---------------------------------------------------------------------------------------------------- */

/* maxcpus=N: start no more than N; the others stay present. */
static int __init maxcpus_setup(char *str)
{
	unsigned int n;
	int err = kstrtouint(str, 0, &n);

	if (!err)
		setup_max_cpus = n ? min(n, (unsigned int)NR_CPUS) : 0;
	return err;
}
early_param("maxcpus", maxcpus_setup);

/* nosmp: the same as maxcpus=0. */
static int __init nosmp_setup(char *str)
{
	setup_max_cpus = 0;
	return 0;
}
early_param("nosmp", nosmp_setup);

/* nr_cpus=N: have memory and numbers for N only. */
static int __init nr_cpus_setup(char *str)
{
	unsigned int n;
	int err = kstrtouint(str, 0, &n);

	if (!err && n)
		possible_limit = min(n, (unsigned int)NR_CPUS);
	return err;
}
early_param("nr_cpus", nr_cpus_setup);
