/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/x86/topology.c - thread, core, package, node: what a CPU's number says about its neighbours.
 *
 * The hardware numbers its CPUs so that the number tells the place. An APIC ID is three fields, each as wide as its
 * contents may need:
 *
 *	 7            4 3      1 0
 *	+--------------+--------+-+
 *	|   package    |  core  |t|	two threads a core, up to eight cores: APIC ID 0x13 is package 1, core 1, thread 1
 *	+--------------+--------+-+
 *	              smt_bits = 1
 *	        package_shift = 4
 *
 * The widths come from CPUID: leaf 0Bh gives, for each level, how far an ID is to be shifted to get the next level's
 * number. A CPU without that leaf says how many logical CPUs there are in a package (leaf 1), and how many of them are cores
 * (leaf 4, or AMD's 80000008h); both are rounded up to powers of two.
 *
 * Which node's memory is near is no property of the number: the firmware's SRAT says it, and numa_set_node() hands it down.
 *
 * Locking: none. Written at boot, read afterwards.
 *
 * Linux (arch/x86/kernel/cpu/topology.c, arch/x86/kernel/smpboot.c) also knows dies within a package (leaf 1Fh) and who
 * shares a cache, and keeps the masks of each CPU instead of computing them.
 *
 * References: Intel SDM vol. 3, 8.9 (detecting topology); AMD APM vol. 3, CPUID 80000008h.
 */
#include <primer/init.h>
#include <primer/kernel.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/topology.h>

static unsigned int smt_bits __ro_after_init, package_shift __ro_after_init;
static s8 node_of_cpu[NR_CPUS];		/* [boot] */

enum { LEVEL_NONE, LEVEL_SMT, LEVEL_CORE };

/* Leaf 0Bh. False: this CPU has none. */
static bool __init extended_topology(void)
{
	u32 a, b, c, d;

	if (boot_cpu_data.cpuid_level < 0xb)
		return false;
	cpuid_count(0xb, 0, &a, &b, &c, &d);
	if (!b || (c >> 8 & 0xff) != LEVEL_SMT)
		return false;
	smt_bits = package_shift = a & 0x1f;
	for (u32 sub = 1; sub < 8; sub++) {
		cpuid_count(0xb, sub, &a, &b, &c, &d);
		if ((c >> 8 & 0xff) == LEVEL_NONE)
			break;
		if ((c >> 8 & 0xff) == LEVEL_CORE)
			package_shift = a & 0x1f;
	}
	return true;
}

static unsigned int __init bits_for(unsigned int count)
{
	return count > 1 ? fls(count - 1) : 0;
}

static void __init legacy_topology(void)
{
	unsigned int logical = boot_cpu_data.smp_num_siblings, cores = 1;
	u32 a, b, c, d;

	if (boot_cpu_data.vendor == X86_VENDOR_INTEL && boot_cpu_data.cpuid_level >= 4) {
		cpuid_count(4, 0, &a, &b, &c, &d);
		if (a & 0x1f)
			cores = (a >> 26) + 1;
	} else if (boot_cpu_data.extended_cpuid_level >= 0x80000008) {
		cpuid_count(0x80000008, 0, &a, &b, &c, &d);
		cores = (c & 0xff) + 1;
	}
	package_shift = bits_for(logical);
	smt_bits = package_shift - min(package_shift, bits_for(cores));
}

void __init detect_topology(void)
{
	if (!extended_topology())
		legacy_topology();
}

unsigned int topology_core_id(int cpu)
{
	return (cpu_physical_id(cpu) & (BIT(package_shift) - 1)) >> smt_bits;
}

unsigned int topology_physical_package_id(int cpu)
{
	return cpu_physical_id(cpu) >> package_shift;
}

/* The online CPUs whose APIC ID is that of @cpu but for the lowest @bits. */
static cpumask_t same_but(int cpu, unsigned int bits)
{
	cpumask_t mask = CPU_MASK_NONE;
	unsigned int other;

	for_each_online_cpu(other)
		if (cpu_physical_id(other) >> bits == cpu_physical_id(cpu) >> bits)
			mask.bits[0] |= 1UL << other;
	return mask;
}

cpumask_t topology_sibling_cpumask(int cpu)	{ return same_but(cpu, smt_bits); }
cpumask_t topology_core_cpumask(int cpu)	{ return same_but(cpu, package_shift); }

void __init numa_set_node(int cpu, int nid)
{
	if (nid >= 0 && nid < 127)
		node_of_cpu[cpu] = nid;
}

int cpu_to_node(int cpu)
{
	return node_of_cpu[cpu];
}

cpumask_t cpumask_of_node(int nid)
{
	cpumask_t mask = CPU_MASK_NONE;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (node_of_cpu[cpu] == nid)
			mask.bits[0] |= 1UL << cpu;
	return mask;
}
